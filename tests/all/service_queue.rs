//! Waiting lists: who joins, in which order they move up, who is passed by nobody, and what becomes of those whose turn
//! never comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use futures_util::future::join;
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::admission::Accept;
use kiosk::domain::allotment::BerthWish;
use kiosk::domain::booking::{Booking, BookingStatus, Place};
use kiosk::domain::coach::Class;
use kiosk::domain::journeys::JourneyFilter;
use kiosk::domain::money::Paise;
use kiosk::domain::passenger::Passenger;
use kiosk::domain::quota::Quota;
use kiosk::domain::refund::WaiverCode;
use kiosk::domain::time::{instant, railway_time};
use kiosk::domain::user::Role;
use kiosk::service::request::{BookingSearch, Choice, Failure, Form, Reply, Request};
use kiosk::service::{AuditScope, Depth, Kiosk, Session};
use rstest::rstest;
use tokio::sync::Notify;

use crate::service_kit::{
    Stage, Wish, anything, book, booked, leg, new_hold, new_op, order, order_for, passenger, release, run, terminal,
    test_money, whole,
};

/// Berths of the general quota of 3A.
const BERTHS: usize = 13;
/// Passengers who share a berth.
const SHARING: usize = 2;
/// Who may wait for 3A: 60 % of its berths.
const ON_LIST: usize = 9;

/// Sells so many of the berths of 3A from end to end, by bookings of one.
async fn sell(session: &Session, berths: usize) -> Vec<Arc<Booking>> {
    let mut sold = Vec::new();
    for _ in 0..berths {
        sold.push(anything().buy(session, 1).await.expect("a berth is free"));
    }
    sold
}

fn places(booking: &Booking) -> Vec<String> {
    booking.passengers.iter().map(|booked| booked.place.to_string()).collect()
}

async fn shown(session: &Session, booking: &Booking) -> Arc<Booking> {
    booked(session.call(Request::Booking { pnr: booking.pnr }).await).expect("they may see it")
}

/// What they have now.
async fn now_of(session: &Session, booking: &Booking) -> Vec<String> {
    places(&*shown(session, booking).await)
}

/// Gives places up, and waits until whoever moves up has done so.
async fn cancel(kiosk: &Kiosk, session: &Session, booking: &Booking, passengers: &[u8]) -> Arc<Booking> {
    let quote = Request::QuoteCancel { pnr: booking.pnr, passengers: passengers.to_vec(), waiver: None };
    let Ok(Reply::Quote(quote)) = session.call(quote).await else { panic!("they may cancel") };
    let reply = session.call(Request::Cancel { op: new_op(), pnr: booking.pnr, quote }).await;
    let cancelled = booked(reply).expect("the quote is good");
    kiosk.settle().await;
    cancelled
}

/// Nothing that is kept of the run differs from its bookings.
async fn is_sound(stage: &Stage) {
    stage.kiosk.settle().await;
    let report = stage.kiosk.audit(AuditScope::All, Depth::Bookings, |_, _, _| {}).await.expect("it answers");
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[tokio::test]
async fn a_party_gets_berths_then_halves_of_one_and_then_places_on_the_list() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS - 1).await;
    let booking = anything().buy(&agent, 5).await.expect("there is something for all");
    let berth = booking.passengers[0].place.berth().expect("the last berth");
    assert_eq!(places(&booking), [&berth.to_string(), "RAC 1", "RAC 2", "GNWL 1", "GNWL 2"]);
    let halves: Vec<_> = booking.passengers.iter().filter_map(|booked| booked.place.shared()).collect();
    assert_eq!(halves[0].berth, halves[1].berth, "they share it");
    assert_ne!(halves[0].part, halves[1].part);
    let next = anything().buy(&agent, 1).await.expect("there is room on the list");
    assert_eq!(places(&next), ["GNWL 3"]);
    assert_eq!(next.payment.as_ref().expect("it is paid").amount, next.fare.total, "who waits pays in full");
    is_sound(&stage).await;
}

