use std::sync::Arc;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use rstest::rstest;
use uuid::Uuid;

use super::{Gap, Gaps, MOST, NoGap, Stretch, check};
use crate::domain::booking::OpId;
use crate::domain::inventory::RunState;
use crate::domain::rules::quota::QuotaRules;
use crate::domain::sample_train;
use crate::domain::segment::Leg;
use crate::domain::time::instant;
use crate::domain::train::Train;

/// It comes to Surat twice.
const WAY: [&str; 6] = [
    "MMCT 17:00 17:00 0",
    "ST 19:43 19:48 263",
    "BRC 21:06 21:16 392",
    "ST 22:30 22:35 520",
    "KOTA 03:15+1 03:20+1 919",
    "NDLS 08:32+1 08:32+1 1386",
];

fn a_train() -> Train {
    Train::new(sample_train::along(&WAY)).expect("a train")
}

fn gaps(all: &[(u8, u8)]) -> Gaps {
    all.iter().fold(Gaps::default(), |gaps, (from, to)| {
        let op = OpId(Uuid::from_u128(u128::from(*from) << 32 | u128::from(*to)));
        gaps.with(Gap { op, at: DateTime::UNIX_EPOCH, by: None, from: *from, to: *to, reason: "a bridge".to_owned() })
    })
}

/// The run of 5 December of which parts are not run.
fn run(all: &[(u8, u8)]) -> RunState {
    let run = "12951#2026-12-05".parse().expect("a run");
    RunState { gaps: gaps(all), ..RunState::unsold(run, Arc::new(a_train()), &QuotaRules::default()) }
}

fn at(local: &str) -> DateTime<Utc> {
    instant(local.parse().expect("a moment"))
}

fn station(code: &str) -> crate::domain::station::StationCode {
    code.parse().expect("a station")
}

#[rstest]
#[case::the_end(&[], (4, 5), None)]
#[case::the_beginning(&[], (0, 2), None)]
#[case::both(&[(0, 1)], (4, 5), None)]
#[case::more_of_the_end(&[(4, 5)], (3, 5), None)]
#[case::what_comes_before_what_is_not_run(&[(4, 5)], (2, 4), None)]
#[case::inside(&[], (2, 4), Some(NoGap::Middle))]
#[case::apart_from_what_is_not_run(&[(4, 5)], (2, 3), Some(NoGap::Middle))]
#[case::all_of_it(&[], (0, 5), Some(NoGap::Whole))]
#[case::all_that_was_left(&[(2, 5)], (0, 2), Some(NoGap::Whole))]
#[case::again(&[(3, 5)], (4, 5), Some(NoGap::Same))]
#[case::no_halt(&[], (4, 6), Some(NoGap::NoSuchHalt))]
#[case::backwards(&[], (5, 4), Some(NoGap::Backwards { from: station("NDLS"), to: station("KOTA") }))]
#[case::nothing(&[], (0, 0), Some(NoGap::Backwards { from: station("MMCT"), to: station("MMCT") }))]
fn a_part_is_where_the_way_begins_or_ends(
    #[case] before: &[(u8, u8)],
    #[case] (from, to): (u8, u8),
    #[case] why: Option<NoGap>,
) {
    assert_eq!(check(&run(before), Stretch { from, to }, at("2026-12-01T10:00:00")).err(), why);
}

#[test]
fn what_the_train_has_passed_is_run() {
    let part = |from, to| Stretch { from, to };
    let check = |part, local| check(&run(&[]), part, at(local));
    assert_eq!(check(part(4, 5), "2026-12-06T03:19:59"), Ok(()));
    assert_eq!(check(part(4, 5), "2026-12-06T03:20:00"), Err(NoGap::Over { station: station("KOTA") }));
    assert_eq!(check(part(0, 2), "2026-12-05T17:00:00"), Err(NoGap::Over { station: station("MMCT") }));
}

#[test]
fn so_many_parts_are_kept() {
    let all: Vec<_> = (0..MOST).map(|_| (4, 5)).collect();
    let refused = check(&run(&all), Stretch { from: 0, to: 1 }, at("2026-12-01T10:00:00"));
    assert_eq!(refused, Err(NoGap::TooOften));
}

#[rstest]
#[case("kota", " ndls", Ok((4, 5)))]
#[case::where_it_calls_twice("ST", "NDLS", Ok((1, 5)))]
#[case::to_the_call_behind("BRC", "ST", Ok((2, 3)))]
#[case::backwards("NDLS", "KOTA", Err(NoGap::Backwards { from: station("NDLS"), to: station("KOTA") }))]
#[case::one_and_the_same("KOTA", "KOTA", Err(NoGap::Backwards { from: station("KOTA"), to: station("KOTA") }))]
#[case::elsewhere("KOTA", "CNB", Err(NoGap::NoSuchHalt))]
#[case::nothing("", "NDLS", Err(NoGap::NoSuchHalt))]
fn stations_name_a_part(#[case] from: &str, #[case] to: &str, #[case] part: Result<(u8, u8), NoGap>) {
    assert_eq!(Stretch::read(&a_train(), from, to).map(|part| (part.from, part.to)), part);
}

#[rstest]
#[case(&[], Some((0, 5)))]
#[case(&[(4, 5)], Some((0, 4)))]
#[case(&[(0, 1)], Some((1, 5)))]
#[case(&[(4, 5), (0, 2), (3, 4)], Some((2, 3)))]
#[case(&[(0, 5)], None)]
fn a_way_begins_and_ends_where_it_is_run(#[case] all: &[(u8, u8)], #[case] way: Option<(u8, u8)>) {
    assert_eq!(gaps(all).left_of(6).map(|leg| (leg.from(), leg.to())), way);
}

proptest! {
    #[test]
    fn a_leg_meets_a_gap_just_where_a_segment_of_it_is_not_run(
        all in prop::collection::vec((0_u8..5, 1_u8..=5), 0..3),
        (from, to) in (0_u8..5, 1_u8..=5),
    ) {
        let all: Vec<_> = all.into_iter().filter(|(from, to)| from < to).collect();
        prop_assume!(from < to);
        let leg = Leg::new(from, to).expect("forward");
        let is_met = (from..to).any(|segment| all.iter().any(|(from, to)| (*from..*to).contains(&segment)));
        prop_assert_eq!(gaps(&all).on(leg).is_some(), is_met);
    }
}
