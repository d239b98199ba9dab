//! Who of the party would like which berth: asked for by `w`, used by the best choice.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::allotment::BerthWish;
use crate::domain::coach::{BerthType, Class};
use crate::ui::context::World;
use crate::ui::keys::Key;
use crate::ui::text;
use crate::ui::widgets::panel;

/// The panel, and its line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WishPanel {
    line: usize,
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
    pub(super) fn key(&mut self, key: Key, class: Class, wishes: &mut [BerthWish]) {
        let last = wishes.len().saturating_sub(1);
        match key {
            Key::Up => self.line = self.line.saturating_sub(1),
            Key::Down => self.line = (self.line + 1).min(last),
            Key::Left => turn(&mut wishes[self.line.min(last)], class, -1),
            Key::Right => turn(&mut wishes[self.line.min(last)], class, 1),
            Key::Char(' ' | 'l') if !class.is_seating() => {
                let wish = &mut wishes[self.line.min(last)];
                wish.needs_lower = !wish.needs_lower;
            }
            _ => {}
        }
    }

    pub(super) fn view(self, buf: &mut Buffer, area: Rect, class: Class, wishes: &[BerthWish], world: &World) {
        let theme = &world.theme;
        let rows = u16::try_from(wishes.len()).unwrap_or(6);
        let inner = panel::frame(buf, panel::centred(area, 60, rows + 6), "Wishes", theme.accent, world);
        for (line, (wish, row)) in wishes.iter().zip(inner.rows().skip(1)).enumerate() {
            let here = line == self.line;
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
