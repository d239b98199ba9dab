//! Giving places up: what is quoted is what is given back, once, and only the places that were given up are free.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::booking::{Booking, BookingStatus, Place};
use kiosk::domain::coach::Class;
use kiosk::domain::inventory::Stage as ChartStage;
use kiosk::domain::money::Paise;
use kiosk::domain::passenger::{Accommodation, Passenger};
use kiosk::domain::refund::{NotRefundable, Quote, Reason, WaiverCode};
use kiosk::domain::time::railway_time;
use kiosk::domain::train::RunId;
use kiosk::domain::user::Role;
use kiosk::service::Session;
use kiosk::service::request::{Choice, Failure, Reply, Request};
use rstest::rstest;

use crate::refund_kit::{
    at_public_terminal, before_departure, cancel, confirming, conserves, is_clean, quoted, quoted_with, sold, stored,
};
use crate::service_kit::{
    Stage, berth, best, book, booked, cash, current, hold, hold_request, left, leg, new_hold, new_op, order, party,
    passenger, run, small_train, test_money, whole,
};

fn berths(numbers: &[u8]) -> Choice {
    Choice::Berths(numbers.iter().map(|number| berth("A1", *number)).collect())
}

#[tokio::test]
async fn a_whole_booking_is_cancelled_for_what_was_quoted() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent, whole(), best(2)).await;
    let quote = quoted(&agent, booking.pnr, &[0, 1]).await.expect("it can be cancelled");
    assert_eq!(quote.refunded + quote.kept, booking.fare.total);
    let after = booked(agent.call(confirming(booking.pnr, &quote)).await).expect("the quote is good");
    assert_eq!((after.status, after.version), (BookingStatus::Cancelled, 2));
    assert!(after.passengers.iter().all(|booked| booked.place == Place::Cancelled), "{after:?}");
    assert!(after.passengers.iter().all(|booked| booked.booked_as.berth().is_some()), "what they had stays written");
    assert_eq!(after.kept(), quote.kept);
    assert_eq!(left(&stage, whole()).await, 8);
    is_clean(&stage).await;
}

#[tokio::test]
async fn of_three_one_gives_up_and_only_that_berth_is_free_and_only_where_it_was_theirs() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let three = sold(&agent, leg(1, 3), berths(&[1, 2, 3])).await;
    let other = sold(&agent, leg(3, 5), berths(&[1])).await;
    let after = cancel(&agent, three.pnr, &[0]).await.expect("the quote is good");
    assert_eq!((after.status, after.refunds.len()), (BookingStatus::Booked, 1));
    assert_eq!(after.passengers[0].place, Place::Cancelled);
    assert_eq!(after.passengers[1..], three.passengers[1..], "the others keep what they had");
    conserves(&after);
    assert_eq!(stored(&stage, other.pnr).await, *other);
    for (overlapping, number) in [(leg(2, 4), 1), (leg(3, 4), 1), (leg(1, 2), 2), (leg(2, 3), 3)] {
        let taken = hold(&agent, overlapping, berths(&[number])).await.map(drop);
        assert!(matches!(taken, Err(Failure::BerthTaken { .. })), "{overlapping:?} of A1-{number}: {taken:?}");
    }
    let again = sold(&agent, leg(1, 3), berths(&[1])).await;
    assert_eq!(again.berths().map(|allotted| allotted.berth).collect::<Vec<_>>(), [berth("A1", 1)]);
    is_clean(&stage).await;
    let rest = cancel(&agent, three.pnr, &[1, 2]).await.expect("the others may give up later");
    assert_eq!((rest.status, rest.refunds.len()), (BookingStatus::Cancelled, 2));
    conserves(&rest);
    is_clean(&stage).await;
}

/// Refuses a confirmation with what would be given back now, and changes nothing.
async fn is_over(stage: &Stage, agent: &Session, booking: &Booking, quote: &Quote) -> Box<Quote> {
    let refused = booked(agent.call(confirming(booking.pnr, quote)).await);
    let Err(Failure::QuoteOver(new)) = refused else { panic!("{refused:?}") };
    assert_eq!(stored(stage, booking.pnr).await, *booking, "nothing was changed");
    new
}

