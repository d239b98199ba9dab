//! What must always hold, and what must come about at all so that nothing holds for want of trying.
//!
//! Most laws speak of a state. Some speak of a step, and a step that breaks one leaves its mark in the state.

use stateright::Property;

use crate::items::{Booking, CANCELLED_ALL, CANCELLED_FIRST, CLIENTS, Entry, Items, MADE, PARTY, Place, SPOTS, each};
use crate::world::{Call, Message, Scenario, Step, Why, World};

/// A law about a step that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foul {
    /// A newcomer took what somebody fits on whose join was acknowledged before the newcomer began.
    Passed,
    /// Promotion gave somebody what somebody earlier in the queue fits on.
    OutOfOrder,
    /// Somebody joined in front of somebody whose join was acknowledged.
    Overtaken,
    /// A hold was taken away whose owner rightly believed in it.
    TakenInForce,
    /// Promotion gave a passenger something who was not waiting for it any more.
    GivenTwice,
    /// Somebody was told that the hold is over, and then it was booked.
    BookedAfterRefusal,
    /// Somebody joined a frozen or full queue.
    JoinedClosed,
}

pub const SOLD_ONCE: &str = "no berth is sold twice on a segment";
pub const MASKS: &str = "a mask is what is booked and held there, each once";
pub const ACKNOWLEDGED: &str = "an acknowledged booking keeps its berths until its owner cancels";
pub const WHOLE: &str = "a booking is whole";
pub const COUNTS: &str = "the counts of the queue are its entries";
pub const ENTRIES: &str = "an entry is what its booking waits for";
pub const PASSED: &str = "no newcomer passes who joined before";
pub const ORDER: &str = "promotion keeps the order of the queue";
pub const OVERTAKEN: &str = "nobody joins in front of an acknowledged join";
pub const IN_FORCE: &str = "no hold is taken away that its owner believes in";
pub const TWICE: &str = "promotion gives nothing twice";
pub const REFUSAL: &str = "a refusal is final";
pub const CLOSED: &str = "nobody joins a closed queue";

/// The laws of every world.
pub fn always() -> Vec<Property<Scenario>> {
    vec![
        law(SOLD_ONCE, |_, world| is_sold_once(&world.items)),
        law(MASKS, |_, world| has_right_masks(&world.items)),
        law(ACKNOWLEDGED, |_, world| keeps_its_word(world)),
        law(WHOLE, |scenario, world| is_whole(scenario, &world.items)),
        law(COUNTS, |_, world| has_right_counts(&world.items)),
        law(ENTRIES, |_, world| has_right_entries(&world.items)),
        law(PASSED, |_, world| !Foul::Passed.is_in(world)),
        law(ORDER, |_, world| !Foul::OutOfOrder.is_in(world)),
        law(OVERTAKEN, |_, world| !Foul::Overtaken.is_in(world)),
        law(IN_FORCE, |_, world| !Foul::TakenInForce.is_in(world)),
        law(TWICE, |_, world| !Foul::GivenTwice.is_in(world)),
        law(REFUSAL, |_, world| !Foul::BookedAfterRefusal.is_in(world)),
        law(CLOSED, |_, world| !Foul::JoinedClosed.is_in(world)),
    ]
}

fn law(name: &'static str, holds: fn(&Scenario, &World) -> bool) -> Property<Scenario> {
    Property::always(name, holds)
}

fn comes_about(name: &'static str, is_there: fn(&Scenario, &World) -> bool) -> Property<Scenario> {
    Property::sometimes(name, is_there)
}

/// What comes about where berths are held and sold.
pub fn of_sale() -> Vec<Property<Scenario>> {
    let mut laws = always();
    laws.extend([
        comes_about("all is sold", is_all_sold),
        comes_about("an expired hold is reclaimed and its berth sold", |_, world| {
            let is_over = |client: &usize| world.clients[*client].step == Step::Over(Why::HoldExpired);
            let late = (0..CLIENTS).find(is_over);
            late.is_some() && world.clients.iter().any(|process| process.told & MADE != 0)
        }),
        comes_about("a lost reply is recovered from", is_recovered),
        comes_about("a hold is given back and its berth sold", |_, world| {
            let is_back = world.clients.iter().any(|process| process.step == Step::Over(Why::Released));
            is_back && world.items.bookings.iter().flatten().count() > 0
        }),
    ]);
    laws
}

