//! Putting a passenger's name right.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::Booking;
use crate::domain::correction::Correction;
use crate::domain::passenger::PersonName;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::attempt::{Attempt, Verdict};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Filled, Form};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::CallId;
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::Scene;
use crate::ui::theme::Tone;
use crate::ui::widgets::roll::{self, Roll, Turn};
use crate::ui::widgets::sheet::{self, People, panes, stack};

const LINE: usize = 0;
const NAME: usize = 1;

/// Putting a passenger's name right.
#[derive(Clone, Debug)]
pub struct Correct {
    booking: Arc<Booking>,
    form: Form,
    attempt: Attempt,
    roll: Roll,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go to the next field, and put the name right after the last.
    Forward,
    /// Ask again whether it was done.
    Again,
    /// Show others of a group.
    Others(Turn),
    /// Leave although nobody knows.
    Leave,
    /// Go back.
    Back,
}

impl Correct {
    /// The names of a booking. Whoever travels alone is chosen already.
    pub fn new(booking: Arc<Booking>) -> Self {
        let line = Field::digits("Passenger", 2).note("their line in the list above");
        let name = Field::text("Name", PersonName::MAX).note("as on the identity card; age and gender stay");
        let mut form = Form::new(vec![line, name]);
        if booking.passengers.len() == 1 {
            form.field_mut(LINE).set_value("1");
            form.set_focus(NAME);
        }
        Self { booking, form, attempt: Attempt::default(), roll: Roll::default() }
    }

    /// The same with what an entry of the command line says.
    pub fn filled(booking: Arc<Booking>, correction: &Correction) -> Self {
        let mut screen = Self::new(booking);
        screen.form.field_mut(LINE).set_value(&(correction.passenger + 1).to_string());
        screen.form.field_mut(NAME).set_value(correction.name.as_str());
        screen.form.set_focus(NAME);
        screen
    }

    fn submit(&mut self, cx: &mut Context) {
        let line = self.form.field(LINE).value().parse::<u8>().ok().and_then(|line| line.checked_sub(1));
        let Some(passenger) = line.filter(|line| usize::from(*line) < self.booking.passengers.len()) else {
            return self.form.refuse(LINE, "Type the number of the passenger's line in the list above.");
        };
        match PersonName::parse(self.form.field(NAME).value()) {
            Ok(name) => {
                let correction = Correction { passenger, name };
                let request = Request::CorrectName { op: cx.op_id(), pnr: self.booking.pnr, correction };
                self.attempt.begin(request, cx);
            }
            Err(bad) => self.form.refuse(NAME, bad.to_string()),
        }
    }
}

impl Scene for Correct {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "put it right", "Goes on, and changes the name after the last.", Action::Forward),
        bind(&[Key::Enter], "Enter", "ask again", "Asks again for the same: it will not happen twice.", Action::Again),
        Turn::On.bind(Action::Others(Turn::On)),
        Turn::Back.bind(Action::Others(Turn::Back)),
        bind(&[Key::Esc], "Esc", "leave", "Leaves without knowing whether it was done.", Action::Leave),
        bind(&[Key::Esc], "Esc", "back", "Goes back; nothing is changed.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        format!("Correct {} · {} {}", self.booking.pnr.spoken(), self.booking.train, self.booking.train_name)
    }

    fn fact(&self, _world: &World) -> Option<String> {
        self.attempt.doubt().map(|_| "not known yet".to_owned())
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Forward | Action::Back => self.attempt.is_idle(),
            Action::Others(_) => {
                let [people, _] = self.places(frame::body(world.size));
                roll::is_cut(self.booking.passengers.len(), people.height)
            }
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
            Action::Others(turn) => {
                let [people, _] = self.places(frame::body(cx.size));
                self.roll.turn(turn, self.booking.passengers.len(), people.height);
            }
            Action::Leave => cx.confirm(Confirm {
                question: Question::GiveUp,
                title: "Leave without knowing?".to_owned(),
                text:
                    "The name may have been put right. Open the booking again before you do anything else with it, or \
                       stay and press Enter to ask once more."
                        .to_owned(),
                yes: "Leave",
                no: "Stay",
            }),
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        if self.attempt.is_idle() {
            self.form.key(key);
        }
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        if self.attempt.is_idle() {
            self.form.paste(text);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        if let Some(turn) = Turn::of_wheel(mouse.kind) {
            return self.act(Action::Others(turn), cx);
        }
        self.form.mouse(mouse, self.places(area)[1]);
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        match self.attempt.settle(call, &answer) {
            Verdict::Done(_) => {
                cx.toast(Tone::Good, "The name is put right: print the receipt again.");
                cx.pop();
            }
            Verdict::Refused(failure) => self.form.refuse(NAME, failure.to_string()),
            Verdict::Unknown | Verdict::NotMine => {}
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.attempt.gave_up(call);
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        if answer == Answer::Yes(Question::GiveUp) {
            cx.pop();
        }
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let [people, form] = self.places(area);
        sheet::people(buf, people, &self.booking, (People::Status, self.roll), world);
        match self.attempt.doubt() {
            Some(doubt) => sheet::paragraph(buf, form, doubt, world.theme.warning),
            None => self.form.view(buf, form, world),
        }
    }
}

impl Correct {
    /// The passengers, and the form.
    fn places(&self, area: Rect) -> [Rect; 2] {
        let main = panes(area).0;
        let form = self.form.height(main.width);
        stack(main, [roll::rows(self.booking.passengers.len(), main.height, form), form])
    }
}
