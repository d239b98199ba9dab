//! What administrators do with accounts. They never see or set a password: whoever needs one chooses it, by a one-time code.

use super::altering::altered;
use super::{code, insert};
use crate::domain::user::{Account, AccountId, Email, Role, Username};
use crate::service::Kiosk;
use crate::service::access::check_owner;
use crate::service::refusal::refuse;
use crate::service::request::{AccountChange, AccountFacts, Cursor, Failure, OldKeys, Reply};
use crate::service::session::Session;
use crate::store::users::{Named, Unique};

/// Accounts on a page.
const PAGE: u16 = 50;

/// Accounts by how their names begin, or their addresses.
pub(in crate::service) async fn list(
    session: &Session,
    beginning: &str,
    after: Option<&Cursor>,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let beginning = beginning.trim().to_lowercase();
    let by = match after {
        Some(Cursor(place)) => Unique::of(place).unwrap_or(Unique::Username),
        None if beginning.contains('@') => Unique::Email,
        None => Unique::Username,
    };
    let mut found = named(kiosk, by, &beginning, after).await?;
    if found.accounts.is_empty() && after.is_none() && by == Unique::Username {
        found = named(kiosk, Unique::Email, &beginning, None).await?;
    }
    let page = found.accounts.into_iter().map(AccountFacts::from).collect();
    Ok(Reply::Accounts { page, next: found.next.map(Cursor) })
}

async fn named(kiosk: &Kiosk, by: Unique, beginning: &str, after: Option<&Cursor>) -> Result<Named, Failure> {
    let after = after.map(|Cursor(place)| place.as_str());
    let found = kiosk.store().accounts_beginning(by, beginning, after, PAGE).await;
    found.map_err(|error| refuse("list accounts", &error))
}

/// An account as it is now.
pub(in crate::service) async fn show(session: &Session, id: AccountId) -> Result<Reply, Failure> {
    let found = session.kiosk().store().account(id).await.map_err(|error| refuse("read an account", &error))?;
    found.map(told).ok_or(Failure::NoSuchAccount)
}

/// Makes an account whose holder chooses a password by a one-time code.
pub(in crate::service) async fn add(
    session: &Session,
    username: Username,
    email: Email,
    role: Role,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let (code, hash) = code::draw(kiosk).await?;
    let account = kiosk.new_account(username, email, role, hash.clone()).with_code(hash, code.until);
    answered(session, insert(kiosk, &account, Some(session)).await).await?;
    kiosk.record(session, "account.add", Some(account.username.to_string()), Some(role.word().to_owned()));
    Ok(Reply::Code(Box::new(account.into()), code))
}

/// Changes somebody else's account.
pub(in crate::service) async fn change(
    session: &Session,
    id: AccountId,
    change: &AccountChange,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    check_owner(session, Some(id)).await?;
    let altered = altered(kiosk, Some(session), id, |account| change.apply(account)).await;
    let account = answered(session, altered).await?;
    kiosk.end_sessions(&account);
    kiosk.record(session, change.action(), Some(account.username.to_string()), change.note());
    Ok(told(account))
}

/// Puts a one-time code in the place of somebody else's password: their sessions end, and the old password is no more. Keys
/// that may be in wrong hands go with it, if that is asked for.
pub(in crate::service) async fn issue_code(session: &Session, id: AccountId, keys: OldKeys) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    check_owner(session, Some(id)).await?;
    let (code, hash) = code::draw(kiosk).await?;
    let altered = altered(kiosk, Some(session), id, |account| {
        *account = account.clone().with_code(hash.clone(), code.until);
        if keys == OldKeys::Go {
            account.ssh_keys.clear();
        }
        Ok(())
    })
    .await;
    let account = answered(session, altered).await?;
    kiosk.end_sessions(&account);
    let note = (keys == OldKeys::Go).then(|| "without keys".to_owned());
    kiosk.record(session, "account.issue-code", Some(account.username.to_string()), note);
    Ok(Reply::Code(Box::new(account.into()), code))
}

/// What came of a change, told to whoever asked for it: whoever is no administrator any more is out at once, and told why.
async fn answered<T>(session: &Session, done: Result<T, Failure>) -> Result<T, Failure> {
    let (Err(Failure::SignedOut), Some(account)) = (&done, session.who().account()) else { return done };
    let kiosk = session.kiosk();
    let own = kiosk.store().account(account).await.map_err(|error| refuse("read an account", &error))?;
    let Some(own) = own else { return done };
    kiosk.end_sessions(&own);
    if own.closed { Err(Failure::Closed) } else { done }
}

fn told(account: Account) -> Reply {
    Reply::Account(Box::new(account.into()))
}
