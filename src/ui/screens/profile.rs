//! The account of whoever is signed in: their name and number, the people for whom they book, and the ways to its password
//! and keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::coach::BerthType;
use crate::domain::profile::{NotSaved, PersonId, Profile as Kept, ProfileChange, SavedPerson};
use crate::domain::user::{Email, Phone};
use crate::service::request::{Failure, Outcome, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::Filled;
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::Scene;
use crate::ui::screens::new_password::NewPassword;
use crate::ui::screens::profile::editing::Editing;
use crate::ui::screens::sign_in::form_place;
use crate::ui::screens::ssh_keys::SshKeys;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::{ListState, Touch};
use crate::ui::widgets::sheet::{panes, put, put_right};
use crate::ui::widgets::state;

mod editing;

/// Rows above the list: the account, the name and number, a blank and the list's title.
const ABOVE: u16 = 5;

/// The account of whoever is signed in.
#[derive(Clone, Debug)]
pub struct Profile {
    account: Load<(Email, Box<Kept>)>,
    list: ListState,
    /// What is filled in, while it is.
    editing: Option<Editing>,
    /// A change that is on its way.
    change: Load<Box<Kept>>,
}

impl Default for Profile {
    fn default() -> Self {
        Self { account: Load::Idle, list: ListState::new(1), editing: None, change: Load::Idle }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go on in the form, and send it at its end.
    Next,
    /// Change the person under the cursor.
    Change,
    /// Move the cursor.
    Move(Key),
    /// Fill in another person.
    Add,
    /// Remove the person under the cursor.
    Remove,
    /// Change the holder's own name and number.
    Contact,
    /// Choose another password.
    Password,
    /// Show the keys with which one comes in by SSH.
    Keys,
    /// Read it again.
    Again,
    /// Leave the form, or the screen.
    Back,
}

impl Profile {
    fn kept(&self) -> Option<&Kept> {
        self.account.ready().map(|(_, kept)| &**kept)
    }

    fn chosen(&self) -> Option<&SavedPerson> {
        self.list.chosen().and_then(|row| self.kept()?.people.get(row))
    }

    fn read(&mut self, cx: &mut Context) {
        self.account = Load::Waiting(cx.call(Request::Profile));
    }

    fn send(&mut self, change: ProfileChange, cx: &mut Context) {
        if !self.change.is_waiting() {
            self.change = Load::Waiting(cx.call(Request::ChangeProfile(change)));
        }
    }

    /// Takes the profile as it is after a change.
    fn show(&mut self, kept: Box<Kept>, cx: &mut Context) {
        let Load::Ready((_, shown)) = &mut self.account else { return };
        let done = match &self.editing {
            Some(Editing::Contact { .. }) => "Your name and number are kept.",
            Some(Editing::Person { .. }) if kept.people.len() > shown.people.len() => {
                "Saved: F3 finds them when you book."
            }
            Some(Editing::Person { .. }) => "Changed.",
            None => "Removed.",
        };
        if let Some(Editing::Person { id, .. }) = &self.editing
            && let Some(row) = kept.people.iter().position(|person| person.id == *id)
        {
            self.list.resize(kept.people.len());
            self.list.choose(row);
        }
        *shown = kept;
        self.list.resize(shown.people.len());
        self.editing = None;
        cx.toast(Tone::Good, done);
    }

    fn list_place(area: Rect) -> Rect {
        let main = panes(area).0;
        Rect { y: main.y + ABOVE, height: main.height.saturating_sub(ABOVE), ..main }
    }
}

impl Scene for Profile {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "go on", "Goes to the next field, and saves after the last.", Action::Next),
        bind(&[Key::Enter], "Enter", "change", "Changes the person under the cursor.", Action::Change),
        bind(&[Key::Up], "↑↓", "person", "Moves to the person above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Char('a')], "a", "add", "Saves another person for whom you book.", Action::Add),
        bind(&[Key::Delete, Key::Char('x')], "x", "remove", "Removes the person under the cursor.", Action::Remove),
        bind(&[Key::Char('n')], "n", "name, phone", "Changes your own name and telephone number.", Action::Contact),
        bind(&[Key::Char('p')], "p", "password", "Chooses another password for the account.", Action::Password),
        bind(&[Key::Char('k')], "k", "SSH keys", "Shows the keys with which you come in by SSH.", Action::Keys),
        bind(&[Key::Char('r')], "r", "read again", "Reads it again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        match &self.editing {
            None => "My account",
            Some(Editing::Contact { .. }) => "My name and number",
            Some(Editing::Person { .. }) => "Somebody for whom I book",
        }
        .to_owned()
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        let is_shown = self.editing.is_none() && self.account.ready().is_some();
        match action {
            Action::Next => self.editing.is_some(),
            Action::Change | Action::Move(_) => is_shown && self.chosen().is_some(),
            Action::Remove => is_shown && self.chosen().is_some() && !self.change.is_waiting(),
            Action::Add | Action::Contact => is_shown,
            Action::Password | Action::Keys => self.editing.is_none(),
            Action::Again => self.editing.is_none() && !self.account.is_waiting(),
            Action::Back => true,
        }
    }

    fn typing(&self) -> Typing {
        self.editing.as_ref().map_or(Typing::No, |editing| editing.form().typing())
    }

    fn enter(&mut self, cx: &mut Context) {
        self.read(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Next => {
                let Some(editing) = &mut self.editing else { return };
                if editing.form_mut().key(Key::Enter) == Filled::Submit
                    && let Some(change) = editing.read()
                {
                    self.send(change, cx);
                }
            }
            Action::Change => self.editing = self.chosen().map(Editing::person),
            Action::Move(key) => drop(self.list.key(key, Self::list_place(frame::body(cx.size)).height)),
            Action::Add => self.editing = Some(Editing::somebody(PersonId(cx.op_id().0))),
            Action::Contact => self.editing = self.kept().map(Editing::contact),
            Action::Remove => {
                let Some(person) = self.chosen() else { return };
                cx.confirm(Confirm {
                    question: Question::RemovePerson,
                    title: "Remove this person?".to_owned(),
                    text: format!(
                        "{} is not offered any more when you book. Bookings stay as they are.",
                        text::ends(person.name.as_str(), 40)
                    ),
                    yes: "Remove",
                    no: "Keep them",
                });
            }
            Action::Password => cx.push(NewPassword::instead()),
            Action::Keys => cx.push(SshKeys::default()),
            Action::Again => self.read(cx),
            Action::Back if self.editing.is_some() => self.editing = None,
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        if let Some(editing) = &mut self.editing {
            editing.form_mut().key(key);
        }
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        if let Some(editing) = &mut self.editing {
            editing.form_mut().paste(text);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        match &mut self.editing {
            Some(editing) => drop(editing.form_mut().mouse(mouse, form_place(area))),
            None => {
                if let Touch::Acted(_) = self.list.mouse(mouse, Self::list_place(area)) {
                    self.act(Action::Change, cx);
                }
            }
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        if let (Answer::Yes(Question::RemovePerson), Some(person)) = (answer, self.chosen()) {
            let id = person.id;
            self.send(ProfileChange::Remove(id), cx);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let all = |reply: &Reply| match reply {
            Reply::Profile { email, profile } => Some((email.clone(), profile.clone())),
            _ => None,
        };
        let changed = |reply: &Reply| match reply {
            Reply::ProfileChanged(kept) => Some(kept.clone()),
            _ => None,
        };
        if self.account.settle(call, &answer, all) {
            self.list.resize(self.kept().map_or(0, |kept| kept.people.len()));
        } else if self.change.settle(call, &answer, changed) {
            match (std::mem::take(&mut self.change), &mut self.editing) {
                (Load::Ready(kept), _) => self.show(kept, cx),
                (Load::Failed(failure), Some(editing)) => {
                    editing.refuse(&failure);
                    // Under the form it is shown as it is now.
                    if failure == Failure::NotSaved(NotSaved::Stale) {
                        self.read(cx);
                    }
                }
                (Load::Failed(failure), None) => {
                    let in_doubt = matches!(failure, Failure::Unavailable { outcome: Outcome::Unknown, .. });
                    cx.toast(if in_doubt { Tone::Warning } else { Tone::Bad }, failure.to_string());
                }
                (Load::Idle | Load::Waiting(_), _) => {}
            }
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.account.give_up(call);
        self.change.give_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        if let Some(editing) = &self.editing {
            return editing.form().view(buf, form_place(area), world);
        }
        match &self.account {
            Load::Failed(failure) => state::failed(buf, area, failure, world),
            Load::Ready((email, kept)) => self.view_account(buf, area, (email, kept), world),
            Load::Idle | Load::Waiting(_) => {}
        }
    }
}

impl Profile {
    fn view_account(&self, buf: &mut Buffer, area: Rect, (email, kept): (&Email, &Kept), world: &World) {
        let theme = &world.theme;
        let main = panes(area).0;
        let row = |nth: u16| Rect { y: main.y + nth, height: u16::from(nth < main.height), ..main };
        if let Some(identity) = &world.identity {
            put(buf, row(0), 2, identity.username.as_str(), theme.accent);
            let after = 4 + text::width(identity.username.as_str());
            put(buf, row(0), after, identity.role.word(), theme.dim);
        }
        put_right(buf, row(0), &text::ends(email.as_str(), 36), theme.text);
        match &kept.name {
            Some(name) => put(buf, row(1), 2, name.as_str(), theme.strong),
            None => put(buf, row(1), 2, "no name yet: press n", theme.dim),
        }
        let phone = kept.phone.as_ref().map_or("no telephone number yet", Phone::as_str);
        put_right(buf, row(1), phone, if kept.phone.is_some() { theme.strong } else { theme.dim });
        let list = Self::list_place(area);
        put(buf, row(3), 2, "People for whom you book", theme.strong);
        if kept.people.is_empty() {
            let next = "Press a and save those for whom you book: then F3 fills them in instead of you typing them.";
            return state::empty(buf, list, "Nobody saved yet", next, world);
        }
        let heads = row(4);
        put(buf, heads, 2, "Name", theme.dim);
        put(buf, heads, 44, "Born", theme.dim);
        put(buf, heads, 56, "Age", theme.dim);
        put(buf, heads, 64, "Berth", theme.dim);
        self.list.position(buf, row(3), list, world);
        for (index, place) in self.list.visible(list) {
            let Some(person) = kept.people.get(index) else { break };
            put(buf, place, 2, &text::ends(person.name.as_str(), 40), theme.strong);
            put(buf, place, 44, &person.born.to_string(), theme.text);
            put(buf, place, 56, &format!("{:>3} {}", person.born.age_on(world.today()), person.gender), theme.text);
            put(buf, place, 64, person.preference.map_or("any", BerthType::words), theme.dim);
            self.list.mark(buf, index, place, world);
        }
    }
}
