//! Somebody at a terminal, who goes on typing while lists are read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use kiosk::service::{Kiosk, rules_file};
use kiosk::terminal::painter::Painter;
use kiosk::ui::app::App;
use kiosk::ui::context::Setup;
use kiosk::ui::keys::Key;
use kiosk::ui::msg::{Effect, Msg};
use ratatui::layout::Size;
use tokio::time::Instant;

use super::library::Library;
use super::{List, open};
use crate::service_kit::terminal;

const SIZE: Size = Size::new(120, 40);
/// How often they press a key, and how many times.
const EVERY: Duration = Duration::from_millis(10);
const KEYS: u32 = 600;
/// How many others open lists meanwhile.
const READERS: usize = 4;

/// The figures of somebody who types while nobody reads, and then while others open all lists again and again.
pub async fn types_while_lists_open(library: &Library, lists: Vec<List>) -> Vec<String> {
    let (app, now) = at_a_list(library).await;
    let alone = tokio::spawn(keys(app.clone(), now)).await.expect("it goes on");
    let (lists, goes_on) = (Arc::new(lists), Arc::new(AtomicBool::new(true)));
    let readers: Vec<_> = (0..READERS)
        .map(|reader| {
            let (session, lists, goes_on) = (library.session.clone(), Arc::clone(&lists), Arc::clone(&goes_on));
            tokio::spawn(async move {
                let mut opened = 0_u32;
                for list in lists.iter().cycle().skip(reader * 5) {
                    if !goes_on.load(Ordering::SeqCst) {
                        break;
                    }
                    open(&session, list, None).await;
                    opened += 1;
                }
                opened
            })
        })
        .collect();
    let beside = tokio::spawn(keys(app, now)).await.expect("it goes on");
    goes_on.store(false, Ordering::SeqCst);
    let mut opened = 0;
    for reader in readers {
        opened += reader.await.expect("it goes on");
    }
    assert!(opened > 0, "lists were opened meanwhile");
    let mut lines = vec![format!("figure lists_opened_meanwhile {opened} lists")];
    for (name, mut times) in [("key_alone", alone), ("key_while_lists_open", beside)] {
        times.sort_unstable();
        for (label, part) in [("p50", 50), ("p99", 99)] {
            let took = times[(times.len() - 1) * part / 100].as_secs_f64() * 1e3;
            lines.push(format!("figure {name}_{label} {took:.2} ms"));
        }
    }
    lines
}

/// Presses keys at set times, and says how long after each the terminal had the frame: what a late start adds counts as well.
async fn keys(mut app: App, now: DateTime<Utc>) -> Vec<Duration> {
    let mut painter = Painter::new(SIZE);
    let begun = Instant::now();
    let mut times = Vec::new();
    for (nth, key) in (1..=KEYS).zip([Key::Down, Key::Up].into_iter().cycle()) {
        let due = begun + EVERY * nth;
        tokio::time::sleep_until(due).await;
        drop(app.update(now, Msg::Key(key)));
        let frame = painter.paint(app.ground(), |buf| app.view(buf)).expect("memory takes it");
        assert!(!frame.is_empty(), "each key shows");
        times.push(due.elapsed());
    }
    times
}

/// An administrator in the office, with the trains on the screen.
async fn at_a_list(library: &Library) -> (App, DateTime<Utc>) {
    let kiosk: &Kiosk = &library.kiosk;
    let rules = Arc::new(rules_file::bundled());
    let nobody = Setup::new(terminal("COUNTER-1"), kiosk.stations(), rules);
    let setup = Setup { identity: library.session.identity(), ..nobody };
    let now = kiosk.now();
    let mut app = App::new(setup, now);
    let mut painter = Painter::new(SIZE);
    for msg in [Msg::Resize(SIZE), Msg::Key(Key::F(12)), Msg::Key(Key::Char('t'))] {
        let mut effects = app.update(now, msg);
        while let Some(effect) = effects.pop() {
            if let Effect::Call(id, request) = effect {
                let answer = library.session.call(request).await;
                effects.extend(app.update(now, Msg::Reply(id, answer)));
            }
        }
    }
    let before = painter.paint(app.ground(), |buf| app.view(buf)).expect("memory takes it").len();
    drop(app.update(now, Msg::Key(Key::Down)));
    let moved = painter.paint(app.ground(), |buf| app.view(buf)).expect("memory takes it").len();
    assert!(before > moved && moved > 0, "a list is on the screen, and its cursor moves: {before} {moved}");
    (app, now)
}
