//! `kiosk rules`: what is published of the railway's rules, trying a text and publishing it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::booking::save;
use super::{CliError, Kind, open, output};
use crate::config::Config;
use crate::domain::booking::OpId;
use crate::domain::coach::Class;
use crate::domain::passenger::Age;
use crate::domain::quota::Quota;
use crate::domain::rules::book::RuleKind;
use crate::domain::train::TrainNumber;
use crate::service::Kiosk;
use crate::service::Session;
use crate::service::request::{
    Failure, PreviewLine, Reply, Request, RulePublication, RuleRow, RuleTrial, SampleBooking,
};

#[derive(Debug, Subcommand)]
#[allow(clippy::doc_markdown, reason = "these comments are the help that a person reads")]
pub(super) enum Command {
    /// Lists the rules: which hold, which are to come and which did
    List {
        /// Only those of a kind: fares, booking, refunds, quotas or charts
        kind: Option<RuleKind>,
        /// As JSON, one to a line
        #[arg(long)]
        json: bool,
    },
    /// Looks for mistakes in a text of rules, and publishes nothing
    Check {
        /// The file; docs/rules.md has its form
        file: PathBuf,
    },
    /// Shows what a text of rules would do to a sample booking, and publishes nothing
    Preview {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        sample: Sample,
        /// The first day on which they would hold; without one, the earliest
        #[arg(long, value_name = "DATE")]
        from: Option<NaiveDate>,
    },
    /// Publishes a text of rules, for all machines
    Publish {
        /// The file
        file: PathBuf,
        /// The first day on which they hold, such as 2027-01-01
        #[arg(long, value_name = "DATE")]
        from: NaiveDate,
    },
    /// Takes published rules back, as long as their day has not come
    Withdraw {
        /// Their name, as the list shows it
        id: String,
    },
    /// Writes the text of rules, to be changed and published
    Export {
        /// Their name, or a kind for those that hold today
        id: String,
        /// The file to write, which must not exist [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Sample {
    /// The train whose whole way is travelled
    #[arg(long, value_parser = TrainNumber::parse)]
    train: TrainNumber,
    /// The class
    #[arg(long)]
    class: Class,
    /// The quota: GN, LD, SS or TQ
    #[arg(long, default_value = "GN")]
    quota: Quota,
    /// The date of the run; without one, the first day of the rules
    #[arg(long, value_name = "DATE")]
    date: Option<NaiveDate>,
    /// Who travels, by age
    #[arg(long, value_delimiter = ',', default_value = "34")]
    ages: Vec<Age>,
}

impl From<Sample> for SampleBooking {
    fn from(sample: Sample) -> Self {
        let Sample { train, class, quota, date, ages } = sample;
        Self { train, date: date.unwrap_or(NaiveDate::MIN), class, quota, ages }
    }
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
        Command::List { kind, json } => {
            let rows = all(&session).await?;
            let rows = rows.iter().filter(|row| kind.is_none_or(|kind| row.kind == kind));
            rows.into_iter().try_for_each(|row| if json { output::json(row) } else { output::line(described(row)) })
        }
        Command::Check { file } => {
            let text = read(&file)?;
            let trial = tried(&session, &text, None, None).await?;
            good(&file, &trial)?;
            output::line(format_args!(
                "No mistakes: rules of {}, which can hold from {} on.",
                trial.kind.map(RuleKind::name).unwrap_or_default(),
                trial.earliest
            ))
        }
        Command::Preview { file, sample, from } => {
            let text = read(&file)?;
            let trial = tried(&session, &text, from, Some(sample.into())).await?;
            good(&file, &trial)?;
            output::line(table(&trial))
        }
        Command::Publish { file, from } => {
            let text = read(&file)?;
            let trial = tried(&session, &text, Some(from), None).await?;
            good(&file, &trial)?;
            let op = OpId(Uuid::new_v4());
            let request = Request::PublishRules(RulePublication { op, text, from, based_on: trial.based_on });
            match session.call(request).await? {
                Reply::RuleEdition(record) => {
                    output::line(format_args!("{} are published and hold from {from} on.", record.row.id))
                }
                _ => Err(Failure::Misanswered.into()),
            }
        }
        Command::Withdraw { id } => {
            let row = all(&session).await?.into_iter().find(|row| row.id == id);
            let Some(row) = row else { return Err(Failure::NoSuchRules(id).into()) };
            let number = row.number.ok_or_else(|| {
                let error =
                    CliError::new(Kind::Refused, format!("{id} came with the program and cannot be withdrawn."));
                error.hint("publish others from a later day instead")
            })?;
            match session.call(Request::WithdrawRules { op: OpId(Uuid::new_v4()), number }).await? {
                Reply::RuleEdition(record) => output::line(format_args!("{} are withdrawn.", record.row.id)),
                _ => Err(Failure::Misanswered.into()),
            }
        }
        Command::Export { id, output } => export(kiosk, &session, id, output.as_deref()).await,
    }
}

