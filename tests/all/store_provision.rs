//! The tables and the bucket: created once, found again, owned by one process.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use kiosk::aws::embedded;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::user::Role;
use kiosk::store::users::Unique;
use kiosk::store::{Names, Store, StoreError};
use serde_json::{Value, json};

use crate::world::{World, account, patience};

#[tokio::test]
async fn provisioning_twice_changes_nothing_and_then_the_store_answers() {
    let world = World::empty().await;
    let mut seen = Vec::new();
    world.store.provision(|progress| seen.push(progress)).await.expect("safe to repeat");
    assert_eq!(seen.iter().map(|progress| progress.done).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
    assert!(seen.iter().all(|progress| progress.of == 7));
    world.store.ping().await.expect("it answers");
}

/// As a version wrote them that had no lists: their guard items name no list.
async fn made_before_lists(world: &World, names: &[String]) {
    for name in names {
        let made = account(name, Role::Traveller);
        world.store.create_account(&made).await.expect("nobody has the name");
        for key in [format!("username#{name}"), format!("email#{name}@example.in")] {
            let update = world.clients.dynamodb.update_item().table_name(&world.names.users);
            let update = update.key("UserID", AttributeValue::S(key)).update_expression("REMOVE Guards");
            update.send().await.expect("it is there");
        }
    }
}

async fn listed(store: &Store, by: Unique) -> Vec<String> {
    let page = store.accounts_beginning(by, "", None, 1_000).await.expect("it answers");
    page.accounts.into_iter().map(|account| account.username.to_string()).collect()
}

#[tokio::test]
async fn accounts_that_were_made_before_there_were_lists_are_put_on_them() {
    let world = World::empty().await;
    // More items than are looked at in one request, and some that are on the lists already.
    let old: Vec<_> = (0..180).map(|nth| format!("t{nth:03}")).collect();
    made_before_lists(&world, &old).await;
    for name in ["new1", "new2"] {
        world.store.create_account(&account(name, Role::Administrator)).await.expect("nobody has the name");
    }
    assert_eq!(listed(&world.store, Unique::Username).await, ["new1", "new2"]);

    let writes = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&writes);
    let broken = world.with_faults(move |call: &Call| {
        let is_write = call.operation == "UpdateItem" && counted.fetch_add(1, Ordering::SeqCst) >= 100;
        is_write.then(|| Fault::Answer(400, "AccessDeniedException".to_owned()))
    });
    broken.list_unlisted_accounts().await.expect_err("it broke off");
    assert_eq!(world.store.list_unlisted_accounts().await, Ok(260), "what was done before is not done again");
    let all: Vec<_> = ["new1", "new2"].map(str::to_owned).into_iter().chain(old).collect();
    for by in Unique::ALL {
        assert_eq!(listed(&world.store, by).await, all, "{by:?}");
    }
    assert_eq!(world.store.list_unlisted_accounts().await, Ok(0));
}

/// Their index may be older than the lists, so that it says nothing of what is on them.
#[tokio::test]
async fn a_store_that_is_not_marked_is_provisioned_with_its_accounts_on_the_lists() {
    let world = World::empty().await;
    let old = ["anita".to_owned(), "bela".to_owned()];
    made_before_lists(&world, &old).await;
    world.store.provision(|_| {}).await.expect("it can be repeated");
    for by in Unique::ALL {
        assert_eq!(listed(&world.store, by).await, old, "{by:?}");
    }
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
async fn a_lock_file_left_behind_locks_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("lock"), "4242\n").expect("a file");
    let _clients = embedded::open(folder.path()).expect("nobody holds it");
    let note = std::fs::read_to_string(folder.path().join("lock")).expect("it stays");
    assert_eq!(note.lines().next(), Some(std::process::id().to_string().as_str()), "the owner writes itself into it");
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

/// What describes tables otherwise than they are.
struct Otherwise<T, F> {
    inner: T,
    change: Arc<F>,
}

impl<T, F> fmt::Debug for Otherwise<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Otherwise")
    }
}

impl<F: Fn(&mut Value) + Send + Sync + 'static> HttpClient for Otherwise<SharedHttpClient, F> {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(Otherwise { inner, change: Arc::clone(&self.change) })
    }
}

