//! Items that the application which Kiosk replaces left in the tables, and their taking over in place.
//!
//! An item of its own lacks `SchemaVersion`, which every item of Kiosk's has. Taken over, it is kept whole in the map
//! `FORMER` of the item that takes its place, but for its password's hash, so that nothing is lost that Kiosk has no word
//! for. Each item is one transaction on condition that it was not taken over yet: that can break off, and be repeated.

mod attributes;
mod reading;

use std::fmt;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use chrono::{DateTime, Utc};

pub(in crate::store) use self::reading::booking;
use self::reading::{account, train};
use crate::domain::former::FormerBooking;
use crate::domain::user::Account;
use crate::store::item::{Item, number, string, text};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::{BOOKED_AT, BOOKING_ID, SCHEMA_VERSION, SCHEMA_VERSION_ATTRIBUTE, TRAIN_ID, USER_ID};
use crate::store::{Store, StoreError, users};

/// The attribute that holds an item as it was written, whole.
pub(in crate::store) const FORMER: &str = "Former";
/// Before the key of what is kept of a user.
const KEPT_USER: &str = "former#";
/// Before an account in the name of the list of what it booked.
const LIST: &str = "former#";
/// Behind the number of a train that is kept: no published version is called so, and what has `@` in its key is not on sale.
const KEPT_TRAIN: &str = "@former";

/// A table of the application that Kiosk replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormerTable {
    /// Its users.
    Users,
    /// Its trains.
    Trains,
    /// Its bookings.
    Bookings,
}

/// An item that was not taken over yet.
#[derive(Clone, PartialEq)]
pub struct FormerItem(Item);

/// Some of what is left of a table.
#[derive(Clone, Debug)]
pub struct FormerPage {
    /// What was found.
    pub items: Vec<FormerItem>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// What an item says, with what of it could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<T> {
    /// What it says.
    pub value: T,
    /// Sentences about what could not be read; it is kept as it is.
    pub doubts: Vec<String>,
}

/// Why an item cannot be taken over: a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(pub String);

/// What that application knew of a train.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerTrain {
    /// Its key, which was its number.
    pub number: String,
    /// Its name, route and times, as far as they were written.
    pub words: String,
}

/// What came of taking an account over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountTaken {
    /// It is an account now, by this write or by an earlier one.
    Done,
    /// Another account has its user name.
    UsernameTaken,
    /// Another account has its address.
    EmailTaken,
}

impl FormerTable {
    fn key(self) -> &'static str {
        match self {
            Self::Users => USER_ID,
            Self::Trains => TRAIN_ID,
            Self::Bookings => BOOKING_ID,
        }
    }

    /// What it holds, in a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Users => "user",
            Self::Trains => "train",
            Self::Bookings => "booking",
        }
    }

    fn name(self, store: &Store) -> &str {
        match self {
            Self::Users => &store.names().users,
            Self::Trains => &store.names().trains,
            Self::Bookings => &store.names().bookings,
        }
    }
}

/// It names people: only its key is shown.
impl fmt::Debug for FormerItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [USER_ID, TRAIN_ID, BOOKING_ID].into_iter().find_map(|name| text(&self.0, name));
        write!(f, "FormerItem({})", key.unwrap_or("?"))
    }
}

impl FormerItem {
    /// Its key in a table.
    pub fn key(&self, table: FormerTable) -> &str {
        text(&self.0, table.key()).unwrap_or_default()
    }

    /// The account that it becomes. What it does not say of times is `now`.
    pub fn account(&self, now: DateTime<Utc>) -> Result<Reading<Account>, Unreadable> {
        account(&self.0, now)
    }

    /// The train that it tells of.
    pub fn train(&self) -> FormerTrain {
        train(&self.0)
    }

    /// The booking that it is.
    pub fn booking(&self) -> Result<Reading<FormerBooking>, Unreadable> {
        booking(&self.0)
    }
}

impl Store {
    /// Some of what was not taken over yet of a table, read consistently.
    pub async fn former_items(&self, table: FormerTable, after: Option<&str>) -> Result<FormerPage, StoreError> {
        let start = after.map(|after| Item::from([(table.key().to_owned(), string(after))]));
        let scan = self
            .dynamodb()
            .scan()
            .table_name(table.name(self))
            .filter_expression(format!("attribute_not_exists({SCHEMA_VERSION_ATTRIBUTE})"))
            .consistent_read(true)
            .set_exclusive_start_key(start);
        let page = self.attempt(|| scan.clone().send()).await?.answer()?;
        let next = page.last_evaluated_key.as_ref().and_then(|key| text(key, table.key())).map(str::to_owned);
        Ok(FormerPage { items: page.items.unwrap_or_default().into_iter().map(FormerItem).collect(), next })
    }

