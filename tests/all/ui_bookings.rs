//! Bookings that were made: the list, one of them, and a slip at the counter.

use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::domain::booking::{Booking, BookingStatus, Slip as SlipFacts};
use kiosk::domain::inventory::HoldId;
use kiosk::domain::journeys::{JourneyFilter, Journeys};
use kiosk::domain::passenger::PersonName;
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::user::Role;
use kiosk::service::request::{Document, Failure, Form, Outcome, Reply, Request};
use kiosk::ui::draft::Draft;
use kiosk::ui::msg::{Effect, How, Msg};
use kiosk::ui::screen::Screen;
use kiosk::ui::screens::booking::Detail;
use kiosk::ui::screens::bookings::Bookings;
use kiosk::ui::screens::slip::Slip;
use uuid::Uuid;

use crate::sample_booking;
use crate::ui_kit::{Stage, setup, start};

fn at(screen: impl Into<Screen>) -> Stage {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.calls.clear();
    stage.app.show(Draft::default(), [screen.into()]);
    stage.tell(Msg::Wake);
    stage
}

fn slip() -> Booking {
    let pay_by = start() + TimeDelta::minutes(20);
    Booking {
        status: BookingStatus::AwaitingPayment,
        payment: None,
        slip: Some(SlipFacts { hold: HoldId(Uuid::from_u128(9)), pay_by }),
        ..sample_booking::booking()
    }
}

fn lapsed() -> Booking {
    Booking { status: BookingStatus::Lapsed, pnr: "2451234569".parse().expect("a PNR"), ..slip() }
}

fn page(bookings: Vec<Booking>) -> Reply {
    Reply::Bookings { page: bookings.into_iter().map(Arc::new).collect(), next: None, back_to: None }
}

#[test]
fn bookings_are_listed_and_one_is_shown() {
    let mut stage = at(Bookings::default());
    let waiting = Booking { pnr: "2451234568".parse().expect("a PNR"), ..slip() };
    stage.reply(Ok(page(vec![waiting, sample_booking::booking(), lapsed()])));
    assert_picture!(stage, "bookings");
    stage.keys("<down><enter>");
    let asked = stage.reply(Ok(Reply::Booking(Arc::new(sample_booking::booking()))));
    assert!(matches!(asked, Request::Booking { pnr } if pnr == sample_booking::booking().pnr));
    assert_picture!(stage, "booking");
}

#[test]
fn no_bookings_say_what_to_do() {
    let mut stage = at(Bookings::default());
    stage.reply(Ok(page(Vec::new())));
    assert_picture!(stage, "no_bookings");
}

#[test]
fn a_list_that_fails_can_be_tried_again() {
    let mut stage = at(Bookings::default());
    stage.reply(Err(Failure::Unavailable { outcome: Outcome::NothingChanged, reference: "k7f2".to_owned() }));
    assert!(stage.text().contains("Press r to try again"), "{}", stage.text());
    stage.keys("r");
    stage.reply(Ok(page(vec![sample_booking::booking()])));
    assert!(stage.text().contains("245-1234567"), "{}", stage.text());
}

/// A store that does not answer.
fn unavailable() -> Failure {
    Failure::Unavailable { outcome: Outcome::NothingChanged, reference: "k7f2".to_owned() }
}

#[test]
fn bookings_while_they_are_read_and_when_they_cannot_be() {
    let mut stage = at(Bookings::default());
    stage.advance(TimeDelta::milliseconds(500));
    assert_picture!(stage, "bookings_waiting");
    stage.reply(Err(unavailable()));
    assert_picture!(stage, "bookings_failed");
}

#[test]
fn a_booking_while_it_is_read_and_when_it_cannot_be() {
    let mut stage = at(Detail::of(sample_booking::booking().pnr));
    stage.advance(TimeDelta::milliseconds(500));
    assert_picture!(stage, "booking_waiting");
    stage.reply(Err(unavailable()));
    assert_picture!(stage, "booking_failed");
}

#[test]
fn a_slip_while_it_is_read_and_when_it_cannot_be() {
    let mut stage = at(Slip::default());
    stage.keys("2451234567<enter>").advance(TimeDelta::milliseconds(500));
    assert_picture!(stage, "slip_waiting");
    stage.reply(Err(unavailable()));
    assert_picture!(stage, "slip_failed");
}

#[test]
fn a_typed_pnr_is_looked_up() {
    let mut stage = at(Bookings::default());
    stage.reply(Ok(page(Vec::new())));
    stage.keys("045-1234567<enter>");
    assert!(stage.text().contains("A PNR has ten digits"), "{}", stage.text());
    stage.keys("<home><del>2<enter>");
    let (_, request) = stage.asked();
    assert!(matches!(request, Request::Booking { pnr } if pnr == sample_booking::booking().pnr));
}

