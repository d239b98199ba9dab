//! `quotas.toml`: how the berths of a run are divided among quotas.

use super::Dated;
use super::section::Section;
use crate::domain::coach::{BerthType, Class, Coach};
use crate::domain::money::Paise;
use crate::domain::rules::quota::{
    ClassQuotas, LowerBerthRules, QuotaRules, SeniorBerths, SeniorRules, TatkalCharge, TatkalRules, WaitingCap,
};

/// Reads an entry.
pub(super) fn rules(entry: &Section<'_>, Dated { id, from }: Dated) -> QuotaRules {
    let (senior, lower) = (entry.section("senior"), entry.section("lower-berth"));
    let rules = QuotaRules {
        id,
        from,
        classes: entry.by_class("classes", class_quotas),
        tatkal: tatkal(&entry.section("tatkal")),
        senior: SeniorRules {
            men_from: senior.number("men-from", 18..=125),
            women_from: senior.number("women-from", 18..=125),
            women_alone_from: senior.number("women-alone-from", 18..=125),
            max_party: senior.number("max-party", 1..=6),
        },
        lower_berth: LowerBerthRules {
            men_from: lower.number("men-from", 18..=125),
            women_from: lower.number("women-from", 18..=125),
        },
        boys_below: entry.number("boys-below", 0..=18),
    };
    senior.finish();
    lower.finish();
    rules
}

fn tatkal(section: &Section<'_>) -> TatkalRules {
    let rules = TatkalRules {
        days_before: section.number("days-before", 0..=60),
        opens_ac: section.time("opens-ac"),
        opens_non_ac: section.time("opens-non-ac"),
        max_party: section.number("max-party", 1..=6),
        charges: section.by_class("charges", tatkal_charge),
    };
    section.finish();
    rules
}

fn tatkal_charge(class: Class, section: &Section<'_>) -> TatkalCharge {
    nothing_unreserved(class, section);
    let min = section.number::<u16>("min", 0..=u16::MAX);
    TatkalCharge {
        percent: section.number("percent", 0..=100),
        min: Paise::rupees(min.into()),
        max: Paise::rupees(section.number::<u16>("max", min..=u16::MAX).into()),
        minimum_km: section.number("minimum-km", 1..=1000),
    }
}

fn nothing_unreserved(class: Class, section: &Section<'_>) {
    if class == Class::Unreserved {
        section.fault("is there: take it out: nothing is kept in the unreserved class");
    }
}

/// Counts that a full coach has berths for: side lower ones for RAC, lower ones for seniors, whole coach for all.
fn class_quotas(class: Class, section: &Section<'_>) -> ClassQuotas {
    nothing_unreserved(class, section);
    let per_berths = section.number("per-berths", 1..=Coach::MAX_BERTHS);
    let of_kind = |kind| (1..=per_berths).filter(|number| class.berth_type(*number) == kind).count() as u8;
    let lower = of_kind(BerthType::Lower);
    let senior = section.optional("senior").map(|senior| {
        let berths = SeniorBerths {
            only_coach: senior.number("only-coach", 0..=lower),
            each_coach: senior.number("each-coach", 0..=lower),
            by_kind: senior.optional("by-kind").map(|kinds| kinds.each_kind(&(0..=lower))).unwrap_or_default(),
        };
        senior.finish();
        berths
    });
    let senior = senior.unwrap_or_default();
    let rac = section.number_or("rac", 0, 0..=of_kind(BerthType::SideLower));
    let left = per_berths.saturating_sub(rac).saturating_sub(senior.most());
    let ladies = section.number_or("ladies", 0, 0..=left);
    ClassQuotas {
        per_berths,
        rac,
        senior,
        ladies,
        tatkal: section.number_or("tatkal", 0, 0..=left.saturating_sub(ladies)),
        waiting: waiting(&section.section("waiting")),
    }
}

fn waiting(section: &Section<'_>) -> WaitingCap {
    let (percent, passengers) = (section.find("percent").is_some(), section.find("passengers").is_some());
    let cap = if passengers && !percent {
        WaitingCap::Passengers(section.number("passengers", 0..=1000))
    } else {
        if passengers {
            section.refuse("passengers", &"write either percent or passengers, not both");
        }
        WaitingCap::Percent(section.number("percent", 0..=100))
    };
    section.finish();
    cap
}
