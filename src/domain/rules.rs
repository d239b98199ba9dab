//! The railway's rules as dated data: rates, windows and limits come from files, never from code.

use chrono::{NaiveDate, NaiveTime};

/// All rules, each kind by the date from which it holds.
#[derive(Clone, Debug)]
pub struct Rules {
    fares: Vec<FareRules>,
    booking: Vec<BookingRules>,
}

/// What a fare is reckoned from.
#[derive(Clone, Debug)]
pub struct FareRules {
    /// Names the rules on a booking.
    pub id: String,
    /// The first date of booking to which they apply.
    pub from: NaiveDate,
}

/// When and how much may be booked.
#[derive(Clone, Debug)]
pub struct BookingRules {
    /// Names the rules.
    pub id: String,
    /// The first date of booking to which they apply.
    pub from: NaiveDate,
    /// How many days before the run's date sales open; that date itself does not count.
    pub window_days: u16,
    /// The railway's time of day at which a new date opens.
    pub opens_at: NaiveTime,
    /// The largest party of one booking, children on laps included.
    pub max_party: u8,
    /// Minutes before departure from the boarding halt at which sales end.
    pub closes_minutes: u16,
}

impl Rules {
    /// The fare rules in force on a date of booking: the last that had begun, or the first of all.
    pub fn fares_on(&self, booked: NaiveDate) -> &FareRules {
        let begun = self.fares.iter().rev().find(|rules| rules.from <= booked);
        begun.unwrap_or(&self.fares[0])
    }

    /// The booking rules in force on a date of booking: the last that had begun, or the first of all.
    pub fn booking_on(&self, booked: NaiveDate) -> &BookingRules {
        let begun = self.booking.iter().rev().find(|rules| rules.from <= booked);
        begun.unwrap_or(&self.booking[0])
    }
}
