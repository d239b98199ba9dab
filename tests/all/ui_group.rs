//! Groups on the screens: how many can be asked for, by whom, and lists that are longer than a screen.

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use kiosk::domain::booking::{Booking, BookingStatus, Payment, PaymentMethod, Slip as SlipFacts};
use kiosk::domain::coach::{BerthRef, BerthType, Class, Coach};
use kiosk::domain::fare::{Fare, Ride, Traveller, price};
use kiosk::domain::inventory::{HoldId, Parts};
use kiosk::domain::money::Paise;
use kiosk::domain::passenger::{Accommodation, Gender};
use kiosk::domain::quota::Quota;
use kiosk::domain::refund::{Cancellation, FirstChart, Quote, Reason, claims, quote};
use kiosk::domain::spot::Grant;
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::time::instant;
use kiosk::domain::timetable::Journey;
use kiosk::domain::user::Role;
use kiosk::service::request::{Hold, Reply, Request};
use kiosk::ticket::TicketKey;
use kiosk::ui::command::{Choice, Step, read};
use kiosk::ui::context::Setup;
use kiosk::ui::draft::Draft;
use kiosk::ui::msg::Msg;
use kiosk::ui::screen::Screen;
use kiosk::ui::screens::berths::Berths;
use kiosk::ui::screens::booking::Detail;
use kiosk::ui::screens::correct::Correct;
use kiosk::ui::screens::passengers::Passengers;
use kiosk::ui::screens::slip::Slip;
use kiosk::ui::screens::ticket::Ticket;
use rstest::rstest;
use uuid::Uuid;

use crate::sample_booking::{self, passenger};
use crate::ui_kit::{RULES, Stage, TIMETABLE, all_free, closed_up, identity, setup, start, station};

const ASK: &str = "For more than 6 ask a supervisor";

fn staff(role: Role) -> Setup {
    Setup { identity: Some(identity(role)), ..setup(TerminalKind::Counter) }
}

/// A train with sleepers.
fn journey() -> Journey {
    let date = NaiveDate::from_ymd_opt(2026, 12, 24).expect("a date");
    let journeys = TIMETABLE.journeys(&[station("CSMT")], &[station("MAO")], date);
    journeys
        .into_iter()
        .find(|journey| journey.train.coaches_of(Class::Sleeper).count() > 1)
        .expect("the Mandovi Express")
}

/// A journey in work with so many berths of SL, forty in its first coach.
fn draft(berths: u8) -> Draft {
    let journey = journey();
    let coaches: Vec<_> = journey.train.coaches_of(Class::Sleeper).map(Coach::id).collect();
    let (one, other) = (coaches[0], coaches[1]);
    let berth =
        |n: u8| if n <= 40 { BerthRef { coach: one, number: n } } else { BerthRef { coach: other, number: n - 40 } };
    let hold = Hold {
        id: HoldId(Uuid::from_u128(9)),
        run: journey.run,
        leg: journey.leg,
        class: Class::Sleeper,
        quota: Quota::General,
        grants: (1..=berths).map(|n| Grant::Berth(berth(n))).collect(),
        parts: Parts::new(),
        until: start() + TimeDelta::minutes(10),
    };
    Draft {
        date: Some(journey.run.date),
        journey: Some(journey),
        class: Some(Class::Sleeper),
        party: berths,
        hold: Some(hold),
        ..Draft::default()
    }
}

fn at(draft: Draft, screen: impl Into<Screen>, role: Role) -> Stage {
    let mut stage = Stage::new(staff(role));
    stage.app.show(draft, [screen.into()]);
    stage.tell(Msg::Wake);
    stage.calls.clear();
    stage
}

fn at_passengers(berths: u8) -> Stage {
    at(draft(berths), Passengers::default(), Role::Supervisor)
}

/// Fifty lines as they are typed, the first of which is the oldest.
fn lines(count: usize) -> String {
    let line = |n: usize| format!("SHARMA/TRAVELLER {} F{}", ["ONE", "TWO", "THREE"][n % 3], 70 - n);
    (0..count).map(line).collect::<Vec<_>>().join("\n")
}

