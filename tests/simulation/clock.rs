//! Time in a simulation: the runtime's clock, which stands still while anybody has anything to do, the hour at which a
//! world begins, and each process's own clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kiosk::service::Clock;
use tokio::time::{Instant, sleep_until};

/// Lets virtual time pass: nobody really waits.
pub async fn pass(time: Duration) {
    sleep_until(Instant::now() + time).await;
}

/// The right time: that of the runtime, from the hour at which the world began. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Almanac {
    began: Instant,
    beginning: Arc<Mutex<DateTime<Utc>>>,
}

impl Almanac {
    pub fn new(beginning: DateTime<Utc>) -> Self {
        Self { began: Instant::now(), beginning: Arc::new(Mutex::new(beginning)) }
    }

    /// What time it is on a clock that is right.
    pub fn now(&self) -> DateTime<Utc> {
        let beginning = *self.beginning.lock().unwrap_or_else(PoisonError::into_inner);
        beginning + TimeDelta::from_std(self.began.elapsed()).expect("a world is short")
    }

    /// Lets hours pass in which nothing happens at all.
    pub fn leap(&self, to: DateTime<Utc>) {
        let over = to - self.now();
        *self.beginning.lock().unwrap_or_else(PoisonError::into_inner) += over.max(TimeDelta::zero());
    }
}

/// A clock that goes with the almanac, and is off by a few seconds.
#[derive(Debug)]
pub struct OwnClock {
    almanac: Almanac,
    off: Mutex<TimeDelta>,
}

impl OwnClock {
    pub fn new(almanac: Almanac, off: TimeDelta) -> Self {
        Self { almanac, off: Mutex::new(off) }
    }

    /// Sets it to be off by another span.
    pub fn step(&self, off: TimeDelta) {
        *self.off.lock().unwrap_or_else(PoisonError::into_inner) = off;
    }
}

impl Clock for OwnClock {
    fn now(&self) -> DateTime<Utc> {
        self.almanac.now() + *self.off.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
