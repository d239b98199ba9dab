//! Moves those up who wait for a berth of a class, one transaction a booking.
//!
//! Any process may do it at any time, and several may at once: each write asks for the booking, the entry and the masks as
//! they were read, so one of them wins and the others read again. What is left undone by one that stops is found by the
//! next, and by whoever looks through the work lists.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::booking::{Allotted, Booking, BookingStatus, Change, Deed, OpId, Place};
use crate::domain::coach::{BerthRef, Class, CoachId};
use crate::domain::inventory::{RunState, Stage};
use crate::domain::pnr::Pnr;
use crate::domain::time::instant;
use crate::domain::train::RunId;
use crate::domain::waitlist::promotion::{Better, Move, Promotion};
use crate::domain::waitlist::{Entry, QueueHead, QueueId};
use crate::service::{Kiosk, receipt_outbox};
use crate::store::StoreError;
use crate::store::runs::{Before, Commit, EntryEdit, Plan, QueueEdit, Run, Transition};

/// How often a class is read again because others changed it meanwhile. Each time somebody else moved something, so its
/// queue is empty long before.
const ATTEMPTS: u32 = 64;

/// After how many attempts the pauses between them grow no longer.
const SHORT_PAUSES: u32 = 4;

/// When a queue is looked after again at the latest.
pub(in crate::service) const AGAIN: TimeDelta = TimeDelta::minutes(1);

/// Moves up whoever can of those who wait for a class, and returns the run as it is then.
///
/// A newcomer who may not pass them chooses from that state, by the same `now`.
pub(in crate::service) async fn promote(
    kiosk: &Kiosk,
    run: RunId,
    class: Class,
    now: DateTime<Utc>,
) -> Result<Run, StoreError> {
    let mut written = BTreeSet::new();
    let done = until_settled(kiosk, run, class, now, &mut written).await;
    if !written.is_empty()
        && let Some(plan) = &done.as_ref().ok().map(|run| Plan::of(&run.state))
    {
        kiosk.announce_coaches(plan, Vec::new(), written.into_iter().collect());
    }
    done
}

async fn until_settled(
    kiosk: &Kiosk,
    run: RunId,
    class: Class,
    now: DateTime<Utc>,
    written: &mut BTreeSet<CoachId>,
) -> Result<Run, StoreError> {
    for attempt in 1..=ATTEMPTS {
        // The run first: whoever joins later, or is served before the queue is read, is passed by nobody.
        let read = kiosk.read_run(run).await?.ok_or_else(|| StoreError::NotFound { what: format!("run {run}") })?;
        kiosk.0.live.publish(&read, now);
        let is_empty = read.state.queues.iter().all(|(id, head)| id.class != class || head.is_empty());
        let entries = if is_empty { Vec::new() } else { kiosk.store().queues(run, class).await? };
        if is_counted(&read.state, class, &entries) {
            let mut promotion = Promotion::new(read.state.clone(), class, entries, now);
            let moves: Vec<Move> = promotion.by_ref().collect();
            if write_all(kiosk, &Plan::of(&read.state), &read.state, &moves, now, written).await? {
                return Ok(Run { state: promotion.into_state(), ..read });
            }
        }
        kiosk.store().patience().pause(attempt.min(SHORT_PAUSES)).await;
    }
    Err(StoreError::Conflict { what: format!("the queue of {class} on {run}") })
}

/// Whether the heads of a class's queues count just the entries that were read: else they are not of one moment.
fn is_counted(state: &RunState, class: Class, entries: &[(QueueId, Entry)]) -> bool {
    let mut counts: BTreeMap<QueueId, (u16, u16)> = BTreeMap::new();
    for (id, entry) in entries {
        let (rac, waiting) = counts.entry(*id).or_default();
        *rac += entry.rac();
        *waiting += entry.waiting();
    }
    let heads = state.queues.iter().filter(|(id, _)| id.class == class);
    let heads: BTreeMap<_, _> = heads.map(|(id, QueueHead { rac, waiting, .. })| (*id, (*rac, *waiting))).collect();
    let known = heads.keys().chain(counts.keys());
    known
        .into_iter()
        .all(|id| heads.get(id).copied().unwrap_or_default() == counts.get(id).copied().unwrap_or_default())
}

