//! A change of one train: one transaction over its item, its new version and the catalogue's count.
//!
//! It reads and writes that train alone, however many there are, and is conditional on the catalogue's count: of two who
//! change the timetable at once, one looks again.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use chrono::NaiveDate;

use super::train_item::{Listed, TrainItem, listed};
use super::{CATALOGUE, Listing, MARKING, catalogue_version, unless_newer};
use crate::domain::edition::{Editions, Start};
use crate::domain::station::StationCode;
use crate::domain::train::TrainNumber;
use crate::store::item::{Item, check_version, decode, encode, number, string};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::{SCHEMA_VERSION, TRAIN_ID};
use crate::store::{Store, StoreError};

/// How often a change is decided again because somebody else changed the timetable.
const ATTEMPTS: u32 = 8;

/// What no train can be changed in while it is so.
const UNFINISHED: &str = "the timetable (of which an import is not finished)";

/// How a train is changed.
#[derive(Clone, Copy, Debug)]
pub enum Edit<'a> {
    /// It is another from a date on, or new.
    Publish {
        /// What it is then.
        listing: &'a Listing,
        /// The names of the stations at its ends.
        names: &'a HashMap<StationCode, &'a str>,
        /// From which date.
        from: NaiveDate,
        /// The railway's date: editions that no run goes by any more are left out.
        today: NaiveDate,
    },
    /// It does not run any more from a date on, or does again.
    Retire(Option<NaiveDate>),
}

impl StoreError {
    /// Whether no train can be changed before an import is finished that is under way, or broke off.
    pub fn is_of_unfinished(&self) -> bool {
        matches!(self, Self::Conflict { what } if what == UNFINISHED)
    }
}

impl Store {
    /// What is published of a train, consistently.
    pub async fn editions(&self, train: TrainNumber) -> Result<Option<Editions>, StoreError> {
        self.train_item(train).await?.map(TrainItem::editions).transpose()
    }

    /// Changes one train unless it is so already; returns what is published of it then.
    ///
    /// # Errors
    ///
    /// `Conflict` when the train's latest version is another than `based_on`, 0 for a train that there is not, or when a
    /// change of the whole timetable is under way; `NotFound` when there is no such train to retire.
    pub async fn change_train(
        &self,
        train: TrainNumber,
        based_on: u32,
        edit: Edit<'_>,
    ) -> Result<Editions, StoreError> {
        let what = format!("train {train}");
        for _ in 0..ATTEMPTS {
            let count = self.settled_count().await?;
            let stored = self.train_item(train).await?;
            let (version, item) = match (edit, stored) {
                (Edit::Retire(_), None) => return Err(StoreError::NotFound { what }),
                (Edit::Retire(from), Some(stored)) => {
                    let retired = stored.clone().retired(from);
                    if retired == stored {
                        return stored.editions();
                    }
                    (None, retired)
                }
                (Edit::Publish { listing, names, from, today }, stored) => {
                    let editions = stored.clone().map(TrainItem::editions).transpose()?;
                    let start = Start { from: Some(from), today };
                    let Listed::Changed(changed) = listed(listing, names, stored.as_ref(), start, 0)? else {
                        // It is so already, maybe by an attempt whose reply was lost.
                        return editions.ok_or(StoreError::NotFound { what });
                    };
                    if editions.as_ref().map_or(0, Editions::latest_version) != based_on {
                        return Err(StoreError::Conflict { what });
                    }
                    *changed
                }
            };
            let mut writes: Vec<_> = version.iter().chain([&item]).map(|item| self.put_train(encode(item))).collect();
            writes.push(self.count_change(count));
            match self.transact(writes).await?.verdict {
                Ok(()) => return item.editions(),
                Err(refusal) if refusal.failed_condition().is_some() => {}
                Err(refusal) => return Err(refused(&refusal)),
            }
        }
        Err(StoreError::Conflict { what: "the timetable".to_owned() })
    }

    async fn train_item(&self, train: TrainNumber) -> Result<Option<TrainItem>, StoreError> {
        let found = self.trains_item(&train.to_string()).await?;
        found.map(|item| decode(item, &format!("train {train}"))).transpose()
    }

    /// The catalogue's count; `None` before anything was published. `Corrupt` when it is marked for a newer schema.
    async fn settled_count(&self) -> Result<Option<u64>, StoreError> {
        let Some(item) = self.trains_item(CATALOGUE).await? else { return Ok(None) };
        check_version(&item, CATALOGUE)?;
        if item.contains_key("Unfinished") {
            return Err(StoreError::Conflict { what: UNFINISHED.to_owned() });
        }
        catalogue_version(&item).map(Some)
    }

    pub(super) async fn trains_item(&self, id: &str) -> Result<Option<Item>, StoreError> {
        let get = self.dynamodb().get_item().table_name(&self.names().trains).consistent_read(true);
        let get = get.key(TRAIN_ID, string(id));
        Ok(self.attempt(|| get.clone().send()).await?.answer()?.item)
    }

    pub(super) fn put_train(&self, item: Item) -> TransactWriteItem {
        let put = Put::builder().table_name(&self.names().trains).set_item(Some(item)).build();
        TransactWriteItem::builder().put(put.expect("table and item are given")).build()
    }

    /// Counts the catalogue on, if it is settled at a count.
    fn count_change(&self, count: Option<u64>) -> TransactWriteItem {
        let settled = "attribute_not_exists(Unfinished)";
        let unchanged = match count {
            None => format!("attribute_not_exists({TRAIN_ID})"),
            Some(_) => format!("Version = :read AND {settled} AND {}", unless_newer()),
        };
        let read: Option<(String, AttributeValue)> = count.map(|count| (":read".to_owned(), number(count)));
        let values = [
            (":next".to_owned(), number(count.unwrap_or_default() + 1)),
            (":schema".to_owned(), number(SCHEMA_VERSION)),
        ];
        let update = Update::builder()
            .table_name(&self.names().trains)
            .key(TRAIN_ID, string(CATALOGUE))
            .update_expression(format!("SET Version = :next, {MARKING}"))
            .condition_expression(unchanged)
            .set_expression_attribute_values(Some(values.into_iter().chain(read).collect()))
            .build()
            .expect("table, key and expression are given");
        TransactWriteItem::builder().update(update).build()
    }
}
