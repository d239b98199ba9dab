//! Live availability: the state of every run that some screen shows, and of no other.
//!
//! There is one `watch` channel a run. What this process writes is published at once; what others write is seen by
//! looking at the runs' hints, and only runs whose hint moved are read. A slow screen gets the newest state, never a
//! queue. State of a lower `Rev` never replaces one of a higher.

mod poll;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch};

use crate::domain::coach::CoachId;
use crate::domain::inventory::{CoachState, RunState};
use crate::domain::train::{RunId, Train};
use crate::store::runs::Run;

/// Of how many runs the settled trains are remembered before all are forgotten: more than are sold at a time.
const PINNED: usize = 1_000;

/// How closely a run is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attention {
    /// One of many on a screen: seen within five seconds.
    Listed,
    /// The one the person is choosing from: seen within a second.
    Focus,
}

/// A subscription to a run; dropped, it ends.
pub struct RunWatch {
    states: watch::Receiver<Option<Arc<RunState>>>,
    watched: Arc<Watched>,
    attention: Attention,
}

impl RunWatch {
    /// The newest state when it is another than the one given last; waits for it. `None` when Kiosk is closing.
    ///
    /// Cancel safe: a state that was not returned is returned by the next call.
    pub async fn changed(&mut self) -> Option<Arc<RunState>> {
        self.states.changed().await.ok()?;
        self.states.borrow_and_update().clone()
    }

    /// The newest state; `None` before the run was read.
    pub fn current(&self) -> Option<Arc<RunState>> {
        self.states.borrow().clone()
    }

    /// The run.
    pub fn run(&self) -> RunId {
        self.watched.run
    }
}

impl Drop for RunWatch {
    fn drop(&mut self) {
        if self.attention == Attention::Focus {
            self.watched.focus.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for RunWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunWatch({}, {:?})", self.watched.run, self.attention)
    }
}

/// The runs that are watched.
#[derive(Default)]
pub(super) struct Live {
    runs: Mutex<BTreeMap<RunId, Weak<Watched>>>,
    /// The trains of runs whose version is settled, watched or not: it never changes.
    pinned: Mutex<BTreeMap<RunId, Arc<Train>>>,
    /// Tells the poller that a run is watched of which nothing is known yet.
    pub(super) unread: Arc<Notify>,
}

/// The last handle is gone: whoever still waits is told so.
impl Drop for Live {
    fn drop(&mut self) {
        for watched in self.all() {
            watched.states.send_replace(None);
        }
    }
}

/// A run that somebody watches.
struct Watched {
    run: RunId,
    states: watch::Sender<Option<Arc<RunState>>>,
    focus: AtomicUsize,
    seen: Mutex<Seen>,
}

/// What is known of a watched run beside its state.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// Its train's version is settled.
    pinned: bool,
    /// The hint at or before the last read.
    hint: u64,
    /// When its hint was looked at last.
    looked_at: Option<DateTime<Utc>>,
    /// When it was read last.
    read_at: Option<DateTime<Utc>>,
}

