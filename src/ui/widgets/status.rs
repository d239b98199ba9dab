//! How far a booking has come, and what each who travels on it has: in a sign, in words and in the railway's codes.

use chrono::TimeDelta;

use crate::domain::booking::{BookedPassenger, Booking, BookingStatus, Deed, PaymentMethod, Place};
use crate::domain::coach::Class;
use crate::domain::delay;
use crate::domain::gap;
use crate::domain::inventory::Stage;
use crate::domain::money::Paise;
use crate::domain::refund::{Cancellation, Claim, FirstChart, Reason, Standing, quote};
use crate::domain::rules::refund::RefundRules;
use crate::domain::station::StationCode;
use crate::domain::time::railway_time;
use crate::ui::context::World;
use crate::ui::theme::Tone;
use crate::ui::widgets::sheet::moment;

/// What those who still travel have, taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Census {
    berths: usize,
    shared: usize,
    waiting: usize,
    unreserved: usize,
}

impl Census {
    fn of(booking: &Booking) -> Self {
        let mut census = Self::default();
        for booked in &booking.passengers {
            match booked.place {
                Place::Berth(_) => census.berths += 1,
                Place::Rac { .. } => census.shared += 1,
                Place::Waiting { .. } => census.waiting += 1,
                Place::Unreserved => census.unreserved += 1,
                // A child on a lap has what the party has.
                Place::Lap | Place::Cancelled => {}
            }
        }
        census
    }

    /// A sign, words, and how they are meant.
    const fn words(self) -> (&'static str, &'static str, Tone) {
        match self {
            Self { unreserved: 1.., .. } => ("✓", "UNRESERVED", Tone::Good),
            Self { berths: 1.., shared: 0, waiting: 0, .. } => ("✓", "CONFIRMED", Tone::Good),
            Self { berths: 1.., .. } => ("◐", "PARTLY CONFIRMED", Tone::Warning),
            Self { shared: 1.., waiting: 0, .. } => ("◐", "RAC", Tone::Warning),
            Self { shared: 1.., .. } => ("◐", "RAC AND WAITING", Tone::Warning),
            Self { waiting: 1.., .. } => ("○", "WAITING", Tone::Warning),
            _ => ("✓", "CONFIRMED", Tone::Good),
        }
    }
}

/// What whoever waits has to know.
pub const WAITING: &str =
    "Nobody can board with a place on the waiting list: it becomes a berth when others cancel, and you see it here.";

/// What becomes of those who wait if nothing becomes free until the last chart: what the rules of the booking keep of a
/// passenger's fare then, tax and rounding included.
pub fn never_cleared(class: Class, rules: &RefundRules, world: &World) -> String {
    let whole = Paise::rupees(100_000);
    let claims = [Claim { passenger: 0, paid: whole, standing: Standing::Unconfirmed }];
    let (departs, reason) = (world.now, Reason::NeverCleared);
    let dropped = Cancellation { class, claims: &claims, departs, chart: FirstChart::Made, reason };
    match quote(rules, &dropped, world.now) {
        Ok(quote) => {
            let kept = format!("{}{}", world.glyphs.rupee, quote.kept);
            format!("Whoever still waits at the last chart gets the fare back less {kept} each.")
        }
        Err(_) => String::new(),
    }
}

/// The same of a booking that was made.
pub fn never_cleared_of(booking: &Booking, world: &World) -> String {
    world
        .rules
        .refunds(&booking.refund_rules)
        .map_or_else(String::new, |rules| never_cleared(booking.class, rules, world))
}

/// What the railway has changed since it was sold: that the train or a part of it is not run, for which everything is given back,
/// and what of that is still to be collected; or by how much the train leaves at another time, why, and what can be done, until it has
/// left.
pub fn changed(booking: &Booking, world: &World) -> Option<String> {
    if let Some(words) = taken_away(booking) {
        return Some(with_more(words, to_collect(booking, world)));
    }
    let news = delay::news(booking).filter(|news| news.later != 0)?;
    let leaves = booking.boards().at;
    if leaves <= railway_time(world.now) {
        return None;
    }
    let sold = leaves - TimeDelta::minutes(news.later.into());
    let right = if news.gives_all_back { " Give it up before it leaves, and you get everything back." } else { "" };
    Some(format!("New time: leaves {}, not {}: {}.{right}", moment(leaves), moment(sold), news.reason))
}

/// For what the railway has given a booking up, and that everything is given back for it.
fn taken_away(booking: &Booking) -> Option<String> {
    let what = match gap::news(booking) {
        Some(gap::News { from, to, reason }) => {
            format!("The railway does not run this train from {from} to {to} that day: {reason}.")
        }
        None if is_train_cancelled(booking) => "The railway has cancelled this train.".to_owned(),
        None => return None,
    };
    Some(format!("{what} Everybody who had a place gets everything back."))
}

/// Why a train does not take the party of a booking that the railway has not given up yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// The railway has cancelled it.
    Train,
    /// It does not run a part of the way.
    Part(StationCode, StationCode),
}

