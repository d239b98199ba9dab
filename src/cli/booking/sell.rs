//! `kiosk booking sell`: holds berths, prices the party, takes the money or writes a slip, and shows the booking, by the
//! same requests as the screens.

use chrono::NaiveDate;
use clap::Args as ClapArgs;
use uuid::Uuid;

use super::{booking_of, shown, unexpected};
use crate::cli::search::{journeys, stations};
use crate::cli::{CliError, Kind};
use crate::domain::admission::Accept;
use crate::domain::allotment::BerthWish;
use crate::domain::booking::{OpId, PaymentMethod};
use crate::domain::coach::Class;
use crate::domain::inventory::HoldId;
use crate::domain::passenger::{Accommodation, Age, Gender, Passenger, PersonName};
use crate::domain::quota::Quota;
use crate::domain::time::railway_time;
use crate::domain::timetable::Journey;
use crate::domain::train::RunId;
use crate::domain::user::Phone;
use crate::domain::waitlist::needs_lower;
use crate::service::request::{Choice, Hold, Order, Reply, Request, Tender};
use crate::service::{Kiosk, Session};

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Args {
    /// The run: its train and the date on which it leaves its origin, such as 12951#2026-12-05
    run: RunId,
    /// Where the journey begins: a station's code or name, or a city
    from: String,
    /// Where it ends
    to: String,
    /// The class, such as 3A
    class: Class,
    /// Who travels, such as "Anita Sharma,F,34"; said again for others; ",lap" after it for a child without a berth
    #[arg(long = "passenger", required = true, value_name = "NAME,GENDER,AGE", value_parser = passenger)]
    passengers: Vec<Passenger>,
    /// The telephone number for news of the journey
    #[arg(long, value_parser = Phone::parse)]
    phone: Phone,
    /// The quota: GN, LD, SS or TQ
    #[arg(long, default_value_t)]
    quota: Quota,
    /// Share a berth or wait for one where there are too few
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    terms: Terms,
    /// Print the booking as JSON on one line, as the store keeps it
    #[arg(long)]
    json: bool,
}

/// How it is paid. Money is never taken to have changed hands unless that is said.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
struct Terms {
    /// The fare was paid in notes and coins
    #[arg(long)]
    cash: bool,
    /// The fare was paid by card, under this reference of the card terminal
    #[arg(long, value_name = "REFERENCE")]
    card: Option<String>,
    /// No money at all, which the receipt says: to try an installation
    #[arg(long)]
    test: bool,
    /// It is paid later: the berths are kept under a slip for a while
    #[arg(long)]
    slip: bool,
}

impl Terms {
    /// The money; nothing for a slip.
    fn tender(&self) -> Option<Tender> {
        let method = match self {
            Self { slip: true, .. } => return None,
            Self { card: Some(_), .. } => PaymentMethod::Card,
            Self { test: true, .. } => PaymentMethod::Test,
            _ => PaymentMethod::Cash,
        };
        Some(Tender { method, reference: self.card.clone() })
    }
}

pub(super) async fn run(args: Args, kiosk: &Kiosk, session: &Session) -> Result<(), CliError> {
    let sold = sell(&args, kiosk, session).await;
    // What was held and is not sold goes back at once.
    session.close();
    sold
}

async fn sell(args: &Args, kiosk: &Kiosk, session: &Session) -> Result<(), CliError> {
    let journey = journey(args, kiosk, session).await?;
    let hold = hold(args, &journey, kiosk, session).await?;
    let passengers = args.passengers.clone();
    let Hold { run, leg, class, quota, .. } = hold;
    let price = Request::Price { run, leg, class, quota, passengers: passengers.clone() };
    let agreed = match session.call(price).await? {
        Reply::Priced(fare) => fare.total,
        other => return Err(unexpected(&other)),
    };
    let (op, order) = (OpId(Uuid::new_v4()), Order { hold, passengers, phone: args.phone.clone(), agreed });
    let sale = match args.terms.tender() {
        Some(payment) => Request::Book { op, order, payment },
        None => Request::Reserve { op, order },
    };
    let booking = booking_of(session.call(sale).await?)?;
    shown(&booking, args.json)
}

