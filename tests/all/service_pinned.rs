//! Sold runs are pinned: a train that is edited after berths were sold leaves the run, its bookings and tickets as they
//! were, and runs that nobody has bought of yet go by the new timetable.

use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::domain::booking::Booking;
use kiosk::domain::coach::Class;
use kiosk::domain::edition::Start;
use kiosk::domain::quota::Quota;
use kiosk::domain::segment::Leg;
use kiosk::domain::station::Station;
use kiosk::domain::time::railway_time;
use kiosk::domain::train::{Halt, RunId, Train, TrainDraft};
use kiosk::service::import::Import;
use kiosk::service::request::{Choice, Failure, Offer, Reply, Request};
use kiosk::service::{Kiosk, Session};

use crate::refund_kit::{cancel, is_clean, stored};
use crate::service_kit::{
    Stage, berth, best, book, hold, hold_request, leg, new_hold, order, run, small_train, station, terminal,
};
use crate::world::stations;

/// The train as somebody edits it: it calls at Vapi too, between Borivali and Surat, and has one coach of 2A less.
fn edited() -> Import {
    let draft = TrainDraft::from(small_train());
    let time = |text: &str| text.parse().expect("a time");
    let vapi = Halt { station: station("VAPI"), arrive: time("18:40"), depart: time("18:42"), km: 170 };
    let mut halts = draft.halts.clone();
    halts.insert(2, vapi);
    let coaches = draft.coaches.iter().filter(|coach| coach.id() != berth("A2", 1).coach).copied().collect();
    let train = Train::new(TrainDraft { halts, coaches, ..draft }).expect("the train is in order");
    let vapi = Station { code: station("VAPI"), name: "Vapi".to_owned(), city: "Vapi".to_owned() };
    let stations = stations().into_iter().chain([vapi]).collect();
    Import { stations, trains: vec![train], faults: Vec::new(), notes: Vec::new() }
}

/// The one train from Surat to New Delhi that leaves on a date.
async fn offered(session: &Session, date: &str) -> Offer {
    let (from, to) = (vec![station("ST")], vec![station("NDLS")]);
    let date = date.parse().expect("a date");
    match session.call(Request::Search { from, to, date, quota: Quota::General }).await {
        Ok(Reply::Offers(mut offers)) if offers.len() == 1 => offers.remove(0),
        other => panic!("{other:?}"),
    }
}

fn hold_of(run: RunId, leg: Leg) -> Request {
    match hold_request(new_hold(), leg, Class::SecondAc, best(1)) {
        Request::Hold { hold, leg, class, quota, choice, accept, .. } => {
            Request::Hold { hold, run, leg, class, quota, choice, accept }
        }
        other => other,
    }
}

/// Buys a berth for a journey that was offered.
async fn bought(session: &Session, offer: &Offer) -> Arc<Booking> {
    let held = match session.call(hold_of(offer.journey.run, offer.journey.leg)).await {
        Ok(Reply::Held(held)) => held,
        other => panic!("{other:?}"),
    };
    book(session, &order(session, &held).await).await.expect("it is held")
}

async fn ticket_of(session: &Session, booking: &Booking) -> Vec<u8> {
    match session.call(Request::Ticket { pnr: booking.pnr }).await {
        Ok(Reply::Ticket(ticket)) => ticket.as_bytes().to_vec(),
        other => panic!("{other:?}"),
    }
}

/// Both the process that sold and one that starts only now.
async fn each_process(stage: &Stage) -> [Kiosk; 2] {
    [stage.kiosk.clone(), stage.other_kiosk(stage.world.store.clone()).await]
}

#[tokio::test]
async fn a_halt_that_is_inserted_after_the_first_sale_leaves_the_sold_run_as_it_was() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let held = hold(&agent, leg(1, 3), Choice::Berths(vec![berth("A1", 1), berth("A2", 1)])).await.expect("free");
    let sold = book(&agent, &order(&agent, &held).await).await.expect("it is held");
    let ticket = ticket_of(&agent, &sold).await;
    let kept = hold(&agent, leg(3, 5), Choice::Berths(vec![berth("A2", 1)])).await.expect("free from Vadodara on");

    let today = Start::at_once(railway_time(stage.kiosk.now()).date());
    let known = stage.kiosk.stored_timetable().await.expect("it answers");
    let published = stage.kiosk.import(&edited(), &known, today, |_| {}).await.expect("it is published");
    assert_eq!((published.trains, published.stations), (1, 1));
    stage.advance(TimeDelta::seconds(60));
    stage.kiosk.poll_once().await;

    is_clean(&stage).await;
    assert_eq!(stored(&stage, sold.pnr).await, *sold, "leg, berths, times and fare are as they were sold");
    assert_eq!(ticket_of(&agent, &sold).await, ticket, "the ticket reads the same");
    let held_before = book(&agent, &order(&agent, &kept).await).await.expect("what was held before is good");
    assert_eq!(held_before.train_version, 1);

    for kiosk in each_process(&stage).await {
        let session = kiosk.open_session(terminal("HALL-9"));
        let on_it = offered(&session, "2026-12-05").await;
        assert_eq!((on_it.journey.run, on_it.journey.leg, on_it.journey.train.version()), (run(), leg(2, 5), 1));
        let next = bought(&session, &on_it).await;
        assert_eq!((next.train_version, next.leg), (1, leg(2, 5)), "the next sale goes by the pinned version");
        let unsold = offered(&session, "2026-12-06").await;
        assert_eq!((unsold.journey.leg, unsold.journey.train.version()), (leg(3, 6), 2));
        let other = bought(&session, &unsold).await;
        assert_eq!((other.train_version, other.leg), (2, leg(3, 6)), "an unsold run goes by the new one");
        assert_ne!(other.run, next.run);
        is_clean(&stage).await;
    }
    let by_new_halts = agent.call(hold_of(run(), leg(0, 6))).await.map(drop);
    assert_eq!(by_new_halts, Err(Failure::NoSuchRun), "the sold run has no seventh halt");

    let after = cancel(&agent, sold.pnr, &[0]).await.expect("it can be cancelled");
    assert_eq!(after.passengers[1], sold.passengers[1]);
    hold(&agent, leg(1, 3), Choice::Berths(vec![berth("A1", 1)])).await.expect("its berth is free again");
    is_clean(&stage).await;
}
