use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use rstest::rstest;
use uuid::Uuid;

use super::{BerthWish, Cost, Seats, Shortage, allot, alone, free_berths, together};
use crate::domain::coach::{BerthRef, BerthType, Class, Coach, CoachId};
use crate::domain::inventory::{CoachState, HeldPart, HoldId, RunState};
use crate::domain::quota::Quota;
use crate::domain::rules::quota::QuotaRules;
use crate::domain::segment::{Leg, SegmentMask};
use crate::domain::station::StationCode;
use crate::domain::time::RunTime;
use crate::domain::train::{Halt, Train, TrainDraft, TrainKind, TrainNumber, Zone};

const BERTHS: u8 = 16;
const HALTS: u8 = 6;

fn coach_id(text: &str) -> CoachId {
    CoachId::parse(text).expect("a coach")
}

/// Six halts; B1 to B3 with two bays each (LB MB UB LB MB UB SL SU), and a sleeper coach in between.
fn free_run() -> RunState {
    let coach = |id, class| Coach::new(coach_id(id), class, BERTHS).expect("a coach");
    let halts = (0..HALTS).map(|i| {
        let time = RunTime::from_minutes(600 + 60 * u16::from(i)).expect("within a day");
        let station = StationCode::parse(&format!("ST{i}")).expect("a code");
        Halt { station, arrive: time, depart: time, km: 100 * u16::from(i) }
    });
    let number = TrainNumber::parse("12951").expect("a number");
    let train = Train::new(TrainDraft {
        number,
        version: 1,
        name: "Mumbai Rajdhani".to_owned(),
        kind: TrainKind::Rajdhani,
        zone: Zone::WR,
        runs_on: "MTWTFSS".parse().expect("daily"),
        halts: halts.collect(),
        coaches: vec![
            coach("B1", Class::ThirdAc),
            coach("S1", Class::Sleeper),
            coach("B2", Class::ThirdAc),
            coach("B3", Class::ThirdAc),
        ],
    });
    let run = "12951#2026-12-01".parse().expect("a run");
    RunState::unsold(run, Arc::new(train.expect("a train")), &QuotaRules::default())
}

fn coach<'a>(state: &'a mut RunState, id: &str) -> &'a mut CoachState {
    state.coach_mut(coach_id(id))
}

/// A run on which only the named berths are free: `B1 4 7, B2 1`.
fn free_only(berths: &str) -> RunState {
    let mut state = free_run();
    for id in ["B1", "B2", "B3"] {
        coach(&mut state, id).masks =
            (1..=BERTHS).map(|number| (number.into(), SegmentMask::of(0, HALTS - 1))).collect();
    }
    for part in berths.split(", ").filter(|part| !part.is_empty()) {
        let (id, numbers) = part.split_once(' ').expect("a coach and berths");
        for number in numbers.split(' ') {
            coach(&mut state, id).masks.remove(&number.parse().expect("a berth"));
        }
    }
    state
}

fn sell(state: &mut RunState, id: &str, numbers: RangeInclusive<u8>, from: u8, to: u8) {
    for number in numbers {
        let mask = coach(state, id).masks.entry(number.into()).or_default();
        *mask = mask.with(SegmentMask::of(from, to));
    }
}

fn leg(from: u8, to: u8) -> Leg {
    Leg::new(from, to).expect("forward")
}

fn now() -> DateTime<Utc> {
    "2026-11-24T10:00:00Z".parse().expect("an instant")
}

/// Wishes by a letter each: `.` any, `s` a senior, `l m u` lower, middle, upper, `U` a senior who likes the upper.
fn wishes(text: &str) -> Vec<BerthWish> {
    let wish = |letter| match letter {
        '.' => BerthWish::default(),
        's' => BerthWish { preference: None, needs_lower: true },
        'l' => BerthWish { preference: Some(BerthType::Lower), needs_lower: false },
        'm' => BerthWish { preference: Some(BerthType::Middle), needs_lower: false },
        'u' => BerthWish { preference: Some(BerthType::Upper), needs_lower: false },
        'U' => BerthWish { preference: Some(BerthType::Upper), needs_lower: true },
        _ => unreachable!("no such wish"),
    };
    text.chars().map(wish).collect()
}

