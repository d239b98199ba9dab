//! `kiosk import`: trains from a GTFS folder or a sheet. What it would change is told line by line before it is written.

use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use clap::{Args as ClapArgs, Subcommand};

use super::progress::Progress;
use super::{CliError, Kind, open, output};
use crate::config::Config;
use crate::domain::edition::{NotPublished, Start};
use crate::domain::time::railway_time;
use crate::domain::train::{TrainNumber, Zone};
use crate::service::Kiosk;
use crate::service::import::{
    Basis, Change, Comparison, Import, Meter, Stored, Unreadable, compare, endings, gtfs, lines, sheet,
};
use crate::service::progress::{self, Stage};
use crate::store::StoreError;

/// How many mistakes are told one by one.
const MISTAKES: usize = 200;

#[derive(Debug, Subcommand)]
#[allow(clippy::doc_markdown, reason = "these comments are the help that a person reads")]
pub(super) enum Command {
    /// Imports the trains of a GTFS folder
    ///
    /// One train for each trip_short_name, on all days of its trips whose calendars are in force. GTFS knows no coaches:
    /// kiosk_trains.txt in the folder (train_number,coaches,kind,zone) names them; without it a train keeps its coaches, and
    /// a new one gets those that are usual for its kind.
    Gtfs {
        /// The folder with agency.txt, stops.txt, routes.txt, trips.txt, stop_times.txt and calendar.txt
        folder: PathBuf,
        #[command(flatten)]
        how: How,
    },
    /// Imports trains from a sheet in the form that kiosk export trains writes
    Csv {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        how: How,
    },
}

#[derive(Debug, ClapArgs)]
pub(super) struct How {
    /// Only tell what would change
    #[arg(long)]
    dry_run: bool,
    /// Import the trains without a mistake; the others are left out
    #[arg(long)]
    skip_bad: bool,
    /// The first date of origin of the runs that go by it, such as 2026-12-20; without one, today
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// The zone of trains of which the files say none, such as WR
    #[arg(long)]
    zone: Option<Zone>,
    /// End the trains that are not in it, from the date of --from or from tomorrow
    #[arg(long)]
    retire_missing: bool,
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), CliError> {
    let kiosk = open::unseeded_kiosk(config).await?;
    let done = carry_out(command, &kiosk).await;
    kiosk.settle().await;
    done
}

async fn carry_out(command: Command, kiosk: &Kiosk) -> Result<(), CliError> {
    let (Command::Gtfs { how, .. } | Command::Csv { how, .. }) = &command;
    let today = railway_time(kiosk.now()).date();
    if let Some(from) = how.from.filter(|from| *from < today) {
        let error = CliError::new(Kind::Usage, format!("Runs of {from} have left and cannot change."));
        return Err(error.hint(format!("choose {today} or a later date for --from")));
    }
    let stored = kiosk.stored_timetable().await?;
    let start = Start { from: how.from, today };
    let (import, comparison) = read(&command, &stored, start).await?;
    import.notes.iter().for_each(output::notice);
    tell_faults(&import);
    lines(&comparison, &import).try_for_each(output::line)?;
    if !import.faults.is_empty() && (!how.skip_bad || how.retire_missing) {
        let mistakes = counted(import.faults.len(), "mistake");
        let error = CliError::new(Kind::BadData, format!("Nothing was imported: there {mistakes} above."));
        return Err(error.hint(if how.skip_bad {
            "mend the lines, or leave --retire-missing out: a train with a mistake would end with those that are not in it"
        } else {
            "mend the lines, or import the trains without a mistake with --skip-bad"
        }));
    }
    let retire =
        if how.retire_missing { comparison.ending(&stored.timetable, start.ends_missing()) } else { Vec::new() };
    endings(&comparison, &retire).try_for_each(output::line)?;
    output::line(Summary { comparison: &comparison, retire: how.retire_missing.then_some(&retire) })?;
    if stored.is_unfinished() {
        output::notice("An import broke off, or is being written just now: this one is to finish it.");
    }
    if how.dry_run {
        return output::line("Nothing was written: leave --dry-run out to import it.");
    }
    if comparison.is_empty() && retire.is_empty() && !stored.is_unfinished() {
        return Ok(());
    }
    let bar = Progress::new("Importing trains");
    let done = kiosk.import(&import, &stored, start, |progress| show(&bar, progress)).await;
    drop(bar);
    let done = done.map_err(|error| match error {
        StoreError::Conflict { .. } => {
            let moved = "The timetable was changed meanwhile by somebody else, and nothing more was written.";
            CliError::new(Kind::Refused, moved)
                .hint("look at what would change now with --dry-run, and import it again")
        }
        error => error.into(),
    })?;
    // Told above.
    let foreseen = |reason: &&NotPublished| {
        comparison.trains.iter().any(|(.., change)| matches!(change, Change::Left(known) if known == *reason))
    };
    done.left.iter().filter(|reason| !foreseen(reason)).for_each(output::notice);
    output::line(format_args!(
        "Imported {} trains and {} stations that were new or changed.",
        done.trains, done.stations
    ))?;
    kiosk.end_trains(&retire).await.map_err(|error| {
        let error = CliError::from(error);
        let told = format!("Not all trains have ended that are not in it: {}.", error.message().trim_end_matches('.'));
        CliError::new(error.kind(), told).hint("the import itself is written: repeat it with --retire-missing")
    })
}

