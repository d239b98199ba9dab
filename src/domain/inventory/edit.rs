//! What a write changes in one coach, decided from the state that was read.
//!
//! An edit remembers everything it was decided from: the masks it changes, the holds it removes, that the berths it takes
//! are not blocked, and whether somebody waits. The store writes it on condition that all of that is still so. Several
//! changes of one coach are one edit, since one write may name an item only once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::booking::Place;
use crate::domain::coach::CoachId;
use crate::domain::inventory::{CoachState, HeldPart, HoldId, RunState};
use crate::domain::segment::{Leg, SegmentMask};
use crate::domain::spot::Spot;

/// A change of one coach, conditional on everything it was decided from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoachEdit {
    /// The coach.
    pub coach: CoachId,
    /// Spots whose mask changes, or must be as it was: before and after.
    pub masks: BTreeMap<Spot, (SegmentMask, SegmentMask)>,
    /// Berths that must not be blocked.
    pub unblocked: Vec<u8>,
    /// The hold that is put; it must not be there.
    pub put: Option<(HoldId, HeldPart)>,
    /// Holds that are taken away whole with their bits, as they were read.
    pub removed: Vec<(HoldId, HeldPart)>,
    /// Holds whose bits become somebody's for good: the hold goes, and its end is not asked for.
    pub settled: Vec<Held>,
    /// Holds that are kept until another moment.
    pub extended: Vec<(Held, DateTime<Utc>)>,
    /// What is asked of the fence.
    pub fence: Fence,
}

/// The part of a hold in one coach, as its holder knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The hold.
    pub hold: HoldId,
    /// Its spots in the coach.
    pub spots: Vec<Spot>,
    /// Its leg.
    pub leg: Leg,
}

/// What a write asks of the mark that somebody waits for a berth of the coach's class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fence {
    /// Nothing.
    #[default]
    Any,
    /// It must not be there: the berths were chosen without a look at who waits.
    Absent,
    /// It is there from now on.
    Raised,
}

impl CoachEdit {
    /// An edit that changes nothing yet.
    pub const fn new(coach: CoachId) -> Self {
        Self {
            coach,
            masks: BTreeMap::new(),
            unblocked: Vec::new(),
            put: None,
            removed: Vec::new(),
            settled: Vec::new(),
            extended: Vec::new(),
            fence: Fence::Any,
        }
    }

    /// Whether it changes and asks nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self { fence: Fence::Any, ..Self::new(self.coach) } && self.fence == Fence::Any
    }

    /// Takes spots for a leg, clearing whatever expired hold is in the way.
    ///
    /// # Errors
    ///
    /// The spots that are not free; then nothing is taken.
    pub fn take(&mut self, state: &CoachState, spots: &[Spot], leg: Leg, now: DateTime<Utc>) -> Result<(), Vec<Spot>> {
        let is_free = |spot: &Spot| match self.masks.get(spot) {
            // Already changed by this edit: what counts is what it leaves, less what else has expired.
            Some((_, after)) => {
                let left =
                    self.expired_beside(state, *spot, now).fold(*after, |mask, part| mask.without(part.leg.mask()));
                !left.overlaps(leg.mask()) && !state.blocked.contains_key(&spot.number)
            }
            None => state.is_spot_free(*spot, leg, now),
        };
        let taken: Vec<_> = spots.iter().copied().filter(|spot| !is_free(spot)).collect();
        if !taken.is_empty() {
            return Err(taken);
        }
        for spot in spots {
            let expired: Vec<_> = state.reclaimable(*spot, leg, now).map(|(id, part)| (*id, part.clone())).collect();
            for (id, part) in expired {
                self.remove(state, id, &part);
            }
        }
        for spot in spots {
            let (_, after) = self.mask(state, *spot);
            *after = after.with(leg.mask());
            if !self.unblocked.contains(&spot.number) {
                self.unblocked.push(spot.number);
            }
        }
        Ok(())
    }

    /// Gives spots back on a leg, and no segment of anybody else's.
    pub fn free(&mut self, state: &CoachState, spots: &[Spot], leg: Leg) {
        for spot in spots {
            let (_, after) = self.mask(state, *spot);
            *after = after.without(leg.mask());
        }
    }

    /// A coach once the edit is written to it.
    pub fn applied_to(&self, state: &CoachState) -> CoachState {
        let mut written = state.clone();
        written.rev += 1;
        for (spot, (_, after)) in &self.masks {
            if after.is_empty() {
                written.masks.remove(spot);
            } else {
                written.masks.insert(*spot, *after);
            }
        }
        let gone = self.removed.iter().map(|(id, _)| *id).chain(self.settled.iter().map(|held| held.hold));
        for id in gone {
            written.holds.remove(&id);
        }
        written.holds.extend(self.put.clone());
        for (held, until) in &self.extended {
            if let Some(part) = written.holds.get_mut(&held.hold) {
                part.until = *until;
            }
        }
        written.fenced |= self.fence == Fence::Raised;
        written
    }

    /// The parts of expired holds on a spot that this edit does not take away yet.
    fn expired_beside<'a>(
        &'a self,
        state: &'a CoachState,
        spot: Spot,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = &'a HeldPart> {
        let is_kept = |id: &HoldId| self.removed.iter().all(|(known, _)| known != id);
        let expired = state.holds.iter().filter(move |(id, part)| part.is_expired(now) && is_kept(id));
        expired.map(|(_, part)| part).filter(move |part| part.spots.contains(&spot))
    }

    fn remove(&mut self, state: &CoachState, id: HoldId, part: &HeldPart) {
        if self.removed.iter().all(|(known, _)| *known != id) {
            self.free(state, &part.spots, part.leg);
            self.removed.push((id, part.clone()));
        }
    }

    fn mask(&mut self, state: &CoachState, spot: Spot) -> &mut (SegmentMask, SegmentMask) {
        let before = state.masks.get(&spot).copied().unwrap_or_default();
        self.masks.entry(spot).or_insert((before, before))
    }
}

