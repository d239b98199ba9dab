//! The audit log: every event of a day, in order, once.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use kiosk::domain::user::AccountId;
use kiosk::store::StoreError;
use kiosk::store::audit_log::Event;
use kiosk::store::pages::Portion;
use uuid::Uuid;

use crate::world::World;

fn event(number: u128, at: DateTime<Utc>) -> Event {
    Event {
        id: Uuid::from_u128(number),
        at,
        account: number.is_multiple_of(2).then_some(AccountId(Uuid::from_u128(7))),
        action: "booking.confirm".to_owned(),
        subject: Some(format!("845123456{}", number % 10)),
        terminal: "NDLS-07".to_owned(),
        session: Some("7K3F9Q".to_owned()),
        note: None,
    }
}

#[tokio::test]
async fn a_day_is_the_railway_s_and_reads_back_in_order() {
    let world = World::empty().await;
    // Midnight in India is 18:30 the day before in UTC.
    let midnight: DateTime<Utc> = "2026-11-30T18:30:00Z".parse().expect("an instant");
    let events: Vec<_> = (0..40_i32)
        .map(|i| event(u128::from(97 - i.unsigned_abs()), midnight + TimeDelta::milliseconds(500) * i))
        .collect();
    for event in events.iter().rev() {
        world.store.append_event(event).await.expect("appended");
    }
    world.store.append_event(&event(1, midnight - TimeDelta::seconds(1))).await.expect("the day before");
    world.store.append_event(&events[3]).await.expect("again");

    let day = NaiveDate::from_ymd_opt(2026, 12, 1).expect("a date");
    assert_eq!(world.store.events_of(day).await, Ok(events));
    assert_eq!(world.store.events_of(day - TimeDelta::days(1)).await.expect("it answers").len(), 1);
    assert_eq!(world.store.events_of(day + TimeDelta::days(1)).await, Ok(vec![]));
}

#[tokio::test]
async fn an_event_that_is_there_stays_as_it_is_whatever_is_told_under_its_name() {
    let world = World::empty().await;
    let noon: DateTime<Utc> = "2026-12-01T06:30:00Z".parse().expect("an instant");
    let first = event(7, noon);
    world.store.append_event(&first).await.expect("appended");
    // The same deed, told again after the line broke.
    let again = Event { session: Some("8K3F9Q".to_owned()), terminal: "NDLS-08".to_owned(), ..first.clone() };
    world.store.append_event(&again).await.expect("it is the same");
    for other in [
        Event { action: "booking.cancel".to_owned(), ..first.clone() },
        Event { account: Some(AccountId(Uuid::from_u128(8))), ..first.clone() },
        Event { note: Some("nothing".to_owned()), ..first.clone() },
    ] {
        let refused = world.store.append_event(&other).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    }
    let day = NaiveDate::from_ymd_opt(2026, 12, 1).expect("a date");
    assert_eq!(world.store.events_of(day).await, Ok(vec![first]));
}

#[tokio::test]
async fn a_day_is_read_from_its_newest_event_back_page_by_page_and_no_event_twice() {
    let world = World::empty().await;
    let noon: DateTime<Utc> = "2026-12-01T06:30:00Z".parse().expect("an instant");
    // Ids in any order, several of one moment, and most of them in one of the partitions.
    let number = |i: i32| if i % 3 == 0 { u128::from(i.unsigned_abs()) * 7 } else { u128::from(i.unsigned_abs()) * 16 };
    let mut events: Vec<_> = (1..=60).map(|i| event(number(i), noon + TimeDelta::seconds(i64::from(i / 4)))).collect();
    for event in &events {
        world.store.append_event(event).await.expect("appended");
    }
    events.sort_by_key(|event| (event.at, event.id));
    events.reverse();
    let day = NaiveDate::from_ymd_opt(2026, 12, 1).expect("a date");
    let (mut read, mut before) = (Vec::new(), None);
    loop {
        let page =
            world.store.events_before(day, before.as_deref(), Portion::of(7), |_| true).await.expect("it answers");
        assert!(page.events.len() == 7 || page.next.is_none(), "only the last page is short");
        read.extend(page.events);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(read, events);
    let ids: Vec<_> = events.iter().take(3).map(|event| (event.at, event.id)).chain([(noon, Uuid::nil())]).collect();
    assert_eq!(world.store.events_with(&ids).await.expect("it answers").len(), 3, "those that there are");
}
