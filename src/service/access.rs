//! Who may ask what, and of whose: one table, which `docs/roles.md` shows.
//!
//! Who may ask is decided before a request is answered. To whom belongs what it names is known only once that is read: a booking, a
//! till and an account are put before `check_owner` there. A hold is looked for among those of the session, a key among those
//! of its account, and a sale to be undone among those of the till.

use std::fmt;

use crate::domain::refund::Reason;
use crate::domain::rules::BookingRules;
use crate::domain::user::{AccountId, Role};
use crate::service::request::{Failure, Request};
use crate::service::session::Session;

/// What a session needs to be for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Anything, even locked.
    EvenLocked,
    /// Not locked, and with a password of their own if they came in by a one-time code.
    Anyone,
    /// That of an account, even by a one-time code.
    EvenByCode,
    /// That of an account with at least this role.
    Role(Role),
}

/// Whose may be what a request names: a booking, a hold, a till, an account or a key of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// It names nothing that belongs to anybody.
    Nobodys,
    /// One's own, whatever one's role.
    Own,
    /// One's own; from this role on anybody's.
    OwnOr(Role),
    /// Anybody's.
    Anybodys,
    /// Anybody's but one's own: whoever shuts themselves out may have been the last who could let anybody in.
    Others,
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobodys => f.write_str("–"),
            Self::Own => f.write_str("one's own"),
            Self::OwnOr(role) => write!(f, "one's own; from {} on anybody's", role.word()),
            Self::Anybodys => f.write_str("anybody's"),
            Self::Others => f.write_str("anybody else's"),
        }
    }
}

/// What the table says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// What the session needs to be.
    pub(super) need: Need,
    /// Whose may be what the request names.
    pub(super) whose: Whose,
}

/// The table: what a request needs, and whose may be what it names.
pub(super) fn rule(request: &Request) -> Rule {
    let (need, whose) = match request {
        Request::SignOut | Request::Unlock { .. } => (Need::EvenLocked, Whose::Nobodys),
        Request::SignIn { .. }
        | Request::Register(_)
        | Request::Search { .. }
        | Request::Departures { .. }
        | Request::Hold { .. }
        | Request::Price { .. } => (Need::Anyone, Whose::Nobodys),
        Request::Release { .. } | Request::Book { .. } | Request::Reserve { .. } => (Need::Anyone, Whose::Own),
        Request::GiveUpSlip { .. }
        | Request::ChangeBoarding { .. }
        | Request::Booking { .. }
        | Request::FormerBooking { .. }
        | Request::Ticket { .. }
        | Request::Receipt { .. }
        | Request::ReceiptLink { .. } => (Need::Anyone, Whose::OwnOr(Role::Agent)),
        Request::LookUp { .. } => (Need::Anyone, Whose::Anybodys),
        Request::QuoteCancel { waiver, .. } => (to_cancel(waiver.is_some()), Whose::OwnOr(Role::Agent)),
        Request::Cancel { quote, .. } => {
            (to_cancel(matches!(quote.reason, Reason::Waiver(_))), Whose::OwnOr(Role::Agent))
        }
        Request::Lock | Request::ChangePassword(_) => (Need::EvenByCode, Whose::Nobodys),
        Request::ClaimAdministrator { .. }
        | Request::SshKeys
        | Request::AddSshKey { .. }
        | Request::MyBookings { .. }
        | Request::MyBookingsFile { .. }
        | Request::MyCompanions { .. }
        | Request::Profile
        | Request::ChangeProfile(_)
        | Request::MyFormerBookings { .. } => (Need::Role(Role::Traveller), Whose::Nobodys),
        Request::RemoveSshKey { .. } => (Need::Role(Role::Traveller), Whose::Own),
        Request::PaySlip { .. }
        | Request::PayOut { .. }
        | Request::CorrectName { .. }
        | Request::Slip { .. }
        | Request::History { .. }
        | Request::ResendReceipt { .. } => (Need::Role(Role::Agent), Whose::Anybodys),
        Request::Companions { .. }
        | Request::OpenTill { .. }
        | Request::MyTills { .. }
        | Request::FindBookings { .. }
        | Request::Chart { .. }
        | Request::Manifest { .. }
        | Request::Queue { .. } => (Need::Role(Role::Agent), Whose::Nobodys),
        Request::VoidSale { .. } => (Need::Role(Role::Agent), Whose::Own),
        Request::CloseTill { .. } | Request::TillReport { .. } => {
            (Need::Role(Role::Agent), Whose::OwnOr(Role::Supervisor))
        }
        Request::Tills { .. }
        | Request::Report { .. }
        | Request::ReportFile { .. }
        | Request::Refunds { .. }
        | Request::Owed { .. }
        | Request::OwedSums
        | Request::Occupancy { .. } => (Need::Role(Role::Supervisor), Whose::Nobodys),
        Request::MakeChart { .. }
        | Request::CancelRun { .. }
        | Request::TryDelay { .. }
        | Request::DelayRun(_)
        | Request::TryCancelPart { .. }
        | Request::CancelPart(_)
        | Request::Trains { .. }
        | Request::TrainsFile { .. }
        | Request::TryImport { .. }
        | Request::Import { .. }
        | Request::Train { .. }
        | Request::PublishTrain { .. }
        | Request::RetireTrain { .. }
        | Request::Runs { .. }
        | Request::RuleEditions { .. }
        | Request::RuleEdition { .. }
        | Request::TryRules { .. }
        | Request::PublishRules(_)
        | Request::WithdrawRules { .. }
        | Request::BlockBerths { .. }
        | Request::Notifications { .. }
        | Request::Overview
        | Request::Events { .. }
        | Request::ExportEvents { .. }
        | Request::Banners
        | Request::ShowBanner { .. }
        | Request::Accounts { .. }
        | Request::AddAccount { .. } => (Need::Role(Role::Administrator), Whose::Nobodys),
        Request::RetryNotifications { .. } | Request::EndBanner { .. } | Request::Account { .. } => {
            (Need::Role(Role::Administrator), Whose::Anybodys)
        }
        Request::ChangeAccount { .. } | Request::IssueCode { .. } => (Need::Role(Role::Administrator), Whose::Others),
    };
    Rule { need, whose }
}

