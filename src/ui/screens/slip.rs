//! A slip at the counter: what it is for, what to take, and taking it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::pnr::Pnr;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::attempt::{Attempt, Verdict};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Focus};
use crate::ui::frame::{self, countdown, next_second};
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::overlay::{Answer, Confirm, Notice, Question};
use crate::ui::screen::Scene;
use crate::ui::screens::booking::Detail;
use crate::ui::screens::ticket::Ticket;
use crate::ui::theme::Tone;
use crate::ui::widgets::roll::{self, Roll, Turn};
use crate::ui::widgets::sheet::{self, People, panes, put, stack};
use crate::ui::widgets::state;
use crate::ui::widgets::till::{self, Settled, Till};

/// A slip at the counter.
#[derive(Clone, Debug)]
pub struct Slip {
    code: Field,
    booking: Load<Arc<Booking>>,
    till: Till,
    attempt: Attempt,
    roll: Roll,
}

impl Default for Slip {
    fn default() -> Self {
        let (till, attempt, roll) = (Till::default(), Attempt::default(), Roll::default());
        Self { code: Field::text("Slip", 12), booking: Load::Idle, till, attempt, roll }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Look the slip up.
    Find,
    /// Take the money, or ask again whether that was done.
    Pay,
    /// Choose the next way to pay.
    NextWay,
    /// Choose the way before.
    PreviousWay,
    /// Go to what the way has to be told, and back.
    Field,
    /// Show the booking of a slip that was paid.
    Show,
    /// Show others of a group.
    Others(Turn),
    /// Type another code, or go back.
    Back,
}

impl Slip {
    fn find(&mut self, cx: &mut Context) {
        match self.code.value().parse::<Pnr>() {
            Ok(pnr) => self.booking = Load::Waiting(cx.call(Request::Slip { pnr })),
            Err(_) => {
                self.code.refuse("A slip's code has ten digits, such as 845-1234567: check it and type it again.");
            }
        }
    }

    fn pay(&mut self, cx: &mut Context) {
        if !self.attempt.is_idle() {
            return self.attempt.repeat(cx);
        }
        let Some(booking) = self.booking.ready() else { return };
        let (pnr, total) = (booking.pnr, booking.fare.total);
        let Some(Settled::Now(payment)) = self.till.settle(total) else { return };
        let op = cx.op_id();
        self.attempt.begin(Request::PaySlip { op, pnr, payment }, cx);
    }

    fn stage(&self, now: DateTime<Utc>) -> Stage {
        match self.booking.ready() {
            None => Stage::Code,
            Some(_) if !self.attempt.is_idle() => Stage::Open,
            Some(booking) if booking.status == BookingStatus::Booked => Stage::Paid,
            Some(booking) if booking.has_lapsed(now) => Stage::Lapsed,
            Some(_) => Stage::Open,
        }
    }

    fn pay_by(&self) -> Option<DateTime<Utc>> {
        self.booking.ready()?.slip.as_ref().map(|slip| slip.pay_by)
    }
}

/// What can be done here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// A code is typed.
    Code,
    /// The slip can be paid.
    Open,
    /// It was paid already.
    Paid,
    /// Its time is over.
    Lapsed,
}

