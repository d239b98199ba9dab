//! A file of rules, walked by hand: every mistake in it is kept with its line, and nothing ends at the first.
//!
//! What is wrong is noted and stands in for by something harmless, so that the rest is looked at too; whoever reads a file
//! asks at the end whether anything was noted, and then uses nothing of it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use chrono::{NaiveDate, NaiveTime};
use strum::VariantArray;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::coach::Class;
use crate::domain::rules::book::Mistake;
use crate::domain::train::TrainKind;

/// The longest part of a value or a name that a mistake repeats, in characters.
const SHOWN: usize = 60;
/// The most mistakes that are kept: nobody mends more before looking again.
const MOST_MISTAKES: usize = 100;

/// A text with what was found wrong in it.
pub(super) struct Source<'a> {
    text: &'a str,
    mistakes: RefCell<Vec<Mistake>>,
    nothing: DeTable<'a>,
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, mistakes: RefCell::default(), nothing: DeTable::new() }
    }

    /// Reads the text as TOML. What is no TOML is noted, and what can be read of the rest is read.
    pub fn parse(&self) -> Spanned<DeTable<'a>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let what = error.message().replace('\n', ", ");
            self.note(error.span().map_or(0, |span| span.start), format!("{what}: mend the line, it is no TOML"));
        }
        table
    }

    pub fn note(&self, at: usize, says: String) {
        let mut mistakes = self.mistakes.borrow_mut();
        if mistakes.len() < MOST_MISTAKES {
            let before = self.text.get(..at.min(self.text.len())).unwrap_or_default();
            let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
            mistakes.push(Mistake { line: u32::try_from(line).unwrap_or(u32::MAX), says });
        }
    }

    pub fn is_clean(&self) -> bool {
        self.mistakes.borrow().is_empty()
    }

    /// What was noted, by line.
    pub fn mistakes(self) -> Vec<Mistake> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort();
        mistakes
    }
}

