//! A simulated world: people at the terminals of several processes over one store, where everything that can go wrong
//! does, and where all of it follows from one number.
//!
//! There is one thread and no real time: the runtime's clock stands still until nobody has anything to do, and then jumps
//! to the next moment at which somebody has. The services, the store's code and the SDK are the real ones; the engine
//! answers within the call; the network between them is ours. So a seed that shows a fault shows it every time.

#![allow(clippy::large_futures, reason = "a few people in a test: their futures' size costs nothing")]

mod administration;
mod ask;
mod claims;
mod clock;
mod deeds;
mod giving_up;
mod ledger;
mod network;
mod office;
mod paper;
mod person;
mod process;
mod queue_verdict;
mod sabotage;
mod season;
mod till_verdict;
mod timetable;
mod town;
mod trace;
mod verdict;
mod wants;
mod weather;
mod words;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use kiosk::domain::delay::NewTimes;
use kiosk::domain::edition::Start;
use kiosk::domain::gap::Stretch;
use kiosk::domain::time::railway_time;
use kiosk::domain::user::{Email, Role, Username};
use kiosk::service::{Chance, Kiosk, Receipts, Settings};
use kiosk::store::Names;
use kiosk::store::Store;
use kiosk::store::retry::{Patience, TokioTimer};
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout_at};

pub use self::sabotage::Sabotage;

use self::clock::{Almanac, OwnClock, pass};
use self::ledger::Ledger;
use self::network::Network;
use self::person::{PASSWORD, Person, Who};
use self::process::{Ground, Slot, Terms};
use self::season::Season;
use self::town::Town;
use self::trace::Trace;
use self::wants::Fashion;
use self::weather::{Weather, chance};

/// What came of one seed.
pub struct Outcome {
    pub seed: u64,
    /// What was found wrong.
    pub violation: Option<String>,
    /// The same for the same run.
    pub hash: u64,
    /// Everything that happened.
    pub trace: Vec<String>,
    /// How often what happened.
    pub counts: BTreeMap<&'static str, u32>,
}

/// The parts of a run that draw for themselves.
mod part {
    pub const PLAN: u64 = 0;
    pub const NETWORK: u64 = 1;
    pub const EDITOR: u64 = 2;
    pub const RAILWAY: u64 = 3;
    pub const DELAYS: u64 = 4;
    pub const STAFF: u64 = 5;
    pub const GAPS: u64 = 6;
    pub const SLOTS: u64 = 100;
    pub const PEOPLE: u64 = 1000;
}

/// How long after the closing everybody has gone home, in calm weather.
const LONGEST_VISIT: Duration = Duration::from_mins(40);

/// Runs the world of a seed to its end.
pub fn run(seed: u64, sabotage: Option<Sabotage>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime of one thread starts").block_on(world(seed, sabotage))
}

