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

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
    use rstest::rstest;

    use super::{ChartRules, EarlyTrains};

    fn early() -> EarlyTrains {
        let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
        EarlyTrains { from: at(5), before: at(14), chart_at: at(20) }
    }

    fn rules(early: Option<EarlyTrains>) -> ChartRules {
        ChartRules {
            id: "charts-of-a-test".to_owned(),
            from: NaiveDate::default(),
            early,
            hours_before: 10,
            second_minutes: 30,
        }
    }

    #[rstest]
    #[case("2026-12-01T04:59:00", "2026-11-30T18:59:00")]
    #[case("2026-12-01T05:00:00", "2026-11-30T20:00:00")]
    #[case("2026-12-01T13:59:00", "2026-11-30T20:00:00")]
    #[case("2026-12-01T14:00:00", "2026-12-01T04:00:00")]
    #[case("2026-12-01T23:10:00", "2026-12-01T13:10:00")]
    fn early_trains_have_their_chart_the_evening_before(#[case] departs: &str, #[case] chart: &str) {
        let departs: NaiveDateTime = departs.parse().expect("a moment");
        assert_eq!(rules(Some(early())).first_chart(departs), chart.parse().expect("a moment"));
    }

    #[rstest]
    #[case("2026-12-01T09:00:00", "2026-11-30T23:00:00", "2026-12-01T08:30:00")]
    #[case("2026-12-01T00:10:00", "2026-11-30T14:10:00", "2026-11-30T23:40:00")]
    fn other_charts_are_reckoned_from_departure(#[case] departs: &str, #[case] first: &str, #[case] second: &str) {
        let departs: NaiveDateTime = departs.parse().expect("a moment");
        assert_eq!(rules(None).first_chart(departs), first.parse().expect("a moment"));
        assert_eq!(rules(Some(early())).second_chart(departs), second.parse().expect("a moment"));
    }
}
