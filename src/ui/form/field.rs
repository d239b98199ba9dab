//! One field of a form.

use std::fmt;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use secrecy::SecretString;
use tui_input::{Input, InputRequest};
use unicode_segmentation::UnicodeSegmentation;

use crate::domain::text::is_hidden;
use crate::ui::context::World;
use crate::ui::keys::{Key, Typing};
use crate::ui::text;

/// Columns of the label when a field is drawn in a row of its own.
pub const LABEL: u16 = 22;

/// Whether a field has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// It has.
    Here,
    /// Another has.
    Elsewhere,
}

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A password: shown as dots, and never by `Debug`.
    Password,
    /// Digits alone.
    Digits,
    /// Digits, and the signs that people write between those of a telephone number.
    Phone,
    /// One of several answers.
    Choice,
}

/// One field of a form.
#[derive(Clone)]
pub struct Field {
    label: &'static str,
    kind: Kind,
    input: Input,
    max: usize,
    options: Vec<String>,
    chosen: usize,
    note: &'static str,
    error: Option<String>,
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.kind == Kind::Password { "[redacted]" } else { self.input.value() };
        f.debug_struct("Field")
            .field("label", &self.label)
            .field("value", &value)
            .field("chosen", &self.chosen)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl Field {
    fn of(label: &'static str, kind: Kind, max: usize) -> Self {
        let (input, options) = (Input::default(), Vec::new());
        Self { label, kind, input, max, options, chosen: 0, note: "", error: None }
    }

    /// A field for text of at most `max` characters.
    pub fn text(label: &'static str, max: usize) -> Self {
        Self::of(label, Kind::Text, max)
    }

    /// A field for a password.
    pub fn password(label: &'static str) -> Self {
        Self::of(label, Kind::Password, 128)
    }

    /// A field for at most `max` digits.
    pub fn digits(label: &'static str, max: usize) -> Self {
        Self::of(label, Kind::Digits, max)
    }

    /// A field for a telephone number of at most `max` characters.
    pub fn phone(label: &'static str, max: usize) -> Self {
        Self::of(label, Kind::Phone, max)
    }

    /// A field for one of several answers, the first at the beginning. It needs at least one.
    pub fn choice<T: Into<String>>(label: &'static str, options: impl IntoIterator<Item = T>) -> Self {
        let options: Vec<String> = options.into_iter().map(Into::into).collect();
        debug_assert!(!options.is_empty(), "a choice has answers");
        Self { options, ..Self::of(label, Kind::Choice, 0) }
    }

    /// With a few words that stand under it while there is no error.
    pub fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// With a value to begin with.
    pub fn with_value(mut self, value: &str) -> Self {
        self.set_value(value);
        self
    }

    /// The few words that it was given.
    pub fn noted(&self) -> &'static str {
        self.note
    }

