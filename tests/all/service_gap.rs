//! A part of a run's way that is cancelled: what is not sold any more, who gets their money back, and what stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use chrono::TimeDelta;
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::booking::{Booking, BookingStatus, Deed, OpId, Place};
use kiosk::domain::coach::Class;
use kiosk::domain::gap::{NoGap, Stretch};
use kiosk::domain::inventory::Stage as ChartStage;
use kiosk::domain::load::RunLoad;
use kiosk::domain::money::Paise;
use kiosk::domain::overview::Occupancy;
use kiosk::domain::quota::Quota;
use kiosk::domain::refund::Reason;
use kiosk::domain::time::instant;
use kiosk::domain::user::Role;
use kiosk::service::Kiosk;
use kiosk::service::request::{EventFilter, Failure, PartCancellation, PartTrial, Reply, Request};
use tokio::sync::Notify;

use crate::service_delay::{at, delayed, is_clean, sold, state, stored};
use crate::service_delay_trouble::make_unreadable;
use crate::service_kit::{
    Stage, Wish, anything, best, book, booked, cash, hold, leg, new_op, order, release, run, station, terminal, whole,
};

const WHY: &str = "a bridge is closed";

fn asked(op: OpId, (from, to): (u8, u8), based_on: u16) -> Request {
    let part = Stretch { from, to };
    Request::CancelPart(PartCancellation { op, run: run(), part, reason: WHY.to_owned(), based_on })
}

async fn tried(kiosk: &Kiosk, (from, to): (u8, u8)) -> Result<PartTrial, Failure> {
    let part = Stretch { from, to };
    match kiosk.operator_session().call(Request::TryCancelPart { run: run(), part }).await? {
        Reply::PartTried(trial) => Ok(trial),
        other => panic!("a trial was answered with {other:?}"),
    }
}

/// Cancels a part as somebody does who has looked at it.
async fn shortened(kiosk: &Kiosk, part: (u8, u8)) -> Result<(), Failure> {
    let based_on = tried(kiosk, part).await?.based_on;
    let reply = kiosk.operator_session().call(asked(new_op(), part, based_on)).await?;
    assert!(matches!(reply, Reply::Done), "{reply:?}");
    Ok(())
}

/// What is said to whoever wants a part that is not run.
fn not_run(from: &str, to: &str) -> Failure {
    Failure::PartCancelled { from: station(from), to: station(to) }
}

/// Whether everything of a booking was given back, and how often it was said.
fn lost(booking: &Booking) -> (bool, usize) {
    let deeds = booking.history.iter().filter(|change| matches!(change.what, Deed::PartCancelled { .. }));
    let is_whole = booking.status == BookingStatus::Cancelled && booking.kept() == Paise::ZERO;
    (is_whole, deeds.count())
}

async fn is_lost(stage: &Stage, booking: &Booking) -> (bool, usize) {
    lost(&stored(stage, booking).await)
}

#[tokio::test]
async fn whoever_needs_the_part_gets_everything_back_and_the_others_keep_what_they_have() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let (to_the_end, within) = (sold(&tara, 0, 5).await, sold(&tara, 4, 5).await);
    let before = sold(&tara, 0, 3).await;
    let trial = tried(&stage.kiosk, (3, 5)).await.expect("it can be");
    let refunded = to_the_end.fare.total + within.fare.total;
    let (from, to) = (station("BRC"), station("NDLS"));
    assert_eq!(trial, PartTrial { based_on: 0, from, to, bookings: 2, passengers: 2, refunded, unreadable: 0 });
    assert_eq!(stored(&stage, &within).await, *within, "nothing is changed by looking");
    shortened(&stage.kiosk, (3, 5)).await.expect("it can be");

    for booking in [&to_the_end, &within] {
        let after = stored(&stage, booking).await;
        assert_eq!(lost(&after), (true, 1));
        let told = Deed::PartCancelled { from, to, reason: WHY.to_owned() };
        assert_eq!(after.history.last().map(|change| &change.what), Some(&told));
        assert_eq!(after.refunds[0].quote.reason, Reason::PartCancelled);
    }
    assert_eq!(stored(&stage, &before).await, *before);
    assert_eq!(state(&stage).await.stage, ChartStage::Open);
    is_clean(&stage).await;
}

