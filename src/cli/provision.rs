//! `kiosk provision`: the tables and the bucket.

use super::progress::Progress;
use super::{CliError, open, output};
use crate::config::Config;

pub(super) async fn run(config: &Config) -> Result<(), CliError> {
    let progress = Progress::new("Provisioning");
    let store = open::store(config).await?;
    store.provision(|step| progress.set(step.done, step.of, &step.what)).await?;
    drop(progress);
    let names = store.names();
    output::line(format_args!(
        "Ready: tables {}, {}, {}, {}, {} and bucket {}.",
        names.trains,
        names.runs(),
        names.bookings,
        names.audit(),
        names.users,
        names.bucket
    ))
}
