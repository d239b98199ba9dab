//! What was done to a booking, by whom and from where, the oldest first.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::Booking;
use crate::domain::time::railway_time;
use crate::service::request::{Cursor, Failure, Reply, Request, Step};
use crate::ui::context::{Context, World};
use crate::ui::form::Focus;
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::CallId;
use crate::ui::screen::Scene;
use crate::ui::text;
use crate::ui::widgets::deed;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::sheet::put;

/// Rows of a change: what and when, and by whom and where.
const ROW: u16 = 2;

/// What was done to a booking.
#[derive(Clone, Debug)]
pub struct History {
    booking: Arc<Booking>,
    list: Paged<Step>,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor, or the page.
    Move(Key),
    /// Read it again.
    Again,
    /// Go back.
    Back,
}

impl History {
    /// That of a booking, whose passengers it names.
    pub fn of(booking: Arc<Booking>) -> Self {
        Self { booking, list: Paged::spaced(ROW) }
    }

    /// The services answer with all of it: a page, and no other.
    fn ask(&self) -> impl FnOnce(Option<Cursor>) -> Request + use<> {
        let pnr = self.booking.pnr;
        move |_| Request::History { pnr }
    }
}

impl Scene for History {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Up], "↑↓", "change", "Moves to the change above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Char('r')], "r", "read again", "Reads it again, as it is now.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        format!("History of {}", self.booking.pnr.spoken())
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        match action {
            Action::Move(_) => !self.list.is_empty(),
            Action::Again => !self.list.is_waiting(),
            Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        let ask = self.ask();
        self.list.begin(cx, ask);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => {
                let ask = self.ask();
                self.list.key(key, place(frame::body(cx.size)), cx, ask);
            }
            Action::Again => self.enter(cx),
            Action::Back => cx.pop(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let ask = self.ask();
        self.list.mouse(mouse, place(area), cx, ask);
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, _cx: &mut Context) {
        self.list.reply(call, &answer, |reply| match reply {
            Reply::History(steps) => Some((steps.clone(), None)),
            _ => None,
        });
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let none = ("Nothing", "No change of this booking is known. Press r to read it again.");
        self.list.view(buf, place(area), (Focus::Here, world), none, |buf, place, step| {
            view_step(buf, place, step, &self.booking, world);
        });
    }
}

fn view_step(buf: &mut Buffer, place: Rect, step: &Step, booking: &Booking, world: &World) {
    let theme = &world.theme;
    let mut rows = place.rows();
    let (Some(top), Some(bottom)) = (rows.next(), rows.next()) else { return };
    put(buf, top, 2, &railway_time(step.at).format("%a %-d %b %Y %H:%M:%S").to_string(), theme.dim);
    put(buf, top, 29, &text::fit(&deed::words(&step.what, booking), top.width.saturating_sub(30)), theme.strong);
    let who = match (&step.who, &step.terminal) {
        (Some(name), _) => format!("by {name}"),
        (None, Some(terminal)) if terminal == "kiosk" => "by Kiosk itself".to_owned(),
        (None, Some(terminal)) if terminal == "operator" => "by the operator".to_owned(),
        (None, Some(_)) => "by a guest".to_owned(),
        (None, None) => "by whom is not known any more".to_owned(),
    };
    let at = step.terminal.as_deref().filter(|terminal| !matches!(*terminal, "kiosk" | "operator"));
    let at = at.map(|terminal| format!(" at {terminal}")).unwrap_or_default();
    let session = step.session.as_deref().map(|session| format!(", session {session}")).unwrap_or_default();
    put(buf, bottom, 29, &format!("{who}{at}{session}"), theme.text);
}

fn place(area: Rect) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}
