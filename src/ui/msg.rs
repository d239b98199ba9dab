//! What comes in and what goes out: the whole interface between the program and its terminal.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::layout::Size;
use serde::{Deserialize, Serialize};

use crate::domain::banner::Banner;
use crate::domain::inventory::RunState;
use crate::domain::rules::book::Edition;
use crate::domain::train::RunId;
pub use crate::service::live::Attention;
use crate::service::progress::Progress;
use crate::service::request::{Document, Failure, Reply, Request};
use crate::ui::context::Look;
use crate::ui::keys::{Key, Mouse};

/// The longest paste in characters; a longer one is cut there.
pub const LONGEST_PASTE: usize = 16_384;

/// Something that happened.
#[derive(Clone)]
pub enum Msg {
    /// A key went down.
    Key(Key),
    /// The mouse, or a finger.
    Mouse(Mouse),
    /// Text from the clipboard, newlines and all.
    Paste(String),
    /// The terminal has this size; the first message of a session.
    Resize(Size),
    /// The moment that `App::next_wake` asked for has come.
    Wake,
    /// A watched run changed.
    Live(Arc<RunState>),
    /// These are the banners for this terminal now.
    Banners(Vec<Banner>),
    /// These are the published rules now.
    Rules(Vec<Arc<Edition>>),
    /// A call that takes long has come so far.
    Progress(CallId, Progress),
    /// A call was answered.
    Reply(CallId, Result<Reply, Failure>),
    /// What became of an `Effect::Open`.
    Opened(Result<Opened, OpenFailed>),
    /// What became of an `Effect::Read`: the file's text.
    Read(Result<String, OpenFailed>),
    /// The terminal goes away at this moment, for whoever keeps it has to close: time to finish.
    Closing(DateTime<Utc>),
    /// Whoever came in left something behind when their line broke.
    LeftBehind(LeftBehind),
    /// They go on with it, at a terminal that shows this. It comes to the program that was left behind.
    Back(Look),
    /// It is not there any more.
    NothingLeft,
    /// The visit of whoever is signed in was ended by others.
    Expelled,
    /// The terminal is going away: the last message of a session.
    HangUp,
}

/// Names the kind of message only: what is typed or pasted may be a password.
impl fmt::Debug for Msg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(_) => f.write_str("Key"),
            Self::Mouse(mouse) => write!(f, "{mouse:?}"),
            Self::Paste(text) => write!(f, "Paste({} bytes)", text.len()),
            Self::Resize(size) => write!(f, "Resize({size})"),
            Self::Wake => f.write_str("Wake"),
            Self::Rules(editions) => write!(f, "Rules({})", editions.len()),
            Self::Read(Ok(text)) => write!(f, "Read({} bytes)", text.len()),
            Self::Read(Err(failed)) => write!(f, "Read({failed:?})"),
            Self::Banners(banners) => write!(f, "Banners({})", banners.len()),
            Self::Live(state) => write!(f, "Live({})", state.run),
            Self::Progress(call, progress) => write!(f, "Progress({call:?}, {progress:?})"),
            Self::Reply(call, Ok(_)) => write!(f, "Reply({call:?}, ok)"),
            Self::Reply(call, Err(failure)) => write!(f, "Reply({call:?}, {failure:?})"),
            Self::Opened(result) => write!(f, "Opened({result:?})"),
            Self::Closing(at) => write!(f, "Closing({at})"),
            Self::LeftBehind(left) => write!(f, "LeftBehind({left:?})"),
            Self::Back(look) => write!(f, "Back({look:?})"),
            Self::NothingLeft => f.write_str("NothingLeft"),
            Self::Expelled => f.write_str("Expelled"),
            Self::HangUp => f.write_str("HangUp"),
        }
    }
}

/// Something that the terminal shall do.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Ask the services, and bring the answer back under this name.
    Call(CallId, Request),
    /// Nobody waits for this call any more: it reads alone, and may stop.
    Stop(CallId),
    /// Bring a document to the person.
    Open(Document, How),
    /// Read the text file at this path, of the machine at which the person sits.
    Read(String),
    /// Ring the bell.
    Bell,
    /// Go on with what was left behind when a line broke.
    GoOn,
    /// End the session.
    Quit,
}

