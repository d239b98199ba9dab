//! What each of a party has, or would have, before anything is paid: in the words in which agents know it.
//!
//! Numbers in a queue are given when it is joined, which is when the money is taken. Until then they are what the run's
//! newest state says, and move with it; while nothing is known of the run there are none.

use crate::domain::admission::{Accept, Asked, NotAdmitted};
use crate::domain::allotment::BerthWish;
use crate::domain::coach::{BerthRef, BerthType, Class};
use crate::domain::inventory::RunState;
use crate::domain::quota::Quota;
use crate::domain::segment::Leg;
use crate::domain::spot::Grant;
use crate::domain::train::{RunId, Train};
use crate::domain::waitlist::{QueueHead, QueueId, WaitingList};
use crate::service::request::Hold;
use crate::ui::context::World;
use crate::ui::msg::{Attention, Watch};

/// What one of a party has or would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// A berth of their own, and where it is in its bay.
    Berth(BerthRef, Option<BerthType>),
    /// Half of a berth.
    Shares {
        /// Their number among those who share.
        number: Option<u16>,
        /// The berth.
        berth: BerthRef,
    },
    /// A place on a list.
    Waits {
        /// The list.
        list: WaitingList,
        /// Their place on it.
        number: Option<u16>,
    },
    /// The right to travel in the unreserved coaches.
    Unreserved,
}

impl Promise {
    /// Whether they would be in a queue.
    pub const fn is_queued(self) -> bool {
        matches!(self, Self::Shares { .. } | Self::Waits { .. })
    }

    /// As agents know it: `RAC 4`, `GNWL 12`, `UR`; a berth by its name.
    pub fn code(self) -> String {
        let numbered = |code: &str, number: Option<u16>| match number {
            Some(number) => format!("{code} {number}"),
            None => code.to_owned(),
        };
        match self {
            Self::Berth(berth, _) => berth.to_string(),
            Self::Shares { number, .. } => numbered("RAC", number),
            Self::Waits { list, number } => numbered(list.code(), number),
            Self::Unreserved => "UR".to_owned(),
        }
    }

    /// With what it is: `B2-20 lower`, `RAC 4 shares B1-7`, `GNWL 12`, `UR`.
    pub fn words(self) -> String {
        match self {
            Self::Berth(berth, kind) => format!("{berth} {}", kind.map_or("", BerthType::words)),
            Self::Shares { berth, .. } => format!("{} shares {berth}", self.code()),
            Self::Waits { .. } | Self::Unreserved => self.code(),
        }
    }
}

/// What each of the party has for whom this is held.
pub fn promised(hold: &Hold, world: &World) -> Vec<Promise> {
    let state = world.live.get(&hold.run).map(|live| live.state.as_ref());
    let journey = world.draft.journey.as_ref().filter(|journey| journey.run == hold.run);
    let train = state.map(|state| state.train.as_ref()).or(journey.map(|journey| journey.train.as_ref()));
    promises(&hold.grants, (hold.class, hold.quota), train, state)
}

/// Whether anything of a coach is out of sale for a hold: places on a list and in the unreserved coaches take nothing.
pub fn keeps_berths(hold: &Hold) -> bool {
    hold.grants.iter().any(|grant| matches!(grant, Grant::Berth(_) | Grant::Shared(_)))
}

/// The run of what is held, where somebody of the party would be in a queue: their numbers move until it is paid.
pub fn watch_queue(world: &World) -> Vec<Watch> {
    let queued = |hold: &&Hold| hold.grants.iter().any(|grant| grant.is_queued());
    let hold = world.draft.hold.as_ref().filter(queued);
    hold.map(|hold| Watch { run: hold.run, attention: Attention::Focus }).into_iter().collect()
}

/// What each of a party would have that takes whatever there is; nothing while nothing is known of the run.
pub fn prospect(
    run: RunId,
    (class, quota): (Class, Quota),
    leg: Leg,
    wishes: &[BerthWish],
    world: &World,
) -> Option<Result<Vec<Promise>, NotAdmitted>> {
    let state = world.live.get(&run)?.state.as_ref();
    let asked = Asked { class, quota, leg, wishes, accept: Accept::Anything, start: 0 };
    let grants = state.admit(&asked, world.now);
    Some(grants.map(|grants| promises(&grants, (class, quota), Some(&state.train), Some(state))))
}