    /// Makes an item the account that it says, with its guards. An id that is no UUID as Kiosk writes them gives way to one.
    pub async fn take_over_account(&self, item: &FormerItem, account: &Account) -> Result<AccountTaken, StoreError> {
        let key = item.key(FormerTable::Users).to_owned();
        let in_place = key == account.id.to_string();
        let mut kept = item.0.clone();
        kept.retain(|name, _| !attributes::is_password(name));
        let kept = kept_under(USER_ID, &format!("{KEPT_USER}{key}"), kept);
        let condition = if in_place { untaken(USER_ID) } else { format!("attribute_not_exists({USER_ID})") };
        let free = format!("attribute_not_exists({USER_ID}) OR AccountID = :own");
        let guard = |guard: Item| {
            let own = string(account.id);
            self.put_user(guard).condition_expression(&free).expression_attribute_values(":own", own)
        };
        let mut writes = vec![
            users::written(self.put_user(users::account_item(account)).condition_expression(condition)),
            users::written(guard(users::guard(&users::username_guard(&account.username.key()), account.id))),
            users::written(guard(users::guard(&users::email_guard(&account.email.key()), account.id))),
            users::written(self.put_user(kept)),
        ];
        writes.extend(self.administrator_mark(account));
        if !in_place {
            writes.push(self.removal(FormerTable::Users, &key));
        }
        let Err(refusal) = self.transact(writes).await?.verdict else { return Ok(AccountTaken::Done) };
        match refusal.failed_condition() {
            Some((1, _)) => Ok(AccountTaken::UsernameTaken),
            Some((2, _)) => Ok(AccountTaken::EmailTaken),
            // An attempt whose reply was lost, or another process, took it over.
            Some(_) => Ok(AccountTaken::Done),
            None => Err(refused(&refusal)),
        }
    }

    /// Whether another account has the name or the address of one that is to be taken over.
    pub async fn stands_in_the_way_of(&self, account: &Account) -> Result<Option<AccountTaken>, StoreError> {
        let is_other = |found: Option<Account>| found.is_some_and(|found| found.id != account.id);
        if is_other(self.account_by_username(&account.username.key()).await?) {
            return Ok(Some(AccountTaken::UsernameTaken));
        }
        let email = is_other(self.account_by_email(&account.email.key()).await?);
        Ok(email.then_some(AccountTaken::EmailTaken))
    }

    /// Sets a train aside, so that its number is free for one of the timetable.
    pub async fn set_aside_train(&self, item: &FormerItem) -> Result<(), StoreError> {
        let key = item.key(FormerTable::Trains);
        let kept = kept_under(TRAIN_ID, &format!("{key}{KEPT_TRAIN}"), item.0.clone());
        let put = Put::builder().table_name(&self.names().trains).set_item(Some(kept));
        let writes = vec![users::written(put), self.removal(FormerTable::Trains, key)];
        self.taken(writes).await
    }

    /// Makes an item a booking that can be looked at, and listed for the account that made it.
    pub async fn take_over_booking(&self, item: &FormerItem, booking: &FormerBooking) -> Result<(), StoreError> {
        let mut kept = kept_under(BOOKING_ID, item.key(FormerTable::Bookings), item.0.clone());
        if let Some(account) = booking.account {
            kept.insert(USER_ID.to_owned(), string(list_of(account)));
            // The index lists only what has both; what has no date comes last.
            let at = booking.booked_at.unwrap_or(DateTime::UNIX_EPOCH);
            kept.insert(BOOKED_AT.to_owned(), string(at.format("%Y-%m-%dT%H:%M:%SZ")));
        }
        let put = Put::builder().table_name(&self.names().bookings).set_item(Some(kept));
        self.taken(vec![users::written(put.condition_expression(untaken(BOOKING_ID)))]).await
    }

    /// Takes an item away that was not taken over yet.
    fn removal(&self, table: FormerTable, key: &str) -> TransactWriteItem {
        let delete = Delete::builder()
            .table_name(table.name(self))
            .key(table.key(), string(key))
            .condition_expression(untaken(table.key()))
            .build()
            .expect("table and key are set");
        TransactWriteItem::builder().delete(delete).build()
    }

    /// Writes what takes an item's place; that somebody else did so already is as good.
    async fn taken(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        match self.transact(writes).await?.verdict {
            Ok(()) => Ok(()),
            Err(refusal) if refusal.failed_condition().is_some() => Ok(()),
            Err(refusal) => Err(refused(&refusal)),
        }
    }
}

/// The list in which an account's bookings of the former application stand, under the index that has its others by account.
pub(in crate::store) fn list_of(account: impl fmt::Display) -> String {
    format!("{LIST}{account}")
}

/// Whether what stands for an account is such a list.
pub(in crate::store) fn is_list(account: &str) -> bool {
    account.starts_with(LIST)
}

fn untaken(key: &str) -> String {
    format!("attribute_exists({key}) AND attribute_not_exists({SCHEMA_VERSION_ATTRIBUTE})")
}

fn kept_under(key: &str, name: &str, whole: Item) -> Item {
    Item::from([
        (key.to_owned(), string(name)),
        (FORMER.to_owned(), AttributeValue::M(whole)),
        (SCHEMA_VERSION_ATTRIBUTE.to_owned(), number(SCHEMA_VERSION)),
    ])
}
