//! Between the processes and the store: the way of each request, and what becomes of it.
//!
//! A request that was sent is on its way whether or not anybody waits for it, as over a real network. So one that its
//! sender has given up may still be applied, after later ones. The store itself is the embedded engine, which answers at
//! once; what it does not do, the network does for it: refuse what a transaction has its hands on, lag behind, fail.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use kiosk::aws::Clients;
use kiosk::aws::embedded;
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::ask::{Ask, Target};
use super::clock::pass;
use super::sabotage::Sabotage;
use super::trace::{PERSON, Trace, digest};
use super::weather::{Fate, Kind, Time, Weather};

/// How far a read without `ConsistentRead` may be behind.
const LAG: Duration = Duration::from_secs(2);
/// The SDK gives an attempt up after five seconds: a late request arrives after that, in seconds.
const LATE: std::ops::Range<f64> = 5.0..25.0;

type Answer = Result<HttpResponse, ConnectorError>;

/// The network. Cheap to clone.
#[derive(Clone)]
pub struct Network(Arc<Inner>);

struct Inner {
    store: Clients,
    lagging: Clients,
    state: Mutex<State>,
    trace: Trace,
    sabotage: Option<Sabotage>,
}

struct State {
    chance: StdRng,
    weather: Weather,
    sent: u64,
    /// Items that a transaction has its hands on.
    busy: BTreeMap<Target, u32>,
    /// The tokens of those transactions.
    tokens: BTreeSet<String>,
    /// Applied writes that the lagging reads do not see yet.
    unseen: VecDeque<(Instant, HttpRequest)>,
    /// The next outage, or the one that is.
    outage: Option<(Instant, Instant)>,
}

impl State {
    /// What time it is for a request that is sent now.
    fn time(&mut self) -> Time {
        let now = Instant::now();
        let Some(every) = self.weather.outage else { return Time::Usual };
        let chance = &mut self.chance;
        let mut next = || {
            let from = now + every.mul_f64(chance.random_range(0.2..2.0));
            (from, from + Duration::from_secs_f64(chance.random_range(1.0..30.0)))
        };
        let (from, to) = *self.outage.get_or_insert_with(&mut next);
        if now >= to {
            self.outage = Some(next());
        }
        if (from..to).contains(&now) { Time::Outage } else { Time::Usual }
    }
}

impl Network {
    pub fn new(chance: StdRng, trace: Trace, sabotage: Option<Sabotage>) -> Self {
        let engine = || embedded::inline().expect("an engine in memory starts");
        let state = State {
            chance,
            weather: Weather::calm(),
            sent: 0,
            busy: BTreeMap::new(),
            tokens: BTreeSet::new(),
            unseen: VecDeque::new(),
            outage: None,
        };
        Self(Arc::new(Inner { store: engine(), lagging: engine(), state: Mutex::new(state), trace, sabotage }))
    }

    /// From now on it is as the weather says.
    pub fn turn(&self, weather: Weather) {
        self.state().weather = weather;
    }

    /// Whether nothing goes wrong now.
    pub fn is_calm(&self) -> bool {
        self.state().weather == Weather::calm()
    }

