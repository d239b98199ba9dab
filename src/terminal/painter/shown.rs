//! What a terminal shows, exactly and in few bytes: most of a screen is empty, and much of the rest looks like what stands
//! before it.
//!
//! A cell has 48 bytes in a buffer, a screen of 120 by 40 some 230 KB; here it has a few KB. A row is read from its first cell
//! to its last and written in the same way. Rows that look alike are written alike, so that most of a frame needs no reading.

use ratatui::buffer::Cell;
use ratatui::style::Color;

use super::columns;

/// The bytes of the sign in a place; none where nothing is known of it, as where the sign before covers it.
pub(super) type Sign<'a> = Option<&'a [u8]>;

/// Whether two places look the same but for their colours.
pub(super) fn is_same(one: Sign, other: Sign) -> bool {
    match (one, other) {
        // Nearly all, and much quicker than any number of bytes.
        (Some([one]), Some([other])) => one == other,
        _ => one == other,
    }
}

/// How a place looks, whatever its sign: a style with nothing left open, in numbers, since comparing looks is most of what
/// composing a frame takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// The colour of the sign and of what is behind it.
    colours: u64,
    /// The colour of the line under it, and its other marks.
    marks: u64,
}

impl Look {
    const EMPTY: Self = Self::of(&Cell::EMPTY);

    /// How a cell looks.
    #[inline]
    pub(super) const fn of(cell: &Cell) -> Self {
        Self {
            colours: number(cell.fg) << 32 | number(cell.bg),
            marks: number(cell.underline_color) << 32 | cell.modifier.bits() as u64,
        }
    }
}

/// Whether cells have the same look: quicker than to ask for both.
fn is_alike(one: &Cell, other: &Cell) -> bool {
    let lines = |cell: &Cell| (cell.underline_color, cell.modifier);
    one.fg == other.fg && one.bg == other.bg && lines(one) == lines(other)
}

/// A number that no other colour has. Those with numbers of their own are told apart first: what is left are names in a
/// row, which takes no table to go by.
const fn number(colour: Color) -> u64 {
    const INDEXED: u64 = 1 << 24;
    const NAMED: u64 = 1 << 25;
    if let Color::Rgb(red, green, blue) = colour {
        return u32::from_be_bytes([0, red, green, blue]) as u64;
    }
    if let Color::Indexed(index) = colour {
        return INDEXED | index as u64;
    }
    let name = match colour {
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => 0,
        Color::Black => 1,
        Color::Red => 2,
        Color::Green => 3,
        Color::Yellow => 4,
        Color::Blue => 5,
        Color::Magenta => 6,
        Color::Cyan => 7,
        Color::Gray => 8,
        Color::DarkGray => 9,
        Color::LightRed => 10,
        Color::LightGreen => 11,
        Color::LightYellow => 12,
        Color::LightBlue => 13,
        Color::LightMagenta => 14,
        Color::LightCyan => 15,
        Color::White => 16,
    };
    NAMED | name
}

/// No sign.
const NOTHING: u8 = 0;
/// Up to this a byte says how often the sign before it comes again.
const REPEATS: u8 = 0x1f;
/// From this on a byte says how many bytes the next sign has. Those between are signs themselves.
const LONG: u8 = 0x80;

/// A screen, row by row. Past what was written all is empty, as on a terminal that was erased.
#[derive(Debug, Default)]
pub(super) struct Shown {
    signs: Vec<u8>,
    /// Each with the number of cells that have it.
    looks: Vec<(Look, u16)>,
    /// Where each row ends in both.
    ends: Vec<End>,
}

#[derive(Clone, Copy, Debug, Default)]
struct End {
    signs: usize,
    looks: usize,
    /// Whether every sign of the row is known.
    is_known: bool,
}

impl Clone for Shown {
    fn clone(&self) -> Self {
        Self { signs: self.signs.clone(), looks: self.looks.clone(), ends: self.ends.clone() }
    }

    fn clone_from(&mut self, other: &Self) {
        self.signs.clone_from(&other.signs);
        self.looks.clone_from(&other.looks);
        self.ends.clone_from(&other.ends);
    }
}

impl Shown {
    /// Erases it.
    pub(super) fn clear(&mut self) {
        self.signs.clear();
        self.looks.clear();
        self.ends.clear();
    }

