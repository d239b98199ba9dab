//! The timetable as this process knows it: read at the start, and again when its version in the store has changed.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use crate::domain::banner::Banner;
use crate::domain::edition::Editions;
use crate::domain::sales::Stops;
use crate::domain::time::railway_time;
use crate::domain::timetable::Timetable;
use crate::domain::train::{RunId, TrainNumber};
use crate::service::Kiosk;
use crate::service::request::Failure;
use crate::store::runs::{Current, Run};
use crate::store::{self, Store, StoreError};

/// The timetable and what is known of its age, and what is shown at terminals.
pub(super) struct Catalogue(RwLock<Known>, watch::Sender<Arc<[Banner]>>);

struct Known {
    version: u64,
    timetable: Arc<Timetable>,
    stops: Stops,
    checked_at: DateTime<Utc>,
    /// Whether the store is marked for a newer Kiosk.
    is_newer: bool,
}

impl Known {
    fn of(read: store::trains::Catalogue, now: DateTime<Utc>) -> Self {
        let editions = read.trains.iter().flat_map(Editions::periods).collect();
        let timetable = Arc::new(Timetable::of(read.stations, editions));
        Self { version: read.version, timetable, stops: read.stops, checked_at: now, is_newer: false }
    }
}

impl Catalogue {
    /// The catalogue, how many entries the book of rules had with it, and which runs were changed how often.
    pub(super) async fn read(
        store: &Store,
        now: DateTime<Utc>,
    ) -> Result<(Self, u32, BTreeMap<RunId, u16>), StoreError> {
        let read = store.catalogue().await?;
        let (banners, _) = watch::channel(read.banners.clone().into());
        let (rules, changed) = (read.rules, read.changed.clone());
        Ok((Self(RwLock::new(Known::of(read, now)), banners), rules, changed))
    }

    /// What is shown at terminals, and is to be; whoever has it is told when it changes.
    pub(super) fn banners(&self) -> watch::Receiver<Arc<[Banner]>> {
        self.1.subscribe()
    }

    pub(super) fn note_banners(&self, banners: Vec<Banner>) {
        self.1.send_if_modified(|known| {
            let is_new = **known != *banners;
            if is_new {
                *known = banners.into();
            }
            is_new
        });
    }

    pub(super) fn timetable(&self) -> Arc<Timetable> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).timetable)
    }

    /// Whether its version was looked at a while ago.
    pub(super) fn is_due(&self, now: DateTime<Utc>, every: TimeDelta) -> bool {
        now - self.0.read().unwrap_or_else(PoisonError::into_inner).checked_at >= every
    }

    pub(super) fn stops(&self) -> Stops {
        self.0.read().unwrap_or_else(PoisonError::into_inner).stops.clone()
    }

    pub(super) fn is_off_sale(&self, train: TrainNumber) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).stops.include(train)
    }

    pub(super) fn note_stops(&self, stops: Stops) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.stops != stops {
            tracing::info!(?stops, "what is off sale has changed");
            known.stops = stops;
        }
    }

    /// Whether the store is marked for a newer Kiosk than this one, which then changes nothing.
    pub(super) fn is_newer(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_newer
    }

    fn note_newer(&self, is_newer: bool) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if is_newer && !known.is_newer {
            tracing::error!("a newer kiosk has raised what is stored: this one changes nothing until it is updated");
        }
        known.is_newer = is_newer;
    }

    fn version(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).version
    }
}

impl Kiosk {
    /// All trains and stations.
    pub fn timetable(&self) -> Arc<Timetable> {
        self.0.catalogue.timetable()
    }

    /// Looks at what is off sale, at the banners and at which runs were changed, and reads the timetable again if its version has changed, and what is
    /// new in the book of rules.
    pub(super) async fn reload_catalogue(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        // Noted first: a store that does not answer is not asked every second.
        self.0.catalogue.0.write().unwrap_or_else(PoisonError::into_inner).checked_at = now;
        let mark = self.store().catalogue_mark().await?;
        self.0.catalogue.note_newer(mark.is_newer);
        if mark.is_newer {
            return Ok(());
        }
        self.0.catalogue.note_stops(mark.stops);
        self.0.catalogue.note_banners(mark.banners);
        self.take_in_changes(&mark.changed).await;
        // Last: rules that this program cannot read keep nobody from knowing the timetable.
        if mark.version != self.0.catalogue.version() {
            self.reread_catalogue(now).await?;
        }
        self.take_in_rules(mark.rules, now).await
    }

    async fn reread_catalogue(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let read = Known::of(self.store().catalogue().await?, now);
        tracing::info!(version = read.version, "the timetable has changed");
        *self.0.catalogue.0.write().unwrap_or_else(PoisonError::into_inner) = read;
        self.0.live.suspect_all();
        Ok(())
    }

    /// Refuses a run of a train that does not run any more on its date, or not yet. What was sold of it stays good.
    pub(super) fn check_published(&self, run: RunId) -> Result<(), Failure> {
        let timetable = self.timetable();
        let editions = timetable.train(run.train);
        // A train that the timetable does not know at all is known by its sold runs alone.
        let published = editions.is_empty() || editions.iter().any(|edition| edition.covers(run.date));
        if published { Ok(()) } else { Err(Failure::NoSuchRun) }
    }

    /// Reads a run from the store; `None` when there is no such train, or it does not run on that date and never did.
    pub(super) async fn read_run(&self, run: RunId) -> Result<Option<Run>, StoreError> {
        let timetable = self.timetable();
        let on = railway_time(self.now()).date();
        let current = Current { train: timetable.train_on(run.train, run.date), rules: &self.rules(), on };
        let read = self.store().run(run, current).await?;
        if let Some(read) = &read {
            self.0.changed.note(&read.state);
        }
        Ok(read.filter(|read| read.pinned || read.state.train.runs_on().includes(run.date)))
    }
}
