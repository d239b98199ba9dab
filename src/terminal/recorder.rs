//! Recording sessions into files, each as it goes on (what is in them, and what never is: `ui::recording`).
//!
//! A session never waits for its recording: lines go through a bounded channel to a task that writes them. When the disk
//! is full or too slow the recording stops, says so once in the log, and the session goes on. What a program was about to
//! take is written before it does, so that a recording holds the message by which it fell.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;

use crate::ui::app::App;
use crate::ui::context::Setup;
use crate::ui::msg::Msg;
use crate::ui::recording::{End, Scribe};

/// Lines on their way to the disk: twice what a session takes in without a pause.
const WAITING: usize = 2 * super::BURST;

/// How long a session that ends waits for the rest to be written.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Room that is kept for the last line.
const END: usize = 128;

/// Where sessions are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recordings {
    folder: PathBuf,
    /// The most bytes of a recording.
    limit: usize,
}

impl Recordings {
    /// Recordings in a folder that exists, each of at most so many units of 2^20 bytes.
    pub fn new(folder: &Path, megabytes: usize) -> Self {
        Self::with_limit(folder, megabytes << 20)
    }

    /// The same with at most so many bytes; the header and the last line are written at any rate.
    pub fn with_limit(folder: &Path, limit: usize) -> Self {
        Self { folder: folder.to_owned(), limit }
    }

    /// Begins a session's recording.
    pub(super) fn begin(&self, setup: &Setup, now: DateTime<Utc>) -> Recorder {
        let path = self.folder.join(name(&setup.terminal.id, now));
        let (lines, waiting) = mpsc::channel(WAITING);
        let written = tokio::spawn(async move {
            if let Err(error) = write(&path, waiting).await {
                tracing::warn!(path = %path.display(), %error, "a recording was stopped: it cannot be written");
            }
        });
        let mut recorder = Recorder { scribe: Scribe::default(), room: self.limit, lines: Some(lines), written };
        recorder.send(Scribe::header(setup, now));
        recorder
    }
}

/// A name that no other session has: the moment, the terminal, and chance.
fn name(terminal: &str, now: DateTime<Utc>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let terminal: String = terminal.chars().map(plain).collect();
    format!("{}-{terminal}-{:08x}.jsonl", now.format("%Y%m%dT%H%M%SZ"), rand::random::<u32>())
}

/// The recording of one session.
#[derive(Debug)]
pub(super) struct Recorder {
    scribe: Scribe,
    /// How many bytes more there may be.
    room: usize,
    /// Where lines go; nowhere once the recording has ended, before the session or with it.
    lines: Option<Sender<Vec<u8>>>,
    written: JoinHandle<()>,
}

impl Recorder {
    /// Records what a program, as it is now, is about to take.
    pub fn take(&mut self, now: DateTime<Utc>, app: &App, msg: &Msg) {
        if self.lines.is_none() {
            return;
        }
        let line = self.scribe.message(now, app, msg);
        if line.len() + END <= self.room {
            self.send(line);
        } else {
            self.send(Scribe::end(now, End::Full));
            self.lines = None;
        }
    }

    fn send(&mut self, line: Vec<u8>) {
        self.room = self.room.saturating_sub(line.len());
        let Some(lines) = &self.lines else { return };
        if let Err(refused) = lines.try_send(line) {
            if matches!(refused, mpsc::error::TrySendError::Full(_)) {
                tracing::warn!("a recording was stopped: the disk is slower than the session");
            }
            self.lines = None;
        }
    }

    /// Writes the last line, and waits a moment for all of them.
    pub async fn finish(mut self, now: DateTime<Utc>) {
        self.send(Scribe::end(now, End::Over));
        self.lines = None;
        if tokio::time::timeout(LAST_LINES, self.written).await.is_err() {
            tracing::warn!("the session ended before all of its recording was written");
        }
    }
}

/// Writes lines to a new file until there are no more.
async fn write(path: &Path, mut lines: Receiver<Vec<u8>>) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(path).await?;
    let mut came = Vec::new();
    while lines.recv_many(&mut came, WAITING).await > 0 {
        file.write_all(&came.concat()).await?;
        file.flush().await?;
        came.clear();
    }
    Ok(())
}