/// What somebody left behind when their line broke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftBehind {
    /// Where they were, such as `12951 Mumbai Rajdhani on Sat 5 Dec`.
    pub what: String,
    /// The terminal whose line broke.
    pub terminal: String,
    /// Until when it is kept.
    pub until: DateTime<Utc>,
}

/// Names a call; never used twice in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// A run whose state a screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Watch {
    /// The run.
    pub run: RunId,
    /// How soon a change has to be seen.
    pub attention: Attention,
}

/// How a document reaches the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum How {
    /// Shown by the desktop's own program.
    Open,
    /// Written to the folder for downloads.
    Save,
    /// Printed by the terminal's printer.
    Print,
    /// By an address from which anybody can fetch it.
    Link,
}

/// What became of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Opened {
    /// A program shows it.
    Shown,
    /// It is in this file.
    Saved(String),
    /// The printer has it.
    Printed,
}

/// A document did not reach the person; a sentence that says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenFailed(pub String);

/// Something that is asked for and comes later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Load<T> {
    /// Not asked for.
    #[default]
    Idle,
    /// Asked for with this call.
    Waiting(CallId),
    /// Here.
    Ready(T),
    /// Refused.
    Failed(Failure),
}

impl<T> Load<T> {
    /// Whether this is the call it waits for.
    pub fn awaits(&self, call: CallId) -> bool {
        matches!(self, Self::Waiting(id) if *id == call)
    }

    /// Whether it waits at all.
    pub fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting(_))
    }

    /// What is here.
    pub fn ready(&self) -> Option<&T> {
        if let Self::Ready(value) = self { Some(value) } else { None }
    }

    /// Why it was refused.
    pub fn failed(&self) -> Option<&Failure> {
        if let Self::Failed(failure) = self { Some(failure) } else { None }
    }

    /// Takes the answer if it is to the call waited for; `read` picks the value out of the reply, which a service
    /// that answers another question than was asked cannot give. Returns whether the answer was taken.
    pub fn settle(
        &mut self,
        call: CallId,
        answer: &Result<Reply, Failure>,
        read: impl FnOnce(&Reply) -> Option<T>,
    ) -> bool {
        if !self.awaits(call) {
            return false;
        }
        *self = match answer {
            Ok(reply) => match read(reply) {
                Some(value) => Self::Ready(value),
                None => Self::Failed(Failure::Misanswered),
            },
            Err(failure) => Self::Failed(failure.clone()),
        };
        true
    }

    /// Stops waiting for a call.
    pub fn give_up(&mut self, call: CallId) {
        if self.awaits(call) {
            *self = Self::Idle;
        }
    }
}

/// A wait shorter than this shows nothing: it would only flicker.
pub const PATIENCE: TimeDelta = TimeDelta::milliseconds(300);

/// After so long somebody wonders how much longer it takes.
const WONDER: TimeDelta = TimeDelta::seconds(2);

/// A call that was not answered yet.
#[derive(Clone, Debug)]
pub struct Pending {
    /// When it was asked.
    pub since: DateTime<Utc>,
    /// What is awaited, such as `Looking for trains`.
    pub what: &'static str,
    /// How long the store is asked before it is given up.
    pub patience: Option<TimeDelta>,
}

impl Pending {
    /// How many seconds more it takes at most, once it takes so long that somebody wonders.
    pub fn seconds_left(&self, now: DateTime<Utc>) -> Option<i64> {
        let left = (self.since + self.patience? - now).num_seconds();
        (now >= self.since + WONDER && left > 0).then_some(left)
    }
}

