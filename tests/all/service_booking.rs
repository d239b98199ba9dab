//! Bookings: nothing is paid that is not held, nothing is booked twice, and a receipt cannot be lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::booking::{BookingStatus, PaymentMethod};
use kiosk::domain::money::Paise;
use kiosk::domain::passenger::Accommodation;
use kiosk::domain::user::Role;
use kiosk::service::Settings;
use kiosk::service::request::{Choice, Failure, Order, Outcome, Reply, Request, Tender};
use kiosk::store::schema::SCHEMA_VERSION;
use kiosk::ticket::TicketKey;
use rstest::rstest;

use crate::service_kit::{
    Stage, berth, best, book, booked, cash, hold, left, leg, new_op, order, party, run, settings, sign_in, terminal,
    test_money, whole,
};

#[tokio::test]
async fn held_berths_become_the_passengers_and_stay_taken() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let held = hold(&agent, whole(), best(2)).await.expect("free");
    let order = order(&agent, &held).await;
    let request = Request::Book { op: new_op(), order: order.clone(), payment: cash() };
    let booking = booked(agent.call(request).await).expect("it is paid");
    assert_eq!(booking.status, BookingStatus::Booked);
    assert_eq!(booking.berths().map(|allotted| allotted.berth).collect::<Vec<_>>(), held.berths());
    assert_eq!(booking.payment.as_ref().map(|payment| payment.amount), Some(order.agreed));
    assert_eq!((booking.from.name.as_str(), booking.to.name.as_str()), ("Mumbai Central", "New Delhi"));
    assert_eq!(booking.km, 1386);
    let again = booked(agent.call(Request::Booking { pnr: booking.pnr }).await).expect("it is there");
    assert_eq!(again, booking);
    stage.advance(TimeDelta::hours(1));
    assert_eq!(left(&stage, whole()).await, 6, "sold berths do not come back with time");
}

#[tokio::test]
async fn leaving_after_a_booking_gives_nothing_back() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(2)).await.expect("free");
    book(&guest, &order(&guest, &held).await).await.expect("it is paid");
    guest.call(Request::Release { hold: held.id, run: held.run }).await.expect("nothing to give back");
    guest.call(Request::SignOut).await.expect("anyone may leave");
    stage.kiosk.settle().await;
    assert_eq!(left(&stage, whole()).await, 6);
}

#[tokio::test]
async fn a_lost_confirmation_repeated_gives_the_same_booking() {
    let stage = Stage::new().await;
    let down = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&down);
    let first = AtomicBool::new(true);
    let store = stage.world.with_faults(move |call: &Call| {
        let broken = switch.load(Ordering::SeqCst) && call.operation == "TransactWriteItems";
        // The first is applied, and then the line is gone.
        broken.then(|| if first.swap(false, Ordering::SeqCst) { Fault::LoseReply } else { Fault::LoseRequest })
    });
    let kiosk = stage.other_kiosk(store).await;
    let guest = kiosk.open_session(terminal("HALL-1"));
    let held = hold(&guest, whole(), best(2)).await.expect("free");
    let order = order(&guest, &held).await;
    let request = Request::Book { op: new_op(), order, payment: test_money() };
    down.store(true, Ordering::SeqCst);
    let lost = booked(guest.call(request.clone()).await);
    assert!(matches!(lost, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{lost:?}");
    down.store(false, Ordering::SeqCst);
    // By now the time to pay would be over; the money was taken in time.
    stage.advance(TimeDelta::minutes(11));
    let booking = booked(guest.call(request.clone()).await).expect("it was booked");
    let again = booked(guest.call(request).await).expect("it was booked");
    assert_eq!(booking, again);
    assert_eq!(left(&stage, whole()).await, 6);
}

#[tokio::test]
async fn a_booking_that_never_arrived_can_be_repeated_and_its_berths_wait() {
    let stage = Stage::new().await;
    let down = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&down);
    let store = stage.world.with_faults(move |call: &Call| {
        (switch.load(Ordering::SeqCst) && call.operation == "TransactWriteItems").then_some(Fault::LoseRequest)
    });
    let kiosk = stage.other_kiosk(store).await;
    let guest = kiosk.open_session(terminal("HALL-1"));
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let request = Request::Book { op: new_op(), order: order(&guest, &held).await, payment: test_money() };
    down.store(true, Ordering::SeqCst);
    assert!(guest.call(request.clone()).await.is_err());
    down.store(false, Ordering::SeqCst);
    let booking = booked(guest.call(request).await).expect("it is booked now");
    assert_eq!(booking.status, BookingStatus::Booked);
    guest.close();
    kiosk.settle().await;
    assert_eq!(left(&stage, whole()).await, 7);
}

