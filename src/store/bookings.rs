//! Bookings, each under its PNR. They are written by the transactions of `runs`, and read here. The notifications that are
//! owed for them (`outbox`), the money that moved (`ledger`) and the tills are in the same table, under keys that are no PNR.

mod merged;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

pub use self::merged::Listed;
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::former::FormerBooking;
use crate::domain::ledger::LedgerEntry;
use crate::domain::pnr::Pnr;
use crate::domain::till::Till;
use crate::domain::time::railway_time;
use crate::domain::user::AccountId;
use crate::store::former::{self, FORMER};
use crate::store::item::{Item, check_version, corrupt, decode, encode, number, string, text};
use crate::store::named;
use crate::store::requests::Consistency;
use crate::store::schema::{
    BOOKED_AT, BOOKING_ID, DUE_AT, LISTED_ON, NAMES, SCHEMA_VERSION, SCHEMA_VERSION_ATTRIBUTE, USER_ID, USER_ID_INDEX,
    WORK,
};
use crate::store::work::{self, Kind, Lists};
use crate::store::{Store, StoreError, ledger, outbox, owed, tills};

/// Among how many partitions of the index a day's bookings are spread.
pub const SHARDS: u64 = 16;

/// A page of an account's bookings.
#[derive(Clone, Debug)]
pub struct BookingPage {
    /// Newest first.
    pub bookings: Vec<Booking>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// A page of the bookings that an account made with the application that Kiosk replaces.
#[derive(Clone, Debug)]
pub struct FormerBookingPage {
    /// Newest first; those without a date come last.
    pub bookings: Vec<FormerBooking>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// What is kept under a booking's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A booking.
    Booking(Box<Booking>),
    /// One of the application that Kiosk replaces.
    Former(Box<FormerBooking>),
}

/// A page of all bookings.
#[derive(Clone, Debug)]
pub struct AllBookings {
    /// Those that can be read.
    pub bookings: Vec<Booking>,
    /// The entries of the ledger that lie between them, of whichever bookings.
    pub entries: Vec<LedgerEntry>,
    /// The tills that lie there too, each once.
    pub tills: Vec<Till>,
    /// Of the bookings of this version those that are not on the lists that follow from them, or on others.
    pub mislisted: Vec<Pnr>,
    /// Those that cannot be read, by their keys, and why.
    pub unreadable: Vec<(String, StoreError)>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

impl Store {
    /// The bookings under PNRs, read consistently; those that do not exist are absent.
    pub async fn bookings(&self, pnrs: &[Pnr]) -> Result<BTreeMap<Pnr, Booking>, StoreError> {
        let keys: Vec<_> = pnrs.iter().map(|pnr| Item::from([(BOOKING_ID.to_owned(), string(pnr))])).collect();
        let items = self.read_items(&self.names().bookings, &keys, Consistency::Strong).await?;
        items.into_iter().map(|item| booking_of(item).map(|booking| (booking.pnr, booking))).collect()
    }

    /// A page of all bookings there are, in no order, read consistently.
    pub async fn all_bookings(&self, after: Option<&str>) -> Result<AllBookings, StoreError> {
        let start = after.map(|after| Item::from([(BOOKING_ID.to_owned(), string(after))]));
        let scan = self
            .dynamodb()
            .scan()
            .table_name(&self.names().bookings)
            .consistent_read(true)
            .set_exclusive_start_key(start);
        let page = self.attempt(|| scan.clone().send()).await?.answer()?;
        let next = page.last_evaluated_key.as_ref().and_then(|key| text(key, BOOKING_ID)).map(str::to_owned);
        let (mut bookings, mut entries, mut drawers) = (Vec::new(), Vec::new(), Vec::new());
        let (mut mislisted, mut unreadable) = (Vec::new(), Vec::new());
        for item in page.items.unwrap_or_default() {
            let pnr = text(&item, BOOKING_ID).unwrap_or_default().to_owned();
            if ledger::is_key(&pnr) {
                match ledger::entry_of(item) {
                    Ok(entry) => entries.push(entry),
                    Err(error) => unreadable.push((pnr, error)),
                }
                continue;
            }
            if tills::is_key(&pnr) {
                match tills::once(&pnr, item) {
                    Ok(till) => drawers.extend(till),
                    Err(error) => unreadable.push((pnr, error)),
                }
                continue;
            }
            if is_former(&item) || is_beside(&pnr) {
                continue;
            }
            // What an older version has stored may be on no list: whoever raises the store lists it.
            let is_of_this = item.get(SCHEMA_VERSION_ATTRIBUTE) == Some(&number(SCHEMA_VERSION));
            let listed = LISTS.map(|name| item.get(name).cloned());
            match booking_of(item) {
                Ok(booking) => {
                    let mut lists = lists(&booking);
                    if is_of_this && LISTS.map(|name| lists.remove(name)) != listed {
                        mislisted.push(booking.pnr);
                    }
                    bookings.push(booking);
                }
                Err(error) => unreadable.push((pnr, error)),
            }
        }
        Ok(AllBookings { bookings, entries, tills: drawers, mislisted, unreadable, next })
    }

