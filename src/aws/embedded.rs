//! The engines embedded in the process: `DynamoDB` on `SQLite` and S3 on a folder, behind the SDK's HTTP client.
//!
//! No port is opened. The endpoint is a name that cannot exist, so that a mistake in wiring fails rather than reaching
//! anything. One process owns a data folder at a time, by the operating system's lock on a file in it: the lock goes
//! with the process, however it ends, and a file left behind locks nothing.
//!
//! Any number of processes work on a folder. The owner answers the others at a Unix socket in it (`door`); they send
//! it the very requests that they would give to engines of their own (`guest`), so the protocol between two processes,
//! also of two versions of Kiosk, is the services' HTTP. When the owner leaves, one of them takes the lock and its place
//! (`member`). Where there are no Unix sockets, a second process is refused.

#[cfg(unix)]
pub mod backup;
mod database;
#[cfg(unix)]
mod door;
mod engines;
mod folder;
#[cfg(unix)]
mod guest;
#[cfg(unix)]
mod member;
mod memory_objects;
mod objects;
#[cfg(unix)]
mod owner;
#[cfg(unix)]
mod socket;

use std::path::{Path, PathBuf};

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use thiserror::Error;

use crate::aws::embedded::engines::{Alone, Engines};
use crate::aws::post::Post;
use crate::aws::{Clients, Place, settings};

pub(in crate::aws) use folder::own_file;
pub use folder::{empty_own as empty_own_folder, take_data as take_data_folder, take_own as take_own_folder};

const ENDPOINT: &str = "http://embedded.invalid";
const REGION: &str = "ap-south-1";
/// Both ends are this process: the pair proves nothing and protects nothing, it only lets requests be signed.
const KEY: (&str, &str) = ("embedded", "embedded");
/// The folder of the data folder in which messages are left.
const OUTBOX: &str = "outbox";

/// Why the embedded engines did not start.
#[derive(Debug, Error)]
pub enum EmbeddedError {
    /// Another process has the folder open and lets nobody else in: an older version of Kiosk, or one that cannot have a
    /// socket there.
    #[error(
        "the data folder {} is in use by another kiosk{} that does not answer: close that one, or choose another folder \
         with --data-dir",
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

/// Opens the data folder, creating what is missing, and gives clients for it. Where another process has the folder open,
/// the clients' requests go there, and here when that one leaves. The folder is free again when the last clone of the
/// clients is dropped.
pub fn open(data: &Path) -> Result<Clients, EmbeddedError> {
    folder::take_data(data)?;
    Ok(clients(enter(data)?, Post::Folder(data.join(OUTBOX))))
}

/// Clients for a database in memory and objects under `data`, which is not locked: for tests.
pub fn in_memory(data: &Path) -> Result<Clients, EmbeddedError> {
    folder::take_data(data)?;
    let engines = SharedHttpClient::new(Alone::new(Engines::in_memory(data)?, None));
    Ok(clients(engines, Post::Folder(data.join(OUTBOX))))
}

/// Clients for engines in memory that answer within the call and need no thread and no folder: for simulations, where
/// the order of everything must follow from a seed.
pub fn inline() -> Result<Clients, EmbeddedError> {
    Ok(clients(SharedHttpClient::new(Alone::new(Engines::inline()?, None)), Post::Nowhere))
}

/// Whether it is this process that has the data folder; else it is the guest of another one.
pub fn owns_folder(data: &Path) -> bool {
    // Where nobody can be a guest, whoever came so far has it; nor could its note be read there.
    cfg!(not(unix)) || folder::Note::in_folder(data).pid == Some(std::process::id())
}

#[cfg(unix)]
fn enter(data: &Path) -> Result<SharedHttpClient, EmbeddedError> {
    Ok(SharedHttpClient::new(member::Member::of(data)?))
}

/// Where there is no socket to share a folder by, a second process is refused.
#[cfg(not(unix))]
fn enter(data: &Path) -> Result<SharedHttpClient, EmbeddedError> {
    match folder::Lock::take(data)? {
        folder::Taken::Ours(lock) => {
            let engines = Engines::in_folder(data, &lock)?;
            Ok(SharedHttpClient::new(Alone::new(engines, Some(lock))))
        }
        folder::Taken::Theirs(note) => Err(EmbeddedError::InUse { folder: data.to_owned(), pid: note.pid }),
    }
}

fn clients(http: SharedHttpClient, post: Post) -> Clients {
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
    Clients::new(config, http, Place::Embedded, post)
}
