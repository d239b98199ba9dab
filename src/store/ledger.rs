//! The ledger: an item for each movement of money, in the bookings' table under `L#<PNR>#<version>`.
//!
//! An entry is put by the transaction that changes its booking, and never written again. Two lists have it: that of the
//! railway's day, spread over shards as bookings are, and that of its till.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use chrono::NaiveDate;

use crate::domain::ledger::{LedgerEntry, LedgerId};
use crate::domain::till::TillId;
use crate::store::bookings::SHARDS;
use crate::store::item::{Item, decode, encode, string};
use crate::store::pages::{List, Order};
use crate::store::requests::Consistency;
use crate::store::schema::{BOOKED_ON, BOOKING_ID, BY_USER, MONEY_BY_DAY, USER_ID};
use crate::store::{Store, StoreError};

const WHAT: &str = "an entry of the ledger";
const PREFIX: &str = "L#";
/// A page of entries.
#[derive(Clone, Debug)]
pub struct LedgerPage {
    /// The oldest first.
    pub entries: Vec<LedgerEntry>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// Whether a key of the bookings' table is that of an entry.
pub(in crate::store) fn is_key(key: &str) -> bool {
    key.starts_with(PREFIX)
}

/// Reads an entry's item.
pub(in crate::store) fn entry_of(item: Item) -> Result<LedgerEntry, StoreError> {
    decode(item, WHAT)
}

fn key(id: LedgerId) -> String {
    format!("{PREFIX}{}#{}", id.pnr, id.version)
}

fn day_list(day: NaiveDate, part: u64) -> String {
    format!("ledger#{day}#{part}")
}

fn till_list(till: TillId) -> String {
    format!("till#{till}")
}

fn item_of(entry: &LedgerEntry) -> Item {
    let mut item = encode(entry);
    item.insert(BOOKING_ID.to_owned(), string(key(entry.id())));
    item.insert(BOOKED_ON.to_owned(), string(day_list(entry.day(), entry.pnr.get() % SHARDS)));
    if let Some(till) = entry.till {
        item.insert(USER_ID.to_owned(), string(till_list(till)));
    }
    item
}

impl Store {
    /// Entries by name, read consistently; those that do not exist are absent.
    pub async fn ledger_entries(&self, ids: &[LedgerId]) -> Result<Vec<LedgerEntry>, StoreError> {
        let keys: Vec<_> = ids.iter().map(|id| Item::from([(BOOKING_ID.to_owned(), string(key(*id)))])).collect();
        let items = self.read_items(&self.names().bookings, &keys, Consistency::Strong).await?;
        items.into_iter().map(entry_of).collect()
    }

    /// A page of a part of what moved on a day of the railway. The index may be a moment behind.
    pub async fn ledger_of_day(
        &self,
        day: NaiveDate,
        part: u64,
        after: Option<&str>,
        limit: i32,
    ) -> Result<LedgerPage, StoreError> {
        let partition = day_list(day, part);
        self.ledger_page(&List { index: MONEY_BY_DAY, partition: &partition, order: Order::OldestFirst }, after, limit)
            .await
    }

    /// A page of what went through a till. The index may be a moment behind.
    pub async fn ledger_of_till(
        &self,
        till: TillId,
        after: Option<&str>,
        limit: i32,
    ) -> Result<LedgerPage, StoreError> {
        let partition = till_list(till);
        self.ledger_page(&List { index: BY_USER, partition: &partition, order: Order::OldestFirst }, after, limit).await
    }

    async fn ledger_page(&self, list: &List<'_>, after: Option<&str>, limit: i32) -> Result<LedgerPage, StoreError> {
        let (items, next) = self.page_of(list, after, limit).await?;
        Ok(LedgerPage { entries: items.into_iter().map(entry_of).collect::<Result<_, _>>()?, next })
    }

    /// Puts an entry. The condition on its booking, in the same transaction, lets it happen once.
    pub(in crate::store) fn entry_put(&self, entry: &LedgerEntry) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(self.names().bookings.clone())
            .set_item(Some(item_of(entry)))
            .build()
            .expect("table and item are given");
        TransactWriteItem::builder().put(put).build()
    }
}
