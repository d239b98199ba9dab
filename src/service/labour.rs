//! Where work is done that takes longer than a session should wait for its turn: hashing a password, rendering a receipt.

use tokio::task::JoinError;

/// Where it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labour {
    /// On threads of its own, so that nobody else waits for it.
    Threads,
    /// Within the call: for simulations, where the order of everything must follow from a seed.
    Inline,
}

impl Labour {
    /// Does a piece of work.
    ///
    /// # Errors
    ///
    /// The panic of the work, from a thread of its own.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        match self {
            Self::Threads => tokio::task::spawn_blocking(work).await,
            Self::Inline => Ok(work()),
        }
    }
}