#[rstest]
#[case::the_flat_band(72 * 60, -1)]
#[case::a_quarter(24 * 60, 0)]
#[case::a_half(8 * 60, 0)]
#[tokio::test]
async fn a_quote_ends_with_its_band(#[case] edge_minutes: i64, #[case] last_second: i64) {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent, whole(), best(1)).await;
    before_departure(&stage, &booking, TimeDelta::minutes(edge_minutes + 1));
    let quote = quoted(&agent, booking.pnr, &[0]).await.expect("it can be cancelled");
    assert_eq!(quote.good_until, stage.kiosk.now() + TimeDelta::seconds(60 + last_second));
    stage.clock.set(quote.good_until + TimeDelta::seconds(1));
    let free = left(&stage, whole()).await;
    let new = is_over(&stage, &agent, &booking, &quote).await;
    assert!(new.refunded < quote.refunded, "{new:?}");
    assert_eq!(left(&stage, whole()).await, free);
    let after = booked(agent.call(confirming(booking.pnr, &new)).await).expect("the new one is good");
    assert_eq!(after.kept(), new.kept);
}

#[tokio::test]
async fn within_a_band_a_quote_is_good_to_its_last_second_and_then_no_more() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent, whole(), best(1)).await;
    let quote = quoted(&agent, booking.pnr, &[0]).await.expect("it can be cancelled");
    assert_eq!(quote.good_until, stage.kiosk.now() + TimeDelta::minutes(5));
    stage.advance(TimeDelta::minutes(5) + TimeDelta::milliseconds(1));
    let new = is_over(&stage, &agent, &booking, &quote).await;
    assert_eq!(new.refunded, quote.refunded, "the same sum, which the person has to see again");
    stage.clock.set(new.good_until);
    booked(agent.call(confirming(booking.pnr, &new)).await).expect("it is good to its last moment");
}

#[tokio::test]
async fn a_quote_for_two_is_refused_once_one_of_them_gave_up_and_one_for_the_other_stays_good() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent, whole(), best(2)).await;
    let both = quoted(&agent, booking.pnr, &[0, 1]).await.expect("it can be cancelled");
    let second = quoted(&agent, booking.pnr, &[1]).await.expect("it can be cancelled");
    let first = cancel(&agent, booking.pnr, &[0]).await.expect("the quote is good");
    let refused = booked(agent.call(confirming(booking.pnr, &both)).await);
    assert_eq!(refused, Err(Failure::NotRefundable(NotRefundable::AlreadyCancelled)));
    assert_eq!(stored(&stage, booking.pnr).await, *first, "nothing was changed");
    let after = booked(agent.call(confirming(booking.pnr, &second)).await).expect("nothing of it has changed");
    assert_eq!(after.status, BookingStatus::Cancelled);
    conserves(&after);
}

/// What somebody might write into a quote.
fn forgeries(quote: &Quote) -> Vec<(&'static str, Quote)> {
    let forged = |name: &'static str, change: fn(&mut Quote)| {
        let mut forged = quote.clone();
        change(&mut forged);
        (name, forged)
    };
    vec![
        forged("all of it back", |quote| {
            quote.lines[0].refunded = quote.lines[0].paid;
            quote.lines[0].items.clear();
            quote.refunded = quote.lines[0].paid;
            quote.kept = Paise::ZERO;
        }),
        forged("the sum alone", |quote| quote.refunded = quote.lines[0].paid),
        forged("a fare that was never paid", |quote| quote.lines[0].paid = quote.lines[0].paid + quote.lines[0].paid),
        forged("a cancelled train", |quote| quote.reason = Reason::TrainCancelled),
        forged("a list that never cleared", |quote| quote.reason = Reason::NeverCleared),
        forged("other rules", |quote| "refunds-2015-11-12".clone_into(&mut quote.rules)),
        forged("a longer time", |quote| quote.good_until += TimeDelta::days(30)),
        forged("an earlier moment", |quote| {
            quote.at -= TimeDelta::days(1);
            quote.good_until -= TimeDelta::days(1);
        }),
        forged("a later moment", |quote| {
            quote.at += TimeDelta::minutes(1);
            quote.good_until += TimeDelta::minutes(2);
        }),
        forged("one passenger twice", |quote| quote.lines.push(quote.lines[0].clone())),
    ]
}

#[tokio::test]
async fn a_forged_quote_gives_nothing_back() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent, whole(), best(2)).await;
    before_departure(&stage, &booking, TimeDelta::hours(60));
    let quote = quoted(&agent, booking.pnr, &[0]).await.expect("it can be cancelled");
    for (name, forged) in forgeries(&quote) {
        let new = is_over(&stage, &agent, &booking, &forged).await;
        assert_eq!(*new, *quote, "{name}");
    }
    let mut nobody = quote.clone();
    nobody.lines[0].passenger = 7;
    let refused = booked(agent.call(confirming(booking.pnr, &nobody)).await);
    assert_eq!(refused, Err(Failure::NotRefundable(NotRefundable::NoSuchPassenger)));
    nobody.lines.clear();
    let refused = booked(agent.call(confirming(booking.pnr, &nobody)).await);
    assert_eq!(refused, Err(Failure::NotRefundable(NotRefundable::Nobody)));
    // That of another booking is for another fare.
    let other = sold(&agent, leg(0, 1), best(1)).await;
    is_over(&stage, &agent, &other, &quote).await;
}

