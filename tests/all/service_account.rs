//! Accounts: who gets in, who does not and until when, and what each of them may ask.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use futures_util::future::join_all;
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::quota::Quota;
use kiosk::domain::user::{Email, Role};
use kiosk::service::account::DEVELOPMENT_ACCOUNTS;
use kiosk::service::request::{Failure, Identity, Registration, Reply, Request};
use kiosk::service::{Argon2Cost, Kiosk, Session, Settings, SignInLimits};
use tracing::field::{Field, Visit};
use tracing::span;

use crate::service_kit::{
    PASSWORD, Stage, best, book, cash, hold, hold_request, leg, new_hold, new_op, order, party, run, secret, settings,
    sign_in, station, terminal, test_money, username, whole,
};

async fn register(session: &Session, name: &str, email: &str, password: &str) -> Result<Identity, Failure> {
    let email = Email::parse(email).expect("an address");
    let (password, again) = (secret(password), secret(password));
    let request = Request::Register(Registration { username: username(name), email, password, again });
    match session.call(request).await? {
        Reply::Welcome(identity) => Ok(identity),
        other => panic!("a registration was answered with {other:?}"),
    }
}

#[tokio::test]
async fn one_signs_in_by_name_or_address_whatever_the_case() {
    let stage = Stage::new().await;
    stage.account("Anita", Role::Traveller).await;
    for name in ["Anita", "anita", " ANITA ", "anita@example.in", "Anita@Example.IN"] {
        let session = stage.guest();
        let identity = sign_in(&session, name, PASSWORD).await.expect("the password is right");
        assert_eq!((identity.username.as_str(), identity.role), ("Anita", Role::Traveller));
        assert_eq!(session.identity(), Some(identity));
    }
    for name in ["anit", "dev", "not a name", ""] {
        assert_eq!(sign_in(&stage.guest(), name, PASSWORD).await, Err(Failure::WrongPassword), "{name:?}");
    }
}

#[tokio::test]
async fn names_and_addresses_are_registered_once() {
    let stage = Stage::new().await;
    let identity = register(&stage.guest(), "Anita", "anita@example.in", PASSWORD).await.expect("nobody has them");
    assert_eq!(identity.role, Role::Traveller);
    let name = register(&stage.guest(), "ANITA", "other@example.in", PASSWORD).await;
    assert_eq!(name, Err(Failure::UsernameTaken(username("ANITA"))));
    let address = register(&stage.guest(), "anna", "ANITA@example.in", PASSWORD).await;
    assert_eq!(address, Err(Failure::EmailTaken));
    let weak = register(&stage.guest(), "arjun", "arjun@example.in", "arjun-is-it").await;
    assert!(matches!(weak, Err(Failure::WeakPassword(_))), "{weak:?}");
}

#[tokio::test]
async fn of_many_who_register_a_name_at_once_one_gets_it() {
    let stage = Stage::new().await;
    let tries = (0..12).map(|n| {
        let session = stage.kiosk.open_session(terminal(&format!("HALL-{n}")));
        async move { register(&session, "anita", &format!("anita{n}@example.in"), PASSWORD).await }
    });
    let done = join_all(tries).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "{done:?}");
}

#[tokio::test]
async fn wrong_passwords_lock_an_account_and_the_lock_ends() {
    let stage = Stage::new().await;
    stage.account("anita", Role::Traveller).await;
    // From as many terminals, so that none of them is locked.
    let from = |n: u32| stage.kiosk.open_session(terminal(&format!("HALL-{n}")));
    for n in 1..5 {
        assert_eq!(sign_in(&from(n), "anita", "wrong password").await, Err(Failure::WrongPassword));
    }
    let until = stage.kiosk.now() + TimeDelta::minutes(15);
    assert_eq!(sign_in(&from(5), "anita", "wrong password").await, Err(Failure::LockedOut { until }));
    assert_eq!(sign_in(&from(6), "anita", PASSWORD).await, Err(Failure::LockedOut { until }), "even the right one");
    stage.clock.set(until);
    assert_eq!(sign_in(&from(7), "anita", "wrong password").await, Err(Failure::WrongPassword), "a new count");
    assert!(sign_in(&from(7), "anita", PASSWORD).await.is_ok());
    for n in 1..5 {
        assert_eq!(sign_in(&from(n), "anita", "wrong password").await, Err(Failure::WrongPassword), "a new count");
    }
}

