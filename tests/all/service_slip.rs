//! Slips: berths kept for somebody who pays at a counter, once, and in time.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use futures_util::future::join;
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::admission::Accept;
use kiosk::domain::booking::{Booking, BookingStatus};
use kiosk::domain::coach::Class;
use kiosk::domain::quota::Quota;
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::domain::time::railway_time;
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, Hold, Reply, Request};
use kiosk::service::{Session, Settings};
use rstest::rstest;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::service_kit::{
    PASSWORD, Stage, best, book, booked, cash, hold, left, new_hold, new_op, order, release, run, settings, sign_in,
    terminal, whole,
};

async fn reserve(session: &Session, berths: usize) -> Arc<Booking> {
    let held = hold(session, whole(), best(berths)).await.expect("free");
    let request = Request::Reserve { op: new_op(), order: order(session, &held).await };
    booked(session.call(request).await).expect("it is reserved")
}

/// Found by the simulation: whoever pressed the key to go back while the slip was written, or whose line broke, had its
/// berths sold to others.
#[tokio::test]
async fn berths_that_are_given_back_while_a_slip_is_written_are_the_slip_s() {
    let stage = Stage::new().await;
    let answered = Meeting::of(2);
    let (meeting, first) = (answered.clone(), AtomicBool::new(true));
    let store = stage.world.with_faults(move |call: &Call| {
        let is_first = call.operation == "TransactWriteItems" && first.swap(false, Ordering::SeqCst);
        is_first.then(|| Fault::MeetAfter(meeting.clone()))
    });
    let session = stage.other_kiosk(store).await.open_session(terminal("HALL-2"));
    let held = hold(&session, whole(), best(2)).await.expect("free");
    let request = Request::Reserve { op: new_op(), order: order(&session, &held).await };
    let gives_back = async {
        let coaches: Vec<_> = held.parts.keys().copied().collect();
        loop {
            let read = stage.world.store.coaches(run(), &coaches).await.expect("it answers");
            if read.iter().all(|(_, coach)| coach.holds[&held.id].until > held.until) {
                break;
            }
        }
        // It is written, and nobody has been told.
        release(&session, &held).await;
        answered.come().await;
    };
    let (slip, ()) = Box::pin(join(session.call(request), gives_back)).await;
    let slip = booked(slip).expect("it is reserved");
    assert_eq!(left(&stage, whole()).await, 6, "its berths are kept");
    pay(&stage.agent().await, &slip).await.expect("and can be paid");
}

async fn pay(agent: &Session, booking: &Booking) -> Result<Arc<Booking>, Failure> {
    booked(agent.call(Request::PaySlip { op: new_op(), pnr: booking.pnr, payment: cash() }).await)
}

#[tokio::test]
async fn a_slip_is_paid_at_a_counter_and_becomes_a_booking() {
    let stage = Stage::new().await;
    let (guest, agent) = (stage.guest(), stage.agent().await);
    let slip = reserve(&guest, 2).await;
    assert_eq!(slip.status, BookingStatus::AwaitingPayment);
    let pay_by = slip.slip.as_ref().map(|slip| slip.pay_by);
    assert_eq!(pay_by, Some(stage.kiosk.now() + TimeDelta::minutes(20)));
    let receipt = guest.call(Request::Receipt { pnr: slip.pnr }).await;
    assert_eq!(receipt.map(drop), Err(Failure::NotPaid));
    guest.call(Request::SignOut).await.expect("the guest walks to the counter");
    stage.kiosk.settle().await;

    stage.advance(TimeDelta::minutes(19));
    let found = booked(agent.call(Request::Slip { pnr: slip.pnr }).await).expect("it can be paid");
    assert_eq!(found, slip);
    let paid = pay(&agent, &slip).await.expect("it is paid");
    assert_eq!((paid.status, paid.version, &paid.slip), (BookingStatus::Booked, 2, &None));
    assert_eq!(paid.payment.as_ref().map(|payment| payment.amount), Some(slip.fare.total));
    stage.advance(TimeDelta::hours(1));
    assert_eq!(left(&stage, whole()).await, 6);
    stage.kiosk.settle().await;
    let reply = agent.call(Request::Receipt { pnr: slip.pnr }).await;
    assert!(matches!(reply, Ok(Reply::Receipt(_))), "{reply:?}");
}

#[tokio::test]
async fn a_slip_is_paid_once() {
    let stage = Stage::new().await;
    let (guest, agent) = (stage.guest(), stage.agent().await);
    let other = stage.signed_in("asha", Role::Agent).await;
    let slip = reserve(&guest, 1).await;
    let (op, pnr) = (new_op(), slip.pnr);
    let request = Request::PaySlip { op, pnr, payment: cash() };
    let (first, second) = tokio::join!(agent.call(request.clone()), pay(&other, &slip));
    let first = booked(first);
    assert!(first.is_ok() != second.is_ok(), "one of two agents takes the money: {first:?}, {second:?}");
    let loser = first.as_ref().err().or(second.as_ref().err()).expect("one was refused");
    assert_eq!(loser, &Failure::SlipClosed("it was paid already"));
    let shown = agent.call(Request::Slip { pnr }).await.map(drop);
    assert_eq!(shown, Err(Failure::SlipClosed("it was paid already")));
    if let Ok(paid) = first {
        assert_eq!(booked(agent.call(request).await), Ok(paid), "the same action again is the same payment");
    }
}

