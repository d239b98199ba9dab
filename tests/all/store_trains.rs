//! The timetable: published once, changed by new versions, and never half.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::coach::Class;
use kiosk::domain::edition::{Editions, NotPublished, Start};
use kiosk::domain::money::Paise;
use kiosk::domain::sales::{Scope, Stops};
use kiosk::domain::station::{Station, StationCode};
use kiosk::domain::train::{RunId, Train, TrainDraft, TrainNumber};
use kiosk::store::trains::{Basis, Catalogue, Edit, Listing, Mark, Published};
use kiosk::store::{Store, StoreError};

use crate::world::{World, express, rajdhani, stations};

fn listings() -> Vec<Listing> {
    let fares = BTreeMap::from([(Class::ThirdAc, Paise::new(287_000))]);
    vec![Listing { train: rajdhani(), fares }, Listing { train: express(), fares: BTreeMap::new() }]
}

fn renamed(train: Train, name: &str) -> Train {
    Train::new(TrainDraft { name: name.to_owned(), ..train.into() }).expect("in order")
}

/// The trains of a catalogue in which none changes later.
fn current(catalogue: &Catalogue) -> Vec<Train> {
    let only = |editions: &Editions| {
        let periods: Vec<_> = editions.periods().collect();
        assert_eq!((periods.len(), periods[0].from, periods[0].until), (1, None, None));
        Train::clone(&periods[0].train)
    };
    catalogue.trains.iter().map(only).collect()
}

/// On 1 December.
fn at_once() -> Start {
    Start::at_once(date("2026-12-01"))
}

fn number() -> TrainNumber {
    TrainNumber::parse("12951").expect("a number")
}

#[tokio::test]
async fn what_is_published_is_read_back_whole() {
    let world = World::empty().await;
    assert_eq!(world.store.catalogue_version().await, Ok(0));
    let published = world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("an empty table");
    assert_eq!((published.trains, published.stations), (2, 6));

    let catalogue = world.store.catalogue().await.expect("it answers");
    assert_eq!(current(&catalogue), [express(), rajdhani()]);
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
    let first = world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("an empty table");
    let mute = world.with_faults(|call: &Call| {
        let writes = ["BatchWriteItem", "UpdateItem", "PutItem", "TransactWriteItems"];
        writes.contains(&call.operation.as_str()).then(|| Fault::Answer(400, "AccessDeniedException".to_owned()))
    });
    let again = mute.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("no write is tried");
    assert_eq!(again, Published { trains: 0, stations: 0, left: Vec::new(), version: first.version });
}

#[tokio::test]
async fn a_changed_train_gets_a_version_and_the_old_one_stays() {
    let world = World::empty().await;
    let first = world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("an empty table");
    let mut changed = listings();
    changed[0].train = renamed(rajdhani(), "Mumbai Tejas Rajdhani");
    let second = world.store.publish(&stations(), &changed, at_once(), |_, _| {}).await.expect("it answers");
    assert_eq!((second.trains, second.stations), (1, 0));
    assert!(second.version > first.version);

    let old = world.store.train_version(number(), 1).await.expect("kept");
    let new = world.store.train_version(number(), 2).await.expect("new");
    assert_eq!((old.name(), new.name()), ("Mumbai Rajdhani", "Mumbai Tejas Rajdhani"));
    let editions = world.store.editions(number()).await.expect("it answers").expect("it is there");
    let names = ["Mumbai Rajdhani", "Mumbai Tejas Rajdhani"].map(|name| Some(name.to_owned()));
    assert_eq!(names_on(&editions, &["2026-11-30", "2026-12-01"]), names, "runs that have left are as they were");
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
    breaking.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect_err("broken off");
    let broken = world.store.catalogue_version().await.expect("it answers");
    let repeated = world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("it answers");
    assert_eq!((repeated.trains, repeated.stations), (0, 0));
    assert!(repeated.version > broken, "whoever read in between reads again");
}

/// Somebody else's publication may have come as far as its trains, and runs may be sold by it.
#[tokio::test]
async fn a_version_that_another_publication_has_kept_is_never_replaced() {
    let world = World::empty().await;
    world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("an empty table");
    let listing = |name: &str| [Listing { train: renamed(rajdhani(), name), fares: BTreeMap::new() }];
    let breaking = world.with_faults(|call: &Call| {
        (call.operation == "TransactWriteItems").then(|| Fault::Answer(400, "AccessDeniedException".to_owned()))
    });
    breaking.publish(&[], &listing("Fog"), at_once(), |_, _| {}).await.expect_err("broken off before its trains");
    world.store.publish(&[], &listing("Snow"), at_once(), |_, _| {}).await.expect("it goes on");
    let (fog, snow) = (world.store.train_version(number(), 2).await, world.store.train_version(number(), 3).await);
    assert_eq!((fog.expect("kept").name(), snow.expect("the next").name()), ("Fog", "Snow"));
    let editions = world.store.editions(number()).await.expect("it answers").expect("it is there");
    assert_eq!(editions.latest_version(), 3);
}

