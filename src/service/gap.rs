//! Cancels a part of a run's way for the railway: nothing that needs it is sold any more, and whoever booked it has their money
//! back. What was sold of the rest stays.

use uuid::Uuid;

use crate::domain::booking::OpId;
use crate::domain::delay;
use crate::domain::gap::{self, Gap, Gaps, Stretch};
use crate::domain::inventory::{RunState, Stage};
use crate::domain::money::Paise;
use crate::domain::segment::Leg;
use crate::domain::train::{RunId, Train};
use crate::service::Kiosk;
use crate::service::booking::second;
use crate::service::chart::losing::{Losing, Loss};
use crate::service::refusal::refuse;
use crate::service::request::{Failure, PartCancellation, PartTrial, Reply};
use crate::service::session::Session;
use crate::store::StoreError;
use crate::store::runs::Plan;

/// Refuses a leg of which a part is not run.
pub(super) fn check_run(gaps: &Gaps, train: &Train, leg: Leg) -> Result<(), Failure> {
    let Some(gap) = gaps.on(leg) else { return Ok(()) };
    let (from, to) = gap.part().ends(train).ok_or(Failure::NoSuchRun)?;
    Err(Failure::PartCancelled { from, to })
}

impl Kiosk {
    /// Reads what is typed of a part of a run: the stations at its ends.
    ///
    /// # Errors
    ///
    /// `NoSuchRun`, or `NoGap` where it is no part of the run.
    pub async fn read_stretch(&self, run: RunId, from: &str, to: &str) -> Result<Stretch, Failure> {
        Ok(Stretch::read(&self.known_run(run).await?.state.train, from, to)?)
    }
}

/// What it would mean for those who booked. Nothing is changed.
pub(super) async fn try_out(session: &Session, run: RunId, part: Stretch) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    kiosk.know_rules().await?;
    let state = kiosk.known_run(run).await?.state;
    if state.stage == Stage::Cancelled {
        return Err(Failure::TrainCancelled);
    }
    let now = kiosk.now();
    gap::check(&state, part, now)?;
    let (from, to) = part.ends(&state.train).ok_or(Failure::NoSuchRun)?;
    let gap = Gap { op: OpId(Uuid::nil()), at: now, by: None, from: part.from, to: part.to, reason: String::new() };
    let after = RunState { gaps: state.gaps.with(gap), ..state.clone() };
    let failed = |error: StoreError| refuse("look at the bookings of a run", &error);
    let pnrs = kiosk.touched(&after).await.map_err(failed)?;
    let (bookings, unreadable) = kiosk.readable(&pnrs).await.map_err(failed)?;
    let (based_on, refunded) = (state.gaps.count(), Paise::ZERO);
    let mut trial = PartTrial { based_on, from, to, bookings: 0, passengers: 0, refunded, unreadable };
    for booking in bookings.values() {
        let Some(loss) = Loss::of(booking, &after) else { continue };
        let losing = Losing::everybody(booking);
        let refunded = match losing.refund(kiosk, booking, &loss, now) {
            Err(StoreError::Corrupt { .. }) => {
                trial.unreadable += 1;
                continue;
            }
            refunded => refunded.map_err(failed)?,
        };
        let Some(refunded) = refunded else { continue };
        trial.bookings += 1;
        trial.passengers += losing.passengers.len();
        trial.refunded += refunded.refunds.last().map_or(Paise::ZERO, |refund| refund.quote.refunded);
    }
    Ok(Reply::PartTried(trial))
}

/// Cancels the part that was looked at, and gives everybody's money back who needs it.
pub(super) async fn cancel_part(session: &Session, asked: PartCancellation) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let PartCancellation { op, run, part, reason, based_on } = asked;
    let failed = |error: StoreError| refuse("cancel a part of a run", &error);
    kiosk.check_current()?;
    let reason = delay::reason(&reason)?;
    kiosk.know_rules().await?;
    let state = kiosk.settled(run).await?.state;
    let now = kiosk.now();
    let mut gaps = state.gaps.clone();
    if !gaps.has(op) {
        if state.stage == Stage::Cancelled {
            return Err(Failure::TrainCancelled);
        }
        if gaps.count() != based_on {
            return Err(Failure::RunChanged);
        }
        gap::check(&state, part, now)?;
        let by = session.who().account();
        let gap = Gap { op, at: second(now), by, from: part.from, to: part.to, reason };
        let found = kiosk.store().cancel_part(run, &gaps, gap, now).await.map_err(failed)?;
        if !found.gaps.has(op) {
            let is_over = found.stage == Stage::Cancelled;
            return Err(if is_over { Failure::TrainCancelled } else { Failure::RunChanged });
        }
        gaps = found.gaps;
    }
    if let Some(gap) = gaps.iter().find(|gap| gap.op == op) {
        let ends = gap.part().ends(&state.train).map(|(from, to)| format!("{from} to {to}"));
        let note = format!("{}: {}", ends.unwrap_or_default(), gap.reason);
        kiosk.record_once(session, "run.cancel-part", (op, gap.at), run.to_string(), note);
    }
    // Read again, so that this process shows and sells by it at once.
    if let Err(failure) = kiosk.known_run(run).await {
        tracing::warn!(%run, %failure, "the part that is not run is shown a little later");
    }
    kiosk.announce_coaches(&Plan::of(&state), Vec::new(), Vec::new());
    kiosk.begin_work_on(run, now).await;
    Ok(Reply::Done)
}
