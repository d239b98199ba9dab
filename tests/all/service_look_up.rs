//! Bookings found without an account: by PNR and telephone number together, to look at, and not by guessing.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::booking::Booking;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::user::{Phone, Role};
use kiosk::service::Session;
use kiosk::service::request::{Failure, Request};

use crate::service_kit::{Stage, best, book, booked, hold, new_op, order, terminal, whole};

/// The number on the bookings of these tests.
const PHONE: &str = "9810012345";

async fn sold(stage: &Stage) -> Arc<Booking> {
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let held = hold(&tara, whole(), best(1)).await.expect("free");
    let order = order(&tara, &held).await;
    let booking = book(&tara, &order).await.expect("it is booked");
    assert!(booking.phone.is_same(&phone(PHONE)), "{:?}", booking.phone);
    booking
}

fn phone(text: &str) -> Phone {
    Phone::parse(text).expect("a number")
}

async fn looks_up(session: &Session, pnr: Pnr, number: &str) -> Result<Arc<Booking>, Failure> {
    booked(session.call(Request::LookUp { pnr, phone: phone(number) }).await)
}

fn from(stage: &Stage, address: &str) -> Session {
    let address: IpAddr = address.parse().expect("an address");
    stage.kiosk.open_session_from(terminal("SSH-1"), address)
}

fn another() -> Pnr {
    "9999999999".parse().expect("a PNR")
}

#[tokio::test]
async fn whoever_knows_both_numbers_sees_the_booking_and_changes_nothing() {
    let stage = Stage::new().await;
    let booking = sold(&stage).await;
    let pnr = booking.pnr;
    let guest = stage.guest();
    assert_eq!(looks_up(&guest, pnr, "9876500000").await, Err(Failure::NotFound));
    assert_eq!(looks_up(&guest, another(), PHONE).await, Err(Failure::NotFound), "the same answer");
    assert_eq!(guest.call(Request::Receipt { pnr }).await.map(drop), Err(Failure::NoSuchBooking(pnr)));
    for number in [PHONE, "+91 98100 12345", "098100-12345"] {
        assert_eq!(looks_up(&guest, pnr, number).await.map(|found| found.pnr), Ok(pnr));
    }
    for request in [Request::Booking { pnr }, Request::Receipt { pnr }, Request::Ticket { pnr }] {
        assert!(guest.call(request.clone()).await.is_ok(), "{request:?}");
    }
    let quote = guest.call(Request::QuoteCancel { pnr, passengers: vec![0], waiver: None }).await.map(drop);
    assert_eq!(quote, Err(Failure::NotYours));
    assert_eq!(guest.call(Request::GiveUpSlip { op: new_op(), pnr }).await.map(drop), Err(Failure::NotYours));
    guest.call(Request::SignOut).await.expect("anyone may leave");
    assert_eq!(guest.call(Request::Booking { pnr }).await.map(drop), Err(Failure::NoSuchBooking(pnr)), "the next one");
}

#[tokio::test]
async fn guesses_from_one_place_are_counted_over_its_sessions_and_right_ones_are_not() {
    let stage = Stage::new().await;
    let pnr = sold(&stage).await.pnr;
    for _ in 0..20 {
        looks_up(&from(&stage, "203.0.113.7"), pnr, PHONE).await.expect("it is right");
    }
    for guess in 0..10 {
        let unsold = format!("99999999{guess:02}").parse().expect("a PNR");
        assert_eq!(looks_up(&from(&stage, "203.0.113.7"), unsold, PHONE).await, Err(Failure::NotFound));
    }
    let until = stage.kiosk.now() + TimeDelta::minutes(15);
    let barred = looks_up(&from(&stage, "203.0.113.7"), pnr, PHONE).await;
    assert_eq!(barred, Err(Failure::TooManyLookUps { until }), "even what is right is not told");
    looks_up(&from(&stage, "203.0.113.8"), pnr, PHONE).await.expect("others are not concerned");
    stage.advance(TimeDelta::minutes(15));
    looks_up(&from(&stage, "203.0.113.7"), pnr, PHONE).await.expect("and later nor are they");
}

#[tokio::test]
async fn the_number_of_a_booking_cannot_be_guessed_from_many_places() {
    let stage = Stage::new().await;
    let pnr = sold(&stage).await.pnr;
    for place in 0..30 {
        let guesser = from(&stage, &format!("203.0.113.{place}"));
        assert_eq!(looks_up(&guesser, pnr, &format!("98765000{place:02}")).await, Err(Failure::NotFound));
    }
    let told = looks_up(&from(&stage, "203.0.113.99"), pnr, PHONE).await;
    assert!(matches!(told, Err(Failure::TooManyLookUps { .. })), "{told:?}");
}

#[tokio::test]
async fn an_account_is_counted_wherever_it_signs_in() {
    let stage = Stage::new().await;
    stage.account("nosy", Role::Traveller).await;
    let mut told = Err(Failure::NotFound);
    for place in 0..11 {
        let session = from(&stage, &format!("203.0.113.{place}"));
        crate::service_kit::sign_in(&session, "nosy", crate::service_kit::PASSWORD).await.expect("it is right");
        told = looks_up(&session, format!("99999999{place:02}").parse().expect("a PNR"), PHONE).await;
    }
    assert!(matches!(told, Err(Failure::TooManyLookUps { .. })), "{told:?}");
}

#[tokio::test]
async fn a_store_that_does_not_answer_counts_for_no_guess() {
    let stage = Stage::new().await;
    let pnr = sold(&stage).await.pnr;
    let store = stage.world.with_faults(|call: &Call| {
        (call.operation == "GetItem").then(|| Fault::Answer(400, "AccessDeniedException".to_owned()))
    });
    let broken = stage.other_kiosk(store).await;
    let guest = broken.open_session(terminal("HALL-1"));
    for _ in 0..12 {
        let told = looks_up(&guest, pnr, PHONE).await;
        assert!(matches!(told, Err(Failure::Unavailable { .. } | Failure::Internal { .. })), "{told:?}");
    }
}
