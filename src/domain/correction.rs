//! Putting a passenger's name right: what may be changed of a ticket, by whom is not asked here.
//!
//! A name was mistyped, or a ticket goes to somebody of the family. Age and gender stay as they were paid for, a name
//! changes once, and nothing changes once the chart is made: by then somebody may be on the way by it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::booking::{Booking, BookingStatus, Change, Deed, OpId, Place};
use crate::domain::passenger::PersonName;
use crate::domain::refund::FirstChart;
use crate::domain::user::AccountId;

/// Why a name cannot be put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum NotCorrected {
    /// Nobody has a ticket by the booking.
    #[error("Names are put right on paid bookings alone: pay it first, or book again.")]
    NotBooked,
    /// Nobody is in that place of the list, or they travel no more.
    #[error("Nobody in that line travels any more: choose another passenger.")]
    NobodyThere,
    /// It is the name already.
    #[error("That is the name on the ticket already: type the one that it should be.")]
    SameName,
    /// It was done before.
    #[error("This name was put right once, which is as often as the rules allow: cancel the place and book again.")]
    Once,
    /// The first chart is made, or due.
    #[error("The chart is made, and names on it stay as they are: show an identity card to the conductor.")]
    ChartMade,
}

/// A name to be put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The passenger, by their place in the booking's list from 0.
    pub passenger: u8,
    /// The name as it should be.
    pub name: PersonName,
}

impl Correction {
    /// The booking with the name put right.
    ///
    /// # Errors
    ///
    /// Why it may not be.
    pub fn of(
        &self,
        booking: &Booking,
        chart: FirstChart,
        (op, at, by): (OpId, DateTime<Utc>, Option<AccountId>),
    ) -> Result<Booking, NotCorrected> {
        if booking.status != BookingStatus::Booked {
            return Err(NotCorrected::NotBooked);
        }
        if matches!(chart, FirstChart::Made) || matches!(chart, FirstChart::Due(due) if due <= at) {
            return Err(NotCorrected::ChartMade);
        }
        let place = usize::from(self.passenger);
        let booked = booking.passengers.get(place).filter(|booked| booked.place != Place::Cancelled);
        let before = booked.ok_or(NotCorrected::NobodyThere)?.passenger.name.clone();
        if before == self.name {
            return Err(NotCorrected::SameName);
        }
        let is_it =
            |change: &Change| matches!(change.what, Deed::Renamed { passenger, .. } if passenger == self.passenger);
        if booking.history.iter().any(is_it) {
            return Err(NotCorrected::Once);
        }
        let mut after = booking.clone();
        after.passengers[place].passenger.name = self.name.clone();
        after.version += 1;
        let what = Deed::Renamed { passenger: self.passenger, from: before };
        after.history.push(Change { op, at, by, what });
        Ok(after)
    }
}
