//! The oversell bugs that were seen in other booking systems, each shown not to be here.
//!
//! The table is the last of the reference `indian-railways`, "Oversell bugs seen elsewhere, each worth a test": each test
//! names its line. What the whole engine does under faults is the simulation's to show; these are small enough to read.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::{join, join_all};
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::booking::{Booking, Deed, Place};
use kiosk::domain::coach::{BerthRef, Class};
use kiosk::domain::inventory::GRACE;
use kiosk::domain::quota::Quota;
use kiosk::domain::time::instant;
use kiosk::domain::user::Role;
use kiosk::service::request::{Choice, Failure, Hold, Order, Reply, Request};
use kiosk::service::{Attention, Kiosk, Session};
use rstest::rstest;

use crate::refund_kit::{cancel, is_clean, stored};
use crate::service_kit::{
    PASSWORD, Stage, anything, berth, best, book, booked, cash, hold, left, leg, new_op, order, release, run, sign_in,
    terminal, test_money, whole,
};

/// Berths of 2A on the small train.
const BERTHS: usize = 8;

fn a1(number: u8) -> Choice {
    Choice::Berths(vec![berth("A1", number)])
}

/// A process at whose first request of an operation another one has to be, too.
async fn meeting_at(stage: &Stage, operation: &'static str, meeting: &Meeting) -> Kiosk {
    let meeting = meeting.clone();
    let store = stage.world.with_faults(move |call: &Call| {
        (call.operation == operation && call.nth == 1).then(|| Fault::Meet(meeting.clone()))
    });
    stage.other_kiosk(store).await
}

/// Sells all of 2A from end to end.
async fn sell_out(stage: &Stage) -> Vec<Arc<Booking>> {
    let mut sold = Vec::new();
    for size in [6, BERTHS - 6] {
        let guest = stage.guest();
        let held = hold(&guest, whole(), best(size)).await.expect("free");
        sold.push(book(&guest, &order(&guest, &held).await).await.expect("it is held"));
    }
    sold
}

/// Line 1: an optimisation skipped the lock when the cart was not near expiry: two orders for one seat.
#[rstest]
#[case::just_taken(TimeDelta::zero())]
#[case::half_way(TimeDelta::minutes(5))]
#[case::nearly_over(TimeDelta::minutes(10) - TimeDelta::milliseconds(1))]
#[tokio::test]
async fn a_hold_locks_its_berth_however_old_it_is_and_one_hold_is_one_order(#[case] age: TimeDelta) {
    let stage = Stage::new().await;
    let (anita, dev) = (stage.guest(), stage.guest());
    let held = hold(&anita, whole(), a1(1)).await.expect("free");
    let order = order(&anita, &held).await;
    stage.advance(age);
    let told = hold(&dev, leg(2, 3), a1(1)).await;
    assert_eq!(told, Err(Failure::BerthTaken { berths: vec![berth("A1", 1)], left: BERTHS - 1 }));
    // With another's hold, and with one's own a second time, by another key press.
    assert_eq!(book(&dev, &order).await, Err(Failure::HoldExpired));
    let first = book(&anita, &order).await.expect("it is hers");
    assert_eq!(book(&anita, &order).await, Err(Failure::HoldExpired));
    assert_eq!(stored(&stage, first.pnr).await, *first);
    is_clean(&stage).await;
}

/// Line 2: capacity read before the lock was taken: a stale count.
#[tokio::test]
async fn whoever_chose_from_what_was_read_earlier_is_told_by_the_write() {
    let stage = Stage::new().await;
    let stale = stage.other_kiosk(stage.world.store.clone()).await;
    let watch = stale.watch(run(), Attention::Focus);
    stale.poll_once().await;
    sell_out(&stage).await;
    let known = watch.current().expect("it was read");
    let counted = known.available(Class::SecondAc, Quota::General, whole(), stage.kiosk.now());
    assert_eq!(counted, Some(BERTHS), "it knows nothing of the sale");
    let session = stale.open_session(terminal("HALL-9"));
    let told = hold(&session, whole(), best(1)).await;
    assert!(matches!(told, Err(Failure::SoldOut { left: 0, .. })), "{told:?}");
    let told = hold(&session, whole(), a1(1)).await;
    assert!(matches!(told, Err(Failure::BerthTaken { left: 0, .. })), "{told:?}");
    is_clean(&stage).await;
}

