//! A day without trains: the nearest days that have some, found in the background.

use std::collections::VecDeque;

use chrono::{Days, NaiveDate};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::context::World;
use crate::ui::draft::Trip;
use crate::ui::keys::{Key, Mouse};
use crate::ui::msg::CallId;
use crate::ui::screen::long_date;
use crate::ui::text;
use crate::ui::widgets::list::{ListState, Touch};
use crate::ui::widgets::places;

/// The nearest days with trains.
#[derive(Clone, Debug)]
pub(super) struct Nearby {
    ahead: VecDeque<NaiveDate>,
    asked: Option<(CallId, NaiveDate)>,
    found: Vec<(NaiveDate, usize)>,
    list: ListState,
}

impl Default for Nearby {
    fn default() -> Self {
        Self { ahead: VecDeque::new(), asked: None, found: Vec::new(), list: ListState::new(1) }
    }
}

/// How many days are offered.
const OFFERED: usize = 4;
/// Every train that runs at all runs within a week.
const WEEK: u64 = 7;

impl Nearby {
    /// Looks on the days around one, the nearest first.
    pub(super) fn around(date: NaiveDate, (first, last): (NaiveDate, NaiveDate)) -> Self {
        let days = (1..=WEEK).flat_map(|away| {
            [date.checked_add_days(Days::new(away)), date.checked_sub_days(Days::new(away))].into_iter().flatten()
        });
        Self { ahead: days.filter(|day| (first..=last).contains(day)).collect(), ..Self::default() }
    }

    /// The day to ask about now.
    pub(super) fn next(&mut self) -> Option<NaiveDate> {
        if self.asked.is_some() || self.found.len() >= OFFERED { None } else { self.ahead.pop_front() }
    }

    pub(super) fn asks(&mut self, call: CallId, date: NaiveDate) {
        self.asked = Some((call, date));
    }

    pub(super) fn answered(&mut self, call: CallId, trains: usize) {
        let Some((_, date)) = self.asked.take_if(|(asked, _)| *asked == call) else { return };
        if trains > 0 {
            let cursor = self.chosen();
            self.found.push((date, trains));
            self.found.sort_unstable();
            self.list.resize(self.found.len());
            let place = cursor.and_then(|cursor| self.found.iter().position(|(date, _)| *date == cursor));
            self.list.choose(place.unwrap_or(0));
        }
    }

    /// Stops looking; hands out the call that is on its way.
    pub(super) fn stop(&mut self) -> Option<CallId> {
        std::mem::take(self).asked.map(|(call, _)| call)
    }

    pub(super) fn chosen(&self) -> Option<NaiveDate> {
        self.list.chosen().map(|row| self.found[row].0)
    }

    pub(super) fn key(&mut self, key: Key) {
        self.list.key(key, u16::MAX);
    }

    /// The day that was touched for the second time.
    pub(super) fn mouse(&mut self, mouse: Mouse, area: Rect) -> Option<NaiveDate> {
        match self.list.mouse(mouse, Self::place(area)) {
            Touch::Acted(_) => self.chosen(),
            _ => None,
        }
    }

    fn place(area: Rect) -> Rect {
        let width = 60.min(area.width.saturating_sub(4));
        let height = u16::try_from(OFFERED).unwrap_or(u16::MAX);
        let y = area.y + area.height / 2;
        Rect { x: area.x + (area.width - width) / 2, y, width, height }.intersection(area)
    }

    pub(super) fn view(&self, buf: &mut Buffer, area: Rect, trip: &Trip, world: &World) {
        let theme = &world.theme;
        let place = Self::place(Rect { y: area.y.saturating_sub(2), height: area.height + 2, ..area });
        let title = format!("No train on {}", long_date(trip.date));
        let still = self.asked.is_some() || (!self.ahead.is_empty() && self.found.len() < OFFERED);
        let says = match (self.found.is_empty(), still) {
            (true, true) => "Looking at the days around it …".to_owned(),
            (true, false) => format!(
                "No train goes from {} to {} within a week of it. Press Esc and choose another station, or d for \
                 another date.",
                places::title(&trip.from),
                places::title(&trip.to)
            ),
            (false, _) => "These days have trains: choose one and press Enter.".to_owned(),
        };
        let lines = text::wrap(&says, place.width);
        let top = place.y.saturating_sub(u16::try_from(lines.len()).unwrap_or(1) + 3).max(area.y);
        buf.set_stringn(place.x, top, text::fit(&title, place.width), place.width.into(), theme.strong);
        for (y, line) in (top + 2..).zip(lines) {
            buf.set_stringn(place.x, y, line, place.width.into(), theme.text);
        }
        for (row, spot) in self.list.visible(place) {
            let (date, trains) = self.found[row];
            let trains = if trains == 1 { "1 train".to_owned() } else { format!("{trains} trains") };
            let line = format!("{:<18}{trains:>10}", long_date(date));
            buf.set_stringn(spot.x + 2, spot.y, line, spot.width.into(), theme.text);
            self.list.mark(buf, row, spot, world);
        }
    }
}
