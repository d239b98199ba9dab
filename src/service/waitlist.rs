//! Those who wait for a berth: how they move up.

mod promotion;

pub(super) use self::promotion::{next_due, promote, promote_freed};
