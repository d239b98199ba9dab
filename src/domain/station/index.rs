//! Finding stations as a person types. Deliberately absent: guessing at misspellings, which would move the list about
//! under the finger.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Place, Station, StationCode};

/// Stations by code, name and city, for completion as a person types. Cheap to search, built once.
///
/// Written, it is what it was built from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Weighted>", into = "Vec<Weighted>")]
pub struct StationIndex {
    /// By code, no code twice.
    stations: Vec<Station>,
    /// Trains that call at each station.
    weights: Vec<usize>,
    /// The cities with more than one station.
    cities: Vec<City>,
    /// All that can be typed, folded and sorted, so that what begins alike stands together.
    keys: Vec<Key>,
}

/// A station and the number of trains that call there.
#[derive(Serialize, Deserialize)]
struct Weighted(Station, usize);

impl From<Vec<Weighted>> for StationIndex {
    fn from(all: Vec<Weighted>) -> Self {
        let weights: BTreeMap<_, _> = all.iter().map(|Weighted(station, weight)| (station.code, *weight)).collect();
        let stations = all.into_iter().map(|Weighted(station, _)| station).collect();
        Self::new(stations, |code| weights.get(&code).copied().unwrap_or_default())
    }
}

impl From<StationIndex> for Vec<Weighted> {
    fn from(index: StationIndex) -> Self {
        index.stations.into_iter().zip(index.weights).map(|(station, weight)| Weighted(station, weight)).collect()
    }
}

#[derive(Clone, Debug)]
struct City {
    name: String,
    stations: Vec<StationCode>,
    weight: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    text: Box<str>,
    kind: KeyKind,
    target: Target,
}

/// What of a place a key is, best first among what begins as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum KeyKind {
    City,
    Code,
    Name,
    /// A name from one of its later words on.
    Words,
    /// The city of a station whose own name may be another.
    CityOfStation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    City(usize),
    Station(usize),
}

/// How well a key fits, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    ExactCode,
    City,
    Beginning,
    LaterWord,
    InCity,
}

impl StationIndex {
    /// An index over stations; `weight` says how many trains call at one, so that busy ones come first. Of two stations
    /// with one code the first counts.
    pub fn new(mut stations: Vec<Station>, weight: impl Fn(StationCode) -> usize) -> Self {
        stations.sort_by_key(|station| station.code);
        stations.dedup_by_key(|station| station.code);
        let weights: Vec<_> = stations.iter().map(|station| weight(station.code)).collect();
        let cities = cities(&stations, &weights);
        let mut keys = Vec::with_capacity(stations.len() * 4);
        for (i, city) in cities.iter().enumerate() {
            keys.push(Key { text: fold(&city.name).into(), kind: KeyKind::City, target: Target::City(i) });
        }
        for (i, station) in stations.iter().enumerate() {
            let mut add = |text: &str, kind| keys.push(Key { text: text.into(), kind, target: Target::Station(i) });
            let name = fold(&station.name);
            add(&fold(station.code.as_str()), KeyKind::Code);
            add(&name, KeyKind::Name);
            for (at, _) in name.match_indices(' ') {
                add(&name[at + 1..], KeyKind::Words);
            }
            let city = fold(&station.city);
            if city != name {
                add(&city, KeyKind::CityOfStation);
            }
        }
        keys.sort_unstable();
        Self { stations, weights, cities, keys }
    }

    /// The station with a code.
    pub fn get(&self, code: StationCode) -> Option<&Station> {
        self.position(code).map(|at| &self.stations[at])
    }

    /// A station's name; its code where the station is not known.
    pub fn name(&self, code: StationCode) -> String {
        self.get(code).map_or_else(|| code.to_string(), |station| station.name.clone())
    }

    /// All stations, by code.
    pub fn all(&self) -> &[Station] {
        &self.stations
    }

