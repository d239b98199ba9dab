//! A run as a map: how many berths of each coach are taken on each segment of its way, and the berths of one coach. From
//! here its chart is made and saved, berths are taken off sale, and the run is cancelled.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::coach::Coach;
use crate::domain::inventory::{RunState, Stage};
use crate::domain::train::RunId;
use crate::domain::waitlist::WaitingList;
use crate::service::request::{Document, Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Focus};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::{Attention, CallId, Load, Watch};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::admin::run::map::{Map, Rows};
use crate::ui::screens::admin::runs::stage;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::{ListState, Touch};
use crate::ui::widgets::sheet::put;

mod map;

/// The longest reason in characters.
const REASON: usize = 40;

/// What is sold of a run.
#[derive(Clone, Debug)]
pub struct Occupancy {
    run: RunId,
    coaches: ListState,
    /// The berths of the coach under the cursor, while they are shown.
    berths: Option<ListState>,
    /// The first segment that is shown.
    first: usize,
    /// Why the berth under the cursor is taken off sale, while it is typed.
    reason: Option<Field>,
    chart: Load<Document>,
    change: Load<()>,
    /// What was asked for last, in words for when it is done.
    done: &'static str,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor.
    Move(Key),
    /// Show the berths of the coach under the cursor, or take the reason that is typed.
    Open,
    /// Show the segments further on.
    Onward,
    /// Show the segments before.
    Backward,
    /// Take the berth under the cursor off sale.
    Block,
    /// Put it on sale again.
    Unblock,
    /// Bring the chart as a document.
    Print,
    /// Make the chart that is due.
    Chart,
    /// Cancel the run.
    Cancel,
    /// Leave what is shown.
    Back,
}

impl Occupancy {
    /// That of a run.
    pub fn of(run: RunId) -> Self {
        Self {
            run,
            coaches: ListState::new(1),
            berths: None,
            first: 0,
            reason: None,
            chart: Load::Idle,
            change: Load::Idle,
            done: "",
        }
    }

    fn state<'a>(&self, world: &'a World) -> Option<&'a RunState> {
        world.live.get(&self.run).map(|live| &*live.state)
    }

    /// The coach under the cursor.
    fn coach(&self, world: &World) -> Option<Coach> {
        self.state(world)?.train.coaches().get(self.coaches.chosen()?).copied()
    }

    /// The number of the berth under the cursor.
    fn berth(&self) -> Option<u8> {
        u8::try_from(self.berths.as_ref()?.chosen()? + 1).ok()
    }

    /// Whether the berth under the cursor is off sale.
    fn is_blocked(&self, world: &World) -> bool {
        let (Some(state), Some(coach), Some(berth)) = (self.state(world), self.coach(world), self.berth()) else {
            return false;
        };
        state.coach(coach.id()).blocked.contains_key(&berth)
    }

    fn block(&mut self, reason: Option<String>, cx: &mut Context) {
        if let (Some(coach), Some(berth)) = (self.coach(cx), self.berth()) {
            self.done = if reason.is_some() { "It is off sale." } else { "It is on sale again." };
            let (run, coach, berths) = (self.run, coach.id(), vec![berth]);
            self.change = Load::Waiting(cx.call(Request::BlockBerths { run, coach, berths, reason }));
        }
    }

    fn open(&mut self, cx: &mut Context) {
        match self.reason.take() {
            Some(mut field) if field.is_empty() => {
                field.refuse("Say why first.");
                self.reason = Some(field);
            }
            Some(field) => self.block(Some(field.value().trim().to_owned()), cx),
            None => {
                if let Some(coach) = self.coach(cx) {
                    let mut berths = ListState::new(1);
                    berths.resize(coach.berths().into());
                    self.berths = Some(berths);
                }
            }
        }
    }

    fn scroll(&mut self, by: isize, world: &World) {
        let segments = self.state(world).map_or(0, |state| state.train.halts().len().saturating_sub(1));
        let last = segments.saturating_sub(Map::shown(world.size.width));
        self.first = self.first.saturating_add_signed(by).min(last);
    }

    fn count(&mut self, world: &World) {
        let coaches = self.state(world).map_or(0, |state| state.train.coaches().len());
        self.coaches.resize(coaches);
    }

    /// The list that has the cursor.
    fn list(&mut self) -> &mut ListState {
        self.berths.as_mut().unwrap_or(&mut self.coaches)
    }

    fn cancel(&self, cx: &mut Context) {
        cx.confirm(Confirm {
            question: Question::CancelRun,
            title: format!("Cancel {} of {}?", self.run.train, long_date(self.run.date)),
            text:
                "Nothing of it is sold any more, and everybody gets all of their money back. This cannot be taken back."
                    .to_owned(),
            yes: "Cancel the run",
            no: "Keep it",
        });
    }
}

