//! A list of names from the clipboard: a line for each, as the command line takes them or as a table has them.
//!
//! It fills empty rows alone, from the one with the focus on, so that nothing is lost that was typed. A line that cannot be
//! read stands in its row as it was pasted, and is said there; one that is longer than a name leaves its row empty.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Passengers, Spot, most};
use crate::domain::text::is_hidden;
use crate::ui::command::{Named, Seated, party};
use crate::ui::context::Context;
use crate::ui::screens::passengers::row::{Column, Row};
use crate::ui::theme::Tone;

/// What became of the lines of a list.
#[derive(Debug, Default)]
struct Pasted {
    filled: usize,
    /// The first line that could not be read, and why; and how many more.
    unread: Option<(usize, String)>,
    more: usize,
    /// The first line for which there were not rows enough; behind it no row is filled.
    homeless: Option<usize>,
    /// The first line with a child that the booking has no room for.
    too_many: Option<usize>,
}

/// Whether there is room for all of a line.
enum Room {
    Enough,
    NoRow,
    NoMore,
}

impl Passengers {
    /// Takes a list, if a text is one: some line of it says all that a row has. Any other text is for one field.
    pub(super) fn paste_list(&mut self, text: &str, cx: &mut Context) -> bool {
        let Spot::Row(from, _) = self.at else { return false };
        // Terminals send a line's end as a return.
        let text = printable(text).replace("\r\n", "\n").replace('\r', "\n");
        let lines = || (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        if !lines().any(|(_, line)| party::line(line).is_ok()) {
            return false;
        }
        let mut pasted = Pasted::default();
        for (number, line) in lines() {
            // The first line without a row is said, and no later one takes what was too little for it.
            let rows = if pasted.homeless.is_none() { self.empty_rows(from) } else { 0 };
            match party::line(line) {
                Ok(people) => match self.room_for(&people, rows, cx) {
                    Room::Enough => {
                        for named in &people {
                            self.fill(named, from);
                        }
                        pasted.filled += people.len();
                    }
                    Room::NoRow => drop(pasted.homeless.get_or_insert(number)),
                    Room::NoMore => drop(pasted.too_many.get_or_insert(number)),
                },
                Err(bad) => {
                    match self.empty_row(from).filter(|_| rows > 0) {
                        Some(row) => {
                            let why = format!("Line {number}, character {}: {}", bad.at + 1, bad.why);
                            self.rows[row].keep_unread(line, why);
                        }
                        None => drop(pasted.homeless.get_or_insert(number)),
                    }
                    pasted.was_not_read(number, bad.why);
                }
            }
        }
        let unread = (0..self.rows.len()).find(|row| self.rows[*row].error().is_some());
        let next = unread.or_else(|| self.empty_row(0));
        self.at = next.map_or(Spot::Phone, |row| Spot::Row(row, Column::Name));
        let (tone, words) = pasted.words();
        cx.toast(tone, words);
        true
    }

    /// The next empty row with a berth.
    fn empty_row(&self, from: usize) -> Option<usize> {
        (from..self.seats.len()).find(|row| self.rows[*row].is_empty())
    }

    /// How many rows with a berth are empty.
    fn empty_rows(&self, from: usize) -> usize {
        (from..self.seats.len()).filter(|row| self.rows[*row].is_empty()).count()
    }

    /// Whether all of a line's people find room: nobody is put on a booking without the others of the line.
    fn room_for(&self, people: &[Named], rows: usize, cx: &Context) -> Room {
        let seated = people.iter().filter(|named| named.seated == Seated::Berth).count();
        let laps = people.len() - seated;
        if seated > rows {
            Room::NoRow
        } else if laps > 0 && self.rows.len() + laps > most(cx) {
            Room::NoMore
        } else {
            Room::Enough
        }
    }

    /// Puts somebody into their row: children without a berth behind all others.
    fn fill(&mut self, named: &Named, from: usize) {
        let row = Row::from(&named.typed);
        match self.empty_row(from).filter(|_| named.seated == Seated::Berth) {
            Some(empty) => self.rows[empty] = row,
            None => self.rows.push(row),
        }
    }
}

/// A text without what does not print, such as the mark at the beginning of a file.
fn printable(text: &str) -> Cow<'_, str> {
    let is_print = |c: &char| !is_hidden(*c) || c.is_whitespace();
    if text.chars().all(|c| is_print(&c)) { text.into() } else { text.chars().filter(is_print).collect() }
}

impl Pasted {
    fn was_not_read(&mut self, line: usize, why: String) {
        match self.unread {
            None => self.unread = Some((line, why)),
            Some(_) => self.more += 1,
        }
    }

    fn words(&self) -> (Tone, String) {
        let filled = if self.filled == 1 { "1 name".to_owned() } else { format!("{} names", self.filled) };
        let mut words = format!("{filled} filled in");
        if let Some(line) = self.homeless {
            let _ = write!(words, "; from line {line} on there is no empty row left");
        }
        let (tone, why) = match (&self.unread, self.too_many) {
            (Some((line, why)), child) => {
                if let Some(child) = child {
                    let _ = write!(words, "; no room for the child of line {child}");
                }
                let more = if self.more == 0 { String::new() } else { format!(" and {} more", self.more) };
                (Tone::Bad, format!("; not line {line}{more}: {why}"))
            }
            (None, Some(line)) => {
                let why = format!("; no room for the child of line {line}: make another booking.");
                (Tone::Warning, why)
            }
            (None, None) => (if self.homeless.is_some() { Tone::Warning } else { Tone::Good }, ".".to_owned()),
        };
        (tone, words + &why)
    }
}
