//! The table of trains: where its columns are, and how it is drawn.
//!
//! With few classes a train's times stand beside its name; with many they go below it, so that every class keeps a
//! column. Where even that is too narrow, the columns scroll with the chosen class.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::sales_closed;
use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::quota::Quota;
use crate::domain::time::railway_time;
use crate::domain::timetable::Journey;
use crate::service::request::Offer;
use crate::ui::context::World;
use crate::ui::draft::Trip;
use crate::ui::text;
use crate::ui::widgets::standing;

/// Where the parts of the table are.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Everything below the days.
    pub(super) whole: Rect,
    /// The line of days.
    days: Rect,
    pub(super) day_before: Rect,
    pub(super) day: Rect,
    pub(super) next_day: Rect,
    /// The line of classes.
    pub(super) head: Rect,
    pub(super) rows: Rect,
    pub(super) foot: Rect,
    /// The second pane, where there is room.
    pub(super) pane: Option<Rect>,
    columns: Vec<(Class, Rect)>,
    /// Classes that are scrolled out at the left and at the right.
    hidden: (usize, usize),
    shape: Shape,
}

/// Where a train's times are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Beside,
    Below,
}

impl Shape {
    /// Columns of the train's own part.
    const fn columns(self) -> u16 {
        match self {
            Self::Beside => 46,
            Self::Below => 30,
        }
    }
}

/// Columns of the second pane.
const PANE: u16 = 44;
/// From this width on there is a second pane.
const WIDE: u16 = 132;

impl Table {
    /// Rows of a train: two of text, and one more for a finger.
    pub(super) fn row_height(world: &World) -> u16 {
        if world.is_public() { 3 } else { 2 }
    }

