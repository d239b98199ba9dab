//! What a station does in a day, and that the role of its machine may do it: not only each action, but on just those
//! tables, indexes and objects.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use kiosk::aws::Clients;
use kiosk::domain::booking::Place;
use kiosk::domain::quota::Quota;
use kiosk::domain::user::Email;
use kiosk::service::request::{Registration, Reply, Request};
use kiosk::store::Names;
use serde_json::Value;

use crate::refund_kit::{cancel, is_clean, sold};
use crate::service_kit::{
    PASSWORD, Stage, anything, best, run, secret, settings, sign_in, small_train, station, terminal, username, whole,
};
use crate::stack_kit::{Template, one_or_many, table_arn};
use crate::stack_role::kiosks_own;
use crate::world::World;

/// An action and what it is done to, as IAM judges them.
pub type Deed = (String, String);

/// The requests that went by.
#[derive(Clone, Default)]
pub struct Tape(Arc<Mutex<BTreeSet<Deed>>>);

impl Tape {
    /// The same clients, with the tape running.
    pub fn on(&self, clients: Clients) -> Clients {
        clients.through(|inner| SharedHttpClient::new(Tap { inner, tape: self.clone() }))
    }

    /// What was done since it was asked last.
    pub fn take(&self) -> BTreeSet<Deed> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Tap<T> {
    inner: T,
    tape: Tape,
}

impl<T> fmt::Debug for Tap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tap")
    }
}

impl HttpClient for Tap<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(Tap { inner, tape: self.tape.clone() })
    }
}

impl HttpConnector for Tap<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.tape.0.lock().unwrap_or_else(PoisonError::into_inner).extend(deeds(&request));
        self.inner.call(request)
    }
}

/// What a request does.
fn deeds(request: &HttpRequest) -> Vec<Deed> {
    let target = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
    let Some(operation) = target else { return vec![deed_on_objects(request)] };
    let body = request.body().bytes().expect("requests to the tables are in memory");
    let body: Value = serde_json::from_slice(body).expect("the SDK sends JSON");
    let on = |action: &str, table: &Value| {
        (format!("dynamodb:{action}"), table_arn(table.as_str().expect("a request names its table")))
    };
    if let Some(items) = body["TransactItems"].as_array() {
        let items = items.iter().filter_map(|item| item.as_object()?.iter().next());
        return items.map(|(kind, item)| on(&format!("{kind}Item"), &item["TableName"])).collect();
    }
    if let Some(tables) = body["RequestItems"].as_object() {
        return tables.keys().map(|table| on(operation, &Value::from(table.as_str()))).collect();
    }
    let (action, table) = on(operation, &body["TableName"]);
    match body["IndexName"].as_str() {
        Some(index) => vec![(action, format!("{table}/index/{index}"))],
        None => vec![(action, table)],
    }
}

fn deed_on_objects(request: &HttpRequest) -> Deed {
    let uri: http::Uri = request.uri().parse().expect("an address");
    let path = uri.path().trim_matches('/');
    let action = match (request.method(), path.contains('/')) {
        ("GET", true) => "GetObject",
        ("PUT", true) => "PutObject",
        ("DELETE", true) => "DeleteObject",
        ("HEAD", false) => "ListBucket",
        ("PUT", false) => "CreateBucket",
        other => panic!("S3 was asked {other:?} of {path}"),
    };
    (format!("s3:{action}"), format!("arn:aws:s3:::{path}"))
}

/// Whether a role of these statements may do something, as far as this project's statements go: nothing is denied but
/// topics, and conditions are on other services than these.
fn may(statements: &[Value], (action, resource): &Deed) -> bool {
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => resource.starts_with(start),
        None => pattern == resource,
    };
    statements.iter().filter(|statement| statement["Effect"] == "Allow").any(|statement| {
        one_or_many(&statement["Action"]).contains(&action.as_str())
            && one_or_many(&statement["Resource"]).into_iter().any(fits)
    })
}

/// What of all this a role of the stack with these names may not do.
pub fn forbidden(names: &Names, done: &BTreeSet<Deed>) -> Vec<Deed> {
    let statements = kiosks_own(&Template::with(&[
        ("TrainsTable", &names.trains),
        ("BookingsTable", &names.bookings),
        ("UsersTable", &names.users),
        ("ReceiptsBucket", &names.bucket),
    ]));
    done.iter().filter(|deed| !may(&statements, deed)).cloned().collect()
}

