//! The rules' files: TOML to checked rules, and every mistake by its line with what is allowed.
//!
//! There is one form. The program's own files (`assets/rules`) have several entries, each with its name and its first day. A
//! text that is published has one, without these: publication gives them.

mod booking;
mod charts;
mod fares;
mod quotas;
mod refunds;
mod section;
mod shipped;

use std::sync::Arc;

use chrono::NaiveDate;
use thiserror::Error;

use self::section::{Section, Source};
pub use self::shipped::shipped_text;
use crate::domain::rules::book::{Edition, Mistake, RuleKind};
use crate::domain::rules::{RuleSet, Rules, RulesError};

/// Why files of rules cannot be used.
#[derive(Debug, Error)]
pub enum RulesFileError {
    /// There are mistakes in one.
    #[error("{name}.toml, {}", mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("; "))]
    Mistakes {
        /// Which.
        name: String,
        /// What is wrong.
        mistakes: Vec<Mistake>,
    },
    /// The entries do not make a set of rules.
    #[error("{0}")]
    Set(#[from] RulesError),
}

/// The texts of the rules' files.
#[derive(Clone, Copy, Debug)]
pub struct RulesText<'a> {
    /// What a journey costs, `fares.toml`.
    pub fares: &'a str,
    /// When and how much may be booked, `booking.toml`.
    pub booking: &'a str,
    /// What a cancellation costs, `refunds.toml`.
    pub refunds: &'a str,
    /// How berths are divided among quotas, `quotas.toml`.
    pub quotas: &'a str,
    /// When charts are made, `charts.toml`.
    pub charts: &'a str,
}

impl RulesText<'static> {
    /// The files that come with the program.
    pub const BUNDLED: Self = Self {
        fares: include_str!("../../assets/rules/fares.toml"),
        booking: include_str!("../../assets/rules/booking.toml"),
        refunds: include_str!("../../assets/rules/refunds.toml"),
        quotas: include_str!("../../assets/rules/quotas.toml"),
        charts: include_str!("../../assets/rules/charts.toml"),
    };
}

/// The rules that come with the program.
pub fn bundled() -> Rules {
    parse(&RulesText::BUNDLED).expect("the bundled rules are read by a test")
}

/// Reads the texts of all rules of the program.
pub fn parse(text: &RulesText<'_>) -> Result<Rules, RulesFileError> {
    Ok(Rules::new(
        file(RuleKind::Fares, text.fares, |file| {
            let tables = fares::tables(file);
            read(file, RuleKind::Fares, named(RuleKind::Fares), |entry, dated| fares::rules(&tables, entry, dated))
        })?,
        file(RuleKind::Booking, text.booking, |file| {
            read(file, RuleKind::Booking, named(RuleKind::Booking), booking::rules)
        })?,
        file(RuleKind::Refunds, text.refunds, |file| {
            read(file, RuleKind::Refunds, named(RuleKind::Refunds), refunds::rules)
        })?,
        file(RuleKind::Quotas, text.quotas, |file| {
            read(file, RuleKind::Quotas, named(RuleKind::Quotas), quotas::rules)
        })?,
        file(RuleKind::Charts, text.charts, |file| {
            read(file, RuleKind::Charts, named(RuleKind::Charts), charts::rules)
        })?,
    )?)
}

/// The kind of rules that a text is meant to be, by its first entry; `None` when it has none.
pub fn kind_of(text: &str) -> Option<RuleKind> {
    let source = Source::new(text);
    let file = source.parse();
    let root = Section::root(&source, &file);
    RuleKind::ALL.into_iter().find(|kind| root.has(kind.name()))
}