#[tokio::test]
async fn only_a_supervisor_waives_a_charge_and_the_reason_is_kept() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent, whole(), best(2)).await;
    let code = Some(WaiverCode::Hardship);
    let refusal = Failure::NotAllowed { needs: Role::Supervisor };
    assert_eq!(quoted_with(&agent, booking.pnr, &[0], code).await, Err(refusal.clone()));
    assert_eq!(quoted_with(&stage.guest(), booking.pnr, &[0], code).await, Err(Failure::SignedOut));
    let supervisor = stage.signed_in("sita", Role::Supervisor).await;
    let quote = quoted_with(&supervisor, booking.pnr, &[0], code).await.expect("it is hers to decide");
    assert_eq!((quote.refunded, quote.kept), (booking.passengers[0].fare, Paise::ZERO));
    assert_eq!(booked(agent.call(confirming(booking.pnr, &quote)).await), Err(refusal), "nor with her quote");
    assert_eq!(stored(&stage, booking.pnr).await, *booking);
    let after = booked(supervisor.call(confirming(booking.pnr, &quote)).await).expect("the quote is good");
    assert_eq!(after.refunds[0].quote.reason, Reason::Waiver(WaiverCode::Hardship));
    assert!(after.refunds[0].quote.lines[0].items[0].label.contains("HARDSHIP"), "{after:?}");
    conserves(&after);
    stage.kiosk.settle().await;
    let events = stage.world.store.events_of(railway_time(stage.kiosk.now()).date()).await.expect("it answers");
    let waived: Vec<_> = events.iter().filter(|event| event.action == "booking.waive").collect();
    assert_eq!((waived.len(), waived[0].subject.clone()), (1, Some(booking.pnr.to_string())));
    assert!(waived[0].note.as_deref().is_some_and(|note| note.ends_with("waived: HARDSHIP")), "{waived:?}");
    before_departure(&stage, &booking, TimeDelta::hours(-5));
    let late = quoted_with(&supervisor, booking.pnr, &[1], Some(WaiverCode::Late)).await.expect("when it has left");
    assert_eq!(late.refunded, booking.passengers[1].fare);
    let wish = quoted(&supervisor, booking.pnr, &[1]).await;
    assert_eq!(wish, Err(Failure::NotRefundable(NotRefundable::Departed)));
}

/// An adult of her own berth with a child on her lap, from a guest's session.
async fn adult_with_child(stage: &Stage, session: &Session, adults: usize) -> Arc<Booking> {
    let held = hold(session, whole(), best(adults)).await.expect("free");
    let child =
        Passenger { age: 3.try_into().expect("an age"), accommodation: Accommodation::Lap, ..passenger("Mina") };
    let mut order = order(session, &held).await;
    order.passengers = party(adults);
    order.passengers.push(child);
    let passengers = order.passengers.clone();
    let price = Request::Price { run: run(), leg: whole(), class: Class::SecondAc, quota: held.quota, passengers };
    let Ok(Reply::Priced(fare)) = session.call(price).await else { panic!("the party has a price") };
    order.agreed = fare.total;
    let booking = book(session, &order).await.expect("it is paid");
    assert_eq!(stored(stage, booking.pnr).await, *booking);
    booking
}

#[tokio::test]
async fn the_last_adult_cannot_leave_a_child_to_travel_alone() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let booking = adult_with_child(&stage, &guest, 2).await;
    let alone = Failure::NotRefundable(NotRefundable::ChildLeftAlone);
    assert_eq!(quoted(&guest, booking.pnr, &[0, 1]).await, Err(alone.clone()));
    let both = quoted(&guest, booking.pnr, &[0, 1, 2]).await.expect("all of them may");
    let one = cancel(&guest, booking.pnr, &[0]).await.expect("one adult stays");
    assert_eq!(quoted(&guest, booking.pnr, &[1]).await, Err(alone.clone()));
    // A quote for one adult, put together by hand.
    let mut forged = both;
    forged.lines.retain(|line| line.passenger == 1);
    assert_eq!(booked(guest.call(confirming(booking.pnr, &forged)).await), Err(alone));
    assert_eq!(stored(&stage, booking.pnr).await, *one);
    let after = cancel(&guest, booking.pnr, &[1, 2]).await.expect("with the child she may");
    assert_eq!(after.status, BookingStatus::Cancelled);
    conserves(&after);
    is_clean(&stage).await;
}