impl Scene for Occupancy {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Up], "↑↓", "coach", "Moves to the coach or the berth above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(
            &[Key::Enter],
            "Enter",
            "berths",
            "Shows the berths of the coach; takes the reason that is typed.",
            Action::Open,
        ),
        bind(&[Key::Right], "← →", "way", "Shows the segments further on, or before.", Action::Onward),
        bind(&[Key::Left], "", "", "", Action::Backward),
        bind(
            &[Key::Char('b')],
            "b",
            "block",
            "Takes the berth under the cursor off sale, with a reason.",
            Action::Block,
        ),
        bind(&[Key::Char('u')], "u", "unblock", "Puts the berth under the cursor on sale again.", Action::Unblock),
        bind(
            &[Key::Char('p')],
            "p",
            "chart",
            "Brings the chart of the run as a document, as it is now.",
            Action::Print,
        ),
        bind(&[Key::Char('m')], "m", "make chart", "Makes the chart that is due.", Action::Chart),
        bind(
            &[Key::Char('X')],
            "X",
            "cancel run",
            "Cancels the run, and gives everybody their money back.",
            Action::Cancel,
        ),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, world: &World) -> String {
        let day = long_date(self.run.date);
        match (self.state(world), &self.berths) {
            (Some(_), Some(_)) => {
                let coach = self.coach(world).map(|coach| coach.id().to_string()).unwrap_or_default();
                format!("{coach} of {} on {day}", self.run.train)
            }
            (Some(state), None) => format!("{} {} on {day}", self.run.train, state.train.name()),
            (None, _) => format!("{} on {day}", self.run.train),
        }
    }

    fn fact(&self, world: &World) -> Option<String> {
        self.state(world).map(|state| stage(state.stage).to_owned())
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        let is_typing = self.reason.is_some();
        let Some(state) = self.state(world) else { return action == Action::Back };
        match action {
            Action::Open => is_typing || self.berths.is_none(),
            Action::Back => true,
            _ if is_typing => false,
            Action::Move(_) => true,
            Action::Onward | Action::Backward => state.train.halts().len() > Map::shown(world.size.width) + 1,
            Action::Block => self.berths.is_some() && !self.change.is_waiting() && !self.is_blocked(world),
            Action::Unblock => self.berths.is_some() && !self.change.is_waiting() && self.is_blocked(world),
            Action::Print => !world.documents.is_empty() && !self.chart.is_waiting(),
            Action::Chart | Action::Cancel => {
                self.berths.is_none() && state.stage != Stage::Cancelled && !self.change.is_waiting()
            }
        }
    }

    fn typing(&self) -> Typing {
        if self.reason.is_some() { Typing::Yes } else { Typing::No }
    }

    /// The list of runs may know it already.
    fn enter(&mut self, cx: &mut Context) {
        self.count(cx);
    }

    fn live(&mut self, _run: RunId, cx: &mut Context) {
        self.count(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => {
                let height = map_place(frame::body(cx.size)).height;
                self.list().key(key, height);
            }
            Action::Open => self.open(cx),
            Action::Onward => self.scroll(1, cx),
            Action::Backward => self.scroll(-1, cx),
            Action::Block => self.reason = Some(Field::text("Why", REASON)),
            Action::Unblock => self.block(None, cx),
            Action::Print => self.chart = Load::Waiting(cx.call(Request::Chart { run: self.run, coach: None })),
            Action::Chart => {
                self.done = "The charts that are due are made.";
                self.change = Load::Waiting(cx.call(Request::MakeChart { run: self.run }));
            }
            Action::Cancel => self.cancel(cx),
            Action::Back if self.reason.take().is_some() => {}
            Action::Back if self.berths.take().is_some() => {}
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        if let Some(field) = &mut self.reason {
            field.key(key);
        }
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        if let Some(field) = &mut self.reason {
            field.paste(text);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let place = map_place(area);
        if self.reason.is_none()
            && let Touch::Acted(_) = self.list().mouse(mouse, place)
            && self.berths.is_none()
        {
            self.open(cx);
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        if answer == Answer::Yes(Question::CancelRun) {
            self.done = "The run is cancelled, and its bookings are refunded.";
            self.change = Load::Waiting(cx.call(Request::CancelRun { run: self.run }));
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let chart = |reply: &Reply| if let Reply::Chart(document) = reply { Some(document.clone()) } else { None };
        if self.chart.settle(call, &answer, chart) {
            match (std::mem::take(&mut self.chart), cx.documents.first().copied()) {
                (Load::Ready(document), Some(how)) => cx.open(document, how),
                (Load::Failed(failure), _) => cx.toast(Tone::Bad, failure.to_string()),
                _ => {}
            }
        }
        let changed = |reply: &Reply| matches!(reply, Reply::Done | Reply::Charted(_)).then_some(());
        if self.change.settle(call, &answer, changed) {
            match std::mem::take(&mut self.change) {
                Load::Ready(()) => cx.toast(Tone::Good, self.done),
                Load::Failed(failure) => cx.toast(Tone::Bad, failure.to_string()),
                Load::Idle | Load::Waiting(_) => {}
            }
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.chart.give_up(call);
        self.change.give_up(call);
    }

    fn watch(&self, _world: &World) -> Vec<Watch> {
        vec![Watch { run: self.run, attention: Attention::Focus }]
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let Some(state) = self.state(world) else {
            return put(buf, Rect { height: 1.min(area.height), ..area }, 2, "Reading the run …", world.theme.dim);
        };
        let map = Map { state, first: self.first };
        match (&self.berths, self.coach(world)) {
            (Some(berths), Some(coach)) => map.view(buf, map_place(area), Rows::Berths(coach), berths, world),
            _ => map.view(buf, map_place(area), Rows::Coaches, &self.coaches, world),
        }
        let last = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
        match &self.reason {
            Some(field) => {
                put(buf, last, 2, "Why", world.theme.strong);
                let value = Rect { x: last.x + 8, width: 41.min(last.width.saturating_sub(9)), ..last };
                field.view_value(buf, value, Focus::Here, world);
                match field.error() {
                    Some(error) => put(buf, last, 51, error, world.theme.bad),
                    None => put(buf, last, 51, "Enter takes it off sale.", world.theme.dim),
                }
            }
            None => put(buf, last, 2, &waiting(state), world.theme.text),
        }
    }
}

/// Who waits, by class: `SL: 2 share, 14 wait`.
fn waiting(state: &RunState) -> String {
    let queues = state.queues.iter().filter(|(_, head)| head.rac > 0 || head.waiting > 0);
    let words: Vec<_> = queues
        .map(|(id, head)| {
            let list = if id.list == WaitingList::Tatkal { " Tatkal" } else { "" };
            format!("{}{list}: {} share, {} wait", id.class, head.rac, head.waiting)
        })
        .collect();
    if words.is_empty() { "Nobody waits.".to_owned() } else { words.join("; ") }
}

/// The map with its head, above the last line.
fn map_place(area: Rect) -> Rect {
    Rect { y: area.y + 2, height: area.height.saturating_sub(4), ..area }
}
