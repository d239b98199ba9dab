//! What the application that Kiosk replaces left in the tables is taken over in place: its users sign in, its bookings are
//! found, its trains make way for the timetable, and nothing is lost.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::edition::Editions;
use kiosk::domain::former::{FormerBooking, account_of};
use kiosk::domain::money::Paise;
use kiosk::domain::user::{Phone, Role};
use kiosk::service::request::{Failure, Reply, Request};
use kiosk::service::takeover::{Mode, Takeover, Verdict, take_over};
use kiosk::service::{Kiosk, ManualClock, Session};
use kiosk::store::users::Unique;
use kiosk::store::work;
use kiosk::store::{Names, Store, StoreError};
use serde_json::{Value, json};

use crate::service_kit::{
    Stage, best, hold, new_op, order, publish, secret, settings, sign_in, small_train, terminal, test_money, whole,
};
use crate::world::{World, account, now, patience};

const ANITA: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const PASSWORD: &str = "correct horse battery";
/// Of that password, by werkzeug 3.1.9.
const PBKDF2: &str =
    "pbkdf2:sha256:1000$uCu9iPOUCBWu6gFv$dc51750ff1290a812da4ae038a972e155ce5b0aaf1f8b3de1555eae49476960f";
const SCRYPT: &str = "scrypt:1024:8:1$SgPItA4om0ZQO7AB$4e80824319c6186afecaefbe1614aa9e048d8e7105dfc7743a8e2046fe2907ef\
                      f094daddb461fa91cec7867b5e3635ed30c50c23347bbe0fcf7003944b2dcf27";

fn value(of: &Value) -> AttributeValue {
    match of {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(yes) => AttributeValue::Bool(*yes),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(values) => AttributeValue::L(values.iter().map(value).collect()),
        Value::Object(map) => AttributeValue::M(map.iter().map(|(name, of)| (name.clone(), value(of))).collect()),
    }
}

type Item = HashMap<String, AttributeValue>;

fn item(of: &Value) -> Item {
    match value(of) {
        AttributeValue::M(item) => item,
        other => panic!("{other:?} is no item"),
    }
}

async fn put(world: &World, table: &str, of: Value) {
    world.clients.dynamodb.put_item().table_name(table).set_item(Some(item(&of))).send().await.expect("it is put");
}

async fn all(world: &World, table: &str) -> Vec<Item> {
    let scan = world.clients.dynamodb.scan().table_name(table).consistent_read(true).send().await;
    let mut items = scan.expect("it answers").items.unwrap_or_default();
    items.sort_by_key(|item| format!("{:?} {:?}", item.get("UserID"), item.get("BookingID")));
    items
}

/// Two users, one by a UUID and one by an address; two bookings of each; a train.
async fn left_behind() -> World {
    let world = World::empty().await;
    leave_people_behind(&world).await;
    put(
        &world,
        &world.names.trains,
        json!({
            "TrainID": "12951", "TrainName": "Mumbai Rajdhani", "Route": "Mumbai - Delhi", "Time": "17:00 - 08:32",
            "Classes": {"Sleeper": {"Availability": 200, "Fare": "755"}, "3rd AC": {"Availability": "64", "Fare": 2020}}
        }),
    )
    .await;
    world
}

/// The users of the application before, with their bookings.
pub async fn leave_people_behind(world: &World) {
    let names = world.names.clone();
    put(
        world,
        &names.users,
        json!({
            "UserID": ANITA, "Username": "Anita", "UsernameLower": "anita", "Email": "Anita@example.in",
            "EmailLower": "anita@example.in", "PasswordHash": PBKDF2, "Role": "user", "CreatedAt": "2024-05-01T10:00:00.123456",
            "FullName": "Anita Sharma", "Phone": "9810012345"
        }),
    )
    .await;
    put(
        world,
        &names.users,
        json!({
            "UserID": "boss@example.in", "username": "boss", "email": "boss@example.in", "password_hash": SCRYPT, "is_admin": true
        }),
    )
    .await;
    put(
        world,
        &names.bookings,
        json!({
            "BookingID": "8451234567", "UserID": ANITA, "BookedAt": "2024-05-02T10:00:00", "TrainID": "12951",
            "TrainName": "Mumbai Rajdhani", "Route": "Mumbai - Delhi", "TravelDate": "2024-05-20", "Class": "AC 3 Tier",
            "Passengers": [{"Name": "Anita Sharma", "Age": 34, "Gender": "F"}, {"Name": "Dev", "Age": "36"}],
            "Seats": 2, "TotalFare": "4042.5", "Status": "CONFIRMED", "Phone": "+91 98100 12345"
        }),
    )
    .await;
    put(
        world,
        &names.bookings,
        json!({
            "BookingID": "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d", "UserID": "boss@example.in", "booked_at": 1_714_640_400,
            "train_id": "T-17", "travel_class": "Business", "passenger_name": "Bo", "price": "a lot"
        }),
    )
    .await;
}

