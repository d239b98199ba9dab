//! `booking.toml`: when and how much may be booked.

use super::Dated;
use super::section::Section;
use crate::domain::rules::BookingRules;

/// Reads an entry.
pub(super) fn rules(entry: &Section<'_>, Dated { id, from }: Dated) -> BookingRules {
    BookingRules {
        id,
        from,
        window_days: entry.number("window-days", 1..=365),
        opens_at: entry.time("opens-at"),
        max_party: entry.number("max-party", 1..=6),
        closes_minutes: entry.number("closes-minutes", 0..=1440),
    }
}
