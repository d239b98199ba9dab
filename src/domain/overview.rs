//! What somebody who runs the place sees at a glance of its runs: which leave next, and how full they are.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::inventory::RunState;
use crate::domain::quota::Quota;
use crate::domain::timetable::Timetable;
use crate::domain::train::RunId;

/// A run that leaves soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NextRun {
    /// The run.
    pub run: RunId,
    /// The train's name.
    pub name: String,
    /// When it leaves its first station, by the railway's clock.
    pub departs: NaiveDateTime,
}

/// The next `limit` runs of all trains that leave their first station after a moment of the railway's clock, the soonest first;
/// some of them so late.
pub fn next_runs(
    timetable: &Timetable,
    late: impl Fn(RunId) -> TimeDelta,
    after: NaiveDateTime,
    limit: usize,
) -> Vec<NextRun> {
    // Of the days before, those may be left that go two days late.
    let days = (-2..=1).map(|day| after.date() + TimeDelta::days(day));
    let numbers = timetable.trains().filter_map(|editions| editions.first()).map(|edition| edition.train.number());
    let runs = numbers.flat_map(|number| days.clone().map(move |date| RunId { train: number, date }));
    let mut runs: Vec<NextRun> = runs
        .filter_map(|run| {
            let train = timetable.train_on(run.train, run.date)?;
            let departs = train.halts().first()?.depart.on(run.date) + late(run);
            let leaves = train.runs_on().includes(run.date) && departs > after;
            leaves.then(|| NextRun { run, name: train.name().to_owned(), departs })
        })
        .collect();
    runs.sort_by_key(|run| (run.departs, run.run));
    runs.truncate(limit);
    runs
}

/// How much of a run is taken, berth by berth and segment by segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupancy {
    /// Segments of berths that are sold or held.
    pub taken: u32,
    /// All that there are.
    pub of: u32,
    /// Whether nobody gets a berth from end to end any more, as far as it is run.
    pub sold_out: bool,
}

impl Occupancy {
    /// That of a run at a moment.
    pub fn of(state: &RunState, now: DateTime<Utc>) -> Self {
        let train = &state.train;
        let (mut taken, mut of) = (0, 0);
        // Of what is not run nothing is offered, nor taken by those who board behind it.
        let (way, gaps) = (state.gaps.left_of(train.halts().len()), state.gaps.mask());
        let segments = way.map_or(0, |way| way.mask().without(gaps).count());
        for coach in train.coaches() {
            let berths = state.coach(coach.id()).all_taken(now);
            taken += (1..=coach.berths()).map(|berth| berths.of(berth).without(gaps).count()).sum::<u32>();
            of += u32::from(coach.berths()) * segments;
        }
        let is_out = |leg| {
            let mut classes = train.classes().into_iter();
            classes.all(|class| state.available(class, Quota::General, leg, now).unwrap_or_default() == 0)
        };
        Self { taken, of, sold_out: way.is_some_and(is_out) }
    }

    /// In whole percent, of which 100 is all of it.
    pub fn percent(self) -> u16 {
        u16::try_from(self.taken * 100 / self.of.max(1)).unwrap_or(100)
    }
}