/// A berth of a run for a test payment, as of a moment.
async fn sold_at(stage: &Stage, guest: &Session, run: RunId, at: &str) -> Arc<Booking> {
    stage.clock.set(at.parse::<DateTime<Utc>>().expect("an instant"));
    let request = hold_request(new_hold(), whole(), Class::SecondAc, best(1));
    let Request::Hold { hold, leg, class, quota, choice, accept, .. } = request else { panic!("it is a hold") };
    let request = Request::Hold { hold, run, leg, class, quota, choice, accept };
    let Ok(Reply::Held(held)) = guest.call(request).await else { panic!("it is free") };
    let order = order(guest, &held).await;
    booked(guest.call(Request::Book { op: new_op(), order, payment: test_money() }).await).expect("it is paid")
}

#[tokio::test]
async fn a_booking_is_refunded_by_the_rules_under_which_it_was_bought() {
    let (stage, run) = (Stage::new().await, "12951#2026-04-25".parse().expect("a run"));
    let guest = stage.guest();
    // The bands moved on 15 April 2026.
    let before = sold_at(&stage, &guest, run, "2026-04-14T18:00:00Z").await;
    let since = sold_at(&stage, &guest, run, "2026-04-14T19:00:00Z").await;
    before_departure(&stage, &before, TimeDelta::hours(60));
    let [old, new] = [
        quoted(&guest, before.pnr, &[0]).await.expect("it can be cancelled"),
        quoted(&guest, since.pnr, &[0]).await.expect("it can be cancelled"),
    ];
    assert_eq!((old.rules.as_str(), new.rules.as_str()), ("refunds-2015-11-12", "refunds-2026-04-15"));
    assert_eq!(before.fare.total, since.fare.total);
    assert!(old.lines[0].items[0].label.contains("over 48 hours"), "{old:?}");
    assert!(new.lines[0].items[0].label.starts_with("25 %"), "{new:?}");
    assert!(old.kept < new.kept);
    for (booking, quote) in [(before, old), (since, new)] {
        let after = booked(guest.call(confirming(booking.pnr, &quote)).await).expect("the quote is good");
        assert_eq!((after.kept(), &after.refunds[0].quote), (quote.kept, &*quote));
    }
}

