//! The times of a run, halt by halt, and the fields by which it goes later. What is typed is shown among them at once; what it
//! means for those who booked is asked before it is done.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::delay::{self, LONGEST_REASON, NewTimes, NotDelayed};
use crate::domain::inventory::RunState;
use crate::domain::train::{Halt, RunId, Train};
use crate::service::request::{DelayTrial, Failure, Reply, Request, RunDelay};
use crate::ui::attempt::{Attempt, Verdict};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Filled, Form};
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::{Attention, CallId, Load, Watch};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::admin::run::late;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::sheet::{moment, paragraph, put};

const HALT: usize = 0;
const TIME: usize = 1;
const WHY: usize = 2;

/// Columns of a time of the table, and where the first begins.
const COLUMN: u16 = 11;
const FIRST: u16 = 36;
/// Rows between the table and the fields: what is typed in words, and one above.
const WORDS: u16 = 3;

/// The times of a run.
#[derive(Clone, Debug)]
pub struct Times {
    run: RunId,
    form: Form,
    trial: Load<DelayTrial>,
    /// What was tried, and is asked about.
    tried: Option<(NewTimes, String, DelayTrial)>,
    attempt: Attempt,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go to the next field, and try it after the last.
    Forward,
    /// Ask again whether it was done.
    Again,
    /// Leave although nobody knows.
    Leave,
    /// Go back.
    Back,
}

impl Times {
    /// Those of a run.
    pub fn of(run: RunId) -> Self {
        let fields = vec![
            Field::text("From", 8).note("The code of its first halt that moves, such as KOTA."),
            Field::text("Time there", 8).note("Minutes late, such as 90, or a time, such as 23:45."),
            Field::text("Why", LONGEST_REASON).note("Everybody is told it. Enter says first who is told."),
        ];
        Self { run, form: Form::new(fields), trial: Load::Idle, tried: None, attempt: Attempt::default() }
    }

