//! Tills, in the bookings' table, so that money and the sums of its till are one transaction in one place.
//!
//! `T#<account>` is the newest till of an agent, open or closed: whether one is open is one read, and opening another is
//! refused by a condition. A closed till is kept under `T#<account>#<opening>` as well, and never written again. An open
//! till is listed as work, since somebody has to close it; a closed one by its day and by its agent.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update};
use chrono::NaiveDate;

use crate::domain::booking::PaymentMethod;
use crate::domain::ledger::{LedgerEntry, Movement};
use crate::domain::till::{Till, TillId};
use crate::domain::time::railway_time;
use crate::domain::user::AccountId;
use crate::store::item::{Item, decode, encode, number, string};
use crate::store::pages::{List, Order};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::{
    BOOKED_AT, BOOKED_ON, BOOKING_ID, BY_USER, DUE_AT, MONEY_BY_DAY, SCHEMA_VERSION, USER_ID, WORK,
};
use crate::store::work::{self, Kind};
use crate::store::{Store, StoreError};

const WHAT: &str = "a till";
const PREFIX: &str = "T#";

/// A page of closed tills.
#[derive(Clone, Debug)]
pub struct TillPage {
    /// The last closed first.
    pub tills: Vec<Till>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// What came of opening a till.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It is open.
    Done,
    /// This one is open, and has to be closed first.
    Found(Box<Till>),
}

/// Whether a key of the bookings' table is that of a till.
pub(in crate::store) fn is_key(key: &str) -> bool {
    key.starts_with(PREFIX)
}

fn newest(agent: AccountId) -> String {
    format!("{PREFIX}{agent}")
}

fn kept(id: TillId) -> String {
    format!("{PREFIX}{id}")
}

/// The agent's newest till. An open one is on the work lists, spread by its name.
fn newest_item(till: &Till) -> Item {
    let mut item = encode(till);
    item.insert(BOOKING_ID.to_owned(), string(newest(till.id.agent)));
    if till.closing.is_none() {
        let (spread, _) = till.id.agent.0.as_u64_pair();
        item.insert(WORK.to_owned(), string(Kind::Till.list(spread)));
        item.insert(DUE_AT.to_owned(), string(work::moment(till.opened_at)));
    }
    item
}

/// A closed till, as it is listed.
fn kept_item(till: &Till) -> Item {
    let mut item = encode(till);
    item.insert(BOOKING_ID.to_owned(), string(kept(till.id)));
    if let Some(closing) = &till.closing {
        item.insert(BOOKED_AT.to_owned(), string(work::moment(closing.at)));
        item.insert(BOOKED_ON.to_owned(), string(day_list(railway_time(closing.at).date())));
        item.insert(USER_ID.to_owned(), string(agent_list(till.id.agent)));
    }
    item
}

fn day_list(day: NaiveDate) -> String {
    format!("tills#{day}")
}

fn agent_list(agent: AccountId) -> String {
    format!("tills#{agent}")
}

/// The till in an item, for whoever reads all: each once, though the last of an agent is kept twice when it is closed.
pub(in crate::store) fn once(key: &str, item: Item) -> Result<Option<Till>, StoreError> {
    let till = till_of(item)?;
    Ok((till.closing.is_none() || key == kept(till.id)).then_some(till))
}

fn till_of(item: Item) -> Result<Till, StoreError> {
    decode(item, WHAT)
}

impl Store {
    /// The newest till of an agent, open or closed, read consistently.
    pub async fn newest_till(&self, agent: AccountId) -> Result<Option<Till>, StoreError> {
        self.till_under(newest(agent)).await
    }

    /// A till by its name, read consistently.
    pub async fn till(&self, id: TillId) -> Result<Option<Till>, StoreError> {
        match self.newest_till(id.agent).await?.filter(|till| till.id == id) {
            Some(till) => Ok(Some(till)),
            None => self.till_under(kept(id)).await,
        }
    }

    async fn till_under(&self, key: String) -> Result<Option<Till>, StoreError> {
        let get = self
            .dynamodb()
            .get_item()
            .table_name(&self.names().bookings)
            .key(BOOKING_ID, string(key))
            .consistent_read(true);
        let reply = self.attempt(|| get.clone().send()).await?.answer()?;
        reply.item.map(till_of).transpose()
    }

