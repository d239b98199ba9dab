//! A run whose times are changed: who is told, who gets everything back, and what goes by the new times.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{NaiveDateTime, TimeDelta};
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::booking::{Booking, BookingStatus, Deed, OpId, Place};
use kiosk::domain::coach::Class;
use kiosk::domain::delay::{NewTimes, NotDelayed};
use kiosk::domain::inventory::{RunState, Stage as ChartStage};
use kiosk::domain::journeys::JourneyFilter;
use kiosk::domain::money::Paise;
use kiosk::domain::quota::Quota;
use kiosk::domain::refund::{NotRefundable, Quote, Reason};
use kiosk::domain::time::instant;
use kiosk::domain::user::Role;
use kiosk::service::request::{BookingSearch, DelayTrial, EventFilter, Failure, Offer, Reply, Request, RunDelay};
use kiosk::service::{Attention, AuditScope, Depth, Kiosk, Session};

use crate::service_kit::{
    Stage, Wish, anything, best, book, booked, cash, current, hold, leg, new_op, order, run, small_train, station,
    whole,
};

/// From which halt on, and how many minutes after the timetable.
type Times = (u8, u16);

pub async fn sold(session: &Session, from: u8, to: u8) -> Arc<Booking> {
    let held = hold(session, leg(from, to), best(1)).await.expect("berths are free");
    book(session, &order(session, &held).await).await.expect("it is booked")
}

pub async fn stored(stage: &Stage, booking: &Booking) -> Booking {
    stage.world.store.booking(booking.pnr).await.expect("it answers").expect("it is there")
}

pub async fn state(stage: &Stage) -> RunState {
    let train = Arc::new(small_train());
    stage.world.store.run(run(), current(&train)).await.expect("it answers").expect("it runs").state
}

pub fn asked(op: OpId, (from, minutes): Times, based_on: u16) -> Request {
    Request::DelayRun(RunDelay {
        op,
        run: run(),
        new: NewTimes { from, minutes },
        reason: "fog at Surat".to_owned(),
        based_on,
    })
}

pub async fn tried(kiosk: &Kiosk, (from, minutes): Times) -> Result<DelayTrial, Failure> {
    match kiosk.operator_session().call(Request::TryDelay { run: run(), new: NewTimes { from, minutes } }).await? {
        Reply::DelayTried(trial) => Ok(trial),
        other => panic!("a trial was answered with {other:?}"),
    }
}

/// Changes the times as somebody does who has looked at them.
pub async fn delayed(kiosk: &Kiosk, times: Times) -> Result<(), Failure> {
    let based_on = tried(kiosk, times).await?.based_on;
    let reply = kiosk.operator_session().call(asked(new_op(), times, based_on)).await?;
    assert!(matches!(reply, Reply::Done), "{reply:?}");
    Ok(())
}

async fn quoted(session: &Session, booking: &Booking) -> Result<Box<Quote>, Failure> {
    let request = Request::QuoteCancel { pnr: booking.pnr, passengers: vec![0], waiver: None };
    match session.call(request).await? {
        Reply::Quote(quote) => Ok(quote),
        other => panic!("a quote was answered with {other:?}"),
    }
}

async fn cancelled(session: &Session, booking: &Booking, quote: Box<Quote>) -> Result<Arc<Booking>, Failure> {
    booked(session.call(Request::Cancel { op: new_op(), pnr: booking.pnr, quote }).await)
}

pub fn at(text: &str) -> NaiveDateTime {
    text.parse().expect("a moment")
}

pub async fn is_clean(stage: &Stage) {
    let report = stage.kiosk.audit(AuditScope::All, Depth::Bookings, |_, _, _| {}).await.expect("it looks");
    assert!(report.is_clean(), "{report:?}");
}

/// The deeds by which a booking was given other times.
pub fn delays(booking: &Booking) -> Vec<&Deed> {
    let deeds = booking.history.iter().map(|change| &change.what);
    deeds.filter(|deed| matches!(deed, Deed::Delayed { .. })).collect()
}

