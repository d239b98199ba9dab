//! From the passengers to the ticket: what is typed, what is asked of the services, and what a person sees.

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use kiosk::domain::booking::{Booking, BookingStatus, OpId, PaymentMethod, Slip};
use kiosk::domain::coach::{BerthRef, Class, CoachId};
use kiosk::domain::fare::{Fare, Ride, Traveller, price};
use kiosk::domain::inventory::{HoldId, Parts};
use kiosk::domain::passenger::{Accommodation, Gender, Passenger};
use kiosk::domain::quota::Quota;
use kiosk::domain::spot::Grant;
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::timetable::Journey;
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, Hold, Outcome, Reply, Request};
use kiosk::ticket::TicketKey;
use kiosk::ui::context::Setup;
use kiosk::ui::draft::Draft;
use kiosk::ui::msg::{Effect, Msg};
use kiosk::ui::screen::Screen;
use kiosk::ui::screens::passengers::Passengers;
use uuid::Uuid;

use crate::sample_booking;
use crate::ui_kit::{RULES, Stage, TIMETABLE, setup, start, station};

const LONG: [&str; 6] = [
    "Venkatanarasimharajuvaripeta Subrahmanyam",
    "Thiruvananthapuram Padmanabhaswamy Iyer",
    "Anita Sharma",
    "Dev Sharma",
    "Maharani Gayatri Devi of Jaipur Rajmata",
    "अनीता शर्मा",
];

fn journey() -> Journey {
    let date = NaiveDate::from_ymd_opt(2026, 12, 24).expect("a date");
    let journeys = TIMETABLE.journeys(&[station("NDLS")], &[station("MMCT")], date);
    journeys.into_iter().find(|journey| journey.train.number().as_str() == "12952").expect("the bundled Rajdhani")
}

/// A journey in work with berths B2-20 and on held for ten minutes.
fn draft(berths: u8) -> Draft {
    let journey = journey();
    let coach = CoachId::parse("B2").expect("a coach");
    let hold = Hold {
        id: HoldId(Uuid::from_u128(9)),
        run: journey.run,
        leg: journey.leg,
        class: Class::ThirdAc,
        quota: Quota::General,
        grants: (20..20 + berths).map(|number| Grant::Berth(BerthRef { coach, number })).collect(),
        parts: Parts::new(),
        until: start() + TimeDelta::minutes(10),
    };
    Draft {
        date: Some(journey.run.date),
        journey: Some(journey),
        class: Some(Class::ThirdAc),
        party: berths,
        hold: Some(hold),
        ..Draft::default()
    }
}

fn at_passengers(setup: Setup, berths: u8) -> Stage {
    let mut stage = Stage::new(setup);
    stage.app.show(draft(berths), [Passengers::default().into()]);
    stage.tell(Msg::Wake);
    stage.calls.clear();
    stage
}

fn staff() -> Setup {
    Setup { identity: Some(crate::ui_kit::identity(Role::Agent)), ..setup(TerminalKind::Counter) }
}

fn fare_of(passengers: &[Passenger]) -> Fare {
    let journey = journey();
    let party: Vec<_> =
        passengers.iter().map(|who| Traveller { age: who.age, accommodation: who.accommodation }).collect();
    let booked = start().date_naive();
    let ride = Ride { kind: journey.train.kind(), class: Class::ThirdAc, quota: Quota::General, km: journey.km };
    price(RULES.fares_on(booked), RULES.quotas_on(booked), ride, &party).expect("a fare")
}

/// Answers the question for the price by the bundled rules.
fn priced(stage: &mut Stage) -> Fare {
    let (_, request) = stage.calls.front().expect("the price is asked").clone();
    let Request::Price { passengers, .. } = request else { panic!("the price is asked, not {request:?}") };
    let fare = fare_of(&passengers);
    stage.reply(Ok(Reply::Priced(fare.clone())));
    fare
}

