//! Takes berths of a run off sale with a reason, and puts them on sale again.
//!
//! Who has such a berth already keeps it: nothing more of it is sold. The write of a sale asks that its berths are not
//! blocked, so that none passes unseen.

use crate::domain::coach::{Coach, CoachId};
use crate::domain::text::is_hidden;
use crate::domain::train::RunId;
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Reply};
use crate::service::session::Session;
use crate::service::waitlist;
use crate::store::StoreError;
use crate::store::runs::{Block, Plan};

/// The longest reason in characters.
const LONGEST_REASON: usize = 40;
/// How often a run is settled anew because somebody settled it otherwise.
const ATTEMPTS: u32 = 16;

/// Blocks berths for a reason, or unblocks them where there is none. Repeating it changes nothing.
pub(super) async fn block(
    session: &Session,
    run: RunId,
    coach: CoachId,
    berths: &[u8],
    reason: Option<&str>,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let reason = reason.map(str::trim);
    if reason
        .is_some_and(|reason| !(1..=LONGEST_REASON).contains(&reason.chars().count()) || reason.chars().any(is_hidden))
    {
        return Err(Failure::BadReason);
    }
    let mut read = kiosk.known_run(run).await?;
    for _ in 0..ATTEMPTS {
        let known = read.state.train.coach(coach).is_some_and(|coach| has_all(*coach, berths));
        if !known {
            return Err(Failure::NoSuchBerth);
        }
        // What is blocked is kept with the coach, and a coach with the version by which its run is sold.
        if kiosk.pin(&mut read).await? {
            break;
        }
        read = kiosk.known_run(run).await?;
    }
    let plan = Plan::of(&read.state);
    let block = Block { coach, berths, reason };
    let blocked = kiosk.store().block(&plan, block, read.state.coach(coach)).await;
    let state = blocked.map_err(|error| match error {
        StoreError::Conflict { .. } => Failure::Busy,
        error => refuse("block berths", &error),
    })?;
    let is_fenced = state.fenced;
    kiosk.announce_coaches(&plan, vec![(coach, state)], vec![coach]);
    let (action, note) = match reason {
        Some(reason) => ("run.block", format!("{coach} {}: {reason}", listed(berths))),
        None => ("run.unblock", format!("{coach} {}", listed(berths))),
    };
    kiosk.record(session, action, Some(run.to_string()), Some(note));
    if reason.is_none() && is_fenced {
        // What is on sale again is theirs first who wait.
        waitlist::promote_freed(kiosk, run, read.state.train.coach(coach).map(Coach::class));
    }
    Ok(Reply::Done)
}

fn has_all(coach: Coach, berths: &[u8]) -> bool {
    !berths.is_empty() && berths.iter().all(|berth| (1..=coach.berths()).contains(berth))
}

fn listed(berths: &[u8]) -> String {
    berths.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
}
