//! What changes a booking: one transaction over the booking, the run's coaches, its manifest and its queue.
//!
//! Sale, payment, promotion, cancellation and the chart are all such a transition: what differs is decided before. None
//! of them asks whether a hold's time is over: that is decided before money is taken. They ask only that the hold is
//! there, so a clock that is fast can cost somebody a hold and never a berth.

use aws_sdk_dynamodb::types::{ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};

use crate::domain::booking::Booking;
use crate::domain::coach::CoachId;
use crate::domain::inventory::edit::CoachEdit;
use crate::domain::inventory::{CoachState, Stage};
use crate::domain::ledger::LedgerEntry;
use crate::domain::manifest::ManifestLine;
use crate::domain::notification::Notification;
use crate::store::item::{corrupt, string};
use crate::store::runs::coach_item::{coach_state, number};
use crate::store::runs::expression::CoachWrite;
use crate::store::runs::queue::QueueEdit;
use crate::store::runs::requests::Transacted;
use crate::store::runs::run_item::{GAPS, stage_value};
use crate::store::runs::{Plan, key};
use crate::store::schema::SCHEMA_VERSION;
use crate::store::{Store, StoreError, bookings};

/// A change of a booking and of everything on its run that goes with it. All of it is written, or nothing.
#[derive(Clone, Debug)]
pub struct Transition<'a> {
    /// The booking as it shall be.
    pub booking: &'a Booking,
    /// What has to be under its PNR.
    pub before: Before,
    /// What changes in the coaches, each once.
    pub edits: Vec<CoachEdit>,
    /// What changes in its queue.
    pub queue: Option<QueueEdit>,
    /// What else is asked of the run.
    pub guard: Guard,
    /// What people are told of it: it is owed as soon as the change is made, and not before.
    pub notification: Option<Notification>,
    /// The money that moves with it.
    pub ledger: Option<LedgerEntry>,
}

impl<'a> Transition<'a> {
    /// A new booking that changes nothing of its run.
    pub const fn new(booking: &'a Booking) -> Self {
        Self {
            booking,
            before: Before::Nothing,
            edits: Vec::new(),
            queue: None,
            guard: Guard::Nothing,
            notification: None,
            ledger: None,
        }
    }
}

/// What is asked of a run beside what changes in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Nothing: its coaches, or its queue, refuse what comes too late.
    Nothing,
    /// That the railway has not cancelled it, nor a part of its way that was not known.
    OnSale,
}

/// What has to be under the PNR for a booking to be written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// This version of the booking.
    Version(u32),
}

/// What came of an attempt to change a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commit {
    /// It is written.
    Done,
    /// There is another booking, or another version of it, under the PNR; nothing was written. Whoever sees their own
    /// `OpID` in its history knows that an earlier attempt was applied.
    Found(Box<Booking>),
    /// Coaches are not as they were read, or a hold in them is gone; those coaches as they are now. None of them where the
    /// run itself is not sold any more, by another version of its train, or without a part of its way. Nothing was written.
    Moved(Vec<(CoachId, CoachState)>),
    /// The queue is full or closed, or the entry in it is not as it was read. Nothing was written.
    QueueMoved,
    /// The till through which its money goes is not open any more; or it goes through none, and its agent has one open by now.
    /// Nothing was written.
    TillMoved,
}

impl Store {
    /// Writes a transition: all of it or nothing.
    ///
    /// # Errors
    ///
    /// `Conflict` when a booking of the application that Kiosk replaces has the number of a new one.
    pub async fn commit(&self, plan: &Plan, transition: &Transition<'_>) -> Result<Commit, StoreError> {
        let booking = transition.booking;
        let mut items = vec![self.booking_put(booking, transition.before)];
        items.extend(transition.edits.iter().map(|edit| self.coach_update(plan.run(), &CoachWrite::of(edit, plan))));
        let coaches = items.len();
        items.extend(transition.queue.iter().flat_map(|edit| self.queue_writes(plan, edit)));
        let queue = items.len();
        if transition.guard == Guard::OnSale {
            items.push(self.on_sale_check(plan));
        }
        items.extend(ManifestLine::of(booking).map(|line| self.manifest_put(plan, &line, booking)));
        items.extend(transition.notification.as_ref().map(|owed| self.notification_put(owed)));
        items.extend(transition.ledger.as_ref().map(|entry| self.entry_put(entry)));
        let till = items.len();
        items.extend(transition.ledger.as_ref().and_then(|entry| self.till_part(entry)));
        let reasons = match self.transact_run(items).await? {
            Transacted::Done => return Ok(Commit::Done),
            Transacted::Refused(reasons) => reasons,
        };
        match reasons.first() {
            // One of the application that Kiosk replaces, whose numbers nobody else draws.
            Some(Some(found)) if bookings::is_former(found) => {
                return Err(StoreError::Conflict { what: format!("the number {}", booking.pnr) });
            }
            Some(Some(found)) if !found.is_empty() => {
                return Ok(Commit::Found(Box::new(bookings::booking_of(found.clone())?)));
            }
            // The booking is there to be refused by, unless it was expected and is not: nobody deletes bookings.
            Some(Some(_)) => return Err(corrupt("a booking", "it is not there")),
            _ => {}
        }
        if reasons[till..].iter().any(Option::is_some) {
            return Ok(Commit::TillMoved);
        }
        if reasons[coaches..queue].iter().any(Option::is_some) {
            return Ok(Commit::QueueMoved);
        }
        let moved = transition.edits.iter().zip(&reasons[1..coaches]);
        let moved = moved.filter_map(|(edit, reason)| Some((edit.coach, reason.as_ref()?)));
        let moved = moved.map(|(coach, item)| Ok((coach, coach_state(item)?)));
        Ok(Commit::Moved(moved.collect::<Result<_, StoreError>>()?))
    }

    /// Asks whether a run is sold, and by this plan.
    fn on_sale_check(&self, plan: &Plan) -> TransactWriteItem {
        let check = ConditionCheck::builder()
            .table_name(self.names().runs())
            .set_key(Some(key(plan.run(), "#run")))
            .condition_expression(format!(
                "#plan = :plan AND Stage <> :cancelled AND (attribute_not_exists({GAPS}) OR size({GAPS}) <= :gaps)"
            ))
            .expression_attribute_names("#plan", "Plan")
            .expression_attribute_values(":plan", string(plan.text()))
            .expression_attribute_values(":gaps", number(plan.gaps()))
            .expression_attribute_values(":cancelled", stage_value(Stage::Cancelled))
            .build()
            .expect("table, key and condition are given");
        TransactWriteItem::builder().condition_check(check).build()
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
}
