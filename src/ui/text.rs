//! Text for the screen: stored and typed text is shown as text, and never wider than its place.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::text::is_hidden;

/// The text with every character that could hide or reorder others made visible as `�`.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !is_plain(text) && text.chars().any(is_hidden) {
        Cow::Owned(text.chars().map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Columns that a text takes.
pub fn width(text: &str) -> u16 {
    let columns = if is_plain(text) { text.len() } else { simple(text).unwrap_or_else(|| text.width()) };
    u16::try_from(columns).unwrap_or(u16::MAX)
}

/// Whether each byte is a sign of one column: so is most text, and it is measured a thousand times a second.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether a character takes one column, whatever stands beside it: those of plain text, and the signs with which screens are
/// made.
const fn is_simple(character: char) -> bool {
    matches!(character, ' '..='~' | '·' | '\u{2010}'..='\u{2027}' | '₹' | '\u{2500}'..='\u{25af}' | '▸' | '▾' | '◂')
}

/// The columns of a text of which each character takes one; none of any other.
fn simple(text: &str) -> Option<usize> {
    text.chars().try_fold(0, |columns, character| is_simple(character).then_some(columns + 1))
}

/// Writes text from a place on, cut at `columns` and at the end of the buffer, as [`Buffer::set_stringn`] does. Returns where
/// it ended. Most text is simple, and need not be looked through for signs of several characters.
pub fn write(buf: &mut Buffer, (x, y): (u16, u16), text: impl AsRef<str>, columns: u16, style: Style) -> (u16, u16) {
    let text = text.as_ref();
    let known = if is_plain(text) { Some(text.len()) } else { simple(text) };
    let Some(known) = known.filter(|_| buf.area.contains((x, y).into())) else {
        return buf.set_stringn(x, y, text, columns.into(), style);
    };
    let room = columns.min(buf.area.right() - x);
    let length = u16::try_from(known).unwrap_or(u16::MAX).min(room);
    let first = buf.index_of(x, y);
    for (cell, character) in buf.content[first..][..length.into()].iter_mut().zip(text.chars()) {
        cell.set_char(character).set_style(style);
    }
    (x + length, y)
}

/// Draws a line over the first row of a place.
pub fn rule(buf: &mut Buffer, place: Rect, style: Style) {
    let row = Rect { height: place.height.min(1), ..place }.intersection(buf.area);
    if row.is_empty() {
        return;
    }
    let first = buf.index_of(row.x, row.y);
    for cell in &mut buf.content[first..][..row.width.into()] {
        cell.set_char('─').set_style(style);
    }
}

/// The text cleaned and, if it is wider than `columns`, cut before a whole character and ended with `…`.
pub fn fit(text: &str, columns: u16) -> Cow<'_, str> {
    let text = clean(text);
    if width(&text) <= columns {
        return text;
    }
    let room = usize::from(columns.saturating_sub(1));
    let mut kept = String::new();
    let mut used = 0;
    for character in text.graphemes(true) {
        used += character.width();
        if used > room {
            break;
        }
        kept.push_str(character);
    }
    if columns > 0 {
        kept.push('…');
    }
    Cow::Owned(kept)
}

/// The text cleaned and, if it is wider than `columns`, with `…` for its middle: two thirds of what is kept are its
/// beginning, so that names that differ at either end stay apart.
pub fn ends(text: &str, columns: u16) -> String {
    let text = clean(text);
    if width(&text) <= columns {
        return text.into_owned();
    }
    let room = columns / 3;
    let mut begin = text.len();
    let mut used = 0;
    for (at, character) in text.grapheme_indices(true).rev() {
        used += width(character);
        if used > room {
            break;
        }
        begin = at;
    }
    let tail = &text[begin..];
    format!("{}{tail}", fit(&text, columns - width(tail)))
}

/// The text fitted and filled with spaces on the right to exactly `columns`.
pub fn left(text: &str, columns: u16) -> String {
    let fitted = fit(text, columns);
    let gap = columns.saturating_sub(width(&fitted));
    format!("{fitted}{}", " ".repeat(gap.into()))
}

