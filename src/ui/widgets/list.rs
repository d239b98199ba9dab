//! A list with a cursor that keeps its place: scrolling, page keys, and a first touch selects, a second acts.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::context::World;
use crate::ui::keys::{Key, Mouse, MouseKind};

/// Cursor and scroll of a list whose rows are all `height` cells high. The rows themselves are the screen's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListState {
    chosen: usize,
    count: usize,
    height: u16,
}

/// What a touch meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// Nothing.
    Missed,
    /// The cursor moved to a row.
    Selected(usize),
    /// The row under the cursor was touched again: act on it.
    Acted(usize),
}

impl ListState {
    /// An empty list of rows of this height in cells.
    pub const fn new(height: u16) -> Self {
        Self { chosen: 0, count: 0, height }
    }

    /// The row under the cursor; `None` when there is none.
    pub fn chosen(&self) -> Option<usize> {
        (self.chosen < self.count).then_some(self.chosen)
    }

    /// Puts the cursor on a row.
    pub fn choose(&mut self, row: usize) {
        self.chosen = row.min(self.count.saturating_sub(1));
    }

    /// The list has so many rows now; the cursor stays where it is as far as it can.
    pub fn resize(&mut self, count: usize) {
        self.count = count;
        self.choose(self.chosen);
    }

    fn page(&self, height: u16) -> usize {
        usize::from((height / self.height).max(1))
    }

    /// Takes a key that moves the cursor; `height` is that of the place in which the list is shown, in cells.
    /// Returns whether it was one.
    pub fn key(&mut self, key: Key, height: u16) -> bool {
        match key {
            Key::Up => self.choose(self.chosen.saturating_sub(1)),
            Key::Down => self.choose(self.chosen + 1),
            Key::PageUp => self.choose(self.chosen.saturating_sub(self.page(height))),
            Key::PageDown => self.choose(self.chosen + self.page(height)),
            Key::Home => self.choose(0),
            Key::End => self.choose(self.count),
            _ => return false,
        }
        true
    }

    /// The first row shown in a place: a page at a time, so that nothing jumps under the finger.
    pub fn top(&self, area: Rect) -> usize {
        let page = self.page(area.height);
        (self.chosen / page * page).min(self.count.saturating_sub(page))
    }

    /// The rows shown in a place, each with its cells.
    pub fn visible(&self, area: Rect) -> impl Iterator<Item = (usize, Rect)> + use<> {
        let (top, count, height) = (self.top(area), self.count, self.height);
        let rows = (0..(area.height / height).max(1)).map(move |row| {
            let place = Rect { y: area.y + row * height, height, ..area };
            (top + usize::from(row), place.intersection(area))
        });
        rows.take_while(move |(row, _)| *row < count)
    }

    /// Takes the mouse.
    pub fn mouse(&mut self, mouse: Mouse, area: Rect) -> Touch {
        match mouse.kind {
            MouseKind::ScrollUp => self.choose(self.chosen.saturating_sub(1)),
            MouseKind::ScrollDown => self.choose(self.chosen + 1),
            MouseKind::Press => {
                let Some((row, _)) = self.visible(area).find(|(_, place)| place.contains(mouse.at)) else {
                    return Touch::Missed;
                };
                if row == self.chosen {
                    return Touch::Acted(row);
                }
                self.choose(row);
            }
        }
        self.chosen().map_or(Touch::Missed, Touch::Selected)
    }

    /// Draws the bar at the left edge of the row under the cursor and lights the row; call it after the row's text.
    pub fn mark(&self, buf: &mut Buffer, row: usize, place: Rect, world: &World) {
        if row == self.chosen {
            buf.set_style(place, world.theme.selected);
            for line in place.rows() {
                crate::ui::text::write(buf, (line.x, line.y), "▌", 1, world.theme.accent);
            }
        }
    }

    /// Draws how far the list goes on, at the right end of a place's first row, such as `12 of 58 ▾`.
    pub fn position(&self, buf: &mut Buffer, at: Rect, list: Rect, world: &World) {
        let rows = self.page(list.height);
        if self.count > rows && at.height > 0 {
            let more = if self.top(list) + rows < self.count { "▾" } else { "▴" };
            let shown = format!(" {} of {} {more} ", self.chosen + 1, self.count);
            let x = at.right().saturating_sub(crate::ui::text::width(&shown)).max(at.x);
            crate::ui::text::write(buf, (x, at.y), shown, at.width, world.theme.dim);
        }
    }
}
