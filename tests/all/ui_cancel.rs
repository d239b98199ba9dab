//! Giving places up: ticks, figures that come and go, one cancellation however often it is asked for, and what the
//! booking shows afterwards.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use kiosk::domain::booking::{BookedPassenger, Booking, Change, Deed, OpId, PaidOut, Place, Refund};
use kiosk::domain::coach::BerthType;
use kiosk::domain::money::Paise;
use kiosk::domain::passenger::Gender;
use kiosk::domain::refund::{Cancellation, FirstChart, NotRefundable, Quote, Reason, WaiverCode, claims, quote};
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::time::instant;
use kiosk::domain::user::Role;
use kiosk::domain::waitlist::WaitingList;
use kiosk::service::request::{Failure, Outcome, Reply, Request};
use kiosk::ui::context::Setup;
use kiosk::ui::draft::Draft;
use kiosk::ui::msg::Msg;
use kiosk::ui::screen::Screen;
use kiosk::ui::screens::booking::Detail;
use kiosk::ui::screens::bookings::Bookings;
use kiosk::ui::screens::cancel::Cancel;
use uuid::Uuid;

use crate::sample_booking::{self, passenger};
use crate::ui_kit::{RULES, Stage, identity, setup};

/// What the services would quote.
fn reckoned(booking: &Booking, chosen: &[u8], reason: Reason, at: DateTime<Utc>) -> Quote {
    let claims = claims(booking, chosen).expect("places to give up");
    let departs = instant(booking.from.at);
    let chart = FirstChart::Due(departs - TimeDelta::hours(10));
    let cancellation = Cancellation { class: booking.class, claims: &claims, departs, chart, reason };
    let rules = RULES.refunds(&booking.refund_rules).expect("rules of that name");
    quote(rules, &cancellation, at).expect("a quote")
}

fn quoted(booking: &Booking, chosen: &[u8], at: DateTime<Utc>) -> Reply {
    Reply::Quote(Box::new(reckoned(booking, chosen, Reason::Passenger, at)))
}

fn at(screen: Screen, setup: Setup) -> Stage {
    let mut stage = Stage::new(setup);
    stage.calls.clear();
    stage.app.show(Draft::default(), [screen]);
    stage.tell(Msg::Wake);
    stage
}

fn staff(role: Role) -> Setup {
    Setup { identity: Some(identity(role)), ..setup(TerminalKind::Counter) }
}

/// The cancellation of a booking above its own screen.
fn cancelling(booking: &Booking, role: Role) -> Stage {
    let mut stage = at(Detail::of(booking.pnr).into(), staff(role));
    stage.reply(Ok(Reply::Booking(Arc::new(booking.clone()))));
    stage.calls.clear();
    stage.keys("c");
    assert!(matches!(stage.app.top(), Screen::Cancel(_)), "{}", stage.text());
    stage
}

/// Six people with long names, one of whom has nothing any more, two of whom wait, and a child on a lap.
fn six() -> Booking {
    let rac = {
        let berth = passenger("Dev Sharma", 30, Gender::Male, Some(("B1", 7, BerthType::SideLower)), 0).place;
        let berth = berth.berth().expect("a berth");
        Place::Rac { number: 4, berth, part: kiosk::domain::spot::Part::First }
    };
    let waiting = |number| Place::Waiting { list: WaitingList::General, number };
    let with = |name, place, was: Place, fare| BookedPassenger {
        place,
        booked_as: was,
        ..passenger(name, 41, Gender::Male, Some(("B1", 4, BerthType::Lower)), fare)
    };
    let lower = passenger("Dev Sharma", 30, Gender::Male, Some(("B1", 4, BerthType::Lower)), 0).place;
    let mut booking = sample_booking::booking();
    booking.passengers = vec![
        with("Venkatanarasimharajuvaripet Subrahmanyam", lower, waiting(12), 202_125),
        with("Thiruvananthapuram Padmanabhaswamy Iyer", rac, waiting(13), 202_125),
        with("Anita Sharma", waiting(2), waiting(14), 202_125),
        with("Dev Sharma", waiting(3), waiting(15), 202_125),
        with("Gayatri Devi", Place::Cancelled, waiting(16), 202_125),
        passenger("Mira Sharma", 3, Gender::Female, None, 0),
    ];
    booking
}

