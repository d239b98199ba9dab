//! Makes the charts of a run: closes its queues, gives those who wait what is left, and the money back to those for whom
//! nothing is.
//!
//! A chart is made in steps, each of which can be repeated: the queues are frozen, the stage is noted (from then on every
//! quota's berths are everybody's, and newcomers serve the queue first), those who wait are promoted, and who is left
//! without a place is dropped and refunded. The run stays listed as work until the last step, so that another process
//! goes on where one has stopped. One process at a time has the lease.

pub(super) mod losing;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;

use self::losing::{Losing, Loss};
use crate::domain::booking::Place;
use crate::domain::chart::{lines_of, vacancies};
use crate::domain::coach::{Class, CoachId};
use crate::domain::delay::Delays;
use crate::domain::gap;
use crate::domain::inventory::{RunState, Stage};
use crate::domain::time::instant;
use crate::domain::train::{RunId, Train};
use crate::domain::waitlist::{Entry, QueueId, WaitingList};
use crate::receipt::chart::{self as paper, CoachChart};
use crate::service::refusal::refuse;
use crate::service::request::{Charts, Document, Failure, Reply};
use crate::service::session::Session;
use crate::service::work::alone;
use crate::service::{Kiosk, waitlist};
use crate::store::StoreError;
use crate::store::runs::{Before, Commit, Guard, Lease, Plan, QueueEdit, Run, Transition};
use crate::store::work::{Kind, Lists};

/// How often a booking is looked at again because somebody changed it meanwhile.
pub(super) const ATTEMPTS: u32 = 16;
/// When a run is looked at again of which not everything could be done.
pub(super) const AGAIN: TimeDelta = TimeDelta::minutes(1);

/// When the charts of a run are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChartTimes {
    /// The first.
    pub first: DateTime<Utc>,
    /// The last.
    pub last: DateTime<Utc>,
}

impl Kiosk {
    /// When the charts of a run are made, by the rules of its date.
    pub(super) fn chart_times(&self, run: RunId, train: &Train, delays: &Delays) -> ChartTimes {
        let rules = self.rules();
        let rules = rules.charts_on(run.date);
        // By the timetable, whatever the run's times are by now: those who wait were told this hour.
        let late = TimeDelta::minutes(delays.minutes(0).into());
        let departs = train.halts()[0].depart.on(run.date) - late;
        ChartTimes { first: instant(rules.first_chart(departs)), last: instant(rules.second_chart(departs)) }
    }

    /// Does the work of charts and cancelled runs that is due.
    ///
    /// # Errors
    ///
    /// Nothing is done while the rules of today are not known: by older ones it would be at another hour and for other money.
    pub(super) async fn do_run_duties(&self, lists: Lists, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.rules_are_known().await?;
        for kind in [Kind::Chart, Kind::DelayRun, Kind::CancelRun] {
            for run in self.store().runs_due(kind, lists.clone(), now).await? {
                if let Err(error) = alone(self.work_on(run, now).boxed()).await {
                    tracing::warn!(%run, error, "the work on a run is left for the next time");
                }
            }
        }
        Ok(())
    }

    /// Does what is due for a run, unless somebody else is at it.
    pub(super) async fn work_on(&self, run: RunId, now: DateTime<Utc>) -> Result<(), StoreError> {
        let holder = self.chance().id();
        let Some(lease) = self.store().lease_run(run, holder, now).await? else { return Ok(()) };
        let done = self.work_by(&lease, now).await;
        // What failed goes behind the work of other runs.
        let failed = match lease.pinned.stage {
            Stage::Cancelled => Kind::CancelRun,
            _ if lease.pinned.changes() == 0 => Kind::Chart,
            _ => Kind::DelayRun,
        };
        let next = done.as_ref().map_or(Some((failed, now + AGAIN)), |next| *next);
        self.store().end_lease(&lease, next).await?;
        done.map(|_| ())
    }

    /// Begins with what has become due for a run by what was just written. Whatever fails of it stays due, so that whoever
    /// asked is not told that nothing was changed.
    pub(super) async fn begin_work_on(&self, run: RunId, now: DateTime<Utc>) {
        if let Err(error) = self.work_on(run, now).await {
            tracing::warn!(%run, %error, "the work on a run is left for the next time");
        }
    }

