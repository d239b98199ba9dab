//! A train to be edited: what it is, where it calls and what coaches it has, from a date on. What is typed is read by the
//! domain's own parsers as it is typed, and what changes is shown before it is published.

use std::fmt::Write as _;

use chrono::NaiveDate;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::train::{Train, TrainDraft, TrainNumber};
use crate::domain::train_changes::changes;
use crate::service::request::{Failure, Reply, Request, TrainRecord};
use crate::ui::context::{Context, World};
use crate::ui::form::{Filled, Focus};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::admin::train::coaches::{Coaches, Edit};
use crate::ui::screens::admin::train::head::Head;
use crate::ui::screens::admin::train::way::Way;
use crate::ui::theme::Tone;
use crate::ui::widgets::sheet::put;
use crate::ui::widgets::state;

mod coaches;
mod head;
mod way;

/// Changes that are told one by one before they are published.
const TOLD: usize = 8;

/// A train that is edited.
#[derive(Clone, Debug)]
pub struct Editor {
    /// Its number; `None` for a new one.
    number: Option<TrainNumber>,
    record: Load<TrainRecord>,
    part: Part,
    head: Head,
    way: Way,
    coaches: Coaches,
    change: Load<TrainRecord>,
    /// What was asked for last, which the answer is about.
    asked: Asked,
    /// Whether anything was edited since it was filled in.
    is_edited: bool,
}

/// The parts of a train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Head,
    Way,
    Coaches,
}

/// What a change that is on its way does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Publish,
    End,
    TakeBack,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go to the next part.
    Part,
    /// Go to the part before.
    PartBefore,
    /// Show what changes, and publish it.
    Publish,
    /// End the train, or take its end back.
    End,
    /// Take the line that is typed, or type the halt under the cursor anew.
    Line,
    /// Put a halt or a coach in.
    Insert,
    /// Take the halt or the coach under the cursor out.
    Remove,
    /// Do something else to the coach under the cursor.
    Coach(Edit),
    /// Begin with what is published again.
    Again,
    /// Leave what is being typed, or the screen.
    Back,
}

impl Editor {
    /// A train of the timetable.
    pub fn of(number: TrainNumber, today: NaiveDate) -> Self {
        Self { number: Some(number), ..Self::new_train(today) }
    }

    /// A train that there is not.
    pub fn new_train(today: NaiveDate) -> Self {
        Self {
            number: None,
            record: Load::Idle,
            part: Part::Head,
            head: Head::new_train(tomorrow(today)),
            way: Way::default(),
            coaches: Coaches::default(),
            change: Load::Idle,
            asked: Asked::Publish,
            is_edited: false,
        }
    }

    /// Begins with what is published, as it is on the date that is typed or, at first, tomorrow.
    fn fill(&mut self, record: &TrainRecord, from: NaiveDate) {
        let train = record.editions.nearest(from);
        self.number = Some(train.number());
        self.head = Head::of(train, from);
        self.way = Way::of(train);
        self.coaches = Coaches::of(train);
        self.is_edited = false;
    }

    /// The train as it stands, if every part of it can be read.
    fn train(&mut self, world: &World) -> Option<Train> {
        let Some(head) = self.head.read(self.number) else {
            self.part = Part::Head;
            return None;
        };
        let Some(halts) = self.way.read(world) else {
            self.part = Part::Way;
            return None;
        };
        let draft = TrainDraft { halts, coaches: self.coaches.read().to_vec(), ..head };
        match Train::new(draft) {
            Ok(train) => Some(train),
            Err(error) => {
                self.part = self.coaches.refuse_if_theirs(&error).map_or(Part::Head, |()| Part::Coaches);
                if self.part == Part::Head {
                    self.head.refuse_name(&error.to_string());
                }
                None
            }
        }
    }

    /// What it is based on: what is published for the date that is typed.
    fn before(&self, from: NaiveDate) -> Option<&Train> {
        self.record.ready().map(|record| &**record.editions.nearest(from))
    }

