//! `charts.toml`: when reservation charts are made.

use super::Dated;
use super::section::Section;
use crate::domain::rules::chart::{ChartRules, EarlyTrains};

/// Reads an entry.
pub(super) fn rules(entry: &Section<'_>, Dated { id, from }: Dated) -> ChartRules {
    let hours_before = entry.number("hours-before", 1..=48);
    ChartRules {
        id,
        from,
        early: entry.optional("early").map(|early| early_trains(&early)),
        hours_before,
        // A second chart before the first one would sell berths that the first has given away.
        second_minutes: entry.number("second-minutes", 5..=u16::from(hours_before) * 60),
    }
}

fn early_trains(section: &Section<'_>) -> EarlyTrains {
    let early =
        EarlyTrains { from: section.time("from"), before: section.time("before"), chart_at: section.time("chart-at") };
    if early.from >= early.before && section.has("from") && section.has("before") {
        section.refuse("before", &format!("write a time of day after {}", early.from));
    }
    section.finish();
    early
}
