use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use rstest::rstest;
use uuid::Uuid;

use super::{Better, Move, Promotion, next_move};
use crate::domain::coach::{BerthRef, Class, Coach, CoachId};
use crate::domain::inventory::{CoachState, GRACE, HeldPart, HoldId, RunState, Stage};
use crate::domain::pnr::Pnr;
use crate::domain::quota::Pool;
use crate::domain::rules::quota::{ClassQuotas, QuotaRules, SeniorBerths, WaitingCap};
use crate::domain::segment::Leg;
use crate::domain::spot::{Part, SharedBerth, Spot};
use crate::domain::station::StationCode;
use crate::domain::time::RunTime;
use crate::domain::train::{Halt, Train, TrainDraft, TrainKind, TrainNumber, Zone};
use crate::domain::waitlist::{Entry, QueueId, Waiter, WaitingList};

const HALTS: u8 = 6;
const BERTHS: u8 = 8;

fn now() -> DateTime<Utc> {
    "2026-11-24T10:00:00Z".parse().expect("an instant")
}

fn leg(from: u8, to: u8) -> Leg {
    Leg::new(from, to).expect("forward")
}

fn whole() -> Leg {
    leg(0, HALTS - 1)
}

fn coach_id(text: &str) -> CoachId {
    CoachId::parse(text).expect("a coach")
}

fn berth(coach: &str, number: u8) -> BerthRef {
    BerthRef { coach: coach_id(coach), number }
}

fn half(coach: &str, number: u8, part: Part) -> SharedBerth {
    SharedBerth { berth: berth(coach, number), part }
}

/// Six halts; S1 and S2 with a bay each (LB MB UB LB MB UB SL SU): 7 is shared, 1 and 2 are for ladies, 8 is for Tatkal,
/// and 3 to 6 are in the general quota.
fn free_run() -> RunState {
    let coach = |id| Coach::new(coach_id(id), Class::Sleeper, BERTHS).expect("a coach");
    let halts = (0..HALTS).map(|i| {
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
        coaches: vec![coach("S1"), coach("S2")],
    });
    let quotas = ClassQuotas {
        per_berths: BERTHS,
        rac: 1,
        senior: SeniorBerths::default(),
        ladies: 2,
        tatkal: 1,
        waiting: WaitingCap::Passengers(300),
    };
    let rules = QuotaRules { classes: BTreeMap::from([(Class::Sleeper, quotas)]), ..QuotaRules::default() };
    let run = "12951#2026-12-01".parse().expect("a run");
    RunState::unsold(run, Arc::new(train.expect("a train")), &rules)
}

/// A run on which nothing is free but the named spots: `S1 4 7a, S2 8`.
fn free_only(spots: &str) -> RunState {
    let mut state = free_run();
    for id in ["S1", "S2"] {
        let all = (1..=BERTHS).flat_map(|number| match number {
            7 => Part::HALVES.map(|part| Spot::new(7, part)).to_vec(),
            _ => vec![number.into()],
        });
        let masks = all.map(|spot| (spot, whole().mask())).collect();
        *state.coach_mut(coach_id(id)) = CoachState { masks, fenced: true, ..CoachState::default() };
    }
    for coach in spots.split(", ").filter(|coach| !coach.is_empty()) {
        let (id, spots) = coach.split_once(' ').expect("a coach and its spots");
        let coach = state.coach_mut(coach_id(id));
        for spot in spots.split(' ') {
            coach.masks.remove(&spot.parse().expect("a spot"));
        }
    }
    state
}

fn id(list: WaitingList) -> QueueId {
    QueueId { class: Class::Sleeper, list }
}

const GN: WaitingList = WaitingList::General;
const TQ: WaitingList = WaitingList::Tatkal;

const WAITS: Waiter = Waiter { passenger: 0, shared: None, preference: None, needs_lower: false, ladies: false };

fn shares(half: SharedBerth) -> Waiter {
    Waiter { shared: Some(half), ..WAITS }
}

fn pnr(seq: u64) -> Pnr {
    Pnr::draw(Zone::WR, seq)
}

