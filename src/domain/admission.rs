//! What a party is given: berths while there are any, then halves of shared berths, then places on the list.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::coach::{BerthRef, Class, Coach};
use crate::domain::inventory::{Part, RunState, Spot, Stage};
use crate::domain::quota::{Pool, Quota};
use crate::domain::segment::Leg;
use crate::domain::waitlist::{QueueId, SharedBerth, WaitingList};

/// What one passenger of a party is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Grant {
    /// A berth of their own.
    Berth(BerthRef),
    /// Half of a berth.
    Shared(SharedBerth),
    /// A place on the waiting list, which is theirs only once they have paid.
    Waiting,
    /// The right to travel in the unreserved coaches.
    Unreserved,
}

impl Grant {
    /// The berth, where it is theirs alone.
    pub const fn berth(self) -> Option<BerthRef> {
        if let Self::Berth(berth) = self { Some(berth) } else { None }
    }

    /// Whether it puts them into a queue.
    pub const fn is_queued(self) -> bool {
        matches!(self, Self::Shared(_) | Self::Waiting)
    }
}

/// What a party would take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Accept {
    /// A berth for each and nothing else.
    #[default]
    Berths,
    /// Whatever there is: berths, halves of them, places on the list.
    Anything,
}

/// What the next passenger to ask would get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// One of so many berths.
    Available(usize),
    /// Half of a berth, as the one of this number who shares.
    Rac(u16),
    /// This place on a list.
    Waiting(WaitingList, u16),
    /// The right to travel in the unreserved coaches, which are not counted.
    Unreserved,
    /// Nothing.
    Full,
}

/// As agents know it: `AVAILABLE 12`, `RAC 4`, `GNWL 12`, `REGRET`.
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Available(berths) => f.pad(&format!("AVAILABLE {berths}")),
            Self::Rac(number) => f.pad(&format!("RAC {number}")),
            Self::Waiting(list, number) => f.pad(&format!("{list} {number}")),
            Self::Unreserved => f.pad("UNRESERVED"),
            Self::Full => f.pad("REGRET"),
        }
    }
}

impl RunState {
    /// What the next passenger for a leg would get from a quota at `now`; `None` when the train does not carry the
    /// class.
    pub fn standing(&self, class: Class, quota: Quota, leg: Leg, now: DateTime<Utc>) -> Option<Standing> {
        if class == Class::Unreserved && self.train.kind().carries_unreserved() {
            return Some(if self.stage == Stage::Cancelled { Standing::Full } else { Standing::Unreserved });
        }
        let berths = self.available(class, quota, leg, now)?;
        if matches!(self.stage, Stage::FinalChart | Stage::Cancelled) {
            return Some(Standing::Full);
        }
        if berths > 0 {
            return Some(Standing::Available(berths));
        }
        let Some(list) = self.joinable(class, quota) else { return Some(Standing::Full) };
        let head = self.queue(QueueId { class, list });
        if list == WaitingList::General && self.free_halves(class, leg, now).next().is_some() {
            return Some(Standing::Rac(head.rac + 1));
        }
        let has_room = u32::from(head.waiting) < self.waiting_cap(class);
        Some(if has_room { Standing::Waiting(list, head.waiting + 1) } else { Standing::Full })
    }

    /// The list that whoever finds no berth in a quota may join now.
    pub fn joinable(&self, class: Class, quota: Quota) -> Option<WaitingList> {
        let list = match quota {
            Quota::General => WaitingList::General,
            Quota::Tatkal => WaitingList::Tatkal,
            // Berths of these quotas that are not wanted go to the general list at charting; they have none of their own.
            Quota::Ladies | Quota::Senior => return None,
        };
        let is_open = self.stage == Stage::Open && !self.queue(QueueId { class, list }).frozen;
        is_open.then_some(list)
    }

    /// How many passengers may be on a list of a class.
    pub fn waiting_cap(&self, class: Class) -> u32 {
        let berths = self.train.coaches_of(class).map(|coach| u32::from(coach.berths())).sum();
        self.terms.quotas.waiting_cap(class, berths)
    }

    /// The halves of shared berths that are free for a leg at `now`, those beside somebody first: so a berth is filled
    /// before another is begun, and long legs and whole berths stay for others.
    pub fn free_halves(&self, class: Class, leg: Leg, now: DateTime<Utc>) -> impl Iterator<Item = SharedBerth> {
        let mut halves: Vec<_> =
            self.train.coaches_of(class).flat_map(|coach| self.free_halves_in(*coach, leg, now)).collect();
        halves.sort_by_key(|(is_alone, half)| (*is_alone, *half));
        halves.into_iter().map(|(_, half)| half)
    }

    fn free_halves_in(&self, coach: Coach, leg: Leg, now: DateTime<Utc>) -> Vec<(bool, SharedBerth)> {
        let state = self.coach(coach.id());
        let mut halves = Vec::new();
        for number in self.terms.allocation.in_pool(&coach, Pool::Rac) {
            let free = Part::HALVES.map(|part| state.is_spot_free(Spot::new(number, part), leg, now));
            let berth = BerthRef { coach: coach.id(), number };
            for (part, _) in Part::HALVES.into_iter().zip(free).filter(|(_, is_free)| *is_free) {
                halves.push((free == [true, true], SharedBerth { berth, part }));
            }
        }
        halves
    }
}
