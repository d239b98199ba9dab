//! What `kiosk health --deep` looks at: a whole store is well, and each thing that is wrong is found by name.

use std::sync::Arc;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use kiosk::aws::fault::{Call, Fault};
use kiosk::aws::post::Post;
use kiosk::domain::notification::Channel;
use kiosk::store::inspection::{Check, Verdict};
use kiosk::store::{Names, Store};
use rstest::rstest;

use crate::post_office::{PostOffice, Refusal};
use crate::world::{World, patience};

/// What is said to be wrong.
fn wrong(checks: &[Check]) -> Vec<(&str, &str)> {
    let wrong = checks.iter().filter_map(|check| match &check.verdict {
        Verdict::Wrong(why) => Some((check.what.as_str(), why.as_str())),
        Verdict::Well(_) | Verdict::Skipped(_) => None,
    });
    wrong.collect()
}

/// What is said of the first thing whose name begins so.
fn verdict<'a>(checks: &'a [Check], what: &str) -> &'a Verdict {
    &checks.iter().find(|check| check.what.starts_with(what)).unwrap_or_else(|| panic!("{what} in {checks:?}")).verdict
}

/// A store over the same tables that refuses an operation with a code.
fn refusing(world: &World, operation: &'static str, code: &'static str) -> Store {
    let refuses = move |call: &Call| call.operation == operation;
    world.with_faults(move |call: &Call| refuses(call).then(|| Fault::Answer(400, code.to_owned())))
}

#[tokio::test]
async fn a_provisioned_store_is_well_and_nothing_is_left_in_it() {
    let world = World::empty().await;
    let checks = world.store.inspect().await;
    assert_eq!(wrong(&checks), []);
    for what in ["table trains", "index WorkIndex of bookings", "expiry of bookings", "dynamodb:PutItem on users"] {
        assert!(matches!(verdict(&checks, what), Verdict::Well(_)), "{what}: {checks:?}");
    }
    for what in ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "missing objects"] {
        assert!(matches!(verdict(&checks, what), Verdict::Well(_)), "{what}: {checks:?}");
    }
    let accounts = world.store.accounts(None, 10).await.expect("it answers");
    assert_eq!(accounts.accounts, [], "permissions are tried on nothing");
    assert_eq!(wrong(&world.store.inspect().await), [], "and again");
}

#[tokio::test]
async fn a_table_and_a_bucket_that_are_not_there_are_named() {
    let world = World::empty().await;
    let names = Names { users: "elsewhere".to_owned(), bucket: "nowhere-at-all".to_owned(), ..world.names.clone() };
    let checks = Store::with_patience(world.clients.clone(), names, patience()).inspect().await;
    let found: Vec<_> = wrong(&checks).into_iter().map(|(what, _)| what).collect();
    assert_eq!(found, ["table elsewhere", "bucket nowhere-at-all"]);
    assert!(wrong(&checks).iter().all(|(_, why)| why.contains("kiosk provision")), "{checks:?}");
}

/// The names of a table are given to another, so that its keys and indexes are not what they should be.
#[tokio::test]
async fn another_key_a_missing_index_and_wrong_expiry_are_found() {
    let world = World::empty().await;
    let names = Names { bookings: world.names.runs(), ..world.names.clone() };
    let checks = Store::with_patience(world.clients.clone(), names, patience()).inspect().await;
    // The bookings come after the runs, whose name they have.
    let said = |what: &str| match checks.iter().rfind(|check| check.what == what).map(|check| &check.verdict) {
        Some(Verdict::Wrong(why)) => why.clone(),
        other => panic!("{what}: {other:?}"),
    };
    let bookings = world.names.runs();
    assert!(said(&format!("table {bookings}")).contains("its key is not BookingID"));
    assert!(said(&format!("index UserIdIndex of {bookings}")).contains("create it by UserID and BookedAt"));
    assert!(said(&format!("expiry of {bookings}")).contains("should stay for ever"));
}

