//! The screen of an import: the form, the bar, what it would do line by line, and what it did.

use chrono::TimeDelta;
use kiosk::domain::edition::NotPublished;
use kiosk::domain::train::Zone;
use kiosk::domain::user::Role;
use kiosk::service::progress::{Progress, Stage as At};
use kiosk::service::request::{
    BadTrains, Document, Failure, ImportLine, ImportSource, ImportTrial, Imported, LineKind, MissingTrains, Outcome,
    Reply, Request, Shown,
};
use kiosk::ui::msg::{CallId, Effect, How, Msg};
use kiosk::ui::recording::Recording;
use rstest::rstest;

use crate::recording_samples::train_row;
use crate::tape::Tape;
use crate::ui_kit::{RULES, Stage, draw, identity, setup, start, words};

/// The form, at an administrator's terminal.
fn form() -> Stage {
    let mut stage = Stage::signed_in(Role::Administrator);
    stage.calls.clear();
    stage.keys("<f12>t");
    stage.reply(Ok(Reply::Trains { page: vec![train_row()], next: None }));
    stage.keys("i");
    stage
}

/// Asks what the files at a path would do.
fn looking(path: &str) -> Stage {
    let mut stage = form();
    stage.keys(path).keys("<f2>");
    stage
}

fn line(kind: LineKind, text: &str) -> ImportLine {
    ImportLine { kind, text: text.to_owned() }
}

fn trial(lines: Vec<ImportLine>) -> ImportTrial {
    let count = |kind| lines.iter().filter(|line| line.kind == kind).count();
    let (new, changed, mistakes) = (count(LineKind::New), count(LineKind::Changed), count(LineKind::Mistake));
    ImportTrial {
        on: "2026-12-20".parse().expect("a day"),
        mistakes,
        new,
        changed,
        unchanged: 43,
        missing: 2,
        lines,
        unlisted: 0,
        finishes: false,
        shown: Shown {
            files: "aa".to_owned(),
            change: "bb".to_owned(),
            trains: new + changed,
            stations: 0,
            ends: Vec::new(),
        },
    }
}

/// One of each kind of line but mistakes.
fn some() -> Vec<ImportLine> {
    vec![
        line(
            LineKind::Note,
            "2 dated exceptions of calendar_dates.txt were not taken: a train here runs by days of the week.",
        ),
        line(
            LineKind::New,
            "22903 Night Express: superfast of WR, M------, BDTS 00:15 to ST 04:00, 2 halts, 274 km, 2 2A, 5 3A, 9 SL",
        ),
        line(LineKind::Changed, "12951 Mumbai Rajdhani: name from Mumbai Rajdhani to Tejas Rajdhani"),
        line(
            LineKind::Left,
            "12002 Bhopal Shatabdi: left as it is. Train 12002 does not run from 2026-12-10 on: take that back first, or \
             publish for an earlier date.",
        ),
    ]
}

fn shows(lines: Vec<ImportLine>) -> Stage {
    let mut stage = looking("/srv/feeds/winter");
    stage.reply(Ok(Reply::ImportTried(Box::new(trial(lines)))));
    stage
}

fn progress(stage: &mut Stage, at: At, done: u64, of: u64) {
    let (call, _) = *stage.calls.front().map(|(id, request)| (*id, request)).as_ref().expect("a call is on its way");
    stage.tell(Msg::Progress(call, Progress { stage: at, done, of }));
}

#[test]
fn what_is_imported_is_typed_and_asked_for() {
    let mut stage = form();
    assert_picture!(stage, "import_form");
    stage.keys("<f2>");
    stage.says("Type the path of the folder or the file first.");
    stage.keys("/srv/feeds/winter<enter>soon<enter>xx<enter><right><enter><enter>");
    stage.says("Type a day such as 1 jan, +30");
    stage.says("Type a zone's abbreviation, such as WR, or nothing.");
    assert!(stage.calls.is_empty(), "{:?}", stage.calls);
    stage.keys("<c-u>20 dec<enter><c-u>wr<enter><enter><right><enter>");
    let (_, request) = stage.asked();
    let Request::TryImport { source } = request else { panic!("{request:?}") };
    let from = Some("2026-12-20".parse().expect("a day"));
    let (path, zone) = ("/srv/feeds/winter".to_owned(), Some(Zone::WR));
    let (bad, missing) = (BadTrains::LeaveOut, MissingTrains::End);
    assert_eq!(source, ImportSource { path, from, zone, bad, missing });
}

