//! The line itself: editing, the lines before, completion, and what is wrong with what is typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::command::grammar::{self, REPEAT};
use crate::ui::command::{BadEntry, Entry};
use crate::ui::context::World;
use crate::ui::form::{Field, Focus};
use crate::ui::keys::{Hint, Key};
use crate::ui::text;

/// Characters of a line: a group with its names, and the rest of its sale.
const MAX: usize = 2_000;

/// How many lines are kept to be typed again.
const KEPT: usize = 50;

/// Columns before what is typed.
const PROMPT: u16 = 3;

/// A command line.
#[derive(Clone, Debug)]
pub struct CommandLine {
    field: Field,
    shown: Shown,
    problem: Option<BadEntry>,
    /// The lines before, the newest last.
    history: Vec<String>,
    /// Which of them is on the line, and what was typed before it was.
    recalled: Option<(usize, String)>,
    /// What the last word may become.
    offered: Vec<(String, String)>,
    /// Which of those stands on the line, and what stands before it.
    taken: Option<(usize, String)>,
}

/// Whether the line is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    No,
    Yes,
}

/// What became of the line after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    /// It stays.
    Stays,
    /// It closes; what was typed is kept.
    Closes,
    /// It was read: do this. The text is the line as it was read.
    Entered(String, Vec<Entry>),
}

impl Default for CommandLine {
    fn default() -> Self {
        Self {
            field: Field::text("Entry", MAX),
            shown: Shown::No,
            problem: None,
            history: Vec::new(),
            recalled: None,
            offered: Vec::new(),
            taken: None,
        }
    }
}

impl CommandLine {
    /// Whether it is on the screen.
    pub fn is_open(&self) -> bool {
        self.shown == Shown::Yes
    }

    /// Shows it, with what was typed before it was closed.
    pub fn open(&mut self, world: &World) {
        self.shown = Shown::Yes;
        self.look(world);
    }

    /// Takes it off the screen; what was typed is kept.
    pub fn close(&mut self) {
        self.shown = Shown::No;
        self.problem = None;
    }

    /// Keeps a text for when it is opened again.
    pub fn keep(&mut self, text: &str) {
        self.field.set_value(text);
    }

    /// Shows a text that could not be done, with what is wrong and where.
    pub fn refuse(&mut self, text: &str, bad: BadEntry) {
        self.field.set_value(text);
        self.field.move_to(bad.at);
        self.shown = Shown::Yes;
        self.offered.clear();
        self.problem = Some(bad);
    }

    /// What is wrong with what is typed.
    pub fn problem(&self) -> Option<&BadEntry> {
        self.problem.as_ref()
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        self.field.value()
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key, world: &World) -> Did {
        match key {
            Key::Esc => {
                self.close();
                return Did::Closes;
            }
            Key::Enter => return self.enter(world),
            Key::Up => self.recall(-1),
            Key::Down => self.recall(1),
            Key::Tab => self.complete(1),
            Key::BackTab => self.complete(-1),
            key => {
                if self.field.key(key) {
                    self.edited(world);
                }
            }
        }
        Did::Stays
    }

    /// Fills it from the clipboard; line breaks become spaces, and nothing is done.
    pub fn paste(&mut self, text: &str, world: &World) {
        self.field.paste(text);
        self.edited(world);
    }

    fn edited(&mut self, world: &World) {
        (self.recalled, self.taken, self.problem) = (None, None, None);
        self.look(world);
    }

    fn look(&mut self, world: &World) {
        self.offered = if self.field.is_at_end() { grammar::complete(self.field.value(), world) } else { Vec::new() };
        self.taken = None;
    }

    fn enter(&mut self, world: &World) -> Did {
        let mut line = self.field.value().trim().to_owned();
        if line == REPEAT {
            let Some(before) = self.history.last() else {
                let why = "Nothing was entered before: type h for all entries.".to_owned();
                self.problem = Some(BadEntry { at: 0, why });
                return Did::Stays;
            };
            line.clone_from(before);
        }
        match grammar::read(&line, world) {
            Ok(entries) if entries.is_empty() => {
                self.close();
                Did::Closes
            }
            Ok(entries) => {
                self.history.retain(|other| *other != line);
                self.history.push(line.clone());
                if self.history.len() > KEPT {
                    self.history.remove(0);
                }
                (self.recalled, self.taken) = (None, None);
                self.field.set_value("");
                self.close();
                Did::Entered(line, entries)
            }
            Err(bad) => {
                self.refuse(&line, bad);
                Did::Stays
            }
        }
    }

    /// Goes to an earlier line or a later one; behind the last stands what was typed.
    fn recall(&mut self, step: isize) {
        let (at, typed) = match self.recalled.take() {
            Some((at, typed)) => (at, typed),
            None => (self.history.len(), self.field.value().to_owned()),
        };
        let to = at.saturating_add_signed(step).min(self.history.len());
        self.field.set_value(self.history.get(to).unwrap_or(&typed));
        self.recalled = (to < self.history.len()).then_some((to, typed));
        (self.problem, self.taken) = (None, None);
        self.offered.clear();
    }

