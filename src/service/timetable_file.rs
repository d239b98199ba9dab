//! The timetable's file: TOML to checked stations and trains, with errors that name the train and the line.
//!
//! The form is described at the head of `assets/timetable.toml`. How a train may be built is not decided here but in
//! `domain::train`; this file adds what only a whole file can break, such as a halt at a station it does not list.

use std::collections::BTreeSet;

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use crate::domain::coach::Rake;
use crate::domain::composition;
use crate::domain::halts::check_order;
use crate::domain::station::{Station, StationCode};
use crate::domain::text::is_hidden;
use crate::domain::time::RunTime;
use crate::domain::train::{Halt, RunDays, Train, TrainDraft, TrainKind, TrainNumber, Zone};

/// What a timetable's file holds.
#[derive(Clone, Debug)]
pub struct TimetableFile {
    /// The stations in the order of the file.
    pub stations: Vec<Station>,
    /// The trains in the order of the file, each as its first published version.
    pub trains: Vec<Train>,
}

/// Why a timetable's file cannot be used.
#[derive(Debug, Error)]
pub enum TimetableFileError {
    /// Not TOML, a key nobody knows or one that is missing; the reader's message shows the line.
    #[error("the timetable cannot be read: {0}")]
    Unreadable(#[from] Box<toml::de::Error>),
    /// A station that cannot be one.
    #[error("the timetable's line {line}, station {code}: {problem}")]
    Station {
        /// The line of the file, from 1.
        line: usize,
        /// The station's code as written.
        code: String,
        /// What is wrong and what to write.
        problem: String,
    },
    /// A train that cannot be one.
    #[error("the timetable's line {line}, train {train}: {problem}")]
    Train {
        /// The line of the file, from 1.
        line: usize,
        /// The train's number as written.
        train: String,
        /// What is wrong and what to write.
        problem: String,
    },
}

/// The timetable that comes with the program.
pub fn bundled() -> TimetableFile {
    parse(include_str!("../../assets/timetable.toml")).expect("the bundled timetable is read by a test")
}

/// Reads the text of a timetable's file.
pub fn parse(text: &str) -> Result<TimetableFile, TimetableFileError> {
    let file: RawFile = toml::from_str(text).map_err(Box::new)?;
    let mut codes = BTreeSet::new();
    let mut stations = Vec::with_capacity(file.stations.len());
    for raw in file.stations {
        let at = |problem: String| TimetableFileError::Station {
            line: line_of(text, raw.code.span().start),
            code: printable(raw.code.get_ref()),
            problem,
        };
        let station = station(&raw).map_err(at)?;
        if !codes.insert(station.code) {
            return Err(at("it is listed twice: take one of them out".to_owned()));
        }
        stations.push(station);
    }
    let mut numbers = BTreeSet::new();
    let mut trains = Vec::with_capacity(file.trains.len());
    for raw in file.trains {
        let train = train(text, &codes, &raw).map_err(|fault| fault.of(text, &raw))?;
        if !numbers.insert(train.number()) {
            let problem = "it is listed twice: take one of them out, or give it its own number".to_owned();
            return Err(Fault { at: raw.number.span().start, problem }.of(text, &raw));
        }
        trains.push(train);
    }
    Ok(TimetableFile { stations, trains })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(rename = "station", default)]
    stations: Vec<RawStation>,
    #[serde(rename = "train", default)]
    trains: Vec<RawTrain>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStation {
    code: Spanned<String>,
    name: String,
    city: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawTrain {
    number: Spanned<String>,
    name: String,
    kind: TrainKind,
    zone: Zone,
    runs_on: Spanned<String>,
    rake: Rake,
    coaches: Spanned<String>,
    halts: Spanned<String>,
}

/// What is wrong with a train, and where in the text.
struct Fault {
    at: usize,
    problem: String,
}

impl Fault {
    fn of(self, text: &str, raw: &RawTrain) -> TimetableFileError {
        let train = printable(raw.number.get_ref());
        TimetableFileError::Train { line: line_of(text, self.at), train, problem: self.problem }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c)).take(20).collect()
}

fn station(raw: &RawStation) -> Result<Station, String> {
    let code = StationCode::parse(raw.code.get_ref()).map_err(|error| error.to_string())?;
    for (key, value) in [("name", &raw.name), ("city", &raw.city)] {
        let good = (1..=40).contains(&value.chars().count()) && !value.chars().any(is_hidden) && value.trim() == value;
        if !good {
            return Err(format!("its {key} is not 1 to 40 printable characters without spaces around: write it so"));
        }
    }
    Ok(Station { code, name: raw.name.clone(), city: raw.city.clone() })
}

fn train(text: &str, stations: &BTreeSet<StationCode>, raw: &RawTrain) -> Result<Train, Fault> {
    let number_at = raw.number.span().start;
    let number = TrainNumber::parse(raw.number.get_ref())
        .map_err(|error| Fault { at: number_at, problem: error.to_string() })?;
    let runs_on: RunDays = raw.runs_on.get_ref().parse().map_err(|error: crate::domain::train::BadRunDays| Fault {
        at: raw.runs_on.span().start,
        problem: error.to_string(),
    })?;
    let coaches = composition::parse(raw.coaches.get_ref(), raw.rake)
        .map_err(|error| Fault { at: raw.coaches.span().start, problem: error.to_string() })?;
    let halts = halts(text, stations, &raw.halts)?;
    let (name, kind, zone) = (raw.name.clone(), raw.kind, raw.zone);
    Train::new(TrainDraft { number, version: 1, name, kind, zone, runs_on, halts, coaches })
        .map_err(|error| Fault { at: number_at, problem: error.to_string() })
}

fn halts(text: &str, stations: &BTreeSet<StationCode>, raw: &Spanned<String>) -> Result<Vec<Halt>, Fault> {
    let lines: Vec<_> = lines_with_places(text, raw).filter(|(_, line)| !line.trim().is_empty()).collect();
    let last = lines.len().saturating_sub(1);
    let mut halts = Vec::with_capacity(lines.len());
    for (i, (at, line)) in lines.iter().enumerate() {
        let fault = |problem: String| Fault { at: *at, problem };
        let words: Vec<_> = line.split_whitespace().collect();
        let [code, arrive, depart, km] = words[..] else {
            let problem =
                "a halt is a line of four: station, arrival, departure and kilometres, such as KOTA 21:20 21:25 465";
            return Err(fault(problem.to_owned()));
        };
        let station = StationCode::parse(code).map_err(|error| fault(error.to_string()))?;
        if !stations.contains(&station) {
            return Err(fault(format!("{station} is not among the stations: list it, or mend the code")));
        }
        let time = |word: &str| word.parse::<RunTime>().map_err(|error| fault(error.to_string()));
        let (arrive, depart) = match (arrive, depart) {
            ("-", depart) if i == 0 => (time(depart)?, time(depart)?),
            (arrive, "-") if i == last => (time(arrive)?, time(arrive)?),
            ("-", _) | (_, "-") => {
                let problem = "only the first halt has '-' as arrival and only the last as departure: write both times";
                return Err(fault(problem.to_owned()));
            }
            _ if i == 0 || i == last => {
                let problem = "the first halt has '-' as arrival and the last as departure: put it there";
                return Err(fault(problem.to_owned()));
            }
            (arrive, depart) => (time(arrive)?, time(depart)?),
        };
        let problem = format!("'{}' is not a distance: write whole kilometres from the origin", printable(km));
        let km = km.parse().map_err(|_| fault(problem))?;
        let halt = Halt { station, arrive, depart, km };
        // The domain checks this again; here the line is known.
        check_order(halts.last(), &halt).map_err(|error| fault(error.to_string()))?;
        halts.push(halt);
    }
    Ok(halts)
}

/// The lines of a string with the place in the file where each stands. Of a string that is not written over several
/// lines, or with escapes, all lines stand where it begins.
fn lines_with_places<'a>(text: &'a str, value: &'a Spanned<String>) -> impl Iterator<Item = (usize, &'a str)> {
    let start = value.span().start;
    let written = &text[value.span()];
    let opening = ["\"\"\"\r\n", "\"\"\"\n", "'''\r\n", "'''\n"].into_iter().find(|open| written.starts_with(open));
    let plain = opening.is_some() && !written.contains('\\');
    let mut at = start + opening.map_or(0, str::len);
    value.get_ref().split_inclusive('\n').map(move |line| {
        let place = if plain { at } else { start };
        at += line.len();
        (place, line)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use rstest::rstest;

    use super::{bundled, parse};
    use crate::domain::coach::Class;
    use crate::domain::fare::{Ride, Traveller, price};
    use crate::domain::passenger::{Accommodation, Age};
    use crate::domain::quota::Quota;
    use crate::domain::timetable::Timetable;
    use crate::domain::train::TrainNumber;

    const GOOD: &str = r#"
[[station]]
code = "NDLS"
name = "New Delhi"
city = "Delhi"

[[station]]
code = "KOTA"
name = "Kota Junction"
city = "Kota"

[[station]]
code = "MMCT"
name = "Mumbai Central"
city = "Mumbai"

[[train]]
number = "12952"
name = "Mumbai Rajdhani"
kind = "rajdhani"
zone = "NR"
runs-on = "MTWTFSS"
rake = "lhb"
coaches = "H1 A1-A2 B1-B3"
halts = """
NDLS -       16:55    0
KOTA 21:20   21:25    465
MMCT 08:35+1 -        1384
"""
"#;

    #[test]
    fn a_train_is_read_with_its_coaches_and_halts() {
        let file = parse(GOOD).expect("good");
        let train = &file.trains[0];
        let coaches: Vec<_> =
            train.coaches().iter().map(|c| format!("{} {} {}", c.id(), c.class(), c.berths())).collect();
        assert_eq!(coaches, ["H1 1A 24", "A1 2A 54", "A2 2A 54", "B1 3A 72", "B2 3A 72", "B3 3A 72"]);
        let halts: Vec<_> =
            train.halts().iter().map(|h| format!("{} {} {} {}", h.station, h.arrive, h.depart, h.km)).collect();
        assert_eq!(halts, ["NDLS 16:55 16:55 0", "KOTA 21:20 21:25 465", "MMCT 08:35+1 08:35+1 1384"]);
        assert_eq!(train.version(), 1);
    }

    #[rstest]
    #[case("KOTA 21:20   21:25    465", "KOTA 21:20 21:25", "line 27, train 12952: a halt is a line of four")]
    #[case("KOTA 21:20 ", "KTA  21:20 ", "line 27, train 12952: KTA is not among the stations: list it")]
    #[case("KOTA 21:20 ", "KOTA -     ", "line 27, train 12952: only the first halt has '-'")]
    #[case(
        "MMCT 08:35+1 -  ",
        "MMCT 08:35+1 09:00",
        "line 28, train 12952: the first halt has '-' as arrival and the last"
    )]
    #[case(
        "08:35+1",
        "08:35  ",
        "line 28, train 12952: it calls at MMCT before it has left KOTA: check the times, and '+1'"
    )]
    #[case("1384", "465", "line 28, train 12952: MMCT is no farther than KOTA: check the kilometres")]
    #[case("1384", "far", "line 28, train 12952: 'far' is not a distance")]
    #[case("21:25 ", "21:15 ", "line 27, train 12952: it leaves KOTA before it comes in")]
    #[case("21:25 ", "21.25 ", "line 27, train 12952: '21.25' is not a time")]
    #[case("B1-B3", "B3-B1", "line 24, train 12952: 'B3-B1' is not a coach or a range")]
    #[case("B1-B3", "B1-S3", "line 24, train 12952: 'B1-S3' is not a coach or a range")]
    #[case("B1-B3", "B01", "line 24, train 12952: 'B01' is not a coach or a range")]
    #[case("B1-B3", "é1", "line 24, train 12952: 'é1' is not a coach or a range")]
    #[case("B1-B3", "U1", "line 24, train 12952: no reserved class has coaches with the letter U: write one of H (1A)")]
    #[case("B1-B3", "Z1", "line 24, train 12952: no reserved class has coaches with the letter Z: write one of H (1A)")]
    #[case("B1-B3", "A2", "line 18, train 12952: train 12952 has coach A2 twice")]
    #[case("H1 A1-A2 B1-B3", "", "line 18, train 12952: train 12952 has no reserved coach")]
    #[case("MTWTFSS", "DAILY", "line 22, train 12952: 'DAILY' does not say on which days")]
    #[case("\"12952\"", "\"12952-UP\"", "line 18, train 12952-UP: '12952-UP' is not a train number")]
    #[case("\"KOTA\"", "\"NDLS\"", "line 8, station NDLS: it is listed twice")]
    #[case("Kota Junction", "", "line 8, station KOTA: its name is not 1 to 40 printable characters")]
    #[case("rake = \"lhb\"", "rake = \"steam\"", "unknown variant `steam`")]
    #[case("rake = \"lhb\"", "", "missing field `rake`")]
    fn an_error_names_the_line_the_train_and_the_remedy(#[case] old: &str, #[case] new: &str, #[case] says: &str) {
        let text = GOOD.replacen(old, new, 1);
        assert_ne!(text, GOOD);
        let error = parse(&text).expect_err("refused").to_string();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn a_train_listed_twice_is_refused() {
        let train = &GOOD[GOOD.find("[[train]]").expect("there")..];
        let error = parse(&format!("{GOOD}{train}")).expect_err("refused").to_string();
        assert!(error.contains("line 31, train 12952: it is listed twice"), "{error}");
    }

    #[test]
    fn the_bundled_timetable_has_the_famous_trains_in_both_directions() {
        let file = bundled();
        assert!(file.trains.len() >= 35, "{}", file.trains.len());
        let numbers: BTreeSet<TrainNumber> = file.trains.iter().map(crate::domain::train::Train::number).collect();
        for number in ["12951", "12952", "12301", "12302", "12001", "12002", "12621", "12622", "12859", "12860"] {
            assert!(numbers.contains(&TrainNumber::parse(number).expect("a number")), "{number} is missing");
        }
        let carried: BTreeSet<Class> = file.trains.iter().flat_map(crate::domain::train::Train::classes).collect();
        assert_eq!(carried, BTreeSet::from(Class::RESERVED), "some class runs on no train");
    }

    #[test]
    fn the_bundled_timetable_can_be_searched_by_city() {
        let file = bundled();
        let timetable = Timetable::new(file.stations, file.trains.into_iter().map(Arc::new).collect());
        let place = |text| timetable.stations().resolve(text).expect("a place").codes();
        let (delhi, mumbai) = (place("delhi"), place("Mumbai"));
        assert!(delhi.len() > 1 && mumbai.len() > 1);
        let on = "2026-12-24".parse().expect("a date");
        let found: Vec<_> = timetable.journeys(&delhi, &mumbai, on).iter().map(|j| j.run.train.to_string()).collect();
        assert!(found.contains(&"12952".to_owned()), "{found:?}");
    }

    #[test]
    fn every_bundled_train_has_a_fare_for_each_class_it_carries() {
        let rules = crate::service::rules_file::bundled();
        let booked = "2026-12-01".parse().expect("a date");
        let adult = Traveller { age: Age::try_from(30).expect("an age"), accommodation: Accommodation::Berth };
        for train in bundled().trains {
            let km = train.halts().last().expect("at least two halts").km;
            for class in train.classes() {
                let ride = Ride { kind: train.kind(), class, quota: Quota::General, km };
                let fare = price(rules.fares_on(booked), rules.quotas_on(booked), ride, &[adult]);
                assert!(fare.is_ok(), "{} {class}: {fare:?}", train.number());
            }
        }
    }
}