fn names(stage: &Stage) -> Vec<String> {
    stage.app.world().draft.typed.seated.iter().map(|row| format!("{} {}", row.name, row.age)).collect()
}

fn line_of<'a>(screen: &'a str, text: &str) -> &'a str {
    screen.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("'{text}' is not there:\n{screen}"))
}

#[test]
fn a_supervisor_types_how_many_travel() {
    let mut stage = Stage::new(staff(Role::Supervisor));
    stage.keys("mmct<enter><tab>40<enter>");
    assert!(matches!(stage.asked().1, Request::Search { .. }), "{}", stage.text());
    assert_eq!(stage.app.world().draft.party, 40);

    for (typed, why) in [("51", "A booking is for 1 to 50"), ("0", "Type how many travel, from 1 to 50.")] {
        let mut stage = Stage::new(staff(Role::Supervisor));
        stage.keys(&format!("mmct<enter><tab>{typed}<enter>"));
        assert!(stage.calls.is_empty() && stage.text().contains(why), "{}", stage.text());
        stage.keys("12<enter>");
        assert_eq!(stage.app.world().draft.party, 12, "what is typed next begins a new number");
    }
    let mut stage = Stage::new(staff(Role::Supervisor));
    stage.keys("mmct<enter><tab>11<tab>3a<enter>");
    assert!(stage.text().contains("A booking is for 1 to 10"), "the class is known:\n{}", stage.text());
    let mut stage = Stage::new(staff(Role::Supervisor));
    stage.keys("mmct<enter><tab>40<tab>sl tq<enter>");
    assert!(stage.text().contains("A booking is for 1 to 6"), "and the quota:\n{}", stage.text());
}

#[test]
fn the_search_of_a_supervisor_looks_like_this() {
    let mut stage = Stage::new(staff(Role::Supervisor));
    stage.keys("mmct<enter><tab>48");
    assert_picture!(stage, "search");
}

#[test]
fn an_agent_chooses_of_six() {
    let mut stage = Stage::new(staff(Role::Agent));
    stage.keys("mmct<enter><tab>9");
    assert!(stage.text().contains("( ) 6"), "{}", stage.text());
    stage.keys("<enter>");
    assert_eq!(stage.app.world().draft.party, 1);
}

#[rstest]
#[case(Role::Supervisor, "s 2 sl 40", Some(40))]
#[case(Role::Supervisor, "s 2 50", Some(50))]
#[case(Role::Administrator, "s 2 3a 10", Some(10))]
#[case(Role::Agent, "s 2 sl 6", Some(6))]
fn a_party_is_typed_behind_the_class(#[case] role: Role, #[case] line: &str, #[case] party: Option<u8>) {
    let stage = Stage::new(staff(role));
    let entries = read(line, stage.app.world()).expect("it is read");
    let Step::Choose(Choice { party: read, .. }) = &entries[0].steps[0] else { panic!("{entries:?}") };
    assert_eq!(*read, party);
}

#[rstest]
#[case(Role::Supervisor, "s 2 sl 51", 7, "A booking is for 1 to 50")]
#[case(Role::Supervisor, "s 2 3a 11", 7, "A booking is for 1 to 10")]
#[case(Role::Supervisor, "s 2 sl 0", 7, "Type how many travel")]
#[case(Role::Agent, "s 2 sl 7", 7, ASK)]
#[case(Role::Agent, "s 2 sl 51", 7, "A booking is for 1 to 6")]
#[case(Role::Supervisor, "s 2 sl 300", 7, "A booking is for 1 to 50")]
#[case(Role::Agent, "s 2 sl 70000", 7, "A booking is for 1 to 6")]
fn a_party_that_is_too_large_is_pointed_at(
    #[case] role: Role,
    #[case] line: &str,
    #[case] at: usize,
    #[case] why: &str,
) {
    let stage = Stage::new(staff(role));
    let bad = read(line, stage.app.world()).expect_err("it is refused");
    assert!(bad.at == at && bad.why.starts_with(why), "{bad:?}");
}

