//! A run as a map: how many berths of each coach are taken on each segment of its way, and the berths of one coach. From
//! here its passengers are listed, its chart is made and saved, berths are taken off sale, its times are changed, and the run is
//! cancelled.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::berth_list::{Berths, count, written};
use crate::domain::coach::Coach;
use crate::domain::inventory::{RunState, Stage};
use crate::domain::time::railway_time;
use crate::domain::train::RunId;
use crate::domain::waitlist::WaitingList;
use crate::service::request::{Blocked, Charts, Document, Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::{Attention, CallId, Load, Watch};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::admin::manifest::Manifest;
use crate::ui::screens::admin::part::Part;
use crate::ui::screens::admin::run::ask::{Ask, Sale};
use crate::ui::screens::admin::run::map::{Map, Rows};
use crate::ui::screens::admin::runs::stage;
use crate::ui::screens::admin::times::Times;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::{ListState, Touch};
use crate::ui::widgets::sheet::put;

mod ask;
mod map;

/// What is sold of a run.
#[derive(Clone, Debug)]
pub struct Occupancy {
    run: RunId,
    coaches: ListState,
    /// The berths of the coach under the cursor, while they are shown.
    berths: Option<ListState>,
    /// Those of them that are marked.
    marked: BTreeSet<u8>,
    /// The first segment that is shown.
    first: usize,
    /// Which berths are taken off sale or put on sale again, while it is typed.
    ask: Option<Ask>,
    chart: Load<Document>,
    /// A cancellation, or charts that are made, on its way.
    change: Load<Option<Charts>>,
    /// Berths that are on their way off sale, or on sale again.
    blocking: Load<Blocked>,
    /// What is to become of them.
    sale: Sale,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor.
    Move(Key),
    /// Show the berths of the coach under the cursor.
    Open,
    /// Mark the berth under the cursor, or take the mark away.
    Mark,
    /// List who travels.
    People,
    /// Show the segments further on.
    Onward,
    /// Show the segments before.
    Backward,
    /// Take berths off sale: those that are marked, the one under the cursor, or what is typed.
    Block,
    /// Put them on sale again.
    Unblock,
    /// Bring the chart as a document.
    Print,
    /// Make the chart that is due.
    Chart,
    /// Change its times.
    Times,
    /// Cancel a part of it.
    Part,
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
            marked: BTreeSet::new(),
            first: 0,
            ask: None,
            chart: Load::Idle,
            change: Load::Idle,
            blocking: Load::Idle,
            sale: Sale::Off,
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

    /// The berths that are meant by no words: those that are marked, or the one under the cursor.
    fn chosen(&self, world: &World) -> Option<Berths> {
        let coach = self.coach(world)?.id();
        let numbers = if self.marked.is_empty() { BTreeSet::from([self.berth()?]) } else { self.marked.clone() };
        Some(Berths::from([(coach, numbers)]))
    }

    /// Whether any of them is off sale, and whether all of them are.
    fn blocked(&self, world: &World) -> (bool, bool) {
        let (Some(state), Some(chosen)) = (self.state(world), self.chosen(world)) else { return (false, false) };
        let is_blocked = |(coach, number)| state.coach(coach).blocked.contains_key(&number);
        let all = || chosen.iter().flat_map(|(coach, numbers)| numbers.iter().map(|number| (*coach, *number)));
        (all().any(is_blocked), all().all(is_blocked))
    }

    /// Begins to take berths off sale or to put them on sale again; what is not known is asked.
    fn begin(&mut self, sale: Sale, cx: &mut Context) {
        match (self.chosen(cx), sale) {
            (Some(chosen), Sale::Off) => self.ask = Some(Ask::about(&chosen)),
            (Some(chosen), Sale::On) => self.block(sale, chosen, None, cx),
            (None, _) => {
                let coach = self.coach(cx).map(|coach| format!("{} ", coach.id())).unwrap_or_default();
                self.ask = Some(Ask::new(sale, &coach));
            }
        }
    }

    fn block(&mut self, sale: Sale, berths: Berths, reason: Option<String>, cx: &mut Context) {
        self.sale = sale;
        self.blocking = Load::Waiting(cx.call(Request::BlockBerths { run: self.run, berths, reason }));
    }

    /// Takes what is typed. Whole coaches are asked about before they go off sale: who types behind one that stands there already
    /// means others.
    fn submit(&mut self, is_meant: bool, cx: &mut Context) {
        let Some(train) = self.state(cx).map(|state| state.train.clone()) else { return };
        let Some(ask) = self.ask.as_mut() else { return };
        let sale = ask.sale;
        let Some((berths, reason)) = ask.read(train.coaches()) else { return };
        let is_whole =
            |coach: &&Coach| berths.get(&coach.id()).is_some_and(|some| some.len() == usize::from(coach.berths()));
        let whole: Vec<_> = train.coaches().iter().filter(is_whole).map(|coach| coach.id().to_string()).collect();
        if is_meant || sale == Sale::On || whole.is_empty() {
            return self.block(sale, berths, reason, cx);
        }
        cx.confirm(Confirm {
            question: Question::BlockCoaches,
            title: match whole.len() {
                0..=3 => format!("Take all of {} off sale?", whole.join(", ")),
                more => format!("Take {more} whole coaches off sale?"),
            },
            text: format!(
                "{} berths are not sold any more until they are put on sale again; whoever has one keeps it. For some of \
                 them write their numbers behind the coach, such as {} 1-8.",
                count(&berths),
                whole[0],
            ),
            yes: "Take them off sale",
            no: "Go back",
        });
    }

    /// Says what became of berths. Those that were left stay in the field, to be asked for again.
    fn blocked_now(&mut self, blocked: &Blocked, cx: &mut Context) {
        let is = if self.sale == Sale::Off { "off sale" } else { "on sale again" };
        let done = match count(&blocked.done) {
            1 => format!("{} is {is}.", written(&blocked.done)),
            _ => format!("{} are {is}.", written(&blocked.done)),
        };
        if let Some((_, failure)) = blocked.left.first() {
            let left: Vec<_> = blocked.left.iter().map(|(coach, _)| coach.to_string()).collect();
            cx.toast(Tone::Bad, format!("{done} Not so in {}: {failure}", left.join(", ")));
            let train = self.state(cx).map(|state| state.train.clone());
            if let (Some(ask), Some(train)) = (&mut self.ask, train)
                && let Some((mut berths, _)) = ask.read(train.coaches())
            {
                berths.retain(|coach, _| blocked.left.iter().any(|(left, _)| left == coach));
                ask.leave(&berths);
            }
            return;
        }
        self.ask = None;
        self.marked.clear();
        let sold = match (self.sale, blocked.sold.len()) {
            (Sale::On, _) | (_, 0) => String::new(),
            (Sale::Off, 1) => format!(" Somebody has {} and keeps it.", blocked.sold[0]),
            (Sale::Off, sold) => format!(" Somebody has {sold} of them and keeps them."),
        };
        cx.toast(Tone::Good, format!("{done}{sold}"));
    }

    /// Why the berth under the cursor is off sale, which the map has no room for.
    fn off_sale(&self, state: &RunState, world: &World) -> Option<String> {
        let (coach, berth) = (self.coach(world)?, self.berth()?);
        let reason = state.coach(coach.id()).blocked.get(&berth)?.clone();
        Some(format!("{} {berth} is off sale: {reason}", coach.id()))
    }

    fn open(&mut self, cx: &mut Context) {
        if let Some(coach) = self.coach(cx) {
            let mut berths = ListState::new(1);
            berths.resize(coach.berths().into());
            self.berths = Some(berths);
            self.marked.clear();
        }
    }

    fn mark(&mut self, world: &World) {
        if let Some(berth) = self.berth() {
            if !self.marked.remove(&berth) {
                self.marked.insert(berth);
            }
            let height = self.map_place(frame::body(world.size)).height;
            self.list().key(Key::Down, height);
        }
    }

    /// The map with its head, above the last line or the fields.
    fn map_place(&self, area: Rect) -> Rect {
        let below = self.ask.as_ref().map_or(2, |ask| ask.height(area.width) + 1);
        Rect { y: area.y + 2, height: area.height.saturating_sub(2 + below), ..area }
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
        bind(&[Key::Up], "↑↓", "move", "Moves to the coach or the berth above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Enter], "Enter", "berths", "Shows the berths of the coach.", Action::Open),
        bind(
            &[Key::Char(' ')],
            "Space",
            "mark",
            "Marks the berth under the cursor, or takes the mark away.",
            Action::Mark,
        ),
        bind(&[Key::Right], "←→", "way", "Shows the segments further on, or before.", Action::Onward),
        bind(&[Key::Left], "", "", "", Action::Backward),
        bind(
            &[Key::Char('t')],
            "t",
            "times",
            "Has the run go later from a halt on, and tells everybody whose train leaves at another time.",
            Action::Times,
        ),
        bind(&[Key::Char('l')], "l", "people", "Lists who travels, coach by coach.", Action::People),
        bind(
            &[Key::Char('b')],
            "b",
            "block",
            "Takes the berths that are marked off sale, or the one under the cursor, with a reason; others can be typed, such \
             as A1 1-8,12 B2.",
            Action::Block,
        ),
        bind(
            &[Key::Char('u')],
            "u",
            "unblock",
            "Puts the berths that are marked on sale again, or the one under the cursor; others can be typed.",
            Action::Unblock,
        ),
        bind(
            &[Key::Char('p')],
            "p",
            "chart",
            "Brings the chart of the run as a document, as it is now.",
            Action::Print,
        ),
        bind(
            &[Key::Char('m')],
            "m",
            "make chart",
            "Makes the chart that is due, and says which are made and when the next is.",
            Action::Chart,
        ),
        bind(
            &[Key::Char('n')],
            "n",
            "not run",
            "Cancels a part where the run begins or ends, and gives everybody's money back who needs it.",
            Action::Part,
        ),
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
        self.state(world).map(|state| stage(state, world.now).to_owned())
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        let Some(state) = self.state(world) else { return action == Action::Back };
        if self.ask.is_some() {
            return action == Action::Back;
        }
        let is_still = !self.change.is_waiting() && !self.blocking.is_waiting();
        match action {
            Action::Back | Action::Move(_) | Action::People => true,
            Action::Open => self.berths.is_none(),
            Action::Mark => self.berths.is_some(),
            Action::Onward | Action::Backward => state.train.halts().len() > Map::shown(world.size.width) + 1,
            Action::Block => is_still && !self.blocked(world).1,
            Action::Unblock => is_still && (self.berths.is_none() || self.blocked(world).0),
            Action::Print => !world.documents.is_empty() && !self.chart.is_waiting(),
            Action::Chart | Action::Times | Action::Part | Action::Cancel => {
                self.berths.is_none() && state.stage != Stage::Cancelled && is_still
            }
        }
    }

    fn typing(&self) -> Typing {
        self.ask.as_ref().map_or(Typing::No, Ask::typing)
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
                let height = self.map_place(frame::body(cx.size)).height;
                self.list().key(key, height);
            }
            Action::Open => self.open(cx),
            Action::Mark => self.mark(cx),
            Action::People => cx.push(Manifest::of(self.run)),
            Action::Onward => self.scroll(1, cx),
            Action::Backward => self.scroll(-1, cx),
            Action::Block => self.begin(Sale::Off, cx),
            Action::Unblock => self.begin(Sale::On, cx),
            Action::Print => self.chart = Load::Waiting(cx.call(Request::Chart { run: self.run, coach: None })),
            Action::Chart => self.change = Load::Waiting(cx.call(Request::MakeChart { run: self.run })),
            Action::Times => cx.push(Times::of(self.run)),
            Action::Part => cx.push(Part::of(self.run)),
            Action::Cancel => self.cancel(cx),
            Action::Back if self.ask.take().is_some() => {}
            Action::Back if self.berths.take().is_some() => self.marked.clear(),
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, cx: &mut Context) {
        if !self.blocking.is_waiting() && self.ask.as_mut().is_some_and(|ask| ask.key(key)) {
            self.submit(false, cx);
        }
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        if let Some(ask) = self.ask.as_mut().filter(|_| !self.blocking.is_waiting()) {
            ask.paste(text);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let place = self.map_place(area);
        if self.ask.is_none()
            && let Touch::Acted(_) = self.list().mouse(mouse, place)
            && self.berths.is_none()
        {
            self.open(cx);
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        match answer {
            Answer::Yes(Question::CancelRun) => {
                self.change = Load::Waiting(cx.call(Request::CancelRun { run: self.run }));
            }
            Answer::Yes(Question::BlockCoaches) => self.submit(true, cx),
            _ => {}
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
        let blocked = |reply: &Reply| if let Reply::Blocked(blocked) = reply { Some(blocked.clone()) } else { None };
        if self.blocking.settle(call, &answer, blocked) {
            match std::mem::take(&mut self.blocking) {
                Load::Ready(blocked) => self.blocked_now(&blocked, cx),
                Load::Failed(failure) => cx.toast(Tone::Bad, failure.to_string()),
                Load::Idle | Load::Waiting(_) => {}
            }
        }
        let changed = |reply: &Reply| match reply {
            Reply::Done => Some(None),
            Reply::Charted(charts) => Some(Some(*charts)),
            _ => None,
        };
        if self.change.settle(call, &answer, changed) {
            match std::mem::take(&mut self.change) {
                Load::Ready(None) => cx.toast(Tone::Good, "The run is cancelled, and its bookings are refunded."),
                Load::Ready(Some(charts)) => {
                    let (tone, says) = charted(charts, cx.now);
                    cx.toast(tone, says);
                }
                Load::Failed(failure) => cx.toast(Tone::Bad, failure.to_string()),
                Load::Idle | Load::Waiting(_) => {}
            }
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.chart.give_up(call);
        self.change.give_up(call);
        self.blocking.give_up(call);
    }

    fn watch(&self, _world: &World) -> Vec<Watch> {
        vec![Watch { run: self.run, attention: Attention::Focus }]
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let Some(state) = self.state(world) else {
            return put(buf, Rect { height: 1.min(area.height), ..area }, 2, "Reading the run …", world.theme.dim);
        };
        let map = Map { state, first: self.first };
        let place = self.map_place(area);
        match (&self.berths, self.coach(world)) {
            (Some(berths), Some(coach)) => map.view(buf, place, Rows::Berths(coach, &self.marked), berths, world),
            _ => map.view(buf, place, Rows::Coaches, &self.coaches, world),
        }
        if let Some(ask) = &self.ask {
            let height = ask.height(area.width).min(area.height);
            ask.view(buf, Rect { y: area.bottom() - height, height, ..area }, world);
        } else {
            let last = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
            let words = self.off_sale(state, world).filter(|_| self.marked.is_empty());
            put(buf, last, 2, &words.unwrap_or_else(|| below(state, &self.marked)), world.theme.text);
        }
    }
}

/// Which charts are made, or why none is.
fn charted(charts: Charts, now: DateTime<Utc>) -> (Tone, String) {
    let at = |at| railway_time(at).format("%a %-d %b at %H:%M");
    match charts.stage {
        Stage::FirstChart => (Tone::Good, format!("The first chart is made; the last is due on {}.", at(charts.last))),
        Stage::FinalChart => (Tone::Good, "The last chart is made: nothing of the run is sold any more.".to_owned()),
        Stage::Cancelled => (Tone::Bad, "The run is cancelled and has no chart.".to_owned()),
        Stage::Open if now < charts.first => {
            (Tone::Bad, format!("No chart is due: the first is on {}. Come back then.", at(charts.first)))
        }
        Stage::Open => {
            let why = "The first chart is not made: nobody has bought of the run, or a process is at it. Try again in a minute.";
            (Tone::Bad, why.to_owned())
        }
    }
}

/// How many berths are marked, or else who waits, how far the run goes and how late it is.
fn below(state: &RunState, marked: &BTreeSet<u8>) -> String {
    match marked.len() {
        0 => [shortened(state), late(state), Some(waiting(state))].into_iter().flatten().collect::<Vec<_>>().join(" "),
        1 => "1 berth is marked.".to_owned(),
        more => format!("{more} berths are marked."),
    }
}

/// How late the run is where its times were changed last: `90 min late from BRC on: fog.`
pub(super) fn late(state: &RunState) -> Option<String> {
    let delay = state.delays.last()?;
    let station = state.train.halts().get(usize::from(delay.from))?.station;
    Some(match delay.minutes {
        0 => format!("On time again from {station} on: {}.", delay.reason),
        minutes => format!("{minutes} min late from {station} on: {}.", delay.reason),
    })
}

/// How far the run goes where a part of it was cancelled: `Goes from MMCT to BRC alone: a bridge is closed.`
pub(super) fn shortened(state: &RunState) -> Option<String> {
    let reason = &state.gaps.iter().next_back()?.reason;
    let way = state.gaps.left_of(state.train.halts().len())?;
    let (from, to) = state.train.ends(way)?;
    Some(format!("Goes from {} to {} alone: {reason}.", from.station, to.station))
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
