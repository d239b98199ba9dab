//! Making an account for somebody, who chooses the password by a one-time code.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::user::{Email, Role, Username};
use crate::service::request::{AccountFacts, Failure, OneTimeCode, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Filled, Form, fills};
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::screen::Scene;
use crate::ui::screens::admin::user::{User, short};
use crate::ui::screens::sign_in::form_place;

const NAME: usize = 0;
const EMAIL: usize = 1;
const ROLE: usize = 2;

/// Making an account for somebody.
#[derive(Clone, Debug)]
pub struct NewUser {
    form: Form,
    making: Load<(Box<AccountFacts>, OneTimeCode)>,
}

impl Default for NewUser {
    fn default() -> Self {
        let roles = Role::ALL.map(short);
        let mut role = Field::choice("Role", roles).note("each may do what the ones before it may");
        role.choose(1);
        let fields = vec![
            Field::text("User name", 32).note("3 to 32 letters, digits, dots, hyphens or underscores"),
            Field::text("E-mail", 254),
            role,
        ];
        Self { form: Form::new(fields), making: Load::Idle }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go on, and make the account from the last field.
    Make,
    /// Go back.
    Back,
}

impl NewUser {
    fn make(&mut self, cx: &mut Context) {
        if self.making.is_waiting() {
            return;
        }
        let username = Username::parse(self.form.field(NAME).value());
        let email = Email::parse(self.form.field(EMAIL).value());
        if let Err(bad) = &email {
            self.form.refuse(EMAIL, bad.to_string());
        }
        if let Err(bad) = &username {
            self.form.refuse(NAME, bad.to_string());
        }
        let (Ok(username), Ok(email)) = (username, email) else { return };
        let role = Role::ALL[self.form.field(ROLE).chosen()];
        self.making = Load::Waiting(cx.call(Request::AddAccount { username, email, role }));
    }

    /// Says at its field why the account was not made.
    fn refuse(&mut self, failure: &Failure) {
        let index = match failure {
            Failure::UsernameTaken(_) => NAME,
            Failure::EmailTaken => EMAIL,
            _ => ROLE,
        };
        self.form.refuse(index, failure.to_string());
    }
}

impl Scene for NewUser {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(
            &[Key::Enter],
            "Enter",
            "next, make",
            "Goes to the next field, and makes the account from the last one on.",
            Action::Make,
        ),
        bind(&[Key::Esc], "Esc", "back", "Goes back; what was typed is forgotten.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "New user".to_owned()
    }

    fills!(form, making);

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Make => {
                if self.form.key(Key::Enter) == Filled::Submit {
                    self.make(cx);
                }
            }
            Action::Back => cx.pop(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, _cx: &mut Context) {
        self.form.mouse(mouse, form_place(area));
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let made = |reply: &Reply| match reply {
            Reply::Code(account, code) => Some((account.clone(), code.clone())),
            _ => None,
        };
        if !self.making.settle(call, &answer, made) {
            return;
        }
        match &self.making {
            Load::Ready((account, code)) => cx.replace(User::with_code((**account).clone(), code.clone())),
            Load::Failed(failure) => {
                let failure = failure.clone();
                self.refuse(&failure);
            }
            Load::Idle | Load::Waiting(_) => {}
        }
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        self.form.view(buf, form_place(area), world);
    }
}
