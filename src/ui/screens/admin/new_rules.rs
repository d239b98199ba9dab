//! Rules to be published: a text, pasted or read from a file of this machine, what is wrong in it by line, what it would do
//! to a sample booking, and from which day it holds.

use chrono::NaiveDate;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::OpId;
use crate::domain::coach::Class;
use crate::domain::passenger::Age;
use crate::domain::quota::Quota;
use crate::domain::rules::book::{LONGEST_TEXT, NotEntered};
use crate::domain::train::TrainNumber;
use crate::service::request::{
    Failure, PreviewLine, Reply, Request, RulePublication, RuleRecord, RuleTrial, SampleBooking,
};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Filled, Form};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, Typing, bind};
use crate::ui::msg::{CallId, How, LONGEST_PASTE, Load, OpenFailed};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::admin::rule_text::Lines;
use crate::ui::screens::admin::when;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::ListState;
use crate::ui::widgets::sheet::put;

/// Rows above the form and above what was found.
const HEAD: u16 = 3;
/// Columns of what was found.
const NOW: u16 = 34;
const THEN: u16 = 56;
/// The most passengers of a sample.
const PARTY: usize = 6;

/// The fields of the form, after that for a file where there is one.
const FROM: usize = 0;
const TRAIN: usize = 1;
const DATE: usize = 2;
const CLASS: usize = 3;
const QUOTA: usize = 4;
const AGES: usize = 5;

/// A text that is to be rules.
#[derive(Clone, Debug)]
pub struct NewRules {
    form: Form,
    /// Whether a file of this machine can be read: where its person sits at it.
    reads: bool,
    text: String,
    lines: Lines,
    /// What was found of the text, while it is shown; the form otherwise.
    trial: Load<RuleTrial>,
    /// The first row of it that is shown.
    top: usize,
    /// Names the publication of what was tried, however often it is asked for.
    op: Option<OpId>,
    change: Load<RuleRecord>,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go on in the form, and try the text from its end.
    Next,
    /// Try the text.
    Try,
    /// Publish it.
    Publish,
    /// Scroll what was found.
    Move(Key),
    /// Leave what was found, or the screen.
    Back,
}

impl NewRules {
    /// An empty one.
    pub fn new(world: &World) -> Self {
        let reads = world.documents.contains(&How::Save);
        let file = reads.then(|| {
            Field::text("File", 200).note("a file of this machine; or paste its text here instead, Enter reads it")
        });
        let quotas = Quota::ALL.map(Quota::words);
        let fields = [
            Field::text("From", 24).note("the first day: 1 jan, +30, 2027-01-01; nothing for the earliest"),
            Field::text("Sample train", 5).note("nothing to look at the text alone"),
            Field::text("Leaves on", 24).note("1 jan, +30; nothing for the first day of the rules"),
            Field::choice("Class", Class::ALL.map(|class| class.to_string())),
            Field::choice("Quota", quotas),
            Field::text("Ages", 30).note("of who travels, such as 34 31 7").with_value("34"),
        ];
        Self {
            form: Form::new(file.into_iter().chain(fields).collect()),
            reads,
            text: String::new(),
            lines: Lines::of(""),
            trial: Load::Idle,
            top: 0,
            op: None,
            change: Load::Idle,
        }
    }

    fn at(&self, field: usize) -> usize {
        field + usize::from(self.reads)
    }

    fn field(&self, field: usize) -> &Field {
        self.form.field(self.at(field))
    }

    fn refuse(&mut self, field: usize, why: impl Into<String>) {
        self.form.refuse(self.at(field), why);
    }

    /// Takes a text in the place of the one before.
    fn take_text(&mut self, text: &str, cx: &mut Context) {
        if text.len() > LONGEST_TEXT {
            return cx.toast(Tone::Bad, NotEntered::TooLong.to_string());
        }
        // What was tried, and maybe published, was another.
        (self.trial, self.op) = (Load::Idle, None);
        text.clone_into(&mut self.text);
        self.lines = Lines::of(text);
        cx.toast(Tone::Good, format!("{} lines were taken: F2 tries them.", self.lines.count()));
        if self.reads && self.form.focus() == 0 {
            self.form.set_focus(1);
        }
    }

    fn is_shown(&self) -> bool {
        self.trial.ready().is_some()
    }

