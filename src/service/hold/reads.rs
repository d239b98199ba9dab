//! Reads of a run that many sessions want at once: a read that begins after they have all asked serves them all.
//!
//! So a crowd that is told that nothing is left costs two reads and not one each. Nobody is answered from a read that
//! had begun before they asked, and nobody by another's failure.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OnceCell;

use crate::domain::train::RunId;
use crate::service::Kiosk;
use crate::service::request::Failure;
use crate::store::runs::Run;

/// The runs that are being read, or are about to be.
#[derive(Default)]
pub(in crate::service) struct Reads(Mutex<BTreeMap<RunId, Weak<Turns>>>);

/// One read of a run after the other.
#[derive(Default)]
struct Turns {
    /// The read that has not begun: whoever asks joins it.
    next: Mutex<Shared>,
    /// Held by the read that has begun.
    begun: tokio::sync::Mutex<()>,
}

type Shared = Arc<OnceCell<Result<Run, Failure>>>;

impl Reads {
    /// A run as a read of this or of another session gives it that begins from now on.
    pub(in crate::service) async fn join(&self, kiosk: &Kiosk, run: RunId) -> Result<Run, Failure> {
        let turns = self.turns(run);
        let joined = turns.next();
        let is_own = AtomicBool::new(false);
        let answer = joined.get_or_init(|| async {
            is_own.store(true, Ordering::Relaxed);
            let _begun = turns.begun.lock().await;
            turns.begin();
            kiosk.known_run(run).await
        });
        match answer.await.clone() {
            Err(_) if !is_own.load(Ordering::Relaxed) => kiosk.known_run(run).await,
            answer => answer,
        }
    }

    fn turns(&self, run: RunId) -> Arc<Turns> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turns) = runs.get(&run).and_then(Weak::upgrade) {
            return turns;
        }
        runs.retain(|_, turns| turns.strong_count() > 0);
        let turns = Arc::new(Turns::default());
        runs.insert(run, Arc::downgrade(&turns));
        turns
    }
}

impl Turns {
    fn next(&self) -> Shared {
        Arc::clone(&self.next.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whoever asks from here on is served by another read.
    fn begin(&self) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Shared::default();
    }
}
