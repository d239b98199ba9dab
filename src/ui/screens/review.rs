//! The fare, and paying it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::coach::{BerthType, Class};
use crate::domain::fare::Fare;
use crate::domain::passenger::Accommodation;
use crate::domain::quota::Quota;
use crate::domain::spot::Grant;
use crate::service::request::{Failure, Hold, Order, Reply, Request};
use crate::ui::attempt::{Attempt, Verdict};
use crate::ui::command::{self, Refusal, Taken, Tendered};
use crate::ui::context::{Context, World};
use crate::ui::draft::{Draft, Step};
use crate::ui::form::Focus;
use crate::ui::frame::{self, seconds_left};
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, Typing, bind};
use crate::ui::msg::{CallId, Load, Watch};
use crate::ui::overlay::{Answer, Confirm, Notice, Question};
use crate::ui::prospect::{Promise, keeps_berths, promised, watch_queue};
use crate::ui::screen::Scene;
use crate::ui::screens::ticket::Ticket;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::button;
use crate::ui::widgets::roll::{self, Roll, Turn};
use crate::ui::widgets::sheet::{self, Person, panes, stack};
use crate::ui::widgets::till::{self, Keeps, Settled, Till, Way};
use crate::ui::widgets::{state, status};

/// With fewer seconds left than this the person is told to hurry.
const HURRY: i64 = 120;

/// The fare, and paying it.
#[derive(Clone, Debug, Default)]
pub struct Review {
    price: Load<Fare>,
    till: Till,
    attempt: Attempt,
    roll: Roll,
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
    /// Show others of a group.
    Others(Turn),
    /// Ask for the price again.
    Price,
    /// Give the berths back.
    GiveBack,
    /// Begin anew, where there are no berths to give back.
    Anew,
    /// Go back to the passengers.
    Back,
}

