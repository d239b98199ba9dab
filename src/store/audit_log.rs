//! Who did what, when and where.
//!
//! A day's events are spread over sixteen partitions, so that no day is hotter than `DynamoDB` allows; reading a day
//! reads them all. Events are only ever added, and go by themselves after [`KEPT`].

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::time::railway_time;
use crate::domain::user::AccountId;
use crate::store::item::{Item, decode, encode, number, string};
use crate::store::schema::{DAY, EVENT_ID, EXPIRES_AT};
use crate::store::{Store, StoreError};

/// How long events are kept: a year's accounts can be looked into for a month after it ends.
pub const KEPT: TimeDelta = TimeDelta::days(400);
const SHARDS: u128 = 16;

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    /// Names the event: the same one appended again changes nothing.
    #[serde(rename = "ID")]
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Who; nobody, for what the operator or the program itself did.
    #[serde(rename = "UserID", default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// What was done, as a short verb such as `booking.confirm`.
    pub action: String,
    /// To what, such as a PNR or a user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// At which terminal.
    pub terminal: String,
    /// Anything more, in words; never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Store {
    /// Adds an event.
    pub async fn append_event(&self, event: &Event) -> Result<(), StoreError> {
        let expires = u64::try_from((event.at + KEPT).timestamp()).unwrap_or_default();
        let mut item = encode(event);
        let day = railway_time(event.at).date();
        item.insert(DAY.to_owned(), string(partition(day, event.id.as_u128() % SHARDS)));
        item.insert(EVENT_ID.to_owned(), string(event_id(event)));
        item.insert(EXPIRES_AT.to_owned(), number(expires));
        let request = self.dynamodb().put_item().table_name(self.names().audit()).set_item(Some(item));
        self.attempt(|| request.clone().send()).await?.answer()?;
        Ok(())
    }

    /// All events of one of the railway's days, in the order of time.
    pub async fn events_of(&self, day: NaiveDate) -> Result<Vec<Event>, StoreError> {
        let shards = try_join_all((0..SHARDS).map(|shard| self.events_in(partition(day, shard)))).await?;
        let mut events: Vec<Event> = shards.into_iter().flatten().collect();
        events.sort_by_key(|event| (event.at, event.id));
        Ok(events)
    }

    async fn events_in(&self, partition: String) -> Result<Vec<Event>, StoreError> {
        let mut events = Vec::new();
        let mut from: Option<Item> = None;
        loop {
            let request = self
                .dynamodb()
                .query()
                .table_name(self.names().audit())
                .key_condition_expression("#day = :day")
                .expression_attribute_names("#day", DAY)
                .expression_attribute_values(":day", string(&partition))
                .consistent_read(true)
                .set_exclusive_start_key(from);
            let answer = self.attempt(|| request.clone().send()).await?.answer()?;
            for item in answer.items.unwrap_or_default() {
                events.push(decode(item, "an event of the audit log")?);
            }
            from = answer.last_evaluated_key;
            if from.is_none() {
                return Ok(events);
            }
        }
    }
}

fn partition(day: NaiveDate, shard: u128) -> String {
    format!("{day}#{shard}")
}

/// Sorts by time: a fixed number of digits, and always UTC.
fn event_id(event: &Event) -> String {
    format!("{}#{}", event.at.to_rfc3339_opts(SecondsFormat::Micros, true), event.id.simple())
}
