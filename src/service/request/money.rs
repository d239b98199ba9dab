//! What can be asked about tills and reports.

use chrono::NaiveDate;

use crate::domain::report::By;
use crate::domain::report::refunds::RefundsBy;

/// Which tills are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tills {
    /// Those that are open, the longest open first.
    Open,
    /// Those that were closed on a day, the last first.
    ClosedOn(NaiveDate),
}

/// What there are reports of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOf {
    /// The sales of some days.
    Sales {
        /// The first day and the last.
        days: (NaiveDate, NaiveDate),
        /// By what they are added up.
        by: By,
    },
    /// The refunds that were handed out on some days.
    Refunds {
        /// The first day and the last.
        days: (NaiveDate, NaiveDate),
        /// By what they are added up.
        by: RefundsBy,
    },
    /// The refunds that wait at a counter.
    Owed,
    /// How full the runs are that leave their origin on a day.
    Occupancy(NaiveDate),
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