#[test]
fn digits_over_the_coach_say_how_large_the_party_is() {
    let mut stage = Stage::new(staff(Role::Supervisor));
    let journey = journey();
    stage.app.show(
        Draft { journey: Some(journey.clone()), party: 1, ..Draft::default() },
        [Berths::new(journey.clone(), Class::Sleeper, Quota::General).into()],
    );
    stage.live(all_free(&journey));
    stage.keys("40");
    assert_eq!(stage.app.world().draft.party, 40);
    stage.keys("b");
    assert!(line_of(&stage.text(), "Party of 40").contains("40 in S1"), "{}", stage.text());
    stage.keys("7");
    assert_eq!(stage.app.world().draft.party, 7, "another key ends a number");
    stage.keys("<up>99");
    assert_eq!(stage.app.world().draft.party, 9, "there is no party of 99");
    assert!(stage.text().contains("A booking is for 1 to 50"), "{}", stage.text());
    stage.keys("<up>451");
    assert_eq!(stage.app.world().draft.party, 45, "there is none of 451 either");
    stage.keys("2");
    assert_eq!(stage.app.world().draft.party, 2, "what was refused is over");
    stage.keys("<up>50w<end>");
    assert_picture!(stage, "wishes");
    stage.keys("<esc>+");
    assert!(stage.text().contains("A booking is for 1 to 50"), "{}", stage.text());
    assert_eq!(stage.app.world().draft.party, 50);
}

#[test]
fn an_agent_is_told_who_has_more_berths() {
    let mut stage = Stage::new(staff(Role::Agent));
    let journey = journey();
    stage.app.show(
        Draft { journey: Some(journey.clone()), party: 6, ..Draft::default() },
        [Berths::new(journey.clone(), Class::Sleeper, Quota::General).into()],
    );
    stage.live(all_free(&journey));
    stage.keys("+");
    assert!(stage.text().contains(ASK), "{}", stage.text());
    assert_eq!(stage.app.world().draft.party, 6);
}

#[test]
fn fifty_rows_scroll_and_the_focus_stays_in_sight() {
    let mut stage = at_passengers(50);
    for row in 1..=50 {
        let screen = stage.text();
        assert!(line_of(&screen, "▌").starts_with(&format!("▌ {row} ")), "row {row}:\n{screen}");
        assert!(screen.contains(&format!("{row} of 50")), "row {row}:\n{screen}");
        stage.keys("<down>");
    }
    assert!(line_of(&stage.text(), "▌").contains("Phone"), "{}", stage.text());
    stage.keys("<pgup><pgup><pgup>");
    assert!(line_of(&stage.text(), "▌").starts_with("▌ 38 "), "{}", stage.text());
    stage.keys("<pgdn><pgdn><pgdn>");
    assert!(line_of(&stage.text(), "▌").starts_with("▌ 50 "), "{}", stage.text());
    // Nothing is typed, and the first row that lacks something comes into sight.
    stage.keys("<f2>");
    assert!(line_of(&stage.text(), "▌").starts_with("▌ 1 "), "{}", stage.text());
}

#[test]
fn a_list_is_pasted_into_the_rows() {
    let mut stage = at_passengers(50);
    stage.paste(&lines(50));
    assert!(stage.text().contains("50 names filled in."), "{}", stage.text());
    stage.keys("<up>");
    assert_picture!(stage, "passengers");
    let typed = names(&stage);
    assert_eq!(
        (typed.len(), typed[0].as_str(), typed[49].as_str()),
        (50, "Traveller One Sharma 70", "Traveller Two Sharma 21")
    );
    stage.keys("<f2>");
    assert!(stage.text().contains("A telephone number is needed"), "{}", stage.text());
    stage.keys("9810012345<enter>");
    let Request::Price { passengers, .. } = stage.asked().1 else { panic!("the price is asked") };
    assert_eq!(passengers.len(), 50);
}

