//! Trains as a sheet: CSV with a row for each halt, which `service::import::sheet` reads back.

use chrono::NaiveDate;

use crate::domain::composition;
use crate::domain::station::{Station, StationCode, StationIndex};
use crate::domain::timetable::Timetable;
use crate::domain::train::Train;

use super::{safe, written};

/// The names of the columns.
pub const COLUMNS: [&str; 12] = [
    "Train",
    "Name",
    "Kind",
    "Zone",
    "Days",
    "Coaches",
    "Station",
    "Station name",
    "City",
    "Arrives",
    "Departs",
    "Kilometres",
];

/// The row with the names of the columns.
pub fn header() -> Vec<u8> {
    written(|rows| rows.write_record(COLUMNS))
}

/// The trains by which runs of a date go, as far as they are wanted, in a whole file.
pub fn sheet(timetable: &Timetable, on: NaiveDate, is_wanted: impl Fn(&Train) -> bool) -> Vec<u8> {
    let editions = timetable.editions().iter().filter(|edition| edition.covers(on) && is_wanted(&edition.train));
    let rows = editions.flat_map(|edition| rows(&edition.train, timetable.stations()));
    header().into_iter().chain(rows).collect()
}

/// The rows of a train. What is the train's stands in the first alone.
pub fn rows(train: &Train, stations: &StationIndex) -> Vec<u8> {
    let own = [
        safe(train.name()),
        train.kind().to_string(),
        train.zone().to_string(),
        safe(&train.runs_on().to_string()),
        composition::written(train.coaches()),
    ];
    let last = train.halts().len() - 1;
    written(|rows| {
        for (at, halt) in train.halts().iter().enumerate() {
            let Station { name, city, .. } = station(stations, halt.station);
            let number = train.number().to_string();
            let own = if at == 0 { own.clone() } else { Default::default() };
            let arrives = if at == 0 { String::new() } else { halt.arrive.to_string() };
            let departs = if at == last { String::new() } else { halt.depart.to_string() };
            let halt = [halt.station.to_string(), safe(&name), safe(&city), arrives, departs, halt.km.to_string()];
            rows.write_record(std::iter::once(number).chain(own).chain(halt))?;
        }
        Ok(())
    })
}

/// A station, or one with its code as its name where nobody listed it.
fn station(stations: &StationIndex, code: StationCode) -> Station {
    let unlisted = || Station { code, name: code.to_string(), city: code.to_string() };
    stations.get(code).cloned().unwrap_or_else(unlisted)
}
