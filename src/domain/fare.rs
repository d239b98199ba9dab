//! What a journey costs, item by item, by dated rules.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::passenger::{Accommodation, Age};
use crate::domain::quota::Quota;
use crate::domain::rules::quota::{QuotaRules, TatkalCharge};
use crate::domain::rules::{ChildRules, ClassRates, FareRules};
use crate::domain::train::TrainKind;

/// What an item of a fare is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FareItemKind {
    /// The distance.
    Base,
    /// The reservation fee.
    Reservation,
    /// The surcharge of superfast trains.
    Superfast,
    /// The charge for a berth of the Tatkal quota.
    Tatkal,
    /// What rounds the sum up to the railway's step.
    Rounding,
    /// Goods and services tax.
    Gst,
}

/// One line of a fare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FareItem {
    /// What it is for.
    pub kind: FareItemKind,
    /// What the line says, such as `Base fare`, `Base fare, child` or `GST 5 % on AC`.
    pub label: String,
    /// How many times `each` is charged; 1 for a line about the whole party.
    pub count: u8,
    /// What one costs.
    pub each: Paise,
    /// What all cost: `each` times `count`.
    pub amount: Paise,
}

/// What a party pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Fare {
    /// The lines, in the order in which the railway prints them; their amounts add up to `total`.
    pub items: Vec<FareItem>,
    /// What each traveller pays, in the order of the party; the shares add up to `total`.
    pub shares: Vec<Paise>,
    /// All of it.
    pub total: Paise,
    /// The id of the rules that gave it, such as `fares-2025-12-26`.
    pub rules: String,
}

impl Fare {
    /// The amount of all lines of a kind.
    pub fn sum_of(&self, kind: FareItemKind) -> Paise {
        self.items.iter().filter(|item| item.kind == kind).map(|item| item.amount).sum()
    }

    /// The amount on which the tax is reckoned.
    pub fn taxable(&self) -> Paise {
        self.total - self.sum_of(FareItemKind::Gst)
    }
}

/// What of a journey decides its fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ride {
    /// The kind of train.
    pub kind: TrainKind,
    /// The class.
    pub class: Class,
    /// The quota.
    pub quota: Quota,
    /// Kilometres travelled.
    pub km: u16,
}

/// What of a traveller decides their fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traveller {
    /// Their age.
    pub age: Age,
    /// Whether they take a berth.
    pub accommodation: Accommodation,
}

/// Why a journey has no price.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum FareError {
    /// The rules know no fare for the class.
    #[error("There is no fare for class {class} on this train: choose another class.")]
    NoFare {
        /// The class.
        class: Class,
    },
    /// The rules know no Tatkal charge for the class.
    #[error("There is no Tatkal in class {class}: choose another class, or the general quota.")]
    NoTatkal {
        /// The class.
        class: Class,
    },
    /// A party needs somebody.
    #[error("A booking needs at least one passenger with a berth.")]
    NobodyTravels,
    /// Only children below the rules' age may share a berth.
    #[error("Passenger {passenger} is too old to travel without a berth: only children below {below} may.")]
    NeedsBerth {
        /// The passenger's place in the party, from 1.
        passenger: usize,
        /// The age from which a berth is needed.
        below: u8,
    },
}

/// The fare of a party for a ride, with Tatkal's charges by the quota rules of the day of sale, as the fare.
///
/// Each traveller is priced alone: base fare, reservation, superfast and Tatkal, rounded up, and tax on that, so that a
/// fare does not depend on the company one keeps. The lines add up what the party pays for each.
pub fn price(rules: &FareRules, quotas: &QuotaRules, ride: Ride, party: &[Traveller]) -> Result<Fare, FareError> {
    let class = ride.class;
    let rates = rules.classes.get(&class).ok_or(FareError::NoFare { class })?;
    let tatkal = match ride.quota {
        Quota::Tatkal => Some(quotas.tatkal.charges.get(&class).ok_or(FareError::NoTatkal { class })?),
        Quota::General | Quota::Ladies | Quota::Senior => None,
    };
    if party.iter().all(|traveller| traveller.accommodation == Accommodation::Lap) {
        return Err(FareError::NobodyTravels);
    }
    let charge = Charge::of(rules, rates, tatkal, ride);
    let children = rules.children;
    let mut tariffs = Vec::with_capacity(party.len());
    for (i, traveller) in party.iter().enumerate() {
        tariffs.push(
            Tariff::of(children, class, *traveller)
                .ok_or(FareError::NeedsBerth { passenger: i + 1, below: children.half_below })?,
        );
    }
    if tariffs.iter().all(|tariff| *tariff == Tariff::Free) {
        return Err(FareError::NobodyTravels);
    }
    let shares: Vec<Paise> = tariffs.iter().map(|tariff| charge.share(*tariff)).collect();
    let total = shares.iter().copied().sum();
    Ok(Fare { items: items(&charge, &tariffs), shares, total, rules: rules.id.clone() })
}

