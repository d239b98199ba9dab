//! Berths of a coach that are off sale, with the reason.

use std::collections::BTreeSet;

use super::coach_item::{BLOCKED, coach_state};
use super::expression::CoachWrite;
use super::requests::Written;
use super::{Plan, plan_of};
use crate::domain::coach::CoachId;
use crate::domain::inventory::CoachState;
use crate::store::{Store, StoreError};

/// How often it is written anew because somebody changed the coach meanwhile.
const ATTEMPTS: u32 = 64;

/// Berths to be taken off sale for a reason, or to be put on sale again where there is none.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Their coach.
    pub coach: CoachId,
    /// Their numbers.
    pub berths: &'a BTreeSet<u8>,
    /// Why.
    pub reason: Option<&'a str>,
}

impl Store {
    /// Changes which berths of a coach are off sale; the coach as it is then. Repeating it changes nothing.
    ///
    /// # Errors
    ///
    /// `Conflict` when the run goes by another plan by now.
    pub async fn block(&self, plan: &Plan, block: Block<'_>, state: &CoachState) -> Result<CoachState, StoreError> {
        let mut state = state.clone();
        for _ in 0..ATTEMPTS {
            let mut blocked = state.blocked.clone();
            for berth in block.berths {
                match block.reason {
                    Some(reason) => blocked.insert(*berth, reason.to_owned()),
                    None => blocked.remove(berth),
                };
            }
            if blocked == state.blocked {
                return Ok(state);
            }
            // The map is written whole, so nothing of the coach may have changed since it was read.
            let write = CoachWrite::blocking(block.coach, plan, &blocked).at_rev(state.rev);
            match self.update_coach(plan.run, &write).await? {
                Written::Done(item) => return coach_state(&item),
                Written::Refused(old) if plan_of(&old).is_some_and(|other| other != plan.text()) => {
                    return Err(StoreError::Conflict { what: format!("the plan of coach {}", block.coach) });
                }
                Written::Refused(old) => state = coach_state(&old)?,
            }
        }
        Err(StoreError::Conflict { what: format!("coach {} ({BLOCKED})", block.coach) })
    }
}
