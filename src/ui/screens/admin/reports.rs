//! Reports: the sales or the refunds of some days, by something, as bars and figures, and as a document.

mod figures;

use chrono::{Days, NaiveDate};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::report::MOST_DAYS;
use crate::service::request::{Failure, Reply};
use crate::ui::context::{Context, World};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, bind};
use crate::ui::msg::{CallId, How, Load};
use crate::ui::overlay::{Answer, DatePicker};
use crate::ui::screen::Scene;
use crate::ui::screens::admin::reports::figures::{Book, Figures};
use crate::ui::widgets::bring::{Ask, Bring};
use crate::ui::widgets::list::ListState;
use crate::ui::widgets::sheet::put;
use crate::ui::widgets::state;

/// How long a report is at first: today and the six days before.
const WEEK: Days = Days::new(6);
/// How far back a report begins at most.
const OLDEST: Days = Days::new(3 * 366);
/// Rows under the table: a space and three lines of sums.
const FOOT: u16 = 4;

/// Which end of the days is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// The money of some days.
#[derive(Clone, Debug)]
pub struct Reports {
    book: Book,
    from: NaiveDate,
    to: NaiveDate,
    /// The place of the table that is shown among those of its book.
    tab: usize,
    report: Load<Figures>,
    list: ListState,
    chooses: End,
    bring: Bring,
}

impl Reports {
    /// The sales of the last seven days.
    pub fn sales(world: &World) -> Self {
        Self::of(Book::Sales, world)
    }

    /// The refunds of the last seven days.
    pub fn refunds(world: &World) -> Self {
        Self::of(Book::Refunds, world)
    }

    fn of(book: Book, world: &World) -> Self {
        let to = world.today();
        Self {
            book,
            from: to - WEEK,
            to,
            tab: 0,
            report: Load::Idle,
            list: ListState::new(1),
            chooses: End::First,
            bring: Bring::default(),
        }
    }

    fn read(&mut self, cx: &mut Context) {
        if let Load::Waiting(call) = self.report {
            cx.forget(call);
        }
        self.report = Load::Waiting(cx.call(self.book.request(self.from, self.to)));
    }

    fn rows(&self) -> usize {
        self.report.ready().map_or(0, |figures| figures.rows(self.tab))
    }

    fn show(&mut self, tab: usize) {
        self.tab = tab;
        self.list = ListState::new(1);
        self.list.resize(self.rows());
    }

    /// The table that stands so far to the right of this one.
    fn beside(&self, steps: usize) -> usize {
        (self.tab + steps) % self.book.tabs().len()
    }

