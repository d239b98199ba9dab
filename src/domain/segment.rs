//! The segments of a run: what is between two halts, sets of them, and the leg that a passenger travels.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The most segments of a run: a set of them is one number of at most 38 decimal digits.
pub const MAX_SEGMENTS: usize = 126;

/// A set of a run's segments, at most 126.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SegmentMask(u128);

/// A number that is no set of segments.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is not a set of segments")]
pub struct BadMask(String);

impl SegmentMask {
    /// No segment.
    pub const EMPTY: Self = Self(0);

    /// The segments from halt `from` to halt `to`.
    pub const fn of(from: u8, to: u8) -> Self {
        Self(((1 << to) - 1) & !((1 << from) - 1))
    }

    /// Whether no segment is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether any segment is in both.
    pub const fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether every segment of `other` is in it.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The segments in either.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The segments in this one and not in `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether segment `index` is in it.
    pub const fn has(self, index: u8) -> bool {
        self.0 >> index & 1 == 1
    }

    /// How many segments are in it.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// How many segments right before and right after a leg are not in it, on a run of `segments`.
    pub const fn gap_around(self, leg: Leg, segments: u8) -> u32 {
        let below = self.0 & ((1 << leg.from) - 1);
        let before = leg.from as u32 - (u128::BITS - below.leading_zeros());
        let beyond_the_end = !0 << segments;
        let after = ((self.0 | beyond_the_end) >> leg.to).trailing_zeros();
        before + after
    }
}

/// The decimal number under which the store keeps the mask.
impl fmt::Display for SegmentMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for SegmentMask {
    type Err = BadMask;
    fn from_str(text: &str) -> Result<Self, BadMask> {
        let bits: u128 = text.parse().map_err(|_| BadMask(text.to_owned()))?;
        if bits >> MAX_SEGMENTS == 0 { Ok(Self(bits)) } else { Err(BadMask(text.to_owned())) }
    }
}

impl TryFrom<String> for SegmentMask {
    type Error = BadMask;
    fn try_from(text: String) -> Result<Self, BadMask> {
        text.parse()
    }
}

impl From<SegmentMask> for String {
    fn from(mask: SegmentMask) -> Self {
        mask.to_string()
    }
}

/// What a passenger travels: from one halt of a run to a later one, by their places in the list of halts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u8, u8)", into = "(u8, u8)")]
pub struct Leg {
    from: u8,
    to: u8,
}

/// A leg that does not go forward along a train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a leg goes from a halt to a later one: {from} to {to} does not")]
pub struct BadLeg {
    from: u8,
    to: u8,
}

impl Leg {
    /// A leg between two halts, counted from 0.
    pub const fn new(from: u8, to: u8) -> Result<Self, BadLeg> {
        if from < to && to as usize <= MAX_SEGMENTS { Ok(Self { from, to }) } else { Err(BadLeg { from, to }) }
    }

    /// The halt at which it begins, counted from 0.
    pub const fn from(self) -> u8 {
        self.from
    }

    /// The halt at which it ends, counted from 0.
    pub const fn to(self) -> u8 {
        self.to
    }

    /// The segments it covers: bits `from` to `to - 1`.
    pub const fn mask(self) -> SegmentMask {
        SegmentMask::of(self.from, self.to)
    }
}

impl TryFrom<(u8, u8)> for Leg {
    type Error = BadLeg;
    fn try_from((from, to): (u8, u8)) -> Result<Self, BadLeg> {
        Self::new(from, to)
    }
}

impl From<Leg> for (u8, u8) {
    fn from(leg: Leg) -> Self {
        (leg.from, leg.to)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Leg, MAX_SEGMENTS, SegmentMask};

    proptest! {
        #[test]
        fn a_gap_ends_at_the_next_segment_that_is_taken_or_at_the_end_of_the_run(
            bits in any::<[u128; 3]>(), segments in 1..=MAX_SEGMENTS as u8, ends in any::<[prop::sample::Index; 2]>()
        ) {
            // Few bits, so that some gaps are long.
            let mask = SegmentMask((bits[0] & bits[1] & bits[2]) & ((1 << segments) - 1));
            let [one, other] = ends.map(|end| end.index(usize::from(segments) + 1) as u8);
            let Ok(leg) = Leg::new(one.min(other), one.max(other)) else { return Ok(()) };
            let before = (0..leg.from()).rev().take_while(|segment| !mask.has(*segment)).count();
            let after = (leg.to()..segments).take_while(|segment| !mask.has(*segment)).count();
            prop_assert_eq!(mask.gap_around(leg, segments), (before + after) as u32);
        }
    }
}
