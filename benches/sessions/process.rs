//! A server as a process of its own, and what Linux says that it uses.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{ChildStdin, Command, Stdio};
use std::time::Duration;

use crate::server::Kind;

/// Linux counts for programs in hundredths of a second (`man 5 proc`: `sysconf(_SC_CLK_TCK)`).
const TICK: Duration = Duration::from_millis(10);

/// A server; dropped, it ends.
pub struct Child {
    process: std::process::Child,
    orders: ChildStdin,
    address: SocketAddr,
}

impl Child {
    /// A server that knows so many agents.
    pub async fn start(kind: Kind, agents: usize) -> Self {
        let this = std::env::current_exe().expect("this program has a file");
        let started = tokio::task::spawn_blocking(move || {
            let mut process = Command::new(this)
                .args([kind.name(), &agents.to_string()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("it starts");
            let mut line = String::new();
            let output = process.stdout.take().expect("it is piped");
            BufReader::new(output).read_line(&mut line).expect("it says where it listens");
            let orders = process.stdin.take().expect("it is piped");
            Self { process, orders, address: line.trim().parse().expect("an address") }
        });
        started.await.expect("no panic")
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn say(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("it reads");
    }

    /// Bytes in memory.
    pub fn rss(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it has memory");
        1024 * line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number")
    }

    /// Time on processors.
    pub fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).expect("it runs");
        let (_, rest) = stat.rsplit_once(')').expect("the name has its brackets");
        TICK * rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u32>().ok()).sum::<u32>()
    }

    /// Time in which its threads could have gone on and had no processor, as with much else on the machine.
    pub fn waited(&self) -> Duration {
        let threads = fs::read_dir(format!("/proc/{}/task", self.process.id())).expect("it runs");
        let waited = threads.filter_map(|thread| {
            let stat = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            stat.split_whitespace().nth(1)?.parse::<u64>().ok()
        });
        Duration::from_nanos(waited.sum())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
