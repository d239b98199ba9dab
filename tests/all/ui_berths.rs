//! The coach map: choosing berths, holding them and losing them, with keys in and effects out.

use chrono::TimeDelta;
use kiosk::domain::admission::Standing;
use kiosk::domain::coach::Class;
use kiosk::domain::inventory::{HeldPart, HoldId, Parts};
use kiosk::domain::spot::Grant;
use kiosk::domain::timetable::Journey;
use kiosk::domain::user::Role;
use kiosk::service::request::{Choice, Failure, Hold, Outcome, Reply, Request};
use kiosk::ui::msg::{Effect, Msg};
use kiosk::ui::screen::Screen;
use rstest::rstest;

use crate::ui_find::{berth, crowded, found, sold, take, trains_to};
use crate::ui_kit::{Stage, all_free};

/// The Mumbai Rajdhani's 3A in front of an agent.
fn berths(party: &str) -> (Stage, Journey) {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mmct<enter>24 dec<tab>").keys(party).keys("<enter>");
    let offers = found(&mut stage);
    let journey = offers[0].journey.clone();
    stage.keys("<enter>");
    assert!(matches!(stage.app.top(), Screen::Berths(_)), "{}", stage.text());
    (stage, journey)
}

#[test]
fn the_coach_map() {
    let (mut stage, journey) = berths("2");
    assert_picture!(stage, "berths_not_known");
    stage.live(crowded(&journey));
    stage.keys("cb");
    assert_picture!(stage, "berths_best");
    stage.live(take(&crowded(&journey), "B2", &[50], &journey));
    stage.keys("<right><down>");
    assert!(stage.text().contains("50 x▾"), "{}", stage.text());
    assert_picture!(stage, "berths_live_change");
    stage.keys("w");
    assert_picture!(stage, "berths_wishes");
}

#[rstest]
#[case("<left><left><left><enter>", "berths_first_class")]
#[case("<left><enter>", "berths_two_tier")]
fn other_coaches(#[case] keys: &str, #[case] name: &str) {
    let (mut stage, offers) = trains_to("mmct", "24 dec");
    stage.keys(keys).live(all_free(&offers[0].journey));
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(name, stage.picture());
    });
}

#[rstest]
#[case("<right><right>", "berths_chair_car")]
#[case("<left><left>", "berths_executive_chairs")]
fn chairs(#[case] keys: &str, #[case] name: &str) {
    let train = "12004";
    let (mut stage, offers) = trains_to("kanpur", "24 dec");
    stage.touch(train).keys(keys).keys("<enter>");
    let offer = offers.iter().find(|offer| offer.journey.train.number().as_str() == train).expect("a train");
    stage.live(all_free(&offer.journey));
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(name, stage.picture());
    });
}

#[test]
fn chosen_berths_are_held_in_order_and_the_passengers_come_next() {
    let (mut stage, journey) = berths("2");
    stage.live(all_free(&journey));
    stage.keys("<space><right><space><enter>");
    let (id, request) = stage.asked();
    let Request::Hold { hold, run, leg, class, quota, choice, .. } = request else { panic!("{request:?}") };
    assert_eq!((run, leg, class), (journey.run, journey.leg, Class::ThirdAc));
    let wanted = vec![berth("B1", 1), berth("B1", 4)];
    assert_eq!(choice, Choice::Berths(wanted.clone()));
    let until = stage.now + TimeDelta::minutes(10);
    // The run's new state comes before the answer: one's own hold takes nothing from oneself.
    let mut known = take(&all_free(&journey), "B1", &[1, 4], &journey);
    let part = HeldPart { spots: vec![1.into(), 4.into()], leg, until };
    known.coach_mut(wanted[0].coach).holds.insert(hold, part);
    stage.live(known);
    assert!(stage.text().contains("B1-1 lower, B1-4 lower"), "{}", stage.text());
    let grants = wanted.into_iter().map(Grant::Berth).collect();
    let granted = Hold { id: hold, run, leg, class, quota, grants, parts: Parts::new(), until };
    stage.tell(Msg::Reply(id, Ok(Reply::Held(granted))));
    assert!(matches!(stage.app.top(), Screen::Passengers(_)));
    assert!(stage.text().contains("held for 10:00"), "{}", stage.text());
}

#[test]
fn the_berths_of_six_end_before_what_is_said_of_them_all() {
    let (mut stage, journey) = berths("6");
    stage.live(all_free(&journey)).keys("<enter>");
    held(&mut stage);
    let text = stage.keys("<esc>").text();
    assert!(text.contains("B1-1, B1-2, B1-3, B1-4, B1-5, B1-6  "), "{text}");
}

fn held(stage: &mut Stage) -> HoldId {
    let (id, request) = stage.asked();
    let Request::Hold { hold, run, leg, class, quota, choice, .. } = request else { panic!("{request:?}") };
    let berths: Vec<_> = match choice {
        Choice::Berths(berths) => berths,
        Choice::Best(wishes) => (1..).take(wishes.len()).map(|number| berth("B1", number)).collect(),
    };
    let grants = berths.into_iter().map(Grant::Berth).collect();
    let until = stage.now + TimeDelta::minutes(10);
    stage.tell(Msg::Reply(
        id,
        Ok(Reply::Held(Hold { id: hold, run, leg, class, quota, grants, parts: Parts::new(), until })),
    ));
    hold
}

