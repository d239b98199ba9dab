//! Finding a journey: the search, the trains of a day, the coach map.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use kiosk::domain::coach::{BerthRef, Class, CoachId};
use kiosk::domain::inventory::{CoachState, RunState};
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::timetable::Journey;
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, Offer, Outcome, Reply, Request};
use kiosk::ui::msg::Msg;
use kiosk::ui::screen::Screen;
use rstest::rstest;

use crate::ui_kit::{Stage, TIMETABLE, all_free, fares, setup, station};

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// What the service finds for a search.
pub fn find(request: &Request) -> Vec<Offer> {
    let Request::Search { from, to, date, quota } = request else { panic!("{request:?} is no search") };
    let journeys = TIMETABLE.journeys(from, to, *date);
    journeys.into_iter().map(|journey| Offer { fares: fares(&journey, *quota, *date), journey }).collect()
}

/// Answers the search that was asked for.
pub fn found(stage: &mut Stage) -> Vec<Offer> {
    let (id, request) = stage.asked();
    let offers = find(&request);
    stage.tell(Msg::Reply(id, Ok(Reply::Offers(offers.clone()))));
    offers
}

/// A run on which the first berths of every coach are sold for the whole way.
pub fn sold(journey: &Journey, berths: &[(Class, u8)]) -> RunState {
    let mut state = all_free(journey);
    for coach in journey.train.coaches() {
        let taken = berths.iter().find(|(class, _)| *class == coach.class()).map_or(0, |(_, taken)| *taken);
        let masks: BTreeMap<_, _> =
            (1..=taken.min(coach.berths())).map(|berth| (berth.into(), journey.leg.mask())).collect();
        if !masks.is_empty() {
            *state.coach_mut(coach.id()) = CoachState { rev: 1, masks, ..CoachState::default() };
        }
    }
    state
}

pub fn take(state: &RunState, coach: &str, berths: &[u8], journey: &Journey) -> RunState {
    let mut state = state.clone();
    let coach = state.coach_mut(CoachId::parse(coach).expect("a coach"));
    coach.rev += 1;
    coach.masks.extend(berths.iter().map(|berth| ((*berth).into(), journey.leg.mask())));
    state
}

pub fn berth(coach: &str, number: u8) -> BerthRef {
    BerthRef { coach: CoachId::parse(coach).expect("a coach"), number }
}

/// An agent's counter with the trains to a city on a date.
pub fn trains_to(city: &str, day: &str) -> (Stage, Vec<Offer>) {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys(city).keys("<enter>").keys(day).keys("<enter>");
    let offers = found(&mut stage);
    (stage, offers)
}

/// The trains to Kanpur with their counts, all of seven classes.
fn kanpur() -> (Stage, Vec<Offer>) {
    let (mut stage, offers) = trains_to("kanpur", "24 dec");
    for (at, offer) in (0..).zip(&offers) {
        let full = if at == 1 { 120 } else { 30 + at * 7 };
        let some = [(Class::FirstAc, full), (Class::SecondAc, 54), (Class::ThirdAc, full), (Class::Sleeper, 60 + at)];
        stage.live(sold(&offer.journey, &some));
    }
    stage.advance(TimeDelta::seconds(3));
    (stage, offers)
}

/// The Rajdhani with a full coach, one that is nearly full, and a berth out of sale.
pub fn crowded(journey: &Journey) -> RunState {
    let mut state = sold(journey, &[(Class::ThirdAc, 20)]);
    state = take(&state, "B1", &(1..=72).collect::<Vec<_>>(), journey);
    state = take(&state, "B2", &[24, 26, 27, 33, 40, 41, 42, 55, 60, 71], journey);
    let coach = state.coach_mut(CoachId::parse("B2").expect("a coach"));
    coach.blocked.insert(64, "broken lamp".to_owned());
    state
}

