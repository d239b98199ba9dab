//! Quotas: who may buy from which, when, what it costs, and that each sells its own berths until the chart.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::admission::Accept;
use kiosk::domain::booking::Place;
use kiosk::domain::coach::{BerthType, Class};
use kiosk::domain::fare::FareItemKind;
use kiosk::domain::money::Paise;
use kiosk::domain::passenger::{Gender, Passenger};
use kiosk::domain::quota::{NotEligible, Quota};
use kiosk::domain::spot::Grant;
use kiosk::domain::time::instant;
use kiosk::service::Session;
use kiosk::service::request::{Choice, Failure, Outcome, Reply, Request};
use rstest::rstest;

use crate::service_kit::{
    Stage, Wish, anything, berth, book, booked, hold_request, leg, mixed_train, new_hold, new_op, order, order_for,
    passenger, release, run, terminal, test_money, whole,
};

fn of(class: Class, quota: Quota) -> Wish {
    Wish { class, quota, accept: Accept::Berths, ..anything() }
}

fn somebody(name: &str, gender: Gender, age: u8) -> Passenger {
    Passenger { gender, age: age.try_into().expect("an age"), ..passenger(name) }
}

/// Books a party of a quota, from the hold on.
async fn book_party(session: &Session, wish: Wish, party: Vec<Passenger>) -> Result<Vec<Place>, Failure> {
    let held = wish.hold(session, party.len()).await?;
    let order = match order_for(session, &held, party).await {
        Ok(order) => order,
        Err(failure) => {
            release(session, &held).await;
            return Err(failure);
        }
    };
    Ok(book(session, &order).await?.passengers.iter().map(|booked| booked.place).collect())
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

#[tokio::test]
async fn the_ladies_quota_is_for_women_and_their_young_boys() {
    let stage = Stage::mixed().await;
    let guest = stage.guest();
    let ladies = of(Class::Sleeper, Quota::Ladies);
    let man = vec![somebody("Dev", Gender::Male, 30)];
    let refused = book_party(&guest, ladies, man).await;
    assert_eq!(refused, Err(Failure::NotEligible(NotEligible::NotLadies { passenger: 1, boys_below: 12 })));
    let family = vec![somebody("Anita", Gender::Female, 34), somebody("Om", Gender::Male, 8)];
    let places = book_party(&guest, ladies, family).await.expect("they may");
    assert!(places.iter().all(|place| place.berth().is_some()), "{places:?}");
    let full = ladies.hold(&stage.agent().await, 1).await.expect_err("both berths are sold");
    assert_eq!(full.to_string(), "This class is sold out for your leg: choose another class or train.");
    let none = of(Class::ThirdAc, Quota::Ladies).hold(&guest, 1).await;
    let none = none.expect_err("3A keeps none for ladies").to_string();
    assert_eq!(none, "There is no Ladies quota in class 3A: choose another class, or the general quota.");
}

#[tokio::test]
async fn senior_citizens_get_lower_berths_of_their_own() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    let seniors = of(Class::Sleeper, Quota::Senior);
    let young = book_party(&agent, seniors, vec![somebody("Dev", Gender::Male, 59)]).await;
    assert!(matches!(young, Err(Failure::NotEligible(NotEligible::TooYoung { passenger: 1, .. }))), "{young:?}");
    let pair = vec![somebody("Om", Gender::Male, 60), somebody("Leela", Gender::Female, 58)];
    let places = book_party(&agent, seniors, pair).await.expect("they may");
    let lower = |place: &Place| place.berth().is_some_and(|allotted| allotted.kind == BerthType::Lower);
    assert!(places.iter().all(lower), "{places:?}");
    let three = seniors.hold(&agent, 3).await.expect_err("two at most");
    assert!(three.to_string().contains("at most 2 passengers"), "{three}");
}

