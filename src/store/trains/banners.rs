//! Banners: a set of texts on the catalogue's item, each a banner as JSON. So one is added and taken away by a write of its own,
//! whatever others write at the same time, and whoever looks at what is off sale has read them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::CATALOGUE;
use crate::domain::banner::{Banner, MOST};
use crate::store::item::{Item, number, string};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::TRAIN_ID;
use crate::store::{Store, StoreError};

const BANNERS: &str = "Banners";

/// What the catalogue's item has, by when it begins. What a newer kiosk has written otherwise is not shown here.
pub(super) fn of(item: &Item) -> Vec<Banner> {
    let texts = item.get(BANNERS).and_then(|value| value.as_ss().ok()).into_iter().flatten();
    let read = texts.filter_map(|text| {
        serde_json::from_str(text).inspect_err(|error| tracing::warn!(%error, "a banner is left out")).ok()
    });
    let mut banners: Vec<Banner> = read.collect();
    banners.sort_by_key(|banner| (banner.from, banner.id));
    banners
}

fn written(banner: &Banner) -> String {
    serde_json::to_string(banner).expect("it has string keys and no exotic numbers")
}

impl Store {
    /// Adds a banner. Returns all that there are then; repeating it changes nothing.
    ///
    /// # Errors
    ///
    /// `Conflict` when there are as many as there may be, `NotFound` when nothing was ever published.
    pub async fn add_banner(&self, banner: &Banner) -> Result<Vec<Banner>, StoreError> {
        let fits = format!("(attribute_not_exists({BANNERS}) OR size({BANNERS}) < :most OR contains({BANNERS}, :one))");
        let values = HashMap::from([
            (":most".to_owned(), number(u64::try_from(MOST).unwrap_or(u64::MAX))),
            (":one".to_owned(), string(written(banner))),
        ]);
        self.change_banners("ADD", &[banner], &fits, values).await
    }

    /// Takes banners away. Returns all that there are then; repeating it changes nothing.
    ///
    /// # Errors
    ///
    /// `NotFound` when nothing was ever published.
    pub async fn end_banners(&self, ended: &[&Banner]) -> Result<Vec<Banner>, StoreError> {
        self.change_banners("DELETE", ended, "", HashMap::new()).await
    }

    async fn change_banners(
        &self,
        verb: &str,
        banners: &[&Banner],
        condition: &str,
        mut values: HashMap<String, AttributeValue>,
    ) -> Result<Vec<Banner>, StoreError> {
        let set = banners.iter().map(|banner| written(banner)).collect();
        values.insert(":banners".to_owned(), AttributeValue::Ss(set));
        let exists = format!("attribute_exists({TRAIN_ID})");
        let condition = if condition.is_empty() { exists } else { format!("{exists} AND {condition}") };
        let request = self
            .dynamodb()
            .update_item()
            .table_name(&self.names().trains)
            .key(TRAIN_ID, string(CATALOGUE))
            .update_expression(format!("{verb} {BANNERS} :banners"))
            .set_expression_attribute_values(Some(values))
            .condition_expression(condition)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(
                aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld,
            );
        match self.attempt(|| request.clone().send()).await?.verdict {
            Ok(answer) => Ok(of(&answer.attributes.unwrap_or_default())),
            Err(refusal) if refusal.is_condition_failure() => {
                let what = "the banners".to_owned();
                Err(match refusal.found() {
                    Some(_) => StoreError::Conflict { what },
                    None => StoreError::NotFound { what },
                })
            }
            Err(refusal) => Err(refused(&refusal)),
        }
    }
}