/// Reads the files and compares them, on a thread of its own so that the bar moves.
async fn read(command: &Command, stored: &Stored, start: Start) -> Result<(Import, Comparison), CliError> {
    let (Command::Gtfs { how, folder: path } | Command::Csv { how, file: path }) = command;
    let is_folder = matches!(command, Command::Gtfs { .. });
    if is_folder && !path.is_dir() {
        let error = CliError::new(Kind::NotFound, format!("{} is not a folder.", path.display()));
        return Err(error.hint("unpack the feed, and name the folder with its files"));
    }
    let (path, zone, timetable) = (path.clone(), how.zone, Arc::clone(&stored.timetable));
    let bar = Progress::new("Reading trains");
    let read = tokio::task::spawn_blocking(move || {
        let told = |progress| {
            show(&bar, progress);
            ControlFlow::Continue(())
        };
        let (meter, basis) = (Meter::new(&told), Basis { timetable: &timetable, on: start.date(), zone });
        let read = if is_folder { gtfs::read(&path, basis, &meter) } else { sheet::read_file(&path, basis, &meter) };
        let compared = read.and_then(|import| {
            let comparison = compare(&timetable, &import, start, &meter)?;
            Ok((import, comparison))
        });
        compared.map_err(|error| unreadable(&path, error))
    });
    read.await.map_err(|error| CliError::new(Kind::Internal, error))?
}

/// Moves the bar.
fn show(bar: &Progress, progress: progress::Progress) {
    let what = match progress.stage {
        Stage::Reading => "bytes",
        Stage::Building | Stage::Comparing => "trains",
        Stage::Writing => "timetable",
        // No import does.
        Stage::Log => "hours",
    };
    let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    bar.set(count(progress.done), count(progress.of), what);
}

fn unreadable(path: &Path, error: Unreadable) -> CliError {
    let kind = match &error {
        Unreadable::Absent(_) => Kind::NotFound,
        Unreadable::Io { error, .. } if error.kind() == io::ErrorKind::NotFound => Kind::NotFound,
        Unreadable::Io { .. } => Kind::Files,
        Unreadable::Missing { .. }
        | Unreadable::Head(_)
        | Unreadable::Hopeless { .. }
        | Unreadable::TooLong { .. }
        | Unreadable::LongRow(_)
        | Unreadable::Stopped => Kind::BadData,
    };
    CliError::new(kind, error).hint(format!("nothing was imported from {}", path.display()))
}

fn tell_faults(import: &Import) {
    import.faults.iter().take(MISTAKES).for_each(output::notice);
    if let Some(more) = import.faults.len().checked_sub(MISTAKES).filter(|more| *more > 0) {
        output::notice(format_args!("There {} more: mend these first, and look again.", counted(more, "mistake")));
    }
}

/// What would be written, in a sentence.
struct Summary<'a> {
    comparison: &'a Comparison,
    /// Those that end, where that is asked for.
    retire: Option<&'a Vec<(TrainNumber, NaiveDate)>>,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (new, changed, unchanged) = self.comparison.counts();
        let (missing, ends) = match self.retire {
            Some(retire) => (retire.len(), "end"),
            None => (self.comparison.missing.len(), "stay as they are"),
        };
        write!(f, "{new} new, {changed} changed, {unchanged} unchanged; {missing} that are not in it {ends}.")
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("is 1 {what}") } else { format!("are {count} {what}s") }
}