/// Tatkal opens a day before the train leaves its origin, at 10:00 with air conditioning and at 11:00 without, whatever
/// the leg (reference 2.5).
#[rstest]
#[case::ac_a_second_early(Class::ThirdAc, "2026-12-04T04:29:59Z", false)]
#[case::ac_in_time(Class::ThirdAc, "2026-12-04T04:30:00Z", true)]
#[case::sleeper_a_second_early(Class::Sleeper, "2026-12-04T05:29:59Z", false)]
#[case::sleeper_in_time(Class::Sleeper, "2026-12-04T05:30:00Z", true)]
#[tokio::test]
async fn tatkal_opens_the_day_before(#[case] class: Class, #[case] now: &str, #[case] is_open: bool) {
    let stage = Stage::mixed().await;
    stage.clock.set(at(now));
    // Boarding after midnight: what counts is when the train leaves its origin.
    let late = Wish { leg: leg(4, 5), ..of(class, Quota::Tatkal) };
    match late.hold(&stage.guest(), 1).await {
        Ok(_) => assert!(is_open),
        Err(Failure::TatkalOpens { at }) => {
            assert!(!is_open && at == stage.kiosk.now() + TimeDelta::seconds(1), "{at}");
        }
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn tatkal_costs_more_and_takes_at_most_four() {
    let stage = Stage::mixed().await;
    let guest = stage.guest();
    stage.clock.set(at("2026-12-04T06:00:00Z"));
    let tatkal = of(Class::Sleeper, Quota::Tatkal);
    let five = tatkal.hold(&guest, 5).await.expect_err("four at most").to_string();
    assert_eq!(five, "A booking in the Tatkal quota has at most 4 passengers: book the others separately.");
    let held = tatkal.hold(&guest, 1).await.expect("it is open");
    let order = order(&guest, &held).await;
    let booking = book(&guest, &order).await.expect("it is paid");
    let charge = booking.fare.sum_of(FareItemKind::Tatkal);
    assert!(charge >= Paise::rupees(100) && charge <= Paise::rupees(200), "{charge}");
    let general = of(Class::Sleeper, Quota::General).hold(&guest, 1).await.expect("free");
    let general = crate::service_kit::order(&guest, &general).await;
    let more = order.agreed - general.agreed;
    let step = Paise::rupees(5);
    assert!(more > charge - step && more < charge + step, "{more} for {charge}, but for what both are rounded by");
}

#[tokio::test]
async fn each_quota_sells_its_own_berths_until_the_chart_and_then_all_are_everybody_s() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    let general = of(Class::ThirdAc, Quota::General);
    for _ in 0..13 {
        general.buy(&agent, 1).await.expect("the general quota has so many");
    }
    assert!(general.hold(&agent, 1).await.is_err(), "though berths are free in other quotas");
    // 7 is shared, 1 is for senior citizens, and 16 is for Tatkal.
    for number in [1, 7, 16] {
        let choice = Choice::Berths(vec![berth("B1", number)]);
        let reply = agent.call(hold_request(new_hold(), whole(), Class::ThirdAc, choice)).await;
        let refused = reply.expect_err("it is kept for others");
        assert_eq!(refused, Failure::OtherQuota { berths: vec![berth("B1", number)] });
        assert_eq!(
            refused.to_string(),
            format!("B1-{number} is not sold in this quota: choose another berth, or another quota.")
        );
    }
    let departs = instant(run().date.and_hms_opt(17, 0, 0).expect("a time"));
    stage.clock.set(departs - TimeDelta::hours(10));
    stage.kiosk.work_once().await;
    let over = of(Class::ThirdAc, Quota::Senior).hold(&agent, 1).await;
    assert_eq!(over, Err(Failure::QuotaOver { quota: Quota::Senior }));
    let whole_of_shared = Choice::Berths(vec![berth("B1", 7)]);
    let reply = agent.call(hold_request(new_hold(), whole(), Class::ThirdAc, whole_of_shared)).await;
    let Ok(Reply::Held(held)) = reply else { panic!("{reply:?}") };
    assert_eq!(held.grants, [Grant::Berth(berth("B1", 7))]);
    assert_eq!(held.parts.values().map(Vec::len).sum::<usize>(), 2, "both halves are taken");
    general.buy(&agent, 2).await.expect("the other two are sold to whoever comes");
}

#[tokio::test]
async fn unreserved_tickets_take_nothing_from_the_train() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    let unreserved = Wish { class: Class::Unreserved, ..anything() };
    let mut sold = Vec::new();
    for size in [1, 6, 6] {
        sold.push(unreserved.buy(&agent, size).await.expect("there is no end of them"));
    }
    assert!(sold.iter().flat_map(|booking| &booking.passengers).all(|booked| booked.place == Place::Unreserved));
    let left = stage.world.store.run(run(), crate::service_kit::current(&mixed_train().into())).await;
    let state = left.expect("it answers").expect("it runs").state;
    assert!(state.coaches.is_empty() && state.queues.is_empty(), "no coach was written to");
    let guest = stage.guest();
    let held = unreserved.hold(&guest, 1).await.expect("it is sold");
    let reserve = Request::Reserve { op: new_op(), order: order(&guest, &held).await };
    assert_eq!(booked(guest.call(reserve).await), Err(Failure::NothingToKeep), "a slip keeps berths");
    let late = order(&guest, &held).await;
    let cancelled = stage.kiosk.operator_session().call(Request::CancelRun { run: run() }).await;
    assert!(matches!(cancelled, Ok(Reply::Done)), "{cancelled:?}");
    assert_eq!(book(&guest, &late).await, Err(Failure::TrainCancelled), "nobody pays for a train that does not run");
    assert_eq!(unreserved.hold(&guest, 1).await, Err(Failure::TrainCancelled));
    for booking in sold {
        let refunded = stage.world.store.booking(booking.pnr).await.expect("it answers").expect("it is there");
        assert_eq!(refunded.kept(), Paise::ZERO, "everybody gets their money back");
    }
}

