//! How a booking is paid: the ways that are open to who is signed in, and what each has to be told.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::PaymentMethod;
use crate::domain::money::Paise;
use crate::service::request::Tender;
use crate::ui::context::World;
use crate::ui::form::{Field, Focus};
use crate::ui::keys::{Key, Mouse, MouseKind, Typing};
use crate::ui::text;
use crate::ui::widgets::sheet::put;

/// Rows of the till: the ways, what the chosen one needs, and what is wrong with that.
pub const ROWS: u16 = 3;

/// The services say the same, in more words than a row holds.
const BAD_REFERENCE: &str = "Type the reference that the card terminal printed: at most 40 letters.";

/// A way to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Notes and coins, taken by who is signed in.
    Cash,
    /// A card on the counter's own terminal.
    Card,
    /// With a slip, at a counter, by and by.
    Counter,
    /// With no money at all: development only.
    Test,
}

impl Way {
    const fn words(self) -> &'static str {
        match self {
            Self::Cash => "Cash",
            Self::Card => "Card",
            Self::Counter => "Pay at the counter",
            Self::Test => "TEST, no money",
        }
    }
}

/// How a sale is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// With this, as it is on the counter.
    Now(Tender),
    /// With a slip, at a counter, by and by.
    Later,
}

/// The ways to pay, one of which is chosen.
#[derive(Clone, Debug)]
pub struct Till {
    ways: Vec<Way>,
    chosen: usize,
    received: Field,
    reference: Field,
}

impl Default for Till {
    fn default() -> Self {
        Self::of(vec![Way::Cash, Way::Card])
    }
}

impl Till {
    fn of(ways: Vec<Way>) -> Self {
        Self { ways, chosen: 0, received: Field::digits("Received", 7), reference: Field::text("Reference", 40) }
    }

    /// The till for a journey in work: money for staff, a slip for everybody else. Nobody takes money at a public
    /// console, whoever is signed in there.
    pub fn for_sale(world: &World) -> Self {
        let mut ways = if world.takes_money() { vec![Way::Cash, Way::Card] } else { vec![Way::Counter] };
        if world.test_payment {
            ways.push(Way::Test);
        }
        Self::of(ways)
    }

    /// The chosen way.
    pub fn way(&self) -> Way {
        self.ways[self.chosen]
    }

    /// How many ways there are.
    pub fn count(&self) -> usize {
        self.ways.len()
    }

    /// Whether characters are text now.
    pub fn typing(&self) -> Typing {
        match self.way() {
            Way::Cash | Way::Card => Typing::Yes,
            Way::Counter | Way::Test => Typing::No,
        }
    }

    fn field_mut(&mut self) -> Option<&mut Field> {
        match self.way() {
            Way::Cash => Some(&mut self.received),
            Way::Card => Some(&mut self.reference),
            Way::Counter | Way::Test => None,
        }
    }

    /// Chooses the next way.
    pub fn next(&mut self) {
        self.chosen = (self.chosen + 1) % self.ways.len();
    }

    /// Chooses the way before.
    pub fn previous(&mut self) {
        self.chosen = (self.chosen + self.ways.len() - 1) % self.ways.len();
    }

    /// Takes a key that is typing; arrows choose where nothing is typed.
    pub fn key(&mut self, key: Key) {
        match (self.field_mut(), key) {
            (Some(field), key) => {
                field.key(key);
            }
            (None, Key::Left) => self.previous(),
            (None, Key::Right | Key::Char(' ')) => self.next(),
            (None, _) => {}
        }
    }

    /// Fills the field of the chosen way.
    pub fn paste(&mut self, text: &str) {
        if let Some(field) = self.field_mut() {
            field.paste(text);
        }
    }

    /// Takes a touch in the place in which it is drawn: it chooses a way.
    pub fn mouse(&mut self, mouse: Mouse, area: Rect) {
        if mouse.kind != MouseKind::Press || mouse.at.y != area.y {
            return;
        }
        let mut x = area.x + 2;
        for (index, way) in self.ways.iter().enumerate() {
            let columns = text::width(way.words()) + 4;
            if (x..x + columns).contains(&mouse.at.x) {
                self.chosen = index;
                return;
            }
            x += columns + 3;
        }
    }

