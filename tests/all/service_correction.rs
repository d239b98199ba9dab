//! A name on a ticket is put right once, by staff, and not once the chart is made.

use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::domain::booking::{Booking, Deed, OpId};
use kiosk::domain::correction::{Correction, NotCorrected};
use kiosk::domain::passenger::PersonName;
use kiosk::domain::user::Role;
use kiosk::service::Session;
use kiosk::service::request::{Failure, Reply, Request};

use crate::service_kit::{Stage, best, book, booked, hold, new_op, order, whole};

async fn sold(session: &Session) -> Arc<Booking> {
    let held = hold(session, whole(), best(2)).await.expect("berths are free");
    book(session, &order(session, &held).await).await.expect("it is booked")
}

fn name(text: &str) -> PersonName {
    PersonName::parse(text).expect("a name")
}

async fn corrects(session: &Session, op: OpId, booking: &Booking, who: (u8, &str)) -> Result<Arc<Booking>, Failure> {
    let correction = Correction { passenger: who.0, name: name(who.1) };
    booked(session.call(Request::CorrectName { op, pnr: booking.pnr, correction }).await)
}

#[tokio::test]
async fn a_name_is_put_right_with_all_that_goes_by_it() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent).await;
    let receipt = async |session: &Session| match session.call(Request::Receipt { pnr: booking.pnr }).await {
        Ok(Reply::Receipt(receipt)) => receipt,
        other => panic!("a receipt was answered with {other:?}"),
    };
    let before = receipt(&agent).await;
    let op = new_op();
    let after = corrects(&agent, op, &booking, (1, "Devika Rao")).await.expect("it is put right");
    assert_eq!(after.passengers[1].passenger.name, name("Devika Rao"));
    let kept = |booking: &Booking| {
        let mut booking = booking.clone();
        booking.passengers[1].passenger.name = name("Nobody");
        (booking.passengers, booking.fare, booking.status, booking.payment)
    };
    assert_eq!(kept(&after), kept(&booking), "nothing else changes");
    let change = after.history.last().expect("a change");
    assert_eq!(change.what, Deed::Renamed { passenger: 1, from: name("Dev") });
    assert_eq!((change.op, change.by), (op, booking.history[0].by));
    assert_ne!(receipt(&agent).await, before, "the receipt has the name");

    let again = corrects(&agent, op, &booking, (1, "Devika Rao")).await.expect("a repetition finds it done");
    assert_eq!(again.version, after.version);
    let read = booked(agent.call(Request::Booking { pnr: booking.pnr }).await).expect("it is there");
    assert_eq!(read.passengers, after.passengers);
}

#[tokio::test]
async fn it_is_done_once_and_to_those_who_travel() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent).await;
    let refused = |why| Err(Failure::NotCorrected(why));
    assert_eq!(corrects(&agent, new_op(), &booking, (0, "Anita")).await, refused(NotCorrected::SameName));
    assert_eq!(corrects(&agent, new_op(), &booking, (2, "Om")).await, refused(NotCorrected::NobodyThere));
    corrects(&agent, new_op(), &booking, (0, "Anita Rao")).await.expect("once");
    assert_eq!(corrects(&agent, new_op(), &booking, (0, "Anita")).await, refused(NotCorrected::Once));
    corrects(&agent, new_op(), &booking, (1, "Dev Rao")).await.expect("each of them once");
}

#[tokio::test]
async fn travellers_do_not_do_it_themselves() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let booking = sold(&tara).await;
    let refused = Err(Failure::NotAllowed { needs: Role::Agent });
    assert_eq!(corrects(&tara, new_op(), &booking, (0, "Somebody Else")).await, refused);
    let agent = stage.agent().await;
    corrects(&agent, new_op(), &booking, (0, "Tara Rao")).await.expect("a counter does, for anybody");
}

#[tokio::test]
async fn a_chart_that_is_due_stands() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent).await;
    let departs = kiosk::domain::time::instant(booking.from.at);
    stage.clock.set(departs - TimeDelta::hours(1));
    let agent = stage.signed_in("asha", Role::Agent).await;
    let late = corrects(&agent, new_op(), &booking, (0, "Anita Rao")).await;
    assert_eq!(late, Err(Failure::NotCorrected(NotCorrected::ChartMade)));
}
