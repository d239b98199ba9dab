//! What is offered where there are too few berths, to share one or to wait for one; and what is asked before that, or a
//! berth, is given up.

use super::{Berths, Leaving};
use crate::domain::admission::NotAdmitted;
use crate::domain::quota::Quota;
use crate::ui::context::{Context, World};
use crate::ui::overlay::{Confirm, Question};
use crate::ui::prospect::{self, Promise, keeps_berths};

impl Berths {
    /// Asks before what is held is given up.
    pub(super) fn ask_back(&mut self, leaving: Leaving, cx: &mut Context) {
        self.leaving = leaving;
        if !cx.draft.hold.as_ref().is_some_and(keeps_berths) {
            return cx.confirm(Confirm {
                question: Question::GiveBack,
                title: "Leave the waiting list?".to_owned(),
                text: "Nobody of the party is on it before it is paid. What was typed about the passengers is kept."
                    .to_owned(),
                yes: "Leave it",
                no: "Stay",
            });
        }
        let text = match leaving {
            Leaving::Back => "Others can take the berths at once. What was typed about the passengers is kept.",
            Leaving::Change => "Others can take the berths while you choose again. What was typed is kept.",
        };
        cx.confirm(Confirm {
            question: Question::GiveBack,
            title: "Give the berths back?".to_owned(),
            text: text.to_owned(),
            yes: "Give them back",
            no: "Keep them",
        });
    }

    /// What the party would have that takes whatever there is, where that is less than a berth for each.
    pub(super) fn joins(&self, world: &World) -> Option<Vec<Promise>> {
        self.prospect(world)?.ok()
    }

    fn prospect(&self, world: &World) -> Option<Result<Vec<Promise>, NotAdmitted>> {
        // Only then is the whole allotment reckoned for it.
        self.left(world).filter(|left| *left < self.party())?;
        let (run, leg) = (self.journey.run, self.journey.leg);
        prospect::prospect(run, (self.class, self.quota), leg, &self.wishes, world)
    }

    /// Says that there are too few berths, and what can be had instead.
    pub(super) fn shortage(&self, world: &World) -> Option<String> {
        if world.draft.hold.is_some() {
            return None;
        }
        let left = self.left(world)?;
        let class = self.class;
        Some(match self.prospect(world)? {
            Ok(promises) => offer(left, &prospect::queued_in_short(&promises)?, world),
            Err(_) if left > 0 => format!("Only {} left on your way: press - for a smaller party.", berths(left)),
            Err(NotAdmitted::ListClosed) => {
                format!("{class} is full, and its chart is made: press Esc and choose another class or train.")
            }
            Err(NotAdmitted::ListFull) => {
                format!("{class} and its waiting list are full: press Esc, choose another class or train.")
            }
            Err(_) if self.quota != Quota::General => {
                format!("{class} has nothing left in {}: press Esc, and q for the general quota.", self.quota.words())
            }
            Err(_) => format!("{class} is full on your way: press Esc and choose another class or train."),
        })
    }
}

fn offer(left: usize, queued: &str, world: &World) -> String {
    if !world.sells_queues() {
        let next = if left > 0 { "- for fewer" } else { "Esc for another train" };
        return format!("{}: a counter sells {queued}; press {next}.", few(left));
    }
    let do_it = if world.is_public() { "touch Join" } else { "press j" };
    if left == 0 {
        let what = if queued.starts_with("RAC") { "share" } else { "wait" };
        return format!("No berth is left: {do_it} to {what} as {queued}, or Esc for others.");
    }
    let and = if queued.contains(" and ") { "," } else { " and" };
    format!("Only {left} left: {do_it} for {}{and} {queued}, or - for fewer.", them(left))
}

fn few(left: usize) -> String {
    if left == 0 { "No berth is left".to_owned() } else { format!("Only {} left", berths(left)) }
}

fn berths(count: usize) -> String {
    if count == 1 { "1 berth is".to_owned() } else { format!("{count} berths are") }
}

const fn them(left: usize) -> &'static str {
    if left == 1 { "it" } else { "them" }
}