async fn export(kiosk: &Kiosk, session: &Session, id: String, to: Option<&Path>) -> Result<(), CliError> {
    let id = match id.parse::<RuleKind>() {
        Ok(kind) => {
            let today = crate::domain::time::railway_time(kiosk.now()).date();
            let periods = kiosk.rules().periods(kind);
            periods.into_iter().rfind(|period| period.from <= today).map_or(id, |period| period.id)
        }
        Err(_) => id,
    };
    let Reply::RuleEdition(record) = session.call(Request::RuleEdition { id }).await? else {
        return Err(Failure::Misanswered.into());
    };
    match to {
        Some(file) => save(file, record.text.as_bytes()),
        None => output::bytes(record.text.as_bytes()),
    }
}

async fn all(session: &Session) -> Result<Vec<RuleRow>, CliError> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let Reply::RuleEditions { page, next } = session.call(Request::RuleEditions { after }).await? else {
            return Err(Failure::Misanswered.into());
        };
        rows.extend(page);
        if next.is_none() {
            return Ok(rows);
        }
        after = next;
    }
}

fn read(file: &Path) -> Result<String, CliError> {
    fs::read_to_string(file).map_err(|error| CliError::file(file, &error))
}

async fn tried(
    session: &Session,
    text: &str,
    from: Option<NaiveDate>,
    sample: Option<SampleBooking>,
) -> Result<RuleTrial, CliError> {
    match session.call(Request::TryRules { text: text.to_owned(), from, sample }).await? {
        Reply::RulesTried(trial) => Ok(*trial),
        _ => Err(Failure::Misanswered.into()),
    }
}

/// Tells all mistakes on standard error, if there are any.
fn good(file: &Path, trial: &RuleTrial) -> Result<(), CliError> {
    trial.mistakes.iter().for_each(|mistake| output::notice(format_args!("{}, {mistake}", file.display())));
    match trial.mistakes.len() {
        0 => Ok(()),
        count => {
            let are = if count == 1 { "is 1 mistake".to_owned() } else { format!("are {count} mistakes") };
            let error = CliError::new(Kind::BadData, format!("These cannot be rules: there {are} above."));
            Err(error.hint("mend the lines and try again"))
        }
    }
}

/// A line of the list: `fares-2027-01-01-e1  to come    from 2027-01-01`.
fn described(row: &RuleRow) -> String {
    let until = row.until.map_or_else(String::new, |until| format!(" until {until}"));
    let by = match (&row.published, &row.withdrawn) {
        (_, Some((by, _))) => format!(", withdrawn by {by}"),
        (Some((by, _)), None) => format!(", published by {by}"),
        (None, None) => String::new(),
    };
    format!("{:<26} {:<10} from {}{until}{by}", row.id, row.standing.words(), row.from)
}

/// What the sample is by both, with a mark where they differ.
fn table(trial: &RuleTrial) -> String {
    let mut text = format!("Sold on {}:\n  {:<32} {:<22} with the new rules\n", trial.from, "", "without them");
    for line in &trial.preview {
        let PreviewLine { what, now, then } = line;
        let mark = if line.differs() { '*' } else { ' ' };
        let _ = writeln!(text, "{mark} {what:<32} {now:<22} {then}");
    }
    text.trim_end().to_owned()
}