/// What comes about where bookings are cancelled.
pub fn of_cancellation() -> Vec<Property<Scenario>> {
    let mut laws = always();
    laws.extend([
        comes_about("one of a party is cancelled and the other travels", |_, world| {
            world.clients.iter().any(|process| process.told & CANCELLED_FIRST != 0 && process.asked == CANCELLED_FIRST)
        }),
        comes_about("a whole booking is cancelled", |_, world| {
            world.clients.iter().any(|process| process.told & CANCELLED_ALL != 0)
        }),
        comes_about("a cancelled berth is sold again", |_, world| {
            let is_cancelled = |booking: &Booking| booking.places.contains(&Place::Cancelled);
            world.items.bookings.iter().flatten().any(is_cancelled) && world.clients[CLIENTS - 1].told & MADE != 0
        }),
        comes_about("a lost reply is recovered from", is_recovered),
    ]);
    laws
}

/// What comes about where somebody waits.
pub fn of_queue() -> Vec<Property<Scenario>> {
    let mut laws = always();
    laws.extend([
        comes_about("somebody is promoted to a berth", is_promoted),
        comes_about("a newcomer meets the fence", |_, world| world.clients.iter().any(|process| process.fenced)),
        comes_about("a newcomer buys behind the fence", |_, world| {
            let has_bought =
                |client: &usize| world.clients[*client].fenced && world.items.coach.holds[*client].is_some();
            (0..CLIENTS).any(|client| has_bought(&client))
        }),
    ]);
    laws
}

/// What comes about where two join at once.
pub fn of_joining() -> Vec<Property<Scenario>> {
    let mut laws = always();
    laws.extend([
        comes_about("two wait", |_, world| world.items.head.waiting == 2),
        comes_about("somebody is promoted to a berth", is_promoted),
        comes_about("a lost reply is recovered from", is_recovered),
        comes_about("the queue is closed to somebody", |_, world| {
            world.clients.iter().any(|process| process.step == Step::Over(Why::Closed))
        }),
    ]);
    laws
}

/// What comes about where a party waits.
pub fn of_party() -> Vec<Property<Scenario>> {
    let mut laws = always();
    laws.extend([
        comes_about("one of a party has a berth and the other waits", |_, world| {
            let is_split = |booking: &Booking| {
                booking.places.contains(&Place::Waiting)
                    && booking.places.iter().any(|place| matches!(place, Place::Berth(_)))
            };
            world.items.bookings.iter().flatten().any(is_split)
        }),
        comes_about("all of a party are promoted", |_, world| {
            let has_berth = |place: &Place| matches!(place, Place::Berth(_));
            let process_of_party = 1;
            world.items.bookings[process_of_party].is_some_and(|booking| booking.places.iter().all(has_berth))
        }),
        comes_about("a lost reply is recovered from", is_recovered),
    ]);
    laws
}

/// What comes about where a RAC berth is shared.
pub fn of_sharing() -> Vec<Property<Scenario>> {
    let mut laws = always();
    laws.extend([
        comes_about("somebody shares and somebody waits", |_, world| {
            (world.items.head.rac, world.items.head.waiting) == (1, 1)
        }),
        comes_about("somebody is promoted to a berth", is_promoted),
        comes_about("somebody who waited shares", |_, world| {
            let shares = |booking: &Booking| booking.version > 0 && matches!(booking.places[0], Place::Rac(_));
            world.items.bookings.iter().flatten().any(shares)
        }),
    ]);
    laws
}

/// What comes about where RAC berths are given whole.
pub fn of_chart() -> Vec<Property<Scenario>> {
    let mut laws = always();
    laws.extend([
        comes_about("two share a berth", |_, world| world.items.head.rac == 2),
        comes_about("one has the whole RAC berth", |scenario, world| {
            let whole = Place::Berth(scenario.rules.whole);
            world.items.bookings.iter().flatten().any(|booking| booking.places[0] == whole)
        }),
        comes_about("somebody is promoted to a berth", is_promoted),
    ]);
    laws
}