impl Review {
    fn ask_price(&mut self, cx: &mut Context) {
        let Draft { hold: Some(hold), passengers, .. } = &cx.draft else { return };
        let (run, leg, class, quota) = (hold.run, hold.leg, hold.class, hold.quota);
        let passengers = passengers.clone();
        self.price = Load::Waiting(cx.call(Request::Price { run, leg, class, quota, passengers }));
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

    /// Whether somebody who looks sees what there is to pay.
    pub fn shows_fare(&self) -> bool {
        self.price.ready().is_some()
    }

    fn tender(&mut self, tendered: &Tendered) -> Taken {
        if let Some(why) = self.price.failed() {
            return Refusal::new(why.to_string()).into();
        }
        match self.till.tender(tendered) {
            Ok(()) => Taken::Yes,
            Err(why) => Refusal::of_word(1, why).into(),
        }
    }

    fn pay_by_entry(&mut self, cx: &mut Context) -> Taken {
        if !self.attempt.is_idle() {
            return Refusal::new("It is not known yet whether it was booked: press Enter to ask again.").into();
        }
        self.pay(cx);
        match self.till.error() {
            Some(why) if self.attempt.is_idle() => Refusal::new(why).into(),
            _ => Taken::Yes,
        }
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
        Turn::On.bind(Action::Others(Turn::On)),
        Turn::Back.bind(Action::Others(Turn::Back)),
        bind(&[Key::Char('r')], "r", "try again", "Asks for the fare again.", Action::Price),
        bind(&[Key::Esc], "Esc", "edit passengers", "Goes back to the passengers without loss.", Action::Back),
        bind(&[Key::Esc], "Esc", "leave", "Leaves without knowing whether it was booked.", Action::Leave),
        bind(&[Key::F(7)], "F7", "give the berths back", "Gives the berths back and begins anew.", Action::GiveBack),
        bind(&[Key::F(7)], "F7", "begin anew", "Forgets the journey in work and begins anew.", Action::Anew),
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

    fn offers(&self, action: Action, world: &World) -> bool {
        let chooses = self.attempt.is_idle() && self.price.ready().is_some();
        match action {
            Action::Pay => chooses && self.till.way() != Way::Counter,
            Action::Reserve => chooses && self.till.way() == Way::Counter,
            Action::Again | Action::Leave => self.attempt.doubt().is_some(),
            Action::NextWay | Action::PreviousWay => chooses && self.till.chooses(),
            Action::Field => chooses && self.till.has_field(),
            Action::Others(_) => {
                let [_, people, ..] = self.parts(panes(frame::body(world.size)).0, world);
                roll::is_cut(world.draft.passengers.len(), people.height)
            }
            Action::Price => self.price.failed().is_some_and(|failure| !is_about_the_party(failure)),
            Action::GiveBack => self.attempt.is_idle() && self.held(world).is_some_and(keeps_berths),
            Action::Anew => self.attempt.is_idle() && !self.held(world).is_some_and(keeps_berths),
            Action::Back => self.attempt.is_idle(),
        }
    }

    fn typing(&self) -> Typing {
        if self.attempt.is_idle() && self.price.ready().is_some() { self.till.typing() } else { Typing::No }
    }

    fn enter(&mut self, cx: &mut Context) {
        let queued = cx.draft.hold.iter().flat_map(|hold| &hold.grants).any(|grant| grant.is_queued());
        let keeps = if queued { Keeps::Nothing } else { Keeps::Berths };
        self.till = Till::for_sale(keeps, cx);
        self.ask_price(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Pay | Action::Reserve => self.pay(cx),
            Action::Again => self.attempt.repeat(cx),
            Action::NextWay => self.till.next(),
            Action::PreviousWay => self.till.previous(),
            Action::Field => self.till.turn(),
            Action::Others(turn) => {
                let [_, people, ..] = self.parts(panes(frame::body(cx.size)).0, cx);
                self.roll.turn(turn, cx.draft.passengers.len(), people.height);
            }
            Action::Price => self.ask_price(cx),
            Action::GiveBack | Action::Anew => {
                let (title, yes, no) = match action {
                    Action::Anew => ("Begin anew?", "Begin anew", "Stay"),
                    _ => ("Give the berths back?", "Give them back", "Keep them"),
                };
                cx.confirm(Confirm {
                    question: Question::GiveBack,
                    title: title.to_owned(),
                    text: "The journey in work is forgotten. Nothing was paid.".to_owned(),
                    yes,
                    no,
                });
            }
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

    /// Numbers in a queue move until it is paid.
    fn watch(&self, world: &World) -> Vec<Watch> {
        watch_queue(world)
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
        if let Some(turn) = Turn::of_wheel(mouse.kind) {
            return self.act(Action::Others(turn), cx);
        }
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

    fn take(&mut self, step: &command::Step, cx: &mut Context) -> Taken {
        match step {
            command::Step::Fare => Taken::Yes,
            command::Step::Tender(tendered) => self.tender(tendered),
            command::Step::Pay => self.pay_by_entry(cx),
            _ => Taken::NotHere,
        }
    }

    /// What is paid leads on from here.
    fn fell_short(&self, step: &command::Step, _world: &World) -> Option<Refusal> {
        match step {
            command::Step::Fare => self.price.failed().map(|why| Refusal::new(why.to_string())),
            command::Step::Pay => {
                let why = self.attempt.doubt().unwrap_or("It was not booked: read why, and put it right.");
                Some(Refusal::new(why))
            }
            _ => None,
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
                let sold = std::mem::take(cx.draft_mut());
                cx.reset_to(Ticket::sold(booking, sold.typed.phone));
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
        let [head, people, queue, fare, till] = self.parts(main, world);
        sheet::journey(buf, head, (&journey.from, &journey.to, journey.km), world);
        self.view_people(buf, people, world);
        sheet::paragraph(buf, queue, &self.queue_words(world), world.theme.warning);
        match &self.price {
            Load::Ready(price) => {
                sheet::fare_or_total(buf, fare, price, "To pay", world);
                self.view_till(buf, till, price, world);
            }
            Load::Failed(failure) if is_about_the_party(failure) => {
                let title = "Not for this party";
                let next = format!("{failure} Press Esc to change the passengers, or F7 to begin anew.");
                state::empty(buf, fare.union(till), title, &next, world);
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
    /// Journey, people, what a queue means, fare and till. Where all of that is too much, the fare is its total.
    fn parts(&self, area: Rect, world: &World) -> [Rect; 5] {
        let people = world.draft.passengers.len();
        let room = area.width.saturating_sub(4);
        let queue = u16::try_from(text::wrap(&self.queue_words(world), room).len()).unwrap_or(u16::MAX);
        let rest = sheet::JOURNEY_ROWS + queue + till::ROWS;
        let left = area.height.saturating_sub(rest);
        let fare = self.price.ready().map_or(3, |fare| roll::fare_rows(fare, people, left));
        stack(area, [sheet::JOURNEY_ROWS, roll::rows(people, area.height, rest + fare), queue, fare, till::ROWS])
    }

    /// What is held, or was while nobody knows whether it is booked.
    fn held<'a>(&'a self, world: &'a World) -> Option<&'a Hold> {
        world.draft.hold.as_ref().or(self.held.as_ref())
    }

    /// What whoever is in a queue has to know before they pay; nothing for others.
    fn queue_words(&self, world: &World) -> String {
        let Some(hold) = self.held(world) else { return String::new() };
        let all = hold.grants.iter();
        let (shares, waits) = all.fold((false, false), |(shares, waits), grant| match grant {
            Grant::Shared(_) => (true, waits),
            Grant::Waiting => (shares, true),
            Grant::Berth(_) | Grant::Unreserved => (shares, waits),
        });
        let shares = if shares { "RAC: two share one side lower berth, and both may board. " } else { "" };
        let waits = if waits {
            let all_wait = hold.grants.iter().all(|grant| *grant == Grant::Waiting);
            let who = if all_wait { "Nobody can board" } else { "Whoever waits cannot board" };
            let back = status::never_cleared(hold.class, world.rules.refunds_on(world.today()), world);
            format!("{who} unless a place becomes free. {back}")
        } else {
            String::new()
        };
        format!("{shares}{waits}").trim_end().to_owned()
    }

    /// While nobody knows whether they are booked, the berths are neither counted down nor given back.
    fn set_hold_aside(&mut self, cx: &mut Context) {
        if let Some(hold) = cx.draft_mut().hold.take() {
            self.held = Some(hold);
        }
    }

    fn view_people(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let draft = &world.draft;
        let mut promises = self.held(world).map(|hold| promised(hold, world)).unwrap_or_default().into_iter();
        let shown = self.roll.shown(draft.passengers.len(), area.height);
        self.roll.position(buf, area, draft.passengers.len(), world);
        let mut rows = area.rows();
        for (index, passenger) in draft.passengers.iter().enumerate().take(shown.end) {
            let seated = passenger.accommodation == Accommodation::Berth;
            let promise = if seated { promises.next() } else { None };
            if index < shown.start {
                continue;
            }
            let Some(row) = rows.next() else { return };
            let berth = match promise {
                Some(Promise::Berth(berth, kind)) => {
                    format!("{:<6} {}", berth.to_string(), kind.map_or("", BerthType::words))
                }
                Some(other) => other.words(),
                None => String::new(),
            };
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
            let words = if self.held(world).is_some_and(keeps_berths) {
                "Less than two minutes are left: pay now, or the berths go back."
            } else {
                "Less than two minutes are left: pay now, or begin again."
            };
            sheet::put(buf, last, 2, words, theme.warning);
        }
    }
}

/// Whether other passengers, and no second try, are what helps.
const fn is_about_the_party(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::NotEligible(_) | Failure::Fare(_) | Failure::PartySize { .. } | Failure::GroupNeeds { .. }
    )
}

/// A class, and the quota where it is not the general one: `3A`, `3A TQ`.
pub fn class_words(class: Class, quota: Quota) -> String {
    if quota == Quota::General { class.to_string() } else { format!("{class} {quota}") }
}

/// The train, the class and the coaches of a journey in work, in words.
pub fn place(draft: &Draft, hold: Option<&Hold>) -> String {
    let Some(journey) = &draft.journey else { return "Your journey".to_owned() };
    let mut words = format!("{} {}", journey.train.number(), journey.train.name());
    if let Some(hold) = hold {
        let berths = hold.berths();
        let mut coaches: Vec<&str> = Vec::new();
        for berth in &berths {
            if !coaches.contains(&berth.coach.as_str()) {
                coaches.push(berth.coach.as_str());
            }
        }
        words = format!("{words} · {}", class_words(hold.class, hold.quota));
        if !coaches.is_empty() {
            words = format!("{words} · {}", coaches.join(" "));
        }
    }
    words
}
