//! Whether a booking's money adds up: what was paid is what is kept and what was given back.

use std::collections::BTreeSet;

use serde::Serialize;
use thiserror::Error;

use crate::domain::booking::{Booking, BookingStatus, Deed, Place};
use crate::domain::money::Paise;
use crate::domain::refund::QuoteLine;

/// What does not add up; passengers are counted by their places in the form, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Error)]
#[serde(tag = "Fault", rename_all_fields = "PascalCase")]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum Fault {
    #[error("the passengers' shares make {shares} and the fare is {total}: compare both with the receipt.")]
    Shares { shares: Paise, total: Paise },
    #[error("it counts as paid and no payment is kept: look for the payment at the counter that made it.")]
    Unpaid,
    #[error("{paid} was paid and the fare is {total}: give the rest back, or ask for it.")]
    Amount { paid: Paise, total: Paise },
    #[error("{paid} was taken though the booking was never made: give it back.")]
    Taken { paid: Paise },
    #[error("the refund of passenger {passenger} does not go from what was paid to what was kept: reckon it again.")]
    Steps { passenger: usize },
    #[error("the sums of a refund are not those of its lines: reckon it again.")]
    Sums,
    #[error("passenger {passenger} was refunded twice: ask for the money of one refund.")]
    Twice { passenger: usize },
    #[error("passenger {passenger} was refunded and still has a place: cancel it, or ask for the money.")]
    Travels { passenger: usize },
    #[error("passenger {passenger} is cancelled and no refund was reckoned: reckon it, and pay it out.")]
    NotReckoned { passenger: usize },
    #[error("{refunded} was given back of {paid}: ask for what was given too much.")]
    TooMuch { refunded: Paise, paid: Paise },
}

/// The first thing about a booking's money that does not add up.
pub fn fault(booking: &Booking) -> Option<Fault> {
    let total = booking.fare.total;
    for shares in [booking.fare.shares.iter().copied().sum(), booking.passengers.iter().map(|who| who.fare).sum()] {
        if shares != total {
            return Some(Fault::Shares { shares, total });
        }
    }
    match (&booking.payment, booking.status) {
        (None, BookingStatus::Booked) => Some(Fault::Unpaid),
        (None, BookingStatus::Cancelled) if was_paid(booking) => Some(Fault::Unpaid),
        // A slip that was given up: nobody paid anything, and nothing is given back.
        (None, BookingStatus::Cancelled) => too_much(booking),
        (Some(payment), BookingStatus::AwaitingPayment | BookingStatus::Lapsed) => {
            Some(Fault::Taken { paid: payment.amount })
        }
        (Some(payment), _) if payment.amount != total => Some(Fault::Amount { paid: payment.amount, total }),
        _ => refunds(booking),
    }
}

fn refunds(booking: &Booking) -> Option<Fault> {
    let mut refunded = BTreeSet::new();
    for quote in booking.refunds.iter().map(|refund| &refund.quote) {
        for line in &quote.lines {
            let passenger = usize::from(line.passenger) + 1;
            let Some(booked) = booking.passengers.get(passenger - 1) else { return Some(Fault::Steps { passenger }) };
            if !adds_up(line) || line.paid != booked.fare {
                return Some(Fault::Steps { passenger });
            }
            if booked.place != Place::Cancelled {
                return Some(Fault::Travels { passenger });
            }
            if !refunded.insert(passenger) {
                return Some(Fault::Twice { passenger });
            }
        }
        let back: Paise = quote.lines.iter().map(|line| line.refunded).sum();
        let kept: Paise = quote.lines.iter().map(QuoteLine::kept).sum();
        if (quote.refunded, quote.kept) != (back, kept) {
            return Some(Fault::Sums);
        }
    }
    let cancelled = booking.passengers.iter().enumerate();
    let mut cancelled = cancelled.filter(|(_, who)| who.place == Place::Cancelled && who.fare != Paise::ZERO);
    if let Some((index, _)) = cancelled.find(|(index, _)| !refunded.contains(&(index + 1))) {
        return Some(Fault::NotReckoned { passenger: index + 1 });
    }
    too_much(booking)
}

fn was_paid(booking: &Booking) -> bool {
    booking.history.iter().any(|change| matches!(change.what, Deed::Booked | Deed::Paid))
}

fn too_much(booking: &Booking) -> Option<Fault> {
    let paid = booking.payment.as_ref().map_or(Paise::ZERO, |payment| payment.amount);
    let refunded = paid - booking.kept();
    (booking.kept() < Paise::ZERO).then_some(Fault::TooMuch { refunded, paid })
}

/// Whether the steps of a line lead to what was kept, which is from nothing to all that was paid.
fn adds_up(line: &QuoteLine) -> bool {
    let steps: Paise = line.items.iter().map(|item| item.amount).sum();
    steps == line.kept() && line.refunded >= Paise::ZERO && line.refunded <= line.paid
}
