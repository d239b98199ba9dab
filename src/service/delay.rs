//! Changes the times of a run, and knows which runs have other times than their timetable says.
//!
//! The times stand on the run. The catalogue's item names the runs that have such times, so that every process knows them
//! within seconds and reads no others for it. What decides reads the run itself.

mod telling;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use uuid::Uuid;

use crate::domain::booking::OpId;
use crate::domain::delay::{self, Delay, Delays, Effect, NewTimes};
use crate::domain::inventory::{RunState, Stage};
use crate::domain::train::{RunId, Train};
use crate::service::Kiosk;
use crate::service::booking::second;
use crate::service::chart::ATTEMPTS;
use crate::service::refusal::refuse;
use crate::service::request::{DelayTrial, Failure, Reply, RunDelay};
use crate::service::session::Session;
use crate::store::StoreError;
use crate::store::runs::{Plan, Run};

/// The changed times of runs, as far as this process knows them.
#[derive(Default)]
pub(super) struct Delayed(RwLock<BTreeMap<RunId, Late>>);

/// A run with other times.
struct Late {
    delays: Delays,
    /// The train by which it is sold, with those times.
    train: Arc<Train>,
}

impl Delayed {
    /// Those of a run.
    pub(super) fn of(&self, run: RunId) -> Delays {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&run).map(|late| late.delays.clone()).unwrap_or_default()
    }

    /// The train of a run that has any, with its times.
    pub(super) fn train(&self, run: RunId) -> Option<Arc<Train>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&run).map(|late| Arc::clone(&late.train))
    }

    /// The runs that have any, each with its train as it goes.
    pub(super) fn trains(&self) -> BTreeMap<RunId, Arc<Train>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().map(|(run, late)| (*run, Arc::clone(&late.train))).collect()
    }

    /// Takes in what was read of a run; what is older than what is known is not.
    pub(super) fn note(&self, state: &RunState) {
        if state.delays.count() > self.of(state.run).count() {
            let late = Late { delays: state.delays.clone(), train: Arc::clone(&state.train) };
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(state.run, late);
        }
    }

    /// The runs of which more is listed than is known; those that are not listed any more are forgotten with it.
    fn behind(&self, listed: &BTreeMap<RunId, u16>) -> Vec<RunId> {
        let oldest = listed.keys().map(|run| run.date).min();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // One that this process has changed a moment ago may not be in what it has read.
        known.retain(|run, _| listed.contains_key(run) || oldest.is_none_or(|oldest| run.date >= oldest));
        let count = |run: &RunId| known.get(run).map_or(0, |late| late.delays.count());
        listed.iter().filter(|(run, listed)| count(run) < **listed).map(|(run, _)| *run).collect()
    }
}

impl Kiosk {
    /// How the times of a run were changed, as far as this process knows.
    pub(super) fn delays_of(&self, run: RunId) -> Delays {
        self.0.delayed.of(run)
    }

    /// Reads what the catalogue names and this process does not know, and has it drawn where it is shown. A run that cannot be
    /// read is passed over until the next time: what decides reads it again.
    pub(super) async fn take_in_delays(&self, listed: &BTreeMap<RunId, u16>) {
        let behind = self.0.delayed.behind(listed);
        if behind.is_empty() {
            return;
        }
        for run in behind {
            if let Err(error) = self.read_run(run).await {
                tracing::warn!(%run, %error, "a run is shown by its timetable: its other times cannot be read");
            }
        }
        self.0.live.suspect_all();
    }

    /// Reads what is typed of other times for a run: a halt's station, and minutes after the timetable or the time there.
    ///
    /// # Errors
    ///
    /// `NoSuchRun`, or `NotDelayed` where it is no time of the run.
    pub async fn read_times(&self, run: RunId, station: &str, when: &str) -> Result<NewTimes, Failure> {
        let state = self.known_run(run).await?.state;
        let timetabled = state.delays.off(&state.train)?;
        let from = NewTimes::halt(&timetabled, station)?;
        let minutes = NewTimes::minutes(&timetabled.halts()[usize::from(from)], when)?;
        Ok(NewTimes { from, minutes })
    }