/// Line 2 again, of the last berth: both have counted it before either takes it.
#[tokio::test]
async fn of_two_who_counted_the_last_berth_one_gets_it() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    hold(&agent, whole(), best(6)).await.expect("free");
    hold(&agent, whole(), best(1)).await.expect("free");
    let meeting = Meeting::of(2);
    let (one, two) =
        (meeting_at(&stage, "UpdateItem", &meeting).await, meeting_at(&stage, "UpdateItem", &meeting).await);
    let (anita, dev) = (one.open_session(terminal("HALL-1")), two.open_session(terminal("HALL-2")));
    let (first, second) = Box::pin(join(hold(&anita, whole(), best(1)), hold(&dev, whole(), best(1)))).await;
    let (won, lost): (Vec<_>, Vec<_>) = [first, second].into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert!(matches!(lost[0], Err(Failure::SoldOut { left: 0, .. })), "{lost:?}");
}

/// Line 3: the lock key contained the user's id: no exclusion at all.
#[tokio::test]
async fn a_hold_excludes_others_and_oneself_whoever_they_are() {
    let stage = Stage::new().await;
    stage.account("tara", Role::Traveller).await;
    let tara = stage.kiosk.open_session(terminal("HALL-1"));
    let elsewhere = stage.kiosk.open_session(terminal("HALL-2"));
    for session in [&tara, &elsewhere] {
        sign_in(session, "tara", PASSWORD).await.expect("the password is right");
    }
    let nosy = stage.signed_in("nosy", Role::Traveller).await;
    let other_process = stage.other_kiosk(stage.world.store.clone()).await.open_session(terminal("HALL-1"));
    hold(&tara, whole(), a1(1)).await.expect("free");
    for session in [&tara, &elsewhere, &nosy, &stage.guest(), &stage.agent().await, &other_process] {
        let told = hold(session, whole(), a1(1)).await;
        assert!(matches!(told, Err(Failure::BerthTaken { .. })), "{session:?}: {told:?}");
    }
    assert_eq!(left(&stage, whole()).await, BERTHS - 1);
}

/// An order for berths that are somebody else's, as no screen could make it.
fn forged(order: &Order, berths: &Booking) -> Order {
    let grants = berths.passengers.iter().filter_map(|booked| booked.place.grant()).collect();
    let parts = berths.berths().map(|allotted| (allotted.berth.coach, vec![allotted.berth.number.into()])).collect();
    Order { hold: Hold { grants, parts, ..order.hold.clone() }, ..order.clone() }
}

/// Line 4: the box-office path went round the capacity check: the counter oversells the web.
#[tokio::test]
async fn neither_a_counter_nor_a_slip_nor_an_operator_sells_what_is_sold() {
    let stage = Stage::new().await;
    let (agent, guest) = (stage.agent().await, stage.guest());
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let request = Request::Reserve { op: new_op(), order: order(&guest, &held).await };
    let slip = booked(guest.call(request).await).expect("it is kept");
    // The slip is forgotten, and its berth goes to others with all the rest.
    stage.advance(TimeDelta::minutes(9));
    let again = hold(&agent, leg(0, 1), best(1)).await.expect("free");
    let mine = order(&agent, &again).await;
    release(&agent, &again).await;
    stage.advance(TimeDelta::minutes(20));
    let sold = sell_out(&stage).await;

    let operator = stage.kiosk.operator_session();
    let administrator = stage.signed_in("ada", Role::Administrator).await;
    for session in [&agent, &operator, &administrator, &stage.guest()] {
        let told = hold(session, whole(), best(1)).await;
        assert!(matches!(told, Err(Failure::SoldOut { left: 0, .. })), "{session:?}: {told:?}");
        let told = hold(session, leg(4, 5), a1(3)).await;
        assert!(matches!(told, Err(Failure::BerthTaken { left: 0, .. })), "{session:?}: {told:?}");
    }
    for order in [forged(&mine, &sold[1]), mine] {
        let by_cash = Request::Book { op: new_op(), order: order.clone(), payment: cash() };
        assert_eq!(booked(agent.call(by_cash).await), Err(Failure::HoldExpired));
        let by_slip = Request::Reserve { op: new_op(), order };
        assert_eq!(booked(agent.call(by_slip).await), Err(Failure::HoldExpired));
    }
    let paid = booked(agent.call(Request::PaySlip { op: new_op(), pnr: slip.pnr, payment: cash() }).await);
    assert!(matches!(paid, Err(Failure::SlipClosed(_))), "{paid:?}");
    let berths: BTreeSet<BerthRef> =
        sold.iter().flat_map(|booking| booking.berths().map(|allotted| allotted.berth).collect::<Vec<_>>()).collect();
    assert_eq!(berths.len(), BERTHS);
    stage.kiosk.work_once().await;
    is_clean(&stage).await;
}

