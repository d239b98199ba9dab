//! A store with a great deal in it, copied from one booking that the services made.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Timelike, Utc};
use kiosk::aws::{Clients, embedded};
use kiosk::domain::edition::Start;
use kiosk::domain::time::railway_time;
use kiosk::domain::train::{RunId, Train, TrainDraft, TrainNumber};
use kiosk::domain::user::{Email, Phone, Role};
use kiosk::service::{Clock, Kiosk, ManualClock, Receipts, Session, Settings};
use kiosk::store::audit_log::Event;
use kiosk::store::trains::Listing;
use kiosk::store::{Names, Store};
use tempfile::TempDir;

use super::office;
use crate::market::{buy, long_train, run_of};
use crate::service_kit::{PASSWORD, publish, secret, settings, sign_in, terminal, username};
use crate::world::stations;

/// How much there is.
#[derive(Clone, Copy)]
pub struct Size {
    pub bookings: usize,
    pub trains: usize,
    /// How many accounts made them, and how many telephone numbers are on them.
    pub accounts: usize,
    pub phones: usize,
    /// Events of the day.
    pub events: usize,
    /// Rows of each list of the office.
    pub office: usize,
}

pub const FULL: Size =
    Size { bookings: 100_000, trains: 3_000, accounts: 2_000, phones: 20_000, events: 20_000, office: 2_000 };
/// `cargo test --benches` only wants to know that it runs.
pub const BRIEF: Size = Size { bookings: 200, trains: 20, accounts: 20, phones: 20, events: 50, office: 50 };

/// A name that one booking of a day has.
pub const RARE: &str = "Zubin Irani";

/// How many times as many bookings as others the account has made that looks at its own.
const OWN: usize = 10;
/// Over how many days the bookings were made.
const DAYS: usize = 60;
/// The most items that one batch may write.
const BATCH: usize = 25;

/// Such a store, and an administrator at it.
pub struct Library {
    pub kiosk: Kiosk,
    pub session: Session,
    /// A run of which most berths are free.
    pub run: RunId,
    /// A day on which many bookings were made, and the number on some of them.
    pub day: NaiveDate,
    pub phone: Phone,
    _folder: TempDir,
}

/// When it is, whenever it is measured: more bookings were made on the day than are looked at for one answer.
fn late_in_the_evening() -> DateTime<Utc> {
    "2026-12-10T22:30:00+05:30".parse().expect("a moment")
}

impl Library {
    pub async fn build(size: Size) -> Self {
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let clients = embedded::open(folder.path()).expect("the engines start");
        let store = Store::new(clients.clone(), Names::default());
        store.provision(|_| {}).await.expect("an empty store can be provisioned");
        publish(&store, long_train(u8::try_from(office::COACHES).expect("few"))).await;
        let settings = Settings { receipts: Receipts::WhenAsked, ..settings() };
        let clock = Arc::new(ManualClock::new(late_in_the_evening()));
        let kiosk = Kiosk::open(store.clone(), settings.clone(), clock.clone()).await;
        let kiosk = kiosk.expect("the catalogue is read");
        let session = kiosk.open_session(terminal("COUNTER-1"));
        let (name, email) = (username("agnes"), Email::parse("agnes@example.in").expect("an address"));
        kiosk.add_account(name, email, Role::Administrator, secret(PASSWORD)).await.expect("nobody has the name");
        sign_in(&session, "agnes", PASSWORD).await.expect("the password is right");
        let day = railway_time(clock.now()).date();
        let run = run_of(day, 5);
        let booking = buy(&session, run, 2).await.expect("there are berths");
        kiosk.settle().await;
        copy_booking(&clients, &booking.pnr.to_string(), clock.now(), size).await;
        let rare = (rarity(clock.now(), size), RARE);
        office::travel(&clients, run, booking.pnr, size.bookings, rare).await;
        office::take_money(&clients, booking.pnr, clock.now(), size.office).await;
        office::owe(&kiosk, &clients, &session, run, size.office).await;
        office::close_tills(&clients, &session, size.office).await;
        office::give_up_messages(&store, kiosk.now(), size.office).await;
        office::publish_rules(&store, kiosk.now()).await;
        office::remember(&clients, &session, size.office).await;
        publish_trains(&store, size.trains).await;
        add_accounts(&kiosk, size.accounts).await;
        add_events(&store, clock.now(), size.events).await;
        let kiosk = Kiosk::open(store, settings, clock).await.expect("it opens");
        let session = kiosk.open_session(terminal("COUNTER-1"));
        sign_in(&session, "agnes", PASSWORD).await.expect("the password is right");
        let phone = Phone::parse("+919800000007").expect("a number");
        Self { kiosk, session, run, day, phone, _folder: folder }
    }
}

/// An item of a table.
pub type Item = HashMap<String, AttributeValue>;

/// Copies a booking's item as often as wanted: of another account, at another time, with another telephone number.
async fn copy_booking(clients: &Clients, pnr: &str, now: DateTime<Utc>, size: Size) {
    let table = Names::default().bookings;
    let item = item(clients, &table, &[("BookingID", pnr)]).await;
    let own = item["UserID"].clone();
    fill(clients, &table, size.bookings, |nth| {
        let account = match nth % size.accounts {
            0..OWN => own.clone(),
            other => text(uuid::Uuid::from_u128(other as u128).to_string()),
        };
        copied(&item, nth, account, now, size)
    })
    .await;
}

