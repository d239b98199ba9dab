//! Which berths of a run are sold or held on which segments.
//!
//! A berth's occupancy is a bit mask over the run's halts, bit i for segment i (halt i to i + 1). An unsold berth has
//! no mask. A hold is part of the masks from the write that made it; when it has expired, its bits count as free.

pub mod edit;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use crate::domain::coach::{BerthRef, Class, Coach, CoachId};
use crate::domain::delay::Delays;
use crate::domain::gap::Gaps;
use crate::domain::quota::{Pool, Quota, Terms};
use crate::domain::rules::quota::QuotaRules;
use crate::domain::segment::{Leg, SegmentMask};
use crate::domain::spot::{Grant, Part, Spot};
use crate::domain::train::{RunId, Train};
use crate::domain::waitlist::{QueueHead, QueueId};

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
    /// What of the coach.
    pub spots: Vec<Spot>,
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CoachState {
    /// Counts the writes to the coach; a lower one is older.
    pub rev: u64,
    /// The segments on which each spot is sold or held; one that is free everywhere is absent.
    pub masks: BTreeMap<Spot, SegmentMask>,
    /// The holds in force or expired but not yet reclaimed.
    pub holds: BTreeMap<HoldId, HeldPart>,
    /// Berths out of sale, with the reason.
    pub blocked: BTreeMap<u8, String>,
    /// Whether somebody ever waited for a berth of the coach's class. Whoever wants one then serves those who wait first.
    pub fenced: bool,
}

impl CoachState {
    /// The segments on which a spot is taken at `now`: expired holds count as free.
    pub fn occupied(&self, spot: Spot, now: DateTime<Utc>) -> SegmentMask {
        let Some(mask) = self.masks.get(&spot) else { return SegmentMask::EMPTY };
        let expired = self.holds.values().filter(|part| part.spots.contains(&spot) && part.is_expired(now));
        expired.fold(*mask, |mask, part| mask.without(part.leg.mask()))
    }

    /// The segments on which anything of a berth is taken at `now`.
    pub fn taken(&self, berth: u8, now: DateTime<Utc>) -> SegmentMask {
        let parts = [Part::Whole, Part::First, Part::Second];
        parts.into_iter().fold(SegmentMask::EMPTY, |mask, part| mask.with(self.occupied(Spot::new(berth, part), now)))
    }

    /// The same of all berths at once, for whoever chooses among them.
    pub fn all_taken(&self, now: DateTime<Utc>) -> TakenBerths {
        let mut taken = vec![SegmentMask::EMPTY; usize::from(u8::MAX) + 1];
        for (spot, mask) in self.all_occupied(now) {
            let berth = &mut taken[usize::from(spot.number)];
            *berth = berth.with(mask);
        }
        TakenBerths(taken)
    }

    /// The spots that anybody has, each with the segments on which it is taken at `now`.
    fn all_occupied(&self, now: DateTime<Utc>) -> impl Iterator<Item = (Spot, SegmentMask)> {
        let over = now - GRACE;
        let expired: Vec<_> = self.holds.values().filter(|part| part.until <= over).collect();
        self.masks.iter().map(move |(spot, mask)| {
            let of_spot = expired.iter().filter(|part| part.spots.contains(spot));
            (*spot, of_spot.fold(*mask, |mask, part| mask.without(part.leg.mask())))
        })
    }

    /// By number, whether a berth cannot be sold as a whole for a leg at `now`. Every frame asks it of all coaches that it
    /// shows, and of most berths there is nothing to say.
    fn gone(&self, leg: Leg, now: DateTime<Utc>) -> [bool; u8::MAX as usize + 1] {
        let taken = self.all_occupied(now).filter(|(_, mask)| mask.overlaps(leg.mask())).map(|(spot, _)| spot.number);
        let mut gone = [false; u8::MAX as usize + 1];
        for berth in taken.chain(self.blocked.keys().copied()) {
            gone[usize::from(berth)] = true;
        }
        gone
    }

    /// Whether the whole of a berth can be sold for a leg at `now`.
    pub fn is_free(&self, berth: u8, leg: Leg, now: DateTime<Utc>) -> bool {
        !self.blocked.contains_key(&berth) && !self.taken(berth, now).overlaps(leg.mask())
    }

