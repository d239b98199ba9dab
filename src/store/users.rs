//! Accounts, and the guard items that keep names and addresses unique.
//!
//! An index cannot enforce uniqueness and lags behind. So each name and each address has an item of its own,
//! `username#anita`, that is written in the same transaction as the account and names it in `AccountID`. Sign-in reads
//! the guard and then the account, both consistently. A further guard, `administrator#first`, is there as soon as any
//! account is or was an administrator. The item `sessions#ended` counts the changes of accounts with which their sessions
//! end, in the transactions of those changes: a process with sessions need look at nothing else.

mod listing;
mod profile;

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::listing::{Named, Unique};
use crate::domain::user::{Account, AccountId, Ends, Role};
use crate::store::item::{Item, corrupt, decode, encode, number, string, text};
use crate::store::remedy::refused;
use crate::store::requests::Consistency;
use crate::store::retry::Refusal;
use crate::store::schema::{EMAIL_LOWER, GUARDS, SCHEMA_VERSION, SCHEMA_VERSION_ATTRIBUTE, USER_ID, USERNAME_LOWER};
use crate::store::{Store, StoreError};

/// On an account: a token of the write that left it so, by which a repeat knows its own.
const WRITTEN_BY: &str = "WrittenBy";
/// On a guard item: the account that has the name.
const ACCOUNT_ID: &str = "AccountID";
const FIRST_ADMINISTRATOR: &str = "administrator#first";
const ENDINGS: &str = "sessions#ended";
/// On that item: how often.
const COUNT: &str = "Count";

/// Why an account was not created.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CreateAccountError {
    /// Another account has the name.
    #[error("this user name is taken: choose another")]
    UsernameTaken,
    /// Another account has the address.
    #[error("this e-mail address has an account: sign in with it, or use another address")]
    EmailTaken,
    /// Whoever makes it is no administrator any more, or not as they came in.
    #[error("whoever makes it is no administrator any more")]
    NotByThem,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whoever changes the accounts of others: an administrator, as the account was when they came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Their own account.
    pub account: AccountId,
    /// Its generation.
    pub generation: u32,
    /// Its version, where all of it has to be as it was read: they came in by a key that it has.
    pub version: Option<u64>,
}

/// What came of a change of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is as given here.
    Done(Box<Account>),
    /// Whoever changes it is no administrator any more, or not as they came in; nothing was changed.
    NotByThem,
}

/// What came of an account's claim to be the first administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is an administrator now, as given here.
    Granted(Box<Account>),
    /// There is or was one already; nothing was changed.
    TooLate,
}

/// Where a list of accounts goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountCursor(String);

/// A part of the list of accounts, in no order that means anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// Where the list goes on, if it does.
    pub next: Option<AccountCursor>,
}

impl Store {
    /// Creates an account whose name and address nobody has. Repeating it with the same account does nothing.
    ///
    /// # Errors
    ///
    /// Says which of the two is taken; the name, if both are.
    pub async fn create_account(&self, account: &Account) -> Result<(), CreateAccountError> {
        self.create_account_by(account, None).await
    }

    /// The same by an administrator, who has to be one still.
    ///
    /// # Errors
    ///
    /// As [`Self::create_account`], or that they are none any more.
    pub async fn create_account_by(&self, account: &Account, by: Option<Actor>) -> Result<(), CreateAccountError> {
        let unused = format!("attribute_not_exists({USER_ID})");
        let put = |item: Item| self.put_user(item).condition_expression(&unused);
        let mut items = vec![
            written(put(account_item(account))),
            written(put(guard(&username_guard(&account.username.key()), account.id))),
            written(put(guard(&email_guard(&account.email.key()), account.id))),
        ];
        items.extend(self.administrator_mark(account));
        items.extend(by.map(|by| self.still_administrator(by)));
        let Err(refusal) = self.transact(items).await?.verdict else { return Ok(()) };
        match refusal.failed_condition() {
            // The account's id is there already: an earlier attempt's reply was lost.
            Some((0, _)) => Ok(()),
            Some((1, _)) => Err(CreateAccountError::UsernameTaken),
            Some((2, _)) => Err(CreateAccountError::EmailTaken),
            Some(_) => Err(CreateAccountError::NotByThem),
            _ => Err(refused(&refusal).into()),
        }
    }