fn shown(berths: &[BerthRef]) -> String {
    berths.iter().map(BerthRef::to_string).collect::<Vec<_>>().join(" ")
}

#[rstest]
#[case::one("B1 4 7", ".", "B1-4")]
#[case::a_preference("B1 4 5 6, B2 3", "u", "B1-6")]
#[case::a_preference_in_another_coach("B1 4 5, B2 3", "u", "B2-3")]
#[case::a_senior_does_not_climb("B1 2 3, B2 7", "s", "B2-7")]
#[case::even_if_they_like_it_up_there("B1 3 4", "U", "B1-4")]
#[case::a_senior_climbs_when_nothing_else_is_left("B1 2 3", "s", "B1-2")]
#[case::who_can_climb_leaves_the_lower_berths("B1 1 2 4 5 7, B2 1", ".", "B1-2")]
#[case::a_party_too("B1 1 2 3 4 5, B2 1 2 3", "...", "B1-2 B1-3 B1-5")]
#[case::unless_they_like_it_there("B1 1 2 4 5", "l", "B1-1")]
#[case::the_senior_gets_the_only_lower_berth("B1 1 2 3", "l.s", "B1-2 B1-3 B1-1")]
#[case::everybody_their_own("B1 1 2 3", "uml", "B1-3 B1-2 B1-1")]
#[case::one_bay_before_preferences("B1 2 3 9, B2 6 9", "lm", "B1-3 B1-2")]
#[case::one_bay_in_a_later_coach("B1 1 9, B2 3 11, B3 2 3", "..", "B3-2 B3-3")]
#[case::one_coach_before_one_more_berth("B1 1, B2 3 11", "..", "B2-3 B2-11")]
#[case::neighbouring_coaches("B1 2, B2 3, B3 5", "..", "B1-2 B2-3")]
#[case::as_few_as_will_do("B1 1, B2 2 3 4, B3 5 6", ".....", "B2-2 B2-3 B2-4 B3-5 B3-6")]
#[case::split_the_senior_still_lies_low("B1 2 3, B2 4", "..s", "B1-2 B1-3 B2-4")]
#[case::split_the_emptiest_coach_is_filled_first("B1 1 2, B2 1 2 3", "....", "B2-1 B2-2 B2-3 B1-2")]
#[case::over_three_coaches("B1 1, B2 2, B3 3", "...", "B1-1 B2-2 B3-3")]
#[case::nobody("B1 1", "", "")]
fn a_party_is_seated(#[case] free: &str, #[case] party: &str, #[case] given: &str) {
    let berths = allot(&free_only(free), Class::ThirdAc, Quota::General, leg(0, 5), &wishes(party), 0, now())
        .expect("enough are free");
    assert_eq!(shown(&berths), given);
}

#[rstest]
#[case("", ".", 0)]
#[case("B1 1, B3 16", "...", 2)]
fn too_few_are_counted(#[case] free: &str, #[case] party: &str, #[case] left: usize) {
    let answer = allot(&free_only(free), Class::ThirdAc, Quota::General, leg(0, 5), &wishes(party), 0, now());
    assert_eq!(answer, Err(Shortage { left }));
}

#[test]
fn a_class_that_the_train_does_not_carry_has_nothing_left() {
    let answer = allot(&free_run(), Class::FirstAc, Quota::General, leg(0, 5), &wishes("."), 7, now());
    assert_eq!(answer, Err(Shortage { left: 0 }));
}

