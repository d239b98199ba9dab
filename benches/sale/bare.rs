//! The requests that a booking consists of, sent by the bare SDK: what selling can cost at least.
//!
//! They have the names, conditions and sizes of the real ones, and never fail: who gets which berth is dealt out before.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use futures_util::future::join_all;
use kiosk::domain::booking::Booking;
use kiosk::domain::coach::BerthRef;
use kiosk::store::Names;
use uuid::Uuid;

type Item = HashMap<String, AttributeValue>;

/// Sends the requests of bookings for one run.
#[derive(Clone)]
pub struct Bare {
    client: Client,
    names: Names,
    run: String,
    /// A real booking's item.
    booking: Item,
    hold: Uuid,
}

impl Bare {
    /// What sends requests like those of a booking that was made.
    pub async fn like(client: Client, names: Names, run: String, sample: &Booking) -> Self {
        let get = client.get_item().table_name(&names.bookings).key("BookingID", text(sample.pnr));
        let booking = get.send().await.expect("it answers").item.expect("it was made");
        Self { client, names, run, booking, hold: Uuid::new_v4() }
    }

    /// The requests of one booking: those for which a buyer waits, and then those for which nobody does.
    pub async fn book(&self, berth: BerthRef, pnr: &str) -> tokio::task::JoinHandle<()> {
        self.hold(berth).await;
        // Each half of a sale is hinted when it is done.
        let first = self.clone();
        let hint = tokio::spawn(async move { first.hint().await });
        self.confirm(berth, pnr).await;
        let rest = self.clone();
        tokio::spawn(async move {
            let (read, audit) = (rest.clone(), rest.clone());
            let audit = tokio::spawn(async move { audit.record().await });
            read.read(berth).await;
            rest.hint().await;
            join_all([hint, audit]).await.into_iter().for_each(|done| done.expect("no panic"));
        })
    }

    async fn hold(&self, berth: BerthRef) {
        let hold = AttributeValue::M(HashMap::from([
            ("Spots".to_owned(), AttributeValue::L(vec![text(berth.number)])),
            ("From".to_owned(), number(0)),
            ("To".to_owned(), number(5)),
            ("Until".to_owned(), number(1_796_000_000_000_u64)),
        ]));
        let free = "(attribute_not_exists(#n0) OR (#n0 = :v0 AND #n1 <= :v1)) AND attribute_not_exists(#n3) AND \
                    attribute_not_exists(#n4.#n3) AND attribute_not_exists(#n5) AND attribute_not_exists(#n6)";
        let update = self
            .client
            .update_item()
            .table_name(self.names.runs())
            .set_key(Some(self.key(&format!("C#{}", berth.coach))))
            .update_expression("SET #n0 = :v0, #n1 = :v1, #n2 = :v2, #n3 = :v3, #n5 = :v4 ADD #rev :one")
            .condition_expression(free)
            .set_expression_attribute_names(Some(names(&[
                ("#rev", "Rev"),
                ("#n0", "Plan"),
                ("#n1", "SchemaVersion"),
                ("#n2", "ExpiresAt"),
                ("#n3", &format!("B{}", berth.number)),
                ("#n4", "Blocked"),
                ("#n5", &self.hold_of(berth)),
                ("#n6", "Fenced"),
            ])))
            .set_expression_attribute_values(Some(values(&[
                (":one", number(1)),
                (":v0", text("12951@1")),
                (":v1", number(1)),
                (":v2", number(1_796_000_000_u64)),
                (":v3", number(31)),
                (":v4", hold),
            ])))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        update.send().await.expect("every berth is dealt out once");
    }

