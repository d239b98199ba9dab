//! Several customers at once, and people who travelled before.

use chrono::TimeDelta;
use kiosk::domain::profile::{Companion, Known};
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::user::Role;
use kiosk::service::request::{Reply, Request};
use kiosk::ui::msg::Effect;
use kiosk::ui::screen::Screen;

use crate::sample_booking;
use crate::ui_desk::{answered, desk};
use crate::ui_kit::{Stage, setup};

/// Berths for two are held, and nobody is typed.
const HELD: &str = "<f10>a ndls mmct 24dec;s 12952 3a 2<enter>";

fn held(role: Role) -> Stage {
    let mut stage = desk();
    stage.keys(HELD);
    answered(&mut stage);
    answered(&mut stage);
    assert!(matches!(stage.app.top(), Screen::Passengers(_)), "{}", stage.text());
    if role < Role::Agent {
        let draft = stage.app.world().draft.clone();
        stage = Stage::signed_in(role);
        stage.app.show(draft, [kiosk::ui::screens::passengers::Passengers::default().into()]);
    }
    stage
}

fn found(people: Vec<Companion>) -> Reply {
    Reply::Companions { people, phone: None }
}

fn known() -> Vec<Companion> {
    let people = sample_booking::booking().passengers.into_iter();
    people.map(|booked| Companion { passenger: booked.passenger, known: Known::Travelled }).collect()
}

#[test]
fn staff_choose_those_who_travelled_with_a_number() {
    let mut stage = held(Role::Agent);
    stage.keys("<f3>");
    assert!(stage.calls.is_empty(), "without a number nobody is looked for");
    assert!(stage.text().contains("Type the telephone number first"), "{}", stage.text());
    stage.keys("9810012345<f3>");
    let request = stage.reply(Ok(found(known())));
    assert!(matches!(&request, Request::Companions { phone } if phone.as_str() == "9810012345"), "{request:?}");
    stage.keys("<down>");
    assert_picture!(stage, "travelled_before");
    stage.keys("<enter>1");
    let typed = &stage.app.world().draft.typed;
    let names: Vec<_> = typed.seated.iter().map(|row| (row.name.as_str(), row.age.as_str())).collect();
    assert_eq!(names, [("Dev Sharma", "36"), ("Anita Sharma", "34")]);
    assert!(!stage.text().contains("Who travels"), "it closes with the last berth:\n{}", stage.text());
    stage.keys("<enter>");
    assert!(matches!(stage.asked().1, Request::Price { .. }));
}

#[test]
fn an_entry_finds_them_too() {
    let mut stage = held(Role::Agent);
    stage.keys("<f10>l 9810012345<enter>");
    stage.reply(Ok(found(known())));
    stage.keys("12");
    assert_eq!(stage.app.world().draft.typed.seated[1].name, "Dev Sharma");
    let mut stage = held(Role::Agent);
    stage.keys("<f10>l 9810012345;f<enter>");
    stage.reply(Ok(found(Vec::new())));
    assert!(stage.text().contains("^ Nobody is known by it"), "{}", stage.text());
    assert!(stage.text().contains("› l 9810012345;f"), "{}", stage.text());
}

#[test]
fn a_traveller_finds_those_of_their_own_bookings() {
    let mut stage = held(Role::Traveller);
    stage.keys("<f3>");
    assert!(matches!(stage.reply(Ok(found(known()))), Request::MyCompanions { on } if on.to_string() == "2026-12-24"));
    stage.keys("3<esc>");
    let typed = &stage.app.world().draft.typed;
    assert_eq!((typed.seated[0].name.as_str(), typed.seated[1].name.as_str()), ("Mira Sharma", ""));
    stage.keys("<f3>");
    stage.reply(Ok(found(Vec::new())));
    assert!(stage.text().contains("Nobody is saved, or known"), "{}", stage.text());
}

