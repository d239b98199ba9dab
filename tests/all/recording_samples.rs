//! One of each of what replies carry, for recordings.

use std::sync::Arc;

use chrono::NaiveDate;
use kiosk::domain::banner::{Banner, BannerId, BannerText};
use kiosk::domain::booking::Place;
use kiosk::domain::edition::Editions;
use kiosk::domain::former::FormerBooking;
use kiosk::domain::money::Paise;
use kiosk::domain::notification::{self, Channel, Delivery, Notification};
use kiosk::domain::overview::NextRun;
use kiosk::domain::passenger::Gender;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::report::{Sums, Takings, Tally};
use kiosk::domain::rules::book::{self, Mistake, RuleKind};
use kiosk::domain::user::{AccountId, Email, Phone, Proof, Role, SignIn, Username};
use kiosk::domain::waitlist::WaitingList;
use kiosk::service::overview::Overview;
use kiosk::service::request::{
    AccountFacts, EventLine, ImportLine, ImportTrial, LineKind, OnBoard, RuleRow, Shown, TrainRecord, TrainRow,
};
use kiosk::store::audit_log;
use uuid::Uuid;

use crate::sample_booking::{booking, passenger};
use crate::ui_kit::{offers, start, station};

pub fn on_board() -> OnBoard {
    let booked = passenger("Om", 70, Gender::Male, None, 100);
    OnBoard {
        pnr: pnr(),
        passenger: booked.passenger,
        place: Place::Waiting { list: WaitingList::General, number: 12 },
        from: station("NDLS"),
        to: station("MMCT"),
        laps: 1,
    }
}

pub fn rule_row() -> RuleRow {
    RuleRow {
        id: "fares-2026-12-24-e1".to_owned(),
        number: Some(1),
        kind: RuleKind::Fares,
        from: date(),
        until: Some(date()),
        standing: book::Standing::ToCome,
        published: Some(("adam".to_owned(), start())),
        withdrawn: Some(("eve".to_owned(), start())),
        may_go: true,
    }
}

pub fn mistake() -> Mistake {
    Mistake { line: 3, says: "fares.table is missing: write one".to_owned() }
}

pub fn import_trial() -> ImportTrial {
    let line = |kind, text: &str| ImportLine { kind, text: text.to_owned() };
    ImportTrial {
        on: date(),
        mistakes: 1,
        new: 1,
        changed: 1,
        unchanged: 56,
        missing: 2,
        lines: vec![
            line(LineKind::Mistake, "trips.txt, line 4: it has no zone"),
            line(LineKind::Note, "2 trips were left out."),
            line(LineKind::New, "station ST: Surat of Surat"),
            line(LineKind::Changed, "12951 Mumbai Rajdhani: name from A to B"),
            line(LineKind::Ends, "12002 Shatabdi: not in it, ends on 2026-12-20"),
            line(LineKind::Left, "12004 Shatabdi: left as it is."),
        ],
        unlisted: 3,
        finishes: true,
        shown: Shown {
            files: "00ff".to_owned(),
            change: "ff00".to_owned(),
            trains: 2,
            stations: 1,
            ends: vec![("12002".parse().expect("a number"), date())],
        },
    }
}

pub fn train_row() -> TrainRow {
    let journey = &offers("NDLS", "MMCT", date())[0].journey;
    TrainRow {
        number: journey.train.number(),
        name: journey.train.name().to_owned(),
        runs_on: journey.train.runs_on(),
        from: station("NDLS"),
        departs: "16:55".parse().expect("a time"),
        to: station("MMCT"),
        arrives: "08:35+1".parse().expect("a time"),
        classes: journey.train.classes(),
        begins_on: Some(date()),
        changes_on: Some(date()),
        retired_from: None,
        is_off_sale: true,
    }
}

/// A train with every kind of date that there can be.
pub fn train_record() -> TrainRecord {
    let train = &offers("NDLS", "MMCT", date())[0].journey.train;
    let editions = vec![(None, Arc::clone(train)), (Some(date()), Arc::clone(train))];
    let editions = Editions::new(editions, date().succ_opt()).expect("two of them");
    TrainRecord { editions, sold: [(date(), 3)].into() }
}

pub fn account() -> AccountFacts {
    let sign_in = SignIn { at: start(), terminal: "NDLS-07".to_owned(), by: Proof::Code };
    AccountFacts {
        id: AccountId(Uuid::from_u128(8)),
        username: Username::parse("agnes").expect("a name"),
        email: Email::parse("agnes@example.in").expect("an address"),
        role: Role::Agent,
        created_at: start(),
        closed: true,
        failures: 2,
        locked_until: Some(start()),
        code_until: Some(start()),
        ssh_keys: Vec::new(),
        sign_ins: vec![sign_in],
    }
}

/// The money of a good day.
pub fn takings() -> Takings {
    let tally = |count, rupees| Tally { count, amount: Paise::rupees(rupees) };
    let money =
        Sums { sales: tally(1_204, 4_020_000), passengers: 2_911, refunds: tally(41, 120_500), voids: tally(0, 0) };
    Takings { money, test: Sums { sales: tally(2, 3_100), passengers: 2, ..Sums::default() } }
}

pub fn overview() -> Overview {
    Overview {
        today: takings(),
        slips: 3,
        counted_at: start(),
        waiting: 1,
        dead: 2,
        next: vec![NextRun { run: booking().run, name: "Mumbai Rajdhani".to_owned(), departs: booking().from.at }],
        processes: 2,
        sessions: 3,
        holds: 4,
        store_ms: 5,
    }
}

pub fn event_line() -> EventLine {
    let event = audit_log::Event {
        id: Uuid::from_u128(5),
        at: start(),
        account: Some(AccountId(Uuid::from_u128(8))),
        action: "booking.cancel".to_owned(),
        subject: Some("2451234567".to_owned()),
        terminal: "NDLS-07".to_owned(),
        session: Some("7K3F9Q".to_owned()),
        note: Some("1 given up".to_owned()),
    };
    EventLine { who: Some(Username::parse("agnes").expect("a name")), event }
}

pub fn dead_letter() -> Notification {
    Notification {
        id: "2451234567-3".parse().expect("a notification"),
        event: notification::Event::TrainCancelled,
        at: start(),
        owed: [Channel::Email, Channel::Sms].into(),
        attempts: 8,
        delivery: Delivery::Dead,
        due: start(),
        reason: Some("SES cannot be reached".to_owned()),
    }
}

pub fn banner() -> Banner {
    Banner {
        id: BannerId(Uuid::from_u128(3)),
        text: BannerText::parse("Trains from platform 4 run late").expect("a line"),
        to: "NDLS-*, HALL-1".parse().expect("terminals"),
        from: start(),
        until: start(),
    }
}

pub fn former_booking() -> FormerBooking {
    FormerBooking {
        id: "BK-17".parse().expect("a number"),
        account: None,
        booked_at: Some(start()),
        train: Some("12951 Mumbai Rajdhani".to_owned()),
        route: None,
        travels: Some("2024-05-20".to_owned()),
        class: None,
        passengers: vec!["Anita Sharma (34 F)".to_owned()],
        seats: None,
        paid: Some(Paise::rupees(2_020)),
        status: None,
        phone: Some(Phone::parse("+910000002345").expect("a number").withheld()),
    }
}

pub fn date() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 12, 24).expect("a date")
}

pub fn pnr() -> Pnr {
    booking().pnr
}
