//! Actions of which nobody knows whether they were done: what a person is told at last stays true, whatever arrives late.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use futures_util::future::join3;
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, Outcome, Request};
use kiosk::service::{Kiosk, Session};

use crate::service_kit::{
    PASSWORD, Stage, best, booked, hold, left, new_op, order, sign_in, terminal, test_money, whole,
};

/// A process at a bad line. Of the transactions sent while it is down, the first arrives at the meeting, and no other.
struct BadLine {
    kiosk: Kiosk,
    down: Arc<AtomicBool>,
}

async fn bad_line(stage: &Stage, meeting: &Meeting) -> BadLine {
    let (meeting, down, first) = (meeting.clone(), Arc::new(AtomicBool::new(false)), AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let store = stage.world.with_faults(move |call: &Call| {
        let lost = call.operation == "TransactWriteItems" && is_down.load(Ordering::SeqCst);
        let late = || first.swap(false, Ordering::SeqCst);
        lost.then(|| if late() { Fault::Late(meeting.clone()) } else { Fault::LoseRequest })
    });
    BadLine { kiosk: stage.other_kiosk(store).await, down }
}

impl BadLine {
    /// Asks while the line is down.
    async fn asks(&self, session: &Session, request: &Request) {
        self.down.store(true, Ordering::SeqCst);
        let told = booked(session.call(request.clone()).await);
        assert!(matches!(told, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{told:?}");
        self.down.store(false, Ordering::SeqCst);
    }
}

/// Found by the simulation: the berths were said to be given back, and a write that was late booked them all the same.
#[tokio::test]
async fn a_late_booking_cannot_follow_the_word_that_its_time_is_over() {
    let (stage, meeting) = (Stage::new().await, Meeting::of(2));
    let line = bad_line(&stage, &meeting).await;
    let session = line.kiosk.open_session(terminal("HALL-1"));
    let held = hold(&session, whole(), best(2)).await.expect("free");
    let order = order(&session, &held).await;
    let request = Request::Book { op: new_op(), order, payment: test_money() };
    line.asks(&session, &request).await;
    stage.advance(TimeDelta::minutes(11));
    assert_eq!(booked(session.call(request.clone()).await), Err(Failure::HoldExpired));
    meeting.come().await;
    meeting.come().await;
    assert_eq!(left(&stage, whole()).await, 8, "nothing is sold");
    assert_eq!(booked(session.call(request).await), Err(Failure::HoldExpired), "and it stays so");
}

/// The same of a slip: money that a late write took after its time was said to be over would be nobody's.
#[tokio::test]
async fn a_late_payment_cannot_follow_the_word_that_a_slip_s_time_is_over() {
    let (stage, meeting) = (Stage::new().await, Meeting::of(2));
    stage.account("agnes", Role::Agent).await;
    let line = bad_line(&stage, &meeting).await;
    let session = line.kiosk.open_session(terminal("NDLS-07"));
    let held = hold(&session, whole(), best(2)).await.expect("free");
    let order = order(&session, &held).await;
    let kept = booked(session.call(Request::Reserve { op: new_op(), order }).await).expect("kept");
    sign_in(&session, "agnes", PASSWORD).await.expect("the password is right");
    let request = Request::PaySlip { op: new_op(), pnr: kept.pnr, payment: test_money() };
    line.asks(&session, &request).await;
    stage.advance(TimeDelta::minutes(21));
    let refused = booked(session.call(request.clone()).await);
    assert!(matches!(refused, Err(Failure::SlipClosed(_))), "{refused:?}");
    meeting.come().await;
    meeting.come().await;
    let stored = stage.world.store.booking(kept.pnr).await.expect("it answers").expect("it is there");
    assert_eq!((stored.version, stored.payment), (1, None), "no money was taken");
    assert!(matches!(booked(session.call(request).await), Err(Failure::SlipClosed(_))), "and it stays so");
}

/// Found by the simulation: the second of two presses at once was told that its time was over.
#[tokio::test]
async fn a_key_pressed_twice_at_once_books_once_and_says_so_twice() {
    let stage = Stage::new().await;
    let (looked, booked_first, armed) = (Meeting::of(2), Meeting::of(2), Arc::new(AtomicBool::new(false)));
    let (go, done, once) = (looked.clone(), booked_first.clone(), Arc::clone(&armed));
    let store = stage.world.with_faults(move |call: &Call| match (call.operation.as_str(), call.nth) {
        ("TransactWriteItems", 1) => Some(Fault::Meet(go.clone())),
        ("GetItem", _) if once.swap(false, Ordering::SeqCst) => Some(Fault::MeetAfter(done.clone())),
        _ => None,
    });
    let session = stage.other_kiosk(store).await.open_session(terminal("HALL-1"));
    let held = hold(&session, whole(), best(2)).await.expect("free");
    let request = Request::Book { op: new_op(), order: order(&session, &held).await, payment: test_money() };
    armed.store(true, Ordering::SeqCst);
    // The second looks and finds nothing, then the first books, and only then does the second go on.
    let first = async {
        let told = session.call(request.clone()).await;
        booked_first.come().await;
        told
    };
    let (first, second, ()) = Box::pin(join3(first, session.call(request.clone()), looked.come())).await;
    assert_eq!(booked(first).expect("booked"), booked(second).expect("found"));
    assert_eq!(left(&stage, whole()).await, 6);
}
