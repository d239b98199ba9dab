use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use rstest::rstest;
use uuid::Uuid;

use super::{CoachState, GRACE, HeldPart, HoldId, Part, SegmentMask, Spot};
use crate::domain::segment::Leg;
use crate::domain::train::Train;

/// The last halt that a train can have.
const LAST: u8 = Train::MAX_HALTS as u8 - 1;

fn now() -> DateTime<Utc> {
    "2026-11-24T10:00:00Z".parse().expect("an instant")
}

fn leg(from: u8, to: u8) -> Leg {
    Leg::new(from, to).expect("forward")
}

fn hold_id(number: usize) -> HoldId {
    HoldId(Uuid::from_u128(number as u128))
}

fn segments(mask: SegmentMask) -> BTreeSet<u8> {
    (0..LAST).filter(|segment| mask.has(*segment)).collect()
}

#[rstest]
#[case("0", Some(0))]
#[case("85070591730234615865843651857942052863", Some(126))]
#[case("85070591730234615865843651857942052864", None)]
#[case("-1", None)]
#[case("1.0", None)]
#[case("", None)]
fn a_mask_is_a_number_of_126_bits(#[case] text: &str, #[case] count: Option<u32>) {
    assert_eq!(text.parse::<SegmentMask>().ok().map(SegmentMask::count), count);
}

#[rstest]
#[case("23", Some(Spot::from(23)))]
#[case("7a", Some(Spot::new(7, Part::First)))]
#[case("7b", Some(Spot::new(7, Part::Second)))]
#[case("0", None)]
#[case("a", None)]
#[case("7c", None)]
#[case("256", None)]
fn a_spot_is_a_berth_or_half_of_one(#[case] text: &str, #[case] spot: Option<Spot>) {
    assert_eq!(text.parse().ok(), spot);
    assert!(spot.is_none_or(|spot| spot.to_string() == text));
}

#[test]
fn a_shared_berth_is_free_as_a_whole_only_while_both_halves_are() {
    let mut coach = CoachState::default();
    coach.masks.insert(Spot::new(7, Part::First), leg(0, 3).mask());
    assert!(!coach.is_free(7, leg(2, 5), now()));
    assert!(coach.is_free(7, leg(3, 5), now()));
    assert!(coach.is_spot_free(Spot::new(7, Part::Second), leg(0, 5), now()));
}

#[test]
fn a_hold_counts_until_the_grace_is_over() {
    let part = HeldPart { spots: vec![1.into()], leg: leg(0, 1), until: now() };
    assert!(!part.is_expired(now()));
    assert!(!part.is_expired(now() + GRACE - TimeDelta::milliseconds(1)));
    assert!(part.is_expired(now() + GRACE));
}

#[test]
fn a_blocked_berth_is_not_for_sale() {
    let blocked = BTreeMap::from([(7, "window broken".to_owned())]);
    let coach = CoachState { blocked, ..CoachState::default() };
    assert!(!coach.is_free(7, leg(0, 5), now()));
    assert!(coach.is_free(8, leg(0, 5), now()));
}

prop_compose! {
    fn any_leg(last: u8)(from in 0..last, length in 1..=last) -> Leg {
        leg(from, (from + length).min(last))
    }
}

fn any_mask() -> impl Strategy<Value = SegmentMask> {
    prop::collection::vec(any_leg(LAST), 0..6)
        .prop_map(|legs| legs.into_iter().fold(SegmentMask::EMPTY, |mask, leg| mask.with(leg.mask())))
}

/// What happens to a coach of four berths on a run of six segments.
#[derive(Clone, Debug)]
enum Event {
    Sell(u8, Leg),
    Hold(BTreeSet<u8>, Leg, i64),
    Release(usize),
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (1..=4_u8, any_leg(6)).prop_map(|(berth, leg)| Event::Sell(berth, leg)),
        3 => (prop::collection::btree_set(1..=4_u8, 1..3), any_leg(6), -600..600_i64)
            .prop_map(|(berths, leg, seconds)| Event::Hold(berths, leg, seconds)),
        1 => (0..12_usize).prop_map(Event::Release),
    ]
}

/// A coach after events, each carried out as the store does it, and beside it who has each berth on each segment: a
/// sale for good, or a hold until an instant.
fn after(events: Vec<Event>) -> (CoachState, BTreeMap<(u8, u8), Option<HoldId>>) {
    let mut coach = CoachState::default();
    let mut owners = BTreeMap::new();
    for (i, event) in events.into_iter().enumerate() {
        match event {
            Event::Sell(berth, leg) if coach.is_free(berth, leg, now()) => {
                reclaim(&mut coach, &mut owners, berth, leg);
                take(&mut coach, berth, leg);
                owners.extend(segments(leg.mask()).into_iter().map(|segment| ((berth, segment), None)));
            }
            Event::Hold(berths, leg, seconds) if berths.iter().all(|berth| coach.is_free(*berth, leg, now())) => {
                for berth in &berths {
                    reclaim(&mut coach, &mut owners, *berth, leg);
                    take(&mut coach, *berth, leg);
                    let cells = segments(leg.mask()).into_iter().map(|segment| (*berth, segment));
                    owners.extend(cells.map(|cell| (cell, Some(hold_id(i)))));
                }
                let until = now() + TimeDelta::seconds(seconds);
                let spots = berths.into_iter().map(Spot::from).collect();
                coach.holds.insert(hold_id(i), HeldPart { spots, leg, until });
            }
            Event::Release(number) => remove(&mut coach, &mut owners, hold_id(number)),
            Event::Sell(..) | Event::Hold(..) => {}
        }
    }
    (coach, owners)
}

