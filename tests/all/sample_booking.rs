//! A booking as the services would make it, for tests and benchmarks of what is printed from one.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use kiosk::domain::booking::{
    Allotted, BookedPassenger, Booking, BookingStatus, Change, Deed, OpId, Payment, PaymentMethod, Place,
};
use kiosk::domain::coach::{BerthRef, BerthType, Class, CoachId};
use kiosk::domain::fare::{Fare, FareItem, FareItemKind};
use kiosk::domain::money::Paise;
use kiosk::domain::passenger::{Accommodation, Age, Gender, Passenger, PersonName};
use kiosk::domain::quota::Quota;
use kiosk::domain::segment::Leg;
use kiosk::domain::station::StationCode;
use kiosk::domain::train::{RunId, Stop, TrainKind, TrainNumber};
use kiosk::domain::user::{AccountId, Phone};
use uuid::Uuid;

/// Two adults and a child on a lap from New Delhi to Mumbai, paid by card.
pub fn booking() -> Booking {
    let train = TrainNumber::parse("12952").expect("a number");
    let booked_at = at("2026-12-01T08:14:22Z");
    Booking {
        pnr: "2451234567".parse().expect("a PNR"),
        version: 1,
        refund_rules: "refunds-2026-04-15".to_owned(),
        refunds: Vec::new(),
        status: BookingStatus::Booked,
        history: vec![Change {
            op: OpId(Uuid::from_u128(0x0193_80d2_4c6e_7b11_9a58_6e0f_2a31_c4d5)),
            at: booked_at,
            by: Some(AccountId(Uuid::from_u128(7))),
            what: Deed::Booked,
        }],
        booked_at,
        account: Some(AccountId(Uuid::from_u128(7))),
        by_staff: false,
        terminal: "NDLS-07".to_owned(),
        run: RunId { train, date: NaiveDate::from_ymd_opt(2026, 12, 24).expect("a date") },
        train_version: 1,
        train,
        train_name: "Mumbai Rajdhani".to_owned(),
        train_kind: TrainKind::Rajdhani,
        leg: Leg::new(0, 6).expect("forward"),
        from: stop("NDLS", "New Delhi", "2026-12-24T16:55:00"),
        to: stop("MMCT", "Mumbai Central", "2026-12-25T08:35:00"),
        boarding: None,
        delays: 0,
        km: 1384,
        class: Class::ThirdAc,
        quota: Quota::General,
        passengers: vec![
            passenger("Anita Sharma", 34, Gender::Female, Some(("B2", 20, BerthType::Lower)), 202_125),
            passenger("Dev Sharma", 36, Gender::Male, Some(("B2", 21, BerthType::Middle)), 202_125),
            passenger("Mira Sharma", 3, Gender::Female, None, 0),
        ],
        phone: Phone::parse("+91 98100 12345").expect("a number"),
        fare: Fare {
            items: vec![
                item(FareItemKind::Base, "Base fare", 2, 183_800),
                item(FareItemKind::Reservation, "Reservation", 2, 4_000),
                item(FareItemKind::Superfast, "Superfast", 2, 4_500),
                item(FareItemKind::Rounding, "Rounding", 1, 400),
                item(FareItemKind::Gst, "GST 5 % on AC", 1, 19_250),
            ],
            shares: vec![Paise::new(202_125), Paise::new(202_125), Paise::ZERO],
            total: Paise::new(404_250),
            rules: "fares-2025-12-26".to_owned(),
        },
        payment: Some(Payment {
            method: PaymentMethod::Card,
            reference: Some("A7731-0042".to_owned()),
            amount: Paise::new(404_250),
            taken_at: booked_at,
            taken_by: Some(AccountId(Uuid::from_u128(7))),
            terminal: "NDLS-07".to_owned(),
            till: None,
        }),
        slip: None,
    }
}

/// A passenger, on a berth or on a lap.
pub fn passenger(
    name: &str,
    age: u8,
    gender: Gender,
    berth: Option<(&str, u8, BerthType)>,
    fare: i64,
) -> BookedPassenger {
    let place = berth.map_or(Place::Lap, |(coach, number, kind)| {
        Place::Berth(Allotted { berth: BerthRef { coach: CoachId::parse(coach).expect("a coach"), number }, kind })
    });
    BookedPassenger {
        passenger: Passenger {
            name: PersonName::parse(name).expect("a name"),
            age: Age::try_from(age).expect("an age"),
            gender,
            preference: None,
            accommodation: if berth.is_some() { Accommodation::Berth } else { Accommodation::Lap },
        },
        place,
        booked_as: place,
        fare: Paise::new(fare),
    }
}

/// A stop at a railway's wall-clock time.
pub fn stop(code: &str, name: &str, at: &str) -> Stop {
    Stop {
        station: StationCode::parse(code).expect("a code"),
        name: name.to_owned(),
        at: at.parse::<NaiveDateTime>().expect("a time"),
    }
}

fn item(kind: FareItemKind, label: &str, count: u8, each: i64) -> FareItem {
    let each = Paise::new(each);
    FareItem { kind, label: label.to_owned(), count, each, amount: each * i64::from(count) }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}
