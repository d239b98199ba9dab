//! Parts of a run's way that the railway does not run: it ends before its last halt, or begins behind its first.
//!
//! They lie over the version of the train by which the run is sold, as other times do. What is not run stays so: those who
//! booked it have their money back and were told, and nobody can be asked to come after all.
//!
//! A part in the middle is deliberately absent: whoever travels past it may be carried by others, which is not known here.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::boarding;
use crate::domain::booking::{Booking, BookingStatus, Deed, OpId};
use crate::domain::inventory::RunState;
use crate::domain::segment::{Leg, SegmentMask};
use crate::domain::station::StationCode;
use crate::domain::time::instant;
use crate::domain::train::Train;
use crate::domain::user::AccountId;

/// How many parts of one run are cancelled at most; its item keeps all of them.
pub const MOST: u16 = 10;

/// A part of the way that is not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Gap {
    /// The action; repeated, it is found here and not done again.
    #[serde(rename = "OpID")]
    pub op: OpId,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// By whom; nobody for whoever runs commands on the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AccountId>,
    /// The halt at which the part begins, from 0.
    pub from: u8,
    /// The halt at which it ends.
    pub to: u8,
    /// Why, as people are told.
    pub reason: String,
}

/// A part of a train's way, from one of its halts to a later one, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Stretch {
    /// Where it begins.
    pub from: u8,
    /// Where it ends.
    pub to: u8,
}

/// All parts of a run that are not run, the oldest first; none of most runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Gaps(Vec<Gap>);

/// Why a part of a run is not cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum NoGap {
    /// The run has no such halt.
    #[error("The run does not call there: choose two of its halts.")]
    NoSuchHalt,
    /// The halts are in the other order, or one and the same.
    #[error("The train does not go from {from} to {to}: name first the halt to which it comes first.")]
    Backwards {
        /// What was named as the first.
        from: StationCode,
        /// What was named as the last.
        to: StationCode,
    },
    /// Nothing of its way would be left.
    #[error("So nothing of its way would be left: cancel the run instead.")]
    Whole,
    /// The run would go on behind it.
    #[error("A part is left out where the way begins or ends: name the first halt of the run, or its last.")]
    Middle,
    /// It is not run already.
    #[error("This part is not run already: choose another.")]
    Same,
    /// The train is past it.
    #[error("The train has left {station} by now: choose a halt to which it still comes.")]
    Over {
        /// Where.
        station: StationCode,
    },
    /// It was done too often.
    #[error("Ten parts of this run were cancelled, which is as many as are kept: cancel the run instead.")]
    TooOften,
}

impl Stretch {
    /// Reads the codes of two stations: the train's first call at the one, and its first behind that at the other.
    ///
    /// # Errors
    ///
    /// `NoSuchHalt` or `Backwards`.
    pub fn read(train: &Train, from: &str, to: &str) -> Result<Self, NoGap> {
        let first = train.call_at(from, 0).ok_or(NoGap::NoSuchHalt)?;
        let any = train.call_at(to, 0).ok_or(NoGap::NoSuchHalt)?;
        let station = |at: u8| train.halts()[usize::from(at)].station;
        let last = train.call_at(to, first + 1);
        let last = last.ok_or(NoGap::Backwards { from: station(first), to: station(any) })?;
        Ok(Self { from: first, to: last })
    }

    /// The segments of the way that it has.
    pub const fn mask(self) -> SegmentMask {
        SegmentMask::of(self.from, self.to)
    }

    /// The stations at its ends.
    pub fn ends(self, train: &Train) -> Option<(StationCode, StationCode)> {
        let station = |at: u8| train.halts().get(usize::from(at)).map(|halt| halt.station);
        Some((station(self.from)?, station(self.to)?))
    }
}

impl Gap {
    /// The part.
    pub const fn part(&self) -> Stretch {
        Stretch { from: self.from, to: self.to }
    }
}

