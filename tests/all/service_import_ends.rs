//! An import that ends the trains that are not in it: which, from when, and what of it is done when it breaks off.

use std::sync::atomic::Ordering;

use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::user::Role;
use kiosk::service::request::{BadTrains, EventFilter, Failure, ImportSource, MissingTrains, Outcome, Reply, Request};
use kiosk::service::{Kiosk, Session};

use crate::feed::{feed, feed_with, folder};
use crate::service_import::{Sheet, import, imported, look, names, source, switch, told};
use crate::service_kit::{PASSWORD, Stage, new_op, sign_in, terminal};

/// A sheet of one train that is new, in which the one that there is is missing.
async fn of_another(session: &Session) -> Sheet {
    let sheet = Sheet::of(session).await;
    sheet.write(
        "Train,Name,Kind,Zone,Days,Coaches,Station,Station name,City,Arrives,Departs,Kilometres\n\
         12009,Vapi Express,express,WR,MTWTFS-,C1 D1,MMCT,Mumbai Central,Mumbai,,06:00,0\n\
         12009,,,,,,VAPI,Vapi,Vapi,08:00,,170\n",
    );
    sheet
}

fn ending(source: ImportSource) -> ImportSource {
    ImportSource { missing: MissingTrains::End, ..source }
}

/// The dates on which trains end, as the log has it.
async fn recorded(kiosk: &Kiosk, session: &Session) -> Vec<String> {
    kiosk.settle().await;
    let filter = EventFilter::default();
    let events = session.call(Request::Events { day: "2026-12-01".parse().expect("a day"), filter, after: None }).await;
    let Ok(Reply::Events { page, .. }) = events else { panic!("{events:?}") };
    let ends = page.into_iter().map(|line| line.event).filter(|event| event.action == "train.retire");
    ends.map(|event| format!("{} {}", event.subject.unwrap_or_default(), event.note.unwrap_or_default())).collect()
}

async fn running(kiosk: &Kiosk, on: &str) -> Vec<String> {
    let (stored, on) = (kiosk.stored_timetable().await.expect("it answers"), on.parse().expect("a date"));
    let running = stored.timetable.editions().iter().filter(|edition| edition.covers(on));
    running.map(|edition| edition.train.number().to_string()).collect()
}

#[tokio::test]
async fn trains_that_are_not_in_it_end_tomorrow_or_on_its_first_date() {
    for (from, ends) in [(None, "2026-12-02"), (Some("2026-12-20"), "2026-12-20")] {
        let stage = Stage::new().await;
        let admin = stage.signed_in("ada", Role::Administrator).await;
        let sheet = of_another(&admin).await;
        let source = ImportSource { from: from.map(|from| from.parse().expect("a date")), ..sheet.source() };
        let stays = look(&admin, &source).await.expect("it is read");
        assert_eq!((stays.missing, stays.shown.ends.len()), (1, 0));
        let source = ending(source);
        let trial = look(&admin, &source).await.expect("it is read");
        let line = format!("- 12951 Mumbai Rajdhani: not in it, ends on {ends}");
        assert_eq!(told(&trial).last(), Some(&line), "{trial:?}");
        assert_eq!(running(&stage.kiosk, ends).await, ["12951"], "looking ends nothing");
        let op = new_op();
        for _ in 0..3 {
            imported(admin.call(import(op, &source, &trial)).await).expect("it is imported");
        }
        assert_eq!(running(&stage.kiosk, ends).await, ["12009"]);
        assert!(running(&stage.kiosk, "2026-12-01").await.contains(&"12951".to_owned()), "today's run goes");
        assert!(
            stage.kiosk.timetable().train_on("12951".parse().expect("one"), ends.parse().expect("a date")).is_none()
        );
        assert_eq!(recorded(&stage.kiosk, &admin).await, [format!("12951 from {ends}")], "once");
        let again = look(&admin, &source).await.expect("it is read");
        assert!(!again.changes_anything(), "{again:?}");
    }
}

