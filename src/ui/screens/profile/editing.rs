//! The forms of a profile: the holder's own name and number, and somebody for whom they book.

use crate::domain::coach::BerthType;
use crate::domain::passenger::{Gender, PersonName};
use crate::domain::profile::{BirthDate, NotSaved, PersonId, Profile, ProfileChange, SavedPerson};
use crate::domain::user::Phone;
use crate::service::request::Failure;
use crate::ui::form::{Field, Form};

/// The fields of the holder's own form.
const OWN_NAME: usize = 0;
const PHONE: usize = 1;

/// The fields of somebody else's.
const NAME: usize = 0;
const BORN: usize = 1;
const GENDER: usize = 2;
const BERTH: usize = 3;

/// The berths that somebody may like, in the order of the answers; the first answer is none of them. Seats are not asked for:
/// trains with berths are those on which it matters.
const BERTHS: [BerthType; 5] =
    [BerthType::Lower, BerthType::Middle, BerthType::Upper, BerthType::SideLower, BerthType::SideUpper];

/// What is filled in.
#[derive(Clone, Debug)]
pub(super) enum Editing {
    /// The holder's own name and number.
    Contact {
        /// What is typed of them.
        form: Form,
        /// What they were when it was opened.
        was: (Option<PersonName>, Option<Phone>),
    },
    /// Somebody for whom they book.
    Person {
        /// Who: somebody new has a name of their own from the beginning, so that they are added once.
        id: PersonId,
        /// What is typed of them.
        form: Form,
        /// They as they were when it was opened.
        was: Option<SavedPerson>,
    },
}

impl Editing {
    /// The holder's own name and number, as they are.
    pub(super) fn contact(kept: &Profile) -> Self {
        let name = kept.name.as_ref().map_or("", PersonName::as_str);
        let phone = kept.phone.as_ref().map_or("", Phone::as_str);
        let form = Form::new(vec![
            Field::text("Name", PersonName::MAX).note("yours, as on your identity card").with_value(name),
            Field::phone("Telephone", 20).note("F3 fills it in when you book").with_value(phone),
        ]);
        Self::Contact { form, was: (kept.name.clone(), kept.phone.clone()) }
    }

    /// Somebody new.
    pub(super) fn somebody(id: PersonId) -> Self {
        Self::Person { id, form: blank(), was: None }
    }

    /// Somebody who is saved, as they are.
    pub(super) fn person(person: &SavedPerson) -> Self {
        let mut form = blank();
        form.field_mut(NAME).set_value(person.name.as_str());
        form.field_mut(BORN).set_value(&person.born.to_string());
        form.field_mut(GENDER).choose(Gender::ALL.iter().position(|gender| *gender == person.gender).unwrap_or(0));
        let berth = person.preference.and_then(|liked| BERTHS.iter().position(|berth| *berth == liked));
        form.field_mut(BERTH).choose(berth.map_or(0, |berth| berth + 1));
        Self::Person { id: person.id, form, was: Some(person.clone()) }
    }

    pub(super) const fn form(&self) -> &Form {
        match self {
            Self::Contact { form, .. } | Self::Person { form, .. } => form,
        }
    }

    pub(super) const fn form_mut(&mut self) -> &mut Form {
        match self {
            Self::Contact { form, .. } | Self::Person { form, .. } => form,
        }
    }

    /// The change that is filled in, or a refusal at its field.
    pub(super) fn read(&mut self) -> Option<ProfileChange> {
        match self {
            Self::Contact { form, was } => {
                let (name, phone) = (form.field(OWN_NAME).value().trim(), form.field(PHONE).value().trim());
                // What is left empty is kept no more.
                let name = (!name.is_empty()).then(|| PersonName::parse(name)).transpose();
                let phone = (!phone.is_empty()).then(|| Phone::parse(phone)).transpose();
                match (name, phone) {
                    (Ok(name), Ok(phone)) => {
                        return Some(ProfileChange::Contact { name, phone, was: was.clone() });
                    }
                    (Err(bad), _) => form.refuse(OWN_NAME, bad.to_string()),
                    (_, Err(bad)) => form.refuse(PHONE, bad.to_string()),
                }
                None
            }
            Self::Person { id, form, was } => {
                let name = PersonName::parse(form.field(NAME).value());
                let born = form.field(BORN).value().parse::<BirthDate>();
                let gender = Gender::ALL[form.field(GENDER).chosen()];
                let preference = form.field(BERTH).chosen().checked_sub(1).map(|berth| BERTHS[berth]);
                match (name, born) {
                    (Ok(name), Ok(born)) => {
                        let person = SavedPerson { id: *id, name, born, gender, preference };
                        return Some(ProfileChange::Save { person, was: was.clone() });
                    }
                    (Err(bad), _) => form.refuse(NAME, bad.to_string()),
                    (_, Err(bad)) => form.refuse(BORN, bad.to_string()),
                }
                None
            }
        }
    }

    /// Says at its field why nothing was saved.
    pub(super) fn refuse(&mut self, failure: &Failure) {
        let field = match (&*self, failure) {
            (Self::Contact { .. }, _) => PHONE,
            (Self::Person { .. }, Failure::NotSaved(NotSaved::NotBorn)) => BORN,
            (Self::Person { .. }, Failure::NotSaved(NotSaved::Twice)) => NAME,
            (Self::Person { .. }, _) => BERTH,
        };
        self.form_mut().refuse(field, failure.to_string());
    }
}

/// The form for somebody, with nothing filled in.
fn blank() -> Form {
    let berths = ["any"].into_iter().chain(BERTHS.map(BerthType::code));
    Form::new(vec![
        Field::text("Name", PersonName::MAX).note("as on the identity card"),
        Field::text("Date of birth", 16).note("such as 12/3/1984"),
        Field::choice("Gender", Gender::ALL.map(Gender::words)).note("←→ as on the identity card"),
        Field::choice("Berth", berths).note("←→ which they like"),
    ])
}
