//! The small worlds that are explored whole.

use crate::items::{Booking, CLIENTS, Entry, Items, MADE, PARTY, Place, Segments, Spots};
use crate::laws;
use crate::plan::{Flaw, Rules};
use crate::world::{From, May, Reads, Scenario, Wish};

/// Segments of a run of three halts.
const FIRST: Segments = 0b01;
const LAST: Segments = 0b10;
const BOTH: Segments = 0b11;

/// Spots: two berths, and the halves of the RAC berth.
const LOWER: Spots = 0b0001;
const UPPER: Spots = 0b0010;
const RAC: Spots = 0b1100;
const HALF: Spots = 0b0100;

const fn wish(leg: Segments, party: u8, may: &'static [May]) -> Wish {
    Wish { leg, party, first: LOWER, ahead: 0, from: From::Nothing, may }
}

fn rules() -> Rules {
    Rules { general: LOWER | UPPER, rac: 0, whole: 0, hold: 1, grace: 1, caps: (0, 0), flaw: Flaw::Nothing }
}

fn scenario(wishes: [Option<Wish>; CLIENTS]) -> Scenario {
    Scenario {
        rules: rules(),
        start: Items::default(),
        wishes,
        reads: Reads::QueueFirst,
        end: 0,
        faults: 0,
        charts: false,
        laws: laws::always,
    }
}

/// Two berths, three buyers: one for both berths, two for one; holds expire and clocks differ.
pub fn sale() -> Scenario {
    let may = &[May::HoldRecent, May::HoldCertain, May::Release, May::Confirm];
    let both = wish(BOTH, 2, may);
    let one = wish(BOTH, 1, may);
    let ahead = Wish { ahead: 1, first: UPPER, ..wish(LAST, 1, may) };
    Scenario { end: 2, faults: 1, laws: laws::of_sale, ..scenario([Some(both), Some(one), Some(ahead)]) }
}

/// A party of two with both berths, on part of the run; others come for what they leave.
pub fn cancellation() -> Scenario {
    let party = Wish { from: From::Booking, ..wish(FIRST, 2, &[May::CancelFirst, May::CancelAll]) };
    let may = &[May::HoldCertain, May::Confirm, May::CancelAll];
    let base = scenario([Some(party), Some(wish(LAST, 1, may)), Some(wish(BOTH, 1, may))]);
    Scenario { start: booked(&[(0, FIRST, &[LOWER, UPPER])]), faults: 1, laws: laws::of_cancellation, ..base }
}

/// One berth, sold; one waits for it, and a newcomer comes.
pub fn queue() -> Scenario {
    let owner = Wish { from: From::Booking, ..wish(FIRST, 1, &[May::CancelAll, May::Promote]) };
    let waiter = wish(BOTH, 1, &[May::HoldCertain, May::Join, May::Promote, May::CancelAll]);
    let newcomer = wish(LAST, 1, &[May::HoldRecent, May::HoldCertain, May::Release]);
    let base = scenario([Some(owner), Some(waiter), Some(newcomer)]);
    Scenario {
        rules: Rules { general: LOWER, caps: (2, 0), ..rules() },
        start: booked(&[(0, FIRST, &[LOWER])]),
        faults: 1,
        end: 2,
        laws: laws::of_queue,
        ..base
    }
}

/// One berth, held; one waits for part of it, and a newcomer comes for all of it when the hold is over.
pub fn expiry() -> Scenario {
    let holder = wish(FIRST, 1, &[May::HoldRecent]);
    let waiter = wish(FIRST, 1, &[May::HoldCertain, May::Join, May::Promote, May::CancelAll]);
    let newcomer = wish(BOTH, 1, &[May::HoldRecent, May::HoldCertain, May::Release]);
    let base = scenario([Some(holder), Some(waiter), Some(newcomer)]);
    Scenario { rules: Rules { general: LOWER, caps: (2, 0), ..rules() }, end: 3, laws: laws::of_queue, ..base }
}

/// Two berths, sold to one party; two join, and the chart may close the queue.
pub fn joining() -> Scenario {
    let owner = Wish { from: From::Booking, ..wish(BOTH, 2, &[May::CancelFirst, May::CancelAll]) };
    let may = &[May::HoldCertain, May::Join, May::Promote];
    let base = scenario([Some(owner), Some(wish(BOTH, 1, may)), Some(wish(BOTH, 1, &[May::HoldCertain, May::Join]))]);
    Scenario {
        rules: Rules { caps: (2, 0), ..rules() },
        start: booked(&[(0, BOTH, &[LOWER, UPPER])]),
        faults: 1,
        charts: true,
        laws: laws::of_joining,
        ..base
    }
}

