//! Tills: opened with a float, closed with a count, and shown at any time.
//!
//! While an agent has a till open, all the money that they take and hand out goes through it, wherever they sit. Whether they
//! may do without one is a setting ([`TillRule`]). Whoever runs commands on the machine has none.

mod paper;

use crate::domain::booking::{OpId, PaymentMethod};
use crate::domain::ledger::LedgerEntry;
use crate::domain::money::Paise;
use crate::domain::terminal::TerminalKind;
use crate::domain::till::{Closing, Flows, MOST_IN_DRAWER, Till, TillId};
use crate::domain::user::AccountId;
use crate::service::access::check_owner;
use crate::service::booking::second;
use crate::service::refusal::refuse;
use crate::service::request::{Cursor, Failure, Form, Reply, Tills};
use crate::service::session::Session;
use crate::service::{Kiosk, TillRule, sheets};
use crate::store::StoreError;
use crate::store::tills::{Opening, TillPage};

/// Tills on a page of a list.
const PAGE: i32 = 20;
/// How many entries are read at once.
const ENTRIES: i32 = 200;
/// How often a till is read again that money goes through meanwhile, or whose list is behind.
const READS: u32 = 12;

/// The till through which money of a kind goes that this person takes or hands out; `None` where it goes through none.
///
/// # Errors
///
/// `NoTillOpen` where there has to be one.
pub(super) async fn in_use(session: &Session, method: PaymentMethod) -> Result<Option<TillId>, Failure> {
    let Some(agent) = session.who().account().filter(|_| method != PaymentMethod::Test) else { return Ok(None) };
    let kiosk = session.kiosk();
    match (kiosk.open_till_of(agent).await?, kiosk.settings().till) {
        (Some(till), _) => Ok(Some(till.id)),
        (None, TillRule::Optional) => Ok(None),
        (None, TillRule::Required) => Err(Failure::NoTillOpen),
    }
}

/// Whether an earlier attempt may have moved money through no till though it was an agent's.
pub(super) fn may_do_without(session: &Session) -> bool {
    session.kiosk().settings().till == TillRule::Optional
}

/// Opens a till for whoever asks.
pub(super) async fn open(session: &Session, op: OpId, float: Paise) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let identity = session.who().identity().ok_or(Failure::SignedOut)?;
    if session.terminal().kind == TerminalKind::Public {
        return Err(Failure::NoTillHere);
    }
    check_drawer(float)?;
    let failed = |error: StoreError| refuse("open a till", &error);
    let id = TillId { agent: identity.account, opened: op };
    if let Some(before) = kiosk.store().till(id).await.map_err(failed)? {
        return Ok(opened(session, before));
    }
    kiosk.check_current()?;
    let terminal = session.terminal().id.clone();
    let till = Till::opened(id, identity.username, terminal, second(kiosk.now()), float);
    match kiosk.store().open_till(&till).await.map_err(failed)? {
        Opening::Done => Ok(opened(session, till)),
        // An earlier attempt of which no reply came.
        Opening::Found(found) if found.id == id => Ok(opened(session, *found)),
        Opening::Found(found) => Err(Failure::TillOpen { since: found.opened_at, terminal: found.terminal }),
    }
}

/// What follows a till that is opened; repeated, it changes nothing.
fn opened(session: &Session, till: Till) -> Reply {
    let note = format!("float {}", till.float);
    session.kiosk().record_once(session, "till.open", (till.id.opened, till.opened_at), till.agent.to_string(), note);
    Reply::Till(Box::new(till))
}

/// What follows a till that is closed; repeated, it changes nothing.
fn shut(session: &Session, till: Till) -> Reply {
    if let Some(closing) = &till.closing {
        let (expected, difference) = (till.expected(), till.difference().unwrap_or_default());
        let note = format!("expected {expected}, counted {}, difference {difference}", closing.counted);
        session.kiosk().record_once(session, "till.close", (closing.op, closing.at), till.agent.to_string(), note);
    }
    Reply::Till(Box::new(till))
}

