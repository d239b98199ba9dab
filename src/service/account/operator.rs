//! What whoever runs Kiosk's commands on the machine may do to accounts, and the accounts of a development machine.

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::altering::altered;
use super::{create, password};
use crate::domain::user::{Account, Email, Role, Username};
use crate::service::Kiosk;
use crate::service::refusal::refuse;
use crate::service::request::{AccountChange, Failure};
use crate::store::StoreError;
use crate::store::users::CreateAccountError;

/// Accounts read at once.
const PAGE: u16 = 200;

/// An account that exists on development machines, with a password that everybody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevelopmentAccount {
    /// The name to sign in with.
    pub username: &'static str,
    /// The address.
    pub email: &'static str,
    /// The password.
    pub password: &'static str,
    /// What it may do.
    pub role: Role,
}

/// One account of each role that the screens tell apart. The names sit under `.example`, which nobody can own (RFC 2606).
pub const DEVELOPMENT_ACCOUNTS: [DevelopmentAccount; 3] = [
    DevelopmentAccount {
        username: "traveller",
        email: "traveller@kiosk.example",
        password: "monsoon-mango",
        role: Role::Traveller,
    },
    DevelopmentAccount {
        username: "agent",
        email: "agent@kiosk.example",
        password: "platform-nine",
        role: Role::Agent,
    },
    DevelopmentAccount {
        username: "admin",
        email: "admin@kiosk.example",
        password: "signal-lantern",
        role: Role::Administrator,
    },
];

/// Why an account was not changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OperatorError {
    /// As anyone would be refused.
    #[error(transparent)]
    Refused(#[from] Failure),
    /// Nobody has the name.
    #[error("There is no account {0}: kiosk user list shows them all.")]
    NoSuchAccount(String),
}

impl Kiosk {
    /// Makes an account with any role.
    pub async fn add_account(
        &self,
        username: Username,
        email: Email,
        role: Role,
        password: SecretString,
    ) -> Result<Account, OperatorError> {
        let account = create(self, username, email, role, password, None).await?;
        self.record_operator("account.add", Some(account.username.to_string()), Some(role.word().to_owned()));
        Ok(account)
    }

    /// Gives an account another role.
    pub async fn set_role(&self, username: &Username, role: Role) -> Result<Account, OperatorError> {
        self.change(username, &AccountChange::Role(role)).await
    }

    /// Closes an account: whoever is signed in with it, in whatever process, is out a few seconds later.
    pub async fn close_account(&self, username: &Username) -> Result<Account, OperatorError> {
        self.change(username, &AccountChange::Close).await
    }

    /// Opens an account that was closed, or that wrong passwords have locked.
    pub async fn open_account(&self, username: &Username) -> Result<Account, OperatorError> {
        self.change(username, &AccountChange::Open).await
    }

    /// Gives an account another password.
    pub async fn set_password(&self, username: &Username, password: SecretString) -> Result<Account, OperatorError> {
        password::check(password.expose_secret(), username).map_err(Failure::WeakPassword)?;
        let hash = self.0.hasher.hash(password).await?;
        let found = self.account_named(username).await?;
        let account = altered(self, None, found.id, |account| {
            *account = account.clone().with_password(hash.clone());
            Ok(())
        })
        .await?;
        self.end_sessions(&account);
        self.record_operator("account.password", Some(username.to_string()), None);
        Ok(account)
    }

    /// All accounts, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, OperatorError> {
        let mut accounts = Vec::new();
        let mut from = None;
        loop {
            let page = self.store().accounts(from, PAGE).await;
            let page = page.map_err(|error| refuse("list accounts", &error))?;
            accounts.extend(page.accounts);
            from = page.next;
            if from.is_none() {
                accounts.sort_by_key(|account| account.username.key());
                return Ok(accounts);
            }
        }
    }

    /// Makes the accounts of a development machine where they are missing; does nothing in production.
    pub async fn ensure_development_accounts(&self) -> Result<(), StoreError> {
        if !self.settings().development {
            return Ok(());
        }
        for known in DEVELOPMENT_ACCOUNTS {
            let username = Username::parse(known.username).expect("a constant that a test reads");
            let email = Email::parse(known.email).expect("a constant that a test reads");
            if self.store().account_by_username(&username.key()).await?.is_some() {
                continue;
            }
            let password = SecretString::from(known.password.to_owned());
            let Ok(hash) = self.0.hasher.hash(password).await else { continue };
            let created = self.store().create_account(&self.new_account(username, email, known.role, hash)).await;
            // Any other refusal: another process, or somebody who likes the name, was first.
            if let Err(CreateAccountError::Store(error)) = created {
                return Err(error);
            }
        }
        Ok(())
    }

    pub(super) async fn account_named(&self, username: &Username) -> Result<Account, OperatorError> {
        let found = self.store().account_by_username(&username.key()).await;
        let found = found.map_err(|error| refuse("read an account", &error))?;
        found.ok_or_else(|| OperatorError::NoSuchAccount(username.to_string()))
    }

    /// Changes an account as an administrator would.
    pub(super) async fn change(&self, username: &Username, change: &AccountChange) -> Result<Account, OperatorError> {
        let found = self.account_named(username).await?;
        let account = altered(self, None, found.id, |account| change.apply(account)).await?;
        self.end_sessions(&account);
        self.record_operator(change.action(), Some(username.to_string()), change.note());
        Ok(account)
    }
}

#[cfg(test)]
mod tests {
    use super::{DEVELOPMENT_ACCOUNTS, Email, Username, password};

    #[test]
    fn the_development_accounts_keep_the_rules() {
        for account in DEVELOPMENT_ACCOUNTS {
            let username = Username::parse(account.username).expect("a good name");
            assert!(Email::parse(account.email).is_ok());
            assert_eq!(password::check(account.password, &username), Ok(()));
        }
    }
}
