//! An import that is asked for at a terminal: it does what was shown and nothing else, however often it is asked for and
//! whoever else changes the timetable.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::booking::OpId;
use kiosk::domain::edition::{NotPublished, Start};
use kiosk::domain::train::{Train, TrainDraft, TrainNumber};
use kiosk::domain::user::Role;
use kiosk::export;
use kiosk::service::import::Import;
use kiosk::service::progress::{Stage as At, Tell};
use kiosk::service::request::{
    BadTrains, Document, EventFilter, Failure, ImportSource, ImportTrial, Imported, LineKind, MissingTrains, Outcome,
    Reply, Request, TrainRecord,
};
use kiosk::service::{Kiosk, Session};
use tempfile::TempDir;

use crate::feed::{feed, feed_with, folder};
use crate::service_kit::{PASSWORD, Stage, new_op, sign_in, small_train, terminal};
use crate::world::stations;

/// The trains that run today as a file.
async fn exported(session: &Session, wanted: &str) -> Document {
    match session.call(Request::TrainsFile { wanted: wanted.to_owned() }).await {
        Ok(Reply::Document(document)) => document,
        other => panic!("{other:?}"),
    }
}

/// A sheet on the disk of the machine.
pub struct Sheet {
    folder: TempDir,
    text: String,
}

impl Sheet {
    /// Of the trains that run today.
    pub async fn of(session: &Session) -> Self {
        let text = String::from_utf8(exported(session, "").await.bytes.to_vec()).expect("text");
        let sheet = Self { folder: TempDir::new().expect("a folder"), text };
        sheet.write(&sheet.text);
        sheet
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("trains.csv")
    }

    pub fn write(&self, text: &str) {
        fs::write(self.path(), text).expect("it can be written");
    }

    fn with(&self, old: &str, new: &str) -> ImportSource {
        assert!(self.text.contains(old), "{}", self.text);
        self.write(&self.text.replacen(old, new, 1));
        self.source()
    }

    /// Another train beside the one that there is.
    pub fn with_another(&self, name: &str) -> ImportSource {
        let another = format!(
            "12009,{name},express,WR,MTWTFS-,C1 D1,MMCT,Mumbai Central,Mumbai,,06:00,0\n12009,,,,,,VAPI,Vapi,Vapi,08:00,,170\n"
        );
        self.write(&(self.text.clone() + &another));
        self.source()
    }

    pub fn source(&self) -> ImportSource {
        source(self.path().to_str().expect("a path"))
    }
}

/// An administrator, whose account there is, at a counter of a process.
async fn at_counter(kiosk: &Kiosk, name: &str, counter: &str) -> Session {
    let session = kiosk.open_session(terminal(counter));
    sign_in(&session, name, PASSWORD).await.expect("the password is right");
    session
}

/// A process whose next import is held where it is about to write its trains, once it is told so, until the test comes.
async fn held_process(stage: &Stage) -> (Kiosk, Arc<AtomicBool>, Meeting) {
    let meeting = Meeting::of(2);
    let ((held, is_held), holds) = (switch(), meeting.clone());
    let slow = stage.world.with_faults(move |call: &Call| {
        let meets = call.operation == "TransactWriteItems" && is_held.swap(false, Ordering::SeqCst);
        meets.then(|| Fault::Meet(holds.clone()))
    });
    (stage.other_kiosk(slow).await, held, meeting)
}

/// Waits until an import is marked as begun.
async fn begun(stage: &Stage) {
    while !stage.world.store.catalogue().await.expect("it answers").unfinished {
        tokio::task::yield_now().await;
    }
}

/// A switch that is off, for a test and for its faults.
pub fn switch() -> (Arc<AtomicBool>, Arc<AtomicBool>) {
    let switch = Arc::new(AtomicBool::new(false));
    (Arc::clone(&switch), switch)
}

pub fn source(path: &str) -> ImportSource {
    let (bad, missing) = (BadTrains::Refuse, MissingTrains::Stay);
    ImportSource { path: path.to_owned(), from: None, zone: None, bad, missing }
}