#[test]
fn six_passengers_in_every_state_fit() {
    let booking = six();
    let mut stage = cancelling(&booking, Role::Agent);
    assert!(stage.calls.is_empty(), "nobody is ticked, nothing is asked");
    assert_picture!(stage, "cancel_nobody");
    stage.keys("a").advance(TimeDelta::milliseconds(400));
    assert_picture!(stage, "cancel_waiting");
    let now = stage.now;
    let asked = stage.reply(Ok(quoted(&booking, &[0, 1, 2, 3, 5], now)));
    let Request::QuoteCancel { pnr, passengers, waiver } = asked else { panic!("{asked:?}") };
    assert_eq!((pnr, passengers, waiver), (booking.pnr, vec![0, 1, 2, 3, 5], None));
    assert_picture!(stage, "cancel_six");
    stage.keys("<enter>");
    assert_picture!(stage, "cancel_confirm");
}

#[test]
fn a_second_x_asks_about_those_whose_figures_are_shown() {
    let booking = sample_booking::booking();
    let mut stage = cancelling(&booking, Role::Agent);
    stage.keys("<f10>x 2<enter>");
    let now = stage.now;
    let asked = stage.reply(Ok(quoted(&booking, &[1], now)));
    assert!(matches!(&asked, Request::QuoteCancel { passengers, .. } if *passengers == [1]), "{asked:?}");
    stage.keys("<f10>x<enter>");
    assert!(stage.calls.is_empty(), "nobody else's figures are asked for: {:?}", stage.calls);
    assert!(stage.text().contains("gives up the place at once"), "{}", stage.text());
}

#[test]
fn ticks_ask_for_figures_and_stale_ones_vanish() {
    let booking = sample_booking::booking();
    let mut stage = cancelling(&booking, Role::Agent);
    stage.keys(" ");
    let (first, request) = stage.asked();
    assert!(matches!(&request, Request::QuoteCancel { passengers, .. } if *passengers == [0]), "{request:?}");
    stage.tell(Msg::Reply(first, Ok(quoted(&booking, &[0], stage.now))));
    let one = reckoned(&booking, &[0], Reason::Passenger, stage.now).refunded.to_string();
    assert!(stage.text().contains(&format!("{one} given back")), "{}", stage.text());
    // With the last adult goes the child on the lap.
    stage.keys("<down> ");
    assert!(!stage.text().contains(&format!("{one} given back")), "they are for another choice:\n{}", stage.text());
    stage.keys("<enter>");
    assert!(stage.app.overlay().is_none(), "nothing is confirmed without its figures");
    let (second, request) = stage.asked();
    assert!(matches!(&request, Request::QuoteCancel { passengers, .. } if *passengers == [0, 1, 2]), "{request:?}");
    stage.keys("<up> ");
    let (third, request) = stage.asked();
    assert!(matches!(&request, Request::QuoteCancel { passengers, .. } if *passengers == [1]), "{request:?}");
    stage.tell(Msg::Reply(second, Ok(quoted(&booking, &[0, 1, 2], stage.now))));
    assert!(!stage.text().contains("given back\n"), "a late answer is to an old question");
    assert!(!stage.text().contains("good until"), "{}", stage.text());
    stage.tell(Msg::Reply(third, Ok(quoted(&booking, &[1], stage.now))));
    assert!(stage.text().contains("good until"), "{}", stage.text());
    stage.keys("<down> ");
    assert!(stage.calls.is_empty() && stage.text().contains("Tick with the space bar"), "{}", stage.text());
}