    /// Moves the days by their number, so that a week follows on a week; never past today.
    fn turn(&mut self, action: Action, cx: &mut Context) {
        let length = u64::try_from((self.to - self.from).num_days() + 1).unwrap_or(1);
        let to = if action == Action::Earlier { self.to - Days::new(length) } else { self.to + Days::new(length) };
        self.to = to.min(cx.today());
        self.from = self.to - Days::new(length - 1);
        self.read(cx);
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show the table to the right.
    Next,
    /// Show the table to the left.
    Before,
    /// Move the cursor, or the page.
    Move(Key),
    /// Choose the first day.
    First,
    /// Choose the last day.
    Last,
    /// Show as many days before these.
    Earlier,
    /// Show as many days after these.
    Later,
    /// Bring the table as a document.
    Report(Ask),
    /// Add it up again.
    Again,
    /// Go back.
    Back,
}

impl Scene for Reports {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Right, Key::Tab], "←→", "by what", "Shows the money by something else.", Action::Next),
        bind(&[Key::Left, Key::BackTab], "", "", "", Action::Before),
        bind(&[Key::Char('[')], "[ ]", "earlier, later", "Shows as many days before or after these.", Action::Earlier),
        bind(&[Key::Char(']')], "", "", "", Action::Later),
        bind(&[Key::Char('f')], "f", "first day", "Chooses the first day.", Action::First),
        bind(&[Key::Char('l')], "l", "last day", "Chooses the last day.", Action::Last),
        Ask::Paper(How::Print).bind(Action::Report(Ask::Paper(How::Print))),
        Ask::Paper(How::Open).bind(Action::Report(Ask::Paper(How::Open))),
        Ask::Paper(How::Save).bind(Action::Report(Ask::Paper(How::Save))),
        Ask::Spreadsheet.bind(Action::Report(Ask::Spreadsheet)),
        bind(&[Key::Up], "↑↓", "line", "Moves to the line above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Char('r')], "r", "again", "Adds it up again, as it is now.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        format!("{} by {}", self.book.title(), self.book.tabs()[self.tab])
    }

    fn fact(&self, _world: &World) -> Option<String> {
        let day = |day: NaiveDate| day.format("%-d %b %Y").to_string();
        Some(if self.from == self.to {
            day(self.from)
        } else {
            format!("{} – {}", self.from.format("%-d %b"), day(self.to))
        })
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Move(_) => self.rows() > 0,
            Action::Later => self.to < world.today(),
            Action::Report(ask) => self.report.ready().is_some() && self.bring.offers(ask, world),
            Action::Again => !self.report.is_waiting(),
            Action::Next | Action::Before | Action::First | Action::Last | Action::Earlier | Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.read(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Next => self.show(self.beside(1)),
            Action::Before => self.show(self.beside(self.book.tabs().len() - 1)),
            Action::Move(key) => {
                self.list.key(key, places(frame::body(cx.size)).table.height);
            }
            Action::First | Action::Last => {
                let (end, chosen) =
                    if action == Action::First { (End::First, self.from) } else { (End::Last, self.to) };
                self.chooses = end;
                cx.pick_date(DatePicker::new(cx.today() - OLDEST, cx.today(), chosen));
            }
            Action::Earlier | Action::Later => self.turn(action, cx),
            Action::Report(ask) => {
                let request = self.book.file((self.from, self.to), self.tab, ask.form());
                self.bring.ask(ask, request, cx);
            }
            Action::Again => self.read(cx),
            Action::Back => cx.pop(),
        }
    }

    /// The other end gives way where the days would end before they begin, or be too many.
    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        let Answer::Date(day) = answer else { return };
        let most = Days::new(u64::from(MOST_DAYS) - 1);
        match self.chooses {
            End::First => (self.from, self.to) = (day, self.to.clamp(day, day + most)),
            End::Last => (self.from, self.to) = (self.from.clamp(day - most, day), day),
        }
        self.read(cx);
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, _cx: &mut Context) {
        let places = places(area);
        if mouse.kind == MouseKind::Press && places.tabs.contains(mouse.at) {
            let touched = tabs(self.book, places.tabs).position(|(_, place)| place.contains(mouse.at));
            if let Some(tab) = touched {
                self.show(tab);
            }
        } else if places.table.contains(mouse.at) {
            self.list.mouse(mouse, places.table);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        if self.report.settle(call, &answer, Figures::of) {
            self.list.resize(self.rows());
        } else {
            self.bring.reply(call, &answer, cx);
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.report.give_up(call);
        self.bring.gave_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let places = places(area);
        for (nth, (word, place)) in tabs(self.book, places.tabs).enumerate() {
            let (word, style) = if nth == self.tab {
                (word.to_uppercase(), world.theme.accent)
            } else {
                (word.to_owned(), world.theme.dim)
            };
            put(buf, place, 0, &word, style);
        }
        match &self.report {
            Load::Failed(failure) => state::failed(buf, places.table, failure, world),
            Load::Ready(figures) => {
                if figures.rows(self.tab) == 0 {
                    let none = "No money moved on these days";
                    state::empty(buf, places.table, none, "Press [ for the days before.", world);
                } else {
                    let above = Rect { y: places.table.y.saturating_sub(1), height: 1, ..places.table };
                    self.list.position(buf, places.tabs, places.table, world);
                    figures.view_head(buf, above, world);
                    for (nth, place) in self.list.visible(places.table) {
                        figures.view_row(buf, place, (self.tab, nth), world);
                        self.list.mark(buf, nth, place, world);
                    }
                }
                figures.view_sums(buf, places.foot, world);
            }
            Load::Idle => put(buf, places.table, 2, "Press r to add it up.", world.theme.dim),
            Load::Waiting(_) => put(buf, places.table, 2, self.book.waiting(), world.theme.dim),
        }
    }
}

/// Where the parts of the screen are.
struct Places {
    tabs: Rect,
    table: Rect,
    foot: Rect,
}

fn places(area: Rect) -> Places {
    let tabs = Rect { height: area.height.min(1), ..area };
    let foot = Rect { y: area.bottom().saturating_sub(FOOT).max(area.y), height: FOOT.min(area.height), ..area };
    let table = Rect { y: area.y + 2, height: area.height.saturating_sub(2 + FOOT), ..area };
    Places { tabs, table, foot }
}

/// Each table's name with where it stands.
fn tabs(book: Book, row: Rect) -> impl Iterator<Item = (&'static str, Rect)> {
    let places = (0_u16..).map(move |nth| Rect { x: row.x + 2 + nth * 9, width: 8, ..row });
    book.tabs().into_iter().zip(places)
}