    /// What was tried, if it can be published.
    fn good(&self) -> Option<&RuleTrial> {
        self.trial.ready().filter(|trial| trial.mistakes.is_empty() && trial.kind.is_some())
    }

    /// The first day as it is typed; nothing for the earliest.
    fn from(&mut self, world: &World) -> Result<Option<NaiveDate>, Refused> {
        if self.field(FROM).is_empty() {
            return Ok(None);
        }
        let day = when::day(self.field(FROM).value(), world.today());
        if day.is_none() {
            self.refuse(FROM, "Type a day such as 1 jan, +30 for in thirty days, or 2027-01-01.");
        }
        day.map(Some).ok_or(Refused)
    }

    /// The sample as it is typed; nothing for none.
    fn sample(&mut self, world: &World) -> Result<Option<SampleBooking>, Refused> {
        if self.field(TRAIN).is_empty() {
            return Ok(None);
        }
        let train = TrainNumber::parse(self.field(TRAIN).value().trim());
        let date = match self.field(DATE).value() {
            "" => Some(NaiveDate::MIN),
            typed => when::day(typed, world.today()),
        };
        let ages: Vec<Result<Age, _>> =
            self.field(AGES).value().split([' ', ',']).filter(|age| !age.is_empty()).map(str::parse).collect();
        let count = ages.len();
        let ages = ages.into_iter().collect::<Result<Vec<_>, _>>();
        if !(1..=PARTY).contains(&count) {
            self.refuse(AGES, format!("Type the ages of 1 to {PARTY} passengers, such as 34 31 7."));
        } else if let Err(bad) = &ages {
            self.refuse(AGES, bad.to_string());
        }
        if date.is_none() {
            self.refuse(DATE, "Type a day such as 1 jan, +30 for in thirty days, or 2027-01-01.");
        }
        if let Err(bad) = &train {
            self.refuse(TRAIN, bad.to_string());
        }
        let (Ok(train), Some(date), Ok(ages), true) = (train, date, ages, (1..=PARTY).contains(&count)) else {
            return Err(Refused);
        };
        let class = Class::ALL[self.field(CLASS).chosen()];
        let quota = Quota::ALL[self.field(QUOTA).chosen()];
        Ok(Some(SampleBooking { train, date, class, quota, ages }))
    }

    fn try_out(&mut self, cx: &mut Context) {
        if self.text.is_empty() {
            let how = if self.reads { "paste it, or name a file" } else { "copy it and paste it here" };
            return cx.toast(Tone::Bad, format!("There is no text yet: {how}."));
        }
        let sample = self.sample(cx);
        let from = self.from(cx);
        if let (Ok(sample), Ok(from)) = (sample, from) {
            self.op = None;
            self.top = 0;
            self.trial = Load::Waiting(cx.call(Request::TryRules { text: self.text.clone(), from, sample }));
        }
    }

    fn ask_to_publish(&self, cx: &mut Context) {
        let Some((trial, kind)) = self.good().and_then(|trial| Some((trial, trial.kind?))) else { return };
        let instead = trial.instead_of.as_ref().map_or_else(String::new, |id| format!(" instead of {id}"));
        let until = trial.until.map_or_else(String::new, |until| format!(", until those of {}", long_date(until)));
        cx.confirm(Confirm {
            question: Question::PublishRules,
            title: format!("Publish these rules of {kind}?"),
            text: format!(
                "They hold on all machines from {} on{instead}{until}, {}. They can be withdrawn until that day is near.",
                long_date(trial.from),
                kind.counts_by(),
            ),
            yes: "Publish them",
            no: "Not yet",
        });
    }

    /// What was found, row by row, for so many columns.
    fn rows(&self, width: u16) -> Vec<Row<'_>> {
        let Some(trial) = self.trial.ready() else { return Vec::new() };
        let mistakes = trial.mistakes.iter().flat_map(|mistake| {
            let says = text::wrap(&mistake.to_string(), width.saturating_sub(4)).into_iter().map(Row::Mistake);
            let line = self.lines.line(mistake.line).filter(|line| !line.trim().is_empty());
            says.chain(line.map(|line| Row::Written(line.trim().to_owned())))
        });
        mistakes.chain(trial.preview.iter().map(Row::Preview)).collect()
    }

    fn scroll(&mut self, key: Key, cx: &Context) {
        let place = found_place(frame::body(cx.size));
        let rows = self.rows(place.width).len();
        let mut list = ListState::new(1);
        list.resize((rows + 1).saturating_sub(place.height.into()).max(1));
        list.choose(self.top);
        list.key(key, place.height);
        self.top = list.chosen().unwrap_or_default();
    }
}

