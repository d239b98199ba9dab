//! A whole number of any size that is written and read digit by digit, each digit in a base of its own.
//!
//! Digits of mixed bases waste no bits between them: a berth of 120 costs 6.9 bits and not 7 or 8.

/// A number of any size, lowest byte first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Number(Vec<u8>);

impl Number {
    /// The number that `bytes` spell, lowest byte first.
    pub fn from_bytes(bytes: impl IntoIterator<Item = u8>) -> Self {
        Self(bytes.into_iter().collect())
    }

    /// Appends a digit in base `base`; [`Number::pop`] takes it off again.
    pub fn push(&mut self, digit: u64, base: u64) {
        debug_assert!(digit < base, "{digit} is no digit of base {base}");
        let mut carry = u128::from(digit);
        for byte in &mut self.0 {
            carry += u128::from(*byte) * u128::from(base);
            *byte = carry as u8;
            carry >>= 8;
        }
        while carry > 0 {
            self.0.push(carry as u8);
            carry >>= 8;
        }
    }

    /// Takes the last digit off, in base `base`.
    pub fn pop(&mut self, base: u64) -> u64 {
        let mut rest = 0_u128;
        for byte in self.0.iter_mut().rev() {
            rest = rest << 8 | u128::from(*byte);
            *byte = (rest / u128::from(base)) as u8;
            rest %= u128::from(base);
        }
        u64::try_from(rest).expect("a remainder is below its divisor")
    }

    /// Whether nothing is left.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    /// The bytes, lowest first, without zeros above the highest that counts.
    pub fn to_bytes(&self) -> &[u8] {
        let len = self.0.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        &self.0[..len]
    }

    /// Exactly `len` bytes, lowest first; `None` if the number needs more.
    pub fn into_bytes(self, len: usize) -> Option<Vec<u8>> {
        let mut bytes = self.to_bytes().to_vec();
        if bytes.len() > len {
            return None;
        }
        bytes.resize(len, 0);
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Number;

    proptest! {
        #[test]
        fn digits_come_off_as_they_went_on(digits: Vec<(u64, u64)>) {
            let digits: Vec<_> = digits.into_iter().map(|(digit, base)| (digit % base.max(2), base.max(2))).collect();
            let mut number = Number::default();
            for (digit, base) in &digits {
                number.push(*digit, *base);
            }
            for (digit, base) in digits.iter().rev() {
                prop_assert_eq!(number.pop(*base), *digit);
            }
            prop_assert!(number.is_zero());
        }
    }
}
