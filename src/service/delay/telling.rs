//! Puts the times of a run on its bookings, and so tells people.
//!
//! It is a duty of the run, done in a pass over its manifest, which can be repeated: a booking that has the run's times is left
//! alone. So whoever goes on where another has stopped tells nobody twice. Nor does a pass that outlives its lease put back what
//! a newer change has told: it writes only what it read before it knew that its change was still the newest.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::booking::Booking;
use crate::domain::delay;
use crate::domain::inventory::RunState;
use crate::domain::pnr::Pnr;
use crate::service::booking::second;
use crate::service::chart::AGAIN;
use crate::service::{Kiosk, receipt_outbox};
use crate::store::StoreError;
use crate::store::runs::{Before, Commit, Plan, Transition};

/// When a run is looked through once more: what was on its way to be sold by the times of before has arrived by then.
const SETTLED: TimeDelta = TimeDelta::minutes(2);
/// For how many days a run is listed among those that were changed: longer than any lasts.
const LISTED: TimeDelta = TimeDelta::days(12);

/// What came of telling a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telling {
    /// It has the run's times already, or nobody travels by it.
    Known,
    /// It was told.
    Told,
    /// Others changed it meanwhile, or it cannot be told by this kiosk.
    Left,
}

impl Kiosk {
    /// Names a run among those that were changed, so that every process knows it; says whether it was not yet.
    pub(in crate::service) async fn list_changes(
        &self,
        state: &RunState,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.store().list_changed(state.run, state.changes(), (now - LISTED).date_naive()).await
    }

    /// Puts the times of a run on its bookings, and says when to look again for what is left or still to come.
    pub(in crate::service) async fn tell_of_delays(
        &self,
        state: &RunState,
        is_news: bool,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let Some(last) = state.delays.last() else { return Ok(None) };
        let pnrs = self.store().manifest_pnrs(state.run).await?;
        let (bookings, unreadable) = self.readable(&pnrs).await?;
        let mut left = unreadable > 0;
        let newest = self.store().delays(&[state.run]).await?;
        if newest.get(&state.run).is_none_or(|newest| newest.count() != state.delays.count()) {
            return Ok(Some(now + AGAIN));
        }
        let mut told = false;
        for booking in bookings.into_values() {
            match self.tell_of_delay(state, &booking, now).await? {
                Telling::Known => {}
                Telling::Told => told = true,
                Telling::Left => left = true,
            }
        }
        self.announce_coaches(&Plan::of(state), Vec::new(), Vec::new());
        if left {
            return Ok(Some(now + AGAIN));
        }
        // Other processes sell by the new times from when they are listed on, which may be long after they were made.
        let settled = if is_news || told { now + SETTLED } else { last.at + SETTLED };
        Ok(Some(settled).filter(|settled| now < *settled))
    }

    /// Bookings by their PNRs, and how many cannot be read, which keep nobody else from being counted or told.
    pub(in crate::service) async fn readable(
        &self,
        pnrs: &[Pnr],
    ) -> Result<(BTreeMap<Pnr, Booking>, usize), StoreError> {
        match self.store().bookings(pnrs).await {
            Err(StoreError::Corrupt { .. }) => {}
            read => return read.map(|read| (read, 0)),
        }
        let (mut bookings, mut unreadable) = (BTreeMap::new(), 0);
        for pnr in pnrs {
            match self.store().booking(*pnr).await {
                Ok(booking) => bookings.extend(booking.map(|booking| (*pnr, booking))),
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(%pnr, %error, "a change of its run passes over a booking that cannot be read");
                    unreadable += 1;
                }
                Err(error) => return Err(error),
            }
        }
        Ok((bookings, unreadable))
    }

    /// Puts the times of a run on a booking.
    async fn tell_of_delay(
        &self,
        state: &RunState,
        booking: &Booking,
        now: DateTime<Utc>,
    ) -> Result<Telling, StoreError> {
        let rules = self.rules();
        let Some(rules) = rules.refunds(&booking.refund_rules) else {
            tracing::error!(pnr = %booking.pnr, rules = booking.refund_rules, "nobody is told: update this kiosk");
            return Ok(Telling::Left);
        };
        let Some(told) = delay::told(booking, state, rules, second(now)) else { return Ok(Telling::Known) };
        let transition = Transition { before: Before::Version(booking.version), ..self.transition(&told) };
        if self.commit(&Plan::of(state), &transition).await? != Commit::Done {
            return Ok(Telling::Left);
        }
        receipt_outbox::post(self, &told);
        if let Some(change) = told.history.last() {
            self.record_duty("booking.delay", change.op, &told);
        }
        Ok(Telling::Told)
    }
}
