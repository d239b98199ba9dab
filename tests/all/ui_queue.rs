//! Selling from quotas, and what is not a berth: half of one, a place on a list, the unreserved coaches.

use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::domain::admission::{Accept, Asked};
use kiosk::domain::booking::{BookedPassenger, Booking, Place};
use kiosk::domain::coach::{BerthType, Class};
use kiosk::domain::fare::{Ride, Traveller, price};
use kiosk::domain::inventory::{CoachState, Parts, RunState};
use kiosk::domain::passenger::Gender;
use kiosk::domain::quota::{NotEligible, Pool, Quota};
use kiosk::domain::spot::{Grant, Part, Spot};
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::timetable::Journey;
use kiosk::domain::user::Role;
use kiosk::domain::waitlist::{QueueHead, QueueId, WaitingList};
use kiosk::service::request::{Choice, Failure, Hold, Offer, Outcome, Reply, Request};
use kiosk::ui::context::Setup;
use kiosk::ui::draft::Draft;
use kiosk::ui::msg::{Effect, Msg};
use kiosk::ui::screen::Screen;
use kiosk::ui::screens::booking::Detail;
use kiosk::ui::screens::bookings::Bookings;
use kiosk::ui::screens::ticket::Ticket;
use rstest::rstest;

use crate::sample_booking::{self, passenger};
use crate::ui_find::{found, trains_to};
use crate::ui_kit::{RULES, Stage, identity, setup, start, with_quotas};

const LONG: [&str; 3] =
    ["Venkatanarasimharajuvaripet Subrahmanyam", "Thiruvananthapuram Padmanabhaswamy Iyer", "Maharani Gayatri Devi"];

fn at_counter() -> Setup {
    Setup { identity: Some(identity(Role::Agent)), ..setup(TerminalKind::Counter) }
}

/// A run of which all general berths of 3A are sold but so many, and so many halves beside, with a queue.
fn nearly_full(journey: &Journey, berths: usize, halves: usize, head: QueueHead) -> RunState {
    let mut state = with_quotas(journey);
    let mask = journey.leg.mask();
    let (mut berths, mut halves) = (berths, halves);
    for coach in journey.train.coaches_of(Class::ThirdAc) {
        let mut sold = CoachState { rev: 1, fenced: true, ..CoachState::default() };
        for number in state.terms.allocation.in_pool(coach, Pool::General) {
            if berths > 0 {
                berths -= 1;
            } else {
                sold.masks.insert(number.into(), mask);
            }
        }
        for number in state.terms.allocation.in_pool(coach, Pool::Rac) {
            for part in Part::HALVES {
                if halves > 0 {
                    halves -= 1;
                } else {
                    sold.masks.insert(Spot::new(number, part), mask);
                }
            }
        }
        *state.coach_mut(coach.id()) = sold;
    }
    state.queues.insert(QueueId { class: Class::ThirdAc, list: WaitingList::General }, head);
    state
}

fn head(rac: u16, waiting: u16) -> QueueHead {
    QueueHead { rac, waiting, ..QueueHead::default() }
}

/// The Rajdhani's 3A with a party in front of it.
fn at_berths(setup: Setup, party: &str, state: impl Fn(&Journey) -> RunState) -> (Stage, RunState) {
    let mut stage = Stage::new(setup);
    stage.calls.clear();
    if stage.app.world().is_public() {
        stage.touch("Book a journey");
        stage.keys("mmct<enter>24 dec<enter>").touch(&format!(" {party} ")).touch("Show the trains");
    } else {
        stage.keys("mmct<enter>24 dec<tab>").keys(party).keys("<enter>");
    }
    let offers = found(&mut stage);
    let state = state(&offers[0].journey);
    stage.live(state.clone());
    stage.keys("<enter>").live(state.clone());
    assert!(matches!(stage.app.top(), Screen::Berths(_)), "{}", stage.text());
    stage.advance(TimeDelta::seconds(3));
    (stage, state)
}

