//! The queues of a run against the bookings whose passengers wait.

use std::collections::{BTreeMap, BTreeSet};

use super::{Difference, Evidence};
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::waitlist::{Entry, QueueId};

/// Finds who waits and is not in the queue, who is and does not wait, and what the heads count wrongly.
pub(super) fn compare(evidence: &Evidence, found: &mut Vec<Difference>) {
    let mut seen = BTreeSet::new();
    let mut counts: BTreeMap<QueueId, (u16, u16)> = evidence.state.queues.keys().map(|id| (*id, (0, 0))).collect();
    for (queue, entry) in &evidence.entries {
        let count = counts.entry(*queue).or_default();
        *count = (count.0 + entry.rac(), count.1 + entry.waiting());
        let (queue, seq, pnr) = (*queue, entry.seq, entry.pnr);
        let waits = |booking: &&Booking| {
            booking.run == evidence.state.run
                && booking.status == BookingStatus::Booked
                && booking.queue() == Some(queue)
        };
        match evidence.bookings.get(&pnr).filter(waits) {
            None => found.push(Difference::NotWaiting { queue, seq, pnr }),
            Some(_) if !seen.insert(pnr) => found.push(Difference::QueuedTwice { queue, seq, pnr }),
            Some(booking) => passengers(queue, entry, booking, found),
        }
    }
    for booking in evidence.sold() {
        if let Some(queue) = booking.queue().filter(|_| !seen.contains(&booking.pnr)) {
            found.push(Difference::NotInQueue { queue, pnr: booking.pnr });
        }
    }
    for (queue, entries) in counts {
        let head = evidence.state.queue(queue);
        if (head.rac, head.waiting) != entries {
            found.push(Difference::HeadDiffers { queue, head: (head.rac, head.waiting), entries });
        }
    }
    let waiting: BTreeMap<_, _> = evidence.entries.iter().map(|(queue, _)| (queue.class, *queue)).collect();
    for (class, queue) in waiting {
        let coaches = evidence.state.train.coaches_of(class).map(crate::domain::coach::Coach::id);
        let open = coaches.filter(|coach| !evidence.state.coach(*coach).fenced);
        found.extend(open.map(|coach| Difference::Unfenced { queue, coach }));
    }
}

/// Compares an entry's passengers with those of its booking who wait.
fn passengers(queue: QueueId, entry: &Entry, booking: &Booking, found: &mut Vec<Difference>) {
    let (seq, pnr) = (entry.seq, entry.pnr);
    if entry.leg != booking.leg {
        found.push(Difference::OtherLeg { queue, seq, pnr });
    }
    let queued = booking.passengers.iter().enumerate().filter(|(_, booked)| booked.place.is_queued());
    let wanted: Vec<u8> = queued.map(|(index, _)| index as u8).collect();
    let mut waiters: Vec<u8> = entry.waiters.iter().map(|waiter| waiter.passenger).collect();
    waiters.sort_unstable();
    if waiters != wanted {
        found.push(Difference::OtherWaiters { queue, seq, pnr, entry: waiters, booking: wanted });
        return;
    }
    for waiter in &entry.waiters {
        let passenger = waiter.passenger;
        if booking.passengers[usize::from(passenger)].place.shared() != waiter.shared {
            found.push(Difference::OtherHalf { queue, seq, pnr, passenger });
        }
    }
}
