//! The built server, and OpenSSH's client as anybody has it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Machine;
use crate::driver::Console;

/// A server of the built program on a port of its own.
struct Server {
    child: Child,
    port: String,
    key: String,
}

impl Server {
    fn start(machine: &Machine) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kiosk"))
            .arg("serve")
            .env_clear()
            .env("HOME", machine.home.path())
            .env("KIOSK_DATA_DIR", machine.data.path())
            .env("KIOSK_SSH_LISTEN", "127.0.0.1:0")
            .env("KIOSK_SSH_GUEST", "guest")
            .env("KIOSK_SSH_NOTICE", "1s")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("it says where");
        let said =
            line.strip_prefix("Kiosk serves SSH on 127.0.0.1:").and_then(|rest| rest.split_once(". Its key is "));
        let (port, key) = said.unwrap_or_else(|| panic!("{line:?}"));
        Self { child, port: port.to_owned(), key: key.trim_end().trim_end_matches('.').to_owned() }
    }

    /// Asks it to end, and waits until it has.
    fn end(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
        assert!(self.child.wait().expect("it ends").success());
    }
}

/// A test that fails leaves no server behind.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a client is started with.
fn client(machine: &Machine, server: &Server, name: &str, options: &[&str]) -> Vec<String> {
    let known = machine.home.path().join("known_hosts");
    let mut arguments: Vec<String> = ["-F", "none", "-p", &server.port].map(str::to_owned).to_vec();
    arguments.extend(["-o".to_owned(), format!("UserKnownHostsFile={}", known.display())]);
    arguments.extend(["-o", "LogLevel=ERROR", "-o", "PubkeyAuthentication=no"].map(str::to_owned));
    arguments.extend(options.iter().map(|option| (*option).to_owned()));
    arguments.push(format!("{name}@127.0.0.1"));
    arguments
}

fn ssh() -> PathBuf {
    let found = Command::new("sh").args(["-c", "command -v ssh"]).output().expect("sh runs");
    let path = String::from_utf8(found.stdout).expect("text");
    assert!(!path.trim().is_empty(), "OpenSSH's client has to be installed: .ci/test does so");
    PathBuf::from(path.trim())
}

fn on_terminal(machine: &Machine, arguments: &[String]) -> Console {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Console::start_program(&ssh(), machine.data.path(), machine.home.path(), &arguments)
}

const ACCEPT: &[&str] = &["-o", "StrictHostKeyChecking=accept-new", "-tt"];

#[test]
fn an_agent_signs_in_by_password_resizes_and_leaves() {
    let machine = Machine::new();
    let server = Server::start(&machine);
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
    let server = Server::start(&machine);
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
    let server = Server::start(&machine);
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
    let server = Server::start(&machine);
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
