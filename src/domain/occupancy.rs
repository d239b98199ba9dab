//! How full a run is: by coach and segment, for whoever looks after it.

use chrono::{DateTime, Utc};

use crate::domain::coach::{Class, Coach};
use crate::domain::inventory::RunState;
use crate::domain::segment::Leg;

/// How many berths of a coach are sold or held on each segment of the run's way, from its origin on.
pub fn by_segment(state: &RunState, coach: &Coach, now: DateTime<Utc>) -> Vec<u8> {
    let taken = state.coach(coach.id()).all_taken(now);
    let last = u8::try_from(state.train.halts().len().saturating_sub(1)).unwrap_or(u8::MAX);
    let segments = (0..last).filter_map(|at| Leg::new(at, at + 1).ok());
    let on = |leg: Leg| coach.numbers().filter(|berth| taken.of(*berth).overlaps(leg.mask())).count();
    segments.map(|leg| u8::try_from(on(leg)).unwrap_or(u8::MAX)).collect()
}

/// The most berths of a class that are sold or held on any segment, and how many there are.
pub fn peak(state: &RunState, class: Class, now: DateTime<Utc>) -> (usize, usize) {
    let mut by_way = vec![0; state.train.halts().len().saturating_sub(1)];
    let mut berths = 0;
    for coach in state.train.coaches_of(class) {
        berths += usize::from(coach.berths());
        for (sum, taken) in by_way.iter_mut().zip(by_segment(state, coach, now)) {
            *sum += usize::from(taken);
        }
    }
    (by_way.into_iter().max().unwrap_or_default(), berths)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{DateTime, Utc};
    use uuid::Uuid;

    use super::{by_segment, peak};
    use crate::domain::coach::{Class, Rake};
    use crate::domain::inventory::{GRACE, HeldPart, HoldId, RunState};
    use crate::domain::rules::quota::QuotaRules;
    use crate::domain::segment::Leg;
    use crate::domain::spot::{Part, Spot};
    use crate::domain::train::{RunDays, Train, TrainDraft, TrainKind, TrainNumber, Zone};
    use crate::domain::{composition, halts};

    fn now() -> DateTime<Utc> {
        "2026-12-01T04:30:00Z".parse().expect("an instant")
    }

    fn leg(from: u8, to: u8) -> Leg {
        Leg::new(from, to).expect("forward")
    }

    /// A run of four halts with two coaches of ten berths.
    fn unsold() -> RunState {
        let halts = ["A - 06:00 0", "B 07:00 07:05 50", "C 08:00 08:05 100", "D 09:00 - 150"];
        let train = Train::new(TrainDraft {
            number: TrainNumber::parse("12951").expect("a number"),
            version: 1,
            name: "Test".to_owned(),
            kind: TrainKind::Express,
            zone: Zone::WR,
            runs_on: RunDays::DAILY,
            halts: halts.map(|line| halts::parse(line).expect("a halt")).to_vec(),
            coaches: composition::parse("B1-B2=10", Rake::Lhb).expect("coaches"),
        });
        let run = "12951#2026-12-05".parse().expect("a run");
        RunState::unsold(run, Arc::new(train.expect("in order")), &QuotaRules::default())
    }

    #[test]
    fn a_berth_counts_on_the_segments_on_which_anybody_has_it() {
        let mut state = unsold();
        let [b1, b2] = [state.train.coaches()[0], state.train.coaches()[1]];
        let coach = state.coach_mut(b1.id());
        coach.masks.insert(1.into(), leg(0, 3).mask());
        coach.masks.insert(2.into(), leg(1, 2).mask());
        // Both halves of a shared berth are one berth.
        coach.masks.insert(Spot::new(7, Part::First), leg(0, 2).mask());
        coach.masks.insert(Spot::new(7, Part::Second), leg(1, 3).mask());
        state.coach_mut(b2.id()).masks.insert(5.into(), leg(2, 3).mask());
        assert_eq!(by_segment(&state, &b1, now()), [2, 3, 2]);
        assert_eq!(by_segment(&state, &b2, now()), [0, 0, 1]);
        assert_eq!(peak(&state, Class::ThirdAc, now()), (3, 20), "of both coaches on one segment");
        assert_eq!(peak(&state, Class::Sleeper, now()), (0, 0));
    }

    #[test]
    fn a_hold_counts_until_it_is_over() {
        let mut state = unsold();
        let b1 = state.train.coaches()[0];
        let part = HeldPart { spots: vec![4.into()], leg: leg(0, 1), until: now() };
        let coach = state.coach_mut(b1.id());
        coach.masks.insert(4.into(), leg(0, 1).mask());
        coach.holds.insert(HoldId(Uuid::from_u128(7)), part);
        assert_eq!(by_segment(&state, &b1, now()), [1, 0, 0]);
        assert_eq!(by_segment(&state, &b1, now() + GRACE), [0, 0, 0]);
    }
}
