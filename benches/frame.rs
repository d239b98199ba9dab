//! How long a keystroke takes through update, view and diff at 120x40, as a person feels it.
//!
//! `cargo bench --bench frame` types into the sign-in form and walks through the welcome screen. It only measures.
#![allow(clippy::print_stdout, reason = "a benchmark's figures are its output")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::domain::timetable::Timetable;
use kiosk::service::{rules_file, timetable_file};
use kiosk::terminal::painter::Painter;
use kiosk::ui::app::App;
use kiosk::ui::context::{Idle, Look, Setup};
use kiosk::ui::keys::Key;
use kiosk::ui::msg::Msg;
use ratatui::layout::Size;

/// What a keystroke aims at.
const AIM_US: u32 = 300;

const KEYSTROKES: usize = 5_000;

fn main() {
    let now: DateTime<Utc> = "2026-12-01T08:14:22Z".parse().expect("a moment");
    let mut app = App::new(setup(), now);
    let size = Size::new(120, 40);
    let mut painter = Painter::new(size);
    let _ = app.update(now, Msg::Resize(size));
    let script = [Key::Char('s'), Key::Char('a'), Key::Char('n'), Key::Char('i'), Key::Tab, Key::Char('x'), Key::Esc];
    let mut microseconds: Vec<f64> = script
        .into_iter()
        .cycle()
        .take(KEYSTROKES)
        .map(|key| {
            let began = Instant::now();
            drop(black_box(app.update(now, Msg::Key(key))));
            black_box(painter.paint(|buf| app.view(buf)).expect("memory takes it"));
            began.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    microseconds.sort_by(f64::total_cmp);
    println!("limit keystroke_to_diff_p50 {AIM_US} us");
    for (label, part) in [("p50", 50), ("p99", 99)] {
        let value = microseconds[(KEYSTROKES - 1) * part / 100];
        println!("figure keystroke_to_diff_{label} {value:.1} us");
    }
}

fn setup() -> Setup {
    let file = timetable_file::bundled();
    let timetable = Timetable::new(file.stations, file.trains.into_iter().map(Arc::new).collect());
    Setup {
        terminal: Terminal { id: "bench".to_owned(), station: None, kind: TerminalKind::Counter },
        identity: None,
        stations: Arc::clone(timetable.stations()),
        rules: Arc::new(rules_file::bundled()),
        look: Look::default(),
        documents: Vec::new(),
        hints: Vec::new(),
        test_payment: false,
        idle: Idle::default(),
        seed: [0; 32],
    }
}