    /// Does what is due for a run by its lease, and says what is due next, and when.
    async fn work_by(&self, lease: &Lease, now: DateTime<Utc>) -> Result<Option<(Kind, DateTime<Utc>)>, StoreError> {
        let Some(read) = self.read_run(lease.run).await? else { return Ok(None) };
        if read.state.stage == Stage::Cancelled {
            return Ok(self.refund_all(&read, now).await?.map(|at| (Kind::CancelRun, at)));
        }
        // Whoever cannot be told, or refunded, keeps nobody from the chart.
        let told = self.do_changes(&read, now).await;
        let chart = self.chart(lease, &read, now).await?;
        let again = told?;
        // A chart that is due sooner than anybody is told again is made by the same look.
        let soonest = again.into_iter().chain(chart).min();
        Ok(soonest.map(|at| (if again.is_some() { Kind::DelayRun } else { Kind::Chart }, at)))
    }

    /// Gives the money back of whoever needs a part that is not run, tells the others of other times, and says when to look
    /// again for what is left or still to come.
    async fn do_changes(&self, read: &Run, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        if read.state.changes() == 0 {
            return Ok(None);
        }
        let is_news = self.list_changes(&read.state, now).await?;
        let refunded = self.refund_parts(read, now).await;
        let told = self.tell_of_delays(&read.state, is_news, now).await?;
        Ok(refunded?.into_iter().chain(told).min())
    }

    /// Makes the chart that is due, and says when the next is.
    async fn chart(&self, lease: &Lease, read: &Run, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        let times = self.chart_times(read.state.run, &read.state.train, &read.state.delays);
        if now < times.first {
            return Ok(Some(times.first));
        }
        let (stage, next) =
            if now < times.last { (Stage::FirstChart, Some(times.last)) } else { (Stage::FinalChart, None) };
        let plan = Plan::of(&read.state);
        let classes = read.state.train.classes();
        for class in &classes {
            for list in [WaitingList::General, WaitingList::Tatkal] {
                self.store().freeze_queue(&plan, QueueId { class: *class, list }).await?;
            }
        }
        if read.state.stage < stage && !self.store().set_stage(lease, stage).await? {
            return Ok(Some(now));
        }
        for class in classes {
            let read = waitlist::promote(self, read.state.run, class, now).await?;
            self.drop_waiting(&read.state, class, now).await?;
        }
        self.announce_coaches(&plan, Vec::new(), Vec::new());
        Ok(next)
    }

    /// Gives their money back to those of a class who have no place at all once everybody has been promoted.
    async fn drop_waiting(&self, state: &RunState, class: Class, now: DateTime<Utc>) -> Result<(), StoreError> {
        for (id, entry) in self.store().queues(state.run, class).await? {
            if entry.waiting() > 0 {
                self.drop_entry(state, id, entry, now).await?;
            }
        }
        Ok(())
    }

    async fn drop_entry(
        &self,
        state: &RunState,
        id: QueueId,
        entry: Entry,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut entry = entry;
        for _ in 0..ATTEMPTS {
            let Some(booking) = self.store().booking(entry.pnr).await? else { return Ok(()) };
            // Whoever is given all of it back for a part that is not run has not been waiting in vain.
            if gap::against(&booking, state).is_some() {
                return Ok(());
            }
            let left = Losing::of(&booking, |place| matches!(place, Place::Waiting { .. }));
            let Some(dropped) = left.refund(self, &booking, &Loss::NeverCleared, now)? else { return Ok(()) };
            let queue = QueueEdit::leaving(id, &entry, &left.passengers, now);
            // A run that the railway cancels meanwhile gives everything back.
            let transition = Transition {
                before: Before::Version(booking.version),
                queue,
                guard: Guard::OnSale,
                ..self.transition(&dropped)
            };
            match self.commit(&Plan::of(state), &transition).await? {
                Commit::Done => {
                    self.tell_refunded(&dropped, &Loss::NeverCleared);
                    return Ok(());
                }
                Commit::Found(_) | Commit::Moved(_) | Commit::QueueMoved | Commit::TillMoved => {
                    let queues = self.store().queues(state.run, id.class).await?;
                    let found = queues.into_iter().find(|(other, found)| *other == id && found.seq == entry.seq);
                    let Some((_, found)) = found.filter(|(_, found)| found.waiting() > 0) else { return Ok(()) };
                    entry = found;
                }
            }
        }
        Err(StoreError::Conflict { what: format!("booking {}", entry.pnr) })
    }
}