#[tokio::test]
async fn what_was_compared_with_another_timetable_is_not_published() {
    let world = World::empty().await;
    world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("an empty table");
    let read = world.store.catalogue().await.expect("it answers");
    let snow = [Listing { train: renamed(rajdhani(), "Snow"), fares: BTreeMap::new() }];
    let over = async |read: &Catalogue| {
        let basis = Basis { read, publisher: "snow" };
        world.store.publish_over(basis, &[], &snow, at_once(), |_, _| {}).await
    };
    rename_from(&world.store, 1, "Winter Rajdhani", "2026-12-10").await.expect("somebody is faster");
    let before = world.store.catalogue().await.expect("it answers");
    let refused = over(&read).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    // Nor by whoever knows the count and not the trains.
    let counted = Catalogue { version: before.version, ..read };
    let refused = over(&counted).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    assert_eq!(world.store.catalogue().await.expect("it answers"), before, "nothing is written");
    assert_eq!(over(&before).await.expect("it is as it was read").trains, 1);
    assert_eq!(world.store.catalogue().await.expect("it answers").publisher.as_deref(), Some("snow"));
}

#[tokio::test]
async fn other_fares_beside_a_train_are_no_other_version_of_it() {
    let world = World::empty().await;
    world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("an empty table");
    let mut dearer = listings();
    dearer[0].fares.insert(Class::ThirdAc, Paise::new(300_000));
    let published = world.store.publish(&stations(), &dearer, at_once(), |_, _| {}).await.expect("it answers");
    assert_eq!(published.trains, 1, "they are shown");
    let editions = world.store.editions(number()).await.expect("it answers").expect("it is there");
    assert_eq!(editions.latest_version(), 1);
    assert!(world.store.train_version(number(), 2).await.is_err());
    let again = world.store.publish(&stations(), &dearer, at_once(), |_, _| {}).await.expect("it answers");
    assert_eq!(again.trains, 0);
}

#[tokio::test]
async fn lost_replies_and_throttling_leave_no_gap() {
    let world = World::empty().await;
    let lossy = world.with_faults(|call: &Call| match call.nth % 3 {
        1 => Some(Fault::LoseReply),
        2 => Some(Fault::Answer(400, "ThrottlingException".to_owned())),
        _ => None,
    });
    lossy.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("it gets through");
    assert_eq!(current(&world.store.catalogue().await.expect("it answers")), [express(), rajdhani()]);
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
    world.store.publish(&many, &[], at_once(), |done, of| seen.push((done, of))).await.expect("it answers");
    assert_eq!(seen, [(0, 60), (25, 60), (50, 60), (60, 60)]);
    assert_eq!(world.store.catalogue().await.expect("it answers").stations.len(), 60);
}

#[tokio::test]
async fn what_is_off_sale_is_kept_beside_the_version_and_survives_another_timetable() {
    let world = World::empty().await;
    let unknown = Err(StoreError::NotFound { what: "the timetable".to_owned() });
    assert_eq!(world.store.stop_sales(Scope::All).await, unknown, "there is nothing to stop");
    world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("an empty table");
    let one = Stops { all: false, trains: [number()].into() };
    for _ in 0..2 {
        assert_eq!(world.store.stop_sales(Scope::Train(number())).await, Ok(one.clone()), "repeating changes nothing");
    }
    let renamed = Listing { train: renamed(rajdhani(), "Bombay Rajdhani"), fares: BTreeMap::new() };
    let published =
        world.store.publish(&stations(), &[renamed], at_once(), |_, _| {}).await.expect("it can be published");
    let mark = world.store.catalogue_mark().await.expect("it answers");
    assert_eq!(mark, Mark { version: published.version, stops: one.clone(), rules: 0, ..Mark::default() });
    assert_eq!(world.store.catalogue().await.expect("it answers").stops, one);
    assert_eq!(world.store.stop_sales(Scope::All).await, Ok(Stops { all: true, ..one }));
    for _ in 0..2 {
        assert_eq!(world.store.start_sales(Scope::All).await, Ok(Stops::default()));
    }
    assert_eq!(world.store.start_sales(Scope::Train(number())).await, Ok(Stops::default()));
}