#[test]
fn a_bar_shows_how_far_the_reading_has_come_and_escape_stops_it() {
    let mut stage = looking("/srv/feeds/winter");
    assert!(!stage.text().contains('%'), "nothing is known yet");
    progress(&mut stage, At::Reading, 12_449_000, 36_600_000);
    assert_picture!(stage, "import_reading");
    progress(&mut stage, At::Building, 29, 58);
    stage.says("Making trains of what was read");
    stage.says("50 % 29 of 58 trains");
    progress(&mut stage, At::Comparing, 58, 58);
    stage.says("100 % 58 of 58 trains");
    // What is typed meanwhile goes nowhere, and the help is there.
    stage.keys("x<f1>");
    assert!(stage.app.overlay().is_some());
    stage.keys("<esc><esc>");
    stage.says("Stopped: nothing was written.");
    stage.says("/srv/feeds/winter");
    let (call, _) = stage.asked();
    assert!(matches!(stage.effects.as_slice(), [Effect::Stop(stopped)] if *stopped == call), "{:?}", stage.effects);
    // What comes late changes nothing.
    let before = stage.text();
    stage.tell(Msg::Progress(call, Progress { stage: At::Reading, done: 1, of: 2 }));
    stage.tell(Msg::Reply(call, Ok(Reply::ImportTried(Box::new(trial(some()))))));
    assert_eq!(stage.text(), before);
}

#[test]
fn whoever_signs_out_stops_the_reading() {
    let mut stage = looking("/srv/feeds/winter");
    let (call, _) = stage.asked();
    stage.keys("<f8>");
    let stopped = |effect: &Effect| matches!(effect, Effect::Stop(stopped) if *stopped == call);
    assert!(stage.effects.iter().any(stopped), "{:?}\n{}", stage.effects, stage.text());
}

#[test]
fn what_it_would_do_is_shown_line_by_line() {
    let mut stage = shows(some());
    assert_picture!(stage, "import_trial");
    stage.keys("<end>");
    stage.says("12002 Bhopal Shatabdi: left as it is. Train 12002 does not run from 2026-12-10 on: take that back");
    stage.keys("<esc>");
    stage.says("With mistakes");
    stage.keys("<esc>");
    stage.says("Mumbai Rajdhani");
}

/// What files would do that lack trains, where these end.
fn ending(lines: Vec<ImportLine>) -> ImportTrial {
    let some = trial(lines);
    let ends = ["12002", "12004"].map(|number| (number.parse().expect("a number"), some.on));
    ImportTrial { shown: Shown { ends: ends.into(), ..some.shown }, ..some }
}

#[test]
fn trains_that_are_not_in_it_end_when_that_is_asked_for_and_agreed_to() {
    let mut stage = form();
    stage.keys("/srv/feeds/winter<tab><tab><tab><tab><right><f2>");
    let mut lines = some();
    lines.push(line(LineKind::Ends, "12002 Bhopal Shatabdi: not in it, ends on 2026-12-20"));
    lines.push(line(LineKind::Ends, "12004 Lucknow Shatabdi: not in it, ends on 2026-12-20"));
    let asked = stage.reply(Ok(Reply::ImportTried(Box::new(ending(lines.clone())))));
    assert!(matches!(&asked, Request::TryImport { source } if source.missing == MissingTrains::End), "{asked:?}");
    assert_picture!(stage, "import_ending");
    stage.keys("<enter>");
    assert_picture!(stage, "import_ending_question");
    stage.keys("<enter>");
    let done = Imported { trains: 2, stations: 0, left: Vec::new() };
    let asked = stage.reply(Ok(Reply::Imported(done)));
    let Request::Import { shown, .. } = &asked else { panic!("{asked:?}") };
    assert_eq!(*shown, ending(lines).shown);
    stage.says("Imported: 2 trains, and ended: 2 trains");
}

#[test]
fn an_import_that_only_ends_trains_is_one() {
    let mut stage = form();
    stage.keys("/srv/feeds/winter<tab><tab><tab><tab><right><f2>");
    let one = ending(vec![line(LineKind::Ends, "12002 Bhopal Shatabdi: not in it, ends on 2026-12-20")]);
    stage.reply(Ok(Reply::ImportTried(Box::new(one))));
    stage.says("No mistakes. Enter ends 2 trains.");
    stage.keys("<enter>");
    stage.says("End 2 trains?");
}