pub async fn look(session: &Session, source: &ImportSource) -> Result<ImportTrial, Failure> {
    match session.call(Request::TryImport { source: source.clone() }).await? {
        Reply::ImportTried(trial) => Ok(*trial),
        other => panic!("{other:?}"),
    }
}

pub fn import(op: OpId, source: &ImportSource, trial: &ImportTrial) -> Request {
    Request::Import { op, source: source.clone(), shown: trial.shown.clone() }
}

pub fn imported(reply: Result<Reply, Failure>) -> Result<Imported, Failure> {
    match reply? {
        Reply::Imported(done) => Ok(done),
        other => panic!("{other:?}"),
    }
}

pub async fn names(kiosk: &Kiosk) -> Vec<String> {
    let stored = kiosk.stored_timetable().await.expect("it answers");
    let today = "2026-12-01".parse().expect("a date");
    let running = stored.timetable.editions().iter().filter(|edition| edition.covers(today));
    running.map(|edition| edition.train.name().to_owned()).collect()
}

/// What the log of who did what has of imports: of which files, and what came of it.
async fn recorded(kiosk: &Kiosk, session: &Session) -> Vec<(Option<String>, Option<String>)> {
    kiosk.settle().await;
    let filter = EventFilter::default();
    let events = session.call(Request::Events { day: "2026-12-01".parse().expect("a day"), filter, after: None }).await;
    let Ok(Reply::Events { page, .. }) = events else { panic!("{events:?}") };
    let imports = page.into_iter().map(|line| line.event).filter(|event| event.action == "timetable.import");
    imports.map(|event| (event.subject, event.note)).collect()
}

pub fn told(trial: &ImportTrial) -> Vec<String> {
    trial.lines.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn what_is_exported_changes_nothing_when_it_is_imported() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    assert_eq!(exported(&admin, "").await.name, "trains-2026-12-01.csv");
    let sheet = Sheet::of(&admin).await;
    let trial = look(&admin, &sheet.source()).await.expect("it is read");
    assert_eq!((trial.new, trial.changed, trial.unchanged, trial.mistakes, trial.missing), (0, 0, 1, 0, 0));
    assert!(!trial.changes_anything() && trial.lines.is_empty(), "{trial:?}");
    // Of the trains that are looked for the others are left out.
    let none = exported(&admin, "shatabdi").await;
    assert_eq!(none.bytes[..], export::trains::header(), "the head alone");
    assert_eq!(exported(&admin, "raj MMCT").await.bytes, exported(&admin, "").await.bytes);
}

#[tokio::test]
async fn what_is_shown_is_written_once_and_recorded_once() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let sheet = Sheet::of(&admin).await;
    let source = sheet.with_another("Vapi Express");
    let trial = look(&admin, &source).await.expect("it is read");
    assert_eq!(
        told(&trial),
        [
            "+ station VAPI: Vapi of Vapi",
            "+ 12009 Vapi Express: express of WR, MTWTFS-, MMCT 06:00 to VAPI 08:00, 2 halts, 170 km, 1 CC, 1 2S",
        ]
    );
    assert_eq!(names(&stage.kiosk).await, ["Mumbai Rajdhani"], "looking writes nothing");
    let op = new_op();
    for _ in 0..3 {
        let done = imported(admin.call(import(op, &source, &trial)).await).expect("it is imported");
        assert_eq!(done, Imported { trains: 1, stations: 1, left: Vec::new() });
    }
    assert_eq!(names(&stage.kiosk).await, ["Vapi Express", "Mumbai Rajdhani"]);
    let version = stage.world.store.catalogue_version().await.expect("it answers");
    assert_eq!(stage.kiosk.timetable().trains().count(), 2, "whoever imported sees it at once");
    let note = "1 trains and 1 stations new or changed, from 2026-12-01".to_owned();
    assert_eq!(recorded(&stage.kiosk, &admin).await, [(sheet.path().to_str().map(str::to_owned), Some(note))]);
    let again = look(&admin, &source).await.expect("it is read");
    assert!(!again.changes_anything(), "{again:?}");
    assert_eq!(stage.world.store.catalogue_version().await.expect("it answers"), version, "nothing more was written");
}

