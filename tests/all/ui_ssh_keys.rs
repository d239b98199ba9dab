//! The account's keys: listed, added with the password, and removed.

use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::user::{Role, SshKey};
use kiosk::service::request::{Failure, Outcome, Reply, Request};
use kiosk::ui::draft::Draft;
use kiosk::ui::msg::Msg;
use kiosk::ui::screens::ssh_keys::SshKeys;
use secrecy::ExposeSecret;

use crate::ui_kit::{Stage, identity, setup, start};
use kiosk::ui::context::Setup;

fn key(comment: &str, letter: char) -> SshKey {
    let fingerprint = format!("SHA256:{}", letter.to_string().repeat(43));
    SshKey { fingerprint, key: "ssh-ed25519 AAAA".to_owned(), comment: comment.to_owned(), added_at: start() }
}

fn keys() -> Vec<SshKey> {
    vec![key("agnes@counter-7", 'a'), key("", 'b'), key(&"a very long name of a key ".repeat(3), 'c')]
}

fn listed(keys: Vec<SshKey>) -> Stage {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.calls.clear();
    stage.app.show(Draft::default(), [SshKeys::default().into()]);
    stage.tell(Msg::Wake);
    assert!(matches!(stage.reply(Ok(Reply::SshKeys(keys))), Request::SshKeys));
    stage
}

#[test]
fn keys_are_listed_and_none_say_what_to_do() {
    assert_picture!(listed(keys()), "ssh_keys");
    assert_picture!(listed(Vec::new()), "no_ssh_keys");
}

#[test]
fn a_list_that_fails_can_be_tried_again() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.calls.clear();
    stage.app.show(Draft::default(), [SshKeys::default().into()]);
    stage.tell(Msg::Wake);
    stage.reply(Err(Failure::Unavailable { outcome: Outcome::NothingChanged, reference: "k7f2".to_owned() }));
    assert!(stage.text().contains("Press r to try again"), "{}", stage.text());
    stage.keys("r");
    stage.reply(Ok(Reply::SshKeys(keys())));
    assert!(stage.text().contains("agnes@counter-7"), "{}", stage.text());
}

#[test]
fn a_key_is_added_with_the_password() {
    let mut stage = listed(Vec::new());
    stage.keys("a<enter>");
    stage.keys("<enter>");
    assert!(stage.text().contains("Paste the line"), "{}", stage.text());
    stage.tell(Msg::Paste("ssh-ed25519 AAAA agnes@counter-7\n".to_owned()));
    stage.keys("<enter><enter>");
    assert!(stage.text().contains("Type the password"), "{}", stage.text());
    stage.keys("platform-nine");
    assert_picture!(stage, "ssh_key_adding");
    stage.keys("<enter>");
    let asked = stage.reply(Err(Failure::WrongPassword));
    let Request::AddSshKey { line, password } = asked else { panic!("{asked:?}") };
    assert_eq!((line.as_str(), password.expose_secret()), ("ssh-ed25519 AAAA agnes@counter-7", "platform-nine"));
    assert!(stage.text().contains(&Failure::WrongPassword.to_string()[..20]), "{}", stage.text());
    stage.keys("platform-ten<enter>");
    stage.reply(Err(Failure::BadKey("The account has this key already: nothing is left to do.")));
    assert!(stage.text().contains("has this key already"), "{}", stage.text());
    stage.keys("<down>platform-ten<enter>");
    stage.reply(Ok(Reply::SshKeys(keys())));
    assert!(stage.text().contains("The key is added") && stage.text().contains("agnes@counter-7"), "{}", stage.text());
}

#[test]
fn a_key_that_is_pasted_onto_the_list_is_one_to_be_added() {
    let mut stage = listed(keys());
    stage.tell(Msg::Paste("ssh-ed25519 AAAA agnes@counter-8".to_owned()));
    assert!(stage.text().contains("Public key") && stage.text().contains("counter-8"), "{}", stage.text());
    stage.keys("<esc>");
    assert!(stage.text().contains("agnes@counter-7"), "Esc goes back to the list:\n{}", stage.text());
}

#[test]
fn a_key_is_removed_after_a_question() {
    let mut stage = listed(keys());
    stage.keys("<down>x");
    assert_picture!(stage, "ssh_key_remove");
    stage.keys("n");
    assert!(stage.calls.is_empty());
    stage.keys("x<enter>");
    let asked = stage.reply(Ok(Reply::SshKeys(keys()[..1].to_vec())));
    assert!(matches!(&asked, Request::RemoveSshKey { fingerprint } if *fingerprint == keys()[1].fingerprint));
    assert!(stage.text().contains("The key is removed"), "{}", stage.text());
}

#[test]
fn they_are_reached_from_the_search_but_not_at_a_public_console() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.calls.clear();
    stage.keys("<f7>k");
    assert!(matches!(stage.calls.back(), Some((_, Request::SshKeys))), "{:?}", stage.calls);
    let mut public = Stage::new(Setup { identity: Some(identity(Role::Traveller)), ..setup(TerminalKind::Public) });
    public.calls.clear();
    public.keys("<f7>");
    assert!(public.calls.is_empty());
}
