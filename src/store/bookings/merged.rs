//! Bookings newest first that an index keeps in several partitions: those of a day, and those of a telephone number that people
//! write in several ways. The partitions are merged, and each is read only as far as a page reaches into it.
//!
//! The index of a day has the names on a booking and little else: those of a page are read at its end. Where a name is looked for,
//! the store passes over the others. A partition in which nobody had the name so far is known as far back as it
//! was read, and what another has from before that waits until it is read on.

use std::collections::{BTreeMap, VecDeque};
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::future::try_join_all;

use super::{BookingPage, SHARDS, booking_of, listed_on};
use crate::domain::booking::Booking;
use crate::domain::pnr::Pnr;
use crate::domain::user::Phone;
use crate::store::former::FORMER;
use crate::store::item::{Item, corrupt, string, text};
use crate::store::named::{self, Sought};
use crate::store::pages::{AT_FIRST, AT_ONCE, Portion, more_than};
use crate::store::schema::{BOOKED_AT, BOOKING_ID, BY_DAY, BY_PHONE, Carries, Index, SCHEMA_VERSION_ATTRIBUTE};
use crate::store::{Store, StoreError};

/// Which bookings are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Those with a telephone number, however it is written.
    Phone(Phone),
    /// Those that were made on one of the railway's days.
    Day(NaiveDate),
}

impl Listed {
    const fn index(&self) -> Index {
        match self {
            Self::Phone(_) => BY_PHONE,
            Self::Day(_) => BY_DAY,
        }
    }

