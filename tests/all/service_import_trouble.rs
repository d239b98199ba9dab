//! An import of which more is asked than a process does, and one that is written and cannot be seen at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::user::Role;
use kiosk::service::request::Failure;

use crate::service_import::{Sheet, import, imported, look, names, switch};
use crate::service_kit::{PASSWORD, Stage, new_op, sign_in, terminal};

/// Whoever has no turn must not make the store read the whole timetable.
#[tokio::test]
async fn whoever_has_no_turn_to_read_is_refused_before_the_timetable_is_read() {
    let stage = Stage::new().await;
    stage.account("ada", Role::Administrator).await;
    let ((held, holds), scans) = (switch(), Arc::new(AtomicUsize::new(0)));
    let (count, meeting) = (Arc::clone(&scans), Meeting::of(3));
    let on = meeting.clone();
    let slow = stage.world.with_faults(move |call: &Call| {
        let is_scan = holds.load(Ordering::SeqCst) && call.operation == "Scan";
        is_scan.then(|| {
            count.fetch_add(1, Ordering::SeqCst);
            Fault::Meet(on.clone())
        })
    });
    let kiosk = stage.other_kiosk(slow).await;
    let admin = kiosk.open_session(terminal("NDLS-07"));
    sign_in(&admin, "ada", PASSWORD).await.expect("the password is right");
    let sheet = Sheet::of(&admin).await;
    let source = sheet.source();
    held.store(true, Ordering::SeqCst);
    let looks = [0, 1].map(|_| {
        let (admin, source) = (admin.clone(), source.clone());
        tokio::spawn(async move { look(&admin, &source).await })
    });
    while scans.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(look(&admin, &source).await.err(), Some(Failure::ImportsUnderWay { max: 2 }));
    assert_eq!(scans.load(Ordering::SeqCst), 2, "the third reads nothing");
    held.store(false, Ordering::SeqCst);
    meeting.come().await;
    for look in looks {
        look.await.expect("it ends").expect("it is read");
    }
    look(&admin, &source).await.expect("there are turns again");
}

#[tokio::test]
async fn an_import_that_cannot_be_read_again_is_done_and_seen_a_little_later() {
    let stage = Stage::new().await;
    let ((broken, breaks), (written, is_written)) = (switch(), switch());
    let troubled = stage.world.with_faults(move |call: &Call| {
        let is_on = breaks.load(Ordering::SeqCst);
        // Once its trains are written only its end is, and then the timetable is read.
        is_written.fetch_or(is_on && call.operation == "TransactWriteItems", Ordering::SeqCst);
        let is_reread = is_on && is_written.load(Ordering::SeqCst) && call.operation == "Scan";
        is_reread.then_some(Fault::LoseRequest)
    });
    stage.account("ada", Role::Administrator).await;
    let kiosk = stage.other_kiosk(troubled).await;
    let admin = kiosk.open_session(terminal("NDLS-07"));
    sign_in(&admin, "ada", PASSWORD).await.expect("the password is right");
    let sheet = Sheet::of(&admin).await;
    let source = sheet.with_another("Vapi Express");
    let trial = look(&admin, &source).await.expect("it is read");
    broken.store(true, Ordering::SeqCst);
    let done = imported(admin.call(import(new_op(), &source, &trial)).await).expect("it is written all the same");
    assert_eq!((done.trains, done.stations), (1, 1));
    assert!(written.load(Ordering::SeqCst));
    assert_eq!(kiosk.timetable().trains().count(), 1, "it is not to be seen here");
    assert_eq!(names(&stage.kiosk).await, ["Vapi Express", "Mumbai Rajdhani"]);
    broken.store(false, Ordering::SeqCst);
    stage.advance(TimeDelta::seconds(6));
    kiosk.poll_once().await;
    assert_eq!(kiosk.timetable().trains().count(), 2);
}
