//! Who waits for a berth of a run, for the railway's staff.

use crate::domain::train::RunId;
use crate::domain::waitlist::{Queued, in_turn};
use crate::service::refusal::refuse;
use crate::service::request::{Failure, InLine, Reply};
use crate::service::session::Session;

/// Everybody in the queues of a run, in the order in which they are served.
pub(in crate::service) async fn list(session: &Session, run: RunId) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let train = kiosk.known_run(run).await?.state.train;
    let entries = kiosk.store().entries(run).await.map_err(|error| refuse("read the queues", &error))?;
    let in_line = |who: Queued| {
        let (from, to) = train.ends(who.leg)?;
        Some(InLine { who, from: from.station, to: to.station })
    };
    Ok(Reply::Queue(in_turn(&entries).into_iter().filter_map(in_line).collect()))
}