#[tokio::test]
async fn a_feed_is_imported_from_its_date_on() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let folder = folder(&feed());
    let path = folder.path().to_str().expect("a path");
    let source = ImportSource { from: Some("2026-12-20".parse().expect("a date")), ..source(path) };
    let trial = look(&admin, &source).await.expect("it is read");
    assert_eq!((trial.new, trial.changed), (1, 1), "{trial:?}");
    assert!(told(&trial).iter().any(|line| line.starts_with("* 2 dated exceptions")), "{trial:?}");
    imported(admin.call(import(new_op(), &source, &trial)).await).expect("it is imported");
    let number = TrainNumber::parse("12951").expect("a number");
    let Ok(Reply::Train(record)) = admin.call(Request::Train { train: number }).await else { panic!("it is there") };
    let TrainRecord { editions, .. } = *record;
    let halts = |on: &str| editions.on(on.parse().expect("a date")).map(|train| train.halts().len());
    assert_eq!((halts("2026-12-19"), halts("2026-12-20")), (Some(6), Some(3)));
    let past = ImportSource { from: Some("2026-11-30".parse().expect("a date")), ..source };
    let today = "2026-12-01".parse().expect("a date");
    assert_eq!(look(&admin, &past).await, Err(Failure::NotPublished(NotPublished::Past { today })));
}

#[tokio::test]
async fn of_two_who_looked_at_the_same_only_the_first_imports() {
    let stage = Stage::new().await;
    let ada = stage.signed_in("ada", Role::Administrator).await;
    let eve = stage.signed_in("eve", Role::Administrator).await;
    let (hers, other) = (Sheet::of(&ada).await, Sheet::of(&eve).await);
    let (first, second) =
        (hers.with("Mumbai Rajdhani", "Winter Rajdhani"), other.with("Mumbai Rajdhani", "Snow Rajdhani"));
    let (shown, late) = (look(&ada, &first).await.expect("read"), look(&eve, &second).await.expect("read"));
    imported(ada.call(import(new_op(), &first, &shown)).await).expect("it is imported");
    let refused = imported(eve.call(import(new_op(), &second, &late)).await);
    assert_eq!(refused, Err(Failure::ImportMoved));
    assert_eq!(names(&stage.kiosk).await, ["Winter Rajdhani"]);
    let now = look(&eve, &second).await.expect("read");
    assert!(told(&now)[0].ends_with("name from Winter Rajdhani to Snow Rajdhani"), "{now:?}");
    imported(eve.call(import(new_op(), &second, &now)).await).expect("it is imported now");
}

#[tokio::test]
async fn what_is_not_as_it_was_shown_is_not_written() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let sheet = Sheet::of(&admin).await;
    let source = sheet.with("Mumbai Rajdhani", "Winter Rajdhani");
    let trial = look(&admin, &source).await.expect("it is read");
    // Another file.
    sheet.with("Mumbai Rajdhani", "Other Rajdhani");
    assert_eq!(imported(admin.call(import(new_op(), &source, &trial)).await), Err(Failure::ImportMoved));
    // Another train in the timetable.
    sheet.with("Mumbai Rajdhani", "Winter Rajdhani");
    let edited = Train::new(TrainDraft { name: "Edited Rajdhani".to_owned(), ..TrainDraft::from(small_train()) });
    let edit = Request::PublishTrain {
        train: Box::new(edited.expect("in order")),
        based_on: 1,
        from: "2026-12-01".parse().expect("a date"),
    };
    admin.call(edit).await.expect("it is published");
    assert_eq!(imported(admin.call(import(new_op(), &source, &trial)).await), Err(Failure::ImportMoved));
    // Another day.
    let trial = look(&admin, &source).await.expect("it is read");
    stage.advance(chrono::TimeDelta::days(1));
    assert_eq!(imported(admin.call(import(new_op(), &source, &trial)).await), Err(Failure::ImportMoved));
    assert_eq!(names(&stage.kiosk).await, ["Edited Rajdhani"]);
}

