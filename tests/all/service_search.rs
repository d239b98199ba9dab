//! Searches: journeys by the date of boarding, each class with an adult's fare; and what an empty store is filled with.

use chrono::TimeDelta;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::coach::Class;
use kiosk::domain::quota::Quota;
use kiosk::service::request::{Failure, Offer, Reply, Request};
use kiosk::service::{rules_file, seed, timetable_file};

use crate::service_kit::{Stage, best, book, hold_as, leg, new_hold, order, publish, station};
use crate::world::{World, express};

async fn search(stage: &Stage, from: &str, to: &str, date: &str) -> Result<Vec<Offer>, Failure> {
    let (from, to) = (vec![station(from)], vec![station(to)]);
    offers(
        stage
            .guest()
            .call(Request::Search { from, to, date: date.parse().expect("a date"), quota: Quota::General })
            .await,
    )
}

fn offers(reply: Result<Reply, Failure>) -> Result<Vec<Offer>, Failure> {
    match reply? {
        Reply::Offers(offers) => Ok(offers),
        other => panic!("a search was answered with {other:?}"),
    }
}

#[tokio::test]
async fn an_offer_has_each_class_with_what_one_adult_then_pays() {
    let stage = Stage::new().await;
    let offers = search(&stage, "MMCT", "NDLS", "2026-12-05").await.expect("it is answered");
    let [offer] = offers.as_slice() else { panic!("{offers:?}") };
    let classes: Vec<_> = offer.fares.iter().map(|(class, _)| *class).collect();
    assert_eq!(classes, [Class::SecondAc, Class::ThirdAc]);
    let guest = stage.guest();
    for (class, fare) in &offer.fares {
        let held = hold_as(&guest, new_hold(), offer.journey.leg, *class, best(1)).await.expect("free");
        let booking = book(&guest, &order(&guest, &held).await).await.expect("it is booked");
        assert_eq!(Some(booking.fare.total), *fare, "{class}");
    }
}

#[tokio::test]
async fn the_date_is_that_of_boarding_and_the_window_that_of_the_origin() {
    let stage = Stage::new().await;
    let boarding = search(&stage, "KOTA", "NDLS", "2026-12-05").await.expect("it is answered");
    assert_eq!(boarding[0].journey.run, "12951#2026-12-04".parse().expect("a run"), "it left Mumbai the day before");
    let (first, last) = ("2026-12-01".parse().expect("a date"), "2027-01-30".parse().expect("a date"));
    assert_eq!(search(&stage, "MMCT", "NDLS", "2027-01-30").await.map(|offers| offers.len()), Ok(1));
    let past_the_end = search(&stage, "KOTA", "NDLS", "2027-01-31").await;
    assert_eq!(past_the_end.map(|offers| offers.len()), Ok(1), "its run is the last that is open");
    for date in ["2027-01-31", "2026-11-30", "2099-01-01"] {
        assert_eq!(search(&stage, "MMCT", "NDLS", date).await, Err(Failure::OutsideWindow { first, last }), "{date}");
    }
    assert_eq!(search(&stage, "NDLS", "MMCT", "2026-12-05").await, Ok(Vec::new()), "nothing goes that way");
    assert_eq!(search(&stage, "XX", "YY", "2026-12-05").await, Ok(Vec::new()));
}

#[tokio::test]
async fn the_board_shows_what_leaves_next() {
    let stage = Stage::new().await;
    publish(&stage.world.store, express()).await;
    stage.advance(TimeDelta::seconds(30));
    stage.kiosk.poll_once().await;
    let board = stage.guest().call(Request::Departures { station: station("MMCT"), limit: 3 }).await;
    let board: Vec<_> = offers(board).expect("it is answered").into_iter().map(|offer| offer.journey).collect();
    let shown: Vec<_> = board.iter().map(|journey| journey.from.at.format("%a %H:%M").to_string()).collect();
    assert_eq!(shown, ["Tue 17:00", "Wed 06:00", "Wed 17:00"]);
    assert_eq!(board[0].leg, leg(0, 5));
}

#[tokio::test]
async fn an_empty_store_is_filled_once_also_when_the_first_time_broke_off() {
    let world = World::empty().await;
    let clock = kiosk::service::ManualClock::new(crate::world::now());
    let rules = rules_file::bundled();
    let dying = world.with_faults(|call: &Call| {
        (call.operation == "TransactWriteItems" && call.nth > 2)
            .then(|| Fault::Answer(500, "InternalServerError".into()))
    });
    assert!(seed::prepare(&dying, &rules, &clock, |_| {}).await.is_err());
    let mut steps = Vec::new();
    seed::prepare(&world.store, &rules, &clock, |step| steps.push(step.what)).await.expect("it goes on");
    assert!(steps.contains(&"timetable".to_owned()), "{steps:?}");
    let bundled = timetable_file::bundled();
    let catalogue = world.store.catalogue().await.expect("it answers");
    assert_eq!((catalogue.trains.len(), catalogue.stations.len()), (bundled.trains.len(), bundled.stations.len()));

    let mut steps = Vec::new();
    seed::prepare(&world.store, &rules, &clock, |step| steps.push(step.what)).await.expect("nothing to do");
    assert!(!steps.contains(&"timetable".to_owned()), "{steps:?}");
    assert_eq!(world.store.catalogue_version().await, Ok(catalogue.version));
    let again = seed::seed(&world.store, &rules, &clock, &bundled, |_| {}).await.expect("safe to repeat");
    assert_eq!((again.trains, again.stations), (0, 0));
}
