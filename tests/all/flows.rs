//! Scripted journeys through the real program and the real services, on a clock that only the script moves.
//!
//! A flow (`tests/flows/NAME.flow`) has one step to a line:
//!
//! ```text
//! account NAME ROLE     makes an account with the password `correct horse battery`
//! session NAME KIND     opens a terminal (counter, public, desk) at New Delhi
//! session NAME          goes to an open one
//! keys <tab>NDLS        types; keys that are no characters stand in angle brackets
//! expect TEXT           the screen shows it
//! refuse TEXT           the screen does not show it
//! advance 5m            time passes for everybody (s, m, h)
//! resize 132x43         the terminal has another size
//! ended                 the session has been left
//! ```

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use futures_util::future::select_all;
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::domain::train::RunId;
use kiosk::service::{Clock as _, RunWatch, Session};
use kiosk::ui::app::App;
use kiosk::ui::context::Setup;
use kiosk::ui::msg::{Effect, Msg, Opened};
use ratatui::layout::Size;

use crate::service_kit::Stage;
use crate::ui_kit::{draw, parse_keys, setup, station, words};

/// How long a change that comes by itself may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(5);

macro_rules! flows {
    ($($name:ident)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            play(stringify!($name)).await;
        })*

        #[test]
        fn every_flow_is_played() {
            let played = [$(stringify!($name)),*];
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows");
            for file in std::fs::read_dir(folder).expect("the folder of flows") {
                let path = file.expect("a file").path();
                let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
                assert!(played.contains(&name.as_str()), "add {name} to the list in tests/all/flows.rs");
            }
        }
    };
}

flows! {
    public_console_forgets
    sign_in_and_out
}

/// A person at a terminal.
struct Seat {
    app: App,
    session: Session,
    size: Size,
    watches: BTreeMap<RunId, RunWatch>,
    ended: bool,
}

/// All of them, and the services behind.
struct Hall {
    stage: Stage,
    seats: BTreeMap<String, Seat>,
    here: String,
}

async fn play(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/flows/{name}.flow"));
    let script = std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    let mut hall = Hall { stage: Stage::new().await, seats: BTreeMap::new(), here: String::new() };
    for (number, line) in (1..).zip(script.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Err(problem) = hall.step(line).await {
            panic!("{}:{number}: {line}\n{problem}\n{}", path.display(), hall.screen());
        }
    }
}

