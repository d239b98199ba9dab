//! Accounts: who may do what, and how a name or an address is written.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::domain::text::is_hidden;

/// Names an account for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub Uuid);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// What an account may do; each role may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Books for themselves and sees their own bookings.
    Traveller,
    /// Sells for anyone and takes money.
    Agent,
    /// Answers for the counters: gives everything back where the rules would not.
    Supervisor,
    /// Runs the place.
    Administrator,
}

impl Role {
    /// All roles, the least first.
    pub const ALL: [Self; 4] = [Self::Traveller, Self::Agent, Self::Supervisor, Self::Administrator];

    /// The role in a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Traveller => "traveller",
            Self::Agent => "agent",
            Self::Supervisor => "supervisor",
            Self::Administrator => "administrator",
        }
    }

    /// The role in a word, with its article.
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::Traveller => "a traveller",
            Self::Agent => "an agent",
            Self::Supervisor => "a supervisor",
            Self::Administrator => "an administrator",
        }
    }

    /// Whether the account works for the railway.
    pub fn is_staff(self) -> bool {
        self >= Self::Agent
    }
}

/// A text that is no role.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is not a role: write traveller, agent, supervisor or administrator")]
pub struct BadRole(String);

impl FromStr for Role {
    type Err = BadRole;
    fn from_str(text: &str) -> Result<Self, BadRole> {
        match text.to_ascii_lowercase().as_str() {
            "traveller" | "user" => Ok(Self::Traveller),
            "agent" => Ok(Self::Agent),
            "supervisor" => Ok(Self::Supervisor),
            "administrator" | "admin" => Ok(Self::Administrator),
            _ => Err(BadRole(text.to_owned())),
        }
    }
}

/// The name with which a person signs in: 3 to 32 of `a-z 0-9 . _ -`, kept as typed, unique whatever the case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

/// A text that is no user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("A user name has 3 to 32 letters, digits, dots, hyphens or underscores, and begins with a letter.")]
pub struct BadUsername;

