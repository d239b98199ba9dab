//! Sales by day, train, class, agent and means: sums over the ledger.
//!
//! Entries come one by one, in any order, and are not kept: a year is added up in the memory of its rows. Test payments are no
//! money and stand apart.

pub mod refunds;

use std::collections::BTreeMap;
use std::ops::Add;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::domain::booking::PaymentMethod;
use crate::domain::coach::Class;
use crate::domain::ledger::{LedgerEntry, Movement};
use crate::domain::money::Paise;
use crate::domain::train::TrainNumber;
use crate::domain::user::AccountId;

/// The most days of one report: a quarter.
pub const MOST_DAYS: u16 = 92;

/// How often something was, and how much it came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tally {
    /// How often.
    pub count: u32,
    /// How much.
    pub amount: Paise,
}

impl Tally {
    fn count(&mut self, amount: Paise) {
        self.count += 1;
        self.amount += amount;
    }
}

/// Money that moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Sums {
    /// Fares taken.
    pub sales: Tally,
    /// Passengers for whom they were, less those of sales that were undone: below nothing on a day on which more was undone than
    /// sold.
    pub passengers: i64,
    /// Refunds handed out.
    pub refunds: Tally,
    /// Sales undone.
    pub voids: Tally,
}

impl Sums {
    /// Adds a movement.
    pub fn enter(&mut self, entry: &LedgerEntry) {
        match entry.movement {
            Movement::Sale => {
                self.sales.count(entry.amount);
                self.passengers += i64::from(entry.passengers);
            }
            Movement::Refund => self.refunds.count(entry.amount),
            Movement::Void => {
                self.voids.count(entry.amount);
                self.passengers -= i64::from(entry.passengers);
            }
        }
    }

    /// What was taken, less what was handed out.
    pub fn net(&self) -> Paise {
        self.sales.amount - self.refunds.amount - self.voids.amount
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { count: self.count + other.count, amount: self.amount + other.amount }
    }
}

impl Add for Sums {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            sales: self.sales + other.sales,
            passengers: self.passengers + other.passengers,
            refunds: self.refunds + other.refunds,
            voids: self.voids + other.voids,
        }
    }
}

/// Money that moved, and beside it what was tried without money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Takings {
    /// Cash and cards.
    pub money: Sums,
    /// Test payments.
    pub test: Sums,
}

impl Takings {
    /// Adds a movement.
    pub fn enter(&mut self, entry: &LedgerEntry) {
        if entry.is_money() { self.money.enter(entry) } else { self.test.enter(entry) }
    }
}

impl Add for Takings {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { money: self.money + other.money, test: self.test + other.test }
    }
}

/// By what money is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum By {
    /// The railway's day.
    Day,
    /// The train.
    Train,
    /// The class.
    Class,
    /// Who took it or handed it out.
    Agent,
    /// Cash or card.
    Means,
}

impl By {
    /// All of them, in the order of a form.
    pub const ALL: [Self; 5] = [Self::Day, Self::Train, Self::Class, Self::Agent, Self::Means];

    /// It in a word.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// A line of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Row {
    /// What is added up here: `2026-12-01`, `12951`, `3A`, `agnes`, `cash`.
    pub what: String,
    /// More about it, where there is more to say: a train's name.
    pub more: String,
    /// The money.
    pub sums: Sums,
}

/// The money of some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Report {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The same money by each of [`By::ALL`], in that order.
    pub tables: Vec<Vec<Row>>,
    /// All of it.
    pub total: Sums,
    /// Test payments, which are no money.
    pub test: Sums,
}

impl Report {
    /// Its lines by something.
    pub fn rows(&self, by: By) -> &[Row] {
        let place = By::ALL.iter().position(|one| *one == by);
        place.and_then(|place| self.tables.get(place)).map_or(&[], Vec::as_slice)
    }
}

/// The books of some days while they are added up.
#[derive(Clone, Debug)]
pub struct Books {
    from: NaiveDate,
    to: NaiveDate,
    days: BTreeMap<NaiveDate, Sums>,
    trains: BTreeMap<TrainNumber, Sums>,
    classes: BTreeMap<Class, Sums>,
    agents: BTreeMap<Option<AccountId>, Sums>,
    cash: Sums,
    card: Sums,
    all: Takings,
}

impl Books {
    /// Empty books of days from the first to the last: each has a line, so that a day without sales is seen.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Self {
        Self {
            from,
            to,
            days: from.iter_days().take_while(|day| *day <= to).map(|day| (day, Sums::default())).collect(),
            trains: BTreeMap::new(),
            classes: BTreeMap::new(),
            agents: BTreeMap::new(),
            cash: Sums::default(),
            card: Sums::default(),
            all: Takings::default(),
        }
    }

    /// Adds a movement; one of another day is left out.
    pub fn enter(&mut self, entry: &LedgerEntry) {
        let day = entry.day();
        if day < self.from || day > self.to {
            return;
        }
        self.all.enter(entry);
        match entry.method {
            PaymentMethod::Test => return,
            PaymentMethod::Cash => self.cash.enter(entry),
            PaymentMethod::Card => self.card.enter(entry),
        }
        self.days.entry(day).or_default().enter(entry);
        self.trains.entry(entry.run.train).or_default().enter(entry);
        self.classes.entry(entry.class).or_default().enter(entry);
        self.agents.entry(entry.by).or_default().enter(entry);
    }

    /// The accounts that moved money.
    pub fn agents(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.agents.keys().copied().flatten()
    }

    /// The report, with the names of trains and of agents as far as they are known.
    pub fn report(
        &self,
        train_name: impl Fn(TrainNumber) -> Option<String>,
        agent_name: impl Fn(AccountId) -> Option<String>,
    ) -> Report {
        let row = |what: String, more: String, sums: &Sums| Row { what, more, sums: *sums };
        let agent = |agent: Option<AccountId>| match agent {
            Some(agent) => agent_name(agent).unwrap_or_else(|| agent.to_string()),
            None => "the operator".to_owned(),
        };
        let days = self.days.iter().map(|(day, sums)| row(day.to_string(), day.format("%a").to_string(), sums));
        let trains = self
            .trains
            .iter()
            .map(|(train, sums)| row(train.to_string(), train_name(*train).unwrap_or_default(), sums));
        let classes = self.classes.iter().map(|(class, sums)| row(class.to_string(), class.words().to_owned(), sums));
        let agents = self.agents.iter().map(|(who, sums)| row(agent(*who), String::new(), sums));
        let means = [(PaymentMethod::Cash, &self.cash), (PaymentMethod::Card, &self.card)];
        let means = means.into_iter().map(|(method, sums)| row(method.words().to_owned(), String::new(), sums));
        Report {
            from: self.from,
            to: self.to,
            tables: vec![days.collect(), trains.collect(), classes.collect(), agents.collect(), means.collect()],
            total: self.all.money,
            test: self.all.test,
        }
    }
}