/// A party and a single traveller wait for two berths; both promote, and both may leave.
pub fn party() -> Scenario {
    let owner = Wish { from: From::Booking, ..wish(BOTH, 2, &[May::CancelFirst, May::CancelAll]) };
    let may = &[May::Promote, May::CancelFirst, May::CancelAll];
    let base = scenario([
        Some(owner),
        Some(Wish { from: From::Queue, ..wish(BOTH, 2, may) }),
        Some(Wish { from: From::Queue, ..wish(BOTH, 1, &[May::Promote, May::CancelAll]) }),
    ]);
    let mut start = booked(&[(0, BOTH, &[LOWER, UPPER])]);
    wait(&mut start, 1, BOTH, 2);
    wait(&mut start, 2, BOTH, 1);
    Scenario { rules: Rules { caps: (3, 0), ..rules() }, start, faults: 1, laws: laws::of_party, ..base }
}

/// A berth that is sold, and one half of the RAC berth: one shares, one waits.
pub fn sharing() -> Scenario {
    let owner = Wish { from: From::Booking, ..wish(BOTH, 1, &[May::CancelAll, May::Promote]) };
    let may = &[May::HoldCertain, May::Confirm, May::Join, May::Promote, May::CancelAll];
    let base = scenario([Some(owner), Some(wish(BOTH, 1, may)), Some(wish(BOTH, 1, may))]);
    Scenario {
        rules: Rules { general: LOWER, rac: HALF, caps: (2, 2), ..rules() },
        start: booked(&[(0, BOTH, &[LOWER])]),
        laws: laws::of_sharing,
        ..base
    }
}

/// After the final chart: whoever shares a RAC berth may get all of it when the other leaves.
pub fn chart() -> Scenario {
    let owner = Wish { from: From::Booking, ..wish(BOTH, 1, &[May::CancelAll, May::Promote]) };
    let may = &[May::HoldCertain, May::Confirm, May::Promote, May::CancelAll];
    let base = scenario([Some(owner), Some(wish(BOTH, 1, may)), Some(wish(LAST, 1, may))]);
    Scenario {
        rules: Rules { general: LOWER, rac: RAC, whole: RAC, caps: (0, 2), ..rules() },
        start: booked(&[(0, BOTH, &[LOWER])]),
        laws: laws::of_chart,
        ..base
    }
}

/// Two berths and no end of holds: a release and a claim of the same hold come late.
pub fn late() -> Scenario {
    let may = &[May::HoldRecent, May::Release];
    let seller = &[May::HoldCertain, May::Release, May::Confirm];
    let base = scenario([
        Some(wish(BOTH, 1, may)),
        Some(wish(BOTH, 1, &[May::HoldCertain, May::Release])),
        Some(Wish { first: UPPER, ..wish(BOTH, 1, seller) }),
    ]);
    Scenario { faults: 2, ..base }
}

/// One berth and two buyers; a claim and a confirm of the same hold come late.
pub fn late_confirm() -> Scenario {
    let may = &[May::HoldRecent, May::HoldCertain, May::Release, May::Confirm];
    let base = scenario([Some(wish(BOTH, 1, may)), Some(wish(BOTH, 1, may)), None]);
    Scenario { rules: Rules { general: LOWER, ..rules() }, end: 3, faults: 2, ..base }
}

fn booked(bookings: &[(usize, Segments, &[Spots])]) -> Items {
    let mut items = Items::default();
    for (client, leg, spots) in bookings {
        let mut places = [Place::Nobody; PARTY];
        for (place, spot) in places.iter_mut().zip(*spots) {
            *place = Place::Berth(*spot);
            items.coach.masks[spot.trailing_zeros() as usize] |= leg;
        }
        items.bookings[*client] = Some(Booking { version: 0, leg: *leg, places, done: MADE });
    }
    items
}

/// Puts a party into the queue, behind whoever is there.
fn wait(items: &mut Items, client: usize, leg: Segments, party: u8) {
    let mut places = [Place::Nobody; PARTY];
    places[..usize::from(party)].fill(Place::Waiting);
    items.bookings[client] = Some(Booking { version: 0, leg, places, done: MADE });
    items.entries[client] = Some(Entry { seq: items.head.next_seq, version: 0, leg, waiters: places });
    items.head.next_seq += 1;
    items.head.waiting += party;
    items.coach.queued = true;
}
