//! What is left in the outbox, for administrators and for whoever watches over it.

use crate::domain::notification::{Delivery, Notification, NotificationId};
use crate::service::Kiosk;
use crate::service::refusal::refuse;
use crate::service::request::{Cursor, Failure, Reply, Revive};
use crate::service::session::Session;
use crate::store::StoreError;
use crate::store::outbox::NotificationPage;

/// Notifications on a page of a list.
const PAGE: i32 = 20;

/// How often a notification is revived that others write to meanwhile.
const ATTEMPTS: u32 = 4;

/// How many notifications there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Those that are to be delivered, those that failed and are tried again among them.
    pub waiting: u64,
    /// Those that were given up.
    pub dead: u64,
}

impl Kiosk {
    /// How many notifications wait and how many were given up; a moment behind.
    pub async fn notification_backlog(&self) -> Result<Backlog, StoreError> {
        Ok(Backlog {
            waiting: self.store().count_notifications(Delivery::Waiting).await?,
            dead: self.store().count_notifications(Delivery::Dead).await?,
        })
    }

    /// Counts them for whoever watches over it.
    pub async fn count_notifications(&self) {
        match self.notification_backlog().await {
            Ok(Backlog { waiting, dead }) => self.store().metrics().set_notifications(waiting, dead),
            Err(error) => tracing::warn!(%error, "the notifications cannot be counted: it is tried again"),
        }
    }
}

/// A page of the notifications that are not delivered, the longest due first.
pub(in crate::service) async fn list(
    session: &Session,
    delivery: Delivery,
    after: Option<&Cursor>,
) -> Result<Reply, Failure> {
    let after = after.map(|Cursor(after)| after.as_str());
    let page = session.kiosk().store().notifications(delivery, after, PAGE).await;
    let NotificationPage { notifications, next } = page.map_err(|error| refuse("list notifications", &error))?;
    Ok(Reply::Notifications { page: notifications, next: next.map(Cursor) })
}

/// Has notifications tried anew, and says how many.
pub(in crate::service) async fn retry(session: &Session, which: Revive) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    kiosk.check_current()?;
    let failed = |error: StoreError| refuse("retry notifications", &error);
    let revived = match which {
        Revive::One(id) => {
            revive(kiosk, id).await.map_err(failed)?.ok_or(Failure::NoSuchNotification(id))?;
            1
        }
        Revive::AllDead => {
            let (mut revived, mut after) = (0, None);
            loop {
                let dead = kiosk.store().notifications(Delivery::Dead, after.as_deref(), PAGE).await.map_err(failed)?;
                for notification in dead.notifications {
                    revived += usize::from(revive(kiosk, notification.id).await.map_err(failed)?.is_some());
                }
                after = dead.next;
                if after.is_none() {
                    break revived;
                }
            }
        }
    };
    let (subject, note) = match which {
        Revive::One(id) => (Some(id.to_string()), None),
        Revive::AllDead => (None, Some(format!("{revived} dead letters"))),
    };
    kiosk.record(session, "notification.retry", subject, note);
    Ok(Reply::Revived(revived))
}

/// Has a notification tried anew; `None` when it is delivered, or there never was one.
async fn revive(kiosk: &Kiosk, id: NotificationId) -> Result<Option<Notification>, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(read) = kiosk.store().notification(id).await? else { return Ok(None) };
        let revived = read.clone().revived(kiosk.now());
        if read == revived || kiosk.store().change_notification(&read, &revived).await? {
            return Ok(Some(revived));
        }
    }
    Err(StoreError::Conflict { what: format!("notification {id}") })
}
