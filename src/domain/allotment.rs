//! Which berths a party gets: a pure function of what is free and what they would like.
//!
//! What counts, in this order: one coach for all; a low berth for whoever needs one; few bays between them; preferences;
//! berths whose free gap fits the leg most tightly, so that long legs stay sellable; and low berths left for those who
//! may need them. Fairness between parties is deliberately absent: who asks first is served first.
//!
//! Deliberately simple, too, is how tightness is measured: the free segments around the leg, added up. Of demand that
//! fills a train it sells what packing offline would, to a percent or two (`benches/allotment.rs`). Counting the pairs of
//! halts that become unsellable, by how few berths are left for each, or preferring a gap that ends where the leg does,
//! came to the same.

mod matching;

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::domain::allotment::matching::cheapest;
use crate::domain::coach::{BerthRef, BerthType, Class, Coach};
use crate::domain::inventory::RunState;
use crate::domain::quota::Quota;
use crate::domain::segment::Leg;

/// What one traveller of a party would like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BerthWish {
    /// The berth type; `None` when any will do.
    pub preference: Option<BerthType>,
    /// Whether they should not have to climb (60 and older, or with an infant): a lower berth comes before other wishes.
    pub needs_lower: bool,
}

impl BerthWish {
    /// Whether a low berth serves them better than another.
    const fn is_for_low(self) -> bool {
        self.needs_lower || matches!(self.preference, Some(kind) if kind.is_low())
    }
}

/// Fewer berths are free than the party needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("only {left} are free")]
pub struct Shortage {
    /// How many berths of the class are free on the whole leg.
    pub left: usize,
}

/// Chooses a free berth of a quota for each wish, in the order of the wishes.
///
/// A party that fits no single coach gets as few neighbouring ones as will do. `start` decides among equal coaches, and
/// its upper half among equal berths of them, so that parties who ask at once do not want the same ones.
pub fn allot(
    state: &RunState,
    class: Class,
    quota: Quota,
    leg: Leg,
    wishes: &[BerthWish],
    start: u64,
    now: DateTime<Utc>,
) -> Result<Vec<BerthRef>, Shortage> {
    let coaches: Vec<_> =
        state.train.coaches_of(class).map(|coach| free_berths(state, *coach, quota, leg, now)).collect();
    let left = coaches.iter().map(Vec::len).sum();
    if left < wishes.len() {
        return Err(Shortage { left });
    }
    if wishes.is_empty() {
        return Ok(Vec::new());
    }
    if let [wish] = wishes {
        return alone(&coaches, *wish, start).map(|berth| vec![berth]).ok_or(Shortage { left });
    }
    // All coaches together hold at least as many free berths as there are wishes.
    together(&coaches, wishes, start).map(|placement| placement.berths).ok_or(Shortage { left })
}

/// The best berths for a party.
fn together(coaches: &[Vec<Free>], wishes: &[BerthWish], start: u64) -> Option<Placement> {
    let mut best = None;
    for neighbours in 1..=coaches.len() {
        for first in turned(coaches.len() + 1 - neighbours, start) {
            best = place(&coaches[first..first + neighbours], wishes, start, best);
        }
        if best.is_some() {
            break;
        }
    }
    best
}

/// The best berth for somebody who travels alone: what [`together`] finds for a party of one, without its bays.
fn alone(coaches: &[Vec<Free>], wish: BerthWish, start: u64) -> Option<BerthRef> {
    let in_turn = turned(coaches.len(), start).flat_map(|coach| {
        let berths = &coaches[coach];
        turned(berths.len(), within(start)).map(|berth| &berths[berth])
    });
    let cost = |free: &&Free| (climbs(wish, free), dislikes(wish, free), free.spare, spends_low(wish, free));
    in_turn.min_by_key(cost).map(|free| free.berth)
}

const fn climbs(wish: BerthWish, free: &Free) -> bool {
    wish.needs_lower && !free.kind.is_low()
}

