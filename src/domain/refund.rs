//! What is given back when a booking, or a part of one, is cancelled: pure arithmetic by dated rules.
//!
//! For every passenger `paid` is exactly what is kept and what is given back, and asking later never gives back more.
//! Who may cancel is decided elsewhere.

mod claims;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::claims::claims;
use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::rules::refund::{AfterChart, Clerkage, RefundRules};

/// How long a quote holds at most.
pub const LONGEST_QUOTE: TimeDelta = TimeDelta::minutes(5);
/// The resolution of a quote's end: where a band ends before a moment, its last quote ends so much earlier.
const TICK: TimeDelta = TimeDelta::seconds(1);

/// What a passenger has when it is given up. A child on a lap has what the adult has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// A berth or seat of their own.
    Confirmed,
    /// A berth or seat of their own from the Tatkal quota.
    ConfirmedTatkal,
    /// Half a side lower berth, or a place on a waiting list, of any quota.
    Unconfirmed,
    /// A ticket without a reservation.
    Unreserved,
    /// Nothing any more.
    Cancelled,
}

/// One passenger who is to be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Their place in the booking's list of passengers, from 0.
    pub passenger: u8,
    /// Their share of the fare, as paid.
    pub paid: Paise,
    /// What they have.
    pub standing: Standing,
}

/// Whether the first chart of a run has been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstChart {
    /// Not yet; it is due at this moment.
    Due(DateTime<Utc>),
    /// It has.
    Made,
}

/// Why a place is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// The passenger wishes it.
    Passenger,
    /// The railway cancelled the train.
    TrainCancelled,
    /// The railway does not run a part of the way that the passenger needs.
    PartCancelled,
    /// The train leaves so much later than it was sold, or earlier, that nobody has to take it.
    TrainLate,
    /// The chart was made and there was no place.
    NeverCleared,
    /// Staff gives everything back.
    Waiver(WaiverCode),
    /// The sale is undone by who made it, while their till is open.
    Voided,
}

impl Reason {
    /// The reason in a word or two: for staff's, its code.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passenger => "wish",
            Self::TrainCancelled => "cancelled",
            Self::PartCancelled => "part not run",
            Self::TrainLate => "delayed",
            Self::NeverCleared => "no place",
            Self::Waiver(code) => code.code(),
            Self::Voided => "undone",
        }
    }

    /// The reason in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Passenger => "the passenger's wish",
            Self::TrainCancelled => "the railway cancelled the train",
            Self::PartCancelled => "the railway does not run a part of the way",
            Self::TrainLate => "the railway changed the train's time",
            Self::NeverCleared => "never confirmed by the chart",
            Self::Waiver(code) => code.words(),
            Self::Voided => "the sale was undone",
        }
    }
}

/// Why staff gives everything back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WaiverCode {
    /// The train was more than three hours late and the passenger did not travel.
    #[serde(rename = "LATE")]
    Late,
    /// The railway had no place for a passenger who had one.
    #[serde(rename = "NOPLACE")]
    NoPlace,
    /// The air conditioning failed.
    #[serde(rename = "ACFAIL")]
    AirConditioning,
    /// The booking was the counter's mistake.
    #[serde(rename = "COUNTER")]
    Counter,
    /// Illness or bereavement, with a paper that shows it.
    #[serde(rename = "HARDSHIP")]
    Hardship,
}

/// A text that is no reason for a waiver.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is no reason for a waiver: write LATE, NOPLACE, ACFAIL, COUNTER or HARDSHIP")]
pub struct BadWaiverCode(String);

impl WaiverCode {
    /// All codes, in the order in which a form offers them.
    pub const ALL: [Self; 5] = [Self::Late, Self::NoPlace, Self::AirConditioning, Self::Counter, Self::Hardship];

