//! The program of a session with all that it has under way: what it wants is done here.

use std::collections::HashMap;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use crate::domain::banner::Banner;
use crate::domain::rules::Rules;
use crate::service::progress::Tell;
use crate::service::request::{Failure, Reply, Request};
use crate::service::{Clock, Session};
use crate::terminal::lot::{Lot, News, Parked};
use crate::terminal::output::Output;
use crate::terminal::papers::Papers;
use crate::terminal::recorder::Recorder;
use crate::terminal::told::Told;
use crate::terminal::{Ended, Watches};
use crate::ui::app::App;
use crate::ui::msg::{CallId, Effect, LeftBehind, Msg, OpenFailed, Opened};

/// How long a session that ends waits for its last calls, such as giving berths back.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long calls may take to be answered when nobody is there any more.
const UNATTENDED: Duration = Duration::from_mins(1);

/// Whether the session goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Now,
    NotYet,
}

/// The program and what it has under way.
pub(super) struct Program {
    pub session: Session,
    clock: Arc<dyn Clock>,
    pub app: App,
    recorder: Option<Recorder>,
    papers: Arc<Papers>,
    lot: Option<Arc<Lot>>,
    pub news: Option<News>,
    /// What was left behind and offered.
    offered: Option<LeftBehind>,
    /// What is shown at terminals.
    pub banners: watch::Receiver<Arc<[Banner]>>,
    /// The railway's rules.
    pub rules: watch::Receiver<Arc<Rules>>,
    pub tasks: JoinSet<Done>,
    /// The call of each task: a task that panics still has to be answered.
    calls: HashMap<Id, CallId>,
    /// How far calls have come that take long.
    pub told: Told,
    pub watches: Watches,
}

/// What a task brings back.
pub(super) enum Done {
    Reply(CallId, Box<Result<Reply, Failure>>),
    Opened(Result<Opened, OpenFailed>),
    Read(Result<String, OpenFailed>),
}

impl Program {
    pub fn new(
        session: Session,
        clock: Arc<dyn Clock>,
        app: App,
        recorder: Option<Recorder>,
        papers: Arc<Papers>,
        lot: Option<Arc<Lot>>,
    ) -> Self {
        let (tasks, calls, told, watches) = (JoinSet::new(), HashMap::new(), Told::default(), Watches::default());
        let news = lot.as_ref().zip(session.identity()).map(|(lot, identity)| lot.news(identity.account));
        let mut banners = session.banners();
        if !banners.borrow().is_empty() {
            banners.mark_changed();
        }
        // Whoever sets a session up has the rules from a moment before.
        let mut rules = session.rules();
        if !rules.borrow().editions().is_empty() {
            rules.mark_changed();
        }
        let offered = None;
        Self { session, clock, app, recorder, papers, lot, news, offered, banners, rules, tasks, calls, told, watches }
    }

    pub fn take(&mut self, msg: Msg, output: &mut Output) -> Ends {
        let (mut ends, now) = (Ends::NotYet, self.clock.now());
        if let Some(recorder) = &mut self.recorder {
            recorder.take(now, &self.app, &msg);
        }
        for effect in self.app.update(now, msg) {
            match effect {
                Effect::Call(id, request) => self.call(id, request),
                Effect::Stop(id) => self.told.stop(id),
                Effect::Open(document, how) => {
                    let papers = Arc::clone(&self.papers);
                    self.tasks.spawn(async move { Done::Opened(papers.deliver(&document, how).await) });
                }
                Effect::Read(path) => {
                    let papers = Arc::clone(&self.papers);
                    self.tasks.spawn(async move { Done::Read(papers.read(&path).await) });
                }
                Effect::Bell => output.ring(),
                Effect::GoOn if self.go_on(output) == Ends::Now => ends = Ends::Now,
                Effect::GoOn => {}
                Effect::Quit => ends = Ends::Now,
            }
        }
        // After each: the program forgets a run that it stops watching, and who comes back to it is told it anew.
        self.watches.follow(&self.session, &self.app.watch());
        ends
    }

    /// Waits until other banners are shown at terminals, and says which are for this one.
    pub async fn other_banners(banners: &mut watch::Receiver<Arc<[Banner]>>, session: &Session) -> Msg {
        match banners.changed().await {
            Ok(()) => Msg::Banners(session.own_banners(&banners.borrow_and_update())),
            // The services are gone: so is whatever there was to show.
            Err(_) => pending().await,
        }
    }

    /// Waits until other rules are published, and says which are.
    pub async fn other_rules(rules: &mut watch::Receiver<Arc<Rules>>) -> Msg {
        match rules.changed().await {
            Ok(()) => Msg::Rules(rules.borrow_and_update().editions().to_vec()),
            // The services are gone: so is whatever would be sold.
            Err(_) => pending().await,
        }
    }

    fn call(&mut self, id: CallId, request: Request) {
        let session = self.session.clone();
        let tell = if request.tells() { self.told.listen(id) } else { Tell::nobody() };
        let call = async move { Done::Reply(id, Box::new(session.call_telling(request, tell).await)) };
        let task = self.tasks.spawn(call);
        self.calls.insert(task.id(), id);
    }

