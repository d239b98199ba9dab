use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rstest::rstest;

use super::{Accept, Asked, Grant, NotAdmitted, Standing};
use crate::domain::allotment::BerthWish;
use crate::domain::coach::{Class, Coach, CoachId};
use crate::domain::inventory::{CoachState, RunState, Stage};
use crate::domain::quota::Quota;
use crate::domain::rules::quota::{ClassQuotas, QuotaRules, SeniorBerths, WaitingCap};
use crate::domain::segment::Leg;
use crate::domain::station::StationCode;
use crate::domain::time::RunTime;
use crate::domain::train::{Halt, Train, TrainDraft, TrainKind, TrainNumber, Zone};
use crate::domain::waitlist::{QueueHead, QueueId, WaitingList};

fn now() -> DateTime<Utc> {
    "2026-11-24T10:00:00Z".parse().expect("an instant")
}

fn whole() -> Leg {
    Leg::new(0, 3).expect("forward")
}

/// Four halts and one bay of SL (LB MB UB LB MB UB SL SU): 7 is shared, 8 is for Tatkal, 1 to 6 are in the general quota,
/// and three may wait.
fn run(free: &[u8]) -> RunState {
    let s1 = CoachId::parse("S1").expect("a coach");
    let halts = (0..4_u8).map(|i| {
        let time = RunTime::from_minutes(600 + 60 * u16::from(i)).expect("within a day");
        let station = StationCode::parse(&format!("ST{i}")).expect("a code");
        Halt { station, arrive: time, depart: time, km: 100 * u16::from(i) }
    });
    let train = Train::new(TrainDraft {
        number: TrainNumber::parse("12951").expect("a number"),
        version: 1,
        name: "Mumbai Express".to_owned(),
        kind: TrainKind::Superfast,
        zone: Zone::WR,
        runs_on: "MTWTFSS".parse().expect("daily"),
        halts: halts.collect(),
        coaches: vec![Coach::new(s1, Class::Sleeper, 8).expect("a coach")],
    });
    let quotas = ClassQuotas {
        per_berths: 8,
        rac: 1,
        senior: SeniorBerths::default(),
        ladies: 0,
        tatkal: 1,
        waiting: WaitingCap::Passengers(3),
    };
    let rules = QuotaRules { classes: BTreeMap::from([(Class::Sleeper, quotas)]), ..QuotaRules::default() };
    let run = "12951#2026-12-01".parse().expect("a run");
    let mut state = RunState::unsold(run, Arc::new(train.expect("a train")), &rules);
    let sold = (1..=6).filter(|number| !free.contains(number)).map(|number| (number.into(), whole().mask()));
    *state.coach_mut(s1) = CoachState { masks: sold.collect(), ..CoachState::default() };
    state
}

/// As in a timetable of places: `S1-4 S1-7a WL`.
fn told(state: &RunState, wishes: &[BerthWish], accept: Accept, quota: Quota) -> Result<String, NotAdmitted> {
    let asked = Asked { class: Class::Sleeper, quota, leg: whole(), wishes, accept, start: 0 };
    let grants = state.admit(&asked, now())?.into_iter().map(|grant| match grant {
        Grant::Berth(berth) => berth.to_string(),
        Grant::Shared(half) => format!("{}-{}", half.berth.coach, half.spot()),
        Grant::Waiting => "WL".to_owned(),
        Grant::Unreserved => "UR".to_owned(),
    });
    Ok(grants.collect::<Vec<_>>().join(" "))
}

const ANY: BerthWish = BerthWish { preference: None, needs_lower: false };
const LOW: BerthWish = BerthWish { preference: None, needs_lower: true };

