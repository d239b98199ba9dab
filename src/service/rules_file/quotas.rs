//! `quotas.toml`: how the berths of a run are divided among quotas.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::value::Datetime;

use super::{Entry, RulesFileError, read};
use crate::domain::coach::{BerthType, Class, Coach};
use crate::domain::money::Paise;
use crate::domain::rules::quota::{
    ClassQuotas, LowerBerthRules, QuotaRules, SeniorBerths, SeniorRules, TatkalCharge, TatkalRules, WaitingCap,
};
use crate::domain::train::TrainKind;

const FILE: &str = "quotas.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuotasFile {
    quotas: Vec<QuotasEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct QuotasEntry {
    id: String,
    from: Datetime,
    boys_below: u8,
    tatkal: TatkalEntry,
    senior: SeniorEntry,
    lower_berth: LowerBerthEntry,
    classes: BTreeMap<Class, ClassEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct TatkalEntry {
    days_before: u8,
    opens_ac: Datetime,
    opens_non_ac: Datetime,
    max_party: u8,
    charges: BTreeMap<Class, ChargeEntry>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ChargeEntry {
    percent: u8,
    min: u16,
    max: u16,
    minimum_km: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct SeniorEntry {
    men_from: u8,
    women_from: u8,
    women_alone_from: u8,
    max_party: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct LowerBerthEntry {
    men_from: u8,
    women_from: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ClassEntry {
    per_berths: u8,
    #[serde(default)]
    rac: u8,
    #[serde(default)]
    senior: SeniorBerthsEntry,
    #[serde(default)]
    ladies: u8,
    #[serde(default)]
    tatkal: u8,
    waiting: WaitingEntry,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct SeniorBerthsEntry {
    only_coach: u8,
    each_coach: u8,
    #[serde(default)]
    by_kind: BTreeMap<TrainKind, u8>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WaitingEntry {
    Percent(u8),
    Passengers(u16),
}

/// Reads the quota rules.
pub(super) fn parse(text: &str) -> Result<Vec<QuotaRules>, RulesFileError> {
    let file: QuotasFile = read(FILE, text)?;
    file.quotas.iter().map(quota_rules).collect()
}

fn quota_rules(raw: &QuotasEntry) -> Result<QuotaRules, RulesFileError> {
    let entry = Entry { file: FILE, kind: "quotas", id: &raw.id };
    entry.check_id()?;
    let classes = raw.classes.iter().map(|(class, quotas)| Ok((*class, class_quotas(&entry, *class, quotas)?)));
    let age = |key: &str, years| entry.in_range(key, years, 18..=125);
    let (senior, lower) = (&raw.senior, &raw.lower_berth);
    Ok(QuotaRules {
        from: entry.date("from", raw.from)?,
        classes: classes.collect::<Result<_, RulesFileError>>()?,
        tatkal: tatkal(&entry, &raw.tatkal)?,
        senior: SeniorRules {
            men_from: age("senior.men-from", senior.men_from)?,
            women_from: age("senior.women-from", senior.women_from)?,
            women_alone_from: age("senior.women-alone-from", senior.women_alone_from)?,
            max_party: entry.in_range("senior.max-party", senior.max_party, 1..=6)?,
        },
        lower_berth: LowerBerthRules {
            men_from: age("lower-berth.men-from", lower.men_from)?,
            women_from: age("lower-berth.women-from", lower.women_from)?,
        },
        boys_below: entry.in_range("boys-below", raw.boys_below, 0..=18)?,
        id: raw.id.clone(),
    })
}

fn tatkal(entry: &Entry<'_>, raw: &TatkalEntry) -> Result<TatkalRules, RulesFileError> {
    let charges = raw.charges.iter().map(|(class, charge)| Ok((*class, tatkal_charge(entry, *class, *charge)?)));
    Ok(TatkalRules {
        days_before: entry.in_range("tatkal.days-before", raw.days_before, 0..=60)?,
        opens_ac: entry.time("tatkal.opens-ac", raw.opens_ac)?,
        opens_non_ac: entry.time("tatkal.opens-non-ac", raw.opens_non_ac)?,
        max_party: entry.in_range("tatkal.max-party", raw.max_party, 1..=6)?,
        charges: charges.collect::<Result<_, RulesFileError>>()?,
    })
}

fn tatkal_charge(entry: &Entry<'_>, class: Class, raw: ChargeEntry) -> Result<TatkalCharge, RulesFileError> {
    let key = |name: &str| format!("tatkal.charges.{class}.{name}");
    if class == Class::Unreserved {
        return Err(entry.bad("tatkal.charges.UR", &"there", &"take it out: nothing is kept in the unreserved class"));
    }
    Ok(TatkalCharge {
        percent: entry.in_range(&key("percent"), raw.percent, 0..=100)?,
        min: Paise::rupees(raw.min.into()),
        max: Paise::rupees(entry.in_range(&key("max"), raw.max, raw.min..=u16::MAX)?.into()),
        minimum_km: entry.in_range(&key("minimum-km"), raw.minimum_km, 1..=1000)?,
    })
}

/// Counts that a full coach has berths for: side lower ones for RAC, lower ones for seniors, whole coach for all.
fn class_quotas(entry: &Entry<'_>, class: Class, raw: &ClassEntry) -> Result<ClassQuotas, RulesFileError> {
    let key = |name: &str| format!("classes.{class}.{name}");
    if class == Class::Unreserved {
        return Err(entry.bad("classes.UR", &"there", &"take it out: nothing is kept in the unreserved class"));
    }
    let per_berths = entry.in_range(&key("per-berths"), raw.per_berths, 1..=Coach::MAX_BERTHS)?;
    let of_kind = |kind| (1..=per_berths).filter(|number| class.berth_type(*number) == kind).count() as u8;
    let lower = of_kind(BerthType::Lower);
    let by_kind = raw.senior.by_kind.iter().map(|(kind, count)| {
        let name = format!("senior.by-kind.{}", format!("{kind:?}").to_lowercase());
        Ok((*kind, entry.in_range(&key(&name), *count, 0..=lower)?))
    });
    let senior = SeniorBerths {
        only_coach: entry.in_range(&key("senior.only-coach"), raw.senior.only_coach, 0..=lower)?,
        each_coach: entry.in_range(&key("senior.each-coach"), raw.senior.each_coach, 0..=lower)?,
        by_kind: by_kind.collect::<Result<_, RulesFileError>>()?,
    };
    let rac = entry.in_range(&key("rac"), raw.rac, 0..=of_kind(BerthType::SideLower))?;
    let left = per_berths - rac - senior.most();
    let ladies = entry.in_range(&key("ladies"), raw.ladies, 0..=left)?;
    Ok(ClassQuotas {
        per_berths,
        rac,
        senior,
        ladies,
        tatkal: entry.in_range(&key("tatkal"), raw.tatkal, 0..=left - ladies)?,
        waiting: match raw.waiting {
            WaitingEntry::Percent(percent) => {
                WaitingCap::Percent(entry.in_range(&key("waiting.percent"), percent, 0..=100)?)
            }
            WaitingEntry::Passengers(count) => {
                WaitingCap::Passengers(entry.in_range(&key("waiting.passengers"), count, 0..=1000)?)
            }
        },
    })
}