impl Watched {
    fn seen(&self) -> Seen {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Live {
    /// Subscribes to a run; the first to do so has it read.
    pub(super) fn watch(&self, run: RunId, attention: Attention) -> RunWatch {
        let watched = {
            let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(watched) = runs.get(&run).and_then(Weak::upgrade) {
                watched
            } else {
                runs.retain(|_, watched| watched.strong_count() > 0);
                let watched = Arc::new(Watched {
                    run,
                    states: watch::channel(None).0,
                    focus: AtomicUsize::new(0),
                    seen: Mutex::default(),
                });
                runs.insert(run, Arc::downgrade(&watched));
                self.unread.notify_one();
                watched
            }
        };
        if attention == Attention::Focus {
            watched.focus.fetch_add(1, Ordering::Relaxed);
        }
        let mut states = watched.states.subscribe();
        if states.borrow().is_some() {
            states.mark_changed();
        }
        RunWatch { states, watched, attention }
    }

    /// What is known of a run, and whether its train's version is settled; `None` when nobody watches it.
    pub(super) fn known(&self, run: RunId) -> Option<Run> {
        let watched = self.watched(run)?;
        let state = watched.states.borrow().clone()?;
        let seen = watched.seen();
        Some(Run { state: RunState::clone(&state), pinned: seen.pinned, hint: seen.hint })
    }

    /// The train by which a run is sold for good, as far as known.
    pub(super) fn pinned_train(&self, run: RunId) -> Option<Arc<Train>> {
        self.pinned.lock().unwrap_or_else(PoisonError::into_inner).get(&run).cloned()
    }

    /// Whether anybody watches a run.
    pub(super) fn is_watched(&self, run: RunId) -> bool {
        self.watched(run).is_some()
    }

    /// Takes in a run as it was read.
    pub(super) fn publish(&self, read: &Run, now: DateTime<Utc>) {
        // A run that was changed may be changed again.
        if read.pinned && read.state.changes() == 0 {
            let mut pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
            if pinned.len() >= PINNED {
                pinned.clear();
            }
            pinned.insert(read.state.run, Arc::clone(&read.state.train));
        }
        let Some(watched) = self.watched(read.state.run) else { return };
        // Queues carry no count of their writes: what was read before the newest hint may be older.
        let is_newest = read.hint >= watched.seen().hint;
        watched.note(|seen| {
            seen.pinned |= read.pinned;
            seen.hint = seen.hint.max(read.hint);
            seen.read_at = Some(now);
        });
        watched.states.send_if_modified(|state| {
            let merged = match state.as_deref() {
                None => read.state.clone(),
                Some(known) => {
                    // A settled version stays; before that the timetable's newest counts.
                    let is_older = known.changes() > read.state.changes();
                    let from = if !is_older && (read.pinned || !watched.seen().pinned) { &read.state } else { known };
                    let mut merged = known.clone();
                    (merged.train, merged.terms) = (Arc::clone(&from.train), Arc::clone(&from.terms));
                    merged.delays.clone_from(&from.delays);
                    merged.gaps.clone_from(&from.gaps);
                    // A run's charts are never unmade.
                    merged.stage = known.stage.max(read.state.stage);
                    if is_newest {
                        merged.queues.clone_from(&read.state.queues);
                    }
                    merge(&mut merged.coaches, read.state.coaches.iter().map(|(id, coach)| (*id, Arc::clone(coach))));
                    merged
                }
            };
            replace(state, merged)
        });
    }

    /// Takes in coaches as a write or a read of them gave.
    pub(super) fn publish_coaches(&self, run: RunId, coaches: impl IntoIterator<Item = (CoachId, CoachState)>) {
        let Some(watched) = self.watched(run) else { return };
        watched.states.send_if_modified(|state| {
            // Nothing to merge with: the poller reads the whole run.
            let Some(known) = state.as_deref() else { return false };
            let mut merged = known.clone();
            merge(&mut merged.coaches, coaches);
            replace(state, merged)
        });
    }

    /// Has everything that is watched read again.
    pub(super) fn suspect_all(&self) {
        for watched in self.all() {
            watched.note(|seen| *seen = Seen { pinned: seen.pinned, hint: seen.hint, ..Seen::default() });
        }
    }

    fn watched(&self, run: RunId) -> Option<Arc<Watched>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).get(&run)?.upgrade()
    }

    fn all(&self) -> Vec<Arc<Watched>> {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.values().filter_map(Weak::upgrade).collect()
    }
}

/// Takes newer coaches into older ones.
pub(super) fn merge(
    known: &mut BTreeMap<CoachId, Arc<CoachState>>,
    coaches: impl IntoIterator<Item = (CoachId, impl Into<Arc<CoachState>>)>,
) {
    for (id, coach) in coaches {
        let coach = coach.into();
        if known.get(&id).is_none_or(|known| known.rev < coach.rev) {
            known.insert(id, coach);
        }
    }
}