    /// Clients for a process, and the line by which it is connected.
    pub fn connect(&self, process: &str) -> (Clients, Line) {
        let line = Line(Arc::new(AtomicBool::new(true)));
        let lagging = Arc::new(Mutex::new(None));
        let behind = Arc::clone(&lagging);
        let _ = self.0.lagging.clone().through(|http| {
            *behind.lock().unwrap_or_else(PoisonError::into_inner) = Some(http.clone());
            http
        });
        let lagging = lagging.lock().unwrap_or_else(PoisonError::into_inner).take().expect("the clients have one");
        let (network, own, name) = (self.clone(), line.clone(), process.to_owned());
        let clients =
            self.0.store.clone().through(|store| {
                SharedHttpClient::new(Wire { network, line: own, process: name.into(), store, lagging })
            });
        (clients, line)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a process still has its hand on the wire.
#[derive(Clone, Debug)]
pub struct Line(Arc<AtomicBool>);

impl Line {
    /// The process is gone: it sends nothing more, and hears nothing more.
    pub fn cut(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    fn is_cut(&self) -> bool {
        !self.0.load(Ordering::SeqCst)
    }
}

/// The HTTP client of a process.
#[derive(Clone)]
struct Wire {
    network: Network,
    line: Line,
    process: Arc<str>,
    store: SharedHttpClient,
    lagging: SharedHttpClient,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({})", self.process)
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let store = self.store.http_connector(settings, parts);
        let lagging = self.lagging.http_connector(settings, parts);
        SharedHttpConnector::new(Connector { wire: self.clone(), store, lagging })
    }
}

/// The two engines as one request reaches them.
#[derive(Clone, Debug)]
struct Connector {
    wire: Wire,
    store: SharedHttpConnector,
    lagging: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        if self.wire.line.is_cut() {
            return HttpConnectorFuture::new(std::future::pending());
        }
        let network = &self.wire.network;
        let mut ask = Ask::of(&request);
        if network.0.sabotage.is_some_and(|sabotage| sabotage.tamper(&mut ask)) {
            ask.write_into(&mut request);
        }
        let journey = Journey::begin(network, self.clone(), ask);
        let (reply, answer) = oneshot::channel();
        tokio::spawn(async move {
            let answer = journey.travel(request).await;
            if let Some(answer) = answer {
                // Whoever sent it may have stopped waiting.
                let _ = reply.send(answer);
            }
        });
        let line = self.wire.line.clone();
        HttpConnectorFuture::new(async move {
            match answer.await {
                Ok(answer) if !line.is_cut() => answer,
                // Lost, or there is nobody any more to hear it.
                _ => std::future::pending().await,
            }
        })
    }
}

/// The way of one request.
struct Journey {
    network: Network,
    connector: Connector,
    ask: Ask,
    number: u64,
    person: String,
    fate: Fate,
    there: Duration,
    hands_on: Duration,
    back: Duration,
}

impl Journey {
    fn begin(network: &Network, connector: Connector, ask: Ask) -> Self {
        let person = PERSON.try_with(|person| format!("person {person}")).unwrap_or_else(|_| "-".to_owned());
        let journey = {
            let mut state = network.state();
            let time = state.time();
            let State { chance, weather, sent, .. } = &mut *state;
            *sent += 1;
            let fate = weather.fate(ask.kind(), time, chance);
            let mut way = |most: Duration| most.mul_f64(chance.random_range(0.1..=1.0));
            let (there, hands_on, back) = (way(weather.slowness), way(weather.transaction), way(weather.slowness));
            let there = if fate == Fate::Late { Duration::from_secs_f64(chance.random_range(LATE)) } else { there };
            Self { network: network.clone(), connector, ask, number: *sent, person, fate, there, hands_on, back }
        };
        let sent = format!("> {} {}{}", journey.number, journey.ask, told(journey.fate));
        journey.note(sent);
        journey
    }

    fn note(&self, what: String) {
        self.network.0.trace.note_for(&self.connector.wire.process, &self.person, what);
    }

    /// Takes it there and back; `None` when nothing comes back.
    async fn travel(self, request: HttpRequest) -> Option<Answer> {
        pass(self.there).await;
        let answer = match self.fate {
            Fate::Lost => return None,
            Fate::Breaks => {
                pass(self.back).await;
                return Some(Err(broken()));
            }
            Fate::Refused(_, CONFLICT) if self.ask.is_transaction() => {
                let writes = self.ask.writes().len();
                cancelled(&(0..writes).map(|write| write == self.number as usize % writes).collect::<Vec<_>>())
            }
            Fate::Refused(status, code) => refusal(status, code),
            Fate::Stale => self.behind(&request).await,
            Fate::Arrives | Fate::FailsAfter | Fate::ReplyLost | Fate::BreaksAfter | Fate::Late => {
                self.arrive(request).await
            }
        };
        self.note(format!("< {} {}", self.number, text(&answer)));
        pass(self.back).await;
        match self.fate {
            Fate::ReplyLost => None,
            Fate::BreaksAfter => Some(Err(broken())),
            Fate::FailsAfter => Some(Ok(refusal(500, "InternalServerError"))),
            _ => Some(Ok(answer)),
        }
    }

