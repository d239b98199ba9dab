//! The built program on a real pseudo-terminal: what only the whole can show.

#[path = "pty/driver.rs"]
mod driver;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use driver::Console;
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
    assert!(!console.is_full_screen(), "the shell's own screen is back");
    let restored = ["\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l", "\x1b[?1000l"];
    let written = String::from_utf8_lossy(console.seen()).into_owned();
    for sequence in restored {
        assert!(written.contains(sequence), "{sequence:?} is missing");
    }

    let (code, out, _) = machine.run(&["health", "--json"]);
    assert_eq!(code, Some(0));
    assert!(out.contains(r#""status":"ok""#), "{out}");
}

#[test]
fn a_second_process_is_refused_in_a_sentence_that_names_the_folder() {
    let machine = Machine::new();
    let mut console = machine.console();
    console.wait("Book a journey");
    let (code, _, said) = machine.run(&["user", "list"]);
    assert_eq!(code, Some(75), "{said}");
    assert!(said.contains(&machine.data.path().display().to_string()), "{said}");
    assert!(said.contains("is in use by another kiosk"), "{said}");
}

#[test]
fn a_process_that_is_told_to_end_restores_the_terminal_and_frees_the_folder() {
    let machine = Machine::new();
    let mut console = machine.console();
    console.wait("Book a journey");
    let told = Command::new("kill").arg(console.id().to_string()).status().expect("kill runs");
    assert!(told.success());
    assert!(console.end().success());
    assert!(!console.is_full_screen());
    assert_eq!(machine.run(&["health"]).0, Some(0));
}

#[test]
fn a_stranger_books_a_train_and_has_the_receipt() {
    let machine = Machine::new();
    let mut console = machine.console();

    // F3 fills in the agent of a development system.
    console.wait("Book a journey").keys("s").wait("Password").keys("\x1bOR").wait("•••").keys("\r");
    console.wait("agent · agent").wait("1 SEARCH");

    console.keys("NDLS").wait("New Delhi").keys("\r").wait("New Delhi NDLS");
    console.keys("MMCT").wait("Mumbai Central").keys("\r").wait("Mumbai Central MMCT");
    // Three days from now: on sale, and far from closing.
    console.keys("\x1b[C\x1b[C\x1b[C").keys("\r");

    // A daily train; the third class of its grid is 3A.
    console.wait("2 TRAIN").wait("12952").wait("3A").keys("\x1b[C\x1b[C\r");
    console.wait("3 BERTHS").wait("· 3A").wait("Free in").wait("Enter hold the best").keys("\r");

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
    assert!(out.contains(r#""Status":"Confirmed""#), "{out}");
    let (code, _, said) = machine.run(&["booking", "receipt", &pnr, "-o", "again.pdf"]);
    assert_eq!(code, Some(0), "{said}");
    let read = |path: &Path| fs::read(path).expect("a file");
    assert!(read(&receipt) == read(&machine.home.path().join("again.pdf")), "the receipt differs");
    let (code, _, said) = machine.run(&["booking", "receipt", &pnr, "-o", "again.pdf"]);
    assert_eq!(code, Some(74), "a file is not overwritten: {said}");
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
