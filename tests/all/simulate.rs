//! Simulated worlds: many seeds without a broken promise, the same world again from the same seed, and the proof that a
//! broken protocol is seen.

use std::collections::BTreeSet;

use rstest::rstest;

use crate::simulation::{Sabotage, report, run};

/// How many worlds each case runs; the cases run beside each other.
const WORLDS: u64 = 26;

#[rstest]
fn no_promise_is_broken(#[values(0, 1, 2, 3, 4, 5, 6, 7)] case: u64) {
    for seed in case * WORLDS..(case + 1) * WORLDS {
        let outcome = run(seed, None);
        assert!(outcome.violation.is_none(), "{}", report(&outcome));
    }
}

/// A world in which nothing happens proves nothing.
#[test]
fn all_that_people_can_meet_with_comes_about() {
    let mut left: BTreeSet<_> = HAPPENS.into();
    for seed in 0..MOST {
        for what in run(seed, None).counts.keys() {
            left.remove(what);
        }
        if left.is_empty() {
            return;
        }
    }
    panic!("nobody was {left:?} in {MOST} worlds");
}

/// In how many worlds at most everything has come about.
const MOST: u64 = 8 * WORLDS;

/// What happens to somebody.
const HAPPENS: [&str; 27] = [
    "held",
    "held a half",
    "held a place on a list",
    "held from a quota",
    "not held",
    "released",
    "reserved",
    "given up",
    "lapsed",
    "paid",
    "cancelled",
    "promoted",
    "dropped",
    "refused",
    "not answered",
    "published",
    "taken off sale",
    "put on sale",
    "opened a till",
    "delayed a run",
    "cancelled a part",
    "lost their part",
    "told of another time",
    "held for a group",
    "imported",
    "shut out",
    "boards elsewhere",
];

#[test]
fn a_seed_gives_the_same_world_again() {
    // With crashes, outages, editions of the train and charts among them.
    for seed in [1, 3] {
        let (first, second) = (run(seed, None), run(seed, None));
        assert_eq!(first.trace.len(), second.trace.len());
        assert_eq!(first.trace, second.trace);
        assert_eq!(first.hash, second.hash);
    }
}

/// The most worlds in which a broken protocol must have been seen.
const SOON: u64 = 60;

#[rstest]
#[case::a_hold_that_checks_nothing("unchecked-hold")]
#[case::a_reclaim_that_frees_one_berth_of_several("half-reclaim")]
#[case::a_cancellation_that_clears_whole_masks("wide-cancel")]
#[case::a_promotion_that_checks_nothing("unguarded-promotion")]
#[case::a_version_that_overwrites_the_first("overwritten-version")]
#[case::a_block_that_is_not_kept("lost-block")]
#[case::money_that_no_till_counts("uncounted-money")]
#[case::an_account_that_is_closed_and_stays_open("open-door")]
fn a_broken_protocol_is_seen(#[case] name: &str) {
    let sabotage = Sabotage::named(name).expect("there is one of that name");
    let seen = (1..=SOON).find_map(|seed| run(seed, Some(sabotage)).violation);
    assert!(seen.is_some(), "{SOON} worlds saw nothing wrong");
}
