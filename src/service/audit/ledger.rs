//! Whether the ledger says what the bookings say.
//!
//! A scan is no moment: a booking may be read before a change and its entry after it. So the scan only finds whom to ask, and
//! each of those is read again, consistently, between two reads of the booking that agree.

use std::collections::BTreeMap;

use crate::domain::audit::Difference;
use crate::domain::booking::Booking;
use crate::domain::ledger::{LedgerEntry, LedgerId, balance};
use crate::domain::money::Paise;
use crate::domain::pnr::Pnr;
use crate::service::Kiosk;
use crate::store::StoreError;

/// How often a booking is read that changes all the time, before it is left for the next audit.
const READS: u32 = 4;

/// By how much the ledger and the bookings that were read so far differ, booking by booking. Whoever agrees takes no room.
#[derive(Default)]
pub(super) struct Comparison(BTreeMap<Pnr, Paise>);

impl Comparison {
    /// Takes an entry.
    pub(super) fn entry(&mut self, entry: &LedgerEntry) {
        self.add(entry.pnr, entry.net());
    }

    /// Takes a booking.
    pub(super) fn booking(&mut self, booking: &Booking) {
        self.add(booking.pnr, -balance(booking));
    }

    fn add(&mut self, pnr: Pnr, money: Paise) {
        let left = self.0.entry(pnr).or_default();
        *left += money;
        if *left == Paise::ZERO {
            self.0.remove(&pnr);
        }
    }

    /// The bookings that do not agree.
    pub(super) fn differing(self) -> impl Iterator<Item = Pnr> {
        self.0.into_keys()
    }
}

impl Kiosk {
    /// What the ledger says of a booking and the booking does not, if that is still so.
    pub(super) async fn ledger_difference(&self, pnr: Pnr) -> Result<Option<Difference>, StoreError> {
        let mut before = self.store().booking(pnr).await?;
        for _ in 0..READS {
            let last = before.as_ref().map_or(1, |booking| booking.version);
            let ids: Vec<_> = (1..=last).map(|version| LedgerId { pnr, version }).collect();
            let ledger = self.store().ledger_entries(&ids).await?.iter().map(LedgerEntry::net).sum();
            let after = self.store().booking(pnr).await?;
            if after == before {
                let booking = after.as_ref().map_or(Paise::ZERO, balance);
                return Ok((ledger != booking).then_some(Difference::Ledger { pnr, ledger, booking }));
            }
            before = after;
        }
        Ok(None)
    }
}
