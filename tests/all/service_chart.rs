//! Charts and cancelled runs: what becomes of those who travel, and of those who cannot.

use std::process::{Command, Stdio};

use chrono::TimeDelta;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::booking::{Booking, BookingStatus, Deed, Place};
use kiosk::domain::inventory::Stage;
use kiosk::domain::money::Paise;
use kiosk::domain::time::instant;
use kiosk::domain::user::Role;
use kiosk::service::Kiosk;
use kiosk::service::request::{EventFilter, Failure, Reply, Request};
use tempfile::TempDir;

use crate::service_kit::{Stage as Set, best, book, current, hold, left, leg, order, run, small_train, whole};

/// The whole state of the run, as the store has it.
async fn stage_of(set: &Set) -> Stage {
    let train = std::sync::Arc::new(small_train());
    let read = set.world.store.run(run(), current(&train)).await.expect("it answers").expect("it runs");
    read.state.stage
}

async fn booked(set: &Set, berths: usize) -> Booking {
    let guest = set.guest();
    let held = hold(&guest, whole(), best(berths)).await.expect("free");
    let order = order(&guest, &held).await;
    let booking = book(&guest, &order).await.expect("it is booked");
    Booking::clone(&booking)
}

async fn now_of(set: &Set, booking: &Booking) -> Booking {
    set.world.store.booking(booking.pnr).await.expect("it answers").expect("it is there")
}

async fn cancel(kiosk: &Kiosk) -> Result<Reply, Failure> {
    kiosk.operator_session().call(Request::CancelRun { run: run() }).await
}

fn conserves(booking: &Booking) {
    let paid = booking.payment.as_ref().map_or(Paise::ZERO, |payment| payment.amount);
    let refunded: Paise = booking.refunds.iter().map(|refund| refund.quote.refunded).sum();
    let kept: Paise = booking.passengers.iter().filter(|p| p.place != Place::Cancelled).map(|p| p.fare).sum::<Paise>()
        + booking.refunds.iter().map(|refund| refund.quote.kept).sum::<Paise>();
    assert_eq!(paid, kept + refunded, "money is conserved on {}", booking.pnr);
}

#[tokio::test]
async fn a_cancelled_run_gives_everybody_all_their_money_and_sells_nothing_more() {
    let set = Set::new().await;
    let (pair, single) = (booked(&set, 2).await, booked(&set, 1).await);
    let buyer = set.guest();
    let held = hold(&buyer, whole(), best(1)).await.expect("free");
    let late = order(&buyer, &held).await;
    assert!(matches!(cancel(&set.kiosk).await, Ok(Reply::Done)));
    for booking in [&pair, &single] {
        let refunded = now_of(&set, booking).await;
        assert_eq!(refunded.status, BookingStatus::Cancelled);
        assert_eq!(refunded.kept(), Paise::ZERO, "nothing is kept");
        assert_eq!(refunded.history.last().map(|change| &change.what), Some(&Deed::TrainCancelled));
        conserves(&refunded);
    }
    assert!(book(&buyer, &late).await.is_err(), "a hold from before buys nothing");
    let newcomer = hold(&set.guest(), whole(), best(1)).await;
    assert!(newcomer.is_err(), "{newcomer:?}");
    assert_eq!(stage_of(&set).await, Stage::Cancelled);
    let before = now_of(&set, &pair).await;
    assert!(matches!(cancel(&set.kiosk).await, Ok(Reply::Done)), "it can be said again");
    assert_eq!(now_of(&set, &pair).await, before, "nobody is refunded twice");
}

#[tokio::test]
async fn a_hold_of_a_cancelled_run_can_be_given_back_by_whoever_does_not_know_yet() {
    let set = Set::new().await;
    let buyer = set.guest();
    let held = hold(&buyer, whole(), best(1)).await.expect("free");
    let elsewhere = set.other_kiosk(set.world.store.clone()).await;
    assert!(matches!(cancel(&elsewhere).await, Ok(Reply::Done)));
    let given_back = buyer.call(Request::Release { hold: held.id, run: held.run }).await;
    assert!(matches!(given_back, Ok(Reply::Done)), "{given_back:?}");
}

