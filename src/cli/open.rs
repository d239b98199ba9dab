//! Opens what the settings name: the store, and Kiosk over it.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime;

use super::progress::Progress;
use super::{CliError, Kind, first_run};
use crate::aws::embedded;
use crate::aws::remote::Remote;
use crate::aws::store_time::StoreTime;
use crate::config::secret::{self, SecretKey};
use crate::config::{Config, StoreChoice};
use crate::service::{Clock, Kiosk, Notifications, Settings, SystemClock, TillRule};
use crate::store::{Names, Store};

/// Runs to the end on a runtime of its own. What is left behind then, such as a request that nobody waits for, is given
/// a moment and no more.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::new(Kind::Internal, format!("no threads: {error}")))?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    done
}

/// The store, opened but neither asked nor prepared.
pub(super) async fn store(config: &Config) -> Result<Store, CliError> {
    opened(config).await.map(|(store, _)| store)
}

/// The same with the clock by which Kiosk goes: this machine's, or, since several machines sell from one store on AWS, the
/// store's.
async fn opened(config: &Config) -> Result<(Store, Arc<dyn Clock>), CliError> {
    let mut clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let clients = match config.store() {
        StoreChoice::Embedded => embedded::open(config.data_dir())?,
        StoreChoice::Aws => {
            let endpoint = config.aws().endpoint().map(str::parse).transpose();
            let endpoint = endpoint.map_err(|error| {
                CliError::new(Kind::Settings, format!("aws.endpoint_url is not an address: {error}"))
            })?;
            let region = config.aws().region().map(str::to_owned);
            let time = StoreTime::new(|| SystemClock.now());
            clock = Arc::new(time.clone());
            let clients = Remote { region, endpoint, credentials: None, time: Some(time) }.clients().await;
            if clients.region().is_none() {
                return Err(CliError::new(Kind::Settings, "No AWS region is set.").hint(
                    "set AWS_REGION, or region in [aws] of the settings, to where the tables are, such as ap-south-1",
                ));
            }
            clients
        }
    };
    Ok((Store::new(clients, names(config)), clock))
}

/// Kiosk over the store, prepared, for a single command.
pub(super) async fn kiosk(config: &Config) -> Result<Kiosk, CliError> {
    let progress = Progress::new("Preparing");
    let (store, clock) = opened(config).await?;
    first_run::prepare(config, &store, &progress).await?;
    Ok(Kiosk::open(store, settings(config)?, clock).await?)
}

/// Kiosk over a store that has its tables but no trains other than those that somebody loaded, for whoever brings their own.
pub(super) async fn unseeded_kiosk(config: &Config) -> Result<Kiosk, CliError> {
    let progress = Progress::new("Preparing");
    let (store, clock) = opened(config).await?;
    if config.store() == StoreChoice::Embedded {
        store.provision(|step| progress.set(step.done, step.of, &step.what)).await?;
    }
    Ok(Kiosk::open(store, settings(config)?, clock).await?)
}

/// Kiosk over the store, prepared, with live counts and, on a developer's machine, accounts to try things with.
pub(super) async fn live_kiosk(config: &Config) -> Result<Kiosk, CliError> {
    let progress = Progress::new("Preparing");
    let (store, clock) = opened(config).await?;
    first_run::prepare(config, &store, &progress).await?;
    progress.at("timetable");
    let kiosk = Kiosk::start(store, settings(config)?, clock).await?;
    progress.at("accounts");
    kiosk.ensure_development_accounts().await?;
    Ok(kiosk)
}

/// The key as it is set, or a developer's own from the data folder.
pub(super) fn secret_key(config: &Config) -> Result<SecretKey, CliError> {
    if let Some(key) = config.secret_key() {
        return Ok(key.clone());
    }
    embedded::take_data_folder(config.data_dir())?;
    Ok(secret::key_in(config.data_dir())?)
}

fn names(config: &Config) -> Names {
    let aws = config.aws();
    Names {
        trains: aws.trains().to_owned(),
        bookings: aws.bookings().to_owned(),
        users: aws.users().to_owned(),
        bucket: aws.bucket().to_owned(),
    }
}

/// By which ways people are told of their bookings.
pub(super) fn notifications(config: &Config) -> Notifications {
    let notifications = config.notifications();
    Notifications {
        function: notifications.function().map(str::to_owned),
        sender: notifications.sender().cloned(),
        sms: notifications.sms(),
    }
}

fn settings(config: &Config) -> Result<Settings, CliError> {
    let session = config.session();
    Ok(Settings {
        hold: session.hold(),
        slip: session.slip(),
        receipt_link: config.receipt_link(),
        development: config.is_development(),
        test_payment: config.is_development(),
        bootstrap_admin: config.bootstrap_admin().cloned(),
        notifications: notifications(config),
        till: if config.till_required() { TillRule::Required } else { TillRule::Optional },
        ..Settings::development(secret_key(config)?.wrapped())
    })
}
