//! Money that is owed: refunds that wait at a counter and were not handed out yet, booking by booking.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::booking::{Booking, PaymentMethod};
use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::pnr::Pnr;
use crate::domain::train::RunId;

/// What waits for whoever shows a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Owed {
    /// The booking.
    #[serde(rename = "PNR")]
    pub pnr: Pnr,
    /// Since when the first of it waits.
    pub since: DateTime<Utc>,
    /// How much.
    pub amount: Paise,
    /// How the fare was paid: it goes back the same way.
    pub method: PaymentMethod,
    /// The run.
    pub run: RunId,
    /// The class.
    pub class: Class,
}

impl Owed {
    /// What is owed for a booking; `None` where nothing is, and for test payments, which are no money.
    pub fn of(booking: &Booking) -> Option<Self> {
        let method = booking.payment.as_ref()?.method;
        let waits = booking.refunds.iter().filter(|refund| refund.paid_out.is_none());
        let since = waits.filter(|refund| refund.quote.refunded > Paise::ZERO).map(|refund| refund.quote.at).min()?;
        let (pnr, run, class) = (booking.pnr, booking.run, booking.class);
        let owed = Self { pnr, since, amount: booking.owed(), method, run, class };
        (method != PaymentMethod::Test).then_some(owed)
    }
}

/// All that is owed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OwedSums {
    /// For how many bookings.
    pub count: u32,
    /// How much.
    pub amount: Paise,
    /// Since when the longest waits.
    pub oldest: Option<DateTime<Utc>>,
}

impl OwedSums {
    /// Adds what is owed for a booking.
    pub fn enter(&mut self, owed: &Owed) {
        self.count += 1;
        self.amount += owed.amount;
        self.oldest = self.oldest.into_iter().chain([owed.since]).min();
    }
}