#[tokio::test]
async fn berths_alone_are_what_is_given_to_who_takes_nothing_else() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS).await;
    let berths = Wish { accept: Accept::Berths, ..anything() };
    let refused = berths.hold(&agent, 1).await.expect_err("no berth is left");
    assert_eq!(
        refused.to_string(),
        "No berth is left for your leg, but you can share one as RAC 1: join, or choose another train."
    );
    anything().buy(&agent, SHARING).await.expect("two can share");
    let refused = berths.hold(&agent, 1).await.expect_err("no berth is left");
    assert!(refused.to_string().contains("you can wait as GNWL 1"), "{refused}");
}

#[tokio::test]
async fn whoever_gives_up_lets_the_first_in_line_move_up() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    let sold = sell(&agent, BERTHS).await;
    let sharing = anything().buy(&agent, SHARING).await.expect("two can share");
    let first = anything().buy(&agent, 2).await.expect("there is room");
    let second = anything().buy(&agent, 1).await.expect("there is room");
    assert_eq!(places(&second), ["GNWL 3"]);
    let freed = sold[4].passengers[0].place.berth().expect("a berth");
    cancel(&stage.kiosk, &agent, &sold[4], &[0]).await;
    assert_eq!(now_of(&agent, &sharing).await, [freed.to_string(), "RAC 1".to_owned()], "who shared has the berth");
    assert_eq!(now_of(&agent, &first).await, ["RAC 2", "GNWL 1"], "and who waited longest has their half");
    assert_eq!(now_of(&agent, &second).await, ["GNWL 2"], "everybody is one further");
    let by = BookingSearch::Day { day: railway_time(stage.kiosk.now()).date(), name: String::new() };
    let found = agent.call(Request::FindBookings { by, after: None }).await;
    let Ok(Reply::Found { page, .. }) = found else { panic!("an agent finds, not {found:?}") };
    assert!(page.iter().any(|one| one.pnr == second.pnr && places(one) == ["GNWL 2"]), "and so it is found");
    let file = agent.call(Request::MyBookingsFile { filter: JourneyFilter::default(), form: Form::Csv }).await;
    let Ok(Reply::Document(document)) = file else { panic!("a document, not {file:?}") };
    let row = String::from_utf8_lossy(&document.bytes)
        .lines()
        .find(|row| row.contains(&second.pnr.to_string()))
        .map(str::to_owned);
    assert!(row.as_ref().is_some_and(|row| row.contains("GNWL 2")), "and in the file: {row:?}");
    let cancelled = cancel(&stage.kiosk, &agent, &first, &[0, 1]).await;
    assert_eq!(cancelled.status, BookingStatus::Cancelled);
    assert_eq!(now_of(&agent, &second).await, ["RAC 2"], "leaving the list lets others up too");
    is_sound(&stage).await;
}

#[tokio::test]
async fn only_as_far_as_the_leg_fits() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS + SHARING - 1).await;
    let part = Wish { leg: leg(0, 2), ..anything() };
    // The last half, on the first two segments: on the others it is free.
    let short = part.buy(&agent, 1).await.expect("a half is free");
    assert_eq!(places(&short), ["RAC 2"]);
    let long = anything().buy(&agent, 1).await.expect("there is room");
    let late = part.buy(&agent, 1).await.expect("there is room");
    assert_eq!([places(&long), places(&late)], [["GNWL 1"], ["GNWL 2"]]);
    let rest = Wish { leg: leg(2, 5), ..anything() }.buy(&agent, 1).await.expect("the rest of that half");
    assert_eq!(places(&rest), ["RAC 3"]);
    cancel(&stage.kiosk, &agent, &short, &[0]).await;
    assert_eq!(now_of(&agent, &long).await, ["GNWL 1"], "what is free does not fit the first in line");
    assert_eq!(now_of(&agent, &late).await, ["RAC 2"], "and fits the next");
    is_sound(&stage).await;
}

