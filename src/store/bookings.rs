//! Bookings, each under its PNR. They are written by the transactions of `runs`, and read here. The notifications that are
//! owed for them (`outbox`) are in the same table, under keys that are no PNR.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::pnr::Pnr;
use crate::domain::user::AccountId;
use crate::store::item::{Item, corrupt, decode, encode, string, text};
use crate::store::requests::Consistency;
use crate::store::schema::{BOOKED_AT, BOOKING_ID, DUE_AT, USER_ID, USER_ID_INDEX, WORK};
use crate::store::work::{self, Kind, Lists};
use crate::store::{Store, StoreError, outbox};

/// A page of an account's bookings.
#[derive(Clone, Debug)]
pub struct BookingPage {
    /// Newest first.
    pub bookings: Vec<Booking>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// A page of all bookings.
#[derive(Clone, Debug)]
pub struct AllBookings {
    /// Those that can be read.
    pub bookings: Vec<Booking>,
    /// Those that cannot, by their keys, and why.
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
        let (mut bookings, mut unreadable) = (Vec::new(), Vec::new());
        for item in page.items.unwrap_or_default() {
            let pnr = text(&item, BOOKING_ID).unwrap_or_default().to_owned();
            if outbox::is_key(&pnr) {
                continue;
            }
            match booking_of(item) {
                Ok(booking) => bookings.push(booking),
                Err(error) => unreadable.push((pnr, error)),
            }
        }
        Ok(AllBookings { bookings, unreadable, next })
    }

    /// The booking under a PNR, read consistently.
    pub async fn booking(&self, pnr: Pnr) -> Result<Option<Booking>, StoreError> {
        let get = self
            .dynamodb()
            .get_item()
            .table_name(&self.names().bookings)
            .key(BOOKING_ID, string(pnr))
            .consistent_read(true);
        let reply = self.attempt(|| get.clone().send()).await?.answer()?;
        reply.item.map(booking_of).transpose()
    }

    /// A page of the bookings an account made. The index may be a moment behind the table.
    pub async fn bookings_of(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: i32,
    ) -> Result<BookingPage, StoreError> {
        let start = after.map(|after| start_key(account, after)).transpose()?;
        let query = self
            .dynamodb()
            .query()
            .table_name(&self.names().bookings)
            .index_name(USER_ID_INDEX)
            .key_condition_expression("UserID = :account")
            .expression_attribute_values(":account", string(account))
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(limit);
        let reply = self.attempt(|| query.clone().send()).await?.answer()?;
        let next = reply.last_evaluated_key.as_ref();
        let next = next.and_then(|key| Some(format!("{} {}", text(key, BOOKED_AT)?, text(key, BOOKING_ID)?)));
        let bookings = reply.items.unwrap_or_default().into_iter().map(booking_of).collect::<Result<_, _>>()?;
        Ok(BookingPage { bookings, next })
    }

    /// Some of the slips that had lapsed at a moment. The index may be a moment behind the table.
    pub async fn unpaid(&self, lists: Lists, now: DateTime<Utc>) -> Result<Vec<Pnr>, StoreError> {
        let due = self.due(&self.names().bookings, Kind::Payment, lists, now, work::AT_ONCE).await?;
        let pnr = |item: &Item| text(item, BOOKING_ID).and_then(|pnr| pnr.parse().ok());
        due.iter().map(|item| pnr(item).ok_or_else(|| corrupt("a slip that is due", "its key is no PNR"))).collect()
    }
}

fn start_key(account: AccountId, after: &str) -> Result<Item, StoreError> {
    let (booked_at, pnr) = after.split_once(' ').ok_or_else(|| corrupt("a page's end", "it names no booking"))?;
    Ok(Item::from([
        (USER_ID.to_owned(), string(account)),
        (BOOKED_AT.to_owned(), string(booked_at)),
        (BOOKING_ID.to_owned(), string(pnr)),
    ]))
}

/// A booking as the table keeps it. One that awaits payment is listed as work, due when its slip lapses.
pub(in crate::store) fn item_of(booking: &Booking) -> Item {
    let mut item = encode(booking);
    if let (BookingStatus::AwaitingPayment, Some(slip)) = (booking.status, &booking.slip) {
        item.insert(WORK.to_owned(), string(Kind::Payment.list(booking.pnr.get())));
        item.insert(DUE_AT.to_owned(), string(work::moment(slip.lapses_at())));
    }
    item
}

/// Reads a booking's item.
pub(in crate::store) fn booking_of(item: Item) -> Result<Booking, StoreError> {
    decode(item, "a booking")
}
