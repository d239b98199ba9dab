//! What a write changes in one coach, decided from the state that was read: the masks before and after, the hold it
//! puts or takes away, and the expired holds it clears.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::coach::CoachId;
use crate::domain::inventory::{CoachState, HeldPart, HoldId};
use crate::domain::segment::{Leg, SegmentMask};

/// A change of one coach, conditional on everything it was decided from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct CoachEdit {
    pub coach: CoachId,
    /// Berths whose mask changes, or must be as it was: before and after.
    pub masks: BTreeMap<u8, (SegmentMask, SegmentMask)>,
    /// Berths that must not be blocked.
    pub unblocked: Vec<u8>,
    /// The hold that is put.
    pub put: Option<(HoldId, HeldPart)>,
    /// Holds that are taken away whole, as they were read.
    pub removed: Vec<(HoldId, HeldPart)>,
}

/// Takes berths for a hold, clearing whatever expired hold is in the way. Fails with the berths that are not free.
pub(in crate::store) fn claim(
    coach: CoachId,
    state: &CoachState,
    id: HoldId,
    part: HeldPart,
    now: DateTime<Utc>,
) -> Result<CoachEdit, Vec<u8>> {
    let taken: Vec<_> = part.berths.iter().copied().filter(|berth| !state.is_free(*berth, part.leg, now)).collect();
    if !taken.is_empty() {
        return Err(taken);
    }
    let mut removed: Vec<(HoldId, HeldPart)> = Vec::new();
    for berth in &part.berths {
        for (hold, expired) in state.reclaimable(*berth, part.leg, now) {
            if removed.iter().all(|(known, _)| known != hold) {
                removed.push((*hold, expired.clone()));
            }
        }
    }
    let mut edit = CoachEdit { coach, masks: BTreeMap::new(), unblocked: part.berths.clone(), put: None, removed };
    for (_, expired) in edit.removed.clone() {
        edit.clear(state, &expired.berths, expired.leg);
    }
    for berth in &part.berths {
        let (_, after) = edit.mask(state, *berth);
        *after = after.with(part.leg.mask());
    }
    edit.put = Some((id, part));
    Ok(edit)
}

/// Gives a hold's berths back, and no segment of anybody else's. `None` when the hold is not there.
pub(in crate::store) fn release(coach: CoachId, state: &CoachState, id: HoldId) -> Option<CoachEdit> {
    let part = state.holds.get(&id)?;
    let mut edit = CoachEdit {
        coach,
        masks: BTreeMap::new(),
        unblocked: Vec::new(),
        put: None,
        removed: vec![(id, part.clone())],
    };
    edit.clear(state, &part.berths, part.leg);
    Some(edit)
}

impl CoachEdit {
    fn mask(&mut self, state: &CoachState, berth: u8) -> &mut (SegmentMask, SegmentMask) {
        let before = state.masks.get(&berth).copied().unwrap_or_default();
        self.masks.entry(berth).or_insert((before, before))
    }

    fn clear(&mut self, state: &CoachState, berths: &[u8], leg: Leg) {
        for berth in berths {
            let (_, after) = self.mask(state, *berth);
            *after = after.without(leg.mask());
        }
    }
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
        HeldPart { berths: berths.to_vec(), leg, until }
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
        state.masks.insert(3, SegmentMask::of(4, 9));
        let later = now() + TimeDelta::minutes(10);
        let taken = claim(b1(), &state, hold(1), part(&[3, 4], leg(0, 4), later), now()).expect("free");
        apply(&mut state, &taken);
        assert_eq!(state.masks[&3], SegmentMask::of(0, 9));
        let back = release(b1(), &state, hold(1)).expect("held");
        apply(&mut state, &back);
        assert_eq!(state.masks[&3], SegmentMask::of(4, 9));
        assert!(!state.masks.contains_key(&4), "a berth that is free everywhere has no mask");
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
        assert_eq!(claim(b1(), &state, hold(2), wanted.clone(), soon), Err(vec![2]), "grace is not over");
        let second = claim(b1(), &state, hold(2), wanted, now() + GRACE).expect("expired");
        assert_eq!(second.removed.len(), 1);
        apply(&mut state, &second);
        assert_eq!(state.masks.keys().copied().collect::<Vec<_>>(), [2]);
        assert_eq!(state.masks[&2], SegmentMask::of(3, 6));
        assert_eq!(state.holds.keys().copied().collect::<Vec<_>>(), [hold(2)]);
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
        assert_eq!(claim(b1(), &state, hold(1), part(&[4, 5], leg(0, 1), now()), now()), Err(vec![5]));
    }
}
