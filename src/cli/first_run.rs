//! The first start on a data folder: tables and trains.

use super::CliError;
use super::progress::Progress;
use crate::config::{Config, StoreChoice};
use crate::service::seed;
use crate::service::{SystemClock, rules_file};
use crate::store::Store;

/// Makes the embedded store usable, as far as it is not: a start that broke off is finished by the next. AWS is left
/// alone: what is created there costs money, so a person says `kiosk provision`.
pub(super) async fn prepare(config: &Config, store: &Store, progress: &Progress) -> Result<(), CliError> {
    if config.store() == StoreChoice::Aws {
        return Ok(());
    }
    let report = |step: seed::Progress| progress.set(step.done, step.of, &step.what);
    seed::prepare(store, &rules_file::bundled(), &SystemClock, report).await?;
    Ok(())
}
