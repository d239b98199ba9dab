//! The command line sells: a journey is searched, sold, read back and taken off sale.

use std::fs;

use chrono::TimeDelta;
use kiosk::aws::embedded;
use kiosk::domain::time::railway_time;
use kiosk::service::{Clock, SystemClock};
use kiosk::store::{Names, Store};
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{Done, Machine};
use crate::service_kit::{publish, small_train};

pub const ANITA: [&str; 2] = ["--passenger", "Anita Sharma,F,34"];
const PHONE: [&str; 2] = ["--phone", "9810012345"];

/// A date on sale today, whenever that is.
fn in_nine_days() -> String {
    (railway_time(SystemClock.now()) + TimeDelta::days(9)).format("%Y-%m-%d").to_string()
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).expect("JSON")
}

pub fn seeded() -> Machine {
    let machine = Machine::new();
    assert_eq!(machine.run(&["seed"]).code, 0);
    machine
}

/// Finds the Mumbai Rajdhani, which runs every day.
pub fn found(machine: &Machine) -> (String, Value) {
    let search = ["search", "NDLS", "Mumbai Central", "--on", &in_nine_days(), "--class", "3A", "--json"];
    let done = machine.run(&search);
    assert_eq!(done.code, 0, "{}", done.said);
    let offer = done.out.lines().map(json).find(|offer| offer["TrainName"] == "Mumbai Rajdhani");
    let offer = offer.unwrap_or_else(|| panic!("{}", done.out));
    (offer["RunID"].as_str().expect("a run").to_owned(), offer)
}

pub fn sell(machine: &Machine, run: &str, more: &[&str]) -> Done {
    let mut arguments = vec!["booking", "sell", run, "NDLS", "MMCT", "3A"];
    arguments.extend(PHONE);
    arguments.extend(more);
    machine.run(&arguments)
}

#[test]
fn what_a_search_finds_is_sold_and_reads_back_the_same() {
    let machine = seeded();
    let (run, offer) = found(&machine);
    let classes = offer["Classes"].as_array().expect("a list");
    assert_eq!((classes.len(), &classes[0]["Class"]), (1, &"3A".into()));
    let fare = classes[0]["Fare"].as_u64().expect("an amount");

    let party = ["--passenger", "Mira,F,3,lap", "--passenger", "Rao, K. V.,M,71"];
    let sold = sell(&machine, &run, &[&ANITA[..], &party, &["--cash", "--json"]].concat());
    assert_eq!(sold.code, 0, "{}", sold.said);
    let booking = json(&sold.out);
    let pnr = booking["BookingID"].as_str().expect("a PNR");
    assert_eq!((&booking["Status"], &booking["Payment"]["Method"]), (&"Booked".into(), &"Cash".into()));
    let passengers = booking["Passengers"].as_array().expect("a list");
    assert_eq!(passengers.len(), 3);
    assert_eq!(passengers[1]["Place"], "Lap");
    assert_eq!(passengers[0]["Fare"].as_u64(), Some(fare), "an adult pays what the search said");
    assert_eq!(json(&machine.run(&["booking", "show", pnr, "--json"]).out), booking);
    assert_eq!(machine.run(&["audit", "--deep"]).code, 0);
}

/// Whoever runs commands on the machine may do what an administrator may.
#[test]
fn a_group_is_sold_on_one_number_as_far_as_the_rules_have_it() {
    let machine = seeded();
    let (run, _) = found(&machine);
    let ten = ["--passenger", "Anita Sharma,F,34"].repeat(10);
    let sold = sell(&machine, &run, &[&ten[..], &["--cash", "--json"]].concat());
    assert_eq!(sold.code, 0, "{}", sold.said);
    assert_eq!(json(&sold.out)["Passengers"].as_array().map(Vec::len), Some(10));
    let refused = sell(&machine, &run, &[&ten[..], &ANITA, &["--cash"]].concat());
    assert!(refused.code != 0 && refused.said.contains("1 to 10 passengers"), "{}", refused.said);
    assert_eq!(machine.run(&["audit", "--deep"]).code, 0);
}

