//! What `kiosk serve` answers to monitors over HTTP: whether it works, whether more people may come, and its counters.
//!
//! `/health` goes by the store alone, asked once a second at most however many ask here. Everything that a client can
//! make us keep is bounded: connections, the time of each, one request on each, and its size. There is no way in from
//! here: nothing is changed, and nothing is said of any person.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::metrics;
use crate::service::Kiosk;

/// How long the store may take to answer before it counts as gone.
const DEADLINE: Duration = Duration::from_secs(2);
/// How long its answer is believed.
const FRESH: Duration = Duration::from_secs(1);
/// Connections at once; further ones wait in the system's queue.
const CONNECTIONS: usize = 32;
/// How long a connection may last, from its first byte to the last of the answer.
const VISIT: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const LARGEST_HEAD: usize = 8 << 10;
/// How long a pause is after a connection could not be taken, such as for want of file descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// Answers monitors until it is dropped. Once `draining`, more people should be sent elsewhere.
pub async fn serve(listener: TcpListener, kiosk: Kiosk, draining: CancellationToken) {
    let desk = Arc::new(Desk { health: Health::new(kiosk), draining });
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // Dropped, it ends them all.
    let mut visits = JoinSet::new();
    loop {
        let place = Arc::clone(&places).acquire_owned().await.expect("nobody closes it");
        while visits.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let desk = Arc::clone(&desk);
                visits.spawn(async move {
                    let _place = place;
                    // Whoever takes longer has had their time.
                    let _ = timeout(VISIT, visit(stream, desk)).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a monitor's connection could not be taken");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

async fn visit(stream: TcpStream, desk: Arc<Desk>) {
    let service = service_fn(|request| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(desk.answer(&request).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(VISIT).max_buf_size(LARGEST_HEAD).keep_alive(false);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a monitor's connection has ended");
    }
}

/// Where monitors are answered.
struct Desk {
    health: Health,
    draining: CancellationToken,
}

impl Desk {
    async fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut refusal = json(StatusCode::METHOD_NOT_ALLOWED, &json!({ "status": "refused" }));
            refusal.headers_mut().insert(ALLOW, http::HeaderValue::from_static("GET, HEAD"));
            return refusal;
        }
        match request.uri().path() {
            "/health" => self.health("ok").await,
            "/ready" if self.draining.is_cancelled() => {
                json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "draining" }))
            }
            "/ready" => self.health("ready").await,
            "/metrics" => respond(StatusCode::OK, metrics::CONTENT_TYPE, self.health.kiosk.measured().encoded()),
            _ => {
                json(StatusCode::NOT_FOUND, &json!({ "status": "unknown", "paths": ["/health", "/ready", "/metrics"] }))
            }
        }
    }

    /// An answer with a word for that the store can be used.
    async fn health(&self, well: &str) -> Response<Full<Bytes>> {
        match self.health.store().await {
            Ok(()) => json(StatusCode::OK, &json!({ "status": well })),
            Err(reason) => json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "unavailable", "reason": reason })),
        }
    }
}

/// Whether the store can be used.
pub struct Health {
    kiosk: Kiosk,
    /// When the store was asked last, and why it could not be used then. Held while it is asked: who comes meanwhile
    /// hears the same.
    seen: Mutex<Option<(Instant, Result<(), String>)>>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Health")
    }
}

impl Health {
    /// Of the store of a kiosk, of which nothing is known yet.
    pub fn new(kiosk: Kiosk) -> Self {
        Self { kiosk, seen: Mutex::default() }
    }

    /// Asks the store, unless that was done within the last second.
    ///
    /// # Errors
    ///
    /// Why the store cannot be used.
    pub async fn store(&self) -> Result<(), String> {
        let mut seen = self.seen.lock().await;
        if let Some((at, answered)) = &*seen
            && at.elapsed() < FRESH
        {
            return answered.clone();
        }
        let store = self.kiosk.store();
        let answered = match timeout(DEADLINE, store.within(DEADLINE, store.ping())).await {
            Ok(answered) => answered.map_err(|error| error.to_string()),
            Err(_) => Err(format!("the store has not answered within {} seconds", DEADLINE.as_secs())),
        };
        let before = seen.replace((Instant::now(), answered.clone()));
        let was_gone = before.is_some_and(|(_, before)| before.is_err());
        match &answered {
            Err(reason) if !was_gone => tracing::error!(reason, "the store cannot be used"),
            Ok(()) if was_gone => tracing::info!("the store answers again"),
            _ => {}
        }
        answered
    }
}

fn json(status: StatusCode, body: &serde_json::Value) -> Response<Full<Bytes>> {
    respond(status, "application/json", format!("{body}\n"))
}

fn respond(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let response = Response::builder().status(status).header(CONTENT_TYPE, kind).header(CACHE_CONTROL, "no-store");
    response.body(Full::from(body)).expect("the headers are constants")
}