impl Gaps {
    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn count(&self) -> u16 {
        u16::try_from(self.0.len()).unwrap_or(u16::MAX)
    }

    /// All of them, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Gap> {
        self.0.iter()
    }

    /// Whether an action made one of them.
    pub fn has(&self, op: OpId) -> bool {
        self.0.iter().any(|gap| gap.op == op)
    }

    /// With one more.
    #[must_use]
    pub fn with(&self, gap: Gap) -> Self {
        Self(self.0.iter().cloned().chain([gap]).collect())
    }

    /// The segments that are not run.
    pub fn mask(&self) -> SegmentMask {
        self.0.iter().fold(SegmentMask::EMPTY, |mask, gap| mask.with(gap.part().mask()))
    }

    /// The first that a leg meets.
    pub fn on(&self, leg: Leg) -> Option<&Gap> {
        self.0.iter().find(|gap| gap.part().mask().overlaps(leg.mask()))
    }

    /// What is left of a way of so many halts: where the run begins and where it ends.
    pub fn left_of(&self, halts: usize) -> Option<Leg> {
        let mask = self.mask();
        let last = u8::try_from(halts.checked_sub(1)?).ok()?;
        let mut run = (0..last).filter(|segment| !mask.has(*segment));
        let from = run.next()?;
        Leg::new(from, run.next_back().unwrap_or(from) + 1).ok()
    }
}

/// Whether a part of a run's way may be cancelled at a moment.
///
/// # Errors
///
/// Why it may not be.
pub fn check(run: &RunState, part: Stretch, now: DateTime<Utc>) -> Result<(), NoGap> {
    let halts = run.train.halts().len();
    if part.from.max(part.to) >= u8::try_from(halts).unwrap_or(u8::MAX) {
        return Err(NoGap::NoSuchHalt);
    }
    let (from, to) = part.ends(&run.train).ok_or(NoGap::NoSuchHalt)?;
    if part.from >= part.to {
        return Err(NoGap::Backwards { from, to });
    }
    if run.gaps.count() >= MOST {
        return Err(NoGap::TooOften);
    }
    let before = run.gaps.mask();
    let after = before.with(part.mask());
    let segments = u8::try_from(halts - 1).unwrap_or(u8::MAX);
    if before == after {
        return Err(NoGap::Same);
    }
    let left: Vec<u8> = (0..segments).filter(|segment| !after.has(*segment)).collect();
    let (Some(first), Some(last)) = (left.first(), left.last()) else { return Err(NoGap::Whole) };
    if left.len() != usize::from(last - first) + 1 {
        return Err(NoGap::Middle);
    }
    match run.leaves(part.from) {
        Some(leaves) if instant(leaves) <= now => Err(NoGap::Over { station: from }),
        _ => Ok(()),
    }
}

/// The part that keeps the party of a booking from its journey, if one does. Whoever boards at a later halt than was paid for
/// goes by that, but those who wait go by all that was paid for: a berth is given to them for all of it, or not at all.
pub fn against<'a>(booking: &Booking, run: &'a RunState) -> Option<&'a Gap> {
    if booking.status != BookingStatus::Booked {
        return None;
    }
    let boards = if booking.is_queued() { booking.leg.from() } else { boarding::halt_of(booking, &run.train) };
    run.gaps.on(Leg::new(boards, booking.leg.to()).ok()?)
}

/// What a booking says of a part that is not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News<'a> {
    /// Where the part begins.
    pub from: StationCode,
    /// Where it ends.
    pub to: StationCode,
    /// Why it is not run.
    pub reason: &'a str,
}

/// The part for which a booking was given up by the railway; `None` of all others.
pub fn news(booking: &Booking) -> Option<News<'_>> {
    booking.history.iter().rev().find_map(|change| match &change.what {
        Deed::PartCancelled { from, to, reason } => Some(News { from: *from, to: *to, reason }),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
