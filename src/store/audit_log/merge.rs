//! A day's events from the newest back, a page at a time: its sixteen partitions are merged, and each is read only as far as the
//! page reaches into it.

use std::collections::VecDeque;

use chrono::NaiveDate;
use futures_util::future::try_join_all;

use super::{Event, SHARDS, event_id, event_of, partition};
use crate::store::item::string;
use crate::store::schema::{DAY, EVENT_ID};
use crate::store::{Store, StoreError};

/// How many events of a partition are read at once: a page of fifty has three of each as a rule.
const AT_ONCE: i32 = 6;

/// A part of a day's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPage {
    /// The newest first.
    pub events: Vec<Event>,
    /// Before which event the day goes on; `None` when there are no earlier ones.
    pub next: Option<String>,
}

/// A partition on its way back through the day.
struct Shard {
    partition: String,
    /// What was read and not taken yet, the newest first.
    read: VecDeque<Event>,
    /// What is to be read yet.
    left: Left,
}

enum Left {
    /// What is before this event, or all.
    Before(Option<String>),
    Nothing,
}

impl Store {
    /// The events of one of the railway's days before one of them, or the newest: at most `limit`. They are read consistently.
    pub async fn events_before(
        &self,
        day: NaiveDate,
        before: Option<&str>,
        limit: usize,
    ) -> Result<EventPage, StoreError> {
        let mut shards: Vec<_> = (0..SHARDS)
            .map(|shard| {
                let left = Left::Before(before.map(str::to_owned));
                Shard { partition: partition(day, shard), read: VecDeque::new(), left }
            })
            .collect();
        let mut events: Vec<Event> = Vec::new();
        while events.len() < limit {
            try_join_all(shards.iter_mut().filter(|shard| shard.read.is_empty()).map(|shard| self.fill(shard))).await?;
            let Some(newest) = newest(&mut shards) else { break };
            events.push(newest);
        }
        let is_over = shards.iter().all(|shard| shard.read.is_empty() && matches!(shard.left, Left::Nothing));
        let last = events.last().filter(|_| !is_over);
        let next = last.map(|event| event_id(event.at, event.id));
        Ok(EventPage { events, next })
    }

    /// Reads on in a partition, if there is anything left of it.
    async fn fill(&self, shard: &mut Shard) -> Result<(), StoreError> {
        let Left::Before(before) = &shard.left else { return Ok(()) };
        let mut query = self
            .dynamodb()
            .query()
            .table_name(self.names().audit())
            .expression_attribute_names("#day", DAY)
            .expression_attribute_values(":day", string(&shard.partition))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(AT_ONCE);
        query = match before {
            Some(before) => query
                .key_condition_expression(format!("#day = :day AND {EVENT_ID} < :before"))
                .expression_attribute_values(":before", string(before)),
            None => query.key_condition_expression("#day = :day"),
        };
        let page = self.attempt(|| query.clone().send()).await?.answer()?;
        let items = page.items.unwrap_or_default();
        shard.read = items.into_iter().map(event_of).collect::<Result<_, _>>()?;
        let last = shard.read.back().map(|event| event_id(event.at, event.id));
        shard.left = match (page.last_evaluated_key, last) {
            (Some(_), Some(last)) => Left::Before(Some(last)),
            _ => Left::Nothing,
        };
        Ok(())
    }
}

/// Takes the newest event of all partitions, each of which has its own newest in front.
fn newest(shards: &mut [Shard]) -> Option<Event> {
    let key = |shard: &&mut Shard| shard.read.front().map(|event| event_id(event.at, event.id));
    shards.iter_mut().filter(|shard| !shard.read.is_empty()).max_by_key(key)?.read.pop_front()
}
