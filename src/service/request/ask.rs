//! All that can be asked.

use chrono::NaiveDate;
use secrecy::SecretString;
use strum::{IntoStaticStr, VariantNames};

use super::{
    AccountChange, BookingSearch, Choice, Cursor, EventFilter, Form, ImportSource, OldKeys, Order, PartCancellation,
    PasswordChange, Registration, ReportOf, Revive, RulePublication, RunDelay, SampleBooking, Shown, Tender, Tills,
};
use crate::domain::admission::Accept;
use crate::domain::banner::{Banner, BannerId};
use crate::domain::berth_list::Berths;
use crate::domain::booking::OpId;
use crate::domain::coach::{Class, CoachId};
use crate::domain::correction::Correction;
use crate::domain::delay::NewTimes;
use crate::domain::former::FormerId;
use crate::domain::gap::Stretch;
use crate::domain::inventory::HoldId;
use crate::domain::journeys::JourneyFilter;
use crate::domain::money::Paise;
use crate::domain::notification::Delivery;
use crate::domain::passenger::Passenger;
use crate::domain::pnr::Pnr;
use crate::domain::profile::ProfileChange;
use crate::domain::quota::Quota;
use crate::domain::refund::{Quote, WaiverCode};
use crate::domain::segment::Leg;
use crate::domain::station::StationCode;
use crate::domain::till::TillId;
use crate::domain::train::{RunId, Train, TrainNumber};
use crate::domain::user::{AccountId, Email, Phone, Role, Username};

