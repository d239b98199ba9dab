//! The one place of the services that reads a clock.
//!
//! Everything below takes the time as an argument, so a test owns it.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};

use crate::aws::store_time::StoreTime;

/// What time it is.
pub trait Clock: Send + Sync {
    /// The instant.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the clock that all others are told from")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// The machine's clock, corrected by what the store says.
impl Clock for StoreTime {
    fn now(&self) -> DateTime<Utc> {
        Self::now(self)
    }
}

/// A clock that stands still until it is moved: for tests.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that shows `now`.
    pub const fn new(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves it forward, or back by a negative span.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().expect("nothing panics while it is held") += by;
    }

    /// Sets it.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().expect("nothing panics while it is held") = now;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("nothing panics while it is held")
    }
}
