//! What goes wrong in a run, and how often: drawn from its seed, so that some runs are calm and others are storms of one
//! kind.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// How likely each fault is for one request, from 0 to 1, and what else is not as it should be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weather {
    /// Refused as too fast.
    pub throttled: f64,
    /// Answered with 500, not applied.
    pub failed: f64,
    /// Answered with 500, and applied.
    pub failed_after: f64,
    /// A write refused because of a transaction that nobody else sees.
    pub conflict: f64,
    /// It never arrives, and nothing comes back.
    pub lost: f64,
    /// It is applied, and nothing comes back.
    pub reply_lost: f64,
    /// The connection breaks, before or after.
    pub broken: f64,
    /// It arrives when its sender has given it up.
    pub late: f64,
    /// How long it is until nearly nothing gets through for a while; `None` for ever.
    pub outage: Option<Duration>,
    /// A read without `ConsistentRead` is answered with what was true two seconds ago.
    pub stale: f64,
    /// A read of an index is so.
    pub behind: f64,
    /// The longest way to the store, and back again.
    pub slowness: Duration,
    /// How long a transaction keeps its items to itself, at most.
    pub transaction: Duration,
    /// How far a process's clock is off at most, in seconds.
    pub skew: f64,
    /// How long a process lives on average; `None` for ever.
    pub life: Option<Duration>,
    /// How long it is until the timetable is edited again; `None` for ever.
    pub edition: Option<Duration>,
}

impl Weather {
    /// The weather of a seed.
    pub fn of(chance: &mut StdRng) -> Self {
        let mut weather = Self {
            slowness: Duration::from_millis(chance.random_range(1..=60)),
            transaction: Duration::from_millis(chance.random_range(0..=40)),
            ..Self::default()
        };
        if chance.random_bool(0.1) {
            // Nothing but many hands at once.
            return weather;
        }
        let mut share = |most: f64| if chance.random_bool(0.5) { chance.random_range(0.0..most) } else { 0.0 };
        weather.throttled = share(0.15);
        weather.failed = share(0.08);
        weather.failed_after = share(0.08);
        weather.conflict = share(0.15);
        weather.lost = share(0.06);
        weather.reply_lost = share(0.08);
        weather.broken = share(0.08);
        weather.late = share(0.08);
        weather.stale = share(1.0);
        weather.behind = share(1.0);
        weather.skew = share(5.0);
        let mut every = |least: u64, most: u64| {
            chance.random_bool(0.5).then(|| Duration::from_secs(chance.random_range(least..=most)))
        };
        weather.life = every(30, 400);
        weather.edition = every(40, 400);
        weather.outage = every(10, 100);
        weather
    }

    /// No fault at all: for the beginning and the end of a run.
    pub fn calm() -> Self {
        Self { slowness: Duration::from_millis(5), transaction: Duration::from_millis(5), ..Self::default() }
    }
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives and is answered.
    Arrives,
    /// It is answered with this status and code, and not applied.
    Refused(u16, &'static str),
    /// It is applied and answered with 500.
    FailsAfter,
    /// It never arrives.
    Lost,
    /// It is applied, and nothing comes back.
    ReplyLost,
    /// The connection breaks before it arrives.
    Breaks,
    /// The connection breaks after it arrived.
    BreaksAfter,
    /// It arrives when its sender has given it up.
    Late,
    /// It is answered with what was true two seconds ago.
    Stale,
}

/// Whether requests get through at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// As the weather says.
    Usual,
    /// Nearly none does.
    Outage,
}

/// What kind of request it is, for its fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It changes something.
    Write,
    /// It has to see every acknowledged write.
    ConsistentRead,
    /// It may be behind.
    Read,
    /// It may be behind, as an index always is a little.
    Index,
}

impl Weather {
    /// Draws the fate of a request.
    pub fn fate(&self, kind: Kind, time: Time, chance: &mut StdRng) -> Fate {
        let fates = [
            (self.throttled, Fate::Refused(400, "ThrottlingException")),
            (self.failed, Fate::Refused(500, "InternalServerError")),
            (self.failed_after, Fate::FailsAfter),
            (if kind == Kind::Write { self.conflict } else { 0.0 }, Fate::Refused(400, "TransactionConflictException")),
            (self.lost, Fate::Lost),
            (self.reply_lost, Fate::ReplyLost),
            (self.broken / 2.0, Fate::Breaks),
            (self.broken / 2.0, Fate::BreaksAfter),
            (self.late, Fate::Late),
        ];
        let mut drawn: f64 = chance.random();
        if time == Time::Outage {
            let gone = [Fate::Lost, Fate::ReplyLost, Fate::Late, Fate::Breaks, Fate::BreaksAfter];
            return if drawn < 0.9 { gone[chance.random_range(0..gone.len())] } else { Fate::Arrives };
        }
        for (share, fate) in fates {
            if drawn < share {
                return fate;
            }
            drawn -= share;
        }
        let is_behind = match kind {
            Kind::Write | Kind::ConsistentRead => false,
            Kind::Read => chance.random_bool(self.stale),
            Kind::Index => chance.random_bool(self.behind),
        };
        if is_behind { Fate::Stale } else { Fate::Arrives }
    }
}

/// A source of chance for one part of a run, so that what one part draws does not move the others.
pub fn chance(seed: u64, part: u64) -> StdRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    bytes[8..16].copy_from_slice(&part.to_be_bytes());
    StdRng::from_seed(bytes)
}
