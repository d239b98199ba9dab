//! The processes: each a kiosk of its own over the network, with a clock that is a little off, until it crashes and
//! another takes its place.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use kiosk::service::{Argon2Cost, Chance, Kiosk, Labour, Receipts, Settings, SignInLimits};
use kiosk::store::retry::{Patience, TokioTimer};
use kiosk::store::{Names, Store};
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::clock::{Almanac, OwnClock, pass};
use super::network::{Line, Network};
use super::trace::Trace;
use super::weather::Weather;

/// A process that is running.
pub struct Process {
    pub name: String,
    pub kiosk: Kiosk,
    /// Becomes true when the process has crashed.
    pub crashed: CancellationToken,
    line: Line,
}

/// How a run's processes are set up.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub hold: TimeDelta,
    pub slip: TimeDelta,
    /// Rendering is what costs most: most runs go without.
    pub receipts: Receipts,
}

pub fn settings(terms: Terms, chance: Chance) -> Settings {
    Settings {
        hold: terms.hold,
        slip: terms.slip,
        argon2: Argon2Cost { memory_kib: 8, passes: 1, lanes: 1 },
        // A process that crashes while somebody signs in leaves an attempt behind.
        sign_in: SignInLimits { per_account: 10_000, per_terminal: 10_000, ..SignInLimits::default() },
        chance,
        labour: Labour::Inline,
        receipts: terms.receipts,
        ..Settings::development(vec![7; 32].into())
    }
}

/// Where a process runs, one after the other.
pub struct Slot {
    number: u32,
    running: Mutex<Option<Arc<Process>>>,
    /// Wakes in the order of waiting; a `watch` channel would wake in an order by chance that no seed decides.
    changed: Notify,
}

/// What the slots of a run have in common.
#[derive(Clone)]
pub struct Ground {
    pub network: Network,
    pub trace: Trace,
    pub almanac: Almanac,
    pub terms: Terms,
    pub weather: Weather,
}

impl Slot {
    pub fn new(number: u32) -> Self {
        Self { number, running: Mutex::default(), changed: Notify::new() }
    }

    /// The process that runs here; waits for it.
    pub async fn running(&self) -> Arc<Process> {
        loop {
            let changed = self.changed.notified();
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).clone();
            match running {
                Some(process) => return process,
                None => changed.await,
            }
        }
    }

    fn set(&self, process: Option<Arc<Process>>) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = process;
        self.changed.notify_waiters();
    }

    /// Runs one process after the other, for as long as it is asked.
    pub async fn live(&self, ground: Ground, mut chance: StdRng) {
        for generation in 1.. {
            let process = Arc::new(self.start(&ground, generation, &mut chance).await);
            self.set(Some(Arc::clone(&process)));
            let polls = tokio::spawn(look_around(Arc::clone(&process), chance.random_range(3.0..20.0)));
            let every = chance.random_range(10.0..60.0);
            let works = tokio::spawn(work(Arc::clone(&process), ground.network.clone(), every));
            let Some(life) = ground.weather.life else { return std::future::pending().await };
            pass(life.mul_f64(chance.random_range(0.2..2.0))).await;
            while ground.network.is_calm() {
                pass(life).await;
            }
            // From here on nothing it does is seen by anybody, whatever its destructors try.
            process.line.cut();
            self.set(None);
            process.crashed.cancel();
            polls.abort();
            works.abort();
            ground.trace.note(&process.name, "crashes");
            pass(Duration::from_millis(chance.random_range(10..5_000))).await;
        }
    }

    async fn start(&self, ground: &Ground, generation: u32, chance: &mut StdRng) -> Process {
        let name = format!("kiosk {}.{generation}", self.number);
        let off = |chance: &mut StdRng| {
            TimeDelta::milliseconds((chance.random_range(-1.0..=1.0) * ground.weather.skew * 1000.0) as i64)
        };
        loop {
            let (clients, line) = ground.network.connect(&name);
            let clock = Arc::new(OwnClock::new(ground.almanac.clone(), off(chance)));
            let patience = Patience::new(TokioTimer::default(), chance.random());
            let store = Store::with_patience(clients, Names::default(), patience);
            let settings = settings(ground.terms, Chance::seeded(chance.random()));
            match Kiosk::open(store, settings, clock.clone()).await {
                Ok(kiosk) => {
                    let crashed = CancellationToken::new();
                    tokio::spawn(step(clock, crashed.clone(), chance.random_range(20..200), off(chance)));
                    return Process { name, kiosk, crashed, line };
                }
                Err(error) => ground.trace.note(&name, format_args!("does not start: {error}")),
            }
        }
    }
}

/// Sets a clock once while its process runs.
async fn step(clock: Arc<OwnClock>, crashed: CancellationToken, after: u64, off: TimeDelta) {
    tokio::select! {
        biased;
        () = crashed.cancelled() => {}
        () = pass(Duration::from_secs(after)) => clock.step(off),
    }
}

/// Follows what other processes do, as a process with screens does.
async fn look_around(process: Arc<Process>, every: f64) {
    loop {
        pass(Duration::from_secs_f64(every)).await;
        process.kiosk.poll_once().await;
        // Whoever cannot be looked for now is the next time.
        let _ = process.kiosk.end_sessions_of_changed_accounts().await;
    }
}

/// Does what is due now and then while the weather is bad; in calm weather it is done when the world says so.
async fn work(process: Arc<Process>, network: Network, every: f64) {
    loop {
        pass(Duration::from_secs_f64(every)).await;
        if !network.is_calm() {
            process.kiosk.work_once().await;
        }
    }
}
