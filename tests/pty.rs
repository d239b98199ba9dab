//! The built program on a real pseudo-terminal: what only the whole can show.

#[path = "pty/driver.rs"]
mod driver;
#[path = "pty/forced.rs"]
mod forced;
#[path = "pty/openssh.rs"]
mod openssh;
#[path = "pty/serving.rs"]
mod serving;
#[path = "pty/sharing.rs"]
mod sharing;
#[path = "pty/supervised.rs"]
mod supervised;
#[path = "pty/two_servers.rs"]
mod two_servers;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use driver::Console;
use kiosk::aws::embedded;
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::service::{Clock, Kiosk, Settings, SystemClock};
use kiosk::store::{Names, Store};
use kiosk::terminal::console;
use kiosk::terminal::papers::Papers;
use kiosk::ui::context::Setup;
use secrecy::SecretSlice;
use serving::Server;
use tempfile::TempDir;

/// Folders that go with the test.
struct Machine {
    home: TempDir,
    data: TempDir,
}

impl Machine {
    fn new() -> Self {
        Self { home: TempDir::new().expect("a folder"), data: TempDir::new().expect("a folder") }
    }

    fn console(&self) -> Console {
        Console::start(self.data.path(), self.home.path(), &[])
    }

    /// A server on the data folder, with `guest` as a guest's name.
    fn serve(&self) -> Server {
        Server::start(self.data.path(), self.home.path())
    }

