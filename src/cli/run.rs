//! `kiosk run`: the charts of a run, other times for it, and its cancellation by the railway, whole or in part.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDateTime, Utc};
use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use super::booking::{save, unexpected};
use super::{CliError, Kind, confirm, open, output};
use crate::config::Config;
use crate::domain::booking::OpId;
use crate::domain::coach::CoachId;
use crate::domain::delay;
use crate::domain::inventory::Stage;
use crate::domain::time::railway_time;
use crate::domain::train::RunId;
use crate::service::Kiosk;
use crate::service::request::{
    Charts, DelayTrial, Failure, InLine, PartCancellation, PartTrial, Reply, Request, RunDelay,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Saves the chart of a run as a PDF file, a page or more for each coach
    Chart {
        /// The run: its train and the date on which it leaves its origin, such as 12951#2026-12-05
        run: RunId,
        /// One coach only, such as B2
        #[arg(long, value_parser = CoachId::parse)]
        coach: Option<CoachId>,
        /// The file to write, which must not exist; - writes to standard output [default: chart-TRAIN-DATE.pdf]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Shows who waits for a berth of a run, in the order in which they are served
    Queue {
        /// The run: its train and the date on which it leaves its origin, such as 12951#2026-12-05
        run: RunId,
        /// Print them as JSON, one passenger a line
        #[arg(long)]
        json: bool,
    },
    /// Makes the chart of a run that is due now, unless a process has made it already
    MakeChart {
        /// The run: its train and the date on which it leaves its origin, such as 12951#2026-12-05
        run: RunId,
    },
    /// Has a run go later from a halt on, and tells everybody whose train leaves at another time
    Change {
        /// The run: its train and the date on which it leaves its origin, such as 12951#2026-12-05
        run: RunId,
        /// The station from which on it goes later, such as KOTA
        #[arg(long, value_name = "STATION")]
        from: String,
        /// How many minutes after the timetable it comes in and leaves from there on; 0 takes a change back
        #[arg(long, value_name = "MINUTES", required_unless_present = "time", conflicts_with = "time")]
        minutes: Option<u16>,
        /// When it leaves there instead, such as 23:45, or 00:40+1 for the day after it leaves its origin
        #[arg(long)]
        time: Option<String>,
        /// Why: everybody is told it
        #[arg(long)]
        reason: String,
        /// Only say who would be told, and who could give up for nothing
        #[arg(long)]
        dry_run: bool,
        /// Do not ask whether this is meant
        #[arg(long)]
        yes: bool,
    },
    /// Cancels a part of a run, where it begins or ends: nothing that needs it is sold any more, and its bookings are refunded
    CancelPart {
        /// The run: its train and the date on which it leaves its origin, such as 12951#2026-12-05
        run: RunId,
        /// The station at which the part begins, such as KOTA
        #[arg(long, value_name = "STATION")]
        from: String,
        /// The station at which it ends, such as NDLS
        #[arg(long, value_name = "STATION")]
        to: String,
        /// Why: everybody is told it
        #[arg(long)]
        reason: String,
        /// Only say which bookings would be refunded, and how much
        #[arg(long)]
        dry_run: bool,
        /// Do not ask whether this is meant
        #[arg(long)]
        yes: bool,
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
    let done = carry_out(command, &kiosk).await;
    kiosk.settle().await;
    done
}

async fn carry_out(command: Command, kiosk: &Kiosk) -> Result<(), CliError> {
    let session = kiosk.operator_session();
    match command {
        Command::Chart { run, coach, output: file } => match session.call(Request::Chart { run, coach }).await? {
            Reply::Chart(document) => {
                let file = file.unwrap_or_else(|| PathBuf::from(&document.name));
                save(&file, &document.bytes)
            }
            other => Err(unexpected(&other)),
        },
        Command::Queue { run, json } => match session.call(Request::Queue { run }).await? {
            Reply::Queue(people) => people
                .iter()
                .try_for_each(|person| if json { output::json(&facts(person)) } else { output::line(row(person)) }),
            other => Err(unexpected(&other)),
        },
        Command::MakeChart { run } => match session.call(Request::MakeChart { run }).await? {
            Reply::Charted(charts) => output::line(made(run, charts, kiosk.now())?),
            other => Err(unexpected(&other)),
        },
        Command::Change { run, from, minutes, time, reason, dry_run, yes } => {
            let when = time.or(minutes.map(|minutes| minutes.to_string())).unwrap_or_default();
            let reason = delay::reason(&reason).map_err(Failure::from)?;
            let new = kiosk.read_times(run, &from, &when).await?;
            let trial = match session.call(Request::TryDelay { run, new }).await? {
                Reply::DelayTried(trial) => trial,
                other => return Err(unexpected(&other)),
            };
            output::line(times(&from, trial))?;
            if dry_run {
                return output::line("Nothing was changed.");
            }
            if !yes {
                confirm::demand("Changing the times tells everybody above at once.", &run.to_string())?;
            }
            let (op, based_on) = (OpId(Uuid::new_v4()), trial.based_on);
            session.call(Request::DelayRun(RunDelay { op, run, new, reason, based_on })).await?;
            output::line(format_args!("Changed {run}. Its bookings are told; any that are left are within minutes."))
        }
        Command::CancelPart { run, from, to, reason, dry_run, yes } => {
            let reason = delay::reason(&reason).map_err(Failure::from)?;
            let part = kiosk.read_stretch(run, &from, &to).await?;
            let trial = match session.call(Request::TryCancelPart { run, part }).await? {
                Reply::PartTried(trial) => trial,
                other => return Err(unexpected(&other)),
            };
            output::line(part_of(trial))?;
            if dry_run {
                return output::line("Nothing was changed.");
            }
            if !yes {
                let warning = "Cancelling the part refunds the bookings above, and cannot be taken back.";
                confirm::demand(warning, &run.to_string())?;
            }
            let (op, based_on) = (OpId(Uuid::new_v4()), trial.based_on);
            session.call(Request::CancelPart(PartCancellation { op, run, part, reason, based_on })).await?;
            output::line(format_args!(
                "Cancelled the part of {run}. Its bookings are refunded in full; any that are left are done within minutes."
            ))
        }
        Command::Cancel { run, yes } => {
            if !yes {
                let warning = format!("Cancelling {run} refunds every booking and cannot be taken back.");
                confirm::demand(&warning, &run.to_string())?;
            }
            session.call(Request::CancelRun { run }).await?;
            output::line(format_args!(
                "Cancelled {run}. Its bookings are refunded in full; any that are left are done within minutes."
            ))
        }
    }
}

/// What other times mean.
fn times(station: &str, trial: DelayTrial) -> String {
    let moment = |at: NaiveDateTime| at.format("%a %e %b %Y %H:%M");
    let DelayTrial { was, leaves, told, free, unreadable, .. } = trial;
    let passed_over = passed_over(unreadable);
    format!(
        "Leaves {} on {}, and not on {}.\nBookings that are told: {told}. Those that may be given up for nothing until it leaves: {free}.{passed_over}",
        station.to_ascii_uppercase(),
        moment(leaves),
        moment(was),
    )
}

/// The line that says how many bookings cannot be read; nothing of none.
fn passed_over(unreadable: usize) -> String {
    match unreadable {
        0 => String::new(),
        count => format!("\nBookings that cannot be read, and are not counted: {count}."),
    }
}

/// What it means that a part is not run.
fn part_of(trial: PartTrial) -> String {
    let PartTrial { from, to, bookings, passengers, refunded, unreadable, .. } = trial;
    let passed_over = passed_over(unreadable);
    format!(
        "Not run from {from} to {to}.\nBookings that are given up: {bookings}. Their passengers: {passengers}. Given back to them: {refunded} rupees.{passed_over}"
    )
}

/// Which charts of a run are made, or why none is.
fn made(run: RunId, charts: Charts, now: DateTime<Utc>) -> Result<String, CliError> {
    let none = |why: String, hint: &str| Err(CliError::new(Kind::Refused, why).hint(hint));
    let day = |at: DateTime<Utc>| railway_time(at).format("%a %e %b %Y at %H:%M");
    match charts.stage {
        Stage::FirstChart => Ok(format!("The first chart of {run} is made; the last is due on {}.", day(charts.last))),
        Stage::FinalChart => Ok(format!("The last chart of {run} is made: nothing of it is sold any more.")),
        Stage::Cancelled => none(format!("{run} is cancelled and has no chart."), "look at its bookings one by one"),
        Stage::Open if now < charts.first => {
            let why = format!("The first chart of {run} is due on {}.", day(charts.first));
            none(why, "print the list as it is with kiosk run chart, or come back then")
        }
        Stage::Open => {
            let why = format!("The first chart of {run} is not made: nobody has bought of it, or a process is at it.");
            none(why, "look again in a minute")
        }
    }
}

/// A passenger's number as agents know it: `RAC 4`, `GNWL 12`.
fn number(person: &InLine) -> String {
    match person.who.shared {
        Some(_) => format!("RAC {}", person.who.number),
        None => format!("{} {}", person.who.queue.list, person.who.number),
    }
}

fn row(person: &InLine) -> String {
    let who = &person.who;
    let half = who.shared.map(|shared| format!("  shares {}", shared.berth)).unwrap_or_default();
    format!(
        "{:<3} {:<9} {}  passenger {}  {} to {}{half}",
        who.queue.class,
        number(person),
        who.pnr.spoken(),
        who.passenger + 1,
        person.from,
        person.to,
    )
}

fn facts(person: &InLine) -> serde_json::Value {
    let who = &person.who;
    json!({
        "Class": who.queue.class,
        "Number": number(person),
        "BookingID": who.pnr,
        "Passenger": who.passenger + 1,
        "From": person.from,
        "To": person.to,
        "Shares": who.shared.map(|shared| shared.berth.to_string()),
    })
}
