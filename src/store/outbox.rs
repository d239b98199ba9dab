//! The outbox: what people are to be told of bookings, in the bookings' table under `N#<PNR>#<version>`.
//!
//! A notification is put by the transaction that makes the change it tells of, so it is owed if and only if the change was
//! made, whatever becomes of the process. It is listed as work until it is delivered, and then deleted. Whoever delivers
//! it moves its `DueAt` ahead first, on condition that `Attempts` and `DueAt` are as they read them: the others do not find
//! it before that, and find it then if nothing came of it. That is once as a rule, and at least once in any case.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use chrono::{DateTime, Utc};

use crate::domain::notification::{Delivery, Notification, NotificationId};
use crate::store::item::{Item, decode, encode, number, string};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::{BOOKING_ID, DUE_AT, WORK};
use crate::store::work::{self, AT_ONCE, Kind, Lists};
use crate::store::{Store, StoreError};

const WHAT: &str = "a notification";

/// A page of the outbox.
#[derive(Clone, Debug)]
pub struct NotificationPage {
    /// The longest due first.
    pub notifications: Vec<Notification>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

const PREFIX: &str = "N#";

/// Whether a key of the bookings' table is that of a notification.
pub(in crate::store) fn is_key(key: &str) -> bool {
    key.starts_with(PREFIX)
}

fn key(id: NotificationId) -> String {
    let copy = id.copy.map(|copy| format!(".{copy}")).unwrap_or_default();
    format!("{PREFIX}{}#{}{copy}", id.pnr, id.version)
}

fn kind(delivery: Delivery) -> Kind {
    match delivery {
        Delivery::Waiting => Kind::Notification,
        Delivery::Dead => Kind::DeadLetter,
    }
}

fn item_of(notification: &Notification) -> Item {
    let mut item = encode(notification);
    item.insert(BOOKING_ID.to_owned(), string(key(notification.id)));
    item.insert(WORK.to_owned(), string(kind(notification.delivery).list(notification.id.pnr.get())));
    item.insert(DUE_AT.to_owned(), string(work::moment(notification.due)));
    item
}

/// Those that this version can read: one that a newer kiosk has written is left to it, and keeps no other.
fn readable(items: Vec<Item>) -> Vec<Notification> {
    let read = items.into_iter().map(|item| decode(item, WHAT));
    read.filter_map(|one| one.inspect_err(|error| tracing::warn!(%error, "it is left out")).ok()).collect()
}

impl Store {
    /// As many notifications as are taken at once of those that are due by some of the work lists, the longest due first.
    /// The index may be a moment behind.
    pub async fn due_notifications(&self, lists: Lists, now: DateTime<Utc>) -> Result<Vec<Notification>, StoreError> {
        let due = self.due(&self.names().bookings, Kind::Notification, lists, now, AT_ONCE).await?;
        Ok(readable(due))
    }

    /// A page of those that are to be delivered, or were given up. The index may be a moment behind.
    pub async fn notifications(
        &self,
        delivery: Delivery,
        after: Option<&str>,
        limit: i32,
    ) -> Result<NotificationPage, StoreError> {
        let (items, next) = self.work_page(kind(delivery), after, limit).await?;
        Ok(NotificationPage { notifications: readable(items), next })
    }

    /// How many there are of those. The index may be a moment behind.
    pub async fn count_notifications(&self, delivery: Delivery) -> Result<u64, StoreError> {
        self.count(&self.names().bookings, kind(delivery)).await
    }

    /// A notification that is not delivered, read consistently.
    pub async fn notification(&self, id: NotificationId) -> Result<Option<Notification>, StoreError> {
        let get = self
            .dynamodb()
            .get_item()
            .table_name(&self.names().bookings)
            .key(BOOKING_ID, string(key(id)))
            .consistent_read(true);
        let reply = self.attempt(|| get.clone().send()).await?.answer()?;
        reply.item.map(|item| decode(item, WHAT)).transpose()
    }

    /// Writes a notification as it shall be if it is as it was read; says whether it did. Whoever is told `false` because
    /// the reply to their own write was lost leaves it to the next, who finds it when it is due.
    pub async fn change_notification(&self, read: &Notification, after: &Notification) -> Result<bool, StoreError> {
        let put = self
            .dynamodb()
            .put_item()
            .table_name(&self.names().bookings)
            .set_item(Some(item_of(after)))
            .condition_expression("Attempts = :attempts AND #due = :due")
            .expression_attribute_names("#due", DUE_AT)
            .expression_attribute_values(":attempts", number(read.attempts))
            .expression_attribute_values(":due", string(work::moment(read.due)));
        match self.attempt(|| put.clone().send()).await?.verdict {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.is_condition_failure() => Ok(false),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// Deletes a notification that is delivered.
    pub async fn end_notification(&self, id: NotificationId) -> Result<(), StoreError> {
        let delete = self.dynamodb().delete_item().table_name(&self.names().bookings).key(BOOKING_ID, string(key(id)));
        self.attempt(|| delete.clone().send()).await?.answer()?;
        Ok(())
    }

    /// Puts a notification that no change of a booking owes. Repeating it has it delivered once more at the most.
    pub async fn owe(&self, notification: &Notification) -> Result<(), StoreError> {
        let put = self.dynamodb().put_item().table_name(&self.names().bookings).set_item(Some(item_of(notification)));
        self.attempt(|| put.clone().send()).await?.answer()?;
        Ok(())
    }

    /// Puts a notification. The condition on its booking, in the same transaction, lets it happen once.
    pub(in crate::store) fn notification_put(&self, notification: &Notification) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(self.names().bookings.clone())
            .set_item(Some(item_of(notification)))
            .build()
            .expect("table and item are given");
        TransactWriteItem::builder().put(put).build()
    }
}