#[tokio::test]
async fn with_mistakes_nothing_is_written_unless_their_trains_are_left_out() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let folder = folder(&feed_with("stop_times.txt", "T1,19:43:00,19:48:30", "T1,,"));
    let refuses = source(folder.path().to_str().expect("a path"));
    let trial = look(&admin, &refuses).await.expect("it is read");
    assert_eq!((trial.mistakes, trial.new), (1, 1));
    assert_eq!(trial.lines[0].kind, LineKind::Mistake);
    let refused = imported(admin.call(import(new_op(), &refuses, &trial)).await);
    assert_eq!(refused, Err(Failure::ImportHasMistakes { mistakes: 1 }));
    assert_eq!(names(&stage.kiosk).await, ["Mumbai Rajdhani"]);
    let leaves = ImportSource { bad: BadTrains::LeaveOut, ..refuses };
    imported(admin.call(import(new_op(), &leaves, &trial)).await).expect("the rest is imported");
    assert_eq!(names(&stage.kiosk).await, ["Mumbai Rajdhani", "Night Express"]);
}

#[tokio::test]
async fn what_cannot_be_read_says_why() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().to_str().expect("a path");
    let refused = |path: String| {
        let (admin, source) = (admin.clone(), source(&path));
        async move { look(&admin, &source).await.expect_err("it is none").to_string() }
    };
    assert_eq!(refused(format!("{path}/x")).await, format!("Nothing was read: there is no {path}/x: check the path."));
    let missing = "agency.txt is missing: a GTFS folder has it; unpack the whole feed into the folder";
    assert_eq!(refused(path.to_owned()).await, format!("Nothing was read: {missing}."));
    assert!(refused("feeds/winter".to_owned()).await.starts_with("Type the whole path"));
    assert!(refused(String::new()).await.starts_with("Type the whole path"));
}

#[tokio::test]
async fn of_very_many_lines_the_first_are_shown_and_the_others_counted() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let sheet = Sheet::of(&admin).await;
    let bad = "x,,,,,,,,,,,\ny,,,,,,,,,,,\n".repeat(750);
    sheet.write(&(sheet.text.clone() + &bad));
    let trial = look(&admin, &sheet.source()).await.expect("it is read");
    assert!(trial.mistakes > 3_000, "{}", trial.mistakes);
    assert_eq!((trial.lines.len(), trial.unlisted), (3_000, trial.mistakes - 3_000));
}

#[tokio::test]
async fn how_far_it_has_come_is_told_to_the_end_of_each_stage() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let sheet = Sheet::of(&admin).await;
    let source = sheet.with_another("Vapi Express");
    let newest = async |request: Request| {
        let (tell, told) = Tell::somebody();
        let reply = admin.call_telling(request, tell).await.expect("it is done");
        let newest = *told.borrow();
        (newest.expect("it was told"), reply)
    };
    let (read, reply) = newest(Request::TryImport { source: source.clone() }).await;
    assert_eq!((read.stage, read.done, read.of), (At::Comparing, 2, 2));
    let Reply::ImportTried(trial) = reply else { panic!("{reply:?}") };
    let (written, _) = newest(import(new_op(), &source, &trial)).await;
    assert_eq!((written.stage, written.done), (At::Writing, written.of));
    assert!(written.of >= 3, "a station, a version and a train");
}

#[tokio::test]
async fn looking_stops_when_nobody_waits_and_importing_goes_on() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let sheet = Sheet::of(&admin).await;
    let source = sheet.with_another("Vapi Express");
    let trial = look(&admin, &source).await.expect("it is read");
    let nobody = || Tell::somebody().0;
    let stopped = admin.call_telling(Request::TryImport { source: source.clone() }, nobody()).await;
    assert!(matches!(stopped, Err(Failure::GivenUp)), "{stopped:?}");
    // Whoever asked for the import leaves as soon as it has begun.
    let (tell, mut told) = Tell::somebody();
    let (asking, request) = (admin.clone(), import(new_op(), &source, &trial));
    let call = tokio::spawn(async move { asking.call_telling(request, tell).await });
    told.changed().await.expect("it tells");
    call.abort();
    drop(told);
    stage.kiosk.settle().await;
    assert_eq!(names(&stage.kiosk).await, ["Vapi Express", "Mumbai Rajdhani"]);
}

