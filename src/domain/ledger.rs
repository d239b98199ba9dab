//! The ledger: every movement of money, each an entry of its own that names the booking's version with which it came.
//!
//! An entry follows from the booking as it is after the change: a change either takes the fare or hands refunds out, so there
//! is one entry at most for each version. A refund that waits at a counter moves nothing yet. A test payment has entries too,
//! of a method that is no money: they are told apart wherever sums are made.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::booking::{Booking, Deed, PaymentMethod};
use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::pnr::Pnr;
use crate::domain::refund::{Quote, Reason};
use crate::domain::till::TillId;
use crate::domain::time::railway_time;
use crate::domain::train::RunId;
use crate::domain::user::AccountId;

/// Names an entry: the booking and its version, since each version moves money once at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerId {
    /// The booking.
    pub pnr: Pnr,
    /// Its version that came with the money.
    pub version: u32,
}

/// Which way money moved, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Movement {
    /// The fare was taken.
    Sale,
    /// A refund was handed out.
    Refund,
    /// A sale was undone at the till that made it.
    Void,
}

impl Movement {
    /// The movement in a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Refund => "refund",
            Self::Void => "void",
        }
    }
}

impl fmt::Display for Movement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A part of a refund: all that was given up for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Part {
    /// Why.
    pub reason: Reason,
    /// How many passengers gave up.
    pub passengers: u8,
    /// What they had paid.
    pub fare: Paise,
    /// What they got back of it.
    pub back: Paise,
}

/// A movement of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LedgerEntry {
    /// The booking.
    #[serde(rename = "PNR")]
    pub pnr: Pnr,
    /// Its version that came with the money.
    pub version: u32,
    /// When; in whole seconds.
    #[serde(rename = "BookedAt")]
    pub at: DateTime<Utc>,
    /// Which way.
    pub movement: Movement,
    /// By which means. Money goes back the way it came.
    pub method: PaymentMethod,
    /// How much; never negative.
    pub amount: Paise,
    /// How many passengers it is for, where it is the fare; otherwise how many gave up with it.
    pub passengers: u8,
    /// Of a refund and of a sale that was undone: why, and of which fares; the amounts come to that of the entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// The card terminal's reference of the sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Who took it or handed it out; nobody for guests, for whoever runs commands on the machine, and where Kiosk itself did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AccountId>,
    /// The terminal.
    pub terminal: String,
    /// The till through which it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub till: Option<TillId>,
    /// The run.
    #[serde(rename = "RunID")]
    pub run: RunId,
    /// The class.
    pub class: Class,
}

impl LedgerEntry {
    /// What moved with the last change of a booking; `None` where it moved nothing.
    pub fn of(booking: &Booking) -> Option<Self> {
        let change = booking.history.last()?;
        let payment = booking.payment.as_ref()?;
        let entry = Self {
            pnr: booking.pnr,
            version: booking.version,
            at: change.at,
            movement: Movement::Sale,
            method: payment.method,
            amount: payment.amount,
            passengers: u8::try_from(booking.passengers.len()).unwrap_or(u8::MAX),
            parts: Vec::new(),
            reference: payment.reference.clone(),
            by: payment.taken_by,
            terminal: payment.terminal.clone(),
            till: payment.till,
            run: booking.run,
            class: booking.class,
        };
        if matches!(change.what, Deed::Booked | Deed::Paid) {
            return Some(entry);
        }
        let with = |op| booking.refunds.iter().filter(move |refund| refund.was_paid_out_by(op));
        let paid_out = with(change.op).find_map(|refund| refund.paid_out.as_ref())?;
        let amount = with(change.op).map(|refund| refund.quote.refunded).sum();
        if amount == Paise::ZERO {
            return None;
        }
        let mut parts: Vec<Part> = Vec::new();
        // Of whoever got nothing no money moves, whether they left alone or while somebody's money waited.
        let gave_back = |quote: &&Quote| quote.refunded > Paise::ZERO;
        for quote in with(change.op).map(|refund| &refund.quote).filter(gave_back) {
            let nothing = Part { reason: quote.reason, passengers: 0, fare: Paise::ZERO, back: Paise::ZERO };
            let place = parts.iter().position(|part| part.reason == quote.reason).unwrap_or(parts.len());
            if place == parts.len() {
                parts.push(nothing);
            }
            let part = &mut parts[place];
            part.passengers += u8::try_from(quote.lines.len()).unwrap_or(u8::MAX);
            part.fare += quote.refunded + quote.kept;
            part.back += quote.refunded;
        }
        let is_void = parts.iter().all(|part| part.reason == Reason::Voided);
        Some(Self {
            movement: if is_void { Movement::Void } else { Movement::Refund },
            amount,
            passengers: parts.iter().map(|part| part.passengers).sum(),
            parts,
            by: paid_out.by,
            terminal: paid_out.terminal.clone(),
            till: paid_out.till,
            ..entry
        })
    }

    /// Names it.
    pub const fn id(&self) -> LedgerId {
        LedgerId { pnr: self.pnr, version: self.version }
    }

    /// What came in, less what went out. A test payment counts as if it were money: see [`is_money`](Self::is_money).
    pub fn net(&self) -> Paise {
        match self.movement {
            Movement::Sale => self.amount,
            Movement::Refund | Movement::Void => -self.amount,
        }
    }

    /// Whether it moved money at all: test payments do not.
    pub fn is_money(&self) -> bool {
        self.method != PaymentMethod::Test
    }

    /// The railway's day on which it was.
    pub fn day(&self) -> NaiveDate {
        railway_time(self.at).date()
    }
}

/// When money of a booking moved, and how much came in, as the booking has it: what its entries should say.
pub fn movements(booking: &Booking) -> Vec<(DateTime<Utc>, Paise)> {
    let taken = booking.payment.iter().map(|payment| (payment.taken_at, payment.amount));
    let out = booking.refunds.iter().filter_map(|refund| Some((refund.paid_out.as_ref()?.at, -refund.quote.refunded)));
    taken.chain(out).filter(|(_, money)| *money != Paise::ZERO).collect()
}
