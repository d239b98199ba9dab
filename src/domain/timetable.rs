//! All trains and stations, and which runs go from here to there on a date.
//!
//! Built once for a version of the catalogue and then only read: stations know the halts that trains make at them, so
//! that a search looks at the trains of two places and at no others.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{Days, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use crate::domain::edition::Edition;
use crate::domain::inventory::RunState;
use crate::domain::segment::Leg;
use crate::domain::station::{Station, StationCode, StationIndex};
use crate::domain::train::{Halt, RunId, Stop, Train, TrainNumber};

/// A way to travel: a leg of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
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

    /// Takes the times of its run, if they were changed since it was found; says whether they were.
    pub fn follow(&mut self, run: &RunState) -> bool {
        let is_same = run.delays.is_empty() || run.run != self.run || run.train.version() != self.train.version();
        if is_same || run.train == self.train {
            return false;
        }
        let by = self.by(&run.train);
        by.is_some_and(|by| {
            *self = by;
            true
        })
    }

    /// The same leg of a train with other times, or of another version of it; `None` where it has no such halts.
    pub fn by(&self, train: &Arc<Train>) -> Option<Self> {
        let (from, to) = train.ends(self.leg)?;
        let at = |stop: &Stop, at| Stop { at, ..stop.clone() };
        Some(Self {
            train: Arc::clone(train),
            from: at(&self.from, from.depart.on(self.run.date)),
            to: at(&self.to, to.arrive.on(self.run.date)),
            ..self.clone()
        })
    }
}

/// All trains and stations at one version of the catalogue.
#[derive(Clone, Debug, Default)]
pub struct Timetable {
    stations: Arc<StationIndex>,
    /// By number and then by date. The editions of a train share no date, so that a run goes by one of them.
    editions: Vec<Edition>,
    /// The halts made at each station, by edition and then along its way.
    calls: HashMap<StationCode, Vec<Call>>,
}

/// A train at one of its halts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    /// The place of the train's edition in the timetable.
    edition: u32,
    /// The halt's place on its way.
    halt: u8,
}

/// No run lasts longer: `RunTime` counts less than ten days.
const LONGEST_RUN: Days = Days::new(10);

/// Every train that runs at all runs within a week.
const WEEK: u64 = 7;

impl Timetable {
    /// A timetable of trains that never were others; halts at stations that are not listed get the code as their name. Of
    /// two versions of a train the later counts.
    pub fn new(stations: Vec<Station>, mut trains: Vec<Arc<Train>>) -> Self {
        trains.sort_by_key(|train| (train.number(), Reverse(train.version())));
        trains.dedup_by_key(|train| train.number());
        Self::of(stations, trains.into_iter().map(Edition::lasting).collect())
    }

    /// A timetable of trains that change. No two editions of a train cover the same date.
    pub fn of(mut stations: Vec<Station>, mut editions: Vec<Edition>) -> Self {
        editions.sort_by_key(|edition| (edition.train.number(), edition.from));
        let mut calls: HashMap<StationCode, Vec<Call>> = HashMap::new();
        for (edition, halts) in (0..).zip(editions.iter().map(|edition| edition.train.halts())) {
            for (halt, at) in (0..).zip(halts) {
                calls.entry(at.station).or_default().push(Call { edition, halt });
            }
        }
        let known: HashSet<_> = stations.iter().map(|station| station.code).collect();
        for code in calls.keys().filter(|code| !known.contains(code)) {
            stations.push(Station { code: *code, name: code.to_string(), city: code.to_string() });
        }
        let stations = StationIndex::new(stations, |code| calls.get(&code).map_or(0, Vec::len));
        Self { stations: Arc::new(stations), editions, calls }
    }

    /// The stations.
    pub fn stations(&self) -> &Arc<StationIndex> {
        &self.stations
    }

    /// All editions, by train and then by date.
    pub fn editions(&self) -> &[Edition] {
        &self.editions
    }

    /// All trains with their editions, by number.
    pub fn trains(&self) -> impl DoubleEndedIterator<Item = &[Edition]> {
        self.editions.chunk_by(|one, next| one.train.number() == next.train.number())
    }

    /// The editions of a train by date; empty for one that there is not.
    pub fn train(&self, number: TrainNumber) -> &[Edition] {
        let first = self.editions.partition_point(|edition| edition.train.number() < number);
        let rest = &self.editions[first..];
        &rest[..rest.partition_point(|edition| edition.train.number() == number)]
    }

    /// The train by which runs of a date go, whether or not one leaves on it.
    pub fn train_on(&self, number: TrainNumber, date: NaiveDate) -> Option<&Arc<Train>> {
        self.train(number).iter().find(|edition| edition.covers(date)).map(|edition| &edition.train)
    }

    /// The journeys that leave a station of `from` on `date` (the date of boarding) for one of `to`, by departure.
    ///
    /// A run that calls at several of the stations is listed once, with its longest leg: people who say a city mean the
    /// train's first station in the one and its last in the other. Of a station where it calls twice, the call nearer
    /// to the other end counts. A city to itself is no journey; a city to one of its own stations is.
    pub fn journeys(&self, from: &[StationCode], to: &[StationCode], date: NaiveDate) -> Vec<Journey> {
        self.journeys_run(from, to, date, &|_, _| true)
    }