#[tokio::test]
async fn a_run_goes_later_from_a_halt_on_and_its_bookings_say_so() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let (early, late) = (sold(&tara, 0, 5).await, sold(&tara, 3, 5).await);
    let far = sold(&tara, 0, 2).await;
    let trial = tried(&stage.kiosk, (3, 200)).await.expect("it can be");
    let looked = DelayTrial {
        based_on: 0,
        was: at("2026-12-05T21:16:00"),
        leaves: at("2026-12-06T00:36:00"),
        told: 1,
        free: 1,
        unreadable: 0,
    };
    assert_eq!(trial, looked);
    assert_eq!(stored(&stage, &late).await, *late, "nothing is changed by looking");
    delayed(&stage.kiosk, (3, 200)).await.expect("it can be");

    let after = stored(&stage, &late).await;
    assert_eq!((after.from.at, after.to.at), (at("2026-12-06T00:36:00"), at("2026-12-06T11:52:00")));
    let told = Deed::Delayed {
        was: at("2026-12-05T21:16:00"),
        now: at("2026-12-06T00:36:00"),
        later: 200,
        gives_all_back: true,
        reason: "fog at Surat".to_owned(),
    };
    assert_eq!(delays(&after), [&told]);
    assert_eq!((after.version, after.train_version), (2, late.train_version), "the version sold stays");
    let whole = stored(&stage, &early).await;
    assert_eq!((whole.from.at, whole.to.at), (early.from.at, at("2026-12-06T11:52:00")), "it arrives later");
    assert_eq!(stored(&stage, &far).await, *far, "nothing of its way is moved");
    assert_eq!(state(&stage).await.stage, ChartStage::Open);
    is_clean(&stage).await;
}

#[tokio::test]
async fn whoever_gives_a_late_train_up_before_it_leaves_gets_everything_back() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let (first, second) = (sold(&tara, 0, 5).await, sold(&tara, 0, 5).await);
    let by_the_hours = quoted(&tara, &first).await.expect("it can be given up");
    assert!(by_the_hours.kept > Paise::ZERO);
    delayed(&stage.kiosk, (0, 179)).await.expect("it can be");
    assert_eq!(quoted(&tara, &first).await.expect("it can be given up").reason, Reason::Passenger);
    delayed(&stage.kiosk, (0, 180)).await.expect("it can be");
    // What was agreed to before is shown anew.
    let over = cancelled(&tara, &first, by_the_hours).await;
    let Err(Failure::QuoteOver(quote)) = over else { panic!("{over:?}") };
    assert_eq!((quote.reason, quote.kept), (Reason::TrainLate, Paise::ZERO));
    // The train should have left long ago, and leaves at eight.
    let leaves = instant(at("2026-12-05T20:00:00"));
    stage.clock.set(leaves - TimeDelta::seconds(1));
    let tara = stage.kiosk.open_session(crate::service_kit::terminal("NDLS-07"));
    crate::service_kit::sign_in(&tara, "tara", crate::service_kit::PASSWORD).await.expect("she comes back");
    let quote = quoted(&tara, &first).await.expect("until it leaves");
    assert_eq!((quote.reason, quote.kept, quote.good_until), (Reason::TrainLate, Paise::ZERO, stage.kiosk.now()));
    let after = cancelled(&tara, &first, quote).await.expect("she needs no counter for it");
    assert_eq!((after.status, after.kept()), (BookingStatus::Cancelled, Paise::ZERO));
    stage.clock.set(leaves);
    let gone = quoted(&tara, &second).await;
    assert_eq!(gone, Err(Failure::NotRefundable(NotRefundable::Departed)));
    is_clean(&stage).await;
}

