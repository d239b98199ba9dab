//! The typefaces of the receipt: Noto Sans, subset beforehand by `assets/fonts/subset.sh`.
//!
//! There is no shaping: scripts whose letters join or move (Devanagari, Arabic) are not in the faces, and a character
//! that is not in them is printed as [`MISSING`], never dropped.

use std::sync::LazyLock;

use printpdf::{FontId, ParsedFont};

/// Stands for a character that the faces lack.
pub const MISSING: char = '\u{fffd}';

/// Ends a text that was cut to fit.
pub const ELLIPSIS: char = '…';

/// A typeface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// For what is read once.
    Regular,
    /// For what is looked for.
    Bold,
}

static REGULAR: LazyLock<ParsedFont> =
    LazyLock::new(|| parse(include_bytes!("../../assets/fonts/NotoSans-Regular.subset.ttf")));
static BOLD: LazyLock<ParsedFont> =
    LazyLock::new(|| parse(include_bytes!("../../assets/fonts/NotoSans-Bold.subset.ttf")));

fn parse(bytes: &[u8]) -> ParsedFont {
    ParsedFont::from_bytes(bytes, 0, &mut Vec::new()).expect("the bundled faces are whole")
}

impl Face {
    /// Both faces.
    pub const ALL: [Self; 2] = [Self::Regular, Self::Bold];

    /// The face's outlines and widths.
    pub fn font(self) -> &'static ParsedFont {
        match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
        }
    }

    /// The face's name in the file; fixed, since a drawn one would make every file another.
    pub fn id(self) -> FontId {
        FontId(match self {
            Self::Regular => "KIOSKR+NotoSans-Regular".to_owned(),
            Self::Bold => "KIOSKB+NotoSans-Bold".to_owned(),
        })
    }

    /// Whether the face has a character.
    pub fn has(self, c: char) -> bool {
        self.font().lookup_glyph_index(u32::from(c)).is_some()
    }

    /// The width of a text in points at a size in points.
    pub fn width(self, size: f32, text: &str) -> f32 {
        let font = self.font();
        let glyphs = text.chars().map(|c| font.lookup_glyph_index(u32::from(c)).unwrap_or(0));
        let units: f32 = glyphs.map(|glyph| f32::from(font.get_glyph_width(glyph).unwrap_or(0))).sum();
        units * size / f32::from(font.units_per_em)
    }

    /// The text, or as much of its beginning as fits `room` points with an ellipsis at the end.
    pub fn fit(self, size: f32, text: &str, room: f32) -> String {
        if self.width(size, text) <= room {
            return text.to_owned();
        }
        let room = room - self.width(size, &ELLIPSIS.to_string());
        let mut kept = String::new();
        for c in text.chars() {
            kept.push(c);
            if self.width(size, &kept) > room {
                kept.pop();
                break;
            }
        }
        kept.truncate(kept.trim_end().len());
        kept.push(ELLIPSIS);
        kept
    }

    /// The text in lines of at most `room` points, broken at spaces, or within a word that is wider than a line.
    pub fn wrap(self, size: f32, text: &str, room: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split(' ') {
            if let Some(line) = lines.last_mut()
                && self.width(size, line) + self.width(size, " ") + self.width(size, word) <= room
            {
                line.push(' ');
                line.push_str(word);
                continue;
            }
            lines.push(String::new());
            for c in word.chars() {
                let line = lines.last_mut().expect("one was just pushed");
                line.push(c);
                if self.width(size, line) > room && line.chars().count() > 1 {
                    line.pop();
                    lines.push(c.to_string());
                }
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ELLIPSIS, Face, MISSING};

    #[test]
    fn both_faces_can_say_what_they_lack() {
        for face in Face::ALL {
            for c in [MISSING, ELLIPSIS, '₹', '×', '–', 'ę', 'Ř', 'ß'] {
                assert!(face.has(c), "{face:?} lacks {c}");
            }
            assert!(!face.has('अ'), "with Devanagari in the faces, shape it");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_room(text in "[\u{20}-\u{17e}]{0,60}", room in 30.0..300.0_f32, size in 5.0..12.0_f32) {
            for face in Face::ALL {
                prop_assert!(face.width(size, &face.fit(size, &text, room)) <= room);
                let lines = face.wrap(size, &text, room);
                prop_assert!(lines.iter().all(|line| face.width(size, line) <= room));
                prop_assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
            }
        }
    }
}
