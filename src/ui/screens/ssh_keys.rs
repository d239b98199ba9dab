//! The public keys of the account: with them its holder comes in by SSH without typing the password.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::time::railway_time;
use crate::domain::user::SshKey;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Filled, Form};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::Scene;
use crate::ui::screens::sign_in::form_place;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::ListState;
use crate::ui::widgets::sheet::{put, put_right};
use crate::ui::widgets::state;

/// Rows of a key in the list.
const ROW: u16 = 2;

/// The fields of the form.
const KEY: usize = 0;
const PASSWORD: usize = 1;

/// Longer than any key that is taken, in characters.
const LONGEST: usize = 2_048;

/// The account's keys.
#[derive(Clone, Debug)]
pub struct SshKeys {
    keys: Load<Vec<SshKey>>,
    list: ListState,
    /// The form for another key, while it is filled in.
    adding: Option<Form>,
    /// A key that is added or removed.
    change: Load<()>,
}

impl Default for SshKeys {
    fn default() -> Self {
        Self { keys: Load::Idle, list: ListState::new(ROW), adding: None, change: Load::Idle }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor.
    Move(Key),
    /// Fill in another key.
    Add,
    /// Go on in the form, and send it at its end.
    Next,
    /// Remove the key under the cursor.
    Remove,
    /// Read the list again.
    Again,
    /// Leave the form, or the screen.
    Back,
}

impl SshKeys {
    fn chosen(&self) -> Option<&SshKey> {
        self.list.chosen().and_then(|row| self.keys.ready()?.get(row))
    }

    fn read(&mut self, cx: &mut Context) {
        self.keys = Load::Waiting(cx.call(Request::SshKeys));
    }

    fn send(&mut self, cx: &mut Context) {
        let Some(form) = &mut self.adding else { return };
        if form.field(KEY).is_empty() {
            form.refuse(KEY, "Paste the line of your file that ends in .pub.");
        } else if form.field(PASSWORD).is_empty() {
            form.refuse(PASSWORD, "Type the password of this account.");
        } else {
            let (line, password) = (form.field(KEY).value().to_owned(), form.field_mut(PASSWORD).take_secret());
            self.change = Load::Waiting(cx.call(Request::AddSshKey { line, password }));
        }
    }

    fn is_adding(&self) -> bool {
        self.adding.is_some()
    }
}

fn form() -> Form {
    Form::new(vec![
        Field::text("Public key", LONGEST).note("the line of a file such as ~/.ssh/id_ed25519.pub, pasted"),
        Field::password("Password").note("of this account, so that nobody else adds a key while you are away"),
    ])
}

impl Scene for SshKeys {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "go on", "Goes to the next field, and adds the key after the last.", Action::Next),
        bind(&[Key::Up], "↑↓", "key", "Moves to the key above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Char('a')], "a", "add a key", "Adds a public key to your account.", Action::Add),
        bind(&[Key::Delete, Key::Char('x')], "x", "remove", "Removes the key under the cursor.", Action::Remove),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "SSH keys".to_owned()
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        match action {
            Action::Next => self.is_adding(),
            Action::Move(_) => !self.is_adding() && self.list.chosen().is_some(),
            Action::Remove => !self.is_adding() && self.chosen().is_some() && !self.change.is_waiting(),
            Action::Add => !self.is_adding() && self.keys.ready().is_some(),
            Action::Again => !self.is_adding() && !self.keys.is_waiting(),
            Action::Back => true,
        }
    }

    fn typing(&self) -> Typing {
        self.adding.as_ref().map_or(Typing::No, Form::typing)
    }

