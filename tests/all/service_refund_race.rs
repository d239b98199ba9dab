//! Giving places up when others do something at the same moment, or a reply is lost: money is given back once, and what
//! a person is told stays true.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::booking::{Booking, BookingStatus};
use kiosk::domain::money::Paise;
use kiosk::domain::refund::{NotRefundable, WaiverCode};
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, Outcome, Request};
use kiosk::service::{Kiosk, Session};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rstest::rstest;

use crate::refund_kit::{cancel, confirming, conserves, is_clean, quoted, quoted_with, sold, stored};
use crate::service_kit::{
    PASSWORD, Stage, best, book, booked, cash, hold, left, leg, new_op, order, sign_in, terminal, whole,
};

/// A process whose first transaction waits for a meeting before it is sent.
async fn meeting_others(stage: &Stage, meeting: &Meeting) -> Kiosk {
    let meeting = meeting.clone();
    let store = stage.world.with_faults(move |call: &Call| {
        let first = call.operation == "TransactWriteItems" && call.nth == 1;
        first.then(|| Fault::Meet(meeting.clone()))
    });
    stage.other_kiosk(store).await
}

async fn agent_of(kiosk: &Kiosk, name: &str) -> Session {
    let session = kiosk.open_session(terminal("NDLS-08"));
    sign_in(&session, name, PASSWORD).await.expect("the password is right");
    session
}

/// Two agents at two processes whose first writes are sent at the same moment.
async fn two_agents(stage: &Stage) -> [Session; 2] {
    let meeting = Meeting::of(2);
    stage.account("asha", Role::Agent).await;
    stage.account("bela", Role::Agent).await;
    let (one, two) = (meeting_others(stage, &meeting).await, meeting_others(stage, &meeting).await);
    [agent_of(&one, "asha").await, agent_of(&two, "bela").await]
}

#[tokio::test]
async fn of_two_agents_who_cancel_the_same_passenger_at_once_one_gives_money_back() {
    let stage = Stage::new().await;
    let booking = sold(&stage.agent().await, whole(), best(2)).await;
    let [asha, bela] = two_agents(&stage).await;
    let quote = quoted(&asha, booking.pnr, &[0]).await.expect("it can be cancelled");
    let [first, second] = [confirming(booking.pnr, &quote), confirming(booking.pnr, &quote)];
    let (first, second) = tokio::join!(asha.call(first), bela.call(second));
    let (won, lost): (Vec<_>, Vec<_>) = [booked(first), booked(second)].into_iter().partition(Result::is_ok);
    assert_eq!(lost, [Err(Failure::NotRefundable(NotRefundable::AlreadyCancelled))]);
    let after = stored(&stage, booking.pnr).await;
    assert_eq!(won[0].as_deref(), Ok(&after));
    assert_eq!((after.version, after.refunds.len()), (2, 1));
    assert_eq!(left(&stage, whole()).await, 7);
    conserves(&after);
    is_clean(&stage).await;
}

#[tokio::test]
async fn two_agents_who_cancel_different_passengers_at_once_both_do() {
    let stage = Stage::new().await;
    let booking = sold(&stage.agent().await, whole(), best(3)).await;
    let [asha, bela] = two_agents(&stage).await;
    let first = quoted(&asha, booking.pnr, &[0]).await.expect("it can be cancelled");
    let second = quoted(&bela, booking.pnr, &[2]).await.expect("it can be cancelled");
    let [first, second] = [confirming(booking.pnr, &first), confirming(booking.pnr, &second)];
    let (first, second) = tokio::join!(asha.call(first), bela.call(second));
    booked(first).expect("it is done, or done again");
    booked(second).expect("it is done, or done again");
    let after = stored(&stage, booking.pnr).await;
    assert_eq!((after.version, after.refunds.len(), after.status), (3, 2, BookingStatus::Booked));
    assert_eq!(left(&stage, whole()).await, 7);
    conserves(&after);
    is_clean(&stage).await;
}

#[tokio::test]
async fn of_two_agents_who_pay_out_at_once_one_opens_the_till() {
    let stage = Stage::new().await;
    let booking = sold(&stage.agent().await, whole(), best(1)).await;
    cancel(&stage.kiosk.operator_session(), booking.pnr, &[0]).await.expect("it is allowed");
    let [asha, bela] = two_agents(&stage).await;
    let pay_out = || Request::PayOut { op: new_op(), pnr: booking.pnr };
    let (first, second) = tokio::join!(asha.call(pay_out()), bela.call(pay_out()));
    let (won, lost): (Vec<_>, Vec<_>) = [booked(first), booked(second)].into_iter().partition(Result::is_ok);
    assert_eq!(lost, [Err(Failure::NothingOwed)]);
    assert_eq!(won[0].as_deref(), Ok(&stored(&stage, booking.pnr).await));
}

