//! The timetable for administrators: changes from a date on, trains that end, their runs, and berths that are off sale.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::NaiveDate;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::coach::{Class, CoachId};
use kiosk::domain::edition::{NotPublished, Start};
use kiosk::domain::time::railway_time;
use kiosk::domain::train::{RunId, Train, TrainDraft, TrainNumber};
use kiosk::domain::user::Role;
use kiosk::service::Session;
use kiosk::service::request::{
    Blocked, Choice, Cursor, Failure, OnBoard, Reply, Request, RunRow, TrainRecord, TrainRow,
};
use kiosk::store::trains::Listing;

use crate::service_kit::{
    PASSWORD, Stage, berth, best, book, hold, hold_as, hold_request, left, new_hold, new_op, order, run, sign_in,
    small_train, station, terminal, whole,
};
use crate::world::{express, stations};

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// The small train under another name, a version that counts for nothing, and one coach of 2A.
fn changed(name: &str) -> Train {
    let draft = TrainDraft::from(small_train());
    let coaches = draft.coaches.iter().filter(|coach| coach.id() != berth("A2", 1).coach).copied().collect();
    Train::new(TrainDraft { name: name.to_owned(), coaches, ..draft }).expect("in order")
}

fn record(reply: Result<Reply, Failure>) -> Result<TrainRecord, Failure> {
    match reply? {
        Reply::Train(record) => Ok(*record),
        other => panic!("a train was answered with {other:?}"),
    }
}

async fn publish(session: &Session, train: Train, based_on: u32, from: &str) -> Result<TrainRecord, Failure> {
    let (train, from) = (Box::new(train), date(from));
    record(session.call(Request::PublishTrain { train, based_on, from }).await)
}

async fn retire(session: &Session, from: Option<&str>) -> Result<TrainRecord, Failure> {
    record(session.call(Request::RetireTrain { train: run().train, from: from.map(date) }).await)
}

async fn runs(session: &Session, from: &str) -> Vec<RunRow> {
    match session.call(Request::Runs { train: run().train, from: date(from) }).await {
        Ok(Reply::Runs(runs)) => runs,
        other => panic!("{other:?}"),
    }
}

async fn page(session: &Session, wanted: &str, after: Option<Cursor>) -> (Vec<TrainRow>, Option<Cursor>) {
    match session.call(Request::Trains { wanted: wanted.to_owned(), after }).await {
        Ok(Reply::Trains { page, next }) => (page, next),
        other => panic!("{other:?}"),
    }
}

/// A hold of berths of 2A on a date's run.
fn hold_on(on: &str, party: usize) -> Request {
    match hold_request(new_hold(), whole(), Class::SecondAc, best(party)) {
        Request::Hold { hold, run, leg, class, quota, choice, accept } => {
            let run = RunId { date: date(on), ..run };
            Request::Hold { hold, run, leg, class, quota, choice, accept }
        }
        other => other,
    }
}

/// What was recorded today: action and note.
async fn recorded(stage: &Stage, action: &str) -> Vec<String> {
    stage.kiosk.settle().await;
    let events = stage.world.store.events_of(railway_time(stage.kiosk.now()).date()).await.expect("it answers");
    let own = events.into_iter().filter(|event| event.action == action);
    own.map(|event| {
        assert!(event.account.is_some(), "who did it is known");
        event.note.unwrap_or_default()
    })
    .collect()
}

