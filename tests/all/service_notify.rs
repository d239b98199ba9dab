//! Notifications: who is told what, by which ways, and that a booking knows nothing of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;
use data_encoding::BASE64;
use kiosk::domain::booking::Booking;
use kiosk::domain::delay::NewTimes;
use kiosk::domain::notification::Delivery;
use kiosk::domain::time::instant;
use kiosk::domain::user::{Email, Role};
use kiosk::service::request::{Reply, Request, RunDelay};
use kiosk::service::{AuditScope, Backlog, Depth, Notifications, Receipts, Session, Settings};
use kiosk::store::Store;
use serde_json::Value;

use crate::meter::{Detail, Meter};
use crate::post_office::{PostOffice, Sent};
use crate::service_kit::{
    Stage, anything, best, book, booked, cash, hold, new_op, order, run, settings, terminal, whole,
};
use crate::world::patience;

/// Berths of the general quota of 3A on the mixed train, and passengers who share one.
const BERTHS: usize = 13;
const SHARING: usize = 2;

pub fn everything() -> Notifications {
    let sender = Some(Email::parse("tickets@example.in").expect("an address"));
    Notifications { function: Some("send-booking-notification".to_owned()), sender, sms: true }
}

pub fn function_alone() -> Notifications {
    Notifications { function: Some("send-booking-notification".to_owned()), ..Notifications::default() }
}

pub fn told_by(notifications: Notifications) -> Settings {
    Settings { notifications, receipts: Receipts::WhenAsked, ..settings() }
}

/// Buys a berth of 2A from end to end.
pub async fn buy(session: &Session) -> Arc<Booking> {
    let held = hold(session, whole(), best(1)).await.expect("free");
    let order = order(session, &held).await;
    book(session, &order).await.expect("it is booked")
}

/// What the function was told, by PNR.
fn events(sent: &[Sent]) -> BTreeMap<String, BTreeSet<String>> {
    let mut events: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for one in sent {
        let Sent::Function { payload, .. } = one else { panic!("{one:?} is for another channel") };
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        events.entry(text(&payload["Booking"]["PNR"])).or_default().insert(text(&payload["Event"]));
    }
    events
}

fn are(events: &BTreeMap<String, BTreeSet<String>>, booking: &Booking, expected: &[&str]) {
    let told = events.get(&booking.pnr.to_string()).cloned().unwrap_or_default();
    let expected: BTreeSet<String> = expected.iter().map(|event| (*event).to_owned()).collect();
    assert_eq!(told, expected, "of {}", booking.pnr);
}

async fn cancel(session: &Session, booking: &Booking) {
    let quote = Request::QuoteCancel { pnr: booking.pnr, passengers: vec![0], waiver: None };
    let Ok(Reply::Quote(quote)) = session.call(quote).await else { panic!("they may cancel") };
    booked(session.call(Request::Cancel { op: new_op(), pnr: booking.pnr, quote }).await).expect("the quote is good");
}

#[tokio::test]
async fn whoever_books_is_told_once_by_every_channel() {
    let office = PostOffice::open().await;
    let stage = Stage::with(told_by(everything())).await;
    let booking = buy(&stage.signed_in("anita", Role::Traveller).await).await;
    let pnr = booking.pnr;
    assert_eq!(stage.kiosk.notification_backlog().await, Ok(Backlog { waiting: 1, dead: 0 }));
    assert!(office.take().is_empty(), "nobody waits for it with the booking");

    // Another process finds it: the one that sold it may be gone.
    let other = office.kiosk(&stage).await;
    other.deliver_once().await;
    let sent = office.take();
    let [Sent::Function { function, kind, payload }, Sent::Email { from, to, mime }, Sent::Sms { to: number, text }] =
        sent.as_slice()
    else {
        panic!("{sent:?}")
    };
    assert_eq!((function.as_str(), kind.as_str()), ("send-booking-notification", "Event"));
    assert_eq!(payload["NotificationID"], format!("{pnr}-1"));
    assert_eq!(payload["Contact"]["Email"], "anita@example.in");
    assert_eq!(payload["Contact"]["Phone"], "+919810012345");
    assert_eq!((from.as_str(), to.as_slice()), ("tickets@example.in", &["anita@example.in".to_owned()][..]));
    assert!(mime.contains(&format!("Message-ID: <{pnr}-1@example.in>")), "{mime}");
    let receipt = mime.split("application/pdf").nth(1).expect("an attachment");
    let (_, receipt) = receipt.split_once("\r\n\r\n").expect("a head");
    let receipt: String = receipt.split("\r\n--").next().expect("it ends").split_whitespace().collect();
    let receipt = BASE64.decode(receipt.as_bytes()).expect("base64");
    let Ok(Reply::Receipt(own)) = stage.kiosk.operator_session().call(Request::Receipt { pnr }).await else { panic!() };
    assert_eq!(receipt, own.bytes.to_vec(), "it is the receipt of this booking");
    assert_eq!(number, "+919810012345");
    assert!(text.starts_with(&format!("Booked: PNR {}, train 12951", pnr.spoken())), "{text}");

    other.deliver_once().await;
    assert!(office.take().is_empty(), "once is enough");
    assert_eq!(stage.kiosk.notification_backlog().await, Ok(Backlog::default()));
}

