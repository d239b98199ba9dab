//! Trains off sale: nothing of them is held or sold in any process, and everything else goes on.

use chrono::TimeDelta;
use kiosk::domain::booking::BookingStatus;
use kiosk::domain::sales::{Scope, Stops};
use kiosk::domain::train::TrainNumber;
use kiosk::service::request::{Failure, Reply, Request};
use kiosk::service::sales::SalesError;
use kiosk::service::{Kiosk, Session};

use crate::service_kit::{
    Stage, best, book, booked, cash, hold, new_op, order, release, run, station, terminal, test_money, whole,
};

fn train() -> Scope {
    Scope::Train(run().train)
}

/// Lets a process look again, as its poller does every few seconds.
async fn look(stage: &Stage, kiosk: &Kiosk) {
    stage.advance(TimeDelta::seconds(5));
    kiosk.poll_once().await;
}

async fn offers(session: &Session) -> usize {
    let (from, to) = (vec![station("MMCT")], vec![station("NDLS")]);
    let search = Request::Search { from, to, date: run().date, quota: kiosk::domain::quota::Quota::General };
    let Ok(Reply::Offers(offers)) = session.call(search).await else { panic!("a search is answered with offers") };
    offers.len()
}

#[tokio::test]
async fn what_is_off_sale_is_refused_in_every_process_while_look_ups_and_cancellations_go_on() {
    let stage = Stage::new().await;
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    let (agent, guest) = (stage.agent().await, other.open_session(terminal("HALL-2")));
    let sold = hold(&agent, whole(), best(1)).await.expect("all is free");
    let sold = book(&agent, &order(&agent, &sold).await).await.expect("it is held");
    let kept = hold(&guest, whole(), best(1)).await.expect("others are free");
    let kept = order(&guest, &kept).await;
    let slip = hold(&agent, whole(), best(1)).await.expect("others are free");
    let reserve = Request::Reserve { op: new_op(), order: order(&agent, &slip).await };
    let slip = booked(agent.call(reserve).await).expect("it is held");
    let queue = hold(&agent, whole(), best(1)).await.expect("others are free");

    stage.kiosk.stop_sales(train()).await.expect("there is such a train");
    look(&stage, &other).await;
    for kiosk in [&stage.kiosk, &other] {
        let session = kiosk.open_session(terminal("HALL-3"));
        assert_eq!(hold(&session, whole(), best(1)).await, Err(Failure::SalesStopped));
        assert_eq!(offers(&session).await, 1, "it is still looked at");
    }
    let pay = |op| Request::Book { op, order: kept.clone(), payment: test_money() };
    assert_eq!(booked(guest.call(pay(new_op())).await), Err(Failure::SalesStopped));
    let reserve = Request::Reserve { op: new_op(), order: kept.clone() };
    assert_eq!(booked(guest.call(reserve).await), Err(Failure::SalesStopped));
    let pay_slip = |op| Request::PaySlip { op, pnr: slip.pnr, payment: cash() };
    assert_eq!(booked(agent.call(pay_slip(new_op())).await), Err(Failure::SalesStopped));

    release(&agent, &queue).await;
    let quote = Request::QuoteCancel { pnr: sold.pnr, passengers: vec![0], waiver: None };
    let Ok(Reply::Quote(quote)) = agent.call(quote).await else { panic!("a quote is given") };
    let cancelled = agent.call(Request::Cancel { op: new_op(), pnr: sold.pnr, quote }).await;
    assert_eq!(booked(cancelled).expect("it is cancelled").status, BookingStatus::Cancelled);

    stage.kiosk.start_sales(train()).await.expect("there is such a train");
    look(&stage, &other).await;
    booked(guest.call(pay(new_op())).await).expect("the hold was kept");
    booked(agent.call(pay_slip(new_op())).await).expect("the slip was kept");
    hold(&other.open_session(terminal("HALL-4")), whole(), best(1)).await.expect("it is sold again");
}

#[tokio::test]
async fn what_was_sold_before_is_found_again_by_the_same_action() {
    let stage = Stage::new().await;
    let session = stage.guest();
    let held = hold(&session, whole(), best(1)).await.expect("all is free");
    let request = Request::Book { op: new_op(), order: order(&session, &held).await, payment: test_money() };
    let first = booked(session.call(request.clone()).await).expect("it is held");
    stage.kiosk.stop_sales(Scope::All).await.expect("there is a timetable");
    assert_eq!(booked(session.call(request).await).expect("it was done").pnr, first.pnr);
}

#[tokio::test]
async fn all_trains_stop_at_once_and_who_did_it_is_recorded() {
    let stage = Stage::new().await;
    let stops = stage.kiosk.stop_sales(train()).await.expect("there is such a train");
    assert_eq!(stops, Stops { all: false, trains: [run().train].into() });
    stage.kiosk.stop_sales(Scope::All).await.expect("there is a timetable");
    // One of them alone does not start while everything is stopped.
    let stops = stage.kiosk.start_sales(train()).await.expect("there is such a train");
    assert_eq!(stops, Stops { all: true, ..Stops::default() });
    assert_eq!(hold(&stage.guest(), whole(), best(1)).await, Err(Failure::SalesStopped));
    // Whoever starts later knows at once.
    assert_eq!(stage.other_kiosk(stage.world.store.clone()).await.stops(), stops);
    assert_eq!(stage.kiosk.start_sales(Scope::All).await, Ok(Stops::default()));
    hold(&stage.guest(), whole(), best(1)).await.expect("it is sold again");

    let nobody = TrainNumber::parse("99999").expect("a number");
    assert_eq!(stage.kiosk.stop_sales(Scope::Train(nobody)).await, Err(SalesError::NoSuchTrain(nobody)));
    stage.kiosk.settle().await;
    let today = kiosk::domain::time::railway_time(stage.kiosk.now()).date();
    let events = stage.world.store.events_of(today).await.expect("it answers");
    let done = events.iter().filter(|event| event.action.starts_with("sales."));
    let mut done: Vec<_> = done.map(|event| (event.action.as_str(), event.subject.as_deref())).collect();
    done.sort_unstable();
    let (all, one) = (Some("all trains"), Some("train 12951"));
    assert_eq!(done, [("sales.start", all), ("sales.start", one), ("sales.stop", all), ("sales.stop", one)]);
}
