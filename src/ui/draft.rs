//! The journey in work: what one screen of a booking hands to the next.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::coach::{BerthType, Class};
use crate::domain::passenger::{Gender, Passenger};
use crate::domain::quota::Quota;
use crate::domain::station::Place;
use crate::domain::timetable::Journey;
use crate::domain::user::Phone;
use crate::service::request::Hold;

/// The steps of a booking, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// From where to where, and when.
    Search,
    /// Which train and class.
    Train,
    /// Which berths.
    Berths,
    /// Who travels.
    Passengers,
    /// Review and payment.
    Pay,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Search, Self::Train, Self::Berths, Self::Passengers, Self::Pay];

    /// The step in a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Search => "Search",
            Self::Train => "Train",
            Self::Berths => "Berths",
            Self::Passengers => "Passengers",
            Self::Pay => "Pay",
        }
    }
}

/// What was searched for, to be searched for again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trip {
    /// Where it begins.
    pub from: Place,
    /// Where it ends.
    pub to: Place,
    /// The date of boarding.
    pub date: NaiveDate,
    /// How many berths are wanted.
    pub party: u8,
    /// The class that was asked for; `None` for any.
    pub class: Option<Class>,
    /// The quota from which it is bought.
    pub quota: Quota,
}

/// A journey in work. Each step fills its part; going back keeps what was filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Where it begins.
    pub from: Option<Place>,
    /// Where it ends.
    pub to: Option<Place>,
    /// The date of boarding.
    pub date: Option<NaiveDate>,
    /// The chosen train.
    pub journey: Option<Journey>,
    /// The chosen class.
    pub class: Option<Class>,
    /// The quota from which it is bought.
    pub quota: Quota,
    /// How many berths are wanted.
    pub party: u8,
    /// The berths kept for this journey.
    pub hold: Option<Hold>,
    /// Who travels.
    pub passengers: Vec<Passenger>,
    /// The telephone number for news.
    pub phone: Option<Phone>,
    /// The form of passengers as far as it is filled.
    pub typed: Typed,
}

/// A form of passengers, filled or half filled. It outlives the berths: who has to choose again types nothing twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// Those with a berth, in the order of the berths.
    pub seated: Vec<TypedPassenger>,
    /// Children without a berth.
    pub lap: Vec<TypedPassenger>,
    /// The telephone number.
    pub phone: String,
}

/// What is typed of a passenger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedPassenger {
    /// The name.
    pub name: String,
    /// The age.
    pub age: String,
    /// The gender, once it is chosen.
    pub gender: Option<Gender>,
    /// The kind of berth that was chosen for them, rather than fallen to them.
    pub preference: Option<BerthType>,
    /// Why the line of a list that stands here says nobody, until a name is typed.
    pub unread: Option<String>,
}

impl TypedPassenger {
    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Draft {
    /// Until when the berths are kept.
    pub fn held_until(&self) -> Option<DateTime<Utc>> {
        self.hold.as_ref().map(|hold| hold.until)
    }
}
