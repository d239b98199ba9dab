//! Where somebody in a queue is now: numbers are given when it is joined, and become smaller when those in front leave.

use crate::domain::booking::{Booking, Place};
use crate::domain::waitlist::{Entry, QueueId};

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