    /// The booking under a PNR, read consistently.
    pub async fn booking(&self, pnr: Pnr) -> Result<Option<Booking>, StoreError> {
        let kept = self.kept_booking(&pnr.to_string()).await?;
        Ok(kept.and_then(|kept| if let Kept::Booking(booking) = kept { Some(*booking) } else { None }))
    }

    /// What is kept under a PNR, or under another number of the application that Kiosk replaces; read consistently.
    pub async fn kept_booking(&self, number: &str) -> Result<Option<Kept>, StoreError> {
        if is_beside(number) {
            return Ok(None);
        }
        let get = self
            .dynamodb()
            .get_item()
            .table_name(&self.names().bookings)
            .key(BOOKING_ID, string(number))
            .consistent_read(true);
        let Some(item) = self.attempt(|| get.clone().send()).await?.answer()?.item else { return Ok(None) };
        let kept = if is_former(&item) {
            Kept::Former(Box::new(former_booking_of(&item)?))
        } else {
            Kept::Booking(Box::new(booking_of(item)?))
        };
        Ok(Some(kept))
    }

    /// A page of the bookings an account made. The index may be a moment behind the table.
    pub async fn bookings_of(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: i32,
    ) -> Result<BookingPage, StoreError> {
        let (items, next) = self.items_listed(&account.to_string(), after, limit).await?;
        let bookings = items.into_iter().map(booking_of).collect::<Result<_, _>>()?;
        Ok(BookingPage { bookings, next })
    }

    /// The same of those that it made with the application that Kiosk replaces.
    pub async fn former_bookings_of(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: i32,
    ) -> Result<FormerBookingPage, StoreError> {
        let (items, next) = self.items_listed(&former::list_of(account), after, limit).await?;
        let bookings = items.iter().map(former_booking_of).collect::<Result<_, _>>()?;
        Ok(FormerBookingPage { bookings, next })
    }

    /// Some items of a list of the index, at least one unless they are the last. What the application that Kiosk replaces has left
    /// stands in the lists of accounts, too, until it is taken over, and was left there until version 3 of the schema: it is
    /// passed over there.
    async fn items_listed(
        &self,
        list: &str,
        after: Option<&str>,
        limit: i32,
    ) -> Result<(Vec<Item>, Option<String>), StoreError> {
        let is_of_kiosk = format!("attribute_exists({SCHEMA_VERSION_ATTRIBUTE})");
        let filter = if former::is_list(list) {
            is_of_kiosk
        } else {
            format!("{is_of_kiosk} AND attribute_not_exists({FORMER})")
        };
        let mut next = after.map(str::to_owned);
        loop {
            let start = next.as_deref().map(|after| start_key(list, after)).transpose()?;
            let query = self
                .dynamodb()
                .query()
                .table_name(&self.names().bookings)
                .index_name(USER_ID_INDEX)
                .key_condition_expression("UserID = :list")
                .filter_expression(&filter)
                .expression_attribute_values(":list", string(list))
                .scan_index_forward(false)
                .set_exclusive_start_key(start)
                .limit(limit);
            let reply = self.attempt(|| query.clone().send()).await?.answer()?;
            let end = reply.last_evaluated_key.as_ref();
            next = end.and_then(|key| Some(format!("{} {}", text(key, BOOKED_AT)?, text(key, BOOKING_ID)?)));
            let items = reply.items.unwrap_or_default();
            if !items.is_empty() || next.is_none() {
                return Ok((items, next));
            }
        }
    }

