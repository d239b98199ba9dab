//! A run whose times are changed while something else goes wrong: what cannot be read, passes that overtake each other, and
//! changes that meet at a booking.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::booking::Deed;
use kiosk::domain::delay::news;
use kiosk::domain::inventory::Stage as ChartStage;
use kiosk::domain::quota::Quota;
use kiosk::domain::time::instant;
use kiosk::domain::user::Role;
use kiosk::service::request::{Reply, Request, RunDelay};
use tokio::sync::Notify;

use crate::service_delay::{asked, at, delayed, delays, is_clean, offers, sold, state, stored, tried};
use crate::service_kit::{Stage, best, book, booked, hold, new_op, order, run, station, terminal, whole};

/// Marks an item as a newer Kiosk's, which this one cannot read.
pub async fn make_unreadable(stage: &Stage, table: &str, key: &[(&str, String)]) {
    let mut update = stage.world.clients.dynamodb.update_item().table_name(table);
    for (name, value) in key {
        update = update.key(*name, AttributeValue::S(value.clone()));
    }
    let update = update.update_expression("SET SchemaVersion = :newer");
    let update = update.expression_attribute_values(":newer", AttributeValue::N("99".to_owned()));
    update.send().await.expect("it is changed");
}

fn search() -> Request {
    let (from, to) = (vec![station("MMCT")], vec![station("NDLS")]);
    Request::Search { from, to, date: run().date, quota: Quota::General }
}

#[tokio::test]
async fn searches_and_boards_read_nothing_for_a_late_run() {
    let stage = Stage::new().await;
    sold(&stage.guest(), 0, 5).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let counted = stage.world.with_faults(move |_: &Call| {
        count.fetch_add(1, Ordering::SeqCst);
        None
    });
    let other = stage.other_kiosk(counted).await;
    delayed(&stage.kiosk, (0, 600)).await.expect("it can be");
    stage.advance(TimeDelta::seconds(6));
    other.poll_once().await;
    let session = other.open_session(terminal("HALL-1"));
    let before = sent.load(Ordering::SeqCst);
    let found = offers(&session, search()).await;
    assert_eq!(found[0].1, "2026-12-06 03:00:00");
    let board = offers(&session, Request::Departures { station: station("MMCT"), limit: 50 }).await;
    assert!(board.contains(&found[0]), "{board:?}");
    assert_eq!(sent.load(Ordering::SeqCst), before);
}

#[tokio::test]
async fn a_late_run_that_cannot_be_read_keeps_no_kiosk_from_starting() {
    let stage = Stage::new().await;
    sold(&stage.guest(), 0, 5).await;
    let running = stage.other_kiosk(stage.world.store.clone()).await;
    delayed(&stage.kiosk, (0, 600)).await.expect("it can be");
    let key = [("RunID", run().to_string()), ("Item", "#run".to_owned())];
    make_unreadable(&stage, &stage.world.names.runs(), &key).await;
    stage.advance(TimeDelta::seconds(6));
    running.poll_once().await;
    for kiosk in [running, stage.other_kiosk(stage.world.store.clone()).await] {
        let found = offers(&kiosk.open_session(terminal("HALL-1")), search()).await;
        assert_eq!(found[0].1, "2026-12-05 17:00:00", "by its timetable");
    }
}

#[tokio::test]
async fn a_booking_that_cannot_be_read_keeps_nobody_from_being_told_and_no_chart_from_being_made() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let (broken, other) = (sold(&guest, 0, 5).await, sold(&guest, 0, 5).await);
    make_unreadable(&stage, &stage.world.names.bookings, &[("BookingID", broken.pnr.to_string())]).await;
    let trial = tried(&stage.kiosk, (0, 200)).await.expect("the others are counted");
    assert_eq!((trial.told, trial.free, trial.unreadable), (1, 1, 1));
    let reply = stage.kiosk.operator_session().call(asked(new_op(), (0, 200), 0)).await;
    assert!(matches!(reply, Ok(Reply::Done)), "{reply:?}");
    assert_eq!(stored(&stage, &other).await.from.at, at("2026-12-05T20:20:00"));
    stage.clock.set(instant(at("2026-12-05T16:45:00")));
    stage.kiosk.work_once().await;
    assert_eq!(state(&stage).await.stage, ChartStage::FinalChart);
}

