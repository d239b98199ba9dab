//! Frames as the bytes that a terminal needs, and no more: what it shows already is left alone.
//!
//! A thousand sessions must not each keep two screens of cells. The cells are composed in a buffer that all sessions of a
//! thread share; of its last frame a session keeps one hash a cell. Two different cells have the same hash once in 2^64,
//! and then the older one stays on the screen until its place changes again or the screen is drawn anew.

use std::cell::RefCell;
use std::hash::BuildHasher as _;
use std::io;

use foldhash::quality::FixedState;
use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect, Size};
use unicode_width::UnicodeWidthStr as _;

/// More than this is not drawn, whatever a terminal says it has: the rest of it stays empty.
pub const LARGEST: Size = Size { width: 300, height: 100 };

/// Terminals that know it show a frame all at once; others ignore it.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
const ERASE: &[u8] = b"\x1b[0m\x1b[2J";

/// Stands for a place whose content is not known, or which the cell before covers. No cell is written for it.
const NOTHING: u64 = 0;

thread_local! {
    static SHEET: RefCell<Buffer> = RefCell::new(Buffer::empty(Rect::ZERO));
}

/// What one terminal shows.
#[derive(Debug)]
pub struct Painter {
    size: Size,
    shown: Vec<u64>,
    ground: Ground,
}

/// What the terminal shows before a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ground {
    /// Anything: it has to be erased.
    Unknown,
    /// The frame before.
    Drawn,
}

impl Painter {
    /// For a terminal that shows anything.
    pub fn new(size: Size) -> Self {
        let mut painter = Self { size: Size::ZERO, shown: Vec::new(), ground: Ground::Unknown };
        painter.resize(size);
        painter
    }

    /// The terminal has another size, and what it shows is not known any more.
    pub fn resize(&mut self, size: Size) {
        self.size = Size { width: size.width.min(LARGEST.width), height: size.height.min(LARGEST.height) };
        self.ground = Ground::Unknown;
        self.shown = vec![NOTHING; usize::from(self.size.width) * usize::from(self.size.height)];
    }

    /// The bytes that make the terminal show what `draw` draws; none when it does.
    ///
    /// # Errors
    /// None: they are written to memory, though by what writes to anything.
    pub fn paint(&mut self, draw: impl FnOnce(&mut Buffer)) -> io::Result<Vec<u8>> {
        let mut bytes = BEGIN.to_vec();
        let is_new = std::mem::replace(&mut self.ground, Ground::Drawn) == Ground::Unknown;
        if is_new {
            self.shown.fill(hash(&Cell::EMPTY));
            bytes.extend(ERASE);
        }
        let is_same = SHEET.with_borrow_mut(|sheet| {
            sheet.resize(Rect::from((Position::ORIGIN, self.size)));
            sheet.reset();
            draw(sheet);
            let changed = self.changed(sheet);
            let is_same = changed.is_empty() && !is_new;
            CrosstermBackend::new(&mut bytes).draw(changed.into_iter()).map(|()| is_same)
        })?;
        if is_same {
            return Ok(Vec::new());
        }
        bytes.extend(END);
        Ok(bytes)
    }

    /// The cells that are not shown yet, and from now on are.
    fn changed<'sheet>(&mut self, sheet: &'sheet Buffer) -> Vec<(u16, u16, &'sheet Cell)> {
        let width = usize::from(self.size.width.max(1));
        let mut changed = Vec::new();
        for (y, (cells, shown)) in (0..).zip(sheet.content.chunks(width).zip(self.shown.chunks_mut(width))) {
            let mut x = 0;
            while let Some(cell) = cells.get(x) {
                let is = hash(cell);
                if shown[x] != is {
                    shown[x] = is;
                    changed.push((x as u16, y, cell));
                }
                // A wide sign covers the cells that follow it: whatever comes there later is new.
                let end = (x + cell.symbol().width().max(1)).min(width);
                shown[x + 1..end].fill(NOTHING);
                x = end;
            }
        }
        changed
    }
}

fn hash(cell: &Cell) -> u64 {
    FixedState::default().hash_one(cell).max(NOTHING + 1)
}

#[cfg(test)]
mod tests;
