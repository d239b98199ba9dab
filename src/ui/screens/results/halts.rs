//! Where a train calls, and when: a panel over the trains, or the second pane of a wide terminal.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::table::duration;
use crate::domain::train::Halt;
use crate::service::request::Offer;
use crate::ui::context::World;
use crate::ui::keys::Key;
use crate::ui::text;
use crate::ui::widgets::panel;

/// The panel, and how far it is scrolled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Halts {
    top: usize,
    last: usize,
}

const COLUMNS: u16 = 62;

impl Halts {
    /// A panel for so many halts, of which `rows` are seen at once.
    pub(super) fn new(halts: usize, rows: usize) -> Self {
        Self { top: 0, last: halts.saturating_sub(rows) }
    }

    pub(super) fn scroll(&mut self, lines: isize) {
        self.top = self.top.saturating_add_signed(lines).min(self.last);
    }

    pub(super) fn key(&mut self, key: Key) {
        match key {
            Key::Up => self.scroll(-1),
            Key::PageDown => self.scroll(10),
            Key::PageUp => self.scroll(-10),
            Key::Home => self.top = 0,
            Key::End => self.top = self.last,
            _ => {}
        }
    }

    pub(super) fn view(self, buf: &mut Buffer, area: Rect, offer: &Offer, world: &World) {
        let train = &offer.journey.train;
        let height = u16::try_from(train.halts().len() + 3).unwrap_or(u16::MAX);
        let title = format!("{} {}", train.number(), train.name());
        let inner = panel::frame(buf, panel::centred(area, COLUMNS, height), &title, world.theme.accent, world);
        list(buf, inner, offer, self.top, world);
    }
}

/// Draws the halts beside the trains, from a little before the boarding station on if they are many.
pub(super) fn view_pane(buf: &mut Buffer, area: Rect, offer: &Offer, world: &World) {
    let theme = &world.theme;
    for y in area.y..area.bottom() {
        text::write(buf, (area.x.saturating_sub(2), y), "│", 1, theme.rule);
    }
    let journey = &offer.journey;
    let title = format!("{} {}", journey.train.number(), journey.train.name());
    text::write(buf, (area.x, area.y), text::fit(&title, area.width), area.width, theme.strong);
    let length = format!("{} km · {} · {}", journey.km, duration(journey), coaches(offer));
    text::write(buf, (area.x, area.y + 1), text::fit(&length, area.width), area.width, theme.dim);
    let rest = Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area };
    list(buf, rest, offer, usize::from(journey.leg.from()).saturating_sub(2), world);
}

/// The coaches in short: `1 H · 5 A · 11 B`.
fn coaches(offer: &Offer) -> String {
    let train = &offer.journey.train;
    let of = |class| train.coaches_of(class).count();
    let words = train.classes().into_iter().map(|class| format!("{} {class}", of(class)));
    words.collect::<Vec<_>>().join(" · ")
}

fn list(buf: &mut Buffer, area: Rect, offer: &Offer, top: usize, world: &World) {
    let theme = &world.theme;
    let journey = &offer.journey;
    let halts = journey.train.halts();
    let rows = usize::from(area.height.saturating_sub(1));
    let top = top.min(halts.len().saturating_sub(rows));
    let name_room = area.width.saturating_sub(29);
    let head = format!("  {}{:>7} {:>8}{:>6}", text::left("Halt", name_room + 5), "arr", "dep", "km");
    text::write(buf, (area.x, area.y), head, area.width, theme.dim);
    let leg = usize::from(journey.leg.from())..=usize::from(journey.leg.to());
    for ((index, halt), row) in halts.iter().enumerate().skip(top).zip(area.rows().skip(1)) {
        let end = index == *leg.start() || index == *leg.end();
        let style = match (end, leg.contains(&index)) {
            (true, _) => theme.strong,
            (false, true) => theme.text,
            (false, false) => theme.dim,
        };
        let mark = if end {
            "■ "
        } else if leg.contains(&index) {
            "│ "
        } else {
            "  "
        };
        let name = world.station_name(halt.station);
        let (arrive, depart) = times(halt, index, halts.len());
        let (code, name) = (halt.station.as_str(), text::left(&name, name_room.saturating_sub(1)));
        let line = format!("{mark}{name} {code:<5}{arrive:>7} {depart:>8}{:>6}", halt.km);
        text::write(buf, (row.x, row.y), line, row.width, style);
    }
    let more = halts.len().saturating_sub(top + rows);
    if more > 0 && area.height > 2 {
        let words = format!(" {more} more ▾ ");
        let x = area.right().saturating_sub(text::width(&words));
        text::write(buf, (x, area.y), words, 12, theme.warning);
    }
}

fn times(halt: &Halt, index: usize, count: usize) -> (String, String) {
    let arrive = if index == 0 { String::new() } else { halt.arrive.to_string() };
    let depart = if index + 1 == count { String::new() } else { halt.depart.to_string() };
    (arrive, depart)
}
