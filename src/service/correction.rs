//! Puts a name on a ticket right, for an agent who has seen the identity card.

use std::sync::Arc;

use crate::domain::booking::OpId;
use crate::domain::correction::Correction;
use crate::domain::pnr::Pnr;
use crate::service::booking::{changeable, second};
use crate::service::receipt_outbox;
use crate::service::refund::first_chart;
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Reply};
use crate::service::session::Session;
use crate::store::runs::{Before, Commit, Plan, Transition};

/// How often a booking is read again because it has changed under the attempt.
const READS: u32 = 16;

/// Puts a name right, once. The receipt is made anew; the code of the ticket has no name in it and stays good.
pub(super) async fn correct_name(
    session: &Session,
    op: OpId,
    pnr: Pnr,
    correction: &Correction,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    for _ in 0..READS {
        let booking = changeable(session, pnr).await?;
        let after = if booking.was_done(op) {
            booking
        } else {
            let run = kiosk.known_run(booking.run).await?;
            let who = (op, second(kiosk.now()), session.who().account());
            let after = correction.of(&booking, first_chart(kiosk, &run.state), who)?;
            let before = Before::Version(booking.version);
            let transition = Transition { before, ..kiosk.transition(&after) };
            let commit = kiosk.store().commit(&Plan::of(&run.state), &transition).await;
            match commit.map_err(|error| refuse("put a name right", &error))? {
                Commit::Done => after,
                Commit::Found(found) if found.was_done(op) => *found,
                Commit::Found(_) | Commit::Moved(_) | Commit::QueueMoved | Commit::TillMoved => continue,
            }
        };
        receipt_outbox::post(kiosk, &after);
        kiosk.record_change(session, "booking.correct-name", op, &after);
        return Ok(Reply::Booking(Arc::new(after)));
    }
    Err(Failure::Busy)
}