fn is_all_sold(scenario: &Scenario, world: &World) -> bool {
    let mut sold = [0; SPOTS];
    for booking in world.items.bookings.iter().flatten() {
        each(booking.spots()).for_each(|spot| sold[spot] |= booking.leg);
    }
    let run = scenario.wishes.iter().flatten().fold(0, |run, wish| run | wish.leg);
    each(scenario.rules.general).all(|spot| sold[spot] == run)
}

fn is_recovered(_: &Scenario, world: &World) -> bool {
    world.clients.iter().any(|process| process.recovered && process.told != 0)
}

fn is_promoted(_: &Scenario, world: &World) -> bool {
    let is_promoted = |booking: &Booking| booking.version > 0 && matches!(booking.places[0], Place::Berth(_));
    let has_joined = |client: &usize| world.clients[*client].joined;
    (0..CLIENTS).filter(has_joined).any(|client| world.items.bookings[client].is_some_and(|found| is_promoted(&found)))
}

fn is_sold_once(items: &Items) -> bool {
    let mut sold = [0; SPOTS];
    for booking in items.bookings.iter().flatten() {
        for place in booking.places {
            for spot in each(place.spots()) {
                if sold[spot] & booking.leg != 0 {
                    return false;
                }
                sold[spot] |= booking.leg;
            }
        }
    }
    true
}

fn has_right_masks(items: &Items) -> bool {
    let booked = items.bookings.iter().flatten().flat_map(|booking| {
        booking.places.iter().flat_map(|place| each(place.spots())).map(|spot| (spot, booking.leg))
    });
    let held = items.coach.holds.iter().flatten().flat_map(|part| each(part.spots).map(|spot| (spot, part.leg)));
    let mut masks = [0; SPOTS];
    for (spot, leg) in booked.chain(held) {
        if masks[spot] & leg != 0 {
            return false;
        }
        masks[spot] |= leg;
    }
    masks == items.coach.masks
}

fn keeps_its_word(world: &World) -> bool {
    (0..CLIENTS).all(|client| {
        let process = &world.clients[client];
        if process.told & MADE == 0 {
            return true;
        }
        let Some(booking) = world.items.bookings[client] else { return false };
        (0..PARTY).filter(|passenger| booking.places[*passenger] != Place::Nobody).all(|passenger| {
            let by = if passenger == 0 { CANCELLED_FIRST | CANCELLED_ALL } else { CANCELLED_ALL };
            let is_cancelled = booking.places[passenger] == Place::Cancelled;
            let has_bits = each(booking.places[passenger].spots())
                .all(|spot| world.items.coach.masks[spot] & booking.leg == booking.leg);
            has_bits && (process.asked & by != 0 || !is_cancelled) && (process.told & by == 0 || is_cancelled)
        })
    })
}

fn is_whole(scenario: &Scenario, items: &Items) -> bool {
    items.bookings.iter().zip(scenario.wishes).all(|(booking, wish)| {
        let (Some(booking), Some(wish)) = (booking, wish) else { return true };
        let passengers = booking.places.iter().filter(|place| **place != Place::Nobody);
        let seats = booking.places.iter().map(|place| place.spots().count_ones()).sum::<u32>();
        passengers.count() == usize::from(wish.party) && booking.spots().count_ones() == seats
    })
}

fn has_right_counts(items: &Items) -> bool {
    let waiters = || items.entries.iter().flatten().flat_map(|entry| entry.waiters);
    let waiting = waiters().filter(|place| *place == Place::Waiting).count();
    let sharing = waiters().filter(|place| matches!(place, Place::Rac(_))).count();
    (usize::from(items.head.waiting), usize::from(items.head.rac)) == (waiting, sharing)
}

fn has_right_entries(items: &Items) -> bool {
    items.entries.iter().zip(items.bookings).all(|(entry, booking)| match (entry, booking) {
        (None, None) => true,
        (None, Some(booking)) => booking.waiters() == [Place::Nobody; PARTY],
        (Some(_), None) => false,
        (Some(entry), Some(booking)) => {
            entry.waiters == booking.waiters()
                && entry.waiters != [Place::Nobody; PARTY]
                && (entry.version, entry.leg) == (booking.version, booking.leg)
        }
    })
}

impl Foul {
    const fn bit(self) -> u8 {
        1 << self as u8
    }

    fn is_in(self, world: &World) -> bool {
        world.fouls & self.bit() != 0
    }
}