    /// What it takes.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its label.
    pub fn label(&self) -> &'static str {
        self.label
    }

    /// What is typed; the answer's words for a choice, and nothing of a password: no screen goes by what one says, so
    /// that a session whose passwords were left out plays the same.
    pub fn value(&self) -> &str {
        match self.kind {
            Kind::Choice => &self.options[self.chosen],
            Kind::Password => "",
            Kind::Text | Kind::Digits | Kind::Phone => self.input.value(),
        }
    }

    /// How many characters are typed: all that a screen may know of a password.
    pub fn length(&self) -> usize {
        self.input.value().chars().count()
    }

    /// Which answer is chosen.
    pub fn chosen(&self) -> usize {
        self.chosen
    }

    /// Chooses an answer.
    pub fn choose(&mut self, answer: usize) {
        self.chosen = answer.min(self.options.len().saturating_sub(1));
        self.error = None;
    }

    /// Whether nothing is typed. A space is a character of a password like any other.
    pub fn is_empty(&self) -> bool {
        match self.kind {
            Kind::Choice => false,
            Kind::Password => self.input.value().is_empty(),
            Kind::Text | Kind::Digits | Kind::Phone => self.input.value().trim().is_empty(),
        }
    }

    /// Fills it.
    pub fn set_value(&mut self, value: &str) {
        self.input = Input::new(value.to_owned());
        self.error = None;
    }

    /// Puts the cursor before a character, counted from 0.
    pub fn move_to(&mut self, at: usize) {
        self.input.handle(InputRequest::SetCursor(at));
    }

    /// Whether the cursor stands behind all that is typed.
    pub fn is_at_end(&self) -> bool {
        self.input.cursor() == self.length()
    }

    /// The column at which a character is drawn in a place of this width, from its left edge.
    pub fn column_of(&self, at: usize, width: u16) -> u16 {
        let before: String = text::clean(self.input.value()).chars().take(at).collect();
        text::width(&before).saturating_sub(self.scroll(self.columns(width))).min(width.saturating_sub(1))
    }

    /// Columns that it takes of a place.
    fn columns(&self, width: u16) -> u16 {
        width.min(u16::try_from(self.max + 1).unwrap_or(u16::MAX))
    }

    /// Columns that are scrolled out of so many, so that the cursor is among them.
    fn scroll(&self, columns: u16) -> u16 {
        (self.columns_before_cursor() + 1).saturating_sub(columns)
    }

    fn columns_before_cursor(&self) -> u16 {
        let before: String = self.shown().chars().take(self.input.cursor()).collect();
        text::width(&before)
    }

    /// What is drawn of what is typed.
    fn shown(&self) -> String {
        match self.kind {
            Kind::Password => "•".repeat(self.length()),
            _ => text::clean(self.input.value()).into_owned(),
        }
    }

    /// Hands out what was typed, which stays.
    pub fn secret(&self) -> SecretString {
        SecretString::from(self.input.value())
    }

    /// Empties it and hands out what was typed.
    pub fn take_secret(&mut self) -> SecretString {
        self.error = None;
        SecretString::from(self.input.value_and_reset())
    }

    /// Why it cannot be taken.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Says why it cannot be taken.
    pub fn refuse(&mut self, why: impl Into<String>) {
        self.error = Some(why.into());
    }

    /// Takes the refusal back.
    pub fn accept(&mut self) {
        self.error = None;
    }

    /// Whether characters are text for it.
    pub fn typing(&self) -> Typing {
        match self.kind {
            Kind::Choice => Typing::No,
            Kind::Password => Typing::Secret,
            Kind::Text | Kind::Digits | Kind::Phone => Typing::Yes,
        }
    }

    /// Takes a key. Returns whether it was for the field.
    pub fn key(&mut self, key: Key) -> bool {
        if self.kind == Kind::Choice {
            return self.choice_key(key);
        }
        let request = match key {
            Key::Char(c) => {
                self.type_text(c.encode_utf8(&mut [0; 4]));
                return true;
            }
            Key::Backspace => InputRequest::DeletePrevChar,
            Key::Delete => InputRequest::DeleteNextChar,
            Key::Left => InputRequest::GoToPrevChar,
            Key::Right => InputRequest::GoToNextChar,
            Key::Home | Key::Ctrl('a') => InputRequest::GoToStart,
            Key::End | Key::Ctrl('e') => InputRequest::GoToEnd,
            // A password is one word: its dots must not tell where another begins.
            Key::Ctrl('w') if self.kind == Kind::Password => InputRequest::DeleteLine,
            Key::Ctrl('w') => InputRequest::DeletePrevWord,
            Key::Ctrl('u') => InputRequest::DeleteLine,
            Key::Ctrl('k') => InputRequest::DeleteTillEnd,
            _ => return false,
        };
        self.input.handle(request);
        self.error = None;
        true
    }

    fn choice_key(&mut self, key: Key) -> bool {
        let last = self.options.len() - 1;
        match key {
            Key::Left => self.choose(if self.chosen == 0 { last } else { self.chosen - 1 }),
            Key::Right | Key::Char(' ') => self.choose(if self.chosen == last { 0 } else { self.chosen + 1 }),
            Key::Char(c) => {
                let begins = |option: &String| option.chars().next().is_some_and(|o| o.eq_ignore_ascii_case(&c));
                let Some(found) = self.options.iter().position(begins) else { return false };
                self.choose(found);
            }
            _ => return false,
        }
        true
    }

    /// Takes text from the clipboard: newlines and tabs become spaces, and nothing submits.
    pub fn paste(&mut self, text: &str) {
        if self.kind == Kind::Choice {
            return;
        }
        let line = text.trim().replace(['\r', '\n', '\t'], " ");
        self.type_text(&line);
    }

    fn type_text(&mut self, text: &str) {
        self.error = None;
        if text.chars().any(is_hidden) {
            self.refuse("That has a character that cannot be printed: type it without it.");
            return;
        }
        let wrong = match self.kind {
            Kind::Digits if !text.chars().all(|c| c.is_ascii_digit()) => Some("Type digits only."),
            Kind::Phone if !text.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c)) => {
                Some("A telephone number has digits only, with + and the country first if it is abroad.")
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            self.refuse(wrong);
            return;
        }
        for c in text.chars() {
            if self.length() >= self.max {
                self.refuse(format!("It has at most {} characters: the rest is left out.", self.max));
                return;
            }
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    /// Takes a touch in the place in which it is drawn. Returns whether it changed.
    pub fn touch(&mut self, at: Position, place: Rect) -> bool {
        self.touch_value(at, value_place(place))
    }

    /// The same where its value alone is drawn.
    pub fn touch_value(&mut self, at: Position, place: Rect) -> bool {
        if self.kind != Kind::Choice {
            return false;
        }
        let mut x = place.x;
        for index in self.first_shown(place.width)..self.options.len() {
            let columns = option_width(&self.options[index]);
            if (x..x + columns).contains(&at.x) {
                self.choose(index);
                return true;
            }
            x += columns + 2;
        }
        false
    }

    /// The first option that is shown in so many columns: the one that is chosen is shown whole, and all that have room
    /// before it.
    fn first_shown(&self, columns: u16) -> usize {
        let before = self.options[..=self.chosen].iter().rev();
        let ends = before.scan(0_u16, |end, option| {
            *end += option_width(option) + 2;
            Some(*end - 2)
        });
        let fit = ends.take_while(|end| *end <= columns).count();
        self.chosen + 1 - fit.max(1)
    }

    /// Rows that it takes at a width: its own, and those of what is said under it.
    pub fn rows(&self, width: u16) -> u16 {
        let (lines, _) = self.says(width);
        1 + u16::try_from(lines.len()).unwrap_or(u16::MAX).max(1)
    }

    /// What is to be said under it, and at which column: under the value in a line, or else over the whole width.
    fn says(&self, width: u16) -> (Vec<String>, u16) {
        let says = self.error.as_deref().unwrap_or(self.note);
        let column = if text::width(says) <= width.saturating_sub(3 + LABEL) { 2 + LABEL } else { 2 };
        (text::wrap(says, width.saturating_sub(column + 1)), column)
    }

    /// Draws it in a row with its label, and what is to be said of it in the rows below.
    pub fn view(&self, buf: &mut Buffer, place: Rect, focus: Focus, world: &World) {
        let theme = &world.theme;
        let here = focus == Focus::Here;
        if place.height == 0 {
            return;
        }
        if here {
            buf.set_stringn(place.x, place.y, "▌", 1, theme.accent);
        }
        let label_style = if here { theme.strong } else { theme.dim };
        buf.set_stringn(place.x + 2, place.y, text::fit(self.label, LABEL - 2), LABEL.into(), label_style);
        self.view_value(buf, value_place(place), focus, world);
        let style = if self.error.is_some() { theme.bad } else { theme.dim };
        let (says, column) = self.says(place.width);
        for (row, line) in place.rows().skip(1).zip(&says) {
            buf.set_stringn(place.x + column, row.y, line, place.width.into(), style);
        }
    }

    /// Draws the value alone, such as in a table's cell.
    pub fn view_value(&self, buf: &mut Buffer, place: Rect, focus: Focus, world: &World) {
        if place.width == 0 || place.height == 0 {
            return;
        }
        if self.kind == Kind::Choice {
            self.view_choice(buf, place, focus, world);
        } else {
            self.view_input(buf, place, focus, world);
        }
    }

    fn view_choice(&self, buf: &mut Buffer, place: Rect, focus: Focus, world: &World) {
        let theme = &world.theme;
        let mut x = place.x;
        for (index, option) in self.options.iter().enumerate().skip(self.first_shown(place.width)) {
            let mark = if index == self.chosen { world.glyphs.chosen } else { world.glyphs.unchosen };
            let style = match (index == self.chosen, focus) {
                (true, Focus::Here) => theme.focus,
                (true, Focus::Elsewhere) => theme.strong,
                _ => theme.text,
            };
            let room = place.right().saturating_sub(x);
            let (next, _) =
                buf.set_stringn(x, place.y, text::fit(&format!("{mark} {option}"), room), room.into(), style);
            x = (next + 2).min(place.right());
        }
    }

    fn view_input(&self, buf: &mut Buffer, place: Rect, focus: Focus, world: &World) {
        let theme = &world.theme;
        let columns = self.columns(place.width);
        let style = if focus == Focus::Here { theme.focus } else { theme.field };
        buf.set_stringn(place.x, place.y, " ".repeat(columns.into()), columns.into(), style);
        let (shown, before, scroll) = (self.shown(), self.columns_before_cursor(), self.scroll(columns));
        let (mut column, mut x) = (0, place.x);
        for character in shown.graphemes(true) {
            let wide = text::width(character);
            if column >= scroll && x + wide <= place.x + columns {
                buf.set_stringn(x, place.y, character, wide.into(), style);
                x += wide;
            }
            column += wide;
        }
        if focus == Focus::Here {
            let at = place.x + (before - scroll.min(before)).min(columns - 1);
            buf[(at, place.y)].set_style(ratatui::style::Style::new().not_reversed());
            buf[(at, place.y)].set_style(theme.accent);
        }
    }
}

/// Where the value is in a row with its label.
fn value_place(place: Rect) -> Rect {
    Rect { x: place.x + 2 + LABEL, width: place.width.saturating_sub(3 + LABEL), height: 1, ..place }
}

/// Columns of an option with its mark.
fn option_width(option: &str) -> u16 {
    text::width(option) + 4
}