    fn state<'a>(&self, world: &'a World) -> Option<&'a RunState> {
        world.live.get(&self.run).map(|live| &*live.state)
    }

    /// What is typed, or what is wrong with it and in which field.
    fn typed(&self, state: &RunState) -> Result<NewTimes, (usize, NotDelayed)> {
        let timetabled = state.delays.off(&state.train).map_err(|error| (HALT, error))?;
        let from = NewTimes::halt(&timetabled, self.form.field(HALT).value()).map_err(|error| (HALT, error))?;
        let halt = &timetabled.halts()[usize::from(from)];
        let minutes = NewTimes::minutes(halt, self.form.field(TIME).value()).map_err(|error| (TIME, error))?;
        Ok(NewTimes { from, minutes })
    }

    /// The train as it would go.
    fn planned(&self, state: &RunState, world: &World) -> Result<(NewTimes, Train), (usize, NotDelayed)> {
        let new = self.typed(state)?;
        Ok((new, delay::plan(state, new, world.now).map_err(|error| (TIME, error))?))
    }

    /// Asks what it would mean.
    fn submit(&mut self, cx: &mut Context) {
        let Some(state) = self.state(cx) else { return };
        match self.planned(state, cx) {
            Err((field, error)) => self.form.refuse(field, error.to_string()),
            Ok((new, _)) => match delay::reason(self.form.field(WHY).value()) {
                Err(error) => self.form.refuse(WHY, error.to_string()),
                Ok(_) => self.trial = Load::Waiting(cx.call(Request::TryDelay { run: self.run, new })),
            },
        }
    }

    /// Says what it would mean, and asks.
    fn ask(&mut self, trial: DelayTrial, cx: &mut Context) {
        let Some(state) = self.state(cx) else { return };
        let (Ok(new), Ok(reason)) = (self.typed(state), delay::reason(self.form.field(WHY).value())) else { return };
        let station = state.train.halts()[usize::from(new.from)].station;
        let name = cx.station_name(station);
        cx.confirm(Confirm {
            question: Question::DelayRun,
            title: format!("{} leaves {station} at {}?", self.run.train, trial.leaves.format("%H:%M")),
            text: format!(
                "It leaves {name} on {}, and not on {}. {}",
                moment(trial.leaves),
                moment(trial.was),
                told(trial),
            ),
            yes: "Change the times",
            no: "Leave them",
        });
        self.tried = Some((new, reason, trial));
    }

    /// The table, the words below it, and the fields.
    fn places(&self, area: Rect) -> [Rect; 3] {
        let fields = self.form.height(area.width).min(area.height);
        let form = Rect { y: area.bottom() - fields, height: fields, ..area };
        let words = Rect { y: form.y.saturating_sub(WORDS), height: WORDS.min(form.y - area.y), ..area };
        let table = Rect { height: words.y.saturating_sub(area.y), ..area };
        [table, words, form]
    }

    /// The halts with their times, by the timetable, by now and as typed.
    fn table(&self, buf: &mut Buffer, place: Rect, state: &RunState, world: &World) {
        let theme = &world.theme;
        let Ok(timetabled) = state.delays.off(&state.train) else { return };
        let planned = self.planned(state, world).ok();
        let from = self.typed(state).map(|new| usize::from(new.from)).ok();
        let head = Rect { height: 1.min(place.height), ..place };
        put(buf, head, 2, "Halt", theme.dim);
        for (nth, word) in (0..).zip(["timetable", "now", "then"]) {
            put(buf, head, FIRST + nth * COLUMN, &text::right(word, COLUMN - 1), theme.dim);
        }
        let (halts, rows) = (timetabled.halts(), usize::from(place.height.saturating_sub(1)));
        let typed = from.or_else(|| {
            let code = self.form.field(HALT).value();
            NewTimes::halt(&timetabled, code).ok().map(usize::from)
        });
        let top = typed.unwrap_or(0).saturating_sub(1).min(halts.len().saturating_sub(rows));
        for ((at, halt), row) in halts.iter().enumerate().skip(top).zip(place.rows().skip(1)) {
            let is_last = at + 1 == halts.len();
            let time = |halt: &Halt| if is_last { halt.arrive } else { halt.depart }.to_string();
            put(buf, row, 2, halt.station.as_str(), if typed == Some(at) { theme.accent } else { theme.strong });
            put(buf, row, 9, &text::fit(&world.station_name(halt.station), FIRST - 10), theme.text);
            let now = time(&state.train.halts()[at]);
            let then = planned.as_ref().map(|(_, train)| time(&train.halts()[at])).filter(|then| *then != now);
            let late = if now == time(halt) { theme.text } else { theme.warning };
            let times = [(Some(time(halt)), theme.dim), (Some(now), late), (then, theme.accent)];
            for (nth, (time, style)) in (0..).zip(times) {
                let time = time.unwrap_or_default();
                put(buf, row, FIRST + nth * COLUMN, &text::right(&time, COLUMN - 1), style);
            }
        }
    }

    /// What is typed in words, or what is wrong with it; before anything is, how late the run is.
    fn words(&self, buf: &mut Buffer, place: Rect, state: &RunState, world: &World) {
        let theme = &world.theme;
        let place = Rect { y: place.y + 1.min(place.height), height: place.height.saturating_sub(1), ..place };
        if let Some(doubt) = self.attempt.doubt() {
            return paragraph(buf, place, doubt, theme.warning);
        }
        if self.form.field(TIME).is_empty() {
            let says = late(state).map(|late| format!("{late} 0 minutes take it back."));
            return paragraph(buf, place, says.as_deref().unwrap_or("The run goes by its timetable."), theme.text);
        }
        match self.planned(state, world) {
            Ok((new, train)) => {
                let halt = &train.halts()[usize::from(new.from)];
                let leaves = moment(halt.depart.on(self.run.date));
                let after = match new.minutes {
                    0 => "as in the timetable".to_owned(),
                    minutes => format!("{minutes} minutes after the timetable"),
                };
                paragraph(buf, place, &format!("Leaves {} on {leaves}, {after}.", halt.station), theme.text);
            }
            Err((_, error)) => paragraph(buf, place, &error.to_string(), theme.warning),
        }
    }
}

/// Who is told, and who may give up for nothing: `38 bookings are told, and 12 of them get everything back …`.
pub fn told(trial: DelayTrial) -> String {
    let told = match trial.told {
        0 => "Nobody's boarding changes by it".to_owned(),
        1 => "1 booking is told".to_owned(),
        more => format!("{more} bookings are told"),
    };
    let free = match (trial.told, trial.free) {
        (0, _) => ", so that nobody is told.".to_owned(),
        (_, 0) => "; none of them may be given up for nothing.".to_owned(),
        (_, free) => format!("; {free} of them may be given up for nothing until it leaves."),
    };
    format!("{told}{free}{}", passed_over(trial.unreadable))
}

