//! Slips: shown at the counter, and paid there.

use std::sync::Arc;

use super::draft::{check_tender, payment};
use super::{Sent, settled, still_doubtful};
use crate::domain::booking::{Booking, BookingStatus, Change, Deed, OpId, Slip};
use crate::domain::delay::timed;
use crate::domain::inventory::RunState;
use crate::domain::pnr::Pnr;
use crate::domain::spot::Grant;
use crate::service::hold::release_held;
use crate::service::refusal::{in_doubt, refuse};
use crate::service::request::{Failure, Reply, Tender};
use crate::service::session::{Session, Tried};
use crate::service::{Kiosk, gap, receipt_outbox, till};
use crate::store::runs::{Before, Commit, Holding, Plan, Transition};

/// How often it is asked through which till the money goes, since one was opened meanwhile.
const TILLS: u32 = 4;

/// Takes the money for a slip and confirms its booking.
pub(in crate::service) async fn pay_slip(
    session: &Session,
    op: OpId,
    pnr: Pnr,
    tender: Tender,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    check_tender(session, &tender).await?;
    let booking = kiosk.find(pnr).await?.ok_or(Failure::NoSuchBooking(pnr))?;
    let tried = session.try_op(op);
    if booking.was_done(op) {
        return Ok(paid_slip(session, op, booking));
    }
    let grants: Vec<_> = booking.berths().map(|allotted| Grant::Berth(allotted.berth)).collect();
    let booking = kiosk.on_time(booking);
    let (slip, state) = match payable(kiosk, &booking).await {
        Ok(payable) => payable,
        Err(failure @ Failure::Unavailable { .. }) => return Err(failure),
        Err(failure) if tried == Tried::Before || session.is_repeated(op) => {
            // As in `prepare`: only without the hold is it known that an earlier attempt was not applied.
            if let Some(slip) = &booking.slip {
                let parts = kiosk.known_run(booking.run).await.map_err(still_doubtful)?.state.spots_of(&grants);
                let holding = Holding { hold: slip.hold, leg: booking.leg, parts };
                release_held(kiosk, booking.run, &holding, slip.lapses_at()).await.map_err(still_doubtful)?;
            }
            let found = kiosk.find(pnr).await.map_err(still_doubtful)?.filter(|found| found.was_done(op));
            return found.map(|found| paid_slip(session, op, found)).ok_or(failure);
        }
        Err(failure) => return Err(failure),
    };
    let holding = Holding { hold: slip.hold, leg: booking.leg, parts: state.spots_of(&grants) };
    let (mut sent, mut gaps) = (Sent::ThroughTills, state.gaps.count());
    for _ in 0..TILLS {
        let till = match till::in_use(session, tender.method).await {
            Ok(till) => till,
            Err(failure) => return paid_without_till(session, op, pnr, tried, sent, failure).await,
        };
        let plan = Plan::new(booking.run, &state.train).knowing(gaps);
        let payment = payment(session, tender.clone(), till, booking.fare.total);
        let change = Change { op, at: payment.taken_at, by: payment.taken_by, what: Deed::Paid };
        let paid = Booking {
            version: booking.version + 1,
            status: BookingStatus::Booked,
            history: booking.history.iter().cloned().chain([change]).collect(),
            payment: Some(payment),
            slip: None,
            delays: state.delays.count(),
            ..timed(&booking, &state.train, booking.run.date)
        };
        let before = Before::Version(booking.version);
        let transition = Transition { before, edits: settled(&holding), ..kiosk.transition(&paid) };
        let commit = kiosk.commit(&plan, &transition).await;
        return match commit.map_err(|error| refuse("pay a slip", &error))? {
            Commit::Done => {
                kiosk.announce(&plan, Vec::new(), &holding);
                Ok(paid_slip(session, op, paid))
            }
            Commit::Found(found) if found.was_done(op) => Ok(paid_slip(session, op, *found)),
            Commit::Found(found) => Err(slip_closed(&found)),
            // The agent has opened one meanwhile: the money goes through it.
            Commit::TillMoved if till.is_none() => {
                sent = Sent::AlsoThroughNone;
                continue;
            }
            Commit::TillMoved => paid_without_till(session, op, pnr, tried, sent, Failure::TillClosed).await,
            // The hold may have gone into the booking by an earlier attempt that this one met on its way.
            Commit::Moved(_) | Commit::QueueMoved => match kiosk.find(pnr).await? {
                Some(found) if found.was_done(op) => Ok(paid_slip(session, op, found)),
                Some(found) => match kiosk.gaps_since(booking.run, booking.leg, plan.gaps()).await? {
                    // Another part of the way is not run any more: all that it keeps is.
                    Some(since) => {
                        gaps = since;
                        continue;
                    }
                    None => Err(slip_closed(&found)),
                },
                None => Err(Failure::NoSuchBooking(pnr)),
            },
        };
    }
    Err(Failure::Busy)
}

