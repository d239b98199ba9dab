//! Giving places up: who, what is given back, and the last word on it.
//!
//! Figures are the services' alone. They are asked for as soon as the ticks change, vanish with them, and are asked for
//! again when their time is over; what is confirmed is the very quote that stands on the screen.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::{Booking, Place};
use crate::domain::money::Paise;
use crate::domain::refund::{Quote, WaiverCode};
use crate::domain::train::RunId;
use crate::domain::user::Role;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::attempt::{Attempt, Verdict};
use crate::ui::command::{Refusal, Step, Taken};
use crate::ui::context::{Context, World};
use crate::ui::frame::{self, countdown, next_second};
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, bind};
use crate::ui::msg::{CallId, Load, Watch};
use crate::ui::overlay::{Answer, Confirm, Notice, Question};
use crate::ui::reread::Reread;
use crate::ui::screen::Scene;
use crate::ui::theme::Tone;
use crate::ui::widgets::button;
use crate::ui::widgets::list::ListState;
use crate::ui::widgets::sheet::panes;

mod drawing;

use drawing::Parts;

/// So long after its end a quote is asked for anew: by then the rule that ended it has given way to the next.
const OVER: TimeDelta = TimeDelta::seconds(1);

/// Giving places up.
#[derive(Clone, Debug)]
pub struct Cancel {
    booking: Arc<Booking>,
    /// Whom the person ticked, by their places in the booking's list.
    ticked: BTreeSet<u8>,
    list: ListState,
    waiver: Option<WaiverCode>,
    quote: Load<Box<Quote>>,
    attempt: Attempt,
    reread: Reread,
    /// Whether it stood here when the entry was typed that is done now, so that its figures were seen.
    was_seen: bool,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Confirm the quote.
    Confirm,
    /// Ask again whether that was done.
    Again,
    /// Tick or untick who is under the cursor.
    Tick,
    /// Tick or untick everybody.
    All,
    /// The next reason for a waiver.
    Waiver,
    /// Move the cursor.
    Move(Key),
    /// Ask for the figures again.
    Ask,
    /// Leave although nobody knows.
    Leave,
    /// Go back.
    Back,
}

impl Cancel {
    /// Giving places of a booking up. Whoever travels alone is ticked already.
    pub fn new(booking: Arc<Booking>) -> Self {
        let mut list = ListState::new(1);
        list.resize(booking.passengers.len());
        let mut screen = Self {
            booking,
            ticked: BTreeSet::new(),
            list,
            waiver: None,
            quote: Load::Idle,
            attempt: Attempt::default(),
            reread: Reread::default(),
            was_seen: false,
        };
        let seated: Vec<u8> = screen.seated().collect();
        if let [alone] = seated[..] {
            screen.ticked.insert(alone);
        }
        screen
    }

