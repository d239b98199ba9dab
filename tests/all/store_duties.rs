//! Queues, charts and cancelled runs in the store: what joins and leaves in order, what is due, and who may do it.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use kiosk::domain::booking::{Booking, OpId, Place};
use kiosk::domain::coach::{BerthType, Class, CoachId};
use kiosk::domain::delay::{Delay, Delays};
use kiosk::domain::inventory::edit::{CoachEdit, Fence, Held, settle};
use kiosk::domain::inventory::{HoldId, RunState, Stage};
use kiosk::domain::notification::{Channel, Delivery, Event, Notification};
use kiosk::domain::passenger::Gender;
use kiosk::domain::rules::quota::QuotaRules;
use kiosk::domain::segment::Leg;
use kiosk::domain::train::{RunId, Train, TrainDraft};
use kiosk::domain::waitlist::{Entry, QueueHead, QueueId, WaitingList, joining};
use kiosk::service::rules_file;
use kiosk::store::StoreError;
use kiosk::store::runs::{Before, Commit, Current, Guard, HoldAttempt, Holding, Plan, QueueEdit, Run, Transition};
use kiosk::store::work::{ALL, Kind};
use uuid::Uuid;

use crate::sample_booking::{self, passenger};
use crate::world::{World, now, rajdhani};

const GNWL: QueueId = QueueId { class: Class::ThirdAc, list: WaitingList::General };
const ROOM: u32 = 3;

fn run() -> RunId {
    "12951#2026-12-05".parse().expect("a run")
}

fn b1() -> CoachId {
    CoachId::parse("B1").expect("a coach")
}

fn whole() -> Leg {
    Leg::new(0, 5).expect("forward")
}

struct Scene {
    world: World,
    train: Arc<Train>,
    plan: Plan,
}

impl Scene {
    /// A run that is on sale.
    async fn new() -> Self {
        let train = Arc::new(rajdhani());
        let scene = Self { world: World::empty().await, plan: Plan::new(run(), &train), train };
        let rules = rules_file::bundled();
        let quotas = &rules.quotas_on(now().date_naive()).id;
        scene.world.store.pin(&scene.plan, &scene.train, quotas, now()).await.expect("it answers");
        scene
    }

    async fn read(&self) -> Run {
        let rules = rules_file::bundled();
        let current = Current { train: Some(&self.train), rules: &rules, on: now().date_naive() };
        self.world.store.run(run(), current).await.expect("it answers").expect("it runs")
    }

    async fn head(&self) -> QueueHead {
        self.read().await.state.queue(GNWL)
    }

