//! Counts what goes over the wire to the tables, between the SDK and whatever answers it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use kiosk::aws::Clients;
use serde_json::{Value, json};

/// What there was of one kind of request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    pub requests: usize,
    /// Those that were answered with 400: a condition did not hold.
    pub refused: usize,
    /// Capacity units, as the answers say; nothing unless the meter weighs.
    pub units: f64,
}

/// How closely a meter looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// At the operation alone: it costs next to nothing.
    Operations,
    /// At what is written or read, and at the capacity units, for which it asks on the request's behalf.
    Capacity,
}

/// Tallies by kind of request. Its clones count together.
#[derive(Clone)]
pub struct Meter {
    detail: Detail,
    tallies: Arc<Mutex<BTreeMap<String, Tally>>>,
}

impl Meter {
    pub fn new(detail: Detail) -> Self {
        Self { detail, tallies: Arc::default() }
    }

    /// The same clients, metered.
    pub fn on(&self, clients: Clients) -> Clients {
        clients.through(|inner| SharedHttpClient::new(Tap { inner, meter: self.clone() }))
    }

    /// What was counted since it was asked last.
    pub fn take(&self) -> BTreeMap<String, Tally> {
        std::mem::take(&mut *self.tallies.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, kind: String, status: u16, units: f64) {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.entry(kind).or_default();
        tally.requests += 1;
        tally.refused += usize::from(status == 400);
        tally.units += units;
    }
}

/// Clients as they are wired: an HTTP client with a meter on it.
struct Tap<T> {
    inner: T,
    meter: Meter,
}

impl<T> fmt::Debug for Tap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tap")
    }
}

impl HttpClient for Tap<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(Tap { inner, meter: self.meter.clone() })
    }
}

impl HttpConnector for Tap<SharedHttpConnector> {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let Some(operation) = target.map(str::to_owned) else { return self.inner.call(request) };
        let kind = match self.meter.detail {
            Detail::Operations => operation,
            Detail::Capacity => ask_for_capacity(&operation, &mut request),
        };
        let (inner, meter) = (self.inner.clone(), self.meter.clone());
        HttpConnectorFuture::new(async move {
            let answer = inner.call(request).await?;
            let units = match meter.detail {
                Detail::Operations => 0.0,
                Detail::Capacity => answer.body().bytes().map_or(0.0, units),
            };
            meter.count(kind, answer.status().as_u16(), units);
            Ok(answer)
        })
    }
}

/// Has the answer say what the request cost, and says what it is about: `UpdateItem C#`, `TransactWriteItems of 3`.
fn ask_for_capacity(operation: &str, request: &mut HttpRequest) -> String {
    let body = request.body().bytes().expect("requests to the tables are in memory");
    let mut body: Value = serde_json::from_slice(body).expect("the SDK sends JSON");
    body["ReturnConsumedCapacity"] = json!("TOTAL");
    *request.body_mut() = SdkBody::from(body.to_string());
    let item = [&body["Key"], &body["Item"]].into_iter().find_map(|item| item["Item"]["S"].as_str());
    match (item, body["TransactItems"].as_array()) {
        (_, Some(items)) => format!("{operation} of {}", items.len()),
        (Some(item), None) => format!("{operation} {}", family(item)),
        (None, None) => match body["TableName"].as_str().and_then(|table| table.rsplit_once('-')) {
            Some((_, "audit")) => format!("{operation} audit"),
            _ => operation.to_owned(),
        },
    }
}

/// What the keys of a run's items of one kind have in common: `#rev`, `C#`, `#queue#`.
fn family(key: &str) -> &str {
    key[1..].find('#').map_or(key, |end| &key[..end + 2])
}

/// The capacity units of an answer, of all tables together.
fn units(answer: &[u8]) -> f64 {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let of = |capacity: &Value| capacity["CapacityUnits"].as_f64().unwrap_or_default();
    match &answer["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().map(of).sum(),
        one => of(one),
    }
}
