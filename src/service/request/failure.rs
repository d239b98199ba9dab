//! How a request is refused: each refusal is a sentence for the person at the terminal.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::domain::admission::Standing;
use crate::domain::boarding::NotMoved;
use crate::domain::coach::BerthRef;
use crate::domain::correction::NotCorrected;
use crate::domain::delay::NotDelayed;
use crate::domain::edition::NotPublished;
use crate::domain::fare::{Fare, FareError};
use crate::domain::gap::NoGap;
use crate::domain::notification::NotificationId;
use crate::domain::pnr::Pnr;
use crate::domain::profile::NotSaved;
use crate::domain::quota::{NotEligible, Quota};
use crate::domain::refund::{NotRefundable, Quote};
use crate::domain::rules::book::{Mistake, NotEntered};
use crate::domain::station::StationCode;
use crate::domain::train::TrainNumber;
use crate::domain::user::{Role, Username};

/// A sentence of the program's own.
pub type Sentence = &'static str;

/// Reads a sentence that was written; it is kept for good, as the literal is from which it came.
fn sentence<'de, D: Deserializer<'de>>(from: D) -> Result<Sentence, D::Error> {
    Ok(String::deserialize(from)?.leak())
}

/// Why a request was refused. Each message is a sentence for the person at the terminal that says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Failure {
    /// Nobody is signed in.
    #[error("Sign in first.")]
    SignedOut,
    /// The session is locked.
    #[error("This terminal is locked: type your password to go on.")]
    Locked,
    /// The role is not enough.
    #[error("This needs {} account: ask a colleague who has one.", needs.with_article())]
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
    /// Too many look-ups by PNR and telephone number.
    #[error(
        "Too many bookings were looked for from here. Try again at {}, or show the ticket at a counter.",
        clock(until)
    )]
    TooManyLookUps {
        /// When the next is answered.
        until: DateTime<Utc>,
    },
    /// An administrator closed the account.
    #[error("This account is closed: speak to your administrator.")]
    Closed,
    /// They came in by a one-time code.
    #[error("You came in by a one-time code: choose a password of your own before anything else.")]
    ChoosePassword,
    /// The one-time code was not used in time.
    #[error("This one-time code is over: ask your administrator for another.")]
    CodeOver,
    /// There is no such account.
    #[error("There is no such account any more: read the list again.")]
    NoSuchAccount,
    /// Administrators do not change their own accounts, so that there is always one left.
    #[error("This is your own account: another administrator can change it.")]
    OwnAccount,
    /// Somebody cannot be kept in a profile.
    #[error(transparent)]
    NotSaved(#[from] NotSaved),
    /// Somebody has the name.
    #[error("The user name {0} is taken: choose another.")]
    UsernameTaken(Username),
    /// Somebody has the address.
    #[error("There is an account with this e-mail address: sign in with it, or use another address.")]
    EmailTaken,
    /// The password could be guessed.
    #[error("{0}")]
    WeakPassword(#[serde(deserialize_with = "sentence")] Sentence),
    /// The password was typed in two ways.
    #[error("The two passwords differ: type the same one twice.")]
    PasswordsDiffer,
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
    /// The train is off sale, by somebody's decision.
    #[error("Tickets for this train are not sold for now: choose another train, or come back later.")]
    SalesStopped,
    /// A newer Kiosk has raised what is stored.
    #[error(
        "This Kiosk is older than what is stored, and changes nothing: have it updated, and use another one until then."
    )]
    Outdated,
    /// There is no such run, leg or class.
    #[error("This train does not run so any more: search again.")]
    NoSuchRun,
    /// The timetable has no such train.
    #[error("There is no train {0} in the timetable: check its number.")]
    NoSuchTrain(TrainNumber),
    /// The timetable has no such station.
    #[error("There is no station {0} in the timetable: check its code, or bring the station in with an import.")]
    NoSuchStation(StationCode),
    /// Somebody published another version of the train after this one was read.
    #[error("Somebody else has changed this train meanwhile: open it again, and make your change there.")]
    TrainChanged,
    /// The train cannot be published so.
    #[error(transparent)]
    NotPublished(#[from] NotPublished),
    /// The times of a run are not changed so.
    #[error(transparent)]
    NotDelayed(#[from] NotDelayed),
    /// A part of a run is not cancelled so.
    #[error(transparent)]
    NoGap(#[from] NoGap),
    /// Somebody else changed the run's times or its way after they were looked at.
    #[error("Somebody else has changed this run meanwhile: look at it again, and make your change there.")]
    RunChanged,
    /// There are no rules of the name.
    #[error("There are no rules called {0}: choose from the list.")]
    NoSuchRules(String),
    /// A text cannot be rules.
    #[error("{}", wrong(mistakes))]
    BadRules {
        /// All that is wrong in it.
        mistakes: Vec<Mistake>,
    },
    /// Somebody else has changed the rules since they were looked at.
    #[error("Meanwhile {what}. Nothing was published: try the text again by the rules as they are now.")]
    RulesChanged {
        /// By whom and what.
        what: String,
    },
    /// The rules are not published or withdrawn.
    #[error("{0}")]
    NotEntered(#[from] NotEntered),
    /// A reason that says nothing, or cannot be printed.
    #[error("Say in 1 to 40 plain characters why these berths are not sold, such as: window broken.")]
    BadReason,
    /// The run has no such coach or berth.
    #[error("This run has no such berth: look at its coaches again.")]
    NoSuchBerth,
    /// More people than a booking may have.
    #[error("A booking is for 1 to {max} passengers: make a second booking for the others.")]
    PartySize {
        /// The most.
        max: u8,
    },
    /// A group, which not everybody books.
    #[error("For more than {max} ask {}, or make another booking for the others.", needs.with_article())]
    GroupNeeds {
        /// The most that anybody books.
        max: u8,
        /// The least role that books more.
        needs: Role,
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
    /// Berths that are kept for others.
    #[error("{}", other_quota(berths))]
    OtherQuota {
        /// Those that are.
        berths: Vec<BerthRef>,
    },
    /// The chart released the quota's berths.
    #[error("The chart of this train is made, and {} berths are sold to everybody: choose the general quota.", quota.words())]
    QuotaOver {
        /// The quota.
        quota: Quota,
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
    /// The railway does not run a part of the way.
    #[error("This train does not run from {from} to {to} that day: choose another one.")]
    PartCancelled {
        /// Where the part begins.
        from: StationCode,
        /// Where it ends.
        to: StationCode,
    },
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
    /// As many holds as one person may have.
    #[error("You hold {max} choices of berths already: pay for one of them, or give its berths back first.")]
    TooManyHolds {
        /// The most.
        max: usize,
    },
    /// As many holds as may be from one address.
    #[error("As many berths are held from where you are as may be: try again in a few minutes, or go to a counter.")]
    TooManyHoldsThere,
    /// A text that is no key of the account, or cannot be one.
    #[error("{0}")]
    BadKey(#[serde(deserialize_with = "sentence")] Sentence),
    /// The slip was paid, or its time is over.
    #[error("This slip cannot be paid any more: {0}.")]
    SlipClosed(#[serde(deserialize_with = "sentence")] Sentence),
    /// These places give nothing back.
    #[error(transparent)]
    NotRefundable(#[from] NotRefundable),
    /// A name cannot be put right.
    #[error(transparent)]
    NotCorrected(#[from] NotCorrected),
    /// The point of boarding cannot be changed.
    #[error(transparent)]
    NotMoved(#[from] NotMoved),
    /// The quote's time is over, or the booking has changed since; the new one.
    #[error("Now {} rupees would be given back: look at it again before you cancel.", .0.refunded)]
    QuoteOver(Box<Quote>),
    /// No refund waits.
    #[error("No money of this booking waits to be handed out: open it again to see when it was.")]
    NothingOwed,
    /// Any traveller may touch a public terminal: there is no till.
    #[error("No money is handed out at a public terminal: do it at a counter.")]
    NoTillHere,
    /// A till has to be open, and none is.
    #[error("No money is taken or handed out here without a till: open yours first (F12, Till).")]
    NoTillOpen,
    /// An agent has one till at a time.
    #[error("You have a till open at {terminal} since {}: count it and close it first.", day_and_clock(since))]
    TillOpen {
        /// Since when.
        since: DateTime<Utc>,
        /// Where it was opened.
        terminal: String,
    },
    /// It was closed, by its agent or by a supervisor.
    #[error("This till is closed: open another, and do it again.")]
    TillClosed,
    /// Money went through it since its drawer was counted.
    #[error("Money went through this till since it was counted: count the drawer again.")]
    TillMovedOn,
    /// No till of this name that the caller may see.
    #[error("There is no such till that you may see: go back and open the list of tills again.")]
    NoSuchTill,
    /// An amount that is in no drawer.
    #[error("A drawer holds from nothing to {} rupees: count again.", crate::domain::till::MOST_IN_DRAWER)]
    NoDrawer,
    /// The sale cannot be undone.
    #[error("This sale cannot be undone: {0}. Cancel the booking by the rules instead.")]
    NotVoidable(#[serde(deserialize_with = "sentence")] Sentence),
    /// Too many days of a report, also of the log, or none.
    #[error("A report is of 1 to {max} days: choose a last day that fits the first.")]
    ReportDays {
        /// The most.
        max: u16,
    },
    /// No booking has this PNR and this telephone number; which of them is wrong, nobody is told.
    #[error("No booking has this PNR and this telephone number: check both, as they stand on the ticket or the slip.")]
    NotFound,
    /// It was found by its number; that is enough to look at it.
    #[error("Only the account that made this booking, or a counter to which you bring the ticket, can change it.")]
    NotYours,
    /// The application that Kiosk replaces made it: there are no berths here to give back, and no money.
    #[error(
        "This booking was made before Kiosk came, and can only be looked at here: to change or cancel it, ask the office \
         that sold it, with its number."
    )]
    MadeBefore,
    /// Nothing under this number of the application that Kiosk replaces that the caller may see.
    #[error("There is no booking with this number that you may see: check it, or sign in to the account that made it.")]
    NoSuchNumber,
    /// Nothing under this PNR that the caller may see.
    #[error("There is no booking {0} that you may see: check the number, or sign in to the account that made it.")]
    NoSuchBooking(Pnr),
    /// No notification of this name is left to be delivered.
    #[error("There is no notification {0} to deliver: it was delivered, or never was. List them to see what is left.")]
    NoSuchNotification(NotificationId),
    /// There is no way by which anybody is told anything.
    #[error("No way of sending receipts is set up here: print the receipt, or save it.")]
    NoWayToSend,
    /// As many banners as there may be.
    #[error("There are {max} notices already: end one of them first.")]
    TooManyBanners {
        /// The most.
        max: usize,
    },
    /// A banner that nobody would ever see.
    #[error("This notice would have ended before anybody sees it: choose a later end.")]
    BannerOver,
    /// Nothing was ever published, and banners stand beside the timetable.
    #[error("There is no timetable yet, and so nothing to tell anybody about: load one with kiosk seed first.")]
    NoTimetable,
    /// The files of an import cannot be read; why.
    #[error("Nothing was read: {0}.")]
    NotRead(String),
    /// Nobody can tell from where such a path goes on.
    #[error("Type the whole path, from the root of the machine on which Kiosk runs, such as /srv/feeds/winter.")]
    NotWholePath,
    /// As many imports as are read at once.
    #[error("Others read {max} imports just now, which is as many as can be: try again in a minute.")]
    ImportsUnderWay {
        /// The most.
        max: usize,
    },
    /// One import is written after the other.
    #[error("Another import is being written just now: wait until it is done, and look again.")]
    ImportUnderWay,
    /// No train is changed while an import is half written.
    #[error(
        "An import of trains is being written, or broke off: try again in a moment. If it stays so, repeat the import, or \
         run kiosk seed, to finish it."
    )]
    ImportUnfinished,
    /// An import would not do what was shown.
    #[error(
        "The files or the timetable have changed since you looked, and nothing more was written: look again, and import \
         what you see then."
    )]
    ImportMoved,
    /// Nothing of an import with mistakes is written unless somebody says so.
    #[error("Nothing was imported, since there are mistakes in it ({mistakes}): mend them, or leave their trains out.")]
    ImportHasMistakes {
        /// How many.
        mistakes: usize,
    },
    /// Tickets and receipts are for paid bookings.
    #[error("There is no ticket and no receipt before the booking is paid: pay at a counter first.")]
    NotPaid,
    /// The store is embedded: nothing outside can ask it.
    #[error("The receipts of this kiosk have no address that others could open: save or print the receipt instead.")]
    NoLinks,
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
    #[error("The store does not answer (Ref {reference}). {}", outcome.words())]
    Unavailable {
        /// What is known.
        outcome: Outcome,
        /// Finds the log's entry.
        reference: String,
    },
    /// A fault of Kiosk's own.
    #[error("Something went wrong in Kiosk (Ref {reference}): try again, and tell your administrator if it stays.")]
    Internal {
        /// Finds the log's entry.
        reference: String,
    },
    /// A reply of another kind than was asked for: a fault of Kiosk's own, of which the log knows nothing.
    #[error(
        "Kiosk answered something else than was asked: try again, and tell your administrator what you did if it stays."
    )]
    Misanswered,
}

impl Failure {
    /// Whether somebody was not let in.
    pub(in crate::service) fn is_refused_sign_in(&self) -> bool {
        matches!(self, Self::WrongPassword | Self::LockedOut { .. } | Self::Closed | Self::WrongCode | Self::CodeOver)
    }
}

/// What is known of a request that was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

fn wrong(mistakes: &[Mistake]) -> String {
    match mistakes {
        [] => "The text cannot be rules: try it again.".to_owned(),
        [only] => format!("The text has a mistake in {only}. Mend it and try again."),
        [first, ..] => {
            format!("The text has {} mistakes, the first in {first}. Mend them and try again.", mistakes.len())
        }
    }
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

fn other_quota(berths: &[BerthRef]) -> String {
    let are = if berths.len() == 1 { "is" } else { "are" };
    format!("{} {are} not sold in this quota: choose another berth, or another quota.", list(berths))
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
