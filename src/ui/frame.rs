//! The frame around every screen: product, place and person; the steps of a booking and the one fact that must never be
//! lost; below the body the message line and the key line.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

use crate::domain::user::Role;
use crate::ui::context::World;
use crate::ui::draft::Step;
use crate::ui::keys::{Hint, Key};
use crate::ui::screen::{Screen, long_date};
use crate::ui::text;
use crate::ui::theme::Tone;

/// The smallest terminal that Kiosk works on.
pub const MIN: (u16, u16) = (80, 24);

/// Where the parts of a screen are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// The screen's own.
    pub body: Rect,
    /// The line of messages.
    pub message: Rect,
    /// The line of keys.
    pub keys: Rect,
}

/// Where the parts are on a terminal of this size.
pub fn places(area: Rect) -> Places {
    let row =
        |from_bottom: u16| Rect { y: area.bottom().saturating_sub(from_bottom), height: 1.min(area.height), ..area };
    let body = Rect { y: area.y + 3, height: area.height.saturating_sub(6), ..area };
    Places { body, message: row(2), keys: row(1) }
}

/// Where the body is on a terminal of this size.
pub fn body(size: Size) -> Rect {
    places(Rect::new(0, 0, size.width, size.height)).body
}

/// Whole seconds from `now` until a moment, the last one begun counting; 0 when it has passed.
pub fn seconds_left(until: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    let left = until - now;
    if left <= TimeDelta::zero() { 0 } else { (left.num_milliseconds() + 999) / 1000 }
}

/// Minutes and seconds until a moment: `07:42`.
pub fn countdown(until: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let left = seconds_left(until, now);
    format!("{:02}:{:02}", left / 60, left % 60)
}

/// The next moment at which a countdown to `until` shows another second.
pub fn next_second(until: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    let left = (until - now).num_milliseconds();
    if left <= 0 { until } else { until - TimeDelta::milliseconds((left - 1) / 1000 * 1000) }
}

/// What stands on the message line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How it is meant.
    pub tone: Tone,
    /// The words.
    pub text: String,
}

/// Draws all of the frame.
pub fn view(buf: &mut Buffer, area: Rect, screen: &Screen, message: Option<&Message>, hints: &[Hint], world: &World) {
    let theme = &world.theme;
    header(buf, area, screen, world);
    steps(buf, area, screen, world);
    let places = places(area);
    text::rule(buf, Rect { y: area.y + 2, ..area }, theme.rule);
    text::rule(buf, Rect { y: places.message.y.saturating_sub(1), ..area }, theme.rule);
    if let Some(message) = message {
        view_message(buf, places.message, message, world);
    }
    for (hint, spot) in laid_out(places.keys, hints) {
        let (x, y) = text::write(buf, (spot.x, spot.y), hint.shown, spot.width, theme.key);
        text::write(buf, (x + 1, y), hint.label, spot.width, theme.text);
    }
}

/// Draws a message; one that is too long for its line begins in the row of the rule above.
fn view_message(buf: &mut Buffer, row: Rect, message: &Message, world: &World) {
    let style = world.theme.tone(message.tone);
    let room = row.width.saturating_sub(2);
    let at = (row.x + 1, row.y);
    if text::width(&message.text) <= room {
        text::write(buf, at, &message.text, room, style);
        return;
    }
    let lines = text::wrap(&message.text, room);
    let (first, rest) = lines.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    text::write(buf, (row.x, row.y - 1), " ".repeat(row.width.into()), row.width, style);
    text::write(buf, (row.x + 1, row.y - 1), first, room, style);
    text::write(buf, at, text::fit(&rest.join(" "), room), room, style);
}

fn header(buf: &mut Buffer, area: Rect, screen: &Screen, world: &World) {
    let theme = &world.theme;
    let who = who(world);
    let who_width = text::width(&who);
    text::write(buf, (area.x + 1, area.y), "KIOSK", 5, theme.accent);
    let room = area.width.saturating_sub(9 + who_width + 3);
    let place = screen.place(world);
    text::write(buf, (area.x + 9, area.y), text::fit(&place, room), room, theme.strong);
    let x = area.right().saturating_sub(who_width + 1);
    text::write(buf, (x, area.y), &who, who_width, theme.dim);
}