/// A day at a station: somebody registers, searches, holds, confirms, has a receipt and cancels; others wait, are counted
/// and looked for.
pub async fn day(stage: &Stage) {
    stage.world.store.ping().await.expect("tables and bucket are there");
    let anita = stage.guest();
    let email = Email::parse("anita@example.in").expect("an address");
    let (password, again) = (secret(PASSWORD), secret(PASSWORD));
    let registered =
        anita.call(Request::Register(Registration { username: username("anita"), email, password, again })).await;
    assert!(matches!(registered, Ok(Reply::Welcome(_))), "{registered:?}");
    let (from, to) = (vec![station("MMCT")], vec![station("NDLS")]);
    let search = Request::Search { from, to, date: run().date, quota: Quota::General };
    let Ok(Reply::Offers(offers)) = anita.call(search).await else { panic!("a search finds trains") };
    assert_eq!(offers.len(), 1);
    let own = anything().buy(&anita, 2).await.expect("there are berths");
    let mine = anita
        .call(Request::MyBookings { filter: kiosk::domain::journeys::JourneyFilter::default(), after: None })
        .await;
    assert!(matches!(&mine, Ok(Reply::Bookings { page, .. }) if page.len() == 1), "{mine:?}");

    let agent = stage.agent().await;
    let booking = sold(&agent, whole(), best(2)).await;
    let receipt = agent.call(Request::Receipt { pnr: booking.pnr }).await;
    assert!(matches!(receipt, Ok(Reply::Receipt(_))), "{receipt:?}");
    stage.kiosk.settle().await;
    let kept = stage.world.store.receipt(booking.pnr, booking.version.into()).await.expect("the bucket answers");
    assert!(kept.is_some_and(|pdf| pdf.starts_with(b"%PDF-")), "the receipt is in the bucket");
    assert_eq!(stage.world.store.receipt(booking.pnr, 99).await, Ok(None), "what is missing is no error");
    let left = cancel(&agent, booking.pnr, &[0]).await.expect("there is time");
    assert_eq!(left.passengers[0].place, Place::Cancelled);

    // Everything of 3A, then a place in the queue.
    while let Ok(more) = anything().buy(&agent, 1).await {
        if matches!(more.passengers[0].place, Place::Waiting { .. }) {
            break;
        }
    }
    cancel(&anita, own.pnr, &[0, 1]).await.expect("there is time");
    for request in [Request::Queue { run: run() }, Request::Chart { run: run(), coach: None }] {
        agent.call(request).await.expect("staff may look");
    }
    stage.kiosk.work_once().await;
    assert_eq!(stage.kiosk.accounts().await.expect("they are listed").len(), 2);
    let again = stage.kiosk.open_session(terminal("NDLS-08"));
    sign_in(&again, "anita", PASSWORD).await.expect("the password is right");
    is_clean(stage).await;
}

#[tokio::test]
async fn the_role_lets_a_station_work_and_reaches_no_further() {
    let tape = Tape::default();
    let stage = Stage::on(World::empty().await.through(|clients| tape.on(clients)), settings(), small_train()).await;
    day(&stage).await;
    let done = tape.take();
    let names = stage.world.names.clone();
    assert_eq!(forbidden(&names, &done), []);
    let of_index = |table: &str, index: &str| format!("{}/index/{index}", table_arn(table));
    for (action, what) in [
        ("dynamodb:PutItem", table_arn(&names.audit())),
        ("dynamodb:Query", of_index(&names.bookings, "UserIdIndex")),
        ("dynamodb:Query", of_index(&names.runs(), "WorkIndex")),
        ("s3:ListBucket", format!("arn:aws:s3:::{}", names.bucket)),
    ] {
        assert!(done.contains(&(action.to_owned(), what)), "{action} was taped: {done:?}");
    }
    let foreign = Names { users: "people".to_owned(), ..names };
    let refused = forbidden(&foreign, &done);
    assert!(!refused.is_empty() && refused.iter().all(|(_, what)| what.contains("users-")), "{refused:?}");
}

#[test]
fn a_role_is_held_to_its_indexes_and_its_folder() {
    let names = Names::default();
    let asked = |action: &str, resource: &str| {
        !forbidden(&names, &BTreeSet::from([(action.to_owned(), resource.to_owned())])).is_empty()
    };
    assert!(!asked("s3:GetObject", "arn:aws:s3:::kiosk-receipts/receipts/8451234567-1.pdf"));
    assert!(asked("s3:GetObject", "arn:aws:s3:::kiosk-receipts/other"));
    assert!(asked("s3:ListBucket", "arn:aws:s3:::elsewhere"));
    assert!(!asked("dynamodb:Query", &(table_arn("bookings") + "/index/UserIdIndex")));
    assert!(asked("dynamodb:Scan", &(table_arn("bookings") + "/index/UserIdIndex")));
    assert!(asked("dynamodb:GetItem", &table_arn("bookings-2")));
}
