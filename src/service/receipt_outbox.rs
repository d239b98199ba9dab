//! Receipts: stored beside the bookings, and rendered again from them whenever the object is missing.
//!
//! A receipt is never the only copy of anything, so a bucket that does not answer can neither fail a booking nor keep a
//! receipt from whoever asks for it.

use std::sync::Arc;

use bytes::Bytes;
use secrecy::ExposeSecret;

use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::pnr::Pnr;
use crate::receipt::render;
use crate::service::booking::visible;
use crate::service::refusal::{fault, refuse};
use crate::service::request::{Document, Failure, ReceiptLink, Reply};
use crate::service::session::Session;
use crate::service::{Kiosk, Receipts};
use crate::ticket::TicketKey;

/// The receipt of a paid booking that the session may see.
pub(super) async fn receipt(session: &Session, pnr: Pnr) -> Result<Reply, Failure> {
    let booking = paid(session, pnr).await?;
    document(session.kiosk(), &booking).await.map(Reply::Receipt)
}

/// The receipt of a paid booking as it is stored, or else rendered and stored now.
pub(super) async fn document(kiosk: &Kiosk, booking: &Booking) -> Result<Document, Failure> {
    let pnr = booking.pnr;
    let stored = kiosk.store().receipt(pnr, booking.version.into()).await.unwrap_or_else(|error| {
        tracing::warn!(%pnr, %error, "a stored receipt cannot be read: it is rendered again");
        None
    });
    let pdf = if let Some(pdf) = stored {
        pdf
    } else {
        let pdf = rendered(kiosk, booking).await?;
        put(kiosk, booking, pdf.clone()).await;
        pdf
    };
    Ok(Document { name: format!("receipt-{pnr}.pdf"), bytes: Arc::from(&pdf[..]) })
}

/// An address of the receipt, made for whoever asks and kept nowhere. What it leads to is rendered first if it is missing.
pub(super) async fn link(session: &Session, pnr: Pnr) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let booking = paid(session, pnr).await?;
    if !kiosk.gives_links() {
        return Err(Failure::NoLinks);
    }
    let (store, version) = (kiosk.store(), booking.version.into());
    let failed = |error| refuse("make a link to a receipt", &error);
    if store.receipt(pnr, version).await.map_err(failed)?.is_none() {
        let pdf = rendered(kiosk, &booking).await?;
        store.put_receipt(pnr, version, pdf).await.map_err(failed)?;
    }
    let valid = kiosk.settings().receipt_link;
    let until = kiosk.now() + valid;
    let url = store.receipt_link(pnr, version, valid.to_std().unwrap_or_default()).await.map_err(failed)?;
    kiosk.record(session, "receipt.link", Some(pnr.to_string()), None);
    Ok(Reply::ReceiptLink(ReceiptLink { url: url.ok_or(Failure::NoLinks)?.into(), until }))
}

/// The signed ticket of a paid booking that the session may see, if anybody of it may board.
pub(super) async fn ticket(session: &Session, pnr: Pnr) -> Result<Reply, Failure> {
    let booking = paid(session, pnr).await?;
    if booking.status == BookingStatus::Cancelled {
        return Err(Failure::NobodyTravels);
    }
    if !booking.may_board() {
        return Err(Failure::StillWaiting);
    }
    Ok(Reply::Ticket(key(session.kiosk()).sign(&booking)))
}

async fn paid(session: &Session, pnr: Pnr) -> Result<Booking, Failure> {
    let booking = visible(session, pnr).await?;
    if booking.payment.is_some() { Ok(booking) } else { Err(Failure::NotPaid) }
}

fn key(kiosk: &Kiosk) -> TicketKey {
    TicketKey::derive(kiosk.settings().secret.expose_secret())
}

/// Stores the receipt of a booking that was just paid, without anybody waiting for it.
pub(super) fn post(kiosk: &Kiosk, booking: &Booking) {
    if booking.payment.is_none() || kiosk.settings().receipts == Receipts::WhenAsked {
        return;
    }
    let (kiosk, booking, waits) = (kiosk.clone(), booking.clone(), kiosk.store().metrics().receipt());
    kiosk.clone().background().spawn(async move {
        let _waits = waits;
        if let Ok(pdf) = rendered(&kiosk, &booking).await {
            put(&kiosk, &booking, pdf).await;
        }
    });
}

async fn put(kiosk: &Kiosk, booking: &Booking, pdf: Bytes) {
    if let Err(error) = kiosk.store().put_receipt(booking.pnr, booking.version.into(), pdf).await {
        tracing::warn!(pnr = %booking.pnr, %error, "a receipt was not stored: it is rendered again when it is asked for");
    }
}

/// Renders on a thread of its own: it takes milliseconds, in which no session should wait.
async fn rendered(kiosk: &Kiosk, booking: &Booking) -> Result<Bytes, Failure> {
    let key = key(kiosk);
    let issuer = kiosk.settings().issuer.clone();
    let copy = booking.clone();
    let done = kiosk.settings().labour.run(move || render(&copy, &key.sign(&copy), &issuer)).await;
    done.map(Bytes::from).map_err(|error| fault("render a receipt", &error))
}
