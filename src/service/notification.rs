//! The outbox's work: owes notifications with the writes of bookings, and delivers them without anybody waiting for it.
//!
//! What is owed is in the store (`store/outbox`), so it outlives every process, and any of them delivers it: one at a time
//! as a rule, since whoever tries hides it from the others for a while. A channel that fails is tried again with growing
//! pauses, until it is a dead letter that an administrator sees and revives. Nothing here can delay or fail a booking:
//! one more item in its transaction is all that a sale knows of it.

mod backlog;
mod copy;
mod letter;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::{FutureExt, StreamExt, stream};
use tokio::time::{Instant, MissedTickBehavior};

pub use self::backlog::Backlog;
pub(super) use self::backlog::{list, retry};
pub(super) use self::copy::resend;
use self::letter::Letter;
use crate::aws::post::Unsent;
use crate::domain::notification::{ATTEMPTS, Channel, Notification};
use crate::service::Kiosk;
use crate::service::work::alone;
use crate::store::StoreError;
use crate::store::work::{ALL, LISTS, Lists};

/// How often each work list is looked through.
const EVERY: Duration = Duration::from_secs(15);
/// After how many rounds through the work lists all that is left is counted: once a minute.
const COUNTED_EVERY: usize = 4;
/// How long the others leave a notification to whoever tries to deliver it: longer than all that one attempt asks can take.
const HIDDEN: TimeDelta = TimeDelta::minutes(2);
/// How many are delivered at once.
const SIDE_BY_SIDE: usize = 4;

impl Kiosk {
    /// Looks through the outbox's work lists, each every 15 seconds, until the last handle is dropped. It is apart from
    /// the other work, so that a service that hangs keeps nobody from being promoted; without a channel it does nothing.
    pub(super) fn spawn_messenger(&self) {
        if self.settings().notifications.channels().is_empty() || self.is_outdated() {
            return;
        }
        let shared = std::sync::Arc::downgrade(&self.0);
        let offset = EVERY.mul_f64(f64::from(u16::from_be_bytes(self.chance().bytes())) / f64::from(u16::MAX));
        tokio::spawn(async move {
            let mut tick = tokio::time::interval_at(Instant::now() + offset, EVERY / LISTS as u32);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            for (nth, list) in ALL.cycle().enumerate() {
                tick.tick().await;
                let Some(shared) = shared.upgrade() else { break };
                let kiosk = Self(shared);
                if nth.is_multiple_of(COUNTED_EVERY * LISTS as usize) {
                    kiosk.count_notifications().await;
                }
                kiosk.deliver(list..list + 1).await;
            }
        });
    }

    /// Delivers once what is due.
    pub async fn deliver_once(&self) {
        self.deliver(ALL).await;
    }

    async fn deliver(&self, lists: Lists) {
        if self.settings().notifications.channels().is_empty() {
            return;
        }
        let due = match self.store().due_notifications(lists.clone(), self.now()).await {
            Ok(due) => due,
            Err(error) => return tracing::warn!(%error, "the outbox cannot be read: it is tried again"),
        };
        stream::iter(due)
            .for_each_concurrent(SIDE_BY_SIDE, |notification| async move {
                let id = notification.id;
                if let Err(error) = alone(self.deliver_one(notification).boxed()).await {
                    tracing::warn!(%id, error, "a notification is left for the next time");
                }
            })
            .await;
    }

    /// Tries to deliver a notification, unless somebody else is at it.
    async fn deliver_one(&self, due: Notification) -> Result<(), StoreError> {
        let taken = due.clone().taken(self.now() + HIDDEN);
        if !self.store().change_notification(&due, &taken).await? {
            return Ok(());
        }
        if taken.attempts > ATTEMPTS {
            // Whoever tried it last did not live to say what became of it.
            let owed = taken.owed.clone();
            return self.put_off(taken, owed, "the attempt before was not ended".to_owned()).await;
        }
        let id = taken.id;
        let letter = Letter::about(self, &taken).await?;
        let mut left = BTreeSet::new();
        let mut reasons = Vec::new();
        for channel in &taken.owed {
            match letter.send(self, *channel).await {
                Ok(()) => tracing::info!(%id, channel = channel.word(), "a notification is delivered"),
                Err(Unsent::Refused(reason)) => {
                    tracing::warn!(%id, channel = channel.word(), reason, "a notification cannot be delivered, ever");
                }
                Err(Unsent::Failed(reason)) => {
                    left.insert(*channel);
                    reasons.push(reason);
                }
            }
        }
        if left.is_empty() {
            self.store().end_notification(id).await
        } else {
            self.put_off(taken, left, reasons.join("; ")).await
        }
    }

    async fn put_off(&self, taken: Notification, left: BTreeSet<Channel>, reason: String) -> Result<(), StoreError> {
        let failed = taken.clone().failed(left, reason, self.now());
        let Notification { id, attempts, delivery, due, .. } = &failed;
        let reason = failed.reason.as_deref();
        tracing::warn!(%id, attempts, ?delivery, %due, reason, "a notification was not delivered");
        // If it is another by now, somebody thought that this attempt had died, or an administrator revived it.
        self.store().change_notification(&taken, &failed).await.map(|_| ())
    }
}
