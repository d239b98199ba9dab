//! A session: who asks. It holds the signed-in identity and the lock, so that a screen cannot forge either, and knows
//! which berths it holds, so that they go back when it ends.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;

use crate::domain::booking::OpId;
use crate::domain::inventory::HoldId;
use crate::domain::pnr::Pnr;
use crate::domain::terminal::Terminal;
use crate::domain::train::RunId;
use crate::domain::user::{AccountId, Role};
use crate::service::access::{Need, need};
use crate::service::live::{Attention, RunWatch};
use crate::service::request::{Failure, Hold, Identity, Reply, Request};
use crate::service::{Kiosk, account, booking, hold, receipt_outbox, search};

/// How many actions of unknown outcome and how many made bookings a session remembers.
const REMEMBERED: usize = 64;

/// How many runs it remembers to have offered before it forgets them all.
const OFFERED: usize = 1_000;

/// One person at one terminal, from the welcome screen to the next.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    kiosk: Kiosk,
    terminal: Terminal,
    state: Mutex<State>,
}

/// Who a session speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Nobody who said so.
    Guest,
    /// The holder of an account.
    Account(Identity),
    /// Whoever runs commands on the machine itself.
    Operator,
}

impl Who {
    /// Their role; a guest has none.
    pub(super) fn role(&self) -> Option<Role> {
        match self {
            Self::Guest => None,
            Self::Account(identity) => Some(identity.role),
            Self::Operator => Some(Role::Administrator),
        }
    }

    /// Their account.
    pub(super) fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account(identity) => Some(identity.account),
            Self::Guest | Self::Operator => None,
        }
    }

    /// Whether they work for the railway.
    pub(super) fn is_staff(&self) -> bool {
        self.role().is_some_and(Role::is_staff)
    }
}

struct State {
    who: Who,
    locked: bool,
    /// When the account was last seen to be as `who` says.
    checked_at: DateTime<Utc>,
    /// Berths that are held for this person.
    holds: BTreeMap<HoldId, Hold>,
    /// Berths that may be a booking by now: they are not given back when the person leaves.
    uncertain: BTreeMap<HoldId, Hold>,
    /// Holds and actions of which an earlier attempt is not known to have failed.
    doubtful_holds: Recent<HoldId>,
    doubtful_ops: Recent<OpId>,
    /// By which version of their trains runs were offered here: a leg counts that version's halts.
    offered: HashMap<RunId, u32>,
    /// Bookings made here, for a guest to see again until they leave.
    made: Recent<Pnr>,
}

/// The newest few of something.
struct Recent<T>(VecDeque<T>);

impl<T: PartialEq> Recent<T> {
    const fn new() -> Self {
        Self(VecDeque::new())
    }

    fn add(&mut self, value: T) {
        if !self.0.contains(&value) {
            if self.0.len() == REMEMBERED {
                self.0.pop_front();
            }
            self.0.push_back(value);
        }
    }

    fn has(&self, value: &T) -> bool {
        self.0.contains(value)
    }
}

/// Whether an action was tried before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// Never.
    Never,
    /// It was, and may have been applied.
    Before,
}

impl Session {
    pub(super) fn new(kiosk: Kiosk, terminal: Terminal, who: Who) -> Self {
        let state = State {
            who,
            locked: false,
            checked_at: kiosk.now(),
            holds: BTreeMap::new(),
            uncertain: BTreeMap::new(),
            doubtful_holds: Recent::new(),
            doubtful_ops: Recent::new(),
            offered: HashMap::new(),
            made: Recent::new(),
        };
        Self(Arc::new(Inner { kiosk, terminal, state: Mutex::new(state) }))
    }

    /// Asks for something.
    ///
    /// # Errors
    ///
    /// A [`Failure`] whose message is a sentence for the person at the terminal.
    pub async fn call(&self, request: Request) -> Result<Reply, Failure> {
        self.admit(need(&request)).await?;
        match request {
            Request::SignIn { name, password } => account::sign_in(self, &name, password).await,
            Request::Register { username, email, password } => account::register(self, username, email, password).await,
            Request::ClaimAdministrator { code } => account::claim_administrator(self, &code).await,
            Request::SignOut => {
                self.close();
                Ok(Reply::Done)
            }
            Request::Lock => {
                self.state().locked = true;
                Ok(Reply::Done)
            }
            Request::Unlock { password } => account::unlock(self, password).await,
            Request::Search { from, to, date } => search::search(self, &from, &to, date).await,
            Request::Departures { station, limit } => search::departures(self, station, limit).await,
            Request::Hold { hold, run, leg, class, choice } => {
                hold::hold(self, &hold::Wanted { id: hold, run, leg, class, choice }).await
            }
            Request::Release { hold, run: _ } => hold::release(self, hold).await,
            Request::Price { run, leg, class, passengers } => {
                booking::price(self, run, leg, class, &passengers).await.map(Reply::Priced)
            }
            Request::Book { op, order, payment } => booking::book(self, op, &order, payment).await,
            Request::Reserve { op, order } => booking::reserve(self, op, &order).await,
            Request::PaySlip { op, pnr, payment } => booking::pay_slip(self, op, pnr, payment).await,
            Request::Booking { pnr } => booking::show(self, pnr).await,
            Request::Slip { pnr } => booking::slip(self, pnr).await,
            Request::MyBookings { after } => booking::mine(self, after.as_ref()).await,
            Request::Ticket { pnr } => receipt_outbox::ticket(self, pnr).await,
            Request::Receipt { pnr } => receipt_outbox::receipt(self, pnr).await,
        }
    }

    /// Follows a run's live state.
    pub fn watch(&self, run: RunId, attention: Attention) -> RunWatch {
        self.0.kiosk.watch(run, attention)
    }

