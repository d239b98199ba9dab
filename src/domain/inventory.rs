//! Which berths of a run are sold or held on which segments.
//!
//! A berth's occupancy is a bit mask over the run's halts, bit i for segment i (halt i to i + 1). An unsold berth has
//! no mask. A hold is part of the masks from the write that made it; when it has expired, its bits count as free.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::coach::{Class, Coach, CoachId};
use crate::domain::segment::{Leg, SegmentMask};
use crate::domain::train::{RunId, Train};

/// Names a hold: the id of the user action that asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HoldId(pub Uuid);

impl fmt::Display for HoldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// The part of a hold that is in one coach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HeldPart {
    /// The berths' numbers.
    pub berths: Vec<u8>,
    /// The leg for which they are held.
    pub leg: Leg,
    /// Until when. Others may take the berths [`GRACE`] later.
    pub until: DateTime<Utc>,
}

/// How long after its end a hold still counts, so that clocks that differ a little cost nobody a berth.
pub const GRACE: TimeDelta = TimeDelta::seconds(30);

impl HeldPart {
    /// Whether its berths may be taken by others at `now`.
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        now >= self.until + GRACE
    }
}

/// What is sold and held in one coach of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoachState {
    /// Counts the writes to the coach; a lower one is older.
    pub rev: u64,
    /// The segments on which each berth is sold or held; a berth that is free everywhere is absent.
    pub masks: BTreeMap<u8, SegmentMask>,
    /// The holds in force or expired but not yet reclaimed.
    pub holds: BTreeMap<HoldId, HeldPart>,
    /// Berths out of sale, with the reason.
    pub blocked: BTreeMap<u8, String>,
}

impl CoachState {
    /// The segments on which a berth is taken at `now`: expired holds count as free.
    pub fn taken(&self, berth: u8, now: DateTime<Utc>) -> SegmentMask {
        let mask = self.masks.get(&berth).copied().unwrap_or_default();
        let expired = self.holds.values().filter(|part| part.is_expired(now) && part.berths.contains(&berth));
        expired.fold(mask, |mask, part| mask.without(part.leg.mask()))
    }

    /// Whether a berth can be sold for a leg at `now`.
    pub fn is_free(&self, berth: u8, leg: Leg, now: DateTime<Utc>) -> bool {
        !self.blocked.contains_key(&berth) && !self.taken(berth, now).overlaps(leg.mask())
    }

    /// The expired holds that stand in the way of selling a berth for a leg: they are removed, whole, in the same write.
    pub fn reclaimable(&self, berth: u8, leg: Leg, now: DateTime<Utc>) -> impl Iterator<Item = (&HoldId, &HeldPart)> {
        self.holds.iter().filter(move |(_, part)| {
            part.is_expired(now) && part.berths.contains(&berth) && part.leg.mask().overlaps(leg.mask())
        })
    }
}

/// What is sold and held on a run, as read at one moment. A coach without a state is all free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunState {
    /// The run.
    pub run: RunId,
    /// The timetable entry it runs by.
    pub train: std::sync::Arc<Train>,
    /// The coaches that anybody wrote to.
    pub coaches: BTreeMap<CoachId, CoachState>,
}

impl RunState {
    /// A coach's state; all free when nobody wrote to it.
    pub fn coach(&self, id: CoachId) -> &CoachState {
        static FREE: CoachState =
            CoachState { rev: 0, masks: BTreeMap::new(), holds: BTreeMap::new(), blocked: BTreeMap::new() };
        self.coaches.get(&id).unwrap_or(&FREE)
    }

    /// How many berths of a coach are free for a leg at `now`.
    pub fn free_in(&self, coach: &Coach, leg: Leg, now: DateTime<Utc>) -> usize {
        let state = self.coach(coach.id());
        coach.numbers().filter(|berth| state.is_free(*berth, leg, now)).count()
    }

    /// How many berths of a class are free for a leg at `now`; `None` when the train does not carry the class.
    pub fn available(&self, class: Class, leg: Leg, now: DateTime<Utc>) -> Option<usize> {
        let mut coaches = self.train.coaches_of(class).peekable();
        coaches.peek()?;
        Some(coaches.map(|coach| self.free_in(coach, leg, now)).sum())
    }

    /// The instant at which the next hold expires for others: when a screen has to be drawn again.
    pub fn next_expiry(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let holds = self.coaches.values().flat_map(|coach| coach.holds.values());
        holds.map(|part| part.until + GRACE).filter(|at| *at > now).min()
    }
}

#[cfg(test)]
mod tests;
