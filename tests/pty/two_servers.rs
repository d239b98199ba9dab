//! Several servers on one data folder: what is sold through one is gone on the screens of the others' clients.

use std::time::{Duration, Instant};

use crate::driver::Console;
use crate::openssh::agent;
use crate::serving::Server;
use crate::sharing::pay;
use crate::{Machine, choose_a_train, find_trains};

/// How soon a sale is seen on the berth map and in a list of trains (docs/ARCHITECTURE.md), and what a busy machine may add.
const FOCUS: Duration = Duration::from_secs(1);
const LISTED: Duration = Duration::from_secs(5);
const BUSY: Duration = Duration::from_millis(1_500);

/// The numbers of a line, but for those that are part of a word or a time.
fn numbers(line: &str) -> impl Iterator<Item = u32> {
    line.split_whitespace().filter_map(|word| word.trim_end_matches(['▾', '▴']).parse().ok())
}

/// How many berths of the class the map counts, when it knows.
fn on_map(screen: &str) -> Option<u32> {
    let line = screen.lines().find(|line| line.contains("Free in") && !line.contains('…'))?;
    Some(numbers(line.split_once("Free in")?.1).sum())
}

/// How many berths of the class the list of trains counts.
fn in_list(screen: &str) -> Option<u32> {
    // After the train's number come 1A, 2A and 3A.
    numbers(screen.lines().find(|line| line.contains("12952  Mumbai Rajdhani"))?).nth(3)
}

/// What three people of one data folder look at.
struct Screens {
    seller: Console,
    map: Console,
    list: Console,
}

impl Screens {
    /// Does something on the seller's screen, and says how long after it the others count so many.
    fn see(&mut self, keys: &str, counted: [u32; 2]) -> [Duration; 2] {
        self.seller.keys(keys);
        let begun = Instant::now();
        self.map.wait_until("a new count", |screen| on_map(screen) == Some(counted[0]));
        let map = begun.elapsed();
        self.list.wait_until("a new count", |screen| in_list(screen) == Some(counted[1]));
        [map, begun.elapsed()]
    }
}

#[test]
fn a_berth_that_is_sold_through_one_server_is_gone_at_the_others_in_a_moment() {
    let machine = Machine::new();
    // A server looks as often as the most curious of its clients: the list has one of its own.
    let servers = [machine.serve(), machine.serve(), machine.serve()];
    let [seller, map, list] = servers.each_ref().map(|server| agent(&machine, server));
    let mut screens = Screens { seller, map, list };
    for console in [&mut screens.seller, &mut screens.map] {
        // Wide enough for all coaches.
        choose_a_train(console.resize(132, 43));
        console.wait_until("a count", |screen| on_map(screen).is_some());
    }
    find_trains(screens.list.resize(132, 43));
    screens.list.wait_until("a count", |screen| in_list(screen).is_some());
    let all = [on_map(&screens.map.text()), in_list(&screens.list.text())].map(|count| count.expect("it is known"));
    let less = all.map(|count| count - 1);

    screens.seller.wait("Enter hold the best");
    let held = screens.see("\r", less);
    screens.seller.wait("4 PASSENGERS").keys("\x1b").wait("Held for you").keys("e").wait("Give the berths back?");
    let given_back = screens.see("\r", all);
    screens.seller.wait("Enter hold the best");
    let held_again = screens.see("\r", less);
    for [map, list] in [held, given_back, held_again] {
        assert!(map < FOCUS + BUSY && list < LISTED + BUSY, "seen after {map:?} on the map, {list:?} in the list");
    }

    screens.seller.wait("4 PASSENGERS").wait("held for");
    pay(&mut screens.seller, "Anita Sharma");
    assert_eq!(
        [on_map(&screens.map.text()), in_list(&screens.list.text())].map(|count| count.expect("it is known")),
        less
    );
    servers.into_iter().for_each(Server::end);
}