#[test]
fn a_table_is_pasted_as_well_and_children_without_a_berth_come_behind() {
    let mut stage = at_passengers(8);
    stage.keys("Dev Sharma<tab>40<tab>m<tab>");
    stage.paste("Anita Sharma,34,F\r\nmira iyer\tF\t9\n\n\"OM IYER\"; male; 63\nIYER/TARA M2L\nRAO/A F30 RAO/B M31\n");
    assert_eq!(
        names(&stage)[..6],
        ["Dev Sharma 40", "Anita Sharma 34", "Mira Iyer 9", "Om Iyer 63", "A Rao 30", "B Rao 31"]
    );
    assert_eq!(stage.app.world().draft.typed.lap[0].name, "Tara Iyer");
    assert!(stage.text().contains("6 names filled in."), "{}", stage.text());
}

#[test]
fn a_line_that_cannot_be_read_is_said_and_stays_in_its_row_to_be_put_right() {
    let mut stage = at_passengers(8);
    stage.paste("SHARMA/ANITA F34\nSHARMA/DEV X9\nIYER/OM\nIYER/MIRA F40\nIyer,Leela,F,31");
    let says = "2 names filled in; not line 2 and 2 more: Type F for female, M for male or T for transgender.";
    assert!(closed_up(&stage.text()).contains(says), "{}", stage.text());
    assert_picture!(stage, "unread");
    assert!(line_of(&stage.text(), "▌").contains("SHARMA/DEV X9"), "{}", stage.text());
    stage.keys("<c-u>Dev Sharma<tab>9<tab>m");
    assert_eq!(names(&stage)[..4], ["Anita Sharma 34", "Dev Sharma 9", "IYER/OM ", "Mira Iyer 40"]);
}

#[test]
fn a_list_overwrites_nothing_and_says_what_has_no_row() {
    let mut stage = at_passengers(8);
    stage.keys("<down>Dev Sharma<up>");
    stage.paste(&lines(9));
    assert!(stage.text().contains("7 names filled in; from line 8 on there is no empty row left."), "{}", stage.text());
    assert_eq!(names(&stage)[1], "Dev Sharma ");
}

#[test]
fn what_has_no_row_is_said_beside_what_cannot_be_read() {
    let mut stage = at_passengers(3);
    stage.paste("SHARMA/ANITA F34\nSHARMA/DEV X9\nRAO/A F30 RAO/B M31\nIYER/MIRA F40\nIYER/OM");
    let says = "1 name filled in; from line 3 on there is no empty row left; not line 2 and 1 more: Type F for female, M for male or T for transgender";
    assert!(closed_up(&stage.text()).contains(says), "{}", stage.text());
    // Of the two of a line neither travels alone, and nobody further down takes the row that was too little for them.
    assert_eq!(names(&stage), ["Anita Sharma 34", "SHARMA/DEV X9 ", " "]);
}

#[test]
fn a_child_beyond_the_largest_party_is_told_so() {
    let mut stage = at_passengers(50);
    stage.paste(&format!("{}\nIYER/TARA M2L", lines(49)));
    let says = "49 names filled in; no room for the child of line 50: make another booking.";
    assert!(stage.text().contains(says), "{}", stage.text());
    assert!(stage.app.world().draft.typed.lap.is_empty());
}

#[test]
fn a_line_that_was_not_read_travels_under_no_name_before_it_is_put_right() {
    let mut stage = at_passengers(2);
    stage.paste("SHARMA/DEV X9\nSHARMA/ANITA F34");
    let why = "Line 1, character 12: Type F for female";
    stage.keys("<tab>9<tab>m<tab><tab><tab><tab>9810012345<f2>");
    assert!(stage.text().contains(why) && stage.calls.is_empty(), "{}", stage.text());
    // Moving in it, or typing behind it, puts nothing right; neither does leaving the screen.
    stage.keys("<left>x<f2>");
    assert!(stage.text().contains(why) && stage.calls.is_empty(), "{}", stage.text());
    stage.keys("<c-u>Dev Sharma<f2>");
    let Request::Price { passengers, .. } = stage.asked().1 else { panic!("the price is asked") };
    assert_eq!(passengers[0].name.as_str(), "Dev Sharma");
}

