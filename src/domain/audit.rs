//! Whether what is kept of a run agrees with the bookings of it.
//!
//! The bookings are what was promised to people. Everything else that a run keeps follows from them and from the holds:
//! which bits its coaches' masks have, what its manifest says, who stands in its queues, what the queues' heads count.
//! This module says what does not follow, each a [`Difference`]. It shares no code with the functions that decide sales,
//! so that a fault in those is seen here. How a run is read at one moment is deliberately absent.

mod difference;
mod occupancy;
mod queue;

pub mod money;

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::inventory::RunState;
use crate::domain::manifest::ManifestLine;
use crate::domain::pnr::Pnr;
use crate::domain::waitlist::{Entry, QueueId};

pub use self::difference::{Difference, Stretch};
pub use self::occupancy::{mend, unheld};

/// What is kept of a run, as read at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What is sold and held.
    pub state: RunState,
    /// Whether the train's version is settled for it.
    pub pinned: bool,
    /// Its manifest.
    pub manifest: Vec<ManifestLine>,
    /// The entries of its queues.
    pub entries: Vec<(QueueId, Entry)>,
    /// The bookings that its manifest and its queues name, and whichever others are known to be of this run.
    pub bookings: BTreeMap<Pnr, Booking>,
}

impl Evidence {
    /// The PNRs that the manifest and the queues name.
    pub fn named(&self) -> BTreeSet<Pnr> {
        let entries = self.entries.iter().map(|(_, entry)| entry.pnr);
        self.manifest.iter().map(|line| line.pnr).chain(entries).collect()
    }

    /// The bookings of this run.
    fn own(&self) -> impl Iterator<Item = &Booking> {
        self.bookings.values().filter(|booking| booking.run == self.state.run)
    }

    /// The bookings of this run that have their places.
    fn sold(&self) -> impl Iterator<Item = &Booking> {
        self.own().filter(|booking| booking.status == BookingStatus::Booked)
    }
}

/// Everything about a run that does not agree with its bookings. Which holds are over does not matter: one that has
/// expired may stand until somebody wants its berths, and only its missing bits are no difference.
pub fn differences(evidence: &Evidence, now: chrono::DateTime<chrono::Utc>) -> Vec<Difference> {
    let mut found = Vec::new();
    let is_sold = evidence.state.coaches.values().any(|coach| !coach.masks.is_empty() || !coach.holds.is_empty());
    if is_sold && !evidence.pinned {
        found.push(Difference::NotPinned);
    }
    manifest(evidence, &mut found);
    for booking in evidence.own() {
        found.extend(money::fault(booking).map(|fault| Difference::Money { pnr: booking.pnr, fault }));
    }
    occupancy::compare(evidence, now, &mut found);
    queue::compare(evidence, &mut found);
    found
}

/// Compares each line with its booking, and each booking with its line.
fn manifest(evidence: &Evidence, found: &mut Vec<Difference>) {
    let mut listed = BTreeSet::new();
    for line in &evidence.manifest {
        let pnr = line.pnr;
        listed.insert(pnr);
        let Some(booking) = evidence.bookings.get(&pnr).filter(|booking| booking.run == evidence.state.run) else {
            let run = evidence.bookings.get(&pnr).map(|booking| booking.run);
            found.push(Difference::LineWithoutBooking { pnr, run });
            continue;
        };
        if line.version != booking.version {
            found.push(Difference::LineOfAnotherVersion { pnr, line: line.version, booking: booking.version });
        } else if ManifestLine::of(booking).as_ref() != Some(line) {
            found.push(Difference::LineDiffers { pnr, version: line.version });
        }
    }
    let unlisted =
        evidence.own().filter(|booking| ManifestLine::of(booking).is_some() && !listed.contains(&booking.pnr));
    found.extend(unlisted.map(|booking| Difference::BookingWithoutLine { pnr: booking.pnr }));
}

#[cfg(test)]
mod tests;
