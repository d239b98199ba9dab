//! Journeys from here to there, and a station's next departures, with what one adult pays.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::coach::Class;
use crate::domain::fare::{self, Ride, Traveller};
use crate::domain::money::Paise;
use crate::domain::passenger::{Accommodation, Age};
use crate::domain::quota::Quota;
use crate::domain::rules::Rules;
use crate::domain::segment::Leg;
use crate::domain::station::StationCode;
use crate::domain::time::railway_time;
use crate::domain::timetable::{Journey, Timetable};
use crate::domain::train::{Halt, RunId, Stop, Train};
use crate::service::Kiosk;
use crate::service::changed::Known;
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Offer, Reply};
use crate::service::session::Session;

/// The most departures a board asks for.
const BOARD: usize = 50;
/// An adult's age, for a fare that names nobody.
const ADULT: u8 = 30;

pub(super) async fn search(
    session: &Session,
    from: &[StationCode],
    to: &[StationCode],
    date: NaiveDate,
    quota: Quota,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let now = kiosk.now();
    let (first, last) = kiosk.rules().booking_on(railway_time(now).date()).window(now);
    let timetable = kiosk.timetable();
    let is_run = |run, leg| kiosk.0.changed.is_run(run, leg);
    // The window counts from the origin: past it one can still board a train that left its origin within it.
    let journeys: Vec<_> =
        timetable.journeys_run(from, to, date, &is_run).into_iter().filter(|j| j.run.date <= last).collect();
    if date < first || (date > last && journeys.is_empty()) {
        return Err(Failure::OutsideWindow { first, last });
    }
    let again = |timetable: &Timetable| timetable.journeys_run(from, to, date, &is_run);
    let journeys = as_sold(kiosk, journeys, again).await?;
    let mut journeys = as_changed(kiosk, journeys);
    let late = leaving_late(kiosk, from, to, date);
    let late = late.into_iter().filter(|late| journeys.iter().all(|journey| journey.run != late.run));
    journeys.extend(late.collect::<Vec<_>>());
    journeys.sort_by_key(|journey| journey.from.at);
    Ok(offers(session, journeys, quota))
}

pub(super) async fn departures(session: &Session, station: StationCode, limit: usize) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let now = railway_time(kiosk.now());
    let limit = limit.min(BOARD);
    let changed = kiosk.0.changed.all();
    let more = limit + changed.len();
    let journeys = kiosk.timetable().departures(station, now, more);
    let again = |timetable: &Timetable| timetable.departures(station, now, more);
    let mut journeys = as_sold(kiosk, journeys, again).await?;
    // Runs that were changed leave later than the timetable has it, and may not be among its next, or do not call there.
    journeys.retain(|journey| !changed.contains_key(&journey.run));
    let late = changed.iter().filter_map(|(run, known)| departure(kiosk, *run, known, station));
    journeys.extend(late.filter(|journey| journey.from.at >= now));
    journeys.sort_by_key(|journey| (journey.from.at, journey.to.at, journey.run.train));
    journeys.truncate(limit);
    Ok(offers(session, journeys, Quota::General))
}

/// Replaces journeys of runs that are sold by an older version of their train by the same search in that version.
async fn as_sold(
    kiosk: &Kiosk,
    journeys: Vec<Journey>,
    again: impl Fn(&Timetable) -> Vec<Journey>,
) -> Result<Vec<Journey>, Failure> {
    // Of a train that was published once there is no older version.
    let edited: Vec<RunId> = journeys.iter().filter(|j| j.train.version() > 1).map(|j| j.run).collect();
    if edited.is_empty() {
        return Ok(journeys);
    }
    let pins = kiosk.store().pins(&edited).await.map_err(|error| refuse("search", &error))?;
    let mut sold = Vec::with_capacity(journeys.len());
    for journey in journeys {
        let pinned = pins.get(&journey.run).copied().filter(|version| *version != journey.train.version());
        let Some(version) = pinned else {
            sold.push(journey);
            continue;
        };
        let train = kiosk.store().train_version(journey.run.train, version).await;
        let train = Arc::new(train.map_err(|error| refuse("search", &error))?);
        let stations = kiosk.stations().all().to_vec();
        let timetable = Timetable::new(stations, vec![train]);
        sold.extend(again(&timetable).into_iter().filter(|found| found.run == journey.run));
    }
    sold.sort_by_key(|journey| journey.from.at);
    Ok(sold)
}