    fn ask_to_publish(&mut self, cx: &mut Context) {
        let today = cx.today();
        let Some(from) = self.head.read_from(today) else {
            self.part = Part::Head;
            return;
        };
        let Some(train) = self.train(cx) else { return };
        let text = match self.before(from) {
            None => format!("It runs from {} on, and is on sale at once.", long_date(from)),
            Some(before) => {
                let changes = changes(before, &train);
                if changes.is_empty() {
                    return cx.toast(Tone::Plain, "Nothing is another than it is then: change something first.");
                }
                let told: Vec<_> = changes.iter().take(TOLD).map(ToString::to_string).collect();
                let more = changes.len().saturating_sub(TOLD);
                let more = if more > 0 { format!("; and {more} more") } else { String::new() };
                format!("From {} on: {}{more}. {}", long_date(from), told.join("; "), self.stays(from))
            }
        };
        let (number, name) = (train.number(), train.name());
        cx.confirm(Confirm {
            question: Question::PublishTrain,
            title: format!("Publish {number} {name}?"),
            text,
            yes: "Publish",
            no: "Edit on",
        });
    }

    /// What a change leaves as it is.
    fn stays(&self, from: NaiveDate) -> String {
        let Some(record) = self.record.ready() else { return String::new() };
        let sold = record.sold.range(from..).count();
        let mut stays = match sold {
            0 => "None of its runs from then on is sold yet.".to_owned(),
            1 => "1 run from then on is sold and keeps what it was sold by.".to_owned(),
            sold => format!("{sold} runs from then on are sold and keep what they were sold by."),
        };
        if let Some(next) = record.editions.next_after(from) {
            let _ = write!(stays, " What is published for {} takes over then.", long_date(next));
        }
        stays
    }

    fn publish(&mut self, cx: &mut Context) {
        let Some(from) = self.head.read_from(cx.today()) else { return };
        let Some(train) = self.train(cx) else { return };
        let based_on = self.record.ready().map_or(0, |record| record.editions.latest_version());
        self.asked = Asked::Publish;
        let request = Request::PublishTrain { train: Box::new(train), based_on, from };
        self.change = Load::Waiting(cx.call(request));
    }

    fn edit_coaches(&mut self, edit: Edit) {
        self.coaches.edit(edit);
        self.is_edited = true;
    }

    /// Asks whether what was edited is forgotten.
    fn ask_to_leave(&self, cx: &mut Context) {
        let train = self.number.map_or_else(|| "the new train".to_owned(), |number| number.to_string());
        cx.confirm(Confirm {
            question: Question::LeaveUnpublished,
            title: format!("Leave {train} unpublished?"),
            text: "What was edited here is published nowhere yet, and is forgotten.".to_owned(),
            yes: "Forget it",
            no: "Edit on",
        });
    }

    /// Asks whether a train ends on the date that is typed, or takes back that it does.
    fn ask_to_end(&mut self, cx: &mut Context) {
        let (Some(number), Some(record)) = (self.number, self.record.ready()) else { return };
        if let Some(end) = record.editions.retired_from() {
            let text = format!("It ends on {}. Taken back, it runs on as it did before.", long_date(end));
            let title = format!("Let {number} run on?");
            return cx.confirm(Confirm {
                question: Question::UnretireTrain,
                title,
                text,
                yes: "Run on",
                no: "Let it end",
            });
        }
        let Some(from) = self.head.read_from(cx.today()) else {
            self.part = Part::Head;
            return;
        };
        let sold = record.sold.range(from..).count();
        let runs = match sold {
            0 => "No run from then on is sold.".to_owned(),
            1 => "1 run from then on is sold: it stays until you cancel it, among the runs.".to_owned(),
            sold => format!("{sold} runs from then on are sold: they stay until you cancel them, among the runs."),
        };
        cx.confirm(Confirm {
            question: Question::RetireTrain,
            title: format!("End {number}?"),
            text: format!("From {} on it does not run, and nothing of it is sold. {runs}", long_date(from)),
            yes: "End it",
            no: "Keep it",
        });
    }

    fn retire(&mut self, asked: Asked, from: Option<NaiveDate>, cx: &mut Context) {
        if let Some(train) = self.number {
            self.asked = asked;
            self.change = Load::Waiting(cx.call(Request::RetireTrain { train, from }));
        }
    }

    fn go_to(&mut self, part: Part) {
        self.way.leave();
        self.part = part;
    }

    fn read(&mut self, cx: &mut Context) {
        if let Some(train) = self.number {
            self.record = Load::Waiting(cx.call(Request::Train { train }));
        }
    }

    /// Whether there is something to edit.
    fn is_open(&self) -> bool {
        self.number.is_none() || self.record.ready().is_some()
    }

    fn focus(&self, part: Part) -> Focus {
        if self.part == part { Focus::Here } else { Focus::Elsewhere }
    }
}