    /// What the store makes of it.
    async fn arrive(&self, request: HttpRequest) -> HttpResponse {
        let targets: Vec<Target> = self.ask.writes().into_iter().map(|(_, target)| target).collect();
        let token = self.ask.token();
        let taken: Vec<bool> = {
            let state = self.network.state();
            if token.as_ref().is_some_and(|token| state.tokens.contains(token)) {
                return refusal(400, "TransactionInProgressException");
            }
            targets.iter().map(|target| state.busy.contains_key(target)).collect()
        };
        if taken.contains(&true) {
            return if self.ask.is_transaction() { cancelled(&taken) } else { refusal(400, CONFLICT) };
        }
        let copy = (self.ask.kind() == Kind::Write).then(|| request.try_clone()).flatten();
        if self.ask.is_transaction() {
            self.take(&targets, token.as_ref());
            pass(self.hands_on).await;
        }
        let answer = self.connector.store.call(request).await.expect("the engine answers whatever it is asked");
        if self.ask.is_transaction() {
            self.leave(&targets, token.as_ref());
        }
        if let Some(copy) = copy.filter(|_| answer.status().as_u16() == 200) {
            self.network.state().unseen.push_back((Instant::now(), copy));
        }
        answer
    }

    fn take(&self, targets: &[Target], token: Option<&String>) {
        let mut state = self.network.state();
        state.tokens.extend(token.cloned());
        for target in targets {
            *state.busy.entry(target.clone()).or_default() += 1;
        }
    }

    fn leave(&self, targets: &[Target], token: Option<&String>) {
        let mut state = self.network.state();
        if let Some(token) = token {
            state.tokens.remove(token);
        }
        for target in targets {
            let left = state.busy.get_mut(target).expect("it was taken");
            *left -= 1;
            if *left == 0 {
                state.busy.remove(target);
            }
        }
    }

    /// What the store was a moment ago: the same writes in the same order, on an engine that hears of them later.
    async fn behind(&self, request: &HttpRequest) -> HttpResponse {
        loop {
            let due = {
                let mut state = self.network.state();
                let due = state.unseen.front().is_some_and(|(applied, _)| applied.elapsed() >= LAG);
                if due { state.unseen.pop_front() } else { None }
            };
            let Some((_, write)) = due else { break };
            let answer = self.connector.lagging.call(write).await.expect("the engine answers");
            assert!(answer.status().is_success(), "what was applied once is applied again");
        }
        let copy = request.try_clone().expect("the SDK's requests are in memory");
        self.connector.lagging.call(copy).await.expect("the engine answers")
    }
}

const CONFLICT: &str = "TransactionConflictException";
const MODEL: &str = "com.amazonaws.dynamodb.v20120810";

fn told(fate: Fate) -> String {
    if fate == Fate::Arrives { String::new() } else { format!(" !! {fate:?}") }
}

fn broken() -> ConnectorError {
    ConnectorError::io("the connection broke".into())
}

fn refusal(status: u16, code: &str) -> HttpResponse {
    respond(status, &json!({ "__type": format!("{MODEL}#{code}"), "message": "simulated" }))
}

fn cancelled(taken: &[bool]) -> HttpResponse {
    let reasons: Vec<_> =
        taken.iter().map(|taken| json!({ "Code": if *taken { "TransactionConflict" } else { "None" } })).collect();
    let kind = format!("{MODEL}#TransactionCanceledException");
    respond(400, &json!({ "__type": kind, "Message": "simulated", "CancellationReasons": reasons }))
}

fn respond(status: u16, body: &Value) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("a status");
    HttpResponse::new(status, SdkBody::from(body.to_string()))
}

/// An answer in a line: its status, what was refused, and the same number for the same answer.
fn text(answer: &HttpResponse) -> String {
    let status = answer.status().as_u16();
    let bytes = answer.body().bytes().unwrap_or_default();
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else { return status.to_string() };
    let kind = body["__type"].as_str().and_then(|kind| kind.rsplit('#').next()).unwrap_or_default();
    let reasons = body["CancellationReasons"].as_array().into_iter().flatten();
    let reasons: Vec<_> = reasons.map(|reason| reason["Code"].as_str().unwrap_or("?")).collect();
    if body.get("TableDescription").or(body.get("Table")).is_some() {
        // It has the engine's own ids and times in it.
        return status.to_string();
    }
    let number = digest(0, body.to_string().as_bytes()) as u32;
    format!("{status} {kind}{} #{number:08x}", if reasons.is_empty() { String::new() } else { format!(" {reasons:?}") })
}
