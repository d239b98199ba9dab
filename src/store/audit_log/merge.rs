//! A day's events from the newest back, a page at a time: its sixteen partitions are merged, and each is read only as far as the
//! page reaches into it.

use std::collections::VecDeque;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::future::try_join_all;

use super::{Event, SHARDS, event_id, event_of, partition};
use crate::store::item::string;
use crate::store::pages::{AT_FIRST, Portion, more_than};
use crate::store::schema::{DAY, EVENT_ID};
use crate::store::{Store, StoreError};

/// A part of a day's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPage {
    /// The newest first.
    pub events: Vec<Event>,
    /// Before which event the day goes on; `None` when there are no earlier ones.
    pub next: Option<String>,
    /// At how many it was looked for those that are meant.
    pub looked_at: usize,
    /// When the earliest of them was.
    pub back_to: Option<DateTime<Utc>>,
}

/// A partition on its way back through the day.
struct Shard {
    partition: String,
    /// What was read and not taken yet, the newest first.
    read: VecDeque<Event>,
    /// How many are read the next time.
    at_once: i32,
    /// What is to be read yet.
    left: Left,
}

enum Left {
    /// What is before this event, or all.
    Before(Option<String>),
    Nothing,
}

impl Store {
    /// The events of one of the railway's days that are meant, before one of them, or the newest. They are read consistently.
    pub async fn events_before(
        &self,
        day: NaiveDate,
        before: Option<&str>,
        portion: Portion,
        is_meant: impl Fn(&Event) -> bool,
    ) -> Result<EventPage, StoreError> {
        let mut shards: Vec<_> = (0..SHARDS)
            .map(|shard| {
                let left = Left::Before(before.map(str::to_owned));
                Shard { partition: partition(day, shard), read: VecDeque::new(), at_once: AT_FIRST, left }
            })
            .collect();
        let (mut events, mut looked_at): (Vec<Event>, usize) = (Vec::new(), 0);
        let mut last = None;
        while events.len() < portion.most && looked_at < portion.looked_at {
            try_join_all(shards.iter_mut().filter(|shard| shard.read.is_empty()).map(|shard| self.fill(shard))).await?;
            let Some(newest) = newest(&mut shards) else { break };
            looked_at += 1;
            last = Some((newest.at, newest.id));
            if is_meant(&newest) {
                events.push(newest);
            }
        }
        let is_over = shards.iter().all(|shard| shard.read.is_empty() && matches!(shard.left, Left::Nothing));
        let next = last.filter(|_| !is_over).map(|(at, id)| event_id(at, id));
        Ok(EventPage { events, next, looked_at, back_to: last.map(|(at, _)| at) })
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
            .limit(shard.at_once);
        shard.at_once = more_than(shard.at_once);
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
