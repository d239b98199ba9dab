//! Bookings of the application that Kiosk replaces: to be looked at, and nothing else.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::former::FormerBooking;
use crate::domain::time::railway_time;
use crate::service::request::{Cursor, Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::screen::Scene;
use crate::ui::widgets::list::{ListState, Touch};
use crate::ui::widgets::sheet::{self, put, put_right};
use crate::ui::widgets::state;

/// Rows of a booking: its number, its journey, who travels, and a space.
const ROW: u16 = 4;

/// Bookings from before, as a list.
#[derive(Clone, Debug)]
pub struct Former {
    found: Vec<Arc<FormerBooking>>,
    /// Whether they are the account's, of which there may be more.
    source: Source,
    next: Option<Cursor>,
    page: Load<()>,
    list: ListState,
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
        let list = ListState::new(ROW);
        Self { found: Vec::new(), source: Source::Account, next: None, page: Load::Idle, list }
    }

    /// One that was found by its number.
    pub fn one(booking: Arc<FormerBooking>) -> Self {
        let mut one = Self { found: vec![booking], source: Source::Given, ..Self::of_account() };
        one.list.resize(1);
        one
    }

    fn read(&mut self, cx: &mut Context) {
        if !self.page.is_waiting() {
            self.page = Load::Waiting(cx.call(Request::MyFormerBookings { after: self.next.clone() }));
        }
    }

    /// Reads the next page when the cursor has come to the end of what is known.
    fn read_on(&mut self, cx: &mut Context) {
        let at_end = self.list.chosen().is_some_and(|row| row + 1 == self.found.len());
        if at_end && self.next.is_some() && self.page.failed().is_none() {
            self.read(cx);
        }
    }

    /// What is said of all of them, and the list.
    fn places(area: Rect) -> (Rect, Rect) {
        let words = Rect { height: area.height.min(2), ..area };
        (words, Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area })
    }
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
            Action::Move(_) => !self.found.is_empty(),
            Action::Again => self.source == Source::Account && !self.page.is_waiting(),
            Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        if self.source == Source::Account {
            self.read(cx);
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => {
                let terminal = Rect::new(0, 0, cx.size.width, cx.size.height);
                let (_, list) = Self::places(frame::places(terminal).body);
                self.list.key(key, list.height);
                self.read_on(cx);
            }
            Action::Again => {
                self.next = None;
                self.read(cx);
            }
            Action::Back => cx.pop(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let (_, list) = Self::places(area);
        if list.contains(mouse.at) && self.list.mouse(mouse, list) != Touch::Missed {
            self.read_on(cx);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, _cx: &mut Context) {
        if !self.page.awaits(call) {
            return;
        }
        match answer {
            Ok(Reply::FormerBookings { page, next }) => {
                if self.next.is_none() {
                    self.found.clear();
                }
                self.found.extend(page);
                self.next = next;
                self.list.resize(self.found.len());
                self.page = Load::Ready(());
            }
            other => {
                self.page.settle(call, &other, |_| None);
            }
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.page.give_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let (words, list) = Self::places(area);
        match &self.page {
            Load::Failed(failure) if self.found.is_empty() => return state::failed(buf, list, failure, world),
            Load::Ready(()) if self.found.is_empty() => {
                let next = "Press Esc: what was booked with Kiosk stands in the list there.";
                return state::empty(buf, list, "No bookings from before Kiosk", next, world);
            }
            _ => sheet::paragraph(buf, words, &Failure::MadeBefore.to_string(), world.theme.dim),
        }
        let above = Rect { y: list.y.saturating_sub(1), height: 1, ..list };
        self.list.position(buf, above, list, world);
        for (row, place) in self.list.visible(list) {
            let Some(booking) = self.found.get(row) else { break };
            view_row(buf, place, booking, world);
            self.list.mark(buf, row, Rect { height: place.height.min(ROW - 1), ..place }, world);
        }
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
