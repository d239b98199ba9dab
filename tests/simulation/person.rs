//! The people: they hold, pay, press the key twice, give up, walk away, and come back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join;
use kiosk::domain::admission::Accept;
use kiosk::domain::allotment::BerthWish;
use kiosk::domain::booking::{OpId, PaymentMethod};
use kiosk::domain::coach::{BerthRef, Class};
use kiosk::domain::inventory::HoldId;
use kiosk::domain::passenger::{Accommodation, Gender, Passenger, PersonName};
use kiosk::domain::pnr::Pnr;
use kiosk::domain::quota::Quota;
use kiosk::domain::segment::Leg;
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::domain::train::{RunId, Train};
use kiosk::domain::user::Phone;
use kiosk::service::request::{Choice, Failure, Hold, Order, Reply, Request, Tender};
use kiosk::service::{Attention, RunWatch, Session};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use tokio::time::Instant;
use uuid::Uuid;

use super::clock::{beginning, pass};
use super::ledger::{Holder, Ledger, Meaning, meaning, short};
use super::process::{Process, Slot};
use super::trace::{PERSON, Trace};

/// What all people of a run know.
pub struct Town {
    pub slots: Vec<Slot>,
    pub ledger: Mutex<Ledger>,
    pub trace: Trace,
    pub runs: Vec<RunId>,
    pub began: Instant,
    /// When nobody begins anything new.
    pub closing: Instant,
}

impl Town {
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What time it is on a clock that is right.
    pub fn now(&self) -> DateTime<Utc> {
        beginning() + TimeDelta::from_std(self.began.elapsed()).expect("a run is short")
    }
}

/// What somebody comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errand {
    /// Berths.
    Buy,
    /// To pay somebody's slip, at a counter.
    PaySlip,
    /// To look at a booking.
    Look,
}

/// What becomes of berths that are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Book,
    Reserve,
    Release,
    WalkAway,
}

/// Who somebody is.
#[derive(Clone, Debug)]
pub enum Role {
    /// At a public console.
    Guest,
    /// At a counter, with an account of this name.
    Agent(String),
}

pub const PASSWORD: &str = "correct horse battery";

pub struct Person {
    number: u32,
    role: Role,
    chance: StdRng,
    town: Arc<Town>,
}

/// One stay at a terminal.
struct Visit {
    session: Session,
    place: String,
    train: Arc<Train>,
    _watches: Vec<RunWatch>,
    holds: Vec<HoldId>,
    /// Actions whose end is not known.
    open: Vec<(OpId, Option<HoldId>, Request)>,
}

impl Person {
    pub fn new(number: u32, role: Role, chance: StdRng, town: Arc<Town>) -> Self {
        Self { number, role, chance, town }
    }

