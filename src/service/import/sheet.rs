//! Trains as a sheet: CSV with a row for each halt, as `export::trains` writes it.
//!
//! What is a train's stands in the row of its first halt, and may be repeated below.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use super::table::{Row, Size, Table, open};
use super::{Basis, Fault, Import, Meter, Unreadable, check_name, printable};
use crate::domain::coach::Rake;
use crate::domain::composition;
use crate::domain::halts::check_order;
use crate::domain::station::{Station, StationCode};
use crate::domain::time::RunTime;
use crate::domain::train::{BadRunDays, Halt, RunDays, Train, TrainDraft, TrainKind, TrainNumber, Zone};
use crate::export::{original, trains::COLUMNS};

/// A train whose rows are being read.
struct Open {
    draft: TrainDraft,
    /// Its number as written.
    number: String,
    /// Its first line.
    line: u64,
    is_bad: bool,
}

/// Reads a file.
pub fn read_file(path: &Path, basis: Basis<'_>, meter: &Meter<'_>) -> Result<Import, Unreadable> {
    let file = open(path).map_err(|error| Unreadable::of_path(path, error))?;
    meter.expect(file.metadata().map_or(0, |about| about.len()));
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    read(&name, file, basis, meter)
}

/// Reads a sheet; `file` names it in mistakes.
pub fn read<'a>(
    file: &'a str,
    source: impl Read,
    basis: Basis<'a>,
    meter: &'a Meter<'a>,
) -> Result<Import, Unreadable> {
    let required: Vec<String> = COLUMNS.iter().map(|column| column.to_lowercase()).collect();
    let required: Vec<&str> = required.iter().map(String::as_str).collect();
    let mut table = Table::new(file, source, &required, (Size::Kept, meter))?;
    let mut reading =
        Reading { file, basis, import: Import::default(), stations: BTreeMap::new(), seen: BTreeSet::new() };
    let mut open: Option<Open> = None;
    while let Some(row) = table.step(&mut reading.import.faults)? {
        let Ok(row) = row else {
            // The train above it may lack a halt.
            if let Some(open) = &mut open {
                open.is_bad = true;
            }
            continue;
        };
        let goes_on = open
            .as_ref()
            .is_some_and(|open| open.number.eq_ignore_ascii_case(row.text("train")) || row.text("train").is_empty());
        if !goes_on {
            reading.close(open.take());
            open = Some(reading.begin(&row));
        }
        if let Some(open) = &mut open {
            reading.add(open, &row);
        }
    }
    meter.ends()?;
    reading.close(open);
    reading.import.stations = reading.stations.into_values().collect();
    reading.import.trains.sort_by_key(Train::number);
    reading.import.faults.sort();
    Ok(reading.import)
}

struct Reading<'a> {
    file: &'a str,
    basis: Basis<'a>,
    import: Import,
    stations: BTreeMap<StationCode, Station>,
    seen: BTreeSet<TrainNumber>,
}

impl Reading<'_> {
    /// Begins a train with the row of its first halt.
    fn begin(&mut self, row: &Row) -> Open {
        let mut is_bad = false;
        let mut bad = |problem: String| {
            self.import.faults.push(row.fault(problem));
            is_bad = true;
        };
        let number = TrainNumber::parse(row.text("train")).map_err(|error| bad(error.to_string())).ok();
        if number.is_some_and(|number| !self.seen.insert(number)) {
            bad("the train was listed above: put its rows together".to_owned());
        }
        let kind = row.text("kind").parse::<TrainKind>().map_err(|_| {
            let kind = printable(row.text("kind"));
            bad(format!("'{kind}' is no kind of train: write rajdhani, shatabdi, duronto, superfast or express"));
        });
        let zone = match row.text("zone") {
            "" => self
                .basis
                .zone
                .ok_or(())
                .map_err(|()| bad("it has no zone: write one, or give one for the import (--zone)".to_owned())),
            text => text.parse::<Zone>().map_err(|_| {
                bad(format!("'{}' is no zone: write its abbreviation, such as WR", printable(text)));
            }),
        };
        let days = original(row.text("days")).parse::<RunDays>();
        let days = days.map_err(|error: BadRunDays| bad(error.to_string()));
        let coaches = composition::parse(row.text("coaches"), Rake::Lhb).map_err(|error| bad(error.to_string()));
        let draft = TrainDraft {
            number: number.unwrap_or_else(|| TrainNumber::parse("0").expect("a digit")),
            version: 1,
            name: original(row.text("name")),
            kind: kind.unwrap_or(TrainKind::Express),
            zone: zone.unwrap_or(Zone::NR),
            runs_on: days.unwrap_or(RunDays::DAILY),
            halts: Vec::new(),
            coaches: coaches.unwrap_or_default(),
        };
        Open { draft, number: row.text("train").to_owned(), line: row.line, is_bad }
    }

    /// Adds the halt of a row.
    fn add(&mut self, open: &mut Open, row: &Row) {
        match self.halt(row, open.draft.halts.last()) {
            Ok(halt) => open.draft.halts.push(halt),
            Err(problem) => {
                self.import.faults.push(row.fault(problem));
                open.is_bad = true;
            }
        }
    }

    fn halt(&mut self, row: &Row, before: Option<&Halt>) -> Result<Halt, String> {
        let station = StationCode::parse(row.text("station")).map_err(|error| error.to_string())?;
        self.note_station(station, &original(row.text("station name")), &original(row.text("city")))?;
        let time = |column: &str| match row.text(column) {
            "" | "-" | "'-" => Ok(None),
            text => text.parse::<RunTime>().map(Some).map_err(|error| error.to_string()),
        };
        let (arrive, depart) = (time("arrives")?, time("departs")?);
        let (Some(arrive), Some(depart)) = (arrive.or(depart), depart.or(arrive)) else {
            return Err("it has no time: write when the train arrives, departs, or both".to_owned());
        };
        let km = row.text("kilometres").parse().map_err(|_| {
            format!("'{}' is not a distance: write whole kilometres from the origin", printable(row.text("kilometres")))
        })?;
        let halt = Halt { station, arrive, depart, km };
        check_order(before, &halt).map_err(|error| error.to_string())?;
        Ok(halt)
    }

    /// A station's name and city are those in the first row that has them, or as the timetable has them.
    fn note_station(&mut self, code: StationCode, name: &str, city: &str) -> Result<(), String> {
        let known = self.stations.get(&code).or_else(|| self.basis.timetable.stations().get(code));
        let station = match (known, name, city) {
            (Some(known), "", "") => known.clone(),
            (None, "", _) => return Err(format!("the timetable has no station {code}: write its name and its city")),
            (known, name, city) => {
                check_name("a station's name", name)?;
                let same = known.filter(|known| known.name == name).map(|known| known.city.as_str());
                let city = if city.is_empty() { same.unwrap_or(name) } else { city };
                check_name("a city's name", city)?;
                Station { code, name: name.to_owned(), city: city.to_owned() }
            }
        };
        match self.stations.get(&code) {
            Some(other) if *other != station => {
                Err(format!("{code} is {} of {} in a row above: write it alike", other.name, other.city))
            }
            _ => {
                self.stations.insert(code, station);
                Ok(())
            }
        }
    }

    fn close(&mut self, open: Option<Open>) {
        let Some(open) = open.filter(|open| !open.is_bad) else { return };
        match Train::new(open.draft) {
            Ok(train) => self.import.trains.push(train),
            Err(error) => {
                let fault = Fault { file: self.file.to_owned(), line: open.line, problem: error.to_string() };
                self.import.faults.push(fault);
            }
        }
    }
}
