//! How the form is drawn: its rows a page at a time, the telephone number, and what is held in a line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{PAGE, Passengers, ROW, Spot, children};
use crate::ui::context::World;
use crate::ui::form::Focus;
use crate::ui::screens::passengers::row::Seat;
use crate::ui::widgets::button;
use crate::ui::widgets::sheet::{self, put};

impl Passengers {
    pub(super) fn view_phone(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let focus = if self.at == Spot::Phone { Focus::Here } else { Focus::Elsewhere };
        let label = if self.at == Spot::Phone { theme.strong } else { theme.dim };
        if self.at == Spot::Phone {
            put(buf, area, 0, "▌", theme.accent);
        }
        put(buf, area, 2, "Phone", label);
        self.phone.view_value(buf, Rect { x: area.x + 9, width: 21, height: 1, ..area }, focus, world);
        put(buf, area, 32, "needed, for news of the journey", theme.dim);
        if let Some(error) = self.phone.error() {
            let width = area.width.saturating_sub(button::onward(area, world).width + 2);
            let below = Rect { y: area.y + 1, width, height: area.height.saturating_sub(1), ..area };
            sheet::paragraph(buf, below, error, theme.bad);
        }
    }

    pub(super) fn summary(&self, world: &World) -> String {
        let children = children(world);
        let (free, half) = (children.free_below, children.half_below);
        let berths = self.seats.len();
        let count = |is: fn(&Seat) -> bool| self.seats.iter().filter(|seat| is(seat)).count();
        let shares = count(|seat| matches!(seat, Seat::Shared));
        let waits = count(|seat| matches!(seat, Seat::Waiting));
        if shares + waits > 0 {
            let own = berths - shares - waits;
            let has = [(own, if own == 1 { "berth" } else { "berths" }), (shares, "RAC"), (waits, "waiting")];
            let has = has.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}"));
            let has = has.collect::<Vec<_>>().join(", ");
            return format!("{has}. Numbers are given when it is paid.");
        }
        let berths = match self.seats.first() {
            Some(Seat::Unreserved) if berths == 1 => "1 traveller, unreserved".to_owned(),
            Some(Seat::Unreserved) => format!("{berths} travellers, unreserved"),
            _ if berths == 1 => "1 berth".to_owned(),
            _ => format!("{berths} berths"),
        };
        match self.rows.len() - self.seats.len() {
            0 if self.seats.first() == Some(&Seat::Unreserved) => {
                format!("{berths}: no seat is kept. Below {free} free, below {half} half fare.")
            }
            0 => format!("{berths}. Children may travel without: below {free} free, below {half} half fare."),
            1 => format!("{berths}, 1 child without."),
            more => format!("{berths}, {more} children without."),
        }
    }
}

/// Where the parts of the form are.
pub(super) struct Parts {
    pub titles: Rect,
    pub rows: Rect,
    pub phone: Rect,
    pub last: Rect,
}

impl Parts {
    /// For so many passengers: more of them are shown where a terminal is higher.
    pub fn of(area: Rect, people: usize) -> Self {
        let row = |y: u16, height: u16| Rect { y: area.y + y, height, ..area }.intersection(area);
        let least = ROW * u16::try_from(PAGE).unwrap_or(u16::MAX);
        let all = u16::try_from(people).unwrap_or(u16::MAX).saturating_mul(ROW);
        let rows = all.min(area.height.saturating_sub(6) / ROW * ROW).max(least);
        let after = area.height.saturating_sub(4).min(rows + 4);
        Self { titles: row(0, 1), rows: row(1, rows), phone: row(after, 3), last: row(after + 3, 1) }
    }
}
