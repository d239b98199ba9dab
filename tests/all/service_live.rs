//! Live counts: what one session does another sees, in this process at once and from other processes within the poll.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use futures_util::FutureExt;
use kiosk::aws::fault::Call;
use kiosk::domain::coach::Class;
use kiosk::domain::quota::Quota;
use kiosk::service::request::Choice;
use kiosk::service::{Attention, RunWatch};

use crate::service_kit::{Stage, best, book, hold, order, release, run, terminal, whole};

/// How many berths of 2A a watch shows; it must have something new.
fn news(stage: &Stage, watch: &mut RunWatch) -> usize {
    let run = watch.changed().now_or_never().expect("there is something new").expect("the kiosk is open");
    run.available(Class::SecondAc, Quota::General, whole(), stage.kiosk.now()).expect("it carries 2A")
}

fn has_no_news(watch: &mut RunWatch) -> bool {
    watch.changed().now_or_never().is_none()
}

#[tokio::test]
async fn a_hold_in_one_session_is_seen_in_another_at_once() {
    let stage = Stage::new().await;
    let (anita, dev) = (stage.guest(), stage.guest());
    let mut watch = dev.watch(run(), Attention::Focus);
    stage.kiosk.poll_once().await;
    assert_eq!(news(&stage, &mut watch), 8);
    let held = hold(&anita, whole(), best(2)).await.expect("free");
    assert_eq!(news(&stage, &mut watch), 6);
    release(&anita, &held).await;
    assert_eq!(news(&stage, &mut watch), 8);
    assert!(has_no_news(&mut watch));
    hold(&anita, whole(), best(5)).await.expect("free");
    stage.kiosk.settle().await;
    assert_eq!(news(&stage, &mut watch), 3, "after a transaction the coaches are read again");
}

#[tokio::test]
async fn a_second_watch_begins_with_what_is_known() {
    let stage = Stage::new().await;
    let session = stage.guest();
    let mut first = session.watch(run(), Attention::Listed);
    assert!(has_no_news(&mut first), "nothing is known before the run was read");
    stage.kiosk.poll_once().await;
    assert_eq!(news(&stage, &mut first), 8);
    let mut second = session.watch(run(), Attention::Focus);
    assert_eq!(news(&stage, &mut second), 8);
    assert!(has_no_news(&mut first));
}

#[tokio::test]
async fn another_process_is_seen_within_a_second_in_focus_and_five_in_a_list() {
    let stage = Stage::new().await;
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    let (near, far) = (stage.guest(), other.open_session(terminal("MMCT-01")));
    for (attention, after) in [(Attention::Focus, 1), (Attention::Listed, 5)] {
        let mut watch = near.watch(run(), attention);
        stage.kiosk.poll_once().await;
        let before = news(&stage, &mut watch);
        hold(&far, whole(), best(1)).await.expect("free");
        other.settle().await;
        stage.advance(TimeDelta::seconds(after) - TimeDelta::milliseconds(200));
        stage.kiosk.poll_once().await;
        assert!(has_no_news(&mut watch), "not looked at yet: {attention:?}");
        stage.advance(TimeDelta::milliseconds(200));
        stage.kiosk.poll_once().await;
        assert_eq!(news(&stage, &mut watch), before - 1, "{attention:?}");
        drop(watch);
    }
}

#[tokio::test]
async fn a_run_is_looked_at_every_second_however_long_a_look_takes_and_however_late_it_was() {
    let stage = Stage::new().await;
    let clock = Arc::clone(&stage.clock);
    let slow = stage.world.with_faults(move |_: &Call| {
        clock.advance(TimeDelta::milliseconds(30));
        None
    });
    let (near, far) = (stage.other_kiosk(slow).await, stage.agent().await);
    let mut watch = near.watch(run(), Attention::Focus);
    let begun = stage.kiosk.now();
    near.poll_once().await;
    assert_eq!(news(&stage, &mut watch), 8);
    // As the ticks of a busy machine come.
    for (left, milliseconds) in [(7, 1_000), (6, 2_005), (5, 3_000)] {
        hold(&far, whole(), best(1)).await.expect("free");
        stage.kiosk.settle().await;
        stage.clock.set(begun + TimeDelta::milliseconds(milliseconds));
        near.poll_once().await;
        assert_eq!(news(&stage, &mut watch), left);
    }
}

#[tokio::test]
async fn nobody_is_told_that_nothing_is_left_from_something_old() {
    let stage = Stage::new().await;
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    let (near, far) = (stage.guest(), other.open_session(terminal("MMCT-01")));
    let six = hold(&far, whole(), best(6)).await.expect("free");
    let two = hold(&far, whole(), best(2)).await.expect("free");
    let mut watch = near.watch(run(), Attention::Focus);
    stage.kiosk.poll_once().await;
    assert_eq!(news(&stage, &mut watch), 0);
    release(&far, &two).await;
    assert!(has_no_news(&mut watch), "this process does not know yet");
    hold(&near, whole(), best(2)).await.expect("they were given back");
    release(&far, &six).await;
    let chosen = six.berths()[0];
    hold(&near, whole(), Choice::Berths(vec![chosen])).await.expect("it was given back");
}

