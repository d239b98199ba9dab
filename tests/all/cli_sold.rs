//! The command line over what was sold: bookings that are cancelled, charts that are printed, runs that do not go.

use std::fs;
use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::aws::embedded;
use kiosk::domain::booking::Booking;
use kiosk::domain::coach::Class;
use kiosk::domain::train::RunId;
use kiosk::domain::user::{Email, Role};
use kiosk::service::request::{Order, Reply, Request};
use kiosk::service::{Clock, Kiosk, Session, SystemClock};
use kiosk::store::{Names, Store};
use serde_json::Value;

use crate::cli::{Done, Machine};
use crate::service_kit::{
    PASSWORD, anything, best, booked, cash, hold_request, mixed_train, new_hold, new_op, order, publish, secret,
    settings, sign_in, small_train, terminal, test_money, username, whole,
};

/// How what is sold is paid.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Paid {
    Cash,
    Test,
    NotYet,
}

/// Sells berths of 2A on the machine's own store, nine days ahead.
async fn sell(machine: &Machine, berths: usize, paid: Paid) -> Arc<Booking> {
    let clients = embedded::open(&machine.0.path().join("data")).expect("nobody has it");
    let store = Store::new(clients, Names::default());
    publish(&store, small_train()).await;
    let kiosk = Kiosk::open(store, settings(), Arc::new(SystemClock)).await.expect("the catalogue is read");
    let session = kiosk.open_session(terminal("NDLS-07"));
    if paid == Paid::Cash {
        let email = Email::parse("agnes@example.in").expect("an address");
        kiosk.add_account(username("agnes"), email, Role::Agent, secret(PASSWORD)).await.expect("nobody has the name");
        sign_in(&session, "agnes", PASSWORD).await.expect("the password is right");
    }
    let order = chosen(&session, berths).await;
    let request = match paid {
        Paid::Cash => Request::Book { op: new_op(), order, payment: cash() },
        Paid::Test => Request::Book { op: new_op(), order, payment: test_money() },
        Paid::NotYet => Request::Reserve { op: new_op(), order },
    };
    let booking = booked(session.call(request).await).expect("they are held");
    kiosk.settle().await;
    booking
}

async fn chosen(session: &Session, berths: usize) -> Order {
    let request = hold_request(new_hold(), whole(), Class::SecondAc, best(berths));
    let Ok(Reply::Held(held)) = session.call(on_run(request, in_nine_days())).await else { panic!("they are free") };
    order(session, &held).await
}

/// A run that is on sale today, whenever that is.
fn in_nine_days() -> RunId {
    let date = (SystemClock.now() + TimeDelta::days(9)).format("%Y-%m-%d");
    format!("12951#{date}").parse().expect("a run")
}

/// The same request for another run.
fn on_run(request: Request, run: RunId) -> Request {
    match request {
        Request::Hold { hold, leg, class, quota, choice, accept, .. } => {
            Request::Hold { hold, run, leg, class, quota, choice, accept }
        }
        other => other,
    }
}

/// Sells 3A out, and has four wait for it, of whom two share a berth. The run, and who waits.
async fn sell_out(machine: &Machine) -> (RunId, Arc<Booking>) {
    let clients = embedded::open(&machine.0.path().join("data")).expect("nobody has it");
    let store = Store::new(clients, Names::default());
    publish(&store, mixed_train()).await;
    let kiosk = Kiosk::open(store, settings(), Arc::new(SystemClock)).await.expect("the catalogue is read");
    let (run, mut last) = (in_nine_days(), None);
    for size in [6, 6, 1, 4] {
        let session = kiosk.open_session(terminal("NDLS-07"));
        let Ok(Reply::Held(held)) = session.call(on_run(anything().request(new_hold(), size), run)).await else {
            panic!("there is something for all")
        };
        let order = order(&session, &held).await;
        let booking = booked(session.call(Request::Book { op: new_op(), order, payment: test_money() }).await);
        last = Some(booking.expect("it is held"));
    }
    kiosk.settle().await;
    (run, last.expect("the last of them"))
}

