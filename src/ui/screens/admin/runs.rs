//! The runs of a train by date, with how full each is.

use chrono::{DateTime, Days, NaiveDate, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::inventory::{RunState, Stage};
use crate::domain::occupancy::peak;
use crate::domain::time::railway_time;
use crate::domain::train::TrainNumber;
use crate::service::request::{Failure, Reply, Request, RunRow};
use crate::ui::context::{Context, World};
use crate::ui::form::Focus;
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{Attention, CallId, Watch};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::admin::run::Occupancy;
use crate::ui::text;
use crate::ui::widgets::list::Touch;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::sheet::{put, put_right};

/// Days that the services look at for one answer.
const DAYS: u64 = 31;
/// The column of what is taken.
const TAKEN: u16 = 30;
/// What is said of a run that does not go all of its way.
const NOT_RUN: &str = "part not run";

/// A month of a train's runs.
#[derive(Clone, Debug)]
pub struct Runs {
    train: TrainNumber,
    name: String,
    from: NaiveDate,
    list: Paged<RunRow>,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor, or the page.
    Move(Key),
    /// Show how full the run under it is.
    Show,
    /// The days after these.
    Later,
    /// The days before these.
    Earlier,
    /// Read the list again.
    Again,
    /// Go back.
    Back,
}

impl Runs {
    /// The runs of a train from a date on.
    pub fn of(train: TrainNumber, name: &str, from: NaiveDate) -> Self {
        Self { train, name: name.to_owned(), from, list: Paged::new(1) }
    }

    fn request(&self) -> Request {
        Request::Runs { train: self.train, from: self.from }
    }

    fn go_to(&mut self, from: Option<NaiveDate>, cx: &mut Context) {
        self.from = from.unwrap_or(self.from);
        let request = self.request();
        self.list.begin_another(cx, |_| request);
    }
}

impl Scene for Runs {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Up], "↑↓", "run", "Moves to the run above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Enter], "Enter", "open", "Shows how full the run under the cursor is.", Action::Show),
        bind(&[Key::Right], "→", "later", "Shows the runs of the 31 days after these.", Action::Later),
        bind(&[Key::Left], "←", "earlier", "Shows the runs of the 31 days before these.", Action::Earlier),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        format!("Runs of {} {}", self.train, self.name)
    }

    fn fact(&self, _world: &World) -> Option<String> {
        Some(format!("from {}", long_date(self.from)))
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        match action {
            Action::Move(_) | Action::Show => !self.list.is_empty(),
            Action::Again => !self.list.is_waiting(),
            Action::Later | Action::Earlier | Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.go_to(None, cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => {
                let request = self.request();
                self.list.key(key, list_place(frame::body(cx.size)), cx, |_| request);
            }
            Action::Show => {
                if let Some(row) = self.list.chosen() {
                    cx.push(Occupancy::of(row.run));
                }
            }
            Action::Later => self.go_to(self.from.checked_add_days(Days::new(DAYS)), cx),
            Action::Earlier => self.go_to(self.from.checked_sub_days(Days::new(DAYS)), cx),
            Action::Again => {
                let request = self.request();
                self.list.begin(cx, |_| request);
            }
            Action::Back => cx.pop(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let list = list_place(area);
        let request = self.request();
        if list.contains(mouse.at)
            && let Touch::Acted(_) = self.list.mouse(mouse, list, cx, |_| request)
        {
            self.act(Action::Show, cx);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, _cx: &mut Context) {
        self.list.reply(call, &answer, |reply| match reply {
            Reply::Runs(runs) => Some((runs.clone(), None)),
            _ => None,
        });
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
    }

    /// The runs of which anything is sold: the others are empty, and need not be asked for.
    fn watch(&self, _world: &World) -> Vec<Watch> {
        let sold = self.list.rows().iter().filter(|row| row.is_sold);
        sold.map(|row| Watch { run: row.run, attention: Attention::Listed }).collect()
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let head = Rect { height: 1.min(area.height), ..area };
        put(buf, head, 2, "Leaves on", world.theme.dim);
        put(buf, head, 20, "Version", world.theme.dim);
        put(buf, head, TAKEN, "Taken where it is fullest", world.theme.dim);
        let none = ("No runs in these days", "The train does not leave on any of them. The arrows show others.");
        self.list.view(buf, list_place(area), (Focus::Here, world), none, |buf, place, row| {
            view_row(buf, place, *row, world);
        });
    }
}

fn view_row(buf: &mut Buffer, place: Rect, row: RunRow, world: &World) {
    let theme = &world.theme;
    put(buf, place, 2, &long_date(row.run.date), theme.strong);
    put(buf, place, 20, &format!("{}", row.version), theme.text);
    if !row.is_sold {
        return put(buf, place, TAKEN, "nothing sold", theme.dim);
    }
    let Some(live) = world.live.get(&row.run) else { return put(buf, place, TAKEN, "…", theme.dim) };
    let state = &live.state;
    let taken = taken(state, world);
    put(buf, place, TAKEN, &taken, theme.text);
    let made = stage(state, world.now);
    match (state.stage, state.gaps.is_empty()) {
        (Stage::Open, true) => {}
        (Stage::Open, false) => put_right(buf, place, NOT_RUN, theme.warning),
        (Stage::Cancelled, _) => put_right(buf, place, made, theme.bad),
        (Stage::FirstChart | Stage::FinalChart, true) => put_right(buf, place, made, theme.warning),
        (Stage::FirstChart | Stage::FinalChart, false) => {
            let both = format!("{made}, {NOT_RUN}");
            let fits = TAKEN + text::width(&taken) + text::width(&both) + 4 <= place.width;
            // The charts follow from the clock; a part that is not run does not.
            put_right(buf, place, if fits { both.as_str() } else { NOT_RUN }, theme.warning);
        }
    }
}

/// Each class with the berths taken where it is fullest: `2A 40/54  3A 72/72`.
fn taken(state: &RunState, world: &World) -> String {
    let classes = state.train.classes().into_iter().map(|class| {
        let (taken, berths) = peak(state, class, world.now);
        format!("{class} {taken}/{berths}")
    });
    classes.collect::<Vec<_>>().join("  ")
}

/// How far a run and its charts have come, in words. One of which nothing was sold has no chart, and goes all the same.
pub(super) fn stage(state: &RunState, now: DateTime<Utc>) -> &'static str {
    let goes_on_from = state.train.halts().len().checked_sub(2).and_then(|at| u8::try_from(at).ok());
    let left = goes_on_from.and_then(|at| state.leaves(at)).is_some_and(|at| at <= railway_time(now));
    match state.stage {
        Stage::Open if left => "gone",
        Stage::Open => "on sale",
        Stage::FirstChart => "first chart made",
        Stage::FinalChart => "last chart made",
        Stage::Cancelled => "cancelled",
    }
}

fn list_place(area: Rect) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}
