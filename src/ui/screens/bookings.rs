//! The account's bookings, newest first, and any booking by its PNR.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::Booking;
use crate::domain::pnr::Pnr;
use crate::domain::time::railway_time;
use crate::service::request::{Cursor, Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Focus};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::CallId;
use crate::ui::screen::Scene;
use crate::ui::screens::booking::{Detail, can_cancel};
use crate::ui::screens::cancel::Cancel;
use crate::ui::screens::former::Former;
use crate::ui::screens::review::class_words;
use crate::ui::text;
use crate::ui::widgets::list::Touch;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::sheet::{self, moment, put, put_right};
use crate::ui::widgets::status;

/// Rows of a booking in the list.
const ROW: u16 = 2;

/// The account's bookings.
#[derive(Clone, Debug)]
pub struct Bookings {
    list: Paged<Arc<Booking>>,
    pnr: Field,
    typing: Typing,
}

impl Default for Bookings {
    fn default() -> Self {
        Self { list: Paged::new(ROW), pnr: Field::text("PNR", 12), typing: Typing::No }
    }
}

impl Bookings {
    fn look_up(&mut self, cx: &mut Context) {
        match self.pnr.value().parse::<Pnr>() {
            Ok(pnr) => {
                self.pnr.set_value("");
                self.typing = Typing::No;
                cx.push(Detail::of(pnr));
            }
            Err(bad) => self.pnr.refuse(sentence(&bad.to_string())),
        }
    }

    fn places(area: Rect) -> (Rect, Rect) {
        let field = Rect { height: area.height.min(2), ..area };
        let list = Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area };
        (field, list)
    }
}

/// The account's bookings after a cursor.
fn mine(after: Option<Cursor>) -> Request {
    Request::MyBookings { after }
}

/// A sentence with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show the booking under the cursor, or the one whose PNR is typed.
    Show,
    /// Move the cursor, or the page.
    Move(Key),
    /// Type a PNR.
    Find,
    /// Give places of the booking under the cursor up.
    Cancel,
    /// Show what was booked before Kiosk came.
    Former,
    /// Read the list again.
    Again,
    /// Go back.
    Back,
}

impl Scene for Bookings {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Up], "↑↓", "booking", "Moves to the booking above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Enter], "Enter", "show", "Shows all of the booking.", Action::Show),
        bind(&[Key::Char('/'), Key::Tab], "Tab", "PNR", "Looks a booking up by its PNR: just type it.", Action::Find),
        bind(&[Key::Char('c')], "c", "cancel", "Gives places of the booking under the cursor up.", Action::Cancel),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again from its beginning.", Action::Again),
        bind(&[Key::Char('b')], "b", "before", "Shows what the account booked before Kiosk came.", Action::Former),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "My bookings".to_owned()
    }

    fn typing(&self) -> Typing {
        self.typing
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Show => self.typing == Typing::Yes || !self.list.is_empty(),
            Action::Move(_) => !self.list.is_empty(),
            Action::Cancel => {
                self.typing == Typing::No && self.list.chosen().is_some_and(|booking| can_cancel(booking, world.now))
            }
            Action::Former => self.typing == Typing::No && world.identity.is_some(),
            Action::Again => self.typing == Typing::No && !self.list.is_waiting(),
            Action::Find | Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.list.begin(cx, mine);
    }

    /// A slip may have been paid meanwhile.
    fn resume(&mut self, cx: &mut Context) {
        self.list.begin(cx, mine);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Show if self.typing == Typing::Yes => self.look_up(cx),
            Action::Show => {
                if let Some(booking) = self.list.chosen() {
                    cx.push(Detail::of(booking.pnr));
                }
            }
            // Under the question lies the booking, which shows what became of it.
            Action::Cancel => {
                if let Some(booking) = self.list.chosen() {
                    cx.push(Detail::of(booking.pnr));
                    cx.push(Cancel::new(Arc::clone(booking)));
                }
            }
            Action::Find => {
                self.typing = if self.typing == Typing::Yes { Typing::No } else { Typing::Yes };
            }
            Action::Former => cx.push(Former::of_account()),
            Action::Again => self.list.begin(cx, mine),
            Action::Back if self.typing == Typing::Yes && cx.identity.is_some() => {
                self.typing = Typing::No;
                self.pnr.set_value("");
            }
            Action::Back => cx.pop(),
            Action::Move(key) => {
                let (_, list) = Self::places(frame::body(cx.size));
                self.list.key(key, list, cx, mine);
                self.typing = Typing::No;
            }
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        let begins = matches!(key, Key::Char(c) if c.is_ascii_digit());
        if self.typing == Typing::Yes || begins {
            self.typing = Typing::Yes;
            self.pnr.key(key);
        }
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        self.typing = Typing::Yes;
        self.pnr.paste(text);
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let (field, list) = Self::places(area);
        if field.contains(mouse.at) {
            self.typing = Typing::Yes;
        } else if list.contains(mouse.at) {
            self.typing = Typing::No;
            if let Touch::Acted(_) = self.list.mouse(mouse, list, cx, mine) {
                self.act(Action::Show, cx);
            }
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, _cx: &mut Context) {
        self.list.reply(call, &answer, |reply| match reply {
            Reply::Bookings { page, next } => Some((page.clone(), next.clone())),
            _ => None,
        });
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let (field, list) = Self::places(area);
        self.view_field(buf, field, world);
        let next = "Press Esc and search for a train: what you book stands here, newest first.";
        let focus = if self.typing == Typing::No { Focus::Here } else { Focus::Elsewhere };
        self.list.view(buf, list, (focus, world), ("No bookings yet", next), |buf, place, booking| {
            view_row(buf, place, booking, world);
        });
    }
}

