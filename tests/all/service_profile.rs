//! What people keep with their accounts is their own, and is there however requests are lost.

use chrono::NaiveDate;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::passenger::{Gender, PersonName};
use kiosk::domain::profile::{Known, NotSaved, PersonId, Profile, ProfileChange, SavedPerson};
use kiosk::domain::user::{Phone, Role};
use kiosk::service::Session;
use kiosk::service::request::{Failure, Reply, Request};
use kiosk::store::StoreError;

use crate::service_kit::{PASSWORD, Stage, best, book, hold, new_op, order, run, sign_in, terminal, whole};

fn person(name: &str, born: &str) -> SavedPerson {
    SavedPerson {
        id: PersonId(new_op().0),
        name: PersonName::parse(name).expect("a name"),
        born: born.parse().expect("a date of birth"),
        gender: Gender::Female,
        preference: None,
    }
}

fn added(person: SavedPerson) -> ProfileChange {
    ProfileChange::Save { person, was: None }
}

async fn change(session: &Session, change: ProfileChange) -> Result<Profile, Failure> {
    match session.call(Request::ChangeProfile(change)).await? {
        Reply::ProfileChanged(profile) => Ok(*profile),
        other => panic!("a profile was answered with {other:?}"),
    }
}

async fn read(session: &Session) -> Profile {
    match session.call(Request::Profile).await {
        Ok(Reply::Profile { profile, .. }) => *profile,
        other => panic!("a profile was answered with {other:?}"),
    }
}

#[tokio::test]
async fn it_is_kept_and_nobody_elses() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let omar = stage.signed_in("omar", Role::Traveller).await;
    let phone = Phone::parse("9810012345").ok();
    change(&tara, ProfileChange::Contact { name: None, phone: phone.clone(), was: (None, None) })
        .await
        .expect("it is kept");
    let dev = person("Dev Rao", "1/1/2019");
    let changed = change(&tara, added(dev.clone())).await.expect("it is kept");
    assert_eq!((changed.version, &changed.phone, &changed.people), (2, &phone, &vec![dev.clone()]));
    assert_eq!(read(&tara).await, changed);
    assert_eq!(read(&omar).await, Profile::default());
    let late = added(person("Not Born", "6/12/2026"));
    assert_eq!(change(&tara, late).await, Err(Failure::NotSaved(NotSaved::NotBorn)));
    change(&tara, ProfileChange::Remove(dev.id)).await.expect("it is removed");
    assert!(read(&tara).await.people.is_empty());
}

#[tokio::test]
async fn those_who_are_saved_come_first_with_the_age_of_the_journey() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let held = hold(&tara, whole(), best(2)).await.expect("berths are free");
    book(&tara, &order(&tara, &held).await).await.expect("Anita and Dev are booked");
    change(&tara, added(person("ANITA", "5/12/1990"))).await.expect("it is kept");
    let companions = async |day: &str| {
        let on: NaiveDate = day.parse().expect("a date");
        match tara.call(Request::MyCompanions { on }).await {
            Ok(Reply::Companions { people, .. }) => people,
            other => panic!("people were answered with {other:?}"),
        }
    };
    let found = companions("2026-12-05").await;
    let all: Vec<_> =
        found.iter().map(|one| (one.passenger.name.as_str(), one.passenger.age.years(), one.known)).collect();
    assert_eq!(all, [("ANITA", 36, Known::Saved), ("Dev", 34, Known::Travelled)], "each once");
    assert_eq!(companions("2026-12-04").await[0].passenger.age.years(), 35);
    assert_eq!(run().date.to_string(), "2026-12-05");
}

#[tokio::test]
async fn a_change_whose_reply_is_lost_is_made_once() {
    let stage = Stage::new().await;
    stage.account("tara", Role::Traveller).await;
    let lossy = stage.world.with_faults(|call: &Call| {
        (call.operation == "TransactWriteItems" && call.nth.is_multiple_of(2)).then_some(Fault::LoseReply)
    });
    let kiosk = stage.other_kiosk(lossy).await;
    let tara = kiosk.open_session(terminal("NDLS-07"));
    sign_in(&tara, "tara", PASSWORD).await.expect("the password is right");
    for name in ["Dev Rao", "Mira Rao", "Om Rao"] {
        change(&tara, added(person(name, "1/1/2019"))).await.expect("it is kept");
    }
    let names: Vec<_> = read(&tara).await.people.iter().map(|person| person.name.to_string()).collect();
    assert_eq!(names, ["Dev Rao", "Mira Rao", "Om Rao"]);
}

#[tokio::test]
async fn of_two_writes_of_a_version_one_is_refused() {
    let stage = Stage::new().await;
    stage.account("tara", Role::Traveller).await;
    let store = &stage.world.store;
    let account = store.account_by_username("tara").await.expect("it answers").expect("an account").id;
    let nothing = store.profile(account).await.expect("it answers");
    assert_eq!(nothing, Profile::default());
    let first = store.save_profile(account, &nothing).await.expect("nobody wrote it");
    assert_eq!(first.version, 1);
    let late = store.save_profile(account, &nothing).await;
    assert!(matches!(late, Err(StoreError::Conflict { .. })), "{late:?}");
    assert_eq!(store.save_profile(account, &first).await.expect("as it was read").version, 2);
    let all = store.accounts(None, 10).await.expect("it answers");
    assert_eq!(all.accounts.len(), 1, "a profile is no account");
}