#[tokio::test]
async fn a_store_that_refuses_everything_leaves_nothing_changed_and_says_so() {
    let stage = Stage::new().await;
    let store = stage.world.with_faults(|call: &Call| {
        (call.operation == "UpdateItem").then(|| Fault::Answer(400, "ThrottlingException".to_owned()))
    });
    let kiosk = stage.other_kiosk(store).await;
    let guest = kiosk.open_session(terminal("HALL-1"));
    let refused = hold(&guest, whole(), best(1)).await;
    assert!(matches!(refused, Err(Failure::Unavailable { outcome: Outcome::NothingChanged, .. })), "{refused:?}");
}

#[tokio::test]
async fn an_expired_hold_has_a_failure_of_its_own_before_money_is_taken() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let order = order(&guest, &held).await;
    stage.clock.set(held.until - TimeDelta::milliseconds(1));
    let other = stage.guest();
    assert_eq!(book(&other, &order).await, Err(Failure::HoldExpired), "a hold is the session's that asked for it");
    stage.clock.set(held.until);
    assert_eq!(book(&guest, &order).await, Err(Failure::HoldExpired));
    stage.clock.set(held.until - TimeDelta::milliseconds(1));
    assert_eq!(book(&guest, &order).await, Err(Failure::HoldExpired), "it stays so, even if the clock is put back");
}

#[tokio::test]
async fn a_hold_that_another_clock_gave_away_is_not_booked() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(4)).await.expect("free");
    let order = order(&guest, &held).await;
    // Somewhere a clock is eleven minutes fast.
    stage.advance(TimeDelta::minutes(11));
    let other = stage.guest();
    hold(&other, whole(), best(6)).await.expect("the berths of the expired hold are free");
    stage.advance(TimeDelta::minutes(-11));
    assert_eq!(book(&guest, &order).await, Err(Failure::HoldExpired));
    assert_eq!(left(&stage, whole()).await, 2);
}

#[tokio::test]
async fn what_was_agreed_is_what_is_paid() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let right = order(&guest, &held).await;
    let wrong = Order { agreed: right.agreed - Paise::rupees(5), ..right.clone() };
    match book(&guest, &wrong).await {
        Err(Failure::FareChanged(fare)) => assert_eq!(fare.total, right.agreed),
        other => panic!("{other:?}"),
    }
    book(&guest, &right).await.expect("the berths are still held");
}

#[tokio::test]
async fn the_party_has_to_fit_the_berths_and_a_child_on_a_lap_needs_none() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(2)).await.expect("free");
    let two = order(&guest, &held).await;
    let three = Order { passengers: party(3), ..two.clone() };
    assert_eq!(book(&guest, &three).await, Err(Failure::PartyMismatch { held: 2, needed: 3 }));
    let mut passengers = party(3);
    passengers[1].age = 3.try_into().expect("an age");
    passengers[1].accommodation = Accommodation::Lap;
    let booking = book(&guest, &Order { passengers, ..two }).await.expect("the third is on a lap");
    let berths: Vec<_> = booking.passengers.iter().map(|passenger| passenger.place.berth().is_some()).collect();
    assert_eq!(berths, [true, false, true]);
}

#[tokio::test]
async fn a_pnr_that_is_taken_is_drawn_again() {
    let stage = Stage::new().await;
    let op = new_op();
    let book_as = async |berths| {
        let guest = stage.guest();
        let held = hold(&guest, whole(), best(berths)).await.expect("free");
        let request = Request::Book { op, order: order(&guest, &held).await, payment: test_money() };
        booked(guest.call(request).await).expect("it is booked")
    };
    let first = book_as(1).await;
    // As if somebody else's action had drawn the same number.
    let other = AttributeValue::S(new_op().0.to_string());
    let update = stage.world.clients.dynamodb.update_item().table_name(&stage.world.names.bookings);
    let update = update.key("BookingID", AttributeValue::S(first.pnr.to_string()));
    let update = update.update_expression("SET History[0].OpID = :other").expression_attribute_values(":other", other);
    update.send().await.expect("it is changed");
    let second = book_as(2).await;
    assert_ne!(first.pnr, second.pnr);
    assert_eq!(left(&stage, whole()).await, 5);
}