#[tokio::test]
async fn a_slip_that_is_paid_and_given_up_at_once_is_one_of_both() {
    let stage = Stage::new().await;
    stage.account("tara", Role::Traveller).await;
    stage.account("asha", Role::Agent).await;
    let tara = stage.kiosk.open_session(terminal("HALL-2"));
    sign_in(&tara, "tara", PASSWORD).await.expect("the password is right");
    let held = hold(&tara, whole(), best(2)).await.expect("free");
    let request = Request::Reserve { op: new_op(), order: order(&tara, &held).await };
    let pnr = booked(tara.call(request).await).expect("it is kept").pnr;
    let meeting = Meeting::of(2);
    let (one, two) = (meeting_others(&stage, &meeting).await, meeting_others(&stage, &meeting).await);
    let (asha, tara) = (agent_of(&one, "asha").await, agent_of(&two, "tara").await);
    let pay = Request::PaySlip { op: new_op(), pnr, payment: cash() };
    let (paid, given_up) = tokio::join!(asha.call(pay), tara.call(Request::GiveUpSlip { op: new_op(), pnr }));
    let after = stored(&stage, pnr).await;
    match (booked(paid), booked(given_up)) {
        (Ok(paid), refused) => {
            assert_eq!(refused, Err(Failure::SlipClosed("it was paid already")));
            assert_eq!((Booking::clone(&paid), left(&stage, whole()).await), (after.clone(), 6));
        }
        (refused, given_up) => {
            assert_eq!(refused, Err(Failure::SlipClosed("it was given up already")));
            assert_eq!((given_up.as_deref(), left(&stage, whole()).await), (Ok(&after), 8));
        }
    }
    conserves(&after);
    is_clean(&stage).await;
}

/// A process at a line that loses the reply to its first transaction while it is down, and whatever it sends after it.
async fn losing_replies(stage: &Stage, down: &Arc<AtomicBool>) -> Kiosk {
    let (down, first) = (Arc::clone(down), AtomicBool::new(true));
    let store = stage.world.with_faults(move |call: &Call| {
        let broken = down.load(Ordering::SeqCst) && call.operation == "TransactWriteItems";
        broken.then(|| if first.swap(false, Ordering::SeqCst) { Fault::LoseReply } else { Fault::LoseRequest })
    });
    stage.other_kiosk(store).await
}

