//! Processes that are killed while they sell: what they had acknowledged is there, whole, and no berth is sold twice.
//!
//! A seller is this program again, with a data folder of its own choosing replaced by the test's. It sells through the
//! services on the embedded engines, which write every change through to the disk, and prints each booking when the
//! services have said that it is made. What has the folder and is killed is such a seller, or the built `kiosk` itself, on
//! a terminal, through which the seller's bookings go to the disk; what then says that all is well is `kiosk audit`.
//! `KIOSK_KILL_ROUNDS` says how often one is killed, `KIOSK_KILL_SEED` when.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use kiosk::aws::embedded;
use kiosk::domain::admission::Accept;
use kiosk::domain::booking::{Booking, OpId};
use kiosk::domain::coach::{BerthRef, Class, Coach, CoachId};
use kiosk::domain::inventory::HoldId;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::quota::Quota;
use kiosk::domain::segment::SegmentMask;
use kiosk::domain::train::{RunId, Train, TrainDraft};
use kiosk::domain::user::Phone;
use kiosk::service::request::{Failure, Order, Reply, Request};
use kiosk::service::{AuditScope, Clock, Depth, Kiosk, Session, SystemClock};
use kiosk::store::{Names, Store};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;
use tempfile::TempDir;
use uuid::Uuid;

use crate::driver::Console;
use crate::service_kit::{best, booked, current, leg, party, publish, settings, terminal, test_money};
use crate::world::rajdhani;

/// Where a seller sells, and which run; set for sellers alone.
const FOLDER: &str = "KIOSK_KILL_FOLDER";
const RUN: &str = "KIOSK_KILL_RUN";
/// Before each booking that a seller prints, and before each refusal that no buyer should see.
const SOLD: &str = "sold: ";
const REFUSED: &str = "refused: ";

const BUYERS: usize = 8;
/// How long a seller lives after its first sale, at most.
const LONGEST_LIFE: Duration = Duration::from_millis(400);
/// A seller that is silent for so long has stopped.
const SILENCE: Duration = Duration::from_secs(30);

#[allow(clippy::disallowed_methods, reason = "a test that starts itself again has to know which of the two it is")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str, default: u64) -> u64 {
    setting(name).map_or(default, |text| text.parse().expect("a number"))
}

/// Eight coaches of 3A.
fn train() -> Train {
    let coach = |n| Coach::new(CoachId::parse(&format!("B{n}")).expect("a coach"), Class::ThirdAc, 72).expect("berths");
    let coaches = (1..=8).map(coach).collect();
    Train::new(TrainDraft { coaches, ..TrainDraft::from(rajdhani()) }).expect("the train is in order")
}

/// A run some days from now: on sale, and far from its chart.
fn run(round: u64) -> RunId {
    let days = TimeDelta::days(4 + i64::try_from(round % 50).expect("it is small"));
    let date = (SystemClock.now() + days).format("%Y-%m-%d");
    format!("12951#{date}").parse().expect("a run")
}

/// Sells until it is killed.
async fn sell(folder: &Path, run: RunId) {
    let store = Store::new(embedded::open(folder).expect("the folder is there"), Names::default());
    let kiosk = Kiosk::open(store, settings(), Arc::new(SystemClock)).await.expect("the catalogue is read");
    let buyers = (0..BUYERS).map(|n| kiosk.open_session(terminal(&format!("HALL-{n}"))));
    let buyers: Vec<_> = buyers.map(|session| tokio::spawn(buy(session, run))).collect();
    for buyer in buyers {
        buyer.await.expect("it buys until it is killed");
    }
}

async fn buy(session: Session, run: RunId) {
    loop {
        let said = match visit(&session, run).await {
            Ok(booking) => format!("{SOLD}{}\n", serde_json::to_string(&*booking).expect("it has a form")),
            Err(Failure::Unavailable { .. } | Failure::Busy | Failure::Internal { .. }) => format!("{REFUSED}\n"),
            // Sold out on that leg.
            Err(_) => continue,
        };
        // One write, so that lines do not mix.
        std::io::stdout().lock().write_all(said.as_bytes()).expect("somebody reads");
    }
}

/// Books a few berths on some leg.
async fn visit(session: &Session, run: RunId) -> Result<Arc<Booking>, Failure> {
    let from = rand::random_range(0..5);
    let leg = leg(from, rand::random_range(from + 1..=5));
    let (size, class) = (rand::random_range(1..=4), Class::ThirdAc);
    let (hold, quota, choice) = (HoldId(Uuid::new_v4()), Quota::General, best(size));
    let request = Request::Hold { hold, run, leg, class, quota, choice, accept: Accept::Berths };
    let Reply::Held(hold) = session.call(request).await? else { panic!("a hold is held") };
    let passengers = party(size);
    let request = Request::Price { run, leg, class, quota, passengers: passengers.clone() };
    let Reply::Priced(fare) = session.call(request).await? else { panic!("a party has a price") };
    let phone = Phone::parse("9810012345").expect("a number");
    let order = Order { hold, passengers, phone, agreed: fare.total };
    booked(session.call(Request::Book { op: OpId(Uuid::new_v4()), order, payment: test_money() }).await)
}