#[tokio::test]
async fn many_guesses_at_once_are_no_more_than_as_many_in_a_row() {
    const GUESSES: usize = 24;
    let stage = Stage::new().await;
    stage.account("anita", Role::Traveller).await;
    // Each has read the account before the first is counted.
    let meeting = Meeting::of(GUESSES);
    let store = stage.world.with_faults(move |call: &Call| {
        let counts = call.operation == "TransactWriteItems" && call.nth <= GUESSES as u64;
        counts.then(|| Fault::Meet(meeting.clone()))
    });
    let kiosk = stage.other_kiosk(store).await;
    let guesses = (0..GUESSES).map(|n| {
        let session = kiosk.open_session(terminal(&format!("HALL-{n}")));
        async move { sign_in(&session, "anita", "wrong password").await }
    });
    let answers = join_all(guesses).await;
    let answered = answers.iter().filter(|answer| **answer == Err(Failure::WrongPassword)).count();
    assert_eq!(answered, 4, "the fifth locks it: {answers:?}");
}

#[tokio::test]
async fn unknown_names_lock_like_known_ones() {
    let stage = Stage::new().await;
    let from = |n: u32| stage.kiosk.open_session(terminal(&format!("HALL-{n}")));
    for n in 1..=5 {
        assert_eq!(sign_in(&from(n), "nobody", "wrong password").await, Err(Failure::WrongPassword));
    }
    let until = stage.kiosk.now() + TimeDelta::minutes(15);
    assert_eq!(sign_in(&from(6), "Nobody", "wrong password").await, Err(Failure::LockedOut { until }));
}

