//! Several processes on one data folder, here as several clients in one: what any of them writes all read, and when the
//! owner leaves, another takes its place.

#![cfg(unix)]

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use kiosk::aws::embedded::{self, EmbeddedError};
use kiosk::domain::user::{Account, Role};
use kiosk::store::users::CreateAccountError;
use kiosk::store::{Names, Outcome, Store, StoreError};
use tempfile::TempDir;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::world::{account, patience};

/// Less than an attempt may take before it counts as lost.
const A_SHORT_WAIT: Duration = Duration::from_secs(4);

/// One more process on the folder.
fn open(data: &Path) -> Store {
    Store::new(embedded::open(data).expect("whoever has it answers"), Names::default())
}

/// A folder with its tables, and who owns it.
async fn owned() -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let owner = open(folder.path());
    owner.provision(|_| {}).await.expect("a fresh folder");
    (folder, owner)
}

/// Where the owner of a folder says that it answers.
fn socket(data: &Path) -> PathBuf {
    let note = fs::read_to_string(data.join("lock")).expect("the owner leaves a note");
    data.join(note.lines().nth(1).expect("the second line names the socket"))
}

async fn has(store: &Store, account: &Account) -> bool {
    store.account(account.id).await.expect("it answers").as_ref() == Some(account)
}

#[tokio::test]
async fn what_one_writes_all_read() {
    let (folder, owner) = owned().await;
    let (guest, other) = (open(folder.path()), open(folder.path()));
    let [anita, bina] = ["anita", "bina"].map(|name| account(name, Role::Traveller));
    owner.create_account(&anita).await.expect("free");
    guest.create_account(&bina).await.expect("free");
    let pnr = "8451234567".parse().expect("a PNR");
    let paper = Bytes::from(vec![b'%'; 300_000]);
    guest.put_receipt(pnr, 1, paper.clone()).await.expect("stored");
    for store in [&owner, &guest, &other] {
        assert!(has(store, &anita).await && has(store, &bina).await);
        assert_eq!(store.receipt(pnr, 1).await, Ok(Some(paper.clone())));
        assert_eq!(store.receipt(pnr, 2).await, Ok(None));
        store.ping().await.expect("tables and bucket are there");
    }
}

#[tokio::test]
async fn a_condition_that_fails_does_so_for_a_guest_too() {
    let (folder, owner) = owned().await;
    let guest = open(folder.path());
    let anita = account("anita", Role::Traveller);
    owner.create_account(&anita).await.expect("free");
    let taken = guest.create_account(&account("anita", Role::Traveller)).await;
    assert!(matches!(taken, Err(CreateAccountError::UsernameTaken)), "{taken:?}");
}

#[tokio::test]
async fn a_guest_goes_on_alone_when_the_owner_has_left_and_lets_others_in() {
    let (folder, owner) = owned().await;
    let guest = open(folder.path());
    let anita = account("anita", Role::Traveller);
    guest.create_account(&anita).await.expect("free");
    drop(owner);
    assert!(has(&guest, &anita).await);
    let next = open(folder.path());
    drop(guest);
    assert!(has(&next, &anita).await);
}

#[tokio::test]
async fn the_folder_is_free_as_soon_as_the_last_one_has_left() {
    let (folder, owner) = owned().await;
    let guest = open(folder.path());
    guest.ping().await.expect("it answers");
    let at = socket(folder.path());
    assert!(at.exists());
    drop((owner, guest));
    assert!(!at.exists(), "the socket is gone with its owner");
    File::open(folder.path().join("lock")).and_then(|lock| lock.try_lock().map_err(Into::into)).expect("free");
}

