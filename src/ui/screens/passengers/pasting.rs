//! A list of names from the clipboard: a line for each, as the command line takes them or as a table has them.
//!
//! It fills empty rows alone, from the one with the focus on, so that nothing is lost that was typed. A line that cannot be
//! read stands in its row as it was pasted, and is said there.

use super::{Passengers, Spot, most};
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
    /// The first line for which there was no row.
    homeless: Option<usize>,
}

impl Passengers {
    /// Takes a list, if a text is one: some line of it says all that a row has. Any other text is for one field.
    pub(super) fn paste_list(&mut self, text: &str, cx: &mut Context) -> bool {
        let Spot::Row(from, _) = self.at else { return false };
        // Terminals send a line's end as a return.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let lines = || (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        if !lines().any(|(_, line)| party::line(line).is_ok()) {
            return false;
        }
        let mut pasted = Pasted::default();
        for (number, line) in lines() {
            let has_room = match party::line(line) {
                Ok(people) => people.iter().all(|named| {
                    let row = self.row_for(named, from, cx);
                    pasted.filled += usize::from(row.is_some());
                    row.map(|row| self.rows[row] = Row::from(&named.typed)).is_some()
                }),
                Err(bad) => {
                    let row = self.empty_row(from);
                    if let Some(row) = row {
                        let why = format!("Line {number}, character {}: {}", bad.at + 1, bad.why);
                        self.rows[row].keep_unread(line, why);
                    }
                    pasted.was_not_read(number, bad.why);
                    row.is_some()
                }
            };
            if !has_room {
                pasted.homeless.get_or_insert(number);
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

    /// Where somebody goes: children without a berth behind all others, as far as the booking has room.
    fn row_for(&mut self, named: &Named, from: usize, cx: &Context) -> Option<usize> {
        if named.seated == Seated::Berth {
            return self.empty_row(from);
        }
        if self.rows.len() >= most(cx) {
            return None;
        }
        self.rows.push(Row::from(&named.typed));
        Some(self.rows.len() - 1)
    }
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
        match (&self.unread, self.homeless) {
            (Some((line, why)), _) => {
                let more = if self.more == 0 { String::new() } else { format!(" and {} more", self.more) };
                (Tone::Bad, format!("{filled} filled in; not line {line}{more}: {why}"))
            }
            (None, Some(line)) => {
                (Tone::Warning, format!("{filled} filled in; from line {line} on there is no empty row left."))
            }
            (None, None) => (Tone::Good, format!("{filled} filled in.")),
        }
    }
}
