//! A date as people type it: `24 dec`, `24/12`, `24`, `+3`, `fri`, `today`, `tomorrow`, `2026-12-24`.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use thiserror::Error;

/// Why a text is no date of a window.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadDay {
    /// Nothing is typed.
    #[error("Say when: type a date such as 24 dec, 24/12 or +3.")]
    Empty,
    /// Not a date.
    #[error("That is not a date: type it like 24 dec, 24/12 or +3 for in three days.")]
    Unreadable,
    /// Not on sale.
    #[error("Tickets are sold from {} to {}: choose a date in between.", short(*first), short(*last))]
    OutsideWindow {
        /// The first date on sale.
        first: NaiveDate,
        /// The last.
        last: NaiveDate,
    },
}

fn short(date: NaiveDate) -> String {
    date.format("%-d %b").to_string()
}

/// Reads a date out of a window of dates that begins today. Where no year is typed, it is the next such date.
pub fn read(text: &str, (first, last): (NaiveDate, NaiveDate)) -> Result<NaiveDate, BadDay> {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return Err(BadDay::Empty);
    }
    let date = relative(&text, first).or_else(|| absolute(&text, first)).ok_or(BadDay::Unreadable)?;
    if (first..=last).contains(&date) { Ok(date) } else { Err(BadDay::OutsideWindow { first, last }) }
}

fn relative(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let days = match text {
        "today" | "tod" => 0,
        "tomorrow" | "tom" => 1,
        _ => match text.strip_prefix('+') {
            Some(days) => days.trim().parse().ok()?,
            None => days_to(text.parse::<Weekday>().ok()?, today),
        },
    };
    today.checked_add_days(Days::new(days))
}

/// Days until the next such day of the week; a week when it is today.
fn days_to(day: Weekday, today: NaiveDate) -> u64 {
    let days = (7 + day.num_days_from_monday() - today.weekday().num_days_from_monday()) % 7;
    if days == 0 { 7 } else { days.into() }
}

fn absolute(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    // A weekday before the date, as screens write it, says nothing new.
    let text = text.split_once(' ').filter(|(day, _)| day.parse::<Weekday>().is_ok()).map_or(text, |(_, rest)| rest);
    let mut parts: Vec<&str> = text.split([' ', '/', '-', '.', ',']).filter(|part| !part.is_empty()).collect();
    if let [one] = parts[..]
        && let Some(at) = one.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0)
    {
        parts = vec![&one[..at], &one[at..]];
    }
    match parts[..] {
        [day] => {
            let day: u32 = day.parse().ok()?;
            let months =
                (0..3).filter_map(|ahead| today.with_day(1)?.checked_add_months(Months::new(ahead))?.with_day(day));
            months.into_iter().find(|date| *date >= today)
        }
        [day, month] => {
            let (day, month) = (day.parse().ok()?, month_of(month)?);
            let years = (0..2).filter_map(|ahead| NaiveDate::from_ymd_opt(today.year() + ahead, month, day));
            years.into_iter().find(|date| *date >= today)
        }
        [year, month, day] if year.len() == 4 => {
            NaiveDate::from_ymd_opt(year.parse().ok()?, month_of(month)?, day.parse().ok()?)
        }
        [day, month, year] => {
            let year: i32 = year.parse().ok()?;
            let year = if year < 100 { year + 2000 } else { year };
            NaiveDate::from_ymd_opt(year, month_of(month)?, day.parse().ok()?)
        }
        _ => None,
    }
}

/// A month by its number or at least three letters of its name.
fn month_of(text: &str) -> Option<u32> {
    match text.parse::<u32>() {
        Ok(number) => Some(number),
        Err(_) => text.parse::<chrono::Month>().ok().map(|month| month.number_from_month()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use rstest::rstest;

    use super::{BadDay, read};

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    /// Tuesday 1 December 2026 and 60 days on.
    fn window() -> (NaiveDate, NaiveDate) {
        (date("2026-12-01"), date("2027-01-30"))
    }

    #[rstest]
    #[case("24 dec", "2026-12-24")]
    #[case("24 December", "2026-12-24")]
    #[case("24dec", "2026-12-24")]
    #[case(" 24/12 ", "2026-12-24")]
    #[case("24-12", "2026-12-24")]
    #[case("24.12.", "2026-12-24")]
    #[case("24", "2026-12-24")]
    #[case("1", "2026-12-01")]
    #[case("5 jan", "2027-01-05")]
    #[case("5/1/27", "2027-01-05")]
    #[case("5/1/2027", "2027-01-05")]
    #[case("2026-12-24", "2026-12-24")]
    #[case("Thu 24 Dec 2026", "2026-12-24")]
    #[case("+3", "2026-12-04")]
    #[case("+ 3", "2026-12-04")]
    #[case("today", "2026-12-01")]
    #[case("tomorrow", "2026-12-02")]
    #[case("fri", "2026-12-04")]
    #[case("tue", "2026-12-08")]
    fn dates_are_read_as_people_type_them(#[case] text: &str, #[case] read_as: &str) {
        assert_eq!(read(text, window()), Ok(date(read_as)));
    }

    #[rstest]
    #[case("", BadDay::Empty)]
    #[case("  ", BadDay::Empty)]
    #[case("soon", BadDay::Unreadable)]
    #[case("31 feb", BadDay::Unreadable)]
    #[case("24 de", BadDay::Unreadable)]
    #[case("+", BadDay::Unreadable)]
    #[case("32", BadDay::Unreadable)]
    #[case("+99999999999999999999", BadDay::Unreadable)]
    #[case("1/2/3/4", BadDay::Unreadable)]
    fn what_is_no_date_is_refused(#[case] text: &str, #[case] why: BadDay) {
        assert_eq!(read(text, window()), Err(why));
    }

    #[rstest]
    fn dates_that_are_not_on_sale_are_refused(
        #[values("+61", "30 nov", "2026-11-30", "31 jan", "1/1/2030")] text: &str,
    ) {
        let (first, last) = window();
        assert_eq!(read(text, (first, last)), Err(BadDay::OutsideWindow { first, last }));
    }
}
