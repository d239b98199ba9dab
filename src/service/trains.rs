//! The timetable for administrators: its trains, what they are from which date on, and their runs.
//!
//! A change takes effect on a date and leaves every run alone of which anything was sold: those keep the version by which
//! they were sold. The list is of the timetable in memory; what is edited is read from the store.

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, NaiveDate};

use crate::domain::edition::{Edition, NotPublished, Start};
use crate::domain::time::railway_time;
use crate::domain::train::{RunId, Train, TrainNumber};
use crate::domain::train_changes::{FieldChange, changes};
use crate::export;
use crate::service::Kiosk;
use crate::service::refusal::{fault, refuse};
use crate::service::request::{Cursor, Document, Failure, Reply, RunRow, TrainRecord, TrainRow};
use crate::service::seed::listing;
use crate::service::session::Session;
use crate::store::StoreError;
use crate::store::trains::Edit;

/// Trains on a page of the list.
const PAGE: usize = 50;
/// Days that are looked at for runs.
const DAYS: u64 = 31;

/// A page of the trains that have all the words that are wanted.
pub(super) fn list(session: &Session, wanted: &str, after: Option<&Cursor>) -> Reply {
    let kiosk = session.kiosk();
    let timetable = kiosk.timetable();
    let (today, stops) = (kiosk.today(), kiosk.stops());
    let words = words(wanted);
    let mut rows = timetable
        .trains()
        .filter(|editions| after.is_none_or(|Cursor(after)| editions[0].train.number().as_str() > after.as_str()))
        .filter_map(|editions| {
            let shown = shown(editions, today);
            has_words(&shown.train, &words).then(|| row(editions, shown, today))
        })
        .map(|row| TrainRow { is_off_sale: stops.include(row.number), ..row });
    let page: Vec<_> = rows.by_ref().take(PAGE).collect();
    let next = rows.next().and(page.last()).map(|last| Cursor(last.number.to_string()));
    Reply::Trains { page, next }
}

/// The trains of today that have all the words, as a file for a spreadsheet.
pub(super) async fn file(session: &Session, wanted: &str) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let (timetable, today, words) = (kiosk.timetable(), kiosk.today(), words(wanted));
    let made =
        kiosk.settings().labour.run(move || export::trains::sheet(&timetable, today, |train| has_words(train, &words)));
    let bytes = made.await.map_err(|error| fault("write the trains", &error))?;
    Ok(Reply::Document(Document { name: format!("trains-{today}.csv"), bytes: bytes.into() }))
}

/// The edition of today, or the nearest.
fn shown(editions: &[Edition], today: NaiveDate) -> &Edition {
    let begun = editions.iter().rfind(|edition| edition.from.is_none_or(|from| from <= today));
    begun.unwrap_or(&editions[0])
}

fn row(editions: &[Edition], shown: &Edition, today: NaiveDate) -> TrainRow {
    let train = &shown.train;
    let halts = train.halts();
    let (first, last) = (&halts[0], &halts[halts.len() - 1]);
    let begins_on = shown.from.filter(|from| *from > today);
    let mut later = editions.iter().filter_map(|edition| edition.from).filter(|from| *from > today);
    TrainRow {
        number: train.number(),
        name: train.name().to_owned(),
        runs_on: train.runs_on(),
        from: first.station,
        departs: first.depart,
        to: last.station,
        arrives: last.arrive,
        classes: train.classes(),
        begins_on,
        changes_on: later.find(|from| begins_on != Some(*from)),
        retired_from: editions.last().and_then(|last| last.until),
        is_off_sale: false,
    }
}

fn words(wanted: &str) -> Vec<String> {
    wanted.split_whitespace().map(str::to_lowercase).collect()
}

fn has_words(train: &Train, words: &[String]) -> bool {
    words.iter().all(|word| has_word(train, word))
}

fn has_word(train: &Train, word: &str) -> bool {
    train.number().as_str().to_lowercase().starts_with(word)
        || train.name().to_lowercase().contains(word)
        || train.halts().iter().any(|halt| halt.station.as_str().eq_ignore_ascii_case(word))
}

/// All that is published of a train.
pub(super) async fn show(session: &Session, train: TrainNumber) -> Result<Reply, Failure> {
    session.kiosk().record_of(train).await.map(|record| Reply::Train(Box::new(record)))
}

