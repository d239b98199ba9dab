//! Puts accounts on the lists of accounts that were made before there were any: their guard items lack the attribute by
//! which the index has them.

use crate::store::item::{Item, string, text};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::{GUARDS, USER_ID};
use crate::store::users::Unique;
use crate::store::{Store, StoreError};

/// How many items are looked at in one request.
const AT_ONCE: i32 = 500;

impl Store {
    /// Puts the names and the addresses of accounts that are on no list onto it, and gives how many that were. All of the
    /// table is read, a part at a time; what is on the list already is not written, so that it can be repeated.
    pub async fn list_unlisted_accounts(&self) -> Result<usize, StoreError> {
        let (mut next, mut listed): (Option<Item>, usize) = (None, 0);
        loop {
            let scan = self
                .dynamodb()
                .scan()
                .table_name(&self.names().users)
                .filter_expression(format!("attribute_not_exists({GUARDS})"))
                .projection_expression(USER_ID)
                .limit(AT_ONCE)
                .set_exclusive_start_key(next);
            let page = self.attempt(|| scan.clone().send()).await?.answer()?;
            for item in page.items.unwrap_or_default() {
                let Some(key) = text(&item, USER_ID) else { continue };
                let Some(of) = Unique::of(key) else { continue };
                self.put_on_list(key, of).await?;
                listed += 1;
            }
            next = page.last_evaluated_key;
            if next.is_none() {
                return Ok(listed);
            }
        }
    }

    async fn put_on_list(&self, key: &str, of: Unique) -> Result<(), StoreError> {
        let update = self
            .dynamodb()
            .update_item()
            .table_name(&self.names().users)
            .key(USER_ID, string(key))
            .update_expression(format!("SET {GUARDS} = :of"))
            .condition_expression(format!("attribute_exists({USER_ID})"))
            .expression_attribute_values(":of", string(of.word()));
        match self.attempt(|| update.clone().send()).await?.verdict {
            Ok(_) => Ok(()),
            // It is gone meanwhile.
            Err(refusal) if refusal.is_condition_failure() => Ok(()),
            Err(refusal) => Err(refused(&refusal)),
        }
    }
}
