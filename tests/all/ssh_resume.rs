//! Lines that break: what is held stays held, and whoever comes back goes on where they were.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use kiosk::domain::coach::Class;
use kiosk::domain::quota::Quota;
use kiosk::domain::time::railway_time;
use kiosk::domain::train::RunId;
use kiosk::domain::user::Role;
use kiosk::terminal::ssh::{Room, Times};
use rstest::rstest;

use crate::service_kit::{PASSWORD, Stage, current, run, secret, small_train, username, whole};
use crate::ssh_kit::{Screen, Server, within};

/// The run that the screens offer first: today's.
fn todays(stage: &Stage) -> RunId {
    RunId { date: railway_time(stage.kiosk.now()).date(), ..run() }
}

async fn free(stage: &Stage) -> usize {
    let train = Arc::new(small_train());
    let read = stage.world.store.run(todays(stage), current(&train)).await.expect("it answers").expect("it runs");
    Class::ALL.iter().filter_map(|class| read.state.available(*class, Quota::General, whole(), stage.kiosk.now())).sum()
}

/// Waits until so many berths are free.
async fn are_free(stage: &Stage, berths: usize) {
    within(async {
        while free(stage).await != berths {
            stage.kiosk.settle().await;
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// To the form of passengers, with berths held and a name typed.
async fn is_filling_in(server: &Server, screen: &mut Screen) {
    screen.shows("From").await;
    screen.keys(b"MMCT\tNDLS\t\r").await;
    screen.shows("12951").await;
    server.stage.kiosk.poll_once().await;
    screen.hides("\u{2026} ").await;
    screen.keys(b"\r").await;
    screen.shows("Free in").await;
    screen.keys(b"\r").await;
    screen.shows("held for").await;
    screen.keys(b"Anita Sharma\r").await;
    screen.shows("Anita Sharma").await;
}

/// How a line ends without a word of the person's.
#[derive(Clone, Copy, Debug)]
enum Breaks {
    Connection,
    Channel,
    HungUp,
}

impl Breaks {
    async fn happen(self, screen: Screen) {
        match self {
            Self::Connection => drop(screen),
            Self::Channel => within(screen.close()).await,
            Self::HungUp => within(screen.hang_up()).await,
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_goes_on_where_they_were(
    #[values(Breaks::Connection, Breaks::Channel, Breaks::HungUp)] how: Breaks,
) {
    let server = Server::new().await;
    let mut screen = server.account("agnes", Role::Agent).await.terminal(80, 24).await;
    is_filling_in(&server, &mut screen).await;
    let held = free(&server.stage).await;
    how.happen(screen).await;
    let mut screen = server.comes_back("agnes", 132, 43).await;
    screen.shows("Mumbai Rajdhani").await;
    assert_eq!(free(&server.stage).await, held, "what was held is held");
    screen.keys(b"\r").await;
    screen.shows("Anita Sharma").await;
    screen.shows("held for").await;
    screen.keys(b"34\rf\r9810012345\r").await;
    screen.shows("Base fare").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_go_on_yet_loses_nothing_and_is_asked_again() {
    let server = Server::new().await;
    let mut screen = server.account("agnes", Role::Agent).await.terminal(80, 24).await;
    let all = free(&server.stage).await;
    is_filling_in(&server, &mut screen).await;
    drop(screen);
    let mut screen = server.comes_back("agnes", 80, 24).await;
    screen.keys(b"n").await;
    screen.hides("Go on where you were").await;
    assert_eq!(free(&server.stage).await, all - 1, "it is kept");
    drop(screen);
    let mut screen = server.comes_back("agnes", 80, 24).await;
    screen.keys(b"\r").await;
    screen.shows("Anita Sharma").await;
    // It is theirs again, to be given back as ever.
    screen.keys(b"\x11").await;
    screen.shows("Leave Kiosk?").await;
    screen.keys(b"\r").await;
    are_free(&server.stage, all).await;
    let mut screen = server.sign_in("agnes").await.terminal(80, 24).await;
    screen.shows("From").await;
    assert!(!screen.text().contains("Go on where you were"), "nothing is left:\n{}", screen.text());
}

/// A line that is dead is known to be only after a while: whoever comes back before is asked then.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_back_before_the_line_is_known_to_be_dead_is_asked_once_it_is() {
    let server = Server::new().await;
    let mut dead = server.account("agnes", Role::Agent).await.terminal(80, 24).await;
    is_filling_in(&server, &mut dead).await;
    let mut screen = server.sign_in("agnes").await.terminal(80, 24).await;
    screen.shows("From").await;
    let mut busy = server.sign_in("agnes").await.terminal(80, 24).await;
    is_filling_in(&server, &mut busy).await;
    assert!(!screen.text().contains("Go on where you were"), "{}", screen.text());
    drop(dead);
    screen.shows("Go on where you were").await;
    busy.keys(b"34\r").await;
    busy.shows("34").await;
    assert!(!busy.text().contains("Go on where you were"), "nobody is kept from what they do:\n{}", busy.text());
    screen.keys(b"\r").await;
    screen.shows("Anita Sharma").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_offered_nothing_and_a_guest_leaves_nothing_behind() {
    let server = Server::new().await;
    let mut screen = server.account("agnes", Role::Agent).await.terminal(80, 24).await;
    is_filling_in(&server, &mut screen).await;
    drop(screen);
    let kept = server.comes_back("agnes", 80, 24).await;
    let mut other = server.account("ben", Role::Agent).await.terminal(80, 24).await;
    other.shows("From").await;
    assert!(!other.text().contains("Go on where you were"), "{}", other.text());
    drop(kept);

    let all = free(&server.stage).await;
    let mut guest = server.guest().await.terminal(80, 24).await;
    guest.shows("Book a journey").await;
    guest.keys(b"b").await;
    is_filling_in(&server, &mut guest).await;
    assert_eq!(free(&server.stage).await, all - 1);
    drop(guest);
    are_free(&server.stage, all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_has_ended_is_not_offered() {
    let server = Server::new().await;
    let mut screen = server.account("agnes", Role::Agent).await.terminal(80, 24).await;
    is_filling_in(&server, &mut screen).await;
    drop(screen);
    let mut screen = server.comes_back("agnes", 80, 24).await;
    // The offer stands while the hold ends.
    server.stage.advance(TimeDelta::minutes(11));
    screen.keys(b"\r").await;
    screen.shows("is given back").await;
    screen.shows("From").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_its_account_goes_what_was_left_behind() {
    let server = Server::new().await;
    let mut screen = server.account("agnes", Role::Agent).await.terminal(80, 24).await;
    let all = free(&server.stage).await;
    is_filling_in(&server, &mut screen).await;
    drop(screen);
    let offered = server.comes_back("agnes", 80, 24).await;
    server.stage.kiosk.set_password(&username("agnes"), secret("another good one")).await.expect("there is one");
    let (code, all_shown) = offered.ends().await;
    assert_eq!(code, Some(1));
    assert!(all_shown.contains("Your account was closed or changed"), "whoever is expelled is told why");
    are_free(&server.stage, all).await;
    let mut client = server.connect().await;
    assert!(!client.password("agnes", PASSWORD).await.success(), "the old one is no good");
    assert!(client.password("agnes", "another good one").await.success());
    let mut screen = client.terminal(80, 24).await;
    screen.shows("From").await;
    assert!(!screen.text().contains("Go on where you were"), "{}", screen.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_keeps_nothing() {
    let times = Times { notice: Duration::from_millis(300), ..Times::default() };
    let server = Server::with(Stage::new().await, Room::default(), times).await;
    let mut screen = server.account("agnes", Role::Agent).await.terminal(80, 24).await;
    let all = free(&server.stage).await;
    is_filling_in(&server, &mut screen).await;
    drop(screen);
    let kept = server.comes_back("agnes", 80, 24).await;
    server.closing.cancel();
    within(server.served).await.expect("it ends");
    drop(kept);
    are_free(&server.stage, all).await;
}

/// From the welcome to the slip: the keys of a step, and what is on the screen after it.
const STEPS: [(&[u8], &str); 8] = [
    (b"", "Book a journey"),
    (b"b", "From"),
    (b"MMCT\tNDLS\t\r", "12951"),
    (b"\r", "Free in"),
    (b"\r", "held for"),
    (b"Anita Sharma\r34\rf\r9810012345\r", "Base fare"),
    (b"\r", "TO PAY BY"),
    (b"\r", "Book a journey"),
];

/// Whoever goes without a word in any screen leaves the server as it was: a guest holds nothing any more, and what was
/// booked is booked.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_guest_may_go_in_every_screen(#[values(0, 1, 2, 3, 4, 5, 6, 7)] last: usize) {
    let server = Server::new().await;
    let all = free(&server.stage).await;
    let mut screen = server.guest().await.terminal(80, 24).await;
    for (keys, shown) in &STEPS[..=last] {
        screen.keys(keys).await;
        screen.shows(shown).await;
        server.stage.kiosk.poll_once().await;
        if *shown == "12951" {
            screen.hides("\u{2026} ").await;
        }
    }
    drop(screen);
    are_free(&server.stage, if last < 6 { all } else { all - 1 }).await;
    let mut screen = server.guest().await.terminal(80, 24).await;
    screen.shows("Book a journey").await;
}

/// Whoever was let in is nobody once the account is closed, and not a guest where there are none.
#[tokio::test(flavor = "multi_thread")]
async fn whose_account_is_closed_before_they_have_a_terminal_gets_none() {
    let server = Server::new().await;
    let client = server.account("agnes", Role::Agent).await;
    let errand = server.sign_in("agnes").await;
    server.stage.kiosk.close_account(&username("agnes")).await.expect("there is one");
    let (code, shown) = client.terminal(80, 24).await.ends().await;
    assert_eq!((code, shown.contains("KIOSK")), (Some(1), false), "{shown}");
    let told = errand.exec("export bookings").await;
    assert!(told.told.contains("Your account was closed or changed"), "{}", told.told);
}
