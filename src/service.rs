//! The shell around the domain: load, decide, commit.
//!
//! [`Kiosk`] is a cheap handle to everything the process shares: store, timetable, rules, live counts. A [`Session`] is
//! one person at one terminal; all they can ask is a [`request::Request`].

pub mod clock;
pub mod live;
pub mod request;
pub mod rules_file;
pub mod session;
pub mod settings;
pub mod timetable_file;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

pub use clock::{Clock, ManualClock, SystemClock};
pub use live::{Attention, RunWatch};
pub use session::Session;
pub use settings::{Argon2Cost, Settings, SignInLimits};

use crate::domain::rules::Rules;
use crate::domain::station::StationIndex;
use crate::domain::terminal::{Terminal, TerminalKind};
use crate::domain::train::RunId;
use crate::store::{Store, StoreError};

/// All that the sessions of a process share. Cheap to clone.
#[derive(Clone)]
pub struct Kiosk(Arc<Shared>);

struct Shared {
    store: Store,
    settings: Settings,
    clock: Arc<dyn Clock>,
    rules: Arc<Rules>,
}

impl fmt::Debug for Kiosk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kiosk")
    }
}

impl Kiosk {
    /// Reads the catalogue and begins to follow live counts, until the last handle is dropped.
    pub async fn start(store: Store, settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::open(store, settings, clock).await
    }

    /// A kiosk that follows live counts only when [`Self::poll_once`] is called: for tests and single commands.
    pub async fn open(store: Store, settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let _ = (store, settings, clock);
        Err(StoreError::Unavailable { outcome: crate::store::Outcome::NotApplied, cause: "not written yet".to_owned() })
    }

    /// Looks once for what other processes have changed.
    pub async fn poll_once(&self) {}

    /// A session for whoever comes to a terminal.
    pub fn open_session(&self, terminal: Terminal) -> Session {
        Session::new(self.clone(), terminal)
    }

    /// A session for whoever runs Kiosk's commands on the machine itself: they may do what an administrator may.
    pub fn operator_session(&self) -> Session {
        let terminal = Terminal { id: "operator".to_owned(), station: None, kind: TerminalKind::Desk };
        Session::new(self.clone(), terminal)
    }

    /// Follows a run's live state.
    pub fn watch(&self, run: RunId, attention: Attention) -> RunWatch {
        let _ = (run, attention);
        RunWatch::silent()
    }

    /// The stations of the timetable.
    pub fn stations(&self) -> Arc<StationIndex> {
        Arc::new(StationIndex::default())
    }

    /// The railway's rules.
    pub fn rules(&self) -> &Arc<Rules> {
        &self.0.rules
    }

    /// How it was set up.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// What time it is for the services.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// The store on which it stands.
    pub fn store(&self) -> &Store {
        &self.0.store
    }
}