impl Username {
    /// Checks a name.
    pub fn parse(text: &str) -> Result<Self, BadUsername> {
        let name = text.trim();
        let fits = (3..=32).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        if fits { Ok(Self(name.to_owned())) } else { Err(BadUsername) }
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are compared.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Username {
    type Error = BadUsername;
    fn try_from(text: String) -> Result<Self, BadUsername> {
        Self::parse(&text)
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0
    }
}

/// An e-mail address, checked for shape only: nothing but a message to it proves that it exists.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// A text that is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("An e-mail address has one @ with a name before it and a domain after it, such as anita@example.in.")]
pub struct BadEmail;

impl Email {
    /// Checks an address: at most 254 printable characters (RFC 5321, 4.5.3.1.3), one `@`, a domain.
    pub fn parse(text: &str) -> Result<Self, BadEmail> {
        let address = text.trim();
        let (local, domain) = address.split_once('@').ok_or(BadEmail)?;
        let printable = !address.chars().any(|c| c.is_whitespace() || is_hidden(c));
        let domain_ok =
            !domain.contains('@') && !domain.starts_with('.') && !domain.ends_with('.') && !domain.is_empty();
        if !local.is_empty() && printable && domain_ok && address.len() <= 254 {
            Ok(Self(address.to_owned()))
        } else {
            Err(BadEmail)
        }
    }

    /// The address as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which addresses are compared.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Email {
    type Error = BadEmail;
    fn try_from(text: String) -> Result<Self, BadEmail> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(address: Email) -> Self {
        address.0
    }
}

/// A telephone number: 6 to 15 digits (ITU-T E.164), kept without spaces and hyphens.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// A text that is no telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("A telephone number has 6 to 15 digits, with + and the country first if it is abroad.")]
pub struct BadPhone;

impl Phone {
    /// Checks a number.
    pub fn parse(text: &str) -> Result<Self, BadPhone> {
        let number: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
        let digits = number.strip_prefix('+').unwrap_or(&number);
        if (6..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(number))
        } else {
            Err(BadPhone)
        }
    }

    /// The number with nothing hidden.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether somebody who types the one means the other: with or without the country (India, ITU-T E.164) or a zero
    /// before it.
    pub fn is_same(&self, other: &Self) -> bool {
        self.national() == other.national()
    }

    /// The number without the country or a zero before it; one from abroad as it is.
    fn national(&self) -> &str {
        let number = self.0.as_str();
        number.strip_prefix("+91").or_else(|| number.strip_prefix('0')).unwrap_or(number)
    }

    /// All ways in which people write the number, as [`Self::is_same`] takes them for one.
    pub fn forms(&self) -> Vec<Self> {
        let national = self.0.strip_prefix("+91").or_else(|| self.0.strip_prefix('0')).unwrap_or(&self.0);
        let prefixes: &[&str] = if national.starts_with('+') { &[""] } else { &["", "0", "+91"] };
        prefixes.iter().map(|prefix| Self(format!("{prefix}{national}"))).collect()
    }

    /// The number as it is written in every country (ITU-T E.164), if text messages can reach it: one that begins with + as
    /// it is, else one of India's mobile numbers, which have ten digits and begin with 6 to 9.
    pub fn for_texts(&self) -> Option<String> {
        if self.0.starts_with("+91") || !self.0.starts_with('+') {
            let national = self.0.strip_prefix("+91").or_else(|| self.0.strip_prefix('0')).unwrap_or(&self.0);
            let is_mobile = national.len() == 10 && national.starts_with(['6', '7', '8', '9']);
            return is_mobile.then(|| format!("+91{national}"));
        }
        Some(self.0.clone())
    }

    /// The number with all but its last four digits hidden, for logs and for screens that others can see.
    pub fn masked(&self) -> String {
        let shown = self.0.len().saturating_sub(4);
        format!("{}{}", "*".repeat(shown), &self.0[shown..])
    }

    /// A number that looks the same when it is masked, and is nobody's: zeros for all but the last four digits.
    pub fn withheld(&self) -> Self {
        let hidden = self.0.len().saturating_sub(4);
        let digit = |(at, c): (usize, char)| if at < hidden && c.is_ascii_digit() { '0' } else { c };
        Self(self.0.chars().enumerate().map(digit).collect())
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl TryFrom<String> for Phone {
    type Error = BadPhone;
    fn try_from(text: String) -> Result<Self, BadPhone> {
        Self::parse(&text)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

/// A password's hash; it never shows itself. It is argon2id's in PHC form, or one that the application which Kiosk replaces
/// made, until its owner signs in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// An account as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Account {
    /// Names it for ever.
    #[serde(rename = "UserID")]
    pub id: AccountId,
    /// Counts the writes to it.
    pub version: u64,
    /// The name to sign in with.
    pub username: Username,
    /// The address.
    pub email: Email,
    /// What it may do.
    pub role: Role,
    /// The password's hash.
    pub password: PasswordHash,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Refused sign-ins since the last good one.
    pub failures: u32,
    /// Until when sign-ins are refused after too many failures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<DateTime<Utc>>,
    /// Whether an administrator closed the account.
    #[serde(default)]
    pub closed: bool,
    /// Counts the changes with which its sessions end: of its password, of its role, and its closing.
    #[serde(default)]
    pub generation: u32,
    /// The keys with which its holder comes in by SSH.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ssh_keys: Vec<SshKey>,
    /// While its password is a one-time code: until when that is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_until: Option<DateTime<Utc>>,
    /// Its last sign-ins, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sign_ins: Vec<SignIn>,
}

/// A time when the holder of an account came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SignIn {
    /// When.
    pub at: DateTime<Utc>,
    /// At which terminal.
    pub terminal: String,
    /// How they proved who they are.
    pub by: Proof,
}

/// How somebody proves who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Proof {
    /// By the account's password.
    Password,
    /// By a one-time code.
    Code,
    /// By a key, over SSH.
    Key,
}

impl Proof {
    /// The proof in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "one-time code",
            Self::Key => "SSH key",
        }
    }
}

/// A public key with which the holder of an account comes in by SSH.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SshKey {
    /// Its hash as OpenSSH shows it, such as `SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg`.
    pub fingerprint: String,
    /// Its kind and itself, as OpenSSH writes them, without a comment.
    pub key: String,
    /// What its holder calls it.
    pub comment: String,
    /// When it was added.
    pub added_at: DateTime<Utc>,
}