#[tokio::test]
async fn nothing_that_needs_the_part_is_sold_and_all_else_is() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    anything().buy(&agent, 1).await.expect("there is something");
    shortened(&stage.kiosk, (3, 5)).await.expect("it can be");
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    for kiosk in [&stage.kiosk, &other] {
        let guest = kiosk.open_session(terminal("HALL-1"));
        for needs in [leg(0, 5), leg(2, 4), leg(4, 5)] {
            let unreserved = Wish { class: Class::Unreserved, leg: needs, ..anything() };
            assert_eq!(Wish { leg: needs, ..anything() }.hold(&guest, 1).await, Err(not_run("BRC", "NDLS")));
            assert_eq!(unreserved.hold(&guest, 1).await, Err(not_run("BRC", "NDLS")));
        }
    }
    for served in [leg(0, 3), leg(1, 2)] {
        Wish { leg: served, ..anything() }.buy(&agent, 2).await.expect("it is run");
        Wish { leg: served, class: Class::Unreserved, ..anything() }.buy(&agent, 1).await.expect("it is run");
    }
    is_clean(&stage).await;
}

#[tokio::test]
async fn searches_and_boards_know_it_in_every_process() {
    let stage = Stage::new().await;
    sold(&stage.guest(), 0, 3).await;
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    shortened(&stage.kiosk, (3, 5)).await.expect("it can be");
    stage.advance(TimeDelta::seconds(6));
    other.poll_once().await;
    for kiosk in [&stage.kiosk, &other, &stage.other_kiosk(stage.world.store.clone()).await] {
        let session = kiosk.open_session(terminal("HALL-1"));
        let found = async |request: Request| {
            let Ok(Reply::Offers(offers)) = session.call(request).await else { panic!("an answer") };
            let own = offers.into_iter().map(|offer| offer.journey).find(|journey| journey.run == run());
            own.map(|journey| journey.to.station)
        };
        let search = |from: &[&str], to: &[&str]| Request::Search {
            from: from.iter().map(|code| station(code)).collect(),
            to: to.iter().map(|code| station(code)).collect(),
            date: run().date,
            quota: Quota::General,
        };
        assert_eq!(found(search(&["MMCT"], &["NDLS"])).await, None);
        assert_eq!(found(search(&["MMCT"], &["BRC"])).await, Some(station("BRC")));
        // Whoever names both is shown the one to which it goes.
        assert_eq!(found(search(&["MMCT"], &["BRC", "NDLS"])).await, Some(station("BRC")));
        let board = |code: &str| Request::Departures { station: station(code), limit: 50 };
        assert_eq!(found(board("MMCT")).await, Some(station("BRC")), "it ends there");
        assert_eq!(found(board("BRC")).await, None, "it goes no farther");
    }
}

