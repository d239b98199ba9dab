//! Agents over SSH, as many as a city has: what each of them costs, and how soon they see what they do.
//!
//! `cargo bench --bench sessions`. The server is a process of its own: the real one, with the bundled timetable on the engine
//! in memory. Beside it, as the floor, the same protocol with nothing behind it but an echo. This process is everybody's
//! client: each agent signs in, looks for trains and presses keys on the results. It only prints its limits: on a busy
//! machine, the ratios alone are worth anything. How busy it was is told by `kept_waiting`: how much of the time in which the
//! server wanted a processor it had none, and the echo likewise. With numbers behind `--`, only crowds of so many come.
//!
//! Each server has the first processor for itself and the clients have the last one, since a thousand clients on one
//! machine are as much work as what serves them: else it is measured which of the two the system lets run first.
#![allow(clippy::print_stdout, reason = "a benchmark's figures are its output")]
#![allow(clippy::cast_precision_loss, reason = "its figures have a few digits")]

#[path = "sessions/client.rs"]
mod client;
#[path = "sessions/process.rs"]
mod process;
#[path = "sessions/server.rs"]
mod server;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};

use client::Agent;
use process::Child;
use server::Kind;
use tokio::time::sleep_until;

/// How many agents at once, and how often each presses a key in a second.
const CROWDS: [(usize, f64); 4] = [(1, 10.0), (100, 5.0), (500, 2.0), (1_000, 1.0)];
/// `cargo test --benches` only wants to know that it runs.
const BRIEF: [(usize, f64); 1] = [(3, 10.0)];

/// How long keys are pressed.
const SPELL: Duration = Duration::from_secs(10);
/// How long nothing is done: every screen shows the time, and so is drawn again once in it.
const REST: Duration = Duration::from_mins(1);
/// How long what was left by so many at the door may take.
const SETTLING: Duration = Duration::from_secs(3);

/// How many sign in at the same time.
const DOOR: usize = 16;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let kind = arguments.iter().find_map(|argument| Kind::named(argument));
    place(if kind.is_some() { Part::Server } else { Part::Clients });
    // As many workers as it has processors.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let numbers: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    if let Some(kind) = kind {
        return runtime.block_on(server::run(kind, numbers[0]));
    }
    let is_whole = arguments.iter().any(|argument| argument == "--bench");
    let crowds: &[(usize, f64)] = if is_whole { &CROWDS } else { &BRIEF };
    let lines = runtime.block_on(async {
        let mut lines = Vec::new();
        for (agents, keys) in crowds.iter().filter(|(agents, _)| numbers.is_empty() || numbers.contains(agents)) {
            let echo = measure(Kind::Echo, *agents, *keys).await;
            let kiosk = measure(Kind::Kiosk, *agents, *keys).await;
            lines.extend(figures(*agents, &kiosk, &echo));
        }
        if numbers.is_empty() {
            lines.push(sign_ins("sign_ins_without_hash_per_s", Kind::Kiosk, if is_whole { 400 } else { 4 }).await);
            lines.push(sign_ins("sign_ins_per_s", Kind::Hashing, if is_whole { 60 } else { 2 }).await);
        }
        lines
    });
    for limit in [
        "agents_1000_rss 150 MB",
        "agents_1000_each 100 KB",
        "agents_1000_idle_cpu 1 %",
        "agents_500_p99 3 ms",
        "agents_500_p50_of_echo 3 ratio",
        "agents_500_bytes_a_key 200 bytes",
        "agents_1000_live_change 250 ms",
    ] {
        println!("limit {limit}");
    }
    println!("{}", lines.join("\n"));
}

/// What a process is in the measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Server,
    Clients,
}

/// Keeps this thread, and those that it starts, to the processors of its part. Where the system cannot, all run anywhere.
fn place(part: Part) {
    let processors = core_affinity::get_core_ids().unwrap_or_default();
    let own = match part {
        Part::Server => processors.first(),
        Part::Clients => processors.last(),
    };
    own.map(|processor| core_affinity::set_for_current(*processor));
}

/// What was measured of one server with its clients.
struct Measure {
    /// Bytes that the process had, before anybody came and with everybody there.
    before: u64,
    rss: u64,
    /// Of one processor, while nobody does anything.
    idle: f64,
    /// Seconds on a processor for a key.
    cpu_a_key: f64,
    bytes_a_key: f64,
    /// How much of the time in which it wanted a processor it had none, in hundredths.
    kept_waiting: f64,
    /// From a key to the first byte of what it changes, sorted.
    latencies: Vec<Duration>,
    /// From a change to the last screen that shows it.
    live: Option<Duration>,
}

