//! The bookings of an account, newest first: those that are meant, page by page, and as a file.
//!
//! Whoever looks for few among many is not kept waiting, and reads no more than fixed portions: a page ends where enough was
//! found or looked at, and says how far back that was.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::future::try_join_all;

use crate::domain::booking::Booking;
use crate::domain::journeys::JourneyFilter;
use crate::domain::time::railway_time;
use crate::domain::user::AccountId;
use crate::export;
use crate::export::sheet::{Cell, Column, Sheet};
use crate::service::booking::is_own;
use crate::service::refusal::refuse;
use crate::service::request::{Cursor, Document, Failure, Form, Reply};
use crate::service::session::Session;
use crate::service::{Kiosk, sheets};

/// How much is read at once, and when that is enough.
#[derive(Clone, Copy)]
struct Reach {
    /// Bookings that are read at once.
    portion: i32,
    /// It ends with the portion in which so many are found.
    most: usize,
    /// It ends with the portion in which so many were looked at.
    looked_at: usize,
}

/// That of a page: what an account is not shown any more is looked at as well.
const PAGE: Reach = Reach { portion: 20, most: 20, looked_at: 200 };
/// That of a page of a list in which few may be meant: fewer requests, each of more.
const SOUGHT: Reach = Reach { portion: 100, most: 20, looked_at: 200 };
/// That of a file: nobody reads on, and ten thousand bookings are those of years.
const FILE: Reach = Reach { portion: 200, most: 1_000, looked_at: 10_000 };

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
    let account = session.who().account().ok_or(Failure::SignedOut)?;
    let reach = if filter.is_empty() { PAGE } else { SOUGHT };
    let part = part(session, account, filter, (after.map(|Cursor(after)| after.clone()), reach)).await?;
    let page = part.found.into_iter().map(Arc::new).collect();
    Ok(Reply::Bookings { page, next: part.next.map(Cursor), back_to: part.back_to })
}

/// The same as a document, all of them as far as one reads: a line for each booking on paper, and a row for each passenger in
/// a spreadsheet, as the export by SSH has it.
pub(super) async fn file(session: &Session, filter: &JourneyFilter, form: Form) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let account = session.who().account().ok_or(Failure::SignedOut)?;
    let part = part(session, account, filter, (None, FILE)).await?;
    let (bookings, back_to) = (part.found, part.back_to.map(|at| railway_time(at).date()));
    session.record_export(bookings.len());
    let extent = back_to.map(|day| format!("-back-to-{day}")).unwrap_or_default();
    let name = format!("bookings-{}{extent}.{}", railway_time(kiosk.now()).date(), form.extension());
    if form == Form::Csv {
        let rows = bookings.iter().flat_map(export::rows);
        let bytes: Vec<u8> = export::header().into_iter().chain(rows).collect();
        return Ok(Reply::Document(Document { name, bytes: bytes.into() }));
    }
    sheets::document(kiosk, sheet(kiosk, filter, &bookings, back_to), name, form).await.map(Reply::Document)
}

impl Session {
    /// Records that so many of the caller's bookings were taken away as a file.
    pub fn record_export(&self, bookings: usize) {
        let account = self.who().account().map(|account| account.to_string());
        self.kiosk().record(self, "booking.export", account, Some(format!("{bookings} bookings")));
    }
}

/// Looks back through an account's bookings for those that are meant, with the numbers that who waits has now and the times of
/// their runs.
async fn part(
    session: &Session,
    account: AccountId,
    filter: &JourneyFilter,
    (after, reach): (Option<String>, Reach),
) -> Result<Part, Failure> {
    let kiosk = session.kiosk();
    let now = kiosk.now();
    let mut part = Part { found: Vec::new(), next: after, back_to: None };
    let mut looked_at = 0;
    loop {
        let read = kiosk.store().bookings_of(account, part.next.as_deref(), reach.portion).await;
        let read = read.map_err(|error| refuse("list bookings", &error))?;
        looked_at += read.bookings.len();
        part.back_to = read.bookings.last().map(|booking| booking.booked_at).filter(|_| read.next.is_some());
        part.next = read.next;
        let own = read.bookings.into_iter().filter(|booking| is_own(session, booking));
        let as_of_now = own.map(|booking| kiosk.on_time(kiosk.as_of_now(booking)));
        let meant = as_of_now.filter(|booking| filter.includes(booking, now));
        part.found.extend(try_join_all(meant.map(|booking| kiosk.placed(booking))).await?);
        if part.next.is_none() || part.found.len() >= reach.most || looked_at >= reach.looked_at {
            return Ok(part);
        }
    }
}

fn sheet(kiosk: &Kiosk, filter: &JourneyFilter, bookings: &[Booking], back_to: Option<NaiveDate>) -> Sheet {
    let mut notes = vec![format!("Journeys: {}", filter.journeys)];
    notes.extend(filter.on.map(|day| format!("Boarding on {}", day.format("%a %-d %b %Y"))));
    notes.extend((!filter.words.is_empty()).then(|| format!("With the words: {}", filter.words)));
    notes.extend(back_to.map(|day| format!("Looked back to {}, and no further", day.format("%a %-d %b %Y"))));
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
