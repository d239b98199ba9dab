//! Where a party boards: a later halt of its way, chosen from a list and changed once.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::boarding::later_halts;
use crate::domain::booking::Booking;
use crate::domain::station::StationCode;
use crate::domain::train::{Halt, RunId};
use crate::service::request::{Failure, Reply, Request};
use crate::ui::attempt::{Attempt, Verdict};
use crate::ui::command::{Refusal, Step, Taken};
use crate::ui::context::{Context, World};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{Attention, CallId, Watch};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::Scene;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::{ListState, Touch};
use crate::ui::widgets::sheet::{self, moment, panes, put, stack};
use crate::ui::widgets::state;

/// What it costs to board later, as the rules have it.
const TERMS: &str = "Your party can board at a later halt, once, until a day before the train leaves. Nobody gets in \
                     before it any more, the berths stay yours, and nothing of the fare is given back.";

/// Where a party boards.
#[derive(Clone, Debug)]
pub struct Boarding {
    booking: Arc<Booking>,
    halts: Vec<Halt>,
    list: ListState,
    /// The halt on which the cursor is to be once they are known.
    wanted: Option<StationCode>,
    /// Why it cannot be there.
    refused: Option<String>,
    attempt: Attempt,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Board at the halt under the cursor.
    Choose,
    /// Move the cursor.
    Move(Key),
    /// Ask again whether it was done.
    Again,
    /// Leave although nobody knows.
    Leave,
    /// Go back.
    Back,
}

impl Boarding {
    /// The halts at which the party of a booking could board.
    pub fn new(booking: Arc<Booking>) -> Self {
        let (list, attempt) = (ListState::new(1), Attempt::default());
        Self { booking, halts: Vec::new(), list, wanted: None, refused: None, attempt }
    }

    /// The same with the cursor on a halt.
    pub fn at(booking: Arc<Booking>, station: StationCode) -> Self {
        Self { wanted: Some(station), ..Self::new(booking) }
    }

    /// Takes the halts of the run, if they are known by now.
    fn take_halts(&mut self, world: &World) {
        let Some(live) = world.live.get(&self.booking.run) else { return };
        let halts = later_halts(&live.state.train, self.booking.leg);
        if self.halts != halts {
            self.halts = halts.to_vec();
            self.list.resize(self.halts.len());
        }
        if let Some(wanted) = self.wanted.take() {
            match self.halts.iter().position(|halt| halt.station == wanted) {
                Some(row) => self.list.choose(row),
                None => self.refused = Some(format!("The train does not call at {wanted} on this way: choose a halt.")),
            }
        }
    }

    fn chosen(&self) -> Option<&Halt> {
        self.list.chosen().and_then(|row| self.halts.get(row))
    }

    fn ask(&self, cx: &mut Context) {
        let Some(halt) = self.chosen() else { return };
        let name = cx.station_name(halt.station);
        let at = moment(halt.depart.on(self.booking.run.date));
        cx.confirm(Confirm {
            question: Question::ChangeBoarding,
            title: format!("Board at {name}?"),
            text: format!(
                "{at} is when the train leaves there. Nobody of the booking may get in before {name} any more, and it \
                 cannot be changed again."
            ),
            yes: "Board there",
            no: "Leave it",
        });
    }

    /// The words, the journey and the list.
    fn places(area: Rect) -> [Rect; 3] {
        let main = panes(area).0;
        stack(main, [sheet::JOURNEY_ROWS, 3, main.height.saturating_sub(sheet::JOURNEY_ROWS + 3 + 2)])
    }
}

