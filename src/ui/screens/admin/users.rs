//! Accounts: found by how their names begin, or their addresses, and opened; or made.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::time::railway_time;
use crate::service::request::{AccountFacts, Cursor, Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::Field;
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::CallId;
use crate::ui::screen::Scene;
use crate::ui::screens::admin::new_user::NewUser;
use crate::ui::screens::admin::user::{User, state_of};
use crate::ui::text;
use crate::ui::widgets::list::Touch;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::query::Query;
use crate::ui::widgets::sheet::{put, put_right};

/// Accounts.
#[derive(Clone, Debug)]
pub struct Users {
    query: Query,
    /// What the list was asked by.
    beginning: String,
    list: Paged<AccountFacts>,
}

impl Default for Users {
    fn default() -> Self {
        let field =
            Field::text("Begins", 254).note("The beginning of a name; if no name begins so, of an e-mail address.");
        Self { query: Query::new(vec![field], 0), beginning: String::new(), list: Paged::new(1) }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Look for what is typed.
    Search,
    /// Open the account under the cursor.
    Open,
    /// Move the cursor, or the page.
    Move(Key),
    /// Go from the field to the list and back.
    Other,
    /// Make an account.
    New,
    /// Read the list again.
    Again,
    /// Go back.
    Back,
}

impl Users {
    fn ask(&self) -> impl FnOnce(Option<Cursor>) -> Request + use<> {
        let beginning = self.beginning.clone();
        move |after| Request::Accounts { beginning, after }
    }
}

impl Scene for Users {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "search", "Looks for the accounts that begin so.", Action::Search),
        bind(&[Key::Enter], "Enter", "open", "Opens the account under the cursor.", Action::Open),
        bind(&[Key::Up], "↑↓", "account", "Moves to the account above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(
            &[Key::Tab, Key::Char('/')],
            "Tab",
            "field, list",
            "Goes from the field to the list and back.",
            Action::Other,
        ),
        bind(&[Key::F(2), Key::Char('n')], "F2", "new", "Makes an account, with a one-time code.", Action::New),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Users".to_owned()
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        match action {
            Action::Search => !self.query.is_in_list(),
            Action::Open => self.query.is_in_list() && !self.list.is_empty(),
            Action::Move(_) => !self.list.is_empty(),
            Action::Again => self.query.is_in_list() && !self.list.is_waiting(),
            Action::Other | Action::New | Action::Back => true,
        }
    }

    fn typing(&self) -> Typing {
        self.query.typing()
    }

    fn enter(&mut self, cx: &mut Context) {
        let ask = self.ask();
        self.list.begin(cx, ask);
    }

    /// What was changed above is read anew; the cursor stays where it is.
    fn resume(&mut self, cx: &mut Context) {
        self.enter(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Search => {
                self.beginning = self.query.text(0).to_owned();
                let ask = self.ask();
                self.list.begin_another(cx, ask);
                self.query.to_list();
            }
            Action::Open => {
                if let Some(account) = self.list.chosen() {
                    cx.push(User::of(account.clone()));
                }
            }
            Action::Move(key) => {
                self.query.to_list();
                let ask = self.ask();
                self.list.key(key, list_place(frame::body(cx.size)), cx, ask);
            }
            Action::Other => self.query.next(),
            Action::New => cx.push(NewUser::default()),
            Action::Again => self.enter(cx),
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        self.query.key(key);
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        self.query.paste(text, 0);
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let list = list_place(area);
        if !self.query.mouse(mouse, area) && list.contains(mouse.at) {
            self.query.to_list();
            let ask = self.ask();
            if let Touch::Acted(_) = self.list.mouse(mouse, list, cx, ask) {
                self.act(Action::Open, cx);
            }
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, _cx: &mut Context) {
        self.list.reply(call, &answer, |reply| match reply {
            Reply::Accounts { page, next } => Some((page.clone(), next.clone())),
            _ => None,
        });
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        self.query.view(buf, area, world);
        let none = ("Nobody", "No name and no address begins so. Type less of it, or press F2 to make an account.");
        let focus = (self.query.list_focus(), world);
        self.list.view(buf, list_place(area), focus, none, |buf, row, one| view_row(buf, row, one, world));
    }
}

fn view_row(buf: &mut Buffer, row: Rect, one: &AccountFacts, world: &World) {
    let theme = &world.theme;
    let style = if one.closed { theme.dim } else { theme.strong };
    put(buf, row, 2, &text::fit(one.username.as_str(), 20), style);
    put(buf, row, 24, one.role.word(), theme.text);
    let seen = one
        .sign_ins
        .first()
        .map_or_else(|| "never in".to_owned(), |last| railway_time(last.at).format("in %-d %b %H:%M").to_string());
    let (state, tone) = state_of(one, world);
    let right = if state.is_empty() { seen } else { state };
    let room = row.width.saturating_sub(39 + 2 + text::width(&right) + 2);
    put(buf, row, 39, &text::fit(one.email.as_str(), room), theme.dim);
    put_right(buf, row, &right, theme.tone(tone));
}

fn list_place(area: Rect) -> Rect {
    Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area }
}
