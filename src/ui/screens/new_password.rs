//! Choosing another password: by whoever came in by a one-time code, before anything else, or by whoever wants one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::service::request::{Failure, PasswordChange, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Filled, Form, fills};
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::screen::Scene;
use crate::ui::screens::sign_in::form_place;
use crate::ui::theme::Tone;
use crate::ui::widgets::sheet::put;

/// Why somebody chooses one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// A one-time code is all they have.
    Code,
    /// They want to.
    Wish,
}

/// Choosing another password.
#[derive(Clone, Debug)]
pub struct NewPassword {
    why: Why,
    form: Form,
    changing: Load<()>,
}

impl NewPassword {
    /// For whoever came in by a one-time code.
    pub fn after_code() -> Self {
        Self::new(Why::Code, Vec::new())
    }

    /// For whoever has one and wants another.
    pub fn instead() -> Self {
        Self::new(Why::Wish, vec![Field::password("Password until now")])
    }

    fn new(why: Why, mut fields: Vec<Field>) -> Self {
        fields.push(Field::password("New password").note("Long is better than strange: a sentence will do"));
        fields.push(Field::password("New password again"));
        Self { why, form: Form::new(fields), changing: Load::Idle }
    }

    /// The field of the new password; the one for the old, if there is one, is before it.
    fn new_field(&self) -> usize {
        self.form.fields().len() - 2
    }

    fn change(&mut self, cx: &mut Context) {
        if self.changing.is_waiting() {
            return;
        }
        // What was refused before is asked again: not every refusal is for what is typed.
        for index in 0..self.form.fields().len() {
            self.form.field_mut(index).accept();
        }
        let new = self.new_field();
        if self.form.field(new).length() != self.form.field(new + 1).length() {
            self.form.refuse(new + 1, Failure::PasswordsDiffer.to_string());
        }
        for index in (0..=new).rev() {
            if self.form.field(index).is_empty() {
                self.form
                    .refuse(index, if index == new { "Choose a password." } else { "Type the password until now." });
            }
        }
        if self.form.refused().is_some() {
            return;
        }
        let old = (self.why == Why::Wish).then(|| self.form.field(0).secret());
        let (password, again) = (self.form.field(new).secret(), self.form.field(new + 1).secret());
        self.changing = Load::Waiting(cx.call(Request::ChangePassword(PasswordChange { old, password, again })));
    }

    /// Says at its field why the password was not changed.
    fn refuse(&mut self, failure: &Failure) {
        let new = self.new_field();
        let index = match failure {
            Failure::WeakPassword(_) => new,
            Failure::WrongPassword | Failure::LockedOut { .. } => 0,
            _ => new + 1,
        };
        self.form.refuse(index, failure.to_string());
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go on, and change it from the last field.
    Change,
    /// Keep the one that there is.
    Back,
    /// Leave without one.
    Leave,
}

impl Scene for NewPassword {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(
            &[Key::Enter],
            "Enter",
            "next, change",
            "Goes to the next field, and changes the password from the last one on.",
            Action::Change,
        ),
        bind(&[Key::Esc], "Esc", "back", "Goes back; the password stays as it is.", Action::Back),
        bind(&[Key::Esc], "Esc", "sign out", "Leaves; the code is good until its time is over.", Action::Leave),
    ];

    fn place(&self, _world: &World) -> String {
        "Choose a password".to_owned()
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        match action {
            Action::Change => true,
            Action::Back => self.why == Why::Wish,
            Action::Leave => self.why == Why::Code,
        }
    }

    fills!(form, changing);

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Change => {
                if self.form.key(Key::Enter) == Filled::Submit {
                    self.change(cx);
                }
            }
            Action::Back => cx.pop(),
            Action::Leave => cx.sign_out(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, _cx: &mut Context) {
        self.form.mouse(mouse, below(area));
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        if !self.changing.settle(call, &answer, |reply| matches!(reply, Reply::Welcome(_)).then_some(())) {
            return;
        }
        if let Some(failure) = self.changing.failed().cloned() {
            return self.refuse(&failure);
        }
        match self.why {
            Why::Code => cx.home(),
            Why::Wish => cx.pop(),
        }
        cx.toast(Tone::Good, "The password is changed. Other sessions of the account have ended.");
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let says = match self.why {
            Why::Code => "You came in by a one-time code. Choose a password that nobody has told you.",
            Why::Wish => "Whoever uses the account elsewhere is signed out by this.",
        };
        put(buf, Rect { y: area.y + 1, height: 1, ..area }, 4, says, world.theme.text);
        self.form.view(buf, below(area), world);
    }
}

/// Where the fields are, below the sentence.
fn below(area: Rect) -> Rect {
    let place = form_place(area);
    Rect { y: place.y + 1, height: place.height.saturating_sub(1), ..place }
}
