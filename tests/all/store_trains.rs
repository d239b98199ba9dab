//! The timetable: published once, changed by new versions, and never half.

use std::collections::BTreeMap;

use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::coach::Class;
use kiosk::domain::money::Paise;
use kiosk::domain::sales::{Scope, Stops};
use kiosk::domain::station::{Station, StationCode};
use kiosk::domain::train::{Train, TrainDraft, TrainNumber};
use kiosk::store::StoreError;
use kiosk::store::trains::{Listing, Mark, Published};

use crate::world::{World, express, rajdhani, stations};

fn listings() -> Vec<Listing> {
    let fares = BTreeMap::from([(Class::ThirdAc, Paise::new(287_000))]);
    vec![Listing { train: rajdhani(), fares }, Listing { train: express(), fares: BTreeMap::new() }]
}

fn renamed(train: Train, name: &str) -> Train {
    Train::new(TrainDraft { name: name.to_owned(), ..train.into() }).expect("in order")
}

fn number() -> TrainNumber {
    TrainNumber::parse("12951").expect("a number")
}

#[tokio::test]
async fn what_is_published_is_read_back_whole() {
    let world = World::empty().await;
    assert_eq!(world.store.catalogue_version().await, Ok(0));
    let published = world.store.publish(&stations(), &listings(), |_, _| {}).await.expect("an empty table");
    assert_eq!((published.trains, published.stations), (2, 6));

    let catalogue = world.store.catalogue().await.expect("it answers");
    assert_eq!(catalogue.trains, [express(), rajdhani()]);
    let mut by_code = stations();
    by_code.sort_by_key(|station| station.code);
    assert_eq!(catalogue.stations, by_code);
    assert_eq!(catalogue.version, published.version);
    assert_eq!(world.store.catalogue_version().await, Ok(published.version));
    assert_eq!(world.store.train_version(number(), 1).await, Ok(rajdhani()));
}

#[tokio::test]
async fn publishing_the_same_again_writes_nothing() {
    let world = World::empty().await;
    let first = world.store.publish(&stations(), &listings(), |_, _| {}).await.expect("an empty table");
    let mute = world.with_faults(|call: &Call| {
        let writes = ["BatchWriteItem", "UpdateItem", "PutItem", "TransactWriteItems"];
        writes.contains(&call.operation.as_str()).then(|| Fault::Answer(400, "AccessDeniedException".to_owned()))
    });
    let again = mute.publish(&stations(), &listings(), |_, _| {}).await.expect("no write is tried");
    assert_eq!(again, Published { trains: 0, stations: 0, version: first.version });
}

#[tokio::test]
async fn a_changed_train_gets_a_version_and_the_old_one_stays() {
    let world = World::empty().await;
    let first = world.store.publish(&stations(), &listings(), |_, _| {}).await.expect("an empty table");
    let mut changed = listings();
    changed[0].train = renamed(rajdhani(), "Mumbai Tejas Rajdhani");
    let second = world.store.publish(&stations(), &changed, |_, _| {}).await.expect("it answers");
    assert_eq!((second.trains, second.stations), (1, 0));
    assert!(second.version > first.version);

    let old = world.store.train_version(number(), 1).await.expect("kept");
    let new = world.store.train_version(number(), 2).await.expect("new");
    assert_eq!((old.name(), new.name()), ("Mumbai Rajdhani", "Mumbai Tejas Rajdhani"));
    let catalogue = world.store.catalogue().await.expect("it answers");
    assert_eq!(catalogue.trains.iter().map(Train::version).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn an_unknown_version_is_not_found() {
    let world = World::empty().await;
    assert!(matches!(world.store.train_version(number(), 7).await, Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn a_publication_that_broke_off_is_finished_by_the_next() {
    let world = World::empty().await;
    // The last of its writes, the second mark on the catalogue, never gets through.
    let breaking = world.with_faults(|call: &Call| {
        (call.operation == "UpdateItem" && call.nth > 1).then(|| Fault::Answer(400, "AccessDeniedException".to_owned()))
    });
    breaking.publish(&stations(), &listings(), |_, _| {}).await.expect_err("broken off");
    let broken = world.store.catalogue_version().await.expect("it answers");
    let repeated = world.store.publish(&stations(), &listings(), |_, _| {}).await.expect("it answers");
    assert_eq!((repeated.trains, repeated.stations), (0, 0));
    assert!(repeated.version > broken, "whoever read in between reads again");
}

#[tokio::test]
async fn lost_replies_and_throttling_leave_no_gap() {
    let world = World::empty().await;
    let lossy = world.with_faults(|call: &Call| match call.nth % 3 {
        1 => Some(Fault::LoseReply),
        2 => Some(Fault::Answer(400, "ThrottlingException".to_owned())),
        _ => None,
    });
    lossy.publish(&stations(), &listings(), |_, _| {}).await.expect("it gets through");
    assert_eq!(world.store.catalogue().await.expect("it answers").trains, [express(), rajdhani()]);
}

#[tokio::test]
async fn many_stations_are_written_in_batches_with_progress_to_the_end() {
    let world = World::empty().await;
    let many: Vec<Station> = (0..60)
        .map(|i| Station {
            code: StationCode::parse(&format!("S{i}")).expect("a code"),
            name: format!("Station {i}"),
            city: "Somewhere".to_owned(),
        })
        .collect();
    let mut seen = Vec::new();
    world.store.publish(&many, &[], |done, of| seen.push((done, of))).await.expect("it answers");
    assert_eq!(seen, [(0, 60), (25, 60), (50, 60), (60, 60)]);
    assert_eq!(world.store.catalogue().await.expect("it answers").stations.len(), 60);
}

#[tokio::test]
async fn what_is_off_sale_is_kept_beside_the_version_and_survives_another_timetable() {
    let world = World::empty().await;
    let unknown = Err(StoreError::NotFound { what: "the timetable".to_owned() });
    assert_eq!(world.store.stop_sales(Scope::All).await, unknown, "there is nothing to stop");
    world.store.publish(&stations(), &listings(), |_, _| {}).await.expect("an empty table");
    let one = Stops { all: false, trains: [number()].into() };
    for _ in 0..2 {
        assert_eq!(world.store.stop_sales(Scope::Train(number())).await, Ok(one.clone()), "repeating changes nothing");
    }
    let renamed = Listing { train: renamed(rajdhani(), "Bombay Rajdhani"), fares: BTreeMap::new() };
    let published = world.store.publish(&stations(), &[renamed], |_, _| {}).await.expect("it can be published");
    let mark = world.store.catalogue_mark().await.expect("it answers");
    assert_eq!(mark, Mark { version: published.version, stops: one.clone() });
    assert_eq!(world.store.catalogue().await.expect("it answers").stops, one);
    assert_eq!(world.store.stop_sales(Scope::All).await, Ok(Stops { all: true, ..one }));
    for _ in 0..2 {
        assert_eq!(world.store.start_sales(Scope::All).await, Ok(Stops::default()));
    }
    assert_eq!(world.store.start_sales(Scope::Train(number())).await, Ok(Stops::default()));
}