#[rstest]
#[case::berths_for_all(&[4, 5], 2, Ok("S1-4 S1-5"))]
#[case::one_berth_and_a_half(&[5], 2, Ok("S1-5 S1-7a"))]
#[case::both_halves(&[], 2, Ok("S1-7a S1-7b"))]
#[case::all_there_is(&[5], 6, Ok("S1-5 S1-7a S1-7b WL WL WL"))]
#[case::one_too_many(&[], 6, Err(NotAdmitted::ListFull))]
fn a_party_is_given_berths_then_halves_then_places(
    #[case] free: &[u8],
    #[case] size: usize,
    #[case] given: Result<&str, NotAdmitted>,
) {
    let told = told(&run(free), &vec![ANY; size], Accept::Anything, Quota::General);
    assert_eq!(told, given.map(str::to_owned));
}

#[test]
fn the_berths_go_first_to_those_who_should_not_climb() {
    let given = told(&run(&[4]), &[ANY, LOW, ANY], Accept::Anything, Quota::General);
    assert_eq!(given, Ok("S1-7a S1-4 S1-7b".to_owned()));
}

#[test]
fn nothing_but_berths_is_given_to_who_takes_nothing_else() {
    let refused = told(&run(&[4]), &[ANY, ANY], Accept::Berths, Quota::General);
    assert_eq!(refused, Err(NotAdmitted::Shortage { left: 1, standing: Standing::Available(1) }));
    let refused = told(&run(&[]), &[ANY], Accept::Berths, Quota::General);
    assert_eq!(refused, Err(NotAdmitted::Shortage { left: 0, standing: Standing::Rac(1) }));
}

#[test]
fn nobody_shares_in_tatkal_and_there_is_no_list_for_ladies() {
    assert_eq!(told(&run(&[]), &[ANY, ANY], Accept::Anything, Quota::Tatkal), Ok("S1-8 WL".to_owned()));
    let refused = told(&run(&[4]), &[ANY], Accept::Anything, Quota::Ladies);
    assert_eq!(refused, Err(NotAdmitted::Shortage { left: 0, standing: Standing::Full }));
}

#[rstest]
#[case::charted(Stage::FirstChart, false)]
#[case::frozen(Stage::Open, true)]
fn a_closed_list_takes_nobody(#[case] stage: Stage, #[case] frozen: bool) {
    let mut state = RunState { stage, ..run(&[]) };
    // At the chart the shared berth and that of Tatkal are everybody's.
    let masks = &mut state.coach_mut(CoachId::parse("S1").expect("a coach")).masks;
    masks.extend(
        [("7a", whole()), ("7b", whole()), ("8", whole())]
            .map(|(spot, leg)| (spot.parse().expect("a spot"), leg.mask())),
    );
    let id = QueueId { class: Class::Sleeper, list: WaitingList::General };
    state.queues.insert(id, QueueHead { frozen, ..QueueHead::default() });
    assert_eq!(told(&state, &[ANY], Accept::Anything, Quota::General), Err(NotAdmitted::ListClosed));
}

#[test]
fn who_is_on_the_list_already_leaves_less_room() {
    let mut state = run(&[]);
    let id = QueueId { class: Class::Sleeper, list: WaitingList::General };
    state.queues.insert(id, QueueHead { waiting: 2, ..QueueHead::default() });
    assert_eq!(told(&state, &[ANY; 3], Accept::Anything, Quota::General), Ok("S1-7a S1-7b WL".to_owned()));
    assert_eq!(told(&state, &[ANY; 4], Accept::Anything, Quota::General), Err(NotAdmitted::ListFull));
}

#[test]
fn the_unreserved_class_has_room_for_all() {
    let state = run(&[]);
    let asked = Asked {
        class: Class::Unreserved,
        quota: Quota::General,
        leg: whole(),
        wishes: &[ANY; 6],
        accept: Accept::Berths,
        start: 0,
    };
    assert_eq!(state.admit(&asked, now()), Ok(vec![Grant::Unreserved; 6]));
    assert_eq!(state.standing(Class::Unreserved, Quota::General, whole(), now()), Some(Standing::Unreserved));
    assert_eq!(state.admit(&Asked { class: Class::FirstAc, ..asked }, now()), Err(NotAdmitted::NoSuchClass));
}