#[test]
fn a_place_that_nobody_knows_is_said_before_the_next_field() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("xyzzy<enter>");
    assert!(stage.text().contains("We have no such station."), "{}", stage.text());
    stage.keys("<c-u>mmct<enter>+3<enter>");
    assert!(matches!(stage.asked().1, Request::Search { .. }));
}

#[test]
fn a_date_that_is_not_on_sale_is_told_while_it_is_typed() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mmct<enter>23 mar");
    assert!(stage.text().contains("on sale from 1 Dec to 30 Jan"), "{}", stage.text());
}

#[test]
fn tab_takes_the_place_that_is_offered_as_enter_does() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mmct<tab>+3<enter>");
    let (_, request) = stage.asked();
    assert!(matches!(request, Request::Search { to, .. } if to == [station("MMCT")]));
}

#[test]
fn an_agent_reaches_the_trains_by_a_few_keys() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mmct<enter>+3<enter>");
    let (_, request) = stage.asked();
    let Request::Search { from, to, date: day, .. } = request else { panic!("{request:?}") };
    assert_eq!((from, to, day), (vec![station("NDLS")], vec![station("MMCT")], date("2026-12-04")));
}

#[test]
fn a_city_searches_all_its_stations() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mumbai<enter><enter>");
    let (_, request) = stage.asked();
    let Request::Search { to, .. } = request else { panic!("{request:?}") };
    assert!(to.contains(&station("CSMT")) && to.contains(&station("MMCT")), "{to:?}");
}

#[rstest]
#[case("<enter><enter>", "Say where the journey ends")]
#[case("new delhi<enter><enter>", "That is where the journey begins")]
#[case("kampur<enter><enter>", "Did you mean Kanpur")]
#[case("mmct<enter>soon<enter>", "That is not a date")]
#[case("mmct<enter>+99<enter>", "Tickets are sold from 1 Dec to 30 Jan")]
#[case("mmct<enter><tab><tab>7A<enter>", "That is not a class")]
fn what_cannot_be_searched_is_said_in_its_place(#[case] keys: &str, #[case] says: &str) {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys(keys);
    assert!(stage.calls.is_empty(), "{:?}", stage.calls);
    assert!(stage.text().contains(says), "{}", stage.text());
}

#[test]
fn arrows_move_the_day_and_the_ends_swap() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mmct<enter><right><right><pgdn><left>");
    assert!(stage.text().contains("Wed 9 Dec 2026"), "{}", stage.text());
    stage.keys("<f2><enter>");
    let (_, request) = stage.asked();
    let Request::Search { from, to, .. } = request else { panic!("{request:?}") };
    assert_eq!((from, to), (vec![station("MMCT")], vec![station("NDLS")]));
}

#[test]
fn the_calendar_fills_the_date() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mmct<enter><f3><down><enter>");
    assert!(stage.text().contains("Tue 8 Dec 2026"), "{}", stage.text());
}

#[test]
fn the_calendar_shows_the_dates_on_sale() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mmct<enter><f3><down>");
    assert_picture!(stage, "date_picker");
    stage.keys("<end>");
    assert_picture!(stage, "date_picker_last_day");
}

#[test]
fn the_trains_while_they_are_searched() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mmct<enter>24 dec<enter>").advance(TimeDelta::milliseconds(500));
    assert_picture!(stage, "results_waiting");
}

#[test]
fn a_paste_fills_one_field_and_searches_nothing() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.paste("Mumbai Central\nMMCT\n");
    assert!(stage.calls.is_empty());
    assert!(stage.text().contains("Mumbai Central MMCT"), "{}", stage.text());
}

#[test]
fn the_search_as_an_agent_sees_it() {
    let mut stage = Stage::signed_in(Role::Agent);
    assert_picture!(stage, "search_empty");
    stage.keys("mum");
    assert_picture!(stage, "search_completion");
    stage.keys("<enter>24 d");
    assert_picture!(stage, "search_typing_a_date");
}

