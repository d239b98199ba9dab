//! The parts of the page from top to bottom. Each answers where the next may begin.

use std::ops::Range;

use chrono::NaiveDateTime;

use crate::domain::booking::{BookedPassenger, Booking, BookingStatus, Place};
use crate::domain::fare::FareItemKind;
use crate::domain::gap;
use crate::domain::money::Paise;
use crate::domain::time::railway_time;
use crate::receipt::face::Face::{Bold, Regular};
use crate::receipt::page::{Align, Ink, Page, Style, WIDTH};
use crate::receipt::{Issuer, Warning};
use crate::ticket::{Ticket, qr};

/// How a date is written.
pub const DATE: &str = "%a %d %b %Y";
const MOMENT: &str = "%a %d %b %Y, %H:%M";

/// The left edge of everything.
pub const LEFT: f32 = 42.0;
/// The right edge of everything.
pub const RIGHT: f32 = WIDTH - 42.0;
const FULL: f32 = RIGHT - LEFT;

const LABEL: Style = Style::new(Regular, 7.5, Ink::Soft);
const VALUE: Style = Style::new(Bold, 10.0, Ink::Text);
const BODY: Style = Style::new(Regular, 9.0, Ink::Text);
const STRONG: Style = Style::new(Bold, 9.0, Ink::Text);
const HEADING: Style = Style::new(Bold, 9.5, Ink::Text);

/// Says across the page that it is not a valid ticket.
pub fn watermark(page: &mut Page, warning: Warning) {
    page.watermark(52.0, Style::new(Bold, 88.0, Ink::Watermark), warning.mark());
}

/// Who sells, and the PNR.
pub fn head(page: &mut Page, booking: &Booking, issuer: &Issuer) -> f32 {
    page.fill(LEFT, 34.0, 4.0, 40.0, Ink::Accent);
    page.text(LEFT + 14.0, 53.0, 300.0, Style::new(Bold, 20.0, Ink::Text), Align::Left, &issuer.name);
    let what = "Reserved ticket and receipt";
    page.text(LEFT + 14.0, 70.0, 300.0, Style::new(Regular, 10.0, Ink::Soft), Align::Left, what);
    page.text(RIGHT, 42.0, 160.0, LABEL, Align::Right, "PNR");
    let pnr = booking.pnr.to_string();
    page.text(RIGHT, 68.0, 180.0, Style::new(Bold, 24.0, Ink::Text), Align::Right, &pnr);
    page.rule((LEFT, 84.0), (RIGHT, 84.0), 0.8, Ink::Text);
    84.0
}

/// Says at the head that the page is not a valid ticket.
pub fn banner(page: &mut Page, y: f32, warning: Warning) -> f32 {
    page.fill(LEFT, y + 8.0, FULL, 20.0, Ink::Alarm);
    let style = Style::new(Bold, 10.5, Ink::Paper);
    page.text(WIDTH / 2.0, y + 21.8, FULL - 20.0, style, Align::Centre, warning.sentence());
    y + 28.0
}

/// From where to where, and when; and what is not run of it where the railway gave the booking up for that.
pub fn journey(page: &mut Page, y: f32, booking: &Booking, issuer: &Issuer) -> f32 {
    const SIDE: f32 = 176.0;
    let middle = WIDTH / 2.0;
    for (stop, x, align, label) in
        [(&booking.from, LEFT, Align::Left, "Departs from"), (&booking.to, RIGHT, Align::Right, "Arrives at")]
    {
        page.text(x, y + 18.0, SIDE, LABEL, align, label);
        page.text(x, y + 45.0, SIDE, Style::new(Bold, 28.0, Ink::Text), align, stop.station.as_str());
        name_over_two_lines(page, x, y + 60.0, SIDE, align, &stop.name);
        page.text(x, y + 93.0, SIDE, Style::new(Bold, 14.0, Ink::Text), align, &stop.at.format("%H:%M").to_string());
        let date = stop.at.format(DATE).to_string();
        let beside = Bold.width(14.0, "00:00") + 7.0;
        let x = if align == Align::Left { x + beside } else { x - beside };
        page.text(x, y + 93.0, SIDE - beside, Style::new(Regular, 10.0, Ink::Text), align, &date);
    }
    let train = booking.train.to_string();
    page.text(middle, y + 22.0, 130.0, Style::new(Bold, 13.0, Ink::Text), Align::Centre, &train);
    page.text(middle, y + 36.0, 150.0, Style::new(Regular, 9.5, Ink::Text), Align::Centre, &booking.train_name);
    let (tail, tip, line) = (middle - 62.0, middle + 62.0, y + 47.0);
    page.rule((tail, line), (tip - 5.0, line), 1.4, Ink::Accent);
    page.shape(Ink::Accent, &[(tip - 8.0, line - 4.0), (tip, line), (tip - 8.0, line + 4.0)]);
    let length = format!("{} · {} km", duration(booking.from.at, booking.to.at), kilometres(booking.km));
    page.text(middle, y + 61.0, 150.0, Style::new(Regular, 9.0, Ink::Soft), Align::Centre, &length);
    let (style, advice) = match gap::news(booking) {
        Some(gap::News { from, to, reason }) => (
            Style::new(Bold, 7.5, Ink::Text),
            format!("The railway does not run this train from {from} to {to} that day: {reason}."),
        ),
        None => {
            (LABEL, format!("Departure and arrival are liable to change: ask on {} before you leave.", issuer.helpline))
        }
    };
    page.text(LEFT, y + 110.0, FULL, style, Align::Left, &advice);
    page.rule((LEFT, y + 118.0), (RIGHT, y + 118.0), 0.5, Ink::Hairline);
    y + 118.0
}

