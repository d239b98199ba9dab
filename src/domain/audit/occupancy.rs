//! The masks of coaches against the bookings and holds that explain them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Difference, Evidence, Stretch};
use crate::domain::booking::{Booking, Place};
use crate::domain::coach::{BerthRef, CoachId};
use crate::domain::inventory::edit::{CoachEdit, Fence};
use crate::domain::inventory::{HoldId, RunState};
use crate::domain::pnr::Pnr;
use crate::domain::segment::SegmentMask;
use crate::domain::spot::{Part, Spot};

/// Who says that a spot is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Booking(Pnr),
    /// A hold; one that has expired need not have its bits.
    Hold(HoldId, Demand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demand {
    InForce,
    Expired,
}

/// Who has each spot, and on which segments.
type Claims = BTreeMap<(CoachId, Spot), Vec<(Owner, SegmentMask)>>;

fn claims(evidence: &Evidence, now: DateTime<Utc>) -> Claims {
    let mut claims = Claims::new();
    for booking in evidence.sold() {
        for (coach, spot) in spots(&evidence.state, booking) {
            claims.entry((coach, spot)).or_default().push((Owner::Booking(booking.pnr), booking.leg.mask()));
        }
    }
    for (coach, state) in &evidence.state.coaches {
        for (hold, part) in &state.holds {
            let demand = if part.is_expired(now) { Demand::Expired } else { Demand::InForce };
            for spot in &part.spots {
                claims.entry((*coach, *spot)).or_default().push((Owner::Hold(*hold, demand), part.leg.mask()));
            }
        }
    }
    claims
}

/// The spots that a booking's passengers have.
fn spots(state: &RunState, booking: &Booking) -> Vec<(CoachId, Spot)> {
    let mut spots = Vec::new();
    for booked in &booking.passengers {
        match booked.place {
            Place::Berth(allotted) if state.is_shared(allotted.berth) => {
                let BerthRef { coach, number } = allotted.berth;
                spots.extend(Part::HALVES.map(|part| (coach, Spot::new(number, part))));
            }
            Place::Berth(allotted) => spots.push((allotted.berth.coach, allotted.berth.number.into())),
            Place::Rac { berth, part, .. } => spots.push((berth.berth.coach, Spot::new(berth.berth.number, part))),
            Place::Lap | Place::Waiting { .. } | Place::Unreserved | Place::Cancelled => {}
        }
    }
    spots
}

/// Finds what is sold or held twice, what is taken for nobody, and what is somebody's and not taken.
pub(super) fn compare(evidence: &Evidence, now: DateTime<Utc>, found: &mut Vec<Difference>) {
    evidence.sold().for_each(|booking| berths(&evidence.state, booking, found));
    let claims = claims(evidence, now);
    for ((coach, spot), claims) in &claims {
        collisions(&evidence.state, *coach, *spot, claims, found);
    }
    let masks = evidence.state.coaches.iter();
    let masks = masks.flat_map(|(coach, state)| state.masks.keys().map(move |spot| (*coach, *spot)));
    let mut all: Vec<_> = masks.chain(claims.keys().copied()).collect();
    all.sort_unstable();
    all.dedup();
    for (coach, spot) in all {
        let own = claims.get(&(coach, spot)).map(Vec::as_slice).unwrap_or_default();
        marks(&evidence.state, coach, spot, own, found);
    }
}

/// What is wrong with the hold of a booking that awaits payment: all of it has to be there.
pub fn unheld(state: &RunState, booking: &Booking) -> Option<Difference> {
    let hold = booking.slip.as_ref()?.hold;
    let has = |(coach, spot): &(CoachId, Spot)| {
        let part = state.coach(*coach).holds.get(&hold);
        part.is_some_and(|part| part.leg == booking.leg && part.spots.contains(spot))
    };
    let is_whole = spots(state, booking).iter().all(has);
    (!is_whole).then_some(Difference::SlipWithoutHold { pnr: booking.pnr, hold, class: booking.class })
}

/// Whether the train has what a booking has.
fn berths(state: &RunState, booking: &Booking, found: &mut Vec<Difference>) {
    let pnr = booking.pnr;
    if booking.train_version != state.train.version() {
        found.push(Difference::OtherVersion { pnr, sold_by: booking.train_version, run: state.train.version() });
    }
    for booked in &booking.passengers {
        let (berth, half) = match booked.place {
            Place::Berth(allotted) => (allotted.berth, false),
            Place::Rac { berth, .. } => (berth.berth, true),
            Place::Lap | Place::Waiting { .. } | Place::Unreserved | Place::Cancelled => continue,
        };
        let coach = state.train.coach(berth.coach).filter(|coach| coach.class() == booking.class);
        if !coach.is_some_and(|coach| (1..=coach.berths()).contains(&berth.number)) {
            found.push(Difference::NoSuchBerth { pnr, berth });
        } else if half && !state.is_shared(berth) {
            found.push(Difference::NotShared { pnr, berth });
        }
    }
}

fn collisions(
    state: &RunState,
    coach: CoachId,
    spot: Spot,
    claims: &[(Owner, SegmentMask)],
    found: &mut Vec<Difference>,
) {
    for (i, (owner, mask)) in claims.iter().enumerate() {
        for (other, others) in &claims[i + 1..] {
            let both = mask.without(mask.without(*others));
            for at in Stretch::all_of(&state.train, coach, spot, both) {
                found.push(match (*owner, *other) {
                    (Owner::Booking(one), Owner::Booking(other)) => Difference::SoldTwice { at, pnrs: [one, other] },
                    (Owner::Hold(one, _), Owner::Hold(other, _)) => Difference::HeldTwice { at, holds: [one, other] },
                    (Owner::Booking(pnr), Owner::Hold(hold, _)) | (Owner::Hold(hold, _), Owner::Booking(pnr)) => {
                        Difference::HoldOnBooking { at, hold, pnr }
                    }
                });
            }
        }
    }
}

fn marks(state: &RunState, coach: CoachId, spot: Spot, claims: &[(Owner, SegmentMask)], found: &mut Vec<Difference>) {
    let mask = state.coach(coach).masks.get(&spot).copied().unwrap_or_default();
    let explained = claims.iter().fold(SegmentMask::EMPTY, |all, (_, mask)| all.with(*mask));
    let is_half = spot.part != Part::Whole;
    if !mask.is_empty() && is_half != state.is_shared(BerthRef { coach, number: spot.number }) {
        found.push(Difference::WrongForm { coach, spot });
    } else {
        let stray = Stretch::all_of(&state.train, coach, spot, mask.without(explained));
        found.extend(stray.into_iter().map(|at| Difference::Stray { at }));
    }
    for (owner, wanted) in claims {
        for at in Stretch::all_of(&state.train, coach, spot, wanted.without(mask)) {
            match *owner {
                Owner::Booking(pnr) => found.push(Difference::Unmarked { at, pnr }),
                Owner::Hold(hold, Demand::InForce) => found.push(Difference::HoldUnmarked { at, hold }),
                Owner::Hold(_, Demand::Expired) => {}
            }
        }
    }
}

/// The edits of coaches that mend differences: stray bits go, bits that a booking lacks are set, fences are raised. Bits
/// that more than one claims are left to a person, and no booking is ever changed to suit a mask.
pub fn mend(evidence: &Evidence, differences: &[Difference], now: DateTime<Utc>) -> Vec<CoachEdit> {
    let claims = claims(evidence, now);
    let mut edits: BTreeMap<CoachId, CoachEdit> = BTreeMap::new();
    for difference in differences {
        let Some(coach) = difference.coach() else { continue };
        let state = evidence.state.coach(coach);
        let at = |spot: Spot| claims.get(&(coach, spot)).map(Vec::as_slice).unwrap_or_default();
        let mut change = |spot: Spot, change: &dyn Fn(SegmentMask) -> SegmentMask| {
            let edit = edits.entry(coach).or_insert_with(|| CoachEdit::new(coach));
            let before = state.masks.get(&spot).copied().unwrap_or_default();
            let (_, after) = edit.masks.entry(spot).or_insert((before, before));
            *after = change(*after);
        };
        match difference {
            Difference::Stray { at: stray } => change(stray.spot, &|mask| mask.without(stray.leg.mask())),
            Difference::WrongForm { spot, .. } => {
                let explained = at(*spot).iter().fold(SegmentMask::EMPTY, |all, (_, mask)| all.with(*mask));
                change(*spot, &|mask| mask.without(mask.without(explained)));
            }
            Difference::Unmarked { at: missing, pnr } => {
                let wanted = missing.leg.mask();
                let others = at(missing.spot).iter().filter(|(owner, _)| *owner != Owner::Booking(*pnr));
                if !others.into_iter().any(|(_, mask)| mask.overlaps(wanted)) {
                    change(missing.spot, &|mask| mask.with(wanted));
                }
            }
            Difference::Unfenced { .. } => {
                edits.entry(coach).or_insert_with(|| CoachEdit::new(coach)).fence = Fence::Raised;
            }
            _ => {}
        }
    }
    edits.into_values().filter(|edit| edit.fence == Fence::Raised || edit.masks.values().any(|(a, b)| a != b)).collect()
}
