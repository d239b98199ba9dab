//! Fields that a person fills, and a column of them.
//!
//! A paste fills the one field that has the focus; its newlines become spaces and never submit. Control and
//! bidirectional characters are refused where they are typed, with a sentence under the field.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::context::World;
use crate::ui::keys::{Key, Mouse, MouseKind, Typing};

pub use crate::ui::form::field::{Field, Focus, Kind};

pub mod field;

/// What a scene that is one form does with keys, the clipboard and a call that nobody waits for any more: `fills!(form, call)`
/// names the field that is the form and the one that is the [`Load`](crate::ui::msg::Load) of what becomes of it.
macro_rules! fills {
    ($form:ident, $call:ident) => {
        fn typing(&self) -> $crate::ui::keys::Typing {
            self.$form.typing()
        }

        fn key(&mut self, key: Key, _cx: &mut Context) {
            self.$form.key(key);
        }

        fn paste(&mut self, text: &str, _cx: &mut Context) {
            self.$form.paste(text);
        }

        fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
            self.$call.give_up(call);
        }
    };
}
pub(in crate::ui) use fills;

/// What became of a form after a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// The focus moved.
    Moved,
    /// The field with the focus changed.
    Changed,
    /// Enter on the last field: go forward.
    Submit,
    /// The key is not for forms.
    Ignored,
}

/// A column of fields, one of which has the focus.
#[derive(Clone, Debug)]
pub struct Form {
    fields: Vec<Field>,
    focus: usize,
}

impl Form {
    /// A form with the focus on its first field. It needs at least one.
    pub fn new(fields: Vec<Field>) -> Self {
        debug_assert!(!fields.is_empty(), "a form has fields");
        Self { fields, focus: 0 }
    }

    /// The field in a place.
    pub fn field(&self, index: usize) -> &Field {
        &self.fields[index]
    }

    /// The field in a place, to fill or to refuse it.
    pub fn field_mut(&mut self, index: usize) -> &mut Field {
        &mut self.fields[index]
    }

    /// All fields.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Which field has the focus.
    pub fn focus(&self) -> usize {
        self.focus
    }

    /// Gives a field the focus.
    pub fn set_focus(&mut self, index: usize) {
        self.focus = index.min(self.fields.len() - 1);
    }

    /// Says under a field why it cannot be taken, and gives it the focus.
    pub fn refuse(&mut self, index: usize, why: impl Into<String>) {
        self.fields[index].refuse(why);
        self.set_focus(index);
    }

    /// The first field that was refused.
    pub fn refused(&self) -> Option<usize> {
        self.fields.iter().position(|field| field.error().is_some())
    }

    /// Whether characters are text now.
    pub fn typing(&self) -> Typing {
        self.fields[self.focus].typing()
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Filled {
        let last = self.fields.len() - 1;
        match key {
            Key::Tab => self.focus = if self.focus == last { 0 } else { self.focus + 1 },
            Key::BackTab => self.focus = if self.focus == 0 { last } else { self.focus - 1 },
            Key::Down if self.focus < last => self.focus += 1,
            Key::Up if self.focus > 0 => self.focus -= 1,
            Key::Up | Key::Down => {}
            Key::Enter if self.focus == last => return Filled::Submit,
            Key::Enter => self.focus += 1,
            key if self.fields[self.focus].key(key) => return Filled::Changed,
            _ => return Filled::Ignored,
        }
        Filled::Moved
    }

    /// Fills the field that has the focus.
    pub fn paste(&mut self, text: &str) {
        self.fields[self.focus].paste(text);
    }

    /// Rows that it takes at a width: two to a field, so that an error has its place and nothing jumps; only an error of
    /// several lines takes more.
    pub fn height(&self, width: u16) -> u16 {
        self.fields.iter().map(|field| field.rows(width)).sum()
    }

    /// Where the fields are, from the first that leaves room for the one with the focus.
    fn places(&self, area: Rect) -> Vec<(usize, Rect)> {
        let rows = |index: usize| self.fields[index].rows(area.width);
        let fits = |top: &usize| (*top..=self.focus).map(rows).sum::<u16>() <= area.height;
        let top = (0..=self.focus).find(fits).unwrap_or(self.focus);
        let mut y = area.y;
        let mut places = Vec::new();
        for index in top..self.fields.len() {
            let place = Rect { y, height: rows(index), ..area }.intersection(area);
            if place.is_empty() {
                break;
            }
            y = place.bottom();
            places.push((index, place));
        }
        places
    }

    /// Takes a touch: it gives the focus, and on a choice it chooses.
    pub fn mouse(&mut self, mouse: Mouse, area: Rect) -> Filled {
        let hit = self.places(area).into_iter().find(|(_, place)| place.contains(mouse.at));
        match hit {
            Some((index, place)) if mouse.kind == MouseKind::Press => {
                self.focus = index;
                if self.fields[index].touch(mouse.at, place) { Filled::Changed } else { Filled::Moved }
            }
            _ => Filled::Ignored,
        }
    }

    /// Draws it; when the place is too low the field with the focus is always in it.
    pub fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        for (index, place) in self.places(area) {
            let focus = if index == self.focus { Focus::Here } else { Focus::Elsewhere };
            self.fields[index].view(buf, place, focus, world);
        }
    }
}
