//! The receipt: one A4 page that is ticket, bill and tax invoice, as PDF. Of a group, who does not fit there follows on more
//! pages, each of which says what it belongs to.
//!
//! It is a function of the booking, its ticket and the issuer, to the byte: a receipt that is lost is rendered again.
//! It carries what the railway's own electronic reservation slip carries (reference 2.10), as far as it applies here.
//! Scripts other than Latin are not in its typefaces: such characters are printed as `�`, a note says so, and text that
//! is copied or read aloud from the file is the name as it was typed.

pub mod chart;
mod face;
mod file;
mod notes;
mod page;
mod parts;
pub mod sheet;

use crate::domain::booking::{Booking, BookingStatus, PaymentMethod};
use crate::receipt::file::Label;
use crate::receipt::page::Page;
use crate::ticket::Ticket;

/// Who sells: what a tax invoice must say about its maker. Settings, since it differs by owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The name over the ticket.
    pub name: String,
    /// The tax number (GSTIN); without one the page says that it is no tax invoice.
    pub gstin: Option<String>,
    /// The state in which the supply is taxed, with its code, such as `Delhi (07)`.
    pub place_of_supply: Option<String>,
    /// The service's code in the tax tariff (SAC).
    pub sac: String,
    /// The series of the invoice numbers: two letters.
    pub series: String,
    /// The telephone number for enquiries.
    pub helpline: String,
}

impl Default for Issuer {
    /// An issuer without a tax number, under the railway's helpline and its code for long-distance travel by rail.
    fn default() -> Self {
        Self {
            name: "Kiosk".to_owned(),
            gstin: None,
            place_of_supply: None,
            sac: "996421".to_owned(),
            series: "KS".to_owned(),
            helpline: "139".to_owned(),
        }
    }
}

/// The receipt's file. The same arguments give the same bytes, in every process.
pub fn render(booking: &Booking, ticket: &Ticket, issuer: &Issuer) -> Vec<u8> {
    let (mut page, mut y) = begun(booking, issuer);
    y = parts::journey(&mut page, y, booking, issuer);
    y = parts::particulars(&mut page, y, booking, ticket);
    y = parts::passengers(&mut page, y, booking);
    y = parts::money(&mut page, y, booking, issuer);
    let mut more: Vec<Page> = parts::on_more_pages(booking)
        .map(|rows| {
            let (mut page, y) = begun(booking, issuer);
            parts::more_passengers(&mut page, y, booking, rows);
            page
        })
        .collect();
    let replaced = page.has_replaced() || more.iter().any(Page::has_replaced);
    notes::write(&mut page, y, replaced, issuer);
    let mut pages = vec![page];
    pages.append(&mut more);
    let count = pages.len();
    for (number, page) in (1..).zip(&mut pages) {
        notes::foot(page, booking, issuer, (number, count));
    }
    let label = Label {
        title: format!("Ticket {} · {} {}", booking.pnr, booking.train, booking.train_name),
        author: issuer.name.clone(),
        subject: format!("{} to {}, {}", booking.from.name, booking.to.name, booking.from.at.format(parts::DATE)),
        at: booking.payment.as_ref().map_or(booking.booked_at, |payment| payment.taken_at),
        identity: format!("receipt {} {}", booking.pnr, booking.version).into_bytes(),
    };
    file::write(pages, label)
}

/// A page with its head, and where the next part may begin.
fn begun(booking: &Booking, issuer: &Issuer) -> (Page, f32) {
    let warning = Warning::of(booking);
    let mut page = Page::default();
    if let Some(warning) = warning {
        parts::watermark(&mut page, warning);
    }
    let mut y = parts::head(&mut page, booking, issuer);
    if let Some(warning) = warning {
        y = parts::banner(&mut page, y, warning);
    }
    (page, y)
}

/// Why a page must not be taken for a valid ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Warning {
    Test,
    NotPaid,
    Lapsed,
    Cancelled,
}

impl Warning {
    fn of(booking: &Booking) -> Option<Self> {
        match (booking.status, &booking.payment) {
            (BookingStatus::Lapsed, _) => Some(Self::Lapsed),
            (BookingStatus::Cancelled, _) => Some(Self::Cancelled),
            (BookingStatus::AwaitingPayment, _) | (_, None) => Some(Self::NotPaid),
            (BookingStatus::Booked, Some(payment)) if payment.method == PaymentMethod::Test => Some(Self::Test),
            (BookingStatus::Booked, Some(_)) => None,
        }
    }

    /// What stands across the page.
    const fn mark(self) -> &'static str {
        match self {
            Self::Test => "TEST PAYMENT",
            Self::NotPaid => "NOT PAID",
            Self::Lapsed => "LAPSED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// What stands at the head.
    const fn sentence(self) -> &'static str {
        match self {
            Self::Test => "TEST PAYMENT: no money was taken. Not valid for travel.",
            Self::NotPaid => "NOT PAID: not valid for travel. Pay the slip at a counter first.",
            Self::Lapsed => "LAPSED: the berths were given back. Not valid for travel.",
            Self::Cancelled => "CANCELLED: nobody travels on this booking. Not valid for travel.",
        }
    }
}
