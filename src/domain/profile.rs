//! What the holder of an account keeps with it: their own name and telephone number, and the people for whom they book.
//!
//! It is beside the account, not in it: every sign-in and every look at who is still welcome reads accounts, and none of that
//! needs anybody's family. A person is kept by their date of birth, since an age is wrong a year later.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::domain::coach::BerthType;
use crate::domain::passenger::{Accommodation, Age, Gender, Passenger, PersonName};
use crate::domain::user::Phone;

/// How many people an account keeps at most: a few parties of the size that a booking may have.
pub const MOST: usize = 20;

/// Names somebody in a profile for ever. Whoever adds them draws it, so that a repetition adds nobody twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub Uuid);

/// A date on which somebody was born, from 1900 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "NaiveDate", into = "NaiveDate")]
pub struct BirthDate(NaiveDate);

/// A text that is no date of birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("A date of birth has a day, a month and a year of four digits, such as 12/3/1984 or 12 mar 1984.")]
pub struct BadBirthDate;

impl BirthDate {
    const FIRST_YEAR: i32 = 1900;

    /// The age on a day, in completed years; 0 before the birth.
    pub fn age_on(self, day: NaiveDate) -> Age {
        let years = day.years_since(self.0).unwrap_or(0);
        u8::try_from(years).ok().and_then(|years| Age::try_from(years).ok()).unwrap_or_else(oldest)
    }

    /// The date.
    pub const fn date(self) -> NaiveDate {
        self.0
    }
}

fn oldest() -> Age {
    Age::try_from(125).expect("it is an age")
}

impl TryFrom<NaiveDate> for BirthDate {
    type Error = BadBirthDate;

    fn try_from(date: NaiveDate) -> Result<Self, BadBirthDate> {
        if date.year() >= Self::FIRST_YEAR { Ok(Self(date)) } else { Err(BadBirthDate) }
    }
}

impl From<BirthDate> for NaiveDate {
    fn from(born: BirthDate) -> Self {
        born.0
    }
}

impl FromStr for BirthDate {
    type Err = BadBirthDate;

    fn from_str(text: &str) -> Result<Self, BadBirthDate> {
        let text = text.trim();
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Self::try_from(date);
        }
        let parts: Vec<&str> = text.split([' ', '/', '-', '.', ',']).filter(|part| !part.is_empty()).collect();
        let [day, month, year] = parts[..] else { return Err(BadBirthDate) };
        let month =
            month.parse::<u32>().ok().or_else(|| Some(month.parse::<chrono::Month>().ok()?.number_from_month()));
        let year = year.parse().ok().filter(|_| year.len() == 4);
        let date = year.zip(month).zip(day.parse().ok());
        let date = date.and_then(|((year, month), day)| NaiveDate::from_ymd_opt(year, month, day));
        Self::try_from(date.ok_or(BadBirthDate)?)
    }
}

impl fmt::Display for BirthDate {
    /// As it is read back: `12/03/1984`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.format("%d/%m/%Y").to_string())
    }
}

/// Somebody for whom the holder of an account books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SavedPerson {
    /// Names them.
    #[serde(rename = "PersonID")]
    pub id: PersonId,
    /// Name as on the identity card.
    pub name: PersonName,
    /// When they were born.
    pub born: BirthDate,
    /// Gender.
    pub gender: Gender,
    /// The berth that they like; `None` when any will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preference: Option<BerthType>,
}

impl SavedPerson {
    /// Them as a passenger with a berth on a day of travel.
    pub fn travelling(&self, day: NaiveDate) -> Passenger {
        Passenger {
            name: self.name.clone(),
            age: self.born.age_on(day),
            gender: self.gender,
            preference: self.preference,
            accommodation: Accommodation::Berth,
        }
    }
}

/// Somebody who can be chosen instead of typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Companion {
    /// Who.
    pub passenger: Passenger,
    /// How they are known.
    pub known: Known,
}

/// How somebody is known who can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Known {
    /// From a profile, with the age that they have on the day of the journey.
    Saved,
    /// From a booking, with the age that they had by then.
    Travelled,
}

