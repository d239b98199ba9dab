//! The tables and the bucket: created once, found again, owned by one process.

use bytes::Bytes;
use kiosk::aws::embedded::{self, EmbeddedError};
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::user::Role;
use kiosk::store::{Names, Store, StoreError};

use crate::world::{World, account, patience};

#[tokio::test]
async fn provisioning_twice_changes_nothing_and_then_the_store_answers() {
    let world = World::empty().await;
    let mut seen = Vec::new();
    world.store.provision(|progress| seen.push(progress)).await.expect("safe to repeat");
    assert_eq!(seen.iter().map(|progress| progress.done).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert!(seen.iter().all(|progress| progress.of == 6));
    world.store.ping().await.expect("it answers");
}

#[tokio::test]
async fn a_store_without_tables_says_what_to_do() {
    let world = World::empty().await;
    let names = Names { trains: "elsewhere".to_owned(), ..world.names.clone() };
    let store = Store::with_patience(world.clients.clone(), names, patience());
    let error = store.ping().await.expect_err("there is no such table");
    assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
    assert!(error.to_string().contains("kiosk provision"), "{error}");
}

#[tokio::test]
async fn a_folder_has_one_owner_and_is_free_when_that_one_is_done() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let first = embedded::open(&data).expect("nobody has it");
    let refusal = embedded::open(&data).expect_err("it is taken");
    assert!(matches!(refusal, EmbeddedError::InUse { pid: Some(pid), .. } if pid == std::process::id()), "{refusal:?}");
    assert!(refusal.to_string().contains(&data.display().to_string()), "{refusal}");

    drop(first);
    embedded::open(&data).expect("free again");
}

#[tokio::test]
async fn a_lock_file_left_behind_locks_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("lock"), "4242\n").expect("a file");
    let _clients = embedded::open(folder.path()).expect("nobody holds it");
    let refusal = embedded::open(folder.path()).expect_err("it is taken");
    assert!(!refusal.to_string().contains("4242"), "the owner writes itself into the file: {refusal}");
}

#[tokio::test]
async fn a_folder_that_is_opened_again_has_what_was_stored() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = || Store::new(embedded::open(folder.path()).expect("nobody has it"), Names::default());
    let (anita, pnr) = (account("anita", Role::Agent), "8451234567".parse().expect("a PNR"));
    let store = open();
    store.provision(|_| {}).await.expect("a fresh folder");
    store.create_account(&anita).await.expect("free");
    store.put_receipt(pnr, 1, Bytes::from_static(b"%PDF-")).await.expect("stored");
    drop(store);

    let store = open();
    store.ping().await.expect("tables and bucket are there");
    assert_eq!(store.account_by_email(&anita.email.key()).await, Ok(Some(anita)));
    assert_eq!(store.receipt(pnr, 1).await, Ok(Some(Bytes::from_static(b"%PDF-"))));
}

#[tokio::test]
async fn a_bucket_that_cannot_be_looked_at_says_what_to_check() {
    let world = World::empty().await;
    let foreign =
        world.with_faults(|call: &Call| (call.operation == "HeadBucket").then(|| Fault::Answer(403, String::new())));
    let error = foreign.ping().await.expect_err("refused");
    assert!(error.to_string().contains("S3_BUCKET_NAME"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_enter_the_folder() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("deep").join("data");
    let _clients = embedded::open(&data).expect("nobody has it");
    let mode = std::fs::metadata(&data).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
