//! A payment on its way: at most one call at a time, and the same action again and again until its outcome is known.
//!
//! A new [`OpId`](crate::domain::booking::OpId) is drawn by whoever begins an attempt, and never by a repetition: that
//! is what keeps a lost answer from costing a traveller twice.

use std::sync::Arc;

use crate::domain::booking::Booking;
use crate::service::request::{Failure, Outcome, Reply, Request};
use crate::ui::context::Context;
use crate::ui::msg::CallId;

/// A payment, or that there is none.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    request: Option<Request>,
    call: Option<CallId>,
    doubt: Option<String>,
}

/// What an answer means for the payment.
#[derive(Clone, Debug)]
pub enum Verdict<T = Arc<Booking>> {
    /// The answer is to something else.
    NotMine,
    /// It is done.
    Done(T),
    /// It was not done and will not be.
    Refused(Failure),
    /// It may have been done.
    Unknown,
}

impl Attempt {
    /// Whether nothing is under way, so that another may begin.
    pub fn is_idle(&self) -> bool {
        self.request.is_none()
    }

    /// Whether an answer is awaited.
    pub fn is_under_way(&self) -> bool {
        self.call.is_some()
    }

    /// Why it is not known whether it was done; `None` when that is known or still awaited.
    pub fn doubt(&self) -> Option<&str> {
        self.doubt.as_deref().filter(|_| self.call.is_none())
    }

    /// Begins, unless one is under way.
    pub fn begin(&mut self, request: Request, cx: &mut Context) {
        if self.is_idle() {
            self.call = Some(cx.call(request.clone()));
            self.request = Some(request);
        }
    }

    /// Asks again for the very same, unless the answer is still awaited.
    pub fn repeat(&mut self, cx: &mut Context) {
        if let (None, Some(request)) = (self.call, &self.request) {
            self.call = Some(cx.call(request.clone()));
        }
    }

    /// The person waits no longer.
    pub fn gave_up(&mut self, call: CallId) {
        if self.call == Some(call) {
            self.call = None;
            self.doubt = Some(
                "You stopped waiting. It may have been done; press the same key again, it will not happen twice."
                    .to_owned(),
            );
        }
    }

    /// Takes an answer.
    pub fn settle(&mut self, call: CallId, answer: &Result<Reply, Failure>) -> Verdict {
        let booking =
            |reply: &Reply| if let Reply::Booking(booking) = reply { Some(Arc::clone(booking)) } else { None };
        self.settle_as(call, answer, booking)
    }

    /// Takes an answer that brings something else than a booking, which `read` picks out of the reply.
    pub fn settle_as<T>(
        &mut self,
        call: CallId,
        answer: &Result<Reply, Failure>,
        read: impl FnOnce(&Reply) -> Option<T>,
    ) -> Verdict<T> {
        if self.call != Some(call) {
            return Verdict::NotMine;
        }
        self.call = None;
        match answer {
            Ok(reply) => match read(reply) {
                Some(done) => {
                    *self = Self::default();
                    Verdict::Done(done)
                }
                None => self.unknown("Kiosk gave another answer than it was asked for."),
            },
            Err(failure) if self.leaves_unknown(failure) => self.unknown(&failure.to_string()),
            Err(failure) => {
                *self = Self::default();
                Verdict::Refused(failure.clone())
            }
        }
    }

    fn unknown<T>(&mut self, why: &str) -> Verdict<T> {
        let again = "It may have been done; press the same key again, it will not happen twice.";
        let words = if why.contains("press the same key again") { why.to_owned() } else { format!("{why} {again}") };
        self.doubt = Some(words);
        Verdict::Unknown
    }

    /// Whether the payment may have been made all the same. A repetition that was not even heard says nothing of the
    /// first attempt.
    fn leaves_unknown(&self, failure: &Failure) -> bool {
        match failure {
            Failure::Unavailable { outcome: Outcome::Unknown, .. }
            | Failure::Internal { .. }
            | Failure::Misanswered => true,
            Failure::Unavailable { .. } | Failure::Busy | Failure::SignedOut | Failure::Locked => self.doubt.is_some(),
            _ => false,
        }
    }
}
