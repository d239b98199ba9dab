//! The only place that knows `DynamoDB` and S3.
//!
//! [`Store`] is a cheap handle over the SDK's clients; each table and the bucket has a file of its own with what can be
//! done to it. Every request goes through [`retry`], and whatever goes wrong is a [`StoreError`] that says what the
//! caller can rely on. Nothing here decides anything about trains, berths or people: conditions are given by the caller
//! or follow from a version.

pub mod audit_log;
pub mod bookings;
pub mod former;
pub mod inspection;
pub mod item;
pub mod ledger;
pub mod named;
pub mod outbox;
pub mod owed;
pub mod pages;
pub mod permissions;
pub mod processes;
pub mod provision;
mod raising;
pub mod receipts;
mod remedy;
mod requests;
pub mod retry;
pub mod runs;
pub mod schema;
pub mod tills;
pub mod trains;
pub mod users;
pub mod work;

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::aws::Clients;
use crate::aws::post::Post;
use crate::metrics::Metrics;
use crate::store::retry::{Patience, TokioTimer};

/// What the tables and the bucket are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The timetable.
    pub trains: String,
    /// The bookings.
    pub bookings: String,
    /// The accounts.
    pub users: String,
    /// The bucket for receipts.
    pub bucket: String,
}

impl Default for Names {
    fn default() -> Self {
        let name = str::to_owned;
        Self {
            trains: name("trains"),
            bookings: name("bookings"),
            users: name("users"),
            bucket: name("kiosk-receipts"),
        }
    }
}

impl Names {
    /// The table of runs: named after the timetable's, so that one permission on `trains*` covers both.
    pub fn runs(&self) -> String {
        format!("{}-runs", self.trains)
    }

    /// The audit log: named after the bookings' table.
    pub fn audit(&self) -> String {
        format!("{}-audit", self.bookings)
    }
}

/// The tables and the bucket. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    clients: Clients,
    names: Names,
    patience: Patience,
    metrics: Metrics,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("names", &self.0.names).finish_non_exhaustive()
    }
}

impl Store {
    /// A store over clients, with the patience of a person at a counter.
    pub fn new(clients: Clients, names: Names) -> Self {
        Self::with_patience(clients, names, Patience::new(TokioTimer::default(), rand::random()))
    }

    /// A store that waits and draws as it is told.
    pub fn with_patience(clients: Clients, names: Names, patience: Patience) -> Self {
        Self(Arc::new(Inner { clients, names, patience, metrics: Metrics::default() }))
    }

    /// The same store, with messages to people that leave in another way.
    pub fn posting(&self, post: Post, patience: Patience) -> Self {
        let (clients, metrics) = (self.clients().clone().posting(post), self.metrics().clone());
        Self(Arc::new(Inner { clients, names: self.names().clone(), patience, metrics }))
    }

    /// What the tables and the bucket are called.
    pub fn names(&self) -> &Names {
        &self.0.names
    }

    /// What the process counts: it goes with the store to everything that is built over it.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The clients, for the files of this module.
    pub(crate) fn clients(&self) -> &Clients {
        &self.0.clients
    }

    /// The client of the tables.
    pub(crate) fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        &self.0.clients.dynamodb
    }

    /// How long and how to repeat.
    pub(crate) fn patience(&self) -> &Patience {
        &self.0.patience
    }
}

/// Whether a request that failed has changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was changed.
    NotApplied,
    /// It may have been applied: look before doing it again.
    Unknown,
}

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// It is not there.
    #[error("{what} does not exist")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// The condition of a write did not hold: somebody was first.
    #[error("{what} was changed by somebody else meanwhile: look at it again")]
    Conflict {
        /// What was to be written.
        what: String,
    },
    /// No usable answer before the deadline.
    #[error("the store does not answer ({cause}): try again in a moment")]
    Unavailable {
        /// Whether the request may have been applied.
        outcome: Outcome,
        /// What was seen last.
        cause: String,
    },
    /// What is stored cannot be read, or was written by a newer version.
    #[error("{what} cannot be read ({cause})")]
    Corrupt {
        /// What was read.
        what: String,
        /// Why it makes no sense.
        cause: String,
    },
    /// A person has to change something first: a table, a permission, a region.
    #[error("{remedy}")]
    Misconfigured {
        /// What is wrong and what to do.
        remedy: String,
    },
}