#[tokio::test]
async fn the_ordinary_hours_go_by_the_new_time() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let booking = sold(&tara, 0, 5).await;
    let left = async |hours| {
        stage.clock.set(instant(booking.from.at) - TimeDelta::hours(hours));
        let agent = stage.kiosk.operator_session();
        quoted(&agent, &booking).await.expect("it can be given up").kept
    };
    let (half, all) = (left(9).await, left(7).await);
    assert_eq!((half < all, all), (true, booking.fare.total), "less than eight hours before, nothing is given back");
    delayed(&stage.kiosk, (0, 120)).await.expect("it can be");
    assert_eq!(left(7).await, half, "it leaves in nine hours now");
}

#[tokio::test]
async fn whoever_buys_a_late_train_knows_it_and_is_owed_nothing_for_it() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    delayed(&stage.kiosk, (0, 240)).await.expect("an unsold run can be changed");
    let booking = sold(&tara, 0, 5).await;
    assert_eq!((booking.from.at, booking.delays), (at("2026-12-05T21:00:00"), 1));
    assert_eq!(quoted(&tara, &booking).await.expect("it can be given up").reason, Reason::Passenger);
    delayed(&stage.kiosk, (0, 300)).await.expect("it can be");
    assert_eq!(quoted(&tara, &booking).await.expect("it can").reason, Reason::Passenger, "an hour more is not three");
    delayed(&stage.kiosk, (0, 420)).await.expect("it can be");
    assert_eq!(quoted(&tara, &booking).await.expect("it can").reason, Reason::TrainLate);
    delayed(&stage.kiosk, (0, 60)).await.expect("it is days away");
    let after = stored(&stage, &booking).await;
    assert_eq!((after.from.at, delays(&after).len()), (at("2026-12-05T18:00:00"), 3));
    let quote = quoted(&tara, &booking).await.expect("it can be given up");
    assert_eq!(quote.reason, Reason::TrainLate, "it leaves before the time that she was sold");
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_change_is_changed_again_and_taken_back() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let booking = sold(&tara, 0, 5).await;
    for times in [(0, 200), (2, 100), (0, 0)] {
        delayed(&stage.kiosk, times).await.expect("it can be");
    }
    let after = stored(&stage, &booking).await;
    assert_eq!((after.from.at, after.to.at), (booking.from.at, booking.to.at));
    let was: Vec<bool> =
        delays(&after).iter().map(|deed| matches!(deed, Deed::Delayed { was, now, .. } if was != now)).collect();
    assert_eq!(was, [true, false, true], "of the second only the arrival was moved");
    assert_eq!(quoted(&tara, &booking).await.expect("it can be given up").reason, Reason::Passenger);
    let state = state(&stage).await;
    assert_eq!(state.delays.count(), 3);
    assert_eq!(state.train.halts(), small_train().halts(), "as in the timetable");
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_change_that_is_repeated_happens_once() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let booking = sold(&tara, 0, 5).await;
    let (op, office) = (new_op(), stage.kiosk.operator_session());
    for _ in 0..2 {
        assert!(matches!(office.call(asked(op, (0, 60), 0)).await, Ok(Reply::Done)));
    }
    // Also once somebody has changed it again.
    delayed(&stage.kiosk, (0, 90)).await.expect("it can be");
    assert!(matches!(office.call(asked(op, (0, 60), 0)).await, Ok(Reply::Done)));
    assert_eq!(state(&stage).await.delays.count(), 2);
    let after = stored(&stage, &booking).await;
    assert_eq!((after.from.at, delays(&after).len()), (at("2026-12-05T18:30:00"), 2));
    stage.kiosk.settle().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let all =
        Request::Events { day: "2026-12-01".parse().expect("a day"), filter: EventFilter::default(), after: None };
    let Ok(Reply::Events { page, .. }) = adam.call(all).await else { panic!("they may be seen") };
    let changes = page.iter().filter(|line| line.event.action == "run.change");
    let mut notes: Vec<_> = changes.filter_map(|line| line.event.note.clone()).collect();
    notes.sort_unstable();
    assert_eq!(notes, ["MMCT +60 min: fog at Surat", "MMCT +90 min: fog at Surat"], "each is recorded once");
}