/// Answers the request for a hold as the services would.
fn admitted(stage: &mut Stage, state: &RunState) -> Vec<Grant> {
    let (id, request) = stage.asked();
    let Request::Hold { hold, run, leg, class, quota, choice: Choice::Best(wishes), accept } = request else {
        panic!("{request:?} is no hold of the best")
    };
    assert_eq!(accept, Accept::Anything);
    let asked = Asked { class, quota, leg, wishes: &wishes, accept, start: 0 };
    let grants = state.admit(&asked, stage.now).expect("there is something for all");
    let until = stage.now + TimeDelta::minutes(10);
    let parts = state.spots_of(&grants);
    let held = Hold { id: hold, run, leg, class, quota, grants: grants.clone(), parts, until };
    stage.tell(Msg::Reply(id, Ok(Reply::Held(held))));
    grants
}

/// Answers the question for the price.
fn priced(stage: &mut Stage, journey: &Journey) {
    let (id, request) = stage.asked();
    let Request::Price { passengers, class, quota, .. } = request else { panic!("{request:?} is no price") };
    let party: Vec<_> =
        passengers.iter().map(|who| Traveller { age: who.age, accommodation: who.accommodation }).collect();
    let ride = Ride { kind: journey.train.kind(), class, quota, km: journey.km };
    let date = start().date_naive();
    let fare = price(RULES.fares_on(date), RULES.quotas_on(date), ride, &party).expect("a fare");
    stage.tell(Msg::Reply(id, Ok(Reply::Priced(fare))));
}

fn type_party(stage: &mut Stage, names: &[&str]) {
    for name in names {
        stage.paste(name);
        stage.keys("<enter>34<enter>f<enter>");
    }
    stage.keys("9810012345<enter>");
}

#[test]
fn the_map_tells_apart_what_is_kept_for_others() {
    let (mut stage, state) = at_berths(at_counter(), "1", with_quotas);
    assert_picture!(stage, "berths_quotas");
    // The first side lower berth is the first to be shared.
    stage.keys("<end><up>");
    let kept = |pool| state.terms.allocation.in_pool(&state.train.coaches()[0], pool).next();
    assert_eq!(kept(Pool::Rac), None, "first class shares nothing");
    stage.touch("  7 r ");
    assert!(stage.text().contains("B1-7 is kept for RAC"), "{}", stage.text());
    stage.touch(" ! ");
    assert!(stage.text().contains("is kept for senior citizens"), "{}", stage.text());
    assert!(stage.text().contains("nothing chosen"), "{}", stage.text());
}

#[rstest]
#[case(Quota::General, "sl", "berths_sleeper", "r RAC  ! senior  L ladies  T Tatkal")]
#[case(Quota::Ladies, "sl ld", "berths_ladies", "r RAC  ! senior  T Tatkal  G general")]
fn every_letter_of_the_map_is_explained(
    #[case] quota: Quota,
    #[case] class: &str,
    #[case] name: &str,
    #[case] legend: &str,
) {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("kanpur<enter>24 dec<tab><tab>").keys(class).keys("<enter>");
    let offers = found(&mut stage);
    let offer = offers.iter().find(|offer| offer.journey.train.number().as_str() == "12304").expect("a train");
    stage.touch("12304").keys("<enter>").live(with_quotas(&offer.journey));
    assert!(matches!(stage.app.top(), Screen::Berths(_)), "{}", stage.text());
    assert!(stage.text().contains(legend), "{}", stage.text());
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(name, stage.picture());
    });
    stage.keys("<enter>");
    let (_, request) = stage.asked();
    assert!(matches!(request, Request::Hold { quota: held, .. } if held == quota), "{request:?}");
}

