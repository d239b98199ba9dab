//! Those who wait for a berth: how they join the queue, and how they move up.

mod joining;
mod listing;
mod promotion;

pub(super) use self::joining::join;
pub(super) use self::listing::list;
pub(super) use self::promotion::{AGAIN, next_due, promote, promote_freed};