/// The chart of a run, or of one of its coaches, as a document. Who printed it is recorded.
pub(super) async fn print(session: &Session, run: RunId, coach: Option<CoachId>) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let read = kiosk.known_run(run).await?;
    let failed = |error: StoreError| refuse("print a chart", &error);
    let pnrs = kiosk.store().manifest_pnrs(run).await.map_err(failed)?;
    let bookings = kiosk.store().bookings(&pnrs).await.map_err(failed)?;
    let now = kiosk.now();
    let wanted = read.state.train.coaches().iter().filter(|known| coach.is_none_or(|coach| coach == known.id()));
    let coaches: Vec<_> = wanted
        .map(|coach| CoachChart {
            coach: *coach,
            lines: lines_of(coach.id(), bookings.values()),
            vacant: vacancies(&read.state, coach, now),
        })
        .collect();
    if coaches.is_empty() {
        return Err(Failure::NoSuchRun);
    }
    let issuer = kiosk.settings().issuer.name.clone();
    let state = read.state;
    let made = kiosk.settings().labour.run(move || {
        let sheets = paper::Chart { run, train: &state.train, gaps: &state.gaps, stage: state.stage, at: now, coaches };
        paper::render(&sheets, &issuer)
    });
    let bytes = made.await.map_err(|error| crate::service::refusal::fault("print a chart", &error))?;
    kiosk.record(session, "chart.print", Some(run.to_string()), coach.map(|coach| coach.to_string()));
    let which = coach.map(|coach| format!("-{coach}")).unwrap_or_default();
    let name = format!("chart-{}-{}{which}.pdf", run.train, run.date);
    Ok(Reply::Chart(Document { name, bytes: Arc::from(bytes) }))
}

/// Makes the chart of a run that is due, now rather than when a process next looks.
pub(super) async fn make(session: &Session, run: RunId) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    kiosk.check_current()?;
    kiosk.know_rules().await?;
    let before = kiosk.known_run(run).await?.state.stage;
    kiosk.work_on(run, kiosk.now()).await.map_err(|error| refuse("make a chart", &error))?;
    let state = kiosk.known_run(run).await?.state;
    let made = match state.stage {
        Stage::FirstChart => Some("first"),
        Stage::FinalChart => Some("last"),
        Stage::Open | Stage::Cancelled => None,
    };
    if let Some(made) = made.filter(|_| before < state.stage) {
        kiosk.record(session, "run.chart", Some(run.to_string()), Some(made.to_owned()));
    }
    let ChartTimes { first, last } = kiosk.chart_times(run, &state.train, &state.delays);
    Ok(Reply::Charted(Charts { stage: state.stage, first, last }))
}

/// Cancels a run for the railway: nothing of it is sold any more, and everybody gets their money back.
pub(super) async fn cancel_run(session: &Session, run: RunId) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let failed = |error: StoreError| refuse("cancel a run", &error);
    kiosk.check_current()?;
    kiosk.know_rules().await?;
    let mut read = kiosk.known_run(run).await?;
    // A run that was never sold is settled first: its item is where the cancellation is kept.
    for _ in 0..ATTEMPTS {
        if kiosk.pin(&mut read).await? {
            break;
        }
        read = kiosk.known_run(run).await?;
    }
    let now = kiosk.now();
    kiosk.store().cancel_run(run, now).await.map_err(failed)?;
    kiosk.record(session, "run.cancel", Some(run.to_string()), None);
    kiosk.begin_work_on(run, now).await;
    Ok(Reply::Done)
}
