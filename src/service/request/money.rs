//! What can be asked about tills and reports.

use chrono::NaiveDate;

/// Which tills are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tills {
    /// Those that are open, the longest open first.
    Open,
    /// Those that were closed on a day, the last first.
    ClosedOn(NaiveDate),
}

/// The form of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Paper.
    Pdf,
    /// A spreadsheet.
    Csv,
}

impl Form {
    /// The end of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Csv => "csv",
        }
    }
}
