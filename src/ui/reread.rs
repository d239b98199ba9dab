//! A booking, kept as it is now: whatever moves in its run may have moved it up in a queue, and its times may be changed.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::booking::{BookedPassenger, Booking, BookingStatus, Place};
use crate::domain::delay::timed;
use crate::domain::gap;
use crate::domain::inventory::{RunState, Stage};
use crate::domain::money::Paise;
use crate::domain::time::railway_time;
use crate::domain::train::RunId;
use crate::domain::waitlist::QueueHead;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::msg::{Attention, CallId, Watch};
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::sheet::moment;
use crate::ui::widgets::status::{Off, is_train_cancelled};

/// How soon a booking is asked for again whose money the railway has still to give back.
const GIVEN_BACK: TimeDelta = TimeDelta::seconds(5);

/// Reads a booking again when its run has changed so that it may be another.
#[derive(Clone, Debug, Default)]
pub struct Reread {
    call: Option<CallId>,
    /// The run has changed since the call was made.
    stale: bool,
    /// When to ask again for what the railway has not given back yet.
    due: Option<DateTime<Utc>>,
}

impl Reread {
    /// The run to watch: closely that of a booking with somebody in a queue.
    pub fn watch(booking: &Booking, world: &World) -> Vec<Watch> {
        let lives = match booking.status {
            BookingStatus::AwaitingPayment => !booking.has_lapsed(world.now),
            BookingStatus::Booked => railway_time(world.now) < booking.to.at,
            BookingStatus::Cancelled | BookingStatus::Lapsed => false,
        };
        let attention = if booking.is_queued() { Attention::Focus } else { Attention::Listed };
        lives.then_some(Watch { run: booking.run, attention }).into_iter().collect()
    }

    /// A run has changed: asks for the booking if that may have moved it.
    pub fn live(&mut self, run: RunId, booking: &Booking, cx: &mut Context) {
        let Some(live) = cx.live.get(&run).filter(|_| run == booking.run) else { return };
        // The first state is older or newer than the booking: nobody knows.
        let queue = |before: &Arc<RunState>| matters(before, booking) != matters(&live.state, booking);
        let is_late = !live.state.delays.is_empty() && timed(booking, &live.state.train, run.date) != *booking;
        let moved = is_late || is_owed(booking, cx) || (booking.is_queued() && live.before.as_ref().is_none_or(queue));
        if moved && self.call.is_some() {
            self.stale = true;
        } else if moved {
            self.ask(booking, cx);
        }
    }

    fn ask(&mut self, booking: &Booking, cx: &mut Context) {
        (self.call, self.due) = (Some(cx.fetch(Request::Booking { pnr: booking.pnr })), None);
    }

    /// When it asks again of itself.
    pub const fn due(&self) -> Option<DateTime<Utc>> {
        self.due
    }

    /// Asks again once that is due.
    pub fn wake(&mut self, booking: &Booking, cx: &mut Context) {
        if self.due.is_some_and(|due| due <= cx.now) {
            self.ask(booking, cx);
        }
    }

    /// Whether an answer is to its call.
    pub fn awaits(&self, call: CallId) -> bool {
        self.call == Some(call)
    }

    /// Takes an answer to its call, and says what has become better. Returns the booking as it is now.
    pub fn reply(
        &mut self,
        answer: &Result<Reply, Failure>,
        booking: &Booking,
        cx: &mut Context,
    ) -> Option<Arc<Booking>> {
        self.call = None;
        if std::mem::take(&mut self.stale) {
            self.ask(booking, cx);
        } else if is_owed(booking, cx) {
            self.due = Some(cx.now + GIVEN_BACK);
        }
        // A read that fails is no news; the next change asks again, and a person can.
        let Ok(Reply::Booking(found)) = answer else { return None };
        if found.status == BookingStatus::Cancelled {
            self.due = None;
        }
        if let Some(words) = news(booking, found) {
            cx.toast(Tone::Good, words);
            cx.bell();
        } else if let Some(why) = lost(booking, found) {
            let owed = found.owed();
            let money = if owed > Paise::ZERO {
                format!("collect {}{owed} at a counter", cx.glyphs.rupee)
            } else {
                "everything is given back".to_owned()
            };
            cx.toast(Tone::Warning, format!("{why}: {money}."));
            cx.bell();
        } else if found.boards().at != booking.boards().at {
            let (at, station) = (moment(found.boards().at), &found.boards().name);
            cx.toast(Tone::Warning, format!("The train leaves {station} at another time: {at}."));
            cx.bell();
        }
        Some(Arc::clone(found))
    }
}

/// What of a run can move a booking: its queue, the coaches of its class, and the charts.
fn matters(state: &RunState, booking: &Booking) -> (Option<QueueHead>, Vec<u64>, Stage) {
    let revs = state.train.coaches_of(booking.class).map(|coach| state.coach(coach.id()).rev).collect();
    (booking.queue().map(|id| state.queue(id)), revs, state.stage)
}

/// Whether a booking was paid, its train does not go by now, and its money is not known to be back.
fn is_owed(booking: &Booking, world: &World) -> bool {
    booking.status == BookingStatus::Booked && Off::of(booking, world).is_some()
}

/// Why the railway has given a booking up, where it had not before.
fn lost(before: &Booking, after: &Booking) -> Option<String> {
    match (gap::news(before), gap::news(after)) {
        (None, Some(gap::News { from, to, .. })) => Some(format!("The train does not run from {from} to {to}")),
        _ => (is_train_cancelled(after) && !is_train_cancelled(before))
            .then(|| "The railway has cancelled this train".to_owned()),
    }
}

/// Columns of a name in a message.
const NAME: u16 = 24;

/// What has become better for those who were in a queue: `Anita Sharma has CNF/B2/20/LB now.`
fn news(before: &Booking, after: &Booking) -> Option<String> {
    let better = |(was, is): (&BookedPassenger, &BookedPassenger)| {
        let up = match is.place {
            Place::Berth(_) => was.place.is_queued(),
            Place::Rac { .. } => matches!(was.place, Place::Waiting { .. }),
            _ => false,
        };
        up.then(|| format!("{} has {} now", text::ends(is.passenger.name.as_str(), NAME), is.place))
    };
    let mut all = before.passengers.iter().zip(&after.passengers).filter_map(better);
    let first = all.next()?;
    Some(match all.count() {
        0 => format!("{first}."),
        more => format!("{first}, and {more} more moved up."),
    })
}
