//! `kiosk report`: the sales or the refunds of some days, or what is owed, for a spreadsheet or as JSON.

use chrono::NaiveDate;
use clap::{Args as ClapArgs, ValueEnum};
use serde_json::json;

use super::booking::unexpected;
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
    /// Print all of it as JSON on one line, amounts in paise
    #[arg(long)]
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
    let by = args.by.unwrap_or(ByWhat::Day);
    let (sales_by, refunds_by) = match args.what {
        What::Sales => (Some(by.of_sales().ok_or_else(|| no_such_table("sales are not added up by reason"))?), None),
        What::Refunds => {
            (None, Some(by.of_refunds().ok_or_else(|| no_such_table("refunds are not added up by train"))?))
        }
        What::Owed if args.by.is_some() || args.from.is_some() || args.to.is_some() => {
            return Err(no_such_table("what is owed is owed now: leave --by, --from and --to out"));
        }
        What::Owed => (None, None),
    };
    let kiosk = open::kiosk(config).await?;
    let from = args.from.or(args.to).unwrap_or_else(|| railway_time(kiosk.now()).date());
    let to = args.to.unwrap_or(from);
    let (days, form) = ((from, to), Form::Csv);
    let session = kiosk.operator_session();
    let request = match (sales_by, refunds_by) {
        (Some(_), _) if args.json => Request::Report { from, to },
        (Some(by), _) => Request::ReportFile { report: ReportOf::Sales { days, by }, form },
        (_, Some(_)) if args.json => Request::Refunds { from, to },
        (_, Some(by)) => Request::ReportFile { report: ReportOf::Refunds { days, by }, form },
        (None, None) if args.json => return owed_as_json(&session).await,
        (None, None) => Request::ReportFile { report: ReportOf::Owed, form },
    };
    match session.call(request).await? {
        Reply::Report(report) => output::json(&*report),
        Reply::Refunds(report) => output::json(&*report),
        Reply::Document(document) => output::bytes(&document.bytes),
        other => Err(unexpected(&other)),
    }
}

/// All that is owed, page by page, with what it comes to.
async fn owed_as_json(session: &Session) -> Result<(), CliError> {
    let (mut owed, mut total, mut after) = (Vec::new(), OwedSums::default(), None);
    loop {
        let Reply::Owed { page, next } = session.call(Request::Owed { after }).await? else {
            return Err(CliError::new(Kind::Internal, "what is owed was answered with something else"));
        };
        page.iter().for_each(|one| total.enter(one));
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
