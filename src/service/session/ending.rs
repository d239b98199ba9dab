//! How the visit of somebody who is signed in ends by others' doing, and how one goes on whose line broke.

use std::sync::atomic::Ordering;

use super::{Session, State};
use crate::domain::user::{Account, AccountId};
use crate::service::Kiosk;

impl Session {
    /// Waits until the visit of whoever is signed in is ended by others, as by who locks the account.
    pub async fn expelled(&self) {
        self.inner.expelled.notified().await;
    }

    /// Whether the last visit of somebody who was signed in was ended by others.
    pub fn was_expelled(&self) -> bool {
        self.inner.was_expelled.load(Ordering::Relaxed)
    }

    /// Goes on with a session whose line broke, for the holder of its account who has just come in by another one: it is
    /// not locked any more.
    pub fn come_back(&self, by: &Self) {
        let (account, checked_at, key) = {
            let state = by.state();
            (state.who.account(), state.checked_at, state.key.clone())
        };
        let mut state = self.state();
        if account.is_some() && state.who.account() == account {
            state.locked = false;
            state.checked_at = checked_at;
            state.key = key;
        }
    }

    /// Ends the visit of whoever is signed in with an account, if somebody still is.
    pub(in crate::service) fn expel(&self, account: AccountId) {
        if self.end(|state| state.who.account() == Some(account)) {
            self.tell_expelled();
        }
    }

    /// Stays in without the key by which its holder came in, who has just removed it.
    pub(in crate::service) fn stay_without(&self, fingerprint: &str) {
        let mut state = self.state();
        if self.past(&state).is_none() {
            state.key.take_if(|key| key.fingerprint == fingerprint);
        }
    }

    fn tell_expelled(&self) {
        self.inner.was_expelled.store(true, Ordering::Relaxed);
        self.inner.expelled.notify_one();
    }

    /// Ends the visit of whoever is signed in with an account that is not what it was when they came in.
    fn expel_by(&self, account: &Account) {
        let is_over = |state: &State| {
            let is_theirs = state.who.account() == Some(account.id);
            // An account that was read before somebody came in is older than they are.
            let is_older = state.generation < account.generation;
            let key_is_gone = state.key.as_ref().is_some_and(|key| key.is_gone_from(account));
            is_theirs && (account.closed || is_older || key_is_gone)
        };
        if self.end(is_over) {
            tracing::info!(terminal = %self.terminal().id, account = %account.username, "a session ended with its account");
            self.tell_expelled();
        }
    }
}

impl Kiosk {
    /// Ends the sessions here of an account that is not what it was when they began.
    pub(in crate::service) fn end_sessions(&self, account: &Account) {
        for inner in self.0.presence.of(account.id) {
            Session { inner, asked: None }.expel_by(account);
        }
    }
}