/// The leg of the run, as a search finds it.
async fn journey(args: &Args, kiosk: &Kiosk, session: &Session) -> Result<Journey, CliError> {
    let (from, to) = (stations(kiosk, &args.from)?, stations(kiosk, &args.to)?);
    let timetable = kiosk.timetable();
    let halts = timetable.train_on(args.run.train, args.run.date).map(|train| train.halts()).unwrap_or_default();
    let boards = halts.iter().filter(|halt| from.contains(&halt.station));
    // A search goes by the date of boarding, which can be days after the run's.
    let mut dates: Vec<NaiveDate> = boards.map(|halt| halt.depart.on(args.run.date).date()).collect();
    dates.dedup();
    for date in dates {
        let offers = journeys(session, from.clone(), to.clone(), date, args.quota).await?;
        if let Some(offer) = offers.into_iter().find(|offer| offer.journey.run == args.run) {
            return Ok(offer.journey);
        }
    }
    let error = CliError::new(Kind::NotFound, format!("{} does not go from {} to {}.", args.run, args.from, args.to));
    Err(error.hint("kiosk search FROM TO --on DATE shows what does"))
}

async fn hold(args: &Args, journey: &Journey, kiosk: &Kiosk, session: &Session) -> Result<Hold, CliError> {
    let rules = kiosk.rules();
    let rules = rules.quotas_on(railway_time(kiosk.now()).date());
    let numbered = args.passengers.iter().enumerate();
    let berths = numbered.filter(|(_, passenger)| passenger.accommodation == Accommodation::Berth);
    let wishes = berths.map(|(at, passenger)| BerthWish {
        preference: passenger.preference,
        needs_lower: needs_lower(&args.passengers, at, rules),
    });
    let request = Request::Hold {
        hold: HoldId(Uuid::new_v4()),
        run: args.run,
        leg: journey.leg,
        class: args.class,
        quota: args.quota,
        choice: Choice::Best(wishes.collect()),
        accept: if args.wait { Accept::Anything } else { Accept::Berths },
    };
    match session.call(request).await? {
        Reply::Held(hold) => Ok(hold),
        other => Err(unexpected(&other)),
    }
}

/// Reads a passenger. A name may have commas.
fn passenger(text: &str) -> Result<Passenger, String> {
    let (rest, accommodation) = match text.rsplit_once(',') {
        Some((rest, last)) if last.trim().eq_ignore_ascii_case("lap") => (rest, Accommodation::Lap),
        _ => (text, Accommodation::Berth),
    };
    let parts = rest.rsplit_once(',').and_then(|(rest, age)| Some((rest.rsplit_once(',')?, age)));
    let Some(((name, gender), age)) = parts else {
        return Err("write name, gender and age, such as \"Anita Sharma,F,34\"".to_owned());
    };
    let gender = Gender::ALL.into_iter().find(|known| known.code().eq_ignore_ascii_case(gender.trim()));
    Ok(Passenger {
        name: PersonName::parse(name).map_err(|error| error.to_string())?,
        age: age.parse::<Age>().map_err(|error| error.to_string())?,
        gender: gender.ok_or("a gender is F, M or T, as it stands on the identity card")?,
        preference: None,
        accommodation,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{Accommodation, Gender, passenger};

    #[rstest]
    #[case("Anita Sharma,F,34", "Anita Sharma", Gender::Female, 34, Accommodation::Berth)]
    #[case("Rao, K. V. , m , 71", "Rao, K. V.", Gender::Male, 71, Accommodation::Berth)]
    #[case("Mira,T,3,LAP", "Mira", Gender::Transgender, 3, Accommodation::Lap)]
    fn a_passenger_is_read(
        #[case] text: &str,
        #[case] name: &str,
        #[case] gender: Gender,
        #[case] age: u8,
        #[case] accommodation: Accommodation,
    ) {
        let read = passenger(text).expect("a passenger");
        assert_eq!((read.name.as_str(), read.gender, read.age.years()), (name, gender, age));
        assert_eq!(read.accommodation, accommodation);
    }

    #[rstest]
    #[case("Anita", "write name, gender and age")]
    #[case("Anita,34", "write name, gender and age")]
    #[case("Anita,X,34", "a gender is F, M or T")]
    #[case("Anita,F,old", "An age is a number")]
    #[case(",F,34", "Type the passenger's name")]
    fn what_is_no_passenger_is_refused_with_what_to_write(#[case] text: &str, #[case] said: &str) {
        let refused = passenger(text).expect_err("it is none");
        assert!(refused.starts_with(said), "{refused}");
    }
}
