//! Requests that are made the same way for every table.

use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::store::item::Item;
use crate::store::{Outcome, Store, StoreError};

/// The most keys of one `BatchGetItem`.
const BATCH: usize = 100;

/// How often what a batch left out is asked for again, with pauses that grow.
const BATCH_ROUNDS: u32 = 8;

/// How old a read may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Consistency {
    /// All writes that were acknowledged are in it.
    Strong,
    /// It may be a moment behind.
    Eventual,
}

impl Store {
    /// Reads a query to its end, page by page.
    pub(in crate::store) async fn query_pages(
        &self,
        query: QueryFluentBuilder,
        mut take: impl FnMut(QueryOutput),
    ) -> Result<(), StoreError> {
        let mut start = None;
        loop {
            let query = query.clone().set_exclusive_start_key(start);
            let mut page = self.attempt(|| query.clone().send()).await?.answer()?;
            start = page.last_evaluated_key.take();
            take(page);
            if start.is_none() {
                return Ok(());
            }
        }
    }

    /// All items of a query.
    pub(in crate::store) async fn query_items(&self, query: QueryFluentBuilder) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        self.query_pages(query, |page| items.extend(page.items.unwrap_or_default())).await?;
        Ok(items)
    }

    /// Reads a scan to its end, item by item: of a whole table no more than a page is kept at once.
    pub(in crate::store) async fn scan_items(
        &self,
        scan: ScanFluentBuilder,
        mut take: impl FnMut(Item) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut start = None;
        loop {
            let scan = scan.clone().set_exclusive_start_key(start);
            let page = self.attempt(|| scan.clone().send()).await?.answer()?;
            page.items.unwrap_or_default().into_iter().try_for_each(&mut take)?;
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(());
            }
        }
    }

    /// The items of a table under keys, in no order; those that do not exist are absent.
    pub(in crate::store) async fn read_items(
        &self,
        table: &str,
        keys: &[Item],
        consistency: Consistency,
    ) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        for batch in keys.chunks(BATCH) {
            let mut left = batch.to_vec();
            let mut round = 0;
            while !left.is_empty() {
                if round == BATCH_ROUNDS {
                    let cause = format!("{} of {} keys were not read", left.len(), batch.len());
                    return Err(StoreError::Unavailable { outcome: Outcome::NotApplied, cause });
                }
                round += 1;
                let wanted = KeysAndAttributes::builder()
                    .set_keys(Some(left))
                    .consistent_read(consistency == Consistency::Strong)
                    .build()
                    .expect("there is a key");
                let get = self.dynamodb().batch_get_item().request_items(table, wanted);
                let mut page = self.attempt(|| get.clone().send()).await?.answer()?;
                items.extend(page.responses.as_mut().and_then(|tables| tables.remove(table)).unwrap_or_default());
                let unread = page.unprocessed_keys.as_mut().and_then(|tables| tables.remove(table));
                left = unread.map(|unread| unread.keys).unwrap_or_default();
                if !left.is_empty() {
                    self.patience().pause(round).await;
                }
            }
        }
        Ok(items)
    }
}
