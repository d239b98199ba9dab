//! Duties: what somebody has to do later, listed by when it is due.
//!
//! A duty is listed by the write that creates it and goes with the write that ends it, so it survives whoever made it. The
//! index may lag, so whoever finds a duty looks at the item before they act.

use std::ops::Range;

use aws_sdk_dynamodb::types::Select;
use chrono::{DateTime, Datelike, SecondsFormat, Utc};

use crate::domain::train::RunId;
use crate::store::item::{Item, string};
use crate::store::schema::{DUE_AT, WORK, WORK_INDEX};
use crate::store::{Store, StoreError};

/// Among how many work lists the duties of one kind are spread, so that no partition of the index is hot.
pub const LISTS: u64 = 10;

/// Some of the work lists of a kind.
pub type Lists = Range<u64>;

/// All of them.
pub const ALL: Lists = 0..LISTS;

/// How many duties of a list are taken at once.
pub(in crate::store) const AT_ONCE: i32 = 25;

/// The last second that is written with a year of four digits, and so sorts after all others.
pub(in crate::store) const EVER: DateTime<Utc> =
    DateTime::from_timestamp(253_402_300_799, 0).expect("it is within the calendar");

/// What has to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A slip was not paid in time: its berths go back.
    Payment,
    /// Somebody waits in a queue.
    Promotion,
    /// A chart has to be made.
    Chart,
    /// A run was cancelled: its bookings are refunded.
    CancelRun,
    /// The times of a run were changed: its bookings are told.
    DelayRun,
    /// Somebody is told of a booking.
    Notification,
    /// Somebody could not be told of a booking: a person looks at it.
    DeadLetter,
    /// A till is open: a person closes it.
    Till,
    /// A refund waits at a counter: a person hands it out.
    Owed,
}

impl Kind {
    /// The work list of this kind for something that is spread by a number.
    pub fn list(self, spread: u64) -> String {
        let name = match self {
            Self::Payment => "payment",
            Self::Promotion => "promotion",
            Self::Chart => "chart",
            Self::CancelRun => "cancel-run",
            Self::DelayRun => "delay-run",
            Self::Notification => "notification",
            Self::DeadLetter => "dead-letter",
            Self::Till => "till",
            Self::Owed => "owed",
        };
        format!("{name}#{}", spread % LISTS)
    }
}

/// A number by which the duties of runs are spread.
pub(in crate::store) fn spread(run: RunId) -> u64 {
    let letters = run.train.as_str().bytes().map(u64::from).sum::<u64>();
    letters + u64::from(run.date.num_days_from_ce().unsigned_abs())
}

/// A moment as work is sorted by it.
pub(in crate::store) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Store {
    /// The items of a table with a duty of a kind, in some of its lists, that is due at a moment, the longest due first. A
    /// moment behind.
    pub(in crate::store) async fn due(
        &self,
        table: &str,
        kind: Kind,
        lists: Lists,
        now: DateTime<Utc>,
        limit: i32,
    ) -> Result<Vec<Item>, StoreError> {
        let mut due = Vec::new();
        for spread in lists {
            let query = self
                .dynamodb()
                .query()
                .table_name(table)
                .index_name(WORK_INDEX)
                .key_condition_expression("#work = :work AND #due <= :now")
                .expression_attribute_names("#work", WORK)
                .expression_attribute_names("#due", DUE_AT)
                .expression_attribute_values(":work", string(kind.list(spread)))
                .expression_attribute_values(":now", string(moment(now)))
                .limit(limit);
            let page = self.attempt(|| query.clone().send()).await?.answer()?;
            due.extend(page.items.unwrap_or_default());
        }
        Ok(due)
    }

    /// How many duties of a kind there are in a table. A moment behind.
    pub(in crate::store) async fn count(&self, table: &str, kind: Kind) -> Result<u64, StoreError> {
        let mut count = 0;
        for list in ALL {
            let mut start = None;
            loop {
                let query = self
                    .dynamodb()
                    .query()
                    .table_name(table)
                    .index_name(WORK_INDEX)
                    .select(Select::Count)
                    .key_condition_expression("#work = :work")
                    .expression_attribute_names("#work", WORK)
                    .expression_attribute_values(":work", string(kind.list(list)))
                    .set_exclusive_start_key(start);
                let page = self.attempt(|| query.clone().send()).await?.answer()?;
                count += u64::from(page.count.unsigned_abs());
                start = page.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(count)
    }
}
