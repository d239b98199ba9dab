//! The loop of a session: input, replies, live changes and one timer go into the program, and what it wants is done.
//!
//! Nothing ticks: the loop sleeps until something happens. A frame is drawn only when the one before has left, and shows
//! the newest state, so a terminal that stops reading costs one buffer and delays nobody. Calls run as tasks; one that
//! panics is answered as a fault and ends alone.

pub mod abilities;
pub mod console;
pub mod decoder;
pub mod input;
pub mod lot;
pub mod output;
pub mod painter;
pub mod papers;
pub mod player;
mod program;
pub mod recorder;
pub mod ssh;
mod told;

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;

use futures_util::{Stream, StreamExt as _};
use tokio::task::{AbortHandle, JoinSet};

use crate::domain::inventory::RunState;
use crate::domain::train::RunId;
use crate::service::{Attention, Clock, RunWatch, Session};
use crate::terminal::lot::Lot;
use crate::terminal::output::Output;
use crate::terminal::papers::Papers;
use crate::terminal::program::{Ends, Program};
use crate::terminal::recorder::Recordings;
use crate::ui::app::App;
use crate::ui::context::Setup;
use crate::ui::msg::{Msg, Watch};

/// Input that has already come is taken in at most this many pieces before the next frame.
const BURST: usize = 256;

/// The two ends of a terminal, and where documents and recordings go.
#[derive(Debug)]
pub struct Door<I> {
    /// What the person does. Its end is the end of the session.
    pub input: I,
    /// What the person sees.
    pub output: Output,
    /// Where documents go.
    pub papers: Arc<Papers>,
    /// Where the session is recorded, if it is.
    pub recordings: Option<Arc<Recordings>>,
    /// Where the program is kept when the line breaks; without it all is given back.
    pub lot: Option<Arc<Lot>>,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The person left, or the terminal went away.
    Left,
    /// Others ended the visit: the account was closed or changed.
    Expelled,
}

/// Runs a session until the person leaves or the terminal goes away.
///
/// # Errors
/// The terminal could not be written.
pub async fn run<I>(session: Session, clock: Arc<dyn Clock>, setup: Setup, door: Door<I>) -> io::Result<Ended>
where
    I: Stream<Item = Msg> + Unpin,
{
    let Door { mut input, mut output, papers, recordings, lot } = door;
    let _counted = session.counted();
    let begun = clock.now();
    let recorder = recordings.map(|recordings| recordings.begin(&setup, begun));
    let mut program = Program::new(session, clock, App::new(setup, begun), recorder, papers, lot);
    let mut is_new = true;
    let mut redraw = true;
    loop {
        let wake = program.until_wake();
        let msg = tokio::select! {
            // A frame comes last: what has already happened belongs on it.
            biased;
            msg = input.next() => msg.unwrap_or(Msg::HangUp),
            () = program.session.expelled() => Msg::Expelled,
            () = Program::something_is_left(&mut program.news) => {
                is_new = true;
                Msg::Wake
            }
            msg = Program::other_rules(&mut program.rules) => msg,
            msg = Program::other_banners(&mut program.banners, &program.session) => msg,
            Some(done) = program.tasks.join_next_with_id() => program.finished(done),
            msg = program.told.next() => msg,
            Some(state) = program.watches.next() => match state {
                Some(state) => Msg::Live(state),
                None => continue,
            },
            () = tokio::time::sleep(wake.unwrap_or_default()), if wake.is_some() => Msg::Wake,
            free = output.free(), if redraw => match free.and_then(|()| output.paint(&program.app)) {
                Ok(()) => {
                    redraw = false;
                    continue;
                }
                // What is written to has often gone before what is read from.
                Err(_) if program.is_kept() => Msg::HangUp,
                Err(error) => return Err(error),
            },
        };
        redraw = true;
        let mut burst = 1;
        let mut next = Some(msg);
        while let Some(msg) = next {
            if let Msg::Resize(size) = msg {
                output.resize(size);
            }
            let ends = match msg {
                Msg::HangUp if program.is_kept() => return Box::pin(program.park(output)).await,
                msg => program.take(msg, &mut output),
            };
            if ends == Ends::Now {
                return Box::pin(program.farewell(output)).await;
            }
            if std::mem::take(&mut is_new) && program.look_for_what_was_left(&mut output) == Ends::Now {
                return program.farewell(output).await;
            }
            let more = if burst < BURST { waiting(&mut input).await } else { None };
            next = more.map(|msg| msg.unwrap_or(Msg::HangUp));
            burst += 1;
        }
    }
}

/// What has already come, without waiting. It is polled as this task: a stream that wakes only whoever asked last, as
/// crossterm's does, would else wake nobody.
async fn waiting<I: Stream<Item = Msg> + Unpin>(input: &mut I) -> Option<Option<Msg>> {
    poll_fn(|cx| match input.poll_next_unpin(cx) {
        Poll::Ready(msg) => Poll::Ready(Some(msg)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// The runs on the screen, each followed by a task.
#[derive(Default)]
struct Watches {
    tasks: JoinSet<(RunWatch, Option<Arc<RunState>>)>,
    followed: HashMap<RunId, (Attention, AbortHandle)>,
}

impl Watches {
    /// Follows what is on the screen now and nothing else.
    fn follow(&mut self, session: &Session, wanted: &[Watch]) {
        self.followed.retain(|run, (attention, task)| {
            let wanted = wanted.iter().any(|watch| watch.run == *run && watch.attention == *attention);
            if !wanted {
                task.abort();
            }
            wanted
        });
        for watch in wanted {
            if !self.followed.contains_key(&watch.run) {
                let task = self.listen(session.watch(watch.run, watch.attention));
                self.followed.insert(watch.run, (watch.attention, task));
            }
        }
    }

    fn listen(&mut self, mut watch: RunWatch) -> AbortHandle {
        self.tasks.spawn(async move {
            let state = watch.changed().await;
            (watch, state)
        })
    }

    /// The next change; `None` inside when a run ended to be followed, outside when there is nothing to follow.
    async fn next(&mut self) -> Option<Option<Arc<RunState>>> {
        let Ok((id, (watch, Some(state)))) = self.tasks.join_next_with_id().await? else { return Some(None) };
        // A task that was aborted too late speaks of a run that is followed no more, or by another task by now.
        let Some((attention, task)) = self.followed.get(&state.run) else { return Some(None) };
        if task.id() != id {
            return Some(None);
        }
        let attention = *attention;
        let task = self.listen(watch);
        self.followed.insert(state.run, (attention, task));
        Some(Some(state))
    }
}
