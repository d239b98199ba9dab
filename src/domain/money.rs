//! Money as integer paise. There are no floats and no currencies: the railway sells in rupees.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub};

use serde::{Deserialize, Serialize};

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

    proptest! {
        #[test]
        fn rounding_up_gives_the_next_multiple(amount in 0..10_000_000_i64, step in 1..10_000_i64) {
            let rounded = Paise::new(amount).round_up_to(Paise::new(step)).get();
            prop_assert!(rounded >= amount && rounded - amount < step && rounded % step == 0);
        }
    }
}
