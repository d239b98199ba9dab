//! How fast a train sells out, and how much of that is the store: many buyers, through the services and by bare requests.
//!
//! `cargo bench --bench sellout`. Buyers empty a train of 20 coaches through [`Session::call`]; before or after, as many
//! tasks send the same requests by the bare SDK to the same engine, under another run. Once on the engine in a folder,
//! with an fsync for every write, to see the rate; once on the engine in memory with 5 ms added to every request, to see
//! the processor time. Receipts are rendered when they are asked for, so none is rendered here. It asserts that no berth
//! is sold twice and none stays, and only prints its limits: of the rates on a busy machine, the ratios alone are worth
//! anything.
#![allow(clippy::print_stdout, reason = "a benchmark's figures are its output")]

#[path = "sale/bare.rs"]
mod bare;
#[path = "sale/cpu.rs"]
mod cpu;
#[allow(dead_code, reason = "the other benchmarks ask it for more")]
#[path = "../tests/all/market.rs"]
mod market;
#[allow(dead_code, reason = "the tests ask it for more")]
#[path = "../tests/all/meter.rs"]
mod meter;
#[allow(dead_code, reason = "the tests ask it for more")]
#[path = "../tests/all/service_kit.rs"]
mod service_kit;
#[allow(dead_code, reason = "the tests ask it for more")]
#[path = "../tests/all/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::future::join_all;
use kiosk::aws::embedded;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::coach::{BerthRef, CoachId};
use kiosk::domain::time::railway_time;
use kiosk::domain::train::RunId;
use kiosk::service::request::Failure;
use kiosk::service::{Clock, Kiosk, Receipts, Settings, SystemClock};
use kiosk::store::{Names, Store};
use tempfile::TempDir;

use bare::Bare;
use cpu::Cpu;
use market::{buy, follow, long_train, on_sale, run_of};
use meter::{Detail, Meter, Tally};
use service_kit::{publish, settings, terminal};

/// What of the bare requests' rate selling is to reach.
const AIM_OF_BARE: f64 = 0.8;
/// What of the bare requests' processor time a booking may take.
const AIM_CPU_OF_BARE: f64 = 1.3;
/// Bookings a second that the whole country makes at its peak (IRCTC, `indian-railways` reference).
const NATIONAL: f64 = 2_500.0;
/// What a request to AWS takes within its region.
const DELAY: Duration = Duration::from_millis(5);
/// The processors for which the rate is given.
const CORES: f64 = 2.0;

/// How much is sold.
#[derive(Clone, Copy)]
struct Size {
    coaches: u8,
    /// Trains sold out by each way.
    rounds: u16,
    /// Of the buyers, how many there are of `64` and `256`.
    share: usize,
}

const FULL: Size = Size { coaches: 20, rounds: 3, share: 1 };
/// `cargo test --benches` only wants to know that it runs.
const BRIEF: Size = Size { coaches: 2, rounds: 1, share: 8 };

fn main() {
    let size = if std::env::args().any(|argument| argument == "--bench") { FULL } else { BRIEF };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let lines = runtime.expect("a runtime").block_on(async {
        let mut lines = in_folder(size).await;
        lines.extend(delayed(size).await);
        lines
    });
    println!("{}", lines.join("\n"));
}

/// The rate on a disk.
async fn in_folder(size: Size) -> Vec<String> {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let clients = embedded::open(folder.path()).expect("the engines start");
    let market = Market::open(Meter::new(Detail::Operations), clients, size.coaches).await;
    let buyers = 64 / size.share;
    println!("{buyers} buyers, {} coaches, {} trains, fsync on {}", size.coaches, size.rounds, file_system(&folder));
    let [sold, bare] = market.compare(buyers, size.rounds).await;
    let conflicts = sold.requests.get("UpdateItem").map_or(0, |tally| tally.refused);
    println!("limit sellout_of_bare {AIM_OF_BARE} ratio");
    vec![
        format!("figure sellout_bookings {} bookings", sold.latencies.len()),
        format!("figure sellout_bookings_per_s {:.1} 1/s", sold.rate()),
        format!("figure sellout_bare_per_s {:.1} 1/s", bare.rate()),
        format!("figure sellout_p50_ms {:.1} ms", millis(sold.quantile(50))),
        format!("figure sellout_p99_ms {:.1} ms", millis(sold.quantile(99))),
        format!("figure sellout_bare_p99_ms {:.1} ms", millis(bare.quantile(99))),
        format!("figure sellout_conflicts {conflicts} requests"),
        format!("figure sellout_of_bare {:.2} ratio", sold.rate() / bare.rate()),
    ]
}

