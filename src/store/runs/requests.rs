//! The requests of a run's writes and reads, and what their verdicts say.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use chrono::{DateTime, Utc};

use crate::domain::train::RunId;
use crate::store::item::{Item, corrupt, text};
use crate::store::processes::PROCESSES;
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::runs::coach_item::number;
use crate::store::runs::expression::CoachWrite;
use crate::store::runs::key;
use crate::store::schema::SCHEMA_VERSION;
use crate::store::{Store, StoreError};

/// What came of a conditional write.
pub(in crate::store) enum Written {
    /// It was applied; the item as it is then, if it was asked for.
    Done(Item),
    /// Its condition did not hold; the item as it is. Empty when there is none.
    Refused(Item),
}

/// What came of a transaction.
pub(in crate::store) enum Transacted {
    /// It was applied.
    Done,
    /// Conditions did not hold: for each of its parts the item on which its own failed, empty when there is none.
    Refused(Vec<Option<Item>>),
}

impl Store {
    pub(super) async fn update_coach(&self, run: RunId, write: &CoachWrite) -> Result<Written, StoreError> {
        let update = self
            .dynamodb()
            .update_item()
            .table_name(self.names().runs())
            .set_key(Some(write.key(run)))
            .update_expression(write.update())
            .condition_expression(write.condition())
            .set_expression_attribute_names(Some(write.names.clone()))
            .set_expression_attribute_values(Some(write.values.clone()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match self.attempt(|| update.clone().send()).await?.verdict {
            Ok(reply) => Ok(Written::Done(reply.attributes.unwrap_or_default())),
            Err(refusal) if refusal.is_condition_failure() => {
                Ok(Written::Refused(refusal.found().cloned().unwrap_or_default()))
            }
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    pub(super) fn coach_update(&self, run: RunId, write: &CoachWrite) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(self.names().runs())
            .set_key(Some(write.key(run)))
            .update_expression(write.update())
            .condition_expression(write.condition())
            .set_expression_attribute_names(Some(write.names.clone()))
            .set_expression_attribute_values(Some(write.values.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .expect("table, key and expression are given");
        TransactWriteItem::builder().update(update).build()
    }

    /// Writes all items or none.
    pub(super) async fn transact_run(&self, items: Vec<TransactWriteItem>) -> Result<Transacted, StoreError> {
        match self.transact(items).await?.verdict {
            Ok(()) => Ok(Transacted::Done),
            Err(refusal) if refusal.failed_condition().is_some() => {
                let reasons = refusal.reasons().iter().map(|reason| {
                    let failed = reason.code() == Some("ConditionalCheckFailed");
                    failed.then(|| reason.item().cloned().unwrap_or_default())
                });
                Ok(Transacted::Refused(reasons.collect()))
            }
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// Puts an item of a run unless there is one under its key.
    pub(super) async fn put_run_item(&self, item: Item) -> Result<Written, StoreError> {
        let put = self
            .dynamodb()
            .put_item()
            .table_name(self.names().runs())
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(RunID)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match self.attempt(|| put.clone().send()).await?.verdict {
            Ok(_) => Ok(Written::Done(Item::new())),
            Err(refusal) if refusal.is_condition_failure() => {
                Ok(Written::Refused(refusal.found().cloned().unwrap_or_default()))
            }
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// A run's queues' heads, pin, hint and coaches, consistently; its manifest and the entries of its queues sort after
    /// them and are not read.
    pub(super) async fn run_items(&self, run: RunId) -> Result<Vec<Item>, StoreError> {
        self.items_between(run, "#queue", "C$").await
    }

    /// The items of a run whose key begins with a text, consistently.
    pub(super) async fn items_beginning(&self, run: RunId, prefix: &str) -> Result<Vec<Item>, StoreError> {
        // Keys have no character above this one.
        self.items_between(run, prefix, &format!("{prefix}~")).await
    }

    /// All runs of which anything but the hint is kept, in order.
    pub async fn runs_of_record(&self) -> Result<BTreeSet<RunId>, StoreError> {
        let scan = self
            .dynamodb()
            .scan()
            .table_name(self.names().runs())
            .consistent_read(true)
            .projection_expression("RunID")
            .filter_expression("#item <> :hint AND RunID <> :processes")
            .expression_attribute_names("#item", "Item")
            .expression_attribute_values(":hint", AttributeValue::S("#rev".to_owned()))
            .expression_attribute_values(":processes", AttributeValue::S(PROCESSES.to_owned()));
        let mut runs = BTreeSet::new();
        self.scan_items(scan, |item| {
            let run = text(&item, "RunID").and_then(|run| run.parse().ok());
            runs.insert(run.ok_or_else(|| corrupt("a run's item", "it has no run"))?);
            Ok(())
        })
        .await?;
        Ok(runs)
    }

    async fn items_between(&self, run: RunId, first: &str, last: &str) -> Result<Vec<Item>, StoreError> {
        let query = self
            .dynamodb()
            .query()
            .table_name(self.names().runs())
            .consistent_read(true)
            .key_condition_expression("RunID = :run AND #item BETWEEN :first AND :last")
            .expression_attribute_names("#item", "Item")
            .expression_attribute_values(":run", AttributeValue::S(run.to_string()))
            .expression_attribute_values(":first", AttributeValue::S(first.to_owned()))
            .expression_attribute_values(":last", AttributeValue::S(last.to_owned()));
        self.query_items(query).await
    }

    /// Adds one to a run's hint.
    pub(super) async fn add_hint(&self, run: RunId, expires_at: DateTime<Utc>) -> Result<(), StoreError> {
        let update = self
            .dynamodb()
            .update_item()
            .table_name(self.names().runs())
            .set_key(Some(key(run, "#rev")))
            .update_expression("SET ExpiresAt = :expires, SchemaVersion = :schema ADD #rev :one")
            .expression_attribute_names("#rev", "Rev")
            .expression_attribute_values(":expires", number(expires_at.timestamp()))
            .expression_attribute_values(":schema", number(SCHEMA_VERSION))
            .expression_attribute_values(":one", number(1));
        self.attempt(|| update.clone().send()).await?.answer()?;
        Ok(())
    }
}
