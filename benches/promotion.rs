//! How long a waiting list takes to move up after a cancelled party, and what it asks of the tables.
//!
//! `cargo bench --bench promotion`. A class is sold out, its shared berths too, and 300 passengers wait; then six who have
//! berths from end to end give them up, and the clock runs until everybody who can has moved up. Once all who wait travel
//! from end to end, so that twelve move up: six from a half to a berth, six from the list to a half. Once they travel on
//! legs of all kinds, so that each berth serves several of them. It is measured on the engine in a folder, with an fsync
//! for every write, and on the engine in memory with 5 ms added to every request, as to AWS. It asserts the order, and
//! only prints its limits.
#![allow(clippy::print_stdout, reason = "a benchmark's figures are its output")]

#[allow(dead_code, reason = "the other benchmarks ask it for more")]
#[path = "../tests/all/market.rs"]
mod market;
#[allow(dead_code, reason = "the other benchmarks ask it for more")]
#[path = "../tests/all/meter.rs"]
mod meter;
#[allow(dead_code, reason = "the tests ask it for more")]
#[path = "../tests/all/service_kit.rs"]
mod service_kit;
#[allow(dead_code, reason = "the tests ask it for more")]
#[path = "../tests/all/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use kiosk::aws::fault::{Call, Fault};
use kiosk::aws::{Clients, embedded};
use kiosk::domain::booking::{Booking, Place};
use kiosk::domain::inventory::RunState;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::segment::Leg;
use kiosk::domain::time::railway_time;
use kiosk::domain::train::RunId;
use kiosk::domain::waitlist::promotion::next_move;
use kiosk::domain::waitlist::{Entry, QueueId};
use kiosk::service::request::{Reply, Request};
use kiosk::service::{Clock, Kiosk, Receipts, Settings, SystemClock};
use kiosk::store::runs::Current;
use kiosk::store::{Names, Store};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;

use market::{CLASS, buy_anything, long_train, run_of};
use meter::{Detail, Meter, Tally};
use service_kit::{booked, leg, new_op, publish, settings, terminal, whole};

/// What the promotion may take on the engine in a folder: nobody looks on, but the next buyer waits for it.
const AIM_MS: u32 = 1_000;
/// What a request to AWS takes within its region.
const DELAY: Duration = Duration::from_millis(5);
/// How many give their berths up.
const PARTY: usize = 6;

/// How many coaches there are, and how many wait.
#[derive(Clone, Copy)]
struct Size {
    coaches: u8,
    waiting: usize,
}

const FULL: Size = Size { coaches: 8, waiting: 300 };
/// `cargo test --benches` only wants to know that it runs.
const BRIEF: Size = Size { coaches: 1, waiting: 20 };

/// On which legs those who wait travel.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Legs {
    /// From end to end.
    Whole,
    /// From any halt to any later one.
    Mixed,
}

fn main() {
    let size = if std::env::args().any(|argument| argument == "--bench") { FULL } else { BRIEF };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let lines = runtime.expect("a runtime").block_on(async {
        let mut lines = Vec::new();
        for (legs, name) in [(Legs::Mixed, "promotion_mixed"), (Legs::Whole, "promotion")] {
            let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
            let on_disk = embedded::open(folder.path()).expect("the engines start");
            let swift = measure(&on_disk, on_disk.clone(), size, legs).await;
            let memory = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
            let near = embedded::in_memory(memory.path()).expect("the engines start");
            let far = near.clone().with_faults(Arc::new(|_: &Call| Some(Fault::Delay(DELAY))));
            let slow = measure(&near, far, size, legs).await;
            assert_eq!(swift.steps, slow.steps, "the same people move up");
            println!("{name}: {}", listed(&swift.requests));
            println!("limit {name}_time {AIM_MS} ms");
            lines.extend([
                format!("figure {name}_steps {} passengers", swift.steps),
                format!("figure {name}_delayed_time {:.1} ms", millis(slow.took)),
                format!("figure {name}_time {:.1} ms", millis(swift.took)),
                format!("figure {name}_requests {} requests", swift.sent()),
            ]);
        }
        lines
    });
    println!("{}", lines.join("\n"));
}

/// What a promotion took.
struct Measure {
    took: Duration,
    requests: BTreeMap<String, Tally>,
    /// Passengers who moved up.
    steps: usize,
}

impl Measure {
    fn sent(&self) -> usize {
        self.requests.values().map(|tally| tally.requests).sum()
    }
}

/// Fills a run over clients that answer at once, and measures over others that reach the same tables.
async fn measure(filling: &Clients, measured: Clients, size: Size, legs: Legs) -> Measure {
    let store = Store::new(filling.clone(), Names::default());
    store.provision(|_| {}).await.expect("an empty store can be provisioned");
    publish(&store, long_train(size.coaches)).await;
    let kiosk = open(store.clone()).await;
    let run = run_of(railway_time(SystemClock.now()).date(), 5);
    let leaving = fill(&kiosk, run, size, legs).await;
    let before = Queue::read(&kiosk, run, size).await;

    let meter = Meter::new(Detail::Capacity);
    let kiosk = open(Store::new(meter.on(measured), Names::default())).await;
    let operator = kiosk.operator_session();
    let passengers = (0..).take(PARTY).collect();
    let quote = Request::QuoteCancel { pnr: leaving.pnr, passengers, waiver: None };
    let Ok(Reply::Quote(quote)) = operator.call(quote).await else { panic!("they may give up") };
    meter.take();
    let begun = Instant::now();
    let cancelled = operator.call(Request::Cancel { op: new_op(), pnr: leaving.pnr, quote }).await;
    booked(cancelled).expect("the quote is good");
    kiosk.settle().await;
    let (took, requests) = (begun.elapsed(), meter.take());
    let after = Queue::read(&kiosk, run, size).await;
    let steps = check(&before, &after, legs, &store, &leaving).await;
    Measure { took, requests, steps }
}

