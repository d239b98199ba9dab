//! How the berths of a run are divided among quotas, and who may use them.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use serde::{Deserialize, Serialize};

use crate::domain::coach::{Class, Coach};
use crate::domain::money::Paise;
use crate::domain::train::TrainKind;

/// The quotas of a run. The run keeps the id of those in force when its first berth was sold. By default there are none
/// but the general one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct QuotaRules {
    /// Names the rules on a run.
    pub id: String,
    /// The first date on which a run's sale may begin under them.
    pub from: NaiveDate,
    /// What each class keeps for whom; a class that is not here has the general quota alone and no waiting list.
    pub classes: BTreeMap<Class, ClassQuotas>,
    /// When Tatkal opens, for how many, and what it costs.
    pub tatkal: TatkalRules,
    /// Who counts as a senior citizen.
    pub senior: SeniorRules,
    /// Who is given a lower berth without asking, where there is one.
    pub lower_berth: LowerBerthRules,
    /// Below this age boys may travel with women of the ladies' quota.
    pub boys_below: u8,
}

/// What one class keeps for whom: counts of berths of a full coach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ClassQuotas {
    /// How many berths a full coach has; a smaller one keeps its share, rounded down.
    pub per_berths: u8,
    /// Side lower berths shared by two passengers each, reserved against cancellation.
    pub rac: u8,
    /// Lower berths for senior citizens.
    pub senior: SeniorBerths,
    /// Berths for ladies.
    pub ladies: u8,
    /// Berths for Tatkal.
    pub tatkal: u8,
    /// The longest waiting list.
    pub waiting: WaitingCap,
}

/// Lower berths that a full coach keeps for senior citizens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SeniorBerths {
    /// Where the train has one coach of the class.
    pub only_coach: u8,
    /// Where it has more.
    pub each_coach: u8,
    /// Where the kind of train has a number of its own.
    pub by_kind: BTreeMap<TrainKind, u8>,
}

impl SeniorBerths {
    /// The count for a coach of a train of this kind with so many coaches of the class.
    pub fn count(&self, kind: TrainKind, coaches: usize) -> u8 {
        let usual = if coaches == 1 { self.only_coach } else { self.each_coach };
        self.by_kind.get(&kind).copied().unwrap_or(usual)
    }

    /// The largest count of all.
    pub fn most(&self) -> u8 {
        self.by_kind.values().copied().fold(self.only_coach.max(self.each_coach), u8::max)
    }
}

/// The longest waiting list of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitingCap {
    /// So many percent of the berths of the class on the run.
    Percent(u8),
    /// So many passengers, whatever the train.
    Passengers(u16),
}

impl ClassQuotas {
    /// The share of a coach that has fewer berths than a full one: `count` of a full coach, rounded down.
    pub fn share(&self, count: u8, coach: &Coach) -> u8 {
        let berths = coach.berths().min(self.per_berths);
        (u16::from(count) * u16::from(berths) / u16::from(self.per_berths.max(1))) as u8
    }
}

impl WaitingCap {
    /// How many passengers may wait for a class that has so many berths on the run.
    pub fn passengers(self, berths: u32) -> u32 {
        match self {
            Self::Percent(percent) => berths * u32::from(percent) / 100,
            Self::Passengers(count) => count.into(),
        }
    }
}

impl QuotaRules {
    /// How many passengers may wait for a class that has so many berths on the run; none where it has no list.
    pub fn waiting_cap(&self, class: Class, berths: u32) -> u32 {
        self.classes.get(&class).map_or(0, |quotas| quotas.waiting.passengers(berths))
    }
}

/// When Tatkal opens, for how many, and what it costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TatkalRules {
    /// Days before the run's date on which it opens.
    pub days_before: u8,
    /// The railway's time at which it opens in classes with air conditioning.
    pub opens_ac: NaiveTime,
    /// The railway's time at which it opens in the others.
    pub opens_non_ac: NaiveTime,
    /// The largest party of one booking.
    pub max_party: u8,
    /// What it costs; a class that is not here has no Tatkal.
    pub charges: BTreeMap<Class, TatkalCharge>,
}

/// What Tatkal costs a passenger with a berth, on top of the fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TatkalCharge {
    /// Percent of the base fare.
    pub percent: u8,
    /// At least this.
    pub min: Paise,
    /// At most this.
    pub max: Paise,
    /// A shorter leg is charged as this many kilometres, the base fare too.
    pub minimum_km: u16,
}

impl TatkalRules {
    /// When Tatkal opens in a class of the run that leaves its origin on `run`, by the railway's wall clock.
    pub fn opens_at(&self, class: Class, run: NaiveDate) -> NaiveDateTime {
        let opens = if class.is_ac() { self.opens_ac } else { self.opens_non_ac };
        let date = run.checked_sub_days(Days::new(self.days_before.into())).unwrap_or(NaiveDate::MIN);
        date.and_time(opens)
    }
}

/// Who counts as a senior citizen, by age in completed years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SeniorRules {
    /// Men, and everybody who is not a woman, from this age.
    pub men_from: u8,
    /// Women from this age.
    pub women_from: u8,
    /// Women who travel alone from this age.
    pub women_alone_from: u8,
    /// The largest party of one booking.
    pub max_party: u8,
}

/// From which age, in completed years, somebody should not have to climb.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LowerBerthRules {
    /// Men, and everybody who is not a woman, from this age.
    pub men_from: u8,
    /// Women from this age.
    pub women_from: u8,
}