    /// Makes the last word the next of those that it may become.
    fn complete(&mut self, step: isize) {
        if self.offered.is_empty() {
            return;
        }
        let count = self.offered.len().cast_signed();
        let (at, stem) = if let Some((at, stem)) = self.taken.take() {
            ((at.cast_signed() + step).rem_euclid(count).unsigned_abs(), stem)
        } else {
            let typed = self.field.value();
            let begins = typed
                .rfind(|c: char| c.is_whitespace() || c == ';')
                .map_or(0, |before| before + typed[before..].chars().next().map_or(0, char::len_utf8));
            (if step < 0 { self.offered.len() - 1 } else { 0 }, typed[..begins].to_owned())
        };
        self.field.set_value(&format!("{stem}{}", self.offered[at].0));
        self.taken = Some((at, stem));
    }

    /// The keys that work in it.
    pub fn hints() -> Vec<Hint> {
        let hint = |key, shown, label| Hint { key, shown, label, help: "" };
        vec![
            hint(Key::Enter, "Enter", "do it"),
            hint(Key::Tab, "Tab", "complete"),
            hint(Key::Up, "↑↓", "lines before"),
            hint(Key::Esc, "Esc", "close"),
        ]
    }

    /// Draws it in a row, what is to be said of it in the next, and what does not fit there in the last.
    pub fn view(&self, buf: &mut Buffer, [row, says, last]: [Rect; 3], world: &World) {
        let theme = &world.theme;
        for blank in [row, says] {
            buf.set_stringn(blank.x, blank.y, " ".repeat(blank.width.into()), blank.width.into(), theme.text);
        }
        buf.set_stringn(row.x, row.y, "▌›", 2, theme.accent);
        let place = Rect { x: row.x + PROMPT, width: row.width.saturating_sub(PROMPT + 1), ..row };
        self.field.view_value(buf, place, Focus::Here, world);
        if let Some(bad) = &self.problem {
            let column = place.x + self.field.column_of(bad.at, place.width);
            view_problem(buf, (says, last), column, &bad.why, world);
        } else if let Some(error) = self.field.error() {
            buf.set_stringn(says.x + PROMPT, says.y, text::fit(error, place.width), place.width.into(), theme.bad);
        } else {
            self.view_offered(buf, Rect { x: place.x, width: place.width, ..says }, world);
        }
    }

    /// Draws what the last word may become, or how the entry is written.
    fn view_offered(&self, buf: &mut Buffer, row: Rect, world: &World) {
        let theme = &world.theme;
        let typed_whole = matches!(&self.offered[..], [(only, _)] if self.text().ends_with(only.as_str()));
        if self.offered.is_empty() || typed_whole && self.taken.is_none() {
            if let Some(form) = grammar::form_of(self.text()) {
                let (x, y) = buf.set_stringn(row.x, row.y, form.form, row.width.into(), theme.strong);
                let room = row.right().saturating_sub(x + 2);
                // Where all of it has no room, its beginning says the most.
                let help = match form.help.split_once(';') {
                    Some((beginning, _)) if text::width(form.help) > room => beginning,
                    _ => form.help,
                };
                buf.set_stringn((x + 2).min(row.right()), y, text::fit(help, room), room.into(), theme.dim);
            }
            return;
        }
        let mut x = row.x;
        for (index, (word, meaning)) in self.offered.iter().enumerate() {
            let needed = text::width(word) + 1 + text::width(meaning);
            if x + needed > row.right() {
                break;
            }
            let taken = self.taken.as_ref().is_some_and(|(at, _)| *at == index);
            let style = if taken { theme.focus } else { theme.key };
            (x, _) = buf.set_stringn(x, row.y, word, row.width.into(), style);
            (x, _) = buf.set_stringn(x + 1, row.y, meaning, row.width.into(), theme.dim);
            x += 2;
        }
    }

    /// Draws what of it is still to be done.
    pub fn view_rest(buf: &mut Buffer, row: Rect, rest: &str, world: &World) {
        let room = row.width.saturating_sub(PROMPT + 1);
        let words = text::left(&format!("› {rest}"), room + PROMPT);
        buf.set_stringn(row.x + 1, row.y, words, row.width.saturating_sub(1).into(), world.theme.dim);
    }
}

/// Points at a column from below, and says what is wrong beside it; what has no room there stands in the last row.
fn view_problem(buf: &mut Buffer, (says, last): (Rect, Rect), column: u16, why: &str, world: &World) {
    let theme = &world.theme;
    buf.set_stringn(column, says.y, "^", 1, theme.bad);
    let (wide, room) = (text::width(why), says.right().saturating_sub(column + 3));
    let below = |buf: &mut Buffer, words: &str| {
        let line = text::left(&format!(" {words}"), last.width);
        buf.set_stringn(last.x, last.y, line, last.width.into(), theme.bad);
    };
    match &text::wrap(why, room)[..] {
        [beside] => {
            buf.set_stringn(column + 2, says.y, beside, room.into(), theme.bad);
        }
        _ if says.x + 2 + wide < column => {
            buf.set_stringn(column - 1 - wide, says.y, why, wide.into(), theme.bad);
        }
        [beside, rest] => {
            buf.set_stringn(column + 2, says.y, beside, room.into(), theme.bad);
            below(buf, rest);
        }
        _ => below(buf, why),
    }
}
