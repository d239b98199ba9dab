//! A date out of a window: a month on the screen, arrows move a day or a week.

use chrono::{Datelike, Days, NaiveDate};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::ui::context::World;
use crate::ui::keys::{Hint, Key, Mouse, MouseKind};
use crate::ui::overlay::{After, Answer};
use crate::ui::widgets::panel;

/// A date out of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatePicker {
    first: NaiveDate,
    last: NaiveDate,
    chosen: NaiveDate,
}

/// Columns of a day, wide enough for a finger.
const DAY: u16 = 5;

impl DatePicker {
    /// A picker over the dates from `first` to `last`, on `chosen` or the nearest date of the window.
    pub fn new(first: NaiveDate, last: NaiveDate, chosen: NaiveDate) -> Self {
        let last = last.max(first);
        Self { first, last, chosen: chosen.clamp(first, last) }
    }

    /// The date under the cursor.
    pub fn chosen(&self) -> NaiveDate {
        self.chosen
    }

    fn step(&mut self, days: i64) {
        let distance = Days::new(days.unsigned_abs());
        let to = if days < 0 { self.chosen.checked_sub_days(distance) } else { self.chosen.checked_add_days(distance) };
        self.chosen = to.unwrap_or(self.chosen).clamp(self.first, self.last);
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> After {
        match key {
            Key::Left => self.step(-1),
            Key::Right => self.step(1),
            Key::Up => self.step(-7),
            Key::Down => self.step(7),
            Key::PageUp => self.step(-28),
            Key::PageDown => self.step(28),
            Key::Home => self.chosen = self.first,
            Key::End => self.chosen = self.last,
            Key::Enter | Key::Char(' ') => return After::Answered(Answer::Date(self.chosen)),
            Key::Esc => return After::Answered(Answer::Dismissed),
            _ => {}
        }
        After::Stay
    }

    /// Takes the mouse: a first touch moves to a day, a second one chooses it.
    pub fn mouse(&mut self, mouse: Mouse, area: Rect) -> After {
        match mouse.kind {
            MouseKind::ScrollUp => return self.key(Key::Up),
            MouseKind::ScrollDown => return self.key(Key::Down),
            MouseKind::Press => {}
        }
        let place = self.place(area);
        if !place.contains(mouse.at) {
            return After::Answered(Answer::Dismissed);
        }
        match self.at(place, mouse.at) {
            Some(date) if date == self.chosen => After::Answered(Answer::Date(date)),
            Some(date) => {
                self.chosen = date;
                After::Stay
            }
            None => After::Stay,
        }
    }

    /// The keys that work in it.
    pub fn hints() -> Vec<Hint> {
        let hint = |key, shown, label| Hint { key, shown, label, help: "" };
        vec![
            hint(Key::Right, "←→", "day"),
            hint(Key::Down, "↑↓", "week"),
            hint(Key::PageDown, "PgDn", "4 weeks"),
            hint(Key::Enter, "Enter", "choose"),
            hint(Key::Esc, "Esc", "back"),
        ]
    }

    /// The Mondays of the weeks on the screen: those of the month of the cursor.
    fn weeks(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let first = self.chosen.with_day(1).expect("every month has a first day");
        let monday = first - Days::new(first.weekday().num_days_from_monday().into());
        (0..6).map(move |week| monday + Days::new(week * 7)).filter(move |monday| {
            let sunday = *monday + Days::new(6);
            monday.month() == first.month() || sunday.month() == first.month()
        })
    }

    fn place(&self, area: Rect) -> Rect {
        let weeks = u16::try_from(self.weeks().count()).unwrap_or(6);
        panel::centred(area, DAY * 7 + 4, weeks * 2 + 5)
    }

    fn at(&self, place: Rect, at: Position) -> Option<NaiveDate> {
        let (x, y) = (at.x.checked_sub(place.x + 2)?, at.y.checked_sub(place.y + 4)?);
        let (day, week) = (x / DAY, y / 2);
        let monday = self.weeks().nth(week.into())?;
        let date = monday + Days::new(u64::from(day));
        (day < 7 && (self.first..=self.last).contains(&date)).then_some(date)
    }

    /// Draws it in the middle of an area.
    pub fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let place = self.place(area);
        let inner = panel::frame(buf, place, "Choose a date", theme.accent, world);
        let month = self.chosen.format("%B %Y").to_string();
        buf.set_stringn(inner.x, inner.y, &month, inner.width.into(), theme.strong);
        for (day, name) in (0_u16..).zip(["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]) {
            buf.set_stringn(inner.x + day * DAY + 1, inner.y + 2, name, 2, theme.dim);
        }
        for (week, monday) in (0_u16..).zip(self.weeks()) {
            for (day, date) in (0_u16..7).zip(monday.iter_days()) {
                let (x, y) = (inner.x + day * DAY, place.y + 4 + week * 2);
                if y >= place.bottom().saturating_sub(1) {
                    return;
                }
                let open = (self.first..=self.last).contains(&date);
                let style = match (date == self.chosen, open) {
                    (true, _) => theme.focus,
                    (_, true) if date.month() == self.chosen.month() => theme.text,
                    _ => theme.dim,
                };
                let shown = if open { format!(" {:>2} ", date.day()) } else { "  · ".to_owned() };
                buf.set_stringn(x, y, shown, DAY.into(), style);
            }
        }
    }
}