#[tokio::test]
async fn a_change_leaves_earlier_runs_and_sold_ones_as_they_are() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let agent = stage.agent().await;
    // Sold by the first version, after the date of the change.
    agent.call(hold_on("2026-12-12", 1)).await.expect("free");
    let record = publish(&admin, changed("Winter Rajdhani"), 1, "2026-12-10").await.expect("it can be published");
    assert_eq!(record.sold, [(date("2026-12-12"), 1)].into());
    assert_eq!(record.editions.latest_version(), 2);

    let runs = runs(&admin, "2026-12-09").await;
    let shown = |on: &str| runs.iter().find(|row| row.run.date == date(on)).map(|row| (row.version, row.is_sold));
    assert_eq!(shown("2026-12-09"), Some((1, false)));
    assert_eq!(shown("2026-12-10"), Some((2, false)));
    assert_eq!(shown("2026-12-12"), Some((1, true)), "it keeps what it was sold by");

    // Another process as well, once it has looked.
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    for kiosk in [&stage.kiosk, &other] {
        let names = ["2026-12-09", "2026-12-10"].map(|on| {
            kiosk.timetable().train_on(run().train, date(on)).map(|train| train.name().to_owned()).expect("it runs")
        });
        assert_eq!(names, ["Mumbai Rajdhani", "Winter Rajdhani"]);
    }
    // The first version has eight berths of 2A, the second four.
    for (on, party, fits) in
        [("2026-12-09", 5, true), ("2026-12-11", 5, false), ("2026-12-11", 4, true), ("2026-12-12", 5, true)]
    {
        let held = agent.call(hold_on(on, party)).await.map(drop);
        assert_eq!(held.is_ok(), fits, "{party} on {on}: {held:?}");
    }
    let note = recorded(&stage, "train.publish").await;
    assert_eq!(
        note,
        ["2 from 2026-12-10: name from Mumbai Rajdhani to Winter Rajdhani; coaches from A1-A2=4 B1=8 to A1=4 B1=8"]
    );
}

#[tokio::test]
async fn what_somebody_else_has_changed_meanwhile_is_not_overwritten() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    publish(&admin, changed("Winter Rajdhani"), 1, "2026-12-10").await.expect("the first");
    let second = publish(&admin, changed("Fog Rajdhani"), 1, "2026-12-10").await;
    assert_eq!(second, Err(Failure::TrainChanged));
    let again = publish(&admin, changed("Winter Rajdhani"), 1, "2026-12-10").await.expect("a repeat is no change");
    assert_eq!(again.editions.latest_version(), 2);
    assert_eq!(recorded(&stage, "train.publish").await.len(), 1, "and is recorded once");
}

#[tokio::test]
async fn what_cannot_be_published_says_why() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let today = date("2026-12-01");
    let past = publish(&admin, changed("New"), 1, "2026-11-30").await;
    assert_eq!(past, Err(Failure::NotPublished(NotPublished::Past { today })));
    let mut draft = TrainDraft::from(small_train());
    draft.halts[2].station = station("XYZ");
    let nowhere = publish(&admin, Train::new(draft).expect("in order"), 1, "2026-12-10").await;
    assert_eq!(nowhere, Err(Failure::NoSuchStation(station("XYZ"))));
    let nobody = TrainNumber::parse("99999").expect("a number");
    assert_eq!(record(admin.call(Request::Train { train: nobody }).await), Err(Failure::NoSuchTrain(nobody)));
}

#[tokio::test]
async fn a_train_that_ends_before_it_begins_is_listed_and_not_sold() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let agent = stage.agent().await;
    let number = TrainNumber::parse("12999").expect("a number");
    let draft = TrainDraft { number, ..TrainDraft::from(small_train()) };
    publish(&admin, Train::new(draft).expect("in order"), 0, "2026-12-10").await.expect("it is new");
    let ask = || match hold_on("2026-12-12", 1) {
        Request::Hold { hold, run, leg, class, quota, choice, accept } => {
            let run = RunId { train: number, ..run };
            Request::Hold { hold, run, leg, class, quota, choice, accept }
        }
        other => other,
    };
    // Held once, so that the run is pinned.
    agent.call(ask()).await.expect("free");
    let ended = |from: Option<&str>| Request::RetireTrain { train: number, from: from.map(date) };
    record(admin.call(ended(Some("2026-12-10"))).await).expect("it is there");
    assert_eq!(agent.call(ask()).await.map(drop), Err(Failure::NoSuchRun), "whoever has it on the screen is told");
    let (listed, _) = page(&admin, "12999", None).await;
    assert_eq!(listed.iter().map(|row| row.retired_from).collect::<Vec<_>>(), [Some(date("2026-12-10"))]);
    record(admin.call(ended(None)).await).expect("and the end is taken back");
    agent.call(ask()).await.expect("it runs again");
}

