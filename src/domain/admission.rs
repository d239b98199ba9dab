//! What a party is given: berths while there are any, then halves of shared berths, then places on the list.
//!
//! All of a party is given something, or nobody of it. Berths go to those first who should not have to climb, then by the
//! order of the form. Whether those who wait already come first is decided elsewhere: here counts what is free.

use std::cmp::Reverse;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::allotment::{BerthWish, allot};
use crate::domain::coach::{BerthRef, Class, Coach};
use crate::domain::inventory::{RunState, Stage};
use crate::domain::quota::{Pool, Quota};
use crate::domain::segment::Leg;
use crate::domain::spot::{Grant, Part, SharedBerth, Spot};
use crate::domain::waitlist::{QueueId, WaitingList};

/// What a party would take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Accept {
    /// A berth for each and nothing else.
    #[default]
    Berths,
    /// Whatever there is: berths, halves of them, places on the list.
    Anything,
}

/// What a party asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The class.
    pub class: Class,
    /// The quota.
    pub quota: Quota,
    /// The leg.
    pub leg: Leg,
    /// What each of them would like, in the order of the form.
    pub wishes: &'a [BerthWish],
    /// What they would take.
    pub accept: Accept,
    /// Decides among equal coaches, so that parties who ask at once begin at different ones.
    pub start: u64,
}

/// Why a party is given nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotAdmitted {
    /// The train does not carry the class.
    #[error("the train does not carry the class")]
    NoSuchClass,
    /// Fewer berths are free than they are, and they take nothing else, or there is nothing else.
    #[error("only {left} berths are free")]
    Shortage {
        /// How many are.
        left: usize,
        /// What the next passenger to ask would get.
        standing: Standing,
    },
    /// Not all of them find room on the list.
    #[error("the waiting list is full")]
    ListFull,
    /// The list was closed when the chart was made.
    #[error("the waiting list is closed")]
    ListClosed,
}

/// What the next passenger to ask would get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// What each of a party is given at `now`, in the order of the form.
    pub fn admit(&self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Vec<Grant>, NotAdmitted> {
        let Asked { class, quota, leg, wishes, start, .. } = *asked;
        if class == Class::Unreserved && self.train.kind().carries_unreserved() {
            return Ok(vec![Grant::Unreserved; wishes.len()]);
        }
        let left = self.available(class, quota, leg, now).ok_or(NotAdmitted::NoSuchClass)?;
        let order = if left < wishes.len() { in_order_of_need(wishes) } else { (0..wishes.len()).collect() };
        let (served, others) = order.split_at(left.min(wishes.len()));
        let queued = if others.is_empty() { Vec::new() } else { self.queued(asked, left, others.len(), now)? };
        let served_wishes: Vec<_> = served.iter().map(|wish| wishes[*wish]).collect();
        let berths = allot(self, class, quota, leg, &served_wishes, start, now).expect("so many are free");
        let mut grants = vec![Grant::Waiting; wishes.len()];
        let given = berths.into_iter().map(Grant::Berth).chain(queued);
        for (wish, grant) in order.iter().zip(given) {
            grants[*wish] = grant;
        }
        Ok(grants)
    }

    /// What those are given for whom there is no berth.
    fn queued(
        &self,
        asked: &Asked<'_>,
        left: usize,
        others: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<Grant>, NotAdmitted> {
        let Asked { class, quota, leg, accept, .. } = *asked;
        if accept == Accept::Berths {
            let standing = self.standing(class, quota, leg, now).unwrap_or(Standing::Full);
            return Err(NotAdmitted::Shortage { left, standing });
        }
        let Some(list) = self.joinable(class, quota) else {
            let has_list = matches!(quota, Quota::General | Quota::Tatkal);
            let nothing = NotAdmitted::Shortage { left, standing: Standing::Full };
            return Err(if has_list { NotAdmitted::ListClosed } else { nothing });
        };
        let halves = match list {
            WaitingList::General => self.free_halves(class, leg, now).take(others).collect(),
            WaitingList::Tatkal => Vec::new(),
        };
        let waiting = others - halves.len();
        let id = QueueId { class, list };
        let on_list = usize::from(self.queue(id).waiting);
        if waiting > 0 && on_list + waiting > self.room_on(id) as usize {
            return Err(NotAdmitted::ListFull);
        }
        let halves = halves.into_iter().map(Grant::Shared);
        Ok(halves.chain(std::iter::repeat_n(Grant::Waiting, waiting)).collect())
    }

    /// What the next passenger for a leg would get from a quota at `now`; `None` when the train does not carry the
    /// class.
    pub fn standing(&self, class: Class, quota: Quota, leg: Leg, now: DateTime<Utc>) -> Option<Standing> {
        if class == Class::Unreserved && self.train.kind().carries_unreserved() {
            let is_run = self.stage != Stage::Cancelled && self.gaps.on(leg).is_none();
            return Some(if is_run { Standing::Unreserved } else { Standing::Full });
        }
        let berths = self.available(class, quota, leg, now)?;
        if matches!(self.stage, Stage::FinalChart | Stage::Cancelled) || self.gaps.on(leg).is_some() {
            return Some(Standing::Full);
        }
        if berths > 0 {
            return Some(Standing::Available(berths));
        }
        let Some(list) = self.joinable(class, quota) else { return Some(Standing::Full) };
        let id = QueueId { class, list };
        let head = self.queue(id);
        if list == WaitingList::General && self.free_halves(class, leg, now).next().is_some() {
            return Some(Standing::Rac(head.rac + 1));
        }
        let has_room = u32::from(head.waiting) < self.room_on(id);
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

    /// How many passengers may be on a list: what the other lists of its class leave of the cap, which is for all of them.
    pub fn room_on(&self, id: QueueId) -> u32 {
        let berths = self.train.coaches_of(id.class).map(|coach| u32::from(coach.berths())).sum();
        let others = self.queues.iter().filter(|(other, _)| other.class == id.class && **other != id);
        let on_others: u32 = others.map(|(_, head)| u32::from(head.waiting)).sum();
        self.terms.quotas.waiting_cap(id.class, berths).saturating_sub(on_others)
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

/// The places of wishes in the form, those first who should not have to climb.
pub fn in_order_of_need(wishes: &[BerthWish]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..wishes.len()).collect();
    order.sort_by_key(|wish| Reverse(wishes[*wish].needs_lower));
    order
}

#[cfg(test)]
mod tests;