#[tokio::test]
async fn a_newcomer_passes_nobody_who_could_have_the_berth() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS - 1).await;
    let holder = stage.guest();
    let held = anything().hold(&holder, 1).await.expect("the last berth");
    let waiting = anything().buy(&agent, SHARING + 1).await.expect("there is something for all");
    assert_eq!(places(&waiting), ["RAC 1", "RAC 2", "GNWL 1"]);
    // Its time is over, and nobody has looked after the queue yet.
    stage.advance(held.until - stage.kiosk.now() + TimeDelta::minutes(1));
    let newcomer = anything().buy(&agent, 1).await.expect("there is room on the list");
    assert_eq!(places(&newcomer), ["GNWL 1"], "what is free is theirs who waited");
    let up = now_of(&agent, &waiting).await;
    assert!(up[0].starts_with("CNF/B1/"), "{up:?}");
    assert_eq!(up[1..], ["RAC 1", "RAC 2"]);
    is_sound(&stage).await;
}

#[tokio::test]
async fn a_berth_that_is_given_back_goes_to_who_waits_and_by_any_process_when_it_is_due() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS - 1).await;
    let holder = stage.guest();
    let held = anything().hold(&holder, 1).await.expect("the last berth");
    let waiting = anything().buy(&agent, 1).await.expect("a half is free");
    release(&holder, &held).await;
    stage.kiosk.settle().await;
    let up = now_of(&agent, &waiting).await;
    assert!(up[0].starts_with("CNF/B1/"), "whoever gives a berth back serves the queue: {up:?}");

    let held = anything().hold(&holder, 1).await.expect("a half is free");
    let late = anything().buy(&agent, 1).await.expect("the other half");
    assert_eq!(places(&late), ["RAC 1"]);
    let last = anything().buy(&agent, 1).await.expect("there is room");
    assert_eq!(places(&last), ["GNWL 1"]);
    // The first half's hold ends, nobody gives it back, and another process finds the queue due.
    stage.advance(held.until - stage.kiosk.now() + TimeDelta::minutes(2));
    stage.other_kiosk(stage.world.store.clone()).await.work_once().await;
    assert_eq!(now_of(&agent, &last).await, ["RAC 2"]);
    is_sound(&stage).await;
}

#[tokio::test]
async fn processes_that_promote_at_once_move_everybody_up_once() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    let sold = sell(&agent, BERTHS).await;
    let waiting = anything().buy(&agent, 6).await.expect("there is something for all");
    let kiosks = [
        stage.kiosk.clone(),
        stage.other_kiosk(stage.world.store.clone()).await,
        stage.other_kiosk(stage.world.store.clone()).await,
    ];
    for booking in &sold[..3] {
        cancel(&kiosks[1], &agent, booking, &[0]).await;
    }
    stage.advance(TimeDelta::minutes(2));
    futures_util::future::join_all(kiosks.iter().map(Kiosk::work_once)).await;
    let up = now_of(&agent, &waiting).await;
    let berths = up.iter().filter(|place| place.starts_with("CNF")).count();
    assert_eq!(berths, 3, "{up:?}");
    assert_eq!(up[3..], ["RAC 1", "RAC 2", "GNWL 1"]);
    is_sound(&stage).await;
}

#[tokio::test]
async fn the_list_has_an_end() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS + SHARING).await;
    for _ in 0..ON_LIST - 1 {
        anything().buy(&agent, 1).await.expect("there is room");
    }
    assert_eq!(anything().hold(&agent, 2).await, Err(Failure::ListFull), "all of a party, or nobody");
    let last = anything().hold(&agent, 1).await.expect("there is room for one");
    let other = anything().hold(&agent, 1).await.expect("nobody has paid for the place yet");
    let (last, other) = (order(&agent, &last).await, order(&agent, &other).await);
    assert_eq!(places(&book(&agent, &last).await.expect("it is theirs who pay first")), ["GNWL 9"]);
    assert_eq!(book(&agent, &other).await, Err(Failure::ListFull));
    is_sound(&stage).await;
}

