//! `kiosk booking correct-name`: puts a passenger's name right, once it has shown which.

use clap::Args as ClapArgs;
use uuid::Uuid;

use super::booking_of;
use crate::cli::{CliError, confirm, output};
use crate::domain::booking::OpId;
use crate::domain::correction::{Correction, NotCorrected};
use crate::domain::passenger::PersonName;
use crate::domain::pnr::Pnr;
use crate::service::Session;
use crate::service::request::{Failure, Request};

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Args {
    /// Its PNR
    pnr: Pnr,
    /// Whose name, by their place in the booking from 1
    #[arg(value_parser = clap::value_parser!(u8).range(1..))]
    passenger: u8,
    /// The name as it should be; in quotes when there is a space in it
    #[arg(value_parser = PersonName::parse)]
    name: PersonName,
    /// Do not ask whether this is meant
    #[arg(long)]
    yes: bool,
    /// Print the booking as JSON on one line
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, session: &Session) -> Result<(), CliError> {
    let Args { pnr, passenger: number, name, yes, json } = args;
    let booking = booking_of(session.call(Request::Booking { pnr }).await?)?;
    let passenger = number - 1;
    let booked = booking.passengers.get(usize::from(passenger));
    let before = &booked.ok_or(Failure::from(NotCorrected::NobodyThere))?.passenger.name;
    if !yes {
        let warning = format!(
            "On PNR {} passenger {number} is {before} and becomes {name}: a name is put right once.",
            pnr.spoken()
        );
        confirm::demand(&warning, "yes")?;
    }
    let correction = Correction { passenger, name: name.clone() };
    let request = Request::CorrectName { op: OpId(Uuid::new_v4()), pnr, correction };
    let after = booking_of(session.call(request).await?)?;
    if json {
        return output::json(&*after);
    }
    output::line(format_args!("On PNR {} passenger {number} is {name} now, and on the receipt.", pnr.spoken()))
}
