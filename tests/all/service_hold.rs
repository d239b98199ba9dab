//! Holds: whoever comes second is told, nobody gets a berth twice, and nothing stays taken that nobody has.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::{join, join_all};
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::admission::{Accept, Standing};
use kiosk::domain::coach::Class;
use kiosk::domain::inventory::GRACE;
use kiosk::domain::quota::Quota;
use kiosk::domain::train::{Train, TrainDraft};
use kiosk::domain::waitlist::WaitingList;
use kiosk::service::Kiosk;
use kiosk::service::request::{Choice, Failure, Outcome, Reply, Request};
use kiosk::store::Store;

use crate::market::follow;
use crate::meter::{Detail, Meter};
use crate::service_kit::{
    Stage, berth, best, book, hold, hold_as, left, leg, new_hold, order, publish, release, run, small_train, station,
    terminal, whole,
};

/// What a sold out class says: a coach of four or eight berths shares none.
fn first_waiter() -> Standing {
    Standing::Waiting(WaitingList::General, 1)
}

#[tokio::test]
async fn the_second_buyer_is_told_before_paying_and_what_is_left() {
    let stage = Stage::new().await;
    let (anita, dev) = (stage.guest(), stage.guest());
    let chosen = Choice::Berths(vec![berth("A1", 1)]);
    let held = hold(&anita, whole(), chosen.clone()).await.expect("all is free");
    assert_eq!(held.berths(), [berth("A1", 1)]);
    assert_eq!(held.until, stage.kiosk.now() + TimeDelta::minutes(10));
    let told = hold(&dev, leg(2, 3), chosen).await;
    assert_eq!(told, Err(Failure::BerthTaken { berths: vec![berth("A1", 1)], left: 7 }));
}

#[tokio::test]
async fn the_last_berth_goes_once_and_a_party_too_large_learns_what_is_left() {
    let stage = Stage::new().await;
    let (anita, dev) = (stage.guest(), stage.guest());
    hold(&anita, whole(), best(6)).await.expect("all is free");
    hold(&anita, whole(), best(1)).await.expect("two are left");
    assert_eq!(hold(&dev, whole(), best(2)).await, Err(Failure::SoldOut { left: 1, standing: Standing::Available(1) }));
    hold(&dev, whole(), best(1)).await.expect("one is left");
    assert_eq!(
        hold(&stage.guest(), whole(), best(1)).await,
        Err(Failure::SoldOut { left: 0, standing: first_waiter() })
    );
}

