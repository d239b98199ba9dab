//! What differs between two states of a train, field by field, in words that a person checks before it is published.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::composition;
use crate::domain::train::{Halt, Train};

/// A field of a train that is another than it was. An empty text is a halt that there is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FieldChange {
    /// What changes, such as `running days` or `halt KOTA`.
    pub field: String,
    /// What it was.
    pub before: String,
    /// What it is to be.
    pub after: String,
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, before, after } = self;
        match (before.as_str(), after.as_str()) {
            ("", after) => write!(f, "{field} added, {after}"),
            (before, "") => write!(f, "{field} dropped, {before}"),
            (before, after) => write!(f, "{field} from {before} to {after}"),
        }
    }
}

/// All that differs, in the order in which a train is described.
pub fn changes(before: &Train, after: &Train) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let mut compare = |field: &str, before: String, after: String| {
        if before != after {
            changes.push(FieldChange { field: field.to_owned(), before, after });
        }
    };
    compare("name", before.name().to_owned(), after.name().to_owned());
    compare("kind", before.kind().to_string(), after.kind().to_string());
    compare("zone", before.zone().to_string(), after.zone().to_string());
    compare("running days", before.runs_on().to_string(), after.runs_on().to_string());
    compare("coaches", composition::written(before.coaches()), composition::written(after.coaches()));
    changes.extend(halts(before.halts(), after.halts()));
    changes
}

/// Halts that differ. Those at one station belong together, the first with the first where a train calls there twice.
fn halts(before: &[Halt], after: &[Halt]) -> Vec<FieldChange> {
    let field = |halt: &Halt| format!("halt {}", halt.station);
    let mut changes = Vec::new();
    let mut rest = before;
    for halt in after {
        let Some(at) = rest.iter().position(|old| old.station == halt.station) else {
            changes.push(FieldChange { field: field(halt), before: String::new(), after: times(halt) });
            continue;
        };
        changes.extend(rest[..at].iter().map(dropped));
        if rest[at] != *halt {
            changes.push(FieldChange { field: field(halt), before: times(&rest[at]), after: times(halt) });
        }
        rest = &rest[at + 1..];
    }
    changes.extend(rest.iter().map(dropped));
    changes
}

fn dropped(halt: &Halt) -> FieldChange {
    FieldChange { field: format!("halt {}", halt.station), before: times(halt), after: String::new() }
}

/// A halt's times and place: `19:43-19:48 at 263 km`.
fn times(halt: &Halt) -> String {
    let Halt { arrive, depart, km, .. } = halt;
    if arrive == depart { format!("{arrive} at {km} km") } else { format!("{arrive}-{depart} at {km} km") }
}

#[cfg(test)]
mod tests {
    use super::changes;
    use crate::domain::coach::Rake;
    use crate::domain::composition;
    use crate::domain::station::StationCode;
    use crate::domain::train::{Halt, Train, TrainDraft, TrainKind, TrainNumber, Zone};

    fn halt((station, arrive, depart, km): (&str, &str, &str, u16)) -> Halt {
        Halt {
            station: StationCode::parse(station).expect("a code"),
            arrive: arrive.parse().expect("a time"),
            depart: depart.parse().expect("a time"),
            km,
        }
    }

    fn draft() -> TrainDraft {
        let halts =
            [("MMCT", "17:00", "17:00", 0), ("ST", "19:43", "19:48", 263), ("NDLS", "08:32+1", "08:32+1", 1386)];
        TrainDraft {
            number: TrainNumber::parse("12951").expect("a number"),
            version: 1,
            name: "Mumbai Rajdhani".to_owned(),
            kind: TrainKind::Rajdhani,
            zone: Zone::WR,
            runs_on: "MTWTFSS".parse().expect("days"),
            halts: halts.map(halt).to_vec(),
            coaches: composition::parse("H1 A1-A2", Rake::Lhb).expect("coaches"),
        }
    }

    fn told(after: TrainDraft) -> Vec<String> {
        let [before, after] = [draft(), after].map(|draft| Train::new(draft).expect("in order"));
        changes(&before, &after).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_same_train_as_another_version_has_no_changes() {
        assert_eq!(told(TrainDraft { version: 7, ..draft() }), Vec::<String>::new());
    }

    #[test]
    fn each_field_says_what_it_was_and_what_it_is_to_be() {
        let mut after = draft();
        after.name = "Rajdhani".to_owned();
        after.runs_on = "M-W-F--".parse().expect("days");
        after.coaches = composition::parse("H1 A1-A3", Rake::Lhb).expect("coaches");
        after.halts[1] = halt(("ST", "19:50", "19:55", 263));
        let told = told(after);
        assert_eq!(
            told,
            [
                "name from Mumbai Rajdhani to Rajdhani",
                "running days from MTWTFSS to M-W-F--",
                "coaches from H1=24 A1-A2=54 to H1=24 A1-A3=54",
                "halt ST from 19:43-19:48 at 263 km to 19:50-19:55 at 263 km",
            ]
        );
    }

    #[test]
    fn halts_come_and_go() {
        let mut after = draft();
        after.halts[1] = halt(("BRC", "21:06", "21:16", 392));
        assert_eq!(told(after), ["halt BRC added, 21:06-21:16 at 392 km", "halt ST dropped, 19:43-19:48 at 263 km"]);
    }
}