    /// Those who still have something.
    fn left(&self) -> impl Iterator<Item = (u8, Place)> + '_ {
        let places = (0..).zip(self.booking.passengers.iter().map(|booked| booked.place));
        places.filter(|(_, place)| *place != Place::Cancelled)
    }

    /// Those of them who are no children on laps.
    fn seated(&self) -> impl Iterator<Item = u8> + '_ {
        self.left().filter(|(_, place)| *place != Place::Lap).map(|(passenger, _)| passenger)
    }

    /// Who gives up: those ticked, and with the last of the others the children on their laps.
    fn chosen(&self) -> BTreeSet<u8> {
        if self.seated().all(|passenger| self.ticked.contains(&passenger)) && !self.ticked.is_empty() {
            return self.left().map(|(passenger, _)| passenger).collect();
        }
        self.ticked.clone()
    }

    fn under_cursor(&self) -> Option<u8> {
        self.list.chosen().and_then(|row| u8::try_from(row).ok())
    }

    fn tick(&mut self, passenger: u8, cx: &mut Context) {
        let Some((_, place)) = self.left().find(|(other, _)| *other == passenger) else {
            return cx.toast(Tone::Warning, "This place was given up before.");
        };
        if self.chosen().contains(&passenger) && !self.ticked.contains(&passenger) && place == Place::Lap {
            return cx.toast(Tone::Warning, "A child on a lap cannot stay behind alone: keep an adult's place too.");
        }
        if !self.ticked.remove(&passenger) {
            self.ticked.insert(passenger);
        }
        self.ask(cx);
    }

    fn tick_all(&mut self, cx: &mut Context) {
        let all: BTreeSet<u8> = self.left().map(|(passenger, _)| passenger).collect();
        self.ticked = if self.chosen() == all { BTreeSet::new() } else { all };
        self.ask(cx);
    }

    /// Asks for the figures; those on the screen vanish, for they are for something else.
    fn ask(&mut self, cx: &mut Context) {
        if let Load::Waiting(call) = self.quote {
            cx.forget(call);
        }
        let passengers: Vec<u8> = self.chosen().into_iter().collect();
        if passengers.is_empty() {
            self.quote = Load::Idle;
            return;
        }
        let (pnr, waiver) = (self.booking.pnr, self.waiver);
        self.quote = Load::Waiting(cx.call(Request::QuoteCancel { pnr, passengers, waiver }));
    }

    /// When the figures on the screen are asked for anew.
    fn over_at(&self) -> Option<DateTime<Utc>> {
        self.quote.ready().filter(|_| self.attempt.is_idle()).map(|quote| quote.good_until + OVER)
    }

    /// Drops the ticks of those who have nothing any more, and asks anew for the others.
    fn renew(&mut self, booking: Arc<Booking>, cx: &mut Context) {
        let same = booking.version == self.booking.version;
        self.booking = booking;
        if !same && self.attempt.is_idle() {
            let left: BTreeSet<u8> = self.left().map(|(passenger, _)| passenger).collect();
            self.ticked.retain(|passenger| left.contains(passenger));
            self.ask(cx);
        }
    }

    /// Ticks by an entry; those who were ticked already, with their figures on the screen, are asked about.
    fn tick_these(&mut self, rows: &[u8], cx: &mut Context) -> Taken {
        let left: BTreeSet<u8> = self.left().map(|(passenger, _)| passenger).collect();
        // Behind the figures it means those whose figures they are.
        let shown = self.quote.ready().filter(|_| self.was_seen).map(|_| self.chosen()).unwrap_or_default();
        let wanted: BTreeSet<u8> = match rows {
            [] if shown.is_empty() => left.clone(),
            [] => shown,
            rows => rows.iter().copied().collect(),
        };
        if let Some(word) = rows.iter().position(|row| !left.contains(row)) {
            return Refusal::of_word(word + 1, "Nobody there has anything to give up: type another line.").into();
        }
        if !self.attempt.is_idle() {
            return Refusal::new("It is not known yet whether it was cancelled: press Enter to ask again.").into();
        }
        let has_figures = self.quote.ready().is_some() && (self.ticked == wanted || self.chosen() == wanted);
        if has_figures && self.was_seen {
            self.confirm(cx);
        } else if !has_figures {
            if let Some(first) = wanted.first() {
                self.list.choose(usize::from(*first));
            }
            self.ticked = wanted;
            self.ask(cx);
        }
        Taken::Yes
    }

    fn confirm(&self, cx: &mut Context) {
        let Some(quote) = self.quote.ready() else { return };
        let names: Vec<&str> = quote
            .lines
            .iter()
            .filter_map(|line| self.booking.passengers.get(usize::from(line.passenger)))
            .map(|booked| booked.passenger.name.as_str())
            .collect();
        let who = match names.as_slice() {
            [] => return,
            [one] => format!("{one} gives up the place"),
            [first, others @ ..] => format!("{first} and {} more give up their places", others.len()),
        };
        let rupee = cx.glyphs.rupee;
        let text = format!(
            "{who} at once. {rupee}{} is given back and {rupee}{} is kept of {rupee}{}. This cannot be undone.",
            quote.refunded,
            quote.kept,
            quote.refunded + quote.kept
        );
        cx.confirm(Confirm {
            question: Question::Cancel,
            title: format!("Cancel for a refund of {rupee}{}?", quote.refunded),
            text,
            yes: "Cancel the places",
            no: "Keep them",
        });
    }

    fn refused(&mut self, failure: Failure, cx: &mut Context) {
        let (title, text, tone) = match failure {
            Failure::QuoteOver(quote) => {
                let text = format!(
                    "Nothing was cancelled. {}{} would be given back now: look at the new figures, and press Enter if \
                     you agree to them.",
                    cx.glyphs.rupee, quote.refunded
                );
                self.quote = Load::Ready(quote);
                ("The figures have changed", text, Tone::Warning)
            }
            failure => ("Not cancelled", format!("{failure} Nothing was cancelled."), Tone::Bad),
        };
        cx.bell();
        cx.notice(Notice { tone, title: title.to_owned(), text });
    }

    fn done(booking: &Booking, cx: &mut Context) {
        let refund = booking.refunds.last();
        let money = refund.map(|refund| format!("{}{}", cx.glyphs.rupee, refund.quote.refunded)).unwrap_or_default();
        let words = match refund {
            Some(refund) if refund.quote.refunded == Paise::ZERO => "Cancelled: nothing is given back.".to_owned(),
            Some(refund) if refund.paid_out.is_none() => format!("Cancelled: {money} waits at any counter."),
            Some(_) => format!("Cancelled: {money} is given back."),
            None => "Cancelled.".to_owned(),
        };
        cx.toast(Tone::Good, words);
        cx.pop();
    }
}

