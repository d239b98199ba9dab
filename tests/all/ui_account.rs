//! Signing in, registering, becoming administrator.

use chrono::TimeDelta;
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::user::{Role, Username};
use kiosk::service::request::{Failure, Identity, Registration, Reply, Request};
use kiosk::ui::context::{AccountHint, Setup};
use kiosk::ui::msg::Msg;
use kiosk::ui::screen::Screen;
use secrecy::ExposeSecret;

use crate::ui_kit::{Stage, identity, setup};

fn sign_in() -> Stage {
    let hint = |name: &str, role| AccountHint { name: name.to_owned(), password: format!("{name}-{name}"), role };
    let hints =
        vec![hint("traveller", Role::Traveller), hint("agent", Role::Agent), hint("admin", Role::Administrator)];
    let mut stage = Stage::new(Setup { hints, ..setup(TerminalKind::Counter) });
    stage.calls.clear();
    stage.keys("s");
    stage
}

fn register() -> Stage {
    let mut stage = sign_in();
    stage.keys("<f5>");
    stage
}

#[test]
fn an_account_for_trying_out_signs_in_with_two_keys() {
    let mut stage = sign_in();
    assert_picture!(stage, "sign_in");
    stage.keys("<f3><enter>");
    let Request::SignIn { name, password } = stage.reply(Ok(Reply::Welcome(identity(Role::Agent)))) else {
        panic!("a sign-in")
    };
    assert_eq!((name.as_str(), password.expose_secret()), ("agent", "agent-agent"));
    assert!(matches!(stage.app.top(), Screen::Search(_)));
    assert!(stage.text().contains("anita · agent · NDLS-07"), "{}", stage.text());
}

#[test]
fn production_shows_no_accounts() {
    let mut stage = Stage::new(setup(TerminalKind::Counter));
    stage.keys("s<f2><enter>");
    assert_picture!(stage, "sign_in_empty");
    assert!(stage.calls.iter().all(|(_, request)| !matches!(request, Request::SignIn { .. })));
}

#[test]
fn a_wrong_password_is_said_at_the_field_and_the_name_stays() {
    let mut stage = sign_in();
    stage.keys("anita<tab>guess<enter><enter><enter>");
    stage.reply(Err(Failure::WrongPassword));
    assert!(stage.calls.is_empty(), "Enter while waiting asks nothing twice");
    assert_picture!(stage, "wrong_password");
}

#[test]
fn a_long_wait_says_what_is_awaited_and_can_be_left() {
    let mut stage = sign_in();
    stage.keys("anita<tab>right<enter>");
    assert!(!stage.text().contains("Signing in"), "a short wait shows nothing");
    stage.advance(TimeDelta::milliseconds(300));
    assert!(stage.text().contains("Signing in … Esc stops waiting."), "{}", stage.text());
    stage.advance(TimeDelta::milliseconds(2_700));
    assert!(stage.text().contains("Signing in … asking for 7 s more. Esc stops waiting."), "{}", stage.text());
    stage.advance(TimeDelta::seconds(8));
    assert!(stage.text().contains("Signing in … Esc stops waiting."), "its last attempt is on its way");
    stage.keys("<esc>");
    assert!(matches!(stage.app.top(), Screen::SignIn(_)), "the first Esc ends the wait alone");
    // The answer comes after all: the session must not stay signed in behind the person's back.
    stage.reply(Ok(Reply::Welcome(identity(Role::Agent))));
    assert!(matches!(stage.asked().1, Request::SignOut));
    assert!(stage.app.world().identity.is_none());
}

#[test]
fn a_paste_fills_one_field_and_submits_nothing() {
    let mut stage = sign_in();
    stage.paste("anita\nsecret\n");
    assert!(stage.calls.is_empty());
    assert!(stage.text().contains("anita secret"), "{}", stage.text());
    stage.keys("<c-u>\u{202e}");
    assert!(stage.text().contains("cannot be printed"), "{}", stage.text());
}

#[test]
fn a_form_says_all_that_is_wrong_at_its_places() {
    let mut stage = register();
    stage.keys("a<tab>nowhere<tab>one<tab>other<enter>");
    assert!(stage.calls.is_empty());
    assert_picture!(stage, "register_refused");
}

#[test]
fn making_an_account_leads_back_to_signing_in_and_both_keep_what_was_typed() {
    let mut stage = sign_in();
    stage.keys("anita<f5>bela<tab>bela@example.in<esc>");
    assert!(matches!(stage.app.top(), Screen::SignIn(_)), "{}", stage.text());
    assert!(stage.text().contains("anita"), "{}", stage.text());
    stage.keys("<f5>");
    assert!(stage.text().contains("bela@example.in"), "{}", stage.text());
    stage.keys("<esc><esc>");
    assert!(matches!(stage.app.top(), Screen::Welcome(_)), "{}", stage.text());
}

#[test]
fn a_name_that_is_taken_costs_no_typing() {
    let mut stage = register();
    stage.keys("anita<tab>anita@example.in<tab>a long sentence<tab>a long sentence<enter>");
    let taken = Failure::UsernameTaken(Username::parse("anita").expect("a name"));
    assert!(matches!(stage.reply(Err(taken)), Request::Register(_)));
    assert!(stage.text().contains("The user name anita is taken"), "{}", stage.text());
    stage.keys("2<tab><tab><tab><enter>");
    let Request::Register(Registration { username, password, .. }) = stage.asked().1 else { panic!("a second try") };
    assert_eq!((username.as_str(), password.expose_secret()), ("anita2", "a long sentence"));
}

#[test]
fn the_first_administrator_is_asked_for_the_code() {
    let mut stage = sign_in();
    stage.keys("anita<tab>right<enter>");
    stage.reply(Ok(Reply::Welcome(Identity { may_claim_administrator: true, ..identity(Role::Traveller) })));
    assert_picture!(stage, "claim");
    stage.keys("123456<enter>");
    let (call, request) = stage.calls.pop_back().expect("a claim");
    assert!(matches!(request, Request::ClaimAdministrator { .. }), "{request:?}");
    stage.tell(Msg::Reply(call, Ok(Reply::Welcome(identity(Role::Administrator)))));
    assert!(stage.text().contains("You are the administrator"), "{}", stage.text());
}
