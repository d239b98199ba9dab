//! The people: they hold, pay, press the key twice, give up, walk away, and come back.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join;
use kiosk::domain::booking::{Booking, OpId, PaymentMethod};
use kiosk::domain::inventory::{GRACE, HoldId};
use kiosk::domain::pnr::Pnr;
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::domain::train::Train;
use kiosk::domain::user::{Phone, Role as AccountRole};
use kiosk::service::request::{Failure, Hold, Order, Reply, Request, Tender};
use kiosk::service::{Attention, RunWatch, Session};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use uuid::Uuid;

use super::clock::pass;
use super::deeds::{About, Meaning, refusal};
use super::paper;
use super::process::Process;
use super::town::Town;
use super::trace::PERSON;
use super::wants::Want;
use super::words::{answered, asked};

/// What somebody comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errand {
    /// Berths.
    Buy,
    /// To pay somebody's slip, at a counter.
    PaySlip,
    /// To give up places of a booking.
    Cancel,
    /// To give up a slip.
    GiveUpSlip,
    /// To hand out a refund.
    PayOut,
    /// To have the chart made.
    Chart,
    /// To publish another edition of the train.
    Publish,
    /// To take berths off sale, or put them on sale again.
    Block,
    /// To put a name right.
    Correct,
    /// To undo a sale.
    Void,
    /// To board at another halt.
    Board,
    /// To import another edition of the train.
    Import,
    /// To end the train, or have it run again.
    EndTrain,
    /// To shut one of the staff out.
    ShutOut,
    /// To open a till or to close it.
    Till,
    /// To look at a booking.
    Look,
}

/// What becomes of berths that are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Book,
    Reserve,
    Release,
    /// It goes back when they leave.
    WalkAway,
    /// It ends, and others take it.
    Forget,
}

/// Who somebody is.
#[derive(Clone, Debug)]
pub enum Who {
    /// Nobody who says so.
    Guest,
    /// Somebody with an account: its name, and what it may do.
    Account(String, AccountRole),
}

impl Who {
    /// The account and the role of somebody who sells at a counter and no more.
    pub fn sells(&self) -> Option<(String, AccountRole)> {
        match self {
            Self::Account(name, role @ (AccountRole::Agent | AccountRole::Supervisor)) => Some((name.clone(), *role)),
            _ => None,
        }
    }
}

pub const PASSWORD: &str = "correct horse battery";

pub struct Person {
    number: u32,
    pub(super) who: Who,
    pub(super) chance: StdRng,
    pub(super) town: Arc<Town>,
    /// Whether nothing was wanted yet.
    is_first: bool,
    /// What was booked with the account.
    own: Vec<Pnr>,
}

/// One stay at a terminal.
pub struct Visit {
    session: Session,
    pub(super) place: String,
    pub(super) train: Arc<Train>,
    _watches: Vec<RunWatch>,
    holds: Vec<HoldId>,
    /// Bookings that were made in it, or before with the account.
    pub(super) made: Vec<Pnr>,
    /// Actions whose end is not known.
    open: Vec<(OpId, About, Request)>,
}

impl Visit {
    fn remember(&mut self, answer: &(bool, Option<Pnr>)) {
        if let Some(pnr) = answer.1.filter(|pnr| !self.made.contains(pnr)) {
            self.made.push(pnr);
        }
    }
}

impl Person {
    pub fn new(number: u32, who: Who, chance: StdRng, town: Arc<Town>) -> Self {
        Self { number, who, chance, town, is_first: true, own: Vec::new() }
    }

    /// Comes to a terminal again and again, until it closes.
    pub async fn live(mut self) {
        let number = self.number;
        PERSON
            .scope(number, async move {
                while !self.town.is_closed() {
                    let process = self.process().await;
                    tokio::select! {
                        biased;
                        () = process.crashed.cancelled() => {}
                        () = self.come(&process) => {}
                    }
                    self.wait(0.5, 20.0).await;
                }
            })
            .await;
    }

