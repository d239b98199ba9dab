//! What administrators ask and are told of the railway's rules.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::booking::OpId;
use crate::domain::coach::Class;
use crate::domain::passenger::Age;
use crate::domain::quota::Quota;
use crate::domain::rules::book::{Mistake, RuleKind, Standing};
use crate::domain::train::TrainNumber;

/// Rules in a list: an edition that was published, or an entry of the program's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RuleRow {
    /// Their name, which bookings and runs keep.
    pub id: String,
    /// Their number in the book; `None` for those of the program.
    pub number: Option<u32>,
    /// Which of the rules they are.
    pub kind: RuleKind,
    /// The first day on which they hold.
    pub from: NaiveDate,
    /// The first day on which others hold.
    pub until: Option<NaiveDate>,
    /// How they stand today.
    pub standing: Standing,
    /// Who published them, and when.
    pub published: Option<(String, DateTime<Utc>)>,
    /// Who took them back, and when.
    pub withdrawn: Option<(String, DateTime<Utc>)>,
    /// Whether they can still be taken back.
    pub may_go: bool,
}

/// Rules with their text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RuleRecord {
    /// As in a list.
    pub row: RuleRow,
    /// The text, as it was published or could be.
    pub text: String,
}

/// A booking by which rules are tried: the whole way of a train, sold on the first day of the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleBooking {
    /// The train.
    pub train: TrainNumber,
    /// The date of its run; the first day of the rules if that is later.
    pub date: NaiveDate,
    /// The class.
    pub class: Class,
    /// The quota.
    pub quota: Quota,
    /// Who travels, by age.
    pub ages: Vec<Age>,
}

/// What a text would do as rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RuleTrial {
    /// Which of the rules it is; `None` when it does not say.
    pub kind: Option<RuleKind>,
    /// All that is wrong in it, by line; otherwise it can be published.
    pub mistakes: Vec<Mistake>,
    /// The first day from which it can hold.
    pub earliest: NaiveDate,
    /// The first day from which it was tried.
    pub from: NaiveDate,
    /// The rules that it takes the place of on that day.
    pub instead_of: Option<String>,
    /// The day from which others follow that are published already.
    pub until: Option<NaiveDate>,
    /// How many entries the book had: publication is based on that.
    pub based_on: u32,
    /// What is different for the sample, and what is not.
    pub preview: Vec<PreviewLine>,
}

/// Something of the sample booking by the rules that are there, and by the new ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PreviewLine {
    /// What.
    pub what: String,
    /// As it would be without the new rules.
    pub now: String,
    /// As it would be with them.
    pub then: String,
}

impl PreviewLine {
    /// Whether the new rules make it another.
    pub fn differs(&self) -> bool {
        self.now != self.then
    }
}

/// A text that is published as rules.
#[derive(Clone, Debug)]
pub struct RulePublication {
    /// Names the action.
    pub op: OpId,
    /// The text.
    pub text: String,
    /// The first day on which they hold.
    pub from: NaiveDate,
    /// How many entries the book of rules had when the text was tried.
    pub based_on: u32,
}
