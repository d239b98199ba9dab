//! `kiosk import`: trains from a GTFS folder or a sheet. What it would change is told line by line before it is written.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args as ClapArgs, Subcommand};

use super::progress::Progress;
use super::{CliError, Kind, open, output};
use crate::config::Config;
use crate::domain::composition;
use crate::domain::edition::{NotPublished, Start};
use crate::domain::time::railway_time;
use crate::domain::train::{Train, TrainNumber, Zone};
use crate::service::Kiosk;
use crate::service::import::{Basis, Change, Comparison, Import, Unreadable, compare, gtfs, sheet};

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
    let timetable = kiosk.timetable();
    let start = Start { from: how.from, today };
    let basis = Basis { timetable: &timetable, on: start.date(), zone: how.zone };
    let import = read(&command, basis)?;
    import.notes.iter().for_each(output::notice);
    tell_faults(&import);
    let comparison = compare(&timetable, &import, start);
    lines(&comparison, &import).into_iter().try_for_each(output::line)?;
    if !import.faults.is_empty() && !how.skip_bad {
        let mistakes = counted(import.faults.len(), "mistake");
        let error = CliError::new(Kind::BadData, format!("Nothing was imported: there {mistakes} above."));
        return Err(error.hint("mend the lines, or import the trains without a mistake with --skip-bad"));
    }
    let end = how.from.unwrap_or(today + chrono::Days::new(1));
    let missing = comparison.missing.iter().filter(|_| how.retire_missing);
    let retire: Vec<_> = missing.map(|(number, _)| (*number, end)).collect();
    output::line(Summary { comparison: &comparison, retire: &retire })?;
    if how.dry_run {
        return output::line("Nothing was written: leave --dry-run out to import it.");
    }
    if comparison.is_empty() && retire.is_empty() {
        return Ok(());
    }
    let progress = Progress::new("Importing trains");
    let report = |step: crate::service::seed::Progress| progress.set(step.done, step.of, &step.what);
    let done = kiosk.import(&import, start, &retire, report).await?;
    drop(progress);
    // Told above, unless somebody changed the timetable meanwhile.
    let foreseen = |reason: &&NotPublished| {
        comparison.trains.iter().any(|(.., change)| matches!(change, Change::Left(known) if known == *reason))
    };
    done.left.iter().filter(|reason| !foreseen(reason)).for_each(output::notice);
    output::line(format_args!(
        "Imported {} trains and {} stations that were new or changed.",
        done.trains, done.stations
    ))
}

fn read(command: &Command, basis: Basis<'_>) -> Result<Import, CliError> {
    match command {
        Command::Gtfs { folder, .. } => {
            if !folder.is_dir() {
                let error = CliError::new(Kind::NotFound, format!("{} is not a folder.", folder.display()));
                return Err(error.hint("unpack the feed, and name the folder with its files"));
            }
            gtfs::read(folder, basis).map_err(|error| unreadable(folder, error))
        }
        Command::Csv { file, .. } => {
            let source = File::open(file).map_err(|error| CliError::file(file, &error))?;
            let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
            sheet::read(&name, source, basis).map_err(|error| unreadable(file, error))
        }
    }
}

fn unreadable(path: &Path, error: Unreadable) -> CliError {
    let kind = match error {
        Unreadable::Io { .. } => Kind::Files,
        Unreadable::Missing { .. }
        | Unreadable::Head(_)
        | Unreadable::Hopeless { .. }
        | Unreadable::TooLong { .. }
        | Unreadable::LongRow(_) => Kind::BadData,
    };
    CliError::new(kind, error).hint(format!("nothing was imported from {}", path.display()))
}

fn tell_faults(import: &Import) {
    import.faults.iter().take(MISTAKES).for_each(output::notice);
    if let Some(more) = import.faults.len().checked_sub(MISTAKES).filter(|more| *more > 0) {
        output::notice(format_args!("There {} more: mend these first, and look again.", counted(more, "mistake")));
    }
}

/// A line for each train and station that would change.
fn lines(comparison: &Comparison, import: &Import) -> Vec<String> {
    let mut lines = Vec::new();
    for (station, before) in &comparison.stations {
        let is = format!("{} of {}", station.name, station.city);
        lines.push(match before {
            None => format!("+ station {}: {is}", station.code),
            Some(before) => format!("~ station {}: from {} of {} to {is}", station.code, before.name, before.city),
        });
    }
    for ((number, name, change), train) in comparison.trains.iter().zip(&import.trains) {
        match change {
            Change::New => lines.push(format!("+ {number} {name}: {}", described(train))),
            Change::Changed(changes) => {
                lines.extend(changes.iter().map(|change| format!("~ {number} {name}: {change}")));
            }
            Change::Left(reason) => lines.push(format!("! {number} {name}: left as it is. {reason}")),
            Change::Unchanged => {}
        }
    }
    lines
}

/// A new train in a line: `superfast of WR, MTWTFSS, MMCT 17:00 to NDLS 08:32+1, 6 halts, 1386 km, 1 1A, 1 2A`.
fn described(train: &Train) -> String {
    let halts = train.halts();
    let (first, last) = (&halts[0], &halts[halts.len() - 1]);
    let coaches = composition::summary(train.coaches());
    format!(
        "{} of {}, {}, {} {} to {} {}, {} halts, {} km, {coaches}",
        train.kind(),
        train.zone(),
        train.runs_on(),
        first.station,
        first.depart,
        last.station,
        last.arrive,
        halts.len(),
        last.km,
    )
}

/// What would be written, in a sentence.
struct Summary<'a> {
    comparison: &'a Comparison,
    retire: &'a [(TrainNumber, NaiveDate)],
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((number, name), (_, from)) in self.comparison.missing.iter().zip(self.retire) {
            writeln!(f, "- {number} {name}: not in it, ends on {from}")?;
        }
        let (new, changed, unchanged) = self.comparison.counts();
        let missing = self.comparison.missing.len();
        let ends = if self.retire.is_empty() { "stay as they are" } else { "end" };
        write!(f, "{new} new, {changed} changed, {unchanged} unchanged; {missing} that are not in it {ends}.")
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("is 1 {what}") } else { format!("are {count} {what}s") }
}