    /// The terminal at which it is.
    pub fn terminal(&self) -> &Terminal {
        &self.0.terminal
    }

    /// Who is signed in; `None` for a guest.
    pub fn identity(&self) -> Option<Identity> {
        match &self.state().who {
            Who::Account(identity) => Some(identity.clone()),
            Who::Guest | Who::Operator => None,
        }
    }

    /// Ends the visit: gives back the berths it holds, without anybody waiting for it, and forgets who was here. The
    /// session can be used again.
    pub fn close(&self) {
        let holds = {
            let mut state = self.state();
            if state.who != Who::Operator {
                state.who = Who::Guest;
            }
            state.locked = false;
            state.made = Recent::new();
            state.take_holds()
        };
        give_back(self.kiosk(), holds);
    }

    /// Refuses what the person may not ask now.
    async fn admit(&self, need: Need) -> Result<(), Failure> {
        let who = {
            let state = self.state();
            if state.locked && need != Need::EvenLocked {
                return Err(Failure::Locked);
            }
            state.who.clone()
        };
        let least = match need {
            Need::EvenLocked | Need::Anyone => return Ok(()),
            Need::SignedIn => Role::Traveller,
            Need::Role(least) => least,
        };
        let Some(role) = who.role() else { return Err(Failure::SignedOut) };
        if role < least {
            return Err(Failure::NotAllowed { needs: least });
        }
        if least.is_staff() { self.require(least).await } else { Ok(()) }
    }

    /// Refuses whoever has not at least a role, going by the account as it is now or was a moment ago.
    pub(super) async fn require(&self, least: Role) -> Result<(), Failure> {
        account::check_standing(self).await?;
        match self.who().role() {
            None => Err(Failure::SignedOut),
            Some(role) if role < least => Err(Failure::NotAllowed { needs: least }),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn kiosk(&self) -> &Kiosk {
        &self.0.kiosk
    }

    pub(super) fn who(&self) -> Who {
        self.state().who.clone()
    }

    /// Makes the session somebody's, from now on.
    pub(super) fn welcome(&self, identity: &Identity) {
        let now = self.kiosk().now();
        let mut state = self.state();
        let before = state.who.account();
        if before.is_some_and(|before| before != identity.account) {
            state.made = Recent::new();
        }
        state.who = Who::Account(identity.clone());
        state.locked = false;
        state.checked_at = now;
    }

    /// Nobody is signed in any more.
    pub(super) fn expel(&self) {
        let mut state = self.state();
        state.who = Who::Guest;
        state.locked = false;
        state.made = Recent::new();
    }

    pub(super) fn checked_at(&self) -> DateTime<Utc> {
        self.state().checked_at
    }

    /// Notes that a hold is tried, and whether it was before.
    pub(super) fn try_hold(&self, hold: HoldId) -> Tried {
        let mut state = self.state();
        let tried = if state.doubtful_holds.has(&hold) { Tried::Before } else { Tried::Never };
        state.doubtful_holds.add(hold);
        tried
    }

    /// Notes that an action is tried, and whether it was before.
    pub(super) fn try_op(&self, op: OpId) -> Tried {
        let mut state = self.state();
        let tried = if state.doubtful_ops.has(&op) { Tried::Before } else { Tried::Never };
        state.doubtful_ops.add(op);
        tried
    }

    /// Notes by which version of their trains runs are offered.
    pub(super) fn offer(&self, runs: impl Iterator<Item = (RunId, u32)>) {
        let mut state = self.state();
        if state.offered.len() > OFFERED {
            state.offered.clear();
        }
        state.offered.extend(runs);
    }

    /// Whether a leg that was chosen here counts the halts of this version of a run's train.
    pub(super) fn chose_by(&self, run: RunId, version: u32) -> bool {
        self.state().offered.get(&run).is_none_or(|offered| *offered == version)
    }

    pub(super) fn keep_hold(&self, hold: Hold) {
        self.state().holds.insert(hold.id, hold);
    }

    pub(super) fn held(&self, hold: HoldId) -> Option<Hold> {
        let state = self.state();
        state.holds.get(&hold).or_else(|| state.uncertain.get(&hold)).cloned()
    }

    /// Notes that it is not known whether a hold has become a booking.
    pub(super) fn doubt_hold(&self, hold: HoldId) {
        let mut state = self.state();
        if let Some(held) = state.holds.remove(&hold) {
            state.uncertain.insert(hold, held);
        }
    }

    /// Forgets a hold, which is somebody's booking now, or gone.
    pub(super) fn drop_hold(&self, hold: HoldId) -> Option<Hold> {
        let mut state = self.state();
        let uncertain = state.uncertain.remove(&hold);
        state.holds.remove(&hold).or(uncertain)
    }

    pub(super) fn remember(&self, pnr: Pnr) {
        self.state().made.add(pnr);
    }

    pub(super) fn has_made(&self, pnr: Pnr) -> bool {
        self.state().made.has(&pnr)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_holds(&mut self) -> Vec<Hold> {
        self.uncertain.clear();
        std::mem::take(&mut self.holds).into_values().collect()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.0.terminal.id)
    }
}

/// A session that goes without a word, by a broken line or a panic, gives its berths back as well.
impl Drop for Inner {
    fn drop(&mut self) {
        let holds = self.state.get_mut().unwrap_or_else(PoisonError::into_inner).take_holds();
        give_back(&self.kiosk, holds);
    }
}

/// Gives holds back while nobody waits; without a runtime they end by themselves.
fn give_back(kiosk: &Kiosk, holds: Vec<Hold>) {
    if let (false, Ok(runtime)) = (holds.is_empty(), Handle::try_current()) {
        let own = kiosk.clone();
        kiosk.background().spawn_on(async move { hold::give_back(&own, holds).await }, &runtime);
    }
}