/// The processor time where requests take as long as they do to AWS.
async fn delayed(size: Size) -> Vec<String> {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let clients = embedded::in_memory(folder.path()).expect("the engines start");
    let clients = clients.with_faults(Arc::new(|_: &Call| Some(Fault::Delay(DELAY))));
    let market = Market::open(Meter::new(Detail::Operations), clients, size.coaches).await;
    let buyers = 256 / size.share;
    println!("{buyers} buyers, {} coaches, {} trains, in memory, {DELAY:?} a request", size.coaches, size.rounds);
    let [sold, bare] = market.compare(buyers, size.rounds).await;
    sold.print_coaches();
    let conflicts = sold.requests.get("UpdateItem").map_or(0, |tally| tally.refused);
    let [all, own] = [|cpu: Cpu| cpu.all, Cpu::without_engine].map(|of| [sold.cpu_each(of), bare.cpu_each(of)]);
    println!("limit sellout_delayed_cpu_of_bare {AIM_CPU_OF_BARE} ratio");
    println!("limit sellout_delayed_on_two_cores {NATIONAL} 1/s, of the whole country");
    vec![
        format!("figure sellout_delayed_p50_ms {:.1} ms", millis(sold.quantile(50))),
        format!("figure sellout_delayed_p99_ms {:.1} ms", millis(sold.quantile(99))),
        format!("figure sellout_delayed_conflicts {conflicts} requests"),
        format!("figure sellout_delayed_cpu_ms {:.3} ms", all[0] * 1e3),
        format!("figure sellout_delayed_cpu_of_bare {:.2} ratio", all[0] / all[1]),
        format!("figure sellout_delayed_cpu_without_engine_ms {:.3} ms", own[0] * 1e3),
        format!("figure sellout_delayed_cpu_without_engine_of_bare {:.2} ratio", own[0] / own[1]),
        format!("figure sellout_delayed_on_two_cores {:.0} 1/s", CORES / all[0]),
        format!("figure sellout_delayed_on_two_cores_without_engine {:.0} 1/s", CORES / own[0]),
    ]
}

/// A store with one train, and a process that sells it.
struct Market {
    meter: Meter,
    kiosk: Kiosk,
    clients: kiosk::aws::Clients,
    names: Names,
    first: chrono::NaiveDate,
}

impl Market {
    async fn open(meter: Meter, clients: kiosk::aws::Clients, coaches: u8) -> Self {
        let (clients, names) = (meter.on(clients), Names::default());
        let store = Store::new(clients.clone(), names.clone());
        store.provision(|_| {}).await.expect("an empty store can be provisioned");
        publish(&store, long_train(coaches)).await;
        let settings = Settings { receipts: Receipts::WhenAsked, ..settings() };
        let kiosk = Kiosk::start(store, settings, Arc::new(SystemClock)).await.expect("the catalogue is read");
        // Far enough ahead that the run has not left, and within the window on which trains are sold.
        let first = railway_time(SystemClock.now()).date() + TimeDelta::days(5);
        Self { meter, kiosk, clients, names, first }
    }

    /// Sells trains out by both ways, in turns: through the services, and by bare requests.
    async fn compare(&self, buyers: usize, rounds: u16) -> [Measure; 2] {
        let [mut sold, mut bare] = [Measure::default(), Measure::default()];
        for round in 0..rounds {
            if round % 2 == 0 {
                bare.add(self.send_bare(round, buyers).await);
                sold.add(self.sell_out(round, buyers).await);
            } else {
                sold.add(self.sell_out(round, buyers).await);
                bare.add(self.send_bare(round, buyers).await);
            }
        }
        for (name, measure) in [("services", &sold), ("bare", &bare)] {
            println!("requests of {} bookings, {name}: {}", measure.latencies.len(), listed(&measure.requests));
        }
        [sold, bare]
    }

    /// Buyers take what they can get until they are told that nothing is left.
    async fn sell_out(&self, round: u16, buyers: usize) -> Measure {
        let run = run_of(self.first, round);
        let watch = follow(&self.kiosk, run).await;
        let begun = Begun::now(&self.meter);
        let shopping = (0..buyers).map(|_| tokio::spawn(shop(self.kiosk.clone(), run)));
        let bought = join_all(shopping).await.into_iter().flat_map(|bought| bought.expect("no panic"));
        let latencies: Vec<_> = bought.collect();
        self.kiosk.settle().await;
        let measure = begun.measure(&self.meter, latencies);
        let sold: BTreeSet<BerthRef> = measure.latencies.iter().map(|(berth, _)| *berth).collect();
        assert_eq!(sold.len(), measure.latencies.len(), "no berth is sold twice");
        let state = watch.current().expect("it was read");
        assert_eq!(sold, on_sale(&state).into_iter().collect(), "every berth on sale is sold");
        measure
    }

