//! A part of a run that is cancelled: the form, and every screen on which somebody sees it.

use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::domain::booking::{Booking, BookingStatus, Change, Deed, OpId, Place, Refund, Slip};
use kiosk::domain::delay::Delay;
use kiosk::domain::gap::{Gap, NoGap, Stretch};
use kiosk::domain::inventory::{HoldId, RunState, Stage as RunStage};
use kiosk::domain::money::Paise;
use kiosk::domain::refund::{Quote, Reason};
use kiosk::domain::timetable::Journey;
use kiosk::domain::user::Role;
use kiosk::service::request::{Document, Failure, Outcome, PartCancellation, PartTrial, Reply, Request};
use kiosk::ui::draft::Draft;
use kiosk::ui::msg::Msg;
use kiosk::ui::screens::admin::part::Part;
use kiosk::ui::screens::admin::run::Occupancy;
use kiosk::ui::screens::booking::Detail;
use kiosk::ui::screens::cancel::Cancel;
use kiosk::ui::screens::ticket::Ticket;
use uuid::Uuid;

use crate::ui_find::trains_to;
use crate::ui_kit::{Stage, sample, sample_journey, start, station, with_quotas};

/// The run of a journey once parts of it are not run.
fn shortened(journey: &Journey, parts: &[(u8, u8)]) -> RunState {
    let whole = with_quotas(journey);
    let gaps = parts.iter().fold(whole.gaps.clone(), |gaps, (from, to)| {
        let op = OpId(Uuid::from_u128((*from).into()));
        gaps.with(Gap { op, at: start(), by: None, from: *from, to: *to, reason: "a bridge is closed".to_owned() })
    });
    RunState { gaps, ..whole }
}

/// The same once the railway has given it up.
fn lost() -> Booking {
    let mut lost = sample();
    let what =
        Deed::PartCancelled { from: station("BRC"), to: station("MMCT"), reason: "a bridge is closed".to_owned() };
    lost.history.push(Change { what, ..lost.history[0].clone() });
    lost.passengers.iter_mut().for_each(|booked| booked.place = Place::Cancelled);
    lost.status = BookingStatus::Cancelled;
    lost
}

/// The same with money that waits at a counter.
fn owed() -> Booking {
    let mut lost = lost();
    let quote = Quote {
        rules: lost.refund_rules.clone(),
        reason: Reason::PartCancelled,
        lines: Vec::new(),
        refunded: Paise::new(404_250),
        kept: Paise::ZERO,
        at: start(),
        good_until: start(),
    };
    lost.refunds.push(Refund { op: OpId(Uuid::from_u128(9)), quote, paid_out: None });
    lost
}

/// The screen that shows what was booked, under the eyes of whoever did.
fn shown(booking: Booking) -> Stage {
    let mut stage = Stage::signed_in(Role::Traveller);
    stage.app.show(Draft::default(), [Ticket::new(Arc::new(booking)).into()]);
    stage.tell(Msg::Wake);
    stage.calls.clear();
    stage
}

/// A slip of the sample that is to be paid.
fn slip() -> Booking {
    let slip = Slip { hold: HoldId(Uuid::from_u128(9)), pay_by: start() + TimeDelta::minutes(20) };
    Booking { status: BookingStatus::AwaitingPayment, payment: None, slip: Some(slip), ..sample() }
}

/// The screen that has all of a booking.
fn detail(booking: Booking) -> Stage {
    let mut stage = Stage::signed_in(Role::Traveller);
    stage.calls.clear();
    stage.app.show(Draft::default(), [Detail::of(booking.pnr).into()]);
    stage.tell(Msg::Wake);
    stage.reply(Ok(Reply::Booking(Arc::new(booking))));
    stage.calls.clear();
    stage.live(with_quotas(&sample_journey()));
    stage
}

/// The same of a train that the railway cancels while it is looked at.
fn off() -> RunState {
    RunState { stage: RunStage::Cancelled, ..with_quotas(&sample_journey()) }
}

