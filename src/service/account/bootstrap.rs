//! The first administrator: the account with the configured address, once its holder has read a code in the server's log.
//!
//! Nobody verified that address, so the address alone proves nothing.

use std::sync::{Mutex, PoisonError};

use data_encoding::BASE32_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::domain::user::{Account, AccountId, Email, Role};
use crate::service::{Chance, Kiosk};

/// The code that is out, if one is. It lives in memory alone: another process, or the next start, writes another.
#[derive(Default)]
pub(in crate::service) struct Bootstrap(Mutex<Option<(AccountId, SecretString)>>);

impl Bootstrap {
    /// The code for an account; the same until it is used, and new if it was not out.
    fn issue(&self, account: AccountId, chance: &Chance) -> Option<SecretString> {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if out.as_ref().is_some_and(|(known, _)| *known == account) {
            return None;
        }
        // 80 bits: more than anyone tries against the limit on attempts.
        let code = SecretString::from(BASE32_NOPAD.encode(&chance.bytes::<10>()));
        *out = Some((account, code.clone()));
        Some(code)
    }

    /// Whether this is the code that is out for an account. Spaces, hyphens and case do not matter.
    pub(in crate::service) fn accepts(&self, account: AccountId, typed: &SecretString) -> bool {
        let out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((known, code)) = out.as_ref() else { return false };
        let typed: String = typed.expose_secret().chars().filter(char::is_ascii_alphanumeric).collect();
        *known == account && equal(&typed.to_ascii_uppercase(), code.expose_secret())
    }

    /// Withdraws the code.
    pub(in crate::service) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Compares digests in a time that does not depend on where they differ.
fn equal(a: &str, b: &str) -> bool {
    let (a, b) = (Sha256::digest(a), Sha256::digest(b));
    a.iter().zip(b.iter()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

impl Kiosk {
    /// Whether an address is the configured one.
    pub(in crate::service) fn is_bootstrap(&self, email: &Email) -> bool {
        self.settings().bootstrap_admin.as_ref().is_some_and(|bootstrap| bootstrap.key() == email.key())
    }

    /// Writes a code to the log for an account that may become the first administrator. Whether it may.
    pub(in crate::service) async fn offer_administration(&self, account: &Account) -> bool {
        if account.role == Role::Administrator || !self.is_bootstrap(&account.email) {
            return false;
        }
        match self.store().has_administrator().await {
            Ok(false) => {
                if let Some(code) = self.0.bootstrap.issue(account.id, self.chance()) {
                    let (username, code) = (&account.username, code.expose_secret());
                    // At the one level that no setting silences: it can be read nowhere else.
                    tracing::error!(%username, code, "this code makes the account the first administrator");
                }
                true
            }
            Ok(true) => false,
            // Signing in goes on: the offer is made next time.
            Err(error) => {
                tracing::warn!(%error, "whether there is an administrator cannot be read");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{AccountId, Bootstrap, Chance, ExposeSecret, SecretString};

    #[test]
    fn a_code_is_for_one_account_until_it_is_withdrawn() {
        let bootstrap = Bootstrap::default();
        let (mine, other) = (AccountId(Uuid::from_u128(1)), AccountId(Uuid::from_u128(2)));
        let chance = Chance::seeded(1);
        let code = bootstrap.issue(mine, &chance).expect("none was out");
        assert!(bootstrap.issue(mine, &chance).is_none(), "it is written to the log once");
        let typed = code.expose_secret().to_ascii_lowercase();
        let spaced = SecretString::from(format!(" {}-{}", &typed[..8], &typed[8..]));
        assert!(bootstrap.accepts(mine, &spaced));
        assert!(!bootstrap.accepts(other, &spaced));
        assert!(!bootstrap.accepts(mine, &SecretString::from("AAAAAAAAAAAAAAAA".to_owned())));
        bootstrap.forget();
        assert!(!bootstrap.accepts(mine, &code));
    }
}
