//! What was booked: the ticket with its code, or the slip that makes one at a counter.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::{Booking, BookingStatus, Place};
use crate::domain::coach::Class;
use crate::domain::quota::Quota;
use crate::domain::train::RunId;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::command::{Step, Taken};
use crate::ui::context::{Context, World};
use crate::ui::frame::{self, countdown, next_second};
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{Attention, CallId, How, Load, Watch};
use crate::ui::onward::Onward;
use crate::ui::reread::Reread;
use crate::ui::screen::{Extent, Hyperlink, Scene};
use crate::ui::screens::booking::Detail;
use crate::ui::theme::Tone;
use crate::ui::widgets::big_number;
use crate::ui::widgets::papers::{Ask, Papers, has_code};
use crate::ui::widgets::roll::{self, Roll, Turn};
use crate::ui::widgets::sheet::{self, People, panes, put, stack};
use crate::ui::widgets::status::{self, Off};

/// Rows of what to do next.
const CLOSING: u16 = 4;

/// What was booked.
#[derive(Clone, Debug)]
pub struct Ticket {
    booking: Arc<Booking>,
    papers: Papers,
    again: Load<()>,
    reread: Reread,
    /// The telephone number as it was typed for it in this session.
    phone: String,
    roll: Roll,
}

impl Ticket {
    /// The ticket or the slip of a booking.
    pub fn new(booking: Arc<Booking>) -> Self {
        Self::sold(booking, String::new())
    }

    /// The same for a booking that was just made with a telephone number as it was typed.
    pub fn sold(booking: Arc<Booking>, phone: String) -> Self {
        let (papers, reread, roll) = (Papers::default(), Reread::default(), Roll::default());
        Self { booking, papers, again: Load::Idle, reread, phone, roll }
    }

    /// Rows for those who travel.
    fn rows(&self, area: Rect) -> u16 {
        let rest = big_number::ROWS + sheet::JOURNEY_ROWS + CLOSING;
        roll::rows(self.booking.passengers.len(), area.height, rest)
    }

    fn is_paid(&self) -> bool {
        self.booking.status == BookingStatus::Booked
    }

    /// Whether it is a slip that nobody has paid yet, as far as is known here.
    fn is_slip(&self) -> bool {
        self.booking.status == BookingStatus::AwaitingPayment
    }

    /// Whether it was paid, and nobody travels on it any more.
    fn is_over(&self) -> bool {
        self.booking.status == BookingStatus::Cancelled && self.booking.payment.is_some()
    }

    /// Until when the slip can be paid, while it can.
    fn pay_by(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let awaits = self.is_slip() && !self.booking.has_lapsed(now);
        self.booking.slip.as_ref().filter(|_| awaits).map(|slip| slip.pay_by)
    }

