//! The account of whoever is signed in: their name and number, and the people for whom they book.

use kiosk::domain::coach::BerthType;
use kiosk::domain::passenger::{Gender, PersonName};
use kiosk::domain::profile::{MOST, NotSaved, PersonId, Profile, ProfileChange, SavedPerson};
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::user::{Email, Phone, Role};
use kiosk::service::request::{Failure, Outcome, Reply, Request};
use kiosk::ui::context::Setup;
use uuid::Uuid;

use crate::ui_kit::{Stage, identity, setup};

fn person(id: u128, name: &str, born: &str, gender: Gender, preference: Option<BerthType>) -> SavedPerson {
    SavedPerson {
        id: PersonId(Uuid::from_u128(id)),
        name: PersonName::parse(name).expect("a name"),
        born: born.parse().expect("a date of birth"),
        gender,
        preference,
    }
}

/// A profile with everything in it.
pub fn profile() -> Profile {
    Profile {
        version: 3,
        name: PersonName::parse("Tara Rao").ok(),
        phone: Phone::parse("9810012345").ok(),
        people: vec![
            person(1, "Tara Rao", "12/3/1984", Gender::Female, Some(BerthType::Lower)),
            person(2, "Dev Rao", "1/1/2019", Gender::Male, None),
            person(
                3,
                "A name that is as long as a name may be.",
                "29/2/1940",
                Gender::Transgender,
                Some(BerthType::SideLower),
            ),
        ],
    }
}

fn reply(profile: Profile) -> Reply {
    let email = Email::parse("tara@a-rather-long-domain-of-an-address.example.in").expect("an address");
    Reply::Profile { email, profile: Box::new(profile) }
}

/// What the services answer to whoever opens their account.
pub fn answer() -> Reply {
    reply(profile())
}

fn at(profile: Profile) -> Stage {
    let mut stage = Stage::signed_in(Role::Traveller);
    stage.calls.clear();
    stage.keys("<f7>");
    assert!(matches!(stage.reply(Ok(reply(profile))), Request::Profile));
    stage
}

fn changed(stage: &mut Stage, answer: Result<Reply, Failure>) -> ProfileChange {
    match stage.reply(answer) {
        Request::ChangeProfile(change) => change,
        other => panic!("a change of the profile, not {other:?}"),
    }
}

#[test]
fn the_account_is_shown_and_an_empty_one_says_what_to_do() {
    assert_picture!(at(profile()), "profile");
    assert_picture!(at(Profile::default()), "profile_empty");
}

#[test]
fn as_many_as_are_kept_are_scrolled_through() {
    let people = (0..MOST as u128).map(|id| person(id, &format!("Person {id}"), "1/1/1990", Gender::Male, None));
    let mut stage = at(Profile { people: people.collect(), ..profile() });
    assert!(!stage.text().contains("Person 19"), "{}", stage.text());
    stage.keys("<pgdn><pgdn>");
    assert!(stage.text().contains("Person 19"), "{}", stage.text());
}

#[test]
fn a_store_that_does_not_answer_can_be_asked_again() {
    let mut stage = Stage::signed_in(Role::Traveller);
    stage.calls.clear();
    stage.keys("<f7>");
    stage.reply(Err(Failure::Unavailable { outcome: Outcome::NothingChanged, reference: "k7f2".to_owned() }));
    assert!(stage.text().contains("Press r to try again"), "{}", stage.text());
    stage.keys("r");
    stage.reply(Ok(answer()));
    assert!(stage.text().contains("Dev Rao"), "{}", stage.text());
}

