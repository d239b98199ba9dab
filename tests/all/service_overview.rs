//! The place at a glance.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::booking::Booking;
use kiosk::domain::overview::Occupancy;
use kiosk::domain::report::{Sums, Takings, Tally};
use kiosk::domain::user::Role;
use kiosk::service::Session;
use kiosk::service::overview::Overview;
use kiosk::service::request::{Reply, Request};

use crate::service_kit::{PASSWORD, Stage, best, book, hold, leg, new_op, order, run, sign_in, terminal, whole};
use crate::service_notify::{everything, told_by};
use crate::till_kit::sell_for_cash;

async fn seen(session: &Session) -> Overview {
    match session.call(Request::Overview).await {
        Ok(Reply::Overview(overview)) => *overview,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn today_s_money_is_counted_and_counted_anew_after_half_a_minute() {
    let stage = Stage::new().await;
    let (adam, agent) = (stage.signed_in("adam", Role::Administrator).await, stage.agent().await);
    let first = sell_for_cash(&agent, 2).await;
    let held = hold(&agent, whole(), best(1)).await.expect("free");
    let in_test = book(&agent, &order(&agent, &held).await).await.expect("it is booked").fare.total;
    let tally = |count, amount| Tally { count, amount };
    let overview = seen(&adam).await;
    let sold = Sums { sales: tally(1, first.fare.total), passengers: 2, ..Sums::default() };
    let tried = Sums { sales: tally(1, in_test), passengers: 1, ..Sums::default() };
    assert_eq!((overview.today, overview.slips), (Takings { money: sold, test: tried }, 0));

    let held = hold(&agent, whole(), best(1)).await.expect("free");
    let request = Request::Reserve { op: new_op(), order: order(&agent, &held).await };
    agent.call(request).await.expect("it is kept");
    let quote = Request::QuoteCancel { pnr: first.pnr, passengers: vec![0], waiver: None };
    let Ok(Reply::Quote(quote)) = agent.call(quote).await else { panic!("she may") };
    let back = quote.refunded;
    agent.call(Request::Cancel { op: new_op(), pnr: first.pnr, quote }).await.expect("the quote is good");
    let known = seen(&adam).await;
    assert_eq!((known.today, known.slips), (overview.today, 0), "it was counted a moment ago");
    stage.advance(TimeDelta::seconds(30));
    let overview = seen(&adam).await;
    let money = Sums { refunds: tally(1, back), ..sold };
    assert_eq!((overview.today, overview.slips), (Takings { money, test: tried }, 1));
    stage.advance(TimeDelta::days(1));
    assert_eq!(seen(&adam).await.today, Takings::default(), "nothing moved on that day yet");
}

/// What moved is read once. A page is left for good when nothing can come before its end any more.
#[tokio::test]
async fn a_busy_day_is_read_on_and_not_from_its_beginning() {
    const MORE: i32 = 1_100;
    let stage = Stage::new().await;
    stage.account("adam", Role::Administrator).await;
    let sale = sell_for_cash(&stage.agent().await, 1).await;
    let item = sale_of(&stage, &sale).await;
    for nth in 0..MORE {
        copy(
            &stage,
            &item,
            &format!("L#{}#1", 3_000_000_000_i64 + i64::from(nth)),
            sale.booked_at + TimeDelta::seconds(nth.into()),
        )
        .await;
    }
    let queries = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&queries);
    let store = stage.world.with_faults(move |call: &Call| {
        count.fetch_add(u64::from(call.operation == "Query"), Ordering::SeqCst);
        None
    });
    let kiosk = stage.other_kiosk(store).await;
    let session = kiosk.open_session(terminal("NDLS-01"));
    sign_in(&session, "adam", PASSWORD).await.expect("the password is right");
    let sales = async |seconds| {
        stage.advance(TimeDelta::seconds(seconds));
        queries.store(0, Ordering::SeqCst);
        (seen(&session).await.today.money.sales.count, queries.load(Ordering::SeqCst))
    };
    let (sold, whole_day) = sales(60).await;
    assert_eq!(sold, 1_101);
    assert_eq!(sales(31).await, (1_101, whole_day), "all of it is too fresh to be left");
    assert_eq!(sales(2_000).await, (1_101, whole_day));
    assert_eq!(sales(31).await, (1_101, whole_day - 2), "two full pages are left");
    copy(&stage, &item, "L#4000000000#1", stage.kiosk.now()).await;
    assert_eq!(sales(31).await, (1_102, whole_day - 2));
}

/// The ledger's item of a sale.
async fn sale_of(stage: &Stage, sale: &Booking) -> HashMap<String, AttributeValue> {
    let key = AttributeValue::S(format!("L#{}#{}", sale.pnr, sale.version));
    let get = stage.world.clients.dynamodb.get_item().table_name(&stage.world.names.bookings).key("BookingID", key);
    get.send().await.expect("it answers").item.expect("it is there")
}

/// Puts an item once more, under another key and at another moment.
async fn copy(stage: &Stage, item: &HashMap<String, AttributeValue>, key: &str, at: DateTime<Utc>) {
    let put = stage.world.clients.dynamodb.put_item().table_name(&stage.world.names.bookings);
    let put = put.set_item(Some(item.clone())).item("BookingID", AttributeValue::S(key.to_owned()));
    let at = at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    put.item("BookedAt", AttributeValue::S(at)).send().await.expect("it is put");
}

#[tokio::test]
async fn whoever_is_at_any_process_is_counted_until_it_is_silent() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let (here, agent) = (adam.counted(), stage.agent().await);
    let held = hold(&agent, whole(), best(2)).await.expect("free");
    let other = stage.other_kiosk(stage.world.with_faults(|_: &Call| None)).await;
    let elsewhere = other.open_session(terminal("NDLS-07"));
    let counted = [elsewhere.counted(), other.open_session(terminal("NDLS-08")).counted()];
    hold(&elsewhere, leg(0, 2), best(1)).await.expect("free");
    let seen = async || {
        let seen = seen(&adam).await;
        (seen.processes, seen.sessions, seen.holds)
    };
    assert_eq!(seen().await, (1, 1, 1), "the other has not said anything yet");
    other.tell_who_is_here().await.expect("it is put");
    stage.kiosk.tell_who_is_here().await.expect("it is put");
    assert_eq!(seen().await, (2, 3, 2), "and nobody twice");
    agent.call(Request::Release { hold: held.id, run: run() }).await.expect("it is his");
    assert_eq!(seen().await, (2, 3, 1), "here it is known at once");
    drop(counted);
    elsewhere.close();
    other.settle().await;
    other.tell_who_is_here().await.expect("it is put");
    assert_eq!(seen().await, (1, 1, 0));
    let one = elsewhere.counted();
    other.tell_who_is_here().await.expect("it is put");
    assert_eq!(seen().await, (2, 2, 0));
    stage.advance(TimeDelta::seconds(51));
    assert_eq!(seen().await, (1, 1, 0), "it has said nothing for long");
    drop((one, here));
}