/// Whose may be what a request names.
pub fn whose(request: &Request) -> Whose {
    rule(request).whose
}

/// Refuses what belongs to an account, or to nobody's, where the table does not give it to whoever asks.
///
/// # Errors
///
/// `NotYours`, of which whoever asks is told as if there were nothing of the kind, and `OwnAccount`.
pub(super) async fn check_owner(session: &Session, owner: Option<AccountId>) -> Result<(), Failure> {
    let is_own = owner.is_some() && owner == session.who().account();
    let least = match session.whose() {
        Whose::Others if is_own => return Err(Failure::OwnAccount),
        Whose::Anybodys | Whose::Others => return Ok(()),
        Whose::Own | Whose::OwnOr(_) | Whose::Nobodys if is_own => return Ok(()),
        Whose::Own | Whose::Nobodys => return Err(Failure::NotYours),
        Whose::OwnOr(least) => least,
    };
    if session.who().role().is_none_or(|role| role < least) {
        return Err(Failure::NotYours);
    }
    match session.require(least).await {
        // That there is such a thing is nobody else's business.
        Err(Failure::SignedOut | Failure::NotAllowed { .. }) => Err(Failure::NotYours),
        looked_at_again => looked_at_again,
    }
}

/// To give everything back, whatever the rules say, is a supervisor's to decide.
const fn to_cancel(waives: bool) -> Need {
    if waives { Need::Role(Role::Supervisor) } else { Need::Anyone }
}

/// The role that a party of this size needs, whoever travels. How many anybody books is for the rules of the day to say, so
/// it is asked where a party is held, priced and booked.
pub(super) fn to_book(rules: &BookingRules, people: usize) -> Option<Role> {
    (people > usize::from(rules.max_party)).then_some(Role::Supervisor)
}
