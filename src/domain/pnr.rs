//! The PNR: ten digits that name a booking.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::train::Zone;

/// A passenger name record's number, ten digits of which the first tells the zone of the train's origin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pnr(u64);

/// A text that is no PNR.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a PNR has ten digits, such as 845-1234567: check the number and type it again")]
pub struct BadPnr;

impl Pnr {
    /// Draws a PNR for a train of `zone` from chance (reference 2.9: the first digit tells the zone's office).
    pub const fn draw(zone: Zone, chance: u64) -> Self {
        let (first, spread) = match zone {
            Zone::SCR => (1, 1),
            Zone::NR | Zone::NCR | Zone::NWR | Zone::NER => (2, 2),
            Zone::SR | Zone::SWR => (4, 2),
            Zone::NFR | Zone::ECR | Zone::ER | Zone::ECoR | Zone::SER | Zone::SECR => (6, 2),
            Zone::CR | Zone::WCR | Zone::WR => (8, 2),
        };
        let rest = chance / spread % 1_000_000_000;
        Self((first + chance % spread) * 1_000_000_000 + rest)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number grouped for reading aloud: `845-1234567`.
    pub fn spoken(self) -> String {
        let digits = self.to_string();
        format!("{}-{}", &digits[..3], &digits[3..])
    }
}

/// Spaces and hyphens are taken as grouping.
impl FromStr for Pnr {
    type Err = BadPnr;

    fn from_str(text: &str) -> Result<Self, BadPnr> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        if digits.len() != 10 || !digits.bytes().all(|b| b.is_ascii_digit()) || digits.starts_with('0') {
            return Err(BadPnr);
        }
        digits.parse().map(Self).map_err(|_| BadPnr)
    }
}

impl fmt::Display for Pnr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl fmt::Debug for Pnr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl TryFrom<String> for Pnr {
    type Error = BadPnr;
    fn try_from(text: String) -> Result<Self, BadPnr> {
        text.parse()
    }
}

impl From<Pnr> for String {
    fn from(pnr: Pnr) -> Self {
        pnr.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Pnr;
    use crate::domain::train::Zone;

    proptest! {
        #[test]
        fn a_drawn_pnr_has_ten_digits_and_reads_back(chance: u64) {
            let pnr = Pnr::draw(Zone::WR, chance);
            prop_assert!((8_000_000_000..10_000_000_000).contains(&pnr.get()));
            prop_assert_eq!(pnr.spoken().parse::<Pnr>().expect("valid"), pnr);
        }
    }
}
