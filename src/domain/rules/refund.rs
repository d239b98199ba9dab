//! What a cancellation costs, by date of booking.
//!
//! Rules of a train's own (the Vande Bharat sleeper, Amrit Bharat II) are deliberately absent, as are these trains.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use thiserror::Error;

use crate::domain::coach::Class;
use crate::domain::money::Paise;

/// What a cancellation costs. A booking keeps the id of those in force when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRules {
    /// Names the rules on a booking.
    pub id: String,
    /// The first date of booking to which they apply.
    pub from: NaiveDate,
    /// What is kept of a confirmed berth's fare, by the time left.
    pub bands: RefundBands,
    /// What a confirmed passenger is charged at least.
    pub flat: FlatCharges,
    /// Percent of the fare that is kept of a confirmed Tatkal berth.
    pub tatkal_percent: u8,
    /// What a passenger without a confirmed berth is charged: on the waiting list, or with half a side lower berth.
    pub clerkage: Clerkage,
    /// What a passenger without a reservation is charged.
    pub unreserved: Clerkage,
    /// Whoever gives up before a train leaves that is so many minutes late or more gets everything back; `None` where a delay
    /// gives no such right.
    pub late_minutes: Option<u16>,
    /// Goods and services tax in percent on a flat charge and on clerkage, in classes with air conditioning.
    pub gst_percent: u8,
    /// What is kept of a passenger's fare is rounded up to a multiple of this.
    pub round_up_to: Paise,
}

impl RefundRules {
    /// Whether whoever gives up before the train leaves gets everything back, when it leaves so many minutes later than it was
    /// sold. One that leaves earlier than it was sold cannot be asked of anybody either.
    pub fn gives_all_back(&self, later: i32) -> bool {
        self.late_minutes.is_some_and(|least| later < 0 || later >= i32::from(least))
    }
}

/// A small charge for the railway's trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clerkage {
    /// For each passenger.
    pub amount: Paise,
    /// Up to so many minutes before departure from the boarding halt; nothing is given back later.
    pub until_minutes: u16,
}

/// What is kept of a confirmed berth's fare, by the time left until departure from the boarding halt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundBands {
    flat_above_hours: u16,
    percents: Vec<RefundBand>,
    after_chart: AfterChart,
}

/// A part of the fare that is kept down to some time before departure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundBand {
    /// Whole hours before departure to which it holds, that moment included.
    pub down_to_hours: u16,
    /// Percent of the fare.
    pub percent: u8,
}

/// What becomes of the bands once the first chart has been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterChart {
    /// Nothing is given back, however much time is left.
    Nothing,
    /// The hours alone count.
    ByTheHours,
}

/// Bands of which a later one would give more back, or that leave out some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the bands need falling hours below those of the flat charge with rising percents from 1 to 100, at least one")]
pub struct BadRefundBands;

impl RefundBands {
    /// Bands from the longest before departure on; more than `flat_above_hours` before it the flat charge alone holds.
    pub fn new(
        flat_above_hours: u16,
        percents: Vec<RefundBand>,
        after_chart: AfterChart,
    ) -> Result<Self, BadRefundBands> {
        let mut before = RefundBand { down_to_hours: flat_above_hours, percent: 0 };
        for band in &percents {
            if band.down_to_hours >= before.down_to_hours || band.percent <= before.percent || band.percent > 100 {
                return Err(BadRefundBands);
            }
            before = *band;
        }
        if percents.is_empty() { Err(BadRefundBands) } else { Ok(Self { flat_above_hours, percents, after_chart }) }
    }

    /// Whole hours before departure; earlier than that the flat charge alone holds.
    pub const fn flat_above_hours(&self) -> u16 {
        self.flat_above_hours
    }

    /// The bands from the longest before departure on; below the last one nothing is given back.
    pub fn percents(&self) -> &[RefundBand] {
        &self.percents
    }

    /// What becomes of them once the first chart has been made.
    pub const fn after_chart(&self) -> AfterChart {
        self.after_chart
    }
}

/// What a confirmed passenger is charged at least, for every class that is reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlatCharges(BTreeMap<Class, Paise>);

/// A class without a flat charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("add class {class}: every reserved class needs a flat charge")]
pub struct MissingCharge {
    /// The class.
    pub class: Class,
}

impl FlatCharges {
    /// Charges by class; every reserved class must be there.
    pub fn new(charges: BTreeMap<Class, Paise>) -> Result<Self, MissingCharge> {
        match Class::RESERVED.into_iter().find(|class| !charges.contains_key(class)) {
            Some(class) => Err(MissingCharge { class }),
            None => Ok(Self(charges)),
        }
    }

    /// The charge of a passenger of a class; nothing in the unreserved one, which has no confirmed berths.
    pub fn of(&self, class: Class) -> Paise {
        self.0.get(&class).copied().unwrap_or(Paise::ZERO)
    }
}
