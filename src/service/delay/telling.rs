//! Puts the times of a run on its bookings, and so tells people.
//!
//! It is a duty of the run, done in a pass over its manifest, which can be repeated: a booking that has the run's times is left
//! alone. So whoever goes on where another has stopped tells nobody twice.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::booking::Booking;
use crate::domain::delay;
use crate::domain::inventory::RunState;
use crate::service::booking::second;
use crate::service::chart::{AGAIN, ATTEMPTS};
use crate::service::{Kiosk, receipt_outbox};
use crate::store::StoreError;
use crate::store::runs::{Before, Commit, Plan, Transition};

/// When a run is looked through once more: what was on its way to be sold by the times of before has arrived by then.
const SETTLED: TimeDelta = TimeDelta::minutes(2);
/// For how many days a run is listed among those that have other times: longer than any lasts.
const LISTED: TimeDelta = TimeDelta::days(12);

impl Kiosk {
    /// Puts the times of a run on its bookings, and says when to look again for what is left or still to come.
    pub(in crate::service) async fn tell_of_delays(
        &self,
        state: &RunState,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let Some(last) = state.delays.last() else { return Ok(None) };
        let since = (now - LISTED).date_naive();
        self.store().list_delayed(state.run, state.delays.count(), since).await?;
        let pnrs = self.store().manifest_pnrs(state.run).await?;
        let mut left = false;
        for booking in self.store().bookings(&pnrs).await?.into_values() {
            left |= !self.tell_of_delay(state, booking, now).await?;
        }
        self.announce_coaches(&Plan::of(state), Vec::new(), Vec::new());
        let settled = last.at + SETTLED;
        Ok(if left { Some(now + AGAIN) } else { Some(settled).filter(|settled| now < *settled) })
    }

    /// Puts the times of a run on a booking; `false` when others changed it under each attempt, or its rules are not known.
    async fn tell_of_delay(&self, state: &RunState, read: Booking, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut booking = read;
        for _ in 0..ATTEMPTS {
            let rules = self.rules();
            let Some(rules) = rules.refunds(&booking.refund_rules) else {
                tracing::error!(pnr = %booking.pnr, rules = booking.refund_rules, "nobody is told: update this kiosk");
                return Ok(false);
            };
            let Some(told) = delay::told(&booking, state, rules, second(now)) else { return Ok(true) };
            let before = Before::Version(booking.version);
            let transition = Transition { before, ..self.transition(&told) };
            match self.commit(&Plan::of(state), &transition).await? {
                Commit::Done => {
                    receipt_outbox::post(self, &told);
                    if let Some(change) = told.history.last() {
                        self.record_duty("booking.delay", change.op, &told);
                    }
                    return Ok(true);
                }
                Commit::Found(found) => booking = *found,
                Commit::Moved(_) | Commit::QueueMoved | Commit::TillMoved => {}
            }
        }
        Ok(false)
    }
}