#[tokio::test]
async fn of_two_who_change_a_run_at_once_the_second_looks_again() {
    let stage = Stage::new().await;
    sold(&stage.guest(), 0, 5).await;
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    let (one, two) = (stage.kiosk.operator_session(), other.operator_session());
    let (first, second) = tokio::join!(one.call(asked(new_op(), (0, 60), 0)), two.call(asked(new_op(), (0, 120), 0)));
    let refused = |reply: &Result<Reply, Failure>| matches!(reply, Err(Failure::RunChanged));
    assert_eq!(u8::from(refused(&first)) + u8::from(refused(&second)), 1, "{first:?} {second:?}");
    assert_eq!(state(&stage).await.delays.count(), 1);
    let late = one.call(asked(new_op(), (0, 240), 0)).await;
    assert!(refused(&late), "{late:?}");
}

#[tokio::test]
async fn what_is_refused_says_why_and_changes_nothing() {
    let stage = Stage::new().await;
    sold(&stage.guest(), 0, 5).await;
    let office = stage.kiosk.operator_session();
    for (times, why) in
        [((9, 60), NotDelayed::NoSuchHalt), ((0, 0), NotDelayed::Same), ((0, 2881), NotDelayed::TooLong)]
    {
        assert_eq!(tried(&stage.kiosk, times).await, Err(Failure::NotDelayed(why)));
        assert!(matches!(office.call(asked(new_op(), times, 0)).await, Err(Failure::NotDelayed(_))));
    }
    let Request::DelayRun(RunDelay { op, run, new, based_on, .. }) = asked(new_op(), (0, 60), 0) else { panic!() };
    let silent = office.call(Request::DelayRun(RunDelay { op, run, new, reason: " ".to_owned(), based_on })).await;
    assert!(matches!(silent, Err(Failure::NotDelayed(NotDelayed::Reason))), "{silent:?}");
    assert!(state(&stage).await.delays.is_empty());
    office.call(Request::CancelRun { run }).await.expect("it is cancelled");
    assert!(matches!(office.call(asked(new_op(), (0, 60), 0)).await, Err(Failure::TrainCancelled)));
    assert!(matches!(tried(&stage.kiosk, (0, 60)).await, Err(Failure::TrainCancelled)));
}

#[tokio::test]
async fn what_a_process_that_died_began_another_goes_on_with_and_tells_nobody_twice() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(sold(&tara, 0, 5).await);
    }
    // The times are changed, two bookings are told, and then the process is gone.
    let told = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&told);
    let dying = stage.world.with_faults(move |call: &Call| {
        let writes = call.operation == "TransactWriteItems";
        (writes && count.fetch_add(1, Ordering::SeqCst) >= 2).then_some(Fault::LoseRequest)
    });
    let dying = stage.other_kiosk(dying).await;
    let reply = dying.operator_session().call(asked(new_op(), (0, 200), 0)).await;
    assert!(matches!(reply, Ok(Reply::Done)), "the times are changed, and the rest stays due: {reply:?}");
    let told_of = async || {
        let mut told = 0;
        for booking in &all {
            told += delays(&stored(&stage, booking).await).len();
        }
        told
    };
    assert_eq!(told_of().await, 2);
    // Whoever is not told yet goes by the new time all the same.
    for booking in &all {
        assert_eq!(quoted(&tara, booking).await.expect("it can be given up").reason, Reason::TrainLate);
        let Ok(Reply::Booking(shown)) = tara.call(Request::Booking { pnr: booking.pnr }).await else { panic!() };
        assert_eq!(shown.from.at, at("2026-12-05T20:20:00"));
    }
    stage.advance(TimeDelta::minutes(2));
    stage.kiosk.work_once().await;
    assert_eq!(told_of().await, 4);
    stage.advance(TimeDelta::minutes(5));
    stage.kiosk.work_once().await;
    assert_eq!(told_of().await, 4, "once each");
    is_clean(&stage).await;
}

