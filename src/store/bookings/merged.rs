//! Bookings newest first that an index keeps in several partitions: those of a day, and those of a telephone number that people
//! write in several ways. The partitions are merged, and each is read only as far as a page reaches into it.

use std::collections::VecDeque;
use std::str::FromStr;

use chrono::NaiveDate;
use futures_util::future::try_join_all;

use super::{BookingPage, SHARDS, booked_on, booking_of};
use crate::domain::booking::Booking;
use crate::domain::user::Phone;
use crate::store::former::FORMER;
use crate::store::item::{Item, corrupt, string, text};
use crate::store::schema::{
    BOOKED_AT, BOOKED_ON, BOOKED_ON_INDEX, BOOKING_ID, PHONE, PHONE_INDEX, SCHEMA_VERSION_ATTRIBUTE,
};
use crate::store::{Store, StoreError};

/// How many bookings of a partition are read at once at least: a page of twenty has one or two of each of a day's as a rule.
const AT_ONCE: usize = 6;
/// How many at most.
const MOST_AT_ONCE: usize = 100;

/// Which bookings are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Those with a telephone number, however it is written.
    Phone(Phone),
    /// Those that were made on one of the railway's days.
    Day(NaiveDate),
}

impl Listed {
    fn index(&self) -> (&'static str, &'static str) {
        match self {
            Self::Phone(_) => (PHONE_INDEX, PHONE),
            Self::Day(_) => (BOOKED_ON_INDEX, BOOKED_ON),
        }
    }

    fn partitions(&self) -> Vec<String> {
        match self {
            Self::Phone(phone) => phone.forms().iter().map(|form| form.as_str().to_owned()).collect(),
            Self::Day(day) => (0..SHARDS).map(|shard| booked_on(*day, shard)).collect(),
        }
    }
}

/// How far a partition was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Taken {
    Nothing,
    /// As far as a booking, by when it was made and its PNR.
    To(String, String),
    All,
}

impl Taken {
    fn written(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::To(at, pnr) => format!("{at} {pnr}"),
            Self::All => "-".to_owned(),
        }
    }
}

impl FromStr for Taken {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        match (text, text.split_once(' ')) {
            ("", _) => Ok(Self::Nothing),
            ("-", _) => Ok(Self::All),
            (_, Some((at, pnr))) => Ok(Self::To(at.to_owned(), pnr.to_owned())),
            _ => Err(corrupt("a page's end", "it names no booking")),
        }
    }
}

/// A partition on its way back through time.
struct Shard {
    partition: String,
    /// What was read and not taken yet, the newest first.
    read: VecDeque<Booking>,
    taken: Taken,
    /// Whether there is more than was read.
    has_more: bool,
    /// The key after which there is.
    after: Option<Item>,
}

impl Shard {
    fn new(of: &Listed, partition: String, taken: Taken) -> Self {
        let after = if let Taken::To(at, pnr) = &taken {
            Some(Item::from([
                (of.index().1.to_owned(), string(&partition)),
                (BOOKED_AT.to_owned(), string(at)),
                (BOOKING_ID.to_owned(), string(pnr)),
            ]))
        } else {
            None
        };
        Self { partition, read: VecDeque::new(), has_more: taken != Taken::All, taken, after }
    }

    fn is_over(&self) -> bool {
        self.read.is_empty() && !self.has_more
    }

    fn take(&mut self) -> Option<Booking> {
        let booking = self.read.pop_front()?;
        self.taken = Taken::To(written(&booking), booking.pnr.to_string());
        Some(booking)
    }
}

/// When a booking was made, as the index has it.
fn written(booking: &Booking) -> String {
    let item = super::item_of(booking);
    text(&item, BOOKED_AT).unwrap_or_default().to_owned()
}

impl Store {
    /// A page of the bookings that are meant, newest first, at most `limit`. The index may be a moment behind the table.
    pub async fn bookings_by(&self, of: &Listed, after: Option<&str>, limit: usize) -> Result<BookingPage, StoreError> {
        let partitions = of.partitions();
        let taken = match after {
            Some(after) => after.split(';').map(str::parse).collect::<Result<Vec<_>, _>>()?,
            None => vec![Taken::Nothing; partitions.len()],
        };
        if taken.len() != partitions.len() {
            return Err(corrupt("a page's end", "it is that of another list"));
        }
        let mut shards: Vec<_> =
            partitions.into_iter().zip(taken).map(|(name, taken)| Shard::new(of, name, taken)).collect();
        // A little more than each has of a page.
        let at_once = (limit * 5 / 4 / shards.len().max(1)).clamp(AT_ONCE, MOST_AT_ONCE);
        let mut bookings = Vec::new();
        while bookings.len() < limit {
            let empty = shards.iter_mut().filter(|shard| shard.read.is_empty());
            try_join_all(empty.map(|shard| self.read_on(of, shard, at_once))).await?;
            let newest = shards.iter_mut().filter(|shard| !shard.read.is_empty());
            let Some(newest) = newest.max_by_key(|shard| shard.read.front().map(|booking| booking.booked_at)) else {
                break;
            };
            bookings.extend(newest.take());
        }
        let is_over = shards.iter().all(Shard::is_over);
        let end = |shard: &Shard| if shard.is_over() { Taken::All } else { shard.taken.clone() }.written();
        let next = (!is_over).then(|| shards.iter().map(end).collect::<Vec<_>>().join(";"));
        Ok(BookingPage { bookings, next })
    }

    /// Reads on in a partition until something is found, or its end.
    async fn read_on(&self, of: &Listed, shard: &mut Shard, at_once: usize) -> Result<(), StoreError> {
        let (index, attribute) = of.index();
        while shard.read.is_empty() && shard.has_more {
            let query = self
                .dynamodb()
                .query()
                .table_name(&self.names().bookings)
                .index_name(index)
                .key_condition_expression("#of = :of")
                .filter_expression(format!(
                    "attribute_not_exists({FORMER}) AND attribute_exists({SCHEMA_VERSION_ATTRIBUTE})"
                ))
                .expression_attribute_names("#of", attribute)
                .expression_attribute_values(":of", string(&shard.partition))
                .scan_index_forward(false)
                .set_exclusive_start_key(shard.after.take())
                .limit(i32::try_from(at_once).unwrap_or(i32::MAX));
            let page = self.attempt(|| query.clone().send()).await?.answer()?;
            shard.read = page.items.unwrap_or_default().into_iter().map(booking_of).collect::<Result<_, _>>()?;
            shard.after = page.last_evaluated_key;
            shard.has_more = shard.after.is_some();
        }
        Ok(())
    }
}