    /// How many slips are to be paid. The index may be a moment behind the table.
    pub async fn count_slips(&self) -> Result<u64, StoreError> {
        self.count(&self.names().bookings, Kind::Payment).await
    }

    /// Some of the slips that had lapsed at a moment. The index may be a moment behind the table.
    pub async fn unpaid(&self, lists: Lists, now: DateTime<Utc>) -> Result<Vec<Pnr>, StoreError> {
        let due = self.due(&self.names().bookings, Kind::Payment, lists, now, work::AT_ONCE).await?;
        let pnr = |item: &Item| text(item, BOOKING_ID).and_then(|pnr| pnr.parse().ok());
        due.iter().map(|item| pnr(item).ok_or_else(|| corrupt("a slip that is due", "its key is no PNR"))).collect()
    }
}

fn start_key(list: &str, after: &str) -> Result<Item, StoreError> {
    let (booked_at, pnr) = after.split_once(' ').ok_or_else(|| corrupt("a page's end", "it names no booking"))?;
    Ok(Item::from([
        (USER_ID.to_owned(), string(list)),
        (BOOKED_AT.to_owned(), string(booked_at)),
        (BOOKING_ID.to_owned(), string(pnr)),
    ]))
}

/// A day of the railway and one of its shards, as [`LISTED_ON`] has them.
pub(in crate::store) fn listed_on(day: NaiveDate, shard: u64) -> String {
    format!("{day}#{shard}")
}

/// A booking as the table keeps it.
pub(in crate::store) fn item_of(booking: &Booking) -> Item {
    let mut item = encode(booking);
    item.extend(lists(booking));
    item
}

/// The attributes of [`lists`].
pub(in crate::store) const LISTS: [&str; 4] = [LISTED_ON, NAMES, WORK, DUE_AT];

/// What lists a booking beside its own attributes: the day on which it was made, with the names on it as they are looked for. One
/// that awaits payment is listed as work, too, due when its slip lapses; and one of which money waits at a counter, due since it
/// does.
pub(in crate::store) fn lists(booking: &Booking) -> Item {
    let day = railway_time(booking.booked_at).date();
    let mut lists = Item::from([
        (LISTED_ON.to_owned(), string(listed_on(day, booking.pnr.get() % SHARDS))),
        (NAMES.to_owned(), named::of(booking)),
    ]);
    if let (BookingStatus::AwaitingPayment, Some(slip)) = (booking.status, &booking.slip) {
        lists.insert(WORK.to_owned(), string(Kind::Payment.list(booking.pnr.get())));
        lists.insert(DUE_AT.to_owned(), string(work::moment(slip.lapses_at())));
    }
    lists.extend(owed::duty(booking).into_iter().flatten());
    lists
}

/// Whether a key is that of something which is kept beside the bookings.
pub(in crate::store) fn is_beside(key: &str) -> bool {
    outbox::is_key(key) || ledger::is_key(key) || tills::is_key(key)
}

/// Whether an item is a booking of the application that Kiosk replaces.
pub(in crate::store) fn is_former(item: &Item) -> bool {
    item.contains_key(FORMER)
}

fn former_booking_of(item: &Item) -> Result<FormerBooking, StoreError> {
    let what = "a booking of the application that Kiosk replaces";
    check_version(item, what)?;
    let whole = item.get(FORMER).and_then(|whole| whole.as_m().ok()).ok_or_else(|| corrupt(what, "it is no map"))?;
    former::booking(whole).map(|reading| reading.value).map_err(|unreadable| corrupt(what, unreadable.0))
}

/// Reads a booking's item.
pub(in crate::store) fn booking_of(item: Item) -> Result<Booking, StoreError> {
    decode(item, "a booking")
}