fn at_review(setup: Setup) -> (Stage, Fare) {
    let mut stage = at_passengers(setup, 2);
    stage.keys("Anita Sharma<enter>34<enter>f<enter>Dev Sharma<enter>9<enter>m<enter>+91 98100 12345<enter>");
    let fare = priced(&mut stage);
    (stage, fare)
}

fn booked(op: OpId) -> Arc<Booking> {
    let mut booking = sample_booking::booking();
    booking.history[0].op = op;
    Arc::new(booking)
}

fn op(request: &Request) -> OpId {
    match request {
        Request::Book { op, .. } | Request::Reserve { op, .. } | Request::PaySlip { op, .. } => *op,
        other => panic!("no payment: {other:?}"),
    }
}

fn unknown() -> Failure {
    Failure::Unavailable { outcome: Outcome::Unknown, reference: "k7f2".to_owned() }
}

#[test]
fn a_party_is_typed_and_priced() {
    let (stage, _) = at_review(staff());
    let draft = &stage.app.world().draft;
    let who: Vec<_> = draft.passengers.iter().map(|who| (who.name.as_str(), who.age.years(), who.gender)).collect();
    assert_eq!(who, [("Anita Sharma", 34, Gender::Female), ("Dev Sharma", 9, Gender::Male)]);
    assert_eq!(draft.phone.as_ref().map(kiosk::domain::user::Phone::as_str), Some("+919810012345"));
    assert_picture!(stage, "review_cash");
}

#[test]
fn six_passengers_with_long_names_fit() {
    let mut stage = at_passengers(staff(), 6);
    for (name, age) in LONG.into_iter().zip(["71", "34", "4", "9", "60", "125"]) {
        stage.paste(&name.chars().take(40).collect::<String>());
        stage.keys(&format!("<enter>{age}<enter>f<enter>"));
    }
    assert_picture!(stage, "six_passengers");
    stage.keys("9810012345<enter>");
    priced(&mut stage);
    assert_picture!(stage, "six_reviewed");
}

#[test]
fn what_is_wrong_is_said_where_it_is() {
    let mut stage = at_passengers(staff(), 2);
    stage.paste("Anita\u{202e}amrahS");
    stage.keys("<down>x<tab>130<tab>x<f2>");
    assert!(stage.calls.is_empty(), "nothing is priced before all is right");
    assert_picture!(stage, "passengers_refused");
}

#[test]
fn a_pasted_list_fills_one_field_and_submits_nothing() {
    let mut stage = at_passengers(staff(), 2);
    stage.paste("Anita Sharma\nDev Sharma\r\n34\n");
    let typed = &stage.app.world().draft.typed;
    assert_eq!(typed.seated[0].name, "Anita Sharma Dev Sharma  34");
    assert_eq!(typed.seated[1].name, "");
    assert!(stage.calls.is_empty());
}

#[test]
fn children_without_a_berth_come_and_go_up_to_the_party_limit() {
    let mut stage = at_passengers(staff(), 5);
    stage.keys("<f5>Mira<enter>3<enter>f");
    assert!(stage.text().contains("travels free"), "{}", stage.text());
    stage.keys("<f5>");
    assert_eq!(stage.app.world().draft.typed.lap.len(), 1, "six is the most");
    assert!(stage.text().contains("A booking is for 6 at most"), "{}", stage.text());
    stage.keys("<s-tab><end><bs>12<up>");
    assert!(stage.text().contains("Only children below 12 travel without a berth"), "{}", stage.text());
    stage.keys("<down><f6>");
    assert!(stage.app.world().draft.typed.lap.is_empty());
}

#[test]
fn a_child_without_a_berth_is_ordered_so() {
    let mut stage = at_passengers(staff(), 1);
    stage.keys("Anita<enter>34<enter>f<f5>Mira<enter>7<enter>f<enter>9810012345<enter>");
    let (_, request) = stage.asked();
    let Request::Price { passengers, .. } = request else { panic!("a price") };
    let sits: Vec<_> = passengers.iter().map(|who| who.accommodation).collect();
    assert_eq!(sits, [Accommodation::Berth, Accommodation::Lap]);
}

