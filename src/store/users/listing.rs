//! Accounts in the order of their names or addresses, a page at a time: by the guard items, which are all listed under what
//! they keep unique. The index may be a moment behind; the accounts are read as they are.

use crate::domain::user::{Account, AccountId};
use crate::store::item::{Item, string, text};
use crate::store::schema::{GUARD_INDEX, GUARDS, USER_ID};
use crate::store::users::ACCOUNT_ID;
use crate::store::{Store, StoreError};

/// What no two accounts have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unique {
    /// The name to sign in with.
    Username,
    /// The address.
    Email,
}

impl Unique {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Username, Self::Email];

    pub(in crate::store) const fn word(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Email => "email",
        }
    }

    pub(in crate::store) fn guard(self, key: &str) -> String {
        format!("{}#{key}", self.word())
    }

    /// What a place in the list is of.
    pub fn of(place: &str) -> Option<Self> {
        let (of, _) = place.split_once('#')?;
        Self::ALL.into_iter().find(|unique| unique.word() == of)
    }
}

/// A part of the list of accounts by name or address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The accounts in their order.
    pub accounts: Vec<Account>,
    /// The place in the list after which it goes on, if it does.
    pub next: Option<String>,
}

impl Store {
    /// The accounts whose name or address begins so, in its order, from after one on: at most `limit`, and at least one
    /// unless they are the last. Names and addresses are compared by their keys, as in
    /// [`Username::key`](crate::domain::user::Username::key).
    pub async fn accounts_beginning(
        &self,
        by: Unique,
        beginning: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<Named, StoreError> {
        let mut next = after.map(str::to_owned);
        loop {
            let start = next
                .as_deref()
                .map(|after| Item::from([(GUARDS.to_owned(), string(by.word())), (USER_ID.to_owned(), string(after))]));
            let query = self
                .dynamodb()
                .query()
                .table_name(&self.names().users)
                .index_name(GUARD_INDEX)
                .key_condition_expression(format!("{GUARDS} = :of AND begins_with({USER_ID}, :beginning)"))
                .expression_attribute_values(":of", string(by.word()))
                .expression_attribute_values(":beginning", string(by.guard(beginning)))
                .set_exclusive_start_key(start)
                .limit(i32::from(limit.max(1)));
            let page = self.attempt(|| query.clone().send()).await?.answer()?;
            next = page.last_evaluated_key.as_ref().and_then(|key| text(key, USER_ID)).map(str::to_owned);
            let ids: Vec<AccountId> = page.items.unwrap_or_default().iter().filter_map(account_of).collect();
            let mut accounts = self.accounts_with(&ids).await?;
            accounts.sort_by_key(|account| ids.iter().position(|id| *id == account.id));
            if !accounts.is_empty() || next.is_none() {
                return Ok(Named { accounts, next });
            }
        }
    }
}

fn account_of(guard: &Item) -> Option<AccountId> {
    text(guard, ACCOUNT_ID)?.parse().ok().map(AccountId)
}
