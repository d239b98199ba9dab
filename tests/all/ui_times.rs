//! Other times for a run: the form, and every screen on which somebody sees them.

use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::domain::booking::{Booking, OpId};
use kiosk::domain::delay::{Delay, NewTimes, NotDelayed, told};
use kiosk::domain::inventory::RunState;
use kiosk::domain::timetable::Journey;
use kiosk::domain::user::Role;
use kiosk::service::request::{DelayTrial, Failure, Outcome, Reply, Request, RunDelay};
use kiosk::ui::draft::Draft;
use kiosk::ui::msg::{Attention, Msg};
use kiosk::ui::screen::Screen;
use kiosk::ui::screens::admin::times::Times;
use kiosk::ui::screens::booking::Detail;
use uuid::Uuid;

use crate::ui_find::trains_to;
use crate::ui_kit::{RULES, Stage, sample, sample_journey, start, with_quotas};

/// The run of a journey once its times were changed.
fn late(journey: &Journey, changes: &[(u8, u16)]) -> RunState {
    let on_time = with_quotas(journey);
    let delays = changes.iter().fold(on_time.delays.clone(), |delays, (from, minutes)| {
        let op = OpId(Uuid::from_u128((*minutes).into()));
        delays.with(Delay {
            op,
            at: start(),
            by: None,
            from: *from,
            minutes: *minutes,
            reason: "fog at Kota".to_owned(),
        })
    });
    let train = Arc::new(delays.over(&on_time.train).expect("in order"));
    RunState { train, delays, ..on_time }
}

/// The same when it was told.
fn told_booking(changes: &[(u8, u16)]) -> Booking {
    let booking = sample();
    let rules = RULES.refunds(&booking.refund_rules).expect("the sample's rules");
    told(&booking, &late(&sample_journey(), changes), rules, start()).expect("it is another time")
}

fn form() -> Stage {
    let mut stage = Stage::signed_in(Role::Administrator);
    stage.calls.clear();
    stage.app.show(Draft::default(), [Times::of(sample_journey().run).into()]);
    stage.tell(Msg::Wake);
    stage.live(with_quotas(&sample_journey()));
    stage
}

fn trial(told: usize, free: usize) -> DelayTrial {
    let at = |text: &str| text.parse().expect("a moment");
    DelayTrial {
        based_on: 0,
        was: at("2026-12-24T16:25:00"),
        leaves: at("2026-12-24T19:45:00"),
        told,
        free,
        unreadable: 0,
    }
}

#[test]
fn what_is_typed_is_seen_among_the_halts_and_asked_about_before_it_is_done() {
    let mut stage = form();
    assert_picture!(stage, "times_empty");
    stage.keys("ndls<enter>200");
    assert_picture!(stage, "times");
    stage.keys("<enter>fog at Kota<enter>");
    let asked = stage.reply(Ok(Reply::DelayTried(trial(38, 12))));
    let new = NewTimes { from: 0, minutes: 200 };
    assert!(
        matches!(asked, Request::TryDelay { run, new: tried } if (run, tried) == (sample_journey().run, new)),
        "{asked:?}"
    );
    assert_picture!(stage, "times_question");
    stage.keys("<esc>");
    assert!(stage.calls.is_empty(), "it was left as it is");
    stage.keys("<enter>");
    stage.reply(Ok(Reply::DelayTried(trial(38, 12))));
    stage.keys("<enter>");
    let asked = stage.reply(Ok(Reply::Done));
    let Request::DelayRun(RunDelay { run, new: done, reason, based_on, .. }) = &asked else { panic!("{asked:?}") };
    assert_eq!((*run, *done, reason.as_str(), *based_on), (sample_journey().run, new, "fog at Kota", 0));
    stage.says("The times are changed, and 38 bookings are told.");
}

#[test]
fn bookings_that_cannot_be_read_are_counted_apart() {
    for (unreadable, words) in [
        (1, "so that nobody is told. 1 more booking cannot be read and is not counted."),
        (3, "so that nobody is told. 3 more bookings cannot be read and are not counted."),
    ] {
        let mut stage = form();
        stage.keys("ndls<enter>200<enter>fog at Kota<enter>");
        stage.reply(Ok(Reply::DelayTried(DelayTrial { unreadable, ..trial(0, 0) })));
        stage.says(words);
    }
}

#[test]
fn what_is_wrong_stands_there_as_it_is_typed_and_nothing_is_asked() {
    let mut stage = form();
    stage.keys("ndls<enter>16:00");
    stage.says("A run never leaves before its timetable");
    stage.keys("<c-u>soon");
    stage.says("Write how many minutes after the timetable it leaves");
    stage.keys("<c-u>0");
    stage.says("The run goes by this time already");
    stage.keys("<enter>fog<enter>");
    assert!(stage.calls.is_empty(), "{:?}", stage.calls);
    stage.keys("<c-u>18:00<enter><c-u><enter>");
    stage.says("Say in 1 to 40 plain characters why");
    stage.keys("<s-tab><s-tab><c-u>xyz<enter><enter>fog<enter>");
    stage.says("The run does not call there");
    assert!(stage.calls.is_empty(), "{:?}", stage.calls);
}

