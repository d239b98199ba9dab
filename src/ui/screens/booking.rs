//! One booking: all that is known of it, its code and its receipt, and what can be done with it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::boarding;
use crate::domain::booking::{Booking, BookingStatus, Deed, Payment, PaymentMethod};
use crate::domain::correction::Correction;
use crate::domain::money::Paise;
use crate::domain::pnr::Pnr;
use crate::domain::refund::FirstChart;
use crate::domain::time::railway_time;
use crate::domain::train::RunId;
use crate::domain::user::Role;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::attempt::{Attempt, Verdict};
use crate::ui::command::{Refusal, Step, Taken};
use crate::ui::context::{Context, World};
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::msg::{CallId, How, Load, Watch};
use crate::ui::onward::Onward;
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::reread::Reread;
use crate::ui::screen::{Extent, Hyperlink, Scene};
use crate::ui::screens::boarding::Boarding;
use crate::ui::screens::cancel::Cancel;
use crate::ui::screens::correct::Correct;
use crate::ui::screens::former::Former;
use crate::ui::screens::history::History;
use crate::ui::screens::review::class_words;
use crate::ui::theme::Tone;
use crate::ui::widgets::papers::{Ask, Papers, has_code};
use crate::ui::widgets::roll::{self, Roll, Turn};
use crate::ui::widgets::sheet::panes;
use crate::ui::widgets::state;
use crate::ui::widgets::status::Off;

mod drawing;

/// One booking.
#[derive(Clone, Debug)]
pub struct Detail {
    pnr: Pnr,
    booking: Load<Arc<Booking>>,
    papers: Papers,
    reread: Reread,
    /// Money that is handed out, or a slip that is given up.
    attempt: Attempt,
    /// The ways by which its receipt is sent again.
    sending: Load<String>,
    /// Whether it was found by what its travellers know, and is only to be looked at.
    is_found: bool,
    roll: Roll,
}

impl Detail {
    /// The booking under a PNR, to be looked up.
    pub fn of(pnr: Pnr) -> Self {
        let (papers, reread, attempt) = (Papers::default(), Reread::default(), Attempt::default());
        let (sending, roll) = (Load::Idle, Roll::default());
        Self { pnr, booking: Load::Idle, papers, reread, attempt, sending, is_found: false, roll }
    }

    /// The same for whoever found it without an account: they may look at it.
    pub fn found(pnr: Pnr) -> Self {
        Self { is_found: true, ..Self::of(pnr) }
    }

    fn read(&mut self, cx: &mut Context) {
        // What it asked for is of no interest any more.
        self.reread = Reread::default();
        self.booking = Load::Waiting(cx.call(Request::Booking { pnr: self.pnr }));
    }

    /// Takes the booking as it is now.
    fn show(&mut self, booking: Arc<Booking>, cx: &mut Context) {
        self.booking = Load::Ready(booking);
        self.fetch_papers(cx);
    }

    fn fetch_papers(&mut self, cx: &mut Context) {
        if let Some(booking) = self.booking.ready().filter(|booking| booking.may_board()) {
            self.papers.fetch(booking, cx);
        }
    }

    /// Shows the name as an entry says that it should be; a key puts it right.
    fn correct(&self, correction: &Correction, cx: &mut Context) -> Taken {
        let Some(booking) = self.booking.ready().filter(|_| self.offers(Action::Correct, cx)) else {
            return Refusal::new("No name on this booking can be put right any more.").into();
        };
        if usize::from(correction.passenger) >= booking.passengers.len() {
            return Refusal::of_word(1, "Nobody is in that line: type another.").into();
        }
        cx.push(Correct::filled(Arc::clone(booking), correction));
        Taken::Yes
    }

