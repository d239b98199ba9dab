//! What happened in a run, line by line, and its hash: two runs of one seed have the same.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

tokio::task_local! {
    /// The person for whom a task works; what a process does behind everybody's back is nobody's.
    pub static PERSON: u32;
}

/// The lines of a run so far. Cheap to clone.
#[derive(Clone)]
pub struct Trace(Arc<Inner>);

struct Inner {
    began: Instant,
    lines: Mutex<Vec<String>>,
}

impl Trace {
    pub fn begin() -> Self {
        Self(Arc::new(Inner { began: Instant::now(), lines: Mutex::default() }))
    }

    /// Adds what happened at `place`, now, for whoever this task works.
    pub fn note(&self, place: &str, what: impl fmt::Display) {
        let person = PERSON.try_with(|person| format!("person {person}")).unwrap_or_else(|_| "-".to_owned());
        self.note_for(place, &person, what);
    }

    /// Adds what happened at `place`, now, for somebody.
    pub fn note_for(&self, place: &str, person: &str, what: impl fmt::Display) {
        let at = self.0.began.elapsed().as_secs_f64();
        let line = format!("{at:>9.3} {place:<10} {person:<10} {what}");
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// All lines.
    pub fn lines(&self) -> Vec<String> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A number that differs when any line does.
    pub fn hash(&self) -> u64 {
        let lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().fold(0, |hash, line| digest(hash, line.as_bytes()))
    }
}

/// The FNV-1a hash of some bytes after others.
pub fn digest(before: u64, bytes: &[u8]) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ before;
    bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
