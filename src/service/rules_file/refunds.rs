//! `refunds.toml`: what a cancellation costs.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::value::Datetime;

use super::{Entry, RulesFileError, read};
use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::rules::refund::{AfterChart, Clerkage, FlatCharges, RefundBand, RefundBands, RefundRules};

const FILE: &str = "refunds.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundsFile {
    refunds: Vec<RefundsEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RefundsEntry {
    id: String,
    from: Datetime,
    flat_above_hours: u16,
    percents: Vec<(u16, u8)>,
    after_chart: AfterChartEntry,
    tatkal_percent: u8,
    clerkage: ClerkageEntry,
    unreserved: ClerkageEntry,
    gst_percent: u8,
    round_up_to: u16,
    flat: BTreeMap<Class, u16>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AfterChartEntry {
    Nothing,
    ByTheHours,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ClerkageEntry {
    amount: u16,
    until_minutes: u16,
}

/// Reads the refund rules.
pub(super) fn parse(text: &str) -> Result<Vec<RefundRules>, RulesFileError> {
    let file: RefundsFile = read(FILE, text)?;
    file.refunds.iter().map(refund_rules).collect()
}

fn refund_rules(raw: &RefundsEntry) -> Result<RefundRules, RulesFileError> {
    let entry = Entry { file: FILE, kind: "refunds", id: &raw.id };
    entry.check_id()?;
    let flat = raw.flat.iter().map(|(class, rupees)| (*class, Paise::rupees((*rupees).into()))).collect();
    Ok(RefundRules {
        from: entry.date("from", raw.from)?,
        bands: bands(&entry, raw)?,
        flat: FlatCharges::new(flat).map_err(|error| entry.bad("flat", &"not complete", &error))?,
        tatkal_percent: entry.in_range("tatkal-percent", raw.tatkal_percent, 0..=100)?,
        clerkage: clerkage(&entry, "clerkage", raw.clerkage)?,
        unreserved: clerkage(&entry, "unreserved", raw.unreserved)?,
        gst_percent: entry.in_range("gst-percent", raw.gst_percent, 0..=40)?,
        round_up_to: Paise::rupees(entry.in_range("round-up-to", raw.round_up_to, 1..=100)?.into()),
        id: raw.id.clone(),
    })
}

fn bands(entry: &Entry<'_>, raw: &RefundsEntry) -> Result<RefundBands, RulesFileError> {
    let flat_above_hours = entry.in_range("flat-above-hours", raw.flat_above_hours, 1..=2400)?;
    let percents = raw.percents.iter().map(|(hours, percent)| RefundBand { down_to_hours: *hours, percent: *percent });
    let after_chart = match raw.after_chart {
        AfterChartEntry::Nothing => AfterChart::Nothing,
        AfterChartEntry::ByTheHours => AfterChart::ByTheHours,
    };
    RefundBands::new(flat_above_hours, percents.collect(), after_chart)
        .map_err(|error| entry.bad("percents", &format!("{:?}", raw.percents), &error))
}

fn clerkage(entry: &Entry<'_>, key: &str, raw: ClerkageEntry) -> Result<Clerkage, RulesFileError> {
    let until_minutes = entry.in_range(&format!("{key}.until-minutes"), raw.until_minutes, 0..=1440)?;
    Ok(Clerkage { amount: Paise::rupees(raw.amount.into()), until_minutes })
}
