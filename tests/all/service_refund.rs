//! Giving places up: what is quoted is what is given back, once, and only the places that were given up are free.

use std::sync::Arc;

use kiosk::domain::booking::{Booking, BookingStatus, Place};
use kiosk::domain::refund::{Quote, WaiverCode};
use kiosk::service::Session;
use kiosk::service::request::{Failure, Reply, Request};

use crate::service_kit::{Stage, best, booked, cash, hold, left, new_op, order, whole};

async fn sold(agent: &Session, size: usize) -> Arc<Booking> {
    let held = hold(agent, whole(), best(size)).await.expect("free");
    let order = order(agent, &held).await;
    booked(agent.call(Request::Book { op: new_op(), order, payment: cash() }).await).expect("it is paid")
}

async fn quoted(session: &Session, booking: &Booking, passengers: &[u8]) -> Result<Box<Quote>, Failure> {
    quoted_with(session, booking, passengers, None).await
}

async fn quoted_with(
    session: &Session,
    booking: &Booking,
    passengers: &[u8],
    waiver: Option<WaiverCode>,
) -> Result<Box<Quote>, Failure> {
    let request = Request::QuoteCancel { pnr: booking.pnr, passengers: passengers.to_vec(), waiver };
    match session.call(request).await? {
        Reply::Quote(quote) => Ok(quote),
        other => panic!("a quote was answered with {other:?}"),
    }
}

fn cancelling(booking: &Booking, quote: &Quote) -> Request {
    Request::Cancel { op: new_op(), pnr: booking.pnr, quote: Box::new(quote.clone()) }
}

#[tokio::test]
async fn a_whole_booking_is_cancelled_for_what_was_quoted() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent, 2).await;
    let quote = quoted(&agent, &booking, &[0, 1]).await.expect("it can be cancelled");
    assert_eq!(quote.refunded + quote.kept, booking.fare.total);
    let after = booked(agent.call(cancelling(&booking, &quote)).await).expect("the quote is good");
    assert_eq!((after.status, after.version), (BookingStatus::Cancelled, 2));
    assert!(after.passengers.iter().all(|booked| booked.place == Place::Cancelled), "{after:?}");
    assert!(after.passengers.iter().all(|booked| booked.booked_as.berth().is_some()), "what they had stays written");
    assert_eq!(after.kept(), quote.kept);
    assert_eq!(left(&stage, whole()).await, 8);
}
