//! Calls for which nobody waits any more: what only reads is stopped, and what comes of the others is not lost.

use crate::service::request::{Failure, Outcome, Reply, Request};
use crate::ui::app::{App, Call, Kind, Owner};
use crate::ui::msg::{CallId, Effect};
use crate::ui::theme::Tone;
use crate::ui::toast::Toast;

impl App {
    /// Waits no more for a call.
    pub(super) fn orphan(&mut self, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.owner = Owner::Nobody;
            call.pending = None;
            if call.request == Kind::Reading {
                self.out.push(Effect::Stop(id));
            }
        }
    }

    /// Gives up the calls for which the top screen waits. Returns whether there were any.
    pub(super) fn stop_waiting(&mut self) -> bool {
        let top = self.stack.last().expect("there is always a screen").id;
        let waiting = |call: &Call| call.owner == Owner::Entry(top) && call.pending.is_some();
        let calls: Vec<CallId> = self.calls.iter().filter(|(_, call)| waiting(call)).map(|(id, _)| *id).collect();
        for call in &calls {
            self.orphan(*call);
            self.with(top, |screen, cx| screen.gave_up(*call, cx));
        }
        !calls.is_empty()
    }

    /// A reply for which nobody waits any more must not leave anything behind.
    pub(super) fn nobodys(&mut self, call: &Call, answer: Result<Reply, Failure>) {
        match answer {
            Ok(Reply::Held(hold)) => {
                self.send(Owner::Nobody, Request::Release { hold: hold.id, run: hold.run });
            }
            // The session refuses it where somebody left or began again; whom it let in before is nobody here.
            Ok(Reply::Welcome(_)) if self.world.identity.is_none() => self.send(Owner::Nobody, Request::SignOut),
            // What the last person booked is not the next one's business.
            _ if call.owner == Owner::Gone => {}
            Ok(Reply::Booking(booking)) if call.request.acts() => {
                let what = if call.request == Kind::Money { "booked" } else { "changed" };
                let text = format!("PNR {} was {what} after all: look at it under its number.", booking.pnr.spoken());
                self.toast = Some(Toast::new(Tone::Warning, text, self.world.now));
            }
            Ok(Reply::Imported(_)) => {
                self.toast = Some(Toast::new(Tone::Good, "The import is done.".to_owned(), self.world.now));
            }
            Err(failure) if call.request == Kind::Import => {
                let text = match failure {
                    // There is no key any more that asks for the same.
                    Failure::Unavailable { outcome: Outcome::Unknown, .. } => {
                        "It is not known how far the import came: look again.".to_owned()
                    }
                    failure => format!("The import was not done: {failure}"),
                };
                self.toast = Some(Toast::new(Tone::Bad, text, self.world.now));
            }
            _ => {}
        }
    }
}
