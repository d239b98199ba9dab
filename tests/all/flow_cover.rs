//! What the journeys come past: every screen, and every entry of the command line in its shortest and in its longest form.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use kiosk::ui::app::App;
use kiosk::ui::command::ENTRIES;
use kiosk::ui::keys::Key;
use kiosk::ui::msg::Msg;
use kiosk::ui::screen::Screen;
use strum::VariantNames as _;

use super::{Hall, MIXED, PROMPT, Seat};
use crate::service_account::Log;
use crate::ui_kit::{draw, words};

impl Hall {
    /// Notes which screen whoever sits here sees. Where it is seen first, the command line opens over it for those who sell,
    /// and for nobody else.
    pub(super) fn look(&mut self) {
        let Some(seat) = self.seats.get(&self.here) else { return };
        let screen = seat.app.top().into();
        if !self.seen.contains(&screen) {
            self.seen.push(screen);
        }
        if seat.app.overlay().is_none() && !self.screen().contains(PROMPT) && self.opened.insert(screen) {
            check_line(seat, self.now());
        }
    }
}

/// Opens the command line over what somebody sees, and closes it again: nothing is another then.
fn check_line(seat: &Seat, now: DateTime<Utc>) {
    let mut app = seat.app.clone();
    let before = words(&draw(&app, seat.size));
    let press = |app: &mut App, key| {
        app.update(now, Msg::Key(key));
        words(&draw(app, seat.size))
    };
    let opened = press(&mut app, Key::F(10));
    assert_eq!(opened.contains(PROMPT), app.world().takes_money(), "F10 over\n{before}\nshows\n{opened}");
    if opened.contains(PROMPT) {
        assert_eq!(press(&mut app, Key::Esc), before, "Esc leaves what was there");
    }
}

/// The screens that a flow says it shows.
pub(super) fn screens(script: &str) -> BTreeSet<&str> {
    script.lines().filter_map(|line| line.strip_prefix("# screens:")).flat_map(str::split_whitespace).collect()
}

/// The scripts of all journeys.
fn scripts() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows");
    let files = fs::read_dir(folder).expect("the folder of flows");
    files.map(|file| fs::read_to_string(file.expect("a file").path()).expect("a script")).collect()
}

/// The entries of the lines in a script, each in its words.
fn entries(script: &str) -> Vec<Vec<String>> {
    let lines = script.lines().filter_map(|line| line.trim().strip_prefix("line "));
    let words = |entry: &str| entry.split_whitespace().map(str::to_lowercase).collect();
    lines.flat_map(|line| line.split(';')).map(words).collect()
}

/// How an entry is written at its shortest and at its longest, in words; of ways, the first.
fn lengths(form: &str) -> (usize, usize) {
    let first_way = form.split('|').next().unwrap_or_default();
    let mut depth = 0;
    let (mut shortest, mut longest) = (0, 0);
    for word in first_way.split_whitespace().filter(|word| !word.starts_with("...")) {
        depth += word.matches('[').count();
        longest += 1;
        shortest += usize::from(depth == 0);
        depth -= word.matches(']').count();
    }
    (shortest, longest)
}

#[test]
fn every_screen_is_in_a_journey() {
    let scripts = scripts();
    let seen: BTreeSet<&str> = scripts.iter().flat_map(|script| screens(script)).collect();
    let all: BTreeSet<&str> = Screen::VARIANTS.iter().copied().collect();
    let missing: Vec<_> = all.difference(&seen).collect();
    assert!(missing.is_empty(), "write a journey in tests/flows that comes past {missing:?}");
    assert_eq!(seen, all, "and no journey names another");
}

#[test]
fn every_entry_of_the_line_is_in_a_journey_with_and_without_what_may_be_left_out() {
    let typed: Vec<_> = scripts().iter().flat_map(|script| entries(script)).collect();
    for form in ENTRIES {
        let own: Vec<_> = typed.iter().filter(|words| words.first().is_some_and(|word| word == form.word)).collect();
        let (shortest, longest) = lengths(form.form);
        for wanted in [shortest, longest] {
            let is_there = own.iter().any(|words| words.len() == wanted);
            assert!(is_there, "no journey types {} in {wanted} words: {own:?}", form.form);
        }
        let fixed = form.form.split(|c: char| !c.is_alphabetic()).skip(1).filter(|word| !word.is_empty());
        for word in fixed.filter(|word| word.chars().all(char::is_lowercase)) {
            assert!(own.iter().any(|words| words.iter().any(|own| own == word)), "no journey types {word}: {own:?}");
        }
    }
}

