//! A booking joins a queue: its passengers without a berth of their own get their numbers, and the queue an entry.

use crate::domain::booking::{Booking, Place};
use crate::domain::passenger::{Accommodation, Gender, Passenger};
use crate::domain::quota::{Quota, eligible};
use crate::domain::rules::quota::QuotaRules;
use crate::domain::waitlist::{Entry, QueueHead, Waiter};

/// The booking with the numbers that its passengers have in the queue, and its entry there, behind everybody whom the
/// head counts. `None` when nobody of it has to wait.
pub fn joining(booking: &Booking, head: QueueHead, rules: &QuotaRules) -> Option<(Booking, Entry)> {
    let queue = booking.queue()?;
    let mut joined = booking.clone();
    let (mut rac, mut waiting) = (head.rac, head.waiting);
    for booked in &mut joined.passengers {
        match &mut booked.place {
            Place::Rac { number, .. } => {
                rac += 1;
                *number = rac;
            }
            Place::Waiting { list, number } => {
                waiting += 1;
                (*list, *number) = (queue.list, waiting);
            }
            Place::Lap | Place::Berth(_) | Place::Unreserved | Place::Cancelled => continue,
        }
        booked.booked_as = booked.place;
    }
    let waiters = waiters(&joined, rules);
    let entry = Entry { seq: head.next_seq, version: 1, pnr: joined.pnr, leg: joined.leg, waiters };
    Some((joined, entry))
}

fn waiters(booking: &Booking, rules: &QuotaRules) -> Vec<Waiter> {
    let party: Vec<Passenger> = booking.passengers.iter().map(|booked| booked.passenger.clone()).collect();
    let are_ladies = eligible(Quota::Ladies, booking.class, rules, &party).is_ok();
    let queued = (0..).zip(&booking.passengers).filter(|(_, booked)| booked.place.is_queued());
    queued
        .map(|(passenger, booked)| Waiter {
            passenger,
            shared: booked.place.shared(),
            preference: booked.passenger.preference,
            needs_lower: needs_lower(&party, usize::from(passenger), rules),
            ladies: are_ladies && booked.passenger.gender == Gender::Female,
        })
        .collect()
}

/// Whether somebody of a party should not have to climb: old people, and grown-ups with a child on their lap. Whose child it
/// is nobody knows: with each go the next two of the form.
pub fn needs_lower(party: &[Passenger], at: usize, rules: &QuotaRules) -> bool {
    let passenger = &party[at];
    let old = match passenger.gender {
        Gender::Female => rules.lower_berth.women_from,
        Gender::Male | Gender::Transgender => rules.lower_berth.men_from,
    };
    let is_adult = |one: &Passenger| one.age.years() >= rules.boys_below;
    let children = party.iter().filter(|other| other.accommodation == Accommodation::Lap).count();
    let before = party[..at].iter().filter(|one| is_adult(one)).count();
    passenger.age.years() >= old || (is_adult(passenger) && before < 2 * children)
}
