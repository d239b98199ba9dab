//! What all people of a world know.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use kiosk::domain::train::RunId;
use kiosk::domain::user::Role;
use tokio::time::Instant;

use super::clock::Almanac;
use super::ledger::Ledger;
use super::process::Slot;
use super::trace::Trace;
use super::wants::Fashion;

pub struct Town {
    pub slots: Vec<Slot>,
    pub ledger: Mutex<Ledger>,
    pub trace: Trace,
    pub runs: Vec<RunId>,
    pub almanac: Almanac,
    pub fashion: Fashion,
    /// Who sells at counters, by their accounts.
    pub staff: Vec<(String, Role)>,
    /// When nobody begins anything new.
    pub closing: Mutex<Instant>,
}

impl Town {
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What time it is on a clock that is right.
    pub fn now(&self) -> DateTime<Utc> {
        self.almanac.now()
    }

    pub fn is_closed(&self) -> bool {
        Instant::now() >= *self.closing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens until a moment.
    pub fn open_until(&self, closing: Instant) {
        *self.closing.lock().unwrap_or_else(PoisonError::into_inner) = closing;
    }
}
