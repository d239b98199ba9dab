//! Many buyers at once over a store that loses replies: judged by what they were told, not by what the store says.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::join_all;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::booking::Booking;
use kiosk::domain::coach::BerthRef;
use kiosk::domain::segment::SegmentMask;
use kiosk::service::request::Request;
use kiosk::service::{Kiosk, Session};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rstest::rstest;

use crate::service_kit::{
    Stage, best, booked, current, hold, leg, new_op, order, run, small_train, terminal, test_money,
};

/// One buyer's visits: holds, then a booking, a release, or nothing at all.
async fn buyer(kiosk: Kiosk, seed: u64) -> Vec<Arc<Booking>> {
    let mut chance = StdRng::seed_from_u64(seed);
    let session: Session = kiosk.open_session(terminal(&format!("HALL-{seed}")));
    let mut bookings = Vec::new();
    for _ in 0..8 {
        let from = chance.random_range(0..5);
        let leg = leg(from, chance.random_range(from + 1..=5));
        let Ok(held) = hold(&session, leg, best(chance.random_range(1..=5))).await else { continue };
        match chance.random_range(0..4) {
            0 => drop(session.call(Request::Release { hold: held.id, run: held.run }).await),
            1 => {}
            _ => {
                let request =
                    Request::Book { op: new_op(), order: order(&session, &held).await, payment: test_money() };
                let first = booked(session.call(request.clone()).await);
                // A person presses the key again, whatever they were told.
                let second = booked(session.call(request).await);
                if let (Ok(first), Ok(second)) = (&first, &second) {
                    assert_eq!(first, second, "one action is one booking");
                }
                bookings.extend(first.or(second));
            }
        }
    }
    bookings
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_berth_is_sold_twice_and_none_is_lost(#[values(1, 2, 3)] seed: u64) {
    let stage = Stage::new().await;
    let mut kiosks = Vec::new();
    for n in 0..3_u64 {
        let lossy = stage.world.with_faults(move |call: &Call| {
            let hash = (call.nth + n * 31 + seed * 101).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
            match (call.operation.as_str(), hash) {
                ("UpdateItem" | "TransactWriteItems", 0 | 1) => Some(Fault::LoseReply),
                ("UpdateItem" | "TransactWriteItems", 2) => Some(Fault::LoseRequest),
                ("TransactWriteItems", 3) => Some(Fault::Cancel(vec!["TransactionConflict".to_owned()])),
                ("UpdateItem", 3) => Some(Fault::Answer(400, "TransactionConflictException".to_owned())),
                ("Query" | "GetItem", 4) => Some(Fault::Answer(500, "InternalServerError".to_owned())),
                _ => None,
            }
        });
        kiosks.push(stage.other_kiosk(lossy).await);
    }
    let buyers = (0..18_usize).map(|n| tokio::spawn(buyer(kiosks[n % 3].clone(), seed * 1000 + n as u64)));
    let done = join_all(buyers).await.into_iter().flat_map(|done| done.expect("no panic"));
    let bookings: Vec<_> = done.collect();
    for kiosk in &kiosks {
        kiosk.settle().await;
    }
    assert!(bookings.len() >= 3, "the storm sold something: {}", bookings.len());

    let mut sold: BTreeMap<BerthRef, SegmentMask> = BTreeMap::new();
    for booking in &bookings {
        let stored = stage.world.store.booking(booking.pnr).await.expect("it answers");
        assert_eq!(stored.as_ref(), Some(&**booking), "what was acknowledged is there");
        for allotted in booking.berths() {
            let mask = sold.entry(allotted.berth).or_default();
            assert!(!mask.overlaps(booking.leg.mask()), "{} is sold twice", allotted.berth);
            *mask = mask.with(booking.leg.mask());
        }
    }
    stage.advance(TimeDelta::hours(1));
    let train = Arc::new(small_train());
    let state = stage.world.store.run(run(), current(&train)).await.expect("it answers").expect("it runs").state;
    for coach in train.coaches() {
        for number in coach.numbers() {
            let berth = BerthRef { coach: coach.id(), number };
            let taken = state.coach(coach.id()).taken(number, stage.kiosk.now());
            assert_eq!(taken, sold.get(&berth).copied().unwrap_or_default(), "{berth}");
        }
    }
}