fn name_over_two_lines(page: &mut Page, x: f32, y: f32, room: f32, align: Align, name: &str) {
    let style = Style::new(Bold, 10.5, Ink::Text);
    let lines = style.face.wrap(style.size, name, room);
    if let Some((first, rest)) = lines.split_first() {
        page.text(x, y, room, style, align, first);
        page.text(x, y + 13.0, room, style, align, &rest.join(" "));
    }
}

/// What the booking is for, and its QR code.
pub fn particulars(page: &mut Page, y: f32, booking: &Booking, ticket: &Ticket) -> f32 {
    const CODE: f32 = 132.0;
    const COLUMN: f32 = 129.0;
    let place = |stop: &crate::domain::train::Stop| format!("{} ({})", stop.name, stop.station);
    let boarding = match &booking.boarding {
        Some(stop) => format!("Boarding at, {}", stop.at.format("%a %d %b %H:%M")),
        None => "Boarding at".to_owned(),
    };
    let rows = [
        ("Class", format!("{} ({})", sentence(booking.class.words()), booking.class)),
        ("Quota", format!("{} ({})", booking.quota.words(), booking.quota.code())),
        ("Travellers", travellers(booking)),
        ("Booked from", place(&booking.from)),
        (&boarding, place(booking.boards())),
        ("To", place(&booking.to)),
        ("Train leaves its origin on", booking.run.date.format(DATE).to_string()),
        ("Distance", format!("{} km", kilometres(booking.km))),
        ("Telephone", booking.phone.masked()),
        ("Booked on", railway_time(booking.booked_at).format(MOMENT).to_string()),
        ("Booked at terminal", booking.terminal.clone()),
        ("Status", status(booking.status).to_owned()),
    ];
    for (place, (label, value)) in rows.iter().enumerate() {
        let (column, row) = (f32::from(place as u8 % 3), f32::from(place as u8 / 3));
        let (x, y) = (LEFT + column * COLUMN, y + 22.0 + row * 36.0);
        page.text(x, y, COLUMN - 8.0, LABEL, Align::Left, label);
        page.text(x, y + 13.5, COLUMN - 8.0, Style { size: 9.0, ..VALUE }, Align::Left, value);
    }
    // The code's dark modules end at the margin; its quiet zone reaches over it.
    let quiet = page.qr(RIGHT, y + 4.0, CODE, &qr(ticket));
    let (left, room) = (RIGHT - CODE + 2.0 * quiet, CODE - 2.0 * quiet);
    let small = Style::new(Regular, 5.2, Ink::Soft);
    page.text(left, y + CODE + 3.0, room, small, Align::Left, &format!("Signed with key {}:", ticket.key_id()));
    page.paragraph(left, y + CODE + 9.6, room, small, 6.4, &ticket.text());
    y + CODE + 38.0
}

/// How many passengers the first page has room for.
const ON_FIRST: usize = 10;
/// How many each page after it has.
const ON_NEXT: usize = 42;

/// Who travels, on which berth: as many as the first page has room for.
pub fn passengers(page: &mut Page, y: f32, booking: &Booking) -> f32 {
    /// What a table of any length must leave to the parts below it.
    const ROOM: f32 = 104.0;
    let shown = booking.passengers.len().min(ON_FIRST);
    let height = (ROOM / f32::from(shown.max(1) as u8)).min(19.0);
    let line = table(page, y, booking, 0..shown, height);
    let left = booking.passengers.len() - shown;
    if left == 0 {
        return line;
    }
    let pages = if left <= ON_NEXT { "the next page" } else { "the next pages" };
    page.text(LEFT + 30.0, line + 10.0, FULL, LABEL, Align::Left, &format!("and {left} more on {pages}"));
    line + 12.0
}

