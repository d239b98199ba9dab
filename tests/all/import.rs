//! Trains from a GTFS folder and from a sheet: what is read, what is filled in, and each mistake with its line.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use kiosk::domain::edition::{Edition, Editions, NotPublished, Start};
use kiosk::domain::station::{Station, StationCode};
use kiosk::domain::timetable::Timetable;
use kiosk::domain::train::{Train, TrainDraft, TrainNumber, Zone};
use kiosk::export;
use kiosk::service::import::{self, Basis, Change, Comparison, Import, Unreadable, gtfs, sheet};
use kiosk::service::timetable_file;
use rstest::rstest;

use crate::feed::{feed, feed_with, folder, silent};

fn compare(timetable: &Timetable, import: &Import, start: Start) -> Comparison {
    import::compare(timetable, import, start, &silent()).expect("nobody stops it")
}

fn on(date: &str) -> NaiveDate {
    date.parse().expect("a date")
}

fn read(folder: &Path, timetable: &Timetable) -> Result<Import, Unreadable> {
    gtfs::read(folder, Basis { timetable, on: on("2026-12-01"), zone: None }, &silent())
}

fn imported(files: &[(&str, String)]) -> Import {
    read(folder(files).path(), &Timetable::default()).expect("the files are there")
}

fn faults(import: &Import) -> Vec<String> {
    import.faults.iter().map(ToString::to_string).collect()
}

fn halts(train: &Train) -> Vec<String> {
    train.halts().iter().map(|h| format!("{} {} {} {}", h.station, h.arrive, h.depart, h.km)).collect()
}

#[test]
fn a_folder_becomes_trains_with_what_is_filled_in_said() {
    let import = imported(&feed());
    assert_eq!(faults(&import), Vec::<String>::new());
    let [rajdhani, night] = import.trains.as_slice() else { panic!("{:?}", import.trains) };
    assert_eq!((rajdhani.number().as_str(), rajdhani.name()), ("12951", "Mumbai Rajdhani"));
    assert_eq!(rajdhani.runs_on().to_string(), "MTWTFSS", "both of its calendars together");
    assert_eq!(halts(rajdhani), ["MMCT 17:00 17:00 0", "ST 19:43 19:48 263", "NDLS 08:32+1 08:32+1 1386"]);
    assert_eq!((rajdhani.kind().to_string(), rajdhani.zone()), ("rajdhani".to_owned(), Zone::WR));

    assert_eq!((night.number().as_str(), night.name()), ("22903", "Night Express"));
    assert_eq!(night.runs_on().to_string(), "M------", "a quarter past midnight of Sunday's service is Monday");
    assert_eq!(halts(night), ["BDTS 00:15 00:15 0", "ST 04:00 04:00 274"]);
    assert_eq!(night.kind().to_string(), "superfast");

    let names: Vec<_> = import.stations.iter().map(|station| format!("{} {}", station.code, station.name)).collect();
    assert_eq!(names, ["BDTS Bandra, Terminus", "MMCT Mumbai Central", "NDLS New Delhi", "ST Surat"]);
    assert_eq!(
        import.notes,
        [
            "2 dated exceptions of calendar_dates.txt were not taken: a train here runs by days of the week.",
            "1 trips are of routes that are no trains, and were left out.",
            "1 halts at which nobody boards or leaves were left out.",
            "2 trips have distances from shape_dist_traveled, taken as metres.",
            "1 trips have distances of straight lines between halts, times 1.15: check them, fares go by them.",
            "2 new trains have a kind by their name and speed: give others in kiosk_trains.txt.",
            "2 new trains have the usual coaches of their kind, since GTFS names none: give others in kiosk_trains.txt.",
        ]
    );
}

#[test]
fn a_shape_says_how_long_the_way_is() {
    let mut files = feed();
    let detour = "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n\
                  S3,19.0631,72.8416,1\nS3,21.2057,72.8408,3\nS3,20.0,73.5,2\n";
    files.push(("shapes.txt", detour.to_owned()));
    let import = imported(&files);
    assert_eq!(halts(&import.trains[1]), ["BDTS 00:15 00:15 0", "ST 04:00 04:00 276"], "by way of the middle point");
    assert!(import.notes.iter().any(|note| note == "1 trips have distances along their shapes."), "{:?}", import.notes);
}

