//! The ticket's text as a QR code.

use qrcode::{Color, EcLevel, QrCode, Version};

use crate::ticket::Ticket;

/// The modules of a QR code without its quiet zone, which whoever draws it leaves free: four modules on each side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrMatrix {
    /// Modules on a side.
    pub width: usize,
    dark: Vec<bool>,
}

impl QrMatrix {
    /// The modules that stay light around the code, on each side (ISO/IEC 18004, 5.3.8).
    pub const QUIET: usize = 4;

    /// Whether the module in column `x` of row `y` is dark; modules outside are light.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.width && y < self.width && self.dark[y * self.width + x]
    }
}

/// The QR code of a ticket: always version 5 (37 modules a side) at level L, so that the drawing has one size.
pub fn qr(ticket: &Ticket) -> QrMatrix {
    let code = QrCode::with_version(ticket.text(), Version::Normal(5), EcLevel::L)
        .expect("a ticket has at most 154 alphanumeric characters, which fit version 5 at level L");
    QrMatrix { width: code.width(), dark: code.into_colors().into_iter().map(|color| color == Color::Dark).collect() }
}