/// A machine with its timetable, on which a booking was sold.
async fn machine_with(berths: usize, paid: Paid) -> (Machine, Arc<Booking>, String) {
    let machine = Machine::new();
    assert_eq!(machine.run(&["seed"]).code, 0);
    let booking = sell(&machine, berths, paid).await;
    let pnr = booking.pnr.to_string();
    (machine, booking, pnr)
}

fn json(done: &Done) -> Value {
    assert_eq!(done.out.lines().count(), 1, "{}{}", done.out, done.said);
    serde_json::from_str(&done.out).expect("JSON")
}

fn shown(machine: &Machine, pnr: &str) -> Value {
    json(&machine.run(&["booking", "show", pnr, "--json"]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancellation_is_shown_item_by_item_and_done_only_when_it_is_meant() {
    let (machine, booking, pnr) = machine_with(3, Paid::Cash).await;
    let before = shown(&machine, &pnr);
    let asked = machine.run(&["booking", "cancel", &pnr]);
    assert_eq!(asked.code, 77, "{}", asked.said);
    assert!(asked.said.ends_with("add --yes when this is meant\n"), "{}", asked.said);
    for (number, name) in (1..).zip(["Anita", "Dev", "Mira"]) {
        assert!(asked.out.contains(&format!("{number} {name} (34 F), CNF/")), "{}", asked.out);
    }
    assert_eq!(asked.out.matches("Flat charge in 2A").count(), 3, "{}", asked.out);
    assert_eq!(asked.out.matches("Given back").count(), 3, "{}", asked.out);
    assert_eq!(shown(&machine, &pnr), before, "nothing was changed");

    let one = machine.run(&["booking", "cancel", &pnr, "--passenger", "2", "--yes"]);
    assert_eq!(one.code, 0, "{}", one.said);
    assert!(one.out.contains("2 Dev") && !one.out.contains("1 Anita"), "{}", one.out);
    let last = one.out.lines().last().expect("a sentence");
    assert!(last.starts_with("Cancelled 1 place of PNR "), "{last}");
    assert!(last.ends_with(" waits at a counter to be handed out."), "{last}");
    let after = shown(&machine, &pnr);
    assert_eq!((&after["Version"], &after["Passengers"][1]["Place"]), (&2.into(), &"Cancelled".into()));
    assert_eq!(after["Passengers"][0], before["Passengers"][0]);

    for (number, why) in [("2", "was cancelled before"), ("9", "no such passenger")] {
        let refused = machine.run(&["booking", "cancel", &pnr, "--passenger", number, "--yes"]);
        assert_eq!(refused.code, 77, "{}", refused.said);
        assert!(refused.said.contains(why), "{}", refused.said);
    }
    let (first, third) = (booking.passengers[0].fare, booking.passengers[2].fare);
    let rest = json(&machine.run(&["booking", "cancel", &pnr, "--waive", "counter", "--yes", "--json"]));
    let refunded = serde_json::to_value(first + third).expect("an amount");
    assert_eq!((&rest["Quote"]["Refunded"], &rest["Booking"]["Status"]), (&refunded, &"Cancelled".into()));
    assert_eq!(rest["Quote"]["Reason"], serde_json::json!({"Waiver": "COUNTER"}));
    assert_eq!(machine.run(&["audit", "--deep"]).code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_put_right_once_and_only_when_it_is_meant() {
    let (machine, _, pnr) = machine_with(2, Paid::Cash).await;
    let before = shown(&machine, &pnr);
    let correct = |of: &str, name: &str, more: &[&str]| {
        machine.run(&[["booking", "correct-name", &pnr, of, name].as_slice(), more].concat())
    };
    let asked = correct("2", "Dev Rao", &[]);
    assert_eq!(asked.code, 77, "{}", asked.said);
    for said in ["passenger 2 is Dev and becomes Dev Rao", "put right once", "add --yes when this is meant"] {
        assert!(asked.said.contains(said), "{}", asked.said);
    }
    assert_eq!(shown(&machine, &pnr), before, "nothing was changed");

    let done = correct("2", " Dev  Rao ", &["--yes"]);
    assert_eq!(done.code, 0, "{}", done.said);
    assert!(done.out.ends_with("passenger 2 is Dev Rao now, and on the receipt.\n"), "{}", done.out);
    let after = shown(&machine, &pnr);
    assert_eq!(after["Passengers"][1]["Passenger"]["Name"], "Dev Rao", "{after}");
    assert_eq!((&after["Version"], &after["Passengers"][0]), (&2.into(), &before["Passengers"][0]));
    let first = json(&correct("1", "Anita Rao", &["--yes", "--json"]));
    assert_eq!(first["Passengers"][0]["Passenger"]["Name"], "Anita Rao", "{first}");

    for (of, name, code, why) in [
        ("2", "Dev Roy", 77, "put right once"),
        ("9", "Dev Roy", 77, "choose another passenger"),
        ("1", "", 2, "name"),
        ("0", "Dev Roy", 2, "1.."),
    ] {
        let refused = correct(of, name, &["--yes"]);
        assert_eq!(refused.code, code, "{}", refused.said);
        assert!(refused.said.contains(why), "{why} in {}", refused.said);
    }
    assert_eq!(machine.run(&["audit", "--deep"]).code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_machines_a_quote_is_json_whether_or_not_it_is_meant() {
    let (machine, booking, pnr) = machine_with(1, Paid::Test).await;
    let asked = machine.run(&["booking", "cancel", &pnr, "--json"]);
    assert_eq!(asked.code, 77);
    let quote = json(&asked);
    assert_eq!(quote["Quote"]["Lines"][0]["Paid"], serde_json::to_value(booking.fare.total).expect("an amount"));
    assert!(quote["Booking"].is_null(), "{quote}");
    let done = machine.run(&["booking", "cancel", &pnr, "--yes"]);
    assert!(done.out.ends_with("it was a test payment, so that no money is handed out.\n"), "{}", done.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slip_that_nobody_has_paid_is_given_up() {
    let (machine, _, pnr) = machine_with(2, Paid::NotYet).await;
    let asked = machine.run(&["booking", "cancel", &pnr]);
    assert_eq!((asked.code, asked.out.as_str()), (77, ""), "{}", asked.said);
    let done = machine.run(&["booking", "cancel", &pnr, "--yes"]);
    assert!(done.out.starts_with("Gave up PNR ") && done.code == 0, "{}{}", done.out, done.said);
    assert_eq!(shown(&machine, &pnr)["Status"], "Cancelled");
    assert_eq!(machine.run(&["audit", "--deep"]).code, 0);
    let again = machine.run(&["booking", "cancel", &pnr, "--yes"]);
    assert_eq!(again.code, 77, "{}", again.said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chart_is_saved_coach_by_coach_and_never_over_another_file() {
    let (machine, booking, _) = machine_with(2, Paid::Test).await;
    let run = booking.run.to_string();
    let name = format!("chart-{}-{}.pdf", booking.run.train, booking.run.date);
    let whole = machine.run(&["run", "chart", &run]);
    assert_eq!((whole.code, whole.out), (0, format!("Saved {name}.\n")), "{}", whole.said);
    let again = machine.run(&["run", "chart", &run]);
    assert_eq!(again.code, 74, "{}", again.said);
    let coach = machine.run(&["run", "chart", &run, "--coach", "A1", "-o", "a1.pdf"]);
    assert_eq!(coach.code, 0, "{}", coach.said);
    let bytes = |name: &str| fs::read(machine.0.path().join(name)).expect("it was saved");
    assert!(bytes(&name).starts_with(b"%PDF") && bytes("a1.pdf").starts_with(b"%PDF"));
    assert!(bytes(&name).len() > bytes("a1.pdf").len(), "a page for each coach");
    let unknown = machine.run(&["run", "chart", &run, "--coach", "Z9"]);
    assert_eq!(unknown.code, 66, "{}", unknown.said);
    let early = machine.run(&["run", "make-chart", &run]);
    assert_eq!(early.code, 77, "{}", early.said);
    assert!(early.said.contains(" is due on "), "{}", early.said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_does_not_go_is_cancelled_only_when_it_is_meant_and_refunds_everybody() {
    let (machine, booking, pnr) = machine_with(2, Paid::Cash).await;
    let run = booking.run.to_string();
    let asked = machine.run(&["run", "cancel", &run]);
    assert_eq!(asked.code, 77, "{}", asked.said);
    assert!(asked.said.contains("cannot be taken back") && asked.said.contains("--yes"), "{}", asked.said);
    assert_eq!(shown(&machine, &pnr)["Status"], "Booked");
    let done = machine.run(&["run", "cancel", &run, "--yes"]);
    assert_eq!(done.code, 0, "{}", done.said);
    let after = shown(&machine, &pnr);
    assert_eq!(after["Refunds"][0]["Quote"]["Kept"], 0);
    assert_eq!(after["Status"], "Cancelled");
    let chart = machine.run(&["run", "make-chart", &run]);
    assert_eq!(chart.code, 77, "{}", chart.said);
    assert!(chart.said.contains("is cancelled"), "{}", chart.said);
    assert_eq!(machine.run(&["audit", "--deep"]).code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_goes_later_only_when_it_is_meant_and_says_first_who_is_told() {
    let (machine, booking, pnr) = machine_with(2, Paid::Cash).await;
    let run = booking.run.to_string();
    let from = booking.from.station.to_string();
    let change = |more: &[&str]| {
        machine.run(&[["run", "change", &run, "--from", &from, "--reason", "fog"].as_slice(), more].concat())
    };
    let tried = change(&["--minutes", "200", "--dry-run"]);
    assert_eq!(tried.code, 0, "{}", tried.said);
    for says in ["Bookings that are told: 1.", "until it leaves: 1.", "Nothing was changed."] {
        assert!(tried.out.contains(says), "{}", tried.out);
    }
    let asked = change(&["--minutes", "200"]);
    assert_eq!(asked.code, 77, "{}", asked.said);
    assert!(asked.said.ends_with("add --yes when this is meant\n"), "{}", asked.said);
    let at = |pnr: &str| shown(&machine, pnr)["From"]["At"].clone();
    let on_time = serde_json::to_value(booking.from.at).expect("a moment");
    assert_eq!(at(&pnr), on_time, "nothing was changed");

    let done = change(&["--minutes", "200", "--yes"]);
    assert_eq!(done.code, 0, "{}", done.said);
    let later = booking.from.at + TimeDelta::minutes(200);
    assert_eq!(at(&pnr), serde_json::to_value(later).expect("a moment"));
    let found = machine.run(&["booking", "show", &pnr]);
    assert!(found.out.contains(&later.format("%H:%M").to_string()), "{}", found.out);
    for (times, code, why) in [
        (["--minutes", "200"], 77, "goes by this time already"),
        (["--minutes", "9999"], 77, "up to 48 hours"),
        (["--time", "soon"], 77, "such as 18:25"),
    ] {
        let refused = change(&[&times[..], &["--yes"]].concat());
        assert_eq!(refused.code, code, "{}", refused.said);
        assert!(refused.said.contains(why), "{why} in {}", refused.said);
    }
    let back = change(&["--minutes", "0", "--yes"]);
    assert_eq!((back.code, at(&pnr)), (0, on_time), "{}", back.said);
    assert_eq!(machine.run(&["audit", "--deep"]).code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_is_listed_in_the_order_in_which_they_are_served() {
    let machine = Machine::new();
    assert_eq!(machine.run(&["seed"]).code, 0);
    let (run, waiting) = sell_out(&machine).await;
    let run = run.to_string();
    let listed = machine.run(&["run", "queue", &run]);
    assert_eq!(listed.code, 0, "{}", listed.said);
    let half = waiting.passengers[0].place.shared().expect("half of a berth").berth;
    let row = |number, passenger, rest: &str| {
        format!("3A  {number:<9} {}  passenger {passenger}  MMCT to NDLS{rest}", waiting.pnr.spoken())
    };
    let rows = [
        row("RAC 1", 1, &format!("  shares {half}")),
        row("RAC 2", 2, &format!("  shares {half}")),
        row("GNWL 1", 3, ""),
        row("GNWL 2", 4, ""),
    ];
    assert_eq!(listed.out.lines().collect::<Vec<_>>(), rows);
    let lines = machine.run(&["run", "queue", &run, "--json"]).out;
    let people: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((&people[0]["Number"], &people[3]["Number"]), (&"RAC 1".into(), &"GNWL 2".into()));
    assert_eq!((&people[0]["Shares"], &people[3]["Shares"]), (&half.to_string().into(), &Value::Null));
}
