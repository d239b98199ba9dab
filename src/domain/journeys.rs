//! Which of somebody's bookings are meant when they look through them.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use thiserror::Error;

use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::time::railway_time;

/// How far their journeys have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Journeys {
    /// Whatever became of them.
    #[default]
    All,
    /// The train has not arrived yet, and somebody may still travel.
    Upcoming,
    /// The train has arrived.
    Past,
    /// Given up, cancelled by the railway, or never paid.
    Cancelled,
}

/// A word that names no kind of journeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("journeys are all, upcoming, past or cancelled")]
pub struct BadJourneys;

impl Journeys {
    /// All kinds, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::All, Self::Upcoming, Self::Past, Self::Cancelled];

    /// The kind in a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Upcoming => "upcoming",
            Self::Past => "past",
            Self::Cancelled => "cancelled",
        }
    }

    fn include(self, booking: &Booking, now: DateTime<Utc>) -> bool {
        let is_over = booking.status == BookingStatus::Cancelled || booking.has_lapsed(now);
        let has_arrived = booking.to.at < railway_time(now);
        match self {
            Self::All => true,
            Self::Upcoming => !is_over && !has_arrived,
            Self::Past => !is_over && has_arrived,
            Self::Cancelled => is_over,
        }
    }
}

impl fmt::Display for Journeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Journeys {
    type Err = BadJourneys;

    fn from_str(text: &str) -> Result<Self, BadJourneys> {
        Self::ALL.into_iter().find(|kind| kind.word() == text).ok_or(BadJourneys)
    }
}

/// Which bookings are meant; what is empty leaves out none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JourneyFilter {
    /// How far they have come.
    pub journeys: Journeys,
    /// The day on which the party boards.
    pub on: Option<NaiveDate>,
    /// Words, each of which is in the PNR, a passenger's name, the train's number or name, or a station's code or name.
    pub words: String,
}

impl JourneyFilter {
    /// Whether it leaves anything out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a booking is meant at a moment.
    pub fn includes(&self, booking: &Booking, now: DateTime<Utc>) -> bool {
        self.journeys.include(booking, now)
            && self.on.is_none_or(|day| booking.boards().at.date() == day)
            && self.words.split_whitespace().all(|word| has(booking, &word.to_lowercase()))
    }
}

fn has(booking: &Booking, word: &str) -> bool {
    let pnr = booking.pnr.to_string();
    let names = booking.passengers.iter().map(|booked| booked.passenger.name.as_str());
    let stops = [Some(&booking.from), Some(&booking.to), booking.boarding.as_ref()];
    let stops = stops.into_iter().flatten().flat_map(|stop| [stop.station.as_str(), stop.name.as_str()]);
    let train = [pnr.as_str(), booking.train.as_str(), booking.train_name.as_str()];
    // A PNR is written with a hyphen as well.
    let digits = word.replace('-', "");
    train.into_iter().chain(names).chain(stops).any(|text| text.to_lowercase().contains(word)) || pnr.contains(&digits)
}