#[tokio::test]
async fn an_import_that_breaks_off_is_finished_by_the_same_key() {
    let stage = Stage::new().await;
    let (broken, breaks) = switch();
    // The station is written, and then nothing more.
    let troubled = stage.world.with_faults(move |call: &Call| {
        let is_down = breaks.load(Ordering::SeqCst) && call.operation == "PutItem";
        is_down.then_some(Fault::LoseRequest)
    });
    stage.account("ada", Role::Administrator).await;
    let other = stage.other_kiosk(troubled).await;
    let admin = at_counter(&other, "ada", "NDLS-07").await;
    let sheet = Sheet::of(&admin).await;
    let source = sheet.with_another("Vapi Express");
    let trial = look(&admin, &source).await.expect("it is read");
    other.settle().await;
    broken.store(true, Ordering::SeqCst);
    let op = new_op();
    let failed = imported(admin.call(import(op, &source, &trial)).await);
    assert!(matches!(failed, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{failed:?}");
    assert_eq!(names(&stage.kiosk).await, ["Mumbai Rajdhani"]);
    broken.store(false, Ordering::SeqCst);
    let done = imported(admin.call(import(op, &source, &trial)).await).expect("it is finished");
    assert_eq!((done.trains, done.stations), (1, 1), "what was shown");
    let notes: Vec<_> = recorded(&other, &admin).await.into_iter().filter_map(|(_, note)| note).collect();
    let note = "1 trains and 1 stations new or changed, from 2026-12-01";
    assert!(notes.contains(&note.to_owned()), "{notes:?}");
    assert!(notes.contains(&format!("not to its end: {note}")), "{notes:?}");
    assert_eq!(names(&stage.kiosk).await, ["Vapi Express", "Mumbai Rajdhani"]);
}

#[tokio::test]
async fn an_import_that_is_throttled_halfway_is_not_told_to_have_changed_nothing() {
    let stage = Stage::new().await;
    let (broken, breaks) = switch();
    let troubled = stage.world.with_faults(move |call: &Call| {
        let is_slow = breaks.load(Ordering::SeqCst) && call.operation == "PutItem";
        is_slow.then(|| Fault::Answer(400, "ThrottlingException".to_owned()))
    });
    stage.account("ada", Role::Administrator).await;
    let admin = at_counter(&stage.other_kiosk(troubled).await, "ada", "NDLS-07").await;
    let sheet = Sheet::of(&admin).await;
    let source = sheet.with_another("Vapi Express");
    let trial = look(&admin, &source).await.expect("it is read");
    broken.store(true, Ordering::SeqCst);
    let failed = imported(admin.call(import(new_op(), &source, &trial)).await);
    assert!(matches!(failed, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{failed:?}");
    broken.store(false, Ordering::SeqCst);
    let rest = look(&admin, &source).await.expect("it is read");
    assert_eq!((rest.shown.stations, rest.finishes), (0, true), "the station was written");
}

/// From the command line, with the end of a train that there is not.
#[tokio::test]
async fn an_import_of_an_operator_is_recorded_whatever_comes_behind_it() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let renamed = |name: &str| {
        let train = Train::new(TrainDraft { name: name.to_owned(), ..TrainDraft::from(small_train()) });
        Import { stations: stations(), trains: vec![train.expect("in order")], faults: Vec::new(), notes: Vec::new() }
    };
    let start = Start::at_once("2026-12-01".parse().expect("a date"));
    let known = stage.kiosk.stored_timetable().await.expect("it answers");
    stage.kiosk.import(&renamed("Winter Rajdhani"), &known, start, |_| {}).await.expect("it is imported");
    let ends = [(TrainNumber::parse("99999").expect("a number"), "2026-12-20".parse().expect("a date"))];
    stage.kiosk.end_trains(&ends).await.expect_err("there is none");
    stage.kiosk.import(&renamed("Snow Rajdhani"), &known, start, |_| {}).await.expect_err("it has moved");
    let mut notes: Vec<_> = recorded(&stage.kiosk, &admin).await.into_iter().filter_map(|(_, note)| note).collect();
    notes.sort();
    assert_eq!(notes, ["1 trains and 0 stations new or changed, from 2026-12-01", "not to its end, from 2026-12-01"]);
}

/// All of it is written but the mark at its end.
#[tokio::test]
async fn an_import_that_lacks_its_end_alone_is_finished_by_repeating_it() {
    let stage = Stage::new().await;
    let (broken, breaks) = switch();
    let written = AtomicBool::new(false);
    let troubled = stage.world.with_faults(move |call: &Call| {
        let is_on = breaks.load(Ordering::SeqCst);
        written.fetch_or(is_on && call.operation == "TransactWriteItems", Ordering::SeqCst);
        let is_end = is_on && written.load(Ordering::SeqCst) && call.operation == "UpdateItem";
        is_end.then_some(Fault::LoseRequest)
    });
    stage.account("ada", Role::Administrator).await;
    let admin = at_counter(&stage.other_kiosk(troubled).await, "ada", "NDLS-07").await;
    let sheet = Sheet::of(&admin).await;
    let source = sheet.with("Mumbai Rajdhani", "Winter Rajdhani");
    let trial = look(&admin, &source).await.expect("it is read");
    broken.store(true, Ordering::SeqCst);
    imported(admin.call(import(new_op(), &source, &trial)).await).expect_err("its end is lost");
    broken.store(false, Ordering::SeqCst);
    let train = TrainNumber::parse("12951").expect("a number");
    let end = Request::RetireTrain { train, from: Some("2026-12-20".parse().expect("a date")) };
    assert_eq!(admin.call(end.clone()).await.map(drop), Err(Failure::ImportUnfinished));
    // Whoever looks now, and not only whoever began it, can finish it.
    let rest = look(&admin, &source).await.expect("it is read");
    assert_eq!((rest.shown.trains, rest.shown.stations, rest.changes_anything()), (0, 0, true));
    let done = imported(admin.call(import(new_op(), &source, &rest)).await).expect("it is finished");
    assert_eq!((done.trains, done.stations), (0, 0));
    assert!(!look(&admin, &source).await.expect("it is read").changes_anything());
    admin.call(end).await.expect("trains change again");
    assert_eq!(names(&stage.kiosk).await, ["Winter Rajdhani"]);
}

/// The earlier one writes its train between the later one's reading and the later one's mark, and then breaks off.
#[tokio::test]
async fn whoever_takes_over_another_import_than_was_read_has_begun_nothing() {
    let stage = Stage::new().await;
    stage.account("eve", Role::Administrator).await;
    let (hers, others) = (Meeting::of(2), Meeting::of(2));
    let ((ada_on, ada_is_on), (eve_on, eve_is_on), (came, comes)) = (switch(), switch(), switch());
    let (first_write, written) = (hers.clone(), AtomicBool::new(false));
    let breaking = stage.world.with_faults(move |call: &Call| match call.operation.as_str() {
        "TransactWriteItems" if ada_is_on.load(Ordering::SeqCst) && !written.swap(true, Ordering::SeqCst) => {
            Some(Fault::Meet(first_write.clone()))
        }
        "UpdateItem" if written.load(Ordering::SeqCst) => Some(Fault::LoseRequest),
        _ => None,
    });
    let mark = others.clone();
    let late = stage.world.with_faults(move |call: &Call| {
        let is_mark = call.operation == "UpdateItem" && eve_is_on.swap(false, Ordering::SeqCst);
        comes.fetch_or(is_mark, Ordering::SeqCst);
        is_mark.then(|| Fault::Meet(mark.clone()))
    });
    let ada = at_counter(&stage.other_kiosk(breaking).await, "eve", "NDLS-01").await;
    let eve = at_counter(&stage.other_kiosk(late).await, "eve", "NDLS-02").await;
    let (one, other) = (Sheet::of(&ada).await, Sheet::of(&eve).await);
    let winter = one.with("Mumbai Rajdhani", "Winter Rajdhani");
    let snow = other.with("Mumbai Rajdhani", "Snow Rajdhani");
    let shown = look(&ada, &winter).await.expect("read");
    ada_on.store(true, Ordering::SeqCst);
    let request = import(new_op(), &winter, &shown);
    let first = tokio::spawn(async move { imported(ada.call(request).await) });
    begun(&stage).await;
    let shown = look(&eve, &snow).await.expect("read");
    eve_on.store(true, Ordering::SeqCst);
    let (asking, request) = (eve.clone(), import(new_op(), &snow, &shown));
    let again = request.clone();
    let second = tokio::spawn(async move { imported(asking.call(request).await) });
    while !came.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
    hers.come().await;
    first.await.expect("it ends").expect_err("it broke off");
    others.come().await;
    assert_eq!(second.await.expect("it ends"), Err(Failure::ImportMoved));
    assert_eq!(names(&stage.kiosk).await, ["Winter Rajdhani"], "what is written stays");
    // The same key writes no more than before what nobody was shown.
    assert_eq!(imported(eve.call(again).await), Err(Failure::ImportMoved));
    let now = look(&eve, &snow).await.expect("read");
    imported(eve.call(import(new_op(), &snow, &now)).await).expect("what is shown now is imported");
    assert_eq!(names(&stage.kiosk).await, ["Snow Rajdhani"]);
}

#[tokio::test]
async fn in_a_process_one_import_is_written_after_the_other() {
    let stage = Stage::new().await;
    stage.account("ada", Role::Administrator).await;
    let (kiosk, held, meeting) = held_process(&stage).await;
    let (ada, eve) = (at_counter(&kiosk, "ada", "NDLS-01").await, at_counter(&kiosk, "ada", "NDLS-02").await);
    let sheet = Sheet::of(&ada).await;
    let winter = sheet.with("Mumbai Rajdhani", "Winter Rajdhani");
    let shown = look(&ada, &winter).await.expect("read");
    held.store(true, Ordering::SeqCst);
    let request = import(new_op(), &winter, &shown);
    let first = tokio::spawn(async move { imported(ada.call(request).await) });
    begun(&stage).await;
    let now = look(&eve, &winter).await.expect("whoever only looks may");
    let second = imported(eve.call(import(new_op(), &winter, &now)).await);
    assert_eq!(second, Err(Failure::ImportUnderWay));
    meeting.come().await;
    assert_eq!(first.await.expect("it ends").expect("nobody stops it").trains, 1);
    assert_eq!(names(&stage.kiosk).await, ["Winter Rajdhani"]);
}

/// The first is held where it is about to write its train, until the second is done.
#[tokio::test]
async fn of_two_imports_under_way_the_later_stops_the_earlier_and_no_trains_mix() {
    let stage = Stage::new().await;
    let eve = stage.signed_in("eve", Role::Administrator).await;
    let (slow, held, meeting) = held_process(&stage).await;
    let ada = at_counter(&slow, "eve", "NDLS-01").await;
    let (hers, other) = (Sheet::of(&ada).await, Sheet::of(&eve).await);
    let (winter, snow) =
        (hers.with("Mumbai Rajdhani", "Winter Rajdhani"), other.with("Mumbai Rajdhani", "Snow Rajdhani"));
    let shown = look(&ada, &winter).await.expect("read");
    held.store(true, Ordering::SeqCst);
    let request = import(new_op(), &winter, &shown);
    let first = tokio::spawn(async move { imported(ada.call(request).await) });
    begun(&stage).await;
    let now = look(&eve, &snow).await.expect("read");
    imported(eve.call(import(new_op(), &snow, &now)).await).expect("the second is imported");
    meeting.come().await;
    assert_eq!(first.await.expect("it ends"), Err(Failure::ImportMoved));
    let notes: Vec<_> = recorded(&stage.kiosk, &eve).await.into_iter().filter_map(|(_, note)| note).collect();
    assert!(notes.iter().any(|note| note.starts_with("not to its end: 1 trains")), "{notes:?}");
    assert_eq!(names(&stage.kiosk).await, ["Snow Rajdhani"]);
    let again = look(&eve, &snow).await.expect("read");
    assert!(!again.changes_anything(), "{again:?}");
}