#[tokio::test]
async fn when_the_railway_cancels_the_train_whoever_still_travelled_gets_everything_back() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent, whole(), best(3)).await;
    let own_wish = cancel(&agent, booking.pnr, &[1]).await.expect("the quote is good");
    let quote = quoted(&agent, booking.pnr, &[0]).await.expect("it can be cancelled");
    // A process that is gone once the run is marked: nobody is refunded yet.
    let dying =
        stage.world.with_faults(|call: &Call| (call.operation == "TransactWriteItems").then_some(Fault::LoseRequest));
    let dying = stage.other_kiosk(dying).await;
    let cancelled = dying.operator_session().call(Request::CancelRun { run: run() }).await;
    assert!(matches!(cancelled, Ok(Reply::Done)), "the run is cancelled, and the rest stays due: {cancelled:?}");
    let train = Arc::new(small_train());
    let read = stage.world.store.run(run(), current(&train)).await.expect("it answers").expect("it runs");
    assert_eq!(read.state.stage, ChartStage::Cancelled);
    let new = is_over(&stage, &agent, &own_wish, &quote).await;
    assert_eq!((new.reason, new.kept), (Reason::TrainCancelled, Paise::ZERO), "by whatever wish she came");
    let at_counter = booked(agent.call(confirming(booking.pnr, &new)).await).expect("the quote is good");
    assert_eq!(at_counter.owed(), Paise::ZERO, "the agent hands it out");
    stage.advance(TimeDelta::minutes(2));
    stage.kiosk.work_once().await;
    let after = stored(&stage, booking.pnr).await;
    assert_eq!((after.status, after.refunds.len()), (BookingStatus::Cancelled, 3));
    assert_eq!(after.kept(), own_wish.refunds[0].quote.kept, "what was kept for her own wish stays kept");
    assert_eq!(after.owed(), booking.passengers[2].fare, "the last one's waits at a counter");
    conserves(&after);
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_refund_that_nobody_handed_out_waits_at_a_counter_and_is_handed_out_once() {
    let stage = Stage::new().await;
    let (agent, traveller) = (stage.agent().await, stage.signed_in("tara", Role::Traveller).await);
    let held = hold(&traveller, whole(), best(2)).await.expect("free");
    let request = Request::Reserve { op: new_op(), order: order(&traveller, &held).await };
    let pnr = booked(traveller.call(request).await).expect("it is kept").pnr;
    booked(agent.call(Request::PaySlip { op: new_op(), pnr, payment: cash() }).await).expect("it is paid");
    let one = cancel(&traveller, pnr, &[0]).await.expect("she may");
    assert_eq!(one.owed(), one.refunds[0].quote.refunded, "she is not at a counter");
    let two = cancel(&agent, pnr, &[1]).await.expect("at the counter");
    assert_eq!(two.owed(), one.owed(), "the second was handed out with it");

    let pay_out = || Request::PayOut { op: new_op(), pnr };
    let needs_agent = Failure::NotAllowed { needs: Role::Agent };
    assert_eq!(booked(traveller.call(pay_out()).await), Err(needs_agent));
    let hall = at_public_terminal(&stage, "agnes").await;
    assert_eq!(booked(hall.call(pay_out()).await), Err(Failure::NoTillHere));
    assert_eq!(stored(&stage, pnr).await, *two);

    let first = pay_out();
    let paid = booked(agent.call(first.clone()).await).expect("it waits");
    assert_eq!(paid.owed(), Paise::ZERO);
    let by = paid.refunds[0].paid_out.as_ref().map(|paid_out| (paid_out.by, paid_out.terminal.as_str()));
    assert_eq!(by, Some((agent.identity().map(|agent| agent.account), "NDLS-07")));
    assert_eq!(booked(agent.call(first).await).as_ref(), Ok(&paid), "the same action again is the same money");
    assert_eq!(booked(agent.call(pay_out()).await), Err(Failure::NothingOwed));
    assert_eq!(stored(&stage, pnr).await, *paid);
    conserves(&paid);
    is_clean(&stage).await;
}

#[rstest]
#[case::at_a_public_terminal(true)]
#[case::by_a_command_on_the_machine(false)]
#[tokio::test]
async fn where_there_is_no_till_an_agent_s_cancellation_waits_too(#[case] public: bool) {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = sold(&agent, whole(), best(1)).await;
    let session = if public { at_public_terminal(&stage, "agnes").await } else { stage.kiosk.operator_session() };
    let after = cancel(&session, booking.pnr, &[0]).await.expect("it is allowed");
    assert_eq!(after.owed(), after.refunds[0].quote.refunded);
    booked(agent.call(Request::PayOut { op: new_op(), pnr: booking.pnr }).await).expect("at a counter it is there");
}

#[tokio::test]
async fn a_slip_that_is_given_up_frees_its_berths_at_once_and_is_nothing_to_refund() {
    let stage = Stage::new().await;
    let (guest, agent) = (stage.guest(), stage.agent().await);
    let held = hold(&guest, whole(), best(3)).await.expect("free");
    let request = Request::Reserve { op: new_op(), order: order(&guest, &held).await };
    let slip = booked(guest.call(request).await).expect("it is kept");
    assert_eq!(quoted(&guest, slip.pnr, &[0]).await, Err(Failure::NotRefundable(NotRefundable::Unpaid)));
    let give_up = Request::GiveUpSlip { op: new_op(), pnr: slip.pnr };
    let stranger = booked(stage.guest().call(give_up.clone()).await);
    assert_eq!(stranger, Err(Failure::NoSuchBooking(slip.pnr)));
    let after = booked(guest.call(give_up.clone()).await).expect("she may");
    assert_eq!((after.status, &after.slip, after.payment.is_none()), (BookingStatus::Cancelled, &None, true));
    assert_eq!(left(&stage, whole()).await, 8);
    assert_eq!(booked(guest.call(give_up).await), Ok(after), "the same action again changes nothing");
    let again = booked(guest.call(Request::GiveUpSlip { op: new_op(), pnr: slip.pnr }).await);
    assert_eq!(again, Err(Failure::SlipClosed("it was given up already")));
    let paid = booked(agent.call(Request::PaySlip { op: new_op(), pnr: slip.pnr, payment: cash() }).await);
    assert_eq!(paid, Err(Failure::SlipClosed("it was given up already")));
    is_clean(&stage).await;
}