/// Berths of the general quota of 3A on the mixed train, and passengers who share one there.
const MIXED: usize = 13;
const SHARING: usize = 2;

/// Sells 3A out, to single passengers but for one party of three, and has others share and wait.
async fn with_queue(stage: &Stage, agent: &Session) -> (Arc<Booking>, [Arc<Booking>; 3]) {
    let party = anything().buy(agent, 3).await.expect("free");
    for _ in 3..MIXED {
        anything().buy(agent, 1).await.expect("free");
    }
    let sharing = anything().buy(agent, SHARING).await.expect("two can share");
    let [first, second] = [
        anything().buy(agent, 2).await.expect("there is room"),
        anything().buy(agent, 1).await.expect("there is room"),
    ];
    stage.kiosk.settle().await;
    (party, [sharing, first, second])
}

/// Gives a passenger up at a process that does nothing more once that is written.
async fn cancel_and_die(stage: &Stage, booking: &Booking, passenger: u8) {
    let store = stage.world.with_faults(|call: &Call| {
        (call.operation == "TransactWriteItems" && call.nth > 1).then_some(Fault::LoseRequest)
    });
    let dying = stage.other_kiosk(store).await;
    cancel(&dying.operator_session(), booking.pnr, &[passenger]).await.expect("it is written");
    dying.settle().await;
}

/// Line 5: waiting-list promotion raced an administrator's promotion: one berth, two passengers.
#[rstest]
#[case::both_by_themselves(false)]
#[case::one_for_the_chart_that_an_administrator_makes(true)]
#[tokio::test]
async fn of_two_promotions_at_once_one_gives_the_berth_away(#[case] charting: bool) {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    let (party, [sharing, first, second]) = with_queue(&stage, &agent).await;
    cancel_and_die(&stage, &party, 1).await;
    let freed = party.passengers[1].place.berth().expect("a berth").berth;
    if charting {
        stage.clock.set(instant(party.from.at) - TimeDelta::hours(9));
    } else {
        stage.advance(TimeDelta::minutes(2));
    }
    let meeting = Meeting::of(2);
    let one = meeting_at(&stage, "TransactWriteItems", &meeting).await;
    let two = meeting_at(&stage, "TransactWriteItems", &meeting).await;
    let other = async {
        if charting {
            let made = two.operator_session().call(Request::MakeChart { run: run() }).await;
            assert!(matches!(made, Ok(Reply::Charted(_))), "{made:?}");
        } else {
            two.work_once().await;
        }
    };
    Box::pin(join(one.work_once(), other)).await;
    join_all([one.settle(), two.settle()]).await;
    let queued = [stored(&stage, sharing.pnr).await, stored(&stage, first.pnr).await, stored(&stage, second.pnr).await];
    let has = |booking: &Booking| booking.berths().filter(|allotted| allotted.berth == freed).count();
    assert_eq!(queued.iter().map(has).sum::<usize>(), 1, "the freed berth is one passenger's");
    for booking in &queued {
        let promoted = booking.history.iter().filter_map(|change| match &change.what {
            Deed::Promoted { passenger, to } => Some((*passenger, to.to_string())),
            _ => None,
        });
        let promoted: Vec<_> = promoted.collect();
        let distinct: BTreeSet<_> = promoted.iter().cloned().collect();
        assert_eq!(promoted.len(), distinct.len(), "nobody moves up twice: {promoted:?}");
    }
    is_clean(&stage).await;
}

