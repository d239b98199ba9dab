mod books;

use proptest::prelude::*;
use uuid::Uuid;

use self::books::{Act, FARE, QUEUE, act, allotted, b, empty, kept, leg, now, refund, train};
use super::money::Fault;
use super::{Difference, Evidence, differences, mend};
use crate::domain::booking::{Allotted, BookingStatus, Deed, Place};
use crate::domain::coach::BerthRef;
use crate::domain::inventory::edit::Fence;
use crate::domain::inventory::{HeldPart, HoldId};
use crate::domain::money::Paise;
use crate::domain::pnr::Pnr;
use crate::domain::segment::SegmentMask;
use crate::domain::spot::{Part, Spot};
use crate::domain::train::RunId;
use crate::domain::waitlist::Entry;

/// A fault put into the books, and whether a difference is what it should be called.
type Put = fn(&mut Evidence) -> Option<Box<dyn Fn(&Difference) -> bool>>;

/// The first booking with a place like this, the passenger who has it, and the place.
fn first(evidence: &Evidence, is_meant: impl Fn(&Place) -> bool) -> Option<(Pnr, usize, Place)> {
    let sold = evidence.bookings.values().filter(|booking| booking.status == BookingStatus::Booked);
    sold.flat_map(|booking| booking.passengers.iter().enumerate().map(|(index, who)| (booking.pnr, index, who.place)))
        .find(|(.., place)| is_meant(place))
}

