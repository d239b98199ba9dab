//! Which berths a party gets: a pure function of what is free and what they would like.
//!
//! What counts, in this order: one coach for all; a low berth for whoever needs one; few bays between them; preferences;
//! and berths whose free gap fits the leg most tightly, so that long legs stay sellable. Fairness between parties is
//! deliberately absent: who asks first is served first.

mod matching;

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::domain::allotment::matching::cheapest;
use crate::domain::coach::{BerthRef, BerthType, Class, Coach};
use crate::domain::inventory::RunState;
use crate::domain::segment::Leg;

/// What one traveller of a party would like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BerthWish {
    /// The berth type; `None` when any will do.
    pub preference: Option<BerthType>,
    /// Whether they should not have to climb (60 and older, or with an infant): a lower berth comes before other wishes.
    pub needs_lower: bool,
}

/// Fewer berths are free than the party needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("only {left} are free")]
pub struct Shortage {
    /// How many berths of the class are free on the whole leg.
    pub left: usize,
}

/// Chooses a free berth for each wish, in the order of the wishes.
///
/// A party that fits no single coach gets as few neighbouring ones as will do. `start` decides among equal coaches, so
/// that parties who ask at once begin at different ones.
pub fn allot(
    state: &RunState,
    class: Class,
    leg: Leg,
    wishes: &[BerthWish],
    start: u64,
    now: DateTime<Utc>,
) -> Result<Vec<BerthRef>, Shortage> {
    let coaches: Vec<_> = state.train.coaches_of(class).map(|coach| free_berths(state, *coach, leg, now)).collect();
    let left = coaches.iter().map(Vec::len).sum();
    if left < wishes.len() {
        return Err(Shortage { left });
    }
    if wishes.is_empty() {
        return Ok(Vec::new());
    }
    let mut best: Option<Placement> = None;
    for together in 1..=coaches.len() {
        for first in turned(coaches.len() + 1 - together, start) {
            let placement = place(&coaches[first..first + together], wishes);
            if let Some(placement) = placement
                && best.as_ref().is_none_or(|best| placement.cost < best.cost)
            {
                best = Some(placement);
            }
        }
        if best.is_some() {
            break;
        }
    }
    // All coaches together hold at least as many free berths as there are wishes.
    best.map(|placement| placement.berths).ok_or(Shortage { left })
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
    climbing: u32,
    bays_apart: usize,
    unliked: u32,
    spare: u32,
}

#[derive(Clone, Debug)]
struct Placement {
    cost: Cost,
    berths: Vec<BerthRef>,
}

fn free_berths(state: &RunState, coach: Coach, leg: Leg, now: DateTime<Utc>) -> Vec<Free> {
    let occupancy = state.coach(coach.id());
    let segments = (state.train.halts().len() - 1) as u8;
    let free = coach.numbers().filter(|number| occupancy.is_free(*number, leg, now));
    let described = free.map(|number| {
        let taken = occupancy.taken(number, now);
        let before = (0..leg.from()).rev().take_while(|segment| !taken.has(*segment)).count();
        let after = (leg.to()..segments).take_while(|segment| !taken.has(*segment)).count();
        Free {
            berth: BerthRef { coach: coach.id(), number },
            kind: coach.berth_type(number),
            bay: coach.bay_of(number),
            spare: (before + after) as u32,
        }
    });
    described.collect()
}

/// 0 to `count - 1`, beginning at a place that `start` decides.
fn turned(count: usize, start: u64) -> impl Iterator<Item = usize> {
    let first = (start % count as u64) as usize;
    (first..count).chain(0..first)
}

/// The best berths in neighbouring coaches; `None` where they do not hold the party.
///
/// The emptiest coaches are filled first and wholly, and the rest of the party sits in as few bays of the last as will
/// do. In a single coach that is the whole party.
fn place(coaches: &[Vec<Free>], wishes: &[BerthWish]) -> Option<Placement> {
    let mut emptiest: Vec<&Vec<Free>> = coaches.iter().collect();
    emptiest.sort_by_key(|coach| Reverse(coach.len()));
    let mut filled: Vec<Free> = Vec::new();
    for (i, coach) in emptiest.iter().enumerate() {
        if filled.len() + coach.len() >= wishes.len() {
            return place_in_bays(&filled, coach, wishes, i + 1);
        }
        filled.extend_from_slice(coach);
    }
    None
}

/// Gives the party all of `filled` and what else they need of one coach, in as few neighbouring bays as will do.
fn place_in_bays(filled: &[Free], coach: &[Free], wishes: &[BerthWish], coaches: usize) -> Option<Placement> {
    let needed = wishes.len() - filled.len();
    let low = |berths: &[Free]| berths.iter().filter(|free| free.kind.is_low()).count();
    let needy = wishes.iter().filter(|wish| wish.needs_lower).count();
    let least_climbing = needy.saturating_sub(low(filled) + low(coach).min(needed)) as u32;
    let bays = coach.last()?.bay + 1;
    let mut best: Option<Placement> = None;
    for bays_apart in 0..bays {
        for first in 0..bays - bays_apart {
            let within = |free: &&Free| (first..=first + bays_apart).contains(&free.bay);
            let mut berths = filled.to_vec();
            berths.extend(coach.iter().filter(within));
            if berths.len() < wishes.len() {
                continue;
            }
            let placement = matched(filled.len(), &berths, wishes, coaches, bays_apart);
            if best.as_ref().is_none_or(|best| placement.cost < best.cost) {
                best = Some(placement);
            }
        }
        // More bays could only help somebody who would have to climb.
        if best.as_ref().is_some_and(|best| best.cost.climbing == least_climbing) {
            break;
        }
    }
    best
}

/// Matches wishes to berths, of which the first `filled` are all to be used.
fn matched(filled: usize, berths: &[Free], wishes: &[BerthWish], coaches: usize, bays_apart: usize) -> Placement {
    let climbs = |wish: &BerthWish, free: &Free| wish.needs_lower && !free.kind.is_low();
    let dislikes = |wish: &BerthWish, free: &Free| wish.preference.is_some_and(|kind| kind != free.kind);
    // One number per pair, the heavier reason in the higher bits: sums of them compare reason by reason.
    let chosen = cheapest(wishes.len(), berths.len(), |wish, berth| {
        let in_order = (wishes.len() - wish) * berth;
        let (wish, free) = (&wishes[wish], &berths[berth]);
        i128::from(berth >= filled) << 112
            | i128::from(climbs(wish, free)) << 96
            | i128::from(dislikes(wish, free)) << 80
            | i128::from(free.spare) << 60
            | i128::from(free.berth.number) << 40
            | in_order as i128
    });
    let pairs = || wishes.iter().zip(&chosen).map(|(wish, berth)| (wish, &berths[*berth]));
    let count = |fault: &dyn Fn(&BerthWish, &Free) -> bool| pairs().filter(|(wish, free)| fault(wish, free)).count();
    let cost = Cost {
        coaches,
        climbing: count(&climbs) as u32,
        bays_apart,
        unliked: count(&dislikes) as u32,
        spare: pairs().map(|(_, free)| free.spare).sum(),
    };
    Placement { cost, berths: pairs().map(|(_, free)| free.berth).collect() }
}

#[cfg(test)]
mod tests;