    pub(super) fn new(area: Rect, classes: &[Class], chosen: Option<Class>, world: &World) -> Self {
        let pane = (area.width >= WIDE).then(|| Rect { x: area.right() - PANE, width: PANE, ..area });
        let own = Rect { width: area.width - pane.map_or(0, |pane| pane.width + 2), ..area };
        let days = Rect { height: 1.min(own.height), ..own };
        let day = |x, width| Rect { x: own.x + x, width, ..days };
        let cell = if world.is_public() { 8 } else { 7 };
        let room = |shape: Shape| usize::from(own.width.saturating_sub(shape.columns() + 1) / cell);
        let shape = if classes.len() <= room(Shape::Beside) { Shape::Beside } else { Shape::Below };
        let fits = room(shape).min(classes.len());
        let at = chosen.and_then(|chosen| classes.iter().position(|class| *class == chosen)).unwrap_or(0);
        let first = (at + 1).saturating_sub(fits).min(classes.len() - fits);
        let shown = &classes[first..first + fits];
        // The columns stand at the right end, so that they are the same for every train.
        let left = own.right().saturating_sub(1 + cell * u16::try_from(fits).unwrap_or(0));
        let columns = shown.iter().zip((0..).map(|column| left + column * cell));
        let columns = columns.map(|(class, x)| (*class, Rect { x, width: cell, ..own })).collect();
        Self {
            whole: Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..own },
            days,
            day_before: day(1, 11),
            day: day(13, 16),
            next_day: day(30, 11),
            head: Rect { y: own.y + 1, height: 1, ..own },
            rows: Rect { y: own.y + 2, height: own.height.saturating_sub(3), ..own },
            foot: Rect { y: own.bottom().saturating_sub(1), height: 1, ..own },
            pane,
            columns,
            hidden: (first, classes.len() - first - fits),
            shape,
        }
    }

    /// The class whose column is at `x`.
    pub(super) fn class_at(&self, x: u16) -> Option<Class> {
        self.columns.iter().find(|(_, column)| (column.left()..column.right()).contains(&x)).map(|(class, _)| *class)
    }

    pub(super) fn view_days(&self, buf: &mut Buffer, trip: &Trip, summary: &str, world: &World) {
        let theme = &world.theme;
        let (first, last) = world.booking_rules().window(world.now);
        let near = |date: Option<NaiveDate>| date.filter(|date| (first..=last).contains(date));
        let say = |date: NaiveDate| date.format("%a %-d").to_string();
        if let Some(date) = near(trip.date.pred_opt()) {
            text::write(buf, (self.day_before.x + 1, self.days.y), format!("◂ {}", say(date)), 10, theme.text);
        }
        let today = trip.date.format("%a %-d %b").to_string().to_uppercase();
        let at = self.day.x + (self.day.width - text::width(&today)) / 2;
        text::write(buf, (at, self.days.y), &today, self.day.width, theme.accent);
        if let Some(date) = near(trip.date.succ_opt()) {
            text::write(buf, (self.next_day.x + 1, self.days.y), format!("{} ▸", say(date)), 10, theme.text);
        }
        let x = self.days.right().saturating_sub(text::width(summary) + 1);
        text::write(buf, (x, self.days.y), summary, u16::MAX, theme.dim);
    }

    pub(super) fn view_head(&self, buf: &mut Buffer, chosen: Option<Class>, quota: Quota, world: &World) {
        let theme = &world.theme;
        let style = if quota == Quota::General { theme.text } else { theme.accent };
        let words = format!("{quota} {}", quota.words());
        text::write(buf, (self.head.x + 2, self.head.y), words, self.head.width, style);
        for (class, column) in &self.columns {
            let style = if Some(*class) == chosen { theme.accent } else { theme.strong };
            let words = text::right(class.code(), column.width - 1);
            text::write(buf, (column.x, self.head.y), words, column.width, style);
        }
        let x = self.columns.first().map_or(self.head.x, |(_, column)| column.x);
        let hidden = match self.hidden {
            (0, 0) => return,
            (left, 0) => format!("◂ {left} more"),
            (0, right) => format!("{right} more ▸"),
            (left, right) => format!("◂ {left} · {right} ▸"),
        };
        let x = x.saturating_sub(text::width(&hidden) + 1);
        text::write(buf, (x, self.head.y), &hidden, u16::MAX, theme.dim);
    }

    /// Draws a train by a quota; `cursor` is the class under the cursor, if the cursor is on this train.
    pub(super) fn view_row(
        &self,
        buf: &mut Buffer,
        place: Rect,
        (offer, date): (&Offer, NaiveDate),
        (cursor, quota): (Option<Class>, Quota),
        world: &World,
    ) {
        let theme = &world.theme;
        let journey = &offer.journey;
        let left = place.x + 2;
        let late = late(journey, world);
        let (times, below) = (times(journey, date), place.y + 1);
        let lasts =
            if late.is_zero() { duration(journey) } else { format!("{} late, {}", in_hours(late), duration(journey)) };
        let faint = if late.is_zero() { theme.dim } else { theme.warning };
        let own = self.columns.first().map_or(place.right(), |(_, column)| column.x).saturating_sub(left + 1);
        text::write(buf, (left, place.y), journey.train.number().as_str(), 6, theme.accent);
        let name_room =
            if self.shape == Shape::Beside { 20.max(own.saturating_sub(24)) } else { own.saturating_sub(7) };
        let name = text::fit(journey.train.name(), name_room);
        text::write(buf, (left + 7, place.y), name, name_room, theme.strong);
        match self.shape {
            Shape::Beside => {
                text::write(buf, (left + 7 + name_room + 2, place.y), times, 16, theme.text);
                let words = format!("{lasts} · {}", days_in_words(journey, late));
                text::write(buf, (left + 7, below), text::fit(&words, own - 7), own, faint);
            }
            Shape::Below => {
                let (x, _) = text::write(buf, (left, below), times.replace("  ", " "), 15, theme.text);
                let words = format!("{lasts} {}", days_in_letters(journey, late));
                text::write(buf, (x + 1, below), text::fit(&words, own.saturating_sub(x + 1 - left)), own, faint);
            }
        }
        let closed = sales_closed(offer, world);
        if closed {
            let words = "sales closed";
            let x = place.right().saturating_sub(text::width(words) + 1);
            text::write(buf, (x, place.y), words, u16::MAX, theme.dim);
        }
        for (class, column) in &self.columns {
            let Some((_, fare)) = offer.fares.iter().find(|(other, _)| other == class) else {
                let style = if cursor == Some(*class) { theme.focus } else { theme.dim };
                text::write(buf, (column.x, place.y), text::right("– ", column.width), column.width, style);
                continue;
            };
            if !closed {
                let (words, style) = cell(offer, *class, quota, world);
                let style = if cursor == Some(*class) { theme.focus } else { style };
                text::write(buf, (column.x, place.y), text::right(&words, column.width), column.width, style);
            }
            let style = if cursor == Some(*class) && closed { theme.focus } else { theme.dim };
            let words = fare.map_or_else(|| "no fare".to_owned(), rupees);
            text::write(buf, (column.x, below), text::right(&words, column.width - 1), column.width, style);
        }
    }

    pub(super) fn view_foot(&self, buf: &mut Buffer, words: &str, world: &World) {
        let x = self.foot.x + 2;
        text::write(buf, (x, self.foot.y), words, self.foot.width, world.theme.dim);
    }
}