#[tokio::test]
async fn what_was_on_its_way_to_be_sold_is_told_later() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let order = order(&guest, &held).await;
    // Another process changes the times; this one does not know, and sells by those of before.
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    delayed(&other, (0, 200)).await.expect("it can be");
    let booking = book(&guest, &order).await.expect("its berths are held");
    assert_eq!((booking.from.at, booking.delays), (at("2026-12-05T17:00:00"), 0));
    stage.advance(TimeDelta::minutes(3));
    stage.kiosk.work_once().await;
    let after = stored(&stage, &booking).await;
    assert_eq!((after.from.at, delays(&after).len()), (at("2026-12-05T20:20:00"), 1));
}

#[tokio::test]
async fn charts_are_made_by_the_timetable_and_their_duty_outlives_a_change() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    let first = anything().buy(&agent, 1).await.expect("there is something");
    for _ in 0..15 {
        anything().buy(&agent, 1).await.expect("there is something");
    }
    let last = anything().buy(&agent, 1).await.expect("there is something");
    assert!(matches!(last.passengers[0].place, Place::Waiting { .. }), "{:?}", last.passengers);
    delayed(&stage.kiosk, (0, 600)).await.expect("it can be");
    let told = stored(&stage, &last).await;
    assert_eq!(delays(&told).len(), 1, "whoever waits is told too");
    stage.advance(TimeDelta::minutes(5));
    stage.kiosk.work_once().await;
    assert_eq!(state(&stage).await.stage, ChartStage::Open);
    stage.clock.set(instant(at("2026-12-05T17:00:00")) - TimeDelta::minutes(20));
    stage.kiosk.work_once().await;
    assert_eq!(state(&stage).await.stage, ChartStage::FinalChart, "by the hour that those who wait were told");
    // A charted run is changed as well.
    delayed(&stage.kiosk, (0, 700)).await.expect("it can be");
    let booking = stored(&stage, &first).await;
    assert_eq!((booking.status, booking.from.at), (BookingStatus::Booked, at("2026-12-06T04:40:00")));
    stage.advance(TimeDelta::minutes(5));
    stage.kiosk.work_once().await;
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_slip_is_paid_by_the_new_time() {
    let stage = Stage::new().await;
    let (tara, agent) = (stage.signed_in("tara", Role::Traveller).await, stage.agent().await);
    let held = hold(&tara, whole(), best(1)).await.expect("free");
    let order = order(&tara, &held).await;
    let slip = booked(tara.call(Request::Reserve { op: new_op(), order }).await).expect("reserved");
    delayed(&stage.kiosk, (0, 240)).await.expect("it can be");
    let look_up = Request::LookUp { pnr: slip.pnr, phone: slip.phone.clone() };
    let looked_up = booked(stage.guest().call(look_up).await).expect("it is the number on it");
    let own = Request::MyBookings { filter: JourneyFilter::default(), after: None };
    let Ok(Reply::Bookings { page: own, .. }) = tara.call(own).await else { panic!("a page") };
    let by = BookingSearch::Phone(slip.phone.clone());
    let found = agent.call(Request::FindBookings { by, after: None }).await;
    let Ok(Reply::Found { page: found, .. }) = found else { panic!("a page") };
    let shown = [looked_up.from.at, own[0].from.at, found[0].from.at];
    assert_eq!(shown, [at("2026-12-05T21:00:00"); 3], "looked up, in her list, and found at a counter");
    let shown = booked(agent.call(Request::Slip { pnr: slip.pnr }).await).expect("it can be paid");
    assert_eq!(shown.from.at, at("2026-12-05T21:00:00"), "the counter says it");
    let pay = Request::PaySlip { op: new_op(), pnr: slip.pnr, payment: cash() };
    let paid = booked(agent.call(pay).await).expect("paid");
    assert_eq!((paid.from.at, paid.delays), (at("2026-12-05T21:00:00"), 1), "it was bought so");
    assert_eq!(quoted(&agent, &paid).await.expect("it can be given up").reason, Reason::Passenger);
    is_clean(&stage).await;
}

