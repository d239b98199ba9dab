//! Changes of a run's times: the railway lets it go later, from one of its halts on.
//!
//! The version of the train by which the run is sold stays as it is, and the changes lie over it. Each says how many minutes
//! after the timetable the run goes from a halt on, so one can be changed by the next, and be taken back by one of no minutes.
//!
//! A run never goes before its timetable: whoever comes by the time on their ticket would miss it. What was moved is brought
//! forward only while those who were told the later time can still be told the new one.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::boarding;
use crate::domain::booking::{Booking, BookingStatus, Change, Deed, OpId};
use crate::domain::halts::check_order;
use crate::domain::inventory::RunState;
use crate::domain::rules::refund::RefundRules;
use crate::domain::station::StationCode;
use crate::domain::text::is_hidden;
use crate::domain::time::{RunTime, instant};
use crate::domain::train::{Halt, Train, TrainDraft};
use crate::domain::user::AccountId;

/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// The most minutes after the timetable: what is later than two days is another run.
pub const LONGEST: u16 = 2 * 24 * 60;
/// How often the times of one run are changed at most; its item keeps all of them.
pub const MOST: u16 = 50;
/// How long before it leaves a run that was moved is brought forward: a message reaches people in that time (illustrative: no
/// rule of the railway's says it).
pub const NOTICE: TimeDelta = TimeDelta::hours(4);
/// The longest reason in characters: a text message has room for it.
pub const LONGEST_REASON: usize = 40;

/// A change of a run's times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Delay {
    /// The action; repeated, it is found here and not done again.
    #[serde(rename = "OpID")]
    pub op: OpId,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// By whom; nobody for whoever runs commands on the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AccountId>,
    /// The halt from which on it holds, from 0.
    pub from: u8,
    /// How many minutes after the timetable the run comes in there and leaves, and at all halts behind.
    pub minutes: u16,
    /// Why, as people are told.
    pub reason: String,
}

/// All changes of a run's times, the oldest first; none of most runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Delays(Vec<Delay>);

/// A change that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewTimes {
    /// The halt from which on it holds, from 0.
    pub from: u8,
    /// How many minutes after the timetable.
    pub minutes: u16,
}

/// Why a run's times are not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum NotDelayed {
    /// The run has no such halt.
    #[error("The run does not call there: choose one of its halts.")]
    NoSuchHalt,
    /// It is too much.
    #[error("A run goes up to 48 hours after its timetable: cancel it, if it does not go by then.")]
    TooLong,
    /// It goes so already.
    #[error("The run goes by this time already: choose another.")]
    Same,
    /// The new time is over.
    #[error("The new time at {station} is over: choose a later one, or the halt to which the train comes next.")]
    Over {
        /// Where.
        station: StationCode,
    },
    /// Who was told the later time would miss it.
    #[error(
        "People were told a later time, and the train would leave {station} within four hours: who comes by that would \
         miss it. Choose a later time, or a halt farther on."
    )]
    TooSoon {
        /// Where.
        station: StationCode,
    },
    /// It would be somewhere before it has left the halt before.
    #[error(
        "So the train would come to {station} before it has left {before}: choose a later time, or a halt farther on."
    )]
    OutOfOrder {
        /// Where.
        station: StationCode,
        /// The halt before.
        before: StationCode,
    },
    /// Its last halt would be too many days on.
    #[error("A run is over within ten days: choose fewer minutes.")]
    TooLate,
    /// It was changed too often.
    #[error("The times of this run were changed 50 times, which is as often as it is kept: cancel it instead.")]
    TooOften,
    /// It would leave before its timetable.
    #[error(
        "A run never leaves before its timetable: who comes by their ticket would miss it. After midnight write the day \
         with it, such as 00:40+1."
    )]
    Early,
    /// A text that is no time.
    #[error("Write how many minutes after the timetable it leaves, such as 90, or when, such as 18:25 or 00:40+1.")]
    NoTime,
    /// A reason that says nothing, or cannot be printed.
    #[error("Say in 1 to 40 plain characters why, such as: fog at Kota. Everybody is told it.")]
    Reason,
}

/// A reason as it is kept.
///
/// # Errors
///
/// `Reason` where it says nothing, is too long or cannot be printed.
pub fn reason(text: &str) -> Result<String, NotDelayed> {
    let text = text.trim();
    let is_plain = (1..=LONGEST_REASON).contains(&text.chars().count()) && !text.chars().any(is_hidden);
    if is_plain { Ok(text.to_owned()) } else { Err(NotDelayed::Reason) }
}

