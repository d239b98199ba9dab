//! Which berths are taken off sale, and why, or which are put on sale again: the fields below the map.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::berth_list::{self, Berths, written};
use crate::domain::coach::Coach;
use crate::ui::context::World;
use crate::ui::form::{Field, Filled, Form};
use crate::ui::keys::{Key, Typing};

/// The longest reason in characters.
const REASON: usize = 40;
/// Longer than all berths of a train, each written by itself.
const BERTHS: usize = 400;

const WHICH: usize = 0;
const WHY: usize = 1;

/// What is to become of berths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sale {
    /// They are not sold any more.
    Off,
    /// They are sold again.
    On,
}

/// The fields.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub sale: Sale,
    form: Form,
}

impl Ask {
    /// With a text to go on from.
    pub fn new(sale: Sale, berths: &str) -> Self {
        let which = Field::text("Berths", BERTHS).note("Such as A1 1-8,12 B2: a coach alone is all of it.");
        let mut fields = vec![which.with_value(berths)];
        if sale == Sale::Off {
            fields.push(Field::text("Why", REASON).note("Enter takes them off sale. Who has one already keeps it."));
        }
        Self { sale, form: Form::new(fields) }
    }

    /// With berths that are chosen: what is missing is why.
    pub fn about(berths: &Berths) -> Self {
        let mut ask = Self::new(Sale::Off, &written(berths));
        ask.form.set_focus(WHY);
        ask
    }

    pub fn typing(&self) -> Typing {
        self.form.typing()
    }

    /// Takes a key; whether it ends the typing.
    pub fn key(&mut self, key: Key) -> bool {
        self.form.key(key) == Filled::Submit
    }

    pub fn paste(&mut self, text: &str) {
        self.form.paste(text);
    }

    /// What is typed, or a refusal at its field.
    pub fn read(&mut self, coaches: &[Coach]) -> Option<(Berths, Option<String>)> {
        let berths = match berth_list::parse(self.form.field(WHICH).value(), coaches) {
            Ok(berths) => berths,
            Err(error) => {
                self.form.refuse(WHICH, error.to_string());
                return None;
            }
        };
        if self.sale == Sale::On {
            return Some((berths, None));
        }
        let reason = self.form.field(WHY).value().trim().to_owned();
        if reason.is_empty() {
            self.form.refuse(WHY, "Say why first.");
            return None;
        }
        Some((berths, Some(reason)))
    }

    /// Leaves those to be asked for again of which nothing was changed.
    pub fn leave(&mut self, berths: &Berths) {
        self.form.field_mut(WHICH).set_value(&written(berths));
    }

    /// Rows that it takes at a width.
    pub fn height(&self, width: u16) -> u16 {
        self.form.height(width)
    }

    pub fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        self.form.view(buf, area, world);
    }
}
