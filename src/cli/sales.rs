//! `kiosk sales`: takes trains off sale and puts them on sale again.

use clap::{Args, Subcommand};

use super::{CliError, Kind, open, output};
use crate::config::Config;
use crate::domain::sales::{Scope, Stops};
use crate::domain::train::TrainNumber;
use crate::service::Kiosk;
use crate::service::sales::SalesError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Takes a train or everything off sale, in all processes within seconds; look-ups and cancellations go on
    Stop(Which),
    /// Puts a train or everything on sale again
    Start(Which),
    /// Shows what is off sale
    List,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// The train's number, such as 12951: all its runs
    #[arg(value_parser = TrainNumber::parse)]
    train: Option<TrainNumber>,
    /// All trains; to start, those too that were stopped one by one
    #[arg(long)]
    all: bool,
}

impl Which {
    fn scope(&self) -> Scope {
        self.train.map_or(Scope::All, Scope::Train)
    }
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), CliError> {
    let kiosk = open::kiosk(config).await?;
    let done = carry_out(command, &kiosk).await;
    kiosk.settle().await;
    done
}

async fn carry_out(command: Command, kiosk: &Kiosk) -> Result<(), CliError> {
    let stops = match command {
        Command::Stop(which) => kiosk.stop_sales(which.scope()).await?,
        Command::Start(which) => kiosk.start_sales(which.scope()).await?,
        Command::List => kiosk.stops(),
    };
    output::line(words(&stops))
}

fn words(stops: &Stops) -> String {
    let trains: Vec<_> = stops.trains.iter().map(TrainNumber::to_string).collect();
    match (stops.all, trains.as_slice()) {
        (true, _) => "Nothing is on sale: kiosk sales start --all sells again.".to_owned(),
        (false, []) => "Everything is on sale.".to_owned(),
        (false, _) => format!("Everything is on sale but {}.", trains.join(", ")),
    }
}

impl From<SalesError> for CliError {
    fn from(error: SalesError) -> Self {
        match error {
            SalesError::Refused(failure) => failure.into(),
            SalesError::NoSuchTrain(_) => Self::new(Kind::NotFound, error),
            SalesError::NoTimetable => Self::new(Kind::Unavailable, error),
        }
    }
}