    /// Asks before a sale is undone.
    fn ask_to_void(&self, cx: &mut Context) {
        let Some(payment) = self.booking.ready().and_then(|booking| booking.payment.as_ref()) else { return };
        let money = format!("{}{}", cx.glyphs.rupee, payment.amount);
        let back = match payment.method {
            PaymentMethod::Card => format!("Give {money} back to the card"),
            PaymentMethod::Cash | PaymentMethod::Test => format!("Give {money} back"),
        };
        cx.confirm(Confirm {
            question: Question::VoidSale,
            title: "Undo this sale?".to_owned(),
            text: format!("{back}, all of it, and take the ticket back. Everybody's places are free again at once."),
            yes: "Undo the sale",
            no: "Leave it",
        });
    }

    /// Asks before a refund is handed out, or a slip given up.
    fn ask(&self, question: Question, cx: &mut Context) {
        let Some(booking) = self.booking.ready() else { return };
        let money = format!("{}{}", cx.glyphs.rupee, booking.owed());
        let confirm = if question == Question::HandOut {
            Confirm {
                question,
                title: format!("Hand {money} out?"),
                text: format!(
                    "Give {money} to whoever shows the booking, and only then press Enter: it is noted as handed out \
                     at this terminal, once."
                ),
                yes: "It is handed out",
                no: "Not now",
            }
        } else {
            Confirm {
                question,
                title: "Give the slip up?".to_owned(),
                text: "Its berths go back at once, and nobody can pay for it any more. Nothing is owed.".to_owned(),
                yes: "Give it up",
                no: "Keep it",
            }
        };
        cx.confirm(confirm);
    }