/// How many sign-ins an account remembers.
const SIGN_INS: usize = 5;

impl Account {
    /// The account after its holder came in.
    pub fn signed_in(mut self, sign_in: SignIn) -> Self {
        self.sign_ins.insert(0, sign_in);
        self.sign_ins.truncate(SIGN_INS);
        self
    }

    /// The account with the hash of a one-time code in the place of its password, good until a moment: whoever knew the
    /// password knows nothing any more, and wrong ones are forgotten.
    pub fn with_code(self, code: PasswordHash, until: DateTime<Utc>) -> Self {
        Self { password: code, code_until: Some(until), failures: 0, locked_until: None, ..self }
    }

    /// The account with a password that its holder chose.
    pub fn with_password(self, password: PasswordHash) -> Self {
        Self { password, code_until: None, ..self }
    }

    /// Which sessions that began with the account as it was before end with what it is now.
    pub fn ends(&self, before: &Self) -> Ends {
        if self.closed || self.role != before.role || self.password != before.password {
            Ends::All
        } else if before.ssh_keys.iter().any(|key| !self.has_key(&key.fingerprint)) {
            Ends::ThoseByKey
        } else {
            Ends::None
        }
    }

    /// Whether somebody comes in by a key with this fingerprint.
    pub fn has_key(&self, fingerprint: &str) -> bool {
        self.ssh_keys.iter().any(|key| key.fingerprint == fingerprint)
    }
}

/// Which sessions of an account end with a change of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ends {
    /// None.
    None,
    /// Those that came in by a key which it has no more.
    ThoseByKey,
    /// All.
    All,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{Email, Phone, Username};

    #[rstest]
    #[case("anita", true)]
    #[case("a.n-i_7", true)]
    #[case("an", false)]
    #[case("7anita", false)]
    #[case("anita sharma", false)]
    #[case("anïta", false)]
    fn user_names(#[case] typed: &str, #[case] good: bool) {
        assert_eq!(Username::parse(typed).is_ok(), good);
    }

    #[rstest]
    #[case("anita@example.in", true)]
    #[case("anita@localhost", true)]
    #[case("anita", false)]
    #[case("@example.in", false)]
    #[case("a@b@c", false)]
    #[case("a b@example.in", false)]
    fn addresses(#[case] typed: &str, #[case] good: bool) {
        assert_eq!(Email::parse(typed).is_ok(), good);
    }

    #[rstest]
    #[case("98100 12345", Some("+919810012345"))]
    #[case("098100 12345", Some("+919810012345"))]
    #[case("+91 98100-12345", Some("+919810012345"))]
    #[case("+44 7700 900123", Some("+447700900123"))]
    #[case("011 2338 9319", None)]
    #[case("+91 11 2338 9319", None)]
    #[case("123456", None)]
    fn numbers_for_texts(#[case] typed: &str, #[case] number: Option<&str>) {
        let phone = Phone::parse(typed).expect("a number");
        assert_eq!(phone.for_texts().as_deref(), number);
    }

    #[rstest]
    #[case("9810012345", 3)]
    #[case("09810012345", 3)]
    #[case("+919810012345", 3)]
    #[case("+447700900123", 1)]
    fn a_number_is_found_however_it_was_written(#[case] typed: &str, #[case] ways: usize) {
        let phone = Phone::parse(typed).expect("a number");
        let forms = phone.forms();
        assert_eq!(forms.len(), ways, "{:?}", forms.iter().map(Phone::as_str).collect::<Vec<_>>());
        assert!(forms.contains(&phone) && forms.iter().all(|form| form.is_same(&phone)));
    }

    #[test]
    fn a_phone_number_hides_itself() {
        let phone = Phone::parse("+91 98765-43210").expect("valid");
        assert_eq!(format!("{phone:?}"), "*********3210");
        let withheld = phone.withheld();
        assert_eq!((withheld.as_str(), withheld.masked()), ("+000000003210", phone.masked()));
    }
}
