//! How long a search of a station pair and a keystroke of completion take, over every train of the country.
//!
//! `cargo bench --bench search` reads `trains-2023.json`, `stations-2023.json` and `station-places.json` from the folder
//! named by `KIOSK_BENCH_DATA`, else from `../shared/data`. Without them it makes up a timetable of the same size and
//! says so. It only measures: limits are printed beside the figures and not enforced.
#![allow(clippy::print_stdout, reason = "a benchmark's figures are its output")]
#![allow(clippy::disallowed_methods, reason = "a benchmark is a program of its own: it reads its one setting itself")]

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use chrono::{Days, NaiveDate, NaiveTime};
use kiosk::domain::coach::{Class, Coach, CoachId};
use kiosk::domain::station::{Station, StationCode};
use kiosk::domain::time::RunTime;
use kiosk::domain::timetable::Timetable;
use kiosk::domain::train::{Halt, RunDays, Train, TrainDraft, TrainKind, TrainNumber, Zone};
use serde::Deserialize;

const TRAINS: usize = 2858;
const STATIONS: usize = 8990;

/// What both measures aim at: under a millisecond.
const AIM_US: u32 = 1000;

fn main() {
    let (stations, trains) = load().unwrap_or_else(made_up);
    println!("{} trains with {} halts, {} stations", trains.len(), halts(&trains), stations.len());
    let began = Instant::now();
    let timetable = Timetable::new(stations, trains);
    println!("built in {:.1} ms", began.elapsed().as_secs_f64() * 1e3);

    let mut chance = Chance(2026);
    let monday = NaiveDate::from_ymd_opt(2026, 11, 30).expect("a date");
    let pairs: Vec<_> = (0..5000).map(|_| pair(&timetable, &mut chance)).collect();
    let mut found = 0;
    let searches = pairs.iter().enumerate().map(|(i, (from, to))| {
        let date = monday + Days::new(i as u64 % 7);
        timed(|| found += black_box(timetable.journeys(&[*from], &[*to], date)).len())
    });
    let mut lines = figures("search_pair", searches.collect());
    println!("{found} journeys for {} pairs", pairs.len());

    let busiest = busiest(&timetable);
    let cities = (0..500).map(|i| {
        let (from, to) = (&busiest[..8], &busiest[8..16]);
        timed(|| drop(black_box(timetable.journeys(from, to, monday + Days::new(i % 7)))))
    });
    lines.extend(figures("search_two_cities_of_8", cities.collect()));
    let noon = monday.and_time(NaiveTime::from_hms_opt(12, 0, 0).expect("a time"));
    let boards = (0..500).map(|_| timed(|| drop(black_box(timetable.departures(busiest[0], noon, 10)))));
    lines.extend(figures("departures_10", boards.collect()));

    let names: Vec<_> = timetable.stations().all().iter().map(|station| station.name.clone()).collect();
    let mut keystrokes = Vec::new();
    for _ in 0..1000 {
        let name = &names[chance.below(names.len())];
        for (at, c) in name.char_indices().take(10) {
            let typed = &name[..at + c.len_utf8()];
            keystrokes.push(timed(|| drop(black_box(timetable.stations().complete(typed, 8)))));
        }
    }
    lines.extend(figures("complete_keystroke", keystrokes));
    println!("limit search_pair_p50 {AIM_US} us\nlimit complete_keystroke_p50 {AIM_US} us");
    println!("{}", lines.join("\n"));
}

/// Microseconds that `work` takes.
fn timed(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64() * 1e6
}

/// The lines of a measure: its middle, its slow tail and its worst.
fn figures(name: &str, mut microseconds: Vec<f64>) -> Vec<String> {
    microseconds.sort_by(f64::total_cmp);
    let at = |part: usize| microseconds[(microseconds.len() - 1) * part / 100];
    let line = |(label, part)| format!("figure {name}_{label} {:.1} us", at(part));
    [("p50", 50), ("p99", 99), ("max", 100)].map(line).to_vec()
}

fn halts(trains: &[Arc<Train>]) -> usize {
    trains.iter().map(|train| train.halts().len()).sum()
}

/// Two stations between which at least one train goes.
fn pair(timetable: &Timetable, chance: &mut Chance) -> (StationCode, StationCode) {
    let editions = timetable.editions();
    let train = &editions[chance.below(editions.len())].train;
    let from = chance.below(train.halts().len() - 1);
    let to = from + 1 + chance.below(train.halts().len() - from - 1);
    (train.halts()[from].station, train.halts()[to].station)
}

fn busiest(timetable: &Timetable) -> Vec<StationCode> {
    let mut calls: HashMap<StationCode, usize> = HashMap::new();
    for halt in timetable.editions().iter().flat_map(|edition| edition.train.halts()) {
        *calls.entry(halt.station).or_default() += 1;
    }
    let mut stations: Vec<_> = calls.into_iter().collect();
    stations.sort_by_key(|(code, count)| (std::cmp::Reverse(*count), *code));
    stations.into_iter().map(|(code, _)| code).collect()
}