#[test]
fn held_berths_are_given_back_only_after_a_question() {
    let (mut stage, journey) = berths("2");
    stage.live(all_free(&journey)).keys("<enter>");
    let hold = held(&mut stage);
    stage.keys("<esc>");
    assert!(matches!(stage.app.top(), Screen::Berths(_)), "{}", stage.text());
    assert!(stage.calls.is_empty(), "back from the passengers keeps the hold");
    stage.live(all_free(&journey));
    assert_picture!(stage, "berths_held");
    stage.keys("<esc><esc>");
    assert!(stage.calls.is_empty(), "no is no");
    stage.keys("<esc><enter>");
    assert!(matches!(stage.app.top(), Screen::Results(_)), "{}", stage.text());
    let (_, request) = stage.asked();
    assert!(matches!(request, Request::Release { hold: released, .. } if released == hold));
}

#[test]
fn leaving_before_a_hold_gives_nothing_back() {
    let (mut stage, journey) = berths("2");
    stage.live(all_free(&journey)).keys("b<esc>");
    assert!(matches!(stage.app.top(), Screen::Results(_)));
    assert!(stage.calls.is_empty());
}

#[test]
fn a_berth_that_another_takes_leaves_the_choice_visibly() {
    let (mut stage, journey) = berths("2");
    stage.live(all_free(&journey)).keys("<space><right><space>");
    stage.live(take(&all_free(&journey), "B1", &[4], &journey));
    assert!(stage.text().contains("B1-4 was taken a moment ago."), "{}", stage.text());
    assert!(stage.text().contains("B1-1 lower and 1 more"), "{}", stage.text());
    assert!(stage.effects.iter().any(|effect| matches!(effect, Effect::Bell)));
    stage.keys("<enter>");
    assert!(stage.calls.is_empty());
    assert!(stage.text().contains("Choose 1 more"), "{}", stage.text());
}

#[test]
fn who_comes_second_is_told_what_is_left() {
    let (mut stage, journey) = berths("1");
    stage.live(all_free(&journey)).keys("<space><enter>");
    stage.reply(Err(Failure::BerthTaken { berths: vec![berth("B1", 1)], left: 41 }));
    assert_picture!(stage, "berths_second");
    stage.keys("<enter>");
    stage.reply(Err(Failure::SoldOut { left: 0, standing: Standing::Full }));
    assert!(stage.text().contains("sold out for your leg"), "{}", stage.text());
}

#[test]
fn a_lost_answer_is_asked_for_again_under_the_same_name() {
    let (mut stage, journey) = berths("1");
    stage.live(all_free(&journey)).keys("<space><enter>");
    let lost = Failure::Unavailable { outcome: Outcome::Unknown, reference: "k1".to_owned() };
    let Request::Hold { hold: first, .. } = stage.reply(Err(lost)) else { panic!("no hold") };
    stage.keys("<enter>");
    let Request::Hold { hold: second, .. } = stage.reply(Err(Failure::SalesClosed)) else { panic!("no hold") };
    assert_eq!(first, second);
    stage.keys("<enter>");
    let (_, request) = stage.asked();
    assert!(matches!(request, Request::Hold { hold, .. } if hold != first), "a refusal ends the attempt");
}

#[test]
fn wishes_go_with_the_best_choice() {
    let (mut stage, _) = berths("2");
    stage.keys("w<right><down><space><esc><enter>");
    let (_, request) = stage.asked();
    let Request::Hold { choice: Choice::Best(wishes), .. } = request else { panic!("{request:?}") };
    assert_eq!(wishes.len(), 2);
    assert!(wishes[0].preference.is_some() && !wishes[0].needs_lower && wishes[1].needs_lower);
}

#[test]
fn a_party_has_a_limit() {
    let (mut stage, journey) = berths("6");
    stage.live(all_free(&journey)).keys("+");
    assert!(stage.text().contains("For more than 6 ask a supervisor"), "{}", stage.text());
    stage.keys("b----");
    assert!(stage.text().contains("Party of 2"), "{}", stage.text());
}

#[test]
fn a_full_class_says_so_on_the_map() {
    let (mut stage, journey) = berths("1");
    stage.live(sold(&journey, &[(Class::ThirdAc, 120)]));
    assert_picture!(stage, "berths_full");
    stage.keys("<enter>");
    assert!(stage.calls.is_empty(), "nobody asks for what is not there");
}

#[test]
fn a_touch_takes_a_berth_and_another_leaves_it() {
    let (mut stage, journey) = berths("1");
    stage.live(all_free(&journey)).touch(" 12[ ]");
    assert!(stage.text().contains("B1-12 lower"), "{}", stage.text());
    stage.touch(" 12[■]");
    assert!(stage.text().contains("nothing chosen"), "{}", stage.text());
}

#[test]
fn a_hold_that_comes_too_late_is_given_back() {
    let (mut stage, journey) = berths("1");
    stage.live(all_free(&journey)).keys("<enter><esc>");
    held(&mut stage);
    assert!(matches!(stage.app.top(), Screen::Berths(_)), "{}", stage.text());
    let (_, request) = stage.asked();
    assert!(matches!(request, Request::Release { .. }), "{request:?}");
}
