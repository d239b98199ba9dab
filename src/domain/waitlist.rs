//! Who waits for a berth of a run, and who is served next.
//!
//! A run has a queue for each class and list. An entry is one booking with passengers who have no berth of their own:
//! those who share one (RAC) and those who have none yet, in the order of the form. It leaves the queue when all of them
//! have a berth or have given up. Where queues are kept, and how a move is written, is deliberately absent.

mod joining;
mod position;
pub mod promotion;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::joining::{joining, needs_lower};
pub use self::position::{Queued, in_turn, renumbered};
use crate::domain::coach::{BerthType, Class};
use crate::domain::pnr::Pnr;
use crate::domain::quota::Quota;
use crate::domain::segment::Leg;
use crate::domain::spot::SharedBerth;

/// A list on which passengers wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WaitingList {
    /// Of the general quota, `GNWL`; those in front share a berth meanwhile.
    #[serde(rename = "GNWL")]
    General,
    /// Of the Tatkal quota, `TQWL`; nobody shares a berth.
    #[serde(rename = "TQWL")]
    Tatkal,
}

impl WaitingList {
    /// The list on which those wait who find no berth in a quota.
    pub const fn of(quota: Quota) -> Self {
        match quota {
            Quota::Tatkal => Self::Tatkal,
            Quota::General | Quota::Ladies | Quota::Senior => Self::General,
        }
    }

    /// The railway's code, such as `GNWL`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::General => "GNWL",
            Self::Tatkal => "TQWL",
        }
    }
}

impl fmt::Display for WaitingList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// Names a queue of a run: `3A#GN`, or `3A#TQ` for that of the Tatkal quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QueueId {
    /// The class.
    pub class: Class,
    /// The list.
    pub list: WaitingList,
}

impl fmt::Display for QueueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quota = match self.list {
            WaitingList::General => Quota::General,
            WaitingList::Tatkal => Quota::Tatkal,
        };
        write!(f, "{}#{}", self.class, quota.code())
    }
}

impl From<QueueId> for String {
    fn from(id: QueueId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for QueueId {
    type Error = BadQueue;
    fn try_from(text: String) -> Result<Self, BadQueue> {
        text.parse()
    }
}

/// A text that names no queue.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is not a queue: write its class and quota, such as 3A#GN or 3A#TQ")]
pub struct BadQueue(String);

impl FromStr for QueueId {
    type Err = BadQueue;
    fn from_str(text: &str) -> Result<Self, BadQueue> {
        let bad = || BadQueue(text.to_owned());
        let (class, quota) = text.split_once('#').ok_or_else(bad)?;
        let list = match quota {
            "GN" => WaitingList::General,
            "TQ" => WaitingList::Tatkal,
            _ => return Err(bad()),
        };
        Ok(Self { class: class.parse().map_err(|_| bad())?, list })
    }
}

/// How many wait in a queue, and who comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct QueueHead {
    /// Passengers who share a berth.
    pub rac: u16,
    /// Passengers who have no berth yet.
    pub waiting: u16,
    /// Whether the chart has closed it: nobody joins any more.
    pub frozen: bool,
    /// The place in the order of the queue of whoever joins next.
    pub next_seq: u64,
}

impl QueueHead {
    /// Whether nobody is in it.
    pub const fn is_empty(&self) -> bool {
        self.rac == 0 && self.waiting == 0
    }
}

/// A booking in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Entry {
    /// Its place in the order of the queue: who came first has the lower one.
    pub seq: u64,
    /// Counts the writes to it.
    pub version: u32,
    /// The booking.
    pub pnr: Pnr,
    /// The leg.
    pub leg: Leg,
    /// Its passengers without a berth of their own, in the order of the form.
    pub waiters: Vec<Waiter>,
}

impl Entry {
    /// How many of its passengers share a berth.
    pub fn rac(&self) -> u16 {
        self.waiters.iter().filter(|waiter| waiter.shared.is_some()).count() as u16
    }

    /// How many of its passengers have no berth yet.
    pub fn waiting(&self) -> u16 {
        self.waiters.iter().filter(|waiter| waiter.shared.is_none()).count() as u16
    }
}

/// A passenger in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Waiter {
    /// Their place in the booking's form, from 0.
    pub passenger: u8,
    /// The half of a berth that they have meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<SharedBerth>,
    /// The berth type that they would like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preference: Option<BerthType>,
    /// Whether they should not have to climb.
    pub needs_lower: bool,
    /// Whether she travels in a party without men, so that a berth of the ladies' quota may become hers at charting.
    pub ladies: bool,
}
