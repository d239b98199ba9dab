//! Notifications when something fails: processes that die, channels that refuse, two at once, and what nobody can deliver.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join;
use kiosk::aws::fault::{Call, Fault, Meeting, Plan};
use kiosk::aws::post::Post;
use kiosk::domain::notification::{ATTEMPTS, Channel, Delivery, Notification};
use kiosk::domain::user::{Phone, Role};
use kiosk::service::request::{Failure, Order, Reply, Request, Revive};
use kiosk::service::{Backlog, Clock, Kiosk, Notifications};
use kiosk::store::work::ALL;
use rstest::rstest;

use crate::post_office::{BUSY, PostOffice, Refusal, Sent};
use crate::service_kit::{Stage, best, book, hold, order, small_train, whole};
use crate::service_notify::{buy, everything, function_alone, told_by};
use crate::world::{World, patience};

const NONE: Backlog = Backlog { waiting: 0, dead: 0 };

/// Longer than any pause between two attempts, and than one process keeps a notification from the others.
const LONG: TimeDelta = TimeDelta::minutes(61);

async fn listed(kiosk: &Kiosk, delivery: Delivery) -> Vec<Notification> {
    match kiosk.operator_session().call(Request::Notifications { delivery, after: None }).await {
        Ok(Reply::Notifications { page, next: None }) => page,
        other => panic!("{other:?}"),
    }
}

async fn retry(kiosk: &Kiosk, which: Revive) -> Result<usize, Failure> {
    match kiosk.operator_session().call(Request::RetryNotifications { which }).await? {
        Reply::Revived(count) => Ok(count),
        other => panic!("{other:?}"),
    }
}

/// Nothing arrives of this process after its first request of a kind.
fn dying_after(operation: &'static str) -> impl Plan {
    let done = AtomicBool::new(false);
    move |call: &Call| {
        let dead = done.load(Ordering::SeqCst);
        done.fetch_or(call.operation == operation, Ordering::SeqCst);
        dead.then_some(Fault::LoseRequest)
    }
}

/// Nor from its first request of a kind on.
fn dying_before(operation: &'static str) -> impl Plan {
    let dead = AtomicBool::new(false);
    move |call: &Call| {
        dead.fetch_or(call.operation == operation, Ordering::SeqCst);
        dead.load(Ordering::SeqCst).then_some(Fault::LoseRequest)
    }
}

#[tokio::test]
async fn a_process_that_dies_amid_a_delivery_leaves_it_to_the_others() {
    let office = PostOffice::open().await;
    let stage = Stage::with(told_by(function_alone())).await;
    buy(&stage.guest()).await;
    // It takes the notification, and then nothing of this process arrives any more.
    let dying = stage.world.with_faults(dying_after("PutItem"));
    office.kiosk_over(&stage, dying).await.deliver_once().await;
    let other = office.kiosk(&stage).await;
    other.deliver_once().await;
    assert!(office.take().is_empty(), "it is not taken from whoever may be at it");
    stage.advance(TimeDelta::minutes(2));
    other.deliver_once().await;
    assert_eq!(office.take().len(), 1);
    assert_eq!(stage.kiosk.notification_backlog().await, Ok(NONE));
}

#[tokio::test]
async fn a_process_that_dies_before_it_says_that_it_has_delivered_has_it_delivered_again() {
    let office = PostOffice::open().await;
    let stage = Stage::with(told_by(function_alone())).await;
    buy(&stage.guest()).await;
    let dying = stage.world.with_faults(dying_before("DeleteItem"));
    office.kiosk_over(&stage, dying).await.deliver_once().await;
    stage.advance(TimeDelta::minutes(2));
    office.kiosk(&stage).await.deliver_once().await;
    let sent = office.take();
    let [Sent::Function { payload: first, .. }, Sent::Function { payload: second, .. }] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert_eq!(first["NotificationID"], second["NotificationID"], "whoever gets it twice can know");
}

#[tokio::test]
async fn two_processes_that_find_it_at_once_deliver_it_once() {
    let office = PostOffice::open().await;
    let stage = Stage::with(told_by(function_alone())).await;
    buy(&stage.guest()).await;
    let meeting = Meeting::of(2);
    let mut kiosks = Vec::new();
    for _ in 0..2 {
        // Both have read it before either takes it.
        let meeting = meeting.clone();
        let store = stage.world.with_faults(move |call: &Call| {
            (call.operation == "PutItem" && call.nth == 1).then(|| Fault::Meet(meeting.clone()))
        });
        kiosks.push(office.kiosk_over(&stage, store).await);
    }
    join(kiosks[0].deliver_once(), kiosks[1].deliver_once()).await;
    assert_eq!(office.take().len(), 1);
    assert_eq!(stage.kiosk.notification_backlog().await, Ok(NONE));
}