#[test]
fn the_extension_file_names_coaches_kind_and_zone() {
    let mut files = feed();
    files.push((
        "kiosk_trains.txt",
        "train_number,coaches,kind,zone\n22903,A1 S1-S2=70,express,CR\n777,S1,,\n".to_owned(),
    ));
    let import = imported(&files);
    let night = &import.trains[1];
    let coaches: Vec<_> = night.coaches().iter().map(|coach| format!("{} {}", coach.id(), coach.berths())).collect();
    assert_eq!(coaches, ["A1 54", "S1 70", "S2 70"]);
    assert_eq!((night.kind().to_string(), night.zone()), ("express".to_owned(), Zone::CR));
    assert!(
        import.notes.contains(&"kiosk_trains.txt names 777, which the feed has not.".to_owned()),
        "{:?}",
        import.notes
    );
}

#[test]
fn a_train_that_the_timetable_has_keeps_what_gtfs_does_not_know() {
    let bundled = timetable_file::bundled();
    let number = TrainNumber::parse("12951").expect("a number");
    let known = bundled.trains.iter().find(|train| train.number() == number).expect("bundled").clone();
    let timetable = Timetable::new(bundled.stations, vec![known.clone().into()]);
    let import = read(folder(&feed()).path(), &timetable).expect("the files are there");
    assert_eq!(import.trains[0].coaches(), known.coaches());
    let mumbai = import.stations.iter().find(|station| station.code.as_str() == "MMCT").expect("it calls there");
    assert_eq!(mumbai.city, "Mumbai", "GTFS has no cities");
}

