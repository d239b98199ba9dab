//! Receipts as objects: stored, replaced, and no error when missing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use kiosk::aws::Place;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::pnr::Pnr;
use kiosk::service::request::{Failure, Reply, Request};
use kiosk::service::{Receipts, Settings};

use crate::service_kit::{Stage, best, book, hold, order, settings, whole};
use crate::world::World;

fn pnr() -> Pnr {
    "8451234567".parse().expect("a PNR")
}

#[tokio::test]
async fn a_receipt_is_read_back_as_it_was_stored() {
    let world = World::empty().await;
    let pdf = Bytes::from((0..60_000_u32).map(|i| (i % 251) as u8).collect::<Vec<_>>());
    world.store.put_receipt(pnr(), 1, pdf.clone()).await.expect("stored");
    world.store.put_receipt(pnr(), 1, pdf.clone()).await.expect("stored again");
    assert_eq!(world.store.receipt(pnr(), 1).await, Ok(Some(pdf)));
    let object = world.clients.s3.head_object().bucket(&world.names.bucket).key("receipts/8451234567-1.pdf");
    let head = object.send().await.expect("it is under its name");
    assert_eq!(head.content_type(), Some("application/pdf"));
}

#[tokio::test]
async fn a_missing_receipt_is_nothing_and_no_error() {
    let world = World::empty().await;
    assert_eq!(world.store.receipt(pnr(), 1).await, Ok(None));
    world.store.put_receipt(pnr(), 1, Bytes::from_static(b"%PDF-")).await.expect("stored");
    assert_eq!(world.store.receipt(pnr(), 2).await, Ok(None));
}

#[tokio::test]
async fn a_receipt_in_memory_is_as_one_in_a_folder() {
    let world = World::in_line().await;
    assert_eq!(world.store.receipt(pnr(), 1).await, Ok(None));
    let pdf = Bytes::from((0..60_000_u32).map(|i| (i % 251) as u8).collect::<Vec<_>>());
    world.store.put_receipt(pnr(), 1, pdf.clone()).await.expect("stored");
    assert_eq!(world.store.receipt(pnr(), 1).await, Ok(Some(pdf)));
    assert_eq!(world.store.receipt(pnr(), 2).await, Ok(None));
}

#[tokio::test]
async fn a_busy_bucket_is_asked_again() {
    let world = World::empty().await;
    let busy = world.with_faults(|call: &Call| match call.nth {
        1 => Some(Fault::Answer(503, "SlowDown".to_owned())),
        2 => Some(Fault::LoseReply),
        _ => None,
    });
    busy.put_receipt(pnr(), 1, Bytes::from_static(b"%PDF-")).await.expect("the third attempt gets through");
    assert_eq!(busy.receipt(pnr(), 1).await, Ok(Some(Bytes::from_static(b"%PDF-"))));
}

/// What is at an address, fetched as anybody would who has it.
fn fetched(url: &str) -> Vec<u8> {
    let (host, path) =
        url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("an address on loopback");
    let mut line = TcpStream::connect(host).expect("somebody listens there");
    write!(line, "GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n").expect("it takes the question");
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).expect("it answers");
    assert!(answer.starts_with(b"HTTP/1.1 200") || answer.starts_with(b"HTTP/1.0 200"), "{}", answer.escape_ascii());
    let body = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head and a body");
    answer.split_off(body + 4)
}

#[tokio::test]
async fn whoever_has_a_link_has_the_receipt_and_one_that_is_missing_is_made_first() {
    let stage = Stage::with(Settings { receipts: Receipts::WhenAsked, ..settings() }).await;
    let agent = stage.agent().await;
    let held = hold(&agent, whole(), best(1)).await.expect("free");
    let booking = book(&agent, &order(&agent, &held).await).await.expect("it is paid");
    let version = booking.version.into();
    let stored = stage.world.store.receipt(booking.pnr, version).await;
    assert_eq!(stored, Ok(None), "nobody asked for it");
    let asked = agent.call(Request::ReceiptLink { pnr: booking.pnr }).await;
    if stage.world.clients.place == Place::Embedded {
        assert_eq!(asked.err(), Some(Failure::NoLinks));
        assert!(!stage.kiosk.gives_links());
        return;
    }
    let Ok(Reply::ReceiptLink(link)) = asked else { panic!("{asked:?}") };
    assert_eq!(link.until, stage.kiosk.now() + settings().receipt_link);
    let receipt = stage.world.store.receipt(booking.pnr, version).await.expect("it answers").expect("it was made");
    assert_eq!(fetched(&link.url), receipt);
    let guest = stage.guest().call(Request::ReceiptLink { pnr: booking.pnr }).await;
    assert_eq!(guest.err(), Some(Failure::NoSuchBooking(booking.pnr)), "nobody else is given one");
}

#[tokio::test]
async fn a_link_is_given_only_where_it_leads_somewhere() {
    let world = World::empty().await;
    let link = world.store.receipt_link(pnr(), 1, Duration::from_mins(5)).await.expect("nothing is asked");
    if world.clients.place == Place::Embedded {
        assert_eq!(link, None);
    } else {
        let link = link.expect("there is an address");
        assert!(link.contains("receipts/8451234567-1.pdf") && link.contains("X-Amz-Signature="), "{link}");
    }
}