#[test]
fn a_child_on_a_lap_goes_with_the_last_adult_and_not_alone() {
    let booking = sample_booking::booking();
    let mut stage = cancelling(&booking, Role::Agent);
    stage.keys("a<end> ");
    assert!(stage.text().contains("Mira Sharma"), "{}", stage.text());
    let (_, all) = stage.asked();
    assert!(matches!(&all, Request::QuoteCancel { passengers, .. } if *passengers == [0, 1, 2]), "{all:?}");
    stage.keys("<home> ");
    let last = stage.calls.pop_back().expect("a question").1;
    assert!(matches!(&last, Request::QuoteCancel { passengers, .. } if *passengers == [1]), "{last:?}");
}

#[test]
fn figures_that_are_over_are_asked_for_again() {
    let booking = sample_booking::booking();
    let mut stage = cancelling(&booking, Role::Agent);
    stage.keys(" ");
    let now = stage.now;
    stage.reply(Ok(quoted(&booking, &[0], now)));
    assert!(stage.text().contains("figures good for 05:00"), "{}", stage.text());
    stage.advance(TimeDelta::minutes(4));
    assert!(stage.text().contains("figures good for 01:00"), "{}", stage.text());
    assert!(stage.calls.is_empty());
    stage.advance(TimeDelta::seconds(61));
    let now = stage.now;
    let asked = stage.reply(Ok(quoted(&booking, &[0], now)));
    assert!(matches!(asked, Request::QuoteCancel { .. }));
    assert!(stage.text().contains("figures good for 05:00"), "{}", stage.text());
}

/// One passenger ticked, with figures on the screen, and Enter pressed twice.
fn confirmed() -> (Stage, Booking, Quote) {
    let booking = sample_booking::booking();
    let mut stage = cancelling(&booking, Role::Agent);
    stage.keys(" ");
    let figures = reckoned(&booking, &[0], Reason::Passenger, stage.now);
    stage.reply(Ok(Reply::Quote(Box::new(figures.clone()))));
    stage.keys("<enter>");
    assert!(stage.calls.is_empty(), "a question comes first");
    stage.keys("<enter>");
    (stage, booking, figures)
}

fn op(request: &Request) -> OpId {
    match request {
        Request::Cancel { op, .. } | Request::PayOut { op, .. } | Request::GiveUpSlip { op, .. } => *op,
        other => panic!("{other:?}"),
    }
}

/// The booking after the first passenger gave up.
fn given_up(booking: &Booking, quote: Quote, op: OpId, paid_out: Option<PaidOut>) -> Booking {
    let change = Change { op, at: quote.at, by: None, what: Deed::Cancelled(vec![0]) };
    booking.given_up(Refund { op, quote, paid_out }, change)
}

#[test]
fn a_cancellation_is_confirmed_once_and_the_booking_shows_it() {
    let (mut stage, booking, figures) = confirmed();
    assert_eq!(stage.calls.len(), 1);
    let (id, request) = stage.asked();
    let Request::Cancel { op, pnr, quote } = request else { panic!("{request:?}") };
    assert_eq!((pnr, *quote), (booking.pnr, figures.clone()));
    let after = given_up(&booking, figures, op, None);
    stage.tell(Msg::Reply(id, Ok(Reply::Booking(Arc::new(after.clone())))));
    assert!(matches!(stage.app.top(), Screen::Detail(_)), "{}", stage.text());
    let asked = stage.reply(Ok(Reply::Booking(Arc::new(after.clone()))));
    assert!(matches!(asked, Request::Booking { .. }));
    assert_picture!(stage, "cancelled_one");

    // The money is handed out once, after a question.
    stage.calls.clear();
    stage.keys("h");
    assert_picture!(stage, "hand_out");
    stage.keys("<enter>");
    let (id, request) = stage.asked();
    let Request::PayOut { op, .. } = request else { panic!("{request:?}") };
    let mut paid = after;
    paid.refunds[0].paid_out =
        Some(PaidOut { op: Some(op), at: stage.now, by: None, terminal: "NDLS-07".to_owned(), till: None });
    paid.history.push(Change { op, at: stage.now, by: None, what: Deed::PaidOut });
    stage.tell(Msg::Reply(id, Ok(Reply::Booking(Arc::new(paid)))));
    assert!(stage.text().contains("paid out at NDLS-07"), "{}", stage.text());
    stage.keys("h");
    assert!(stage.app.overlay().is_none(), "nothing waits any more");
}

