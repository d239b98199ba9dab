//! Frames as the bytes that a terminal needs, and no more: what it shows already is left alone.
//!
//! A thousand sessions must not each keep two screens of cells. The cells are composed in a buffer that all sessions of a
//! thread share; of its last frame a session keeps what the terminal shows, in a form of a few KB.

use std::cell::RefCell;
use std::io;

use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use shown::{Look, Shown, Sign, is_same};

use crate::ui::screen::Hyperlink;

mod shown;

/// More than this is not drawn, whatever a terminal says it has: the rest of it stays empty.
pub const LARGEST: Size = Size { width: 300, height: 100 };

/// Terminals that know it show a frame all at once; others ignore it.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
const ERASE: &[u8] = b"\x1b[0m\x1b[2J";

/// Longer than most frames, in bytes, and still of a size of which allocators have some at hand.
const USUAL: usize = 1_000;

/// Around what is linked, with the address between them; terminals that do not know it pass over it (OSC 8).
const LINK: &[u8] = b"\x1b]8;;";
const LINK_ENDS: &[u8] = b"\x1b\\";

thread_local! {
    static SHEET: RefCell<Sheet> = RefCell::new(Sheet::default());
}

/// What a frame is composed on, and with.
#[derive(Default)]
struct Sheet {
    cells: Buffer,
    /// In which style the cells are empty; none while there is anything on them.
    ground: Option<Style>,
    /// What the terminal will show when it has the frame.
    next: Shown,
    /// The cells that it does not show yet.
    changed: Vec<Position>,
}

impl Sheet {
    /// The cells, empty in a style. Whoever draws on them clears them: until then nobody knows what is there.
    fn open(&mut self, size: Size, ground: Style) -> &mut Buffer {
        let area = Rect::from((Position::ORIGIN, size));
        let laid = self.ground.take();
        if laid != Some(ground) || self.cells.area != area {
            self.cells.resize(area);
            lay(&mut self.cells.content, ground);
        }
        &mut self.cells
    }

    /// Empties the cells of a frame: on many of its rows there is nothing.
    fn clear(&mut self, ground: Style) {
        let width = usize::from(self.cells.area.width.max(1));
        let empty = Look::of(Cell::EMPTY.clone().set_style(ground));
        for (y, cells) in self.cells.content.chunks_mut(width).enumerate() {
            if !self.next.row(y).is_empty(empty) {
                lay(cells, ground);
            }
        }
        self.ground = Some(ground);
    }
}

/// Empties cells and gives them a style. Cells that are put together here take half the time of copied ones, whose signs
/// might be long.
fn lay(cells: &mut [Cell], ground: Style) {
    let mut styled = Cell::EMPTY;
    let ground = styled.set_style(ground);
    for cell in cells {
        let mut empty = Cell::EMPTY;
        (empty.fg, empty.bg, empty.underline_color, empty.modifier) =
            (ground.fg, ground.bg, ground.underline_color, ground.modifier);
        *cell = empty;
    }
}