#[rstest]
#[case::time_back(
    "stop_times.txt",
    "T1,19:43:00,19:48:30",
    "T1,16:43:00,16:48:30",
    "stop_times.txt, line 3: it calls here before it has left MMCT"
)]
#[case::leaves_before(
    "stop_times.txt",
    "T1,19:43:00,19:48:30",
    "T1,19:43:00,19:40:30",
    "stop_times.txt, line 3: its times go backwards: past midnight hours count on in GTFS"
)]
#[case::no_midnight(
    "stop_times.txt",
    "T1,32:32:00,32:32:00",
    "T1,08:32:00,08:32:00",
    "stop_times.txt, line 5: it calls here before it has left ST"
)]
#[case::before_its_day(
    "stop_times.txt",
    "T3,28:00:00,",
    "T3,04:00:00,",
    "stop_times.txt, line 10: its times go backwards"
)]
#[case::bad_time(
    "stop_times.txt",
    "T1,19:43:00",
    "T1,7.43pm",
    "stop_times.txt, line 3: arrival_time is '7.43pm': write hours, minutes and seconds"
)]
#[case::no_time(
    "stop_times.txt",
    "T1,19:43:00,19:48:30",
    "T1,,",
    "stop_times.txt, line 3: it has no time, and times are not guessed: write both"
)]
#[case::distance_back(
    "stop_times.txt",
    "0,0,263000",
    "0,0,1400000",
    "stop_times.txt, line 5: it is no farther than ST: mend shape_dist_traveled"
)]
#[case::twice("stop_times.txt", "2a,2,0,0", "2a,1,0,0", "stop_times.txt, line 3: stop_sequence 1 is there twice")]
#[case::no_stop(
    "stop_times.txt",
    "19:48:30,2a",
    "19:48:30,9",
    "stop_times.txt, line 3: stop '9' is not in stops.txt: add it"
)]
#[case::no_trip(
    "stop_times.txt",
    "T1,17:00:00",
    "T9,17:00:00",
    "stop_times.txt, line 2: trip 'T9' is not in trips.txt: add it"
)]
#[case::cells(
    "stop_times.txt",
    "T1,17:00:00,",
    "T1,17:00:00,,",
    "stop_times.txt, line 2: it has 9 cells and the head 8: check its commas and quotes"
)]
#[case::no_code(
    "stops.txt",
    "2,ST,Surat",
    "2,SURAT-JN,Surat",
    "stops.txt, line 3: 'SURAT-JN' is no station's code: write 1 to 8 letters or digits as stop_code"
)]
#[case::without_code(
    "stops.txt",
    "2,ST,Surat",
    "2,,Surat",
    "stops.txt, line 3: it has no stop_code: write the station's code there, such as NDLS"
)]
#[case::other_name(
    "stops.txt",
    "4,BDTS,",
    "4,MMCT,",
    "stops.txt, line 6: MMCT is 'Mumbai Central' in line 2: name it alike"
)]
#[case::no_place(
    "stops.txt",
    "19.0631,72.8416",
    ",",
    "stops.txt, line 6: it has no place, and its halts no shape_dist_traveled: write stop_lat and stop_lon"
)]
#[case::no_name(
    "stops.txt",
    "Mumbai Central",
    "",
    "stops.txt, line 2: a station's name has 1 to 40 printable characters"
)]
#[case::no_number(
    "trips.txt",
    "T1,12951",
    "T1,12951-UP",
    "trips.txt, line 2: '12951-UP' is no train's number: write one such as 12951 as trip_short_name"
)]
#[case::no_calendar(
    "trips.txt",
    "R1,WEEK",
    "R1,WEEKS",
    "trips.txt, line 2: service 'WEEKS' is not in calendar.txt: add it"
)]
#[case::only_dates(
    "calendar.txt",
    "SUN,0,0",
    "SON,0,0",
    "trips.txt, line 4: service 'SUN' has dated exceptions alone, which are not taken: give its days in calendar.txt"
)]
#[case::no_day(
    "calendar.txt",
    "SUN,0,0,0,0,0,0,1",
    "SUN,0,0,0,0,0,0,0",
    "trips.txt, line 4: service 'SUN' runs on no day of the week"
)]
#[case::flag("calendar.txt", "SUN,0,0", "SUN,0,no", "calendar.txt, line 4: tuesday is 'no': write 1 or 0")]
#[case::date(
    "calendar.txt",
    "20260101",
    "01/01/2026",
    "calendar.txt, line 2: start_date is '01/01/2026': write a date such as 20261201"
)]
#[case::no_route("trips.txt", "R1,WEEK", "R9,WEEK", "trips.txt, line 2: route 'R9' is not in routes.txt: add it")]
#[case::other_times(
    "stop_times.txt",
    "T2,17:00:00,17:00:00",
    "T2,17:05:00,17:05:00",
    "trips.txt, line 3: train 12951 has other halts or times here than in line 2"
)]
#[case::no_zone(
    "agency.txt",
    "WR,Western Railway",
    "IR,Indian Railways",
    "agency.txt, line 2: 'Indian Railways' is no zone: write its abbreviation"
)]
#[case::other_clock(
    "agency.txt",
    "Asia/Kolkata",
    "Europe/London",
    "agency.txt, line 2: its times are of 'Europe/London', and trains here go by Asia/Kolkata: convert them"
)]
#[case::long_name(
    "routes.txt",
    "Mumbai Rajdhani",
    "Mumbai Central to New Delhi Rajdhani Express",
    "trips.txt, line 2: train 12951 needs a name of 1 to 40 characters"
)]
fn a_mistake_is_told_with_file_line_and_remedy(
    #[case] file: &str,
    #[case] old: &str,
    #[case] new: &str,
    #[case] says: &str,
) {
    let files = match file {
        // What the fault shows only when the trip's agency is the one.
        "agency.txt" if says.contains("no zone") => {
            let mut files = feed_with(file, old, new);
            let (_, routes) = files.iter_mut().find(|(name, _)| *name == "routes.txt").expect("a file of the feed");
            *routes = routes.replace(",WR,", ",IR,");
            files
        }
        _ => feed_with(file, old, new),
    };
    let import = imported(&files);
    let told = faults(&import);
    assert!(told.iter().any(|fault| fault.starts_with(says)), "{told:#?}");
    assert!(told.len() <= 4, "one mistake is not told for every row: {told:#?}");
}

#[test]
fn the_trains_beside_a_mistake_are_still_read() {
    let import = imported(&feed_with("stop_times.txt", "T1,19:43:00,19:48:30", "T1,,"));
    let numbers: Vec<_> = import.trains.iter().map(|train| train.number().to_string()).collect();
    assert_eq!(numbers, ["22903"]);
    let codes: Vec<_> = import.stations.iter().map(|station| station.code.to_string()).collect();
    assert_eq!(codes, ["BDTS", "ST"], "and no station of the others");
}

