//! What an import would change of the timetable, train by train, before anything is written.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{Import, Meter, Unreadable};
use crate::domain::edition::{Edition, Editions, NotPublished, Placement, Start};
use crate::domain::station::Station;
use crate::domain::timetable::Timetable;
use crate::domain::train::{Train, TrainNumber};
use crate::domain::train_changes::{FieldChange, changes};
use crate::service::progress::Stage;

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
    /// It cannot be another from then on, and is left as it is.
    Left(NotPublished),
}

impl Comparison {
    /// How many trains would be new, changed and unchanged.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |is: fn(&Change) -> bool| self.trains.iter().filter(|(.., change)| is(change)).count();
        (
            count(|change| *change == Change::New),
            count(|change| matches!(change, Change::Changed(_))),
            count(|change| matches!(change, Change::Unchanged | Change::Left(_))),
        )
    }

    /// The trains that are not in it and still run on a date: that on which they end, where that is asked for.
    pub fn ending(&self, timetable: &Timetable, on: NaiveDate) -> Vec<(TrainNumber, NaiveDate)> {
        let missing = self.missing.iter().map(|(number, _)| (*number, on));
        missing.filter(|end| is_to_end(timetable, end)).collect()
    }

    /// Whether the timetable is as the import has it.
    pub fn is_empty(&self) -> bool {
        let (new, changed, _) = self.counts();
        new + changed + self.stations.len() == 0
    }
}

/// Compares an import with what is in force on the date from which it takes effect.
///
/// # Errors
///
/// [`Unreadable::Stopped`] when nobody waits for it any more.
pub fn compare(
    timetable: &Timetable,
    import: &Import,
    start: Start,
    meter: &Meter<'_>,
) -> Result<Comparison, Unreadable> {
    let named = |train: &Train| (train.number(), train.name().to_owned());
    let of = import.trains.len();
    let mut trains = Vec::with_capacity(of);
    for (done, train) in import.trains.iter().enumerate() {
        meter.trains(Stage::Comparing, done, of)?;
        let (number, name) = named(train);
        trains.push((number, name, change(timetable.train(number), train, start)));
    }
    meter.trains(Stage::Comparing, of, of)?;
    let stations = import.stations.iter().filter_map(|station| {
        let before = timetable.stations().get(station.code);
        (before != Some(station)).then(|| (station.clone(), before.cloned()))
    });
    let imported: BTreeSet<_> = import.trains.iter().map(Train::number).collect();
    let running = timetable.editions().iter().filter(|edition| edition.covers(start.date()));
    let missing = running.map(|edition| named(&edition.train)).filter(|(number, _)| !imported.contains(number));
    Ok(Comparison { trains, stations: stations.collect(), missing: missing.collect() })
}

/// Whether a train still runs on the date on which it is to end.
pub(super) fn is_to_end(timetable: &Timetable, (number, on): &(TrainNumber, NaiveDate)) -> bool {
    timetable.train(*number).iter().any(|edition| edition.covers(*on))
}

fn change(editions: &[Edition], train: &Train, start: Start) -> Change {
    let Some(published) = Editions::of_periods(editions) else { return Change::New };
    match published.placement(train, start) {
        Err(reason) => Change::Left(reason),
        Ok(Placement::Same(_)) => Change::Unchanged,
        Ok(Placement::Before(_) | Placement::InPlaceOf(_)) => match published.on(start.date()) {
            Some(before) => Change::Changed(changes(before, train)),
            None => Change::New,
        },
    }
}
