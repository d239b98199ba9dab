//! What people were told, and whether all of it can be true.
//!
//! Nothing in here reads the store: an answer that a person saw is a promise, and two promises of one berth on one
//! segment at one time break one of them. A half of a berth is promised only until Kiosk finds its owner something better,
//! which it does without telling anybody: when such a half is promised to somebody else, its owner must have moved up by
//! the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use kiosk::domain::berth_list::Berths;
use kiosk::domain::booking::{Booking, BookingStatus, Deed, OpId};
use kiosk::domain::coach::BerthRef;
use kiosk::domain::gap::Stretch;
use kiosk::domain::inventory::HoldId;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::spot::Grant;
use kiosk::domain::till::{Till, TillId};
use kiosk::domain::train::RunId;
use kiosk::service::request::{Failure, Hold};

use super::administration::ShutOut;
use super::claims::{Claim, Claims, Holder};
use super::deeds::{About, Meaning, meaning, short};
use super::paper;

/// How far a process's clock is off at most.
const SKEW: TimeDelta = TimeDelta::seconds(5);

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

/// A user action.
#[derive(Clone, Debug)]
pub struct Action {
    pub standing: Standing,
    pub about: About,
    /// How often it was asked for, and how often it was said for certain what came of it.
    asked: u32,
    answered: u32,
    /// Whether whoever was refused may have it by asking once more.
    is_open_again: bool,
}

/// All promises of a world.
#[derive(Default)]
pub struct Ledger {
    claims: Claims,
    pub actions: BTreeMap<OpId, Action>,
    /// The newest state of each booking that anybody was told.
    pub bookings: BTreeMap<Pnr, Arc<Booking>>,
    /// Slips that were given out, for the counters.
    pub slips: Vec<Pnr>,
    /// When somebody first asked for berths.
    pub wanted: BTreeMap<HoldId, DateTime<Utc>>,
    /// When somebody was first told that they are booked.
    pub joined: BTreeMap<Pnr, DateTime<Utc>>,
    /// Runs of which somebody wanted other times, by which action, and whether they were told that it is done.
    pub delayed: BTreeMap<RunId, (OpId, bool)>,
    /// Runs of which somebody wanted to cancel a part, which, by which action, and whether they were told that it is done.
    pub shortened: BTreeMap<RunId, (Stretch, OpId, bool)>,
    /// Runs that somebody wanted to cancel, and whether they were told that it is done.
    pub cancelled: BTreeMap<RunId, bool>,
    /// Berths that are off sale for certain, and when somebody was told so.
    pub off_sale: BTreeMap<(RunId, BerthRef), DateTime<Utc>>,
    /// From which date on the train does not run, as somebody was told.
    pub ended: Option<NaiveDate>,
    /// Whether somebody was not told what came of an end of it.
    pub end_is_in_doubt: bool,
    /// Staff who are shut out for certain.
    pub shut_out: BTreeMap<String, ShutOut>,
    /// Staff who were ever to be shut out: what they hold is given back whenever that is noticed.
    unsure: BTreeSet<String>,
    /// By which accounts holds are kept.
    holders: BTreeMap<HoldId, String>,
    /// The newest state of each till that anybody was told.
    pub tills: BTreeMap<TillId, Till>,
    /// Passengers whose places somebody wanted to give up: they may be anybody's.
    leaving: Vec<(OpId, Pnr, u8)>,
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

    /// The version of a booking that was told: whoever asks from now on is told that one or a newer.
    pub fn known(&self, pnr: Pnr) -> u32 {
        self.bookings.get(&pnr).map_or(0, |booking| booking.version)
    }

    /// Somebody asks for berths.
    pub fn wants(&mut self, hold: HoldId, now: DateTime<Utc>) {
        self.wanted.entry(hold).or_insert(now);
    }

    /// Berths and halves were promised until a moment.
    pub fn held(&mut self, hold: &Hold, now: DateTime<Utc>) {
        let wanted = self.wanted.get(&hold.id).copied().unwrap_or(now);
        let berths = hold.grants.iter().filter_map(|grant| match grant {
            Grant::Berth(berth) => Some(*berth),
            Grant::Shared(half) => Some(half.berth),
            Grant::Waiting | Grant::Unreserved => None,
        });
        for berth in berths {
            if self.off_sale.get(&(hold.run, berth)).is_some_and(|since| *since <= wanted) {
                self.violate(format!("{berth} of {} was off sale and is held by {}", hold.run, short(hold.id.0)));
            }
        }
        let claims = hold
            .grants
            .iter()
            .filter_map(|grant| Claim::of(Holder::Hold(hold.id), (hold.run, hold.leg), *grant, Some(hold.until)));
        self.claim(claims.collect(), now);
    }

    /// Somebody wants to give berths back, or left: from now on others may have them.
    pub fn given_back(&mut self, hold: HoldId) {
        self.claims.drop(|claim| claim.holder == Holder::Hold(hold));
    }

