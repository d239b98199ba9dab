//! Reports: the money of some days by day, train, class, agent or means, as bars and figures, and as a document.

use chrono::{Days, NaiveDate};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::money::Paise;
use crate::domain::report::{By, MOST_DAYS, Report, Row, Sums};
use crate::service::request::{Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, bind};
use crate::ui::msg::{CallId, How, Load};
use crate::ui::overlay::{Answer, DatePicker};
use crate::ui::screen::Scene;
use crate::ui::text;
use crate::ui::widgets::bring::{Ask, Bring};
use crate::ui::widgets::list::ListState;
use crate::ui::widgets::sheet::{put, put_right};
use crate::ui::widgets::state;

/// How long a report is at first: today and the six days before.
const WEEK: Days = Days::new(6);
/// How far back a report begins at most.
const OLDEST: Days = Days::new(3 * 366);
/// Rows under the table: a space and three lines of sums.
const FOOT: u16 = 4;
/// The columns of a line: what it is, its bar, how often, and how much.
const BAR: u16 = 30;
const COUNT: u16 = 54;

/// Which end of the days is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// The money of some days.
#[derive(Clone, Debug)]
pub struct Reports {
    from: NaiveDate,
    to: NaiveDate,
    by: By,
    report: Load<Box<Report>>,
    list: ListState,
    chooses: End,
    bring: Bring,
}

impl Reports {
    /// The last seven days.
    pub fn new(world: &World) -> Self {
        let to = world.today();
        Self {
            from: to - WEEK,
            to,
            by: By::Day,
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
        self.report = Load::Waiting(cx.call(Request::Report { from: self.from, to: self.to }));
    }

    fn rows(&self) -> &[Row] {
        self.report.ready().map_or(&[], |report| report.rows(self.by))
    }

    fn show(&mut self, by: By) {
        self.by = by;
        self.list = ListState::new(1);
        self.list.resize(self.rows().len());
    }

    /// The table that stands so far to the right of this one.
    fn beside(&self, steps: usize) -> By {
        let place = By::ALL.iter().position(|by| *by == self.by).unwrap_or_default();
        By::ALL[(place + steps) % By::ALL.len()]
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
        format!("Sales by {}", self.by.word())
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
            Action::Move(_) => !self.rows().is_empty(),
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
            Action::Before => self.show(self.beside(By::ALL.len() - 1)),
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
                let request = Request::ReportFile { days: (self.from, self.to), by: self.by, form: ask.form() };
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
            let touched = tabs(places.tabs).find(|(_, place)| place.contains(mouse.at));
            if let Some((by, _)) = touched {
                self.show(by);
            }
        } else if places.table.contains(mouse.at) {
            self.list.mouse(mouse, places.table);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let report = |reply: &Reply| if let Reply::Report(report) = reply { Some(report.clone()) } else { None };
        if self.report.settle(call, &answer, report) {
            self.list.resize(self.rows().len());
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
        for (by, place) in tabs(places.tabs) {
            let (word, style) = if by == self.by {
                (by.word().to_uppercase(), world.theme.accent)
            } else {
                (by.word().to_owned(), world.theme.dim)
            };
            put(buf, place, 0, &word, style);
        }
        match &self.report {
            Load::Failed(failure) => state::failed(buf, places.table, failure, world),
            Load::Ready(report) if self.rows().is_empty() => {
                state::empty(buf, places.table, "No money moved on these days", "Press [ for the days before.", world);
                view_sums(buf, places.foot, report, world);
            }
            Load::Ready(report) => {
                self.view_table(buf, places.table, world);
                view_sums(buf, places.foot, report, world);
            }
            Load::Idle => put(buf, places.table, 2, "Press r to add the sales up.", world.theme.dim),
            Load::Waiting(_) => put(buf, places.table, 2, "The sales are being added up …", world.theme.dim),
        }
    }
}

impl Reports {
    fn view_table(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let rows = self.rows();
        let most = rows.iter().map(|row| row.sums.net()).max().unwrap_or_default();
        let above = Rect { y: area.y.saturating_sub(1), height: 1, ..area };
        self.list.position(buf, above, area, world);
        let room = area.width.saturating_sub(COUNT + 26).min(40);
        for (nth, place) in self.list.visible(area) {
            let Some(row) = rows.get(nth) else { break };
            put(buf, place, 2, &row.what, theme.strong);
            let beside = 3 + text::width(&row.what);
            let left = Rect { width: BAR.min(place.width), ..place };
            put(buf, left, beside, &row.more, theme.dim);
            put(buf, place, BAR, &bar(row.sums.net(), most, COUNT - BAR - 2 + room), theme.accent);
            let Sums { sales, .. } = row.sums;
            let count = if sales.count == 1 { "1 sale".to_owned() } else { format!("{} sales", sales.count) };
            put(buf, place, COUNT + room, &count, theme.dim);
            put_right(buf, place, &row.sums.net().to_string(), theme.text);
            self.list.mark(buf, nth, place, world);
        }
    }
}

/// A bar as long as its share of the longest; what is more than nothing is seen.
fn bar(net: Paise, most: Paise, room: u16) -> String {
    if net <= Paise::ZERO || most <= Paise::ZERO {
        return String::new();
    }
    let share = i128::from(net.get()) * i128::from(room) / i128::from(most.get());
    "█".repeat(usize::try_from(share).unwrap_or_default().max(1))
}

fn view_sums(buf: &mut Buffer, foot: Rect, report: &Report, world: &World) {
    let theme = &world.theme;
    let mut rows = foot.rows().skip(1);
    let (Some(first), Some(second), Some(third)) = (rows.next(), rows.next(), rows.next()) else { return };
    let Sums { sales, passengers, refunds, voids } = report.total;
    let words = format!("taken {} · {} sales, {passengers} passengers", sales.amount, sales.count);
    put(buf, first, 2, &words, theme.text);
    put_right(buf, first, &format!("net {}{}", world.glyphs.rupee, report.total.net()), theme.strong);
    let mut back = format!("given back {} · {} refunds", refunds.amount, refunds.count);
    if voids.count > 0 {
        back = format!("{back} · undone {}", voids.amount);
    }
    put(buf, second, 2, &back, theme.text);
    if report.test != Sums::default() {
        let test = format!("beside it {} in test payments, which are no money", report.test.net());
        put(buf, third, 2, &test, theme.warning);
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
fn tabs(row: Rect) -> impl Iterator<Item = (By, Rect)> {
    By::ALL.iter().zip(0_u16..).map(move |(by, nth)| (*by, Rect { x: row.x + 2 + nth * 9, width: 8, ..row }))
}