impl Scene for Cancel {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "cancel these", "Gives the ticked places up, after a question.", Action::Confirm),
        bind(&[Key::Enter], "Enter", "ask again", "Asks again for the same: it will not happen twice.", Action::Again),
        bind(&[Key::Char(' ')], "Space", "tick", "Ticks or unticks who is under the cursor.", Action::Tick),
        bind(&[Key::Char('a')], "a", "all", "Ticks everybody, or nobody.", Action::All),
        bind(&[Key::Up], "↑↓", "passenger", "Moves to the passenger above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::Home], "", "", "", Action::Move(Key::Home)),
        bind(&[Key::End], "", "", "", Action::Move(Key::End)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Char('w')], "w", "waiver", "Gives everything back, for the next of the reasons.", Action::Waiver),
        bind(&[Key::Char('r')], "r", "reckon again", "Asks for the figures again.", Action::Ask),
        bind(&[Key::Esc], "Esc", "leave", "Leaves without knowing whether it was cancelled.", Action::Leave),
        bind(&[Key::Esc], "Esc", "keep all", "Goes back; nothing is cancelled.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        format!("Cancel {} · {} {}", self.booking.pnr.spoken(), self.booking.train, self.booking.train_name)
    }

    fn fact(&self, world: &World) -> Option<String> {
        if self.attempt.doubt().is_some() {
            return Some("not known yet".to_owned());
        }
        let quote = self.quote.ready()?;
        Some(format!("figures good for {}", countdown(quote.good_until, world.now)))
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        let idle = self.attempt.is_idle();
        match action {
            Action::Confirm => idle && self.quote.ready().is_some(),
            Action::Again | Action::Leave => self.attempt.doubt().is_some(),
            Action::Tick | Action::All | Action::Back => idle,
            Action::Move(_) => true,
            Action::Waiver => idle && world.role() >= Some(Role::Supervisor),
            Action::Ask => idle && !self.quote.is_waiting() && !self.chosen().is_empty(),
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.ask(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Confirm => self.confirm(cx),
            Action::Again => self.attempt.repeat(cx),
            Action::Tick => {
                if let Some(passenger) = self.under_cursor() {
                    self.tick(passenger, cx);
                }
            }
            Action::All => self.tick_all(cx),
            Action::Waiver => {
                let at = self.waiver.and_then(|code| WaiverCode::ALL.iter().position(|other| *other == code));
                self.waiver = WaiverCode::ALL.get(at.map_or(0, |at| at + 1)).copied();
                self.ask(cx);
            }
            Action::Move(key) => {
                let parts = Parts::of(panes(frame::body(cx.size)).0, &self.booking);
                self.list.key(key, parts.people.height);
            }
            Action::Ask => self.ask(cx),
            Action::Leave => cx.confirm(Confirm {
                question: Question::GiveUp,
                title: "Leave without knowing?".to_owned(),
                text:
                    "The places may have been cancelled. Look at the booking before you do anything else with it, or \
                       stay and press Enter to ask once more."
                        .to_owned(),
                yes: "Leave",
                no: "Stay",
            }),
            Action::Back => cx.pop(),
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let parts = Parts::of(panes(area).0, &self.booking);
        match mouse.kind {
            MouseKind::ScrollUp => self.act(Action::Move(Key::Up), cx),
            MouseKind::ScrollDown => self.act(Action::Move(Key::Down), cx),
            MouseKind::Press if button::onward(parts.totals, cx).contains(mouse.at) => {
                let onward = [Action::Confirm, Action::Again].into_iter().find(|action| self.offers(*action, cx));
                if let Some(action) = onward {
                    self.act(action, cx);
                }
            }
            // A touch is a tick, and the next one takes it back: there is no need for two.
            MouseKind::Press if parts.people.contains(mouse.at) && self.offers(Action::Tick, cx) => {
                let row = self.list.visible(parts.people).find(|(_, place)| place.contains(mouse.at));
                if let Some((row, _)) = row {
                    self.list.choose(row);
                    self.act(Action::Tick, cx);
                }
            }
            MouseKind::Press => {}
        }
    }

    fn take(&mut self, step: &Step, cx: &mut Context) -> Taken {
        match step {
            Step::GiveUp => {
                self.was_seen = true;
                Taken::Yes
            }
            Step::Tick(rows) => self.tick_these(rows, cx),
            _ => Taken::NotHere,
        }
    }

    fn fell_short(&self, step: &Step, _world: &World) -> Option<Refusal> {
        let why = self.quote.failed().filter(|_| matches!(step, Step::Tick(_)))?;
        Some(Refusal::new(why.to_string()))
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        if self.reread.awaits(call) {
            if let Some(booking) = self.reread.reply(&answer, &self.booking, cx) {
                self.renew(booking, cx);
            }
            return;
        }
        let quote = |reply: &Reply| if let Reply::Quote(quote) = reply { Some(quote.clone()) } else { None };
        if self.quote.settle(call, &answer, quote) {
            return;
        }
        match self.attempt.settle(call, &answer) {
            Verdict::Done(booking) => Self::done(&booking, cx),
            Verdict::Refused(failure) => self.refused(failure, cx),
            Verdict::Unknown | Verdict::NotMine => {}
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.quote.give_up(call);
        self.attempt.gave_up(call);
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        match answer {
            Answer::Yes(Question::GiveUp) => cx.pop(),
            // The figures may have gone while the question stood.
            Answer::Yes(Question::Cancel) => {
                if let (Some(quote), true) = (self.quote.ready().cloned(), self.attempt.is_idle()) {
                    let request = Request::Cancel { op: cx.op_id(), pnr: self.booking.pnr, quote };
                    self.attempt.begin(request, cx);
                }
            }
            _ => {}
        }
    }

    fn live(&mut self, run: RunId, cx: &mut Context) {
        self.reread.live(run, &self.booking, cx);
    }

    fn watch(&self, world: &World) -> Vec<Watch> {
        Reread::watch(&self.booking, world)
    }

    fn wake(&mut self, cx: &mut Context) {
        if self.over_at().is_some_and(|at| at <= cx.now) {
            self.ask(cx);
        }
        self.reread.wake(&self.booking, cx);
    }

    fn next_wake(&self, world: &World) -> Option<DateTime<Utc>> {
        let over = self.over_at();
        let second = self.quote.ready().map(|quote| next_second(quote.good_until, world.now));
        let second = second.filter(|at| over.is_some() && *at > world.now);
        [over, second, self.reread.due()].into_iter().flatten().min()
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        drawing::view(self, buf, panes(area).0, world);
    }
}
