//! Runs simulated worlds, as many as it is told, and says which of them broke a promise.

#[path = "../tests/simulation/simulation.rs"]
mod simulation;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;

use simulation::{Outcome, Sabotage};

/// Runs simulated worlds and exits with 1 when one of them broke a promise.
#[derive(Debug, Parser)]
struct Arguments {
    /// The seed of the first world.
    #[arg(long, default_value_t = 1)]
    first_seed: u64,
    /// How many worlds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// How many at once.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Prints everything that happens in each of them.
    #[arg(long)]
    trace: bool,
    /// Leaves something out, to see that it is found.
    #[arg(long, value_parser = sabotage)]
    sabotage: Option<Sabotage>,
}

fn sabotage(name: &str) -> Result<Sabotage, String> {
    Sabotage::named(name).ok_or_else(|| {
        let names: Vec<_> = Sabotage::ALL.iter().map(|(name, _)| *name).collect();
        format!("choose one of {}", names.join(", "))
    })
}

#[allow(clippy::print_stdout, reason = "this is what it is for")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (begun, next) = (Instant::now(), AtomicU64::new(0));
    let found: Mutex<Vec<Outcome>> = Mutex::default();
    let counts = Mutex::new(std::collections::BTreeMap::<&str, u64>::new());
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= arguments.seeds {
                        break;
                    }
                    let outcome = simulation::run(arguments.first_seed + n, arguments.sabotage);
                    if arguments.trace {
                        println!("{}", outcome.trace.join("\n"));
                        println!("seed {} hash {:016x}", outcome.seed, outcome.hash);
                    }
                    for (what, times) in &outcome.counts {
                        *counts.lock().expect("no panic").entry(what).or_default() += u64::from(*times);
                    }
                    if (n + 1) % 100 == 0 {
                        println!("{} worlds in {:.0} s", n + 1, begun.elapsed().as_secs_f64());
                    }
                    if outcome.violation.is_some() {
                        println!("{}", simulation::report(&outcome));
                        found.lock().expect("no panic").push(outcome);
                    }
                }
            });
        }
    });
    let (found, seconds) = (found.into_inner().expect("no panic"), begun.elapsed().as_secs_f64());
    println!(
        "{} worlds, {} violations, {seconds:.1} s, {:?}",
        arguments.seeds,
        found.len(),
        counts.into_inner().expect("no panic")
    );
    if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
