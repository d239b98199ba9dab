//! The book of rules: its entries in order, each an item `rules@<number>` that is put once and never written again.
//!
//! It is in the timetable's table because its count is on the catalogue's item, which every process reads every few seconds
//! anyway: so all learn of an entry by a read that there is. An entry and the count are one transaction on condition of the
//! count, so of two who add at once one is refused, and nobody ever sees a count whose entry is not there. An `@` in the key
//! keeps entries out of what is read as trains, by this program and by older ones.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};

use super::CATALOGUE;
use crate::domain::rules::book::BookEntry;
use crate::store::item::{Item, corrupt, decode, encode, number, string};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::TRAIN_ID;
use crate::store::{Store, StoreError};

const RULES: &str = "RuleCount";

/// How many entries the book has, by the catalogue's item.
pub(super) fn count(item: &Item) -> Result<u32, StoreError> {
    let Some(count) = item.get(RULES) else { return Ok(0) };
    let count = count.as_n().ok().and_then(|count| count.parse().ok());
    count.ok_or_else(|| corrupt("the count of the rules", "it is no number"))
}

fn key(number: u32) -> String {
    format!("rules@{number:06}")
}

impl Store {
    /// The book's entries after the first `known` ones up to the last of `count`.
    pub async fn rule_book(&self, known: u32, count: u32) -> Result<Vec<BookEntry>, StoreError> {
        let mut entries = Vec::new();
        for number in known + 1..=count {
            let what = format!("entry {number} of the rules");
            let entry = self.rule_entry(number).await?.ok_or(StoreError::NotFound { what })?;
            entries.push(entry);
        }
        Ok(entries)
    }

    async fn rule_entry(&self, number: u32) -> Result<Option<BookEntry>, StoreError> {
        let item = self.trains_item(&key(number)).await?;
        item.map(|item| decode(item, &format!("entry {number} of the rules"))).transpose()
    }

    /// Adds an entry to a book of `count` entries.
    ///
    /// # Errors
    ///
    /// `Conflict` when it has more by now; `NotFound` when nothing was ever published of the timetable, which has the count.
    pub async fn add_rule_entry(&self, count: u32, entry: &BookEntry) -> Result<(), StoreError> {
        let number_now = count + 1;
        let mut item = encode(entry);
        item.insert(TRAIN_ID.to_owned(), string(key(number_now)));
        let put = Put::builder()
            .table_name(&self.names().trains)
            .set_item(Some(item))
            .condition_expression(format!("attribute_not_exists({TRAIN_ID})"))
            .build()
            .expect("table and item are given");
        let (read, values) = if count == 0 {
            (format!("attribute_not_exists({RULES})"), HashMap::new())
        } else {
            (format!("{RULES} = :read"), HashMap::from([(":read".to_owned(), number(count))]))
        };
        let update = Update::builder()
            .table_name(&self.names().trains)
            .key(TRAIN_ID, string(CATALOGUE))
            .update_expression(format!("SET {RULES} = :next"))
            .condition_expression(format!("attribute_exists({TRAIN_ID}) AND {read}"))
            .set_expression_attribute_values(Some(values))
            .expression_attribute_values(":next", number(number_now))
            .build()
            .expect("table, key and expression are given");
        let writes =
            vec![TransactWriteItem::builder().put(put).build(), TransactWriteItem::builder().update(update).build()];
        let Err(refusal) = self.transact(writes).await?.verdict else { return Ok(()) };
        if refusal.failed_condition().is_none() {
            return Err(refused(&refusal));
        }
        // An earlier attempt whose reply was lost has made the entry.
        match self.rule_entry(number_now).await? {
            Some(found) if found.op == entry.op => Ok(()),
            Some(_) => Err(StoreError::Conflict { what: "the rules".to_owned() }),
            None if self.trains_item(CATALOGUE).await?.is_none() => {
                Err(StoreError::NotFound { what: "the timetable".to_owned() })
            }
            None => Err(StoreError::Conflict { what: "the rules".to_owned() }),
        }
    }
}
