//! What one booking asks of the tables, in requests and capacity units, while the store fills with others.
//!
//! `cargo bench --bench cost`, with `-- --all` up to the hundred-thousandth booking. The units are those that the answers
//! say (`ReturnConsumedCapacity`): a connector asks for them on the requests' behalf, so the program itself never does.
//! The run is on a screen, as where somebody chooses berths; the first booking, which pins it, is not counted.
#![allow(clippy::print_stdout, reason = "a benchmark's figures are its output")]

#[allow(dead_code, reason = "the other benchmark asks it for more")]
#[path = "../tests/all/market.rs"]
mod market;
#[allow(dead_code, reason = "the other benchmark asks it for more")]
#[path = "../tests/all/meter.rs"]
mod meter;
#[allow(dead_code, reason = "the tests ask it for more")]
#[path = "../tests/all/service_kit.rs"]
mod service_kit;
#[allow(dead_code, reason = "the tests ask it for more")]
#[path = "../tests/all/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use kiosk::aws::Clients;
use kiosk::domain::booking::Booking;
use kiosk::service::{Kiosk, ManualClock, Receipts, Settings};
use kiosk::store::Store;

use market::{buy, follow, long_train, run_of};
use meter::{Detail, Meter, Tally};
use service_kit::{publish, run, settings, terminal};
use world::{World, now, patience};

/// At how many bookings in the store one more is measured.
const FILLED: [usize; 4] = [1, 1_000, 10_000, 100_000];
/// The most that one request puts.
const BATCH: usize = 25;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let stages = match (arguments.iter().any(|a| a == "--all"), arguments.iter().any(|a| a == "--bench")) {
        (true, _) => 4,
        (false, true) => 3,
        // `cargo test --benches` only wants to know that it runs.
        (false, false) => 2,
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure(&FILLED[..stages]));
}

async fn measure(filled: &[usize]) {
    let world = World::empty().await;
    publish(&world.store, long_train(20)).await;
    let meter = Meter::new(Detail::Capacity);
    let store = Store::with_patience(meter.on(world.clients.clone()), world.names.clone(), patience());
    let settings = Settings { receipts: Receipts::WhenAsked, ..settings() };
    let clock = Arc::new(ManualClock::new(now()));
    let kiosk = Kiosk::open(store, settings, clock).await.expect("the catalogue is read");
    let session = kiosk.open_session(terminal("HALL-1"));
    let (mut copies, mut lines, mut firsts) = (0, Vec::new(), BTreeMap::new());
    for (stage, many) in filled.iter().enumerate() {
        // A run for each measure, so that the coaches are as full each time.
        let run = run_of(run().date, u16::try_from(stage).expect("there are four"));
        let _watch = follow(&kiosk, run).await;
        let sample = buy(&session, run, 1).await.expect("a berth is free");
        fill(&world.clients, &world, &sample, copies..*many).await;
        copies = (*many).max(copies);
        for size in [1, 6] {
            kiosk.settle().await;
            meter.take();
            buy(&session, run, size).await.expect("berths are free");
            kiosk.settle().await;
            let cost = meter.take();
            println!("{size} passengers, {many} bookings in the store: {}", listed(&cost));
            let requests: usize = cost.values().map(|tally| tally.requests).sum();
            let units: f64 = cost.values().map(|tally| tally.units).sum();
            lines.push(format!("figure booking_of_{size}_requests_at_{many} {requests} requests"));
            lines.push(format!("figure booking_of_{size}_units_at_{many} {units:.1} units"));
            let kinds: Vec<_> = cost.into_iter().map(|(kind, tally)| (kind, tally.requests)).collect();
            assert_eq!(firsts.entry(size).or_insert_with(|| kinds.clone()), &kinds, "it is flat");
        }
    }
    println!("limit booking_writes 2 requests, beside the hints and the audit log");
    println!("limit booking_reads 1 requests");
    println!("{}", lines.join("\n"));
}

/// Puts copies of a booking, with its line of the manifest, under other numbers and other runs.
async fn fill(clients: &Clients, world: &World, sample: &Booking, numbers: std::ops::Range<usize>) {
    let (bookings, runs) = (world.names.bookings.clone(), world.names.runs());
    let text = AttributeValue::S;
    let client = &clients.dynamodb;
    let booking = client.get_item().table_name(&bookings).key("BookingID", text(sample.pnr.to_string()));
    let booking = booking.send().await.expect("it answers").item.expect("it was made");
    let line = client.get_item().table_name(&runs).key("RunID", text(sample.run.to_string()));
    let line = line.key("Item", text(format!("P#{}", sample.pnr))).send().await.expect("it answers");
    let line = line.item.expect("it is in the manifest");
    let numbers: Vec<_> = numbers.collect();
    for batch in numbers.chunks(BATCH) {
        let put = |item| {
            let put = PutRequest::builder().set_item(Some(item)).build().expect("an item is given");
            WriteRequest::builder().put_request(put).build()
        };
        let booking = |number: &usize| {
            let mut item = booking.clone();
            item.insert("BookingID".to_owned(), text(format!("copy-{number}")));
            put(item)
        };
        let line = |number: &usize| {
            let mut item = line.clone();
            item.insert("RunID".to_owned(), text(format!("12951#copy-{}", number / 1_000)));
            item.insert("Item".to_owned(), text(format!("P#copy-{number}")));
            put(item)
        };
        let bookings = client.batch_write_item().request_items(&bookings, batch.iter().map(booking).collect());
        bookings.send().await.expect("it answers");
        let lines = client.batch_write_item().request_items(&runs, batch.iter().map(line).collect());
        lines.send().await.expect("it answers");
    }
}

fn listed(cost: &BTreeMap<String, Tally>) -> String {
    let each = |(kind, tally): (&String, &Tally)| format!("{} {kind} ({:.1} units)", tally.requests, tally.units);
    cost.iter().map(each).collect::<Vec<_>>().join(", ")
}
