//! Finding anybody's bookings, for whoever works at a counter: by telephone number, by run, by the day on which they were made,
//! and among those of a run or a day by name. Who looked for what is recorded.

use std::sync::Arc;

use crate::domain::booking::Booking;
use crate::domain::pnr::Pnr;
use crate::domain::train::RunId;
use crate::service::Kiosk;
use crate::service::refusal::refuse;
use crate::service::request::{BookingSearch, Cursor, Failure, Reply};
use crate::service::session::Session;
use crate::store::bookings::{BookingPage, Listed};

/// Bookings on a page.
const PAGE: usize = 20;
/// How many bookings are looked at for a page at most, when few have the name.
const LOOKED_AT: usize = 400;

/// A page of bookings, or as many as there are among those that are looked at at once.
pub(super) async fn find(session: &Session, by: &BookingSearch, after: Option<&Cursor>) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    if after.is_none() {
        let (subject, note) = described(by);
        kiosk.record(session, "booking.find", Some(subject), note);
    }
    let name = match by {
        BookingSearch::Phone(_) => String::new(),
        BookingSearch::Run { name, .. } | BookingSearch::Day { name, .. } => name.trim().to_lowercase(),
    };
    let mut next = after.map(|Cursor(after)| after.clone());
    let (mut found, mut looked_at) = (Vec::new(), 0);
    loop {
        let part = part(kiosk, by, next.as_deref(), PAGE - found.len()).await?;
        looked_at += part.bookings.len();
        next = part.next;
        found.extend(part.bookings.into_iter().filter(|booking| has_name(booking, &name)));
        if next.is_none() || found.len() >= PAGE || looked_at >= LOOKED_AT {
            break;
        }
    }
    let page = found.into_iter().map(|booking| Arc::new(kiosk.as_of_now(booking))).collect();
    Ok(Reply::Bookings { page, next: next.map(Cursor), back_to: None })
}

async fn part(kiosk: &Kiosk, by: &BookingSearch, after: Option<&str>, limit: usize) -> Result<BookingPage, Failure> {
    let listed = match by {
        BookingSearch::Phone(phone) => Listed::Phone(phone.clone()),
        BookingSearch::Day { day, .. } => Listed::Day(*day),
        BookingSearch::Run { run, .. } => return of_run(kiosk, *run, after).await,
    };
    let page = kiosk.store().bookings_by(&listed, after, limit).await;
    page.map_err(|error| refuse("find bookings", &error))
}

/// Those on the manifest of a run, a page's worth at a time.
async fn of_run(kiosk: &Kiosk, run: RunId, after: Option<&str>) -> Result<BookingPage, Failure> {
    let failed = |error| refuse("find bookings", &error);
    let after: Option<Pnr> = after.and_then(|after| after.parse().ok());
    let limit = i32::try_from(PAGE).unwrap_or(i32::MAX);
    let pnrs = kiosk.store().manifest_after(run, after, limit).await.map_err(failed)?;
    let next = (pnrs.len() >= PAGE).then(|| pnrs.last().map(ToString::to_string)).flatten();
    let bookings = kiosk.store().bookings(&pnrs).await.map_err(failed)?;
    Ok(BookingPage { bookings: bookings.into_values().collect(), next })
}

fn has_name(booking: &Booking, part: &str) -> bool {
    part.is_empty() || booking.passengers.iter().any(|one| one.passenger.name.as_str().to_lowercase().contains(part))
}

/// What was looked for as the log has it: no full telephone number.
fn described(by: &BookingSearch) -> (String, Option<String>) {
    let named = |name: &String| (!name.is_empty()).then(|| name.clone());
    match by {
        BookingSearch::Phone(phone) => (phone.masked(), None),
        BookingSearch::Run { run, name } => (run.to_string(), named(name)),
        BookingSearch::Day { day, name } => (day.to_string(), named(name)),
    }
}
