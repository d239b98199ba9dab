//! What a train is from which date on.
//!
//! A change of a train takes effect from a date of origin: runs before it go by what the train was, and runs from it on
//! by what it is then. A run of which anything was sold keeps the version by which it was sold, whatever is published.
//! Deliberately absent: exceptions for single dates.

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::train::{Train, TrainNumber};

/// A run is over this long after its origin's date: [`crate::domain::time::RunTime`] counts less than ten days.
const LONGEST_RUN: Days = Days::new(10);

/// The most editions of a train at once: those in force, and changes that are to come.
pub const MOST_EDITIONS: usize = 12;

/// A published version of a train, with the dates of origin whose runs go by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Edition {
    /// The train as it is then.
    pub train: Arc<Train>,
    /// The first date; `None` when no other came before.
    pub from: Option<NaiveDate>,
    /// The first date on which it is over; `None` when none is to come.
    pub until: Option<NaiveDate>,
}

impl Edition {
    /// A train that was never another and is to be no other.
    pub const fn lasting(train: Arc<Train>) -> Self {
        Self { train, from: None, until: None }
    }

    /// Whether runs of a date go by it, if there are any.
    pub fn covers(&self, date: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date < until)
    }

    /// Whether a run by it leaves its origin on a date.
    pub fn runs_on(&self, date: NaiveDate) -> bool {
        self.covers(date) && self.train.runs_on().includes(date)
    }
}

/// From when something that is published holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The first date of origin of the runs that go by it. Without one it holds at once: for runs from today on of a train
    /// that there is, and for all runs of one that is new.
    pub from: Option<NaiveDate>,
    /// The railway's date.
    pub today: NaiveDate,
}

impl Start {
    /// At once.
    pub const fn at_once(today: NaiveDate) -> Self {
        Self { from: None, today }
    }

    /// The first date of origin of the runs of a train that there is.
    pub fn date(self) -> NaiveDate {
        self.from.unwrap_or(self.today)
    }

    /// The date on which trains end that are not in what is published: today's runs go as they would.
    pub fn ends_missing(self) -> NaiveDate {
        self.from.unwrap_or(self.today + Days::new(1))
    }
}

/// Everything that is published of a train: its editions in order, at least one, and whether it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Editions {
    /// With the dates from which they hold, rising.
    editions: Vec<(Option<NaiveDate>, Arc<Train>)>,
    /// From this date on it does not run any more.
    retired_from: Option<NaiveDate>,
}

/// Where a train that is published belongs among the editions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// It is what the train is on that date already, by the edition of this index.
    Same(usize),
    /// It comes before the edition of this index, or last.
    Before(usize),
    /// It takes the place of the edition of this index, which holds from the same date.
    InPlaceOf(usize),
}

/// Why a train cannot be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum NotPublished {
    /// It has ended by then.
    #[error("Train {train} does not run from {from} on: take that back first, or publish for an earlier date.")]
    Retired {
        /// The train.
        train: TrainNumber,
        /// From when.
        from: NaiveDate,
    },
    /// Nobody plans so many changes.
    #[error("Train {train} has as many changes ahead as may be: wait until one of them is in force.")]
    TooMany {
        /// The train.
        train: TrainNumber,
    },
    /// Runs that have left cannot change.
    #[error("Runs before {today} cannot change: choose that date or a later one.")]
    Past {
        /// The first date that can be chosen.
        today: NaiveDate,
    },
}

impl Editions {
    /// What is published of a train; `None` without any edition.
    pub fn new(mut editions: Vec<(Option<NaiveDate>, Arc<Train>)>, retired_from: Option<NaiveDate>) -> Option<Self> {
        editions.sort_by_key(|(from, _)| *from);
        (!editions.is_empty()).then_some(Self { editions, retired_from })
    }

    /// The same from the periods of a train, in order; `None` without any.
    pub fn of_periods(periods: &[Edition]) -> Option<Self> {
        let editions = periods.iter().map(|edition| (edition.from, Arc::clone(&edition.train))).collect();
        Self::new(editions, periods.last().and_then(|last| last.until))
    }

    /// The train's number.
    pub fn number(&self) -> TrainNumber {
        self.editions[0].1.number()
    }

    /// The highest version among them; a next one is higher.
    pub fn latest_version(&self) -> u32 {
        self.editions.iter().map(|(_, train)| train.version()).max().expect("there is an edition")
    }

    /// From which date on it does not run any more.
    pub const fn retired_from(&self) -> Option<NaiveDate> {
        self.retired_from
    }

    /// The editions in order, each with the dates of its runs; those that a train's end leaves without a date are absent,
    /// but for the first: a train that never runs is still one, and nothing of it is sold.
    pub fn periods(&self) -> impl DoubleEndedIterator<Item = Edition> + '_ {
        (0..self.editions.len()).filter_map(|at| {
            let (from, train) = &self.editions[at];
            let next = self.editions.get(at + 1).and_then(|(next, _)| *next);
            let until = [next, self.retired_from].into_iter().flatten().min();
            let empty = matches!((from, until), (Some(from), Some(until)) if *from >= until);
            (at == 0 || !empty).then(|| Edition { train: Arc::clone(train), from: *from, until })
        })
    }

    /// The train by which runs of a date go; `None` before its first edition and after its end.
    pub fn on(&self, date: NaiveDate) -> Option<&Arc<Train>> {
        if self.retired_from.is_some_and(|retired| retired <= date) { None } else { self.planned_for(date) }
    }

    /// What is to be edited for a date: the train of that date, or the nearest that there is.
    pub fn nearest(&self, date: NaiveDate) -> &Arc<Train> {
        self.planned_for(date).unwrap_or(&self.editions[0].1)
    }

    /// The train of a date, as if it had no end.
    fn planned_for(&self, date: NaiveDate) -> Option<&Arc<Train>> {
        self.begun_by(date).checked_sub(1).map(|at| &self.editions[at].1)
    }

    /// How many editions have begun by a date.
    fn begun_by(&self, date: NaiveDate) -> usize {
        self.editions.partition_point(|(from, _)| from.is_none_or(|from| from <= date))
    }

    /// Where a train that takes effect belongs.
    pub fn placement(&self, train: &Train, start: Start) -> Result<Placement, NotPublished> {
        let date = start.date();
        if let Some(retired) = self.retired_from.filter(|retired| *retired <= date) {
            return Err(NotPublished::Retired { train: self.number(), from: retired });
        }
        let after = self.begun_by(date);
        match after.checked_sub(1) {
            Some(at) if self.editions[at].1.is_like(train) => Ok(Placement::Same(at)),
            Some(at) if self.editions[at].0 == Some(date) => Ok(Placement::InPlaceOf(at)),
            _ if self.editions.len() - self.outdated(start.today) >= MOST_EDITIONS => {
                Err(NotPublished::TooMany { train: self.number() })
            }
            _ => Ok(Placement::Before(after)),
        }
    }

    /// How many of the first editions no run goes by any more that is still on its way.
    pub fn outdated(&self, today: NaiveDate) -> usize {
        let over = |(next, _): &&(Option<NaiveDate>, Arc<Train>)| {
            next.and_then(|next| next.checked_add_days(LONGEST_RUN)).is_some_and(|over| over <= today)
        };
        self.editions[1..].iter().take_while(over).count()
    }

    /// The date from which another edition takes the place of one that is published from a date.
    pub fn next_after(&self, from: NaiveDate) -> Option<NaiveDate> {
        self.editions.iter().filter_map(|(next, _)| *next).find(|next| *next > from)
    }
}

#[cfg(test)]
mod tests;
