//! What an import would change of the timetable, train by train, before anything is written.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::Import;
use crate::domain::edition::Edition;
use crate::domain::station::Station;
use crate::domain::timetable::Timetable;
use crate::domain::train::{Train, TrainNumber};
use crate::domain::train_changes::{FieldChange, changes};

/// What an import would do, and what it would leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The trains of the import in its order.
    pub trains: Vec<(TrainNumber, String, Change)>,
    /// Stations that are new, or another than before, with what they were.
    pub stations: Vec<(Station, Option<Station>)>,
    /// Trains that run on the date of the import and are not in it.
    pub missing: Vec<(TrainNumber, String)>,
}

/// What an import would do to a train.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// There is none of this number.
    New,
    /// These fields become others.
    Changed(Vec<FieldChange>),
    /// It is so already.
    Unchanged,
    /// It does not run from a date on, which is before the import takes effect: it is left as it is.
    Ended(NaiveDate),
}

impl Comparison {
    /// How many trains would be new, changed and unchanged.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |is: fn(&Change) -> bool| self.trains.iter().filter(|(.., change)| is(change)).count();
        (
            count(|change| *change == Change::New),
            count(|change| matches!(change, Change::Changed(_))),
            count(|change| matches!(change, Change::Unchanged | Change::Ended(_))),
        )
    }

    /// Whether the timetable is as the import has it.
    pub fn is_empty(&self) -> bool {
        let (new, changed, _) = self.counts();
        new + changed + self.stations.len() == 0
    }
}

/// Compares an import with the timetable: with what trains are on the date from which it takes effect, or from their
/// beginning. Who is missing is asked of `on`, the date on which the import is made if it has no other.
pub fn compare(timetable: &Timetable, import: &Import, from: Option<NaiveDate>, on: NaiveDate) -> Comparison {
    let named = |train: &Train| (train.number(), train.name().to_owned());
    let trains = import.trains.iter().map(|train| {
        let (number, name) = named(train);
        (number, name, change(timetable.train(number), train, from))
    });
    let stations = import.stations.iter().filter_map(|station| {
        let before = timetable.stations().get(station.code);
        (before != Some(station)).then(|| (station.clone(), before.cloned()))
    });
    let imported: BTreeSet<_> = import.trains.iter().map(Train::number).collect();
    let running = timetable.editions().iter().filter(|edition| edition.covers(from.unwrap_or(on)));
    let missing = running.map(|edition| named(&edition.train)).filter(|(number, _)| !imported.contains(number));
    Comparison { trains: trains.collect(), stations: stations.collect(), missing: missing.collect() }
}

fn change(editions: &[Edition], train: &Train, from: Option<NaiveDate>) -> Change {
    let Some(first) = editions.first() else { return Change::New };
    let before = match from {
        None => Some(first),
        Some(from) => editions.iter().find(|edition| edition.covers(from)),
    };
    let ended = editions.last().and_then(|last| last.until).filter(|end| from.is_some_and(|from| *end <= from));
    match (before, ended) {
        (Some(before), _) if before.train.is_like(train) => Change::Unchanged,
        (Some(before), _) => Change::Changed(changes(&before.train, train)),
        (None, Some(ended)) => Change::Ended(ended),
        (None, None) => Change::New,
    }
}