    async fn confirm(&self, berth: BerthRef, pnr: &str) {
        let mut booking = self.booking.clone();
        booking.insert("BookingID".to_owned(), text(pnr));
        let booking = Put::builder()
            .table_name(&self.names.bookings)
            .set_item(Some(booking))
            .condition_expression("attribute_not_exists(BookingID)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        let held = "(attribute_not_exists(#n0) OR (#n0 = :v0 AND #n1 <= :v1)) AND #n3.#n4 = :v3 AND #n3.#n5 = :v4 AND \
                    #n3.#n6 = :v5";
        let coach = Update::builder()
            .table_name(self.names.runs())
            .set_key(Some(self.key(&format!("C#{}", berth.coach))))
            .update_expression("SET #n0 = :v0, #n1 = :v1, #n2 = :v2 REMOVE #n3 ADD #rev :one")
            .condition_expression(held)
            .set_expression_attribute_names(Some(names(&[
                ("#rev", "Rev"),
                ("#n0", "Plan"),
                ("#n1", "SchemaVersion"),
                ("#n2", "ExpiresAt"),
                ("#n3", &self.hold_of(berth)),
                ("#n4", "Spots"),
                ("#n5", "From"),
                ("#n6", "To"),
            ])))
            .set_expression_attribute_values(Some(values(&[
                (":one", number(1)),
                (":v0", text("12951@1")),
                (":v1", number(1)),
                (":v2", number(1_796_000_000_u64)),
                (":v3", AttributeValue::L(vec![text(berth.number)])),
                (":v4", number(0)),
                (":v5", number(5)),
            ])))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        let mut manifest = self.key(&format!("P#{pnr}"));
        manifest.extend(values(&[
            ("Places", AttributeValue::L(vec![text(berth)])),
            ("From", number(0)),
            ("To", number(5)),
            ("Class", text("3A")),
            ("Version", number(1)),
            ("SchemaVersion", number(1)),
            ("ExpiresAt", number(1_796_000_000_u64)),
        ]));
        let manifest = Put::builder().table_name(self.names.runs()).set_item(Some(manifest)).build();
        let complete = "what it needs is given";
        let transaction = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(booking.expect(complete)).build())
            .transact_items(TransactWriteItem::builder().update(coach.expect(complete)).build())
            .transact_items(TransactWriteItem::builder().put(manifest.expect(complete)).build())
            .client_request_token(Uuid::new_v4().simple().to_string());
        transaction.send().await.expect("its hold is there");
    }

    async fn hint(&self) {
        let update = self
            .client
            .update_item()
            .table_name(self.names.runs())
            .set_key(Some(self.key("#rev")))
            .update_expression("SET ExpiresAt = :expires, SchemaVersion = :schema ADD #rev :one")
            .expression_attribute_names("#rev", "Rev")
            .expression_attribute_values(":expires", number(1_796_000_000_u64))
            .expression_attribute_values(":schema", number(1))
            .expression_attribute_values(":one", number(1));
        update.send().await.expect("it has no condition");
    }

    async fn read(&self, berth: BerthRef) {
        let wanted = KeysAndAttributes::builder().keys(self.key(&format!("C#{}", berth.coach))).consistent_read(true);
        let get =
            self.client.batch_get_item().request_items(self.names.runs(), wanted.build().expect("there is a key"));
        get.send().await.expect("it answers");
    }

    async fn record(&self) {
        let id = Uuid::new_v4();
        let event = values(&[
            ("Day", text(format_args!("2026-12-01#{}", id.as_u128() % 16))),
            ("EventID", text(format_args!("2026-12-01T04:30:00.000000Z#{}", id.simple()))),
            ("ID", text(id)),
            ("At", text("2026-12-01T04:30:00Z")),
            ("Action", text("booking.confirm")),
            ("Subject", text("2450000000")),
            ("Terminal", text("HALL-1")),
            ("Note", text("12951#2026-12-05 3A ₹2,345.00")),
            ("ExpiresAt", number(1_796_000_000_u64)),
        ]);
        let put = self.client.put_item().table_name(self.names.audit()).set_item(Some(event));
        put.send().await.expect("it has no condition");
    }

    fn key(&self, item: &str) -> Item {
        values(&[("RunID", text(&self.run)), ("Item", text(item))])
    }

    /// The attribute of a hold, another one for each berth of a coach.
    fn hold_of(&self, berth: BerthRef) -> String {
        format!("H#{}", Uuid::from_u128(self.hold.as_u128() + u128::from(berth.number)))
    }
}

#[allow(clippy::needless_pass_by_value, reason = "as the services write it")]
fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

#[allow(clippy::needless_pass_by_value, reason = "as the services write it")]
fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn names(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(name, attribute)| ((*name).to_owned(), (*attribute).to_owned())).collect()
}

fn values(pairs: &[(&str, AttributeValue)]) -> Item {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}
