//! Finding a booking without an account, by its PNR and the telephone number on it.
//!
//! A PNR has ten digits and a number is not secret, so both are asked for, whoever has only one of them learns nothing,
//! and look-ups that fail are counted: by where they come from, by account, and by the PNR, whoever asks.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::pnr::Pnr;
use crate::domain::user::Phone;
use crate::service::account::{Attempts, Refused};
use crate::service::former;
use crate::service::request::{Failure, Reply};
use crate::service::session::Session;

/// How often somebody may be wrong: a family looks for a few tickets, and mistypes some.
const PER_ORIGIN: u32 = 10;
/// How often a PNR may be asked for with another number than its own, by all together: few enough that nobody finds a
/// number of ten digits, and more than one person has tries, so that nobody keeps its travellers out.
const PER_PNR: u32 = 30;
/// How long nobody is answered after that.
const PAUSE: TimeDelta = TimeDelta::minutes(15);

/// The look-ups of this process that failed lately.
#[derive(Debug)]
pub(super) struct LookUps {
    origins: Attempts,
    pnrs: Attempts,
}

impl Default for LookUps {
    fn default() -> Self {
        Self { origins: Attempts::new(PER_ORIGIN, PAUSE), pnrs: Attempts::new(PER_PNR, PAUSE) }
    }
}

impl LookUps {
    /// Counts a look-up as one that fails, until it is taken back.
    fn begin(&self, origins: &[String], pnr: Pnr, now: DateTime<Utc>) -> Result<(), Failure> {
        let told = |refused| match refused {
            Refused::Until(until) => Failure::TooManyLookUps { until },
            Refused::Busy => Failure::Busy,
        };
        for origin in origins {
            self.origins.count(origin, now).map_err(told)?;
        }
        self.pnrs.count(&pnr.to_string(), now).map_err(told)
    }

    fn take_back(&self, origins: &[String], pnr: Pnr) {
        for origin in origins {
            self.origins.take_back(origin);
        }
        self.pnrs.take_back(&pnr.to_string());
    }
}

/// The booking, if this is the number on it. Whoever finds it may look at it, and not change it.
pub(super) async fn look_up(session: &Session, pnr: Pnr, phone: &Phone) -> Result<Reply, Failure> {
    let (kiosk, look_ups) = (session.kiosk(), &session.kiosk().0.look_ups);
    let mut origins = vec![session.origin()];
    origins.extend(session.who().account().map(|account| account.to_string()));
    look_ups.begin(&origins, pnr, kiosk.now())?;
    // A store that does not answer is nobody's guess.
    let found = match kiosk.find(pnr).await {
        Err(Failure::MadeBefore) => {
            let made = former::under(session, pnr).await.inspect_err(|_| look_ups.take_back(&origins, pnr))?;
            let is_theirs = made.phone.as_ref().is_some_and(|own| own.is_same(phone));
            let made = if is_theirs { made } else { return Err(Failure::NotFound) };
            look_ups.take_back(&origins, pnr);
            session.note_found(pnr);
            return Ok(former::reply(made));
        }
        found => found.inspect_err(|_| look_ups.take_back(&origins, pnr))?,
    };
    let found = found.filter(|booking| booking.phone.is_same(phone)).ok_or(Failure::NotFound)?;
    look_ups.take_back(&origins, pnr);
    session.note_found(pnr);
    kiosk.placed(kiosk.on_time(found)).await.map(|booking| Reply::Booking(Arc::new(booking)))
}
