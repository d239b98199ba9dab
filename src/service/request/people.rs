//! Who is signed in, and what administrators ask of accounts and are told of them: everything but a password or its hash.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};

use crate::domain::user::{Account, AccountId, Email, Role, SignIn, SshKey, Username};

/// Who is signed in, as far as a screen may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Identity {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub username: Username,
    /// Its role.
    pub role: Role,
    /// Whether the one-time code from the log would make it the first administrator.
    pub may_claim_administrator: bool,
    /// Whether they came in by a one-time code, and do nothing before they have chosen a password.
    #[serde(default)]
    pub must_choose_password: bool,
}

/// An account that somebody makes for themselves.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The name to sign in with.
    pub username: Username,
    /// The address.
    pub email: Email,
    /// The password.
    pub password: SecretString,
    /// The password, typed again.
    pub again: SecretString,
}

/// Another password of one's own.
#[derive(Clone, Debug)]
pub struct PasswordChange {
    /// The password until now; nothing for whoever came in by a one-time code.
    pub old: Option<SecretString>,
    /// The new one.
    pub password: SecretString,
    /// The new one, typed again.
    pub again: SecretString,
}

/// What an administrator changes of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountChange {
    /// It has this role from now on.
    Role(Role),
    /// Nobody comes in with it any more.
    Close,
    /// Its holder comes in again, whether it was closed or locked by wrong passwords.
    Open,
    /// Nobody comes in by this key any more.
    RemoveKey {
        /// The key's fingerprint.
        fingerprint: String,
    },
}

/// What becomes of an account's keys when a one-time code takes the place of its password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldKeys {
    /// Its holder comes in by them as before: the password was forgotten, and nothing else happened.
    Stay,
    /// Nobody comes in by them any more: somebody else may have them, or have added one.
    Go,
}

/// An account as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccountFacts {
    /// Names it for ever.
    pub id: AccountId,
    /// The name to sign in with.
    pub username: Username,
    /// The address.
    pub email: Email,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Whether it is closed.
    pub closed: bool,
    /// Refused sign-ins since the last good one.
    pub failures: u32,
    /// Until when sign-ins are refused after too many of them.
    pub locked_until: Option<DateTime<Utc>>,
    /// Until when its one-time code is good, if it has one instead of a password.
    pub code_until: Option<DateTime<Utc>>,
    /// Its keys.
    pub ssh_keys: Vec<SshKey>,
    /// Its last sign-ins, the newest first.
    pub sign_ins: Vec<SignIn>,
}

impl From<Account> for AccountFacts {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            username: account.username,
            email: account.email,
            role: account.role,
            created_at: account.created_at,
            closed: account.closed,
            failures: account.failures,
            locked_until: account.locked_until,
            code_until: account.code_until,
            ssh_keys: account.ssh_keys,
            sign_ins: account.sign_ins,
        }
    }
}

/// A code with which the holder of an account signs in once, to choose a password. It shows itself to nobody but the person
/// who asked: neither a log nor a recording has it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OneTimeCode {
    /// The code, as it is typed; written, it has stars in the place of its letters.
    #[serde(serialize_with = "starred")]
    pub code: Arc<str>,
    /// Until when it is good.
    pub until: DateTime<Utc>,
}

fn starred<S: Serializer>(code: &str, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&code.replace(|c: char| c.is_alphanumeric(), "*"))
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OneTimeCode(…, until {})", self.until)
    }
}
