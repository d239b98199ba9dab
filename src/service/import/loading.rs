//! Writes an import: what is new or changed, and then the end of trains that are not in it where that is asked for.

use std::sync::Arc;

use chrono::NaiveDate;

use super::Import;
use crate::domain::booking::OpId;
use crate::domain::edition::{Editions, Start};
use crate::domain::timetable::Timetable;
use crate::domain::train::TrainNumber;
use crate::service::Kiosk;
use crate::service::progress::{Progress, Stage};
use crate::service::seed::listing;
use crate::store::StoreError;
use crate::store::trains::{Basis, Catalogue, Edit, Published};

/// The timetable as it is stored: an import that was compared with it is written over it and over no other.
#[derive(Clone, Debug)]
pub struct Stored {
    read: Catalogue,
    /// The same, to look things up in.
    pub timetable: Arc<Timetable>,
}

/// How far an action has come that publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Come {
    /// Nothing is known of it.
    Nowhere,
    /// It has begun, and nobody has changed anything since.
    Begun,
    /// All of it is written, and nobody has published since.
    ToItsEnd,
}

impl Stored {
    /// Whether an import of it broke off, or is under way.
    pub fn is_unfinished(&self) -> bool {
        self.read.unfinished
    }

    /// How far an action has come.
    pub(super) fn come(&self, op: OpId) -> Come {
        let is_its = self.read.publisher.as_ref().is_some_and(|publisher| publisher.starts_with(&op.to_string()));
        match (is_its, self.read.unfinished) {
            (false, _) => Come::Nowhere,
            (true, true) => Come::Begun,
            (true, false) => Come::ToItsEnd,
        }
    }
}

impl Kiosk {
    /// Reads the timetable from the store.
    pub async fn stored_timetable(&self) -> Result<Stored, StoreError> {
        let read = self.store().catalogue().await?;
        let editions = read.trains.iter().flat_map(Editions::periods).collect();
        let timetable = Arc::new(Timetable::of(read.stations.clone(), editions));
        Ok(Stored { read, timetable })
    }

    /// Writes the stations and trains of an import that are new or changed. Safe to repeat.
    ///
    /// # Errors
    ///
    /// `Conflict` when the timetable is another than the import was compared with: look at it again then.
    pub async fn import(
        &self,
        import: &Import,
        over: &Stored,
        start: Start,
        progress: impl FnMut(Progress),
    ) -> Result<Published, StoreError> {
        let publisher = self.chance().id().to_string();
        let written = self.write_import(import, (over, &publisher), start, progress).await;
        // Of one that broke off a part may be written.
        let note = match &written {
            Ok(done) => noted(done.trains, done.stations, start),
            Err(_) => format!("not to its end, from {}", start.date()),
        };
        self.record_operator("timetable.import", None, Some(note));
        written
    }

    /// Ends trains on their dates, one after the other. Safe to repeat.
    ///
    /// # Errors
    ///
    /// Those before the one that failed have ended.
    pub async fn end_trains(&self, ends: &[(TrainNumber, NaiveDate)]) -> Result<(), StoreError> {
        self.end_each(ends, |train, note| self.record_operator("train.retire", Some(train), Some(note))).await
    }

    /// The same for whoever asks, with the record of each end.
    pub(super) async fn end_each(
        &self,
        ends: &[(TrainNumber, NaiveDate)],
        record: impl Fn(String, String),
    ) -> Result<(), StoreError> {
        for (number, from) in ends {
            self.store().change_train(*number, 0, Edit::Retire(Some(*from))).await?;
            record(number.to_string(), format!("from {from}"));
        }
        Ok(())
    }

    /// Writes what is new or changed, under the name of an attempt.
    pub(super) async fn write_import(
        &self,
        import: &Import,
        (over, publisher): (&Stored, &str),
        start: Start,
        mut progress: impl FnMut(Progress),
    ) -> Result<Published, StoreError> {
        let rules = self.rules();
        let listings: Vec<_> = import.trains.iter().map(|train| listing(&rules, train, start.today)).collect();
        let report =
            |done: usize, of: usize| progress(Progress { stage: Stage::Writing, done: done as u64, of: of as u64 });
        let basis = Basis { read: &over.read, publisher };
        self.store().publish_over(basis, &import.stations, &listings, start, report).await
    }
}

/// What was imported, for the log of who did what.
pub(super) fn noted(trains: usize, stations: usize, start: Start) -> String {
    format!("{trains} trains and {stations} stations new or changed, from {}", start.date())
}
