//! Visits: what is answered after somebody left, locked or began again opens no door and tells the next person nothing.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, Reply, Request};
use kiosk::service::{Kiosk, Session};
use tokio::sync::Notify;

use crate::service_kit::{
    PASSWORD, Stage, best, booked, cash, hold, left, new_op, order, secret, sign_in, terminal, test_money, username,
    whole,
};

/// A kiosk of which one reply of the store can be held up.
struct Late {
    stage: Stage,
    kiosk: Kiosk,
    next: Arc<Mutex<Option<&'static str>>>,
    sent: Arc<Notify>,
    meeting: Meeting,
}

impl Late {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let (next, sent, meeting) = (Arc::new(Mutex::new(None)), Arc::new(Notify::new()), Meeting::of(2));
        let (armed, notify, held) = (Arc::clone(&next), Arc::clone(&sent), meeting.clone());
        let store = stage.world.with_faults(move |call: &Call| {
            armed.lock().expect("nothing panics").take_if(|operation| call.operation == *operation)?;
            notify.notify_one();
            Some(Fault::MeetAfter(held.clone()))
        });
        let kiosk = stage.other_kiosk(store).await;
        Self { stage, kiosk, next, sent, meeting }
    }

    async fn signed_in(&self, name: &str, role: Role) -> Session {
        self.stage.account(name, role).await;
        let session = self.kiosk.open_session(terminal("NDLS-07"));
        sign_in(&session, name, PASSWORD).await.expect("the password is right");
        session
    }

    /// Asks for something, and does something else before the reply of its next `operation` comes.
    fn during(
        &self,
        operation: &'static str,
        request: impl Future<Output = Result<Reply, Failure>>,
        meanwhile: impl Future<Output = ()>,
    ) -> Pin<Box<impl Future<Output = Result<Reply, Failure>>>> {
        *self.next.lock().expect("nothing panics") = Some(operation);
        let meanwhile = async {
            self.sent.notified().await;
            meanwhile.await;
            self.meeting.come().await;
        };
        Box::pin(async { tokio::join!(request, meanwhile).0 })
    }
}

fn signing_in(name: &str) -> Request {
    Request::SignIn { name: name.to_owned(), password: secret(PASSWORD) }
}

async fn sign_out(session: &Session) {
    session.call(Request::SignOut).await.expect("anyone may leave");
}

async fn lock(session: &Session) {
    session.call(Request::Lock).await.expect("somebody is signed in");
}

#[tokio::test]
async fn a_sign_in_that_is_answered_after_leaving_lets_nobody_in() {
    let late = Late::new().await;
    late.stage.account("anita", Role::Traveller).await;
    let session = late.kiosk.open_session(terminal("HALL-1"));
    let answer = late.during("TransactWriteItems", session.call(signing_in("anita")), sign_out(&session)).await;
    assert_eq!(answer.map(drop), Err(Failure::GivenUp));
    assert_eq!(session.identity(), None);
}

#[tokio::test]
async fn an_unlocking_that_is_answered_after_leaving_lets_nobody_in() {
    let late = Late::new().await;
    let agent = late.signed_in("agnes", Role::Agent).await;
    lock(&agent).await;
    let unlock = agent.call(Request::Unlock { password: secret(PASSWORD) });
    let answer = late.during("TransactWriteItems", unlock, sign_out(&agent)).await;
    assert_eq!(answer.map(drop), Err(Failure::GivenUp));
    assert_eq!(agent.identity(), None);
}

#[tokio::test]
async fn an_unlocking_does_not_undo_a_later_lock() {
    let late = Late::new().await;
    let agent = late.signed_in("agnes", Role::Agent).await;
    lock(&agent).await;
    let unlock = || agent.call(Request::Unlock { password: secret(PASSWORD) });
    let again = async {
        unlock().await.expect("the password is right");
        lock(&agent).await;
    };
    let answer = late.during("TransactWriteItems", unlock(), again).await;
    assert_eq!(answer.map(drop), Err(Failure::GivenUp));
    assert_eq!(
        agent
            .call(Request::MyBookings { filter: kiosk::domain::journeys::JourneyFilter::default(), after: None })
            .await
            .map(drop),
        Err(Failure::Locked)
    );
}