fn replace(state: &mut Option<Arc<RunState>>, merged: RunState) -> bool {
    if state.as_deref() == Some(&merged) {
        return false;
    }
    *state = Some(Arc::new(merged));
    true
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::{Attention, BTreeMap, CoachId, CoachState, DateTime, Live, Run, RunState};
    use crate::domain::booking::OpId;
    use crate::domain::delay::{Delay, Delays};
    use crate::domain::inventory::Stage;
    use crate::domain::rules::quota::QuotaRules;
    use crate::domain::segment::SegmentMask;
    use crate::domain::train::Train;
    use crate::domain::waitlist::{QueueHead, QueueId, WaitingList};
    use crate::service::timetable_file;

    fn coach(rev: u64, berth: u8) -> CoachState {
        CoachState { rev, masks: [(berth.into(), SegmentMask::of(0, 2))].into(), ..CoachState::default() }
    }

    fn read(train: &Arc<Train>, state: CoachState) -> Run {
        let run = format!("{}#2026-12-05", train.number()).parse().expect("a run");
        let coaches = BTreeMap::from([(train.coaches()[0].id(), Arc::new(state))]);
        Run {
            state: RunState { coaches, ..RunState::unsold(run, Arc::clone(train), &QuotaRules::default()) },
            pinned: true,
            hint: 1,
        }
    }

    #[test]
    fn charts_and_queues_follow_what_was_read_last() {
        let train = Arc::new(timetable_file::bundled().trains.swap_remove(0));
        let now = DateTime::from_timestamp(1_764_000_000, 0).expect("a valid instant");
        let live = Live::default();
        let at = |hint, stage, waiting| {
            let mut read = read(&train, coach(1, 1));
            let id = QueueId { class: train.classes()[0], list: WaitingList::General };
            (read.hint, read.state.stage) = (hint, stage);
            read.state.queues.insert(id, QueueHead { waiting, ..QueueHead::default() });
            read
        };
        let run = at(1, Stage::Open, 0).state.run;
        let watch = live.watch(run, Attention::Listed);
        let shown = || {
            let state = watch.current().expect("it was read");
            let waiting = state.queues.values().map(|head| head.waiting).sum::<u16>();
            (state.stage, waiting)
        };
        live.publish(&at(1, Stage::Open, 0), now);
        live.publish(&at(2, Stage::Open, 3), now);
        assert_eq!(shown(), (Stage::Open, 3));
        live.publish(&at(1, Stage::Open, 0), now);
        assert_eq!(shown(), (Stage::Open, 3), "an older read");
        live.publish(&at(3, Stage::FirstChart, 1), now);
        assert_eq!(shown(), (Stage::FirstChart, 1));
    }

    #[test]
    fn times_that_were_changed_since_stay() {
        let train = Arc::new(timetable_file::bundled().trains.swap_remove(0));
        let now = DateTime::from_timestamp(1_764_000_000, 0).expect("a valid instant");
        let live = Live::default();
        let on_time = read(&train, coach(1, 1));
        let mut late = on_time.clone();
        let (op, reason) = (OpId(Uuid::nil()), "fog".to_owned());
        late.state.delays = Delays::default().with(Delay { op, at: now, by: None, from: 0, minutes: 90, reason });
        late.state.train = Arc::new(late.state.delays.over(&train).expect("in order"));
        let watch = live.watch(on_time.state.run, Attention::Listed);
        for read in [&on_time, &late, &on_time] {
            live.publish(read, now);
        }
        let shown = watch.current().expect("it was read");
        assert_eq!((&shown.train, &shown.delays), (&late.state.train, &late.state.delays), "an older read");
        assert_eq!(live.pinned_train(on_time.state.run), Some(train), "what is remembered is the timetable's");
    }

    #[test]
    fn what_is_older_never_replaces_what_is_newer() {
        let train = Arc::new(timetable_file::bundled().trains.swap_remove(0));
        let id: CoachId = train.coaches()[0].id();
        let now = DateTime::from_timestamp(1_764_000_000, 0).expect("a valid instant");
        let live = Live::default();
        let run = read(&train, coach(1, 1)).state.run;
        let watch = live.watch(run, Attention::Listed);
        let shown = || watch.current().expect("it was read").coaches[&id].rev;
        live.publish_coaches(run, [(id, coach(9, 9))]);
        assert!(watch.current().is_none(), "one coach is not the run");
        live.publish(&read(&train, coach(3, 3)), now);
        live.publish_coaches(run, [(id, coach(2, 2))]);
        assert_eq!(shown(), 3);
        live.publish_coaches(run, [(id, coach(4, 4))]);
        assert_eq!(shown(), 4);
        live.publish(&read(&train, coach(3, 3)), now);
        assert_eq!(shown(), 4);
        drop(watch);
        assert!(!live.is_watched(run));
    }
}
