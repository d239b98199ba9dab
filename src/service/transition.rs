//! What every change of a booking brings with it, so that none can forget it: what people are told of it, and the money that
//! moves. Both follow from the booking as it is after the change.

use crate::domain::booking::Booking;
use crate::domain::ledger::LedgerEntry;
use crate::domain::notification::Notification;
use crate::service::Kiosk;
use crate::service::request::Failure;
use crate::store::StoreError;
use crate::store::runs::{Commit, Plan, Transition};

impl Kiosk {
    /// A change of a booking that changes nothing of its run yet.
    pub(super) fn transition<'a>(&self, booking: &'a Booking) -> Transition<'a> {
        Transition {
            notification: Notification::of(booking, self.settings().notifications.channels()),
            ledger: LedgerEntry::of(booking),
            ..Transition::new(booking)
        }
    }

    /// Whether the store is marked for a newer Kiosk than this process is: what this one wrote would lack something.
    pub(super) fn is_outdated(&self) -> bool {
        self.0.catalogue.is_newer()
    }

    /// Refuses what a process that is outdated would write, where nothing earlier of it is in doubt.
    pub(super) fn check_current(&self) -> Result<(), Failure> {
        if self.is_outdated() { Err(Failure::Outdated) } else { Ok(()) }
    }

    /// Writes a change of a booking, unless the store is a newer Kiosk's: whatever is changed goes through here.
    ///
    /// # Errors
    ///
    /// `Corrupt` where it is, of which people are told that this Kiosk is older; otherwise as the store does.
    pub(super) async fn commit(&self, plan: &Plan, transition: &Transition<'_>) -> Result<Commit, StoreError> {
        if self.is_outdated() {
            return Err(StoreError::newer("the store"));
        }
        self.store().commit(plan, transition).await
    }
}