/// What a session asks for.
#[derive(Clone, Debug, IntoStaticStr, VariantNames)]
pub enum Request {
    /// Prove who one is.
    SignIn {
        /// A user name or an e-mail address.
        name: String,
        /// The password.
        password: SecretString,
    },
    /// Make an account for a traveller, and be signed in with it.
    Register(Registration),
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
    /// The keys with which the account comes in by SSH.
    SshKeys,
    /// Add one.
    AddSshKey {
        /// The line of an OpenSSH file.
        line: String,
        /// The account's password.
        password: SecretString,
    },
    /// Remove one.
    RemoveSshKey {
        /// Its fingerprint.
        fingerprint: String,
    },
    /// Choose another password, and end all other sessions of the account.
    ChangePassword(PasswordChange),
    /// What the caller keeps with their account.
    Profile,
    /// Change it.
    ChangeProfile(ProfileChange),
    /// The accounts whose name begins so, in their order; where there are none, or with an `@`, those whose address does.
    Accounts {
        /// The beginning; nothing for all.
        beginning: String,
        /// Where the page before ended.
        after: Option<Cursor>,
    },
    /// One account, as it is now.
    Account {
        /// Which.
        account: AccountId,
    },
    /// Make an account with a one-time code, with which its holder chooses a password.
    AddAccount {
        /// The name to sign in with.
        username: Username,
        /// The address.
        email: Email,
        /// What it may do.
        role: Role,
    },
    /// Change somebody else's account.
    ChangeAccount {
        /// Which.
        account: AccountId,
        /// What.
        change: AccountChange,
    },
    /// Put a one-time code in the place of somebody else's password.
    IssueCode {
        /// Whose.
        account: AccountId,
        /// What becomes of its keys.
        keys: OldKeys,
    },
    /// The journeys from here to there on a date of boarding.
    Search {
        /// Stations of the one end.
        from: Vec<StationCode>,
        /// Stations of the other.
        to: Vec<StationCode>,
        /// The date on which the train leaves the boarding station.
        date: NaiveDate,
        /// The quota by which fares are given; classes without it are left out.
        quota: Quota,
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
        /// Why everything is given back; a supervisor's to say.
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
    /// Put the name of a passenger right.
    CorrectName {
        /// Names the action.
        op: OpId,
        /// The PNR.
        pnr: Pnr,
        /// Whose name, and what it should be.
        correction: Correction,
    },
    /// Board at a later halt.
    ChangeBoarding {
        /// Names the action.
        op: OpId,
        /// The PNR.
        pnr: Pnr,
        /// Where.
        station: StationCode,
    },
    /// Undo a sale of one's own open till: everything goes back the way it came.
    VoidSale {
        /// Names the action.
        op: OpId,
        /// The PNR.
        pnr: Pnr,
    },
    /// Open a till.
    OpenTill {
        /// Names the action, and with the account the till.
        op: OpId,
        /// What is in the drawer for change.
        float: Paise,
    },
    /// Close a till with what was counted in its drawer.
    CloseTill {
        /// Names the action.
        op: OpId,
        /// The till.
        till: TillId,
        /// What was counted.
        counted: Paise,
        /// How many movements had gone through it when it was counted.
        movements: u32,
    },
    /// The caller's tills: the open one first, then the last closed.
    MyTills {
        /// Where the page before ended.
        after: Option<Cursor>,
    },
    /// Everybody's tills.
    Tills {
        /// Which.
        which: Tills,
        /// Where the page before ended.
        after: Option<Cursor>,
    },
    /// What went through a till, line by line: an X report while it is open, a Z report when it is closed.
    TillReport {
        /// The till.
        till: TillId,
        /// On paper, or for a spreadsheet.
        form: Form,
    },
    /// The money of some days of the railway.
    Report {
        /// The first day.
        from: NaiveDate,
        /// The last day.
        to: NaiveDate,
    },
    /// The refunds that were handed out on some days of the railway.
    Refunds {
        /// The first day.
        from: NaiveDate,
        /// The last day.
        to: NaiveDate,
    },
    /// Refunds that wait at a counter, the longest waiting first.
    Owed {
        /// Where the page before ended.
        after: Option<Cursor>,
    },
    /// What all of them come to.
    OwedSums,
    /// How full the runs are that leave their origin on a day.
    Occupancy {
        /// The day.
        date: NaiveDate,
        /// Where the page before ended.
        after: Option<Cursor>,
    },
    /// A report as a document.
    ReportFile {
        /// Which.
        report: ReportOf,
        /// On paper, or for a spreadsheet.
        form: Form,
    },
    /// One booking.
    Booking {
        /// Its PNR.
        pnr: Pnr,
    },
    /// Bookings by what somebody knows of them.
    FindBookings {
        /// What.
        by: BookingSearch,
        /// Where the page before ended.
        after: Option<Cursor>,
    },
    /// What was done to a booking, by whom and from where.
    History {
        /// Its PNR.
        pnr: Pnr,
    },
    /// Send a booking's receipt again, by the ways on which people are told of it.
    ResendReceipt {
        /// Its PNR.
        pnr: Pnr,
    },
    /// A booking for whoever knows its PNR and the telephone number on it, to look at.
    LookUp {
        /// Its PNR.
        pnr: Pnr,
        /// The number.
        phone: Phone,
    },
    /// A slip, for the agent who takes the money.
    Slip {
        /// The slip's code, which is the PNR.
        pnr: Pnr,
    },
    /// The caller's bookings, newest first.
    MyBookings {
        /// Which are meant.
        filter: JourneyFilter,
        /// Where the page before ended.
        after: Option<Cursor>,
    },
    /// The passengers of the last bookings with a telephone number, to be chosen for another.
    Companions {
        /// The number.
        phone: Phone,
    },
    /// The same as a document.
    MyBookingsFile {
        /// Which are meant.
        filter: JourneyFilter,
        /// On paper, or for a spreadsheet.
        form: Form,
    },
    /// Who is saved in the caller's profile, and the passengers of their own last bookings.
    MyCompanions {
        /// The day of the journey, by which the ages of those who are saved go.
        on: NaiveDate,
    },
    /// A booking of the application that Kiosk replaces, by the number that it gave out.
    FormerBooking {
        /// The number.
        id: FormerId,
    },
    /// Those of the caller, newest first.
    MyFormerBookings {
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
    /// Who travels by a run, coach by coach and berth by berth; behind them who has no berth.
    Manifest {
        /// The run.
        run: RunId,
        /// Where to go on; `None` from the first coach.
        after: Option<Cursor>,
    },
    /// Who waits for a berth of a run, in the order in which they are served.
    Queue {
        /// The run.
        run: RunId,
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
    /// What other times of a run would mean for those who booked.
    TryDelay {
        /// The run.
        run: RunId,
        /// The times.
        new: NewTimes,
    },
    /// Change the times of a run, and tell everybody whose train leaves at another time.
    DelayRun(RunDelay),
    /// What it would mean for those who booked if a part of a run's way was not run.
    TryCancelPart {
        /// The run.
        run: RunId,
        /// The part.
        part: Stretch,
    },
    /// Cancel a part of a run for the railway, and give everybody's money back who needs it.
    CancelPart(PartCancellation),
    /// What there is to see of the place at a glance.
    Overview,
    /// Who did what on one of the railway's days, newest first.
    Events {
        /// The day.
        day: NaiveDate,
        /// Which events are meant.
        filter: EventFilter,
        /// Where the page before ended.
        after: Option<Cursor>,
    },
    /// The same of some days as a file for a spreadsheet.
    ExportEvents {
        /// The first day.
        from: NaiveDate,
        /// The last, which is in it.
        to: NaiveDate,
        /// Which events are meant.
        filter: EventFilter,
    },
    /// The banners that are shown, and that are to be.
    Banners,
    /// Show a banner.
    ShowBanner {
        /// Which.
        banner: Banner,
    },
    /// Show a banner no more.
    EndBanner {
        /// Its name.
        banner: BannerId,
    },
    /// The notifications that are to be delivered, or that were given up.
    Notifications {
        /// Which of the two.
        delivery: Delivery,
        /// Where the page before ended.
        after: Option<Cursor>,
    },
    /// Have notifications tried anew.
    RetryNotifications {
        /// Which.
        which: Revive,
    },
    /// The trains of the timetable, by number.
    Trains {
        /// What their numbers begin with, their names have or the stations are called at which they call, each word; empty for
        /// all.
        wanted: String,
        /// Where the page before ended.
        after: Option<Cursor>,
    },
    /// Those of them that run today as a file for a spreadsheet, which an import reads.
    TrainsFile {
        /// As in `Trains`.
        wanted: String,
    },
    /// What an import of trains would do.
    TryImport {
        /// What is imported, and how.
        source: ImportSource,
    },
    /// Import what was shown.
    Import {
        /// Names the action.
        op: OpId,
        /// What is imported, and how.
        source: ImportSource,
        /// What was shown.
        shown: Shown,
    },
    /// All that is published of a train.
    Train {
        /// Its number.
        train: TrainNumber,
    },
    /// Make a train another from a date on, or a new one.
    PublishTrain {
        /// What it is then; its version does not count.
        train: Box<Train>,
        /// The latest version that was looked at; 0 for a train that there is not.
        based_on: u32,
        /// The first date of origin of the runs that go by it.
        from: NaiveDate,
    },
    /// End a train, or take that back.
    RetireTrain {
        /// Its number.
        train: TrainNumber,
        /// The first date on which it does not run; `None` to take it back.
        from: Option<NaiveDate>,
    },
    /// The runs of a train, by date.
    Runs {
        /// Its number.
        train: TrainNumber,
        /// The first date of origin that is looked at.
        from: NaiveDate,
    },
    /// The railway's rules, those of the program and those that are published, by kind.
    RuleEditions {
        /// Where the page before ended.
        after: Option<Cursor>,
    },
    /// Rules with their text.
    RuleEdition {
        /// Their name.
        id: String,
    },
    /// What a text would do as rules.
    TryRules {
        /// The text.
        text: String,
        /// The first day on which they would hold; `None` for the first that can be.
        from: Option<NaiveDate>,
        /// A booking by which they are tried.
        sample: Option<SampleBooking>,
    },
    /// Publish a text as rules.
    PublishRules(RulePublication),
    /// Take published rules back whose day is still to come.
    WithdrawRules {
        /// Names the action.
        op: OpId,
        /// Their number in the book.
        number: u32,
    },
    /// Take berths of a run off sale, or put them on sale again.
    BlockBerths {
        /// The run.
        run: RunId,
        /// Their numbers, by coach.
        berths: Berths,
        /// Why; `None` to put them on sale again.
        reason: Option<String>,
    },
    /// A booking's receipt.
    Receipt {
        /// Its PNR.
        pnr: Pnr,
    },
    /// An address from which whoever has it can fetch a booking's receipt for a while.
    ReceiptLink {
        /// Its PNR.
        pnr: Pnr,
    },
    /// A paid booking's signed ticket, for whoever may see the booking.
    Ticket {
        /// Its PNR.
        pnr: Pnr,
    },
}
