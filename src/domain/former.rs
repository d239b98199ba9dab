//! Bookings of the application that Kiosk replaces: what is known of them, to be looked at.
//!
//! That application sold seats of a train, not segments of a run, so its bookings have no run, leg or berths, and nothing
//! here can be cancelled, charted or audited. They are shown as they were written.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::text::is_hidden;
use crate::domain::user::{AccountId, Phone};

/// What names a booking of that application: a PNR like Kiosk's own, a UUID, or whatever else it drew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FormerId(String);

/// A text that names no booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a booking's number has 1 to 128 plain characters: check it and type it again")]
pub struct BadFormerId;

impl FormerId {
    /// The number as it was given out.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FormerId {
    type Err = BadFormerId;
    fn from_str(text: &str) -> Result<Self, BadFormerId> {
        let id = text.trim();
        let fits = (1..=128).contains(&id.len()) && !id.chars().any(is_hidden);
        if fits { Ok(Self(id.to_owned())) } else { Err(BadFormerId) }
    }
}

impl fmt::Display for FormerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for FormerId {
    type Error = BadFormerId;
    fn try_from(text: String) -> Result<Self, BadFormerId> {
        text.parse()
    }
}

impl From<FormerId> for String {
    fn from(id: FormerId) -> Self {
        id.0
    }
}

/// A booking of that application. What it did not write, or wrote so that it cannot be read, is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FormerBooking {
    /// What names it.
    #[serde(rename = "BookingID")]
    pub id: FormerId,
    /// The account that made it.
    #[serde(rename = "UserID", default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booked_at: Option<DateTime<Utc>>,
    /// The train's number and name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<String>,
    /// From where to where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The day and time of the journey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub travels: Option<String>,
    /// The class, in Kiosk's words where Kiosk knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Who travels, each in a line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passengers: Vec<String>,
    /// Seats, by their number or their numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<String>,
    /// What was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Paise>,
    /// How far it had come, in that application's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The telephone number for news of the journey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
}

/// The account that took over from a user of that application: the same where its id was a UUID as Kiosk writes them.
pub fn account_of(user: &str) -> AccountId {
    let own = Uuid::parse_str(user).ok().unwrap_or_else(|| {
        let digest = Sha256::new().chain_update("former user").chain_update(user).finalize();
        uuid::Builder::from_custom_bytes(digest[..16].try_into().expect("a digest has 32 bytes")).into_uuid()
    });
    AccountId(own)
}

/// The class that is meant by one of the many names that classes went by.
pub fn class_of(name: &str) -> Option<Class> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let plain = plain.strip_suffix("class").filter(|rest| *rest != "first" && *rest != "second").unwrap_or(&plain);
    Some(match plain {
        "1a" | "1ac" | "1stac" | "ac1" | "ac1tier" | "acfirst" | "firstac" | "first" | "firstclass"
        | "acfirstclass" => Class::FirstAc,
        "ec" | "executive" | "executivechair" | "executivechaircar" => Class::ExecutiveChair,
        "2a" | "2ac" | "2ndac" | "ac2" | "ac2t" | "ac2tier" | "actwotier" | "2tierac" | "secondac" => Class::SecondAc,
        "3a" | "3ac" | "3rdac" | "ac3" | "ac3t" | "ac3tier" | "acthreetier" | "3tierac" | "thirdac" => Class::ThirdAc,
        "3e" | "3ae" | "ac3economy" | "ac3tiereconomy" | "thirdaceconomy" => Class::ThirdAcEconomy,
        "cc" | "chaircar" | "acchaircar" | "acchair" => Class::ChairCar,
        "sl" | "sleeper" | "nonacsleeper" => Class::Sleeper,
        "2s" | "secondsitting" | "secondclass" | "secondseater" => Class::SecondSitting,
        "ur" | "general" | "unreserved" | "gn" => Class::Unreserved,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{FormerId, account_of, class_of};
    use crate::domain::coach::Class;

    #[rstest]
    #[case("Sleeper", Some(Class::Sleeper))]
    #[case("sleeper class", Some(Class::Sleeper))]
    #[case("AC 3 Tier", Some(Class::ThirdAc))]
    #[case("3rd AC", Some(Class::ThirdAc))]
    #[case("3A", Some(Class::ThirdAc))]
    #[case("AC 2-Tier", Some(Class::SecondAc))]
    #[case("First Class", Some(Class::FirstAc))]
    #[case("1st_ac", Some(Class::FirstAc))]
    #[case("Chair Car", Some(Class::ChairCar))]
    #[case("Second Class", Some(Class::SecondSitting))]
    #[case("Business", None)]
    #[case("", None)]
    fn classes_by_their_old_names(#[case] name: &str, #[case] class: Option<Class>) {
        assert_eq!(class_of(name), class);
    }

    #[test]
    fn a_user_s_uuid_is_the_account_s_and_any_other_id_gives_always_the_same() {
        let uuid = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
        assert_eq!(account_of(uuid).to_string(), uuid);
        assert_eq!(account_of(&uuid.to_uppercase()).to_string(), uuid);
        assert_eq!(account_of("anita@example.in"), account_of("anita@example.in"));
        assert_ne!(account_of("anita@example.in"), account_of("dev@example.in"));
    }

    #[test]
    fn a_number_is_whatever_was_printed() {
        assert!("9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d".parse::<FormerId>().is_ok());
        assert!(" BK 17 ".parse::<FormerId>().is_ok_and(|id| id.as_str() == "BK 17"));
        assert!("".parse::<FormerId>().is_err());
        assert!("8451234567\u{202e}".parse::<FormerId>().is_err());
    }
}