/// What the holder of an account keeps with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Profile {
    /// Counts the writes to it; 0 where there was none.
    pub version: u32,
    /// Their own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// The telephone number that their bookings are made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// For whom they book, in the order in which they were added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<SavedPerson>,
}

/// A change of a profile. Done twice it is as if it was done once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileChange {
    /// The holder's own name and number.
    Contact {
        /// The name.
        name: Option<PersonName>,
        /// The number.
        phone: Option<Phone>,
        /// What they were when the form was opened.
        was: (Option<PersonName>, Option<Phone>),
    },
    /// Somebody is added, or is as this says from now on.
    Save {
        /// They as they are to be.
        person: SavedPerson,
        /// They as they were when the form was opened; `None` for somebody new.
        was: Option<SavedPerson>,
    },
    /// Somebody is not kept any more.
    Remove(PersonId),
}

/// Why somebody is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum NotSaved {
    /// As many as are kept.
    #[error("{MOST} people are saved already: remove one of them first.")]
    Full,
    /// They are there.
    #[error("Somebody with this name and date of birth is saved already: change that one, or check what is typed.")]
    Twice,
    /// It was changed at another terminal.
    #[error("It was changed elsewhere meanwhile, and nothing is saved: Esc shows it as it is now.")]
    Stale,
    /// They are not born yet.
    #[error("That day is yet to come: type the date of birth as it stands on the identity card.")]
    NotBorn,
}

impl Profile {
    /// The profile after a change that is made on a day of the railway.
    ///
    /// # Errors
    ///
    /// Why somebody is not kept.
    pub fn changed(&self, change: &ProfileChange, today: NaiveDate) -> Result<Self, NotSaved> {
        let mut next = self.clone();
        match change {
            ProfileChange::Contact { name, phone, was } => {
                let is = (&next.name, &next.phone);
                if is != (&was.0, &was.1) && is != (name, phone) {
                    return Err(NotSaved::Stale);
                }
                next.name.clone_from(name);
                next.phone.clone_from(phone);
            }
            ProfileChange::Remove(id) => next.people.retain(|person| person.id != *id),
            ProfileChange::Save { person, was } => {
                if person.born.date() > today {
                    return Err(NotSaved::NotBorn);
                }
                let is_same = |other: &SavedPerson| {
                    other.id != person.id && other.born == person.born && is_called(other.name.as_str(), &person.name)
                };
                if next.people.iter().any(is_same) {
                    return Err(NotSaved::Twice);
                }
                let known = next.people.iter().position(|other| other.id == person.id);
                let is = known.map(|known| &next.people[known]);
                if is != was.as_ref() && is != Some(person) {
                    return Err(NotSaved::Stale);
                }
                match known {
                    Some(known) => next.people[known].clone_from(person),
                    None if next.people.len() >= MOST => return Err(NotSaved::Full),
                    None => next.people.push(person.clone()),
                }
            }
        }
        Ok(next)
    }
}

