//! What an administrator sees at a glance. What costs much to read is read twice a minute at most, however many look.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::domain::overview::{DaySales, NextRun, next_runs};
use crate::domain::time::railway_time;
use crate::service::Kiosk;
use crate::service::notification::Backlog;
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Reply};
use crate::service::session::Session;
use crate::store::StoreError;
use crate::store::bookings::Listed;

/// How many of a day's bookings are read at most, the newest.
const MOST: usize = 5_000;
/// Bookings of a page of them.
const PAGE: usize = 500;
/// How long what costs much is good.
const GOOD_FOR: TimeDelta = TimeDelta::seconds(30);
/// How many of the next runs are named.
const RUNS: usize = 7;

/// What is seen at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Overview {
    /// What today's bookings come to.
    pub sales: DaySales,
    /// Whether those are the newest of the day alone, since there are too many.
    pub is_part: bool,
    /// When the sales and the notifications were counted.
    pub counted_at: DateTime<Utc>,
    /// Notifications that are to be delivered.
    pub waiting: u64,
    /// Notifications that were given up.
    pub dead: u64,
    /// The next runs that leave.
    pub next: Vec<NextRun>,
    /// Sessions of this process.
    pub sessions: i64,
    /// Choices of berths that are held in this process by whoever comes over a network.
    pub holds: usize,
    /// How long the store took to answer, in milliseconds.
    pub store_ms: i64,
}

/// What was counted last. Whoever counts has it to themselves: the others wait, and find what was counted.
#[derive(Default)]
pub(super) struct Counts(Mutex<Option<Counted>>);

#[derive(Clone, Copy)]
struct Counted {
    day: NaiveDate,
    at: DateTime<Utc>,
    sales: DaySales,
    is_part: bool,
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
    let late = |run| TimeDelta::minutes(kiosk.delays_of(run).minutes(0).into());
    Ok(Reply::Overview(Box::new(Overview {
        sales: counted.sales,
        is_part: counted.is_part,
        counted_at: counted.at,
        waiting: counted.backlog.waiting,
        dead: counted.backlog.dead,
        next: next_runs(&kiosk.timetable(), late, railway_time(now), RUNS),
        sessions: kiosk.store().metrics().sessions(),
        holds: kiosk.0.presence.holds_open(now),
        store_ms,
    })))
}

async fn counted(kiosk: &Kiosk) -> Result<Counted, StoreError> {
    let mut last = kiosk.0.counts.0.lock().await;
    let now = kiosk.now();
    let day = railway_time(now).date();
    if let Some(known) = last.filter(|known| known.day == day && now - known.at < GOOD_FOR) {
        return Ok(known);
    }
    let (mut sales, mut read, mut after) = (DaySales::default(), 0, None);
    loop {
        let page = kiosk.store().bookings_by(&Listed::Day(day), after.as_deref(), PAGE).await?;
        read += page.bookings.len();
        sales = page.bookings.iter().fold(sales, DaySales::and);
        after = page.next;
        if after.is_none() || read >= MOST {
            break;
        }
    }
    let backlog = kiosk.notification_backlog().await?;
    let counted = Counted { day, at: kiosk.now(), sales, is_part: after.is_some(), backlog };
    *last = Some(counted);
    Ok(counted)
}