#[test]
fn a_lost_answer_is_asked_for_again_with_the_same_id() {
    let (mut stage, ..) = confirmed();
    let lost = || Failure::Unavailable { outcome: Outcome::Unknown, reference: "k7f2".to_owned() };
    let first = stage.reply(Err(lost()));
    assert_picture!(stage, "cancel_doubt");
    stage.keys(" <down> ");
    assert!(stage.calls.is_empty(), "while nobody knows nothing else is chosen");
    stage.keys("<enter>");
    let second = stage.reply(Err(lost()));
    assert_eq!(op(&first), op(&second), "the same action keeps its id");
    stage.keys("<esc>");
    assert!(stage.text().contains("Leave without knowing?"), "{}", stage.text());
    stage.keys("<enter>");
    assert!(matches!(stage.app.top(), Screen::Detail(_)), "{}", stage.text());
}

#[test]
fn whoever_stops_waiting_for_the_cancellation_is_not_told_that_nothing_happened() {
    let (mut stage, ..) = confirmed();
    stage.keys("<esc>");
    assert!(stage.text().contains("It may have been done"), "{}", stage.text());
    let (_, first) = stage.asked();
    stage.keys("<enter>");
    assert_eq!(op(&first), op(&stage.asked().1));
}

#[test]
fn other_figures_are_shown_and_agreed_to_again() {
    let (mut stage, booking, _) = confirmed();
    let later = reckoned(&booking, &[0], Reason::Passenger, stage.now + TimeDelta::days(22));
    let first = stage.reply(Err(Failure::QuoteOver(Box::new(later.clone()))));
    assert_picture!(stage, "cancel_other_figures");
    stage.keys("<enter>");
    assert!(stage.calls.is_empty(), "reading the notice is not agreeing");
    assert!(stage.text().contains(&format!("{} given back", later.refunded)), "{}", stage.text());
    stage.keys("<enter><enter>");
    let (_, second) = stage.asked();
    assert_ne!(op(&first), op(&second), "another agreement is another action");
    assert!(matches!(second, Request::Cancel { quote, .. } if *quote == later));
}

#[test]
fn what_gives_nothing_back_says_why() {
    let booking = sample_booking::booking();
    let mut stage = cancelling(&booking, Role::Agent);
    stage.keys(" ");
    stage.reply(Err(Failure::NotRefundable(NotRefundable::Departed)));
    assert!(stage.text().contains("The train has left"), "{}", stage.text());
    stage.keys("<enter>");
    assert!(stage.app.overlay().is_none() && stage.calls.is_empty());
}

#[test]
fn only_supervisors_and_administrators_waive_and_they_say_why() {
    let booking = sample_booking::booking();
    let mut stage = cancelling(&booking, Role::Agent);
    stage.keys("aw");
    assert_eq!(stage.calls.len(), 1, "an agent has no waiver");
    for role in [Role::Supervisor, Role::Administrator] {
        let mut stage = cancelling(&booking, role);
        stage.keys("aw");
        let (_, request) = stage.calls.pop_back().expect("a question");
        assert!(matches!(request, Request::QuoteCancel { waiver: Some(WaiverCode::Late), .. }), "{request:?}");
    }
    let mut stage = cancelling(&booking, Role::Administrator);
    stage.keys("aw");
    stage.keys("www");
    let (id, request) = stage.calls.pop_back().expect("a question");
    assert!(matches!(request, Request::QuoteCancel { waiver: Some(WaiverCode::Counter), .. }), "{request:?}");
    let waived = reckoned(&booking, &[0, 1, 2], Reason::Waiver(WaiverCode::Counter), stage.now);
    assert_eq!(waived.kept, Paise::ZERO);
    stage.tell(Msg::Reply(id, Ok(Reply::Quote(Box::new(waived)))));
    assert_picture!(stage, "cancel_waiver");
    stage.keys("ww");
    let (_, request) = stage.calls.pop_back().expect("a question");
    assert!(matches!(request, Request::QuoteCancel { waiver: None, .. }), "{request:?}");
}