/// The filter by which the list was asked for last.
fn filter(stage: &mut Stage, answer: Reply) -> JourneyFilter {
    match stage.reply(Ok(answer)) {
        Request::MyBookings { filter, after: None } => filter,
        other => panic!("a list of bookings, not {other:?}"),
    }
}

#[test]
fn those_that_are_meant_are_listed() {
    let mut stage = at(Bookings::default());
    assert!(filter(&mut stage, page(vec![sample_booking::booking(), lapsed()])).is_empty());
    stage.keys("<left>");
    assert_eq!(filter(&mut stage, page(vec![lapsed()])).journeys, Journeys::Cancelled);
    stage.keys("<right><right>");
    stage.calls.pop_front();
    assert_eq!(filter(&mut stage, page(vec![sample_booking::booking()])).journeys, Journeys::Upcoming);
    stage.keys("<tab>24 dec<enter>");
    let on = filter(&mut stage, page(vec![sample_booking::booking()]));
    assert_eq!(on.on.map(|day| day.to_string()).as_deref(), Some("2026-12-24"));
    assert_picture!(stage, "bookings_of_a_day");
    stage.keys("<tab><c-u>sharma ndls<enter>");
    let words = filter(&mut stage, page(Vec::new()));
    assert_eq!((words.words.as_str(), words.on, words.journeys), ("sharma ndls", None, Journeys::Upcoming));
    assert_picture!(stage, "bookings_none_of_the_kind");
    stage.touch("Past");
    assert_eq!(filter(&mut stage, page(Vec::new())).journeys, Journeys::Past);
    stage.keys("<tab><c-u><enter>");
    assert!(filter(&mut stage, page(Vec::new())).words.is_empty(), "nothing typed is all of the kind");
}

#[test]
fn a_list_in_which_few_are_meant_says_how_far_it_looked() {
    let mut stage = at(Bookings::default());
    stage.reply(Ok(page(Vec::new())));
    stage.keys("<tab>goa<enter>");
    let none_back_to = |days: i64| {
        let next = Some(crate::ui_records::cursor());
        Ok(Reply::Bookings { page: Vec::new(), next, back_to: Some(start() - TimeDelta::days(days)) })
    };
    for answer in 1..10 {
        let asked = stage.reply(none_back_to(40 * answer));
        assert_eq!(matches!(asked, Request::MyBookings { after: None, .. }), answer == 1, "{asked:?}");
    }
    assert!(stage.text().contains("Looked back to 6 Dec 2025 so far"), "{}", stage.text());
    stage.reply(none_back_to(400));
    assert!(stage.text().contains("looked through back to 27 Oct 2025"), "{}", stage.text());
    assert!(stage.calls.is_empty(), "at some time somebody has to want it: {:?}", stage.calls);
    stage.keys("<enter>");
    let asked = stage.reply(Ok(page(vec![sample_booking::booking()])));
    assert!(matches!(asked, Request::MyBookings { after: Some(_), .. }), "{asked:?}");
    assert!(stage.text().contains("245-1234567"), "{}", stage.text());
    assert!(!stage.text().contains("looks further"), "it is the end:\n{}", stage.text());
    stage.keys("r");
    let next = Some(crate::ui_records::cursor());
    let back_to = Some(start() - TimeDelta::days(400));
    let full = (0..20).map(|_| Arc::new(sample_booking::booking())).collect();
    stage.reply(Ok(Reply::Bookings { page: full, next, back_to }));
    assert!(stage.calls.is_empty(), "there is enough to look at: {:?}", stage.calls);
    assert!(stage.text().contains("Looked back to 27 Oct 2025; at the end ↓ looks further."), "{}", stage.text());
}