    async fn entries(&self) -> Vec<Entry> {
        let entries = self.world.store.queues(run(), Class::ThirdAc).await.expect("it answers");
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    async fn commit(
        &self,
        booking: &Booking,
        before: Before,
        edits: Vec<CoachEdit>,
        queue: Option<QueueEdit>,
    ) -> Commit {
        let guard = if booking.class == Class::Unreserved { Guard::OnSale } else { Guard::Nothing };
        let transition = Transition { before, edits, queue, guard, ..Transition::new(booking) };
        self.world.store.commit(&self.plan, &transition).await.expect("it answers")
    }

    /// Joins the list as one who has seen this head of it.
    async fn join(&self, pnr: u64, size: usize, seen: QueueHead) -> (Commit, Booking, Entry) {
        let (booking, entry) = joining(&waiting(pnr, size), seen, &QuotaRules::default()).expect("they wait");
        let queue = QueueEdit::joining(GNWL, entry.clone(), ROOM, due());
        (self.commit(&booking, Before::Nothing, Vec::new(), Some(queue)).await, booking, entry)
    }
}

fn due() -> DateTime<Utc> {
    now() + TimeDelta::minutes(1)
}

/// A booking of people who wait.
fn waiting(pnr: u64, size: usize) -> Booking {
    let mut booking = sample_booking::booking();
    let mut waits = passenger("Asha Devi", 30, Gender::Female, Some(("B1", 1, BerthType::Lower)), 100);
    waits.place = Place::Waiting { list: WaitingList::General, number: 0 };
    booking.pnr = pnr.to_string().parse().expect("a PNR");
    (booking.run, booking.leg, booking.passengers) = (run(), whole(), vec![waits; size]);
    booking
}

#[tokio::test]
async fn who_joins_takes_the_next_place_or_none() {
    let scene = Scene::new().await;
    let unseen = scene.head().await;
    let (done, first, entry) = scene.join(2_451_234_561, 1, unseen).await;
    assert_eq!(done, Commit::Done);
    assert_eq!(scene.head().await, QueueHead { waiting: 1, next_seq: 1, ..unseen });
    assert_eq!(scene.entries().await, [entry]);
    let (late, ..) = scene.join(2_451_234_562, 1, unseen).await;
    assert_eq!(late, Commit::QueueMoved, "somebody else has that place");
    assert_eq!(scene.world.store.booking("2451234562".parse().expect("a PNR")).await, Ok(None), "nothing was written");
    let (again, ..) = scene.join(2_451_234_561, 1, unseen).await;
    assert_eq!(again, Commit::Found(Box::new(first)), "an attempt that was applied is found");
    let (done, ..) = scene.join(2_451_234_562, 1, scene.head().await).await;
    assert_eq!(done, Commit::Done);
}

#[tokio::test]
async fn a_place_that_is_left_out_is_nobodys() {
    let scene = Scene::new().await;
    let unseen = scene.head().await;
    for skipped in 1..=2 {
        scene.world.store.skip_place(&scene.plan, GNWL).await.expect("it answers");
        assert_eq!(scene.head().await, QueueHead { next_seq: skipped, ..unseen }, "it may be left out twice");
    }
    let (late, booking, _) = scene.join(2_451_234_561, 1, unseen).await;
    assert_eq!(late, Commit::QueueMoved, "a write that comes late does not get in any more");
    assert_eq!(scene.world.store.booking(booking.pnr).await, Ok(None), "nothing was written");
    let (done, ..) = scene.join(2_451_234_561, 1, scene.head().await).await;
    assert_eq!(done, Commit::Done, "and the list goes on behind it");
}

#[tokio::test]
async fn a_list_that_is_full_or_closed_takes_nobody() {
    let scene = Scene::new().await;
    scene.join(2_451_234_561, 2, scene.head().await).await;
    let (refused, ..) = scene.join(2_451_234_562, 2, scene.head().await).await;
    assert_eq!(refused, Commit::QueueMoved, "there is room for one");
    scene.world.store.freeze_queue(&scene.plan, GNWL).await.expect("it answers");
    let (refused, ..) = scene.join(2_451_234_563, 1, scene.head().await).await;
    assert_eq!(refused, Commit::QueueMoved, "the chart has closed it");
    let head = scene.head().await;
    assert_eq!((head.waiting, head.next_seq, head.frozen), (2, 1, true), "who is on it stays");
}

#[tokio::test]
async fn who_leaves_is_counted_out_and_an_empty_queue_is_no_work() {
    let scene = Scene::new().await;
    let (_, booking, entry) = scene.join(2_451_234_561, 2, scene.head().await).await;
    let store = &scene.world.store;
    assert_eq!(store.due_queues(ALL, now()).await, Ok(vec![]), "it is not due yet");
    assert_eq!(store.due_queues(ALL, due()).await, Ok(vec![(run(), GNWL)]));
    store.put_off_queue(run(), GNWL, due() + TimeDelta::minutes(1)).await.expect("it answers");
    assert_eq!(store.due_queues(ALL, due()).await, Ok(vec![]));

    let one_left = Booking { version: 2, ..booking.clone() };
    let leaving = QueueEdit::leaving(GNWL, &entry, &[0], due()).expect("they are in it");
    assert_eq!(scene.commit(&one_left, Before::Version(1), Vec::new(), Some(leaving.clone())).await, Commit::Done);
    assert_eq!(scene.head().await.waiting, 1);
    let nobody = Booking { version: 3, ..booking };
    let again = scene.commit(&nobody, Before::Version(2), Vec::new(), Some(leaving)).await;
    assert_eq!(again, Commit::QueueMoved, "the entry is another by now");
    let left = scene.entries().await.remove(0);
    let leaving = QueueEdit::leaving(GNWL, &left, &[1], due()).expect("they are in it");
    assert_eq!(scene.commit(&nobody, Before::Version(2), Vec::new(), Some(leaving)).await, Commit::Done);
    assert_eq!((scene.head().await.waiting, scene.entries().await), (0, vec![]));
    store.put_off_queue(run(), GNWL, due()).await.expect("it answers");
    assert_eq!(store.due_queues(ALL, due() + TimeDelta::days(1)).await, Ok(vec![]), "nobody has to look after it");
}

#[tokio::test]
async fn a_fence_stops_claims_that_were_planned_without_it_and_no_others() {
    let scene = Scene::new().await;
    let (store, plan) = (&scene.world.store, &scene.plan);
    let unfenced = RunState::unsold(run(), Arc::clone(&scene.train), &QuotaRules::default());
    let claim = |hold: u128, berth: u8, state: RunState| {
        let parts = [(b1(), vec![berth.into()])].into();
        let holding = Holding { hold: HoldId(Uuid::from_u128(hold)), leg: whole(), parts };
        async move { store.hold(plan, &holding, due(), &state, now()).await.expect("it answers") }
    };
    assert!(matches!(claim(1, 1, unfenced.clone()).await, HoldAttempt::Held(_)));
    for _ in 0..2 {
        store.fence(plan, b1()).await.expect("it can be put up again");
    }
    assert!(matches!(claim(2, 2, unfenced).await, HoldAttempt::Lost(_)));
    assert!(matches!(claim(3, 3, scene.read().await.state).await, HoldAttempt::Held(_)));
    let draft = TrainDraft { version: 2, ..TrainDraft::from(scene.train.as_ref().clone()) };
    let other = Plan::new(run(), &Train::new(draft).expect("the train is in order"));
    assert!(
        matches!(store.fence(&other, b1()).await, Err(StoreError::Conflict { .. })),
        "the run is sold by version 1"
    );
}

#[tokio::test]
async fn a_transition_is_written_whole_or_not_at_all() {
    let scene = Scene::new().await;
    // The hold that it makes somebody's for good is not there.
    let held = Held { hold: HoldId(Uuid::from_u128(1)), spots: vec![1.into()], leg: whole() };
    let booking = sample_booking::booking();
    let booking = Booking { run: run(), ..booking };
    let refused = scene.commit(&booking, Before::Nothing, vec![settle(b1(), held)], None).await;
    assert!(matches!(refused, Commit::Moved(coaches) if coaches.len() == 1));
    assert_eq!(scene.world.store.booking(booking.pnr).await, Ok(None));
    assert_eq!(scene.world.store.manifest_pnrs(run()).await, Ok(vec![]));
    let raise = CoachEdit { fence: Fence::Raised, ..CoachEdit::new(b1()) };
    assert_eq!(scene.commit(&booking, Before::Nothing, vec![raise], None).await, Commit::Done);
    assert_eq!(scene.world.store.manifest_pnrs(run()).await, Ok(vec![booking.pnr]));
    let later = Booking { version: 3, ..booking.clone() };
    let found = scene.commit(&later, Before::Version(2), Vec::new(), None).await;
    assert_eq!(found, Commit::Found(Box::new(booking)), "another version is there");
}

#[tokio::test]
async fn a_ticket_without_a_berth_is_written_only_while_the_run_is_sold() {
    let scene = Scene::new().await;
    let ticket = |pnr: &str| {
        let mut booking = sample_booking::booking();
        (booking.run, booking.pnr, booking.class) = (run(), pnr.parse().expect("a PNR"), Class::Unreserved);
        booking.passengers.iter_mut().for_each(|booked| booked.place = Place::Unreserved);
        booking
    };
    assert_eq!(scene.commit(&ticket("2451234561"), Before::Nothing, Vec::new(), None).await, Commit::Done);
    scene.world.store.cancel_run(run(), now()).await.expect("it answers");
    let late = scene.commit(&ticket("2451234562"), Before::Nothing, Vec::new(), None).await;
    assert_eq!(late, Commit::Moved(vec![]));
    assert_eq!(scene.world.store.manifest_pnrs(run()).await, Ok(vec!["2451234561".parse().expect("a PNR")]));
}

#[tokio::test]
async fn one_at_a_time_works_on_a_run_and_only_for_a_while() {
    let scene = Scene::new().await;
    let store = &scene.world.store;
    let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let lease = store.lease_run(run(), a, now()).await.expect("it answers").expect("nobody has it");
    assert_eq!(store.lease_run(run(), b, now()).await, Ok(None));
    assert_eq!(store.runs_due(Kind::Chart, ALL, now()).await, Ok(vec![run()]), "it stays on the list meanwhile");
    assert_eq!(store.set_stage(&lease, Stage::FirstChart).await, Ok(true));
    let later = now() + TimeDelta::seconds(61);
    let taken = store.lease_run(run(), b, later).await.expect("it answers").expect("the first has stopped");
    assert_eq!(taken.pinned.stage, Stage::FirstChart);
    assert_eq!(store.set_stage(&lease, Stage::FinalChart).await, Ok(false), "it is another's by now");
    store.end_lease(&lease, None).await.expect("it answers");
    assert_eq!(store.runs_due(Kind::Chart, ALL, later).await, Ok(vec![run()]), "nor can it say that all is done");
    store.end_lease(&taken, Some((Kind::Chart, later + TimeDelta::hours(9)))).await.expect("it answers");
    assert_eq!(store.runs_due(Kind::Chart, ALL, later).await, Ok(vec![]));
    let again = later + TimeDelta::hours(9);
    assert_eq!(store.runs_due(Kind::Chart, ALL, again).await, Ok(vec![run()]));
    let last = store.lease_run(run(), a, again).await.expect("it answers").expect("nobody has it");
    store.end_lease(&last, None).await.expect("it answers");
    assert_eq!(store.runs_due(Kind::Chart, ALL, again).await, Ok(vec![]));
}

#[tokio::test]
async fn a_run_that_is_delayed_while_its_chart_is_made_is_still_to_be_told() {
    let scene = Scene::new().await;
    let store = &scene.world.store;
    let delay = |nth: u16| Delay {
        op: OpId(Uuid::from_u128(nth.into())),
        at: now(),
        by: None,
        from: 0,
        minutes: 30 * nth,
        reason: "fog".to_owned(),
    };
    let lease = store.lease_run(run(), Uuid::from_u128(1), now()).await.expect("it answers").expect("nobody has it");
    let none = Delays::default();
    let first = store.delay_run(run(), &none, delay(1), now()).await.expect("it answers").delays;
    assert_eq!(first.count(), 1);
    store.end_lease(&lease, Some((Kind::Chart, now() + TimeDelta::hours(9)))).await.expect("it answers");
    assert_eq!(store.runs_due(Kind::DelayRun, ALL, now()).await, Ok(vec![run()]));

    // Of two who have seen the same the second changes nothing; neither does a copy of the first.
    for late in [delay(2), delay(1)] {
        let found = store.delay_run(run(), &none, late, now()).await.expect("it answers").delays;
        assert_eq!(found, first);
    }
    let second = store.delay_run(run(), &first, delay(2), now()).await.expect("it answers").delays;
    assert_eq!((second.count(), second.minutes(3)), (2, 60));
    assert_eq!(store.delays(&[run()]).await.expect("it answers")[&run()], second);
    let lease = store.lease_run(run(), Uuid::from_u128(1), now()).await.expect("it answers").expect("nobody has it");
    assert_eq!(lease.pinned.delays, second);
    store.end_lease(&lease, Some((Kind::Chart, now() + TimeDelta::hours(9)))).await.expect("it answers");
    assert_eq!(store.runs_due(Kind::DelayRun, ALL, now()).await, Ok(vec![]), "all are told");
    assert_eq!(store.runs_due(Kind::Chart, ALL, now() + TimeDelta::hours(9)).await, Ok(vec![run()]));
    store.cancel_run(run(), now()).await.expect("it answers");
    let over = store.delay_run(run(), &second, delay(3), now()).await.expect("it answers");
    assert_eq!((over.stage, over.delays), (Stage::Cancelled, second));
}

#[tokio::test]
async fn a_run_that_is_cancelled_while_its_chart_is_made_is_still_to_be_refunded() {
    let scene = Scene::new().await;
    let store = &scene.world.store;
    for next in [None, Some((Kind::Chart, now() + TimeDelta::hours(9)))] {
        let lease =
            store.lease_run(run(), Uuid::from_u128(1), now()).await.expect("it answers").expect("nobody has it");
        if lease.pinned.stage == Stage::Open {
            store.cancel_run(run(), now()).await.expect("it answers");
            store.end_lease(&lease, next).await.expect("it answers");
            assert_eq!(store.runs_due(Kind::CancelRun, ALL, now()).await, Ok(vec![run()]), "{next:?}");
        } else {
            store.end_lease(&lease, None).await.expect("it answers");
            assert_eq!(store.runs_due(Kind::CancelRun, ALL, now()).await, Ok(vec![]), "once it is done");
        }
    }
}

/// Messages of a station are on ten lists: a page is the longest due of all of them, and the next goes on where it ended.
#[tokio::test]
async fn messages_are_read_page_by_page_over_all_their_lists() {
    let world = World::empty().await;
    // Several are due in the same second.
    let message = |nth: u8| Notification {
        id: format!("24512345{nth:02}-1").parse().expect("a notification"),
        event: Event::Booked,
        at: now(),
        owed: [Channel::Sms].into(),
        attempts: 8,
        delivery: Delivery::Dead,
        due: now() + TimeDelta::seconds(i64::from(nth) * 11 % 4),
        reason: None,
    };
    let messages: Vec<_> = (0..47).map(message).collect();
    for message in &messages {
        world.store.owe(message).await.expect("it is put");
    }
    let (mut read, mut sizes, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let page = world.store.notifications(Delivery::Dead, after.as_deref(), 20).await.expect("it answers");
        sizes.push(page.notifications.len());
        read.extend(page.notifications);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [20, 20, 7]);
    assert!(read.windows(2).all(|pair| pair[0].due <= pair[1].due), "the longest due first");
    let each = |messages: &[Notification]| messages.iter().map(|message| message.id).collect::<BTreeSet<_>>();
    assert_eq!((each(&read), read.len()), (each(&messages), messages.len()), "each once");
    assert_eq!(world.store.count_notifications(Delivery::Dead).await, Ok(47));
    let waiting = world.store.notifications(Delivery::Waiting, None, 20).await.expect("it answers");
    assert_eq!((waiting.notifications.len(), waiting.next), (0, None));
}
