//! Texts by key, with where each was written, and the list of what is wrong with them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{CONFIG_FILE, IGNORED, KEYS, Key, USE_MOCK_AWS, find};
use super::parse;
use super::sources::{Origin, Sources};
use crate::domain::text::is_hidden;

/// Settings that cannot be used; all of them, one a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<Problem>);

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// A file cannot be read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file is no TOML.
    #[error("{origin}: {reason}")]
    Syntax {
        /// Where.
        origin: Origin,
        /// Why.
        reason: String,
    },
    /// No such key.
    #[error("{origin}: '{key}' is not a setting: {}", suggest(nearest.as_deref()))]
    Unknown {
        /// The key.
        key: String,
        /// Where it is written.
        origin: Origin,
        /// A key that looks like it.
        nearest: Option<String>,
    },
    /// A setting that has to be made and is not.
    #[error("{key} is not set: {why}")]
    Missing {
        /// The key.
        key: &'static str,
        /// Why it is needed, and how it is set.
        why: &'static str,
    },
    /// A value that is not allowed.
    #[error("{origin}: {key}{}: {allowed}", shown(value.as_deref()))]
    Value {
        /// The key.
        key: &'static str,
        /// The value, unless it is a secret.
        value: Option<String>,
        /// What can be written instead.
        allowed: String,
        /// Where it is written.
        origin: Origin,
    },
}

fn suggest(nearest: Option<&str>) -> String {
    match nearest {
        Some(key) => format!("did you mean '{key}'?"),
        None => "config.toml.example lists all of them".to_owned(),
    }
}

fn shown(value: Option<&str>) -> String {
    value.map(|value| format!(" = '{value}'")).unwrap_or_default()
}

/// A text as it was written.
struct Given {
    text: String,
    origin: Origin,
}

/// All texts that were given, and what is wrong so far.
pub(super) struct Values {
    given: BTreeMap<&'static str, Given>,
    problems: Vec<Problem>,
    notices: Vec<String>,
}

impl Values {
    /// Reads the file, then lays the environment over it, then the flags.
    pub fn read(sources: &Sources) -> Result<Self, ConfigError> {
        let mut values = Self { given: BTreeMap::new(), problems: Vec::new(), notices: Vec::new() };
        if let Some((path, text)) = read_file(sources).map_err(|problem| ConfigError(vec![problem]))? {
            values.read_document(&path, &text);
            values.note_open_secret(&path);
        }
        values.read_environment(sources);
        if let Some(folder) = &sources.data_dir {
            values.give("data_dir", folder.to_string_lossy().into_owned(), Origin::Flag("--data-dir"));
        }
        Ok(values)
    }

