//! A change of a run that is sold already: it is typed into three fields and seen among the halts at once, tried before anybody is
//! asked, asked about with what it means for those who booked, and done once, however often the answer is lost.

use std::fmt::{Debug, Display};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::booking::OpId;
use crate::domain::delay;
use crate::domain::inventory::RunState;
use crate::domain::train::{Halt, RunId};
use crate::service::request::{Failure, Reply, Request};
use crate::ui::attempt::{Attempt, Verdict};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Filled, Form};
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::{Attention, CallId, Load, Watch};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::Scene;
use crate::ui::text;
use crate::ui::theme::{Theme, Tone};
use crate::ui::widgets::sheet::{paragraph, put};

/// The field with the halt at which the change begins.
pub(super) const FROM: usize = 0;
/// The field that says how the run goes from there.
pub(super) const HOW: usize = 1;
/// The field with what people are told.
pub(super) const WHY: usize = 2;

/// Columns of a time of the table, and where the first begins.
const COLUMN: u16 = 11;
const FIRST: u16 = 36;
/// Rows between the table and the fields: what is typed in words, and one above.
const WORDS: u16 = 3;

/// A kind of change.
pub trait RunChange: Debug + Clone {
    /// A change of the kind.
    type New: Debug + Clone;
    /// What a trial of one says.
    type Trial: Debug + Copy;
    /// Why there is no such change.
    type Wrong: Display;

    /// What Enter does, in a sentence.
    const FORWARD: &'static str;
    /// What the table says of each halt.
    const COLUMNS: &'static [&'static str];
    /// What is asked before it is done.
    const QUESTION: Question;
    /// What is said to whoever leaves without knowing whether it was done.
    const IN_DOUBT: &'static str;

    /// Where this is, in words.
    fn place(run: RunId) -> String;

    /// The fields, in the order of their numbers.
    fn fields() -> [Field; 3];

    /// What is typed, or what is wrong with it and in which field.
    fn typed(form: &Form, state: &RunState, now: DateTime<Utc>) -> Result<Self::New, (usize, Self::Wrong)>;

    /// What the columns say of a halt, from 0.
    fn columns(state: &RunState, typed: Option<&Self::New>, at: usize, theme: &Theme) -> Vec<(String, Style)>;

    /// How the run goes as it is.
    fn as_it_is(state: &RunState) -> String;

    /// How it would go.
    fn as_typed(state: &RunState, new: &Self::New) -> String;

    /// Asks what a change would mean.
    fn attempt(run: RunId, new: &Self::New) -> Request;

    /// What the answer says.
    fn tried(reply: &Reply) -> Option<Self::Trial>;

    /// What is asked before it is done.
    fn question(state: &RunState, new: &Self::New, trial: Self::Trial, world: &World) -> Confirm;

    /// Asks for it.
    fn request(op: OpId, run: RunId, new: Self::New, reason: String, trial: Self::Trial) -> Request;

    /// That it was done, and what it meant.
    fn done(trial: Self::Trial) -> String;
}

/// A change of a run.
#[derive(Clone, Debug)]
pub struct Changing<C: RunChange> {
    run: RunId,
    form: Form,
    trial: Load<C::Trial>,
    /// What was tried, and is asked about.
    tried: Option<(C::New, String, C::Trial)>,
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

impl<C: RunChange> Changing<C> {
    /// One of a run.
    pub fn of(run: RunId) -> Self {
        let form = Form::new(C::fields().into());
        Self { run, form, trial: Load::Idle, tried: None, attempt: Attempt::default() }
    }

