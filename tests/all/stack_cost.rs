//! What the guide says that bookings and live screens cost is what they take, in capacity units.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use kiosk::domain::train::RunId;
use kiosk::domain::user::Role;
use kiosk::service::request::Request;
use kiosk::service::{Attention, Kiosk, Receipts, Session, Settings};
use kiosk::store::Store;

use crate::market::{buy, buy_for, follow, long_train, run_of};
use crate::meter::{Detail, Meter, Tally};
use crate::post_office::PostOffice;
use crate::service_kit::{PASSWORD, Stage, cash, publish, run, settings, sign_in, terminal};
use crate::service_notify::{function_alone, told_by};
use crate::stack_kit::project_file;
use crate::till_kit::open;
use crate::world::patience;

/// Units of writes and of reads.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Units {
    written: f64,
    read: f64,
}

impl Units {
    fn of(tallies: &BTreeMap<String, Tally>) -> Self {
        let sum = |writes: bool| {
            let kinds = tallies.iter().filter(|(kind, _)| is_write(kind) == writes);
            // A sum of halves, and of nothing that is minus zero.
            kinds.map(|(_, tally)| tally.units).sum::<f64>() + 0.0
        };
        Self { written: sum(true), read: sum(false) }
    }
}

fn is_write(kind: &str) -> bool {
    ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"]
        .iter()
        .any(|operation| kind.starts_with(operation))
}

/// A kiosk whose requests are weighed, over a train of twenty coaches.
struct Weighed {
    meter: Meter,
    kiosk: Kiosk,
    session: Session,
    stage: Stage,
}

impl Weighed {
    async fn new() -> Self {
        Self::with(Settings { receipts: Receipts::WhenAsked, ..settings() }).await
    }

    async fn with(settings: Settings) -> Self {
        let stage = Stage::with(settings).await;
        publish(&stage.world.store, long_train(20)).await;
        let meter = Meter::new(Detail::Capacity);
        let clients = meter.on(stage.world.clients.clone());
        let kiosk = stage.other_kiosk(Store::with_patience(clients, stage.world.names.clone(), patience())).await;
        let session = kiosk.open_session(terminal("HALL-1"));
        Self { meter, kiosk, session, stage }
    }

    /// What one more booking takes, with all that it leaves to do.
    async fn booking(&self, run: RunId, size: usize) -> Units {
        self.kiosk.settle().await;
        self.meter.take();
        buy(&self.session, run, size).await.expect("there are berths");
        self.kiosk.settle().await;
        Units::of(&self.meter.take())
    }

    /// What an hour of looking takes, measured over five minutes.
    async fn hour(&self) -> Units {
        self.kiosk.poll_once().await;
        self.meter.take();
        for _ in 0..300 {
            self.stage.advance(TimeDelta::seconds(1));
            self.kiosk.poll_once().await;
        }
        let units = Units::of(&self.meter.take());
        Units { written: units.written * 12.0, read: units.read * 12.0 }
    }
}

/// The figures in the guide's row of this name.
fn in_guide(row: &str) -> Units {
    let guide = project_file("docs/deploy-ec2.md");
    let line = guide.lines().find(|line| line.starts_with(&format!("| {row} |")));
    let line = line.unwrap_or_else(|| panic!("docs/deploy-ec2.md has no row {row:?}"));
    let figure = |column: usize| {
        let cell = line.split('|').nth(column).expect("a cell").trim().replace(',', "");
        cell.parse().unwrap_or_else(|_| panic!("{row}: {cell:?} is no figure"))
    };
    Units { written: figure(2), read: figure(3) }
}

#[tokio::test]
async fn a_booking_takes_as_many_units_as_the_guide_says() {
    let weighed = Weighed::new().await;
    let _watch = follow(&weighed.kiosk, run()).await;
    weighed.booking(run(), 1).await;
    let measured = [weighed.booking(run(), 1).await, weighed.booking(run(), 6).await];
    let said = ["a booking of one, its run on a screen", "a booking of six, its run on a screen"].map(in_guide);
    assert_eq!(measured, said);
}

