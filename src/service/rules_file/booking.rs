//! `booking.toml`: when and how much may be booked.

use super::Dated;
use super::section::Section;
use crate::domain::rules::{BookingRules, GroupRules};

/// Reads an entry.
pub(super) fn rules(entry: &Section<'_>, Dated { id, from }: Dated) -> BookingRules {
    let max_party = entry.number("max-party", 1..=6);
    BookingRules {
        id,
        from,
        window_days: entry.number("window-days", 1..=365),
        opens_at: entry.time("opens-at"),
        max_party,
        groups: entry.optional("groups").map(|section| groups(&section, max_party)),
        closes_minutes: entry.number("closes-minutes", 0..=1440),
    }
}

/// A group is never smaller than a party that anybody books.
fn groups(section: &Section<'_>, max_party: u8) -> GroupRules {
    let size = max_party..=BookingRules::MOST;
    let groups = GroupRules { ac: section.number("ac", size.clone()), non_ac: section.number("non-ac", size) };
    section.finish();
    groups
}