impl Scene for Slip {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "find", "Looks the slip up.", Action::Find),
        bind(&[Key::Enter], "Enter", "take the money", "Takes the payment and confirms the booking.", Action::Pay),
        bind(&[Key::Enter], "Enter", "show the ticket", "Shows the booking that was paid.", Action::Show),
        bind(&[Key::Right, Key::Down], "←→", "way to pay", "Chooses how it is paid.", Action::NextWay),
        bind(&[Key::Left, Key::Up], "", "", "", Action::PreviousWay),
        bind(&[Key::Tab, Key::BackTab], "Tab", "field", "Goes to the money or reference and back.", Action::Field),
        Turn::On.bind(Action::Others(Turn::On)),
        Turn::Back.bind(Action::Others(Turn::Back)),
        bind(&[Key::Esc], "Esc", "back", "Goes back: to another code, and then to where you were.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        match self.booking.ready() {
            Some(booking) => format!("Slip {}", booking.pnr.spoken()),
            None => "A slip at the counter".to_owned(),
        }
    }

    fn fact(&self, world: &World) -> Option<String> {
        if self.attempt.doubt().is_some() {
            return Some("not known yet".to_owned());
        }
        let until = self.pay_by().filter(|_| self.stage(world.now) == Stage::Open)?;
        Some(format!("pay within {}", countdown(until, world.now)))
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        let stage = self.stage(world.now);
        let chooses = stage == Stage::Open && self.attempt.is_idle();
        match action {
            Action::Find => stage == Stage::Code && !self.booking.is_waiting(),
            Action::Pay => stage == Stage::Open && !self.attempt.is_under_way(),
            Action::Show => stage == Stage::Paid,
            Action::NextWay | Action::PreviousWay => chooses && self.till.chooses(),
            Action::Field => chooses && self.till.has_field(),
            Action::Others(_) => self.booking.ready().is_some_and(|booking| {
                let [_, people, ..] = parts(panes(frame::body(world.size)).0, booking);
                roll::is_cut(booking.passengers.len(), people.height)
            }),
            Action::Back => !self.attempt.is_under_way(),
        }
    }

    fn typing(&self) -> Typing {
        match self.booking {
            Load::Ready(_) if self.attempt.is_idle() => self.till.typing(),
            Load::Ready(_) => Typing::No,
            _ => Typing::Yes,
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Find => self.find(cx),
            Action::Pay => self.pay(cx),
            Action::NextWay => self.till.next(),
            Action::PreviousWay => self.till.previous(),
            Action::Field => self.till.turn(),
            Action::Others(turn) => {
                if let Some(booking) = self.booking.ready() {
                    let [_, people, ..] = parts(panes(frame::body(cx.size)).0, booking);
                    self.roll.turn(turn, booking.passengers.len(), people.height);
                }
            }
            Action::Show => {
                if let Some(booking) = self.booking.ready() {
                    cx.push(Detail::of(booking.pnr));
                }
            }
            Action::Back if !self.attempt.is_idle() => cx.confirm(Confirm {
                question: Question::GiveUp,
                title: "Leave without knowing?".to_owned(),
                text: "The money may have been booked. Open the slip again before you take money for it once more, or \
                       stay and press Enter to ask."
                    .to_owned(),
                yes: "Leave",
                no: "Stay",
            }),
            Action::Back if matches!(self.booking, Load::Ready(_) | Load::Failed(_)) => *self = Self::default(),
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, cx: &mut Context) {
        match self.stage(cx.now) {
            Stage::Code => {
                self.code.key(key);
                if self.booking.failed().is_some() {
                    self.booking = Load::Idle;
                }
            }
            Stage::Open if self.attempt.is_idle() => self.till.key(key),
            Stage::Open | Stage::Paid | Stage::Lapsed => {}
        }
    }

    fn paste(&mut self, text: &str, cx: &mut Context) {
        match self.stage(cx.now) {
            Stage::Code => self.code.paste(text),
            Stage::Open if self.attempt.is_idle() => self.till.paste(text),
            Stage::Open | Stage::Paid | Stage::Lapsed => {}
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        if let Some(turn) = Turn::of_wheel(mouse.kind) {
            return self.act(Action::Others(turn), cx);
        }
        if let (Stage::Open, Some(booking)) = (self.stage(cx.now), self.booking.ready())
            && self.attempt.is_idle()
        {
            let [.., till] = parts(panes(area).0, booking);
            self.till.mouse(mouse, till);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let booking =
            |reply: &Reply| if let Reply::Booking(booking) = reply { Some(Arc::clone(booking)) } else { None };
        if self.booking.awaits(call) {
            match (&answer, self.code.value().parse()) {
                // What became of it says what to do.
                (Err(Failure::SlipClosed(_)), Ok(pnr)) => {
                    self.booking = Load::Waiting(cx.call(Request::Booking { pnr }));
                }
                _ => {
                    self.booking.settle(call, &answer, booking);
                }
            }
            return;
        }
        match self.attempt.settle(call, &answer) {
            Verdict::Done(booking) => cx.replace(Ticket::new(booking)),
            Verdict::Refused(Failure::BadReference) => self.till.refuse_reference(),
            // Paid elsewhere, or too late: what it is now says what to do.
            Verdict::Refused(Failure::SlipClosed(why)) => {
                cx.toast(Tone::Warning, Failure::SlipClosed(why).to_string());
                self.find(cx);
            }
            Verdict::Refused(failure) => {
                let title = "The slip was not paid".to_owned();
                cx.notice(Notice { tone: Tone::Bad, title, text: failure.to_string() });
            }
            Verdict::Unknown | Verdict::NotMine => {}
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.booking.give_up(call);
        self.attempt.gave_up(call);
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        if let Answer::Yes(Question::GiveUp) = answer {
            cx.pop();
        }
    }

    fn next_wake(&self, world: &World) -> Option<DateTime<Utc>> {
        let until = self.pay_by().filter(|until| self.stage(world.now) == Stage::Open && *until > world.now)?;
        Some(next_second(until, world.now))
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        match &self.booking {
            Load::Ready(booking) => self.view_slip(buf, panes(area).0, booking, world),
            _ => self.view_code(buf, area, world),
        }
    }
}

/// Journey, people, fare and till. With a group the fare is its total.
fn parts(area: Rect, booking: &Booking) -> [Rect; 4] {
    let (people, rest) = (booking.passengers.len(), sheet::JOURNEY_ROWS + till::ROWS);
    let fare = roll::fare_rows(&booking.fare, people, area.height.saturating_sub(rest));
    stack(area, [sheet::JOURNEY_ROWS, roll::rows(people, area.height, rest + fare), fare, till::ROWS])
}

impl Slip {
    fn view_code(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let mut rows = area.rows().skip(1);
        let Some(row) = rows.next() else { return };
        put(buf, row, 0, "▌", theme.accent);
        put(buf, row, 2, "Slip's code", theme.strong);
        self.code.view_value(buf, Rect { x: row.x + 15, width: 13, ..row }, Focus::Here, world);
        let Some(below) = rows.next() else { return };
        match self.code.error() {
            Some(error) => put(buf, below, 2, error, theme.bad),
            None => put(buf, below, 2, "Ten digits; the traveller has them on the slip.", theme.dim),
        }
        let rest = Rect { y: below.y + 2, height: area.bottom().saturating_sub(below.y + 2), ..area };
        if let Load::Failed(failure) = &self.booking {
            sheet::paragraph(buf, rest, &format!("{failure} Press Enter to look again."), theme.bad);
        } else if !self.booking.is_waiting() {
            let next = "It shows what the slip is for and what to take. Then take the money and confirm it here.";
            state::empty(buf, rest, "Type the code of the slip", next, world);
        }
    }

    fn view_slip(&self, buf: &mut Buffer, area: Rect, booking: &Booking, world: &World) {
        let theme = &world.theme;
        let [journey, people, fare, till] = parts(area, booking);
        sheet::journey(buf, journey, (&booking.from, &booking.to, booking.km), world);
        sheet::people(buf, people, booking, (People::Shares, self.roll), world);
        let stage = self.stage(world.now);
        let total = if stage == Stage::Open { "Take" } else { "Fare" };
        sheet::fare_or_total(buf, fare, &booking.fare, total, world);
        match (stage, self.attempt.doubt()) {
            (_, Some(doubt)) => sheet::paragraph(buf, till, doubt, theme.warning),
            (Stage::Paid, _) => {
                let words = "PAID ALREADY: take no money. Press Enter for the ticket and its receipt.";
                sheet::paragraph(buf, till, words, theme.good);
            }
            (Stage::Lapsed, _) => {
                let words = "TOO LATE: take no money. The time of this slip is over and its berths were given back. \
                             Press Esc twice and sell the journey again.";
                sheet::paragraph(buf, till, words, theme.bad);
            }
            (Stage::Open | Stage::Code, None) => self.till.view(buf, till, booking.fare.total, world),
        }
    }
}