impl Bookings {
    fn view_field(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let focus = if self.typing == Typing::Yes { Focus::Here } else { Focus::Elsewhere };
        if focus == Focus::Here {
            put(buf, area, 0, "▌", theme.accent);
        }
        put(buf, area, 2, "PNR", theme.strong);
        let place = Rect { x: area.x + 7, width: 13, height: 1, ..area };
        self.pnr.view_value(buf, place, focus, world);
        match self.pnr.error() {
            Some(error) => {
                let beside = Rect { x: area.x + 21, width: area.width.saturating_sub(21), ..area };
                sheet::paragraph(buf, beside, error, theme.bad);
            }
            None => put(buf, area, 23, "ten digits, to look up one booking", theme.dim),
        }
    }
}

/// Draws a booking in two rows.
pub(super) fn view_row(buf: &mut Buffer, place: Rect, booking: &Booking, world: &World) {
    let theme = &world.theme;
    let (headline, tone) = status::headline(booking, world);
    let gone = booking.has_lapsed(world.now) || booking.to.at < railway_time(world.now);
    let name = if gone { theme.dim } else { theme.strong };
    let mut rows = place.rows();
    let (Some(top), Some(bottom)) = (rows.next(), rows.next()) else { return };
    put(buf, top, 2, &booking.pnr.spoken(), name);
    put(buf, top, 15, &moment(booking.from.at), name);
    let room = top.width.saturating_sub(34 + text::width(&headline) + 3);
    let way = format!("{}{}{}", booking.from.name, world.glyphs.to, booking.to.name);
    let way = if text::width(&way) <= room {
        way
    } else {
        format!("{}{}{}", booking.from.station, world.glyphs.to, booking.to.station)
    };
    put(buf, top, 34, &way, name);
    put_right(buf, top, &headline, theme.tone(tone));
    let first = booking.passengers.first().map_or("", |booked| booked.passenger.name.as_str());
    let others = match (status::queued(booking), booking.passengers.len()) {
        (Some(places), _) => format!(" · {places}"),
        (None, 0 | 1) => String::new(),
        (None, n) => format!(" and {} more", n - 1),
    };
    let train = format!("{} {} · {}", booking.train, booking.train_name, class_words(booking.class, booking.quota));
    put(buf, bottom, 15, &train, theme.dim);
    let total = booking.fare.total.to_string();
    let room = bottom.width.saturating_sub(46 + text::width(&total) + 3);
    let name = text::fit(first, room.saturating_sub(text::width(&others)).min(16));
    put(buf, bottom, 46, &text::fit(&format!("{name}{others}"), room), theme.dim);
    put_right(buf, bottom, &total, theme.dim);
}
