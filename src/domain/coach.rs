//! Classes, coaches and the berths in them.
//!
//! Berth types follow from a berth's number and the coach's class: bays repeat (`indian-railways` reference, 2.1).
//! Composite coaches (half 1A, half 2A) are deliberately absent: a coach has one class.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::text::inline_code;

inline_code! {
    /// A coach's letter and number, such as `B2`.
    CoachId, 4, BadCoachId, "'{0}' is not a coach: write its letter and number, such as B2"
}

/// A class of travel, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// First class with air conditioning: cabins and coupés.
    #[serde(rename = "1A")]
    FirstAc,
    /// Executive chair car.
    #[serde(rename = "EC")]
    ExecutiveChair,
    /// Two tiers with air conditioning.
    #[serde(rename = "2A")]
    SecondAc,
    /// Three tiers with air conditioning.
    #[serde(rename = "3A")]
    ThirdAc,
    /// Three tiers with air conditioning, economy.
    #[serde(rename = "3E")]
    ThirdAcEconomy,
    /// Chair car with air conditioning.
    #[serde(rename = "CC")]
    ChairCar,
    /// Three tiers without air conditioning.
    #[serde(rename = "SL")]
    Sleeper,
    /// Seats without air conditioning.
    #[serde(rename = "2S")]
    SecondSitting,
    /// Any free seat of the unreserved coaches, which are not counted: there is nothing to hold.
    #[serde(rename = "UR")]
    Unreserved,
}

/// A text that is no class.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is not a class: write 1A, EC, 2A, 3A, 3E, CC, SL, 2S or UR")]
pub struct BadClass(String);

impl Class {
    /// All classes, best first.
    pub const ALL: [Self; 9] = [
        Self::FirstAc,
        Self::ExecutiveChair,
        Self::SecondAc,
        Self::ThirdAc,
        Self::ThirdAcEconomy,
        Self::ChairCar,
        Self::Sleeper,
        Self::SecondSitting,
        Self::Unreserved,
    ];

    /// The classes with numbered berths or seats, best first: all but the unreserved one.
    pub const RESERVED: [Self; 8] = [
        Self::FirstAc,
        Self::ExecutiveChair,
        Self::SecondAc,
        Self::ThirdAc,
        Self::ThirdAcEconomy,
        Self::ChairCar,
        Self::Sleeper,
        Self::SecondSitting,
    ];

