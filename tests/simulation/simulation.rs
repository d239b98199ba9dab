//! A simulated world: people at the terminals of several processes over one store, where everything that can go wrong
//! does, and where all of it follows from one number.
//!
//! There is one thread and no real time: the runtime's clock stands still until nobody has anything to do, and then jumps
//! to the next moment at which somebody has. The services, the store's code and the SDK are the real ones; the engine
//! answers within the call; the network between them is ours. So a seed that shows a fault shows it every time.

#![allow(clippy::large_futures, reason = "a few people in a test: their futures' size costs nothing")]

mod ask;
mod clock;
mod ledger;
mod network;
mod person;
mod process;
mod sabotage;
mod timetable;
mod trace;
mod verdict;
mod weather;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use kiosk::domain::user::{Email, Role as AccountRole, Username};
use kiosk::service::{Chance, Kiosk, Receipts, Settings};
use kiosk::store::Names;
use kiosk::store::Store;
use kiosk::store::retry::{Patience, TokioTimer};
use rand::RngExt;
use tokio::time::{Instant, sleep_until};

pub use self::sabotage::Sabotage;

use self::clock::{OwnClock, pass};
use self::ledger::Ledger;
use self::network::Network;
use self::person::{PASSWORD, Person, Role, Town};
use self::process::{Ground, Slot, Terms};
use self::trace::Trace;
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
    pub const SLOTS: u64 = 100;
    pub const PEOPLE: u64 = 1000;
}

/// Runs the world of a seed to its end.
pub fn run(seed: u64, sabotage: Option<Sabotage>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime of one thread starts").block_on(world(seed, sabotage))
}

async fn world(seed: u64, sabotage: Option<Sabotage>) -> Outcome {
    let mut plan = chance(seed, part::PLAN);
    let weather = Weather::of(&mut plan);
    let terms = Terms {
        hold: TimeDelta::seconds(plan.random_range(30..=90)),
        slip: TimeDelta::seconds(plan.random_range(40..=120)),
        receipts: if plan.random_bool(0.05) { Receipts::AtOnce } else { Receipts::WhenAsked },
    };
    let (trace, began) = (Trace::begin(), Instant::now());
    let network = Network::new(chance(seed, part::NETWORK), trace.clone(), sabotage);
    let (people, agents, slots) = (plan.random_range(3..=9), plan.random_range(0..=3), plan.random_range(1..=4));
    prepare(&network, terms, began, agents).await;
    trace.note("world", format_args!("{weather:?} {terms:?}"));

    let closing = Instant::now() + Duration::from_secs(plan.random_range(60..=240));
    let town = Arc::new(Town {
        slots: (1..=slots).map(Slot::new).collect(),
        ledger: Mutex::new(Ledger::default()),
        trace: trace.clone(),
        runs: timetable::runs()[..plan.random_range(1..=2)].to_vec(),
        began,
        closing,
    });
    network.turn(weather.clone());
    let ground = Ground {
        network: network.clone(),
        trace: trace.clone(),
        began,
        terms,
        weather: weather.clone(),
        until: closing,
    };
    for slot in 0..town.slots.len() {
        let (town, ground) = (Arc::clone(&town), ground.clone());
        tokio::spawn(async move { town.slots[slot].live(ground, chance(seed, part::SLOTS + slot as u64)).await });
    }
    if let Some(every) = weather.edition {
        tokio::spawn(edit(network.clone(), seed, every, closing));
    }
    let lives: Vec<_> = (0..people)
        .map(|number| {
            let role = if number < agents { Role::Agent(agent(number)) } else { Role::Guest };
            let chance = chance(seed, part::PEOPLE + u64::from(number));
            tokio::spawn(Person::new(number, role, chance, Arc::clone(&town)).live())
        })
        .collect();

    sleep_until(closing).await;
    trace.note("world", "closes: the weather clears up");
    network.turn(Weather::calm());
    let mut panic = None;
    for life in lives {
        if let Err(error) = life.await {
            panic.get_or_insert(format!("a task ended with a panic: {error}"));
        }
    }
    // Until whatever was late has arrived, and whatever was held is over.
    pass(Duration::from_mins(10)).await;
    let store = store(&network, "judge", seed);
    let found = panic.or_else(|| town.ledger().violation().map(str::to_owned));
    let violation = match found {
        Some(found) => Some(found),
        None => verdict::judge(&town, &store.0, &store.1).await.err(),
    };
    if let Some(violation) = &violation {
        trace.note("world", format_args!("VIOLATION: {violation}"));
    }
    let counts = town.ledger().counts.clone();
    Outcome { seed, violation, hash: trace.hash(), trace: trace.lines(), counts }
}

fn agent(number: u32) -> String {
    format!("agent{number}")
}

fn store(network: &Network, name: &str, seed: u64) -> (Store, kiosk::aws::Clients) {
    let (clients, _line) = network.connect(name);
    let patience = Patience::new(TokioTimer::default(), seed ^ 0x5eed_0000_0000_0000);
    (Store::with_patience(clients.clone(), Names::default(), patience), clients)
}

/// The tables, the train, and accounts for the counters.
async fn prepare(network: &Network, terms: Terms, began: Instant, agents: u32) {
    let (store, _) = store(network, "setup", 1);
    store.provision(|_| {}).await.expect("an empty store can be provisioned");
    store.publish(&timetable::stations(), &[timetable::first_edition()], |_, _| {}).await.expect("it can be published");
    let settings: Settings = process::settings(terms, Chance::seeded(1));
    let clock = Arc::new(OwnClock::new(began, TimeDelta::zero()));
    let kiosk = Kiosk::open(store, settings, clock).await.expect("the catalogue is read");
    for number in 0..agents {
        let name = Username::parse(&agent(number)).expect("a name");
        let email = Email::parse(&format!("{}@example.in", agent(number))).expect("an address");
        let added = kiosk.add_account(name, email, AccountRole::Agent, PASSWORD.to_owned().into()).await;
        added.expect("nobody has the name");
    }
    kiosk.settle().await;
}

/// Publishes another edition of the train from time to time.
async fn edit(network: Network, seed: u64, every: Duration, until: Instant) {
    let mut chance = chance(seed, part::EDITOR);
    let (store, _) = store(&network, "editor", chance.random());
    loop {
        pass(every.mul_f64(chance.random_range(0.3..1.5))).await;
        if Instant::now() >= until {
            return;
        }
        // One that does not succeed is finished by the next.
        let _ = store.publish(&timetable::stations(), &[timetable::next_edition(&mut chance)], |_, _| {}).await;
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