#[tokio::test]
async fn a_slip_that_was_not_paid_in_time_lapses_and_its_berths_come_back() {
    let stage = Stage::new().await;
    let (guest, agent) = (stage.guest(), stage.agent().await);
    let slip = reserve(&guest, 3).await;
    let lapsed = Failure::SlipClosed("its time is over and the berths were given back");
    stage.advance(TimeDelta::minutes(20) - TimeDelta::milliseconds(1));
    assert!(agent.call(Request::Slip { pnr: slip.pnr }).await.is_ok());
    stage.advance(TimeDelta::milliseconds(1));
    assert_eq!(agent.call(Request::Slip { pnr: slip.pnr }).await.map(drop), Err(lapsed.clone()));
    assert_eq!(pay(&agent, &slip).await, Err(lapsed.clone()));
    assert_eq!(left(&stage, whole()).await, 5, "two minutes and the grace are spare");
    stage.advance(TimeDelta::seconds(150));
    assert_eq!(left(&stage, whole()).await, 8);
    hold(&agent, whole(), best(6)).await.expect("the berths are back");
    let shown = booked(guest.call(Request::Booking { pnr: slip.pnr }).await).expect("the guest may look");
    assert_eq!(shown.status, BookingStatus::Lapsed);
}

#[tokio::test]
async fn a_slip_whose_berths_are_gone_takes_no_money() {
    let stage = Stage::new().await;
    let (guest, agent) = (stage.guest(), stage.agent().await);
    let slip = reserve(&guest, 4).await;
    // Somewhere a clock is half an hour fast.
    stage.advance(TimeDelta::minutes(30));
    hold(&agent, whole(), best(6)).await.expect("the slip's hold is over there");
    stage.advance(TimeDelta::minutes(-30));
    let refused = pay(&agent, &slip).await;
    assert_eq!(refused, Err(Failure::SlipClosed("its time is over and the berths were given back")));
}

#[tokio::test]
async fn reserving_twice_with_one_id_is_one_slip() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let request = Request::Reserve { op: new_op(), order: order(&guest, &held).await };
    let first = booked(guest.call(request.clone()).await).expect("reserved");
    let second = booked(guest.call(request).await).expect("reserved");
    assert_eq!(first, second);
    assert_eq!(left(&stage, whole()).await, 7);
}

/// The Rajdhani of 1 December leaves Mumbai at 17:00 in India; sales close half an hour before.
const CLOSES: &str = "2026-12-01T11:00:00Z";