    /// A subcommand, without a terminal.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_kiosk"))
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env("KIOSK_DATA_DIR", self.data.path())
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

#[test]
fn the_first_start_prepares_everything_and_leaving_restores_the_terminal() {
    let machine = Machine::new();
    let mut console = machine.console();
    console.wait("Book a journey").wait("F1 keys");
    assert!(console.is_full_screen());

    console.keys("s").wait("This is a development system.").keys("\x1b").wait("Book a journey");
    console.keys("\x03").wait("Leave Kiosk?").keys("\r");
    assert!(console.end().success());
    assert_eq!(console.left_behind(), [""; 0]);

    let (code, out, _) = machine.run(&["health", "--json"]);
    assert_eq!(code, Some(0));
    assert!(out.contains(r#""status":"ok""#), "{out}");
}

#[test]
fn a_process_that_is_told_to_end_restores_the_terminal_and_frees_the_folder() {
    let machine = Machine::new();
    for signal in ["TERM", "HUP", "INT"] {
        let mut console = machine.console();
        console.wait("Book a journey");
        assert_eq!(console.left_behind().len(), 6, "a full-screen program has the whole terminal");
        console.signal(signal);
        assert!(console.end().success(), "{signal}");
        assert_eq!(console.left_behind(), [""; 0], "{signal}");
        assert_eq!(machine.run(&["health"]).0, Some(0), "{signal}");
    }
}

#[test]
fn every_key_is_seen_at_once() {
    let machine = Machine::new();
    let mut console = machine.console();
    console.wait("Book a journey").keys("s").wait("Password");
    let mut typed = String::new();
    for key in "agent.at.the.counter".chars() {
        typed.push(key);
        console.keys(&key.to_string()).wait(&typed);
    }
}

#[test]
fn a_terminal_that_changes_its_size_loses_nothing() {
    let machine = Machine::new();
    let mut console = machine.console();
    console.wait("Book a journey").keys("s").wait("Password").keys("agent").wait("agent");
    console.resize(132, 43).wait_until("a wide screen", |screen| {
        screen.contains("agent") && screen.lines().any(|line| line.chars().count() > 80)
    });
    console.resize(60, 20).wait("Kiosk needs 80 columns");
    console.resize(80, 24).wait("Password").wait("agent");
    console.keys(".one").wait("agent.one");
}

#[test]
fn keys_that_come_in_one_burst_leave_the_counts_known() {
    let machine = Machine::new();
    let mut console = machine.console();
    sign_in(&mut console);
    choose_a_train(&mut console);
    console.wait("Enter hold the best").keys("\r").wait("4 PASSENGERS").keys("\x1b").wait("Held for you");
    let known = |screen: &str| screen.contains("Free in") && !screen.contains("…");
    console.wait_until("a known count", known);
    // On to the passengers, back (of two escapes in a row the terminal makes one key), and a question.
    console.keys("\r\x1b\x1be").wait("Give the berths back?");
    console.wait_until("a known count", known);
}

#[test]
fn a_line_that_breaks_gives_the_berths_back() {
    let free_line = |text: &str| text.lines().find(|line| line.contains("Free in")).map(str::to_owned);
    let known = |screen: &str| screen.contains("Enter hold the best") && !screen.contains("…");
    let machine = Machine::new();
    // Wide enough for all coaches.
    let mut console = machine.console();
    sign_in(console.resize(132, 43));
    choose_a_train(&mut console);
    let before = free_line(&console.wait_until("known counts", known).text());
    console.keys("\r").wait("held for").keys("\x1b").wait("Held for you");
    let counted = console.wait_until("a count less", |screen| !screen.contains("…") && free_line(screen) != before);
    assert!(counted.text().contains("Held for you"));
    assert!(console.hang_up("c").success());

    let mut console = machine.console();
    sign_in(console.resize(132, 43));
    choose_a_train(&mut console);
    let after = free_line(&console.wait_until("known counts", known).text());
    assert_eq!(after, before);
}

#[test]
fn a_panic_restores_the_terminal_and_stands_on_it() {
    if driver::is_on_a_terminal_of_its_own() {
        run_until_the_clock_breaks();
    }
    let machine = Machine::new();
    let this = std::env::current_exe().expect("this program has a file");
    let again = ["--exact", "a_panic_restores_the_terminal_and_stands_on_it", "--nocapture"];
    let mut console = Console::start_program(&this, machine.data.path(), machine.home.path(), &again);
    console.wait("Book a journey");
    assert!(console.is_full_screen());
    console.keys(&"\t".repeat(Brittle::READINGS));
    assert!(!console.end().success());
    assert_eq!(console.left_behind(), [""; 0]);
    assert!(console.text().contains(Brittle::LAST_WORDS), "{}", console.text());
}

/// The program in a world whose clock breaks: nothing that a person can do makes the built one panic.
fn run_until_the_clock_breaks() -> ! {
    let folder = TempDir::new().expect("a folder");
    let clients = embedded::in_memory(folder.path()).expect("the engines start");
    let names = ["trains", "bookings", "users", "kiosk"].map(str::to_owned);
    let [trains, bookings, users, bucket] = names;
    let store = Store::new(clients, Names { trains, bookings, users, bucket });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ended = runtime.block_on(async {
        store.provision(|_| {}).await.expect("an empty store can be provisioned");
        let settings = Settings::development(SecretSlice::from(vec![7; 32]));
        let kiosk = Kiosk::open(store, settings, Arc::new(SystemClock)).await.expect("the catalogue is read");
        let terminal = Terminal { id: "desk".to_owned(), station: None, kind: TerminalKind::Desk };
        let setup = Setup::new(terminal.clone(), kiosk.stations(), kiosk.rules());
        let clock = Arc::new(Brittle::default());
        let console = console::Console { setup, papers: Papers::default(), clock, recordings: None };
        console::run(kiosk.open_session(terminal), console).await
    });
    panic!("the session ended with {ended:?}");
}

/// A clock that can be read only so often.
#[derive(Debug, Default)]
struct Brittle(AtomicUsize);

impl Brittle {
    /// Enough to show a screen.
    const READINGS: usize = 100;
    const LAST_WORDS: &str = "the clock broke";
}

impl Clock for Brittle {
    fn now(&self) -> DateTime<Utc> {
        assert!(self.0.fetch_add(1, Ordering::Relaxed) < Self::READINGS, "{}", Self::LAST_WORDS);
        SystemClock.now()
    }
}

#[test]
fn a_stranger_books_a_train_and_has_the_receipt() {
    let machine = Machine::new();
    let mut console = machine.console();
    sign_in(&mut console);
    choose_a_train(&mut console);
    console.wait("Enter hold the best").keys("\r");

    console.wait("4 PASSENGERS").wait("held for");
    console.keys("Anita Sharma\r34\rF").wait("[F]").keys("\r9876543210\r");
    console.wait("5 PAY").wait("To pay").wait("(•) Cash").keys("\r");

    console.wait("CONFIRMED").wait("Anita Sharma").keys("s").wait("Saved as");
    let shown = console.text();
    let pnr = word_after(&shown, "Ticket ").replace('-', "");
    let berth = word_after(&shown, "CNF/");
    let total = word_after(&shown, "₹ ");

    let receipt = machine.home.path().join(format!("receipt-{pnr}.pdf"));
    let text = text_of(&receipt);
    for part in [&pnr[3..], "12952", "Anita Sharma", berth.split('/').next().expect("a coach"), &total] {
        assert!(text.contains(part), "'{part}' is not in the receipt:\n{text}");
    }

    console.keys("\x03").wait("Leave Kiosk?").keys("\r");
    assert!(console.end().success());

    // The booking outlives the program, and its receipt comes again, the same to the byte.
    let (code, out, said) = machine.run(&["booking", "show", &pnr, "--json"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains(r#""Status":"Booked""#), "{out}");
    let (code, _, said) = machine.run(&["booking", "receipt", &pnr, "-o", "again.pdf"]);
    assert_eq!(code, Some(0), "{said}");
    let read = |path: &Path| fs::read(path).expect("a file");
    assert!(read(&receipt) == read(&machine.home.path().join("again.pdf")), "the receipt differs");
    let (code, _, said) = machine.run(&["booking", "receipt", &pnr, "-o", "again.pdf"]);
    assert_eq!(code, Some(74), "a file is not overwritten: {said}");
}

/// Signs in as the agent of a development system, whom F3 fills in.
fn sign_in(console: &mut Console) {
    console.wait("Book a journey").keys("s").wait("Password").keys("\x1bOR").wait("•••").keys("\r");
    console.wait("agent · agent").wait("1 SEARCH");
}

/// Finds a daily train and goes to the coach map of its 3A.
fn choose_a_train(console: &mut Console) {
    find_trains(console);
    // The third class of the grid is 3A.
    console.keys("\x1b[C\x1b[C\r");
    console.wait("3 BERTHS").wait("· 3A").wait("Free in");
}

/// Looks for the trains of a day.
fn find_trains(console: &mut Console) {
    console.keys("NDLS").wait("New Delhi").keys("\r").wait("New Delhi NDLS");
    console.keys("MMCT").wait("Mumbai Central").keys("\r").wait("Mumbai Central MMCT");
    // Three days from now: on sale, and far from closing.
    console.keys("\x1b[C\x1b[C\x1b[C").keys("\r");
    console.wait("2 TRAIN").wait("12952").wait("3A");
}

/// The word of a text that follows a mark.
fn word_after(text: &str, mark: &str) -> String {
    let (_, after) = text.split_once(mark).unwrap_or_else(|| panic!("no '{mark}' in\n{text}"));
    after.split_whitespace().next().expect("a word").to_owned()
}

/// The text of a PDF file, as another program reads it.
fn text_of(file: &Path) -> String {
    let output = Command::new("pdftotext").arg("-layout").arg(file).arg("-").output();
    let output = output.expect("pdftotext runs; .ci/test installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}