impl RunState {
    /// Gives back on a leg what places take, and no segment of anybody else's: an edit for each coach.
    pub fn freeing<'a>(&self, places: impl IntoIterator<Item = &'a Place>, leg: Leg) -> Vec<CoachEdit> {
        let grants: Vec<_> = places.into_iter().filter_map(Place::grant).collect();
        let parts = self.spots_of(&grants).into_iter();
        parts
            .map(|(coach, spots)| {
                let mut edit = CoachEdit::new(coach);
                edit.free(self.coach(coach), &spots, leg);
                edit
            })
            .collect()
    }
}

/// Takes spots for a hold.
///
/// # Errors
///
/// The spots that are not free.
pub fn claim(
    coach: CoachId,
    state: &CoachState,
    id: HoldId,
    part: HeldPart,
    now: DateTime<Utc>,
) -> Result<CoachEdit, Vec<Spot>> {
    let mut edit = CoachEdit::new(coach);
    edit.take(state, &part.spots, part.leg, now)?;
    edit.fence = if state.fenced { Fence::Any } else { Fence::Absent };
    edit.put = Some((id, part));
    Ok(edit)
}

/// Gives a hold's spots back, and no segment of anybody else's. `None` when the hold is not there.
pub fn release(coach: CoachId, state: &CoachState, id: HoldId) -> Option<CoachEdit> {
    let part = state.holds.get(&id)?;
    let mut edit = CoachEdit::new(coach);
    edit.remove(state, id, part);
    Some(edit)
}

/// Makes held spots somebody's for good: the hold goes and the masks stay.
pub fn settle(coach: CoachId, held: Held) -> CoachEdit {
    CoachEdit { settled: vec![held], ..CoachEdit::new(coach) }
}