/// An entry whose passengers are the first ones of its form.
fn entry(list: WaitingList, seq: u64, leg: Leg, waiters: impl IntoIterator<Item = Waiter>) -> (QueueId, Entry) {
    let waiters = (0..).zip(waiters).map(|(passenger, waiter)| Waiter { passenger, ..waiter });
    (id(list), Entry { seq, version: 1, pnr: pnr(seq), leg, waiters: waiters.collect() })
}

/// The run with the heads that count the entries.
fn queued(mut state: RunState, entries: &[(QueueId, Entry)]) -> RunState {
    for (id, entry) in entries {
        let head = state.queues.entry(*id).or_default();
        head.rac += entry.rac();
        head.waiting += entry.waiting();
    }
    state
}

fn promotion(state: &RunState, entries: &[(QueueId, Entry)]) -> Promotion {
    Promotion::new(queued(state.clone(), entries), Class::Sleeper, entries.to_vec(), now())
}

/// The moves as text: `3/0 S1-4` for passenger 0 of the entry with seq 3, `4/1 S1-7a` for half a berth.
fn told(state: &RunState, entries: &[(QueueId, Entry)]) -> Vec<String> {
    let moves = promotion(state, entries);
    let steps = moves.flat_map(|made| made.steps.clone().into_iter().map(move |step| (made.before.seq, step)));
    let told = steps.map(|(seq, step)| {
        let to = match step.to {
            Better::Berth(berth) => berth.to_string(),
            Better::Half { half, .. } => format!("{}-{}", half.berth.coach, half.spot()),
        };
        format!("{seq}/{} {to}", step.passenger)
    });
    told.collect()
}

#[test]
fn who_shares_gets_the_berth_and_who_waits_the_half() {
    let entries = [
        entry(GN, 1, whole(), [WAITS]),
        entry(GN, 2, whole(), [shares(half("S1", 7, Part::Second))]),
        entry(GN, 3, whole(), [WAITS]),
    ];
    assert_eq!(told(&free_only("S2 4"), &entries), ["2/0 S2-4", "1/0 S1-7b"]);
}

#[test]
fn a_berth_that_fits_nobody_in_front_goes_to_whom_it_fits() {
    let mut state = free_only("S1 4");
    let coach = state.coach_mut(coach_id("S1"));
    coach.masks.insert(4.into(), leg(0, 2).mask());
    let entries = [entry(GN, 1, whole(), [WAITS]), entry(GN, 2, leg(2, 5), [WAITS]), entry(GN, 3, leg(2, 5), [WAITS])];
    assert_eq!(told(&state, &entries), ["2/0 S1-4"]);
}

#[test]
fn a_party_moves_up_passenger_by_passenger_in_one_move() {
    let entries = [entry(GN, 1, whole(), [WAITS, WAITS, WAITS, WAITS]), entry(GN, 2, whole(), [WAITS])];
    let mut promotion = promotion(&free_only("S1 4 7a, S2 5"), &entries);
    let made = promotion.next().expect("two berths and a half are free");
    assert_eq!(made.steps.iter().map(|step| step.passenger).collect::<Vec<_>>(), [0, 1, 2]);
    let after = made.after.expect("two of four are left");
    assert_eq!((after.version, after.rac(), after.waiting()), (2, 1, 1));
    assert_eq!(made.edits.len(), 2, "an edit for each coach");
    assert_eq!(promotion.next(), None);
    let head = promotion.into_state().queue(id(GN));
    assert_eq!((head.rac, head.waiting), (1, 2));
}

#[test]
fn who_shares_and_who_waits_on_one_booking_do_not_pass_those_between_them() {
    let entries = [
        entry(GN, 1, whole(), [shares(half("S1", 7, Part::First)), WAITS]),
        entry(GN, 2, whole(), [shares(half("S1", 7, Part::Second))]),
    ];
    // Both halves become free; the first waiting passenger gets one.
    assert_eq!(told(&free_only("S1 4, S2 4"), &entries), ["1/0 S1-4", "2/0 S2-4", "1/1 S1-7a"]);
}