/// They are not in it, and are not meant.
#[test]
fn trains_with_a_mistake_end_nothing() {
    let mut stage = form();
    stage.keys("/srv/feeds/winter<tab><tab><tab><right><tab><right><f2>");
    let mut lines = some();
    lines.insert(0, line(LineKind::Mistake, "trips.txt, line 4: it has no zone"));
    stage.reply(Ok(Reply::ImportTried(Box::new(trial(lines)))));
    stage.says("1 mistake: mend it, or let trains stay: one with a mistake is not in it.");
    stage.keys("<enter>");
    assert!(stage.app.overlay().is_none() && stage.calls.is_empty(), "there is nothing to import");
}

#[test]
fn hundreds_of_lines_are_scrolled_and_those_that_are_not_shown_are_counted() {
    let lines = (0..400).map(|nth| line(LineKind::Changed, &format!("{} Train {nth}: name from A to B", 20_000 + nth)));
    let mut stage = looking("/srv/feeds/winter");
    let many = ImportTrial { unlisted: 1_200, ..trial(lines.collect()) };
    stage.reply(Ok(Reply::ImportTried(Box::new(many))));
    stage.says("1 of 401 ▾");
    stage.keys("<pgdn><pgdn><down>");
    stage.says("22 of 401 ▾");
    stage.says("20021 Train 21: name from A to B");
    stage.keys("<end>");
    assert_picture!(stage, "import_many");
}

#[test]
fn very_long_names_fit_in_and_are_read_in_full() {
    let long = "Shri Mata Vaishno Devi Katra Vande Bharat";
    let text = format!(
        "22439 {long}: halt {long} from 06:00 06:02 12 km to 06:10 06:12 14 km of Jammu Tawi Cantonment Central Terminus",
    );
    let mut stage = looking(&"/srv/".repeat(24));
    progress(&mut stage, At::Reading, 10, 100);
    stage.says("Looking at /srv/");
    stage.reply(Ok(Reply::ImportTried(Box::new(trial(vec![line(LineKind::Changed, &text)])))));
    stage.says(&text);
    assert_picture!(stage, "import_long_names");
}

#[test]
fn a_feed_of_mistakes_alone_imports_nothing() {
    let mistakes = vec![
        line(LineKind::Mistake, "stop_times.txt, line 3: it has no time, and times are not guessed: write both"),
        line(LineKind::Mistake, "trips.txt, line 4: '12951-UP' is no train's number: write one such as 12951"),
    ];
    let mut stage = shows(mistakes);
    assert_picture!(stage, "import_mistakes");
    stage.keys("<enter>");
    assert!(stage.app.overlay().is_none() && stage.calls.is_empty(), "there is nothing to import");
    // Nor where trains with a mistake are left out.
    let mut stage = form();
    stage.keys("/srv/x<tab><tab><tab><right><f2>");
    let only = trial(vec![line(LineKind::Mistake, "trips.txt, line 4: it has no zone")]);
    stage.reply(Ok(Reply::ImportTried(Box::new(only))));
    stage.says("1 mistake, and nothing beside them to import.");
    stage.keys("<enter>");
    assert!(stage.app.overlay().is_none() && stage.calls.is_empty());
}

#[test]
fn with_mistakes_the_rest_is_imported_only_by_who_said_so() {
    let lines = || {
        let mut lines = some();
        lines.insert(0, line(LineKind::Mistake, "trips.txt, line 4: it has no zone"));
        Box::new(trial(lines))
    };
    let mut stage = looking("/srv/x");
    stage.reply(Ok(Reply::ImportTried(lines())));
    stage.says("1 mistake: mend it and look again, or leave its train out.");
    stage.keys("<enter>");
    assert!(stage.app.overlay().is_none());
    stage.keys("<esc><tab><tab><tab><right><f2>");
    stage.reply(Ok(Reply::ImportTried(lines())));
    stage.says("1 mistake: their trains are left out. Enter imports 2 trains.");
    stage.keys("<enter><enter>");
    let (_, request) = stage.asked();
    assert!(matches!(&request, Request::Import { source, .. } if source.bad == BadTrains::LeaveOut), "{request:?}");
}

