//! Finding anybody's bookings, for whoever works at a counter: by telephone number, by run, by the day on which they were made,
//! and by name, among those of a run, of a day or of all days. Who looked for what is recorded.

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use futures_util::future::try_join_all;

use crate::domain::pnr::Pnr;
use crate::domain::time::railway_time;
use crate::domain::train::RunId;
use crate::service::Kiosk;
use crate::service::refusal::refuse;
use crate::service::request::{BookingSearch, Cursor, Failure, Reply};
use crate::service::session::Session;
use crate::store::bookings::{BookingPage, Listed};
use crate::store::named::Sought;
use crate::store::pages::Portion;

/// Bookings on a page.
const PAGE: usize = 20;
/// How many bookings are looked at for a page at most, when few have the name.
const LOOKED_AT: usize = 2_500;
/// How many lines of a manifest are looked at in one go for a name.
const LINES: usize = 100;
/// Through how many days it is looked for a page at most, when a name is looked for on all: one without bookings costs sixteen
/// queries as well.
const DAYS: u32 = 7;
/// How far back that goes: nobody comes to a counter with a journey of a year ago.
const FURTHEST: Days = Days::new(366);

/// A page of bookings, or as many as there are among those that are looked at at once: a name that nobody has costs a known
/// number of reads, and whoever looks goes on from there.
pub(super) async fn find(session: &Session, by: &BookingSearch, after: Option<&Cursor>) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    if after.is_none() {
        let (subject, note) = described(by);
        kiosk.record(session, "booking.find", Some(subject), note);
    }
    let name = match by {
        BookingSearch::Phone(_) => None,
        BookingSearch::Run { name, .. } | BookingSearch::Day { name, .. } | BookingSearch::Name(name) => {
            Sought::of(name)
        }
    };
    let portion = if name.is_some() { Portion { most: PAGE, looked_at: LOOKED_AT } } else { Portion::of(PAGE) };
    let after = after.map(|Cursor(after)| after.as_str());
    let listed = match by {
        BookingSearch::Phone(phone) => Listed::Phone(phone.clone()),
        BookingSearch::Day { day, .. } => Listed::Day(*day),
        BookingSearch::Run { run, .. } => return of_run(kiosk, *run, after, name.as_ref()).await,
        BookingSearch::Name(_) => return of_all_days(kiosk, after, (portion, name.as_ref())).await,
    };
    let found = kiosk.store().bookings_among(&listed, after, portion, name.as_ref()).await;
    let (page, looked_at) = found.map_err(|error| refuse("find bookings", &error))?;
    told(kiosk, page, (looked_at, None)).await
}

/// A page with the numbers that who waits has now and the times of their runs, and how far it was looked.
async fn told(
    kiosk: &Kiosk,
    found: BookingPage,
    (looked_at, back_to): (usize, Option<NaiveDate>),
) -> Result<Reply, Failure> {
    let as_of_now = found.bookings.into_iter().map(|booking| kiosk.on_time(kiosk.as_of_now(booking)));
    let page = try_join_all(as_of_now.map(|booking| kiosk.placed(booking))).await?.into_iter().map(Arc::new).collect();
    Ok(Reply::Found { page, next: found.next.map(Cursor), looked_at, back_to })
}

/// Those on the manifest of a run, by PNR.
async fn of_run(kiosk: &Kiosk, run: RunId, after: Option<&str>, name: Option<&Sought>) -> Result<Reply, Failure> {
    let failed = |error| refuse("find bookings", &error);
    let mut next: Option<Pnr> = after.and_then(|after| after.parse().ok());
    let (mut bookings, mut looked_at) = (Vec::new(), 0);
    let lines = if name.is_some() { LINES } else { PAGE };
    loop {
        let part = kiosk.store().manifest_after(run, next, i32::try_from(lines).unwrap_or(i32::MAX), name).await;
        let part = part.map_err(failed)?;
        let mut read = kiosk.store().bookings(&part.pnrs).await.map_err(failed)?;
        let there = part.pnrs.iter().filter_map(|pnr| read.remove(pnr));
        bookings.extend(there.filter(|booking| name.is_none_or(|name| name.is_on(booking))));
        (looked_at, next) = (looked_at + part.looked_at, part.end);
        if next.is_none() || bookings.len() >= PAGE || looked_at >= LOOKED_AT {
            let next = next.map(|pnr| pnr.to_string());
            return told(kiosk, BookingPage { bookings, next }, (looked_at, None)).await;
        }
    }
}

/// Those of all days, the newest first: it goes back day by day, a few days for an answer.
async fn of_all_days(
    kiosk: &Kiosk,
    after: Option<&str>,
    (portion, name): (Portion, Option<&Sought>),
) -> Result<Reply, Failure> {
    let today = railway_time(kiosk.now()).date();
    let begun = after.and_then(|after| after.split_once(' '));
    let begun = begun.and_then(|(day, within)| Some((day.parse::<NaiveDate>().ok()?, within)));
    let (mut day, mut within) = begun.map_or((today, None), |(day, within)| (day, Some(within.to_owned())));
    let (mut bookings, mut looked_at, mut days) = (Vec::new(), 0, 0);
    let next = loop {
        let left =
            Portion { most: portion.most - bookings.len(), looked_at: portion.looked_at.saturating_sub(looked_at) };
        let within_day = within.as_deref().filter(|within| !within.is_empty());
        let of_day = kiosk.store().bookings_among(&Listed::Day(day), within_day, left, name).await;
        let (page, looked) = of_day.map_err(|error| refuse("find bookings", &error))?;
        bookings.extend(page.bookings);
        (looked_at, days) = (looked_at + looked, days + 1);
        let is_enough = bookings.len() >= portion.most || looked_at >= portion.looked_at || days == DAYS;
        match (page.next, day.checked_sub_days(Days::new(1))) {
            (Some(next), _) => break Some(format!("{day} {next}")),
            (None, Some(before)) if day > today - FURTHEST => {
                if is_enough {
                    break Some(format!("{before} "));
                }
                (day, within) = (before, None);
            }
            (None, _) => break None,
        }
    };
    told(kiosk, BookingPage { bookings, next }, (looked_at, Some(day))).await
}

/// What was looked for as the log has it: no full telephone number.
fn described(by: &BookingSearch) -> (String, Option<String>) {
    let named = |name: &String| (!name.is_empty()).then(|| name.clone());
    match by {
        BookingSearch::Phone(phone) => (phone.masked(), None),
        BookingSearch::Run { run, name } => (run.to_string(), named(name)),
        BookingSearch::Day { day, name } => (day.to_string(), named(name)),
        BookingSearch::Name(name) => (name.clone(), None),
    }
}
