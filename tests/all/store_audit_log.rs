//! The audit log: every event of a day, in order, once.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use kiosk::domain::user::AccountId;
use kiosk::store::audit_log::Event;
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