/// Closes a till with what was counted in its drawer: one's own, or any for whoever answers for the counters.
pub(super) async fn close(
    session: &Session,
    op: OpId,
    id: TillId,
    (counted, movements): (Paise, u32),
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let identity = session.who().identity().ok_or(Failure::SignedOut)?;
    check_drawer(counted)?;
    let failed = |error: StoreError| refuse("close a till", &error);
    for _ in 0..READS {
        let read = theirs(session, id).await?;
        match &read.closing {
            Some(closing) if closing.op == op => return Ok(shut(session, read)),
            Some(_) => return Err(Failure::TillClosed),
            // What was counted is what was in the drawer before.
            None if kiosk.is_outdated() => return Err(Failure::Outdated),
            None if read.movements != movements => return Err(Failure::TillMovedOn),
            None => {}
        }
        let closed = read.closed(Closing { op, at: second(kiosk.now()), by: identity.username.clone(), counted });
        if kiosk.store().close_till(&read, &closed).await.map_err(failed)? {
            return Ok(shut(session, closed));
        }
        // Money went through it meanwhile, or somebody else closed it.
    }
    Err(Failure::Busy)
}

/// The tills of whoever asks: the open one first, then those that are closed, the last closed first.
pub(super) async fn mine(session: &Session, after: Option<&Cursor>) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let agent = session.who().account().ok_or(Failure::SignedOut)?;
    let failed = |error: StoreError| refuse("list tills", &error);
    let newest = match after {
        None => kiosk.store().newest_till(agent).await.map_err(failed)?,
        Some(_) => None,
    };
    let after = after.map(|Cursor(after)| after.as_str());
    let TillPage { tills, next } = kiosk.store().tills_closed_by(agent, after, PAGE).await.map_err(failed)?;
    // The index may not have the newest yet.
    let newest = newest.filter(|newest| tills.iter().all(|till| till.id != newest.id));
    Ok(Reply::Tills { page: newest.into_iter().chain(tills).collect(), next: next.map(Cursor) })
}

/// Everybody's tills.
pub(super) async fn list(session: &Session, which: Tills, after: Option<&Cursor>) -> Result<Reply, Failure> {
    let store = session.kiosk().store();
    let after = after.map(|Cursor(after)| after.as_str());
    let page = match which {
        Tills::Open => store.open_tills(after, PAGE).await,
        Tills::ClosedOn(day) => store.tills_closed_on(day, after, PAGE).await,
    };
    let TillPage { tills, next } = page.map_err(|error| refuse("list tills", &error))?;
    Ok(Reply::Tills { page: tills, next: next.map(Cursor) })
}

/// What went through a till, line by line: an X report while it is open, and a Z report when it is closed.
pub(super) async fn report(session: &Session, id: TillId, form: Form) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    for read in 1..=READS {
        let till = theirs(session, id).await?;
        let entries = kiosk.entries_of(id).await.map_err(|error| refuse("report on a till", &error))?;
        // The list may lack what was just sold. What the till itself counts does not. What stays different is said on the paper.
        let lines: Flows = entries.iter().cloned().collect();
        if lines == till.flows() || read == READS {
            let name = paper::file_name(&till, form);
            let sheet = paper::sheet(&till, &entries, kiosk.now());
            return sheets::document(kiosk, sheet, name, form).await.map(Reply::Document);
        }
        kiosk.store().patience().pause(read.min(4)).await;
    }
    Err(Failure::Busy)
}

/// A till that whoever asks may see, by the table.
async fn theirs(session: &Session, id: TillId) -> Result<Till, Failure> {
    check_owner(session, Some(id.agent)).await.map_err(|failure| match failure {
        Failure::NotYours => Failure::NoSuchTill,
        failure => failure,
    })?;
    let till = session.kiosk().store().till(id).await.map_err(|error| refuse("find a till", &error))?;
    till.ok_or(Failure::NoSuchTill)
}

fn check_drawer(money: Paise) -> Result<(), Failure> {
    if (Paise::ZERO..=MOST_IN_DRAWER).contains(&money) { Ok(()) } else { Err(Failure::NoDrawer) }
}

impl Kiosk {
    /// All entries of a till. The index may be a moment behind.
    pub(super) async fn entries_of(&self, till: TillId) -> Result<Vec<LedgerEntry>, StoreError> {
        let (mut entries, mut next) = (Vec::new(), None);
        loop {
            let page = self.store().ledger_of_till(till, next.as_deref(), ENTRIES).await?;
            entries.extend(page.entries);
            next = page.next;
            if next.is_none() {
                return Ok(entries);
            }
        }
    }

    /// The till that an agent has open.
    pub(super) async fn open_till_of(&self, agent: AccountId) -> Result<Option<Till>, Failure> {
        let newest = self.store().newest_till(agent).await.map_err(|error| refuse("find a till", &error))?;
        Ok(newest.filter(|till| till.closing.is_none()))
    }
}