/// The booking once the railway has given it up for that.
fn given_up() -> Booking {
    let mut off = Booking { history: sample().history, version: 2, ..owed() };
    off.history.push(Change { what: Deed::TrainCancelled, ..off.history[0].clone() });
    off
}

fn form() -> Stage {
    let mut stage = Stage::signed_in(Role::Administrator);
    stage.calls.clear();
    stage.app.show(Draft::default(), [Part::of(sample_journey().run).into()]);
    stage.tell(Msg::Wake);
    stage.live(with_quotas(&sample_journey()));
    stage
}

fn trial(bookings: usize, passengers: usize) -> PartTrial {
    let (from, to) = (station("BRC"), station("MMCT"));
    PartTrial { based_on: 0, from, to, bookings, passengers, refunded: Paise::rupees(45_120), unreadable: 0 }
}

#[test]
fn what_is_typed_is_seen_among_the_halts_and_asked_about_before_it_is_done() {
    let mut stage = form();
    assert_picture!(stage, "part_empty");
    stage.keys("brc<enter>mmct");
    assert_picture!(stage, "part");
    stage.keys("<enter>a bridge is closed<enter>");
    let asked = stage.reply(Ok(Reply::PartTried(trial(38, 61))));
    let part = Stretch { from: 3, to: 6 };
    assert!(
        matches!(asked, Request::TryCancelPart { run, part: tried } if (run, tried) == (sample_journey().run, part)),
        "{asked:?}"
    );
    assert_picture!(stage, "part_question");
    stage.keys("<esc>");
    assert!(stage.calls.is_empty(), "it was left as it is");
    stage.keys("<enter>");
    stage.reply(Ok(Reply::PartTried(trial(38, 61))));
    stage.keys("<enter>");
    let asked = stage.reply(Ok(Reply::Done));
    let Request::CancelPart(PartCancellation { run, part: done, reason, based_on, .. }) = &asked else {
        panic!("{asked:?}")
    };
    assert_eq!((*run, *done, reason.as_str(), *based_on), (sample_journey().run, part, "a bridge is closed", 0));
    stage.says("The part is cancelled, and 38 bookings are refunded.");
}

#[test]
fn what_is_wrong_stands_there_as_it_is_typed_and_nothing_is_asked() {
    let mut stage = form();
    stage.keys("brc<enter>ndls");
    stage.says("The train does not go from BRC to NDLS: name first the halt");
    stage.keys("<c-u>st");
    stage.says("A part is left out where the way begins or ends");
    stage.keys("<s-tab><c-u>ndls<enter><c-u>mmct");
    stage.says("So nothing of its way would be left: cancel the run instead.");
    stage.keys("<enter>fog<enter>");
    assert!(stage.calls.is_empty(), "{:?}", stage.calls);
    stage.keys("<s-tab><c-u>xyz<enter><enter><c-u>fog<enter>");
    stage.says("The run does not call there: choose two of its halts.");
    assert!(stage.calls.is_empty(), "{:?}", stage.calls);
}

#[test]
fn a_refusal_stands_at_its_field_and_what_is_typed_stays() {
    let mut stage = form();
    stage.keys("brc<enter>mmct<enter>a bridge is closed<enter>");
    stage.reply(Ok(Reply::PartTried(trial(1, 1))));
    stage.says("1 booking of 1 passenger is given up, and");
    stage.keys("<enter>");
    stage.reply(Err(Failure::RunChanged));
    stage.says("Somebody else has changed this run meanwhile");
    stage.live(shortened(&sample_journey(), &[(5, 6)]));
    assert_picture!(stage, "part_changed_meanwhile");
    stage.keys("<enter><enter>");
    stage.reply(Err(Failure::NoGap(NoGap::TooOften)));
    stage.says("Ten parts of this run were cancelled");
}