#[test]
fn a_short_leg_takes_the_tightest_gap() {
    let mut state = free_run();
    // Berth 6 of B2 is free between halts 1 and 3 alone; 11 of B3 between 1 and 4.
    sell(&mut state, "B2", 6..=6, 0, 1);
    sell(&mut state, "B2", 6..=6, 3, 5);
    sell(&mut state, "B3", 11..=11, 0, 1);
    sell(&mut state, "B3", 11..=11, 4, 5);
    let given = |from, to| {
        shown(
            &allot(&state, Class::ThirdAc, Quota::General, leg(from, to), &wishes("."), 0, now())
                .expect("enough are free"),
        )
    };
    assert_eq!(given(1, 3), "B2-6");
    assert_eq!(given(1, 2), "B2-6");
    assert_eq!(given(2, 4), "B3-11");
    assert_eq!(given(0, 5), "B1-2");
    // Berth 14 of B3 is sold behind the leg alone.
    sell(&mut state, "B3", 14..=14, 2, 5);
    let berths =
        allot(&state, Class::ThirdAc, Quota::General, leg(0, 2), &wishes("."), 0, now()).expect("enough are free");
    assert_eq!(shown(&berths), "B3-14");
}

#[test]
fn the_start_decides_among_equal_coaches_only() {
    let coach_for = |state: &RunState, start| {
        let berths = allot(state, Class::ThirdAc, Quota::General, leg(0, 5), &wishes(".."), start, now())
            .expect("enough are free");
        berths[0].coach.to_string()
    };
    let state = free_run();
    assert_eq!([0, 1, 2, 3, u64::MAX].map(|start| coach_for(&state, start)), ["B1", "B2", "B3", "B1", "B1"]);
    let unequal = free_only("B1 1 9, B2 1 2, B3 1 9");
    assert_eq!([0, 1, 2].map(|start| coach_for(&unequal, start)), ["B2", "B2", "B2"]);
}

#[test]
fn a_tighter_gap_comes_before_a_low_berth_that_is_left_for_others() {
    let mut state = free_only("B1 1 2");
    sell(&mut state, "B1", 1..=1, 0, 1);
    let berths =
        allot(&state, Class::ThirdAc, Quota::General, leg(1, 4), &wishes("."), 0, now()).expect("enough are free");
    assert_eq!(shown(&berths), "B1-1");
}

/// What a choice in one coach costs, said once more in the plainest way.
fn cost_of(state: &RunState, leg: Leg, wishes: &[BerthWish], berths: &[BerthRef]) -> Cost {
    let mut cost = Cost { coaches: 1, climbing: 0, bays_apart: 0, unliked: 0, spare: 0, low_spent: 0 };
    for (wish, berth) in wishes.iter().zip(berths) {
        let coach = state.train.coach(berth.coach).expect("of this train");
        let (kind, taken) = (coach.berth_type(berth.number), state.coach(berth.coach).taken(berth.number, now()));
        let wants_low = wish.needs_lower || matches!(wish.preference, Some(BerthType::Lower | BerthType::SideLower));
        cost.climbing += usize::from(wish.needs_lower && !kind.is_low());
        cost.unliked += usize::from(wish.preference.is_some_and(|liked| liked != kind));
        cost.low_spent += usize::from(kind.is_low() && !wants_low);
        cost.spare += (0..leg.from()).rev().take_while(|segment| !taken.has(*segment)).count() as u32;
        cost.spare += (leg.to()..HALTS - 1).take_while(|segment| !taken.has(*segment)).count() as u32;
        cost.bays_apart = cost.bays_apart.max(coach.bay_of(berth.number).abs_diff(coach.bay_of(berths[0].number)));
    }
    cost
}

prop_compose! {
    fn any_leg()(from in 0..HALTS - 1, length in 1..HALTS) -> Leg {
        leg(from, (from + length).min(HALTS - 1))
    }
}

prop_compose! {
    fn any_wish()(kind in 0..5_u8, needs_lower in prop::bool::weighted(0.3)) -> BerthWish {
        let kinds = [BerthType::Lower, BerthType::Middle, BerthType::Upper, BerthType::SideUpper];
        BerthWish { preference: kinds.get(usize::from(kind)).copied(), needs_lower }
    }
}