#[test]
fn a_line_longer_than_a_name_keeps_its_row_free_and_hidden_signs_are_left_out() {
    let mut stage = at_passengers(3);
    let long = "SHARMA/ANITA WITH A NAME THAT GOES ON AND ON F34";
    stage.paste(&format!("\u{feff}SHARMA/\u{200b}DEV M40\n{long}\n\u{feff}IYER/OM M50"));
    assert_eq!(names(&stage), ["Dev Sharma 40", " ", "Om Iyer 50"]);
    assert!(line_of(&stage.text(), "▌").starts_with("▌ 2 "), "{}", stage.text());
    assert!(stage.text().contains("Line 2, character 1: "), "{}", stage.text());
}

fn fare(people: usize) -> Fare {
    let journey = journey();
    let party = vec![Traveller { age: 30.try_into().expect("an age"), accommodation: Accommodation::Berth }; people];
    let ride = Ride { kind: journey.train.kind(), class: Class::Sleeper, quota: Quota::General, km: journey.km };
    let booked = start().date_naive();
    price(RULES.fares_on(booked), RULES.quotas_on(booked), ride, &party).expect("a fare")
}

/// Fifty who have paid.
fn group() -> Booking {
    let fare = fare(50);
    let berth = |n: u8| (if n <= 40 { "S1" } else { "S2" }, if n <= 40 { n } else { n - 40 }, BerthType::Middle);
    let share = fare.shares[0].get();
    let named = |n: u8| format!("Traveller {} Of Many", ["One", "Two", "Three"][usize::from(n % 3)]);
    let people = (1..=50).map(|n| passenger(&named(n), 20 + n, Gender::Female, Some(berth(n)), share)).collect();
    let payment = Payment {
        method: PaymentMethod::Cash,
        reference: None,
        amount: fare.total,
        ..sample_booking::booking().payment.expect("it is paid")
    };
    Booking { class: Class::Sleeper, passengers: people, fare, payment: Some(payment), ..sample_booking::booking() }
}

#[test]
fn a_review_shows_all_of_a_group_page_by_page() {
    let mut stage = at_passengers(50);
    stage.paste(&lines(50)).keys("9810012345<enter>");
    stage.reply(Ok(Reply::Priced(fare(50))));
    assert_picture!(stage, "review");
    for _ in 0..20 {
        stage.keys("<pgdn>");
    }
    assert!(stage.text().contains("of 50   PgUp ▴"), "{}", stage.text());
    assert!(stage.text().contains("50 Traveller Two Sharma"), "{}", stage.text());
    assert!(stage.text().contains("To pay"), "{}", stage.text());
}

#[test]
fn a_ticket_and_a_booking_of_a_group_turn_their_pages() {
    let booking = Arc::new(group());
    let mut ticket = at(Draft::default(), Ticket::new(Arc::clone(&booking)), Role::Supervisor);
    let mut detail = Stage::new(staff(Role::Supervisor));
    detail.app.show(Draft::default(), [Detail::of(booking.pnr).into()]);
    detail.tell(Msg::Wake);
    detail.reply(Ok(Reply::Booking(Arc::clone(&booking))));
    let mut correct = at(Draft::default(), Correct::new(Arc::clone(&booking)), Role::Supervisor);
    assert_picture!(ticket, "ticket");
    assert_picture!(detail, "booking");
    assert_picture!(correct, "correct");
    for stage in [&mut ticket, &mut detail, &mut correct] {
        assert!(stage.text().contains("of 50   PgDn ▾"), "{}", stage.text());
        for _ in 0..30 {
            stage.keys("<pgdn>");
        }
        assert!(stage.text().contains("50 of 50   PgUp ▴"), "{}", stage.text());
        assert!(stage.text().contains(" 50 Traveller Three Of Many"), "{}", stage.text());
        for _ in 0..30 {
            stage.keys("<pgup>");
        }
        assert!(stage.text().contains(" 1  Traveller Two Of Many"), "{}", stage.text());
    }
}

