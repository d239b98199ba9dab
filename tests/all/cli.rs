//! The command line: what it prints, what it refuses and with which exit code.

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use kiosk::aws::embedded;
use kiosk::cli::EXIT_CODES;
use kiosk::config::secret::SecretKey;
use kiosk::domain::coach::Class;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::train::RunId;
use kiosk::service::request::{Choice, Reply, Request};
use kiosk::service::{Clock, Kiosk, SystemClock};
use kiosk::store::{Names, Store};
use kiosk::ticket::TicketKey;
use rstest::rstest;
use tempfile::TempDir;

use crate::sample_booking;
use crate::service_kit::{berth, book, hold_request, new_hold, order, publish, settings, small_train, terminal, whole};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// A machine with an empty data folder and no terminal.
pub struct Machine(pub TempDir);

/// What came of a command.
pub struct Done {
    pub code: i32,
    pub out: String,
    pub said: String,
}

impl Machine {
    pub fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    pub fn run(&self, arguments: &[&str]) -> Done {
        self.run_with(arguments, &[], "")
    }

    pub fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Done {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kiosk"))
            .args(arguments)
            .env_clear()
            .env("HOME", self.0.path())
            .env("KIOSK_DATA_DIR", self.0.path().join("data"))
            .envs(environment.iter().copied())
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // A program that reads nothing may have ended already.
        let _ = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
        let Output { status, stdout, stderr } = child.wait_with_output().expect("it ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Done { code: status.code().expect("no signal"), out: text(stdout), said: text(stderr) }
    }
}

#[test]
fn without_a_terminal_the_program_says_so_and_touches_nothing() {
    let machine = Machine::new();
    let done = machine.run(&[]);
    assert_eq!(done.code, 3);
    assert_eq!(done.said.lines().count(), 2, "{}", done.said);
    assert!(done.said.starts_with("kiosk: Kiosk draws on a whole terminal"), "{}", done.said);
    assert_eq!(fs::read_dir(machine.0.path()).expect("a folder").count(), 0);
}

#[test]
fn the_help_and_the_readme_have_every_exit_code() {
    let help = Machine::new().run(&["--help"]).out;
    let readme = include_str!("../../README.md");
    for (_, code, meaning) in EXIT_CODES {
        assert!(help.contains(&format!("{code:>4}  {meaning}")), "{code} in\n{help}");
        assert!(readme.contains(&format!("| {code} | {meaning} |")), "{code} in README.md");
    }
}

#[rstest]
#[case(&["fly"], 2)]
#[case(&["booking", "show", "12"], 66)]
#[case(&["--config", "/nowhere.toml", "health"], 78)]
#[case(&["health"], 69)]
#[case(&["booking", "show", "8451234567"], 66)]
#[case(&["booking", "cancel", "8451234567", "--yes"], 66)]
#[case(&["booking", "cancel", "8451234567", "--passenger", "0"], 2)]
#[case(&["booking", "cancel", "8451234567", "--waive", "WHIM"], 2)]
#[case(&["run", "chart", "99999#2026-12-05"], 66)]
#[case(&["run", "make-chart", "99999#2026-12-05"], 66)]
#[case(&["run", "queue", "99999#2026-12-05"], 66)]
#[case(&["run", "cancel", "99999#2026-12-05", "--yes"], 66)]
#[case(&["run", "cancel", "12951"], 2)]
#[case(&["audit", "--run", "99999#2026-12-05"], 66)]
#[case(&["audit", "--run", "yesterday"], 2)]
#[case(&["user", "lock", "nobody"], 66)]
#[case(&["seed", "/nowhere.toml"], 66)]
#[case(&["ticket", "verify", "hello"], 65)]
fn each_failure_has_its_code(#[case] arguments: &[&str], #[case] code: i32) {
    let done = Machine::new().run(arguments);
    assert_eq!(done.code, code, "{}", done.said);
    assert!(!done.said.is_empty());
    assert_eq!(done.out, "");
}

#[test]
fn production_refuses_to_start_without_a_key_and_a_store() {
    let done = Machine::new().run_with(&["health"], &[("APP_ENV", "production")], "");
    assert_eq!(done.code, 78);
    assert!(done.said.contains("secret_key is not set") && done.said.contains("store is not set"), "{}", done.said);
}

#[test]
fn a_new_secret_is_good_for_production() {
    let machine = Machine::new();
    let secret = machine.run(&["secret"]).out;
    let environment = [("APP_ENV", "production"), ("SECRET_KEY", secret.trim()), ("KIOSK_STORE", "embedded")];
    let done = machine.run_with(&["provision"], &environment, "");
    assert_eq!((done.code, done.said.as_str()), (0, ""));
    let done = machine.run_with(&["health", "--json"], &environment, "");
    let answer: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(answer["status"], "ok");
    assert!(!machine.0.path().join("data/secret.key").exists(), "no key of its own in production");
}

#[test]
fn an_ignored_setting_is_a_notice_and_no_more() {
    let done = Machine::new().run_with(&["provision"], &[("SESSION_COOKIE_SECURE", "true")], "");
    assert_eq!(done.code, 0);
    assert!(done.said.contains("SESSION_COOKIE_SECURE is ignored"), "{}", done.said);
}

#[test]
fn seeding_twice_changes_nothing() {
    let machine = Machine::new();
    let first = machine.run(&["seed"]).out;
    assert!(!first.contains(" 0 trains and 0 stations"), "{first}");
    let again = machine.run(&["seed"]).out;
    assert!(again.ends_with("; 0 trains and 0 stations were new. Others stay as they are.\n"), "{again}");
}

#[test]
fn a_timetable_that_is_none_is_refused_with_its_line() {
    let machine = Machine::new();
    fs::write(machine.0.path().join("trains.toml"), "[[train]]\nnumber = \"12951\"\n").expect("a file");
    let done = machine.run(&["seed", "trains.toml"]);
    assert_eq!(done.code, 65, "{}", done.said);
    assert!(done.said.starts_with("kiosk: trains.toml: "), "{}", done.said);
}

#[test]
fn accounts_are_made_listed_closed_and_opened() {
    let machine = Machine::new();
    let add = ["user", "add", "bina", "bina@example.in", "--role", "agent"];
    assert_eq!(machine.run_with(&add, &[], "a-good-long-password\n").out, "Made the account bina: agent.\n");
    let again = machine.run_with(&add, &[], "a-good-long-password\n");
    assert_eq!(again.code, 77, "{}", again.said);
    let weak = machine.run_with(&["user", "passwd", "bina"], &[], "x\n");
    assert_eq!(weak.code, 77, "{}", weak.said);
    let none = machine.run(&["user", "passwd", "bina"]);
    assert_eq!((none.code, none.said.lines().count()), (65, 2), "{}", none.said);

    assert_eq!(machine.run(&["user", "lock", "BINA"]).code, 0);
    assert!(machine.run(&["user", "list"]).out.contains("closed"));
    assert_eq!(machine.run(&["user", "unlock", "bina"]).code, 0);
    assert_eq!(machine.run(&["user", "role", "bina", "administrator"]).out, "bina is administrator now.\n");

    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti bina@desk\n";
    let added = machine.run_with(&["user", "key", "add", "bina"], &[], key);
    assert!(added.out.starts_with("bina comes in by the key SHA256:"), "{}", added.said);
    let fingerprint = added.out.split(' ').nth(6).expect("it is named").to_owned();
    let keys = machine.run(&["user", "key", "list", "bina"]).out;
    assert!(keys.contains(&fingerprint) && keys.contains("bina@desk"), "{keys}");
    assert!(machine.run(&["user", "key", "list", "bina", "--json"]).out.contains("\"Comment\":\"bina@desk\""));
    assert_eq!(machine.run(&["user", "key", "remove", "bina", &fingerprint]).code, 0);
    assert_eq!(machine.run(&["user", "key", "list", "bina"]).out, "");
    let bad = machine.run_with(&["user", "key", "add", "bina"], &[], "-----BEGIN OPENSSH PRIVATE KEY-----\n");
    assert!(bad.code != 0 && bad.said.contains("private key"), "{}", bad.said);
    let listed = machine.run(&["user", "list", "--json"]).out;
    let account: serde_json::Value = serde_json::from_str(listed.trim()).expect("one line of JSON");
    assert_eq!((&account["Username"], &account["Role"]), (&"bina".into(), &"administrator".into()));
    assert!(!listed.contains("argon2"), "{listed}");
}

#[test]
fn a_ticket_verifies_with_the_printed_key_and_with_no_other() {
    let machine = Machine::new();
    let environment = [("SECRET_KEY", KEY)];
    let key = machine.run_with(&["ticket", "key"], &environment, "").out;
    let signer = TicketKey::derive(SecretKey::parse(KEY).expect("valid").bytes());
    let booking = sample_booking::booking();
    let text = signer.sign(&booking).text();

    let good = machine.run(&["ticket", "verify", "--key", key.trim(), &text]);
    assert_eq!(good.code, 0, "{}", good.said);
    assert!(good.out.starts_with("The ticket is good.\n") && good.out.contains(&booking.pnr.spoken()), "{}", good.out);
    assert_eq!(machine.run_with(&["ticket", "verify", "-"], &environment, &text).code, 0);

    let stranger = machine.run(&["ticket", "verify", &text]);
    assert_eq!(stranger.code, 65);
    assert!(stranger.said.contains("is not one of yours"), "{}", stranger.said);

    let last = if text.ends_with('0') { "1" } else { "0" };
    let altered = format!("{}{last}", &text[..text.len() - 1]);
    assert_eq!(machine.run(&["ticket", "verify", "--key", key.trim(), &altered]).code, 65);
}

/// Sells a berth of the machine's own store and gives it a mask too many. The run, and the PNR.
async fn sell_and_spoil(machine: &Machine) -> (RunId, Pnr) {
    let clients = embedded::open(&machine.0.path().join("data")).expect("nobody has it");
    let store = Store::new(clients.clone(), Names::default());
    publish(&store, small_train()).await;
    let kiosk = Kiosk::open(store, settings(), Arc::new(SystemClock)).await.expect("the catalogue is read");
    let date = (SystemClock.now() + TimeDelta::days(9)).format("%Y-%m-%d");
    let run: RunId = format!("12951#{date}").parse().expect("a run");
    let session = kiosk.open_session(terminal("NDLS-07"));
    let request = hold_request(new_hold(), whole(), Class::SecondAc, Choice::Berths(vec![berth("A1", 1)]));
    let Request::Hold { hold, leg, class, quota, choice, accept, .. } = request else { panic!("it is a hold") };
    let request = Request::Hold { hold, run, leg, class, quota, choice, accept };
    let Ok(Reply::Held(held)) = session.call(request).await else { panic!("it is free") };
    let booking = book(&session, &order(&session, &held).await).await.expect("it is held");
    kiosk.settle().await;
    let spoil = clients.dynamodb.update_item().table_name(Names::default().runs());
    let spoil =
        spoil.key("RunID", AttributeValue::S(run.to_string())).key("Item", AttributeValue::S("C#A1".to_owned()));
    let spoil = spoil
        .update_expression("SET B2 = :mask")
        .expression_attribute_values(":mask", AttributeValue::N("31".to_owned()));
    spoil.send().await.expect("it is changed");
    (run, booking.pnr)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_tells_people_and_machines_what_differs_and_fails_until_nothing_does() {
    let machine = Machine::new();
    assert_eq!(machine.run(&["seed"]).code, 0);
    let clean = machine.run(&["audit"]);
    assert_eq!(
        (clean.code, clean.out.as_str()),
        (0, "0 runs, 0 coaches, 0 bookings: 0 differences.\n"),
        "{}",
        clean.said
    );

    let (run, pnr) = sell_and_spoil(&machine).await;
    let done = machine.run(&["audit"]);
    assert_eq!(done.code, 4, "{}", done.said);
    let stray = "A1-2 from MMCT to NDLS is taken and nobody has it: kiosk audit --repair puts it back on sale.";
    let said = format!("{run}: {stray}\n1 run, 1 coach, 1 booking: 1 difference.\n");
    assert_eq!(done.out, said);
    assert_eq!(done.said, "kiosk: 1 difference remains.\n       each says above what to do about it\n");

    let done = machine.run(&["audit", "--run", &run.to_string(), "--deep", "--json"]);
    assert_eq!((done.code, done.out.lines().count()), (4, 1), "{}", done.said);
    let json: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!((&json["Runs"], &json["Coaches"], &json["Bookings"]), (&1.into(), &1.into(), &1.into()));
    assert_eq!(json["Mended"], serde_json::json!([]));
    let rev = json["Differences"][0]["Rev"].clone();
    assert!(rev.as_u64().is_some_and(|rev| rev > 0), "{json}");
    let at = serde_json::json!({"Coach": "A1", "Spot": "2", "Leg": [0, 5], "Between": "MMCT to NDLS"});
    let stray = serde_json::json!([{"Kind": "Stray", "Run": run.to_string(), "Rev": rev, "At": at, "Sentence": stray}]);
    assert_eq!(json["Differences"], stray);
    assert_eq!(machine.run(&["booking", "show", &pnr.to_string()]).code, 0);
}

#[test]
fn a_deep_look_says_how_everything_is_and_fails_when_something_is_wrong() {
    let machine = Machine::new();
    let before = machine.run(&["health", "--deep"]);
    assert_eq!(before.code, 69, "{}", before.said);
    assert!(before.out.contains("run kiosk provision") && before.said.contains("checks failed"), "{}", before.out);
    assert_eq!(machine.run(&["provision"]).code, 0);
    let done = machine.run(&["health", "--deep"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.said);
    let row = done.out.lines().find(|line| line.contains("index WorkIndex of bookings")).expect("a row for each thing");
    assert!(row.starts_with("ok ") && row.ends_with("active, by Work and DueAt, all attributes"), "{row}");
    let json: serde_json::Value =
        serde_json::from_str(&machine.run(&["health", "--deep", "--json"]).out).expect("JSON");
    assert_eq!(json["status"], "ok");
    let checks = json["checks"].as_array().expect("a list");
    assert!(checks.iter().any(|check| check["check"] == "dynamodb:PutItem on users" && check["status"] == "ok"));
}

#[rstest]
#[case::no_region(&[], 78, "No AWS region is set.")]
#[case::no_credentials(&[("AWS_REGION", "ap-south-1")], 69, "No AWS credentials were found")]
fn what_aws_lacks_is_said_at_the_start(#[case] extra: &[(&str, &str)], #[case] code: i32, #[case] says: &str) {
    let nowhere = [("USE_MOCK_AWS", "false"), ("AWS_EC2_METADATA_DISABLED", "true")];
    let environment: Vec<_> = nowhere.iter().chain(extra).copied().collect();
    let done = Machine::new().run_with(&["health"], &environment, "");
    assert_eq!(done.code, code, "{}", done.said);
    assert!(done.said.contains(says), "{}", done.said);
}
