//! What administrators do with accounts, and passwords that people choose for themselves.

use chrono::TimeDelta;
use kiosk::domain::user::{AccountId, Email, Proof, Role};
use kiosk::service::Session;
use kiosk::service::request::{
    AccountChange, AccountFacts, Cursor, Failure, Identity, OldKeys, PasswordChange, Reply, Request,
};

use crate::service_kit::{PASSWORD, Stage, secret, sign_in, terminal, username};

const CHOSEN: &str = "battery staple horse";

async fn admin(stage: &Stage) -> Session {
    stage.signed_in("adam", Role::Administrator).await
}

async fn accounts(session: &Session, beginning: &str, after: Option<Cursor>) -> (Vec<AccountFacts>, Option<Cursor>) {
    match session.call(Request::Accounts { beginning: beginning.to_owned(), after }).await {
        Ok(Reply::Accounts { page, next }) => (page, next),
        other => panic!("{other:?}"),
    }
}

async fn names(session: &Session, beginning: &str) -> Vec<String> {
    accounts(session, beginning, None).await.0.into_iter().map(|account| account.username.to_string()).collect()
}

async fn facts(session: &Session, name: &str) -> AccountFacts {
    let (page, _) = accounts(session, name, None).await;
    page.into_iter().find(|account| account.username == username(name)).expect("there is one")
}

async fn change(session: &Session, account: AccountId, change: AccountChange) -> Result<AccountFacts, Failure> {
    match session.call(Request::ChangeAccount { account, change }).await? {
        Reply::Account(account) => Ok(*account),
        other => panic!("{other:?}"),
    }
}