#[test]
fn too_few_berths_offer_the_rest_to_share_and_to_wait() {
    let (mut stage, state) = at_berths(at_counter(), "5", |journey| nearly_full(journey, 2, 2, head(3, 0)));
    assert!(stage.text().contains("Only 2 left: press j"), "{}", stage.text());
    assert_picture!(stage, "berths_too_few");
    stage.keys("<enter>");
    assert!(stage.calls.is_empty(), "Enter asks for berths, and there are too few");
    stage.keys("j");
    admitted(&mut stage, &state);
    assert!(matches!(stage.app.top(), Screen::Passengers(_)), "{}", stage.text());
    stage.live(state.clone()).advance(TimeDelta::seconds(3));
    let mut names = LONG.to_vec();
    names.extend(["Anita Sharma", "Dev Sharma"]);
    type_party(&mut stage, &names);
    let journey = stage.app.world().draft.journey.clone().expect("a journey");
    assert!(stage.text().contains("RAC 4"), "{}", stage.text());
    priced(&mut stage, &journey);
    assert_picture!(stage, "review_queue");
    for says in ["RAC 4 shares B1-7", "RAC 5 shares B1-7", "GNWL 1", "less ₹ 65.00 each"] {
        assert!(stage.text().contains(says), "{says}:\n{}", stage.text());
    }
    // Somebody else has paid meanwhile, and so is before them.
    let mut later = state;
    later.queues.insert(QueueId { class: Class::ThirdAc, list: WaitingList::General }, head(3, 4));
    stage.live(later);
    assert!(stage.text().contains("GNWL 5"), "{}", stage.text());
    stage.keys("<esc>");
    assert_picture!(stage, "passengers_queue");
}

#[rstest]
#[case(0, 4, head(3, 0), "press j to share as RAC 4")]
#[case(0, 0, head(9, 11), "press j to wait as GNWL 12")]
#[case(0, 1, head(3, 0), "press j to share as RAC 4")]
fn a_full_class_offers_what_there_is(
    #[case] berths: usize,
    #[case] halves: usize,
    #[case] queue: QueueHead,
    #[case] says: &str,
) {
    let (stage, _) = at_berths(at_counter(), "1", |journey| nearly_full(journey, berths, halves, queue));
    assert!(stage.text().contains(says), "{}", stage.text());
}

#[test]
fn a_class_whose_list_is_full_offers_nothing() {
    let (mut stage, _) = at_berths(at_counter(), "2", |journey| nearly_full(journey, 0, 0, head(0, 474)));
    assert!(stage.text().contains("its waiting list are full"), "{}", stage.text());
    stage.keys("j<enter>");
    assert!(stage.calls.is_empty(), "nobody asks for what is not there");
    // Alone one would still find room.
    stage.keys("-");
    assert!(stage.text().contains("press j to wait as GNWL 475"), "{}", stage.text());
}

#[test]
fn who_joins_is_told_when_others_were_faster() {
    let (mut stage, _) = at_berths(at_counter(), "1", |journey| nearly_full(journey, 0, 0, head(9, 11)));
    stage.keys("j");
    stage.reply(Err(Failure::ListFull));
    assert!(stage.text().contains("The waiting list of this class is full"), "{}", stage.text());
    stage.keys("j");
    let lost = Failure::Unavailable { outcome: Outcome::Unknown, reference: "k1".to_owned() };
    let Request::Hold { hold: first, .. } = stage.reply(Err(lost)) else { panic!("no hold") };
    stage.keys("j");
    let Request::Hold { hold: second, .. } = stage.asked().1 else { panic!("no hold") };
    assert_eq!(first, second, "nobody joins twice");
}

#[test]
fn a_console_without_a_till_sends_whoever_would_wait_to_a_counter() {
    let (mut stage, _) = at_berths(setup(TerminalKind::Public), "1", |journey| nearly_full(journey, 0, 0, head(0, 3)));
    assert_picture!(stage, "berths_queue_public");
    stage.keys("j");
    assert!(stage.calls.iter().all(|(_, request)| !matches!(request, Request::Hold { .. })));
    let tested = Setup { test_payment: true, ..setup(TerminalKind::Public) };
    let (mut stage, state) = at_berths(tested, "1", |journey| nearly_full(journey, 0, 0, head(0, 3)));
    stage.touch("     Join     ");
    admitted(&mut stage, &state);
    let journey = stage.app.world().draft.journey.clone().expect("a journey");
    type_party(&mut stage, &["Anita Sharma"]);
    priced(&mut stage, &journey);
    assert!(!stage.text().contains("Pay at the counter"), "a slip keeps no place on a list:\n{}", stage.text());
}