/// Reads a text that is, or is to be, published as an edition of this name from this day on.
///
/// # Errors
///
/// All mistakes in it, by line.
pub fn read_edition(text: &str, id: &str, from: NaiveDate) -> Result<RuleSet, Vec<Mistake>> {
    let source = Source::new(text);
    let file = source.parse();
    let root = Section::root(&source, &file);
    let mut kinds = RuleKind::ALL.into_iter().filter(|kind| root.has(kind.name()));
    let Some(kind) = kinds.next() else {
        source.note(
            0,
            "there are no rules: begin them with [[fares]], [[booking]], [[refunds]], [[quotas]] or [[charts]]"
                .to_owned(),
        );
        return Err(source.mistakes());
    };
    if let Some(other) = kinds.next() {
        root.refuse_key(other.name(), "publish each kind of rules by itself");
        root.find(other.name());
    }
    let dated = undated(id, from);
    let rules = match kind {
        RuleKind::Fares => {
            let tables = fares::tables(&root);
            one(read(&root, kind, dated, |entry, dated| fares::rules(&tables, entry, dated)), RuleSet::Fares)
        }
        RuleKind::Booking => one(read(&root, kind, dated, booking::rules), RuleSet::Booking),
        RuleKind::Refunds => one(read(&root, kind, dated, refunds::rules), RuleSet::Refunds),
        RuleKind::Quotas => one(read(&root, kind, dated, quotas::rules), RuleSet::Quotas),
        RuleKind::Charts => one(read(&root, kind, dated, charts::rules), RuleSet::Charts),
    };
    if source.is_clean() && rules.is_none() {
        root.refuse_key(kind.name(), "write one entry, without those before it: they stay as they are");
    }
    match rules {
        Some(rules) if source.is_clean() => Ok(rules),
        _ => Err(source.mistakes()),
    }
}

/// The program's rules of `base` under these editions of the store.
///
/// # Errors
///
/// Names the first edition that cannot be read: a newer program has published it.
pub fn with_editions(base: &Rules, editions: &[Arc<Edition>]) -> Result<Rules, String> {
    let read = editions.iter().map(|edition| {
        let rules = read_edition(&edition.text, &edition.id(), edition.from);
        let rules = rules.map_err(|mistakes| {
            let first = mistakes.first().map(Mistake::to_string).unwrap_or_default();
            format!("this kiosk cannot read the rules {}: update it ({first})", edition.id())
        })?;
        Ok((Arc::clone(edition), rules))
    });
    let read = read.collect::<Result<Vec<_>, String>>()?;
    base.under(read).map_err(|error| error.to_string())
}

/// By which name and from which day an entry holds.
struct Dated {
    id: String,
    from: NaiveDate,
}

/// Takes its name and its day from an entry of the program's own.
fn named<'a>(kind: RuleKind) -> impl Fn(Section<'a>) -> (Section<'a>, Dated) {
    move |entry| {
        let id = name_of(&entry);
        let entry = entry.called(format!("{kind}[{id}]"));
        let from = entry.date("from");
        (entry, Dated { id, from })
    }
}

/// Refuses a name and a day in an entry that is given these.
fn undated<'a>(id: &str, from: NaiveDate) -> impl Fn(Section<'a>) -> (Section<'a>, Dated) {
    move |entry| {
        for key in ["id", "from"] {
            if entry.find(key).is_some() {
                entry.refuse_key(key, "take it out: publication gives it");
            }
        }
        (entry, Dated { id: id.to_owned(), from })
    }
}

/// Reads a file of the program's own.
fn file<T>(kind: RuleKind, text: &str, rules: impl FnOnce(&Section<'_>) -> Vec<T>) -> Result<Vec<T>, RulesFileError> {
    let source = Source::new(text);
    let table = source.parse();
    let rules = rules(&Section::root(&source, &table));
    if source.is_clean() {
        Ok(rules)
    } else {
        Err(RulesFileError::Mistakes { name: kind.to_string(), mistakes: source.mistakes() })
    }
}

/// Reads all entries of a kind.
fn read<'a, T>(
    file: &Section<'a>,
    kind: RuleKind,
    dated: impl Fn(Section<'a>) -> (Section<'a>, Dated),
    rules: impl Fn(&Section<'a>, Dated) -> T,
) -> Vec<T> {
    let entries = file.list(kind.name()).into_iter().map(|entry| {
        let (entry, dated) = dated(entry);
        let rules = rules(&entry, dated);
        entry.finish();
        rules
    });
    let read = entries.collect();
    file.finish();
    read
}

/// The only one of some rules.
fn one<T>(mut rules: Vec<T>, set: impl FnOnce(T) -> RuleSet) -> Option<RuleSet> {
    let only = rules.pop();
    only.filter(|_| rules.is_empty()).map(set)
}

/// The name of an entry of the program's own.
fn name_of(entry: &Section<'_>) -> String {
    let allowed = "write 1 to 40 letters, digits or signs without spaces";
    let id = entry.text("id", &allowed);
    if !id.is_empty() && (id.len() > 40 || !id.bytes().all(|byte| byte.is_ascii_graphic())) {
        entry.refuse("id", &allowed);
    }
    id.to_owned()
}

#[cfg(test)]
mod tests;
