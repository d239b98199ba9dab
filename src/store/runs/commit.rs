//! What makes held berths a booking: transactions over the run's coaches, the booking and the manifest.
//!
//! None of them asks whether the hold's time is over: that is decided before money is taken. They ask only that the hold
//! is there, so a clock that is fast can cost somebody a hold and never a berth.

use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use chrono::{DateTime, Utc};

use crate::domain::booking::Booking;
use crate::store::item::{corrupt, string};
use crate::store::runs::coach_item::number;
use crate::store::runs::expression::CoachWrite;
use crate::store::runs::requests::Transacted;
use crate::store::runs::{Holding, Plan, key};
use crate::store::schema::SCHEMA_VERSION;
use crate::store::{Store, StoreError, bookings};

/// What came of an attempt to write a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commit {
    /// It is written.
    Done,
    /// There is another booking, or another version of it, under the PNR; nothing was written. Whoever sees their own
    /// `OpID` on it knows that an earlier attempt was applied.
    Found(Box<Booking>),
    /// The hold is gone; nothing was written.
    HoldGone,
}

/// What has to be under the PNR for a booking to be written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// This version of the booking.
    Version(u32),
}

impl Store {
    /// Makes held berths the booking's: the hold goes, the booking and its line of the manifest are put. All or nothing.
    pub async fn confirm(
        &self,
        plan: &Plan,
        holding: &Holding,
        booking: &Booking,
        before: Before,
    ) -> Result<Commit, StoreError> {
        let mut items = vec![self.booking_put(booking, before)];
        items.extend(holding.coaches().map(|part| self.coach_update(plan.run(), &CoachWrite::confirm(&part, plan))));
        items.push(self.manifest_put(plan, booking));
        self.commit(items).await
    }

    /// Puts a booking that awaits payment and keeps its berths until then.
    pub async fn reserve(
        &self,
        plan: &Plan,
        holding: &Holding,
        booking: &Booking,
        until: DateTime<Utc>,
    ) -> Result<Commit, StoreError> {
        let mut items = vec![self.booking_put(booking, Before::Nothing)];
        items.extend(
            holding.coaches().map(|part| self.coach_update(plan.run(), &CoachWrite::extend(&part, until, plan))),
        );
        self.commit(items).await
    }

    async fn commit(&self, items: Vec<TransactWriteItem>) -> Result<Commit, StoreError> {
        match self.transact_run(items).await? {
            Transacted::Done => Ok(Commit::Done),
            Transacted::Refused(reasons) => match reasons.into_iter().next().flatten() {
                Some(found) if !found.is_empty() => Ok(Commit::Found(Box::new(bookings::booking_of(found)?))),
                // The booking is there to be refused by, unless it was expected and is not: nobody deletes bookings.
                Some(_) => Err(corrupt("a booking", "it is not there")),
                None => Ok(Commit::HoldGone),
            },
        }
    }

    fn booking_put(&self, booking: &Booking, before: Before) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(self.names().bookings.clone())
            .set_item(Some(bookings::item_of(booking)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match before {
            Before::Nothing => put.condition_expression("attribute_not_exists(BookingID)"),
            Before::Version(version) => put
                .condition_expression("#version = :version AND SchemaVersion <= :schema")
                .expression_attribute_names("#version", "Version")
                .expression_attribute_values(":version", number(version))
                .expression_attribute_values(":schema", number(SCHEMA_VERSION)),
        };
        let put = put.build().expect("table and item are given");
        TransactWriteItem::builder().put(put).build()
    }

    fn manifest_put(&self, plan: &Plan, booking: &Booking) -> TransactWriteItem {
        let berths = booking.berths().map(|allotted| string(allotted.berth)).collect();
        let mut item = key(plan.run(), &format!("P#{}", booking.pnr));
        item.extend([
            ("Berths".to_owned(), AttributeValue::L(berths)),
            ("From".to_owned(), number(booking.leg.from())),
            ("To".to_owned(), number(booking.leg.to())),
            ("Class".to_owned(), string(booking.class)),
            ("Version".to_owned(), number(booking.version)),
            ("OpID".to_owned(), string(booking.op.0)),
            ("SchemaVersion".to_owned(), number(SCHEMA_VERSION)),
            ("ExpiresAt".to_owned(), number(plan.expires_at().timestamp())),
        ]);
        let put = Put::builder()
            .table_name(self.names().runs())
            .set_item(Some(item))
            .build()
            .expect("table and item are given");
        TransactWriteItem::builder().put(put).build()
    }
}