/// A table of the file while it is looked through.
pub(super) struct Section<'a> {
    source: &'a Source<'a>,
    path: String,
    at: Range<usize>,
    table: &'a DeTable<'a>,
    /// It is missing, which was noted: nothing more is said of what is not in it.
    is_lost: bool,
    known: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub fn root(source: &'a Source<'a>, file: &'a Spanned<DeTable<'a>>) -> Self {
        Self::of(source, String::new(), file.span(), file.get_ref())
    }

    fn of(source: &'a Source<'a>, path: String, at: Range<usize>, table: &'a DeTable<'a>) -> Self {
        Self { source, path, at, table, is_lost: false, known: RefCell::default() }
    }

    fn lost(source: &'a Source<'a>, path: String) -> Self {
        Self { is_lost: true, ..Self::of(source, path, 0..0, &source.nothing) }
    }

    /// The same under another name in what is said.
    pub fn called(self, path: String) -> Self {
        Self { path, ..self }
    }

    fn path_of(&self, key: &str) -> String {
        let key = cut(key);
        if self.path.is_empty() { key.into_owned() } else { format!("{}.{key}", self.path) }
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Where a key stands, or its table when it does not.
    fn place(&self, key: &str) -> Range<usize> {
        self.table.get_key_value(key).map_or_else(|| self.at.clone(), |(key, _)| key.span())
    }

    /// Notes that what a key says cannot be.
    pub fn refuse(&self, key: &str, allowed: &dyn Display) {
        let says = match self.table.get(key) {
            Some(value) => format!("{} is {}: {allowed}", self.path_of(key), self.written(value)),
            None => format!("{} is missing: {allowed}", self.path_of(key)),
        };
        self.source.note(self.place(key).start, says);
    }

    /// Notes that a key should not be there, or not so.
    pub fn refuse_key(&self, key: &str, next: &str) {
        self.source.note(self.place(key).start, format!("{} is not wanted here: {next}", self.path_of(key)));
    }

    /// Notes what is wrong with it as a whole.
    pub fn fault(&self, says: &str) {
        if !self.is_lost {
            self.source.note(self.at.start, format!("{} {says}", self.path));
        }
    }

    fn written(&self, value: &Spanned<DeValue<'_>>) -> String {
        let text =
            self.source.text.get(value.span()).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        cut(text.trim_matches('"')).into_owned()
    }

    /// A value that may be missing.
    pub fn find(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.borrow_mut().insert(key);
        self.table.get(key)
    }

    /// A value of a form; otherwise notes what it should be.
    fn read<T>(
        &self,
        key: &'static str,
        allowed: &dyn Display,
        read: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Option<T> {
        let read = self.find(key).and_then(|value| read(value.get_ref()));
        if read.is_none() && !self.is_lost {
            self.refuse(key, allowed);
        }
        read
    }

    /// A whole number within limits.
    pub fn number<T: Number>(&self, key: &'static str, allowed: RangeInclusive<T>) -> T {
        let fits = |value: &DeValue<'_>| number(value).filter(|number| allowed.contains(number));
        self.read(key, &InRange(&allowed), fits).unwrap_or(*allowed.start())
    }

    /// The same where nothing means something.
    pub fn number_or<T: Number>(&self, key: &'static str, otherwise: T, allowed: RangeInclusive<T>) -> T {
        if self.find(key).is_some() { self.number(key, allowed) } else { otherwise }
    }

    pub fn time(&self, key: &'static str) -> NaiveTime {
        let read = |value: &DeValue<'_>| {
            let stamp = value.as_datetime().filter(|stamp| stamp.date.is_none())?;
            let time = stamp.time?;
            NaiveTime::from_hms_opt(time.hour.into(), time.minute.into(), time.second.unwrap_or(0).into())
        };
        self.read(key, &"write a time of day alone, such as 08:00:00", read).unwrap_or_default()
    }

    pub fn date(&self, key: &'static str) -> NaiveDate {
        let read = |value: &DeValue<'_>| {
            let stamp = value.as_datetime().filter(|stamp| stamp.time.is_none())?;
            let date = stamp.date?;
            NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
        };
        self.read(key, &"write a date alone, such as 2025-12-26", read).unwrap_or_default()
    }

    pub fn text(&self, key: &'static str, allowed: &dyn Display) -> &'a str {
        self.read(key, allowed, DeValue::as_str).unwrap_or_default()
    }

    /// One of some words.
    pub fn choice<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> T {
        let read = |value: &DeValue<'_>| {
            let word = value.as_str()?;
            words.iter().find(|(name, _)| *name == word).map(|(_, meant)| *meant)
        };
        self.read(key, &OneOf(words.iter().map(|(word, _)| *word).collect()), read).unwrap_or(words[0].1)
    }

    pub fn kinds(&self, key: &'static str) -> BTreeSet<TrainKind> {
        let read = |value: &DeValue<'_>| {
            value.as_array()?.iter().map(|kind| kind.get_ref().as_str().and_then(|kind| kind.parse().ok())).collect()
        };
        self.read(key, &format!("write a list of kinds of train: {}", kinds()), read).unwrap_or_default()
    }

    /// Pairs of whole numbers.
    pub fn pairs<A: Number, B: Number>(&self, key: &'static str) -> Vec<(A, B)> {
        let allowed = "write a list of pairs of whole numbers, such as [[300, 183], [800, 395]]";
        self.read(key, &allowed, pairs).unwrap_or_default()
    }

    /// A table in it.
    pub fn section(&self, key: &'static str) -> Section<'a> {
        let path = self.path_of(key);
        let read = self.read(key, &"write a table here, such as { … }", DeValue::as_table);
        match read {
            Some(table) => Section::of(self.source, path, self.place(key), table),
            None => Section::lost(self.source, path),
        }
    }

    /// A table in it that may be missing.
    pub fn optional(&self, key: &'static str) -> Option<Section<'a>> {
        self.find(key).is_some().then(|| self.section(key))
    }

    /// The tables of a list of tables, `[[key]]`.
    pub fn list(&self, key: &'static str) -> Vec<Section<'a>> {
        let path = self.path_of(key);
        let tables = self.find(key).and_then(|value| value.get_ref().as_array()).map(|entries| {
            let sections = entries.iter().map(|entry| {
                entry.get_ref().as_table().map(|table| Section::of(self.source, path.clone(), entry.span(), table))
            });
            sections.collect::<Option<Vec<_>>>()
        });
        tables.flatten().unwrap_or_else(|| {
            self.source.note(self.place(key).start, format!("{path} is no list: begin each entry with [[{key}]]"));
            Vec::new()
        })
    }

    /// What each class has in a table of this one.
    pub fn by_class<T>(&self, key: &'static str, read: impl Fn(Class, &Section<'a>) -> T) -> BTreeMap<Class, T> {
        let section = self.section(key);
        let entries = section.names().filter_map(|(name, value)| {
            let class = section.named::<Class>(&name, value, &"write 1A, EC, 2A, 3A, 3E, CC, SL, 2S or UR")?;
            let path = section.path_of(&name);
            let Some(table) = value.get_ref().as_table() else {
                section.refuse(&name, &"write a table here, such as { … }");
                return None;
            };
            let own = Section::of(self.source, path, section.place(&name), table);
            let read = read(class, &own);
            own.finish();
            Some((class, read))
        });
        entries.collect()
    }

    /// What each class has there, as a value of its own.
    pub fn each_class<T>(
        &self,
        allowed: &dyn Display,
        read: impl Fn(&'a DeValue<'a>) -> Option<T>,
    ) -> BTreeMap<Class, T> {
        self.each(&"write 1A, EC, 2A, 3A, 3E, CC, SL, 2S or UR", allowed, read)
    }

    /// A number for each kind of train in it.
    pub fn each_kind<T: Number>(&self, allowed: &RangeInclusive<T>) -> BTreeMap<TrainKind, T> {
        let fits = |value: &DeValue<'_>| number(value).filter(|number| allowed.contains(number));
        self.each(&format!("write {}", kinds()), &InRange(allowed), fits)
    }

    fn each<N: FromStr + Ord, T>(
        &self,
        names: &dyn Display,
        allowed: &dyn Display,
        read: impl Fn(&'a DeValue<'a>) -> Option<T>,
    ) -> BTreeMap<N, T> {
        let entries = self.names().filter_map(|(name, value)| {
            let named = self.named::<N>(&name, value, names)?;
            let read = read(value.get_ref());
            if read.is_none() {
                self.refuse(&name, allowed);
            }
            Some((named, read?))
        });
        entries.collect()
    }

    fn named<N: FromStr>(&self, name: &str, value: &Spanned<DeValue<'_>>, names: &dyn Display) -> Option<N> {
        let named = name.parse().ok();
        if named.is_none() {
            let at = self.table.get_key_value(name).map_or_else(|| value.span(), |(key, _)| key.span());
            self.source.note(at.start, format!("{} is not known: {names}", self.path_of(name)));
        }
        named
    }

    /// All that is in it, whatever it is called.
    pub fn names(&self) -> impl Iterator<Item = (Cow<'a, str>, &'a Spanned<DeValue<'a>>)> + use<'a> {
        self.table.iter().map(|(name, value)| (Cow::Borrowed(name.get_ref().as_ref()), value))
    }

    /// A table in it by any name.
    pub fn any_section(&self, name: &str) -> Option<Section<'a>> {
        let (key, value) = self.table.get_key_value(name)?;
        Some(Section::of(self.source, self.path_of(name), key.span(), value.get_ref().as_table()?))
    }

    /// Notes what is in it and was not asked for.
    pub fn finish(&self) {
        let known = self.known.borrow();
        for (name, _) in self.table.iter().filter(|(name, _)| !known.contains(name.get_ref().as_ref())) {
            let near = |key: &&&str| strsim::jaro_winkler(key, name.get_ref());
            let near =
                known.iter().filter(|key| near(key) > 0.8).max_by(|one, other| near(one).total_cmp(&near(other)));
            let next = match near {
                Some(near) => format!("write {near}, or take it out"),
                None => format!("take it out, known are {}", known.iter().copied().collect::<Vec<_>>().join(", ")),
            };
            self.source.note(name.span().start, format!("{} is not known: {next}", self.path_of(name.get_ref())));
        }
    }
}

/// As much of a text as a mistake repeats.
fn cut(text: &str) -> Cow<'_, str> {
    if text.chars().count() > SHOWN { text.chars().take(SHOWN).chain(['…']).collect() } else { Cow::Borrowed(text) }
}

