//! The public keys of accounts: with them their holders come in by SSH without a password.

use chrono::{DateTime, SubsecRound, Utc};
use secrecy::SecretString;
use ssh_key::{Algorithm, HashAlg, PublicKey};

use super::altering::altered;
use super::operator::OperatorError;
use super::{Why, enter, find, verify};
use crate::domain::text::is_hidden;
use crate::domain::user::{Account, Proof, SshKey, Username};
use crate::service::Kiosk;
use crate::service::access::Whose;
use crate::service::refusal::refuse;
use crate::service::request::{AccountChange, Failure, Identity, Reply};
use crate::service::session::{ByKey, Session, Who};
use crate::store::StoreError;

/// How many keys an account has at most: an item of the store has its limits, and nobody has more machines.
const MOST: usize = 16;

/// The longest line that is read: a key is a few hundred bytes.
const LONGEST: usize = 4_096;

/// How much of what a holder calls a key is kept, in characters.
const COMMENT: usize = 60;

/// A key out of the line of an OpenSSH file.
fn parse(line: &str, now: DateTime<Utc>) -> Result<SshKey, Failure> {
    let line = line.trim();
    if line.contains("PRIVATE KEY") {
        return Err(Failure::BadKey(
            "That is a private key, which nobody else may see: make another pair, and give the file that ends in .pub.",
        ));
    }
    let parsed = Some(line).filter(|line| line.len() <= LONGEST).and_then(|line| PublicKey::from_openssh(line).ok());
    let key = parsed.ok_or(Failure::BadKey(
        "Give one line as it stands in a file such as ~/.ssh/id_ed25519.pub: it begins with ssh-ed25519.",
    ))?;
    if !is_accepted(&key.algorithm()) {
        return Err(Failure::BadKey("Keys of this kind are not taken: make one by ssh-keygen -t ed25519."));
    }
    let comment = key.comment().as_str_lossy().chars().filter(|c| !is_hidden(*c)).take(COMMENT).collect();
    Ok(SshKey {
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
        key: bare(&key),
        comment,
        added_at: now.trunc_subsecs(0),
    })
}

/// What the server can verify: RSA would need a library with a history of leaks by time.
const fn is_accepted(algorithm: &Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::Ed25519 | Algorithm::Ecdsa { .. } | Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256
    )
}

/// A key as OpenSSH writes it, without a comment.
fn bare(key: &PublicKey) -> String {
    let mut key = key.clone();
    key.set_comment("");
    key.to_openssh().map(|line| line.trim_end().to_owned()).unwrap_or_default()
}

impl Account {
    fn has(&self, key: &PublicKey) -> bool {
        let bare = bare(key);
        !self.closed && self.ssh_keys.iter().any(|own| own.key == bare)
    }

    fn add(&mut self, key: SshKey) -> Result<(), Failure> {
        if self.ssh_keys.iter().any(|own| own.key == key.key) {
            return Err(Failure::BadKey("The account has this key already: nothing is left to do."));
        }
        if self.ssh_keys.len() >= MOST {
            return Err(Failure::BadKey(
                "The account has as many keys as it may: remove one that is not needed first.",
            ));
        }
        self.ssh_keys.push(key);
        Ok(())
    }

    pub(super) fn remove_key(&mut self, fingerprint: &str) -> Result<(), Failure> {
        let before = self.ssh_keys.len();
        self.ssh_keys.retain(|own| own.fingerprint != fingerprint);
        if self.ssh_keys.len() < before {
            Ok(())
        } else {
            Err(Failure::BadKey("The account has no such key any more."))
        }
    }
}

impl Session {
    /// Whether an account has a key, of which nobody has proved yet that it is theirs.
    pub async fn knows_key(&self, name: &str, key: &PublicKey) -> bool {
        let found = Box::pin(self.under_reference(find(self.kiosk(), name)));
        let found = self.kiosk().store().within_one_deadline(found).await;
        found.is_ok_and(|account| account.is_some_and(|account| account.has(key)))
    }

    /// Signs somebody in who has proved to the door that a key is theirs. Guesses at a password lock nobody out of it.
    ///
    /// # Errors
    ///
    /// `WrongPassword` where the account does not have the key, so that nobody learns which names exist.
    pub async fn sign_in_by_key(&self, name: &str, key: &PublicKey) -> Result<Identity, Failure> {
        let by = self.begin();
        let session = &self.asking(Whose::Nobodys);
        let enters = async {
            let account = find(self.kiosk(), name).await?.filter(|account| account.has(key));
            let account = account.ok_or(Failure::WrongPassword)?;
            let account = remembered(session, account).await?;
            let key = ByKey { fingerprint: key.fingerprint(HashAlg::Sha256).to_string(), of: account.version };
            enter(session, by, &account, "account.sign-in-by-key", Some(key)).await
        };
        let enters = Box::pin(self.under_reference(enters));
        match self.kiosk().store().within_one_deadline(enters).await? {
            Reply::Welcome(identity) => Ok(identity),
            _ => Err(Failure::SignedOut),
        }
    }
}

/// The account once it remembers that its holder came in. Who writes it at the same time keeps nobody out.
async fn remembered(session: &Session, account: Account) -> Result<Account, Failure> {
    let account = account.signed_in(session.sign_in(Proof::Key));
    match session.kiosk().store().save_account(&account).await {
        Err(StoreError::Conflict { .. }) => Ok(account),
        saved => saved.map_err(|error| refuse("sign in", &error)),
    }
}

