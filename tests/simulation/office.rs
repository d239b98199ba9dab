//! What is done beside selling: administrators publish trains and take berths off sale, agents put names right, undo sales,
//! and open and close their tills, and parties board at other halts.

use chrono::Days;
use kiosk::domain::berth_list::Berths;
use kiosk::domain::boarding;
use kiosk::domain::booking::{Booking, BookingStatus, OpId};
use kiosk::domain::correction::Correction;
use kiosk::domain::money::Paise;
use kiosk::domain::passenger::PersonName;
use kiosk::domain::time::railway_time;
use kiosk::service::request::{Failure, Reply, Request};
use rand::RngExt;
use rand::seq::IndexedRandom;

use super::deeds::About;
use super::person::{Person, Visit};
use super::timetable;

/// How often somebody asks again who was not told what came of it.
const INSISTS: u32 = 3;

impl Person {
    /// Publishes another edition of the train for today's runs, or for those of one of the next days.
    pub(super) async fn publish(&mut self, visit: &Visit) {
        let number = self.town.runs[0].train;
        let Ok(Reply::Train(record)) = self.ask(visit, Request::Train { train: number }).await else { return };
        let train = Box::new(timetable::next_edition(&mut self.chance).train);
        let ahead = Days::new(self.chance.random_range(0..=2));
        let from = railway_time(self.town.now()).date() + ahead;
        let based_on = record.editions.latest_version();
        for _ in 0..INSISTS {
            match self.ask(visit, Request::PublishTrain { train: train.clone(), based_on, from }).await {
                Ok(_) => return self.town.ledger().count("published"),
                Err(Failure::TrainChanged | Failure::NotPublished(_)) => return,
                Err(_) => self.wait(0.0, 5.0).await,
            }
        }
    }

    /// Takes a few berths off sale, or puts them on sale again, and insists until told what came of it.
    pub(super) async fn block(&mut self, visit: &Visit) {
        let Some(run) = self.town.runs.choose(&mut self.chance).copied() else { return };
        let mut berths = Berths::new();
        for _ in 0..self.chance.random_range(1..=3) {
            let Some(coach) = visit.train.coaches().choose(&mut self.chance) else { return };
            let number = self.chance.random_range(1..=coach.berths());
            berths.entry(coach.id()).or_default().insert(number);
        }
        let reason = self.chance.random_bool(0.6).then(|| "window broken".to_owned());
        let (is_off, now) = (reason.is_some(), self.town.now());
        if !is_off {
            self.town.ledger().off_sale.retain(|(of, berth), _| {
                *of != run || berths.get(&berth.coach).is_none_or(|numbers| !numbers.contains(&berth.number))
            });
        }
        for _ in 0..INSISTS {
            let request = Request::BlockBerths { run, berths: berths.clone(), reason: reason.clone() };
            match self.ask(visit, request).await {
                Ok(Reply::Blocked(blocked)) => {
                    let told = self.town.now();
                    let mut ledger = self.town.ledger();
                    ledger.count(if is_off { "taken off sale" } else { "put on sale" });
                    if is_off {
                        ledger.blocked(run, &blocked.done, told);
                    }
                    if blocked.left.is_empty() {
                        return;
                    }
                }
                Ok(other) => panic!("a block begun at {now} was answered with {other:?}"),
                // Another edition of the train may have other coaches.
                Err(Failure::NoSuchBerth | Failure::NoSuchRun) => return,
                Err(_) => {}
            }
            self.wait(0.0, 5.0).await;
        }
    }

    /// Puts somebody's name right.
    pub(super) async fn correct(&mut self, visit: &mut Visit) {
        let is_meant = |booking: &Booking| booking.status == BookingStatus::Booked || !booking.history.is_empty();
        let Some(booking) = self.some_booking(visit, is_meant) else { return };
        let pnr = booking.pnr;
        let passenger = self.chance.random_range(0..booking.passengers.len()) as u8;
        let name = ["Anita Devi", "Vikram Rao", "Ramesh Iyer"].choose(&mut self.chance).expect("there are some");
        let correction = Correction { passenger, name: PersonName::parse(name).expect("a name") };
        let op = OpId(self.id());
        let about = About::Rename(pnr, correction.clone());
        self.carry_out(visit, op, about, Request::CorrectName { op, pnr, correction }).await;
    }

    /// Has a party board at one of the halts behind the one of its ticket.
    pub(super) async fn board_elsewhere(&mut self, visit: &mut Visit) {
        let is_meant = |booking: &Booking| booking.status == BookingStatus::Booked;
        let Some(booking) = self.some_booking(visit, is_meant) else { return };
        let halts = boarding::later_halts(&visit.train, booking.leg);
        let Some(station) = halts.choose(&mut self.chance).map(|halt| halt.station) else { return };
        let (pnr, op) = (booking.pnr, OpId(self.id()));
        let request = Request::ChangeBoarding { op, pnr, station };
        self.carry_out(visit, op, About::Board(pnr, station), request).await;
    }

    /// Undoes a sale that went into a till.
    pub(super) async fn void(&mut self, visit: &mut Visit) {
        let went_into_one = |booking: &Booking| booking.payment.as_ref().is_some_and(|payment| payment.till.is_some());
        let own: Vec<_> = visit.made.clone();
        let is_meant = |booking: &Booking| went_into_one(booking) && own.contains(&booking.pnr);
        let Some(booking) = self.some_booking(visit, is_meant) else { return };
        let (pnr, op) = (booking.pnr, OpId(self.id()));
        let about = About::Void(pnr, booking.passengers.len() as u8);
        self.carry_out(visit, op, about, Request::VoidSale { op, pnr }).await;
    }

    /// Opens a till, or counts the one that is open and closes it.
    pub(super) async fn till(&mut self, visit: &Visit) {
        let Ok(Reply::Tills { page, .. }) = self.ask(visit, Request::MyTills { after: None }).await else { return };
        let op = OpId(self.id());
        let open = page.into_iter().find(|till| till.closing.is_none());
        let (request, what) = match &open {
            None => (Request::OpenTill { op, float: Paise::rupees(500) }, "opened a till"),
            Some(till) => {
                let counted = till.expected() + Paise::rupees(self.chance.random_range(0..=1));
                let movements = till.movements;
                (Request::CloseTill { op, till: till.id, counted, movements }, "closed a till")
            }
        };
        for _ in 0..INSISTS {
            match self.ask(visit, request.clone()).await {
                Ok(Reply::Till(till)) => {
                    let mut ledger = self.town.ledger();
                    ledger.count(what);
                    return ledger.told_till(&till);
                }
                Ok(other) => panic!("a till was answered with {other:?}"),
                Err(Failure::TillOpen { .. } | Failure::TillClosed | Failure::TillMovedOn) => return,
                Err(_) => self.wait(0.0, 5.0).await,
            }
        }
    }
}