impl Scene for Editor {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::F(2)], "F2", "publish", "Shows what changes, and publishes it from the date on.", Action::Publish),
        bind(&[Key::F(3)], "F3", "next part", "Goes on to the halts, the coaches and back to the top.", Action::Part),
        bind(&[Key::F(4)], "", "", "", Action::PartBefore),
        bind(
            &[Key::F(7)],
            "F7",
            "end",
            "Ends the train on the date that is typed, or takes back that it ends.",
            Action::End,
        ),
        bind(
            &[Key::Enter],
            "Enter",
            "edit",
            "Types the halt under the cursor anew, or takes what is typed.",
            Action::Line,
        ),
        bind(
            &[Key::Char('i')],
            "i",
            "insert",
            "Puts a halt or a coach in after the one under the cursor.",
            Action::Insert,
        ),
        bind(
            &[Key::Char('x'), Key::Delete],
            "x",
            "remove",
            "Takes the halt or the coach under the cursor out.",
            Action::Remove,
        ),
        bind(&[Key::Char('c')], "c", "class", "Makes the coach one of the next class.", Action::Coach(Edit::Class)),
        bind(&[Key::Char('<')], "< >", "move", "Moves the coach along the train.", Action::Coach(Edit::Forward)),
        bind(&[Key::Char('>')], "", "", "", Action::Coach(Edit::Backward)),
        bind(&[Key::Char('+')], "+ -", "berths", "Gives the coach a berth more or fewer.", Action::Coach(Edit::More)),
        bind(&[Key::Char('-')], "", "", "", Action::Coach(Edit::Fewer)),
        bind(&[Key::Ctrl('r')], "^R", "begin again", "Forgets what is typed and reads the train again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back; asks before what is not published is forgotten.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        match (self.number, self.record.ready()) {
            (Some(number), Some(_)) => format!("Train {number} {}", self.head.name()),
            (Some(number), None) => format!("Train {number}"),
            (None, _) => "A new train".to_owned(),
        }
    }

    fn fact(&self, _world: &World) -> Option<String> {
        let record = self.record.ready()?;
        if let Some(end) = record.editions.retired_from() {
            return Some(format!("ends on {}", long_date(end)));
        }
        let editions = record.editions.periods().count();
        (editions > 1).then(|| format!("{editions} editions"))
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        match action {
            Action::Publish => self.is_open() && !self.change.is_waiting(),
            Action::End => self.record.ready().is_some() && !self.change.is_waiting(),
            Action::Part | Action::PartBefore => self.is_open(),
            Action::Line => {
                self.part == Part::Way && (self.way.typing() == Typing::Yes || (self.is_open() && self.way.has_halt()))
            }
            Action::Insert => self.is_open() && self.part != Part::Head,
            Action::Remove => match self.part {
                Part::Head => false,
                // While a line is typed, Delete is the line's.
                Part::Way => self.way.has_halt() && self.way.typing() == Typing::No,
                Part::Coaches => self.coaches.has_coach(),
            },
            Action::Coach(_) => self.part == Part::Coaches && self.coaches.has_coach(),
            Action::Again => self.number.is_some() && !self.record.is_waiting(),
            Action::Back => true,
        }
    }

    fn typing(&self) -> Typing {
        match self.part {
            Part::Head => self.head.typing(),
            Part::Way => self.way.typing(),
            Part::Coaches => Typing::No,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.read(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Part => self.go_to(match self.part {
                Part::Head => Part::Way,
                Part::Way => Part::Coaches,
                Part::Coaches => Part::Head,
            }),
            Action::PartBefore => self.go_to(match self.part {
                Part::Head => Part::Coaches,
                Part::Way => Part::Head,
                Part::Coaches => Part::Way,
            }),
            Action::Line if self.way.typing() == Typing::Yes => self.way.take(cx),
            Action::Line => self.way.edit(),
            Action::Insert if self.part == Part::Way => self.way.insert(),
            Action::Insert => self.edit_coaches(Edit::Insert),
            Action::Remove if self.part == Part::Way => {
                self.way.remove();
                self.is_edited = true;
            }
            Action::Remove => self.edit_coaches(Edit::Remove),
            Action::Coach(edit) => self.edit_coaches(edit),
            Action::Publish => self.ask_to_publish(cx),
            Action::End => self.ask_to_end(cx),
            Action::Again => self.read(cx),
            Action::Back if self.way.leave() => {}
            Action::Back if self.is_edited => self.ask_to_leave(cx),
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, cx: &mut Context) {
        if !self.is_open() {
            if key == Key::Char('r') {
                self.read(cx);
            }
            return;
        }
        self.is_edited |= matches!(key, Key::Char(_) | Key::Backspace | Key::Delete);
        match self.part {
            Part::Head => {
                if self.head.key(key, cx.today()) == Filled::Submit {
                    self.go_to(Part::Way);
                }
            }
            Part::Way => self.way.key(key, cx, Places::of(frame::body(cx.size)).way),
            Part::Coaches => self.coaches.key(key, cx.size.width),
        }
    }

    fn paste(&mut self, text: &str, cx: &mut Context) {
        self.is_edited = true;
        match self.part {
            Part::Head => self.head.paste(text, cx.today()),
            Part::Way => self.way.paste(text, cx),
            Part::Coaches => {}
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, _cx: &mut Context) {
        let places = Places::of(area);
        if places.head.contains(mouse.at) {
            self.go_to(Part::Head);
            self.head.mouse(mouse, places.head);
        } else if places.way.contains(mouse.at) {
            self.go_to(Part::Way);
            self.way.mouse(mouse, places.way);
        } else if places.coaches.contains(mouse.at) {
            self.go_to(Part::Coaches);
            self.coaches.mouse(mouse, places.coaches);
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        match answer {
            Answer::Yes(Question::PublishTrain) => self.publish(cx),
            Answer::Yes(Question::RetireTrain) => {
                if let Some(from) = self.head.read_from(cx.today()) {
                    self.retire(Asked::End, Some(from), cx);
                }
            }
            Answer::Yes(Question::LeaveUnpublished) => cx.pop(),
            Answer::Yes(Question::UnretireTrain) => self.retire(Asked::TakeBack, None, cx),
            _ => {}
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let record = |reply: &Reply| if let Reply::Train(record) = reply { Some((**record).clone()) } else { None };
        if self.record.settle(call, &answer, record) {
            if let Some(record) = self.record.ready().cloned() {
                self.fill(&record, tomorrow(cx.today()));
            }
        } else if self.change.settle(call, &answer, record) {
            match std::mem::take(&mut self.change) {
                Load::Ready(record) => {
                    let from = self.head.read_from(cx.today()).unwrap_or_else(|| tomorrow(cx.today()));
                    let done = match self.asked {
                        Asked::Publish => format!("It is published from {} on.", long_date(from)),
                        Asked::End => format!("It ends on {}.", long_date(from)),
                        Asked::TakeBack => "It runs on.".to_owned(),
                    };
                    self.fill(&record, from);
                    self.record = Load::Ready(record);
                    cx.toast(Tone::Good, done);
                }
                Load::Failed(failure) => cx.toast(Tone::Bad, failure.to_string()),
                Load::Idle | Load::Waiting(_) => {}
            }
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.record.give_up(call);
        self.change.give_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        if let Load::Failed(failure) = &self.record {
            return state::failed(buf, area, failure, world);
        }
        if !self.is_open() {
            return;
        }
        let Places { head, way, coaches } = Places::of(area);
        self.head.view(buf, head, self.focus(Part::Head), world);
        self.way.view(buf, way, self.focus(Part::Way), world);
        self.coaches.view(buf, coaches, self.focus(Part::Coaches), world);
        let rule = Rect { y: way.y.saturating_sub(1), height: 1, ..area };
        put(buf, rule, 2, "Halts: station, arrival, departure, kilometres", self.title(Part::Way, world));
        let rule = Rect { y: coaches.y.saturating_sub(1), height: 1, ..area };
        put(buf, rule, 2, "Coaches from the engine on", self.title(Part::Coaches, world));
    }
}

impl Editor {
    fn title(&self, part: Part, world: &World) -> ratatui::style::Style {
        if self.part == part { world.theme.accent } else { world.theme.dim }
    }
}

fn tomorrow(today: NaiveDate) -> NaiveDate {
    today.succ_opt().unwrap_or(today)
}

/// Where the parts are: the top and the coaches have their rows, and the halts all that is left.
struct Places {
    head: Rect,
    way: Rect,
    coaches: Rect,
}

impl Places {
    fn of(area: Rect) -> Self {
        let head = Rect { height: head::ROWS.min(area.height), ..area };
        let bottom = area.bottom().saturating_sub(coaches::ROWS);
        let way_top = (head.bottom() + 1).min(bottom);
        let way = Rect { y: way_top, height: bottom.saturating_sub(way_top + 1), ..area };
        Self { head, way, coaches: Rect { y: bottom, height: coaches::ROWS.min(area.height), ..area } }
    }
}
