//! Lists that are read page by page from an index that sorts by a moment.

use crate::store::item::{Item, corrupt, string, text};
use crate::store::schema::{BOOKING_ID, Index};
use crate::store::{Store, StoreError};

/// How many items of a partition are read at first, when a list is merged of several: a page has a few of each as a rule.
pub(in crate::store) const AT_FIRST: i32 = 6;
/// How many at most: each time that a partition is read on, twice as many are, since whoever looks so far looks further.
pub(in crate::store) const AT_ONCE: i32 = 96;

/// How many to read the next time, after so many.
pub(in crate::store) const fn more_than(at_once: i32) -> i32 {
    if at_once < AT_ONCE / 2 { at_once * 2 } else { AT_ONCE }
}

/// How much of a list is read for one answer, when only some of it is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion {
    /// How many that are meant are given at most.
    pub most: usize,
    /// At how many it is looked for them, after which nothing more is read.
    pub looked_at: usize,
}

impl Portion {
    /// So many of a list of which all is meant: nothing is looked at in vain.
    pub const fn of(most: usize) -> Self {
        Self { most, looked_at: usize::MAX }
    }
}

/// In which order a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Order {
    OldestFirst,
    NewestFirst,
}

/// A list of the bookings' table: an index, and which of its partitions.
pub(in crate::store) struct List<'a> {
    pub index: Index,
    pub partition: &'a str,
    pub order: Order,
}

impl Store {
    /// A page of a list with where the next begins; at the end there is none. The index may be a moment behind.
    pub(in crate::store) async fn page_of(
        &self,
        list: &List<'_>,
        after: Option<&str>,
        limit: i32,
    ) -> Result<(Vec<Item>, Option<String>), StoreError> {
        let start = after.map(|after| start_key(list, after)).transpose()?;
        let query = self
            .dynamodb()
            .query()
            .table_name(&self.names().bookings)
            .index_name(list.index.name)
            .key_condition_expression("#list = :list")
            .expression_attribute_names("#list", list.index.key.partition)
            .expression_attribute_values(":list", string(list.partition))
            .scan_index_forward(list.order == Order::OldestFirst)
            .set_exclusive_start_key(start)
            .limit(limit);
        let reply = self.attempt(|| query.clone().send()).await?.answer()?;
        let end = reply.last_evaluated_key.as_ref();
        let sort = sort(list);
        let next = end.and_then(|key| Some(format!("{} {}", text(key, sort)?, text(key, BOOKING_ID)?)));
        Ok((reply.items.unwrap_or_default(), next))
    }
}

fn sort(list: &List<'_>) -> &'static str {
    list.index.key.sort.expect("each index of bookings sorts")
}

fn start_key(list: &List<'_>, after: &str) -> Result<Item, StoreError> {
    let (moment, id) = after.split_once(' ').ok_or_else(|| corrupt("a page's end", "it names no item"))?;
    Ok(Item::from([
        (list.index.key.partition.to_owned(), string(list.partition)),
        (sort(list).to_owned(), string(moment)),
        (BOOKING_ID.to_owned(), string(id)),
    ]))
}