async fn world(seed: u64, sabotage: Option<Sabotage>) -> Outcome {
    let mut plan = chance(seed, part::PLAN);
    let weather = Weather::of(&mut plan);
    let season = Season::of(&mut plan).with_delays(&mut chance(seed, part::DELAYS));
    let season = season.with_gaps(&mut chance(seed, part::GAPS));
    let terms = Terms {
        hold: TimeDelta::seconds(plan.random_range(30..=90)),
        slip: TimeDelta::seconds(plan.random_range(40..=120)),
        receipts: if plan.random_bool(0.02) { Receipts::AtOnce } else { Receipts::WhenAsked },
    };
    let trace = Trace::begin();
    let network = Network::new(chance(seed, part::NETWORK), trace.clone(), sabotage);
    let (mut people, slots) = (people(&mut plan), plan.random_range(1..=4));
    if chance(seed, part::STAFF).random_bool(0.5) {
        people.push(Who::Account("supervisor0".to_owned(), Role::Supervisor));
    }
    let almanac = Almanac::new(season.acts[0].begins);
    prepare(&network, terms, &almanac, &people).await;
    trace.note("world", format_args!("{weather:?} {season:?} {terms:?}"));

    let town = Arc::new(Town {
        slots: (1..=slots).map(Slot::new).collect(),
        ledger: Mutex::new(Ledger::default()),
        trace: trace.clone(),
        runs: season.runs.clone(),
        almanac: almanac.clone(),
        fashion: Fashion::of(&mut plan),
        staff: people.iter().filter_map(Who::sells).collect(),
        closing: Mutex::new(Instant::now()),
    });
    let ground = Ground { network: network.clone(), trace: trace.clone(), almanac, terms, weather: weather.clone() };
    for slot in 0..town.slots.len() {
        let (town, ground) = (Arc::clone(&town), ground.clone());
        tokio::spawn(async move { town.slots[slot].live(ground, chance(seed, part::SLOTS + slot as u64)).await });
    }
    if let Some(every) = weather.edition {
        tokio::spawn(edit(network.clone(), town.almanac.clone(), seed, every));
    }
    let mut panic = None;
    for (act, part) in season.acts.iter().zip(0..) {
        town.almanac.leap(act.begins);
        let closing = Instant::now() + Duration::from_secs(act.lasts.into());
        town.open_until(closing);
        network.turn(weather.clone());
        let mut lives = come(&town, seed, part, &people);
        if let (0, Some(after)) = (part, season.cancels) {
            lives.push(cancel(&town, seed, after));
        }
        if let (0, Some(late)) = (part, season.delays) {
            lives.push(delay(&town, seed, late));
        }
        if let (0, Some(shortens)) = (part, season.shortens) {
            lives.push(shorten(&town, seed, shortens));
        }
        sleep_until(closing).await;
        trace.note("world", "closes: the weather clears up");
        network.turn(Weather::calm());
        let over = Instant::now() + LONGEST_VISIT;
        for life in lives {
            match timeout_at(over, life).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => drop(panic.get_or_insert(format!("a task ended with a panic: {error}"))),
                Err(_) => drop(panic.get_or_insert("somebody never gets an answer to go home with".to_owned())),
            }
        }
        // Until whatever was late has arrived, and whatever was held is over.
        pass(Duration::from_mins(10)).await;
        do_all_work(&town).await;
    }
    let store = store(&network, "judge", seed);
    let found = panic.or_else(|| town.ledger().violation().map(str::to_owned));
    let judged = verdict::judge(&town, &store.0, &store.1).await.err();
    let violation = match (found, judged) {
        (Some(found), Some(judged)) => Some(format!("{found}; and {judged}")),
        (found, judged) => found.or(judged),
    };
    if let Some(violation) = &violation {
        trace.note("world", format_args!("VIOLATION: {violation}"));
    }
    let counts = town.ledger().counts.clone();
    Outcome { seed, violation, hash: trace.hash(), trace: trace.lines(), counts }
}

/// Who lives in a world.
fn people(chance: &mut StdRng) -> Vec<Who> {
    let mut people = Vec::new();
    let mut join = |role: Role, count: u32| {
        let name = |number: u32| format!("{}{number}", role.word());
        people.extend((0..count).map(|number| Who::Account(name(number), role)));
    };
    join(Role::Agent, chance.random_range(0..=2));
    join(Role::Traveller, chance.random_range(0..=2));
    join(Role::Administrator, 1);
    people.extend((0..chance.random_range(1..=4)).map(|_| Who::Guest));
    people
}

/// Lets everybody come, each with a chance of their own.
fn come(town: &Arc<Town>, seed: u64, act: u64, people: &[Who]) -> Vec<JoinHandle<()>> {
    let lives = (0..).zip(people).map(|(number, who)| {
        let chance = chance(seed, part::PEOPLE + 100 * act + u64::from(number));
        tokio::spawn(Person::new(number, who.clone(), chance, Arc::clone(town)).live())
    });
    lives.collect()
}

/// Lets the administrator cancel the first run after a while.
fn cancel(town: &Arc<Town>, seed: u64, after: u32) -> JoinHandle<()> {
    let (town, chance) = (Arc::clone(town), chance(seed, part::RAILWAY));
    tokio::spawn(async move {
        pass(Duration::from_secs(after.into())).await;
        let who = Who::Account("administrator0".to_owned(), Role::Administrator);
        let run = town.runs[0];
        Person::new(99, who, chance, town).cancel_run(run).await;
    })
}

