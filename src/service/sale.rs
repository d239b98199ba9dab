//! When a run is on sale: pure decisions from dated rules and a moment.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use crate::domain::rules::BookingRules;
use crate::domain::time::{instant, railway_time};
use crate::domain::train::{Leg, RunId, Train};
use crate::service::request::Failure;

/// The first and last date for which tickets are sold at `now`. The last one opens at the rules' time of day.
pub fn window(rules: &BookingRules, now: DateTime<Utc>) -> (NaiveDate, NaiveDate) {
    let local = railway_time(now);
    let today = local.date();
    let not_yet = u64::from(local.time() < rules.opens_at);
    let days = u64::from(rules.window_days).saturating_sub(not_yet);
    (today, today.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX))
}

/// Refuses a leg of a run that is not on sale. The window counts from the origin's date, the close of sales from the
/// departure at the boarding halt.
pub(super) fn check_on_sale(
    rules: &BookingRules,
    train: &Train,
    run: RunId,
    leg: Leg,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let (board, _) = train.ends(leg).ok_or(Failure::NoSuchRun)?;
    let departs = instant(board.depart.on(run.date));
    if now + TimeDelta::minutes(i64::from(rules.closes_minutes)) >= departs {
        return Err(Failure::SalesClosed);
    }
    let (first, last) = window(rules, now);
    if run.date > last { Err(Failure::OutsideWindow { first, last }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveTime;
    use rstest::rstest;

    use super::{BookingRules, instant, window};

    #[rstest]
    #[case("2026-11-24T07:59:00", "2027-01-22")]
    #[case("2026-11-24T08:00:00", "2027-01-23")]
    #[case("2026-11-24T23:59:00", "2027-01-23")]
    #[case("2026-11-25T00:00:00", "2027-01-23")]
    fn the_last_date_opens_in_the_morning(#[case] now: &str, #[case] last: &str) {
        let rules = BookingRules {
            id: "test".to_owned(),
            from: "2024-11-01".parse().expect("a date"),
            window_days: 60,
            opens_at: NaiveTime::from_hms_opt(8, 0, 0).expect("a time"),
            max_party: 6,
            closes_minutes: 5,
        };
        let now: chrono::NaiveDateTime = now.parse().expect("a moment");
        assert_eq!(window(&rules, instant(now)), (now.date(), last.parse().expect("a date")));
    }
}