    /// Any process that runs.
    pub(super) async fn process(&mut self) -> Arc<Process> {
        let slot = self.chance.random_range(0..self.town.slots.len());
        self.town.slots[slot].running().await
    }

    pub(super) fn role(&self) -> Option<AccountRole> {
        if let Who::Account(_, role) = &self.who { Some(*role) } else { None }
    }

    pub(super) fn is_staff(&self) -> bool {
        self.role().is_some_and(AccountRole::is_staff)
    }

    /// Sits down and signs in; `None` when that fails.
    pub(super) async fn sit_down(&mut self, process: &Process) -> Option<Visit> {
        let kind = if self.is_staff() { TerminalKind::Counter } else { TerminalKind::Desk };
        let session = process.kiosk.open_session(Terminal { id: format!("T-{}", self.number), station: None, kind });
        let run = self.town.runs[0];
        let train = Arc::clone(process.kiosk.timetable().train_on(run.train, run.date)?);
        let runs = self.town.runs.clone();
        let watches = runs.iter().filter(|_| self.chance.random_bool(0.5));
        let watches = watches.map(|run| session.watch(*run, Attention::Focus)).collect();
        let place = process.name.clone();
        let made = if self.role().is_some() { self.own.clone() } else { Vec::new() };
        let (holds, open) = (Vec::new(), Vec::new());
        let visit = Visit { session, place, train, _watches: watches, holds, made, open };
        if let Who::Account(name, _) = &self.who {
            let request = Request::SignIn { name: name.clone(), password: PASSWORD.to_owned().into() };
            self.ask(&visit, request).await.ok()?;
        }
        Some(visit)
    }

    async fn come(&mut self, process: &Process) {
        let Some(mut visit) = self.sit_down(process).await else { return };
        for _ in 0..self.chance.random_range(1..=5) {
            if self.town.is_closed() {
                break;
            }
            match self.errand() {
                Errand::Buy => self.buy(&mut visit).await,
                Errand::PaySlip => self.pay_slip(&mut visit).await,
                Errand::Cancel => self.cancel(&mut visit).await,
                Errand::GiveUpSlip => self.give_up_slip(&mut visit).await,
                Errand::PayOut => self.pay_out(&mut visit).await,
                Errand::Chart => self.make_chart(&visit).await,
                Errand::Publish => self.publish(&visit).await,
                Errand::Block => self.block(&visit).await,
                Errand::Correct => self.correct(&mut visit).await,
                Errand::Void => self.void(&mut visit).await,
                Errand::Board => self.board_elsewhere(&mut visit).await,
                Errand::Import => self.import(&visit).await,
                Errand::EndTrain => self.end_train(&visit).await,
                Errand::ShutOut => self.shut_out(&visit).await,
                Errand::Till => self.till(&visit).await,
                Errand::Look => self.look(&visit).await,
            }
            self.own.clone_from(&visit.made);
        }
        while let Some((op, about, request)) = visit.open.pop() {
            if !self.press(&mut visit, op, &about, &request).await {
                visit.open.push((op, about, request));
                self.wait(0.5, 10.0).await;
            }
        }
        for hold in &visit.holds {
            self.town.ledger().given_back(*hold);
        }
        self.town.trace.note(&visit.place, "leaves");
        visit.session.close();
    }

