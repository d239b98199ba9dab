//! The railway's rules: which hold, which are to come and which did, each opened to be read, and others published.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::rules::book::Standing;
use crate::service::request::{Cursor, Failure, Reply, Request, RuleRow};
use crate::ui::context::{Context, World};
use crate::ui::form::Focus;
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::CallId;
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::admin::new_rules::NewRules;
use crate::ui::screens::admin::rule_text::RuleText;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::Touch;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::sheet::{put, put_right};

/// Columns of a row.
const STANDING: u16 = 30;
const FROM: u16 = 41;
const UNTIL: u16 = 64;
/// A terminal with so many columns shows who published them.
const WIDE: u16 = 110;

/// All rules.
#[derive(Clone, Debug)]
pub struct Rules {
    list: Paged<RuleRow>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { list: Paged::new(1) }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor, or the page.
    Move(Key),
    /// Show the text of those under it.
    Open,
    /// Publish others.
    New,
    /// Read the list again.
    Again,
    /// Go back.
    Back,
}

impl Rules {
    fn ask(after: Option<Cursor>) -> Request {
        Request::RuleEditions { after }
    }
}

impl Scene for Rules {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Up], "↑↓", "rules", "Moves to the rules above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Home], "", "", "", Action::Move(Key::Home)),
        bind(&[Key::End], "", "", "", Action::Move(Key::End)),
        bind(
            &[Key::Enter],
            "Enter",
            "open",
            "Shows the text of the rules under the cursor; from there they are withdrawn.",
            Action::Open,
        ),
        bind(&[Key::Char('n')], "n", "new", "Tries a text as rules, and publishes it from a day on.", Action::New),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Rules".to_owned()
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        match action {
            Action::Move(_) | Action::Open => !self.list.is_empty(),
            Action::Again => !self.list.is_waiting(),
            Action::New | Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.list.begin(cx, Self::ask);
    }

    /// What was published or withdrawn on the screen above is in the list.
    fn resume(&mut self, cx: &mut Context) {
        self.list.begin(cx, Self::ask);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => self.list.key(key, place(frame::body(cx.size)), cx, Self::ask),
            Action::Open => {
                if let Some(row) = self.list.chosen() {
                    cx.push(RuleText::of(row));
                }
            }
            Action::New => {
                let new = NewRules::new(cx);
                cx.push(new);
            }
            Action::Again => self.list.begin(cx, Self::ask),
            Action::Back => cx.pop(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let list = place(area);
        if list.contains(mouse.at)
            && let Touch::Acted(_) = self.list.mouse(mouse, list, cx, Self::ask)
        {
            self.act(Action::Open, cx);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, _cx: &mut Context) {
        self.list.reply(call, &answer, |reply| match reply {
            Reply::RuleEditions { page, next } => Some((page.clone(), next.clone())),
            _ => None,
        });
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let none = ("No rules", "That cannot be: the program has rules of its own. Press r to read the list again.");
        self.list
            .view(buf, place(area), (Focus::Here, world), none, |buf, place, row| view_row(buf, place, row, world));
    }
}

fn view_row(buf: &mut Buffer, place: Rect, row: &RuleRow, world: &World) {
    let theme = &world.theme;
    let holds = row.standing == Standing::InForce;
    put(
        buf,
        Rect { width: STANDING.min(place.width), ..place },
        2,
        &row.id,
        if holds { theme.strong } else { theme.text },
    );
    put(buf, place, STANDING, row.standing.words(), theme.tone(tone(row.standing)));
    put(buf, place, FROM, &format!("from {}", long_date(row.from)), theme.text);
    if let Some(until) = row.until {
        put(buf, place, UNTIL, &format!("to {}", until.pred_opt().unwrap_or(until).format("%-d %b %Y")), theme.dim);
    }
    if place.width >= WIDE {
        put_right(buf, place, &origin(row), theme.dim);
    }
}

/// Where rules come from, in a few words.
pub(super) fn origin(row: &RuleRow) -> String {
    match (&row.withdrawn, &row.published) {
        (Some((by, _)), _) => format!("withdrawn by {by}"),
        (None, Some((by, _))) => format!("published by {by}"),
        (None, None) => "came with Kiosk".to_owned(),
    }
}

/// How a standing is shown.
pub(super) const fn tone(standing: Standing) -> Tone {
    match standing {
        Standing::InForce => Tone::Good,
        Standing::ToCome => Tone::Warning,
        Standing::Past | Standing::Withdrawn => Tone::Plain,
    }
}

fn place(area: Rect) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}