#[test]
fn a_refusal_stands_at_its_field_and_what_is_typed_stays() {
    let mut stage = form();
    stage.keys("ndls<enter>19:45<enter>fog at Kota<enter>");
    stage.reply(Ok(Reply::DelayTried(trial(1, 0))));
    stage.says("1 booking is told; none of them may be given up for nothing.");
    stage.keys("<enter>");
    stage.reply(Err(Failure::RunChanged));
    stage.says("Somebody else has changed this run meanwhile");
    stage.live(late(&sample_journey(), &[(0, 30)]));
    assert_picture!(stage, "times_changed_meanwhile");
    stage.keys("<enter><enter>");
    stage.reply(Err(Failure::NotDelayed(NotDelayed::TooOften)));
    stage.says("changed 50 times");
}

#[test]
fn what_is_not_known_is_asked_again_by_the_same_action() {
    let mut stage = form();
    stage.keys("ndls<enter>200<enter>fog at Kota<enter>");
    stage.reply(Ok(Reply::DelayTried(trial(38, 12))));
    stage.keys("<enter>");
    let unknown = Failure::Unavailable { outcome: Outcome::Unknown, reference: "7K3F9Q".to_owned() };
    let first = stage.reply(Err(unknown));
    assert_picture!(stage, "times_doubt");
    stage.keys("<enter>");
    let second = stage.reply(Ok(Reply::Done));
    let op = |request: &Request| if let Request::DelayRun(RunDelay { op, .. }) = request { Some(*op) } else { None };
    assert_eq!((op(&first).is_some(), op(&first)), (true, op(&second)));
    stage.says("The times are changed");
}

#[test]
fn a_list_of_trains_shows_the_new_time_as_soon_as_it_is_known() {
    let (mut stage, found) = trains_to("mumbai", "24 dec");
    let journey = &found.iter().find(|offer| offer.journey.run == sample_journey().run).expect("it runs").journey;
    let before = journey.from.at.format("%H:%M").to_string();
    stage.live(with_quotas(journey));
    stage.says(&before);
    stage.live(late(journey, &[(0, 200)]));
    let after = (journey.from.at + TimeDelta::minutes(200)).format("%H:%M").to_string();
    stage.says(&after);
    stage.says("3h20 late");
    assert_picture!(stage, "times_results");
    stage.live(late(journey, &[(0, 200), (0, 500)]));
    stage.says("00:45+1 16:55+1");
}

#[test]
fn a_booking_says_when_it_leaves_and_what_can_be_done() {
    let mut stage = Stage::signed_in(Role::Traveller);
    stage.calls.clear();
    stage.app.show(Draft::default(), [Detail::of(sample().pnr).into()]);
    stage.tell(Msg::Wake);
    stage.reply(Ok(Reply::Booking(Arc::new(sample()))));
    stage.calls.clear();
    let watches: Vec<_> = stage.app.watch().iter().map(|watch| (watch.run, watch.attention)).collect();
    assert_eq!(watches, [(sample().run, Attention::Listed)]);
    stage.live(with_quotas(&sample_journey()));
    assert!(stage.calls.is_empty(), "nothing that concerns it");
    stage.live(late(&sample_journey(), &[(0, 200)]));
    let asked = stage.reply(Ok(Reply::Booking(Arc::new(told_booking(&[(0, 200)])))));
    assert!(matches!(asked, Request::Booking { pnr } if pnr == sample().pnr), "{asked:?}");
    stage.says("The train leaves New Delhi at another time: Thu 24 Dec 19:45.");
    stage.says("New time: leaves Thu 24 Dec 19:45, not Thu 24 Dec 16:25: fog at Kota. Give it up before it leaves");
    assert_picture!(stage, "times_booking");
    stage.calls.clear();
    stage.live(late(&sample_journey(), &[(0, 200), (2, 200)]));
    assert!(stage.calls.is_empty(), "it has these times");
}

#[test]
fn a_ticket_that_is_late_says_so_first() {
    let mut stage = Stage::signed_in(Role::Traveller);
    let ticket = kiosk::ui::screens::ticket::Ticket::new(Arc::new(told_booking(&[(0, 60)])));
    stage.app.show(Draft::default(), [Screen::from(ticket)]);
    stage.tell(Msg::Wake);
    stage.says("New time: leaves Thu 24 Dec 17:25, not Thu 24 Dec 16:25: fog at Kota. Booked.");
}
