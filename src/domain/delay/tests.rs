use std::sync::Arc;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use rstest::rstest;
use uuid::Uuid;

use super::{Delay, Delays, LONGEST, MOST, NOTICE, NewTimes, NotDelayed, plan, reason};
use crate::domain::booking::OpId;
use crate::domain::inventory::RunState;
use crate::domain::rules::quota::QuotaRules;
use crate::domain::time::instant;
use crate::domain::train::Train;
use crate::domain::{halts, sample_train};

const WAY: [&str; 5] = [
    "MMCT 17:00 17:00 0",
    "ST 19:43 19:48 263",
    "BRC 21:06 21:16 392",
    "KOTA 03:15+1 03:20+1 919",
    "NDLS 08:32+1 08:32+1 1386",
];

fn a_train() -> Train {
    Train::new(sample_train::along(&WAY)).expect("a train")
}

fn delay(from: u8, minutes: u16) -> Delay {
    let op = OpId(Uuid::from_u128(u128::from(from) << 32 | u128::from(minutes)));
    Delay { op, at: DateTime::UNIX_EPOCH, by: None, from, minutes, reason: "fog".to_owned() }
}

fn delays(all: &[(u8, u16)]) -> Delays {
    all.iter().fold(Delays::default(), |delays, (from, minutes)| delays.with(delay(*from, *minutes)))
}

/// The run of 5 December as it is after changes.
fn run(all: &[(u8, u16)]) -> RunState {
    let delays = delays(all);
    let train = Arc::new(delays.over(&a_train()).expect("times in order"));
    let unsold = RunState::unsold("12951#2026-12-05".parse().expect("a run"), train, &QuotaRules::default());
    RunState { delays, ..unsold }
}

fn at(local: &str) -> DateTime<Utc> {
    instant(local.parse().expect("a moment"))
}

fn written(train: &Train) -> Vec<String> {
    train.halts().iter().map(halts::written).collect()
}

#[rstest]
#[case::nothing(&[], [0, 0, 0, 0, 0])]
#[case::all_of_it(&[(0, 90)], [90, 90, 90, 90, 90])]
#[case::from_a_halt_on(&[(2, 30)], [0, 0, 30, 30, 30])]
#[case::later_still(&[(0, 30), (3, 200)], [30, 30, 30, 200, 200])]
#[case::some_of_it_made_up(&[(0, 200), (3, 60)], [200, 200, 200, 60, 60])]
#[case::the_newest_counts(&[(3, 60), (0, 30)], [30, 30, 30, 30, 30])]
#[case::taken_back(&[(2, 60), (2, 0)], [0, 0, 0, 0, 0])]
fn the_newest_change_that_holds_at_a_halt_counts(#[case] all: &[(u8, u16)], #[case] minutes: [u16; 5]) {
    let delays = delays(all);
    assert_eq!([0, 1, 2, 3, 4].map(|halt| delays.minutes(halt)), minutes);
}

#[test]
fn a_delay_is_counted_from_the_times_by_which_was_sold() {
    let delays = delays(&[(0, 60), (2, 200), (2, 30)]);
    let later = |known| [0, 2].map(|halt| delays.later(known, halt));
    assert_eq!(later(0), [60, 30]);
    assert_eq!(later(1), [0, -30], "it was sold an hour late");
    assert_eq!(later(2), [0, -170], "and then more, and now it leaves before that");
    assert_eq!(later(3), [0, 0]);
    assert_eq!(later(9), [0, 0], "of a count that there is not all are known");
}

#[test]
fn a_halt_comes_in_and_leaves_so_much_later_over_midnight_too() {
    let train = run(&[(2, 185)]).train;
    assert_eq!(
        written(&train),
        [WAY[0], WAY[1], "BRC 00:11+1 00:21+1 392", "KOTA 06:20+1 06:25+1 919", "NDLS 11:37+1 11:37+1 1386"]
    );
    assert_eq!(train.version(), 3, "the version by which it is sold stays");
}

#[rstest]
#[case::too_many_halts(&[], (5, 30), NotDelayed::NoSuchHalt)]
#[case::too_long(&[], (0, LONGEST + 1), NotDelayed::TooLong)]
#[case::as_it_is(&[], (0, 0), NotDelayed::Same)]
#[case::as_it_is_by_now(&[(0, 60)], (2, 60), NotDelayed::Same)]
fn what_changes_nothing_or_too_much_is_refused(
    #[case] before: &[(u8, u16)],
    #[case] new: (u8, u16),
    #[case] why: NotDelayed,
) {
    let new = NewTimes { from: new.0, minutes: new.1 };
    assert_eq!(plan(&run(before), new, at("2026-12-01T10:00:00")), Err(why));
}

#[test]
fn a_run_is_changed_fifty_times_at_most() {
    let mut all: Vec<(u8, u16)> = (1..MOST).map(|nth| (0, nth)).collect();
    let new = NewTimes { from: 0, minutes: 500 };
    let now = at("2026-12-01T10:00:00");
    assert!(plan(&run(&all), new, now).is_ok());
    all.push((0, 60));
    assert_eq!(plan(&run(&all), new, now), Err(NotDelayed::TooOften));
}

