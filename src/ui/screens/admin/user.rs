//! One account: its role, whether it is open, its last sign-ins and its keys, and a one-time code for whoever has no password.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::time::railway_time;
use crate::domain::user::{Role, SshKey};
use crate::service::request::{AccountChange, AccountFacts, Failure, OldKeys, OneTimeCode, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Focus};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::Scene;
use crate::ui::screens::admin::audit::Audit;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::ListState;
use crate::ui::widgets::sheet::{put, put_right, stack};

/// Rows of the sign-ins with their title.
const SIGN_INS: u16 = 6;

/// What is said before somebody who sold is made a traveller.
const FORMER_STAFF: &str = " What they sold for money is theirs no more, but slips that they made for customers stay in \
                            their list: it is better to close the account, and let them register another.";

/// One account.
#[derive(Clone, Debug)]
pub struct User {
    account: AccountFacts,
    role: Field,
    keys: ListState,
    reading: Load<()>,
    changing: Load<()>,
    /// A code that was just drawn: it is shown until the screen is left, and then nowhere.
    code: Option<OneTimeCode>,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move among the keys.
    Move(Key),
    /// Choose the role before or after.
    Role(Key),
    /// Give the account the role that is chosen.
    SetRole,
    /// Draw a one-time code.
    Code,
    /// Draw one, and remove all keys.
    CodeAndNoKeys,
    /// Close the account.
    Close,
    /// Open it.
    Open,
    /// Remove the key under the cursor.
    RemoveKey,
    /// Show what its holder did today.
    Events,
    /// Read it again.
    Again,
    /// Go back.
    Back,
}

impl User {
    /// An account as a list knows it.
    pub fn of(account: AccountFacts) -> Self {
        let mut user = Self {
            role: Field::choice("Role", Role::ALL.map(short)),
            keys: ListState::new(1),
            account,
            reading: Load::Idle,
            changing: Load::Idle,
            code: None,
        };
        user.settle_in();
        user
    }

    /// The same with a code that was just drawn for it.
    pub fn with_code(account: AccountFacts, code: OneTimeCode) -> Self {
        Self { code: Some(code), ..Self::of(account) }
    }

    fn settle_in(&mut self) {
        self.keys.resize(self.account.ssh_keys.len());
        self.role.choose(Role::ALL.iter().position(|role| *role == self.account.role).unwrap_or_default());
    }

    fn chosen_role(&self) -> Role {
        Role::ALL[self.role.chosen()]
    }

    fn chosen_key(&self) -> Option<&SshKey> {
        self.keys.chosen().and_then(|row| self.account.ssh_keys.get(row))
    }

    fn is_own(&self, world: &World) -> bool {
        world.identity.as_ref().is_some_and(|identity| identity.account == self.account.id)
    }

    fn is_barred(&self, world: &World) -> bool {
        self.account.closed || self.account.locked_until.is_some_and(|until| world.now < until)
    }

    fn read(&mut self, cx: &mut Context) {
        if !self.reading.is_waiting() {
            self.reading = Load::Waiting(cx.call(Request::Account { account: self.account.id }));
        }
    }

    fn change(&mut self, change: AccountChange, cx: &mut Context) {
        self.changing = Load::Waiting(cx.call(Request::ChangeAccount { account: self.account.id, change }));
    }

    fn issue_code(&mut self, keys: OldKeys, cx: &mut Context) {
        self.changing = Load::Waiting(cx.call(Request::IssueCode { account: self.account.id, keys }));
    }

    fn ask(&self, question: Question, cx: &mut Context) {
        let name = &self.account.username;
        let (title, text, yes, no) = match question {
            Question::ChangeRole => (
                format!("Make {name} {}?", self.chosen_role().with_article()),
                format!(
                    "Whoever is signed in with the account is signed out, and may do what the new role may from then \
                     on.{}",
                    if self.account.role.is_staff() && !self.chosen_role().is_staff() { FORMER_STAFF } else { "" }
                ),
                "Change the role",
                "Leave it",
            ),
            Question::IssueCode | Question::IssueCodeAndRemoveKeys => {
                let removes_keys = question == Question::IssueCodeAndRemoveKeys;
                let keys = match (self.account.ssh_keys.len(), removes_keys) {
                    (0, true) => " Any SSH keys are removed.".to_owned(),
                    (0, false) => String::new(),
                    (1, true) => " Its SSH key is removed.".to_owned(),
                    (n, true) => format!(" Its {n} SSH keys are removed."),
                    (1, false) => " Its SSH key stays good: k removes it too.".to_owned(),
                    (n, false) => format!(" Its {n} SSH keys stay good: k removes them too."),
                };
                (
                    format!("Draw a one-time code for {name}?"),
                    format!(
                        "The password of the account is no more from now on, and whoever is signed in with it is signed \
                         out.{keys} With the code, which is good for an hour, its holder signs in and chooses a new \
                         password. Make sure that it is they to whom you give it."
                    ),
                    if removes_keys { "Draw a code, remove keys" } else { "Draw a code" },
                    "Leave it",
                )
            }
            Question::RemoveKey => (
                "Remove this key?".to_owned(),
                format!("{name} comes in by {} no more. Whoever came in by it is signed out.", self.key_words()),
                "Remove",
                "Keep it",
            ),
            _ => (
                format!("Close the account {name}?"),
                "Nobody comes in with it any more, and whoever is signed in with it is signed out. It keeps everything \
                 else, and can be opened again."
                    .to_owned(),
                "Close it",
                "Leave it open",
            ),
        };
        cx.confirm(Confirm { question, title, text, yes, no });
    }

