//! `kiosk export`: what the store holds, as files for other programs.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Subcommand;

use super::booking::save;
use super::{CliError, open, output};
use crate::config::Config;
use crate::domain::time::railway_time;
use crate::export::trains;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Writes the trains as CSV, a row for each halt; kiosk import csv reads it back
    Trains {
        /// The file to write, which must not exist [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// The date of origin of the runs that go by them [default: today]
        #[arg(long, value_name = "DATE")]
        on: Option<NaiveDate>,
    },
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), CliError> {
    let Command::Trains { output: file, on } = command;
    let kiosk = open::kiosk(config).await?;
    let on = on.unwrap_or_else(|| railway_time(kiosk.now()).date());
    let sheet = trains::sheet(&kiosk.timetable(), on, |_| true);
    match file {
        Some(file) => save(&file, &sheet),
        None => output::bytes(&sheet),
    }
}