/// Gives journeys the times that their runs have, as far as this process knows.
fn as_changed(kiosk: &Kiosk, journeys: Vec<Journey>) -> Vec<Journey> {
    let by_its_times = |journey: Journey| match kiosk.0.changed.of(journey.run) {
        Some(known) => journey.by(&known.train),
        None => Some(journey),
    };
    let mut timed: Vec<_> = journeys.into_iter().filter_map(by_its_times).collect();
    timed.sort_by_key(|journey| journey.from.at);
    timed
}

/// The journeys of runs that are so late that they leave on a date, though their timetable has them leave before it.
fn leaving_late(kiosk: &Kiosk, from: &[StationCode], to: &[StationCode], date: NaiveDate) -> Vec<Journey> {
    let timetable = kiosk.timetable();
    let is_run = |run, leg| kiosk.0.changed.is_run(run, leg);
    let is_meant = |run: &RunId, known: &Known| {
        let leaves = |halt: &Halt| from.contains(&halt.station) && halt.depart.on(run.date).date() == date;
        // Of a train that has ended nothing is sold any more.
        let runs = timetable.train_on(run.train, run.date).is_some_and(|train| train.runs_on().includes(run.date));
        runs && known.train.halts().iter().any(leaves)
    };
    let meant = kiosk.0.changed.all().into_iter().filter(|(run, known)| is_meant(run, known));
    let journeys = meant.flat_map(|(run, known)| {
        let alone = Timetable::new(kiosk.stations().all().to_vec(), vec![known.train]);
        alone.journeys_run(from, to, date, &is_run).into_iter().filter(move |journey| journey.run == run)
    });
    journeys.collect()
}

/// The last departure of a run from a station, to where it ends.
fn departure(kiosk: &Kiosk, run: RunId, known: &Known, station: StationCode) -> Option<Journey> {
    let (train, halts) = (&known.train, known.train.halts());
    let way = known.gaps.left_of(halts.len())?;
    let (begins, ends) = (usize::from(way.from()), usize::from(way.to()));
    let at = begins + halts[begins..ends].iter().rposition(|halt| halt.station == station)?;
    let leg = Leg::new(u8::try_from(at).ok()?, way.to()).ok()?;
    let stations = kiosk.stations();
    let stop = |halt: &Halt, at| Stop { station: halt.station, name: stations.name(halt.station), at };
    let (first, last) = (&halts[at], &halts[ends]);
    Some(Journey {
        run,
        leg,
        from: stop(first, first.depart.on(run.date)),
        to: stop(last, last.arrive.on(run.date)),
        km: last.km - first.km,
        train: Arc::clone(train),
    })
}

fn offers(session: &Session, journeys: Vec<Journey>, quota: Quota) -> Reply {
    let kiosk = session.kiosk();
    session.offer(journeys.iter().map(|journey| (journey.run, journey.train.version())));
    let today = railway_time(kiosk.now()).date();
    let rules = kiosk.rules();
    let offers = journeys.into_iter().map(|journey| {
        let sold = journey.train.classes_sold().filter(|class| quota.is_sold_in(*class, rules.quotas_on(today)));
        let fares = sold.map(|class| (class, adult_fare(&rules, today, &journey.train, class, quota, journey.km)));
        let fares = fares.collect();
        Offer { journey, fares }
    });
    Reply::Offers(offers.collect())
}

/// What one adult pays; `None` when the rules know no fare.
pub(super) fn adult_fare(
    rules: &Rules,
    booked: NaiveDate,
    train: &Train,
    class: Class,
    quota: Quota,
    km: u16,
) -> Option<Paise> {
    let age = Age::try_from(ADULT).expect("a possible age");
    let adult = Traveller { age, accommodation: Accommodation::Berth };
    let ride = Ride { kind: train.kind(), class, quota, km };
    fare::price(rules.fares_on(booked), rules.quotas_on(booked), ride, &[adult]).ok().map(|fare| fare.total)
}
