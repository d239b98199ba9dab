//! `kiosk report`: the sales of some days, for a spreadsheet or as JSON.

use chrono::NaiveDate;
use clap::{Args as ClapArgs, ValueEnum};

use super::booking::unexpected;
use super::{CliError, open, output};
use crate::config::Config;
use crate::domain::report::By;
use crate::domain::time::railway_time;
use crate::service::request::{Form, Reply, Request};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// By what the money is added up
    #[arg(long, value_enum, default_value = "day")]
    by: ByWhat,
    /// The first day of the railway, such as 2026-12-01 [default: today]
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// The last day [default: the first]
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// Print all of it as JSON on one line, amounts in paise
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ByWhat {
    Day,
    Train,
    Class,
    Agent,
    Means,
}

impl From<ByWhat> for By {
    fn from(by: ByWhat) -> Self {
        match by {
            ByWhat::Day => Self::Day,
            ByWhat::Train => Self::Train,
            ByWhat::Class => Self::Class,
            ByWhat::Agent => Self::Agent,
            ByWhat::Means => Self::Means,
        }
    }
}

pub(super) async fn run(args: Args, config: &Config) -> Result<(), CliError> {
    let kiosk = open::kiosk(config).await?;
    let from = args.from.or(args.to).unwrap_or_else(|| railway_time(kiosk.now()).date());
    let to = args.to.unwrap_or(from);
    let request = if args.json {
        Request::Report { from, to }
    } else {
        Request::ReportFile { days: (from, to), by: args.by.into(), form: Form::Csv }
    };
    match kiosk.operator_session().call(request).await? {
        Reply::Report(report) => output::json(&*report),
        Reply::Document(document) => output::bytes(&document.bytes),
        other => Err(unexpected(&other)),
    }
}