fn take(coach: &mut CoachState, berth: u8, leg: Leg) {
    let mask = coach.masks.entry(berth.into()).or_default();
    assert!(!mask.overlaps(leg.mask()), "berth {berth} would be sold twice");
    *mask = mask.with(leg.mask());
}

fn reclaim(coach: &mut CoachState, owners: &mut BTreeMap<(u8, u8), Option<HoldId>>, berth: u8, leg: Leg) {
    let ids: Vec<_> = coach.reclaimable(berth.into(), leg, now()).map(|(id, _)| *id).collect();
    for id in ids {
        remove(coach, owners, id);
    }
}

fn remove(coach: &mut CoachState, owners: &mut BTreeMap<(u8, u8), Option<HoldId>>, id: HoldId) {
    if let Some(part) = coach.holds.remove(&id) {
        for spot in part.spots {
            let mask = coach.masks.entry(spot).or_default();
            *mask = mask.without(part.leg.mask());
        }
        owners.retain(|_, owner| *owner != Some(id));
    }
}

proptest! {
    #[test]
    fn a_leg_covers_its_segments_and_no_others(leg in any_leg(LAST)) {
        prop_assert_eq!(segments(leg.mask()), (leg.from()..leg.to()).collect::<BTreeSet<_>>());
        prop_assert_eq!(leg.mask().count(), u32::from(leg.to() - leg.from()));
    }

    #[test]
    fn masks_are_sets(one in any_mask(), other in any_mask()) {
        let (a, b) = (segments(one), segments(other));
        prop_assert_eq!(segments(one.with(other)), &a | &b);
        prop_assert_eq!(segments(one.without(other)), &a - &b);
        prop_assert_eq!(one.overlaps(other), !a.is_disjoint(&b));
        prop_assert_eq!(one.contains(other), a.is_superset(&b));
        prop_assert_eq!(one.is_empty(), a.is_empty());
        prop_assert_eq!(one.count() as usize, a.len());
    }

    #[test]
    fn a_mask_reads_back(mask in any_mask()) {
        prop_assert_eq!(mask.to_string().parse(), Ok(mask));
        prop_assert!(mask.to_string().len() <= 38, "a Number of the store has 38 digits");
    }

    #[test]
    fn adjacent_legs_never_meet(halts in prop::sample::subsequence((0..=LAST).collect::<Vec<_>>(), 3)) {
        let (from, middle, to) = (halts[0], halts[1], halts[2]);
        prop_assert!(!leg(from, middle).mask().overlaps(leg(middle, to).mask()));
        prop_assert_eq!(leg(from, middle).mask().with(leg(middle, to).mask()), leg(from, to).mask());
    }

    /// A berth is never free on a segment that somebody bought or holds, and free everywhere else.
    #[test]
    fn a_berth_is_free_exactly_where_nobody_has_it(
        events in prop::collection::vec(any_event(), 0..30), berth in 1..=4_u8, wanted in any_leg(6)
    ) {
        let (coach, owners) = after(events);
        let in_force = |owner: &Option<HoldId>| owner.is_none_or(|id| !coach.holds[&id].is_expired(now()));
        let taken = segments(wanted.mask()).iter().any(|segment| owners.get(&(berth, *segment)).is_some_and(in_force));
        prop_assert_eq!(coach.is_free(berth, wanted, now()), !taken);
    }

    /// Those that are gone at once are those that are not free one by one.
    #[test]
    fn a_berth_is_gone_where_it_is_not_free(
        events in prop::collection::vec(any_event(), 0..30), blocked in prop::collection::btree_set(1..=5_u8, 0..3),
        wanted in any_leg(6)
    ) {
        let (mut coach, _) = after(events);
        coach.blocked = blocked.into_iter().map(|berth| (berth, "broken".to_owned())).collect();
        let gone = coach.gone(wanted, now());
        for berth in 1..=u8::MAX {
            prop_assert_eq!(gone[usize::from(berth)], !coach.is_free(berth, wanted, now()), "{}", berth);
        }
    }

    /// When a hold ends, what it held is free, and nothing else changes.
    #[test]
    fn an_expired_hold_frees_exactly_its_bits(
        events in prop::collection::vec(any_event(), 0..12), berths in prop::collection::btree_set(1..=4_u8, 1..3),
        leg in any_leg(6)
    ) {
        let (mut coach, mut owners) = after(events);
        let berths: BTreeSet<_> = berths.into_iter().filter(|berth| coach.is_free(*berth, leg, now())).collect();
        // The store gives back what expired in the way of a claim before the claim is written.
        for berth in &berths {
            reclaim(&mut coach, &mut owners, *berth, leg);
        }
        let before = coach.clone();
        for berth in &berths {
            take(&mut coach, *berth, leg);
        }
        let part = HeldPart { spots: berths.iter().copied().map(Spot::from).collect(), leg, until: now() };
        coach.holds.insert(hold_id(999), part);
        let expiry = now() + GRACE;
        for berth in 1..=4 {
            let held = if berths.contains(&berth) { leg.mask() } else { SegmentMask::EMPTY };
            prop_assert_eq!(coach.taken(berth, now()), before.taken(berth, now()).with(held));
            prop_assert_eq!(coach.taken(berth, expiry), before.taken(berth, expiry));
        }
        // Whoever wants one of its berths then is told to remove it, and only there and then.
        for berth in 1..=4 {
            let told = |at| coach.reclaimable(berth.into(), leg, at).any(|(id, _)| *id == hold_id(999));
            prop_assert!(!told(now()));
            prop_assert_eq!(told(expiry), berths.contains(&berth));
        }
    }
}
