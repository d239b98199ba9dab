//! Faults injected between the SDK and whatever answers it: what a test needs to see how a service behaves when the
//! network does not.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::json;
use tokio::sync::Barrier;

/// What goes wrong with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not applied, and answered with this status and error code.
    Answer(u16, String),
    /// It is a transaction, not applied, and cancelled with these reasons' codes, one for each of its items.
    Cancel(Vec<String>),
    /// It never arrives.
    LoseRequest,
    /// It is applied, and the reply never arrives.
    LoseReply,
    /// Nothing ever comes back, and it is not applied.
    Hang,
    /// It is sent on after so long, as over a network.
    Delay(Duration),
    /// It is sent on once as many requests as the meeting is for have come to it.
    Meet(Meeting),
    /// It is applied, and the reply waits for a meeting.
    MeetAfter(Meeting),
    /// Its sender hears that the connection broke, and it is applied all the same between a first meeting and a second.
    Late(Meeting),
}

/// Where requests wait for each other, so that none is applied before the last is sent.
#[derive(Clone)]
pub struct Meeting(Arc<Barrier>);

impl Meeting {
    /// A meeting of as many requests.
    pub fn of(requests: usize) -> Self {
        Self(Arc::new(Barrier::new(requests)))
    }

    /// Comes to it without a request, and waits for the others.
    pub async fn come(&self) {
        self.0.wait().await;
    }
}

impl PartialEq for Meeting {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Meeting {}

impl fmt::Debug for Meeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meeting")
    }
}

/// One request that is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The operation, such as `UpdateItem`.
    pub operation: String,
    /// Which one of its operation it is, from 1.
    pub nth: u64,
}

/// Decides what goes wrong.
pub trait Plan: Send + Sync {
    /// The fault of a call, or none.
    fn fault(&self, call: &Call) -> Option<Fault>;
}

impl<F: Fn(&Call) -> Option<Fault> + Send + Sync> Plan for F {
    fn fault(&self, call: &Call) -> Option<Fault> {
        self(call)
    }
}

/// An HTTP client with faults.
pub(super) struct Faulty {
    inner: SharedHttpClient,
    wires: Arc<Wires>,
}

struct Wires {
    plan: Arc<dyn Plan>,
    counts: Mutex<HashMap<String, u64>>,
}

impl Faulty {
    pub(super) fn new(inner: SharedHttpClient, plan: Arc<dyn Plan>) -> Self {
        Self { inner, wires: Arc::new(Wires { plan, counts: Mutex::default() }) }
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

impl HttpClient for Faulty {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(FaultyConnector { inner, wires: Arc::clone(&self.wires) })
    }
}

struct FaultyConnector {
    inner: SharedHttpConnector,
    wires: Arc<Wires>,
}

impl fmt::Debug for FaultyConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultyConnector")
    }
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = Target::of(&request);
        let nth = {
            let mut counts = self.wires.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(target.operation.clone()).or_default();
            *count += 1;
            *count
        };
        let Some(fault) = self.wires.plan.fault(&Call { operation: target.operation.clone(), nth }) else {
            return self.inner.call(request);
        };
        match fault {
            Fault::Answer(status, code) => HttpConnectorFuture::ready(Ok(target.refusal(status, &code))),
            Fault::Cancel(codes) => HttpConnectorFuture::ready(Ok(cancellation(&codes))),
            Fault::LoseRequest => HttpConnectorFuture::ready(Err(lost("the request was lost"))),
            Fault::Hang => HttpConnectorFuture::new(std::future::pending()),
            Fault::Delay(delay) => {
                let inner = self.inner.clone();
                HttpConnectorFuture::new(async move {
                    tokio::time::sleep(delay).await;
                    inner.call(request).await
                })
            }
            Fault::Meet(meeting) => {
                let inner = self.inner.clone();
                HttpConnectorFuture::new(async move {
                    meeting.come().await;
                    inner.call(request).await
                })
            }
            Fault::MeetAfter(meeting) => {
                let applied = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    let reply = applied.await;
                    meeting.come().await;
                    reply
                })
            }
            Fault::Late(meeting) => {
                let applied = self.inner.call(request);
                tokio::spawn(async move {
                    meeting.come().await;
                    // Nobody hears what came of it.
                    let _ = applied.await;
                    meeting.come().await;
                });
                HttpConnectorFuture::ready(Err(lost("the connection broke")))
            }
            Fault::LoseReply => {
                let applied = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    applied.await?;
                    Err(lost("the reply was lost"))
                })
            }
        }
    }
}

fn lost(what: &'static str) -> ConnectorError {
    ConnectorError::io(what.into())
}

/// What a request asks, and in which language it is to be refused.
struct Target {
    operation: String,
    json: bool,
}

impl Target {
    fn of(request: &HttpRequest) -> Self {
        if let Some(target) = request.headers().get("x-amz-target") {
            let operation = target.rsplit('.').next().unwrap_or(target);
            return Self { operation: operation.to_owned(), json: true };
        }
        let path = request.uri().split('?').next().unwrap_or_default();
        let path = path.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
        let kind = if path.trim_end_matches('/').contains('/') { "Object" } else { "Bucket" };
        let verb = match request.method() {
            "PUT" if kind == "Bucket" => "Create",
            "PUT" => "Put",
            "HEAD" => "Head",
            "DELETE" => "Delete",
            _ => "Get",
        };
        Self { operation: format!("{verb}{kind}"), json: false }
    }

    fn refusal(&self, status: u16, code: &str) -> HttpResponse {
        let message = "injected for a test";
        if self.json {
            let kind = format!("com.amazonaws.dynamodb.v20120810#{code}");
            respond(status, &json!({ "__type": kind, "message": message }).to_string())
        } else {
            respond(status, &format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
        }
    }
}

fn cancellation(codes: &[String]) -> HttpResponse {
    let reasons: Vec<_> = codes.iter().map(|code| json!({ "Code": code })).collect();
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    respond(400, &json!({ "__type": kind, "Message": "injected", "CancellationReasons": reasons }).to_string())
}

fn respond(status: u16, body: &str) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("a plan answers with a status between 100 and 599");
    HttpResponse::new(status, SdkBody::from(body))
}