#[test]
fn whoever_comes_back_to_what_took_long_to_find_finds_it_as_it_was() {
    let mut stage = at(Bookings::default());
    stage.reply(Ok(page(Vec::new())));
    stage.keys("<tab>sharma<enter>");
    let next = || Some(crate::ui_records::cursor());
    let some = |pnr: &str| Booking { pnr: pnr.parse().expect("a PNR"), ..sample_booking::booking() };
    let found = |pnr: &str, next, back_to| Ok(Reply::Bookings { page: vec![Arc::new(some(pnr))], next, back_to });
    stage.reply(found("2451234567", next(), Some(start() - TimeDelta::days(40))));
    stage.reply(found("2451234568", None, None));
    stage.keys("<down><enter>");
    stage.calls.clear();
    stage.keys("<esc>");
    let given_up = Booking { status: BookingStatus::Cancelled, ..some("2451234568") };
    let asked = stage.reply(Ok(Reply::Booking(Arc::new(given_up))));
    assert!(matches!(asked, Request::Booking { pnr } if pnr.to_string() == "2451234568"), "{asked:?}");
    let text = stage.text();
    assert!(text.contains("245-1234567") && text.contains("CANCELLED") && stage.calls.is_empty(), "{text}");
    let shown = text.lines().find(|line| line.contains("245-1234568")).expect("it is in the list");
    assert!(shown.starts_with('▌'), "the cursor stays on it:\n{text}");
    // Whichever was opened by its number is read again, and one that is not meant any more is not in the list.
    stage.keys("<tab><c-u>2451234567<enter>");
    stage.calls.clear();
    stage.keys("<esc>");
    let renamed = Booking { passengers: Vec::new(), ..some("2451234567") };
    let asked = stage.reply(Ok(Reply::Booking(Arc::new(renamed))));
    assert!(matches!(asked, Request::Booking { pnr } if pnr.to_string() == "2451234567"), "{asked:?}");
    assert!(!stage.text().contains("245-1234567"), "{}", stage.text());
}

#[test]
fn a_list_of_one_answer_is_read_anew_by_whoever_comes_back() {
    let mut stage = at(Bookings::default());
    stage.reply(Ok(page(vec![sample_booking::booking()])));
    stage.keys("<enter>");
    stage.calls.clear();
    stage.keys("<esc>");
    assert!(matches!(stage.asked().1, Request::MyBookings { after: None, .. }), "a slip may have been paid");
}

#[test]
fn whoever_does_not_wait_for_a_list_that_is_read_again_keeps_how_far_it_was() {
    let mut stage = at(Bookings::default());
    stage.reply(Ok(page(Vec::new())));
    stage.keys("<tab>goa<enter>");
    for _ in 0..10 {
        let (next, back_to) = (Some(crate::ui_records::cursor()), Some(start() - TimeDelta::days(40)));
        stage.reply(Ok(Reply::Bookings { page: Vec::new(), next, back_to }));
    }
    stage.keys("r<esc>");
    assert!(stage.text().contains("looked through back to 22 Oct 2026"), "{}", stage.text());
    stage.calls.clear();
    stage.keys("<enter>");
    assert!(matches!(stage.asked().1, Request::MyBookings { after: Some(_), .. }), "it goes on from there");
}

#[test]
fn a_list_that_fails_on_its_way_goes_on_from_there() {
    let mut stage = at(Bookings::default());
    stage.reply(Ok(page(Vec::new())));
    stage.keys("<tab>goa<enter>");
    let (next, back_to) = (Some(crate::ui_records::cursor()), Some(start() - TimeDelta::days(40)));
    stage.reply(Ok(Reply::Bookings { page: vec![Arc::new(sample_booking::booking())], next, back_to }));
    stage.reply(Err(Failure::Busy));
    let text = stage.text();
    assert!(
        text.contains("Kiosk is very busy") && text.contains("Looked back to 22 Oct 2026; r looks further."),
        "{text}"
    );
    stage.keys("r");
    let asked = stage.reply(Ok(page(Vec::new())));
    assert!(matches!(asked, Request::MyBookings { after: Some(_), .. }), "{asked:?}");
    assert!(stage.text().contains("245-1234567"), "{}", stage.text());
}

#[test]
fn the_list_is_brought_as_a_document() {
    let mut stage = at(Bookings::default());
    stage.reply(Ok(page(vec![sample_booking::booking()])));
    stage.keys("x");
    let name = "bookings-2026-12-01.csv".to_owned();
    let asked = stage.reply(Ok(Reply::Document(Document { name, bytes: Arc::from([]) })));
    assert!(matches!(asked, Request::MyBookingsFile { form: Form::Csv, .. }), "{asked:?}");
    assert!(matches!(stage.effects.last(), Some(Effect::Open(_, How::Save))), "{:?}", stage.effects);
    stage.keys("o");
    assert!(matches!(stage.asked().1, Request::MyBookingsFile { form: Form::Pdf, .. }));
}

#[test]
fn a_journey_of_the_list_is_searched_again() {
    let mut stage = at(Bookings::default());
    let past = Booking {
        from: kiosk::domain::train::Stop {
            at: start().naive_utc() - TimeDelta::days(30),
            ..sample_booking::booking().from
        },
        status: BookingStatus::Cancelled,
        ..sample_booking::booking()
    };
    stage.reply(Ok(page(vec![past])));
    stage.keys("g");
    let (_, request) = stage.asked();
    let Request::Search { date, .. } = request else { panic!("a search, not {request:?}") };
    assert_eq!(date.to_string(), "2026-12-06", "the same day of the week, as soon as it is sold");
    assert_eq!(stage.app.world().draft.typed.seated[0].name, "Anita Sharma");
}

