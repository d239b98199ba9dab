//! All that a screen or a subcommand can ask, what it is told, and how it is refused.
//!
//! A request names no account: who asks is known to the session that carries it (`service::Session`), and whether they
//! may is decided there. Requests that change something carry an [`OpId`] and are safe to repeat with it.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use secrecy::SecretString;
use thiserror::Error;

use crate::domain::admission::{Accept, Grant, Standing};
use crate::domain::allotment::BerthWish;
use crate::domain::booking::{Booking, OpId, PaymentMethod};
use crate::domain::coach::{BerthRef, Class, CoachId};
use crate::domain::fare::{Fare, FareError};
use crate::domain::inventory::{HoldId, Parts};
use crate::domain::money::Paise;
use crate::domain::passenger::Passenger;
use crate::domain::pnr::Pnr;
use crate::domain::quota::{NotEligible, Quota};
use crate::domain::refund::{NotRefundable, Quote, WaiverCode};
use crate::domain::segment::Leg;
use crate::domain::station::StationCode;
use crate::domain::timetable::Journey;
use crate::domain::train::RunId;
use crate::domain::user::{AccountId, Email, Phone, Role, Username};
use crate::ticket::Ticket;

/// What a session asks for.
#[derive(Clone, Debug)]
pub enum Request {
    /// Prove who one is.
    SignIn {
        /// A user name or an e-mail address.
        name: String,
        /// The password.
        password: SecretString,
    },
    /// Make an account for a traveller, and be signed in with it.
    Register {
        /// The name to sign in with.
        username: Username,
        /// The address.
        email: Email,
        /// The password.
        password: SecretString,
    },
    /// Become the first administrator with the one-time code from the server's log.
    ClaimAdministrator {
        /// The code.
        code: SecretString,
    },
    /// Leave.
    SignOut,
    /// Step away: nothing but `Unlock` and `SignOut` is answered until one of them.
    Lock,
    /// Come back.
    Unlock {
        /// The password of the account that is signed in.
        password: SecretString,
    },
    /// The journeys from here to there on a date of boarding.
    Search {
        /// Stations of the one end.
        from: Vec<StationCode>,
        /// Stations of the other.
        to: Vec<StationCode>,
        /// The date on which the train leaves the boarding station.
        date: NaiveDate,
    },
    /// The next departures from a station, for the board.
    Departures {
        /// The station.
        station: StationCode,
        /// How many at most.
        limit: usize,
    },
    /// Take berths out of sale for a while.
    Hold {
        /// Names the action and the hold.
        hold: HoldId,
        /// The run.
        run: RunId,
        /// The leg.
        leg: Leg,
        /// The class.
        class: Class,
        /// The quota from which they are sold.
        quota: Quota,
        /// Which berths.
        choice: Choice,
        /// What else would do where there are too few.
        accept: Accept,
    },
    /// Give held berths back.
    Release {
        /// The hold.
        hold: HoldId,
        /// Its run.
        run: RunId,
    },
    /// What a party pays.
    Price {
        /// The run.
        run: RunId,
        /// The leg.
        leg: Leg,
        /// The class.
        class: Class,
        /// The quota.
        quota: Quota,
        /// Who travels.
        passengers: Vec<Passenger>,
    },
    /// Take the money and make the held berths a booking.
    Book {
        /// Names the action.
        op: OpId,
        /// What is booked.
        order: Order,
        /// How it is paid.
        payment: Tender,
    },
    /// Keep the held berths under a slip that is paid at a counter.
    Reserve {
        /// Names the action.
        op: OpId,
        /// What is booked.
        order: Order,
    },
    /// Take the money for a slip and confirm its booking.
    PaySlip {
        /// Names the action.
        op: OpId,
        /// The slip's code, which is the PNR.
        pnr: Pnr,
        /// How it is paid.
        payment: Tender,
    },
    /// What passengers of a booking would get back, for whoever may see the booking.
    QuoteCancel {
        /// Its PNR.
        pnr: Pnr,
        /// Who gives up, by their places in its list from 0.
        passengers: Vec<u8>,
        /// Why everything is given back; an administrator's to say.
        waiver: Option<WaiverCode>,
    },
    /// Give up what a quote is for, and get back what it says.
    Cancel {
        /// Names the action.
        op: OpId,
        /// The PNR.
        pnr: Pnr,
        /// The quote as it was given.
        quote: Box<Quote>,
    },
    /// Give up a slip that nobody has paid.
    GiveUpSlip {
        /// Names the action.
        op: OpId,
        /// The slip's code, which is the PNR.
        pnr: Pnr,
    },
    /// Hand out all refunds of a booking that wait at a counter.
    PayOut {
        /// Names the action.
        op: OpId,
        /// The PNR.
        pnr: Pnr,
    },
    /// One booking.
    Booking {
        /// Its PNR.
        pnr: Pnr,
    },
    /// A slip, for the agent who takes the money.
    Slip {
        /// The slip's code, which is the PNR.
        pnr: Pnr,
    },
    /// The caller's bookings, newest first.
    MyBookings {
        /// Where the page before ended.
        after: Option<Cursor>,
    },
    /// The chart of a run, as it is now.
    Chart {
        /// The run.
        run: RunId,
        /// One coach of it; `None` for all.
        coach: Option<CoachId>,
    },
    /// Make the chart of a run that is due, now.
    MakeChart {
        /// The run.
        run: RunId,
    },
    /// Cancel a run for the railway, and give everybody their money back.
    CancelRun {
        /// The run.
        run: RunId,
    },
    /// A booking's receipt.
    Receipt {
        /// Its PNR.
        pnr: Pnr,
    },
    /// A paid booking's signed ticket, for whoever may see the booking.
    Ticket {
        /// Its PNR.
        pnr: Pnr,
    },
}

