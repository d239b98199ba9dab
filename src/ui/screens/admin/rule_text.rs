//! The text of rules, and taking them back before their day.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::time::railway_time;
use crate::service::request::{Document, Failure, Reply, Request, RuleRecord, RuleRow};
use crate::ui::context::{Context, World};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, bind};
use crate::ui::msg::{CallId, How, Load};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::admin::rules::{origin, tone};
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::ListState;
use crate::ui::widgets::sheet::put;
use crate::ui::widgets::state;

/// Rows above the text.
const HEAD: u16 = 4;
/// Columns of a line's number.
const NUMBER: u16 = 7;

/// Rules with their text.
#[derive(Clone, Debug)]
pub struct RuleText {
    row: RuleRow,
    record: Load<RuleRecord>,
    /// The lines, of which the chosen one is the first that is shown.
    lines: Lines,
    change: Load<RuleRecord>,
}

/// A text that is scrolled row by row; a line that is longer than a row goes on in the next.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    lines: Vec<String>,
    top: usize,
}

impl Lines {
    pub fn of(text: &str) -> Self {
        Self { lines: text.lines().map(str::to_owned).collect(), top: 0 }
    }

    pub fn count(&self) -> usize {
        self.lines.len()
    }

    pub fn line(&self, number: u32) -> Option<&str> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.lines.get(index).map(String::as_str)
    }

    /// What is shown, in rows of so many columns: each line with its number, and what does not fit below it.
    fn rows(&self, width: u16) -> impl Iterator<Item = (Option<usize>, String)> {
        let room = usize::from(width.saturating_sub(NUMBER + 2)).max(1);
        (1..).zip(&self.lines).flat_map(move |(number, line)| {
            let signs: Vec<char> = line.chars().collect();
            let rest =
                signs.chunks(room).skip(1).map(|part| (None, part.iter().collect::<String>())).collect::<Vec<_>>();
            let first: String = signs.iter().take(room).collect();
            std::iter::once((Some(number), first)).chain(rest)
        })
    }

    /// Scrolls by a key in a place.
    pub fn key(&mut self, key: Key, place: Rect) {
        let rows = self.rows(place.width).count();
        let mut list = ListState::new(1);
        list.resize((rows + 1).saturating_sub(usize::from(place.height)).max(1));
        list.choose(self.top);
        list.key(key, place.height);
        self.top = list.chosen().unwrap_or_default();
    }

    pub fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        for (row, (number, words)) in area.rows().zip(self.rows(area.width).skip(self.top)) {
            if let Some(number) = number {
                put(buf, row, 2, &text::right(&number.to_string(), NUMBER - 3), world.theme.dim);
            }
            let style = if words.trim_start().starts_with('#') { world.theme.dim } else { world.theme.text };
            put(buf, row, NUMBER + 1, &words, style);
        }
    }
}

impl RuleText {
    /// Those of a row of the list.
    pub fn of(row: &RuleRow) -> Self {
        Self { row: row.clone(), record: Load::Idle, lines: Lines::of(""), change: Load::Idle }
    }

    fn scroll(&mut self, key: Key, cx: &Context) {
        self.lines.key(key, place(frame::body(cx.size)));
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Scroll.
    Move(Key),
    /// Take them back.
    Withdraw,
    /// Save the text as a file.
    Save,
    /// Read them again.
    Again,
    /// Go back.
    Back,
}

impl Scene for RuleText {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Up], "↑↓", "scroll", "Shows the lines above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Home], "", "", "", Action::Move(Key::Home)),
        bind(&[Key::End], "", "", "", Action::Move(Key::End)),
        bind(
            &[Key::Char('x'), Key::Delete],
            "x",
            "withdraw",
            "Takes the rules back, as long as their day has not come.",
            Action::Withdraw,
        ),
        bind(
            &[Key::Char('s')],
            "s",
            "save",
            "Saves the text as a file, to be changed and published as other rules.",
            Action::Save,
        ),
        bind(&[Key::Char('r')], "r", "read again", "Reads them again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Rules".to_owned()
    }

    fn fact(&self, _world: &World) -> Option<String> {
        Some(self.row.id.clone())
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Move(_) => self.lines.count() > 0,
            Action::Withdraw => self.row.may_go && !self.change.is_waiting(),
            Action::Save => self.record.ready().is_some() && world.documents.contains(&How::Save),
            Action::Again => !self.record.is_waiting(),
            Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.record = Load::Waiting(cx.call(Request::RuleEdition { id: self.row.id.clone() }));
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => self.scroll(key, cx),
            Action::Withdraw => cx.confirm(Confirm {
                question: Question::WithdrawRules,
                title: format!("Withdraw {}?", self.row.id),
                text: format!(
                    "They will not hold from {} on. They stay in the list as withdrawn; others can be published from that \
                     day.",
                    long_date(self.row.from)
                ),
                yes: "Withdraw them",
                no: "Keep them",
            }),
            Action::Save => {
                if let Some(record) = self.record.ready() {
                    let document = Document {
                        name: format!("{}.toml", record.row.id),
                        bytes: record.text.as_bytes().into(),
                    };
                    cx.open(document, How::Save);
                }
            }
            Action::Again => self.enter(cx),
            Action::Back => cx.pop(),
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        if let (Answer::Yes(Question::WithdrawRules), Some(number)) = (answer, self.row.number) {
            let op = cx.op_id();
            self.change = Load::Waiting(cx.call(Request::WithdrawRules { op, number }));
        }
    }

    fn mouse(&mut self, mouse: Mouse, _area: Rect, cx: &mut Context) {
        match mouse.kind {
            MouseKind::ScrollUp => self.scroll(Key::Up, cx),
            MouseKind::ScrollDown => self.scroll(Key::Down, cx),
            MouseKind::Press => {}
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let record =
            |reply: &Reply| if let Reply::RuleEdition(record) = reply { Some((**record).clone()) } else { None };
        if self.record.settle(call, &answer, record)
            && let Load::Ready(record) = &self.record
        {
            self.row = record.row.clone();
            self.lines = Lines::of(&record.text);
        }
        if self.change.settle(call, &answer, record) {
            match std::mem::take(&mut self.change) {
                Load::Ready(record) => {
                    self.row = record.row;
                    cx.toast(Tone::Good, format!("{} are withdrawn.", self.row.id));
                }
                Load::Failed(failure) => cx.toast(Tone::Bad, failure.to_string()),
                Load::Idle | Load::Waiting(_) => {}
            }
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.record.give_up(call);
        self.change.give_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let mut rows = area.rows().skip(1);
        let (Some(top), Some(bottom)) = (rows.next(), rows.next()) else { return };
        let row = &self.row;
        put(buf, top, 2, row.standing.words(), theme.tone(tone(row.standing)));
        let until = row.until.map_or_else(String::new, |until| format!(", until those of {}", long_date(until)));
        put(buf, top, 14, &format!("from {}{until}; {}", long_date(row.from), row.kind.counts_by()), theme.text);
        let at = |at| railway_time(at).format("%-d %b %Y %H:%M");
        let when = row.withdrawn.as_ref().or(row.published.as_ref()).map(|(_, when)| format!(" on {}", at(*when)));
        put(buf, bottom, 14, &format!("{}{}", origin(row), when.unwrap_or_default()), theme.dim);
        match &self.record {
            Load::Failed(failure) => state::failed(buf, place(area), failure, world),
            _ => self.lines.view(buf, place(area), world),
        }
    }
}

fn place(area: Rect) -> Rect {
    Rect { y: area.y + HEAD, height: area.height.saturating_sub(HEAD), ..area }
}
