//! Groups: who books them and of which size, one PNR over many coaches, and what becomes of one when others buy beside it,
//! when some of it give up, and when it waits.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::{join, join_all};
use kiosk::domain::admission::{Accept, Standing};
use kiosk::domain::booking::{Booking, BookingStatus, Place};
use kiosk::domain::coach::{Class, Coach, CoachId};
use kiosk::domain::correction::Correction;
use kiosk::domain::passenger::{Accommodation, Passenger, PersonName};
use kiosk::domain::quota::{NotEligible, Quota};
use kiosk::domain::refund::WaiverCode;
use kiosk::domain::train::{Train, TrainDraft, TrainKind};
use kiosk::domain::user::Role;
use kiosk::domain::waitlist::WaitingList;
use kiosk::service::Session;
use kiosk::service::request::{Choice, Failure, Hold, Order, Reply, Request};
use rstest::rstest;

use crate::refund_kit::is_clean;
use crate::service_kit::{
    PASSWORD, Stage, Wish, berth, book, booked, hold_as, new_hold, new_op, order_for, passenger, run, settings,
    sign_in, station, terminal, test_money, username, whole,
};
use crate::world::{World, rajdhani};

/// How many anybody books.
const MAX: u8 = 6;

/// A superfast with three coaches of SL and two of 3A: of SL, 45 each are in the general quota.
fn long_train() -> Train {
    let coach = |id, class, berths| Coach::new(CoachId::parse(id).expect("a coach"), class, berths).expect("berths");
    let sleepers = ["S1", "S2", "S3"].map(|id| coach(id, Class::Sleeper, 72));
    let coaches = sleepers.into_iter().chain(["B1", "B2"].map(|id| coach(id, Class::ThirdAc, 72))).collect();
    let draft = TrainDraft { coaches, kind: TrainKind::Superfast, ..TrainDraft::from(rajdhani()) };
    Train::new(draft).expect("the train is in order")
}

async fn stage() -> Stage {
    Stage::on(World::empty().await, settings(), long_train()).await
}

fn sleeper(accept: Accept) -> Wish {
    Wish { leg: whole(), class: Class::Sleeper, quota: Quota::General, accept }
}

fn people(size: usize) -> Vec<Passenger> {
    (1..=size).map(|n| passenger(&format!("Traveller {}", ["One", "Two", "Three"][n % 3]))).collect()
}

async fn order_of(session: &Session, hold: &Hold) -> Order {
    order_for(session, hold, people(hold.grants.len())).await.expect("the group has a price")
}

async fn buy(session: &Session, wish: Wish, size: usize) -> Result<Arc<Booking>, Failure> {
    let hold = wish.hold(session, size).await?;
    book(session, &order_of(session, &hold).await).await
}

fn count(booking: &Booking, is_such: impl Fn(Place) -> bool) -> usize {
    booking.passengers.iter().filter(|booked| is_such(booked.place)).count()
}

fn berths(booking: &Booking) -> usize {
    count(booking, |place| matches!(place, Place::Berth(_)))
}

async fn shown(session: &Session, booking: &Booking) -> Arc<Booking> {
    booked(session.call(Request::Booking { pnr: booking.pnr }).await).expect("they may see it")
}

async fn cancel(session: &Session, booking: &Booking, passengers: Vec<u8>, waiver: Option<WaiverCode>) -> Arc<Booking> {
    let quote = Request::QuoteCancel { pnr: booking.pnr, passengers, waiver };
    let Ok(Reply::Quote(quote)) = session.call(quote).await else { panic!("they may cancel") };
    let reply = session.call(Request::Cancel { op: new_op(), pnr: booking.pnr, quote }).await;
    booked(reply).expect("the quote is good")
}

#[tokio::test]
async fn a_supervisor_books_fifty_on_one_number_and_the_audit_is_clean() {
    let stage = stage().await;
    let supervisor = stage.signed_in("sunil", Role::Supervisor).await;
    let booking = buy(&supervisor, sleeper(Accept::Berths), 50).await.expect("there is room");
    assert_eq!((booking.passengers.len(), berths(&booking)), (50, 50));
    let taken: BTreeSet<_> = booking.berths().map(|allotted| allotted.berth).collect();
    let coaches: BTreeSet<_> = taken.iter().map(|berth| berth.coach).collect();
    assert_eq!((taken.len(), coaches.len()), (50, 2), "no berth twice, and in as few coaches as have room");
    let receipt = supervisor.call(Request::Receipt { pnr: booking.pnr }).await;
    assert!(matches!(receipt, Ok(Reply::Receipt { .. })), "{receipt:?}");
    let mut listed = 0;
    let mut after = None;
    loop {
        let reply = supervisor.call(Request::Manifest { run: run(), after }).await;
        let Ok(Reply::Manifest { page, next }) = reply else { panic!("{reply:?}") };
        listed += page.iter().filter(|line| line.pnr == booking.pnr).count();
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, 50, "the manifest has each of them in their coach");
    for coach in coaches {
        let chart = supervisor.call(Request::Chart { run: run(), coach: Some(coach) }).await;
        assert!(chart.is_ok(), "{chart:?}");
    }
    is_clean(&stage).await;
}

