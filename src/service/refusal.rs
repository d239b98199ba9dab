//! What a person is told when something below the services fails. The log has the rest, under the same reference.

use std::fmt;

use uuid::Uuid;

use crate::service::request::{Failure, Outcome};
use crate::store::{self, StoreError};

/// What a person is told when the store did not do what was asked; the log has the rest under the reference.
pub(super) fn refuse(doing: &str, error: &StoreError) -> Failure {
    let reference = reference();
    match error {
        StoreError::Unavailable { outcome, .. } => {
            tracing::error!(reference, doing, %error, "the store does not answer");
            let outcome = match outcome {
                store::Outcome::NotApplied => Outcome::NothingChanged,
                store::Outcome::Unknown => Outcome::Unknown,
            };
            Failure::Unavailable { outcome, reference }
        }
        StoreError::Misconfigured { .. } => {
            tracing::error!(reference, doing, %error, "the store cannot be used as it is set up");
            Failure::Unavailable { outcome: Outcome::NothingChanged, reference }
        }
        StoreError::Conflict { .. } => {
            tracing::warn!(reference, doing, %error, "others are always faster");
            Failure::Busy
        }
        StoreError::NotFound { .. } | StoreError::Corrupt { .. } => {
            tracing::error!(reference, doing, %error, "what is stored makes no sense");
            Failure::Internal { reference }
        }
    }
}

/// What a person is told instead of a refusal while an earlier attempt may still be carried out.
pub(super) fn in_doubt(doing: &str, refusal: &Failure) -> Failure {
    let reference = reference();
    tracing::warn!(reference, doing, %refusal, "an earlier attempt may still be carried out");
    Failure::Unavailable { outcome: Outcome::Unknown, reference }
}

/// What a person is told of a fault of Kiosk's own.
pub(super) fn fault(doing: &str, error: &impl fmt::Display) -> Failure {
    let reference = reference();
    tracing::error!(reference, doing, %error, "a fault");
    Failure::Internal { reference }
}

/// Six signs that find an entry of the log.
fn reference() -> String {
    Uuid::new_v4().simple().to_string()[..6].to_owned()
}