#[test]
fn quotas_turn_and_the_list_keeps_its_place() {
    let (mut stage, offers) = trains_to("kanpur", "24 dec");
    for offer in &offers {
        stage.live(with_quotas(&offer.journey));
    }
    stage.keys("<down><down><left>").advance(TimeDelta::seconds(3));
    let line = |stage: &Stage| stage.text().lines().find(|line| line.starts_with('▌')).map(|l| l[..12].to_owned());
    let cursor = line(&stage);
    let mut seen = Vec::new();
    for (quota, name) in
        [(Quota::Ladies, "LD Ladies"), (Quota::Senior, "SS Senior citizens"), (Quota::Tatkal, "TQ Tatkal")]
    {
        stage.keys("q");
        let (id, request) = stage.asked();
        assert!(matches!(request, Request::Search { quota: asked, .. } if asked == quota), "{request:?}");
        let answered = crate::ui_find::find(&request);
        stage.tell(Msg::Reply(id, Ok(Reply::Offers(answered))));
        assert!(stage.text().contains(name), "{}", stage.text());
        assert_eq!(line(&stage), cursor, "after {name}");
        seen.push(stage.text());
    }
    assert!(seen[2].contains("23 Dec"), "it opens the day before:\n{}", seen[2]);
    assert_picture!(stage, "results_tatkal");
    stage.keys("<enter>");
    assert!(stage.text().contains("opens on 23 Dec at 1"), "{}", stage.text());
    assert!(matches!(stage.app.top(), Screen::Results(_)), "the choice is kept");
    assert_eq!(stage.app.world().draft.quota, Quota::Tatkal);
    stage.keys("QQ");
    while stage.calls.len() > 1 {
        stage.calls.pop_front();
    }
    found(&mut stage);
    assert_picture!(stage, "results_ladies");
    stage.keys("<esc>");
    assert!(stage.text().contains(" LD "), "the search has the quota, too:\n{}", stage.text());
}

#[test]
fn a_quota_that_no_train_of_the_day_has_says_so() {
    let (mut stage, offers) = trains_to("mmct", "24 dec");
    stage.live(with_quotas(&offers[0].journey)).keys("q");
    found(&mut stage);
    assert_picture!(stage, "results_no_quota");
    stage.keys("<enter>");
    assert!(matches!(stage.app.top(), Screen::Results(_)), "{}", stage.text());
    stage.keys("Q");
    found(&mut stage);
    assert!(stage.text().contains("GN General"), "{}", stage.text());
}

#[test]
fn a_quota_whose_fares_cannot_be_read_is_not_chosen() {
    let (mut stage, _) = trains_to("mmct", "24 dec");
    stage.keys("q");
    let failure = Failure::Unavailable { outcome: Outcome::NothingChanged, reference: "k7".to_owned() };
    stage.reply(Err(failure));
    assert!(stage.text().contains("GN General"), "what is shown is what is bought:\n{}", stage.text());
    assert_eq!(stage.app.world().draft.quota, Quota::General);
}

#[test]
fn agents_type_the_quota_behind_the_class() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("kanpur<enter>24 dec<tab><tab>sl tq<enter>");
    let (id, request) = stage.asked();
    assert!(matches!(request, Request::Search { quota: Quota::Tatkal, .. }), "{request:?}");
    stage.tell(Msg::Reply(id, Ok(Reply::Offers(crate::ui_find::find(&request)))));
    assert!(stage.text().contains("TQ Tatkal"), "{}", stage.text());
}

#[test]
fn standings_read_as_agents_know_them() {
    let (mut stage, offers) = trains_to("mmct", "24 dec");
    let journey = &offers[0].journey;
    stage.live(nearly_full(journey, 0, 3, head(2, 0))).advance(TimeDelta::seconds(3));
    assert!(stage.text().contains("RAC 3\n"), "{}", stage.text());
    stage.live(nearly_full(journey, 0, 0, head(88, 0)));
    assert!(stage.text().contains("WL 1▾"), "{}", stage.text());
    assert!(stage.text().contains("3A on 12952 just went from RAC 3 to GNWL 1."), "{}", stage.text());
    assert_picture!(stage, "results_waiting_list");
    stage.live(nearly_full(journey, 1, 0, head(88, 0))).live(nearly_full(journey, 0, 2, head(8, 0)));
    assert!(stage.text().contains("3A on 12952 is RAC 9 now: somebody took the last berth."), "{}", stage.text());
}