/// Lets the administrator cancel a part of the first run after a while.
fn shorten(town: &Arc<Town>, seed: u64, (after, stretch): (u32, Stretch)) -> JoinHandle<()> {
    let (town, chance) = (Arc::clone(town), chance(seed, part::GAPS + part::PEOPLE));
    tokio::spawn(async move {
        pass(Duration::from_secs(after.into())).await;
        let who = Who::Account("administrator0".to_owned(), Role::Administrator);
        let run = town.runs[0];
        Person::new(97, who, chance, town).cancel_part(run, stretch).await;
    })
}

/// Lets the administrator have the first run go later after a while.
fn delay(town: &Arc<Town>, seed: u64, (after, from, minutes): (u32, u8, u16)) -> JoinHandle<()> {
    let (town, chance) = (Arc::clone(town), chance(seed, part::DELAYS + part::PEOPLE));
    tokio::spawn(async move {
        pass(Duration::from_secs(after.into())).await;
        let who = Who::Account("administrator0".to_owned(), Role::Administrator);
        let run = town.runs[0];
        Person::new(98, who, chance, town).delay_run(run, NewTimes { from, minutes }).await;
    })
}

/// Lets every process do what is due, all at once, and then one of them what is due later, until nothing can be left.
async fn do_all_work(town: &Town) {
    for at_once in [town.slots.len(), 1, 1] {
        let processes = join_all(town.slots[..at_once].iter().map(Slot::running)).await;
        join_all(processes.iter().map(|process| process.kiosk.work_once())).await;
        // What is looked after again is so within a minute.
        pass(Duration::from_secs(75)).await;
    }
}

fn store(network: &Network, name: &str, seed: u64) -> (Store, kiosk::aws::Clients) {
    let (clients, _line) = network.connect(name);
    let patience = Patience::new(TokioTimer::default(), seed ^ 0x5eed_0000_0000_0000);
    (Store::with_patience(clients.clone(), Names::default(), patience), clients)
}

/// The tables, the train, and accounts for those who have one.
async fn prepare(network: &Network, terms: Terms, almanac: &Almanac, people: &[Who]) {
    let (store, _) = store(network, "setup", u64::MAX);
    store.provision(|_| {}).await.expect("an empty store can be provisioned");
    let start = Start::at_once(railway_time(almanac.now()).date());
    let first = store.publish(&timetable::stations(), &[timetable::first_edition()], start, |_, _| {}).await;
    first.expect("it can be published");
    let settings: Settings = process::settings(terms, Chance::seeded(1));
    let clock = Arc::new(OwnClock::new(almanac.clone(), TimeDelta::zero()));
    let kiosk = Kiosk::open(store, settings, clock).await.expect("the catalogue is read");
    for who in people {
        let Who::Account(name, role) = who else { continue };
        let email = Email::parse(&format!("{name}@example.in")).expect("an address");
        let name = Username::parse(name).expect("a name");
        let added = kiosk.add_account(name, email, *role, PASSWORD.to_owned().into()).await;
        added.expect("nobody has the name");
    }
    kiosk.settle().await;
}

/// Publishes another edition of the train from time to time, while the weather is bad.
async fn edit(network: Network, almanac: Almanac, seed: u64, every: Duration) {
    let mut chance = chance(seed, part::EDITOR);
    let (store, _) = store(&network, "editor", chance.random());
    loop {
        pass(every.mul_f64(chance.random_range(0.3..1.5))).await;
        if !network.is_calm() {
            // One that does not succeed is finished by the next.
            let start = Start::at_once(railway_time(almanac.now()).date());
            let next = timetable::next_edition(&mut chance);
            let _ = store.publish(&timetable::stations(), &[next], start, |_, _| {}).await;
        }
    }
}

/// What a person needs to look into a violation: the end of the trace, and how to see it again.
pub fn report(outcome: &Outcome) -> String {
    const SHOWN: usize = 300;
    let Outcome { seed, violation, trace, .. } = outcome;
    let from = trace.len().saturating_sub(SHOWN);
    let shown = trace[from..].join("\n");
    let violation = violation.as_deref().unwrap_or("nothing is wrong");
    format!(
        "seed {seed}: {violation}\nthe last lines of {}:\n{shown}\nseed {seed}: {violation}\nto see it again: \
         cargo run --release --example simulate -- --first-seed {seed} --seeds 1 --trace",
        trace.len()
    )
}