#[tokio::test]
async fn those_who_join_at_once_get_numbers_one_after_the_other() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS + SHARING).await;
    let mut orders = Vec::new();
    for _ in 0..5 {
        let guest = stage.guest();
        let held = anything().hold(&guest, 1).await.expect("there is room");
        let order = order(&guest, &held).await;
        orders.push((guest, order));
    }
    let booked = futures_util::future::join_all(orders.iter().map(|(guest, order)| book(guest, order))).await;
    let mut numbers: Vec<_> = booked.into_iter().flat_map(|booking| places(&booking.expect("there is room"))).collect();
    numbers.sort();
    assert_eq!(numbers, ["GNWL 1", "GNWL 2", "GNWL 3", "GNWL 4", "GNWL 5"]);
    is_sound(&stage).await;
}

#[rstest]
#[case::reply(Fault::LoseReply)]
#[case::request(Fault::LoseRequest)]
#[tokio::test]
async fn a_join_that_is_asked_for_again_is_one(#[case] fault: Fault) {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS).await;
    let lost = std::sync::atomic::AtomicBool::new(false);
    let lossy = stage.world.with_faults(move |call: &Call| {
        let first = call.operation == "TransactWriteItems" && !lost.swap(true, std::sync::atomic::Ordering::SeqCst);
        first.then(|| fault.clone())
    });
    let kiosk = stage.other_kiosk(lossy).await;
    let guest = kiosk.open_session(terminal("HALL-2"));
    let held = anything().hold(&guest, 3).await.expect("there is something for all");
    let request = Request::Book { op: new_op(), order: order(&guest, &held).await, payment: test_money() };
    let first = booked(guest.call(request.clone()).await);
    let again = booked(guest.call(request).await).expect("it can be repeated");
    assert_eq!(places(&again), ["RAC 1", "RAC 2", "GNWL 1"]);
    if let Ok(first) = first {
        assert_eq!(first, again);
    }
    is_sound(&stage).await;
}

/// The first press is on its way when the time to pay ends and the key is pressed again.
#[rstest]
#[case::a_place_on_the_list(BERTHS + SHARING)]
#[case::a_berth(0)]
#[tokio::test]
async fn nobody_is_refused_what_their_first_press_still_books(#[case] sold: usize) {
    let stage = Stage::mixed().await;
    sell(&stage.agent().await, sold).await;
    let (meeting, sent) = (Meeting::of(2), Arc::new(Notify::new()));
    let store = {
        let (meeting, sent) = (meeting.clone(), Arc::clone(&sent));
        stage.world.with_faults(move |call: &Call| {
            let is_first = call.operation == "TransactWriteItems" && call.nth == 1;
            is_first.then(|| {
                sent.notify_one();
                Fault::Meet(meeting.clone())
            })
        })
    };
    let guest = stage.other_kiosk(store).await.open_session(terminal("HALL-2"));
    let held = anything().hold(&guest, 1).await.expect("there is something");
    let request = Request::Book { op: new_op(), order: order(&guest, &held).await, payment: test_money() };
    let again = async {
        sent.notified().await;
        stage.clock.set(held.until + TimeDelta::seconds(1));
        let told = booked(guest.call(request.clone()).await);
        meeting.come().await;
        told
    };
    let (first, again) = Box::pin(join(guest.call(request.clone()), again)).await;
    let (first, is_refused) = (booked(first), matches!(again, Err(Failure::HoldExpired)));
    assert!(!(first.is_ok() && is_refused), "{first:?}, {again:?}");
    is_sound(&stage).await;
}