#[tokio::test]
async fn a_cancellation_whose_reply_was_lost_is_found_and_not_done_again() {
    let stage = Stage::new().await;
    let booking = sold(&stage.agent().await, whole(), best(2)).await;
    let down = Arc::new(AtomicBool::new(false));
    let kiosk = losing_replies(&stage, &down).await;
    let agent = agent_of(&kiosk, "agnes").await;
    let quote = quoted(&agent, booking.pnr, &[0]).await.expect("it can be cancelled");
    let request = confirming(booking.pnr, &quote);
    down.store(true, Ordering::SeqCst);
    let lost = booked(agent.call(request.clone()).await);
    assert!(matches!(lost, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{lost:?}");
    down.store(false, Ordering::SeqCst);
    let once = stored(&stage, booking.pnr).await;
    // The quote's time is long over, and the same key tells what it did.
    stage.advance(TimeDelta::hours(1));
    for _ in 0..2 {
        assert_eq!(booked(agent.call(request.clone()).await).as_deref(), Ok(&once));
    }
    assert_eq!((once.version, once.refunds.len()), (2, 1));
    conserves(&once);
    kiosk.settle().await;
    is_clean(&stage).await;
}

#[tokio::test]
async fn money_of_which_nobody_knows_whether_it_was_handed_out_is_handed_out_once() {
    let stage = Stage::new().await;
    let booking = sold(&stage.agent().await, whole(), best(1)).await;
    cancel(&stage.kiosk.operator_session(), booking.pnr, &[0]).await.expect("it is allowed");
    let down = Arc::new(AtomicBool::new(false));
    let agent = agent_of(&losing_replies(&stage, &down).await, "agnes").await;
    let request = Request::PayOut { op: new_op(), pnr: booking.pnr };
    down.store(true, Ordering::SeqCst);
    let lost = booked(agent.call(request.clone()).await);
    assert!(matches!(lost, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{lost:?}");
    down.store(false, Ordering::SeqCst);
    let paid = booked(agent.call(request).await).expect("the same key tells");
    assert_eq!((paid.version, paid.owed()), (3, Paise::ZERO));
    let other = booked(agent.call(Request::PayOut { op: new_op(), pnr: booking.pnr }).await);
    assert_eq!(other, Err(Failure::NothingOwed));
}

#[tokio::test]
async fn a_traveller_who_takes_the_freed_berth_at_once_keeps_it_when_the_cancellation_is_repeated() {
    let stage = Stage::new().await;
    let booking = sold(&stage.agent().await, whole(), best(6)).await;
    let down = Arc::new(AtomicBool::new(false));
    let agent = agent_of(&losing_replies(&stage, &down).await, "agnes").await;
    let quote = quoted(&agent, booking.pnr, &[0, 1, 2]).await.expect("it can be cancelled");
    let request = confirming(booking.pnr, &quote);
    down.store(true, Ordering::SeqCst);
    booked(agent.call(request.clone()).await).expect_err("its reply is lost");
    down.store(false, Ordering::SeqCst);
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(5)).await.expect("three came back and two were left");
    let theirs = book(&guest, &order(&guest, &held).await).await.expect("they are held");
    booked(agent.call(request).await).expect("it was done");
    assert_eq!(left(&stage, whole()).await, 0);
    assert_eq!(stored(&stage, theirs.pnr).await, *theirs);
    is_clean(&stage).await;
}

/// One thing that an agent, an administrator or a traveller does to a booking, by chance.
async fn something(stage: &Stage, staff: &[Session; 2], pnr: kiosk::domain::pnr::Pnr, chance: &mut StdRng) {
    let before = stored(stage, pnr).await;
    let chosen: Vec<u8> =
        (0..before.passengers.len()).map(|passenger| passenger as u8).filter(|_| chance.random()).collect();
    let who = &staff[chance.random_range(0..2)];
    let waiver = WaiverCode::ALL[chance.random_range(0..WaiverCode::ALL.len())];
    let waiver = (chance.random_range(0..4) == 0).then_some(waiver);
    let done = match chance.random_range(0..8) {
        0 => booked(who.call(Request::PayOut { op: new_op(), pnr }).await),
        1 => booked(who.call(Request::GiveUpSlip { op: new_op(), pnr }).await),
        2 => booked(who.call(Request::PaySlip { op: new_op(), pnr, payment: cash() }).await),
        _ => match quoted_with(who, pnr, &chosen, waiver).await {
            Ok(quote) => {
                // Now and then it is confirmed too late, or twice.
                stage.advance(TimeDelta::minutes(chance.random_range(0..7)));
                let request = confirming(pnr, &quote);
                let told = booked(who.call(request.clone()).await);
                if let Ok(told) = &told {
                    assert_eq!(told.refunds.last().map(|refund| &refund.quote), Some(&*quote), "as it was promised");
                    assert_eq!(booked(who.call(request).await).as_ref(), Ok(told));
                }
                told
            }
            Err(failure) => Err(failure),
        },
    };
    let after = stored(stage, pnr).await;
    match done {
        Ok(told) => assert_eq!((*told).clone(), after),
        Err(_) => assert_eq!(before, after, "whoever is refused has changed nothing"),
    }
    conserves(&after);
}

async fn bought(stage: &Stage, agent: &Session, chance: &mut StdRng) -> Option<Arc<Booking>> {
    let from = chance.random_range(0..5);
    let leg = leg(from, chance.random_range(from + 1..=5));
    let size = chance.random_range(1..=4);
    match chance.random_range(0..3) {
        0 => {
            let held = hold(agent, leg, best(size)).await.ok()?;
            let request = Request::Reserve { op: new_op(), order: order(agent, &held).await };
            booked(agent.call(request).await).ok()
        }
        1 => {
            let guest = stage.guest();
            let held = hold(&guest, leg, best(size)).await.ok()?;
            book(&guest, &order(&guest, &held).await).await.ok()
        }
        _ if left(stage, leg).await >= size => Some(sold(agent, leg, best(size)).await),
        _ => None,
    }
}

#[rstest]
#[tokio::test]
async fn whatever_is_done_to_bookings_what_was_paid_is_what_is_kept_and_what_was_given_back(
    #[values(1, 2, 3, 4, 5, 6)] seed: u64,
) {
    let stage = Stage::new().await;
    let mut chance = StdRng::seed_from_u64(seed);
    let staff = [stage.agent().await, stage.signed_in("ada", Role::Administrator).await];
    let mut bookings = Vec::new();
    for _ in 0..80 {
        if bookings.is_empty() || chance.random_range(0..3) == 0 {
            bookings.extend(bought(&stage, &staff[0], &mut chance).await);
        } else {
            let booking: &Arc<Booking> = &bookings[chance.random_range(0..bookings.len())];
            something(&stage, &staff, booking.pnr, &mut chance).await;
        }
        stage.advance(TimeDelta::minutes(chance.random_range(0..140)));
    }
    let refunds = bookings.iter().map(|booking| stored(&stage, booking.pnr));
    let refunds = futures_util::future::join_all(refunds).await;
    assert!(refunds.iter().map(|booking| booking.refunds.len()).sum::<usize>() > 3, "money was given back");
    is_clean(&stage).await;
    if chance.random() {
        stage
            .kiosk
            .operator_session()
            .call(Request::CancelRun { run: crate::service_kit::run() })
            .await
            .expect("it is");
        for booking in &bookings {
            let after = stored(&stage, booking.pnr).await;
            assert!(after.payment.is_none() || after.status == BookingStatus::Cancelled, "{after:?}");
            conserves(&after);
        }
        is_clean(&stage).await;
    }
}