    /// Waits until something more is kept for whoever is here.
    pub async fn something_is_left(news: &mut Option<News>) {
        match news {
            Some(news) => news.next().await,
            None => pending().await,
        }
    }

    /// Asks whoever came in whether they go on with what they left behind, unless they are at something else by now.
    pub fn look_for_what_was_left(&mut self, output: &mut Output) -> Ends {
        let (Some(lot), Some(identity)) = (&self.lot, self.session.identity()) else { return Ends::NotYet };
        // What was left behind came in by a password or a key: whoever is in by a code chooses a password first.
        if identity.must_choose_password {
            return Ends::NotYet;
        }
        let offered = lot.offer(identity.account, self.clock.now()).filter(|_| self.app.left_behind().is_none());
        let Some(left) = offered.filter(|left| self.offered.as_ref() != Some(left)) else { return Ends::NotYet };
        self.offered = Some(left.clone());
        self.take(Msg::LeftBehind(left), output)
    }

    /// What was offered, if it is still there.
    fn what_was_left(&mut self) -> Option<Parked> {
        let (lot, identity) = (self.lot.as_ref()?, self.session.identity()?);
        if identity.must_choose_password {
            return None;
        }
        lot.take(identity.account, &self.offered.take()?, self.clock.now())
    }

    /// Becomes the program that was left behind.
    fn go_on(&mut self, output: &mut Output) -> Ends {
        let Some(Parked { session, app, recorder }) = self.what_was_left() else {
            return self.take(Msg::NothingLeft, output);
        };
        if let Some(own) = std::mem::replace(&mut self.recorder, recorder) {
            tokio::spawn(own.finish(self.clock.now()));
        }
        session.come_back(&self.session);
        let (size, look) = (self.app.world().size, self.app.world().look);
        (self.session, self.app) = (session, app);
        self.rules.mark_changed();
        // Answers to the other one's calls would be taken for this one's.
        (self.tasks, self.calls, self.told, self.watches) =
            (JoinSet::new(), HashMap::new(), Told::default(), Watches::default());
        // First that somebody is there: else it would lock itself for all the time that nobody was.
        let back = self.take(Msg::Back(look), output);
        if back == Ends::Now { back } else { self.take(Msg::Resize(size), output) }
    }

    /// Whether there is something to keep when the line breaks, and where.
    pub fn is_kept(&self) -> bool {
        self.lot.is_some() && self.app.left_behind().is_some()
    }

    /// Waits for what is under way, without anybody there, and leaves the program as it is then.
    pub async fn park(mut self, mut output: Output) -> io::Result<Ended> {
        let left = self.app.left_behind();
        let until = tokio::time::Instant::now() + UNATTENDED;
        while let Ok(Some(done)) = tokio::time::timeout_at(until, self.tasks.join_next_with_id()).await {
            let msg = self.finished(done);
            if self.take(msg, &mut output) == Ends::Now {
                return self.farewell(output).await;
            }
        }
        // What is held by now goes before what was.
        let left = self.app.left_behind().or(left);
        let Self { session, app, recorder, lot, clock, .. } = self;
        if let (Some(lot), Some(left)) = (lot, left) {
            tracing::info!(terminal = %session.terminal().id, "a line broke: its session is kept for a while");
            lot.keep(left, Parked { session, app, recorder }, clock.now());
        }
        Ok(Ended::Left)
    }

    pub fn finished(&mut self, done: Result<(Id, Done), JoinError>) -> Msg {
        match done {
            Ok((task, Done::Reply(id, answer))) => {
                self.calls.remove(&task);
                Msg::Reply(id, *answer)
            }
            Ok((_, Done::Opened(outcome))) => Msg::Opened(outcome),
            Ok((_, Done::Read(outcome))) => Msg::Read(outcome),
            Err(fault) => {
                if let Some(id) = self.calls.remove(&fault.id()) {
                    return Msg::Reply(id, Err(self.session.unanswered(&fault)));
                }
                tracing::error!(session = self.session.id(), %fault, "a document could not be opened");
                Msg::Opened(Err(OpenFailed("The document could not be opened: try again.".to_owned())))
            }
        }
    }

    pub fn until_wake(&self) -> Option<Duration> {
        let wait = |at: DateTime<Utc>| (at - self.clock.now()).to_std().unwrap_or(Duration::ZERO);
        self.app.next_wake().map(wait)
    }

    /// Lets what is under way end: a sign-out gives berths back, and a payment must not be cut off.
    pub async fn farewell(mut self, output: Output) -> io::Result<Ended> {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, all).await.is_err() {
            tracing::warn!("the session ended before all of its calls were answered");
        }
        if let Some(recorder) = self.recorder {
            recorder.finish(self.clock.now()).await;
        }
        output.finish().await;
        Ok(if self.session.was_expelled() { Ended::Expelled } else { Ended::Left })
    }
}
