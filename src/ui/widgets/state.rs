//! What stands where a list would be while there is nothing to list: empty, or refused with a way to try again.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::service::request::Failure;
use crate::ui::context::World;
use crate::ui::form::Focus;
use crate::ui::text;

/// Says in the middle of a place that there is nothing, and what to do next.
pub fn empty(buf: &mut Buffer, area: Rect, title: &str, next: &str, world: &World) {
    words(buf, area, (title, world.theme.strong), next, world);
}

/// Says in the middle of a place why there is nothing, and that `r` tries again.
pub fn failed(buf: &mut Buffer, area: Rect, failure: &Failure, world: &World) {
    refused(buf, area, &why(failure, Focus::Here), world);
}

/// Says in the middle of a place why there is nothing, in the words of [`why`].
pub fn refused(buf: &mut Buffer, area: Rect, why: &str, world: &World) {
    words(buf, area, ("That did not work", world.theme.bad), why, world);
}

/// Why there is nothing; and that `r` tries again, unless it would be typed into a field.
pub fn why(failure: &Failure, focus: Focus) -> String {
    match focus {
        Focus::Here => format!("{failure} Press r to try again."),
        Focus::Elsewhere => failure.to_string(),
    }
}

fn words(buf: &mut Buffer, area: Rect, (title, style): (&str, Style), says: &str, world: &World) {
    let columns = area.width.saturating_sub(4).min(60);
    let lines = text::wrap(says, columns);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let top = area.y + area.height.saturating_sub(height) / 2;
    let x = area.x + area.width.saturating_sub(columns) / 2;
    if top < area.bottom() {
        buf.set_stringn(x, top, title, columns.into(), style);
    }
    for (y, line) in (top + 2..area.bottom()).zip(lines) {
        buf.set_stringn(x, y, line, columns.into(), world.theme.text);
    }
}
