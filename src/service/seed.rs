//! Fills an empty store: tables, timetable, and on development machines accounts to try things with.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::coach::Class;
use crate::domain::edition::{Editions, Start};
use crate::domain::money::Paise;
use crate::domain::quota::Quota;
use crate::domain::rules::Rules;
use crate::domain::segment::Leg;
use crate::domain::time::railway_time;
use crate::domain::train::Train;
use crate::service::clock::Clock;
use crate::service::search::adult_fare;
use crate::service::timetable_file::{self, TimetableFile};
use crate::store::trains::{Listing, Published};
use crate::store::{Store, StoreError};

/// How far the work has come, for whoever waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done, such as `table trains`.
    pub what: String,
    /// Steps done.
    pub done: usize,
    /// Steps in all.
    pub of: usize,
}

/// Writes the stations and trains of a timetable's file that there are not yet. Those that there are stay as people have
/// made them since, so it is safe to repeat.
pub async fn seed(
    store: &Store,
    rules: &Rules,
    clock: &dyn Clock,
    file: &TimetableFile,
    mut progress: impl FnMut(Progress),
) -> Result<Published, StoreError> {
    let kept = store.catalogue().await?;
    let known: BTreeSet<_> = kept.stations.iter().map(|station| station.code).collect();
    let stations: Vec<_> = file.stations.iter().filter(|station| !known.contains(&station.code)).cloned().collect();
    let known: BTreeSet<_> = kept.trains.iter().map(Editions::number).collect();
    let trains: Vec<_> = file.trains.iter().filter(|train| !known.contains(&train.number())).cloned().collect();
    let start = Start::at_once(today(clock.now()));
    let listings: Vec<_> = trains.iter().map(|train| listing(rules, train, start.today)).collect();
    let report = |done, of| progress(Progress { what: "timetable".to_owned(), done, of });
    store.publish(&stations, &listings, start, report).await
}

fn today(now: DateTime<Utc>) -> NaiveDate {
    railway_time(now).date()
}

/// A train with what is shown beside it.
pub(super) fn listing(rules: &Rules, train: &Train, today: NaiveDate) -> Listing {
    Listing { train: train.clone(), fares: fares(rules, train, today) }
}

/// Makes a store ready on the first run: its tables and bucket, and the bundled timetable if it has none or got only a
/// part of it. A timetable that somebody published is left as it is.
pub async fn prepare(
    store: &Store,
    rules: &Rules,
    clock: &dyn Clock,
    mut progress: impl FnMut(Progress),
) -> Result<(), StoreError> {
    store.provision(|step| progress(Progress { what: step.what, done: step.done, of: step.of })).await?;
    let catalogue = store.catalogue().await?;
    let bundled = timetable_file::bundled();
    let is_part = catalogue.trains.len() < bundled.trains.len()
        && catalogue.trains.iter().all(|kept| bundled.trains.iter().any(|train| train.number() == kept.number()));
    // An import that broke off is finished by whoever made it.
    if catalogue.version == 0 || (catalogue.unfinished && is_part) {
        seed(store, rules, clock, &bundled, progress).await?;
    }
    Ok(())
}

/// What an adult pays from end to end in each class that has a fare.
fn fares(rules: &Rules, train: &Train, today: NaiveDate) -> BTreeMap<Class, Paise> {
    let end = u8::try_from(train.halts().len() - 1).expect("a train has at most 127 halts");
    let whole = Leg::new(0, end).expect("a train has two halts or more");
    let km = train.distance(whole).expect("a leg of this train");
    let classes = train.classes().into_iter();
    classes.filter_map(|class| Some((class, adult_fare(rules, today, train, class, Quota::General, km)?))).collect()
}
