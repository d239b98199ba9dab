//! A session: who asks. It holds the signed-in identity and the lock, so that a screen cannot forge either, and knows
//! which berths it holds, so that they go back when it ends.

mod ending;
mod entering;
mod open_holds;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::domain::booking::OpId;
use crate::domain::inventory::HoldId;
use crate::domain::pnr::Pnr;
use crate::domain::terminal::Terminal;
use crate::domain::train::RunId;
use crate::domain::user::{AccountId, Role};
use crate::metrics::Counted;
use crate::service::Kiosk;
use crate::service::access::Whose;
use crate::service::live::{Attention, RunWatch};
use crate::service::presence::network;
use crate::service::request::{Hold, Identity};

pub(super) use self::entering::{ByKey, Entrance, Proved};

/// How many actions of unknown outcome and how many made bookings a session remembers.
const REMEMBERED: usize = 64;

/// How many runs it remembers to have offered before it forgets them all.
const OFFERED: usize = 1_000;

/// For how long it is one look at who travels by a run, however often it is read again and however many pages it has.
const ONE_LOOK: TimeDelta = TimeDelta::minutes(15);

/// One person at one terminal, from the welcome screen to the next.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
    /// On the copy with which a request is answered: by whom it was asked.
    asked: Option<Asked>,
}

/// By whom and in which visit a request was asked. Whatever happens meanwhile, it is answered and recorded as theirs.
#[derive(Clone)]
struct Asked {
    whose: Whose,
    visit: u64,
    who: Who,
    checked_at: DateTime<Utc>,
    generation: u32,
    key: Option<ByKey>,
}

pub(super) struct Inner {
    /// By which the log knows it.
    id: String,
    kiosk: Kiosk,
    terminal: Terminal,
    address: Option<IpAddr>,
    state: Mutex<State>,
    /// Told when the visit of whoever was signed in is ended by others.
    expelled: Notify,
    was_expelled: AtomicBool,
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

