//! The built server, and OpenSSH's client as anybody has it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rstest::rstest;

use crate::driver::Console;
use crate::serving::Server;
use crate::{Machine, choose_a_train};

/// What a client is started with.
pub fn client(machine: &Machine, server: &Server, name: &str, options: &[&str]) -> Vec<String> {
    let known = machine.home.path().join("known_hosts");
    let mut arguments: Vec<String> = ["-F", "none", "-p", &server.port.to_string()].map(str::to_owned).to_vec();
    arguments.extend(["-o".to_owned(), format!("UserKnownHostsFile={}", known.display())]);
    arguments.extend(["-o", "LogLevel=ERROR", "-o", "PubkeyAuthentication=no"].map(str::to_owned));
    arguments.extend(options.iter().map(|option| (*option).to_owned()));
    arguments.push(format!("{name}@127.0.0.1"));
    arguments
}

pub fn ssh() -> PathBuf {
    let found = Command::new("sh").args(["-c", "command -v ssh"]).output().expect("sh runs");
    let path = String::from_utf8(found.stdout).expect("text");
    assert!(!path.trim().is_empty(), "OpenSSH's client has to be installed: .ci/test does so");
    PathBuf::from(path.trim())
}

pub fn on_terminal(machine: &Machine, arguments: &[String]) -> Console {
    on_kind("xterm-256color", machine, arguments)
}

fn on_kind(kind: &str, machine: &Machine, arguments: &[String]) -> Console {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Console::start_on(kind, &ssh(), machine.data.path(), machine.home.path(), &arguments)
}

pub const ACCEPT: &[&str] = &["-o", "StrictHostKeyChecking=accept-new", "-tt"];

/// An agent who has signed in by password.
pub fn agent(machine: &Machine, server: &Server) -> Console {
    let mut console = on_terminal(machine, &client(machine, server, "agent", ACCEPT));
    console.wait("password:").keys("platform-nine\r").wait("agent · agent");
    console
}

#[test]
fn an_agent_signs_in_by_password_resizes_and_leaves() {
    let machine = Machine::new();
    let server = machine.serve();
    let mut console = on_terminal(&machine, &client(&machine, &server, "agent", ACCEPT));
    console.wait("password:").keys("wrong\r");
    // The client throws away what was typed before it asks.
    console.wait_until("a second question", |screen| screen.matches("password:").count() == 2);
    console.keys("platform-nine\r").wait("agent · agent");
    assert!(console.is_full_screen());
    console.resize(132, 43).wait_until("132 columns", |screen| screen.lines().any(|line| line.chars().count() > 120));
    console.keys("\x03").wait("Leave Kiosk?").keys("\r");
    assert!(console.end().success());
    assert_eq!(console.left_behind(), [""; 0]);
    server.end();
}

#[test]
fn the_server_is_known_again_and_a_guest_needs_no_password() {
    let machine = Machine::new();
    let server = machine.serve();
    let mut console = on_terminal(&machine, &client(&machine, &server, "guest", ACCEPT));
    console.wait("Book a journey");
    let key = server.key.clone();
    // It is told to end while somebody is there: they are given a moment, and their terminal is restored.
    server.end();
    let _ = console.end();
    assert_eq!(console.left_behind(), [""; 0]);
    let fingerprints = Command::new(env!("CARGO_BIN_EXE_kiosk"))
        .args(["serve", "--fingerprints"])
        .env_clear()
        .env("HOME", machine.home.path())
        .env("KIOSK_DATA_DIR", machine.data.path())
        .output()
        .expect("it runs");
    assert_eq!(String::from_utf8_lossy(&fingerprints.stdout).trim(), key);
    let server = machine.serve();
    assert_eq!(server.key, key);
    is_owned(&machine.data.path().join("ssh_host_ed25519_key"));
}