#[test]
fn the_code_of_a_group_leaves_room_for_what_is_said_of_it() {
    let booking = Arc::new(group());
    let mut stage = Stage::new(staff(Role::Supervisor));
    stage.calls.clear();
    stage.app.show(Draft::default(), [Ticket::new(Arc::clone(&booking)).into()]);
    stage.tell(Msg::Wake);
    let ticket = TicketKey::derive(b"a secret of thirty-two bytes, or more").sign(&booking);
    stage.reply(Ok(Reply::Ticket(ticket)));
    stage.keys("q");
    assert_picture!(stage, "code");
    for said in ["S1-20", "and 30 more, on the receipt", "identity card.", "Esc back to the booking"] {
        assert!(stage.text().contains(said), "{said}:\n{}", stage.text());
    }
}

#[test]
fn a_slip_of_a_group_shows_what_to_take() {
    let pay_by = start() + TimeDelta::minutes(20);
    let slip = Booking {
        status: BookingStatus::AwaitingPayment,
        payment: None,
        slip: Some(SlipFacts { hold: HoldId(Uuid::from_u128(9)), pay_by }),
        ..group()
    };
    let mut stage = at(Draft::default(), Slip::default(), Role::Agent);
    stage.keys("2451234567<enter>");
    stage.reply(Ok(Reply::Booking(Arc::new(slip))));
    assert!(stage.text().contains("of 50   PgDn ▾"), "{}", stage.text());
    assert!(line_of(&stage.text(), "Take").contains(&group().fare.total.to_string()), "{}", stage.text());
    stage.keys("<pgdn>");
    assert!(stage.text().contains("PgUp ▴  PgDn ▾"), "{}", stage.text());
}

fn reckoned(booking: &Booking, chosen: &[u8]) -> Quote {
    let claims = claims(booking, chosen).expect("places to give up");
    let departs = instant(booking.from.at);
    let chart = FirstChart::Due(departs - TimeDelta::hours(10));
    let cancellation =
        Cancellation { class: booking.class, claims: &claims, departs, chart, reason: Reason::Passenger };
    quote(RULES.refunds(&booking.refund_rules).expect("rules of that name"), &cancellation, start()).expect("a quote")
}

#[test]
fn who_gives_up_is_chosen_among_fifty() {
    let booking = group();
    let mut stage = Stage::new(staff(Role::Supervisor));
    stage.app.show(Draft::default(), [Detail::of(booking.pnr).into()]);
    stage.tell(Msg::Wake);
    stage.reply(Ok(Reply::Booking(Arc::new(booking.clone()))));
    stage.calls.clear();
    stage.keys("c");
    for row in 1..50 {
        stage.keys("<down>");
        assert!(stage.text().contains(&format!("{} of 50", row + 1)), "row {row}:\n{}", stage.text());
        assert!(line_of(&stage.text(), "▌").contains("Traveller"), "{}", stage.text());
    }
    stage.keys("<space><pgup><space><home><space>");
    let (id, request) = stage.calls.pop_back().expect("the figures are asked for");
    let Request::QuoteCancel { passengers, .. } = &request else { panic!("{request:?}") };
    assert_eq!((passengers.len(), passengers[0], passengers[2]), (3, 0, 49));
    let quoted = reckoned(&booking, passengers);
    stage.tell(Msg::Reply(id, Ok(Reply::Quote(Box::new(quoted)))));
    assert_picture!(stage, "cancel");
}

#[test]
fn an_agent_is_told_why_a_group_is_not_sold_again() {
    for (role, says) in [(Role::Agent, true), (Role::Supervisor, false)] {
        let mut stage = Stage::new(staff(role));
        let booking = Booking { class: Class::Sleeper, ..group() };
        stage.app.show(Draft::default(), [Detail::of(booking.pnr).into()]);
        stage.tell(Msg::Wake);
        stage.reply(Ok(Reply::Booking(Arc::new(booking))));
        stage.keys("g");
        assert_eq!(stage.text().contains(ASK), says, "{}", stage.text());
        assert_eq!(stage.app.world().draft.typed.seated.len(), if says { 0 } else { 50 });
        assert_eq!(stage.app.world().draft.party, if says { 0 } else { 50 });
    }
}

#[test]
fn money_is_not_lost_on_the_way() {
    let fare = fare(50);
    assert_eq!(fare.shares.iter().copied().sum::<Paise>(), fare.total);
}
