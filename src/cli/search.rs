//! `kiosk search`: the trains of a day from one place to another, and what an adult pays.
//!
//! How many berths are left is deliberately absent: it is another thing a moment later. Whoever sells is told.

use std::fmt::Write as _;

use chrono::NaiveDate;
use clap::Args as ClapArgs;
use serde_json::json;

use super::booking::unexpected;
use super::{CliError, Kind, open, output};
use crate::config::Config;
use crate::domain::coach::Class;
use crate::domain::quota::Quota;
use crate::domain::station::{Place, StationCode};
use crate::domain::time::railway_time;
use crate::domain::train::Stop;
use crate::service::request::{Offer, Reply, Request};
use crate::service::{Kiosk, Session};
use crate::ui::text::clean;

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Where the journey begins: a station's code or name, or a city
    from: String,
    /// Where it ends
    to: String,
    /// The date of boarding, such as 2026-12-05 [default: today, by the railway's clock]
    #[arg(long, value_name = "DATE")]
    on: Option<NaiveDate>,
    /// One class only, such as 3A
    #[arg(long)]
    class: Option<Class>,
    /// The quota by which fares are given: GN, LD, SS or TQ
    #[arg(long, default_value_t)]
    quota: Quota,
    /// Print the journeys as JSON, one a line, with fares in paise
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: &Config) -> Result<(), CliError> {
    let kiosk = open::kiosk(config).await?;
    let done = search(&args, &kiosk, &kiosk.operator_session()).await;
    kiosk.settle().await;
    done
}

async fn search(args: &Args, kiosk: &Kiosk, session: &Session) -> Result<(), CliError> {
    let (from, to) = (stations(kiosk, &args.from)?, stations(kiosk, &args.to)?);
    let date = args.on.unwrap_or_else(|| railway_time(kiosk.now()).date());
    let found = journeys(session, from, to, date, args.quota).await?;
    let offers: Vec<_> = found.into_iter().filter_map(|offer| of_class(offer, args.class)).collect();
    if offers.is_empty() {
        let day = date.format("%a %e %b %Y");
        output::notice(format_args!("No train of that kind goes from {} to {} on {day}.", args.from, args.to));
    }
    offers.iter().try_for_each(|offer| if args.json { output::json(&facts(offer)) } else { output::line(row(offer)) })
}

/// What goes from here to there on a date of boarding.
pub(super) async fn journeys(
    session: &Session,
    from: Vec<StationCode>,
    to: Vec<StationCode>,
    date: NaiveDate,
    quota: Quota,
) -> Result<Vec<Offer>, CliError> {
    match session.call(Request::Search { from, to, date, quota }).await? {
        Reply::Offers(offers) => Ok(offers),
        other => Err(unexpected(&other)),
    }
}

/// The stations that a text names.
///
/// # Errors
/// `NotFound` when it names none.
pub(super) fn stations(kiosk: &Kiosk, text: &str) -> Result<Vec<StationCode>, CliError> {
    let index = kiosk.stations();
    if let Some(place) = index.resolve(text) {
        return Ok(place.codes());
    }
    let error = CliError::new(Kind::NotFound, format!("There is no station or city {text}."));
    let near: Vec<_> = index.complete(text, 1).iter().flat_map(Place::codes).take(1).collect();
    Err(match near.first() {
        Some(code) => {
            error.hint(format_args!("write its whole name or its code, such as {code} for {}", index.name(*code)))
        }
        None => error.hint("write its code as it stands on a ticket, such as NDLS for New Delhi"),
    })
}

/// The offer with one class only, if that is wanted; nothing if the train has no such class.
fn of_class(mut offer: Offer, class: Option<Class>) -> Option<Offer> {
    offer.fares.retain(|(sold, _)| class.is_none_or(|class| class == *sold));
    (!offer.fares.is_empty()).then_some(offer)
}

fn row(offer: &Offer) -> String {
    let journey = &offer.journey;
    let stop = |stop: &Stop| format!("{:<5} {}", stop.station, stop.at.format("%a %e %b %H:%M"));
    let mut row = format!(
        "{:<19} {:<28} {} - {}",
        journey.run,
        clean(journey.train.name()),
        stop(&journey.from),
        stop(&journey.to)
    );
    for (class, fare) in &offer.fares {
        let _ = match fare {
            Some(fare) => write!(row, "  {class} {fare}"),
            None => write!(row, "  {class} -"),
        };
    }
    row
}

fn facts(offer: &Offer) -> serde_json::Value {
    let journey = &offer.journey;
    let fares: Vec<_> = offer.fares.iter().map(|(class, fare)| json!({"Class": class, "Fare": fare})).collect();
    json!({
        "RunID": journey.run,
        "TrainName": journey.train.name(),
        "From": journey.from,
        "To": journey.to,
        "Km": journey.km,
        "Minutes": journey.minutes(),
        "Classes": fares,
    })
}
