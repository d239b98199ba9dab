//! Who may ask what: one table.

use crate::domain::user::Role;
use crate::service::request::Request;

/// What a session needs to be for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Anything, even locked.
    EvenLocked,
    /// Not locked.
    Anyone,
    /// Somebody's.
    SignedIn,
    /// That of an account with at least this role.
    Role(Role),
}

/// What a request needs. Money and other people's bookings are looked at again where they are known.
pub(super) const fn need(request: &Request) -> Need {
    match request {
        Request::SignOut | Request::Unlock { .. } => Need::EvenLocked,
        Request::SignIn { .. }
        | Request::Register { .. }
        | Request::Search { .. }
        | Request::Departures { .. }
        | Request::Hold { .. }
        | Request::Release { .. }
        | Request::Price { .. }
        | Request::Book { .. }
        | Request::Reserve { .. }
        | Request::QuoteCancel { .. }
        | Request::Cancel { .. }
        | Request::GiveUpSlip { .. }
        | Request::Booking { .. }
        | Request::LookUp { .. }
        | Request::Ticket { .. }
        | Request::Receipt { .. } => Need::Anyone,
        Request::ClaimAdministrator { .. }
        | Request::Lock
        | Request::SshKeys
        | Request::AddSshKey { .. }
        | Request::RemoveSshKey { .. }
        | Request::MyBookings { .. } => Need::SignedIn,
        Request::PaySlip { .. }
        | Request::PayOut { .. }
        | Request::Slip { .. }
        | Request::Chart { .. }
        | Request::Queue { .. } => Need::Role(Role::Agent),
        Request::MakeChart { .. }
        | Request::CancelRun { .. }
        | Request::Notifications { .. }
        | Request::RetryNotifications { .. } => Need::Role(Role::Administrator),
    }
}