    /// Reads a row.
    pub(super) fn row(&self, y: usize) -> Row<'_> {
        let Some(end) = self.ends.get(y) else { return Row::default() };
        let start = y.checked_sub(1).map(|above| self.ends[above]).unwrap_or_default();
        let (signs, looks) = (&self.signs[start.signs..end.signs], &self.looks[start.looks..end.looks]);
        Row { signs, looks, is_known: end.is_known }
    }

    /// Writes the next row. Most cells are as the one before: that they are is all that is asked of them.
    pub(super) fn write_row(&mut self, cells: &[Cell]) {
        let mut row = self.writer();
        let (mut like, mut look) = (&Cell::EMPTY, Look::EMPTY);
        let (mut plain, mut again, mut covered) = (None, 0, 0);
        for cell in cells {
            let sign = cell.symbol();
            let is_alike = is_alike(cell, like);
            if let [byte] = sign.as_bytes()
                && plain == Some(*byte)
                && is_alike
            {
                again += 1;
                continue;
            }
            row.repeat(std::mem::take(&mut again));
            if !is_alike {
                (like, look) = (cell, Look::of(cell));
            }
            // Under a wide sign nothing of its own is seen.
            if covered > 0 {
                (plain, covered) = (None, covered - 1);
                row.push(None, look);
                continue;
            }
            plain = if let [byte] = sign.as_bytes() { Some(*byte) } else { None };
            covered = columns(sign) - 1;
            row.push(Some(sign.as_bytes()), look);
        }
        row.repeat(again);
        row.end();
    }

    fn writer<'signs>(&mut self) -> Writer<'_, 'signs> {
        Writer { shown: self, before: None, repeats: 0, look: Look::EMPTY, cells: 0, is_known: true }
    }
}

/// A row of a screen.
#[derive(Clone, Copy, Default)]
pub(super) struct Row<'a> {
    signs: &'a [u8],
    looks: &'a [(Look, u16)],
    is_known: bool,
}

impl<'a> Row<'a> {
    /// Whether it certainly looks like another: quicker than reading both.
    pub(super) fn is_same(self, other: Row) -> bool {
        self.is_known && other.is_known && self.signs == other.signs && self.looks == other.looks
    }

    /// Whether nothing is on it, in this look.
    pub(super) fn is_empty(self, look: Look) -> bool {
        let [b' ', repeats @ ..] = self.signs else { return false };
        matches!(self.looks, [(only, _)] if *only == look) && repeats.iter().all(|byte| (1..=REPEATS).contains(byte))
    }

    /// Reads its cells.
    pub(super) fn reader(self) -> Reader<'a> {
        Reader { signs: self.signs, sign: None, repeats: 0, looks: self.looks.iter(), look: Look::EMPTY, cells: 0 }
    }
}

/// Reads a row.
pub(super) struct Reader<'a> {
    signs: &'a [u8],
    sign: Sign<'a>,
    repeats: u8,
    looks: std::slice::Iter<'a, (Look, u16)>,
    look: Look,
    cells: u16,
}

impl<'a> Reader<'a> {
    /// The next cell.
    pub(super) fn next(&mut self) -> (Sign<'a>, Look) {
        (self.sign(), self.look())
    }

    fn sign(&mut self) -> Sign<'a> {
        if self.repeats > 0 {
            self.repeats -= 1;
            return self.sign;
        }
        let Some((first, rest)) = self.signs.split_first() else { return Some(Cell::EMPTY.symbol().as_bytes()) };
        self.signs = rest;
        match *first {
            NOTHING => self.sign = None,
            repeats @ ..=REPEATS => self.repeats = repeats - 1,
            LONG.. => {
                let (sign, rest) = rest.split_at(usize::from(*first - LONG));
                (self.sign, self.signs) = (Some(sign), rest);
            }
            _ => self.sign = Some(std::slice::from_ref(first)),
        }
        self.sign
    }

    fn look(&mut self) -> Look {
        if self.cells == 0 {
            (self.look, self.cells) = self.looks.next().copied().unwrap_or((Look::EMPTY, u16::MAX));
        }
        self.cells -= 1;
        self.look
    }
}

/// Writes a row.
struct Writer<'a, 'signs> {
    shown: &'a mut Shown,
    before: Option<Sign<'signs>>,
    /// How often it comes again.
    repeats: u16,
    /// How the last cells look, and how many they are.
    look: Look,
    cells: u16,
    is_known: bool,
}