/// The keys of whoever asks.
pub(in crate::service) async fn list(session: &Session) -> Result<Reply, Failure> {
    let own = own(session).await?;
    Ok(Reply::SshKeys(own.ssh_keys))
}

/// Adds a key to the account of whoever asks and types its password: who finds a terminal unattended makes no way in for
/// later.
pub(in crate::service) async fn add(session: &Session, line: &str, password: SecretString) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let key = parse(line, kiosk.now())?;
    let account = own(session).await?;
    let name = account.username.clone();
    let proved = verify(session, name.as_str(), Some(account), password, Why::ToStay).await?;
    let added = altered(kiosk, None, proved.id, |account| {
        // What was proved is proved of the account as it was.
        if account.generation == proved.generation && session.is_still_of(account) {
            account.add(key.clone())
        } else {
            Err(Failure::SignedOut)
        }
    })
    .await?;
    kiosk.record(session, "account.add-key", Some(name.to_string()), Some(key.fingerprint));
    Ok(Reply::SshKeys(added.ssh_keys))
}

/// Removes a key of the account of whoever asks. Other sessions that came in by it end; whoever asks stays.
pub(in crate::service) async fn remove(session: &Session, fingerprint: &str) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let Who::Account(identity) = session.who() else { return Err(Failure::SignedOut) };
    let left = altered(kiosk, None, identity.account, |account| {
        // Whatever has changed the account ends this session in a moment.
        if session.is_still_of(account) { account.remove_key(fingerprint) } else { Err(Failure::SignedOut) }
    })
    .await?;
    session.stay_without(fingerprint);
    kiosk.end_sessions(&left);
    kiosk.record(session, "account.remove-key", Some(left.username.to_string()), Some(fingerprint.to_owned()));
    Ok(Reply::SshKeys(left.ssh_keys))
}

async fn own(session: &Session) -> Result<Account, Failure> {
    let Who::Account(identity) = session.who() else { return Err(Failure::SignedOut) };
    let account = session.kiosk().store().account(identity.account).await.map_err(|error| refuse("read", &error))?;
    account.filter(|account| !account.closed).ok_or(Failure::Closed)
}

impl Kiosk {
    /// Adds a key to an account.
    pub async fn add_ssh_key(&self, username: &Username, line: &str) -> Result<SshKey, OperatorError> {
        let key = parse(line, self.now())?;
        let account = self.account_named(username).await?;
        altered(self, None, account.id, |account| account.add(key.clone())).await?;
        self.record_operator("account.add-key", Some(username.to_string()), Some(key.fingerprint.clone()));
        Ok(key)
    }

    /// Removes a key from an account.
    pub async fn remove_ssh_key(&self, username: &Username, fingerprint: &str) -> Result<(), OperatorError> {
        let change = AccountChange::RemoveKey { fingerprint: fingerprint.to_owned() };
        self.change(username, &change).await.map(drop)
    }

    /// The keys of an account.
    pub async fn ssh_keys(&self, username: &Username) -> Result<Vec<SshKey>, OperatorError> {
        Ok(self.account_named(username).await?.ssh_keys)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use rstest::rstest;

    use super::{Failure, parse};

    const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

    #[test]
    fn a_key_is_read_as_openssh_writes_it() {
        let key = parse(&format!(" {ED25519} asha@counter-7\n"), DateTime::UNIX_EPOCH).expect("it is one");
        assert_eq!((key.key.as_str(), key.comment.as_str()), (ED25519, "asha@counter-7"));
        assert!(key.fingerprint.starts_with("SHA256:"), "{key:?}");
        let bare = parse(ED25519, DateTime::UNIX_EPOCH).expect("it needs no comment");
        assert_eq!((bare.key, bare.fingerprint, bare.comment), (key.key, key.fingerprint, String::new()));
    }

    #[rstest]
    #[case::nothing("", "Give one line")]
    #[case::words("my key", "Give one line")]
    #[case::half(&ED25519[..40], "Give one line")]
    #[case::options("command=\"sh\" ssh-ed25519 AAAA", "Give one line")]
    #[case::two_lines("ssh-ed25519 AAAA\nssh-ed25519 AAAA", "Give one line")]
    #[case::a_private_one("-----BEGIN OPENSSH PRIVATE KEY-----", "private key")]
    #[case::rsa(
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQC8n2nAQJr+8kFvc9wAaGEq3xMEWzGFr1mzcqUhDvKnqMyzKLHrUvDzdrEHbh4Y0E8zIjGnkV3xRHHsSgPAAAAB",
        "ssh-keygen -t ed25519"
    )]
    fn nothing_else_is(#[case] line: &str, #[case] sentence: &str) {
        let Err(Failure::BadKey(why)) = parse(line, DateTime::UNIX_EPOCH) else { panic!("it is no key: {line}") };
        assert!(why.contains(sentence), "{why}");
    }

    #[test]
    fn what_somebody_calls_a_key_cannot_hide_anything() {
        let key = parse(&format!("{ED25519} a\u{1b}[2Jb\u{202e}{}", "x".repeat(99)), DateTime::UNIX_EPOCH);
        let comment = key.expect("it is one").comment;
        assert!(comment.starts_with("a[2Jbx") && comment.chars().count() == 60, "{comment:?}");
    }
}
