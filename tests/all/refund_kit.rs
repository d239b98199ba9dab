//! What the tests of giving places up start from: paid bookings, quotes, and whether the money of a booking adds up.

use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::domain::booking::{Booking, Place};
use kiosk::domain::money::Paise;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::refund::{Quote, WaiverCode};
use kiosk::domain::segment::Leg;
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::service::request::{Choice, Failure, Reply, Request};
use kiosk::service::{AuditScope, Depth, Session};

use crate::service_kit::{PASSWORD, Stage, booked, cash, hold, new_op, order, sign_in, terminal};

/// Berths of 2A that an agent sells for cash.
pub async fn sold(agent: &Session, leg: Leg, choice: Choice) -> Arc<Booking> {
    let held = hold(agent, leg, choice).await.expect("free");
    let order = order(agent, &held).await;
    booked(agent.call(Request::Book { op: new_op(), order, payment: cash() }).await).expect("it is paid")
}

pub async fn quoted(session: &Session, pnr: Pnr, passengers: &[u8]) -> Result<Box<Quote>, Failure> {
    quoted_with(session, pnr, passengers, None).await
}

pub async fn quoted_with(
    session: &Session,
    pnr: Pnr,
    passengers: &[u8],
    waiver: Option<WaiverCode>,
) -> Result<Box<Quote>, Failure> {
    match session.call(Request::QuoteCancel { pnr, passengers: passengers.to_vec(), waiver }).await? {
        Reply::Quote(quote) => Ok(quote),
        other => panic!("a quote was answered with {other:?}"),
    }
}

/// The confirmation of a quote.
pub fn confirming(pnr: Pnr, quote: &Quote) -> Request {
    Request::Cancel { op: new_op(), pnr, quote: Box::new(quote.clone()) }
}

/// Asks what passengers get back and confirms it.
pub async fn cancel(session: &Session, pnr: Pnr, passengers: &[u8]) -> Result<Arc<Booking>, Failure> {
    let quote = quoted(session, pnr, passengers).await?;
    booked(session.call(confirming(pnr, &quote)).await)
}

/// Somebody with an account at a terminal that any traveller may touch.
pub async fn at_public_terminal(stage: &Stage, name: &str) -> Session {
    let session = stage.kiosk.open_session(Terminal { kind: TerminalKind::Public, ..terminal("HALL-1") });
    sign_in(&session, name, PASSWORD).await.expect("the password is right");
    session
}

/// A booking as the store has it.
pub async fn stored(stage: &Stage, pnr: Pnr) -> Booking {
    stage.world.store.booking(pnr).await.expect("it answers").expect("it is there")
}

/// Puts the clock so long before a booking's train leaves.
pub fn before_departure(stage: &Stage, booking: &Booking, left: TimeDelta) {
    stage.clock.set(kiosk::domain::time::instant(booking.from.at) - left);
}

/// What was paid is what is kept and what was given back, passenger by passenger.
pub fn conserves(booking: &Booking) {
    let paid = booking.payment.as_ref().map_or(Paise::ZERO, |payment| payment.amount);
    let lines = || booking.refunds.iter().flat_map(|refund| &refund.quote.lines);
    let given_back: Paise = lines().map(|line| line.refunded).sum();
    let travelling: Paise =
        booking.passengers.iter().filter(|booked| booked.place != Place::Cancelled).map(|booked| booked.fare).sum();
    let charged: Paise = lines().flat_map(|line| &line.items).map(|item| item.amount).sum();
    let due = if booking.payment.is_some() { travelling + charged + given_back } else { Paise::ZERO };
    assert_eq!(paid, due, "money is conserved on {}", booking.pnr);
    assert_eq!(booking.kept(), paid - given_back);
    assert!(booking.owed() <= given_back, "no more waits than was given back on {}", booking.pnr);
    for line in lines() {
        assert!(line.refunded >= Paise::ZERO && line.refunded <= line.paid, "{line:?}");
        assert_eq!(line.paid, booking.passengers[usize::from(line.passenger)].fare);
    }
    let mut passengers: Vec<_> = lines().map(|line| line.passenger).collect();
    passengers.sort_unstable();
    assert!(passengers.is_sorted_by(|one, next| one < next), "nobody is refunded twice on {}", booking.pnr);
}

/// What the audit finds in the whole store, which is nothing.
pub async fn is_clean(stage: &Stage) {
    stage.kiosk.settle().await;
    let report = stage.kiosk.audit(AuditScope::All, Depth::Bookings, |_, _, _| {}).await.expect("it answers");
    let said: Vec<_> = report.findings.iter().map(|finding| finding.difference.to_string()).collect();
    assert_eq!(said, [""; 0]);
}