#[tokio::test]
async fn whoever_moves_up_or_gives_up_or_is_dropped_is_told() {
    let office = PostOffice::open().await;
    let stage = Stage::mixed_with(told_by(function_alone())).await;
    let other = office.kiosk(&stage).await;
    let agent = stage.agent().await;
    let mut sold = Vec::new();
    for _ in 0..=(BERTHS + SHARING) {
        sold.push(anything().buy(&agent, 1).await.expect("there is something"));
    }
    cancel(&agent, &sold[0]).await;
    stage.kiosk.settle().await;
    other.deliver_once().await;
    let told = events(&office.take());
    are(&told, &sold[0], &["Booked", "Cancelled"]);
    are(&told, &sold[1], &["Booked"]);
    are(&told, &sold[BERTHS], &["Booked", "Promoted"]);
    are(&told, &sold[BERTHS + SHARING], &["Booked", "Promoted"]);

    // More than the berths of other quotas, which the chart makes everybody's.
    let mut late = anything().buy(&agent, 1).await.expect("there is room on the list");
    for _ in 0..4 {
        late = anything().buy(&agent, 1).await.expect("there is room on the list");
    }
    stage.clock.set(instant(late.from.at) - TimeDelta::hours(9));
    stage.kiosk.work_once().await;
    stage.kiosk.settle().await;
    other.deliver_once().await;
    let sent = office.take();
    are(&events(&sent), &late, &["Booked", "Dropped"]);
    let dropped = sent.iter().find_map(|one| match one {
        Sent::Function { payload, .. } if payload["Event"] == "Dropped" => Some(payload),
        _ => None,
    });
    let dropped = dropped.expect("it was sent");
    assert_eq!(dropped["Booking"]["Passengers"][0]["Place"], "CAN");
    assert!(dropped["Booking"]["RefundedPaise"].as_i64() > Some(0), "{dropped}");
}

#[tokio::test]
async fn everybody_on_a_train_that_does_not_go_is_told() {
    let office = PostOffice::open().await;
    let stage = Stage::with(told_by(function_alone())).await;
    let guest = stage.guest();
    let (one, other) = (buy(&guest).await, buy(&guest).await);
    let cancelled = stage.kiosk.operator_session().call(Request::CancelRun { run: run() }).await;
    assert!(matches!(cancelled, Ok(Reply::Done)), "{cancelled:?}");
    office.kiosk(&stage).await.deliver_once().await;
    let told = events(&office.take());
    for booking in [one, other] {
        are(&told, &booking, &["Booked", "TrainCancelled"]);
    }
}

#[tokio::test]
async fn everybody_whose_train_leaves_at_another_time_is_told_once_for_each_change() {
    let office = PostOffice::open().await;
    let stage = Stage::with(told_by(function_alone())).await;
    let other = office.kiosk(&stage).await;
    let guest = stage.guest();
    let one = buy(&guest).await;
    let held = hold(&guest, crate::service_kit::leg(0, 2), best(1)).await.expect("free");
    let near = book(&guest, &order(&guest, &held).await).await.expect("it is booked");
    stage.kiosk.settle().await;
    other.deliver_once().await;
    office.take();
    let change = async |from, minutes, based_on| {
        let new = NewTimes { from, minutes };
        let request =
            Request::DelayRun(RunDelay { op: new_op(), run: run(), new, reason: "fog at Surat".to_owned(), based_on });
        let reply = stage.kiosk.operator_session().call(request).await;
        assert!(matches!(reply, Ok(Reply::Done)), "{reply:?}");
        // The duty looks once more for what was being sold.
        stage.advance(TimeDelta::minutes(3));
        stage.kiosk.work_once().await;
        stage.kiosk.settle().await;
        other.deliver_once().await;
        let sent = office.take();
        let told = |one: &Sent| match one {
            Sent::Function { payload, .. } => {
                let pnr = payload["Booking"]["PNR"].as_str().expect("a PNR").to_owned();
                (pnr, payload["Event"].clone(), payload["Booking"]["Delay"]["Was"].clone())
            }
            other => panic!("{other:?}"),
        };
        let mut told: Vec<_> = sent.iter().map(told).collect();
        told.sort_by(|one, other| one.0.cmp(&other.0));
        told
    };
    let expected = |bookings: &[&Booking], was: &str| {
        let mut all: Vec<_> =
            bookings.iter().map(|booking| (booking.pnr.to_string(), "Delayed".into(), was.into())).collect();
        all.sort_by(|one: &(String, Value, Value), other| one.0.cmp(&other.0));
        all
    };
    assert_eq!(change(0, 30, 0).await, expected(&[&one, &near], "2026-12-05T17:00:00"));
    assert_eq!(change(2, 60, 1).await, [], "both board before that");
    assert_eq!(change(0, 200, 2).await, expected(&[&one, &near], "2026-12-05T17:30:00"));
}

