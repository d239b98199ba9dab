//! The audit: clean while the services sell, and every fault that is put behind their backs is named and mended or left.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use kiosk::domain::booking::{Booking, Place};
use kiosk::domain::coach::{Class, CoachId};
use kiosk::domain::segment::{Leg, SegmentMask};
use kiosk::domain::spot::Spot;
use kiosk::domain::waitlist::Entry;
use kiosk::service::audit::LASTING;
use kiosk::service::request::{Choice, Failure, Request};
use kiosk::service::{AuditReport, AuditScope, Depth, Kiosk, Repair};
use kiosk::store::item::encode;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::service_kit::{
    Stage, berth, best, book, booked, cash, hold, hold_as, leg, new_hold, new_op, order, release, run, terminal, whole,
};

async fn audit(kiosk: &Kiosk, depth: Depth) -> AuditReport {
    kiosk.audit(AuditScope::All, depth, |_, _, _| {}).await.expect("it answers")
}

/// What an audit finds, as it says it, without the advice.
async fn found(stage: &Stage) -> Vec<String> {
    said(&audit(&stage.kiosk, Depth::Manifests).await)
}

fn said(report: &AuditReport) -> Vec<String> {
    let text = report.findings.iter().map(|finding| finding.difference.to_string());
    text.map(|text| text.split_once([':', '.']).expect("a sentence").0.to_owned()).collect()
}

impl Stage {
    /// Sets or removes an attribute of an item of the run behind everybody's back.
    async fn tamper(&self, item: &str, attribute: &str, value: Option<AttributeValue>) {
        let update = self.world.clients.dynamodb.update_item().table_name(self.world.names.runs());
        let update = update.key("RunID", text(&run().to_string())).key("Item", text(item));
        let update = update.expression_attribute_names("#name", attribute);
        let update = match value {
            Some(value) => update.update_expression("SET #name = :v").expression_attribute_values(":v", value),
            None => update.update_expression("REMOVE #name"),
        };
        update.send().await.expect("it is changed");
    }

    async fn remove(&self, item: &str) {
        let delete = self.world.clients.dynamodb.delete_item().table_name(self.world.names.runs());
        delete.key("RunID", text(&run().to_string())).key("Item", text(item)).send().await.expect("it is deleted");
    }

    /// Puts a booking as it never was.
    async fn forge(&self, booking: &Booking) {
        let put = self.world.clients.dynamodb.put_item().table_name(&self.world.names.bookings);
        put.set_item(Some(encode(booking))).send().await.expect("it is written");
    }

    /// Sells a berth of 2A on a leg.
    async fn sold(&self, number: u8, leg: Leg) -> Arc<Booking> {
        let guest = self.guest();
        let held = hold(&guest, leg, Choice::Berths(vec![berth("A1", number)])).await.expect("it is free");
        book(&guest, &order(&guest, &held).await).await.expect("it is held")
    }

    /// Repairs what a report says after so long.
    async fn repaired(&self, first: &AuditReport, after: TimeDelta) -> Repair {
        self.advance(after);
        self.kiosk.repair(first, |_, _, _| {}).await.expect("it answers")
    }

