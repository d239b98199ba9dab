//! The shell around the domain: load, decide, commit.
//!
//! [`Kiosk`] is a cheap handle to everything the process shares: store, timetable, rules, live counts. A [`Session`] is
//! one person at one terminal; all they can ask is a [`request::Request`].

pub mod access;
pub mod account;
pub mod audit;
mod banners;
mod blocking;
mod booking;
mod call;
mod catalogue;
pub mod chance;
mod changed;
mod chart;
pub mod clock;
mod companions;
mod correction;
mod delay;
mod dispatch;
mod events;
mod find;
mod former;
mod gap;
mod hold;
pub mod import;
mod labour;
pub mod live;
mod look_up;
mod manifest;
mod my_bookings;
mod notification;
mod occupancy;
pub mod overview;
mod owed;
mod party;
pub mod presence;
mod profile;
pub mod progress;
mod receipt_outbox;
mod record;
mod refund;
mod refusal;
pub(crate) mod report;
pub mod request;
mod roll_call;
mod rule_book;
mod rule_preview;
pub mod rules_file;
pub mod sales;
mod search;
pub mod seed;
pub mod session;
pub mod settings;
mod sheets;
pub mod takeover;
mod till;
pub mod timetable_file;
mod trains;
mod transition;
mod waitlist;
mod work;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::MissedTickBehavior;
use tokio_util::task::TaskTracker;

pub use audit::{AuditReport, AuditScope, Depth, Finding, Repair};
pub use chance::Chance;
pub use clock::{Clock, ManualClock, SystemClock};
pub use labour::Labour;
pub use live::{Attention, RunWatch};
pub use notification::Backlog;
pub use session::Session;
pub use settings::{Argon2Cost, Notifications, Receipts, Settings, SignInLimits, TillRule};

use self::account::{Attempts, Bootstrap, Hasher};
use self::catalogue::Catalogue;
use self::changed::Changed;
use self::hold::crowd::Crowds;
use self::hold::underway::Underway;
use self::import::Turns;
use self::live::Live;
use self::look_up::LookUps;
use self::overview::Counts;
use self::presence::Presence;
use self::roll_call::RollCall;
use self::rule_book::RuleBook;
use self::session::Who;
use crate::domain::station::StationIndex;
use crate::domain::terminal::{Terminal, TerminalKind};
use crate::domain::train::RunId;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};

/// The terminal of whoever runs commands on the machine itself.
const OPERATOR: &str = "operator";

/// The terminal of what Kiosk does without being asked.
const BY_ITSELF: &str = "kiosk";

/// All that the sessions of a process share. Cheap to clone.
#[derive(Clone)]
pub struct Kiosk(Arc<Shared>);

struct Shared {
    store: Store,
    settings: Settings,
    clock: Arc<dyn Clock>,
    rule_book: RuleBook,
    catalogue: Catalogue,
    changed: Changed,
    live: Live,
    underway: Underway,
    crowds: Crowds,
    hasher: Hasher,
    /// Sign-ins by where they come from.
    sources: Attempts,
    /// Sign-ins by names that nobody has.
    unknown_names: Attempts,
    look_ups: LookUps,
    bootstrap: Bootstrap,
    presence: Presence,
    roll_call: RollCall,
    counts: Counts,
    imports: Turns,
    background: TaskTracker,
}

impl fmt::Debug for Kiosk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kiosk")
    }
}

impl Kiosk {
    /// Reads the catalogue and begins to follow live counts and to do what is due, until the last handle is dropped.
    pub async fn start(store: Store, settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let kiosk = Self::open(store, settings, clock).await?;
        kiosk.spawn_poller();
        kiosk.spawn_doorkeeper();
        kiosk.spawn_roll_call();
        kiosk.spawn_worker();
        kiosk.spawn_messenger();
        Ok(kiosk)
    }