#[test]
fn what_is_not_known_is_asked_again_by_the_same_action() {
    let mut stage = form();
    stage.keys("brc<enter>mmct<enter>a bridge is closed<enter>");
    stage.reply(Ok(Reply::PartTried(trial(0, 0))));
    stage.says("No booking needs it.");
    stage.keys("<enter>");
    let unknown = Failure::Unavailable { outcome: Outcome::Unknown, reference: "7K3F9Q".to_owned() };
    let first = stage.reply(Err(unknown));
    stage.keys("<enter>");
    let second = stage.reply(Ok(Reply::Done));
    let op = |request: &Request| {
        if let Request::CancelPart(PartCancellation { op, .. }) = request { Some(*op) } else { None }
    };
    assert_eq!((op(&first).is_some(), op(&first)), (true, op(&second)));
    stage.says("The part is cancelled, and no booking needed it.");
}

#[test]
fn the_map_of_a_run_says_how_far_it_goes() {
    let mut stage = Stage::signed_in(Role::Administrator);
    stage.app.show(Draft::default(), [Occupancy::of(sample_journey().run).into()]);
    stage.tell(Msg::Wake);
    stage.live(shortened(&sample_journey(), &[(0, 1), (3, 6)]));
    stage.says("Goes from KOTA to BRC alone: a bridge is closed.");
    assert_picture!(stage, "part_map");
    stage.keys("n");
    stage.says("Goes from KOTA to BRC alone: a bridge is closed.");
    stage.says("not run");
}

#[test]
fn a_list_of_trains_says_at_once_what_is_not_run() {
    let (mut stage, found) = trains_to("mumbai", "24 dec");
    let journey = &found.iter().find(|offer| offer.journey.run == sample_journey().run).expect("it runs").journey;
    stage.live(with_quotas(journey));
    stage.live(shortened(journey, &[(3, 6)]));
    stage.says("REGRET");
    assert_picture!(stage, "part_results");
}

#[test]
fn a_booking_says_what_is_not_run_and_that_everything_is_given_back() {
    let mut stage = detail(sample());
    assert!(stage.calls.is_empty(), "nothing that concerns it");
    stage.live(shortened(&sample_journey(), &[(3, 6)]));
    let asked = stage.reply(Ok(Reply::Booking(Arc::new(lost()))));
    assert!(matches!(asked, Request::Booking { pnr } if pnr == sample().pnr), "{asked:?}");
    stage.says("The train does not run from BRC to MMCT: everything is given back.");
    stage.says("The railway does not run this train from BRC to MMCT that day: a bridge is closed. Everybody who had");
    assert_picture!(stage, "part_booking");
}

#[test]
fn a_ticket_that_is_lost_under_the_eyes_says_why_and_where_its_money_is() {
    let mut stage = shown(sample());
    stage.live(with_quotas(&sample_journey()));
    stage.live(shortened(&sample_journey(), &[(3, 6)]));
    stage.reply(Ok(Reply::Booking(Arc::new(owed()))));
    stage.says("Cancelled 245-1234567");
    stage.says("The train does not run from BRC to MMCT: collect ₹ 4,042.50 at a counter.");
    stage.says("that day: a bridge is closed. Everybody who had a place gets everything back. Collect ₹ 4,042.50");
    let text = stage.text();
    assert!(!text.contains("never a ticket") && !text.contains("paid?"), "{text}");
}

#[test]
fn a_ticket_of_a_run_that_is_cancelled_says_so() {
    let lost = Booking { history: sample().history, ..owed() };
    let given_up = shown(lost.clone());
    given_up.says("This booking was given up: nobody travels on it any more. Collect ₹ 4,042.50 at a counter.");
    let mut off = lost;
    off.history.push(Change { what: Deed::TrainCancelled, ..off.history[0].clone() });
    shown(off).says("The railway has cancelled this train. Everybody who had a place gets everything back. Collect");
}

