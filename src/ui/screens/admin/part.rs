//! A part of a run's way that is cancelled: the halts, and the fields by which the part is named. What is typed is shown among them
//! at once; what it means for those who booked is asked before it is done.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::delay::{self, LONGEST_REASON};
use crate::domain::gap::{self, Gaps, NoGap, Stretch};
use crate::domain::inventory::RunState;
use crate::domain::train::{Halt, RunId};
use crate::service::request::{Failure, PartCancellation, PartTrial, Reply, Request};
use crate::ui::attempt::{Attempt, Verdict};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Filled, Form};
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::{Attention, CallId, Load, Watch};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::admin::run::shortened;
use crate::ui::screens::admin::times::passed_over;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::sheet::{paragraph, put};

const FROM: usize = 0;
const TO: usize = 1;
const WHY: usize = 2;

/// Columns of the table, and where the first begins.
const COLUMN: u16 = 11;
const FIRST: u16 = 36;
/// Rows between the table and the fields: what is typed in words, and one above.
const WORDS: u16 = 3;

/// The part of a run that is cancelled.
#[derive(Clone, Debug)]
pub struct Part {
    run: RunId,
    form: Form,
    trial: Load<PartTrial>,
    /// What was tried, and is asked about.
    tried: Option<(Stretch, String, PartTrial)>,
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

impl Part {
    /// One of a run.
    pub fn of(run: RunId) -> Self {
        let fields = vec![
            Field::text("From", 8).note("The halt where the part begins, such as KOTA."),
            Field::text("To", 8).note("Where it ends. The run begins or ends with the part."),
            Field::text("Why", LONGEST_REASON).note("Everybody is told it. Enter says first who is refunded."),
        ];
        Self { run, form: Form::new(fields), trial: Load::Idle, tried: None, attempt: Attempt::default() }
    }

    fn state<'a>(&self, world: &'a World) -> Option<&'a RunState> {
        world.live.get(&self.run).map(|live| &*live.state)
    }

    /// What is typed, or what is wrong with it and in which field.
    fn typed(&self, state: &RunState, world: &World) -> Result<Stretch, (usize, NoGap)> {
        let (from, to) = (self.form.field(FROM).value(), self.form.field(TO).value());
        Stretch::halt(&state.train, from).map_err(|error| (FROM, error))?;
        let part = Stretch::read(&state.train, from, to).map_err(|error| (TO, error))?;
        gap::check(state, part, world.now).map_err(|error| (TO, error))?;
        Ok(part)
    }

    /// Asks what it would mean.
    fn submit(&mut self, cx: &mut Context) {
        let Some(state) = self.state(cx) else { return };
        match self.typed(state, cx) {
            Err((field, error)) => self.form.refuse(field, error.to_string()),
            Ok(part) => match delay::reason(self.form.field(WHY).value()) {
                Err(error) => self.form.refuse(WHY, error.to_string()),
                Ok(_) => self.trial = Load::Waiting(cx.call(Request::TryCancelPart { run: self.run, part })),
            },
        }
    }

    /// Says what it would mean, and asks.
    fn ask(&mut self, trial: PartTrial, cx: &mut Context) {
        let Some(state) = self.state(cx) else { return };
        let (Ok(part), Ok(reason)) = (self.typed(state, cx), delay::reason(self.form.field(WHY).value())) else {
            return;
        };
        let (from, to) = (trial.from, trial.to);
        cx.confirm(Confirm {
            question: Question::CancelPart,
            title: format!("Cancel {from} to {to} of {}?", self.run.train),
            text: format!(
                "Nothing that needs this part is sold any more. {} This cannot be taken back.",
                refunded(trial, cx.glyphs.rupee),
            ),
            yes: "Cancel the part",
            no: "Keep it",
        });
        self.tried = Some((part, reason, trial));
    }

    /// The table, the words below it, and the fields.
    fn places(&self, area: Rect) -> [Rect; 3] {
        let fields = self.form.height(area.width).min(area.height);
        let form = Rect { y: area.bottom() - fields, height: fields, ..area };
        let words = Rect { y: form.y.saturating_sub(WORDS), height: WORDS.min(form.y - area.y), ..area };
        let table = Rect { height: words.y.saturating_sub(area.y), ..area };
        [table, words, form]
    }

    /// The halts with the times at which the run calls there, now and as typed.
    fn table(&self, buf: &mut Buffer, place: Rect, state: &RunState, world: &World) {
        let theme = &world.theme;
        let typed = self.typed(state, world).ok();
        let head = Rect { height: 1.min(place.height), ..place };
        put(buf, head, 2, "Halt", theme.dim);
        for (nth, word) in (0..).zip(["now", "then"]) {
            put(buf, head, FIRST + nth * COLUMN, &text::right(word, COLUMN - 1), theme.dim);
        }
        let (halts, rows) = (state.train.halts(), usize::from(place.height.saturating_sub(1)));
        let first =
            typed.map(|part| part.from).or_else(|| Stretch::halt(&state.train, self.form.field(FROM).value()).ok());
        let top = first.map_or(0, usize::from).saturating_sub(1).min(halts.len().saturating_sub(rows));
        for ((at, halt), row) in (0_u8..).zip(halts).skip(top).zip(place.rows().skip(1)) {
            let is_last = usize::from(at) + 1 == halts.len();
            let time = |halt: &Halt| if is_last { halt.arrive } else { halt.depart }.to_string();
            let calls = |gone: Option<Stretch>| calls_at(&state.gaps, gone, at, halts.len());
            put(buf, row, 2, halt.station.as_str(), if first == Some(at) { theme.accent } else { theme.strong });
            put(buf, row, 9, &text::fit(&world.station_name(halt.station), FIRST - 10), theme.text);
            let now = if calls(None) { (time(halt), theme.text) } else { ("not run".to_owned(), theme.warning) };
            let is_lost = calls(None) && !calls(typed);
            let then = (if is_lost { "not run" } else { "" }.to_owned(), theme.accent);
            for (nth, (words, style)) in (0..).zip([now, then]) {
                put(buf, row, FIRST + nth * COLUMN, &text::right(&words, COLUMN - 1), style);
            }
        }
    }

    /// What is typed in words, or what is wrong with it; before anything is, how far the run goes.
    fn words(&self, buf: &mut Buffer, place: Rect, state: &RunState, world: &World) {
        let theme = &world.theme;
        let place = Rect { y: place.y + 1.min(place.height), height: place.height.saturating_sub(1), ..place };
        if let Some(doubt) = self.attempt.doubt() {
            return paragraph(buf, place, doubt, theme.warning);
        }
        if self.form.field(TO).is_empty() {
            let says = shortened(state).unwrap_or_else(|| "The run goes all of its way.".to_owned());
            return paragraph(buf, place, &says, theme.text);
        }
        match self.typed(state, world) {
            Ok(part) => {
                let ends = part.ends(&state.train).map(|(from, to)| format!("Not run from {from} to {to}."));
                paragraph(buf, place, &ends.unwrap_or_default(), theme.text);
            }
            Err((_, error)) => paragraph(buf, place, &error.to_string(), theme.warning),
        }
    }
}