pub async fn offers(session: &Session, request: Request) -> Vec<(String, String, usize)> {
    let Ok(Reply::Offers(offers)) = session.call(request).await else { panic!("there are trains") };
    let row = |offer: Offer| {
        let journey = offer.journey;
        let halt = usize::from(journey.leg.from());
        (
            journey.run.to_string(),
            journey.from.at.to_string(),
            usize::from(journey.train.halts()[halt].depart.minutes()),
        )
    };
    offers.into_iter().map(row).collect()
}

#[tokio::test]
async fn searches_and_boards_have_the_new_time_in_every_process() {
    let stage = Stage::new().await;
    sold(&stage.guest(), 0, 5).await;
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    delayed(&stage.kiosk, (0, 600)).await.expect("it can be");
    stage.advance(TimeDelta::seconds(6));
    other.poll_once().await;
    let search = || Request::Search {
        from: vec![station("MMCT")],
        to: vec![station("NDLS")],
        date: run().date,
        quota: Quota::General,
    };
    let late = (run().to_string(), "2026-12-06 03:00:00".to_owned(), 1620);
    for kiosk in [&stage.kiosk, &other, &stage.other_kiosk(stage.world.store.clone()).await] {
        let session = kiosk.open_session(crate::service_kit::terminal("HALL-1"));
        let found = offers(&session, search()).await;
        assert_eq!(found, std::slice::from_ref(&late), "of the day by which it is known");
        let board = Request::Departures { station: station("MMCT"), limit: 50 };
        let board = offers(&session, board).await;
        let at = board.iter().position(|row| *row == late).expect("it is on the board");
        assert!(board[at - 1].1 < late.1 && late.1 < board[at + 1].1, "in its place: {board:?}");
        assert_eq!(board.iter().filter(|row| row.0 == late.0).count(), 1, "once");
    }
    // It should have left by now, and is still to come.
    stage.clock.set(instant(at("2026-12-05T23:00:00")));
    let session = other.open_session(crate::service_kit::terminal("HALL-1"));
    let board = offers(&session, Request::Departures { station: station("MMCT"), limit: 2 }).await;
    assert_eq!(board[0], late);
}

/// What a search from some stations to New Delhi finds on a day: the run and when it leaves.
async fn found(session: &Session, from: &[&str], day: &str) -> Vec<(String, String)> {
    let (from, to) = (from.iter().map(|code| station(code)).collect(), vec![station("NDLS")]);
    let date = day.parse().expect("a day");
    let found = offers(session, Request::Search { from, to, date, quota: Quota::General }).await;
    found.into_iter().map(|(run, leaves, _)| (run, leaves)).collect()
}

#[tokio::test]
async fn a_run_that_leaves_on_another_day_than_by_its_timetable_is_found_on_both() {
    let stage = Stage::new().await;
    sold(&stage.guest(), 0, 5).await;
    delayed(&stage.kiosk, (0, 600)).await.expect("it can be");
    let guest = stage.guest();
    let row = |run: &str, leaves: &str| (run.to_owned(), leaves.to_owned());
    let late = row("12951#2026-12-05", "2026-12-06 03:00:00");
    let next = row("12951#2026-12-06", "2026-12-06 17:00:00");
    assert_eq!(found(&guest, &["MMCT"], "2026-12-05").await, std::slice::from_ref(&late));
    assert_eq!(found(&guest, &["MMCT"], "2026-12-06").await, [late.clone(), next]);
    // Where the timetable has it leave on that day it is found once.
    let farther = row("12951#2026-12-05", "2026-12-06 13:20:00");
    assert_eq!(found(&guest, &["KOTA"], "2026-12-06").await, [farther]);
    // What is found is sold.
    found(&guest, &["MMCT"], "2026-12-06").await;
    let booking = sold(&guest, 0, 5).await;
    assert_eq!(booking.from.at, at("2026-12-06T03:00:00"));
}