#[tokio::test]
async fn a_process_that_stops_amid_the_refunds_leaves_the_rest_to_another() {
    let set = Set::new().await;
    let bookings = [booked(&set, 1).await, booked(&set, 1).await, booked(&set, 1).await];
    // The first refund is written, and then nothing of this process arrives any more.
    let written = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let dying = set.world.with_faults(move |call: &Call| {
        let dead = written.load(std::sync::atomic::Ordering::SeqCst);
        if call.operation == "TransactWriteItems" {
            written.store(true, std::sync::atomic::Ordering::SeqCst);
        }
        dead.then_some(Fault::LoseRequest)
    });
    let kiosk = set.other_kiosk(dying).await;
    cancel(&kiosk).await.expect("the run is cancelled, and the rest stays due");
    let mut refunded = 0;
    for booking in &bookings {
        refunded += usize::from(now_of(&set, booking).await.status == BookingStatus::Cancelled);
    }
    assert_eq!(refunded, 1, "it stopped in the middle");
    set.advance(TimeDelta::minutes(2));
    set.kiosk.work_once().await;
    for booking in &bookings {
        let booking = now_of(&set, booking).await;
        assert_eq!((booking.status, booking.refunds.len()), (BookingStatus::Cancelled, 1));
        conserves(&booking);
    }
}

#[tokio::test]
async fn only_an_administrator_cancels_a_run_and_an_agent_prints_its_chart() {
    let set = Set::new().await;
    let agent = set.agent().await;
    let refused = agent.call(Request::CancelRun { run: run() }).await;
    assert!(matches!(refused, Err(Failure::NotAllowed { needs: Role::Administrator })), "{refused:?}");
    let printed = agent.call(Request::Chart { run: run(), coach: None }).await;
    assert!(matches!(printed, Ok(Reply::Chart(_))), "{printed:?}");
    let guest = set.guest().call(Request::Chart { run: run(), coach: None }).await;
    assert!(guest.is_err(), "who travels is nobody else's business");
}

#[tokio::test]
async fn a_chart_says_who_lies_where_and_what_is_vacant() {
    let set = Set::new().await;
    let booking = booked(&set, 3).await;
    let agent = set.agent().await;
    let guest = set.guest();
    let held = hold(&guest, leg(0, 2), best(1)).await.expect("free");
    let part = order(&guest, &held).await;
    let part = book(&guest, &part).await.expect("it is booked");
    let reply = agent.call(Request::Chart { run: run(), coach: None }).await;
    let Ok(Reply::Chart(document)) = reply else { panic!("{reply:?}") };
    assert_eq!(document.name, "chart-12951-2026-12-05.pdf");
    let text = text_of(&document.bytes);
    for booked in &booking.passengers {
        let berth = booked.place.berth().expect("a berth");
        let own =
            |line: &&str| line.contains(booked.passenger.name.as_str()) && line.contains(&booking.pnr.to_string());
        let line = text.lines().find(own);
        let line = line.unwrap_or_else(|| panic!("{} is not on the chart:\n{text}", booked.passenger.name));
        assert!(line.contains("MMCT – NDLS"), "{line}");
        assert!(line.trim_start().starts_with(&format!("{} {}", berth.berth.number, berth.kind)), "{line}");
    }
    assert!(text.contains("MMCT – ST"), "{text}");
    let vacated = part.passengers[0].place.berth().expect("a berth").berth;
    assert!(text.contains(&format!("{} ST – NDLS", vacated.number)), "{text}");
    assert!(text.contains("Preliminary list"), "{text}");
    assert_eq!(text.matches("Vacant throughout").count(), 3, "a page for each coach");
    let one = agent.call(Request::Chart { run: run(), coach: Some(small_train().coaches()[0].id()) }).await;
    let Ok(Reply::Chart(one)) = one else { panic!("{one:?}") };
    assert_eq!(text_of(&one.bytes).matches("Vacant throughout").count(), 1);
}

