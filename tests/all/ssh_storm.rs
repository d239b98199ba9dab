//! Everybody signs in at once: the built server hashes a few passwords at a time, and its memory stays that of a server.
//!
//! Hashes cost what they cost in production. All at once they would need gigabytes; the highest the process ever had is
//! what Linux says of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use futures_util::future::join_all;
use kiosk::aws::embedded;
use kiosk::domain::user::{Account, AccountId, Email, Username};
use kiosk::service::Argon2Cost;
use kiosk::service::account::DEVELOPMENT_ACCOUNTS;
use kiosk::store::{Names, Store};
use russh::client;
use tempfile::TempDir;
use tokio::net::TcpSocket;
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::serving::Server;
use crate::ssh_kit::{Trusting, within};

/// How many come, every second of them with an account. A server has room for twice as many whom it does not know.
const CROWD: u8 = 100;

/// What the server may have at its worst, in MiB: half of what it is promised to stay under, and twice what it needs.
const ROOM: u64 = 256;

/// The name with which one of the crowd comes.
fn name(nth: u8) -> String {
    format!("agent-{nth}")
}

/// Gives every second of the crowd an account of their own with the password of the development agent, whose hash was made
/// as any in production.
async fn open_accounts(data: &Path) {
    let store = Store::new(embedded::open(data).expect("the server lets others in"), Names::default());
    let agent = DEVELOPMENT_ACCOUNTS[1].username;
    let agent = store.account_by_username(agent).await.expect("it answers").expect("a development system has one");
    for nth in (2..=CROWD).step_by(2) {
        let username = Username::parse(&name(nth)).expect("a user name");
        let email = Email::parse(&format!("{username}@example.in")).expect("an address");
        let account = Account { id: AccountId(Uuid::new_v4()), username, email, ..agent.clone() };
        store.create_account(&account).await.expect("nobody has the name");
    }
}

/// Signs in from an address of its own, when all others are as far.
async fn come(server: SocketAddr, nth: u8, all: Arc<Barrier>) -> bool {
    let socket = TcpSocket::new_v4().expect("a socket");
    // All of 127/8 is this machine: each comes from elsewhere, as the counters of a railway do.
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 1, 1, nth), 0))).expect("an address of this machine");
    let stream = within(socket.connect(server)).await.expect("it listens");
    let mut client = within(client::connect_stream(Arc::default(), stream, Trusting)).await.expect("there is room");
    all.wait().await;
    let answer = within(client.authenticate_password(name(nth), DEVELOPMENT_ACCOUNTS[1].password)).await;
    answer.expect("it answers").success()
}

/// The most memory that a process ever had, in MiB.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux says so");
    let kib: u64 = line.trim().trim_end_matches("kB").trim_end().parse().expect("a number");
    kib / 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_signs_in_at_once_needs_no_more_memory_than_a_few() {
    let (data, home) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    let server = Server::start(data.path(), home.path());
    open_accounts(data.path()).await;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port));
    let together = u64::from(CROWD) * u64::from(Argon2Cost::default().memory_kib) / 1024;
    assert!(together > 6 * ROOM, "a crowd that proves something");
    let all = Arc::new(Barrier::new(CROWD.into()));
    let came = join_all((1..=CROWD).map(|nth| come(address, nth, Arc::clone(&all)))).await;
    for (nth, is_in) in (1..=CROWD).zip(came) {
        assert_eq!(is_in, nth % 2 == 0, "client {nth}");
    }
    let peak = peak(server.id());
    assert!(peak < ROOM, "the server had {peak} MiB");
    server.end();
}
