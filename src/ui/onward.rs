//! From a booking to the next one of the same party: the way back, or the same journey again.

use chrono::{Datelike, Days, NaiveDate};

use crate::domain::booking::{Booking, Place as Given};
use crate::domain::passenger::Accommodation;
use crate::domain::station::{Place, StationCode};
use crate::ui::command::{Refusal, Step, Taken};
use crate::ui::context::{Context, World};
use crate::ui::draft::{Draft, Trip, Typed, TypedPassenger};
use crate::ui::keys::{Binding, Key, bind};
use crate::ui::screens::search::Search;

/// Where the same party goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onward {
    /// Back to where they came from.
    Back,
    /// The same way again.
    Again,
}

impl Onward {
    /// The key for it.
    pub const fn bind<A>(self, action: A) -> Binding<A> {
        match self {
            Self::Back => bind(
                &[Key::Char('w')],
                "w",
                "way back",
                "Searches the way back, for the same party with its names.",
                action,
            ),
            Self::Again => bind(
                &[Key::Char('g')],
                "g",
                "go again",
                "Searches the same journey again, for the same party with its names.",
                action,
            ),
        }
    }

    /// Takes a step that goes on from a booking.
    pub fn take(step: &Step, booking: &Booking, phone: &str, cx: &mut Context) -> Taken {
        let (onward, date) = match step {
            Step::WayBack(date) => (Self::Back, *date),
            Step::Again(date) => (Self::Again, *date),
            _ => return Taken::NotHere,
        };
        match onward.search(booking, phone, date, cx) {
            Ok(()) => Taken::Yes,
            Err(why) => Refusal::new(why).into(),
        }
    }

    /// Searches it for the party of a booking, on a date or on the one that is most likely meant. The telephone number is
    /// the one that was typed in this session: a booking that was read shows no more of its own than its end.
    ///
    /// # Errors
    ///
    /// A sentence where it cannot: berths are held for another journey, or a station is not served any more.
    pub fn search(
        self,
        booking: &Booking,
        phone: &str,
        date: Option<NaiveDate>,
        cx: &mut Context,
    ) -> Result<(), String> {
        if cx.draft.hold.is_some() {
            return Err("Berths are held for the journey in work: book it, or set it aside with ^N first.".to_owned());
        }
        let (from, to) = match self {
            Self::Back => (booking.to.station, booking.from.station),
            Self::Again => (booking.from.station, booking.to.station),
        };
        let (from, to) = (place(from, cx)?, place(to, cx)?);
        let window = cx.booking_rules().window(cx.now);
        let date = date.unwrap_or_else(|| match self {
            Self::Back => day_after(booking).clamp(window.0, window.1),
            Self::Again => same_day(booking.from.at.date(), window),
        });
        let typed = typed(booking, phone);
        let people = typed.seated.len() + typed.lap.len();
        if let Some(why) = cx.too_many(people, Some(booking.class), booking.quota) {
            return Err(why.to_string());
        }
        let party = u8::try_from(typed.seated.len()).unwrap_or(1).max(1);
        let trip = Trip { from, to, date, party, class: Some(booking.class), quota: booking.quota };
        *cx.draft_mut() = Draft { party, typed, ..Draft::default() };
        cx.reset_to(Search::again(trip));
        Ok(())
    }
}

fn place(code: StationCode, world: &World) -> Result<Place, String> {
    let station = world.stations.get(code).cloned();
    let name = || format!("No train calls at {code} any more: search from another station.");
    station.map(Place::Station).ok_or_else(name)
}

/// Whoever goes there stays a night.
fn day_after(booking: &Booking) -> NaiveDate {
    let arrives = booking.to.at.date();
    arrives.checked_add_days(Days::new(1)).unwrap_or(arrives)
}

/// The date of the journey while it is on sale, and else the next such day of the week.
fn same_day(date: NaiveDate, (first, last): (NaiveDate, NaiveDate)) -> NaiveDate {
    if (first..=last).contains(&date) {
        return date;
    }
    let ahead = (7 + date.weekday().num_days_from_monday() - first.weekday().num_days_from_monday()) % 7;
    first.checked_add_days(Days::new(ahead.into())).unwrap_or(first)
}

/// The form of passengers as those who still travel would fill it; all of them where nobody does any more.
fn typed(booking: &Booking, phone: &str) -> Typed {
    let left = || booking.passengers.iter().filter(|booked| booked.place != Given::Cancelled);
    let who: Vec<_> = if left().next().is_some() { left().collect() } else { booking.passengers.iter().collect() };
    let of = |accommodation: Accommodation| {
        let those = who.iter().map(|booked| &booked.passenger).filter(move |one| one.accommodation == accommodation);
        let typed = those.map(|passenger| TypedPassenger {
            name: passenger.name.to_string(),
            age: passenger.age.to_string(),
            gender: Some(passenger.gender),
            preference: passenger.preference,
            unread: None,
        });
        typed.collect()
    };
    Typed { seated: of(Accommodation::Berth), lap: of(Accommodation::Lap), phone: phone.to_owned() }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use rstest::rstest;

    use super::same_day;

    /// On sale are 1 December 2026, a Tuesday, and sixty days more.
    #[rstest]
    #[case("2026-12-24", "2026-12-24")]
    #[case("2026-11-20", "2026-12-04")]
    #[case("2026-11-24", "2026-12-01")]
    #[case("2026-11-29", "2026-12-06")]
    fn a_journey_again_is_on_the_same_day_of_the_week(#[case] before: NaiveDate, #[case] again: NaiveDate) {
        let date = |text: &str| text.parse::<NaiveDate>().expect("a date");
        assert_eq!(same_day(before, (date("2026-12-01"), date("2027-01-30"))), again);
    }
}
