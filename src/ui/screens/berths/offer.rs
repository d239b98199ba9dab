//! What is offered where there are too few berths: to share one, or to wait for one.

use super::Berths;
use crate::domain::admission::NotAdmitted;
use crate::domain::quota::Quota;
use crate::ui::context::World;
use crate::ui::prospect::{self, Promise};

impl Berths {
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
