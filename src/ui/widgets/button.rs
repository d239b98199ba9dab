//! Something to touch: three rows high on public terminals, one elsewhere.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Widget};

use crate::ui::context::World;
use crate::ui::form::Focus;
use crate::ui::text;

/// Columns of the button that goes on.
pub const ONWARD: u16 = 14;

/// Draws a button with its words in the middle: framed where there are three rows, in brackets where there is one.
pub fn view(buf: &mut Buffer, place: Rect, words: &str, focus: Focus, world: &World) {
    let style = if focus == Focus::Here { world.theme.focus } else { world.theme.strong };
    styled(buf, place, words, style, world);
}

/// Where a finger goes on from a form on a public terminal: at the right of its last rows. Elsewhere Enter does.
pub fn onward(rows: Rect, world: &World) -> Rect {
    if !world.is_public() || rows.height < 3 {
        return Rect::ZERO;
    }
    Rect { x: rows.right().saturating_sub(ONWARD + 2), width: ONWARD, height: 3, ..rows }
}

/// Draws a button whose words have a style of their own.
pub fn styled(buf: &mut Buffer, place: Rect, words: &str, style: Style, world: &World) {
    if place.is_empty() {
        return;
    }
    if place.height < 3 {
        let room = place.width.saturating_sub(4);
        buf.set_stringn(place.x, place.y, format!("[ {} ]", text::fit(words, room)), place.width.into(), style);
        return;
    }
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(world.theme.rule);
    let inner = block.inner(place);
    block.render(place, buf);
    let words = text::fit(words, inner.width);
    let gap = (inner.width - text::width(&words)) / 2;
    buf.set_style(inner, style);
    buf.set_stringn(inner.x + gap, inner.y + inner.height / 2, &words, inner.width.into(), style);
}
