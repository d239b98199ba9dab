//! What fills the office's lists: money that is owed, tills, messages, rules, who travels by a run.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Days, SecondsFormat, TimeDelta, Utc};
use kiosk::aws::Clients;
use kiosk::domain::booking::OpId;
use kiosk::domain::money::Paise;
use kiosk::domain::notification::{Channel, Delivery, Event, Notification};
use kiosk::domain::pnr::Pnr;
use kiosk::domain::rules::book::{BookEntry, Does, Edition, RuleKind};
use kiosk::domain::time::railway_time;
use kiosk::domain::train::RunId;
use kiosk::service::request::{Reply, Request};
use kiosk::service::{Kiosk, Session};
use kiosk::store::{Names, Store};
use uuid::Uuid;

use super::library::{Item, fill, item, own_id, text};
use crate::market::buy_for;
use crate::service_kit::{cash, new_op};

/// How many bookings one run has, and how many editions the rules have.
const ON_THE_RUN: usize = 1_200;
const EDITIONS: u32 = 200;
/// Coaches of that run, and berths of a coach.
pub const COACHES: usize = 20;
const BERTHS: usize = 72;

/// Sells for cash and cancels where nobody can hand the money out, and has that as often as wanted.
pub async fn owe(kiosk: &Kiosk, clients: &Clients, agent: &Session, run: RunId, rows: usize) {
    let booking = buy_for(agent, run, 1, cash()).await.expect("there are berths");
    let operator = kiosk.operator_session();
    let quote = Request::QuoteCancel { pnr: booking.pnr, passengers: vec![0], waiver: None };
    let Ok(Reply::Quote(quote)) = operator.call(quote).await else { panic!("it can be given up") };
    let request = Request::Cancel { op: new_op(), pnr: booking.pnr, quote };
    operator.call(request).await.expect("it is given up");
    let table = Names::default().bookings;
    let owed = item(clients, &table, &[("BookingID", &booking.pnr.to_string())]).await;
    let now = kiosk.now();
    fill(clients, &table, rows, |nth| {
        let mut copy = owed.clone();
        copy.insert("BookingID".to_owned(), text(pnr(6_000_000_000, nth)));
        copy.insert("DueAt".to_owned(), text(moment(now - TimeDelta::minutes(minutes(nth)))));
        copy.remove("ListedOn");
        copy.remove("UserID");
        copy
    })
    .await;
}

/// Opens and closes a till, and has it as often as wanted, closed today one after the other.
pub async fn close_tills(clients: &Clients, agent: &Session, rows: usize) {
    let open = Request::OpenTill { op: new_op(), float: Paise::rupees(500) };
    let Ok(Reply::Till(till)) = agent.call(open).await else { panic!("it is opened") };
    let close =
        Request::CloseTill { op: new_op(), till: till.id, counted: Paise::rupees(500), movements: till.movements };
    agent.call(close).await.expect("it is closed");
    let table = Names::default().bookings;
    let kept = item(clients, &table, &[("BookingID", &format!("T#{}", till.id))]).await;
    fill(clients, &table, rows, |nth| {
        let mut copy = kept.clone();
        copy.insert("BookingID".to_owned(), text(format!("T#{}", Uuid::from_u128(nth as u128))));
        copy
    })
    .await;
}

/// Puts messages that were given up.
pub async fn give_up_messages(store: &Store, now: DateTime<Utc>, rows: usize) {
    for nth in 0..rows {
        let message = Notification {
            id: format!("{}-1", pnr(3_000_000_000, nth)).parse().expect("a notification"),
            event: Event::Booked,
            at: now,
            owed: [Channel::Sms].into(),
            attempts: 8,
            delivery: Delivery::Dead,
            due: now - TimeDelta::minutes(minutes(nth)),
            reason: Some("SNS cannot be reached".to_owned()),
        };
        store.owe(&message).await.expect("it is put");
    }
}

/// Publishes rules for one day after the other.
pub async fn publish_rules(store: &Store, now: DateTime<Utc>) {
    for number in 1..=EDITIONS {
        let from = railway_time(now).date() + Days::new(300 + u64::from(number));
        let text = format!("[[charts]]\nhours-before = {}\nsecond-minutes = 30\n", 2 + number % 7);
        let does = Does::Publish(Edition { number, kind: RuleKind::Charts, from, text });
        let op = OpId(Uuid::from_u128(number.into()));
        let entry = BookEntry { op, at: now, by: "agnes".to_owned(), does };
        store.add_rule_entry(number - 1, &entry).await.expect("nobody else adds one");
    }
}

