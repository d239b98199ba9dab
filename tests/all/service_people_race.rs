//! People who change accounts at the same time in several processes: whoever is out already changes nothing any more.

use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::user::{AccountId, Email, Role};
use kiosk::service::request::{AccountChange, Failure, OldKeys, PasswordChange, Reply, Request};
use kiosk::service::{Kiosk, Session};
use rstest::rstest;
use russh::keys::{Algorithm, PrivateKey};

use crate::service_kit::{PASSWORD, Stage, secret, sign_in, terminal, username};

const CHOSEN: &str = "battery staple horse";

async fn id(stage: &Stage, name: &str) -> AccountId {
    let found = stage.world.store.account_by_username(name).await.expect("it answers");
    found.expect("there is one").id
}

async fn enters(kiosk: &Kiosk, name: &str, password: &str) -> Session {
    let session = kiosk.open_session(terminal("NDLS-07"));
    sign_in(&session, name, password).await.expect("it is right");
    session
}

async fn code_for(session: &Session, account: AccountId, keys: OldKeys) -> String {
    match session.call(Request::IssueCode { account, keys }).await {
        Ok(Reply::Code(_, code)) => code.code.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn choose(session: &Session, old: Option<&str>) -> Result<Reply, Failure> {
    let (password, again) = (secret(CHOSEN), secret(CHOSEN));
    session.call(Request::ChangePassword(PasswordChange { old: old.map(secret), password, again })).await
}

/// The other process has not looked for changed accounts since.
#[rstest]
#[case::by_the_first_code(None)]
#[case::by_a_password(Some(PASSWORD))]
#[tokio::test]
async fn whoever_came_in_before_a_code_was_drawn_chooses_no_password(#[case] password: Option<&str>) {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    stage.account("anita", Role::Traveller).await;
    let anita = id(&stage, "anita").await;
    let elsewhere = stage.other_kiosk(stage.world.store.clone()).await;
    let before = match password {
        Some(password) => enters(&elsewhere, "anita", password).await,
        None => enters(&elsewhere, "anita", &code_for(&adam, anita, OldKeys::Stay).await).await,
    };
    let code = code_for(&adam, anita, OldKeys::Stay).await;
    assert!(before.identity().is_some(), "nothing is known of it there yet");
    assert_eq!(choose(&before, password).await.map(drop), Err(Failure::SignedOut));
    assert!(before.identity().is_none() && before.was_expelled(), "and they are out at once");
    let owner = enters(&stage.kiosk, "anita", &code).await;
    choose(&owner, None).await.expect("the code in her hands is the one that counts");
}

/// How one administrator shuts another out.
#[derive(Clone, Copy, Debug)]
enum How {
    Close,
    Demote,
    Code,
}

impl How {
    fn request(self, account: AccountId) -> Request {
        match self {
            Self::Close => Request::ChangeAccount { account, change: AccountChange::Close },
            Self::Demote => Request::ChangeAccount { account, change: AccountChange::Role(Role::Agent) },
            Self::Code => Request::IssueCode { account, keys: OldKeys::Stay },
        }
    }

    fn refusal(self) -> Failure {
        match self {
            Self::Close => Failure::Closed,
            Self::Demote | Self::Code => Failure::SignedOut,
        }
    }
}

#[rstest]
#[tokio::test]
async fn of_two_administrators_who_shut_each_other_out_one_does(
    #[values(How::Close, How::Demote, How::Code)] how: How,
) {
    let stage = Stage::new().await;
    for name in ["adam", "eva"] {
        stage.account(name, Role::Administrator).await;
    }
    // The third transaction of each process, after the two of a sign-in, is the change: both have read by then.
    let meeting = Meeting::of(2);
    let mut people = Vec::new();
    for name in ["adam", "eva"] {
        let meeting = meeting.clone();
        let store = stage.world.with_faults(move |call: &Call| {
            let is_change = call.operation == "TransactWriteItems" && call.nth == 3;
            is_change.then(|| Fault::Meet(meeting.clone()))
        });
        people.push(enters(&stage.other_kiosk(store).await, name, PASSWORD).await);
    }
    let (adam, eva) = (id(&stage, "adam").await, id(&stage, "eva").await);
    let (by_adam, by_eva) = tokio::join!(people[0].call(how.request(eva)), people[1].call(how.request(adam)));
    let refused = match (by_adam, by_eva) {
        (Ok(_), Err(refused)) => {
            assert_eq!(people[1].identity(), None, "eva is out at once");
            assert!(people[0].identity().is_some());
            refused
        }
        (Err(refused), Ok(_)) => {
            assert_eq!(people[0].identity(), None, "adam is out at once");
            assert!(people[1].identity().is_some());
            refused
        }
        both => panic!("one of them, not {both:?}"),
    };
    assert_eq!(refused, how.refusal());
}

#[tokio::test]
async fn whoever_is_no_administrator_any_more_changes_and_makes_no_account() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    stage.account("eva", Role::Administrator).await;
    stage.account("anita", Role::Traveller).await;
    let elsewhere = stage.other_kiosk(stage.world.store.clone()).await;
    let anita = id(&stage, "anita").await;
    let email = Email::parse("mole@example.in").expect("an address");
    let requests = [
        Request::ChangeAccount { account: anita, change: AccountChange::Role(Role::Administrator) },
        Request::IssueCode { account: anita, keys: OldKeys::Stay },
        Request::AddAccount { username: username("mole"), email, role: Role::Administrator },
    ];
    let demoted = Request::ChangeAccount { account: id(&stage, "eva").await, change: AccountChange::Role(Role::Agent) };
    for request in requests {
        stage.kiosk.set_role(&username("eva"), Role::Administrator).await.expect("there is one");
        let eva = enters(&elsewhere, "eva", PASSWORD).await;
        adam.call(demoted.clone()).await.expect("he may");
        assert_eq!(eva.call(request).await.map(drop), Err(Failure::SignedOut));
    }
    let after = stage.world.store.account(anita).await.expect("it answers").expect("there is one");
    assert_eq!((after.role, after.code_until), (Role::Traveller, None));
    assert_eq!(stage.world.store.account_by_username("mole").await, Ok(None));
}

/// An account with two keys, and a session in another process by each and by the password.
struct Keys {
    stage: Stage,
    elsewhere: Kiosk,
    own: [PrivateKey; 2],
    fingerprints: [String; 2],
    sessions: [Session; 3],
}

impl Keys {
    async fn new() -> Self {
        let stage = Stage::new().await;
        stage.account("agnes", Role::Agent).await;
        let elsewhere = stage.other_kiosk(stage.world.store.clone()).await;
        let keys = [(); 2].map(|()| PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).expect("there is chance"));
        let mut sessions = Vec::new();
        for key in &keys {
            let line = key.public_key().to_openssh().expect("it can be written");
            stage.kiosk.add_ssh_key(&username("agnes"), &line).await.expect("it is one");
        }
        for key in &keys {
            let session = elsewhere.open_session(terminal("SSH-1"));
            session.sign_in_by_key("agnes", key.public_key()).await.expect("it is hers");
            sessions.push(session);
        }
        sessions.push(enters(&elsewhere, "agnes", PASSWORD).await);
        let fingerprints =
            keys.each_ref().map(|key| key.public_key().fingerprint(russh::keys::HashAlg::Sha256).to_string());
        let keys =
            Self { stage, elsewhere, own: keys, fingerprints, sessions: sessions.try_into().expect("three of them") };
        assert_eq!(keys.who_is_in().await, [true; 3]);
        keys
    }

    /// Who is in once the other process has looked for changed accounts.
    async fn who_is_in(&self) -> [bool; 3] {
        self.elsewhere.end_sessions_of_changed_accounts().await.expect("the store answers");
        self.sessions.each_ref().map(|session| session.identity().is_some())
    }

    fn remove(&self, which: usize) -> AccountChange {
        AccountChange::RemoveKey { fingerprint: self.fingerprints[which].clone() }
    }
}

