//! Money as integer paise. There are no floats and no currencies: the railway sells in rupees.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An amount of money in paise (hundredths of a rupee); negative for money that flows back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Paise(i64);

impl Paise {
    /// Nothing at all.
    pub const ZERO: Self = Self(0);

    /// An amount given in paise.
    pub const fn new(paise: i64) -> Self {
        Self(paise)
    }

    /// An amount given in whole rupees.
    pub const fn rupees(rupees: i64) -> Self {
        Self(rupees * 100)
    }

    /// The amount in paise.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The smallest multiple of `step` that is not below this amount. A `step` of zero or less changes nothing.
    pub const fn round_up_to(self, step: Self) -> Self {
        if step.0 <= 0 {
            return self;
        }
        let over = self.0.rem_euclid(step.0);
        if over == 0 { self } else { Self(self.0 - over + step.0) }
    }

    /// `basis_points` hundredths of a percent of this amount, rounded half up to a paisa.
    pub const fn basis_points(self, basis_points: i64) -> Self {
        Self((self.0 * basis_points + 5_000).div_euclid(10_000))
    }
}

/// Writes `4,042.50`, grouped the Indian way (`1,23,456.00`), without a currency sign.
impl fmt::Display for Paise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rupees, paise) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        let sign = if self.0 < 0 { "-" } else { "" };
        f.pad(&format!("{sign}{}.{paise:02}", group(rupees)))
    }
}

/// A text that is no amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("Type an amount in rupees, such as 3,782.50.")]
pub struct BadAmount;

/// Reads what a person types: rupees, with or without groups, and paise with two digits if there are any.
impl FromStr for Paise {
    type Err = BadAmount;

    fn from_str(text: &str) -> Result<Self, BadAmount> {
        let plain: String = text.trim().chars().filter(|c| *c != ',').collect();
        let (rupees, paise) = match plain.split_once('.') {
            Some((rupees, paise)) if paise.len() == 2 => (rupees, paise),
            Some(_) => return Err(BadAmount),
            None => (plain.as_str(), "00"),
        };
        let number = |digits: &str| {
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<i64>().ok().filter(|_| is_number).ok_or(BadAmount)
        };
        let (rupees, paise) = (number(rupees)?, number(paise)?);
        rupees.checked_mul(100).and_then(|rupees| rupees.checked_add(paise)).map(Self).ok_or(BadAmount)
    }
}

/// Groups the last three digits, and then pairs: `1234567` is `12,34,567`.
fn group(rupees: u64) -> String {
    let digits = rupees.to_string();
    let mut out = String::with_capacity(digits.len() + 4);
    for (i, digit) in digits.chars().enumerate() {
        let left = digits.len() - i;
        if i > 0 && (left == 3 || (left > 3 && left % 2 == 1)) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl Add for Paise {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Paise {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Paise {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Paise {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Mul<i64> for Paise {
    type Output = Self;
    fn mul(self, times: i64) -> Self {
        Self(self.0 * times)
    }
}

impl Sum for Paise {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::Paise;

    #[rstest]
    #[case(0, "0.00")]
    #[case(5, "0.05")]
    #[case(404_250, "4,042.50")]
    #[case(12_345_678, "1,23,456.78")]
    #[case(1_234_567_890, "1,23,45,678.90")]
    #[case(-60_00, "-60.00")]
    fn reads_the_indian_way(#[case] paise: i64, #[case] shown: &str) {
        assert_eq!(Paise::new(paise).to_string(), shown);
    }

    #[rstest]
    #[case("3782.50", Some(378_250))]
    #[case(" 3,782.50 ", Some(378_250))]
    #[case("12,34,567", Some(123_456_700))]
    #[case("0", Some(0))]
    #[case("0.05", Some(5))]
    #[case("", None)]
    #[case(".50", None)]
    #[case("3.5", None)]
    #[case("-3", None)]
    #[case("+3", None)]
    #[case("3.+1", None)]
    #[case("three", None)]
    #[case("99999999999999999999", None)]
    #[case("92233720368547758.08", None)]
    fn is_read_as_people_type_it(#[case] typed: &str, #[case] paise: Option<i64>) {
        assert_eq!(typed.parse().ok(), paise.map(Paise::new));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(paise in 0..i64::MAX) {
            prop_assert_eq!(Paise::new(paise).to_string().parse(), Ok(Paise::new(paise)));
        }

        #[test]
        fn rounding_up_gives_the_next_multiple(amount in 0..10_000_000_i64, step in 1..10_000_i64) {
            let rounded = Paise::new(amount).round_up_to(Paise::new(step)).get();
            prop_assert!(rounded >= amount && rounded - amount < step && rounded % step == 0);
        }
    }
}
