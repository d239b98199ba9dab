//! Money owed: refunds that wait at a counter, the longest waiting first, and what all of them come to.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::owed::{Owed, OwedSums};
use crate::domain::time::railway_time;
use crate::service::request::{Cursor, Failure, Reply, ReportOf, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::Focus;
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{CallId, How, Load};
use crate::ui::screen::Scene;
use crate::ui::screens::booking::Detail;
use crate::ui::widgets::bring::{Ask, Bring};
use crate::ui::widgets::list::Touch;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::sheet::{put, put_right};

/// The columns of a line: since when, the PNR, the run, the class, the means.
const SINCE: u16 = 2;
const PNR: u16 = 21;
const RUN: u16 = 34;
const CLASS: u16 = 53;
const MEANS: u16 = 59;

/// Said where the list is there without what it comes to.
const NOT_ADDED_UP: &str = "What all of it comes to could not be added up. Press r to try again.";

/// What waits at counters.
#[derive(Clone, Debug)]
pub struct OwedMoney {
    list: Paged<Owed>,
    sums: Load<OwedSums>,
    bring: Bring,
}

impl Default for OwedMoney {
    fn default() -> Self {
        Self { list: Paged::new(1), sums: Load::Idle, bring: Bring::default() }
    }
}

impl OwedMoney {
    fn ask(after: Option<Cursor>) -> Request {
        Request::Owed { after }
    }

    /// Reads the list, and beside it what all of it comes to. What is being added up meanwhile may be over, and is dropped.
    fn begin(&mut self, cx: &mut Context) {
        self.list.begin(cx, Self::ask);
        self.sums = Load::Waiting(cx.call(Request::OwedSums));
    }

    fn open(&self, cx: &mut Context) {
        if let Some(owed) = self.list.chosen() {
            cx.push(Detail::of(owed.pnr));
        }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor, or the page.
    Move(Key),
    /// Open the booking under it, where the money is handed out.
    Open,
    /// Bring all of it as a document.
    Report(Ask),
    /// Read it again.
    Again,
    /// Go back.
    Back,
}

impl Scene for OwedMoney {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Up], "↑↓", "booking", "Moves to the booking above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Enter], "Enter", "open", "Opens the booking, from which the money is handed out.", Action::Open),
        Ask::Paper(How::Print).bind(Action::Report(Ask::Paper(How::Print))),
        Ask::Paper(How::Open).bind(Action::Report(Ask::Paper(How::Open))),
        Ask::Paper(How::Save).bind(Action::Report(Ask::Paper(How::Save))),
        Ask::Spreadsheet.bind(Action::Report(Ask::Spreadsheet)),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Money owed".to_owned()
    }

    fn fact(&self, world: &World) -> Option<String> {
        self.sums.ready().map(|total| format!("{}{}", world.glyphs.rupee, total.amount))
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Move(_) | Action::Open => !self.list.is_empty(),
            Action::Report(ask) => !self.list.is_empty() && self.bring.offers(ask, world),
            Action::Again => !self.list.is_waiting(),
            Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.begin(cx);
    }

    /// What was handed out meanwhile waits no more.
    fn resume(&mut self, cx: &mut Context) {
        self.begin(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => self.list.key(key, places(frame::body(cx.size)).1, cx, Self::ask),
            Action::Open => self.open(cx),
            Action::Report(ask) => {
                self.bring.ask(ask, Request::ReportFile { report: ReportOf::Owed, form: ask.form() }, cx);
            }
            Action::Again => self.begin(cx),
            Action::Back => cx.pop(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let (_, list) = places(area);
        if list.contains(mouse.at)
            && let Touch::Acted(_) = self.list.mouse(mouse, list, cx, Self::ask)
        {
            self.open(cx);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let page = |reply: &Reply| match reply {
            Reply::Owed { page, next } => Some((page.clone(), next.clone())),
            _ => None,
        };
        let sums = |reply: &Reply| if let Reply::OwedSums(sums) = reply { Some(*sums) } else { None };
        if !self.list.reply(call, &answer, page) && !self.sums.settle(call, &answer, sums) {
            self.bring.reply(call, &answer, cx);
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
        self.sums.give_up(call);
        self.bring.gave_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let (head, list) = places(area);
        match &self.sums {
            Load::Ready(sums) if sums.count > 0 => put(buf, head, 2, &words(sums), world.theme.text),
            Load::Waiting(_) if !self.list.is_empty() => put(buf, head, 2, "Adding up all of it …", world.theme.dim),
            Load::Failed(_) if !self.list.is_empty() => put(buf, head, 2, NOT_ADDED_UP, world.theme.bad),
            _ => {}
        }
        let none = ("Nothing waits at a counter", "Whoever gave up what was paid for has their money.");
        let here = (Focus::Here, world);
        self.list.view(buf, list, here, none, |buf, place, owed| view_owed(buf, place, owed, world));
    }
}

fn words(total: &OwedSums) -> String {
    let bookings = if total.count == 1 { "1 booking".to_owned() } else { format!("{} bookings", total.count) };
    match total.oldest {
        Some(oldest) => format!("{bookings} · {} · the longest since {}", total.amount, since(oldest)),
        None => format!("{bookings} · {}", total.amount),
    }
}

fn since(at: DateTime<Utc>) -> String {
    railway_time(at).format("%-d %b %Y %H:%M").to_string()
}

fn view_owed(buf: &mut Buffer, place: Rect, owed: &Owed, world: &World) {
    let theme = &world.theme;
    put(buf, place, SINCE, &since(owed.since), theme.dim);
    put(buf, place, PNR, &owed.pnr.to_string(), theme.strong);
    put(buf, place, RUN, &owed.run.to_string(), theme.text);
    put(buf, place, CLASS, &owed.class.to_string(), theme.text);
    put(buf, place, MEANS, owed.method.words(), theme.dim);
    put_right(buf, place, &owed.amount.to_string(), theme.text);
}

/// Where the sums and the list are.
fn places(area: Rect) -> (Rect, Rect) {
    let head = Rect { height: area.height.min(1), ..area };
    (head, Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area })
}