#[tokio::test]
async fn a_new_train_runs_from_its_first_date_on() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let record = publish(&admin, express(), 0, "2026-12-10").await.expect("nobody has the number");
    assert_eq!(record.editions.latest_version(), 1);
    let on = |on: &str| stage.kiosk.timetable().train_on(express().number(), date(on)).is_some();
    assert!(!on("2026-12-09") && on("2026-12-10"));
    let (trains, _) = page(&admin, "express", None).await;
    assert_eq!(trains.len(), 1);
    assert_eq!((trains[0].begins_on, trains[0].changes_on), (Some(date("2026-12-10")), None));
}

#[tokio::test]
async fn nothing_is_sold_of_a_train_after_its_end_and_what_was_sold_stays() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let agent = stage.agent().await;
    agent.call(hold_on("2026-12-12", 1)).await.expect("free");
    let record = retire(&admin, Some("2026-12-10")).await.expect("it is there");
    assert_eq!(record.editions.retired_from(), Some(date("2026-12-10")));
    assert_eq!(record.sold.keys().copied().collect::<Vec<_>>(), [date("2026-12-12")], "for them to be cancelled");
    agent.call(hold_on("2026-12-09", 1)).await.expect("it still runs then");
    for on in ["2026-12-10", "2026-12-12"] {
        let refused = agent.call(hold_on(on, 1)).await.map(drop);
        assert_eq!(refused, Err(Failure::NoSuchRun), "{on}");
    }
    let after: Vec<_> = runs(&admin, "2026-12-10").await.iter().map(|row| row.run.date).collect();
    assert_eq!(after, [date("2026-12-12")], "a sold run is there until it is cancelled");
    let published = publish(&admin, changed("New"), 1, "2026-12-15").await;
    let ended = NotPublished::Retired { train: run().train, from: date("2026-12-10") };
    assert_eq!(published, Err(Failure::NotPublished(ended)));
    let (trains, _) = page(&admin, "", None).await;
    assert_eq!(trains[0].retired_from, Some(date("2026-12-10")));

    retire(&admin, None).await.expect("it can be taken back");
    agent.call(hold_on("2026-12-10", 1)).await.expect("it runs again");
    assert_eq!(recorded(&stage, "train.retire").await.len(), 2);
}

