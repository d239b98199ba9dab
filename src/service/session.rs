//! A session: who asks. It holds the signed-in identity and the lock, so that a screen cannot forge either.

use std::sync::Arc;

use crate::domain::terminal::Terminal;
use crate::domain::train::RunId;
use crate::service::Kiosk;
use crate::service::live::{Attention, RunWatch};
use crate::service::request::{Failure, Reply, Request};

/// One person at one terminal, from the welcome screen to the next.
#[derive(Clone, Debug)]
pub struct Session(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kiosk: Kiosk,
    terminal: Terminal,
}

impl Session {
    pub(super) fn new(kiosk: Kiosk, terminal: Terminal) -> Self {
        Self(Arc::new(Inner { kiosk, terminal }))
    }

    /// Asks for something.
    pub async fn call(&self, request: Request) -> Result<Reply, Failure> {
        let _ = (request, &self.0.kiosk);
        Err(Failure::Busy)
    }

    /// Follows a run's live state.
    pub fn watch(&self, run: RunId, attention: Attention) -> RunWatch {
        self.0.kiosk.watch(run, attention)
    }

    /// The terminal at which it is.
    pub fn terminal(&self) -> &Terminal {
        &self.0.terminal
    }

    /// Gives back the berths it holds: when the person leaves or the terminal goes.
    pub async fn close(&self) {}
}
