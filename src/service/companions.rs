//! Who travelled before: passengers of the last bookings, to be chosen instead of typed.
//!
//! Staff find them by a telephone number, since whoever stands at the counter says it anyway; others find those of their
//! own account alone. There is no list of people that would have to be kept: the bookings are it.

use crate::domain::booking::Booking;
use crate::domain::passenger::Passenger;
use crate::domain::user::Phone;
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Reply};
use crate::service::session::Session;
use crate::store::bookings::Listed;

/// How many bookings are looked through.
const BOOKINGS: u8 = 10;

/// How many people are shown: more are typed sooner than found.
const PEOPLE: usize = 12;

/// The passengers of the last bookings with a telephone number, however it was written on them.
pub(super) async fn by_phone(session: &Session, phone: &Phone) -> Result<Reply, Failure> {
    let found = session.kiosk().store().bookings_by(&Listed::Phone(phone.clone()), None, BOOKINGS.into()).await;
    let found = found.map_err(|error| refuse("look for passengers", &error))?;
    session.kiosk().record(session, "companions.find", Some(phone.masked()), None);
    Ok(Reply::Companions(companions(found.bookings)))
}

/// The passengers of the last bookings of the caller's account.
pub(super) async fn mine(session: &Session) -> Result<Reply, Failure> {
    let account = session.who().account().ok_or(Failure::SignedOut)?;
    let page = session.kiosk().store().bookings_of(account, None, BOOKINGS.into()).await;
    let page = page.map_err(|error| refuse("look for passengers", &error))?;
    Ok(Reply::Companions(companions(page.bookings)))
}

/// The passengers of bookings, each once and as they were last: those of the newest booking first.
fn companions(mut bookings: Vec<Booking>) -> Vec<Passenger> {
    bookings.sort_by_key(|booking| std::cmp::Reverse(booking.booked_at));
    let mut found: Vec<Passenger> = Vec::new();
    for booked in bookings.into_iter().flat_map(|booking| booking.passengers) {
        let passenger = booked.passenger;
        let is_same = |other: &Passenger| {
            other.gender == passenger.gender && other.name.as_str().eq_ignore_ascii_case(passenger.name.as_str())
        };
        if found.len() < PEOPLE && !found.iter().any(is_same) {
            found.push(passenger);
        }
    }
    found
}
