//! Bookings as a table for a spreadsheet: CSV (RFC 4180) in UTF-8, a row for each passenger. The same for what was done
//! ([`events`]).
//!
//! Names are typed by anybody. A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@`, so such a cell gets an
//! apostrophe before it (OWASP, CSV Injection); numbers that Kiosk reckons itself stay numbers.

pub mod events;
pub mod sheet;
pub mod trains;

use csv::{Terminator, Writer, WriterBuilder};

use crate::domain::booking::{BookedPassenger, Booking, BookingStatus, Place};
use crate::domain::money::Paise;
use crate::domain::time::railway_time;

/// The names of the columns.
const COLUMNS: [&str; 23] = [
    "PNR",
    "Status",
    "Booked at",
    "Terminal",
    "Train",
    "Train name",
    "Run",
    "From",
    "To",
    "Departure",
    "Arrival",
    "Kilometres",
    "Class",
    "Quota",
    "Passenger",
    "Age",
    "Gender",
    "Place",
    "Fare",
    "Refunded",
    "Paid by",
    "Reference",
    "Boarding",
];

/// With what a formula begins.
const RUN: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// How moments are written: the railway's time, as spreadsheets read it.
const MOMENT: &str = "%Y-%m-%d %H:%M";

/// The same where several things happen in a minute.
const MOMENT_WITH_SECONDS: &str = "%Y-%m-%d %H:%M:%S";

/// The row with the names of the columns.
pub fn header() -> Vec<u8> {
    written(|rows| rows.write_record(COLUMNS))
}

/// The rows of a booking.
pub fn rows(booking: &Booking) -> Vec<u8> {
    written(|rows| {
        for (index, booked) in (0..).zip(&booking.passengers) {
            rows.write_record(row(booking, index, booked).iter())?;
        }
        Ok(())
    })
}

fn written(write: impl FnOnce(&mut Writer<Vec<u8>>) -> csv::Result<()>) -> Vec<u8> {
    let mut rows = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    write(&mut rows).expect("every row has as many cells as there are columns");
    rows.into_inner().expect("memory takes all")
}

fn row(booking: &Booking, index: u8, booked: &BookedPassenger) -> [String; COLUMNS.len()] {
    let passenger = &booked.passenger;
    let refunded: Paise = booking
        .refunds
        .iter()
        .flat_map(|refund| &refund.quote.lines)
        .filter(|line| line.passenger == index)
        .map(|line| line.refunded)
        .sum();
    let payment = booking.payment.as_ref();
    [
        booking.pnr.to_string(),
        status(booking.status).to_owned(),
        railway_time(booking.booked_at).format(MOMENT).to_string(),
        safe(&booking.terminal),
        booking.train.to_string(),
        safe(&booking.train_name),
        booking.run.to_string(),
        booking.from.station.to_string(),
        booking.to.station.to_string(),
        booking.from.at.format(MOMENT).to_string(),
        booking.to.at.format(MOMENT).to_string(),
        booking.km.to_string(),
        booking.class.to_string(),
        booking.quota.to_string(),
        safe(passenger.name.as_str()),
        passenger.age.to_string(),
        passenger.gender.to_string(),
        place(booked.place),
        rupees(booked.fare),
        rupees(refunded),
        payment.map_or("", |payment| payment.method.words()).to_owned(),
        safe(payment.and_then(|payment| payment.reference.as_deref()).unwrap_or_default()),
        // What was there before keeps its place.
        booking.boards().station.to_string(),
    ]
}

/// How far a booking has come, in a word or two.
pub const fn status(status: BookingStatus) -> &'static str {
    match status {
        BookingStatus::Booked => "booked",
        BookingStatus::AwaitingPayment => "awaiting payment",
        BookingStatus::Lapsed => "lapsed",
        BookingStatus::Cancelled => "cancelled",
    }
}

fn place(place: Place) -> String {
    match place {
        Place::Rac { berth, .. } => format!("{place} {}", berth.berth),
        place => place.to_string(),
    }
}

/// Rupees as a number that any program reads: `2021.25`.
fn rupees(money: Paise) -> String {
    let sign = if money < Paise::ZERO { "-" } else { "" };
    format!("{sign}{}.{:02}", money.get().unsigned_abs() / 100, money.get().unsigned_abs() % 100)
}

/// A cell that no spreadsheet takes for a formula, nor for several cells of which one is: there are places where a
/// semicolon parts them.
fn safe(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        if begins && RUN.contains(&c) {
            cell.push('\'');
        }
        begins = begins_after(c, begins);
        cell.push(c);
    }
    cell
}

/// Whether what follows a character stands at a cell's beginning.
fn begins_after(c: char, begins: bool) -> bool {
    matches!(c, ';' | ',' | '|' | '\t' | '\r' | '\n') || (begins && (c.is_whitespace() || c == '"'))
}

/// The text of a cell that was made safe.
pub fn original(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    let mut rest = cell;
    let mut begins = true;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if begins && c == '\'' && rest.starts_with(RUN) {
            continue;
        }
        begins = begins_after(c, begins);
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{COLUMNS, header, original, rupees, safe};
    use crate::domain::money::Paise;

    #[rstest]
    #[case("Anita Sharma", "Anita Sharma")]
    #[case("", "")]
    #[case("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")")]
    #[case("+1", "'+1")]
    #[case("-1+1", "'-1+1")]
    #[case("@SUM(A1)", "'@SUM(A1)")]
    #[case(" =1", " '=1")]
    #[case("\t=1", "\t'=1")]
    #[case("\"=1", "\"'=1")]
    #[case("A;=cmd|'/c calc'!A1", "A;'=cmd|'/c calc'!A1")]
    #[case("Anne-Marie", "Anne-Marie")]
    #[case("\u{ff1d}1", "'\u{ff1d}1")]
    fn no_cell_is_run(#[case] typed: &str, #[case] cell: &str) {
        assert_eq!(safe(typed), cell);
        assert_eq!(original(cell), typed);
    }

    #[rstest]
    #[case(202_125, "2021.25")]
    #[case(5, "0.05")]
    #[case(-1_050, "-10.50")]
    #[case(123_456_789, "1234567.89")]
    fn money_is_a_number_to_any_program(#[case] paise: i64, #[case] cell: &str) {
        assert_eq!(rupees(Paise::new(paise)), cell);
    }

    #[test]
    fn the_first_row_names_the_columns() {
        assert_eq!(header(), format!("{}\r\n", COLUMNS.join(",")).into_bytes());
    }
}