/// A fixed sequence that looks random (Knuth's MMIX constants), so that every run measures the same work.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % limit as u64) as usize
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawTrain {
    #[serde(rename = "Train_name")]
    name: String,
    duration: String,
    distance: u16,
    #[serde(rename = "Runs_on")]
    runs_on: HashMap<String, u8>,
    stations: Vec<String>,
}

#[derive(Deserialize)]
struct RawPlace {
    name: String,
}

/// The published data; `None` where it is not there.
fn load() -> Option<(Vec<Station>, Vec<Arc<Train>>)> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("KIOSK_BENCH_DATA").map_or_else(default, PathBuf::from);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    let trains: BTreeMap<String, RawTrain> =
        serde_json::from_str(&read("trains-2023.json")?).expect("trains as published");
    let places: BTreeMap<String, RawPlace> =
        serde_json::from_str(&read("station-places.json")?).expect("stations as published");
    println!("data: {}", folder.display());
    println!("The data has no times at halts: each train's duration and distance are spread evenly over its halts.");
    let mut skipped = 0;
    let stations = places.iter().filter_map(|(code, place)| {
        let code = StationCode::parse(code).map_err(|_| skipped += 1).ok()?;
        Some(Station { code, name: place.name.clone(), city: place.name.clone() })
    });
    let stations = stations.collect();
    let trains: Vec<_> = trains.iter().map(|(number, raw)| Arc::new(published(number, raw))).collect();
    println!("{skipped} stations are left out: what they have is no code.");
    Some((stations, trains))
}

fn published(number: &str, raw: &RawTrain) -> Train {
    let (hours, minutes) = raw.duration.split_once(':').expect("hours and minutes");
    let minutes = 60 * hours.parse::<u16>().expect("hours") + minutes.parse::<u16>().expect("minutes");
    let runs = |day: &str| raw.runs_on.get(day).is_some_and(|runs| *runs == 1);
    let week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].into_iter().zip("MTWTFSS".chars());
    let days: String = week.map(|(day, letter)| if runs(day) { letter } else { '-' }).collect();
    let stations = raw.stations.iter().map(|code| StationCode::parse(code).expect("a code")).collect();
    spread(number, &raw.name, days.parse().expect("running days"), stations, minutes, raw.distance)
}

/// A train whose halts are equally far apart in time and distance. It starts at an hour that follows from its number.
fn spread(number: &str, name: &str, runs_on: RunDays, stations: Vec<StationCode>, minutes: u16, km: u16) -> Train {
    let last = stations.len() - 1;
    let number = TrainNumber::parse(number).expect("a number");
    let start: usize = number.as_str().bytes().map(usize::from).sum::<usize>() * 37 % 1440;
    let (minutes, km) = (usize::from(minutes).max(last), usize::from(km).max(last));
    let halts = stations.into_iter().enumerate().map(|(i, station)| {
        let time = RunTime::from_minutes((start + i * minutes / last) as u16).expect("under ten days");
        Halt { station, arrive: time, depart: time, km: (i * km / last) as u16 }
    });
    let coach = Coach::new(CoachId::parse("B1").expect("a coach"), Class::ThirdAc, 72).expect("a coach");
    Train::new(TrainDraft {
        number,
        version: 1,
        name: name.to_owned(),
        kind: TrainKind::Express,
        zone: Zone::NR,
        runs_on,
        halts: halts.collect(),
        coaches: vec![coach],
    })
    .expect("equal steps go forward")
}

/// A country of the same size where there is no data: trains run through 22 stations of 8,990.
fn made_up() -> (Vec<Station>, Vec<Arc<Train>>) {
    println!("data: none found, so the timetable is MADE UP, with as many trains and stations");
    let mut chance = Chance(1853);
    let code = |i: usize| StationCode::parse(&format!("S{i}")).expect("a code");
    let syllables = ["pur", "nagar", "gar", "ka", "ni", "ra", "sa", "del", "mum", "ban", "cha", "tri"];
    let stations = (0..STATIONS).map(|i| {
        let name: String = (0..3).map(|_| syllables[chance.below(syllables.len())]).collect();
        Station { code: code(i), city: name.clone(), name: format!("{name} {i}") }
    });
    let stations: Vec<_> = stations.collect();
    // Busy lines: half of all halts are at one station in twenty.
    let trains = (0..TRAINS).map(|i| {
        let halts = (0..22).map(|_| {
            let within = if chance.below(2) == 0 { STATIONS / 20 } else { STATIONS };
            code(chance.below(within))
        });
        Arc::new(spread(&format!("{}", 10_000 + i), "Made-up Express", RunDays::DAILY, halts.collect(), 1320, 1100))
    });
    (stations, trains.collect())
}
