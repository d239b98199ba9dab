//! What stands in for Lambda, SES and SNS: a server on the loopback that keeps what is sent to it, and fails as it is told.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_credential_types::Credentials;
use bytes::Bytes;
use data_encoding::BASE64;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use kiosk::aws::post::Post;
use kiosk::aws::remote::Remote;
use kiosk::domain::notification::Channel;
use kiosk::service::Kiosk;
use kiosk::store::Store;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::service_kit::Stage;
use crate::world::patience;

/// Something that was accepted.
#[derive(Clone, Debug, PartialEq)]
pub enum Sent {
    Function { function: String, kind: String, payload: Value },
    Email { from: String, to: Vec<String>, mime: String },
    Sms { to: String, text: String },
}

/// How a request is refused.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    pub status: u16,
    pub code: &'static str,
    pub message: &'static str,
}

pub const BUSY: Refusal = Refusal { status: 503, code: "ServiceUnavailable", message: "come back later" };

#[derive(Default)]
struct Desk {
    sent: Vec<Sent>,
    tries: BTreeMap<Channel, usize>,
    outages: BTreeMap<Channel, (Refusal, usize)>,
}

/// The server; it ends with the value.
pub struct PostOffice {
    address: SocketAddr,
    desk: Arc<Mutex<Desk>>,
    task: JoinHandle<()>,
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl PostOffice {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let desk = Arc::<Mutex<Desk>>::default();
        let shared = Arc::clone(&desk);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let desk = Arc::clone(&shared);
                let answer = service_fn(move |request| answer(Arc::clone(&desk), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
            }
        });
        Self { address, desk, task }
    }

    /// Another process over a stage's store, whose messages come here.
    pub async fn kiosk(&self, stage: &Stage) -> Kiosk {
        self.kiosk_over(stage, stage.world.store.clone()).await
    }

    /// The same over another store.
    pub async fn kiosk_over(&self, stage: &Stage, store: Store) -> Kiosk {
        stage.other_kiosk(store.posting(self.post().await, patience())).await
    }

    /// How messages come here.
    pub async fn post(&self) -> Post {
        let remote = Remote {
            region: Some("ap-south-1".to_owned()),
            endpoint: Some(format!("http://{}", self.address).parse().expect("an address")),
            credentials: Some(Credentials::new("test", "test", None, None, "test")),
            time: None,
        };
        remote.clients().await.post
    }

    /// What was accepted since this was asked last.
    pub fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut self.desk().sent)
    }

    /// How often it was tried to send by a channel.
    pub fn tries(&self, channel: Channel) -> usize {
        self.desk().tries.get(&channel).copied().unwrap_or_default()
    }

    /// Refuses the next so many messages of a channel.
    pub fn refuses(&self, channel: Channel, refusal: Refusal, times: usize) {
        self.desk().outages.insert(channel, (refusal, times));
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// The refusal that comes next for a channel, if any does.
    fn turn(&mut self, channel: Channel) -> Option<Refusal> {
        *self.tries.entry(channel).or_default() += 1;
        let (refusal, left) = self.outages.get_mut(&channel)?;
        *left = left.checked_sub(1)?;
        Some(*refusal)
    }
}

async fn answer(desk: Arc<Mutex<Desk>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let header =
        |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let kind = header("x-amz-invocation-type");
    let body = request.into_body().collect().await.expect("it is whole").to_bytes();
    if kind == "DryRun" {
        let refusal = desk.lock().unwrap_or_else(PoisonError::into_inner).turn(Channel::Function);
        return Ok(refusal.map_or_else(|| respond(204, String::new()), |why| refused(Channel::Function, why)));
    }
    let sent = read(&path, kind, &body);
    let channel = match sent {
        Sent::Function { .. } => Channel::Function,
        Sent::Email { .. } => Channel::Email,
        Sent::Sms { .. } => Channel::Sms,
    };
    let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(refusal) = desk.turn(channel) {
        return Ok(refused(channel, refusal));
    }
    desk.sent.push(sent);
    let (status, text) = match channel {
        Channel::Function => (202, String::new()),
        Channel::Email => (200, json!({ "MessageId": "1" }).to_string()),
        Channel::Sms => (200, publish("<PublishResult><MessageId>1</MessageId></PublishResult>")),
    };
    Ok(respond(status, text))
}

fn read(path: &str, kind: String, body: &[u8]) -> Sent {
    if let Some(function) = path.strip_prefix("/2015-03-31/functions/") {
        let function = function.strip_suffix("/invocations").expect("an invocation").to_owned();
        return Sent::Function { function, kind, payload: serde_json::from_slice(body).expect("JSON") };
    }
    if path == "/v2/email/outbound-emails" {
        let body: Value = serde_json::from_slice(body).expect("JSON");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let mime = BASE64.decode(text(&body["Content"]["Raw"]["Data"]).as_bytes()).expect("base64");
        let to = body["Destination"]["ToAddresses"].as_array().expect("addresses").iter().map(text).collect();
        let mime = String::from_utf8(mime).expect("a mail is ASCII");
        return Sent::Email { from: text(&body["FromEmailAddress"]), to, mime };
    }
    let form = form(std::str::from_utf8(body).expect("a form"));
    assert_eq!(form["Action"], "Publish");
    assert_eq!(form["MessageAttributes.entry.1.Value.StringValue"], "Transactional");
    Sent::Sms { to: form["PhoneNumber"].clone(), text: form["Message"].clone() }
}

/// The fields of a form (`application/x-www-form-urlencoded`).
fn form(body: &str) -> BTreeMap<String, String> {
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = std::str::from_utf8(&rest[..2]).expect("two digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("two digits"));
                rest = &rest[2..];
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

fn refused(channel: Channel, refusal: Refusal) -> Response<Full<Bytes>> {
    let Refusal { status, code, message } = refusal;
    let text = match channel {
        Channel::Function | Channel::Email => json!({ "__type": code, "message": message }).to_string(),
        Channel::Sms => format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>1</RequestId></ErrorResponse>"
        ),
    };
    let mut response = respond(status, text);
    response.headers_mut().insert("x-amzn-errortype", code.parse().expect("a header"));
    response
}

fn publish(result: &str) -> String {
    format!(
        "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">{result}<ResponseMetadata>\
         <RequestId>1</RequestId></ResponseMetadata></PublishResponse>"
    )
}

fn respond(status: u16, text: String) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::new(Bytes::from(text))).expect("a response")
}