/// Which passengers are on each page after the first.
pub fn on_more_pages(booking: &Booking) -> impl Iterator<Item = Range<usize>> {
    let count = booking.passengers.len();
    (ON_FIRST..count).step_by(ON_NEXT).map(move |first| first..(first + ON_NEXT).min(count))
}

/// Those of a page after the first, under the train to which they belong.
pub fn more_passengers(page: &mut Page, y: f32, booking: &Booking, rows: Range<usize>) {
    let (from, to) = (&booking.from, &booking.to);
    let train = format!("{} {}", booking.train, booking.train_name);
    page.text(LEFT, y + 20.0, FULL, VALUE, Align::Left, &train);
    let way = format!("{} ({}) to {} ({}), {}", from.name, from.station, to.name, to.station, from.at.format(MOMENT));
    page.text(LEFT, y + 34.0, FULL, BODY, Align::Left, &way);
    table(page, y + 46.0, booking, rows, 15.0);
}

/// A table of passengers in rows of a height, and where it ends.
fn table(page: &mut Page, y: f32, booking: &Booking, rows: Range<usize>, height: f32) -> f32 {
    let columns = [
        (LEFT + 8.0, 18.0, Align::Left, "No."),
        (LEFT + 30.0, 208.0, Align::Left, "Name"),
        (LEFT + 260.0, 20.0, Align::Right, "Age"),
        (LEFT + 270.0, 34.0, Align::Left, "Gender"),
        (LEFT + 306.0, 74.0, Align::Left, "Booking status"),
        (LEFT + 382.0, 74.0, Align::Left, "Current status"),
        (RIGHT - 8.0, 60.0, Align::Right, "Fare, ₹"),
    ];
    page.fill(LEFT, y, FULL, 18.0, Ink::Ground);
    for (x, room, align, label) in columns {
        page.text(x, y + 12.0, room, Style::new(Bold, 7.5, Ink::Soft), align, label);
    }
    let mut line = y + 18.0;
    for (place, booked) in booking.passengers.iter().enumerate().take(rows.end).skip(rows.start) {
        let allotted = status_of(booking, booked);
        let cells = [
            (BODY, (place + 1).to_string()),
            (STRONG, booked.passenger.name.to_string()),
            (BODY, booked.passenger.age.to_string()),
            (BODY, booked.passenger.gender.code().to_owned()),
            (BODY, allotted.clone()),
            (STRONG, allotted),
            (BODY, booked.fare.to_string()),
        ];
        for ((x, room, align, _), (style, text)) in columns.iter().zip(cells) {
            page.text(*x, line + height / 2.0 + 3.2, *room, style, *align, &text);
        }
        line += height;
        page.rule((LEFT, line), (RIGHT, line), 0.4, Ink::Hairline);
    }
    line
}

/// What it costs, how it was paid, and the tax in it.
pub fn money(page: &mut Page, y: f32, booking: &Booking, issuer: &Issuer) -> f32 {
    const LEADING: f32 = 12.0;
    const FARE: f32 = 268.0;
    let top = y + 18.0;
    page.text(LEFT, top, FARE, HEADING, Align::Left, "Fare");
    let mut y = top + 15.0;
    for (label, amount) in fare_lines(booking) {
        page.text(LEFT, y, FARE - 70.0, BODY, Align::Left, &label);
        page.text(LEFT + FARE, y, 66.0, BODY, Align::Right, &amount.to_string());
        y += LEADING;
    }
    page.rule((LEFT, y - 7.5), (LEFT + FARE, y - 7.5), 0.6, Ink::Text);
    y += 5.5;
    let large = Style { size: 11.0, ..VALUE };
    page.text(LEFT, y, FARE - 130.0, large, Align::Left, "Total");
    page.text(LEFT + FARE, y, 120.0, large, Align::Right, &format!("₹ {}", booking.fare.total));

    let left = LEFT + FARE + 32.0;
    page.text(left, top, RIGHT - left, HEADING, Align::Left, "Tax invoice");
    let mut line = top + 15.0;
    for (label, value) in tax_lines(booking, issuer) {
        page.text(left, line, 100.0, Style { ink: Ink::Soft, ..BODY }, Align::Left, &label);
        page.text(RIGHT, line, RIGHT - left - 102.0, BODY, Align::Right, &value);
        line += LEADING;
    }
    y = (y + LEADING).max(line) + 3.0;
    for line in payment_lines(booking) {
        page.text(LEFT, y, FULL, LABEL, Align::Left, &line);
        y += 10.0;
    }
    y
}

