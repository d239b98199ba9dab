//! Who travels by a run, coach by coach and berth by berth, and behind them who has no berth.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::Place;
use crate::domain::passenger::Gender;
use crate::domain::spot::Part;
use crate::domain::train::RunId;
use crate::service::request::{Cursor, Document, Failure, OnBoard, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::Focus;
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::booking::Detail;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::Touch;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::sheet::put;

/// Where the columns begin.
const NAME: u16 = 15;
const AGE: u16 = 46;
const LEG: u16 = 53;
const PNR: u16 = 66;

/// Who travels by a run.
#[derive(Clone, Debug)]
pub struct Manifest {
    run: RunId,
    list: Paged<OnBoard>,
    chart: Load<Document>,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor, or the page.
    Move(Key),
    /// Show the booking of who is under it.
    Show,
    /// Bring the chart as a document.
    Print,
    /// Read the list again.
    Again,
    /// Go back.
    Back,
}

impl Manifest {
    /// That of a run.
    pub fn of(run: RunId) -> Self {
        Self { run, list: Paged::new(1), chart: Load::Idle }
    }

    fn ask(&self) -> impl FnOnce(Option<Cursor>) -> Request + use<> {
        let run = self.run;
        move |after| Request::Manifest { run, after }
    }
}

impl Scene for Manifest {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Up], "↑↓", "passenger", "Moves to the passenger above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Enter], "Enter", "booking", "Shows the booking of who is under the cursor.", Action::Show),
        bind(
            &[Key::Char('p')],
            "p",
            "chart",
            "Brings the chart of the run as a document, as it is now.",
            Action::Print,
        ),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again from its beginning.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        format!("Passengers of {} on {}", self.run.train, long_date(self.run.date))
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Move(_) | Action::Show => !self.list.is_empty(),
            Action::Print => !world.documents.is_empty() && !self.chart.is_waiting(),
            Action::Again => !self.list.is_waiting(),
            Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        let ask = self.ask();
        self.list.begin(cx, ask);
    }

    /// Whatever was done to a booking above is read anew.
    fn resume(&mut self, cx: &mut Context) {
        self.enter(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => {
                let ask = self.ask();
                self.list.key(key, list_place(frame::body(cx.size)), cx, ask);
            }
            Action::Show => {
                if let Some(row) = self.list.chosen() {
                    cx.push(Detail::of(row.pnr));
                }
            }
            Action::Print => self.chart = Load::Waiting(cx.call(Request::Chart { run: self.run, coach: None })),
            Action::Again => self.enter(cx),
            Action::Back => cx.pop(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let (list, ask) = (list_place(area), self.ask());
        if list.contains(mouse.at)
            && let Touch::Acted(_) = self.list.mouse(mouse, list, cx, ask)
        {
            self.act(Action::Show, cx);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        self.list.reply(call, &answer, |reply| match reply {
            Reply::Manifest { page, next } => Some((page.clone(), next.clone())),
            _ => None,
        });
        let chart = |reply: &Reply| if let Reply::Chart(document) = reply { Some(document.clone()) } else { None };
        if self.chart.settle(call, &answer, chart) {
            match (std::mem::take(&mut self.chart), cx.documents.first().copied()) {
                (Load::Ready(document), Some(how)) => cx.open(document, how),
                (Load::Failed(failure), _) => cx.toast(Tone::Bad, failure.to_string()),
                _ => {}
            }
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
        self.chart.give_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let head = Rect { height: 1.min(area.height), ..area };
        for (column, name) in [(2, "Berth"), (NAME, "Name"), (AGE, "Age"), (LEG, "From – to"), (PNR, "PNR")] {
            put(buf, head, column, name, world.theme.dim);
        }
        let none = ("Nobody travels", "Nothing of this run is sold. Esc goes back to its map.");
        self.list.view(buf, list_place(area), (Focus::Here, world), none, |buf, place, row| {
            view_row(buf, place, row, world);
        });
    }
}

fn view_row(buf: &mut Buffer, row: Rect, one: &OnBoard, world: &World) {
    let theme = &world.theme;
    let style = if one.place.is_queued() { theme.warning } else { theme.strong };
    put(buf, row, 2, &where_to_find(&one.place), style);
    let laps = match one.laps {
        0 => String::new(),
        1 => " +1 child".to_owned(),
        more => format!(" +{more} children"),
    };
    let room = (AGE - NAME - 1).saturating_sub(text::width(&laps));
    put(buf, row, NAME, &format!("{}{laps}", text::fit(one.passenger.name.as_str(), room)), theme.text);
    let gender = match one.passenger.gender {
        Gender::Female => 'F',
        Gender::Male => 'M',
        Gender::Transgender => 'T',
    };
    put(buf, row, AGE, &format!("{:>2} {gender}", one.passenger.age.years()), theme.text);
    put(buf, row, LEG, &format!("{} – {}", one.from, one.to), theme.text);
    put(buf, row, PNR, &one.pnr.to_string(), theme.dim);
}

/// `B1-23 LB`, `B1-7a RAC`, `GNWL 12`.
fn where_to_find(place: &Place) -> String {
    match place {
        Place::Berth(allotted) => format!("{} {}", allotted.berth, allotted.kind),
        Place::Rac { berth, part, .. } => {
            let half = if *part == Part::Second { 'b' } else { 'a' };
            format!("{}{half} RAC", berth.berth)
        }
        Place::Lap | Place::Waiting { .. } | Place::Unreserved | Place::Cancelled => place.to_string(),
    }
}

fn list_place(area: Rect) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}
