//! The parts of a booking as every screen that shows one draws them: journey, people, fare, and the way between.

use chrono::NaiveDateTime;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::booking::{Booking, Place};
use crate::domain::fare::Fare;
use crate::domain::passenger::{Accommodation, Age, Passenger};
use crate::domain::rules::ChildRules;
use crate::domain::timetable::Journey;
use crate::domain::train::Stop;
use crate::ui::context::World;
use crate::ui::text;
use crate::ui::widgets::roll::Roll;
use crate::ui::widgets::status;

/// The columns of the main part: a wider terminal gets a second pane, never wider gaps.
const MAIN: u16 = 80;

/// From this age in years on a traveller is senior, and should not have to climb, as allotment has it.
const SENIOR: u8 = 60;

/// The main part of a body, and the second pane where the terminal is wide enough for one.
pub fn panes(area: Rect) -> (Rect, Option<Rect>) {
    let main = Rect { width: area.width.min(MAIN), ..area };
    let side = Rect { x: area.x + MAIN + 4, width: area.width.saturating_sub(MAIN + 6), ..area };
    (main, (side.width >= 40).then_some(side))
}

/// Cuts a place from top to bottom into parts of these heights; rows to spare become blanks, one before each part but
/// the first, in order.
pub fn stack<const N: usize>(area: Rect, heights: [u16; N]) -> [Rect; N] {
    let mut spare = area.height.saturating_sub(heights.iter().sum());
    let mut y = area.y;
    let mut first = true;
    heights.map(|height| {
        if !first && spare > 0 && height > 0 {
            spare -= 1;
            y += 1;
        }
        first = false;
        let part = Rect { y, height, ..area }.intersection(area);
        y += height;
        part
    })
}

/// Writes text at a column of a place's row, cut at the place's end.
pub fn put(buf: &mut Buffer, row: Rect, column: u16, words: &str, style: Style) {
    let room = row.width.saturating_sub(column + 1);
    if row.height > 0 && room > 0 {
        text::write(buf, (row.x + column, row.y), text::fit(words, room), room, style);
    }
}

/// Writes text that ends two columns before a place's right edge.
pub fn put_right(buf: &mut Buffer, row: Rect, words: &str, style: Style) {
    let room = row.width.saturating_sub(4);
    let words = text::fit(words, room);
    if row.height > 0 {
        let x = row.right().saturating_sub(2 + text::width(&words));
        text::write(buf, (x, row.y), &words, room, style);
    }
}

/// Writes words over the lines of a place.
pub fn paragraph(buf: &mut Buffer, area: Rect, words: &str, style: Style) {
    for (row, line) in area.rows().zip(text::wrap(words, area.width.saturating_sub(4))) {
        put(buf, row, 2, &line, style);
    }
}

/// Rows of [`journey`].
pub const JOURNEY_ROWS: u16 = 2;

/// Draws where and when a journey begins and ends.
pub fn journey(buf: &mut Buffer, area: Rect, (from, to, km): (&Stop, &Stop, u16), world: &World) {
    let theme = &world.theme;
    let half = (area.width / 2).saturating_sub(4);
    let mut rows = area.rows();
    let (Some(top), Some(bottom)) = (rows.next(), rows.next()) else { return };
    let name = |stop: &Stop| {
        let code = stop.station.as_str();
        format!("{} {code}", text::fit(&stop.name, half.saturating_sub(text::width(code) + 3)))
    };
    put(buf, top, 2, &name(from), theme.strong);
    put_right(buf, top, &name(to), theme.strong);
    centred(buf, top, world.glyphs.to.trim(), theme.accent);
    put(buf, bottom, 2, &moment(from.at), theme.text);
    put_right(buf, bottom, &moment(to.at), theme.text);
    centred(buf, bottom, &format!("{km} km · {}", duration((to.at - from.at).num_minutes())), theme.dim);
}

fn centred(buf: &mut Buffer, row: Rect, words: &str, style: Style) {
    put(buf, row, row.width.saturating_sub(text::width(words)) / 2, words, style);
}

/// A railway's wall-clock moment: `Thu 24 Dec 16:55`.
pub fn moment(at: NaiveDateTime) -> String {
    at.format("%a %-d %b %H:%M").to_string()
}

/// A time of so many minutes: `15h40`.
fn duration(minutes: i64) -> String {
    format!("{}h{:02}", minutes / 60, minutes % 60)
}

/// A line about somebody who travels.
#[derive(Clone, Debug)]
pub struct Person<'a> {
    /// Their place in the party, from 1.
    pub number: usize,
    /// Who.
    pub passenger: &'a Passenger,
    /// Their berth, as far as there is one.
    pub berth: String,
    /// What is due or was paid for them.
    pub share: Option<String>,
}

/// What sets somebody's fare or berth apart, in a word or two; nothing for most.
pub fn standing(age: Age, accommodation: Accommodation, children: ChildRules) -> &'static str {
    match (accommodation, age.years()) {
        (Accommodation::Lap, years) if years < children.free_below => "on a lap",
        (Accommodation::Lap, _) => "no berth",
        (Accommodation::Berth, years) if years >= SENIOR => "senior",
        (Accommodation::Berth, years) if years < children.half_below => "child",
        _ => "",
    }
}

/// Whether somebody of this age should not have to climb.
pub fn is_senior(age: Age) -> bool {
    age.years() >= SENIOR
}

