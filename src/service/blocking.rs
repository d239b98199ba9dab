//! Takes berths of a run off sale with a reason, and puts them on sale again.
//!
//! Who has such a berth already keeps it: nothing more of it is sold. The write of a sale asks that its berths are not
//! blocked, so that none passes unseen.

use std::collections::BTreeSet;

use crate::domain::berth_list::{Berths, written};
use crate::domain::coach::{BerthRef, Class, Coach, CoachId};
use crate::domain::inventory::{CoachState, RunState};
use crate::domain::text::is_hidden;
use crate::domain::train::RunId;
use crate::service::refusal::refuse;
use crate::service::request::{Blocked, Failure, Reply};
use crate::service::session::Session;
use crate::service::waitlist;
use crate::store::StoreError;
use crate::store::runs::{Block, Plan};

/// The longest reason in characters.
const LONGEST_REASON: usize = 40;
/// How often a run is settled anew because somebody settled it otherwise.
const ATTEMPTS: u32 = 16;

/// Blocks berths for a reason, or unblocks them where there is none. Repeating it changes nothing.
///
/// Nothing is done where one of the berths is not of the run. Each coach is a write of its own: one of which the write does
/// not get through is named, and the others are done all the same.
pub(super) async fn block(
    session: &Session,
    run: RunId,
    berths: &Berths,
    reason: Option<&str>,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let reason = reason.map(str::trim);
    if reason
        .is_some_and(|reason| !(1..=LONGEST_REASON).contains(&reason.chars().count()) || reason.chars().any(is_hidden))
    {
        return Err(Failure::BadReason);
    }
    kiosk.check_current()?;
    let mut read = kiosk.known_run(run).await?;
    for _ in 0..ATTEMPTS {
        if !has_all(&read.state, berths) {
            return Err(Failure::NoSuchBerth);
        }
        // What is blocked is kept with the coach, and a coach with the version by which its run is sold.
        if kiosk.pin(&mut read).await? {
            break;
        }
        read = kiosk.known_run(run).await?;
    }
    let plan = Plan::of(&read.state);
    let (mut blocked, mut coaches) = (Blocked::default(), Vec::new());
    for (coach, numbers) in berths {
        let block = Block { coach: *coach, berths: numbers, reason };
        match kiosk.store().block(&plan, block, read.state.coach(*coach)).await {
            Ok(state) => {
                let taken = numbers.iter().filter(|number| !state.taken(**number, kiosk.now()).is_empty());
                blocked.sold.extend(taken.map(|number| BerthRef { coach: *coach, number: *number }));
                blocked.done.insert(*coach, numbers.clone());
                coaches.push((*coach, state));
            }
            Err(StoreError::Conflict { .. }) => blocked.left.push((*coach, Failure::Busy)),
            Err(error) => blocked.left.push((*coach, refuse("block berths", &error))),
        }
    }
    if coaches.is_empty() {
        return Err(blocked.left.pop().map_or(Failure::NoSuchBerth, |(_, failure)| failure));
    }
    let (action, note) = match reason {
        Some(reason) => ("run.block", format!("{}: {reason}", written(&blocked.done))),
        None => ("run.unblock", written(&blocked.done)),
    };
    kiosk.record(session, action, Some(run.to_string()), Some(note));
    if reason.is_none() {
        // What is on sale again is theirs first who wait.
        waitlist::promote_freed(kiosk, run, fenced(&read.state, &coaches));
    }
    let touched = blocked.done.keys().copied().collect();
    kiosk.announce_coaches(&plan, coaches, touched);
    Ok(Reply::Blocked(blocked))
}

/// The classes of coaches for which somebody waits.
fn fenced(run: &RunState, coaches: &[(CoachId, CoachState)]) -> BTreeSet<Class> {
    let fenced = coaches.iter().filter(|(_, state)| state.fenced);
    fenced.filter_map(|(coach, _)| run.train.coach(*coach).map(Coach::class)).collect()
}

fn has_all(run: &RunState, berths: &Berths) -> bool {
    let has = |(coach, numbers): (&CoachId, &BTreeSet<u8>)| {
        let coach = run.train.coach(*coach);
        !numbers.is_empty() && coach.is_some_and(|coach| numbers.iter().all(|one| (1..=coach.berths()).contains(one)))
    };
    !berths.is_empty() && berths.iter().all(has)
}