/// What a party was given is known again from what is held, though no answer came.
#[rstest]
#[case::halves(BERTHS, 2, &["RAC 1", "RAC 2"])]
#[case::berths_and_a_half(BERTHS - 2, 3, &["RAC 1", "CNF", "CNF"])]
#[tokio::test]
async fn a_hold_whose_answer_was_lost_can_be_paid(#[case] sold: usize, #[case] size: usize, #[case] given: &[&str]) {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, sold).await;
    let (held, healed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let lossy = {
        let (held, healed) = (Arc::clone(&held), Arc::clone(&healed));
        stage.world.with_faults(move |call: &Call| match call.operation.as_str() {
            _ if healed.load(Ordering::SeqCst) => None,
            "UpdateItem" if !held.swap(true, Ordering::SeqCst) => Some(Fault::LoseReply),
            _ if held.load(Ordering::SeqCst) => Some(Fault::Answer(500, "InternalServerError".to_owned())),
            _ => None,
        })
    };
    let guest = stage.other_kiosk(lossy).await.open_session(terminal("HALL-2"));
    let id = new_hold();
    // All but the first should not have to climb, and are given berths before them.
    let mut wishes = vec![BerthWish { preference: None, needs_lower: true }; size];
    wishes[0].needs_lower = false;
    let Request::Hold { run, leg, class, quota, accept, .. } = anything().request(id, size) else { unreachable!() };
    let request = Request::Hold { hold: id, run, leg, class, quota, choice: Choice::Best(wishes), accept };
    assert!(matches!(guest.call(request.clone()).await, Err(Failure::Unavailable { .. })));
    healed.store(true, Ordering::SeqCst);
    let reply = guest.call(request).await;
    let Ok(Reply::Held(hold)) = reply else { panic!("{reply:?}") };
    let booking = book(&guest, &order(&guest, &hold).await).await.expect("it is theirs");
    let states = places(&booking);
    assert!(states.iter().zip(given).all(|(state, given)| state.starts_with(given)), "{states:?}");
    is_sound(&stage).await;
}

/// Whoever frees a berth after the last chart may be gone before anybody moves up.
#[tokio::test]
async fn who_shares_moves_up_after_the_last_chart_though_who_made_room_is_gone() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS).await;
    let sharing = anything().buy(&agent, SHARING).await.expect("two can share");
    // What the other quotas have would be theirs at the chart.
    let old = Passenger { age: 70_u8.try_into().expect("an age"), ..passenger("Om") };
    let held = Wish { quota: Quota::Senior, ..anything() }.hold(&agent, 1).await.expect("it is kept for seniors");
    let senior = order_for(&agent, &held, vec![old]).await.expect("they may");
    book(&agent, &senior).await.expect("it is theirs");
    stage.clock.set("2026-12-04T04:30:00Z".parse().expect("an instant"));
    Wish { quota: Quota::Tatkal, ..anything() }.buy(&agent, 1).await.expect("Tatkal is open");
    let departs = instant(sharing.from.at);
    for before in [TimeDelta::hours(10), TimeDelta::minutes(30)] {
        stage.clock.set(departs - before);
        stage.kiosk.work_once().await;
        stage.kiosk.settle().await;
    }
    assert_eq!(now_of(&agent, &sharing).await, ["RAC 1", "RAC 2"]);
    // One of them gives up by a process of which nothing arrives after that.
    let given_up = AtomicBool::new(false);
    let dying = stage.world.with_faults(move |call: &Call| {
        let is_dead = given_up.load(Ordering::SeqCst);
        if call.operation == "TransactWriteItems" {
            given_up.store(true, Ordering::SeqCst);
        }
        is_dead.then_some(Fault::LoseRequest)
    });
    let clerk = stage.other_kiosk(dying).await.operator_session();
    let quote = Request::QuoteCancel { pnr: sharing.pnr, passengers: vec![0], waiver: Some(WaiverCode::Counter) };
    let Ok(Reply::Quote(quote)) = clerk.call(quote).await else { panic!("an administrator may waive") };
    booked(clerk.call(Request::Cancel { op: new_op(), pnr: sharing.pnr, quote }).await).expect("the quote is good");
    stage.advance(TimeDelta::minutes(2));
    stage.kiosk.work_once().await;
    let up = now_of(&agent, &sharing).await;
    assert!(up[1].starts_with("CNF/B1/7/"), "the whole of the berth is theirs: {up:?}");
    is_sound(&stage).await;
}

