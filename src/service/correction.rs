//! Changes of a booking that take nothing of its run: a name that is put right, for an agent who has seen the identity card,
//! and another point of boarding.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::boarding;
use crate::domain::booking::{Booking, OpId};
use crate::domain::correction::Correction;
use crate::domain::inventory::RunState;
use crate::domain::pnr::Pnr;
use crate::domain::station::StationCode;
use crate::domain::user::AccountId;
use crate::service::booking::{changeable, second};
use crate::service::receipt_outbox;
use crate::service::refund::first_chart;
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Reply};
use crate::service::session::Session;
use crate::store::runs::{Before, Commit, Plan, Transition};

/// How often a booking is read again because it has changed under the attempt.
const READS: u32 = 16;

/// By which action something is done, when, and by whom.
type Doer = (OpId, DateTime<Utc>, Option<AccountId>);

/// Puts a name right, once. The receipt is made anew; the code of the ticket has no name in it and stays good.
pub(super) async fn correct_name(
    session: &Session,
    op: OpId,
    pnr: Pnr,
    correction: &Correction,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    amend(session, op, pnr, "booking.correct-name", |booking, run, who| {
        Ok(correction.of(booking, first_chart(kiosk, run), who)?)
    })
    .await
}

/// Has a party board at a later halt, once. The receipt and the code of the ticket are made anew, and the chart says where. The
/// coaches stay as they are: the berths are paid for from the first halt on.
pub(super) async fn change_boarding(
    session: &Session,
    op: OpId,
    pnr: Pnr,
    station: StationCode,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let timetable = kiosk.timetable();
    amend(session, op, pnr, "booking.change-boarding", |booking, run, who| {
        let name = |code| timetable.stations().name(code);
        Ok(boarding::moved(booking, (&run.train, name), first_chart(kiosk, run), station, who)?)
    })
    .await
}

/// Writes a booking as `decide` has it, on condition that it is as that has seen it.
async fn amend(
    session: &Session,
    op: OpId,
    pnr: Pnr,
    action: &'static str,
    decide: impl Fn(&Booking, &RunState, Doer) -> Result<Booking, Failure>,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    for _ in 0..READS {
        let booking = changeable(session, pnr).await?;
        let after = if booking.was_done(op) {
            booking
        } else {
            let run = kiosk.known_run(booking.run).await?;
            let who = (op, second(kiosk.now()), session.who().account());
            let after = decide(&booking, &run.state, who)?;
            let before = Before::Version(booking.version);
            let transition = Transition { before, ..kiosk.transition(&after) };
            let commit = kiosk.commit(&Plan::of(&run.state), &transition).await;
            match commit.map_err(|error| refuse("change a booking", &error))? {
                Commit::Done => after,
                Commit::Found(found) if found.was_done(op) => *found,
                Commit::Found(_) | Commit::Moved(_) | Commit::QueueMoved | Commit::TillMoved => continue,
            }
        };
        receipt_outbox::post(kiosk, &after);
        kiosk.record_change(session, action, op, &after);
        return Ok(Reply::Booking(Arc::new(after)));
    }
    Err(Failure::Busy)
}