async fn code_for(session: &Session, account: AccountId) -> String {
    match session.call(Request::IssueCode { account, keys: OldKeys::Stay }).await {
        Ok(Reply::Code(_, code)) => code.code.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn choose(session: &Session, old: Option<&str>, password: &str) -> Result<Identity, Failure> {
    let (password, again) = (secret(password), secret(password));
    match session.call(Request::ChangePassword(PasswordChange { old: old.map(secret), password, again })).await? {
        Reply::Welcome(identity) => Ok(identity),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn accounts_are_found_by_the_beginning_of_a_name_and_else_of_an_address() {
    let stage = Stage::new().await;
    for name in ["anita", "Anil", "bela", "anna.k"] {
        stage.account(name, Role::Traveller).await;
    }
    let email = Email::parse("office@example.in").expect("an address");
    let clerk = username("clerk-1");
    stage.kiosk.add_account(clerk, email, Role::Agent, secret(PASSWORD)).await.expect("nobody has the name");
    let adam = admin(&stage).await;
    assert_eq!(names(&adam, "").await, ["adam", "Anil", "anita", "anna.k", "bela", "clerk-1"], "all, by name");
    assert_eq!(names(&adam, " AN").await, ["Anil", "anita", "anna.k"]);
    assert_eq!(names(&adam, "anita").await, ["anita"]);
    assert_eq!(names(&adam, "offi").await, ["clerk-1"], "no name begins so, but an address does");
    assert_eq!(names(&adam, "anita@").await, ["anita"]);
    assert_eq!(names(&adam, "zz").await, [""; 0]);
}

#[tokio::test]
async fn a_long_list_of_accounts_comes_page_by_page_and_whole() {
    let stage = Stage::new().await;
    for n in 0..120 {
        let account = crate::world::account(&format!("t{n:03}"), Role::Traveller);
        stage.world.store.create_account(&account).await.expect("nobody has the name");
    }
    let adam = admin(&stage).await;
    let (mut all, mut after) = (Vec::new(), None);
    for page in 0.. {
        assert!(page < 4, "it ends");
        let (rows, next) = accounts(&adam, "t", after).await;
        assert!(rows.len() <= 50);
        all.extend(rows.into_iter().map(|account| account.username.to_string()));
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(all, (0..120).map(|n| format!("t{n:03}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn whoever_has_a_one_time_code_chooses_a_password_before_anything_else() {
    let stage = Stage::new().await;
    let adam = admin(&stage).await;
    let email = Email::parse("agnes@example.in").expect("an address");
    let added = adam.call(Request::AddAccount { username: username("agnes"), email, role: Role::Agent }).await;
    let Ok(Reply::Code(account, code)) = added else { panic!("{added:?}") };
    assert_eq!((account.role, account.code_until), (Role::Agent, Some(code.until)));

    let agnes = stage.kiosk.open_session(terminal("NDLS-07"));
    let typed = code.code.to_lowercase().replace('-', " ");
    let identity = sign_in(&agnes, "agnes", &typed).await.expect("spaces, hyphens and case do not matter");
    assert!(identity.must_choose_password);
    for request in [
        Request::SshKeys,
        Request::MyBookings { filter: kiosk::domain::journeys::JourneyFilter::default(), after: None },
        Request::Queue { run: crate::service_kit::run() },
    ] {
        assert_eq!(agnes.call(request).await.map(drop), Err(Failure::ChoosePassword));
    }
    assert!(matches!(choose(&agnes, None, "short").await, Err(Failure::WeakPassword(_))));
    assert!(matches!(choose(&agnes, None, &code.code).await, Err(Failure::WeakPassword(_))), "the code is no password");
    let identity = choose(&agnes, None, CHOSEN).await.expect("a good one");
    assert!(!identity.must_choose_password);
    assert!(agnes.call(Request::SshKeys).await.is_ok());

    let again = stage.kiosk.open_session(terminal("NDLS-08"));
    assert_eq!(sign_in(&again, "agnes", &code.code).await, Err(Failure::WrongPassword), "it is good once");
    assert!(!sign_in(&again, "agnes", CHOSEN).await.expect("her own").must_choose_password);
    let facts = facts(&adam, "agnes").await;
    assert_eq!(facts.code_until, None);
    let ways: Vec<_> = facts.sign_ins.iter().map(|one| (one.terminal.as_str(), one.by)).collect();
    assert_eq!(ways, [("NDLS-08", Proof::Password), ("NDLS-07", Proof::Code)], "the newest first");
}

#[tokio::test]
async fn a_code_ends_the_password_and_the_sessions_and_itself_after_an_hour() {
    let stage = Stage::new().await;
    let (adam, anita) = (admin(&stage).await, stage.signed_in("anita", Role::Traveller).await);
    let id = facts(&adam, "anita").await.id;
    for _ in 0..5 {
        let _ = sign_in(&stage.guest(), "anita", "wrong password").await;
    }
    let code = code_for(&adam, id).await;
    assert_eq!(anita.identity(), None, "whoever was in is out");
    let guest = stage.guest();
    assert_eq!(sign_in(&guest, "anita", PASSWORD).await, Err(Failure::WrongPassword), "the password is no more");
    assert!(sign_in(&guest, "anita", &code).await.is_ok(), "and wrong ones before lock nobody out");
    stage.advance(TimeDelta::hours(1));
    assert_eq!(choose(&guest, None, CHOSEN).await, Err(Failure::CodeOver));
    assert_eq!(sign_in(&stage.guest(), "anita", &code).await, Err(Failure::CodeOver));
    assert_eq!(sign_in(&stage.guest(), "anita", "guess").await, Err(Failure::WrongPassword), "told to nobody else");
    let code = code_for(&adam, id).await;
    assert!(sign_in(&stage.guest(), "anita", &code).await.is_ok(), "another one can be had");
}

#[tokio::test]
async fn a_code_lets_two_in_and_one_of_them_choose() {
    let stage = Stage::new().await;
    let adam = admin(&stage).await;
    stage.account("anita", Role::Traveller).await;
    let code = code_for(&adam, facts(&adam, "anita").await.id).await;
    let (one, other) = (stage.kiosk.open_session(terminal("HALL-1")), stage.kiosk.open_session(terminal("HALL-2")));
    for session in [&one, &other] {
        sign_in(session, "anita", &code).await.expect("nobody has chosen yet");
    }
    choose(&one, None, CHOSEN).await.expect("a good one");
    assert_eq!(choose(&other, None, "another horse battery").await, Err(Failure::SignedOut));
    assert!(one.identity().is_some(), "whoever chose stays");
}

#[tokio::test]
async fn one_s_own_password_is_changed_with_the_one_until_now_and_ends_other_sessions() {
    let stage = Stage::new().await;
    let anita = stage.signed_in("anita", Role::Traveller).await;
    let elsewhere = stage.kiosk.open_session(terminal("HALL-2"));
    sign_in(&elsewhere, "anita", PASSWORD).await.expect("right");
    assert_eq!(choose(&anita, None, CHOSEN).await, Err(Failure::WrongPassword));
    assert_eq!(choose(&anita, Some("wrong password"), CHOSEN).await, Err(Failure::WrongPassword));
    assert!(matches!(choose(&anita, Some(PASSWORD), PASSWORD).await, Err(Failure::WeakPassword(_))), "no other");
    choose(&anita, Some(PASSWORD), CHOSEN).await.expect("right, and good");
    assert!(anita.identity().is_some() && elsewhere.identity().is_none());
    assert_eq!(sign_in(&elsewhere, "anita", PASSWORD).await, Err(Failure::WrongPassword));
    assert!(sign_in(&elsewhere, "anita", CHOSEN).await.is_ok());
}

#[tokio::test]
async fn accounts_of_others_are_changed_and_it_is_recorded_by_whom() {
    let stage = Stage::new().await;
    let (adam, anita) = (admin(&stage).await, stage.signed_in("anita", Role::Traveller).await);
    let id = facts(&adam, "anita").await.id;
    assert_eq!(change(&adam, id, AccountChange::Role(Role::Agent)).await.expect("he may").role, Role::Agent);
    assert_eq!(anita.identity(), None, "another role is another session");
    assert!(change(&adam, id, AccountChange::Close).await.expect("he may").closed);
    assert_eq!(sign_in(&anita, "anita", PASSWORD).await, Err(Failure::Closed));
    assert!(!change(&adam, id, AccountChange::Open).await.expect("he may").closed);
    assert!(sign_in(&anita, "anita", PASSWORD).await.is_ok());
    let no_key = AccountChange::RemoveKey { fingerprint: "SHA256:none".to_owned() };
    assert!(matches!(change(&adam, id, no_key).await, Err(Failure::BadKey(_))));

    let own = facts(&adam, "adam").await.id;
    for own_change in [AccountChange::Role(Role::Agent), AccountChange::Close] {
        assert_eq!(change(&adam, own, own_change).await, Err(Failure::OwnAccount));
    }
    let reply = adam.call(Request::IssueCode { account: own, keys: OldKeys::Stay }).await;
    assert_eq!(reply.map(drop), Err(Failure::OwnAccount));

    stage.kiosk.settle().await;
    let today = kiosk::domain::time::railway_time(stage.kiosk.now()).date();
    let events = stage.world.store.events_of(today).await.expect("it answers");
    let by_adam: Vec<_> = events
        .iter()
        .filter(|event| event.account == Some(own) && event.subject.as_deref() == Some("anita"))
        .map(|event| (event.action.as_str(), event.session.as_deref()))
        .collect();
    let session = Some(adam.id());
    for action in ["account.role", "account.close", "account.open"] {
        assert!(by_adam.contains(&(action, session)), "{action} in {by_adam:?}");
    }
}