/// Name, role and terminal; a long name gives way.
fn who(world: &World) -> String {
    let terminal = text::fit(&world.terminal.id, 16);
    match &world.identity {
        Some(identity) => {
            let role = match identity.role {
                Role::Administrator => "admin",
                role => role.word(),
            };
            format!("{} · {role} · {terminal}", text::fit(identity.username.as_str(), 16))
        }
        None => terminal.into_owned(),
    }
}

fn steps(buf: &mut Buffer, area: Rect, screen: &Screen, world: &World) {
    let theme = &world.theme;
    let y = area.y + 1;
    if let Some(current) = screen.step() {
        let mut x = area.x + 1;
        for (number, step) in (1..).zip(Step::ALL) {
            let (words, style) = match step.cmp(&current) {
                std::cmp::Ordering::Equal => (step.word().to_uppercase(), theme.accent),
                std::cmp::Ordering::Less => (step.word().to_owned(), theme.text),
                std::cmp::Ordering::Greater => (step.word().to_owned(), theme.dim),
            };
            (x, _) = text::write(buf, (x, y), format!("{number} {words}"), 16, style);
            x += 3;
        }
    }
    let held = world.draft.held_until().filter(|_| screen.step().is_some());
    let (fact, style) = match (screen.fact(world), held, world.draft.date) {
        (Some(fact), ..) => (fact, theme.strong),
        (None, Some(until), _) => {
            let style = if seconds_left(until, world.now) < 60 { theme.bad } else { theme.warning };
            (format!("held for {}", countdown(until, world.now)), style)
        }
        (None, None, Some(date)) if screen.step().is_some() => (long_date(date), theme.strong),
        _ => (clock(world), theme.dim),
    };
    let columns = text::width(&fact);
    text::write(buf, (area.right().saturating_sub(columns + 1), y), &fact, columns, style);
}

fn clock(world: &World) -> String {
    crate::domain::time::railway_time(world.now).format("%a %-d %b %Y  %H:%M").to_string()
}

/// The hints that fit, most useful first, each with its place; the way back and, last, the one for all keys are always
/// among them.
fn laid_out(line: Rect, hints: &[Hint]) -> Vec<(Hint, Rect)> {
    let columns = |hint: &Hint| text::width(hint.shown) + 1 + text::width(hint.label);
    let Some((last, others)) = hints.split_last() else { return Vec::new() };
    let mut x = line.x + 1;
    let mut end = line.right().saturating_sub(columns(last) + 1);
    let mut back = others.iter().find(|hint| hint.key == Key::Esc);
    end = end.saturating_sub(back.map_or(0, |hint| columns(hint) + 2));
    let mut shown = Vec::new();
    for hint in others {
        let width = columns(hint);
        if back.is_some_and(|back| back.key == hint.key) {
            back = None;
            end += width + 2;
        }
        if x + width + 2 > end {
            break;
        }
        shown.push((*hint, Rect { x, width, ..line }));
        x += width + 2;
    }
    for hint in back.into_iter().chain([last]) {
        let width = columns(hint);
        shown.push((*hint, Rect { x, width, ..line }));
        x += width + 2;
    }
    shown
}

/// The key for which a touch on the key line stands.
pub fn key_at(line: Rect, hints: &[Hint], at: Position) -> Option<Key> {
    laid_out(line, hints).into_iter().find(|(_, spot)| spot.contains(at)).map(|(hint, _)| hint.key)
}

/// Draws what stands on a terminal that is too small.
pub fn too_small(buf: &mut Buffer, area: Rect, world: &World) {
    let says = format!(
        "Kiosk needs {} columns and {} rows; here are {} and {}. Make the window larger or the letters smaller. \
         Nothing is lost.",
        MIN.0, MIN.1, area.width, area.height
    );
    for (row, line) in area.rows().zip(text::wrap(&says, area.width)) {
        text::write(buf, (row.x, row.y), line, row.width, world.theme.text);
    }
}
