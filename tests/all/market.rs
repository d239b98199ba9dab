//! A long train and those who buy its berths: what the figures of selling and the tests of its cost have in common.

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use kiosk::domain::admission::Accept;
use kiosk::domain::booking::Booking;
use kiosk::domain::coach::{BerthRef, Class, Coach, CoachId};
use kiosk::domain::inventory::RunState;
use kiosk::domain::quota::Quota;
use kiosk::domain::segment::Leg;
use kiosk::domain::train::{RunId, Train, TrainDraft};
use kiosk::domain::user::Phone;
use kiosk::service::request::{Failure, Order, Reply, Request, Tender};
use kiosk::service::{Attention, Kiosk, RunWatch, Session};

use crate::service_kit::{best, booked, new_hold, new_op, party, test_money, whole};
use crate::world::rajdhani;

/// The class of all its coaches.
pub const CLASS: Class = Class::ThirdAc;

/// A Rajdhani with as many coaches of three tiers.
pub fn long_train(coaches: u8) -> Train {
    let coach = |number| {
        let id = CoachId::parse(&format!("B{number}")).expect("a coach");
        Coach::new(id, CLASS, 72).expect("berths")
    };
    let draft = TrainDraft { coaches: (1..=coaches).map(coach).collect(), ..TrainDraft::from(rajdhani()) };
    Train::new(draft).expect("the train is in order")
}

/// Its run some days after a first one.
pub fn run_of(first: NaiveDate, days: u16) -> RunId {
    RunId { train: rajdhani().number(), date: first + TimeDelta::days(days.into()) }
}

/// Follows a run as the screens do, once it was read.
pub async fn follow(kiosk: &Kiosk, run: RunId) -> RunWatch {
    let watch = kiosk.watch(run, Attention::Focus);
    kiosk.poll_once().await;
    watch
}

/// The berths that the general quota sells on a run.
pub fn on_sale(state: &RunState) -> Vec<BerthRef> {
    let coaches = state.train.coaches_of(CLASS);
    let berths = coaches
        .flat_map(|coach| state.on_sale(*coach, Quota::General).map(|number| BerthRef { coach: coach.id(), number }));
    berths.collect()
}

/// Holds the best berths from end to end, asks their price and pays it.
pub async fn buy(session: &Session, run: RunId, size: usize) -> Result<Arc<Booking>, Failure> {
    buy_for(session, run, size, test_money()).await
}

/// The same, paid by some means.
pub async fn buy_for(session: &Session, run: RunId, size: usize, payment: Tender) -> Result<Arc<Booking>, Failure> {
    buy_on(session, run, whole(), size, Accept::Berths, payment).await
}

/// The same on any leg, of whatever there is: berths, halves of them, places on the list.
pub async fn buy_anything(session: &Session, run: RunId, leg: Leg, size: usize) -> Result<Arc<Booking>, Failure> {
    buy_on(session, run, leg, size, Accept::Anything, test_money()).await
}

async fn buy_on(
    session: &Session,
    run: RunId,
    leg: Leg,
    size: usize,
    accept: Accept,
    payment: Tender,
) -> Result<Arc<Booking>, Failure> {
    let (class, quota) = (CLASS, Quota::General);
    let hold = Request::Hold { hold: new_hold(), run, leg, class, quota, choice: best(size), accept };
    let Reply::Held(hold) = session.call(hold).await? else { panic!("a hold is answered with a hold") };
    let passengers = party(size);
    let price = Request::Price { run, leg, class, quota, passengers: passengers.clone() };
    let Reply::Priced(fare) = session.call(price).await? else { panic!("a price is answered with a price") };
    let phone = Phone::parse("9810012345").expect("a number");
    let order = Order { hold, passengers, phone, agreed: fare.total };
    booked(session.call(Request::Book { op: new_op(), order, payment }).await)
}