#[test]
fn seniors_get_the_lower_berth_and_berths_are_swapped() {
    let mut stage = at_passengers(staff(), 2);
    stage.keys("Anita<enter>34<enter>f<enter>Raj<enter>71<enter>m<up>");
    assert!(stage.text().contains("has to climb"), "{}", stage.text());
    assert!(stage.text().contains("F4 lower berth"), "{}", stage.text());
    assert!(stage.text().contains("Esc berths"), "the way back is always said:\n{}", stage.text());
    stage.keys("<f4>");
    let names = |stage: &Stage| -> Vec<String> {
        stage.app.world().draft.typed.seated.iter().map(|who| who.name.clone()).collect()
    };
    assert_eq!(names(&stage), ["Raj", "Anita"]);
    stage.touch("B2-20");
    stage.keys("<right>");
    assert_eq!(names(&stage), ["Anita", "Raj"]);
}

#[test]
fn berths_that_are_lost_leave_what_was_typed() {
    let mut stage = at_passengers(staff(), 2);
    stage.keys("Anita<enter>34<enter>f<enter>Dev");
    stage.advance(TimeDelta::minutes(5)).keys(" Sharma");
    stage.advance(TimeDelta::minutes(5));
    assert!(stage.text().contains("The time is over"), "{}", stage.text());
    assert!(!matches!(stage.app.top(), Screen::Passengers(_)));
    let typed = stage.app.world().draft.typed.clone();
    stage.keys("<enter>");
    let mut again = Draft { typed, ..draft(1) };
    again.hold.as_mut().expect("a hold").until = stage.now + TimeDelta::minutes(10);
    stage.app.show(again, [Passengers::default().into()]);
    stage.tell(Msg::Wake);
    assert!(stage.text().contains("Anita"), "{}", stage.text());
    stage.keys("<tab>");
    let names: Vec<_> = stage.app.world().draft.typed.seated.iter().map(|who| who.name.clone()).collect();
    assert_eq!(names, ["Anita", "Dev Sharma"], "whoever has no berth now is not forgotten");
}

#[test]
fn a_telephone_number_is_asked_for_and_takes_no_letters() {
    let mut stage = at_passengers(staff(), 1);
    stage.keys("Anita<enter>34<enter>f<f2>");
    assert!(stage.text().contains("A telephone number is needed"), "{}", stage.text());
    stage.keys("m");
    assert!(stage.text().contains("A telephone number has digits only"), "{}", stage.text());
    assert_eq!(stage.app.world().draft.typed.phone, "");
    stage.keys("+91 (98100) 12-345");
    assert_eq!(stage.app.world().draft.typed.phone, "+91 (98100) 12-345");
    assert!(!stage.text().contains("digits only"), "{}", stage.text());
}

#[test]
fn an_age_that_nobody_has_is_refused_as_it_is_typed() {
    let mut stage = at_passengers(staff(), 1);
    for typed in ["<tab>391", "0"] {
        stage.keys(typed);
        assert!(stage.text().contains("completed years from 0 to 125"), "{}", stage.text());
    }
    stage.keys("<bs>");
    assert!(!stage.text().contains("completed years from 0 to 125"), "{}", stage.text());
}

#[test]
fn going_back_keeps_what_was_typed() {
    let (mut stage, _) = at_review(staff());
    stage.keys("<esc>");
    assert!(matches!(stage.app.top(), Screen::Passengers(_)));
    assert!(stage.text().contains("Dev Sharma"), "{}", stage.text());
}

#[test]
fn entering_twice_books_once() {
    let (mut stage, fare) = at_review(staff());
    stage.keys("<enter><enter><enter>");
    assert_eq!(stage.calls.len(), 1);
    let request = stage.reply(Ok(Reply::Booking(booked(OpId(Uuid::nil())))));
    let Request::Book { order, payment, .. } = request else { panic!("a booking") };
    assert_eq!((order.agreed, payment.method), (fare.total, PaymentMethod::Cash));
    assert!(matches!(stage.app.top(), Screen::Ticket(_)));
    assert!(stage.app.world().draft.hold.is_none(), "sold berths are not given back");
    assert!(stage.calls.iter().all(|(_, request)| !matches!(request, Request::Release { .. })));
}

