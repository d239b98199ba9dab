//! Whether the ledger says what the bookings say.
//!
//! A scan is no moment: a booking may be read before a change and its entry after it. So the scan only finds whom to ask, and
//! each of those is read again, consistently, between two reads of the booking that agree.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::audit::Difference;
use crate::domain::booking::Booking;
use crate::domain::ledger::{LedgerEntry, LedgerId, movements};
use crate::domain::money::Paise;
use crate::domain::pnr::Pnr;
use crate::service::Kiosk;
use crate::store::StoreError;

/// How often a booking is read that changes all the time, before it is left for the next audit.
const READS: u32 = 4;

/// What moved before there was a ledger, so that no report has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BeforeLedger {
    /// Of how many bookings.
    pub bookings: u32,
    /// What was taken for them, less what was handed out.
    pub amount: Paise,
    /// When the ledger begins; `None` where it has no entry yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

/// What is left of a booking once what the ledger has of it is taken off, and when its money moved by its own account.
#[derive(Default)]
struct Left {
    ledger: Paise,
    entries: u32,
    moved: Vec<(DateTime<Utc>, Paise)>,
}

/// By how much the ledger and the bookings that were read so far differ, booking by booking. Whoever agrees takes no room.
#[derive(Default)]
pub(super) struct Comparison {
    left: BTreeMap<Pnr, Left>,
    since: Option<DateTime<Utc>>,
}

impl Comparison {
    /// The ledger has an entry of a moment, of whichever booking.
    pub(super) fn began(&mut self, at: DateTime<Utc>) {
        self.since = self.since.into_iter().chain([at]).min();
    }

    /// Takes an entry.
    pub(super) fn entry(&mut self, entry: &LedgerEntry) {
        let left = self.left.entry(entry.pnr).or_default();
        left.ledger += entry.net();
        left.entries += 1;
        self.forget_if_agreed(entry.pnr);
    }

    /// Takes a booking.
    pub(super) fn booking(&mut self, booking: &Booking) {
        let moved = movements(booking);
        if !moved.is_empty() {
            self.left.entry(booking.pnr).or_default().moved = moved;
            self.forget_if_agreed(booking.pnr);
        }
    }

    fn forget_if_agreed(&mut self, pnr: Pnr) {
        let agrees = |left: &Left| left.moved.iter().map(|(_, money)| *money).sum::<Paise>() == left.ledger;
        if self.left.get(&pnr).is_some_and(|left| left.entries > 0 && !left.moved.is_empty() && agrees(left)) {
            self.left.remove(&pnr);
        }
    }

    /// What moved before the ledger begins; and the bookings that do not agree though that is taken off.
    pub(super) fn apart(self) -> (BeforeLedger, Vec<Pnr>) {
        let mut before = BeforeLedger { since: self.since, ..BeforeLedger::default() };
        let mut differing = Vec::new();
        let is_before = |at: DateTime<Utc>| self.since.is_none_or(|since| at < since);
        for (pnr, left) in self.left {
            let sum = |of: &dyn Fn(DateTime<Utc>) -> bool| -> Paise {
                left.moved.iter().filter(|(at, _)| of(*at)).map(|(_, money)| *money).sum()
            };
            if left.moved.iter().any(|(at, _)| is_before(*at)) && sum(&|at| !is_before(at)) == left.ledger {
                before.bookings += 1;
                before.amount += sum(&is_before);
            } else {
                differing.push(pnr);
            }
        }
        (before, differing)
    }
}

impl Kiosk {
    /// What the ledger says of a booking and the booking does not of the time since there is one, if that is still so.
    pub(super) async fn ledger_difference(
        &self,
        pnr: Pnr,
        since: Option<DateTime<Utc>>,
    ) -> Result<Option<Difference>, StoreError> {
        let mut before = self.store().booking(pnr).await?;
        for _ in 0..READS {
            let last = before.as_ref().map_or(1, |booking| booking.version);
            let ids: Vec<_> = (1..=last).map(|version| LedgerId { pnr, version }).collect();
            let ledger = self.store().ledger_entries(&ids).await?.iter().map(LedgerEntry::net).sum();
            let after = self.store().booking(pnr).await?;
            if after == before {
                let moved = after.as_ref().map(movements).unwrap_or_default().into_iter();
                let booking =
                    moved.filter(|(at, _)| since.is_some_and(|since| *at >= since)).map(|(_, money)| money).sum();
                return Ok((ledger != booking).then_some(Difference::Ledger { pnr, ledger, booking }));
            }
            before = after;
        }
        Ok(None)
    }
}