    fn key_words(&self) -> &str {
        self.chosen_key().map_or("it", named)
    }
}

impl Scene for User {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Left], "←→", "role", "Chooses another role; Enter gives it.", Action::Role(Key::Left)),
        bind(&[Key::Right], "", "", "", Action::Role(Key::Right)),
        bind(&[Key::Enter], "Enter", "give role", "Gives the account the role that is chosen.", Action::SetRole),
        bind(
            &[Key::Char('c')],
            "c",
            "one-time code",
            "Draws a code by which its holder chooses a new password.",
            Action::Code,
        ),
        bind(&[Key::Char('l')], "l", "close", "Closes the account: nobody comes in with it.", Action::Close),
        bind(&[Key::Char('u')], "u", "open", "Opens the account again.", Action::Open),
        bind(&[Key::Up], "↑↓", "key", "Moves to the SSH key above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::Char('x'), Key::Delete], "x", "remove key", "Removes the key under the cursor.", Action::RemoveKey),
        bind(
            &[Key::Char('k')],
            "k",
            "code, no keys",
            "Draws a code and removes all SSH keys: for an account that somebody else may use.",
            Action::CodeAndNoKeys,
        ),
        bind(&[Key::Char('a')], "a", "audit", "Shows what its holder did today.", Action::Events),
        bind(&[Key::Char('r')], "r", "read again", "Reads the account again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        format!("User {}", self.account.username)
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        let may = !self.is_own(world) && !self.changing.is_waiting();
        match action {
            Action::Role(_) => may,
            Action::SetRole => may && self.chosen_role() != self.account.role,
            // A key may have been added since the account was read.
            Action::Code | Action::CodeAndNoKeys => may && !self.account.closed,
            Action::Close => may && !self.account.closed,
            Action::Open => may && self.is_barred(world),
            Action::RemoveKey => may && self.chosen_key().is_some(),
            Action::Move(_) => self.account.ssh_keys.len() > 1,
            Action::Again => !self.reading.is_waiting(),
            Action::Events | Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        if self.code.is_none() {
            self.read(cx);
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => {
                self.keys.key(key, frame::body(cx.size).height);
            }
            Action::Role(key) => {
                self.role.key(key);
            }
            Action::SetRole => self.ask(Question::ChangeRole, cx),
            Action::Code => self.ask(Question::IssueCode, cx),
            Action::CodeAndNoKeys => self.ask(Question::IssueCodeAndRemoveKeys, cx),
            Action::Close => self.ask(Question::CloseAccount, cx),
            Action::Open => self.change(AccountChange::Open, cx),
            Action::RemoveKey => self.ask(Question::RemoveKey, cx),
            Action::Events => cx.push(Audit::of(self.account.username.as_str(), cx)),
            Action::Again => self.read(cx),
            Action::Back => cx.pop(),
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        match answer {
            Answer::Yes(Question::ChangeRole) => self.change(AccountChange::Role(self.chosen_role()), cx),
            Answer::Yes(Question::CloseAccount) => self.change(AccountChange::Close, cx),
            Answer::Yes(Question::IssueCode) => self.issue_code(OldKeys::Stay, cx),
            Answer::Yes(Question::IssueCodeAndRemoveKeys) => self.issue_code(OldKeys::Go, cx),
            Answer::Yes(Question::RemoveKey) => {
                if let Some(fingerprint) = self.chosen_key().map(|key| key.fingerprint.clone()) {
                    self.change(AccountChange::RemoveKey { fingerprint }, cx);
                }
            }
            _ => {}
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let [_, role, _, keys] = parts(area);
        if mouse.kind == MouseKind::Press && role.contains(mouse.at) && self.offers(Action::Role(Key::Left), cx) {
            self.role.touch(mouse.at, role);
        } else if keys.contains(mouse.at) {
            self.keys.mouse(mouse, below_title(keys));
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let (mut account, mut code) = (None, None);
        let mut read = |reply: &Reply| match reply {
            Reply::Account(now) => {
                account = Some((**now).clone());
                Some(())
            }
            Reply::Code(now, drawn) => {
                (account, code) = (Some((**now).clone()), Some(drawn.clone()));
                Some(())
            }
            _ => None,
        };
        let (is_read, is_changed) =
            (self.reading.settle(call, &answer, &mut read), self.changing.settle(call, &answer, &mut read));
        if !is_read && !is_changed {
            return;
        }
        match (account, answer) {
            (Some(account), _) => {
                self.account = account;
                self.settle_in();
                if code.is_some() {
                    self.code = code;
                } else if is_changed {
                    cx.toast(Tone::Good, "The account is changed.");
                }
            }
            (None, Err(failure)) => cx.toast(Tone::Bad, failure.to_string()),
            (None, Ok(_)) => {}
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.reading.give_up(call);
        self.changing.give_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let [head, role, middle, keys] = parts(area);
        self.view_head(buf, head, world);
        if self.is_own(world) {
            put(buf, role, 2, "This is your own account: another administrator can change it.", theme.dim);
        } else {
            let focus = if self.chosen_role() == self.account.role { Focus::Elsewhere } else { Focus::Here };
            self.role.view(buf, role, focus, world);
        }
        match &self.code {
            Some(code) => self.view_code(buf, middle, code, world),
            None => self.view_sign_ins(buf, middle, world),
        }
        put(buf, keys, 2, "SSH keys", theme.strong);
        if self.account.ssh_keys.is_empty() {
            put(buf, below_title(keys), 2, "none", theme.dim);
        }
        for (row, place) in self.keys.visible(below_title(keys)) {
            let Some(key) = self.account.ssh_keys.get(row) else { break };
            put(buf, place, 2, &text::fit(named(key), 24), theme.text);
            put(buf, place, 28, &key.fingerprint, theme.dim);
            self.keys.mark(buf, row, place, world);
        }
    }
}

impl User {
    fn view_head(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let mut rows = area.rows();
        let (Some(top), Some(below)) = (rows.next(), rows.next()) else { return };
        put(buf, top, 2, self.account.username.as_str(), theme.accent);
        let (state, tone) = state_of(&self.account, world);
        let state = if state.is_empty() { "open".to_owned() } else { state };
        put_right(buf, top, &state, theme.tone(tone));
        let made = railway_time(self.account.created_at).format("made %-d %b %Y");
        let wrong = match self.account.failures {
            0 => String::new(),
            1 => " · 1 wrong password since".to_owned(),
            n => format!(" · {n} wrong passwords since"),
        };
        let right = format!("{made}{wrong}");
        let room = below.width.saturating_sub(2 + text::width(&right) + 4);
        put(buf, below, 2, &text::fit(self.account.email.as_str(), room), theme.text);
        put_right(buf, below, &right, theme.dim);
    }

    fn view_sign_ins(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        put(buf, area, 2, "Last sign-ins", theme.strong);
        if self.account.sign_ins.is_empty() {
            put(buf, below_title(area), 2, "none", theme.dim);
        }
        for (row, sign_in) in below_title(area).rows().zip(&self.account.sign_ins) {
            put(buf, row, 2, &railway_time(sign_in.at).format("%a %-d %b %Y %H:%M").to_string(), theme.text);
            put(buf, row, 28, &text::fit(&sign_in.terminal, 20), theme.text);
            put(buf, row, 50, sign_in.by.words(), theme.dim);
        }
    }

    fn view_code(&self, buf: &mut Buffer, area: Rect, code: &OneTimeCode, world: &World) {
        let theme = &world.theme;
        let name = &self.account.username;
        let until = railway_time(code.until).format("%H:%M");
        let lines = [
            ("One-time code".to_owned(), theme.strong),
            (format!("    {}", code.code), theme.accent),
            (format!("Good once, until {until}, and not shown again."), theme.text),
            (format!("Give it to {name} alone, who signs in with it"), theme.text),
            ("in the place of the password, and chooses one.".to_owned(), theme.text),
        ];
        for (row, (words, style)) in area.rows().zip(lines) {
            put(buf, row, 2, &words, style);
        }
    }
}

/// What keeps people out of an account, in a word or two; empty where nothing does.
pub(super) fn state_of(account: &AccountFacts, world: &World) -> (String, Tone) {
    let clock = |at| railway_time(at).format("%H:%M").to_string();
    match (account.closed, account.locked_until, account.code_until) {
        (true, ..) => ("closed".to_owned(), Tone::Bad),
        (_, Some(until), _) if world.now < until => (format!("locked until {}", clock(until)), Tone::Warning),
        (_, _, Some(until)) if world.now < until => (format!("code until {}", clock(until)), Tone::Warning),
        (_, _, Some(_)) => ("code is over".to_owned(), Tone::Bad),
        _ => (String::new(), Tone::Plain),
    }
}

/// A role in a word that leaves room for the others beside it.
pub(super) const fn short(role: Role) -> &'static str {
    match role {
        Role::Administrator => "admin",
        role => role.word(),
    }
}

/// What its holder calls a key, or what it is.
fn named(key: &SshKey) -> &str {
    if key.comment.is_empty() { key.key.split(' ').next().unwrap_or_default() } else { &key.comment }
}

fn parts(area: Rect) -> [Rect; 4] {
    let keys = area.height.saturating_sub(2 + 1 + SIGN_INS + 3);
    stack(area, [2, 1, SIGN_INS, keys])
}

fn below_title(area: Rect) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}