/// Every kind of fault once.
const FAULTS: &[(&str, Put)] = &[
    ("a bit of nobody's", |kept| {
        let spot = kept.parts(b(1), 1)[0];
        let taken = kept.state.coach(b(1)).masks.get(&spot).copied().unwrap_or_default();
        let free = (0..5).find(|segment| !taken.has(*segment))?;
        kept.mark(b(1), &[spot], leg(free, free + 1));
        Some(Box::new(
            move |found| matches!(found, Difference::Stray { at } if at.spot == spot && at.leg == leg(free, free + 1)),
        ))
    }),
    ("a bit of a booking that is not set", |kept| {
        let (pnr, _, place) = first(kept, |place| place.berth().is_some())?;
        let BerthRef { coach, number } = place.berth()?.berth;
        let (spot, leg) = (kept.parts(coach, number)[0], kept.bookings[&pnr].leg);
        kept.clear(coach, &[spot], leg);
        Some(Box::new(
            move |found| matches!(found, Difference::Unmarked { at, pnr: whose } if at.spot == spot && at.leg == leg && *whose == pnr),
        ))
    }),
    ("a bit of a half that is not set", |kept| {
        let (pnr, _, place) = first(kept, |place| place.shared().is_some())?;
        let (half, leg) = (place.shared()?, kept.bookings[&pnr].leg);
        kept.clear(half.berth.coach, &[half.spot()], leg);
        Some(Box::new(
            move |found| matches!(found, Difference::Unmarked { at, pnr: whose } if at.spot == half.spot() && *whose == pnr),
        ))
    }),
    ("a berth sold to two", |kept| {
        let (pnr, _, place) = first(kept, |place| place.berth().is_some())?;
        let leg = kept.bookings[&pnr].leg;
        kept.sell(leg, &[place]);
        let other = *kept.bookings.keys().next_back()?;
        Some(Box::new(
            move |found| matches!(found, Difference::SoldTwice { pnrs, .. } if pnrs.contains(&pnr) && pnrs.contains(&other)),
        ))
    }),
    ("a hold on a booking's berth", |kept| {
        let (pnr, _, place) = first(kept, |place| place.berth().is_some())?;
        let BerthRef { coach, number } = place.berth()?.berth;
        let part = HeldPart { spots: kept.parts(coach, number), leg: kept.bookings[&pnr].leg, until: now() };
        let hold = HoldId(Uuid::from_u128(99));
        kept.state.coach_mut(coach).holds.insert(hold, part);
        Some(Box::new(
            move |found| matches!(found, Difference::HoldOnBooking { hold: whose, pnr: other, .. } if (*whose, *other) == (hold, pnr)),
        ))
    }),
    ("two holds of a berth", |kept| {
        let (coach, part) =
            kept.state.coaches.iter().find_map(|(id, coach)| Some((*id, coach.holds.values().next()?.clone())))?;
        let hold = HoldId(Uuid::from_u128(99));
        kept.state.coach_mut(coach).holds.insert(hold, part);
        Some(Box::new(move |found| matches!(found, Difference::HeldTwice { holds, .. } if holds.contains(&hold))))
    }),
    ("a hold whose bit is not set", |kept| {
        let (coach, hold, part) = kept.state.coaches.iter().find_map(|(id, coach)| {
            let (hold, part) = coach.holds.iter().find(|(_, part)| !part.is_expired(now()))?;
            Some((*id, *hold, part.clone()))
        })?;
        kept.clear(coach, &part.spots[..1], part.leg);
        Some(Box::new(
            move |found| matches!(found, Difference::HoldUnmarked { at, hold: whose } if *whose == hold && at.leg == part.leg),
        ))
    }),
    ("a whole mask on a shared berth", |kept| {
        let number = (1..=16).find(|number| kept.state.is_shared(BerthRef { coach: b(1), number: *number }))?;
        kept.mark(b(1), &[number.into()], leg(0, 5));
        Some(Box::new(move |found| *found == Difference::WrongForm { coach: b(1), spot: number.into() }))
    }),
    ("half a mask on a berth that is not shared", |kept| {
        kept.mark(b(1), &[Spot::new(1, Part::First)], leg(0, 5));
        Some(Box::new(|found| *found == Difference::WrongForm { coach: b(1), spot: Spot::new(1, Part::First) }))
    }),
    ("a berth that the train does not carry", |kept| {
        let at = BerthRef { coach: b(2), number: 17 };
        kept.mark(b(2), &[17.into()], leg(0, 1));
        let place = Place::Berth(Allotted { berth: at, ..allotted(BerthRef { coach: b(2), number: 1 }) });
        kept.sell(leg(0, 1), &[place]);
        Some(Box::new(move |found| matches!(found, Difference::NoSuchBerth { berth, .. } if *berth == at)))
    }),
    ("half of a berth that is not shared", |kept| {
        let at = BerthRef { coach: b(2), number: 1 };
        kept.sell(leg(0, 1), &[Place::Rac { number: 1, berth: allotted(at), part: Part::First }]);
        Some(Box::new(move |found| matches!(found, Difference::NotShared { berth, .. } if *berth == at)))
    }),
    ("another version of the train", |kept| {
        let booking = kept.bookings.values_mut().find(|booking| booking.status == BookingStatus::Booked)?;
        booking.train_version = 2;
        let pnr = booking.pnr;
        Some(Box::new(move |found| *found == Difference::OtherVersion { pnr, sold_by: 2, run: 3 }))
    }),
    ("no pin", |kept| {
        kept.pinned = false;
        let is_sold = kept.state.coaches.values().any(|coach| !coach.masks.is_empty());
        is_sold.then_some(Box::new(|found| *found == Difference::NotPinned))
    }),
    ("a line without its booking", |kept| {
        let pnr = kept.manifest.first()?.pnr;
        kept.bookings.remove(&pnr);
        Some(Box::new(move |found| *found == Difference::LineWithoutBooking { pnr, run: None }))
    }),
    ("a line of another run's booking", |kept| {
        let pnr = kept.manifest.first()?.pnr;
        let other: RunId = "12951#2026-12-02".parse().expect("a run");
        kept.bookings.get_mut(&pnr)?.run = other;
        Some(Box::new(move |found| *found == Difference::LineWithoutBooking { pnr, run: Some(other) }))
    }),
    ("a booking without its line", |kept| {
        let pnr = kept.manifest.pop()?.pnr;
        Some(Box::new(move |found| *found == Difference::BookingWithoutLine { pnr }))
    }),
    ("a line that is older", |kept| {
        let line = kept.manifest.first_mut()?;
        line.version -= 1;
        let pnr = line.pnr;
        Some(Box::new(
            move |found| matches!(found, Difference::LineOfAnotherVersion { pnr: whose, line, booking } if *whose == pnr && line < booking),
        ))
    }),
    ("a line that says something else", |kept| {
        let line = kept.manifest.first_mut()?;
        line.places[0] = "B9-9".to_owned();
        let (pnr, version) = (line.pnr, line.version);
        Some(Box::new(move |found| *found == Difference::LineDiffers { pnr, version }))
    }),
    ("an entry that is missing", |kept| {
        let (queue, entry) = kept.entries.pop()?;
        Some(Box::new(move |found| *found == Difference::NotInQueue { queue, pnr: entry.pnr }))
    }),
    ("an entry of somebody with a berth", |kept| {
        let (pnr, ..) = first(kept, |place| place.berth().is_some())?;
        let leg = kept.bookings[&pnr].leg;
        kept.entries.push((QUEUE, Entry { seq: 1, version: 1, pnr, leg, waiters: Vec::new() }));
        Some(Box::new(move |found| *found == Difference::NotWaiting { queue: QUEUE, seq: 1, pnr }))
    }),
    ("an entry twice", |kept| {
        let (queue, entry) = kept.entries.first()?.clone();
        let (pnr, seq) = (entry.pnr, 99);
        kept.entries.push((queue, Entry { seq, ..entry }));
        Some(Box::new(move |found| *found == Difference::QueuedTwice { queue, seq, pnr }))
    }),
    ("an entry for another leg", |kept| {
        let (queue, entry) = kept.entries.first_mut()?;
        entry.leg = if entry.leg == leg(0, 1) { leg(0, 2) } else { leg(0, 1) };
        let (queue, seq, pnr) = (*queue, entry.seq, entry.pnr);
        Some(Box::new(move |found| *found == Difference::OtherLeg { queue, seq, pnr }))
    }),
    ("an entry with another passenger", |kept| {
        let (_, entry) = kept.entries.first_mut()?;
        entry.waiters[0].passenger = 5;
        let pnr = entry.pnr;
        Some(Box::new(move |found| matches!(found, Difference::OtherWaiters { pnr: whose, .. } if *whose == pnr)))
    }),
    ("an entry on another half", |kept| {
        let entries = kept.entries.iter_mut();
        let waiter = entries.flat_map(|(_, entry)| &mut entry.waiters).find(|waiter| waiter.shared.is_some())?;
        let shared = waiter.shared.as_mut()?;
        shared.part = if shared.part == Part::First { Part::Second } else { Part::First };
        Some(Box::new(|found| matches!(found, Difference::OtherHalf { .. })))
    }),
    ("a head that counts one more", |kept| {
        let head = kept.state.queues.get_mut(&QUEUE)?;
        let entries = (head.rac, head.waiting);
        head.waiting += 1;
        Some(Box::new(move |found| {
            *found == Difference::HeadDiffers { queue: QUEUE, head: (entries.0, entries.1 + 1), entries }
        }))
    }),
    ("a coach without the fence", |kept| {
        kept.entries.first()?;
        kept.state.coach_mut(b(2)).fenced = false;
        Some(Box::new(|found| *found == Difference::Unfenced { queue: QUEUE, coach: b(2) }))
    }),
    ("money that was not taken", |kept| {
        let booking = kept.bookings.values_mut().next()?;
        booking.payment = None;
        let pnr = booking.pnr;
        Some(Box::new(move |found| *found == Difference::Money { pnr, fault: Fault::Unpaid }))
    }),
    ("less money than the fare", |kept| {
        let booking = kept.bookings.values_mut().next()?;
        booking.payment.as_mut()?.amount = Paise::rupees(1);
        Some(Box::new(move |found| matches!(found, Difference::Money { fault: Fault::Amount { .. }, .. })))
    }),
    ("shares that are not the fare", |kept| {
        let booking = kept.bookings.values_mut().next()?;
        booking.passengers[0].fare = Paise::rupees(1);
        Some(Box::new(move |found| matches!(found, Difference::Money { fault: Fault::Shares { .. }, .. })))
    }),
    ("a refund of somebody who travels", |kept| {
        let (pnr, index, _) = first(kept, |place| *place != Place::Cancelled)?;
        kept.bookings.get_mut(&pnr)?.refunds.push(refund(index as u8));
        Some(Box::new(move |found| *found == Difference::Money { pnr, fault: Fault::Travels { passenger: index + 1 } }))
    }),
    ("a refund twice", |kept| {
        let booking = kept.bookings.values_mut().find(|booking| !booking.refunds.is_empty())?;
        booking.refunds.push(booking.refunds[0].clone());
        let pnr = booking.pnr;
        Some(Box::new(
            move |found| matches!(found, Difference::Money { pnr: whose, fault: Fault::Twice { .. } } if *whose == pnr),
        ))
    }),
    ("a refund that is missing", |kept| {
        let booking = kept.bookings.values_mut().find(|booking| !booking.refunds.is_empty())?;
        booking.refunds.pop();
        Some(Box::new(|found| matches!(found, Difference::Money { fault: Fault::NotReckoned { .. }, .. })))
    }),
    ("a refund that keeps too little", |kept| {
        let booking = kept.bookings.values_mut().find(|booking| !booking.refunds.is_empty())?;
        booking.refunds[0].quote.lines[0].refunded = FARE;
        Some(Box::new(|found| matches!(found, Difference::Money { fault: Fault::Steps { .. }, .. })))
    }),
    ("sums that are not those of the lines", |kept| {
        let booking = kept.bookings.values_mut().find(|booking| !booking.refunds.is_empty())?;
        booking.refunds[0].quote.refunded = FARE;
        Some(Box::new(|found| matches!(found, Difference::Money { fault: Fault::Sums, .. })))
    }),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn books_that_are_kept_rightly_are_clean_and_each_fault_in_them_is_found_and_named(
        acts in prop::collection::vec(act(), 1..40)
    ) {
        let right = kept(&acts);
        prop_assert_eq!(differences(&right, now()), []);
        for (name, put) in FAULTS {
            let mut wrong = right.clone();
            if let Some(is_named) = put(&mut wrong) {
                let found = differences(&wrong, now());
                prop_assert!(found.iter().any(is_named), "{} was found as {:?}", name, found);
            }
        }
    }

    #[test]
    fn mending_masks_leads_back_to_the_right_ones(
        acts in prop::collection::vec(act(), 1..40), bits in prop::collection::vec((1..=2_u8, 1..=16_u8, 0..5_u8), 0..6)
    ) {
        let right = kept(&acts);
        let mut wrong = right.clone();
        for (coach, number, segment) in bits {
            let spot = wrong.parts(b(coach), number)[0];
            // Bits of holds are not mended.
            let is_held = wrong.state.coach(b(coach)).holds.values().any(|part| part.spots.contains(&spot));
            let mask = wrong.state.coach(b(coach)).masks.get(&spot).copied().unwrap_or_default();
            match (is_held, mask.has(segment)) {
                (true, _) => {}
                (false, true) => wrong.clear(b(coach), &[spot], leg(segment, segment + 1)),
                (false, false) => wrong.mark(b(coach), &[spot], leg(segment, segment + 1)),
            }
        }
        let mut mended = wrong.clone();
        for edit in mend(&wrong, &differences(&wrong, now()), now()) {
            let masks = &mut mended.state.coach_mut(edit.coach).masks;
            for (spot, (before, after)) in &edit.masks {
                prop_assert_eq!(masks.get(spot).copied().unwrap_or_default(), *before);
                masks.insert(*spot, *after);
            }
            masks.retain(|_, mask| !mask.is_empty());
        }
        prop_assert_eq!(differences(&mended, now()), []);
    }
}

