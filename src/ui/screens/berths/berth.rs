//! What a berth is to the person who looks at it: free, taken, kept for others, or theirs.

use chrono::{DateTime, Utc};

use super::Berths;
use super::drawing::pool_words;
use crate::domain::coach::BerthRef;
use crate::domain::inventory::RunState;
use crate::domain::quota::Pool;
use crate::domain::spot::{Grant, Part, Spot};
use crate::ui::context::World;

impl Berths {
    /// What a berth is to the person who looks at it.
    pub(super) fn berth(&self, berth: BerthRef, world: &World) -> Berth {
        if let Some(hold) = &world.draft.hold {
            let shares = |grant: &Grant| matches!(grant, Grant::Shared(half) if half.berth == berth);
            if hold.berths().contains(&berth) || hold.grants.iter().any(shares) {
                return Berth::Held;
            }
        } else if self.chosen.contains(&berth) {
            return Berth::Chosen;
        }
        match self.state(world) {
            None => Berth::Unknown,
            Some(state) => free(state, berth, self, world.now),
        }
    }

    /// Drops what others took in the meantime. Returns what that is.
    pub(super) fn drop_taken(&mut self, world: &World) -> Vec<BerthRef> {
        let Some(state) = self.state(world) else { return Vec::new() };
        let is_free = |berth: &BerthRef| free(state, *berth, self, world.now) == Berth::Free;
        let taken: Vec<BerthRef> = self.chosen.iter().filter(|berth| !is_free(berth)).copied().collect();
        self.chosen.retain(|berth| !taken.contains(berth));
        taken
    }
}

/// What a berth is to the person who looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Berth {
    Free,
    Taken,
    /// Free, and kept for a pool that is not the quota's.
    Kept(Pool),
    Blocked,
    Chosen,
    Held,
    Unknown,
}

/// Whether a berth can be had. A hold of one's own that is being granted takes nothing from oneself.
fn free(state: &RunState, berth: BerthRef, screen: &Berths, now: DateTime<Utc>) -> Berth {
    let coach = state.coach(berth.coach);
    let leg = screen.journey.leg;
    let granted = screen.holding.id().and_then(|id| coach.holds.get(&id));
    let pool = state.pool(berth);
    if granted.is_some_and(|part| part.spots.contains(&berth.number.into())) {
        Berth::Free
    } else if coach.blocked.contains_key(&berth.number) {
        Berth::Blocked
    } else if pool == Pool::Rac {
        // One half of it is as good as another to whoever shares.
        let half_free = Part::HALVES.into_iter().any(|part| {
            let spot = Spot::new(berth.number, part);
            coach.is_spot_free(spot, leg, now)
        });
        if half_free { Berth::Kept(pool) } else { Berth::Taken }
    } else if !coach.is_free(berth.number, leg, now) {
        Berth::Taken
    } else if pool == screen.quota.pool() {
        Berth::Free
    } else {
        Berth::Kept(pool)
    }
}

/// Why a free berth is not to be had here.
pub(super) fn kept_words(berth: BerthRef, pool: Pool) -> String {
    match pool {
        Pool::Rac => format!("{berth} is kept for RAC, for two to share: choose one that is free."),
        pool => {
            format!("{berth} is kept for {}: choose a free one, or go back and press q.", pool_words(pool))
        }
    }
}