#[rstest]
#[case::more_than_anybody(Class::Sleeper, Quota::General, 51, Failure::PartySize { max: 50 })]
#[case::more_with_air_conditioning(Class::ThirdAc, Quota::General, 11, Failure::PartySize { max: 10 })]
#[case::tatkal(Class::Sleeper, Quota::Tatkal, 7, Failure::PartySize { max: MAX })]
#[case::ladies(Class::Sleeper, Quota::Ladies, 7, Failure::PartySize { max: MAX })]
#[case::seniors(Class::Sleeper, Quota::Senior, 7, Failure::PartySize { max: MAX })]
#[case::nobody(Class::Sleeper, Quota::General, 0, Failure::PartySize { max: MAX })]
#[tokio::test]
async fn a_group_that_nobody_books_is_refused(
    #[case] class: Class,
    #[case] quota: Quota,
    #[case] size: usize,
    #[case] why: Failure,
) {
    let stage = stage().await;
    let supervisor = stage.signed_in("sunil", Role::Supervisor).await;
    let wish = Wish { class, quota, ..sleeper(Accept::Anything) };
    assert_eq!(wish.hold(&supervisor, size).await, Err(why.clone()));
    if size > 0 {
        let (run, leg, passengers) = (run(), whole(), people(size));
        let priced = supervisor.call(Request::Price { run, leg, class, quota, passengers }).await;
        assert_eq!(priced.map(drop), Err(why));
    }
}

#[tokio::test]
async fn a_small_party_of_a_quota_keeps_its_own_limit() {
    let stage = stage().await;
    let supervisor = stage.signed_in("sunil", Role::Supervisor).await;
    let wish = Wish { quota: Quota::Senior, ..sleeper(Accept::Berths) };
    let refused = Failure::NotEligible(NotEligible::PartySize { quota: Quota::Senior, max: 2 });
    assert_eq!(wish.hold(&supervisor, 3).await, Err(refused));
}

#[tokio::test]
async fn others_are_told_who_books_a_group() {
    let stage = stage().await;
    let told = Failure::GroupNeeds { max: MAX, needs: Role::Supervisor };
    for session in [stage.guest(), stage.agent().await, stage.signed_in("tara", Role::Traveller).await] {
        assert_eq!(sleeper(Accept::Berths).hold(&session, 7).await, Err(told.clone()));
        sleeper(Accept::Berths).hold(&session, 6).await.expect("a party is anybody's");
    }
    let agent = stage.kiosk.open_session(terminal("NDLS-08"));
    sign_in(&agent, "agnes", PASSWORD).await.expect("she may");
    assert_eq!(told.to_string(), "For more than 6 ask a supervisor, or make another booking for the others.");
    // A child on a lap counts like everybody else: it has no berth that would have been refused before.
    let held = sleeper(Accept::Berths).hold(&agent, 6).await.expect("a party is anybody's");
    let child =
        Passenger { age: 2_u8.try_into().expect("an age"), accommodation: Accommodation::Lap, ..passenger("Om") };
    let priced = order_for(&agent, &held, people(6).into_iter().chain([child]).collect()).await;
    assert_eq!(priced.map(drop), Err(told));
    for name in ["sunil", "asha"] {
        let role = if name == "asha" { Role::Administrator } else { Role::Supervisor };
        sleeper(Accept::Berths).hold(&stage.signed_in(name, role).await, 7).await.expect("they book groups");
    }
    sleeper(Accept::Berths).hold(&stage.kiosk.operator_session(), 7).await.expect("and so does a command");
}