    fn errand(&mut self) -> Errand {
        let drawn = self.chance.random_range(0..100);
        let role = match self.role() {
            Some(AccountRole::Supervisor) => Some(AccountRole::Agent),
            role => role,
        };
        match (role, drawn) {
            (Some(AccountRole::Administrator), 0..12) => Errand::Chart,
            (Some(AccountRole::Administrator), 12..17) => Errand::Publish,
            (Some(AccountRole::Administrator), 17..28) => Errand::Block,
            (Some(AccountRole::Agent), 0..15) => Errand::PaySlip,
            (Some(AccountRole::Agent), 15..23) => Errand::Till,
            (Some(AccountRole::Agent), 23..28) => Errand::Correct,
            (Some(AccountRole::Agent | AccountRole::Administrator), 28..37) => Errand::PayOut,
            (Some(AccountRole::Agent), 65..71) => Errand::Void,
            (Some(AccountRole::Administrator), 65..69) => Errand::EndTrain,
            (Some(AccountRole::Administrator), 69..76) => Errand::Import,
            (Some(AccountRole::Administrator), 76..84) => Errand::ShutOut,
            (_, 71..76) => Errand::Board,
            (_, 37..54) => Errand::Cancel,
            (_, 54..60) => Errand::GiveUpSlip,
            (_, 60..65) => Errand::Look,
            _ => Errand::Buy,
        }
    }

    /// Holds berths and does something with them.
    async fn buy(&mut self, visit: &mut Visit) {
        let Some((held, want)) = self.hold(visit).await else { return };
        visit.holds.push(held.id);
        self.think(held.until).await;
        let end = match self.chance.random_range(0..100) {
            0..56 => End::Book,
            56..70 => End::Reserve,
            70..80 => End::Release,
            80..86 => End::WalkAway,
            _ => End::Forget,
        };
        match end {
            End::Book | End::Reserve => self.order(visit, held, want, end).await,
            End::Release => self.release(visit, &held).await,
            End::WalkAway => {}
            End::Forget => {
                let left = (held.until + GRACE - self.town.now()).to_std().unwrap_or_default().as_secs_f64();
                self.wait((left - 20.0).max(0.0), left + 20.0).await;
            }
        }
    }

    async fn hold(&mut self, visit: &Visit) -> Option<(Hold, Want)> {
        let (hold, run) = (HoldId(self.id()), *self.town.runs.choose(&mut self.chance)?);
        let want = Want::draw(&mut self.chance, &visit.train, &self.town.fashion, self.is_first);
        self.is_first = false;
        let want = if self.wants_a_group() { want.for_a_group(&mut self.chance, &self.town.fashion) } else { want };
        let Want { leg, class, quota, choice, accept, .. } = want.clone();
        let request = Request::Hold { hold, run, leg, class, quota, choice, accept };
        let now = self.town.now();
        self.town.ledger().wants(hold, now);
        for _ in 0..self.chance.random_range(1..=3) {
            match self.ask(visit, request.clone()).await {
                Ok(Reply::Held(granted)) => {
                    let now = self.town.now();
                    let mut ledger = self.town.ledger();
                    ledger.count(want.kind(&granted));
                    if let Err(what) = want.is_met(&granted) {
                        ledger.violate(format!("a hold was granted otherwise: {what}"));
                    }
                    ledger.held(&granted, now);
                    if want.is_of_a_group() {
                        ledger.count("held for a group");
                        if self.role() < Some(AccountRole::Supervisor) {
                            ledger.violate(format!("{:?} holds berths for a group", self.who));
                        }
                    }
                    if let Who::Account(name, _) = &self.who {
                        ledger.kept_by(granted.id, name);
                    }
                    return Some((granted, want));
                }
                Ok(other) => panic!("a hold was answered with {other:?}"),
                Err(failure) if refusal(&failure) == Meaning::Refused => {
                    self.town.ledger().count("not held");
                    return None;
                }
                Err(Failure::GroupNeeds { .. }) => {
                    self.town.ledger().count("books no groups");
                    return None;
                }
                Err(_) => self.wait(0.0, 5.0).await,
            }
        }
        None
    }

    /// Whether a group comes: to a supervisor, and now and then to an agent, who must not book it.
    fn wants_a_group(&mut self) -> bool {
        match self.role() {
            Some(AccountRole::Supervisor) => self.chance.random_bool(0.3),
            Some(AccountRole::Agent) => self.chance.random_bool(0.04),
            _ => false,
        }
    }