fn dislikes(wish: BerthWish, free: &Free) -> bool {
    wish.preference.is_some_and(|kind| kind != free.kind)
}

const fn spends_low(wish: BerthWish, free: &Free) -> bool {
    free.kind.is_low() && !wish.is_for_low()
}

/// The part of `start` that decides within a coach.
const fn within(start: u64) -> u64 {
    start >> 32
}

/// A free berth, as far as choosing among them goes.
#[derive(Clone, Copy, Debug)]
struct Free {
    berth: BerthRef,
    kind: BerthType,
    bay: usize,
    /// Free segments around the leg that would be cut off with it.
    spare: u32,
}

/// What a choice of berths costs, the heaviest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    coaches: usize,
    climbing: usize,
    bays_apart: usize,
    unliked: usize,
    spare: u32,
    /// Low berths for those who neither need nor want one.
    low_spent: usize,
}

#[derive(Clone, Debug)]
struct Placement {
    cost: Cost,
    berths: Vec<BerthRef>,
}

fn free_berths(state: &RunState, coach: Coach, quota: Quota, leg: Leg, now: DateTime<Utc>) -> Vec<Free> {
    let occupancy = state.coach(coach.id());
    let segments = (state.train.halts().len() - 1) as u8;
    let on_sale = state.on_sale(coach, quota).filter(|number| !occupancy.blocked.contains_key(number));
    let taken = occupancy.all_taken(now);
    let masks = on_sale.map(|number| (number, taken.of(number)));
    let free = masks.filter(|(_, taken)| !taken.overlaps(leg.mask()));
    let described = free.map(|(number, taken)| Free {
        berth: BerthRef { coach: coach.id(), number },
        kind: coach.berth_type(number),
        bay: coach.bay_of(number),
        spare: taken.gap_around(leg, segments),
    });
    described.collect()
}

/// 0 to `count - 1`, beginning at a place that `start` decides.
fn turned(count: usize, start: u64) -> impl Iterator<Item = usize> {
    let first = (start % count.max(1) as u64) as usize;
    (first..count).chain(0..first)
}

/// The best berths in neighbouring coaches if they are better than `best`, else that.
///
/// The emptiest coaches are filled first and wholly, and the rest of the party sits in as few bays of the last as will
/// do. In a single coach that is the whole party.
fn place(coaches: &[Vec<Free>], wishes: &[BerthWish], start: u64, best: Option<Placement>) -> Option<Placement> {
    let mut emptiest: Vec<&Vec<Free>> = coaches.iter().collect();
    emptiest.sort_by_key(|coach| Reverse(coach.len()));
    let mut filled: Vec<Free> = Vec::new();
    for (i, coach) in emptiest.iter().enumerate() {
        if filled.len() + coach.len() >= wishes.len() {
            return place_in_bays(&filled, coach, wishes, i + 1, start, best);
        }
        filled.extend_from_slice(coach);
    }
    best
}

/// Gives the party all of `filled` and what else they need of one coach, in as few neighbouring bays as will do.
fn place_in_bays(
    filled: &[Free],
    coach: &[Free],
    wishes: &[BerthWish],
    coaches: usize,
    start: u64,
    mut best: Option<Placement>,
) -> Option<Placement> {
    let needed = wishes.len() - filled.len();
    let low = |berths: &[Free]| berths.iter().filter(|free| free.kind.is_low()).count();
    let needy = wishes.iter().filter(|wish| wish.needs_lower).count();
    let climbing = needy.saturating_sub(low(filled) + low(coach).min(needed));
    let bays = coach.last().map_or(0, |last| last.bay + 1);
    for bays_apart in 0..bays {
        // More bays could only help somebody who would have to climb.
        let reached = |best: &Placement| (best.cost.coaches, best.cost.climbing, best.cost.bays_apart);
        if best.as_ref().is_some_and(|best| reached(best) < (coaches, climbing, bays_apart)) {
            break;
        }
        for first in turned(bays - bays_apart, within(start)) {
            let within = coach.iter().filter(|free| (first..=first + bays_apart).contains(&free.bay));
            let berths: Vec<Free> = filled.iter().chain(within).copied().collect();
            if berths.len() < wishes.len() {
                continue;
            }
            let seats = Seats { berths, filled: filled.len(), coaches, bays_apart };
            // Matching is what takes time: most bays are seen to be no better without it.
            if best.as_ref().is_none_or(|best| seats.least_cost(wishes) < best.cost) {
                let placement = seats.matched(wishes);
                if best.as_ref().is_none_or(|best| placement.cost < best.cost) {
                    best = Some(placement);
                }
            }
        }
    }
    best
}

