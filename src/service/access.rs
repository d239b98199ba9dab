//! Who may ask what: one table, which `docs/roles.md` shows.
//!
//! What belongs to somebody, such as a booking or money that is taken for it, is looked at again where it is known.

use crate::domain::refund::Reason;
use crate::domain::rules::BookingRules;
use crate::domain::user::Role;
use crate::service::request::Request;

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

/// What a request needs.
pub(super) fn need(request: &Request) -> Need {
    match request {
        Request::SignOut | Request::Unlock { .. } => Need::EvenLocked,
        Request::SignIn { .. }
        | Request::Register(_)
        | Request::Search { .. }
        | Request::Departures { .. }
        | Request::Hold { .. }
        | Request::Release { .. }
        | Request::Price { .. }
        | Request::Book { .. }
        | Request::Reserve { .. }
        | Request::GiveUpSlip { .. }
        | Request::ChangeBoarding { .. }
        | Request::Booking { .. }
        | Request::FormerBooking { .. }
        | Request::LookUp { .. }
        | Request::Ticket { .. }
        | Request::Receipt { .. }
        | Request::ReceiptLink { .. } => Need::Anyone,
        Request::QuoteCancel { waiver, .. } => to_cancel(waiver.is_some()),
        Request::Cancel { quote, .. } => to_cancel(matches!(quote.reason, Reason::Waiver(_))),
        Request::Lock | Request::ChangePassword(_) => Need::EvenByCode,
        Request::ClaimAdministrator { .. }
        | Request::SshKeys
        | Request::AddSshKey { .. }
        | Request::RemoveSshKey { .. }
        | Request::MyBookings { .. }
        | Request::MyBookingsFile { .. }
        | Request::MyCompanions { .. }
        | Request::Profile
        | Request::ChangeProfile(_)
        | Request::MyFormerBookings { .. } => Need::Role(Role::Traveller),
        Request::PaySlip { .. }
        | Request::PayOut { .. }
        | Request::CorrectName { .. }
        | Request::Slip { .. }
        | Request::Companions { .. }
        | Request::VoidSale { .. }
        | Request::OpenTill { .. }
        | Request::CloseTill { .. }
        | Request::MyTills { .. }
        | Request::TillReport { .. }
        | Request::FindBookings { .. }
        | Request::History { .. }
        | Request::ResendReceipt { .. }
        | Request::Chart { .. }
        | Request::Manifest { .. }
        | Request::Queue { .. } => Need::Role(Role::Agent),
        Request::Tills { .. }
        | Request::Report { .. }
        | Request::ReportFile { .. }
        | Request::Refunds { .. }
        | Request::Owed { .. }
        | Request::Occupancy { .. } => Need::Role(Role::Supervisor),
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
        | Request::RetryNotifications { .. }
        | Request::Overview
        | Request::Events { .. }
        | Request::ExportEvents { .. }
        | Request::Banners
        | Request::ShowBanner { .. }
        | Request::EndBanner { .. }
        | Request::Accounts { .. }
        | Request::Account { .. }
        | Request::AddAccount { .. }
        | Request::ChangeAccount { .. }
        | Request::IssueCode { .. } => Need::Role(Role::Administrator),
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
