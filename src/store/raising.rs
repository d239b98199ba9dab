//! Raises what is stored to the version of the schema that this code writes, as a part of provisioning. Safe to repeat, and
//! nothing is asked but the catalogue's mark where nothing is to be raised.
//!
//! The mark is the last thing that is written, and by nobody else: an older Kiosk that reads it does not start any more, and says
//! why.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use crate::store::bookings::{LISTS, booking_of, is_beside, is_former, lists};
use crate::store::item::{Item, NEWER, corrupt, number, string, text};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::{BOOKED_ON, BOOKING_ID, SCHEMA_VERSION, SCHEMA_VERSION_ATTRIBUTE, TRAIN_ID, USER_ID};
use crate::store::trains::CATALOGUE;
use crate::store::{Store, StoreError, former};

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

    /// Puts the bookings on their lists that are not on them, as an older Kiosk leaves them, takes them off those on which they should
    /// not be, and gives how many that were. All of the table is read, a part at a time; what is listed as it should be is not
    /// written, so that it can be repeated.
    pub async fn list_unlisted_bookings(&self) -> Result<usize, StoreError> {
        let (mut next, mut listed): (Option<Item>, usize) = (None, 0);
        loop {
            let scan = self.dynamodb().scan().table_name(&self.names().bookings).consistent_read(true);
            let scan = scan.set_exclusive_start_key(next);
            let page = self.attempt(|| scan.clone().send()).await?.answer()?;
            for item in page.items.unwrap_or_default() {
                let is_new = match text(&item, BOOKING_ID) {
                    Some(_) if is_former(&item) => self.list_former(&item).await?,
                    Some(key) if !is_beside(key) => self.list_booking(item).await?,
                    _ => false,
                };
                listed += usize::from(is_new);
            }
            next = page.last_evaluated_key;
            if next.is_none() {
                return Ok(listed);
            }
        }
    }

    /// Puts one booking on its lists as it is by the time of the write, and says whether it was on others. It is of this version from
    /// then on: a process of an older Kiosk could otherwise put it without them. What cannot be read is left: the audit names
    /// it.
    async fn list_booking(&self, item: Item) -> Result<bool, StoreError> {
        let mut item = item;
        for _ in 0..READS {
            let had = LISTS.map(|name| item.get(name).cloned());
            let Ok(booking) = booking_of(item) else { return Ok(false) };
            let mut lists = lists(&booking);
            let has = LISTS.map(|name| lists.remove(name));
            if had == has {
                return Ok(false);
            }
            let mut update = self
                .dynamodb()
                .update_item()
                .table_name(&self.names().bookings)
                .key(BOOKING_ID, string(booking.pnr))
                .condition_expression(format!("#version = :version AND {SCHEMA_VERSION_ATTRIBUTE} <= :schema"))
                .expression_attribute_names("#version", "Version")
                .expression_attribute_values(":version", number(booking.version))
                .expression_attribute_values(":schema", number(SCHEMA_VERSION))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            // Until version 3 bookings were listed where money is.
            let mut set = vec![format!("{SCHEMA_VERSION_ATTRIBUTE} = :schema")];
            let mut remove = vec![BOOKED_ON.to_owned()];
            for (name, value) in LISTS.into_iter().zip(has) {
                update = update.expression_attribute_names(format!("#{name}"), name);
                if let Some(value) = value {
                    set.push(format!("#{name} = :{name}"));
                    update = update.expression_attribute_values(format!(":{name}"), value);
                } else {
                    remove.push(format!("#{name}"));
                }
            }
            let update = update.update_expression(format!("SET {} REMOVE {}", set.join(", "), remove.join(", ")));
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

    /// Puts a booking of the application that Kiosk replaces on the list of those of its account, if it is among the others still, as
    /// until version 3; says whether it was.
    async fn list_former(&self, item: &Item) -> Result<bool, StoreError> {
        let (Some(key), Some(account)) = (text(item, BOOKING_ID), text(item, USER_ID)) else { return Ok(false) };
        if former::is_list(account) {
            return Ok(false);
        }
        let update = self
            .dynamodb()
            .update_item()
            .table_name(&self.names().bookings)
            .key(BOOKING_ID, string(key))
            .update_expression(format!("SET {USER_ID} = :list"))
            .condition_expression(format!("{USER_ID} = :account"))
            .expression_attribute_values(":list", string(former::list_of(account)))
            .expression_attribute_values(":account", string(account));
        match self.attempt(|| update.clone().send()).await?.verdict {
            Err(refusal) if !refusal.is_condition_failure() => Err(refused(&refusal)),
            written => Ok(written.is_ok()),
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
