//! Refunds that were handed out, by day, reason, class, agent and means: what the fares were, what was kept of them and what was
//! given back. Sums over the ledger, as those of sales.
//!
//! What was given up for nothing moved no money, and what waits at a counter has not moved yet: neither is here. A sale that was
//! undone is no refund; the report of sales has it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::domain::booking::PaymentMethod;
use crate::domain::coach::Class;
use crate::domain::ledger::{LedgerEntry, Movement};
use crate::domain::money::Paise;
use crate::domain::user::AccountId;

/// The reason of entries that were written before reasons were kept with them.
const UNKNOWN: (&str, &str) = ("unknown", "written by an older Kiosk");

/// What was given back, and of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RefundSums {
    /// Refunds.
    pub refunds: u32,
    /// Passengers who had given up.
    pub passengers: u32,
    /// What they had paid.
    pub fare: Paise,
    /// What was given back of it.
    pub back: Paise,
}

impl RefundSums {
    /// What was kept.
    pub fn kept(&self) -> Paise {
        self.fare - self.back
    }

    fn add(&mut self, other: Self) {
        self.refunds += other.refunds;
        self.passengers += other.passengers;
        self.fare += other.fare;
        self.back += other.back;
    }
}

/// By what refunds are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum RefundsBy {
    /// The railway's day on which they were handed out.
    Day,
    /// Why places were given up.
    Reason,
    /// The class.
    Class,
    /// Who handed them out.
    Agent,
    /// Cash or card.
    Means,
}

impl RefundsBy {
    /// All of them, in the order of a form.
    pub const ALL: [Self; 5] = [Self::Day, Self::Reason, Self::Class, Self::Agent, Self::Means];

    /// It in a word.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// A line of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RefundRow {
    /// What is added up here: `2026-12-01`, `passenger's wish`, `3A`, `agnes`, `cash`.
    pub what: String,
    /// More about it, where there is more to say.
    pub more: String,
    /// The refunds.
    pub sums: RefundSums,
}

/// The refunds of some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RefundReport {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The same refunds by each of [`RefundsBy::ALL`], in that order. One that has several reasons is counted for each of them.
    pub tables: Vec<Vec<RefundRow>>,
    /// All of them.
    pub total: RefundSums,
    /// Refunds of test payments, which are no money.
    pub test: RefundSums,
}

impl RefundReport {
    /// Its lines by something.
    pub fn rows(&self, by: RefundsBy) -> &[RefundRow] {
        let place = RefundsBy::ALL.iter().position(|one| *one == by);
        place.and_then(|place| self.tables.get(place)).map_or(&[], Vec::as_slice)
    }
}

/// The refunds of some days while they are added up.
#[derive(Clone, Debug)]
pub struct RefundBooks {
    from: NaiveDate,
    to: NaiveDate,
    days: BTreeMap<NaiveDate, RefundSums>,
    reasons: BTreeMap<(&'static str, &'static str), RefundSums>,
    classes: BTreeMap<Class, RefundSums>,
    agents: BTreeMap<Option<AccountId>, RefundSums>,
    cash: RefundSums,
    card: RefundSums,
    total: RefundSums,
    test: RefundSums,
}

impl RefundBooks {
    /// Empty books of days from the first to the last, each with a line.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Self {
        let nothing = RefundSums::default();
        Self {
            from,
            to,
            days: from.iter_days().take_while(|day| *day <= to).map(|day| (day, nothing)).collect(),
            reasons: BTreeMap::new(),
            classes: BTreeMap::new(),
            agents: BTreeMap::new(),
            cash: nothing,
            card: nothing,
            total: nothing,
            test: nothing,
        }
    }

    /// Adds a refund; any other movement, and one of another day, is left out.
    pub fn enter(&mut self, entry: &LedgerEntry) {
        let day = entry.day();
        if day < self.from || day > self.to || entry.movement != Movement::Refund {
            return;
        }
        // One that an older Kiosk wrote says neither why nor of which fare: nothing is known to have been kept.
        let fare = if entry.parts.is_empty() { entry.amount } else { entry.parts.iter().map(|part| part.fare).sum() };
        let sums = RefundSums { refunds: 1, passengers: entry.passengers.into(), fare, back: entry.amount };
        match entry.method {
            PaymentMethod::Test => return self.test.add(sums),
            PaymentMethod::Cash => self.cash.add(sums),
            PaymentMethod::Card => self.card.add(sums),
        }
        for part in &entry.parts {
            let (passengers, fare, back) = (part.passengers.into(), part.fare, part.back);
            let reason = (part.reason.name(), part.reason.words());
            self.reasons.entry(reason).or_default().add(RefundSums { refunds: 1, passengers, fare, back });
        }
        if entry.parts.is_empty() {
            self.reasons.entry(UNKNOWN).or_default().add(sums);
        }
        self.days.entry(day).or_default().add(sums);
        self.classes.entry(entry.class).or_default().add(sums);
        self.agents.entry(entry.by).or_default().add(sums);
        self.total.add(sums);
    }

    /// The accounts that handed refunds out.
    pub fn agents(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.agents.keys().copied().flatten()
    }

    /// The report, with the names of agents as far as they are known.
    pub fn report(&self, agent_name: impl Fn(AccountId) -> Option<String>) -> RefundReport {
        let row = |what: String, more: &str, sums: &RefundSums| RefundRow { what, more: more.to_owned(), sums: *sums };
        let agent = |agent: Option<AccountId>| match agent {
            Some(agent) => agent_name(agent).unwrap_or_else(|| agent.to_string()),
            None => "the operator".to_owned(),
        };
        let days = self.days.iter().map(|(day, sums)| row(day.to_string(), &day.format("%a").to_string(), sums));
        let reasons = self.reasons.iter().map(|((name, words), sums)| row((*name).to_owned(), words, sums));
        let classes = self.classes.iter().map(|(class, sums)| row(class.to_string(), class.words(), sums));
        let agents = self.agents.iter().map(|(who, sums)| row(agent(*who), "", sums));
        let means = [(PaymentMethod::Cash, &self.cash), (PaymentMethod::Card, &self.card)];
        let means = means.into_iter().map(|(method, sums)| row(method.words().to_owned(), "", sums));
        RefundReport {
            from: self.from,
            to: self.to,
            tables: vec![days.collect(), reasons.collect(), classes.collect(), agents.collect(), means.collect()],
            total: self.total,
            test: self.test,
        }
    }
}
