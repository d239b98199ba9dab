//! What a function is given, as `docs/notifications.md` describes it.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Serialize;

use crate::domain::booking::{Booking, BookingStatus, Place};
use crate::domain::coach::Class;
use crate::domain::delay::{News, news};
use crate::domain::gap;
use crate::domain::money::Paise;
use crate::domain::notification::{Event, Notification, NotificationId};
use crate::domain::pnr::Pnr;
use crate::domain::quota::Quota;
use crate::domain::station::StationCode;
use crate::domain::train::{RunId, Stop, TrainNumber};
use crate::notice::words::{subject, text_message};

/// The version of its form. Something that is added leaves it as it is; something that goes or means something else does not.
pub const PAYLOAD_VERSION: u32 = 1;

/// How whoever booked is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Contact {
    /// The account's address; `None` for a guest's booking and for one that was made at a counter.
    pub email: Option<String>,
    /// The number for text messages; `None` where none can be sent to the one that was given.
    pub phone: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Payload<'a> {
    version: u32,
    #[serde(rename = "NotificationID")]
    id: NotificationId,
    event: Event,
    at: DateTime<Utc>,
    contact: &'a Contact,
    subject: String,
    text: String,
    booking: Facts<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Facts<'a> {
    #[serde(rename = "PNR")]
    pnr: Pnr,
    version: u32,
    status: BookingStatus,
    #[serde(rename = "RunID")]
    run: RunId,
    train: TrainNumber,
    train_name: &'a str,
    from: End<'a>,
    to: End<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    boarding: Option<End<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay: Option<Delayed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_run: Option<NotRun<'a>>,
    class: Class,
    quota: Quota,
    passengers: Vec<Traveller<'a>>,
    paid_paise: Paise,
    refunded_paise: Paise,
    owed_paise: Paise,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct End<'a> {
    station: StationCode,
    name: &'a str,
    at: NaiveDateTime,
}

/// The part of the way for which the railway gave the booking up.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct NotRun<'a> {
    from: StationCode,
    to: StationCode,
    reason: &'a str,
}

/// The last change of the run's times.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Delayed<'a> {
    was: NaiveDateTime,
    later_minutes: i32,
    gives_all_back: bool,
    reason: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Traveller<'a> {
    name: &'a str,
    place: String,
    confirmed: bool,
}

impl<'a> End<'a> {
    fn of(stop: &'a Stop) -> Self {
        Self { station: stop.station, name: &stop.name, at: stop.at }
    }
}

/// The JSON of a notification.
pub fn payload(notification: &Notification, booking: &Booking, contact: &Contact) -> String {
    let passengers = booking.passengers.iter().map(|booked| Traveller {
        name: booked.passenger.name.as_str(),
        place: booked.place.to_string(),
        confirmed: matches!(booked.place, Place::Berth(_)),
    });
    let facts = Facts {
        pnr: booking.pnr,
        version: booking.version,
        status: booking.status,
        run: booking.run,
        train: booking.train,
        train_name: &booking.train_name,
        from: End::of(&booking.from),
        to: End::of(&booking.to),
        boarding: booking.boarding.as_ref().map(End::of),
        delay: news(booking).map(|News { was, later, gives_all_back, reason }| Delayed {
            was,
            later_minutes: later,
            gives_all_back,
            reason,
        }),
        not_run: gap::news(booking).map(|gap::News { from, to, reason }| NotRun { from, to, reason }),
        class: booking.class,
        quota: booking.quota,
        passengers: passengers.collect(),
        paid_paise: booking.payment.as_ref().map_or(Paise::ZERO, |payment| payment.amount),
        refunded_paise: booking.refunds.iter().map(|refund| refund.quote.refunded).sum(),
        owed_paise: booking.owed(),
    };
    let payload = Payload {
        version: PAYLOAD_VERSION,
        id: notification.id,
        event: notification.event,
        at: notification.at,
        contact,
        subject: subject(notification.event, booking),
        text: text_message(notification.event, booking),
        booking: facts,
    };
    serde_json::to_string(&payload).expect("it has string keys and no exotic numbers")
}
