//! Receipts as objects: stored, replaced, and no error when missing.

use std::time::Duration;

use bytes::Bytes;
use kiosk::aws::Place;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::pnr::Pnr;

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