#[test]
fn an_unknown_outcome_is_asked_again_with_the_same_id() {
    let (mut stage, _) = at_review(staff());
    stage.keys("<enter>");
    let first = stage.reply(Err(unknown()));
    assert_picture!(stage, "outcome_unknown");
    stage.advance(TimeDelta::minutes(6)).keys("x");
    stage.advance(TimeDelta::minutes(5));
    assert!(!stage.text().contains("Nothing was paid"), "nobody knows that");
    stage.keys("<enter>");
    let second = stage.reply(Err(Failure::Busy));
    stage.keys("<enter><enter>");
    let third = stage.reply(Ok(Reply::Booking(booked(op(&first)))));
    assert_eq!([op(&second), op(&third)], [op(&first); 2]);
    assert!(matches!(stage.app.top(), Screen::Ticket(_)));
}

#[test]
fn who_stops_waiting_asks_for_the_same() {
    let (mut stage, _) = at_review(staff());
    stage.keys("<enter><esc>");
    assert!(stage.text().contains("You stopped waiting"), "{}", stage.text());
    stage.keys("<enter>");
    let ids: Vec<_> = stage.calls.iter().map(|(_, request)| op(request)).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_late_booking_is_told_to_whoever_waited_and_to_nobody_after_them() {
    for (leave, told) in [("<esc>", true), ("<f8><enter>", false)] {
        let (mut stage, _) = at_review(staff());
        stage.keys("<enter>");
        let (call, request) = stage.asked();
        stage.keys(leave);
        stage.tell(Msg::Reply(call, Ok(Reply::Booking(booked(op(&request))))));
        assert_eq!(stage.text().contains("was booked after all"), told, "{leave}: {}", stage.text());
    }
}

#[test]
fn a_changed_fare_is_shown_and_agreed_to_again() {
    let (mut stage, fare) = at_review(staff());
    stage.keys("<enter>");
    let dearer = Fare { total: fare.total + fare.total, ..fare };
    let first = stage.reply(Err(Failure::FareChanged(Box::new(dearer.clone()))));
    assert_picture!(stage, "fare_changed");
    stage.keys("<enter>");
    assert!(stage.calls.is_empty(), "reading the notice is not agreeing");
    stage.keys("<enter>");
    let (_, second) = stage.asked();
    let Request::Book { order, .. } = &second else { panic!("a booking") };
    assert_eq!(order.agreed, dearer.total);
    assert_ne!(op(&first), op(&second), "another agreement is another action");
}

#[test]
fn a_hold_that_the_services_find_over_leads_back_to_the_berths() {
    let (mut stage, _) = at_review(staff());
    stage.keys("<enter>");
    stage.reply(Err(Failure::HoldExpired));
    assert!(!matches!(stage.app.top(), Screen::Review(_) | Screen::Passengers(_)));
    assert!(stage.text().contains("The time is over"), "{}", stage.text());
    assert_eq!(stage.app.world().draft.typed.seated[0].name, "Anita Sharma");
}

#[test]
fn a_card_needs_its_reference() {
    let (mut stage, _) = at_review(staff());
    stage.keys("<down><enter>");
    assert!(stage.calls.is_empty());
    assert_picture!(stage, "card_without_reference");
    stage.keys("A7731-0042<enter>");
    let (_, request) = stage.asked();
    let Request::Book { payment, .. } = request else { panic!("a booking") };
    assert_eq!((payment.method, payment.reference.as_deref()), (PaymentMethod::Card, Some("A7731-0042")));
}

#[test]
fn tab_goes_to_what_the_way_has_to_be_told_and_changes_no_way() {
    let (mut stage, _) = at_review(Setup { test_payment: true, ..staff() });
    stage.keys("<right><tab>A7731-O0<left><bs>0<up><tab><end>42<enter>");
    let (_, request) = stage.asked();
    let Request::Book { payment, .. } = request else { panic!("a booking") };
    assert_eq!((payment.method, payment.reference.as_deref()), (PaymentMethod::Card, Some("A7731-0042")));
}

#[test]
fn arrows_of_both_kinds_move_along_the_ways_to_pay() {
    let (mut stage, _) = at_review(Setup { test_payment: true, ..staff() });
    let keys = ["<right>", "<down>", "<left>", "<up>", "<left>", " "];
    let ways = ["Card", "TEST, no money", "Card", "Cash", "TEST, no money", "Cash"];
    for (key, way) in keys.into_iter().zip(ways) {
        stage.keys(key);
        assert!(stage.text().contains(&format!("(•) {way}")), "{key} chooses {way}:\n{}", stage.text());
    }
}

#[test]
fn change_is_reckoned_and_too_little_refused() {
    let (mut stage, _) = at_review(staff());
    stage.keys("10000");
    assert!(stage.text().contains("change"), "{}", stage.text());
    stage.keys("<c-u>10<enter>");
    assert!(stage.text().contains("less than the fare"), "{}", stage.text());
    assert!(stage.calls.is_empty());
}

#[test]
fn a_traveller_pays_at_the_counter() {
    let public = Setup { test_payment: true, ..setup(TerminalKind::Public) };
    let (mut stage, _) = at_review(public);
    stage.advance(TimeDelta::seconds(1));
    assert_picture!(stage, "review_public");
    stage.keys("<enter>");
    let pay_by = stage.now + TimeDelta::minutes(20);
    let slip = Booking {
        status: BookingStatus::AwaitingPayment,
        payment: None,
        slip: Some(Slip { hold: HoldId(Uuid::from_u128(9)), pay_by }),
        ..sample_booking::booking()
    };
    let request = stage.reply(Ok(Reply::Booking(Arc::new(slip))));
    assert!(matches!(request, Request::Reserve { .. }));
    assert_picture!(stage, "slip");
    stage.live(crate::ui_kit::all_free(&journey()));
    let asked = stage.reply(Ok(Reply::Booking(booked(OpId(Uuid::nil())))));
    assert!(matches!(asked, Request::Booking { .. }));
    assert!(stage.text().contains("CONFIRMED"), "a slip paid elsewhere becomes the ticket:\n{}", stage.text());
}

#[test]
fn nobody_takes_money_at_a_public_console() {
    let agent = || Some(crate::ui_kit::identity(Role::Agent));
    for (test_payment, ways) in [(false, 1), (true, 2)] {
        let public = Setup { identity: agent(), test_payment, ..setup(TerminalKind::Public) };
        let (mut stage, _) = at_review(public);
        for _ in 0..ways {
            let text = stage.text();
            assert!(text.contains("Pay at the counter"), "{text}");
            assert!(!text.contains("Cash") && !text.contains("Card"), "{text}");
            assert_eq!(text.contains("TEST, no money"), test_payment, "{text}");
            stage.keys("<down>");
        }
        stage.keys("<enter>");
        assert!(matches!(stage.asked().1, Request::Reserve { .. }));
    }
    let mut stage = Stage::new(Setup { identity: agent(), ..setup(TerminalKind::Public) });
    stage.keys("<f5>");
    assert!(matches!(stage.app.top(), Screen::Search(_)), "no slip is paid here:\n{}", stage.text());
}

#[test]
fn a_finger_goes_on_from_the_forms_of_a_public_console() {
    let mut stage = at_passengers(setup(TerminalKind::Public), 1);
    stage.keys("Anita<enter>34<enter>f<enter>9810012345");
    assert_picture!(stage, "passengers_public");
    stage.touch("See fare");
    priced(&mut stage);
    stage.touch("Get a slip");
    assert!(matches!(stage.asked().1, Request::Reserve { .. }));
}

/// A guest's booking at a public console, just made.
fn booked_by_a_guest() -> Stage {
    let (mut stage, _) = at_review(Setup { test_payment: true, ..setup(TerminalKind::Public) });
    stage.keys("<down><enter>");
    stage.reply(Ok(Reply::Booking(booked(OpId(Uuid::nil())))));
    stage.calls.clear();
    assert!(stage.text().contains("Anita Sharma"), "{}", stage.text());
    stage
}

fn assert_forgotten(stage: &mut Stage) {
    let asked: Vec<_> = stage.calls.drain(..).map(|(_, request)| request).collect();
    assert!(asked.iter().any(|request| matches!(request, Request::SignOut)), "{asked:?}");
    assert!(matches!(stage.app.top(), Screen::Welcome(_)), "{}", stage.text());
    assert!(!format!("{:?}", stage.app).contains("Anita"), "a name is left");
}

#[test]
fn a_ticket_left_on_a_public_console_is_forgotten() {
    let mut stage = booked_by_a_guest();
    stage.advance(TimeDelta::seconds(75));
    assert!(stage.text().contains("forgotten in 15 s"), "{}", stage.text());
    stage.advance(TimeDelta::seconds(15));
    assert_forgotten(&mut stage);
}

#[test]
fn a_guest_who_is_done_at_a_public_console_is_forgotten() {
    for key in ["<enter>", "<f8>"] {
        let mut stage = booked_by_a_guest();
        stage.keys(key);
        assert_forgotten(&mut stage);
    }
}

#[test]
fn an_answer_that_has_to_be_read_waits_under_the_lock() {
    let (mut stage, fare) = at_review(staff());
    stage.keys("<enter><f9>");
    let dearer = Fare { total: fare.total + fare.total, ..fare };
    stage.reply(Err(Failure::FareChanged(Box::new(dearer))));
    assert!(stage.text().contains("This terminal is locked"), "{}", stage.text());
    assert!(!stage.text().contains("The fare has changed"), "{}", stage.text());
    unlock(&mut stage);
    assert!(stage.text().contains("The fare has changed"), "{}", stage.text());
}

#[test]
fn a_hold_that_ends_leaves_the_lock_where_it_is() {
    let (mut stage, _) = at_review(staff());
    stage.advance(TimeDelta::minutes(5)).keys("1<f9>").advance(TimeDelta::minutes(5));
    assert!(stage.text().contains("This terminal is locked"), "{}", stage.text());
    unlock(&mut stage);
    assert!(stage.text().contains("The time is over"), "{}", stage.text());
}

fn unlock(stage: &mut Stage) {
    stage.calls.retain(|(_, request)| !matches!(request, Request::Lock));
    stage.keys("secret<enter>");
    let identity = crate::ui_kit::identity(Role::Agent);
    assert!(matches!(stage.reply(Ok(Reply::Welcome(identity))), Request::Unlock { .. }));
}

#[test]
fn the_ticket_shows_its_code_and_brings_the_receipt() {
    let (mut stage, _) = at_review(staff());
    stage.keys("<enter>");
    stage.reply(Ok(Reply::Booking(booked(OpId(Uuid::nil())))));
    let ticket = TicketKey::derive(&[7; 32]).sign(&sample_booking::booking());
    stage.reply(Ok(Reply::Ticket(ticket)));
    assert_picture!(stage, "ticket");
    stage.keys("q");
    assert_picture!(stage, "ticket_code");
    stage.tell(Msg::Closing(stage.app.world().now + TimeDelta::seconds(20)));
    assert!(
        stage.text().lines().next().is_some_and(|row| row.trim_end().ends_with("closes in 00:20")),
        "{}",
        stage.text()
    );
    stage.keys("<esc>s");
    let file = kiosk::service::request::Document { name: "receipt.pdf".to_owned(), bytes: Arc::from([1, 2, 3]) };
    stage.reply(Ok(Reply::Receipt(file)));
    assert!(
        matches!(stage.effects.last(), Some(Effect::Open(file, kiosk::ui::msg::How::Save)) if file.name == "receipt.pdf")
    );
}
