//! The loop of a session: input, replies, live changes and one timer go into the program, and what it wants is done.
//!
//! Nothing ticks: the loop sleeps until something happens. A frame is drawn only when the one before has left, and shows
//! the newest state, so a terminal that stops reading costs one buffer and delays nobody. Calls run as tasks; one that
//! panics is answered as a fault and ends alone.

pub mod abilities;
pub mod console;
pub mod decoder;
pub mod input;
pub mod output;
pub mod painter;
pub mod papers;
pub mod player;
pub mod recorder;
pub mod ssh;

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use crate::domain::inventory::RunState;
use crate::domain::train::RunId;
use crate::service::request::{Failure, Reply};
use crate::service::{Attention, Clock, RunWatch, Session};
use crate::terminal::output::Output;
use crate::terminal::papers::Papers;
use crate::terminal::recorder::{Recorder, Recordings};
use crate::ui::app::App;
use crate::ui::context::Setup;
use crate::ui::msg::{CallId, Effect, Msg, OpenFailed, Opened, Watch};

/// How long a session that ends waits for its last calls, such as giving berths back.
const FAREWELL: Duration = Duration::from_secs(5);

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
}

/// Runs a session until the person leaves or the terminal goes away.
///
/// # Errors
/// The terminal could not be written.
pub async fn run<I>(session: Session, clock: Arc<dyn Clock>, setup: Setup, door: Door<I>) -> io::Result<()>
where
    I: Stream<Item = Msg> + Unpin,
{
    let Door { mut input, mut output, papers, recordings } = door;
    let begun = clock.now();
    let recorder = recordings.map(|recordings| recordings.begin(&setup, begun));
    let app = App::new(setup, begun);
    let mut program = Program { session, clock, app, recorder, papers, tasks: JoinSet::new(), calls: HashMap::new() };
    let mut watches = Watches::default();
    let mut redraw = true;
    loop {
        let wake = program.until_wake();
        let msg = tokio::select! {
            // A frame comes last: what has already happened belongs on it.
            biased;
            msg = input.next() => msg.unwrap_or(Msg::HangUp),
            Some(done) = program.tasks.join_next_with_id() => program.finished(done),
            Some(state) = watches.next() => match state {
                Some(state) => Msg::Live(state),
                None => continue,
            },
            () = tokio::time::sleep(wake.unwrap_or_default()), if wake.is_some() => Msg::Wake,
            free = output.free(), if redraw => {
                free?;
                output.paint(&program.app)?;
                redraw = false;
                continue;
            }
        };
        redraw = true;
        let mut burst = 1;
        let mut next = Some(msg);
        while let Some(msg) = next {
            if let Msg::Resize(size) = msg {
                output.resize(size);
            }
            if program.take(msg, &mut output) == Ends::Now {
                return program.farewell(output).await;
            }
            // After each: the program forgets a run that it stops watching, and who comes back to it is told it anew.
            watches.follow(&program.session, &program.app.watch());
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

/// Whether the session goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Now,
    NotYet,
}

/// The program and what it has under way.
struct Program {
    session: Session,
    clock: Arc<dyn Clock>,
    app: App,
    recorder: Option<Recorder>,
    papers: Arc<Papers>,
    tasks: JoinSet<Done>,
    /// The call of each task: a task that panics still has to be answered.
    calls: HashMap<Id, CallId>,
}

/// What a task brings back.
enum Done {
    Reply(CallId, Box<Result<Reply, Failure>>),
    Opened(Result<Opened, OpenFailed>),
}

impl Program {
    fn take(&mut self, msg: Msg, output: &mut Output) -> Ends {
        let (mut ends, now) = (Ends::NotYet, self.clock.now());
        if let Some(recorder) = &mut self.recorder {
            recorder.take(now, &self.app, &msg);
        }
        for effect in self.app.update(now, msg) {
            match effect {
                Effect::Call(id, request) => {
                    let session = self.session.clone();
                    let call = async move { Done::Reply(id, Box::new(session.call(request).await)) };
                    let task = self.tasks.spawn(call);
                    self.calls.insert(task.id(), id);
                }
                Effect::Open(document, how) => {
                    let papers = Arc::clone(&self.papers);
                    self.tasks.spawn(async move { Done::Opened(papers.deliver(&document, how).await) });
                }
                Effect::Bell => output.ring(),
                Effect::Quit => ends = Ends::Now,
            }
        }
        ends
    }

    fn finished(&mut self, done: Result<(Id, Done), JoinError>) -> Msg {
        match done {
            Ok((task, Done::Reply(id, answer))) => {
                self.calls.remove(&task);
                Msg::Reply(id, *answer)
            }
            Ok((_, Done::Opened(outcome))) => Msg::Opened(outcome),
            Err(fault) => {
                tracing::error!(%fault, "a call ended without an answer");
                match self.calls.remove(&fault.id()) {
                    Some(id) => Msg::Reply(id, Err(Failure::Internal { reference: format!("call {}", id.0) })),
                    None => Msg::Opened(Err(OpenFailed("The document could not be opened: try again.".to_owned()))),
                }
            }
        }
    }

    fn until_wake(&self) -> Option<Duration> {
        let wait = |at: DateTime<Utc>| (at - self.clock.now()).to_std().unwrap_or(Duration::ZERO);
        self.app.next_wake().map(wait)
    }

    /// Lets what is under way end: a sign-out gives berths back, and a payment must not be cut off.
    async fn farewell(mut self, output: Output) -> io::Result<()> {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, all).await.is_err() {
            tracing::warn!("the session ended before all of its calls were answered");
        }
        if let Some(recorder) = self.recorder {
            recorder.finish(self.clock.now()).await;
        }
        output.finish().await;
        Ok(())
    }
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