    fn partitions(&self) -> Vec<String> {
        match self {
            Self::Phone(phone) => phone.forms().iter().map(|form| form.as_str().to_owned()).collect(),
            Self::Day(day) => (0..SHARDS).map(|shard| listed_on(*day, shard)).collect(),
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

/// A booking as an index has it.
struct Entry {
    /// When it was made, and the same as it is written.
    made: DateTime<Utc>,
    at: String,
    pnr: Pnr,
    /// All of it, where that was read.
    booking: Option<Booking>,
}

impl Entry {
    /// One of which the index has little.
    fn of(item: &Item) -> Result<Self, StoreError> {
        let odd = || corrupt("a booking in an index", "it has no PNR and no moment");
        let at = text(item, BOOKED_AT).ok_or_else(odd)?.to_owned();
        let pnr = text(item, BOOKING_ID).and_then(|pnr| pnr.parse().ok()).ok_or_else(odd)?;
        Ok(Self { made: at.parse().map_err(|_| odd())?, at, pnr, booking: None })
    }

    /// One of which it has all.
    fn whole(item: Item) -> Result<Self, StoreError> {
        let entry = Self::of(&item)?;
        Ok(Self { booking: Some(booking_of(item)?), ..entry })
    }
}

/// A partition on its way back through time.
struct Shard {
    partition: String,
    /// What was read and not taken yet, the newest first.
    read: VecDeque<Entry>,
    taken: Taken,
    /// How many are read the next time.
    at_once: i32,
    /// Whether there is more than was read.
    has_more: bool,
    /// The key after which there is.
    after: Option<Item>,
    /// Back to when it was read without finding anything; `None` before it was.
    back_to: Option<DateTime<Utc>>,
    /// At how many it was looked, up to the last that was taken.
    looked_at: usize,
    /// At how many more when the last was read that are not all taken.
    looked_ahead: usize,
}

impl Shard {
    fn new(index: Index, partition: String, taken: Taken, at_once: i32) -> Self {
        let after = if let Taken::To(at, pnr) = &taken {
            Some(Item::from([
                (index.key.partition.to_owned(), string(&partition)),
                (BOOKED_AT.to_owned(), string(at)),
                (BOOKING_ID.to_owned(), string(pnr)),
            ]))
        } else {
            None
        };
        Self {
            partition,
            read: VecDeque::new(),
            at_once,
            has_more: taken != Taken::All,
            taken,
            after,
            back_to: None,
            looked_at: 0,
            looked_ahead: 0,
        }
    }

    fn is_over(&self) -> bool {
        self.read.is_empty() && !self.has_more
    }

    /// When the newest of what was read was made.
    fn newest(&self) -> Option<DateTime<Utc>> {
        self.read.front().map(|entry| entry.made)
    }

    /// Whether there may be something in it that was made after a moment and was not read yet.
    fn may_have_newer(&self, moment: Option<DateTime<Utc>>) -> bool {
        let unread = self.read.is_empty() && self.has_more;
        unread && moment.is_none_or(|moment| self.back_to.is_none_or(|back_to| back_to > moment))
    }

    fn take(&mut self) -> Option<Entry> {
        let entry = self.read.pop_front()?;
        self.taken = Taken::To(entry.at.clone(), entry.pnr.to_string());
        let looked = if self.read.is_empty() { self.looked_ahead } else { 1 };
        (self.looked_at, self.looked_ahead) = (self.looked_at + looked, self.looked_ahead - looked);
        // Behind the last was nobody, as far as it was read.
        if let (true, Some((at, id))) = (self.read.is_empty(), self.end()) {
            self.taken = Taken::To(at.to_owned(), id.to_owned());
        }
        Some(entry)
    }

    /// After which booking there is more, by when it was made and its PNR.
    fn end(&self) -> Option<(&str, &str)> {
        self.after.as_ref().and_then(|end| text(end, BOOKED_AT).zip(text(end, BOOKING_ID)))
    }

    /// Takes in what was read: those that are meant, of how many, and the key after which there is more.
    fn took_in(&mut self, read: VecDeque<Entry>, of: usize, end: Option<Item>) -> Result<(), StoreError> {
        (self.read, self.looked_ahead) = (read, of);
        self.has_more = end.is_some();
        self.after = end;
        if self.has_more && self.end().is_none() {
            return Err(corrupt("a page's end", "it names no booking"));
        }
        if self.read.is_empty() {
            (self.looked_at, self.looked_ahead) = (self.looked_at + of, 0);
            if let Some((at, id)) = self.end() {
                (self.back_to, self.taken) = (at.parse().ok(), Taken::To(at.to_owned(), id.to_owned()));
            }
        }
        Ok(())
    }
}

impl Store {
    /// A page of the bookings that are listed, newest first, at most `limit`. The index may be a moment behind the table.
    pub async fn bookings_by(&self, of: &Listed, after: Option<&str>, limit: usize) -> Result<BookingPage, StoreError> {
        self.bookings_among(of, after, Portion::of(limit), None).await.map(|(page, _)| page)
    }

    /// A page of those among them on which somebody has a name, and at how many it was looked for them at least.
    pub async fn bookings_among(
        &self,
        of: &Listed,
        after: Option<&str>,
        portion: Portion,
        name: Option<&Sought>,
    ) -> Result<(BookingPage, usize), StoreError> {
        let partitions = of.partitions();
        let taken = match after {
            Some(after) => after.split(';').map(str::parse).collect::<Result<Vec<_>, _>>()?,
            None => vec![Taken::Nothing; partitions.len()],
        };
        if taken.len() != partitions.len() {
            return Err(corrupt("a page's end", "it is that of another list"));
        }
        let index = of.index();
        // Whoever looks for a name passes over most.
        let at_once = if name.is_some() { AT_ONCE } else { AT_FIRST };
        let shards = partitions.into_iter().zip(taken);
        let shards = shards.map(|(partition, taken)| Shard::new(index, partition, taken, at_once));
        let mut shards: Vec<_> = shards.collect();
        let mut found = Vec::new();
        let looked_at = |shards: &[Shard]| shards.iter().map(|shard| shard.looked_at).sum::<usize>();
        while found.len() < portion.most {
            let newest = shards.iter().filter_map(Shard::newest).max();
            let behind = shards.iter().filter(|shard| shard.may_have_newer(newest)).count();
            if behind > 0 {
                let left = portion.looked_at.saturating_sub(looked_at(&shards));
                if left == 0 {
                    break;
                }
                // All of them at once, each as far as its share of what is left.
                let share = i32::try_from(left.div_ceil(behind)).unwrap_or(i32::MAX).max(AT_FIRST);
                let behind = shards.iter_mut().filter(|shard| shard.may_have_newer(newest));
                try_join_all(behind.map(|shard| self.read_on(index, shard, (share, name)))).await?;
                continue;
            }
            let first = shards.iter_mut().filter(|shard| !shard.read.is_empty()).max_by_key(|shard| shard.newest());
            let Some(first) = first else { break };
            found.extend(first.take());
        }
        let is_over = shards.iter().all(Shard::is_over);
        let end = |shard: &Shard| if shard.is_over() { Taken::All } else { shard.taken.clone() }.written();
        let next = (!is_over).then(|| shards.iter().map(end).collect::<Vec<_>>().join(";"));
        Ok((BookingPage { bookings: self.all_of(found, name).await?, next }, looked_at(&shards)))
    }

    /// The bookings of entries, but for those that have no such name any more, or are gone.
    async fn all_of(&self, entries: Vec<Entry>, name: Option<&Sought>) -> Result<Vec<Booking>, StoreError> {
        let lacking: Vec<_> = entries.iter().filter(|entry| entry.booking.is_none()).map(|entry| entry.pnr).collect();
        let mut read = if lacking.is_empty() { BTreeMap::new() } else { self.bookings(&lacking).await? };
        let whole = entries.into_iter().filter_map(|entry| entry.booking.or_else(|| read.remove(&entry.pnr)));
        Ok(whole.filter(|booking| name.is_none_or(|name| name.is_on(booking))).collect())
    }

    /// Reads on in a partition, at most as far as `share`.
    async fn read_on(
        &self,
        index: Index,
        shard: &mut Shard,
        (share, name): (i32, Option<&Sought>),
    ) -> Result<(), StoreError> {
        let is_whole = index.carries == Carries::All;
        let is_booking = format!("attribute_not_exists({FORMER}) AND attribute_exists({SCHEMA_VERSION_ATTRIBUTE})");
        let filter = named::filter(if is_whole { &is_booking } else { "" }, name);
        let query = self
            .dynamodb()
            .query()
            .table_name(&self.names().bookings)
            .index_name(index.name)
            .key_condition_expression("#of = :of")
            .set_filter_expression((!filter.is_empty()).then_some(filter))
            .expression_attribute_names("#of", index.key.partition)
            .expression_attribute_values(":of", string(&shard.partition))
            .set_exclusive_start_key(shard.after.take())
            .scan_index_forward(false)
            .limit(shard.at_once.min(share));
        let query = named::given(query, name);
        shard.at_once = more_than(shard.at_once);
        let page = self.attempt(|| query.clone().send()).await?.answer()?;
        let of = usize::try_from(page.scanned_count).unwrap_or_default();
        let entry = |item: Item| if is_whole { Entry::whole(item) } else { Entry::of(&item) };
        let read = page.items.unwrap_or_default().into_iter().map(entry).collect::<Result<_, _>>()?;
        shard.took_in(read, of, page.last_evaluated_key)
    }
}
