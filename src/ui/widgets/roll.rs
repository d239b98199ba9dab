//! Those who travel, where there is no cursor: as many as have room, and page by page the others.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::fare::Fare;
use crate::ui::context::World;
use crate::ui::keys::{Binding, Key, MouseKind, bind};
use crate::ui::widgets::sheet::{self, put};

/// Turning a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// To those further on.
    On,
    /// To those before.
    Back,
}

impl Turn {
    /// The line of a screen's key table for it.
    pub const fn bind<A>(self, action: A) -> Binding<A> {
        match self {
            Self::On => bind(&[Key::PageDown], "PgDn", "others", "Shows others who travel; PgUp those before.", action),
            Self::Back => bind(&[Key::PageUp], "", "", "", action),
        }
    }

    /// What a wheel stands for.
    pub const fn of_wheel(kind: MouseKind) -> Option<Self> {
        match kind {
            MouseKind::ScrollUp => Some(Self::Back),
            MouseKind::ScrollDown => Some(Self::On),
            MouseKind::Press => None,
        }
    }
}

/// Which page is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roll {
    page: usize,
}

/// The fewest rows that are kept for them: one of them, and where they are among the others.
const FEWEST: u16 = 2;

/// Rows for so many people of a place of which other parts need `rest`.
pub fn rows(people: usize, height: u16, rest: u16) -> u16 {
    u16::try_from(people).unwrap_or(u16::MAX).min(height.saturating_sub(rest).max(FEWEST))
}

/// Rows of a fare beside so many people, of those that are left for both: item by item, or its total where that takes
/// rows from them.
pub fn fare_rows(fare: &Fare, people: usize, rows: u16) -> u16 {
    let itemised = sheet::fare_rows(fare);
    if people + usize::from(itemised) <= usize::from(rows) { itemised } else { 1 }
}

/// Whether so many have no room in these rows.
pub fn is_cut(people: usize, rows: u16) -> bool {
    people > usize::from(rows)
}

impl Roll {
    /// Turns to the next page or the one before.
    pub fn turn(&mut self, turn: Turn, people: usize, rows: u16) {
        let last = if is_cut(people, rows) { people.saturating_sub(1) / per_page(rows) } else { 0 };
        self.page = match turn {
            Turn::On => (self.page + 1).min(last),
            Turn::Back => self.page.min(last).saturating_sub(1),
        };
    }

    /// Who is shown in these rows. The last row says where they are among the others, unless all of them are.
    pub fn shown(self, people: usize, rows: u16) -> Range<usize> {
        if !is_cut(people, rows) {
            return 0..people;
        }
        let top = (self.page * per_page(rows)).min(people.saturating_sub(per_page(rows)));
        top..(top + per_page(rows)).min(people)
    }

    /// Draws where those who are shown are among the others, in a place's last row.
    pub fn position(self, buf: &mut Buffer, area: Rect, people: usize, world: &World) {
        if area.height == 0 || !is_cut(people, area.height) {
            return;
        }
        let shown = self.shown(people, area.height);
        let key = match (shown.start > 0, shown.end < people) {
            (true, true) => "PgUp ▴  PgDn ▾",
            (false, true) => "PgDn ▾",
            _ => "PgUp ▴",
        };
        let row = Rect { y: area.bottom() - 1, height: 1, ..area };
        let words = format!("{} to {} of {people}   {key}", shown.start + 1, shown.end);
        put(buf, row, 5, &words, world.theme.dim);
    }
}

fn per_page(rows: u16) -> usize {
    usize::from(rows.saturating_sub(1).max(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Roll, Turn, rows};

    proptest! {
        #[test]
        fn everybody_is_shown_by_turning_on_and_nothing_is_beyond_the_last(people in 1..120_usize, height in 0..40_u16) {
            let rows = rows(people, height, 8);
            let (mut roll, mut seen) = (Roll::default(), 0);
            for _ in 0..people {
                let shown = roll.shown(people, rows);
                prop_assert!(shown.start <= seen && !shown.is_empty());
                seen = shown.end;
                roll.turn(Turn::On, people, rows);
            }
            prop_assert_eq!(seen, people);
            for _ in 0..people {
                roll.turn(Turn::Back, people, rows);
            }
            prop_assert_eq!(roll.shown(people, rows).start, 0);
        }
    }
}