    /// Does something at once and then again and again, until the last handle is dropped. What fails is told to the log, and done
    /// the next time.
    fn spawn_every<F>(&self, every: Duration, failed: &'static str, does: impl Fn(Self) -> F + Send + 'static)
    where
        F: Future<Output = Result<(), StoreError>> + Send,
    {
        let shared = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut tick = tokio::time::interval(every);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                let Some(shared) = shared.upgrade() else { break };
                if let Err(error) = does(Self(shared)).await {
                    tracing::warn!(%error, "{failed}");
                }
            }
        });
    }

    /// A kiosk that does nothing by itself, for tests and single commands: it follows live counts only when
    /// [`Self::poll_once`] is called, does what is due when [`Self::work_once`] is, delivers notifications when
    /// [`Self::deliver_once`] is, ends sessions of accounts that others change when
    /// [`Self::end_sessions_of_changed_accounts`] is, and says who is here when [`Self::tell_who_is_here`] is.
    pub async fn open(store: Store, settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let now = clock.now();
        let (catalogue, entries, changed) = Catalogue::read(&store, now).await?;
        let rule_book = RuleBook::read(&store, entries, now).await?;
        let limits = settings.sign_in;
        let kiosk = Self(Arc::new(Shared {
            rule_book,
            catalogue,
            changed: Changed::default(),
            live: Live::default(),
            underway: Underway::default(),
            crowds: Crowds::default(),
            hasher: Hasher::new(&settings),
            sources: Attempts::new(limits.per_terminal, limits.lockout),
            unknown_names: Attempts::new(limits.per_account, limits.lockout),
            look_ups: LookUps::default(),
            bootstrap: Bootstrap::default(),
            presence: Presence::default(),
            roll_call: RollCall::default(),
            counts: Counts::default(),
            imports: Turns::default(),
            background: TaskTracker::new(),
            store,
            settings,
            clock,
        }));
        kiosk.take_in_changes(&changed).await;
        Ok(kiosk)
    }

    /// A session for whoever comes to a terminal.
    pub fn open_session(&self, terminal: Terminal) -> Session {
        Session::new(self.clone(), terminal, None, Who::Guest)
    }

    /// The same for whoever comes over a network: what is limited by terminal is limited by where they come from.
    pub fn open_session_from(&self, terminal: Terminal, address: IpAddr) -> Session {
        Session::new(self.clone(), terminal, Some(address), Who::Guest)
    }

    /// A session for whoever runs Kiosk's commands on the machine itself: they may do what an administrator may.
    pub fn operator_session(&self) -> Session {
        let terminal = Terminal { id: OPERATOR.to_owned(), station: None, kind: TerminalKind::Desk };
        Session::new(self.clone(), terminal, None, Who::Operator)
    }

    /// Follows a run's live state.
    pub fn watch(&self, run: RunId, attention: Attention) -> RunWatch {
        self.0.live.watch(run, attention)
    }

    /// The stations of the timetable.
    pub fn stations(&self) -> Arc<StationIndex> {
        Arc::clone(self.timetable().stations())
    }

    /// Whether receipts have addresses that others can open.
    pub fn gives_links(&self) -> bool {
        self.store().gives_links()
    }

    /// How it was set up.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Where ids and codes are drawn.
    fn chance(&self) -> &Chance {
        &self.0.settings.chance
    }

    /// The clock by which it goes.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock)
    }

    /// What time it is for the services.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// The store on which it stands.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The counters of this process, with what is counted only when somebody looks.
    pub fn measured(&self) -> &Metrics {
        let metrics = self.store().metrics();
        metrics.set_holds_open(self.0.presence.holds_open(self.now()));
        metrics
    }

    /// Waits until everything that nobody waits for is done: receipts, records, hints. Before the process ends.
    pub async fn settle(&self) {
        self.0.background.close();
        self.0.background.wait().await;
        self.0.background.reopen();
    }

    fn background(&self) -> &TaskTracker {
        &self.0.background
    }
}