/// Which berths a hold is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The best that are free, one for each wish.
    Best(Vec<BerthWish>),
    /// These and no others.
    Berths(Vec<BerthRef>),
}

impl Choice {
    /// How many berths it is for.
    pub fn len(&self) -> usize {
        match self {
            Self::Best(wishes) => wishes.len(),
            Self::Berths(berths) => berths.len(),
        }
    }

    /// Whether it is for no berth at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What is booked: held berths and who travels on them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The hold as it was granted.
    pub hold: Hold,
    /// Who travels; those with a berth get the held berths in order.
    pub passengers: Vec<Passenger>,
    /// The telephone number for news of the journey.
    pub phone: Phone,
    /// The total that the person was shown and agreed to.
    pub agreed: Paise,
}

/// Money on the counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tender {
    /// How.
    pub method: PaymentMethod,
    /// The card terminal's reference; needed for a card.
    pub reference: Option<String>,
}

/// What is out of sale for one person until a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Names it.
    pub id: HoldId,
    /// The run.
    pub run: RunId,
    /// The leg.
    pub leg: Leg,
    /// The class.
    pub class: Class,
    /// The quota.
    pub quota: Quota,
    /// What each of the party is given, in the order of the wishes.
    pub grants: Vec<Grant>,
    /// What of each coach is out of sale for it.
    pub parts: Parts,
    /// Until when it is kept.
    pub until: DateTime<Utc>,
}

impl Hold {
    /// The berths that the party has to itself, in the order of the wishes.
    pub fn berths(&self) -> Vec<BerthRef> {
        self.grants.iter().filter_map(|grant| grant.berth()).collect()
    }
}

/// Where a page of a listing ended; opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub(crate) String);

/// Who is signed in, as far as a screen may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub username: Username,
    /// Its role.
    pub role: Role,
    /// Whether the one-time code from the log would make it the first administrator.
    pub may_claim_administrator: bool,
}

/// A journey with what each class costs one adult, best class first. How many berths are left comes by the live
/// subscription of its run, so that there is one source for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The journey.
    pub journey: Journey,
    /// The fare for one adult by class; `None` when the rules know none.
    pub fares: Vec<(Class, Option<Paise>)>,
}

/// What a session is told.
#[derive(Clone, Debug)]
pub enum Reply {
    /// To `SignIn`, `Register`, `ClaimAdministrator` and `Unlock`.
    Welcome(Identity),
    /// To `SignOut`, `Lock`, `Release`, `MakeChart` and `CancelRun`.
    Done,
    /// To `Search` and `Departures`.
    Offers(Vec<Offer>),
    /// To `Hold`.
    Held(Hold),
    /// To `Price`.
    Priced(Fare),
    /// To `QuoteCancel`.
    Quote(Box<Quote>),
    /// To `Book`, `Reserve`, `PaySlip`, `Cancel`, `GiveUpSlip`, `PayOut`, `Booking` and `Slip`.
    Booking(Arc<Booking>),
    /// To `MyBookings`.
    Bookings {
        /// Newest first.
        page: Vec<Arc<Booking>>,
        /// Where to go on; `None` at the end.
        next: Option<Cursor>,
    },
    /// To `Receipt`.
    Receipt(Document),
    /// To `Chart`.
    Chart(Document),
    /// To `Ticket`.
    Ticket(Ticket),
}