#[test]
fn a_search_is_offered_again_in_its_session_alone() {
    let (mut stage, _) = trains_to("kanpur", "24 dec");
    stage.keys("<esc>");
    assert_picture!(stage, "search_again");
    stage.keys("<f8>");
    assert!(stage.app.world().recent.is_empty());
}

#[test]
fn an_earlier_search_runs_by_one_touch() {
    let (mut stage, _) = trains_to("kanpur", "24 dec");
    stage.keys("<esc>").touch("CNB · Thu");
    let (_, request) = stage.asked();
    let Request::Search { date: day, .. } = request else { panic!("{request:?}") };
    assert_eq!(day, date("2026-12-24"));
}

#[test]
fn the_search_at_a_public_console() {
    let mut stage = Stage::new(setup(TerminalKind::Public));
    stage.calls.clear();
    stage.touch("Book a journey");
    assert_picture!(stage, "search_public");
    stage.keys("mum");
    assert_picture!(stage, "search_public_completion");
    stage.touch("Mumbai Central").touch(" 3 ").touch("Show the trains");
    let offers = found(&mut stage);
    stage.live(all_free(&offers[0].journey));
    assert_picture!(stage, "results_public");
    stage.touch("12952").live(crowded(&offers[0].journey));
    assert_picture!(stage, "berths_public");
}

#[test]
fn trains_with_many_classes() {
    let (mut stage, _) = kanpur();
    stage.keys("<down><down>");
    assert_picture!(stage, "results_many_classes");
}

#[test]
fn trains_with_few_classes_and_a_change() {
    let (mut stage, offers) = trains_to("mmct", "24 dec");
    let journey = &offers[0].journey;
    let before = sold(journey, &[(Class::ThirdAc, 70), (Class::SecondAc, 54), (Class::FirstAc, 20)]);
    stage.live(before.clone());
    stage.live(take(&before, "B4", &[71], journey));
    assert!(stage.text().contains("3A on 12952 just went from 22 to 21."), "{}", stage.text());
    assert_picture!(stage, "results_live_change");
    stage.advance(TimeDelta::seconds(2));
    assert!(!stage.text().contains('▾'), "{}", stage.text());
}

#[test]
fn the_list_keeps_its_place_when_it_is_sorted_filtered_and_read_again() {
    let (mut stage, offers) = kanpur();
    stage.keys("<down><down>");
    let cursor = |stage: &Stage| {
        let text = stage.text();
        let line = text.lines().find(|line| line.starts_with('▌')).expect("a cursor");
        line.chars().skip(2).take(5).collect::<String>()
    };
    let train = cursor(&stage);
    assert_eq!(train, offers[2].journey.train.number().as_str());
    for key in ["s", "s", "s", "s", "f<right><esc>", "r"] {
        stage.keys(key);
        assert_eq!(cursor(&stage), train, "after {key}");
    }
    found(&mut stage);
    assert_eq!(cursor(&stage), train);
}

#[test]
fn a_filter_lists_fewer_trains_and_says_so() {
    let (mut stage, offers) = kanpur();
    stage.keys("f<down><down><right>");
    assert_picture!(stage, "results_filter");
    stage.keys("<esc>");
    let rajdhanis = offers.iter().filter(|offer| offer.journey.train.name().contains("Rajdhani")).count();
    assert!(stage.text().contains(&format!("{rajdhanis} of {} trains", offers.len())), "{}", stage.text());
    stage.keys("fx<esc>");
    assert!(stage.text().contains(&format!(" {} trains", offers.len())), "{}", stage.text());
}

#[test]
fn halts_are_shown_over_the_trains() {
    let (mut stage, _) = kanpur();
    stage.keys("<down><down><down>h");
    assert_picture!(stage, "results_halts");
    stage.keys("<esc>");
    assert!(!stage.text().contains("Halt "), "{}", stage.text());
}

