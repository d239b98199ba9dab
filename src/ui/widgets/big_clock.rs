//! A clock to be read from three metres.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;
use tui_big_text::{BigText, PixelSize};

use crate::domain::time::railway_time;
use crate::ui::context::World;
use crate::ui::glyphs::Charset;

/// Draws hours and minutes of the railway, 40 columns by 4 rows (8 in ASCII), centred.
pub fn view(buf: &mut Buffer, area: Rect, world: &World) {
    let shown = railway_time(world.now).format("%H:%M").to_string();
    let pixels = match world.glyphs.charset {
        Charset::Unicode => PixelSize::HalfHeight,
        Charset::Ascii => PixelSize::Full,
    };
    let clock =
        BigText::builder().pixel_size(pixels).style(world.theme.accent).centered().lines(vec![shown.into()]).build();
    clock.render(area, buf);
}
