use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime};
use proptest::prelude::*;
use rstest::rstest;

use super::{Journey, Timetable};
use crate::domain::coach::{Class, Coach, CoachId};
use crate::domain::edition::Edition;
use crate::domain::segment::Leg;
use crate::domain::station::{Station, StationCode};
use crate::domain::train::{Halt, Train, TrainDraft, TrainKind, TrainNumber, Zone};

fn code(text: &str) -> StationCode {
    StationCode::parse(text).expect("a code")
}

fn codes(text: &str) -> Vec<StationCode> {
    text.split_whitespace().map(code).collect()
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// A train from halts like `NDLS 16:55`, each with the time of departure, a minute after the arrival and 10 km on.
fn train(number: &str, runs_on: &str, halts: &str) -> Train {
    let halts: Vec<_> = halts.split(", ").map(|halt| halt.split_once(' ').expect("a station and a time")).collect();
    let halts = halts.iter().enumerate().map(|(i, (station, time))| Halt {
        station: code(station),
        arrive: time.parse().expect("a time"),
        depart: time.parse().expect("a time"),
        km: 10 * i as u16,
    });
    Train::new(TrainDraft {
        number: TrainNumber::parse(number).expect("a number"),
        version: 1,
        name: format!("Train {number}"),
        kind: TrainKind::Superfast,
        zone: Zone::NR,
        runs_on: runs_on.parse().expect("running days"),
        halts: halts.collect(),
        coaches: vec![Coach::new(CoachId::parse("B1").expect("a coach"), Class::ThirdAc, 72).expect("a coach")],
    })
    .expect("a train")
}

/// Delhi has NDLS and NZM, Mumbai has MMCT and BVI; XYZ is in no list of stations.
fn timetable() -> Timetable {
    let stations = [
        ("NDLS", "New Delhi", "Delhi"),
        ("NZM", "Hazrat Nizamuddin", "Delhi"),
        ("KOTA", "Kota Junction", "Kota"),
        ("BVI", "Borivali", "Mumbai"),
        ("MMCT", "Mumbai Central", "Mumbai"),
    ];
    let station =
        |(c, name, city): (&str, &str, &str)| Station { code: code(c), name: name.to_owned(), city: city.to_owned() };
    let trains = vec![
        // Daily, overnight.
        train("12952", "MTWTFSS", "NDLS 16:55, NZM 17:10, KOTA 21:25, BVI 07:50+1, MMCT 08:35+1"),
        // Leaves on Mondays; passes Delhi about midnight and is in Kota on Tuesdays.
        train("19001", "M------", "XYZ 20:00, NDLS 23:55, NZM 00:10+1, KOTA 04:00+1, MMCT 15:00+1"),
        // Calls at Kota twice.
        train("19002", "MTWTFSS", "KOTA 06:00, NDLS 12:00, KOTA 18:00, BVI 23:00"),
    ];
    Timetable::new(stations.map(station).to_vec(), trains.into_iter().map(Arc::new).collect())
}

fn shown(journeys: &[Journey]) -> Vec<String> {
    let journey = |j: &Journey| {
        let (from, to) = (j.from.at.format("%m-%d %H:%M"), j.to.at.format("%m-%d %H:%M"));
        format!("{} {} {from} {} {to} {} km", j.run, j.from.station, j.to.station, j.km)
    };
    journeys.iter().map(journey).collect()
}

// 2026-12-01 is a Tuesday.
#[rstest]
#[case::plain("NDLS", "MMCT", "2026-12-02", &["12952#2026-12-02 NDLS 12-02 16:55 MMCT 12-03 08:35 40 km"])]
#[case::of_a_city_the_first_and_the_last("NZM NDLS", "BVI MMCT", "2026-12-02", &[
    "19002#2026-12-02 NDLS 12-02 12:00 BVI 12-02 23:00 20 km",
    "12952#2026-12-02 NDLS 12-02 16:55 MMCT 12-03 08:35 40 km",
])]
#[case::boarding_the_day_after_the_origin("KOTA", "MMCT", "2026-12-01", &[
    "19001#2026-11-30 KOTA 12-01 04:00 MMCT 12-01 15:00 10 km",
    "12952#2026-12-01 KOTA 12-01 21:25 MMCT 12-02 08:35 20 km",
])]
#[case::not_on_the_day_of_the_origin("KOTA", "MMCT", "2026-11-30", &[
    "12952#2026-11-30 KOTA 11-30 21:25 MMCT 12-01 08:35 20 km",
])]
#[case::a_city_passed_at_midnight_is_left_on_both_days("NDLS NZM", "KOTA", "2026-12-01", &[
    "19001#2026-11-30 NZM 12-01 00:10 KOTA 12-01 04:00 10 km",
    "19002#2026-12-01 NDLS 12-01 12:00 KOTA 12-01 18:00 10 km",
    "12952#2026-12-01 NDLS 12-01 16:55 KOTA 12-01 21:25 20 km",
])]
#[case::from_the_second_call("KOTA", "BVI", "2026-12-02", &[
    "19002#2026-12-02 KOTA 12-02 18:00 BVI 12-02 23:00 10 km",
    "12952#2026-12-02 KOTA 12-02 21:25 BVI 12-03 07:50 10 km",
])]
#[case::from_the_first_call("KOTA", "NDLS", "2026-12-02", &["19002#2026-12-02 KOTA 12-02 06:00 NDLS 12-02 12:00 10 km"])]
#[case::within_a_city("NDLS NZM", "NZM", "2026-12-02", &["12952#2026-12-02 NDLS 12-02 16:55 NZM 12-02 17:10 10 km"])]
#[case::to_itself("NDLS NZM", "NZM NDLS", "2026-12-02", &[])]
#[case::from_a_station_to_itself("KOTA", "KOTA", "2026-12-02", &[])]
#[case::against_the_train("MMCT", "NDLS", "2026-12-02", &[])]
#[case::unknown("NOWH", "NDLS", "2026-12-02", &[])]
#[case::from_nowhere("", "NDLS", "2026-12-02", &[])]
fn a_search_is_by_the_date_of_boarding(
    #[case] from: &str,
    #[case] to: &str,
    #[case] on: &str,
    #[case] expected: &[&str],
) {
    assert_eq!(shown(&timetable().journeys(&codes(from), &codes(to), date(on))), expected);
}

