//! The audit log to read: by day, newest first, some days as a file for a spreadsheet, and what was done to one booking.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, Timelike as _};

use crate::domain::booking::{Booking, Deed};
use crate::domain::pnr::Pnr;
use crate::domain::report::MOST_DAYS;
use crate::domain::time::railway_time;
use crate::domain::user::{AccountId, Username};
use crate::export;
use crate::service::Kiosk;
use crate::service::booking::visible;
use crate::service::progress::{Progress, Stage, Tell};
use crate::service::refusal::refuse;
use crate::service::request::{Cursor, Document, EventFilter, EventLine, Failure, MOST_ROWS, Reply, Step};
use crate::service::session::Session;
use crate::store::audit_log::{Event, EventPage};
use crate::store::pages::Portion;

/// Events on a page.
const PAGE: usize = 50;
/// How many events are looked at for a page at most, when most of them are not meant.
const LOOKED_AT: usize = 1_000;
/// How many events are looked at for a file at most: more than a busy quarter has as a rule.
const LOOKED_AT_FOR_A_FILE: usize = 1_000_000;
/// How many of them in one go.
const PORTION_OF_A_FILE: usize = 2_000;

/// Hours of a day, by which it is told how far a file has come.
const HOURS: u64 = 24;

/// A filter with the account that it names, if there is one.
struct Sought<'a> {
    filter: &'a EventFilter,
    account: Option<AccountId>,
}

impl Sought<'_> {
    fn includes(&self, event: &Event) -> bool {
        let EventFilter { who, action, subject, session } = self.filter;
        let is = |own: &Option<String>, wanted: &str| {
            wanted.is_empty() || own.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(wanted))
        };
        let is_theirs = self.account.is_some() && event.account == self.account;
        (who.is_empty() || is_theirs || event.terminal.eq_ignore_ascii_case(who))
            && event.action.starts_with(action.as_str())
            && is(&event.subject, subject)
            && is(&event.session, session)
    }
}

/// The events of a day that are meant, newest first: a page, or as many as there are among those that are looked at at once.
pub(super) async fn list(
    session: &Session,
    day: NaiveDate,
    filter: &EventFilter,
    after: Option<&Cursor>,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let sought = sought(kiosk, filter).await?;
    let after = after.map(|Cursor(after)| after.as_str());
    let part = part(kiosk, day, &sought, (after, Portion { most: PAGE, looked_at: LOOKED_AT })).await?;
    let back_to = part.back_to.filter(|_| part.next.is_some());
    let page = lines(kiosk, part.events).await?;
    Ok(Reply::Events { page, next: part.next.map(Cursor), back_to })
}

/// Those of some days as CSV, the newest first. The store is read a part at a time, so that nothing but the file itself is in
/// memory; it ends where nobody would read on, and where it was looked at as much as one file is worth.
///
/// # Errors
///
/// `ReportDays` when the days are too many or end before they begin, and `GivenUp` once nobody waits for it.
pub(super) async fn export(
    session: &Session,
    (from, to): (NaiveDate, NaiveDate),
    filter: &EventFilter,
    tell: &Tell,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let days = u64::try_from((to - from).num_days() + 1).unwrap_or_default();
    if !(1..=u64::from(MOST_DAYS)).contains(&days) {
        return Err(Failure::ReportDays { max: MOST_DAYS });
    }
    let sought = sought(kiosk, filter).await?;
    let mut file = export::events::header();
    let (mut rows, mut looked_at) = (0, 0);
    let (mut day, mut next, mut back_to) = (to, None::<String>, None);
    let is_whole = loop {
        let portion = Portion { most: MOST_ROWS - rows, looked_at: PORTION_OF_A_FILE };
        let part = part(kiosk, day, &sought, (next.as_deref(), portion)).await?;
        (next, back_to) = (part.next, part.back_to.or(back_to));
        looked_at += part.looked_at;
        for line in &lines(kiosk, part.events).await? {
            file.extend(export::events::row(line));
            rows += 1;
        }
        if next.is_none() {
            match day.pred_opt().filter(|before| *before >= from) {
                Some(before) => day = before,
                None => break true,
            }
        }
        if rows == MOST_ROWS || looked_at >= LOOKED_AT_FOR_A_FILE {
            break false;
        }
        // Of a day that goes on, the hours after what was looked at last.
        let left = next.as_ref().and(back_to).map_or(HOURS, |at| u64::from(railway_time(at).hour()) + 1);
        let over = u64::try_from((to - day).num_days()).unwrap_or_default() * HOURS;
        let progress = Progress { stage: Stage::Log, done: over + HOURS - left, of: days * HOURS };
        if tell.tell(progress).is_break() {
            return Err(Failure::GivenUp);
        }
    };
    let span = if from == to { to.to_string() } else { format!("{from}-to-{to}") };
    // A part of the days says so by its name, which is seen whenever the file is.
    let clock = if from == to { "-back-to-%H%M%S" } else { "-back-to-%Y-%m-%d-%H%M%S" };
    let extent = back_to.filter(|_| !is_whole).map(|at| railway_time(at).format(clock).to_string());
    let days = if from == to { to.to_string() } else { format!("{from} to {to}") };
    kiosk.record(session, "audit.export", Some(days), Some(format!("{rows} rows")));
    let name = format!("events-{span}{}.csv", extent.unwrap_or_default());
    Ok(Reply::Document(Document { name, bytes: file.into() }))
}