/// A field was refused, and says why.
struct Refused;

/// A row of what was found.
enum Row<'a> {
    Mistake(String),
    Written(String),
    Preview(&'a PreviewLine),
}

impl Scene for NewRules {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(
            &[Key::Enter],
            "Enter",
            "next",
            "Reads the file that is named, goes to the next field, and from the last one tries the text.",
            Action::Next,
        ),
        bind(
            &[Key::F(2)],
            "F2",
            "try",
            "Looks for mistakes in the text, and at the sample booking by it.",
            Action::Try,
        ),
        bind(&[Key::F(2)], "F2", "publish", "Asks whether the rules are to be published.", Action::Publish),
        bind(&[Key::Up], "↑↓", "scroll", "Shows the lines above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Esc], "Esc", "back", "Goes back; asks before a text is forgotten.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "New rules".to_owned()
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        match action {
            Action::Next => !self.is_shown(),
            Action::Try => !self.is_shown() && !self.trial.is_waiting(),
            Action::Publish => self.good().is_some() && !self.change.is_waiting(),
            Action::Move(_) => self.is_shown(),
            Action::Back => true,
        }
    }

    fn typing(&self) -> Typing {
        if self.is_shown() { Typing::No } else { self.form.typing() }
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Next if self.reads && self.form.focus() == 0 && !self.form.field(0).is_empty() => {
                cx.read_file(self.form.field(0).value().trim().to_owned());
            }
            Action::Next => {
                if self.form.key(Key::Enter) == Filled::Submit && !self.trial.is_waiting() {
                    self.try_out(cx);
                }
            }
            Action::Try => self.try_out(cx),
            Action::Publish => self.ask_to_publish(cx),
            Action::Move(key) => self.scroll(key, cx),
            Action::Back if self.is_shown() => self.trial = Load::Idle,
            Action::Back if !self.text.is_empty() => cx.confirm(Confirm {
                question: Question::LeaveUnpublished,
                title: "Leave these rules unpublished?".to_owned(),
                text: format!("The text of {} lines is published nowhere yet, and is forgotten.", self.lines.count()),
                yes: "Forget it",
                no: "Stay here",
            }),
            Action::Back => cx.pop(),
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        match answer {
            Answer::Yes(Question::PublishRules) => {}
            Answer::Yes(Question::LeaveUnpublished) => return cx.pop(),
            _ => return,
        }
        let op = *self.op.get_or_insert_with(|| cx.op_id());
        if let Some((from, based_on)) = self.good().map(|trial| (trial.from, trial.based_on)) {
            let request = Request::PublishRules(RulePublication { op, text: self.text.clone(), from, based_on });
            self.change = Load::Waiting(cx.call(request));
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        if !self.is_shown() {
            self.form.key(key);
        }
    }

    /// A line goes into a field; several are the text.
    fn paste(&mut self, text: &str, cx: &mut Context) {
        if text.chars().count() >= LONGEST_PASTE {
            return cx.toast(Tone::Bad, "That is too long to be pasted: publish it as a file, by kiosk rules publish.");
        }
        if text.trim().contains(['\n', '\r']) {
            self.take_text(&text.replace("\r\n", "\n").replace('\r', "\n"), cx);
        } else if !self.is_shown() {
            self.form.paste(text);
        }
    }

    fn read(&mut self, file: Result<String, OpenFailed>, cx: &mut Context) {
        match file {
            Ok(text) => self.take_text(&text, cx),
            Err(OpenFailed(why)) => self.form.refuse(0, why),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        match mouse.kind {
            MouseKind::ScrollUp if self.is_shown() => self.scroll(Key::Up, cx),
            MouseKind::ScrollDown if self.is_shown() => self.scroll(Key::Down, cx),
            _ if !self.is_shown() => drop(self.form.mouse(mouse, form_place(area))),
            _ => {}
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let trial = |reply: &Reply| if let Reply::RulesTried(trial) = reply { Some((**trial).clone()) } else { None };
        if self.trial.settle(call, &answer, trial)
            && let Load::Failed(failure) = &self.trial
        {
            let why = failure.to_string();
            let field = match failure {
                Failure::NotEntered(_) => Some(FROM),
                Failure::NoSuchTrain(_) => Some(TRAIN),
                _ => None,
            };
            self.trial = Load::Idle;
            match field {
                Some(field) => self.refuse(field, why),
                None => cx.toast(Tone::Bad, why),
            }
        }
        let record =
            |reply: &Reply| if let Reply::RuleEdition(record) = reply { Some((**record).clone()) } else { None };
        if self.change.settle(call, &answer, record) {
            match std::mem::take(&mut self.change) {
                Load::Ready(record) => {
                    cx.toast(Tone::Good, format!("{} are published.", record.row.id));
                    cx.pop();
                }
                Load::Failed(failure) => {
                    cx.toast(Tone::Bad, failure.to_string());
                    if let Failure::RulesChanged { .. } | Failure::NotEntered(_) = failure {
                        // What was tried is not what would be published.
                        (self.trial, self.op) = (Load::Idle, None);
                    }
                }
                Load::Idle | Load::Waiting(_) => {}
            }
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.trial.give_up(call);
        self.change.give_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let mut rows = area.rows().skip(1);
        let Some(top) = rows.next() else { return };
        let Some(trial) = self.trial.ready() else {
            let says = match (self.lines.count(), self.reads) {
                (0, true) => "No text yet: paste it here, or name a file of this machine.".to_owned(),
                (0, false) => "No text yet: copy it and paste it here.".to_owned(),
                (lines, _) => format!("A text of {lines} lines. Another takes its place; F2 tries it."),
            };
            put(buf, top, 2, &says, if self.lines.count() == 0 { theme.text } else { theme.strong });
            return self.form.view(buf, form_place(area), world);
        };
        match (&trial.mistakes[..], trial.kind) {
            ([], Some(kind)) => {
                let says =
                    format!("No mistakes. Rules of {kind} from {}, {}.", long_date(trial.from), kind.counts_by());
                put(buf, top, 2, &says, theme.tone(Tone::Good));
            }
            (mistakes, _) => {
                let says = match mistakes.len() {
                    1 => "1 mistake: mend it, and paste or read the text again.".to_owned(),
                    count => format!("{count} mistakes: mend them, and paste or read the text again."),
                };
                put(buf, top, 2, &says, theme.bad);
            }
        }
        if let Some(head) = rows.next().filter(|_| !trial.preview.is_empty()) {
            put(buf, head, 2, "* is different for the sample", theme.dim);
            put(buf, head, NOW, "without them", theme.dim);
            put(buf, head, THEN, "with them", theme.dim);
        } else if trial.mistakes.is_empty() {
            let next = Rect { y: top.y + 2, ..top };
            put(buf, next, 2, "Esc goes back: with a train, a sample booking is reckoned by both.", theme.text);
        }
        let place = found_place(area);
        let found = self.rows(place.width);
        for (row, shown) in place.rows().zip(found.iter().skip(self.top)) {
            match shown {
                Row::Mistake(says) => put(buf, row, 2, says, theme.text),
                Row::Written(line) => put(buf, row, 6, line, theme.dim),
                Row::Preview(line) => view_line(buf, row, line, world),
            }
        }
    }
}

fn view_line(buf: &mut Buffer, row: Rect, line: &PreviewLine, world: &World) {
    let theme = &world.theme;
    let style = if line.differs() { theme.strong } else { theme.dim };
    if line.differs() {
        put(buf, row, 1, "*", theme.accent);
    }
    put(buf, Rect { width: NOW.min(row.width), ..row }, 3, &line.what, style);
    put(buf, Rect { width: THEN.min(row.width), ..row }, NOW, &line.now, style);
    put(buf, row, THEN, &line.then, style);
}

fn form_place(area: Rect) -> Rect {
    Rect {
        x: area.x + 2,
        y: area.y + HEAD,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(HEAD),
    }
}

fn found_place(area: Rect) -> Rect {
    Rect { y: area.y + HEAD, height: area.height.saturating_sub(HEAD), ..area }
}