/// Refuses money that has no till, or finds what an earlier attempt wrote, as for a sale.
async fn paid_without_till(
    session: &Session,
    op: OpId,
    pnr: Pnr,
    tried: Tried,
    sent: Sent,
    failure: Failure,
) -> Result<Reply, Failure> {
    let found = session.kiosk().find(pnr).await.map_err(still_doubtful)?.filter(|found| found.was_done(op));
    let sent_before = tried == Tried::Before || session.is_repeated(op) || sent == Sent::AlsoThroughNone;
    let may_come = till::may_do_without(session) && sent_before;
    let refused = || if may_come { in_doubt("pay a slip", &failure) } else { failure };
    found.map(|found| paid_slip(session, op, found)).ok_or_else(refused)
}

/// What follows a slip that is paid; repeated, it changes nothing.
fn paid_slip(session: &Session, op: OpId, booking: Booking) -> Reply {
    let kiosk = session.kiosk();
    session.keep_slip_no_more(booking.pnr);
    receipt_outbox::post(kiosk, &booking);
    let taken_at = booking.payment.as_ref().map_or(booking.booked_at, |payment| payment.taken_at);
    kiosk.record_sale(session, "booking.pay-slip", (op, taken_at), &booking);
    Reply::Booking(Arc::new(booking))
}

/// A slip that can be paid now.
pub(in crate::service) async fn slip(session: &Session, pnr: Pnr) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let booking = kiosk.find(pnr).await?.ok_or(Failure::NoSuchBooking(pnr))?;
    let booking = kiosk.on_time(booking);
    payable_slip(kiosk, &booking)?;
    Ok(Reply::Booking(Arc::new(booking)))
}

/// The slip of a booking that can be paid now, and its run as it is.
async fn payable(kiosk: &Kiosk, booking: &Booking) -> Result<(Slip, RunState), Failure> {
    let slip = payable_slip(kiosk, booking)?.clone();
    let state = kiosk.known_run(booking.run).await?.state;
    gap::check_run(&state.gaps, &state.train, booking.leg)?;
    Ok((slip, state))
}

/// The slip of a booking that can be paid now.
fn payable_slip<'a>(kiosk: &Kiosk, booking: &'a Booking) -> Result<&'a Slip, Failure> {
    let now = kiosk.now();
    match (booking.status, &booking.slip) {
        (BookingStatus::AwaitingPayment, Some(slip)) if !booking.has_lapsed(now) => {
            kiosk.check_sold(booking.run.train)?;
            if let Some(known) = kiosk.0.changed.of(booking.run) {
                gap::check_run(&known.gaps, &known.train, booking.leg)?;
            }
            kiosk.check_selling(booking.from.at, now).map(|_| slip)
        }
        _ => Err(slip_closed(booking)),
    }
}

/// Why nothing can be done any more with a slip, by what has become of it.
pub(in crate::service) fn slip_closed(booking: &Booking) -> Failure {
    Failure::SlipClosed(match (booking.status, &booking.payment) {
        (BookingStatus::Booked, _) | (BookingStatus::Cancelled, Some(_)) => "it was paid already",
        (BookingStatus::Cancelled, None) => "it was given up already",
        (BookingStatus::AwaitingPayment | BookingStatus::Lapsed, _) => {
            "its time is over and the berths were given back"
        }
    })
}
