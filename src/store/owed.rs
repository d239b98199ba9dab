//! Bookings of which money waits at a counter. They are on one work list, the longest waiting first: it is short, and read in
//! its order. A booking comes on it and leaves it by the writes that change it.

use crate::domain::booking::Booking;
use crate::domain::owed::Owed;
use crate::store::bookings::booking_of;
use crate::store::item::{Item, string};
use crate::store::pages::{List, Order};
use crate::store::schema::{BY_WORK, DUE_AT, WORK};
use crate::store::work::{self, Kind};
use crate::store::{Store, StoreError};

/// A page of what is owed.
#[derive(Clone, Debug)]
pub struct OwedPage {
    /// The longest waiting first.
    pub owed: Vec<Owed>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// What lists a booking of which money waits; nothing for others.
pub(in crate::store) fn duty(booking: &Booking) -> Option<Item> {
    let owed = Owed::of(booking)?;
    let duty = [(WORK, string(list())), (DUE_AT, string(work::moment(owed.since)))];
    Some(duty.map(|(name, value)| (name.to_owned(), value)).into())
}

fn list() -> String {
    Kind::Owed.list(0)
}

impl Store {
    /// A page of what is owed. The index may be a moment behind.
    pub async fn owed(&self, after: Option<&str>, limit: i32) -> Result<OwedPage, StoreError> {
        let partition = list();
        let list = List { index: BY_WORK, partition: &partition, order: Order::OldestFirst };
        let (items, next) = self.page_of(&list, after, limit).await?;
        let bookings = items.into_iter().map(booking_of).collect::<Result<Vec<_>, _>>()?;
        Ok(OwedPage { owed: bookings.iter().filter_map(Owed::of).collect(), next })
    }
}
