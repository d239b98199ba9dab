//! What was done to a booking, in words.

use crate::domain::booking::{Booking, Deed};
use crate::ui::text;

/// Columns of a name among others.
const NAME: u16 = 20;

/// A change of a booking as a person would tell it.
pub fn words(deed: &Deed, booking: &Booking) -> String {
    match deed {
        Deed::Booked => "booked and paid".to_owned(),
        Deed::Reserved => "kept under a slip, to be paid at a counter".to_owned(),
        Deed::Paid => "slip paid".to_owned(),
        Deed::Lapsed => "slip lapsed: nobody paid it in time".to_owned(),
        Deed::Cancelled(places) => format!("given up: {}", names(places, booking)),
        Deed::Promoted { passenger, to } => format!("{} moved up to {to}", names(&[*passenger], booking)),
        Deed::Dropped(places) => format!("dropped with the chart: {}", names(places, booking)),
        Deed::TrainCancelled => "train cancelled by the railway".to_owned(),
        Deed::PartCancelled { from, to, reason } => format!("not run from {from} to {to}: {reason}"),
        Deed::PaidOut => "refund handed out".to_owned(),
        Deed::BoardingMoved { from, to } => format!("boarding changed: {to}, {from} before"),
        Deed::Delayed { was, now, reason, .. } if was == now => format!("arrives at another time: {reason}"),
        Deed::Delayed { was, now, reason, .. } => {
            let day = "%-d %b %H:%M";
            let was = was.format(if was.date() == now.date() { "%H:%M" } else { day });
            format!("leaves {}, not {was}: {reason}", now.format(day))
        }
        Deed::Renamed { passenger, from } => {
            format!("name put right: {}, {} before", names(&[*passenger], booking), text::ends(from.as_str(), NAME))
        }
    }
}

/// Passengers by their places in the form.
fn names(places: &[u8], booking: &Booking) -> String {
    let name = |place: &u8| {
        let booked = booking.passengers.get(usize::from(*place))?;
        Some(text::ends(booked.passenger.name.as_str(), NAME))
    };
    let names: Vec<_> = places.iter().filter_map(name).collect();
    names.join(", ")
}