/// Makes a train another from a date on.
pub(super) async fn publish(
    session: &Session,
    train: &Train,
    based_on: u32,
    from: NaiveDate,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let today = kiosk.today();
    if from < today {
        return Err(NotPublished::Past { today }.into());
    }
    let stations = kiosk.stations();
    let unknown = train.halts().iter().find(|halt| stations.get(halt.station).is_none());
    if let Some(halt) = unknown {
        return Err(Failure::NoSuchStation(halt.station));
    }
    let number = train.number();
    let before = kiosk.store().editions(number).await.map_err(|error| refuse("read a train", &error))?;
    if let Some(before) = &before {
        before.placement(train, Start { from: Some(from), today })?;
    }
    let names: HashMap<_, _> = stations.all().iter().map(|station| (station.code, station.name.as_str())).collect();
    let listing = listing(&kiosk.rules(), train, today);
    let edit = Edit::Publish { listing: &listing, names: &names, from, today };
    let after = kiosk.store().change_train(number, based_on, edit).await.map_err(|error| refused(&error))?;
    // Somebody may have ended it meanwhile.
    if !after.on(from).is_some_and(|now| now.is_like(train)) {
        return Err(Failure::TrainChanged);
    }
    if before.as_ref() != Some(&after) {
        let note = noted(before.as_ref().map(|before| &**before.nearest(from)), train);
        let version = after.latest_version();
        kiosk.record(
            session,
            "train.publish",
            Some(number.to_string()),
            Some(format!("{version} from {from}: {note}")),
        );
    }
    kiosk.reread_timetable().await?;
    show(session, number).await
}

/// Ends a train on a date, or takes that back.
pub(super) async fn retire(session: &Session, train: TrainNumber, from: Option<NaiveDate>) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let today = kiosk.today();
    if from.is_some_and(|from| from < today) {
        return Err(NotPublished::Past { today }.into());
    }
    kiosk.store().change_train(train, 0, Edit::Retire(from)).await.map_err(|error| match error {
        StoreError::NotFound { .. } => Failure::NoSuchTrain(train),
        error => refused(&error),
    })?;
    let note = from.map_or_else(|| "taken back".to_owned(), |from| format!("from {from}"));
    kiosk.record(session, "train.retire", Some(train.to_string()), Some(note));
    kiosk.reread_timetable().await?;
    show(session, train).await
}

/// The runs of a train in the days from a date on: those of the timetable, and those that were sold whatever it says.
pub(super) async fn runs(session: &Session, train: TrainNumber, from: NaiveDate) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let timetable = kiosk.timetable();
    let editions = timetable.train(train);
    if editions.is_empty() {
        return Err(Failure::NoSuchTrain(train));
    }
    let sold = kiosk.sold_runs(train, from, DAYS).await?;
    let dates = (0..DAYS).filter_map(|day| from.checked_add_days(Days::new(day)));
    let rows = dates.filter_map(|date| {
        let run = RunId { train, date };
        if let Some(version) = sold.get(&date) {
            return Some(RunRow { run, version: *version, is_sold: true });
        }
        let edition = editions.iter().find(|edition| edition.runs_on(date))?;
        Some(RunRow { run, version: edition.train.version(), is_sold: false })
    });
    Ok(Reply::Runs(rows.collect()))
}

impl Kiosk {
    /// The railway's date.
    fn today(&self) -> NaiveDate {
        railway_time(self.now()).date()
    }

    async fn record_of(&self, train: TrainNumber) -> Result<TrainRecord, Failure> {
        let editions = self.store().editions(train).await.map_err(|error| refuse("read a train", &error))?;
        let editions = editions.ok_or(Failure::NoSuchTrain(train))?;
        let today = self.today();
        let (_, last) = self.rules().booking_on(today).window(self.now());
        let days = u64::try_from((last - today).num_days() + 1).unwrap_or_default();
        Ok(TrainRecord { editions, sold: self.sold_runs(train, today, days).await? })
    }

    /// The runs of a train on so many days from a date on of which anything was ever sold or held.
    async fn sold_runs(
        &self,
        train: TrainNumber,
        from: NaiveDate,
        days: u64,
    ) -> Result<BTreeMap<NaiveDate, u32>, Failure> {
        let dates = (0..days).filter_map(|day| from.checked_add_days(Days::new(day)));
        let runs: Vec<_> = dates.map(|date| RunId { train, date }).collect();
        let pins = self.store().pins(&runs).await.map_err(|error| refuse("read the runs", &error))?;
        Ok(pins.into_iter().map(|(run, version)| (run.date, version)).collect())
    }

    /// So that whoever changed the timetable sees it as it is now; other processes look within seconds.
    pub(super) async fn reread_timetable(&self) -> Result<(), Failure> {
        self.reload_catalogue(self.now()).await.map_err(|error| refuse("read the timetable", &error))
    }
}

/// What a person is told when the train was not changed.
fn refused(error: &StoreError) -> Failure {
    match error {
        StoreError::Conflict { .. } if error.is_of_unfinished() => Failure::ImportUnfinished,
        StoreError::Conflict { .. } => Failure::TrainChanged,
        error => refuse("change a train", error),
    }
}

/// What changed, for the log of who did what.
fn noted(before: Option<&Train>, after: &Train) -> String {
    let Some(before) = before else { return "new".to_owned() };
    let changes: Vec<_> = changes(before, after).iter().map(FieldChange::to_string).collect();
    changes.join("; ")
}