/// A superfast train that sells the unreserved class, and its state.
fn unreserved() -> (Stage, Journey) {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("kanpur<enter>24 dec<tab>2<tab>ur<enter>");
    let (id, request) = stage.asked();
    let date = start().date_naive();
    let mut offers = crate::ui_find::find(&request);
    for Offer { journey, fares } in &mut offers {
        if journey.train.kind().carries_unreserved() {
            let adult = Traveller {
                age: 30.try_into().expect("an age"),
                accommodation: kiosk::domain::passenger::Accommodation::Berth,
            };
            let (kind, quota, km) = (journey.train.kind(), Quota::General, journey.km);
            let ride = Ride { kind, class: Class::Unreserved, quota, km };
            let fare = price(RULES.fares_on(date), RULES.quotas_on(date), ride, &[adult]).map(|fare| fare.total);
            fares.push((Class::Unreserved, fare.ok()));
        }
    }
    stage.tell(Msg::Reply(id, Ok(Reply::Offers(offers.clone()))));
    let at = offers.iter().position(|offer| offer.journey.train.kind().carries_unreserved()).expect("such a train");
    for offer in &offers {
        stage.live(with_quotas(&offer.journey));
    }
    for _ in 0..at {
        stage.keys("<down>");
    }
    (stage, offers[at].journey.clone())
}

#[test]
fn unreserved_tickets_need_no_berths() {
    let (mut stage, journey) = unreserved();
    stage.advance(TimeDelta::seconds(3));
    assert_picture!(stage, "results_unreserved");
    stage.keys("<enter>");
    let state = with_quotas(&journey);
    assert_eq!(admitted(&mut stage, &state), [Grant::Unreserved; 2]);
    assert!(matches!(stage.app.top(), Screen::Passengers(_)), "{}", stage.text());
    stage.keys("Anita Sharma<enter>34<enter>f<enter>Dev Sharma<enter>9<enter>m<enter>");
    assert_picture!(stage, "passengers_unreserved");
    stage.keys("9810012345<enter>");
    priced(&mut stage, &journey);
    assert_picture!(stage, "review_unreserved");
    // Back to the trains nothing is left of it.
    stage.keys("<esc><esc>");
    assert!(matches!(stage.app.top(), Screen::Results(_)), "{}", stage.text());
    assert!(stage.calls.iter().any(|(_, request)| matches!(request, Request::Release { .. })));
    assert!(stage.app.world().draft.hold.is_none());
}

#[test]
fn an_unreserved_ticket_that_is_refused_says_why() {
    let (mut stage, _) = unreserved();
    stage.keys("<enter>");
    stage.reply(Err(Failure::SalesClosed));
    assert!(stage.text().contains("Sales for this train have closed"), "{}", stage.text());
    stage.keys("<enter>");
    assert!(matches!(stage.app.top(), Screen::Results(_)));
}

#[test]
fn a_party_that_may_not_buy_from_its_quota_is_sent_back_to_its_names() {
    let (mut stage, _) = at_berths(at_counter(), "1", with_quotas);
    stage.keys("<enter>");
    let (id, request) = stage.asked();
    let Request::Hold { hold, run, leg, class, quota, .. } = request else { panic!("{request:?}") };
    let berth = crate::ui_find::berth("B1", 1);
    let (grants, until) = (vec![Grant::Berth(berth)], stage.now + TimeDelta::minutes(10));
    let held = Hold { id: hold, run, leg, class, quota, grants, parts: Parts::new(), until };
    stage.tell(Msg::Reply(id, Ok(Reply::Held(held))));
    type_party(&mut stage, &["Dev Sharma"]);
    stage.reply(Err(Failure::NotEligible(NotEligible::NotLadies { passenger: 1, boys_below: 12 })));
    assert_picture!(stage, "review_not_eligible");
    stage.keys("r");
    assert!(stage.calls.is_empty(), "asking again helps nobody");
    stage.keys("<esc>");
    assert!(matches!(stage.app.top(), Screen::Passengers(_)), "{}", stage.text());
}