/// Who looks at a process that has nobody costs nothing.
#[tokio::test]
async fn a_process_at_which_nobody_is_says_so_once() {
    let stage = Stage::new().await;
    let puts = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&puts);
    let store = stage.world.with_faults(move |call: &Call| {
        count.fetch_add(u64::from(call.operation == "PutItem"), Ordering::SeqCst);
        None
    });
    let kiosk = stage.other_kiosk(store).await;
    let tell = async || {
        kiosk.tell_who_is_here().await.expect("it answers");
        puts.swap(0, Ordering::SeqCst)
    };
    assert_eq!(tell().await, 0);
    let session = kiosk.open_session(terminal("NDLS-07"));
    let counted = session.counted();
    assert_eq!((tell().await, tell().await), (1, 1));
    drop(counted);
    assert_eq!((tell().await, tell().await), (1, 0));
    assert_eq!(stage.world.store.runs_of_record().await, Ok([].into()), "it is no run");
}

#[tokio::test]
async fn the_store_s_answer_is_timed_and_messages_are_counted() {
    let stage = Stage::with(told_by(everything())).await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let agent = stage.agent().await;
    sell_for_cash(&agent, 1).await;
    let seen = seen(&adam).await;
    assert_eq!((seen.waiting, seen.dead), (1, 0));
    let clock = stage.clock.clone();
    let store = stage.world.with_faults(move |call: &Call| {
        if call.operation == "GetItem" {
            clock.advance(TimeDelta::milliseconds(7));
        }
        None
    });
    let slow = stage.other_kiosk(store).await;
    let session = slow.open_session(terminal("NDLS-09"));
    sign_in(&session, "adam", PASSWORD).await.expect("the password is right");
    assert_eq!(self::seen(&session).await.store_ms, 7);
}

#[tokio::test]
async fn the_next_runs_are_those_that_have_not_left() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let next = seen(&adam).await.next;
    let first = next.first().expect("the train runs daily").clone();
    assert!(next.windows(2).all(|pair| pair[0].departs <= pair[1].departs));
    stage.clock.set(kiosk::domain::time::instant(first.departs));
    assert!(!seen(&adam).await.next.contains(&first), "it has left");
}

#[tokio::test]
async fn how_full_a_run_is_counts_berths_by_segments() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let occupancy = async || {
        let train = std::sync::Arc::new(crate::service_kit::small_train());
        let read = stage.world.store.run(run(), crate::service_kit::current(&train)).await;
        Occupancy::of(&read.expect("it answers").expect("it runs").state, stage.kiosk.now())
    };
    assert_eq!(occupancy().await, Occupancy { taken: 0, of: 80, sold_out: false }, "16 berths on 5 segments");
    hold(&agent, leg(0, 2), best(3)).await.expect("free");
    let taken = occupancy().await;
    assert_eq!((taken.taken, taken.percent()), (6, 7));
}

/// Bookings are read sixteen lists at a time: two terminals that look at once read them once.
#[tokio::test]
async fn who_looks_while_it_is_counted_waits_for_that_and_a_day_is_read_in_few_requests() {
    let stage = Stage::new().await;
    stage.account("adam", Role::Administrator).await;
    let queries = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&queries);
    let store = stage.world.with_faults(move |call: &Call| {
        if call.operation == "Query" {
            count.fetch_add(1, Ordering::SeqCst);
            return Some(Fault::Delay(std::time::Duration::from_millis(1)));
        }
        None
    });
    let kiosk = stage.other_kiosk(store).await;
    let at = |terminal_id: &str| kiosk.open_session(terminal(terminal_id));
    let (one, two) = (at("NDLS-01"), at("NDLS-02"));
    for session in [&one, &two] {
        sign_in(session, "adam", PASSWORD).await.expect("the password is right");
    }
    queries.store(0, Ordering::SeqCst);
    let first = seen(&one).await;
    let alone = queries.swap(0, Ordering::SeqCst);
    stage.advance(TimeDelta::seconds(31));
    let (again, beside) = tokio::join!(seen(&one), seen(&two));
    assert_eq!(queries.load(Ordering::SeqCst), alone + 1, "it was counted once; who is here, each asks");
    assert_eq!((again.counted_at, again.today), (beside.counted_at, beside.today));
    assert!(again.counted_at > first.counted_at);
}
