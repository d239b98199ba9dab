//! Who is here, at all processes of a station: each says now and then in the store how many sessions it has and how many
//! choices of berths they hold, and whoever looks at the whole place adds them up.
//!
//! A process at which nobody is says so once and then nothing, so an idle one writes nothing. What one said is good for
//! [`GOOD_FOR`]: after that it has ended, or cannot reach the store.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;

use crate::service::Kiosk;
use crate::store::StoreError;
use crate::store::processes::Process;

/// How often a process says who is at it.
const EVERY: Duration = Duration::from_secs(20);

/// How long that is good.
const GOOD_FOR: TimeDelta = TimeDelta::seconds(50);

/// What a process says of itself.
#[derive(Default)]
pub(super) struct RollCall {
    id: OnceLock<Uuid>,
    /// Whether it said last that somebody is there.
    named_somebody: AtomicBool,
}

/// Who is here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Here {
    /// At how many processes.
    pub processes: u32,
    /// Sessions at terminals.
    pub sessions: u32,
    /// Choices of berths that they hold.
    pub holds: u32,
}

impl Kiosk {
    /// Says every twenty seconds who is here, until the last handle is dropped.
    pub(super) fn spawn_roll_call(&self) {
        self.spawn_every(EVERY, "the other processes cannot be told who is at this one", |kiosk| async move {
            kiosk.tell_who_is_here().await
        });
    }

    /// Says who is at this process, unless nobody is and that was said.
    ///
    /// # Errors
    ///
    /// The store did not take it; it is said again the next time.
    pub async fn tell_who_is_here(&self) -> Result<(), StoreError> {
        let own = self.own();
        let names_somebody = own.sessions > 0 || own.holds > 0;
        let named = &self.0.roll_call.named_somebody;
        if names_somebody || named.load(Ordering::SeqCst) {
            self.store().put_process(&own).await?;
            named.store(names_somebody, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Who is at all processes: here now, elsewhere when they said it last.
    pub(super) async fn who_is_here(&self) -> Result<Here, StoreError> {
        let own = self.own();
        let others = self.store().processes(own.at - GOOD_FOR).await?;
        let others = others.iter().filter(|other| other.id != own.id && other.sessions + other.holds > 0);
        Ok(others.chain([&own]).fold(Here::default(), |here, process| Here {
            processes: here.processes + 1,
            sessions: here.sessions + process.sessions,
            holds: here.holds + process.holds,
        }))
    }

    fn own(&self) -> Process {
        let now = self.now();
        Process {
            id: *self.0.roll_call.id.get_or_init(|| self.chance().id()),
            at: now,
            sessions: u32::try_from(self.store().metrics().sessions()).unwrap_or_default(),
            holds: u32::try_from(self.0.presence.holds_open(now)).unwrap_or(u32::MAX),
        }
    }
}
