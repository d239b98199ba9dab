//! `kiosk notifications` on the built program.

use std::sync::Arc;

use kiosk::aws::embedded;
use kiosk::service::{Kiosk, ManualClock};
use kiosk::store::{Names, Store};
use serde_json::Value;

use crate::cli::Machine;
use crate::service_kit::{publish, small_train, terminal};
use crate::service_notify::{buy, everything, told_by};
use crate::world::now;

#[tokio::test]
async fn an_operator_sees_what_is_left_and_has_it_tried_anew() {
    let machine = Machine::new();
    let seeded = machine.run(&["seed"]);
    assert_eq!(seeded.code, 0, "{}", seeded.said);
    let booking = {
        let clients = embedded::open(&machine.0.path().join("data")).expect("nobody has it");
        let store = Store::new(clients, Names::default());
        publish(&store, small_train()).await;
        let clock = Arc::new(ManualClock::new(now()));
        let kiosk = Kiosk::open(store, told_by(everything()), clock).await.expect("the catalogue is read");
        let booking = buy(&kiosk.open_session(terminal("HALL-1"))).await;
        kiosk.settle().await;
        booking
    };
    let id = format!("{}-1", booking.pnr);
    let listed = machine.run(&["notifications", "list"]);
    assert_eq!(listed.code, 0, "{}", listed.said);
    assert!(listed.out.starts_with(&format!("{id}    booked           function, e-mail, SMS  due ")), "{}", listed.out);
    let json: Value = serde_json::from_str(&machine.run(&["notifications", "list", "--json"]).out).expect("JSON");
    assert_eq!((&json["NotificationID"], &json["Attempts"]), (&Value::from(id.clone()), &Value::from(0)));
    assert_eq!(machine.run(&["notifications", "list", "--dead"]).out, "");

    let retried = machine.run(&["notifications", "retry", &id]);
    assert!(retried.out.starts_with("1 notification is due now"), "{}{}", retried.out, retried.said);
    assert!(machine.run(&["notifications", "retry", "--all"]).out.starts_with("0 notifications are due now"));
    let missing = machine.run(&["notifications", "retry", "8451234567-9"]);
    assert_ne!(missing.code, 0);
    assert!(missing.said.contains("There is no notification 8451234567-9 to deliver"), "{}", missing.said);
    assert_ne!(machine.run(&["notifications", "retry"]).code, 0, "one or all has to be said");
}