#[tokio::test]
async fn a_terminal_that_guesses_at_many_accounts_is_locked_itself() {
    let limits = SignInLimits { per_terminal: 3, ..SignInLimits::default() };
    let stage = Stage::with(Settings { sign_in: limits, ..settings() }).await;
    stage.account("anita", Role::Traveller).await;
    let session = stage.guest();
    for name in ["amit", "asha", "arun"] {
        assert_eq!(sign_in(&session, name, "wrong password").await, Err(Failure::WrongPassword));
    }
    let until = stage.kiosk.now() + TimeDelta::minutes(15);
    assert_eq!(sign_in(&session, "anita", PASSWORD).await, Err(Failure::LockedOut { until }));
    let elsewhere = stage.kiosk.open_session(terminal("HALL-2"));
    assert!(sign_in(&elsewhere, "anita", PASSWORD).await.is_ok());
    stage.clock.set(until);
    assert!(sign_in(&session, "anita", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn signing_in_to_ones_own_account_gives_no_further_guesses_at_others() {
    let limits = SignInLimits { per_terminal: 3, ..SignInLimits::default() };
    let stage = Stage::with(Settings { sign_in: limits, ..settings() }).await;
    stage.account("anita", Role::Traveller).await;
    let session = stage.guest();
    for name in ["amit", "asha"] {
        assert_eq!(sign_in(&session, name, "wrong password").await, Err(Failure::WrongPassword));
    }
    for _ in 0..3 {
        assert!(sign_in(&session, "anita", PASSWORD).await.is_ok(), "a good one does not count");
    }
    assert_eq!(sign_in(&session, "arun", "wrong password").await, Err(Failure::WrongPassword));
    let until = stage.kiosk.now() + TimeDelta::minutes(15);
    assert_eq!(sign_in(&session, "azad", "wrong password").await, Err(Failure::LockedOut { until }));
}

#[tokio::test]
async fn a_closed_account_is_told_so_with_the_right_password_only() {
    let stage = Stage::new().await;
    stage.account("anita", Role::Agent).await;
    stage.kiosk.close_account(&username("anita")).await.expect("there is one");
    assert_eq!(sign_in(&stage.guest(), "anita", "wrong password").await, Err(Failure::WrongPassword));
    assert_eq!(sign_in(&stage.guest(), "anita", PASSWORD).await, Err(Failure::Closed));
    stage.kiosk.open_account(&username("anita")).await.expect("there is one");
    assert!(sign_in(&stage.guest(), "anita", PASSWORD).await.is_ok());
    stage.kiosk.set_password(&username("anita"), secret("another horse battery")).await.expect("a good one");
    assert_eq!(sign_in(&stage.guest(), "anita", PASSWORD).await, Err(Failure::WrongPassword));
    assert!(stage.kiosk.set_role(&username("nobody"), Role::Agent).await.is_err());
    let listed: Vec<_> = stage.kiosk.accounts().await.expect("it answers").into_iter().map(|a| a.username).collect();
    assert_eq!(listed, [username("anita")]);
}

#[tokio::test]
async fn a_password_follows_the_cost_that_is_asked_for_today() {
    let stage = Stage::new().await;
    stage.account("anita", Role::Traveller).await;
    let before = stage.world.store.account_by_username("anita").await.expect("it answers").expect("it is there");
    let costlier = Settings { argon2: Argon2Cost { memory_kib: 16, passes: 1, lanes: 1 }, ..settings() };
    let other = Kiosk::open(stage.world.store.clone(), costlier, stage.clock.clone()).await.expect("it opens");
    for _ in 0..2 {
        sign_in(&other.open_session(terminal("HALL-1")), "anita", PASSWORD).await.expect("the password is right");
    }
    let after = stage.world.store.account_by_username("anita").await.expect("it answers").expect("it is there");
    assert_ne!(before.password, after.password);
    assert!(after.password.0.contains("m=16,"), "it is costlier now");
}

#[tokio::test]
async fn a_demoted_agent_takes_no_money_a_minute_later() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let held = hold(&agent, whole(), best(1)).await.expect("free");
    let request = Request::Book { op: new_op(), order: order(&agent, &held).await, payment: cash() };
    stage.kiosk.set_role(&username("agnes"), Role::Traveller).await.expect("there is one");
    stage.advance(TimeDelta::seconds(60));
    assert_eq!(agent.call(request).await.map(drop), Err(Failure::NotAllowed { needs: Role::Agent }));
    stage.kiosk.set_role(&username("agnes"), Role::Agent).await.expect("there is one");
    stage.kiosk.close_account(&username("agnes")).await.expect("there is one");
    sign_in(&agent, "agnes", PASSWORD).await.expect_err("it is closed");
}

#[tokio::test]
async fn a_locked_session_answers_nothing_but_the_password_and_good_bye() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    agent.call(Request::Lock).await.expect("somebody is signed in");
    for request in all_requests(&stage).await {
        let open = matches!(request, Request::Unlock { .. } | Request::SignOut);
        if !open {
            assert_eq!(agent.call(request.clone()).await.map(drop), Err(Failure::Locked), "{request:?}");
        }
    }
    let wrong = agent.call(Request::Unlock { password: secret("wrong password") }).await;
    assert_eq!(wrong.map(drop), Err(Failure::WrongPassword));
    let other = agent.call(Request::SignIn { name: "agnes".to_owned(), password: secret(PASSWORD) }).await;
    assert_eq!(other.map(drop), Err(Failure::Locked));
    let unlocked = agent.call(Request::Unlock { password: secret(PASSWORD) }).await;
    assert!(matches!(unlocked, Ok(Reply::Welcome(_))), "{unlocked:?}");
    agent.call(Request::Lock).await.expect("somebody is signed in");
    agent.call(Request::SignOut).await.expect("anyone may leave");
    assert_eq!(agent.identity(), None);
    assert_eq!(agent.call(Request::Lock).await.map(drop), Err(Failure::SignedOut));
}

#[tokio::test]
async fn an_account_is_not_made_with_two_passwords() {
    let stage = Stage::new().await;
    let session = stage.guest();
    let email = Email::parse("bela@example.in").expect("an address");
    let (password, again) = (secret(PASSWORD), secret("correct horse batteru"));
    let request = Request::Register(Registration { username: username("bela"), email, password, again });
    assert!(matches!(session.call(request).await, Err(Failure::PasswordsDiffer)));
    assert_eq!(session.identity(), None);
    register(&session, "bela", "bela@example.in", PASSWORD).await.expect("nobody has the name yet");
}

/// One of each kind of request, as somebody could ask it.
async fn all_requests(stage: &Stage) -> Vec<Request> {
    let guest = stage.guest();
    let held = hold(&guest, leg(0, 1), best(1)).await.expect("free");
    let order = order(&guest, &held).await;
    let pnr = book(&guest, &order).await.expect("it is booked").pnr;
    let class = kiosk::domain::coach::Class::SecondAc;
    vec![
        Request::SignIn { name: "nobody".to_owned(), password: secret(PASSWORD) },
        Request::Register(Registration {
            username: username("newcomer"),
            email: Email::parse("newcomer@example.in").expect("an address"),
            password: secret("short"),
            again: secret("short"),
        }),
        Request::ClaimAdministrator { code: secret("AAAA") },
        Request::SignOut,
        Request::Lock,
        Request::Unlock { password: secret(PASSWORD) },
        Request::Search {
            from: vec![station("MMCT")],
            to: vec![station("NDLS")],
            date: "2026-12-05".parse().expect("a date"),
            quota: Quota::General,
        },
        Request::Departures { station: station("MMCT"), limit: 5 },
        hold_request(new_hold(), leg(1, 2), class, best(1)),
        Request::Release { hold: new_hold(), run: run() },
        Request::Price { run: run(), leg: whole(), class, quota: Quota::General, passengers: party(1) },
        Request::Book { op: new_op(), order: order.clone(), payment: test_money() },
        Request::Book { op: new_op(), order: order.clone(), payment: cash() },
        Request::Reserve { op: new_op(), order },
        Request::PaySlip { op: new_op(), pnr, payment: cash() },
        Request::Booking { pnr },
        Request::Slip { pnr },
        Request::MyBookings { filter: kiosk::domain::journeys::JourneyFilter::default(), after: None },
        Request::Receipt { pnr },
        Request::Ticket { pnr },
    ]
}

/// What a request needs that not everyone has.
fn needs(request: &Request) -> Option<Role> {
    match request {
        Request::Lock | Request::MyBookings { .. } | Request::Unlock { .. } | Request::ClaimAdministrator { .. } => {
            Some(Role::Traveller)
        }
        Request::PaySlip { .. } | Request::Slip { .. } => Some(Role::Agent),
        Request::Book { payment, .. } if *payment == cash() => Some(Role::Agent),
        _ => None,
    }
}

#[tokio::test]
async fn every_request_is_for_whom_it_should_be() {
    let stage = Stage::new().await;
    stage.account("tara", Role::Traveller).await;
    stage.account("agnes", Role::Agent).await;
    stage.account("adam", Role::Administrator).await;
    let people = [
        (None, None),
        (Some("tara"), Some(Role::Traveller)),
        (Some("agnes"), Some(Role::Agent)),
        (Some("adam"), Some(Role::Administrator)),
    ];
    for request in all_requests(&stage).await {
        for (name, role) in people {
            let session = stage.kiosk.open_session(terminal(name.unwrap_or("HALL-1")));
            if let Some(name) = name {
                sign_in(&session, name, PASSWORD).await.expect("the password is right");
            }
            let answer = session.call(request.clone()).await.map(drop);
            let refused = matches!(answer, Err(Failure::SignedOut | Failure::NotAllowed { .. }));
            let may = needs(&request).is_none_or(|needs| role.is_some_and(|role| role >= needs));
            assert_eq!(!refused, may, "{role:?} asked {request:?} and was told {answer:?}");
        }
    }
}

/// Keeps what is logged where only errors are.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<(String, String)>>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.lock().expect("one thread").push((field.name().to_owned(), value.to_owned()));
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::ERROR
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

impl Log {
    /// The one-time codes for the first administrator.
    pub fn codes(&self) -> Vec<String> {
        let lines = self.0.lock().expect("one thread");
        lines.iter().filter(|(name, _)| name == "code").map(|(_, value)| value.clone()).collect()
    }
}

#[tokio::test]
async fn the_first_administrator_has_the_address_and_the_code_from_the_log() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let stage = Stage::new().await;
    let (first, other) = (stage.guest(), stage.kiosk.open_session(terminal("HALL-2")));
    assert!(!register(&other, "other", "other@example.in", PASSWORD).await.expect("free").may_claim_administrator);
    assert!(log.codes().is_empty());
    assert!(register(&first, "first", "first@example.in", PASSWORD).await.expect("free").may_claim_administrator);
    assert!(sign_in(&first, "first", PASSWORD).await.expect("right").may_claim_administrator);
    let codes = log.codes();
    assert_eq!(codes.len(), 1, "it is written once");

    let claim = |code: &str| Request::ClaimAdministrator { code: secret(code) };
    assert_eq!(other.call(claim(&codes[0])).await.map(drop), Err(Failure::WrongCode));
    assert_eq!(first.call(claim("AAAAAAAAAAAAAAAA")).await.map(drop), Err(Failure::WrongCode));
    let reply = first.call(claim(&codes[0])).await;
    let Ok(Reply::Welcome(identity)) = reply else { panic!("{reply:?}") };
    assert_eq!((identity.role, identity.may_claim_administrator), (Role::Administrator, false));
    assert_eq!(first.call(claim(&codes[0])).await.map(drop), Err(Failure::WrongCode), "it is good once");
}

#[tokio::test]
async fn where_there_is_an_administrator_nobody_is_made_one_by_address() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let stage = Stage::new().await;
    stage.account("adam", Role::Administrator).await;
    let identity = register(&stage.guest(), "first", "first@example.in", PASSWORD).await.expect("free");
    assert!(!identity.may_claim_administrator);
    assert!(log.codes().is_empty());
}

#[tokio::test]
async fn the_development_accounts_exist_on_development_machines_alone() {
    let stage = Stage::new().await;
    for _ in 0..2 {
        stage.kiosk.ensure_development_accounts().await.expect("safe to repeat");
    }
    for known in DEVELOPMENT_ACCOUNTS {
        let identity = sign_in(&stage.guest(), known.username, known.password).await.expect("it is there");
        assert_eq!(identity.role, known.role);
    }
    let production = Stage::with(Settings { development: false, ..settings() }).await;
    production.kiosk.ensure_development_accounts().await.expect("nothing to do");
    assert!(production.kiosk.accounts().await.expect("it answers").is_empty());
}
