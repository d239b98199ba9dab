//! The door for whoever comes by SSH: who is let in, what they get, and what they are refused.

use std::time::Duration;

use kiosk::domain::admission::Accept;
use kiosk::domain::coach::Class;
use kiosk::domain::quota::Quota;
use kiosk::domain::time::railway_time;
use kiosk::domain::user::Role;
use kiosk::service::request::Request;
use kiosk::terminal::ssh::{Room, Times};
use rstest::rstest;
use russh::client;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::service_kit::{Stage, best, book, hold, new_hold, order, whole};
use crate::ssh_kit::{Client, Server, ended, today, within};

const DOWN: &[u8] = b"\x1b[B";

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_let_in_by_its_password_and_does_not_sign_in_twice() {
    let server = Server::new().await;
    server.stage.account("asha", Role::Agent).await;
    let mut client = server.connect().await;
    assert!(!client.password("asha", "wrong").await.success());
    assert!(!client.password("nobody", "correct horse battery").await.success());
    assert!(
        client.password("asha", "correct horse battery").await.success(),
        "what was tried before counts for nothing"
    );
    let mut screen = client.terminal(80, 24).await;
    screen.shows("asha").await;
    assert!(!screen.text().contains("Password"), "{}", screen.text());
    // As the console does: another screen, the mouse, pastes; and all at once where the terminal can.
    let begins = String::from_utf8_lossy(&screen.all).into_owned();
    for sequence in ["\x1b[?1049h", "\x1b[?1000h", "\x1b[?2004h", "\x1b[?25l", "\x1b[?2026h"] {
        assert!(begins.contains(sequence), "{sequence:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_counted_whatever_the_connection() {
    let server = Server::new().await;
    server.stage.account("asha", Role::Agent).await;
    for _ in 0..2 {
        let mut client = server.connect().await;
        for _ in 0..3 {
            assert!(!client.password("asha", "wrong").await.success());
        }
    }
    let mut client = server.connect().await;
    assert!(!client.password("asha", "correct horse battery").await.success(), "the account is locked for a while");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_sees_the_welcome_screen() {
    let server = Server::new().await;
    let mut screen = server.guest().await.terminal(80, 24).await;
    screen.shows("Book a journey").await;
    screen.shows("Sign in").await;
    screen.resize(132, 43).await;
    screen.shows("Book a journey").await;
    screen.keys(b"s").await;
    screen.shows("Password").await;
    screen.keys(b"\x1b[200~asha\x1b[201~").await;
    screen.shows("asha").await;
    screen.keys(b"\x1b").await;
    screen.hides("Password").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_told_to_has_no_way_in() {
    let server = Server::new().await;
    let mut client = server.connect().await;
    let answer = within(client.handle().authenticate_none("root")).await.expect("it answers");
    assert!(!answer.success());
    assert!(client.channel().await.is_err(), "nothing is opened for a stranger");
}

#[rstest]
#[case::an_export_of_nothing("export", "Write `export` and what")]
#[case::an_export_of_all("export users", "Write `export` and what")]
#[case::nothing("", "Kiosk runs no commands")]
#[case::a_shell("sh -c 'id'", "Kiosk runs no commands")]
#[case::a_copy("scp -t /tmp", "Kiosk runs no commands")]
#[case::a_receipt_of_nothing("receipt", "one PNR")]
#[case::a_receipt_of_something_else("receipt 12", "ten digits")]
#[tokio::test(flavor = "multi_thread")]
async fn commands_are_refused_with_a_sentence(#[case] command: &str, #[case] sentence: &str) {
    let server = Server::new().await;
    let told = server.guest().await.exec(command).await;
    assert!(told.told.contains(sentence), "{told:?}");
    assert_eq!((told.code, told.out), (Some(1), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_else_is_refused() {
    let server = Server::new().await;
    let client = server.guest().await;
    let forwarded = within(client.channel()).await.expect("one channel");
    assert!(client.channel().await.is_err(), "and no second");
    forwarded.request_subsystem(true, "sftp").await.expect("it is sent");
    assert!(ended(forwarded).await.told.contains("Kiosk has no \"sftp\""));
    let mut client = server.guest().await;
    let tunnel = client.handle().channel_open_direct_tcpip("127.0.0.1", 22, "127.0.0.1", 5_000);
    assert!(within(tunnel).await.is_err());
    assert!(within(client.handle().tcpip_forward("127.0.0.1", 0)).await.is_err());
}

#[rstest]
#[case::no_terminal(None, "ssh -t")]
#[case::a_dumb_one(Some("dumb"), "\"dumb\"")]
#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_without_a_screen_is_refused_politely(#[case] term: Option<&str>, #[case] sentence: &str) {
    let server = Server::new().await;
    let channel = server.guest().await;
    let channel = channel.channel().await.expect("one channel");
    if let Some(term) = term {
        channel.request_pty(true, term, 80, 24, 0, 0, &[]).await.expect("it is sent");
    }
    channel.request_shell(true).await.expect("it is sent");
    let told = ended(channel).await;
    assert!(told.told.contains(sentence), "{told:?}");
    assert_eq!((told.code, told.out.len()), (Some(1), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_comes_without_a_terminal_to_whom_it_belongs() {
    let server = Server::new().await;
    let anita = server.stage.signed_in("anita", Role::Traveller).await;
    let held = hold(&anita, whole(), best(1)).await.expect("all is free");
    let booking = book(&anita, &order(&anita, &held).await).await.expect("it is held");
    let command = format!("receipt {}", booking.pnr);
    let own = server.sign_in("anita").await.exec(&command).await;
    assert_eq!((own.code, own.told.as_str()), (Some(0), ""));
    assert!(own.out.starts_with(b"%PDF"), "{} bytes", own.out.len());
    let other = server.account("dev", Role::Traveller).await.exec(&command).await;
    assert_eq!((other.code, other.out.len()), (Some(1), 0));
    assert!(!other.told.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_come_as_a_table_to_whom_they_belong() {
    let server = Server::new().await;
    let anita = server.stage.signed_in("anita", Role::Traveller).await;
    let mut pnrs = Vec::new();
    // More than a page of the list.
    for _ in 0..4 {
        let held = hold(&anita, whole(), best(2)).await.expect("all is free");
        let booking = book(&anita, &order(&anita, &held).await).await.expect("it is held");
        pnrs.push(booking.pnr.to_string());
    }
    let own = server.sign_in("anita").await.exec("export bookings").await;
    assert_eq!((own.code, own.told.as_str()), (Some(0), ""));
    let mut table = csv::Reader::from_reader(own.out.as_slice());
    let rows: Vec<_> = table.records().map(|row| row.expect("as many cells as columns")).collect();
    let mut found: Vec<_> = rows.iter().map(|row| row[0].to_owned()).collect();
    found.dedup();
    found.sort();
    pnrs.sort();
    assert_eq!((rows.len(), found), (8, pnrs.clone()), "a row for each passenger");
    let fares: f64 = rows.iter().map(|row| row[18].parse::<f64>().expect("a number")).sum();
    assert!(fares > 8.0 * 2_000.0, "{fares}");
    server.stage.kiosk.settle().await;
    let log = server.stage.world.store.events_of(railway_time(server.stage.kiosk.now()).date()).await;
    let taken = log.expect("it answers").into_iter().filter(|event| event.action == "booking.export");
    let taken: Vec<_> = taken.map(|event| (event.account, event.note)).collect();
    let account = anita.identity().map(|own| own.account);
    assert_eq!(taken, [(account, Some("4 bookings".to_owned()))], "that they were taken away is recorded");
    let one = server.sign_in("anita").await.exec(&format!("export {}", pnrs[0])).await;
    assert_eq!(String::from_utf8_lossy(&one.out).lines().count(), 3, "the names of the columns, and two passengers");

    let mut other = server.account("dev", Role::Traveller).await.exec(&format!("export {}", pnrs[0])).await;
    assert_eq!((other.code, other.out.len()), (Some(1), 0));
    other = server.guest().await.exec("export bookings").await;
    assert_eq!((other.code, other.out.len()), (Some(1), 0));
    assert!(other.told.contains("Sign in first"), "{}", other.told);
    other = server.sign_in("dev").await.exec("export 12951#2026-12-05").await;
    assert_eq!((other.code, other.out.len()), (Some(1), 0), "charts are for staff: {}", other.told);
    let chart = server.account("agnes", Role::Agent).await.exec("export 12951#2026-12-05").await;
    assert!(chart.out.starts_with(b"%PDF"), "{} bytes, {}", chart.out.len(), chart.told);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_size_may_be_claimed_while_anything_is_going_on() {
    let server = Server::new().await;
    let mut screen = server.guest().await.terminal(80, 24).await;
    screen.shows("Book a journey").await;
    for (width, height) in [(300, 100), (1, 1), (10, 200), (80, 24), (65_000, 65_000)] {
        screen.keys(DOWN).await;
        // The client's own screen stays of a size that can be looked at.
        screen.resize(width.min(300), height.min(100)).await;
        if width > 300 {
            screen.shows("Book a journey").await;
        }
    }
    screen.resize(80, 24).await;
    screen.shows("Book a journey").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_giant_paste_types_nothing_and_an_endless_sequence_ends_the_session() {
    let server = Server::new().await;
    let mut screen = server.guest().await.terminal(80, 24).await;
    screen.shows("Book a journey").await;
    screen.keys(b"\x1b[200~").await;
    for _ in 0..100 {
        screen.keys(&[b's'; 10_000]).await;
    }
    screen.keys(b"\x1b[201~s").await;
    screen.shows("Password").await;
    screen.keys(&[b"\x1b]0;".as_slice(), &[b'x'; 1_000]].concat()).await;
    let (code, all) = screen.ends().await;
    assert_eq!(code, Some(0));
    assert!(all.contains("\x1b[?1049l") && all.ends_with("\x1b[?25h"), "the terminal is given back as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_finds_their_terminal_as_it_was() {
    let server = Server::new().await;
    let mut screen = server.account("asha", Role::Agent).await.terminal(80, 24).await;
    screen.shows("asha").await;
    screen.keys(b"\x03").await;
    screen.shows("Leave Kiosk?").await;
    screen.keys(b"\r").await;
    let (code, all) = screen.ends().await;
    assert_eq!(code, Some(0));
    let restored = all.rfind("\x1b[?1049l").expect("the first screen is back");
    for sequence in ["\x1b[?1000l", "\x1b[?2004l", "\x1b[?25h"] {
        assert!(all[restored.saturating_sub(200)..].contains(sequence), "{sequence:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_berth_that_is_taken_in_one_session_is_gone_on_the_screens_of_others() {
    let server = Server::new().await;
    let mut screens = Vec::new();
    for name in ["bela", "chitra"] {
        let mut screen = server.account(name, Role::Agent).await.terminal(132, 43).await;
        screen.finds_trains().await;
        screens.push(screen);
    }
    server.stage.kiosk.poll_once().await;
    for screen in &mut screens {
        screen.line_says("17:00", &["08:32+1", "8", "8"]).await;
    }
    let agent = server.stage.agent().await;
    let run = today(&server.stage);
    let (quota, accept) = (Quota::General, Accept::Berths);
    let choice = best(6);
    let request = Request::Hold { hold: new_hold(), run, leg: whole(), class: Class::SecondAc, quota, choice, accept };
    agent.call(request).await.expect("all is free");
    for screen in &mut screens {
        screen.shows("just went from 8 to 2").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_connection_and_garbage_are_dropped() {
    let times = Times { grace: Duration::from_millis(200), ..Times::default() };
    let server = Server::with(Stage::new().await, Room::default(), times).await;
    let mut silent = TcpStream::connect(server.address).await.expect("it listens");
    let mut garbage = TcpStream::connect(server.address).await.expect("it listens");
    garbage.write_all(&[0xff; 10_000]).await.ok();
    for stream in [&mut silent, &mut garbage] {
        let mut all = Vec::new();
        // The server's own version is all there is to read, whether the end is an end or a reset.
        let _ = within(stream.read_to_end(&mut all)).await;
        assert!(all.starts_with(b"SSH-2.0-") && all.len() < 100, "{}", String::from_utf8_lossy(&all));
    }
    // Somebody who shakes hands and then says nothing.
    server.connect().await.is_dropped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_in_and_wants_nothing_keeps_no_place() {
    let times = Times { grace: Duration::from_secs(3), ..Times::default() };
    let server = Server::with(Stage::new().await, Room::default(), times).await;
    let mut screen = server.guest().await.terminal(80, 24).await;
    screen.shows("Book a journey").await;
    let (silent, undecided) = (server.guest().await, server.guest().await);
    let _channel = undecided.channel().await.expect("a first channel");
    silent.is_dropped().await;
    undecided.is_dropped().await;
    // Who came before them and has a terminal is still there.
    screen.keys(b"s").await;
    screen.shows("Password").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_had_what_they_came_for_and_does_not_go_keeps_no_place() {
    let times = Times { grace: Duration::from_secs(3), ..Times::default() };
    let server = Server::with(Stage::new().await, Room { per_address: 1, ..Room::default() }, times).await;
    // It takes in one message, waits until that is read, and so never hears of the end.
    let deaf = client::Config { channel_buffer_size: 1, ..client::Config::default() };
    let mut client = Client::connect(server.address, deaf).await.expect("there is room");
    client.is_guest().await;
    let channel = client.channel().await.expect("a first channel");
    channel.exec(true, "receipt 8451234567").await.expect("it is sent");
    within(async { while server.try_connect().await.is_err() {} }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_room_for_so_many_from_an_address() {
    let room = Room { per_address: 2, ..Room::default() };
    let server = Server::with(Stage::new().await, room, Times::default()).await;
    let first = server.guest().await;
    let _second = server.guest().await;
    assert!(server.try_connect().await.is_err(), "a third is turned away");
    drop(first);
    // Its place is free as soon as the server has seen it go.
    within(async { while server.try_connect().await.is_err() {} }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_its_time() {
    let times = Times { lifetime: Duration::from_millis(300), ..Times::default() };
    let server = Server::with(Stage::new().await, Room::default(), times).await;
    let screen = server.guest().await.terminal(80, 24).await;
    let (code, all) = screen.ends().await;
    assert_eq!(code, Some(0));
    assert!(all.contains("\x1b[?1049l"), "it ends as if the person had left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_takes_nobody_new_and_lets_who_is_there_finish() {
    let times = Times { notice: Duration::from_secs(2), ..Times::default() };
    let server = Server::with(Stage::new().await, Room::default(), times).await;
    let mut screen = server.guest().await.terminal(80, 24).await;
    screen.shows("Book a journey").await;
    screen.keys(b"s").await;
    screen.shows("Password").await;
    server.closing.cancel();
    within(async { while server.try_connect().await.is_ok() {} }).await;
    screen.shows("Kiosk closes in 00:0").await;
    screen.keys(b"asha").await;
    screen.shows("asha").await;
    let (code, all) = screen.ends().await;
    assert_eq!(code, Some(0));
    assert!(all.contains("\x1b[?1049l"));
    within(server.served).await.expect("it ends without a fault");
}
