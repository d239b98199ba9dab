//! Days and moments as people at a desk type them: `today`, `-1`, `24 dec`, `18:00`, `+2h`.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::domain::time::{instant, railway_time};

/// Reads a day, which may be past. A day without a year is the one nearest to today.
pub(in crate::ui::screens) fn day(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let text = text.trim().to_lowercase();
    match text.as_str() {
        "" | "today" => return Some(today),
        "yesterday" => return today.pred_opt(),
        "tomorrow" => return today.succ_opt(),
        _ => {}
    }
    if let Some(days) = text.strip_prefix('-') {
        return today.checked_sub_days(Days::new(days.trim().parse().ok()?));
    }
    if let Some(days) = text.strip_prefix('+') {
        return today.checked_add_days(Days::new(days.trim().parse().ok()?));
    }
    if let Ok(date) = text.parse() {
        return Some(date);
    }
    let years = [today.year() - 1, today.year(), today.year() + 1];
    let dates = years.iter().filter_map(|year| {
        let written = format!("{text} {year}");
        ["%d %b %Y", "%d%b %Y", "%d/%m %Y"].iter().find_map(|form| NaiveDate::parse_from_str(&written, form).ok())
    });
    dates.min_by_key(|date| (*date - today).num_days().abs())
}

/// Reads days from the first to the last, both in them: `24 nov – today`, `-7 to -1`, `24 nov - 1 dec`; or one day.
pub(super) fn days(text: &str, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let text = text.trim().to_lowercase();
    let parts = ["–", "..", " to ", " - "].iter().find_map(|sign| text.split_once(sign));
    match parts {
        Some((from, to)) if from.trim().is_empty() || to.trim().is_empty() => None,
        Some((from, to)) => Some((day(from, today)?, day(to, today)?)),
        None => day(&text, today).map(|day| (day, day)),
    }
}

/// Reads a moment of the railway's time from now on: `now`, `+30m`, `+2h`, `+3d`, `18:00`, or a day with a time after it.
pub(super) fn moment(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = text.trim().to_lowercase();
    if matches!(text.as_str(), "" | "now") {
        return Some(now);
    }
    if let Some(span) = text.strip_prefix('+').and_then(span) {
        return now.checked_add_signed(span);
    }
    let here = railway_time(now);
    let (date, time) = match text.rsplit_once(' ') {
        Some((date, time)) => (Some(day(date, here.date())?), time),
        None => (None, text.as_str()),
    };
    let time = NaiveTime::parse_from_str(time, "%H:%M").ok()?;
    let at = |date: NaiveDate| NaiveDateTime::new(date, time);
    let at = match date {
        Some(date) => at(date),
        // A time that has passed is tomorrow's.
        None if at(here.date()) <= here => at(here.date().succ_opt()?),
        None => at(here.date()),
    };
    Some(instant(at))
}

fn span(text: &str) -> Option<TimeDelta> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    match unit {
        'm' => TimeDelta::try_minutes(number),
        'h' => TimeDelta::try_hours(number),
        'd' => TimeDelta::try_days(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, Utc};
    use rstest::rstest;

    use super::{day, moment};
    use crate::domain::time::railway_time;

    /// Tuesday, 13:44:22 in India.
    fn now() -> DateTime<Utc> {
        "2026-12-01T08:14:22Z".parse().expect("a moment")
    }

    #[rstest]
    #[case("", Some("2026-12-01"))]
    #[case("today", Some("2026-12-01"))]
    #[case("Yesterday", Some("2026-11-30"))]
    #[case("-7", Some("2026-11-24"))]
    #[case("+1", Some("2026-12-02"))]
    #[case("24 dec", Some("2026-12-24"))]
    #[case("24dec", Some("2026-12-24"))]
    #[case("5/1", Some("2027-01-05"))]
    #[case("20 nov", Some("2026-11-20"))]
    #[case("2025-02-28", Some("2025-02-28"))]
    #[case("31 feb", None)]
    #[case("soon", None)]
    fn days(#[case] text: &str, #[case] read: Option<&str>) {
        let read = read.map(|read| read.parse::<NaiveDate>().expect("a date"));
        assert_eq!(day(text, railway_time(now()).date()), read);
    }

    #[rstest]
    #[case("24 nov – today", Some(("2026-11-24", "2026-12-01")))]
    #[case("24 nov - 1 dec", Some(("2026-11-24", "2026-12-01")))]
    #[case("-7 to -1", Some(("2026-11-24", "2026-11-30")))]
    #[case("-7–-1", Some(("2026-11-24", "2026-11-30")))]
    #[case("2026-11-24..2026-11-30", Some(("2026-11-24", "2026-11-30")))]
    #[case("yesterday", Some(("2026-11-30", "2026-11-30")))]
    #[case("-7", Some(("2026-11-24", "2026-11-24")))]
    #[case("24 nov –", None)]
    #[case("24 nov – soon", None)]
    fn ranges(#[case] text: &str, #[case] read: Option<(&str, &str)>) {
        let date = |read: &str| read.parse::<NaiveDate>().expect("a date");
        assert_eq!(super::days(text, railway_time(now()).date()), read.map(|(from, to)| (date(from), date(to))));
    }

    #[rstest]
    #[case("now", Some("2026-12-01 13:44"))]
    #[case("+30m", Some("2026-12-01 14:14"))]
    #[case("+2h", Some("2026-12-01 15:44"))]
    #[case("18:00", Some("2026-12-01 18:00"))]
    #[case("09:30", Some("2026-12-02 09:30"))]
    #[case("24 dec 06:15", Some("2026-12-24 06:15"))]
    #[case("2026-12-02 00:00", Some("2026-12-02 00:00"))]
    #[case("25:00", None)]
    #[case("+2", None)]
    #[case("later", None)]
    fn moments(#[case] text: &str, #[case] read: Option<&str>) {
        let found = moment(text, now()).map(|at| railway_time(at).format("%Y-%m-%d %H:%M").to_string());
        assert_eq!(found.as_deref(), read);
    }
}
