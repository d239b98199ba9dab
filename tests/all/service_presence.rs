//! Sessions of one account and from one address: what they may hold together, and how they end with the account.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use futures_util::FutureExt;
use futures_util::future::join_all;
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, Request};
use kiosk::service::{Kiosk, Session};
use rstest::rstest;

use crate::service_kit::{
    PASSWORD, Stage, best, booked, hold, left, new_op, order, release, secret, sign_in, terminal, username, whole,
};

fn from(kiosk: &Kiosk, address: &str) -> Session {
    let address: IpAddr = address.parse().expect("an address");
    kiosk.open_session_from(terminal("SSH-1"), address)
}

/// A process looks for accounts that others have changed.
async fn looks(kiosk: &Kiosk) {
    kiosk.end_sessions_of_changed_accounts().await.expect("the store answers");
}

async fn also_as(stage: &Stage, name: &str, address: &str) -> Session {
    let session = from(&stage.kiosk, address);
    sign_in(&session, name, PASSWORD).await.expect("the password is right");
    session
}

/// How an account is changed by another process.
#[derive(Clone, Copy, Debug)]
enum How {
    Closed,
    Password,
    Role,
}

impl How {
    async fn change(self, kiosk: &Kiosk) {
        let agnes = username("agnes");
        let changed = match self {
            Self::Closed => kiosk.close_account(&agnes).await,
            Self::Password => kiosk.set_password(&agnes, secret("another good one")).await,
            Self::Role => kiosk.set_role(&agnes, Role::Traveller).await,
        };
        changed.expect("there is one");
    }
}

#[rstest]
#[tokio::test]
async fn sessions_end_with_their_account_in_every_process(#[values(How::Closed, How::Password, How::Role)] how: How) {
    let stage = Stage::new().await;
    let (agent, other) = (stage.agent().await, stage.signed_in("ben", Role::Agent).await);
    let second = also_as(&stage, "agnes", "203.0.113.7").await;
    hold(&agent, whole(), best(2)).await.expect("free");
    looks(&stage.kiosk).await;
    let elsewhere = stage.other_kiosk(stage.world.store.clone()).await;
    how.change(&elsewhere).await;
    assert!(agent.identity().is_some(), "nothing is known of it here yet");
    stage.advance(TimeDelta::seconds(2));
    looks(&stage.kiosk).await;
    for ended in [&agent, &second] {
        assert_eq!((ended.identity(), ended.was_expelled()), (None, true), "{how:?}");
        assert!(ended.expelled().now_or_never().is_some(), "whoever waits for it is told");
    }
    stage.kiosk.settle().await;
    assert_eq!(left(&stage, whole()).await, 8, "what they held is given back");
    assert!(other.identity().is_some() && !other.was_expelled(), "nobody else's");
    assert!(other.expelled().now_or_never().is_none());
}

#[tokio::test]
async fn in_the_process_that_changes_an_account_its_sessions_end_at_once() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    stage.kiosk.close_account(&username("agnes")).await.expect("there is one");
    assert_eq!(agent.identity(), None);
    assert_eq!(
        agent
            .call(Request::MyBookings { filter: kiosk::domain::journeys::JourneyFilter::default(), after: None })
            .await
            .map(drop),
        Err(Failure::SignedOut)
    );
}

/// The account is changed, and that is looked for, between the last look at it and the beginning of the session.
#[tokio::test]
async fn whoever_comes_in_while_the_account_is_changed_does_not_stay() {
    let stage = Stage::new().await;
    for name in ["agnes", "ben"] {
        stage.account(name, Role::Agent).await;
    }
    // The second write of a sign-in clears what the first has counted.
    let (meeting, writes) = (Meeting::of(2), AtomicU32::new(0));
    let held = meeting.clone();
    let store = stage.world.with_faults(move |call: &Call| {
        let is_last = call.operation == "TransactWriteItems" && writes.fetch_add(1, Ordering::SeqCst) == 3;
        is_last.then(|| Fault::MeetAfter(held.clone()))
    });
    let kiosk = stage.other_kiosk(store).await;
    let (other, late) = (kiosk.open_session(terminal("NDLS-07")), kiosk.open_session(terminal("NDLS-08")));
    sign_in(&other, "ben", PASSWORD).await.expect("the password is right");
    looks(&kiosk).await;
    let meanwhile = async {
        until_written(&stage, "agnes").await;
        stage.kiosk.set_role(&username("agnes"), Role::Traveller).await.expect("there is one");
        stage.advance(TimeDelta::seconds(2));
        looks(&kiosk).await;
        meeting.come().await;
    };
    let (told, ()) = tokio::join!(sign_in(&late, "agnes", PASSWORD), meanwhile);
    assert_eq!(told.expect("nothing is known of it").role, Role::Agent);
    stage.advance(TimeDelta::seconds(2));
    looks(&kiosk).await;
    assert_eq!(late.identity(), None);
    assert!(other.identity().is_some());
}

