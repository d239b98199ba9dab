//! How many may be connected: in all, from one address, and of those of whom nobody knows yet who they are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::service::presence::network;

/// How many connections there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// In all.
    pub all: usize,
    /// From one address.
    pub per_address: usize,
    /// Who are not in yet.
    pub strangers: usize,
    /// Of those, from one address: so that nobody keeps all others out by coming and saying nothing.
    pub strangers_per_address: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { all: 1_200, per_address: 200, strangers: 200, strangers_per_address: 30 }
    }
}

/// Counts connections. Its clones count together.
#[derive(Clone, Debug)]
pub(super) struct Guard(Arc<Mutex<Counts>>);

#[derive(Debug)]
struct Counts {
    room: Room,
    all: usize,
    strangers: usize,
    addresses: HashMap<IpAddr, Count>,
}

/// The connections from one address.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    all: usize,
    strangers: usize,
}

/// The place of one connection; dropped, it is free again.
#[derive(Debug)]
pub(super) struct Seat {
    guard: Guard,
    address: IpAddr,
    is_stranger: bool,
}

impl Guard {
    pub(super) fn new(room: Room) -> Self {
        Self(Arc::new(Mutex::new(Counts { room, all: 0, strangers: 0, addresses: HashMap::new() })))
    }

    /// A place for a connection from an address; `None` when there is none.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Seat> {
        let address = network(address);
        let mut counts = self.counts();
        let from_there = counts.addresses.get(&address).copied().unwrap_or_default();
        let room = counts.room;
        let is_full = counts.all >= room.all
            || counts.strangers >= room.strangers
            || from_there.all >= room.per_address
            || from_there.strangers >= room.strangers_per_address;
        if is_full {
            return None;
        }
        counts.all += 1;
        counts.strangers += 1;
        counts.addresses.insert(address, Count { all: from_there.all + 1, strangers: from_there.strangers + 1 });
        Some(Seat { guard: self.clone(), address, is_stranger: true })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Whoever has it is in.
    pub(super) fn is_known(&mut self) {
        if std::mem::replace(&mut self.is_stranger, false) {
            let mut counts = self.guard.counts();
            counts.strangers -= 1;
            if let Some(from_there) = counts.addresses.get_mut(&self.address) {
                from_there.strangers -= 1;
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.is_known();
        let mut counts = self.guard.counts();
        counts.all -= 1;
        if let Some(from_there) = counts.addresses.get_mut(&self.address) {
            from_there.all -= 1;
            if from_there.all == 0 {
                counts.addresses.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{Guard, Room};

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn there_is_room_for_so_many_in_all_from_an_address_and_of_strangers() {
        let guard = Guard::new(Room { all: 5, per_address: 2, strangers: 3, strangers_per_address: 3 });
        let one = address("203.0.113.7");
        let mut first = guard.admit(one).expect("nobody is there");
        let second = guard.admit(one).expect("two may come from there");
        assert!(guard.admit(one).is_none(), "and no third");
        assert!(guard.admit(address("::ffff:203.0.113.7")).is_none(), "nor under another name");
        let third = guard.admit(address("203.0.113.8")).expect("others may");
        assert!(guard.admit(address("203.0.113.9")).is_none(), "three strangers are enough");
        first.is_known();
        let _fourth = guard.admit(address("203.0.113.9")).expect("one of them is known now");
        drop((second, third));
        let _fifth = guard.admit(one).expect("one has left");
        let _sixth = guard.admit(address("203.0.113.10")).expect("and another");
        drop(first);
        assert_eq!(guard.counts().all, 3);
    }

    #[test]
    fn whoever_says_nothing_keeps_nobody_else_out() {
        let guard = Guard::new(Room { all: 99, per_address: 99, strangers: 99, strangers_per_address: 2 });
        let silent = address("203.0.113.7");
        let (mut first, _second) = (guard.admit(silent).expect("one"), guard.admit(silent).expect("two"));
        assert!(guard.admit(silent).is_none());
        assert!(guard.admit(address("203.0.113.8")).is_some());
        first.is_known();
        assert!(guard.admit(silent).is_some(), "those who are in do not count");
    }

    #[test]
    fn a_subscriber_of_ipv6_is_one_however_many_addresses_they_use() {
        let guard = Guard::new(Room { all: 9, per_address: 1, strangers: 9, strangers_per_address: 9 });
        let _seat = guard.admit(address("2001:db8:1:2::1")).expect("nobody is there");
        assert!(guard.admit(address("2001:db8:1:2:ffff::9")).is_none());
        assert!(guard.admit(address("2001:db8:1:3::1")).is_some());
    }
}
