//! People who give something up, and those who give money back: errands that come after a sale.

use std::sync::Arc;

use kiosk::domain::booking::{Booking, BookingStatus, OpId, PaymentMethod, Place};
use kiosk::domain::delay::NewTimes;
use kiosk::domain::gap::Stretch;
use kiosk::domain::money::Paise;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::refund::{Quote, WaiverCode};
use kiosk::domain::train::RunId;
use kiosk::domain::user::Role as AccountRole;
use kiosk::service::request::{Failure, PartCancellation, Reply, Request, RunDelay};
use rand::RngExt;
use rand::seq::IndexedRandom;

use super::deeds::About;
use super::person::{Person, Visit};
use super::trace::PERSON;

/// How often an administrator asks for a run to be cancelled, whole or in part, or delayed, until told that it is.
const INSISTS: u32 = 8;

impl Person {
    /// Gives up some or all of a booking's places for what is quoted, or for what is quoted instead.
    pub(super) async fn cancel(&mut self, visit: &mut Visit) {
        let is_paid = |booking: &Booking| booking.status == BookingStatus::Booked;
        let Some(booking) = self.some_booking(visit, is_paid) else { return };
        let (pnr, passengers) = (booking.pnr, self.who_leaves(&booking));
        let is_waived = self.role() == Some(AccountRole::Administrator) && self.chance.random_bool(0.5);
        let waiver = is_waived.then_some(WaiverCode::Hardship);
        let request = Request::QuoteCancel { pnr, passengers: passengers.clone(), waiver };
        let Ok(Reply::Quote(mut quote)) = self.ask(visit, request).await else { return };
        for _ in 0..2 {
            if let Err(what) = is_sound(&quote, &booking, &passengers) {
                self.town.ledger().violate(format!("{pnr} was quoted {quote:?}: {what}"));
            }
            // Few let it become too old; more are overtaken by somebody who changes the booking.
            match self.chance.random_range(0..20) {
                0 => self.wait(280.0, 320.0).await,
                1..=4 => self.wait(2.0, 30.0).await,
                _ => self.wait(0.0, 3.0).await,
            }
            let op = OpId(self.id());
            let request = Request::Cancel { op, pnr, quote: quote.clone() };
            self.carry_out(visit, op, About::Cancel(pnr, quote.clone()), request).await;
            if self.chance.random_bool(0.6) {
                return;
            }
            // Whoever was shown another quote agrees to it, and whoever was not asks again.
            let request = Request::QuoteCancel { pnr, passengers: passengers.clone(), waiver };
            let Ok(Reply::Quote(again)) = self.ask(visit, request).await else { return };
            quote = again;
        }
    }

    pub(super) async fn give_up_slip(&mut self, visit: &mut Visit) {
        let is_open = |booking: &Booking| booking.status == BookingStatus::AwaitingPayment;
        let Some(booking) = self.some_booking(visit, is_open) else { return };
        let op = OpId(self.id());
        let about = About::GiveUp(booking.pnr, booking.passengers.len() as u8);
        self.carry_out(visit, op, about, Request::GiveUpSlip { op, pnr: booking.pnr }).await;
    }

    /// Looks whether a booking is owed anything and hands it out; now and then without a look.
    pub(super) async fn pay_out(&mut self, visit: &mut Visit) {
        let is_cash =
            |booking: &Booking| booking.payment.as_ref().is_some_and(|payment| payment.method != PaymentMethod::Test);
        let Some(booking) = self.some_booking(visit, is_cash) else { return };
        let pnr = booking.pnr;
        let is_owed = match self.show(visit, pnr).await {
            Some(booking) => booking.owed() > Paise::ZERO,
            None => false,
        };
        if is_owed || self.chance.random_bool(0.2) {
            let op = OpId(self.id());
            self.carry_out(visit, op, About::PayOut(pnr), Request::PayOut { op, pnr }).await;
        }
    }

    pub(super) async fn make_chart(&mut self, visit: &Visit) {
        let Some(run) = self.town.runs.choose(&mut self.chance).copied() else { return };
        if self.ask(visit, Request::MakeChart { run }).await.is_ok() {
            self.town.ledger().count("asked for the chart");
        }
    }

    /// Cancels a run, and insists until told that it is done.
    pub async fn cancel_run(mut self, run: RunId) {
        PERSON
            .scope(99, async move {
                self.town.ledger().cancels(run);
                for _ in 0..INSISTS {
                    let process = self.process().await;
                    let asks = async {
                        let visit = self.sit_down(&process).await?;
                        self.ask(&visit, Request::CancelRun { run }).await.ok()
                    };
                    let done = tokio::select! {
                        biased;
                        () = process.crashed.cancelled() => None,
                        done = asks => done,
                    };
                    if done.is_some() {
                        self.town.ledger().count("cancelled a run");
                        self.town.ledger().cancelled.insert(run, true);
                        return;
                    }
                    self.wait(0.5, 10.0).await;
                }
            })
            .await;
    }

