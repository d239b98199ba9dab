//! A framed panel above the screen, with its words and its buttons.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use crate::ui::context::World;
use crate::ui::keys::Key;
use crate::ui::text;
use crate::ui::theme::Tone;

/// The widest line of words that still reads well.
const WIDTH: u16 = 60;

/// A panel with a few words.
#[derive(Clone, Copy, Debug)]
pub struct Panel<'a> {
    /// A few words.
    pub title: &'a str,
    /// How they are meant.
    pub tone: Tone,
    /// A sentence or two.
    pub text: &'a str,
}

impl Panel<'_> {
    /// Draws it in the middle of an area.
    pub fn view(&self, buf: &mut Buffer, area: Rect, buttons: &[(Key, &str)], world: &World) {
        let place = place(area, buttons, self.text);
        let inner = frame(buf, place, self.title, world.theme.tone(self.tone), world);
        for (row, line) in inner.rows().skip(1).zip(text::wrap(self.text, inner.width)) {
            buf.set_string(row.x, row.y, line, world.theme.text);
        }
        for ((key, label), spot) in buttons.iter().zip(button_places(place, buttons)) {
            let style = if *key == Key::Enter { world.theme.focus } else { world.theme.strong };
            buf.set_style(spot, style);
            let words = format!("{}  {label}", name(*key));
            buf.set_stringn(spot.x + 2, spot.y + spot.height / 2, words, spot.width.into(), style);
        }
    }
}

const fn name(key: Key) -> &'static str {
    if matches!(key, Key::Enter) { "Enter" } else { "Esc" }
}

/// The button under a touch.
pub fn button_at(area: Rect, buttons: &[(Key, &str)], words: &str, at: Position) -> Option<Key> {
    let places = button_places(place(area, buttons, words), buttons);
    buttons.iter().zip(places).find(|(_, spot)| spot.contains(at)).map(|((key, _), _)| *key)
}

fn place(area: Rect, buttons: &[(Key, &str)], words: &str) -> Rect {
    let width = WIDTH.min(area.width);
    let lines = u16::try_from(text::wrap(words, width.saturating_sub(4)).len()).unwrap_or(u16::MAX);
    let rows = if buttons.is_empty() { 0 } else { 4 };
    centred(area, width, lines.saturating_add(4 + rows))
}

/// Buttons are three rows high: a finger finds them.
fn button_places(panel: Rect, buttons: &[(Key, &str)]) -> Vec<Rect> {
    let mut x = panel.x + 2;
    let y = (panel.y + panel.height).saturating_sub(4);
    let places = buttons.iter().map(|(key, label)| {
        let spot = Rect { x, y, width: text::width(label) + text::width(name(*key)) + 6, height: 3 };
        x += spot.width + 2;
        spot.intersection(panel)
    });
    places.collect()
}

/// A rectangle of at most this size in the middle of an area.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// Draws an empty frame with a title, and returns the room in it.
pub fn frame(buf: &mut Buffer, place: Rect, title: &str, title_style: Style, world: &World) -> Rect {
    Clear.render(place, buf);
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(world.theme.rule)
        .style(world.theme.overlay)
        .title_style(title_style)
        .title(format!(" {title} "));
    let inner = block.inner(place);
    block.render(place, buf);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}