    /// The code that is kept with the refund.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Late => "LATE",
            Self::NoPlace => "NOPLACE",
            Self::AirConditioning => "ACFAIL",
            Self::Counter => "COUNTER",
            Self::Hardship => "HARDSHIP",
        }
    }

    /// The reason in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Late => "train over three hours late, not travelled",
            Self::NoPlace => "no place on the train for a confirmed passenger",
            Self::AirConditioning => "air conditioning failed",
            Self::Counter => "mistake at the counter",
            Self::Hardship => "illness or bereavement",
        }
    }
}

impl FromStr for WaiverCode {
    type Err = BadWaiverCode;

    fn from_str(text: &str) -> Result<Self, BadWaiverCode> {
        let found = Self::ALL.into_iter().find(|code| code.code().eq_ignore_ascii_case(text));
        found.ok_or_else(|| BadWaiverCode(text.to_owned()))
    }
}

impl fmt::Display for WaiverCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// A cancellation that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancellation<'a> {
    /// The class of the booking.
    pub class: Class,
    /// Whose places are given up.
    pub claims: &'a [Claim],
    /// When the train leaves the halt that the ticket is from; for a late train, where the party boards.
    pub departs: DateTime<Utc>,
    /// Whether the first chart of the run has been made.
    pub chart: FirstChart,
    /// Why.
    pub reason: Reason,
}

/// One step from what was paid to what is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RefundItem {
    /// What is kept and by which rule, such as `25 % of 1,155.00, confirmed, 24 to 72 hours before departure`.
    pub label: String,
    /// How much is kept; negative where a charge is limited to the fare.
    pub amount: Paise,
}

/// What one passenger gets back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct QuoteLine {
    /// Their place in the booking's list of passengers, from 0.
    pub passenger: u8,
    /// What they paid.
    pub paid: Paise,
    /// What is kept, step by step; the amounts add up to [`QuoteLine::kept`].
    pub items: Vec<RefundItem>,
    /// What is given back: from nothing to all that was paid.
    pub refunded: Paise,
}

impl QuoteLine {
    /// What is kept: what was paid less what is given back.
    pub fn kept(&self) -> Paise {
        self.paid - self.refunded
    }
}

/// What a cancellation gives back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Quote {
    /// The id of the rules that gave it, such as `refunds-2026-04-15`.
    pub rules: String,
    /// Why the places are given up.
    pub reason: Reason,
    /// What each passenger gets back, in the order of the claims.
    pub lines: Vec<QuoteLine>,
    /// What all get back.
    pub refunded: Paise,
    /// What is kept of all.
    pub kept: Paise,
    /// When it was reckoned.
    pub at: DateTime<Utc>,
    /// The last moment at which it holds.
    pub good_until: DateTime<Utc>,
}

impl Quote {
    /// Whether it can still be confirmed.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        now <= self.good_until
    }
}

/// Why nothing can be quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum NotRefundable {
    /// The train has left the boarding halt.
    #[error("The train has left: ask at the station counter, which can give money back for a reason of the railway's.")]
    Departed,
    /// No money was taken.
    #[error("No money was taken for this booking: let its slip run out, or give it up, and the berths go back.")]
    Unpaid,
    /// A place was given up before.
    #[error("This place was cancelled before: open the booking again to see what was given back.")]
    AlreadyCancelled,
    /// Nobody was named.
    #[error("Nobody is chosen: mark at least one passenger whose place is given up.")]
    Nobody,
    /// The booking has no passenger of that number.
    #[error("The booking has no such passenger: open it again and choose from its list.")]
    NoSuchPassenger,
    /// Children without a berth would be left alone.
    #[error("A child without a berth would be left to travel alone: choose the child too.")]
    ChildLeftAlone,
}