#[tokio::test]
async fn a_key_that_is_removed_ends_the_sessions_that_came_in_by_it_and_no_others() {
    let keys = Keys::new().await;
    let adam = keys.stage.signed_in("adam", Role::Administrator).await;
    let account = id(&keys.stage, "agnes").await;
    adam.call(Request::ChangeAccount { account, change: keys.remove(0) }).await.expect("he may");
    assert_eq!(keys.who_is_in().await, [false, true, true]);
    assert!(keys.sessions[0].was_expelled(), "and is told");
    keys.stage.kiosk.remove_ssh_key(&username("agnes"), &keys.fingerprints[1]).await.expect("it is there");
    assert_eq!(keys.who_is_in().await, [false, false, true]);
}

/// The process in which she came in has not looked for changed accounts since.
#[tokio::test]
async fn whoever_came_in_by_a_key_that_is_gone_changes_nothing_any_more() {
    let keys = Keys::new().await;
    keys.stage.kiosk.set_role(&username("agnes"), Role::Administrator).await.expect("there is one");
    keys.stage.account("anita", Role::Traveller).await;
    let anita = id(&keys.stage, "anita").await;
    let make = |role| Request::ChangeAccount { account: anita, change: AccountChange::Role(role) };
    let session = keys.elsewhere.open_session(terminal("NDLS-07"));
    session.sign_in_by_key("agnes", keys.own[0].public_key()).await.expect("it is hers");
    session.call(make(Role::Agent)).await.expect("she may");
    // Her account is written by somebody else who comes in with it, and she still may.
    enters(&keys.stage.kiosk, "agnes", PASSWORD).await;
    session.call(make(Role::Supervisor)).await.expect("she still may");
    keys.stage.kiosk.remove_ssh_key(&username("agnes"), &keys.fingerprints[0]).await.expect("it is there");
    assert!(session.identity().is_some(), "nothing is known of it there yet");
    let refused = session.call(make(Role::Administrator)).await;
    assert_eq!(refused.map(drop), Err(Failure::SignedOut));
    assert!(session.identity().is_none(), "she is out at once");
    let after = keys.stage.world.store.account(anita).await.expect("it answers").expect("there is one");
    assert_eq!(after.role, Role::Supervisor);
}