#[tokio::test]
async fn trains_are_found_by_number_name_and_station_page_by_page() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let numbered = |number: u32| {
        let number = TrainNumber::parse(&number.to_string()).expect("a number");
        let name = format!("Test {number}");
        let train = Train::new(TrainDraft { number, name, ..TrainDraft::from(express()) }).expect("in order");
        Listing { train, fares: std::collections::BTreeMap::new() }
    };
    let many: Vec<_> = (20_001..=20_120).map(numbered).collect();
    let start = Start::at_once(date("2026-12-01"));
    stage.world.store.publish(&stations(), &many, start, |_, _| {}).await.expect("they can be published");
    stage.advance(chrono::TimeDelta::minutes(1));
    stage.kiosk.poll_once().await;

    let (mut found, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let (page, next) = page(&admin, "", after).await;
        found.extend(page.into_iter().map(|row| row.number.to_string()));
        pages += 1;
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((found.len(), pages), (121, 3));
    assert!(found.is_sorted());
    for (wanted, count) in
        [("20", 120), ("200", 99), ("2000", 9), ("rajdhani", 1), ("RAJ mmct", 1), ("kota", 1), ("brc 129", 1), ("x", 0)]
    {
        let mut rows = Vec::new();
        let mut next = None;
        loop {
            let (found, after) = page(&admin, wanted, next).await;
            rows.extend(found);
            next = after;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(rows.len(), count, "{wanted}");
    }
}

fn block(on: RunId, berths: &[u8], reason: Option<&str>) -> Request {
    block_in(on, &[("A1", berths)], reason)
}

fn block_in(on: RunId, berths: &[(&str, &[u8])], reason: Option<&str>) -> Request {
    let berths = berths.iter().map(|(id, numbers)| (coach(id), numbers.iter().copied().collect()));
    Request::BlockBerths { run: on, berths: berths.collect(), reason: reason.map(str::to_owned) }
}

fn coach(id: &str) -> CoachId {
    CoachId::parse(id).expect("a coach")
}

fn blocked(reply: Result<Reply, Failure>) -> Blocked {
    match reply {
        Ok(Reply::Blocked(blocked)) => blocked,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_blocked_berth_is_not_sold_until_it_is_unblocked() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let agent = stage.agent().await;
    // Its process has seen the run before, all of it free.
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    let elsewhere = other.open_session(terminal("HALL-3"));
    hold(&elsewhere, whole(), Choice::Berths(vec![berth("A2", 4)])).await.expect("free");
    assert_eq!(left(&stage, whole()).await, 7);
    for _ in 0..2 {
        admin.call(block(run(), &[1, 3], Some(" window broken "))).await.expect("it is no one's");
    }
    assert_eq!(left(&stage, whole()).await, 5);
    for session in [&agent, &elsewhere] {
        let refused = hold(session, whole(), Choice::Berths(vec![berth("A1", 3)])).await;
        assert!(matches!(refused, Err(Failure::BerthTaken { .. })), "{refused:?}");
    }
    let others = hold(&agent, whole(), best(5)).await.expect("five are left");
    assert!(others.berths().iter().all(|held| *held != berth("A1", 1) && *held != berth("A1", 3)), "{others:?}");
    admin.call(block(run(), &[3], None)).await.expect("it is blocked");
    hold(&elsewhere, whole(), Choice::Berths(vec![berth("A1", 3)])).await.expect("on sale again");
    assert_eq!(left(&stage, whole()).await, 0, "the other is still off sale");
    let notes = recorded(&stage, "run.block").await;
    assert_eq!(notes[0], "A1 1,3: window broken");
    assert_eq!(recorded(&stage, "run.unblock").await, ["A1 3"]);
}

#[tokio::test]
async fn a_block_needs_a_reason_and_berths_that_are_there() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    for reason in ["", "  ", "a\u{202e}b", &"long".repeat(20)] {
        let refused = admin.call(block(run(), &[1], Some(reason))).await.map(drop);
        assert_eq!(refused, Err(Failure::BadReason), "{reason:?}");
    }
    for berths in [&[][..], &[0], &[5], &[1, 99]] {
        let refused = admin.call(block(run(), berths, Some("broken"))).await.map(drop);
        assert_eq!(refused, Err(Failure::NoSuchBerth), "{berths:?}");
    }
    let nowhere = admin.call(block("99999#2026-12-05".parse().expect("a run"), &[1], Some("broken"))).await.map(drop);
    assert_eq!(nowhere, Err(Failure::NoSuchRun));
}

#[tokio::test]
async fn berths_of_several_coaches_are_blocked_at_once_and_who_has_one_keeps_it() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    let agent = stage.agent().await;
    let sold = hold(&agent, whole(), Choice::Berths(vec![berth("A2", 4)])).await.expect("free");
    let ordered = order(&agent, &sold).await;
    book(&agent, &ordered).await.expect("it can be booked");
    let wide = [("A1", &[1, 2, 3][..]), ("A2", &[1, 4][..])];
    let done = blocked(admin.call(block_in(run(), &wide, Some("no water"))).await);
    let asked = wide.map(|(id, numbers)| (coach(id), numbers.iter().copied().collect()));
    assert_eq!(done, Blocked { done: asked.into(), left: Vec::new(), sold: vec![berth("A2", 4)] });
    assert_eq!(left(&stage, whole()).await, 3, "A1-4, A2-2 and A2-3");
    assert_eq!(recorded(&stage, "run.block").await, ["A1 1-3 A2 1,4: no water"]);
    let unknown = [("A1", &[4][..]), ("A2", &[9][..])];
    let refused = admin.call(block_in(run(), &unknown, Some("no water"))).await.map(drop);
    assert_eq!(refused, Err(Failure::NoSuchBerth));
    assert_eq!(left(&stage, whole()).await, 3, "nothing is done where one of them is not of the run");
    blocked(admin.call(block_in(run(), &wide, None)).await);
    assert_eq!(left(&stage, whole()).await, 7, "the eighth is sold");
}