/// Reckons what a cancellation gives back at a moment, by the rules that the booking keeps.
///
/// # Errors
/// [`NotRefundable::Departed`] for a passenger's wish, a late train and a sale that is undone: other money that the railway owes is
/// given back at any time.
pub fn quote(rules: &RefundRules, cancellation: &Cancellation<'_>, at: DateTime<Utc>) -> Result<Quote, NotRefundable> {
    if cancellation.claims.is_empty() {
        return Err(NotRefundable::Nobody);
    }
    if cancellation.claims.iter().any(|claim| claim.standing == Standing::Cancelled) {
        return Err(NotRefundable::AlreadyCancelled);
    }
    if matches!(cancellation.reason, Reason::Passenger | Reason::TrainLate | Reason::Voided)
        && at >= cancellation.departs
    {
        return Err(NotRefundable::Departed);
    }
    let lines: Vec<_> = cancellation.claims.iter().map(|claim| line(rules, cancellation, *claim, at)).collect();
    Ok(Quote {
        rules: rules.id.clone(),
        reason: cancellation.reason,
        refunded: lines.iter().map(|line| line.refunded).sum(),
        kept: lines.iter().map(QuoteLine::kept).sum(),
        lines,
        at,
        good_until: good_until(rules, cancellation, at),
    })
}

fn line(rules: &RefundRules, cancellation: &Cancellation<'_>, claim: Claim, at: DateTime<Utc>) -> QuoteLine {
    let charge = match cancellation.reason {
        Reason::TrainCancelled => Charge::Nothing("Train cancelled: everything is given back".to_owned()),
        Reason::PartCancelled => Charge::Nothing("A part of the way is not run: everything is given back".to_owned()),
        // It may as well leave earlier than it was sold.
        Reason::TrainLate => {
            Charge::Nothing("The railway changed the train's time: everything is given back".to_owned())
        }
        Reason::Waiver(code) => Charge::Nothing(format!("Waiver {code}, {}: everything is given back", code.words())),
        Reason::Voided => Charge::Nothing("Sale undone at its till: everything is given back".to_owned()),
        Reason::NeverCleared => {
            Charge::Fixed(rules.clerkage.amount, "Clerkage, never confirmed by the chart".to_owned())
        }
        Reason::Passenger => by_time(rules, cancellation, claim.standing, at),
    };
    let items = items(rules, cancellation.class, claim.paid, charge);
    let kept = items.iter().map(|item| item.amount).sum();
    QuoteLine { passenger: claim.passenger, paid: claim.paid, items, refunded: claim.paid - kept }
}

/// What a rule charges, with the words of the rule.
enum Charge {
    Nothing(String),
    /// An amount without tax.
    Fixed(Paise, String),
    /// Percent of what was paid, and never less than the class's flat charge.
    Percent(u8, String),
    All(String),
}

/// The charge for a passenger's wish.
fn by_time(rules: &RefundRules, cancellation: &Cancellation<'_>, standing: Standing, at: DateTime<Utc>) -> Charge {
    let left = cancellation.departs - at;
    match standing {
        Standing::Confirmed => confirmed(rules, cancellation, left),
        Standing::ConfirmedTatkal => match confirmed(rules, cancellation, left) {
            Charge::Percent(percent, words) if percent > rules.tatkal_percent => Charge::Percent(percent, words),
            Charge::All(words) => Charge::All(words),
            _ => Charge::Percent(rules.tatkal_percent, "confirmed from Tatkal".to_owned()),
        },
        Standing::Unconfirmed => clerkage(rules.clerkage, "not confirmed", left),
        Standing::Unreserved => clerkage(rules.unreserved, "unreserved", left),
        Standing::Cancelled => Charge::All("Cancelled before".to_owned()),
    }
}

fn confirmed(rules: &RefundRules, cancellation: &Cancellation<'_>, left: TimeDelta) -> Charge {
    let bands = &rules.bands;
    if cancellation.chart == FirstChart::Made && bands.after_chart() == AfterChart::Nothing {
        return Charge::All("Nothing back, confirmed, after the first chart".to_owned());
    }
    let mut above = bands.flat_above_hours();
    if left > hours(above) {
        let words = format!("Flat charge in {}, confirmed, over {above} hours before departure", cancellation.class);
        return Charge::Fixed(rules.flat.of(cancellation.class), words);
    }
    for band in bands.percents() {
        let down_to = band.down_to_hours;
        if left >= hours(down_to) {
            return Charge::Percent(band.percent, format!("confirmed, {down_to} to {above} hours before departure"));
        }
        above = down_to;
    }
    Charge::All(format!("Nothing back, confirmed, under {above} hours before departure"))
}