/// Line 6: cancelling did not give the seats back: a phantom full train.
#[tokio::test]
async fn every_way_of_giving_up_puts_the_berths_back_on_sale() {
    let stage = Stage::new().await;
    let (agent, guest) = (stage.agent().await, stage.guest());
    let sold = sell_out(&stage).await;
    cancel(&agent, sold[0].pnr, &[0, 1]).await.expect("two of six");
    assert_eq!(left(&stage, whole()).await, 2);
    cancel(&agent, sold[0].pnr, &[2, 3, 4, 5]).await.expect("and the others");
    assert_eq!(left(&stage, whole()).await, 6);

    let held = hold(&guest, whole(), best(6)).await.expect("all of them can be had again");
    assert_eq!(left(&stage, whole()).await, 0);
    release(&guest, &held).await;
    assert_eq!(left(&stage, whole()).await, 6, "a hold that is given back");
    for lapses in [false, true] {
        let held = hold(&guest, whole(), best(6)).await.expect("all of them can be had again");
        let request = Request::Reserve { op: new_op(), order: order(&guest, &held).await };
        let slip = booked(guest.call(request).await).expect("it is kept");
        assert_eq!(left(&stage, whole()).await, 0);
        if lapses {
            stage.advance(TimeDelta::minutes(23));
            stage.kiosk.work_once().await;
        } else {
            booked(guest.call(Request::GiveUpSlip { op: new_op(), pnr: slip.pnr }).await).expect("she may");
        }
        assert_eq!(left(&stage, whole()).await, 6, "a slip");
    }
    let held = hold(&guest, whole(), best(6)).await.expect("all of them can be had again");
    let request = Request::Book { op: new_op(), order: order(&guest, &held).await, payment: test_money() };
    booked(guest.call(request).await).expect("and be sold");
    is_clean(&stage).await;
}

/// Line 7: an expired hold was not freed in the read model: a phantom full train.
#[tokio::test]
async fn a_hold_that_is_over_is_free_on_screens_and_for_buyers_though_nobody_has_written_so() {
    let stage = Stage::new().await;
    let elsewhere = stage.other_kiosk(stage.world.store.clone()).await;
    let gone = [elsewhere.open_session(terminal("HALL-8")), elsewhere.open_session(terminal("HALL-9"))];
    let held = hold(&gone[0], whole(), best(6)).await.expect("free");
    hold(&gone[1], whole(), best(2)).await.expect("free");
    let watch = stage.kiosk.watch(run(), Attention::Focus);
    stage.kiosk.poll_once().await;
    let state = watch.current().expect("it was read");
    let shown = || state.available(Class::SecondAc, Quota::General, whole(), stage.kiosk.now());
    let over = held.until + GRACE;
    assert_eq!(state.next_expiry(stage.kiosk.now()), Some(over), "when the screen is drawn again");
    stage.clock.set(over - TimeDelta::milliseconds(1));
    assert_eq!(shown(), Some(0));
    let told = hold(&stage.guest(), whole(), best(1)).await;
    assert!(matches!(told, Err(Failure::SoldOut { left: 0, .. })), "{told:?}");
    stage.clock.set(over);
    assert_eq!((shown(), left(&stage, whole()).await), (Some(BERTHS), BERTHS));
    sell_out(&stage).await;
    is_clean(&stage).await;
}

/// Line 8: cancelling the whole order freed its seats to the waiting list before the part that stays was rebooked: a
/// traveller loses the seat. Here the part that stays is never out of sale, and whoever waits gets what was given up.
#[tokio::test]
async fn of_a_party_that_is_cancelled_in_part_nobody_who_stays_loses_a_berth_to_who_waits() {
    let stage = Stage::mixed().await;
    let agent = stage.agent().await;
    let (party, [sharing, first, _]) = with_queue(&stage, &agent).await;
    let stay = [&party.passengers[0], &party.passengers[2]];
    let freed = party.passengers[1].place;
    // Between the two, too: the process is gone when the place is given up and nobody has moved up.
    cancel_and_die(&stage, &party, 1).await;
    let between = stored(&stage, party.pnr).await;
    assert_eq!([&between.passengers[0], &between.passengers[2]], stay);
    is_clean(&stage).await;
    stage.advance(TimeDelta::minutes(2));
    stage.kiosk.work_once().await;
    stage.kiosk.settle().await;

    let after = stored(&stage, party.pnr).await;
    assert_eq!([&after.passengers[0], &after.passengers[2]], stay, "those who stay have what they had");
    assert_eq!(after.passengers[1].place, Place::Cancelled);
    let moved_up = stored(&stage, sharing.pnr).await;
    assert_eq!(moved_up.passengers[0].place, freed, "who shared has what was given up, and nothing else");
    assert!(stored(&stage, first.pnr).await.passengers[0].place.shared().is_some(), "who waited has their half");
    is_clean(&stage).await;
}