/// A process that sells, and what it has acknowledged so far.
struct Seller {
    child: Child,
    lines: Receiver<String>,
    acknowledged: Vec<Booking>,
    refusals: Vec<String>,
}

impl Seller {
    fn start(test: &str, folder: &Path, run: RunId) -> Self {
        let this = std::env::current_exe().expect("this program has a file");
        let mut child = Command::new(this)
            .args(["--exact", &format!("kill::{test}"), "--nocapture"])
            .env(FOLDER, folder)
            .env(RUN, run.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = lines_of(child.stdout.take().expect("it is piped"));
        Self { child, lines, acknowledged: Vec::new(), refusals: Vec::new() }
    }

    /// Reads what it says until `enough`, or for as long as it may take.
    fn listen(&mut self, until: Instant, mut enough: impl FnMut(&Self) -> bool) -> Result<(), RecvTimeoutError> {
        while !enough(self) {
            let line = self.lines.recv_timeout(until.saturating_duration_since(Instant::now()))?;
            // The test's frame writes on the same output.
            if let Some((_, booking)) = line.split_once(SOLD) {
                self.acknowledged.push(serde_json::from_str(booking).expect("a whole line is a whole booking"));
            } else if line.contains(REFUSED) {
                self.refusals.push(line);
            }
        }
        Ok(())
    }

    fn sell_more(&mut self, bookings: usize) {
        let enough = self.acknowledged.len() + bookings;
        let sold = self.listen(Instant::now() + SILENCE, |seller| seller.acknowledged.len() >= enough);
        sold.expect("it sells");
    }

    /// Lets it sell until it has the folder, and on. What it says first it may have sold before.
    fn take_over(&mut self, scene: &Scene) {
        while scene.owner() != Some(self.child.id()) {
            self.sell_more(1);
        }
        self.sell_more(10);
    }

    /// Lets it sell until a moment and kills it. What it had said before is read to the end.
    fn kill_after(&mut self, life: Duration) {
        let ended = self.listen(Instant::now() + life, |_| false);
        assert_eq!(ended, Err(RecvTimeoutError::Timeout), "it sells until it is killed");
        self.child.kill().expect("it is there");
        self.child.wait().expect("it ends");
        let ended = self.listen(Instant::now() + SILENCE, |_| false);
        assert_eq!(ended, Err(RecvTimeoutError::Disconnected), "nobody else has its output");
    }
}

/// A test that fails leaves no seller behind.
impl Drop for Seller {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whole lines: what the kill has cut off was not said.
fn lines_of(output: ChildStdout) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = String::new();
        while output.read_line(&mut line).is_ok_and(|read| read > 0) && line.ends_with('\n') {
            if sender.send(std::mem::take(&mut line)).is_err() {
                return;
            }
        }
    });
    lines
}

/// A folder with a train, ready to be sold by processes that are killed.
struct Scene {
    folder: TempDir,
    train: Arc<Train>,
    acknowledged: Vec<Booking>,
}

impl Scene {
    async fn new() -> Self {
        let scene =
            Self { folder: TempDir::new().expect("a folder"), train: Arc::new(train()), acknowledged: Vec::new() };
        let store = Store::new(embedded::open(scene.folder.path()).expect("it is free"), Names::default());
        store.provision(|_| {}).await.expect("a fresh folder");
        publish(&store, train()).await;
        scene
    }

    /// Which process has the folder, or had it last; `None` while it is being noted.
    fn owner(&self) -> Option<u32> {
        let note = std::fs::read_to_string(self.folder.path().join("lock")).expect("the owner leaves a note");
        note.lines().next().and_then(|pid| pid.parse().ok())
    }

    /// Judges the folder by what the sellers had said, all rounds of it.
    async fn judge(&mut self, run: RunId, sellers: Vec<Seller>) {
        for mut seller in sellers {
            self.acknowledged.append(&mut seller.acknowledged);
        }
        let clients = embedded::open(self.folder.path()).expect("nobody has it");
        let store = Store::new(clients.clone(), Names::default());
        let mut stored = BTreeMap::new();
        let mut pages = clients.dynamodb.scan().table_name(Names::default().bookings).into_paginator().items().send();
        while let Some(item) = pages.next().await {
            let item = item.expect("it answers");
            let key = item["BookingID"].as_s().expect("a key is text");
            if key.starts_with("L#") {
                // What the ledger has of the money.
                continue;
            }
            let booking: Booking = from_item(item).expect("a booking is whole");
            stored.insert(booking.pnr, booking);
        }
        for booking in &self.acknowledged {
            assert_eq!(stored.get(&booking.pnr), Some(booking), "what was acknowledged is there, whole");
        }
        self.judge_berths(run, &store, &stored).await;
        let kiosk = Kiosk::open(store, settings(), Arc::new(SystemClock)).await.expect("the catalogue is read");
        let report = kiosk.audit(AuditScope::Run(run), Depth::Bookings, |_, _, _| {}).await.expect("it answers");
        assert_eq!(report.findings, []);
        assert!(report.bookings > 0);
    }

