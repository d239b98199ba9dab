//! What administrators do to the timetable and to their staff while everybody sells: they import trains, end the train and
//! have it run again, and shut somebody out in the middle of their day.

use chrono::{DateTime, Days, TimeDelta, Utc};
use kiosk::domain::booking::OpId;
use kiosk::domain::time::railway_time;
use kiosk::domain::user::{AccountId, Role as AccountRole};
use kiosk::service::request::{AccountChange, BadTrains, Failure, ImportSource, MissingTrains, Reply, Request};
use rand::RngExt;
use rand::seq::IndexedRandom;

use super::person::{Person, Visit, Who};
use super::timetable;

/// How often somebody asks again who was not told what came of it.
const INSISTS: u32 = 3;

/// How long a process believes what an account may do, by a clock that is off and is set meanwhile.
const BELIEVED: TimeDelta = TimeDelta::seconds(60 + 15);

/// Somebody of the staff who was shut out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutOut {
    /// When it was told.
    pub since: DateTime<Utc>,
    /// Whether nobody comes in with the account; otherwise it is a traveller's.
    pub is_closed: bool,
}

impl ShutOut {
    /// Since when a request is refused, if it is one that whoever is shut out does not have answered.
    fn refuses(self, request: &Request) -> Option<DateTime<Utc>> {
        match request {
            Request::SignIn { .. } => self.is_closed.then_some(self.since),
            Request::PaySlip { .. }
            | Request::PayOut { .. }
            | Request::CorrectName { .. }
            | Request::VoidSale { .. }
            | Request::OpenTill { .. }
            | Request::CloseTill { .. }
            | Request::MyTills { .. } => Some(self.since + BELIEVED),
            _ => None,
        }
    }
}

impl Person {
    /// Imports another edition of the train from a sheet, for today's runs or for those of one of the next days.
    pub(super) async fn import(&mut self, visit: &Visit) {
        let path = timetable::sheet(&timetable::next_edition(&mut self.chance));
        let ahead = Days::new(self.chance.random_range(0..=2));
        let from = Some(railway_time(self.town.now()).date() + ahead);
        let (bad, missing) = (BadTrains::Refuse, MissingTrains::Stay);
        let source = ImportSource { path, from, zone: None, bad, missing };
        let op = OpId(self.id());
        let looked = self.ask(visit, Request::TryImport { source: source.clone() }).await;
        let Ok(Reply::ImportTried(trial)) = looked else { return };
        if trial.mistakes > 0 {
            self.town.ledger().violate(format!("a sheet without mistakes has {:?}", trial.lines));
        }
        self.wait(0.0, 20.0).await;
        for _ in 0..INSISTS {
            let request = Request::Import { op, source: source.clone(), shown: trial.shown.clone() };
            match self.ask(visit, request).await {
                Ok(_) => return self.town.ledger().count("imported"),
                Err(Failure::ImportMoved) => return,
                Err(_) => self.wait(0.0, 5.0).await,
            }
        }
    }

    /// Ends the train before its last run for which people come, or has it run again.
    pub(super) async fn end_train(&mut self, visit: &Visit) {
        let Some(run) = self.town.runs.get(1).copied() else { return };
        let from = self.chance.random_bool(0.5).then_some(run.date);
        for _ in 0..INSISTS {
            let reply = self.ask(visit, Request::RetireTrain { train: run.train, from }).await;
            if reply.is_ok() {
                let mut ledger = self.town.ledger();
                ledger.count(if from.is_some() { "ended the train" } else { "had the train run again" });
                ledger.ended = from;
                return;
            }
            // It may have been done, or be done later.
            self.town.ledger().end_is_in_doubt = true;
            self.wait(0.0, 5.0).await;
        }
    }

    /// Shuts one of the staff out, or makes them a traveller, and takes it back after a while.
    pub(super) async fn shut_out(&mut self, visit: &Visit) {
        let Some((name, role)) = self.town.staff.choose(&mut self.chance).cloned() else { return };
        let found = self.ask(visit, Request::Accounts { beginning: name.clone(), after: None }).await;
        let Ok(Reply::Accounts { page, .. }) = found else { return };
        let Some(account) = page.iter().find(|account| account.username.to_string() == name) else { return };
        let is_closed = self.chance.random_bool(0.6);
        let (out, back) = if is_closed {
            (AccountChange::Close, AccountChange::Open)
        } else {
            (AccountChange::Role(AccountRole::Traveller), AccountChange::Role(role))
        };
        self.town.ledger().shuts_out(&name);
        if self.change(visit, account.id, out).await {
            let since = self.town.now();
            let mut ledger = self.town.ledger();
            ledger.count("shut out");
            ledger.shut_out.insert(name.clone(), ShutOut { since, is_closed });
        }
        self.wait(5.0, 110.0).await;
        self.town.ledger().shut_out.remove(&name);
        self.change(visit, account.id, back).await;
    }

    /// Changes an account, and insists until told that it is done; whether it was told.
    async fn change(&mut self, visit: &Visit, account: AccountId, change: AccountChange) -> bool {
        for _ in 0..INSISTS {
            if self.ask(visit, Request::ChangeAccount { account, change: change.clone() }).await.is_ok() {
                return true;
            }
            self.wait(0.0, 5.0).await;
        }
        false
    }

    /// How this person is shut out, if whatever is asked from now on must be refused for it.
    pub(super) fn shut_out_from(&self, request: &Request) -> Option<ShutOut> {
        let Who::Account(name, _) = &self.who else { return None };
        let shut_out = *self.town.ledger().shut_out.get(name)?;
        (self.town.now() >= shut_out.refuses(request)?).then_some(shut_out)
    }

    /// Notes that this person was answered who was shut out when they asked, and still is.
    pub(super) fn answered_all_the_same(&self, shut_out: ShutOut) {
        let Who::Account(name, _) = &self.who else { return };
        let mut ledger = self.town.ledger();
        if ledger.shut_out.get(name) == Some(&shut_out) {
            ledger.violate(format!("{name} was shut out at {} and goes on", shut_out.since));
        }
    }
}