#[test]
fn stops_are_named_and_unlisted_stations_go_by_their_code() {
    let timetable = timetable();
    let journeys = timetable.journeys(&codes("XYZ"), &codes("KOTA"), date("2026-11-30"));
    assert_eq!((journeys[0].from.name.as_str(), journeys[0].to.name.as_str()), ("XYZ", "Kota Junction"));
    assert_eq!(journeys[0].minutes(), 8 * 60);
}

#[rstest]
#[case("12952#2026-12-02", (0, 4), true)]
#[case("19001#2026-11-30", (1, 2), true)]
#[case::does_not_run("19001#2026-12-01", (1, 2), false)]
#[case::too_few_halts("12952#2026-12-02", (0, 5), false)]
#[case::no_such_train("99999#2026-12-02", (0, 1), false)]
#[case::end_of_time("12952#+262142-12-31", (0, 4), false)]
fn a_leg_of_a_run_exists_or_not(#[case] run: &str, #[case] leg: (u8, u8), #[case] exists: bool) {
    let leg = Leg::new(leg.0, leg.1).expect("forward");
    let run = run.parse().expect("a run");
    assert_eq!(timetable().journey(run, leg).map(|journey| (journey.run, journey.leg)), exists.then_some((run, leg)));
}

#[rstest]
#[case("NDLS", "2026-12-01T12:00:00", 3, &[
    "19002#2026-12-01 NDLS 12-01 12:00 BVI 12-01 23:00 20 km",
    "12952#2026-12-01 NDLS 12-01 16:55 MMCT 12-02 08:35 40 km",
    "19002#2026-12-02 NDLS 12-02 12:00 BVI 12-02 23:00 20 km",
])]
#[case::weekly("XYZ", "2026-11-30T20:01:00", 5, &["19001#2026-12-07 XYZ 12-07 20:00 MMCT 12-08 15:00 40 km"])]
#[case::a_run_that_left_its_origin_yesterday("NZM", "2026-12-01T00:00:00", 1, &[
    "19001#2026-11-30 NZM 12-01 00:10 MMCT 12-01 15:00 20 km",
])]
#[case::both_calls("KOTA", "2026-12-02T05:00:00", 2, &[
    "19002#2026-12-02 KOTA 12-02 06:00 BVI 12-02 23:00 30 km",
    "19002#2026-12-02 KOTA 12-02 18:00 BVI 12-02 23:00 10 km",
])]
#[case::nothing_leaves_a_terminus("MMCT", "2026-12-01T12:00:00", 3, &[])]
#[case::none_wanted("NDLS", "2026-12-01T12:00:00", 0, &[])]
fn a_board_shows_the_next_departures(
    #[case] station: &str,
    #[case] after: NaiveDateTime,
    #[case] limit: usize,
    #[case] expected: &[&str],
) {
    assert_eq!(shown(&timetable().departures(code(station), after, limit)), expected);
}