    /// Opens a till unless its agent has one open. One that was closed since is not opened again by a copy that comes late.
    pub async fn open_till(&self, till: &Till) -> Result<Opening, StoreError> {
        let table = &self.names().bookings;
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(newest_item(till)))
            .condition_expression(
                "attribute_not_exists(BookingID) OR (attribute_exists(Closing) AND SchemaVersion <= :schema)",
            )
            .expression_attribute_values(":schema", number(SCHEMA_VERSION))
            .build()
            .expect("table and item are given");
        let never_closed = ConditionCheck::builder()
            .table_name(table)
            .key(BOOKING_ID, string(kept(till.id)))
            .condition_expression("attribute_not_exists(BookingID)")
            .build()
            .expect("table, key and condition are given");
        let items = vec![
            TransactWriteItem::builder().put(put).build(),
            TransactWriteItem::builder().condition_check(never_closed).build(),
        ];
        match self.transact(items).await?.verdict {
            Ok(()) => Ok(Opening::Done),
            Err(refusal) if refusal.failed_condition().is_some() => {
                let found = match self.till(till.id).await? {
                    Some(same) => Some(same),
                    None => self.newest_till(till.id.agent).await?,
                };
                let found = found.ok_or_else(|| StoreError::Conflict { what: WHAT.to_owned() })?;
                Ok(Opening::Found(Box::new(found)))
            }
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// Writes a closed till if nothing went through it since it was read; says whether it did.
    pub async fn close_till(&self, read: &Till, closed: &Till) -> Result<bool, StoreError> {
        let table = self.names().bookings.clone();
        let newest = Put::builder()
            .table_name(table.clone())
            .set_item(Some(newest_item(closed)))
            .condition_expression(
                "TillID = :till AND Movements = :movements AND attribute_not_exists(Closing) AND SchemaVersion <= :schema",
            )
            .expression_attribute_values(":till", string(read.id))
            .expression_attribute_values(":movements", number(read.movements))
            .expression_attribute_values(":schema", number(SCHEMA_VERSION))
            .build()
            .expect("table and item are given");
        let kept = Put::builder()
            .table_name(table)
            .set_item(Some(kept_item(closed)))
            .condition_expression("attribute_not_exists(BookingID)")
            .build()
            .expect("table and item are given");
        let items = [newest, kept].map(|put| TransactWriteItem::builder().put(put).build());
        match self.transact(items.into()).await?.verdict {
            Ok(()) => Ok(true),
            Err(refusal) if refusal.failed_condition().is_some() => Ok(false),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// A page of the tills that are open, the longest open first. The index may be a moment behind.
    pub async fn open_tills(&self, after: Option<&str>, limit: i32) -> Result<TillPage, StoreError> {
        let (items, next) = self.work_page(Kind::Till, after, limit).await?;
        Ok(TillPage { tills: items.into_iter().map(till_of).collect::<Result<_, _>>()?, next })
    }

    /// A page of the tills that were closed on a day of the railway. The index may be a moment behind.
    pub async fn tills_closed_on(
        &self,
        day: NaiveDate,
        after: Option<&str>,
        limit: i32,
    ) -> Result<TillPage, StoreError> {
        let partition = day_list(day);
        self.till_page(&List { index: MONEY_BY_DAY, partition: &partition, order: Order::NewestFirst }, after, limit)
            .await
    }

    /// A page of the tills that an agent had and that are closed. The index may be a moment behind.
    pub async fn tills_closed_by(
        &self,
        agent: AccountId,
        after: Option<&str>,
        limit: i32,
    ) -> Result<TillPage, StoreError> {
        let partition = agent_list(agent);
        self.till_page(&List { index: BY_USER, partition: &partition, order: Order::NewestFirst }, after, limit).await
    }

    async fn till_page(&self, list: &List<'_>, after: Option<&str>, limit: i32) -> Result<TillPage, StoreError> {
        let (items, next) = self.page_of(list, after, limit).await?;
        Ok(TillPage { tills: items.into_iter().map(till_of).collect::<Result<_, _>>()?, next })
    }

    /// What a movement of money is to the till of whoever moves it: added to the till that it names, on condition that this one
    /// is open, or else a question whether its agent still has none. Nothing where it is no money, or nobody's.
    pub(in crate::store) fn till_part(&self, entry: &LedgerEntry) -> Option<TransactWriteItem> {
        match (entry.till, entry.by.filter(|_| entry.is_money())) {
            (Some(till), _) => Some(self.till_update(till, entry)),
            (None, Some(agent)) => Some(self.no_till_check(agent)),
            (None, None) => None,
        }
    }

    fn no_till_check(&self, agent: AccountId) -> TransactWriteItem {
        let check = ConditionCheck::builder()
            .table_name(self.names().bookings.clone())
            .key(BOOKING_ID, string(newest(agent)))
            .condition_expression("attribute_not_exists(BookingID) OR attribute_exists(Closing)")
            .build()
            .expect("table, key and condition are given");
        TransactWriteItem::builder().condition_check(check).build()
    }

    fn till_update(&self, till: TillId, entry: &LedgerEntry) -> TransactWriteItem {
        let sum = match (entry.method, entry.movement) {
            (PaymentMethod::Card, Movement::Sale) => "CardIn",
            (PaymentMethod::Card, Movement::Refund | Movement::Void) => "CardOut",
            (PaymentMethod::Cash | PaymentMethod::Test, Movement::Sale) => "CashIn",
            (PaymentMethod::Cash | PaymentMethod::Test, Movement::Refund | Movement::Void) => "CashOut",
        };
        let update = Update::builder()
            .table_name(self.names().bookings.clone())
            .key(BOOKING_ID, string(newest(till.agent)))
            .update_expression("ADD #sum :amount, Movements :one")
            .condition_expression("TillID = :till AND attribute_not_exists(Closing) AND SchemaVersion <= :schema")
            .expression_attribute_names("#sum", sum)
            .expression_attribute_values(":amount", AttributeValue::N(entry.amount.get().to_string()))
            .expression_attribute_values(":one", number(1_u32))
            .expression_attribute_values(":till", string(till))
            .expression_attribute_values(":schema", number(SCHEMA_VERSION))
            .build()
            .expect("table, key and expression are given");
        TransactWriteItem::builder().update(update).build()
    }
}