#[test]
fn a_train_with_more_halts_than_a_berth_can_count_is_refused() {
    let mut files = feed();
    let (mut stops, mut times) = (String::new(), String::new());
    for i in 0..128 {
        let (hour, minute) = (i / 6, i % 6 * 10);
        writeln!(stops, "X{i},X{i},Halt {i},20.0,{i}.0,").expect("memory takes it");
        let out = minute + 5;
        writeln!(times, "T9,{hour:02}:{minute:02}:00,{hour:02}:{out:02}:00,X{i},{i},,,{i}").expect("memory takes it");
    }
    for (name, text) in &mut files {
        match *name {
            "stops.txt" => *text += &stops,
            "stop_times.txt" => *text += &times,
            "trips.txt" => *text += "R2,WEEK,T9,99999,\n",
            _ => {}
        }
    }
    let told = faults(&imported(&files));
    assert_eq!(told, ["trips.txt, line 6: it has 128 halts and a train 2 to 127: mend its rows in stop_times.txt"]);
}

#[test]
fn a_train_that_comes_every_so_often_is_refused() {
    let mut files = feed();
    files.push(("frequencies.txt", "trip_id,start_time,end_time,headway_secs\nT3,05:00:00,22:00:00,600\n".to_owned()));
    let import = imported(&files);
    let told = faults(&import);
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("frequencies.txt, line 2: trip 'T3' runs at intervals"), "{told:?}");
    assert_eq!(import.trains.len(), 1);
}

#[test]
fn calendars_that_are_not_in_force_are_left_out_and_said() {
    let files = feed_with("calendar.txt", "END,0,0,0,0,0,1,1,20260101,20271231", "END,0,0,0,0,0,1,1,20260101,20260601");
    let import = imported(&files);
    assert_eq!(import.trains[0].runs_on().to_string(), "MTWTF--");
    let note = "1 trips have calendars that are over on 2026-12-01, and were left out.".to_owned();
    assert!(import.notes.contains(&note), "{:?}", import.notes);
}

#[test]
fn text_that_is_not_utf_8_is_told_with_its_line() {
    let folder = folder(&feed());
    let stops = folder.path().join("stops.txt");
    let text = fs::read_to_string(&stops).expect("written").replace("Surat", "Sur@t");
    let latin: Vec<u8> = text.bytes().map(|byte| if byte == b'@' { 0xe4 } else { byte }).collect();
    fs::write(stops, latin).expect("it can be written");
    let told = faults(&read(folder.path(), &Timetable::default()).expect("the files are there"));
    let first = told.iter().find(|fault| fault.starts_with("stops.txt"));
    assert_eq!(
        first.map(String::as_str),
        Some("stops.txt, line 3: its stop_name is not in UTF-8: save the file as UTF-8")
    );
}

#[test]
fn a_train_that_lacks_a_halt_for_a_row_that_cannot_be_read_is_left_out() {
    let import = imported(&feed_with("stop_times.txt", "T1,19:43:00,19:48:30,2a", "T1,19:43:00,19:48:30,,2a"));
    let numbers: Vec<_> = import.trains.iter().map(|train| train.number().to_string()).collect();
    assert_eq!((numbers.as_slice(), import.faults.len()), (&["22903".to_owned()][..], 1), "{:?}", import.faults);
}

#[rstest]
fn a_file_that_is_missing_ends_the_import(
    #[values("agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt", "calendar.txt")] file: &str,
) {
    let folder = folder(&feed());
    fs::remove_file(folder.path().join(file)).expect("it was there");
    let error = read(folder.path(), &Timetable::default()).expect_err("refused").to_string();
    assert_eq!(error, format!("{file} is missing: a GTFS folder has it; unpack the whole feed into the folder"));
}

/// The trains of a timetable as a sheet.
fn exported(timetable: &Timetable) -> Vec<u8> {
    exported_on(timetable, "2026-12-01")
}

