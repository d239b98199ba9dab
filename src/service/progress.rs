//! How far a call has come that takes long, for whoever waits for it.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Progress {
    /// What it is at.
    pub stage: Stage,
    /// How much of that is done.
    pub done: u64,
    /// How much of it there is.
    pub of: u64,
}

/// What a call is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stage {
    /// Files are read: counted in bytes.
    Reading,
    /// Trains are made of what was read: counted in trains.
    Building,
    /// They are compared with what there is: counted in trains.
    Comparing,
    /// The audit log is read back through some days: counted in their hours.
    Log,
    /// What has changed is written: counted in entries of the timetable.
    Writing,
}

impl Progress {
    /// How many parts of `parts` are done, rounded down: all of them only when it is whole.
    pub fn share(self, parts: u64) -> u64 {
        if self.done >= self.of {
            return parts;
        }
        let share = u128::from(self.done) * u128::from(parts) / u128::from(self.of);
        u64::try_from(share).unwrap_or(parts)
    }

    /// Whether nobody would see it beside another.
    fn is_like(self, other: Self) -> bool {
        self.stage == other.stage && self.share(100) == other.share(100)
    }
}

/// Takes what a call tells: the newest alone, and nothing that changes no percent, so that it costs a session little however
/// much there is to do.
#[derive(Clone, Debug, Default)]
pub struct Tell(Option<watch::Sender<Option<Progress>>>);

impl Tell {
    /// To whoever has the other end. When that is dropped nobody waits any more, and what only reads may stop.
    pub fn somebody() -> (Self, watch::Receiver<Option<Progress>>) {
        let (sender, receiver) = watch::channel(None);
        (Self(Some(sender)), receiver)
    }

    /// To nobody, who waits all the same.
    pub fn nobody() -> Self {
        Self(None)
    }

    /// Tells how far it has come, and hears whether anybody still waits.
    pub fn tell(&self, progress: Progress) -> ControlFlow<()> {
        let Some(sender) = &self.0 else { return ControlFlow::Continue(()) };
        sender.send_if_modified(|known| {
            let is_news = known.is_none_or(|known| !known.is_like(progress));
            if is_news {
                *known = Some(progress);
            }
            is_news
        });
        if sender.is_closed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::{Progress, Stage, Tell};

    const fn read(done: u64, of: u64) -> Progress {
        Progress { stage: Stage::Reading, done, of }
    }

    #[test]
    fn all_parts_are_done_only_at_the_whole() {
        let shares = [(0, 7), (1, 7), (6, 7), (999, 1000), (7, 7), (0, 0), (u64::MAX - 1, u64::MAX)];
        assert_eq!(shares.map(|(done, of)| read(done, of).share(100)), [0, 14, 85, 99, 100, 100, 99]);
    }

    #[test]
    fn only_news_is_told_and_the_newest_alone_is_heard() {
        let (tell, mut heard) = Tell::somebody();
        let mut told = 0;
        for done in 0..=100_000 {
            assert_eq!(tell.tell(read(done, 100_000)), ControlFlow::Continue(()));
            if heard.has_changed().is_ok_and(|changed| changed) {
                assert_eq!(*heard.borrow_and_update(), Some(read(done, 100_000)));
                told += 1;
            }
        }
        assert_eq!(told, 101);
        for done in 0..=100 {
            let _ = tell.tell(Progress { stage: Stage::Writing, ..read(done, 100) });
        }
        assert_eq!(*heard.borrow_and_update(), Some(Progress { stage: Stage::Writing, ..read(100, 100) }));
    }

    #[test]
    fn whoever_tells_hears_that_nobody_waits_any_more() {
        let (tell, heard) = Tell::somebody();
        drop(heard);
        assert_eq!(tell.tell(read(0, 1)), ControlFlow::Break(()));
        assert_eq!(Tell::nobody().tell(read(0, 1)), ControlFlow::Continue(()));
    }
}