fn is_owned(path: &Path) {
    let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().expect("it is kept").permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn without_a_terminal_there_are_receipts_and_sentences() {
    let machine = Machine::new();
    let server = machine.serve();
    let ask = |options: &[&str], command: &[&str]| {
        let mut arguments = client(&machine, &server, "guest", &["-o", "StrictHostKeyChecking=accept-new"]);
        arguments.splice(0..0, options.iter().map(|option| (*option).to_owned()));
        let asked =
            Command::new(ssh()).args(arguments).args(command).env("TERM", "xterm").stdin(Stdio::null()).output();
        let asked = asked.expect("it runs");
        assert!(!asked.status.success() && asked.stdout.is_empty(), "{asked:?}");
        String::from_utf8_lossy(&asked.stderr).into_owned()
    };
    assert!(ask(&[], &["receipt", "8451234567"]).contains("no booking"));
    assert!(ask(&[], &["id"]).contains("Kiosk runs no commands"));
    assert!(ask(&[], &[]).contains("ssh -t"));
    assert!(ask(&["-s"], &["sftp"]).contains("Kiosk has no \"sftp\""));
    assert!(ask(&["-W", "127.0.0.1:22"], &[]).contains("stdio forwarding failed"));
    server.end();
}

#[test]
fn a_screen_follows_its_terminal_while_an_answer_is_awaited() {
    let machine = Machine::new();
    // The first has the folder; the second asks it for everything.
    let (owner, server) = (machine.serve(), machine.serve());
    let mut console = agent(&machine, &server);
    choose_a_train(&mut console);
    let known = |screen: &str| screen.contains("Enter hold the best") && !screen.contains("…");
    console.wait_until("known counts", known);
    owner.signal("STOP");
    console.keys("\r").wait_until("a question", |screen| !screen.contains("Enter hold the best"));
    let is_wide = |screen: &str| screen.lines().any(|line| line.chars().count() > 120);
    console.resize(132, 43).wait_until("132 columns", |screen| is_wide(screen) && screen.contains("3 BERTHS"));
    console.claim(0, 0).claim(1, 1).claim(u16::MAX, u16::MAX).resize(80, 24).wait("Free in");
    assert!(!console.text().contains("held for"), "nobody has answered");
    owner.signal("CONT");
    console.wait("held for").wait("4 PASSENGERS");
    console.keys("\x03").wait("Leave Kiosk?").keys("\r");
    assert!(console.end().success());
    assert_eq!(console.left_behind(), [""; 0]);
}

#[test]
fn a_paste_is_text_a_giant_one_a_little_text_and_an_endless_sequence_the_end() {
    let machine = Machine::new();
    let server = machine.serve();
    let mut console = on_terminal(&machine, &client(&machine, &server, "guest", ACCEPT));
    console.wait("Book a journey").keys("s").wait("Password");
    console.keys("\x1b[200~asha\x1b[201~").wait("asha");
    console.keys(&format!("\x1b[200~{}\x1b[201~", "s".repeat(500_000)));
    console.keys("\x1b").wait("Book a journey");
    console.keys("s").wait("Password").keys(&format!("\x1b]0;{}", "x".repeat(1_000)));
    assert!(console.end().success(), "as if the person had left");
    assert_eq!(console.left_behind(), [""; 0]);
    server.end();
}

#[rstest]
#[case::of_linux("linux", Signs::Ascii, 16)]
#[case::of_screen("screen", Signs::Unicode, 16)]
#[case::of_tmux("tmux-256color", Signs::Unicode, 256)]
fn a_terminal_is_shown_what_its_kind_can(#[case] kind: &str, #[case] signs: Signs, #[case] colours: u16) {
    let machine = Machine::new();
    let server = machine.serve();
    let mut console = on_kind(kind, &machine, &client(&machine, &server, "guest", ACCEPT));
    console.wait("Book a journey").wait("F1 keys");
    assert_eq!(console.text().is_ascii(), signs == Signs::Ascii, "{}", console.text());
    assert_eq!(console.colours(), colours);
    console.keys("\x03").wait("Leave Kiosk?").keys("\r");
    assert!(console.end().success());
    assert_eq!(console.left_behind(), [""; 0]);
    server.end();
}

/// What a terminal can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signs {
    Ascii,
    Unicode,
}

#[test]
fn a_terminal_without_a_screen_is_told_so_and_left_alone() {
    let machine = Machine::new();
    let server = machine.serve();
    let mut console = on_kind("dumb", &machine, &client(&machine, &server, "guest", ACCEPT));
    console.wait("a terminal of the kind \"dumb\" has none");
    assert_eq!(console.end().exit_code(), 1);
    assert_eq!(console.left_behind(), [""; 0]);
    server.end();
}
