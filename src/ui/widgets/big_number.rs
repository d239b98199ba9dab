//! A number to be read aloud from the screen: four rows high, or spaced out where the font has ASCII alone.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;
use tui_big_text::{BigText, PixelSize};

use crate::ui::context::World;
use crate::ui::glyphs::Charset;
use crate::ui::widgets::sheet::put;

/// Rows that it takes.
pub const ROWS: u16 = 4;

/// Draws it at the left of a place, four columns to a character.
pub fn view(buf: &mut Buffer, area: Rect, number: &str, world: &World) {
    match world.glyphs.charset {
        Charset::Unicode => {
            let style = world.theme.accent;
            BigText::builder()
                .pixel_size(PixelSize::Quadrant)
                .style(style)
                .lines(vec![number.into()])
                .build()
                .render(area, buf);
        }
        Charset::Ascii => {
            let spaced: Vec<String> = number.chars().map(String::from).collect();
            let middle = Rect { y: area.y + area.height / 2, height: area.height.min(1), ..area };
            put(buf, middle, 0, &spaced.join(" "), world.theme.accent);
        }
    }
}
