//! A booking in a queue, kept as it is now: whatever moves in its run may have moved it up.

use std::sync::Arc;

use crate::domain::booking::{BookedPassenger, Booking, Place};
use crate::domain::inventory::{RunState, Stage};
use crate::domain::train::RunId;
use crate::domain::waitlist::QueueHead;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::context::Context;
use crate::ui::msg::{Attention, CallId, Watch};
use crate::ui::text;
use crate::ui::theme::Tone;

/// Reads a queued booking again when its run has changed.
#[derive(Clone, Debug, Default)]
pub struct Reread {
    call: Option<CallId>,
    /// The run has changed since the call was made.
    stale: bool,
}

impl Reread {
    /// The run to watch: that of a booking with somebody in a queue.
    pub fn watch(booking: &Booking) -> Vec<Watch> {
        let watch = Watch { run: booking.run, attention: Attention::Focus };
        booking.is_queued().then_some(watch).into_iter().collect()
    }

    /// A run has changed: asks for the booking if that may have moved it.
    pub fn live(&mut self, run: RunId, booking: &Booking, cx: &mut Context) {
        if run != booking.run || !booking.is_queued() {
            return;
        }
        let Some(live) = cx.live.get(&run) else { return };
        // The first state is older or newer than the booking: nobody knows.
        let moved = live.before.as_ref().is_none_or(|before| matters(before, booking) != matters(&live.state, booking));
        if moved && self.call.is_some() {
            self.stale = true;
        } else if moved {
            self.call = Some(cx.fetch(Request::Booking { pnr: booking.pnr }));
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
            self.call = Some(cx.fetch(Request::Booking { pnr: booking.pnr }));
        }
        // A read that fails is no news; the next change asks again, and a person can.
        let Ok(Reply::Booking(found)) = answer else { return None };
        if let Some(words) = news(booking, found) {
            cx.toast(Tone::Good, words);
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