#[test]
fn every_fault_is_put_at_least_once() {
    let legs = [leg(0, 5), leg(0, 3), leg(2, 5)];
    let mut acts: Vec<_> = (0..9).map(|n| Act::Buy(legs[n % 3], 2, n as u8 * 3)).collect();
    acts.extend([
        Act::Hold(leg(0, 5), 2, 0, 10),
        Act::Cancel(0, 0),
        Act::Queue(leg(0, 5), 1),
        Act::Queue(leg(0, 4), 3),
    ]);
    let right = kept(&acts);
    for (name, put) in FAULTS {
        assert!(put(&mut right.clone()).is_some(), "{name}");
    }
}

#[test]
fn a_bit_that_two_claim_is_left_to_a_person_and_a_fence_is_raised() {
    let mut kept = kept(&[Act::Buy(leg(0, 5), 1, 0), Act::Queue(leg(0, 5), 1)]);
    let (_, _, place) = first(&kept, |place| place.berth().is_some()).expect("it was bought");
    kept.sell(leg(2, 5), &[place]);
    let at = place.berth().expect("a berth").berth;
    let spots = kept.parts(at.coach, at.number);
    kept.clear(at.coach, &spots, leg(0, 5));
    kept.state.coach_mut(b(2)).fenced = false;
    let found = differences(&kept, now());
    assert!(found.iter().any(|difference| matches!(difference, Difference::SoldTwice { .. })), "{found:?}");
    let edits = mend(&kept, &found, now());
    assert!(edits.iter().all(|edit| edit.masks.values().all(|(_, after)| after.is_empty())), "{edits:?}");
    assert!(edits.iter().any(|edit| edit.coach == b(2) && edit.fence == Fence::Raised), "{edits:?}");
}

