//! What a party is given: berths while there are any, then halves of shared berths, then places on the list.

use serde::{Deserialize, Serialize};

use crate::domain::coach::BerthRef;
use crate::domain::waitlist::SharedBerth;

/// What one passenger of a party is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Grant {
    /// A berth of their own.
    Berth(BerthRef),
    /// Half of a berth.
    Shared(SharedBerth),
    /// A place on the waiting list, which is theirs only once they have paid.
    Waiting,
    /// The right to travel in the unreserved coaches.
    Unreserved,
}

impl Grant {
    /// The berth, where it is theirs alone.
    pub const fn berth(self) -> Option<BerthRef> {
        if let Self::Berth(berth) = self { Some(berth) } else { None }
    }

    /// Whether it puts them into a queue.
    pub const fn is_queued(self) -> bool {
        matches!(self, Self::Shared(_) | Self::Waiting)
    }
}

/// What a party would take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Accept {
    /// A berth for each and nothing else.
    #[default]
    Berths,
    /// Whatever there is: berths, halves of them, places on the list.
    Anything,
}