#[tokio::test]
async fn a_channel_that_fails_is_tried_again_later_and_the_others_are_not() {
    let office = PostOffice::open().await;
    let stage = Stage::with(told_by(everything())).await;
    buy(&stage.signed_in("anita", Role::Traveller).await).await;
    let other = office.kiosk(&stage).await;
    office.refuses(Channel::Sms, BUSY, 3);
    for pause in [30, 120, 480] {
        other.deliver_once().await;
        let waiting = listed(&other, Delivery::Waiting).await;
        assert_eq!(waiting[0].owed, [Channel::Sms].into());
        assert_eq!(waiting[0].reason.as_deref(), Some("SNS answers ServiceUnavailable (503)"));
        stage.advance(TimeDelta::seconds(pause - 1));
        let tries = office.tries(Channel::Sms);
        other.deliver_once().await;
        assert_eq!(office.tries(Channel::Sms), tries, "not before {pause} s");
        stage.advance(TimeDelta::seconds(1));
    }
    assert!(matches!(office.take().as_slice(), [Sent::Function { .. }, Sent::Email { .. }]));
    other.deliver_once().await;
    assert!(matches!(office.take().as_slice(), [Sent::Sms { .. }]));
    assert_eq!(other.notification_backlog().await, Ok(NONE));
}

#[tokio::test]
async fn what_fails_eight_times_waits_for_an_administrator() {
    let office = PostOffice::open().await;
    let stage = Stage::with(told_by(everything())).await;
    let anita = stage.signed_in("anita", Role::Traveller).await;
    let booking = buy(&anita).await;
    let other = office.kiosk(&stage).await;
    let unverified = Refusal { status: 400, code: "MessageRejected", message: "not verified: anita@example.in" };
    office.refuses(Channel::Email, unverified, usize::MAX);
    for _ in 0..ATTEMPTS + 3 {
        other.deliver_once().await;
        stage.advance(LONG);
    }
    assert_eq!(office.tries(Channel::Email), ATTEMPTS as usize);
    assert_eq!(other.notification_backlog().await, Ok(Backlog { waiting: 0, dead: 1 }));
    other.count_notifications().await;
    let counted = stage.world.store.metrics().encoded();
    assert!(counted.contains("kiosk_notifications_dead 1\n"), "{counted}");
    let dead = listed(&other, Delivery::Dead).await;
    assert_eq!(dead[0].owed, [Channel::Email].into());
    assert_eq!(dead[0].reason.as_deref(), Some("SES answers MessageRejected (400)"), "and nobody's address");

    let asked = Request::RetryNotifications { which: Revive::AllDead };
    assert!(matches!(anita.call(asked).await, Err(Failure::NotAllowed { needs: Role::Administrator })));
    office.refuses(Channel::Email, BUSY, 0);
    assert_eq!(retry(&other, Revive::AllDead).await, Ok(1));
    other.settle().await;
    other.deliver_once().await;
    assert_eq!(office.tries(Channel::Email), ATTEMPTS as usize + 1);
    assert_eq!(other.notification_backlog().await, Ok(NONE));
    let id = dead[0].id;
    assert_eq!(retry(&other, Revive::One(id)).await, Err(Failure::NoSuchNotification(id)), "it is delivered");
    let day = stage.kiosk.now().date_naive();
    let events = stage.world.store.events_of(day).await.expect("it answers");
    assert!(events.iter().any(|event| event.action == "notification.retry"), "{events:?}");
    assert_eq!(booking.pnr, id.pnr);
}

#[tokio::test]
async fn one_that_waits_can_be_hurried() {
    let office = PostOffice::open().await;
    let stage = Stage::with(told_by(function_alone())).await;
    buy(&stage.guest()).await;
    let other = office.kiosk(&stage).await;
    office.refuses(Channel::Function, BUSY, 1);
    other.deliver_once().await;
    let id = listed(&other, Delivery::Waiting).await[0].id;
    other.deliver_once().await;
    assert!(office.take().is_empty(), "it pauses");
    assert_eq!(retry(&other, Revive::One(id)).await, Ok(1));
    other.deliver_once().await;
    assert_eq!(office.take().len(), 1);
}