#[tokio::test]
async fn what_is_held_of_a_run_that_the_railway_cancels_is_neither_sold_nor_in_the_way() {
    let stage = Stage::mixed().await;
    let guest = stage.guest();
    let held = anything().hold(&guest, 2).await.expect("free");
    let order = order(&guest, &held).await;
    let cancelled = stage.kiosk.operator_session().call(Request::CancelRun { run: run() }).await;
    assert!(matches!(cancelled, Ok(Reply::Done)), "{cancelled:?}");
    assert_eq!(book(&guest, &order).await, Err(Failure::TrainCancelled));
    let held = guest.call(Request::Release { hold: held.id, run: held.run }).await;
    assert!(matches!(held, Ok(Reply::Done)), "{held:?}");
    is_sound(&stage).await;
}

#[tokio::test]
async fn the_lists_of_a_class_have_room_together() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS + SHARING).await;
    for _ in 0..ON_LIST - 1 {
        anything().buy(&agent, 1).await.expect("there is room");
    }
    stage.clock.set("2026-12-04T04:30:00Z".parse().expect("an instant"));
    let tatkal = Wish { quota: Quota::Tatkal, ..anything() };
    let booking = tatkal.buy(&agent, 2).await.expect("a berth, and the last place");
    assert_eq!(places(&booking)[1], "TQWL 1");
    assert_eq!(anything().hold(&agent, 1).await, Err(Failure::ListFull));
    assert_eq!(tatkal.hold(&agent, 1).await, Err(Failure::ListFull));
}

#[tokio::test]
async fn a_slip_keeps_berths_and_no_places_in_a_queue() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS).await;
    let guest = stage.guest();
    let held = anything().hold(&guest, 1).await.expect("a half is free");
    let reserve = Request::Reserve { op: new_op(), order: order(&guest, &held).await };
    assert_eq!(booked(guest.call(reserve).await), Err(Failure::NothingToKeep));
}

#[tokio::test]
async fn who_leaves_the_list_gets_all_but_the_clerkage() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS + SHARING).await;
    let waiting = anything().buy(&agent, 1).await.expect("there is room");
    let left = cancel(&stage.kiosk, &agent, &waiting, &[0]).await;
    // Clerkage of Rs 60 a passenger with the tax on AC, rounded up to Rs 5 (reference 2.8).
    assert_eq!(left.kept(), Paise::rupees(65));
    let next = anything().buy(&agent, 1).await.expect("there is room");
    assert_eq!(places(&next), ["GNWL 1"]);
    is_sound(&stage).await;
}

#[tokio::test]
async fn whoever_moves_up_before_they_leave_the_list_is_told_what_that_costs_now() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    let sold = sell(&agent, BERTHS + SHARING).await;
    let waiting = anything().buy(&agent, 1).await.expect("there is room");
    let quote = Request::QuoteCancel { pnr: waiting.pnr, passengers: vec![0], waiver: None };
    let Ok(Reply::Quote(quote)) = agent.call(quote).await else { panic!("they may cancel") };
    // One for each of those who share, and one for who waits.
    for buyer in &sold[..=SHARING] {
        cancel(&stage.kiosk, &agent, buyer, &[0]).await;
    }
    let moved = shown(&agent, &waiting).await;
    assert!(matches!(moved.passengers[0].place, Place::Berth(_)), "{moved:?}");
    let told = agent.call(Request::Cancel { op: new_op(), pnr: waiting.pnr, quote: quote.clone() }).await;
    let Err(Failure::QuoteOver(now)) = told else { panic!("{told:?}") };
    assert_eq!(shown(&agent, &waiting).await, moved, "nothing was given up at a price that nobody agreed to");
    let given_up = booked(agent.call(Request::Cancel { op: new_op(), pnr: waiting.pnr, quote: now.clone() }).await);
    assert_eq!(given_up.expect("this one is good").kept(), now.kept);
    is_sound(&stage).await;
}