#[test]
fn somebody_is_added_once_however_often_it_is_asked() {
    let mut stage = at(Profile::default());
    stage.keys("a<enter><enter><enter><enter>");
    assert!(stage.text().contains("Type the passenger's name"), "{}", stage.text());
    stage.keys("Dev Rao<enter>1/1/19<enter><enter><enter>");
    assert!(stage.text().contains("a month and a year"), "{}", stage.text());
    assert_picture!(stage, "profile_person");
    stage.keys("<c-u>1 jan 2019<enter><right><enter><right><enter>");
    let lost = Failure::Unavailable { outcome: Outcome::Unknown, reference: "k7f2".to_owned() };
    let ProfileChange::Save { person: first, was: None } = changed(&mut stage, Err(lost)) else {
        panic!("somebody is saved")
    };
    assert_eq!((first.name.as_str(), first.born.to_string().as_str()), ("Dev Rao", "01/01/2019"));
    assert_eq!((first.gender, first.preference), (Gender::ALL[1], Some(BerthType::Lower)));
    assert!(stage.text().contains("It may have"), "what is typed stays:\n{}", stage.text());
    stage.keys("<enter>");
    let kept = Profile { version: 1, people: vec![first.clone()], ..Profile::default() };
    let again = changed(&mut stage, Ok(Reply::ProfileChanged(Box::new(kept))));
    assert_eq!(again, ProfileChange::Save { person: first, was: None });
    assert!(stage.text().contains("Saved: F3 finds them"), "{}", stage.text());
}

#[test]
fn somebody_is_changed_and_a_refusal_stands_at_its_field() {
    let mut stage = at(profile());
    stage.keys("<down><enter><c-u>Tara Rao<enter><c-u>12/3/1984<enter><enter><enter>");
    let change = changed(&mut stage, Err(Failure::NotSaved(NotSaved::Twice)));
    let was = profile().people[1].clone();
    assert!(matches!(change, ProfileChange::Save { person, was: Some(other) } if person.id == was.id && other == was));
    assert!(stage.text().contains("Somebody with this name"), "{}", stage.text());
    stage.keys("<esc>");
    assert!(stage.text().contains("Dev Rao"), "nothing is changed:\n{}", stage.text());
}

#[test]
fn what_was_changed_elsewhere_is_shown_under_the_form() {
    let mut stage = at(profile());
    stage.keys("n<enter><c-u>98765 43210<enter>");
    changed(&mut stage, Err(Failure::NotSaved(NotSaved::Stale)));
    assert!(stage.text().contains("changed elsewhere meanwhile"), "{}", stage.text());
    let now = Profile { phone: Phone::parse("9900011111").ok(), ..profile() };
    assert!(matches!(stage.reply(Ok(reply(now))), Request::Profile));
    assert!(stage.text().contains("98765 43210"), "what is typed stays:\n{}", stage.text());
    stage.keys("<esc>");
    assert!(stage.text().contains("9900011111"), "{}", stage.text());
}

#[test]
fn somebody_is_removed_after_a_question() {
    let mut stage = at(profile());
    stage.keys("<down>x");
    assert_picture!(stage, "profile_remove");
    stage.keys("<esc>");
    assert!(stage.calls.is_empty());
    stage.keys("x<enter>");
    let mut kept = profile();
    let gone = kept.people.remove(1);
    assert_eq!(changed(&mut stage, Ok(Reply::ProfileChanged(Box::new(kept)))), ProfileChange::Remove(gone.id));
    assert!(!stage.text().contains("Dev Rao"), "{}", stage.text());
}

#[test]
fn the_own_name_and_number_are_changed() {
    let mut stage = at(profile());
    stage.keys("n<enter><c-u>12<enter>");
    assert!(stage.text().contains("6 to 15 digits"), "{}", stage.text());
    stage.keys("<c-u>98765 43210<enter>");
    let phone = Phone::parse("9876543210").ok();
    let kept = Profile { phone: phone.clone(), ..profile() };
    let change = changed(&mut stage, Ok(Reply::ProfileChanged(Box::new(kept))));
    let was = (profile().name, profile().phone);
    assert_eq!(change, ProfileChange::Contact { name: profile().name, phone, was });
    assert!(stage.text().contains("9876543210"), "{}", stage.text());
}

#[test]
fn nobody_opens_an_account_where_others_look_on() {
    let mut public = Stage::new(Setup { identity: Some(identity(Role::Traveller)), ..setup(TerminalKind::Public) });
    public.calls.clear();
    public.keys("<f7>");
    assert!(public.calls.is_empty());
}
