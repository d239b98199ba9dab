//! Quotas: from which share of a train's berths a ticket is sold.
//!
//! Quotas of officers, of stations on the way and of pilgrims are deliberately absent.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::coach::{BerthRef, BerthType, Class, Coach, CoachId};
use crate::domain::passenger::{Gender, Passenger};
use crate::domain::rules::quota::{ClassQuotas, QuotaRules};
use crate::domain::train::{Train, TrainKind};

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

    /// Whether tickets of a class are sold from it.
    pub fn is_sold_in(self, class: Class, rules: &QuotaRules) -> bool {
        let quotas = rules.classes.get(&class);
        match self {
            Self::General => true,
            Self::Ladies => quotas.is_some_and(|quotas| quotas.ladies > 0),
            Self::Senior => quotas.is_some_and(|quotas| quotas.senior.most() > 0),
            Self::Tatkal => quotas.is_some_and(|quotas| quotas.tatkal > 0),
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

/// A text that is no quota.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is not a quota: write GN, LD, SS or TQ")]
pub struct BadQuota(String);

impl FromStr for Quota {
    type Err = BadQuota;

    fn from_str(text: &str) -> Result<Self, BadQuota> {
        let found = Self::ALL.into_iter().find(|quota| quota.code().eq_ignore_ascii_case(text));
        found.ok_or_else(|| BadQuota(text.to_owned()))
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

/// Which pool each berth of a run is in: a pure function of the train and the quota rules that the run keeps, so that no
/// count is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocation(BTreeMap<CoachId, Vec<Pool>>);

impl Allocation {
    /// The pools of a train's berths. Without rules for a class all its berths are in the general one.
    pub fn of(train: &Train, rules: &QuotaRules) -> Self {
        let mut pools = BTreeMap::new();
        for coach in train.coaches() {
            if let Some(quotas) = rules.classes.get(&coach.class()) {
                let coaches = train.coaches_of(coach.class()).count();
                pools.insert(coach.id(), pools_of(*coach, quotas, train.kind(), coaches));
            }
        }
        Self(pools)
    }

    /// The pool of a berth.
    pub fn pool(&self, berth: BerthRef) -> Pool {
        let pools = self.0.get(&berth.coach);
        let index = usize::from(berth.number).checked_sub(1);
        pools.zip(index).and_then(|(pools, index)| pools.get(index)).copied().unwrap_or(Pool::General)
    }

    /// The pools of a coach's berths in their order; without an end those that are left are the general quota's.
    pub fn pools_of(&self, coach: CoachId) -> &[Pool] {
        self.0.get(&coach).map(Vec::as_slice).unwrap_or_default()
    }

    /// The berths of a coach that are in a pool, in order.
    pub fn in_pool(&self, coach: &Coach, pool: Pool) -> impl Iterator<Item = u8> {
        let coach_id = coach.id();
        coach.numbers().filter(move |number| self.pool(BerthRef { coach: coach_id, number: *number }) == pool)
    }
}

/// By what quotas a run is sold: settled, by the rules' id, when its first berth is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The rules.
    pub quotas: QuotaRules,
    /// What they make of the run's berths.
    pub allocation: Allocation,
}

impl Terms {
    /// The terms of a train's run under rules.
    pub fn of(train: &Train, quotas: &QuotaRules) -> Self {
        Self { quotas: quotas.clone(), allocation: Allocation::of(train, quotas) }
    }
}

/// Side lower berths from the front for RAC, whole bays at the front for ladies, the next lower berths for senior
/// citizens, and the coach's end for Tatkal.
fn pools_of(coach: Coach, quotas: &ClassQuotas, kind: TrainKind, coaches: usize) -> Vec<Pool> {
    let mut pools = vec![Pool::General; usize::from(coach.berths())];
    let mut keep = |pool: Pool, count: u8, berths: &mut dyn Iterator<Item = u8>| {
        let mut left = quotas.share(count, &coach);
        for number in berths {
            let here = &mut pools[usize::from(number) - 1];
            if left > 0 && *here == Pool::General {
                *here = pool;
                left -= 1;
            }
        }
    };
    let of_type = |wanted: BerthType| coach.numbers().filter(move |number| coach.berth_type(*number) == wanted);
    let is_side = |number: &u8| matches!(coach.berth_type(*number), BerthType::SideLower | BerthType::SideUpper);
    keep(Pool::Rac, quotas.rac, &mut of_type(BerthType::SideLower));
    keep(Pool::Ladies, quotas.ladies, &mut coach.numbers().filter(|number| !is_side(number)));
    keep(Pool::Senior, quotas.senior.count(kind, coaches), &mut of_type(BerthType::Lower));
    keep(Pool::Tatkal, quotas.tatkal, &mut coach.numbers().rev());
    pools
}

/// Why a party cannot buy from a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum NotEligible {
    /// The class keeps no berths for it.
    #[error("There is no {} quota in class {class}: choose another class, or the general quota.", quota.words())]
    NotInClass {
        /// The quota.
        quota: Quota,
        /// The class.
        class: Class,
    },
    /// More passengers than the quota allows on one booking.
    #[error("A booking in the {} quota has at most {max} passengers: book the others separately.", quota.words())]
    PartySize {
        /// The quota.
        quota: Quota,
        /// The largest party.
        max: u8,
    },
    /// Somebody is too young for the senior citizens' quota.
    #[error(
        "Passenger {passenger} is too young for the senior citizens' quota: men need {men} years, women {women}, or \
         {alone} when they travel alone. Choose the general quota."
    )]
    TooYoung {
        /// The passenger's place in the party, from 1.
        passenger: usize,
        /// The age of men.
        men: u8,
        /// The age of women.
        women: u8,
        /// The age of women who travel alone.
        alone: u8,
    },
    /// Somebody is neither a woman nor a young child.
    #[error(
        "Passenger {passenger} cannot travel in the ladies' quota: it is for women, and boys below {boys_below} with \
         them. Choose the general quota."
    )]
    NotLadies {
        /// The passenger's place in the party, from 1.
        passenger: usize,
        /// The age below which boys may.
        boys_below: u8,
    },
    /// Only boys.
    #[error("The ladies' quota needs a woman in the party: add her, or choose the general quota.")]
    NoWoman,
}

