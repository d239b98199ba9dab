//! Another point of boarding: chosen among the halts of the way, asked about, and changed.

use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::domain::boarding::{NotMoved, stop};
use kiosk::domain::booking::Booking;
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, Outcome, Reply, Request};
use kiosk::ui::draft::Draft;
use kiosk::ui::msg::Msg;
use kiosk::ui::screen::Screen;
use kiosk::ui::screens::booking::Detail;

use crate::ui_kit::{Stage, sample, sample_journey, start, station, with_quotas};

fn boards_at(code: &str) -> Booking {
    let journey = sample_journey();
    let halt = journey.train.halts().iter().find(|halt| halt.station == station(code)).expect("a halt");
    let name = crate::ui_kit::TIMETABLE.stations().name(halt.station);
    Booking { boarding: Some(stop(journey.run, halt, name)), version: 2, ..sample() }
}

fn shown(role: Role, booking: Booking) -> Stage {
    let mut stage = Stage::signed_in(role);
    stage.calls.clear();
    stage.app.show(Draft::default(), [Detail::of(booking.pnr).into()]);
    stage.tell(Msg::Wake);
    stage.reply(Ok(Reply::Booking(Arc::new(booking))));
    // Its code is another matter.
    stage.calls.clear();
    stage
}

#[test]
fn a_halt_is_chosen_and_changed_after_a_question() {
    let mut stage = shown(Role::Traveller, sample());
    stage.keys("b");
    assert!(stage.text().contains("The halts of the train are being read"), "{}", stage.text());
    assert_eq!(stage.app.watch().iter().map(|watch| watch.run).collect::<Vec<_>>(), [sample().run]);
    stage.live(with_quotas(&sample_journey())).keys("<down>");
    assert_picture!(stage, "boarding");
    stage.keys("<enter>");
    assert_picture!(stage, "boarding_question");
    stage.keys("<esc>");
    assert!(stage.calls.is_empty());
    stage.keys("<enter><enter>");
    let asked = stage.reply(Err(Failure::NotMoved(NotMoved::TooLate)));
    let Request::ChangeBoarding { op: first, station: chosen, .. } = asked else { panic!("a change, not {asked:?}") };
    assert!(stage.text().contains("24 hours before departure"), "{}", stage.text());
    stage.keys("<enter><enter>");
    let lost = Failure::Unavailable { outcome: Outcome::Unknown, reference: "k7f2".to_owned() };
    let Request::ChangeBoarding { op: second, .. } = stage.reply(Err(lost)) else { panic!("a change") };
    assert_ne!(first, second, "what was refused is another change");
    assert!(stage.text().contains("not known yet"), "{}", stage.text());
    stage.keys("<enter>");
    let answer = boards_at(chosen.as_str());
    let Request::ChangeBoarding { op, .. } = stage.reply(Ok(Reply::Booking(Arc::new(answer)))) else { panic!() };
    assert_eq!(op, second, "a repetition is the same");
    assert!(matches!(stage.app.top(), Screen::Detail(_)), "{}", stage.text());
    assert!(stage.text().contains("Boarding at"), "{}", stage.text());
}

#[test]
fn a_booking_says_where_its_party_boards_and_that_it_is_settled() {
    let stage = shown(Role::Agent, boards_at("KOTA"));
    assert_picture!(stage, "booking_boards_later");
    assert!(!stage.text().contains("board later"), "{}", stage.text());
}

#[test]
fn who_only_looks_or_comes_too_late_is_not_offered_it() {
    let mut stage = Stage::signed_in(Role::Traveller);
    stage.calls.clear();
    stage.app.show(Draft::default(), [Detail::found(sample().pnr).into()]);
    stage.tell(Msg::Wake);
    stage.reply(Ok(Reply::Booking(Arc::new(sample()))));
    assert!(!stage.text().contains("board later"), "{}", stage.text());
    let soon = (start() + TimeDelta::hours(20)).naive_utc();
    let leaves = kiosk::domain::train::Stop { at: soon, ..sample().from };
    let stage = shown(Role::Agent, Booking { from: leaves, ..sample() });
    assert!(!stage.text().contains("board later"), "{}", stage.text());
}

#[test]
fn an_entry_shows_the_halt_and_a_wrong_one_is_said() {
    let mut stage = shown(Role::Agent, sample());
    stage.keys("<f10>b kota<enter>");
    stage.live(with_quotas(&sample_journey()));
    stage.keys("<enter>");
    assert!(stage.text().contains("Board at Kota"), "{}", stage.text());
    stage.keys("<esc><esc>");
    let booking = Reply::Booking(Arc::new(sample()));
    stage.reply(Ok(booking));
    stage.calls.clear();
    stage.keys("<f10>b hwh;w<enter>");
    stage.live(with_quotas(&sample_journey()));
    assert!(stage.text().contains("does not call at HWH"), "{}", stage.text());
    let text = stage.text();
    let column = |row: &str, sign: &str| row.split_once(sign).map(|(before, _)| before.chars().count());
    let mut below = text.lines().skip_while(|row| !row.contains("b hwh;w"));
    let at = below.next().and_then(|row| column(row, "hwh"));
    assert!(at.is_some(), "what is not done stays on the line:\n{text}");
    assert_eq!(below.next().and_then(|row| column(row, "^")), at, "{text}");
    stage.keys("<c-u>b kota<enter><enter>");
    assert!(stage.text().contains("Board at Kota"), "the list of halts takes it, too:\n{}", stage.text());
}
