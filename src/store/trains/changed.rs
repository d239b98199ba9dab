//! Which runs the railway has changed: a set of texts on the catalogue's item, such as `12951#2026-12-05@2` of a run that was
//! changed twice, in its times or its way. So whoever looks at what is off sale knows of it, and reads those runs alone. The
//! changes stand on the run.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;

use super::CATALOGUE;
use crate::domain::train::RunId;
use crate::store::item::{Item, string};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::TRAIN_ID;
use crate::store::{Store, StoreError};

/// The attribute, named when times alone were changed.
const CHANGED: &str = "Delayed";

/// What the catalogue's item has.
pub(super) fn of(item: &Item) -> BTreeMap<RunId, u16> {
    let mut changed = BTreeMap::new();
    for (run, count) in texts(item).filter_map(|text| read(text)) {
        let known: &mut u16 = changed.entry(run).or_default();
        *known = count.max(*known);
    }
    changed
}

fn texts(item: &Item) -> impl Iterator<Item = &String> {
    item.get(CHANGED).and_then(|value| value.as_ss().ok()).into_iter().flatten()
}

fn read(text: &str) -> Option<(RunId, u16)> {
    let (run, count) = text.rsplit_once('@')?;
    Some((run.parse().ok()?, count.parse().ok()?))
}

fn written(run: RunId, count: u16) -> String {
    format!("{run}@{count}")
}

impl Store {
    /// Lists a run that was changed for the so-manieth time, and takes what is older of it from the list, and all runs
    /// from before a date. Says whether it was not listed so before. Repeating it changes nothing.
    pub async fn list_changed(&self, run: RunId, count: u16, since: NaiveDate) -> Result<bool, StoreError> {
        let before = self.change_list("ADD", vec![written(run, count)]).await?;
        let is_over = |text: &&String| match read(text) {
            Some((other, earlier)) => other.date < since || (other == run && earlier < count),
            None => false,
        };
        let over: Vec<String> = texts(&before).filter(is_over).cloned().collect();
        if !over.is_empty() {
            self.change_list("DELETE", over).await?;
        }
        Ok(of(&before).get(&run).is_none_or(|listed| *listed < count))
    }

    /// Changes the list; the item as it was before.
    async fn change_list(&self, verb: &str, texts: Vec<String>) -> Result<Item, StoreError> {
        let request = self
            .dynamodb()
            .update_item()
            .table_name(&self.names().trains)
            .key(TRAIN_ID, string(CATALOGUE))
            .update_expression(format!("{verb} {CHANGED} :runs"))
            .expression_attribute_values(":runs", AttributeValue::Ss(texts))
            .condition_expression(format!("attribute_exists({TRAIN_ID})"))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld);
        match self.attempt(|| request.clone().send()).await?.verdict {
            Ok(answer) => Ok(answer.attributes.unwrap_or_default()),
            Err(refusal) if refusal.is_condition_failure() => {
                Err(StoreError::NotFound { what: "the timetable".to_owned() })
            }
            Err(refusal) => Err(refused(&refusal)),
        }
    }
}
