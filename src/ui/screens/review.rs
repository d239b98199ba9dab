//! The fare, and paying it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::fare::Fare;
use crate::domain::quota::Quota;
use crate::service::request::{Failure, Hold, Order, Reply, Request};
use crate::ui::attempt::{Attempt, Verdict};
use crate::ui::context::{Context, World};
use crate::ui::draft::{Draft, Step};
use crate::ui::form::Focus;
use crate::ui::frame::seconds_left;
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, Typing, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::overlay::{Answer, Confirm, Notice, Question};
use crate::ui::screen::Scene;
use crate::ui::screens::ticket::Ticket;
use crate::ui::theme::Tone;
use crate::ui::widgets::button;
use crate::ui::widgets::sheet::{self, Person, panes, stack};
use crate::ui::widgets::state;
use crate::ui::widgets::till::{self, Settled, Till, Way};

/// With fewer seconds left than this the person is told to hurry.
const HURRY: i64 = 120;

/// The fare, and paying it.
#[derive(Clone, Debug, Default)]
pub struct Review {
    price: Load<Fare>,
    till: Till,
    attempt: Attempt,
    /// The berths of an attempt whose outcome nobody knows.
    held: Option<Hold>,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Take the money and book.
    Pay,
    /// Keep the berths under a slip.
    Reserve,
    /// Ask again whether that was done.
    Again,
    /// Leave although nobody knows.
    Leave,
    /// Choose the next way to pay.
    NextWay,
    /// Choose the way before.
    PreviousWay,
    /// Go to what the way has to be told, and back.
    Field,
    /// Ask for the price again.
    Price,
    /// Give the berths back.
    GiveBack,
    /// Go back to the passengers.
    Back,
}

impl Review {
    fn ask_price(&mut self, cx: &mut Context) {
        let Draft { hold: Some(hold), passengers, .. } = &cx.draft else { return };
        let (run, leg, class) = (hold.run, hold.leg, hold.class);
        let passengers = passengers.clone();
        self.price = Load::Waiting(cx.call(Request::Price { run, leg, class, quota: Quota::General, passengers }));
    }

    fn pay(&mut self, cx: &mut Context) {
        let Some(fare) = self.price.ready() else { return };
        let Draft { hold: Some(hold), passengers, phone: Some(phone), .. } = cx.draft.clone() else { return };
        let Some(settled) = self.till.settle(fare.total) else { return };
        let order = Order { hold, passengers, phone, agreed: fare.total };
        let op = cx.op_id();
        let request = match settled {
            Settled::Later => Request::Reserve { op, order },
            Settled::Now(payment) => Request::Book { op, order, payment },
        };
        self.attempt.begin(request, cx);
    }

    fn refused(&mut self, failure: Failure, cx: &mut Context) {
        match failure {
            Failure::FareChanged(fare) => {
                let title = "The fare has changed".to_owned();
                let text = format!(
                    "It is {}{} now. Nothing was paid: look at the new fare, and pay if you agree to it.",
                    cx.glyphs.rupee, fare.total
                );
                self.price = Load::Ready(*fare);
                cx.bell();
                cx.notice(Notice { tone: Tone::Warning, title, text });
            }
            Failure::BadReference => self.till.refuse_reference(),
            // The program itself takes whoever holds nothing any more back to the choice of berths.
            Failure::HoldExpired => {
                let now = cx.now;
                if let Some(hold) = &mut cx.draft_mut().hold {
                    hold.until = now;
                }
            }
            failure => {
                let title = "Not booked".to_owned();
                cx.notice(Notice { tone: Tone::Bad, title, text: format!("{failure} Nothing was paid.") });
            }
        }
    }
}

