//! What a session is told.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{
    AccountFacts, Blocked, Cursor, DelayTrial, Document, EventLine, Hold, Identity, ImportTrial, Imported, Offer,
    OnBoard, OneTimeCode, PartTrial, ReceiptLink, RuleRecord, RuleRow, RuleTrial, RunRow, Step, TrainRecord, TrainRow,
};
use crate::domain::banner::Banner;
use crate::domain::booking::Booking;
use crate::domain::fare::Fare;
use crate::domain::former::FormerBooking;
use crate::domain::inventory::Stage;
use crate::domain::load::RunLoad;
use crate::domain::notification::{Channel, Notification};
use crate::domain::owed::{Owed, OwedSums};
use crate::domain::profile::{Companion, Profile};
use crate::domain::refund::Quote;
use crate::domain::report::Report;
use crate::domain::report::refunds::RefundReport;
use crate::domain::station::StationCode;
use crate::domain::till::Till;
use crate::domain::user::{Email, Phone, SshKey};
use crate::domain::waitlist::Queued;
use crate::service::overview::Overview;
use crate::ticket::Ticket;

/// What a session is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Reply {
    /// To `SignIn`, `Register`, `ClaimAdministrator`, `Unlock` and `ChangePassword`.
    Welcome(Identity),
    /// To `SignOut`, `Lock`, `Release`, `CancelRun`, `DelayRun` and `CancelPart`.
    Done,
    /// To `Search` and `Departures`.
    Offers(Vec<Offer>),
    /// To `Hold`.
    Held(Hold),
    /// To `Price`.
    Priced(Fare),
    /// To `QuoteCancel`.
    Quote(Box<Quote>),
    /// To `Book`, `Reserve`, `PaySlip`, `Cancel`, `GiveUpSlip`, `PayOut`, `CorrectName`, `ChangeBoarding`, `VoidSale`, `Booking`,
    /// `LookUp` and `Slip`.
    Booking(Arc<Booking>),
    /// To `MyBookings` and `FindBookings`.
    Bookings {
        /// Newest first.
        page: Vec<Arc<Booking>>,
        /// Where to go on; `None` at the end.
        next: Option<Cursor>,
        /// How far back one's own were looked through, by when they were made; `None` at the end.
        back_to: Option<DateTime<Utc>>,
    },
    /// To `Companions` and `MyCompanions`.
    Companions {
        /// Each once: those who are saved first, then those of the newest booking.
        people: Vec<Companion>,
        /// The telephone number in the caller's profile.
        phone: Option<Phone>,
    },
    /// To `Profile`.
    Profile {
        /// The account's address.
        email: Email,
        /// The rest.
        profile: Box<Profile>,
    },
    /// To `ChangeProfile`: as it is now.
    ProfileChanged(Box<Profile>),
    /// To `FormerBooking`; and to `Booking` and `LookUp`, where the application that Kiosk replaces made the booking.
    FormerBooking(Arc<FormerBooking>),
    /// To `MyFormerBookings`.
    FormerBookings {
        /// Newest first.
        page: Vec<Arc<FormerBooking>>,
        /// Where to go on; `None` at the end.
        next: Option<Cursor>,
    },
    /// To `FindBookings`.
    Found {
        /// Newest first, but those of a run by PNR.
        page: Vec<Arc<Booking>>,
        /// Where to go on; `None` at the end.
        next: Option<Cursor>,
        /// At how many bookings it was looked for these.
        looked_at: usize,
        /// Among all days: to which it was looked back.
        back_to: Option<NaiveDate>,
    },
    /// To `Overview`.
    Overview(Box<Overview>),
    /// To `History`: the oldest first.
    History(Vec<Step>),
    /// To `ResendReceipt`: by which ways it is sent.
    Resent(BTreeSet<Channel>),
    /// To `Events`.
    Events {
        /// Newest first.
        page: Vec<EventLine>,
        /// Where to go on; `None` at the end of the day.
        next: Option<Cursor>,
        /// How far back events were looked at; `None` at the end of the day.
        back_to: Option<DateTime<Utc>>,
    },
    /// To `Banners`, `ShowBanner` and `EndBanner`: those that there are now, by when they begin.
    Banners(Vec<Banner>),
    /// To `Receipt`.
    Receipt(Document),
    /// To `ReceiptLink`.
    ReceiptLink(ReceiptLink),
    /// To `Chart`.
    Chart(Document),
    /// To `OpenTill` and `CloseTill`.
    Till(Box<Till>),
    /// To `MyTills` and `Tills`.
    Tills {
        /// The tills, in the order that was asked for.
        page: Vec<Till>,
        /// Where to go on; `None` at the end.
        next: Option<Cursor>,
    },
    /// To `Report`.
    Report(Box<Report>),
    /// To `Refunds`.
    Refunds(Box<RefundReport>),
    /// To `Owed`.
    Owed {
        /// The longest waiting first.
        page: Vec<Owed>,
        /// Where to go on; `None` at the end.
        next: Option<Cursor>,
    },
    /// To `OwedSums`.
    OwedSums(OwedSums),
    /// To `Occupancy`.
    Occupancy {
        /// By the numbers of the trains.
        page: Vec<RunLoad>,
        /// Where to go on; `None` at the end.
        next: Option<Cursor>,
    },
    /// To `TillReport`, `ReportFile`, `MyBookingsFile`, `TrainsFile` and `ExportEvents`.
    Document(Document),
    /// To `Manifest`.
    Manifest {
        /// In the order of the coaches and their berths.
        page: Vec<OnBoard>,
        /// Where to go on; `None` at the end.
        next: Option<Cursor>,
    },
    /// To `Queue`.
    Queue(Vec<InLine>),
    /// To `MakeChart`: how far the charts of the run have come now.
    Charted(Charts),
    /// To `TryDelay`.
    DelayTried(DelayTrial),
    /// To `TryCancelPart`.
    PartTried(PartTrial),
    /// To `Notifications`: the longest due first.
    Notifications {
        /// A page of them.
        page: Vec<Notification>,
        /// Where the next begins; nothing at the end.
        next: Option<Cursor>,
    },
    /// To `RetryNotifications`: how many are tried anew.
    Revived(usize),
    /// To `SshKeys`, `AddSshKey` and `RemoveSshKey`: those that there are now.
    SshKeys(Vec<SshKey>),
    /// To `Accounts`.
    Accounts {
        /// In the order of what was searched by.
        page: Vec<AccountFacts>,
        /// Where to go on; `None` at the end.
        next: Option<Cursor>,
    },
    /// To `Account` and `ChangeAccount`.
    Account(Box<AccountFacts>),
    /// To `AddAccount` and `IssueCode`: the code is shown this once.
    Code(Box<AccountFacts>, OneTimeCode),
    /// To `Ticket`.
    Ticket(Ticket),
    /// To `Trains`.
    Trains {
        /// By number.
        page: Vec<TrainRow>,
        /// Where to go on; `None` at the end.
        next: Option<Cursor>,
    },
    /// To `Train`, `PublishTrain` and `RetireTrain`.
    Train(Box<TrainRecord>),
    /// To `TryImport`.
    ImportTried(Box<ImportTrial>),
    /// To `Import`.
    Imported(Imported),
    /// To `Runs`: by date.
    Runs(Vec<RunRow>),
    /// To `BlockBerths`.
    Blocked(Blocked),
    /// To `RuleEditions`.
    RuleEditions {
        /// By kind, the latest first.
        page: Vec<RuleRow>,
        /// Where to go on; `None` at the end.
        next: Option<Cursor>,
    },
    /// To `RuleEdition`, `PublishRules` and `WithdrawRules`.
    RuleEdition(Box<RuleRecord>),
    /// To `TryRules`.
    RulesTried(Box<RuleTrial>),
}

/// Somebody who waits, with the stations between which they travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InLine {
    /// Who, and where in which queue.
    pub who: Queued,
    /// The station that their ticket is from: from there on they need a berth, wherever they board.
    pub from: StationCode,
    /// Where they leave.
    pub to: StationCode,
}

/// How far the charts of a run have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Charts {
    /// Which are made.
    pub stage: Stage,
    /// When the first is due.
    pub first: DateTime<Utc>,
    /// When the last is due.
    pub last: DateTime<Utc>,
}
