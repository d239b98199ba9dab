//! Accounts in the back office, and choosing a password.

use kiosk::domain::user::{AccountId, Email, Proof, Role, SignIn, SshKey, Username};
use kiosk::service::request::{
    AccountChange, AccountFacts, Failure, Identity, OldKeys, OneTimeCode, PasswordChange, Reply, Request,
};
use kiosk::ui::context::Setup;
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::ui_kit::{Stage, closed_up, identity, setup, start};
use kiosk::domain::terminal::TerminalKind;

fn account(number: u128, name: &str, role: Role) -> AccountFacts {
    AccountFacts {
        id: AccountId(Uuid::from_u128(100 + number)),
        username: Username::parse(name).expect("a name"),
        email: Email::parse(&format!("{name}@a-rather-long-domain.example.in")).expect("an address"),
        role,
        created_at: start(),
        closed: false,
        failures: 0,
        locked_until: None,
        code_until: None,
        ssh_keys: Vec::new(),
        sign_ins: Vec::new(),
    }
}

fn some() -> Vec<AccountFacts> {
    let sign_in = |terminal: &str, by| SignIn { at: start(), terminal: terminal.to_owned(), by };
    let hour = chrono::TimeDelta::hours(1);
    vec![
        AccountFacts { closed: true, ..account(1, "adam", Role::Administrator) },
        AccountFacts {
            failures: 2,
            sign_ins: vec![sign_in("NDLS-07", Proof::Password), sign_in("10.1.2.3", Proof::Key)],
            ssh_keys: vec![
                SshKey {
                    fingerprint: format!("SHA256:{}", "a".repeat(43)),
                    key: "ssh-ed25519 AAAA".to_owned(),
                    comment: "agnes@counter-7".to_owned(),
                    added_at: start(),
                },
                SshKey {
                    fingerprint: format!("SHA256:{}", "b".repeat(43)),
                    key: "ssh-ed25519 BBBB".to_owned(),
                    comment: String::new(),
                    added_at: start(),
                },
            ],
            ..account(2, "agnes", Role::Agent)
        },
        AccountFacts {
            locked_until: Some(start() + hour),
            ..account(3, "a-name-that-has-32-letters-in-it", Role::Traveller)
        },
        AccountFacts { code_until: Some(start() + hour), ..account(4, "bela", Role::Supervisor) },
        AccountFacts { code_until: Some(start()), ..account(5, "chitra", Role::Agent) },
    ]
}

fn listed(page: Vec<AccountFacts>) -> Stage {
    let mut stage = Stage::signed_in(Role::Administrator);
    stage.calls.clear();
    stage.keys("<f12>u");
    let asked = stage.reply(Ok(Reply::Accounts { page, next: None }));
    assert!(matches!(&asked, Request::Accounts { beginning, after: None } if beginning.is_empty()), "{asked:?}");
    stage
}

/// The account of agnes, opened.
fn opened() -> Stage {
    let mut stage = listed(some());
    stage.keys("<down><enter>");
    let asked = stage.reply(Ok(Reply::Account(Box::new(some().remove(1)))));
    assert!(matches!(asked, Request::Account { account } if account == some()[1].id), "{asked:?}");
    stage
}

#[test]
fn accounts_are_listed_and_looked_for() {
    let mut stage = listed(some());
    assert_picture!(stage, "users");
    stage.keys("ag<enter>");
    let asked = stage.reply(Ok(Reply::Accounts { page: Vec::new(), next: None }));
    assert!(matches!(&asked, Request::Accounts { beginning, after: None } if beginning == "ag"), "{asked:?}");
    assert!(stage.text().contains("No name and no address begins so"), "{}", stage.text());
    stage.keys("r");
    stage.reply(Err(Failure::Busy));
    assert!(closed_up(&stage.text()).contains("Press r to try again"), "{}", stage.text());
    let mut typing = Stage::signed_in(Role::Administrator);
    typing.calls.clear();
    typing.keys("<f12>u");
    typing.reply(Err(Failure::Busy));
    assert!(typing.text().contains("Kiosk is very busy"), "{}", typing.text());
    assert!(!typing.text().contains("Press r"), "it would be typed into the field:\n{}", typing.text());
}

