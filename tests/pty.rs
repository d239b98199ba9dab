//! The built program on a real pseudo-terminal: what only the whole can show.

#[path = "pty/driver.rs"]
mod driver;

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
