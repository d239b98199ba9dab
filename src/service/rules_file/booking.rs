//! `booking.toml`: when and how much may be booked.

use serde::Deserialize;
use toml::value::Datetime;

use super::{Entry, RulesFileError, read};
use crate::domain::rules::BookingRules;

const FILE: &str = "booking.toml";

/// Reads the booking rules.
pub(super) fn parse(text: &str) -> Result<Vec<BookingRules>, RulesFileError> {
    let file: BookingFile = read(FILE, text)?;
    file.booking.iter().map(booking_rules).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookingFile {
    booking: Vec<BookingEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct BookingEntry {
    id: String,
    from: Datetime,
    window_days: u16,
    opens_at: Datetime,
    max_party: u8,
    closes_minutes: u16,
}

fn booking_rules(raw: &BookingEntry) -> Result<BookingRules, RulesFileError> {
    let entry = Entry { file: FILE, kind: "booking", id: &raw.id };
    entry.check_id()?;
    Ok(BookingRules {
        from: entry.date("from", raw.from)?,
        window_days: entry.in_range("window-days", raw.window_days, 1..=365)?,
        opens_at: entry.time("opens-at", raw.opens_at)?,
        max_party: entry.in_range("max-party", raw.max_party, 1..=6)?,
        closes_minutes: entry.in_range("closes-minutes", raw.closes_minutes, 0..=1440)?,
        id: raw.id.clone(),
    })
}
