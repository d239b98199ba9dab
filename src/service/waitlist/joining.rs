//! Puts a new booking at the end of its queue.
//!
//! Its place in the order is taken by the write of the booking itself, on condition that nobody else has taken it: so who
//! was told first comes first. The fence is put up before, and stays: from then on whoever wants a berth of the class
//! serves the queue, and nobody passes.

use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;

use crate::domain::booking::Booking;
use crate::domain::coach::{Class, Coach};
use crate::domain::inventory::{RunState, Stage};
use crate::domain::waitlist::joining;
use crate::service::refusal::refuse;
use crate::service::request::Failure;
use crate::service::waitlist::next_due;
use crate::service::{Kiosk, gap};
use crate::store::StoreError;
use crate::store::runs::{Plan, QueueEdit};

/// A booking as it joins its queue, and what changes there. One that nobody of whom has to wait stays as it is.
pub(in crate::service) async fn join(
    kiosk: &Kiosk,
    plan: &Plan,
    booking: Booking,
    now: DateTime<Utc>,
) -> Result<(Booking, Option<QueueEdit>), Failure> {
    let Some(queue) = booking.queue() else { return Ok((booking, None)) };
    let read = kiosk.known_run(booking.run).await?;
    let head = read.state.queue(queue);
    gap::check_run(&read.state.gaps, &read.state.train, booking.leg)?;
    match read.state.stage {
        Stage::Cancelled => return Err(Failure::TrainCancelled),
        Stage::Open if !head.frozen => {}
        Stage::Open | Stage::FirstChart | Stage::FinalChart => return Err(Failure::ChartMade),
    }
    let (joined, entry) = joining(&booking, head, &read.state.terms.quotas).expect("somebody of it is queued");
    let room = read.state.room_on(queue);
    if entry.waiting() > 0 && u32::from(head.waiting) + u32::from(entry.waiting()) > room {
        return Err(Failure::ListFull);
    }
    put_up_fence(kiosk, plan, &read.state, booking.class).await.map_err(|error| refuse("join a queue", &error))?;
    let due = next_due(plan, &read.state, now);
    Ok((joined, Some(QueueEdit::joining(queue, entry, room, due))))
}

/// Marks the coaches of a class as waited for.
async fn put_up_fence(kiosk: &Kiosk, plan: &Plan, state: &RunState, class: Class) -> Result<(), StoreError> {
    let open = state.train.coaches_of(class).map(Coach::id).filter(|coach| !state.coach(*coach).fenced);
    try_join_all(open.map(|coach| kiosk.store().fence(plan, coach))).await?;
    Ok(())
}