#[test]
fn the_tatkal_list_gets_tatkal_berths_alone_and_nobody_else_does() {
    let entries = [entry(GN, 1, whole(), [WAITS]), entry(TQ, 1, whole(), [WAITS, WAITS, WAITS])];
    assert_eq!(told(&free_only("S2 8"), &entries), ["1/0 S2-8"]);
    assert_eq!(told(&free_only("S1 8, S2 4 7a"), &entries), ["1/0 S2-4", "1/0 S1-8"]);
    let entries = [entry(TQ, 1, whole(), [WAITS])];
    assert_eq!(told(&free_only("S1 1 3 7a 7b"), &entries), [""; 0]);
}

#[test]
fn at_the_chart_all_berths_are_for_all_and_the_general_list_comes_first() {
    let mut state = free_only("S1 8, S2 3 7a");
    state.stage = Stage::FirstChart;
    let entries = [
        entry(TQ, 1, whole(), [WAITS]),
        entry(GN, 5, whole(), [WAITS]),
        entry(TQ, 2, whole(), [WAITS]),
        entry(GN, 6, whole(), [WAITS, WAITS]),
    ];
    assert_eq!(told(&state, &entries).len(), 3);
    let moves: Vec<_> = promotion(&state, &entries).map(|made| (made.queue.list, made.before.seq)).collect();
    assert_eq!(moves, [(GN, 5), (GN, 6)]);
    let free = RunState { stage: Stage::FirstChart, ..free_only("S1 8 3 4, S2 7a") };
    let entries = [entry(TQ, 1, whole(), [WAITS]), entry(GN, 9, whole(), [WAITS])];
    let moves: Vec<_> = promotion(&free, &entries).map(|made| made.queue.list).collect();
    assert_eq!(moves, [GN, TQ]);
}

#[rstest]
#[case(Stage::Open, false, false, &[])]
#[case(Stage::FirstChart, false, false, &["1/0 S1-2"])]
#[case(Stage::FirstChart, true, false, &["2/0 S1-2"])]
#[case(Stage::FirstChart, true, true, &["3/0 S1-2"])]
#[case(Stage::Cancelled, true, true, &[])]
fn a_ladies_berth_goes_to_women_then_to_those_who_need_a_low_one_then_to_all(
    #[case] stage: Stage,
    #[case] senior: bool,
    #[case] lady: bool,
    #[case] moves: &[&str],
) {
    let state = RunState { stage, ..free_only("S1 2") };
    let entries = [
        entry(GN, 1, whole(), [WAITS]),
        entry(GN, 2, whole(), [Waiter { needs_lower: senior, ..WAITS }]),
        entry(GN, 3, whole(), [Waiter { ladies: lady, ..WAITS }]),
    ];
    assert_eq!(told(&state, &entries), moves);
}

#[test]
fn at_the_first_chart_two_share_a_berth_rather_than_one_has_it_and_the_other_nothing() {
    let state = RunState { stage: Stage::FirstChart, ..free_only("S2 7a 7b") };
    let pair = [entry(GN, 1, whole(), [WAITS]), entry(GN, 2, whole(), [WAITS])];
    assert_eq!(told(&state, &pair), ["1/0 S2-7a", "2/0 S2-7b"]);
    // Nobody waits: then whoever shares elsewhere has it alone.
    let sharing = [entry(GN, 1, whole(), [shares(half("S1", 7, Part::First))])];
    assert_eq!(told(&state, &sharing), ["1/0 S2-7"]);
    let tatkal = [entry(TQ, 1, whole(), [WAITS])];
    assert_eq!(told(&state, &tatkal), ["1/0 S2-7"], "nobody shares in Tatkal");
}