#[tokio::test]
async fn a_run_is_looked_through_again_after_it_was_listed_however_late_that_was() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let order = order(&guest, &held).await;
    // The times are changed, and the process is gone before it has listed the run.
    let dying = stage
        .world
        .with_faults(|call: &Call| (call.operation == "UpdateItem" && call.nth > 1).then_some(Fault::LoseRequest));
    let dying = stage.other_kiosk(dying).await;
    let reply = dying.operator_session().call(asked(new_op(), (0, 200), 0)).await;
    assert!(matches!(reply, Ok(Reply::Done)), "{reply:?}");
    assert!(stage.world.store.catalogue_mark().await.expect("it answers").changed.is_empty());
    stage.advance(TimeDelta::minutes(3));
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    other.work_once().await;
    let booking = book(&guest, &order).await.expect("its berths are held");
    assert_eq!(booking.from.at, at("2026-12-05T17:00:00"), "this process did not know yet");
    stage.advance(TimeDelta::minutes(3));
    other.work_once().await;
    let after = stored(&stage, &booking).await;
    assert_eq!((after.from.at, delays(&after).len()), (at("2026-12-05T20:20:00"), 1));
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_pass_that_outlives_its_lease_puts_no_older_times_back() {
    let stage = Stage::new().await;
    let booking = sold(&stage.guest(), 0, 5).await;
    let (meeting, arrived, armed) = (Meeting::of(2), Arc::new(Notify::new()), AtomicBool::new(true));
    let (on, signal) = (meeting.clone(), Arc::clone(&arrived));
    let slow = stage.world.with_faults(move |call: &Call| {
        let waits = call.operation == "TransactWriteItems" && armed.swap(false, Ordering::SeqCst);
        waits.then(|| {
            signal.notify_one();
            Fault::Meet(on.clone())
        })
    });
    let slow = stage.other_kiosk(slow).await.operator_session();
    let overtaken = async {
        arrived.notified().await;
        stage.advance(TimeDelta::minutes(2));
        delayed(&stage.kiosk, (0, 60)).await.expect("it can be");
        meeting.come().await;
    };
    let (reply, ()) = tokio::join!(slow.call(asked(new_op(), (0, 200), 0)), overtaken);
    assert!(matches!(reply, Ok(Reply::Done)), "{reply:?}");
    let after = stored(&stage, &booking).await;
    assert_eq!((after.from.at, delays(&after).len()), (at("2026-12-05T18:00:00"), 1), "{after:?}");
    is_clean(&stage).await;
}

#[tokio::test]
async fn whoever_moves_their_boarding_is_not_told_what_holds_at_the_halt_before() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let booking = sold(&tara, 0, 5).await;
    for times in [(0, 200), (3, 130)] {
        delayed(&stage.kiosk, times).await.expect("it can be");
    }
    let told = stored(&stage, &booking).await;
    assert!(news(&told).expect("it was moved").gives_all_back);
    let move_to = Request::ChangeBoarding { op: new_op(), pnr: booking.pnr, station: station("BRC") };
    let moved = booked(tara.call(move_to).await).expect("she may");
    assert_eq!((moved.boards().at, news(&moved)), (at("2026-12-05T23:26:00"), None));
    delayed(&stage.kiosk, (3, 150)).await.expect("it can be");
    let after = stored(&stage, &booking).await;
    assert_eq!(news(&after).map(|news| (news.later, news.gives_all_back)), Some((150, false)));
}

#[tokio::test]
async fn of_two_changes_people_are_told_why_where_they_board() {
    let stage = Stage::new().await;
    let booking = sold(&stage.guest(), 0, 5).await;
    // Nobody is told of the first before the second is made.
    let dying =
        stage.world.with_faults(|call: &Call| (call.operation == "TransactWriteItems").then_some(Fault::LoseRequest));
    let dying = stage.other_kiosk(dying).await.operator_session();
    for (based_on, times, why) in [(0, (0, 60), "fog at Surat"), (1, (3, 90), "a signal failed")] {
        let Request::DelayRun(RunDelay { op, run, new, .. }) = asked(new_op(), times, based_on) else {
            panic!("it is one")
        };
        let reply = dying.call(Request::DelayRun(RunDelay { op, run, new, reason: why.to_owned(), based_on })).await;
        assert!(matches!(reply, Ok(Reply::Done)), "{reply:?}");
    }
    stage.advance(TimeDelta::minutes(2));
    stage.kiosk.work_once().await;
    let after = stored(&stage, &booking).await;
    let [Deed::Delayed { later: 60, reason, .. }] = delays(&after)[..] else { panic!("{after:?}") };
    assert_eq!(reason, "fog at Surat");
}