    /// Somebody keeps a hold with their account. What those keep who are shut out is promised to nobody.
    pub fn kept_by(&mut self, hold: HoldId, account: &str) {
        self.holders.insert(hold, account.to_owned());
        if self.unsure.contains(account) {
            self.given_back(hold);
        }
    }

    /// Somebody of the staff is to be shut out: their sessions end, and what they hold is given back.
    pub fn shuts_out(&mut self, account: &str) {
        self.unsure.insert(account.to_owned());
        let theirs = self.holders.iter().filter(|(_, holder)| *holder == account);
        let theirs: Vec<HoldId> = theirs.map(|(hold, _)| *hold).collect();
        for hold in theirs {
            self.given_back(hold);
        }
    }

    /// Berths are off sale from a moment on: whoever wants one later does not get it.
    pub fn blocked(&mut self, run: RunId, berths: &Berths, now: DateTime<Utc>) {
        for (coach, numbers) in berths {
            for number in numbers {
                self.off_sale.entry((run, BerthRef { coach: *coach, number: *number })).or_insert(now);
            }
        }
    }

    /// Somebody was told of a till. One that is closed is never another.
    pub fn told_till(&mut self, till: &Till) {
        let before = self.tills.insert(till.id, till.clone());
        if let Some(before) = before.filter(|before| before.closing.is_some() && before != till) {
            self.violate(format!("a till was closed as {before:?} and is {till:?}"));
        }
    }

    /// Somebody wants to cancel a part of a run: from now on nobody who needs it keeps what they were promised.
    pub fn shortens(&mut self, run: RunId, part: Stretch, op: OpId) {
        self.shortened.insert(run, (part, op, false));
        self.claims.drop(|claim| claim.run == run && part.mask().overlaps(claim.leg.mask()));
    }

    /// The railway wants to cancel a run: nothing of it is promised any more.
    pub fn cancels(&mut self, run: RunId) {
        self.cancelled.entry(run).or_default();
        self.claims.drop(|claim| claim.run == run);
    }

    /// An action is begun, or begun again. Begun again after the time of what it is about, it gives the berths back: only
    /// so can it be said that an earlier attempt is not carried out any more.
    pub fn asked(&mut self, op: OpId, about: &About, now: DateTime<Utc>) {
        if let (true, Some(holder)) = (self.actions.contains_key(&op), about.holder()) {
            let is_over = |claim: &Claim| claim.until.is_some_and(|until| now + SKEW >= until);
            self.claims.drop(|claim| claim.holder.is_same(holder) && is_over(claim));
        }
        if let Some(holder @ Holder::Hold(_)) = about.holder() {
            // From now on it may be a booking, and whoever shares in it may move up before anybody is told.
            self.claims.drop(|claim| claim.holder.is_same(holder) && claim.is_half());
        }
        let fresh =
            Action { standing: Standing::Open, about: about.clone(), asked: 0, answered: 0, is_open_again: false };
        let action = self.actions.entry(op).or_insert(fresh);
        action.asked += 1;
        if std::mem::take(&mut action.is_open_again) {
            action.standing = Standing::Open;
        }
        for (pnr, passenger) in about.leaving() {
            self.claims.drop(|claim| claim.holder == Holder::Booking(pnr, passenger));
            self.leaving.push((op, pnr, passenger));
        }
    }

    /// An action was answered with a booking, of which version `known` was known when it was asked for.
    pub fn told(&mut self, op: OpId, booking: &Arc<Booking>, known: u32, now: DateTime<Utc>) {
        let pnr = booking.pnr;
        let action = self.actions.get_mut(&op).expect("it was asked for");
        action.answered += 1;
        let about = action.about.clone();
        match std::mem::replace(&mut action.standing, Standing::Done(pnr)) {
            Standing::Done(before) if before != pnr => {
                self.violate(format!("one action made two bookings, {before} and {pnr}"));
            }
            Standing::Refused(how) => self.violate(format!("{pnr} was refused ({how}) and is there after all")),
            _ => {}
        }
        if let Err(what) = about.is_done(op, booking) {
            self.violate(format!("{} of {pnr} was acknowledged: {what}", short(op.0)));
        }
        if let About::Order(hold) = about {
            self.given_back(hold);
        }
        if booking.history.first().is_some_and(|change| change.op == op && change.what == Deed::Booked) {
            self.joined.entry(pnr).or_insert(now);
        }
        self.seen(booking, known, now);
    }

