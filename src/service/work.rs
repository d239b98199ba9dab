//! Does what is due and what nobody waits for: slips that were not paid, queues in which somebody may move up, charts.
//!
//! Every process looks through the work lists now and then. A list may be a moment old, so the item itself decides, and
//! several may be at the same duty: the conditions of its write let one win, and the others find it done.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, MissedTickBehavior};

use crate::domain::booking::{Booking, BookingStatus, Change, Deed, OpId, Slip};
use crate::domain::inventory::RunState;
use crate::domain::inventory::edit::{CoachEdit, release};
use crate::domain::pnr::Pnr;
use crate::domain::train::RunId;
use crate::domain::waitlist::QueueId;
use crate::service::Kiosk;
use crate::service::waitlist::{AGAIN, next_due, promote, promote_freed};
use crate::store::StoreError;
use crate::store::runs::{Before, Commit, Plan, Transition};
use crate::store::work::{ALL, LISTS, Lists};

/// How often each work list is looked through.
const EVERY: Duration = Duration::from_secs(15);

/// How often a slip is looked at again because its coaches were changed meanwhile.
const ATTEMPTS: u32 = 16;

impl Kiosk {
    /// Looks through each work list every 15 seconds until the last handle is dropped: one after the other, since all at
    /// once would keep an embedded database, and who types, waiting. Processes that start together look at different moments.
    pub(in crate::service) fn spawn_worker(&self) {
        let shared = std::sync::Arc::downgrade(&self.0);
        let offset = EVERY.mul_f64(f64::from(u16::from_be_bytes(self.chance().bytes())) / f64::from(u16::MAX));
        tokio::spawn(async move {
            let mut tick = tokio::time::interval_at(Instant::now() + offset, EVERY / LISTS as u32);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            for list in ALL.cycle() {
                tick.tick().await;
                let Some(shared) = shared.upgrade() else { break };
                Self(shared).work_through(list..list + 1).await;
            }
        });
    }

    /// Does once what is due.
    pub async fn work_once(&self) {
        self.work_through(ALL).await;
    }

    /// Does what is due by some of the work lists. What fails is told to the log and left for the next time, and keeps
    /// nothing else from being done. Nothing is once the store is a newer Kiosk's, which does it.
    async fn work_through(&self, lists: Lists) {
        if self.is_outdated() {
            return;
        }
        let now = self.now();
        let done = [
            ("slips", self.lapse_slips(lists.clone(), now).await),
            ("queues", self.look_after_queues(lists.clone(), now).await),
            ("runs", self.do_run_duties(lists, now).await),
        ];
        for (list, done) in done {
            if let Err(error) = done {
                tracing::warn!(list, %error, "the work of a list is left for the next time");
            }
        }
    }

    async fn lapse_slips(&self, lists: Lists, now: DateTime<Utc>) -> Result<(), StoreError> {
        for pnr in self.store().unpaid(lists, now).await? {
            if let Err(error) = alone(self.lapse(pnr, now).boxed()).await {
                tracing::warn!(%pnr, error, "a slip that was not paid is kept for now");
            }
        }
        Ok(())
    }

    /// Gives up a slip whose time is over, and the time that money taken at the last moment has to arrive. A slip that is
    /// paid meanwhile stays paid.
    async fn lapse(&self, pnr: Pnr, now: DateTime<Utc>) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let Some(booking) = self.store().booking(pnr).await? else { return Ok(()) };
            let Some(slip) = overdue(&booking, now) else { return Ok(()) };
            let Some(read) = self.read_run(booking.run).await? else { return Ok(()) };
            let op = OpId::derived("lapse", pnr, booking.version);
            let mut lapsed = booking.clone();
            lapsed.version += 1;
            lapsed.status = BookingStatus::Lapsed;
            lapsed.history.push(Change { op, at: now, by: None, what: Deed::Lapsed });
            let plan = Plan::of(&read.state);
            let before = Before::Version(booking.version);
            let edits = giving_back(&read.state, slip);
            let transition = Transition { before, edits, ..self.transition(&lapsed) };
            match self.commit(&plan, &transition).await? {
                Commit::Done => {
                    let coaches: Vec<_> = transition.edits.iter().map(|edit| edit.coach).collect();
                    let is_fenced = coaches.iter().any(|coach| read.state.coach(*coach).fenced);
                    self.announce_coaches(&plan, Vec::new(), coaches);
                    self.record_duty("booking.lapse", op, &lapsed);
                    promote_freed(self, booking.run, is_fenced.then_some(booking.class));
                    return Ok(());
                }
                // Paid, given up, or lapsed by another process.
                Commit::Found(_) => return Ok(()),
                Commit::Moved(_) | Commit::QueueMoved | Commit::TillMoved => {}
            }
        }
        Err(StoreError::Conflict { what: format!("slip {pnr}") })
    }

    async fn look_after_queues(&self, lists: Lists, now: DateTime<Utc>) -> Result<(), StoreError> {
        let due: BTreeSet<_> = self.store().due_queues(lists.clone(), now).await?.into_iter().collect();
        self.store().metrics().promotions().saw(&lists, due.len());
        for (run, id) in due {
            if let Err(error) = alone(self.look_after(run, id, now).boxed()).await {
                tracing::warn!(%run, queue = %id, error, "those who wait were not promoted: it is tried again");
            }
        }
        Ok(())
    }

    async fn look_after(&self, run: RunId, id: QueueId, now: DateTime<Utc>) -> Result<(), StoreError> {
        let done = promote(self, run, id.class, now).await;
        // What failed goes behind the other queues.
        let due = done.as_ref().map_or(now + AGAIN, |read| next_due(&Plan::of(&read.state), &read.state, now));
        self.store().put_off_queue(run, id, due).await?;
        done.map(|_| ())
    }
}

/// Does a duty by itself: whatever happens to it, the others are done.
pub(in crate::service) async fn alone(duty: BoxFuture<'_, Result<(), StoreError>>) -> Result<(), String> {
    match AssertUnwindSafe(duty).catch_unwind().await {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(_) => Err("it ended with a panic, of which the log has the place".to_owned()),
    }
}

/// The slip of a booking, once nobody can pay it any more.
fn overdue(booking: &Booking, now: DateTime<Utc>) -> Option<&Slip> {
    let slip = booking.slip.as_ref().filter(|_| booking.status == BookingStatus::AwaitingPayment);
    slip.filter(|slip| now >= slip.lapses_at())
}

/// Gives back what is still held for a slip; others may have taken what its hold had once that was over.
fn giving_back(state: &RunState, slip: &Slip) -> Vec<CoachEdit> {
    state.coaches.iter().filter_map(|(id, coach)| release(*id, coach, slip.hold)).collect()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::alone;
    use crate::store::StoreError;

    #[tokio::test]
    async fn a_duty_that_panics_is_one_that_failed() {
        assert_eq!(alone(async { Ok(()) }.boxed()).await, Ok(()));
        let failed = alone(async { Err(StoreError::NotFound { what: "run 12951".to_owned() }) }.boxed()).await;
        assert!(failed.is_err_and(|why| why.contains("12951")));
        let ended = alone(async { panic!("a fault of Kiosk's own") }.boxed()).await;
        assert!(ended.is_err_and(|why| why.contains("panic")));
    }
}
