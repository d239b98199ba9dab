//! The one train of a simulation, so small that everybody wants the same berths, and how it is edited meanwhile.

use std::collections::BTreeMap;
use std::fs;

use kiosk::domain::coach::{Class, Coach, CoachId};
use kiosk::domain::station::{Station, StationCode, StationIndex};
use kiosk::domain::train::{Halt, RunDays, Train, TrainDraft, TrainKind, TrainNumber, Zone};
use kiosk::export;
use kiosk::store::trains::Listing;
use rand::RngExt;
use rand::rngs::StdRng;
use tempfile::NamedTempFile;

use super::trace::digest;

/// Halts with their stations' names, times and kilometres; those marked come and go.
const HALTS: [(&str, &str, &str, &str, u16, Stays); 8] = [
    ("MMCT", "Mumbai Central", "17:00", "17:00", 0, Stays::Always),
    ("BVI", "Borivali", "17:22", "17:24", 30, Stays::Always),
    ("VAPI", "Vapi", "18:40", "18:42", 170, Stays::AtTimes),
    ("ST", "Surat", "19:43", "19:48", 263, Stays::Always),
    ("BRC", "Vadodara Jn", "21:06", "21:16", 392, Stays::Always),
    ("RTM", "Ratlam Jn", "00:25+1", "00:28+1", 653, Stays::AtTimes),
    ("KOTA", "Kota Jn", "03:15+1", "03:20+1", 919, Stays::Always),
    ("NDLS", "New Delhi", "08:32+1", "08:32+1", 1386, Stays::Always),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stays {
    Always,
    AtTimes,
}

/// All stations at which it ever calls.
pub fn stations() -> Vec<Station> {
    let station = |(code, name, ..): (&str, &str, &str, &str, u16, Stays)| Station {
        code: StationCode::parse(code).expect("a code"),
        name: name.to_owned(),
        city: name.to_owned(),
    };
    HALTS.map(station).to_vec()
}

/// Coaches that are just large enough for a berth that is shared, and for one of each quota.
const OTHERS: [(&str, Class, u8); 2] = [("B1", Class::ThirdAc, 16), ("S1", Class::Sleeper, 12)];

/// The train as it is published first.
pub fn first_edition() -> Listing {
    let coaches = [("A1", Class::SecondAc, 4), ("A2", Class::SecondAc, 4)];
    edition(|_| false, &[&coaches[..], &OTHERS].concat())
}

/// Another edition: halts come and go, coaches grow and are taken off.
pub fn next_edition(chance: &mut StdRng) -> Listing {
    let (vapi, ratlam) = (chance.random_bool(0.5), chance.random_bool(0.5));
    let mut coaches = vec![("A1", Class::SecondAc, *[4, 6].get(chance.random_range(0..2)).expect("one of two"))];
    if chance.random_bool(0.7) {
        coaches.push(("A2", Class::SecondAc, 4));
    }
    coaches.extend(OTHERS);
    edition(|station| (station == "VAPI" && vapi) || (station == "RTM" && ratlam), &coaches)
}

/// The path of a sheet with an edition: the same in every world that has it, since requests say it.
pub fn sheet(listing: &Listing) -> String {
    let rows = export::trains::rows(&listing.train, &StationIndex::new(stations(), |_| 0));
    let text = [export::trains::header(), rows].concat();
    let folder = std::env::temp_dir().join("kiosk-simulation");
    let path = folder.join(format!("{:016x}.csv", digest(0, &text)));
    if fs::read(&path).ok().as_ref() != Some(&text) {
        fs::create_dir_all(&folder).expect("a folder for sheets can be made");
        let written = NamedTempFile::new_in(&folder).expect("a file in it can be");
        fs::write(written.path(), &text).expect("it can be written");
        written.persist(&path).expect("it can be named");
    }
    path.to_str().expect("its path is text").to_owned()
}

fn edition(calls: impl Fn(&str) -> bool, coaches: &[(&str, Class, u8)]) -> Listing {
    let halts = HALTS.iter().filter(|(code, .., stays)| *stays == Stays::Always || calls(code));
    let halt = |(code, _, arrive, depart, km, _): &(&str, &str, &str, &str, u16, Stays)| Halt {
        station: StationCode::parse(code).expect("a code"),
        arrive: arrive.parse().expect("a time"),
        depart: depart.parse().expect("a time"),
        km: *km,
    };
    let coach = |(id, class, berths): &(&str, Class, u8)| {
        Coach::new(CoachId::parse(id).expect("a coach"), *class, *berths).expect("a possible number of berths")
    };
    let draft = TrainDraft {
        number: TrainNumber::parse("12951").expect("a number"),
        version: 1,
        name: "Mumbai Mail".to_owned(),
        kind: TrainKind::Superfast,
        zone: Zone::WR,
        runs_on: RunDays::DAILY,
        halts: halts.map(halt).collect(),
        coaches: coaches.iter().map(coach).collect(),
    };
    Listing { train: Train::new(draft).expect("the train is in order"), fares: BTreeMap::new() }
}
