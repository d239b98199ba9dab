//! The built program as a server, on a port of its own.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server of the built program.
pub struct Server {
    child: Child,
    pub port: u16,
    /// How clients show its key.
    pub key: String,
}

impl Server {
    /// Serves what is in a data folder, and waits until it says where.
    pub fn start(data: &Path, home: &Path) -> Self {
        Self::start_with(data, home, &[])
    }

    /// The same with more in its environment.
    pub fn start_with(data: &Path, home: &Path, environment: &[(&str, &OsStr)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kiosk"))
            .arg("serve")
            .env_clear()
            .env("HOME", home)
            .env("KIOSK_DATA_DIR", data)
            .env("KIOSK_SSH_LISTEN", "127.0.0.1:0")
            .env("KIOSK_TELEMETRY_LISTEN", "off")
            .env("KIOSK_SSH_GUEST", "guest")
            .env("KIOSK_SSH_NOTICE", "1s")
            .envs(environment.iter().copied())
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
        let port = port.parse().expect("a port");
        Self { child, port, key: key.trim_end().trim_end_matches('.').to_owned() }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let told = Command::new("kill").args(["-s", name, &self.id().to_string()]).status().expect("kill runs");
        assert!(told.success(), "the server is there");
    }

    /// Asks it to end, and waits until it has.
    pub fn end(self) {
        self.signal("TERM");
        self.ended();
    }

    /// Waits until it has ended, as it was asked to.
    pub fn ended(mut self) {
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
