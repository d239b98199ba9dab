//! What people were told, and whether all of it can be true.
//!
//! Nothing in here reads the store: an answer that a person saw is a promise, and two promises of one berth on one
//! segment at one time break one of them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use kiosk::domain::booking::{Booking, BookingStatus, OpId};
use kiosk::domain::coach::BerthRef;
use kiosk::domain::inventory::HoldId;
use kiosk::domain::money::Paise;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::segment::Leg;
use kiosk::domain::train::RunId;
use kiosk::service::request::{Failure, Hold, Outcome};

/// For how long after its end, on a right clock, a promise to keep berths must be kept by processes whose clocks differ.
const KEPT: TimeDelta = TimeDelta::seconds(20);

/// How far a process's clock is off at most.
const SKEW: TimeDelta = TimeDelta::seconds(5);

/// Who was promised berths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Hold(HoldId),
    Booking(Pnr),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hold(hold) => write!(f, "hold {}", short(hold.0)),
            Self::Booking(pnr) => write!(f, "booking {pnr}"),
        }
    }
}

/// A promise of berths.
struct Claim {
    holder: Holder,
    run: RunId,
    leg: Leg,
    berths: Vec<BerthRef>,
    /// Until when; for ever when sold.
    until: Option<DateTime<Utc>>,
}

/// What is known of a user action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was answered yet, or nothing that says whether it was done.
    Open,
    /// It was done.
    Done(Pnr),
    /// It was said that it is not done.
    Refused(String),
}

/// What an answer says about the action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It may have been done.
    Unknown,
    /// This attempt did nothing; an earlier one may have.
    Nothing,
    /// It is not done, and will not be.
    Refused,
}

/// What a refusal says.
pub fn meaning(failure: &Failure) -> Meaning {
    match failure {
        Failure::Unavailable { outcome: Outcome::Unknown, .. } => Meaning::Unknown,
        Failure::HoldExpired
        | Failure::SlipClosed(_)
        | Failure::SalesClosed
        | Failure::FareChanged(_)
        | Failure::PartyMismatch { .. }
        | Failure::NoSuchBooking(_)
        | Failure::BerthTaken { .. }
        | Failure::SoldOut { .. } => Meaning::Refused,
        _ => Meaning::Nothing,
    }
}

/// All promises of a run.
#[derive(Default)]
pub struct Ledger {
    claims: Vec<Claim>,
    pub actions: BTreeMap<OpId, Standing>,
    /// The newest state of each booking that anybody was told.
    pub bookings: BTreeMap<Pnr, Arc<Booking>>,
    /// Slips that were given out, for the counters.
    pub slips: Vec<Pnr>,
    pub counts: BTreeMap<&'static str, u32>,
    violation: Option<String>,
}

impl Ledger {
    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// What cannot be true, if anything was found.
    pub fn violation(&self) -> Option<&str> {
        self.violation.as_deref()
    }

    pub fn violate(&mut self, what: impl Into<String>) {
        self.violation.get_or_insert(what.into());
    }

    /// Berths were promised until a moment.
    pub fn held(&mut self, hold: &Hold, now: DateTime<Utc>) {
        self.claim(
            Claim {
                holder: Holder::Hold(hold.id),
                run: hold.run,
                leg: hold.leg,
                berths: hold.berths(),
                until: Some(hold.until),
            },
            now,
        );
    }

    /// Somebody wants to give berths back, or left: from now on others may have them.
    pub fn given_back(&mut self, hold: HoldId) {
        self.claims.retain(|claim| claim.holder != Holder::Hold(hold));
    }

    /// An action about somebody's berths is begun, or begun again. Begun again after their time, it gives them back: only
    /// so can it be said that an earlier attempt is not carried out any more.
    pub fn asked(&mut self, op: OpId, about: Holder, now: DateTime<Utc>) {
        if self.actions.contains_key(&op) {
            let is_over = |claim: &Claim| claim.until.is_some_and(|until| now + SKEW >= until);
            self.claims.retain(|claim| claim.holder != about || !is_over(claim));
        }
        self.actions.entry(op).or_insert(Standing::Open);
    }

    /// An action was answered with a booking.
    pub fn told(&mut self, op: OpId, hold: Option<HoldId>, booking: &Arc<Booking>, now: DateTime<Utc>) {
        match self.actions.insert(op, Standing::Done(booking.pnr)) {
            Some(Standing::Done(before)) if before != booking.pnr => {
                self.violate(format!("one action made two bookings, {before} and {}", booking.pnr));
            }
            Some(Standing::Refused(how)) => {
                self.violate(format!("{} was refused ({how}) and is there after all", booking.pnr));
            }
            _ => {}
        }
        if let Some(hold) = hold {
            self.given_back(hold);
        }
        self.seen(booking, now);
    }