impl Scene for Review {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "pay and book", "Takes the payment and makes the booking.", Action::Pay),
        bind(
            &[Key::Enter],
            "Enter",
            "get a slip",
            "Keeps the berths, and shows what to pay at a counter.",
            Action::Reserve,
        ),
        bind(&[Key::Enter], "Enter", "ask again", "Asks again for the same: it will not happen twice.", Action::Again),
        bind(&[Key::Right, Key::Down], "←→", "way to pay", "Chooses how it is paid.", Action::NextWay),
        bind(&[Key::Left, Key::Up], "", "", "", Action::PreviousWay),
        bind(&[Key::Tab, Key::BackTab], "Tab", "field", "Goes to the money or reference and back.", Action::Field),
        bind(&[Key::Char('r')], "r", "try again", "Asks for the fare again.", Action::Price),
        bind(&[Key::Esc], "Esc", "edit passengers", "Goes back to the passengers without loss.", Action::Back),
        bind(&[Key::Esc], "Esc", "leave", "Leaves without knowing whether it was booked.", Action::Leave),
        bind(&[Key::F(7)], "F7", "give the berths back", "Gives the berths back and begins anew.", Action::GiveBack),
    ];

    fn place(&self, world: &World) -> String {
        place(&world.draft, world.draft.hold.as_ref().or(self.held.as_ref()))
    }

    fn step(&self) -> Option<Step> {
        Some(Step::Pay)
    }

    fn fact(&self, _world: &World) -> Option<String> {
        self.attempt.doubt().map(|_| "not known yet".to_owned())
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        let chooses = self.attempt.is_idle() && self.price.ready().is_some();
        match action {
            Action::Pay => chooses && self.till.way() != Way::Counter,
            Action::Reserve => chooses && self.till.way() == Way::Counter,
            Action::Again | Action::Leave => self.attempt.doubt().is_some(),
            Action::NextWay | Action::PreviousWay => chooses && self.till.chooses(),
            Action::Field => chooses && self.till.has_field(),
            Action::Price => self.price.failed().is_some(),
            Action::GiveBack | Action::Back => self.attempt.is_idle(),
        }
    }

    fn typing(&self) -> Typing {
        if self.attempt.is_idle() && self.price.ready().is_some() { self.till.typing() } else { Typing::No }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.till = Till::for_sale(cx);
        self.ask_price(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Pay | Action::Reserve => self.pay(cx),
            Action::Again => self.attempt.repeat(cx),
            Action::NextWay => self.till.next(),
            Action::PreviousWay => self.till.previous(),
            Action::Field => self.till.turn(),
            Action::Price => self.ask_price(cx),
            Action::GiveBack => cx.confirm(Confirm {
                question: Question::GiveBack,
                title: "Give the berths back?".to_owned(),
                text: "The journey in work is forgotten. Nothing was paid.".to_owned(),
                yes: "Give them back",
                no: "Keep them",
            }),
            Action::Back => cx.pop(),
            Action::Leave => cx.confirm(Confirm {
                question: Question::GiveUp,
                title: "Leave without knowing?".to_owned(),
                text: "The booking may have been made. Look under your bookings before you book again, or stay and \
                       press Enter to ask once more."
                    .to_owned(),
                yes: "Leave",
                no: "Stay",
            }),
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        if self.attempt.is_idle() && self.price.ready().is_some() {
            self.till.key(key);
        }
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        if self.attempt.is_idle() {
            self.till.paste(text);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        if self.attempt.is_idle() && self.price.ready().is_some() {
            let [.., till] = self.parts(panes(area).0, cx);
            if mouse.kind == MouseKind::Press && button::onward(till, cx).contains(mouse.at) {
                let onward = [Action::Pay, Action::Reserve].into_iter().find(|action| self.offers(*action, cx));
                if let Some(action) = onward {
                    self.act(action, cx);
                }
            } else {
                self.till.mouse(mouse, till);
            }
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let fare = |reply: &Reply| if let Reply::Priced(fare) = reply { Some(fare.clone()) } else { None };
        if self.price.settle(call, &answer, fare) {
            if self.price.failed() == Some(&Failure::HoldExpired) {
                self.refused(Failure::HoldExpired, cx);
            }
            return;
        }
        match self.attempt.settle(call, &answer) {
            Verdict::NotMine => {}
            Verdict::Done(booking) => {
                // The held berths are the booking's now: they are not given back with the journey in work.
                *cx.draft_mut() = Draft::default();
                cx.reset_to(Ticket::new(booking));
            }
            Verdict::Refused(failure) => {
                if cx.draft.hold.is_none() {
                    cx.draft_mut().hold = self.held.take();
                }
                self.refused(failure, cx);
            }
            Verdict::Unknown => self.set_hold_aside(cx),
        }
    }

    fn gave_up(&mut self, call: CallId, cx: &mut Context) {
        if self.price.awaits(call) {
            return cx.pop();
        }
        self.attempt.gave_up(call);
        self.set_hold_aside(cx);
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        if let Answer::Yes(Question::GiveBack | Question::GiveUp) = answer {
            cx.home();
        }
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let (main, side) = panes(area);
        let Some(journey) = &world.draft.journey else { return };
        let [head, people, fare, till] = self.parts(main, world);
        sheet::journey(buf, head, (&journey.from, &journey.to, journey.km), world);
        self.view_people(buf, people, world);
        match &self.price {
            Load::Ready(price) => {
                sheet::fare(buf, fare, price, "To pay", world);
                self.view_till(buf, till, price, world);
            }
            Load::Failed(failure) => state::failed(buf, fare.union(till), failure, world),
            Load::Idle | Load::Waiting(_) => {}
        }
        if let Some(side) = side {
            sheet::calls(buf, side, journey, world);
        }
    }
}

impl Review {
    /// Journey, people, fare and till.
    fn parts(&self, area: Rect, world: &World) -> [Rect; 4] {
        let people = u16::try_from(world.draft.passengers.len()).unwrap_or(u16::MAX);
        let fare = self.price.ready().map_or(3, sheet::fare_rows);
        stack(area, [sheet::JOURNEY_ROWS, people, fare, till::ROWS])
    }

    /// While nobody knows whether they are booked, the berths are neither counted down nor given back.
    fn set_hold_aside(&mut self, cx: &mut Context) {
        if let Some(hold) = cx.draft_mut().hold.take() {
            self.held = Some(hold);
        }
    }

    fn view_people(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let draft = &world.draft;
        let hold = draft.hold.as_ref().or(self.held.as_ref());
        let mut berths = hold.iter().flat_map(|hold| hold.berths());
        for (row, (index, passenger)) in area.rows().zip(draft.passengers.iter().enumerate()) {
            let seated = passenger.accommodation == crate::domain::passenger::Accommodation::Berth;
            let berth = if seated { berths.next() } else { None };
            let kind = berth.zip(draft.journey.as_ref()).and_then(|(berth, journey)| {
                let coach = journey.train.coach(berth.coach)?;
                Some(coach.berth_type(berth.number).words())
            });
            let berth =
                berth.map_or(String::new(), |berth| format!("{:<6} {}", berth.to_string(), kind.unwrap_or_default()));
            let share = self.price.ready().and_then(|fare| fare.shares.get(index)).map(ToString::to_string);
            sheet::person(buf, row, &Person { number: index + 1, passenger, berth, share }, world);
        }
    }

    fn view_till(&self, buf: &mut Buffer, area: Rect, price: &Fare, world: &World) {
        let theme = &world.theme;
        if let Some(doubt) = self.attempt.doubt() {
            return sheet::paragraph(buf, area, doubt, theme.warning);
        }
        self.till.view(buf, area, price.total, world);
        let words = if self.offers(Action::Reserve, world) { "Get a slip" } else { "Book" };
        if self.attempt.is_idle() {
            button::view(buf, button::onward(area, world), words, Focus::Elsewhere, world);
        }
        let last = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
        let left = world.draft.held_until().map(|until| seconds_left(until, world.now));
        if self.attempt.is_idle() && left.is_some_and(|left| left < HURRY) {
            let words = "Less than two minutes are left: pay now, or the berths go back.";
            sheet::put(buf, last, 2, words, theme.warning);
        }
    }
}

/// The train, the class and the coaches of a journey in work, in words.
pub fn place(draft: &Draft, hold: Option<&Hold>) -> String {
    let Some(journey) = &draft.journey else { return "Your journey".to_owned() };
    let mut words = format!("{} {}", journey.train.number(), journey.train.name());
    if let Some(hold) = hold {
        let berths = hold.berths();
        let mut coaches: Vec<&str> = berths.iter().map(|berth| berth.coach.as_str()).collect();
        coaches.dedup();
        words = format!("{words} · {} · {}", hold.class, coaches.join(" "));
    }
    words
}