#[test]
fn of_two_versions_of_a_train_the_later_counts() {
    let mut draft = TrainDraft::from(train("12952", "MTWTFSS", "NDLS 16:55, MMCT 23:00"));
    draft.version = 2;
    let trains =
        [TrainDraft { version: 1, ..draft.clone() }, draft].map(|draft| Arc::new(Train::new(draft).expect("good")));
    let timetable = Timetable::new(Vec::new(), trains.to_vec());
    let versions: Vec<_> = timetable.editions().iter().map(|edition| edition.train.version()).collect();
    assert_eq!(versions, [2]);
}

#[test]
fn a_search_finds_each_run_by_the_edition_of_its_date() {
    let change = date("2026-12-10");
    let edition = |halts, from, until| Edition { train: Arc::new(train("12952", "MTWTFSS", halts)), from, until };
    let editions = vec![
        edition("NDLS 23:50, MMCT 12:00+1", Some(change), None),
        edition("NDLS 16:55, KOTA 21:25, MMCT 08:35+1", None, Some(change)),
    ];
    let timetable = Timetable::of(Vec::new(), editions);
    let found = |from, to, on: &str| -> Vec<_> {
        let journeys = timetable.journeys(&codes(from), &codes(to), date(on));
        journeys.iter().map(|journey| (journey.run.date.to_string(), journey.from.at.time().to_string())).collect()
    };
    let at = |date: &str, time: &str| vec![(date.to_owned(), time.to_owned())];
    assert_eq!(found("NDLS", "MMCT", "2026-12-09"), at("2026-12-09", "16:55:00"));
    assert_eq!(found("NDLS", "MMCT", "2026-12-10"), at("2026-12-10", "23:50:00"));
    assert_eq!(found("KOTA", "MMCT", "2026-12-10"), Vec::new(), "it does not call there any more");
    let board: Vec<_> = timetable.departures(code("NDLS"), "2026-12-09T00:00:00".parse().expect("a time"), 3);
    let board: Vec<_> = board.iter().map(|journey| journey.from.at.to_string()).collect();
    assert_eq!(board, ["2026-12-09 16:55:00", "2026-12-10 23:50:00", "2026-12-11 23:50:00"]);
    let number = TrainNumber::parse("12952").expect("a number");
    assert_eq!(timetable.train(number).len(), 2);
    assert_eq!(timetable.trains().count(), 1);
    assert_eq!(timetable.train_on(number, change).map(|train| train.halts().len()), Some(2));
}

const PLACES: [&str; 5] = ["NDLS", "NZM", "KOTA", "BVI", "MMCT"];

proptest! {
    /// The index finds what looking at every train finds, for single stations.
    #[test]
    fn a_search_misses_no_run_and_invents_none(
        from in prop::sample::select(PLACES.to_vec()), to in prop::sample::select(PLACES.to_vec()), day in 0..14_u64
    ) {
        let timetable = timetable();
        let on = date("2026-11-30") + chrono::Days::new(day);
        let found: Vec<_> = timetable.journeys(&codes(from), &codes(to), on).iter().map(|j| j.run).collect();
        let mut expected = Vec::new();
        for train in timetable.editions().iter().map(|edition| &edition.train) {
            for back in 0..3 {
                let run = crate::domain::train::RunId { train: train.number(), date: on - chrono::Days::new(back) };
                let boards = |h: &Halt| h.station == code(from) && h.depart.on(run.date).date() == on;
                let goes = train.halts().iter().enumerate().any(|(i, halt)| {
                    boards(halt) && train.halts()[i + 1..].iter().any(|h| h.station == code(to))
                });
                if from != to && goes && train.runs_on().includes(run.date) {
                    expected.push(run);
                }
            }
        }
        expected.sort_unstable();
        let mut sorted = found.clone();
        sorted.sort_unstable();
        prop_assert_eq!(sorted, expected);
    }
}