/// Who waits, who shares, and who has a berth, on one booking.
fn queued(places: [Place; 3]) -> Booking {
    let mut booking = sample_booking::booking();
    booking.passengers = LONG
        .into_iter()
        .zip(places)
        .map(|(name, place)| BookedPassenger {
            place,
            booked_as: place,
            ..passenger(name, 41, Gender::Female, Some(("B1", 4, BerthType::Lower)), 202_125)
        })
        .collect();
    booking
}

fn waits(number: u16) -> Place {
    Place::Waiting { list: WaitingList::General, number }
}

fn shares(number: u16) -> Place {
    let berth = passenger("Dev Sharma", 30, Gender::Male, Some(("B1", 7, BerthType::SideLower)), 0).place.berth();
    Place::Rac { number, berth: berth.expect("a berth"), part: Part::First }
}

fn shown(screen: impl Into<Screen>) -> Stage {
    let mut stage = Stage::new(at_counter());
    stage.calls.clear();
    stage.app.show(Draft::default(), [screen.into()]);
    stage.tell(Msg::Wake);
    stage
}

#[test]
fn bookings_read_as_agents_know_them() {
    let mut stage = shown(Bookings::default());
    let with = |digit: char, booking: Booking| {
        let pnr = format!("245123456{digit}").parse().expect("a PNR");
        Arc::new(Booking { pnr, ..booking })
    };
    let page = vec![
        with('1', queued([waits(12), waits(13), waits(14)])),
        with('2', queued([shares(4), waits(1), waits(2)])),
        with('3', Booking { class: Class::Unreserved, ..queued([Place::Unreserved; 3]) }),
        with('4', Booking { quota: Quota::Tatkal, ..sample_booking::booking() }),
    ];
    stage.reply(Ok(Reply::Bookings { page, next: None, back_to: None }));
    assert_picture!(stage, "bookings_states");
}

#[test]
fn a_queued_booking_follows_its_run() {
    let before = queued([shares(4), waits(1), waits(2)]);
    let mut stage = shown(Detail::of(before.pnr));
    stage.reply(Ok(Reply::Booking(Arc::new(before.clone()))));
    stage.calls.clear();
    assert_eq!(stage.app.watch().len(), 1, "its run is watched");
    let journey = crate::ui_kit::TIMETABLE
        .journeys(&[crate::ui_kit::station("NDLS")], &[crate::ui_kit::station("MMCT")], before.run.date)
        .into_iter()
        .find(|journey| journey.run == before.run)
        .expect("the run of the booking");
    stage.live(nearly_full(&journey, 0, 0, head(4, 2)));
    let first = stage.reply(Ok(Reply::Booking(Arc::new(before.clone()))));
    assert!(matches!(first, Request::Booking { .. }), "the first state may be newer than the booking");
    stage.live(nearly_full(&journey, 0, 0, head(4, 2)));
    assert!(stage.calls.is_empty(), "nothing has moved");
    stage.live(nearly_full(&journey, 0, 0, head(4, 1)));
    let lower = passenger("Dev Sharma", 30, Gender::Male, Some(("B1", 20, BerthType::Lower)), 0).place;
    let mut after = before;
    (after.passengers[0].place, after.passengers[1].place) = (lower, shares(4));
    stage.effects.clear();
    stage.reply(Ok(Reply::Booking(Arc::new(after))));
    assert!(stage.text().contains("CNF/B1/20/LB"), "{}", stage.text());
    assert!(stage.effects.iter().any(|effect| matches!(effect, Effect::Bell)));
    assert_picture!(stage, "booking_moved_up");
}

#[rstest]
#[case("ticket_waiting", [waits(12), waits(13), waits(14)])]
#[case("ticket_rac", [shares(4), shares(5), waits(1)])]
fn what_was_bought_without_a_berth_says_what_it_is(#[case] name: &str, #[case] places: [Place; 3]) {
    let stage = shown(Ticket::new(Arc::new(queued(places))));
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(name, stage.picture());
    });
}

#[test]
fn an_unreserved_ticket_says_that_no_seat_is_kept() {
    let booking = Booking { class: Class::Unreserved, ..queued([Place::Unreserved; 3]) };
    let stage = shown(Ticket::new(Arc::new(booking)));
    assert!(stage.text().contains("no seat is kept"), "{}", stage.text());
    assert_picture!(stage, "ticket_unreserved");
}