/// Whether an agent has a till open or not is part of the write of each sale, so that none passes the till by.
#[tokio::test]
async fn an_agent_s_sale_for_cash_takes_as_many_units_as_the_guide_says() {
    let weighed = Weighed::new().await;
    weighed.stage.account("agnes", Role::Agent).await;
    let agent = weighed.kiosk.open_session(terminal("NDLS-07"));
    sign_in(&agent, "agnes", PASSWORD).await.expect("the password is right");
    let _watch = follow(&weighed.kiosk, run()).await;
    let sale = async || {
        weighed.kiosk.settle().await;
        weighed.meter.take();
        buy_for(&agent, run(), 1, cash()).await.expect("there are berths");
        weighed.kiosk.settle().await;
        Units::of(&weighed.meter.take())
    };
    sale().await;
    let without = sale().await;
    open(&agent, 500).await.expect("none is open");
    let measured = [without, sale().await];
    let said = ["an agent's sale of one for cash, no till open", "an agent's sale of one for cash, a till open"];
    assert_eq!(measured, said.map(in_guide));
}

#[tokio::test]
async fn telling_people_of_a_booking_takes_as_many_units_as_the_guide_says() {
    let office = PostOffice::open().await;
    let weighed = Weighed::with(told_by(function_alone())).await;
    let clients = weighed.meter.on(weighed.stage.world.clients.clone());
    let store = Store::with_patience(clients, weighed.stage.world.names.clone(), patience());
    let deliverer = office.kiosk_over(&weighed.stage, store).await;
    weighed.booking(run(), 1).await;
    deliverer.deliver_once().await;
    weighed.meter.take();
    deliverer.deliver_once().await;
    let idle = Units::of(&weighed.meter.take());
    let quiet = Weighed::new().await;
    quiet.booking(run(), 1).await;
    let (with, without) = (weighed.booking(run(), 1).await, quiet.booking(run(), 1).await);
    weighed.meter.take();
    deliverer.deliver_once().await;
    let delivered = Units::of(&weighed.meter.take());
    assert_eq!(office.take().len(), 2, "each booking was told of once");
    let measured = Units {
        written: with.written - without.written + delivered.written,
        read: with.read - without.read + delivered.read - idle.read,
    };
    assert_eq!(measured, in_guide("one notification, put and delivered"));
    // A round takes a quarter of a minute; once a minute both kinds of list are counted.
    weighed.meter.take();
    deliverer.count_notifications().await;
    let counted = Units::of(&weighed.meter.take());
    let hour = Units { written: 0.0, read: (idle.read * 4.0 + counted.read) * 60.0 };
    assert_eq!(hour, in_guide("an hour of looking for notifications"));
}

#[tokio::test]
async fn a_live_screen_takes_as_many_units_an_hour_as_the_guide_says() {
    let weighed = Weighed::new().await;
    let watch = follow(&weighed.kiosk, run()).await;
    weighed.booking(run(), 1).await;
    let in_front = weighed.hour().await;
    drop(watch);
    let listed: Vec<_> = (0..10).map(|day| weighed.kiosk.watch(run_of(run().date, day), Attention::Listed)).collect();
    let measured = [in_front, weighed.hour().await];
    drop(listed);
    assert_eq!(measured, ["an hour with one run in front", "an hour with ten runs listed"].map(in_guide));
}

/// Who is here is said every twenty seconds, and the overview looks every five; what costs much it reads twice a minute.
#[tokio::test]
async fn saying_who_is_here_and_the_overview_take_as_many_units_an_hour_as_the_guide_says() {
    let weighed = Weighed::new().await;
    weighed.stage.account("adam", Role::Administrator).await;
    let adam = weighed.kiosk.open_session(terminal("NDLS-07"));
    sign_in(&adam, "adam", PASSWORD).await.expect("the password is right");
    let _here = adam.counted();
    weighed.kiosk.settle().await;
    weighed.meter.take();
    weighed.kiosk.tell_who_is_here().await.expect("it is put");
    let said = Units::of(&weighed.meter.take());
    let hour = Units { written: said.written * 180.0, read: said.read * 180.0 };
    assert_eq!(hour, in_guide("an hour of saying who is here"));
    for _ in 0..12 {
        weighed.stage.advance(TimeDelta::seconds(5));
        adam.call(Request::Overview).await.expect("they may");
    }
    let minute = Units::of(&weighed.meter.take());
    let hour = Units { written: minute.written * 60.0, read: minute.read * 60.0 };
    assert_eq!(hour, in_guide("an hour of the overview"));
}
