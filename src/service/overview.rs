//! What an administrator sees at a glance. What costs much to read is read twice a minute at most, however many look.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::domain::overview::{NextRun, next_runs};
use crate::domain::report::Takings;
use crate::domain::time::railway_time;
use crate::service::Kiosk;
use crate::service::notification::Backlog;
use crate::service::refusal::refuse;
use crate::service::report::today::Read;
use crate::service::request::{Failure, Reply};
use crate::service::roll_call::Here;
use crate::service::session::Session;
use crate::store::StoreError;

/// How long what costs much is good.
const GOOD_FOR: TimeDelta = TimeDelta::seconds(30);
/// How many of the next runs are named: as many as a tall terminal shows.
const RUNS: usize = 24;

/// What is seen at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Overview {
    /// The money that moved today.
    pub today: Takings,
    /// Slips that are to be paid.
    pub slips: u64,
    /// When money, slips and notifications were counted.
    pub counted_at: DateTime<Utc>,
    /// Notifications that are to be delivered.
    pub waiting: u64,
    /// Notifications that were given up.
    pub dead: u64,
    /// The next runs that leave.
    pub next: Vec<NextRun>,
    /// Processes at which somebody is, and this one.
    pub processes: u32,
    /// Sessions at terminals, of all processes.
    pub sessions: u32,
    /// Choices of berths that they hold.
    pub holds: u32,
    /// How long the store took to answer, in milliseconds.
    pub store_ms: i64,
}

/// What was counted last. Whoever counts has it to themselves: the others wait, and find what was counted.
#[derive(Default)]
pub(super) struct Counts(Mutex<Last>);

#[derive(Default)]
struct Last {
    read: Option<Read>,
    counted: Option<Counted>,
}

#[derive(Clone, Copy)]
struct Counted {
    day: NaiveDate,
    at: DateTime<Utc>,
    today: Takings,
    slips: u64,
    backlog: Backlog,
}

/// What is seen at a glance now.
pub(super) async fn overview(session: &Session) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let now = kiosk.now();
    let failed = |error: StoreError| refuse("look at everything", &error);
    kiosk.store().ping().await.map_err(failed)?;
    let store_ms = (kiosk.now() - now).num_milliseconds();
    let counted = counted(kiosk).await.map_err(failed)?;
    let Here { processes, sessions, holds } = kiosk.who_is_here().await.map_err(failed)?;
    let minutes = |run| kiosk.0.changed.of(run).map_or(0, |known| known.delays.minutes(0));
    let late = |run| TimeDelta::minutes(minutes(run).into());
    Ok(Reply::Overview(Box::new(Overview {
        today: counted.today,
        slips: counted.slips,
        counted_at: counted.at,
        waiting: counted.backlog.waiting,
        dead: counted.backlog.dead,
        next: next_runs(&kiosk.timetable(), late, railway_time(now), RUNS),
        processes,
        sessions,
        holds,
        store_ms,
    })))
}

async fn counted(kiosk: &Kiosk) -> Result<Counted, StoreError> {
    let mut last = kiosk.0.counts.0.lock().await;
    let now = kiosk.now();
    let day = railway_time(now).date();
    if let Some(known) = last.counted.filter(|known| known.day == day && now - known.at < GOOD_FOR) {
        return Ok(known);
    }
    let known = last.read.take().filter(|read| read.day() == day);
    let read = last.read.insert(known.unwrap_or_else(|| Read::nothing_of(day)));
    let today = kiosk.read_on(read).await?;
    let slips = kiosk.store().count_slips().await?;
    let backlog = kiosk.notification_backlog().await?;
    let counted = Counted { day, at: kiosk.now(), today, slips, backlog };
    last.counted = Some(counted);
    Ok(counted)
}
