//! How many holds somebody may have open at once, and slips, which keep berths too: by visit and account, and by the
//! address from which they come. At a console on a wall those of a guest are counted as long as the visit lasts.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Inner, Session, State, Who};
use crate::domain::inventory::HoldId;
use crate::domain::pnr::Pnr;
use crate::service::request::Failure;

/// How many choices of berths a traveller may hold: a guest must not empty a coach by holding it.
const HOLDS: usize = 2;

/// How many an agent may, who serves several people at once.
const HOLDS_OF_STAFF: usize = 6;

/// How many all may together who come from one address and are no staff.
const HOLDS_OF_ADDRESS: usize = 6;

impl Session {
    /// Counts a hold that is asked for among those of whoever asks, until the answer is dropped.
    ///
    /// # Errors
    ///
    /// `TooManyHolds` when they have as many as they may, here and in other sessions of theirs.
    pub(in crate::service) fn ask_hold(&self, hold: HoldId) -> Result<Asking<'_>, Failure> {
        let (who, now) = (self.who(), self.kiosk().now());
        let presence = &self.kiosk().0.presence;
        let one_by_one = presence.admission();
        let max = if who.is_staff() { HOLDS_OF_STAFF } else { HOLDS };
        let theirs = who.account().map(|account| presence.of(account)).unwrap_or_default();
        let elsewhere = theirs.iter().filter(|other| !Arc::ptr_eq(other, &self.inner));
        let open = |session: &Inner| session.state().open_holds(hold, now);
        let slips = match who.account() {
            Some(account) => presence.slips_of(account, now),
            None => self.state().slips.values().filter(|pay_by| now < **pay_by).count(),
        };
        if open(&self.inner) + elsewhere.map(|other| open(other)).sum::<usize>() + slips >= max {
            return Err(Failure::TooManyHolds { max });
        }
        if let (Some(address), false) = (self.inner.address, who.is_staff()) {
            let there = presence.from(address);
            let of = |meant: fn(&Who) -> bool| {
                let sessions = there.iter().map(|other| other.state());
                sessions.filter(|state| meant(&state.who)).map(|state| state.open_holds(hold, now)).sum::<usize>()
            };
            let (slips, of_guests) = presence.slips_from(address, now);
            // Guests of one address are one traveller, for all that is known; accounts are easily made.
            if who == Who::Guest && of(|who| *who == Who::Guest) + of_guests >= HOLDS
                || of(|who| !who.is_staff()) + slips >= HOLDS_OF_ADDRESS
            {
                return Err(Failure::TooManyHoldsThere);
            }
        }
        self.state().asking.push(hold);
        drop(one_by_one);
        Ok(Asking { session: self, hold })
    }
}

impl Session {
    /// Counts a slip among what whoever asked for it keeps, until it is paid or over. Staff serve others by it.
    pub(in crate::service) fn keep_slip(&self, slip: Pnr, pay_by: DateTime<Utc>) {
        let who = self.who();
        if who.is_staff() {
            return;
        }
        self.kiosk().0.presence.keeps(slip, pay_by, who.account(), self.inner.address);
        let mut state = self.state();
        if self.past(&state).is_none() {
            state.slips.insert(slip, pay_by);
        }
    }

    /// Notes that a slip was paid or given up.
    pub(in crate::service) fn keep_slip_no_more(&self, slip: Pnr) {
        self.kiosk().0.presence.keeps_no_more(slip);
        self.state().slips.remove(&slip);
    }
}

/// A hold that is being asked for; dropped, it is held or is not.
pub(in crate::service) struct Asking<'a> {
    session: &'a Session,
    hold: HoldId,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut state = self.session.state();
        if let Some(place) = state.asking.iter().position(|asked| *asked == self.hold) {
            state.asking.swap_remove(place);
        }
    }
}

impl Inner {
    /// How many choices of berths are held here.
    pub(in crate::service) fn holds_open(&self, now: DateTime<Utc>) -> usize {
        self.state().holds.values().filter(|held| now < held.until).count()
    }
}

impl State {
    /// How many choices of berths beside one are held, or asked for.
    fn open_holds(&self, beside: HoldId, now: DateTime<Utc>) -> usize {
        let held = self.holds.values().filter(|held| now < held.until).map(|held| held.id);
        let asked = self.asking.iter().copied().filter(|asked| !self.holds.contains_key(asked));
        held.chain(asked).filter(|open| *open != beside).count()
    }
}
