//! `charts.toml`: when reservation charts are made.

use serde::Deserialize;
use toml::value::Datetime;

use super::{Entry, RulesFileError, read};
use crate::domain::rules::chart::{ChartRules, EarlyTrains};

const FILE: &str = "charts.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChartsFile {
    charts: Vec<ChartsEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ChartsEntry {
    id: String,
    from: Datetime,
    early: Option<EarlyEntry>,
    hours_before: u8,
    second_minutes: u16,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct EarlyEntry {
    from: Datetime,
    before: Datetime,
    chart_at: Datetime,
}

/// Reads the chart rules.
pub(super) fn parse(text: &str) -> Result<Vec<ChartRules>, RulesFileError> {
    let file: ChartsFile = read(FILE, text)?;
    file.charts.iter().map(chart_rules).collect()
}

fn chart_rules(raw: &ChartsEntry) -> Result<ChartRules, RulesFileError> {
    let entry = Entry { file: FILE, kind: "charts", id: &raw.id };
    entry.check_id()?;
    let hours_before = entry.in_range("hours-before", raw.hours_before, 1..=48)?;
    Ok(ChartRules {
        from: entry.date("from", raw.from)?,
        early: raw.early.map(|early| early_trains(&entry, early)).transpose()?,
        hours_before,
        // A second chart before the first one would sell berths that the first has given away.
        second_minutes: entry.in_range("second-minutes", raw.second_minutes, 5..=u16::from(hours_before) * 60)?,
        id: raw.id.clone(),
    })
}

fn early_trains(entry: &Entry<'_>, raw: EarlyEntry) -> Result<EarlyTrains, RulesFileError> {
    let early = EarlyTrains {
        from: entry.time("early.from", raw.from)?,
        before: entry.time("early.before", raw.before)?,
        chart_at: entry.time("early.chart-at", raw.chart_at)?,
    };
    if early.from < early.before {
        Ok(early)
    } else {
        Err(entry.bad("early.before", &raw.before, &format!("write a time of day after {}", raw.from)))
    }
}