fn clerkage(rule: Clerkage, standing: &str, left: TimeDelta) -> Charge {
    let until = rule.until_minutes;
    if left < TimeDelta::minutes(until.into()) {
        return Charge::All(format!("Nothing back, {standing}, under {until} minutes before departure"));
    }
    let words = match until {
        0 => format!("Clerkage, {standing}, before departure"),
        _ => format!("Clerkage, {standing}, at least {until} minutes before departure"),
    };
    Charge::Fixed(rule.amount, words)
}

/// The steps from a charge to what is kept: tax, rounding, and never more than was paid.
fn items(rules: &RefundRules, class: Class, paid: Paise, charge: Charge) -> Vec<RefundItem> {
    let item = |label, amount| RefundItem { label, amount };
    let gst = |amount: Paise| {
        let percent = if class.is_ac() { rules.gst_percent } else { 0 };
        (percent, amount.basis_points(i64::from(percent) * 100))
    };
    let taxed = |amount: Paise, words: String| {
        let (percent, tax) = gst(amount);
        vec![item(words, amount), item(format!("GST {percent} % on the charge"), tax)]
    };
    if paid == Paise::ZERO {
        return Vec::new();
    }
    let mut items = match charge {
        Charge::Nothing(words) => return vec![item(words, Paise::ZERO)],
        Charge::All(words) => return vec![item(words, paid)],
        Charge::Fixed(amount, words) => taxed(amount, words),
        Charge::Percent(percent, words) => {
            let part = paid.basis_points(i64::from(percent) * 100);
            let flat = rules.flat.of(class);
            if part < flat + gst(flat).1 {
                taxed(flat, format!("The least kept in {class}, {words}"))
            } else {
                vec![item(format!("{percent} % of {paid}, {words}"), part)]
            }
        }
    };
    let sum: Paise = items.iter().map(|item| item.amount).sum();
    let rounded = sum.round_up_to(rules.round_up_to);
    items.push(item(format!("Rounding up to a multiple of {}", rules.round_up_to), rounded - sum));
    items.push(item("No more than was paid".to_owned(), rounded.min(paid) - rounded));
    items.retain(|item| item.amount != Paise::ZERO);
    items
}

/// The last moment at which every line would be the same, but no later than [`LONGEST_QUOTE`] from now.
fn good_until(rules: &RefundRules, cancellation: &Cancellation<'_>, at: DateTime<Utc>) -> DateTime<Utc> {
    let longest = at + LONGEST_QUOTE;
    let departs = cancellation.departs;
    match cancellation.reason {
        Reason::Passenger => {}
        Reason::TrainLate => return longest.min((departs - TICK).max(at)),
        _ => return longest,
    }
    let bands = &rules.bands;
    // Edges at which the old band no longer holds, and edges at which it still does.
    let mut before = vec![departs, departs - hours(bands.flat_above_hours())];
    if let FirstChart::Due(due) = cancellation.chart
        && bands.after_chart() == AfterChart::Nothing
    {
        before.push(due);
    }
    let minutes = [rules.clerkage, rules.unreserved].map(|rule| TimeDelta::minutes(rule.until_minutes.into()));
    let until = bands.percents().iter().map(|band| hours(band.down_to_hours)).chain(minutes);
    let ends = before.into_iter().filter(|edge| at < *edge).map(|edge| (edge - TICK).max(at));
    ends.chain(until.map(|left| departs - left).filter(|edge| at <= *edge)).fold(longest, DateTime::min)
}

fn hours(hours: u16) -> TimeDelta {
    TimeDelta::hours(hours.into())
}

#[cfg(test)]
mod tests;