/// A file made by Kiosk.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// A file name without a folder, such as `receipt-8451234567.pdf`.
    pub name: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({}, {} bytes)", self.name, self.bytes.len())
    }
}

/// Why a request was refused. Each message is a sentence for the person at the terminal that says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// Nobody is signed in.
    #[error("Sign in first.")]
    SignedOut,
    /// The session is locked.
    #[error("This terminal is locked: type your password to go on.")]
    Locked,
    /// The role is not enough.
    #[error("This needs an {} account: ask a colleague who has one.", needs.word())]
    NotAllowed {
        /// The least role that may.
        needs: Role,
    },
    /// Name or password is wrong; which of them is not said.
    #[error("The name or the password is wrong: check both and try again.")]
    WrongPassword,
    /// Whoever asked left, locked the terminal or began again before it was done.
    #[error("This was given up before it was done: try again.")]
    GivenUp,
    /// Too many wrong passwords.
    #[error("Too many wrong passwords. Try again at {}.", clock(until))]
    LockedOut {
        /// When the next attempt is answered.
        until: DateTime<Utc>,
    },
    /// An administrator closed the account.
    #[error("This account is closed: speak to your administrator.")]
    Closed,
    /// Somebody has the name.
    #[error("The user name {0} is taken: choose another.")]
    UsernameTaken(Username),
    /// Somebody has the address.
    #[error("There is an account with this e-mail address: sign in with it, or use another address.")]
    EmailTaken,
    /// The password could be guessed.
    #[error("{0}")]
    WeakPassword(&'static str),
    /// The one-time code is wrong or no longer good.
    #[error("That is not the code from the server's log, or there is an administrator already.")]
    WrongCode,
    /// The date is not open for sale.
    #[error("Tickets for this run are sold from {first} to {last} only: choose a date in between.")]
    OutsideWindow {
        /// The first date one can board.
        first: NaiveDate,
        /// The last.
        last: NaiveDate,
    },
    /// The train is about to leave or has left.
    #[error("Sales for this train have closed: choose a later train.")]
    SalesClosed,
    /// There is no such run, leg or class.
    #[error("This train does not run so any more: search again.")]
    NoSuchRun,
    /// More people than a booking may have.
    #[error("A booking is for 1 to {max} passengers: make a second booking for the others.")]
    PartySize {
        /// The most.
        max: u8,
    },
    /// Somebody else was faster.
    #[error("{}", taken(berths, *left))]
    BerthTaken {
        /// Those that are gone.
        berths: Vec<BerthRef>,
        /// How many of the class are free for the leg.
        left: usize,
    },
    /// Fewer are free than asked for.
    #[error("{}", sold_out(*left, *standing))]
    SoldOut {
        /// How many berths of the quota are free for the leg.
        left: usize,
        /// What the next passenger to ask would get.
        standing: Standing,
    },
    /// Nobody else may wait.
    #[error("The waiting list of this class is full: choose another class or train.")]
    ListFull,
    /// The chart is made, and those who waited were served.
    #[error("The chart of this train is made, so that nobody joins its waiting list: choose another class or train.")]
    ChartMade,
    /// The railway cancelled the run.
    #[error("The railway has cancelled this train: choose another one.")]
    TrainCancelled,
    /// The quota is not for this party or class.
    #[error(transparent)]
    NotEligible(#[from] NotEligible),
    /// Tatkal is not on sale yet.
    #[error("Tatkal of this train opens on {} of the railway's time: come back then.", day_and_clock(at))]
    TatkalOpens {
        /// When it opens.
        at: DateTime<Utc>,
    },
    /// Unpaid places on a list would keep others waiting for nothing.
    #[error("A slip keeps berths, and not everybody of this party has one: pay now, or choose another class or train.")]
    NothingToKeep,
    /// The hold is over.
    #[error("The time to pay is over and the berths were given back: choose again.")]
    HoldExpired,
    /// The party does not fit the held berths.
    #[error("You hold {held} berths and {needed} passengers need one: change the party or choose again.")]
    PartyMismatch {
        /// Berths held.
        held: usize,
        /// Passengers with a berth.
        needed: usize,
    },
    /// The fare is another than the person agreed to.
    #[error("The fare is now {} rupees: look at it again before you pay.", .0.total)]
    FareChanged(Box<Fare>),
    /// The party has no price.
    #[error(transparent)]
    Fare(#[from] FareError),
    /// A card needs its reference; a reference has to be printable.
    #[error("Type the reference that the card terminal printed, at most 40 plain characters.")]
    BadReference,
    /// Payments without money are for development.
    #[error("Test payments are not taken here: take cash or a card.")]
    NoTestPayment,
    /// Any traveller may touch a public terminal: there is no till.
    #[error("No money is taken at a public terminal: keep the berths with a slip, and pay it at the counter.")]
    NoMoneyHere,
    /// As many holds as one session may have.
    #[error("You hold {max} choices of berths already: pay for one of them, or give its berths back first.")]
    TooManyHolds {
        /// The most.
        max: usize,
    },
    /// The slip was paid, or its time is over.
    #[error("This slip cannot be paid any more: {0}.")]
    SlipClosed(&'static str),
    /// These places give nothing back.
    #[error(transparent)]
    NotRefundable(#[from] NotRefundable),
    /// The quote's time is over, or the booking has changed since; the new one.
    #[error("Now {} rupees would be given back: look at it again before you cancel.", .0.refunded)]
    QuoteOver(Box<Quote>),
    /// No refund waits.
    #[error("No money of this booking waits to be handed out: open it again to see when it was.")]
    NothingOwed,
    /// Any traveller may touch a public terminal: there is no till.
    #[error("No money is handed out at a public terminal: do it at a counter.")]
    NoTillHere,
    /// Nothing under this PNR that the caller may see.
    #[error("There is no booking {0} that you may see: check the number, or sign in to the account that made it.")]
    NoSuchBooking(Pnr),
    /// Tickets and receipts are for paid bookings.
    #[error("There is no ticket and no receipt before the booking is paid: pay at a counter first.")]
    NotPaid,
    /// Nobody of the booking has a place yet.
    #[error(
        "Everybody of this booking is on the waiting list, and nobody may board: there is a ticket once a place is free."
    )]
    StillWaiting,
    /// All places of the booking were given up.
    #[error("This booking was cancelled, and nobody boards with it: its receipt says what was given back.")]
    NobodyTravels,
    /// The process has as much to do as it can.
    #[error("Kiosk is very busy: try again in a moment.")]
    Busy,
    /// The store did not answer in time. What is known of the request's effect is said.
    #[error("The store does not answer ({reference}). {}", outcome.words())]
    Unavailable {
        /// What is known.
        outcome: Outcome,
        /// Finds the log's entry.
        reference: String,
    },
    /// A fault of Kiosk's own.
    #[error("Something went wrong in Kiosk ({reference}): try again, and tell your administrator if it stays.")]
    Internal {
        /// Finds the log's entry.
        reference: String,
    },
}

/// What is known of a request that was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It changed nothing.
    NothingChanged,
    /// It may have been carried out. Repeating it with the same id is safe.
    Unknown,
}

impl Outcome {
    const fn words(self) -> &'static str {
        match self {
            Self::NothingChanged => "Nothing was changed: try again in a moment.",
            Self::Unknown => "It may have been done; press the same key again, it will not happen twice.",
        }
    }
}