#[test]
fn an_account_shows_who_comes_in_with_it() {
    assert_picture!(opened(), "user");
}

#[test]
fn a_role_is_given_after_a_question() {
    let mut stage = opened();
    assert!(!stage.text().contains("give role"), "it has this one:\n{}", stage.text());
    stage.keys("<right><enter>");
    assert!(stage.text().contains("Make agnes a supervisor?"), "{}", stage.text());
    stage.keys("<enter>");
    let asked = stage.reply(Err(Failure::OwnAccount));
    let role = AccountChange::Role(Role::Supervisor);
    assert!(matches!(&asked, Request::ChangeAccount { change, .. } if *change == role), "{asked:?}");
    assert!(stage.text().contains("another administrator can change it"), "{}", stage.text());
}

#[test]
fn whoever_makes_an_agent_a_traveller_is_told_what_stays_with_them() {
    let mut stage = opened();
    stage.keys("<left><enter>");
    assert!(stage.text().contains("stay in their list: it is better to"), "{}", stage.text());
}

#[test]
fn a_code_is_drawn_after_a_question_and_shown_once() {
    let mut stage = opened();
    stage.keys("c");
    assert_picture!(stage, "user_code_question");
    stage.keys("<enter>");
    let until = start() + chrono::TimeDelta::hours(1);
    let code = OneTimeCode { code: "ABCD-EFGH-IJKL-MNOP".into(), until };
    let now = AccountFacts { code_until: Some(until), failures: 0, ..some().remove(1) };
    let asked = stage.reply(Ok(Reply::Code(Box::new(now), code)));
    assert!(matches!(asked, Request::IssueCode { keys: OldKeys::Stay, .. }), "{asked:?}");
    assert_picture!(stage, "user_code");
    stage.keys("<esc>");
    stage.reply(Ok(Reply::Accounts { page: some(), next: None }));
    stage.keys("<enter>");
    assert!(!stage.text().contains("ABCD"), "it is shown nowhere any more:\n{}", stage.text());
}

#[test]
fn a_code_takes_the_keys_with_it_only_if_that_is_asked_for() {
    let mut stage = opened();
    stage.keys("k");
    assert_picture!(stage, "user_code_and_keys_question");
    stage.keys("<enter>");
    let code = OneTimeCode { code: "ABCD-EFGH-IJKL-MNOP".into(), until: start() };
    let now = AccountFacts { ssh_keys: Vec::new(), ..some().remove(1) };
    let asked = stage.reply(Ok(Reply::Code(Box::new(now), code)));
    assert!(matches!(asked, Request::IssueCode { keys: OldKeys::Go, .. }), "{asked:?}");
    assert!(!stage.text().contains("SHA256:") && stage.text().contains("ABCD-EFGH"), "{}", stage.text());
    stage.keys("k");
    assert!(stage.text().contains("Any SSH keys"), "one may have been added since:\n{}", stage.text());
}

#[test]
fn an_account_is_closed_and_opened_and_loses_a_key() {
    let mut stage = opened();
    stage.keys("l<enter>");
    let closed = AccountFacts { closed: true, ..some().remove(1) };
    let asked = stage.reply(Ok(Reply::Account(Box::new(closed))));
    assert!(matches!(&asked, Request::ChangeAccount { change: AccountChange::Close, .. }), "{asked:?}");
    assert!(stage.text().contains("closed") && stage.text().contains("The account is changed"), "{}", stage.text());
    stage.keys("u");
    let asked = stage.reply(Ok(Reply::Account(Box::new(some().remove(1)))));
    assert!(matches!(&asked, Request::ChangeAccount { change: AccountChange::Open, .. }), "{asked:?}");
    stage.keys("<down>x");
    assert!(stage.text().contains("agnes comes in by ssh-ed25519 no more"), "{}", stage.text());
    stage.keys("<enter>");
    let asked = stage.reply(Ok(Reply::Account(Box::new(some().remove(1)))));
    let wanted = format!("SHA256:{}", "b".repeat(43));
    assert!(
        matches!(&asked, Request::ChangeAccount { change: AccountChange::RemoveKey { fingerprint }, .. } if *fingerprint == wanted),
        "{asked:?}"
    );
}

