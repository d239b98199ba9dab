//! All that a screen or a subcommand can ask, what it is told, and how it is refused.
//!
//! A request names no account: who asks is known to the session that carries it (`service::Session`), and whether they
//! may is decided there. Requests that change something carry an `OpId` and are safe to repeat with it.

mod ask;
mod document;
mod failure;
mod imports;
mod money;
mod people;
mod records;
mod reply;
mod rules;
mod sale;
mod timetable;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

pub use self::ask::Request;
pub use self::document::{Document, ReceiptLink};
pub use self::failure::{Failure, Outcome};
pub use self::imports::{BadTrains, ImportLine, ImportSource, ImportTrial, Imported, LineKind, MissingTrains, Shown};
pub use self::money::{Form, ReportOf, Tills};
pub use self::people::{AccountChange, AccountFacts, Identity, OldKeys, OneTimeCode, PasswordChange, Registration};
pub use self::records::{BookingSearch, EventFilter, EventLine, MOST_ROWS, Step};
pub use self::reply::{Charts, InLine, Reply};
pub use self::rules::{PreviewLine, RulePublication, RuleRecord, RuleRow, RuleTrial, SampleBooking};
pub use self::sale::{Choice, Hold, Offer, Order, Tender};
pub use self::timetable::{
    Blocked, DelayTrial, OnBoard, PartCancellation, PartTrial, RunDelay, RunRow, TrainRecord, TrainRow,
};
use crate::domain::notification::NotificationId;
use crate::store::retry::DEADLINE;

impl Request {
    /// How long the store is asked again when it does not answer, before the person is told what is known; `None` for
    /// what goes through all bookings of a run, all money of some days or that is owed, all dead letters or the files of an
    /// import, however many they are.
    pub fn patience(&self) -> Option<TimeDelta> {
        match self {
            Self::Chart { .. }
            | Self::MakeChart { .. }
            | Self::CancelRun { .. }
            | Self::TryDelay { .. }
            | Self::DelayRun { .. }
            | Self::TryCancelPart { .. }
            | Self::CancelPart(_)
            | Self::Report { .. }
            | Self::ReportFile { .. }
            | Self::Refunds { .. }
            | Self::OwedSums
            | Self::MyBookingsFile { .. }
            | Self::ExportEvents { .. }
            | Self::TryImport { .. }
            | Self::Import { .. }
            | Self::RetryNotifications { which: Revive::AllDead } => None,
            _ => Some(TimeDelta::from_std(DEADLINE).expect("it is short")),
        }
    }

    /// Whether it tells how far it has come.
    pub const fn tells(&self) -> bool {
        matches!(self, Self::TryImport { .. } | Self::Import { .. } | Self::ExportEvents { .. })
    }

    /// Whether it stops when nobody waits for it any more: it reads, and takes long.
    pub const fn stops(&self) -> bool {
        matches!(self, Self::TryImport { .. } | Self::ExportEvents { .. })
    }
}

/// Which notifications are tried anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revive {
    /// One, whether it waits or was given up.
    One(NotificationId),
    /// All that were given up.
    AllDead,
}

/// Where a page of a listing ended; opaque.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub(crate) String);