#[test]
fn a_booking_that_nobody_may_see_says_so() {
    let pnr = sample_booking::booking().pnr;
    let mut stage = at(Detail::of(pnr));
    stage.reply(Err(Failure::NoSuchBooking(pnr)));
    assert!(stage.text().contains("There is no booking"), "{}", stage.text());
}

#[test]
fn a_slip_is_paid_at_the_counter_once() {
    let mut stage = at(Slip::default());
    assert_picture!(stage, "slip_code");
    stage.keys("245 123 4567<enter>");
    stage.reply(Ok(Reply::Booking(Arc::new(slip()))));
    assert_picture!(stage, "slip_to_pay");
    stage.keys("<enter><enter>");
    assert_eq!(stage.calls.len(), 1);
    stage.reply(Ok(Reply::Booking(Arc::new(sample_booking::booking()))));
    assert!(stage.text().contains("CONFIRMED"), "{}", stage.text());
}

#[test]
fn a_slip_that_is_over_says_what_to_do() {
    for (found, says) in [(sample_booking::booking(), "PAID ALREADY"), (lapsed(), "TOO LATE")] {
        let mut stage = at(Slip::default());
        stage.keys("2451234567<enter>");
        stage.reply(Err(Failure::SlipClosed("it is over")));
        stage.reply(Ok(Reply::Booking(Arc::new(found))));
        assert!(stage.text().contains(says), "{}", stage.text());
        stage.keys("1000<tab>");
        assert!(stage.calls.is_empty(), "no money is taken for it");
    }
}

#[test]
fn a_slip_lapses_under_the_agents_eyes() {
    let mut stage = at(Slip::default());
    stage.keys("2451234567<enter>");
    stage.reply(Ok(Reply::Booking(Arc::new(slip()))));
    stage.advance(TimeDelta::minutes(5));
    assert!(stage.text().contains("pay within 15:00"), "{}", stage.text());
    stage.advance(TimeDelta::minutes(3));
    stage.keys("1");
    stage.advance(TimeDelta::minutes(8));
    stage.keys("2");
    stage.advance(TimeDelta::minutes(4));
    assert!(stage.text().contains("TOO LATE"), "{}", stage.text());
}

fn finding(kind: TerminalKind) -> Stage {
    let mut stage = Stage::new(setup(kind));
    stage.keys("t");
    stage.calls.clear();
    stage
}

#[test]
fn a_ticket_is_found_without_an_account_by_two_numbers() {
    let mut stage = finding(TerminalKind::Public);
    assert_picture!(stage, "find_ticket");
    stage.keys("245<enter><enter>");
    assert!(stage.text().contains("A PNR has ten digits"), "{}", stage.text());
    stage.keys("1234567<enter><enter>");
    assert!(stage.text().contains("A telephone number has"), "{}", stage.text());
    assert!(stage.calls.is_empty());
    stage.keys("9876512345<enter>");
    let asked = stage.reply(Err(Failure::NotFound));
    let Request::LookUp { pnr, phone } = asked else { panic!("{asked:?}") };
    assert_eq!((pnr, phone.as_str()), (sample_booking::booking().pnr, "9876512345"));
    assert_picture!(stage, "find_ticket_not_found");
    stage.touch("Find it");
    stage.reply(Ok(Reply::Booking(Arc::new(sample_booking::booking()))));
    stage.reply(Ok(Reply::Booking(Arc::new(sample_booking::booking()))));
    assert!(stage.text().contains("Anita Sharma"), "{}", stage.text());
    assert!(!stage.text().contains("c cancel"), "it is only to be looked at:\n{}", stage.text());
}

#[test]
fn a_ticket_that_is_looked_for_too_often_says_when_to_come_back() {
    let mut stage = finding(TerminalKind::Counter);
    stage.keys("2451234567<enter>9876512345<enter>");
    stage.reply(Err(Failure::TooManyLookUps { until: start() + TimeDelta::minutes(15) }));
    assert!(stage.text().contains("Too many bookings were looked for"), "{}", stage.text());
}

#[test]
fn the_longest_names_leave_each_other_room() {
    let mut long = sample_booking::booking();
    long.train_name = "Thiruvananthapuram Swarna Jayanti Expres".to_owned();
    long.from.name = "Sri Mata Vaishno Devi Katra".to_owned();
    long.to.name = "Puratchi Thalaivar Dr MGR Chennai Central".to_owned();
    long.passengers[0].passenger.name = PersonName::parse("Venkatanarasimharajuvaripeta Subrahmana").expect("a name");
    let mut stage = at(Bookings::default());
    stage.reply(Ok(page(vec![long])));
    assert_picture!(stage, "bookings_of_long_names");
}
