//! Time from exec to the first frame on an existing data folder, through a pseudo-terminal.
//!
//! `cargo bench --bench start` ends in a line `figure start_first_frame_p50 VALUE ms`.

#[allow(dead_code, reason = "the tests ask it for more")]
#[path = "../tests/pty/driver.rs"]
mod driver;

use std::time::{Duration, Instant};

use driver::Console;
use tempfile::TempDir;

const ROUNDS: usize = 21;
/// What a person takes for at once.
const AIM: Duration = Duration::from_millis(100);

fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { ROUNDS } else { 1 };
    let (home, data) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    let first = time_to_first_frame(&home, &data);
    let mut times: Vec<Duration> = (0..rounds).map(|_| time_to_first_frame(&home, &data)).collect();
    times.sort();
    let median = times[times.len() / 2];
    say(format_args!("limit start_first_frame_p50 {:.0} ms", millis(AIM)));
    say(format_args!("figure start_first_run {:.1} ms", millis(first)));
    say(format_args!("figure start_first_frame_max {:.1} ms", millis(times[times.len() - 1])));
    say(format_args!("figure start_first_frame_p50 {:.1} ms", millis(median)));
}

fn time_to_first_frame(home: &TempDir, data: &TempDir) -> Duration {
    let begun = Instant::now();
    let mut console = Console::start(data.path(), home.path(), &[]);
    console.wait("Book a journey");
    let took = begun.elapsed();
    console.keys("\x03").wait("Leave Kiosk?").keys("\r");
    assert!(console.end().success());
    took
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[allow(clippy::print_stdout, reason = "a benchmark is there to print")]
fn say(line: std::fmt::Arguments<'_>) {
    println!("{line}");
}