/// What one terminal shows.
#[derive(Debug)]
pub struct Painter {
    size: Size,
    shown: Shown,
    link: Option<Hyperlink>,
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
        let mut painter = Self { size: Size::ZERO, shown: Shown::default(), link: None, ground: Ground::Unknown };
        painter.resize(size);
        painter
    }

    /// The terminal has another size, and what it shows is not known any more.
    pub fn resize(&mut self, size: Size) {
        self.size = Size { width: size.width.min(LARGEST.width), height: size.height.min(LARGEST.height) };
        self.ground = Ground::Unknown;
    }

    /// The terminal's size, as far as it is drawn on.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The bytes that make the terminal show what `draw` draws on a buffer that is empty in the style of `ground`; none when it
    /// does already.
    ///
    /// # Errors
    /// None: they are written to memory, though by what writes to anything.
    pub fn paint(&mut self, ground: Style, draw: impl FnOnce(&mut Buffer)) -> io::Result<Vec<u8>> {
        self.paint_linked(None, ground, draw)
    }

    /// The same for a frame of which a part leads to an address.
    ///
    /// # Errors
    /// None, as above.
    pub fn paint_linked(
        &mut self,
        link: Option<Hyperlink>,
        ground: Style,
        draw: impl FnOnce(&mut Buffer),
    ) -> io::Result<Vec<u8>> {
        // Terminals take what could steer them for the end of an address, or for worse.
        let link = link.filter(|link| link.url.bytes().all(|byte| byte.is_ascii_graphic()));
        let before = std::mem::replace(&mut self.link, link);
        // What is linked is kept by the terminal with its cells: they are sent again when it changes.
        let relinked =
            if before == self.link { [Rect::ZERO; 2] } else { [before.as_ref(), self.link.as_ref()].map(area_of) };
        let mut bytes = Vec::with_capacity(USUAL);
        bytes.extend(BEGIN);
        let is_new = std::mem::replace(&mut self.ground, Ground::Drawn) == Ground::Unknown;
        if is_new {
            self.shown.clear();
            bytes.extend(ERASE);
        }
        let is_same = SHEET.with_borrow_mut(|sheet| {
            draw(sheet.open(self.size, ground));
            self.compare(sheet, relinked);
            let Sheet { cells, next, changed, .. } = sheet;
            let is_same = changed.is_empty() && !is_new;
            if !is_same {
                // Into what held the frame before: most are as long.
                self.shown.clone_from(next);
            }
            let linked = area_of(self.link.as_ref());
            draw_cells(&mut bytes, cells, changed.iter().filter(|at| !linked.contains(**at)))?;
            if let Some(link) = self.link.as_ref().filter(|_| changed.iter().any(|at| linked.contains(*at))) {
                bytes.extend([LINK, link.url.as_bytes(), LINK_ENDS].concat());
                draw_cells(&mut bytes, cells, changed.iter().filter(|at| linked.contains(**at)))?;
                bytes.extend([LINK, LINK_ENDS].concat());
            }
            sheet.clear(ground);
            Ok::<_, io::Error>(is_same)
        })?;
        if is_same {
            return Ok(Vec::new());
        }
        bytes.extend(END);
        Ok(bytes)
    }

    /// Finds the cells that are not shown yet or lead elsewhere since, and what is shown with them.
    fn compare(&self, sheet: &mut Sheet, relinked: [Rect; 2]) {
        let Sheet { cells, next, changed, .. } = sheet;
        changed.clear();
        next.clear();
        for (y, cells) in (0_u16..).zip(cells.content.chunks(usize::from(self.size.width.max(1)))) {
            next.write_row(cells);
            let before = self.shown.row(y.into());
            let is_relinked = relinked.iter().any(|area| (area.top()..area.bottom()).contains(&y));
            if before.is_same(next.row(y.into())) && !is_relinked {
                continue;
            }
            let mut before = before.reader();
            for (x, sign, look) in signs(cells) {
                let ((before, before_look), at) = (before.next(), Position { x: x as u16, y });
                let leads_elsewhere = relinked.iter().any(|area| area.contains(at));
                if sign.is_some() && (leads_elsewhere || !is_same(before, sign) || before_look != look) {
                    changed.push(at);
                }
            }
        }
    }
}

/// Writes what makes a terminal show some cells.
fn draw_cells<'at>(bytes: &mut Vec<u8>, sheet: &Buffer, cells: impl Iterator<Item = &'at Position>) -> io::Result<()> {
    CrosstermBackend::new(bytes).draw(cells.map(|at| (at.x, at.y, &sheet[*at])))
}

/// What each cell of a row shows, by its column. The sign of one that a wide one covers is not known: whatever comes there
/// later is new.
fn signs(cells: &[Cell]) -> impl Iterator<Item = (usize, Sign<'_>, Look)> {
    let mut covered = 0;
    cells.iter().enumerate().map(move |(x, cell)| {
        if covered > 0 {
            covered -= 1;
            return (x, None, Look::of(cell));
        }
        let sign = cell.symbol();
        covered = columns(sign) - 1;
        (x, Some(sign.as_bytes()), Look::of(cell))
    })
}

fn area_of(link: Option<&Hyperlink>) -> Rect {
    link.map_or(Rect::ZERO, |link| link.area)
}

/// How wide a sign is, at least one column.
fn columns(sign: &str) -> u16 {
    if sign.len() == 1 { 1 } else { sign.width().max(1) as u16 }
}

#[cfg(test)]
mod tests;
