//! Undoes a sale at the till that made it: what was sold by mistake a moment ago, and is still in the drawer.
//!
//! It is a cancellation that gives everything back, the way it came and at once. It is no waiver, and an agent may do it: the
//! money never left their till. Once the till is closed, or anybody gave a place up, the rules decide as ever.

use crate::domain::booking::{Booking, BookingStatus, Change, Deed, OpId, PaidOut, Place, Refund};
use crate::domain::inventory::RunState;
use crate::domain::pnr::Pnr;
use crate::domain::refund::Reason;
use crate::domain::terminal::TerminalKind;
use crate::domain::till::TillId;
use crate::service::Kiosk;
use crate::service::booking::second;
use crate::service::refund::{READS, Written, finish, leaving, reckoned, write};
use crate::service::request::{Failure, Reply};
use crate::service::session::Session;

const ACTION: &str = "sale.void";

/// Undoes a sale.
pub(in crate::service) async fn void(session: &Session, op: OpId, pnr: Pnr) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    if session.terminal().kind == TerminalKind::Public {
        return Err(Failure::NoTillHere);
    }
    for _ in 0..READS {
        let booking = sale(kiosk, pnr).await?;
        if booking.was_done(op) {
            return Ok(finish(session, ACTION, op, booking));
        }
        let till = match open_till(session).await.and_then(|till| check(&booking, till).map(|()| till)) {
            Ok(till) => till,
            // An earlier attempt into a till that is closed since may have been applied after the booking was read.
            Err(failure) => match sale(kiosk, pnr).await? {
                found if found.was_done(op) => return Ok(finish(session, ACTION, op, found)),
                _ => return Err(failure),
            },
        };
        let now = kiosk.now();
        let everybody: Vec<u8> = (0..booking.passengers.len()).map(|passenger| passenger as u8).collect();
        let mut run = kiosk.known_run(booking.run).await?;
        let quote = reckoned(kiosk, &booking, &run.state, &everybody, Reason::Voided, now)?;
        let Some(queue) = leaving(kiosk, &booking, &everybody, now).await? else { continue };
        let (at, by) = (second(now), session.who().account());
        let paid_out = PaidOut { op: Some(op), at, by, terminal: session.terminal().id.clone(), till: Some(till) };
        let refund = Refund { op, quote, paid_out: Some(paid_out) };
        let after = booking.given_up(refund, Change { op, at, by, what: Deed::Cancelled(everybody) });
        let places: Vec<Place> = booking.passengers.iter().map(|booked| booked.place).collect();
        let edits = |state: &RunState| state.freeing(&places, booking.leg);
        match write(kiosk, &after, booking.version, &mut run, queue, edits).await? {
            Written::Done => return Ok(finish(session, ACTION, op, after)),
            Written::Found(found) if found.was_done(op) => return Ok(finish(session, ACTION, op, *found)),
            Written::Found(_) | Written::Moved => {}
        }
    }
    Err(Failure::Busy)
}

/// A booking of which the till in which its money is says whose sale it is, not the account that made it.
async fn sale(kiosk: &Kiosk, pnr: Pnr) -> Result<Booking, Failure> {
    kiosk.find(pnr).await?.ok_or(Failure::NoSuchBooking(pnr))
}

async fn open_till(session: &Session) -> Result<TillId, Failure> {
    let agent = session.who().account().ok_or(Failure::SignedOut)?;
    let open = session.kiosk().open_till_of(agent).await?;
    open.map(|till| till.id).ok_or(Failure::NotVoidable("you have no till open"))
}

/// Refuses what did not go into the till, or has changed since.
fn check(booking: &Booking, till: TillId) -> Result<(), Failure> {
    let is_of_till = booking.payment.as_ref().is_some_and(|payment| payment.till == Some(till));
    match booking.status {
        _ if !is_of_till => Err(Failure::NotVoidable("it was not sold into the till that you have open")),
        BookingStatus::Booked if booking.refunds.is_empty() => Ok(()),
        _ => Err(Failure::NotVoidable("places of it were given up already")),
    }
}