    /// The railway's code, such as `3A`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::FirstAc => "1A",
            Self::ExecutiveChair => "EC",
            Self::SecondAc => "2A",
            Self::ThirdAc => "3A",
            Self::ThirdAcEconomy => "3E",
            Self::ChairCar => "CC",
            Self::Sleeper => "SL",
            Self::SecondSitting => "2S",
            Self::Unreserved => "UR",
        }
    }

    /// The class in a traveller's words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::FirstAc => "AC first class",
            Self::ExecutiveChair => "executive chair car",
            Self::SecondAc => "AC 2 tier",
            Self::ThirdAc => "AC 3 tier",
            Self::ThirdAcEconomy => "AC 3 tier economy",
            Self::ChairCar => "AC chair car",
            Self::Sleeper => "sleeper",
            Self::SecondSitting => "second sitting",
            Self::Unreserved => "unreserved",
        }
    }

    /// Whether its coaches are air-conditioned (they bear GST, and open for Tatkal an hour earlier).
    pub const fn is_ac(self) -> bool {
        !matches!(self, Self::Sleeper | Self::SecondSitting | Self::Unreserved)
    }

    /// Whether it has seats rather than berths.
    pub const fn is_seating(self) -> bool {
        matches!(self, Self::ExecutiveChair | Self::ChairCar | Self::SecondSitting | Self::Unreserved)
    }

    /// The letter with which the railway marks this class's coaches; unreserved coaches are not listed.
    pub const fn coach_letter(self) -> Option<char> {
        match self {
            Self::FirstAc => Some('H'),
            Self::ExecutiveChair => Some('E'),
            Self::SecondAc => Some('A'),
            Self::ThirdAc => Some('B'),
            Self::ThirdAcEconomy => Some('M'),
            Self::ChairCar => Some('C'),
            Self::Sleeper => Some('S'),
            Self::SecondSitting => Some('D'),
            Self::Unreserved => None,
        }
    }

    /// Berths or seats of a coach of this class, by the kind of rake it is built for (reference 2.1).
    pub const fn berths(self, rake: Rake) -> u8 {
        match (self, rake) {
            (Self::FirstAc, Rake::Lhb) => 24,
            (Self::FirstAc, Rake::Icf) => 18,
            (Self::ExecutiveChair, _) => 56,
            (Self::SecondAc, Rake::Lhb) => 54,
            (Self::SecondAc, Rake::Icf) => 46,
            (Self::ThirdAc, Rake::Lhb) => 72,
            (Self::ThirdAc, Rake::Icf) => 64,
            (Self::ThirdAcEconomy, _) => 83,
            (Self::ChairCar, Rake::Lhb) => 78,
            (Self::ChairCar, Rake::Icf) => 73,
            (Self::Sleeper, Rake::Lhb) => 80,
            (Self::Sleeper, Rake::Icf) => 72,
            (Self::SecondSitting, _) => 108,
            (Self::Unreserved, _) => 0,
        }
    }

    /// The berth types of one bay in the order of their numbers; never empty.
    pub const fn bay(self) -> &'static [BerthType] {
        use BerthType::{Aisle, Lower, Middle, SideLower, SideUpper, Upper, Window};
        match self {
            Self::FirstAc => &[Lower, Upper],
            Self::SecondAc => &[Lower, Upper, Lower, Upper, SideLower, SideUpper],
            Self::ThirdAc | Self::ThirdAcEconomy | Self::Sleeper => {
                &[Lower, Middle, Upper, Lower, Middle, Upper, SideLower, SideUpper]
            }
            Self::ExecutiveChair => &[Window, Aisle, Aisle, Window],
            Self::ChairCar => &[Window, BerthType::MiddleSeat, Aisle, Aisle, Window],
            // No coach has the unreserved class; its bay is that of the same benches.
            Self::SecondSitting | Self::Unreserved => {
                &[Window, BerthType::MiddleSeat, Aisle, Aisle, BerthType::MiddleSeat, Window]
            }
        }
    }

    /// The type of berth `number` of a coach of this class, counted from 1.
    pub fn berth_type(self, number: u8) -> BerthType {
        let bay = self.bay();
        bay[usize::from(number.saturating_sub(1)) % bay.len()]
    }
}

impl FromStr for Class {
    type Err = BadClass;

    fn from_str(text: &str) -> Result<Self, BadClass> {
        let found = Self::ALL.into_iter().find(|class| class.code().eq_ignore_ascii_case(text));
        found.ok_or_else(|| BadClass(text.to_owned()))
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// How a coach is built: the older integral coach, or the longer Linke Hofmann Busch one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rake {
    /// Integral Coach Factory design.
    Icf,
    /// Linke Hofmann Busch design.
    Lhb,
}

/// Where a berth or seat is in its bay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BerthType {
    /// Lower berth, `LB`.
    #[serde(rename = "LB")]
    Lower,
    /// Middle berth, `MB`.
    #[serde(rename = "MB")]
    Middle,
    /// Upper berth, `UB`.
    #[serde(rename = "UB")]
    Upper,
    /// Side lower berth, `SL`.
    #[serde(rename = "SL")]
    SideLower,
    /// Side upper berth, `SU`.
    #[serde(rename = "SU")]
    SideUpper,
    /// Window seat, `WS`.
    #[serde(rename = "WS")]
    Window,
    /// Middle seat, `MS`.
    #[serde(rename = "MS")]
    MiddleSeat,
    /// Aisle seat, `AS`.
    #[serde(rename = "AS")]
    Aisle,
}

impl BerthType {
    /// The railway's code, such as `LB`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Lower => "LB",
            Self::Middle => "MB",
            Self::Upper => "UB",
            Self::SideLower => "SL",
            Self::SideUpper => "SU",
            Self::Window => "WS",
            Self::MiddleSeat => "MS",
            Self::Aisle => "AS",
        }
    }

    /// The place in words, such as `side lower`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Middle => "middle",
            Self::Upper => "upper",
            Self::SideLower => "side lower",
            Self::SideUpper => "side upper",
            Self::Window => "window",
            Self::MiddleSeat => "middle seat",
            Self::Aisle => "aisle",
        }
    }

    /// Whether it can be reached without climbing.
    pub const fn is_low(self) -> bool {
        matches!(self, Self::Lower | Self::SideLower)
    }
}

