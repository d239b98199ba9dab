//! Who was promised which berth, or which half of one.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use kiosk::domain::booking::Booking;
use kiosk::domain::coach::BerthRef;
use kiosk::domain::inventory::HoldId;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::segment::Leg;
use kiosk::domain::spot::{Grant, Part};
use kiosk::domain::train::RunId;

use super::deeds::short;

/// For how long after its end, on a right clock, a promise to keep berths must be kept by processes whose clocks differ.
const KEPT: TimeDelta = TimeDelta::seconds(20);

/// Who was promised something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Hold(HoldId),
    /// A passenger of a booking.
    Booking(Pnr, u8),
}

impl Holder {
    /// Whether both are of one hold, or of one booking.
    pub fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Hold(one), Self::Hold(other)) => one == other,
            (Self::Booking(one, _), Self::Booking(other, _)) => one == other,
            _ => false,
        }
    }

    pub fn is_of(self, pnr: Pnr) -> bool {
        matches!(self, Self::Booking(of, _) if of == pnr)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hold(hold) => write!(f, "hold {}", short(hold.0)),
            Self::Booking(pnr, passenger) => write!(f, "passenger {passenger} of {pnr}"),
        }
    }
}

/// A promise of a berth, or of half of one.
#[derive(Clone, Debug)]
pub struct Claim {
    pub holder: Holder,
    pub run: RunId,
    pub leg: Leg,
    berth: BerthRef,
    part: Part,
    /// Until when; for ever when sold.
    pub until: Option<DateTime<Utc>>,
}

impl Claim {
    /// What is promised by a grant, if it is anything that only one can have.
    pub fn of(holder: Holder, (run, leg): (RunId, Leg), grant: Grant, until: Option<DateTime<Utc>>) -> Option<Self> {
        let (berth, part) = match grant {
            Grant::Berth(berth) => (berth, Part::Whole),
            Grant::Shared(shared) => (shared.berth, shared.part),
            Grant::Waiting | Grant::Unreserved => return None,
        };
        Some(Self { holder, run, leg, berth, part, until })
    }

    fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| now < until + KEPT)
    }

    fn collides(&self, other: &Self) -> bool {
        let both = self.part == Part::Whole || other.part == Part::Whole || self.part == other.part;
        self.holder != other.holder
            && self.run == other.run
            && self.berth == other.berth
            && both
            && self.leg.mask().overlaps(other.leg.mask())
    }

    /// Whether it is of half a berth.
    pub fn is_half(&self) -> bool {
        self.part != Part::Whole
    }

    /// Whether its owner may have been given something better meanwhile: a half is kept only until then.
    fn may_move_up(&self) -> bool {
        self.part != Part::Whole && matches!(self.holder, Holder::Booking(..))
    }
}

/// All promises that are open.
#[derive(Default)]
pub struct Claims {
    open: Vec<Claim>,
    /// Halves that were promised to somebody else: whose they were must have moved up.
    moved: Vec<Claim>,
}

impl Claims {
    /// Lets go of what nobody needs to keep any more.
    pub fn drop(&mut self, which: impl Fn(&Claim) -> bool) {
        self.open.retain(|claim| !which(claim));
    }

    /// Adds a promise; one that breaks another is told.
    pub fn add(&mut self, new: Claim, now: DateTime<Utc>) -> Result<(), String> {
        self.open.retain(|claim| claim.is_open(now));
        if !new.is_open(now) {
            return Ok(());
        }
        while let Some(index) = self.open.iter().position(|old| old.collides(&new)) {
            if self.open[index].may_move_up() {
                self.moved.push(self.open.swap_remove(index));
            } else if new.may_move_up() {
                self.moved.push(new);
                return Ok(());
            } else {
                let Claim { berth, run, holder, .. } = &new;
                return Err(format!("{berth} of {run} was promised to {} and to {holder}", self.open[index].holder));
            }
        }
        self.open.push(new);
        Ok(())
    }

    /// Whether all of those whose halves became somebody else's have something else.
    pub fn have_moved_up(&self, stored: &BTreeMap<Pnr, Booking>) -> Result<(), String> {
        for claim in &self.moved {
            let Holder::Booking(pnr, passenger) = claim.holder else { continue };
            let booked = stored.get(&pnr).and_then(|booking| booking.passengers.get(usize::from(passenger)));
            let half = booked.and_then(|booked| booked.place.shared());
            if half.is_some_and(|half| half.berth == claim.berth && half.part == claim.part) {
                return Err(format!("{} of {} was promised to {} and to others", claim.berth, claim.run, claim.holder));
            }
        }
        Ok(())
    }
}