#[tokio::test]
async fn which_runs_are_late_is_told_with_what_is_off_sale() {
    let world = World::empty().await;
    let store = &world.store;
    world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("an empty table");
    let [run, other] = ["12951#2026-12-05", "12951#2026-11-01"].map(|run| run.parse::<RunId>().expect("a run"));
    let since = "2026-11-20".parse().expect("a date");
    let listed = async || store.catalogue_mark().await.expect("it answers").changed;
    assert!(listed().await.is_empty());
    store.list_changed(other, 3, "2026-10-20".parse().expect("a date")).await.expect("it answers");
    store.list_changed(run, 1, since).await.expect("it answers");
    assert_eq!(listed().await, [(run, 1)].into(), "what is long over goes");
    for count in [2, 2] {
        store.list_changed(run, count, since).await.expect("it answers");
    }
    assert_eq!(listed().await, [(run, 2)].into());
    assert_eq!(store.catalogue().await.expect("it answers").changed, listed().await);
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// Publishes a train under another name from a date on, on 1 December.
async fn rename_from(store: &Store, based_on: u32, name: &str, from: &str) -> Result<Editions, StoreError> {
    let listing = Listing { train: renamed(rajdhani(), name), fares: BTreeMap::new() };
    let (names, today) = (HashMap::new(), date("2026-12-01"));
    let edit = Edit::Publish { listing: &listing, names: &names, from: date(from), today };
    store.change_train(number(), based_on, edit).await
}

fn names_on(editions: &Editions, dates: &[&str]) -> Vec<Option<String>> {
    dates.iter().map(|on| editions.on(date(on)).map(|train| train.name().to_owned())).collect()
}

#[tokio::test]
async fn a_change_takes_effect_on_its_date_and_not_before() {
    let world = World::empty().await;
    world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("an empty table");
    let before = world.store.catalogue_version().await.expect("it answers");
    rename_from(&world.store, 1, "Winter Rajdhani", "2026-12-10").await.expect("it can be published");
    let editions = rename_from(&world.store, 2, "Fog Rajdhani", "2026-12-05").await.expect("it can be published");
    let dates = ["2026-12-04", "2026-12-05", "2026-12-09", "2026-12-10"];
    let expected = ["Mumbai Rajdhani", "Fog Rajdhani", "Fog Rajdhani", "Winter Rajdhani"];
    assert_eq!(names_on(&editions, &dates), expected.map(|name| Some(name.to_owned())));

    assert_eq!(world.store.editions(number()).await, Ok(Some(editions.clone())));
    let catalogue = world.store.catalogue().await.expect("it answers");
    assert!(catalogue.trains.contains(&editions), "whoever reads the timetable sees all of it");
    assert!(catalogue.version > before, "and everybody reads it again");
    for (version, name) in [(1, "Mumbai Rajdhani"), (2, "Winter Rajdhani"), (3, "Fog Rajdhani")] {
        let kept = world.store.train_version(number(), version).await.expect("kept for the runs sold by it");
        assert_eq!((kept.name(), kept.version()), (name, version));
    }
}

#[tokio::test]
async fn of_two_who_change_a_train_at_once_the_second_is_told() {
    let world = World::empty().await;
    world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("an empty table");
    rename_from(&world.store, 1, "Winter Rajdhani", "2026-12-10").await.expect("the first");
    let second = rename_from(&world.store, 1, "Fog Rajdhani", "2026-12-10").await;
    assert!(matches!(second, Err(StoreError::Conflict { .. })), "{second:?}");
    let again = rename_from(&world.store, 1, "Winter Rajdhani", "2026-12-10").await.expect("the first, repeated");
    assert_eq!(again.latest_version(), 2, "nothing is published twice");
}

#[tokio::test]
async fn a_change_whose_reply_is_lost_is_made_once() {
    let world = World::empty().await;
    world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("an empty table");
    let lossy = world.with_faults(|call: &Call| {
        (call.operation == "TransactWriteItems" && call.nth == 1).then_some(Fault::LoseReply)
    });
    let editions = rename_from(&lossy, 1, "Winter Rajdhani", "2026-12-10").await.expect("it gets through");
    assert_eq!(editions.latest_version(), 2);
    assert_eq!(editions.periods().count(), 2);
}

#[tokio::test]
async fn a_train_ends_on_a_date_and_that_can_be_taken_back() {
    let world = World::empty().await;
    world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("an empty table");
    let end = Some(date("2026-12-10"));
    let dates = ["2026-12-09", "2026-12-10"];
    for _ in 0..2 {
        let ended = world.store.change_train(number(), 1, Edit::Retire(end)).await.expect("it is there");
        assert_eq!(names_on(&ended, &dates), [Some("Mumbai Rajdhani".to_owned()), None]);
    }
    let again = world.store.change_train(number(), 1, Edit::Retire(None)).await.expect("it is there");
    assert!(names_on(&again, &dates).iter().all(Option::is_some));
    let nobody = TrainNumber::parse("99999").expect("a number");
    let unknown = world.store.change_train(nobody, 0, Edit::Retire(end)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })), "{unknown:?}");
}