#[test]
fn at_the_last_chart_whoever_has_an_empty_half_beside_them_keeps_the_whole() {
    let entries = [
        entry(GN, 1, leg(0, 3), [shares(half("S1", 7, Part::First))]),
        entry(GN, 2, whole(), [shares(half("S2", 7, Part::Second))]),
    ];
    let mut state = free_only("S2 7a");
    state.coach_mut(coach_id("S1")).masks.insert(Spot::new(7, Part::Second), leg(2, 5).mask());
    assert_eq!(told(&RunState { stage: Stage::FirstChart, ..state.clone() }, &entries), [""; 0]);
    let last = RunState { stage: Stage::FinalChart, ..state };
    assert_eq!(told(&last, &entries), ["2/0 S2-7"]);
    let made = next_move(&queued(last, &entries), Class::Sleeper, &entries, now()).expect("as told");
    assert_eq!(made.after, None);
    let masks = &made.edits[0].masks;
    assert_eq!(masks[&Spot::new(7, Part::First)].1, whole().mask());
    assert_eq!(masks[&Spot::new(7, Part::Second)], (whole().mask(), whole().mask()), "their own half is asked for too");
}

#[test]
fn a_hold_that_is_over_goes_whole_with_the_move_that_takes_its_berth() {
    let mut state = free_only("");
    let until = now() - GRACE;
    let part = HeldPart { spots: vec![4.into(), 5.into()], leg: whole(), until };
    let hold = HoldId(Uuid::from_u128(1));
    state.coach_mut(coach_id("S1")).holds.insert(hold, part.clone());
    let entries = [entry(GN, 1, whole(), [WAITS])];
    let made = next_move(&state, Class::Sleeper, &entries, now()).expect("two berths are free");
    assert_eq!(made.edits[0].removed, [(hold, part)]);
    assert_eq!(made.edits[0].masks.values().filter(|(_, after)| after.is_empty()).count(), 1);
    assert_eq!(next_move(&state, Class::Sleeper, &entries, now() - TimeDelta::seconds(1)), None);
}

#[test]
fn a_wish_is_heard() {
    let lower = Waiter { needs_lower: true, ..WAITS };
    assert_eq!(told(&free_only("S1 3 5 6, S2 4"), &[entry(GN, 1, whole(), [lower])]), ["1/0 S2-4"]);
}

prop_compose! {
    fn any_leg()(from in 0..HALTS - 1, length in 1..HALTS) -> Leg {
        leg(from, (from + length).min(HALTS - 1))
    }
}

/// Who shares a half has it in the masks: `(leg, halves by index, how many wait, is a lady, is on the Tatkal list)`.
type Plain = (Leg, u8, bool, bool);

prop_compose! {
    /// Spots that others have, with expired holds among them, and a queue with some who share.
    fn any_queue()(
        taken in prop::collection::vec((0..2 * BERTHS, any_leg(), any::<bool>()), 0..24),
        plain in prop::collection::vec((any_leg(), 0..4_u8, any::<bool>(), prop::bool::weighted(0.2)), 1..14),
        stage in prop::sample::select(vec![Stage::Open, Stage::FirstChart, Stage::FinalChart]),
    ) -> (RunState, Vec<(QueueId, Entry)>) {
        let mut state = RunState { stage, ..free_run() };
        let mut entries = Vec::new();
        for (seq, plain) in plain.into_iter().enumerate() {
            entries.push(joined(&mut state, seq as u64, plain));
        }
        for (index, (place, leg, expired)) in taken.into_iter().enumerate() {
            let berth = BerthRef { coach: coach_id(["S1", "S2"][usize::from(place / BERTHS)]), number: place % BERTHS + 1 };
            let part = if state.is_shared(berth) { Part::HALVES[index % 2] } else { Part::Whole };
            let spot = Spot::new(berth.number, part);
            let shared: Vec<u8> = state.terms.allocation.in_pool(&state.train.coaches()[0], Pool::Rac).collect();
            let coach = state.coach_mut(berth.coach);
            if coach.is_spot_free(spot, leg, now()) && coach.reclaimable(spot, leg, now()).next().is_none() {
                let mask = coach.masks.entry(spot).or_default();
                *mask = mask.with(leg.mask());
                if expired {
                    let mut spots = vec![spot];
                    // Parties hold several: whoever wants one of them gives all of them back.
                    let beside = Spot::from(berth.number % BERTHS + 1);
                    let is_whole = !shared.contains(&beside.number);
                    if is_whole && beside != spot && coach.is_spot_free(beside, leg, now()) && coach.reclaimable(beside, leg, now()).next().is_none() {
                        let mask = coach.masks.entry(beside).or_default();
                        *mask = mask.with(leg.mask());
                        spots.push(beside);
                    }
                    let part = HeldPart { spots, leg, until: now() - GRACE };
                    coach.holds.insert(HoldId(Uuid::from_u128(index as u128)), part);
                }
            }
        }
        (queued(state, &entries), entries)
    }
}

