//! Who can be chosen instead of typed: those who are saved in a profile, and passengers of the last bookings.
//!
//! Staff find the latter by a telephone number, since whoever stands at the counter says it anyway; others find those of their
//! own account alone, behind those whom they keep.

use chrono::NaiveDate;

use crate::domain::booking::Booking;
use crate::domain::passenger::Passenger;
use crate::domain::profile::{Companion, Known};
use crate::domain::user::Phone;
use crate::service::booking::is_own;
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Reply};
use crate::service::session::Session;
use crate::store::bookings::Listed;

/// How many bookings are looked through.
const BOOKINGS: u8 = 10;

/// How many of their people are shown: more are typed sooner than found.
const PEOPLE: usize = 12;

/// The passengers of the last bookings with a telephone number, however it was written on them.
pub(super) async fn by_phone(session: &Session, phone: &Phone) -> Result<Reply, Failure> {
    let found = session.kiosk().store().bookings_by(&Listed::Phone(phone.clone()), None, BOOKINGS.into()).await;
    let found = found.map_err(|error| refuse("look for passengers", &error))?;
    session.kiosk().record(session, "companions.find", Some(phone.masked()), None);
    Ok(Reply::Companions { people: with_travelled(Vec::new(), found.bookings), phone: None })
}

/// Those whom the caller keeps, with the ages that they have on a day, and the passengers of the caller's last bookings.
pub(super) async fn mine(session: &Session, on: NaiveDate) -> Result<Reply, Failure> {
    let account = session.who().account().ok_or(Failure::SignedOut)?;
    let failed = |error| refuse("look for passengers", &error);
    let store = session.kiosk().store();
    let profile = store.profile(account).await.map_err(failed)?;
    let page = store.bookings_of(account, None, BOOKINGS.into()).await.map_err(failed)?;
    let own = page.bookings.into_iter().filter(|booking| is_own(session, booking)).collect();
    let saved = profile.people.iter().map(|person| Companion { passenger: person.travelling(on), known: Known::Saved });
    Ok(Reply::Companions { people: with_travelled(saved.collect(), own), phone: profile.phone })
}

/// People, and behind them those passengers of bookings who are not among them, each once and as they were last: those of
/// the newest booking first.
fn with_travelled(mut people: Vec<Companion>, mut bookings: Vec<Booking>) -> Vec<Companion> {
    bookings.sort_by_key(|booking| std::cmp::Reverse(booking.booked_at));
    let most = people.len() + PEOPLE;
    for booked in bookings.into_iter().flat_map(|booking| booking.passengers) {
        let passenger = booked.passenger;
        if people.len() < most && !people.iter().any(|other| is_same(&other.passenger, &passenger)) {
            people.push(Companion { passenger, known: Known::Travelled });
        }
    }
    people
}

fn is_same(one: &Passenger, other: &Passenger) -> bool {
    one.gender == other.gender && one.name.as_str().eq_ignore_ascii_case(other.name.as_str())
}