async fn open(store: Store) -> Kiosk {
    let settings = Settings { receipts: Receipts::WhenAsked, ..settings() };
    Kiosk::open(store, settings, Arc::new(SystemClock)).await.expect("the catalogue is read")
}

/// Sells a run out by parties of six, and then to those who wait. The first party.
async fn fill(kiosk: &Kiosk, run: RunId, size: Size, legs: Legs) -> Arc<Booking> {
    let mut chance = StdRng::seed_from_u64(1);
    let (mut first, mut waiting) = (None, 0);
    while waiting < size.waiting {
        let (leg, party) = match waiting {
            0 => (whole(), PARTY),
            _ => (some_leg(legs, &mut chance), chance.random_range(1..=4).min(size.waiting - waiting)),
        };
        let session = kiosk.open_session(terminal("HALL-1"));
        let booking = buy_anything(&session, run, leg, party).await.expect("there is something for all");
        waiting += booking.passengers.iter().filter(|booked| matches!(booked.place, Place::Waiting { .. })).count();
        first.get_or_insert(booking);
    }
    kiosk.settle().await;
    first.expect("somebody bought")
}

fn some_leg(legs: Legs, chance: &mut StdRng) -> Leg {
    match legs {
        Legs::Whole => whole(),
        Legs::Mixed => {
            let from = chance.random_range(0..5);
            leg(from, chance.random_range(from + 1..=5))
        }
    }
}

/// Somebody in a queue: whose, which of them, and on which leg.
type Person = (Pnr, u8, Leg);

/// A class's queue at a moment.
struct Queue {
    state: RunState,
    entries: Vec<(QueueId, Entry)>,
}

impl Queue {
    async fn read(kiosk: &Kiosk, run: RunId, size: Size) -> Self {
        let train = Arc::new(long_train(size.coaches));
        let on = railway_time(kiosk.now()).date();
        let current = Current { train: Some(&train), rules: &kiosk.rules(), on };
        let read = kiosk.store().run(run, current).await.expect("it answers").expect("it runs");
        let entries = kiosk.store().queues(run, CLASS).await.expect("it answers");
        Self { state: read.state, entries }
    }

    /// Those who share a berth, or those who wait for one, in their order.
    fn people(&self, share: bool) -> Vec<Person> {
        let people = self.entries.iter().flat_map(|(_, entry)| {
            let waiters = entry.waiters.iter().filter(move |waiter| waiter.shared.is_some() == share);
            waiters.map(|waiter| (entry.pnr, waiter.passenger, entry.leg))
        });
        people.collect()
    }
}

/// Nobody else can move up, and nobody was passed by somebody on the same leg. How many moved up.
async fn check(before: &Queue, after: &Queue, legs: Legs, store: &Store, leaving: &Booking) -> usize {
    // A clock that is a little fast would take no hold for over.
    let now = SystemClock.now() + TimeDelta::seconds(1);
    assert_eq!(next_move(&after.state, CLASS, &after.entries, now), None, "nobody else can move up");
    let [shared, waited] = [true, false].map(|share| before.people(share));
    let [still_shared, still_waits] = [true, false].map(|share| after.people(share));
    let got_berths: Vec<_> =
        shared.iter().chain(&waited).filter(|who| !still_shared.contains(who) && !still_waits.contains(who)).collect();
    let got_halves: Vec<_> = waited.iter().filter(|who| still_shared.contains(who)).collect();
    for (group, stays) in [(&shared, &still_shared), (&waited, &still_waits)] {
        for (place, who) in group.iter().enumerate().filter(|(_, who)| stays.contains(who)) {
            let passed = group[place + 1..].iter().find(|other| other.2 == who.2 && !stays.contains(other));
            assert_eq!(passed, None, "{who:?} was passed by somebody on the same leg");
        }
    }
    if legs == Legs::Whole {
        assert!(got_berths.iter().copied().eq(&shared[..PARTY]), "the first who shared have the berths");
        assert!(got_halves.iter().copied().eq(&waited[..PARTY]), "the first who waited have their halves");
    }
    let freed: Vec<_> = leaving.berths().map(|allotted| allotted.berth).collect();
    for (pnr, passenger, _) in &got_berths {
        let booking = store.booking(*pnr).await.expect("it answers").expect("it is there");
        let berth = booking.passengers[usize::from(*passenger)].place.berth().expect("who left the queue has a berth");
        assert!(legs == Legs::Mixed || freed.contains(&berth.berth), "{} was not free", berth.berth);
    }
    got_berths.len() + got_halves.len()
}

fn listed(requests: &BTreeMap<String, Tally>) -> String {
    let each = |(kind, tally): (&String, &Tally)| format!("{} {kind} ({:.1} units)", tally.requests, tally.units);
    requests.iter().map(each).collect::<Vec<_>>().join(", ")
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
