//! Runs in the store: what a write is conditional on, and what it says when it was refused.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, TimeDelta, Utc};
use kiosk::domain::coach::CoachId;
use kiosk::domain::delay::Delays;
use kiosk::domain::gap::Gaps;
use kiosk::domain::inventory::edit::CoachEdit;
use kiosk::domain::inventory::{CoachState, HoldId, RunState, Stage};
use kiosk::domain::rules::quota::QuotaRules;
use kiosk::domain::segment::{Leg, SegmentMask};
use kiosk::domain::train::{RunId, Train};
use kiosk::store::StoreError;
use kiosk::store::runs::{HoldAttempt, Holding, Pinned, Plan};
use kiosk::store::schema::SCHEMA_VERSION;
use uuid::Uuid;

use crate::world::{World, now, rajdhani};

fn run() -> RunId {
    "12951#2026-12-05".parse().expect("a run")
}

fn b1() -> CoachId {
    CoachId::parse("B1").expect("a coach")
}

fn wanted(hold: u128, berths: &[u8]) -> Holding {
    let leg = Leg::new(1, 3).expect("forward");
    Holding {
        hold: HoldId(Uuid::from_u128(hold)),
        leg,
        parts: [(b1(), berths.iter().map(|berth| (*berth).into()).collect())].into(),
    }
}

/// A run as somebody saw it who saw nothing.
fn unsold(train: &Arc<Train>) -> RunState {
    RunState::unsold(run(), Arc::clone(train), &QuotaRules::default())
}

fn pinned(train_version: u32, quotas: &str) -> Pinned {
    Pinned {
        train_version,
        quotas: quotas.to_owned(),
        stage: Stage::Open,
        delays: Delays::default(),
        gaps: Gaps::default(),
    }
}

/// When all holds end.
fn until() -> DateTime<Utc> {
    now() + TimeDelta::minutes(10)
}

struct Scene {
    world: World,
    train: Arc<Train>,
    plan: Plan,
}

impl Scene {
    async fn new() -> Self {
        let train = Arc::new(rajdhani());
        Self { world: World::empty().await, plan: Plan::new(run(), &train), train }
    }

    async fn hold(&self, holding: &Holding) -> Result<HoldAttempt, StoreError> {
        self.world.store.hold(&self.plan, holding, until(), &unsold(&self.train), now()).await
    }

    /// Changes an attribute of the coach behind everybody's back.
    async fn set(&self, attribute: &str, value: AttributeValue) {
        let update = self.world.clients.dynamodb.update_item().table_name(self.world.names.runs());
        let update = update.key("RunID", AttributeValue::S(run().to_string()));
        let update = update.key("Item", AttributeValue::S("C#B1".to_owned()));
        let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", attribute);
        update.expression_attribute_values(":value", value).send().await.expect("it is changed");
    }

    async fn coach(&self) -> CoachState {
        let mut coaches = self.world.store.coaches(run(), &[b1()]).await.expect("it answers");
        coaches.pop().map(|(_, state)| state).unwrap_or_default()
    }
}

#[tokio::test]
async fn a_hold_writes_its_segments_and_no_others() {
    let scene = Scene::new().await;
    let held = scene.hold(&wanted(1, &[4, 17])).await.expect("it answers");
    let state = scene.coach().await;
    assert_eq!(held, HoldAttempt::Held(vec![(b1(), state.clone())]), "the write gives the coach as it is then");
    assert_eq!(state.masks, [(4.into(), SegmentMask::of(1, 3)), (17.into(), SegmentMask::of(1, 3))].into());
    assert_eq!(state.rev, 1);
}

