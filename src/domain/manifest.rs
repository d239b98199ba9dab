//! The manifest of a run: a line for each booking that was ever paid, by which the bookings of a run are found.

use crate::domain::booking::{Booking, BookingStatus, Place};
use crate::domain::coach::Class;
use crate::domain::pnr::Pnr;
use crate::domain::segment::Leg;

/// What the manifest says of a booking; written with it, so that it is always of its newest version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestLine {
    /// The booking.
    pub pnr: Pnr,
    /// Its version.
    pub version: u32,
    /// Its class.
    pub class: Class,
    /// Its leg.
    pub leg: Leg,
    /// What its passengers have, in the order of the form: `B1-23`, `RAC 4`, `GNWL 12`, `CAN`.
    pub places: Vec<String>,
}

impl ManifestLine {
    /// The line of a booking; one that awaits payment, or was never paid, has none.
    pub fn of(booking: &Booking) -> Option<Self> {
        let places = booking.passengers.iter().map(|booked| match &booked.place {
            Place::Berth(allotted) => allotted.berth.to_string(),
            place => place.to_string(),
        });
        let is_paid = !matches!(booking.status, BookingStatus::AwaitingPayment | BookingStatus::Lapsed);
        is_paid.then(|| Self {
            pnr: booking.pnr,
            version: booking.version,
            class: booking.class,
            leg: booking.leg,
            places: places.collect(),
        })
    }
}