#[rstest]
#[case(PaymentMethod::Card, Some("A7731"), Ok(()))]
#[case(PaymentMethod::Card, None, Err(Failure::BadReference))]
#[case(PaymentMethod::Card, Some("  "), Err(Failure::BadReference))]
#[case(PaymentMethod::Card, Some("A\u{202e}7"), Err(Failure::BadReference))]
#[case(PaymentMethod::Cash, Some("an envelope that nobody could ever count, twice"), Err(Failure::BadReference))]
#[tokio::test]
async fn a_card_needs_a_reference_that_can_be_printed(
    #[case] method: PaymentMethod,
    #[case] reference: Option<&str>,
    #[case] answer: Result<(), Failure>,
) {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let held = hold(&agent, whole(), best(1)).await.expect("free");
    let payment = Tender { method, reference: reference.map(str::to_owned) };
    let request = Request::Book { op: new_op(), order: order(&agent, &held).await, payment };
    assert_eq!(booked(agent.call(request).await).map(drop), answer);
}

#[tokio::test]
async fn where_test_payments_are_off_there_are_none() {
    let stage = Stage::with(Settings { test_payment: false, ..settings() }).await;
    let agent = stage.agent().await;
    let held = hold(&agent, whole(), best(1)).await.expect("free");
    let order = order(&agent, &held).await;
    assert_eq!(book(&agent, &order).await, Err(Failure::NoTestPayment));
}

#[tokio::test]
async fn a_booking_is_its_account_s_the_staff_s_and_while_they_are_there_the_guest_s() {
    let stage = Stage::new().await;
    let traveller = stage.signed_in("tara", Role::Traveller).await;
    let held = hold(&traveller, whole(), best(1)).await.expect("free");
    let hers = book(&traveller, &order(&traveller, &held).await).await.expect("it is booked");
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let guests = book(&guest, &order(&guest, &held).await).await.expect("it is booked");

    let (agent, nosy) = (stage.agent().await, stage.signed_in("nosy", Role::Traveller).await);
    for pnr in [hers.pnr, guests.pnr] {
        for request in [Request::Booking { pnr }, Request::Receipt { pnr }, Request::Ticket { pnr }] {
            assert!(agent.call(request.clone()).await.is_ok(), "staff see all");
            assert_eq!(nosy.call(request).await.map(drop), Err(Failure::NoSuchBooking(pnr)));
        }
    }
    let elsewhere = stage.kiosk.open_session(terminal("NDLS-09"));
    sign_in(&elsewhere, "tara", crate::service_kit::PASSWORD).await.expect("the password is right");
    assert!(elsewhere.call(Request::Booking { pnr: hers.pnr }).await.is_ok(), "her own, wherever she signs in");
    assert!(guest.call(Request::Booking { pnr: guests.pnr }).await.is_ok());
    guest.call(Request::SignOut).await.expect("anyone may leave");
    let gone = guest.call(Request::Booking { pnr: guests.pnr }).await.map(drop);
    assert_eq!(gone, Err(Failure::NoSuchBooking(guests.pnr)));
}

#[tokio::test]
async fn my_bookings_come_newest_first_and_page_by_page() {
    let stage = Stage::new().await;
    let traveller = stage.signed_in("tara", Role::Traveller).await;
    let mut made = Vec::new();
    // Five segments of four berths in two coaches are forty single legs.
    for n in 0..23_u8 {
        stage.advance(TimeDelta::seconds(1));
        let held = hold(&traveller, leg(n % 5, n % 5 + 1), best(1)).await.expect("free");
        made.push(book(&traveller, &order(&traveller, &held).await).await.expect("it is booked").pnr);
    }
    made.reverse();
    let (mut listed, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let reply = traveller
            .call(Request::MyBookings { filter: kiosk::domain::journeys::JourneyFilter::default(), after })
            .await;
        let Ok(Reply::Bookings { page, next, .. }) = reply else { panic!("{reply:?}") };
        listed.extend(page.iter().map(|booking| booking.pnr));
        (after, pages) = (next, pages + 1);
        if after.is_none() {
            break;
        }
    }
    assert_eq!((listed, pages), (made, 2));
    let agent = stage.agent().await;
    let reply = agent
        .call(Request::MyBookings { filter: kiosk::domain::journeys::JourneyFilter::default(), after: None })
        .await;
    assert!(matches!(reply, Ok(Reply::Bookings { page, next: None, .. }) if page.is_empty()));
}

