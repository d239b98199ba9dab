//! What the services are told when they start, checked by `config` before.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use secrecy::SecretSlice;

use crate::domain::notification::Channel;
use crate::domain::user::Email;
use crate::receipt::Issuer;
use crate::service::{Chance, Labour};

/// How the services behave.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long berths are kept for somebody who fills in the form.
    pub hold: TimeDelta,
    /// How long berths are kept for a slip that is to be paid at a counter.
    pub slip: TimeDelta,
    /// How long a link to a receipt is good.
    pub receipt_link: TimeDelta,
    /// Whether this is a development machine: known accounts exist.
    pub development: bool,
    /// Whether a payment without money is taken. Never in production.
    pub test_payment: bool,
    /// What hashing a password costs.
    pub argon2: Argon2Cost,
    /// How many wrong passwords are answered.
    pub sign_in: SignInLimits,
    /// The address whose account may become the first administrator.
    pub bootstrap_admin: Option<Email>,
    /// Who sells, as receipts say it.
    pub issuer: Issuer,
    /// The key from which those for tickets are derived; 32 bytes or more.
    pub secret: SecretSlice<u8>,
    /// Where ids, codes and salts are drawn.
    pub chance: Chance,
    /// Where passwords are hashed and receipts rendered.
    pub labour: Labour,
    /// When receipts are rendered.
    pub receipts: Receipts,
    /// By which ways people are told of their bookings.
    pub notifications: Notifications,
    /// Whether an agent needs an open till to take money and to hand it out.
    pub till: TillRule,
}

/// What an agent without an open till may do with money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TillRule {
    /// Take it and hand it out: it is in the ledger, and in no till.
    #[default]
    Optional,
    /// Nothing.
    Required,
}

/// By which ways people are told of their bookings; by none, nothing is kept for them either. All processes over one store
/// should say the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notifications {
    /// The function that is given them, by its name or ARN.
    pub function: Option<String>,
    /// The address from which mails come.
    pub sender: Option<Email>,
    /// Whether text messages are sent.
    pub sms: bool,
}

impl Notifications {
    /// The channels that are set up.
    pub fn channels(&self) -> BTreeSet<Channel> {
        let function = self.function.as_ref().map(|_| Channel::Function);
        let email = self.sender.as_ref().map(|_| Channel::Email);
        let sms = self.sms.then_some(Channel::Sms);
        function.into_iter().chain(email).chain(sms).collect()
    }
}

/// When a receipt is rendered and stored; it can be had either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipts {
    /// As soon as the money is taken, so that whoever asks need not wait.
    AtOnce,
    /// When somebody asks.
    WhenAsked,
}

/// The work that one password hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// OWASP's first recommendation for argon2id (Password Storage Cheat Sheet, 2025): 19 MiB, two passes, one lane.
impl Default for Argon2Cost {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

/// How many wrong passwords are answered before nobody is for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInLimits {
    /// Wrong passwords in a row for one account.
    pub per_account: u32,
    /// Wrong passwords at one terminal within `lockout`, whatever the account.
    pub per_terminal: u32,
    /// How long sign-ins are refused after that.
    pub lockout: TimeDelta,
    /// How many passwords are hashed at once; the others wait their turn.
    pub hashes_at_once: usize,
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self { per_account: 5, per_terminal: 20, lockout: TimeDelta::minutes(15), hashes_at_once: 2 }
    }
}

impl Settings {
    /// The settings of a development machine with this secret.
    pub fn development(secret: SecretSlice<u8>) -> Self {
        Self {
            hold: TimeDelta::minutes(10),
            slip: TimeDelta::minutes(20),
            receipt_link: TimeDelta::minutes(15),
            development: true,
            test_payment: true,
            argon2: Argon2Cost::default(),
            sign_in: SignInLimits::default(),
            bootstrap_admin: None,
            issuer: Issuer::default(),
            secret,
            chance: Chance::of_system(),
            labour: Labour::Threads,
            receipts: Receipts::AtOnce,
            notifications: Notifications::default(),
            till: TillRule::default(),
        }
    }
}