/// Writes moves in their order. `false` when one of them found something else than was read: those after it were decided
/// from what is not so.
async fn write_all(
    kiosk: &Kiosk,
    plan: &Plan,
    state: &RunState,
    moves: &[Move],
    now: DateTime<Utc>,
    written: &mut BTreeSet<CoachId>,
) -> Result<bool, StoreError> {
    let concerned: BTreeSet<Pnr> = moves.iter().map(|step| step.before.pnr).collect();
    let concerned: Vec<Pnr> = concerned.into_iter().collect();
    let mut bookings = kiosk.store().bookings(&concerned).await?;
    let due = next_due(plan, state, now);
    for step in moves {
        let booking = bookings.get(&step.before.pnr).filter(|booking| is_as_queued(booking, step));
        let Some(booking) = booking else { return Ok(false) };
        let op = OpId::derived("promote", booking.pnr, booking.version);
        let promoted = promoted(state, booking, step, op, now);
        let transition = Transition {
            before: Before::Version(booking.version),
            edits: step.edits.clone(),
            queue: Some(queue_edit(step, due)),
            ..kiosk.transition(&promoted)
        };
        match kiosk.commit(plan, &transition).await? {
            Commit::Done => {
                written.extend(step.edits.iter().map(|edit| edit.coach));
                kiosk.tell_promoted(op, &promoted);
                bookings.insert(promoted.pnr, promoted);
            }
            Commit::Found(found) => {
                // An attempt of which no reply came, this process's or another's: nobody else may have told of it.
                kiosk.tell_promoted(op, &found);
                return Ok(false);
            }
            Commit::Moved(_) | Commit::QueueMoved | Commit::TillMoved => return Ok(false),
        }
    }
    Ok(true)
}

/// Whether a booking is the one of which the queue speaks.
fn is_as_queued(booking: &Booking, step: &Move) -> bool {
    let is_there = |passenger: u8, shared| {
        let booked = booking.passengers.get(usize::from(passenger));
        booked.is_some_and(|booked| booked.place.is_queued() && booked.place.shared() == shared)
    };
    booking.status == BookingStatus::Booked
        && step.before.waiters.iter().all(|waiter| is_there(waiter.passenger, waiter.shared))
}

fn promoted(state: &RunState, booking: &Booking, step: &Move, op: OpId, now: DateTime<Utc>) -> Booking {
    let mut promoted = booking.clone();
    promoted.version += 1;
    for step in &step.steps {
        let to = match step.to {
            Better::Berth(berth) => Place::Berth(allotted(state, berth)),
            Better::Half { half, number } => Place::Rac { number, berth: allotted(state, half.berth), part: half.part },
        };
        promoted.passengers[usize::from(step.passenger)].place = to;
        let what = Deed::Promoted { passenger: step.passenger, to };
        promoted.history.push(Change { op, at: now, by: None, what });
    }
    promoted
}

fn allotted(state: &RunState, berth: BerthRef) -> Allotted {
    let coach = state.train.coach(berth.coach).expect("berths are chosen from the train's coaches");
    Allotted { berth, kind: coach.berth_type(berth.number) }
}

fn queue_edit(step: &Move, due: DateTime<Utc>) -> QueueEdit {
    let count = |entry: Option<&Entry>| entry.map_or((0, 0), |entry| (entry.rac().into(), entry.waiting().into()));
    let ((had_rac, had_waiting), (rac, waiting)): ((i32, i32), (i32, i32)) =
        (count(Some(&step.before)), count(step.after.as_ref()));
    let entry = step.after.clone().map_or_else(|| EntryEdit::Remove(step.before.clone()), EntryEdit::Replace);
    QueueEdit { id: step.queue, entry, rac: rac - had_rac, waiting: waiting - had_waiting, room: None, due }
}

/// When somebody has to look after the queues of a run again: when the next hold's berths may be taken, or soon, until the
/// train has left the last halt at which anybody boards.
pub(in crate::service) fn next_due(plan: &Plan, state: &RunState, now: DateTime<Utc>) -> DateTime<Utc> {
    let halts = state.train.halts();
    let last_boarding = halts.len().checked_sub(2).map(|halt| instant(halts[halt].depart.on(state.run.date)));
    if state.stage == Stage::Cancelled || last_boarding.is_some_and(|left| now >= left) {
        return plan.expires_at();
    }
    let soon = now + AGAIN;
    // A clock that is a little slow would find the hold in force yet.
    state.next_expiry(now).map_or(soon, |expiry| expiry.min(soon))
}

/// Promotes for the classes of coaches in which berths became free, without anybody waiting for it. Where it fails, the
/// work lists have it.
pub(in crate::service) fn promote_freed(kiosk: &Kiosk, run: RunId, classes: impl IntoIterator<Item = Class>) {
    for class in classes.into_iter().collect::<BTreeSet<_>>() {
        let background = kiosk.clone();
        kiosk.background().spawn(async move {
            let now = background.now();
            if let Err(error) = promote(&background, run, class, now).await {
                tracing::warn!(%run, %class, %error, "those who wait were not promoted: it is tried again when it is due");
            }
        });
    }
}

impl Kiosk {
    /// What follows a promotion that is written; repeated, it changes nothing.
    fn tell_promoted(&self, op: OpId, booking: &Booking) {
        if booking.was_done(op) {
            receipt_outbox::post(self, booking);
            self.record_duty("booking.promote", op, booking);
        }
    }
}