#[test]
fn one_s_own_account_is_only_looked_at() {
    let mut stage = listed(vec![AccountFacts { id: identity(Role::Administrator).account, ..some().remove(1) }]);
    stage.keys("<down><enter>");
    stage.reply(Err(Failure::Busy));
    stage.keys("clx<right><enter>");
    assert!(stage.calls.is_empty() && stage.app.overlay().is_none(), "{}", stage.text());
    assert!(stage.text().contains("This is your own account"), "{}", stage.text());
}

#[test]
fn an_account_is_made_with_a_code_for_its_holder() {
    let mut stage = listed(some());
    stage.keys("<f2>1<enter>no address<enter><enter>");
    assert_picture!(stage, "new_user_refused");
    stage.keys("<bs>divya<enter><c-u>divya@example.in<enter><right><enter>");
    let asked = stage.reply(Err(Failure::UsernameTaken(Username::parse("divya").expect("a name"))));
    let Request::AddAccount { username, email, role } = asked else { panic!("{asked:?}") };
    assert_eq!((username.as_str(), email.as_str(), role), ("divya", "divya@example.in", Role::Supervisor));
    assert!(stage.text().contains("The user name divya is taken"), "{}", stage.text());
    stage.keys("2<enter><enter><enter>");
    let code = OneTimeCode { code: "ABCD-EFGH-IJKL-MNOP".into(), until: start() };
    stage.reply(Ok(Reply::Code(Box::new(account(9, "divya2", Role::Supervisor)), code)));
    assert!(stage.text().contains("ABCD-EFGH-IJKL-MNOP"), "{}", stage.text());
}

#[test]
fn whoever_comes_in_by_a_code_chooses_a_password_first() {
    let by_code = Identity { must_choose_password: true, ..identity(Role::Agent) };
    let mut stage = Stage::new(Setup { identity: Some(by_code), ..setup(TerminalKind::Counter) });
    assert_picture!(stage, "new_password_after_code");
    stage.keys("battery staple<enter>battery stapl<enter>");
    assert!(stage.calls.is_empty() && stage.text().contains("two passwords differ"), "{}", stage.text());
    stage.keys("e<enter>");
    let asked = stage
        .reply(Err(Failure::WeakPassword("This password is among the first that anyone would try: choose another.")));
    let Request::ChangePassword(PasswordChange { old: None, password, again }) = asked else { panic!("{asked:?}") };
    assert_eq!((password.expose_secret(), again.expose_secret()), ("battery staple", "battery staple"));
    assert!(stage.text().contains("among the first"), "{}", stage.text());
    stage.keys("<down><enter>");
    stage.reply(Ok(Reply::Welcome(identity(Role::Agent))));
    assert!(
        stage.text().contains("The password is changed") && stage.text().contains("Book a journey"),
        "{}",
        stage.text()
    );
}

#[test]
fn a_password_is_changed_with_the_one_until_now() {
    let mut stage = Stage::signed_in(Role::Traveller);
    stage.calls.clear();
    stage.keys("<f7>");
    stage.reply(Ok(crate::ui_profile::answer()));
    stage.keys("p");
    stage.keys("correct horse<enter>battery staple<enter>battery staple<enter>");
    let asked = stage.reply(Err(Failure::WrongPassword));
    let Request::ChangePassword(PasswordChange { old: Some(old), .. }) = asked else { panic!("{asked:?}") };
    assert_eq!(old.expose_secret(), "correct horse");
    assert_picture!(stage, "new_password_refused");
    stage.keys("<esc>");
    assert!(stage.text().contains("My account"), "{}", stage.text());
}
