//! Who travels: a name that can be printed, an age, and what berth they would like.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::coach::BerthType;
use crate::domain::text::is_hidden;

/// A person's name as it is printed on the ticket and the chart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadName {
    /// Nothing but spaces.
    #[error("Type the passenger's name as it stands on their identity card.")]
    Empty,
    /// Longer than a chart's line.
    #[error("A name has at most {max} characters: shorten it, keeping the surname.", max = PersonName::MAX)]
    TooLong,
    /// Control, bidirectional or invisible characters.
    #[error("The name has a character that cannot be printed: type it again without it.")]
    Unprintable,
}

impl PersonName {
    /// What fits on a line of the chart and of the receipt.
    pub const MAX: usize = 40;

    /// Checks a name; runs of spaces become one.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        if text.chars().any(is_hidden) {
            return Err(BadName::Unprintable);
        }
        let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match name.chars().count() {
            0 => Err(BadName::Empty),
            length if length > Self::MAX => Err(BadName::TooLong),
            _ => Ok(Self(name)),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for PersonName {
    type Error = BadName;
    fn try_from(text: String) -> Result<Self, BadName> {
        Self::parse(&text)
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

/// An age in completed years, 0 to 125.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Age(u8);

/// A number that is no age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("An age is a number of completed years from 0 to 125.")]
pub struct BadAge;

impl Age {
    /// The age in completed years.
    pub const fn years(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Age {
    type Error = BadAge;
    fn try_from(years: u8) -> Result<Self, BadAge> {
        if years <= 125 { Ok(Self(years)) } else { Err(BadAge) }
    }
}

impl FromStr for Age {
    type Err = BadAge;
    fn from_str(text: &str) -> Result<Self, BadAge> {
        text.trim().parse::<u8>().map_err(|_| BadAge).and_then(Self::try_from)
    }
}

impl From<Age> for u8 {
    fn from(age: Age) -> Self {
        age.0
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

/// A passenger's gender as the railway's form asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Gender {
    /// Female, `F`.
    #[serde(rename = "F")]
    Female,
    /// Male, `M`.
    #[serde(rename = "M")]
    Male,
    /// Transgender, `T`.
    #[serde(rename = "T")]
    Transgender,
}

impl Gender {
    /// All answers of the form.
    pub const ALL: [Self; 3] = [Self::Female, Self::Male, Self::Transgender];

    /// The form's letter.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Female => "F",
            Self::Male => "M",
            Self::Transgender => "T",
        }
    }

    /// The answer in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
            Self::Transgender => "transgender",
        }
    }
}

impl fmt::Display for Gender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// What a passenger sits or lies on. A child below the age of the rules may travel without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Accommodation {
    /// A berth or seat of their own.
    #[default]
    Berth,
    /// With an adult, on no berth of their own.
    Lap,
}

/// A passenger of a booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Passenger {
    /// Name as on the identity card.
    pub name: PersonName,
    /// Age on the day of travel.
    pub age: Age,
    /// Gender.
    pub gender: Gender,
    /// The berth they would like; `None` when any will do.
    pub preference: Option<BerthType>,
    /// Whether they take a berth.
    pub accommodation: Accommodation,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{BadName, PersonName};

    #[rstest]
    #[case("  Anita   Sharma ", Ok("Anita Sharma"))]
    #[case("अनीता शर्मा", Ok("अनीता शर्मा"))]
    #[case("   ", Err(BadName::Empty))]
    #[case("Anita\u{202e}amrahS", Err(BadName::Unprintable))]
    #[case("Anita\nSharma", Err(BadName::Unprintable))]
    #[case("A name that would run over the edge of every chart", Err(BadName::TooLong))]
    fn names_can_be_printed(#[case] typed: &str, #[case] read: Result<&str, BadName>) {
        assert_eq!(PersonName::parse(typed).as_ref().map(PersonName::as_str), read.as_ref().copied());
    }
}