#[tokio::test]
async fn charts_are_made_when_they_are_due_and_by_one_process() {
    let set = Set::new().await;
    let booking = booked(&set, 1).await;
    let other = set.other_kiosk(set.world.store.clone()).await;
    set.kiosk.work_once().await;
    assert_eq!(stage_of(&set).await, Stage::Open, "days before");
    // The Rajdhani leaves at 17:00: its first chart is made ten hours before.
    let departs = instant(booking.from.at);
    set.clock.set(departs - TimeDelta::hours(10) - TimeDelta::seconds(1));
    set.kiosk.work_once().await;
    assert_eq!(stage_of(&set).await, Stage::Open, "a second before");
    set.advance(TimeDelta::seconds(1));
    tokio::join!(set.kiosk.work_once(), other.work_once());
    assert_eq!(stage_of(&set).await, Stage::FirstChart);
    assert!(hold(&set.guest(), whole(), best(1)).await.is_ok(), "what is left is sold to whoever comes");
    set.clock.set(departs - TimeDelta::minutes(30));
    tokio::join!(other.work_once(), set.kiosk.work_once());
    assert_eq!(stage_of(&set).await, Stage::FinalChart);
    assert!(hold(&set.guest(), whole(), best(1)).await.is_err(), "sales are over");
    let after = now_of(&set, &booking).await;
    assert_eq!(after, booking, "who had a berth keeps it");
    let again = stage_of(&set).await;
    set.kiosk.work_once().await;
    assert_eq!(stage_of(&set).await, again);
}

#[tokio::test]
async fn what_is_recorded_are_charts_that_were_made() {
    let set = Set::new().await;
    let booking = booked(&set, 1).await;
    let adam = set.kiosk.operator_session();
    let make = async || match adam.call(Request::MakeChart { run: run() }).await {
        Ok(Reply::Charted(charts)) => charts.stage,
        other => panic!("{other:?}"),
    };
    assert_eq!(make().await, Stage::Open, "days before");
    set.clock.set(instant(booking.from.at) - TimeDelta::hours(9));
    assert_eq!((make().await, make().await), (Stage::FirstChart, Stage::FirstChart));
    set.kiosk.settle().await;
    let mut made = Vec::new();
    for day in ["2026-12-01", "2026-12-05"] {
        let day = day.parse().expect("a day");
        let asked = Request::Events { day, filter: EventFilter::default(), after: None };
        let Ok(Reply::Events { page, .. }) = adam.call(asked).await else { panic!("they may be seen") };
        made.extend(page.into_iter().filter(|line| line.event.action == "run.chart").map(|line| line.event.note));
    }
    assert_eq!(made, [Some("first".to_owned())]);
}

#[tokio::test]
async fn a_chart_that_was_begun_is_finished_by_another_process() {
    let set = Set::new().await;
    let booking = booked(&set, 1).await;
    set.clock.set(instant(booking.from.at) - TimeDelta::hours(9));
    // Its lease is taken, the first queue is frozen, and then the process is gone.
    let count = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let dying = set.world.with_faults(move |call: &Call| {
        let writes = call.operation == "UpdateItem";
        (writes && count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) >= 2).then_some(Fault::LoseRequest)
    });
    set.other_kiosk(dying).await.work_once().await;
    assert_eq!(stage_of(&set).await, Stage::Open);
    set.kiosk.work_once().await;
    assert_eq!(stage_of(&set).await, Stage::Open, "the lease of the one that is gone still counts");
    set.advance(TimeDelta::minutes(2));
    set.kiosk.work_once().await;
    assert_eq!(stage_of(&set).await, Stage::FirstChart);
    assert_eq!(left(&set, whole()).await, 7);
}

fn text_of(pdf: &[u8]) -> String {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("chart.pdf");
    std::fs::write(&file, pdf).expect("it is written");
    let out = Command::new("pdftotext")
        .args(["-layout", &file.display().to_string(), "-"])
        .stdin(Stdio::null())
        .output()
        .expect("poppler-utils is installed");
    String::from_utf8(out.stdout).expect("text")
}