/// Those of a date.
fn exported_on(timetable: &Timetable, date: &str) -> Vec<u8> {
    let editions = timetable.editions().iter().filter(|edition| edition.covers(on(date)));
    let rows = editions.map(|edition| export::trains::rows(&edition.train, timetable.stations()));
    [export::trains::header()].into_iter().chain(rows).flatten().collect()
}

fn sheet_of(bytes: &[u8], timetable: &Timetable) -> Import {
    sheet::read("trains.csv", bytes, Basis { timetable, on: on("2026-12-01"), zone: None }, &silent()).expect("a head")
}

fn bundled() -> Timetable {
    let file = timetable_file::bundled();
    Timetable::new(file.stations, file.trains.into_iter().map(Into::into).collect())
}

#[test]
fn what_is_exported_and_imported_again_changes_nothing() {
    let timetable = bundled();
    let sheet = exported(&timetable);
    let import = sheet_of(&sheet, &timetable);
    assert_eq!(faults(&import), Vec::<String>::new());
    assert_eq!(import.trains.len(), timetable.trains().count());
    let comparison = compare(&timetable, &import, Start::at_once(on("2026-12-01")));
    assert!(comparison.is_empty(), "{comparison:?}");
    assert_eq!(comparison.missing, Vec::new());
    // And into an empty store: nothing of it was left to the timetable.
    let alone = sheet_of(&sheet, &Timetable::default());
    assert_eq!((alone.trains, alone.stations), (import.trains, import.stations));
}

#[test]
fn a_name_that_a_spreadsheet_would_run_comes_back_as_it_was() {
    let draft = TrainDraft::from(timetable_file::bundled().trains[0].clone());
    let draft = TrainDraft { name: "=HYPERLINK(\"x\")".to_owned(), runs_on: "-T-----".parse().expect("days"), ..draft };
    let train = Train::new(draft).expect("in order");
    let timetable = Timetable::new(timetable_file::bundled().stations, vec![train.clone().into()]);
    let sheet = exported(&timetable);
    let text = String::from_utf8(sheet.clone()).expect("text");
    assert!(text.contains("\"'=HYPERLINK(\"\"x\"\")\"") && text.contains(",'-T-----,"), "{text}");
    assert_eq!(sheet_of(&sheet, &timetable).trains, [train]);
}

const HEAD: &str = "Train,Name,Kind,Zone,Days,Coaches,Station,Station name,City,Arrives,Departs,Kilometres\n";
const ROWS: &str = "12009,Test,express,WR,MTWTFS-,C1 D1,MMCT,Mumbai Central,Mumbai,,06:00,0\n\
                    12009,,,,,,ST,Surat,,09:40,09:45,263\n\
                    12009,,,,,,BRC,Vadodara,,11:30,,392\n";

#[rstest]
#[case("09:40", "05:40", "trains.csv, line 3: it calls at ST before it has left MMCT")]
#[case("263", "many", "trains.csv, line 3: 'many' is not a distance: write whole kilometres")]
#[case("express", "fast", "trains.csv, line 2: 'fast' is no kind of train: write rajdhani")]
#[case(",WR,", ",,", "trains.csv, line 2: it has no zone: write one, or give one for the import (--zone)")]
#[case("C1 D1", "C1 C1", "trains.csv, line 2: train 12009 has coach C1 twice")]
#[case("C1 D1", "", "trains.csv, line 2: train 12009 has no reserved coach")]
#[case("Surat", "", "trains.csv, line 3: the timetable has no station ST: write its name and its city")]
#[case("12009,Test", "12-9,Test", "trains.csv, line 2: '12-9' is not a train number")]
fn a_sheets_mistake_is_told_with_its_line(#[case] old: &str, #[case] new: &str, #[case] says: &str) {
    let text = format!("{HEAD}{}", ROWS.replacen(old, new, 1));
    let import = sheet_of(text.as_bytes(), &Timetable::default());
    let told = faults(&import);
    assert!(told.iter().any(|fault| fault.starts_with(says)), "{told:#?}");
    let good = sheet_of(format!("{HEAD}{ROWS}").as_bytes(), &Timetable::default());
    assert_eq!((faults(&good), good.trains.len()), (Vec::new(), 1), "without the mistake it is a train");
}

