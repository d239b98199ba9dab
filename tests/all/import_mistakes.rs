//! More of what can be wrong in files of trains, what is said of files that are none, and how far the reading has come.

use std::cell::RefCell;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

use kiosk::domain::edition::Start;
use kiosk::domain::timetable::Timetable;
use kiosk::export;
use kiosk::service::import::{self, Basis, Import, Meter, Unreadable};
use kiosk::service::progress::{Progress, Stage};
use kiosk::service::timetable_file;
use rstest::rstest;
use tempfile::TempDir;

use crate::feed::{feed, feed_with, folder, silent};

const SHEET: &str = "Train,Name,Kind,Zone,Days,Coaches,Station,Station name,City,Arrives,Departs,Kilometres\n\
                     12009,Test,express,WR,MTWTFS-,C1 D1,MMCT,Mumbai Central,Mumbai,,06:00,0\n\
                     12009,,,,,,ST,Surat,,09:40,09:45,263\n\
                     12010,Back,express,WR,MTWTFS-,C1 D1,ST,Surat,,,06:00,0\n\
                     12010,,,,,,MMCT,Mumbai Central,,09:40,,263\n";

/// What no feed has, and nobody shall read by the way of one.
const SECRET: &str = "root:$6$salt$hash:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n";

fn read_by(path: &Path, timetable: &Timetable, meter: &Meter<'_>) -> Result<Import, Unreadable> {
    import::read(path, Basis { timetable, on: start().today, zone: None }, meter)
}

fn read(path: &Path) -> Result<Import, Unreadable> {
    read_by(path, &Timetable::default(), &silent())
}

fn start() -> Start {
    Start::at_once("2026-12-01".parse().expect("a date"))
}

fn faults(import: &Import) -> Vec<String> {
    import.faults.iter().map(ToString::to_string).collect()
}

/// The feed with a file more.
fn feed_and(file: &'static str, text: &str) -> Vec<(&'static str, String)> {
    let mut files = feed();
    files.push((file, text.to_owned()));
    files
}

#[rstest]
#[case::kind(
    feed_and("kiosk_trains.txt", "train_number,coaches,kind,zone\n22903,,tejas,\n"),
    "kiosk_trains.txt, line 2: 'tejas' is no kind of train: write rajdhani, shatabdi, duronto, superfast or express"
)]
#[case::zone(
    feed_and("kiosk_trains.txt", "train_number,coaches,kind,zone\n22903,,,XX\n"),
    "kiosk_trains.txt, line 2: 'XX' is no zone: write its abbreviation, such as WR"
)]
#[case::coaches(
    feed_and("kiosk_trains.txt", "train_number,coaches,kind,zone\n22903,Z1,,\n"),
    "kiosk_trains.txt, line 2: no reserved class has coaches with the letter Z: write one of"
)]
#[case::no_agency(
    feed_with("agency.txt", "WR,Western Railway", "WR,Western Railway,x,Asia/Kolkata\nCR,Central Railway"),
    "trips.txt, line 4: its route names no agency of agency.txt: add it as agency_id in routes.txt"
)]
#[case::point(
    feed_and("shapes.txt", "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\nS3,19.0631,72.8416,first\n"),
    "shapes.txt, line 2: a point needs its place and its number: write degrees and a whole number"
)]
#[case::sequence(
    feed_with("stop_times.txt", "T1,19:43:00,19:48:30,2a,2,", "T1,19:43:00,19:48:30,2a,two,"),
    "stop_times.txt, line 3: stop_sequence is 'two': write a whole number"
)]
#[case::distance(
    feed_with("stop_times.txt", "0,0,263000", "0,0,far"),
    "stop_times.txt, line 3: shape_dist_traveled is 'far': write a number"
)]
fn a_mistake_of_a_feed_is_told_with_file_line_and_remedy(
    #[case] mut files: Vec<(&'static str, String)>,
    #[case] says: &str,
) {
    if says.contains("names no agency") {
        let (_, routes) = files.iter_mut().find(|(name, _)| *name == "routes.txt").expect("a file of the feed");
        *routes = routes.replace("R2,WR,", "R2,,");
    }
    let import = read(folder(&files).path()).expect("the files are there");
    let told = faults(&import);
    assert!(told.iter().any(|fault| fault.starts_with(says)), "{told:#?}");
    assert!(told.len() <= 2, "one mistake is not told for every row: {told:#?}");
}

