//! Who is at the terminal: signing in, registering, stepping away, and becoming the first administrator.
//!
//! A wrong password is counted before it is looked at, in a conditional write, so that many guesses at once are no more
//! than as many in a row. Unknown names cost the same time and are locked in the same way, so neither says which names
//! exist.

mod altering;
mod attempts;
mod bootstrap;
mod code;
pub(super) mod desk;
mod operator;
pub(super) mod own_password;
mod password;
pub(super) mod ssh_keys;
mod werkzeug;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

pub use self::operator::{DEVELOPMENT_ACCOUNTS, DevelopmentAccount, OperatorError};
pub(super) use self::{
    attempts::{Attempts, Refused},
    bootstrap::Bootstrap,
    password::Hasher,
};
use crate::domain::user::{Account, AccountId, Email, PasswordHash, Proof, Role, SignIn, Username};
use crate::service::Kiosk;
use crate::service::access::Whose;
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Identity, Reply};
use crate::service::session::{ByKey, Entrance, Proved, Session, Who};
use crate::store::StoreError;
use crate::store::users::{Claim, CreateAccountError};

/// How long a role is believed before the account is looked at again: a demotion takes effect within it.
const STANDING: TimeDelta = TimeDelta::seconds(60);
/// How often a count is tried when the account is written by others at the same time.
const ATTEMPTS: u32 = 16;

pub(super) async fn sign_in(session: &Session, name: &str, password: SecretString) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let by = session.begin();
    let session = &session.asking(Whose::Nobodys);
    let account = find(kiosk, name).await?;
    let account = verify(session, name, account, password, Why::ToComeIn).await?;
    enter(session, by, &account, "account.sign-in", None).await
}

pub(super) async fn unlock(session: &Session, password: SecretString) -> Result<Reply, Failure> {
    let by = session.entrance();
    let Who::Account(identity) = session.who() else { return Err(Failure::SignedOut) };
    let kiosk = session.kiosk();
    let account = kiosk.store().account(identity.account).await.map_err(|error| refuse("unlock", &error))?;
    let account = verify(session, identity.username.as_str(), account, password, Why::ToStay).await?;
    enter(session, by, &account, "account.unlock", None).await
}

pub(super) async fn register(
    session: &Session,
    username: Username,
    email: Email,
    password: SecretString,
    again: &SecretString,
) -> Result<Reply, Failure> {
    if password.expose_secret() != again.expose_secret() {
        return Err(Failure::PasswordsDiffer);
    }
    let kiosk = session.kiosk();
    let by = session.begin();
    let session = &session.asking(Whose::Nobodys);
    // Making accounts is limited as wrong passwords are: each costs a hash and a row.
    kiosk.0.sources.begin(&session.origin(), kiosk.now())?;
    let came_in = Some(session.sign_in(Proof::Password));
    let account = create(kiosk, username, email, Role::Traveller, password, came_in).await?;
    enter(session, by, &account, "account.register", None).await
}

pub(super) async fn claim_administrator(session: &Session, code: &SecretString) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let by = session.entrance();
    let Who::Account(identity) = session.who() else { return Err(Failure::SignedOut) };
    let source = &session.origin();
    kiosk.0.sources.begin(source, kiosk.now())?;
    if !kiosk.0.bootstrap.accepts(identity.account, code) {
        return Err(Failure::WrongCode);
    }
    let account = kiosk.store().account(identity.account).await.map_err(|error| refuse("claim", &error))?;
    let account = account.filter(|account| !account.closed && kiosk.is_bootstrap(&account.email));
    let account = account.ok_or(Failure::WrongCode)?;
    let claim = kiosk.store().claim_administrator(&account).await.map_err(|error| refuse("claim", &error))?;
    kiosk.0.bootstrap.forget();
    match claim {
        Claim::Granted(account) => {
            kiosk.0.sources.take_back(source);
            kiosk.record(session, "account.claim-administrator", Some(account.username.to_string()), None);
            enter(session, by, &account, "account.sign-in", None).await
        }
        Claim::TooLate => Err(Failure::WrongCode),
    }
}