#[rstest]
#[case::before_it("2026-12-05T16:00:00", (0, 60), true)]
#[case::it_should_have_left_already("2026-12-05T17:30:00", (0, 60), true)]
#[case::the_new_time_is_over("2026-12-05T18:00:00", (0, 60), false)]
#[case::it_is_farther_on("2026-12-05T18:00:00", (1, 60), true)]
#[case::a_day_later("2026-12-06T10:00:00", (0, 60), false)]
fn the_new_time_lies_ahead(#[case] now: &str, #[case] new: (u8, u16), #[case] is_fine: bool) {
    let planned = plan(&run(&[]), NewTimes { from: new.0, minutes: new.1 }, at(now));
    assert_eq!(planned.is_ok(), is_fine, "{planned:?}");
    assert!(is_fine || matches!(planned, Err(NotDelayed::Over { .. })), "{planned:?}");
}

#[test]
fn what_was_moved_is_brought_forward_while_everybody_can_be_told() {
    let (late, new) = (run(&[(0, 300)]), NewTimes { from: 0, minutes: 60 });
    // It would leave at six, and was to leave at ten.
    let last = at("2026-12-05T18:00:00") - NOTICE;
    assert!(plan(&late, new, last).is_ok());
    let soon = plan(&late, new, last + chrono::TimeDelta::seconds(1));
    assert_eq!(soon, Err(NotDelayed::TooSoon { station: late.train.halts()[0].station }));
    let farther = NewTimes { from: 3, minutes: 60 };
    assert!(plan(&late, farther, at("2026-12-05T22:00:00")).is_ok(), "where it comes later it makes time up");
    assert!(plan(&late, NewTimes { from: 0, minutes: 400 }, at("2026-12-05T21:00:00")).is_ok(), "later it may be");
}

#[test]
fn a_run_calls_nowhere_before_it_has_left_the_halt_before() {
    let late = run(&[(0, 600)]);
    let planned = plan(&late, NewTimes { from: 2, minutes: 0 }, at("2026-12-05T10:00:00"));
    let says = planned.expect_err("it would be in Vadodara before Surat").to_string();
    assert_eq!(
        says,
        "So the train would come to BRC before it has left ST: choose a later time, or a halt farther on."
    );
}

#[rstest]
#[case::minutes(0, "90", Ok(90))]
#[case::a_time(0, "18:25", Ok(85))]
#[case::after_midnight(0, "00:40", Ok(460))]
#[case::with_its_day(0, "00:40+1", Ok(460))]
#[case::of_the_next_day(3, "05:20", Ok(120))]
#[case::of_the_next_day_by_its_day(3, "05:20+1", Ok(120))]
#[case::the_day_after(3, "03:20+2", Ok(1440))]
#[case::as_in_the_timetable(0, "17:00", Ok(0))]
#[case::a_minute_before(0, "16:59", Err(NotDelayed::Early))]
#[case::a_day_before(3, "23:50+0", Err(NotDelayed::Early))]
#[case::nonsense(0, "soon", Err(NotDelayed::NoTime))]
#[case::nothing(0, "", Err(NotDelayed::NoTime))]
#[case::less_than_nothing(0, "-5", Err(NotDelayed::NoTime))]
#[case::too_long(0, "2881", Err(NotDelayed::TooLong))]
fn minutes_or_a_time_are_read(#[case] halt: usize, #[case] text: &str, #[case] read: Result<u16, NotDelayed>) {
    assert_eq!(NewTimes::minutes(&a_train().halts()[halt], text), read);
}

#[rstest]
#[case(" fog at Kota ", Ok("fog at Kota"))]
#[case("", Err(NotDelayed::Reason))]
#[case("   ", Err(NotDelayed::Reason))]
#[case("a\u{202e}b", Err(NotDelayed::Reason))]
#[case("a reason that goes on for longer than a text has room", Err(NotDelayed::Reason))]
fn a_reason_is_short_and_plain(#[case] text: &str, #[case] kept: Result<&str, NotDelayed>) {
    assert_eq!(reason(text), kept.map(str::to_owned));
}

proptest! {
    /// Whatever is changed, the times are those of a train, never before its timetable, and the timetable is found again.
    #[test]
    fn the_timetable_is_found_again(changes in prop::collection::vec((0..5_u8, 0..=LONGEST), 0..6)) {
        let mut known: Vec<(u8, u16)> = Vec::new();
        let now = at("2026-12-01T10:00:00");
        for (from, minutes) in changes {
            if plan(&run(&known), NewTimes { from, minutes }, now).is_ok() {
                known.push((from, minutes));
            }
        }
        let state = run(&known);
        prop_assert_eq!(written(&state.delays.off(&state.train).expect("it is its train")), WAY);
        for (halt, timetabled) in state.train.halts().iter().zip(a_train().halts()) {
            prop_assert!(halt.depart >= timetabled.depart && halt.arrive >= timetabled.arrive);
        }
    }
}
