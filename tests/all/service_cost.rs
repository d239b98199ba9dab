//! What a booking costs: how many requests of which kind, and that it is no more later than at first.

use std::collections::BTreeMap;

use kiosk::domain::train::RunId;
use kiosk::service::{Kiosk, Receipts, Session, Settings};
use kiosk::store::Store;
use rstest::rstest;

use crate::market::{buy, follow, long_train, run_of};
use crate::meter::{Detail, Meter};
use crate::service_kit::{Stage, publish, run, settings, terminal};
use crate::world::patience;

/// A kiosk whose requests are counted.
struct Counted {
    meter: Meter,
    kiosk: Kiosk,
    session: Session,
    _stage: Stage,
}

impl Counted {
    async fn new() -> Self {
        let settings = Settings { receipts: Receipts::WhenAsked, ..settings() };
        let stage = Stage::with(settings).await;
        publish(&stage.world.store, long_train(4)).await;
        let meter = Meter::new(Detail::Capacity);
        let clients = meter.on(stage.world.clients.clone());
        let kiosk = stage.other_kiosk(Store::with_patience(clients, stage.world.names.clone(), patience())).await;
        let session = kiosk.open_session(terminal("HALL-1"));
        Self { meter, kiosk, session, _stage: stage }
    }

    /// The requests of one booking, with all that it leaves to do.
    async fn booking(&self, run: RunId, size: usize) -> BTreeMap<String, usize> {
        self.kiosk.settle().await;
        self.meter.take();
        buy(&self.session, run, size).await.expect("there are berths");
        self.kiosk.settle().await;
        self.meter.take().into_iter().map(|(kind, tally)| (kind, tally.requests)).collect()
    }
}

fn requests(kinds: &[(&str, usize)]) -> BTreeMap<String, usize> {
    kinds.iter().map(|(kind, requests)| ((*kind).to_owned(), *requests)).collect()
}

/// Nobody waits for these: two hints, and the event of the sale.
const ASIDE: [(&str, usize); 2] = [("UpdateItem #rev", 2), ("PutItem audit", 1)];

#[rstest]
#[tokio::test]
async fn where_the_run_is_shown_a_booking_is_two_writes_and_its_coach_is_read_after_it(#[values(1, 6)] size: usize) {
    let counted = Counted::new().await;
    let _watch = follow(&counted.kiosk, run()).await;
    let writes = [("UpdateItem C#", 1), ("TransactWriteItems of 4", 1), ("BatchGetItem", 1)];
    let first = counted.booking(run(), size).await;
    assert_eq!(
        first,
        requests(&[&writes[..], &ASIDE, &[("PutItem #run", 1)]].concat()),
        "the first of its run pins it"
    );
    for later in 2..=20 {
        let cost = counted.booking(run(), size).await;
        assert_eq!(cost, requests(&[&writes[..], &ASIDE].concat()), "booking {later}");
    }
}

#[rstest]
#[tokio::test]
async fn where_it_is_not_a_booking_is_one_read_and_two_writes(#[values(1, 6)] size: usize) {
    let counted = Counted::new().await;
    let writes = [("Query", 1), ("UpdateItem C#", 1), ("TransactWriteItems of 4", 1)];
    let first = counted.booking(run(), size).await;
    assert_eq!(
        first,
        requests(&[&writes[..], &ASIDE, &[("PutItem #run", 1)]].concat()),
        "the first of its run pins it"
    );
    for later in 2..=20 {
        let cost = counted.booking(run(), size).await;
        assert_eq!(cost, requests(&[&writes[..], &ASIDE].concat()), "booking {later}");
    }
    let other = run_of(run().date, 1);
    counted.booking(other, size).await;
    assert_eq!(counted.booking(other, size).await, requests(&[&writes[..], &ASIDE].concat()), "another run");
}