impl<'signs> Writer<'_, 'signs> {
    /// The last cell comes so often again.
    fn repeat(&mut self, times: u16) {
        self.repeats += times;
        self.cells += times;
    }

    /// Writes the next cell.
    fn push(&mut self, sign: Sign<'signs>, look: Look) {
        if self.look != look {
            self.end_look();
            self.look = look;
        }
        self.cells += 1;
        match self.before {
            Some(before) if is_same(before, sign) => self.repeats += 1,
            _ => self.push_sign(sign),
        }
    }

    /// Ends the row.
    fn end(mut self) {
        self.end_look();
        self.end_repeats();
        let Shown { signs, looks, ends } = self.shown;
        ends.push(End { signs: signs.len(), looks: looks.len(), is_known: self.is_known });
    }

    fn push_sign(&mut self, sign: Sign<'signs>) {
        self.end_repeats();
        self.before = Some(sign);
        let signs = &mut self.shown.signs;
        match sign {
            None => signs.push(NOTHING),
            Some([sign]) if (REPEATS + 1..LONG).contains(sign) => signs.push(*sign),
            Some(sign) if sign.len() <= usize::from(u8::MAX - LONG) => {
                signs.push(LONG + sign.len() as u8);
                signs.extend(sign);
            }
            Some(_) => {
                // Nobody reads so many marks on a letter; it is sent again with every frame that changes.
                signs.push(NOTHING);
                self.is_known = false;
            }
        }
    }

    fn end_repeats(&mut self) {
        while self.repeats > 0 {
            let part = self.repeats.min(REPEATS.into());
            self.shown.signs.push(part as u8);
            self.repeats -= part;
        }
    }

    fn end_look(&mut self) {
        if self.cells > 0 {
            self.shown.looks.push((self.look, self.cells));
            self.cells = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Cell;
    use ratatui::style::{Color, Style};

    use super::super::signs;
    use super::{Look, Shown, Sign};

    fn written(cells: &[(Sign<'static>, Look)]) -> Shown {
        let mut shown = Shown::default();
        let mut writer = shown.writer();
        for (sign, look) in cells {
            writer.push(*sign, *look);
        }
        writer.end();
        shown
    }

    fn red() -> Look {
        let mut cell = Cell::EMPTY;
        Look::of(cell.set_style(Style::new().fg(Color::Red)))
    }

    fn cell() -> impl Strategy<Value = (Sign<'static>, Look)> {
        let signs = [None, Some(" "), Some("a"), Some("─"), Some("日"), Some("é"), Some("\u{1}"), Some("\0"), Some("")];
        let looks = [Look::EMPTY, red()];
        let sign = prop::sample::select(signs.map(|sign| sign.map(str::as_bytes)).to_vec());
        (sign, prop::sample::select(looks.to_vec()))
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(runs in prop::collection::vec((cell(), 1..100_usize), 0..40)) {
            let cells: Vec<_> = runs.into_iter().flat_map(|(cell, times)| vec![cell; times]).collect();
            let shown = written(&cells);
            let mut reader = shown.row(0).reader();
            for cell in cells {
                prop_assert_eq!(reader.next(), cell);
            }
            prop_assert_eq!(reader.next(), (Some(" ".as_bytes()), Look::EMPTY), "the rest is empty");
        }

        #[test]
        fn rows_are_the_same_where_their_cells_are(rows in prop::collection::vec(prop::collection::vec(cell(), 0..4), 2..5)) {
            let mut shown = Shown::default();
            for row in &rows {
                let mut writer = shown.writer();
                for (sign, look) in row {
                    writer.push(*sign, *look);
                }
                writer.end();
            }
            for (y, other) in (0..rows.len()).flat_map(|y| (0..rows.len()).map(move |other| (y, other))) {
                prop_assert_eq!(shown.row(y).is_same(shown.row(other)), rows[y] == rows[other]);
            }
        }
    }

    proptest! {
        #[test]
        fn rows_of_cells_are_written_sign_by_sign(runs in prop::collection::vec((0..5_usize, any::<bool>(), 1..40_usize), 0..20)) {
            let cell = |(sign, is_red, times): (usize, bool, usize)| {
                let mut cell = Cell::EMPTY;
                cell.set_symbol([" ", "a", "日", "é", "─"][sign]);
                if is_red {
                    cell.set_fg(Color::Red);
                }
                vec![cell; times]
            };
            let cells: Vec<_> = runs.into_iter().flat_map(cell).collect();
            let mut shown = Shown::default();
            shown.write_row(&cells);
            let mut reader = shown.row(0).reader();
            for (_, sign, look) in signs(&cells) {
                prop_assert_eq!(reader.next(), (sign, look));
            }
        }
    }

    #[test]
    fn what_is_longer_than_a_byte_says_is_not_known() {
        for (length, is_known) in [(127, true), (128, false)] {
            let sign: &'static str = "x".repeat(length).leak();
            let shown = written(&[(Some(sign.as_bytes()), Look::EMPTY)]);
            assert_eq!(shown.row(0).reader().next().0.is_some(), is_known, "{length}");
            assert_eq!(shown.row(0).is_same(shown.row(0)), is_known, "{length}");
        }
    }

    #[test]
    fn an_empty_screen_is_small() {
        let shown = written(&vec![(Some(" ".as_bytes()), Look::EMPTY); 120 * 40]);
        assert!(shown.signs.len() < 200, "{}", shown.signs.len());
        assert_eq!(shown.looks.len(), 1);
    }
}
