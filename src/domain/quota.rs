//! Quotas: from which share of a train's berths a ticket is sold.
//!
//! Quotas of officers, of stations on the way and of pilgrims are deliberately absent.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The quota from which a berth is sold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Quota {
    /// The general quota, `GN`.
    #[default]
    #[serde(rename = "GN")]
    General,
    /// Women, with the young children who travel with them, `LD`.
    #[serde(rename = "LD")]
    Ladies,
    /// Lower berths for senior citizens, `SS`.
    #[serde(rename = "SS")]
    Senior,
    /// Berths sold from the day before the train leaves its origin, at a charge, `TQ`.
    #[serde(rename = "TQ")]
    Tatkal,
}

impl Quota {
    /// All quotas, in the order in which a form offers them.
    pub const ALL: [Self; 4] = [Self::General, Self::Ladies, Self::Senior, Self::Tatkal];

    /// The railway's code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::General => "GN",
            Self::Ladies => "LD",
            Self::Senior => "SS",
            Self::Tatkal => "TQ",
        }
    }

    /// The quota in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Ladies => "Ladies",
            Self::Senior => "Senior citizens",
            Self::Tatkal => "Tatkal",
        }
    }

    /// The berths that it sells until the first chart.
    pub const fn pool(self) -> Pool {
        match self {
            Self::General => Pool::General,
            Self::Ladies => Pool::Ladies,
            Self::Senior => Pool::Senior,
            Self::Tatkal => Pool::Tatkal,
        }
    }
}

/// Writes the railway's code.
impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// What a berth is kept for until the first chart; every berth of a run is in exactly one pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Pool {
    /// The general quota.
    General,
    /// The ladies' quota.
    Ladies,
    /// The senior citizens' quota.
    Senior,
    /// Tatkal.
    Tatkal,
    /// Reservation against cancellation: side lower berths that two passengers share until something becomes free.
    Rac,
}
