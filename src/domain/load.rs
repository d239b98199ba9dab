//! How full runs are: what is taken of each class, weighed by how far it is taken.
//!
//! A berth that is sold for half of the way is half taken. The unit is half a berth on one segment, since a berth may be
//! shared by two.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::coach::Class;
use crate::domain::inventory::RunState;
use crate::domain::spot::Part;
use crate::domain::train::RunId;

/// How full a class of a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ClassLoad {
    /// The class.
    pub class: Class,
    /// Halves of berths that are sold or held, each counted for every segment.
    pub taken: u32,
    /// All there are, those out of sale left out.
    pub offered: u32,
}

/// How full a run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RunLoad {
    /// The run.
    pub run: RunId,
    /// Its train's name.
    pub name: String,
    /// Its classes, the best first.
    pub classes: Vec<ClassLoad>,
}

/// What of a hundred is taken: 100 only where nothing is left, and 0 only where nothing is taken.
fn percent(taken: u32, offered: u32) -> u8 {
    if taken == 0 || offered == 0 {
        return 0;
    }
    let rounded = (u64::from(taken) * 200 + u64::from(offered)) / (u64::from(offered) * 2);
    let most = if taken < offered { 99 } else { 100 };
    u8::try_from(rounded.clamp(1, most)).unwrap_or(100)
}

impl ClassLoad {
    /// What of a hundred is taken.
    pub fn percent(&self) -> u8 {
        percent(self.taken, self.offered)
    }
}

impl RunLoad {
    /// How full a run is at a moment: a hold that is over counts as free.
    pub fn of(state: &RunState, now: DateTime<Utc>) -> Self {
        // Of what is not run nothing is offered, nor taken by those who board behind it.
        let (way, gaps) = (state.gaps.left_of(state.train.halts().len()), state.gaps.mask());
        let segments = way.map_or(0, |way| way.mask().without(gaps).count());
        let classes = state.train.classes().into_iter().filter(|class| *class != Class::Unreserved);
        let classes = classes.map(|class| {
            let mut load = ClassLoad { class, taken: 0, offered: 0 };
            for coach in state.train.coaches_of(class) {
                let known = state.coach(coach.id());
                let blocked = u32::try_from(known.blocked.len()).unwrap_or(u32::MAX);
                load.offered += u32::from(coach.berths()).saturating_sub(blocked) * 2 * segments;
                load.taken += known
                    .masks
                    .keys()
                    .map(|spot| {
                        let halves = if spot.part == Part::Whole { 2 } else { 1 };
                        halves * known.occupied(*spot, now).without(gaps).count()
                    })
                    .sum::<u32>();
            }
            load
        });
        Self { run: state.run, name: state.train.name().to_owned(), classes: classes.collect() }
    }

    /// What of a hundred is taken in all classes together.
    pub fn percent(&self) -> u8 {
        let sum = |of: fn(&ClassLoad) -> u32| self.classes.iter().map(of).sum();
        percent(sum(|load| load.taken), sum(|load| load.offered))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::percent;

    #[rstest]
    #[case(0, 0, 0)]
    #[case(0, 1_000, 0)]
    #[case(1, 1_000, 1)]
    #[case(504, 1_000, 50)]
    #[case(505, 1_000, 51)]
    #[case(999, 1_000, 99)]
    #[case(1_000, 1_000, 100)]
    fn only_what_is_full_is_a_hundred(#[case] taken: u32, #[case] offered: u32, #[case] shown: u8) {
        assert_eq!(percent(taken, offered), shown);
    }
}
