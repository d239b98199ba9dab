//! Keys of accounts: who is let in by one, who adds and removes them, and what nobody learns.

use std::sync::Arc;

use kiosk::domain::user::Role;
use kiosk::service::account::OperatorError;
use kiosk::service::request::{Failure, Reply, Request};
use kiosk::service::{Kiosk, Session};
use rstest::rstest;
use russh::keys::{Algorithm, EcdsaCurve, PrivateKey, PrivateKeyWithHashAlg};

use crate::service_kit::{PASSWORD, Stage, secret, sign_in, terminal, username};
use crate::ssh_kit::{Client, Server, within};

fn drawn(algorithm: Algorithm) -> PrivateKey {
    PrivateKey::random(&mut rand::rng(), algorithm).expect("there is chance enough")
}

fn line(key: &PrivateKey) -> String {
    key.public_key().to_openssh().expect("it can be written")
}

async fn tries(client: &mut Client, name: &str, key: &PrivateKey) -> bool {
    let key = PrivateKeyWithHashAlg::new(Arc::new(key.clone()), None);
    within(client.handle().authenticate_publickey(name, key)).await.expect("it answers").success()
}

async fn adds(session: &Session, key: &PrivateKey, password: &str) -> Result<Vec<String>, Failure> {
    let request = Request::AddSshKey { line: format!("{} agnes@counter", line(key)), password: secret(password) };
    fingerprints(session.call(request).await)
}

fn fingerprints(answer: Result<Reply, Failure>) -> Result<Vec<String>, Failure> {
    match answer? {
        Reply::SshKeys(keys) => Ok(keys.into_iter().map(|key| key.fingerprint).collect()),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::ed25519(Algorithm::Ed25519)]
#[case::ecdsa(Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 })]
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_let_in_by_its_key_and_does_not_sign_in_twice(#[case] algorithm: Algorithm) {
    let server = Server::new().await;
    let agent = server.stage.agent().await;
    let (own, other) = (drawn(algorithm), drawn(Algorithm::Ed25519));
    adds(&agent, &own, PASSWORD).await.expect("it is one");
    server.stage.account("ben", Role::Agent).await;
    let mut client = server.connect().await;
    assert!(!tries(&mut client, "agnes", &other).await, "another key");
    assert!(!tries(&mut client, "ben", &own).await, "another account");
    assert!(!tries(&mut client, "nobody", &own).await, "no account");
    assert!(tries(&mut client, "agnes", &own).await);
    let mut screen = client.terminal(80, 24).await;
    screen.shows("agnes").await;
    assert!(!screen.text().contains("Password"), "{}", screen.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_a_password_lock_nobody_out_of_their_key_but_an_administrator_does() {
    let server = Server::new().await;
    let agent = server.stage.agent().await;
    let own = drawn(Algorithm::Ed25519);
    adds(&agent, &own, PASSWORD).await.expect("it is one");
    let mut guesser = server.connect().await;
    for _ in 0..5 {
        assert!(!guesser.password("agnes", "wrong").await.success());
    }
    assert!(!server.connect().await.password("agnes", PASSWORD).await.success(), "the password is locked for a while");
    assert!(tries(&mut server.connect().await, "agnes", &own).await);
    server.stage.kiosk.close_account(&username("agnes")).await.expect("there is one");
    assert!(!tries(&mut server.connect().await, "agnes", &own).await);
    server.stage.kiosk.open_account(&username("agnes")).await.expect("there is one");
    assert!(tries(&mut server.connect().await, "agnes", &own).await);
    let fingerprint = own.public_key().fingerprint(russh::keys::HashAlg::Sha256).to_string();
    server.stage.kiosk.remove_ssh_key(&username("agnes"), &fingerprint).await.expect("it is there");
    assert!(!tries(&mut server.connect().await, "agnes", &own).await, "a key that was removed is none");
}

#[tokio::test]
async fn nobody_adds_a_key_without_the_password_of_the_account() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let (one, two) = (drawn(Algorithm::Ed25519), drawn(Algorithm::Ed25519));
    assert_eq!(adds(&agent, &one, "wrong").await, Err(Failure::WrongPassword));
    assert_eq!(fingerprints(agent.call(Request::SshKeys).await), Ok(vec![]));
    let first = adds(&agent, &one, PASSWORD).await.expect("it is one");
    let both = adds(&agent, &two, PASSWORD).await.expect("it is one");
    assert_eq!((first.len(), both.len(), &both[0]), (1, 2, &first[0]));
    let again = adds(&agent, &one, PASSWORD).await;
    assert!(matches!(again, Err(Failure::BadKey(why)) if why.contains("already")), "{again:?}");
    assert!(agent.identity().is_some(), "a key ends nobody's session");
    let left = fingerprints(agent.call(Request::RemoveSshKey { fingerprint: first[0].clone() }).await);
    assert_eq!(left, Ok(vec![both[1].clone()]));
    let gone = agent.call(Request::RemoveSshKey { fingerprint: first[0].clone() }).await;
    assert!(matches!(gone, Err(Failure::BadKey(_))));
    let guest = stage.guest();
    assert_eq!(guest.call(Request::SshKeys).await.map(drop), Err(Failure::SignedOut));
    stage.kiosk.settle().await;
    let events = stage.world.store.events_of("2026-12-01".parse().expect("a date")).await.expect("it answers");
    let mut kept: Vec<_> =
        events.iter().filter(|event| event.action.ends_with("-key")).map(|event| &event.action).collect();
    // All are of one moment, and so in any order.
    kept.sort();
    assert_eq!(kept, ["account.add-key", "account.add-key", "account.remove-key"]);
}

#[tokio::test]
async fn an_account_has_so_many_keys_at_most() {
    let stage = Stage::new().await;
    stage.account("agnes", Role::Agent).await;
    let agnes = username("agnes");
    let add = async |kiosk: &Kiosk| kiosk.add_ssh_key(&agnes, &line(&drawn(Algorithm::Ed25519))).await;
    for _ in 0..16 {
        add(&stage.kiosk).await.expect("there is room");
    }
    let full = add(&stage.kiosk).await;
    assert!(matches!(full, Err(OperatorError::Refused(Failure::BadKey(_)))), "{full:?}");
    assert_eq!(stage.kiosk.ssh_keys(&agnes).await.expect("there is one").len(), 16);
    let none = stage.kiosk.add_ssh_key(&username("nobody"), &line(&drawn(Algorithm::Ed25519))).await;
    assert_eq!(none, Err(OperatorError::NoSuchAccount("nobody".to_owned())));
    let session = stage.kiosk.open_session(terminal("NDLS-07"));
    sign_in(&session, "agnes", PASSWORD).await.expect("the password is as good as before");
}
