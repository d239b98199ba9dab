//! Where somebody in a queue is now: numbers are given when it is joined, and become smaller when those in front leave.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::booking::{Booking, Place};
use crate::domain::pnr::Pnr;
use crate::domain::segment::Leg;
use crate::domain::spot::SharedBerth;
use crate::domain::waitlist::{Entry, QueueId};

/// Somebody in a queue, and where they are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Queued {
    /// The queue.
    pub queue: QueueId,
    /// Their number, from 1, among those who share a berth or among those who have none.
    pub number: u16,
    /// The half of a berth that they have meanwhile.
    pub shared: Option<SharedBerth>,
    /// The booking.
    pub pnr: Pnr,
    /// Their place in its form, from 0.
    pub passenger: u8,
    /// The leg.
    pub leg: Leg,
}

/// Everybody in queues in the order in which they are served: of each queue those who share a berth, then the others.
pub fn in_turn(entries: &[(QueueId, Entry)]) -> Vec<Queued> {
    let mut counts: BTreeMap<(QueueId, bool), u16> = BTreeMap::new();
    let mut queued = Vec::new();
    for (queue, entry) in entries {
        for waiter in &entry.waiters {
            let number = counts.entry((*queue, waiter.shared.is_none())).or_default();
            *number += 1;
            let Entry { pnr, leg, .. } = *entry;
            let (number, passenger) = (*number, waiter.passenger);
            queued.push(Queued { queue: *queue, number, shared: waiter.shared, pnr, passenger, leg });
        }
    }
    queued.sort_by_key(|person| (person.queue, person.shared.is_none(), person.number));
    queued
}

/// A booking with the numbers that its passengers have now, from all entries of its class's queues in their order.
pub fn renumbered(booking: &Booking, entries: &[(QueueId, Entry)]) -> Booking {
    let mut now = booking.clone();
    let Some(queue) = booking.queue() else { return now };
    let (mut rac, mut waiting) = (0, 0);
    for (_, entry) in entries.iter().filter(|(id, _)| *id == queue) {
        for waiter in &entry.waiters {
            let count = if waiter.shared.is_some() { &mut rac } else { &mut waiting };
            *count += 1;
            if entry.pnr != booking.pnr {
                continue;
            }
            match now.passengers.get_mut(usize::from(waiter.passenger)).map(|booked| &mut booked.place) {
                Some(Place::Rac { number, .. }) if waiter.shared.is_some() => *number = *count,
                Some(Place::Waiting { number, .. }) if waiter.shared.is_none() => *number = *count,
                // The booking and the queue were read at different moments.
                _ => {}
            }
        }
    }
    now
}
