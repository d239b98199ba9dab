//! The terminal on which the program was started. It is restored when the session ends, fails or panics.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, EventStream,
};
use crossterm::style::ResetColor;
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, queue};
use futures_util::{StreamExt as _, stream};
use ratatui::layout::Size;
use tokio::signal::unix::{SignalKind, signal};

use crate::service::{Clock, Session};
use crate::terminal::output::Output;
use crate::terminal::papers::Papers;
use crate::terminal::recorder::Recordings;
use crate::terminal::{Door, input};
use crate::ui::context::Setup;
use crate::ui::msg::Msg;

/// What a session on this terminal needs besides its [`Session`].
pub struct Console {
    /// What the program begins with.
    pub setup: Setup,
    /// Where documents go.
    pub papers: Papers,
    /// The services' clock.
    pub clock: Arc<dyn Clock>,
    /// Where the session is recorded, if it is.
    pub recordings: Option<Recordings>,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("setup", &self.setup).field("papers", &self.papers).finish_non_exhaustive()
    }
}

/// Runs a session on this terminal until the person leaves, the terminal hangs up or the process is told to end.
///
/// # Errors
/// The terminal cannot be set up or written.
pub async fn run(session: Session, console: Console) -> io::Result<()> {
    let Console { mut setup, papers, clock, recordings } = console;
    setup.documents.splice(0..0, papers.ways());
    let (width, height) = terminal::size()?;
    let size = Size { width, height };
    let ends = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit()];
    let hang_ups = stream::select_all(ends.map(signals).into_iter().collect::<io::Result<Vec<_>>>()?);
    let _raw = Raw::enter()?;
    // Events of this terminal end with the first error: then nobody is there.
    let events = EventStream::new().take_while(|event| std::future::ready(event.is_ok()));
    let events = events.filter_map(|event| std::future::ready(event.ok().and_then(input::message)));
    let events = events.chain(stream::once(std::future::ready(Msg::HangUp)));
    let first = stream::once(std::future::ready(Msg::Resize(size)));
    let input = Box::pin(first.chain(stream::select(events, hang_ups)));
    let screen = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let (output, papers) = (Output::on_thread(screen, size)?, Arc::new(papers));
    let door = Door { input, output, papers, recordings: recordings.map(Arc::new), lot: None };
    super::run(session, clock, setup, door).await.map(drop)
}

fn signals(kind: SignalKind) -> io::Result<impl stream::Stream<Item = Msg>> {
    let signals = signal(kind)?;
    let stream =
        stream::unfold(signals, |mut signals| async move { signals.recv().await.map(|()| (Msg::HangUp, signals)) });
    Ok(Box::pin(stream))
}

/// What makes a terminal ready for a program: the same at every door.
pub(super) fn enter_sequence() -> Vec<u8> {
    let mut bytes = Vec::new();
    queue!(bytes, EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste, cursor::Hide)
        .expect("memory takes it");
    bytes
}

/// What gives it back as it was.
pub(super) fn leave_sequence() -> Vec<u8> {
    let mut bytes = Vec::new();
    queue!(bytes, DisableBracketedPaste, DisableMouseCapture, ResetColor, LeaveAlternateScreen, cursor::Show)
        .expect("memory takes it");
    bytes
}

/// A terminal that shows a program. Dropping it restores the terminal.
pub(super) struct Raw;

impl Raw {
    /// Takes the terminal.
    pub fn enter() -> io::Result<Self> {
        restore_on_panic();
        terminal::enable_raw_mode()?;
        let raw = Self;
        TAKEN.store(true, Ordering::SeqCst);
        let mut out = io::stdout();
        out.write_all(&enter_sequence())?;
        out.flush()?;
        Ok(raw)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
    }
}

/// Whether the terminal is as a program needs it, and not as a shell does.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Restores the terminal once: leaving the second screen again would put the cursor back above a panic's message. A
/// terminal that is gone cannot be restored and needs it no more.
fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = out.write_all(&leave_sequence()).and_then(|()| out.flush());
    let _ = terminal::disable_raw_mode();
}

/// A panic's message has to stand on a terminal that shows it. Panics of tasks are caught and do not end the screen.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let main = std::thread::current().id();
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if std::thread::current().id() == main {
                restore();
                before(panic);
            } else {
                tracing::error!(%panic, "a task panicked");
            }
        }));
    });
}
