//! Who did what, when and where.
//!
//! A day's events are spread over sixteen partitions, so that no day is hotter than `DynamoDB` allows. Whoever reads a day
//! merges them, and reads of each no more than is needed. Events are only ever added, and go by themselves after [`KEPT`].

mod merge;

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::merge::EventPage;
use crate::domain::time::railway_time;
use crate::domain::user::AccountId;
use crate::store::item::{Item, decode, encode, number, string};
use crate::store::remedy::refused;
use crate::store::requests::Consistency;
use crate::store::retry::Refusal;
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
    /// In which session, by the name that the log has for it; none, for what the operator or the program itself did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Anything more, in words; never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Store {
    /// Adds an event. One that is there already stays as it is: what happened is never written again.
    ///
    /// # Errors
    ///
    /// `Conflict` when one of the same name and moment says something else. Told again in another session or at another
    /// terminal it is the same.
    pub async fn append_event(&self, event: &Event) -> Result<(), StoreError> {
        let expires = u64::try_from((event.at + KEPT).timestamp()).unwrap_or_default();
        let mut item = encode(event);
        item.insert(DAY.to_owned(), string(partition_of(event.at, event.id)));
        item.insert(EVENT_ID.to_owned(), string(event_id(event.at, event.id)));
        item.insert(EXPIRES_AT.to_owned(), number(expires));
        let request = self
            .dynamodb()
            .put_item()
            .table_name(self.names().audit())
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#event)")
            .expression_attribute_names("#event", EVENT_ID)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(refusal) = self.attempt(|| request.clone().send()).await?.verdict else { return Ok(()) };
        if !refusal.is_condition_failure() {
            return Err(refused(&refusal));
        }
        let Some(found) = refusal.found().cloned().map(event_of).transpose()? else { return Ok(()) };
        let again = Event { terminal: found.terminal.clone(), session: found.session.clone(), ..event.clone() };
        let what = || format!("the event {} of the audit log", event_id(event.at, event.id));
        if again == found { Ok(()) } else { Err(StoreError::Conflict { what: what() }) }
    }

    /// The events with some ids, by when they were; those that are not there any more are absent. It may lag by a moment.
    pub async fn events_with(&self, ids: &[(DateTime<Utc>, Uuid)]) -> Result<Vec<Event>, StoreError> {
        let key = |(at, id): &(DateTime<Utc>, Uuid)| {
            Item::from([
                (DAY.to_owned(), string(partition_of(*at, *id))),
                (EVENT_ID.to_owned(), string(event_id(*at, *id))),
            ])
        };
        let keys: BTreeSet<_> = ids.iter().copied().collect();
        let keys: Vec<_> = keys.iter().map(key).collect();
        let items = self.read_items(&self.names().audit(), &keys, Consistency::Eventual).await?;
        items.into_iter().map(event_of).collect()
    }

    /// All events of one of the railway's days, in the order of time.
    pub async fn events_of(&self, day: NaiveDate) -> Result<Vec<Event>, StoreError> {
        let shards = try_join_all((0..SHARDS).map(|shard| self.events_in(partition(day, shard)))).await?;
        let mut events: Vec<Event> = shards.into_iter().flatten().collect();
        events.sort_by_key(|event| (event.at, event.id));
        Ok(events)
    }

    async fn events_in(&self, partition: String) -> Result<Vec<Event>, StoreError> {
        let query = self
            .dynamodb()
            .query()
            .table_name(self.names().audit())
            .key_condition_expression("#day = :day")
            .expression_attribute_names("#day", DAY)
            .expression_attribute_values(":day", string(&partition))
            .consistent_read(true);
        self.query_items(query).await?.into_iter().map(event_of).collect()
    }
}

fn partition(day: NaiveDate, shard: u128) -> String {
    format!("{day}#{shard}")
}

fn partition_of(at: DateTime<Utc>, id: Uuid) -> String {
    partition(railway_time(at).date(), id.as_u128() % SHARDS)
}

/// Sorts by time: a fixed number of digits, and always UTC.
fn event_id(at: DateTime<Utc>, id: Uuid) -> String {
    format!("{}#{}", at.to_rfc3339_opts(SecondsFormat::Micros, true), id.simple())
}

fn event_of(item: Item) -> Result<Event, StoreError> {
    decode(item, "an event of the audit log")
}