    /// How it is settled, or nothing and a sentence under the field that says what is missing.
    pub fn settle(&mut self, total: Paise) -> Option<Settled> {
        let (method, reference) = match self.way() {
            Way::Cash => {
                if self.change(total).is_some_and(|change| change < Paise::ZERO) {
                    self.received.refuse("That is less than the fare: take the rest, or empty the field.");
                    return None;
                }
                (PaymentMethod::Cash, None)
            }
            Way::Card => {
                let reference = self.reference.value().trim().to_owned();
                if reference.is_empty() {
                    self.reference.refuse(BAD_REFERENCE);
                    return None;
                }
                (PaymentMethod::Card, Some(reference))
            }
            Way::Counter => return Some(Settled::Later),
            Way::Test => (PaymentMethod::Test, None),
        };
        Some(Settled::Now(Tender { method, reference }))
    }

    /// Says that the services do not take the reference.
    pub fn refuse_reference(&mut self) {
        self.reference.refuse(BAD_REFERENCE);
    }

    /// What goes back to the person of the cash received; negative when it is too little.
    fn change(&self, total: Paise) -> Option<Paise> {
        let received: i64 = self.received.value().trim().parse().ok()?;
        Some(Paise::rupees(received) - total)
    }

    /// Draws it.
    pub fn view(&self, buf: &mut Buffer, area: Rect, total: Paise, world: &World) {
        let theme = &world.theme;
        let mut rows = area.rows();
        let Some(ways) = rows.next() else { return };
        put(buf, ways, 0, "▌", theme.accent);
        let mut column = 2;
        for (index, way) in self.ways.iter().enumerate() {
            let (mark, style) = match (index == self.chosen, way) {
                (true, _) => (world.glyphs.chosen, theme.focus),
                (false, Way::Test) => (world.glyphs.unchosen, theme.warning),
                (false, _) => (world.glyphs.unchosen, theme.text),
            };
            let words = format!("{mark} {}", way.words());
            put(buf, ways, column, &words, style);
            column += text::width(&words) + 3;
        }
        let Some(row) = rows.next() else { return };
        match self.way() {
            Way::Cash => {
                view_field(buf, row, &self.received, 9, world);
                self.view_change(buf, row, total, world);
            }
            Way::Card => view_field(buf, row, &self.reference, 41, world),
            Way::Counter => {
                let words = "You get a code to pay at any counter in time; until then it is no ticket.";
                put(buf, row, 2, words, theme.text);
            }
            Way::Test => {
                put(buf, row, 2, "Takes no money, and ticket and receipt say so. Development only.", theme.warning);
            }
        }
        let error = match self.way() {
            Way::Cash => self.received.error(),
            Way::Card => self.reference.error(),
            Way::Counter | Way::Test => None,
        };
        if let (Some(row), Some(error)) = (rows.next(), error) {
            put(buf, row, 2, error, theme.bad);
        }
    }

    fn view_change(&self, buf: &mut Buffer, row: Rect, total: Paise, world: &World) {
        let theme = &world.theme;
        match self.change(total) {
            None => put(buf, row, 24, "whole rupees; leave it empty if no change is due", theme.dim),
            Some(change) if change < Paise::ZERO => {
                put(buf, row, 24, &format!("{}{} short", world.glyphs.rupee, -change), theme.bad);
            }
            Some(change) => put(buf, row, 24, &format!("change {}{change}", world.glyphs.rupee), theme.good),
        }
    }
}

fn view_field(buf: &mut Buffer, row: Rect, field: &Field, columns: u16, world: &World) {
    put(buf, row, 2, field.label(), world.theme.strong);
    let place = Rect { x: row.x + 13, width: columns.min(row.width.saturating_sub(14)), ..row };
    field.view_value(buf, place, Focus::Here, world);
}