#[tokio::test]
async fn a_guest_cannot_empty_a_coach_by_holding_it() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let first = hold(&guest, whole(), best(1)).await.expect("all is free");
    hold(&guest, whole(), best(1)).await.expect("a second choice");
    assert_eq!(hold(&guest, whole(), best(1)).await, Err(Failure::TooManyHolds { max: 2 }));
    release(&guest, &first).await;
    hold(&guest, whole(), best(1)).await.expect("the first was given back");
    stage.advance(TimeDelta::minutes(11));
    hold(&guest, whole(), best(1)).await.expect("those that are over do not count");
    let agent = stage.agent().await;
    for _ in 0..6 {
        hold(&agent, whole(), best(1)).await.expect("an agent serves several people at once");
    }
    assert_eq!(hold(&agent, whole(), best(1)).await, Err(Failure::TooManyHolds { max: 6 }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_buyers_at_once_eight_get_a_berth_and_no_two_the_same() {
    let stage = Stage::new().await;
    let buyers = (0..32).map(|_| {
        let session = stage.guest();
        tokio::spawn(async move {
            let held = hold(&session, whole(), best(1)).await;
            // Whoever leaves would give the berth back.
            (session, held)
        })
    });
    let results: Vec<_> = join_all(buyers).await.into_iter().map(|done| done.expect("no panic")).collect();
    let held: Vec<_> = results.iter().filter_map(|(_, held)| held.as_ref().ok()).collect();
    let berths: BTreeSet<_> = held.iter().flat_map(|hold| hold.berths()).collect();
    assert_eq!((held.len(), berths.len()), (8, 8));
    for (_, refused) in results.iter().filter(|(_, held)| held.is_err()) {
        assert_eq!(refused, &Err(Failure::SoldOut { left: 0, standing: first_waiter() }));
    }
}

/// On the runtime's paused clock, so that everybody waits for whom they have to, however busy the machine is.
#[tokio::test(start_paused = true)]
async fn buyers_of_one_process_do_not_race_each_other() {
    let stage = Stage::in_line().await;
    let meter = Meter::new(Detail::Operations);
    let slow =
        stage.world.clients.clone().with_faults(Arc::new(|_: &Call| Some(Fault::Delay(Duration::from_millis(5)))));
    let kiosk = stage.other_kiosk(Store::new(meter.on(slow), stage.world.names.clone())).await;
    let sessions: Vec<_> = (0..32).map(|n| kiosk.open_session(terminal(&format!("HALL-{n}")))).collect();
    let results = join_all(sessions.iter().map(|session| hold(session, whole(), best(1)))).await;
    assert_eq!(results.iter().filter(|held| held.is_ok()).count(), 8);
    let refused = Err(Failure::SoldOut { left: 0, standing: first_waiter() });
    assert_eq!(results.iter().filter(|held| **held == refused).count(), 24);
    kiosk.settle().await;
    let writes = meter.take()["UpdateItem"];
    assert_eq!((writes.requests, writes.refused), (16, 0), "a write and a hint for each that is held, and no other");
}

#[tokio::test(start_paused = true)]
async fn the_first_buyers_of_a_run_settle_its_train_once() {
    let stage = Stage::in_line().await;
    let meter = Meter::new(Detail::Operations);
    let slow =
        stage.world.clients.clone().with_faults(Arc::new(|_: &Call| Some(Fault::Delay(Duration::from_millis(5)))));
    let kiosk = stage.other_kiosk(Store::new(meter.on(slow), stage.world.names.clone())).await;
    let _watch = follow(&kiosk, run()).await;
    let sessions: Vec<_> = (0..8).map(|n| kiosk.open_session(terminal(&format!("HALL-{n}")))).collect();
    meter.take();
    let results = join_all(sessions.iter().map(|session| hold(session, whole(), best(1)))).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    kiosk.settle().await;
    let requests = meter.take();
    assert_eq!((requests["PutItem"].requests, requests["UpdateItem"].refused), (1, 0), "{requests:?}");
}

/// A process whose requests take a while, on the runtime's paused clock, and where all berths are sold.
async fn full_and_slow(
    stage: &Stage,
    meter: &Meter,
    plan: impl Fn(&Call) -> Option<Fault> + Send + Sync + 'static,
) -> Kiosk {
    for size in [6, 2] {
        let guest = stage.guest();
        let held = hold(&guest, whole(), best(size)).await.expect("so many are free");
        book(&guest, &order(&guest, &held).await).await.expect("they are held");
    }
    let clients = stage.world.clients.clone().with_faults(Arc::new(plan));
    stage.other_kiosk(Store::new(meter.on(clients), stage.world.names.clone())).await
}

#[tokio::test(start_paused = true)]
async fn a_crowd_is_told_that_nothing_is_left_by_reads_that_it_shares() {
    let stage = Stage::in_line().await;
    let meter = Meter::new(Detail::Operations);
    let delay = |_: &Call| Some(Fault::Delay(Duration::from_millis(5)));
    let kiosk = full_and_slow(&stage, &meter, delay).await;
    let _watch = follow(&kiosk, run()).await;
    let sessions: Vec<_> = (0..32).map(|n| kiosk.open_session(terminal(&format!("HALL-{n}")))).collect();
    meter.take();
    let results = join_all(sessions.iter().map(|session| hold(session, whole(), best(1)))).await;
    let told = Err(Failure::SoldOut { left: 0, standing: first_waiter() });
    assert!(results.iter().all(|result| *result == told), "{results:?}");
    assert_eq!(meter.take()["Query"].requests, 2, "one that had begun when the others asked, and one for them");
}

#[tokio::test(start_paused = true)]
async fn of_those_who_share_a_read_nobody_is_refused_for_its_failure() {
    let stage = Stage::in_line().await;
    let down = Arc::new(AtomicBool::new(false));
    let is_down = Arc::clone(&down);
    // Of the reads while it is down the second one fails, which three of four share.
    let reads = AtomicUsize::new(0);
    let plan = move |call: &Call| {
        let nth = if call.operation == "Query" && is_down.load(Ordering::SeqCst) {
            reads.fetch_add(1, Ordering::SeqCst)
        } else {
            0
        };
        Some(if nth == 1 {
            Fault::Answer(400, "ValidationException".to_owned())
        } else {
            Fault::Delay(Duration::from_millis(5))
        })
    };
    let kiosk = full_and_slow(&stage, &Meter::new(Detail::Operations), plan).await;
    let _watch = follow(&kiosk, run()).await;
    let sessions: Vec<_> = (0..4).map(|n| kiosk.open_session(terminal(&format!("HALL-{n}")))).collect();
    down.store(true, Ordering::SeqCst);
    let results = join_all(sessions.iter().map(|session| hold(session, whole(), best(1)))).await;
    let told = Err(Failure::SoldOut { left: 0, standing: first_waiter() });
    assert_eq!(results.iter().filter(|result| **result == told).count(), 3, "one read failed: {results:?}");
}

#[tokio::test]
async fn an_attempt_that_hangs_keeps_nobody_from_the_last_berth() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    hold(&agent, whole(), best(6)).await.expect("all is free");
    hold(&agent, whole(), best(1)).await.expect("two are left");
    let begun = Meeting::of(2);
    let meeting = begun.clone();
    let store = stage.world.with_faults(move |call: &Call| match (call.operation.as_str(), call.nth) {
        ("UpdateItem", 1) => Some(Fault::Meet(meeting.clone())),
        _ => None,
    });
    let kiosk = stage.other_kiosk(store).await;
    let (anita, dev) = (kiosk.open_session(terminal("HALL-1")), kiosk.open_session(terminal("HALL-2")));
    // Anita's request is on its way for as long as Dev is not served.
    let second = async {
        let held = hold(&dev, whole(), best(1)).await;
        begun.come().await;
        held
    };
    let (first, second) = Box::pin(join(hold(&anita, whole(), best(1)), second)).await;
    second.expect("he does not wait for her for ever");
    assert_eq!(first, Err(Failure::SoldOut { left: 0, standing: first_waiter() }));
}

#[tokio::test]
async fn a_party_over_two_coaches_gets_all_or_nothing() {
    let stage = Stage::new().await;
    let (anita, dev) = (stage.guest(), stage.guest());
    let both = Choice::Berths(vec![berth("A1", 1), berth("A2", 1), berth("A2", 2)]);
    hold(&dev, whole(), Choice::Berths(vec![berth("A2", 2)])).await.expect("free");
    let refused = hold(&anita, whole(), both.clone()).await;
    assert_eq!(refused, Err(Failure::BerthTaken { berths: vec![berth("A2", 2)], left: 7 }));
    assert_eq!(left(&stage, whole()).await, 7, "nothing of the party's was taken");
}

#[tokio::test]
async fn a_party_over_two_coaches_that_lost_the_race_plans_again_from_what_it_is_told() {
    let stage = Stage::new().await;
    let (anita, dev) = (stage.guest(), stage.guest());
    // Anita's kiosk knows the run from before Dev's kiosk took a berth.
    let mut watch = anita.watch(run(), kiosk::service::Attention::Listed);
    stage.kiosk.poll_once().await;
    watch.changed().await.expect("it was read");
    let other = stage.other_kiosk(stage.world.store.clone()).await;
    let dev_elsewhere = other.open_session(terminal("MMCT-01"));
    let taken = hold(&dev_elsewhere, whole(), best(2)).await.expect("free");
    let party = hold(&anita, whole(), best(6)).await.expect("six are left");
    let berths: BTreeSet<_> = party.berths().into_iter().collect();
    assert_eq!(berths.len(), 6);
    assert!(taken.berths().iter().all(|berth| !berths.contains(berth)));
    assert_eq!(hold(&dev, whole(), best(1)).await, Err(Failure::SoldOut { left: 0, standing: first_waiter() }));
}

#[tokio::test]
async fn a_lost_reply_is_recognised_and_the_berth_is_not_held_twice() {
    for operation in ["UpdateItem", "TransactWriteItems"] {
        let stage = Stage::new().await;
        let store = stage
            .world
            .with_faults(move |call: &Call| (call.operation == operation && call.nth == 1).then_some(Fault::LoseReply));
        let kiosk = stage.other_kiosk(store).await;
        let session = kiosk.open_session(terminal("NDLS-07"));
        // Five do not fit one coach.
        let party = if operation == "UpdateItem" { 1 } else { 5 };
        let held = hold(&session, whole(), best(party)).await.expect("the retry finds it");
        assert_eq!(held.berths().len(), party);
        assert_eq!(left(&stage, whole()).await, 8 - party);
    }
}

#[tokio::test]
async fn a_hold_of_unknown_outcome_is_found_when_it_is_repeated() {
    let stage = Stage::new().await;
    let down = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&down);
    let store = stage.world.with_faults(move |call: &Call| match (call.operation.as_str(), call.nth) {
        ("UpdateItem", 1) => Some(Fault::LoseReply),
        ("UpdateItem", _) if switch.load(Ordering::SeqCst) => Some(Fault::LoseRequest),
        _ => None,
    });
    let kiosk = stage.other_kiosk(store).await;
    let session = kiosk.open_session(terminal("NDLS-07"));
    let id = new_hold();
    let first = hold_as(&session, id, whole(), Class::SecondAc, best(1)).await;
    assert!(matches!(first, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{first:?}");
    down.store(false, Ordering::SeqCst);
    let until = stage.kiosk.now() + TimeDelta::minutes(10);
    stage.advance(TimeDelta::seconds(20));
    let again = hold_as(&session, id, whole(), Class::SecondAc, best(1)).await.expect("it was held");
    assert_eq!(again.until, until, "the time counts from the write");
    assert_eq!(left(&stage, whole()).await, 7);
    stage.advance(TimeDelta::minutes(10));
    let late = hold_as(&session, id, whole(), Class::SecondAc, best(1)).await;
    assert_eq!(late, Err(Failure::HoldExpired));
}

#[tokio::test]
async fn an_expired_hold_goes_to_the_next_buyer_after_the_grace_and_not_before() {
    let stage = Stage::new().await;
    let (anita, dev) = (stage.guest(), stage.guest());
    let chosen = Choice::Berths(vec![berth("A1", 2)]);
    let first = hold(&anita, whole(), Choice::Berths(vec![berth("A1", 1), berth("A1", 2)])).await.expect("free");
    stage.clock.set(first.until + GRACE - TimeDelta::milliseconds(1));
    assert!(matches!(hold(&dev, whole(), chosen.clone()).await, Err(Failure::BerthTaken { .. })));
    stage.clock.set(first.until + GRACE);
    hold(&dev, leg(1, 3), chosen).await.expect("the time is over");
    assert_eq!(left(&stage, leg(0, 1)).await, 8, "the expired hold went whole, with its other berth and segments");
    assert_eq!(book(&anita, &order(&anita, &first).await).await, Err(Failure::HoldExpired));
}

#[tokio::test]
async fn a_released_leg_leaves_the_other_traveller_on_the_same_berth() {
    let stage = Stage::new().await;
    let (anita, dev) = (stage.guest(), stage.guest());
    let chosen = Choice::Berths(vec![berth("A1", 1)]);
    let early = hold(&anita, leg(0, 2), chosen.clone()).await.expect("free");
    let late = hold(&dev, leg(2, 5), chosen.clone()).await.expect("another leg of the same berth");
    release(&anita, &early).await;
    release(&anita, &early).await;
    assert!(matches!(hold(&anita, leg(1, 3), chosen.clone()).await, Err(Failure::BerthTaken { .. })));
    hold(&anita, leg(0, 2), chosen).await.expect("it was given back");
    book(&dev, &order(&dev, &late).await).await.expect("it is still held");
}

#[tokio::test]
async fn nobody_gives_back_what_is_not_theirs() {
    let stage = Stage::new().await;
    let (anita, dev) = (stage.guest(), stage.guest());
    let held = hold(&anita, whole(), best(2)).await.expect("free");
    release(&dev, &held).await;
    assert_eq!(left(&stage, whole()).await, 6);
}

#[tokio::test]
async fn whoever_leaves_or_is_cut_off_gives_their_berths_back() {
    let stage = Stage::new().await;
    let anita = stage.guest();
    hold(&anita, whole(), best(5)).await.expect("free");
    anita.call(Request::SignOut).await.expect("anyone may leave");
    stage.kiosk.settle().await;
    assert_eq!(left(&stage, whole()).await, 8);
    hold(&anita, whole(), best(5)).await.expect("free again");
    drop(anita);
    stage.kiosk.settle().await;
    assert_eq!(left(&stage, whole()).await, 8);
}

#[tokio::test]
async fn berths_that_make_no_sense_are_refused() {
    let stage = Stage::new().await;
    let session = stage.guest();
    for berths in [
        vec![berth("A1", 5)],
        vec![berth("A1", 0)],
        vec![berth("A9", 1)],
        vec![berth("B1", 1)],
        vec![berth("A1", 1), berth("A1", 1)],
    ] {
        let refused = hold(&session, whole(), Choice::Berths(berths.clone())).await;
        assert_eq!(refused, Err(Failure::NoSuchRun), "{berths:?}");
    }
    assert_eq!(hold(&session, leg(4, 6), best(1)).await, Err(Failure::NoSuchRun));
    assert_eq!(hold(&session, whole(), best(0)).await, Err(Failure::PartySize { max: 6 }));
    assert_eq!(hold(&session, whole(), best(11)).await, Err(Failure::PartySize { max: 6 }));
    let sleeper = hold_as(&session, new_hold(), whole(), Class::Sleeper, best(1)).await;
    assert_eq!(sleeper, Err(Failure::NoSuchRun));
}

#[tokio::test]
async fn a_run_is_sold_within_its_window_until_shortly_before_it_leaves_the_boarding_halt() {
    let stage = Stage::new().await;
    let session = stage.guest();
    let on = |date: &str, leg| {
        let run = format!("12951#{date}").parse().expect("a run");
        session.call(Request::Hold {
            hold: new_hold(),
            run,
            leg,
            class: Class::SecondAc,
            quota: Quota::General,
            accept: Accept::Berths,
            choice: best(1),
        })
    };
    assert!(matches!(on("2027-01-30", whole()).await, Ok(Reply::Held(_))), "60 days ahead, after eight");
    let (first, last) = ("2026-12-01".parse().expect("a date"), "2027-01-30".parse().expect("a date"));
    let outside = on("2027-01-31", whole()).await.map(|_| ());
    assert_eq!(outside, Err(Failure::OutsideWindow { first, last }));
    // It left Mumbai yesterday at 17:00 and passes Kota today at 03:20; now it is 10:00.
    assert_eq!(on("2026-11-30", leg(4, 5)).await.map(|_| ()), Err(Failure::SalesClosed));
    // 16:31, half an hour before it leaves Mumbai; at Kota it is early yet.
    stage.advance(TimeDelta::minutes(6 * 60 + 31));
    assert_eq!(on("2026-12-01", whole()).await.map(|_| ()), Err(Failure::SalesClosed));
    assert!(matches!(on("2026-12-01", leg(4, 5)).await, Ok(Reply::Held(_))));
}

#[tokio::test]
async fn a_sold_run_keeps_to_its_version_and_a_leg_of_another_version_is_refused() {
    let stage = Stage::new().await;
    let (anita, dev) = (stage.guest(), stage.guest());
    let search = || Request::Search {
        from: vec![station("ST")],
        to: vec![station("NDLS")],
        date: "2026-12-05".parse().expect("a date"),
        quota: Quota::General,
    };
    let offered = |reply: Result<Reply, Failure>| match reply.expect("it is answered") {
        Reply::Offers(offers) => offers,
        other => panic!("a search was answered with {other:?}"),
    };
    let before = offered(anita.call(search()).await);
    assert_eq!(before[0].journey.leg, leg(2, 5));
    hold(&anita, before[0].journey.leg, best(1)).await.expect("free");

    let draft = TrainDraft::from(small_train());
    let mut halts = draft.halts.clone();
    halts.remove(1);
    publish(&stage.world.store, Train::new(TrainDraft { halts, ..draft }).expect("in order")).await;
    stage.advance(TimeDelta::seconds(30));
    stage.kiosk.poll_once().await;

    let after = offered(dev.call(search()).await);
    assert_eq!(after[0].journey.leg, leg(2, 5), "the run was pinned when its first berth was held");
    assert_eq!(after[0].journey.train.version(), 1);
    let tomorrow = Request::Search {
        from: vec![station("ST")],
        to: vec![station("NDLS")],
        date: "2026-12-06".parse().expect("a date"),
        quota: Quota::General,
    };
    assert_eq!(offered(dev.call(tomorrow).await)[0].journey.leg, leg(1, 4), "an unsold run follows the timetable");
}
