//! `kiosk booking cancel`: shows what passengers would get back, item by item, and gives their places up once that is
//! agreed to.

use std::fmt::Write as _;

use clap::Args as ClapArgs;
use serde::Serialize;
use uuid::Uuid;

use super::{booking_of, unexpected};
use crate::cli::{CliError, confirm, output};
use crate::domain::booking::{Booking, BookingStatus, OpId, Place};
use crate::domain::money::Paise;
use crate::domain::pnr::Pnr;
use crate::domain::refund::{Quote, WaiverCode};
use crate::service::Session;
use crate::service::request::{Reply, Request};

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Args {
    /// Its PNR
    pnr: Pnr,
    /// Who gives up, by their place in the booking from 1; may be said again for others [default: everybody]
    #[arg(long = "passenger", value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    passengers: Vec<u8>,
    /// Give everything back, for this reason: LATE, NOPLACE, ACFAIL, COUNTER or HARDSHIP
    #[arg(long, value_name = "CODE")]
    waive: Option<WaiverCode>,
    /// Do not ask whether this is meant
    #[arg(long)]
    yes: bool,
    /// Print what is given back, and the booking once it is cancelled, as JSON on one line
    #[arg(long)]
    json: bool,
}

/// What came of it, for machines.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome<'a> {
    /// What is given back; nothing for a slip, for which nobody has paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<&'a Quote>,
    /// The booking as the store keeps it then; nothing while it is only asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    booking: Option<&'a Booking>,
}

pub(super) async fn run(args: Args, session: &Session) -> Result<(), CliError> {
    let pnr = args.pnr;
    let booking = booking_of(session.call(Request::Booking { pnr }).await?)?;
    let is_whole = args.passengers.is_empty() && args.waive.is_none();
    if booking.status == BookingStatus::AwaitingPayment && is_whole {
        return give_up_slip(&args, session).await;
    }
    let request = Request::QuoteCancel { pnr, passengers: chosen(&args, &booking), waiver: args.waive };
    let quote = match session.call(request).await? {
        Reply::Quote(quote) => quote,
        other => return Err(unexpected(&other)),
    };
    if !args.json {
        output::line(words(&booking, &quote))?;
    }
    if let Err(refused) = agree(&args, &format!("Cancelling places of PNR {} cannot be taken back.", pnr.spoken())) {
        if args.json {
            output::json(&Outcome { quote: Some(&quote), booking: None })?;
        }
        return Err(refused);
    }
    let request = Request::Cancel { op: OpId(Uuid::new_v4()), pnr, quote: quote.clone() };
    let after = booking_of(session.call(request).await?)?;
    if args.json {
        return output::json(&Outcome { quote: Some(&quote), booking: Some(&after) });
    }
    output::line(done(&after, &quote))
}

async fn give_up_slip(args: &Args, session: &Session) -> Result<(), CliError> {
    let pnr = args.pnr;
    agree(args, &format!("Nobody has paid for PNR {} yet: giving it up puts its berths back on sale.", pnr.spoken()))?;
    let after = booking_of(session.call(Request::GiveUpSlip { op: OpId(Uuid::new_v4()), pnr }).await?)?;
    if args.json {
        return output::json(&Outcome { quote: None, booking: Some(&after) });
    }
    output::line(format_args!("Gave up PNR {}: its berths are back on sale.", pnr.spoken()))
}

fn agree(args: &Args, warning: &str) -> Result<(), CliError> {
    if args.yes { Ok(()) } else { confirm::demand(warning, "yes") }
}

/// Those who are named, by their places from 0; without a name all who have something to give up.
fn chosen(args: &Args, booking: &Booking) -> Vec<u8> {
    if !args.passengers.is_empty() {
        return args.passengers.iter().map(|passenger| passenger - 1).collect();
    }
    let still = booking.passengers.iter().zip(0..).filter(|(booked, _)| booked.place != Place::Cancelled);
    still.map(|(_, passenger)| passenger).collect()
}

/// What everybody who is named paid, what of it is kept by which rule, and what they get back.
fn words(booking: &Booking, quote: &Quote) -> String {
    let mut text = format!(
        "PNR {}, {} {}, {}\n",
        booking.pnr.spoken(),
        booking.train,
        booking.train_name,
        booking.from.at.format("%a %e %b %Y %H:%M"),
    );
    let mut row = |label: &str, amount: Paise| {
        // The amount first: a rule's words may be long.
        let _ = writeln!(text, "{:>14}  {label}", amount.to_string());
    };
    for line in &quote.lines {
        if let Some(booked) = booking.passengers.get(usize::from(line.passenger)) {
            let who = &booked.passenger;
            let label = format!("{} {} ({} {}), {}", line.passenger + 1, who.name, who.age, who.gender, booked.place);
            row(&label, line.paid);
        }
        for item in &line.items {
            row(&format!("  {}", item.label), Paise::ZERO - item.amount);
        }
        row("  Given back", line.refunded);
    }
    let _ = write!(
        text,
        "{:>14}  given back in all; {} is kept, by {}",
        quote.refunded.to_string(),
        quote.kept,
        quote.rules
    );
    text
}

fn done(after: &Booking, quote: &Quote) -> String {
    let places = if quote.lines.len() == 1 { "1 place".to_owned() } else { format!("{} places", quote.lines.len()) };
    let money = if quote.refunded == Paise::ZERO {
        "nothing is given back".to_owned()
    } else if after.owed() == Paise::ZERO {
        "it was a test payment, so that no money is handed out".to_owned()
    } else {
        format!("{} waits at a counter to be handed out", after.owed())
    };
    format!("Cancelled {places} of PNR {}: {money}.", after.pnr.spoken())
}