impl Hall {
    async fn step(&mut self, line: &str) -> Result<(), String> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "account" => {
                let (name, role) = rest.split_once(' ').ok_or("account NAME ROLE")?;
                self.stage.account(name, role.parse().map_err(|_| "no such role")?).await;
            }
            "session" => self.sit(rest).await?,
            "keys" => {
                for key in parse_keys(rest) {
                    self.tell(Msg::Key(key)).await;
                }
            }
            "expect" => return self.expect(rest).await,
            "refuse" if self.screen().contains(rest) => return Err("it stands there".to_owned()),
            "refuse" => {}
            "advance" => self.advance(span(rest)?).await,
            "resize" => {
                let (width, height) = rest.split_once('x').ok_or("resize 132x43")?;
                let number = |text: &str| text.parse().map_err(|_| "no number".to_owned());
                let size = Size::new(number(width)?, number(height)?);
                self.seat().size = size;
                self.tell(Msg::Resize(size)).await;
            }
            "ended" if self.seat().ended => {}
            "ended" => return Err("the session goes on".to_owned()),
            _ => return Err("no such step".to_owned()),
        }
        self.settle().await;
        Ok(())
    }

    fn seat(&mut self) -> &mut Seat {
        self.seats.get_mut(&self.here).expect("a flow begins with a session")
    }

    fn now(&self) -> DateTime<Utc> {
        self.stage.clock.now()
    }

    fn screen(&self) -> String {
        self.seats.get(&self.here).map_or_else(String::new, |seat| words(&draw(&seat.app, seat.size)))
    }

    async fn sit(&mut self, rest: &str) -> Result<(), String> {
        let (name, kind) = rest.split_once(' ').unwrap_or((rest, ""));
        name.clone_into(&mut self.here);
        if self.seats.contains_key(name) {
            return Ok(());
        }
        let kind = match kind {
            "counter" => TerminalKind::Counter,
            "public" => TerminalKind::Public,
            "desk" => TerminalKind::Desk,
            _ => return Err("a new session has a kind: counter, public or desk".to_owned()),
        };
        let terminal = Terminal { id: name.to_owned(), station: Some(station("NDLS")), kind };
        let session = self.stage.kiosk.open_session(terminal.clone());
        let kiosk = &self.stage.kiosk;
        let seed = [u8::try_from(self.seats.len()).expect("a few sessions"); 32];
        let begin = Setup {
            terminal,
            stations: kiosk.stations(),
            rules: Arc::clone(kiosk.rules()),
            test_payment: kiosk.settings().test_payment,
            seed,
            ..setup(kind)
        };
        let size = Size::new(80, 24);
        let app = App::new(begin, self.now());
        let seat = Seat { app, session, size, watches: BTreeMap::new(), ended: false };
        self.seats.insert(name.to_owned(), seat);
        self.tell(Msg::Resize(size)).await;
        Ok(())
    }

    async fn tell(&mut self, msg: Msg) {
        let here = self.here.clone();
        self.tell_to(&here, msg).await;
    }

    /// Something happens at a seat; its calls are answered one after the other, and their answers are told.
    async fn tell_to(&mut self, name: &str, msg: Msg) {
        let mut happened = vec![msg];
        while !happened.is_empty() {
            let now = self.now();
            let seat = self.seats.get_mut(name).expect("a seat");
            let msg = happened.remove(0);
            for effect in seat.app.update(now, msg) {
                match effect {
                    Effect::Call(id, request) => {
                        happened.push(Msg::Reply(id, seat.session.call(request).await));
                    }
                    Effect::Open(document, _) => happened.push(Msg::Opened(Ok(Opened::Saved(document.name)))),
                    Effect::Bell => {}
                    Effect::Quit => seat.ended = true,
                }
            }
        }
    }

    /// Follows the runs on all screens and tells what has changed of them.
    async fn settle(&mut self) {
        let names: Vec<String> = self.seats.keys().cloned().collect();
        for name in names {
            let seat = self.seats.get_mut(&name).expect("a seat");
            let wanted = seat.app.watch();
            seat.watches.retain(|run, _| wanted.iter().any(|watch| watch.run == *run));
            for watch in wanted {
                let session = &seat.session;
                seat.watches.entry(watch.run).or_insert_with(|| session.watch(watch.run, watch.attention));
            }
            let news = seat.watches.values_mut().filter_map(|watch| watch.changed().now_or_never().flatten());
            for state in news.collect::<Vec<_>>() {
                self.tell_to(&name, Msg::Live(state)).await;
            }
        }
    }

    async fn expect(&mut self, text: &str) -> Result<(), String> {
        loop {
            self.settle().await;
            if self.screen().contains(text) {
                return Ok(());
            }
            let changes: Vec<_> = self.seat().watches.values_mut().map(|watch| Box::pin(watch.changed())).collect();
            if changes.is_empty() {
                return Err("it does not stand there".to_owned());
            }
            let change = tokio::time::timeout(PATIENCE, select_all(changes)).await;
            let (state, _, _) = change.map_err(|_| "it does not stand there, and nothing changes")?;
            if let Some(state) = state {
                self.tell(Msg::Live(state)).await;
            }
        }
    }

    /// Time passes: every program is woken when it asked for it.
    async fn advance(&mut self, by: TimeDelta) {
        let end = self.now() + by;
        loop {
            let wakes = self.seats.iter().filter_map(|(name, seat)| Some((seat.app.next_wake()?, name.clone())));
            let Some((at, name)) = wakes.filter(|(at, _)| *at <= end).min() else { break };
            self.stage.clock.set(at.max(self.now()));
            self.tell_to(&name, Msg::Wake).await;
        }
        self.stage.clock.set(end);
        self.stage.kiosk.poll_once().await;
    }
}

fn span(text: &str) -> Result<TimeDelta, String> {
    let unit = text.chars().last().unwrap_or(' ');
    let number: i64 = text.trim_end_matches(unit).parse().map_err(|_| "a time such as 5m".to_owned())?;
    match unit {
        's' => Ok(TimeDelta::seconds(number)),
        'm' => Ok(TimeDelta::minutes(number)),
        'h' => Ok(TimeDelta::hours(number)),
        _ => Err("a time such as 90s, 5m or 2h".to_owned()),
    }
}