/// Whether so many people may buy from a quota in a class, whoever they are.
pub fn is_open_to(quota: Quota, class: Class, rules: &QuotaRules, people: usize) -> Result<(), NotEligible> {
    if !quota.is_sold_in(class, rules) {
        return Err(NotEligible::NotInClass { quota, class });
    }
    let max = match quota {
        Quota::General | Quota::Ladies => return Ok(()),
        Quota::Tatkal => rules.tatkal.max_party,
        Quota::Senior => rules.senior.max_party,
    };
    if people <= usize::from(max) { Ok(()) } else { Err(NotEligible::PartySize { quota, max }) }
}

/// Whether a party may buy from a quota in a class.
pub fn eligible(quota: Quota, class: Class, rules: &QuotaRules, party: &[Passenger]) -> Result<(), NotEligible> {
    is_open_to(quota, class, rules, party.len())?;
    match quota {
        Quota::General | Quota::Tatkal => Ok(()),
        Quota::Senior => seniors(rules, party),
        Quota::Ladies => ladies(rules, party),
    }
}

fn seniors(rules: &QuotaRules, party: &[Passenger]) -> Result<(), NotEligible> {
    let ages = rules.senior;
    let from = |passenger: &Passenger| match passenger.gender {
        Gender::Female if party.len() == 1 => ages.women_alone_from.min(ages.women_from),
        Gender::Female => ages.women_from,
        Gender::Male | Gender::Transgender => ages.men_from,
    };
    match party.iter().position(|passenger| passenger.age.years() < from(passenger)) {
        None => Ok(()),
        Some(index) => Err(NotEligible::TooYoung {
            passenger: index + 1,
            men: ages.men_from,
            women: ages.women_from,
            alone: ages.women_alone_from,
        }),
    }
}

fn ladies(rules: &QuotaRules, party: &[Passenger]) -> Result<(), NotEligible> {
    let boys_below = rules.boys_below;
    let may = |passenger: &Passenger| passenger.gender == Gender::Female || passenger.age.years() < boys_below;
    if let Some(index) = party.iter().position(|passenger| !may(passenger)) {
        return Err(NotEligible::NotLadies { passenger: index + 1, boys_below });
    }
    if party.iter().any(|passenger| passenger.gender == Gender::Female) { Ok(()) } else { Err(NotEligible::NoWoman) }
}

#[cfg(test)]
mod tests;
