//! What moved today: read on from where it was read to, so that looking often costs little however much moves.

use std::sync::Mutex;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{PAGE, SIDE_BY_SIDE, lock};
use crate::domain::report::Takings;
use crate::service::Kiosk;
use crate::store::StoreError;
use crate::store::bookings::SHARDS;

/// An index may be behind. What is older than this is in its place, and nothing comes before it any more.
const SETTLED_AFTER: TimeDelta = TimeDelta::minutes(2);

/// How far a day was read.
#[derive(Debug)]
pub(in crate::service) struct Read {
    day: NaiveDate,
    /// What moved on all pages that nothing is added to any more.
    settled: Takings,
    /// Behind which page of each part.
    ends: Vec<Option<String>>,
}

impl Read {
    /// Nothing of a day yet.
    pub(in crate::service) fn nothing_of(day: NaiveDate) -> Self {
        let ends = (0..SHARDS).map(|_| None).collect();
        Self { day, settled: Takings::default(), ends }
    }

    /// Which day.
    pub(in crate::service) const fn day(&self) -> NaiveDate {
        self.day
    }
}

impl Kiosk {
    /// All that moved on a day, of which some was read before. A part that cannot be read leaves the others further read.
    pub(in crate::service) async fn read_on(&self, read: &mut Read) -> Result<Takings, StoreError> {
        let settled_before = self.now() - SETTLED_AFTER;
        let (read, fresh) = (Mutex::new(read), Mutex::new(Takings::default()));
        let parts = (0..SHARDS).zip(0..).map(|(part, at)| self.read_on_in(part, at, settled_before, &read, &fresh));
        let parts: Vec<_> = parts.collect();
        stream::iter(parts).buffer_unordered(SIDE_BY_SIDE).try_collect::<()>().await?;
        let (settled, fresh) = (lock(&read).settled, *lock(&fresh));
        Ok(settled + fresh)
    }

    async fn read_on_in(
        &self,
        part: u64,
        at: usize,
        settled_before: DateTime<Utc>,
        read: &Mutex<&mut Read>,
        fresh: &Mutex<Takings>,
    ) -> Result<(), StoreError> {
        let (day, mut after) = {
            let read = lock(read);
            (read.day, read.ends[at].clone())
        };
        loop {
            let page = self.store().ledger_of_day(day, part, after.as_deref(), PAGE).await?;
            after = page.next;
            let is_settled = after.is_some() && page.entries.last().is_some_and(|last| last.at < settled_before);
            if is_settled {
                let mut read = lock(read);
                page.entries.iter().for_each(|entry| read.settled.enter(entry));
                read.ends[at].clone_from(&after);
            } else {
                let mut fresh = lock(fresh);
                page.entries.iter().for_each(|entry| fresh.enter(entry));
            }
            if after.is_none() {
                return Ok(());
            }
        }
    }
}