/// What was done to a booking, by whom and from where, the oldest first.
pub(super) async fn history(session: &Session, pnr: Pnr) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let booking = visible(session, pnr).await?;
    let ids: Vec<_> = booking.history.iter().map(|change| (change.at, change.op.0)).collect();
    let events = kiosk.store().events_with(&ids).await.map_err(|error| refuse("read the log", &error))?;
    let names = names(kiosk, booking.history.iter().filter_map(|change| change.by)).await?;
    let step = |change: &crate::domain::booking::Change| {
        let event = events.iter().find(|event| event.id == change.op.0);
        Step {
            at: change.at,
            what: change.what.clone(),
            who: change.by.and_then(|by| names.get(&by).cloned()),
            terminal: event.map(|event| event.terminal.clone()).or_else(|| terminal_of(&booking, &change.what)),
            session: event.and_then(|event| event.session.clone()),
        }
    };
    Ok(Reply::History(booking.history.iter().map(step).collect()))
}

/// Where something was done, as the booking itself has it: it outlives the log.
fn terminal_of(booking: &Booking, what: &Deed) -> Option<String> {
    match what {
        Deed::Booked | Deed::Reserved => Some(booking.terminal.clone()),
        Deed::Paid => booking.payment.as_ref().map(|payment| payment.terminal.clone()),
        Deed::PaidOut => {
            booking.refunds.iter().rev().find_map(|refund| refund.paid_out.as_ref()).map(|out| out.terminal.clone())
        }
        _ => None,
    }
}

async fn sought<'a>(kiosk: &Kiosk, filter: &'a EventFilter) -> Result<Sought<'a>, Failure> {
    let account = match Username::parse(&filter.who) {
        Ok(name) => kiosk.store().account_by_username(&name.key()).await,
        Err(_) => Ok(None),
    };
    let account = account.map_err(|error| refuse("read an account", &error))?.map(|account| account.id);
    Ok(Sought { filter, account })
}

/// Looks back through a part of a day for what is meant.
async fn part(
    kiosk: &Kiosk,
    day: NaiveDate,
    sought: &Sought<'_>,
    (before, portion): (Option<&str>, Portion),
) -> Result<EventPage, Failure> {
    let read = kiosk.store().events_before(day, before, portion, |event| sought.includes(event)).await;
    read.map_err(|error| refuse("read the log", &error))
}

async fn lines(kiosk: &Kiosk, events: Vec<Event>) -> Result<Vec<EventLine>, Failure> {
    let names = names(kiosk, events.iter().filter_map(|event| event.account)).await?;
    let line = |event: Event| EventLine { who: event.account.and_then(|by| names.get(&by).cloned()), event };
    Ok(events.into_iter().map(line).collect())
}

/// The names of accounts.
async fn names(
    kiosk: &Kiosk,
    accounts: impl Iterator<Item = AccountId>,
) -> Result<BTreeMap<AccountId, Username>, Failure> {
    let ids: Vec<_> = accounts.collect::<BTreeSet<_>>().into_iter().collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = kiosk.store().accounts_with(&ids).await.map_err(|error| refuse("read accounts", &error))?;
    Ok(found.into_iter().map(|account| (account.id, account.username)).collect())
}
