//! `kiosk ticket`: checks a ticket with the public key alone, without a store, a network or settings.

use std::io::{self, Read};

use clap::Subcommand;

use super::{CliError, Kind, open, output};
use crate::config::Config;
use crate::ticket::{PublicKey, Ticket, TicketFacts, TicketKey, verify};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Checks a ticket's text; exit code 65 when it is refused
    Verify {
        /// The text of the square code; - reads it from standard input
        text: String,
        /// A kiosk's key as `kiosk ticket key` prints it; without one, this kiosk's own
        #[arg(long = "key", value_name = "KEY")]
        keys: Vec<String>,
    },
    /// Prints the key with which this kiosk's tickets are checked; anybody may have it
    Key,
}

pub(super) fn run(command: Command, config: impl FnOnce() -> Result<Config, CliError>) -> Result<(), CliError> {
    let own = || Ok::<_, CliError>(TicketKey::derive(open::secret_key(&config()?)?.bytes()).public());
    match command {
        Command::Key => output::line(own()?),
        Command::Verify { text, keys } => {
            let text = if text == "-" { standard_input()? } else { text };
            let keys = match keys.as_slice() {
                [] => vec![own()?],
                keys => keys.iter().map(|key| key.parse()).collect::<Result<Vec<PublicKey>, _>>().map_err(refused)?,
            };
            let ticket = Ticket::read(&text).map_err(refused)?;
            let facts = verify(ticket.as_bytes(), &keys).map_err(refused)?;
            output::line(words(&facts))
        }
    }
}

fn refused(why: impl std::fmt::Display) -> CliError {
    CliError::new(Kind::BadData, why)
}

/// A ticket has 154 characters at most: whoever sends more sends something else.
fn standard_input() -> Result<String, CliError> {
    let mut text = String::new();
    let read = io::stdin().lock().take(4096).read_to_string(&mut text);
    read.map_err(|error| CliError::new(Kind::Files, format!("standard input: {error}")))?;
    Ok(text)
}

fn words(facts: &TicketFacts) -> String {
    let berths: Vec<String> = facts.berths.iter().map(ToString::to_string).collect();
    let more = if facts.complete { "" } else { ", and more in the chart" };
    format!(
        "The ticket is good.\n\
         PNR         {}\n\
         Train       {} of {}\n\
         From, to    {} to {}\n\
         Class       {}\n\
         Passengers  {}\n\
         Berths      {}{more}",
        facts.pnr.spoken(),
        facts.train,
        facts.date.format("%a %e %b %Y"),
        facts.from,
        facts.to,
        facts.class,
        facts.passengers,
        berths.join(", "),
    )
}
