//! The only place that knows `DynamoDB` and S3.

use thiserror::Error;

/// The tables and the bucket.
#[derive(Clone, Debug)]
pub struct Store;

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// No answer.
    #[error("the store does not answer")]
    Unavailable,
}