fn is_called(name: &str, other: &PersonName) -> bool {
    name.to_lowercase() == other.as_str().to_lowercase()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use rstest::rstest;
    use uuid::Uuid;

    use super::{BirthDate, MOST, NotSaved, PersonId, Profile, ProfileChange, SavedPerson};
    use crate::domain::passenger::{Gender, PersonName};
    use crate::domain::user::Phone;

    fn added(person: SavedPerson) -> ProfileChange {
        ProfileChange::Save { person, was: None }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn person(id: u128, name: &str, born: &str) -> SavedPerson {
        SavedPerson {
            id: PersonId(Uuid::from_u128(id)),
            name: PersonName::parse(name).expect("a name"),
            born: born.parse().expect("a date of birth"),
            gender: Gender::Female,
            preference: None,
        }
    }

    #[rstest]
    #[case("12/3/1984", Some("12/03/1984"))]
    #[case("12.03.1984", Some("12/03/1984"))]
    #[case(" 12 mar 1984 ", Some("12/03/1984"))]
    #[case("12 March 1984", Some("12/03/1984"))]
    #[case("1984-03-12", Some("12/03/1984"))]
    #[case("29/2/2000", Some("29/02/2000"))]
    #[case("29/2/2001", None)]
    #[case("12/3/84", None)]
    #[case("12/13/1984", None)]
    #[case("12/3/1899", None)]
    #[case("1984", None)]
    #[case("", None)]
    fn dates_of_birth(#[case] typed: &str, #[case] read: Option<&str>) {
        let born = typed.parse::<BirthDate>().ok().map(|born| born.to_string());
        assert_eq!(born.as_deref(), read);
    }

    #[rstest]
    #[case("12/3/1984", "2026-03-11", 41)]
    #[case("12/3/1984", "2026-03-12", 42)]
    #[case("29/2/2020", "2026-02-28", 5)]
    #[case("29/2/2020", "2026-03-01", 6)]
    #[case("12/3/2026", "2026-03-01", 0)]
    #[case("1/1/1900", "2026-12-24", 125)]
    fn an_age_is_that_of_the_day(#[case] born: &str, #[case] on: &str, #[case] years: u8) {
        assert_eq!(born.parse::<BirthDate>().expect("a date").age_on(day(on)).years(), years);
    }

    #[test]
    fn each_change_is_the_same_when_it_is_repeated() {
        let today = day("2026-12-01");
        let anita = person(1, "Anita Sharma", "12/3/1984");
        let changes = [
            added(anita.clone()),
            ProfileChange::Contact { name: PersonName::parse("Anita Sharma").ok(), phone: None, was: (None, None) },
            ProfileChange::Save { person: person(1, "Anita Rao", "12/3/1984"), was: Some(anita) },
            ProfileChange::Remove(PersonId(Uuid::from_u128(1))),
        ];
        let mut profile = Profile::default();
        for change in changes {
            let once = profile.changed(&change, today).expect("it is taken");
            assert_ne!(once, profile);
            assert_eq!(once.changed(&change, today).as_ref(), Ok(&once));
            profile = once;
        }
        assert!(profile.people.is_empty() && profile.name.is_some());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let today = day("2026-12-01");
        let mut profile = Profile::default();
        for id in 0..MOST as u128 {
            let change = added(person(id, &format!("Anita {id}"), "12/3/1984"));
            profile = profile.changed(&change, today).expect("there is room");
        }
        let save = |person: SavedPerson| {
            let was = profile.people.iter().find(|known| known.id == person.id).cloned();
            profile.changed(&ProfileChange::Save { person, was }, today)
        };
        assert_eq!(save(person(99, "Dev", "1/1/1990")), Err(NotSaved::Full));
        assert_eq!(save(person(99, "ANITA 3", "12/3/1984")), Err(NotSaved::Twice));
        assert_eq!(save(person(3, "Anita 3", "2/12/2026")), Err(NotSaved::NotBorn));
        assert!(save(person(3, "Anita Three", "12/3/1984")).is_ok(), "one that is there can be changed");
    }

    #[test]
    fn a_form_undoes_nothing_that_was_changed_since_it_was_opened() {
        let today = day("2026-12-01");
        let (before, elsewhere) = (person(1, "Anita Sharma", "12/3/1984"), person(1, "Anita Rao", "12/3/1984"));
        let here = person(1, "Anita Sharma", "12/3/1985");
        let profile = |people: &[&SavedPerson]| Profile {
            people: people.iter().copied().cloned().collect(),
            phone: Phone::parse("9810012345").ok(),
            ..Profile::default()
        };
        let save = ProfileChange::Save { person: here.clone(), was: Some(before.clone()) };
        assert!(profile(&[&before]).changed(&save, today).is_ok());
        assert!(profile(&[&here]).changed(&save, today).is_ok(), "it is made already");
        assert_eq!(profile(&[&elsewhere]).changed(&save, today), Err(NotSaved::Stale));
        assert_eq!(profile(&[]).changed(&save, today), Err(NotSaved::Stale), "they were removed");
        let contact = |was: Option<Phone>, phone: Option<Phone>| {
            profile(&[]).changed(&ProfileChange::Contact { name: None, phone, was: (None, was) }, today)
        };
        let (stored, other) = (Phone::parse("9810012345").ok(), Phone::parse("9876543210").ok());
        assert!(contact(stored.clone(), other.clone()).is_ok());
        assert!(contact(None, stored).is_ok(), "it is made already");
        assert_eq!(contact(None, other), Err(NotSaved::Stale));
    }
}