#[tokio::test]
async fn a_supervisor_who_was_demoted_meanwhile_does_not_book_the_group_and_its_berths_go_back() {
    let stage = stage().await;
    let supervisor = stage.signed_in("sunil", Role::Supervisor).await;
    let held = sleeper(Accept::Berths).hold(&supervisor, 20).await.expect("there is room");
    let order = order_of(&supervisor, &held).await;
    stage.kiosk.set_role(&username("sunil"), Role::Agent).await.expect("there is one");
    stage.advance(TimeDelta::seconds(60));
    let told = Err(Failure::GroupNeeds { max: MAX, needs: Role::Supervisor });
    let request = Request::Book { op: new_op(), order: order.clone(), payment: test_money() };
    assert_eq!(supervisor.call(request).await.map(drop), told);
    let slip = Request::Reserve { op: new_op(), order };
    assert_eq!(supervisor.call(slip).await.map(drop), told);
    let released = supervisor.call(Request::Release { hold: held.id, run: held.run }).await;
    assert!(matches!(released, Ok(Reply::Done)), "{released:?}");
    // What a refusal gives back goes back in the background.
    stage.kiosk.settle().await;
    let coaches: Vec<_> = held.parts.keys().copied().collect();
    for (_, coach) in stage.world.store.coaches(held.run, &coaches).await.expect("it answers") {
        assert_eq!(coach.holds.get(&held.id), None, "nothing is left of {held:?}");
    }
    stage.account("sara", Role::Supervisor).await;
    let other = stage.kiosk.open_session(terminal("MMCT-01"));
    sign_in(&other, "sara", PASSWORD).await.expect("she may");
    let same = hold_as(&other, new_hold(), whole(), Class::Sleeper, Choice::Berths(held.berths())).await;
    assert_eq!(same.expect("they are free again").berths(), held.berths());
    is_clean(&stage).await;
}

/// What was applied stays done, whatever becomes of who did it.
#[tokio::test]
async fn a_group_that_was_booked_before_is_found_by_its_second_press() {
    let stage = stage().await;
    let supervisor = stage.signed_in("sunil", Role::Supervisor).await;
    let held = sleeper(Accept::Berths).hold(&supervisor, 20).await.expect("there is room");
    let order = order_of(&supervisor, &held).await;
    let request = Request::Book { op: new_op(), order, payment: test_money() };
    let first = booked(supervisor.call(request.clone()).await).expect("it is booked");
    stage.kiosk.set_role(&username("sunil"), Role::Agent).await.expect("there is one");
    stage.advance(TimeDelta::seconds(60));
    assert_eq!(booked(supervisor.call(request).await).expect("it is the same").pnr, first.pnr);
}

#[tokio::test]
async fn a_group_chooses_its_berths_one_by_one_if_it_likes() {
    let stage = stage().await;
    let supervisor = stage.signed_in("sunil", Role::Supervisor).await;
    let mine: Vec<_> = ["S1", "S2", "S3"].into_iter().flat_map(|coach| [35, 36, 38].map(|n| berth(coach, n))).collect();
    let chosen = hold_as(&supervisor, new_hold(), whole(), Class::Sleeper, Choice::Berths(mine.clone())).await;
    let hold = chosen.expect("they are free");
    assert_eq!(hold.berths(), mine);
    let booking = book(&supervisor, &order_of(&supervisor, &hold).await).await.expect("it is booked");
    assert_eq!(booking.berths().map(|allotted| allotted.berth).collect::<Vec<_>>(), mine);
    is_clean(&stage).await;
}

/// The last berths go to the group or to the others, whole or not at all, and nobody gets one twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_meets_others_for_the_last_berths_gets_all_or_nothing() {
    let stage = stage().await;
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    let supervisor = stage.signed_in("sunil", Role::Supervisor).await;
    stage.account("sara", Role::Supervisor).await;
    let elsewhere = other.open_session(terminal("MMCT-01"));
    sign_in(&elsewhere, "sara", PASSWORD).await.expect("she may");
    let all = sleeper(Accept::Berths);
    buy(&supervisor, all, 50).await.expect("there is room");
    let guests: Vec<_> = (0..8).map(|n| other.open_session(terminal(&format!("HALL-{n}")))).collect();
    let singles = join_all(guests.iter().map(|guest| buy(guest, all, 4)));
    let groups = join(buy(&supervisor, all, 50), buy(&elsewhere, all, 50));
    let ((one, two), singles) = join(groups, singles).await;
    let groups = [&one, &two];
    let won: Vec<&Arc<Booking>> =
        groups.into_iter().chain(&singles).filter_map(|bought| bought.as_ref().ok()).collect();
    let taken: Vec<_> = won.iter().flat_map(|booking| booking.berths()).map(|allotted| allotted.berth).collect();
    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), taken.len(), "no berth twice");
    for bought in groups.into_iter().chain(&singles) {
        match bought {
            Ok(booking) => assert_eq!(berths(booking), booking.passengers.len()),
            Err(failure) => assert!(matches!(failure, Failure::SoldOut { .. }), "{failure:?}"),
        }
    }
    assert!(groups.into_iter().filter(|bought| bought.is_ok()).count() <= 1, "there is room for one");
    is_clean(&stage).await;
    other.settle().await;
}