    fn settled(&mut self, verdict: Verdict, cx: &mut Context) {
        match verdict {
            Verdict::Done(booking) => {
                let words = match booking.history.last().map(|change| &change.what) {
                    Some(Deed::PaidOut) => "The refund is handed out.",
                    Some(Deed::Cancelled(_)) if booking.payment.is_some() => "The sale is undone.",
                    _ => "The slip is given up, and its berths are back.",
                };
                cx.toast(Tone::Good, words);
                self.show(booking, cx);
            }
            Verdict::Refused(failure) => {
                cx.toast(Tone::Bad, failure.to_string());
                self.read(cx);
            }
            Verdict::Unknown | Verdict::NotMine => {}
        }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show the code, or bring the receipt.
    Papers(Ask),
    /// Give places up.
    Cancel,
    /// Give a slip up that nobody has paid.
    GiveUpSlip,
    /// Undo the sale.
    Void,
    /// Hand out what waits.
    HandOut,
    /// Ask again for what may have been done.
    Again,
    /// Leave although nobody knows.
    Leave,
    /// Put a name right.
    Correct,
    /// Board at another halt.
    Board,
    /// Search for the same party.
    Onward(Onward),
    /// Show what was done to it.
    History,
    /// Show others of a group.
    Others(Turn),
    /// Send the receipt again.
    Resend,
    /// Read it again.
    Read,
    /// Go back.
    Back,
}

/// The ways by which a receipt is sent again.
fn ways(reply: &Reply) -> Option<String> {
    let Reply::Resent(channels) = reply else { return None };
    Some(channels.iter().map(|channel| channel.word()).collect::<Vec<_>>().join(", "))
}

/// Whether there is anything to cancel on a booking.
pub(super) fn can_cancel(booking: &Booking, now: DateTime<Utc>) -> bool {
    booking.status == BookingStatus::Booked && railway_time(now) < booking.to.at
}

/// Whether its party may still board at a later halt, as far as can be known without its run: the services know.
fn can_board_later(booking: &Booking, now: DateTime<Utc>) -> bool {
    boarding::check(booking, FirstChart::Due(DateTime::<Utc>::MAX_UTC), now).is_ok()
}

/// Whether it may still lie in the till of whoever is signed in: the services know.
fn can_void(booking: &Booking, world: &World) -> bool {
    let own = world.identity.as_ref().map(|identity| identity.account);
    let is_own = |payment: &Payment| payment.till.is_some_and(|till| Some(till.agent) == own);
    booking.status == BookingStatus::Booked
        && booking.refunds.is_empty()
        && booking.payment.as_ref().is_some_and(is_own)
        && railway_time(world.now) < booking.from.at
}

impl Scene for Detail {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "ask again", "Asks again for the same: it will not happen twice.", Action::Again),
        bind(&[Key::Char('h')], "h", "hand out", "Hands out the refund that waits, and notes it.", Action::HandOut),
        bind(&[Key::Char('u')], "u", "undo sale", "Undoes a sale of your open till: all goes back.", Action::Void),
        Ask::Code.bind(Action::Papers(Ask::Code)),
        Ask::Receipt(How::Open).bind(Action::Papers(Ask::Receipt(How::Open))),
        Ask::Receipt(How::Save).bind(Action::Papers(Ask::Receipt(How::Save))),
        Ask::Receipt(How::Print).bind(Action::Papers(Ask::Receipt(How::Print))),
        Ask::Receipt(How::Link).bind(Action::Papers(Ask::Receipt(How::Link))),
        bind(
            &[Key::Char('c')],
            "c",
            "cancel",
            "Shows what is given back for places that are given up.",
            Action::Cancel,
        ),
        bind(&[Key::Char('c')], "c", "give up", "Gives the slip up, and its berths back.", Action::GiveUpSlip),
        bind(
            &[Key::Char('n')],
            "n",
            "name",
            "Puts the name of a passenger right, once, before the chart.",
            Action::Correct,
        ),
        bind(
            &[Key::Char('b')],
            "b",
            "board later",
            "Has the party board at a later halt, once, until a day before.",
            Action::Board,
        ),
        Onward::Back.bind(Action::Onward(Onward::Back)),
        Onward::Again.bind(Action::Onward(Onward::Again)),
        bind(&[Key::Char('y')], "y", "history", "Shows what was done to it, by whom and from where.", Action::History),
        bind(&[Key::Char('e')], "e", "send again", "Sends the receipt to the traveller again.", Action::Resend),
        bind(&[Key::Char('r')], "r", "read again", "Reads the booking again, as it is now.", Action::Read),
        Turn::On.bind(Action::Others(Turn::On)),
        Turn::Back.bind(Action::Others(Turn::Back)),
        bind(&[Key::Esc], "Esc", "leave", "Leaves without knowing whether it was done.", Action::Leave),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        match self.booking.ready() {
            Some(booking) => {
                let class = class_words(booking.class, booking.quota);
                format!("{} {} · {class}", booking.train, booking.train_name)
            }
            None => format!("Booking {}", self.pnr.spoken()),
        }
    }

    fn extent(&self, world: &World) -> Extent {
        self.papers.extent(world)
    }

    fn fact(&self, _world: &World) -> Option<String> {
        self.attempt.doubt().map(|_| "not known yet".to_owned())
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        let idle = self.attempt.is_idle() && !self.papers.is_open();
        let is = |wanted: &dyn Fn(&Booking) -> bool| idle && self.booking.ready().is_some_and(|found| wanted(found));
        match action {
            Action::Papers(ask) => self.booking.ready().is_some_and(|booking| self.papers.offers(ask, booking, world)),
            Action::Cancel | Action::GiveUpSlip | Action::Void | Action::Board | Action::Onward(_) if self.is_found => {
                false
            }
            Action::Board => is(&|booking| can_board_later(booking, world.now) && Off::of(booking, world).is_none()),
            Action::Void => world.takes_money() && is(&|booking| can_void(booking, world)),
            Action::Correct => world.takes_money() && is(&|booking| can_cancel(booking, world.now)),
            Action::Onward(_) => is(&|booking| booking.status != BookingStatus::AwaitingPayment),
            Action::Cancel => is(&|booking| can_cancel(booking, world.now)),
            Action::GiveUpSlip => {
                is(&|booking| booking.status == BookingStatus::AwaitingPayment && !booking.has_lapsed(world.now))
            }
            Action::HandOut => world.takes_money() && is(&|booking| booking.owed() > Paise::ZERO),
            Action::History => world.role().is_some_and(Role::is_staff) && is(&|_| true),
            Action::Resend => {
                let may = world.role().is_some_and(Role::is_staff) && !self.sending.is_waiting();
                may && is(&|booking| booking.payment.is_some())
            }
            Action::Others(_) => {
                !self.papers.is_open() && self.rows(world).is_some_and(|(people, rows)| roll::is_cut(people, rows))
            }
            Action::Again | Action::Leave => self.attempt.doubt().is_some(),
            Action::Read => idle && !self.booking.is_waiting(),
            Action::Back => self.attempt.is_idle(),
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.read(cx);
    }

    /// Whatever was done above, the booking shows it.
    fn resume(&mut self, cx: &mut Context) {
        if !matches!(self.booking, Load::Idle) {
            self.read(cx);
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Papers(ask) => {
                if let Some(booking) = self.booking.ready() {
                    self.papers.act(ask, booking, cx);
                }
            }
            Action::Cancel => {
                if let Some(booking) = self.booking.ready() {
                    cx.push(Cancel::new(Arc::clone(booking)));
                }
            }
            Action::Correct => {
                if let Some(booking) = self.booking.ready() {
                    cx.push(Correct::new(Arc::clone(booking)));
                }
            }
            Action::Board => {
                if let Some(booking) = self.booking.ready() {
                    cx.push(Boarding::new(Arc::clone(booking)));
                }
            }
            Action::Onward(onward) => {
                if let Some(booking) = self.booking.ready().cloned()
                    && let Err(why) = onward.search(&booking, "", None, cx)
                {
                    cx.toast(Tone::Warning, why);
                }
            }
            Action::GiveUpSlip => self.ask(Question::GiveUpSlip, cx),
            Action::Void => self.ask_to_void(cx),
            Action::HandOut => self.ask(Question::HandOut, cx),
            Action::Again => self.attempt.repeat(cx),
            Action::Leave => cx.confirm(Confirm {
                question: Question::GiveUp,
                title: "Leave without knowing?".to_owned(),
                text: "It may have been done. Open the booking again before you do anything else with it, or stay and \
                       press Enter to ask once more."
                    .to_owned(),
                yes: "Leave",
                no: "Stay",
            }),
            Action::History => {
                if let Some(booking) = self.booking.ready() {
                    cx.push(History::of(Arc::clone(booking)));
                }
            }
            Action::Resend => self.sending = Load::Waiting(cx.call(Request::ResendReceipt { pnr: self.pnr })),
            Action::Others(turn) => {
                if let Some((people, rows)) = self.rows(cx) {
                    self.roll.turn(turn, people, rows);
                }
            }
            Action::Read => self.read(cx),
            Action::Back => {
                if !self.papers.close() {
                    cx.pop();
                }
            }
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        let pnr = self.pnr;
        match answer {
            Answer::Yes(Question::GiveUp) => cx.pop(),
            Answer::Yes(Question::HandOut) => {
                let op = cx.op_id();
                self.attempt.begin(Request::PayOut { op, pnr }, cx);
            }
            Answer::Yes(Question::VoidSale) => {
                let op = cx.op_id();
                self.attempt.begin(Request::VoidSale { op, pnr }, cx);
            }
            Answer::Yes(Question::GiveUpSlip) => {
                let op = cx.op_id();
                self.attempt.begin(Request::GiveUpSlip { op, pnr }, cx);
            }
            _ => {}
        }
    }

    fn take(&mut self, step: &Step, cx: &mut Context) -> Taken {
        match step {
            Step::GiveUp if self.offers(Action::Cancel, cx) => {
                self.act(Action::Cancel, cx);
                Taken::Yes
            }
            Step::GiveUp => Refusal::new("Nothing of this booking can be cancelled any more.").into(),
            Step::Correct(correction) => self.correct(correction, cx),
            Step::Board(station) => match self.booking.ready().filter(|_| self.offers(Action::Board, cx)) {
                Some(booking) => {
                    cx.push(Boarding::at(Arc::clone(booking), *station));
                    Taken::Yes
                }
                None => Refusal::new("The point of boarding of this booking cannot be changed any more.").into(),
            },
            step => match self.booking.ready().cloned() {
                Some(booking) => Onward::take(step, &booking, "", cx),
                None => Taken::NotHere,
            },
        }
    }

    fn fell_short(&self, step: &Step, _world: &World) -> Option<Refusal> {
        let why = self.booking.failed().filter(|_| matches!(step, Step::Open(_)))?;
        Some(Refusal::of_word(1, why.to_string()))
    }

    fn mouse(&mut self, mouse: Mouse, _area: Rect, cx: &mut Context) {
        match Turn::of_wheel(mouse.kind) {
            None => self.papers.touch(),
            Some(turn) => self.act(Action::Others(turn), cx),
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        if self.papers.reply(call, &answer, cx) {
            return;
        }
        if self.reread.awaits(call) {
            if let Some(shown) = self.booking.ready().cloned()
                && let Some(found) = self.reread.reply(&answer, &shown, cx)
            {
                self.show(found, cx);
            }
            return;
        }
        if let (true, Ok(Reply::FormerBooking(former))) = (self.booking.awaits(call), &answer) {
            return cx.replace(Former::one(Arc::clone(former)));
        }
        let booking =
            |reply: &Reply| if let Reply::Booking(booking) = reply { Some(Arc::clone(booking)) } else { None };
        if self.booking.settle(call, &answer, booking) {
            return self.fetch_papers(cx);
        }
        if self.sending.settle(call, &answer, ways) {
            let (tone, says) = match &self.sending {
                Load::Failed(failure) => (Tone::Bad, failure.to_string()),
                sent => {
                    let ways = sent.ready().cloned().unwrap_or_default();
                    (Tone::Good, format!("The receipt is sent again within a minute: {ways}."))
                }
            };
            return cx.toast(tone, says);
        }
        let verdict = self.attempt.settle(call, &answer);
        self.settled(verdict, cx);
    }

    /// Nobody waits for the booking any more: there is nothing else to see here.
    fn gave_up(&mut self, call: CallId, cx: &mut Context) {
        self.papers.gave_up(call);
        self.attempt.gave_up(call);
        self.sending.give_up(call);
        if self.booking.awaits(call) {
            cx.pop();
        }
    }

    fn live(&mut self, run: RunId, cx: &mut Context) {
        if let Some(booking) = self.booking.ready() {
            self.reread.live(run, booking, cx);
        }
    }

    fn watch(&self, world: &World) -> Vec<Watch> {
        self.booking.ready().map(|booking| Reread::watch(booking, world)).unwrap_or_default()
    }

    fn next_wake(&self, _world: &World) -> Option<DateTime<Utc>> {
        self.booking.ready().and_then(|_| self.reread.due())
    }

    fn wake(&mut self, cx: &mut Context) {
        if let Some(booking) = self.booking.ready() {
            self.reread.wake(booking, cx);
        }
    }

    fn hyperlink(&self, area: Rect) -> Option<Hyperlink> {
        self.papers.hyperlink(area)
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        match &self.booking {
            Load::Ready(booking) if self.papers.is_open() => self.papers.view(buf, area, booking, world),
            Load::Ready(booking) => {
                let (main, side) = panes(area);
                self.view_booking(buf, main, booking, world);
                if let (Some(side), true) = (side, has_code(booking, world)) {
                    self.papers.view_beside(buf, side, world);
                }
            }
            Load::Failed(failure) => state::failed(buf, area, failure, world),
            Load::Idle | Load::Waiting(_) => {}
        }
    }
}