async fn measure(kind: Kind, agents: usize, keys: f64) -> Measure {
    let mut child = Child::start(kind, agents).await;
    let before = child.rss();
    let mut crowd = come(&child, kind, agents).await;
    rest(SETTLING).await;
    let (cpu, begun) = (child.cpu(), Instant::now());
    // An echo does nothing by itself.
    rest(if kind == Kind::Echo { SETTLING } else { REST }).await;
    let idle = child.cpu().saturating_sub(cpu).as_secs_f64() / begun.elapsed().as_secs_f64() * 100.0;
    let rss = child.rss();
    let (cpu, waited) = (child.cpu(), child.waited());
    let typed = crowd.iter_mut().enumerate().map(|(nth, agent)| agent.press(nth, keys, SPELL));
    let typed = join_all(typed).await;
    let spent = child.cpu().saturating_sub(cpu).as_secs_f64();
    let waited = child.waited().saturating_sub(waited).as_secs_f64();
    let kept_waiting = waited / (waited + spent).max(f64::EPSILON) * 100.0;
    let mut latencies: Vec<Duration> = typed.iter().flat_map(|typed| typed.latencies.iter().copied()).collect();
    latencies.sort();
    let pressed = latencies.len().max(1) as f64;
    let bytes = typed.iter().map(|typed| typed.bytes).sum::<usize>() as f64;
    let live = if kind == Kind::Echo { None } else { Some(seen(&mut child, &mut crowd).await) };
    Measure {
        before,
        rss,
        idle,
        cpu_a_key: spent / pressed,
        bytes_a_key: bytes / pressed,
        kept_waiting,
        latencies,
        live,
    }
}

/// What is measured of rest takes its time.
async fn rest(time: Duration) {
    sleep_until(tokio::time::Instant::now() + time).await;
}

/// Lets everybody in, to the results of a search.
async fn come(child: &Child, kind: Kind, agents: usize) -> Vec<Agent> {
    let comes = (0..agents).map(|nth| Agent::come(child.address(), kind, nth));
    stream::iter(comes).buffer_unordered(DOOR).collect().await
}

/// How long it takes until a berth that is held is gone on all screens.
async fn seen(child: &mut Child, crowd: &mut [Agent]) -> Duration {
    for agent in crowd.iter_mut() {
        agent.drain();
    }
    let begun = Instant::now();
    child.say("hold");
    join_all(crowd.iter_mut().map(Agent::sees)).await;
    begun.elapsed()
}

async fn sign_ins(name: &str, kind: Kind, agents: usize) -> String {
    let child = Child::start(kind, agents).await;
    let begun = Instant::now();
    let comes = (0..agents).map(|nth| Agent::sign_in(child.address(), nth));
    let crowd: Vec<_> = stream::iter(comes).buffer_unordered(DOOR).collect().await;
    format!("figure {name} {:.1} 1/s", crowd.len() as f64 / begun.elapsed().as_secs_f64())
}

fn figures(agents: usize, kiosk: &Measure, echo: &Measure) -> Vec<String> {
    let millis = |of: &Measure, percent: usize| {
        let latencies = &of.latencies;
        latencies[(latencies.len() - 1) * percent / 100].as_secs_f64() * 1e3
    };
    let each = |of: &Measure| of.rss.saturating_sub(of.before) as f64 / 1024.0 / agents as f64;
    let [p50, echo_p50] = [kiosk, echo].map(|of| millis(of, 50));
    vec![
        format!("figure agents_{agents}_rss {:.1} MB", kiosk.rss as f64 / 1e6),
        format!("figure agents_{agents}_each {:.1} KB", each(kiosk)),
        format!("figure agents_{agents}_each_echo {:.1} KB", each(echo)),
        format!("figure agents_{agents}_idle_cpu {:.2} %", kiosk.idle),
        format!("figure agents_{agents}_cpu_a_key {:.0} us", kiosk.cpu_a_key * 1e6),
        format!("figure agents_{agents}_cpu_a_key_echo {:.0} us", echo.cpu_a_key * 1e6),
        format!("figure agents_{agents}_bytes_a_key {:.0} bytes", kiosk.bytes_a_key),
        format!("figure agents_{agents}_kept_waiting {:.0} %", kiosk.kept_waiting),
        format!("figure agents_{agents}_kept_waiting_echo {:.0} %", echo.kept_waiting),
        format!("figure agents_{agents}_p50 {p50:.2} ms"),
        format!("figure agents_{agents}_p99 {:.2} ms", millis(kiosk, 99)),
        format!("figure agents_{agents}_echo_p50 {echo_p50:.2} ms"),
        format!("figure agents_{agents}_echo_p99 {:.2} ms", millis(echo, 99)),
        format!("figure agents_{agents}_p50_of_echo {:.2} ratio", p50 / echo_p50),
        format!("figure agents_{agents}_live_change {:.1} ms", kiosk.live.unwrap_or_default().as_secs_f64() * 1e3),
    ]
}