/// There is no hold whose absence could refuse a request that comes late: so nobody is told that it is not carried out.
#[tokio::test]
async fn an_unreserved_ticket_that_may_have_been_sold_is_asked_for_again_and_sold_once() {
    let stage = Stage::mixed().await;
    let meeting = Meeting::of(2);
    let (late, first) = (meeting.clone(), AtomicBool::new(true));
    let store = stage.world.with_faults(move |call: &Call| {
        let is_sale = call.operation == "TransactWriteItems";
        match is_sale && first.swap(false, Ordering::SeqCst) {
            true => Some(Fault::Late(late.clone())),
            false if is_sale => Some(Fault::Answer(500, "InternalServerError".to_owned())),
            false => None,
        }
    });
    let slow = stage.other_kiosk(store).await;
    let guest = slow.open_session(terminal("HALL-2"));
    let unreserved = Wish { class: Class::Unreserved, ..anything() };
    let held = unreserved.hold(&guest, 1).await.expect("it is sold");
    let request = Request::Book { op: new_op(), order: order(&guest, &held).await, payment: test_money() };
    let doubt = booked(guest.call(request.clone()).await);
    assert!(matches!(doubt, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{doubt:?}");
    stage.clock.set(held.until + TimeDelta::minutes(1));
    let doubt = booked(guest.call(request.clone()).await);
    assert!(matches!(doubt, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{doubt:?}");
    // Nor when sales have closed in between: the first attempt would not know.
    stage.clock.set(instant(run().date.and_hms_opt(17, 0, 0).expect("a time")));
    let doubt = booked(guest.call(request.clone()).await);
    assert!(matches!(doubt, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{doubt:?}");
    // Now it arrives.
    meeting.come().await;
    meeting.come().await;
    let found = booked(guest.call(request.clone()).await).expect("it was sold");
    assert_eq!(booked(guest.call(request).await), Ok(found), "once");
}

#[tokio::test]
async fn a_train_without_unreserved_coaches_sells_none() {
    let stage = Stage::new().await;
    let unreserved = Wish { class: Class::Unreserved, ..anything() };
    assert_eq!(unreserved.hold(&stage.guest(), 1).await, Err(Failure::NoSuchRun));
}
