//! One booking: all that is known of it, its code and its receipt.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::pnr::Pnr;
use crate::domain::time::railway_time;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, bind};
use crate::ui::msg::{CallId, How, Load};
use crate::ui::screen::{Extent, Scene};
use crate::ui::widgets::papers::{Ask, Papers};
use crate::ui::widgets::sheet::{self, People, moment, panes, put, put_right, stack};
use crate::ui::widgets::state;

/// One booking.
#[derive(Clone, Debug)]
pub struct Detail {
    pnr: Pnr,
    booking: Load<Arc<Booking>>,
    papers: Papers,
}

impl Detail {
    /// The booking under a PNR, to be looked up.
    pub fn of(pnr: Pnr) -> Self {
        Self { pnr, booking: Load::Idle, papers: Papers::default() }
    }

    fn read(&mut self, cx: &mut Context) {
        self.booking = Load::Waiting(cx.call(Request::Booking { pnr: self.pnr }));
    }

    fn is_paid(&self) -> bool {
        self.booking.ready().is_some_and(|booking| booking.status == BookingStatus::Booked)
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show the code, or bring the receipt.
    Papers(Ask),
    /// Read it again.
    Read,
    /// Go back.
    Back,
}

impl Scene for Detail {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        Ask::Code.bind(Action::Papers(Ask::Code)),
        Ask::Receipt(How::Open).bind(Action::Papers(Ask::Receipt(How::Open))),
        Ask::Receipt(How::Save).bind(Action::Papers(Ask::Receipt(How::Save))),
        Ask::Receipt(How::Print).bind(Action::Papers(Ask::Receipt(How::Print))),
        bind(&[Key::Char('r')], "r", "read again", "Reads the booking again, as it is now.", Action::Read),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        match self.booking.ready() {
            Some(booking) => format!("{} {} · {}", booking.train, booking.train_name, booking.class),
            None => format!("Booking {}", self.pnr.spoken()),
        }
    }

    fn extent(&self, world: &World) -> Extent {
        self.papers.extent(world)
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Papers(ask) => self.booking.ready().is_some_and(|booking| self.papers.offers(ask, booking, world)),
            Action::Read => !self.booking.is_waiting() && !self.papers.shows_code(),
            Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.read(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Papers(ask) => self.papers.act(ask, self.pnr, cx),
            Action::Read => self.read(cx),
            Action::Back => {
                if !self.papers.hide_code() {
                    cx.pop();
                }
            }
        }
    }

    fn mouse(&mut self, mouse: Mouse, _area: Rect, _cx: &mut Context) {
        if mouse.kind == MouseKind::Press {
            self.papers.hide_code();
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        if self.papers.reply(call, &answer, cx) {
            return;
        }
        let booking =
            |reply: &Reply| if let Reply::Booking(booking) = reply { Some(Arc::clone(booking)) } else { None };
        if self.booking.settle(call, &answer, booking) && self.is_paid() {
            self.papers.fetch(self.pnr, cx);
        }
    }

    /// Nobody waits for the booking any more: there is nothing else to see here.
    fn gave_up(&mut self, call: CallId, cx: &mut Context) {
        self.papers.gave_up(call);
        if self.booking.awaits(call) {
            cx.pop();
        }
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        match &self.booking {
            Load::Ready(booking) if self.papers.shows_code() => self.papers.view(buf, area, booking, world),
            Load::Ready(booking) => {
                let (main, side) = panes(area);
                view_booking(buf, main, booking, world);
                if let (Some(side), true) = (side, self.is_paid()) {
                    self.papers.view_beside(buf, side, world);
                }
            }
            Load::Failed(failure) => state::failed(buf, area, failure, world),
            Load::Idle | Load::Waiting(_) => {}
        }
    }
}

/// Draws all that is known of a booking.
fn view_booking(buf: &mut Buffer, area: Rect, booking: &Booking, world: &World) {
    let theme = &world.theme;
    let people = u16::try_from(booking.passengers.len()).unwrap_or(u16::MAX);
    let heights = [1, sheet::JOURNEY_ROWS, people, sheet::fare_rows(&booking.fare), 2];
    let [head, journey, people, fare, money] = stack(area, heights);
    let (status, tone) = sheet::status(booking, world);
    put(buf, head, 2, &format!("PNR {}", booking.pnr.spoken()), theme.accent);
    put(buf, head, 20, &status, theme.tone(tone).patch(theme.strong));
    let made = format!("made {} at {}", moment(railway_time(booking.booked_at)), booking.terminal);
    put_right(buf, head, &made, theme.dim);
    sheet::journey(buf, journey, (&booking.from, &booking.to, booking.km), world);
    sheet::people(buf, people, booking, People::Shares, world);
    let total = if booking.payment.is_some() { "Paid" } else { "To pay" };
    sheet::fare(buf, fare, &booking.fare, total, world);
    sheet::paragraph(buf, money, &payment_words(booking, world), theme.text);
}

/// How it was paid, or how it can be.
fn payment_words(booking: &Booking, world: &World) -> String {
    let phone = booking.phone.masked();
    match (&booking.payment, &booking.slip) {
        (Some(payment), _) => {
            let reference = payment.reference.as_ref().map(|text| format!(", reference {text}")).unwrap_or_default();
            let when = moment(railway_time(payment.taken_at));
            format!("Paid by {}{reference}, {when} at {}. Phone {phone}.", payment.method.words(), payment.terminal)
        }
        (None, Some(slip)) if !booking.has_lapsed(world.now) => {
            let by = railway_time(slip.pay_by).format("%H:%M");
            format!("Not a ticket yet: pay at any counter by {by} under the number above. Phone {phone}.")
        }
        (None, _) => {
            "It was not paid in time, and the berths were given back. Nothing is owed: book again to travel.".to_owned()
        }
    }
}
