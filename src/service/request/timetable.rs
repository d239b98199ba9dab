//! What administrators are told of trains and their runs.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use crate::domain::berth_list::Berths;
use crate::domain::booking::{OpId, Place};
use crate::domain::coach::{BerthRef, Class, CoachId};
use crate::domain::delay::NewTimes;
use crate::domain::edition::Editions;
use crate::domain::gap::Stretch;
use crate::domain::money::Paise;
use crate::domain::passenger::Passenger;
use crate::domain::pnr::Pnr;
use crate::domain::station::StationCode;
use crate::domain::time::RunTime;
use crate::domain::train::{RunDays, RunId, TrainNumber};
use crate::service::request::Failure;

/// A train in a list, as it is today or from its first date on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TrainRow {
    /// Its number.
    pub number: TrainNumber,
    /// Its name.
    pub name: String,
    /// The days on which it leaves its origin.
    pub runs_on: RunDays,
    /// Where it begins.
    pub from: StationCode,
    /// When it leaves there.
    pub departs: RunTime,
    /// Where it ends.
    pub to: StationCode,
    /// When it comes in there.
    pub arrives: RunTime,
    /// The classes of its coaches, best first.
    pub classes: Vec<Class>,
    /// The first date on which it runs, if that is still to come.
    pub begins_on: Option<NaiveDate>,
    /// The next date from which it is another.
    pub changes_on: Option<NaiveDate>,
    /// The first date on which it does not run any more.
    pub retired_from: Option<NaiveDate>,
    /// Whether it is off sale.
    pub is_off_sale: bool,
}

/// All that is published of a train, and the runs that keep to what it was when they were first sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TrainRecord {
    /// What it is from which date on.
    pub editions: Editions,
    /// The runs from today on of which anything was sold or held, with the version by which they go.
    pub sold: BTreeMap<NaiveDate, u32>,
}

/// A run of a train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RunRow {
    /// The run.
    pub run: RunId,
    /// The version of the train by which it goes.
    pub version: u32,
    /// Whether anything of it was ever sold or held: then it keeps to that version.
    pub is_sold: bool,
}

/// A passenger of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OnBoard {
    /// The booking.
    pub pnr: Pnr,
    /// Who.
    pub passenger: Passenger,
    /// What they have.
    pub place: Place,
    /// Where they board.
    pub from: StationCode,
    /// Where they leave.
    pub to: StationCode,
    /// Children on laps who are with them.
    pub laps: usize,
}

/// What other times of a run would mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DelayTrial {
    /// How often its times were changed before.
    pub based_on: u16,
    /// When it leaves the first halt that moves now, by the railway's wall clock.
    pub was: NaiveDateTime,
    /// When it would leave there.
    pub leaves: NaiveDateTime,
    /// Bookings whose party would board at another time: they are told.
    pub told: usize,
    /// Those of them that could be given up for nothing, before the train leaves.
    pub free: usize,
    /// Bookings that could not be read, and are not among those that are counted.
    #[serde(default)]
    pub unreadable: usize,
}

/// What it would mean if a part of a run's way was not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PartTrial {
    /// How many parts were cancelled before.
    pub based_on: u16,
    /// Where the part begins.
    pub from: StationCode,
    /// Where it ends.
    pub to: StationCode,
    /// Bookings that are given up.
    pub bookings: usize,
    /// Their passengers.
    pub passengers: usize,
    /// What they get back.
    pub refunded: Paise,
    /// Bookings that cannot be read, and are not counted.
    pub unreadable: usize,
}

/// What became of berths that were to be taken off sale, or put on sale again: each coach is a write of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Blocked {
    /// Those that are so now.
    pub done: Berths,
    /// Coaches of which nothing was changed, or it is not known, each with why: repeating it is safe.
    pub left: Vec<(CoachId, Failure)>,
    /// Of those that are so now, the ones that somebody has, on a part of the way at least: who has them keeps them.
    pub sold: Vec<BerthRef>,
}

/// A part of a run that is cancelled, as it was tried.
#[derive(Clone, Debug)]
pub struct PartCancellation {
    /// Names the action.
    pub op: OpId,
    /// The run.
    pub run: RunId,
    /// The part.
    pub part: Stretch,
    /// Why, as people are told.
    pub reason: String,
    /// How many parts were cancelled when this was tried.
    pub based_on: u16,
}

/// Other times for a run, as they were tried.
#[derive(Clone, Debug)]
pub struct RunDelay {
    /// Names the action.
    pub op: OpId,
    /// The run.
    pub run: RunId,
    /// The times.
    pub new: NewTimes,
    /// Why, as people are told.
    pub reason: String,
    /// How often its times had been changed when this was tried.
    pub based_on: u16,
}
