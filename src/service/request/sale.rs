//! What is offered, held and booked.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::allotment::BerthWish;
use crate::domain::booking::PaymentMethod;
use crate::domain::coach::{BerthRef, Class};
use crate::domain::inventory::{HoldId, Parts};
use crate::domain::money::Paise;
use crate::domain::passenger::Passenger;
use crate::domain::quota::Quota;
use crate::domain::segment::Leg;
use crate::domain::spot::Grant;
use crate::domain::timetable::Journey;
use crate::domain::train::RunId;
use crate::domain::user::Phone;

/// A journey with what each class costs one adult, best class first. How many berths are left comes by the live
/// subscription of its run, so that there is one source for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Offer {
    /// The journey.
    pub journey: Journey,
    /// The fare for one adult by class that the quota is sold in; `None` when the rules know none.
    pub fares: Vec<(Class, Option<Paise>)>,
}

/// Which berths a hold is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The best that are free, one for each wish.
    Best(Vec<BerthWish>),
    /// These and no others.
    Berths(Vec<BerthRef>),
}

impl Choice {
    /// How many berths it is for.
    pub fn len(&self) -> usize {
        match self {
            Self::Best(wishes) => wishes.len(),
            Self::Berths(berths) => berths.len(),
        }
    }

    /// Whether it is for no berth at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What is booked: held berths and who travels on them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The hold as it was granted.
    pub hold: Hold,
    /// Who travels; those with a berth get the held berths in order.
    pub passengers: Vec<Passenger>,
    /// The telephone number for news of the journey.
    pub phone: Phone,
    /// The total that the person was shown and agreed to.
    pub agreed: Paise,
}

/// Money on the counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tender {
    /// How.
    pub method: PaymentMethod,
    /// The card terminal's reference; needed for a card.
    pub reference: Option<String>,
}

/// What is out of sale for one person until a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Hold {
    /// Names it.
    pub id: HoldId,
    /// The run.
    pub run: RunId,
    /// The leg.
    pub leg: Leg,
    /// The class.
    pub class: Class,
    /// The quota.
    pub quota: Quota,
    /// What each of the party is given, in the order of the wishes.
    pub grants: Vec<Grant>,
    /// What of each coach is out of sale for it.
    pub parts: Parts,
    /// Until when it is kept.
    pub until: DateTime<Utc>,
}

impl Hold {
    /// The berths that the party has to itself, in the order of the wishes.
    pub fn berths(&self) -> Vec<BerthRef> {
        self.grants.iter().filter_map(|grant| grant.berth()).collect()
    }

    /// Whether a booking of it joins a queue.
    pub fn is_queued(&self) -> bool {
        self.grants.iter().any(|grant| matches!(grant, Grant::Waiting | Grant::Shared(_)))
    }
}
