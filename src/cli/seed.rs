//! `kiosk seed`: writes the trains and stations of the bundled timetable, or of one from a file, that there are not yet.

use std::fs;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::progress::Progress;
use super::{CliError, Kind, open, output};
use crate::config::{Config, StoreChoice};
use crate::service::seed::seed;
use crate::service::{SystemClock, rules_file, timetable_file};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// A timetable in the form of assets/timetable.toml; without one, the bundled timetable
    file: Option<PathBuf>,
}

pub(super) async fn run(args: Args, config: &Config) -> Result<(), CliError> {
    let timetable = match &args.file {
        None => timetable_file::bundled(),
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| CliError::file(path, &error))?;
            let bad = |error| CliError::new(Kind::BadData, format!("{}: {error}", path.display()));
            timetable_file::parse(&text).map_err(bad)?
        }
    };
    let store = open::store(config).await?;
    let progress = Progress::new("Loading trains");
    if config.store() == StoreChoice::Embedded {
        store.provision(|step| progress.set(step.done, step.of, &step.what)).await?;
    }
    let rules = rules_file::bundled();
    let report = |step: crate::service::seed::Progress| progress.set(step.done, step.of, &step.what);
    let published = seed(&store, &rules, &SystemClock, &timetable, report).await?;
    drop(progress);
    output::line(format_args!(
        "The file has {} trains and {} stations; {} trains and {} stations were new. Others stay as they are.",
        timetable.trains.len(),
        timetable.stations.len(),
        published.trains,
        published.stations,
    ))
}