#[tokio::test]
async fn an_import_that_only_ends_trains_is_repeated_without_harm() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let sheet = of_another(&admin).await;
    let trial = look(&admin, &sheet.source()).await.expect("it is read");
    imported(admin.call(import(new_op(), &sheet.source(), &trial)).await).expect("it is imported");
    let source = ending(sheet.source());
    let trial = look(&admin, &source).await.expect("it is read");
    assert_eq!((trial.shown.trains, trial.shown.ends.len(), trial.changes_anything()), (0, 1, true));
    let op = new_op();
    for _ in 0..3 {
        imported(admin.call(import(op, &source, &trial)).await).expect("it is done");
    }
    assert_eq!(running(&stage.kiosk, "2026-12-02").await, ["12009"]);
    assert_eq!(recorded(&stage.kiosk, &admin).await, ["12951 from 2026-12-02"]);
}

#[tokio::test]
async fn what_was_not_shown_to_end_does_not() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let sheet = of_another(&admin).await;
    let trial = look(&admin, &sheet.source()).await.expect("it is read");
    let refused = imported(admin.call(import(new_op(), &ending(sheet.source()), &trial)).await);
    assert_eq!(refused, Err(Failure::ImportMoved), "it was shown to stay");
    assert_eq!(names(&stage.kiosk).await, ["Mumbai Rajdhani"]);
}

/// A train with a mistake is not in it, and would end.
#[tokio::test]
async fn with_a_mistake_nothing_ends_and_nothing_is_written() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let bad = folder(&feed_with("stop_times.txt", "T1,19:43:00,19:48:30", "T1,,"));
    let leaves = ImportSource { bad: BadTrains::LeaveOut, ..source(bad.path().to_str().expect("a path")) };
    let trial = look(&admin, &ending(leaves.clone())).await.expect("it is read");
    assert_eq!((trial.mistakes, trial.missing, trial.shown.ends.len()), (1, 1, 0), "{trial:?}");
    let refused = imported(admin.call(import(new_op(), &ending(leaves), &trial)).await);
    assert_eq!(refused, Err(Failure::ImportHasMistakes { mistakes: 1 }));
    assert_eq!(names(&stage.kiosk).await, ["Mumbai Rajdhani"]);
    let whole = folder(&feed());
    let trial = look(&admin, &ending(source(whole.path().to_str().expect("a path")))).await.expect("it is read");
    assert_eq!((trial.missing, trial.shown.ends.len()), (0, 0), "it is in it");
}

#[tokio::test]
async fn an_import_that_breaks_off_before_trains_end_is_finished_by_the_same_key() {
    let stage = Stage::new().await;
    let (broken, breaks) = switch();
    // The end of a train begins with a look at the mark of the timetable.
    let troubled = stage.world.with_faults(move |call: &Call| {
        let is_end = breaks.load(Ordering::SeqCst) && call.operation == "GetItem";
        is_end.then_some(Fault::LoseRequest)
    });
    stage.account("ada", Role::Administrator).await;
    let other = stage.other_kiosk(troubled).await;
    let admin = other.open_session(terminal("NDLS-07"));
    sign_in(&admin, "ada", PASSWORD).await.expect("the password is right");
    let sheet = of_another(&admin).await;
    let source = ending(sheet.source());
    let trial = look(&admin, &source).await.expect("it is read");
    let op = new_op();
    // All is written, and its reply is lost on the way to whoever asked.
    let stays = ImportSource { missing: MissingTrains::Stay, ..source.clone() };
    let shown = look(&admin, &stays).await.expect("it is read");
    imported(admin.call(import(op, &stays, &shown)).await).expect("it is imported");
    broken.store(true, Ordering::SeqCst);
    let failed = imported(admin.call(import(op, &source, &trial)).await);
    assert!(matches!(failed, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{failed:?}");
    assert_eq!(running(&stage.kiosk, "2026-12-02").await, ["12009", "12951"]);
    broken.store(false, Ordering::SeqCst);
    imported(admin.call(import(op, &source, &trial)).await).expect("it is finished");
    assert_eq!(running(&stage.kiosk, "2026-12-02").await, ["12009"]);
    assert_eq!(recorded(&other, &admin).await, ["12951 from 2026-12-02"]);
}