#[test]
fn a_slip_that_was_given_up_was_never_paid_and_gives_nothing_back() {
    let mut kept = empty();
    kept.sell(leg(0, 3), &[Place::Cancelled]);
    let booking = kept.bookings.values_mut().next().expect("it was made");
    booking.status = BookingStatus::Cancelled;
    booking.payment = None;
    booking.history[0].what = Deed::Reserved;
    let pnr = booking.pnr;
    assert_eq!(differences(&kept, now()), []);
    kept.bookings.get_mut(&pnr).expect("it is there").refunds.push(refund(0));
    let found = differences(&kept, now());
    assert!(
        matches!(found[..], [Difference::Money { fault: Fault::TooMuch { paid: Paise::ZERO, .. }, .. }]),
        "{found:?}"
    );
    let booking = kept.bookings.get_mut(&pnr).expect("it is there");
    booking.refunds.clear();
    booking.history[0].what = Deed::Booked;
    assert_eq!(differences(&kept, now()), [Difference::Money { pnr, fault: Fault::Unpaid }]);
}

#[test]
fn stretches_are_named_by_stations_and_segments_past_the_end_by_halts() {
    let mask = SegmentMask::of(0, 2).with(SegmentMask::of(4, 7));
    let all = super::Stretch::all_of(&train(), b(1), 3.into(), mask);
    let said: Vec<_> = all.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["B1-3 from ST0 to ST2", "B1-3 from ST4 to halt 7"]);
}
