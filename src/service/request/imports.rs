//! An import of trains from files, as it is asked for at a terminal and as it is shown before it is written.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::train::{TrainNumber, Zone};

/// What is imported, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportSource {
    /// The whole path of a GTFS folder or of a sheet, on the machine on which Kiosk runs.
    pub path: String,
    /// The first date of origin of the runs that go by it; `None` for today's.
    pub from: Option<NaiveDate>,
    /// The zone of trains of which the files say none.
    pub zone: Option<Zone>,
    /// What becomes of the rest where there are mistakes.
    pub bad: BadTrains,
    /// What becomes of the trains that are not in it.
    pub missing: MissingTrains,
}

/// What becomes of an import in which there are mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTrains {
    /// Nothing is imported.
    Refuse,
    /// The trains with a mistake are left out.
    LeaveOut,
}

/// What becomes of the trains that run and are not in an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingTrains {
    /// They stay as they are.
    Stay,
    /// They end on its first date, or tomorrow where it holds from today on.
    End,
}

/// What an import would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportTrial {
    /// The date on which it takes effect.
    pub on: NaiveDate,
    /// Mistakes in the files.
    pub mistakes: usize,
    /// Trains that would be new.
    pub new: usize,
    /// Trains that would be others.
    pub changed: usize,
    /// Trains that stay as they are: they are so already, or cannot be another.
    pub unchanged: usize,
    /// Trains of that date that are not in it.
    pub missing: usize,
    /// All of it line by line: mistakes, what is to be known, and what would change.
    pub lines: Vec<ImportLine>,
    /// How many lines more there are than are shown.
    pub unlisted: usize,
    /// Whether it finishes an import that broke off, though it may have nothing more to write.
    #[serde(default)]
    pub finishes: bool,
    /// By which an import knows that this was shown.
    pub shown: Shown,
}

impl ImportTrial {
    /// Whether anything would be written.
    pub const fn changes_anything(&self) -> bool {
        self.finishes || self.shown.trains + self.shown.stations + self.shown.ends.len() > 0
    }
}

/// What a trial showed, for the import to be that and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Shown {
    /// The fingerprint of what the files said.
    pub files: String,
    /// That of what it would change, and from what.
    pub change: String,
    /// Trains that would be new or changed.
    pub trains: usize,
    /// Stations that would be.
    pub stations: usize,
    /// Trains that would end, and on which dates.
    #[serde(default)]
    pub ends: Vec<(TrainNumber, NaiveDate)>,
}

/// A line of what an import would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportLine {
    /// What kind it is.
    pub kind: LineKind,
    /// What it says.
    pub text: String,
}

/// What a line of an import says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineKind {
    /// What is wrong in a file, with its line and what to do.
    Mistake,
    /// What was taken otherwise than written, or not at all.
    Note,
    /// There is none yet.
    New,
    /// It becomes another.
    Changed,
    /// It ends.
    Ends,
    /// It stays as it is, though the files have it otherwise.
    Left,
}

impl LineKind {
    /// The sign before it.
    pub const fn sign(self) -> char {
        match self {
            Self::Mistake => 'x',
            Self::Note => '*',
            Self::New => '+',
            Self::Changed => '~',
            Self::Ends => '-',
            Self::Left => '!',
        }
    }
}

impl fmt::Display for ImportLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.sign(), self.text)
    }
}

/// What an import has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Imported {
    /// Trains that were new or changed.
    pub trains: usize,
    /// Stations that were.
    pub stations: usize,
    /// Why trains were left as they are, in sentences.
    pub left: Vec<String>,
}