/// An entry, the steps of a script by which it is done on the line, and those by which keys do the same at another counter that
/// has sold the same until then.
const SAME: &[(&str, &str, &str)] = &[
    ("h", "line h", "keys <f1>"),
    ("", "keys <esc>", "keys <esc>"),
    ("a", "line a ndls 5dec 3a", "keys ndls<enter>5 dec<tab><tab>3a<enter>"),
    ("s", "line s 1 3a", "keys <enter><enter>"),
    ("n", "line n sharma/anita f34", "keys Anita Sharma<enter>34<enter>f<enter>"),
    ("t", "line t 9810012345", "keys 9810012345"),
    ("f", "line f", "keys <f2>"),
    ("p", "line p", "keys <enter>"),
    ("g", "line g", "keys g"),
    ("s", "line s 1 3a", "keys <enter><enter>"),
    ("l", "line l", "keys <f3>"),
    ("", "keys <esc>", "keys <esc>"),
    ("f", "line f", "keys <f2>"),
    ("p", "line p", "keys <enter>"),
    // No train goes back, which the line says beside the screen.
    ("w", "line w|keys <esc>", "keys w"),
    ("", "keys <esc>", "keys <esc>"),
    ("r", "line r {PNR}", "keys <f4><enter>"),
    ("c", "line c 1 sharma/anitha", "keys n<c-u>Anitha Sharma"),
    ("", "keys <enter>", "keys <enter>"),
    ("b", "line b brc", "keys b|keys <down><down>"),
    ("", "keys <enter><enter>", "keys <enter><enter>"),
    ("x", "line x", "keys c"),
    ("x", "line x", "keys <enter>"),
    ("", "keys <enter>", "keys <enter>"),
    ("", "line a ndls 5dec;s 1 3a 6", "line a ndls 5dec;s 1 3a 6"),
    ("k", "line k", "keys <c-n>"),
    ("", "line a ndls 5dec;s 1 3a 6", "line a ndls 5dec;s 1 3a 6"),
    ("k", "line k", "keys <c-n>"),
    ("", "line a ndls 5dec;s 1 3a 3|keys <esc>", "line a ndls 5dec;s 1 3a 3|keys <esc>"),
    ("j", "line j", "keys j"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_ends_on_the_screen_on_which_its_keys_do() {
    let (mut typed, mut pressed) = (Hall::built(MIXED, Log::default()).await, Hall::built(MIXED, Log::default()).await);
    for hall in [&mut typed, &mut pressed] {
        for step in ["account agnes agent", "session counter counter", "keys sagnes<tab>correct horse battery<enter>"] {
            hall.step(step).await.expect("she comes in");
        }
    }
    for (_, line, keys) in SAME {
        for (hall, steps) in [(&mut typed, line), (&mut pressed, keys)] {
            for step in steps.split('|') {
                let step = hall.filled(step);
                hall.step(&step).await.expect("keys are pressed");
            }
            hall.step("advance 8s").await.expect("what was said is read");
            if hall.screen().contains("CONFIRMED") {
                hall.step("remember PNR Ticket").await.ok();
            }
        }
        let (line_ends, keys_end) = (typed.screen(), pressed.screen());
        assert!(line_ends == keys_end, "{line} ends here:\n{line_ends}\n{keys} here:\n{keys_end}");
    }
    let done: BTreeSet<&str> = SAME.iter().map(|(word, ..)| *word).filter(|word| !word.is_empty()).collect();
    let all: BTreeSet<&str> = ENTRIES.iter().map(|form| form.word).collect();
    assert_eq!(done, all, "what is missing is to be tried as well");
}

#[test]
fn forms_are_measured_in_words() {
    assert_eq!(lengths("a [FROM] TO [DATE] [CLASS] [QUOTA]"), (2, 6));
    assert_eq!(lengths("p [cash [RECEIVED] | card REFERENCE]"), (1, 3));
    assert_eq!(lengths("x [ROW ...]"), (1, 2));
    assert_eq!(lengths("j"), (1, 1));
}