pub async fn taken(store: &Store) -> Takeover {
    take_over(store, now(), Mode::Real, |_, _| {}).await.expect("it answers")
}

async fn kiosk(world: &World) -> Kiosk {
    publish(&world.store, small_train()).await;
    let clock = Arc::new(ManualClock::new(now()));
    Kiosk::open(world.store.clone(), settings(), clock).await.expect("nothing of the old is in its way")
}

async fn visitor(kiosk: &Kiosk, name: &str) -> Session {
    let session = kiosk.open_session(terminal("NDLS-07"));
    sign_in(&session, name, PASSWORD).await.expect("the old password is good");
    session
}

fn former(reply: Result<Reply, Failure>) -> Result<Arc<FormerBooking>, Failure> {
    match reply? {
        Reply::FormerBooking(booking) => Ok(booking),
        other => panic!("{other:?} is no booking from before"),
    }
}

async fn listed(session: &Session) -> Vec<Arc<FormerBooking>> {
    match session.call(Request::MyFormerBookings { after: None }).await {
        Ok(Reply::FormerBookings { page, next: None }) => page,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn users_sign_in_with_their_old_password_which_is_argon2id_s_from_then_on() {
    let world = left_behind().await;
    let takeover = taken(&world.store).await;
    assert_eq!((takeover.users.taken, takeover.left()), (2, 0), "{takeover:?}");
    let kiosk = kiosk(&world).await;
    for (name, role) in [("anita", Role::Traveller), ("boss@example.in", Role::Administrator)] {
        let session = visitor(&kiosk, name).await;
        let identity = session.identity().expect("somebody is signed in");
        assert_eq!(identity.role, role);
        let stored = world.store.account(identity.account).await.expect("it answers").expect("it is there");
        assert!(stored.password.0.starts_with("$argon2id$"), "the old hash is replaced in the same breath");
        sign_in(&kiosk.open_session(terminal("NDLS-08")), name, PASSWORD).await.expect("and the new one is as good");
        let wrong = sign_in(&kiosk.open_session(terminal("NDLS-09")), name, "battery staple").await;
        assert_eq!(wrong, Err(Failure::WrongPassword));
    }
    let anita = world.store.account_by_email("anita@example.in").await.expect("it answers").expect("by her address");
    assert_eq!(anita.id.to_string(), ANITA, "she keeps her id");
    assert_eq!(anita.created_at.to_string(), "2024-05-01 10:00:00 UTC");
    assert!(world.store.has_administrator().await.expect("it answers"), "nobody else becomes the first");
}

#[tokio::test]
async fn a_wrong_password_is_refused_before_and_counts_and_the_old_hash_stays() {
    let world = left_behind().await;
    taken(&world.store).await;
    let kiosk = kiosk(&world).await;
    let refused = sign_in(&kiosk.open_session(terminal("NDLS-07")), "anita", "battery staple").await;
    assert_eq!(refused, Err(Failure::WrongPassword));
    let anita = world.store.account_by_username("anita").await.expect("it answers").expect("she is there");
    assert_eq!((anita.failures, anita.password.0.as_str()), (1, PBKDF2));
}

#[tokio::test]
async fn everything_that_was_written_is_kept_but_the_passwords_hashes() {
    let world = left_behind().await;
    let before: Vec<Item> = [all(&world, &world.names.users).await, all(&world, &world.names.bookings).await].concat();
    taken(&world.store).await;
    let kept: Vec<Item> = [all(&world, &world.names.users).await, all(&world, &world.names.bookings).await]
        .concat()
        .into_iter()
        .filter_map(|item| item.get("Former").and_then(|kept| kept.as_m().ok()).cloned())
        .collect();
    assert_eq!(kept.len(), before.len());
    for mut item in before {
        item.retain(|name, _| !name.to_lowercase().contains("password"));
        assert!(kept.contains(&item), "{item:?}");
    }
}

#[tokio::test]
async fn bookings_are_found_by_their_numbers_and_listed_for_whoever_made_them() {
    let world = left_behind().await;
    let takeover = taken(&world.store).await;
    assert_eq!(takeover.bookings.taken, 2);
    let kiosk = kiosk(&world).await;
    let pnr = "8451234567".parse().expect("a PNR");
    let anita = visitor(&kiosk, "anita").await;
    let booking = former(anita.call(Request::Booking { pnr }).await).expect("it is hers");
    assert_eq!(booking.passengers, ["Anita Sharma (34 F)", "Dev (36)"]);
    assert_eq!(booking.paid, Some(Paise::new(404_250)));
    assert_eq!(booking.class.as_deref(), Some("3A AC 3 tier"));
    assert_eq!(booking.travels.as_deref(), Some("2024-05-20"));
    assert_eq!(listed(&anita).await, [Arc::clone(&booking)]);
    let none = anita
        .call(Request::MyBookings { filter: kiosk::domain::journeys::JourneyFilter::default(), after: None })
        .await;
    assert!(matches!(none, Ok(Reply::Bookings { page, next: None, .. }) if page.is_empty()), "they are listed apart");

    let boss = visitor(&kiosk, "boss").await;
    let id = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d".parse().expect("a number");
    let other = former(boss.call(Request::FormerBooking { id }).await).expect("by a number that is no PNR");
    assert_eq!(other.account, Some(account_of("boss@example.in")), "made by who has another id now");
    assert_eq!(
        (other.class.as_deref(), other.paid),
        (Some("Business"), None),
        "what Kiosk cannot read it does not guess"
    );
    let remark = takeover.remarks.iter().find(|remark| remark.key.starts_with("9b1d")).expect("it is said");
    assert!(remark.verdict == Verdict::Noted && remark.words.contains("amount"), "{remark:?}");

    let guest = kiosk.open_session(terminal("HALL-1"));
    assert_eq!(guest.call(Request::Booking { pnr }).await.err(), Some(Failure::NoSuchBooking(pnr)), "nobody else's");
    let look = |phone: &str| Request::LookUp { pnr, phone: Phone::parse(phone).expect("a number") };
    assert_eq!(guest.call(look("9999999999")).await.err(), Some(Failure::NotFound));
    assert_eq!(former(guest.call(look("09810012345")).await), Ok(booking), "whoever knows its number sees it");
}

#[tokio::test]
async fn a_booking_from_before_is_never_changed_and_the_person_is_told_whom_to_ask() {
    let world = left_behind().await;
    taken(&world.store).await;
    let kiosk = kiosk(&world).await;
    let pnr = "8451234567".parse().expect("a PNR");
    let before = all(&world, &world.names.bookings).await;
    for session in [visitor(&kiosk, "anita").await, visitor(&kiosk, "boss").await] {
        for request in [
            Request::QuoteCancel { pnr, passengers: vec![0], waiver: None },
            Request::GiveUpSlip { op: new_op(), pnr },
            Request::Receipt { pnr },
            Request::Ticket { pnr },
        ] {
            assert_eq!(session.call(request).await.err(), Some(Failure::MadeBefore));
        }
    }
    assert!(Failure::MadeBefore.to_string().contains("ask the office that sold it"));
    assert_eq!(all(&world, &world.names.bookings).await, before);
}

#[tokio::test]
async fn a_new_booking_never_takes_a_number_from_before() {
    let op = new_op();
    let sold = |stage: Stage| async move {
        let agent = stage.agent().await;
        let held = hold(&agent, whole(), best(1)).await.expect("free");
        let order = order(&agent, &held).await;
        match agent.call(Request::Book { op, order, payment: test_money() }).await.expect("it is paid") {
            Reply::Booking(booking) => booking.pnr,
            other => panic!("{other:?}"),
        }
    };
    let drawn = sold(Stage::new().await).await;
    let stage = Stage::new().await;
    put(&stage.world, &stage.world.names.bookings, json!({ "BookingID": drawn.to_string(), "Status": "CONFIRMED" }))
        .await;
    taken(&stage.world.store).await;
    let store = stage.world.store.clone();
    let another = sold(stage).await;
    assert_ne!(another, drawn);
    let kept = store.kept_booking(&drawn.to_string()).await.expect("it answers");
    assert!(matches!(kept, Some(kiosk::store::bookings::Kept::Former(_))), "{kept:?}");
}

#[tokio::test]
async fn a_train_makes_way_and_is_on_sale_when_the_timetable_has_it() {
    let world = left_behind().await;
    let unread = world.store.catalogue().await.expect_err("it has no halts");
    assert!(unread.to_string().contains("run kiosk migrate"), "{unread}");
    let takeover = taken(&world.store).await;
    assert_eq!(takeover.trains.taken, 1);
    let remark = takeover.remarks.iter().find(|remark| remark.what == "train").expect("it is said");
    assert!(remark.words.contains("Mumbai Rajdhani") && remark.words.contains("kiosk seed"), "{remark:?}");
    assert_eq!(world.store.catalogue().await.expect("it is readable").trains, []);
    publish(&world.store, small_train()).await;
    let trains = world.store.catalogue().await.expect("it is readable").trains;
    assert_eq!(trains.iter().map(Editions::latest_version).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_rehearsal_says_the_same_and_writes_nothing() {
    let world = left_behind().await;
    put(&world, &world.names.users, json!({ "UserID": "2", "Username": "ANITA", "Email": "second@example.in" })).await;
    let tables = [&world.names.users, &world.names.bookings, &world.names.trains];
    let mut before = BTreeMap::new();
    for table in tables {
        before.insert(table, all(&world, table).await);
    }
    let rehearsed = take_over(&world.store, now(), Mode::Rehearsal, |_, _| {}).await.expect("it answers");
    for table in tables {
        assert_eq!(all(&world, table).await, before[table], "{table}");
    }
    assert_eq!((rehearsed.users.taken, rehearsed.users.left), (2, 1));
    assert_eq!(taken(&world.store).await, rehearsed);
}

#[tokio::test]
async fn what_cannot_be_taken_over_is_named_stays_and_is_taken_over_once_it_is_mended() {
    let world = World::empty().await;
    let users = world.names.users.clone();
    for (id, name, email) in
        [("1", "anita", "anita@example.in"), ("2", "dev", "ANITA@example.in"), ("3", "x", "x@example.in")]
    {
        put(&world, &users, json!({ "UserID": id, "Username": name, "Email": email, "PasswordHash": PBKDF2 })).await;
    }
    put(
        &world,
        &users,
        json!({ "UserID": "4", "Username": "plain", "Email": "plain@example.in", "Password": "secret" }),
    )
    .await;
    let takeover = taken(&world.store).await;
    assert_eq!((takeover.users.taken, takeover.users.left), (2, 2), "{takeover:?}");
    let said = |key: &str| {
        let remark = takeover.remarks.iter().find(|remark| remark.key == key).expect("it is named");
        (remark.verdict, remark.words.clone())
    };
    let clash = if said_left(&takeover, "1") { "1" } else { "2" };
    assert!(said(clash).1.contains("address") && said(clash).1.contains("run this again"), "{takeover:?}");
    assert!(said("3").0 == Verdict::Left && said("3").1.contains("user name"), "{takeover:?}");
    assert!(said("4").0 == Verdict::Noted && said("4").1.contains("kiosk user passwd plain"), "{takeover:?}");
    let left: Vec<_> =
        all(&world, &users).await.into_iter().filter(|item| !item.contains_key("SchemaVersion")).collect();
    assert_eq!(left.len(), 2, "they are as they were");
    assert_eq!(world.store.accounts(None, 50).await.expect("they are in nobody's way").accounts.len(), 2);

    let mended = json!({ "UserID": clash, "Username": "devi", "Email": "devi@example.in", "PasswordHash": PBKDF2 });
    put(&world, &users, mended).await;
    let again = taken(&world.store).await;
    assert_eq!((again.users.taken, again.users.left), (1, 1), "{again:?}");
}

fn said_left(takeover: &Takeover, key: &str) -> bool {
    takeover.remarks.iter().any(|remark| remark.key == key && remark.verdict == Verdict::Left)
}

#[tokio::test]
async fn a_takeover_that_broke_off_is_finished_by_the_next_and_a_third_finds_nothing() {
    let world = left_behind().await;
    let flaky = world.with_faults(|call: &Call| match (call.operation.as_str(), call.nth) {
        ("TransactWriteItems", nth) if nth > 4 => Some(Fault::Answer(400, "AccessDeniedException".to_owned())),
        ("TransactWriteItems", nth) if nth % 2 == 1 => Some(Fault::LoseReply),
        _ => None,
    });
    take_over(&flaky, now(), Mode::Real, |_, _| {}).await.expect_err("it breaks off");
    let rest = taken(&world.store).await;
    assert_eq!(rest.left(), 0, "{rest:?}");
    let kiosk = kiosk(&world).await;
    let anita = visitor(&kiosk, "anita").await;
    visitor(&kiosk, "boss").await;
    assert_eq!(listed(&anita).await.len(), 1);
    assert_eq!(taken(&world.store).await, Takeover::default());
}

#[tokio::test]
async fn more_than_a_page_is_taken_over_whole() {
    let world = World::empty().await;
    let padding = "x".repeat(20_000);
    for n in 0..150 {
        let booking = json!({ "BookingID": format!("B{n}"), "UserID": ANITA, "Note": padding });
        put(&world, &world.names.bookings, booking).await;
    }
    let mut seen = 0;
    let takeover = take_over(&world.store, now(), Mode::Real, |_, so_far| seen = so_far).await.expect("it answers");
    assert_eq!((takeover.bookings.taken, seen), (150, 150));
    assert_eq!(taken(&world.store).await.bookings.taken, 0);
    let (mut after, mut listed) = (None, 0);
    loop {
        let account = account_of(ANITA);
        let page = world.store.former_bookings_of(account, after.as_deref(), 40).await.expect("it answers");
        listed += page.bookings.len();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, 150);
}

/// A table as the former application made it: with its key, and of the indexes only its own.
async fn old_table(world: &World, name: &str, key: &str, index: Option<(&str, &str)>) {
    let element = |name: &str, kind| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("name and kind are set")
    };
    let definition = |name: &str| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition.attribute_type(ScalarAttributeType::S).build().expect("name and type are set")
    };
    let request = world.clients.dynamodb.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    let mut request = request.key_schema(element(key, KeyType::Hash)).attribute_definitions(definition(key));
    if let Some((index, partition)) = index {
        let index = GlobalSecondaryIndex::builder()
            .index_name(index)
            .key_schema(element(partition, KeyType::Hash))
            .projection(Projection::builder().projection_type(ProjectionType::All).build());
        request = request.attribute_definitions(definition(partition));
        request = request.global_secondary_indexes(index.build().expect("name and keys are set"));
    }
    request.send().await.expect("it is created");
}

#[tokio::test]
async fn tables_from_before_get_the_indexes_that_they_lack() {
    let world = World::empty().await;
    let names = Names {
        trains: format!("{}-old", world.names.trains),
        bookings: format!("{}-old", world.names.bookings),
        users: format!("{}-old", world.names.users),
        bucket: world.names.bucket.clone(),
    };
    old_table(&world, &names.users, "UserID", Some(("EmailLowerIndex", "EmailLower"))).await;
    old_table(&world, &names.bookings, "BookingID", None).await;
    let store = Store::with_patience(world.clients.clone(), names.clone(), patience());
    // An account of a version of Kiosk that had no list of accounts.
    store.create_account(&account("anita", Role::Agent)).await.expect("nobody has the name");
    let update = world.clients.dynamodb.update_item().table_name(&names.users).update_expression("REMOVE Guards");
    update.key("UserID", AttributeValue::S("username#anita".to_owned())).send().await.expect("it is there");
    for _ in 0..2 {
        store.provision(|_| {}).await.expect("what is there is completed");
    }
    store.unpaid(work::ALL, now()).await.expect("the list of duties is there");
    store.former_bookings_of(account_of(ANITA), None, 5).await.expect("and the list of an account");
    let described = world.clients.dynamodb.describe_table().table_name(&names.users).send().await.expect("it is there");
    let indexes = described.table.expect("described").global_secondary_indexes.unwrap_or_default();
    assert_eq!(indexes.len(), 3);
    let named = store.accounts_beginning(Unique::Username, "", None, 5).await.expect("it answers");
    assert_eq!(named.accounts.len(), 1, "who was there before the list is on it");
}

/// Until version 3 of the schema what was taken over stood among the account's own bookings.
#[tokio::test]
async fn what_was_taken_over_before_is_put_on_a_list_of_its_own() {
    let world = left_behind().await;
    taken(&world.store).await;
    kiosk(&world).await;
    let update = |key: (&str, &str)| {
        let update = world.clients.dynamodb.update_item().key(key.0, AttributeValue::S(key.1.to_owned()));
        update.expression_attribute_values(":value", AttributeValue::S(account_of(ANITA).to_string()))
    };
    let of_account = update(("BookingID", "8451234567")).table_name(&world.names.bookings);
    of_account.update_expression("SET UserID = :value").send().await.expect("it is there");
    let mark = world.clients.dynamodb.update_item().table_name(&world.names.trains);
    let mark = mark.key("TrainID", AttributeValue::S("#catalogue".to_owned()));
    let mark = mark.update_expression("SET SchemaVersion = :two");
    mark.expression_attribute_values(":two", AttributeValue::N("2".to_owned())).send().await.expect("it is there");
    let former = async || {
        let page = world.store.former_bookings_of(account_of(ANITA), None, 5).await.expect("it answers");
        page.bookings.into_iter().map(|booking| booking.id.to_string()).collect::<Vec<_>>()
    };
    let own =
        world.store.bookings_of(account_of(ANITA), None, 5).await.expect("a booking from before is none of these");
    assert_eq!((own.bookings.len(), former().await), (0, Vec::new()));
    for _ in 0..2 {
        world.store.provision(|_| {}).await.expect("it is raised");
        assert_eq!(former().await, ["8451234567"]);
    }
    assert_eq!(world.store.list_unlisted_bookings().await, Ok(0));
}

#[tokio::test]
async fn a_table_with_another_key_is_refused_with_what_to_do() {
    let world = World::empty().await;
    let names = Names { users: format!("{}-old", world.names.users), ..world.names.clone() };
    old_table(&world, &names.users, "user_id", None).await;
    let store = Store::with_patience(world.clients.clone(), names, patience());
    let refused = store.provision(|_| {}).await.expect_err("the key cannot be changed");
    assert!(matches!(refused, StoreError::Misconfigured { .. }));
    assert!(refused.to_string().contains("user_id") && refused.to_string().contains("UserID"), "{refused}");
}

#[tokio::test]
async fn an_account_from_before_that_nobody_can_sign_in_to_gets_a_password_from_the_operator() {
    let world = World::empty().await;
    let user = json!({ "UserID": "4", "Username": "plain", "Email": "plain@example.in", "Password": PASSWORD });
    put(&world, &world.names.users, user).await;
    taken(&world.store).await;
    let kiosk = kiosk(&world).await;
    let refused = sign_in(&kiosk.open_session(terminal("NDLS-07")), "plain", PASSWORD).await;
    assert_eq!(refused, Err(Failure::WrongPassword), "a password in plain text proves nothing");
    let name = kiosk::domain::user::Username::parse("plain").expect("a name");
    kiosk.set_password(&name, secret("another good one")).await.expect("the operator may");
    sign_in(&kiosk.open_session(terminal("NDLS-08")), "plain", "another good one").await.expect("now it is theirs");
}
