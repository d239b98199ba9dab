//! The words of an entry, each with its place in the line.

use crate::ui::command::BadEntry;

/// A word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// What was typed.
    pub text: &'a str,
    /// Where it begins, in characters of the line.
    pub at: usize,
}

impl Word<'_> {
    /// Says what is wrong with it.
    pub fn refuse(&self, why: impl Into<String>) -> BadEntry {
        BadEntry { at: self.at, why: why.into() }
    }
}

/// The words of a text whose first character is the `at`-th of its line.
pub(super) fn words(text: &str, at: usize) -> Vec<Word<'_>> {
    let mut found: Vec<Word> = Vec::new();
    let mut begun: Option<(usize, usize)> = None;
    for (column, (byte, c)) in (at..).zip(text.char_indices()) {
        match (c.is_whitespace(), begun) {
            (false, None) => begun = Some((byte, column)),
            (true, Some((from, at))) => {
                found.push(Word { text: &text[from..byte], at });
                begun = None;
            }
            _ => {}
        }
    }
    if let Some((from, at)) = begun {
        found.push(Word { text: &text[from..], at });
    }
    found
}

/// The entries of a line, each with the place of its first character.
pub(super) fn chained(line: &str) -> Vec<(&str, usize)> {
    let mut at = 0;
    line.split(';')
        .map(|entry| {
            let begins = at;
            at += entry.chars().count() + 1;
            (entry, begins)
        })
        .collect()
}

/// The words of one entry, read from the first to the last.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    words: Vec<Word<'a>>,
    next: usize,
    /// Where the entry ends.
    end: usize,
}

impl<'a> Reader<'a> {
    /// Reads words that end at a place of the line.
    pub const fn new(words: Vec<Word<'a>>, end: usize) -> Self {
        Self { words, next: 0, end }
    }

    /// The next word.
    pub fn next(&mut self) -> Option<Word<'a>> {
        let word = self.peek()?;
        self.next += 1;
        Some(word)
    }

    /// The next word, which stays the next.
    pub fn peek(&self) -> Option<Word<'a>> {
        self.words.get(self.next).copied()
    }

    /// The next word, or what to do where there is none.
    pub fn need(&mut self, why: &str) -> Result<Word<'a>, BadEntry> {
        self.next().ok_or_else(|| self.missing(why))
    }

    /// Says what is missing at the end of the entry.
    pub fn missing(&self, why: impl Into<String>) -> BadEntry {
        BadEntry { at: self.end, why: why.into() }
    }

    /// Refuses what is left over.
    pub fn finish(mut self, form: &str) -> Result<(), BadEntry> {
        match self.next() {
            Some(word) => Err(word.refuse(format!("Nothing follows here: type it like {form}."))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{chained, words};

    #[test]
    fn words_know_their_places_whatever_their_bytes() {
        let found: Vec<_> = words("n  शर्मा/अनीता F34", 10).into_iter().map(|word| (word.text, word.at)).collect();
        assert_eq!(found, [("n", 10), ("शर्मा/अनीता", 13), ("F34", 25)]);
    }

    #[test]
    fn entries_know_where_they_begin() {
        assert_eq!(chained("a x;ü;"), [("a x", 0), ("ü", 4), ("", 6)]);
    }
}
