//! `kiosk run`: the charts of a run, and its cancellation by the railway.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Subcommand;

use super::booking::save;
use super::{CliError, Kind, open, output};
use crate::config::Config;
use crate::domain::coach::CoachId;
use crate::domain::train::RunId;
use crate::service::Session;
use crate::service::request::{Reply, Request};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Saves the chart of a run as a PDF file, a page or more for each coach
    Chart {
        /// The run: its train and the date on which it leaves its origin, such as 12951#2026-12-05
        run: RunId,
        /// One coach only, such as B2
        #[arg(long, value_parser = CoachId::parse)]
        coach: Option<CoachId>,
        /// Make the chart first, if it is due and no process has made it yet
        #[arg(long)]
        make: bool,
        /// The file to write, which must not exist; - writes to standard output [default: chart-TRAIN-DATE.pdf]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Cancels a run for the railway: nothing of it is sold any more, and every booking is refunded in full
    Cancel {
        /// The run: its train and the date on which it leaves its origin, such as 12951#2026-12-05
        run: RunId,
        /// Do not ask whether this is meant
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), CliError> {
    let kiosk = open::kiosk(config).await?;
    let done = carry_out(command, &kiosk.operator_session()).await;
    kiosk.settle().await;
    done
}

async fn carry_out(command: Command, session: &Session) -> Result<(), CliError> {
    match command {
        Command::Chart { run, coach, make, output: file } => {
            if make {
                session.call(Request::MakeChart { run }).await?;
            }
            match session.call(Request::Chart { run, coach }).await? {
                Reply::Chart(document) => {
                    let file = file.unwrap_or_else(|| PathBuf::from(&document.name));
                    save(&file, &document.bytes)
                }
                other => Err(CliError::new(Kind::Internal, format!("an answer to another question: {other:?}"))),
            }
        }
        Command::Cancel { run, yes } => {
            if !yes {
                confirm(run)?;
            }
            session.call(Request::CancelRun { run }).await?;
            output::line(format_args!(
                "Cancelled {run}. Its bookings are refunded in full; any that are left are done within minutes."
            ))
        }
    }
}

/// Asks whether a run is meant to be cancelled, which nothing takes back.
fn confirm(run: RunId) -> Result<(), CliError> {
    if !io::stdin().is_terminal() {
        let error = CliError::new(Kind::Refused, format!("Cancelling {run} cannot be taken back."));
        return Err(error.hint("add --yes when this is meant"));
    }
    output::line(format_args!(
        "Cancelling {run} refunds every booking and cannot be taken back. Type the run to go on:"
    ))?;
    let mut typed = String::new();
    io::stdin().read_line(&mut typed).map_err(|error| CliError::new(Kind::Files, error))?;
    if typed.trim() == run.to_string() {
        Ok(())
    } else {
        Err(CliError::new(Kind::Refused, "Nothing was cancelled.").hint("type the run just as it is shown"))
    }
}
