//! The queues at the end of a world: who is in them, who should not be any more, and who was served before whom.

use std::collections::{BTreeMap, BTreeSet};

use kiosk::domain::booking::{BookedPassenger, Booking, BookingStatus, Place};
use kiosk::domain::coach::BerthRef;
use kiosk::domain::inventory::{RunState, Stage};
use kiosk::domain::passenger::{Accommodation, Gender, Passenger};
use kiosk::domain::quota::Pool;
use kiosk::domain::spot::{Part, Spot};
use kiosk::domain::waitlist::{Entry, QueueId, WaitingList};

use super::deeds::About;
use super::ledger::Ledger;
use super::verdict::Sold;

/// Each booking of which somebody waits is in one queue, once, with just those; and the heads count them.
pub fn queues(state: &RunState, entries: &[(QueueId, Entry)], own: &[&Booking]) -> Result<(), String> {
    let mut counts: BTreeMap<QueueId, (u16, u16)> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (id, entry) in entries {
        let pnr = entry.pnr;
        let booking = own.iter().find(|booking| booking.pnr == pnr);
        let booking = booking.ok_or_else(|| format!("{pnr} is in {id} and no booking of the run"))?;
        if !seen.insert(pnr) {
            return Err(format!("{pnr} is in queues twice"));
        }
        let list = WaitingList::of(booking.quota);
        if (id.class, id.list) != (booking.class, list) || entry.leg != booking.leg {
            return Err(format!("{pnr} is in {id} with another leg, class or list than its own"));
        }
        let waits: Vec<_> = entry.waiters.iter().map(|waiter| (waiter.passenger, waiter.shared)).collect();
        if waits != queued(booking) {
            return Err(format!("{pnr} waits with {waits:?} in {id}, and says {:?}", queued(booking)));
        }
        let (rac, waiting) = counts.entry(*id).or_default();
        *rac += waits.iter().filter(|(_, shared)| shared.is_some()).count() as u16;
        *waiting += waits.iter().filter(|(_, shared)| shared.is_none()).count() as u16;
    }
    if let Some(lost) = own.iter().find(|booking| !queued(booking).is_empty() && !seen.contains(&booking.pnr)) {
        return Err(format!("{} waits and is in no queue", lost.pnr));
    }
    for (id, head) in &state.queues {
        let counted = counts.remove(id).unwrap_or_default();
        if counted != (head.rac, head.waiting) {
            return Err(format!("{id} counts {} and {}, and has {counted:?}", head.rac, head.waiting));
        }
        if state.stage != Stage::Open && !head.frozen {
            return Err(format!("{id} can be joined though the run is {:?}", state.stage));
        }
    }
    if counts.is_empty() { Ok(()) } else { Err(format!("queues without a head: {counts:?}")) }
}

/// Who of a booking is in a queue, and with which half of a berth.
fn queued(booking: &Booking) -> Vec<(u8, Option<kiosk::domain::spot::SharedBerth>)> {
    if booking.status != BookingStatus::Booked {
        return Vec::new();
    }
    let all = (0..).zip(&booking.passengers).filter(|(_, booked)| booked.place.is_queued());
    all.map(|(passenger, booked)| (passenger, booked.place.shared())).collect()
}

/// After everybody has done their work, nobody waits who could have a berth, or a half of one.
pub fn nobody_waits_beside_a_free_berth(state: &RunState, sold: &Sold, own: &[&Booking]) -> Result<(), String> {
    let is_free = |berth: BerthRef, part: Part, booking: &Booking| {
        if state.coach(berth.coach).blocked.contains_key(&berth.number) {
            return false;
        }
        let taken = sold.get(&(berth.coach, Spot::new(berth.number, part)));
        !taken.is_some_and(|mask| mask.overlaps(booking.leg.mask()))
    };
    for booking in own {
        for (passenger, shared) in queued(booking) {
            for coach in state.train.coaches_of(booking.class) {
                for number in coach.numbers() {
                    let berth = BerthRef { coach: coach.id(), number };
                    let is_for = match (state.stage, WaitingList::of(booking.quota)) {
                        (Stage::Open, WaitingList::Tatkal) => state.pool(berth) == Pool::Tatkal,
                        _ => state.pool(berth) == Pool::General,
                    };
                    let parts = [Part::Whole, Part::First, Part::Second];
                    if is_for && parts.into_iter().all(|part| is_free(berth, part, booking)) {
                        return Err(format!("passenger {passenger} of {} waits, and {berth} is free", booking.pnr));
                    }
                    let wants_half = shared.is_none() && WaitingList::of(booking.quota) == WaitingList::General;
                    if wants_half && state.is_shared(berth) {
                        let half = Part::HALVES.into_iter().find(|part| is_free(berth, *part, booking));
                        if let Some(half) = half {
                            return Err(format!(
                                "passenger {passenger} of {} has nothing, and {berth} {half:?} is free",
                                booking.pnr
                            ));
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

/// Nobody who began later has a berth while somebody still waits who was told before that they are in the queue, for the
/// same leg, class and quota, and who has no less of a claim.
pub fn nobody_was_passed(ledger: &Ledger, own: &[&Booking]) -> Result<(), String> {
    for first in own.iter().filter(|booking| !queued(booking).is_empty()) {
        let Some(joined) = ledger.joined.get(&first.pnr) else { continue };
        let others = own.iter().filter(|other| {
            let same = other.leg == first.leg && other.class == first.class && other.quota == first.quota;
            same && other.status == BookingStatus::Booked && began(ledger, other).is_some_and(|began| began > *joined)
        });
        for other in others {
            let berths = other.passengers.iter().filter(|booked| matches!(booked.place, Place::Berth(_)));
            for served in berths {
                let waits = queued(first);
                let is_passed =
                    |passenger: u8| claim(first, &first.passengers[usize::from(passenger)]) == claim(other, served);
                let passed = waits.iter().find(|(passenger, _)| is_passed(*passenger));
                if let Some((passenger, _)) = passed {
                    let (first, other, place) = (first.pnr, other.pnr, served.place);
                    return Err(format!("passenger {passenger} of {first} waits, and {other} came later to {place}"));
                }
            }
        }
    }
    Ok(())
}

/// When somebody first asked for what became a booking.
fn began(ledger: &Ledger, booking: &Booking) -> Option<chrono::DateTime<chrono::Utc>> {
    match ledger.actions.get(&booking.history.first()?.op)?.about {
        About::Order(hold) => ledger.wanted.get(&hold).copied(),
        _ => None,
    }
}

/// What gives a passenger a claim to what is kept for some: who they are, and whom they travel with. A berth of the ladies'
/// quota goes to women who travel without men, and a lower one to whoever has a child on the lap.
fn claim(booking: &Booking, who: &BookedPassenger) -> impl PartialEq + use<> {
    let party = || booking.passengers.iter().map(|booked| &booked.passenger);
    let with_men = party().any(|other| other.gender != Gender::Female);
    let with_child = party().any(|other| other.accommodation == Accommodation::Lap);
    let Passenger { gender, age, preference, accommodation, .. } = who.passenger;
    (gender, age, preference, accommodation, with_men, with_child)
}
