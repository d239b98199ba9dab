//! The fields by which a list is searched, above the list: Tab goes through them and to the list, and what is wrong, or what
//! can be typed, stands in a line below them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::context::World;
use crate::ui::form::{Field, Focus, Kind};
use crate::ui::keys::{Key, Mouse, MouseKind, Typing};
use crate::ui::widgets::sheet::put;

/// Columns of a field's label.
const LABEL: u16 = 11;

/// The fields, and what has the focus.
#[derive(Clone, Debug)]
pub struct Query {
    fields: Vec<Field>,
    focus: Option<usize>,
}

impl Query {
    /// Fields with the focus on one of them.
    pub fn new(fields: Vec<Field>, focus: usize) -> Self {
        debug_assert!(focus < fields.len(), "one of the fields has the focus");
        Self { fields, focus: Some(focus) }
    }

    /// The field in a place.
    pub fn field(&self, index: usize) -> &Field {
        &self.fields[index]
    }

    /// The same, to fill it.
    pub fn field_mut(&mut self, index: usize) -> &mut Field {
        &mut self.fields[index]
    }

    /// What is typed in a field, without the space around it.
    pub fn text(&self, index: usize) -> &str {
        self.fields[index].value().trim()
    }

    /// Says why a field cannot be taken, and gives it the focus.
    pub fn refuse(&mut self, index: usize, why: impl Into<String>) {
        self.fields[index].refuse(why);
        self.focus = Some(index);
    }

    /// Whether the list has the focus.
    pub fn is_in_list(&self) -> bool {
        self.focus.is_none()
    }

    /// The focus of the list.
    pub fn list_focus(&self) -> Focus {
        if self.is_in_list() { Focus::Here } else { Focus::Elsewhere }
    }

    /// Gives the list the focus.
    pub fn to_list(&mut self) {
        self.focus = None;
    }

    /// Gives a field the focus.
    pub fn to_field(&mut self, index: usize) {
        self.focus = Some(index.min(self.fields.len() - 1));
    }

    /// Gives the next field the focus, the list after the last, and the first after the list.
    pub fn next(&mut self) {
        self.focus = match self.focus {
            Some(at) if at + 1 < self.fields.len() => Some(at + 1),
            Some(_) => None,
            None => Some(0),
        };
    }

    /// The other way round.
    pub fn previous(&mut self) {
        self.focus = match self.focus {
            Some(0) => None,
            Some(at) => Some(at - 1),
            None => Some(self.fields.len() - 1),
        };
    }

    /// Whether characters are text now.
    pub fn typing(&self) -> Typing {
        self.focus.map_or(Typing::No, |at| self.fields[at].typing())
    }

    /// Takes a key for the field with the focus. Returns whether it was for it.
    pub fn key(&mut self, key: Key) -> bool {
        self.focus.is_some_and(|at| self.fields[at].key(key))
    }

    /// Fills the field with the focus, or the one that is meant when the list has it.
    pub fn paste(&mut self, text: &str, otherwise: usize) {
        let at = *self.focus.get_or_insert(otherwise);
        self.fields[at].paste(text);
    }

    /// Takes a touch. Returns whether it was on a field.
    pub fn mouse(&mut self, mouse: Mouse, area: Rect) -> bool {
        let hit = self.places(area).position(|place| place.contains(mouse.at));
        let Some(at) = hit.filter(|_| mouse.kind == MouseKind::Press) else { return false };
        self.focus = Some(at);
        let value = value_place(self.places(area).nth(at).unwrap_or_default());
        self.fields[at].touch_value(mouse.at, value);
        true
    }

    /// Rows that it takes: a choice has one of its own, other fields share one, two by two, and below is what there is to say.
    pub fn height(&self) -> u16 {
        let last = self.places(Rect::new(0, 0, 80, u16::MAX)).last();
        last.map_or(1, |place| place.bottom() + 1)
    }

    fn places(&self, area: Rect) -> impl Iterator<Item = Rect> {
        let (mut x, mut y) = (0, 0);
        let half = area.width / 2;
        self.fields.iter().map(move |field| {
            let wide = field.kind() == Kind::Choice || self.fields.len() == 1;
            if wide && x > 0 {
                (x, y) = (0, y + 1);
            }
            let width = if wide { area.width } else { half };
            let place = Rect { x: area.x + x, y: area.y + y, width, height: 1 };
            if wide || x > 0 {
                (x, y) = (0, y + 1);
            } else {
                x = half;
            }
            place
        })
    }

    /// Draws it.
    pub fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        for (index, place) in self.places(area).enumerate() {
            let here = self.focus == Some(index);
            if here {
                put(buf, place, 0, "▌", theme.accent);
            }
            let field = &self.fields[index];
            put(buf, place, 2, field.label(), if here { theme.strong } else { theme.dim });
            let focus = if here { Focus::Here } else { Focus::Elsewhere };
            field.view_value(buf, value_place(place), focus, world);
        }
        let below = Rect { y: area.y + self.height() - 1, height: 1, ..area };
        let refused = self.fields.iter().find_map(Field::error);
        match (refused, self.focus) {
            (Some(why), _) => put(buf, below, 2, why, theme.bad),
            (None, Some(at)) => put(buf, below, 2, self.fields[at].noted(), theme.dim),
            (None, None) => {}
        }
    }
}

fn value_place(place: Rect) -> Rect {
    Rect { x: place.x + 2 + LABEL, width: place.width.saturating_sub(3 + LABEL), ..place }
}