    async fn release(&mut self, visit: &Visit, held: &Hold) {
        self.town.ledger().given_back(held.id);
        for _ in 0..2 {
            if self.ask(visit, Request::Release { hold: held.id, run: held.run }).await.is_ok() {
                self.town.ledger().count("released");
                return;
            }
        }
    }

    /// Books what is held or reserves it.
    async fn order(&mut self, visit: &mut Visit, held: Hold, want: Want, end: End) {
        let Want { leg, class, quota, passengers, .. } = want;
        let price = Request::Price { run: held.run, leg, class, quota, passengers: passengers.clone() };
        let Ok(Reply::Priced(fare)) = self.ask(visit, price).await else { return };
        let phone = Phone::parse("9810012345").expect("a number");
        let order = Order { hold: held.clone(), passengers, phone, agreed: fare.total };
        let op = OpId(self.id());
        let request = match end {
            End::Reserve => Request::Reserve { op, order },
            _ => Request::Book { op, order, payment: self.money() },
        };
        self.carry_out(visit, op, About::Order(held.id), request).await;
        if self.chance.random_bool(0.1) {
            // Whoever was not told leaves it at that, and the berths go back if they are still held.
            self.release(visit, &held).await;
        }
    }

    async fn pay_slip(&mut self, visit: &mut Visit) {
        let slip: Option<Pnr> = self.town.ledger().slips.choose(&mut self.chance).copied();
        let Some(pnr) = slip else { return };
        let pay_by = self.town.ledger().bookings.get(&pnr).and_then(|booking| Some(booking.slip.as_ref()?.pay_by));
        if let Some(pay_by) = pay_by.filter(|_| self.chance.random_bool(0.3)) {
            self.think(pay_by).await;
        }
        let op = OpId(self.id());
        let request = Request::PaySlip { op, pnr, payment: self.money() };
        self.carry_out(visit, op, About::Slip(pnr), request).await;
    }

    /// Does something that must be done once, and presses the key again when nothing is said, and sometimes all the same.
    pub(super) async fn carry_out(&mut self, visit: &mut Visit, op: OpId, about: About, request: Request) {
        for _ in 0..self.chance.random_range(1..=4) {
            let known = if self.chance.random_bool(0.1) {
                let (first, second) =
                    join(self.ask_for(visit, op, &about, &request), self.ask_for(visit, op, &about, &request)).await;
                visit.remember(&first);
                visit.remember(&second);
                first.0 || second.0
            } else {
                self.press(visit, op, &about, &request).await
            };
            if known && self.chance.random_bool(0.7) {
                return;
            }
            self.wait(0.0, 8.0).await;
        }
        visit.open.push((op, about, request));
    }

    /// Asks for something that must be done once, and says whether it is known what became of it.
    async fn press(&self, visit: &mut Visit, op: OpId, about: &About, request: &Request) -> bool {
        let answer = self.ask_for(visit, op, about, request).await;
        visit.remember(&answer);
        answer.0
    }

