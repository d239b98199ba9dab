//! A session over SSH in which the program breaks: it ends alone, and its client's terminal is given back.
//!
//! What breaks is the clock, once, when whoever reads it next is the session's program: nothing that a person can do makes
//! the program panic.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use kiosk::domain::user::Role;
use kiosk::service::{Clock, Kiosk, ManualClock};
use kiosk::terminal::ssh::{Room, Times};
use russh::client;
use std::net::SocketAddr;
use tracing::subscriber::DefaultGuard;

use crate::service_kit::{PASSWORD, Stage};
use crate::ssh_kit::{Client, free_today, serve, within};

/// How every session ends that has made a mistake.
const LAST: &str = "\x1b[?1049l\x1b[?25hKiosk has made a mistake and ended this session. Connect again: nothing that was \
                    confirmed is lost.\r\n";

/// A clock of which one reading panics.
#[derive(Debug)]
struct Brittle {
    inner: Arc<ManualClock>,
    breaks: AtomicBool,
}

impl Clock for Brittle {
    fn now(&self) -> DateTime<Utc> {
        assert!(!self.breaks.swap(false, Ordering::SeqCst), "the clock broke");
        self.inner.now()
    }
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn listen(&self) -> DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone()).finish();
        tracing::subscriber::set_default(subscriber)
    }

    /// The line with a text.
    fn line(&self, text: &str) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = String::from_utf8_lossy(&all);
        all.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text:?} in\n{all}")).to_owned()
    }
}

/// A server that goes by a brittle clock, over a stage's store.
async fn brittle(stage: &Stage) -> (Kiosk, Arc<Brittle>, SocketAddr) {
    let clock = Arc::new(Brittle { inner: Arc::clone(&stage.clock), breaks: AtomicBool::new(false) });
    let settings = stage.kiosk.settings().clone();
    let kiosk = Kiosk::open(stage.world.store.clone(), settings, clock.clone()).await.expect("the catalogue is read");
    let (address, ..) = serve(kiosk.clone(), Room::default(), Times::default()).await;
    (kiosk, clock, address)
}

async fn connect(address: SocketAddr) -> Client {
    Client::connect(address, client::Config::default()).await.expect("there is room")
}

// One thread has all tasks, and its log hears of all.
#[tokio::test]
async fn a_fault_in_one_session_ends_it_alone_and_gives_back_what_it_had() {
    let log = Log::default();
    let _listening = log.listen();
    let stage = Stage::new().await;
    let (kiosk, clock, address) = brittle(&stage).await;
    let mut guest = connect(address).await;
    guest.is_guest().await;
    let mut other = guest.terminal(80, 24).await;
    other.shows("Book a journey").await;

    stage.account("asha", Role::Agent).await;
    let mut agent = connect(address).await;
    assert!(agent.password("asha", PASSWORD).await.success());
    let mut screen = agent.terminal(100, 30).await;
    screen.finds_trains().await;
    screen.keys(b"\r").await;
    screen.shows("3 BERTHS").await;
    kiosk.poll_once().await;
    screen.shows("Enter hold the best").await;
    screen.keys(b"\r").await;
    screen.shows("held for").await;
    kiosk.settle().await;
    assert_eq!(free_today(&stage).await, [7, 8]);

    clock.breaks.store(true, Ordering::SeqCst);
    screen.keys(b"A").await;
    let (code, all) = screen.ends().await;
    assert_eq!(code, Some(70), "{all:?}");
    assert!(all.ends_with(LAST), "{all:?}");
    within(async { while free_today(&stage).await != [8, 8] {} }).await;
    let logged = log.line("a session ended by a fault");
    assert!(logged.contains("ERROR") && logged.contains("the clock broke") && logged.contains("SSH-"), "{logged}");

    other.keys(b"s").await;
    other.shows("Password").await;
    connect(address).await.is_guest().await;
}

#[tokio::test]
async fn a_program_that_breaks_as_it_begins_leaves_no_terminal_behind() {
    let stage = Stage::new().await;
    let (_kiosk, clock, address) = brittle(&stage).await;
    let mut guest = connect(address).await;
    guest.is_guest().await;
    clock.breaks.store(true, Ordering::SeqCst);
    let (code, all) = guest.terminal(80, 24).await.ends().await;
    assert_eq!(code, Some(70), "{all:?}");
    assert!(all.ends_with(LAST), "{all:?}");
}
