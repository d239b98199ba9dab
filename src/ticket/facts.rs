//! What a ticket says, and its packing into as few bytes as a signature leaves room for.
//!
//! Any booking of six berths with train numbers and station codes of up to five characters fits whole. Codes of six to
//! eight characters take two bytes more each: where that is too much, the last berths are left out, which
//! [`TicketFacts::complete`] tells, and the inspector finds them in the chart. So are those of a group, but its size is
//! there: it is what an inspector counts.

use chrono::{Days, NaiveDate};

use crate::domain::booking::Booking;
use crate::domain::coach::{BerthRef, Class, Coach, CoachId};
use crate::domain::pnr::Pnr;
use crate::domain::station::StationCode;
use crate::domain::train::TrainNumber;
use crate::ticket::number::Number;
use crate::ticket::{HEAD_BYTES, SIGNATURE_BYTES, Ticket};

/// What a ticket says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketFacts {
    /// The booking.
    pub pnr: Pnr,
    /// The train.
    pub train: TrainNumber,
    /// The date on which the train leaves its origin, from 2025-01-01 to 2052-05-18.
    pub date: NaiveDate,
    /// The class.
    pub class: Class,
    /// Where the party boards.
    pub from: StationCode,
    /// Where it ends.
    pub to: StationCode,
    /// How many travel, children on laps included.
    pub passengers: u8,
    /// Their berths, at most six.
    pub berths: Vec<BerthRef>,
    /// Whether these are all their berths; if not, the others are in the chart.
    pub complete: bool,
}

const MAX_BERTHS: usize = 6;
/// The most passengers that a digit of its own has room for; what a group has beyond is the highest digit.
const FEW: u8 = 15;
const BEYOND_FEW: u64 = 241;
const MAX_PACKED: usize = Ticket::MAX_BYTES - HEAD_BYTES - SIGNATURE_BYTES;

const FIRST_DATE: NaiveDate = NaiveDate::from_ymd_opt(2025, 1, 1).expect("a date");
const DATES: u64 = 10_000;
const PNRS: std::ops::Range<u64> = 1_000_000_000..10_000_000_000;

/// How many numbers code texts of up to `length` characters have, the empty text's 0 included.
const fn codes(length: u32) -> u64 {
    let (mut count, mut i) = (0, 0);
    while i < length {
        count = count * 36 + 36;
        i += 1;
    }
    count + 1
}

impl TicketFacts {
    /// What the ticket of a booking says.
    pub fn of(booking: &Booking) -> Self {
        let all: Vec<BerthRef> = booking.berths().map(|allotted| allotted.berth).collect();
        let mut facts = Self {
            pnr: booking.pnr,
            train: booking.train,
            date: FIRST_DATE + Days::new(days_since(booking.run.date)),
            class: booking.class,
            from: booking.boards().station,
            to: booking.to.station,
            passengers: u8::try_from(booking.passengers.len()).unwrap_or(u8::MAX),
            berths: all
                .iter()
                .copied()
                .take(MAX_BERTHS)
                .take_while(|berth| berth.number <= Coach::MAX_BERTHS)
                .collect(),
            complete: true,
        };
        facts.complete = facts.berths.len() == all.len();
        while facts.pack().len() > MAX_PACKED {
            facts.berths.pop();
            facts.complete = false;
        }
        facts
    }

    /// The facts as bytes.
    pub(super) fn pack(&self) -> Vec<u8> {
        let reserved = Class::RESERVED.iter().position(|class| *class == self.class);
        let mut digits = vec![
            (self.pnr.get() - PNRS.start, PNRS.end - PNRS.start),
            (days_since(self.date), DATES),
            (reserved.unwrap_or(0) as u64, Class::RESERVED.len() as u64),
            (u64::from(self.passengers.min(FEW)), u64::from(FEW) + 1),
        ];
        for code in [self.train.as_str(), self.from.as_str(), self.to.as_str()] {
            let short = code.len() <= 5;
            digits.push((u64::from(!short), 2));
            digits.push((code_number(code), codes(if short { 5 } else { 8 })));
        }
        digits.push((u64::from(self.complete), 2));
        digits.push((self.berths.len() as u64, MAX_BERTHS as u64 + 1));
        let mut before = None;
        for berth in &self.berths {
            // 0, the empty text's number, stands for the coach of the berth before.
            let coach = if before == Some(berth.coach) { 0 } else { code_number(berth.coach.as_str()) };
            digits.push((coach, codes(4)));
            digits.push((u64::from(berth.number), u64::from(Coach::MAX_BERTHS) + 1));
            before = Some(berth.coach);
        }
        // The highest digits, and 0 on most tickets, which read as before there were unreserved classes and groups.
        digits.push((u64::from(reserved.is_none()), 2));
        digits.push((u64::from(self.passengers.saturating_sub(FEW)), BEYOND_FEW));
        let mut number = Number::default();
        for (digit, base) in digits.into_iter().rev() {
            number.push(digit, base);
        }
        number.to_bytes().to_vec()
    }

    /// The facts in bytes that [`TicketFacts::pack`] made; `None` for any others.
    pub(super) fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut number = Number::from_bytes(bytes.iter().copied());
        let pnr = number.pop(PNRS.end - PNRS.start) + PNRS.start;
        let date = FIRST_DATE + Days::new(number.pop(DATES));
        let reserved = Class::RESERVED[number.pop(Class::RESERVED.len() as u64) as usize];
        let passengers = number.pop(u64::from(FEW) + 1) as u8;
        let mut code = || {
            let length = if number.pop(2) == 0 { 5 } else { 8 };
            code_text(number.pop(codes(length)))
        };
        let (train, from, to) = (code(), code(), code());
        let complete = number.pop(2) == 1;
        let count = number.pop(MAX_BERTHS as u64 + 1);
        let mut berths: Vec<BerthRef> = Vec::new();
        for _ in 0..count {
            let coach = match number.pop(codes(4)) {
                0 => berths.last()?.coach,
                coach => CoachId::parse(&code_text(coach)).ok()?,
            };
            berths.push(BerthRef { coach, number: number.pop(u64::from(Coach::MAX_BERTHS) + 1) as u8 });
        }
        let class = if number.pop(2) == 0 { reserved } else { Class::Unreserved };
        let beyond = number.pop(BEYOND_FEW) as u8;
        if beyond > 0 && passengers < FEW {
            return None;
        }
        number.is_zero().then_some(())?;
        Some(Self {
            pnr: pnr.to_string().parse().ok()?,
            train: TrainNumber::parse(&train).ok()?,
            date,
            class,
            from: StationCode::parse(&from).ok()?,
            to: StationCode::parse(&to).ok()?,
            passengers: passengers + beyond,
            berths,
            complete,
        })
    }
}

/// Days since the first date that a ticket can tell. Dates beyond the last one begin again at the first: tickets of the
/// year 2052 need a new version.
fn days_since(date: NaiveDate) -> u64 {
    (date - FIRST_DATE).num_days().rem_euclid(DATES.cast_signed()).unsigned_abs()
}

/// The number of a code's text in bijective base 36, so that `A` and `0A` differ.
fn code_number(code: &str) -> u64 {
    code.chars().fold(0, |number, c| number * 36 + u64::from(c.to_digit(36).expect("codes are alphanumeric")) + 1)
}

/// The text of a code's number.
fn code_text(mut number: u64) -> String {
    let mut text = Vec::new();
    while number > 0 {
        number -= 1;
        text.push(char::from_digit((number % 36) as u32, 36).expect("below 36").to_ascii_uppercase());
        number /= 36;
    }
    text.iter().rev().collect()
}
