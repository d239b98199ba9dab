//! Changing the point of boarding: a party gets on at a later halt than its ticket is from.
//!
//! What they gain is that their berths are not given to others as nobody's at the first halt. What they do not travel is
//! not paid back, and their berths stay theirs from the first halt on: nothing that is sold changes by it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::booking::{Booking, BookingStatus, Change, Deed, OpId};
use crate::domain::coach::Class;
use crate::domain::refund::FirstChart;
use crate::domain::segment::Leg;
use crate::domain::station::StationCode;
use crate::domain::time::instant;
use crate::domain::train::{Halt, RunId, Stop, Train};
use crate::domain::user::AccountId;

/// How long before the train leaves the station that the ticket is from it is too late.
///
/// The guidelines of IRCTC, as reported on 6 June 2019 (zeenews.india.com, 2209610) and 2 June 2019 (ndtv.com, 2047613): it is
/// changed until 24 hours before departure and not once the chart is made, the right to board at the first station is lost,
/// and whoever changes it later than that gets nothing back for a cancellation. Kiosk leaves that last case out: nobody
/// should give a refund away by naming a station.
pub const NOTICE: TimeDelta = TimeDelta::hours(24);

/// Why the point of boarding cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum NotMoved {
    /// Nobody has a ticket by the booking.
    #[error("The point of boarding is changed on paid bookings alone: pay it first, or book again.")]
    NotBooked,
    /// No place is kept for them.
    #[error("No place is kept on an unreserved ticket: board at any halt of its way as it is.")]
    Unreserved,
    /// It was done before.
    #[error(
        "The point of boarding was changed once, which is as often as the rules allow: board where the ticket says."
    )]
    Once,
    /// The train leaves too soon.
    #[error("The point of boarding is changed until 24 hours before departure: board where the ticket says.")]
    TooLate,
    /// The first chart is made, or due.
    #[error("The chart is made, and the point of boarding on it stays as it is: board where the ticket says.")]
    ChartMade,
    /// It is not a halt on the way, or it is the first or last.
    #[error("The train does not call there on the way of this ticket: choose a halt between its first and its last.")]
    NotOnTheWay,
}

/// The halts at which a party could board instead, in their order: those between the first of the leg and the last.
pub fn later_halts(train: &Train, leg: Leg) -> &[Halt] {
    train.halts().get(usize::from(leg.from()) + 1..usize::from(leg.to())).unwrap_or_default()
}

/// The place of the halt at which a party boards along the way of its train.
pub fn halt_of(booking: &Booking, train: &Train) -> u8 {
    let first = booking.leg.from();
    let Some(boarding) = &booking.boarding else { return first };
    let later = (first + 1..).zip(later_halts(train, booking.leg));
    later.into_iter().find(|(_, halt)| halt.station == boarding.station).map_or(first, |(at, _)| at)
}

/// When the train leaves a halt of a run, with the name that its station has.
pub fn stop(run: RunId, halt: &Halt, name: String) -> Stop {
    Stop { station: halt.station, name, at: halt.depart.on(run.date) }
}

/// Whether the point of boarding may be changed at a moment.
///
/// # Errors
///
/// Why it may not be.
pub fn check(booking: &Booking, chart: FirstChart, at: DateTime<Utc>) -> Result<(), NotMoved> {
    if booking.status != BookingStatus::Booked {
        return Err(NotMoved::NotBooked);
    }
    if booking.class == Class::Unreserved {
        return Err(NotMoved::Unreserved);
    }
    if booking.boarding.is_some() {
        return Err(NotMoved::Once);
    }
    if matches!(chart, FirstChart::Made) || matches!(chart, FirstChart::Due(due) if due <= at) {
        return Err(NotMoved::ChartMade);
    }
    if at + NOTICE > instant(booking.from.at) { Err(NotMoved::TooLate) } else { Ok(()) }
}

/// The booking with its party boarding at another halt of the way.
///
/// # Errors
///
/// Why they may not.
pub fn moved(
    booking: &Booking,
    (train, name): (&Train, impl FnOnce(StationCode) -> String),
    chart: FirstChart,
    to: StationCode,
    (op, at, by): (OpId, DateTime<Utc>, Option<AccountId>),
) -> Result<Booking, NotMoved> {
    check(booking, chart, at)?;
    let halt = later_halts(train, booking.leg).iter().find(|halt| halt.station == to);
    let halt = halt.filter(|_| to != booking.from.station).ok_or(NotMoved::NotOnTheWay)?;
    let what = Deed::BoardingMoved { from: booking.from.station, to };
    let mut after = booking.clone();
    after.boarding = Some(stop(booking.run, halt, name(to)));
    after.version += 1;
    after.history.push(Change { op, at, by, what });
    Ok(after)
}
