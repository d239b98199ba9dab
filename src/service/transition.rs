//! What every change of a booking brings with it, so that none can forget it: what people are told of it, and the money that
//! moves. Both follow from the booking as it is after the change.

use crate::domain::booking::Booking;
use crate::domain::ledger::LedgerEntry;
use crate::domain::notification::Notification;
use crate::service::Kiosk;
use crate::store::runs::Transition;

impl Kiosk {
    /// A change of a booking that changes nothing of its run yet.
    pub(super) fn transition<'a>(&self, booking: &'a Booking) -> Transition<'a> {
        Transition {
            notification: Notification::of(booking, self.settings().notifications.channels()),
            ledger: LedgerEntry::of(booking),
            ..Transition::new(booking)
        }
    }
}