#[test]
fn a_comparison_says_which_field_from_what_to_what() {
    let timetable = bundled();
    let mut import = sheet_of(&exported(&timetable), &timetable);
    let first = import.trains.remove(0);
    let draft = TrainDraft { name: "Another".to_owned(), ..TrainDraft::from(import.trains[0].clone()) };
    import.trains[0] = Train::new(draft).expect("in order");
    let code = StationCode::parse("NEW").expect("a code");
    import.stations.push(Station { code, name: "New".to_owned(), city: "Town".to_owned() });
    let comparison = compare(&timetable, &import, Start::at_once(on("2026-12-01")));
    assert_eq!(comparison.missing, [(first.number(), first.name().to_owned())]);
    assert_eq!(comparison.stations.len(), 1);
    let Change::Changed(changes) = &comparison.trains[0].2 else { panic!("{:?}", comparison.trains[0]) };
    let before = timetable.trains().nth(1).expect("58 of them")[0].train.name().to_owned();
    assert_eq!(changes[0].to_string(), format!("name from {before} to Another"));
    let (new, changed, unchanged) = comparison.counts();
    assert_eq!((new, changed, unchanged), (0, 1, import.trains.len() - 1));
}

/// The bundled trains, of which the first is another from two dates on and the second ends.
fn changing() -> Timetable {
    let file = timetable_file::bundled();
    let renamed = |name: &str| {
        let draft = TrainDraft { name: name.to_owned(), ..TrainDraft::from(file.trains[0].clone()) };
        Arc::new(Train::new(draft).expect("in order"))
    };
    let first = Arc::new(file.trains[0].clone());
    let editions = vec![
        (None, first),
        (Some(on("2026-11-20")), renamed("Autumn Rajdhani")),
        (Some(on("2026-12-20")), renamed("Winter Rajdhani")),
    ];
    let changes = Editions::new(editions, None).expect("three");
    let ends = Editions::new(vec![(None, Arc::new(file.trains[1].clone()))], Some(on("2026-12-10"))).expect("one");
    let others = file.trains[2..].iter().map(|train| Edition::lasting(Arc::new(train.clone())));
    let editions = changes.periods().chain(ends.periods()).chain(others).collect();
    Timetable::of(file.stations, editions)
}

#[rstest]
#[case("2026-12-01", None, 58)]
#[case("2026-12-15", Some("2026-12-15"), 57)]
#[case("2026-12-25", Some("2026-12-25"), 57)]
fn trains_that_change_and_end_come_back_unchanged(
    #[case] date: &str,
    #[case] from: Option<&str>,
    #[case] trains: usize,
) {
    let timetable = changing();
    let import = sheet_of(&exported_on(&timetable, date), &timetable);
    assert_eq!((faults(&import), import.trains.len()), (Vec::new(), trains));
    let comparison = compare(&timetable, &import, Start { from: from.map(on), today: on("2026-12-01") });
    assert!(comparison.is_empty(), "{comparison:?}");
    assert_eq!(comparison.missing, Vec::new(), "whoever exports on a date has all that run then");
}

#[test]
fn an_import_is_compared_with_what_is_in_force_when_it_takes_effect() {
    let timetable = changing();
    let winter = sheet_of(&exported_on(&timetable, "2026-12-25"), &timetable);
    let told = |from: Option<&str>| {
        let comparison = compare(&timetable, &winter, Start { from: from.map(on), today: on("2026-12-01") });
        comparison.trains[0].2.clone()
    };
    let Change::Changed(changes) = told(None) else { panic!("{:?}", told(None)) };
    assert_eq!(changes[0].to_string(), "name from Autumn Rajdhani to Winter Rajdhani");
    assert_eq!(told(Some("2026-12-20")), Change::Unchanged);
    // The train that ends comes back before its end, and not after it.
    let all = sheet_of(&exported_on(&timetable, "2026-12-01"), &timetable);
    let comparison = compare(&timetable, &all, Start { from: Some(on("2026-12-10")), today: on("2026-12-01") });
    let ended = NotPublished::Retired { train: all.trains[1].number(), from: on("2026-12-10") };
    assert_eq!(comparison.trains[1].2, Change::Left(ended));
}
