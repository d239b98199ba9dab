//! Duties: what somebody has to do later, listed by when it is due.
//!
//! A duty is listed by the write that creates it and goes with the write that ends it, so it survives whoever made it. The
//! index may lag, so whoever finds a duty looks at the item before they act.

use std::ops::Range;

use aws_sdk_dynamodb::types::Select;
use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use futures_util::future::try_join_all;

use crate::domain::train::RunId;
use crate::store::item::{Item, corrupt, string, text};
use crate::store::pages::{List, Order};
use crate::store::schema::{BOOKING_ID, BY_WORK, DUE_AT, WORK, WORK_INDEX};
use crate::store::{Store, StoreError};

/// Among how many work lists the duties of one kind are spread, so that no partition of the index is hot.
pub const LISTS: u64 = 10;

/// Some of the work lists of a kind.
pub type Lists = Range<u64>;

/// All of them.
pub const ALL: Lists = 0..LISTS;

/// What stands for the end of a list that was read to it.
const OVER: &str = "-";

/// How many duties of a list are taken at once.
pub(in crate::store) const AT_ONCE: i32 = 25;

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
    /// The times of a run were changed, or a part of its way was cancelled: its bookings are told, or refunded.
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

    /// A page of the bookings' table's duties of a kind over all their lists, the longest due first, and where the next begins. A
    /// moment behind.
    ///
    /// The lists are merged by when their duties are due. Within a second an index has an order of its own, so each list is gone
    /// on with behind what was taken of it itself.
    pub(in crate::store) async fn work_page(
        &self,
        kind: Kind,
        after: Option<&str>,
        limit: i32,
    ) -> Result<(Vec<Item>, Option<String>), StoreError> {
        let partitions: Vec<_> = ALL.map(|list| kind.list(list)).collect();
        let mut ends: Vec<String> = match after {
            Some(after) => after.split(';').map(str::to_owned).collect(),
            None => vec![String::new(); partitions.len()],
        };
        if ends.len() != partitions.len() {
            return Err(corrupt("a page's end", "it is that of another list"));
        }
        let lists = partitions.iter().zip(&ends).map(|(partition, end)| async move {
            if end == OVER {
                return Ok((Vec::new(), None));
            }
            let list = List { index: BY_WORK, partition, order: Order::OldestFirst };
            let after = Some(end.as_str()).filter(|end| !end.is_empty());
            self.page_of(&list, after, limit).await
        });
        let (mut read, mut left, mut goes_on) = (Vec::new(), vec![0; ends.len()], Vec::new());
        for (list, (items, next)) in try_join_all(lists).await?.into_iter().enumerate() {
            left[list] = items.len();
            goes_on.push(next.is_some());
            read.extend(items.into_iter().map(|item| (list, item)));
        }
        let of = |item: &Item, name| text(item, name).unwrap_or_default().to_owned();
        read.sort_by_cached_key(|(_, item)| of(item, DUE_AT));
        read.truncate(usize::try_from(limit).unwrap_or_default());
        for (list, item) in &read {
            left[*list] -= 1;
            ends[*list] = format!("{} {}", of(item, DUE_AT), of(item, BOOKING_ID));
        }
        for (list, end) in ends.iter_mut().enumerate() {
            if left[list] == 0 && !goes_on[list] {
                OVER.clone_into(end);
            }
        }
        let next = ends.iter().any(|end| end != OVER).then(|| ends.join(";"));
        Ok((read.into_iter().map(|(_, item)| item).collect(), next))
    }

    /// How many duties of a kind there are in a table. A moment behind.
    pub(in crate::store) async fn count(&self, table: &str, kind: Kind) -> Result<u64, StoreError> {
        let mut count = 0;
        for list in ALL {
            let query = self
                .dynamodb()
                .query()
                .table_name(table)
                .index_name(WORK_INDEX)
                .select(Select::Count)
                .key_condition_expression("#work = :work")
                .expression_attribute_names("#work", WORK)
                .expression_attribute_values(":work", string(kind.list(list)));
            self.query_pages(query, |page| count += u64::from(page.count.unsigned_abs())).await?;
        }
        Ok(count)
    }
}