#[tokio::test]
async fn what_was_held_before_is_not_sold_after_by_a_process_that_does_not_know() {
    let stage = Stage::mixed().await;
    let guest = stage.guest();
    let (lost_by, kept_by) = (stage.guest(), stage.guest());
    let lost = order(&lost_by, &anything().hold(&lost_by, 1).await.expect("free")).await;
    let unreserved = Wish { class: Class::Unreserved, ..anything() };
    let nowhere = order(&guest, &unreserved.hold(&guest, 1).await.expect("sold")).await;
    let kept = Wish { leg: leg(0, 3), ..anything() }.hold(&kept_by, 1).await.expect("free");
    let kept = order(&kept_by, &kept).await;
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    shortened(&other, (3, 5)).await.expect("it can be");
    let reserve = Request::Reserve { op: new_op(), order: lost.clone() };
    assert_eq!(booked(lost_by.call(reserve).await), Err(not_run("BRC", "NDLS")));
    assert_eq!(book(&guest, &nowhere).await, Err(not_run("BRC", "NDLS")));
    book(&kept_by, &kept).await.expect("all that is held is run");
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_process_that_does_not_know_sells_no_berth_of_the_part_from_what_it_remembers() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let mut watch = stage.kiosk.watch(run(), kiosk::service::Attention::Focus);
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    release(&guest, &held).await;
    stage.kiosk.poll_once().await;
    watch.changed().await.expect("it is read");
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    shortened(&other, (3, 5)).await.expect("it can be");
    assert_eq!(hold(&guest, whole(), best(1)).await, Err(not_run("BRC", "NDLS")));
    hold(&guest, leg(0, 3), best(1)).await.expect("it is run");
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_slip_for_the_part_is_not_paid_any_more_and_one_for_the_rest_is() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let slip = async |way| {
        let held = hold(&guest, way, best(1)).await.expect("free");
        let order = order(&guest, &held).await;
        booked(guest.call(Request::Reserve { op: new_op(), order }).await).expect("reserved")
    };
    let (lost, kept) = (slip(whole()).await, slip(leg(0, 3)).await);
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    shortened(&other, (3, 5)).await.expect("it can be");
    let agent = stage.agent().await;
    let pay = |slip: &Booking| Request::PaySlip { op: new_op(), pnr: slip.pnr, payment: cash() };
    assert_eq!(booked(agent.call(pay(&lost)).await), Err(not_run("BRC", "NDLS")));
    assert_eq!(booked(agent.call(Request::Slip { pnr: lost.pnr }).await), Err(not_run("BRC", "NDLS")));
    booked(agent.call(pay(&kept)).await).expect("all that it keeps is run");
    stage.advance(TimeDelta::hours(1));
    stage.kiosk.work_once().await;
    assert_eq!(stored(&stage, &lost).await.status, BookingStatus::Lapsed);
    is_clean(&stage).await;
}

#[tokio::test]
async fn whoever_waits_for_the_part_gets_everything_back_and_others_get_what_becomes_free() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    let mut all = Vec::new();
    for _ in 0..15 {
        all.push(anything().buy(&agent, 1).await.expect("there is something"));
    }
    let waits = anything().buy(&agent, 1).await.expect("a place on the list");
    assert!(matches!(waits.passengers[0].place, Place::Waiting { .. }), "{:?}", waits.passengers);
    let patient = Wish { leg: leg(0, 3), ..anything() }.buy(&agent, 1).await.expect("a place on the list");
    assert!(matches!(patient.passengers[0].place, Place::Waiting { .. }), "{:?}", patient.passengers);
    shortened(&stage.kiosk, (3, 5)).await.expect("it can be");
    stage.kiosk.settle().await;
    for booking in all.iter().chain([&waits]) {
        assert_eq!(is_lost(&stage, booking).await, (true, 1));
    }
    let patient = stored(&stage, &patient).await;
    assert!(matches!(patient.passengers[0].place, Place::Berth(_)), "{:?}", patient.passengers);
    let state = state(&stage).await;
    assert!(state.queues.values().all(kiosk::domain::waitlist::QueueHead::is_empty), "{:?}", state.queues);
    is_clean(&stage).await;
}

#[tokio::test]
async fn whoever_boards_where_the_run_begins_travels_all_the_same() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let (boards_later, from_the_first) = (sold(&tara, 0, 5).await, sold(&tara, 0, 5).await);
    let move_to = Request::ChangeBoarding { op: new_op(), pnr: boards_later.pnr, station: station("BRC") };
    booked(tara.call(move_to).await).expect("she may");
    assert_eq!(tried(&stage.kiosk, (0, 3)).await.expect("it can be").bookings, 1);
    shortened(&stage.kiosk, (0, 3)).await.expect("it can be");
    assert_eq!(is_lost(&stage, &boards_later).await, (false, 0));
    assert_eq!(is_lost(&stage, &from_the_first).await, (true, 1));
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_part_that_is_cancelled_twice_is_cancelled_once() {
    let stage = Stage::new().await;
    let booking = sold(&stage.guest(), 0, 5).await;
    let (op, office) = (new_op(), stage.kiosk.operator_session());
    for _ in 0..2 {
        assert!(matches!(office.call(asked(op, (4, 5), 0)).await, Ok(Reply::Done)));
    }
    shortened(&stage.kiosk, (3, 4)).await.expect("more of it");
    assert!(matches!(office.call(asked(op, (4, 5), 0)).await, Ok(Reply::Done)));
    assert_eq!((state(&stage).await.gaps.count(), is_lost(&stage, &booking).await), (2, (true, 1)));
    stage.kiosk.settle().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let all =
        Request::Events { day: "2026-12-01".parse().expect("a day"), filter: EventFilter::default(), after: None };
    let Ok(Reply::Events { page, .. }) = adam.call(all).await else { panic!("they may be seen") };
    let mut notes: Vec<_> = page
        .iter()
        .filter(|line| line.event.action == "run.cancel-part")
        .filter_map(|line| line.event.note.clone())
        .collect();
    notes.sort_unstable();
    assert_eq!(notes, ["BRC to KOTA: a bridge is closed", "KOTA to NDLS: a bridge is closed"]);
    assert!(page.iter().any(|line| line.event.action == "booking.part-cancelled"));
}