/// An entry of as many as are given, of whom the first shares a half if one is free.
fn joined(state: &mut RunState, seq: u64, (leg, waiting, ladies, tatkal): Plain) -> (QueueId, Entry) {
    let list = if tatkal { TQ } else { GN };
    let shared = super::free_half(state, Class::Sleeper, leg, now()).filter(|_| !tatkal && seq < 5);
    if let Some(half) = shared {
        let coach = state.coach_mut(half.berth.coach);
        let mask = coach.masks.entry(half.spot()).or_default();
        *mask = mask.with(leg.mask());
    }
    let first = shared.map(shares);
    let others = (0..waiting.max(u8::from(first.is_none()))).map(|_| Waiter { ladies, ..WAITS });
    entry(list, seq, leg, first.into_iter().chain(others))
}

/// Everybody in the order of service: what they are, their leg, and the spots that would serve them.
fn in_order(entries: &BTreeMap<(WaitingList, u64), Entry>) -> Vec<(u64, u8, Leg, Option<SharedBerth>, WaitingList)> {
    let mut everybody: Vec<_> = entries
        .iter()
        .flat_map(|((list, seq), entry)| {
            entry.waiters.iter().map(move |waiter| (*seq, waiter.passenger, entry.leg, waiter.shared, *list))
        })
        .collect();
    everybody.sort_by_key(|(seq, passenger, _, shared, list)| (*list, shared.is_none(), *seq, *passenger));
    everybody
}