#[tokio::test]
async fn a_coach_that_cannot_be_written_is_named_and_the_others_are_blocked() {
    let stage = Stage::new().await;
    stage.account("ada", Role::Administrator).await;
    // The run is settled before, so that the first two updates are those of the coaches; the second does not get through.
    let agent = stage.agent().await;
    hold(&agent, whole(), Choice::Berths(vec![berth("A1", 4)])).await.expect("free");
    let updates = Arc::new(AtomicU32::new(u32::MAX));
    let counted = Arc::clone(&updates);
    let broken = stage.world.with_faults(move |call: &Call| {
        let is_update = call.operation == "UpdateItem" && counted.load(Ordering::SeqCst) != u32::MAX;
        let is_second = is_update && counted.fetch_add(1, Ordering::SeqCst) == 1;
        is_second.then(|| Fault::Answer(400, "AccessDeniedException".to_owned()))
    });
    let other = stage.other_kiosk(broken).await;
    let admin = other.open_session(terminal("OFFICE-1"));
    sign_in(&admin, "ada", PASSWORD).await.expect("an account");
    other.settle().await;
    updates.store(0, Ordering::SeqCst);
    let wide = [("A1", &[1][..]), ("A2", &[1][..])];
    let done = blocked(admin.call(block_in(run(), &wide, Some("no water"))).await);
    assert_eq!(done.done, [(coach("A1"), [1].into())].into());
    assert_eq!(done.left.iter().map(|(coach, _)| *coach).collect::<Vec<_>>(), [coach("A2")]);
    let refused = hold(&agent, whole(), Choice::Berths(vec![berth("A1", 1)])).await;
    assert!(matches!(refused, Err(Failure::BerthTaken { .. })), "{refused:?}");
    hold(&agent, whole(), Choice::Berths(vec![berth("A2", 1)])).await.expect("still on sale");
}

/// A page of who travels, in words.
async fn people(session: &Session, after: Option<Cursor>) -> (Vec<String>, Option<Cursor>) {
    match session.call(Request::Manifest { run: run(), after }).await {
        Ok(Reply::Manifest { page, next }) => {
            let row = |one: &OnBoard| format!("{} {} {}-{}", one.place, one.passenger.name, one.from, one.to);
            (page.iter().map(row).collect(), next)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_travels_is_listed_coach_by_coach_and_those_without_a_berth_last() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    assert_eq!(people(&agent, None).await, (Vec::new(), None), "nothing is sold");
    let mut later = None;
    // The cheaper coach is behind the other, and unreserved tickets have no berth.
    for class in [Class::Unreserved, Class::Sleeper, Class::ThirdAc] {
        let held = hold_as(&agent, new_hold(), whole(), class, best(2)).await.expect("free");
        let ordered = order(&agent, &held).await;
        later = Some(book(&agent, &ordered).await.expect("it can be booked"));
    }
    let later = later.expect("the last is the first of the list");
    // A slip that nobody has paid travels nowhere.
    let held = hold_as(&agent, new_hold(), whole(), Class::Sleeper, best(1)).await.expect("free");
    let reserve = Request::Reserve { op: new_op(), order: order(&agent, &held).await };
    agent.call(reserve).await.expect("a slip");

    let (mut places, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = people(&agent, after).await;
        let place = |row: &String| row.split('/').take(2).collect::<Vec<_>>().join("/");
        places.push(page.iter().map(place).collect::<Vec<_>>());
        after = next;
        if after.is_none() {
            break;
        }
    }
    let moved = Request::ChangeBoarding { op: new_op(), pnr: later.pnr, station: station("BVI") };
    agent.call(moved).await.expect("a day before");
    let (page, _) = people(&agent, None).await;
    assert!(page.len() == 2 && page.iter().all(|row| row.contains(" BVI-")), "they board later: {page:?}");
    assert_eq!(places[..2], [["CNF/B1", "CNF/B1"], ["CNF/S1", "CNF/S1"]]);
    assert_eq!(places.len(), 3);
    assert!(places[2].len() == 2 && places[2].iter().all(|row| row.starts_with("UR ")), "{places:?}");
}