    /// Comes to a terminal again and again, until it closes.
    pub async fn live(mut self) {
        let number = self.number;
        PERSON
            .scope(number, async move {
                while Instant::now() < self.town.closing {
                    let slot = self.chance.random_range(0..self.town.slots.len());
                    let process = self.town.slots[slot].running().await;
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

    async fn come(&mut self, process: &Process) {
        let kind = match self.role {
            Role::Guest => TerminalKind::Desk,
            Role::Agent(_) => TerminalKind::Counter,
        };
        let session = process.kiosk.open_session(Terminal { id: format!("T-{}", self.number), station: None, kind });
        let number = self.town.runs[0].train;
        let Some(train) = process.kiosk.timetable().train(number).cloned() else { return };
        let runs = self.town.runs.clone();
        let watches = runs.iter().filter(|_| self.chance.random_bool(0.5));
        let watches = watches.map(|run| session.watch(*run, Attention::Focus)).collect();
        let place = process.name.clone();
        let mut visit = Visit { session, place, train, _watches: watches, holds: Vec::new(), open: Vec::new() };
        if let Role::Agent(name) = &self.role {
            let request = Request::SignIn { name: name.clone(), password: PASSWORD.to_owned().into() };
            if self.ask(&visit, request).await.is_err() {
                return;
            }
        }
        for _ in 0..self.chance.random_range(1..=5) {
            if Instant::now() >= self.town.closing {
                break;
            }
            match self.errand() {
                Errand::Buy => self.buy(&mut visit).await,
                Errand::PaySlip => self.pay_slip(&mut visit).await,
                Errand::Look => self.look(&visit).await,
            }
        }
        while let Some((op, hold, request)) = visit.open.pop() {
            if !self.press(&visit, op, hold, &request).await {
                visit.open.push((op, hold, request));
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
        let agent = matches!(self.role, Role::Agent(_));
        match self.chance.random_range(0..10) {
            0..=3 if agent => Errand::PaySlip,
            0 => Errand::Look,
            _ => Errand::Buy,
        }
    }

    /// Holds berths and does something with them.
    async fn buy(&mut self, visit: &mut Visit) {
        let Some(held) = self.hold(visit).await else { return };
        visit.holds.push(held.id);
        self.think(held.until).await;
        let end = match self.chance.random_range(0..100) {
            0..55 => End::Book,
            55..72 => End::Reserve,
            72..84 => End::Release,
            _ => End::WalkAway,
        };
        match end {
            End::Book | End::Reserve => self.order(visit, held, end).await,
            End::Release => self.release(visit, &held).await,
            End::WalkAway => {}
        }
    }

    async fn hold(&mut self, visit: &Visit) -> Option<Hold> {
        let (hold, run) = (HoldId(self.id()), *self.town.runs.choose(&mut self.chance)?);
        let last = visit.train.halts().len() as u8 - 1;
        let from = self.chance.random_range(0..last);
        let leg = Leg::new(from, self.chance.random_range(from + 1..=last)).expect("forward");
        let class = if self.chance.random_bool(0.6) { Class::SecondAc } else { Class::ThirdAc };
        let party = *[1, 1, 2, 2, 3, 4, 5, 6].choose(&mut self.chance)?;
        let choice = if self.chance.random_bool(0.75) {
            Choice::Best(vec![BerthWish::default(); party])
        } else {
            let coaches = visit.train.coaches_of(class);
            let mut all: Vec<_> = coaches
                .flat_map(|coach| coach.numbers().map(|number| BerthRef { coach: coach.id(), number }))
                .collect();
            all.shuffle(&mut self.chance);
            all.truncate(party);
            Choice::Berths(all)
        };
        let request = Request::Hold { hold, run, leg, class, quota: Quota::General, choice, accept: Accept::Berths };
        for _ in 0..self.chance.random_range(1..=3) {
            match self.ask(visit, request.clone()).await {
                Ok(Reply::Held(granted)) => {
                    let now = self.town.now();
                    let mut ledger = self.town.ledger();
                    ledger.count("held");
                    ledger.held(&granted, now);
                    return Some(granted);
                }
                Ok(other) => panic!("a hold was answered with {other:?}"),
                Err(failure) if meaning(&failure) == Meaning::Refused => {
                    self.town.ledger().count("not held");
                    return None;
                }
                Err(_) => self.wait(0.0, 5.0).await,
            }
        }
        None
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

    /// Books held berths or reserves them, and presses the key again when nothing is said, and sometimes all the same.
    async fn order(&mut self, visit: &mut Visit, held: Hold, end: End) {
        let passengers: Vec<_> = (0..held.grants.len()).map(|_| passenger()).collect();
        let (run, leg, class) = (held.run, held.leg, held.class);
        let price = Request::Price { run, leg, class, quota: held.quota, passengers: passengers.clone() };
        let Ok(Reply::Priced(fare)) = self.ask(visit, price).await else { return };
        let phone = Phone::parse("9810012345").expect("a number");
        let order = Order { hold: held.clone(), passengers, phone, agreed: fare.total };
        let op = OpId(self.id());
        let request = match end {
            End::Reserve => Request::Reserve { op, order },
            _ => Request::Book { op, order, payment: self.money() },
        };
        self.carry_out(visit, op, Some(held.id), request).await;
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
        self.carry_out(visit, op, None, request).await;
    }

    async fn carry_out(&mut self, visit: &mut Visit, op: OpId, hold: Option<HoldId>, request: Request) {
        for _ in 0..self.chance.random_range(1..=4) {
            let known = if self.chance.random_bool(0.1) {
                let (first, second) =
                    join(self.ask_for(visit, op, hold, &request), self.ask_for(visit, op, hold, &request)).await;
                first || second
            } else {
                self.press(visit, op, hold, &request).await
            };
            if known && self.chance.random_bool(0.7) {
                return;
            }
            self.wait(0.0, 8.0).await;
        }
        visit.open.push((op, hold, request));
    }

    /// Asks for something that must be done once, and says whether it is known what became of it.
    async fn press(&self, visit: &Visit, op: OpId, hold: Option<HoldId>, request: &Request) -> bool {
        self.ask_for(visit, op, hold, request).await
    }

    async fn ask_for(&self, visit: &Visit, op: OpId, hold: Option<HoldId>, request: &Request) -> bool {
        let about = match request {
            Request::PaySlip { pnr, .. } => Holder::Booking(*pnr),
            _ => Holder::Hold(hold.expect("an order stands on a hold")),
        };
        let now = self.town.now();
        self.town.ledger().asked(op, about, now);
        let reply = self.ask(visit, request.clone()).await;
        let now = self.town.now();
        let mut ledger = self.town.ledger();
        match reply {
            Ok(Reply::Booking(booking)) => {
                ledger.told(op, hold, &booking, now);
                if let Request::Reserve { .. } = request {
                    ledger.slips.push(booking.pnr);
                    ledger.count("reserved");
                } else {
                    ledger.count("paid");
                }
                true
            }
            Ok(other) => panic!("an order was answered with {other:?}"),
            Err(failure) => {
                ledger.refused(op, &failure);
                ledger.count(if meaning(&failure) == Meaning::Unknown { "not answered" } else { "refused" });
                meaning(&failure) == Meaning::Refused
            }
        }
    }

    async fn look(&mut self, visit: &Visit) {
        let known: Vec<Pnr> = self.town.ledger().bookings.keys().copied().collect();
        let Some(pnr) = known.choose(&mut self.chance).copied() else { return };
        if let Ok(Reply::Booking(booking)) = self.ask(visit, Request::Booking { pnr }).await {
            let now = self.town.now();
            self.town.ledger().seen(&booking, now);
        }
        let _ = self.ask(visit, Request::MyBookings { after: None }).await;
    }

    /// Asks, and notes what was asked and answered.
    async fn ask(&self, visit: &Visit, request: Request) -> Result<Reply, Failure> {
        self.town.trace.note(&visit.place, format_args!("asks {}", asked(&request)));
        let reply = visit.session.call(request).await;
        self.town.trace.note(&visit.place, format_args!("is told {}", answered(&reply)));
        reply
    }

    fn money(&self) -> Tender {
        let method = match self.role {
            Role::Guest => PaymentMethod::Test,
            Role::Agent(_) => PaymentMethod::Cash,
        };
        Tender { method, reference: None }
    }

    fn id(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.chance.random()).into_uuid()
    }

    /// Mostly a few seconds, at times until the very end of what was promised, or longer.
    async fn think(&mut self, until: DateTime<Utc>) {
        match self.chance.random_range(0..10) {
            0..=4 => self.wait(0.1, 8.0).await,
            5..=6 => self.wait(5.0, 60.0).await,
            7..=8 => {
                let left = (until - self.town.now()).to_std().unwrap_or_default().as_secs_f64();
                self.wait((left - 12.0).max(0.0), left).await;
            }
            _ => self.wait(50.0, 220.0).await,
        }
    }

    async fn wait(&mut self, least: f64, most: f64) {
        pass(Duration::from_secs_f64(self.chance.random_range(least..=most))).await;
    }
}

fn passenger() -> Passenger {
    Passenger {
        name: PersonName::parse("Anita").expect("a name"),
        age: 34_u8.try_into().expect("an age"),
        gender: Gender::Female,
        preference: None,
        accommodation: Accommodation::Berth,
    }
}

fn asked(request: &Request) -> String {
    match request {
        Request::Hold { hold, run, leg, class, choice, .. } => {
            let (hold, from, to, class) = (short(hold.0), leg.from(), leg.to(), class.code());
            match choice {
                Choice::Best(wishes) => format!("hold {hold} {run} {from}-{to} {class} best {}", wishes.len()),
                Choice::Berths(berths) => {
                    let berths: Vec<_> = berths.iter().map(BerthRef::to_string).collect();
                    format!("hold {hold} {run} {from}-{to} {class} {}", berths.join(" "))
                }
            }
        }
        Request::Release { hold, .. } => format!("release {}", short(hold.0)),
        Request::Price { .. } => "price".to_owned(),
        Request::Book { op, order, .. } => format!("book {} hold {}", short(op.0), short(order.hold.id.0)),
        Request::Reserve { op, order } => format!("reserve {} hold {}", short(op.0), short(order.hold.id.0)),
        Request::PaySlip { op, pnr, .. } => format!("pay slip {} {pnr}", short(op.0)),
        Request::Booking { pnr } => format!("show {pnr}"),
        Request::SignIn { name, .. } => format!("sign in {name}"),
        Request::MyBookings { .. } => "my bookings".to_owned(),
        other => format!("{other:?}"),
    }
}

fn answered(reply: &Result<Reply, Failure>) -> String {
    match reply {
        Ok(Reply::Held(hold)) => {
            let berths: Vec<_> = hold.berths().iter().map(BerthRef::to_string).collect();
            format!("held {} until {}", berths.join(" "), hold.until.format("%H:%M:%S%.3f"))
        }
        Ok(Reply::Booking(booking)) => {
            let berths: Vec<_> = booking.berths().map(|allotted| allotted.berth.to_string()).collect();
            format!("booking {} v{} {:?} {}", booking.pnr, booking.version, booking.status, berths.join(" "))
        }
        Ok(Reply::Priced(fare)) => format!("price {}", fare.total),
        Ok(Reply::Welcome(_)) => "welcome".to_owned(),
        Ok(Reply::Bookings { page, .. }) => format!("{} bookings", page.len()),
        Ok(_) => "done".to_owned(),
        // Without the reference, which is for the log.
        Err(Failure::Unavailable { outcome, .. }) => format!("no answer: {outcome:?}"),
        Err(failure) => format!("no: {failure}"),
    }
}