    /// Has a run go later, and insists until told that it is done, or that it cannot be.
    pub async fn delay_run(mut self, run: RunId, new: NewTimes) {
        PERSON
            .scope(98, async move {
                let op = OpId(self.id());
                self.town.ledger().delayed.insert(run, (op, false));
                for _ in 0..INSISTS {
                    let process = self.process().await;
                    let asks = async {
                        let visit = self.sit_down(&process).await?;
                        // Nobody else changes its times, so that it is based on none.
                        let reason = "fog at Surat".to_owned();
                        Some(self.ask(&visit, Request::DelayRun(RunDelay { op, run, new, reason, based_on: 0 })).await)
                    };
                    let answer = tokio::select! {
                        biased;
                        () = process.crashed.cancelled() => None,
                        answer = asks => answer,
                    };
                    match answer {
                        Some(Ok(_)) => {
                            self.town.ledger().count("delayed a run");
                            self.town.ledger().delayed.insert(run, (op, true));
                            return;
                        }
                        Some(Err(Failure::TrainCancelled | Failure::NotDelayed(_) | Failure::NoSuchRun)) => return,
                        _ => self.wait(0.5, 10.0).await,
                    }
                }
            })
            .await;
    }

    /// Cancels a part of a run, and insists until told that it is done, or that it cannot be.
    pub async fn cancel_part(mut self, run: RunId, part: Stretch) {
        PERSON
            .scope(97, async move {
                let op = OpId(self.id());
                self.town.ledger().shortens(run, part, op);
                for _ in 0..INSISTS {
                    let process = self.process().await;
                    let asks = async {
                        let visit = self.sit_down(&process).await?;
                        // Nobody else cancels a part, so that it is based on none.
                        let reason = "a bridge is closed".to_owned();
                        let asked = PartCancellation { op, run, part, reason, based_on: 0 };
                        Some(self.ask(&visit, Request::CancelPart(asked)).await)
                    };
                    let answer = tokio::select! {
                        biased;
                        () = process.crashed.cancelled() => None,
                        answer = asks => answer,
                    };
                    match answer {
                        Some(Ok(_)) => {
                            self.town.ledger().count("cancelled a part");
                            self.town.ledger().shortened.insert(run, (part, op, true));
                            return;
                        }
                        Some(Err(Failure::TrainCancelled | Failure::NoGap(_) | Failure::NoSuchRun)) => return,
                        _ => self.wait(0.5, 10.0).await,
                    }
                }
            })
            .await;
    }

    /// One of the bookings that this person may see, as it was last told.
    pub(super) fn some_booking(&mut self, visit: &Visit, is_meant: impl Fn(&Booking) -> bool) -> Option<Arc<Booking>> {
        let ledger = self.town.ledger();
        let mut all: Vec<_> = ledger.bookings.values().filter(|booking| is_meant(booking)).cloned().collect();
        drop(ledger);
        if !self.is_staff() {
            // And a stranger's now and then, of which nothing must be said.
            let own: Vec<Pnr> = visit.made.clone();
            if !self.chance.random_bool(0.05) {
                all.retain(|booking| own.contains(&booking.pnr));
            }
        }
        all.choose(&mut self.chance).cloned()
    }

    /// Everybody, or some of those who have a place.
    fn who_leaves(&mut self, booking: &Booking) -> Vec<u8> {
        let there = (0..).zip(&booking.passengers).filter(|(_, booked)| booked.place != Place::Cancelled);
        let there: Vec<u8> = there.map(|(passenger, _)| passenger).collect();
        if self.chance.random_bool(0.4) {
            return there;
        }
        let some: Vec<u8> = there.iter().copied().filter(|_| self.chance.random_bool(0.5)).collect();
        if some.is_empty() { there[..1].to_vec() } else { some }
    }
}

/// Whether a quote is for those it was asked for, and for what they paid.
fn is_sound(quote: &Quote, booking: &Booking, passengers: &[u8]) -> Result<(), String> {
    let who: Vec<u8> = quote.lines.iter().map(|line| line.passenger).collect();
    if who != passengers {
        return Err(format!("it is for {who:?}, not for {passengers:?}"));
    }
    for line in &quote.lines {
        let paid = booking.passengers[usize::from(line.passenger)].fare;
        if line.paid != paid || line.refunded > paid || line.refunded < Paise::ZERO {
            return Err(format!("passenger {} paid {paid}", line.passenger));
        }
    }
    let sum: Paise = quote.lines.iter().map(|line| line.refunded).sum();
    if sum == quote.refunded { Ok(()) } else { Err(format!("its lines make {sum}")) }
}