/// Waits until a sign-in has cleared what it counted.
async fn until_written(stage: &Stage, name: &str) {
    loop {
        let account = stage.world.store.account_by_username(name).await.expect("it answers").expect("there is one");
        if account.version == 3 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn wrong_passwords_lock_nobody_out_who_is_in() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let stranger = from(&stage.kiosk, "203.0.113.7");
    for _ in 0..6 {
        sign_in(&stranger, "agnes", "wrong horse battery").await.expect_err("it is wrong");
    }
    stage.advance(TimeDelta::seconds(2));
    looks(&stage.kiosk).await;
    assert!(agent.identity().is_some());
}

#[tokio::test]
async fn an_account_holds_no_more_in_many_sessions_than_in_one() {
    let stage = Stage::new().await;
    stage.account("asha", Role::Traveller).await;
    let sessions = join_all((0..3).map(|_| also_as(&stage, "asha", "203.0.113.7"))).await;
    let first = hold(&sessions[0], whole(), best(1)).await.expect("free");
    hold(&sessions[1], whole(), best(1)).await.expect("a second choice");
    assert_eq!(hold(&sessions[2], whole(), best(1)).await, Err(Failure::TooManyHolds { max: 2 }));
    release(&sessions[0], &first).await;
    hold(&sessions[2], whole(), best(1)).await.expect("the first was given back");
}

#[tokio::test]
async fn an_address_holds_as_much_as_one_guest_and_a_few_accounts() {
    let stage = Stage::new().await;
    let guests: Vec<_> = (0..3).map(|_| from(&stage.kiosk, "203.0.113.7")).collect();
    hold(&guests[0], whole(), best(1)).await.expect("free");
    hold(&guests[1], whole(), best(1)).await.expect("a second choice");
    assert_eq!(hold(&guests[2], whole(), best(1)).await, Err(Failure::TooManyHoldsThere));
    let neighbour = from(&stage.kiosk, "203.0.113.8");
    let gone = hold(&neighbour, whole(), best(1)).await.expect("others are not concerned");
    release(&neighbour, &gone).await;
    for name in ["asha", "bina"] {
        stage.account(name, Role::Traveller).await;
        let session = also_as(&stage, name, "203.0.113.7").await;
        hold(&session, whole(), best(1)).await.expect("an account is somebody else");
        hold(&session, whole(), best(1)).await.expect("a second choice");
        std::mem::forget(session);
    }
    stage.account("chand", Role::Traveller).await;
    let third = also_as(&stage, "chand", "203.0.113.7").await;
    assert_eq!(hold(&third, whole(), best(1)).await, Err(Failure::TooManyHoldsThere), "accounts are easily made");
    let agent = stage.agent().await;
    hold(&agent, whole(), best(1)).await.expect("staff serve everybody");
    stage.advance(TimeDelta::minutes(11));
    hold(&third, whole(), best(1)).await.expect("those that are over do not count");
}

#[tokio::test]
async fn a_subscriber_of_ipv6_is_one_however_many_addresses_they_use() {
    let stage = Stage::new().await;
    let guests: Vec<_> = (1..4).map(|host| from(&stage.kiosk, &format!("2001:db8:1:2::{host}"))).collect();
    hold(&guests[0], whole(), best(1)).await.expect("free");
    hold(&guests[1], whole(), best(1)).await.expect("a second choice");
    assert_eq!(hold(&guests[2], whole(), best(1)).await, Err(Failure::TooManyHoldsThere));
    let other = from(&stage.kiosk, "2001:db8:1:3::1");
    hold(&other, whole(), best(1)).await.expect("that is somebody else");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_asked_for_at_once_no_more_are_held_than_may_be() {
    let stage = Stage::new().await;
    let guests: Vec<_> = (0..12).map(|_| from(&stage.kiosk, "203.0.113.7")).collect();
    let asked = guests.iter().map(|guest| {
        let guest = guest.clone();
        tokio::spawn(async move { hold(&guest, whole(), best(1)).await })
    });
    let held = join_all(asked).await.into_iter().filter(|held| held.as_ref().expect("no panic").is_ok()).count();
    assert_eq!(held, 2);
    assert_eq!(left(&stage, whole()).await, 6);
}

#[tokio::test]
async fn slips_count_as_holds_wherever_whoever_made_them_has_gone() {
    let stage = Stage::new().await;
    let slip = async |session: &Session| {
        let held = hold(session, whole(), best(1)).await.expect("free");
        let order = order(session, &held).await;
        booked(session.call(Request::Reserve { op: new_op(), order }).await).expect("it is held")
    };
    for _ in 0..2 {
        let guest = from(&stage.kiosk, "203.0.113.7");
        slip(&guest).await;
        guest.call(Request::SignOut).await.expect("anyone may leave");
    }
    let again = from(&stage.kiosk, "203.0.113.7");
    assert_eq!(hold(&again, whole(), best(1)).await, Err(Failure::TooManyHoldsThere));
    stage.account("asha", Role::Traveller).await;
    let asha = also_as(&stage, "asha", "203.0.113.9").await;
    let first = slip(&asha).await;
    slip(&asha).await;
    assert_eq!(hold(&asha, whole(), best(1)).await, Err(Failure::TooManyHolds { max: 2 }));
    booked(asha.call(Request::GiveUpSlip { op: new_op(), pnr: first.pnr }).await).expect("it is hers");
    hold(&asha, whole(), best(1)).await.expect("one is given up");
    let agent = stage.agent().await;
    for _ in 0..2 {
        slip(&agent).await;
    }
    stage.advance(TimeDelta::minutes(20));
    hold(&again, whole(), best(1)).await.expect("those that are over do not count");
}
