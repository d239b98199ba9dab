//! `fares.toml`: what a journey costs.

use std::collections::BTreeMap;

use super::Dated;
use super::section::{Section, pairs};
use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::rules::{ChildRules, ClassRates, DistanceSteps, FareRules, FareTable};

/// The base fares of a table by class.
type Table = BTreeMap<Class, FareTable>;

/// The highest fare of a table, in rupees: what is reckoned from it is far below what money can hold, at any distance.
const MOST_RUPEES: u32 = 1_000_000;

/// Reads all tables of a file.
pub(super) fn tables(file: &Section<'_>) -> BTreeMap<String, Table> {
    let tables = file.section("tables");
    let read = tables.names().filter_map(|(name, _)| {
        let Some(section) = tables.any_section(&name) else {
            tables.refuse(&name, &"write a table of classes here");
            return None;
        };
        Some((name.into_owned(), table(&section)))
    });
    read.collect()
}

fn table(section: &Section<'_>) -> Table {
    let allowed = "write a list of pairs of kilometres and rupees, such as [[300, 183], [800, 395]]";
    let points = section.each_class(&allowed, pairs::<u16, u32>);
    let read = points.into_iter().filter_map(|(class, points)| {
        if points.iter().any(|(_, rupees)| *rupees > MOST_RUPEES) {
            section.refuse(&class.to_string(), &format!("write fares of at most {MOST_RUPEES} rupees"));
            return None;
        }
        let points = points.into_iter().map(|(km, rupees)| (km, Paise::rupees(rupees.into()))).collect();
        let read = FareTable::new(points).inspect_err(|error| section.refuse(&class.to_string(), error));
        Some((class, read.ok()?))
    });
    read.collect()
}

/// Reads an entry.
pub(super) fn rules(tables: &BTreeMap<String, Table>, entry: &Section<'_>, Dated { id, from }: Dated) -> FareRules {
    let known = format!(
        "write the name of a table of this file: {}",
        if tables.is_empty() {
            "there is none yet, such as [tables.mail-express]".to_owned()
        } else {
            tables.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
        }
    );
    let name = entry.text("table", &known);
    let table = tables.get(name);
    if table.is_none() && !name.is_empty() {
        entry.refuse("table", &known);
    }
    let steps = entry.pairs("steps");
    let none = steps.is_empty();
    FareRules {
        id,
        from,
        classes: entry.by_class("classes", |class, rates| class_rates(table, class, rates)),
        steps: DistanceSteps::new(steps).unwrap_or_else(|error| {
            if !none {
                entry.refuse("steps", &error);
            }
            DistanceSteps::new(vec![(10, 10)]).expect("one step is in order")
        }),
        round_up_to: Paise::rupees(entry.number::<u16>("round-up-to", 1..=100).into()),
        superfast: entry.kinds("superfast"),
        factor_percent: entry.section("factor-percent").each_kind(&(1..=1000)),
        children: children(&entry.section("children")),
    }
}

fn children(section: &Section<'_>) -> ChildRules {
    let free_below = section.number("free-below", 0..=125);
    let children = ChildRules {
        free_below,
        half_below: section.number("half-below", free_below..=125),
        half_percent: section.number("half-percent", 0..=100),
    };
    section.finish();
    children
}

fn class_rates(table: Option<&Table>, class: Class, rates: &Section<'_>) -> ClassRates {
    let base = table.and_then(|table| table.get(&class)).cloned();
    if base.is_none() && table.is_some() {
        rates.fault("has no base fare: add the class to the entry's table, or mend it there");
    }
    let paise = |rupees: u16| Paise::rupees(rupees.into());
    ClassRates {
        table: base.unwrap_or_else(|| FareTable::new(vec![(1, Paise::rupees(1))]).expect("one point rises")),
        minimum_km: rates.number("minimum-km", 1..=1000),
        per_km: Paise::new(rates.number::<u16>("per-km", 0..=1000).into()),
        reservation: paise(rates.number("reservation", 0..=u16::MAX)),
        superfast: paise(rates.number("superfast", 0..=u16::MAX)),
        gst_percent: rates.number("gst-percent", 0..=40),
    }
}
