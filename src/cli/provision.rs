//! `kiosk provision`: the tables and the bucket, and what older versions left out of them.

use super::progress::Progress;
use super::{CliError, open, output};
use crate::config::Config;

pub(super) async fn run(config: &Config) -> Result<(), CliError> {
    let progress = Progress::new("Provisioning");
    let store = open::store(config).await?;
    store.provision(|step| progress.set(step.done, step.of, &step.what)).await?;
    // A process of an older Kiosk may have gone on beside the store that was raised.
    progress.at("accounts");
    let accounts = store.list_unlisted_accounts().await?;
    progress.at("bookings");
    let bookings = store.list_unlisted_bookings().await?;
    drop(progress);
    if accounts > 0 {
        output::line(format_args!("Put {accounts} names and addresses of accounts on the lists of the back office."))?;
    }
    if bookings > 0 {
        output::line(format_args!("Put {bookings} bookings on the lists that follow from them."))?;
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