#[tokio::test]
async fn a_hint_that_was_lost_costs_half_a_minute() {
    let stage = Stage::new().await;
    let lossy = stage.world.with_faults(|call: &Call| {
        // The first update is the hold, the second its hint.
        (call.operation == "UpdateItem" && call.nth > 1).then_some(kiosk::aws::fault::Fault::LoseRequest)
    });
    let other = stage.other_kiosk(lossy).await;
    let (near, far) = (stage.guest(), other.open_session(terminal("MMCT-01")));
    let mut watch = near.watch(run(), Attention::Focus);
    stage.kiosk.poll_once().await;
    assert_eq!(news(&stage, &mut watch), 8);
    hold(&far, whole(), best(1)).await.expect("free");
    other.settle().await;
    stage.advance(TimeDelta::seconds(29));
    stage.kiosk.poll_once().await;
    assert!(has_no_news(&mut watch));
    stage.advance(TimeDelta::seconds(1));
    stage.kiosk.poll_once().await;
    assert_eq!(news(&stage, &mut watch), 7);
}

#[tokio::test]
async fn nothing_is_asked_for_runs_that_nobody_watches() {
    let stage = Stage::new().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let store = stage.world.with_faults(move |call: &Call| {
        if call.operation != "GetItem" {
            count.fetch_add(1, Ordering::SeqCst);
        }
        None
    });
    let kiosk = stage.other_kiosk(store).await;
    let session = kiosk.open_session(terminal("HALL-1"));
    let requests = || asked.swap(0, Ordering::SeqCst);
    requests();
    let watch = session.watch(run(), Attention::Focus);
    kiosk.poll_once().await;
    assert_eq!(requests(), 1, "one query reads the run");
    stage.advance(TimeDelta::seconds(1));
    kiosk.poll_once().await;
    assert_eq!(requests(), 1, "its hint has not moved");
    drop(watch);
    stage.advance(TimeDelta::seconds(60));
    kiosk.poll_once().await;
    assert_eq!(requests(), 0);
}

#[tokio::test]
async fn a_run_that_nobody_knows_stays_silent_and_is_asked_for_as_seldom_as_any() {
    let stage = Stage::new().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let store = stage.world.with_faults(move |call: &Call| {
        count.fetch_add(usize::from(call.operation == "Query"), Ordering::SeqCst);
        None
    });
    let kiosk = stage.other_kiosk(store).await;
    let mut watch = kiosk.watch("99999#2026-12-05".parse().expect("a run"), Attention::Listed);
    for seconds in [0, 1, 4] {
        stage.advance(TimeDelta::seconds(seconds));
        kiosk.poll_once().await;
    }
    assert!(has_no_news(&mut watch));
    assert_eq!(asked.load(Ordering::SeqCst), 2, "at once, and after five seconds");
}

#[tokio::test]
async fn the_common_booking_is_one_read_and_two_writes_beside_hints_and_records() {
    let stage = Stage::new().await;
    // The run's first hold also settles its plan.
    hold(&stage.guest(), whole(), best(1)).await.expect("free");
    stage.kiosk.settle().await;
    let calls = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = Arc::clone(&calls);
    let store = stage.world.with_faults(move |call: &Call| {
        log.lock().expect("nothing panics while it is held").push(call.operation.clone());
        None
    });
    let kiosk = stage.other_kiosk(store).await;
    let session = kiosk.open_session(terminal("HALL-1"));
    calls.lock().expect("nothing panics while it is held").clear();
    let taken = || std::mem::take(&mut *calls.lock().expect("nothing panics while it is held"));
    let held = hold(&session, whole(), best(1)).await.expect("free");
    assert_eq!(taken(), ["Query", "UpdateItem"]);
    kiosk.settle().await;
    assert_eq!(taken(), ["UpdateItem"], "the hint");
    let order = order(&session, &held).await;
    book(&session, &order).await.expect("it is booked");
    assert_eq!(taken()[..1], ["TransactWriteItems"]);
}

#[tokio::test]
async fn a_new_timetable_is_seen() {
    let stage = Stage::new().await;
    let bvi = "BVI".parse().expect("a code");
    assert!(stage.kiosk.stations().get(bvi).is_some());
    assert_eq!(stage.kiosk.timetable().trains().count(), 1);
    crate::service_kit::publish(&stage.world.store, crate::world::express()).await;
    stage.kiosk.poll_once().await;
    assert_eq!(stage.kiosk.timetable().trains().count(), 1, "looked at every half minute");
    stage.advance(TimeDelta::seconds(30));
    stage.kiosk.poll_once().await;
    assert_eq!(stage.kiosk.timetable().trains().count(), 2);
}

#[tokio::test]
async fn a_watch_ends_when_the_kiosk_closes() {
    let stage = Stage::new().await;
    let mut watch = stage.kiosk.watch(run(), Attention::Listed);
    drop(stage);
    assert!(watch.changed().await.is_none());
}

#[tokio::test]
async fn the_poller_reads_what_is_watched_by_itself() {
    let stage = Stage::new().await;
    let kiosk =
        kiosk::service::Kiosk::start(stage.world.store.clone(), stage.kiosk.settings().clone(), stage.clock.clone());
    let kiosk = kiosk.await.expect("the catalogue is read");
    let mut watch = kiosk.watch(run(), Attention::Listed);
    let seen = watch.changed().await.expect("the kiosk is open");
    assert_eq!(seen.available(Class::SecondAc, Quota::General, whole(), stage.kiosk.now()), Some(8));
}
