//! Becoming the first administrator, with the one-time code from the server's log.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::service::request::{Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Form, fills};
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::screen::Scene;
use crate::ui::screens::sign_in::form_place;
use crate::ui::text;
use crate::ui::theme::Tone;

/// Becoming the first administrator.
#[derive(Clone, Debug)]
pub struct Claim {
    form: Form,
    claiming: Load<()>,
}

impl Default for Claim {
    fn default() -> Self {
        Self { form: Form::new(vec![Field::password("One-time code")]), claiming: Load::Idle }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send the code.
    Claim,
    /// Go on without.
    Later,
}

impl Scene for Claim {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "become administrator", "Sends the code.", Action::Claim),
        bind(&[Key::Esc], "Esc", "later", "Goes on as a traveller; the next sign-in asks again.", Action::Later),
    ];

    fn place(&self, _world: &World) -> String {
        "Become administrator".to_owned()
    }

    fills!(form, claiming);

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Claim if self.claiming.is_waiting() => {}
            Action::Claim if self.form.field(0).is_empty() => {
                self.form.refuse(0, "Type the code from the server's log.");
            }
            Action::Claim => {
                let code = self.form.field_mut(0).take_secret();
                self.claiming = Load::Waiting(cx.call(Request::ClaimAdministrator { code }));
            }
            Action::Later => cx.pop(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, _cx: &mut Context) {
        self.form.mouse(mouse, form_place(area));
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let read = |reply: &Reply| matches!(reply, Reply::Welcome(_)).then_some(());
        if !self.claiming.settle(call, &answer, read) {
            return;
        }
        if let Some(failure) = self.claiming.failed() {
            self.form.refuse(0, failure.to_string());
        } else {
            cx.toast(Tone::Good, "You are the administrator of this Kiosk now.");
            cx.pop();
        }
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let place = form_place(area);
        let says = "Your address is the one that may become the first administrator. Nobody has verified it, so Kiosk \
                    wrote a one-time code into the server's log: type it here.";
        let lines = text::wrap(says, place.width.saturating_sub(4));
        let mut y = place.y;
        for line in &lines {
            buf.set_stringn(place.x + 2, y, line, place.width.into(), world.theme.text);
            y += 1;
        }
        let top = y + 1 - place.y;
        self.form.view(buf, Rect { y: y + 1, height: place.height.saturating_sub(top), ..place }, world);
    }
}