    /// Asks, and says whether it is known what became of it, and what was made.
    async fn ask_for(&self, visit: &Visit, op: OpId, about: &About, request: &Request) -> (bool, Option<Pnr>) {
        if visit.session.was_expelled() {
            // Nothing more is asked as a stranger, who is told of no booking.
            return (true, None);
        }
        let now = self.town.now();
        let known = {
            let mut ledger = self.town.ledger();
            ledger.asked(op, about, now);
            about.pnr().map_or(0, |pnr| ledger.known(pnr))
        };
        let reply = self.ask(visit, request.clone()).await;
        let now = self.town.now();
        let mut ledger = self.town.ledger();
        match reply {
            Ok(Reply::Booking(booking)) => {
                ledger.told(op, &booking, known, now);
                ledger.count(match request {
                    Request::Reserve { .. } => "reserved",
                    Request::Cancel { .. } => "cancelled",
                    Request::GiveUpSlip { .. } => "given up",
                    Request::PayOut { .. } => "paid out",
                    Request::CorrectName { .. } => "put right",
                    Request::VoidSale { .. } => "undone",
                    Request::ChangeBoarding { .. } => "boards elsewhere",
                    _ => "paid",
                });
                let is_made = matches!(about, About::Order(_));
                if let Request::Reserve { .. } = request {
                    ledger.slips.push(booking.pnr);
                }
                (true, is_made.then_some(booking.pnr))
            }
            Ok(other) => panic!("an action was answered with {other:?}"),
            Err(_) if visit.session.was_expelled() => {
                ledger.count("shut out of an action");
                (true, None)
            }
            Err(Failure::NotAllowed { .. } | Failure::SignedOut | Failure::GroupNeeds { .. }) => (true, None),
            Err(failure) => {
                let meaning = ledger.refused(op, &failure);
                ledger.count(if meaning == Meaning::Unknown { "not answered" } else { "refused" });
                // That it is too late is an answer, even if it does not say what became of an earlier attempt.
                (meaning == Meaning::Refused || refusal(&failure) == Meaning::Refused, None)
            }
        }
    }

    async fn look(&mut self, visit: &Visit) {
        let known: Vec<Pnr> = self.town.ledger().bookings.keys().copied().collect();
        let Some(pnr) = known.choose(&mut self.chance).copied() else { return };
        self.show(visit, pnr).await;
        if let Ok(Reply::Bookings { page, .. }) = self
            .ask(visit, Request::MyBookings { filter: kiosk::domain::journeys::JourneyFilter::default(), after: None })
            .await
        {
            // They may be a moment old, but each is whole.
            for booking in page {
                let mut ledger = self.town.ledger();
                if let Err(what) = paper::check(&booking) {
                    ledger.violate(format!("{} was listed and cannot be: {what}", booking.pnr));
                }
            }
        }
    }

    /// Looks at a booking.
    pub(super) async fn show(&self, visit: &Visit, pnr: Pnr) -> Option<Arc<Booking>> {
        let known = self.town.ledger().known(pnr);
        let Ok(Reply::Booking(booking)) = self.ask(visit, Request::Booking { pnr }).await else { return None };
        let now = self.town.now();
        self.town.ledger().seen(&booking, known, now);
        Some(booking)
    }

    /// Asks, and notes what was asked and answered.
    pub(super) async fn ask(&self, visit: &Visit, request: Request) -> Result<Reply, Failure> {
        self.town.trace.note(&visit.place, format_args!("asks {}", asked(&request)));
        let shut_out = self.shut_out_from(&request);
        let reply = visit.session.call(request).await;
        self.town.trace.note(&visit.place, format_args!("is told {}", answered(&reply)));
        if let (Ok(_), Some(shut_out)) = (&reply, shut_out) {
            self.answered_all_the_same(shut_out);
        }
        reply
    }

    fn money(&self) -> Tender {
        let method = if self.is_staff() { PaymentMethod::Cash } else { PaymentMethod::Test };
        Tender { method, reference: None }
    }

    pub(super) fn id(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.chance.random()).into_uuid()
    }

    /// Mostly a few seconds, at times until the very end of what was promised, or longer.
    pub(super) async fn think(&mut self, until: DateTime<Utc>) {
        match self.chance.random_range(0..10) {
            0..=5 => self.wait(0.1, 6.0).await,
            6 => self.wait(5.0, 60.0).await,
            7..=8 => {
                let left = (until - self.town.now()).to_std().unwrap_or_default().as_secs_f64();
                self.wait((left - 12.0).max(0.0), left).await;
            }
            _ => self.wait(50.0, 220.0).await,
        }
    }

    pub(super) async fn wait(&mut self, least: f64, most: f64) {
        pass(Duration::from_secs_f64(self.chance.random_range(least..=most))).await;
    }
}