    /// A run that is settled: its item is where its changes are kept.
    async fn settled(&self, run: RunId) -> Result<Run, Failure> {
        let mut read = self.known_run(run).await?;
        for _ in 0..ATTEMPTS {
            if self.pin(&mut read).await? {
                return Ok(read);
            }
            read = self.known_run(run).await?;
        }
        Err(Failure::Busy)
    }
}

/// What other times would mean for those who booked. Nothing is changed.
pub(super) async fn try_out(session: &Session, run: RunId, new: NewTimes) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    kiosk.know_rules().await?;
    let state = kiosk.known_run(run).await?.state;
    if state.stage == Stage::Cancelled {
        return Err(Failure::TrainCancelled);
    }
    let train = delay::plan(&state, new, kiosk.now())?;
    let was = state.leaves(new.from).ok_or(Failure::NoSuchRun)?;
    let delay = Delay {
        op: OpId(Uuid::nil()),
        at: kiosk.now(),
        by: None,
        from: new.from,
        minutes: new.minutes,
        reason: String::new(),
    };
    let after = RunState { train: train.into(), delays: state.delays.with(delay), ..state.clone() };
    let leaves = after.leaves(new.from).ok_or(Failure::NoSuchRun)?;
    let failed = |error: StoreError| refuse("look at the bookings of a run", &error);
    let pnrs = kiosk.store().manifest_pnrs(run).await.map_err(failed)?;
    let (bookings, unreadable) = kiosk.readable(&pnrs).await.map_err(failed)?;
    let mut trial = DelayTrial { based_on: state.delays.count(), was, leaves, told: 0, free: 0, unreadable };
    let rules = kiosk.rules();
    for booking in bookings.values() {
        let Some(rules) = rules.refunds(&booking.refund_rules) else { continue };
        let Some(told) = delay::told(booking, &after, rules, kiosk.now()) else { continue };
        if told.boards().at != booking.boards().at {
            let Effect { gives_all_back, .. } = delay::effect(booking, &after, rules);
            trial.told += 1;
            trial.free += usize::from(gives_all_back);
        }
    }
    Ok(Reply::DelayTried(trial))
}

/// Changes the times of a run that were looked at, and tells everybody whose train leaves at another time.
pub(super) async fn change(session: &Session, asked: RunDelay) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let RunDelay { op, run, new, reason, based_on } = asked;
    let failed = |error: StoreError| refuse("change the times of a run", &error);
    kiosk.check_current()?;
    let reason = delay::reason(&reason)?;
    kiosk.know_rules().await?;
    let state = kiosk.settled(run).await?.state;
    let now = kiosk.now();
    let mut delays = state.delays.clone();
    if !delays.has(op) {
        if state.stage == Stage::Cancelled {
            return Err(Failure::TrainCancelled);
        }
        if delays.count() != based_on {
            return Err(Failure::RunChanged);
        }
        delay::plan(&state, new, now)?;
        let by = session.who().account();
        let delay = Delay { op, at: second(now), by, from: new.from, minutes: new.minutes, reason };
        let found = kiosk.store().delay_run(run, &delays, delay, now).await.map_err(failed)?;
        if !found.delays.has(op) {
            let is_over = found.stage == Stage::Cancelled;
            return Err(if is_over { Failure::TrainCancelled } else { Failure::RunChanged });
        }
        delays = found.delays;
    }
    if let Some(delay) = delays.iter().find(|delay| delay.op == op) {
        let station = state.train.halts().get(usize::from(delay.from)).map(|halt| halt.station.to_string());
        let note = format!("{} +{} min: {}", station.unwrap_or_default(), delay.minutes, delay.reason);
        kiosk.record_once(session, "run.change", (op, delay.at), run.to_string(), note);
    }
    // Read again, so that this process shows and sells by it at once.
    if let Err(failure) = kiosk.known_run(run).await {
        tracing::warn!(%run, %failure, "its new times are shown a little later");
    }
    kiosk.announce_coaches(&Plan::of(&state), Vec::new(), Vec::new());
    kiosk.begin_work_on(run, now).await;
    Ok(Reply::Done)
}
