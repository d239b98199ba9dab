//! `fares.toml`: what a journey costs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::value::Datetime;

use super::{Entry, RulesFileError, read};
use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::rules::{ChildRules, ClassRates, DistanceSteps, FareRules, FareTable};
use crate::domain::train::TrainKind;

const FILE: &str = "fares.toml";

/// Reads the fare rules.
pub(super) fn parse(text: &str) -> Result<Vec<FareRules>, RulesFileError> {
    let file: FaresFile = read(FILE, text)?;
    file.fares.into_iter().map(|entry| fare_rules(&file.tables, entry)).collect()
}

type Tables = BTreeMap<String, BTreeMap<Class, Vec<(u16, u32)>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaresFile {
    tables: Tables,
    fares: Vec<FaresEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct FaresEntry {
    id: String,
    from: Datetime,
    table: String,
    steps: Vec<(u16, u16)>,
    round_up_to: u16,
    superfast: BTreeSet<TrainKind>,
    factor_percent: BTreeMap<TrainKind, u16>,
    children: ChildrenEntry,
    classes: BTreeMap<Class, ClassEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ChildrenEntry {
    free_below: u8,
    half_below: u8,
    half_percent: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ClassEntry {
    minimum_km: u16,
    per_km: u16,
    reservation: u16,
    superfast: u16,
    gst_percent: u8,
}

fn fare_rules(tables: &Tables, raw: FaresEntry) -> Result<FareRules, RulesFileError> {
    let entry = Entry { file: FILE, kind: "fares", id: &raw.id };
    entry.check_id()?;
    let table = tables.get(&raw.table).ok_or_else(|| {
        let known: Vec<_> = tables.keys().map(String::as_str).collect();
        entry.bad("table", &raw.table, &format!("write the name of a table of this file: {}", known.join(", ")))
    })?;
    let classes = raw.classes.iter().map(|(class, rates)| Ok((*class, class_rates(&entry, table, *class, rates)?)));
    let factors = raw.factor_percent.into_iter().map(|(kind, percent)| {
        let key = format!("factor-percent.{}", format!("{kind:?}").to_lowercase());
        Ok((kind, entry.in_range(&key, percent, 1..=1000)?))
    });
    let children = raw.children;
    let half_below = entry.in_range("children.half-below", children.half_below, children.free_below..=125)?;
    Ok(FareRules {
        from: entry.date("from", raw.from)?,
        classes: classes.collect::<Result<_, RulesFileError>>()?,
        steps: DistanceSteps::new(raw.steps.clone())
            .map_err(|error| entry.bad("steps", &format!("{:?}", raw.steps), &error))?,
        round_up_to: Paise::rupees(entry.in_range("round-up-to", raw.round_up_to, 1..=100)?.into()),
        superfast: raw.superfast,
        factor_percent: factors.collect::<Result<_, RulesFileError>>()?,
        children: ChildRules {
            free_below: children.free_below,
            half_below,
            half_percent: entry.in_range("children.half-percent", children.half_percent, 0..=100)?,
        },
        id: raw.id.clone(),
    })
}

fn class_rates(
    entry: &Entry<'_>,
    table: &BTreeMap<Class, Vec<(u16, u32)>>,
    class: Class,
    raw: &ClassEntry,
) -> Result<ClassRates, RulesFileError> {
    let key = |name: &str| format!("classes.{class}.{name}");
    let points = table.get(&class).ok_or_else(|| {
        entry.bad(&format!("classes.{class}"), &"without a base fare", &"add the class to the entry's table")
    })?;
    let table = FareTable::new(points.iter().map(|(km, rupees)| (*km, Paise::rupees((*rupees).into()))).collect())
        .map_err(|error| entry.bad(&format!("table.{class}"), &format!("{points:?}"), &error))?;
    Ok(ClassRates {
        table,
        minimum_km: entry.in_range(&key("minimum-km"), raw.minimum_km, 1..=1000)?,
        per_km: Paise::new(entry.in_range(&key("per-km"), raw.per_km, 0..=1000)?.into()),
        reservation: Paise::rupees(raw.reservation.into()),
        superfast: Paise::rupees(raw.superfast.into()),
        gst_percent: entry.in_range(&key("gst-percent"), raw.gst_percent, 0..=40)?,
    })
}
