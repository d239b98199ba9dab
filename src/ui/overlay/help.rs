//! The keys that work here, from the same tables that drive them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::ui::command::Form;
use crate::ui::context::World;
use crate::ui::keys::{Hint, Key, Mouse, MouseKind};
use crate::ui::overlay::After;
use crate::ui::text;
use crate::ui::widgets::panel;

/// Columns of the page with its frame, and those within it.
const WIDTH: u16 = 76;
const ROOM: u16 = WIDTH - 4;
/// Where it is said what a key does, and what an entry does.
const KEY: u16 = 14;
const ENTRY: u16 = 3;

/// The help page.
#[derive(Clone, Debug)]
pub struct Help {
    place: String,
    hints: Vec<Hint>,
    everywhere: Vec<Hint>,
    entries: &'static [Form],
    top: u16,
}

impl Help {
    /// The keys of a place, those that work everywhere, and the entries of the command line.
    pub fn new(place: String, hints: Vec<Hint>, everywhere: Vec<Hint>, entries: &'static [Form]) -> Self {
        Self { place, hints, everywhere, entries, top: 0 }
    }

    /// Its lines; what is too long for one goes on in the next.
    fn lines(&self) -> Vec<Line<'_>> {
        let mut lines = vec![Line::Heading(self.place.as_str())];
        lines.extend(self.hints.iter().flat_map(key_lines));
        lines.push(Line::Heading(""));
        lines.push(Line::Heading("Everywhere"));
        lines.extend(self.everywhere.iter().flat_map(key_lines));
        if !self.entries.is_empty() {
            lines.push(Line::Heading(""));
            lines.push(Line::Heading("Entries of the command line, chained by ;"));
            lines.extend(self.entries.iter().flat_map(entry_lines));
        }
        lines
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> After {
        let last = rows(&self.lines()).saturating_sub(1);
        match key {
            Key::Up => self.top = self.top.saturating_sub(1),
            Key::Down => self.top = (self.top + 1).min(last),
            Key::PageUp => self.top = self.top.saturating_sub(10),
            Key::PageDown => self.top = (self.top + 10).min(last),
            _ => return After::Close,
        }
        After::Stay
    }

    /// Takes the mouse.
    pub fn mouse(&mut self, mouse: Mouse) -> After {
        match mouse.kind {
            MouseKind::ScrollUp => self.key(Key::Up),
            MouseKind::ScrollDown => self.key(Key::Down),
            MouseKind::Press => After::Close,
        }
    }

    /// Draws it.
    pub fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let lines = self.lines();
        let inner = panel::frame(buf, panel::centred(area, WIDTH, rows(&lines) + 2), "Keys", theme.accent, world);
        let top = self.top.min(rows(&lines).saturating_sub(inner.height));
        let put = |buf: &mut Buffer, row: Rect, at: u16, words: &str, style: Style| {
            let room = row.width.saturating_sub(at);
            buf.set_stringn(row.x + at, row.y, text::fit(words, room), room.into(), style);
        };
        for (row, line) in inner.rows().zip(lines.iter().skip(top.into())) {
            match line {
                Line::Heading(words) => put(buf, row, 0, words, theme.strong),
                Line::Form(form) => put(buf, row, 1, form, theme.key),
                Line::Does(words) => put(buf, row, ENTRY, words, theme.text),
                Line::Key(shown, words) => {
                    put(buf, row, 1, shown, theme.key);
                    put(buf, row, KEY, words, theme.text);
                }
            }
        }
    }
}

fn rows(lines: &[Line<'_>]) -> u16 {
    u16::try_from(lines.len()).unwrap_or(u16::MAX)
}

/// What a key does, beside it and below.
fn key_lines(hint: &Hint) -> Vec<Line<'_>> {
    let words = if hint.help.is_empty() { hint.label } else { hint.help };
    let mut shown = hint.shown;
    text::wrap(words, ROOM - KEY).into_iter().map(|words| Line::Key(std::mem::take(&mut shown), words)).collect()
}

/// How an entry is written, and below what it does.
fn entry_lines(form: &Form) -> Vec<Line<'_>> {
    let does = text::wrap(form.help, ROOM - ENTRY).into_iter().map(Line::Does);
    std::iter::once(Line::Form(form.form)).chain(does).collect()
}

enum Line<'a> {
    Heading(&'a str),
    Key(&'a str, String),
    Form(&'a str),
    Does(String),
}
