//! What people do: what an action is about, when it is done, and what a refusal of it says.

use kiosk::domain::booking::{Booking, Deed, OpId};
use kiosk::domain::correction::Correction;
use kiosk::domain::inventory::HoldId;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::refund::{NotRefundable, Quote, Reason};
use kiosk::domain::station::StationCode;
use kiosk::service::request::{Failure, Outcome};

use super::claims::Holder;

/// What an action is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// To make a booking of a hold, paid or not.
    Order(HoldId),
    /// To pay a slip.
    Slip(Pnr),
    /// To give places up for what a quote says.
    Cancel(Pnr, Box<Quote>),
    /// To give up a slip with so many passengers.
    GiveUp(Pnr, u8),
    /// To hand out what is owed.
    PayOut(Pnr),
    /// To put a name right.
    Rename(Pnr, Correction),
    /// To undo a sale to so many passengers.
    Void(Pnr, u8),
    /// To board at another halt.
    Board(Pnr, StationCode),
}

impl About {
    /// Whose berths it is about, until it is done.
    pub fn holder(&self) -> Option<Holder> {
        match self {
            Self::Order(hold) => Some(Holder::Hold(*hold)),
            Self::Slip(pnr) => Some(Holder::Booking(*pnr, 0)),
            Self::Cancel(..)
            | Self::GiveUp(..)
            | Self::PayOut(_)
            | Self::Rename(..)
            | Self::Void(..)
            | Self::Board(..) => None,
        }
    }

    /// The booking, unless it is yet to be made.
    pub fn pnr(&self) -> Option<Pnr> {
        match self {
            Self::Order(_) => None,
            Self::Slip(pnr)
            | Self::Cancel(pnr, _)
            | Self::GiveUp(pnr, _)
            | Self::PayOut(pnr)
            | Self::Rename(pnr, _)
            | Self::Void(pnr, _)
            | Self::Board(pnr, _) => Some(*pnr),
        }
    }

    /// Whose places are given up.
    pub fn leaving(&self) -> Vec<(Pnr, u8)> {
        match self {
            Self::Order(_) | Self::Slip(_) | Self::PayOut(_) | Self::Rename(..) | Self::Board(..) => Vec::new(),
            Self::Cancel(pnr, quote) => quote.lines.iter().map(|line| (*pnr, line.passenger)).collect(),
            Self::GiveUp(pnr, passengers) | Self::Void(pnr, passengers) => {
                (0..*passengers).map(|passenger| (*pnr, passenger)).collect()
            }
        }
    }

    /// Whether a booking says that it was done, just as it was asked for.
    pub fn is_done(&self, op: OpId, booking: &Booking) -> Result<(), String> {
        let change = booking.history.iter().find(|change| change.op == op).ok_or("nothing of it was done")?;
        let is_right = match (self, &change.what) {
            (Self::Order(_), Deed::Booked | Deed::Reserved) => booking.history[0].op == op,
            (Self::Slip(_), Deed::Paid) | (Self::PayOut(_), Deed::PaidOut) => true,
            (Self::GiveUp(_, passengers), Deed::Cancelled(who)) => who.len() == usize::from(*passengers),
            (Self::Cancel(_, quote), Deed::Cancelled(_)) => {
                let refund = booking.refunds.iter().find(|refund| refund.op == op);
                let refund = refund.ok_or("nothing was given back")?;
                if refund.quote != **quote {
                    return Err(format!("{:?} was given back for the quote {quote:?}", refund.quote));
                }
                true
            }
            (Self::Rename(_, correction), Deed::Renamed { passenger, .. }) => {
                let booked = booking.passengers.get(usize::from(*passenger)).ok_or("nobody has that number")?;
                *passenger == correction.passenger && booked.passenger.name == correction.name
            }
            (Self::Void(_, passengers), Deed::Cancelled(who)) => {
                let refund = booking.refunds.iter().find(|refund| refund.op == op).ok_or("nothing was given back")?;
                let is_whole = refund.quote.reason == Reason::Voided && refund.quote.refunded == booking.fare.total;
                is_whole && who.len() == usize::from(*passengers)
            }
            (Self::Board(_, halt), Deed::BoardingMoved { to, .. }) => {
                to == halt && booking.boarding.as_ref().is_some_and(|stop| stop.station == *halt)
            }
            _ => false,
        };
        let is_its = self.pnr().is_none_or(|pnr| pnr == booking.pnr);
        if is_right && is_its { Ok(()) } else { Err(format!("{:?} was done to {}", change.what, booking.pnr)) }
    }
}

/// What an answer says about the action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It may have been done.
    Unknown,
    /// This attempt did nothing; an earlier one may have.
    Nothing,
    /// It is not done, and will not be.
    Refused,
}

/// What a refusal says of an action of which an earlier attempt is in doubt, or not.
pub fn meaning(failure: &Failure, about: &About, in_doubt: bool) -> Meaning {
    match failure {
        // What was asked for in time may be carried out later: the person is only told that it is too late now.
        Failure::QuoteOver(_) | Failure::NotRefundable(NotRefundable::Departed) if in_doubt => Meaning::Nothing,
        Failure::SlipClosed(_) if in_doubt && matches!(about, About::GiveUp(..)) => Meaning::Nothing,
        Failure::NotCorrected(_) | Failure::NotVoidable(_) | Failure::NotMoved(_) if in_doubt => Meaning::Nothing,
        failure => refusal(failure),
    }
}

/// What a refusal says when nothing was tried before.
pub fn refusal(failure: &Failure) -> Meaning {
    match failure {
        Failure::Unavailable { outcome: Outcome::Unknown, .. } => Meaning::Unknown,
        Failure::HoldExpired
        | Failure::SlipClosed(_)
        | Failure::SalesClosed
        | Failure::FareChanged(_)
        | Failure::PartyMismatch { .. }
        | Failure::NoSuchBooking(_)
        | Failure::BerthTaken { .. }
        | Failure::OtherQuota { .. }
        | Failure::QuotaOver { .. }
        | Failure::NotEligible(_)
        | Failure::TatkalOpens { .. }
        | Failure::ListFull
        | Failure::ChartMade
        | Failure::TrainCancelled
        | Failure::PartCancelled { .. }
        | Failure::NothingToKeep
        | Failure::NotRefundable(_)
        | Failure::QuoteOver(_)
        | Failure::NothingOwed
        | Failure::NotCorrected(_)
        | Failure::NotVoidable(_)
        | Failure::NotMoved(_)
        | Failure::SoldOut { .. } => Meaning::Refused,
        _ => Meaning::Nothing,
    }
}

/// Enough of an id to find it in a trace.
pub fn short(id: uuid::Uuid) -> String {
    id.simple().to_string()[..8].to_owned()
}
