//! The bookings of an account, newest first: those that are meant, page by page, and as a file.
//!
//! Whoever looks for few among many is not kept waiting, and reads no more than fixed portions: a page ends where enough was
//! found or looked at, and says how far back that was.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;

use crate::domain::booking::Booking;
use crate::domain::journeys::JourneyFilter;
use crate::domain::time::railway_time;
use crate::domain::user::AccountId;
use crate::export;
use crate::export::sheet::{Cell, Column, Sheet};
use crate::service::refusal::refuse;
use crate::service::request::{Cursor, Document, Failure, Form, Reply};
use crate::service::session::Session;
use crate::service::{Kiosk, sheets};

/// Bookings that are read at once.
const PORTION: i32 = 20;
/// A page ends with the portion in which so many are found.
const PAGE: usize = 20;
/// A page ends with the portion in which so many were looked at.
const LOOKED_AT: usize = 400;
/// Bookings in a file at most: nobody reads on.
const ROWS: usize = 1_000;

const COLUMNS: &[Column] = &[
    Column::text("PNR", 58),
    Column::text("Departure", 82),
    Column::text("Train", 112),
    Column::text("From", 36),
    Column::text("To", 36),
    Column::text("Class", 30),
    Column::number("People", 30),
    Column::text("Status", 50),
    Column::number("Paid", 45),
    Column::number("Given back", 44),
];

/// Some bookings, newest first.
struct Part {
    found: Vec<Booking>,
    next: Option<String>,
    back_to: Option<DateTime<Utc>>,
}

/// A page of the caller's bookings that are meant, or as many as there are among those that are looked at at once.
pub(super) async fn list(session: &Session, filter: &JourneyFilter, after: Option<&Cursor>) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let account = session.who().account().ok_or(Failure::SignedOut)?;
    let part = part(kiosk, account, filter, after.map(|Cursor(after)| after.clone())).await?;
    let placed = try_join_all(part.found.into_iter().map(|booking| kiosk.placed(booking))).await?;
    let page = placed.into_iter().map(Arc::new).collect();
    Ok(Reply::Bookings { page, next: part.next.map(Cursor), back_to: part.back_to })
}

/// The same as a document, all of them as far as one reads: a line for each booking on paper, and a row for each passenger in
/// a spreadsheet, as the export by SSH has it.
pub(super) async fn file(session: &Session, filter: &JourneyFilter, form: Form) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let account = session.who().account().ok_or(Failure::SignedOut)?;
    let (mut bookings, mut next) = (Vec::new(), None);
    loop {
        let part = part(kiosk, account, filter, next).await?;
        bookings.extend(part.found);
        next = part.next;
        if next.is_none() || bookings.len() >= ROWS {
            break;
        }
    }
    let is_all = next.is_none() && bookings.len() <= ROWS;
    bookings.truncate(ROWS);
    kiosk.record(session, "booking.export", Some(account.to_string()), Some(format!("{} bookings", bookings.len())));
    let extent = if is_all { "" } else { "-newest" };
    let name = format!("bookings-{}{extent}.{}", railway_time(kiosk.now()).date(), form.extension());
    if form == Form::Csv {
        let rows = bookings.iter().flat_map(export::rows);
        let bytes: Vec<u8> = export::header().into_iter().chain(rows).collect();
        return Ok(Reply::Document(Document { name, bytes: bytes.into() }));
    }
    sheets::document(kiosk, sheet(kiosk, filter, &bookings, is_all), name, form).await.map(Reply::Document)
}

/// Looks back through an account's bookings for those that are meant.
async fn part(
    kiosk: &Kiosk,
    account: AccountId,
    filter: &JourneyFilter,
    after: Option<String>,
) -> Result<Part, Failure> {
    let now = kiosk.now();
    let mut part = Part { found: Vec::new(), next: after, back_to: None };
    let mut looked_at = 0;
    loop {
        let read = kiosk.store().bookings_of(account, part.next.as_deref(), PORTION).await;
        let read = read.map_err(|error| refuse("list bookings", &error))?;
        looked_at += read.bookings.len();
        part.back_to = read.bookings.last().map(|booking| booking.booked_at).filter(|_| read.next.is_some());
        part.next = read.next;
        let as_of_now = read.bookings.into_iter().map(|booking| kiosk.as_of_now(booking));
        part.found.extend(as_of_now.filter(|booking| filter.includes(booking, now)));
        if part.next.is_none() || part.found.len() >= PAGE || looked_at >= LOOKED_AT {
            return Ok(part);
        }
    }
}

fn sheet(kiosk: &Kiosk, filter: &JourneyFilter, bookings: &[Booking], is_all: bool) -> Sheet {
    let mut notes = vec![format!("Journeys: {}", filter.journeys)];
    notes.extend(filter.on.map(|day| format!("Boarding on {}", day.format("%a %-d %b %Y"))));
    notes.extend((!filter.words.is_empty()).then(|| format!("With the words: {}", filter.words)));
    notes.extend((!is_all).then(|| format!("The newest {ROWS} of them")));
    let paid = |booking: &Booking| booking.payment.as_ref().map(|payment| payment.amount).unwrap_or_default();
    let row = |booking: &Booking| {
        vec![
            Cell::Text(booking.pnr.spoken()),
            Cell::Text(booking.boards().at.format("%a %-d %b %Y %H:%M").to_string()),
            Cell::Text(format!("{} {}", booking.train, booking.train_name)),
            Cell::Text(booking.boards().station.to_string()),
            Cell::Text(booking.to.station.to_string()),
            Cell::Text(booking.class.to_string()),
            Cell::Count(i64::try_from(booking.passengers.len()).unwrap_or(i64::MAX)),
            Cell::Text(export::status(booking.status).to_owned()),
            Cell::Money(paid(booking)),
            Cell::Money(paid(booking) - booking.kept()),
        ]
    };
    Sheet {
        title: "Bookings".to_owned(),
        notes,
        columns: COLUMNS,
        rows: bookings.iter().map(row).collect(),
        sums: vec![
            ("Paid".to_owned(), bookings.iter().map(paid).sum()),
            ("Given back".to_owned(), bookings.iter().map(|booking| paid(booking) - booking.kept()).sum()),
        ],
        at: kiosk.now(),
    }
}
