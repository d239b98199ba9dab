//! When reservation charts are made, by date of the run.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// When a run's charts are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartRules {
    /// Names the rules.
    pub id: String,
    /// The first date of a run to which they apply.
    pub from: NaiveDate,
    /// Trains whose first chart is made the evening before; `None` when there are no such trains.
    pub early: Option<EarlyTrains>,
    /// Hours before departure from the origin at which the first chart of all other trains is made.
    pub hours_before: u8,
    /// Minutes before departure from the origin at which the second chart is made.
    pub second_minutes: u16,
}

/// Trains that leave too early in the day for a chart on that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlyTrains {
    /// The earliest departure from the origin that counts.
    pub from: NaiveTime,
    /// The departure from which trains count no more.
    pub before: NaiveTime,
    /// The railway's time on the day before at which their first chart is made.
    pub chart_at: NaiveTime,
}

impl ChartRules {
    /// When the first chart is made of a train that leaves its origin at `departs`, by the railway's wall clock.
    pub fn first_chart(&self, departs: NaiveDateTime) -> NaiveDateTime {
        let early = self.early.filter(|early| early.from <= departs.time() && departs.time() < early.before);
        match early.and_then(|early| Some(departs.date().pred_opt()?.and_time(early.chart_at))) {
            Some(evening) => evening,
            None => departs - TimeDelta::hours(self.hours_before.into()),
        }
    }

    /// When the second and last chart is made of a train that leaves its origin at `departs`, by the railway's clock.
    pub fn second_chart(&self, departs: NaiveDateTime) -> NaiveDateTime {
        departs - TimeDelta::minutes(self.second_minutes.into())
    }
}
