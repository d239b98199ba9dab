//! A session's recording as it is made, with what was seen after each message, to be compared with what a replay shows.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use kiosk::domain::rules::Rules;
use kiosk::ui::app::App;
use kiosk::ui::context::Setup;
use kiosk::ui::msg::Msg;
use kiosk::ui::recording::{End, Ending, Recording, Scribe};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::ui_kit::{draw, words};

/// The sizes at which screens are compared.
const SIZES: [Size; 2] = [Size::new(80, 24), Size::new(132, 43)];

/// The recording of one session.
#[derive(Debug)]
pub struct Tape {
    scribe: Scribe,
    bytes: Vec<u8>,
    seen: Vec<[u64; 2]>,
}

impl Tape {
    /// The recording of a session that begins.
    pub fn new(setup: &Setup, now: DateTime<Utc>) -> Self {
        Self { scribe: Scribe::default(), bytes: Scribe::header(setup, now), seen: Vec::new() }
    }

    /// What the program is about to take.
    pub fn take(&mut self, now: DateTime<Utc>, app: &App, msg: &Msg) {
        self.bytes.extend(self.scribe.message(now, app, msg));
    }

    /// What the program shows then.
    pub fn saw(&mut self, app: &App) {
        self.seen.push(pictures(app));
    }

    /// The file.
    pub fn end(mut self, now: DateTime<Utc>) -> (Vec<u8>, Vec<[u64; 2]>) {
        self.bytes.extend(Scribe::end(now, End::Over));
        (self.bytes, self.seen)
    }

    /// Replays the file into a fresh program: after every message it shows what the session showed.
    pub fn check(self, now: DateTime<Utc>, rules: &Arc<Rules>) -> String {
        let (bytes, seen) = self.end(now);
        let recording = Recording::read(&bytes, rules).expect("it is whole");
        assert_eq!((recording.entries.len(), recording.ending), (seen.len(), Ending::Told(End::Over)));
        let mut app = recording.app();
        for (number, (entry, seen)) in (1..).zip(recording.entries.iter().zip(&seen)) {
            let _ = app.update(entry.at, entry.msg.clone());
            assert_eq!(
                pictures(&app),
                *seen,
                "another screen after message {number}, {:?}:\n{}",
                entry.msg,
                words(&draw(&app, SIZES[0]))
            );
        }
        String::from_utf8(bytes).expect("JSON is UTF-8")
    }
}

/// A screen with stars in the place of one-time codes, as a recording has them.
fn without_codes(mut screen: Buffer) -> Buffer {
    const LETTERS: u16 = 19;
    let Rect { width, height, .. } = screen.area;
    for (y, x) in (0..height).flat_map(|y| (0..=width.saturating_sub(LETTERS)).map(move |x| (y, x))) {
        let is_code = (0..LETTERS).all(|nth| match screen[(x + nth, y)].symbol() {
            "-" => nth % 5 == 4,
            letter => nth % 5 != 4 && letter.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()),
        });
        for nth in (0..LETTERS).filter(|nth| is_code && nth % 5 != 4) {
            screen[(x + nth, y)].set_symbol("*");
        }
    }
    screen
}

/// Every cell with its style, at each size.
fn pictures(app: &App) -> [u64; 2] {
    SIZES.map(|size| {
        let mut hasher = DefaultHasher::new();
        without_codes(draw(app, size)).hash(&mut hasher);
        hasher.finish()
    })
}
