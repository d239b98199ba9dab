//! The tables and the bucket: created once, found again, owned by one process.

use kiosk::aws::embedded::{self, EmbeddedError};
use kiosk::store::{Names, Store, StoreError};

use crate::world::{World, patience};

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

    let names = Names::default();
    Store::new(first, names.clone()).provision(|_| {}).await.expect("a fresh folder");
    let again = Store::new(embedded::open(&data).expect("free again"), names);
    again.ping().await.expect("what was created is still there");
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