#[test]
fn a_touch_ticks_and_another_unticks() {
    let booking = sample_booking::booking();
    let mut stage = cancelling(&booking, Role::Agent);
    stage.touch("Dev Sharma");
    let (_, request) = stage.asked();
    assert!(matches!(&request, Request::QuoteCancel { passengers, .. } if *passengers == [1]), "{request:?}");
    stage.touch("Dev Sharma");
    assert!(stage.calls.is_empty() && stage.text().contains("Tick with the space bar"), "{}", stage.text());
}

#[test]
fn a_booking_is_cancelled_from_the_list_too() {
    let booking = sample_booking::booking();
    let mut stage = at(Bookings::default().into(), staff(Role::Agent));
    stage.reply(Ok(Reply::Bookings { page: vec![Arc::new(booking)], next: None, back_to: None }));
    stage.keys("c");
    assert!(matches!(stage.app.top(), Screen::Cancel(_)), "{}", stage.text());
    stage.calls.clear();
    stage.keys("<esc>");
    assert!(matches!(stage.app.top(), Screen::Detail(_)), "{}", stage.text());
    assert_eq!(stage.calls.len(), 1, "the booking is read once");
}

#[test]
fn an_unpaid_slip_is_given_up_after_a_question() {
    let slip = Booking {
        status: kiosk::domain::booking::BookingStatus::AwaitingPayment,
        payment: None,
        slip: Some(kiosk::domain::booking::Slip {
            hold: kiosk::domain::inventory::HoldId(Uuid::from_u128(9)),
            pay_by: crate::ui_kit::start() + TimeDelta::minutes(20),
        }),
        ..sample_booking::booking()
    };
    let mut stage = at(Detail::of(slip.pnr).into(), staff(Role::Agent));
    stage.reply(Ok(Reply::Booking(Arc::new(slip))));
    stage.keys("c<esc>");
    assert!(stage.calls.is_empty());
    stage.keys("c<enter>");
    assert!(matches!(stage.asked().1, Request::GiveUpSlip { .. }));
}

#[test]
fn nobody_hands_money_out_at_a_public_console() {
    let booking = sample_booking::booking();
    let figures = reckoned(&booking, &[0], Reason::Passenger, crate::ui_kit::start());
    let after = given_up(&booking, figures, OpId(Uuid::nil()), None);
    for (kind, role, may) in [
        (TerminalKind::Counter, Role::Agent, true),
        (TerminalKind::Public, Role::Agent, false),
        (TerminalKind::Desk, Role::Traveller, false),
    ] {
        let setup = Setup { identity: Some(identity(role)), ..setup(kind) };
        let mut stage = at(Detail::of(after.pnr).into(), setup);
        stage.reply(Ok(Reply::Booking(Arc::new(after.clone()))));
        stage.keys("h");
        assert_eq!(stage.app.overlay().is_some(), may, "{kind:?} {role:?}");
    }
}

#[test]
fn a_finger_cancels_at_a_public_console() {
    let booking = sample_booking::booking();
    let setup = Setup { identity: Some(identity(Role::Traveller)), ..setup(TerminalKind::Public) };
    let mut stage = at(Cancel::new(Arc::new(booking.clone())).into(), setup);
    stage.calls.clear();
    stage.touch("Anita Sharma");
    let now = stage.now;
    stage.reply(Ok(quoted(&booking, &[0], now)));
    stage.touch("Cancel these");
    assert!(stage.text().contains("Cancel for a refund"), "{}", stage.text());
}
