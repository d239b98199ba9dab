//! What the process has used of its processors, as Linux says.

use std::fs;
use std::time::Duration;

/// Linux counts for programs in hundredths of a second, whatever its kernel counts in (`man 5 proc`: `sysconf(_SC_CLK_TCK)`).
const TICK: Duration = Duration::from_millis(10);

/// The thread on which the embedded database answers.
const ENGINE: &str = "database";

/// Time on processors.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu {
    /// Of the whole process.
    pub all: Duration,
    /// Of the database's thread.
    pub engine: Duration,
}

impl Cpu {
    /// What was used so far. Nothing where there is no `/proc`.
    pub fn now() -> Self {
        let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let engines = tasks.filter_map(|task| used(&task.path().join("stat"))).filter(|(name, _)| name == ENGINE);
        let all = used("/proc/self/stat".as_ref()).map(|(_, used)| used).unwrap_or_default();
        Self { all, engine: engines.map(|(_, used)| used).sum() }
    }

    /// What was used since.
    pub fn since(self, then: Self) -> Self {
        Self { all: self.all.saturating_sub(then.all), engine: self.engine.saturating_sub(then.engine) }
    }

    /// Together with another measure.
    pub fn and(self, other: Self) -> Self {
        Self { all: self.all + other.all, engine: self.engine + other.engine }
    }

    /// Without the database, which is somebody else's machine where it is AWS.
    pub fn without_engine(self) -> Duration {
        self.all.saturating_sub(self.engine)
    }
}

/// The name in a `stat` file, and the time in user and system mode.
fn used(stat: &std::path::Path) -> Option<(String, Duration)> {
    let stat = fs::read_to_string(stat).ok()?;
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
    let ticks: u32 = rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u32>().ok()).sum();
    Some((name.to_owned(), TICK * ticks))
}
