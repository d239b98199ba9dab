//! Two agents over SSH who want the last berth at the same moment, by keys alone.

use chrono::TimeDelta;
use kiosk::domain::admission::Accept;
use kiosk::domain::coach::Class;
use kiosk::domain::quota::Quota;
use kiosk::domain::user::Role;
use kiosk::service::request::{Reply, Request};
use kiosk::service::{AuditScope, Depth, Kiosk, Session};
use kiosk::terminal::ssh::{Room, Times};
use rstest::rstest;

use crate::service_kit::{PASSWORD, Stage, best, new_hold, whole};
use crate::ssh_kit::{Client, Screen, free_today, serve, today, within};

/// How often the last berth is fought for. Each time but the last, whoever has it gives it back.
const ROUNDS: u64 = 6;

/// How many berths of 3A are taken before the two come: all but one.
const TAKEN: usize = 7;

/// Somebody holds them for as long as their session lasts.
async fn take_all_but_one(stage: &Stage) -> Session {
    let agent = stage.agent().await;
    for berths in [TAKEN - 1, 1] {
        let (hold, run, leg, class) = (new_hold(), today(stage), whole(), Class::ThirdAc);
        let (quota, choice, accept) = (Quota::General, best(berths), Accept::Berths);
        let held = agent.call(Request::Hold { hold, run, leg, class, quota, choice, accept }).await;
        assert!(matches!(held, Ok(Reply::Held(_))), "{held:?}");
    }
    agent
}

/// All processes see what has happened so far, once so many changes of the run were told to them.
async fn look(stage: &Stage, processes: &[Kiosk], changes: u64) {
    let run = today(stage);
    let told = async || stage.world.store.hints(&[run]).await.expect("it answers").get(&run).copied();
    within(async { while told().await < Some(changes) {} }).await;
    stage.advance(TimeDelta::seconds(1));
    for process in processes {
        process.poll_once().await;
    }
}

#[rstest]
#[case::of_one_server(1)]
#[case::of_two_servers_on_one_store(2)]
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_press_enter_at_once_one_has_the_last_berth_and_the_other_goes_on(#[case] servers: usize) {
    let stage = Stage::new().await;
    let mut processes = vec![stage.kiosk.clone()];
    if servers == 2 {
        processes.push(stage.other_kiosk(stage.world.store.clone()).await);
    }
    let _others = take_all_but_one(&stage).await;
    let mut addresses = Vec::new();
    for process in &processes {
        addresses.push(serve(process.clone(), Room::default(), Times::default()).await.0);
    }
    let mut screens = Vec::new();
    for (name, address) in ["bela", "chitra"].into_iter().zip(addresses.iter().cycle()) {
        stage.account(name, Role::Agent).await;
        let mut client = Client::connect(*address, russh::client::Config::default()).await.expect("there is room");
        assert!(client.password(name, PASSWORD).await.success());
        let mut screen = client.terminal(100, 30).await;
        screen.finds_trains().await;
        screen.keys(b"\r").await;
        screen.shows("3 BERTHS").await;
        screens.push(screen);
    }
    let [mut one, mut other] = <[Screen; 2]>::try_from(screens).unwrap_or_else(|_| panic!("there are two"));
    for round in 1..=ROUNDS {
        // Two holds before the first round, and a hold and its end in each.
        look(&stage, &processes, 2 * round).await;
        for screen in [&mut one, &mut other] {
            screen.shows("Enter hold the best").await;
        }
        tokio::join!(one.keys(b"\r"), other.keys(b"\r"));
        let one_has = tokio::select! {
            () = one.shows("held for") => true,
            () = other.shows("held for") => false,
        };
        let (winner, loser) = if one_has { (&mut one, &mut other) } else { (&mut other, &mut one) };
        loser.shows("nothing is left to choose").await;
        if servers == 2 {
            // A process has not heard of the other's sale: its client asked, and was refused.
            loser.shows("No berth is left for your leg").await;
        }
        if round < ROUNDS {
            winner.keys(b"\x1b").await;
            winner.shows("Held for you").await;
            winner.keys(b"e").await;
            winner.shows("Give the berths back?").await;
            winner.keys(b"\r").await;
            winner.shows("Enter hold the best").await;
            continue;
        }
        // One pays; the other has a berth of the class beside it.
        winner.keys(b"Anita Sharma\r34\rF\r9876543210\r").await;
        winner.shows("To pay").await;
        winner.keys(b"\r").await;
        winner.shows("CONFIRMED").await;
        loser.keys(b"\x1b").await;
        loser.shows("2 TRAIN").await;
        loser.keys(b"\x1b[D\r").await;
        loser.shows("· 2A").await;
        look(&stage, &processes, 2 * ROUNDS + 1).await;
        loser.shows("Enter hold the best").await;
        loser.keys(b"\r").await;
        loser.shows("held for").await;
    }
    for process in &processes {
        process.settle().await;
        let report = process.audit(AuditScope::All, Depth::Bookings, |_, _, _| {}).await.expect("it answers");
        assert!(report.is_clean(), "{report:?}");
    }
    assert_eq!(free_today(&stage).await, [0, 7], "one berth of each class went");
}