#[test]
fn what_was_sold_is_in_the_report_of_the_day() {
    let machine = seeded();
    let (run, _) = found(&machine);
    let sold = sell(&machine, &run, &[&ANITA[..], &["--cash", "--json"]].concat());
    let amount = json(&sold.out)["Payment"]["Amount"].as_i64().expect("an amount");
    let report = json(&machine.run(&["report", "--json"]).out);
    assert_eq!(report["Total"]["Sales"]["Amount"].as_i64(), Some(amount));
    let csv = machine.run(&["report", "--by", "means"]);
    assert_eq!(csv.code, 0, "{}", csv.said);
    let line = format!("cash,,1,1,{0}.{1:02},0,0.00,0.00,{0}.{1:02}", amount / 100, amount % 100);
    assert!(csv.out.lines().any(|found| found.trim_end() == line), "{}", csv.out);
    let none = machine.run(&["report", "owed"]);
    assert_eq!(
        (none.code, none.out.lines().next()),
        (0, Some("Waits since,PNR,Run,Class,Means,Owed")),
        "{}",
        none.said
    );
    let pnr = json(&sold.out)["BookingID"].as_str().expect("a PNR").to_owned();
    let out = machine.run(&["booking", "cancel", &pnr, "--yes"]);
    assert_eq!(out.code, 0, "{}", out.said);
    let owed = json(&machine.run(&["report", "owed", "--json"]).out);
    assert_eq!((owed["Total"]["Count"].as_i64(), owed["Owed"][0]["PNR"].as_str()), (Some(1), Some(pnr.as_str())));
    let refunds = machine.run(&["report", "refunds", "--by", "reason"]);
    let head = "What,,Refunds,Passengers,Fare,Kept,Given back";
    assert_eq!((refunds.code, refunds.out.lines().next()), (0, Some(head)), "{}", refunds.said);
    assert_eq!(json(&machine.run(&["report", "refunds", "--json"]).out)["Total"]["Refunds"].as_i64(), Some(0));
    for wrong in
        [&["report", "--by", "reason"][..], &["report", "refunds", "--by", "train"], &["report", "owed", "--by", "day"]]
    {
        let refused = machine.run(wrong);
        assert_eq!(refused.code, 2, "{wrong:?}: {}", refused.said);
    }
    let refused = machine.run(&["report", "--from", "2026-12-02", "--to", "2026-12-01"]);
    assert_ne!(refused.code, 0);
    assert!(refused.said.contains("A report is of 1 to 92 days"), "{}", refused.said);
}

#[test]
fn how_full_the_runs_of_a_day_are_is_reported_as_a_table_on_paper_and_as_json() {
    let machine = seeded();
    let (run, _) = found(&machine);
    let (_, date) = run.split_once('#').expect("a train and a date");
    let four = ANITA.repeat(4);
    assert_eq!(sell(&machine, &run, &[&four[..], &["--cash"]].concat()).code, 0);
    let csv = machine.run(&["report", "occupancy", "--on", date]);
    assert_eq!((csv.code, csv.out.lines().next()), (0, Some("Run,Train,Class,\"Taken, %\"")), "{}", csv.said);
    let full: Vec<_> = csv.out.lines().skip(1).filter(|line| !line.trim_end().ends_with(",0")).collect();
    assert!(full.len() == 1 && full[0].starts_with(&run), "{full:?}: the class of one run alone was sold");
    let all = json(&machine.run(&["report", "occupancy", "--on", date, "--json"]).out);
    let runs = all.as_array().expect("a list");
    assert!(runs.len() > 20, "{}: all pages", runs.len());
    let is_sold = |load: &&Value| {
        let classes = load["Classes"].as_array().expect("a list");
        classes.iter().any(|class| class["Taken"].as_u64() > Some(0))
    };
    let sold: Vec<_> = runs.iter().filter(is_sold).map(|load| load["Run"].as_str()).collect();
    assert_eq!(sold, [Some(run.as_str())]);
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("occupancy.pdf");
    let paper = ["report", "occupancy", "--on", date, "--pdf", "-o", file.to_str().expect("a path")];
    let saved = machine.run(&paper);
    assert_eq!(saved.code, 0, "{}", saved.said);
    assert!(fs::read(&file).expect("it is there").starts_with(b"%PDF"));
    assert_eq!(machine.run(&paper).code, 74, "what is there is not overwritten");
    for wrong in [
        &["report", "occupancy", "--from", date][..],
        &["report", "occupancy", "--by", "class"],
        &["report", "sales", "--on", date],
        &["report", "occupancy", "--pdf"],
        &["report", "occupancy", "--json", "-o", "x"],
    ] {
        let refused = machine.run(wrong);
        assert_eq!(refused.code, 2, "{wrong:?}: {}", refused.said);
    }
}

