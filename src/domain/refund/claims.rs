//! What of a booking its passengers can ask a refund for.

use std::collections::BTreeSet;

use crate::domain::booking::{Booking, BookingStatus, Place};
use crate::domain::quota::Quota;
use crate::domain::refund::{Claim, NotRefundable, Standing};

/// The claims of chosen passengers of a booking, by their places in its list from 0; naming one twice counts once.
///
/// A child on a lap has what the party has: a berth if anybody does, else what those who wait have.
///
/// # Errors
/// All of [`NotRefundable`] but `Departed`, which [`quote`](super::quote) finds.
pub fn claims(booking: &Booking, chosen: &[u8]) -> Result<Vec<Claim>, NotRefundable> {
    match booking.status {
        BookingStatus::AwaitingPayment | BookingStatus::Lapsed => return Err(NotRefundable::Unpaid),
        BookingStatus::Cancelled => return Err(NotRefundable::AlreadyCancelled),
        BookingStatus::Booked => {}
    }
    let chosen: BTreeSet<u8> = chosen.iter().copied().collect();
    if chosen.is_empty() {
        return Err(NotRefundable::Nobody);
    }
    let claim = |passenger: u8| {
        let booked = booking.passengers.get(usize::from(passenger)).ok_or(NotRefundable::NoSuchPassenger)?;
        match standing(booking, &booked.place) {
            Standing::Cancelled => Err(NotRefundable::AlreadyCancelled),
            standing => Ok(Claim { passenger, paid: booked.fare, standing }),
        }
    };
    let claims = chosen.iter().copied().map(claim).collect::<Result<Vec<_>, _>>()?;
    let places = booking.passengers.iter().map(|passenger| passenger.place).enumerate();
    let mut left = places.filter(|(index, place)| {
        *place != Place::Cancelled && !chosen.iter().any(|passenger| usize::from(*passenger) == *index)
    });
    match left.next() {
        Some((_, Place::Lap)) if left.all(|(_, place)| place == Place::Lap) => Err(NotRefundable::ChildLeftAlone),
        _ => Ok(claims),
    }
}

fn standing(booking: &Booking, place: &Place) -> Standing {
    let confirmed = match booking.quota {
        Quota::Tatkal => Standing::ConfirmedTatkal,
        Quota::General | Quota::Ladies | Quota::Senior => Standing::Confirmed,
    };
    match place {
        Place::Berth(_) => confirmed,
        Place::Rac { .. } | Place::Waiting { .. } => Standing::Unconfirmed,
        Place::Lap if booking.is_queued() && booking.berths().next().is_none() => Standing::Unconfirmed,
        Place::Lap => confirmed,
        Place::Unreserved => Standing::Unreserved,
        Place::Cancelled => Standing::Cancelled,
    }
}
