//! Where the parts of the search are, and how they are drawn: rows of two at a counter, of three for fingers.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Entry, Search, Spot};
use crate::ui::context::World;
use crate::ui::day_text::{self, BadDay};
use crate::ui::draft::Trip;
use crate::ui::form::field::LABEL;
use crate::ui::form::{Field, Focus};
use crate::ui::screen::long_date;
use crate::ui::text;
use crate::ui::widgets::{button, places};

/// Where the parts are.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    fields: Vec<(Spot, Rect)>,
    party: Vec<Rect>,
    pub(super) swap: Rect,
    pub(super) earlier: Rect,
    pub(super) later: Rect,
    pub(super) calendar: Rect,
    recent: Rect,
}

/// Columns of a field's value with its cursor.
const VALUE: u16 = 41;

impl Layout {
    /// Rows of something to touch.
    pub(super) fn touch_rows(world: &World) -> u16 {
        if world.is_public() { 3 } else { 1 }
    }

    pub(super) fn new(area: Rect, world: &World) -> Self {
        let public = world.is_public();
        let pitch = if public { 3 } else { 2 };
        let top = if public { area.y } else { area.y + 1 };
        let spots = Search::spots(world);
        let mut y = top;
        let mut fields = Vec::new();
        for spot in spots.iter().take_while(|spot| !matches!(spot, Spot::Recent(_))) {
            let place = match spot {
                Spot::Go => {
                    let height = Self::touch_rows(world);
                    Rect { x: area.x + 2 + LABEL, y, width: 24, height }
                }
                _ => Rect { y, height: pitch, ..area },
            };
            fields.push((*spot, place.intersection(area)));
            y += pitch;
        }
        let row = |spot| fields.iter().find(|(other, _)| *other == spot).map_or(area, |(_, place)| *place);
        let right = area.x + 2 + LABEL + VALUE + 2;
        let (day, rows) = (row(Spot::Day), Self::touch_rows(world));
        let aside = |x, row: Rect, width| Rect { x, y: row.y, width, height: rows }.intersection(area);
        let beside_day = area.x + 2 + LABEL + 19 + 2;
        let (earlier, later, calendar) = if public {
            (aside(beside_day, day, 8), aside(beside_day + 8, day, 8), aside(beside_day + 16, day, 14))
        } else {
            (Rect::ZERO, Rect::ZERO, aside(right, day, 12))
        };
        let swap = aside(right, row(Spot::To), 10);
        let party = row(Spot::Party);
        let party = (0..6).map(|count| Rect {
            x: party.x + 2 + LABEL + count * if public { 8 } else { 7 },
            y: party.y,
            width: if public { 8 } else { 5 },
            height: rows,
        });
        let recent = Rect { y: y.min(area.bottom()), height: area.bottom().saturating_sub(y), ..area };
        Self { party: party.collect(), swap, earlier, later, calendar, recent, fields }
    }

    pub(super) fn completion(&self, spot: Spot, count: usize) -> Rect {
        let Some((_, field)) = self.fields.iter().find(|(other, _)| *other == spot) else { return Rect::ZERO };
        let rows = if self.earlier.is_empty() { 1 } else { 3 };
        let height = u16::try_from(count).unwrap_or(u16::MAX).saturating_mul(rows);
        let y = field.y + 1;
        let room = (self.recent.bottom().saturating_sub(y)) / rows * rows;
        let x = field.x + 1 + LABEL;
        // Whole over the button beside the field, never half.
        let width = if rows == 1 { VALUE + 12 } else { field.right().saturating_sub(x) };
        Rect { x, y, width, height: height.min(room) }
    }

    pub(super) fn party_at(&self, at: Position) -> Option<usize> {
        self.party.iter().position(|place| place.contains(at))
    }

    pub(super) fn spot_at(&self, at: Position) -> Option<Spot> {
        let field = self.fields.iter().find(|(_, place)| place.contains(at)).map(|(spot, _)| *spot);
        field.or_else(|| {
            let row = at.y.checked_sub(self.recent.y + 1).filter(|_| self.recent.contains(at))?;
            Some(Spot::Recent(row.into()))
        })
    }
}

