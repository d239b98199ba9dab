//! When a world plays: on an ordinary day, while Tatkal opens, or while charts are made.

use chrono::{DateTime, TimeDelta, Utc};
use kiosk::domain::gap::Stretch;
use kiosk::domain::train::RunId;
use rand::RngExt;
use rand::rngs::StdRng;

/// A part of a world in which people come and go, and the weather is bad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub begins: DateTime<Utc>,
    /// In seconds.
    pub lasts: u32,
}

/// What is going on in a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Season {
    /// For which runs people come.
    pub runs: Vec<RunId>,
    /// One after the other; nothing happens between them.
    pub acts: Vec<Act>,
    /// After how many seconds the railway lets the first run go later, from which halt on and by how many minutes, if it does.
    pub delays: Option<(u32, u8, u16)>,
    /// After how many seconds the railway cancels a part of the first run, and which, if it does.
    pub shortens: Option<(u32, Stretch)>,
    /// After how many seconds the railway cancels the first run, if it does.
    pub cancels: Option<u32>,
}

/// The train leaves at 17:00 in India. Its first chart is made at 07:00 by the rules of that date, its last at 16:30.
pub const FIRST_CHART: &str = "2026-12-05T01:30:00Z";
pub const LAST_CHART: &str = "2026-12-05T11:00:00Z";
/// When Tatkal of the first run opens in classes with air conditioning.
const TATKAL: &str = "2026-12-04T04:30:00Z";
/// Days before anything of that.
const ORDINARY: &str = "2026-12-01T04:30:00Z";

pub fn at(moment: &str) -> DateTime<Utc> {
    moment.parse().expect("a moment")
}

impl Season {
    /// The same with a run that is late now and then, by a chance of its own.
    pub fn with_delays(self, chance: &mut StdRng) -> Self {
        let after = chance.random_range(5..self.acts[0].lasts + 30);
        let (from, minutes) = (chance.random_range(0..3), chance.random_range(1..=400));
        Self { delays: chance.random_bool(0.3).then_some((after, from, minutes)), ..self }
    }

    /// The same with a run that ends or begins on its way now and then, by a chance of its own.
    pub fn with_gaps(self, chance: &mut StdRng) -> Self {
        let after = chance.random_range(5..self.acts[0].lasts + 30);
        let part = if chance.random_bool(0.5) {
            Stretch { from: 0, to: chance.random_range(1..=3) }
        } else {
            Stretch { from: chance.random_range(2..=4), to: 5 }
        };
        Self { shortens: chance.random_bool(0.2).then_some((after, part)), ..self }
    }

    /// The season of a seed.
    pub fn of(chance: &mut StdRng) -> Self {
        let runs = ["12951#2026-12-05", "12951#2026-12-06"];
        let runs = runs[..chance.random_range(1..=2)].iter().map(|run| run.parse().expect("a run")).collect();
        let mut shortly_before = |moment: &str, lasts: u32| {
            let before = chance.random_range(i64::from(lasts / 3)..=i64::from(lasts - 15));
            Act { begins: at(moment) - TimeDelta::seconds(before), lasts }
        };
        let first = shortly_before(FIRST_CHART, 150);
        let last = shortly_before(LAST_CHART, 60);
        let tatkal = shortly_before(TATKAL, 90);
        let lasts = chance.random_range(60..=150);
        let acts = match chance.random_range(0..100) {
            0..42 => vec![Act { begins: at(ORDINARY), lasts }],
            42..50 => vec![tatkal],
            50..82 => vec![first],
            _ => vec![first, last],
        };
        let cancels = chance.random_bool(0.15).then(|| chance.random_range(20..acts[0].lasts + 60));
        Self { runs, acts, delays: None, shortens: None, cancels }
    }
}
