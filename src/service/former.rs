//! Bookings of the application that Kiosk replaces: shown to whoever may see them, and never changed.

use std::sync::Arc;

use crate::domain::former::{FormerBooking, FormerId};
use crate::domain::pnr::Pnr;
use crate::service::access::check_owner;
use crate::service::refusal::refuse;
use crate::service::request::{Cursor, Failure, Reply};
use crate::service::session::Session;
use crate::store::bookings::Kept;

/// Bookings on a page.
const PAGE: i32 = 20;

/// The booking under a number, for whoever may see it.
pub(super) async fn show(session: &Session, id: &FormerId) -> Result<Reply, Failure> {
    let found = read(session, id.as_str()).await?.ok_or(Failure::NoSuchNumber)?;
    match check_owner(session, found.account).await {
        Ok(()) => Ok(reply(found)),
        Err(Failure::NotYours) => Err(Failure::NoSuchNumber),
        Err(failure) => Err(failure),
    }
}

/// The bookings of the caller's account, newest first.
pub(super) async fn mine(session: &Session, after: Option<&Cursor>) -> Result<Reply, Failure> {
    let account = session.who().account().ok_or(Failure::SignedOut)?;
    let after = after.map(|Cursor(after)| after.as_str());
    let page = session.kiosk().store().former_bookings_of(account, after, PAGE).await;
    let page = page.map_err(|error| refuse("list bookings", &error))?;
    Ok(Reply::FormerBookings { page: page.bookings.into_iter().map(Arc::new).collect(), next: page.next.map(Cursor) })
}

/// The one that was found to be under a PNR; whether the session may see it is not asked.
pub(super) async fn under(session: &Session, pnr: Pnr) -> Result<FormerBooking, Failure> {
    read(session, &pnr.to_string()).await?.ok_or(Failure::NoSuchBooking(pnr))
}

pub(super) fn reply(booking: FormerBooking) -> Reply {
    Reply::FormerBooking(Arc::new(booking))
}

async fn read(session: &Session, number: &str) -> Result<Option<FormerBooking>, Failure> {
    let kept = session.kiosk().store().kept_booking(number).await;
    let kept = kept.map_err(|error| refuse("read a booking", &error))?;
    Ok(kept.and_then(|kept| if let Kept::Former(booking) = kept { Some(*booking) } else { None }))
}
