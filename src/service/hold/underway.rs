//! What sessions of this process are about to hold, so that they do not race each other for the same berths.
//!
//! It only makes races rare. The condition of the write decides, as it does between processes: nobody is told that a
//! berth is taken because of what stands here, and whoever finds nothing else waits until it is known.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::domain::inventory::{HoldId, RunState};
use crate::domain::train::RunId;
use crate::store::retry::Patience;
use crate::store::runs::Holding;

/// How long somebody waits for others: so many of the longest pauses between repeats, which are a second at most. On a
/// busy machine an attempt takes a second or two, and to race it would only make it longer.
const PAUSES: u32 = 6;

/// The number of a pause that is one of the longest.
const LONG: u32 = 16;

/// Whether somebody goes for what another session of the process is about to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) enum Races {
    /// They choose something else, or wait.
    Shun,
    /// They do: it took the other too long.
    Run,
}

/// The attempts of this process to hold berths whose outcome is not known yet, by run.
#[derive(Default)]
pub(in crate::service) struct Underway(Mutex<BTreeMap<RunId, Attempts>>);

#[derive(Default)]
struct Attempts {
    holdings: Vec<Holding>,
    ended: Arc<Notify>,
}

/// An attempt; dropped, it has ended.
pub(in crate::service) struct Attempt<'a> {
    underway: &'a Underway,
    run: RunId,
    hold: HoldId,
}

impl Underway {
    /// Notes an attempt. With `Races::Shun`, not one for anything that another is for, which was begun meanwhile.
    pub(in crate::service) fn begin(&self, run: RunId, holding: &Holding, races: Races) -> Option<Attempt<'_>> {
        let mut runs = self.runs();
        let holdings = &mut runs.entry(run).or_default().holdings;
        if races == Races::Shun && holdings.iter().any(|other| is_race(other, holding)) {
            return None;
        }
        holdings.push(holding.clone());
        Some(Attempt { underway: self, run, hold: holding.hold })
    }

    /// A run as it will be once all that others than a hold try is done; `None` when nobody tries anything.
    pub(in crate::service) fn foreseen(&self, state: &RunState, hold: HoldId) -> Option<RunState> {
        let runs = self.runs();
        let attempts = runs.get(&state.run)?;
        let mut foreseen = state.clone();
        for holding in attempts.holdings.iter().filter(|holding| holding.hold != hold) {
            for (coach, spots) in &holding.parts {
                let masks = &mut foreseen.coach_mut(*coach).masks;
                for spot in spots {
                    let mask = masks.entry(*spot).or_default();
                    *mask = mask.with(holding.leg.mask());
                }
            }
        }
        Some(foreseen)
    }

    /// Waits until one of a run's attempts has ended, or for a moment at most. What to do next.
    pub(in crate::service) async fn outlast(&self, run: RunId, patience: &Patience) -> Races {
        // Made under the lock, so that no end is missed.
        let ended = self.runs().get(&run).map(|attempts| Arc::clone(&attempts.ended).notified_owned());
        let Some(ended) = ended else { return Races::Shun };
        tokio::pin!(ended);
        for _ in 0..PAUSES {
            tokio::select! {
                // Simulations replay: no chance decides.
                biased;
                () = &mut ended => return Races::Shun,
                () = patience.pause(LONG) => {}
            }
        }
        Races::Run
    }

    fn runs(&self) -> MutexGuard<'_, BTreeMap<RunId, Attempts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One end is news for one who waits; the last one for all.
impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut runs = self.underway.runs();
        let Some(attempts) = runs.get_mut(&self.run) else { return };
        attempts.holdings.retain(|holding| holding.hold != self.hold);
        if attempts.holdings.is_empty() {
            attempts.ended.notify_waiters();
            runs.remove(&self.run);
        } else {
            attempts.ended.notify_one();
        }
    }
}

/// Whether two attempts want the same spot on the same segment.
fn is_race(one: &Holding, other: &Holding) -> bool {
    let shares = |(coach, spots): (&_, &Vec<_>)| {
        other.parts.get(coach).is_some_and(|others| others.iter().any(|spot| spots.contains(spot)))
    };
    one.hold != other.hold && one.leg.mask().overlaps(other.leg.mask()) && one.parts.iter().any(shares)
}