#[tokio::test]
async fn the_chart_gives_what_is_left_and_the_money_back_to_whom_nothing_is() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    let sold = sell(&agent, BERTHS).await;
    let queued = anything().buy(&agent, 6).await.expect("there is something for all");
    assert_eq!(places(&queued)[4..], ["GNWL 3", "GNWL 4"]);
    let departs = instant(sold[0].from.at);
    stage.clock.set(departs - TimeDelta::hours(10));
    stage.kiosk.work_once().await;
    stage.kiosk.settle().await;
    // The berths of senior citizens and of Tatkal are everybody's now: two share no more, and two who waited do.
    let charted = shown(&agent, &queued).await;
    let states: Vec<_> = charted.passengers.iter().map(|booked| booked.place).collect();
    let berths = states.iter().filter(|place| place.berth().is_some()).count();
    let sharing = states.iter().filter(|place| place.shared().is_some()).count();
    let dropped = states.iter().filter(|place| **place == Place::Cancelled).count();
    assert_eq!((berths, sharing, dropped), (2, 2, 2), "{states:?}");
    assert!(charted.passengers[0].place.berth().is_some(), "who joined first is served first");
    let refund = charted.refunds.last().expect("who was dropped is refunded");
    assert_eq!(refund.quote.refunded + refund.quote.kept, charted.fare.shares[4] + charted.fare.shares[5]);
    let refused = anything().hold(&agent, 1).await;
    assert_eq!(refused, Err(Failure::ChartMade), "nobody joins any more");
    cancel(&stage.kiosk, &agent, &sold[0], &[0]).await;
    let up = now_of(&agent, &queued).await;
    assert_eq!(
        up.iter().filter(|place| place.starts_with("CNF")).count(),
        3,
        "who shares moves up till the end: {up:?}"
    );
    stage.clock.set(departs - TimeDelta::minutes(30));
    stage.kiosk.work_once().await;
    stage.kiosk.settle().await;
    let last = shown(&agent, &queued).await;
    assert_eq!(
        last.passengers.iter().filter(|booked| booked.place.berth().is_some()).count(),
        4,
        "{:?}",
        places(&last)
    );
    is_sound(&stage).await;
}

#[tokio::test]
async fn each_class_has_a_queue_of_its_own() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS + SHARING).await;
    let sleeper = Wish { class: Class::Sleeper, ..anything() };
    let booking = sleeper.buy(&agent, 2).await.expect("there are berths of SL");
    assert!(booking.passengers.iter().all(|booked| booked.place.berth().is_some()));
    let tatkal = Wish { quota: Quota::Tatkal, ..anything() };
    stage.clock.set("2026-12-04T04:30:00Z".parse().expect("an instant"));
    let booking = tatkal.buy(&agent, 2).await.expect("one berth and the list of Tatkal");
    let states = places(&booking);
    assert!(states[0].starts_with("CNF/B1/"), "{states:?}");
    assert_eq!(states[1], "TQWL 1", "nobody shares in Tatkal");
    is_sound(&stage).await;
}

#[tokio::test]
async fn only_who_may_see_a_booking_sees_it_wait() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS + SHARING).await;
    let asha = stage.signed_in("asha", Role::Traveller).await;
    let waiting = anything().buy(&asha, 1).await.expect("there is room");
    let Ok(Reply::Bookings { page, .. }) =
        asha.call(Request::MyBookings { filter: kiosk::domain::journeys::JourneyFilter::default(), after: None }).await
    else {
        panic!("a list")
    };
    assert_eq!(page.iter().map(|booking| places(booking)).collect::<Vec<_>>(), [["GNWL 1"]]);
    let other = stage.guest().call(Request::Booking { pnr: waiting.pnr }).await;
    assert!(matches!(other, Err(Failure::NoSuchBooking(_))), "{other:?}");
}

#[tokio::test]
async fn a_hold_of_a_place_on_the_list_is_one_however_often_it_is_asked_for() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    sell(&agent, BERTHS + SHARING).await;
    let id = new_hold();
    for _ in 0..2 {
        let reply = agent.call(anything().request(id, 2)).await;
        let Ok(Reply::Held(hold)) = reply else { panic!("{reply:?}") };
        assert!(hold.parts.is_empty() && hold.grants.len() == 2, "{hold:?}");
        assert_eq!((hold.run, hold.leg), (run(), whole()));
    }
}