/// The sentence that says how many bookings cannot be read; nothing of none.
pub(super) fn passed_over(unreadable: usize) -> String {
    match unreadable {
        0 => String::new(),
        1 => " 1 more booking cannot be read and is not counted.".to_owned(),
        more => format!(" {more} more bookings cannot be read and are not counted."),
    }
}

impl Scene for Times {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "go on", "Goes on, and says after the last field who is told.", Action::Forward),
        bind(&[Key::Enter], "Enter", "ask again", "Asks again for the same: it will not happen twice.", Action::Again),
        bind(&[Key::Esc], "Esc", "leave", "Leaves without knowing whether it was done.", Action::Leave),
        bind(&[Key::Esc], "Esc", "back", "Goes back; nothing is changed.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        format!("Times of {} on {}", self.run.train, long_date(self.run.date))
    }

    fn fact(&self, _world: &World) -> Option<String> {
        self.attempt.doubt().map(|_| "not known yet".to_owned())
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Forward => self.attempt.is_idle() && !self.trial.is_waiting() && self.state(world).is_some(),
            Action::Back => self.attempt.is_idle(),
            Action::Again | Action::Leave => self.attempt.doubt().is_some(),
        }
    }

    fn typing(&self) -> Typing {
        self.form.typing()
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Forward => {
                if self.form.key(Key::Enter) == Filled::Submit {
                    self.submit(cx);
                }
            }
            Action::Again => self.attempt.repeat(cx),
            Action::Leave => cx.confirm(Confirm {
                question: Question::GiveUp,
                title: "Leave without knowing?".to_owned(),
                text:
                    "The times may have been changed. Open the run again and look at them, or stay and press Enter to \
                       ask once more."
                        .to_owned(),
                yes: "Leave",
                no: "Stay",
            }),
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        if self.attempt.is_idle() && !self.trial.is_waiting() {
            self.form.key(key);
        }
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        if self.attempt.is_idle() && !self.trial.is_waiting() {
            self.form.paste(text);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, _cx: &mut Context) {
        let [.., form] = self.places(area);
        self.form.mouse(mouse, form);
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        match answer {
            Answer::Yes(Question::GiveUp) => cx.pop(),
            Answer::Yes(Question::DelayRun) => {
                let Some((new, reason, trial)) = self.tried.clone() else { return };
                let (op, run, based_on) = (cx.op_id(), self.run, trial.based_on);
                self.attempt.begin(Request::DelayRun(RunDelay { op, run, new, reason, based_on }), cx);
            }
            _ => {}
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let tried = |reply: &Reply| if let Reply::DelayTried(trial) = reply { Some(*trial) } else { None };
        if self.trial.settle(call, &answer, tried) {
            match std::mem::take(&mut self.trial) {
                Load::Ready(trial) => self.ask(trial, cx),
                Load::Failed(failure) => self.form.refuse(TIME, failure.to_string()),
                Load::Idle | Load::Waiting(_) => {}
            }
        }
        match self.attempt.settle_as(call, &answer, |reply| matches!(reply, Reply::Done).then_some(())) {
            Verdict::Done(()) => {
                let bookings = self.tried.as_ref().map_or(0, |(.., trial)| trial.told);
                let whom = match bookings {
                    0 => "nobody's boarding has changed".to_owned(),
                    1 => "1 booking is told".to_owned(),
                    more => format!("{more} bookings are told"),
                };
                cx.toast(Tone::Good, format!("The times are changed, and {whom}."));
                cx.pop();
            }
            Verdict::Refused(failure) => self.form.refuse(TIME, failure.to_string()),
            Verdict::Unknown | Verdict::NotMine => {}
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.trial.give_up(call);
        self.attempt.gave_up(call);
    }

    fn watch(&self, _world: &World) -> Vec<Watch> {
        vec![Watch { run: self.run, attention: Attention::Focus }]
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let Some(state) = self.state(world) else {
            return put(buf, Rect { height: 1.min(area.height), ..area }, 2, "Reading the run …", world.theme.dim);
        };
        let [table, words, form] = self.places(area);
        self.table(buf, table, state, world);
        self.words(buf, words, state, world);
        self.form.view(buf, form, world);
    }
}
