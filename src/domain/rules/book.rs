//! The book of rules: what administrators have published of them, from which day it holds, and what was taken back.
//!
//! The book is a list of entries to which others are only ever added: an edition of one kind of rules from a day on, or the
//! withdrawal of one whose day has not come. What holds on a day follows from the list alone ([`standing`]), so whoever
//! knows the same entries sells by the same rules. The rules that come with the program hold where nothing is published.
//!
//! By which day an edition is chosen is said by its kind ([`RuleKind::counts_by`]): what a passenger pays, and what they get
//! back, is settled when they buy, so fares, booking and refund rules go by the day of sale; a run is divided once, so quotas
//! go by the day of its first sale, except for who may buy from one and what Tatkal costs, which go by the day of sale as a
//! fare does; and charts go by the day on which the run leaves.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::booking::OpId;
use crate::domain::time::railway_time;

/// A process may not have seen an entry that is younger than this; so much before a day begins is the last moment to change
/// what holds on it. Each process looks every five seconds, and sells nothing when it could not look for a minute.
pub const NOTICE: TimeDelta = TimeDelta::minutes(2);

/// The longest text of an edition, in bytes.
pub const LONGEST_TEXT: usize = 64 * 1024;

/// A kind of rules; each is published by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RuleKind {
    /// What a journey costs.
    Fares,
    /// When and how much may be booked.
    Booking,
    /// What a cancellation costs.
    Refunds,
    /// How berths are divided among quotas.
    Quotas,
    /// When charts are made.
    Charts,
}

/// A text that is no kind of rules.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is no kind of rules: write fares, booking, refunds, quotas or charts")]
pub struct BadRuleKind(String);

impl RuleKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Fares, Self::Booking, Self::Refunds, Self::Quotas, Self::Charts];

    /// Its name, by which an entry begins: `[[fares]]`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fares => "fares",
            Self::Booking => "booking",
            Self::Refunds => "refunds",
            Self::Quotas => "quotas",
            Self::Charts => "charts",
        }
    }

    /// Which day decides whether an edition holds, as the end of a sentence.
    pub const fn counts_by(self) -> &'static str {
        match self {
            Self::Fares | Self::Booking | Self::Refunds => "by the day of sale",
            Self::Quotas => "by the day of a run's first sale",
            Self::Charts => "by the day on which a run leaves",
        }
    }

    /// The first day from which an edition that is published now can hold, when `on_sale` is the last date for which tickets
    /// may have been sold.
    ///
    /// A day that has begun cannot change: some have been sold to by the rules of its morning. Charts count by the run, and
    /// whoever has a ticket was told when its chart is made: no run changes that is on sale.
    pub fn earliest(self, now: DateTime<Utc>, on_sale: NaiveDate) -> NaiveDate {
        let next = day_after(railway_time(now + NOTICE).date(), 1);
        match self {
            Self::Fares | Self::Booking | Self::Refunds | Self::Quotas => next,
            Self::Charts => day_after(on_sale, 1).max(next),
        }
    }
}

fn day_after(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}

impl fmt::Display for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for RuleKind {
    type Err = BadRuleKind;

    fn from_str(text: &str) -> Result<Self, BadRuleKind> {
        let found = Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| BadRuleKind(text.to_owned()))
    }
}

/// Something wrong in a text of rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Mistake {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong, and what would be right.
    pub says: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.says)
    }
}

/// An edition that holds from its day on, or will.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Edition {
    /// Its place in the book, from 1.
    pub number: u32,
    /// What of the rules it is.
    pub kind: RuleKind,
    /// The first day on which it holds.
    pub from: NaiveDate,
    /// The text as it was published.
    pub text: String,
}

impl Edition {
    /// Names the edition on bookings and runs: `fares-2027-01-01-e3`. No other ever has the name.
    pub fn id(&self) -> String {
        format!("{}-{}-e{}", self.kind, self.from, self.number)
    }
}

/// An entry of the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BookEntry {
    /// Names the action that made it.
    pub op: OpId,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// By whom: a user name, or `operator` for whoever runs commands on the machine.
    pub by: String,
    /// What it does.
    pub does: Does,
}

/// What an entry of the book does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Does {
    /// Publishes an edition, whose number is the entry's own.
    Publish(Edition),
    /// Takes one back whose day has not come, by its number.
    Withdraw(u32),
}

/// The editions that hold or will, in the order of their numbers: what is published and was not taken back.
pub fn standing(book: &[BookEntry]) -> impl Iterator<Item = &Edition> {
    let published = book.iter().filter_map(|entry| match &entry.does {
        Does::Publish(edition) => Some(edition),
        Does::Withdraw(_) => None,
    });
    published.filter(|edition| withdrawal(book, edition.number).is_none())
}

/// The entry that takes an edition back.
pub fn withdrawal(book: &[BookEntry], number: u32) -> Option<&BookEntry> {
    book.iter().find(|entry| matches!(entry.does, Does::Withdraw(taken) if taken == number))
}

/// Why an entry cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum NotEntered {
    /// Its day is too near.
    #[error("These rules can hold from {earliest} on: choose that day or a later one.")]
    TooSoon {
        /// The first day that can be chosen.
        earliest: NaiveDate,
    },
    /// There is one from that day.
    #[error("{id} holds from that day already: withdraw it first, or choose another day.")]
    Taken {
        /// Its name.
        id: String,
    },
    /// It holds, or is about to.
    #[error("{id} holds already or is about to: publish another from a later day.")]
    Begun {
        /// Its name.
        id: String,
    },
    /// There is no such edition, or it was taken back.
    #[error("There is no such edition any more: read the list again.")]
    Unknown,
    /// The text is too long for any rules.
    #[error("The text has more than {} KiB: leave out what are not rules.", LONGEST_TEXT / 1024)]
    TooLong,
}

/// Checks that an edition of a kind can be published from a day.
pub fn may_publish(
    book: &[BookEntry],
    (kind, from): (RuleKind, NaiveDate),
    now: DateTime<Utc>,
    on_sale: NaiveDate,
) -> Result<(), NotEntered> {
    let earliest = kind.earliest(now, on_sale);
    if from < earliest {
        return Err(NotEntered::TooSoon { earliest });
    }
    match standing(book).find(|edition| edition.kind == kind && edition.from == from) {
        Some(edition) => Err(NotEntered::Taken { id: edition.id() }),
        None => Ok(()),
    }
}

/// Checks that an edition can be taken back; its day has to be as far ahead as that of a new one.
pub fn may_withdraw(
    book: &[BookEntry],
    number: u32,
    now: DateTime<Utc>,
    on_sale: NaiveDate,
) -> Result<&Edition, NotEntered> {
    let edition = standing(book).find(|edition| edition.number == number).ok_or(NotEntered::Unknown)?;
    if edition.from < edition.kind.earliest(now, on_sale) {
        return Err(NotEntered::Begun { id: edition.id() });
    }
    Ok(edition)
}

/// How an edition stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It holds from its day on, which is still to come.
    ToCome,
    /// It holds.
    InForce,
    /// Another has taken its place.
    Past,
    /// It was taken back before its day.
    Withdrawn,
}

impl Standing {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::ToCome => "to come",
            Self::InForce => "in force",
            Self::Past => "past",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// How rules stand on a day that hold from one day until another.
    pub fn of(from: NaiveDate, until: Option<NaiveDate>, today: NaiveDate) -> Self {
        match until {
            Some(until) if until <= today || until <= from => Self::Past,
            _ if today < from => Self::ToCome,
            _ => Self::InForce,
        }
    }
}

#[cfg(test)]
mod tests;
