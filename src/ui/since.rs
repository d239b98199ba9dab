//! The booking of a list that was shown above it, as it is since: where it took long to find what is in the list, that booking alone
//! is read again.

use std::sync::Arc;

use crate::domain::booking::Booking;
use crate::domain::pnr::Pnr;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::context::Context;
use crate::ui::msg::{CallId, Load};
use crate::ui::widgets::paged::Paged;

/// A booking that is read again.
#[derive(Clone, Debug, Default)]
pub struct Since(Load<Arc<Booking>>);

impl Since {
    /// Asks for it.
    pub fn read(&mut self, pnr: Pnr, cx: &mut Context) {
        self.0 = Load::Waiting(cx.call(Request::Booking { pnr }));
    }

    /// Takes the answer if it is to its call, and puts it in the list. Returns whether it was. A read that fails leaves what is
    /// known: it can be opened.
    pub fn reply(&mut self, call: CallId, answer: &Result<Reply, Failure>, list: &mut Paged<Arc<Booking>>) -> bool {
        let read = |reply: &Reply| if let Reply::Booking(booking) = reply { Some(Arc::clone(booking)) } else { None };
        let settled = self.0.settle(call, answer, read);
        if settled && let Load::Ready(booking) = std::mem::take(&mut self.0) {
            let pnr = booking.pnr;
            list.replace(|known| known.pnr == pnr, booking);
        }
        settled
    }

    /// The person waits no longer for a call.
    pub fn gave_up(&mut self, call: CallId) {
        self.0.give_up(call);
    }
}
