//! Signs, each with a form for consoles whose font has ASCII alone.

use ratatui::buffer::Buffer;
use serde::{Deserialize, Serialize};

/// What the terminal's font can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Charset {
    /// The signs of a modern font.
    #[default]
    Unicode,
    /// ASCII alone, as on `TERM=linux`.
    Ascii,
}

/// The signs that differ in width between the two; those of equal width are written as they are and translated when
/// the screen is complete ([`to_ascii`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Which of the two.
    pub charset: Charset,
    /// Before an amount of money, with its space.
    pub rupee: &'static str,
    /// From here to there, with its spaces.
    pub to: &'static str,
    /// A chosen one of several.
    pub chosen: &'static str,
    /// The others.
    pub unchosen: &'static str,
    /// A berth of one's own.
    pub mine: &'static str,
    /// The frames of the throbber.
    pub throbber: &'static [&'static str],
}

impl Glyphs {
    /// The signs of a character set.
    pub const fn new(charset: Charset) -> Self {
        match charset {
            Charset::Unicode => Self {
                charset,
                rupee: "₹ ",
                to: " → ",
                chosen: "(•)",
                unchosen: "( )",
                mine: "[■]",
                throbber: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
            },
            Charset::Ascii => Self {
                charset,
                rupee: "Rs ",
                to: " -> ",
                chosen: "(*)",
                unchosen: "( )",
                mine: "[#]",
                throbber: &["|", "/", "-", "\\"],
            },
        }
    }
}

/// Writes every cell of a complete screen in ASCII, each sign as its nearest likeness and all else as `?`.
pub fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let likeness = cell.symbol().chars().next().map_or(' ', likeness);
            cell.set_char(likeness);
        }
    }
}

const fn likeness(sign: char) -> char {
    match sign {
        '─' | '━' | '–' | '—' | '═' => '-',
        '│' | '┃' | '▌' | '▐' | '║' => '|',
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '╭' | '╮' | '╰' | '╯' => '+',
        '◂' | '←' | '‹' => '<',
        '▸' | '→' | '›' => '>',
        '▾' | '↓' => 'v',
        '▴' | '↑' => '^',
        '·' => '-',
        '•' | '●' => '*',
        '■' | '█' | '▀' | '▄' => '#',
        '×' | '✗' => 'x',
        '✓' => '+',
        '◐' => '%',
        '○' => 'o',
        '…' => '~',
        '’' | '‘' => '\'',
        '“' | '”' => '"',
        '\u{a0}' => ' ',
        _ => '?',
    }
}
