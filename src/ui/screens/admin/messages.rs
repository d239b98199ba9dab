//! What people are still to be told of their bookings, and what could not be delivered: an administrator has it tried anew.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::notification::{Channel, Delivery, Notification};
use crate::domain::time::railway_time;
use crate::service::request::{Cursor, Failure, Reply, Request, Revive};
use crate::ui::context::{Context, World};
use crate::ui::form::Focus;
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::screen::Scene;
use crate::ui::screens::booking::Detail;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::Touch;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::sheet::{put, put_right};

/// Rows of a notification: what it is and when it is due, and why it was not delivered.
const ROW: u16 = 2;

/// What was given up, or what waits.
#[derive(Clone, Debug)]
pub struct Messages {
    shows: Delivery,
    list: Paged<Notification>,
    retry: Load<usize>,
}

impl Default for Messages {
    /// Begins with what needs a person.
    fn default() -> Self {
        Self { shows: Delivery::Dead, list: Paged::spaced(ROW), retry: Load::Idle }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor, or the page.
    Move(Key),
    /// Show the booking that it is about.
    Show,
    /// Exchange what was given up for what waits.
    Other,
    /// Have the one under the cursor tried anew.
    Retry,
    /// Have all that were given up tried anew.
    RetryAll,
    /// Read the list again.
    Again,
    /// Go back.
    Back,
}

impl Messages {
    fn ask(delivery: Delivery) -> impl FnOnce(Option<Cursor>) -> Request {
        move |after| Request::Notifications { delivery, after }
    }

    fn retry(&mut self, which: Revive, cx: &mut Context) {
        if !self.retry.is_waiting() {
            self.retry = Load::Waiting(cx.call(Request::RetryNotifications { which }));
        }
    }
}

impl Scene for Messages {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Up], "↑↓", "message", "Moves to the message above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Enter], "Enter", "booking", "Shows the booking that it is about.", Action::Show),
        bind(&[Key::Tab], "Tab", "other list", "Exchanges what was given up for what waits.", Action::Other),
        bind(&[Key::Char('t')], "t", "try anew", "Has the message under the cursor tried anew.", Action::Retry),
        bind(&[Key::Char('T')], "T", "try all", "Has all tried anew that were given up.", Action::RetryAll),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Messages".to_owned()
    }

    fn fact(&self, _world: &World) -> Option<String> {
        let what = match self.shows {
            Delivery::Dead => "given up",
            Delivery::Waiting => "to be delivered",
        };
        Some(what.to_owned())
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        match action {
            Action::Move(_) | Action::Show => !self.list.is_empty(),
            Action::Retry => !self.list.is_empty() && !self.retry.is_waiting(),
            Action::RetryAll => self.shows == Delivery::Dead && self.list.rows().len() > 1 && !self.retry.is_waiting(),
            Action::Again => !self.list.is_waiting(),
            Action::Other | Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.list.begin(cx, Self::ask(self.shows));
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => self.list.key(key, place(frame::body(cx.size)), cx, Self::ask(self.shows)),
            Action::Show => {
                if let Some(notification) = self.list.chosen() {
                    cx.push(Detail::of(notification.id.pnr));
                }
            }
            Action::Other => {
                self.shows = match self.shows {
                    Delivery::Dead => Delivery::Waiting,
                    Delivery::Waiting => Delivery::Dead,
                };
                self.list.begin_another(cx, Self::ask(self.shows));
            }
            Action::Retry => {
                if let Some(id) = self.list.chosen().map(|notification| notification.id) {
                    self.retry(Revive::One(id), cx);
                }
            }
            Action::RetryAll => self.retry(Revive::AllDead, cx),
            Action::Again => self.list.begin(cx, Self::ask(self.shows)),
            Action::Back => cx.pop(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let list = place(area);
        if list.contains(mouse.at)
            && let Touch::Acted(_) = self.list.mouse(mouse, list, cx, Self::ask(self.shows))
        {
            self.act(Action::Show, cx);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        self.list.reply(call, &answer, |reply| match reply {
            Reply::Notifications { page, next } => Some((page.clone(), next.clone())),
            _ => None,
        });
        let revived = |reply: &Reply| if let Reply::Revived(count) = reply { Some(*count) } else { None };
        if self.retry.settle(call, &answer, revived) {
            match &self.retry {
                Load::Ready(count) => {
                    let (what, verb) = if *count == 1 { ("message", "is") } else { ("messages", "are") };
                    cx.toast(Tone::Good, format!("{count} {what} {verb} due now, and sent within a minute."));
                }
                Load::Failed(failure) => cx.toast(Tone::Bad, failure.to_string()),
                Load::Idle | Load::Waiting(_) => {}
            }
            self.list.begin(cx, Self::ask(self.shows));
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
        self.retry.give_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let none = match self.shows {
            Delivery::Dead => {
                ("Nothing was given up", "All that was due has been delivered, or is still tried. Tab shows that.")
            }
            Delivery::Waiting => {
                ("Nothing waits", "People have been told all there is to tell. Tab shows what was given up.")
            }
        };
        self.list
            .view(buf, place(area), (Focus::Here, world), none, |buf, place, one| view_row(buf, place, one, world));
    }
}

fn view_row(buf: &mut Buffer, place: Rect, one: &Notification, world: &World) {
    let theme = &world.theme;
    let mut rows = place.rows();
    let (Some(top), Some(bottom)) = (rows.next(), rows.next()) else { return };
    put(buf, top, 2, &one.id.pnr.spoken(), theme.strong);
    put(buf, top, 16, one.event.words(), theme.text);
    let owed: Vec<_> = one.owed.iter().map(|channel: &Channel| channel.word()).collect();
    put(buf, top, 33, &owed.join(", "), theme.text);
    let when = railway_time(one.due).format("%-d %b %H:%M");
    match one.delivery {
        Delivery::Dead => put_right(buf, top, &format!("given up {when}"), theme.bad),
        Delivery::Waiting => put_right(buf, top, &format!("due {when}"), theme.dim),
    }
    let tried = match one.attempts {
        0 if one.reason.is_some() => "to be retried".to_owned(),
        0 => "not tried yet".to_owned(),
        1 => "tried once".to_owned(),
        times => format!("tried {times} times"),
    };
    put(buf, bottom, 2, &tried, theme.dim);
    let why = one.reason.as_deref().unwrap_or_default();
    put(buf, bottom, 16, &text::fit(why, bottom.width.saturating_sub(17)), theme.dim);
}

fn place(area: Rect) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}
