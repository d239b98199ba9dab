//! The door for whoever comes over a network: an SSH server in this process.
//!
//! Each connection has one task of the protocol and, once somebody is in, one of the program; a fault in either ends that
//! connection alone. Everything that a client can make us keep is bounded: connections in all and by address, the time
//! until somebody is in and without a terminal, attempts, one channel each, the input that waits, and one frame on its way.

mod caller;
mod exec;
mod guard;
pub mod host_key;
mod line;
mod show;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use russh::keys::PrivateKey;
use russh::server::run_stream;
use russh::{MethodKind, MethodSet};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::domain::terminal::{Terminal, TerminalKind};
use crate::service::Kiosk;
use crate::service::request::Identity;
use crate::terminal::abilities::Abilities;
use crate::terminal::lot::Lot;
use crate::terminal::recorder::Recordings;
use crate::terminal::ssh::caller::{Caller, Ways};
use crate::terminal::ssh::guard::{Guard, Seat};
use crate::terminal::ssh::line::Line;
use crate::ui::context::Setup;

pub use guard::Room;

/// How long a rejected attempt takes, whatever the reason, so that its time tells nothing.
const REJECTION: Duration = Duration::from_secs(1);

/// How often in one connection somebody may try to get in.
const ATTEMPTS: usize = 6;

/// After so long without a word a client is asked for one, and so often before it is dropped: after a minute, so that
/// whoever comes back from a dead line is soon asked whether they go on.
const ASKED_AFTER: Duration = Duration::from_secs(30);
const ASKED: usize = 1;

/// Nothing at all came and went for so long: only this ends a write that is stuck.
const DEAD_AFTER: Duration = Duration::from_mins(5);

/// What may wait in the kernel for a client that reads slowly, in bytes.
const SEND_BUFFER: usize = 32 * 1024;

/// What a session asks of a client's window and packets: people type, and paste a page at most.
const WINDOW: u32 = 64 * 1024;

/// How long connections may take to end once they are told to.
pub const GOODBYE: Duration = Duration::from_secs(10);

/// How long a pause is after a connection could not be taken, such as for want of file descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// What a session begins with, by what its terminal can, where it is and who came.
pub type MakeSetup = dyn Fn(&Abilities, Terminal, Option<Identity>) -> Setup + Send + Sync;

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Until somebody is in, from then until they have a terminal or an errand, and after it until they are gone.
    pub grace: Duration,
    /// A whole session, however busy.
    pub lifetime: Duration,
    /// Between the notice that the server closes and the end of every session.
    pub notice: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { grace: Duration::from_secs(30), lifetime: Duration::from_hours(12), notice: Duration::from_secs(20) }
    }
}

/// What all connections share.
pub struct Site {
    /// What is sold.
    pub kiosk: Kiosk,
    /// What a session begins with.
    pub setup: Box<MakeSetup>,
    /// Where sessions are recorded, if they are.
    pub recordings: Option<Arc<Recordings>>,
    /// The name with which anybody comes in without a password, as a guest.
    pub guest: Option<String>,
    /// How many there may be.
    pub room: Room,
    /// How long things may take.
    pub times: Times,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site")
            .field("recordings", &self.recordings)
            .field("guest", &self.guest)
            .field("room", &self.room)
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}

/// Serves until `closing`: then nobody new comes in, and who is in is given notice and a moment. What fails for one
/// connection is that one's.
pub async fn serve(listener: TcpListener, keys: Vec<PrivateKey>, site: Arc<Site>, closing: CancellationToken) {
    let (config, guard) = (Arc::new(config(keys)), Guard::new(site.room));
    let notice = TimeDelta::from_std(site.times.notice).unwrap_or(TimeDelta::zero());
    let (connections, hang_up) = (TaskTracker::new(), CancellationToken::new());
    let lot = Arc::new(Lot::default());
    loop {
        let taken = tokio::select! {
            () = closing.cancelled() => break,
            taken = listener.accept() => taken,
        };
        let (stream, peer) = match taken {
            Ok(taken) => taken,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                sleep(BREATH).await;
                continue;
            }
        };
        let Some(seat) = guard.admit(peer.ip()) else {
            tracing::info!(%peer, "a connection was turned away: there are too many");
            continue;
        };
        let ways = Ways {
            closing: closing.clone(),
            notice,
            leave: hang_up.child_token(),
            lot: Arc::clone(&lot),
            begun: CancellationToken::new(),
            done: CancellationToken::new(),
        };
        connections.spawn(attend(stream, peer, seat, Arc::clone(&config), Arc::clone(&site), ways));
    }
    drop(listener);
    // Nobody comes back to this process.
    lot.close();
    connections.close();
    if timeout(site.times.notice, connections.wait()).await.is_err() {
        hang_up.cancel();
        if timeout(GOODBYE, connections.wait()).await.is_err() {
            tracing::warn!("connections were cut off that did not end");
        }
    }
}

