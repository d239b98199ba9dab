//! Who is here: the sessions of this process, by account and by the address from which they come.
//!
//! Holds are limited by these, and an account that is changed ends its sessions by them. Of other processes nothing is
//! known here: they limit their own, and find the change for themselves.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::mem::take;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::pnr::Pnr;
use crate::domain::user::AccountId;
use crate::service::Kiosk;
use crate::service::session::Inner;
use crate::store::StoreError;

/// How often it is looked for accounts that were changed: their sessions have to end within five seconds.
const EVERY: Duration = Duration::from_secs(2);

/// The sessions of a process, by account and by address.
#[derive(Default)]
pub(super) struct Presence {
    here: Mutex<Here>,
    /// Held while somebody is let have one hold more: of two who ask at once the second counts the first.
    admission: Mutex<()>,
    looked: Mutex<Looked>,
    slips: Mutex<Vec<OpenSlip>>,
}

/// A slip that was made in this process, is to be paid yet, and keeps berths from everybody else.
struct OpenSlip {
    pnr: Pnr,
    pay_by: DateTime<Utc>,
    account: Option<AccountId>,
    address: Option<IpAddr>,
}

/// How far it was looked for accounts that were changed.
#[derive(Default)]
struct Looked {
    /// How often accounts had been changed by then.
    endings: Option<u64>,
    /// Whose sessions have begun since: the account may have been changed between its reading and their beginning.
    arrivals: BTreeSet<AccountId>,
}

#[derive(Default)]
struct Here {
    everybody: Vec<Weak<Inner>>,
    accounts: HashMap<AccountId, Vec<Weak<Inner>>>,
    addresses: HashMap<IpAddr, Vec<Weak<Inner>>>,
}

impl Presence {
    /// Notes a session, and the address from which it comes, until it ends.
    pub(super) fn begins(&self, address: Option<IpAddr>, session: &Arc<Inner>) {
        let mut here = self.here();
        here.everybody.push(Arc::downgrade(session));
        if let Some(address) = address {
            add(&mut here.addresses, address, session);
        }
    }

    /// Notes that a session is an account's, until it ends or that is taken back.
    pub(super) fn is_of(&self, account: AccountId, session: &Arc<Inner>) {
        add(&mut self.here().accounts, account, session);
        self.looked().arrivals.insert(account);
    }

    /// Notes that a session is an account's no more.
    pub(super) fn is_no_more_of(&self, account: AccountId, session: &Inner) {
        remove(&mut self.here().accounts, &account, session);
    }

    /// Notes that a session has ended.
    pub(super) fn ends(&self, address: Option<IpAddr>, session: &Inner) {
        let mut here = self.here();
        here.everybody.retain(|other| !std::ptr::eq(other.as_ptr(), session));
        if let Some(address) = address {
            remove(&mut here.addresses, &address, session);
        }
    }

    /// The sessions of an account.
    pub(super) fn of(&self, account: AccountId) -> Vec<Arc<Inner>> {
        let here = self.here();
        here.accounts.get(&account).into_iter().flatten().filter_map(Weak::upgrade).collect()
    }

    /// The sessions from an address.
    pub(super) fn from(&self, address: IpAddr) -> Vec<Arc<Inner>> {
        let here = self.here();
        here.addresses.get(&address).into_iter().flatten().filter_map(Weak::upgrade).collect()
    }

    /// How many choices of berths are held at this process.
    pub(super) fn holds_open(&self, now: DateTime<Utc>) -> usize {
        // Whoever has the last of a session ends it, and that takes the lock.
        let everybody: Vec<Arc<Inner>> = self.here().everybody.iter().filter_map(Weak::upgrade).collect();
        everybody.iter().map(|session| session.holds_open(now)).sum()
    }

    /// Counts a slip among what its account and its address keep, until it is over: whoever made it may be gone before.
    pub(super) fn keeps(&self, slip: Pnr, pay_by: DateTime<Utc>, account: Option<AccountId>, address: Option<IpAddr>) {
        let mut slips = self.slips();
        if slips.iter().all(|other| other.pnr != slip) {
            slips.push(OpenSlip { pnr: slip, pay_by, account, address });
        }
    }

