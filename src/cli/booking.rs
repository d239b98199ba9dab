//! `kiosk booking`: one booking, its sale, its receipt, the names on it and its cancellation.

mod cancel;
mod correct;
mod sell;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;

use super::{CliError, Kind, open, output};
use crate::config::Config;
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::former::{FormerBooking, FormerId};
use crate::domain::pnr::Pnr;
use crate::domain::time::railway_time;
use crate::domain::user::Phone;
use crate::service::request::{Failure, Reply, Request};
use crate::service::{Kiosk, Session};
use crate::ui::text::clean;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Shows a booking
    Show {
        /// Its PNR, or the number that the application which Kiosk replaces gave it
        number: FormerId,
        /// Print it as JSON on one line, as the store keeps it
        #[arg(long)]
        json: bool,
    },
    /// Saves a booking's receipt
    Receipt {
        /// Its PNR
        pnr: Pnr,
        /// The file to write, which must not exist; - writes to standard output [default: receipt-PNR.pdf]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Sells places of a run to a party
    Sell(sell::Args),
    /// Prints an address from which whoever has it can fetch the receipt for a while
    Link {
        /// Its PNR
        pnr: Pnr,
    },
    /// Puts the name of a passenger right, once and before the chart
    CorrectName(correct::Args),
    /// Cancels a booking or some of its passengers, once it has shown what they get back
    Cancel(cancel::Args),
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), CliError> {
    let kiosk = open::kiosk(config).await?;
    let done = carry_out(command, &kiosk, &kiosk.operator_session()).await;
    kiosk.settle().await;
    done
}

async fn carry_out(command: Command, kiosk: &Kiosk, session: &Session) -> Result<(), CliError> {
    match command {
        Command::Show { number, json } => match session.call(asking_for(number)).await? {
            Reply::Booking(booking) => shown(&booking, json),
            Reply::FormerBooking(booking) if json => output::json(&*booking),
            Reply::FormerBooking(booking) => output::line(former_words(&booking).trim_end()),
            other => Err(unexpected(&other)),
        },
        Command::Link { pnr } => match session.call(Request::ReceiptLink { pnr }).await? {
            Reply::ReceiptLink(link) => output::line(&link.url),
            other => Err(unexpected(&other)),
        },
        Command::Receipt { pnr, output: file } => match session.call(Request::Receipt { pnr }).await? {
            Reply::Receipt(document) => {
                let file = file.unwrap_or_else(|| PathBuf::from(&document.name));
                save(&file, &document.bytes)
            }
            other => Err(unexpected(&other)),
        },
        Command::Sell(args) => sell::run(args, kiosk, session).await,
        Command::CorrectName(args) => correct::run(args, session).await,
        Command::Cancel(args) => cancel::run(args, session).await,
    }
}

fn booking_of(reply: Reply) -> Result<Arc<Booking>, CliError> {
    match reply {
        Reply::Booking(booking) => Ok(booking),
        Reply::FormerBooking(_) => Err(Failure::MadeBefore.into()),
        other => Err(unexpected(&other)),
    }
}

fn shown(booking: &Booking, json: bool) -> Result<(), CliError> {
    if json { output::json(booking) } else { output::line(words(booking)) }
}

/// Ten digits are a PNR, whoever drew it; anything else is a number from before.
fn asking_for(number: FormerId) -> Request {
    match number.as_str().parse() {
        Ok(pnr) => Request::Booking { pnr },
        Err(_) => Request::FormerBooking { id: number },
    }
}

pub(super) fn unexpected(reply: &Reply) -> CliError {
    CliError::new(Kind::Internal, format!("an answer to another question: {reply:?}"))
}

/// Writes a new file: what is there already is never overwritten.
pub(super) fn save(file: &Path, bytes: &[u8]) -> Result<(), CliError> {
    if file == Path::new("-") {
        if io::stdout().is_terminal() {
            let error = CliError::new(Kind::Refused, "A PDF file would only confuse your terminal.");
            return Err(error.hint("send it on, as in: -o - > file.pdf"));
        }
        return output::bytes(bytes);
    }
    let written = fs::OpenOptions::new().write(true).create_new(true).open(file);
    let written = written.and_then(|mut open| io::Write::write_all(&mut open, bytes));
    written.map_err(|error| CliError::file(file, &error).hint("choose another file with -o"))?;
    output::line(format_args!("Saved {}.", file.display()))
}

fn words(booking: &Booking) -> String {
    let status = match booking.status {
        BookingStatus::AwaitingPayment => "awaits payment at a counter",
        BookingStatus::Booked => "booked",
        BookingStatus::Lapsed => "lapsed: it was not paid in time",
        BookingStatus::Cancelled => "cancelled",
    };
    let mut text = format!(
        "PNR        {}, {status}\n\
         Booked     {} at {}\n\
         Train      {} {}, {}, {}\n\
         From       {} {}\n\
         To         {} {}\n\
         Telephone  {}\n",
        booking.pnr.spoken(),
        railway_time(booking.booked_at).format("%a %e %b %Y %H:%M"),
        booking.terminal,
        booking.train,
        clean(&booking.train_name),
        booking.class,
        booking.quota.words(),
        booking.from.station,
        booking.from.at.format("%a %e %b %Y %H:%M"),
        booking.to.station,
        booking.to.at.format("%a %e %b %Y %H:%M"),
        booking.phone.masked(),
    );
    if let Some(stop) = &booking.boarding {
        let _ = writeln!(text, "Boards at  {} {}, no earlier", stop.station, stop.at.format("%a %e %b %Y %H:%M"));
    }
    for booked in &booking.passengers {
        let berth = booked.place;
        let who = &booked.passenger;
        let _ = writeln!(text, "           {} ({} {}) {berth}  {}", who.name, who.age, who.gender, booked.fare);
    }
    let _ = write!(text, "Total      {}", booking.fare.total);
    if let Some(payment) = &booking.payment {
        let at = railway_time(payment.taken_at).format("%a %e %b %Y %H:%M");
        let _ = write!(text, ", {} at {} on {at}", payment.method.words(), payment.terminal);
    }
    text
}

fn former_words(booking: &FormerBooking) -> String {
    let made = booking.booked_at.map(|at| railway_time(at).format("%a %e %b %Y %H:%M").to_string());
    let lines = [
        ("Number", Some(booking.id.to_string())),
        ("Status", booking.status.clone()),
        ("Booked", made),
        ("Train", booking.train.clone()),
        ("Route", booking.route.clone()),
        ("Travels", booking.travels.clone()),
        ("Class", booking.class.clone()),
        ("Passengers", Some(booking.passengers.join(", ")).filter(|people| !people.is_empty())),
        ("Seats", booking.seats.clone()),
        ("Paid", booking.paid.map(|paid| paid.to_string())),
        ("Telephone", booking.phone.as_ref().map(Phone::masked)),
    ];
    let mut text = String::new();
    for (what, said) in lines {
        if let Some(said) = said {
            let _ = writeln!(text, "{what:<10} {}", clean(&said));
        }
    }
    let _ = writeln!(text, "{}", Failure::MadeBefore);
    text
}