impl Session {
    /// What an account remembers of somebody who comes in here now.
    fn sign_in(&self, by: Proof) -> SignIn {
        SignIn { at: self.kiosk().now().trunc_subsecs(0), terminal: self.terminal().id.clone(), by }
    }

    /// Refuses whoever has not at least a role, going by the account as it is now or was a moment ago.
    pub(super) async fn require(&self, least: Role) -> Result<(), Failure> {
        match standing(self).await? {
            None => Err(Failure::SignedOut),
            Some(role) if role < least => Err(Failure::NotAllowed { needs: least }),
            Some(_) => Ok(()),
        }
    }
}

/// The role that counts now. The account is looked at again when that is a while ago: a closed one is signed out.
async fn standing(session: &Session) -> Result<Option<Role>, Failure> {
    let kiosk = session.kiosk();
    let identity = match session.who() {
        Who::Account(identity) if kiosk.now() - session.checked_at() >= STANDING => identity,
        who => return Ok(who.role()),
    };
    let account = kiosk.store().account(identity.account).await.map_err(|error| refuse("read", &error))?;
    if let Some(account) = account.filter(|account| !account.closed) {
        session.confirm(account.id, account.role);
        Ok(Some(account.role))
    } else {
        session.expel(identity.account);
        Err(Failure::Closed)
    }
}

/// Makes an account, if nobody has its name or address; its holder may come in with it at once.
async fn create(
    kiosk: &Kiosk,
    username: Username,
    email: Email,
    role: Role,
    password: SecretString,
    came_in: Option<SignIn>,
) -> Result<Account, Failure> {
    password::check(password.expose_secret(), &username).map_err(Failure::WeakPassword)?;
    let hash = kiosk.0.hasher.hash(password).await?;
    let account = kiosk.new_account(username, email, role, hash);
    let account = came_in.into_iter().fold(account, Account::signed_in);
    insert(kiosk, &account, None).await?;
    Ok(account)
}

/// Writes an account that never was, if nobody has its name or address, and whoever makes it still may.
async fn insert(kiosk: &Kiosk, account: &Account, by: Option<&Session>) -> Result<(), Failure> {
    for _ in 0..ATTEMPTS {
        let by = match by {
            Some(session) => session.actor().await?,
            None => None,
        };
        match kiosk.store().create_account_by(account, by).await {
            Ok(()) => return Ok(()),
            Err(CreateAccountError::UsernameTaken) => return Err(Failure::UsernameTaken(account.username.clone())),
            Err(CreateAccountError::EmailTaken) => return Err(Failure::EmailTaken),
            // Their own account may only have been written meanwhile.
            Err(CreateAccountError::NotByThem) if by.is_some_and(|by| by.version.is_some()) => {}
            Err(CreateAccountError::NotByThem) => return Err(Failure::SignedOut),
            Err(CreateAccountError::Store(error)) => return Err(refuse("register", &error)),
        }
    }
    Err(Failure::Busy)
}

impl Kiosk {
    /// An account that was never written.
    fn new_account(&self, username: Username, email: Email, role: Role, password: PasswordHash) -> Account {
        Account {
            id: AccountId(self.chance().id()),
            version: 1,
            username,
            email,
            role,
            password,
            created_at: self.now().trunc_subsecs(0),
            failures: 0,
            locked_until: None,
            closed: false,
            generation: 0,
            ssh_keys: Vec::new(),
            code_until: None,
            sign_ins: Vec::new(),
        }
    }
}

/// The account that somebody means by a user name or an address.
async fn find(kiosk: &Kiosk, name: &str) -> Result<Option<Account>, Failure> {
    let found = if let Ok(email) = Email::parse(name) {
        kiosk.store().account_by_email(&email.key()).await
    } else if let Ok(username) = Username::parse(name) {
        kiosk.store().account_by_username(&username.key()).await
    } else {
        Ok(None)
    };
    found.map_err(|error| refuse("sign in", &error))
}

