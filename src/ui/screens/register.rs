//! Making an account for a traveller.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::user::{Email, Username};
use crate::service::request::{Failure, Registration, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Filled, Form, fills};
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::screen::Scene;
use crate::ui::screens::claim::Claim;
use crate::ui::screens::sign_in::{SignIn, form_place};
use crate::ui::theme::Tone;

const NAME: usize = 0;
const EMAIL: usize = 1;
const PASSWORD: usize = 2;
const AGAIN: usize = 3;

/// Making an account for a traveller.
#[derive(Clone, Debug)]
pub struct Register {
    form: Form,
    registering: Load<()>,
    /// What was typed to sign in.
    sign_in: Form,
}

impl Register {
    /// From signing in, with what was typed there and, if it was left before, here.
    pub(super) fn beside(sign_in: Form, typed: Option<Form>) -> Self {
        Self { form: typed.unwrap_or_else(Self::empty), registering: Load::Idle, sign_in }
    }

    fn empty() -> Form {
        Form::new(vec![
            Field::text("User name", 32).note("3 to 32 letters, digits, dots, hyphens or underscores"),
            Field::text("E-mail", 254),
            Field::password("Password").note("Long is better than strange: a sentence will do"),
            Field::password("Password again"),
        ])
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make the account.
    Register,
    /// Go back.
    Back,
}

impl Register {
    fn register(&mut self, cx: &mut Context) {
        if self.registering.is_waiting() {
            return;
        }
        let username = Username::parse(self.form.field(NAME).value());
        let email = Email::parse(self.form.field(EMAIL).value());
        if self.form.field(AGAIN).length() != self.form.field(PASSWORD).length() {
            self.form.refuse(AGAIN, Failure::PasswordsDiffer.to_string());
        }
        if self.form.field(PASSWORD).is_empty() {
            self.form.refuse(PASSWORD, "Choose a password.");
        }
        if let Err(bad) = &email {
            self.form.refuse(EMAIL, bad.to_string());
        }
        if let Err(bad) = &username {
            self.form.refuse(NAME, bad.to_string());
        }
        let (Ok(username), Ok(email), None) = (username, email, self.form.refused()) else { return };
        // Both stay in their fields until the answer, so that a name that is taken costs no typing.
        let (password, again) = (self.form.field(PASSWORD).secret(), self.form.field(AGAIN).secret());
        self.registering = Load::Waiting(cx.call(Request::Register(Registration { username, email, password, again })));
    }

    /// Says at its field why the account was not made.
    fn refuse(&mut self, failure: &Failure) {
        let index = match failure {
            Failure::UsernameTaken(_) => NAME,
            Failure::EmailTaken => EMAIL,
            Failure::WeakPassword(_) => PASSWORD,
            _ => AGAIN,
        };
        self.form.refuse(index, failure.to_string());
    }
}

impl Scene for Register {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(
            &[Key::Enter],
            "Enter",
            "next, make",
            "Goes to the next field, and from the last one on.",
            Action::Register,
        ),
        bind(&[Key::Esc], "Esc", "sign in", "Goes back to signing in; what is typed stays.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Make an account".to_owned()
    }

    fills!(form, registering);

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Register => {
                if self.form.key(Key::Enter) == Filled::Submit {
                    self.register(cx);
                }
            }
            Action::Back => cx.replace(SignIn::again(self.sign_in.clone(), self.form.clone())),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, _cx: &mut Context) {
        self.form.mouse(mouse, form_place(area));
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let mut identity = None;
        let settled = self.registering.settle(call, &answer, |reply| match reply {
            Reply::Welcome(who) => {
                identity = Some(who.clone());
                Some(())
            }
            _ => None,
        });
        if !settled {
            return;
        }
        if let Some(identity) = identity {
            cx.home();
            cx.toast(Tone::Good, format!("Welcome, {}. You are signed in.", identity.username));
            if identity.may_claim_administrator {
                cx.push(Claim::default());
            }
        } else if let Some(failure) = self.registering.failed().cloned() {
            self.refuse(&failure);
        }
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        self.form.view(buf, form_place(area), world);
    }
}
