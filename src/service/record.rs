//! Who did what: events for the audit log, appended without anybody waiting for them.
//!
//! What cannot be appended is in the log of the process instead: no sale waits for its own record.

use chrono::{DateTime, Utc};

use crate::domain::booking::{Booking, OpId};
use crate::domain::refund::Reason;
use crate::service::Kiosk;
use crate::service::session::Session;
use crate::store::audit_log::Event;

impl Kiosk {
    /// Records what somebody did in a session.
    pub(super) fn record(
        &self,
        session: &Session,
        action: &'static str,
        subject: Option<String>,
        note: Option<String>,
    ) {
        self.append(Event {
            id: self.chance().id(),
            at: self.now(),
            account: session.who().account(),
            action: action.to_owned(),
            subject,
            terminal: session.terminal().id.clone(),
            session: Some(session.id().to_owned()),
            note,
        });
    }

    /// Records what a user action did, and when. The event is named by both, so a repeat records nothing new.
    pub(super) fn record_once(
        &self,
        session: &Session,
        action: &'static str,
        (op, at): (OpId, DateTime<Utc>),
        subject: String,
        note: String,
    ) {
        self.append(Event {
            id: op.0,
            at,
            account: session.who().account(),
            action: action.to_owned(),
            subject: Some(subject),
            terminal: session.terminal().id.clone(),
            session: Some(session.id().to_owned()),
            note: Some(note),
        });
    }

    /// Records what a user action did to a booking, and when. The event is named by both, so a repeat records nothing
    /// new.
    pub(super) fn record_sale(
        &self,
        session: &Session,
        action: &'static str,
        (op, at): (OpId, DateTime<Utc>),
        booking: &Booking,
    ) {
        self.append(Event {
            id: op.0,
            at,
            account: session.who().account(),
            action: action.to_owned(),
            subject: Some(booking.pnr.to_string()),
            terminal: session.terminal().id.clone(),
            session: Some(session.id().to_owned()),
            note: Some(format!("{} {} {}", booking.run, booking.class, booking.fare.total)),
        });
    }

    /// Records a change that a user action made to a booking, named by the action and by when it was made. A charge that was
    /// waived is an action of its own, with the reason.
    pub(super) fn record_change(&self, session: &Session, action: &'static str, op: OpId, booking: &Booking) {
        let Some(change) = booking.history.iter().find(|change| change.op == op) else { return };
        let refunds: Vec<_> = booking.refunds.iter().filter(|refund| refund.op == op).collect();
        let waiver = refunds.iter().find_map(|refund| match refund.quote.reason {
            Reason::Waiver(code) => Some(code.code()),
            _ => None,
        });
        let action = if waiver.is_some() { "booking.waive" } else { action };
        let note = refunds.first().map(|refund| {
            let (passengers, back) = (refund.quote.lines.len(), refund.quote.refunded);
            let waived = waiver.map(|code| format!(", waived: {code}")).unwrap_or_default();
            format!("{} {} {passengers} given up, {back} back{waived}", booking.run, booking.class)
        });
        self.append(Event {
            id: op.0,
            at: change.at,
            account: session.who().account(),
            action: action.to_owned(),
            subject: Some(booking.pnr.to_string()),
            terminal: session.terminal().id.clone(),
            session: Some(session.id().to_owned()),
            note: note.or_else(|| Some(format!("{} {}", booking.run, booking.class))),
        });
    }

    /// Records what Kiosk did to a booking by itself, named by the action and by when it was done.
    pub(super) fn record_duty(&self, action: &'static str, op: OpId, booking: &Booking) {
        let Some(change) = booking.history.iter().find(|change| change.op == op) else { return };
        let refund = booking.refunds.iter().find(|refund| refund.op == op);
        let places = || booking.passengers.iter().map(|booked| booked.place.to_string()).collect::<Vec<_>>().join(", ");
        let note = refund.map_or_else(places, |refund| {
            format!("{} given up, {} back", refund.quote.lines.len(), refund.quote.refunded)
        });
        self.append(Event {
            id: op.0,
            at: change.at,
            account: None,
            action: action.to_owned(),
            subject: Some(booking.pnr.to_string()),
            terminal: super::BY_ITSELF.to_owned(),
            session: None,
            note: Some(format!("{} {} {note}", booking.run, booking.class)),
        });
    }

    /// Records what whoever runs commands on the machine did.
    pub(super) fn record_operator(&self, action: &'static str, subject: Option<String>, note: Option<String>) {
        self.append(Event {
            id: self.chance().id(),
            at: self.now(),
            account: None,
            action: action.to_owned(),
            subject,
            terminal: super::OPERATOR.to_owned(),
            session: None,
            note,
        });
    }

    fn append(&self, event: Event) {
        let kiosk = self.clone();
        self.background().spawn(async move {
            if let Err(error) = kiosk.store().append_event(&event).await {
                let Event { action, subject, terminal, .. } = event;
                tracing::error!(action, subject, terminal, %error, "an event was not recorded");
            }
        });
    }
}