/// Why somebody types a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// They come in, which the account remembers.
    ToComeIn,
    /// They are in, and prove that it is still they.
    ToStay,
}

/// The account, once the password has proved to be its own, or the one-time code in its place.
async fn verify(
    session: &Session,
    name: &str,
    account: Option<Account>,
    password: SecretString,
    why: Why,
) -> Result<Account, Failure> {
    let kiosk = session.kiosk();
    let source = &session.origin();
    kiosk.0.sources.begin(source, kiosk.now())?;
    let Some(account) = account else {
        let key = name.trim().to_lowercase();
        kiosk.0.unknown_names.begin(&key, kiosk.now())?;
        kiosk.0.hasher.verify_nobody(password).await?;
        return Err(Failure::WrongPassword);
    };
    let counted = count(kiosk, account).await?;
    let password = code::as_hashed(&counted, password);
    if !kiosk.0.hasher.verify(&counted.password, password.clone()).await? {
        kiosk.record(session, "account.refused", Some(counted.username.to_string()), None);
        return Err(counted.locked_until.map_or(Failure::WrongPassword, |until| Failure::LockedOut { until }));
    }
    kiosk.0.sources.take_back(source);
    if counted.closed {
        return Err(Failure::Closed);
    }
    code::check_time(&counted, kiosk.now())?;
    let mut cleared = Account { failures: 0, locked_until: None, ..counted };
    if why == Why::ToComeIn {
        let by = if cleared.code_until.is_some() { Proof::Code } else { Proof::Password };
        cleared = cleared.signed_in(session.sign_in(by));
    }
    if !kiosk.0.hasher.is_current(&cleared.password) {
        // Only now is the password known: its hash follows the kind and the cost that are asked for today.
        cleared.password = kiosk.0.hasher.hash(password).await?;
    }
    match kiosk.store().save_account(&cleared).await {
        Ok(account) => Ok(account),
        // Somebody else signs in to it at the same time, and clears or counts for themselves.
        Err(StoreError::Conflict { .. }) => Ok(cleared),
        Err(error) => Err(refuse("sign in", &error)),
    }
}

/// Counts an attempt on an account as wrong until it proves right. The last one allowed closes the door behind it.
async fn count(kiosk: &Kiosk, mut account: Account) -> Result<Account, Failure> {
    let limits = kiosk.settings().sign_in;
    for _ in 0..ATTEMPTS {
        let now = kiosk.now();
        let counted = counted(&account, limits.per_account, limits.lockout, now)?;
        match kiosk.store().save_account(&counted).await {
            Ok(account) => return Ok(account),
            Err(StoreError::Conflict { .. }) => {
                let again = kiosk.store().account(account.id).await;
                let again = again.map_err(|error| refuse("sign in", &error))?;
                account = again.ok_or(Failure::WrongPassword)?;
            }
            Err(error) => return Err(refuse("sign in", &error)),
        }
    }
    Err(Failure::Busy)
}

fn counted(account: &Account, most: u32, lockout: TimeDelta, now: DateTime<Utc>) -> Result<Account, Failure> {
    let before = match account.locked_until {
        Some(until) if now < until => return Err(Failure::LockedOut { until }),
        Some(_) => 0,
        None => account.failures,
    };
    let failures = before + 1;
    let locked_until = (failures >= most).then(|| (now + lockout).trunc_subsecs(0));
    Ok(Account { failures, locked_until, ..account.clone() })
}

/// Lets somebody in who has proved who they are, by a key or by what they typed, by the way in that they began.
async fn enter(
    session: &Session,
    by: Entrance,
    account: &Account,
    action: &'static str,
    key: Option<ByKey>,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let may_claim_administrator = kiosk.offer_administration(account).await;
    let identity = Identity {
        account: account.id,
        username: account.username.clone(),
        role: account.role,
        may_claim_administrator,
        must_choose_password: key.is_none() && account.code_until.is_some(),
    };
    session.welcome(by, &identity, Proved { generation: account.generation, key })?;
    kiosk.record(session, action, Some(account.username.to_string()), None);
    Ok(Reply::Welcome(identity))
}
