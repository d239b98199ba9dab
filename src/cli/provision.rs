//! `kiosk provision`: the tables and the bucket, and what older versions left out of them.

use super::progress::Progress;
use super::{CliError, open, output};
use crate::config::Config;

pub(super) async fn run(config: &Config) -> Result<(), CliError> {
    let progress = Progress::new("Provisioning");
    let store = open::store(config).await?;
    store.provision(|step| progress.set(step.done, step.of, &step.what)).await?;
    progress.at("accounts");
    let listed = store.list_unlisted_accounts().await?;
    drop(progress);
    if listed > 0 {
        output::line(format_args!("Put {listed} names and addresses of accounts on the lists of the back office."))?;
    }
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
