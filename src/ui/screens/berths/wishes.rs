//! Who of the party would like which berth: asked for by `w`, used by the best choice.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::allotment::BerthWish;
use crate::domain::coach::{BerthType, Class};
use crate::ui::context::World;
use crate::ui::keys::Key;
use crate::ui::text;
use crate::ui::widgets::list::ListState;
use crate::ui::widgets::panel;

/// Rows of the panel that are nobody's: its frame, and what it says.
const AROUND: u16 = 6;

/// The panel, and its line.
#[derive(Clone, Debug)]
pub(super) struct WishPanel {
    list: ListState,
}

/// The berth types of a class, each once, in the order of a bay.
fn kinds(class: Class) -> Vec<BerthType> {
    let mut kinds: Vec<BerthType> = Vec::new();
    for kind in class.bay() {
        if !kinds.contains(kind) {
            kinds.push(*kind);
        }
    }
    kinds
}

impl WishPanel {
    /// The panel for a party of so many.
    pub(super) fn of(people: usize) -> Self {
        let mut list = ListState::new(1);
        list.resize(people);
        Self { list }
    }

    /// How many wishes are shown: as many as there is room for, and the others are scrolled to.
    fn rows(people: usize, area: Rect) -> u16 {
        u16::try_from(people).unwrap_or(u16::MAX).min(area.height.saturating_sub(AROUND))
    }

    pub(super) fn key(&mut self, key: Key, class: Class, wishes: &mut [BerthWish], area: Rect) {
        if self.list.key(key, Self::rows(wishes.len(), area)) {
            return;
        }
        let Some(wish) = self.list.chosen().and_then(|line| wishes.get_mut(line)) else { return };
        match key {
            Key::Left => turn(wish, class, -1),
            Key::Right => turn(wish, class, 1),
            Key::Char(' ' | 'l') if !class.is_seating() => wish.needs_lower = !wish.needs_lower,
            _ => {}
        }
    }

    pub(super) fn view(&self, buf: &mut Buffer, area: Rect, class: Class, wishes: &[BerthWish], world: &World) {
        let theme = &world.theme;
        let rows = Self::rows(wishes.len(), area);
        let inner = panel::frame(buf, panel::centred(area, 60, rows + AROUND), "Wishes", theme.accent, world);
        let list = Rect { y: inner.y + 1, height: rows, ..inner }.intersection(inner);
        self.list.position(buf, Rect { height: 1, ..inner }, list, world);
        for (line, row) in self.list.visible(list) {
            let Some(wish) = wishes.get(line) else { break };
            let here = self.list.chosen() == Some(line);
            if here {
                buf.set_stringn(row.x, row.y, "▌", 1, theme.accent);
            }
            let label = format!("Traveller {}", line + 1);
            buf.set_stringn(row.x + 2, row.y, label, 12, if here { theme.strong } else { theme.dim });
            let kind = wish.preference.map_or("any berth", BerthType::words);
            let style = if here { theme.focus } else { theme.text };
            buf.set_stringn(row.x + 15, row.y, format!("◂ {} ▸", text::left(kind, 12)), 20, style);
            if !class.is_seating() {
                let mark = if wish.needs_lower { "[x]" } else { "[ ]" };
                buf.set_stringn(row.x + 35, row.y, format!("{mark} cannot climb"), 20, theme.text);
            }
        }
        let says = "A lower berth goes first to those who cannot climb. Enter chooses the best.";
        for (row, line) in inner.rows().skip(usize::from(rows) + 2).zip(text::wrap(says, inner.width)) {
            buf.set_stringn(row.x, row.y, line, row.width.into(), theme.dim);
        }
    }
}

fn turn(wish: &mut BerthWish, class: Class, step: isize) {
    let kinds = kinds(class);
    let at = wish.preference.and_then(|kind| kinds.iter().position(|other| *other == kind)).map_or(0, |at| at + 1);
    let to = (at.cast_signed() + step).rem_euclid(kinds.len().cast_signed() + 1).unsigned_abs();
    wish.preference = to.checked_sub(1).map(|at| kinds[at]);
}