    fn state<'a>(&self, world: &'a World) -> Option<&'a Arc<RunState>> {
        world.live.get(&self.run).map(|live| &live.state)
    }

    /// Nothing is under way that what is typed belongs to.
    fn is_open(&self) -> bool {
        self.attempt.is_idle() && !self.trial.is_waiting()
    }

    /// What is typed and why, unless there is something wrong: then its field says so.
    fn filled(&mut self, state: &RunState, now: DateTime<Utc>) -> Option<(C::New, String)> {
        let new = C::typed(&self.form, state, now).map_err(|(field, wrong)| (field, wrong.to_string()));
        let reason = || delay::reason(self.form.field(WHY).value()).map_err(|wrong| (WHY, wrong.to_string()));
        match new.and_then(|new| Ok((new, reason()?))) {
            Ok(filled) => Some(filled),
            Err((field, wrong)) => {
                self.form.refuse(field, wrong);
                None
            }
        }
    }

    /// Asks what it would mean.
    fn submit(&mut self, cx: &mut Context) {
        let Some(state) = self.state(cx).map(Arc::clone) else { return };
        if let Some((new, _)) = self.filled(&state, cx.now) {
            self.trial = Load::Waiting(cx.call(C::attempt(self.run, &new)));
        }
    }

    /// Says what it would mean, and asks.
    fn ask(&mut self, trial: C::Trial, cx: &mut Context) {
        let Some(state) = self.state(cx).map(Arc::clone) else { return };
        if let Some((new, reason)) = self.filled(&state, cx.now) {
            cx.confirm(C::question(&state, &new, trial, cx));
            self.tried = Some((new, reason, trial));
        }
    }

    /// The table, the words below it, and the fields.
    fn places(&self, area: Rect) -> [Rect; 3] {
        let fields = self.form.height(area.width).min(area.height);
        let form = Rect { y: area.bottom() - fields, height: fields, ..area };
        let words = Rect { y: form.y.saturating_sub(WORDS), height: WORDS.min(form.y - area.y), ..area };
        let table = Rect { height: words.y.saturating_sub(area.y), ..area };
        [table, words, form]
    }

    /// The halts, and what the columns say of each.
    fn table(&self, buf: &mut Buffer, place: Rect, state: &RunState, world: &World) {
        let theme = &world.theme;
        let typed = C::typed(&self.form, state, world.now).ok();
        let head = Rect { height: 1.min(place.height), ..place };
        put(buf, head, 2, "Halt", theme.dim);
        for (nth, word) in (0..).zip(C::COLUMNS) {
            put(buf, head, FIRST + nth * COLUMN, &text::right(word, COLUMN - 1), theme.dim);
        }
        let (halts, rows) = (state.train.halts(), usize::from(place.height.saturating_sub(1)));
        let first = state.train.call_at(self.form.field(FROM).value(), 0).map(usize::from);
        let top = first.unwrap_or(0).saturating_sub(1).min(halts.len().saturating_sub(rows));
        for ((at, halt), row) in halts.iter().enumerate().skip(top).zip(place.rows().skip(1)) {
            put(buf, row, 2, halt.station.as_str(), if first == Some(at) { theme.accent } else { theme.strong });
            put(buf, row, 9, &text::fit(&world.station_name(halt.station), FIRST - 10), theme.text);
            for (nth, (words, style)) in (0..).zip(C::columns(state, typed.as_ref(), at, theme)) {
                put(buf, row, FIRST + nth * COLUMN, &text::right(&words, COLUMN - 1), style);
            }
        }
    }

    /// What is typed in words, or what is wrong with it; before anything is, how the run goes.
    fn words(&self, buf: &mut Buffer, place: Rect, state: &RunState, world: &World) {
        let theme = &world.theme;
        let place = Rect { y: place.y + 1.min(place.height), height: place.height.saturating_sub(1), ..place };
        if let Some(doubt) = self.attempt.doubt() {
            return paragraph(buf, place, doubt, theme.warning);
        }
        if self.form.field(HOW).is_empty() {
            return paragraph(buf, place, &C::as_it_is(state), theme.text);
        }
        match C::typed(&self.form, state, world.now) {
            Ok(new) => paragraph(buf, place, &C::as_typed(state, &new), theme.text),
            Err((_, wrong)) => paragraph(buf, place, &wrong.to_string(), theme.warning),
        }
    }
}

/// When a run leaves one of its halts, or reaches the last of them.
pub(super) fn time_at(halts: &[Halt], at: usize) -> String {
    let is_last = at + 1 == halts.len();
    halts.get(at).map(|halt| if is_last { halt.arrive } else { halt.depart }.to_string()).unwrap_or_default()
}

/// The sentence that says how many bookings cannot be read; nothing of none.
pub(super) fn passed_over(unreadable: usize) -> String {
    match unreadable {
        0 => String::new(),
        1 => " 1 more booking cannot be read and is not counted.".to_owned(),
        more => format!(" {more} more bookings cannot be read and are not counted."),
    }
}

impl<C: RunChange> Scene for Changing<C> {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "go on", C::FORWARD, Action::Forward),
        bind(&[Key::Enter], "Enter", "ask again", "Asks again for the same: it will not happen twice.", Action::Again),
        bind(&[Key::Esc], "Esc", "leave", "Leaves without knowing whether it was done.", Action::Leave),
        bind(&[Key::Esc], "Esc", "back", "Goes back; nothing is changed.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        C::place(self.run)
    }

    fn fact(&self, _world: &World) -> Option<String> {
        self.attempt.doubt().map(|_| "not known yet".to_owned())
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Forward => self.is_open() && self.state(world).is_some(),
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
                text: C::IN_DOUBT.to_owned(),
                yes: "Leave",
                no: "Stay",
            }),
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        if self.is_open() {
            self.form.key(key);
        }
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        if self.is_open() {
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
            Answer::Yes(question) if question == C::QUESTION => {
                let Some((new, reason, trial)) = self.tried.clone() else { return };
                let op = cx.op_id();
                self.attempt.begin(C::request(op, self.run, new, reason, trial), cx);
            }
            _ => {}
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        if self.trial.settle(call, &answer, C::tried) {
            match std::mem::take(&mut self.trial) {
                Load::Ready(trial) => self.ask(trial, cx),
                Load::Failed(failure) => self.form.refuse(HOW, failure.to_string()),
                Load::Idle | Load::Waiting(_) => {}
            }
        }
        match self.attempt.settle_as(call, &answer, |reply| matches!(reply, Reply::Done).then_some(())) {
            Verdict::Done(()) => {
                if let Some((.., trial)) = self.tried {
                    cx.toast(Tone::Good, C::done(trial));
                }
                cx.pop();
            }
            Verdict::Refused(failure) => self.form.refuse(HOW, failure.to_string()),
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
