//! A QR code in half blocks: two modules to a cell, dark on light whatever the theme, so that a scanner reads it.

use qrcode::{Color as Module, EcLevel, QrCode};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

/// The quiet zone around the code in modules. The standard asks for four; two still scan from a screen, and fit.
const QUIET: usize = 2;

/// A QR code.
#[derive(Clone, Debug)]
pub struct Qr {
    modules: Vec<Module>,
    side: usize,
}

impl Qr {
    /// A code for these bytes at level L; `None` when they are more than a code can hold.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let code = QrCode::with_error_correction_level(bytes, EcLevel::L).ok()?;
        Some(Self { side: code.width(), modules: code.into_colors() })
    }

    /// Its columns with the quiet zone.
    pub fn columns(&self) -> u16 {
        u16::try_from(self.side + 2 * QUIET).unwrap_or(u16::MAX)
    }

    /// Its rows with the quiet zone.
    pub fn rows(&self) -> u16 {
        self.columns().div_ceil(2)
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < self.side);
        match (inside(x), inside(y)) {
            (Some(x), Some(y)) => self.modules[y * self.side + x] == Module::Dark,
            _ => false,
        }
    }

    /// Draws it at the upper left of a place; nothing when it does not fit, since half a code is none.
    pub fn view(&self, buf: &mut Buffer, area: Rect) {
        if self.columns() > area.width || self.rows() > area.height {
            return;
        }
        let paper = Style::new().fg(Color::Black).bg(Color::White);
        for row in 0..self.rows() {
            for column in 0..self.columns() {
                let (x, y) = (usize::from(column), usize::from(row) * 2);
                let symbol = match (self.is_dark(x, y), self.is_dark(x, y + 1)) {
                    (true, true) => "█",
                    (true, false) => "▀",
                    (false, true) => "▄",
                    (false, false) => " ",
                };
                buf.set_string(area.x + column, area.y + row, symbol, paper);
            }
        }
    }
}