    /// Whether a spot can be sold for a leg at `now`.
    pub fn is_spot_free(&self, spot: Spot, leg: Leg, now: DateTime<Utc>) -> bool {
        !self.blocked.contains_key(&spot.number) && !self.occupied(spot, now).overlaps(leg.mask())
    }

    /// The expired holds that stand in the way of selling a spot for a leg: they are removed, whole, in the same write.
    pub fn reclaimable(&self, spot: Spot, leg: Leg, now: DateTime<Utc>) -> impl Iterator<Item = (&HoldId, &HeldPart)> {
        self.holds.iter().filter(move |(_, part)| {
            part.is_expired(now) && part.spots.contains(&spot) && part.leg.mask().overlaps(leg.mask())
        })
    }
}

/// The segments on which the berths of a coach are taken at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenBerths(Vec<SegmentMask>);

impl TakenBerths {
    /// Those of a berth, as [`CoachState::taken`] has them.
    pub fn of(&self, berth: u8) -> SegmentMask {
        self.0[usize::from(berth)]
    }
}

/// How far a run's charts have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// No chart was made: every quota sells its own berths, and whoever finds none may wait.
    #[default]
    Open,
    /// The first chart was made: what is left is sold to whoever comes, and nobody joins a queue any more.
    FirstChart,
    /// The last chart was made: nothing is sold any more.
    FinalChart,
    /// The railway cancelled the run.
    Cancelled,
}

/// What is sold and held on a run, as read at one moment. A coach without a state is all free.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", from = "RunParts")]
pub struct RunState {
    /// The run.
    pub run: RunId,
    /// The timetable entry it runs by, with the times that the run has by now.
    pub train: Arc<Train>,
    /// How the railway has changed these times since.
    #[serde(default, skip_serializing_if = "Delays::is_empty")]
    pub delays: Delays,
    /// The parts of its way that it does not go.
    #[serde(default, skip_serializing_if = "Gaps::is_empty")]
    pub gaps: Gaps,
    /// By what quotas it is sold; written as their rules alone, since what these make of the berths follows.
    #[serde(rename = "Quotas", serialize_with = "quotas_alone")]
    pub terms: Arc<Terms>,
    /// How far its charts have come.
    pub stage: Stage,
    /// The coaches that anybody wrote to, shared with earlier states of the run: most changes are of one coach.
    pub coaches: BTreeMap<CoachId, Arc<CoachState>>,
    /// The queues that anybody ever joined.
    pub queues: BTreeMap<QueueId, QueueHead>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RunParts {
    run: RunId,
    train: Arc<Train>,
    #[serde(default)]
    delays: Delays,
    #[serde(default)]
    gaps: Gaps,
    quotas: QuotaRules,
    stage: Stage,
    coaches: BTreeMap<CoachId, Arc<CoachState>>,
    queues: BTreeMap<QueueId, QueueHead>,
}

impl From<RunParts> for RunState {
    fn from(parts: RunParts) -> Self {
        let RunParts { run, train, delays, gaps, quotas, stage, coaches, queues } = parts;
        let terms = Arc::new(Terms::of(&train, &quotas));
        Self { run, train, delays, gaps, terms, stage, coaches, queues }
    }
}

fn quotas_alone<S: Serializer>(terms: &Arc<Terms>, to: S) -> Result<S::Ok, S::Error> {
    terms.quotas.serialize(to)
}

impl RunState {
    /// A run of which nothing was ever sold or held.
    pub fn unsold(run: RunId, train: Arc<Train>, quotas: &QuotaRules) -> Self {
        let terms = Arc::new(Terms::of(&train, quotas));
        Self {
            run,
            train,
            delays: Delays::default(),
            gaps: Gaps::default(),
            terms,
            stage: Stage::Open,
            coaches: BTreeMap::new(),
            queues: BTreeMap::new(),
        }
    }

    /// How often the railway has changed its times, or cancelled a part of its way: one that says more is newer.
    pub fn changes(&self) -> u16 {
        self.delays.count().saturating_add(self.gaps.count())
    }