    /// Until when the slip is paid, while it can be and the train goes where it is for.
    fn payable(&self, world: &World) -> Option<DateTime<Utc>> {
        self.pay_by(world.now).filter(|_| Off::of(&self.booking, world).is_none())
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go on with somebody else.
    Next,
    /// Show the code, or bring the receipt.
    Papers(Ask),
    /// Look whether the slip was paid.
    Look,
    /// Search for the same party.
    Onward(Onward),
    /// Show others of a group.
    Others(Turn),
    /// Go back.
    Back,
}

impl Scene for Ticket {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "done", "Finishes, and begins the next booking.", Action::Next),
        Ask::Code.bind(Action::Papers(Ask::Code)),
        Ask::Receipt(How::Open).bind(Action::Papers(Ask::Receipt(How::Open))),
        Ask::Receipt(How::Save).bind(Action::Papers(Ask::Receipt(How::Save))),
        Ask::Receipt(How::Print).bind(Action::Papers(Ask::Receipt(How::Print))),
        Ask::Receipt(How::Link).bind(Action::Papers(Ask::Receipt(How::Link))),
        bind(&[Key::Char('r')], "r", "paid?", "Looks whether the slip was paid.", Action::Look),
        Onward::Back.bind(Action::Onward(Onward::Back)),
        Onward::Again.bind(Action::Onward(Onward::Again)),
        Turn::On.bind(Action::Others(Turn::On)),
        Turn::Back.bind(Action::Others(Turn::Back)),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        let what = match self.booking.status {
            BookingStatus::Booked if self.booking.may_board() => "Ticket",
            BookingStatus::Booked => "On the waiting list",
            BookingStatus::Cancelled if self.is_over() => "Cancelled",
            _ => "Slip",
        };
        format!("{what} {} · {} {}", self.booking.pnr.spoken(), self.booking.train, self.booking.train_name)
    }

    fn fact(&self, world: &World) -> Option<String> {
        self.payable(world).map(|until| format!("pay within {}", countdown(until, world.now)))
    }

    fn extent(&self, world: &World) -> Extent {
        self.papers.extent(world)
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Next => !self.papers.is_open(),
            Action::Papers(ask) => self.papers.offers(ask, &self.booking, world),
            Action::Look => self.is_slip() && !self.again.is_waiting(),
            Action::Onward(_) => (self.is_paid() || self.is_over()) && !self.papers.is_open(),
            Action::Others(_) => {
                let people = self.booking.passengers.len();
                !self.papers.is_open() && roll::is_cut(people, self.rows(frame::body(world.size)))
            }
            Action::Back => self.papers.is_open(),
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        if self.booking.may_board() {
            self.papers.fetch(&self.booking, cx);
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        let pnr = self.booking.pnr;
        match action {
            Action::Next => cx.home(),
            Action::Papers(ask) => self.papers.act(ask, &self.booking, cx),
            Action::Onward(onward) => {
                if let Err(why) = onward.search(&self.booking, &self.phone, None, cx) {
                    cx.toast(Tone::Warning, why);
                }
            }
            Action::Others(turn) => {
                let rows = self.rows(frame::body(cx.size));
                self.roll.turn(turn, self.booking.passengers.len(), rows);
            }
            Action::Look => self.again = Load::Waiting(cx.call(Request::Booking { pnr })),
            Action::Back => {
                self.papers.close();
            }
        }
    }

    fn take(&mut self, step: &Step, cx: &mut Context) -> Taken {
        match step {
            Step::GiveUp => {
                cx.push(Detail::of(self.booking.pnr));
                Taken::Elsewhere
            }
            step => Onward::take(step, &self.booking, &self.phone, cx),
        }
    }

    fn mouse(&mut self, mouse: Mouse, _area: Rect, cx: &mut Context) {
        match Turn::of_wheel(mouse.kind) {
            None => self.papers.touch(),
            Some(turn) => self.act(Action::Others(turn), cx),
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        if self.reread.awaits(call) {
            if let Some(found) = self.reread.reply(&answer, &self.booking, cx) {
                self.booking = found;
                self.enter(cx);
            }
            return;
        }
        if self.papers.reply(call, &answer, cx) || !self.again.awaits(call) {
            return;
        }
        self.again = Load::Idle;
        match answer {
            Ok(Reply::Booking(booking)) => {
                let was_paid = self.is_paid();
                self.booking = booking;
                if self.is_paid() && !was_paid {
                    let words = if self.booking.may_board() {
                        "The slip is paid: this is the ticket now."
                    } else {
                        "The slip is paid: this is the place on the waiting list."
                    };
                    cx.toast(Tone::Good, words);
                    cx.bell();
                    self.enter(cx);
                }
            }
            Ok(_) => {}
            Err(failure) => cx.toast(Tone::Bad, failure.to_string()),
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.papers.gave_up(call);
        self.again.give_up(call);
    }

    /// Whoever pays a slip at a counter changes the run: the slip becomes a ticket under the person's eyes.
    fn live(&mut self, run: RunId, cx: &mut Context) {
        if run == self.booking.run && self.is_slip() && !self.again.is_waiting() {
            self.again = Load::Waiting(cx.fetch(Request::Booking { pnr: self.booking.pnr }));
        } else if self.is_paid() {
            self.reread.live(run, &self.booking, cx);
        }
    }

    fn watch(&self, world: &World) -> Vec<Watch> {
        let awaits = self.pay_by(world.now).is_some();
        if awaits {
            vec![Watch { run: self.booking.run, attention: Attention::Focus }]
        } else {
            Reread::watch(&self.booking, world)
        }
    }

    fn next_wake(&self, world: &World) -> Option<DateTime<Utc>> {
        self.pay_by(world.now).map(|until| next_second(until, world.now)).or(self.reread.due())
    }

    fn wake(&mut self, cx: &mut Context) {
        self.reread.wake(&self.booking, cx);
    }

    fn hyperlink(&self, area: Rect) -> Option<Hyperlink> {
        self.papers.hyperlink(area)
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        if self.papers.is_open() {
            return self.papers.view(buf, area, &self.booking, world);
        }
        let (main, side) = panes(area);
        let heights = [big_number::ROWS, sheet::JOURNEY_ROWS, self.rows(main), CLOSING];
        let [head, journey, people, closing] = stack(main, heights);
        big_number::view(buf, Rect { x: head.x + 2, ..head }, &self.booking.pnr.spoken(), world);
        let beside = Rect { x: head.x + 50, width: head.width.saturating_sub(50), ..head };
        self.view_head(buf, beside, world);
        let booking = &self.booking;
        sheet::journey(buf, journey, (&booking.from, &booking.to, booking.km), world);
        sheet::people(buf, people, booking, (People::Status, self.roll), world);
        sheet::paragraph(buf, closing, &self.what_next(world), world.theme.text);
        if let (Some(side), true) = (side, has_code(&self.booking, world)) {
            self.papers.view_beside(buf, side, world);
        }
    }
}

/// The class, and the quota where it is not the general one: `3A third AC, Tatkal`.
fn class_in_words(booking: &Booking) -> String {
    let class = format!("{} {}", booking.class, booking.class.words());
    if booking.quota == Quota::General { class } else { format!("{class}, {}", booking.quota.words()) }
}

impl Ticket {
    fn view_head(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let booking = &self.booking;
        let (headline, tone) = status::headline(booking, world);
        let money = format!("{}{}", world.glyphs.rupee, booking.fare.total);
        let money = match (&booking.payment, self.payable(world)) {
            (Some(payment), _) => format!("{money} {}", payment.method.words()),
            (None, Some(_)) => format!("{money} to pay"),
            (None, None) => "not paid".to_owned(),
        };
        let lines = [
            (headline, theme.tone(tone).patch(theme.strong)),
            (format!("{} {}", booking.train, booking.train_name), theme.text),
            (class_in_words(booking), theme.text),
            (money, theme.accent),
        ];
        for (row, (words, style)) in area.rows().zip(lines) {
            put(buf, row, 0, &words, style);
        }
    }

    fn what_next(&self, world: &World) -> String {
        let pnr = self.booking.pnr.spoken();
        if self.is_over() {
            return status::over(&self.booking, world);
        }
        if let Some(off) = Off::of(&self.booking, world) {
            return off.words(&self.booking);
        }
        if self.is_paid() && !self.booking.may_board() {
            let back = status::never_cleared_of(&self.booking, world);
            return format!("Paid, but no ticket to board with yet. {} {back}", status::WAITING);
        }
        if self.is_paid() {
            let shares = self.booking.passengers.iter().any(|booked| matches!(booked.place, Place::Rac { .. }));
            let waits = self.booking.passengers.iter().any(|booked| matches!(booked.place, Place::Waiting { .. }));
            let more = match (shares, waits) {
                (_, true) => " Whoever is on the waiting list cannot board yet.",
                (true, false) => " With RAC two share a side lower berth, and may board.",
                (false, false) if self.booking.class == Class::Unreserved => {
                    " It is for any unreserved coach of this train; no seat is kept."
                }
                (false, false) => "",
            };
            let code = match world.glyphs.charset {
                crate::ui::glyphs::Charset::Unicode => "the code that q shows",
                crate::ui::glyphs::Charset::Ascii => "the ticket's text that q shows",
            };
            let late = status::changed(&self.booking, world).map(|late| format!("{late} ")).unwrap_or_default();
            return format!(
                "{late}Booked. On the train show the PNR {pnr} or {code}, and an identity card. A lost receipt can be had \
                 again under the PNR.{more}"
            );
        }
        match self.pay_by(world.now) {
            Some(until) => format!(
                "This is not a ticket. Take the number {pnr} to any counter by {} and pay there: the berths are kept \
                 until then, and the counter gives you the ticket. Note it down before you leave this screen.",
                crate::domain::time::railway_time(until).format("%H:%M")
            ),
            None if self.booking.status == BookingStatus::Cancelled => {
                "The slip was given up, and its berths were given back. Nothing is owed: book again to travel."
                    .to_owned()
            }
            None => "This was never a ticket: the time to pay is over, the berths were given back, and nothing was \
                     paid. Book again to travel."
                .to_owned(),
        }
    }
}
