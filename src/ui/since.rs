//! The booking of a list that is shown above it, as it is since: where a list took several answers, that booking alone is read again.

use std::sync::Arc;

use crate::domain::booking::Booking;
use crate::domain::pnr::Pnr;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::context::Context;
use crate::ui::msg::{CallId, Load};
use crate::ui::widgets::paged::Paged;

/// A booking that is shown, and read again by whoever comes back from it.
#[derive(Clone, Debug, Default)]
pub struct Since {
    shown: Option<Pnr>,
    read: Load<Arc<Booking>>,
}

impl Since {
    /// One is shown above the list.
    pub fn show(&mut self, pnr: Pnr) {
        self.shown = Some(pnr);
    }

    /// Whoever looked at it comes back to a list: asks for it where that is of several answers. Returns whether it did: other lists
    /// are read anew.
    pub fn resume<T>(&mut self, list: &Paged<T>, cx: &mut Context) -> bool {
        let Some(pnr) = self.shown.take().filter(|_| list.is_of_several()) else { return false };
        self.read = Load::Waiting(cx.call(Request::Booking { pnr }));
        true
    }

    /// Takes the answer if it is to its call, and puts it in the list, or takes it off where it is not meant any more. Returns whether
    /// it was. A read that fails leaves what is known: it can be opened.
    pub fn reply(
        &mut self,
        call: CallId,
        answer: &Result<Reply, Failure>,
        list: &mut Paged<Arc<Booking>>,
        is_meant: impl Fn(&Booking) -> bool,
    ) -> bool {
        let read = |reply: &Reply| if let Reply::Booking(booking) = reply { Some(Arc::clone(booking)) } else { None };
        let settled = self.read.settle(call, answer, read);
        if settled && let Load::Ready(booking) = std::mem::take(&mut self.read) {
            let pnr = booking.pnr;
            list.replace(|known| known.pnr == pnr, Some(booking).filter(|booking| is_meant(booking)));
        }
        settled
    }

    /// The person waits no longer for a call.
    pub fn gave_up(&mut self, call: CallId) {
        self.read.give_up(call);
    }
}