impl NewTimes {
    /// Reads minutes after the timetable, such as `90`, or the time at which the run leaves a halt, such as `18:25`, which may
    /// be after midnight up to twelve hours on, and is the day that it says with `+1`.
    ///
    /// # Errors
    ///
    /// `NoTime`, `Early` or `TooLong`.
    pub fn minutes(timetabled: &Halt, text: &str) -> Result<u16, NotDelayed> {
        let text = text.trim();
        if !text.contains(':') {
            let minutes: u16 = text.parse().map_err(|_| NotDelayed::NoTime)?;
            return if minutes > LONGEST { Err(NotDelayed::TooLong) } else { Ok(minutes) };
        }
        let time: RunTime = text.parse().map_err(|_| NotDelayed::NoTime)?;
        let (time, leaves) = (time.minutes(), timetabled.depart.minutes());
        if text.contains('+') {
            return time.checked_sub(leaves).ok_or(NotDelayed::Early);
        }
        let later = (time + DAY - leaves % DAY) % DAY;
        if later <= DAY / 2 || time > leaves % DAY { Ok(later) } else { Err(NotDelayed::Early) }
    }
}

impl Delays {
    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn count(&self) -> u16 {
        u16::try_from(self.0.len()).unwrap_or(u16::MAX)
    }

    /// The newest.
    pub fn last(&self) -> Option<&Delay> {
        self.0.last()
    }

    /// The one that counts at a halt: the newest that holds there.
    pub fn at(&self, halt: u8) -> Option<&Delay> {
        at(&self.0, halt)
    }

    /// All of them, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Delay> {
        self.0.iter()
    }

    /// Whether an action made one of them.
    pub fn has(&self, op: OpId) -> bool {
        self.0.iter().any(|delay| delay.op == op)
    }

    /// With one more.
    #[must_use]
    pub fn with(&self, delay: Delay) -> Self {
        Self(self.0.iter().cloned().chain([delay]).collect())
    }

    /// How many minutes after the timetable the run is at a halt.
    pub fn minutes(&self, halt: u8) -> u16 {
        in_force(&self.0, halt)
    }

    /// How many minutes later the run leaves a halt than it was sold when the first so many changes were known; less than
    /// nothing where it leaves earlier.
    pub fn later(&self, known: u16, halt: u8) -> i32 {
        let known = &self.0[..self.0.len().min(known.into())];
        i32::from(in_force(&self.0, halt)) - i32::from(in_force(known, halt))
    }

    /// A train with the times that a run of it has by these changes.
    ///
    /// # Errors
    ///
    /// The times are out of order, or too late: such changes are refused when they are made.
    pub fn over(&self, timetabled: &Train) -> Result<Train, NotDelayed> {
        moved(timetabled, |halt, minutes| minutes.checked_add(self.minutes(halt)))
    }

    /// The train as its timetable has it, of one with the times of a run.
    ///
    /// # Errors
    ///
    /// It is no train of which the times were changed so.
    pub fn off(&self, train: &Train) -> Result<Train, NotDelayed> {
        moved(train, |halt, minutes| minutes.checked_sub(self.minutes(halt)))
    }
}

/// The newest change that holds at a halt is the one that counts there.
fn in_force(delays: &[Delay], halt: u8) -> u16 {
    at(delays, halt).map_or(0, |delay| delay.minutes)
}

fn at(delays: &[Delay], halt: u8) -> Option<&Delay> {
    delays.iter().rev().find(|delay| delay.from <= halt)
}

fn moved(train: &Train, time: impl Fn(u8, u16) -> Option<u16>) -> Result<Train, NotDelayed> {
    let mut draft = TrainDraft::from(train.clone());
    for (at, halt) in (0..).zip(&mut draft.halts) {
        let moved = |known: RunTime| time(at, known.minutes()).and_then(RunTime::from_minutes);
        halt.arrive = moved(halt.arrive).ok_or(NotDelayed::TooLate)?;
        halt.depart = moved(halt.depart).ok_or(NotDelayed::TooLate)?;
    }
    for (at, halt) in draft.halts.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &draft.halts[before]);
        if let (Some(before), Err(_)) = (before, check_order(before, halt)) {
            return Err(NotDelayed::OutOfOrder { station: halt.station, before: before.station });
        }
    }
    Train::new(draft).map_err(|_| NotDelayed::TooLate)
}