/// The laws that a write broke when it was applied to `before`.
pub fn fouls(scenario: &Scenario, world: &World, before: &Items, message: &Message) -> u8 {
    let mut fouls = 0;
    let mut add = |foul: Foul, is_broken: bool| fouls |= if is_broken { foul.bit() } else { 0 };
    add(Foul::TakenInForce, takes_in_force(scenario, world, message));
    match message.call {
        Call::Hold => add(Foul::Passed, passes(world, before, message)),
        Call::Promote(_) => {
            let (client, _, after) = message.write.booking.expect("a promotion writes a booking");
            let was = before.bookings[client].map(|booking| booking.places);
            let gives = |(now, was): (&Place, Place)| *now != was && !was.is_queued();
            add(Foul::GivenTwice, was.is_none_or(|was| after.places.iter().zip(was).any(gives)));
            add(Foul::OutOfOrder, is_out_of_order(before, message));
        }
        Call::Confirm(_) | Call::Join(_) => {
            let is_told = matches!(world.clients[message.from].step, Step::Over(_));
            add(Foul::BookedAfterRefusal, is_told);
            let Some((_, _, Some(entry))) = message.write.entry else { return fouls };
            let is_behind = |client: &usize| before.entries[*client].is_some_and(|other| other.seq >= entry.seq);
            add(Foul::Overtaken, (0..CLIENTS).filter(is_behind).any(|client| world.clients[client].joined));
            let head = &world.items.head;
            let (waiting, rac) = scenario.rules.caps;
            add(Foul::JoinedClosed, before.head.frozen || head.waiting > waiting || head.rac > rac);
        }
        Call::Release(_) | Call::Cancel(_) => {}
    }
    fouls
}

fn takes_in_force(scenario: &Scenario, world: &World, message: &Message) -> bool {
    let removed = message.write.coach.removed;
    (0..CLIENTS).filter(|owner| *owner != message.from).any(|owner| {
        let (Some(part), Some(wish)) = (removed[owner], scenario.wishes[owner]) else { return false };
        let believes = matches!(
            world.clients[owner].step,
            Step::Held(_)
                | Step::Sent(Call::Confirm(_) | Call::Join(_))
                | Step::Unsure(Call::Confirm(_) | Call::Join(_))
        );
        believes && world.now + wish.ahead < part.until
    })
}

/// Whether somebody fits on what is taken, and no more once it is taken. What the write itself clears counts as free.
fn is_in_the_way(before: &Items, message: &Message, spots: u8, leg: u8, other: &Entry) -> bool {
    let edit = &message.write.coach;
    each(spots).any(|spot| {
        let cleared = edit.removed.iter().flatten().filter(|part| part.spots >> spot & 1 == 1);
        let mask = cleared.fold(before.coach.masks[spot], |mask, part| mask & !part.leg);
        mask & other.leg == 0 && leg & other.leg != 0
    })
}

fn passes(world: &World, before: &Items, message: &Message) -> bool {
    let (_, part) = message.write.coach.put.expect("a claim puts a hold");
    (0..CLIENTS).filter(|other| world.clients[message.from].before >> other & 1 == 1).any(|other| {
        let entry = before.entries[other].filter(|entry| entry.waiters.contains(&Place::Waiting));
        entry.is_some_and(|entry| is_in_the_way(before, message, part.spots, part.leg, &entry))
    })
}

fn is_out_of_order(before: &Items, message: &Message) -> bool {
    let (client, _, booking) = message.write.booking.expect("a promotion writes a booking");
    let (Some(mine), Some(was)) = (before.entries[client], before.bookings[client]) else { return false };
    let moved = (0..PARTY).find(|passenger| was.places[*passenger] != booking.places[*passenger]);
    let Some(moved) = moved else { return false };
    let is_sharing = was.places[moved] != Place::Waiting;
    before.entries.iter().flatten().filter(|other| other.seq < mine.seq).any(|other| {
        // Somebody earlier who only waits is not before somebody who shares.
        let is_before =
            other.waiters.iter().any(|place| place.is_queued() && (!is_sharing || *place != Place::Waiting));
        is_before && is_in_the_way(before, message, booking.places[moved].spots(), booking.leg, other)
    })
}