/// Has the first of the copied bookings travel by a run, as its own is on the manifest, spread over its coaches. One of them
/// is for somebody with another name.
pub async fn travel(clients: &Clients, run: RunId, own: Pnr, bookings: usize, (rare, name): (usize, &str)) {
    let table = Names::default().runs();
    let entry = item(clients, &table, &[("RunID", &run.to_string()), ("Item", &format!("P#{own}"))]).await;
    fill(clients, &table, bookings.min(ON_THE_RUN), |nth| {
        let mut copy = entry.clone();
        copy.insert("Item".to_owned(), text(format!("P#{}", pnr(3_000_000_000, nth))));
        let places = (0..2).map(|of_two| berth(nth, of_two)).map(|(coach, number)| text(format!("{coach}-{number}")));
        copy.insert("Places".to_owned(), AttributeValue::L(places.collect()));
        if nth == rare {
            copy.insert("NamesLower".to_owned(), text(name.to_lowercase()));
        }
        copy
    })
    .await;
}

/// The berth of one of the two passengers of a copied booking: its coach and its number in it.
fn berth(nth: usize, of_two: usize) -> (String, usize) {
    (format!("B{}", nth % COACHES + 1), nth / COACHES % (BERTHS / 2) * 2 + of_two + 1)
}

/// Gives a copied booking its berths.
pub fn seat(booking: &mut Item, nth: usize) {
    for (of_two, booked) in inner_list(booking, "Passengers").iter_mut().enumerate() {
        let AttributeValue::M(booked) = booked else { panic!("a passenger has attributes") };
        let (coach, number) = berth(nth, of_two);
        let place = inner(inner(inner(booked, "Place"), "Berth"), "Berth");
        place.insert("Coach".to_owned(), text(coach));
        place.insert("Number".to_owned(), AttributeValue::N(number.to_string()));
    }
}

/// The attributes in one of these.
pub fn inner<'a>(item: &'a mut Item, name: &str) -> &'a mut Item {
    let Some(AttributeValue::M(inner)) = item.get_mut(name) else { panic!("{name} has attributes") };
    inner
}

/// The list in one of these.
pub fn inner_list<'a>(item: &'a mut Item, name: &str) -> &'a mut [AttributeValue] {
    let Some(AttributeValue::L(inner)) = item.get_mut(name) else { panic!("{name} is a list") };
    inner
}

/// Has the money of a booking as often as wanted, taken one after the other on a day.
pub async fn take_money(clients: &Clients, of: Pnr, now: DateTime<Utc>, rows: usize) {
    let table = Names::default().bookings;
    let taken = item(clients, &table, &[("BookingID", &format!("L#{of}#1"))]).await;
    let day = railway_time(now).date();
    fill(clients, &table, rows, |nth| {
        let mut copy = taken.clone();
        let sold = pnr(3_000_000_000, nth);
        copy.insert("BookingID".to_owned(), text(format!("L#{sold}#1")));
        copy.insert("PNR".to_owned(), text(sold));
        copy.insert("BookedAt".to_owned(), text(moment(now - TimeDelta::seconds(minutes(nth)))));
        copy.insert("BookedOn".to_owned(), text(format!("ledger#{day}#{}", nth % 16)));
        copy
    })
    .await;
}

/// What an account had booked with the application before.
pub async fn remember(clients: &Clients, session: &Session, rows: usize) {
    let own = own_id(session);
    fill(clients, &Names::default().bookings, rows, |nth| {
        HashMap::from([
            ("BookingID".to_owned(), text(format!("B-{nth}"))),
            ("UserID".to_owned(), text(format!("former#{own}"))),
            ("BookedAt".to_owned(), text(format!("2024-05-{:02}T10:00:00Z", 1 + nth % 28))),
            ("SchemaVersion".to_owned(), AttributeValue::N("1".to_owned())),
            (
                "Former".to_owned(),
                AttributeValue::M(HashMap::from([("BookingID".to_owned(), text(format!("B-{nth}")))])),
            ),
        ])
    })
    .await;
}

/// PNRs as the copied bookings have them.
pub fn pnr(first: u64, nth: usize) -> String {
    (first + nth as u64 * 7_919).to_string()
}

fn minutes(nth: usize) -> i64 {
    i64::try_from(nth).expect("some thousands")
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
