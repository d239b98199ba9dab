//! Takes trains off sale and puts them on sale again, in all processes: each looks every few seconds.
//!
//! What was asked before that moment is done. Look-ups, cancellations and those who wait go on as ever.

use thiserror::Error;

use crate::domain::sales::{Scope, Stops};
use crate::domain::train::TrainNumber;
use crate::service::Kiosk;
use crate::service::refusal::refuse;
use crate::service::request::Failure;
use crate::store::StoreError;

/// Why nothing was taken off sale or put on sale.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SalesError {
    /// As anyone would be refused.
    #[error(transparent)]
    Refused(#[from] Failure),
    /// The timetable has no such train.
    #[error("There is no train {0} in the timetable: check its number.")]
    NoSuchTrain(TrainNumber),
    /// There is no timetable.
    #[error("There is no timetable yet: load one with kiosk seed.")]
    NoTimetable,
}

impl Kiosk {
    /// What is off sale, as this process knows it.
    pub fn stops(&self) -> Stops {
        self.0.catalogue.stops()
    }

    /// Takes trains off sale: nothing of them is held or sold in any process a few seconds later. Returns all that is off
    /// sale then.
    pub async fn stop_sales(&self, scope: Scope) -> Result<Stops, SalesError> {
        self.check_scope(scope)?;
        let stops = self.store().stop_sales(scope).await;
        self.changed("sales.stop", scope, stops)
    }

    /// Puts trains on sale again: one, or all that were taken off in whatever way. Returns all that is off sale then.
    pub async fn start_sales(&self, scope: Scope) -> Result<Stops, SalesError> {
        self.check_scope(scope)?;
        let stops = self.store().start_sales(scope).await;
        self.changed("sales.start", scope, stops)
    }

    /// Refuses what is off sale, and everything once the store is a newer Kiosk's: what this one wrote would lack something.
    pub(super) fn check_sold(&self, train: TrainNumber) -> Result<(), Failure> {
        self.check_current()?;
        if self.0.catalogue.is_off_sale(train) { Err(Failure::SalesStopped) } else { Ok(()) }
    }

    fn check_scope(&self, scope: Scope) -> Result<(), SalesError> {
        match scope {
            Scope::Train(train) if self.timetable().train(train).is_empty() => Err(SalesError::NoSuchTrain(train)),
            Scope::All | Scope::Train(_) => Ok(()),
        }
    }

    fn changed(
        &self,
        action: &'static str,
        scope: Scope,
        stops: Result<Stops, StoreError>,
    ) -> Result<Stops, SalesError> {
        let stops = stops.map_err(|error| match error {
            StoreError::NotFound { .. } => SalesError::NoTimetable,
            error => refuse("change what is off sale", &error).into(),
        })?;
        self.0.catalogue.note_stops(stops.clone());
        self.record_operator(action, Some(scope.to_string()), None);
        Ok(stops)
    }
}
