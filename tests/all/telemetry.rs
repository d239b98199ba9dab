//! What monitors are told: whether the store answers, whether more people may come, and what was counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures_util::future::join_all;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::user::Role;
use kiosk::service::request::Failure;
use kiosk::store::Store;
use kiosk::store::retry::{Patience, TokioTimer};
use kiosk::telemetry::endpoint;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::service_kit::{PASSWORD, Stage, best, book, hold, order, sign_in, terminal, whole};

/// A kiosk that can lose its store, and what answers monitors for it.
struct Watched {
    stage: Stage,
    kiosk: kiosk::service::Kiosk,
    /// Whether requests to the store are lost.
    gone: Arc<AtomicBool>,
    /// How often the bucket was asked for.
    asked: Arc<AtomicU32>,
    draining: CancellationToken,
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Watched {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let (gone, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let (is_gone, count) = (Arc::clone(&gone), Arc::clone(&asked));
        let plan = move |call: &Call| {
            count.fetch_add(u32::from(call.operation == "HeadBucket"), Ordering::SeqCst);
            is_gone.load(Ordering::SeqCst).then_some(Fault::LoseRequest)
        };
        let kiosk = stage.other_kiosk(stage.world.with_faults(plan)).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it has one");
        let draining = CancellationToken::new();
        let serving = tokio::spawn(endpoint::serve(listener, kiosk.clone(), draining.clone()));
        Self { stage, kiosk, gone, asked, draining, address, serving }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        said_to(self.address, &format!("GET {path} HTTP/1.1\r\nHost: kiosk\r\n\r\n")).await
    }

    /// The value of a counter.
    async fn counted(&self, name: &str) -> i64 {
        let (status, text) = self.get("/metrics").await;
        assert_eq!(status, 200);
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("{name} in\n{text}")).parse().expect("a number")
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The status and the body with which a request is answered.
async fn said_to(address: SocketAddr, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers and closes");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, body.to_owned())
}

#[tokio::test]
async fn health_is_well_as_long_as_the_store_answers() {
    let watched = Watched::new().await;
    assert_eq!(watched.get("/health").await, (200, "{\"status\":\"ok\"}\n".to_owned()));
    assert_eq!(watched.get("/ready").await.0, 200);
}

#[tokio::test]
async fn health_says_why_when_the_store_is_gone() {
    let watched = Watched::new().await;
    watched.gone.store(true, Ordering::SeqCst);
    let (status, body) = watched.get("/health").await;
    assert_eq!(status, 503);
    assert!(body.contains(r#""status":"unavailable""#) && body.contains("the store does not answer"), "{body}");
    assert_eq!(watched.get("/ready").await.0, 503);
}

/// On the runtime's paused clock: nothing of this waits.
#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_no_reason_to_hang() {
    let stage = Stage::in_line().await;
    let hangs = Arc::new(AtomicBool::new(false));
    let does = Arc::clone(&hangs);
    let clients = stage.world.clients.clone();
    let clients = clients.with_faults(Arc::new(move |_: &Call| does.load(Ordering::SeqCst).then_some(Fault::Hang)));
    let store = Store::with_patience(clients, stage.world.names.clone(), Patience::new(TokioTimer::default(), 7));
    let kiosk = stage.other_kiosk(store).await;
    let health = endpoint::Health::new(kiosk);
    assert_eq!(health.store().await, Ok(()));
    hangs.store(true, Ordering::SeqCst);
    assert_eq!(health.store().await, Ok(()), "that is believed for a second");
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    let begun = tokio::time::Instant::now();
    let reason = health.store().await.expect_err("nothing answers");
    assert!(reason.contains("within 2 seconds"), "{reason}");
    assert_eq!(begun.elapsed().as_secs(), 2);
    hangs.store(false, Ordering::SeqCst);
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    assert_eq!(health.store().await, Ok(()), "and it is well again");
}

#[tokio::test]
async fn a_storm_of_probes_asks_the_store_once_a_second() {
    let watched = Watched::new().await;
    let before = std::time::Instant::now();
    let answers = join_all((0..100).map(|_| watched.get("/health"))).await;
    let seconds = u32::try_from(before.elapsed().as_secs()).expect("a short while");
    assert!(answers.iter().all(|(status, _)| *status == 200));
    let asked = watched.asked.load(Ordering::SeqCst);
    assert!(asked <= seconds + 1, "it was asked {asked} times in {seconds} s");
}

#[tokio::test]
async fn a_server_that_drains_is_healthy_and_wants_nobody_else() {
    let watched = Watched::new().await;
    watched.draining.cancel();
    assert_eq!(watched.get("/ready").await, (503, "{\"status\":\"draining\"}\n".to_owned()));
    assert_eq!(watched.get("/health").await.0, 200);
}

#[tokio::test]
async fn nothing_else_is_answered() {
    let watched = Watched::new().await;
    assert_eq!(watched.get("/").await.0, 404);
    let told = said_to(watched.address, "POST /health HTTP/1.1\r\nHost: kiosk\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(told.0, 405);
    let large = format!("GET /health HTTP/1.1\r\nHost: kiosk\r\nX: {}\r\n\r\n", "x".repeat(64 << 10));
    let mut stream = TcpStream::connect(watched.address).await.expect("it listens");
    // It need not read all of it.
    let _ = stream.write_all(large.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn what_people_do_is_counted() {
    let watched = Watched::new().await;
    watched.stage.account("agnes", Role::Agent).await;
    let session = watched.kiosk.open_session_from(terminal("SSH-1"), "203.0.113.7".parse().expect("an address"));
    assert_eq!(sign_in(&session, "agnes", "not it").await, Err(Failure::WrongPassword));
    sign_in(&session, "agnes", PASSWORD).await.expect("the password is right");
    let held = hold(&session, whole(), best(2)).await.expect("free");
    assert_eq!(watched.counted("kiosk_holds_open").await, 1);
    book(&session, &order(&session, &held).await).await.expect("booked");
    watched.kiosk.settle().await;
    for (name, value) in [
        ("kiosk_sign_ins_refused_total", 1),
        ("kiosk_bookings_total", 1),
        ("kiosk_booking_conflicts_total", 0),
        ("kiosk_holds_open", 0),
        ("kiosk_receipts_waiting", 0),
    ] {
        assert_eq!(watched.counted(name).await, value, "{name}");
    }
    assert!(watched.counted(r#"kiosk_store_request_duration_seconds_count{operation="UpdateItem"}"#).await > 0);
    assert!(watched.counted(r#"kiosk_store_request_duration_seconds_count{operation="PutObject"}"#).await > 0);
}

#[tokio::test]
async fn a_claim_that_comes_second_is_a_conflict() {
    let watched = Watched::new().await;
    let (meeting, first) = (kiosk::aws::fault::Meeting::of(2), AtomicU32::new(0));
    let meets = meeting.clone();
    let store = watched.stage.world.with_faults(move |call: &Call| {
        let is_claim = call.operation == "UpdateItem" && first.fetch_add(1, Ordering::SeqCst) < 2;
        is_claim.then(|| Fault::Meet(meets.clone()))
    });
    // Two processes choose the same berths from the same state, and only then claim them.
    hold(&watched.stage.guest(), whole(), best(1)).await.expect("the run is pinned");
    let kiosks = [watched.stage.other_kiosk(store.clone()).await, watched.stage.other_kiosk(store.clone()).await];
    let sessions = kiosks.each_ref().map(|kiosk| kiosk.open_session(terminal("NDLS-07")));
    let wanted = || kiosk::service::request::Choice::Berths(vec![crate::service_kit::berth("A1", 3)]);
    let (one, other) = tokio::join!(hold(&sessions[0], whole(), wanted()), hold(&sessions[1], whole(), wanted()));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let text = kiosks[0].measured().encoded();
    assert!(text.contains("kiosk_booking_conflicts_total 1\n"), "{text}");
}

#[tokio::test]
async fn what_the_store_does_not_answer_is_counted() {
    let watched = Watched::new().await;
    watched.gone.store(true, Ordering::SeqCst);
    let told = hold(&watched.kiosk.open_session(terminal("NDLS-07")), whole(), best(1)).await;
    assert!(matches!(told, Err(Failure::Unavailable { .. })), "{told:?}");
    let name = |what: &str| format!(r#"kiosk_store_{what}_total{{operation="Query"}}"#);
    assert!(watched.counted(&name("retries")).await > 5);
    assert_eq!(watched.counted(&name("failures")).await, 1);
}
