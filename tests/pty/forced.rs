//! Kiosk as the forced command of OpenSSH's own server, as README.md sets it up.
//!
//! The client starts the server for its one connection and speaks with it through pipes: nothing listens anywhere, and
//! nothing is left when the test ends. It is the whole server with a configuration, a host key and an authorized key of
//! the test's own; who runs the tests signs in as themselves.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use kiosk::terminal::ssh::host_key;

use crate::Machine;
use crate::driver::Console;
use crate::openssh::ssh;

/// What the administrator of such a server reads.
const README: &str = include_str!("../../README.md");

/// A server that begins and ends with each connection.
struct Sshd {
    machine: Machine,
    program: PathBuf,
    user: String,
}

impl Sshd {
    /// `None` where there is no such server: its package would start one for everybody on a machine that people use.
    #[allow(clippy::print_stderr, reason = "whoever runs the tests has to know what was not tested")]
    fn new() -> Option<Self> {
        let look = "PATH=$PATH:/usr/sbin:/usr/local/sbin; command -v sshd";
        let program = said(Command::new("sh").args(["-c", look]));
        if program.is_empty() {
            eprintln!("skipped: OpenSSH's server is not installed; .ci/test does so where nothing starts it");
            return None;
        }
        let (machine, user) = (Machine::new(), said(Command::new("id").arg("-un")));
        let server = Self { machine, program: program.into(), user };
        let [own, clients] = ["host_key", "client_key"].map(|name| server.at(name));
        for key in [&own, &clients] {
            fs::write(key, host_key::draw()).expect("a file");
            fs::set_permissions(key, fs::Permissions::from_mode(0o600)).expect("it is the test's own");
        }
        let client = host_key::parse(&fs::read_to_string(&clients).expect("it was written")).expect("it was drawn");
        let public = client.public_key().to_openssh().expect("a key has a text");
        fs::write(server.at("authorized_keys"), public).expect("a file");
        fs::write(server.at("config.toml"), "").expect("a file");
        fs::write(server.at("sshd_config"), server.config()).expect("a file");
        // Whoever starts the server as root makes this folder first, as Debian's own service does.
        if let Err(error) = fs::create_dir("/run/sshd")
            && error.kind() != ErrorKind::AlreadyExists
        {
            eprintln!("/run/sshd is not there, which only root needs: {error}");
        }
        Some(server)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.machine.home.path().join(name)
    }

    /// The block of README.md, for this user and this build, in a server that lets nobody in but by the test's key.
    fn config(&self) -> String {
        let (_, block) = README.split_once("```sshd_config\n").expect("README.md has it");
        let (block, _) = block.split_once("```").expect("it ends");
        let [key, keys, settings] = ["host_key", "authorized_keys", "config.toml"].map(|name| self.at(name));
        let mut forced = block.to_owned();
        for (theirs, ours) in [
            ("User kiosk", format!("User {}", self.user)),
            ("/usr/local/bin/kiosk", env!("CARGO_BIN_EXE_kiosk").to_owned()),
            (
                "/etc/kiosk/config.toml",
                format!("{} KIOSK_DATA_DIR={}", settings.display(), self.machine.data.path().display()),
            ),
        ] {
            assert!(forced.contains(theirs), "{theirs} is not in\n{forced}");
            forced = forced.replace(theirs, &ours);
        }
        format!(
            "HostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin yes\n\
             AuthenticationMethods publickey\nSubsystem sftp internal-sftp\n{forced}",
            key.display(),
            keys.display()
        )
    }

    /// What a client is started with.
    fn client(&self, options: &[&str], command: &[&str]) -> Vec<String> {
        let server = format!(
            "{} -i -f {} -E {}",
            self.program.display(),
            self.at("sshd_config").display(),
            self.at("log").display()
        );
        let of = |name: &str, value: &Path| ["-o".to_owned(), format!("{name}={}", value.display())];
        let mut arguments: Vec<String> = ["-F", "none", "-o", "IdentitiesOnly=yes"]
            .into_iter()
            .chain(["-o", "StrictHostKeyChecking=accept-new"])
            .map(str::to_owned)
            .collect();
        arguments.extend(of("IdentityFile", &self.at("client_key")));
        arguments.extend(of("UserKnownHostsFile", &self.at("known_hosts")));
        arguments.extend(["-o".to_owned(), format!("ProxyCommand={server}")]);
        arguments.extend(options.iter().map(|option| (*option).to_owned()));
        arguments.push(format!("{}@kiosk", self.user));
        arguments.extend(command.iter().map(|word| (*word).to_owned()));
        arguments
    }

    fn on_terminal(&self, options: &[&str], command: &[&str]) -> Console {
        let arguments = self.client(&[&["-tt"], options].concat(), command);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Console::start_program(&ssh(), self.machine.data.path(), self.machine.home.path(), &arguments)
    }

    fn without_terminal(&self, options: &[&str], command: &[&str]) -> Output {
        let arguments = self.client(options, command);
        Command::new(ssh()).args(arguments).stdin(Stdio::null()).output().expect("it runs")
    }
}

/// What a command prints.
fn said(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

fn leave(mut console: Console) {
    console.keys("\x03").wait("Leave Kiosk?").keys("\r");
    assert!(console.end().success());
    assert_eq!(console.left_behind(), [""; 0]);
}

#[test]
fn whoever_comes_to_the_forced_command_signs_in_on_its_screen_and_leaves() {
    let Some(server) = Sshd::new() else { return };
    // What a client sends of its environment decides about its screen and about nothing else.
    let forged = "SetEnv=KIOSK_TERMINAL_ID=FORGED KIOSK_DATA_DIR=/nowhere LANG=C";
    let mut console = server.on_terminal(&["-o", forged], &[]);
    console.wait("Book a journey");
    assert!(console.is_full_screen());
    assert!(console.text().is_ascii(), "its locale has no more:\n{}", console.text());
    console.keys("s").wait("Password").keys("\x1bOR").wait("*****").keys("\r");
    console.wait("1 SEARCH").wait("agent").wait("COUNTER-12");
    leave(console);
}

#[test]
fn a_command_of_the_client_s_own_does_not_run() {
    let Some(server) = Sshd::new() else { return };
    let witness = server.at("witness");
    let command = ["touch", witness.to_str().expect("a path of the test's")];
    let mut console = server.on_terminal(&[], &command);
    console.wait("Book a journey");
    leave(console);
    let without = server.without_terminal(&[], &command);
    let told = String::from_utf8_lossy(&without.stderr);
    assert!(told.contains("Kiosk draws on a whole terminal"), "{told}");
    // The server passes on nothing that stands on a subsystem's standard error.
    let copies = server.without_terminal(&["-s"], &["sftp"]);
    for refused in [without, copies] {
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(3), 0), "{refused:?}");
    }
    let tunnel = server.without_terminal(&["-W", "127.0.0.1:22"], &[]);
    let told = String::from_utf8_lossy(&tunnel.stderr);
    assert!(!tunnel.status.success() && told.contains("prohibited"), "{told}");
    assert!(!witness.exists());
}