    /// The same of legs that are run, as somebody says.
    pub fn journeys_run(
        &self,
        from: &[StationCode],
        to: &[StationCode],
        date: NaiveDate,
        is_run: &dyn Fn(RunId, Leg) -> bool,
    ) -> Vec<Journey> {
        let same_place = from.iter().all(|code| to.contains(code)) && to.iter().all(|code| from.contains(code));
        if same_place {
            return Vec::new();
        }
        let (boarding, alighting) = (self.calls_at(from), self.calls_at(to));
        let mut journeys = Vec::new();
        let mut rest = alighting.as_slice();
        for boarding in boarding.chunk_by(|one, next| one.edition == next.edition) {
            let edition = boarding[0].edition;
            rest = &rest[rest.partition_point(|call| call.edition < edition)..];
            let alighting = &rest[..rest.partition_point(|call| call.edition == edition)];
            self.add_runs(boarding, alighting, (date, is_run), &mut journeys);
        }
        sort_by_departure(&mut journeys);
        journeys
    }

    /// A leg of a run; `None` where the train does not run on that date or has no such halts.
    pub fn journey(&self, run: RunId, leg: Leg) -> Option<Journey> {
        let train = self.train_on(run.train, run.date)?;
        run.date.checked_add_days(LONGEST_RUN)?;
        let (from, to) = train.ends(leg)?;
        train.runs_on().includes(run.date).then(|| Journey {
            train: Arc::clone(train),
            run,
            leg,
            from: self.stop(from, from.depart.on(run.date)),
            to: self.stop(to, to.arrive.on(run.date)),
            km: to.km - from.km,
        })
    }

    /// The next `limit` departures from a station at or after a moment of the railway's clock, each with the leg to the
    /// end of the train's way. Trains that leave later than a week on are not looked for.
    pub fn departures(&self, station: StationCode, after: NaiveDateTime, limit: usize) -> Vec<Journey> {
        let calls = self.calls_at(&[station]);
        let mut found = Vec::new();
        for date in (0..=WEEK).filter_map(|day| after.date().checked_add_days(Days::new(day))) {
            if found.len() >= limit {
                break;
            }
            let mut of_the_day: Vec<_> = calls
                .iter()
                .filter_map(|call| {
                    let edition = &self.editions[call.edition as usize];
                    let terminus = u8::try_from(edition.train.halts().len() - 1).ok()?;
                    let leg = Leg::new(call.halt, terminus).ok()?;
                    self.journey(boarded_on(edition, leg, date)?, leg)
                })
                .filter(|journey| journey.from.at >= after)
                .collect();
            sort_by_departure(&mut of_the_day);
            found.append(&mut of_the_day);
        }
        found.truncate(limit);
        found
    }

    /// The calls at any of the stations, by edition and then along its way.
    fn calls_at(&self, stations: &[StationCode]) -> Vec<Call> {
        let mut calls: Vec<_> = stations.iter().filter_map(|code| self.calls.get(code)).flatten().copied().collect();
        calls.sort_unstable();
        calls.dedup();
        calls
    }

    /// Adds one train's runs: nearly always one, two when it passes a city around midnight.
    fn add_runs(
        &self,
        boarding: &[Call],
        alighting: &[Call],
        (date, is_run): (NaiveDate, &dyn Fn(RunId, Leg) -> bool),
        journeys: &mut Vec<Journey>,
    ) {
        let edition = &self.editions[boarding[0].edition as usize];
        let mut chosen: Vec<(RunId, Leg)> = Vec::new();
        for (from, to) in boarding.iter().flat_map(|from| alighting.iter().map(move |to| (from.halt, to.halt))) {
            let Ok(leg) = Leg::new(from, to) else { continue };
            if !is_direct(&edition.train, leg) {
                continue;
            }
            let Some(run) = boarded_on(edition, leg, date).filter(|run| is_run(*run, leg)) else { continue };
            match chosen.iter_mut().find(|(other, _)| *other == run) {
                Some((_, longest)) if length(leg) > length(*longest) => *longest = leg,
                Some(_) => {}
                None => chosen.push((run, leg)),
            }
        }
        journeys.extend(chosen.into_iter().filter_map(|(run, leg)| self.journey(run, leg)));
    }

    fn stop(&self, halt: &Halt, at: NaiveDateTime) -> Stop {
        Stop { station: halt.station, name: self.stations.name(halt.station), at }
    }
}

fn sort_by_departure(journeys: &mut [Journey]) {
    journeys.sort_by_key(|journey| (journey.from.at, journey.to.at, journey.run.train));
}

const fn length(leg: Leg) -> u8 {
    leg.to() - leg.from()
}

/// Whether the leg's ends are two stations, and the train calls at neither in between.
fn is_direct(train: &Train, leg: Leg) -> bool {
    let along = &train.halts()[usize::from(leg.from())..=usize::from(leg.to())];
    let ends = [along[0].station, along[along.len() - 1].station];
    ends[0] != ends[1] && along[1..along.len() - 1].iter().all(|halt| !ends.contains(&halt.station))
}

/// The run that leaves the leg's first halt on `date`, if there is one.
fn boarded_on(edition: &Edition, leg: Leg, date: NaiveDate) -> Option<RunId> {
    let (halt, _) = edition.train.ends(leg)?;
    let origin = date.checked_sub_days(Days::new(halt.depart.day().into()))?;
    edition.runs_on(origin).then_some(RunId { train: edition.train.number(), date: origin })
}

#[cfg(test)]
mod tests;