    /// A booking was shown, read consistently; version `known` was known when it was asked for.
    pub fn seen(&mut self, booking: &Arc<Booking>, known: u32, now: DateTime<Utc>) {
        let pnr = booking.pnr;
        if booking.version < known {
            return self.violate(format!("booking {pnr} went back from version {known} to {}", booking.version));
        }
        if let Some(before) = self.bookings.get(&pnr) {
            if before.version > booking.version {
                // On its way for so long that somebody else was told of a newer one.
                return;
            }
            if before.version == booking.version && paper::timeless(before) != paper::timeless(booking) {
                return self.violate(format!("booking {pnr} changed without a new version"));
            }
            if !keeps_run(before, booking) {
                return self.violate(format!("booking {pnr} is of another train or run: {before:?} to {booking:?}"));
            }
            if !booking.history.starts_with(&before.history) || !keeps_refunds(before, booking) {
                return self.violate(format!("the past of booking {pnr} was changed: {before:?} to {booking:?}"));
            }
        }
        if let Err(what) = self.explained(booking) {
            return self.violate(format!("booking {pnr} cannot be: {what}"));
        }
        self.claims.drop(|claim| claim.holder.is_of(pnr));
        let until = match booking.status {
            BookingStatus::Booked => Some(None),
            BookingStatus::AwaitingPayment => booking.slip.as_ref().map(|slip| Some(slip.pay_by)),
            BookingStatus::Lapsed | BookingStatus::Cancelled => None,
        };
        if let Some(until) = until {
            let leaving: BTreeSet<u8> =
                self.leaving.iter().filter(|(_, of, _)| *of == pnr).map(|(_, _, passenger)| *passenger).collect();
            let places = (0..).zip(&booking.passengers).filter(|(passenger, _)| !leaving.contains(passenger));
            let claims = places.filter_map(|(passenger, booked)| {
                let (holder, where_to) = (Holder::Booking(pnr, passenger), (booking.run, booking.leg));
                Claim::of(holder, where_to, booked.place.grant()?, until)
            });
            self.claim(claims.collect(), now);
        }
        self.bookings.insert(pnr, Arc::clone(booking));
    }

    /// Whether a booking is whole, and everything that was done to it was asked for by somebody.
    pub fn explained(&self, booking: &Booking) -> Result<(), String> {
        for deal in paper::check(booking)? {
            let was_asked = if deal.by_railway {
                self.cancelled.contains_key(&booking.run) || self.shortened.contains_key(&booking.run)
            } else {
                self.actions.contains_key(&deal.op)
            };
            if !was_asked {
                return Err(format!("nobody asked for {}", deal.op));
            }
        }
        Ok(())
    }

    /// An action was refused.
    pub fn refused(&mut self, op: OpId, failure: &Failure) -> Meaning {
        if let Failure::Internal { .. } = failure {
            self.violate(format!("Kiosk has a fault of its own, told to whoever asked for {}", short(op.0)));
        }
        let action = self.actions.get_mut(&op).expect("it was asked for");
        let in_doubt = action.asked > action.answered + 1;
        let meaning = meaning(failure, &action.about, in_doubt);
        if let (Failure::HoldExpired, Some(holder)) = (failure, action.about.holder()) {
            // Whatever becomes of another attempt, the person was told that the berths were given back.
            self.claims.drop(|claim| claim.holder.is_same(holder) && claim.until.is_some());
        }
        if meaning != Meaning::Unknown {
            action.answered += 1;
        }
        if meaning == Meaning::Refused {
            let told = failure.to_string();
            action.is_open_again = is_for_now(failure);
            if let Standing::Done(pnr) = std::mem::replace(&mut action.standing, Standing::Refused(told.clone())) {
                self.violate(format!("{pnr} was acknowledged, and its repeat refused: {told}"));
            }
            self.leaving.retain(|(of, ..)| *of != op);
        }
        meaning
    }

    /// Whether everybody who had to move up, because their half was promised to somebody else, has done so.
    pub fn has_moved_up(&self, stored: &BTreeMap<Pnr, Booking>) -> Result<(), String> {
        self.claims.have_moved_up(stored)
    }

    fn claim(&mut self, new: Vec<Claim>, now: DateTime<Utc>) {
        for claim in new {
            let is_lost = |(part, ..): &(Stretch, OpId, bool)| part.mask().overlaps(claim.leg.mask());
            if self.cancelled.contains_key(&claim.run) || self.shortened.get(&claim.run).is_some_and(is_lost) {
                continue;
            }
            if let Err(what) = self.claims.add(claim, now) {
                return self.violate(what);
            }
        }
    }
}

/// Whether it may be otherwise when somebody asks once more: a place is free, a slip paid, a till opened.
fn is_for_now(failure: &Failure) -> bool {
    use Failure::{ListFull, NotCorrected, NotMoved, NotVoidable, NothingOwed};
    matches!(failure, ListFull | NothingOwed | NotCorrected(_) | NotVoidable(_) | NotMoved(_))
}

/// Whether a booking is of the same train, as it was sold, whatever was published since.
fn keeps_run(before: &Booking, after: &Booking) -> bool {
    let of = |booking: &Booking| (booking.run, booking.train_version, booking.leg, booking.class, booking.quota);
    let ends = |booking: &Booking| (booking.from.station, booking.to.station);
    of(before) == of(after) && ends(before) == ends(after) && before.km == after.km
}

/// Whether refunds are as they were, but for money that was handed out since.
fn keeps_refunds(before: &Booking, after: &Booking) -> bool {
    after.refunds.len() >= before.refunds.len()
        && before.refunds.iter().zip(&after.refunds).all(|(before, after)| {
            before.op == after.op
                && before.quote == after.quote
                && (before.paid_out.is_none() || before.paid_out == after.paid_out)
        })
}