#[tokio::test]
async fn two_who_saw_the_same_take_different_berths_and_not_the_same_one() {
    let scene = Scene::new().await;
    scene.hold(&wanted(1, &[1])).await.expect("it answers");
    assert!(matches!(scene.hold(&wanted(2, &[2])).await, Ok(HoldAttempt::Held(_))));
    match scene.hold(&wanted(3, &[2, 3])).await {
        Ok(HoldAttempt::Lost(coaches)) => assert_eq!(coaches, [(b1(), scene.coach().await)], "to plan again from"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_hold_repeated_is_recognised() {
    let scene = Scene::new().await;
    scene.hold(&wanted(1, &[1])).await.expect("it answers");
    let again = scene.hold(&wanted(1, &[1])).await.expect("it answers");
    assert_eq!(again, HoldAttempt::Held(vec![(b1(), scene.coach().await)]));
    assert_eq!(scene.coach().await.rev, 1, "nothing was written");
    let other = scene.hold(&wanted(1, &[2])).await.expect("it answers");
    assert!(matches!(other, HoldAttempt::Lost(_)), "the id is taken by other berths: {other:?}");
}

#[tokio::test]
async fn a_berth_that_was_blocked_meanwhile_is_not_held() {
    let scene = Scene::new().await;
    scene.hold(&wanted(1, &[1])).await.expect("it answers");
    let blocked = [("B2".to_owned(), AttributeValue::S("broken".to_owned()))].into();
    scene.set("Blocked", AttributeValue::M(blocked)).await;
    assert!(matches!(scene.hold(&wanted(2, &[2])).await, Ok(HoldAttempt::Lost(_))));
    assert!(matches!(scene.hold(&wanted(3, &[3])).await, Ok(HoldAttempt::Held(_))));
}

#[tokio::test]
async fn a_coach_of_another_plan_or_of_a_newer_kiosk_is_left_alone() {
    let scene = Scene::new().await;
    scene.hold(&wanted(1, &[1])).await.expect("it answers");
    scene.set("Plan", AttributeValue::S("12951@2".to_owned())).await;
    assert_eq!(scene.hold(&wanted(2, &[2])).await, Ok(HoldAttempt::OtherPlan));
    scene.set("Plan", AttributeValue::S("12951@1".to_owned())).await;
    scene.set("SchemaVersion", AttributeValue::N((SCHEMA_VERSION + 1).to_string())).await;
    let refused = scene.hold(&wanted(2, &[2])).await;
    assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{refused:?}");
}

#[tokio::test]
async fn the_first_to_pin_a_run_decides_its_version() {
    let scene = Scene::new().await;
    let store = &scene.world.store;
    assert_eq!(store.pin(&scene.plan, &scene.train, "quotas-1", now()).await, Ok(pinned(1, "quotas-1")));
    let newer = Train::new(kiosk::domain::train::TrainDraft {
        version: 2,
        ..kiosk::domain::train::TrainDraft::from(rajdhani())
    });
    let newer = newer.expect("in order");
    assert_eq!(store.pin(&Plan::new(run(), &newer), &newer, "quotas-2", now()).await, Ok(pinned(1, "quotas-1")));
    assert_eq!(store.pins(&[run()]).await, Ok([(run(), 1)].into()));
}

#[tokio::test]
async fn a_release_is_safe_to_repeat_and_to_begin_from_something_old() {
    let scene = Scene::new().await;
    let store = &scene.world.store;
    scene.hold(&wanted(1, &[1])).await.expect("it answers");
    let old = scene.coach().await;
    scene.hold(&wanted(2, &[2])).await.expect("it answers");
    let hold = HoldId(Uuid::from_u128(1));
    let mut other = old.clone();
    other.masks.insert(1.into(), SegmentMask::of(0, 3));
    for seen in [other, old.clone(), old] {
        let state = store.release(&scene.plan, (hold, until()), b1(), &seen).await.expect("it answers");
        assert_eq!(state.masks, [(2.into(), SegmentMask::of(1, 3))].into());
    }
    assert_eq!(scene.coach().await.rev, 3, "two holds and one release");
}

#[tokio::test]
async fn hints_count_the_changes_and_unsold_runs_have_none() {
    let scene = Scene::new().await;
    let store = &scene.world.store;
    let other: RunId = "12951#2026-12-06".parse().expect("a run");
    store.bump_hint(&scene.plan).await.expect("it answers");
    store.bump_hint(&scene.plan).await.expect("it answers");
    assert_eq!(store.hints(&[run(), other]).await, Ok([(run(), 2)].into()));
    let many: Vec<RunId> = (1..=28)
        .flat_map(|day| (1..=5).map(move |month| format!("12951#2027-{month:02}-{day:02}").parse().expect("a run")))
        .chain([run()])
        .collect();
    assert_eq!(store.hints(&many).await, Ok([(run(), 2)].into()), "more than fit one request");
}

#[tokio::test]
async fn a_late_release_leaves_what_a_late_claim_of_its_hold_did_not_take() {
    let scene = Scene::new().await;
    scene.hold(&wanted(1, &[2])).await.expect("it answers");
    let seen = scene.coach().await;
    let release = |state| scene.world.store.release(&scene.plan, (HoldId(Uuid::from_u128(1)), until()), b1(), state);
    release(&seen).await.expect("it answers");
    // Another copy of the claim, planned for another berth until the same moment, arrives now; and somebody buys.
    scene.hold(&wanted(1, &[1])).await.expect("it answers");
    scene.hold(&wanted(2, &[2])).await.expect("it answers");
    // A second copy of the release arrives last: it is of a hold of berth 2, and berth 2 is another's.
    release(&seen).await.expect("it answers");
    assert_eq!(scene.coach().await.masks, [(2.into(), SegmentMask::of(1, 3))].into());
}

#[tokio::test]
async fn a_coach_is_mended_only_as_it_was_read() {
    let scene = Scene::new().await;
    scene.hold(&wanted(1, &[1])).await.expect("it answers");
    let seen = scene.coach().await;
    let mut edit = CoachEdit::new(b1());
    edit.masks.insert(9.into(), (SegmentMask::EMPTY, SegmentMask::of(1, 3)));
    scene.hold(&wanted(2, &[2])).await.expect("it answers");
    let mend = |rev| scene.world.store.mend(&scene.plan, &edit, rev);
    assert_eq!(mend(seen.rev).await, Ok(false), "somebody wrote since, though to another berth");
    assert_eq!(mend(0).await, Ok(false), "it is there");
    assert_eq!(mend(seen.rev + 1).await, Ok(true));
    assert_eq!(scene.coach().await.masks[&9.into()], SegmentMask::of(1, 3));
}

#[tokio::test]
async fn runs_of_record_are_those_of_which_more_than_the_hint_is_kept() {
    let scene = Scene::new().await;
    let store = &scene.world.store;
    store.bump_hint(&scene.plan).await.expect("it answers");
    assert_eq!(store.runs_of_record().await, Ok([].into()));
    scene.hold(&wanted(1, &[1])).await.expect("it answers");
    assert_eq!(store.runs_of_record().await, Ok([run()].into()));
}
