//! Bookings of the application that Kiosk replaces: to be looked at, and nothing else.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::former::FormerBooking;
use crate::domain::time::railway_time;
use crate::service::request::{Cursor, Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::Focus;
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::CallId;
use crate::ui::screen::Scene;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::sheet::{self, put, put_right};

/// Rows of a booking: its number, its journey, and who travels.
const ROW: u16 = 3;

/// Bookings from before, as a list.
#[derive(Clone, Debug)]
pub struct Former {
    list: Paged<Arc<FormerBooking>>,
    /// Whether they are the account's, of which there may be more.
    source: Source,
}

/// Where the list comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Account,
    Given,
}

impl Former {
    /// Those of the account that is signed in.
    pub fn of_account() -> Self {
        Self { list: Paged::spaced(ROW), source: Source::Account }
    }

    /// One that was found by its number.
    pub fn one(booking: Arc<FormerBooking>) -> Self {
        Self { list: Paged::spaced(ROW).known(vec![booking]), source: Source::Given }
    }

    /// What is said of all of them, and the list.
    fn places(area: Rect) -> (Rect, Rect) {
        let words = Rect { height: area.height.min(2), ..area };
        (words, Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area })
    }
}

/// The account's bookings after a cursor.
fn mine(after: Option<Cursor>) -> Request {
    Request::MyFormerBookings { after }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor, or the page.
    Move(Key),
    /// Read the list again from its beginning.
    Again,
    /// Go back.
    Back,
}

impl Scene for Former {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Up], "↑↓", "booking", "Moves to the booking above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again from its beginning.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Bookings from before Kiosk".to_owned()
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        match action {
            Action::Move(_) => !self.list.is_empty(),
            Action::Again => self.source == Source::Account && !self.list.is_waiting(),
            Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        if self.source == Source::Account {
            self.list.begin(cx, mine);
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => {
                let (_, list) = Self::places(frame::body(cx.size));
                self.list.key(key, list, cx, mine);
            }
            Action::Again => self.list.begin(cx, mine),
            Action::Back => cx.pop(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let (_, list) = Self::places(area);
        if list.contains(mouse.at) {
            self.list.mouse(mouse, list, cx, mine);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, _cx: &mut Context) {
        self.list.reply(call, &answer, |reply| match reply {
            Reply::FormerBookings { page, next } => Some((page.clone(), next.clone())),
            _ => None,
        });
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let (words, list) = Self::places(area);
        if !self.list.is_empty() {
            sheet::paragraph(buf, words, &Failure::MadeBefore.to_string(), world.theme.dim);
        }
        let next = "Press Esc: what was booked with Kiosk stands in the list there.";
        let none = ("No bookings from before Kiosk", next);
        self.list
            .view(buf, list, (Focus::Here, world), none, |buf, place, booking| view_row(buf, place, booking, world));
    }
}

fn view_row(buf: &mut Buffer, place: Rect, booking: &FormerBooking, world: &World) {
    let theme = &world.theme;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let joined = |parts: Vec<String>| parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let made = booking.booked_at.map(|at| railway_time(at).format("made %-d %b %Y").to_string()).unwrap_or_default();
    let paid = booking.paid.map(|paid| format!("{}{paid}", world.glyphs.rupee)).unwrap_or_default();
    let seats = booking.seats.as_ref().map(|seats| format!("seats {seats}")).unwrap_or_default();
    let lines = [
        (booking.id.to_string(), theme.strong, joined(vec![text(&booking.status), paid]), theme.text),
        (
            joined(vec![text(&booking.train), text(&booking.route), text(&booking.travels), text(&booking.class)]),
            theme.text,
            String::new(),
            theme.dim,
        ),
        (joined(vec![booking.passengers.join(", "), seats]), theme.dim, made, theme.dim),
    ];
    for (row, (left, style, right, beside)) in place.rows().zip(lines) {
        let room = row.width.saturating_sub(crate::ui::text::width(&right) + 4);
        put(buf, row, 2, &crate::ui::text::fit(&left, room), style);
        put_right(buf, row, &right, beside);
    }
}