    /// What the typed text may mean, best first: an exact code, a city of several stations, then names and codes that
    /// begin so, then names with a word that begins so, then the stations of a city that begins so. Busy ones come
    /// first among equals. Nothing typed means nothing.
    pub fn complete(&self, typed: &str, limit: usize) -> Vec<Place> {
        let typed = fold(typed);
        let mut best: Vec<(Fit, Reverse<usize>, Target)> = Vec::with_capacity(limit + 1);
        for key in self.beginning(&typed) {
            let found = (fit(key, &typed), Reverse(self.weight(key.target)), key.target);
            if best.len() >= limit && best.last().is_none_or(|worst| found >= *worst) {
                continue;
            }
            // A place begins so in several ways: the best of them counts.
            if let Some(same) = best.iter().position(|(.., target)| *target == key.target) {
                if best[same] <= found {
                    continue;
                }
                best.remove(same);
            }
            best.insert(best.partition_point(|better| *better < found), found);
            best.truncate(limit);
        }
        best.into_iter().map(|(.., target)| self.place(target)).collect()
    }

    /// The one place that a fully typed text names: a code, a city, a name, or a name with its code behind it as
    /// screens write it (`New Delhi NDLS`).
    pub fn resolve(&self, text: &str) -> Option<Place> {
        if let Ok(code) = StationCode::parse(text.trim())
            && let Some(station) = self.get(code)
        {
            return Some(Place::Station(station.clone()));
        }
        let typed = fold(text);
        let whole = self.beginning(&typed).iter().take_while(|key| *key.text == *typed);
        let best = whole
            .filter(|key| key.kind != KeyKind::Words)
            .min_by_key(|key| (key.kind, Reverse(self.weight(key.target)), key.target));
        if let Some(key) = best {
            return Some(self.place(key.target));
        }
        let (name, code) = text.trim().rsplit_once(char::is_whitespace)?;
        let station = self.get(StationCode::parse(code).ok()?)?;
        (fold(&station.name) == fold(name)).then(|| Place::Station(station.clone()))
    }

    fn position(&self, code: StationCode) -> Option<usize> {
        self.stations.binary_search_by_key(&code, |station| station.code).ok()
    }

    fn weight(&self, target: Target) -> usize {
        match target {
            Target::City(at) => self.cities[at].weight,
            Target::Station(at) => self.weights[at],
        }
    }

    fn place(&self, target: Target) -> Place {
        match target {
            Target::City(at) => {
                let city = &self.cities[at];
                Place::City { name: city.name.clone(), stations: city.stations.clone() }
            }
            Target::Station(at) => Place::Station(self.stations[at].clone()),
        }
    }

    /// The keys that begin with the folded text; none for no text.
    fn beginning(&self, typed: &str) -> &[Key] {
        if typed.is_empty() {
            return &[];
        }
        let start = self.keys.partition_point(|key| *key.text < *typed);
        let length = self.keys[start..].partition_point(|key| key.text.starts_with(typed));
        &self.keys[start..start + length]
    }
}

fn fit(key: &Key, typed: &str) -> Fit {
    match key.kind {
        KeyKind::Code if *key.text == *typed => Fit::ExactCode,
        KeyKind::City => Fit::City,
        KeyKind::Code | KeyKind::Name => Fit::Beginning,
        KeyKind::Words => Fit::LaterWord,
        KeyKind::CityOfStation => Fit::InCity,
    }
}

/// The cities with several stations, each with the busiest first.
fn cities(stations: &[Station], weights: &[usize]) -> Vec<City> {
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, station) in stations.iter().enumerate() {
        by_name.entry(fold(&station.city)).or_default().push(i);
    }
    let several = by_name.into_values().filter(|members| members.len() > 1);
    let city = |mut members: Vec<usize>| {
        members.sort_by_key(|i| (Reverse(weights[*i]), stations[*i].code));
        City {
            name: stations[members[0]].city.clone(),
            weight: members.iter().map(|i| weights[*i]).sum(),
            stations: members.iter().map(|i| stations[*i].code).collect(),
        }
    };
    several.map(city).collect()
}