    /// The account with an id.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let what = format!("account {id}");
        self.user_item(&id.to_string()).await?.map(|item| decode(item, &what)).transpose()
    }

    /// The account with a name, by [`Username::key`](crate::domain::user::Username::key).
    pub async fn account_by_username(&self, key: &str) -> Result<Option<Account>, StoreError> {
        self.guarded(&username_guard(key)).await
    }

    /// The account with an address, by [`Email::key`](crate::domain::user::Email::key).
    pub async fn account_by_email(&self, key: &str) -> Result<Option<Account>, StoreError> {
        self.guarded(&email_guard(key)).await
    }

    /// Writes an account that was read at its `version`, and gives it as written, one version later. Its name and
    /// address must be as they were: their guards are not moved. Of two saves of one version one is refused, even where
    /// both would write the same: each counts.
    ///
    /// # Errors
    ///
    /// `Conflict` when it was written since, `NotFound` when there is none.
    pub async fn save_account(&self, account: &Account) -> Result<Account, StoreError> {
        match self.change_account(account, Ends::None, None).await? {
            Changed::Done(account) => Ok(*account),
            Changed::NotByThem => unreachable!("it is asked of nobody who they are"),
        }
    }

    /// The same for a change with which sessions of the account end, which every process finds by [`Self::endings`]: all
    /// of them end with a generation. Who changes somebody else's is asked to be an administrator still, in the same
    /// transaction: of two who would shut each other out one does.
    ///
    /// # Errors
    ///
    /// As [`Self::save_account`].
    pub async fn change_account(
        &self,
        account: &Account,
        ends: Ends,
        by: Option<Actor>,
    ) -> Result<Changed, StoreError> {
        let generation = account.generation + u32::from(ends == Ends::All);
        let next = Account { version: account.version + 1, generation, ..account.clone() };
        let token = self.patience().token();
        let mut items = vec![written(self.put_next_version(&next, account.version, &token))];
        items.extend(self.administrator_mark(&next));
        if ends != Ends::None {
            items.push(self.ending());
        }
        items.extend(by.map(|by| self.still_administrator(by)));
        let Err(refusal) = self.transact(items).await?.verdict else { return Ok(Changed::Done(Box::new(next))) };
        match refusal.failed_condition() {
            // First of all: an earlier attempt whose reply was lost may have been applied when they still were one.
            Some((0, found)) => unless_written(next, &token, found).map(|account| Changed::Done(Box::new(account))),
            Some(_) => Ok(Changed::NotByThem),
            None => Err(refused(&refusal)),
        }
    }

    /// Makes an account the first administrator, if there never was one.
    pub async fn claim_administrator(&self, account: &Account) -> Result<Claim, StoreError> {
        let next = Account {
            version: account.version + 1,
            role: Role::Administrator,
            generation: account.generation + 1,
            ..account.clone()
        };
        let mark = self.put_user(guard(FIRST_ADMINISTRATOR, account.id));
        let mark = mark.condition_expression(format!("attribute_not_exists({USER_ID})"));
        let token = self.patience().token();
        let items = vec![written(mark), written(self.put_next_version(&next, account.version, &token)), self.ending()];
        let Err(refusal) = self.transact(items).await?.verdict else { return Ok(Claim::Granted(Box::new(next))) };
        match refusal.failed_condition() {
            // An earlier attempt whose reply was lost left its mark and wrote the account in one.
            Some((0, found)) if found.is_some_and(|mark| marks(mark, account.id)) => {
                let written = self.account(account.id).await?.filter(|found| found.role == Role::Administrator);
                Ok(written.map_or(Claim::TooLate, |found| Claim::Granted(Box::new(found))))
            }
            Some((0, _)) => Ok(Claim::TooLate),
            Some((_, found)) => unless_written(next, &token, found).map(|account| Claim::Granted(Box::new(account))),
            None => Err(refused(&refusal)),
        }
    }

    /// How often accounts were changed so that their sessions end, in all; read consistently.
    pub async fn endings(&self) -> Result<u64, StoreError> {
        let item = self.user_item(ENDINGS).await?;
        let Some(item) = item else { return Ok(0) };
        let count = item.get(COUNT).and_then(|count| count.as_n().ok()?.parse().ok());
        count.ok_or_else(|| corrupt(ENDINGS, "it counts nothing"))
    }

    /// The accounts with some ids, read consistently; those that there are and that this program understands: one that it
    /// does not keeps it from nobody else's.
    pub async fn accounts_with(&self, ids: &[AccountId]) -> Result<Vec<Account>, StoreError> {
        let keys: Vec<_> = ids.iter().map(|id| Item::from([(USER_ID.to_owned(), string(id))])).collect();
        let items = self.read_items(&self.names().users, &keys, Consistency::Strong).await?;
        let accounts = items.into_iter().map(|item| decode(item, "an account"));
        Ok(accounts
            .filter_map(|account| account.inspect_err(|error| tracing::warn!(%error, "it is left out")).ok())
            .collect())
    }

    /// Whether any account is or was an administrator.
    pub async fn has_administrator(&self) -> Result<bool, StoreError> {
        Ok(self.user_item(FIRST_ADMINISTRATOR).await?.is_some())
    }

    /// A part of the list of all accounts, beginning at a cursor; at most `limit`, and at least one unless it is the last.
    pub async fn accounts(&self, from: Option<AccountCursor>, limit: u16) -> Result<AccountPage, StoreError> {
        let mut next = from;
        loop {
            let request = self
                .dynamodb()
                .scan()
                .table_name(&self.names().users)
                .limit(i32::from(limit.max(1)))
                // What was not taken over yet of the application that Kiosk replaces has a name and no schema.
                .filter_expression(format!(
                    "attribute_exists({USERNAME_LOWER}) AND attribute_exists({SCHEMA_VERSION_ATTRIBUTE})"
                ))
                .consistent_read(true)
                .set_exclusive_start_key(next.map(|AccountCursor(id)| Item::from([(USER_ID.to_owned(), string(id))])));
            let answer = self.attempt(|| request.clone().send()).await?.answer()?;
            next = answer.last_evaluated_key.and_then(|key| text(&key, USER_ID).map(|id| AccountCursor(id.to_owned())));
            let items = answer.items.unwrap_or_default().into_iter();
            let accounts = items.map(|item| decode(item, "an account")).collect::<Result<Vec<_>, _>>()?;
            if !accounts.is_empty() || next.is_none() {
                return Ok(AccountPage { accounts, next });
            }
        }
    }

    async fn guarded(&self, guard: &str) -> Result<Option<Account>, StoreError> {
        let Some(item) = self.user_item(guard).await? else { return Ok(None) };
        let id = text(&item, ACCOUNT_ID).and_then(|id| id.parse().ok()).map(AccountId);
        self.account(id.ok_or_else(|| corrupt(guard, "it names no account"))?).await
    }

    async fn user_item(&self, id: &str) -> Result<Option<Item>, StoreError> {
        let request = self.dynamodb().get_item().table_name(&self.names().users).consistent_read(true);
        let request = request.key(USER_ID, string(id));
        Ok(self.attempt(|| request.clone().send()).await?.answer()?.item)
    }

    /// A put that gives the item it found when its condition fails.
    pub(in crate::store) fn put_user(&self, item: Item) -> PutBuilder {
        Put::builder()
            .table_name(&self.names().users)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    fn put_next_version(&self, next: &Account, read: u64, token: &str) -> PutBuilder {
        let mut item = account_item(next);
        item.insert(WRITTEN_BY.to_owned(), string(token));
        self.put_user(item)
            .condition_expression(format!(
                "Version = :read AND {USERNAME_LOWER} = :name AND {EMAIL_LOWER} = :address \
                 AND {SCHEMA_VERSION_ATTRIBUTE} <= :schema"
            ))
            .expression_attribute_values(":schema", number(SCHEMA_VERSION))
            .expression_attribute_values(":read", number(read))
            .expression_attribute_values(":name", string(next.username.key()))
            .expression_attribute_values(":address", string(next.email.key()))
    }

    /// Asks in a transaction that somebody is an administrator as they came in. Whoever came in was written then, so that
    /// their item has all of these attributes.
    fn still_administrator(&self, by: Actor) -> TransactWriteItem {
        let check = ConditionCheck::builder()
            .table_name(&self.names().users)
            .key(USER_ID, string(by.account))
            .condition_expression(match by.version {
                None => "#role = :administrator AND Closed = :no AND Generation = :generation",
                Some(_) => "#role = :administrator AND Closed = :no AND Generation = :generation AND Version = :read",
            })
            .set_expression_attribute_values(
                by.version.map(|version| Item::from([(":read".to_owned(), number(version))])),
            )
            .expression_attribute_names("#role", "Role")
            .expression_attribute_values(":administrator", string(Role::Administrator.word()))
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":generation", number(by.generation))
            .build()
            .expect("table, key and condition are set");
        TransactWriteItem::builder().condition_check(check).build()
    }

    /// The write by which other processes find that an account's sessions end.
    fn ending(&self) -> TransactWriteItem {
        let count = Update::builder()
            .table_name(&self.names().users)
            .key(USER_ID, string(ENDINGS))
            .update_expression(format!("SET {SCHEMA_VERSION_ATTRIBUTE} = :schema ADD #count :one"))
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_values(":one", number(1_u64))
            .expression_attribute_values(":schema", number(SCHEMA_VERSION))
            .build()
            .expect("table, key and expression are set");
        TransactWriteItem::builder().update(count).build()
    }

    /// For an administrator's account, the write that marks that there is one.
    pub(in crate::store) fn administrator_mark(&self, account: &Account) -> Option<TransactWriteItem> {
        let mark = Update::builder()
            .table_name(&self.names().users)
            .key(USER_ID, string(FIRST_ADMINISTRATOR))
            .update_expression(format!(
                "SET {ACCOUNT_ID} = if_not_exists({ACCOUNT_ID}, :id), {SCHEMA_VERSION_ATTRIBUTE} = :schema"
            ))
            .expression_attribute_values(":id", string(account.id))
            .expression_attribute_values(":schema", number(SCHEMA_VERSION))
            .build()
            .expect("table, key and expression are set");
        (account.role == Role::Administrator).then(|| TransactWriteItem::builder().update(mark).build())
    }
}

