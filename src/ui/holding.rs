//! Asking for berths, or for places without any: one request at a time, under one name for as long as nobody knows what
//! became of it.

use crate::domain::admission::Accept;
use crate::domain::coach::Class;
use crate::domain::inventory::HoldId;
use crate::domain::quota::Quota;
use crate::domain::segment::Leg;
use crate::domain::train::RunId;
use crate::service::request::{Choice, Failure, Hold, Outcome, Reply, Request};
use crate::ui::context::Context;
use crate::ui::msg::CallId;

/// Of what something is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The run.
    pub run: RunId,
    /// The leg.
    pub leg: Leg,
    /// The class.
    pub class: Class,
    /// The quota.
    pub quota: Quota,
}

/// A request for a hold, and what it was for.
#[derive(Clone, Debug, Default)]
pub struct Holding {
    /// The request that is on its way.
    asking: Option<CallId>,
    /// An attempt whose outcome is not known: asking again with its id cannot hold twice.
    attempt: Option<(HoldId, Choice, Accept)>,
}

impl Holding {
    /// Asks.
    pub fn ask(&mut self, wanted: Wanted, choice: Choice, accept: Accept, cx: &mut Context) {
        let id = match &self.attempt {
            Some((id, before, accepted)) if *before == choice && *accepted == accept => *id,
            _ => cx.hold_id(),
        };
        self.attempt = Some((id, choice.clone(), accept));
        let Wanted { run, leg, class, quota } = wanted;
        self.asking = Some(cx.call(Request::Hold { hold: id, run, leg, class, quota, choice, accept }));
    }

    /// Whether a request is on its way.
    pub const fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// The name of the last attempt.
    pub fn id(&self) -> Option<HoldId> {
        self.attempt.as_ref().map(|(id, ..)| *id)
    }

    /// Takes an answer, if it is to its request.
    pub fn settle(&mut self, call: CallId, answer: &Result<Reply, Failure>) -> Option<Result<Hold, Failure>> {
        self.asking.take_if(|asking| *asking == call)?;
        let settled = match answer {
            Ok(Reply::Held(hold)) => Ok(hold.clone()),
            Ok(_) => Err(Failure::Misanswered),
            Err(failure) => Err(failure.clone()),
        };
        // With the same id the same request may be sent again as long as nobody knows what became of it.
        if settled.as_ref().is_err_and(|why| !matches!(why, Failure::Unavailable { outcome: Outcome::Unknown, .. })) {
            self.attempt = None;
        }
        Some(settled)
    }

    /// Nobody waits for the request any more. The program gives back what may still be granted under the old id.
    pub fn gave_up(&mut self, call: CallId) {
        if self.asking == Some(call) {
            *self = Self::default();
        }
    }

    /// The next request is another attempt.
    pub fn forget(&mut self) {
        self.attempt = None;
    }
}
