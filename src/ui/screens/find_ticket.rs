//! Finding a booking without an account: by its PNR and the telephone number on it.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::pnr::Pnr;
use crate::domain::user::Phone;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Filled, Focus, Form, fills};
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::screen::Scene;
use crate::ui::screens::booking::Detail;
use crate::ui::screens::former::Former;
use crate::ui::screens::sign_in::form_place;
use crate::ui::text;
use crate::ui::widgets::button;

const PNR: usize = 0;
const PHONE: usize = 1;

/// Finding a booking without an account.
#[derive(Clone, Debug)]
pub struct FindTicket {
    form: Form,
    finding: Load<Pnr>,
}

impl Default for FindTicket {
    fn default() -> Self {
        let form = Form::new(vec![
            Field::digits("PNR", 12).note("ten digits, on the ticket or the slip"),
            Field::phone("Telephone", 20).note("the number that was given for news of the journey"),
        ]);
        Self { form, finding: Load::Idle }
    }
}

impl FindTicket {
    fn find(&mut self, cx: &mut Context) {
        if self.finding.is_waiting() {
            return;
        }
        let pnr = self.form.field(PNR).value().parse::<Pnr>();
        let phone = Phone::parse(self.form.field(PHONE).value());
        match (pnr, phone) {
            (Ok(pnr), Ok(phone)) => self.finding = Load::Waiting(cx.call(Request::LookUp { pnr, phone })),
            (Err(_), _) => self.form.refuse(PNR, "A PNR has ten digits, such as 8451234567."),
            (_, Err(bad)) => self.form.refuse(PHONE, bad.to_string()),
        }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go to the next field, and look after the last.
    Find,
    /// Go back.
    Back,
}

impl Scene for FindTicket {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "find", "Goes on, and looks for the booking after the last field.", Action::Find),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "My ticket".to_owned()
    }

    fills!(form, finding);

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Find => {
                if self.form.key(Key::Enter) == Filled::Submit {
                    self.find(cx);
                }
            }
            Action::Back => cx.pop(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let (form, says) = self.places(area);
        if mouse.kind == MouseKind::Press && button::onward(says, cx).contains(mouse.at) {
            self.find(cx);
        } else {
            self.form.mouse(mouse, form);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        if let (true, Ok(Reply::FormerBooking(former))) = (self.finding.awaits(call), &answer) {
            self.finding = Load::Idle;
            return cx.push(Former::one(Arc::clone(former)));
        }
        let found = |reply: &Reply| match reply {
            Reply::Booking(booking) => Some(booking.pnr),
            _ => None,
        };
        if !self.finding.settle(call, &answer, found) {
            return;
        }
        match (self.finding.ready(), self.finding.failed()) {
            (Some(pnr), _) => cx.push(Detail::found(*pnr)),
            (None, Some(failure)) => self.form.refuse(PHONE, failure.to_string()),
            (None, None) => {}
        }
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let (form, says) = self.places(area);
        self.form.view(buf, form, world);
        let button = button::onward(says, world);
        let words = "Whoever knows both sees the booking. To change it, sign in with the account that made it, or bring \
                     the ticket to a counter.";
        let room = says.width.saturating_sub(4 + button.width);
        for (y, line) in (says.y..says.bottom()).zip(text::wrap(words, room)) {
            buf.set_stringn(says.x + 2, y, line, room.into(), world.theme.dim);
        }
        button::view(buf, button, "Find it", Focus::Elsewhere, world);
    }
}

impl FindTicket {
    /// The form, and what is said below it.
    fn places(&self, area: Rect) -> (Rect, Rect) {
        let form = form_place(area);
        let top = form.y + self.form.height(form.width) + 1;
        let height = form.bottom().saturating_sub(top).min(4);
        (form, Rect { y: top, height, ..form })
    }
}
