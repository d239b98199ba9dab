//! What an import would change in lines that a person reads before it is written.

use chrono::NaiveDate;

use super::{Change, Comparison, Import};
use crate::domain::composition;
use crate::domain::train::{Train, TrainNumber};
use crate::service::request::{ImportLine, LineKind};

/// A line for each train and station that would change, and for each train that is left as it is.
pub fn lines<'a>(comparison: &'a Comparison, import: &'a Import) -> impl Iterator<Item = ImportLine> + 'a {
    let stations = comparison.stations.iter().map(|(station, before)| {
        let (code, is) = (station.code, format!("{} of {}", station.name, station.city));
        match before {
            None => line(LineKind::New, format!("station {code}: {is}")),
            Some(before) => {
                line(LineKind::Changed, format!("station {code}: from {} of {} to {is}", before.name, before.city))
            }
        }
    });
    let trains =
        comparison.trains.iter().zip(&import.trains).flat_map(|((number, name, change), train)| match change {
            Change::New => vec![line(LineKind::New, format!("{number} {name}: {}", described(train)))],
            Change::Changed(changes) => {
                changes.iter().map(|change| line(LineKind::Changed, format!("{number} {name}: {change}"))).collect()
            }
            Change::Left(reason) => vec![line(LineKind::Left, format!("{number} {name}: left as it is. {reason}"))],
            Change::Unchanged => Vec::new(),
        });
    stations.chain(trains)
}

/// A line for each train that ends since it is not in an import.
pub fn endings<'a>(
    comparison: &'a Comparison,
    ends: &'a [(TrainNumber, NaiveDate)],
) -> impl Iterator<Item = ImportLine> + 'a {
    ends.iter().map(|(number, from)| {
        let name = comparison.missing.iter().find(|(missing, _)| missing == number).map_or("", |(_, name)| name);
        line(LineKind::Ends, format!("{number} {name}: not in it, ends on {from}"))
    })
}

pub(super) const fn line(kind: LineKind, text: String) -> ImportLine {
    ImportLine { kind, text }
}

/// A new train in a line: `superfast of WR, MTWTFSS, MMCT 17:00 to NDLS 08:32+1, 6 halts, 1386 km, 1 1A, 1 2A`.
fn described(train: &Train) -> String {
    let halts = train.halts();
    let (first, last) = (&halts[0], &halts[halts.len() - 1]);
    let coaches = composition::summary(train.coaches());
    format!(
        "{} of {}, {}, {} {} to {} {}, {} halts, {} km, {coaches}",
        train.kind(),
        train.zone(),
        train.runs_on(),
        first.station,
        first.depart,
        last.station,
        last.arrive,
        halts.len(),
        last.km,
    )
}