fn promises(
    grants: &[Grant],
    (class, quota): (Class, Quota),
    train: Option<&Train>,
    state: Option<&RunState>,
) -> Vec<Promise> {
    let list = WaitingList::of(quota);
    let mut head: Option<QueueHead> = state.map(|state| state.queue(QueueId { class, list }));
    let promise = |grant: &Grant| match grant {
        Grant::Berth(berth) => {
            let coach = train.and_then(|train| train.coach(berth.coach));
            Promise::Berth(*berth, coach.map(|coach| coach.berth_type(berth.number)))
        }
        Grant::Shared(half) => {
            let number = head.as_mut().map(|head| &mut head.rac);
            Promise::Shares { number: number.map(next), berth: half.berth }
        }
        Grant::Waiting => Promise::Waits { list, number: head.as_mut().map(|head| next(&mut head.waiting)) },
        Grant::Unreserved => Promise::Unreserved,
    };
    grants.iter().map(promise).collect()
}

fn next(count: &mut u16) -> u16 {
    *count = count.saturating_add(1);
    *count
}

/// The queued of a party in a few words: `RAC 4`, or `RAC 4-5 and GNWL 1-3`. Nothing when nobody would be in a queue.
pub fn queued_in_short(promises: &[Promise]) -> Option<String> {
    let shares = promises.iter().filter(|promise| matches!(promise, Promise::Shares { .. }));
    let waits = promises.iter().filter(|promise| matches!(promise, Promise::Waits { .. }));
    match (range(shares), range(waits)) {
        (Some(shares), Some(waits)) => Some(format!("{shares} and {waits}")),
        (shares, waits) => shares.or(waits),
    }
}

/// The numbers of one queue: `RAC 4-5`.
fn range<'a>(mut promises: impl DoubleEndedIterator<Item = &'a Promise>) -> Option<String> {
    let first = promises.next()?.code();
    Some(match promises.next_back() {
        Some(Promise::Shares { number: Some(last), .. } | Promise::Waits { number: Some(last), .. }) => {
            format!("{first}-{last}")
        }
        _ => first,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{Promise, queued_in_short};
    use crate::domain::coach::{BerthRef, BerthType, CoachId};
    use crate::domain::waitlist::WaitingList;

    fn berth(number: u8) -> BerthRef {
        BerthRef { coach: CoachId::parse("B1").expect("a coach"), number }
    }

    fn party(berths: u8, shares: u16, waits: u16) -> Vec<Promise> {
        let own = (1..=berths).map(|number| Promise::Berth(berth(number), Some(BerthType::Lower)));
        let shared = (4..4 + shares).map(|number| Promise::Shares { number: Some(number), berth: berth(7) });
        let list = WaitingList::General;
        let waiting = (11..11 + waits).map(|number| Promise::Waits { list, number: Some(number) });
        own.chain(shared).chain(waiting).collect()
    }

    #[rstest]
    #[case(2, 0, 0, None)]
    #[case(2, 1, 0, Some("RAC 4"))]
    #[case(0, 2, 0, Some("RAC 4-5"))]
    #[case(0, 0, 3, Some("GNWL 11-13"))]
    #[case(1, 2, 1, Some("RAC 4-5 and GNWL 11"))]
    fn who_would_be_queued_is_said_in_short(
        #[case] berths: u8,
        #[case] shares: u16,
        #[case] waits: u16,
        #[case] says: Option<&str>,
    ) {
        assert_eq!(queued_in_short(&party(berths, shares, waits)).as_deref(), says);
    }

    #[test]
    fn each_reads_as_agents_know_it() {
        let words: Vec<_> = party(1, 1, 1).into_iter().map(Promise::words).collect();
        assert_eq!(words, ["B1-1 lower", "RAC 4 shares B1-7", "GNWL 11"]);
        let unknown = Promise::Waits { list: WaitingList::Tatkal, number: None };
        assert_eq!(unknown.words(), "TQWL", "no number is made up");
    }
}