/// Berths for a party to choose from, at least as many as they are. The first `filled` are all to be used.
#[derive(Clone, Debug)]
struct Seats {
    berths: Vec<Free>,
    filled: usize,
    coaches: usize,
    bays_apart: usize,
}

impl Seats {
    /// A cost that no choice among them can be below.
    fn least_cost(&self, wishes: &[BerthWish]) -> Cost {
        let number_of = |is_such: &dyn Fn(&BerthWish) -> bool| wishes.iter().filter(|wish| is_such(wish)).count();
        let low = self.berths.iter().filter(|free| free.kind.is_low()).count();
        let is_short_of =
            |kind: BerthType, askers: usize| askers > self.berths.iter().filter(|free| free.kind == kind).count();
        let unliked = wishes.iter().enumerate().filter(|(i, wish)| {
            let like_them = |kind| wishes[..=*i].iter().filter(|wish| wish.preference == Some(kind)).count();
            wish.preference.is_some_and(|kind| is_short_of(kind, like_them(kind)))
        });
        let (filled, others) = self.berths.split_at(self.filled);
        let mut tightest: Vec<u32> = others.iter().map(|free| free.spare).collect();
        tightest.sort_unstable();
        tightest.truncate(wishes.len() - filled.len());
        Cost {
            coaches: self.coaches,
            climbing: number_of(&|wish| wish.needs_lower).saturating_sub(low),
            bays_apart: self.bays_apart,
            unliked: unliked.count(),
            spare: filled.iter().map(|free| free.spare).chain(tightest).sum(),
            low_spent: number_of(&|wish| !wish.is_for_low()).saturating_sub(self.berths.len() - low),
        }
    }

    /// The choice that costs least.
    fn matched(&self, wishes: &[BerthWish]) -> Placement {
        let berths = &self.berths;
        // One number per pair, the heavier reason in the higher bits: sums of them compare reason by reason.
        let chosen = cheapest(wishes.len(), berths.len(), |wish, berth| {
            let in_order = (wishes.len() - wish) * berth;
            let (wish, free) = (wishes[wish], &berths[berth]);
            i128::from(berth >= self.filled) << 112
                | i128::from(climbs(wish, free)) << 96
                | i128::from(dislikes(wish, free)) << 80
                | i128::from(free.spare) << 60
                | i128::from(spends_low(wish, free)) << 50
                | i128::from(free.berth.number) << 32
                | in_order as i128
        });
        let pairs = || wishes.iter().zip(&chosen).map(|(wish, berth)| (*wish, &berths[*berth]));
        let count =
            |fault: &dyn Fn(BerthWish, &Free) -> bool| pairs().filter(|(wish, free)| fault(*wish, free)).count();
        let cost = Cost {
            coaches: self.coaches,
            climbing: count(&climbs),
            bays_apart: self.bays_apart,
            unliked: count(&dislikes),
            spare: pairs().map(|(_, free)| free.spare).sum(),
            low_spent: count(&spends_low),
        };
        Placement { cost, berths: pairs().map(|(_, free)| free.berth).collect() }
    }
}

#[cfg(test)]
mod tests;