#[test]
fn a_slip_for_a_part_that_is_not_run_sends_nobody_to_a_counter() {
    let mut stage = shown(slip());
    stage.live(with_quotas(&sample_journey()));
    stage.reply(Ok(Reply::Booking(Arc::new(slip()))));
    stage.says("Take the number 245-1234567 to any counter");
    stage.live(shortened(&sample_journey(), &[(3, 6)]));
    stage.reply(Ok(Reply::Booking(Arc::new(slip()))));
    stage.says("NOT RUN");
    stage.says("This slip cannot be paid any more: the train does not run from BRC to MMCT that day.");
    let text = stage.text();
    assert!(!text.contains("any counter") && !text.contains("pay within"), "{text}");
}

#[test]
fn all_that_is_known_of_a_slip_says_that_it_cannot_be_paid_any_more() {
    let mut stage = detail(slip());
    stage.says("Not a ticket yet: pay at any counter by");
    stage.live(shortened(&sample_journey(), &[(3, 6)]));
    stage.says("NOT RUN");
    stage
        .says("This slip cannot be paid any more: the train does not run from BRC to MMCT that day. Nothing was paid,");
    stage.live(off());
    stage.says("TRAIN CANCELLED");
    stage.says("This slip cannot be paid any more: the railway has cancelled the train. Nothing was paid,");
    assert_picture!(stage, "part_slip_of_a_cancelled_train");
}

#[test]
fn a_ticket_of_a_train_that_is_cancelled_under_the_eyes_is_asked_for_until_its_money_is_back() {
    let mut stage = shown(sample());
    stage.live(with_quotas(&sample_journey()));
    stage.calls.clear();
    stage.live(off());
    stage.says("TRAIN CANCELLED");
    stage.says(
        "Nobody travels on this booking: the railway has cancelled the train. Everything is given back in a moment",
    );
    let asked = stage.reply(Ok(Reply::Booking(Arc::new(sample()))));
    assert!(matches!(asked, Request::Booking { pnr } if pnr == sample().pnr), "{asked:?}");
    assert!(stage.calls.is_empty(), "not yet: {:?}", stage.calls);
    stage.advance(TimeDelta::seconds(5));
    stage.reply(Ok(Reply::Booking(Arc::new(given_up()))));
    stage.says("The railway has cancelled this train: collect ₹ 4,042.50 at a counter.");
    stage.says("Everybody who had a place gets everything back. Collect ₹ 4,042.50 at a counter.");
    stage.advance(TimeDelta::seconds(60));
    assert!(stage.calls.is_empty(), "its money is back: {:?}", stage.calls);
}

#[test]
fn what_was_paid_and_given_up_has_a_receipt_and_no_code() {
    for stage in [shown(owed()), detail(owed())] {
        let text = stage.text();
        assert!(text.contains("s save receipt") && !text.contains("q code"), "{text}");
    }
    let slip = detail(slip()).text();
    assert!(!slip.contains("receipt"), "{slip}");
}

#[test]
fn all_that_is_known_of_a_booking_is_asked_for_again_until_its_money_is_back_and_no_longer() {
    let mut stage = detail(sample());
    stage.calls.clear();
    stage.live(off());
    stage.reply(Err(Failure::Busy));
    stage.advance(TimeDelta::seconds(5));
    let asked = stage.reply(Ok(Reply::Booking(Arc::new(sample()))));
    assert!(matches!(asked, Request::Booking { .. }), "a read that failed is made again: {asked:?}");
    // Somebody reads it again by hand, and that fails: nothing is asked for that is not on the screen.
    stage.keys("r");
    stage.reply(Err(Failure::Busy));
    stage.advance(TimeDelta::seconds(60));
    assert!(stage.calls.is_empty(), "{:?}", stage.calls);
    stage.keys("r");
    stage.reply(Ok(Reply::Booking(Arc::new(given_up()))));
    stage.says("The railway has cancelled this train. Everybody who had a place gets everything back.");
    stage.advance(TimeDelta::seconds(60));
    assert!(stage.calls.is_empty(), "its money is back: {:?}", stage.calls);
}

