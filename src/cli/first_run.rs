//! The first start on a data folder: tables, trains and, on a developer's machine, accounts to try things with.

use super::CliError;
use super::progress::Progress;
use crate::config::{Config, StoreChoice};
use crate::store::Store;

/// Makes the embedded store usable, if it is not. AWS is left alone: what is created there costs money, so a person
/// says `kiosk provision`.
pub(super) async fn prepare(config: &Config, store: &Store) -> Result<(), CliError> {
    if config.store() == StoreChoice::Aws || store.ping().await.is_ok() {
        return Ok(());
    }
    let progress = Progress::new("Preparing");
    store.provision(|step| progress.set(step.done, step.of, &step.what)).await?;
    Ok(())
}
