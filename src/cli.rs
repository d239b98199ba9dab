//! The command line: what was asked for, done by one file per subcommand, and told by an exit code.
//!
//! Subcommands go through the same services as the screens. What a person should read goes to standard error, what a
//! program may read goes to standard output.

mod audit;
mod backup;
mod booking;
mod confirm;
mod error;
mod export;
mod first_run;
mod health;
mod import;
mod migrate;
mod notifications;
mod open;
mod output;
mod password;
mod progress;
mod provision;
mod replay;
mod report;
mod rules;
mod run;
mod sales;
mod screen;
mod search;
mod secret;
mod seed;
mod serve;
mod ticket;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Sources};
use crate::telemetry::{self, Door};

pub use error::{CliError, EXIT_CODES, Kind};

/// Sells train tickets from a terminal.
///
/// Without a command it is the full-screen program. The first start creates everything it needs in the data folder.
#[derive(Debug, Parser)]
#[command(version, after_long_help = error::exit_codes(), after_help = "--help says more, exit codes included.")]
#[allow(clippy::doc_markdown, reason = "these comments are the help that a person reads")]
struct Cli {
    /// The folder of the embedded store, the logs and a developer's key
    ///
    /// Without it KIOSK_DATA_DIR decides, then the file of settings, then your platform's folder for data.
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// The file of settings; config.toml.example documents all of them
    ///
    /// Without it KIOSK_CONFIG decides, then ./config.toml, then config.toml in your platform's folder for settings.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
#[allow(clippy::doc_markdown, reason = "these comments are the help that a person reads")]
enum Command {
    /// Creates the tables and the bucket; what exists stays as it is
    Provision,
    /// Loads the trains that are not there yet; safe to repeat
    Seed(seed::Args),
    /// Imports trains from a GTFS folder or a sheet, and tells what that changes
    #[command(subcommand)]
    Import(import::Command),
    /// Writes what the store holds as files for other programs
    #[command(subcommand)]
    Export(export::Command),
    /// Takes over users, trains and bookings of the application that Kiosk replaces; safe to repeat
    Migrate(migrate::Args),
    /// Asks the store whether it answers
    Health(health::Args),
    /// Prints a new SECRET_KEY
    Secret,
    /// Checks tickets, or prints the key to check them with
    #[command(subcommand)]
    Ticket(ticket::Command),
    /// Manages accounts
    #[command(subcommand)]
    User(user::Command),
    /// Shows the trains of a day from one place to another, and what they cost
    Search(search::Args),
    /// Sells, shows and cancels bookings, and saves receipts
    #[command(subcommand)]
    Booking(booking::Command),
    /// Makes and saves charts, and cancels runs for the railway
    #[command(subcommand)]
    Run(run::Command),
    /// Shows what people are still to be told of their bookings, and has it tried anew
    #[command(subcommand)]
    Notifications(notifications::Command),
    /// Adds the sales of some days up, as CSV
    Report(report::Args),
    /// Lists, tries and publishes the railway's rules: fares, booking, refunds, quotas and charts
    #[command(subcommand)]
    Rules(rules::Command),
    /// Takes trains off sale and puts them on sale again
    #[command(subcommand)]
    Sales(sales::Command),
    /// Compares everything that is kept of the runs with their bookings
    Audit(audit::Args),
    /// Saves the embedded store in one file, while it is in use
    Backup(backup::Backup),
    /// Fills the data folder from such a file
    Restore(backup::Restore),
    /// Shows the full-screen program to whoever comes by SSH
    Serve(serve::Args),
    /// Plays a session that was recorded
    Replay(replay::Args),
}

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

fn run(cli: Cli) -> Result<(), CliError> {
    let Cli { data_dir, config, command } = cli;
    let load = |door: Door| {
        let config = Config::load(&Sources::of_process(config.clone(), data_dir.clone()))?;
        let log = telemetry::start(&config, door).map_err(CliError::log)?;
        if door != Door::Screen {
            config.notices().iter().for_each(|notice| tracing::warn!("{notice}"));
        }
        Ok::<_, CliError>((config, log))
    };
    match command {
        None => {
            screen::demand_terminal()?;
            let (config, _log) = load(Door::Screen)?;
            screen::run(&config)
        }
        Some(Command::Secret) => secret::run(),
        Some(Command::Replay(args)) => replay::run(&args),
        Some(Command::Ticket(command)) => ticket::run(command, || Ok(load(Door::Subcommand)?.0)),
        Some(Command::Restore(args)) => {
            // Without a log, which would be in the folder, and without the store.
            backup::restore(&args, &Config::load(&Sources::of_process(config.clone(), data_dir.clone()))?)
        }
        Some(Command::Serve(args)) => {
            let (config, _log) = load(Door::Server)?;
            open::block_on(serve::run(args, &config))
        }
        Some(command) => {
            let (config, _log) = load(Door::Subcommand)?;
            open::block_on(async {
                match command {
                    Command::Provision => provision::run(&config).await,
                    Command::Seed(args) => seed::run(args, &config).await,
                    Command::Import(command) => import::run(command, &config).await,
                    Command::Export(command) => export::run(command, &config).await,
                    Command::Migrate(args) => migrate::run(args, &config).await,
                    Command::Health(args) => health::run(args, &config).await,
                    Command::User(command) => user::run(command, &config).await,
                    Command::Search(args) => search::run(args, &config).await,
                    Command::Booking(command) => booking::run(command, &config).await,
                    Command::Audit(args) => audit::run(args, &config).await,
                    Command::Backup(args) => backup::save(args, &config).await,
                    Command::Report(args) => report::run(args, &config).await,
                    Command::Rules(command) => rules::run(command, &config).await,
                    Command::Sales(command) => sales::run(command, &config).await,
                    Command::Run(command) => run::run(command, &config).await,
                    Command::Notifications(command) => notifications::run(command, &config).await,
                    Command::Secret
                    | Command::Ticket(_)
                    | Command::Replay(_)
                    | Command::Restore(_)
                    | Command::Serve(_) => {
                        unreachable!("answered above, without a store")
                    }
                }
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
