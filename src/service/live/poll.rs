//! Looks for what other processes have changed: the hints of watched runs in one request, then the runs that moved.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use tokio::time::MissedTickBehavior;

use super::Watched;
use crate::domain::train::RunId;
use crate::service::Kiosk;
use crate::store::StoreError;

/// How often a run in focus is looked at; no look is more often.
const FOCUS: TimeDelta = TimeDelta::seconds(1);
/// How often a run that is merely listed is looked at.
const LISTED: TimeDelta = TimeDelta::seconds(5);
/// How much sooner than that a look may be: the poller comes every second, and a little later at one time than at another.
/// Without it, whoever was looked at late would be passed over a second later.
const EARLY: TimeDelta = TimeDelta::milliseconds(100);
/// How long a hint is trusted: it is written without waiting for it, so it can be missing.
const TRUST: TimeDelta = TimeDelta::seconds(30);
/// How often the catalogue's version, and what is off sale, are looked at.
const CATALOGUE: TimeDelta = TimeDelta::seconds(5);
/// How many runs are read at once.
const READS: usize = 8;

impl Kiosk {
    /// Looks for changes every second until the last handle is dropped.
    pub(in crate::service) fn spawn_poller(&self) {
        let shared = Arc::downgrade(&self.0);
        let unread = Arc::clone(&self.0.live.unread);
        tokio::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_secs(1));
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = tick.tick() => {}
                    () = unread.notified() => {}
                }
                let Some(shared) = shared.upgrade() else { break };
                Self(shared).poll_once().await;
            }
        });
    }

    /// Looks once for what other processes have changed, as far as anybody watches it and it is time to look.
    pub async fn poll_once(&self) {
        let now = self.now();
        if let Err(error) = self.poll_catalogue(now).await {
            tracing::warn!(%error, "the catalogue's version cannot be read");
        }
        let due: Vec<_> = self.0.live.all().into_iter().filter(|watched| watched.is_due(now)).collect();
        let (fresh, known): (Vec<_>, Vec<_>) = due.into_iter().partition(|watched| watched.seen().read_at.is_none());
        let mut stale = fresh;
        match self.moved(known, now).await {
            Ok(moved) => stale.extend(moved),
            Err(error) => tracing::warn!(%error, "the hints of watched runs cannot be read"),
        }
        stream::iter(stale)
            .for_each_concurrent(READS, |watched| async move {
                if let Err(error) = self.refresh(&watched, now).await {
                    tracing::warn!(run = %watched.run, %error, "a watched run cannot be read");
                }
            })
            .await;
    }

    /// Those of the runs that have to be read again.
    async fn moved(&self, runs: Vec<Arc<Watched>>, now: DateTime<Utc>) -> Result<Vec<Arc<Watched>>, StoreError> {
        if runs.is_empty() {
            return Ok(runs);
        }
        let ids: Vec<RunId> = runs.iter().map(|watched| watched.run).collect();
        let hints = self.store().hints(&ids).await?;
        let moved = runs.into_iter().filter(|watched| {
            let seen = watched.seen();
            watched.note(|seen| seen.looked_at = Some(now));
            let newer = hints.get(&watched.run).is_some_and(|hint| *hint > seen.hint);
            newer || seen.read_at.is_none_or(|read_at| now - read_at >= TRUST || watched.expired_since(read_at, now))
        });
        Ok(moved.collect())
    }

    /// Reads a run and publishes it.
    async fn refresh(&self, watched: &Watched, looked_at: DateTime<Utc>) -> Result<(), StoreError> {
        // Noted first: a run that cannot be read, or that does not exist, is not asked for all the time.
        watched.note(|seen| seen.looked_at = Some(looked_at));
        let now = self.now();
        if let Some(read) = self.read_run(watched.run).await? {
            self.0.live.publish(&read, now);
        }
        Ok(())
    }

    async fn poll_catalogue(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        if self.0.catalogue.is_due(now, CATALOGUE) { self.reload_catalogue(now).await } else { Ok(()) }
    }
}

impl Watched {
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        let every = if self.focus.load(Ordering::Relaxed) > 0 { FOCUS } else { LISTED };
        self.seen().looked_at.is_none_or(|looked_at| now - looked_at >= every - EARLY)
    }

    /// Whether a hold ended between two moments, so that others may have taken its berths.
    fn expired_since(&self, then: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let next = self.states.borrow().as_ref().and_then(|state| state.next_expiry(then));
        next.is_some_and(|next| next <= now)
    }
}