/// Draws somebody who travels in one row.
pub fn person(buf: &mut Buffer, row: Rect, person: &Person, world: &World) {
    let theme = &world.theme;
    let (passenger, children) = (person.passenger, world.rules.fares_on(world.today()).children);
    put(buf, row, 2, &person.number.to_string(), theme.dim);
    let berth_at = 41;
    let berth = if person.berth.is_empty() { "–" } else { person.berth.as_str() };
    let note = standing(passenger.age, passenger.accommodation, children);
    put(buf, row, 5, &text::left(&text::ends(passenger.name.as_str(), 28), 28), theme.strong);
    put(buf, row, 34, &format!("{:>3} {}", passenger.age, passenger.gender), theme.text);
    put(buf, row, berth_at, berth, theme.text);
    let note_at = if person.share.is_some() { 59 } else { 67 };
    // What somebody has and had matters more than why their fare is another.
    if berth_at + text::width(berth) < note_at {
        put(buf, row, note_at, note, if note == "senior" { theme.warning } else { theme.dim });
    }
    if let Some(share) = &person.share {
        put_right(buf, row, share, theme.text);
    }
}

/// How the people of a booking are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// With their status as agents know it, such as `CNF/B2/20/LB`.
    Status,
    /// With what each pays.
    Shares,
}

/// Draws who travel on a booking, one row each, as far as they have room.
pub fn people(buf: &mut Buffer, area: Rect, booking: &Booking, (people, roll): (People, Roll), world: &World) {
    let shown = roll.shown(booking.passengers.len(), area.height);
    let numbered = (1..).zip(&booking.passengers).skip(shown.start).take(shown.len());
    roll.position(buf, area, booking.passengers.len(), world);
    for (row, (number, booked)) in area.rows().zip(numbered) {
        let berth = match booked.place {
            _ if booking.payment.is_some() => status::of(booked),
            Place::Berth(allotted) => format!("{:<6} {}", allotted.berth.to_string(), allotted.kind.words()),
            Place::Lap => String::new(),
            place => place.to_string(),
        };
        let berth = match booked.place {
            Place::Berth(allotted) if people == People::Status && booked.place == booked.booked_as => {
                if booking.payment.is_some() { format!("{berth} {}", allotted.kind.words()) } else { berth }
            }
            _ => berth,
        };
        let share = (people == People::Shares).then(|| booked.fare.to_string());
        person(buf, row, &Person { number, passenger: &booked.passenger, berth, share }, world);
    }
}

/// Rows of [`fare`].
pub fn fare_rows(fare: &Fare) -> u16 {
    u16::try_from(fare.items.len() + 1).unwrap_or(u16::MAX)
}

/// Draws a fare item by item, and its total under these words.
pub fn fare(buf: &mut Buffer, area: Rect, fare: &Fare, total: &str, world: &World) {
    let theme = &world.theme;
    let mut rows = area.rows();
    for item in &fare.items {
        let Some(row) = rows.next() else { return };
        let label =
            if item.count > 1 { format!("{} {} × {}", item.label, item.count, item.each) } else { item.label.clone() };
        put(buf, row, 5, &label, theme.dim);
        put_right(buf, row, &item.amount.to_string(), theme.text);
    }
    if let Some(row) = rows.next() {
        put(buf, row, 5, total, theme.strong);
        put_right(buf, row, &format!("{}{}", world.glyphs.rupee, fare.total), theme.accent);
    }
}

/// Draws a fare item by item where there is room for that, and else its total.
pub fn fare_or_total(buf: &mut Buffer, area: Rect, price: &Fare, words: &str, world: &World) {
    if area.height < fare_rows(price) {
        total(buf, area, price, words, world);
    } else {
        fare(buf, area, price, words, world);
    }
}

/// Draws the total of a fare alone.
fn total(buf: &mut Buffer, row: Rect, fare: &Fare, words: &str, world: &World) {
    put(buf, row, 5, words, world.theme.strong);
    put_right(buf, row, &format!("{}{}", world.glyphs.rupee, fare.total), world.theme.accent);
}

/// Draws where the train calls between boarding and alighting, in a pane of its own.
pub fn calls(buf: &mut Buffer, area: Rect, journey: &Journey, world: &World) {
    let theme = &world.theme;
    let (from, to) = (usize::from(journey.leg.from()), usize::from(journey.leg.to()));
    let halts = journey.train.halts().iter().enumerate().skip(from).take(to - from + 1);
    let halts: Vec<_> = halts.collect();
    put(buf, area, 0, &format!("The way of {} {}", journey.train.number(), journey.train.name()), theme.strong);
    let room = usize::from(area.height.saturating_sub(3));
    let hidden = halts.len().saturating_sub(room);
    // When not all halts fit, those before the last give way.
    let shown = halts.len() - hidden;
    for (row, (place, (index, halt))) in area.rows().skip(2).zip(halts.into_iter().enumerate()) {
        let end = index == from || index == to;
        let style = if end { theme.strong } else { theme.text };
        if hidden > 0 && place + 1 == shown {
            put(buf, row, 12, &format!("and {} more stops", hidden + 1), theme.dim);
            break;
        }
        let at = if index == to { halt.arrive } else { halt.depart };
        put(buf, row, 0, &at.to_string(), style);
        put(buf, row, 9, halt.station.as_str(), theme.dim);
        put(buf, row, 16, &world.station_name(halt.station), style);
    }
}