/// An index that has all of each item does what one with the names alone does; one that has nothing of it does not.
#[rstest]
#[case::all(ProjectionType::All, None)]
#[case::keys(ProjectionType::KeysOnly, Some("with the attributes NamesLower projected"))]
#[tokio::test]
async fn an_index_has_to_carry_what_is_looked_for_in_it(#[case] carries: ProjectionType, #[case] says: Option<&str>) {
    let world = World::empty().await;
    let names = Names { bookings: format!("{}-other", world.names.bookings), ..world.names.clone() };
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("a key");
    let text = |name: &str| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition.attribute_type(ScalarAttributeType::S).build().expect("an attribute")
    };
    let index = GlobalSecondaryIndex::builder()
        .index_name("ListedOnIndex")
        .key_schema(key("ListedOn", KeyType::Hash))
        .key_schema(key("BookedAt", KeyType::Range))
        .projection(Projection::builder().projection_type(carries).build());
    let table =
        world.clients.dynamodb.create_table().table_name(&names.bookings).billing_mode(BillingMode::PayPerRequest);
    let table = table.key_schema(key("BookingID", KeyType::Hash)).global_secondary_indexes(index.build().expect("one"));
    let attributes = ["BookingID", "ListedOn", "BookedAt"].map(text);
    table.set_attribute_definitions(Some(attributes.into())).send().await.expect("it is made");
    let checks = Store::with_patience(world.clients.clone(), names.clone(), patience()).inspect().await;
    let what = format!("index ListedOnIndex of {}", names.bookings);
    match (verdict(&checks, &what), says) {
        (Verdict::Well(_), None) => {}
        (Verdict::Wrong(why), Some(says)) => assert!(why.contains(says), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::get("GetItem", "dynamodb:GetItem on trains")]
#[case::query("Query", "dynamodb:Query on")]
#[case::put("PutItem", "dynamodb:PutItem on users")]
#[case::update("UpdateItem", "dynamodb:UpdateItem on users")]
#[case::delete("DeleteItem", "dynamodb:DeleteItem on trains")]
#[case::check("TransactWriteItems", "dynamodb:ConditionCheckItem on trains")]
#[case::expiry("DescribeTimeToLive", "expiry of trains")]
#[tokio::test]
async fn a_permission_that_lacks_is_found(#[case] operation: &'static str, #[case] what: &str) {
    let world = World::empty().await;
    let checks = refusing(&world, operation, "AccessDeniedException").inspect().await;
    let found = wrong(&checks);
    let (_, why) = found.iter().find(|(found, _)| found.starts_with(what)).unwrap_or_else(|| panic!("{found:?}"));
    assert!(why.contains("lack the permission"), "{why}");
}

#[tokio::test]
async fn objects_that_must_not_be_taken_away_are_no_fault() {
    let world = World::empty().await;
    let checks = refusing(&world, "DeleteObject", "AccessDenied").inspect().await;
    assert_eq!(wrong(&checks), []);
    assert!(matches!(verdict(&checks, "s3:DeleteObject"), Verdict::Skipped(_)), "{checks:?}");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_asked_no_further() {
    let world = World::empty().await;
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let operations = Arc::clone(&asked);
    let silent = world.with_faults(move |call: &Call| {
        operations.lock().expect("nothing panics").push(call.operation.clone());
        Some(Fault::LoseRequest)
    });
    let checks = silent.inspect().await;
    assert_eq!(wrong(&checks).len(), 1, "{checks:?}");
    assert!(matches!(verdict(&checks, "everything else"), Verdict::Skipped(_)));
    assert!(asked.lock().expect("nothing panics").iter().all(|operation| operation == "DescribeTable"));
}

#[tokio::test]
async fn the_ways_of_notifications_are_looked_at_and_nobody_is_told_anything() {
    let (world, office) = (World::empty().await, PostOffice::open().await);
    let store = world.store.posting(office.post().await, patience());
    let channels = [Channel::Function, Channel::Email, Channel::Sms].into();
    let checks = store.inspect_channels(&channels, Some("send")).await;
    assert_eq!(verdict(&checks, "lambda:InvokeFunction on send"), &Verdict::Well("allowed".to_owned()));
    for what in ["ses:SendEmail", "sns:Publish"] {
        assert!(matches!(verdict(&checks, what), Verdict::Skipped(why) if why.contains("without sending")), "{what}");
    }
    office.refuses(Channel::Function, Refusal { status: 403, code: "AccessDeniedException", message: "no" }, 1);
    let checks = store.inspect_channels(&[Channel::Function].into(), Some("send")).await;
    let [(what, why)] = wrong(&checks)[..] else { panic!("{checks:?}") };
    assert_eq!(what, "lambda:InvokeFunction on send");
    assert!(why.contains("AccessDeniedException") && why.contains("the role may invoke it"), "{why}");
    assert!(office.take().is_empty(), "nothing was sent");

    let store = world.store.posting(Post::Nowhere, patience());
    let checks = store.inspect_channels(&channels, Some("send")).await;
    assert!(checks.iter().all(|check| matches!(check.verdict, Verdict::Skipped(_))), "{checks:?}");
}
