//! Who of a class's queues moves up, and onto what: a pure function of the run and of who waits.
//!
//! Those who share a berth come first, in the order of the queue, then those who have none, passenger by passenger in the
//! order of the form, each as far as legs fit. Whoever shares gets a berth of the general quota and leaves a half behind;
//! whoever waits gets such a berth, or a half. The Tatkal list gets Tatkal berths alone, and nobody on it shares. From the
//! first chart on every berth is everybody's: the general list comes before the Tatkal list, and what was kept for ladies
//! goes to women who wait, then to those who should not have to climb, then to all. A berth that two can share goes to one
//! alone only when nobody waits who could have a half of it; at the last chart whoever has a berth with an empty half keeps
//! the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::replace;

use chrono::{DateTime, Utc};

use crate::domain::allotment::{BerthWish, allot};
use crate::domain::coach::{BerthRef, Class, Coach, CoachId};
use crate::domain::inventory::edit::CoachEdit;
use crate::domain::inventory::{CoachState, RunState, Stage};
use crate::domain::quota::{Pool, Quota};
use crate::domain::segment::Leg;
use crate::domain::spot::{Grant, Part, SharedBerth, Spot};
use crate::domain::waitlist::{Entry, QueueId, Waiter, WaitingList};

/// What one transaction does for a booking of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The queue.
    pub queue: QueueId,
    /// Its entry before.
    pub before: Entry,
    /// Its entry after; `None` when nobody of it is left in the queue.
    pub after: Option<Entry>,
    /// Who moves up, in the order in which they do.
    pub steps: Vec<Step>,
    /// What it changes in the coaches, each once.
    pub edits: Vec<CoachEdit>,
}

/// One passenger's step up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Their place in the booking's form, from 0.
    pub passenger: u8,
    /// The half that becomes free.
    pub from: Option<SharedBerth>,
    /// What they get.
    pub to: Better,
}

/// What is better than what somebody in a queue has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// A berth of their own.
    Berth(BerthRef),
    /// Half of a berth.
    Half {
        /// Which.
        half: SharedBerth,
        /// Their place among those who share, from 1.
        number: u16,
    },
}

impl Better {
    const fn grant(self) -> Grant {
        match self {
            Self::Berth(berth) => Grant::Berth(berth),
            Self::Half { half, .. } => Grant::Shared(half),
        }
    }
}

/// The next move of a class's queues; `None` when nobody can move up.
pub fn next_move(state: &RunState, class: Class, entries: &[(QueueId, Entry)], now: DateTime<Utc>) -> Option<Move> {
    Promotion::new(state.clone(), class, entries.to_vec(), now).next()
}

/// The moves of a class's queues, one after the other until nobody can move up. Each is decided as if those before it
/// were written.
#[derive(Clone, Debug)]
pub struct Promotion {
    state: RunState,
    /// The same with every berth that two can share out of sale for one alone.
    sharing: RunState,
    class: Class,
    entries: Vec<(QueueId, Entry)>,
    now: DateTime<Utc>,
}

/// Somebody in a queue: the place of their entry, and their place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Person {
    entry: usize,
    waiter: usize,
}

/// Which berths may become one passenger's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whole {
    /// Those that nobody shares.
    Unshared,
    /// All.
    Any,
}

impl Whole {
    /// Two who share are more than one who does not: they come first.
    const ROUNDS: [Self; 2] = [Self::Unshared, Self::Any];
}

/// A coach with every berth that two can share out of sale for one alone.
fn kept_for_sharing(state: &RunState, coach: Coach) -> CoachState {
    let mut kept = state.coach(coach.id()).clone();
    let shared = state.terms.allocation.in_pool(&coach, Pool::Rac);
    kept.blocked.extend(shared.map(|number| (number, "two can share it".to_owned())));
    kept
}

impl Promotion {
    /// The promotion of a class, from a run and all entries of the class's queues.
    pub fn new(state: RunState, class: Class, mut entries: Vec<(QueueId, Entry)>, now: DateTime<Utc>) -> Self {
        entries.sort_by_key(|(id, entry)| (id.list, entry.seq));
        let mut sharing = state.clone();
        for coach in state.train.coaches_of(class) {
            *sharing.coach_mut(coach.id()) = kept_for_sharing(&state, *coach);
        }
        Self { state, sharing, class, entries, now }
    }

    /// The run once all moves so far are written.
    pub fn into_state(self) -> RunState {
        self.state
    }

