//! What the coach map does for entries of the command line.

use super::{Action, Berths};
use crate::domain::admission::Accept;
use crate::service::request::Choice;
use crate::ui::command::{Refusal, Step, Taken};
use crate::ui::context::Context;
use crate::ui::screen::Scene;

impl Berths {
    pub(super) fn take_step(&mut self, step: &Step, cx: &mut Context) -> Taken {
        let held = cx.draft.hold.is_some();
        match step {
            Step::Choose(_) | Step::HoldBest | Step::Join if held => {
                Refusal::new("Berths are held already: go on with them, or press e to give them back.").into()
            }
            // What is held leads on to those who have it.
            Step::FillIn { .. } | Step::Telephone(_) | Step::Companions | Step::Fare if held => {
                self.act(Action::GoOn, cx);
                Taken::Elsewhere
            }
            // Another train out of the list beneath.
            Step::Choose(_) => {
                cx.pop();
                Taken::Elsewhere
            }
            Step::HoldBest => {
                (self.panel, self.chosen) = (None, Vec::new());
                if !self.offers(Action::HoldBest, cx) {
                    let why = self.shortage(cx);
                    return Refusal::new(why.unwrap_or_else(|| "Too few berths are left: choose others.".to_owned()))
                        .into();
                }
                self.hold(Choice::Best(self.wishes.clone()), Accept::Berths, cx);
                Taken::Yes
            }
            Step::Join if !self.offers(Action::Join, cx) => {
                Refusal::new("There is no queue to join here: hold berths with Enter, or choose another train.").into()
            }
            Step::Join => {
                self.hold(Choice::Best(self.wishes.clone()), Accept::Anything, cx);
                Taken::Yes
            }
            _ => Taken::NotHere,
        }
    }

    /// What is held leads on from here.
    pub(super) fn shortfall(&self, step: &Step) -> Option<Refusal> {
        let why = || self.problem.clone().unwrap_or_else(|| "Nothing was held: choose again.".to_owned());
        matches!(step, Step::HoldBest | Step::Join).then(|| Refusal::new(why()))
    }
}