/// How much of a fare a traveller pays.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tariff {
    Full,
    Half,
    Free,
}

impl Tariff {
    /// `None` for somebody without a berth who is too old for that. Nobody has one in the unreserved class: there the
    /// age alone decides.
    fn of(children: ChildRules, class: Class, traveller: Traveller) -> Option<Self> {
        let age = traveller.age.years();
        match traveller.accommodation {
            Accommodation::Berth if class != Class::Unreserved => Some(Self::Full),
            _ if age < children.free_below => Some(Self::Free),
            _ if age < children.half_below => Some(Self::Half),
            Accommodation::Berth => Some(Self::Full),
            Accommodation::Lap => None,
        }
    }
}

/// What one traveller is charged on a leg.
struct Charge {
    base: Paise,
    half_base: Paise,
    reservation: Paise,
    superfast: Paise,
    tatkal: Paise,
    round_up_to: Paise,
    gst_percent: u8,
}

impl Charge {
    fn of(rules: &FareRules, rates: &ClassRates, tatkal: Option<&TatkalCharge>, ride: Ride) -> Self {
        let minimum_km = rates.minimum_km.max(tatkal.map_or(0, |charge| charge.minimum_km));
        let km = rules.steps.charged(ride.km.max(minimum_km));
        let factor = rules.factor_percent.get(&ride.kind).copied().unwrap_or(100);
        let base = (rates.table.at(km) + rates.per_km * i64::from(km)).basis_points(i64::from(factor) * 100);
        let base = to_the_rupee(base);
        Self {
            base,
            half_base: to_the_rupee(base.basis_points(i64::from(rules.children.half_percent) * 100)),
            reservation: rates.reservation,
            superfast: if rules.superfast.contains(&ride.kind) { rates.superfast } else { Paise::ZERO },
            tatkal: tatkal.map_or(Paise::ZERO, |charge| {
                to_the_rupee(base.basis_points(i64::from(charge.percent) * 100)).max(charge.min).min(charge.max)
            }),
            round_up_to: rules.round_up_to,
            gst_percent: rates.gst_percent,
        }
    }

    /// What is paid before rounding and tax.
    fn sum(&self, tariff: Tariff) -> Paise {
        match tariff {
            Tariff::Full => self.base + self.reservation + self.superfast + self.tatkal,
            Tariff::Half => self.half_base + self.reservation + self.superfast,
            Tariff::Free => Paise::ZERO,
        }
    }

    fn rounding(&self, tariff: Tariff) -> Paise {
        self.sum(tariff).round_up_to(self.round_up_to) - self.sum(tariff)
    }

    fn gst(&self, tariff: Tariff) -> Paise {
        self.sum(tariff).round_up_to(self.round_up_to).basis_points(i64::from(self.gst_percent) * 100)
    }

    fn share(&self, tariff: Tariff) -> Paise {
        self.sum(tariff) + self.rounding(tariff) + self.gst(tariff)
    }
}

/// Base fares are whole rupees; half a rupee goes up.
fn to_the_rupee(amount: Paise) -> Paise {
    Paise::rupees((amount.get() + 50).div_euclid(100))
}

fn items(charge: &Charge, tariffs: &[Tariff]) -> Vec<FareItem> {
    let count = |wanted: Tariff| tariffs.iter().filter(|tariff| **tariff == wanted).count() as u8;
    let (full, half) = (count(Tariff::Full), count(Tariff::Half));
    let each = |kind, label: &str, count: u8, each: Paise| {
        let amount = each * i64::from(count);
        FareItem { kind, label: label.to_owned(), count, each, amount }
    };
    let whole = |of: fn(&Charge, Tariff) -> Paise| tariffs.iter().map(|tariff| of(charge, *tariff)).sum();
    let mut items = vec![
        each(FareItemKind::Base, "Base fare", full, charge.base),
        each(FareItemKind::Base, "Base fare, child", half, charge.half_base),
        each(FareItemKind::Reservation, "Reservation", full + half, charge.reservation),
        each(FareItemKind::Superfast, "Superfast", full + half, charge.superfast),
        each(FareItemKind::Tatkal, "Tatkal charge", full, charge.tatkal),
        each(FareItemKind::Rounding, "Rounding", 1, whole(Charge::rounding)),
        each(FareItemKind::Gst, &format!("GST {} % on AC", charge.gst_percent), 1, whole(Charge::gst)),
    ];
    items.retain(|item| item.amount != Paise::ZERO);
    items
}

#[cfg(test)]
mod tests;