/// Keeps held spots until another moment.
pub fn extend(coach: CoachId, held: Held, until: DateTime<Utc>) -> CoachEdit {
    CoachEdit { extended: vec![(held, until)], ..CoachEdit::new(coach) }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use uuid::Uuid;

    use super::{CoachEdit, CoachId, CoachState, HeldPart, HoldId, Leg, SegmentMask, claim, release};
    use crate::domain::inventory::GRACE;

    fn leg(from: u8, to: u8) -> Leg {
        Leg::new(from, to).expect("forward")
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_764_000_000, 0).expect("a valid instant")
    }

    fn b1() -> CoachId {
        CoachId::parse("B1").expect("valid")
    }

    fn hold(n: u128) -> HoldId {
        HoldId(Uuid::from_u128(n))
    }

    fn part(berths: &[u8], leg: Leg, until: DateTime<Utc>) -> HeldPart {
        HeldPart { spots: berths.iter().map(|berth| (*berth).into()).collect(), leg, until }
    }

    fn apply(state: &mut CoachState, edit: &CoachEdit) {
        for (berth, (before, after)) in &edit.masks {
            assert_eq!(state.masks.get(berth).copied().unwrap_or_default(), *before);
            if after.is_empty() {
                state.masks.remove(berth);
            } else {
                state.masks.insert(*berth, *after);
            }
        }
        for (id, _) in &edit.removed {
            state.holds.remove(id);
        }
        state.holds.extend(edit.put.clone());
    }

    #[test]
    fn a_release_leaves_the_other_traveller_s_segments() {
        let mut state = CoachState::default();
        state.masks.insert(3.into(), SegmentMask::of(4, 9));
        let later = now() + TimeDelta::minutes(10);
        let taken = claim(b1(), &state, hold(1), part(&[3, 4], leg(0, 4), later), now()).expect("free");
        apply(&mut state, &taken);
        assert_eq!(state.masks[&3.into()], SegmentMask::of(0, 9));
        let back = release(b1(), &state, hold(1)).expect("held");
        apply(&mut state, &back);
        assert_eq!(state.masks[&3.into()], SegmentMask::of(4, 9));
        assert!(!state.masks.contains_key(&4.into()), "a berth that is free everywhere has no mask");
        assert_eq!(release(b1(), &state, hold(1)), None, "a second release finds nothing");
    }

    #[test]
    fn an_expired_hold_is_cleared_whole_with_all_its_berths() {
        let mut state = CoachState::default();
        let until = now();
        let first = claim(b1(), &state, hold(1), part(&[1, 2, 3], leg(0, 5), until), now()).expect("free");
        apply(&mut state, &first);
        let soon = now() + GRACE - TimeDelta::seconds(1);
        let wanted = part(&[2], leg(3, 6), until + TimeDelta::minutes(10));
        assert_eq!(claim(b1(), &state, hold(2), wanted.clone(), soon), Err(vec![2.into()]), "grace is not over");
        let second = claim(b1(), &state, hold(2), wanted, now() + GRACE).expect("expired");
        assert_eq!(second.removed.len(), 1);
        apply(&mut state, &second);
        assert_eq!(state.masks.keys().copied().collect::<Vec<_>>(), [2.into()]);
        assert_eq!(state.masks[&2.into()], SegmentMask::of(3, 6));
        assert_eq!(state.holds.keys().copied().collect::<Vec<_>>(), [hold(2)]);
    }

    #[test]
    fn spots_that_expired_holds_share_are_taken_one_after_the_other() {
        let mut state = CoachState::default();
        for (id, berths, leg) in [(1, &[5, 6][..], leg(0, 3)), (2, &[6], leg(3, 6))] {
            let held = claim(b1(), &state, hold(id), part(berths, leg, now()), now()).expect("free");
            apply(&mut state, &held);
        }
        let later = now() + GRACE;
        let mut edit = CoachEdit::new(b1());
        // The first step clears a hold of the second one's spot, on a part of the leg; another is in the way of the rest.
        edit.take(&state, &[5.into()], leg(0, 6), later).expect("its hold has expired");
        edit.take(&state, &[6.into()], leg(0, 6), later).expect("both of its holds have");
        assert_eq!(edit.removed.len(), 2);
        apply(&mut state, &edit);
        assert_eq!(state.masks, [(5.into(), SegmentMask::of(0, 6)), (6.into(), SegmentMask::of(0, 6))].into());
        assert!(state.holds.is_empty());
        let mut again = CoachEdit::new(b1());
        again.take(&state, &[7.into()], leg(0, 6), later).expect("free");
        assert_eq!(again.take(&state, &[7.into()], leg(2, 3), later), Err(vec![7.into()]), "nothing is taken twice");
    }

    #[test]
    fn an_expired_hold_on_another_leg_stays() {
        let mut state = CoachState::default();
        let first = claim(b1(), &state, hold(1), part(&[2], leg(0, 3), now()), now()).expect("free");
        apply(&mut state, &first);
        let later = now() + GRACE;
        let second = claim(b1(), &state, hold(2), part(&[2], leg(3, 6), later), later).expect("free");
        assert!(second.removed.is_empty());
    }

    #[test]
    fn a_blocked_berth_is_not_free() {
        let mut state = CoachState::default();
        state.blocked.insert(5, "broken".to_owned());
        assert_eq!(claim(b1(), &state, hold(1), part(&[4, 5], leg(0, 1), now()), now()), Err(vec![5.into()]));
    }
}