/// The text fitted and filled with spaces on the left to exactly `columns`.
pub fn right(text: &str, columns: u16) -> String {
    let fitted = fit(text, columns);
    let gap = columns.saturating_sub(width(&fitted));
    format!("{}{fitted}", " ".repeat(gap.into()))
}

/// The text broken at spaces into lines of at most `columns`; a longer word is cut. An amount stays with the sign before it.
pub fn wrap(text: &str, columns: u16) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let amount = matches!(word, "₹" | "Rs").then(|| words.next()).flatten();
        let word = amount.map_or(Cow::Borrowed(word), |amount| format!("{word} {amount}").into());
        let word = fit(&word, columns);
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&word) <= columns => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word.into_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::{Buffer, Cell};
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};
    use rstest::rstest;

    use unicode_width::UnicodeWidthChar as _;

    use super::{clean, ends, fit, is_simple, left, right, wrap, write};

    #[rstest]
    #[case("New Delhi", 9, "New Delhi")]
    #[case("New Delhi", 8, "New Del…")]
    #[case("नई दिल्ली", 4, "नई …")]
    #[case("東京駅", 5, "東京…")]
    #[case("東京駅", 4, "東…")]
    #[case("anything", 0, "")]
    #[case("e\u{301}te\u{301}", 2, "e\u{301}…")]
    fn text_is_cut_between_whole_characters(#[case] text: &str, #[case] columns: u16, #[case] shown: &str) {
        assert_eq!(fit(text, columns), shown);
    }

    #[rstest]
    #[case("New Delhi", 9, "New Delhi")]
    #[case("Padmanabhaswamy", 9, "Padma…amy")]
    #[case("東京駅東京", 6, "東…京")]
    #[case("anything", 0, "")]
    fn long_names_keep_both_ends(#[case] text: &str, #[case] columns: u16, #[case] shown: &str) {
        let fitted = ends(text, columns);
        assert!(super::width(&fitted) <= columns, "{fitted}");
        assert_eq!(fitted, shown);
    }

    #[test]
    fn hidden_characters_show_themselves() {
        assert_eq!(clean("a\u{1b}[31m\u{202e}b"), "a\u{fffd}[31m\u{fffd}b");
    }

    #[test]
    fn columns_are_filled() {
        assert_eq!((left("ab", 4).as_str(), right("ab", 4).as_str()), ("ab  ", "  ab"));
        assert_eq!(right("東京駅", 5), "東京…");
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable", 5), ["unbr…"]);
        assert_eq!(wrap("it is ₹ 1.00 short", 8), ["it is", "₹ 1.00", "short"]);
        assert_eq!(wrap("it is ₹ 1.00 short, or ₹", 80), ["it is ₹ 1.00 short, or ₹"]);
    }

    #[test]
    fn simple_characters_take_one_column_each() {
        let simple: Vec<char> = ('\0'..=char::MAX).filter(|character| is_simple(*character)).collect();
        assert!(simple.len() > 200);
        for character in simple {
            assert_eq!(character.width(), Some(1), "{character:?}");
        }
    }

    proptest! {
        #[test]
        fn text_is_written_as_a_buffer_writes_it(
            text in "[ -~·–…─◂▸₹]{0,14}|[ -~é日·\u{301}\u{7}\u{200d}\u{fe0f}]{0,14}",
            x in 0..10_u16,
            columns in 0..14_u16,
        ) {
            let style = Style::new().fg(Color::Red);
            let mut own = Buffer::filled(Rect::new(0, 0, 10, 2), Cell::new("x"));
            let mut theirs = own.clone();
            let ended = write(&mut own, (x, 1), &text, columns, style);
            prop_assert_eq!(ended, theirs.set_stringn(x, 1, &text, columns.into(), style));
            prop_assert_eq!(own, theirs);
        }
    }
}