/// Whether a run with gaps, and one more, calls at a halt: it comes from the one before, or goes to the next.
fn calls_at(gaps: &Gaps, more: Option<Stretch>, halt: u8, halts: usize) -> bool {
    let gone = more.into_iter().fold(gaps.mask(), |mask, part| mask.with(part.mask()));
    let is_run = |segment: u8| usize::from(segment) + 1 < halts && !gone.has(segment);
    is_run(halt) || halt.checked_sub(1).is_some_and(is_run)
}

/// Who is given up, and what they get back: `38 bookings of 61 passengers are given up, and ₹45,120.00 given back.`
pub fn refunded(trial: PartTrial, rupee: &str) -> String {
    let passengers = match trial.passengers {
        1 => "1 passenger".to_owned(),
        more => format!("{more} passengers"),
    };
    let given_up = match trial.bookings {
        0 => "No booking needs it.".to_owned(),
        1 => format!("1 booking of {passengers} is given up, and {rupee}{} given back.", trial.refunded),
        more => format!("{more} bookings of {passengers} are given up, and {rupee}{} given back.", trial.refunded),
    };
    format!("{given_up}{}", passed_over(trial.unreadable))
}

impl Scene for Part {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(
            &[Key::Enter],
            "Enter",
            "go on",
            "Goes on, and says after the last field who is refunded.",
            Action::Forward,
        ),
        bind(&[Key::Enter], "Enter", "ask again", "Asks again for the same: it will not happen twice.", Action::Again),
        bind(&[Key::Esc], "Esc", "leave", "Leaves without knowing whether it was done.", Action::Leave),
        bind(&[Key::Esc], "Esc", "back", "Goes back; nothing is changed.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        format!("Part of {} on {}", self.run.train, long_date(self.run.date))
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
                    "The part may have been cancelled. Open the run again and look at it, or stay and press Enter to \
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
            Answer::Yes(Question::CancelPart) => {
                let Some((part, reason, trial)) = self.tried.clone() else { return };
                let (op, run, based_on) = (cx.op_id(), self.run, trial.based_on);
                self.attempt.begin(Request::CancelPart(PartCancellation { op, run, part, reason, based_on }), cx);
            }
            _ => {}
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let tried = |reply: &Reply| if let Reply::PartTried(trial) = reply { Some(*trial) } else { None };
        if self.trial.settle(call, &answer, tried) {
            match std::mem::take(&mut self.trial) {
                Load::Ready(trial) => self.ask(trial, cx),
                Load::Failed(failure) => self.form.refuse(TO, failure.to_string()),
                Load::Idle | Load::Waiting(_) => {}
            }
        }
        match self.attempt.settle_as(call, &answer, |reply| matches!(reply, Reply::Done).then_some(())) {
            Verdict::Done(()) => {
                let bookings = self.tried.as_ref().map_or(0, |(.., trial)| trial.bookings);
                let whom = match bookings {
                    0 => "no booking needed it".to_owned(),
                    1 => "1 booking is refunded".to_owned(),
                    more => format!("{more} bookings are refunded"),
                };
                cx.toast(Tone::Good, format!("The part is cancelled, and {whom}."));
                cx.pop();
            }
            Verdict::Refused(failure) => self.form.refuse(TO, failure.to_string()),
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
