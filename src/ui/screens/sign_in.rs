//! Proving who one is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::service::request::{Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Filled, Form, fills};
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::screen::Scene;
use crate::ui::screens::{claim::Claim, register::Register};
use crate::ui::text;

const NAME: usize = 0;
const PASSWORD: usize = 1;

/// Proving who one is.
#[derive(Clone, Debug)]
pub struct SignIn {
    form: Form,
    signing_in: Load<()>,
    /// What was typed of an account to be made, when that was left.
    account: Option<Form>,
}

impl Default for SignIn {
    fn default() -> Self {
        let fields = vec![Field::text("Name or e-mail", 254), Field::password("Password")];
        Self { form: Form::new(fields), signing_in: Load::Idle, account: None }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sign in.
    SignIn,
    /// Make an account.
    Register,
    /// Fill the form for an account of a development system.
    Fill(usize),
    /// Go back.
    Back,
}

impl SignIn {
    /// As it was left for making an account, with what was typed of that.
    pub(super) fn again(form: Form, account: Form) -> Self {
        Self { form, signing_in: Load::Idle, account: Some(account) }
    }

    fn sign_in(&mut self, cx: &mut Context) {
        if self.signing_in.is_waiting() {
            return;
        }
        for index in [PASSWORD, NAME] {
            if self.form.field(index).is_empty() {
                let what = if index == NAME { "Type your user name or e-mail address." } else { "Type your password." };
                self.form.refuse(index, what);
            }
        }
        if self.form.fields().iter().any(Field::is_empty) {
            return;
        }
        let name = self.form.field(NAME).value().trim().to_owned();
        let password = self.form.field_mut(PASSWORD).take_secret();
        self.signing_in = Load::Waiting(cx.call(Request::SignIn { name, password }));
    }

    fn fill(&mut self, account: usize, cx: &Context) {
        if let Some(hint) = cx.hints.get(account) {
            self.form.field_mut(NAME).set_value(&hint.name);
            self.form.field_mut(PASSWORD).set_value(&hint.password);
            self.form.set_focus(PASSWORD);
        }
    }
}

impl Scene for SignIn {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "sign in", "Goes to the next field, and signs in from the last.", Action::SignIn),
        bind(&[Key::F(2)], "F2", "traveller", "Fills in the account for trying out as a traveller.", Action::Fill(0)),
        bind(&[Key::F(3)], "F3", "agent", "Fills in the account for trying out as an agent.", Action::Fill(1)),
        bind(&[Key::F(4)], "F4", "admin", "Fills in the account for trying out as an administrator.", Action::Fill(2)),
        bind(&[Key::F(5)], "F5", "new account", "Makes an account for a traveller.", Action::Register),
        bind(&[Key::Esc], "Esc", "back", "Goes back; what was typed is forgotten.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Sign in".to_owned()
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Fill(account) => account < world.hints.len(),
            _ => true,
        }
    }

    fills!(form, signing_in);

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::SignIn => {
                if self.form.key(Key::Enter) == Filled::Submit {
                    self.sign_in(cx);
                }
            }
            Action::Fill(account) => self.fill(account, cx),
            Action::Register => cx.replace(Register::beside(self.form.clone(), self.account.take())),
            Action::Back => cx.pop(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, _cx: &mut Context) {
        self.form.mouse(mouse, form_place(area));
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let mut identity = None;
        let settled = self.signing_in.settle(call, &answer, |reply| match reply {
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
            if identity.may_claim_administrator {
                cx.push(Claim::default());
            }
        } else if let Some(failure) = self.signing_in.failed() {
            self.form.refuse(PASSWORD, failure.to_string());
        }
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        self.form.view(buf, form_place(area), world);
        let x = area.x + 4;
        let room = area.width.saturating_sub(6);
        let mut y = area.y + 4 + self.form.height(form_place(area).width);
        let mut line = |text: &str, style| {
            if y < area.bottom() {
                buf.set_stringn(x, y, text::fit(text, room), room.into(), style);
            }
            y += 1;
        };
        if world.hints.is_empty() {
            line("No account yet? F5 makes one for a traveller.", world.theme.dim);
            line("Agents get theirs from an administrator.", world.theme.dim);
            return;
        }
        line("This is a development system. These accounts are for trying out:", world.theme.warning);
        line("", world.theme.text);
        for (hint, key) in world.hints.iter().zip(["F2", "F3", "F4"]) {
            let says = format!("{key}  {:<14} {:<14} password  {}", hint.role.word(), hint.name, hint.password);
            line(&says, world.theme.text);
        }
        line("", world.theme.text);
        line("F5 makes an account of your own.", world.theme.dim);
    }
}

/// Where the fields of an account's form are.
pub(super) fn form_place(area: Rect) -> Rect {
    Rect { x: area.x + 2, y: area.y + 2, width: area.width.saturating_sub(4), height: area.height.saturating_sub(2) }
}
