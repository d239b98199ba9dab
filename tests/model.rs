//! The booking protocol as a model, explored whole in small worlds: holds, expiry, confirmation, cancellation, the queue
//! with its fence, and promotion, by processes whose requests are lost, repeated and late and whose clocks differ.
//!
//! The model shares no code with the program. `model/items.rs` has the items and the conditions of each write as the
//! store puts them, `model/plan.rs` what a process decides, `model/process.rs` what it does with an answer. A negative
//! control leaves one thing out of the protocol, and the checker has to find what comes of it.

#![allow(clippy::trivially_copy_pass_by_ref, reason = "items are small in a small world, and no numbers")]
#![allow(clippy::print_stdout, reason = "a model says how much it explored, and what it found")]

#[path = "model/items.rs"]
mod items;
#[path = "model/laws.rs"]
mod laws;
#[path = "model/plan.rs"]
mod plan;
#[path = "model/process.rs"]
mod process;
#[path = "model/world.rs"]
mod world;
#[path = "model/worlds.rs"]
mod worlds;

use std::collections::BTreeSet;

use rstest::rstest;
use stateright::{Checker, HasDiscoveries, Model};

use self::plan::{Flaw, Rules};
use self::world::{Reads, Scenario};

/// Explores a world whole: every law holds, and all that has to come about does.
#[rstest]
#[case::sale(worlds::sale())]
#[case::cancellation(worlds::cancellation())]
#[case::queue(worlds::queue())]
#[case::queue_run_first(Scenario { reads: Reads::RunFirst, ..worlds::queue() })]
#[case::expiry(worlds::expiry())]
#[case::joining(worlds::joining())]
#[case::party(worlds::party())]
#[case::sharing(worlds::sharing())]
#[case::chart(worlds::chart())]
#[case::late(worlds::late())]
fn every_law_holds(#[case] world: Scenario) {
    let checker = world.checker().spawn_bfs().join();
    print(&checker);
    checker.assert_properties();
}

/// With one thing left out of the protocol the checker finds the law that it was there for.
#[rstest]
#[case(Flaw::ClaimIgnoresMasks, worlds::sale(), laws::SOLD_ONCE)]
#[case(Flaw::ReclaimFreesOne, worlds::sale(), laws::MASKS)]
#[case(Flaw::RemovesByUntil, worlds::late(), laws::ACKNOWLEDGED)]
#[case(Flaw::ConfirmIgnoresHold, worlds::sale(), laws::SOLD_ONCE)]
#[case(Flaw::CancelClearsMask, worlds::cancellation(), laws::ACKNOWLEDGED)]
#[case(Flaw::PromotionUnguarded, worlds::party(), laws::TWICE)]
#[case(Flaw::PromotionUnguarded, worlds::party(), laws::COUNTS)]
#[case(Flaw::PromotesLastFirst, worlds::party(), laws::ORDER)]
#[case(Flaw::JoinIgnoresHead, worlds::joining(), laws::CLOSED)]
#[case(Flaw::NewcomerIgnoresFence, worlds::queue(), laws::PASSED)]
#[case(Flaw::JoinWithoutFence, worlds::queue(), laws::PASSED)]
#[case(Flaw::ReplansFromRefusal, worlds::queue(), laws::PASSED)]
#[case(Flaw::ClaimsByLaterClock, worlds::expiry(), laws::PASSED)]
#[case(Flaw::NumberDrawnBefore, worlds::joining(), laws::OVERTAKEN)]
fn what_is_left_out_is_missed(#[case] flaw: Flaw, #[case] world: Scenario, #[case] law: &'static str) {
    let world = Scenario { rules: Rules { flaw, ..world.rules }, ..world };
    let until = HasDiscoveries::AnyOf(BTreeSet::from([law]));
    let checker = world.checker().finish_when(until).spawn_bfs().join();
    print(&checker);
    println!("{}", checker.assert_any_discovery(law));
}

/// Without the grace a fast clock takes away a hold in which its owner rightly believes: that, and never a berth.
#[test]
fn grace_spares_holds_and_nothing_else() {
    let world = worlds::sale();
    assert_eq!(broken(Scenario { rules: Rules { grace: 0, ..world.rules }, ..world }), [laws::IN_FORCE]);
}

/// What the protocol does not hold, and how much it takes: a confirm that was refused, since the hold was gone, is applied
/// when an earlier copy of it arrives after an earlier copy of the claim has put the hold there again. Either alone is
/// harmless, and even then the booking is whole and its berth its own.
#[test]
fn a_refusal_is_final_unless_a_claim_and_its_confirm_both_come_late() {
    let world = worlds::late_confirm();
    assert_eq!(broken(Scenario { faults: 1, ..world.clone() }), [""; 0]);
    assert_eq!(broken(world), [laws::REFUSAL]);
}

/// The laws that a world breaks, explored whole.
fn broken(world: Scenario) -> Vec<&'static str> {
    let checker = world.checker().spawn_bfs().join();
    print(&checker);
    assert!(checker.is_done());
    laws::always().into_iter().map(|law| law.name).filter(|law| checker.discovery(law).is_some()).collect()
}

/// How much was explored says how much a test is worth.
fn print(checker: &impl Checker<Scenario>) {
    let (distinct, all, depth) = (checker.unique_state_count(), checker.state_count(), checker.max_depth());
    println!("{distinct} states, {all} steps, depth {depth}");
}
