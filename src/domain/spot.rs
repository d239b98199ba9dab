//! What of a coach somebody can have: a berth, half of one, or nothing of it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::coach::BerthRef;

/// What one mask is kept for: a berth, or a half of one that two passengers with reservation against cancellation share.
///
/// A berth that can be shared always has two masks, one for each half, and whoever has the whole of it has both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Spot {
    /// The berth's number, from 1.
    pub number: u8,
    /// Which part of it.
    pub part: Part,
}

/// A part of a berth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Part {
    /// All of a berth that nobody shares.
    #[default]
    Whole,
    /// The one half of a shared berth, `a`.
    First,
    /// The other half, `b`.
    Second,
}

impl Part {
    /// The halves of a shared berth.
    pub const HALVES: [Self; 2] = [Self::First, Self::Second];
}

/// A text that is no part of a coach.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is not a berth or half of one: write its number, and a or b for a half, such as 23 or 7a")]
pub struct BadSpot(String);

impl Spot {
    /// A half of a shared berth, or the whole of another.
    pub const fn new(number: u8, part: Part) -> Self {
        Self { number, part }
    }
}

/// The whole of a berth that nobody shares.
impl From<u8> for Spot {
    fn from(number: u8) -> Self {
        Self { number, part: Part::Whole }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = match self.part {
            Part::Whole => "",
            Part::First => "a",
            Part::Second => "b",
        };
        write!(f, "{}{half}", self.number)
    }
}

impl FromStr for Spot {
    type Err = BadSpot;
    fn from_str(text: &str) -> Result<Self, BadSpot> {
        let (number, part) = match text.as_bytes().last() {
            Some(b'a') => (&text[..text.len() - 1], Part::First),
            Some(b'b') => (&text[..text.len() - 1], Part::Second),
            _ => (text, Part::Whole),
        };
        let number = number.parse().ok().filter(|number| *number > 0);
        number.map(|number| Self { number, part }).ok_or_else(|| BadSpot(text.to_owned()))
    }
}

impl TryFrom<String> for Spot {
    type Error = BadSpot;
    fn try_from(text: String) -> Result<Self, BadSpot> {
        text.parse()
    }
}

impl From<Spot> for String {
    fn from(spot: Spot) -> Self {
        spot.to_string()
    }
}

/// A half of a berth that two passengers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SharedBerth {
    /// The berth.
    pub berth: BerthRef,
    /// Which half.
    pub part: Part,
}

impl SharedBerth {
    /// The spot of the coach that it is.
    pub const fn spot(self) -> Spot {
        Spot::new(self.berth.number, self.part)
    }
}

/// What one passenger of a party is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Grant {
    /// A berth of their own.
    Berth(BerthRef),
    /// Half of a berth.
    Shared(SharedBerth),
    /// A place on the waiting list, which is theirs only once they have paid.
    Waiting,
    /// The right to travel in the unreserved coaches.
    Unreserved,
}

impl Grant {
    /// The berth, where it is theirs alone.
    pub const fn berth(self) -> Option<BerthRef> {
        if let Self::Berth(berth) = self { Some(berth) } else { None }
    }

    /// Whether it puts them into a queue.
    pub const fn is_queued(self) -> bool {
        matches!(self, Self::Shared(_) | Self::Waiting)
    }
}
