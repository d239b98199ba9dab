//! The railway's clock: calendar dates of Asia/Kolkata, minutes of a run, and instants in UTC.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Asia/Kolkata. India has had one zone and no summer time since 1945, so an offset says it all.
pub const RAILWAY_ZONE: FixedOffset = FixedOffset::east_opt(5 * 3600 + 1800).expect("+05:30 is a valid offset");

/// The railway's wall clock at an instant.
pub fn railway_time(at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&RAILWAY_ZONE).naive_local()
}

/// The instant at which the railway's wall clock shows `local`.
pub fn instant(local: NaiveDateTime) -> DateTime<Utc> {
    RAILWAY_ZONE.from_local_datetime(&local).single().expect("a fixed offset maps one to one").with_timezone(&Utc)
}

/// A time of a run: minutes since midnight of the date on which the train leaves its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunTime(u16);

/// A text that is no time of a run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is not a time: write 16:35, or 08:35+1 for the day after the train leaves its origin")]
pub struct BadRunTime(String);

impl RunTime {
    /// The longest journeys in India take under four days; nine leave room and keep `+N` one digit.
    const MAX_DAYS: u16 = 9;

    /// A time by its minutes since midnight of the origin's date; `None` from the tenth day on.
    pub const fn from_minutes(minutes: u16) -> Option<Self> {
        if minutes / 1440 > Self::MAX_DAYS { None } else { Some(Self(minutes)) }
    }

    /// Minutes since midnight of the origin's date.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// Days after the origin's date.
    pub const fn day(self) -> u16 {
        self.0 / 1440
    }

    /// The time of day.
    pub fn clock(self) -> NaiveTime {
        NaiveTime::from_num_seconds_from_midnight_opt(u32::from(self.0 % 1440) * 60, 0).expect("below a day")
    }

    /// The wall clock at this time of the run that leaves its origin on `origin_date`.
    pub fn on(self, origin_date: NaiveDate) -> NaiveDateTime {
        origin_date.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(self.0))
    }
}

impl FromStr for RunTime {
    type Err = BadRunTime;

    fn from_str(text: &str) -> Result<Self, BadRunTime> {
        let bad = || BadRunTime(text.to_owned());
        let (clock, day) = match text.split_once('+') {
            Some((clock, day)) => (clock, day.parse::<u16>().map_err(|_| bad())?),
            None => (text, 0),
        };
        let (hour, minute) = clock.split_once(':').ok_or_else(bad)?;
        let (hour, minute) = (hour.parse::<u16>().map_err(|_| bad())?, minute.parse::<u16>().map_err(|_| bad())?);
        if hour > 23 || minute > 59 || day > Self::MAX_DAYS {
            return Err(bad());
        }
        Ok(Self(day * 1440 + hour * 60 + minute))
    }
}

impl fmt::Display for RunTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute) = (self.0 % 1440 / 60, self.0 % 60);
        match self.day() {
            0 => f.pad(&format!("{hour:02}:{minute:02}")),
            day => f.pad(&format!("{hour:02}:{minute:02}+{day}")),
        }
    }
}

impl TryFrom<String> for RunTime {
    type Error = BadRunTime;
    fn try_from(text: String) -> Result<Self, BadRunTime> {
        text.parse()
    }
}

impl From<RunTime> for String {
    fn from(time: RunTime) -> Self {
        time.to_string()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::RunTime;

    #[rstest]
    #[case("00:00", 0)]
    #[case("16:35", 995)]
    #[case("08:35+1", 1955)]
    fn a_time_reads_back(#[case] text: &str, #[case] minutes: u16) {
        let time: RunTime = text.parse().expect("valid");
        assert_eq!(time.minutes(), minutes);
        assert_eq!(time.to_string(), text);
    }

    #[rstest]
    fn nonsense_is_refused(#[values("", "24:00", "8.35", "12:60", "08:35+x", "08:35+10")] text: &str) {
        assert!(text.parse::<RunTime>().is_err());
    }
}
