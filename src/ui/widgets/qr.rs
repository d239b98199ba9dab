//! A ticket's QR code in half blocks: two modules to a cell, dark on light whatever the theme, so that a scanner reads it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use crate::ticket::{self, QrMatrix, Ticket};

/// Columns with the quiet zone: 37 modules and four on each side (ISO/IEC 18004, 5.3.8).
pub const COLUMNS: u16 = 45;

/// Rows with the quiet zone.
pub const ROWS: u16 = COLUMNS.div_ceil(2);

/// Draws a ticket's code at the upper left of a place; nothing when it does not fit, since half a code is none.
pub fn view(ticket: &Ticket, buf: &mut Buffer, area: Rect) {
    if COLUMNS > area.width || ROWS > area.height {
        return;
    }
    let matrix = ticket::qr(ticket);
    let paper = Style::new().fg(Color::Black).bg(Color::White);
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let (x, y) = (usize::from(column), usize::from(row) * 2);
            let symbol = match (is_dark(&matrix, x, y), is_dark(&matrix, x, y + 1)) {
                (true, true) => "█",
                (true, false) => "▀",
                (false, true) => "▄",
                (false, false) => " ",
            };
            buf.set_string(area.x + column, area.y + row, symbol, paper);
        }
    }
}

fn is_dark(matrix: &QrMatrix, x: usize, y: usize) -> bool {
    let inside = |at: usize| at.checked_sub(QrMatrix::QUIET);
    matches!((inside(x), inside(y)), (Some(x), Some(y)) if matrix.is_dark(x, y))
}