impl Off {
    /// What is known here of the run of a booking that can still be paid, or was.
    pub fn of(booking: &Booking, world: &World) -> Option<Self> {
        let state = &world.live.get(&booking.run)?.state;
        let gap = match booking.status {
            BookingStatus::AwaitingPayment if !booking.has_lapsed(world.now) => state.gaps.on(booking.leg),
            BookingStatus::Booked => gap::against(booking, state),
            BookingStatus::AwaitingPayment | BookingStatus::Cancelled | BookingStatus::Lapsed => return None,
        };
        if state.stage == Stage::Cancelled {
            return Some(Self::Train);
        }
        let (from, to) = gap?.part().ends(&state.train)?;
        Some(Self::Part(from, to))
    }

    /// What whoever has the booking is told.
    pub fn words(self, booking: &Booking) -> String {
        let why = match self {
            Self::Train => "the railway has cancelled the train".to_owned(),
            Self::Part(from, to) => format!("the train does not run from {from} to {to} that day"),
        };
        if booking.payment.is_some() {
            format!(
                "Nobody travels on this booking: {why}. Everything is given back in a moment, and stands here then."
            )
        } else {
            format!(
                "This slip cannot be paid any more: {why}. Nothing was paid, and nothing is owed: book another train."
            )
        }
    }
}

/// What to do for money that was given back and waits at a counter.
pub fn to_collect(booking: &Booking, world: &World) -> Option<String> {
    let owed = booking.owed();
    (owed > Paise::ZERO).then(|| format!("Collect {}{owed} at a counter.", world.glyphs.rupee))
}

/// What became of a booking that was paid and on which nobody travels any more, and where its money is.
pub fn over(booking: &Booking, world: &World) -> String {
    let given_up = || "This booking was given up: nobody travels on it any more.".to_owned();
    let what = taken_away(booking).unwrap_or_else(given_up);
    let is_back = booking.refunds.iter().any(|refund| refund.quote.refunded > Paise::ZERO);
    let back = || is_back.then(|| "The money was given back.".to_owned());
    with_more(what, to_collect(booking, world).or_else(back))
}

/// Whether the railway has given a booking up because it has cancelled the train.
pub fn is_train_cancelled(booking: &Booking) -> bool {
    booking.history.iter().any(|change| matches!(change.what, Deed::TrainCancelled))
}

/// A sentence, and one more where there is one.
fn with_more(words: String, more: Option<String>) -> String {
    match more {
        Some(more) => format!("{words} {more}"),
        None => words,
    }
}

/// How far a booking has come: a sign and a word or two, and how that is meant.
pub fn headline(booking: &Booking, world: &World) -> (String, Tone) {
    let with = |sign: &str, words: &str, tone| (format!("{sign} {words}"), tone);
    let left = booking.to.at < railway_time(world.now);
    match Off::of(booking, world) {
        Some(Off::Train) => return with("✗", "TRAIN CANCELLED", Tone::Bad),
        Some(Off::Part(..)) => return with("✗", "NOT RUN", Tone::Bad),
        None => {}
    }
    match booking.status {
        BookingStatus::Lapsed => with("✗", "LAPSED", Tone::Bad),
        BookingStatus::Cancelled => with("✗", "CANCELLED", Tone::Bad),
        BookingStatus::AwaitingPayment => match &booking.slip {
            Some(slip) if world.now < slip.pay_by => {
                (format!("TO PAY BY {}", railway_time(slip.pay_by).format("%H:%M")), Tone::Warning)
            }
            _ => with("✗", "LAPSED", Tone::Bad),
        },
        BookingStatus::Booked => {
            let (sign, words, tone) = Census::of(booking).words();
            if is_test(booking) {
                (format!("{sign} {words}, TEST"), Tone::Warning)
            } else if left && booking.may_board() {
                ("TRAVELLED".to_owned(), Tone::Plain)
            } else {
                with(sign, words, tone)
            }
        }
    }
}

fn is_test(booking: &Booking) -> bool {
    booking.payment.as_ref().is_some_and(|payment| payment.method == PaymentMethod::Test)
}

/// What a passenger of a paid booking has, as agents know it, and what they had at first where that was something else:
/// `RAC 4 B1-7 was GNWL 12`. Nothing for a child on a lap.
pub fn of(booked: &BookedPassenger) -> String {
    let now = match booked.place {
        Place::Lap => return String::new(),
        Place::Rac { berth, .. } => format!("{} {}", booked.place, berth.berth),
        place => place.to_string(),
    };
    if booked.place == booked.booked_as { now } else { format!("{now} was {}", booked.booked_as) }
}

/// What the unconfirmed of a booking have, the first of them by its code: `GNWL 12`, or `RAC 4 and 2 more`. Nothing when
/// nobody is in a queue.
pub fn queued(booking: &Booking) -> Option<String> {
    let mut places = booking.passengers.iter().map(|booked| booked.place).filter(Place::is_queued);
    let first = places.next()?;
    Some(match places.count() {
        0 => first.to_string(),
        more => format!("{first} +{more}"),
    })
}