/// An item by its key.
pub async fn item(clients: &Clients, table: &str, key: &[(&str, &str)]) -> Item {
    let key = key.iter().map(|(name, value)| ((*name).to_owned(), text((*value).to_owned()))).collect();
    let get = clients.dynamodb.get_item().table_name(table).set_key(Some(key)).consistent_read(true);
    get.send().await.expect("it answers").item.expect("it is there")
}

/// Puts items into a table, as many in one request as it takes.
pub async fn fill(clients: &Clients, table: &str, count: usize, nth: impl Fn(usize) -> Item) {
    let numbers: Vec<usize> = (0..count).collect();
    for chunk in numbers.chunks(BATCH) {
        let puts = chunk.iter().map(|number| {
            let put = PutRequest::builder().set_item(Some(nth(*number))).build().expect("an item");
            WriteRequest::builder().put_request(put).build()
        });
        let batch = HashMap::from([(table.to_owned(), puts.collect())]);
        let answer = clients.dynamodb.batch_write_item().set_request_items(Some(batch)).send().await;
        let left = answer.expect("it is written").unprocessed_items.unwrap_or_default();
        assert!(left.is_empty(), "the engine takes all of it");
    }
}

/// A text attribute.
pub fn text(text: String) -> AttributeValue {
    AttributeValue::S(text)
}

/// The id of whoever is signed in.
pub fn own_id(session: &Session) -> String {
    session.identity().expect("somebody is signed in").account.to_string()
}

fn copied(item: &Item, nth: usize, account: AttributeValue, now: DateTime<Utc>, size: Size) -> Item {
    let seconds = nth * DAYS * 86_400 / size.bookings;
    let at = now - TimeDelta::seconds(i64::try_from(seconds).expect("a few weeks"));
    let pnr = office::pnr(3_000_000_000, nth);
    let mut copy = item.clone();
    copy.insert("BookingID".to_owned(), text(pnr.clone()));
    copy.insert("UserID".to_owned(), account);
    copy.insert("BookedAt".to_owned(), text(at.to_rfc3339_opts(SecondsFormat::AutoSi, true)));
    copy.insert("ListedOn".to_owned(), text(format!("{}#{}", railway_time(at).date(), nth % 16)));
    copy.insert("Phone".to_owned(), text(format!("+9198{:08}", nth % size.phones)));
    office::seat(&mut copy, nth);
    if nth == rarity(now, size) {
        rename(&mut copy);
    }
    copy
}

/// Which booking is for somebody whose name nobody else has: the last of today to be looked at, as far back as one answer
/// looks.
fn rarity(now: DateTime<Utc>, size: Size) -> usize {
    let today = usize::try_from(railway_time(now).num_seconds_from_midnight()).expect("a day is short");
    (today * size.bookings / (DAYS * 86_400)).min(990)
}

/// Gives a booking's first passenger that name.
fn rename(booking: &mut Item) {
    let AttributeValue::M(first) = &mut office::inner_list(booking, "Passengers")[0] else {
        panic!("somebody travels")
    };
    office::inner(first, "Passenger").insert("Name".to_owned(), text(RARE.to_owned()));
    booking.insert("NamesLower".to_owned(), text(RARE.to_lowercase()));
}

async fn add_accounts(kiosk: &Kiosk, count: usize) {
    for nth in 0..count {
        let (name, email) = (format!("clerk{nth}"), format!("clerk{nth}@example.in"));
        let email = Email::parse(&email).expect("an address");
        kiosk.add_account(username(&name), email, Role::Agent, secret(PASSWORD)).await.expect("nobody has the name");
    }
}

/// Adds events of the last hour.
async fn add_events(store: &Store, now: DateTime<Utc>, count: usize) {
    for nth in 0..count {
        let event = Event {
            id: uuid::Uuid::from_u128(nth as u128 * 0x9e37_79b9_7f4a_7c15),
            at: now - TimeDelta::milliseconds(50) * i32::try_from(nth).expect("some thousands"),
            account: None,
            action: "booking.confirm".to_owned(),
            subject: Some((3_000_000_000 + nth).to_string()),
            terminal: format!("COUNTER-{}", nth % 40),
            session: Some("7K3F9Q".to_owned()),
            note: None,
        };
        store.append_event(&event).await.expect("it is appended");
    }
}

/// Publishes trains that differ in their numbers alone.
async fn publish_trains(store: &Store, count: usize) {
    let numbered = |nth: usize| {
        let number = TrainNumber::parse(&(20_000 + nth).to_string()).expect("five digits");
        let draft = TrainDraft { number, ..TrainDraft::from(long_train(20)) };
        Listing { train: Train::new(draft).expect("it is in order"), fares: BTreeMap::new() }
    };
    let mut listings: Vec<_> = (0..count).map(numbered).collect();
    listings.push(Listing { train: long_train(20), fares: BTreeMap::new() });
    let start = Start::at_once("2026-12-01".parse().expect("a date"));
    store.publish(&stations(), &listings, start, |_, _| {}).await.expect("they can be published");
}
