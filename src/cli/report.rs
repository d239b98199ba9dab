//! `kiosk report`: the sales or the refunds of some days, what is owed, or how full the runs of a day are, as a table, on
//! paper or as JSON.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args as ClapArgs, ValueEnum};
use serde_json::json;

use super::booking::{save, unexpected};
use super::{CliError, Kind, open, output};
use crate::config::Config;
use crate::domain::owed::OwedSums;
use crate::domain::report::By;
use crate::domain::report::refunds::RefundsBy;
use crate::domain::time::railway_time;
use crate::service::Session;
use crate::service::request::{Form, Reply, ReportOf, Request};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// What is reported on
    #[arg(value_enum, default_value = "sales")]
    what: What,
    /// By what it is added up: sales by day, train, class, agent or means; refunds by day, reason, class, agent or means
    /// [default: day]
    #[arg(long, value_enum)]
    by: Option<ByWhat>,
    /// The first day of the railway, such as 2026-12-01 [default: today]
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// The last day [default: the first]
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// The day on which the runs of an occupancy report leave their origin [default: today]
    #[arg(long, value_name = "DATE")]
    on: Option<NaiveDate>,
    /// Make a PDF of it, to be printed, and no CSV
    #[arg(long, requires = "output")]
    pdf: bool,
    /// The file to write, which must not exist [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print all of it as JSON on one line, amounts in paise
    #[arg(long, conflicts_with_all = ["pdf", "output"])]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// What was sold, given back and undone
    Sales,
    /// What was given back and what was kept, and why
    Refunds,
    /// Refunds that wait at a counter now, whatever the day
    Owed,
    /// How full the runs are that leave their origin on a day
    Occupancy,
}

/// What is reported on, with by what it is added up.
#[derive(Clone, Copy, Debug)]
enum Table {
    Sales(By),
    Refunds(RefundsBy),
    Owed,
    Occupancy,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ByWhat {
    Day,
    Train,
    Reason,
    Class,
    Agent,
    Means,
}

impl ByWhat {
    /// By what sales can be added up.
    const fn of_sales(self) -> Option<By> {
        Some(match self {
            Self::Day => By::Day,
            Self::Train => By::Train,
            Self::Class => By::Class,
            Self::Agent => By::Agent,
            Self::Means => By::Means,
            Self::Reason => return None,
        })
    }

    /// By what refunds can.
    const fn of_refunds(self) -> Option<RefundsBy> {
        Some(match self {
            Self::Day => RefundsBy::Day,
            Self::Reason => RefundsBy::Reason,
            Self::Class => RefundsBy::Class,
            Self::Agent => RefundsBy::Agent,
            Self::Means => RefundsBy::Means,
            Self::Train => return None,
        })
    }
}

pub(super) async fn run(args: Args, config: &Config) -> Result<(), CliError> {
    let table = args.table()?;
    let kiosk = open::kiosk(config).await?;
    let today = railway_time(kiosk.now()).date();
    let from = args.from.or(args.to).unwrap_or(today);
    let days = (from, args.to.unwrap_or(from));
    let report = match table {
        Table::Sales(by) => ReportOf::Sales { days, by },
        Table::Refunds(by) => ReportOf::Refunds { days, by },
        Table::Owed => ReportOf::Owed,
        Table::Occupancy => ReportOf::Occupancy(args.on.unwrap_or(today)),
    };
    let session = kiosk.operator_session();
    if args.json {
        return as_json(&session, report).await;
    }
    let form = if args.pdf { Form::Pdf } else { Form::Csv };
    let document = match session.call(Request::ReportFile { report, form }).await? {
        Reply::Document(document) => document,
        other => return Err(unexpected(&other)),
    };
    match &args.output {
        Some(file) => save(file, &document.bytes),
        None => output::bytes(&document.bytes),
    }
}

impl Args {
    /// The table that is asked for, unless there is no such.
    fn table(&self) -> Result<Table, CliError> {
        let by = self.by.unwrap_or(ByWhat::Day);
        let of_days = self.by.is_some() || self.from.is_some() || self.to.is_some();
        Ok(match self.what {
            What::Sales | What::Refunds | What::Owed if self.on.is_some() => {
                return Err(no_such_table("--on is for occupancy: sales and refunds have --from and --to"));
            }
            What::Sales => {
                Table::Sales(by.of_sales().ok_or_else(|| no_such_table("sales are not added up by reason"))?)
            }
            What::Refunds => {
                Table::Refunds(by.of_refunds().ok_or_else(|| no_such_table("refunds are not added up by train"))?)
            }
            What::Owed if of_days => {
                return Err(no_such_table("what is owed is owed now: leave --by, --from and --to out"));
            }
            What::Owed => Table::Owed,
            What::Occupancy if of_days => {
                return Err(no_such_table(
                    "occupancy is of one day: type it behind --on, and leave --by, --from and --to out",
                ));
            }
            What::Occupancy => Table::Occupancy,
        })
    }
}

async fn as_json(session: &Session, report: ReportOf) -> Result<(), CliError> {
    let request = match report {
        ReportOf::Sales { days: (from, to), .. } => Request::Report { from, to },
        ReportOf::Refunds { days: (from, to), .. } => Request::Refunds { from, to },
        ReportOf::Owed => return owed_as_json(session).await,
        ReportOf::Occupancy(date) => return occupancy_as_json(session, date).await,
    };
    match session.call(request).await? {
        Reply::Report(report) => output::json(&*report),
        Reply::Refunds(report) => output::json(&*report),
        other => Err(unexpected(&other)),
    }
}

/// How full all runs of a day are, page by page.
async fn occupancy_as_json(session: &Session, date: NaiveDate) -> Result<(), CliError> {
    let (mut runs, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = match session.call(Request::Occupancy { date, after }).await? {
            Reply::Occupancy { page, next } => (page, next),
            other => return Err(unexpected(&other)),
        };
        runs.extend(page);
        after = next;
        if after.is_none() {
            return output::json(&runs);
        }
    }
}

/// All that is owed, page by page, with what it comes to.
async fn owed_as_json(session: &Session) -> Result<(), CliError> {
    let (mut owed, mut total, mut after) = (Vec::new(), OwedSums::default(), None);
    loop {
        let (page, next) = match session.call(Request::Owed { after }).await? {
            Reply::Owed { page, next } => (page, next),
            other => return Err(unexpected(&other)),
        };
        for one in &page {
            total.enter(one);
        }
        owed.extend(page);
        after = next;
        if after.is_none() {
            return output::json(&json!({ "Total": total, "Owed": owed }));
        }
    }
}

fn no_such_table(why: &'static str) -> CliError {
    CliError::new(Kind::Usage, format!("There is no such table: {why}.")).hint("see kiosk report --help")
}
