//! Notifications: what people are told of a booking when something happens to it, by which ways, and how often it is tried.
//!
//! A notification names a booking's version, since each of them is one write: so it is there once however often that
//! write is repeated. It holds no text. What is sent says what happened and how the booking stands by then, so that a
//! message that was held up tells nobody of a berth that they have lost since.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::booking::{Booking, Deed};
use crate::domain::pnr::Pnr;

/// How often it is tried before a person has to look at it.
pub const ATTEMPTS: u32 = 8;
/// The pause after the first attempt; each further one is four times as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(30);
/// The longest pause between two attempts.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);

/// Names a notification: `8451234567-3` is that of the third version of a booking, and `8451234567-3.1795694062` a copy of it
/// that somebody asked for. Whoever keeps them apart by their names takes a copy for what it is, another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NotificationId {
    /// The booking.
    pub pnr: Pnr,
    /// Its version, of which is told.
    pub version: u32,
    /// For a copy, when it was asked for, in seconds since 1970.
    pub copy: Option<u32>,
}

/// A text that names no notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("A notification is named by a PNR, a hyphen and a number, such as 8451234567-3.")]
pub struct BadNotificationId;

impl fmt::Display for NotificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let copy = self.copy.map(|copy| format!(".{copy}")).unwrap_or_default();
        f.pad(&format!("{}-{}{copy}", self.pnr, self.version))
    }
}

impl FromStr for NotificationId {
    type Err = BadNotificationId;

    fn from_str(text: &str) -> Result<Self, BadNotificationId> {
        let (pnr, version) = text.rsplit_once('-').ok_or(BadNotificationId)?;
        let pnr = pnr.parse().map_err(|_| BadNotificationId)?;
        let (version, copy) = version.split_once('.').map_or((version, None), |(version, copy)| (version, Some(copy)));
        let version = version.parse().map_err(|_| BadNotificationId)?;
        let copy = copy.map(str::parse).transpose().map_err(|_| BadNotificationId)?;
        Ok(Self { pnr, version, copy })
    }
}

impl TryFrom<String> for NotificationId {
    type Error = BadNotificationId;

    fn try_from(text: String) -> Result<Self, BadNotificationId> {
        text.parse()
    }
}

impl From<NotificationId> for String {
    fn from(id: NotificationId) -> Self {
        id.to_string()
    }
}

/// What happened to a booking that people are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Event {
    /// It was made and paid; what each passenger has, a berth or a place in a queue, it says itself.
    Booked,
    /// Passengers moved up in a queue or out of it.
    Promoted,
    /// The party boards at another halt.
    BoardingMoved,
    /// Passengers gave up.
    Cancelled,
    /// Passengers were dropped with the chart: their turn never came.
    Dropped,
    /// The railway changed when the party boards.
    Delayed,
    /// The railway does not run a part of the way that the party needs.
    PartCancelled,
    /// The railway cancelled the train.
    TrainCancelled,
    /// Nothing: somebody asked at a counter for another copy of the receipt.
    Resent,
}

impl Event {
    /// What the last change of a booking was; `None` for what nobody is told of: slips, which nobody has paid, and money
    /// that somebody was just handed.
    pub fn of(booking: &Booking) -> Option<Self> {
        booking.payment.as_ref()?;
        match booking.history.last()?.what {
            Deed::Booked | Deed::Paid => Some(Self::Booked),
            Deed::Promoted { .. } => Some(Self::Promoted),
            Deed::BoardingMoved { .. } => Some(Self::BoardingMoved),
            Deed::Cancelled(_) => Some(Self::Cancelled),
            Deed::Dropped(_) => Some(Self::Dropped),
            Deed::Delayed { was, now, .. } => (was != now).then_some(Self::Delayed),
            Deed::PartCancelled { .. } => Some(Self::PartCancelled),
            Deed::TrainCancelled => Some(Self::TrainCancelled),
            Deed::Reserved | Deed::Lapsed | Deed::PaidOut | Deed::Renamed { .. } => None,
        }
    }

    /// The event in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Promoted => "promoted",
            Self::BoardingMoved => "boarding changed",
            Self::Cancelled => "cancelled",
            Self::Dropped => "dropped",
            Self::Delayed => "time changed",
            Self::PartCancelled => "part not run",
            Self::TrainCancelled => "train cancelled",
            Self::Resent => "receipt sent again",
        }
    }
}

/// A way by which people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// A function of the operator's own, which is given all of it as JSON.
    Function,
    /// A mail to the account's address, with the receipt.
    Email,
    /// A text message to the booking's telephone number.
    Sms,
}