impl Scene for Boarding {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "board there", "Asks, and has the party board there.", Action::Choose),
        bind(&[Key::Enter], "Enter", "ask again", "Asks again for the same: it will not happen twice.", Action::Again),
        bind(&[Key::Up], "↑↓", "halt", "Moves to the halt before or after.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Esc], "Esc", "leave", "Leaves without knowing whether it was done.", Action::Leave),
        bind(&[Key::Esc], "Esc", "back", "Goes back; nothing is changed.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        let Booking { pnr, train, train_name, .. } = &*self.booking;
        format!("Board {} · {train} {train_name}", pnr.spoken())
    }

    fn fact(&self, _world: &World) -> Option<String> {
        self.attempt.doubt().map(|_| "not known yet".to_owned())
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        match action {
            Action::Choose | Action::Move(_) => self.attempt.is_idle() && self.chosen().is_some(),
            Action::Back => self.attempt.is_idle(),
            Action::Again | Action::Leave => self.attempt.doubt().is_some(),
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.take_halts(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Choose => self.ask(cx),
            Action::Move(key) => {
                self.refused = None;
                let [.., list] = Self::places(frame::body(cx.size));
                self.list.key(key, list.height);
            }
            Action::Again => self.attempt.repeat(cx),
            Action::Leave => cx.confirm(Confirm {
                question: Question::GiveUp,
                title: "Leave without knowing?".to_owned(),
                text: "It may have been changed. Open the booking again before you do anything else with it, or stay \
                       and press Enter to ask once more."
                    .to_owned(),
                yes: "Leave",
                no: "Stay",
            }),
            Action::Back => cx.pop(),
        }
    }

    fn take(&mut self, step: &Step, cx: &mut Context) -> Taken {
        match step {
            Step::Board(station) if self.attempt.is_idle() => {
                self.refused = None;
                self.wanted = Some(*station);
                self.take_halts(cx);
                Taken::Yes
            }
            _ => Taken::NotHere,
        }
    }

    fn fell_short(&self, step: &Step, _world: &World) -> Option<Refusal> {
        let why = self.refused.clone().filter(|_| matches!(step, Step::Board(_)))?;
        Some(Refusal::of_word(1, why))
    }

    fn is_reading(&self) -> bool {
        self.wanted.is_some()
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let [.., list] = Self::places(area);
        if let (true, Touch::Acted(_)) = (self.attempt.is_idle(), self.list.mouse(mouse, list)) {
            self.ask(cx);
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        match (answer, self.chosen()) {
            (Answer::Yes(Question::GiveUp), _) => cx.pop(),
            (Answer::Yes(Question::ChangeBoarding), Some(halt)) => {
                let station = halt.station;
                let request = Request::ChangeBoarding { op: cx.op_id(), pnr: self.booking.pnr, station };
                self.refused = None;
                self.attempt.begin(request, cx);
            }
            _ => {}
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        match self.attempt.settle(call, &answer) {
            Verdict::Done(booking) => {
                let name = &booking.boards().name;
                cx.toast(Tone::Good, format!("Boarding at {name}: print the receipt again."));
                cx.pop();
            }
            Verdict::Refused(failure) => self.refused = Some(failure.to_string()),
            Verdict::Unknown | Verdict::NotMine => {}
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.attempt.gave_up(call);
    }

    fn live(&mut self, _run: RunId, cx: &mut Context) {
        self.take_halts(cx);
    }

    fn watch(&self, _world: &World) -> Vec<Watch> {
        vec![Watch { run: self.booking.run, attention: Attention::Listed }]
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let [journey, words, list] = Self::places(area);
        sheet::journey(buf, journey, (&self.booking.from, &self.booking.to, self.booking.km), world);
        match (self.attempt.doubt(), &self.refused) {
            (Some(doubt), _) => sheet::paragraph(buf, words, doubt, theme.warning),
            (None, Some(why)) => sheet::paragraph(buf, words, why, theme.bad),
            (None, None) => sheet::paragraph(buf, words, TERMS, theme.text),
        }
        if !world.live.contains_key(&self.booking.run) {
            return put(buf, list, 2, "The halts of the train are being read.", theme.dim);
        }
        if self.halts.is_empty() {
            let next = "The train does not call between the first station of this ticket and its last.";
            return state::empty(buf, list, "No other halt", next, world);
        }
        let above = Rect { y: list.y.saturating_sub(1), height: 1, ..list };
        self.list.position(buf, above, list, world);
        for (row, place) in self.list.visible(list) {
            let Some(halt) = self.halts.get(row) else { break };
            put(buf, place, 2, &moment(halt.depart.on(self.booking.run.date)), theme.text);
            put(buf, place, 20, halt.station.as_str(), theme.dim);
            put(buf, place, 27, &world.station_name(halt.station), theme.strong);
            self.list.mark(buf, row, place, world);
        }
    }
}