async fn hold_today(session: &Session) -> Hold {
    let run = "12951#2026-12-01".parse().expect("a run");
    let (hold, class) = (new_hold(), Class::SecondAc);
    match session
        .call(Request::Hold {
            hold,
            run,
            leg: whole(),
            class,
            quota: Quota::General,
            choice: best(1),
            accept: Accept::Berths,
        })
        .await
    {
        Ok(Reply::Held(hold)) => hold,
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::as_delivered(settings())]
#[case::the_longest_that_can_be_set(Settings { hold: TimeDelta::minutes(30), slip: TimeDelta::hours(2), ..settings() })]
#[tokio::test]
async fn neither_a_hold_nor_a_slip_outlasts_the_sale_of_its_train(#[case] settings: Settings) {
    let stage = Stage::with(settings).await;
    let (guest, agent) = (stage.guest(), stage.agent().await);
    let closes = CLOSES.parse().expect("an instant");
    stage.clock.set(closes - TimeDelta::minutes(5));
    let held = hold_today(&guest).await;
    assert_eq!(held.until, closes);
    let second = hold_today(&agent).await;
    let late = order(&agent, &second).await;
    let request = Request::Reserve { op: new_op(), order: order(&guest, &held).await };
    let slip = booked(guest.call(request).await).expect("it is reserved");
    assert_eq!(slip.slip.as_ref().map(|slip| slip.pay_by), Some(closes));
    stage.clock.set(closes);
    assert_eq!(book(&agent, &late).await, Err(Failure::SalesClosed));
    let reserve = Request::Reserve { op: new_op(), order: late };
    assert_eq!(booked(agent.call(reserve).await), Err(Failure::SalesClosed));
    assert!(matches!(pay(&agent, &slip).await, Err(Failure::SlipClosed(_))));
}

#[tokio::test]
async fn a_slip_for_a_train_that_left_takes_no_money_however_long_it_says() {
    let stage = Stage::new().await;
    let (guest, agent) = (stage.guest(), stage.agent().await);
    let closes = CLOSES.parse().expect("an instant");
    stage.clock.set(closes - TimeDelta::minutes(5));
    let held = hold_today(&guest).await;
    let request = Request::Reserve { op: new_op(), order: order(&guest, &held).await };
    let slip = booked(guest.call(request).await).expect("it is reserved");
    // As it was written where sales close later.
    let late = AttributeValue::S("2026-12-01T13:00:00Z".to_owned());
    let update = stage.world.clients.dynamodb.update_item().table_name(&stage.world.names.bookings);
    let update = update.key("BookingID", AttributeValue::S(slip.pnr.to_string()));
    let update = update.update_expression("SET Slip.PayBy = :late").expression_attribute_values(":late", late);
    update.send().await.expect("it is changed");
    stage.clock.set(closes);
    assert_eq!(pay(&agent, &slip).await, Err(Failure::SalesClosed));
    assert_eq!(agent.call(Request::Slip { pnr: slip.pnr }).await.map(drop), Err(Failure::SalesClosed));
}

#[tokio::test]
async fn money_for_a_slip_is_recorded_once_though_the_reply_was_lost() {
    let stage = Stage::new().await;
    let slip = reserve(&stage.guest(), 1).await;
    stage.account("agnes", Role::Agent).await;
    let down = Arc::new(AtomicBool::new(false));
    let (switch, first) = (Arc::clone(&down), AtomicBool::new(true));
    let store = stage.world.with_faults(move |call: &Call| {
        let broken = switch.load(Ordering::SeqCst) && call.operation == "TransactWriteItems";
        broken.then(|| if first.swap(false, Ordering::SeqCst) { Fault::LoseReply } else { Fault::LoseRequest })
    });
    let kiosk = stage.other_kiosk(store).await;
    let agent = kiosk.open_session(terminal("NDLS-07"));
    sign_in(&agent, "agnes", PASSWORD).await.expect("the password is right");
    let request = Request::PaySlip { op: new_op(), pnr: slip.pnr, payment: cash() };
    down.store(true, Ordering::SeqCst);
    let lost = booked(agent.call(request.clone()).await);
    assert!(matches!(lost, Err(Failure::Unavailable { .. })), "{lost:?}");
    down.store(false, Ordering::SeqCst);
    for _ in 0..2 {
        let paid = booked(agent.call(request.clone()).await).expect("it was paid");
        assert_eq!(paid.status, BookingStatus::Booked);
    }
    kiosk.settle().await;
    let today = railway_time(stage.kiosk.now()).date();
    let events = stage.world.store.events_of(today).await.expect("it answers");
    let taken = events.iter().filter(|event| event.action == "booking.pay-slip");
    assert_eq!(taken.map(|event| event.subject.clone()).collect::<Vec<_>>(), [Some(slip.pnr.to_string())]);
}

#[tokio::test]
async fn no_money_is_taken_at_a_public_terminal() {
    let stage = Stage::new().await;
    stage.account("agnes", Role::Agent).await;
    let slip = reserve(&stage.guest(), 1).await;
    let agent = stage.kiosk.open_session(Terminal { kind: TerminalKind::Public, ..terminal("HALL-1") });
    sign_in(&agent, "agnes", PASSWORD).await.expect("the password is right");
    let held = hold(&agent, whole(), best(1)).await.expect("free");
    let request = Request::Book { op: new_op(), order: order(&agent, &held).await, payment: cash() };
    assert_eq!(booked(agent.call(request).await), Err(Failure::NoMoneyHere));
    assert_eq!(pay(&agent, &slip).await, Err(Failure::NoMoneyHere));
}

#[tokio::test]
async fn a_slip_whose_reply_was_lost_is_found_though_it_was_paid_meanwhile() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let down = Arc::new(AtomicBool::new(false));
    let (switch, first) = (Arc::clone(&down), AtomicBool::new(true));
    let store = stage.world.with_faults(move |call: &Call| {
        let broken = switch.load(Ordering::SeqCst) && call.operation == "TransactWriteItems";
        broken.then(|| if first.swap(false, Ordering::SeqCst) { Fault::LoseReply } else { Fault::LoseRequest })
    });
    let guest = stage.other_kiosk(store).await.open_session(terminal("HALL-1"));
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let request = Request::Reserve { op: new_op(), order: order(&guest, &held).await };
    down.store(true, Ordering::SeqCst);
    let lost = booked(guest.call(request.clone()).await);
    assert!(matches!(lost, Err(Failure::Unavailable { .. })), "{lost:?}");
    down.store(false, Ordering::SeqCst);
    let written = stage.world.clients.dynamodb.scan().table_name(&stage.world.names.bookings).send().await;
    let written = written.expect("it answers").items.unwrap_or_default();
    let pnr = written[0]["BookingID"].as_s().expect("a PNR").parse().expect("a PNR");
    let paid = booked(agent.call(Request::PaySlip { op: new_op(), pnr, payment: cash() }).await);
    let found = booked(guest.call(request).await).expect("it was reserved");
    assert_eq!((found.pnr, found.status), (pnr, BookingStatus::Booked));
    assert_eq!(paid.expect("it is paid"), found);
}