#[tokio::test]
async fn whoever_removes_a_key_of_their_own_stays_in() {
    let keys = Keys::new().await;
    let fingerprint = keys.fingerprints[0].clone();
    keys.sessions[0].call(Request::RemoveSshKey { fingerprint }).await.expect("it is hers");
    assert_eq!(keys.who_is_in().await, [true; 3], "it was its holder who took it away");
    let fingerprint = keys.fingerprints[1].clone();
    keys.sessions[0].call(Request::RemoveSshKey { fingerprint }).await.expect("it is hers");
    assert_eq!(keys.who_is_in().await, [true, false, true], "who came in elsewhere by it is out");
}

#[rstest]
#[case(OldKeys::Stay, 2)]
#[case(OldKeys::Go, 0)]
#[tokio::test]
async fn a_code_ends_all_sessions_and_removes_keys_if_that_is_asked_for(#[case] old: OldKeys, #[case] left: usize) {
    let keys = Keys::new().await;
    let adam = keys.stage.signed_in("adam", Role::Administrator).await;
    code_for(&adam, id(&keys.stage, "agnes").await, old).await;
    assert_eq!(keys.who_is_in().await, [false; 3]);
    assert_eq!(keys.stage.kiosk.ssh_keys(&username("agnes")).await.expect("there is one").len(), left);
    keys.stage.kiosk.settle().await;
    let today = kiosk::domain::time::railway_time(keys.stage.kiosk.now()).date();
    let events = keys.stage.world.store.events_of(today).await.expect("it answers");
    let notes: Vec<_> =
        events.iter().filter(|event| event.action == "account.issue-code").map(|event| event.note.as_deref()).collect();
    assert_eq!(notes, [(old == OldKeys::Go).then_some("without keys")]);
}
