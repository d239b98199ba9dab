//! Changes the times of a run.

mod telling;

use uuid::Uuid;

use crate::domain::booking::OpId;
use crate::domain::delay::{self, Delay, Effect, NewTimes, NotDelayed};
use crate::domain::inventory::{RunState, Stage};
use crate::domain::train::RunId;
use crate::service::Kiosk;
use crate::service::booking::second;
use crate::service::refusal::refuse;
use crate::service::request::{DelayTrial, Failure, Reply, RunDelay};
use crate::service::session::Session;
use crate::store::StoreError;
use crate::store::runs::Plan;

impl Kiosk {
    /// Reads what is typed of other times for a run: a halt's station, and minutes after the timetable or the time there.
    ///
    /// # Errors
    ///
    /// `NoSuchRun`, or `NotDelayed` where it is no time of the run.
    pub async fn read_times(&self, run: RunId, station: &str, when: &str) -> Result<NewTimes, Failure> {
        let state = self.known_run(run).await?.state;
        let timetabled = state.delays.off(&state.train)?;
        let from = timetabled.call_at(station, 0).ok_or(NotDelayed::NoSuchHalt)?;
        let minutes = NewTimes::minutes(&timetabled.halts()[usize::from(from)], when)?;
        Ok(NewTimes { from, minutes })
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