/// Owners come and go while writers write through whoever there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_while_owners_change() {
    const OWNERS: usize = 6;
    const WRITERS: usize = 6;
    let (folder, owner) = owned().await;
    let mut owners = vec![owner];
    owners.extend((1..OWNERS).map(|_| open(folder.path())));
    let writing: Vec<Store> = (0..WRITERS).map(|_| open(folder.path())).collect();
    let rounds = Arc::new(Barrier::new(WRITERS + 1));
    let mut writers = JoinSet::new();
    for (number, store) in writing.into_iter().enumerate() {
        let rounds = Arc::clone(&rounds);
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            for round in 0..OWNERS {
                rounds.wait().await;
                for nth in 0..5 {
                    let written = account(&format!("w{number}r{round}n{nth}"), Role::Traveller);
                    let begun = Instant::now();
                    store.create_account(&written).await.expect("whoever owns the folder answers");
                    assert!(begun.elapsed() < A_SHORT_WAIT, "{:?}", begun.elapsed());
                    acknowledged.push(written);
                }
            }
            (store, acknowledged)
        });
    }
    for owner in owners {
        // It may be a guest itself, or the owner by now.
        owner.ping().await.expect("it answers");
        rounds.wait().await;
        tokio::task::spawn_blocking(move || drop(owner)).await.expect("it leaves");
    }
    let mut acknowledged = Vec::new();
    while let Some(writer) = writers.join_next().await {
        acknowledged.extend(writer.expect("it writes").1);
    }
    assert_eq!(acknowledged.len(), OWNERS * WRITERS * 5);
    let store = open(folder.path());
    for account in &acknowledged {
        assert!(has(&store, account).await, "{account:?}");
    }
}

#[tokio::test]
async fn a_socket_that_was_left_behind_is_no_obstacle() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = folder.path().join("socket");
    drop(UnixListener::bind(&at).expect("a socket"));
    fs::write(folder.path().join("lock"), "4242\nsocket\n").expect("a note");
    assert!(at.exists() && UnixStream::connect(&at).is_err(), "as after a kill");
    let owner = open(folder.path());
    owner.provision(|_| {}).await.expect("a fresh folder");
    assert_eq!(socket(folder.path()), at, "it is in its place");
    open(folder.path()).ping().await.expect("it answers");
}

#[tokio::test]
async fn a_folder_with_a_long_path_has_its_socket_elsewhere_for_its_owner_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("d".repeat(120));
    let owner = open(&data);
    owner.provision(|_| {}).await.expect("a fresh folder");
    let at = socket(&data);
    let private = at.parent().expect("it is in a folder").to_owned();
    assert!(!at.starts_with(&data), "{at:?}");
    assert_eq!((mode(&at), mode(&private)), (0o600, 0o700));
    let guest = open(&data);
    guest.ping().await.expect("it answers");
    drop(owner);
    assert!(!private.exists(), "nothing stays among the temporary files");
    guest.ping().await.expect("it has taken over");
    assert!(socket(&data).exists());
}

#[tokio::test]
async fn what_an_owner_that_was_killed_left_elsewhere_is_removed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let left = tempfile::Builder::new().prefix("kiosk-").tempdir().expect("a temporary folder");
    let at = left.path().join("socket");
    drop(UnixListener::bind(&at).expect("a socket"));
    fs::write(folder.path().join("lock"), format!("4242\n{}\n", at.display())).expect("a note");
    let _owner = open(folder.path());
    assert!(!left.path().exists());
}

#[tokio::test]
async fn only_the_owner_of_the_folder_can_connect() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // As somebody's home may be.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("it is the test's own");
    let _owner = open(folder.path());
    assert_eq!(mode(&socket(folder.path())), 0o600);
}

#[tokio::test]
async fn a_folder_whose_owner_does_not_answer_is_refused_in_a_sentence() {
    let (folder, owner) = owned().await;
    let guest = Store::with_patience(
        embedded::open(folder.path()).expect("the owner answers"),
        Names::default(),
        patience().with_deadline(Duration::ZERO),
    );
    guest.ping().await.expect("it answers");
    drop(owner);
    // An older version of Kiosk, which has no socket.
    let lock = File::options().write(true).open(folder.path().join("lock")).expect("it stays");
    lock.lock().expect("free");
    fs::write(folder.path().join("lock"), "4242\n").expect("a note");

    let data = folder.path().to_owned();
    let refused = tokio::task::spawn_blocking(move || embedded::open(&data).expect_err("nobody answers"));
    let anita = account("anita", Role::Traveller);
    let unsent = guest.create_account(&anita).await.expect_err("nobody answers");
    let CreateAccountError::Store(StoreError::Unavailable { outcome, .. }) = unsent else { panic!("{unsent:?}") };
    assert_eq!(outcome, Outcome::NotApplied);
    let refusal = refused.await.expect("it ends");
    assert!(matches!(refusal, EmbeddedError::InUse { pid: Some(4242), .. }), "{refusal:?}");
    assert!(refusal.to_string().contains(&folder.path().display().to_string()), "{refusal}");

    drop(lock);
    assert!(!has(&guest, &anita).await, "it was not applied");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}
