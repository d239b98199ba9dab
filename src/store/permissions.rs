//! What Kiosk asks of each table: what its role has to allow, and no more.
//!
//! Each action can be tried so that nothing is read or written whatever is stored: on an item that nobody has, and on
//! condition that it exists. The store looks at the permission first, so a condition that failed was a permission held.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, KeysAndAttributes, TransactWriteItem};

use crate::store::item::{Item, string};
use crate::store::remedy::refused;
use crate::store::retry::{Attempted, Refusal};
use crate::store::schema::{Index, Key, Table};
use crate::store::{Names, Store, StoreError};

/// The key of an item that nobody has.
const NOBODY: &str = "kiosk-health-probe";

/// Something that is asked of a table, as IAM calls it. A transaction needs the permissions of its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "IAM's documentation has them")]
pub enum Action {
    GetItem,
    BatchGetItem,
    Query,
    Scan,
    PutItem,
    UpdateItem,
    DeleteItem,
    ConditionCheckItem,
}

impl Action {
    /// Its name in a policy.
    pub fn name(self) -> String {
        format!("dynamodb:{self:?}")
    }
}

/// A table by its name under the configured ones, with what is asked of it.
type Asked = (fn(&Names) -> String, &'static [Action]);

/// What is asked of the tables. `Query` covers their indexes.
const ASKED: [Asked; 5] = {
    use Action::{BatchGetItem, ConditionCheckItem, DeleteItem, GetItem, PutItem, Query, Scan, UpdateItem};
    [
        (|names| names.trains.clone(), &[GetItem, Scan, PutItem, UpdateItem]),
        (Names::runs, &[BatchGetItem, Query, Scan, PutItem, UpdateItem, DeleteItem, ConditionCheckItem]),
        (
            |names| names.bookings.clone(),
            &[GetItem, BatchGetItem, Query, Scan, PutItem, UpdateItem, DeleteItem, ConditionCheckItem],
        ),
        (|names| names.users.clone(), &[GetItem, BatchGetItem, Query, Scan, PutItem, UpdateItem, ConditionCheckItem]),
        (Names::audit, &[BatchGetItem, Query, PutItem]),
    ]
};

/// What Kiosk asks of a table.
pub fn asked_of(table: &Table, names: &Names) -> &'static [Action] {
    let name = (table.name)(names);
    ASKED.iter().find(|(named, _)| named(names) == name).map_or(&[], |(_, actions)| *actions)
}

impl Store {
    /// Tries an action on a table without reading or changing anything of it.
    ///
    /// # Errors
    ///
    /// What the store refuses, or that it does not answer.
    pub(in crate::store) async fn try_action(&self, table: &Table, action: Action) -> Result<(), StoreError> {
        let name = (table.name)(self.names());
        // Some names of keys mean something in expressions.
        let (exists, of) = ("attribute_exists(#key)", table.key.partition);
        let client = self.dynamodb();
        match action {
            Action::GetItem => {
                let get = client.get_item().table_name(name).set_key(Some(nobody(table.key)));
                held(self.attempt(|| get.clone().send()).await?)
            }
            Action::BatchGetItem => {
                let keys = KeysAndAttributes::builder().keys(nobody(table.key)).build().expect("there is a key");
                let get = client.batch_get_item().request_items(name, keys);
                held(self.attempt(|| get.clone().send()).await?)
            }
            Action::Query => {
                let query = client
                    .query()
                    .table_name(name)
                    .key_condition_expression("#key = :nobody")
                    .expression_attribute_names("#key", of)
                    .expression_attribute_values(":nobody", string(NOBODY));
                held(self.attempt(|| query.clone().send()).await?)
            }
            Action::Scan => {
                let scan = client.scan().table_name(name).limit(1);
                held(self.attempt(|| scan.clone().send()).await?)
            }
            Action::PutItem => {
                let put = client.put_item().table_name(name).set_item(Some(nobody(table.key)));
                let put = put.condition_expression(exists).expression_attribute_names("#key", of);
                held(self.attempt(|| put.clone().send()).await?)
            }
            Action::UpdateItem => {
                let update = client.update_item().table_name(name).set_key(Some(nobody(table.key)));
                let update = update
                    .update_expression("SET Probe = :probe")
                    .expression_attribute_values(":probe", AttributeValue::Bool(true))
                    .condition_expression(exists)
                    .expression_attribute_names("#key", of);
                held(self.attempt(|| update.clone().send()).await?)
            }
            Action::DeleteItem => {
                let delete = client.delete_item().table_name(name).set_key(Some(nobody(table.key)));
                let delete = delete.condition_expression(exists).expression_attribute_names("#key", of);
                held(self.attempt(|| delete.clone().send()).await?)
            }
            Action::ConditionCheckItem => {
                let check = ConditionCheck::builder().table_name(name).set_key(Some(nobody(table.key)));
                let check = check
                    .condition_expression(exists)
                    .expression_attribute_names("#key", of)
                    .build()
                    .expect("table, key and condition are given");
                held(self.transact(vec![TransactWriteItem::builder().condition_check(check).build()]).await?)
            }
        }
    }

    /// Tries a query on an index, of items that nobody has.
    pub(in crate::store) async fn try_index(&self, table: &Table, index: &Index) -> Result<(), StoreError> {
        let query = self
            .dynamodb()
            .query()
            .table_name((table.name)(self.names()))
            .index_name(index.name)
            .key_condition_expression("#key = :nobody")
            .expression_attribute_names("#key", index.key.partition)
            .expression_attribute_values(":nobody", string(NOBODY));
        held(self.attempt(|| query.clone().send()).await?)
    }
}

/// The key of an item that nobody has, in a table with this one.
fn nobody(key: Key) -> Item {
    std::iter::once(key.partition).chain(key.sort).map(|name| (name.to_owned(), string(NOBODY))).collect()
}

/// Whether an attempt was allowed: a condition that did not hold was looked at after the permission.
fn held<T, E: Refusal>(attempted: Attempted<T, E>) -> Result<(), StoreError> {
    match attempted.verdict {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.is_of_a_condition() => Ok(()),
        Err(refusal) => Err(refused(&refusal)),
    }
}

#[cfg(test)]
mod tests {
    use super::asked_of;
    use crate::store::Names;
    use crate::store::schema::TABLES;

    #[test]
    fn something_is_asked_of_every_table() {
        let names = Names::default();
        for table in &TABLES {
            assert!(!asked_of(table, &names).is_empty(), "{}", (table.name)(&names));
        }
    }
}