/// The train with the times that a run would have after a change.
///
/// # Errors
///
/// Why it is not changed so.
pub fn plan(run: &RunState, new: NewTimes, now: DateTime<Utc>) -> Result<Train, NotDelayed> {
    let NewTimes { from, minutes } = new;
    let delays = &run.delays;
    let halts = u8::try_from(run.train.halts().len()).unwrap_or(u8::MAX);
    if from >= halts {
        return Err(NotDelayed::NoSuchHalt);
    }
    if minutes > LONGEST {
        return Err(NotDelayed::TooLong);
    }
    if delays.count() >= MOST {
        return Err(NotDelayed::TooOften);
    }
    if (from..halts).all(|halt| delays.minutes(halt) == minutes) {
        return Err(NotDelayed::Same);
    }
    let timetabled = delays.off(&run.train)?;
    let after =
        moved(&timetabled, |halt, time| time.checked_add(if halt < from { delays.minutes(halt) } else { minutes }))?;
    let leaves = |halt: u8| instant(after.halts()[usize::from(halt)].depart.on(run.run.date));
    let station = |halt: u8| after.halts()[usize::from(halt)].station;
    if leaves(from) <= now {
        return Err(NotDelayed::Over { station: station(from) });
    }
    let mut forward = (from..halts).filter(|halt| delays.minutes(*halt) > minutes);
    match forward.next() {
        Some(halt) if leaves(halt) < now + NOTICE => Err(NotDelayed::TooSoon { station: station(halt) }),
        _ => Ok(after),
    }
}

/// What a change of a run's times means for a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// How many minutes later the train leaves where the party boards than it was sold; less than nothing where earlier.
    pub later: i32,
    /// Whether whoever gives up before it leaves gets everything back.
    pub gives_all_back: bool,
}

/// What the times of a run mean for a booking, by the rules that it keeps.
pub fn effect(booking: &Booking, run: &RunState, rules: &RefundRules) -> Effect {
    let later = run.delays.later(booking.delays, boarding::halt_of(booking, &run.train));
    Effect { later, gives_all_back: rules.gives_all_back(later) }
}

/// What a booking says of the last change of its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News<'a> {
    /// When the party would have boarded.
    pub was: NaiveDateTime,
    /// How many minutes later than it was sold they board now; less than nothing where earlier.
    pub later: i32,
    /// Whether whoever gives up before the train leaves gets everything back.
    pub gives_all_back: bool,
    /// Why.
    pub reason: &'a str,
}

/// The last change of the time at which the party of a booking boards; `None` once nobody travels by it, and once they board
/// elsewhere, for what they were told was of the halt before.
pub fn news(booking: &Booking) -> Option<News<'_>> {
    let deeds = booking.history.iter().rev().map(|change| &change.what);
    let since = deeds.take_while(|deed| !matches!(deed, Deed::BoardingMoved { .. }));
    let last = since.filter_map(|deed| match deed {
        Deed::Delayed { was, now, later, gives_all_back, reason } if was != now => {
            Some(News { was: *was, later: *later, gives_all_back: *gives_all_back, reason })
        }
        _ => None,
    });
    last.take(1).find(|_| booking.status == BookingStatus::Booked)
}

/// Puts the times of a run on a booking.
#[must_use]
pub fn timed(booking: &Booking, train: &Train, date: NaiveDate) -> Booking {
    let mut timed = booking.clone();
    let Some((from, to)) = train.ends(booking.leg) else { return timed };
    timed.from.at = from.depart.on(date);
    timed.to.at = to.arrive.on(date);
    if let Some(boarding) = &mut timed.boarding
        && let Some(halt) = train.halts().get(usize::from(boarding::halt_of(booking, train)))
    {
        boarding.at = halt.depart.on(date);
    }
    timed
}

/// A paid booking with the times that its run has now, and the change of it that says so; `None` where it has them already.
pub fn told(booking: &Booking, run: &RunState, rules: &RefundRules, now: DateTime<Utc>) -> Option<Booking> {
    if booking.status != BookingStatus::Booked {
        return None;
    }
    let mut after = timed(booking, &run.train, run.run.date);
    if after == *booking {
        return None;
    }
    let Effect { later, gives_all_back } = effect(booking, run, rules);
    let (was, now_at) = (booking.boards().at, after.boards().at);
    // Where only the arrival is moved, it is for what counts there.
    let halt = if was == now_at { booking.leg.to() } else { boarding::halt_of(booking, &run.train) };
    let reason = run.delays.at(halt).or(run.delays.last()).map(|delay| delay.reason.clone()).unwrap_or_default();
    let what = Deed::Delayed { was, now: now_at, later, gives_all_back, reason };
    after.version += 1;
    after.history.push(Change { op: OpId::derived("delay", booking.pnr, booking.version), at: now, by: None, what });
    Some(after)
}

#[cfg(test)]
mod tests;
