//! `kiosk notifications`: what people are still to be told of their bookings, and what could not be delivered.

use clap::{ArgGroup, Subcommand};

use super::booking::unexpected;
use super::{CliError, open, output};
use crate::config::Config;
use crate::domain::notification::{Channel, Delivery, Notification, NotificationId};
use crate::domain::time::railway_time;
use crate::service::request::{Reply, Request, Revive};
use crate::service::{Kiosk, Session};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Shows what is not delivered yet: what waits, and what was given up
    List {
        /// Only what was given up, after eight attempts
        #[arg(long)]
        dead: bool,
        /// Print them as JSON, one a line
        #[arg(long)]
        json: bool,
    },
    /// Has notifications tried anew
    #[command(group(ArgGroup::new("which").required(true).args(["id", "all"])))]
    Retry {
        /// The notification, such as 8451234567-3
        id: Option<NotificationId>,
        /// All that were given up, a thousand at a time
        #[arg(long)]
        all: bool,
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
        Command::List { dead, json } => {
            let mut listed = Vec::new();
            if !dead {
                listed.extend(those(&session, Delivery::Waiting).await?);
            }
            listed.extend(those(&session, Delivery::Dead).await?);
            listed.iter().try_for_each(|one| if json { output::json(one) } else { output::line(row(one)) })
        }
        Command::Retry { id, all: _ } => {
            let which = id.map_or(Revive::AllDead, Revive::One);
            match session.call(Request::RetryNotifications { which }).await? {
                Reply::Revived(count) => {
                    let (what, verb) = if count == 1 { ("notification", "is") } else { ("notifications", "are") };
                    output::line(format_args!(
                        "{count} {what} {verb} due now: whichever kiosk runs sends within a minute. List again to see."
                    ))
                }
                other => Err(unexpected(&other)),
            }
        }
    }
}

async fn those(session: &Session, delivery: Delivery) -> Result<Vec<Notification>, CliError> {
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        match session.call(Request::Notifications { delivery, after }).await? {
            Reply::Notifications { page, next } => {
                listed.extend(page);
                after = next;
            }
            other => return Err(unexpected(&other)),
        }
        if after.is_none() {
            return Ok(listed);
        }
    }
}

fn row(notification: &Notification) -> String {
    let Notification { id, event, owed, attempts, delivery, due, reason, .. } = notification;
    let when = railway_time(*due).format("%-d %b %H:%M:%S");
    let state = match delivery {
        Delivery::Waiting => format!("due {when}"),
        Delivery::Dead => format!("given up {when}"),
    };
    let owed: Vec<_> = owed.iter().map(|channel: &Channel| channel.word()).collect();
    let why = reason.as_ref().map(|reason| format!("  {reason}")).unwrap_or_default();
    format!("{id:<14}  {:<15}  {:<21}  {state}  attempts {attempts}{why}", event.words(), owed.join(", "))
}
