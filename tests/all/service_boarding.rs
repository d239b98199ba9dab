//! A party boards at a later halt: once, a day before the train leaves, and nothing that is sold changes by it.

use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::domain::boarding::{NOTICE, NotMoved};
use kiosk::domain::booking::{Booking, Deed, OpId};
use kiosk::domain::time::instant;
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, Reply, Request};
use kiosk::service::{AuditScope, Depth, Session};
use kiosk::ticket::TicketFacts;

use crate::service_kit::{Stage, best, book, booked, hold, left, leg, new_op, order, passenger, station, whole};

async fn sold(session: &Session) -> Arc<Booking> {
    let held = hold(session, whole(), best(2)).await.expect("berths are free");
    book(session, &order(session, &held).await).await.expect("it is booked")
}

async fn boards(session: &Session, op: OpId, booking: &Booking, code: &str) -> Result<Arc<Booking>, Failure> {
    booked(session.call(Request::ChangeBoarding { op, pnr: booking.pnr, station: station(code) }).await)
}

#[tokio::test]
async fn a_party_boards_later_and_keeps_its_berths_on_all_of_its_way() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let booking = sold(&tara).await;
    let free = left(&stage, leg(0, 1)).await;
    let ticket = async || match tara.call(Request::Ticket { pnr: booking.pnr }).await {
        Ok(Reply::Ticket(ticket)) => ticket.text(),
        other => panic!("a ticket was answered with {other:?}"),
    };
    let before = ticket().await;

    let op = new_op();
    let after = boards(&tara, op, &booking, "BRC").await.expect("her own");
    assert_eq!(after.boards().station, station("BRC"));
    assert_eq!(after.boards().at.to_string(), "2026-12-05 21:16:00");
    assert_eq!(after.boards().name, "Vadodara Jn");
    let change = after.history.last().expect("a change");
    assert_eq!(change.what, Deed::BoardingMoved { from: station("MMCT"), to: station("BRC") });
    assert_eq!((change.op, change.by), (op, booking.history[0].by));
    let kept = |booking: &Booking| Booking { boarding: None, version: 0, history: Vec::new(), ..booking.clone() };
    assert_eq!(kept(&after), kept(&booking), "nothing else changes");
    assert_eq!(TicketFacts::of(&after).from, station("BRC"), "an inspector reads it from the code");
    assert_ne!(ticket().await, before);
    assert_eq!(left(&stage, leg(0, 1)).await, free, "the way to it is nobody else's");

    let again = boards(&tara, op, &booking, "BRC").await.expect("a repetition finds it done");
    assert_eq!(again.version, after.version);
    let report = stage.kiosk.audit(AuditScope::All, Depth::Bookings, |_, _, _| {}).await.expect("it looks");
    assert!(report.is_clean(), "{report:?}");
}

#[tokio::test]
async fn it_is_done_once_to_a_halt_on_the_way() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent).await;
    let refused = |why| Err(Failure::NotMoved(why));
    for elsewhere in ["MMCT", "NDLS", "PUNE"] {
        let answer = boards(&agent, new_op(), &booking, elsewhere).await;
        assert_eq!(answer, refused(NotMoved::NotOnTheWay), "{elsewhere}");
    }
    boards(&agent, new_op(), &booking, "BVI").await.expect("once");
    assert_eq!(boards(&agent, new_op(), &booking, "ST").await, refused(NotMoved::Once));
}

#[tokio::test]
async fn a_day_before_it_is_too_late() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let (first, second) = (sold(&agent).await, sold(&agent).await);
    let last = instant(first.from.at) - NOTICE;
    stage.clock.set(last);
    let agent = stage.signed_in("asha", Role::Agent).await;
    boards(&agent, new_op(), &first, "BVI").await.expect("at the last moment");
    stage.clock.set(last + TimeDelta::seconds(1));
    let late = boards(&agent, new_op(), &second, "BVI").await;
    assert_eq!(late, Err(Failure::NotMoved(NotMoved::TooLate)));
}

#[tokio::test]
async fn a_journey_that_begins_far_along_the_way_goes_by_the_chart() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let held = hold(&agent, leg(3, 5), best(1)).await.expect("a berth");
    let booking = book(&agent, &order(&agent, &held).await).await.expect("it is booked");
    stage.clock.set(instant(booking.from.at) - TimeDelta::hours(2));
    let agent = stage.signed_in("asha", Role::Agent).await;
    let late = boards(&agent, new_op(), &booking, "KOTA").await;
    assert_eq!(late, Err(Failure::NotMoved(NotMoved::ChartMade)));
}

#[tokio::test]
async fn nobody_moves_the_boarding_of_others() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let booking = sold(&tara).await;
    let uma = stage.signed_in("uma", Role::Traveller).await;
    let answer = boards(&uma, new_op(), &booking, "BVI").await;
    assert!(matches!(answer, Err(Failure::NoSuchBooking(_) | Failure::NotYours)), "{answer:?}");
    let agent = stage.agent().await;
    boards(&agent, new_op(), &booking, "BVI").await.expect("a counter does, for anybody");
}

#[tokio::test]
async fn the_chart_says_where_they_board() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent).await;
    let after = boards(&agent, new_op(), &booking, "BRC").await.expect("it is changed");
    let coach = after.berths().next().expect("a berth").berth.coach;
    let lines = kiosk::domain::chart::lines_of(coach, [&*after]);
    assert!(lines.iter().all(|line| line.boards == Some(station("BRC"))), "{lines:?}");
    assert_eq!(lines[0].passenger.name, passenger("Anita").name);
}
