//! `refunds.toml`: what a cancellation costs.

use std::collections::BTreeMap;

use super::Dated;
use super::section::{InRange, Section, number};
use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::rules::refund::{AfterChart, Clerkage, FlatCharges, RefundBand, RefundBands, RefundRules};

/// Reads an entry.
pub(super) fn rules(entry: &Section<'_>, Dated { id, from }: Dated) -> RefundRules {
    RefundRules {
        id,
        from,
        bands: bands(entry),
        flat: flat(entry),
        tatkal_percent: entry.number("tatkal-percent", 0..=100),
        clerkage: clerkage(&entry.section("clerkage")),
        unreserved: clerkage(&entry.section("unreserved")),
        late_minutes: entry.find("late-minutes").map(|_| entry.number("late-minutes", 1..=2880)),
        gst_percent: entry.number("gst-percent", 0..=40),
        round_up_to: Paise::rupees(entry.number::<u16>("round-up-to", 1..=100).into()),
    }
}

fn bands(entry: &Section<'_>) -> RefundBands {
    let after_chart =
        entry.choice("after-chart", &[("nothing", AfterChart::Nothing), ("by-the-hours", AfterChart::ByTheHours)]);
    let flat_above_hours = entry.number("flat-above-hours", 1..=2400);
    let percents = entry.pairs("percents");
    let is_empty = percents.is_empty();
    let bands = percents.into_iter().map(|(down_to_hours, percent)| RefundBand { down_to_hours, percent });
    RefundBands::new(flat_above_hours, bands.collect(), after_chart).unwrap_or_else(|error| {
        if !is_empty {
            entry.refuse("percents", &error);
        }
        RefundBands::new(1, vec![RefundBand { down_to_hours: 0, percent: 1 }], after_chart)
            .expect("one band is in order")
    })
}

fn flat(entry: &Section<'_>) -> FlatCharges {
    let section = entry.section("flat");
    let allowed = 0..=u16::MAX;
    let rupees = |value: &_| number::<u16>(value).map(|rupees| Paise::rupees(rupees.into()));
    let charges = section.each_class(&InRange(&allowed), rupees);
    // A class whose charge is no number is there, though not as it should be.
    let is_there = |class: &Class| charges.contains_key(class) || section.has(&class.to_string());
    if let Some(class) = Class::RESERVED.into_iter().find(|class| !is_there(class)) {
        section.fault(&format!("is not complete: add class {class}: every reserved class needs a flat charge"));
    }
    let harmless: BTreeMap<_, _> = Class::RESERVED.map(|class| (class, Paise::ZERO)).into();
    FlatCharges::new(harmless.into_iter().chain(charges).collect()).expect("every class is there")
}

fn clerkage(section: &Section<'_>) -> Clerkage {
    let amount = section.number::<u16>("amount", 0..=u16::MAX);
    let clerkage =
        Clerkage { amount: Paise::rupees(amount.into()), until_minutes: section.number("until-minutes", 0..=1440) };
    section.finish();
    clerkage
}
