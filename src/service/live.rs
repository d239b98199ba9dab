//! Live availability: the state of every run that some screen shows.

use std::sync::Arc;

use tokio::sync::watch;

use crate::domain::inventory::RunState;

/// How closely a run is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attention {
    /// One of many on a screen: seen within five seconds.
    Listed,
    /// The one the person is choosing from: seen within a second.
    Focus,
}

/// A subscription to a run; dropped, it ends.
#[derive(Debug)]
pub struct RunWatch {
    states: watch::Receiver<Option<Arc<RunState>>>,
}

impl RunWatch {
    pub(super) fn silent() -> Self {
        Self { states: watch::channel(None).1 }
    }

    /// The newest state when it is another than the one given last; waits for it. `None` when Kiosk is closing.
    ///
    /// Cancel safe: a state that was not returned is returned by the next call.
    pub async fn changed(&mut self) -> Option<Arc<RunState>> {
        loop {
            self.states.changed().await.ok()?;
            if let Some(state) = self.states.borrow_and_update().clone() {
                return Some(state);
            }
        }
    }
}