#[tokio::test]
async fn a_group_gets_berths_halves_and_places_on_the_list_and_moves_up_when_others_leave() {
    let stage = stage().await;
    let supervisor = stage.signed_in("sunil", Role::Supervisor).await;
    let (berths_only, anything) = (sleeper(Accept::Berths), sleeper(Accept::Anything));
    let first = buy(&supervisor, berths_only, 50).await.expect("there is room");
    let second = buy(&supervisor, berths_only, 50).await.expect("there is room");
    let refused = buy(&supervisor, berths_only, 50).await.expect_err("there is not");
    let Failure::SoldOut { left, standing: Standing::Available(_) } = refused else { panic!("{refused:?}") };
    assert!(left > 0 && left < 50, "{left}");
    let mixed = buy(&supervisor, anything, 50).await.expect("all of them have something");
    let is_rac = |place| matches!(place, Place::Rac { .. });
    let waits = |place| matches!(place, Place::Waiting { list: WaitingList::General, .. });
    let (rac, waiting) = (count(&mixed, is_rac), count(&mixed, waits));
    assert_eq!((berths(&mixed), berths(&mixed) + rac + waiting), (left, 50));
    assert!(rac > 0, "{rac} share");
    is_clean(&stage).await;

    let after = cancel(&supervisor, &first, (0..50).collect(), None).await;
    assert_eq!((after.status, count(&after, |place| place == Place::Cancelled)), (BookingStatus::Cancelled, 50));
    stage.kiosk.settle().await;
    let moved = shown(&supervisor, &mixed).await;
    assert_eq!((berths(&moved), count(&moved, is_rac), count(&moved, waits)), (50, 0, 0), "there was room for all");
    is_clean(&stage).await;

    let some = cancel(&supervisor, &second, (0..50).step_by(2).collect(), Some(WaiverCode::ALL[0])).await;
    assert_eq!((some.status, berths(&some)), (BookingStatus::Booked, 25));
    let again = cancel(&supervisor, &second, vec![1, 3, 49], None).await;
    assert_eq!((berths(&again), again.refunds.len()), (22, 2));
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_group_that_is_too_large_for_the_list_gets_nothing() {
    let stage = stage().await;
    let supervisor = stage.signed_in("sunil", Role::Supervisor).await;
    let anything = sleeper(Accept::Anything);
    let full = loop {
        match buy(&supervisor, anything, 50).await {
            Ok(_) => {}
            Err(failure) => break failure,
        }
    };
    assert_eq!(full, Failure::ListFull);
    buy(&supervisor, anything, 1).await.expect("the list has room for a few");
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_name_and_the_point_of_boarding_of_a_group_are_changed_as_those_of_a_party() {
    let stage = stage().await;
    let supervisor = stage.signed_in("sunil", Role::Supervisor).await;
    let booking = buy(&supervisor, sleeper(Accept::Berths), 50).await.expect("there is room");
    let (pnr, name) = (booking.pnr, PersonName::parse("Traveller Fifty").expect("a name"));
    let correction = Correction { passenger: 49, name };
    let corrected = booked(supervisor.call(Request::CorrectName { op: new_op(), pnr, correction }).await);
    assert_eq!(corrected.expect("it is put right").passengers[49].passenger.name.as_str(), "Traveller Fifty");
    let later = long_train().halts()[1].station;
    assert_ne!(later, station("NDLS"));
    let moved = booked(supervisor.call(Request::ChangeBoarding { op: new_op(), pnr, station: later }).await);
    assert_eq!(moved.expect("a week before").boards().station, later);
    is_clean(&stage).await;
}

/// A slip for a group is a supervisor's to write, and anybody's to pay at a counter.
#[tokio::test]
async fn a_slip_of_a_group_is_paid_at_any_counter() {
    let stage = stage().await;
    let supervisor = stage.signed_in("sunil", Role::Supervisor).await;
    let held = Wish { class: Class::ThirdAc, ..sleeper(Accept::Berths) }.hold(&supervisor, 10).await.expect("it fits");
    let order = order_of(&supervisor, &held).await;
    let slip = booked(supervisor.call(Request::Reserve { op: new_op(), order }).await).expect("it is kept");
    let agent = stage.agent().await;
    let payment = test_money();
    let paid = booked(agent.call(Request::PaySlip { op: new_op(), pnr: slip.pnr, payment }).await).expect("it is paid");
    assert_eq!((paid.status, berths(&paid)), (BookingStatus::Booked, 10));
    is_clean(&stage).await;
}