#[test]
fn an_installation_in_production_is_tried_without_money_and_by_nobody_else() {
    let machine = Machine::new();
    let key = machine.run(&["secret"]).out;
    let production = [("APP_ENV", "production"), ("KIOSK_STORE", "embedded"), ("SECRET_KEY", key.trim())];
    assert_eq!(machine.run_with(&["seed"], &production, "").code, 0);
    let (run, _) = {
        let search = ["search", "NDLS", "MMCT", "--on", &in_nine_days(), "--json"];
        let done = machine.run_with(&search, &production, "");
        let offer = done.out.lines().map(json).find(|offer| offer["TrainName"] == "Mumbai Rajdhani").expect("daily");
        (offer["RunID"].as_str().expect("a run").to_owned(), offer)
    };
    let mut arguments = vec!["booking", "sell", &run, "NDLS", "MMCT", "3A", "--test", "--json"];
    arguments.extend(ANITA.into_iter().chain(PHONE));
    let sold = machine.run_with(&arguments, &production, "");
    assert_eq!(sold.code, 0, "{}", sold.said);
    let pnr = json(&sold.out)["BookingID"].as_str().expect("a PNR").to_owned();
    let cancelled = machine.run_with(&["booking", "cancel", &pnr, "--yes"], &production, "");
    assert!(cancelled.out.ends_with("so that no money is handed out.\n"), "{}", cancelled.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_that_is_refused_after_its_hold_holds_nothing() {
    let machine = seeded();
    {
        let clients = embedded::open(&machine.0.path().join("data")).expect("nobody has it");
        // Eight berths of 3A.
        publish(&Store::new(clients, Names::default()), small_train()).await;
    }
    let run = format!("12951#{}", in_nine_days());
    let party = ["A", "B", "C", "D", "E", "F"].map(|name| format!("{name},M,30"));
    let party: Vec<&str> = party.iter().flat_map(|passenger| ["--passenger", passenger]).collect();
    let sell = |terms: &[&str]| {
        let whole = [&["booking", "sell", &run, "MMCT", "NDLS", "3A"], &party[..], &PHONE, terms].concat();
        machine.run(&whole)
    };
    let refused = sell(&["--card", ""]);
    assert_eq!(refused.code, 77, "{}", refused.said);
    assert!(refused.said.contains("reference"), "{}", refused.said);
    // Of eight berths six are free for those who pay: nobody holds them.
    let sold = sell(&["--slip", "--json"]);
    assert_eq!(sold.code, 0, "{}", sold.said);
    assert_eq!(json(&sold.out)["Status"], "AwaitingPayment");
    let full = sell(&["--cash"]);
    assert!(full.code == 77 && full.said.contains("Only 2 berths are left"), "{}", full.said);
}

#[test]
fn what_is_off_sale_is_not_sold_until_it_is_on_sale_again() {
    let machine = seeded();
    let (run, _) = found(&machine);
    let (number, _) = run.split_once('#').expect("a run");
    let stopped = machine.run(&["sales", "stop", number]);
    assert_eq!((stopped.code, stopped.out), (0, format!("Everything is on sale but {number}.\n")), "{}", stopped.said);
    let refused = sell(&machine, &run, &[&ANITA[..], &["--cash"]].concat());
    assert_eq!(refused.code, 77, "{}", refused.said);
    assert!(refused.said.contains("not sold for now"), "{}", refused.said);
    assert_eq!(found(&machine).0, run, "it is still found");
    assert!(machine.run(&["sales", "stop", "--all"]).out.starts_with("Nothing is on sale"));
    assert_eq!(machine.run(&["sales", "start", "--all"]).out, "Everything is on sale.\n");
    assert_eq!(machine.run(&["sales", "list"]).out, "Everything is on sale.\n");
    assert_eq!(sell(&machine, &run, &[&ANITA[..], &["--test"]].concat()).code, 0);
}

#[rstest]
#[case(&["search", "NDLS", "Atlantis"], 66, "no station or city Atlantis")]
#[case(&["search", "NDLS", "Mumb"], 66, "such as")]
#[case(&["search", "NDLS", "MMCT", "--on", "2020-01-01"], 77, "choose a date in between")]
#[case(&["search", "NDLS", "MMCT", "--class", "9Z"], 2, "9Z")]
#[case(&["booking", "sell", "99999#2026-12-05", "NDLS", "MMCT", "3A", "--passenger", "A,F,30", "--phone", "9810012345", "--cash"], 66, "kiosk search")]
#[case(&["booking", "sell", "12952#2026-12-05", "NDLS", "MMCT", "3A", "--passenger", "A,F,30", "--phone", "9810012345"], 2, "--cash")]
#[case(&["booking", "sell", "12952#2026-12-05", "NDLS", "MMCT", "3A", "--passenger", "A", "--phone", "9810012345", "--cash"], 2, "name, gender and age")]
#[case(&["sales", "stop", "99999"], 66, "no train 99999")]
#[case(&["sales", "stop"], 2, "--all")]
fn each_refusal_has_its_code_and_says_what_to_do(#[case] arguments: &[&str], #[case] code: i32, #[case] said: &str) {
    let done = seeded().run(arguments);
    assert_eq!(done.code, code, "{}", done.said);
    assert!(done.said.contains(said), "{}", done.said);
    assert_eq!(done.out, "");
}