fn clock(at: &DateTime<Utc>) -> impl fmt::Display + use<> {
    crate::domain::time::railway_time(*at).format("%H:%M").to_string()
}

fn day_and_clock(at: &DateTime<Utc>) -> impl fmt::Display + use<> {
    crate::domain::time::railway_time(*at).format("%-d %B at %H:%M").to_string()
}

fn list(berths: &[BerthRef]) -> String {
    berths.iter().map(BerthRef::to_string).collect::<Vec<_>>().join(", ")
}

fn taken(berths: &[BerthRef], left: usize) -> String {
    let were = if berths.len() == 1 { "was" } else { "were" };
    let next = match left {
        0 => "none is left, choose another class or train.".to_owned(),
        1 => "choose another, 1 is left.".to_owned(),
        left => format!("choose another, {left} are left."),
    };
    format!("{} {were} taken a moment ago: {next}", list(berths))
}

fn sold_out(left: usize, standing: Standing) -> String {
    match (left, standing) {
        (0, Standing::Rac(_)) => {
            format!(
                "No berth is left for your leg, but you can share one as {standing}: join, or choose another train."
            )
        }
        (0, Standing::Waiting(..)) => {
            format!("No berth is left for your leg, but you can wait as {standing}: join, or choose another train.")
        }
        (0, _) => "This class is sold out for your leg: choose another class or train.".to_owned(),
        (1, _) => "Only 1 berth is left for your leg: take it, or choose another class or train.".to_owned(),
        (left, _) => format!("Only {left} berths are left for your leg: take fewer, or choose another class or train."),
    }
}
