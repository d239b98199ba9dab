//! Counts attempts, such as by terminal or by a name that nobody has, in memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::service::request::Failure;

/// The most keys that are remembered; past it the ones longest over go.
const KEYS: usize = 10_000;

/// How often each key was tried lately.
#[derive(Debug)]
pub(in crate::service) struct Attempts {
    most: u32,
    within: TimeDelta,
    counts: Mutex<HashMap<String, Count>>,
}

/// Why there is no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) enum Refused {
    /// There were too many: none until then.
    Until(DateTime<Utc>),
    /// Too much is counted already.
    Busy,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    attempts: u32,
    ends: DateTime<Utc>,
}

impl Attempts {
    /// Allows `most` attempts on a key, then none until `within` after the last of them.
    pub(in crate::service) fn new(most: u32, within: TimeDelta) -> Self {
        Self { most, within, counts: Mutex::default() }
    }

    /// Counts an attempt to sign in, or says until when there is none.
    pub(in crate::service) fn begin(&self, key: &str, now: DateTime<Utc>) -> Result<(), Failure> {
        self.count(key, now).map_err(|refused| match refused {
            Refused::Until(until) => Failure::LockedOut { until },
            Refused::Busy => Failure::Busy,
        })
    }

    /// Counts an attempt.
    pub(in crate::service) fn count(&self, key: &str, now: DateTime<Utc>) -> Result<(), Refused> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KEYS {
            counts.retain(|_, count| now < count.ends);
        }
        if counts.len() >= KEYS && !counts.contains_key(key) {
            return Err(Refused::Busy);
        }
        let ends = (now + self.within).trunc_subsecs(0);
        let count = counts.entry(key.to_owned()).or_insert(Count { attempts: 0, ends });
        if now >= count.ends {
            count.attempts = 0;
        }
        if count.attempts >= self.most {
            return Err(Refused::Until(count.ends));
        }
        *count = Count { attempts: count.attempts + 1, ends };
        Ok(())
    }

    /// Takes one attempt back, which was good. Those before it stay: a good one among bad ones excuses none of them.
    pub(in crate::service) fn take_back(&self, key: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(key) {
            count.attempts = count.attempts.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempts, DateTime, Failure, TimeDelta};

    #[test]
    fn attempts_end_and_begin_again() {
        let attempts = Attempts::new(2, TimeDelta::minutes(15));
        let now = DateTime::from_timestamp(1_764_000_000, 0).expect("a valid instant");
        let until = now + TimeDelta::minutes(15);
        assert_eq!(attempts.begin("NDLS-07", now), Ok(()));
        assert_eq!(attempts.begin("NDLS-07", now), Ok(()));
        assert_eq!(attempts.begin("NDLS-07", now), Err(Failure::LockedOut { until }));
        assert_eq!(attempts.begin("NDLS-08", now), Ok(()), "another terminal is another source");
        assert_eq!(attempts.begin("NDLS-07", until), Ok(()));
    }

    #[test]
    fn a_good_attempt_does_not_count_and_excuses_no_other() {
        let attempts = Attempts::new(2, TimeDelta::minutes(15));
        let now = DateTime::from_timestamp(1_764_000_000, 0).expect("a valid instant");
        for _ in 0..3 {
            assert_eq!(attempts.begin("NDLS-07", now), Ok(()));
            attempts.take_back("NDLS-07");
        }
        assert_eq!(attempts.begin("NDLS-07", now), Ok(()));
        assert_eq!(attempts.begin("NDLS-07", now), Ok(()));
        attempts.take_back("NDLS-07");
        assert_eq!(attempts.begin("NDLS-07", now), Ok(()));
        let until = now + TimeDelta::minutes(15);
        assert_eq!(attempts.begin("NDLS-07", now), Err(Failure::LockedOut { until }));
    }
}