    /// No berth is sold twice, and what is not free is sold, but for holds, which end.
    async fn judge_berths(&self, run: RunId, store: &Store, stored: &BTreeMap<Pnr, Booking>) {
        let mut sold: BTreeMap<BerthRef, SegmentMask> = BTreeMap::new();
        for booking in stored.values().filter(|booking| booking.run == run) {
            let paid = booking.payment.as_ref().map(|payment| payment.amount);
            assert_eq!((paid, booking.berths().count()), (Some(booking.fare.total), booking.passengers.len()));
            for allotted in booking.berths() {
                let mask = sold.entry(allotted.berth).or_default();
                assert!(!mask.overlaps(booking.leg.mask()), "{} is sold twice on {run}", allotted.berth);
                *mask = mask.with(booking.leg.mask());
            }
        }
        let later = SystemClock.now() + TimeDelta::hours(1);
        let state = store.run(run, current(&self.train)).await.expect("it answers").expect("it runs").state;
        for coach in self.train.coaches() {
            for number in coach.numbers() {
                let berth = BerthRef { coach: coach.id(), number };
                let taken = state.coach(coach.id()).taken(number, later);
                assert_eq!(taken, sold.get(&berth).copied().unwrap_or_default(), "{berth} on {run}");
            }
        }
    }
}

/// Becomes a seller if it was started as one, and else says when the sellers are to be killed.
#[allow(clippy::print_stdout, reason = "a failure is to be had again")]
async fn sell_or_draw(test: &str) -> StdRng {
    if let (Some(folder), Some(run)) = (setting(FOLDER), setting(RUN)) {
        sell(Path::new(&folder), run.parse().expect("a run")).await;
    }
    let seed = number("KIOSK_KILL_SEED", rand::random());
    println!("{test}: KIOSK_KILL_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

fn life(chance: &mut StdRng) -> Duration {
    LONGEST_LIFE.mul_f64(chance.random())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seller_that_is_killed_loses_nothing_that_it_acknowledged() {
    let test = "a_seller_that_is_killed_loses_nothing_that_it_acknowledged";
    let mut chance = sell_or_draw(test).await;
    let mut scene = Scene::new().await;
    for round in 0..number("KIOSK_KILL_ROUNDS", 24) {
        let run = run(round);
        let mut seller = Seller::start(test, scene.folder.path(), run);
        seller.sell_more(1);
        seller.kill_after(life(&mut chance));
        scene.judge(run, vec![seller]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seller_goes_on_when_the_one_that_had_the_folder_is_killed() {
    let test = "a_seller_goes_on_when_the_one_that_had_the_folder_is_killed";
    let mut chance = sell_or_draw(test).await;
    let mut scene = Scene::new().await;
    for round in 0..number("KIOSK_KILL_ROUNDS", 24).div_ceil(4) {
        let run = run(round);
        let mut owner = Seller::start(test, scene.folder.path(), run);
        owner.sell_more(1);
        let mut guest = Seller::start(test, scene.folder.path(), run);
        guest.sell_more(1);
        assert_eq!(scene.owner(), Some(owner.child.id()));

        owner.kill_after(life(&mut chance));
        guest.take_over(&scene);
        guest.kill_after(life(&mut chance));
        assert_eq!(guest.refusals, [""; 0], "its buyers have waited a little and no more");
        scene.judge(run, vec![owner, guest]).await;
    }
}

/// What the built program says of the folder, read and compared by it alone.
fn audited_by_the_program(folder: &Path, home: &Path) {
    let audit = Command::new(env!("CARGO_BIN_EXE_kiosk"))
        .args(["audit", "--deep"])
        .env_clear()
        .env("HOME", home)
        .env("KIOSK_DATA_DIR", folder)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&audit.stdout);
    assert!(audit.status.success() && said.contains(": 0 differences."), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seller_goes_on_when_the_built_program_that_had_the_folder_is_killed() {
    let test = "a_seller_goes_on_when_the_built_program_that_had_the_folder_is_killed";
    let mut chance = sell_or_draw(test).await;
    let (mut scene, home) = (Scene::new().await, TempDir::new().expect("a folder"));
    for round in 0..number("KIOSK_KILL_ROUNDS", 24).div_ceil(3) {
        let run = run(round);
        let mut program = Console::start(scene.folder.path(), home.path(), &[]);
        program.wait("Book a journey");
        let mut seller = Seller::start(test, scene.folder.path(), run);
        seller.sell_more(1);
        assert_eq!(scene.owner(), Some(program.id()));

        let sells = seller.listen(Instant::now() + life(&mut chance), |_| false);
        assert_eq!(sells, Err(RecvTimeoutError::Timeout), "it sells all the time");
        program.signal("KILL");
        assert!(!program.end().success());
        seller.take_over(&scene);
        seller.kill_after(life(&mut chance));
        assert_eq!(seller.refusals, [""; 0], "its buyers have waited a little and no more");
        scene.judge(run, vec![seller]).await;
        audited_by_the_program(scene.folder.path(), home.path());
    }
}