impl<F: Fn(&mut Value) + Send + Sync + 'static> HttpConnector for Otherwise<SharedHttpConnector, F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target");
        if !target.is_some_and(|target| target.ends_with(".DescribeTable")) {
            return self.inner.call(request);
        }
        let (inner, change) = (self.inner.clone(), Arc::clone(&self.change));
        HttpConnectorFuture::new(async move {
            let answer = inner.call(request).await?;
            let mut body: Value = serde_json::from_slice(answer.body().bytes().expect("in memory")).expect("JSON");
            change(&mut body["Table"]);
            Ok(HttpResponse::new(answer.status(), SdkBody::from(body.to_string())))
        })
    }
}

/// A provisioned world whose tables are described otherwise.
async fn described(change: impl Fn(&mut Value) + Send + Sync + 'static) -> World {
    let change = Arc::new(change);
    let world = World::in_line().await;
    world.through(|clients| clients.through(|inner| SharedHttpClient::new(Otherwise { inner, change })))
}

/// Makes the first index of a table that has any one that is being filled; whether it did.
fn fill(table: &mut Value) -> bool {
    let index = table["GlobalSecondaryIndexes"].get_mut(0);
    index.map(|index| index["IndexStatus"] = json!("CREATING")).is_some()
}

#[tokio::test]
async fn an_index_that_takes_a_quarter_of_an_hour_to_fill_is_waited_for() {
    // Looks are half a second apart at least.
    let left = AtomicU32::new(15 * 60);
    let world = described(move |table| {
        if left.load(Ordering::SeqCst) > 0 && fill(table) {
            left.fetch_sub(1, Ordering::SeqCst);
        }
    })
    .await;
    world.store.provision(|_| {}).await.expect("it is filled in the end");
}

#[tokio::test]
async fn what_does_not_become_usable_is_given_up_with_what_to_do() {
    let filling = described(|table| {
        fill(table);
    })
    .await;
    let error = filling.store.provision(|_| {}).await.expect_err("it is never filled");
    assert!(error.to_string().contains("run kiosk provision again"), "{error}");

    let looks = Arc::new(AtomicU32::new(0));
    let looked = Arc::clone(&looks);
    let changing = described(move |table| {
        looked.fetch_add(1, Ordering::SeqCst);
        table["TableStatus"] = json!("UPDATING");
    });
    let error = changing.await.store.provision(|_| {}).await.expect_err("it never becomes active");
    assert!(error.to_string().contains("is still not active"), "{error}");
    assert!(looks.load(Ordering::SeqCst) < 10 * 60, "without an index to fill it is a matter of minutes");
}

#[tokio::test]
async fn a_table_with_a_capacity_of_its_own_is_to_be_switched_before_it_gets_an_index() {
    let world = described(|table| {
        table["ProvisionedThroughput"] = json!({ "ReadCapacityUnits": 5, "WriteCapacityUnits": 5 });
        table["GlobalSecondaryIndexes"] = json!([]);
    });
    let error = world.await.store.provision(|_| {}).await.expect_err("an index is lacking");
    assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
    assert!(error.to_string().contains("--billing-mode PAY_PER_REQUEST"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_enter_the_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("deep").join("data");
    let _clients = embedded::open(&data).expect("nobody has it");
    assert_eq!(modes::of(&data), 0o700);
}

#[cfg(unix)]
#[tokio::test]
async fn in_a_folder_that_others_can_enter_they_can_read_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path();
    std::fs::create_dir(data.join("objects")).expect("a folder");
    std::fs::write(data.join("lock"), "4242\n").expect("a file");
    for (path, mode) in [(data.join("objects"), 0o755), (data.join("lock"), 0o644), (data.to_owned(), 0o755)] {
        modes::set(&path, mode);
    }
    let store = Store::new(embedded::open(data).expect("nobody has it"), Names::default());
    store.provision(|_| {}).await.expect("a fresh folder");
    assert_eq!(modes::of(data), 0o755, "it may be somebody's home");
    let readable: Vec<_> = std::fs::read_dir(data)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| modes::of(path) & 0o077 != 0)
        .collect();
    assert!(data.join("kiosk.db").is_file() && readable.is_empty(), "{readable:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_in_which_others_may_write_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for mode in [0o770, 0o1777] {
        modes::set(folder.path(), mode);
        let refusal = embedded::open(folder.path()).expect_err("others may write");
        assert!(refusal.to_string().contains("chmod go-w"), "{refusal}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[cfg(unix)]
mod modes {
    use std::fs::{Permissions, metadata, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    /// Who may do what with a file or folder.
    pub fn of(path: &Path) -> u32 {
        metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    /// Lets others do it, or not.
    pub fn set(path: &Path, mode: u32) {
        set_permissions(path, Permissions::from_mode(mode)).expect("it is the test's own");
    }
}
