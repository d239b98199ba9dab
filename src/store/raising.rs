//! Raises what is stored to the version of the schema that this code writes, as a part of provisioning. Safe to repeat, and
//! nothing is asked but the catalogue's mark where nothing is to be raised.
//!
//! The mark is the last thing that is written: an older Kiosk that reads it does not start any more, and says why.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::bookings::{booking_of, is_beside, is_former};
use crate::store::item::{Item, NEWER, corrupt, number, string, text};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::{BOOKING_ID, SCHEMA_VERSION, SCHEMA_VERSION_ATTRIBUTE, TRAIN_ID, WORK};
use crate::store::trains::CATALOGUE;
use crate::store::{Store, StoreError, owed};

/// The version of the schema that an item says.
pub(in crate::store) fn schema_of(item: &Item) -> Option<u32> {
    item.get(SCHEMA_VERSION_ATTRIBUTE)?.as_n().ok()?.parse().ok()
}

impl Store {
    /// The version of the schema for which the store is marked; `None` where no timetable was ever published.
    pub async fn marked_schema(&self) -> Result<Option<u32>, StoreError> {
        let get = self.dynamodb().get_item().table_name(&self.names().trains).consistent_read(true);
        let get = get.key(TRAIN_ID, string(CATALOGUE));
        let item = self.attempt(|| get.clone().send()).await?.answer()?.item;
        Ok(item.as_ref().and_then(schema_of))
    }

    /// Raises an older store. A fresh one is marked by whoever publishes the first timetable.
    ///
    /// # Errors
    ///
    /// `Corrupt` when it is marked for a version that this code does not know.
    pub(in crate::store) async fn raise(&self) -> Result<(), StoreError> {
        match self.marked_schema().await? {
            None | Some(SCHEMA_VERSION) => Ok(()),
            Some(newer) if newer > SCHEMA_VERSION => Err(corrupt(CATALOGUE, format!("{NEWER} (schema {newer})"))),
            Some(_) => {
                self.list_owed().await?;
                self.mark_schema().await
            }
        }
    }

    /// Lists the bookings of which money waits: before version 2 they were on no list.
    async fn list_owed(&self) -> Result<(), StoreError> {
        let mut next: Option<Item> = None;
        loop {
            let scan = self.dynamodb().scan().table_name(&self.names().bookings).consistent_read(true);
            let scan = scan.set_exclusive_start_key(next);
            let page = self.attempt(|| scan.clone().send()).await?.answer()?;
            for item in page.items.unwrap_or_default() {
                let is_booking = text(&item, BOOKING_ID).is_some_and(|key| !is_beside(key)) && !is_former(&item);
                if is_booking && !item.contains_key(WORK) {
                    self.list_if_owed(item).await?;
                }
            }
            next = page.last_evaluated_key;
            if next.is_none() {
                return Ok(());
            }
        }
    }

    /// What cannot be read is left: the audit names it. So is what somebody has changed since, who lists it by that.
    async fn list_if_owed(&self, item: Item) -> Result<(), StoreError> {
        let Ok(booking) = booking_of(item) else { return Ok(()) };
        let Some(duty) = owed::duty(&booking) else { return Ok(()) };
        let names: Vec<_> = duty.keys().map(|name| format!("#{name} = :{name}")).collect();
        let mut update = self
            .dynamodb()
            .update_item()
            .table_name(&self.names().bookings)
            .key(BOOKING_ID, string(booking.pnr))
            .update_expression(format!("SET {}", names.join(", ")))
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "Version")
            .expression_attribute_values(":version", number(booking.version));
        for (name, value) in duty {
            update = update
                .expression_attribute_names(format!("#{name}"), name.clone())
                .expression_attribute_values(format!(":{name}"), value);
        }
        match self.attempt(|| update.clone().send()).await?.verdict {
            Err(refusal) if !refusal.is_condition_failure() => Err(refused(&refusal)),
            _ => Ok(()),
        }
    }

    /// Marks the store, and counts the catalogue on, so that every process looks at it again.
    async fn mark_schema(&self) -> Result<(), StoreError> {
        let update = self
            .dynamodb()
            .update_item()
            .table_name(&self.names().trains)
            .key(TRAIN_ID, string(CATALOGUE))
            .update_expression(format!("SET {SCHEMA_VERSION_ATTRIBUTE} = :ours, Version = Version + :one"))
            .condition_expression(format!("{SCHEMA_VERSION_ATTRIBUTE} < :ours"))
            .expression_attribute_values(":ours", number(SCHEMA_VERSION))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
        match self.attempt(|| update.clone().send()).await?.verdict {
            Err(refusal) if !refusal.is_condition_failure() => Err(refused(&refusal)),
            _ => Ok(()),
        }
    }
}
