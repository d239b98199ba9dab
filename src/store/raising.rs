//! Raises what is stored to the version of the schema that this code writes, as a part of provisioning. Safe to repeat, and
//! nothing is asked but the catalogue's mark where nothing is to be raised.
//!
//! The mark is the last thing that is written, and by nobody else: an older Kiosk that reads it does not start any more, and says
//! why.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use crate::store::bookings::{booking_of, is_beside, is_former, lists};
use crate::store::item::{Item, NEWER, corrupt, number, string, text};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::{BOOKED_ON, BOOKING_ID, SCHEMA_VERSION, SCHEMA_VERSION_ATTRIBUTE, TRAIN_ID};
use crate::store::trains::CATALOGUE;
use crate::store::{Store, StoreError};

/// How often a booking is looked at again that was changed meanwhile.
const READS: u32 = 8;

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

    /// Raises an older store, and lists what one has that was never marked. A fresh one is marked by whoever publishes the
    /// first timetable.
    ///
    /// # Errors
    ///
    /// `Corrupt` when it is marked for a version that this code does not know.
    pub(in crate::store) async fn raise(&self) -> Result<(), StoreError> {
        let marked = self.marked_schema().await?;
        match marked {
            Some(SCHEMA_VERSION) => return Ok(()),
            Some(newer) if newer > SCHEMA_VERSION => {
                return Err(corrupt(CATALOGUE, format!("{NEWER} (schema {newer})")));
            }
            Some(_) | None => {}
        }
        self.list_unlisted_accounts().await?;
        self.list_unlisted_bookings().await?;
        if marked.is_some() { self.mark_schema().await } else { Ok(()) }
    }

    /// Lists the bookings that are not on all of their lists, as an older Kiosk leaves them, and gives how many that were. All of
    /// the table is read, a part at a time; what is listed already is not written, so that it can be repeated.
    pub async fn list_unlisted_bookings(&self) -> Result<usize, StoreError> {
        let (mut next, mut listed): (Option<Item>, usize) = (None, 0);
        loop {
            let scan = self.dynamodb().scan().table_name(&self.names().bookings).consistent_read(true);
            let scan = scan.set_exclusive_start_key(next);
            let page = self.attempt(|| scan.clone().send()).await?.answer()?;
            for item in page.items.unwrap_or_default() {
                let is_booking = text(&item, BOOKING_ID).is_some_and(|key| !is_beside(key)) && !is_former(&item);
                if is_booking && self.list_booking(item).await? {
                    listed += 1;
                }
            }
            next = page.last_evaluated_key;
            if next.is_none() {
                return Ok(listed);
            }
        }
    }

    /// Puts one booking on the lists that lack it, as it is by the time of the write, and says whether there were any. It is of this
    /// version from then on: a process of an older Kiosk could otherwise put it without its lists. What cannot be read is left:
    /// the audit names it.
    async fn list_booking(&self, item: Item) -> Result<bool, StoreError> {
        let mut item = item;
        for _ in 0..READS {
            let has: BTreeSet<String> = item.keys().cloned().collect();
            let Ok(booking) = booking_of(item) else { return Ok(false) };
            // When work is due may have been moved by whoever is at it.
            let lacking: Vec<_> = lists(&booking).into_iter().filter(|(name, _)| !has.contains(name)).collect();
            if lacking.is_empty() {
                return Ok(false);
            }
            let names: Vec<_> = lacking.iter().map(|(name, _)| format!("#{name} = :{name}")).collect();
            // Until version 3 bookings were listed where money is.
            let update = format!("SET {SCHEMA_VERSION_ATTRIBUTE} = :schema, {} REMOVE {BOOKED_ON}", names.join(", "));
            let mut update = self
                .dynamodb()
                .update_item()
                .table_name(&self.names().bookings)
                .key(BOOKING_ID, string(booking.pnr))
                .update_expression(update)
                .condition_expression(format!("#version = :version AND {SCHEMA_VERSION_ATTRIBUTE} <= :schema"))
                .expression_attribute_names("#version", "Version")
                .expression_attribute_values(":version", number(booking.version))
                .expression_attribute_values(":schema", number(SCHEMA_VERSION))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            for (name, value) in lacking {
                update = update
                    .expression_attribute_names(format!("#{name}"), name.clone())
                    .expression_attribute_values(format!(":{name}"), value);
            }
            match self.attempt(|| update.clone().send()).await?.verdict {
                Ok(_) => return Ok(true),
                Err(refusal) if !refusal.is_condition_failure() => return Err(refused(&refusal)),
                // Somebody has changed it since: it may be an older Kiosk, which lists nothing.
                Err(refusal) => {
                    let Some(found) = refusal.found().cloned() else { return Ok(false) };
                    item = found;
                }
            }
        }
        Err(StoreError::Conflict { what: "a booking that is to be listed".to_owned() })
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