#[tokio::test]
async fn of_two_who_cancel_parts_at_once_the_second_looks_again() {
    let stage = Stage::new().await;
    sold(&stage.guest(), 0, 5).await;
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    let (one, two) = (stage.kiosk.operator_session(), other.operator_session());
    let (first, second) = tokio::join!(one.call(asked(new_op(), (4, 5), 0)), two.call(asked(new_op(), (0, 1), 0)));
    let refused = |reply: &Result<Reply, Failure>| matches!(reply, Err(Failure::RunChanged));
    assert_eq!(u8::from(refused(&first)) + u8::from(refused(&second)), 1, "{first:?} {second:?}");
    assert_eq!(state(&stage).await.gaps.count(), 1);
}

#[tokio::test]
async fn what_is_refused_says_why_and_changes_nothing() {
    let stage = Stage::new().await;
    sold(&stage.guest(), 0, 5).await;
    let office = stage.kiosk.operator_session();
    for (part, why) in [((0, 5), NoGap::Whole), ((1, 3), NoGap::Middle), ((3, 9), NoGap::NoSuchHalt)] {
        assert_eq!(tried(&stage.kiosk, part).await, Err(Failure::NoGap(why)));
        assert!(matches!(office.call(asked(new_op(), part, 0)).await, Err(Failure::NoGap(_))));
    }
    assert!(state(&stage).await.gaps.is_empty());
    office.call(Request::CancelRun { run: run() }).await.expect("it is cancelled");
    assert!(matches!(office.call(asked(new_op(), (3, 5), 0)).await, Err(Failure::TrainCancelled)));
    assert_eq!(tried(&stage.kiosk, (3, 5)).await, Err(Failure::TrainCancelled));
}

