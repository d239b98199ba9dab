//! The engines embedded in the process: `DynamoDB` on `SQLite` and S3 on a folder, behind the SDK's HTTP client.
//!
//! No port is opened. The endpoint is a name that cannot exist, so that a mistake in wiring fails rather than reaching
//! anything. One process owns a data folder at a time, by the operating system's lock on a file in it: the lock goes
//! with the process, however it ends, and a file left behind locks nothing.

mod database;
mod folder;
mod memory_objects;
mod objects;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use thiserror::Error;

use crate::aws::embedded::database::DatabaseEngine;
use crate::aws::embedded::objects::ObjectEngine;
use crate::aws::{Clients, Place, settings};

pub use folder::{empty_own as empty_own_folder, take_data as take_data_folder, take_own as take_own_folder};

const ENDPOINT: &str = "http://embedded.invalid";
const REGION: &str = "ap-south-1";
/// Both ends are this process: the pair proves nothing and protects nothing, it only lets requests be signed.
const KEY: (&str, &str) = ("embedded", "embedded");

/// Why the embedded engines did not start.
#[derive(Debug, Error)]
pub enum EmbeddedError {
    /// Another process, or another part of this one, has the folder open.
    #[error(
        "the data folder {} is in use by another kiosk{}: close that one, or choose another folder with --data-dir",
        .folder.display(), process(*.pid)
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The process that has it, if the lock file says.
        pid: Option<u32>,
    },
    /// The folder cannot be used.
    #[error("the data folder {} cannot be used ({source}): check its permissions, or choose another with --data-dir", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database in it cannot be opened.
    #[error("the database in {} cannot be opened ({message}): restore it from a copy, or choose another folder with --data-dir", .folder.display())]
    Database {
        /// The folder.
        folder: PathBuf,
        /// What the engine said.
        message: String,
    },
}

fn process(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

/// Opens the data folder, creating what is missing, and gives clients for it. The folder is free again when the last
/// clone of the clients is dropped.
pub fn open(data: &Path) -> Result<Clients, EmbeddedError> {
    folder::take_data(data)?;
    let lock = folder::Lock::take(data)?;
    let database = DatabaseEngine::in_folder(data, lock)?;
    let objects = ObjectEngine::open(data)?;
    Ok(clients(database, objects))
}

/// Clients for a database in memory and objects under `data`, which is not locked: for tests.
pub fn in_memory(data: &Path) -> Result<Clients, EmbeddedError> {
    folder::take_data(data)?;
    Ok(clients(DatabaseEngine::in_memory(data)?, ObjectEngine::open(data)?))
}

/// Clients for engines in memory that answer within the call and need no thread and no folder: for simulations, where
/// the order of everything must follow from a seed.
pub fn inline() -> Result<Clients, EmbeddedError> {
    Ok(clients(DatabaseEngine::inline()?, ObjectEngine::in_memory()))
}

fn clients(database: DatabaseEngine, objects: ObjectEngine) -> Clients {
    let engines = Engines(Arc::new(Inner { database, objects }));
    let (behavior, retries, timeouts) = settings();
    let credentials = Credentials::new(KEY.0, KEY.1, None, None, "embedded");
    let config = SdkConfig::builder()
        .behavior_version(behavior)
        .region(Region::new(REGION))
        .endpoint_url(ENDPOINT)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(retries)
        .timeout_config(timeouts)
        .build();
    Clients::new(config, SharedHttpClient::new(engines), Place::Embedded)
}

/// The engines as the SDK's HTTP client.
#[derive(Clone)]
struct Engines(Arc<Inner>);

struct Inner {
    database: DatabaseEngine,
    objects: ObjectEngine,
}

impl fmt::Debug for Engines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engines")
    }
}

impl HttpClient for Engines {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Engines {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let engines = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            if !request.uri().starts_with(ENDPOINT) {
                let uri = request.uri().to_owned();
                return Err(ConnectorError::user(format!("the embedded engines do not serve {uri}").into()));
            }
            if request.headers().contains_key("x-amz-target") {
                engines.database.answer(request).await
            } else {
                engines.objects.answer(request).await
            }
        })
    }
}