/// Lower case, with everything but letters and digits as one space between words: `Pt. Deen Dayal` is `pt deen dayal`.
/// Marks of Indian scripts are parts of letters.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() || !(c.is_ascii() || c.is_whitespace() || c.is_control()) {
            folded.push(c);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::super::{Place, Station, StationCode};
    use super::StationIndex;

    /// Stations with the number of trains that call.
    const STATIONS: [(&str, &str, &str, usize); 9] = [
        ("NDLS", "New Delhi", "Delhi", 90),
        ("DLI", "Delhi Junction", "Delhi", 60),
        ("NZM", "Hazrat Nizamuddin", "Delhi", 70),
        ("DDU", "Pt. Deen Dayal Upadhyaya Jn", "Mughalsarai", 80),
        ("NDAE", "New Dahani", "Dahani", 1),
        ("DLO", "Dullahapur", "Dullahapur", 2),
        ("G", "Gondia Junction", "Gondia", 20),
        ("GKP", "Gorakhpur Junction", "Gorakhpur", 30),
        ("ADI", "Ahmedabad Junction", "Ahmedabad", 40),
    ];

    fn index() -> StationIndex {
        let code = |text: &str| StationCode::parse(text).expect("a code");
        let station = |(c, name, city, _): (&str, &str, &str, usize)| Station {
            code: code(c),
            name: name.to_owned(),
            city: city.to_owned(),
        };
        let weight = |wanted| STATIONS.iter().find(|(c, ..)| code(c) == wanted).map_or(0, |(.., trains)| *trains);
        StationIndex::new(STATIONS.map(station).to_vec(), weight)
    }

    fn shown(place: &Place) -> String {
        match place {
            Place::Station(station) => station.code.to_string(),
            Place::City { name, stations } => format!("{name}{stations:?}"),
        }
    }

    #[rstest]
    #[case("ndls", &["NDLS"])]
    #[case("delhi", &["Delhi[NDLS, NZM, DLI]", "DLI", "NDLS", "NZM"])]
    #[case("  NEW   del", &["NDLS"])]
    #[case("new", &["NDLS", "NDAE"])]
    #[case("nd", &["NDLS", "NDAE"])]
    #[case("dl", &["DLI", "DLO"])]
    #[case("g", &["G", "GKP"])]
    #[case("deen dayal", &["DDU"])]
    #[case("pt deen", &["DDU"])]
    #[case("mughal", &["DDU"])]
    #[case("hazrat nizamuddin", &["NZM"])]
    #[case("juncti", &["DLI", "ADI", "GKP", "G"])]
    #[case("dehli", &[])]
    #[case("", &[])]
    #[case(" - ", &[])]
    fn typing_finds_places_best_first(#[case] typed: &str, #[case] places: &[&str]) {
        let found: Vec<_> = index().complete(typed, 10).iter().map(shown).collect();
        assert_eq!(found, places);
    }

    #[test]
    fn no_more_than_the_limit_come_back() {
        assert_eq!(index().complete("d", 2).len(), 2);
        assert!(index().complete("d", 0).is_empty());
    }

    #[rstest]
    #[case("ndls", Some("NDLS"))]
    #[case("Delhi", Some("Delhi[NDLS, NZM, DLI]"))]
    #[case(" new delhi ", Some("NDLS"))]
    #[case("New Delhi NDLS", Some("NDLS"))]
    #[case("New Delhi DLI", None)]
    #[case("Mughalsarai", Some("DDU"))]
    #[case("New", None)]
    #[case("Junction", None)]
    #[case("", None)]
    fn a_whole_text_names_one_place(#[case] text: &str, #[case] place: Option<&str>) {
        assert_eq!(index().resolve(text).as_ref().map(shown).as_deref(), place);
    }

    proptest! {
        #[test]
        fn what_is_offered_can_be_typed_out_in_full(typed in "[a-z ]{1,6}", limit in 0..6_usize) {
            let index = index();
            let found = index.complete(&typed, limit);
            prop_assert!(found.len() <= limit);
            for (i, place) in found.iter().enumerate() {
                prop_assert!(!found[..i].contains(place));
                let in_full = match place {
                    Place::Station(station) => format!("{} {}", station.name, station.code),
                    Place::City { name, .. } => name.clone(),
                };
                prop_assert_eq!(index.resolve(&in_full), Some(place.clone()));
            }
        }

        #[test]
        fn no_text_at_all_is_too_strange(typed in "\\PC{0,12}") {
            let _ = index().complete(&typed, 5);
            let _ = index().resolve(&typed);
        }
    }
}