    /// Notes that a slip was paid or given up.
    pub(super) fn keeps_no_more(&self, slip: Pnr) {
        self.slips().retain(|other| other.pnr != slip);
    }

    /// How many slips of an account are to be paid.
    pub(super) fn slips_of(&self, account: AccountId, now: DateTime<Utc>) -> usize {
        self.slips_at(now).iter().filter(|slip| slip.account == Some(account)).count()
    }

    /// How many slips from an address are to be paid: all, and those of guests.
    pub(super) fn slips_from(&self, address: IpAddr, now: DateTime<Utc>) -> (usize, usize) {
        let slips = self.slips_at(now);
        let from_there = || slips.iter().filter(|slip| slip.address == Some(address));
        (from_there().count(), from_there().filter(|slip| slip.account.is_none()).count())
    }

    fn slips_at(&self, now: DateTime<Utc>) -> MutexGuard<'_, Vec<OpenSlip>> {
        let mut slips = self.slips();
        slips.retain(|slip| now < slip.pay_by);
        slips
    }

    fn slips(&self) -> MutexGuard<'_, Vec<OpenSlip>> {
        self.slips.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets nobody else be counted meanwhile.
    pub(super) fn admission(&self) -> MutexGuard<'_, ()> {
        self.admission.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn here(&self) -> MutexGuard<'_, Here> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn looked(&self) -> MutexGuard<'_, Looked> {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_empty(&self) -> bool {
        self.here().accounts.is_empty()
    }

    /// The accounts that have to be read: all of which there are sessions if any was changed since the last time, else
    /// those whose sessions have begun since.
    fn suspects(&self, endings: u64) -> Vec<AccountId> {
        let mut looked = self.looked();
        let arrivals = take(&mut looked.arrivals);
        if looked.endings.replace(endings) == Some(endings) {
            return arrivals.into_iter().collect();
        }
        // In an order of their own: what is asked follows from who is here, and from nothing else.
        let mut here: Vec<_> = self.here().accounts.keys().copied().collect();
        here.sort_unstable();
        here
    }

    /// Notes that accounts could not be read: they have to be the next time.
    fn failed(&self) {
        self.looked().endings = None;
    }
}

impl Kiosk {
    /// Looks every two seconds for accounts that other processes have changed, until the last handle is dropped. Nothing
    /// else waits for it, nor it for anything else.
    pub(super) fn spawn_doorkeeper(&self) {
        self.spawn_every(EVERY, "accounts that were changed cannot be looked for", |kiosk| async move {
            kiosk.end_sessions_of_changed_accounts().await
        });
    }

    /// Ends the sessions of accounts that other processes have changed; reads nothing while nobody is signed in.
    ///
    /// # Errors
    ///
    /// The store did not answer; the next time finds all of them.
    pub async fn end_sessions_of_changed_accounts(&self) -> Result<(), StoreError> {
        let presence = &self.0.presence;
        if presence.is_empty() {
            return Ok(());
        }
        let suspects = presence.suspects(self.store().endings().await?);
        if suspects.is_empty() {
            return Ok(());
        }
        let accounts = self.store().accounts_with(&suspects).await.inspect_err(|_| presence.failed())?;
        for account in &accounts {
            self.end_sessions(account);
        }
        Ok(())
    }
}

fn add<K: Eq + Hash>(sessions: &mut HashMap<K, Vec<Weak<Inner>>>, key: K, session: &Arc<Inner>) {
    let own = Arc::downgrade(session);
    let sessions = sessions.entry(key).or_default();
    if !sessions.iter().any(|other| other.ptr_eq(&own)) {
        sessions.push(own);
    }
}

fn remove<K: Eq + Hash>(sessions: &mut HashMap<K, Vec<Weak<Inner>>>, key: &K, session: &Inner) {
    if let Some(found) = sessions.get_mut(key) {
        found.retain(|other| !std::ptr::eq(other.as_ptr(), session));
        if found.is_empty() {
            sessions.remove(key);
        }
    }
}

/// What one subscriber has: an address of IPv4, or the first 64 bits of one of IPv6 (RFC 6177).
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::from((address.to_bits() & !u128::from(u64::MAX)).to_be_bytes()),
        address @ IpAddr::V4(_) => address,
    }
}
