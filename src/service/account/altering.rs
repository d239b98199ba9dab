//! Changing an account that others may write at the same time, and what is changed of one: the same for an administrator at
//! a screen and for whoever runs commands on the machine.

use crate::domain::user::{Account, AccountId};
use crate::service::Kiosk;
use crate::service::refusal::refuse;
use crate::service::request::{AccountChange, Failure};
use crate::service::session::Session;
use crate::store::StoreError;
use crate::store::users::Changed;

/// How often a change is tried when the account is written by others at the same time.
const ATTEMPTS: u32 = 16;

/// Changes an account, by an administrator who has to be one still or by whoever else may. Its sessions here, if they end
/// with the change, are the caller's to end.
///
/// # Errors
///
/// `SignedOut` when the administrator is none any more, or not as they came in; what `change` refuses, and the store.
pub(super) async fn altered(
    kiosk: &Kiosk,
    by: Option<&Session>,
    id: AccountId,
    change: impl Fn(&mut Account) -> Result<(), Failure>,
) -> Result<Account, Failure> {
    for _ in 0..ATTEMPTS {
        let by = match by {
            Some(session) => session.actor().await?,
            None => None,
        };
        let before = kiosk.store().account(id).await.map_err(|error| refuse("read an account", &error))?;
        let before = before.ok_or(Failure::NoSuchAccount)?;
        let mut account = before.clone();
        change(&mut account)?;
        match kiosk.store().change_account(&account, account.ends(&before), by).await {
            Ok(Changed::Done(account)) => return Ok(*account),
            // Their own account may only have been written meanwhile.
            Ok(Changed::NotByThem) if by.is_some_and(|by| by.version.is_some()) => {}
            Ok(Changed::NotByThem) => return Err(Failure::SignedOut),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(refuse("change an account", &error)),
        }
    }
    Err(Failure::Busy)
}

impl AccountChange {
    pub(super) fn apply(&self, account: &mut Account) -> Result<(), Failure> {
        match self {
            Self::Role(role) => account.role = *role,
            Self::Close => account.closed = true,
            Self::Open => {
                account.closed = false;
                account.failures = 0;
                account.locked_until = None;
            }
            Self::RemoveKey { fingerprint } => account.remove_key(fingerprint)?,
        }
        Ok(())
    }

    /// The change as the audit log has it.
    pub(super) const fn action(&self) -> &'static str {
        match self {
            Self::Role(_) => "account.role",
            Self::Close => "account.close",
            Self::Open => "account.open",
            Self::RemoveKey { .. } => "account.remove-key",
        }
    }

    pub(super) fn note(&self) -> Option<String> {
        match self {
            Self::Role(role) => Some(role.word().to_owned()),
            Self::Close | Self::Open => None,
            Self::RemoveKey { fingerprint } => Some(fingerprint.clone()),
        }
    }
}