/// What the next to ask would get, or when the quota opens, in a cell that ends with the mark of a change.
fn cell(offer: &Offer, class: Class, quota: Quota, world: &World) -> (String, Style) {
    let (run, theme) = (offer.journey.run, &world.theme);
    if let Some(at) = world.opens(run, class, quota) {
        let at = railway_time(at);
        let form = if at.date() == world.today() { "%H:%M " } else { "%-d %b " };
        return (at.format(form).to_string(), theme.dim);
    }
    let stands = world.standing(run, class, quota, offer.journey.leg);
    stands.map_or_else(|| ("… ".to_owned(), theme.dim), |stands| standing::cell(stands, world))
}

/// An amount in whole rupees, any paise rounded up: `4,865`. The review shows the paise.
fn rupees(amount: Paise) -> String {
    let whole = amount.round_up_to(Paise::rupees(1)).to_string();
    whole.strip_suffix(".00").unwrap_or(&whole).to_owned()
}

/// How long after its timetable the train leaves, as far as is known.
fn late(journey: &Journey, world: &World) -> TimeDelta {
    let live = world.live.get(&journey.run);
    TimeDelta::minutes(live.map_or(0, |live| live.state.delays.minutes(journey.leg.from())).into())
}

/// Departure and arrival: `16:55  08:35+1`, of the day that is searched. A train that is late is listed on the day on which it
/// leaves by its timetable, and on the one on which it leaves.
fn times(journey: &Journey, day: NaiveDate) -> String {
    let time = |at: NaiveDateTime| match (at.date() - day).num_days() {
        0 => at.format("%H:%M").to_string(),
        days => format!("{}+{days}", at.format("%H:%M")),
    };
    format!("{}  {}", time(journey.from.at), time(journey.to.at))
}

/// Hours and minutes: `15h40`.
pub(super) fn duration(journey: &Journey) -> String {
    in_hours(TimeDelta::minutes(journey.minutes()))
}

fn in_hours(time: TimeDelta) -> String {
    let minutes = time.num_minutes();
    format!("{}h{:02}", minutes / 60, minutes % 60)
}

/// The days of the week on which the train leaves the boarding station, from Monday on: a train that leaves its origin
/// on Sunday evening is boarded on Monday. One that is late does so as ever, but for today.
fn boarding_days(journey: &Journey, late: TimeDelta) -> [bool; 7] {
    let leaves = (journey.from.at - late).date();
    let days = (leaves - journey.run.date).num_days();
    let shift = Days::new(days.unsigned_abs());
    let monday = Days::new(leaves.weekday().num_days_from_monday().into());
    let monday = leaves.checked_sub_days(monday).unwrap_or(journey.run.date);
    let mut runs = [false; 7];
    for (runs, date) in runs.iter_mut().zip(monday.iter_days()) {
        let origin = if days < 0 { date.checked_add_days(shift) } else { date.checked_sub_days(shift) };
        *runs = origin.is_some_and(|origin| journey.train.runs_on().includes(origin));
    }
    runs
}

fn days_in_words(journey: &Journey, late: TimeDelta) -> String {
    let days = boarding_days(journey, late);
    if days == [true; 7] {
        return "daily".to_owned();
    }
    let names = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
    names.iter().zip(days).filter(|(_, runs)| *runs).map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
}

fn days_in_letters(journey: &Journey, late: TimeDelta) -> String {
    let days = boarding_days(journey, late);
    if days == [true; 7] {
        return "daily".to_owned();
    }
    "MTWTFSS".chars().zip(days).map(|(letter, runs)| if runs { letter } else { '-' }).collect()
}
