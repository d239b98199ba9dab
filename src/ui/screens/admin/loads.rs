//! How full the runs of a day are, as bars.

use chrono::{Days, NaiveDate};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::load::RunLoad;
use crate::service::request::{Cursor, Failure, Reply, ReportOf, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::Focus;
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{CallId, How};
use crate::ui::overlay::{Answer, DatePicker};
use crate::ui::screen::{Scene, long_date};
use crate::ui::widgets::bring::{Ask, Bring};
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::sheet::{put, put_right};

/// Rows of a run: all of it, and its classes.
const ROW: u16 = 2;
/// The days that can be chosen, before today and after it: what is kept of runs, and what is on sale.
const BEFORE: Days = Days::new(90);
const AFTER: Days = Days::new(120);
/// The columns of the bar.
const BAR: u16 = 38;

/// How full the runs of a day are.
#[derive(Clone, Debug)]
pub struct Loads {
    date: NaiveDate,
    list: Paged<RunLoad>,
    bring: Bring,
}

impl Loads {
    /// Today's.
    pub fn new(world: &World) -> Self {
        Self { date: world.today(), list: Paged::spaced(ROW), bring: Bring::default() }
    }

    fn ask(date: NaiveDate) -> impl FnOnce(Option<Cursor>) -> Request {
        move |after| Request::Occupancy { date, after }
    }

    fn show(&mut self, date: NaiveDate, cx: &mut Context) {
        self.date = date;
        self.list.begin_another(cx, Self::ask(date));
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor, or the page.
    Move(Key),
    /// Show the day before.
    Earlier,
    /// Show the day after.
    Later,
    /// Choose the day.
    Day,
    /// Bring all of it as a document.
    Report(Ask),
    /// Read it again.
    Again,
    /// Go back.
    Back,
}

impl Scene for Loads {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(
            &[Key::Char('['), Key::Left],
            "[ ]",
            "day before, after",
            "Shows the day before or after.",
            Action::Earlier,
        ),
        bind(&[Key::Char(']'), Key::Right], "", "", "", Action::Later),
        bind(&[Key::Char('d')], "d", "day", "Chooses the day on which runs leave their origin.", Action::Day),
        bind(&[Key::Up], "↑↓", "run", "Moves to the run above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        Ask::Paper(How::Print).bind(Action::Report(Ask::Paper(How::Print))),
        Ask::Paper(How::Open).bind(Action::Report(Ask::Paper(How::Open))),
        Ask::Paper(How::Save).bind(Action::Report(Ask::Paper(How::Save))),
        Ask::Spreadsheet.bind(Action::Report(Ask::Spreadsheet)),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Occupancy".to_owned()
    }

    fn fact(&self, _world: &World) -> Option<String> {
        Some(long_date(self.date))
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Move(_) => !self.list.is_empty(),
            Action::Earlier => self.date > world.today() - BEFORE,
            Action::Later => self.date < world.today() + AFTER,
            Action::Report(ask) => !self.list.is_empty() && self.bring.offers(ask, world),
            Action::Again => !self.list.is_waiting(),
            Action::Day | Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.list.begin(cx, Self::ask(self.date));
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => self.list.key(key, place(frame::body(cx.size)), cx, Self::ask(self.date)),
            Action::Earlier => self.show(self.date - Days::new(1), cx),
            Action::Later => self.show(self.date + Days::new(1), cx),
            Action::Day => cx.pick_date(DatePicker::new(cx.today() - BEFORE, cx.today() + AFTER, self.date)),
            Action::Report(ask) => {
                self.bring.ask(
                    ask,
                    Request::ReportFile { report: ReportOf::Occupancy(self.date), form: ask.form() },
                    cx,
                );
            }
            Action::Again => self.list.begin(cx, Self::ask(self.date)),
            Action::Back => cx.pop(),
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        if let Answer::Date(date) = answer {
            self.show(date, cx);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let list = place(area);
        if list.contains(mouse.at) {
            self.list.mouse(mouse, list, cx, Self::ask(self.date));
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let runs = |reply: &Reply| match reply {
            Reply::Occupancy { page, next } => Some((page.clone(), next.clone())),
            _ => None,
        };
        if !self.list.reply(call, &answer, runs) {
            self.bring.reply(call, &answer, cx);
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
        self.bring.gave_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let none = ("No run leaves its origin on this day", "Press [ or ] for another day, or d to choose one.");
        let here = (Focus::Here, world);
        self.list.view(buf, place(area), here, none, |buf, place, load| view_run(buf, place, load, world));
    }
}

fn view_run(buf: &mut Buffer, place: Rect, load: &RunLoad, world: &World) {
    let theme = &world.theme;
    let mut rows = place.rows();
    let (Some(top), Some(bottom)) = (rows.next(), rows.next()) else { return };
    put(buf, top, 2, &load.run.train.to_string(), theme.strong);
    put(buf, Rect { width: top.width.min(32), ..top }, 9, &load.name, theme.text);
    let (percent, room) = (load.percent(), BAR);
    let filled = usize::from(percent) * usize::from(room) / 100;
    let bar = format!("{}{}", "█".repeat(filled), "·".repeat(usize::from(room) - filled));
    put(buf, top, 33, &bar, if percent == 100 { theme.bad } else { theme.accent });
    put_right(buf, top, &format!("{percent} %"), theme.text);
    let classes = load.classes.iter().map(|class| match class.percent() {
        100 => format!("{} FULL", class.class),
        percent => format!("{} {percent} %", class.class),
    });
    put(buf, bottom, 9, &classes.collect::<Vec<_>>().join("   "), theme.dim);
}

fn place(area: Rect) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}
