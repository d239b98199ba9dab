//! What a person is told when something below the services fails. The log has the rest, under the same reference.

use std::fmt;

use crate::service::call::Reference;
use crate::service::request::{Failure, Outcome};
use crate::service::session::Session;
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
        StoreError::Corrupt { .. } if error.is_of_newer() => {
            tracing::error!(reference, doing, %error, "what is stored is newer than this kiosk");
            Failure::Outdated
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

impl Session {
    /// What a person is told of a call that ended without an answer.
    pub fn unanswered(&self, error: &impl fmt::Display) -> Failure {
        let reference = self.kiosk().chance().reference().to_string();
        tracing::error!(reference, session = self.id(), %error, "a call ended without an answer");
        Failure::Internal { reference }
    }
}

/// By which the log is searched: the call's, so that all its lines are found, or of what Kiosk does without being asked
/// one of its own.
fn reference() -> String {
    Reference::current().unwrap_or_else(|| Reference::of(rand::random())).to_string()
}
