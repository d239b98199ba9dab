//! An import at the loop of a real session: how far it has come stands on the screen while it is read, keys work, and Escape
//! ends the reading.

use std::fs;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::user::Role;
use kiosk::terminal::output::Output;
use kiosk::terminal::papers::Papers;
use kiosk::terminal::recorder::Recordings;
use kiosk::terminal::{self, Door};
use kiosk::ui::context::Setup;
use kiosk::ui::msg::Msg;
use kiosk::ui::recording::Recording;
use ratatui::layout::Size;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, DuplexStream};
use tokio::sync::{mpsc, watch};

use crate::feed::{feed, folder};
use crate::service_kit::{PASSWORD, Stage, sign_in};
use crate::ui_kit::{parse_keys, setup};

/// How long anything may take to be seen.
const PATIENCE: Duration = Duration::from_mins(1);

/// The feed with so many halts at which nobody boards or leaves that it takes a while to be read.
fn long_feed() -> TempDir {
    let mut files = feed();
    let (_, times) = files.iter_mut().find(|(name, _)| *name == "stop_times.txt").expect("a file of the feed");
    *times += &"T1,20:00:00,20:00:00,2,100,1,1,300000\n".repeat(2_000_000);
    folder(&files)
}

/// What a person does and sees.
struct Person {
    keys: mpsc::UnboundedSender<Msg>,
    screen: watch::Receiver<String>,
}

impl Person {
    fn at(output: DuplexStream, keys: mpsc::UnboundedSender<Msg>) -> Self {
        let (shows, screen) = watch::channel(String::new());
        tokio::spawn(watched(output, shows));
        Self { keys, screen }
    }

    fn types(&self, script: &str) {
        for key in parse_keys(script) {
            self.keys.send(Msg::Key(key)).expect("the session goes on");
        }
    }

    /// Waits until a screen shows it.
    async fn sees(&mut self, text: &str) {
        let seen = tokio::time::timeout(PATIENCE, self.screen.wait_for(|screen| screen.contains(text))).await;
        assert!(seen.is_ok_and(|seen| seen.is_ok()), "'{text}' is not on\n{}", *self.screen.borrow());
    }
}

async fn watched(mut output: DuplexStream, shows: watch::Sender<String>) {
    let size = |count| NonZero::new(count).expect("rows and columns");
    let (mut parser, mut bytes) = (vt100::Parser::new(size(24), size(80), 0), vec![0; 4096]);
    while let Ok(count @ 1..) = output.read(&mut bytes).await {
        parser.process(&bytes[..count]);
        shows.send_replace(parser.screen().contents());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_a_feed_was_read_is_seen_and_escape_ends_it() {
    let (stage, records, feed) = (Stage::new().await, TempDir::new().expect("a folder"), long_feed());
    stage.account("ada", Role::Administrator).await;
    let kiosk = stage.kiosk.clone();
    let session = kiosk.open_session(setup(TerminalKind::Counter).terminal);
    let identity = sign_in(&session, "ada", PASSWORD).await.expect("the password is right");
    let begin = Setup {
        identity: Some(identity),
        stations: kiosk.stations(),
        rules: kiosk.rules(),
        ..setup(TerminalKind::Counter)
    };
    let size = Size::new(80, 24);
    let (screen, seen) = tokio::io::duplex(1 << 16);
    let (keys, mut typed) = mpsc::unbounded_channel();
    let mut ada = Person::at(seen, keys);
    let input = stream::iter([Msg::Resize(size)]).chain(stream::poll_fn(move |cx| typed.poll_recv(cx)));
    let door = Door {
        input: Box::pin(input),
        output: Output::on_task(screen, size),
        papers: Arc::new(Papers::default()),
        recordings: Some(Arc::new(Recordings::new(records.path(), 4))),
        lot: None,
    };
    let rules = kiosk.rules();
    let ended = tokio::spawn(terminal::run(session, kiosk.clock(), begin, door));
    ada.types("<f12>t");
    ada.sees("Mumbai Rajdhani").await;
    ada.types("i");
    ada.types(feed.path().to_str().expect("a path"));
    ada.types("<f2>");
    ada.sees(" % ").await;
    // The program answers keys meanwhile.
    ada.types("<f1>");
    ada.sees("Shows the keys that work here").await;
    ada.types("<esc><esc>");
    ada.sees("Stopped: nothing was written.").await;
    ada.keys.send(Msg::HangUp).expect("the session goes on");
    ended.await.expect("it ends").expect("the terminal takes it");
    let file = fs::read_dir(records.path()).expect("the folder").next().expect("a file").expect("a file").path();
    let recording = Recording::read(&fs::read(file).expect("it can be read"), &rules).expect("it is whole");
    let told = recording.entries.iter().filter(|entry| matches!(entry.msg, Msg::Progress(..))).count();
    assert!((1..=101).contains(&told), "{told}");
}