#[tokio::test]
async fn a_notification_that_ends_whoever_tries_it_is_given_up_too() {
    let office = PostOffice::open().await;
    let stage = Stage::with(told_by(function_alone())).await;
    buy(&stage.guest()).await;
    for _ in 0..ATTEMPTS {
        let dying = stage.world.with_faults(dying_after("PutItem"));
        office.kiosk_over(&stage, dying).await.deliver_once().await;
        stage.advance(LONG);
    }
    office.kiosk(&stage).await.deliver_once().await;
    assert!(office.take().is_empty());
    let dead = listed(&stage.kiosk, Delivery::Dead).await;
    assert_eq!(dead[0].reason.as_deref(), Some("the attempt before was not ended"));
}

/// A number that SNS knows better than Kiosk not to exist, and one to which no text message goes.
#[rstest]
#[case("9810012345", 1)]
#[case("011 2338 9319", 0)]
#[tokio::test]
async fn a_number_that_is_refused_is_not_tried_again(#[case] phone: &str, #[case] tries: usize) {
    let office = PostOffice::open().await;
    let stage = Stage::with(told_by(Notifications { sms: true, ..Notifications::default() })).await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let phone = Phone::parse(phone).expect("a number");
    let order = Order { phone, ..order(&guest, &held).await };
    book(&guest, &order).await.expect("it is booked");
    let invalid = Refusal { status: 400, code: "InvalidParameter", message: "Invalid parameter: PhoneNumber" };
    office.refuses(Channel::Sms, invalid, usize::MAX);
    let other = office.kiosk(&stage).await;
    for _ in 0..3 {
        other.deliver_once().await;
        stage.advance(LONG);
    }
    assert_eq!((office.tries(Channel::Sms), other.notification_backlog().await), (tries, Ok(NONE)));
}

#[cfg(unix)]
#[tokio::test]
async fn where_nothing_leaves_the_machine_messages_are_files_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let stage = Stage::with(told_by(everything())).await;
    let booking = buy(&stage.signed_in("anita", Role::Traveller).await).await;
    let Post::Folder(folder) = &stage.world.clients.post else { panic!("the engines are embedded") };
    let files = || {
        let entries = std::fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("one"));
        let mut files: Vec<_> = entries.map(|e| (e.file_name().into_string().expect("text"), e.path())).collect();
        files.sort();
        files
    };
    assert!(!folder.exists(), "nothing is written with the booking");
    // A file that is in the way keeps it for later, and nobody else.
    std::fs::write(folder, "").expect("a file");
    stage.kiosk.deliver_once().await;
    assert_eq!(stage.kiosk.notification_backlog().await, Ok(Backlog { waiting: 1, dead: 0 }));
    std::fs::remove_file(folder).expect("it was there");
    stage.advance(LONG);
    stage.kiosk.deliver_once().await;
    assert_eq!(stage.kiosk.notification_backlog().await, Ok(NONE));

    let id = format!("{}-1", booking.pnr);
    let names: Vec<_> = files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [format!("{id}-SMS.json"), format!("{id}-e-mail.eml"), format!("{id}-function.json")]);
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700);
    let texts: Vec<String> = files()
        .iter()
        .map(|(_, path)| {
            assert_eq!(mode(path), 0o600, "{}", path.display());
            std::fs::read_to_string(path).expect("text")
        })
        .collect();
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    assert_eq!(json(&texts[0])["PhoneNumber"], "+919810012345");
    assert!(texts[1].contains("To: <anita@example.in>") && texts[1].contains("application/pdf"), "{}", texts[1]);
    assert_eq!(json(&texts[2])["Event"], "Booked");
}

/// On the runtime's paused clock: nothing of this waits.
#[tokio::test(start_paused = true)]
async fn what_waits_for_another_attempt_is_counted_within_a_minute() {
    let stage = Stage::on(World::in_line().await, told_by(function_alone()), small_train()).await;
    let store = stage.world.store.posting(Post::Nowhere, patience());
    buy(&stage.guest()).await;
    let started = Kiosk::start(store.clone(), stage.kiosk.settings().clone(), stage.clock.clone()).await;
    let _started = started.expect("the catalogue is read");
    for _ in 0..75 {
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let counted = store.metrics().encoded();
    assert!(counted.contains("kiosk_notifications_waiting 1\n"), "{counted}");
    assert!(stage.world.store.due_notifications(ALL, stage.clock.now()).await.expect("it answers").is_empty());
}