/// The fare's lines, at most seven: what does not fit is added up in the last.
fn fare_lines(booking: &Booking) -> Vec<(String, Paise)> {
    const MOST: usize = 7;
    let items = &booking.fare.items;
    let each = if items.len() > MOST { MOST - 1 } else { items.len() };
    let mut lines: Vec<_> = items[..each]
        .iter()
        .map(|item| match item.count {
            0 | 1 => (item.label.clone(), item.amount),
            count => (format!("{}  {count} × {}", item.label, item.each), item.amount),
        })
        .collect();
    if items.len() > each {
        lines.push(("Other charges".to_owned(), items[each..].iter().map(|item| item.amount).sum()));
    }
    lines
}

fn payment_lines(booking: &Booking) -> [String; 3] {
    let (paid, taken) = match &booking.payment {
        Some(payment) => {
            let reference = payment.reference.as_ref().map(|text| format!(", reference {text}")).unwrap_or_default();
            let at = railway_time(payment.taken_at).format(MOMENT);
            let method = payment.method.words();
            (
                format!("Paid: ₹ {}, {method}{reference} · {at} · terminal {}", payment.amount, payment.terminal),
                payment.taken_by.map(|agent| format!(" · taken by account {}", agent.0.simple())).unwrap_or_default(),
            )
        }
        None => ("No money has been taken.".to_owned(), String::new()),
    };
    let nothing_else = "No convenience fee, insurance or agent's charge is part of this price.".to_owned();
    let transaction = booking.transaction().map(|op| op.to_string()).unwrap_or_default();
    [paid, format!("Transaction {transaction}{taken}"), nothing_else]
}

fn tax_lines(booking: &Booking, issuer: &Issuer) -> Vec<(String, String)> {
    let line = |label: &str, value: String| (label.to_owned(), value);
    let tax = booking.fare.sum_of(FareItemKind::Gst);
    let taxable = booking.fare.taxable();
    let mut lines = vec![
        line("Invoice number", invoice_number(booking, issuer)),
        line("Service code (SAC)", issuer.sac.clone()),
        line("Supplier's GSTIN", issuer.gstin.clone().unwrap_or_else(|| "none: not a tax invoice".to_owned())),
        line("Place of supply", issuer.place_of_supply.clone().unwrap_or_else(|| "as the boarding station".to_owned())),
    ];
    if tax == Paise::ZERO {
        lines.push(line("GST", format!("none on class {}", booking.class)));
        return lines;
    }
    // The two halves are central and state tax; an odd paisa goes to the state.
    let central = Paise::new(tax.get() / 2);
    let rate = half_rate(tax, taxable);
    lines.push(line("Taxable value", taxable.to_string()));
    lines.push((format!("CGST {rate} %"), central.to_string()));
    lines.push((format!("SGST {rate} %"), (tax - central).to_string()));
    lines.push(line("GST in the total", tax.to_string()));
    lines
}

/// Half the tax's rate in percent, as it follows from the amounts, to a tenth.
fn half_rate(tax: Paise, taxable: Paise) -> String {
    let tenths = (tax.get() * 500 + taxable.get() / 2).checked_div(taxable.get()).unwrap_or(0);
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        tenth => format!("{}.{tenth}", tenths / 10),
    }
}

/// Sixteen characters, the most that the tax rules allow: series, year, PNR and the ticket's count, which is always one.
fn invoice_number(booking: &Booking, issuer: &Issuer) -> String {
    format!("{}{}{}01", issuer.series, railway_time(booking.booked_at).format("%y"), booking.pnr)
}

/// What a passenger has: `CNF/B2/20/LB`, or why it is no berth.
fn status_of(booking: &Booking, booked: &BookedPassenger) -> String {
    match (booking.status, booked.place) {
        (BookingStatus::Booked, Place::Lap) => "on a lap".to_owned(),
        (BookingStatus::Booked | BookingStatus::Cancelled, place) => place.to_string(),
        (BookingStatus::AwaitingPayment, _) => "not paid".to_owned(),
        (BookingStatus::Lapsed, _) => "lapsed".to_owned(),
    }
}

const fn status(status: BookingStatus) -> &'static str {
    match status {
        BookingStatus::AwaitingPayment => "Awaiting payment",
        BookingStatus::Booked => "Confirmed",
        BookingStatus::Lapsed => "Lapsed",
        BookingStatus::Cancelled => "Cancelled",
    }
}

fn travellers(booking: &Booking) -> String {
    let seated = booking.berths().count();
    match booking.passengers.len() - seated {
        0 => seated.to_string(),
        laps => format!("{seated}, and {laps} on a lap"),
    }
}

fn duration(from: NaiveDateTime, to: NaiveDateTime) -> String {
    let minutes = (to - from).num_minutes().max(0);
    format!("{} h {:02} min", minutes / 60, minutes % 60)
}

/// Kilometres with the thousands set off.
fn kilometres(km: u16) -> String {
    if km < 1000 { km.to_string() } else { format!("{},{:03}", km / 1000, km % 1000) }
}

fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