/// One connection, from its first byte to its last.
async fn attend(
    stream: TcpStream,
    peer: SocketAddr,
    mut seat: Seat,
    config: Arc<russh::server::Config>,
    site: Arc<Site>,
    ways: Ways,
) {
    if let Err(error) = prepare(&stream) {
        tracing::debug!(%peer, %error, "a connection was gone at once");
        return;
    }
    let Times { grace, lifetime, .. } = site.times;
    let (cut, entered) = (CancellationToken::new(), CancellationToken::new());
    let line = Line::new(stream, cut.clone());
    let caller = Caller::new(Arc::clone(&site), peer, entered.clone(), ways.clone());
    let begun = tokio::time::Instant::now();
    // Until somebody's client has said what it is, nothing but time runs.
    let running = tokio::select! {
        running = timeout(grace, run_stream(config, line, caller)) => running,
        () = ways.closing.cancelled() => return,
    };
    let mut running = match running {
        Ok(Ok(running)) => running,
        Ok(Err(error)) => return tracing::debug!(%peer, %error, "not a client"),
        Err(_) => return tracing::info!(%peer, "a connection said nothing"),
    };
    let is_in = tokio::select! {
        _ = &mut running => return,
        () = entered.cancelled() => true,
        () = tokio::time::sleep_until(begun + grace) => false,
        () = ways.closing.cancelled() => false,
    };
    if is_in {
        seat.is_known();
        tokio::select! {
            ended = &mut running => {
                if let Err(error) = ended {
                    tracing::debug!(%peer, %error, "a connection broke");
                }
                return;
            }
            () = idle(&ways, grace) => {
                tracing::info!(%peer, "a connection was kept for nothing");
                cut.cancel();
            }
            () = sleep(lifetime) => tracing::info!(%peer, "a session had its time"),
            () = ways.leave.cancelled() => {}
        }
        // The program says goodbye itself; a client that does not listen is cut off.
        ways.leave.cancel();
        if timeout(GOODBYE, &mut running).await.is_ok() {
            return;
        }
    } else {
        tracing::info!(%peer, "nobody came in in time");
    }
    cut.cancel();
    let _ = running.await;
}

/// Waits until a client that is in has had a grace without a terminal or an errand: before the first, or after the last.
async fn idle(ways: &Ways, grace: Duration) {
    if timeout(grace, ways.begun.cancelled()).await.is_ok() {
        ways.done.cancelled().await;
        sleep(grace).await;
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    socket2::SockRef::from(stream).set_send_buffer_size(SEND_BUFFER)
}

fn config(keys: Vec<PrivateKey>) -> russh::server::Config {
    russh::server::Config {
        methods: MethodSet::from(&[MethodKind::None, MethodKind::PublicKey, MethodKind::Password][..]),
        auth_rejection_time: REJECTION,
        // A client's first question is what ways there are: that gives nothing away.
        auth_rejection_time_initial: Some(Duration::ZERO),
        max_auth_attempts: ATTEMPTS,
        keys,
        window_size: WINDOW,
        maximum_packet_size: WINDOW / 2,
        channel_buffer_size: 8,
        event_buffer_size: 4,
        inactivity_timeout: Some(DEAD_AFTER),
        keepalive_interval: Some(ASKED_AFTER),
        keepalive_max: ASKED,
        nodelay: true,
        ..russh::server::Config::default()
    }
}

/// The terminal of a connection.
fn terminal() -> Terminal {
    Terminal { id: format!("SSH-{:08X}", rand::random::<u32>()), station: None, kind: TerminalKind::Desk }
}
