//! The keys that work here, from the same tables that drive them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::command::Form;
use crate::ui::context::World;
use crate::ui::keys::{Hint, Key, Mouse, MouseKind};
use crate::ui::overlay::After;
use crate::ui::text;
use crate::ui::widgets::panel;

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

    fn lines(&self) -> u16 {
        // An entry has a line for its form and one for what it does.
        let entries = if self.entries.is_empty() { 0 } else { 2 + 2 * self.entries.len() };
        u16::try_from(self.hints.len() + self.everywhere.len() + 3 + entries).unwrap_or(u16::MAX)
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> After {
        let last = self.lines().saturating_sub(1);
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
        let height = self.lines() + 2;
        let inner = panel::frame(buf, panel::centred(area, 76, height), "Keys", theme.accent, world);
        let mut lines = vec![Line::Heading(self.place.as_str())];
        lines.extend(self.hints.iter().map(Line::Key));
        lines.push(Line::Heading(""));
        lines.push(Line::Heading("Everywhere"));
        lines.extend(self.everywhere.iter().map(Line::Key));
        if !self.entries.is_empty() {
            lines.push(Line::Heading(""));
            lines.push(Line::Heading("Entries of the command line, chained by ;"));
            lines.extend(self.entries.iter().flat_map(|form| [Line::Form(form), Line::Does(form)]));
        }
        let top = self.top.min(self.lines().saturating_sub(inner.height));
        for (row, line) in inner.rows().zip(lines.iter().skip(top.into())) {
            match line {
                Line::Heading(words) => {
                    buf.set_stringn(row.x, row.y, text::fit(words, row.width), row.width.into(), theme.strong);
                }
                Line::Form(form) => {
                    buf.set_stringn(row.x + 1, row.y, form.form, row.width.into(), theme.key);
                }
                Line::Does(form) => {
                    let room = row.width.saturating_sub(3);
                    buf.set_stringn(row.x + 3, row.y, text::fit(form.help, room), room.into(), theme.text);
                }
                Line::Key(hint) => {
                    buf.set_stringn(row.x + 1, row.y, hint.shown, 12, theme.key);
                    let words = if hint.help.is_empty() { hint.label } else { hint.help };
                    let room = row.width.saturating_sub(15);
                    buf.set_stringn(row.x + 14, row.y, text::fit(words, room), room.into(), theme.text);
                }
            }
        }
    }
}

enum Line<'a> {
    Heading(&'a str),
    Key(&'a Hint),
    Form(&'a Form),
    Does(&'a Form),
}