impl Channel {
    /// The channel in a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Email => "e-mail",
            Self::Sms => "SMS",
        }
    }
}

/// Whether it is still tried to deliver a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Delivery {
    /// When it is due.
    Waiting,
    /// Not before a person says so: every attempt has failed.
    Dead,
}

/// A notification that is to be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Notification {
    /// Names it.
    #[serde(rename = "NotificationID")]
    pub id: NotificationId,
    /// What happened.
    pub event: Event,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// By which channels it is still to be told.
    pub owed: BTreeSet<Channel>,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether it is tried any more.
    pub delivery: Delivery,
    /// When it is tried next, or when it was given up; in whole seconds, by which duties are listed.
    #[serde(rename = "DueAt")]
    pub due: DateTime<Utc>,
    /// Why the last attempt failed, without anybody's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Notification {
    /// What is owed for a version of a booking, due at once; `None` where nobody is told, or there is no way to tell them.
    pub fn of(booking: &Booking, channels: BTreeSet<Channel>) -> Option<Self> {
        let event = Event::of(booking).filter(|_| !channels.is_empty())?;
        let at = booking.history.last()?.at;
        Some(Self {
            id: NotificationId { pnr: booking.pnr, version: booking.version, copy: None },
            event,
            at,
            owed: channels,
            attempts: 0,
            delivery: Delivery::Waiting,
            due: at.trunc_subsecs(0),
            reason: None,
        })
    }

    /// Another copy of the receipt of a booking, as it is now; `None` where there is none, or no way to send it.
    pub fn copy_of(booking: &Booking, channels: BTreeSet<Channel>, now: DateTime<Utc>) -> Option<Self> {
        booking.payment.as_ref().filter(|_| !channels.is_empty())?;
        let copy = u32::try_from(now.timestamp()).ok();
        Some(Self {
            id: NotificationId { pnr: booking.pnr, version: booking.version, copy },
            event: Event::Resent,
            at: now,
            owed: channels,
            attempts: 0,
            delivery: Delivery::Waiting,
            due: now.trunc_subsecs(0),
            reason: None,
        })
    }

    /// The notification while somebody is at it: nobody else is before a moment, by which they are done or have failed.
    pub fn taken(self, until: DateTime<Utc>) -> Self {
        Self { attempts: self.attempts.saturating_add(1), due: until.trunc_subsecs(0), ..self }
    }

    /// The notification when a person wants it to be tried anew.
    pub fn revived(self, now: DateTime<Utc>) -> Self {
        Self { attempts: 0, delivery: Delivery::Waiting, due: now.trunc_subsecs(0), ..self }
    }

    /// The notification after an attempt that has left channels and failed for a reason: due again later, or given up.
    pub fn failed(self, left: BTreeSet<Channel>, reason: String, now: DateTime<Utc>) -> Self {
        let (delivery, due) = match pause_after(self.attempts) {
            Some(pause) => (Delivery::Waiting, now + pause),
            None => (Delivery::Dead, now),
        };
        Self { owed: left, reason: Some(reason), delivery, due: due.trunc_subsecs(0), ..self }
    }
}

/// How long to wait after so many attempts; `None` when they were enough.
fn pause_after(attempts: u32) -> Option<TimeDelta> {
    if attempts >= ATTEMPTS {
        return None;
    }
    let growth = 4_i32.saturating_pow(attempts.saturating_sub(1));
    Some((FIRST_PAUSE * growth).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{ATTEMPTS, NotificationId, pause_after};

    #[test]
    fn pauses_grow_to_an_hour_and_end() {
        let pauses: Vec<_> = (1..=ATTEMPTS).map(|n| pause_after(n).map(|pause| pause.num_seconds())).collect();
        let hour = Some(3600);
        assert_eq!(pauses, [Some(30), Some(120), Some(480), Some(1920), hour, hour, hour, None]);
        assert_eq!(pause_after(u32::MAX), None);
    }

    #[rstest]
    #[case("8451234567-3", Some("8451234567-3"))]
    #[case("845-1234567-12", Some("8451234567-12"))]
    #[case("8451234567-3.1795694062", Some("8451234567-3.1795694062"))]
    #[case("8451234567-3.", None)]
    #[case("8451234567-.3", None)]
    #[case("8451234567", None)]
    #[case("8451234567-", None)]
    #[case("8451234567-x", None)]
    fn names(#[case] text: &str, #[case] read: Option<&str>) {
        let id = text.parse::<NotificationId>().ok().map(|id| id.to_string());
        assert_eq!(id.as_deref(), read);
    }
}
