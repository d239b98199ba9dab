//! What the processes of a station say of themselves, for whoever looks at all of it: an item each in the runs' table, under a
//! key that no run has, which expires by itself.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::item::{decode, encode, string};
use crate::store::schema::{ITEM, RUN_ID};
use crate::store::{Store, StoreError};

/// The partition of them.
pub(in crate::store) const PROCESSES: &str = "processes";

/// How long what a process said is kept: who looks goes by much less, and expiry is late by up to days.
const KEPT: TimeDelta = TimeDelta::hours(1);

/// Who is at a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Process {
    /// By which it is told from the others.
    pub id: Uuid,
    /// When it said this.
    pub at: DateTime<Utc>,
    /// Sessions at terminals.
    pub sessions: u32,
    /// Choices of berths that they hold.
    pub holds: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Said<'a> {
    #[serde(flatten)]
    process: &'a Process,
    expires_at: i64,
}

impl Store {
    /// Says who is at a process, in the place of what it said before.
    pub async fn put_process(&self, process: &Process) -> Result<(), StoreError> {
        let mut item = encode(&Said { process, expires_at: (process.at + KEPT).timestamp() });
        item.insert(RUN_ID.to_owned(), string(PROCESSES));
        item.insert(ITEM.to_owned(), string(process.id));
        let put = self.dynamodb().put_item().table_name(self.names().runs()).set_item(Some(item));
        self.attempt(|| put.clone().send()).await?.answer().map(drop)
    }

    /// What the processes said last that said anything at a moment or since, in no order.
    pub async fn processes(&self, since: DateTime<Utc>) -> Result<Vec<Process>, StoreError> {
        let query = self
            .dynamodb()
            .query()
            .table_name(self.names().runs())
            .key_condition_expression("RunID = :processes")
            .expression_attribute_values(":processes", AttributeValue::S(PROCESSES.to_owned()));
        let items = self.query_items(query).await?;
        // What a newer Kiosk says of itself is left out: nobody's view of the station fails for it.
        let read = items.into_iter().filter_map(|item| {
            let process = decode::<Process>(item, "a process");
            process.inspect_err(|error: &StoreError| tracing::warn!(%error, "it is not counted")).ok()
        });
        Ok(read.filter(|process| process.at >= since).collect())
    }
}