    /// The value of a key that has a default.
    pub fn take<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        let default = find(key).and_then(|key| key.default).expect("the key is in the table with a default");
        match self.take_any(key, &parse) {
            Some(value) => value,
            None => parse(default).unwrap_or_else(|wrong| panic!("the default of {key} is allowed: {wrong}")),
        }
    }

    /// The value of a key that may be absent; a wrong one is noted and absent too.
    pub fn take_any<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let entry = find(key).expect("the key is in the table");
        let given = self.given.get(key)?;
        match parse(&given.text) {
            Ok(value) => Some(value),
            Err(allowed) => {
                let value = (!entry.secret).then(|| printable(&given.text));
                self.problems.push(Problem::Value { key, value, allowed, origin: given.origin.clone() });
                None
            }
        }
    }

    /// The data folder, absolute; the platform's own when none is set.
    pub fn data_dir(&mut self, sources: &Sources) -> PathBuf {
        if let Some(folder) = self.take_any("data_dir", parse::folder).or(sources.platform_data_dir.clone()) {
            return folder;
        }
        self.demand("data_dir", "this system names no folder for data: set KIOSK_DATA_DIR or --data-dir");
        PathBuf::new()
    }

    /// Notes a problem unless somebody set the key.
    pub fn demand(&mut self, key: &'static str, why: &'static str) {
        if !self.given.contains_key(key) {
            self.problems.push(Problem::Missing { key, why });
        }
    }

    /// The notices, if nothing is wrong.
    pub fn finish(self) -> Result<Vec<String>, ConfigError> {
        if self.problems.is_empty() { Ok(self.notices) } else { Err(ConfigError(self.problems)) }
    }

    fn give(&mut self, key: &'static str, text: String, origin: Origin) {
        self.given.insert(key, Given { text, origin });
    }

    fn read_document(&mut self, path: &Path, text: &str) {
        let document = match DeTable::parse(text) {
            Ok(document) => document,
            Err(wrong) => {
                let origin = Origin::at(path, text, wrong.span().map_or(0, |span| span.start));
                self.problems.push(Problem::Syntax { origin, reason: wrong.message().to_owned() });
                return;
            }
        };
        for (name, value) in document.get_ref() {
            match value.get_ref() {
                DeValue::Table(section) if is_section(name.get_ref()) => {
                    for (inner, value) in section {
                        let full = format!("{}.{}", name.get_ref(), inner.get_ref());
                        self.read_entry(&full, value, Origin::at(path, text, inner.span().start));
                    }
                }
                _ => self.read_entry(name.get_ref(), value, Origin::at(path, text, name.span().start)),
            }
        }
    }

    fn read_entry(&mut self, name: &str, value: &Spanned<DeValue<'_>>, origin: Origin) {
        let Some(key) = find(name) else {
            let names = KEYS.iter().map(|key| key.name.to_owned());
            let sections =
                KEYS.iter().filter_map(|key| key.name.split_once('.')).map(|(section, _)| format!("[{section}]"));
            let nearest = match value.get_ref() {
                DeValue::Table(_) => nearest(name, sections),
                _ => nearest(name, names),
            };
            self.problems.push(Problem::Unknown { key: printable(name), origin, nearest });
            return;
        };
        match value.get_ref() {
            DeValue::String(text) => self.give(key.name, text.clone().into_owned(), origin),
            DeValue::Integer(number) => self.give(key.name, number.as_str().to_owned(), origin),
            DeValue::Boolean(answer) => self.give(key.name, answer.to_string(), origin),
            other => {
                let allowed = format!("write a text in quotes or a whole number, not a {}", other.type_str());
                self.problems.push(Problem::Value { key: key.name, value: None, allowed, origin });
            }
        }
    }

    fn read_environment(&mut self, sources: &Sources) {
        if let Some(text) = sources.variable(USE_MOCK_AWS) {
            let origin = Origin::Variable(USE_MOCK_AWS.to_owned());
            match parse::mock_aws(text) {
                Ok(store) => self.give("store", store.to_owned(), origin),
                Err(allowed) => {
                    self.problems.push(Problem::Value { key: "store", value: Some(printable(text)), allowed, origin });
                }
            }
        }
        for key in KEYS {
            for variable in key.old.map(str::to_owned).into_iter().chain([key.variable()]) {
                if let Some(text) = sources.variable(&variable) {
                    self.give(key.name, text.to_owned(), Origin::Variable(variable));
                }
            }
        }
        for (variable, reason) in IGNORED {
            if sources.variable(variable).is_some() {
                self.notices.push(format!("{variable} is ignored: {reason}. Remove it at your leisure."));
            }
        }
        self.note_strangers(sources);
    }

    /// A variable that looks like a setting and is none is most likely a slip of the keyboard.
    fn note_strangers(&mut self, sources: &Sources) {
        let known: Vec<String> = KEYS.iter().map(Key::variable).chain([CONFIG_FILE.to_owned()]).collect();
        let mut strangers: Vec<&String> =
            sources.environment.keys().filter(|name| name.starts_with("KIOSK_") && !known.contains(name)).collect();
        strangers.sort();
        for name in strangers {
            let nearest = nearest(name, known.iter().cloned());
            self.notices.push(format!("{} is not a setting: {}", printable(name), suggest(nearest.as_deref())));
        }
    }

    /// A key in a file that others may read is no secret.
    #[cfg(unix)]
    fn note_open_secret(&mut self, path: &Path) {
        use std::os::unix::fs::PermissionsExt;

        let open = fs::metadata(path).is_ok_and(|facts| facts.permissions().mode() & 0o077 != 0);
        if open && self.given.contains_key("secret_key") {
            let path = path.display();
            self.notices.push(format!("{path} holds secret_key and other users may read it: run chmod 600 {path}"));
        }
    }

    #[cfg(not(unix))]
    fn note_open_secret(&mut self, _path: &Path) {}
}

/// The text of the file that was named, or of the first usual one that exists.
fn read_file(sources: &Sources) -> Result<Option<(PathBuf, String)>, Problem> {
    let named = sources.file.clone().or_else(|| sources.variable(CONFIG_FILE).map(PathBuf::from));
    let candidates = named.as_ref().map_or(sources.usual_files.as_slice(), std::slice::from_ref);
    for path in candidates {
        match fs::read_to_string(path) {
            Ok(text) => return Ok(Some((path.clone(), text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {}
            Err(error) => return Err(Problem::Unreadable { path: path.clone(), reason: in_words(&error) }),
        }
    }
    Ok(None)
}

fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file: check the name after --config".to_owned(),
        io::ErrorKind::InvalidData => "this is not UTF-8 text: save it as UTF-8".to_owned(),
        _ => format!("the file cannot be read ({error}): check who may read it"),
    }
}

fn is_section(name: &str) -> bool {
    KEYS.iter().any(|key| key.name.split_once('.').is_some_and(|(section, _)| section == name))
}

/// The candidate that a slip of the keyboard would have turned into `typed`.
fn nearest(typed: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    let by_likeness = |candidate: String| {
        let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
        let whole = strsim::jaro_winkler(typed, &candidate);
        // `hold` at the top of the file most likely wants to be in `[session]`.
        let inner = if last(&candidate) == last(typed) { 0.99 } else { 0.0 };
        (whole.max(inner), candidate)
    };
    candidates
        .map(by_likeness)
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, best)| best)
}

/// A text that is safe and short enough for a message.
fn printable(text: &str) -> String {
    let clean: String = text.chars().map(|c| if is_hidden(c) { '?' } else { c }).take(61).collect();
    if clean.chars().count() > 60 { clean.chars().take(59).chain(['…']).collect() } else { clean }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("keys", &self.given.keys()).finish_non_exhaustive()
    }
}
