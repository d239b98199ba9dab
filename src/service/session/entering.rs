//! Coming in: the ways in that somebody began, and what a session knows of the account of whoever is in.

use std::sync::atomic::Ordering;

use super::{Session, Who};
use crate::domain::user::{Account, AccountId, Role};
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Identity};
use crate::store::users::Actor;

/// A way in that somebody began: it lets them in unless they left, locked or began again meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) struct Entrance(u64);

impl Entrance {
    /// That of a session into which nobody has come yet.
    pub(super) const FIRST: Self = Self(0);

    /// The one after it.
    pub(super) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Of what account somebody proved that it is theirs, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) struct Proved {
    /// What it had lived through.
    pub(in crate::service) generation: u32,
    /// A key, if it was one.
    pub(in crate::service) key: Option<ByKey>,
}

/// A key by which somebody came in: the visit ends when the account has it no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) struct ByKey {
    pub(in crate::service) fingerprint: String,
    /// The version of the account that had it.
    pub(in crate::service) of: u64,
}

impl ByKey {
    /// Whether it was removed by now. An account that was read before they came in does not say.
    pub(super) fn is_gone_from(&self, account: &Account) -> bool {
        account.version >= self.of && !account.has_key(&self.fingerprint)
    }
}

impl Session {
    /// Whoever asks, as an administrator who changes the accounts of others; whoever runs commands on the machine has no
    /// account that others could change meanwhile.
    ///
    /// # Errors
    ///
    /// `SignedOut` when they came in by a key that their account has no more.
    pub(in crate::service) async fn actor(&self) -> Result<Option<Actor>, Failure> {
        let Some(account) = self.who().account() else { return Ok(None) };
        let actor = Actor { account, generation: self.generation(), version: None };
        if self.key().is_none() {
            return Ok(Some(actor));
        }
        let own = self.kiosk().store().account(account).await.map_err(|error| refuse("read an account", &error))?;
        let own = own.filter(|own| self.is_still_of(own)).ok_or(Failure::SignedOut)?;
        Ok(Some(Actor { version: Some(own.version), ..actor }))
    }

    /// Whether the account of whoever asks is what it was when they came in: nothing has ended their visit.
    pub(in crate::service) fn is_still_of(&self, account: &Account) -> bool {
        self.generation() == account.generation && !self.key().is_some_and(|key| key.is_gone_from(account))
    }

    fn key(&self) -> Option<ByKey> {
        let state = self.state();
        self.past(&state).map_or_else(|| state.key.clone(), |asked| asked.key.clone())
    }

    /// What the account of whoever asks had lived through when they came in.
    pub(in crate::service) fn generation(&self) -> u32 {
        let state = self.state();
        self.past(&state).map_or(state.generation, |asked| asked.generation)
    }

    /// Begins a way in for somebody who is not in yet: earlier ones are void, and whoever they let in meanwhile without
    /// being seen is out again.
    pub(in crate::service) fn begin(&self) -> Entrance {
        let mut state = self.state();
        let before = state.who.account();
        if before.is_some() {
            state.who = Who::Guest;
            state.turn();
        }
        state.bar();
        let entrance = state.entrance;
        drop(state);
        if let Some(account) = before {
            self.kiosk().0.presence.is_no_more_of(account, &self.inner);
        }
        entrance
    }

    /// The way in as it is, for somebody who proves again who they are.
    pub(in crate::service) fn entrance(&self) -> Entrance {
        self.state().entrance
    }

    /// Makes the session somebody's, from now on.
    ///
    /// # Errors
    ///
    /// `GivenUp` when their way in was barred meanwhile.
    pub(in crate::service) fn welcome(&self, by: Entrance, identity: &Identity, proved: Proved) -> Result<(), Failure> {
        let now = self.kiosk().now();
        let mut state = self.state();
        if state.entrance != by {
            return Err(Failure::GivenUp);
        }
        let before = state.who.account().filter(|before| *before != identity.account);
        if before.is_some() {
            state.turn();
        }
        state.who = Who::Account(identity.clone());
        state.generation = proved.generation;
        state.key = proved.key;
        state.locked = false;
        state.checked_at = now;
        drop(state);
        self.inner.was_expelled.store(false, Ordering::Relaxed);
        let presence = &self.kiosk().0.presence;
        if let Some(before) = before {
            presence.is_no_more_of(before, &self.inner);
        }
        presence.is_of(identity.account, &self.inner);
        // They may have left meanwhile.
        if self.state().who.account() != Some(identity.account) {
            presence.is_no_more_of(identity.account, &self.inner);
        }
        Ok(())
    }

    /// Notes the role that an account has now, if it is still the one that is signed in.
    pub(in crate::service) fn confirm(&self, account: AccountId, role: Role) {
        let now = self.kiosk().now();
        let mut state = self.state();
        if let Who::Account(identity) = &mut state.who
            && identity.account == account
        {
            identity.role = role;
            state.checked_at = now;
        }
    }
}