#[test]
fn waiting_failing_and_trying_again() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mmct<enter><enter>");
    stage.advance(TimeDelta::milliseconds(400));
    assert!(stage.text().contains("Looking for trains"), "{}", stage.text());
    let failure = Failure::Unavailable { outcome: Outcome::NothingChanged, reference: "k7".to_owned() };
    stage.reply(Err(failure));
    assert_picture!(stage, "results_failed");
    stage.keys("r");
    assert!(!found(&mut stage).is_empty());
    assert!(stage.text().contains("Mumbai Rajdhani"), "{}", stage.text());
}

#[test]
fn a_day_without_trains_offers_the_nearest_days_that_have_some() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mas<enter>24 dec<enter>");
    stage.reply(Ok(Reply::Offers(Vec::new())));
    assert!(stage.text().contains("Looking at the days around it"), "{}", stage.text());
    for trains in [0, 2, 1, 0, 3, 1] {
        let (id, request) = stage.asked();
        let offers = find(&request).into_iter().cycle().take(trains).collect();
        stage.tell(Msg::Reply(id, Ok(Reply::Offers(offers))));
    }
    assert!(stage.calls.is_empty(), "four days are enough");
    assert_picture!(stage, "results_empty_day");
    stage.keys("<down><enter>");
    let (_, request) = stage.asked();
    assert!(matches!(request, Request::Search { .. }));
}

#[test]
fn where_no_train_ever_goes_is_said() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mas<enter>24 dec<enter>");
    stage.reply(Ok(Reply::Offers(Vec::new())));
    while !stage.calls.is_empty() {
        stage.reply(Ok(Reply::Offers(Vec::new())));
    }
    assert!(stage.text().contains("within a week"), "{}", stage.text());
}

#[test]
fn days_turn_without_leaving_and_stop_at_the_window() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mmct<enter><enter>");
    found(&mut stage);
    stage.keys("[");
    assert!(stage.calls.is_empty() && stage.text().contains("Tickets are sold from 1 Dec"), "{}", stage.text());
    stage.keys("]");
    let (_, request) = stage.asked();
    assert!(matches!(request, Request::Search { date: day, .. } if day == date("2026-12-02")));
}

#[test]
fn an_answer_for_a_day_that_was_left_is_not_shown() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mmct<enter><enter>");
    let (late, _) = stage.asked();
    stage.keys("]");
    stage.tell(Msg::Reply(late, Ok(Reply::Offers(Vec::new()))));
    assert!(!stage.text().contains("No train"), "{}", stage.text());
}

#[test]
fn full_and_closed_trains_are_not_taken() {
    let (mut stage, offers) = trains_to("mmct", "24 dec");
    stage.live(sold(&offers[0].journey, &[(Class::ThirdAc, 120)]));
    stage.keys("<enter>");
    assert!(stage.text().contains("3A on 12952 is full"), "{}", stage.text());
    assert!(stage.text().contains("REGRET"), "{}", stage.text());
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("mmct<enter><enter>");
    found(&mut stage);
    stage.advance(TimeDelta::hours(3));
    stage.tell(Msg::Wake);
    stage.keys("<enter>");
    assert!(!matches!(stage.app.top(), Screen::Berths(_)), "{}", stage.text());
}

#[test]
fn all_listed_runs_are_watched_and_the_one_under_the_cursor_closely() {
    use kiosk::ui::msg::Attention;
    let (mut stage, offers) = kanpur();
    stage.keys("<down>");
    let watched = stage.app.watch();
    assert_eq!(watched.len(), offers.len());
    let focus: Vec<_> = watched.iter().filter(|watch| watch.attention == Attention::Focus).collect();
    assert_eq!(focus.len(), 1);
    assert_eq!(focus[0].run, offers[1].journey.run);
}

#[test]
fn a_first_touch_selects_and_a_second_chooses() {
    let (mut stage, offers) = kanpur();
    let number = offers[2].journey.train.number();
    stage.touch(number.as_str());
    assert!(!matches!(stage.app.top(), Screen::Berths(_)));
    stage.touch(number.as_str());
    assert!(matches!(stage.app.top(), Screen::Berths(_)), "{}", stage.text());
}
