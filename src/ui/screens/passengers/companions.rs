//! Who is known, to be chosen instead of typed: by the telephone number for staff; who is saved in the account, and who
//! travelled on its bookings, for others.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Passengers, Spot};
use crate::domain::passenger::Passenger;
use crate::domain::profile::{Companion, Known};
use crate::domain::user::Phone;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::draft::TypedPassenger;
use crate::ui::frame;
use crate::ui::keys::{Key, Mouse};
use crate::ui::msg::{CallId, Load};
use crate::ui::screens::passengers::row::Row;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::{ListState, Touch};
use crate::ui::widgets::panel;

/// Columns of the panel.
const WIDTH: u16 = 64;

/// Rows of the panel that are nobody's: its frame, and what it says.
const AROUND: u16 = 5;

/// Those who were found, and which of them were taken.
#[derive(Clone, Debug)]
pub(super) struct Companions {
    found: Vec<Companion>,
    list: ListState,
    taken: BTreeSet<usize>,
}

impl Companions {
    fn new(found: Vec<Companion>) -> Self {
        let mut list = ListState::new(1);
        list.resize(found.len());
        Self { found, list, taken: BTreeSet::new() }
    }

    /// The panel's place, and that of its rows: as many as there is room for, and the others are scrolled to.
    fn places(&self, area: Rect) -> (Rect, Rect) {
        let rows = u16::try_from(self.found.len()).unwrap_or(u16::MAX).min(area.height.saturating_sub(AROUND));
        let place = panel::centred(area, WIDTH, rows.saturating_add(AROUND));
        let rows = Rect { x: place.x + 2, y: place.y + 2, width: place.width.saturating_sub(4), height: rows };
        (place, rows.intersection(area))
    }

    pub(super) fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let (place, rows) = self.places(area);
        panel::frame(buf, place, "Who travels", theme.accent, world);
        let above = Rect { y: rows.y.saturating_sub(1), height: 1, ..rows };
        self.list.position(buf, above, rows, world);
        for (index, row) in self.list.visible(rows) {
            let Some(one) = self.found.get(index) else { break };
            let number = if index < 9 { (index + 1).to_string() } else { String::new() };
            let (who, known) = (&one.passenger, one.known);
            let taken = if self.taken.contains(&index) {
                "✓ taken"
            } else if known == Known::Saved {
                "saved"
            } else {
                ""
            };
            let name = text::left(who.name.as_str(), 38);
            let line = format!("  {number:<2} {name} {:>3} {}  {taken}", who.age, who.gender);
            buf.set_stringn(row.x, row.y, line, row.width.into(), theme.text);
            self.list.mark(buf, index, row, world);
        }
        let is_travelled = |one: &Companion| one.known == Known::Travelled;
        let says = match (self.found.iter().any(is_travelled), self.found.iter().all(is_travelled)) {
            (false, _) => "Ages are those of the day of the journey.",
            (true, true) => "Ages are of their last journey: correct what has changed.",
            (true, false) => "Ages of those who are not saved are of their last journey.",
        };
        let room = rows.width.saturating_sub(2);
        buf.set_stringn(rows.x + 2, rows.bottom() + 1, text::fit(says, room), room.into(), theme.dim);
    }
}

impl Passengers {
    /// Whether whoever is signed in can look for them.
    pub(super) fn knows_companions(world: &World) -> bool {
        world.identity.is_some() && !world.is_public()
    }

    /// Asks who is known: with the number that is typed, or to the account.
    pub(super) fn ask_companions(&mut self, cx: &mut Context) {
        if self.companions.is_waiting() {
            return;
        }
        let request = if cx.takes_money() {
            let Ok(phone) = Phone::parse(self.phone.value()) else {
                self.phone.refuse("Type the telephone number first: those who travelled with it are found by it.");
                self.at = Spot::Phone;
                return;
            };
            Request::Companions { phone }
        } else {
            let on = cx.draft.journey.as_ref().map(|journey| journey.from.at.date());
            Request::MyCompanions { on: on.unwrap_or(cx.today()) }
        };
        self.companions = Load::Waiting(cx.call(request));
    }

    /// Takes the answer, if it is to that.
    pub(super) fn companions_answered(&mut self, call: CallId, answer: &Result<Reply, Failure>, cx: &mut Context) {
        let mut own = None;
        let found = |reply: &Reply| match reply {
            Reply::Companions { people, phone } => {
                own.clone_from(phone);
                Some(Companions::new(people.clone()))
            }
            _ => None,
        };
        if !self.companions.settle(call, answer, found) {
            return;
        }
        if let (true, Some(phone)) = (self.phone.is_empty(), own) {
            self.phone.set_value(phone.as_str());
            self.keep(cx);
        }
        match &self.companions {
            Load::Failed(failure) => {
                let words = failure.to_string();
                self.companions = Load::Idle;
                cx.toast(Tone::Bad, words);
            }
            Load::Ready(panel) if panel.found.is_empty() => {
                self.companions = Load::Idle;
                cx.toast(Tone::Plain, "Nobody is saved, or known to have travelled before: type the names.");
            }
            _ => {}
        }
    }

    /// A key while the panel is open: digits take somebody at once.
    pub(super) fn companions_key(&mut self, key: Key, cx: &mut Context) {
        let Load::Ready(panel) = &mut self.companions else { return };
        let digit = if let Key::Char(c) = key { c.to_digit(10) } else { None };
        match digit.and_then(|digit| usize::try_from(digit).ok()?.checked_sub(1)) {
            Some(row) if row < panel.found.len() => {
                panel.list.choose(row);
                self.take_companion(cx);
            }
            Some(_) => {}
            None => drop(panel.list.key(key, panel.places(frame::body(cx.size)).1.height)),
        }
    }

    pub(super) fn companions_mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let Load::Ready(panel) = &mut self.companions else { return };
        let (place, rows) = panel.places(area);
        match panel.list.mouse(mouse, rows) {
            Touch::Acted(_) => self.take_companion(cx),
            Touch::Missed if !place.contains(mouse.at) => self.companions = Load::Idle,
            Touch::Selected(_) | Touch::Missed => {}
        }
    }

    /// Fills the first empty row with whoever is under the cursor; with the last row the panel closes.
    pub(super) fn take_companion(&mut self, cx: &mut Context) {
        let empty =
            |passengers: &Self| (0..passengers.seats.len()).find(|row| passengers.rows[*row].typed().name.is_empty());
        let row = empty(self);
        let Load::Ready(panel) = &mut self.companions else { return };
        let Some(index) = panel.list.chosen() else { return };
        if let (Some(row), true) = (row, !panel.taken.contains(&index)) {
            panel.taken.insert(index);
            self.rows[row] = Row::from(&typed(&panel.found[index].passenger));
            panel.list.choose(index + 1);
            self.keep(cx);
        }
        if empty(self).is_none() {
            self.companions = Load::Idle;
            self.at = Spot::Phone;
        }
    }
}

fn typed(passenger: &Passenger) -> TypedPassenger {
    TypedPassenger {
        name: passenger.name.to_string(),
        age: passenger.age.to_string(),
        gender: Some(passenger.gender),
        preference: passenger.preference,
        unread: None,
    }
}