proptest! {
    #[test]
    fn the_order_holds_no_spot_is_given_twice_and_nothing_that_fits_is_left((start, entries) in any_queue()) {
        let mut state = start.clone();
        let mut left: BTreeMap<_, _> = entries.iter().map(|(id, entry)| ((id.list, entry.seq), entry.clone())).collect();
        let people = entries.iter().map(|(_, entry)| entry.waiters.len()).sum::<usize>();
        let moves: Vec<Move> = Promotion::new(start.clone(), Class::Sleeper, entries, now()).collect();
        prop_assert!(moves.iter().map(|made| made.steps.len()).sum::<usize>() <= 2 * people, "it ends");
        for made in &moves {
            let key = (made.queue.list, made.before.seq);
            prop_assert_eq!(left.get(&key), Some(&made.before));
            // Step by step, as the masks are without the code's own edits.
            for step in &made.steps {
                let order = in_order(&left);
                let entry = left.get_mut(&key).expect("asserted above");
                let at = entry.waiters.iter().position(|waiter| waiter.passenger == step.passenger).expect("they wait");
                prop_assert_eq!(entry.waiters[at].shared, step.from);
                let entry_leg = entry.leg;
                let mut freed = state.clone();
                if let Some(half) = step.from {
                    let mask = freed.coach_mut(half.berth.coach).masks.get_mut(&half.spot());
                    let mask = mask.expect("taken");
                    prop_assert!(mask.contains(entry_leg.mask()), "they had it");
                    *mask = mask.without(entry_leg.mask());
                }
                let spots = freed.spots_of(&[step.to.grant()]);
                for (coach, spots) in &spots {
                    for spot in spots {
                        prop_assert!(freed.coach(*coach).is_spot_free(*spot, entry_leg, now()), "{spot} is given twice");
                    }
                }
                // Nobody in front would have fitted.
                let me = order.iter().position(|(seq, passenger, .., list)| (*list, *seq, *passenger) == (key.0, key.1, step.passenger));
                for (seq, passenger, leg, shared, list) in &order[..me.expect("they are queued")] {
                    let is_general = |berth| state.stage != Stage::Open || state.terms.allocation.pool(berth) == Pool::General;
                    let fits = match step.to {
                        Better::Berth(berth) => {
                            let is_of_ladies = state.terms.allocation.pool(berth) == Pool::Ladies;
                            let is_own = step.from.is_some_and(|own| own.berth == berth);
                            !is_of_ladies && !is_own && *list == GN && key.0 == GN && is_general(berth)
                                && state.coach(berth.coach).is_free(berth.number, *leg, now())
                        }
                        Better::Half { half, .. } => {
                            shared.is_none() && *list == GN && state.coach(half.berth.coach).is_spot_free(half.spot(), *leg, now())
                        }
                    };
                    prop_assert!(!fits, "{seq}/{passenger} was passed by {}/{}", key.1, step.passenger);
                }
                state = freed;
                for (coach, spots) in spots {
                    let coach = state.coach_mut(coach);
                    for spot in spots {
                        let over: Vec<_> = coach.reclaimable(spot, entry_leg, now()).map(|(id, part)| (*id, part.clone())).collect();
                        for (id, part) in over {
                            coach.holds.remove(&id);
                            for spot in part.spots {
                                let mask = coach.masks.get_mut(&spot).expect("held");
                                *mask = mask.without(part.leg.mask());
                            }
                        }
                        let mask = coach.masks.entry(spot).or_default();
                        prop_assert!(!mask.overlaps(entry_leg.mask()));
                        *mask = mask.with(entry_leg.mask());
                    }
                }
                match step.to {
                    Better::Berth(_) => drop(entry.waiters.remove(at)),
                    Better::Half { half, .. } => entry.waiters[at].shared = Some(half),
                }
            }
            let entry = left.get_mut(&key).expect("asserted above");
            entry.version += 1;
            let after = (!entry.waiters.is_empty()).then(|| entry.clone());
            prop_assert_eq!(&made.after, &after);
            if after.is_none() {
                left.remove(&key);
            }
            let coaches: BTreeSet<_> = made.edits.iter().map(|edit| edit.coach).collect();
            prop_assert_eq!(coaches.len(), made.edits.len(), "one edit a coach");
            for edit in &made.edits {
                for (spot, (_, after)) in &edit.masks {
                    let mask = state.coach(edit.coach).masks.get(spot).copied().unwrap_or_default();
                    prop_assert_eq!(mask, *after, "the edit of {} {}", edit.coach, spot);
                }
            }
        }
        // Nobody is left whom something would fit.
        for (seq, passenger, leg, shared, list) in in_order(&left) {
            for coach in state.train.coaches() {
                for number in coach.numbers() {
                    let berth = BerthRef { coach: coach.id(), number };
                    let pool = state.terms.allocation.pool(berth);
                    let wanted = if list == TQ { Pool::Tatkal } else { Pool::General };
                    let is_theirs = state.stage != Stage::Open || pool == wanted;
                    let is_free = state.coach(berth.coach).is_free(number, leg, now());
                    prop_assert!(!(is_theirs && is_free), "{seq}/{passenger} is left beside {berth}");
                    let is_half_free = Part::HALVES.iter().any(|part| {
                        state.coach(berth.coach).is_spot_free(Spot::new(number, *part), leg, now())
                    });
                    let wants_half = shared.is_none() && list == GN && pool == Pool::Rac;
                    prop_assert!(!(wants_half && is_half_free), "{seq}/{passenger} waits beside a half of {berth}");
                }
            }
        }
        let left: Vec<_> = left.into_iter().map(|((list, _), entry)| (id(list), entry)).collect();
        prop_assert_eq!(next_move(&state, Class::Sleeper, &left, now()), None, "once done it is done");
        let head = left.iter().map(|(_, entry)| entry.waiting()).sum::<u16>();
        let last = moves.is_empty().then_some(&start);
        prop_assert!(last.is_none_or(|state| state.queues.values().map(|head| head.waiting).sum::<u16>() == head));
    }
}
