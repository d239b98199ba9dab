//! Whether tills have counted what went through them.
//!
//! As with the ledger a scan only finds whom to ask: each of those is read again, between two reads of the till that agree, and
//! only what lasts is a difference, since the list of what went through it may be a moment behind.

use std::collections::BTreeMap;

use crate::domain::audit::Difference;
use crate::domain::ledger::LedgerEntry;
use crate::domain::till::{Flows, Till, TillId};
use crate::service::Kiosk;
use crate::store::StoreError;

/// How often a till is read that does not agree.
const READS: u32 = 6;

/// What went through tills by the ledger, and by their own counts.
#[derive(Default)]
pub(super) struct Drawers(BTreeMap<TillId, [Flows; 2]>);

impl Drawers {
    /// Takes an entry.
    pub(super) fn entry(&mut self, entry: &LedgerEntry) {
        if let Some(till) = entry.till {
            self.0.entry(till).or_default()[0].enter(entry);
        }
    }

    /// Takes a till.
    pub(super) fn till(&mut self, till: &Till) {
        self.0.entry(till.id).or_default()[1] = till.flows();
    }

    /// The tills that do not agree.
    pub(super) fn differing(self) -> impl Iterator<Item = TillId> {
        self.0.into_iter().filter(|(_, [ledger, counted])| ledger != counted).map(|(till, _)| till)
    }
}

impl Kiosk {
    /// What a till has counted and the ledger has not, if that is still so.
    pub(super) async fn till_difference(&self, id: TillId) -> Result<Option<Difference>, StoreError> {
        let mut last = None;
        for read in 1..=READS {
            let before = self.store().till(id).await?;
            let ledger: Flows = self.entries_of(id).await?.into_iter().collect();
            let counted = before.as_ref().map(Till::flows).unwrap_or_default();
            if ledger == counted {
                return Ok(None);
            }
            let agent = before.as_ref().map(|till| till.agent.clone());
            let stands = self.store().till(id).await? == before;
            last = stands.then_some(Difference::Till { till: id, agent, ledger, counted });
            self.store().patience().pause(read.min(4)).await;
        }
        Ok(last)
    }
}
