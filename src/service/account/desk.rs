//! What administrators do with accounts. They never see or set a password: whoever needs one chooses it, by a one-time code.

use super::altering::altered;
use super::{code, insert};
use crate::domain::user::{Account, AccountId, Email, Role, Username};
use crate::service::Kiosk;
use crate::service::refusal::refuse;
use crate::service::request::{AccountChange, AccountFacts, Cursor, Failure, Reply};
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
    insert(kiosk, &account).await?;
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
    check_not_own(session, id)?;
    let account = altered(kiosk, id, |account| change.apply(account)).await?;
    kiosk.end_sessions(&account);
    kiosk.record(session, change.action(), Some(account.username.to_string()), change.note());
    Ok(told(account))
}

/// Puts a one-time code in the place of somebody else's password: their sessions end, and the old password is no more.
pub(in crate::service) async fn issue_code(session: &Session, id: AccountId) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    check_not_own(session, id)?;
    let (code, hash) = code::draw(kiosk).await?;
    let account = altered(kiosk, id, |account| {
        *account = account.clone().with_code(hash.clone(), code.until);
        Ok(())
    })
    .await?;
    kiosk.end_sessions(&account);
    kiosk.record(session, "account.issue-code", Some(account.username.to_string()), None);
    Ok(Reply::Code(Box::new(account.into()), code))
}

/// Whoever shuts themselves out may have been the last who could let anybody in.
fn check_not_own(session: &Session, id: AccountId) -> Result<(), Failure> {
    if session.who().account() == Some(id) { Err(Failure::OwnAccount) } else { Ok(()) }
}

fn told(account: Account) -> Reply {
    Reply::Account(Box::new(account.into()))
}