impl fmt::Display for BerthType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// A coach of a train: one class, berths numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", try_from = "CoachParts")]
pub struct Coach {
    id: CoachId,
    class: Class,
    berths: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CoachParts {
    id: CoachId,
    class: Class,
    berths: u8,
}

/// Why parts make no coach.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadCoach {
    /// No berths, or more than any coach has.
    #[error("coach {coach} has {berths} berths: a coach has 1 to {max}", max = Coach::MAX_BERTHS)]
    Berths {
        /// The coach.
        coach: CoachId,
        /// How many it was to have.
        berths: u8,
    },
    /// A coach without numbered berths.
    #[error(
        "coach {coach} is unreserved: name reserved coaches only, the kind of train says whether it carries others"
    )]
    Unreserved {
        /// The coach.
        coach: CoachId,
    },
}

impl Coach {
    /// The largest reserved coach has 108 seats; 120 leave room for a correction.
    pub const MAX_BERTHS: u8 = 120;

    /// A coach with a given number of berths.
    pub fn new(id: CoachId, class: Class, berths: u8) -> Result<Self, BadCoach> {
        if class == Class::Unreserved {
            return Err(BadCoach::Unreserved { coach: id });
        }
        if (1..=Self::MAX_BERTHS).contains(&berths) {
            Ok(Self { id, class, berths })
        } else {
            Err(BadCoach::Berths { coach: id, berths })
        }
    }

    /// Its letter and number.
    pub const fn id(&self) -> CoachId {
        self.id
    }

    /// Its class.
    pub const fn class(&self) -> Class {
        self.class
    }

    /// How many berths or seats it has; they are numbered from 1.
    pub const fn berths(&self) -> u8 {
        self.berths
    }

    /// The berths' numbers in order.
    pub fn numbers(&self) -> impl DoubleEndedIterator<Item = u8> + use<> {
        1..=self.berths
    }

    /// The type of berth `number`, counted from 1.
    pub fn berth_type(&self, number: u8) -> BerthType {
        self.class.berth_type(number)
    }

    /// The bay, row or cabin in which berth `number` is, counted from 0.
    pub fn bay_of(&self, number: u8) -> usize {
        usize::from(number.saturating_sub(1)) / self.class.bay().len()
    }
}

impl TryFrom<CoachParts> for Coach {
    type Error = BadCoach;
    fn try_from(parts: CoachParts) -> Result<Self, BadCoach> {
        Self::new(parts.id, parts.class, parts.berths)
    }
}

/// One berth of a run: `B2-20`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BerthRef {
    /// The coach.
    pub coach: CoachId,
    /// The berth's number in it, from 1.
    pub number: u8,
}

impl fmt::Display for BerthRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.coach, self.number))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{BadCoach, Class, Coach, CoachId, Rake};

    #[rstest]
    #[case(Class::ThirdAc, 1, "LB")]
    #[case(Class::ThirdAc, 23, "SL")]
    #[case(Class::ThirdAc, 72, "SU")]
    #[case(Class::SecondAc, 5, "SL")]
    #[case(Class::SecondAc, 46, "UB")]
    #[case(Class::FirstAc, 4, "UB")]
    #[case(Class::ChairCar, 76, "WS")]
    #[case(Class::SecondSitting, 108, "WS")]
    #[case(Class::ThirdAcEconomy, 83, "UB")]
    fn a_berth_s_number_tells_its_type(#[case] class: Class, #[case] number: u8, #[case] code: &str) {
        let id = CoachId::parse("X1").expect("valid");
        let coach = Coach::new(id, class, class.berths(Rake::Lhb)).expect("valid");
        assert_eq!(coach.berth_type(number).code(), code);
    }

    #[test]
    fn a_coach_has_numbered_berths() {
        let id = CoachId::parse("X1").expect("valid");
        assert_eq!(Coach::new(id, Class::Unreserved, 90), Err(BadCoach::Unreserved { coach: id }));
        assert_eq!(Coach::new(id, Class::Sleeper, 0), Err(BadCoach::Berths { coach: id, berths: 0 }));
        let stored = serde_json::json!({ "Id": "X1", "Class": "UR", "Berths": 90 });
        let error = serde_json::from_value::<Coach>(stored).expect_err("refused").to_string();
        assert!(error.contains("name reserved coaches only"), "{error}");
    }

    #[test]
    fn reserved_classes_are_all_but_one() {
        let reserved = Class::ALL.into_iter().filter(|class| *class != Class::Unreserved);
        assert!(reserved.eq(Class::RESERVED));
        assert_eq!("ur".parse(), Ok(Class::Unreserved));
    }
}