/// A run on which a good part is sold, held, held until a while ago, or blocked.
fn any_state() -> impl Strategy<Value = RunState> {
    let any_coach = prop::sample::select(vec!["B1", "B2", "B3"]);
    let event = (any_coach, 1..=BERTHS, any_leg(), 0..8_u8);
    prop::collection::vec(event, 0..140).prop_map(|events| {
        let mut state = free_run();
        for (i, (id, number, leg, what)) in events.into_iter().enumerate() {
            let coach = coach(&mut state, id);
            if what == 0 {
                coach.blocked.insert(number, "broken".to_owned());
                continue;
            }
            let mask = coach.masks.entry(number.into()).or_default();
            if mask.overlaps(leg.mask()) {
                continue;
            }
            *mask = mask.with(leg.mask());
            let until = match what {
                1 => now() + Duration::minutes(5),
                2 => now() - Duration::minutes(5),
                _ => continue,
            };
            coach.holds.insert(HoldId(Uuid::from_u128(i as u128)), HeldPart { spots: vec![number.into()], leg, until });
        }
        state
    })
}

proptest! {
    #[test]
    fn who_travels_alone_is_a_party_of_one(
        state in any_state(), leg in any_leg(), wish in any_wish(), start in any::<u32>()
    ) {
        let coaches = state.train.coaches_of(Class::ThirdAc);
        let free: Vec<_> =
            coaches.map(|coach| free_berths(&state, *coach, Quota::General, leg, now())).collect();
        let party = together(&free, &[wish], start.into()).map(|placement| placement.berths);
        prop_assert_eq!(alone(&free, wish, start.into()).map(|berth| vec![berth]), party);
    }

    #[test]
    fn equal_berths_are_spread_over_those_who_ask_at_once(start in any::<u64>()) {
        let berth = |start| allot(&free_run(), Class::ThirdAc, Quota::General, leg(0, 5), &wishes("."), start, now());
        let kinds = [start, 0].map(|start| {
            let berth = berth(start).expect("all are free")[0];
            free_run().train.coach(berth.coach).expect("its coach").berth_type(berth.number).is_low()
        });
        prop_assert_eq!(kinds, [false, false], "low berths stay for those who need them");
        let others: BTreeSet<_> = (0..64).map(|n| berth(start ^ (n << 32)).expect("all are free")).collect();
        prop_assert!(others.len() > 8, "{:?}", others);
    }

    #[test]
    fn a_party_gets_free_berths_or_the_right_count(
        state in any_state(), leg in any_leg(), party in prop::collection::vec(any_wish(), 0..7), start in any::<u64>()
    ) {
        let left = state.available(Class::ThirdAc, Quota::General, leg, now()).expect("the class is carried");
        match allot(&state, Class::ThirdAc, Quota::General, leg, &party, start, now()) {
            Err(Shortage { left: said }) => {
                prop_assert!(left < party.len());
                prop_assert_eq!(said, left);
            }
            Ok(berths) => {
                prop_assert_eq!(berths.len(), party.len());
                prop_assert_eq!(berths.iter().collect::<BTreeSet<_>>().len(), party.len());
                for berth in &berths {
                    let coach = state.train.coach(berth.coach).expect("of this train");
                    prop_assert_eq!(coach.class(), Class::ThirdAc);
                    prop_assert!((1..=coach.berths()).contains(&berth.number));
                    prop_assert!(state.coach(berth.coach).is_free(berth.number, leg, now()));
                }
                prop_assert_eq!(&berths, &allot(&state, Class::ThirdAc, Quota::General, leg, &party, start, now()).expect("as before"));
            }
        }
    }

    #[test]
    fn a_party_stays_together_and_seniors_low_where_that_can_be(
        state in any_state(), leg in any_leg(), party in prop::collection::vec(any_wish(), 1..7), start in any::<u64>()
    ) {
        let Ok(berths) = allot(&state, Class::ThirdAc, Quota::General, leg, &party, start, now()) else { return Ok(()) };
        let free = |coach: &Coach, number: &u8| state.coach(coach.id()).is_free(*number, leg, now());
        let coaches: Vec<_> = state.train.coaches_of(Class::ThirdAc).collect();
        let used: BTreeSet<_> = berths.iter().map(|berth| berth.coach).collect();
        if coaches.iter().any(|coach| state.free_in(coach, Quota::General, leg, now()) >= party.len()) {
            prop_assert_eq!(used.len(), 1, "one coach would do");
            let coach = state.train.coach(berths[0].coach).expect("of this train");
            let low = coach.numbers().filter(|n| free(coach, n) && coach.berth_type(*n).is_low()).count();
            let given = |needy: bool| {
                let pairs = party.iter().zip(&berths).filter(move |(wish, _)| wish.needs_lower == needy);
                pairs.filter(|(_, berth)| coach.berth_type(berth.number).is_low()).count()
            };
            let needy = party.iter().filter(|wish| wish.needs_lower).count();
            prop_assert_eq!(given(true), needy.min(low), "a low berth was free");
        }
        let nobody_needy = party.iter().all(|wish| !wish.needs_lower);
        let some_bay_fits = coaches.iter().any(|coach| {
            let bay = |bay: usize| coach.numbers().filter(|n| coach.bay_of(*n) == bay && free(coach, n)).count();
            (0..2).any(|b| bay(b) >= party.len())
        });
        if nobody_needy && some_bay_fits {
            let bays: BTreeSet<_> = berths.iter().map(|berth| (berth.coach, (berth.number - 1) / 8)).collect();
            prop_assert_eq!(bays.len(), 1, "one bay would do");
        }
    }

    #[test]
    fn nothing_in_one_coach_is_better_for_one_or_two(
        state in any_state(), leg in any_leg(), party in prop::collection::vec(any_wish(), 1..3), start in any::<u64>()
    ) {
        let coaches = state.train.coaches_of(Class::ThirdAc);
        let least = coaches.flat_map(|coach| {
            let free: Vec<_> = free_berths(&state, *coach, Quota::General, leg, now()).iter().map(|free| free.berth).collect();
            let choices: Vec<Vec<_>> = match party.len() {
                1 => free.iter().map(|berth| vec![*berth]).collect(),
                _ => free.iter().flat_map(|one| free.iter().map(|other| vec![*one, *other])).collect(),
            };
            let distinct = choices.into_iter().filter(|berths| berths.len() == 1 || berths[0] != berths[1]);
            distinct.map(|berths| cost_of(&state, leg, &party, &berths)).collect::<Vec<_>>()
        });
        let Some(least) = least.min() else { return Ok(()) };
        let berths = allot(&state, Class::ThirdAc, Quota::General, leg, &party, start, now()).expect("one coach would do");
        prop_assert_eq!(cost_of(&state, leg, &party, &berths), least);
    }

    #[test]
    fn no_choice_costs_less_than_the_least(
        state in any_state(), leg in any_leg(), party in prop::collection::vec(any_wish(), 1..7), filled in 0..7_usize
    ) {
        let coach = state.train.coach(coach_id("B1")).expect("of this train");
        let berths = free_berths(&state, *coach, Quota::General, leg, now());
        let filled = filled.min(party.len());
        if berths.len() >= party.len() {
            let seats = Seats { berths, filled, coaches: 1, bays_apart: 1 };
            prop_assert!(seats.least_cost(&party) <= seats.matched(&party).cost);
        }
    }

    #[test]
    fn selling_what_was_allotted_never_sells_a_segment_twice(
        legs in prop::collection::vec((any_leg(), 1..4_usize, any::<u64>()), 1..30)
    ) {
        let mut state = free_run();
        for (leg, party, start) in legs {
            let wishes = vec![BerthWish::default(); party];
            let Ok(berths) = allot(&state, Class::ThirdAc, Quota::General, leg, &wishes, start, now()) else { continue };
            for berth in berths {
                let mask = state.coach_mut(berth.coach).masks.entry(berth.number.into()).or_default();
                prop_assert!(!mask.overlaps(leg.mask()));
                *mask = mask.with(leg.mask());
            }
        }
    }
}
