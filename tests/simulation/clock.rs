//! Time in a simulation: the runtime's clock, which stands still while anybody has anything to do, and each process's own.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kiosk::service::Clock;
use tokio::time::{Instant, sleep_until};

/// Lets virtual time pass: nobody really waits.
pub async fn pass(time: Duration) {
    sleep_until(Instant::now() + time).await;
}

/// When every simulation begins: Tuesday, 1 December 2026, 10:00 in India.
pub fn beginning() -> DateTime<Utc> {
    "2026-12-01T04:30:00Z".parse().expect("an instant")
}

/// A clock that goes with the runtime's, and is off by a few seconds.
#[derive(Debug)]
pub struct OwnClock {
    began: Instant,
    off: Mutex<TimeDelta>,
}

impl OwnClock {
    pub fn new(began: Instant, off: TimeDelta) -> Self {
        Self { began, off: Mutex::new(off) }
    }

    /// Sets it to be off by another span.
    pub fn step(&self, off: TimeDelta) {
        *self.off.lock().unwrap_or_else(PoisonError::into_inner) = off;
    }
}

impl Clock for OwnClock {
    fn now(&self) -> DateTime<Utc> {
        let off = *self.off.lock().unwrap_or_else(PoisonError::into_inner);
        beginning() + TimeDelta::from_std(self.began.elapsed()).expect("a run is short") + off
    }
}
