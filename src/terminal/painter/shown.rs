//! What a terminal shows, exactly and in few bytes: most of a screen is empty, and much of the rest looks like what stands
//! before it.
//!
//! A cell has 48 bytes in a buffer, a screen of 120 by 40 some 230 KB; here it has a few KB. It is read from the first cell
//! to the last and written in the same way: there is no way to one in the middle.

use ratatui::buffer::Cell;
use ratatui::style::Style;

/// The bytes of the sign in a place; none where nothing is known of it, as where the sign before covers it.
pub(super) type Sign<'a> = Option<&'a [u8]>;

/// Whether two places look the same but for their styles.
pub(super) fn is_same(one: Sign, other: Sign) -> bool {
    match (one, other) {
        // Nearly all, and much quicker than any number of bytes.
        (Some([one]), Some([other])) => one == other,
        _ => one == other,
    }
}

/// No sign.
const NOTHING: u8 = 0;
/// Up to this a byte says how often the sign before it comes again.
const REPEATS: u8 = 0x1f;
/// From this on a byte says how many bytes the next sign has. Those between are signs themselves.
const LONG: u8 = 0x80;

/// A screen. Past what was written all is empty, as on a terminal that was erased.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    signs: Vec<u8>,
    /// Each with the number of cells that have it.
    styles: Vec<(Style, u16)>,
}

impl Shown {
    /// Erases it.
    pub(super) fn clear(&mut self) {
        self.signs.clear();
        self.styles.clear();
    }

    /// Reads it.
    pub(super) fn reader(&self) -> Reader<'_> {
        let style = Cell::EMPTY.style();
        Reader { signs: &self.signs, sign: None, repeats: 0, styles: self.styles.iter(), style, cells: 0 }
    }
}

/// Reads a screen.
pub(super) struct Reader<'a> {
    signs: &'a [u8],
    sign: Sign<'a>,
    repeats: u8,
    styles: std::slice::Iter<'a, (Style, u16)>,
    style: Style,
    cells: u16,
}

impl<'a> Reader<'a> {
    /// The next cell.
    pub(super) fn next(&mut self) -> (Sign<'a>, Style) {
        (self.sign(), self.style())
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

    fn style(&mut self) -> Style {
        if self.cells == 0 {
            (self.style, self.cells) = self.styles.next().copied().unwrap_or((Cell::EMPTY.style(), u16::MAX));
        }
        self.cells -= 1;
        self.style
    }
}

/// Writes a screen.
pub(super) struct Writer<'a, 'signs> {
    shown: &'a mut Shown,
    before: Option<Sign<'signs>>,
    repeats: u8,
}

impl<'a, 'signs> Writer<'a, 'signs> {
    /// Writes it anew.
    pub(super) fn new(shown: &'a mut Shown) -> Self {
        shown.clear();
        Self { shown, before: None, repeats: 0 }
    }

    /// Writes the next cell.
    pub(super) fn push(&mut self, sign: Sign<'signs>, style: Style) {
        // Nobody reads so many marks on a letter; it is sent again with every frame that changes.
        let sign = sign.filter(|sign| sign.len() <= usize::from(u8::MAX - LONG));
        match self.shown.styles.last_mut() {
            Some((same, cells)) if *same == style && *cells < u16::MAX => *cells += 1,
            _ => self.shown.styles.push((style, 1)),
        }
        let signs = &mut self.shown.signs;
        if self.before.is_some_and(|before| is_same(before, sign)) {
            match signs.last_mut() {
                Some(repeats) if (1..REPEATS).contains(&self.repeats) => *repeats += 1,
                _ => {
                    signs.push(1);
                    self.repeats = 0;
                }
            }
            self.repeats += 1;
            return;
        }
        (self.before, self.repeats) = (Some(sign), 0);
        match sign {
            None => signs.push(NOTHING),
            Some([sign]) if (REPEATS + 1..LONG).contains(sign) => signs.push(*sign),
            Some(sign) => {
                signs.push(LONG + sign.len() as u8);
                signs.extend(sign);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::style::{Color, Style};

    use super::{Cell, Shown, Sign, Writer};

    fn written(cells: &[(Sign<'static>, Style)]) -> Shown {
        let mut shown = Shown::default();
        let mut writer = Writer::new(&mut shown);
        for (sign, style) in cells {
            writer.push(*sign, *style);
        }
        shown
    }

    fn cell() -> impl Strategy<Value = (Sign<'static>, Style)> {
        let signs = [None, Some(" "), Some("a"), Some("─"), Some("日"), Some("é"), Some("\u{1}"), Some("\0"), Some("")];
        let styles = [Style::new(), Style::new().fg(Color::Red)];
        let sign = prop::sample::select(signs.map(|sign| sign.map(str::as_bytes)).to_vec());
        (sign, prop::sample::select(styles.to_vec()))
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(runs in prop::collection::vec((cell(), 1..100_usize), 0..40)) {
            let cells: Vec<_> = runs.into_iter().flat_map(|(cell, times)| vec![cell; times]).collect();
            let shown = written(&cells);
            let mut reader = shown.reader();
            for cell in cells {
                prop_assert_eq!(reader.next(), cell);
            }
            prop_assert_eq!(reader.next(), (Some(" ".as_bytes()), Cell::EMPTY.style()), "the rest is empty");
        }
    }

    #[test]
    fn what_is_longer_than_a_byte_says_is_not_known() {
        let style = Style::new();
        for (length, is_known) in [(127, true), (128, false)] {
            let sign: &'static str = "x".repeat(length).leak();
            let shown = written(&[(Some(sign.as_bytes()), style)]);
            assert_eq!(shown.reader().next().0.is_some(), is_known, "{length}");
        }
    }

    #[test]
    fn an_empty_screen_is_small() {
        let shown = written(&vec![(Some(" ".as_bytes()), Style::new()); 120 * 40]);
        assert!(shown.signs.len() < 200, "{}", shown.signs.len());
        assert_eq!(shown.styles.len(), 1);
    }
}