    /// As many tasks send what the sale of the same berths takes.
    async fn send_bare(&self, round: u16, buyers: usize) -> Measure {
        // Beside those that are sold out: one booking on it is the model of all.
        let model = run_of(self.first, 20 + round);
        let session = self.kiosk.open_session(terminal("HALL-0"));
        let watch = follow(&self.kiosk, model).await;
        let sample = buy(&session, model, 1).await.expect("a berth is free");
        self.kiosk.settle().await;
        let berths = Arc::new(on_sale(&watch.current().expect("it was read")));
        // Another year: no booking of it is real.
        let run = format!("12951#2099-01-{:02}", round + 1);
        let bare = Bare::like(self.clients.dynamodb.clone(), self.names.clone(), run, &sample).await;
        let next = Arc::new(AtomicUsize::new(0));
        let begun = Begun::now(&self.meter);
        let tasks = (0..buyers).map(|_| {
            let (bare, berths, next) = (bare.clone(), Arc::clone(&berths), Arc::clone(&next));
            tokio::spawn(async move {
                let (mut latencies, mut rest) = (Vec::new(), Vec::new());
                loop {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    // Spread over the coaches, as buyers are.
                    let Some(berth) = berths.get(nth).map(|_| berths[nth * 73 % berths.len()]) else { break };
                    let begun = Instant::now();
                    rest.push(bare.book(berth, &format!("bare-{round}-{nth}")).await);
                    latencies.push((berth, begun.elapsed()));
                }
                join_all(rest).await.into_iter().for_each(|done| done.expect("no panic"));
                latencies
            })
        });
        let sent = join_all(tasks).await.into_iter().flat_map(|sent| sent.expect("no panic"));
        let latencies = sent.collect();
        begun.measure(&self.meter, latencies)
    }
}

/// One buyer after another at one terminal.
async fn shop(kiosk: Kiosk, run: RunId) -> Vec<(BerthRef, Duration)> {
    let mut bought = Vec::new();
    loop {
        let session = kiosk.open_session(terminal("HALL-1"));
        let begun = Instant::now();
        match buy(&session, run, 1).await {
            Ok(booking) => {
                let berth = booking.berths().next().expect("it has a berth").berth;
                bought.push((berth, begun.elapsed()));
            }
            Err(Failure::SoldOut { .. }) => return bought,
            // Somebody was told to try again: so they do.
            Err(Failure::Busy) => {}
            Err(failure) => panic!("a buyer was refused: {failure}"),
        }
    }
}

/// When a measure began.
struct Begun {
    at: Instant,
    cpu: Cpu,
}

impl Begun {
    fn now(meter: &Meter) -> Self {
        meter.take();
        Self { at: Instant::now(), cpu: Cpu::now() }
    }

    fn measure(self, meter: &Meter, latencies: Vec<(BerthRef, Duration)>) -> Measure {
        let (took, cpu) = (self.at.elapsed(), Cpu::now().since(self.cpu));
        Measure { took, cpu, latencies, requests: meter.take() }
    }
}

/// What a number of bookings took, with everything that they left to do.
#[derive(Default)]
struct Measure {
    took: Duration,
    cpu: Cpu,
    latencies: Vec<(BerthRef, Duration)>,
    requests: BTreeMap<String, Tally>,
}

impl Measure {
    fn add(&mut self, other: Self) {
        self.took += other.took;
        self.cpu = self.cpu.and(other.cpu);
        self.latencies.extend(other.latencies);
        for (kind, tally) in other.requests {
            let sum = self.requests.entry(kind).or_default();
            sum.requests += tally.requests;
            sum.refused += tally.refused;
        }
    }

    fn bookings(&self) -> f64 {
        f64::from(u32::try_from(self.latencies.len()).expect("a few thousand"))
    }

    fn rate(&self) -> f64 {
        self.bookings() / self.took.as_secs_f64()
    }

    /// Seconds on a processor for a booking.
    fn cpu_each(&self, of: impl Fn(Cpu) -> Duration) -> f64 {
        of(self.cpu).as_secs_f64() / self.bookings()
    }

    fn quantile(&self, percent: usize) -> Duration {
        quantile(self.latencies.iter().map(|(_, took)| *took).collect(), percent)
    }

    /// Whoever wants a berth of a coach meets those who want another one of it.
    fn print_coaches(&self) {
        let mut coaches: BTreeMap<CoachId, Vec<Duration>> = BTreeMap::new();
        for (berth, took) in &self.latencies {
            coaches.entry(berth.coach).or_default().push(*took);
        }
        println!("coach bookings     p50     p99 ms");
        for (coach, times) in coaches {
            let [p50, p99] = [50, 99].map(|percent| millis(quantile(times.clone(), percent)));
            println!("{:<5} {:>8} {p50:>7.1} {p99:>7.1}", coach.to_string(), times.len());
        }
    }
}

fn quantile(mut times: Vec<Duration>, percent: usize) -> Duration {
    times.sort();
    times[(times.len() - 1) * percent / 100]
}

fn listed(requests: &BTreeMap<String, Tally>) -> String {
    let each = |(kind, tally): (&String, &Tally)| format!("{kind} {} ({} refused)", tally.requests, tally.refused);
    requests.iter().map(each).collect::<Vec<_>>().join(", ")
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The kind of file system on which a folder is, where the system says so.
fn file_system(folder: &TempDir) -> String {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let over = mounts.filter(|(at, _)| folder.path().starts_with(at)).max_by_key(|(at, _)| at.len());
    over.map_or_else(|| "an unknown file system".to_owned(), |(_, kind)| kind.to_owned())
}