pub(super) fn view(search: &Search, buf: &mut Buffer, area: Rect, world: &World) {
    let layout = Layout::new(area, world);
    let focus = |spot| if search.focus == spot { Focus::Here } else { Focus::Elsewhere };
    for (spot, place) in &layout.fields {
        match spot {
            Spot::From => search.from.view(buf, *place, focus(*spot), world),
            Spot::To => search.to.view(buf, *place, focus(*spot), world),
            Spot::Day => view_day(search, buf, *place, focus(*spot), world),
            Spot::Party if world.is_public() => view_party(&search.party, buf, *place, &layout, focus(*spot), world),
            Spot::Party => search.party.view(buf, *place, focus(*spot), world),
            Spot::Class => search.class.view(buf, *place, focus(*spot), world),
            Spot::Go => {
                button::view(buf, *place, "Show the trains", focus(*spot), world);
                if search.focus == Spot::Go {
                    for y in place.y..place.bottom() {
                        buf.set_stringn(area.x, y, "▌", 1, world.theme.accent);
                    }
                }
            }
            Spot::Recent(_) => {}
        }
    }
    let (swap, calendar) = if world.is_public() { ("Swap", "Calendar") } else { ("F2 swap", "F3 calendar") };
    for (place, words) in [(layout.swap, swap), (layout.calendar, calendar)] {
        if world.is_public() {
            button::view(buf, place, words, Focus::Elsewhere, world);
        } else {
            buf.set_stringn(place.x, place.y, words, place.width.into(), world.theme.dim);
        }
    }
    for (place, words) in [(layout.earlier, "◂"), (layout.later, "▸")] {
        button::view(buf, place, words, Focus::Elsewhere, world);
    }
    view_recent(search, buf, layout.recent, world);
    if !search.offered.is_empty() {
        search.offered.view(buf, layout.completion(search.focus, search.offered.len()), world);
    }
}

/// The date field, and below it how the text is understood.
fn view_day(search: &Search, buf: &mut Buffer, place: Rect, focus: Focus, world: &World) {
    search.day.view(buf, place, focus, world);
    if search.day.error().is_some() || place.height < 2 {
        return;
    }
    let window = world.booking_rules().window(world.now);
    let note = match search.day_entry {
        Entry::Settled => {
            let days = search.date.map_or(0, |date| (date - window.0).num_days());
            match days {
                0 => "today".to_owned(),
                1 => "tomorrow".to_owned(),
                days => format!("in {days} days"),
            }
        }
        Entry::Typing => match day_text::read(search.day.value(), window) {
            Ok(date) => format!("means {}", long_date(date)),
            Err(BadDay::OutsideWindow { first, last }) => {
                format!("on sale from {} to {}", first.format("%-d %b"), last.format("%-d %b"))
            }
            Err(BadDay::Empty | BadDay::Unreadable) => "type it like 24 dec, 24/12, fri or +3".to_owned(),
        },
    };
    let x = place.x + 2 + LABEL;
    buf.set_stringn(x, place.y + 1, text::fit(&note, VALUE), VALUE.into(), world.theme.dim);
}

/// The size of the party as six boxes for fingers.
fn view_party(party: &Field, buf: &mut Buffer, place: Rect, layout: &Layout, focus: Focus, world: &World) {
    let theme = &world.theme;
    if focus == Focus::Here {
        buf.set_stringn(place.x, place.y, "▌", 1, theme.accent);
    }
    buf.set_stringn(place.x + 2, place.y, party.label(), LABEL.into(), theme.dim);
    for (count, spot) in layout.party.iter().enumerate() {
        let chosen = count == party.chosen();
        let words = if chosen { format!("({})", count + 1) } else { format!(" {} ", count + 1) };
        let style = match (chosen, focus) {
            (true, Focus::Here) => theme.focus,
            (true, Focus::Elsewhere) => theme.accent,
            _ => theme.text,
        };
        button::styled(buf, *spot, &words, style, world);
    }
}

fn view_recent(search: &Search, buf: &mut Buffer, area: Rect, world: &World) {
    let theme = &world.theme;
    if world.recent.is_empty() || area.height < 3 {
        return;
    }
    buf.set_stringn(area.x + 2, area.y, "Searched for before", area.width.into(), theme.dim);
    for ((index, trip), row) in world.recent.iter().enumerate().zip(area.rows().skip(1)) {
        let line = words(trip, world);
        buf.set_stringn(row.x + 2, row.y, text::fit(&line, row.width - 3), row.width.into(), theme.text);
        if search.focus == Spot::Recent(index) {
            buf.set_style(row, theme.selected);
            buf.set_stringn(row.x, row.y, "▌", 1, theme.accent);
        }
    }
}

fn words(trip: &Trip, world: &World) -> String {
    let (from, to, glyph) = (places::title(&trip.from), places::title(&trip.to), world.glyphs.to);
    let class = match super::written(trip.class, trip.quota) {
        any if any.is_empty() => any,
        class => format!(" · {class}"),
    };
    let travellers = if trip.party == 1 { "1 traveller".to_owned() } else { format!("{} travellers", trip.party) };
    format!("{from}{glyph}{to} · {} · {travellers}{class}", trip.date.format("%a %-d %b"))
}