#[test]
fn at_a_public_console_nobody_is_known() {
    let draft = held(Role::Agent).app.world().draft.clone();
    let mut stage = Stage::new(setup(TerminalKind::Public));
    stage.app.show(draft, [kiosk::ui::screens::passengers::Passengers::default().into()]);
    stage.calls.clear();
    stage.keys("<f3>");
    assert!(stage.calls.is_empty());
}

#[test]
fn a_journey_waits_with_its_names_and_berths_while_another_is_sold() {
    let mut stage = held(Role::Agent);
    stage.keys("<f10>n sharma/anita f34<enter><c-n>");
    assert!(matches!(stage.app.top(), Screen::Search(_)), "{}", stage.text());
    assert!(stage.app.world().draft.hold.is_none());
    stage.advance(TimeDelta::minutes(1));
    assert!(stage.text().contains(" 1 12952 09:00 "), "{}", stage.text());
    stage.keys("<f10>a ndls mmct 25dec;s 12952 3a<enter>");
    answered(&mut stage);
    answered(&mut stage);
    assert!(stage.text().contains("held for 10:00"), "{}", stage.text());
    assert_picture!(stage, "one_waits");
    stage.keys("<f10>k 1<enter>");
    assert!(stage.text().contains("Anita Sharma"), "{}", stage.text());
    assert!(stage.text().contains("held for 09:00"), "{}", stage.text());
    assert!(stage.text().contains(" 1 12952 10:00 "), "the other waits now:\n{}", stage.text());
    stage.keys("<c-n>");
    assert!(stage.text().contains(" 2 12952 09:00 "), "{}", stage.text());
    stage.keys("<c-n>");
    assert!(stage.text().contains("held for 10:00"), "the one that waits longest is next:\n{}", stage.text());
}

#[test]
fn berths_of_a_journey_that_waits_go_back_in_their_time_and_its_names_stay() {
    let mut stage = held(Role::Agent);
    stage.keys("<f10>n sharma/anita f34<enter><c-n>").advance(TimeDelta::minutes(5));
    stage.keys("<down>").advance(TimeDelta::minutes(5));
    assert!(stage.text().contains("The berths of journey 1 (12952) have gone back"), "{}", stage.text());
    assert!(matches!(stage.effects.last(), Some(Effect::Bell)));
    stage.keys("<c-n>");
    assert!(matches!(stage.app.top(), Screen::Results(_)), "{}", stage.text());
    assert_eq!(stage.app.world().draft.typed.seated[0].name, "Anita Sharma");
}

#[test]
fn a_journey_is_not_set_aside_while_an_answer_is_on_its_way() {
    let mut stage = desk();
    stage.keys("<f10>a ndls mmct 24dec<enter>").keys("<esc>");
    stage.keys("<f10><c-u>a ndls mmct 24dec<enter>");
    answered(&mut stage);
    stage.keys("<enter><enter><c-n>");
    assert!(stage.text().contains("An answer is on its way"), "{}", stage.text());
    assert!(matches!(stage.app.top(), Screen::Berths(_)));
}

#[test]
fn only_so_many_wait() {
    let mut stage = desk();
    for _ in 0..5 {
        stage.keys("<f10>a ndls mmct 24dec<enter>");
        answered(&mut stage);
        stage.keys("<c-n>");
    }
    stage.keys("<f10>a ndls mmct 24dec<enter>");
    answered(&mut stage);
    stage.keys("<c-n>");
    assert!(stage.text().contains("5 journeys wait already"), "{}", stage.text());
    stage.keys("<f10>k 6<enter>");
    assert!(stage.text().contains("No journey waits there"), "{}", stage.text());
    assert_picture!(stage, "five_wait");
}

#[test]
fn whoever_signs_out_is_asked_about_those_that_wait() {
    let mut stage = held(Role::Agent);
    stage.keys("<c-n><f8>");
    assert!(stage.text().contains("Sign out?"), "{}", stage.text());
    stage.keys("<enter>");
    assert!(!format!("{:?}", stage.app).contains("12952"), "nothing of them is left");
}