    /// Who they are, if they have an account.
    pub(super) fn identity(self) -> Option<Identity> {
        match self {
            Self::Account(identity) => Some(identity),
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
    /// Counts visits: what was asked in an earlier one leaves nothing behind in a later one.
    visit: u64,
    /// The newest way in.
    entrance: Entrance,
    /// When the account was last seen to be as `who` says.
    checked_at: DateTime<Utc>,
    /// What the account had lived through when they came in: another generation of it ends the visit.
    generation: u32,
    /// The key by which they came in, if they did.
    key: Option<ByKey>,
    /// Holds that are being asked for.
    asking: Vec<HoldId>,
    /// Until when the slips that were made in this visit are to be paid.
    slips: BTreeMap<Pnr, DateTime<Utc>>,
    /// Berths that are held for this person.
    holds: BTreeMap<HoldId, Hold>,
    /// Berths that may be a booking by now: they are not given back when the person leaves.
    uncertain: BTreeMap<HoldId, Hold>,
    /// Holds and actions of which an earlier attempt is not known to have failed.
    doubtful_holds: Recent<HoldId>,
    doubtful_ops: Recent<OpId>,
    /// Actions that were tried more than once.
    repeated_ops: Recent<OpId>,
    /// Holds of which a booking is being made, once for each attempt under way.
    ordered: Vec<HoldId>,
    /// By which version of their trains runs were offered here: a leg counts that version's halts.
    offered: HashMap<RunId, u32>,
    /// Runs of which it was looked here who travels, and when those looks began that were recorded.
    looked_at: HashMap<RunId, DateTime<Utc>>,
    /// Bookings made here, for a guest to see again until they leave.
    made: Recent<Pnr>,
    /// Bookings found here by PNR and telephone number, to be looked at until they leave.
    found: Recent<Pnr>,
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
    pub(super) fn new(kiosk: Kiosk, terminal: Terminal, address: Option<IpAddr>, who: Who) -> Self {
        let address = address.map(network);
        let state = State {
            who,
            locked: false,
            visit: 0,
            entrance: Entrance::FIRST,
            checked_at: kiosk.now(),
            generation: 0,
            key: None,
            asking: Vec::new(),
            slips: BTreeMap::new(),
            holds: BTreeMap::new(),
            uncertain: BTreeMap::new(),
            doubtful_holds: Recent::new(),
            doubtful_ops: Recent::new(),
            repeated_ops: Recent::new(),
            ordered: Vec::new(),
            offered: HashMap::new(),
            looked_at: HashMap::new(),
            made: Recent::new(),
            found: Recent::new(),
        };
        let inner = Arc::new(Inner {
            id: kiosk.chance().reference().to_string(),
            kiosk,
            terminal,
            address,
            state: Mutex::new(state),
            expelled: Notify::new(),
            was_expelled: AtomicBool::new(false),
        });
        inner.kiosk.0.presence.begins(address, &inner);
        Self { inner, asked: None }
    }

    /// Follows a run's live state.
    pub fn watch(&self, run: RunId, attention: Attention) -> RunWatch {
        self.inner.kiosk.watch(run, attention)
    }

    /// Counts it among those at a terminal for as long as the value lives.
    pub fn counted(&self) -> Counted {
        self.kiosk().store().metrics().session()
    }

    /// By which the log knows it.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// The terminal at which it is.
    pub fn terminal(&self) -> &Terminal {
        &self.inner.terminal
    }

    /// Where it comes from, as far as attempts are counted by it: the terminal, or an address.
    pub(super) fn origin(&self) -> String {
        self.inner.address.map_or_else(|| self.inner.terminal.id.clone(), |address| address.to_string())
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
        self.end(|_| true);
    }

    /// Ends the visit if it is one of these. Returns whether it was.
    fn end(&self, is_meant: impl FnOnce(&State) -> bool) -> bool {
        let (account, holds) = {
            let mut state = self.state();
            if !is_meant(&state) {
                return false;
            }
            (state.who.account(), state.end())
        };
        if let Some(account) = account {
            self.kiosk().0.presence.is_no_more_of(account, &self.inner);
        }
        give_back(self.kiosk(), holds);
        true
    }

    /// The copy with which a request of this moment is answered, and whose may be what it names.
    pub(super) fn asking(&self, whose: Whose) -> Self {
        let state = self.state();
        let asked = Asked {
            whose,
            visit: state.visit,
            who: state.who.clone(),
            checked_at: state.checked_at,
            generation: state.generation,
            key: state.key.clone(),
        };
        Self { inner: Arc::clone(&self.inner), asked: Some(asked) }
    }

    pub(super) fn is_locked(&self) -> bool {
        self.state().locked
    }

    /// Locks it: an unlocking that was begun before is void.
    pub(super) fn lock(&self) {
        let mut state = self.state();
        state.locked = true;
        state.bar();
    }

    pub(super) fn kiosk(&self) -> &Kiosk {
        &self.inner.kiosk
    }

    /// Who asks.
    pub(super) fn who(&self) -> Who {
        let state = self.state();
        self.past(&state).map_or_else(|| state.who.clone(), |asked| asked.who.clone())
    }

    /// Whose may be what is asked for.
    pub(super) fn whose(&self) -> Whose {
        self.asked.as_ref().map_or(Whose::Nobodys, |asked| asked.whose)
    }

    /// When the account of whoever asks was last seen to be as [`who`](Self::who) says.
    pub(super) fn checked_at(&self) -> DateTime<Utc> {
        let state = self.state();
        self.past(&state).map_or(state.checked_at, |asked| asked.checked_at)
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
        match tried {
            Tried::Never => state.doubtful_ops.add(op),
            Tried::Before => state.repeated_ops.add(op),
        }
        tried
    }

    /// Whether an action was tried again since it was tried first: the key was pressed twice.
    pub(super) fn is_repeated(&self, op: OpId) -> bool {
        self.state().repeated_ops.has(&op)
    }

    /// Notes that a booking is being made of a hold, until the attempt is dropped.
    pub(super) fn order(&self, hold: HoldId) -> Ordered<'_> {
        self.state().ordered.push(hold);
        Ordered { session: self, hold }
    }

    /// Whether more than one attempt to make a booking of a hold is under way.
    pub(super) fn is_ordered_twice(&self, hold: HoldId) -> bool {
        self.state().ordered.iter().filter(|ordered| **ordered == hold).count() > 1
    }

    /// Notes by which version of their trains runs are offered.
    pub(super) fn offer(&self, runs: impl Iterator<Item = (RunId, u32)>) {
        let mut state = self.state();
        if state.offered.len() > OFFERED {
            state.offered.clear();
        }
        state.offered.extend(runs);
    }

    /// Notes that it is shown here who travels by a run. Returns whether a look at it begins, which is recorded; it goes on for a
    /// while.
    pub(super) fn begins_to_look_at(&self, run: RunId) -> bool {
        let now = self.kiosk().now();
        let mut state = self.state();
        if self.past(&state).is_some() {
            return true;
        }
        state.looked_at.retain(|_, began| now - *began < ONE_LOOK);
        let begins = !state.looked_at.contains_key(&run);
        state.looked_at.entry(run).or_insert(now);
        begins
    }

    /// Whether a leg that was chosen here counts the halts of this version of a run's train.
    pub(super) fn chose_by(&self, run: RunId, version: u32) -> bool {
        self.state().offered.get(&run).is_none_or(|offered| *offered == version)
    }

    /// Notes a hold as this person's; it goes back at once if they have left.
    pub(super) fn keep_hold(&self, hold: Hold) {
        let mut state = self.state();
        if self.past(&state).is_none() {
            state.holds.insert(hold.id, hold);
        } else {
            drop(state);
            give_back(self.kiosk(), vec![hold]);
        }
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

    /// Whether it is not known whether a hold has become a booking.
    pub(super) fn doubts_hold(&self, hold: HoldId) -> bool {
        self.state().uncertain.contains_key(&hold)
    }

    /// Forgets a hold, which is somebody's booking now, or gone.
    pub(super) fn drop_hold(&self, hold: HoldId) -> Option<Hold> {
        let mut state = self.state();
        let uncertain = state.uncertain.remove(&hold);
        state.holds.remove(&hold).or(uncertain)
    }

    /// Notes that a booking was made here, for as long as whoever asked for it stays.
    pub(super) fn remember(&self, pnr: Pnr) {
        let mut state = self.state();
        if self.past(&state).is_none() {
            state.made.add(pnr);
        }
    }

    /// Notes that a booking was found by what only its travellers know, for as long as whoever asked for it stays.
    pub(super) fn note_found(&self, pnr: Pnr) {
        let mut state = self.state();
        if self.past(&state).is_none() {
            state.found.add(pnr);
        }
    }

    pub(super) fn has_found(&self, pnr: Pnr) -> bool {
        self.state().found.has(&pnr)
    }

    pub(super) fn has_made(&self, pnr: Pnr) -> bool {
        self.state().made.has(&pnr)
    }

    /// By whom this was asked, if their visit is over.
    fn past(&self, state: &State) -> Option<&Asked> {
        self.asked.as_ref().filter(|asked| asked.visit != state.visit)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state()
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An attempt to make a booking of a hold; dropped, it has ended.
pub(super) struct Ordered<'a> {
    session: &'a Session,
    hold: HoldId,
}

impl Drop for Ordered<'_> {
    fn drop(&mut self) {
        let mut state = self.session.state();
        if let Some(place) = state.ordered.iter().position(|ordered| *ordered == self.hold) {
            state.ordered.swap_remove(place);
        }
    }
}

impl State {
    /// Ends the visit and gives the holds that have to be given back.
    fn end(&mut self) -> Vec<Hold> {
        if self.who != Who::Operator {
            self.who = Who::Guest;
        }
        self.key = None;
        self.locked = false;
        self.turn();
        self.bar();
        self.take_holds()
    }

    /// Begins another visit.
    fn turn(&mut self) {
        self.visit += 1;
        self.made = Recent::new();
        self.found = Recent::new();
        self.looked_at.clear();
        self.slips.clear();
    }

    /// Voids the ways in that were begun.
    fn bar(&mut self) {
        self.entrance = self.entrance.next();
    }

    fn take_holds(&mut self) -> Vec<Hold> {
        self.uncertain.clear();
        std::mem::take(&mut self.holds).into_values().collect()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.inner.terminal.id)
    }
}

/// A session that goes without a word, by a broken line or a panic, gives its berths back as well.
impl Drop for Inner {
    fn drop(&mut self) {
        let (account, holds) = {
            let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
            (state.who.account(), state.take_holds())
        };
        if let Some(account) = account {
            self.kiosk.0.presence.is_no_more_of(account, self);
        }
        self.kiosk.0.presence.ends(self.address, self);
        give_back(&self.kiosk, holds);
    }
}

/// Gives holds back while nobody waits; without a runtime they end by themselves.
fn give_back(kiosk: &Kiosk, holds: Vec<Hold>) {
    if let (false, Ok(runtime)) = (holds.is_empty(), Handle::try_current()) {
        let own = kiosk.clone();
        kiosk.background().spawn_on(async move { own.give_back(holds).await }, &runtime);
    }
}