#[rstest]
#[case(
    "ST,Surat,,09:40",
    "ST,Surat,Vapi,09:40",
    "trains.csv, line 4: ST is Surat of Vapi in a row above: write it alike"
)]
#[case("12010,Back", "12009,Back", "")]
#[case("09:40,09:45", ",", "trains.csv, line 3: it has no time: write when the train arrives, departs, or both")]
#[case("express,WR", "express,XX", "trains.csv, line 2: 'XX' is no zone: write its abbreviation, such as WR")]
fn a_mistake_of_a_sheet_is_told_with_its_line(#[case] old: &str, #[case] new: &str, #[case] says: &str) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("trains.csv");
    // Of the name of a station's city the first row that has one counts.
    let text = SHEET.replacen(old, new, 1).replacen("ST,Surat,,,06:00", "ST,Surat,Surat,,06:00", 1);
    let (text, says) = if says.is_empty() {
        let apart = format!("{text}12010,Third,express,WR,MTWTFS-,C1 D1,ST,Surat,Surat,,06:00,0\n12009,,,,,,,,,,,\n");
        (
            apart.replacen("12009,Back", "12010,Back", 1),
            "trains.csv, line 7: the train was listed above: put its rows together",
        )
    } else {
        (text, says)
    };
    fs::write(&path, text).expect("it can be written");
    let told = faults(&read(&path).expect("a head"));
    assert!(told.iter().any(|fault| fault.starts_with(says)), "{told:#?}");
}

#[test]
fn of_a_file_that_is_no_sheet_nothing_is_shown() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("shadow");
    for text in [SECRET, "root", "", "root:$6$salt$hash\u{0}\n", "\"root:$6$salt$hash:19000"] {
        fs::write(&path, text).expect("it can be written");
        let said = read(&path).expect_err("no head").to_string();
        assert!(said.starts_with("shadow, line 1: the head does not name train, name, kind,"), "{said}");
        assert!(!said.contains("root") && !said.contains('$'), "{said}");
    }
    fs::write(&path, b"root:\xff\xfe\n".repeat(3)).expect("it can be written");
    assert_eq!(
        read(&path).expect_err("no text").to_string(),
        "shadow, line 1: it is not in UTF-8: save the file as UTF-8"
    );
}

#[rstest]
fn of_a_file_that_is_none_of_a_feed_nothing_is_shown(
    #[values(
        "agency.txt",
        "stops.txt",
        "routes.txt",
        "trips.txt",
        "stop_times.txt",
        "calendar.txt",
        "calendar_dates.txt"
    )]
    file: &str,
) {
    let folder = folder(&feed());
    fs::write(folder.path().join(file), SECRET).expect("it can be written");
    let said = read(folder.path()).expect_err("no head").to_string();
    assert!(said.starts_with(&format!("{file}, line 1: the head does not name ")), "{said}");
    assert!(!said.contains("root") && !said.contains('$'), "{said}");
}

#[test]
fn what_has_no_end_or_is_not_there_is_not_waited_for() {
    let folder = folder(&feed());
    let missing = folder.path().join("winter");
    assert_eq!(
        read(&missing).expect_err("nothing is there").to_string(),
        format!("there is no {}: check the path", missing.display())
    );
    let stops = folder.path().join("stops.txt");
    fs::remove_file(&stops).expect("it was there");
    let made = Command::new("mkfifo").arg(&stops).status();
    if made.is_ok_and(|made| made.success()) {
        assert_eq!(
            read(&stops).expect_err("a pipe").to_string(),
            format!("{}: it is not a plain file: only such are read", stops.display())
        );
        assert_eq!(
            read(folder.path()).expect_err("a pipe").to_string(),
            "stops.txt: it is not a plain file: only such are read"
        );
    }
}

