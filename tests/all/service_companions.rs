//! People who travelled before: found by the telephone number, or among the bookings of one's own account.

use chrono::TimeDelta;
use kiosk::domain::user::{Phone, Role};
use kiosk::service::Session;
use kiosk::service::request::{Failure, Reply, Request};

use crate::service_kit::{Stage, best, book, hold, order_for, passenger, run, whole};

async fn travels(stage: &Stage, session: &Session, names: &[&str], phone: &str) {
    let held = hold(session, whole(), best(names.len())).await.expect("berths are free");
    let mut order =
        order_for(session, &held, names.iter().map(|name| passenger(name)).collect()).await.expect("a price");
    order.phone = Phone::parse(phone).expect("a number");
    book(session, &order).await.expect("it is booked");
    stage.advance(TimeDelta::minutes(1));
}

async fn names(session: &Session, request: Request) -> Result<Vec<String>, Failure> {
    let Reply::Companions { people, .. } = session.call(request).await? else {
        panic!("people are answered with people")
    };
    Ok(people.into_iter().map(|one| one.passenger.name.to_string()).collect())
}

fn with(phone: &str) -> Request {
    Request::Companions { phone: Phone::parse(phone).expect("a number") }
}

#[tokio::test]
async fn staff_find_the_last_passengers_of_a_number_however_it_is_written() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    travels(&stage, &agent, &["Anita Sharma", "Dev Sharma"], "9810012345").await;
    travels(&stage, &agent, &["Mira Iyer"], "9876543210").await;
    travels(&stage, &agent, &["ANITA SHARMA", "Om Sharma"], "+91 98100 12345").await;
    let newest_first = ["ANITA SHARMA", "Om Sharma", "Dev Sharma"];
    for written in ["9810012345", "+919810012345", "098100 12345"] {
        assert_eq!(names(&agent, with(written)).await.expect("they are found"), newest_first, "{written}");
    }
    assert!(names(&agent, with("9000000000")).await.expect("it answers").is_empty());
}

#[tokio::test]
async fn a_traveller_finds_their_own_and_nobody_elses() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let omar = stage.signed_in("omar", Role::Traveller).await;
    travels(&stage, &tara, &["Tara Rao"], "9810012345").await;
    assert_eq!(names(&tara, Request::MyCompanions { on: run().date }).await.expect("it answers"), ["Tara Rao"]);
    assert!(names(&omar, Request::MyCompanions { on: run().date }).await.expect("it answers").is_empty());
    let refused = names(&omar, with("9810012345")).await;
    assert_eq!(refused, Err(Failure::NotAllowed { needs: Role::Agent }), "a number is not secret");
}

#[tokio::test]
async fn no_more_are_shown_than_somebody_looks_through() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    for booking in 0..4 {
        let party: Vec<String> = (0..4).map(|one| format!("Passenger {booking} {one}")).collect();
        let party: Vec<&str> = party.iter().map(String::as_str).collect();
        let leg = crate::service_kit::leg(booking, booking + 1);
        let held = hold(&agent, leg, best(4)).await.expect("berths are free");
        let order =
            order_for(&agent, &held, party.iter().map(|name| passenger(name)).collect()).await.expect("a price");
        book(&agent, &order).await.expect("it is booked");
        stage.advance(TimeDelta::minutes(1));
    }
    let found = names(&agent, with("9810012345")).await.expect("they are found");
    assert_eq!(found.len(), 12);
    assert_eq!(found[0], "Passenger 3 0");
}
