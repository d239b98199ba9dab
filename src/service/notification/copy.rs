//! Sending somebody's receipt again.

use crate::domain::notification::Notification;
use crate::domain::pnr::Pnr;
use crate::service::booking::visible;
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Reply};
use crate::service::session::Session;

/// Owes another copy of a booking's receipt, and says by which ways it goes.
pub(in crate::service) async fn resend(session: &Session, pnr: Pnr) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let channels = kiosk.settings().notifications.channels();
    if channels.is_empty() {
        return Err(Failure::NoWayToSend);
    }
    let booking = visible(session, pnr).await?;
    let copy = Notification::copy_of(&booking, channels, kiosk.now()).ok_or(Failure::NotPaid)?;
    kiosk.store().owe(&copy).await.map_err(|error| refuse("send a receipt", &error))?;
    kiosk.record(session, "notification.resend", Some(pnr.to_string()), Some(copy.id.to_string()));
    Ok(Reply::Resent(copy.owed))
}
