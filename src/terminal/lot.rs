//! What was left behind when a line broke: the program of a session as it stood, with the berths that it holds, until
//! its holder comes back or the time is over.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::domain::user::AccountId;
use crate::service::Session;
use crate::terminal::recorder::Recorder;
use crate::ui::app::App;
use crate::ui::msg::LeftBehind;

/// How much one account leaves behind at most: an agent at several terminals whose line breaks.
const PER_ACCOUNT: usize = 4;

/// A program that was left behind. Dropped, it gives its berths back.
#[derive(Debug)]
pub struct Parked {
    /// Its session.
    pub session: Session,
    /// As it stood.
    pub app: App,
    /// Its recording, which goes on with it.
    pub(super) recorder: Option<Recorder>,
}

/// What all sessions of a server have left behind. In memory: with the process it is gone, and its holds end by
/// themselves.
#[derive(Debug, Default)]
pub struct Lot {
    places: Mutex<Places>,
    /// Changes whenever something is kept.
    kept: watch::Sender<()>,
}

/// What is kept of one account. A line that is dead is known to be only after a while, and whoever came back by another is
/// here before.
#[derive(Debug)]
pub struct News {
    lot: Arc<Lot>,
    account: AccountId,
    kept: watch::Receiver<()>,
}

impl News {
    /// Waits until something is kept.
    pub async fn next(&mut self) {
        loop {
            if self.kept.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            if self.lot.places().taken.contains_key(&self.account) {
                return;
            }
        }
    }
}

#[derive(Debug, Default)]
struct Places {
    taken: BTreeMap<AccountId, Vec<Place>>,
    named: u64,
    is_closed: bool,
}

#[derive(Debug)]
struct Place {
    name: u64,
    left: LeftBehind,
    parked: Box<Parked>,
}

impl Place {
    /// Whether it can be gone on with: it is over with its hold, and with the visit, as when the account was locked.
    fn is_there(&self, account: AccountId, now: DateTime<Utc>) -> bool {
        let holder = self.parked.session.identity();
        now < self.left.until && holder.is_some_and(|identity| identity.account == account)
    }
}

impl Lot {
    /// Keeps a program until what it left behind is over. Nothing is kept of a guest, nor once the server closes.
    pub fn keep(self: &Arc<Self>, left: LeftBehind, parked: Parked, now: DateTime<Utc>) {
        let Some(account) = parked.session.identity().map(|identity| identity.account) else { return };
        let until = (left.until - now).to_std().unwrap_or(Duration::ZERO);
        let mut places = self.places();
        if places.is_closed {
            return;
        }
        places.named += 1;
        let name = places.named;
        let own = places.taken.entry(account).or_default();
        let crowded = (own.len() >= PER_ACCOUNT).then(|| own.remove(0));
        own.push(Place { name, left, parked: Box::new(parked) });
        drop(places);
        drop(crowded);
        self.kept.send_replace(());
        let lot = Arc::downgrade(self);
        tokio::spawn(async move {
            sleep(until).await;
            if let Some(lot) = lot.upgrade() {
                lot.remove(account, |place| place.name == name);
            }
        });
    }

    /// What is kept from now on of an account.
    pub fn news(self: &Arc<Self>, account: AccountId) -> News {
        News { lot: Arc::clone(self), account, kept: self.kept.subscribe() }
    }

    /// What an account left behind last.
    pub fn offer(&self, account: AccountId, now: DateTime<Utc>) -> Option<LeftBehind> {
        let places = self.places();
        let own = places.taken.get(&account)?.iter().rev();
        own.filter(|place| place.is_there(account, now)).map(|place| place.left.clone()).next()
    }

    /// Hands out what was offered, once.
    pub fn take(&self, account: AccountId, offered: &LeftBehind, now: DateTime<Utc>) -> Option<Parked> {
        let place = self.remove(account, |place| place.left == *offered)?;
        place.is_there(account, now).then_some(*place.parked)
    }

    /// Keeps nothing any more: the server closes.
    pub fn close(&self) {
        let mut places = self.places();
        places.is_closed = true;
        let taken = std::mem::take(&mut places.taken);
        drop(places);
        // Not while others wait: each gives its berths back.
        drop(taken);
    }

    fn remove(&self, account: AccountId, is_meant: impl Fn(&Place) -> bool) -> Option<Place> {
        let mut places = self.places();
        let own = places.taken.get_mut(&account)?;
        let place = own.iter().rposition(is_meant).map(|index| own.remove(index));
        if own.is_empty() {
            places.taken.remove(&account);
        }
        place
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