/// What a failed condition on a version means: success, if an attempt of this very write left what is there.
fn unless_written(next: Account, token: &str, found: Option<&Item>) -> Result<Account, StoreError> {
    let what = format!("account {}", next.username);
    let Some(found) = found else { return Err(StoreError::NotFound { what }) };
    if text(found, WRITTEN_BY) == Some(token) { Ok(next) } else { Err(StoreError::Conflict { what }) }
}

pub(in crate::store) fn written(put: PutBuilder) -> TransactWriteItem {
    TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
}

pub(in crate::store) fn username_guard(key: &str) -> String {
    Unique::Username.guard(key)
}

pub(in crate::store) fn email_guard(key: &str) -> String {
    Unique::Email.guard(key)
}

pub(in crate::store) fn account_item(account: &Account) -> Item {
    let mut item = encode(account);
    item.insert(USERNAME_LOWER.to_owned(), string(account.username.key()));
    item.insert(EMAIL_LOWER.to_owned(), string(account.email.key()));
    item
}

pub(in crate::store) fn guard(name: &str, account: AccountId) -> Item {
    let mut item = Item::from([
        (USER_ID.to_owned(), string(name)),
        (ACCOUNT_ID.to_owned(), string(account)),
        (SCHEMA_VERSION_ATTRIBUTE.to_owned(), number(SCHEMA_VERSION)),
    ]);
    // The mark of the first administrator is on no list.
    item.extend(Unique::of(name).map(|of| (GUARDS.to_owned(), string(of.word()))));
    item
}

fn marks(guard: &Item, account: AccountId) -> bool {
    text(guard, ACCOUNT_ID) == Some(account.to_string().as_str())
}