/// What the person waits for while a request is on its way.
pub const fn awaiting(request: &Request) -> &'static str {
    match request {
        Request::SignIn { .. } => "Signing in",
        Request::Register(_) => "Making the account",
        Request::ClaimAdministrator { .. } | Request::Unlock { .. } => "Checking",
        Request::SignOut => "Signing out",
        Request::Lock => "Locking",
        Request::ChangePassword(_) => "Changing the password",
        Request::Accounts { .. } => "Reading the accounts",
        Request::Account { .. } => "Reading the account",
        Request::AddAccount { .. } => "Making the account",
        Request::ChangeAccount { .. } => "Changing the account",
        Request::IssueCode { .. } => "Drawing a code",
        Request::Profile => "Reading your profile",
        Request::ChangeProfile(_) => "Changing your profile",
        Request::SshKeys => "Reading the keys",
        Request::AddSshKey { .. } => "Adding the key",
        Request::RemoveSshKey { .. } => "Removing the key",
        Request::Search { .. } => "Looking for trains",
        Request::Departures { .. } => "Reading the departures",
        Request::Hold { .. } => "Holding the berths",
        Request::Release { .. } => "Giving the berths back",
        Request::Price { .. } => "Reckoning the fare",
        Request::Book { .. } | Request::PaySlip { .. } => "Booking",
        Request::Reserve { .. } => "Writing the slip",
        Request::QuoteCancel { .. } => "Reckoning the refund",
        Request::Cancel { .. } => "Cancelling",
        Request::GiveUpSlip { .. } => "Giving the slip up",
        Request::CorrectName { .. } => "Putting the name right",
        Request::ChangeBoarding { .. } => "Changing the boarding",
        Request::PayOut { .. } => "Handing the refund out",
        Request::VoidSale { .. } => "Undoing the sale",
        Request::OpenTill { .. } => "Opening the till",
        Request::CloseTill { .. } => "Closing the till",
        Request::MyTills { .. } | Request::Tills { .. } => "Reading the tills",
        Request::TillReport { .. } | Request::ReportFile { .. } => "Writing the report",
        Request::MyBookingsFile { .. } => "Writing the list",
        Request::Occupancy { .. } => "Reading the runs",
        Request::Report { .. } => "Adding up the sales",
        Request::Refunds { .. } => "Adding up the refunds",
        Request::Owed { .. } => "Reading what is owed",
        Request::OwedSums => "Adding up what is owed",
        Request::Booking { .. } | Request::FormerBooking { .. } | Request::LookUp { .. } => "Reading the booking",
        Request::History { .. } => "Reading what was done",
        Request::ResendReceipt { .. } => "Sending the receipt",
        Request::Overview => "Looking at everything",
        Request::Events { .. } => "Reading the log",
        Request::ExportEvents { .. } => "Writing the file",
        Request::Banners => "Reading the notices",
        Request::ShowBanner { .. } => "Showing the notice",
        Request::EndBanner { .. } => "Ending the notice",
        Request::Slip { .. } => "Reading the slip",
        Request::MyBookings { .. } | Request::MyFormerBookings { .. } | Request::FindBookings { .. } => {
            "Reading the bookings"
        }
        Request::Companions { .. } | Request::MyCompanions { .. } => "Looking for passengers",
        Request::Receipt { .. } | Request::ReceiptLink { .. } => "Making the receipt",
        Request::Chart { .. } => "Making the chart",
        Request::Manifest { .. } => "Reading who travels",
        Request::Queue { .. } => "Reading the queues",
        Request::MakeChart { .. } => "Charting the run",
        Request::CancelRun { .. } => "Cancelling the run",
        Request::TryDelay { .. } | Request::TryCancelPart { .. } => "Looking at the bookings",
        Request::DelayRun(_) => "Changing the times",
        Request::CancelPart(_) => "Cancelling a part of the run",
        Request::Notifications { .. } => "Reading the notifications",
        Request::RetryNotifications { .. } => "Reviving the notifications",
        Request::Trains { .. } => "Reading the trains",
        Request::TrainsFile { .. } => "Writing the trains",
        Request::TryImport { .. } => "Reading the files",
        Request::Import { .. } => "Importing the trains",
        Request::Train { .. } => "Reading the train",
        Request::PublishTrain { .. } => "Publishing the train",
        Request::RetireTrain { .. } => "Changing the train's end",
        Request::Runs { .. } => "Reading the runs",
        Request::RuleEditions { .. } | Request::RuleEdition { .. } => "Reading the rules",
        Request::TryRules { .. } => "Trying the rules",
        Request::PublishRules(_) => "Publishing the rules",
        Request::WithdrawRules { .. } => "Withdrawing the rules",
        Request::BlockBerths { .. } => "Changing what is sold",
        Request::Ticket { .. } => "Signing the ticket",
    }
}