#[tokio::test]
async fn what_a_process_that_died_began_another_goes_on_with_and_refunds_nobody_twice() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(sold(&tara, 0, 5).await);
    }
    // The part is cancelled, two bookings are refunded, and then the process is gone.
    let refunded = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&refunded);
    let dying = stage.world.with_faults(move |call: &Call| {
        let writes = call.operation == "TransactWriteItems";
        (writes && count.fetch_add(1, Ordering::SeqCst) >= 2).then_some(Fault::LoseRequest)
    });
    let dying = stage.other_kiosk(dying).await;
    let reply = dying.operator_session().call(asked(new_op(), (3, 5), 0)).await;
    assert!(matches!(reply, Ok(Reply::Done)), "it is cancelled, and the rest stays due: {reply:?}");
    let done = async || {
        let mut done = 0;
        for booking in &all {
            let (is_whole, told) = is_lost(&stage, booking).await;
            assert_eq!(usize::from(is_whole), told);
            done += told;
        }
        done
    };
    assert_eq!(done().await, 2);
    // Whoever is left gives up for nothing all the same.
    let mut left = None;
    for booking in &all {
        if is_lost(&stage, booking).await == (false, 0) {
            left = Some(booking);
        }
    }
    let left = left.expect("two are left");
    let quote = tara.call(Request::QuoteCancel { pnr: left.pnr, passengers: vec![0], waiver: None }).await;
    let Ok(Reply::Quote(quote)) = quote else { panic!("{quote:?}") };
    assert_eq!((quote.reason, quote.kept), (Reason::PartCancelled, Paise::ZERO));
    for _ in 0..2 {
        stage.advance(TimeDelta::minutes(2));
        stage.kiosk.work_once().await;
        assert_eq!(done().await, 4);
    }
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_sale_on_its_way_while_the_part_is_cancelled_is_refused_or_refunded() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let order = order(&guest, &held).await;
    let (meeting, arrived, armed) = (Meeting::of(2), Arc::new(Notify::new()), AtomicBool::new(true));
    let (on, signal) = (meeting.clone(), Arc::clone(&arrived));
    // The first coach is about to be closed when the sale comes.
    let slow = stage.world.with_faults(move |call: &Call| {
        let waits = call.operation == "UpdateItem" && call.nth == 4 && armed.swap(false, Ordering::SeqCst);
        waits.then(|| {
            signal.notify_one();
            Fault::Meet(on.clone())
        })
    });
    let slow = stage.other_kiosk(slow).await.operator_session();
    let sells = async {
        arrived.notified().await;
        let sold = book(&guest, &order).await;
        meeting.come().await;
        sold
    };
    let (reply, sold) = tokio::join!(slow.call(asked(new_op(), (3, 5), 0)), sells);
    assert!(matches!(reply, Ok(Reply::Done)), "{reply:?}");
    match sold {
        // Its coach was not closed yet.
        Ok(sold) => assert_eq!(is_lost(&stage, &sold).await, (true, 1)),
        Err(failure) => assert_eq!(failure, not_run("BRC", "NDLS")),
    }
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_late_run_is_shortened_and_charted_all_the_same() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let (lost, kept) = (sold(&tara, 0, 5).await, sold(&tara, 0, 3).await);
    delayed(&stage.kiosk, (0, 60)).await.expect("it can be");
    shortened(&stage.kiosk, (3, 5)).await.expect("it can be");
    delayed(&stage.kiosk, (0, 90)).await.expect("it can be");
    assert_eq!(is_lost(&stage, &lost).await, (true, 1));
    assert_eq!(stored(&stage, &kept).await.from.at, at("2026-12-05T18:30:00"));
    stage.clock.set(instant(at("2026-12-05T16:45:00")));
    stage.kiosk.work_once().await;
    assert_eq!(state(&stage).await.stage, ChartStage::FinalChart);
    is_clean(&stage).await;
}

/// One booking that cannot be read, and one line of the manifest, keep nobody else from their money.
#[tokio::test]
async fn what_cannot_be_read_keeps_nobody_else_from_their_money() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let (unread, other, unlisted) = (sold(&tara, 0, 5).await, sold(&tara, 0, 5).await, sold(&tara, 0, 5).await);
    let (run_of, line) = (unlisted.run.to_string(), format!("P#{}", unlisted.pnr));
    make_unreadable(&stage, &stage.world.names.runs(), &[("RunID", run_of), ("Item", line)]).await;
    make_unreadable(&stage, &stage.world.names.bookings, &[("BookingID", unread.pnr.to_string())]).await;
    let trial = tried(&stage.kiosk, (3, 5)).await.expect("the others can be read");
    assert_eq!((trial.bookings, trial.unreadable), (2, 1));
    shortened(&stage.kiosk, (3, 5)).await.expect("it can be");
    assert_eq!((is_lost(&stage, &other).await, is_lost(&stage, &unlisted).await), ((true, 1), (true, 1)));
}

/// A run that ends early is as full as what is left of it.
#[tokio::test]
async fn what_is_not_run_is_neither_offered_nor_sold_out() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    hold(&agent, leg(0, 2), best(3)).await.expect("free");
    shortened(&stage.kiosk, (2, 5)).await.expect("it can be");
    let (state, now) = (state(&stage).await, stage.kiosk.now());
    let occupancy = Occupancy::of(&state, now);
    assert_eq!(occupancy, Occupancy { taken: 6, of: 32, sold_out: false }, "16 berths on 2 segments");
    let load = RunLoad::of(&state, now);
    let (taken, offered): (Vec<_>, Vec<_>) = load.classes.iter().map(|class| (class.taken, class.offered)).unzip();
    assert_eq!((taken.iter().sum::<u32>(), offered.iter().sum::<u32>()), (12, 64), "in halves");
}
