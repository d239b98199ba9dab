//! The place at a glance.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::money::Paise;
use kiosk::domain::overview::Occupancy;
use kiosk::domain::user::Role;
use kiosk::service::Session;
use kiosk::service::overview::Overview;
use kiosk::service::request::{Reply, Request};

use crate::service_kit::{PASSWORD, Stage, best, book, hold, leg, new_op, order, run, sign_in, terminal, whole};

async fn seen(session: &Session) -> Overview {
    match session.call(Request::Overview).await {
        Ok(Reply::Overview(overview)) => *overview,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn today_s_sales_are_counted_and_counted_anew_after_half_a_minute() {
    let stage = Stage::new().await;
    let (adam, agent) = (stage.signed_in("adam", Role::Administrator).await, stage.agent().await);
    let held = hold(&agent, whole(), best(2)).await.expect("free");
    let first = book(&agent, &order(&agent, &held).await).await.expect("it is booked");
    let paid = first.fare.total;
    let overview = seen(&adam).await;
    let sales = overview.sales;
    assert_eq!((sales.bookings, sales.passengers, sales.slips), (1, 2, 0));
    assert_eq!((sales.taken, sales.refunded, overview.is_part), (paid, Paise::ZERO, false));

    let held = hold(&agent, whole(), best(1)).await.expect("free");
    let request = Request::Reserve { op: new_op(), order: order(&agent, &held).await };
    agent.call(request).await.expect("it is kept");
    let quote = Request::QuoteCancel { pnr: first.pnr, passengers: vec![0], waiver: None };
    let Ok(Reply::Quote(quote)) = agent.call(quote).await else { panic!("she may") };
    let back = quote.refunded;
    agent.call(Request::Cancel { op: new_op(), pnr: first.pnr, quote }).await.expect("the quote is good");
    assert_eq!(seen(&adam).await.sales, sales, "it was counted a moment ago");
    stage.advance(TimeDelta::seconds(30));
    let sales = seen(&adam).await.sales;
    assert_eq!((sales.bookings, sales.passengers, sales.slips), (1, 1, 1));
    assert_eq!((sales.taken, sales.refunded), (paid, back));
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
    assert_eq!(queries.load(Ordering::SeqCst), alone, "it was counted once");
    assert_eq!((again.counted_at, again.sales), (beside.counted_at, beside.sales));
    assert!(again.counted_at > first.counted_at);
}
