//! The chart of a coach: who lies where, from which halt to which.

use crate::domain::booking::{Booking, BookingStatus, Place};
use crate::domain::coach::{BerthType, Coach, CoachId};
use crate::domain::inventory::RunState;
use crate::domain::passenger::Passenger;
use crate::domain::pnr::Pnr;
use crate::domain::segment::Leg;
use crate::domain::spot::Part;
use crate::domain::station::StationCode;

use chrono::{DateTime, Utc};

/// One passenger on the chart of a coach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartLine {
    /// The berth's number.
    pub berth: u8,
    /// Which part of it is theirs.
    pub part: Part,
    /// Where it is in its bay.
    pub kind: BerthType,
    /// The booking.
    pub pnr: Pnr,
    /// Who.
    pub passenger: Passenger,
    /// Children of the booking who travel on laps.
    pub laps: usize,
    /// From which halt to which.
    pub leg: Leg,
    /// Where they board, if not at the first of these.
    pub boards: Option<StationCode>,
    /// What they have, as agents know it.
    pub place: Place,
    /// What they had when they booked.
    pub booked_as: Place,
}

/// All who have a berth of a coach, or half of one, in the order of the berths and of the halts at which they board.
pub fn lines_of<'a>(coach: CoachId, bookings: impl IntoIterator<Item = &'a Booking>) -> Vec<ChartLine> {
    let mut lines = Vec::new();
    for booking in bookings {
        if booking.status != BookingStatus::Booked {
            continue;
        }
        let laps = booking.passengers.iter().filter(|booked| booked.place == Place::Lap).count();
        let mut first = true;
        for booked in &booking.passengers {
            let (allotted, part) = match booked.place {
                Place::Berth(allotted) => (allotted, Part::Whole),
                Place::Rac { berth, part, .. } => (berth, part),
                Place::Lap | Place::Waiting { .. } | Place::Unreserved | Place::Cancelled => continue,
            };
            // The children go with the first of the party who has a place, wherever that is.
            let laps = if std::mem::take(&mut first) { laps } else { 0 };
            if allotted.berth.coach == coach {
                lines.push(ChartLine {
                    berth: allotted.berth.number,
                    part,
                    kind: allotted.kind,
                    pnr: booking.pnr,
                    passenger: booked.passenger.clone(),
                    laps,
                    leg: booking.leg,
                    boards: booking.boarding.as_ref().map(|stop| stop.station),
                    place: booked.place,
                    booked_as: booked.booked_as,
                });
            }
        }
    }
    lines.sort_by_key(|line| (line.berth, line.leg, line.part, line.pnr));
    lines
}

/// A stretch on which nobody has a berth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vacancy {
    /// The berth's number.
    pub berth: u8,
    /// From which halt to which.
    pub leg: Leg,
}

/// The stretches on which the berths of a coach are free at a moment, whole.
pub fn vacancies(state: &RunState, coach: &Coach, now: DateTime<Utc>) -> Vec<Vacancy> {
    let segments = (state.train.halts().len() - 1) as u8;
    let seen = state.coach(coach.id());
    let mut vacant = Vec::new();
    for berth in coach.numbers().filter(|berth| !seen.blocked.contains_key(berth)) {
        let taken = seen.taken(berth, now).with(state.gaps.mask());
        let mut from = 0;
        while from < segments {
            let to = (from..segments).find(|segment| taken.has(*segment)).unwrap_or(segments);
            if let Ok(leg) = Leg::new(from, to) {
                vacant.push(Vacancy { berth, leg });
            }
            from = to + 1;
        }
    }
    vacant
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::DateTime;
    use rstest::rstest;

    use super::{Vacancy, vacancies};
    use crate::domain::coach::{Class, Coach, CoachId};
    use crate::domain::inventory::{CoachState, RunState};
    use crate::domain::rules::quota::QuotaRules;
    use crate::domain::segment::{Leg, SegmentMask};
    use crate::domain::station::StationCode;
    use crate::domain::time::RunTime;
    use crate::domain::train::{Halt, RunDays, Train, TrainDraft, TrainKind, TrainNumber, Zone};

    fn run() -> RunState {
        let halts = (0..5_u8).map(|i| {
            let time = RunTime::from_minutes(600 + 60 * u16::from(i)).expect("within a day");
            let station = StationCode::parse(&format!("ST{i}")).expect("a code");
            Halt { station, arrive: time, depart: time, km: 100 * u16::from(i) }
        });
        let id = CoachId::parse("B1").expect("a coach");
        let draft = TrainDraft {
            number: TrainNumber::parse("12951").expect("a number"),
            version: 1,
            name: "Mumbai Rajdhani".to_owned(),
            kind: TrainKind::Rajdhani,
            zone: Zone::WR,
            runs_on: RunDays::DAILY,
            halts: halts.collect(),
            coaches: vec![Coach::new(id, Class::ThirdAc, 1).expect("a coach")],
        };
        let train = Arc::new(Train::new(draft).expect("a train"));
        RunState::unsold("12951#2026-12-01".parse().expect("a run"), train, &QuotaRules::default())
    }

    #[rstest]
    #[case(&[], &[(0, 4)])]
    #[case(&[(0, 4)], &[])]
    #[case(&[(0, 1)], &[(1, 4)])]
    #[case(&[(3, 4)], &[(0, 3)])]
    #[case(&[(1, 2)], &[(0, 1), (2, 4)])]
    #[case(&[(0, 1), (2, 3)], &[(1, 2), (3, 4)])]
    fn a_vacancy_is_what_nobody_has(#[case] sold: &[(u8, u8)], #[case] left: &[(u8, u8)]) {
        let mut state = run();
        let mask = sold.iter().fold(SegmentMask::EMPTY, |mask, (from, to)| mask.with(SegmentMask::of(*from, *to)));
        let masks = if mask.is_empty() { Vec::new() } else { vec![(1.into(), mask)] };
        let coach = state.train.coaches()[0];
        *state.coach_mut(coach.id()) = CoachState { masks: masks.into_iter().collect(), ..CoachState::default() };
        let expected: Vec<_> =
            left.iter().map(|(from, to)| Vacancy { berth: 1, leg: Leg::new(*from, *to).expect("forward") }).collect();
        assert_eq!(vacancies(&state, &coach, DateTime::UNIX_EPOCH), expected);
    }
}