    /// When the run leaves a halt, by the railway's wall clock; `None` for a halt that it has not.
    pub fn leaves(&self, halt: u8) -> Option<NaiveDateTime> {
        self.train.halts().get(usize::from(halt)).map(|halt| halt.depart.on(self.run.date))
    }

    /// Whether a berth has a mask for each of its halves.
    pub fn is_shared(&self, berth: BerthRef) -> bool {
        self.terms.allocation.pool(berth) == Pool::Rac
    }

    /// From which pool a berth is sold now: from the first chart on, the general quota has them all.
    pub fn pool(&self, berth: BerthRef) -> Pool {
        if self.stage == Stage::Open { self.terms.allocation.pool(berth) } else { Pool::General }
    }

    /// The berths of a coach that a quota sells now.
    pub fn on_sale(&self, coach: Coach, quota: Quota) -> impl Iterator<Item = u8> {
        let (pools, is_open) = (self.terms.allocation.pools_of(coach.id()), self.stage == Stage::Open);
        let pool = move |number: u8| match pools.get(usize::from(number) - 1) {
            Some(pool) if is_open => *pool,
            _ => Pool::General,
        };
        coach.numbers().filter(move |number| pool(*number) == quota.pool())
    }

    /// A coach's state; all free when nobody wrote to it.
    pub fn coach(&self, id: CoachId) -> &CoachState {
        static FREE: CoachState = CoachState {
            rev: 0,
            masks: BTreeMap::new(),
            holds: BTreeMap::new(),
            blocked: BTreeMap::new(),
            fenced: false,
        };
        self.coaches.get(&id).map_or(&FREE, |coach| &**coach)
    }

    /// A coach's state, to change it in this state of the run alone.
    pub fn coach_mut(&mut self, id: CoachId) -> &mut CoachState {
        Arc::make_mut(self.coaches.entry(id).or_default())
    }

    /// How many berths of a coach a quota has free for a leg at `now`.
    pub fn free_in(&self, coach: &Coach, quota: Quota, leg: Leg, now: DateTime<Utc>) -> usize {
        let gone = self.coach(coach.id()).gone(leg, now);
        self.on_sale(*coach, quota).filter(|berth| !gone[usize::from(*berth)]).count()
    }

    /// How many berths of a class a quota has free for a leg at `now`; `None` when the train does not carry the class.
    pub fn available(&self, class: Class, quota: Quota, leg: Leg, now: DateTime<Utc>) -> Option<usize> {
        let mut coaches = self.train.coaches_of(class).peekable();
        coaches.peek()?;
        if self.gaps.on(leg).is_some() {
            return Some(0);
        }
        Some(coaches.map(|coach| self.free_in(coach, quota, leg, now)).sum())
    }

    /// The head of a queue; nobody is in one that nobody ever joined.
    pub fn queue(&self, id: QueueId) -> QueueHead {
        self.queues.get(&id).copied().unwrap_or_default()
    }

    /// The spots that grants are for, by coach.
    pub fn spots_of(&self, grants: &[Grant]) -> Parts {
        spots_of(grants, |berth| self.is_shared(berth))
    }

    /// The instant at which the next hold expires for others: when a screen has to be drawn again.
    pub fn next_expiry(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let holds = self.coaches.values().flat_map(|coach| coach.holds.values());
        holds.map(|part| part.until + GRACE).filter(|at| *at > now).min()
    }
}

/// Spots of one hold by coach, in the order of the wishes within each.
pub type Parts = BTreeMap<CoachId, Vec<Spot>>;

/// The spots that grants are for, by coach; whoever has the whole of a shared berth has both of its halves.
pub fn spots_of(grants: &[Grant], is_shared: impl Fn(BerthRef) -> bool) -> Parts {
    let mut parts = Parts::new();
    for grant in grants {
        match grant {
            Grant::Berth(berth) if is_shared(*berth) => {
                let halves = Part::HALVES.map(|part| Spot::new(berth.number, part));
                parts.entry(berth.coach).or_default().extend(halves);
            }
            Grant::Berth(berth) => parts.entry(berth.coach).or_default().push(berth.number.into()),
            Grant::Shared(shared) => parts.entry(shared.berth.coach).or_default().push(shared.spot()),
            Grant::Waiting | Grant::Unreserved => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests;
