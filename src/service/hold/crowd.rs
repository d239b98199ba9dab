//! What many sessions want of a run at once: one of them asks the store, for all.
//!
//! A read that begins after they have all asked serves them all, so a crowd that is told that nothing is left costs two
//! reads and not one each. A run's version is settled once and for all, so any answer about it serves all. Nobody is
//! answered from a read that had begun before they asked, and nobody by another's failure.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::domain::train::RunId;
use crate::service::Kiosk;
use crate::service::request::Failure;
use crate::store::runs::{Pinned, Run};

/// The runs of which somebody asks something.
#[derive(Default)]
pub(in crate::service) struct Crowds(Mutex<BTreeMap<RunId, Weak<Crowd>>>);

/// Those who ask of one run.
#[derive(Default)]
struct Crowd {
    /// The read that has not begun: whoever asks joins it.
    next_read: Mutex<Shared<Run>>,
    /// Held by the read that has begun.
    reading: tokio::sync::Mutex<()>,
    /// By what the run is sold.
    pinned: Shared<Pinned>,
}

type Shared<T> = Arc<OnceCell<Result<T, Failure>>>;

impl Crowds {
    /// A run as a read of this or of another session gives it that begins from now on.
    pub(in crate::service) async fn read(&self, kiosk: &Kiosk, run: RunId) -> Result<Run, Failure> {
        let crowd = self.of(run);
        let joined = crowd.next_read();
        let in_turn = async || {
            let _reading = crowd.reading.lock().await;
            crowd.begin_reading();
            kiosk.known_run(run).await
        };
        by_one(&joined, || in_turn().boxed(), || kiosk.known_run(run).boxed()).await
    }

    /// By what a run is sold, which `settle` settles and finds out.
    pub(in crate::service) async fn pin<'a>(
        &self,
        run: RunId,
        settle: impl Fn() -> BoxFuture<'a, Result<Pinned, Failure>>,
    ) -> Result<Pinned, Failure> {
        let crowd = self.of(run);
        by_one(&crowd.pinned, &settle, &settle).await
    }

    fn of(&self, run: RunId) -> Arc<Crowd> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(crowd) = runs.get(&run).and_then(Weak::upgrade) {
            return crowd;
        }
        runs.retain(|_, crowd| crowd.strong_count() > 0);
        let crowd = Arc::new(Crowd::default());
        runs.insert(run, Arc::downgrade(&crowd));
        crowd
    }
}

impl Crowd {
    fn next_read(&self) -> Shared<Run> {
        Arc::clone(&self.next_read.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whoever asks from here on is served by another read.
    fn begin_reading(&self) {
        *self.next_read.lock().unwrap_or_else(PoisonError::into_inner) = Shared::default();
    }
}

/// The answer that one of those who share it asks for; after another's failure one's own.
async fn by_one<'a, T: Clone>(
    shared: &OnceCell<Result<T, Failure>>,
    for_all: impl FnOnce() -> BoxFuture<'a, Result<T, Failure>>,
    for_one: impl FnOnce() -> BoxFuture<'a, Result<T, Failure>>,
) -> Result<T, Failure> {
    let is_own = AtomicBool::new(false);
    let answer = shared.get_or_init(|| {
        is_own.store(true, Ordering::Relaxed);
        for_all()
    });
    match answer.await.clone() {
        Err(_) if !is_own.load(Ordering::Relaxed) => for_one().await,
        answer => answer,
    }
}
