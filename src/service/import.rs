//! Trains from files: a GTFS folder or a sheet, what is wrong with them line by line, and what they would change.
//!
//! Reading decides nothing and writes nothing. A mistake belongs to a line, and takes its train out of the import; whoever
//! imports says whether the rest is taken all the same.

mod asked;
mod comparison;
pub mod gtfs;
mod loading;
mod meter;
pub mod sheet;
mod table;
mod telling;

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use chrono::NaiveDate;
use thiserror::Error;

pub(in crate::service) use self::asked::{Turns, import, try_out};
pub use self::comparison::{Change, Comparison, compare};
pub use self::loading::Stored;
pub use self::meter::Meter;
use self::meter::Stopped;
pub use self::telling::{endings, lines};
use crate::domain::station::Station;
use crate::domain::text::is_hidden;
use crate::domain::timetable::Timetable;
use crate::domain::train::{Train, Zone};

/// The longest name of a station or a city.
const LONGEST_NAME: usize = 40;

/// What files are read against: what they do not say is as the timetable has it.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// The timetable as it is.
    pub timetable: &'a Timetable,
    /// The date on which the import takes effect.
    pub on: NaiveDate,
    /// The zone of trains of which nothing says one.
    pub zone: Option<Zone>,
}

/// What files hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// The stations that the trains call at.
    pub stations: Vec<Station>,
    /// The trains without a mistake, by number, each as a first version.
    pub trains: Vec<Train>,
    /// The mistakes, by file and line.
    pub faults: Vec<Fault>,
    /// What was taken otherwise than written, in sentences.
    pub notes: Vec<String>,
}

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong, and what to do about it.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: {}", self.file, self.line, self.problem)
    }
}

/// Why files cannot be read at all.
#[derive(Debug, Error)]
pub enum Unreadable {
    /// A file that has to be there is not.
    #[error("{file} is missing: {remedy}")]
    Missing {
        /// Its name.
        file: String,
        /// What to do.
        remedy: &'static str,
    },
    /// There is nothing of this name.
    #[error("there is no {0}: check the path")]
    Absent(String),
    /// The system does not give it.
    #[error("{file}: {error}")]
    Io {
        /// Its name.
        file: String,
        /// What the system says.
        error: io::Error,
    },
    /// Its head lacks a column.
    #[error("{0}")]
    Head(Fault),
    /// Hardly any of it can be right.
    #[error("{file} has more than {most} mistakes: see whether it is the right file")]
    Hopeless {
        /// Its name.
        file: String,
        /// The most that are told.
        most: usize,
    },
    /// It is larger than any railway's.
    #[error("{file} has more than {most} {of}: take out what is no train's")]
    TooLong {
        /// Its name.
        file: String,
        /// The most.
        most: u64,
        /// Of what: rows or bytes.
        of: &'static str,
    },
    /// A row of it is longer than any can be, so that nobody knows where it ends.
    #[error("{0}")]
    LongRow(Fault),
    /// Nobody waits for it any more.
    #[error("it was not read to its end: try again")]
    Stopped,
}

impl Unreadable {
    fn of_path(path: &Path, error: io::Error) -> Self {
        let file = path.display().to_string();
        if error.kind() == io::ErrorKind::NotFound { Self::Absent(file) } else { Self::Io { file, error } }
    }
}

impl From<Stopped> for Unreadable {
    fn from(Stopped: Stopped) -> Self {
        Self::Stopped
    }
}

/// Reads what is at a path: a folder is a feed, and a file a sheet.
pub fn read(path: &Path, basis: Basis<'_>, meter: &Meter<'_>) -> Result<Import, Unreadable> {
    let about = fs::metadata(path).map_err(|error| Unreadable::of_path(path, error))?;
    if about.is_dir() { gtfs::read(path, basis, meter) } else { sheet::read_file(path, basis, meter) }
}

/// Refuses a name that no screen could show.
fn check_name(what: &str, name: &str) -> Result<(), String> {
    let good = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(is_hidden);
    if good { Ok(()) } else { Err(format!("{what} has 1 to {LONGEST_NAME} printable characters: shorten or mend it")) }
}

/// The beginning of what somebody wrote, without what could steer a terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c)).take(30).collect()
}