#[tokio::test]
async fn a_late_run_is_found_from_the_stations_of_a_city_that_it_leaves_on_the_day() {
    let stage = Stage::new().await;
    sold(&stage.guest(), 0, 5).await;
    // It leaves the first station of the city five minutes before midnight, and the second after it.
    delayed(&stage.kiosk, (0, 415)).await.expect("it can be");
    let guest = stage.guest();
    let city = ["MMCT", "BVI"];
    let first = ("12951#2026-12-05".to_owned(), "2026-12-05 23:55:00".to_owned());
    assert_eq!(found(&guest, &city, "2026-12-05").await, [first]);
    let there = found(&guest, &city, "2026-12-06").await;
    assert_eq!(there[0], ("12951#2026-12-05".to_owned(), "2026-12-06 00:19:00".to_owned()));
    assert_eq!(there.len(), 2, "{there:?}");
}

#[tokio::test]
async fn a_late_run_of_a_train_that_has_ended_is_not_found() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("ada", Role::Administrator).await;
    sold(&stage.guest(), 0, 5).await;
    delayed(&stage.kiosk, (0, 600)).await.expect("it can be");
    let end = Request::RetireTrain { train: run().train, from: Some(run().date) };
    admin.call(end).await.expect("it is there");
    for day in ["2026-12-05", "2026-12-06"] {
        let there = found(&stage.guest(), &["MMCT"], day).await;
        assert!(there.is_empty(), "{day}: {there:?}");
    }
}

#[tokio::test]
async fn a_train_that_is_late_is_sold_until_it_leaves() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    anything().buy(&agent, 1).await.expect("there is something");
    delayed(&stage.kiosk, (0, 120)).await.expect("it can be");
    // By its timetable it has left; reserved berths are sold until the last chart.
    stage.clock.set(instant(at("2026-12-05T17:30:00")));
    stage.kiosk.work_once().await;
    assert_eq!(state(&stage).await.stage, ChartStage::FinalChart);
    let agent = stage.kiosk.operator_session();
    let unreserved = Wish { class: Class::Unreserved, ..anything() };
    let booking = unreserved.buy(&agent, 1).await.expect("it is sold");
    assert_eq!(booking.from.at, at("2026-12-05T19:00:00"));
    stage.clock.set(instant(at("2026-12-05T19:00:00")));
    unreserved.buy(&agent, 1).await.expect_err("it has left");
}

#[tokio::test]
async fn who_watches_a_run_sees_its_times_change() {
    let stage = Stage::new().await;
    sold(&stage.guest(), 0, 5).await;
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    let mut watch = other.watch(run(), Attention::Focus);
    other.poll_once().await;
    assert!(watch.changed().await.expect("it is read").delays.is_empty());
    delayed(&stage.kiosk, (3, 30)).await.expect("it can be");
    stage.kiosk.settle().await;
    stage.advance(TimeDelta::seconds(1));
    other.poll_once().await;
    let seen = watch.changed().await.expect("it has changed");
    assert_eq!(seen.train.halts()[3].depart.to_string(), "21:46");
    assert_eq!(seen.train.halts()[2], small_train().halts()[2]);
}

#[tokio::test]
async fn whoever_boards_farther_on_goes_by_the_time_there() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let booking = sold(&tara, 0, 5).await;
    let move_to = Request::ChangeBoarding { op: new_op(), pnr: booking.pnr, station: station("BRC") };
    booked(tara.call(move_to).await).expect("she may");
    delayed(&stage.kiosk, (3, 190)).await.expect("it can be");
    let after = stored(&stage, &booking).await;
    assert_eq!((after.from.at, after.boards().at), (booking.from.at, at("2026-12-06T00:26:00")));
    assert!(matches!(delays(&after)[..], [Deed::Delayed { later: 190, gives_all_back: true, .. }]), "{after:?}");
    // It has left the station that was paid for, and not yet the one where she waits.
    stage.clock.set(instant(at("2026-12-05T23:00:00")));
    let quote = quoted(&stage.kiosk.operator_session(), &booking).await.expect("it has not come");
    assert_eq!((quote.reason, quote.kept), (Reason::TrainLate, Paise::ZERO));
}