#[test]
fn a_read_that_is_overtaken_by_another_is_not_waited_for() {
    let mut stage = detail(sample());
    stage.calls.clear();
    stage.live(off());
    stage.keys("r");
    stage.reply(Ok(Reply::Booking(Arc::new(sample()))));
    stage.reply(Ok(Reply::Booking(Arc::new(sample()))));
    assert!(stage.calls.is_empty(), "{:?}", stage.calls);
    stage.live(off());
    let asked = stage.reply(Ok(Reply::Booking(Arc::new(given_up()))));
    assert!(matches!(asked, Request::Booking { .. }), "{asked:?}");
    stage.says("collect ₹ 4,042.50 at a counter.");
}

#[test]
fn a_receipt_is_that_of_the_booking_as_it_is_by_then() {
    let mut stage = shown(sample());
    stage.live(with_quotas(&sample_journey()));
    stage.calls.clear();
    let document = || Ok(Reply::Receipt(Document { name: "receipt.pdf".to_owned(), bytes: Arc::from([]) }));
    stage.keys("s");
    assert!(matches!(stage.reply(document()), Request::Receipt { .. }));
    stage.keys("s");
    assert!(stage.calls.is_empty(), "it is there: {:?}", stage.calls);
    stage.live(off());
    stage.reply(Ok(Reply::Booking(Arc::new(given_up()))));
    stage.keys("s");
    assert!(matches!(stage.reply(document()), Request::Receipt { .. }), "nobody travels by that of before");
}

#[test]
fn what_does_not_hold_any_more_when_it_was_tried_is_said_at_its_field() {
    let mut stage = form();
    stage.keys("brc<enter>mmct<enter>a bridge is closed<enter>");
    stage.live(shortened(&sample_journey(), &[(3, 6)]));
    stage.reply(Ok(Reply::PartTried(trial(1, 1))));
    stage.says("This part is not run already: choose another.");
    assert!(!stage.text().contains("Cancel the part"), "{}", stage.text());
}

#[test]
fn a_slip_of_a_train_that_does_not_go_is_not_asked_for_again_and_again() {
    // It was late before it was cancelled, so that its slip has other times.
    let on_time = with_quotas(&sample_journey());
    let (op, reason) = (OpId(Uuid::from_u128(7)), "fog".to_owned());
    let delays = on_time.delays.with(Delay { op, at: start(), by: None, from: 0, minutes: 90, reason });
    let train = Arc::new(delays.over(&on_time.train).expect("in order"));
    let mut stage = detail(slip());
    stage.live(RunState { train, delays, ..off() });
    let asked = stage.reply(Ok(Reply::Booking(Arc::new(slip()))));
    assert!(matches!(asked, Request::Booking { .. }), "{asked:?}");
    stage.advance(TimeDelta::seconds(60));
    assert!(stage.calls.is_empty(), "nothing is owed for it: {:?}", stage.calls);
}

#[test]
fn whoever_is_about_to_cancel_a_booking_of_such_a_train_sees_it_given_up() {
    let mut stage = Stage::signed_in(Role::Traveller);
    stage.calls.clear();
    stage.app.show(Draft::default(), [Cancel::new(Arc::new(sample())).into()]);
    stage.tell(Msg::Wake);
    stage.live(with_quotas(&sample_journey()));
    stage.calls.clear();
    let reads =
        |stage: &Stage| stage.calls.iter().filter(|(_, request)| matches!(request, Request::Booking { .. })).count();
    stage.live(off());
    assert_eq!(reads(&stage), 1);
    stage.reply(Ok(Reply::Booking(Arc::new(sample()))));
    assert_eq!(reads(&stage), 0);
    stage.advance(TimeDelta::seconds(5));
    assert_eq!(reads(&stage), 1, "{:?}", stage.calls);
}
