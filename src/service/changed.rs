//! Knows which runs the railway has changed: those with other times than their timetable says, and those of which a part of
//! the way is not run.
//!
//! The changes stand on the run. The catalogue's item names the runs that have any, so that every process knows them within
//! seconds and reads no others for it. What decides reads the run itself.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::delay::Delays;
use crate::domain::gap::Gaps;
use crate::domain::inventory::RunState;
use crate::domain::segment::Leg;
use crate::domain::train::{RunId, Train};
use crate::service::Kiosk;
use crate::service::chart::ATTEMPTS;
use crate::service::request::Failure;
use crate::store::runs::Run;

/// The changed runs, as far as this process knows them.
#[derive(Default)]
pub(super) struct Changed(RwLock<BTreeMap<RunId, Known>>);

/// A run that was changed.
#[derive(Clone)]
pub(super) struct Known {
    /// How its times were.
    pub delays: Delays,
    /// The parts of its way that it does not go.
    pub gaps: Gaps,
    /// The train by which it is sold, with its times.
    pub train: Arc<Train>,
}

impl Known {
    fn count(&self) -> u16 {
        self.delays.count().saturating_add(self.gaps.count())
    }
}

impl Changed {
    /// What is known of a run that was changed.
    pub(super) fn of(&self, run: RunId) -> Option<Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&run).cloned()
    }

    /// All of them.
    pub(super) fn all(&self) -> BTreeMap<RunId, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a run goes a leg, as far as is known.
    pub(super) fn is_run(&self, run: RunId, leg: Leg) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&run).is_none_or(|known| known.gaps.on(leg).is_none())
    }

    /// Takes in what was read of a run; what is older than what is known is not.
    pub(super) fn note(&self, state: &RunState) {
        if state.changes() > self.of(state.run).map_or(0, |known| known.count()) {
            let (delays, gaps, train) = (state.delays.clone(), state.gaps.clone(), Arc::clone(&state.train));
            let known = Known { delays, gaps, train };
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(state.run, known);
        }
    }

    /// The runs of which more is listed than is known; those that are not listed any more are forgotten with it.
    fn behind(&self, listed: &BTreeMap<RunId, u16>) -> Vec<RunId> {
        let oldest = listed.keys().map(|run| run.date).min();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // One that this process has changed a moment ago may not be in what it has read.
        known.retain(|run, _| listed.contains_key(run) || oldest.is_none_or(|oldest| run.date >= oldest));
        let count = |run: &RunId| known.get(run).map_or(0, Known::count);
        listed.iter().filter(|(run, listed)| count(run) < **listed).map(|(run, _)| *run).collect()
    }
}

impl Kiosk {
    /// Reads what the catalogue names and this process does not know, and has it drawn where it is shown. A run that cannot be
    /// read is passed over until the next time: what decides reads it again.
    pub(super) async fn take_in_changes(&self, listed: &BTreeMap<RunId, u16>) {
        let behind = self.0.changed.behind(listed);
        if behind.is_empty() {
            return;
        }
        for run in behind {
            if let Err(error) = self.read_run(run).await {
                tracing::warn!(%run, %error, "a run is shown by its timetable: how it was changed cannot be read");
            }
        }
        self.0.live.suspect_all();
    }

    /// A run that is settled: its item is where its changes are kept.
    pub(super) async fn settled(&self, run: RunId) -> Result<Run, Failure> {
        let mut read = self.known_run(run).await?;
        for _ in 0..ATTEMPTS {
            if self.pin(&mut read).await? {
                return Ok(read);
            }
            read = self.known_run(run).await?;
        }
        Err(Failure::Busy)
    }
}