    /// Everybody in the order in which they are served: who shares, who waits, and who waits for Tatkal.
    fn everybody(&self) -> impl Iterator<Item = (Person, QueueId, Leg, Waiter)> + '_ {
        let is_turn = |turn: usize, id: &QueueId, waiter: &Waiter| match id.list {
            WaitingList::General => turn == usize::from(waiter.shared.is_none()),
            WaitingList::Tatkal => turn == 2,
        };
        (0..3).flat_map(move |turn| {
            // Whoever waits for a part that is not run gets no berth for it.
            let served =
                self.entries.iter().enumerate().filter(|(_, (_, queued))| self.state.gaps.on(queued.leg).is_none());
            served.flat_map(move |(entry, (id, queued))| {
                let waiters = queued.waiters.iter().enumerate().filter(move |(_, waiter)| is_turn(turn, id, waiter));
                waiters.map(move |(waiter, who)| (Person { entry, waiter }, *id, queued.leg, *who))
            })
        })
    }

    /// The next passenger who moves up, and onto what.
    fn next_step(&mut self) -> Option<(Person, Step)> {
        if self.state.stage == Stage::Cancelled {
            return None;
        }
        let everybody: Vec<_> = self.everybody().collect();
        let groups: [fn(&Waiter) -> bool; 2] = [|waiter| waiter.ladies, |waiter| waiter.needs_lower];
        let charted = if self.state.stage == Stage::Open { &groups[..0] } else { &groups };
        for is_in_group in charted {
            // A leg for which there is no berth has none for the next either.
            let mut full = BTreeSet::new();
            for (person, _, leg, who) in everybody.iter().filter(|(.., who)| is_in_group(who)) {
                if full.contains(leg) {
                    continue;
                }
                match self.ladies_berth(*person, *leg, who) {
                    Some(berth) => return Some((*person, who.step(Better::Berth(berth)))),
                    None => drop(full.insert(*leg)),
                }
            }
        }
        let rounds = if self.state.stage == Stage::Open { &Whole::ROUNDS[..1] } else { &Whole::ROUNDS };
        for whole in rounds {
            let mut full = BTreeSet::new();
            for (person, id, leg, who) in &everybody {
                let kind = (id.list, who.shared.is_some(), *leg);
                if full.contains(&kind) && self.own_whole(*whole, *leg, who).is_none() {
                    continue;
                }
                match self.better(*whole, *person, id.list, *leg, who) {
                    Some(better) => return Some((*person, who.step(better))),
                    None => drop(full.insert(kind)),
                }
            }
        }
        None
    }

    fn better(&self, whole: Whole, person: Person, list: WaitingList, leg: Leg, who: &Waiter) -> Option<Better> {
        if let Some(own) = self.own_whole(whole, leg, who) {
            return Some(Better::Berth(own));
        }
        let quota = match list {
            WaitingList::Tatkal if self.state.stage == Stage::Open => Quota::Tatkal,
            WaitingList::Tatkal | WaitingList::General => Quota::General,
        };
        let state = match whole {
            Whole::Unshared => &self.sharing,
            Whole::Any => &self.state,
        };
        if let Some(berth) = berth_of(state, self.class, quota, leg, who, self.start(person), self.now) {
            return Some(Better::Berth(berth));
        }
        if list == WaitingList::Tatkal || who.shared.is_some() {
            return None;
        }
        let half = free_half(&self.state, self.class, leg, self.now)?;
        Some(Better::Half { half, number: self.number(person) })
    }

    /// The berth whose other half is free for whoever shares it, once the last chart is made.
    fn own_whole(&self, whole: Whole, leg: Leg, who: &Waiter) -> Option<BerthRef> {
        let own = who.shared.filter(|_| whole == Whole::Any && self.state.stage == Stage::FinalChart)?;
        let coach = self.state.coach(own.berth.coach);
        let mut others = Part::HALVES.into_iter().filter(|part| *part != own.part);
        others.all(|part| coach.is_spot_free(Spot::new(own.berth.number, part), leg, self.now)).then_some(own.berth)
    }

    /// A berth that was kept for ladies until the first chart.
    fn ladies_berth(&mut self, person: Person, leg: Leg, who: &Waiter) -> Option<BerthRef> {
        let start = self.start(person);
        // As the quotas were before the chart.
        let stage = replace(&mut self.state.stage, Stage::Open);
        let found = berth_of(&self.state, self.class, Quota::Ladies, leg, who, start, self.now);
        self.state.stage = stage;
        found
    }

    /// Among equal coaches, parties begin at different ones.
    fn start(&self, person: Person) -> u64 {
        self.entries[person.entry].1.pnr.get()
    }

    /// Somebody's place among those who share once they do.
    fn number(&self, person: Person) -> u16 {
        let before = self.entries[..person.entry].iter().map(|(_, entry)| entry.rac()).sum::<u16>();
        let own = &self.entries[person.entry].1.waiters[..person.waiter];
        before + own.iter().filter(|waiter| waiter.shared.is_some()).count() as u16 + 1
    }

    fn take(&mut self, person: Person, step: Step) {
        let (id, entry) = &mut self.entries[person.entry];
        for edit in edits(&self.state, &[step], entry.leg, self.now) {
            let written = edit.applied_to(self.state.coach(edit.coach));
            *self.state.coach_mut(edit.coach) = written;
            if let Some(coach) = self.state.train.coach(edit.coach) {
                *self.sharing.coach_mut(edit.coach) = kept_for_sharing(&self.state, *coach);
            }
        }
        let head = self.state.queues.entry(*id).or_default();
        match step.from {
            Some(_) => head.rac = head.rac.saturating_sub(1),
            None => head.waiting = head.waiting.saturating_sub(1),
        }
        match step.to {
            Better::Berth(_) => drop(entry.waiters.remove(person.waiter)),
            Better::Half { half, .. } => {
                head.rac += 1;
                entry.waiters[person.waiter].shared = Some(half);
            }
        }
    }
}

