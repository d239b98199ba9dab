//! The rules' files: TOML to checked rules, with errors that name the file, the key and what is allowed.

mod booking;
mod charts;
mod fares;
mod quotas;
mod refunds;

use std::fmt::Display;

use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;
use thiserror::Error;
use toml::value::Datetime;

use crate::domain::rules::{Rules, RulesError};

/// Why files of rules cannot be used.
#[derive(Debug, Error)]
pub enum RulesFileError {
    /// Not TOML, a key nobody knows or one that is missing; the reader's message shows the line.
    #[error("{file} cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: &'static str,
        /// What the reader says.
        source: Box<toml::de::Error>,
    },
    /// A value that the rules do not allow.
    #[error("{file}: {key} is {value}: {allowed}")]
    BadValue {
        /// The file.
        file: &'static str,
        /// The key with its entry, such as `fares[fares-2025-07-01].round-up-to`.
        key: String,
        /// The value as written.
        value: String,
        /// What would be good.
        allowed: String,
    },
    /// The entries do not make a set of rules.
    #[error("{0}")]
    Set(#[from] RulesError),
}

/// The texts of the rules' files.
#[derive(Clone, Copy, Debug)]
pub struct RulesText<'a> {
    /// What a journey costs, `fares.toml`.
    pub fares: &'a str,
    /// When and how much may be booked, `booking.toml`.
    pub booking: &'a str,
    /// What a cancellation costs, `refunds.toml`.
    pub refunds: &'a str,
    /// How berths are divided among quotas, `quotas.toml`.
    pub quotas: &'a str,
    /// When charts are made, `charts.toml`.
    pub charts: &'a str,
}

impl RulesText<'static> {
    /// The files that come with the program.
    pub const BUNDLED: Self = Self {
        fares: include_str!("../../assets/rules/fares.toml"),
        booking: include_str!("../../assets/rules/booking.toml"),
        refunds: include_str!("../../assets/rules/refunds.toml"),
        quotas: include_str!("../../assets/rules/quotas.toml"),
        charts: include_str!("../../assets/rules/charts.toml"),
    };
}

/// The rules that come with the program.
pub fn bundled() -> Rules {
    parse(&RulesText::BUNDLED).expect("the bundled rules are read by a test")
}

/// Reads the texts of all rules.
pub fn parse(text: &RulesText<'_>) -> Result<Rules, RulesFileError> {
    Ok(Rules::new(
        fares::parse(text.fares)?,
        booking::parse(text.booking)?,
        refunds::parse(text.refunds)?,
        quotas::parse(text.quotas)?,
        charts::parse(text.charts)?,
    )?)
}

fn read<T: for<'de> Deserialize<'de>>(file: &'static str, text: &str) -> Result<T, RulesFileError> {
    toml::from_str(text).map_err(|source| RulesFileError::Unreadable { file, source: Box::new(source) })
}

/// An entry of a file while it is checked, for errors that name it.
struct Entry<'a> {
    file: &'static str,
    kind: &'static str,
    id: &'a str,
}

impl Entry<'_> {
    fn bad(&self, key: &str, value: &dyn Display, allowed: &dyn Display) -> RulesFileError {
        RulesFileError::BadValue {
            file: self.file,
            key: format!("{}[{}].{key}", self.kind, self.id),
            value: value.to_string(),
            allowed: allowed.to_string(),
        }
    }

    fn in_range<T>(&self, key: &str, value: T, allowed: std::ops::RangeInclusive<T>) -> Result<T, RulesFileError>
    where
        T: PartialOrd + Copy + Display,
    {
        if allowed.contains(&value) {
            return Ok(value);
        }
        let (least, most) = (allowed.start(), allowed.end());
        Err(self.bad(key, &value, &format!("write a number from {least} to {most}")))
    }

    fn check_id(&self) -> Result<(), RulesFileError> {
        let good = (1..=40).contains(&self.id.len()) && self.id.bytes().all(|b| b.is_ascii_graphic());
        if good {
            Ok(())
        } else {
            Err(self.bad("id", &self.id, &"write 1 to 40 letters, digits or signs without spaces"))
        }
    }

    fn date(&self, key: &str, value: Datetime) -> Result<NaiveDate, RulesFileError> {
        let date = value.date.filter(|_| value.time.is_none());
        date.and_then(|d| NaiveDate::from_ymd_opt(d.year.into(), d.month.into(), d.day.into()))
            .ok_or_else(|| self.bad(key, &value, &"write a date alone, such as 2025-12-26"))
    }

    fn time(&self, key: &str, value: Datetime) -> Result<NaiveTime, RulesFileError> {
        let time = value.time.filter(|_| value.date.is_none());
        time.and_then(|t| NaiveTime::from_hms_opt(t.hour.into(), t.minute.into(), t.second.unwrap_or(0).into()))
            .ok_or_else(|| self.bad(key, &value, &"write a time of day alone, such as 08:00:00"))
    }
}

#[cfg(test)]
mod tests;