#[rstest]
#[case(Failure::NotRead("there is no /srv/feeds/winter: check the path".to_owned()), "Nothing was read: there is no")]
#[case(
    Failure::NotRead("agency.txt is missing: a GTFS folder has it; unpack the whole feed into the folder".to_owned()),
    "agency.txt is missing: a GTFS folder has it"
)]
#[case(Failure::NotWholePath, "Type the whole path, from the root of the machine on which Kiosk runs")]
#[case(Failure::ImportsUnderWay { max: 2 }, "Others read 2 imports just now")]
#[case(Failure::NotPublished(NotPublished::Past { today: start().date_naive() }), "Runs before 2026-12-01 cannot change")]
fn what_cannot_be_looked_at_says_why_under_its_field(#[case] failure: Failure, #[case] why: &str) {
    let mut stage = looking("/srv/feeds/winter");
    stage.reply(Err(failure));
    stage.says(why);
    stage.says("/srv/feeds/winter");
    stage.keys("<f2>");
    assert!(matches!(stage.asked().1, Request::TryImport { .. }), "it can be tried again");
}

#[test]
fn an_empty_folder_says_what_is_missing() {
    let mut stage = looking("/srv/feeds/empty");
    let missing = "agency.txt is missing: a GTFS folder has it; unpack the whole feed into the folder";
    stage.reply(Err(Failure::NotRead(missing.to_owned())));
    assert_picture!(stage, "import_empty_folder");
}

#[test]
fn what_is_as_the_timetable_has_it_needs_no_import() {
    let mut stage = shows(Vec::new());
    assert_picture!(stage, "import_nothing");
    stage.keys("<enter>r");
    assert!(matches!(stage.asked().1, Request::TryImport { .. }), "only another look is asked for");
}

/// What was shown is asked to be written, with a bar on its way.
fn importing() -> Stage {
    let mut stage = shows(some());
    stage.keys("<enter>");
    stage.says("Import 2 trains?");
    stage.says("It holds for runs from Sun 20 Dec 2026 on.");
    stage.keys("<enter>");
    progress(&mut stage, At::Writing, 60, 116);
    stage
}

#[test]
fn what_was_shown_is_imported_and_told() {
    let mut stage = importing();
    assert_picture!(stage, "import_writing");
    let (call, request) = stage.asked();
    let Request::Import { source, shown, .. } = &request else { panic!("{request:?}") };
    assert_eq!((source.path.as_str(), shown), ("/srv/feeds/winter", &trial(some()).shown));
    let left = vec!["Train 12002 does not run from 2026-12-10 on: take that back first.".to_owned()];
    stage.tell(Msg::Reply(call, Ok(Reply::Imported(Imported { trains: 2, stations: 0, left }))));
    assert_picture!(stage, "import_done");
    stage.keys("<esc>");
    assert!(matches!(stage.asked().1, Request::Trains { .. }), "the list is read again");
}

#[test]
fn an_import_that_breaks_off_is_repeated_by_the_same_name() {
    let mut stage = importing();
    let (call, first) = stage.asked();
    let unknown = Failure::Unavailable { outcome: Outcome::Unknown, reference: "k7f2".to_owned() };
    stage.tell(Msg::Reply(call, Err(unknown)));
    stage.says("It may have been done; press the same key again");
    stage.keys("<enter><enter>");
    let (call, again) = stage.asked();
    let op = |request: &Request| if let Request::Import { op, .. } = request { Some(*op) } else { None };
    assert!(op(&first).is_some() && op(&first) == op(&again), "{first:?} {again:?}");
    // What has moved is looked at again, under another name.
    stage.tell(Msg::Reply(call, Err(Failure::ImportMoved)));
    assert_picture!(stage, "import_moved");
    stage.keys("<f2>");
    stage.reply(Ok(Reply::ImportTried(Box::new(trial(some())))));
    stage.keys("<enter><enter>");
    assert_ne!(op(&stage.asked().1), op(&first));
}

#[test]
fn an_import_of_which_only_the_end_is_missing_can_be_finished() {
    let rest = ImportTrial { finishes: true, ..trial(Vec::new()) };
    let mut stage = looking("/srv/feeds/winter");
    stage.reply(Ok(Reply::ImportTried(Box::new(rest))));
    assert_picture!(stage, "import_unfinished");
    stage.keys("<enter>");
    stage.says("Finish the import that broke off?");
    stage.keys("<enter>");
    stage.reply(Ok(Reply::Imported(Imported { trains: 0, stations: 0, left: Vec::new() })));
    stage.says("The import that broke off is finished.");
}