impl Iterator for Promotion {
    type Item = Move;

    /// One booking's steps, as many as come one after the other.
    fn next(&mut self) -> Option<Move> {
        let (mut person, mut step) = self.next_step()?;
        let index = person.entry;
        let (queue, before) = self.entries[index].clone();
        let was = self.state.clone();
        let mut steps = Vec::new();
        loop {
            self.take(person, step);
            steps.push(step);
            match self.next_step() {
                Some(next) if next.0.entry == index => (person, step) = next,
                _ => break,
            }
        }
        let edits = edits(&was, &steps, before.leg, self.now);
        let left = &mut self.entries[index].1;
        left.version += 1;
        let after = (!left.waiters.is_empty()).then(|| left.clone());
        Some(Move { queue, before, after, steps, edits })
    }
}

impl Waiter {
    const fn step(&self, to: Better) -> Step {
        Step { passenger: self.passenger, from: self.shared, to }
    }
}

/// What steps of one booking change in the coaches, each coach once.
fn edits(state: &RunState, steps: &[Step], leg: Leg, now: DateTime<Utc>) -> Vec<CoachEdit> {
    let mut edits: BTreeMap<CoachId, CoachEdit> = BTreeMap::new();
    for step in steps {
        // First, so that whoever keeps the whole of a berth finds their own half free.
        let left: Vec<_> = step.from.map(Grant::Shared).into_iter().collect();
        for (coach, spots) in state.spots_of(&left) {
            edits.entry(coach).or_insert_with(|| CoachEdit::new(coach)).free(state.coach(coach), &spots, leg);
        }
        for (coach, spots) in state.spots_of(&[step.to.grant()]) {
            let edit = edits.entry(coach).or_insert_with(|| CoachEdit::new(coach));
            edit.take(state.coach(coach), &spots, leg, now).expect("a step is onto what is free");
        }
    }
    edits.into_values().collect()
}

fn berth_of(
    state: &RunState,
    class: Class,
    quota: Quota,
    leg: Leg,
    who: &Waiter,
    start: u64,
    now: DateTime<Utc>,
) -> Option<BerthRef> {
    let wish = BerthWish { preference: who.preference, needs_lower: who.needs_lower };
    allot(state, class, quota, leg, &[wish], start, now).ok()?.first().copied()
}

/// A free half of a shared berth: beside somebody rather than in an empty berth, then where the gap fits most tightly.
fn free_half(state: &RunState, class: Class, leg: Leg, now: DateTime<Utc>) -> Option<SharedBerth> {
    let segments = (state.train.halts().len() - 1) as u8;
    let mut best = None;
    for coach in state.train.coaches_of(class) {
        let occupancy = state.coach(coach.id());
        for number in state.terms.allocation.in_pool(coach, Pool::Rac) {
            for part in Part::HALVES {
                let spot = Spot::new(number, part);
                if !occupancy.is_spot_free(spot, leg, now) {
                    continue;
                }
                let is_empty = !occupancy.taken(number, now).overlaps(leg.mask());
                let cost = (is_empty, occupancy.occupied(spot, now).gap_around(leg, segments));
                if best.is_none_or(|(least, _)| cost < least) {
                    best = Some((cost, SharedBerth { berth: BerthRef { coach: coach.id(), number }, part }));
                }
            }
        }
    }
    best.map(|(_, half)| half)
}

#[cfg(test)]
mod tests;