#[tokio::test]
async fn a_slip_is_nothing_to_tell_of_until_it_is_paid() {
    let office = PostOffice::open().await;
    let stage = Stage::with(told_by(function_alone())).await;
    let other = office.kiosk(&stage).await;
    let (guest, agent) = (stage.guest(), stage.agent().await);
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let order = order(&guest, &held).await;
    let slip = booked(guest.call(Request::Reserve { op: new_op(), order }).await).expect("reserved");
    other.deliver_once().await;
    assert!(office.take().is_empty());
    let pay = Request::PaySlip { op: new_op(), pnr: slip.pnr, payment: cash() };
    booked(agent.call(pay).await).expect("paid");
    other.deliver_once().await;
    are(&events(&office.take()), &slip, &["Booked"]);
}

#[tokio::test]
async fn what_is_made_at_a_counter_is_not_mailed_to_the_agent() {
    let office = PostOffice::open().await;
    let stage = Stage::with(told_by(everything())).await;
    buy(&stage.agent().await).await;
    office.kiosk(&stage).await.deliver_once().await;
    let sent = office.take();
    let [Sent::Function { payload, .. }, Sent::Sms { .. }] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(payload["Contact"]["Email"], Value::Null);
    assert_eq!(stage.kiosk.notification_backlog().await, Ok(Backlog::default()), "nobody to mail is no failure");
}

/// The requests of one booking.
async fn cost(notifications: Notifications) -> BTreeMap<String, usize> {
    let stage = Stage::with(told_by(notifications)).await;
    let meter = Meter::new(Detail::Capacity);
    let clients = meter.on(stage.world.clients.clone());
    let kiosk = stage.other_kiosk(Store::with_patience(clients, stage.world.names.clone(), patience())).await;
    let session = kiosk.open_session(terminal("HALL-1"));
    buy(&session).await;
    kiosk.settle().await;
    meter.take();
    buy(&session).await;
    kiosk.settle().await;
    meter.take().into_iter().map(|(kind, tally)| (kind, tally.requests)).collect()
}

#[tokio::test]
async fn a_booking_is_one_item_more_in_its_transaction_and_without_a_channel_not_even_that() {
    let (without, with) = (cost(Notifications::default()).await, cost(everything()).await);
    assert_eq!(without.get("TransactWriteItems of 4"), Some(&1));
    let mut expected = without;
    expected.remove("TransactWriteItems of 4");
    expected.insert("TransactWriteItems of 5".to_owned(), 1);
    assert_eq!(with, expected);
}

#[tokio::test]
async fn what_waits_in_the_outbox_is_no_booking() {
    let stage = Stage::with(told_by(everything())).await;
    let anita = stage.signed_in("anita", Role::Traveller).await;
    let booking = buy(&anita).await;
    stage.kiosk.settle().await;
    assert_eq!(stage.world.store.count_notifications(Delivery::Waiting).await, Ok(1));
    let all = stage.world.store.all_bookings(None).await.expect("it answers");
    assert_eq!((all.bookings, all.unreadable), (vec![Booking::clone(&booking)], Vec::new()));
    let Ok(Reply::Bookings { page, .. }) = anita
        .call(Request::MyBookings { filter: kiosk::domain::journeys::JourneyFilter::default(), after: None })
        .await
    else {
        panic!()
    };
    assert_eq!(page.len(), 1);
    let report = stage.kiosk.audit(AuditScope::All, Depth::Bookings, |_, _, _| {}).await.expect("it answers");
    assert_eq!((report.findings.len(), report.bookings), (0, 1));
}