#[tokio::test]
async fn a_receipt_is_stored_and_comes_back_when_the_object_is_gone() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let booking = book(&guest, &order(&guest, &held).await).await.expect("it is booked");
    stage.kiosk.settle().await;
    let version = booking.version.into();
    let stored = stage.world.store.receipt(booking.pnr, version).await.expect("it answers").expect("it is stored");
    assert!(stored.starts_with(b"%PDF"));

    let key = format!("receipts/{}-1.pdf", booking.pnr);
    let s3 = &stage.world.clients.s3;
    s3.delete_object().bucket(&stage.world.names.bucket).key(key).send().await.expect("it is deleted");
    let reply = guest.call(Request::Receipt { pnr: booking.pnr }).await;
    let Ok(Reply::Receipt(document)) = reply else { panic!("{reply:?}") };
    assert_eq!(document.name, format!("receipt-{}.pdf", booking.pnr));
    assert_eq!(&document.bytes[..], &stored[..], "the same to the byte");
    assert!(stage.world.store.receipt(booking.pnr, version).await.expect("it answers").is_some(), "stored again");
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_fails_neither_a_booking_nor_its_receipt() {
    let stage = Stage::new().await;
    let store = stage.world.with_faults(|call: &Call| {
        call.operation.ends_with("Object").then(|| Fault::Answer(503, "SlowDown".to_owned()))
    });
    let kiosk = stage.other_kiosk(store).await;
    let guest = kiosk.open_session(terminal("HALL-1"));
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let booking = book(&guest, &order(&guest, &held).await).await.expect("it is booked");
    kiosk.settle().await;
    let reply = guest.call(Request::Receipt { pnr: booking.pnr }).await;
    assert!(matches!(reply, Ok(Reply::Receipt(_))), "{reply:?}");
}

#[tokio::test]
async fn the_ticket_is_signed_with_the_key_of_this_kiosk() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let booking = book(&guest, &order(&guest, &held).await).await.expect("it is booked");
    let reply = guest.call(Request::Ticket { pnr: booking.pnr }).await;
    let Ok(Reply::Ticket(ticket)) = reply else { panic!("{reply:?}") };
    let secret: Vec<u8> = (0..32).collect();
    let facts = kiosk::ticket::verify(ticket.as_bytes(), &[TicketKey::derive(&secret).public()]);
    assert_eq!(facts.expect("it was signed here").pnr, booking.pnr);
}

#[tokio::test]
async fn the_log_says_who_booked_what() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let held = hold(&agent, whole(), best(1)).await.expect("free");
    let booking = book(&agent, &order(&agent, &held).await).await.expect("it is booked");
    stage.kiosk.settle().await;
    let today = "2026-12-01".parse().expect("a date");
    let events = stage.world.store.events_of(today).await.expect("it answers");
    let confirm = events.iter().find(|event| event.action == "booking.confirm").expect("it is recorded");
    assert_eq!(confirm.subject, Some(booking.pnr.to_string()));
    assert_eq!((confirm.account, confirm.terminal.as_str()), (booking.account, "NDLS-07"));
    let text = format!("{events:?}");
    assert!(!text.contains("98100"), "no telephone number in the log");
}

#[tokio::test]
async fn every_item_of_a_sold_run_says_when_it_may_go() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), Choice::Berths(vec![berth("A1", 3)])).await.expect("free");
    let booking = book(&guest, &order(&guest, &held).await).await.expect("it is booked");
    stage.kiosk.settle().await;
    let query = stage.world.clients.dynamodb.query().table_name(stage.world.names.runs());
    let query = query.key_condition_expression("RunID = :run");
    let query = query.expression_attribute_values(":run", AttributeValue::S(run().to_string()));
    let items = query.send().await.expect("it answers").items.unwrap_or_default();
    let text = |value: &AttributeValue| value.as_s().cloned().unwrap_or_default();
    let mut keys: Vec<_> = items.iter().map(|item| text(&item["Item"])).collect();
    keys.sort();
    assert_eq!(keys, ["#rev", "#run", "C#A1", &format!("P#{}", booking.pnr)]);
    // It arrives on 6 December at 08:32 in India, 03:02 in Greenwich.
    let expires: chrono::DateTime<chrono::Utc> = "2027-03-06T03:02:00Z".parse().expect("an instant");
    for item in &items {
        assert_eq!(item["ExpiresAt"], AttributeValue::N(expires.timestamp().to_string()), "{item:?}");
        assert_eq!(item["SchemaVersion"], AttributeValue::N(SCHEMA_VERSION.to_string()));
    }
    let coach = items.iter().find(|item| item["Item"] == AttributeValue::S("C#A1".to_owned())).expect("it was written");
    assert_eq!(coach["Plan"], AttributeValue::S("12951@1".to_owned()));
    assert_eq!(coach["B3"], AttributeValue::N("31".to_owned()), "five segments");
    assert!(coach.keys().all(|name| !name.starts_with("H#")), "the hold is gone");
}
