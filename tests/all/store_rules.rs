//! The book of rules: entries are only added, one after the other, by whoever is first.

use chrono::{DateTime, Utc};
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::booking::OpId;
use kiosk::domain::rules::book::{BookEntry, Does, Edition, RuleKind};
use kiosk::store::StoreError;
use uuid::Uuid;

use crate::service_kit::{publish, small_train};
use crate::world::{World, express};

fn at() -> DateTime<Utc> {
    "2026-12-01T04:30:00Z".parse().expect("an instant")
}

fn edition(op: u128, number: u32, by: &str) -> BookEntry {
    let from = "2027-01-01".parse().expect("a day");
    let text = format!("[[charts]]\nhours-before = {number}\nsecond-minutes = 30\n");
    let does = Does::Publish(Edition { number, kind: RuleKind::Charts, from, text });
    BookEntry { op: OpId(Uuid::from_u128(op)), at: at(), by: by.to_owned(), does }
}

fn conflict() -> Result<(), StoreError> {
    Err(StoreError::Conflict { what: "the rules".to_owned() })
}

#[tokio::test]
async fn entries_are_read_back_in_order_and_change_nothing_else() {
    let world = World::empty().await;
    publish(&world.store, small_train()).await;
    let before = world.store.catalogue().await.expect("it answers");
    assert_eq!(before.rules, 0);
    let withdrawal = BookEntry { does: Does::Withdraw(1), ..edition(2, 2, "eve") };
    assert_eq!(world.store.add_rule_entry(0, &edition(1, 1, "adam")).await, Ok(()));
    assert_eq!(world.store.add_rule_entry(1, &withdrawal).await, Ok(()));
    assert_eq!(world.store.catalogue_mark().await.map(|mark| mark.rules), Ok(2));
    assert_eq!(world.store.rule_book(0, 2).await, Ok(vec![edition(1, 1, "adam"), withdrawal.clone()]));
    assert_eq!(world.store.rule_book(1, 2).await, Ok(vec![withdrawal]), "only what is not known yet");
    let after = world.store.catalogue().await.expect("it answers");
    assert_eq!((&after.trains, &after.stations, after.version), (&before.trains, &before.stations, before.version));
    publish(&world.store, express()).await;
    assert_eq!(world.store.catalogue_mark().await.map(|mark| mark.rules), Ok(2), "publishing trains keeps the count");
}

#[tokio::test]
async fn of_two_who_add_at_once_one_is_refused_and_nothing_is_overwritten() {
    let meeting = Meeting::of(2);
    let world = World::empty().await;
    publish(&world.store, small_train()).await;
    let store = world.with_faults(move |call: &Call| {
        (call.operation == "TransactWriteItems" && call.nth <= 2).then(|| Fault::Meet(meeting.clone()))
    });
    let (one, other) = (edition(1, 1, "adam"), edition(2, 1, "eve"));
    let (first, second) = tokio::join!(store.add_rule_entry(0, &one), store.add_rule_entry(0, &other));
    let kept = match (&first, &second) {
        (Ok(()), Err(_)) => one,
        (Err(_), Ok(())) => other,
        both => panic!("{both:?}"),
    };
    assert!([first, second].contains(&conflict()));
    assert_eq!(world.store.rule_book(0, 1).await, Ok(vec![kept]));
    assert_eq!(world.store.catalogue_mark().await.map(|mark| mark.rules), Ok(1));
}

#[tokio::test]
async fn an_entry_whose_reply_was_lost_is_found_again() {
    let world = World::empty().await;
    publish(&world.store, small_train()).await;
    let store = world.with_faults(|call: &Call| {
        (call.operation == "TransactWriteItems" && call.nth == 1).then_some(Fault::LoseReply)
    });
    assert_eq!(store.add_rule_entry(0, &edition(1, 1, "adam")).await, Ok(()));
    assert_eq!(world.store.add_rule_entry(0, &edition(1, 1, "adam")).await, Ok(()), "the same action again");
    assert_eq!(world.store.add_rule_entry(0, &edition(2, 1, "eve")).await, conflict());
    assert_eq!(world.store.rule_book(0, 1).await, Ok(vec![edition(1, 1, "adam")]));
}

#[tokio::test]
async fn there_is_no_book_before_there_is_a_timetable() {
    let world = World::empty().await;
    let refused = world.store.add_rule_entry(0, &edition(1, 1, "adam")).await;
    assert_eq!(refused, Err(StoreError::NotFound { what: "the timetable".to_owned() }));
}