    async fn masks(&self) -> BTreeMap<Spot, SegmentMask> {
        let coach = CoachId::parse("A1").expect("a coach");
        let mut coaches = self.world.store.coaches(run(), &[coach]).await.expect("it answers");
        coaches.pop().map(|(_, state)| state.masks).unwrap_or_default()
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn mask(from: u8, to: u8) -> AttributeValue {
    AttributeValue::N(SegmentMask::of(from, to).to_string())
}

#[tokio::test]
async fn an_empty_store_and_a_run_that_sells_by_chance_are_clean() {
    let stage = Stage::new().await;
    assert!(audit(&stage.kiosk, Depth::Bookings).await.is_clean());
    let mut chance = StdRng::seed_from_u64(7);
    let agent = stage.agent().await;
    for _ in 0..60 {
        let guest = stage.guest();
        let from = chance.random_range(0..5);
        let leg = leg(from, chance.random_range(from + 1..=5));
        let class = if chance.random() { Class::SecondAc } else { Class::ThirdAc };
        let Ok(held) = hold_as(&guest, new_hold(), leg, class, best(chance.random_range(1..=3))).await else {
            continue;
        };
        match chance.random_range(0..5) {
            0 => release(&guest, &held).await,
            1 => {
                let order = order(&guest, &held).await;
                let slip = booked(guest.call(Request::Reserve { op: new_op(), order }).await).expect("it is kept");
                match chance.random_range(0..4) {
                    0..2 => {
                        let paid = Request::PaySlip { op: new_op(), pnr: slip.pnr, payment: cash() };
                        booked(agent.call(paid).await).expect("it is paid");
                    }
                    2 => {
                        let given_up = Request::GiveUpSlip { op: new_op(), pnr: slip.pnr };
                        booked(guest.call(given_up).await).expect("it is given up");
                    }
                    _ => {}
                }
            }
            2 => stage.advance(TimeDelta::minutes(4)),
            _ => drop(book(&guest, &order(&guest, &held).await).await.expect("it is held")),
        }
    }
    let report = audit(&stage.kiosk, Depth::Bookings).await;
    assert_eq!(said(&report), [""; 0]);
    assert_eq!((report.runs, report.coaches), (1, 3));
    assert!(report.bookings > 10, "{report:?}");
}

#[tokio::test]
async fn each_fault_behind_the_services_back_is_named() {
    let stage = Stage::new().await;
    let one = stage.sold(1, leg(1, 3)).await;
    let two = stage.sold(2, whole()).await;
    assert_eq!(found(&stage).await, [""; 0]);

    stage.tamper("C#A1", "B4", Some(mask(3, 5))).await;
    assert_eq!(found(&stage).await, ["A1-4 from BRC to NDLS is taken and nobody has it"]);
    stage.tamper("C#A1", "B4", None).await;

    stage.tamper("C#A1", "B1", None).await;
    let unmarked = format!("A1-1 from BVI to BRC is PNR {}'s and still on sale", one.pnr);
    assert_eq!(found(&stage).await, [unmarked]);
    stage.tamper("C#A1", "B1", Some(mask(1, 3))).await;

    let mut forged = (*one).clone();
    forged.passengers[0].place = two.passengers[0].place;
    stage.forge(&forged).await;
    let said = found(&stage).await;
    let pnrs = [one.pnr.min(two.pnr), one.pnr.max(two.pnr)];
    let twice = format!("A1-2 from BVI to BRC is sold twice, to PNR {} and PNR {}", pnrs[0], pnrs[1]);
    assert!(said.contains(&twice), "{said:?}");
    assert_eq!(said.len(), 3, "the berth that it had, and the line of the manifest, as well: {said:?}");
    let Place::Berth(_) = forged.passengers[0].place else { panic!("it was a berth") };

    forged = (*one).clone();
    forged.version = 2;
    stage.forge(&forged).await;
    let older = format!("The manifest has version 1 of PNR {}, and the booking is at version 2", one.pnr);
    assert_eq!(found(&stage).await, [older]);

    forged = (*one).clone();
    forged.payment = None;
    stage.forge(&forged).await;
    assert_eq!(found(&stage).await, [format!("PNR {}", one.pnr)]);
    stage.forge(&one).await;

    let entry = Entry { seq: 1, version: 1, pnr: one.pnr, leg: one.leg, waiters: Vec::new() };
    let mut item = encode(&entry);
    item.extend([("RunID".to_owned(), text(&run().to_string())), ("Item".to_owned(), text("Q#2A#GN#00000001"))]);
    let put = stage.world.clients.dynamodb.put_item().table_name(stage.world.names.runs());
    put.set_item(Some(item)).send().await.expect("it is written");
    assert_eq!(
        found(&stage).await,
        [
            format!("Place 1 of queue 2A#GN is PNR {}'s, who does not wait there", one.pnr),
            "Coach A1 lets newcomers pass those who wait in queue 2A#GN".to_owned(),
            "Coach A2 lets newcomers pass those who wait in queue 2A#GN".to_owned(),
        ]
    );
    stage.remove("Q#2A#GN#00000001").await;

    stage.remove("#run").await;
    assert_eq!(found(&stage).await.len(), 1, "the run is not pinned");
    let report = audit(&stage.kiosk, Depth::Manifests).await;
    assert_eq!((report.runs, report.coaches, report.bookings), (1, 1, 2));
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_the_rest_is_audited() {
    let stage = Stage::new().await;
    stage.sold(1, whole()).await;
    stage.tamper("C#A1", "B4", Some(text("nonsense"))).await;
    let said = found(&stage).await;
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("cannot be read"), "{said:?}");
}

#[tokio::test]
async fn a_booking_that_no_manifest_has_is_found_by_looking_deep_and_keeps_its_berth() {
    let stage = Stage::new().await;
    let lost = stage.sold(1, whole()).await;
    stage.remove(&format!("P#{}", lost.pnr)).await;
    // By the manifest alone its berth looks like nobody's.
    let first = audit(&stage.kiosk, Depth::Manifests).await;
    assert_eq!(said(&first), ["A1-1 from MMCT to NDLS is taken and nobody has it"]);
    let repair = stage.repaired(&first, LASTING).await;
    assert_eq!(repair.mended, []);
    assert_eq!(stage.masks().await[&1.into()], whole().mask());
    let deep = audit(&stage.kiosk, Depth::Bookings).await;
    assert_eq!(said(&deep), [format!("PNR {} is not on the manifest, so that no chart has it", lost.pnr)]);
}

#[tokio::test]
async fn a_slip_whose_hold_is_gone_is_found_by_looking_deep() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    let held = hold(&guest, whole(), Choice::Berths(vec![berth("A1", 1)])).await.expect("it is free");
    let order = order(&guest, &held).await;
    let slip = booked(guest.call(Request::Reserve { op: new_op(), order }).await).expect("it is kept");
    assert!(audit(&stage.kiosk, Depth::Bookings).await.is_clean());
    stage.tamper("C#A1", "B1", None).await;
    stage.tamper("C#A1", &format!("H#{}", held.id), None).await;
    let deep = audit(&stage.kiosk, Depth::Bookings).await;
    let gone = format!("PNR {} awaits payment in 2A and its hold {} is gone", slip.pnr, held.id);
    assert_eq!(said(&deep), [gone]);
    stage.advance(TimeDelta::minutes(20));
    assert!(audit(&stage.kiosk, Depth::Bookings).await.is_clean(), "it cannot be paid any more");
}

#[tokio::test]
async fn a_repair_sets_and_clears_what_has_lasted_a_minute_and_nothing_sooner() {
    let stage = Stage::new().await;
    stage.sold(1, leg(1, 3)).await;
    stage.sold(2, whole()).await;
    let right = stage.masks().await;
    stage.tamper("C#A1", "B1", Some(mask(0, 2))).await;
    stage.tamper("C#A1", "B4", Some(mask(3, 5))).await;
    let first = audit(&stage.kiosk, Depth::Manifests).await;
    assert_eq!(first.findings.len(), 3);
    let wrong = stage.masks().await;
    let soon = stage.repaired(&first, LASTING - TimeDelta::milliseconds(1)).await;
    assert_eq!((soon.mended.len(), soon.after.findings.len()), (0, 3));
    assert_eq!(stage.masks().await, wrong);
    let repair = stage.repaired(&first, TimeDelta::milliseconds(1)).await;
    assert_eq!(repair.mended, first.findings);
    assert!(repair.after.is_clean());
    assert_eq!(stage.masks().await, right);
    let again = stage.repaired(&first, LASTING).await;
    assert_eq!(again.mended, [], "repeating it changes nothing");
}

#[tokio::test]
async fn a_repair_leaves_a_coach_that_somebody_has_written_to() {
    let stage = Stage::new().await;
    stage.sold(1, whole()).await;
    stage.tamper("C#A1", "B4", Some(mask(3, 5))).await;
    let first = audit(&stage.kiosk, Depth::Manifests).await;
    stage.sold(2, whole()).await;
    let repair = stage.repaired(&first, LASTING).await;
    assert_eq!((repair.mended.len(), repair.after.findings.len()), (0, 1));
    assert_eq!(stage.masks().await[&4.into()], SegmentMask::of(3, 5));
    let repair = stage.repaired(&repair.after, LASTING).await;
    assert_eq!((repair.mended.len(), repair.after.is_clean()), (1, true));
}

#[tokio::test]
async fn a_berth_that_is_sold_twice_is_left_to_a_person() {
    let stage = Stage::new().await;
    let (one, two) = (stage.sold(1, whole()).await, stage.sold(2, whole()).await);
    let mut forged = (*one).clone();
    forged.passengers[0].place = two.passengers[0].place;
    stage.forge(&forged).await;
    stage.tamper("C#A1", "B2", None).await;
    let first = audit(&stage.kiosk, Depth::Manifests).await;
    let repair = stage.repaired(&first, LASTING).await;
    assert_eq!(said(&repair.after).iter().filter(|said| said.contains("sold twice")).count(), 1);
    assert!(!stage.masks().await.contains_key(&2.into()), "whose it is, no audit can say");
}

#[tokio::test]
async fn a_run_that_nobody_knows_is_refused_and_one_that_is_named_is_audited_alone() {
    let stage = Stage::new().await;
    stage.sold(1, whole()).await;
    let unknown = AuditScope::Run("99999#2026-12-05".parse().expect("a run"));
    let refused = stage.kiosk.audit(unknown, Depth::Manifests, |_, _, _| {}).await;
    assert_eq!(refused, Err(Failure::NoSuchRun));
    let mut steps = Vec::new();
    let report = stage.kiosk.audit(AuditScope::Run(run()), Depth::Manifests, |done, of, _| steps.push((done, of)));
    assert_eq!(report.await.expect("it answers").runs, 1);
    assert_eq!(steps, [(0, 1), (1, 1)]);
}

#[tokio::test]
async fn the_items_of_a_run_that_may_be_gone_for_their_age_are_not_compared() {
    let stage = Stage::new().await;
    stage.sold(1, whole()).await;
    stage.tamper("C#A1", "B4", Some(mask(3, 5))).await;
    stage.advance(TimeDelta::days(100));
    let report = audit(&stage.kiosk, Depth::Bookings).await;
    assert_eq!((report.runs, report.is_clean()), (0, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_run_gives_no_false_alarm_and_a_real_fault_on_it_is_found() {
    let stage = Stage::new().await;
    let guest = stage.guest();
    hold_as(&guest, new_hold(), leg(0, 1), Class::ThirdAc, best(1)).await.expect("it is free");
    let over = Arc::new(AtomicBool::new(false));
    let buyers: Vec<_> = (0..4)
        .map(|n| {
            let (session, over) = (stage.kiosk.open_session(terminal(&format!("HALL-{n}"))), Arc::clone(&over));
            tokio::spawn(async move {
                let mut chance = StdRng::seed_from_u64(n);
                while !over.load(Ordering::SeqCst) {
                    let from = chance.random_range(0..5);
                    let leg = leg(from, from + 1);
                    if let Ok(held) = hold(&session, leg, best(1)).await {
                        if chance.random_range(0..8) == 0 {
                            let _ = book(&session, &order(&session, &held).await).await;
                        } else {
                            release(&session, &held).await;
                        }
                    }
                }
            })
        })
        .collect();
    for _ in 0..25 {
        let report = audit(&stage.kiosk, Depth::Manifests).await;
        assert_eq!(said(&report), [""; 0]);
    }
    stage.tamper("C#B1", "B8", Some(mask(2, 5))).await;
    let report = audit(&stage.kiosk, Depth::Manifests).await;
    over.store(true, Ordering::SeqCst);
    assert_eq!(said(&report), ["B1-8 from ST to NDLS is taken and nobody has it"]);
    for buyer in buyers {
        buyer.await.expect("it leaves when it is told");
    }
}
