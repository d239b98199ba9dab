//! `charts.toml`: when reservation charts are made.

use chrono::{NaiveTime, TimeDelta};

use super::Dated;
use super::section::Section;
use crate::domain::rules::chart::{ChartRules, EarlyTrains};

/// The fewest minutes between the second chart and departure.
const SHORTEST: u16 = 5;

/// Reads an entry.
pub(super) fn rules(entry: &Section<'_>, Dated { id, from }: Dated) -> ChartRules {
    let hours_before = entry.number("hours-before", 1..=48);
    let early = entry.optional("early").map(|early| early_trains(&early));
    // A second chart before the first one would sell berths that the first has given away.
    let longest = early.map_or(u16::MAX, least_minutes).min(u16::from(hours_before) * 60);
    ChartRules { id, from, early, hours_before, second_minutes: entry.number("second-minutes", SHORTEST..=longest) }
}

/// Minutes between the first chart and the departure of the earliest of them, at least [`SHORTEST`].
fn least_minutes(early: EarlyTrains) -> u16 {
    let minutes = TimeDelta::days(1) - (early.chart_at - early.from);
    u16::try_from(minutes.num_minutes()).unwrap_or(u16::MAX).max(SHORTEST)
}

fn early_trains(section: &Section<'_>) -> EarlyTrains {
    let early =
        EarlyTrains { from: section.time("from"), before: section.time("before"), chart_at: section.time("chart-at") };
    if early.from >= early.before && section.has("from") && section.has("before") {
        section.refuse("before", &format!("write a time of day after {}", early.from));
    }
    let latest = NaiveTime::MIN - TimeDelta::minutes(SHORTEST.into());
    if early.from < NaiveTime::MIN + TimeDelta::minutes(SHORTEST.into()) && early.chart_at > latest {
        section.refuse("chart-at", &format!("write a time of day up to {latest}"));
    }
    section.finish();
    early
}