    fn enter(&mut self, cx: &mut Context) {
        self.read(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => {
                let body = frame::body(cx.size);
                self.list.key(key, list_place(body).height);
            }
            Action::Add => self.adding = Some(form()),
            Action::Next => {
                let is_whole = self.adding.as_mut().is_some_and(|form| form.key(Key::Enter) == Filled::Submit);
                if is_whole && !self.change.is_waiting() {
                    self.send(cx);
                }
            }
            Action::Remove => {
                let Some(key) = self.chosen() else { return };
                cx.confirm(Confirm {
                    question: Question::RemoveKey,
                    title: "Remove this key?".to_owned(),
                    text: format!(
                        "Nobody comes in by {} any more, and whoever is in by it elsewhere is signed out.",
                        named(key)
                    ),
                    yes: "Remove",
                    no: "Keep it",
                });
            }
            Action::Again => self.read(cx),
            Action::Back if self.is_adding() => self.adding = None,
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        if let Some(form) = &mut self.adding {
            form.key(key);
        }
    }

    /// A key that is pasted onto the list is one to be added.
    fn paste(&mut self, text: &str, _cx: &mut Context) {
        if self.keys.ready().is_some() {
            self.adding.get_or_insert_with(form).paste(text.trim());
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, _cx: &mut Context) {
        match &mut self.adding {
            Some(form) => drop(form.mouse(mouse, form_place(area))),
            None => drop(self.list.mouse(mouse, list_place(area))),
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        if let (Answer::Yes(Question::RemoveKey), Some(key)) = (answer, self.chosen()) {
            let fingerprint = key.fingerprint.clone();
            self.change = Load::Waiting(cx.call(Request::RemoveSshKey { fingerprint }));
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let now = |reply: &Reply| match reply {
            Reply::SshKeys(keys) => Some(keys.clone()),
            _ => None,
        };
        if self.keys.settle(call, &answer, now) {
            self.list.resize(self.keys.ready().map_or(0, Vec::len));
        } else if self.change.settle(call, &answer, |reply| now(reply).map(drop)) {
            match (answer, &mut self.adding) {
                (Ok(Reply::SshKeys(keys)), adding) => {
                    let done = if adding.take().is_some() { "The key is added." } else { "The key is removed." };
                    self.list.resize(keys.len());
                    self.keys = Load::Ready(keys);
                    cx.toast(Tone::Good, done);
                }
                (Err(failure @ Failure::BadKey(_)), Some(form)) => form.refuse(KEY, failure.to_string()),
                (Err(failure), Some(form)) => form.refuse(PASSWORD, failure.to_string()),
                (Err(failure), None) => cx.toast(Tone::Bad, failure.to_string()),
                (Ok(_), _) => {}
            }
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.keys.give_up(call);
        self.change.give_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        if let Some(form) = &self.adding {
            form.view(buf, form_place(area), world);
            return;
        }
        match &self.keys {
            Load::Failed(failure) => state::failed(buf, area, failure, world),
            Load::Ready(keys) if keys.is_empty() => {
                let next = "Press a and paste a public key: then you come in by SSH without typing your password.";
                state::empty(buf, area, "No keys yet", next, world);
            }
            Load::Ready(keys) => self.view_list(buf, list_place(area), keys, world),
            Load::Idle | Load::Waiting(_) => {}
        }
    }
}

impl SshKeys {
    fn view_list(&self, buf: &mut Buffer, area: Rect, keys: &[SshKey], world: &World) {
        let above = Rect { y: area.y.saturating_sub(1), height: 1, ..area };
        put(buf, above, 2, "Whoever has one of these keys comes in by SSH as you.", world.theme.dim);
        self.list.position(buf, above, area, world);
        for (row, place) in self.list.visible(area) {
            let Some(key) = keys.get(row) else { break };
            let mut rows = place.rows();
            let (Some(top), Some(bottom)) = (rows.next(), rows.next()) else { break };
            put(buf, top, 2, &text::fit(named(key), top.width.saturating_sub(24)), world.theme.strong);
            let added = railway_time(key.added_at).format("added %-d %b %Y");
            put_right(buf, top, &added.to_string(), world.theme.dim);
            put(buf, bottom, 2, &key.fingerprint, world.theme.text);
            self.list.mark(buf, row, place, world);
        }
    }
}

/// What its holder calls it, or what it is.
fn named(key: &SshKey) -> &str {
    let kind = key.key.split(' ').next().unwrap_or_default();
    if key.comment.is_empty() { kind } else { &key.comment }
}

fn list_place(area: Rect) -> Rect {
    Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area }
}
