//! How a booking is paid: the ways that are open to who is signed in, and what each has to be told.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::PaymentMethod;
use crate::domain::money::Paise;
use crate::service::request::Tender;
use crate::ui::command::Tendered;
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

/// What a slip would keep until it is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Berths.
    Berths,
    /// Nothing: places in a queue are nobody's before they are paid, and no slip is written for them.
    Nothing,
}

/// What of the till has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    /// The row of ways.
    Ways,
    /// What the chosen way has to be told.
    Field,
}

/// The ways to pay, one of which is chosen.
#[derive(Clone, Debug)]
pub struct Till {
    ways: Vec<Way>,
    chosen: usize,
    at: Spot,
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
        let (received, reference) = (Field::digits("Received", 7), Field::text("Reference", 40));
        Self { ways, chosen: 0, at: Spot::Ways, received, reference }
    }

    /// The till for a journey in work: money for staff, a slip for everybody else. Nobody takes money at a public
    /// console, whoever is signed in there.
    pub fn for_sale(keeps: Keeps, world: &World) -> Self {
        let mut ways = if world.takes_money() { vec![Way::Cash, Way::Card] } else { vec![Way::Counter] };
        if world.test_payment {
            ways.push(Way::Test);
        }
        if keeps == Keeps::Nothing && ways.len() > 1 {
            ways.retain(|way| *way != Way::Counter);
        }
        Self::of(ways)
    }

    /// The chosen way.
    pub fn way(&self) -> Way {
        self.ways[self.chosen]
    }

    /// Whether arrows move along the row of ways now.
    pub fn chooses(&self) -> bool {
        self.at == Spot::Ways && self.ways.len() > 1
    }

    /// Whether the chosen way has to be told anything.
    pub fn has_field(&self) -> bool {
        matches!(self.way(), Way::Cash | Way::Card)
    }

    /// Whether characters are text now: from the row of ways, too, they go into the field.
    pub fn typing(&self) -> Typing {
        if self.has_field() { Typing::Yes } else { Typing::No }
    }

    /// Moves the focus from the ways to the field of the chosen one, and back.
    pub fn turn(&mut self) {
        self.at = if self.at == Spot::Ways && self.has_field() { Spot::Field } else { Spot::Ways };
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

    /// Chooses a way and tells it what it has to be told.
    ///
    /// # Errors
    ///
    /// A sentence where nothing can be paid that way here.
    pub fn tender(&mut self, tendered: &Tendered) -> Result<(), String> {
        let (way, told) = match tendered {
            Tendered::AsChosen => return Ok(()),
            Tendered::Cash(received) => (Way::Cash, received.as_deref()),
            Tendered::Card(reference) => (Way::Card, Some(reference.as_str())),
        };
        let at = self.ways.iter().position(|other| *other == way);
        self.chosen = at.ok_or_else(|| format!("{} is not taken here: choose another way.", way.words()))?;
        self.at = Spot::Ways;
        if let (Some(field), Some(told)) = (self.field_mut(), told) {
            field.set_value(told);
        }
        Ok(())
    }

    /// What is wrong with what the chosen way was told.
    pub fn error(&self) -> Option<&str> {
        match self.way() {
            Way::Cash => self.received.error(),
            Way::Card => self.reference.error(),
            Way::Counter | Way::Test => None,
        }
    }

    /// Takes a key that is typing. On the row of ways the space bar chooses, as in every choice.
    pub fn key(&mut self, key: Key) {
        match (self.at, key) {
            (Spot::Ways, Key::Char(' ')) => self.next(),
            (Spot::Field, Key::Up) => self.at = Spot::Ways,
            (Spot::Field, key) | (Spot::Ways, key @ Key::Char(_)) => {
                if let Some(field) = self.field_mut() {
                    field.key(key);
                    self.at = Spot::Field;
                }
            }
            (Spot::Ways, _) => {}
        }
    }

    /// Fills the field of the chosen way.
    pub fn paste(&mut self, text: &str) {
        if let Some(field) = self.field_mut() {
            field.paste(text);
            self.at = Spot::Field;
        }
    }

    /// Takes a touch in the place in which it is drawn: it chooses a way, or goes to the field of the chosen one.
    pub fn mouse(&mut self, mouse: Mouse, area: Rect) {
        if mouse.kind == MouseKind::Press && mouse.at.y == area.y + 1 && self.has_field() {
            self.at = Spot::Field;
        }
        if mouse.kind != MouseKind::Press || mouse.at.y != area.y {
            return;
        }
        let mut x = area.x + 2;
        for (index, way) in self.ways.iter().enumerate() {
            let columns = text::width(way.words()) + 4;
            if (x..x + columns).contains(&mouse.at.x) {
                (self.chosen, self.at) = (index, Spot::Ways);
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
                    self.at = Spot::Field;
                    return None;
                }
                (PaymentMethod::Cash, None)
            }
            Way::Card => {
                let reference = self.reference.value().trim().to_owned();
                if reference.is_empty() {
                    self.refuse_reference();
                    return None;
                }
                (PaymentMethod::Card, Some(reference))
            }
            Way::Counter => return Some(Settled::Later),
            Way::Test => (PaymentMethod::Test, None),
        };
        Some(Settled::Now(Tender { method, reference }))
    }

    /// Says that the reference is not taken, and goes to it.
    pub fn refuse_reference(&mut self) {
        self.reference.refuse(BAD_REFERENCE);
        self.at = Spot::Field;
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
        let here = match self.at {
            Spot::Ways => ways,
            Spot::Field => Rect { y: ways.y + 1, ..ways }.intersection(area),
        };
        put(buf, here, 0, "▌", theme.accent);
        let mut column = 2;
        for (index, way) in self.ways.iter().enumerate() {
            let (mark, style) = match (index == self.chosen, way) {
                (true, _) if self.at == Spot::Field => (world.glyphs.chosen, theme.strong),
                (true, _) => (world.glyphs.chosen, theme.focus),
                (false, Way::Test) => (world.glyphs.unchosen, theme.warning),
                (false, _) => (world.glyphs.unchosen, theme.text),
            };
            let words = format!("{mark} {}", way.words());
            put(buf, ways, column, &words, style);
            column += text::width(&words) + 3;
        }
        let Some(row) = rows.next() else { return };
        let focus = if self.at == Spot::Field { Focus::Here } else { Focus::Elsewhere };
        match self.way() {
            Way::Cash => {
                view_field(buf, row, (&self.received, focus), 9, world);
                self.view_change(buf, row, total, world);
            }
            Way::Card => view_field(buf, row, (&self.reference, focus), 41, world),
            Way::Counter => {
                let words = "You get a code to pay at a counter; it is no ticket yet.";
                put(buf, row, 2, words, theme.text);
            }
            Way::Test => {
                put(buf, row, 2, "Takes no money; ticket and receipt say so. Development.", theme.warning);
            }
        }
        if let (Some(row), Some(error)) = (rows.next(), self.error()) {
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

fn view_field(buf: &mut Buffer, row: Rect, (field, focus): (&Field, Focus), columns: u16, world: &World) {
    put(buf, row, 2, field.label(), if focus == Focus::Here { world.theme.strong } else { world.theme.dim });
    let place = Rect { x: row.x + 13, width: columns.min(row.width.saturating_sub(14)), ..row };
    field.view_value(buf, place, focus, world);
}