#[test]
fn of_very_many_trains_that_were_left_the_first_are_told_and_the_others_counted() {
    let mut stage = importing();
    let left = (1..=60).map(|nth| format!("Train {nth} is left.")).collect();
    stage.reply(Ok(Reply::Imported(Imported { trains: 2, stations: 0, left })));
    stage.says("Left as they are (60):");
    assert_picture!(stage, "import_left");
}

#[test]
fn escape_leaves_an_import_that_goes_on_and_its_end_is_told() {
    for (answer, end) in [
        (Ok(Reply::Imported(Imported { trains: 2, stations: 0, left: Vec::new() })), "The import is done."),
        (Err(Failure::ImportMoved), "The import was not done: The files or the timetable have changed"),
        (
            Err(Failure::Unavailable { outcome: Outcome::Unknown, reference: "k7f2".to_owned() }),
            "It is not known how far the import came: look again.",
        ),
    ] {
        let mut stage = importing();
        let (call, _) = stage.asked();
        stage.keys("<esc>");
        stage.says("The import goes on to its end. Look again to see how far it has come.");
        assert!(!stage.effects.iter().any(|effect| matches!(effect, Effect::Stop(_))), "nothing stops it");
        stage.says("With mistakes");
        stage.tell(Msg::Reply(call, answer));
        stage.says(end);
    }
}

#[test]
fn the_trains_that_are_listed_are_saved_as_a_file() {
    let mut stage = Stage::signed_in(Role::Administrator);
    stage.calls.clear();
    stage.keys("<f12>t");
    stage.reply(Ok(Reply::Trains { page: vec![train_row()], next: None }));
    stage.keys("/raj");
    stage.calls.drain(..2);
    stage.reply(Ok(Reply::Trains { page: vec![train_row()], next: None }));
    stage.keys("<tab>x");
    let document = Document { name: "trains-2026-12-01.csv".to_owned(), bytes: b"Train".as_slice().into() };
    let asked = stage.reply(Ok(Reply::Document(document)));
    assert!(matches!(&asked, Request::TrainsFile { wanted } if wanted == "raj"), "{asked:?}");
    let opened =
        |effect: &Effect| matches!(effect, Effect::Open(file, How::Save) if file.name == "trains-2026-12-01.csv");
    assert!(stage.effects.iter().any(opened), "{:?}", stage.effects);
}

/// A session that looks, sees how far it has come, and imports.
#[test]
fn a_recording_with_progress_plays_to_the_same_screens() {
    let begin = kiosk::ui::context::Setup {
        identity: Some(identity(Role::Administrator)),
        ..setup(kiosk::domain::terminal::TerminalKind::Counter)
    };
    let mut stage = Stage::new(begin.clone());
    let mut tape = Tape::new(&begin, stage.now);
    let mut app = kiosk::ui::app::App::new(begin, stage.now);
    let at = |call, stage, done| Msg::Progress(CallId(call), Progress { stage, done, of: 100 });
    let keys = crate::ui_kit::parse_keys("<f12>ti/srv/x<f2>").into_iter().map(Msg::Key);
    let mut happened: Vec<Msg> = std::iter::once(Msg::Resize(ratatui::layout::Size::new(80, 24))).chain(keys).collect();
    happened.extend([at(2, At::Reading, 40), at(2, At::Comparing, 100)]);
    happened.push(Msg::Reply(CallId(2), Ok(Reply::ImportTried(Box::new(trial(some()))))));
    happened.extend(crate::ui_kit::parse_keys("<enter><enter>").into_iter().map(Msg::Key));
    happened.push(at(3, At::Writing, 50));
    let mut seen = Vec::new();
    for msg in happened {
        stage.now += TimeDelta::seconds(1);
        tape.take(stage.now, &app, &msg);
        let _ = app.update(stage.now, msg);
        tape.saw(&app);
        seen.push(words(&draw(&app, ratatui::layout::Size::new(80, 24))));
    }
    assert!(seen[seen.len() - 1].contains("50 %") && seen.iter().any(|screen| screen.contains("40 %")), "{seen:#?}");
    let written = tape.check(stage.now, &RULES);
    assert_eq!(written.matches("\"Progress\"").count(), 3);
    let recording = Recording::read(written.as_bytes(), &RULES).expect("it is whole");
    assert!(recording.entries.iter().any(|entry| matches!(entry.msg, Msg::Progress(CallId(3), _))));
}
