//! How long a keystroke takes through update, view and diff at 120x40, as a person feels it.
//!
//! `cargo bench --bench frame` types into the sign-in form and walks through the welcome screen; then agents, as many as sit
//! at one server, choose among the results of a search in turn, so that what a processor had at hand for one of them is gone
//! when they come again. It only measures.
#![allow(clippy::print_stdout, reason = "a benchmark's figures are its output")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use kiosk::aws::embedded;
use kiosk::domain::station::StationIndex;
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::domain::timetable::Timetable;
use kiosk::domain::user::{Email, Role, Username};
use kiosk::service::request::Request;
use kiosk::service::{Argon2Cost, Kiosk, Settings, SystemClock, rules_file, seed, timetable_file};
use kiosk::store::{Names, Store};
use kiosk::terminal::painter::Painter;
use kiosk::ui::app::App;
use kiosk::ui::context::Setup;
use kiosk::ui::keys::Key;
use kiosk::ui::msg::{Effect, Msg};
use ratatui::layout::Size;
use tempfile::TempDir;

/// What a keystroke aims at.
const AIM_US: u32 = 300;

const KEYSTROKES: usize = 5_000;
const AGENTS: usize = 500;
const SIZE: Size = Size::new(120, 40);

const NAME: &str = "agent";
const PASSWORD: &str = "correct horse battery";

fn main() {
    println!("limit keystroke_to_diff_p50 {AIM_US} us");
    report("keystroke_to_diff", alone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    report("keystroke_in_a_crowd", crowd(&runtime.block_on(at_results())));
}

fn report(name: &str, mut microseconds: Vec<f64>) {
    microseconds.sort_by(f64::total_cmp);
    for (label, part) in [("p50", 50), ("p99", 99)] {
        let value = microseconds[(KEYSTROKES - 1) * part / 100];
        println!("figure {name}_{label} {value:.1} us");
    }
}

/// One who has a processor alone, at the sign-in form.
fn alone() -> Vec<f64> {
    let now: DateTime<Utc> = "2026-12-01T08:14:22Z".parse().expect("a moment");
    let file = timetable_file::bundled();
    let timetable = Timetable::new(file.stations, file.trains.into_iter().map(Arc::new).collect());
    let mut app = App::new(setup(Arc::clone(timetable.stations())), now);
    let mut painter = Painter::new(SIZE);
    let _ = app.update(now, Msg::Resize(SIZE));
    let script = [Key::Char('s'), Key::Char('a'), Key::Char('n'), Key::Char('i'), Key::Tab, Key::Char('x'), Key::Esc];
    let keys = script.into_iter().cycle().take(KEYSTROKES);
    keys.map(|key| stroke(&mut app, &mut painter, key, now)).collect()
}

/// Many, one after the other: each chooses a class among the results, to and fro.
fn crowd((app, now): &(App, DateTime<Utc>)) -> Vec<f64> {
    let mut agents: Vec<_> = (0..AGENTS).map(|_| (app.clone(), Painter::new(SIZE))).collect();
    for (app, painter) in &mut agents {
        stroke(app, painter, Key::Left, *now);
    }
    let keys = [Key::Right, Key::Left].into_iter().cycle();
    let rounds = keys.take(KEYSTROKES / AGENTS).flat_map(|key| (0..AGENTS).map(move |agent| (key, agent)));
    let press = |(key, agent): (Key, usize)| {
        let (app, painter) = &mut agents[agent];
        stroke(app, painter, key, *now)
    };
    rounds.map(press).collect()
}

/// Microseconds from a key to the bytes that show what it did.
fn stroke(app: &mut App, painter: &mut Painter, key: Key, now: DateTime<Utc>) -> f64 {
    let began = Instant::now();
    drop(black_box(app.update(now, Msg::Key(key))));
    black_box(app.watch());
    black_box(painter.paint(app.ground(), |buf| app.view(buf)).expect("memory takes it"));
    began.elapsed().as_secs_f64() * 1e6
}

/// An agent who looks at the trains of tomorrow, with what is free on them.
async fn at_results() -> (App, DateTime<Utc>) {
    let folder = TempDir::new().expect("a folder");
    let store = Store::new(embedded::in_memory(folder.path()).expect("the engines start"), Names::default());
    seed::prepare(&store, &rules_file::bundled(), &SystemClock, |_| {}).await.expect("it can be seeded");
    let mut settings = Settings::development((0..32).collect::<Vec<u8>>().into());
    settings.argon2 = Argon2Cost { memory_kib: 8, passes: 1, lanes: 1 };
    let kiosk = Kiosk::start(store, settings, Arc::new(SystemClock)).await.expect("the catalogue is read");
    let (name, email) = (Username::parse(NAME).expect("a name"), Email::parse("a@example.in").expect("an address"));
    kiosk.add_account(name, email, Role::Agent, PASSWORD.to_owned().into()).await.expect("nobody has the name");
    let session = kiosk.open_session(terminal());
    let request = Request::SignIn { name: NAME.to_owned(), password: PASSWORD.to_owned().into() };
    session.call(request).await.expect("they get in");
    let setup = Setup { identity: session.identity(), ..setup(kiosk.stations()) };
    let now = kiosk.now();
    let mut app = App::new(setup, now);
    let typed = ["NDLS", "\t", "MMCT", "\t", "\n", "]"].concat();
    let typed = typed.chars().map(|sign| match sign {
        '\t' => Key::Tab,
        '\n' => Key::Enter,
        sign => Key::Char(sign),
    });
    for msg in [Msg::Resize(SIZE)].into_iter().chain(typed.map(Msg::Key)) {
        let mut effects = app.update(now, msg);
        while let Some(Effect::Call(id, request)) = effects.pop() {
            let answer = session.call(request).await;
            effects.extend(app.update(now, Msg::Reply(id, answer)));
        }
    }
    for watch in app.watch() {
        let state = kiosk.watch(watch.run, watch.attention).changed().await.expect("it has a state");
        let _ = app.update(now, Msg::Live(state));
    }
    assert!(!app.watch().is_empty(), "there are trains");
    (app, now)
}

fn setup(stations: Arc<StationIndex>) -> Setup {
    Setup::new(terminal(), stations, Arc::new(rules_file::bundled()))
}

fn terminal() -> Terminal {
    Terminal { id: "bench".to_owned(), station: None, kind: TerminalKind::Counter }
}