    /// A booking was shown, read consistently.
    pub fn seen(&mut self, booking: &Arc<Booking>, now: DateTime<Utc>) {
        let pnr = booking.pnr;
        if let Some(before) = self.bookings.get(&pnr) {
            if before.version > booking.version {
                let (before, after) = (before.version, booking.version);
                return self.violate(format!("booking {pnr} went back from version {before} to {after}"));
            }
            if before.version == booking.version && !same(before, booking) {
                return self.violate(format!("booking {pnr} changed without a new version"));
            }
        }
        if let Err(what) = complete(booking) {
            return self.violate(format!("booking {pnr} is not whole: {what}"));
        }
        self.claims.retain(|claim| claim.holder != Holder::Booking(pnr));
        let until = match booking.status {
            BookingStatus::Booked => Some(None),
            BookingStatus::AwaitingPayment => booking.slip.as_ref().map(|slip| Some(slip.pay_by)),
            BookingStatus::Lapsed | BookingStatus::Cancelled => None,
        };
        if let Some(until) = until {
            let berths = booking.berths().map(|allotted| allotted.berth).collect();
            let holder = Holder::Booking(pnr);
            self.claim(Claim { holder, run: booking.run, leg: booking.leg, berths, until }, now);
        }
        self.bookings.insert(pnr, Arc::clone(booking));
    }

    /// An action was refused.
    pub fn refused(&mut self, op: OpId, failure: &Failure) {
        if let Failure::Internal { .. } = failure {
            self.violate(format!("Kiosk has a fault of its own, told to whoever asked for {}", short(op.0)));
        }
        if meaning(failure) == Meaning::Refused {
            let told = failure.to_string();
            if let Some(Standing::Done(pnr)) = self.actions.insert(op, Standing::Refused(told.clone())) {
                self.violate(format!("{pnr} was acknowledged, and its repeat refused: {told}"));
            }
        }
    }

    fn claim(&mut self, new: Claim, now: DateTime<Utc>) {
        let open = |claim: &Claim| claim.until.is_none_or(|until| now < until + KEPT);
        if !open(&new) {
            return;
        }
        for old in self.claims.iter().filter(|old| open(old)) {
            let other = old.holder != new.holder && old.run == new.run && old.leg.mask().overlaps(new.leg.mask());
            if let Some(berth) = old.berths.iter().find(|berth| other && new.berths.contains(berth)) {
                let what = format!("{berth} of {} was promised to {} and to {}", new.run, old.holder, new.holder);
                return self.violate(what);
            }
        }
        self.claims.retain(open);
        self.claims.push(new);
    }
}

/// Whether two states of one version say the same: one whose time is over is shown as lapsed, though nobody wrote so.
fn same(a: &Booking, b: &Booking) -> bool {
    let timeless = |booking: &Booking| Booking { status: BookingStatus::Lapsed, ..booking.clone() };
    let unpaid = |booking: &Booking| booking.status != BookingStatus::Booked;
    a == b || (unpaid(a) && unpaid(b) && timeless(a) == timeless(b))
}

/// Whether a booking says all it has to, and its money adds up.
pub fn complete(booking: &Booking) -> Result<(), String> {
    let mut berths: Vec<_> = booking.berths().map(|allotted| allotted.berth).collect();
    if booking.passengers.is_empty() || berths.is_empty() {
        return Err("nobody travels".to_owned());
    }
    berths.sort_unstable();
    if berths.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err("two passengers share a berth".to_owned());
    }
    let shares = booking.passengers.iter().map(|passenger| passenger.fare).sum::<Paise>();
    if shares != booking.fare.total {
        return Err(format!("its shares are {shares}, and its fare {}", booking.fare.total));
    }
    let paid = booking.payment.as_ref().map(|payment| payment.amount);
    match (booking.status, paid) {
        (BookingStatus::Booked, Some(paid)) if paid == booking.fare.total => Ok(()),
        (BookingStatus::Booked, paid) => Err(format!("{paid:?} was paid for {}", booking.fare.total)),
        (_, None) => Ok(()),
        (_, Some(_)) => Err("money was taken for no berth".to_owned()),
    }
}

/// Enough of an id to find it in a trace.
pub fn short(id: uuid::Uuid) -> String {
    id.simple().to_string()[..8].to_owned()
}
