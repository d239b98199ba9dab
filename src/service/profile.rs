//! What the holder of an account keeps with it: their name and number, and for whom they book. It is their own alone; an
//! administrator does not see it.

use crate::domain::profile::{Profile, ProfileChange};
use crate::domain::time::railway_time;
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Reply};
use crate::service::session::Session;
use crate::store::StoreError;

/// How often a profile is read again because it has changed under the attempt.
const READS: u32 = 8;

/// The caller's own.
pub(super) async fn show(session: &Session) -> Result<Reply, Failure> {
    let account = session.who().account().ok_or(Failure::SignedOut)?;
    let failed = |error| refuse("read a profile", &error);
    let store = session.kiosk().store();
    let holder = store.account(account).await.map_err(failed)?.ok_or(Failure::SignedOut)?;
    let profile = store.profile(account).await.map_err(failed)?;
    Ok(Reply::Profile { email: holder.email, profile: Box::new(profile) })
}

/// Changes the caller's own. A change that an earlier attempt has made is found made.
pub(super) async fn change(session: &Session, change: &ProfileChange) -> Result<Reply, Failure> {
    let account = session.who().account().ok_or(Failure::SignedOut)?;
    let kiosk = session.kiosk();
    let today = railway_time(kiosk.now()).date();
    let failed = |error| refuse("change a profile", &error);
    for _ in 0..READS {
        let profile = kiosk.store().profile(account).await.map_err(failed)?;
        let changed = profile.changed(change, today)?;
        if changed == profile {
            return Ok(Reply::ProfileChanged(Box::new(profile)));
        }
        match kiosk.store().save_profile(account, &changed).await {
            Ok(written) => {
                kiosk.record(session, "profile.change", Some(account.to_string()), Some(words(change, &profile)));
                return Ok(Reply::ProfileChanged(Box::new(written)));
            }
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(Failure::Busy)
}

/// What was changed, as the log has it: nobody's name or number.
fn words(change: &ProfileChange, before: &Profile) -> String {
    let kind = match change {
        ProfileChange::Contact { .. } => "name and number",
        ProfileChange::Save { person, .. } if before.people.iter().any(|known| known.id == person.id) => {
            "person changed"
        }
        ProfileChange::Save { .. } => "person added",
        ProfileChange::Remove(_) => "person removed",
    };
    kind.to_owned()
}
