//! What is asked of the records of who did what, and what is told of them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::booking::Deed;
use crate::domain::train::RunId;
use crate::domain::user::{Phone, Username};
use crate::store::audit_log::Event;

/// How many lines a file of the audit log has at most.
pub const MOST_ROWS: usize = 100_000;

/// What somebody knows of bookings that they look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookingSearch {
    /// The telephone number on them, however it is written.
    Phone(Phone),
    /// The run, and a part of a passenger's name if it is not empty.
    Run {
        /// The run.
        run: RunId,
        /// The part.
        name: String,
    },
    /// The railway's day on which they were made, and a part of a passenger's name if it is not empty.
    Day {
        /// The day.
        day: NaiveDate,
        /// The part.
        name: String,
    },
    /// A part of a passenger's name, whenever and for whatever run they were made.
    Name(String),
}

/// Something that was done to a booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Step {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub what: Deed,
    /// Who; nobody for a guest, and for what Kiosk does by itself.
    pub who: Option<Username>,
    /// At which terminal, as long as the audit log knows.
    pub terminal: Option<String>,
    /// In which session, as long as the audit log knows.
    pub session: Option<String>,
}

/// Which events of the audit log are meant; what is empty leaves out none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// The name of an account, or a terminal.
    pub who: String,
    /// How the action begins, such as `account` or `booking.cancel`.
    pub action: String,
    /// What it was done to, such as a PNR or a user name.
    pub subject: String,
    /// The session in which it was done, by the name that the lines have for it.
    pub session: String,
}

/// An event of the audit log, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventLine {
    /// The name of the account that did it; none for a guest, the operator and Kiosk itself.
    pub who: Option<Username>,
    /// The event.
    pub event: Event,
}
