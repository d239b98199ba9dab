//! One-time codes: what an administrator gives to somebody who has no password, or has forgotten it.
//!
//! A code stands in the place of the password, hashed as one, so that whoever knew the old password is out, guesses at it
//! are counted as guesses at passwords are, and nobody can read it afterwards. It is good for an hour, and until a password
//! is chosen with it; whoever came in by one can do nothing else before.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use data_encoding::BASE32_NOPAD;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::user::{Account, PasswordHash};
use crate::service::Kiosk;
use crate::service::request::{Failure, OneTimeCode};

/// How long a code is good: as long as somebody waits at a desk, or for a call.
pub(super) const LIFE: TimeDelta = TimeDelta::hours(1);

/// How many letters of a code stand together.
const GROUP: usize = 4;

/// A new code, and the hash under which it is kept.
pub(super) async fn draw(kiosk: &Kiosk) -> Result<(OneTimeCode, PasswordHash), Failure> {
    // 80 bits: more than anyone tries against the limit on attempts.
    let letters = BASE32_NOPAD.encode(&kiosk.chance().bytes::<10>());
    let hash = kiosk.0.hasher.hash(SecretString::from(letters.as_str())).await?;
    let groups: Vec<&str> = (0..letters.len()).step_by(GROUP).map(|at| &letters[at..at + GROUP]).collect();
    let until = (kiosk.now() + LIFE).trunc_subsecs(0);
    Ok((OneTimeCode { code: groups.join("-").into(), until }, hash))
}

/// What somebody typed as it was hashed. Spaces, hyphens and case do not matter in a code; in a password they do.
pub(super) fn as_hashed(account: &Account, typed: SecretString) -> SecretString {
    if account.code_until.is_none() {
        return typed;
    }
    let letters = typed.expose_secret().chars().filter(char::is_ascii_alphanumeric);
    SecretString::from(letters.collect::<String>().to_ascii_uppercase())
}

/// Refuses a code whose time is over.
pub(super) fn check_time(account: &Account, now: DateTime<Utc>) -> Result<(), Failure> {
    if account.code_until.is_some_and(|until| until <= now) { Err(Failure::CodeOver) } else { Ok(()) }
}