/// A whole number that rules may hold.
pub(super) trait Number: Copy + PartialOrd + Display + TryFrom<i64> {}
impl<T: Copy + PartialOrd + Display + TryFrom<i64>> Number for T {}

pub(super) fn number<T: Number>(value: &DeValue<'_>) -> Option<T> {
    let whole = value.as_integer()?;
    T::try_from(i64::from_str_radix(whole.as_str(), whole.radix()).ok()?).ok()
}

/// Pairs of whole numbers.
pub(super) fn pairs<A: Number, B: Number>(value: &DeValue<'_>) -> Option<Vec<(A, B)>> {
    let pair = |pair: &Spanned<DeValue<'_>>| match &pair.get_ref().as_array()?[..] {
        [one, two] => Some((number(one.get_ref())?, number(two.get_ref())?)),
        _ => None,
    };
    value.as_array()?.iter().map(pair).collect()
}

/// What a number may be.
pub(super) struct InRange<'a, T>(pub &'a RangeInclusive<T>);

impl<T: Display> Display for InRange<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write a number from {} to {}", self.0.start(), self.0.end())
    }
}

struct OneOf<'a>(Vec<&'a str>);

impl Display for OneOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write \"{}\"", self.0.join("\" or \""))
    }
}

fn kinds() -> String {
    TrainKind::VARIANTS.iter().map(TrainKind::to_string).collect::<Vec<_>>().join(", ")
}