/// All that is told while files are read and compared.
fn told(path: &Path, timetable: &Timetable) -> Vec<Progress> {
    let told = RefCell::new(Vec::new());
    let tell = |progress| {
        told.borrow_mut().push(progress);
        ControlFlow::Continue(())
    };
    let meter = Meter::new(&tell);
    let import = read_by(path, timetable, &meter).expect("the files are there");
    import::compare(timetable, &import, start(), &meter).expect("nobody stops it");
    told.into_inner()
}

/// It rises from stage to stage and within each, and each ends at its whole.
fn rises_to_the_whole(told: &[Progress], stages: &[Stage]) {
    let by_stage: Vec<_> = told.chunk_by(|one, next| one.stage == next.stage).collect();
    assert_eq!(by_stage.iter().map(|stage| stage[0].stage).collect::<Vec<_>>(), stages);
    for stage in by_stage {
        assert!(stage.is_sorted_by_key(|progress| progress.done), "{stage:?}");
        assert!(stage.iter().all(|progress| progress.of == stage[0].of && progress.done <= progress.of), "{stage:?}");
        let last = stage[stage.len() - 1];
        assert_eq!(last.done, last.of, "{stage:?}");
    }
}

#[test]
fn how_far_a_feed_was_read_rises_to_the_whole() {
    // Nobody needs the first shapes, and so nobody reads them.
    for shape in ["S9", "S3"] {
        let mut points = "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n".to_owned();
        points.extend((0..5_000).map(|at| format!("{shape},19.0,72.8,{at}\n")));
        let mut files = feed_and("shapes.txt", &points);
        if shape == "S9" {
            let (_, trips) = files.iter_mut().find(|(name, _)| *name == "trips.txt").expect("a file of the feed");
            *trips = trips.replace("22903,S3", "22903,");
        }
        let told = told(folder(&files).path(), &Timetable::default());
        rises_to_the_whole(&told, &[Stage::Reading, Stage::Building, Stage::Comparing]);
        let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
        assert_eq!(told[0].of, bytes as u64);
        assert!(told.iter().filter(|progress| progress.stage == Stage::Reading).count() > 8, "file by file");
    }
}

fn bundled_sheet() -> (TempDir, Timetable) {
    let file = timetable_file::bundled();
    let timetable = Timetable::new(file.stations, file.trains.into_iter().map(Into::into).collect());
    let folder = TempDir::new().expect("a folder");
    let sheet = export::trains::sheet(&timetable, start().today, |_| true);
    fs::write(folder.path().join("trains.csv"), sheet).expect("it can be written");
    (folder, timetable)
}

#[test]
fn how_far_a_sheet_was_read_rises_to_the_whole() {
    let (folder, timetable) = bundled_sheet();
    let told = told(&folder.path().join("trains.csv"), &timetable);
    rises_to_the_whole(&told, &[Stage::Reading, Stage::Comparing]);
    assert_eq!(told[told.len() - 1].of, 58);
}

/// Reads and compares until so much was told.
fn stopped_after(path: &Path, timetable: &Timetable, steps: usize) -> bool {
    let told = RefCell::new(0);
    let tell = |_| {
        *told.borrow_mut() += 1;
        if *told.borrow() > steps { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let meter = Meter::new(&tell);
    let compared =
        read_by(path, timetable, &meter).and_then(|import| import::compare(timetable, &import, start(), &meter));
    match compared {
        Ok(_) => false,
        Err(Unreadable::Stopped) => true,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn reading_and_comparing_stop_wherever_they_are_when_nobody_waits() {
    let feed = folder(&feed());
    let (sheet, timetable) = bundled_sheet();
    for path in [feed.path(), &sheet.path().join("trains.csv")] {
        let all = told(path, &timetable).len();
        assert!((0..all).all(|steps| stopped_after(path, &timetable, steps)), "{}", path.display());
        assert!(!stopped_after(path, &timetable, all));
    }
}
