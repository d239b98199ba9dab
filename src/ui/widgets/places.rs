//! Completion of stations and cities under a text field.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::domain::station::{Place, StationIndex};
use crate::ui::context::World;
use crate::ui::keys::{Key, Mouse};
use crate::ui::text;
use crate::ui::widgets::list::{ListState, Touch};

/// What the typed text may mean.
#[derive(Clone, Debug)]
pub struct Places {
    found: Vec<Place>,
    /// Rows of one place.
    rows: u16,
    list: ListState,
}

impl Default for Places {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Places {
    /// How many are offered.
    const LIMIT: usize = 8;

    /// Nothing offered yet; each place will take so many rows.
    pub const fn new(rows: u16) -> Self {
        Self { found: Vec::new(), rows, list: ListState::new(rows) }
    }

    /// Looks again for what is typed now.
    pub fn look(&mut self, stations: &StationIndex, typed: &str) {
        self.found = if typed.trim().is_empty() { Vec::new() } else { stations.complete(typed, Self::LIMIT) };
        self.list = ListState::new(self.rows);
        self.list.resize(self.found.len());
    }

    /// How many are offered.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether nothing is offered.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Offers nothing.
    pub fn close(&mut self) {
        self.found.clear();
        self.list.resize(0);
    }

    /// The place under the cursor.
    pub fn chosen(&self) -> Option<&Place> {
        self.list.chosen().map(|row| &self.found[row])
    }

    /// Takes an arrow. Returns whether it moved the cursor.
    pub fn key(&mut self, key: Key) -> bool {
        !self.is_empty() && matches!(key, Key::Up | Key::Down) && self.list.key(key, 1)
    }

    /// Takes a touch: one is enough here, since typing on is the other way.
    pub fn mouse(&mut self, mouse: Mouse, area: Rect) -> Option<&Place> {
        match self.list.mouse(mouse, area) {
            Touch::Selected(row) | Touch::Acted(row) => self.found.get(row),
            Touch::Missed => None,
        }
    }

    /// Draws it over what is there.
    pub fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        for (row, place) in self.list.visible(area) {
            Clear.render(place, buf);
            buf.set_style(place, world.theme.overlay);
            let (name, code) = words(&self.found[row]);
            let room = place.width.saturating_sub(12);
            let line = format!("  {} {code:>8} ", text::left(&name, room));
            buf.set_stringn(place.x, place.y + place.height / 2, line, place.width.into(), world.theme.text);
            self.list.mark(buf, row, place, world);
        }
    }
}

/// A place's name and its code, or how many stations a city has.
pub fn words(place: &Place) -> (String, String) {
    match place {
        Place::Station(station) => (station.name.clone(), station.code.to_string()),
        Place::City { name, stations } => (format!("{name}, all stations"), format!("{} stns", stations.len())),
    }
}

/// A place as a title says it: `New Delhi NDLS`, or the city.
pub fn title(place: &Place) -> String {
    match place {
        Place::Station(station) => format!("{} {}", station.name, station.code),
        Place::City { name, .. } => name.clone(),
    }
}