#[tokio::test]
async fn looking_at_an_account_again_neither_unlocks_nor_signs_in() {
    let late = Late::new().await;
    let agent = late.signed_in("agnes", Role::Agent).await;
    let pnr = "8451234567".parse().expect("a PNR");
    late.stage.advance(TimeDelta::seconds(61));
    late.during("GetItem", agent.call(Request::Slip { pnr }), lock(&agent)).await.expect_err("there is none");
    assert_eq!(
        agent
            .call(Request::MyBookings { filter: kiosk::domain::journeys::JourneyFilter::default(), after: None })
            .await
            .map(drop),
        Err(Failure::Locked)
    );
    agent.call(Request::Unlock { password: secret(PASSWORD) }).await.expect("the password is right");
    late.stage.advance(TimeDelta::seconds(61));
    late.during("GetItem", agent.call(Request::Slip { pnr }), sign_out(&agent)).await.expect_err("there is none");
    assert_eq!(agent.identity(), None);
}

#[tokio::test]
async fn a_late_sign_in_does_not_answer_for_the_next_person() {
    let late = Late::new().await;
    late.stage.account("anita", Role::Traveller).await;
    let session = late.kiosk.open_session(terminal("HALL-1"));
    let other = async {
        sign_in(&session, "dev", "wrong password").await.expect_err("there is no such account");
    };
    let answer = late.during("TransactWriteItems", session.call(signing_in("anita")), other).await;
    assert_eq!(answer.map(drop), Err(Failure::GivenUp));
    assert_eq!(session.identity(), None);
    // The other way round: the first was in already when the second began.
    sign_in(&session, "anita", PASSWORD).await.expect("the password is right");
    sign_in(&session, "dev", "wrong password").await.expect_err("there is no such account");
    assert_eq!(session.identity(), None);
}

#[tokio::test]
async fn a_booking_that_is_answered_after_leaving_is_hidden_from_the_next_guest() {
    let late = Late::new().await;
    let session = late.kiosk.open_session(terminal("HALL-1"));
    let held = hold(&session, whole(), best(1)).await.expect("free");
    let order = order(&session, &held).await;
    let request = session.call(Request::Book { op: new_op(), order, payment: test_money() });
    let booking = booked(late.during("TransactWriteItems", request, sign_out(&session)).await).expect("it was written");
    let seen = session.call(Request::Booking { pnr: booking.pnr }).await;
    assert_eq!(seen.map(drop), Err(Failure::NoSuchBooking(booking.pnr)));
}

#[tokio::test]
async fn a_booking_that_is_answered_after_leaving_is_recorded_as_the_agent_s() {
    let late = Late::new().await;
    let agent = late.signed_in("agnes", Role::Agent).await;
    let account = agent.identity().expect("she is signed in").account;
    let held = hold(&agent, whole(), best(1)).await.expect("free");
    let order = order(&agent, &held).await;
    let request = agent.call(Request::Book { op: new_op(), order, payment: cash() });
    booked(late.during("TransactWriteItems", request, sign_out(&agent)).await).expect("it was written");
    late.kiosk.settle().await;
    let today = "2026-12-01".parse().expect("a date");
    let events = late.stage.world.store.events_of(today).await.expect("it answers");
    let by: Vec<_> =
        events.iter().filter(|event| event.action == "booking.confirm").map(|event| event.account).collect();
    assert_eq!(by, [Some(account)]);
}

#[tokio::test]
async fn berths_that_come_after_leaving_go_back() {
    let late = Late::new().await;
    let guest = late.kiosk.open_session(terminal("HALL-1"));
    // The first hold settles the run's plan.
    let first = hold(&guest, whole(), best(1)).await.expect("free");
    crate::service_kit::release(&guest, &first).await;
    let held = async { hold(&guest, whole(), best(2)).await.map(Reply::Held) };
    late.during("UpdateItem", held, sign_out(&guest)).await.expect("they were free");
    late.kiosk.settle().await;
    assert_eq!(left(&late.stage, whole()).await, 8);
}

#[tokio::test]
async fn whose_account_is_closed_holds_nothing_any_more() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    hold(&agent, whole(), best(2)).await.expect("free");
    assert_eq!(left(&stage, whole()).await, 6);
    // By a process of which this one hears nothing yet.
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    other.close_account(&username("agnes")).await.expect("there is one");
    stage.advance(TimeDelta::seconds(60));
    let pnr = "8451234567".parse().expect("a PNR");
    assert_eq!(agent.call(Request::Slip { pnr }).await.map(drop), Err(Failure::Closed));
    stage.kiosk.settle().await;
    assert_eq!(left(&stage, whole()).await, 8);
}