#[tokio::test]
async fn editions_that_no_run_goes_by_any_more_are_left_out() {
    let world = World::empty().await;
    let listing = |name: &str| Listing { train: renamed(rajdhani(), name), fares: BTreeMap::new() };
    world.store.publish(&stations(), &[listing("First")], at_once(), |_, _| {}).await.expect("an empty table");
    for (name, from) in [("Second", "2026-11-01"), ("Third", "2026-11-25")] {
        let start = Start { from: Some(date(from)), today: date("2026-11-01") };
        let published = world.store.publish(&stations(), &[listing(name)], start, |_, _| {}).await;
        assert_eq!(published.expect("it can be published").trains, 1);
    }
    let editions = rename_from(&world.store, 3, "Fourth", "2026-12-20").await.expect("it can be published");
    let kept: Vec<_> = editions.periods().map(|edition| edition.train.name().to_owned()).collect();
    assert_eq!(kept, ["Second", "Third", "Fourth"], "a run of 24 November may still be on its way on 1 December");
    assert_eq!(world.store.train_version(number(), 1).await.expect("for good").name(), "First");
}

#[tokio::test]
async fn what_is_published_at_once_changes_what_is_in_force_and_nothing_later() {
    let world = World::empty().await;
    world.store.publish(&stations(), &listings(), at_once(), |_, _| {}).await.expect("an empty table");
    rename_from(&world.store, 1, "Winter Rajdhani", "2026-11-25").await.expect("it can be published");
    rename_from(&world.store, 2, "Fog Rajdhani", "2026-12-10").await.expect("it can be published");
    let listing = |name: &str| Listing { train: renamed(rajdhani(), name), fares: BTreeMap::new() };
    let count = || async { world.store.catalogue_version().await.expect("it answers") };
    // As it is now: the fares beside it are shown, and are no change of the train.
    world.store.publish(&[], &[listing("Winter Rajdhani")], at_once(), |_, _| {}).await.expect("it answers");
    let before = count().await;
    let same = world.store.publish(&[], &[listing("Winter Rajdhani")], at_once(), |_, _| {}).await.expect("it answers");
    assert_eq!((same.trains, count().await), (0, before), "the edition in force is compared, not the oldest");
    let changed =
        world.store.publish(&[], &[listing("Snow Rajdhani")], at_once(), |_, _| {}).await.expect("it answers");
    assert_eq!(changed.trains, 1);
    let editions = world.store.editions(number()).await.expect("it answers").expect("it is there");
    let dates = ["2026-11-24", "2026-11-30", "2026-12-01", "2026-12-09", "2026-12-10"];
    let names = ["Mumbai Rajdhani", "Winter Rajdhani", "Snow Rajdhani", "Snow Rajdhani", "Fog Rajdhani"];
    assert_eq!(names_on(&editions, &dates), names.map(|name| Some(name.to_owned())));
}

#[tokio::test]
async fn a_train_that_never_runs_is_still_one() {
    let world = World::empty().await;
    let listing = |name: &str| Listing { train: renamed(rajdhani(), name), fares: BTreeMap::new() };
    let new = Start { from: Some(date("2026-12-10")), today: date("2026-12-01") };
    world.store.publish(&stations(), &[listing("New Rajdhani")], new, |_, _| {}).await.expect("an empty table");
    let end = date("2026-12-10");
    let ended = world.store.change_train(number(), 1, Edit::Retire(Some(end))).await.expect("it is there");
    let periods: Vec<_> = ended.periods().map(|edition| (edition.from, edition.until)).collect();
    assert_eq!(periods, [(Some(end), Some(end))], "whoever lists trains sees that it ended");
    assert_eq!(names_on(&ended, &["2026-12-09", "2026-12-10", "2026-12-11"]), [None, None, None]);
    let later = Start { from: Some(date("2026-12-20")), today: date("2026-12-01") };
    let published = world.store.publish(&[], &[listing("Other")], later, |_, _| {}).await.expect("it answers");
    let left = NotPublished::Retired { train: number(), from: end };
    assert_eq!((published.trains, published.left), (0, vec![left]), "what is left is told");
}
